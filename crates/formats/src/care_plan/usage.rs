//! 第6表（サービス利用票）and 実績情報: services planned and given, day by day; 第7表（別表）: the month's units.

use super::Sheet;
use super::plan::{EXTENSION, care_plan, clock};
use super::table::Table;
use crate::care_claim::code;
use crate::care_claim::person::{office, put};
use crate::care_claim::record::Record;
use model::reading::{Problem, Resource, StatedRecord};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// `2024年4月` of `202404`, or the text as it is.
fn month_words(text: &str) -> String {
    match (text.get(..4), text.get(4..).map(|month| month.trim_start_matches('0'))) {
        (Some(year), Some(month)) if text.len() == 6 => format!("{year}年{month}月"),
        _ => text.to_owned(),
    }
}

/// ServiceRequests of a planned sheet, Procedures of a sheet of what was given.
pub(super) fn services(sheet: &Sheet<'_>, problems: &mut Vec<Problem>) -> Vec<StatedRecord> {
    let done = sheet.table == Table::Done;
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut records = Vec::new();
    let mut activities = Vec::new();
    for record in sheet.records {
        let service = record.code(15);
        let day = record.look_code(10);
        let start = record.look_code(12);
        let key = format!("{day}/{service}/{}/{start}", record.look_code(20));
        let count = counts.entry(key.clone()).or_default();
        *count += 1;
        let key = if *count == 1 { key } else { format!("{key}/{count}") };
        let resource = if done {
            given(sheet, record, &service, problems)
        } else {
            planned(sheet, record, &service, problems)
        };
        activities.push(json!({"reference": sheet.reference(&key)}));
        records.push(sheet.stated(&key, resource, record));
    }
    let Some(first) = sheet.records.first() else { return records };
    if !done {
        let title = format!("{} {}", sheet.table.title(), month_words(&first.look_code(5)));
        let mut plan = care_plan(sheet, &title);
        put(&mut plan, "activity", activities);
        put(&mut plan, "period", month(&first.look_code(5)));
        let created = model::wareki::parse(first.look(4)).ok().map(|read| read.date.fhir());
        put(&mut plan, "created", created.unwrap_or_default());
        put(&mut plan, "author", office(&first.look_code(6), first.look(7)).unwrap_or_default());
        records.insert(0, sheet.stated("plan", plan, first));
    }
    records
}

/// First and last day of `YYYYMM`.
fn month(text: &str) -> Map<String, Value> {
    let month = model::wareki::parse(text).ok().map(|read| read.date).filter(|_| text.len() == 6);
    let edges = month.map(|month| [month.earliest().to_string(), month.latest().to_string()]);
    let [start, end] = edges.map_or([None, None], |[start, end]| [Some(start), Some(end)]);
    crate::care_claim::person::span([start, end])
}

/// Day and hours of a row: `[start, end]` as dateTime or date, and the hours in words.
fn when(record: &Record, problems: &mut Vec<Problem>) -> ([Option<String>; 2], String) {
    let day = record.date(10, problems).filter(|date| date.day().is_some()).map(|date| date.fhir());
    let hours = [12, 13].map(|number| {
        let text = record.code(number);
        match clock(&text) {
            None if !text.is_empty() && text != "9999" => {
                let text = "no time of day; the day is kept alone";
                problems.push(Problem::new("impossible-date", record.at(number), text));
                None
            }
            clock => clock,
        }
    });
    let words = match &hours {
        [Some(from), Some(until)] => format!("{from}–{until}"),
        [Some(from), None] => from.clone(),
        _ => String::new(),
    };
    let Some(day) = day else { return ([None, None], words) };
    let [from, until] = &hours;
    let over_midnight = matches!((from, until), (Some(from), Some(until)) if until < from);
    let at = |hour: &Option<String>| hour.as_ref().map(|hour| format!("{day}T{hour}:00+09:00"));
    let end = if over_midnight { None } else { at(until) };
    ([at(from).or(Some(day.clone())), end], words)
}

/// What both kinds of row share: extension with all other fields, note, performer.
fn common(
    resource: &mut Resource,
    sheet: &Sheet<'_>,
    record: &Record,
    hours: &str,
    problems: &mut Vec<Problem>,
) -> Option<Value> {
    let number = record.code(20);
    let performer = office(&number, record.take(21));
    let item = record.look(18);
    let said: Vec<String> = [
        hours.to_owned(),
        match record.look_code(14).trim_start_matches('0') {
            "" | "1" => String::new(),
            times => format!("{times}回"),
        },
        item.to_owned(),
    ]
    .into_iter()
    .filter(|text| !text.is_empty())
    .collect();
    if !said.is_empty() {
        resource.insert("note".into(), json!([{"text": said.join("、")}]));
    }
    let parts = record.rest(sheet.table.names(), problems);
    if !parts.is_empty() {
        resource.insert("extension".into(), json!([{"url": EXTENSION, "extension": parts}]));
    }
    performer
}

