//! What a prescription says to the pharmacy in words: records 81 (備考) and 62 (残薬確認), as Communication.

use super::code;
use super::dosage::serial;
use super::prescription::Prescription;
use crate::okusuri::Source;
use crate::okusuri::patient::put;
use model::reading::{Extent, Problem, StatedRecord};
use serde_json::{Map, Value, json};

/// Every record 81, then 62.
pub(super) fn records(
    of: &Prescription<'_>,
    set: &str,
    source: &Source,
    problems: &mut Vec<Problem>,
) -> Vec<StatedRecord> {
    let mut records = Vec::new();
    for (index, line) in of.notes.iter().enumerate() {
        let mut note = communication(of, source, "81", "備考");
        put(&mut note, "extension", serial(line, 2));
        if let Some(kind) = code::coding(line, 3, code::NOTE, problems) {
            note.insert("topic".into(), json!({"coding": [kind]}));
        }
        let text = line.take(4);
        if text.is_empty() {
            problems.push(Problem::new("missing", line.at(4), "no text"));
        } else {
            put(&mut note, "payload", vec![json!({"contentString": text})]);
        }
        let key = format!("{set}/note{}", index + 1);
        records.push(StatedRecord { key, resource: note, extent: Extent::Whole, at: line.place() });
    }
    if let Some(line) = of.heads.get("62")
        && let Some(kind) = code::coding(line, 2, code::LEFT_OVER, problems)
    {
        let mut note = communication(of, source, "62", "残薬確認");
        let words = kind.get("display").and_then(Value::as_str).unwrap_or_default();
        if !words.is_empty() {
            put(&mut note, "payload", vec![json!({"contentString": words})]);
        }
        note.insert("topic".into(), json!({"coding": [kind]}));
        let key = format!("{set}/left-over");
        records.push(StatedRecord { key, resource: note, extent: Extent::Whole, at: line.place() });
    }
    records
}

fn communication(of: &Prescription<'_>, source: &Source, kind: &str, display: &str) -> Map<String, Value> {
    let mut note = source.resource("Communication", "");
    note.insert("status".into(), "completed".into());
    put(&mut note, "category", vec![code::record(kind, display)]);
    note.insert("subject".into(), source.subject());
    if let Some(day) = of.heads.get("51").and_then(|line| line.peek_date(2)) {
        note.insert("sent".into(), day.fhir().into());
    }
    let from = of.look("1", 5);
    if !from.is_empty() {
        note.insert("sender".into(), json!({"display": from}));
    }
    note
}
