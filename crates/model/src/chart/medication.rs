//! Prescriptions, dispensings, administrations and statements of use.

use super::{ChartRow, concept, named};
use crate::facility::RecordKind;
use crate::fhir::{self, first_text, number, text, text_at};
use crate::reading::Resource;
use jiff::civil::Date;
use serde_json::Value;

/// One bar of the drug rows: from when, until when, which drug, how much.
pub fn row(resource: &Resource) -> ChartRow {
    let row = ChartRow::new(resource, RecordKind::Medication);
    let mut row = named(row, concept(resource, &["medicationCodeableConcept"]));
    if row.label.is_empty() {
        row.label = contained_drug(resource).unwrap_or_default();
    }
    let (flag, instructions, supply) = match fhir::resource_type(resource) {
        "MedicationDispense" => ("dispense", "dosageInstruction", "daysSupply"),
        "MedicationAdministration" => ("administration", "dosage", ""),
        "MedicationStatement" => ("statement", "dosage", ""),
        _ => ("request", "dosageInstruction", "dispenseRequest.expectedSupplyDuration"),
    };
    let dosage = match resource.get(instructions) {
        Some(Value::Array(list)) => list.first(),
        other => other,
    };
    let dosage = dosage.unwrap_or(&Value::Null);
    row.time = text_at(dosage, "timing.repeat.boundsPeriod.start")
        .or_else(|| {
            first_text(
                resource,
                &[
                    "whenHandedOver",
                    "whenPrepared",
                    "effectiveDateTime",
                    "effectivePeriod.start",
                    "dispenseRequest.validityPeriod.start",
                    "authoredOn",
                    "dateAsserted",
                ],
            )
        })
        .unwrap_or_default()
        .to_owned();
    row.end = text_at(dosage, "timing.repeat.boundsPeriod.end")
        .or_else(|| text(resource, "effectivePeriod.end"))
        .map(str::to_owned)
        .or_else(|| {
            let days = fhir::get(resource, &format!("{supply}.value"))
                .or_else(|| fhir::at(dosage, "timing.repeat.boundsDuration.value"));
            last_day(&row.time, number(days?)?)
        });
    let quantity = [
        "doseAndRate.0.doseQuantity",
        "dose",
        "doseAndRate.0.rateRatio.numerator",
        "doseAndRate.0.rateQuantity",
    ]
    .iter()
    .find_map(|path| fhir::at(dosage, path));
    if let Some(quantity) = quantity {
        row.number = quantity.get("value").and_then(number);
        row.unit =
            text_at(quantity, "unit").or_else(|| text_at(quantity, "code")).unwrap_or_default().to_owned();
    }
    row.value = usage(dosage).to_owned();
    let injection = fhir::list(resource, "meta.profile")
        .iter()
        .any(|profile| profile.as_str().is_some_and(|profile| profile.contains("Injection")));
    row.flag(flag).flag(if injection { "injection" } else { "" })
}

/// How it is used, in the source's words: when, how often, which way.
fn usage(dosage: &Value) -> &str {
    text_at(dosage, "text")
        .or_else(|| fhir::at(dosage, "timing.code").and_then(fhir::concept_label))
        .or_else(|| fhir::at(dosage, "route").and_then(fhir::concept_label))
        .unwrap_or_default()
}

/// The name of a contained Medication: its own, or those of its ingredients joined by `＋`.
fn contained_drug(resource: &Resource) -> Option<String> {
    let medication = fhir::list(resource, "contained")
        .iter()
        .find(|inner| text_at(inner, "resourceType") == Some("Medication"));
    if let Some(medication) = medication {
        if let Some(label) = fhir::at(medication, "code").and_then(fhir::concept_label) {
            return Some(label.to_owned());
        }
        let names: Vec<_> = fhir::list_at(medication, "ingredient")
            .iter()
            .filter_map(|part| fhir::at(part, "itemCodeableConcept").and_then(fhir::concept_label))
            .collect();
        return Some(names.join("＋"));
    }
    text(resource, "medicationReference.display").map(str::to_owned)
}

/// The last day of a supply of `days` that begins at `time`.
fn last_day(time: &str, days: f64) -> Option<String> {
    let date: Date = time.get(..10)?.parse().ok()?;
    if !(1.0..=3660.0).contains(&days) {
        return None;
    }
    let span = jiff::Span::new().days(days.ceil() as i64 - 1);
    date.checked_add(span).ok().map(|date| date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_prescription_lasts_as_long_as_its_supply() {
        let value = json!({"resourceType": "MedicationRequest", "authoredOn": "2026-11-01",
            "medicationCodeableConcept": {"text": "アゾセミド錠30mg"},
            "dosageInstruction": [{"text": "1日1回朝食後", "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "錠"}}]}],
            "dispenseRequest": {"expectedSupplyDuration": {"value": 14, "unit": "日"}}});
        let row = row(value.as_object().unwrap());
        assert_eq!(row.end.as_deref(), Some("2026-11-14"));
        assert_eq!((row.number, row.unit.as_str(), row.value.as_str()), (Some(1.0), "錠", "1日1回朝食後"));
    }
}
