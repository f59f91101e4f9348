//! SPM → Specimen: what was taken, from where, when.

use super::order::{Draft, Orders, subject};
use super::order_field::{
    Seg, component_text, concept, filler_identifier, identifier, lines, raw, time, time_at_component,
};
use model::codes::JLAC10;
use serde_json::{Value, json};

/// JP Core's system of specimen materials: the three material digits of JLAC10.
const MATERIAL: &str = "http://jpfhir.jp/fhir/core/CodeSystem/JP_ObservationSampleMaterialCode_CS";

/// A specimen as its orders need it.
#[derive(Debug, Clone, Default)]
pub(super) struct Sample {
    /// Key of its record.
    pub key: String,
    /// Its part of the keys of what was measured in it: its number, else its material.
    pub word: String,
    /// When it was taken.
    pub collected: Option<String>,
}

impl Sample {
    /// Where the message names none.
    pub fn none() -> Self {
        Self { word: "-".to_owned(), ..Self::default() }
    }
}

/// The Specimen of one SPM.
pub(super) fn specimen(cx: &mut Orders, spm: &Seg) -> (Sample, Draft) {
    let number = component_text(spm, 2, 0);
    let number = number.or_else(|| component_text(spm, 2, 1));
    let word = number.or_else(|| component_text(spm, 4, 0)).unwrap_or_else(|| "-".to_owned());
    let key = cx.key(&format!("specimen/{word}"));
    let mut draft = Draft::new("Specimen", "JP_Specimen_Common", &key, spm.place());
    let number = identifier(spm, 2);
    draft.push("identifier", number);
    draft.push("identifier", filler_identifier(spm, 2));
    let material = concept(spm, 4).map(material);
    draft.set("type", material);
    draft.set("subject", subject());
    let received = time(cx, spm, 18);
    draft.set("receivedTime", received);
    if let Some(parent) = identifier(spm, 3) {
        draft.push("parent", Some(json!({ "identifier": parent })));
    }
    let mut collection = serde_json::Map::new();
    let (from, until) = (time_at_component(cx, spm, 17, 0), time_at_component(cx, spm, 17, 1));
    match (&from, &until) {
        (Some(from), Some(until)) => {
            collection.insert("collectedPeriod".into(), json!({"start": from, "end": until}));
        }
        (Some(from), None) => {
            collection.insert("collectedDateTime".into(), json!(from));
        }
        (None, Some(_)) => draft.keep(spm, &[17]),
        (None, None) => {}
    }
    if let Some(method) = concept(spm, 7) {
        collection.insert("method".into(), method);
    }
    if let Some(site) = concept(spm, 8) {
        collection.insert("bodySite".into(), site);
    }
    if !collection.is_empty() {
        draft.set("collection", Some(Value::Object(collection)));
    }
    let condition = concept(spm, 24);
    draft.push("condition", condition);
    if raw(spm, 14).is_some() {
        draft.push("note", Some(json!({ "text": lines(spm, 14) })));
    }
    draft.carry(spm);
    (Sample { key, word, collected: from }, draft)
}

/// A three-digit JLAC10 code is a material, not an examination.
fn material(mut concept: Value) -> Value {
    for coding in concept.get_mut("coding").and_then(Value::as_array_mut).into_iter().flatten() {
        let short = coding.get("code").and_then(Value::as_str).is_some_and(|code| code.len() == 3);
        if let (true, Some(system)) = (short, coding.get_mut("system").filter(|system| *system == JLAC10)) {
            *system = json!(MATERIAL);
        }
    }
    concept
}
