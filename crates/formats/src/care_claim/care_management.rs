//! 介護給付費請求明細書（居宅サービス計画費・介護予防サービス計画費, 8122 … 8125): the month's care management.

use super::claim::{level, person_fields};
use super::person::{self, office, put, span};
use super::record::Record;
use super::{Made, Sheet, code, layout, month_edges, tag};
use model::reading::{Extent, Problem, StatedRecord};
use serde_json::json;
use std::collections::HashSet;

/// One Procedure for each line of the claim; the lines repeat what they say of the person.
pub(super) fn read(
    sheet: &Sheet,
    records: &[Record],
    set: &str,
    made: &mut Made,
    problems: &mut Vec<Problem>,
) {
    let mut keys = HashSet::new();
    for (index, record) in records.iter().enumerate() {
        record.take(2);
        record.take(4);
        if index == 0 {
            let mut patient = person::patient(&sheet.insured, &tag());
            person_fields(&mut patient, record, 11, 10, problems);
            made.patient = Some(patient);
            let level = level(record, 12, problems);
            let period = [13, 14].map(|number| record.date(number, problems).map(|date| date.fhir()));
            let resource = person::coverage(&sheet.insured, &level, period, &tag());
            let key = "Coverage/care".to_owned();
            made.coverage = Some(StatedRecord { key, resource, extent: Extent::Whole, at: record.place() });
        } else if let Some(first) = records.first() {
            // What is said again in the same words is said.
            (10..=14).filter(|number| first.look(*number) == record.look(*number)).for_each(|number| {
                record.take(number);
            });
        }
        let line = record.code(16);
        let service = record.code(17);
        let remark = record.take(24).to_owned();
        let manager = record.code(23);
        let mut resource = person::resource("Procedure", "JP_Procedure", &tag());
        let url = "urn:hakucho:extension:care-claim";
        let extension = record.rest_extension(url, layout::CARE_MANAGEMENT, problems);
        put(&mut resource, "extension", extension.into_iter().collect::<Vec<_>>());
        resource.insert("status".into(), "completed".into());
        resource.insert("category".into(), code::care());
        resource.insert("code".into(), code::service(&service));
        resource.insert("subject".into(), json!({"reference": "urn:key:Patient"}));
        put(&mut resource, "performedPeriod", span(month_edges(&sheet.month)));
        let mut performers = Vec::new();
        if !manager.is_empty() {
            let identifier = json!({"system": "urn:hakucho:care-manager-number", "value": manager});
            performers.push(json!({"actor": {"type": "Practitioner", "identifier": identifier}}));
        }
        performers.extend(office(&sheet.office, "").map(|actor| json!({"actor": actor})));
        put(&mut resource, "performer", performers);
        if !remark.is_empty() {
            resource.insert("note".into(), json!([{"text": remark}]));
        }
        let key = if line.is_empty() { format!("{set}/{}", index + 1) } else { format!("{set}/line{line}") };
        let key = if !keys.insert(key.clone()) { format!("{key}/{}", index + 1) } else { key };
        made.records.push(StatedRecord { key, resource, extent: Extent::Whole, at: record.place() });
    }
}
