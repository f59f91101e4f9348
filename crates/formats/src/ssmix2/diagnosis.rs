//! PPR-01: PRB with ZPR, ZPD, ZI1 and ORC → Condition by ICD-10 and the standard disease master, and Coverage.
//!
//! Mapping after "Segment PPR_01_PRB to Condition" of jami-fhir-jp-wg/ssmix2-to-fhir; the Z segments after JAHIS
//! 病名情報データ交換規約 Ver.3.1C.

use super::context::{Context, subject};
use super::coverage;
use super::datatype::{code_of, coding, concept, identifier, persons};
use super::record::Record;
use crate::hl7v2::{Repetition, Segment};
use model::codes;
use serde_json::{Map, Value, json};

const CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/condition-clinical";
const VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/condition-ver-status";
const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/condition-category";
const MODIFIER: &str = "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Condition_Disease";
const OUTCOME: &str = "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Condition_DiseaseOutcome";
const DEPARTMENT: &str = "http://jpfhir.jp/fhir/eCS/Extension/StructureDefinition/JP_eCS_Department";
/// の疑い in the standard disease master.
const SUSPECTED: &str = "8002";

/// Reads every problem of the message.
pub fn read(context: &mut Context<'_>) {
    let segments = &context.message.segments;
    let starts: Vec<usize> = (0..segments.len())
        .filter(|index| segments.get(*index).is_some_and(|segment| segment.name() == "PRB"))
        .collect();
    if starts.is_empty() {
        context.problem("missing-segment", "PRB", "the message has no PRB segment");
    }
    for (number, start) in starts.iter().enumerate() {
        let end = starts.get(number + 1).copied().unwrap_or(segments.len());
        let group: Vec<&Segment> = segments.get(*start..end).unwrap_or_default().iter().collect();
        if let Some((prb, rest)) = group.split_first() {
            problem(context, prb, rest);
        }
    }
}

/// States one problem. Its key is the source's own number for it (PRB-4), else the disease.
fn problem(context: &mut Context<'_>, prb: &Segment, rest: &[&Segment]) {
    let id = prb.field(4).peek().or_else(|| prb.field(3).peek()).unwrap_or_else(|| prb.number.to_string());
    let mut record = context.record("Condition", "JP_Condition", format!("problem/{id}"), prb);
    record.push("identifier", identifier(prb.field(4).first()));
    let named = |name: &'static str| rest.iter().copied().filter(move |each| each.name() == name);
    let suspected = code(&mut record, prb, named("ZPR"));
    status(context, &mut record, prb, suspected);
    record.push("category", Some(code_of(CATEGORY, "problem-list-item")));
    let stated = coding(prb.field(10).first(), [4, 5, 6, 8]);
    record.push("category", stated.map(categorised));
    record.push("category", concept(prb.field(18).first()));
    for zpd in named("ZPD") {
        record.push("bodySite", concept(zpd.field(2).first()));
        record.carry(zpd);
    }
    record.set("subject", Some(subject()));
    super::encounter::contain(context, &mut record);
    record.set("onsetDateTime", context.moment_of(prb.field(16)));
    record.set("recordedDate", context.moment_of(prb.field(7)));
    security(&mut record, prb);
    for nte in named("NTE") {
        record.push("note", nte.field(3).raw().map(|text| json!({ "text": text })));
        record.carry(nte);
    }
    for orc in named("ORC") {
        order(context, &mut record, orc);
    }
    if record.get("recordedDate").is_none() {
        record.set("recordedDate", context.moment_of(prb.field(2)));
    }
    record.carry(prb);
    let key = format!("problem/{id}/coverage");
    context.put(record);
    for zi1 in named("ZI1") {
        coverage::state(context, zi1, &[], &key);
    }
}

/// A coding as category, with its name as text.
fn categorised(coding: Value) -> Value {
    let text = coding.get("display").or_else(|| coding.get("code")).cloned();
    json!({"coding": [coding], "text": text})
}

