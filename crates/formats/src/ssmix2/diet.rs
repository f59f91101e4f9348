//! OMD: ORC, TQ1, ODS → NutritionOrder, one for each ODS.

use super::context::{Context, subject};
use super::datatype::{coding, concept, identifier, persons};
use super::record::Record;
use crate::hl7v2::{Repetition, Segment};
use serde_json::{Map, Value, json};

/// Extension of JP-CLINS for the department an order came from.
const DEPARTMENT: &str = "http://jpfhir.jp/fhir/eCS/Extension/StructureDefinition/JP_eCS_Department";

/// Reads every diet order of the message.
pub fn read(context: &mut Context<'_>) {
    let message = context.message;
    let mut orders: Vec<Vec<&Segment>> = Vec::new();
    for segment in &message.segments {
        match (segment.name(), orders.last_mut()) {
            ("ORC", _) => orders.push(vec![segment]),
            ("TQ1" | "ODS" | "ODT" | "NTE", Some(order)) => order.push(segment),
            ("ODS", None) => orders.push(vec![segment]),
            _ => {}
        }
    }
    let count = orders.iter().flatten().filter(|segment| segment.name() == "ODS").count();
    if count == 0 {
        context.problem("missing-segment", "ODS", "the message has no ODS segment");
    }
    for order in &orders {
        let named = |name: &'static str| order.iter().copied().filter(move |each| each.name() == name);
        let orders_here: Vec<&Segment> = named("ODS").chain(named("ODT")).collect();
        for ods in &orders_here {
            state(context, ods, named("ORC").next(), &named("TQ1").collect::<Vec<_>>(), named("NTE"));
        }
    }
}

/// States one diet.
fn state<'m>(
    context: &mut Context<'_>,
    ods: &Segment,
    orc: Option<&Segment>,
    times: &[&Segment],
    notes: impl Iterator<Item = &'m Segment>,
) {
    let part = format!("diet/{}{}", if ods.name() == "ODT" { "tray-" } else { "" }, ods.number);
    let mut record = context.record("NutritionOrder", "", part, ods);
    if let Some(orc) = orc {
        record.push("identifier", identifier(orc.field(2).first()));
        record.push("identifier", identifier(orc.field(3).first()));
    }
    let control = orc.and_then(|orc| orc.field(1).peek());
    record.set(
        "status",
        Some(match control.as_deref() {
            Some("CA" | "OC" | "DC" | "OD") => "revoked",
            Some("HD") => "on-hold",
            _ => "active",
        }),
    );
    record.set("intent", Some("order"));
    record.set("patient", Some(subject()));
    let ordered = orc.and_then(|orc| context.moment_of(orc.field(9)));
    record.set("dateTime", ordered.or_else(|| context.name.date()));
    let who = orc.and_then(|orc| persons(orc.field(12).repetitions()).into_iter().next());
    record.set("orderer", who);
    if let Some(department) = orc.and_then(|orc| concept(orc.field(17).first())) {
        record.push("extension", Some(json!({"url": DEPARTMENT, "valueCodeableConcept": department})));
    }
    super::encounter::contain(context, &mut record);
    diet(context, &mut record, ods, times);
    for nte in notes {
        record.push("note", nte.field(3).raw().map(|text| json!({ "text": text })));
        record.carry(nte);
    }
    record.carry(ods);
    for segment in times {
        record.carry(segment);
    }
    if let Some(orc) = orc {
        record.carry(orc);
    }
    context.put(record);
}

/// ODS-1: D diet, S supplement, P preference (HL7 table 0159); ODS-2 at which meal, ODS-3 what, ODS-4 how, TQ1 when.
/// ODT says how the tray is served: words in ODT-3, no food.
fn diet(context: &mut Context<'_>, record: &mut Record, ods: &Segment, times: &[&Segment]) {
    let tray = ods.name() == "ODT";
    let kinds: Vec<Value> = match tray {
        true => Vec::new(),
        false => ods.field(3).repetitions().filter_map(concept).collect(),
    };
    let mut schedule: Vec<Value> = times.iter().filter_map(|tq1| timing(context, tq1)).collect();
    schedule.extend(ods.field(2).repetitions().filter_map(concept).map(|meal| json!({ "code": meal })));
    let words = ods.field(if tray { 3 } else { 4 });
    let instruction: Vec<String> = words.repetitions().filter_map(Repetition::raw).collect();
    let instruction = (!instruction.is_empty()).then(|| instruction.join("\n"));
    if ods.field(1).peek().as_deref() == Some("P") {
        for kind in kinds {
            record.push("foodPreferenceModifier", Some(kind));
        }
        record.push("note", instruction.map(|text| json!({ "text": text })));
        if !schedule.is_empty() {
            record.set("oralDiet", Some(json!({ "schedule": schedule })));
        }
        return;
    }
    let mut diet = Map::new();
    let supplement = ods.field(1).read_as(|text| (text == "S").then_some(())).is_some();
    if supplement {
        diet.extend(kinds.into_iter().next().map(|kind| ("type".to_owned(), kind)));
    } else if !kinds.is_empty() {
        diet.insert("type".into(), Value::Array(kinds));
    }
    if !schedule.is_empty() {
        diet.insert("schedule".into(), Value::Array(schedule));
    }
    if let Some(text) = instruction {
        diet.insert("instruction".into(), Value::String(text));
    }
    if diet.is_empty() {
        return;
    }
    let diet = Value::Object(diet);
    if supplement {
        record.push("supplement", Some(diet))
    } else {
        record.set("oralDiet", Some(diet));
    }
}

/// TQ1-3 how often (code & text & system), TQ1-7 and 8 from when until when → Timing.
fn timing(context: &mut Context<'_>, tq1: &Segment) -> Option<Value> {
    let mut bounds = Map::new();
    for (element, field) in [("start", 7), ("end", 8)] {
        if let Some(moment) = context.moment_of(tq1.field(field)) {
            bounds.insert(element.into(), Value::String(moment));
        }
    }
    let mut timing = Map::new();
    if !bounds.is_empty() {
        timing.insert("repeat".into(), json!({ "boundsPeriod": bounds }));
    }
    let patterns: Vec<Value> = tq1.field(3).repetitions().filter_map(pattern).collect();
    if !patterns.is_empty() {
        let text = |each: &Value| each.get("display").or_else(|| each.get("code")).cloned();
        let words = patterns.iter().find_map(text);
        timing.insert("code".into(), json!({"coding": patterns, "text": words}));
    }
    (!timing.is_empty()).then_some(Value::Object(timing))
}

/// RPT: code & name & system as subcomponents of its first component.
fn pattern(repetition: Repetition<'_>) -> Option<Value> {
    let code = repetition.subcomponent(1, 1);
    let name = repetition.subcomponent(1, 2);
    if code.is_none() && name.is_none() {
        return coding(repetition, [1, 2, 3, 7]);
    }
    let mut found = Map::new();
    let system = repetition.subcomponent(1, 3).and_then(|name| model::codes::system(&name));
    for (element, value) in [("system", system), ("code", code), ("display", name)] {
        if let Some(value) = value {
            found.insert(element.into(), Value::String(value));
        }
    }
    Some(Value::Object(found))
}
