//! MSH, EVN and SFT → Provenance: which system wrote the message, when, as what. One per message, so that the
//! clinical records stay the same when only the envelope does not.

use super::context::{Context, reference};
use super::datatype::{code_of, persons};
use super::record::source_field;
use serde_json::{Value, json};

/// States the message itself, with everything its header says; `targets` are the keys of its records.
pub fn read(context: &mut Context<'_>, targets: &[String]) {
    let message = context.message;
    let Some(header) = message.segment("MSH") else { return };
    let mut record = context.record("Provenance", "", "message", header);
    // FHIR asks for a target even where the message gave no record.
    let mut targets: Vec<Value> = targets.iter().map(|key| reference(key)).collect();
    if targets.is_empty() {
        targets.push(json!({"display": "(記録なし)"}));
    }
    record.set("target", Some(targets));
    let events: Vec<_> = message.all("EVN").collect();
    let happened = events.first().and_then(|event| context.moment_of(event.field(6)));
    record.set("occurredDateTime", happened);
    let written = context.moment_of(header.field(7)).filter(|moment| moment.contains('T'));
    let recorded = written.or_else(|| {
        context.problem("missing-date", "MSH-7", "no moment: the one of the file name is taken");
        crate::hl7v2::timestamp::date_time(&context.name.order().time).ok()
    });
    record.set("recorded", recorded);
    record.set("activity", header.field(9).raw().map(|kind| json!({ "text": kind })));
    let system: Vec<String> = [3, 4].into_iter().filter_map(|field| header.text(field)).collect();
    let who = if system.is_empty() { "送信システム".to_owned() } else { system.join(" ") };
    let mut agent = json!({
        "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/provenance-participant-type", "code": "assembler"}]},
        "who": {"display": who},
    });
    let control = header.text(10);
    if let (Some(control), Some(map)) = (control, agent.as_object_mut()) {
        map.insert("extension".into(), json!([source_field("MSH-10", &control)]));
    }
    record.push("agent", Some(agent));
    for operator in events.iter().flat_map(|event| persons(event.field(5).repetitions())) {
        let kind = code_of("http://terminology.hl7.org/CodeSystem/provenance-participant-type", "enterer");
        record.push("agent", Some(json!({"type": kind, "who": operator})));
    }
    record.carry(header);
    for segment in events.into_iter().chain(message.all("SFT")) {
        record.carry(segment);
    }
    context.put(record);
}
