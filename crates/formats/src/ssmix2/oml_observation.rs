//! OBX → Observation: laboratory results, findings and readings alike.
//!
//! The value is typed where it says one thing only (see [`super::oml_value`]); the source's own text stays
//! beside it. Nothing here knows which message the OBX stands in.

use super::measurement::measured;
use super::oml_value::{
    LabValue, narrow, number, prints_as, read_string, read_structured, read_text, reference_range,
};
use super::order::{Draft, Orders};
use super::order_field::{
    Seg, coded_text, component_text, concept, concept_at, lines, part, person, persons, raw, repetition_text,
    repetitions, text, time, time_at, unit,
};
use crate::hl7v2::timestamp::time_of_day;
use model::codes::{JLAC10, OBSERVATION_CATEGORY};
use serde_json::{Map, Number, Value, json};

/// HL7 v3 ObservationInterpretation.
const INTERPRETATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";
/// JP Core: what kind of body measurement.
const BODY: &str = "http://jpfhir.jp/fhir/core/CodeSystem/JP_ObservationBodyMeasurementCategory_CS";
/// FHIR's own extension for the text a value was made from.
const ORIGINAL_TEXT: &str = "http://hl7.org/fhir/StructureDefinition/originalText";

/// What an observation takes from around it.
#[derive(Debug, Clone, Default)]
pub(super) struct Around {
    /// JP Core profile, last part of its address; empty for the common one.
    pub profile: &'static str,
    /// `laboratory`, `exam`, `procedure`, `imaging`.
    pub category: &'static str,
    /// Categories beside it.
    pub categories: Vec<Value>,
    /// Key of the record.
    pub key: String,
    /// Time of the specimen or the examination, used before OBX-14.
    pub collected: Option<String>,
    /// Time used where the OBX and the specimen have none.
    pub otherwise: Option<String>,
    /// Name elements to copy in: `specimen`, `basedOn`, `partOf`, `derivedFrom`.
    pub links: Vec<(&'static str, Value)>,
    /// True where a number without unit is worth a word.
    pub expects_unit: bool,
}

/// Makes the Observation of one OBX.
pub(super) fn observation(cx: &mut Orders, obx: &Seg, around: &Around, notes: &[&Seg]) -> Draft {
    let plain = if around.profile.is_empty() { "JP_Observation_Common" } else { around.profile };
    let body = component_text(obx, 3, 0).as_deref().and_then(measured);
    let body = body.filter(|_| around.profile.is_empty());
    let (profile, category, second) = body.unwrap_or((plain, around.category, None));
    let mut draft = Draft::new("Observation", profile, &around.key, obx.place());
    let (status, absent) = status(text(obx, 11).as_deref());
    draft.set("status", Some(status));
    draft.push("category", Some(json!({"coding": [{"system": OBSERVATION_CATEGORY, "code": category}]})));
    draft.push("category", second.map(|code| json!({"coding": [{"system": BODY, "code": code}]})));
    for more in &around.categories {
        draft.push("category", Some(more.clone()));
    }
    let item = concept(obx, 3).unwrap_or_else(|| json!({"text": "(項目名なし)"}));
    let item = without_suffix(item, obx, &mut draft);
    draft.set("code", Some(item));
    draft.set("subject", Some(json!({"reference": "urn:key:Patient"})));
    for (name, value) in &around.links {
        match *name {
            "specimen" => draft.set(name, Some(value.clone())),
            _ => draft.push(name, Some(value.clone())),
        }
    }
    effective(cx, obx, around, &mut draft);
    match time(cx, obx, 19) {
        Some(moment) if moment.contains('T') => draft.set("issued", Some(moment)),
        Some(_) => draft.keep(obx, &[19]),
        None => {}
    }
    for who in persons(obx, 16) {
        draft.push("performer", Some(who));
    }
    draft.set("method", concept(obx, 17));
    draft.set("device", text(obx, 18).map(|id| json!({"identifier": {"value": id}})));
    value(cx, obx, around, absent, &mut draft);
    for flag in interpretations(obx) {
        draft.push("interpretation", Some(flag));
    }
    if let Some(range) = raw(obx, 7) {
        let range = reference_range(&range, |value| with_unit(value, unit(obx, 6).as_ref()));
        draft.push("referenceRange", Some(range));
    }
    for note in notes {
        draft.note(note);
    }
    draft.carry(obx);
    draft
}

/// HL7 v2.5 §7.2.4 writes what kind of statement it is behind the code (`9A100&IMP`, an impression): that is no part of
/// a JLAC10 code. The item as written is kept.
fn without_suffix(mut item: Value, obx: &Seg, draft: &mut Draft) -> Value {
    let codings = item.get_mut("coding").and_then(Value::as_array_mut).into_iter().flatten();
    for coding in codings.filter(|coding| coding.get("system").is_some_and(|system| *system == JLAC10)) {
        let code = coding.get("code").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let (Some((head, _)), Some(map)) = (code.split_once('&'), coding.as_object_mut()) {
            map.insert("code".into(), json!(head));
            draft.keep(obx, &[3]);
        }
    }
    item
}

/// Observation.status of OBX-11 (HL7 table 0085), and why there may be no value.
fn status(code: Option<&str>) -> (&'static str, Option<&'static str>) {
    match code.map(str::trim) {
        Some("F" | "U") => ("final", None),
        Some("P" | "R" | "S") => ("preliminary", None),
        Some("C") => ("corrected", None),
        Some("A") => ("amended", None),
        Some("X") => ("cancelled", Some("not-performed")),
        Some("D" | "W") => ("entered-in-error", None),
        Some("I" | "O") => ("registered", None),
        Some("N") => ("cancelled", Some("not-asked")),
        _ => ("unknown", None),
    }
}

/// The clinically relevant time: the specimen's, then OBX-14, then what the surroundings say.
fn effective(cx: &mut Orders, obx: &Seg, around: &Around, draft: &mut Draft) {
    let own = time(cx, obx, 14);
    if own.is_some() && around.collected.is_some() {
        draft.keep(obx, &[14]);
    }
    draft.set("effectiveDateTime", around.collected.clone().or(own));
    draft.assume("effectiveDateTime", around.otherwise.clone());
}

/// Interpretations of OBX-8, repeated: the v3 codes where the letters are those, the letters always.
fn interpretations(obx: &Seg) -> Vec<Value> {
    let known = [
        "L", "LL", "LU", "H", "HH", "HU", "N", "A", "AA", "S", "I", "R", "NS", "SDD", "POS", "NEG", "IND",
        "U", "D", "B", "W", "<", ">",
    ];
    let count = repetitions(obx, 8);
    (0..count)
        .filter_map(|at| {
            let flag = concept_at(obx, 8, at)?;
            let letters = coded_text(&flag)?;
            if !known.contains(&letters.as_str()) {
                return Some(flag);
            }
            // What the source calls the letters and where they are from stays beside HL7's own coding.
            let mut codings = vec![json!({"system": INTERPRETATION, "code": letters})];
            let said = flag.get("coding").and_then(Value::as_array).into_iter().flatten();
            codings.extend(said.filter(|each| each.as_object().is_some_and(|map| map.len() > 1)).cloned());
            let text = flag.get("text").cloned().unwrap_or(json!(letters));
            Some(json!({"coding": codings, "text": text}))
        })
        .collect()
}

/// A quantity of FHIR in the unit of the result.
fn with_unit(value: Number, unit: Option<&Map<String, Value>>) -> Value {
    let mut quantity = Map::new();
    quantity.insert("value".into(), Value::Number(value));
    if let Some(unit) = unit {
        quantity.extend(unit.clone());
    }
    Value::Object(quantity)
}

/// Keeps the source's own text on a typed value that does not print as it was written.
fn original(mut value: Value, text: &str) -> Value {
    if let Some(map) = value.as_object_mut() {
        map.insert("extension".into(), json!([{"url": ORIGINAL_TEXT, "valueString": text}]));
    }
    value
}

/// Observation.value[x] of OBX-5 by the type OBX-2 names. More than one repetition: the first is the value,
/// the others are components with the same code; text lines are one text.
fn value(cx: &mut Orders, obx: &Seg, around: &Around, absent: Option<&'static str>, draft: &mut Draft) {
    let kind = text(obx, 2).unwrap_or_default();
    let count = repetitions(obx, 5);
    let null = count == 1 && repetition_text(obx, 5, 0).is_none();
    if count == 0 || null {
        if let Some(reason) = absent {
            let system = "http://terminology.hl7.org/CodeSystem/data-absent-reason";
            draft.set("dataAbsentReason", Some(json!({"coding": [{"system": system, "code": reason}]})));
        }
        return;
    }
    if matches!(kind.as_str(), "TX" | "FT") {
        let text = lines(obx, 5);
        draft.set("valueString", (!text.is_empty()).then_some(text));
        return;
    }
    for at in 0..count {
        let Some((name, found, sign)) = one_value(cx, obx, &kind, at, around, draft) else { continue };
        if at == 0 {
            draft.set(name, Some(found));
        } else {
            // The item's name without its codes: a component of the same code would deny the value (FHIR obs-7).
            let item = draft.get("code").and_then(|code| code.get("text")).cloned();
            draft.push("component", Some(json!({"code": {"text": item}, name: found})));
        }
        if let Some(sign) = sign {
            let what = if sign.starts_with(|c: char| c.is_ascii_digit()) { "クラス" } else { "定性" };
            draft.push("component", Some(json!({"code": {"text": what}, "valueString": sign})));
        }
    }
}

type OneValue = (&'static str, Value, Option<String>);

/// The value of one repetition of OBX-5.
fn one_value(
    cx: &mut Orders,
    obx: &Seg,
    kind: &str,
    at: usize,
    around: &Around,
    draft: &mut Draft,
) -> Option<OneValue> {
    let whole = repetition_text(obx, 5, at)?;
    match kind {
        "CWE" | "CE" | "CNE" | "IS" | "ID" => Some(("valueCodeableConcept", concept_at(obx, 5, at)?, None)),
        "XCN" => {
            let who = person(obx, 5, at)?;
            let name = who.get("display").and_then(Value::as_str).unwrap_or(&whole).to_owned();
            draft.push("performer", Some(who));
            Some(("valueString", Value::String(name), None))
        }
        "TS" | "DT" | "DTM" => match time_at(cx, obx, 5, at) {
            Some(moment) => Some(("valueDateTime", Value::String(moment), None)),
            None => Some(("valueString", Value::String(whole), None)),
        },
        "SN" => {
            let parts = [0, 1, 2, 3].map(|component| part(obx, 5, at, component));
            let [a, b, c, d] = &parts;
            Some(typed(cx, obx, &read_structured([a, b, c, d]), &parts.concat(), around, kind))
        }
        "NM" => Some(typed(cx, obx, &read_text(&whole), &whole, around, kind)),
        "ST" | "" => Some(typed(cx, obx, &read_string(&whole), &whole, around, kind)),
        "TM" => Some(match time_of_day(&whole) {
            Some(time) => ("valueTime", Value::String(time), None),
            None => ("valueString", Value::String(whole), None),
        }),
        _ => Some(("valueString", Value::String(whole), None)),
    }
}

/// Puts a read value into FHIR's shape, the text beside it where the two differ.
fn typed(cx: &mut Orders, obx: &Seg, read: &LabValue, text: &str, around: &Around, kind: &str) -> OneValue {
    match read {
        LabValue::Quantity { comparator, value, sign } => {
            let unit = unit(obx, 6);
            if unit.is_none() && around.expects_unit && kind == "NM" {
                cx.problem("missing-unit", &format!("{}-6", obx.place()), "a number without unit");
            }
            let mut quantity = with_unit(value.clone(), unit.as_ref());
            if let (Some(comparator), Some(map)) = (comparator, quantity.as_object_mut()) {
                map.insert("comparator".into(), json!(comparator));
            }
            let same = comparator.is_none() && sign.is_none() && prints_as(value, text);
            ("valueQuantity", if same { quantity } else { original(quantity, text) }, sign.clone())
        }
        LabValue::Range(low, high) => {
            let unit = unit(obx, 6);
            let [low, high] = [low, high].map(|end| with_unit(end.clone(), unit.as_ref()));
            ("valueRange", original(json!({"low": low, "high": high}), text), None)
        }
        LabValue::Ratio(first, second) => {
            let ratio = json!({"numerator": {"value": first}, "denominator": {"value": second}});
            ("valueRatio", original(ratio, text), None)
        }
        LabValue::Text => {
            if kind == "NM" && number(&narrow(text)).is_none() {
                cx.problem("not-a-number", &format!("{}-5", obx.place()), "typed NM, kept as text");
            }
            ("valueString", json!(text), None)
        }
    }
}
