//! SY, SB and HS as Condition (JP_Condition).
//!
//! A disease is one record over the months it is claimed in, named by its code, modifiers, teeth and the day
//! its treatment began; the newest month says how it stands.

use super::code::{
    DISEASE, MODIFIER, SUSPECTED, UNCODED, coding, disease_kind, extension, outcome, put, tooth, tooth_state,
};
use super::layout::Kind;
use super::line::Line;
use super::receipt::{Context, Receipt, short};
use model::codes;
use model::reading::{Extent, Problem, Resource, StatedRecord};
use serde_json::{Value, json};

const MODIFIED: &str = "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Condition_Disease";

pub(super) fn records(
    receipt: &Receipt<'_, '_, '_>,
    context: &Context<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<StatedRecord> {
    let lines = receipt.lines.iter().filter(|line| matches!(line.record(), "SY" | "SB" | "HS"));
    let mut records: Vec<StatedRecord> = Vec::new();
    let mut seen = std::collections::HashMap::<String, usize>::new();
    for line in lines {
        let mut record = record(line, receipt, context, problems);
        let count = seen.entry(record.key.clone()).or_insert(0);
        *count += 1;
        if *count > 1 {
            record.key = format!("{}/{count}", record.key);
        }
        records.push(record);
    }
    records
}

fn record(
    line: &Line<'_, '_>,
    receipt: &Receipt<'_, '_, '_>,
    context: &Context<'_>,
    problems: &mut Vec<Problem>,
) -> StatedRecord {
    let mut condition = context.resource("Condition", "JP_Condition");
    let (code, name) = (line.code("傷病名コード"), line.take("傷病名称"));
    let modifiers = line.peek("修飾語コード");
    let teeth = line.peek("歯式(傷病名)");
    let kind = line.peek("傷病名区分");
    // 歯科 says the day and the outcome of an outpatient once, in RE.
    let (own, common) = (line.look("診療開始日"), receipt.common);
    let began_in = if own.is_empty() && line.record() == "HS" { common } else { line };
    let began = began_in.date("診療開始日", problems).map(|date| date.fhir());
    let ended_in = if line.look("転帰区分").is_empty() && line.record() == "HS" { common } else { line };
    let ended = ended_in.code("転帰区分");
    let print = [&code, &modifiers, name, began.as_deref().unwrap_or_default(), &teeth, &kind];
    let key = format!("uke/condition/{}", short(&print));
    let mut extensions = Vec::new();
    let suspected = self::modifiers(line, &mut extensions, problems) || name.ends_with("疑い");
    concept(&mut condition, line, &code, name, problems);
    if suspected {
        condition.insert("verificationStatus".into(), status("condition-ver-status", "provisional", ""));
    }
    course(&mut condition, &ended, context);
    if !ended.is_empty() {
        let (words, _) = outcome(&ended);
        if words.is_empty() {
            let text = "not an outcome of the format (1 to 4); kept as it is";
            problems.push(Problem::new("unknown-code", ended_in.at("転帰区分"), text));
        }
        extensions
            .push(json!({"url": extension("outcome"), "valueCoding": coding("outcome", &ended, words)}));
    }
    let main = line.code("主傷病");
    if !main.is_empty() {
        let words = if main == "01" { "主傷病" } else { "" };
        extensions
            .push(json!({"url": extension("main-disease"), "valueCoding": coding("main", &main, words)}));
    }
    let mut category = match context.kind {
        Kind::Dental => vec![json!({"coding": [{"system": "urn:hakucho:category", "code": "dental"}]})],
        _ => Vec::new(),
    };
    if !kind.is_empty() {
        line.take("傷病名区分");
        let words = disease_kind(&kind);
        category.push(json!({"coding": [coding("disease-kind", &kind, words)], "text": words}));
    }
    put(&mut condition, "category", category);
    put(&mut condition, "bodySite", sites(line, &teeth, problems));
    condition.insert("subject".into(), context.subject());
    // Where no day is said (SB, 訪問看護) the month that claims it.
    condition.insert("recordedDate".into(), began.unwrap_or_else(|| context.month.clone()).into());
    note(&mut condition, line);
    extensions.extend(line.rest(problems));
    put(&mut condition, "extension", extensions);
    StatedRecord { key, resource: condition, extent: Extent::Whole, at: line.place() }
}

/// The disease: its receipt code and ICD-10, its words where it has no code.
fn concept(
    condition: &mut Resource,
    line: &Line<'_, '_>,
    code: &str,
    name: &str,
    problems: &mut Vec<Problem>,
) {
    let icd10 = line.code("ICD10コード");
    let mut codings = Vec::new();
    if !code.is_empty() {
        codings.push(json!({"system": DISEASE, "code": code}));
    }
    if !icd10.is_empty() {
        codings.push(json!({"system": codes::ICD10, "code": icd10}));
    }
    if name.is_empty() && matches!(code, "" | UNCODED) {
        let text = "a disease with neither code nor name";
        problems.push(Problem::new("missing", line.at("傷病名称"), text));
    }
    condition.insert("code".into(), json!({"coding": codings, "text": name}));
}

/// 修飾語コード: four digits each, those from 8000 stand behind the name. True if one of them is 疑い.
fn modifiers(line: &Line<'_, '_>, extensions: &mut Vec<Value>, problems: &mut Vec<Problem>) -> bool {
    let text = line.peek("修飾語コード");
    if text.is_empty() {
        return false;
    }
    if !text.is_ascii() || !text.len().is_multiple_of(4) {
        let text = "not four characters for each modifier; kept as it is";
        problems.push(Problem::new("unreadable", line.at("修飾語コード"), text));
        return false;
    }
    line.take("修飾語コード");
    let mut suspected = false;
    for code in text.as_bytes().chunks(4).filter_map(|code| std::str::from_utf8(code).ok()) {
        suspected |= code == SUSPECTED;
        let word = if code.starts_with('8') { "Postfix" } else { "Prefix" };
        let display = if code == SUSPECTED { "の疑い" } else { "" };
        let mut modifier = json!({"system": MODIFIER, "code": code});
        if let (Some(modifier), false) = (modifier.as_object_mut(), display.is_empty()) {
            modifier.insert("display".into(), display.into());
        }
        let url = format!("{MODIFIED}{word}Modifier");
        extensions.push(json!({"url": url, "valueCodeableConcept": {"coding": [modifier]}}));
    }
    suspected
}

/// Whether it goes on, as of the month: the day of an end is not in a receipt.
fn course(condition: &mut Resource, ended: &str, context: &Context<'_>) {
    let (words, clinical) = outcome(ended);
    match clinical {
        Some(clinical) => {
            condition.insert("clinicalStatus".into(), status("condition-clinical", clinical, words));
            condition.insert("abatementDateTime".into(), context.month.clone().into());
        }
        None => drop(condition.insert("clinicalStatus".into(), status("condition-clinical", "active", ""))),
    }
}

fn status(system: &str, code: &str, text: &str) -> Value {
    let system = format!("http://terminology.hl7.org/CodeSystem/{system}");
    json!({"coding": [{"system": system, "code": code}], "text": text})
}

/// 歯式コード: six characters for each tooth.
pub(super) fn sites(line: &Line<'_, '_>, teeth: &str, problems: &mut Vec<Problem>) -> Vec<Value> {
    if teeth.is_empty() {
        return Vec::new();
    }
    if !teeth.is_ascii() || !teeth.len().is_multiple_of(6) {
        let text = "not six characters for each tooth; kept as it is";
        problems.push(Problem::new("unreadable", line.at("歯式(傷病名)"), text));
        return Vec::new();
    }
    line.take("歯式(傷病名)");
    let codes = teeth.as_bytes().chunks(6).filter_map(|code| std::str::from_utf8(code).ok());
    codes
        .map(|code| {
            let words = [tooth(code), tooth_state(code)];
            let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
            json!({"coding": [coding("tooth", code, "")], "text": words.join(" ")})
        })
        .collect()
}

/// 補足コメント, with its code in 歯科.
fn note(condition: &mut Resource, line: &Line<'_, '_>) {
    let (code, text) = (line.code("コメントコード"), line.take("補足コメント"));
    put(condition, "note", super::detail::annotation(&code, text).into_iter().collect());
}
