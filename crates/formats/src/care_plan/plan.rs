//! 居宅サービス計画 1表 (the plan as a whole) and 3表 (its week) as CarePlan.

use super::Sheet;
use crate::care_claim::code;
use crate::care_claim::person::put;
use crate::care_claim::record::Record;
use model::reading::{Problem, Resource, StatedRecord};
use serde_json::{Map, Value, json};

pub(super) const EXTENSION: &str = "urn:hakucho:extension:care-plan";

/// A CarePlan of care with what R4 wants.
pub(super) fn care_plan(sheet: &Sheet<'_>, title: &str) -> Resource {
    let mut plan = sheet.resource("CarePlan", "");
    plan.insert("status".into(), "active".into());
    plan.insert("intent".into(), "plan".into());
    plan.insert("category".into(), json!([code::care()]));
    plan.insert("title".into(), title.into());
    plan.insert("subject".into(), json!({"reference": "urn:key:Patient"}));
    plan
}

/// Notes under the names of the fields they stand in.
pub(super) fn notes(record: &Record, fields: &[(usize, &str)]) -> Vec<Value> {
    let texts = fields.iter().map(|(number, name)| (*name, record.take(*number)));
    texts
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| json!({"text": format!("{name}: {text}")}))
        .collect()
}

/// Postal code and up to two lines of an address.
pub(super) fn address(postal: &str, lines: [&str; 2]) -> Vec<Value> {
    let lines: Vec<&str> = lines.into_iter().filter(|line| !line.is_empty()).collect();
    let mut address = Map::new();
    put(&mut address, "text", lines.join(" "));
    put(&mut address, "line", lines.iter().map(|line| json!(line)).collect::<Vec<_>>());
    put(&mut address, "postalCode", postal);
    if address.is_empty() { Vec::new() } else { vec![address.into()] }
}

