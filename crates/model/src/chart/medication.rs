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
    let dosages = match resource.get(instructions) {
        Some(Value::Array(list)) => list.as_slice(),
        other => other.map_or(&[][..], std::slice::from_ref),
    };
    let dosage = dosages.first().unwrap_or(&Value::Null);
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
    if let Some((amount, unit)) = amount(dosage) {
        row.number = Some(amount);
        row.unit = unit;
    }
    row.value = match dosages {
        [_, _, ..] => steps(dosages),
        _ => usage(dosage).to_owned(),
    };
    let injection = fhir::list(resource, "meta.profile")
        .iter()
        .any(|profile| profile.as_str().is_some_and(|profile| profile.contains("Injection")));
    row.flag(flag).flag(if injection { "injection" } else { "" })
}

/// Several dosages in words, each with its amount: `→` where one follows the other (漸減), `＋` where they are taken
/// beside each other.
fn steps(dosages: &[Value]) -> String {
    let mut words = String::new();
    let mut before = None;
    for dosage in dosages {
        let sequence = dosage.get("sequence").and_then(Value::as_u64);
        if !words.is_empty() {
            words.push_str(if sequence == before { " ＋ " } else { " → " });
        }
        before = sequence;
        words.push_str(usage(dosage));
        if let Some((amount, unit)) = amount(dosage) {
            words.push_str(&format!(" {amount}{unit}"));
        }
    }
    words
}

/// How much a day where that is said or follows from the usage, else how much at a time: two sources of which one writes
/// a day's amount and the other a single dose must not look like a change of dose.
fn amount(dosage: &Value) -> Option<(f64, String)> {
    let unit = |quantity: &Value| {
        text_at(quantity, "unit").or_else(|| text_at(quantity, "code")).unwrap_or_default().to_owned()
    };
    let given = fhir::at(dosage, "doseAndRate.0").unwrap_or(dosage);
    let ratio = fhir::at(given, "rateRatio");
    let per = ratio.and_then(|ratio| fhir::at(ratio, "denominator"));
    let is_day = per.is_some_and(|per| {
        matches!(text_at(per, "code").or_else(|| text_at(per, "unit")), Some("d" | "日"))
            && number_of(per) == Some(1.0)
    });
    if let Some(daily) = ratio.and_then(|ratio| fhir::at(ratio, "numerator")).filter(|_| is_day) {
        return Some((number_of(daily)?, format!("{}/日", unit(daily))));
    }
    let single = ["doseQuantity", "dose", "rateRatio.numerator", "rateQuantity"];
    let single = single.iter().find_map(|path| fhir::at(given, path))?;
    let one = number_of(single)?;
    match times_a_day(dosage) {
        // Halves and thirds of a day's amount are told as the sum, without the noise of binary fractions.
        Some(times) => Some(((one * times * 1000.0).round() / 1000.0, format!("{}/日", unit(single)))),
        None => Some((one, format!("{}/回", unit(single)))),
    }
}

fn number_of(quantity: &Value) -> Option<f64> {
    quantity.get("value").and_then(number)
}

/// How many times a day: as the timing says, or as the usage says in words (`1日3回`).
fn times_a_day(dosage: &Value) -> Option<f64> {
    let repeat = fhir::at(dosage, "timing.repeat");
    let part = |name: &str| repeat.and_then(|repeat| repeat.get(name)).and_then(number);
    let daily =
        repeat.and_then(|repeat| text_at(repeat, "periodUnit")) == Some("d") && part("period") == Some(1.0);
    if let Some(frequency) = part("frequency").filter(|_| daily) {
        return Some(frequency);
    }
    let words: String = usage(dosage).chars().map(narrow).collect();
    let after = words.split("1日").nth(1)?;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    let rest = after.get(digits.len()..)?;
    rest.starts_with('回').then(|| digits.parse().ok()).flatten().filter(|times| (1.0..=12.0).contains(times))
}

fn narrow(c: char) -> char {
    match c {
        '０'..='９' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        _ => c,
    }
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
        assert_eq!((row.number, row.unit.as_str(), row.value.as_str()), (Some(1.0), "錠/日", "1日1回朝食後"));
    }

    #[test]
    fn doses_that_follow_one_another_are_all_shown() {
        let step = |sequence: u64, text: &str, value: u64| json!({"sequence": sequence, "text": text, "doseAndRate": [{"doseQuantity": {"value": value, "unit": "錠"}}]});
        let of = |steps: [Value; 2]| {
            let value = json!({"resourceType": "MedicationRequest", "dosageInstruction": steps});
            row(value.as_object().unwrap()).value
        };
        let tapered = of([step(1, "1日1回朝食後", 4), step(2, "1日1回朝食後", 2)]);
        assert_eq!(tapered, "1日1回朝食後 4錠/日 → 1日1回朝食後 2錠/日");
        assert_eq!(of([step(1, "朝食後", 2), step(1, "夕食後", 1)]), "朝食後 2錠/回 ＋ 夕食後 1錠/回");
    }

    #[test]
    fn a_single_dose_and_a_days_amount_are_the_same_dose() {
        let of = |dosage: Value| amount(&dosage);
        let single = json!({"text": "１日３回朝昼夕食前", "doseAndRate": [{"doseQuantity": {"value": 2.5, "unit": "g"}}]});
        let daily = json!({"doseAndRate": [{"rateRatio": {"numerator": {"value": 7.5, "unit": "g"},
            "denominator": {"value": 1, "unit": "日", "code": "d"}}}]});
        assert_eq!(of(single), Some((7.5, "g/日".to_owned())));
        assert_eq!(of(daily), Some((7.5, "g/日".to_owned())));
        let as_needed =
            json!({"text": "疼痛時", "doseAndRate": [{"doseQuantity": {"value": 1, "unit": "錠"}}]});
        assert_eq!(of(as_needed), Some((1.0, "錠/回".to_owned())));
        let rate = json!({"doseAndRate": [{"rateRatio": {"numerator": {"value": 100, "unit": "mL"}, "denominator": {"value": 1, "unit": "h"}}}]});
        assert_eq!(of(rate), Some((100.0, "mL/回".to_owned())));
    }
}
