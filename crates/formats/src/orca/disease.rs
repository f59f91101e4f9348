//! 患者病名情報 (diseasegetv2) as Condition (JP_Condition).
//!
//! The answer holds the diseases that are valid in a month, or (Select_Mode=All) those up to a month, and does not
//! say which: so it is no whole list, and each disease is a set of its own. Its key is what the disease is
//! (codes, else the name), when it began, department and 入外; an answer of another month restates it, with its
//! outcome once it has one. What was deleted in ORCA is not seen by this (docs/formats/orca.md).

use super::answer::{Answer, carry, coding, concept, department, record, subject};
use super::patient;
use crate::tree::Node;
use model::codes::RECEIPT_DISEASE;
use model::reading::{Effect, Problem, Resource};
use serde_json::{Map, Value, json};

const CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/condition-clinical";
const VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/condition-ver-status";
const CATEGORY: &str = "http://terminology.hl7.org/CodeSystem/condition-category";
const MODIFIER: &str = "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Condition_Disease";
const OUTCOME: &str = "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Condition_DiseaseOutcome";
const DEPARTMENT: &str = "http://jpfhir.jp/fhir/eCS/Extension/StructureDefinition/JP_eCS_Department";
/// 修飾語コード of the claims (4 digits, written `ZZZ8002`).
const RECEIPT_MODIFIER: &str = "urn:hakucho:receipt:modifier-code";
/// 未コード化傷病名: the name stands in Disease_Name alone.
const UNCODED: &str = "0000999";

/// Reads every disease of the answer.
pub(super) fn read(answer: &mut Answer<'_>) {
    let node = answer.node;
    node.take("Base_Date");
    if node.take("Information_Overflow") == "True" {
        let text = "the patient has more diseases than one answer holds; the others are not in it";
        answer.reading.problems.push(Problem::new("incomplete", node.at("Information_Overflow"), text));
    }
    for person in node.records("Disease_Infores") {
        let key = patient::supplement(answer, person);
        for disease in node.records("Disease_Information") {
            let set = answer.distinct(person.look("Patient_ID"), set(disease));
            let condition = condition(answer, disease);
            answer.state(&key, set.clone(), Effect::Stated, vec![record(set, condition, disease)]);
        }
    }
}

fn set(disease: &Node) -> String {
    let singles = disease.records("Disease_Single");
    let codes: Vec<&str> = singles.map(|single| single.look("Disease_Single_Code")).collect();
    let uncoded = codes.iter().all(|code| code.is_empty() || *code == UNCODED);
    let what = if uncoded { disease.look("Disease_Name").to_owned() } else { codes.join("+") };
    let looked = ["Disease_StartDate", "Department_Code", "Disease_InOut"].map(|field| disease.look(field));
    let supplement = disease.look("Disease_Supplement_Name");
    format!("orca/disease/{what}/{}/{supplement}", looked.join("/"))
}