/// 1表.
pub(super) fn first(
    sheet: &Sheet<'_>,
    patient: &mut Resource,
    problems: &mut Vec<Problem>,
) -> Vec<StatedRecord> {
    let Some(record) = sheet.records.last() else { return Vec::new() };
    let repeated = sheet.records.len() > 1;
    if repeated {
        let text = "the plan of this person and day stands more than once in the file; the last one holds";
        problems.push(Problem::new("duplicate", record.place(), text));
    }
    let postal = record.code(5);
    let lines = [record.take(6), record.take(7)];
    put(patient, "address", address(&postal, lines));
    let mut plan = care_plan(sheet, sheet.table.title());
    let created = record.date(4, problems).map(|date| date.fhir());
    let start = record.date(14, problems).map(|date| date.fhir());
    put(&mut plan, "description", record.take(24));
    if let Some(start) = start {
        plan.insert("period".into(), json!({"start": start}));
    }
    put(&mut plan, "created", created.unwrap_or_default());
    put(
        &mut plan,
        "note",
        notes(
            record,
            &[
                (22, "利用者及び家族の生活に対する意向を踏まえた課題分析の結果"),
                (23, "介護認定審査会の意見及びサービスの種類の指定"),
                (26, "生活援助中心型の算定のその他理由"),
            ],
        ),
    );
    let mut organization = Map::new();
    organization.insert("resourceType".into(), "Organization".into());
    organization.insert("id".into(), "office".into());
    let number = record.code(13);
    if !number.is_empty() {
        let identifier = json!({"system": "urn:hakucho:care-office-number", "value": number});
        organization.insert("identifier".into(), json!([identifier]));
    }
    put(&mut organization, "name", record.take(9));
    let postal = record.code(10);
    put(&mut organization, "address", address(&postal, [record.take(11), record.take(12)]));
    let mut contained = Vec::new();
    let mut contributors = Vec::new();
    if organization.len() > 2 {
        contained.push(organization.into());
        plan.insert("author".into(), json!({"reference": "#office"}));
    }
    let maker = record.take(8);
    if !maker.is_empty() {
        let name = json!({"text": maker});
        contained.push(json!({"resourceType": "Practitioner", "id": "maker", "name": [name]}));
        contributors.push(json!({"reference": "#maker"}));
    }
    put(&mut plan, "contained", contained);
    put(&mut plan, "contributor", contributors);
    let level = record.code(21);
    let mut extensions = Vec::new();
    if !level.is_empty() {
        let url = "urn:hakucho:extension:care-level";
        extensions.push(json!({"url": url, "valueCodeableConcept": code::level(&level)}));
    }
    extensions.extend(record.rest_extension(EXTENSION, sheet.table.names(), problems));
    put(&mut plan, "extension", extensions);
    vec![sheet.stated("plan", plan, record)]
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// 3表: each row a service of the week, an activity of daily life, or a service outside the week.
pub(super) fn week(sheet: &Sheet<'_>, problems: &mut Vec<Problem>) -> Vec<StatedRecord> {
    let Some(first) = sheet.records.first() else { return Vec::new() };
    let mut plan = care_plan(sheet, sheet.table.title());
    let created = first.date(4, problems).map(|date| date.fhir());
    let start = first.date(5, problems).map(|date| date.fhir());
    if let Some(start) = start {
        plan.insert("period".into(), json!({"start": start}));
    }
    put(&mut plan, "created", created.unwrap_or_default());
    let mut activities = Vec::new();
    for record in sheet.records {
        (4..=5).filter(|number| record.look(*number) == first.look(*number)).for_each(|number| {
            record.take(number);
        });
        for (what, day, from, until, kind) in [
            (6, 7, 8, 9, "サービス"),
            (10, 0, 11, 12, "主な日常生活上の活動"),
            (13, 0, 0, 0, "週単位以外のサービス"),
        ] {
            if record.look(what).is_empty() {
                continue;
            }
            let mut repeat = Map::new();
            let weekday =
                record.look_code(day).parse::<usize>().ok().and_then(|day| DAYS.get(day.checked_sub(1)?));
            if let Some(weekday) = weekday {
                record.take(day);
                repeat.insert("dayOfWeek".into(), json!([weekday]));
            }
            let mut detail = Map::new();
            let words = record.take(what).to_owned();
            let edges = [record.code(from), record.code(until)].map(|text| clock(&text).unwrap_or(text));
            if let Some(time) = edges.first().filter(|text| text.len() == 5) {
                repeat.insert("timeOfDay".into(), json!([format!("{time}:00")]));
            }
            put(&mut detail, "code", json!({"text": kind}));
            detail.insert("status".into(), "scheduled".into());
            if !repeat.is_empty() {
                detail.insert("scheduledTiming".into(), json!({"repeat": repeat}));
            }
            let hours = edges.join("–");
            let hours = if hours == "–" { String::new() } else { format!(" {hours}") };
            detail.insert("description".into(), format!("{words}{hours}").into());
            activities.push(json!({"detail": detail}));
        }
        let extension = record.rest_extension(EXTENSION, sheet.table.names(), problems);
        if let Some(extension) = extension {
            activities.push(json!({"extension": [extension], "detail": {"status": "unknown"}}));
        }
    }
    put(&mut plan, "activity", activities);
    vec![sheet.stated("plan", plan, first)]
}

/// `HHMM` as `HH:MM`, if it is a time of day; 9999 (no time) is none.
pub(super) fn clock(text: &str) -> Option<String> {
    let (hour, minute) = text.split_at_checked(2).filter(|_| text.len() == 4)?;
    let (h, m): (u8, u8) = (hour.parse().ok()?, minute.parse().ok()?);
    (h <= 23 && m <= 59).then(|| format!("{hour}:{minute}"))
}

/// Rows of a width no version has: kept under their numbers, for a human to read.
pub(super) fn unread(sheet: &Sheet<'_>, problems: &mut Vec<Problem>) -> StatedRecord {
    let title = format!("{}（未知の様式）", sheet.table.title());
    let mut plan = care_plan(sheet, &title);
    plan.insert("status".into(), "unknown".into());
    let parts: Vec<Value> = sheet
        .records
        .iter()
        .filter_map(|record| record.rest_extension("urn:hakucho:extension:unknown-layout", &[], problems))
        .collect();
    put(&mut plan, "extension", parts);
    match sheet.records.first() {
        Some(record) => sheet.stated("plan", plan, record),
        None => sheet.stated("plan", plan, &Record::new(0, sheet.table.file(), Vec::new())),
    }
}
