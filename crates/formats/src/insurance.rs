//! An insurance as Coverage (JP_Coverage): 医療保険, 公費 and 介護保険, for interfaces that name its parts.
//!
//! The member number of JP-CLINS (`保険者番号8桁:記号:番号:枝番`) and JP Core's extensions let linkage see the same
//! insurance in what other sources say. 公費 carries kind 8 and no member number: its numbers are not a person's
//! insurance. Not here: formats that have a room of their own for it (HL7 IN1, the register).

use crate::person::put;
use model::reading::Resource;
use serde_json::{Map, Value, json};

const MEMBER: &str = "http://jpfhir.jp/fhir/clins/Idsystem/JP_Insurance_memberID";
/// Ours: `保険者番号6桁:被保険者番号` of the care insurance, for which FHIR JP has no system.
const CARE_MEMBER: &str = "urn:hakucho:care-insurance-member";
/// 保険種別コード (ePrescription FHIR).
const KIND: &str = "urn:oid:1.2.392.100495.20.2.61";
/// Insurer numbers (保険者番号).
const INSURER: &str = "urn:oid:1.2.392.100495.20.3.61";
/// Payers of public expense (公費負担者番号).
const PUBLIC_PAYER: &str = "urn:oid:1.2.392.100495.20.3.71";
const EXTENSION: &str = "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Coverage_InsuredPerson";
const RELATIONSHIP: &str = "http://terminology.hl7.org/CodeSystem/subscriber-relationship";

/// Whose money it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Scheme {
    /// 医療保険, 労災, 自賠責, 自費.
    #[default]
    Health,
    /// 公費負担医療.
    Public,
    /// 介護保険.
    Care,
}

/// The parts of an insurance as the source writes them; empty where it says nothing.
#[derive(Default)]
pub(crate) struct Insurance<'a> {
    pub scheme: Scheme,
    /// 保険者番号, or 負担者番号 of public expense.
    pub insurer: String,
    pub insurer_name: &'a str,
    /// 記号
    pub symbol: &'a str,
    /// 番号, or 受給者番号 of public expense.
    pub number: &'a str,
    /// 枝番
    pub branch: &'a str,
    /// 保険種別コード (1 医保, 2 国保, 7 後期高齢者 …), where the source tells.
    pub kind: Option<&'static str>,
    /// The source's own code of the kind.
    pub own_kind: Option<Value>,
    /// What the kind is called.
    pub text: &'a str,
    /// 本人 1, 家族 2.
    pub relation: String,
    /// 被保険者氏名
    pub subscriber: &'a str,
    pub start: Option<String>,
    pub end: Option<String>,
}

impl Insurance<'_> {
    /// Fills a Coverage.
    pub fn fill(self, coverage: &mut Resource) {
        let mut extensions = Vec::new();
        if self.scheme == Scheme::Health {
            for (part, value) in
                [("Symbol", self.symbol), ("Number", self.number), ("SubNumber", self.branch)]
            {
                if !value.is_empty() {
                    extensions.push(json!({"url": format!("{EXTENSION}{part}"), "valueString": value}));
                }
            }
        }
        put(coverage, "extension", extensions);
        put(coverage, "identifier", self.identifier().into_iter().collect());
        coverage.insert("status".into(), "active".into());
        let kind = if self.scheme == Scheme::Public { Some("8") } else { self.kind };
        let kind = kind.map(|code| json!({"system": KIND, "code": code}));
        let mut concept = Map::new();
        put(&mut concept, "coding", kind.into_iter().chain(self.own_kind.clone()).collect());
        let word = match self.scheme {
            Scheme::Care => "介護保険",
            Scheme::Public if self.text.is_empty() => "公費",
            Scheme::Public | Scheme::Health => self.text,
        };
        if !word.is_empty() {
            concept.insert("text".into(), word.into());
        }
        if !concept.is_empty() {
            coverage.insert("type".into(), concept.into());
        }
        let symbol = Some(self.symbol).filter(|symbol| !symbol.is_empty());
        let subscriber: Vec<&str> =
            symbol.into_iter().chain([self.number]).filter(|text| !text.is_empty()).collect();
        if !subscriber.is_empty() {
            coverage.insert("subscriberId".into(), subscriber.join(":").into());
        }
        if !self.subscriber.is_empty() {
            coverage.insert("subscriber".into(), json!({"display": self.subscriber}));
        }
        coverage.insert("beneficiary".into(), json!({"reference": "urn:key:Patient"}));
        if !self.branch.is_empty() {
            coverage.insert("dependent".into(), self.branch.into());
        }
        if let Some(relationship) = relationship(&self.relation) {
            coverage.insert("relationship".into(), relationship);
        }
        let mut period = Map::new();
        for (edge, day) in [("start", self.start), ("end", self.end)] {
            if let Some(day) = day {
                period.insert(edge.into(), day.into());
            }
        }
        if !period.is_empty() {
            coverage.insert("period".into(), period.into());
        }
        let system = if self.scheme == Scheme::Public { PUBLIC_PAYER } else { INSURER };
        let mut payor = json!({"type": "Organization"});
        if let Some(payor) = payor.as_object_mut() {
            if !self.insurer.is_empty() {
                payor.insert("identifier".into(), json!({"system": system, "value": self.insurer}));
            }
            let named = [self.insurer_name, word].into_iter().find(|name| !name.is_empty());
            payor.insert("display".into(), named.unwrap_or("保険者").into());
        }
        coverage.insert("payor".into(), json!([payor]));
    }

    fn identifier(&self) -> Option<Value> {
        if self.insurer.is_empty() || self.number.is_empty() {
            return None;
        }
        let (insurer, number) = (&self.insurer, self.number);
        match self.scheme {
            Scheme::Public => None,
            Scheme::Care => Some(json!({"system": CARE_MEMBER, "value": format!("{insurer:0>6}:{number}")})),
            Scheme::Health => {
                let value = format!("{insurer:0>8}:{}:{number}:{}", self.symbol, self.branch);
                Some(json!({"system": MEMBER, "value": value}))
            }
        }
    }
}

/// 本人・家族の別: 1 本人, 2 家族.
fn relationship(code: &str) -> Option<Value> {
    let (fhir, text) = match code {
        "" => return None,
        "1" => ("self", "本人"),
        "2" => ("other", "家族"),
        other => return Some(json!({"text": other})),
    };
    Some(json!({"coding": [{"system": RELATIONSHIP, "code": fhir}], "text": text}))
}