/// PRB-3, PRB-10, PRB-17 and ZPR → Condition.code and JP Core's modifiers. Gives true for a suspicion.
fn code<'m>(record: &mut Record, prb: &Segment, zprs: impl Iterator<Item = &'m Segment>) -> bool {
    let mut codings: Vec<Value> = Vec::new();
    codings.extend(icd10(prb.field(10).first()));
    codings.extend(coding(prb.field(3).first(), [1, 2, 3, 7]));
    codings.extend(coding(prb.field(3).first(), [4, 5, 6, 8]));
    let mut suspected = false;
    for zpr in zprs {
        codings.extend(exchange(zpr));
        codings.extend(key_number(zpr, &codings));
        for (field, word) in
            [(1, "PrefixModifier"), (3, "PostfixModifier"), (4, "PrefixModifier"), (6, "PostfixModifier")]
        {
            for repetition in zpr.field(field).repetitions() {
                suspected |= repetition.peek(1).as_deref() == Some(SUSPECTED);
                if let Some(concept) = concept(repetition) {
                    let extension =
                        json!({"url": format!("{MODIFIER}{word}"), "valueCodeableConcept": concept});
                    record.push("extension", Some(extension));
                }
            }
        }
        record.push("note", zpr.field(7).raw().map(|text| json!({ "text": text })));
        record.carry(zpr);
    }
    let display = |each: &Value| each.get("display").and_then(Value::as_str).map(str::to_owned);
    let names: Vec<String> = codings.iter().filter_map(display).collect();
    let code = |each: &Value| each.get("code").and_then(Value::as_str).map(str::to_owned);
    let otherwise = names.last().cloned().or_else(|| codings.iter().find_map(code));
    // What only repeats the name of the code shows nothing of its own: it stays in the rest.
    let said = prb.field(17).peek_raw();
    let repeats = said.is_empty() || otherwise.as_ref() == Some(&said);
    let text = if repeats { otherwise } else { prb.field(17).raw() };
    suspected |= text.as_deref().is_some_and(|text| text.trim_end().ends_with("の疑い"));
    let mut concept = Map::new();
    if !codings.is_empty() {
        concept.insert("coding".into(), Value::Array(codings));
    }
    concept.insert("text".into(), json!(text.unwrap_or_else(|| "(病名の記載なし)".to_owned())));
    record.set("code", Some(Value::Object(concept)));
    suspected
}

/// ICD-10 of PRB-10, with the point the classification writes (`K297` → `K29.7`).
fn icd10(repetition: Repetition<'_>) -> Option<Value> {
    Some(pointed(coding(repetition, [1, 2, 3, 7])?))
}

/// A coding of ICD-10 with its point; any other as it is.
pub(super) fn pointed(mut found: Value) -> Value {
    let classified = found.get("system").and_then(Value::as_str) == Some(codes::ICD10);
    let code = found.get("code").and_then(Value::as_str).unwrap_or_default().to_owned();
    let plain = code.len() > 3 && code.is_ascii() && !code.contains('.');
    if let (true, Some((head, tail)), Some(map)) =
        (classified && plain, code.split_at_checked(3), found.as_object_mut())
    {
        map.insert("code".into(), Value::String(format!("{head}.{tail}")));
    }
    found
}

/// ZPR-5, the exchange code, whatever master the message names for it; that name stays in the rest.
fn exchange(zpr: &Segment) -> Option<Value> {
    let repetition = zpr.field(5).first();
    let (code, display) = (repetition.get(1)?, repetition.get(2));
    Some(match display {
        Some(display) => json!({"system": codes::DISEASE_EXCHANGE, "code": code, "display": display}),
        None => json!({"system": codes::DISEASE_EXCHANGE, "code": code}),
    })
}

/// ZPR-2, the 病名管理番号, where PRB-3 has another list's code; one that PRB-3 has too stays in the rest.
fn key_number(zpr: &Segment, there: &[Value]) -> Option<Value> {
    let repetition = zpr.field(2).first();
    let code = repetition.peek(1)?;
    if there.iter().any(|coding| coding.get("code").and_then(Value::as_str) == Some(code.as_str())) {
        return None;
    }
    coding(repetition, [1, 2, 3, 7])
}

