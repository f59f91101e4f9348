//! IN1 (ADT-00 and orders) and ZI1 (PPR-01) → Coverage in JP Core's shape.
//!
//! IN1-10 holds 記号, 記号~番号 or 記号~番号~枝番 by place (a 記号 that there is none of leaves its place empty);
//! where IN1-11 holds the 番号, the second place is the 枝番 (mapping "Segment ADT_00_IN1 to Coverage" of
//! jami-fhir-jp-wg/ssmix2-to-fhir; ZI1 has the same fields up to 17). Public expense (公費) is an IN1 of its own with
//! 負担者番号 and 受給者番号, and no member number of an insurance.

use super::context::{Context, subject};
use super::datatype::{code_of, concept};
use super::record::Record;
use crate::hl7v2::Segment;
use serde_json::{Map, Value, json};

const EXTENSION: &str = "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Coverage_InsuredPerson";
/// Insurer numbers (保険者番号).
const INSURER: &str = "urn:oid:1.2.392.100495.20.3.61";
/// Payers of public expense (公費負担者番号).
const PUBLIC_PAYER: &str = "urn:oid:1.2.392.100495.20.3.71";
/// Kinds of insurance of 電子処方箋, of which 8 is public expense.
const KIND: &str = "urn:oid:1.2.392.100495.20.2.61";
const CLASS: &str = "http://terminology.hl7.org/CodeSystem/coverage-class";
const RELATIONSHIP: &str = "http://terminology.hl7.org/CodeSystem/subscriber-relationship";
/// `保険者番号:記号:番号:枝番` of JP-CLINS.
const MEMBER: &str = "http://jpfhir.jp/fhir/clins/Idsystem/JP_Insurance_memberID";

/// Reads every IN1 of the message, with the IN2 and IN3 that go on with it.
pub fn read(context: &mut Context<'_>) {
    let segments = &context.message.segments;
    for (at, segment) in segments.iter().enumerate() {
        if segment.name() == "IN1" && !segment.is_empty() {
            let more = segments.iter().skip(at + 1).take_while(|each| matches!(each.name(), "IN2" | "IN3"));
            state(context, segment, &more.collect::<Vec<_>>(), "coverage");
        }
    }
}

/// True for the two digits of a law of public expense (法別番号) as kind of insurance: all but those of the insurances
/// (01 to 07, 31 to 34, 39, 63, 67, 72 to 75).
fn is_public(plan: &str) -> bool {
    let law = plan.parse::<u8>().ok().filter(|_| plan.len() == 2);
    matches!(law, Some(10..=30 | 38 | 40..=62 | 66 | 79..=99))
}

/// States the Coverage of one IN1 or ZI1 and what goes on with it under `part` of the file's set.
pub fn state(context: &mut Context<'_>, segment: &Segment, more: &[&Segment], part: &str) {
    let insurer = segment.field(3).peek();
    let plan = segment.field(2).peek();
    let table = segment.field(2).first().peek(3);
    let public = table.as_deref() == Some("JHSD0001") && plan.as_deref().is_some_and(is_public);
    let key = [insurer.clone(), plan.clone()].into_iter().flatten().collect::<Vec<_>>().join("-");
    let key = if key.is_empty() { segment.number.to_string() } else { key };
    let mut record = context.record("Coverage", "JP_Coverage", format!("{part}/{key}"), segment);
    record.set("status", Some("active"));
    let kind = concept(segment.field(2).first());
    record.set("type", if public { kind.map(|kind| also(kind, KIND, "8")) } else { kind });
    if public {
        recipient(&mut record, segment);
    } else {
        let elderly = plan.as_deref() == Some("39");
        let [symbol, number, branch] = member(&mut record, segment, elderly);
        if let (Some(insurer), Some(number)) = (&insurer, number) {
            let [symbol, branch] = [symbol, branch].map(Option::unwrap_or_default);
            let value = format!("{:0>8}:{symbol}:{number}:{branch}", insurer.trim());
            record.push("identifier", Some(json!({"system": MEMBER, "value": value})));
        }
    }
    let class = segment.field(15).text();
    record.push("class", class.map(|class| json!({"type": code_of(CLASS, "plan"), "value": class})));
    record.set("beneficiary", Some(subject()));
    record.set("relationship", relationship(segment));
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
    payor(&mut record, segment, public);
    record.carry(segment);
    for each in more {
        record.carry(each);
    }
    context.put(record);
}

/// Adds a coding to a concept.
fn also(mut concept: Value, system: &str, code: &str) -> Value {
    let coding = json!({"system": system, "code": code});
    if let Some(map) = concept.as_object_mut() {
        let list = map.entry("coding").or_insert_with(|| json!([]));
        list.as_array_mut().into_iter().for_each(|list| list.push(coding.clone()));
    }
    concept
}

/// IN1-17 (HL7 table 0063), with FHIR's own code where it has one.
fn relationship(segment: &Segment) -> Option<Value> {
    let code = match segment.field(17).peek().as_deref() {
        Some("SEL") => Some("self"),
        Some("SPO") => Some("spouse"),
        Some("CHD" | "SCH" | "GCH" | "FCH" | "NCH") => Some("child"),
        Some("PAR" | "FTH" | "MTH") => Some("parent"),
        _ => None,
    };
    let said = concept(segment.field(17).first())?;
    Some(match code {
        Some(code) => also(said, RELATIONSHIP, code),
        None => said,
    })
}

/// 受給者番号 of public expense: IN1-11, or IN1-10 where that holds no number.
fn recipient(record: &mut Record, segment: &Segment) {
    let is_number = |text: &str| text.chars().any(char::is_numeric);
    let number = [11, 10]
        .into_iter()
        .find_map(|field| segment.field(field).read_as(|text| is_number(text).then(|| text.to_owned())));
    record.set("subscriberId", number);
}

/// 記号, 番号 and 枝番 from fields 10 and 11, into JP Core's extensions. The insurance of the elderly has no 記号: one
/// text alone is the 番号.
fn member(record: &mut Record, segment: &Segment, elderly: bool) -> [Option<String>; 3] {
    let number_there = segment.field(11).peek().is_some_and(|text| text.chars().any(char::is_numeric));
    let at = |place: usize| segment.field(10).repetition(place).get(1);
    let places = segment.field(10).repetitions().last().map_or(0, |last| last.place());
    let [symbol, number, branch] = match (places, number_there) {
        (3.., _) => [at(1), at(2), at(3)],
        (_, true) => [at(1), segment.field(11).text(), at(2)],
        (2, false) => [at(1), at(2), None],
        (_, false) if elderly => [None, at(1), None],
        _ => [at(1), None, None],
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
fn payor(record: &mut Record, segment: &Segment, public: bool) {
    let (number, name) = (segment.field(3).text(), segment.field(4).text());
    let mut payor = Map::new();
    payor.insert("type".into(), json!("Organization"));
    if let Some(number) = number {
        let system = if public { PUBLIC_PAYER } else { INSURER };
        payor.insert("identifier".into(), json!({"system": system, "value": number}));
    }
    let otherwise = if public { "公費負担者" } else { "保険者" };
    payor.insert("display".into(), json!(name.unwrap_or_else(|| otherwise.to_owned())));
    record.push("payor", Some(Value::Object(payor)));
}