fn planned(sheet: &Sheet<'_>, record: &Record, service: &str, problems: &mut Vec<Problem>) -> Resource {
    let mut resource = sheet.resource("ServiceRequest", "");
    let created = record.date(4, problems).map(|date| date.fhir());
    let (span, hours) = when(record, problems);
    let requester = office(&record.code(6), record.take(7));
    let performer = common(&mut resource, sheet, record, &hours, problems);
    resource.insert("status".into(), "active".into());
    resource.insert("intent".into(), "plan".into());
    resource.insert("category".into(), json!([code::care()]));
    resource.insert("code".into(), code::service(service));
    resource.insert("subject".into(), json!({"reference": "urn:key:Patient"}));
    match span {
        [Some(start), Some(end)] => {
            _ = resource.insert("occurrencePeriod".into(), json!({"start": start, "end": end}))
        }
        [Some(start), None] => _ = resource.insert("occurrenceDateTime".into(), start.into()),
        _ => {}
    }
    put(&mut resource, "authoredOn", created.unwrap_or_default());
    put(&mut resource, "requester", requester.unwrap_or_default());
    put(&mut resource, "performer", performer.into_iter().collect::<Vec<_>>());
    resource
}

fn given(sheet: &Sheet<'_>, record: &Record, service: &str, problems: &mut Vec<Problem>) -> Resource {
    let mut resource = sheet.resource("Procedure", "JP_Procedure");
    let (span, hours) = when(record, problems);
    let performer = common(&mut resource, sheet, record, &hours, problems);
    resource.insert("status".into(), "completed".into());
    resource.insert("category".into(), code::care());
    resource.insert("code".into(), code::service(service));
    resource.insert("subject".into(), json!({"reference": "urn:key:Patient"}));
    match span {
        [Some(start), Some(end)] => {
            _ = resource.insert("performedPeriod".into(), json!({"start": start, "end": end}))
        }
        [Some(start), None] => _ = resource.insert("performedDateTime".into(), start.into()),
        _ => {}
    }
    let performer = performer.map(|actor| json!({"actor": actor}));
    put(&mut resource, "performer", performer.into_iter().collect::<Vec<_>>());
    resource
}

/// 第7表: one CarePlan, a row an activity; sums by kind of service and of all keep their special codes.
pub(super) fn units(sheet: &Sheet<'_>, problems: &mut Vec<Problem>) -> Vec<StatedRecord> {
    let Some(first) = sheet.records.first() else { return Vec::new() };
    let title = format!("{} {}", sheet.table.title(), month_words(&first.look_code(5)));
    let mut plan = care_plan(sheet, &title);
    put(&mut plan, "period", month(&first.look_code(5)));
    let created = first.date(4, problems).map(|date| date.fhir());
    put(&mut plan, "created", created.unwrap_or_default());
    let mut activities: Vec<Value> = Vec::new();
    for record in sheet.records {
        (4..=5).filter(|number| record.look(*number) == first.look(*number)).for_each(|number| {
            record.take(number);
        });
        let service = record.code(9);
        let number = record.code(7);
        let performer = office(&number, record.take(6));
        let mut detail = Map::new();
        let sum = service.ends_with("AAAA")
            || service.ends_with("EEEE")
            || service.ends_with("ZZZZ")
            || service == "999999";
        let concept = if sum {
            let kind = service.get(..2).and_then(code::service_kind).unwrap_or("全体");
            json!({"coding": [{"system": "urn:hakucho:care-service-sum", "code": service}], "text": format!("{kind} 合計")})
        } else {
            code::service(&service)
        };
        detail.insert("code".into(), concept);
        detail.insert("status".into(), "scheduled".into());
        put(&mut detail, "performer", performer.into_iter().collect::<Vec<_>>());
        let mut activity = Map::new();
        let extension = record.rest_extension(EXTENSION, sheet.table.names(), problems);
        put(&mut activity, "extension", extension.into_iter().collect::<Vec<_>>());
        activity.insert("detail".into(), detail.into());
        activities.push(activity.into());
    }
    put(&mut plan, "activity", activities);
    vec![sheet.stated("plan", plan, first)]
}