/// PRB-1, 9, 13, 14, 15: what became of it and how sure it is. The outcome in words is the status's text.
fn status(context: &mut Context<'_>, record: &mut Record, prb: &Segment, suspected: bool) {
    let removed = prb.field(1).read_as(|text| (text == "DE").then_some(())).is_some();
    let outcome = prb.field(14).peek();
    let recovered = outcome.as_deref() == Some("F");
    let ended = context.moment_of(prb.field(9));
    let ended = match ended {
        None if recovered => context.moment_of(prb.field(15)),
        ended => ended,
    };
    let over = ended.is_some() || matches!(outcome.as_deref(), Some("F" | "D"));
    record.set("abatementDateTime", ended);
    let word = match (over, recovered) {
        (true, true) => "resolved",
        (true, false) => "inactive",
        (false, _) => "active",
    };
    let said = concept(prb.field(14).first());
    if !removed {
        let mut status = code_of(CLINICAL, word);
        let text = said.as_ref().and_then(|said| said.get("text")).cloned();
        if let (Some(text), Some(map)) = (text, status.as_object_mut()) {
            map.insert("text".into(), text);
        }
        record.set("clinicalStatus", Some(status));
    }
    let outcome = said.map(|said| json!({"url": OUTCOME, "valueCodeableConcept": said}));
    record.push("extension", outcome);
    let certain = match (removed, suspected) {
        (true, _) => "entered-in-error",
        (false, true) => "unconfirmed",
        (false, false) => "confirmed",
    };
    let mut verification = code_of(VERIFICATION, certain);
    if let (Some(said), Some(map)) = (concept(prb.field(13).first()), verification.as_object_mut()) {
        if let (Some(more), Some(list)) = (
            said.get("coding").and_then(Value::as_array),
            map.get_mut("coding").and_then(Value::as_array_mut),
        ) {
            list.extend(more.iter().cloned());
        }
        map.insert("text".into(), said.get("text").cloned().unwrap_or_default());
    }
    record.set("verificationStatus", Some(verification));
}

/// PRB-25 → meta.security, as stated and by HL7 v3 Confidentiality where the letters are the same.
fn security(record: &mut Record, prb: &Segment) {
    let Some(said) = coding(prb.field(25).first(), [1, 2, 3, 7]) else { return };
    let letter = said.get("code").and_then(Value::as_str).unwrap_or_default();
    let mut labels = Vec::new();
    if matches!(letter, "V" | "R") {
        labels.push(
            json!({"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": letter}),
        );
    }
    labels.push(said);
    let mut meta = record.get("meta").cloned().unwrap_or_else(|| json!({}));
    if let Some(map) = meta.as_object_mut() {
        map.insert("security".into(), Value::Array(labels));
    }
    record.set("meta", Some(meta));
}

/// ORC: who recorded it, for which department.
fn order(context: &mut Context<'_>, record: &mut Record, orc: &Segment) {
    let asserted = persons(orc.field(12).repetitions()).into_iter().next();
    record.set("asserter", asserted);
    // Who entered it is not always said; who asked for it stands for both then.
    let recorded = persons(orc.field(10).repetitions()).into_iter().next();
    let asserter = record.get("asserter").cloned();
    record.set("recorder", recorded.or(asserter));
    for (field, kind) in [(2, "PLAC"), (3, "FILL")] {
        let number = orc.field(field).text();
        let kind = code_of("http://terminology.hl7.org/CodeSystem/v2-0203", kind);
        record.push("identifier", number.map(|number| json!({"type": kind, "value": number})));
    }
    if record.get("recordedDate").is_none() {
        record.set("recordedDate", context.moment_of(orc.field(9)));
    }
    let department = concept(orc.field(17).first());
    record.push(
        "extension",
        department.map(|concept| json!({"url": DEPARTMENT, "valueCodeableConcept": concept})),
    );
    record.carry(orc);
}
