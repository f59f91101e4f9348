//! DG1 of a visit or an order → Condition: what it was for. The list of diagnoses itself is PPR-01.

use super::context::{Context, subject};
use super::datatype::{code_of, concept, persons};
use super::diagnosis::pointed;
use serde_json::{Value, json};

const VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/condition-ver-status";
const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/condition-category";

/// Reads every DG1 of the message.
pub fn read(context: &mut Context<'_>) {
    let message = context.message;
    for dg1 in message.all("DG1").filter(|each| !each.is_empty()) {
        let code = dg1.field(3).first();
        let part = code.peek(1).or_else(|| dg1.field(4).peek()).unwrap_or_else(|| dg1.number.to_string());
        let mut record = context.record("Condition", "JP_Condition", format!("diagnosis/{part}"), dg1);
        // HL7 table 0052: F final; A admitting and W working are not sure yet.
        let sure = match dg1.field(6).peek().as_deref() {
            Some("F") => Some("confirmed"),
            Some("A" | "W") => Some("provisional"),
            _ => None,
        };
        record.set("verificationStatus", sure.map(|sure| code_of(VERIFICATION, sure)));
        record.push("category", Some(code_of(CATEGORY, "encounter-diagnosis")));
        let words = dg1.field(4).raw();
        let named = concept(code).map(|mut named| {
            let codings = named.get_mut("coding").and_then(Value::as_array_mut).into_iter().flatten();
            codings.for_each(|coding| *coding = pointed(coding.take()));
            named
        });
        let named = match (named, words) {
            (Some(mut named), Some(words)) => {
                if let Some(map) = named.as_object_mut() {
                    map.insert("text".into(), Value::String(words));
                }
                named
            }
            (Some(named), None) => named,
            (None, words) => json!({"text": words.unwrap_or_else(|| "(病名の記載なし)".to_owned())}),
        };
        record.set("code", Some(named));
        record.set("subject", Some(subject()));
        record.set("recordedDate", context.moment_of(dg1.field(5)));
        record.set("asserter", persons(dg1.field(16).repetitions()).into_iter().next());
        record.carry(dg1);
        context.put(record);
    }
}
