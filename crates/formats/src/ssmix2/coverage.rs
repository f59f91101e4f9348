//! IN1 (ADT-00 and orders) and ZI1 (PPR-01) → Coverage in JP Core's shape.
//!
//! IN1-10 holds 記号, or 記号~番号~枝番; IN1-11 the 番号 where IN1-10 does not (mapping "Segment ADT_00_IN1 to
//! Coverage" of jami-fhir-jp-wg/ssmix2-to-fhir; ZI1 has the same fields up to 17).

use super::context::{Context, subject};
use super::datatype::concept;
use super::record::Record;
use crate::hl7v2::Segment;
use serde_json::{Map, Value, json};

const EXTENSION: &str = "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Coverage_InsuredPerson";
/// Insurer numbers (保険者番号).
const INSURER: &str = "urn:oid:1.2.392.100495.20.3.61";
/// `保険者番号:記号:番号:枝番` of JP-CLINS.
const MEMBER: &str = "http://jpfhir.jp/fhir/clins/Idsystem/JP_Insurance_memberID";

/// Reads every IN1 of the message.
pub fn read(context: &mut Context<'_>) {
    let message = context.message;
    for segment in message.all("IN1").filter(|each| !each.is_empty()) {
        state(context, segment, "coverage");
    }
}

/// States the Coverage of one IN1 or ZI1 under `part` of the file's set.
pub fn state(context: &mut Context<'_>, segment: &Segment, part: &str) {
    let insurer = segment.field(3).peek();
    let plan = segment.field(2).peek();
    let key = [insurer.clone(), plan].into_iter().flatten().collect::<Vec<_>>().join("-");
    let key = if key.is_empty() { segment.number.to_string() } else { key };
    let mut record = context.record("Coverage", "JP_Coverage", format!("{part}/{key}"), segment);
    record.set("status", Some("active"));
    record.set("type", concept(segment.field(2).first()));
    let member = member(&mut record, segment);
    if let (Some(insurer), [Some(symbol), Some(number), branch]) = (&insurer, &member) {
        let insurer: String = insurer.trim().to_owned();
        let value = format!("{insurer:0>8}:{symbol}:{number}:{}", branch.as_deref().unwrap_or_default());
        record.push("identifier", Some(json!({"system": MEMBER, "value": value})));
    }
    record.set("beneficiary", Some(subject()));
    record.set("relationship", concept(segment.field(17).first()));
    let start = context.day_of(segment.field(12));
    // 99999999 says that there is no end: it stays in the rest and is no impossible date.
    let open =
        segment.field(13).peek().is_some_and(|text| text.starts_with("99991231") || text == "99999999");
    let end = if open { None } else { context.day_of(segment.field(13)) };
    let mut period = Map::new();
    for (name, value) in [("start", start), ("end", end)] {
        if let Some(value) = value {
            period.insert(name.into(), Value::String(value));
        }
    }
    record.set("period", (!period.is_empty()).then_some(Value::Object(period)));
    payor(&mut record, segment);
    record.carry(segment);
    context.put(record);
}

/// 記号, 番号 and 枝番 from fields 10 and 11, into JP Core's extensions.
fn member(record: &mut Record, segment: &Segment) -> [Option<String>; 3] {
    let parts: Vec<String> = segment.field(10).repetitions().filter_map(|each| each.get(1)).collect();
    let number_there = segment.field(11).peek().is_some_and(|text| text.chars().any(char::is_numeric));
    let at = |index: usize| parts.get(index).cloned();
    let [symbol, number, branch] = match (parts.len(), number_there) {
        (3.., _) => [at(0), at(1), at(2)],
        (2, false) => [at(0), at(1), None],
        (_, true) => [at(0), segment.field(11).text(), at(1)],
        _ => [at(0), None, None],
    };
    let found = [symbol, number, branch];
    for (text, word) in found.iter().zip(["Symbol", "Number", "SubNumber"]) {
        if let Some(text) = text {
            record.push("extension", Some(json!({"url": format!("{EXTENSION}{word}"), "valueString": text})));
        }
    }
    if let [symbol, Some(number), _] = &found {
        let text = symbol.iter().chain([number]).map(String::as_str).collect::<Vec<_>>().join(":");
        record.set("subscriberId", Some(text));
    }
    record.set("dependent", found[2].clone());
    found
}

/// The insurer: number and name.
fn payor(record: &mut Record, segment: &Segment) {
    let (number, name) = (segment.field(3).text(), segment.field(4).text());
    let mut payor = Map::new();
    payor.insert("type".into(), json!("Organization"));
    if let Some(number) = number {
        payor.insert("identifier".into(), json!({"system": INSURER, "value": number}));
    }
    payor.insert("display".into(), json!(name.unwrap_or_else(|| "保険者".to_owned())));
    record.push("payor", Some(Value::Object(payor)));
}
