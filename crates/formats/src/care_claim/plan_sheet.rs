//! 給付管理票 (8221, 8222): what units of which service which office was planned to give in a month.
//!
//! Lines 01 to 98 are offices and services, line 99 the sum. 作成区分 3 takes the sheet back.

use super::claim::{level, person_fields};
use super::person::{self, office, put, span};
use super::record::Record;
use super::{Made, Sheet, code, layout, month_edges, month_words, tag};
use model::reading::{Effect, Extent, Problem, StatedRecord};
use serde_json::{Map, Value, json};

/// One CarePlan for the sheet.
pub(super) fn read(
    sheet: &Sheet,
    records: &[Record],
    set: &str,
    made: &mut Made,
    problems: &mut Vec<Problem>,
) {
    let Some(first) = records.first() else { return };
    let mut patient = person::patient(&sheet.insured, &tag());
    person_fields(&mut patient, first, 11, 10, problems);
    made.patient = Some(patient);
    let level = level(first, 12, problems);
    let limits = [13, 14].map(|number| first.date(number, problems).map(|date| date.fhir()));
    let resource = person::coverage(&sheet.insured, &level, limits, &tag());
    let key = "Coverage/care".to_owned();
    made.coverage = Some(StatedRecord { key, resource, extent: Extent::Whole, at: first.place() });
    if sheet.edition.ends_with("-3") {
        made.effect = Effect::Deleted;
    }
    let mut plan = person::resource("CarePlan", "", &tag());
    let mut extensions = Vec::new();
    let mut activities = Vec::new();
    let created = first.date(6, problems).map(|date| date.fhir());
    for (index, record) in records.iter().enumerate() {
        record.take(2);
        record.take(4);
        if index > 0 {
            (5..=16).filter(|number| first.look(*number) == record.look(*number)).for_each(|number| {
                record.take(number);
            });
        }
        let kind = record.look_code(19);
        if record.look_code(8) == "99" || kind.trim_start_matches('0').is_empty() {
            let url = "urn:hakucho:extension:plan-sheet";
            extensions.extend(record.rest_extension(url, layout::PLAN_SHEET, problems));
        } else {
            activities.push(activity(record, problems));
        }
    }
    put(&mut plan, "extension", extensions);
    plan.insert("status".into(), "active".into());
    plan.insert("intent".into(), "plan".into());
    plan.insert("category".into(), json!([code::care()]));
    plan.insert("title".into(), format!("給付管理票 {}", month_words(&sheet.month)).into());
    let said: Vec<&str> = activities
        .iter()
        .filter_map(|activity| activity.get("detail")?.get("description")?.as_str())
        .collect();
    put(&mut plan, "description", said.join("、"));
    plan.insert("subject".into(), json!({"reference": "urn:key:Patient"}));
    put(&mut plan, "period", span(month_edges(&sheet.month)));
    put(&mut plan, "created", created.unwrap_or_default());
    put(&mut plan, "author", office(&sheet.office, "").unwrap_or_default());
    put(&mut plan, "activity", activities);
    made.records.push(StatedRecord {
        key: format!("{set}/plan"),
        resource: plan,
        extent: Extent::Whole,
        at: first.place(),
    });
}

/// One line as activity of the plan.
fn activity(record: &Record, problems: &mut Vec<Problem>) -> Value {
    let mut detail = Map::new();
    let kind = record.code(19);
    let unit = record.code(20);
    detail.insert("code".into(), code::service(&kind));
    detail.insert("status".into(), "scheduled".into());
    put(&mut detail, "performer", office(&record.code(17), "").into_iter().collect::<Vec<_>>());
    let words = code::service_kind(&kind).unwrap_or(&kind);
    let units = match unit.trim_start_matches('0') {
        "" if unit.is_empty() => String::new(),
        "" => " 0単位（日）".to_owned(),
        units => format!(" {units}単位（日）"),
    };
    put(&mut detail, "description", format!("{words}{units}"));
    if !unit.is_empty() {
        // The digits as written are kept beside.
        let part = json!({"url": "給付計画単位数／日数", "valueString": unit});
        let url = "urn:hakucho:extension:plan-sheet-units";
        detail.insert("extension".into(), json!([{"url": url, "extension": [part]}]));
    }
    let url = "urn:hakucho:extension:plan-sheet";
    let mut activity = Map::new();
    let extension = record.rest_extension(url, layout::PLAN_SHEET, problems);
    put(&mut activity, "extension", extension.into_iter().collect::<Vec<_>>());
    activity.insert("detail".into(), detail.into());
    activity.into()
}
