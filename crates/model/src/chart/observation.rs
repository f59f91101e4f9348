//! Observations: laboratory results, vital signs, life and care entries, dental findings.

use super::{ChartRow, named};
use crate::facility::RecordKind;
use crate::fhir::{self, first_text, list, number, number_text, text_at};
use crate::reading::Resource;
use serde_json::Value;

/// JLAC10 groups that are body measurements and vital signs rather than laboratory results (9N…).
fn is_measurement(system: &str, code: &str) -> bool {
    (system.contains("1.2.392.200119.4.504") && code.starts_with("9N"))
        || (system == "http://loinc.org"
            && matches!(
                code,
                "8302-2"
                    | "29463-7"
                    | "8310-5"
                    | "8480-6"
                    | "8462-4"
                    | "85354-9"
                    | "8867-4"
                    | "9279-1"
                    | "59408-5"
                    | "2708-6"
                    | "39156-5"
            ))
}

/// What kind of record an Observation is: by category first, then by code.
pub fn kind(resource: &Resource) -> RecordKind {
    let categories = list(resource, "category");
    let any = |codes: &[&str]| codes.iter().any(|code| fhir::has_code(categories, code));
    let coded = |test: fn(&str, &str) -> bool| {
        resource.get("code").is_some_and(|code| fhir::codings(code).any(|(system, code)| test(system, code)))
    };
    if any(&["dental", "DO-1", "DO-2", "DO-3", "DO-4"]) {
        RecordKind::Dental
    } else if any(&["nursing"]) {
        RecordKind::Nursing
    } else if any(&["care", "activity", "therapy"]) {
        RecordKind::Care
    } else if any(&["vital-signs", "exam"]) || coded(is_measurement) {
        RecordKind::Vital
    } else if any(&["laboratory", "LAB"]) {
        RecordKind::Laboratory
    } else if any(&["imaging", "procedure"]) {
        RecordKind::Imaging
    } else if any(&["social-history", "survey"]) {
        RecordKind::Care
    } else if coded(|system, _| system.contains("1.2.392.200119.4.504")) {
        RecordKind::Laboratory
    } else {
        RecordKind::Other
    }
}

/// One row for the value, or one for each component (blood pressure).
pub fn rows(resource: &Resource, kind: RecordKind) -> Vec<ChartRow> {
    let whole = Value::Null;
    let mut base = named(ChartRow::new(resource, kind), resource.get("code"));
    let times = ["effectiveDateTime", "effectivePeriod.start", "effectiveInstant", "issued"];
    base.time = first_text(resource, &times).unwrap_or_default().to_owned();
    base.end = fhir::text(resource, "effectivePeriod.end").map(str::to_owned);
    let has_value = resource.keys().any(|name| name.starts_with("value"));
    let components = list(resource, "component");
    let mut rows = Vec::with_capacity(components.len().max(1));
    if has_value || components.is_empty() {
        rows.push(measured(base.clone(), &|name| resource.get(name).unwrap_or(&whole)));
    }
    for component in components {
        let mut row = named(base.clone(), fhir::at(component, "code"));
        if row.label.is_empty() {
            row.label.clone_from(&base.label);
        }
        rows.push(measured(row, &|name| component.get(name).unwrap_or(&whole)));
    }
    rows
}

