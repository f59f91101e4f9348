//! Values of observations by their data type (HL7 v3 data types R1) as value[x] of FHIR.

use super::tree::Taken;
use crate::xml::{Element, local};
use model::codes;
use model::reading::Resource;
use serde_json::{Map, Number, Value, json};

/// Whether a value says nothing but perhaps why.
pub(super) fn is_empty(value: &Element) -> bool {
    let said = ["value", "code"]
        .iter()
        .any(|name| value.attribute(name).is_some_and(|text| !text.trim().is_empty()));
    !said && value.whole_text().trim().is_empty() && value.children().next().is_none()
}

/// Puts a value into an Observation; what is of no known type is named and kept with the document.
pub(super) fn put<'t>(observation: &mut Resource, value: &'t Element, taken: &Taken<'t>, at: &str) {
    let flavor = taken.attribute(value, "nullFlavor");
    if let Some(flavor) = flavor {
        observation.insert("dataAbsentReason".into(), null(flavor));
    }
    if is_empty(value) {
        if flavor.is_none() {
            observation.insert("dataAbsentReason".into(), absent("unknown", "結果なし"));
        }
        return;
    }
    let kind = value.attributes.iter().find(|(name, _)| local(name) == "type" && name.contains(':'));
    let read = match kind.map(|(_, kind)| local(kind)).unwrap_or_default() {
        "PQ" | "MO" => match quantity(value, taken) {
            Some(quantity) => Some(("valueQuantity", quantity)),
            // A value beyond the range of the item is written as a text.
            None => taken.attribute(value, "value").map(|text| {
                let unit = taken.attribute(value, "unit").unwrap_or_default();
                ("valueString", format!("{text}{unit}").into())
            }),
        },
        "CD" | "CE" | "CV" | "CO" | "CS" => {
            taken.concept(value, None).map(|concept| ("valueCodeableConcept", concept))
        }
        "ST" | "ED" | "SC" => {
            let text = taken.text(value).or_else(|| taken.attribute(value, "value").map(str::to_owned));
            text.map(|text| ("valueString", text.into()))
        }
        "INT" => {
            number(value, taken).map(|number| match number.as_i64().and_then(|n| i32::try_from(n).ok()) {
                Some(_) => ("valueInteger", Value::Number(number)),
                None => ("valueQuantity", json!({ "value": number })),
            })
        }
        "REAL" => number(value, taken).map(|number| ("valueQuantity", json!({ "value": number }))),
        "BL" => {
            let said = taken.attribute(value, "value");
            said.and_then(|text| text.parse::<bool>().ok()).map(|said| ("valueBoolean", said.into()))
        }
        "TS" => taken.moment(value, at).map(|moment| ("valueDateTime", moment.into())),
        "IVL_TS" => {
            let (start, end) = taken.interval(value, at);
            (start.is_some() || end.is_some()).then(|| ("valuePeriod", period(start, end)))
        }
        "IVL_PQ" => limits(value, taken).map(|range| ("valueRange", range)),
        "RTO" | "RTO_PQ_PQ" => {
            let part = |name: &str| value.child(name).and_then(|part| quantity(part, taken));
            match (part("numerator"), part("denominator")) {
                (Some(numerator), Some(denominator)) => {
                    Some(("valueRatio", json!({"numerator": numerator, "denominator": denominator})))
                }
                _ => None,
            }
        }
        _ => None,
    };
    match read {
        Some((name, read)) => {
            observation.remove("dataAbsentReason");
            observation.insert(name.to_owned(), read);
        }
        None => {
            taken.problem("not-mapped", at, "a value of a type that is not read; kept with the document");
            observation.entry("dataAbsentReason").or_insert_with(|| absent("unsupported", "原本を参照"));
        }
    }
}

fn number<'t>(value: &'t Element, taken: &Taken<'t>) -> Option<Number> {
    let text = value.attribute("value").map(str::trim)?;
    let number = serde_json::from_str(text.trim_start_matches('+')).ok()?;
    taken.attribute(value, "value");
    Some(number)
}

/// PQ → Quantity; units are UCUM by the data type, what cannot be is only shown.
pub(super) fn quantity<'t>(value: &'t Element, taken: &Taken<'t>) -> Option<Value> {
    let number = number(value, taken)?;
    let mut quantity = Map::new();
    quantity.insert("value".into(), Value::Number(number));
    if let Some(unit) = taken.attribute(value, "unit").filter(|unit| *unit != "1") {
        quantity.insert("unit".into(), unit.into());
        if unit.bytes().all(|byte| byte.is_ascii_graphic()) {
            quantity.insert("system".into(), codes::UCUM.into());
            quantity.insert("code".into(), unit.into());
        }
    }
    Some(quantity.into())
}

/// Limits low and high as Range.
fn limits<'t>(value: &'t Element, taken: &Taken<'t>) -> Option<Value> {
    let mut range = Map::new();
    for name in ["low", "high"] {
        if let Some(limit) = value.child(name).and_then(|limit| quantity(limit, taken)) {
            range.insert(name.into(), limit);
        }
    }
    (!range.is_empty()).then(|| range.into())
}

/// referenceRange → Observation.referenceRange.
pub(super) fn range<'t>(range: &'t Element, taken: &Taken<'t>) -> Option<Value> {
    let of = range.child("observationRange")?;
    let mut made = match of.child("value").and_then(|value| limits(value, taken)) {
        Some(Value::Object(limits)) => limits,
        _ => Map::new(),
    };
    let text = of.child("text").and_then(|text| taken.text(text));
    let text =
        text.or_else(|| of.child("value").filter(|_| made.is_empty()).and_then(|value| taken.text(value)));
    if let Some(text) = text {
        made.insert("text".into(), text.into());
    }
    (!made.is_empty()).then(|| made.into())
}

pub(super) fn period(start: Option<String>, end: Option<String>) -> Value {
    let mut period = Map::new();
    for (name, moment) in [("start", start), ("end", end)] {
        if let Some(moment) = moment {
            period.insert(name.into(), moment.into());
        }
    }
    period.into()
}

/// Why there is no value.
pub(super) fn absent(code: &str, text: &str) -> Value {
    let system = "http://terminology.hl7.org/CodeSystem/data-absent-reason";
    json!({"coding": [{"system": system, "code": code}], "text": text})
}

/// HL7 v3 NullFlavor as a reason.
fn null(flavor: &str) -> Value {
    let code = match flavor {
        "ASKU" => "asked-unknown",
        "NAV" => "temp-unknown",
        "NASK" => "not-asked",
        "MSK" => "masked",
        "NA" => "not-applicable",
        "NINF" => "negative-infinity",
        "PINF" => "positive-infinity",
        "TRC" | "OTH" => "unsupported",
        _ => "unknown",
    };
    absent(code, flavor)
}