fn condition(answer: &mut Answer<'_>, disease: &Node) -> Resource {
    let mut condition = answer.resource("Condition", "JP_Condition");
    let problems = &mut answer.reading.problems;
    let mut extensions = Vec::new();
    let mut codings = Vec::new();
    let mut names = String::new();
    let mut suspected = false;
    let mut prefix = true;
    for single in disease.records("Disease_Single") {
        let (code, name) = (single.code("Disease_Single_Code"), single.take("Disease_Single_Name"));
        names.push_str(name);
        match code.strip_prefix("ZZZ") {
            Some(modifier) => {
                suspected |= modifier == "8002";
                let word = if prefix { "PrefixModifier" } else { "PostfixModifier" };
                let concept = coded(RECEIPT_MODIFIER, modifier, name);
                extensions.push(json!({"url": format!("{MODIFIER}{word}"), "valueCodeableConcept": concept}));
            }
            None => {
                prefix = false;
                codings.push(one_coding(RECEIPT_DISEASE, &code, name));
            }
        }
        let state = single.take("Disease_Single_Condition");
        if !state.is_empty() {
            let display = match state {
                "1" => "削除",
                "2" => "廃止",
                _ => "",
            };
            let value = coding("Disease_Single_Condition", state, display);
            extensions
                .push(json!({"url": "urn:hakucho:orca:Disease_Single_Condition", "valueCoding": value}));
        }
    }
    let name = disease.take("Disease_Name");
    let karte = disease.take("Disease_Karte_Name");
    let name = if name.is_empty() { karte } else { name };
    if !karte.is_empty() && karte != name {
        extensions.push(json!({"url": "urn:hakucho:orca:Disease_Karte_Name", "valueString": karte}));
    }
    let supplement = disease.take("Disease_Supplement_Name");
    if !supplement.is_empty() {
        condition.insert("note".into(), json!([{"text": supplement}]));
    }
    let flag = disease.code("Disease_SuspectedFlag");
    suspected |= flag.contains('S') || name.ends_with("の疑い");
    if !flag.is_empty() {
        let display = match flag.as_str() {
            "S" => "疑い",
            "A" => "急性",
            "SA" | "AS" => "急性かつ疑い",
            _ => "",
        };
        let value = concept("Disease_SuspectedFlag", &flag, display);
        extensions
            .push(json!({"url": "urn:hakucho:orca:Disease_SuspectedFlag", "valueCodeableConcept": value}));
    }
    let outcome = disease.code("Disease_OutCome");
    let end = disease.end_date("Disease_EndDate", problems);
    let (clinical, word) = match outcome.as_str() {
        "F" => ("resolved", "治癒"),
        "D" => ("inactive", "死亡"),
        "C" => ("inactive", "中止"),
        "S" => ("inactive", "移行"),
        _ if end.is_some() => ("inactive", ""),
        _ => ("active", ""),
    };
    if !outcome.is_empty() {
        let value = concept("Disease_OutCome", &outcome, word);
        extensions.push(json!({"url": OUTCOME, "valueCodeableConcept": value}));
    }
    let mut status = json!({"coding": [{"system": CLINICAL, "code": clinical}]});
    if let (false, Some(status)) = (word.is_empty(), status.as_object_mut()) {
        status.insert("text".into(), word.into());
    }
    condition.insert("clinicalStatus".into(), status);
    let verification = if suspected { "provisional" } else { "confirmed" };
    condition.insert(
        "verificationStatus".into(),
        json!({"coding": [{"system": VERIFICATION, "code": verification}]}),
    );
    let mut categories = vec![json!({"coding": [{"system": CATEGORY, "code": "problem-list-item"}]})];
    let main = disease.code("Disease_Category");
    let display = if main == "PD" { "主病名" } else { "" };
    categories.extend(concept("Disease_Category", &main, display));
    categories.extend(inout(&disease.code("Disease_InOut")));
    condition.insert("category".into(), categories.into());
    let mut code = Map::new();
    if !codings.is_empty() {
        code.insert("coding".into(), codings.into());
    }
    let text = if name.is_empty() { names } else { name.to_owned() };
    code.insert("text".into(), if text.is_empty() { "(病名の記載なし)".to_owned() } else { text }.into());
    condition.insert("code".into(), code.into());
    condition.insert("subject".into(), subject());
    if let Some(start) = disease.date("Disease_StartDate", problems) {
        condition.insert("onsetDateTime".into(), start.into());
    }
    if let Some(end) = end {
        condition.insert("abatementDateTime".into(), end.into());
    }
    let class = disease.code("Disease_Class");
    if let Some(value) = concept("Disease_Class", &class, disease_class(&class)) {
        extensions.push(json!({"url": "urn:hakucho:orca:Disease_Class", "valueCodeableConcept": value}));
    }
    if let Some(value) = department(&disease.code("Department_Code"), "") {
        extensions.push(json!({"url": DEPARTMENT, "valueCodeableConcept": value}));
    }
    crate::person::put(&mut condition, "extension", extensions);
    carry(&mut condition, disease);
    condition
}

fn coded(system: &str, code: &str, display: &str) -> Value {
    json!({"coding": [one_coding(system, code, display)], "text": if display.is_empty() { code } else { display }})
}

fn one_coding(system: &str, code: &str, display: &str) -> Value {
    let mut coding = Map::new();
    if !code.is_empty() {
        coding.insert("system".into(), system.into());
        coding.insert("code".into(), code.into());
    }
    if !display.is_empty() {
        coding.insert("display".into(), display.into());
    }
    coding.into()
}

fn inout(code: &str) -> Option<Value> {
    let display = match code {
        "I" => "入院",
        "O" => "入院外",
        _ => "",
    };
    concept("Disease_InOut", code, display)
}

/// 疾患区分.
fn disease_class(code: &str) -> &'static str {
    match code {
        "03" => "皮膚科特定疾患指導管理料（１）",
        "04" => "皮膚科特定疾患指導管理料（２）",
        "05" => "特定疾患療養管理料",
        "07" => "てんかん指導料",
        "08" => "特定疾患療養管理料又はてんかん指導料",
        "09" => "難病外来指導管理料",
        _ => "",
    }
}