fn measured<'a>(mut row: ChartRow, get: &dyn Fn(&'a str) -> &'a Value) -> ChartRow {
    let quantity = get("valueQuantity");
    if let Some(value) = quantity.get("value") {
        row.number = number(value);
        let comparator = text_at(quantity, "comparator").unwrap_or_default();
        row.value = format!("{comparator}{}", number_text(value));
        row.unit =
            text_at(quantity, "unit").or_else(|| text_at(quantity, "code")).unwrap_or_default().to_owned();
    } else if let Some(label) = fhir::concept_label(get("valueCodeableConcept")) {
        row.value = label.to_owned();
    } else if let Some(text) = get("valueString").as_str() {
        row.value = text.to_owned();
        row.number = number(get("valueString"));
    } else if let Some(text) = get("valueInteger").as_i64() {
        row.number = number(get("valueInteger"));
        row.value = text.to_string();
    } else if let Some(value) = get("valueBoolean").as_bool() {
        row.value = if value { "はい" } else { "いいえ" }.to_owned();
    } else if let Some(text) = get("valueDateTime").as_str().or_else(|| get("valueTime").as_str()) {
        row.value = text.to_owned();
    } else if let Some((first, sign, second)) = two_numbers(get) {
        row.value = format!("{}{sign}{}", number_text(first), number_text(second));
    } else if let Some(start) = text_at(get("valuePeriod"), "start") {
        row.value = format!("{start} – {}", text_at(get("valuePeriod"), "end").unwrap_or_default());
    } else if let Some(reason) = fhir::concept_label(get("dataAbsentReason")) {
        row.value = reason.to_owned();
    }
    if let Some(range) = get("referenceRange").get(0) {
        row.low = fhir::at(range, "low.value").and_then(number);
        row.high = fhir::at(range, "high.value").and_then(number);
    }
    let interpretations = get("interpretation").as_array().map_or(&[][..], Vec::as_slice);
    for (_, code) in interpretations.iter().flat_map(fhir::codings) {
        row = row.flag(code);
    }
    if interpretations.is_empty() {
        // Below 20 is not above 18.4: a limit tells only of its own side.
        let (less, more) = (row.value.starts_with('<'), row.value.starts_with('>'));
        let outside = match (row.number, row.low, row.high) {
            (Some(number), Some(low), _) if number < low && !more => "L",
            (Some(number), _, Some(high)) if number > high && !less => "H",
            _ => "",
        };
        row = row.flag(outside);
    }
    row
}

/// A range (`1–4`) or a ratio (`1:128`) with what stands between its numbers.
fn two_numbers<'a>(get: &dyn Fn(&'a str) -> &'a Value) -> Option<(&'a Value, &'static str, &'a Value)> {
    [("valueRange", "low", "–", "high"), ("valueRatio", "numerator", ":", "denominator")]
        .into_iter()
        .find_map(|(name, first, sign, second)| {
            let end = |end: &str| get(name).get(end)?.get("value");
            Some((end(first)?, sign, end(second)?))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: Value) -> Vec<ChartRow> {
        let resource = value.as_object().unwrap();
        rows(resource, kind(resource))
    }

    #[test]
    fn a_result_below_its_range_is_low_even_where_the_source_does_not_say() {
        let rows = read(json!({"resourceType": "Observation", "effectiveDateTime": "2026-11-20",
            "code": {"text": "カリウム", "coding": [{"system": "urn:oid:1.2.392.200119.4.504", "code": "3H015000002327101"}]},
            "valueQuantity": {"value": 3.1, "unit": "mmol/L"},
            "referenceRange": [{"low": {"value": 3.6}, "high": {"value": 4.8}}]}));
        assert_eq!(rows[0].kind, RecordKind::Laboratory);
        assert_eq!((rows[0].value.as_str(), rows[0].flags.as_str(), rows[0].number), ("3.1", "L", Some(3.1)));
    }

    #[test]
    fn a_limit_of_detection_is_not_outside_on_its_other_side() {
        let flags = |comparator: &str, value: u8| {
            read(json!({"resourceType": "Observation", "referenceRange": [{"low": {"value": 4}, "high": {"value": 18}}],
                "valueQuantity": {"comparator": comparator, "value": value, "unit": "pg/mL"}}))[0]
                .flags
                .clone()
        };
        assert_eq!([flags("<", 20), flags("<", 3), flags(">", 3), flags(">", 20)], ["", "L", "", "H"]);
    }

    #[test]
    fn ranges_and_ratios_are_shown() {
        let value = |value: Value| read(value)[0].value.clone();
        let ratio = json!({"numerator": {"value": 1}, "denominator": {"value": 128}});
        assert_eq!(value(json!({"resourceType": "Observation", "valueRatio": ratio})), "1:128");
        let range = json!({"low": {"value": 1}, "high": {"value": 4, "unit": "個"}});
        assert_eq!(value(json!({"resourceType": "Observation", "valueRange": range})), "1–4");
    }

    #[test]
    fn blood_pressure_is_two_rows() {
        let rows =
            read(json!({"resourceType": "Observation", "category": [{"coding": [{"code": "vital-signs"}]}],
            "code": {"text": "血圧"}, "component": [
                {"code": {"text": "収縮期血圧"}, "valueQuantity": {"value": 152, "unit": "mmHg"}},
                {"code": {"text": "拡張期血圧"}, "valueQuantity": {"value": 78, "unit": "mmHg"}}]}));
        assert_eq!(
            rows.iter().map(|row| row.label.as_str()).collect::<Vec<_>>(),
            ["収縮期血圧", "拡張期血圧"]
        );
        assert!(rows.iter().all(|row| row.kind == RecordKind::Vital));
    }
}
