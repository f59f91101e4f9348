//! What operators say a source's own codes mean, put beside what the source said: a coding more, never one less and never
//! one changed. Pure.
//!
//! An added coding names the mapping it came from ([`MAPPED`]), so that it can be told from the source's words and taken
//! back when the mapping is ended. A mapping never changes who may see a record.

use model::FacilityId;
use model::chart;
use model::codes::{HOT9, JLAC10, LOCAL, YJ, one_name};
use model::facility::RecordKind;
use model::fhir::{list_at, resource_type, text_at};
use model::reading::{Reading, Resource};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use store::{CodeMapping, NewMapping};

/// Extension of a coding that is not the source's: which mapping added it, and of when the mapping is.
pub const MAPPED: &str = "urn:hakucho:mapped";

/// Codes up to which their texts are looked for before a record is unpacked.
const FEW: usize = 16;
/// Longest text of a mapping, in characters.
const LONGEST: usize = 120;

/// Why a mapping cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// The kind is neither `laboratory` nor `medication`.
    Kind,
    /// There is no code, or a text is too long.
    Code,
    /// The target system is not one of the kind.
    TargetSystem,
    /// The target does not have the shape of a code of its system.
    TargetCode,
    /// The code is of a national system already.
    National,
    /// Names of local systems mean something else at every facility: one must be named.
    Facility,
}

/// Every kind with the target systems it may have.
pub const TARGETS: &[(&str, &[&str])] = &[("laboratory", &["JLAC10"]), ("medication", &["YJ", "HOT9"])];

fn system(word: &str) -> &'static str {
    match word {
        "JLAC10" => JLAC10,
        "YJ" => YJ,
        _ => HOT9,
    }
}

/// True if the text has the shape of a code of the target system. JLAC10: analyte 5, identification 4, material 3,
/// method 3 and result 2 characters, the last also 1 or none; YJ: 4 and 3 digits of the drug, a letter of the form, 4 digits;
/// HOT9: 9 digits.
pub fn is_target(word: &str, code: &str) -> bool {
    let digits = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
    let bytes = code.as_bytes();
    match (word, bytes) {
        ("JLAC10", [group, letter, analyte @ .., _, _, _, _, _, _, _, _, _, _])
            if (15..=17).contains(&bytes.len()) =>
        {
            let rest = bytes.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
            let analyte = analyte.get(..3).is_some_and(digits);
            group.is_ascii_digit() && letter.is_ascii_uppercase() && analyte && rest
        }
        ("YJ", [drug @ .., letter, _, _, _, _]) if bytes.len() == 12 => {
            digits(drug) && letter.is_ascii_uppercase() && digits(bytes.get(8..).unwrap_or_default())
        }
        ("HOT9", _) => bytes.len() == 9 && digits(bytes),
        _ => false,
    }
}

/// Says whether a mapping may be made.
pub fn check(new: &NewMapping) -> Result<(), Wrong> {
    let targets = TARGETS.iter().find(|(kind, _)| *kind == new.kind).ok_or(Wrong::Kind)?.1;
    let texts = [&new.system, &new.code, &new.target_code, &new.display];
    let odd = |text: &String| text.chars().count() > LONGEST || text.chars().any(char::is_control);
    if new.code.is_empty() || texts.into_iter().any(odd) {
        return Err(Wrong::Code);
    }
    if !targets.contains(&new.target_system.as_str()) {
        return Err(Wrong::TargetSystem);
    }
    if !is_target(&new.target_system, &new.target_code) {
        return Err(Wrong::TargetCode);
    }
    let from = one_name(&new.system);
    if targets.iter().any(|target| system(target) == from) {
        return Err(Wrong::National);
    }
    let local = from.is_empty() || from.starts_with(LOCAL) || from.starts_with("urn:hakucho:");
    if new.facility.is_empty() && local {
        return Err(Wrong::Facility);
    }
    Ok(())
}

#[derive(Clone)]
struct Rule {
    facility: String,
    target: &'static str,
    coding: Value,
}

/// The mappings that hold, for looking up.
#[derive(Default)]
pub struct Table {
    /// Of which change of the mappings; 0 = there never was one.
    pub version: i64,
    rules: HashMap<[String; 3], Vec<Rule>>,
    /// Number and time of every mapping there is or was: codings that carry another are somebody else's.
    known: HashSet<(String, String)>,
    /// The codes as JSON, while they are few.
    texts: Option<Vec<String>>,
}

impl Table {
    /// The table of all mappings, ended ones included.
    pub fn new(version: i64, all: &[CodeMapping]) -> Self {
        let mut table = Self { version, ..Self::default() };
        for each in all {
            table.known.insert((each.id.to_string(), each.made_at.clone()));
        }
        for each in all.iter().filter(|each| each.holds()) {
            let said = &each.said;
            let target = system(&said.target_system);
            let mut coding = json!({
                "extension": [{"url": MAPPED, "extension": [
                    {"url": "mapping", "valueInteger": each.id}, {"url": "date", "valueDateTime": each.made_at}]}],
                "system": target, "code": said.target_code,
            });
            if let Some(coding) = coding.as_object_mut().filter(|_| !said.display.is_empty()) {
                coding.insert("display".to_owned(), said.display.clone().into());
            }
            let key = [said.kind.clone(), one_name(&said.system).to_owned(), said.code.clone()];
            let rule = Rule { facility: said.facility.clone(), target, coding };
            table.rules.entry(key).or_default().push(rule);
        }
        let texts: HashSet<String> =
            table.rules.keys().map(|[_, _, code]| Value::from(code.as_str()).to_string()).collect();
        table.texts = (texts.len() <= FEW).then(|| texts.into_iter().collect());
        table
    }

    /// The table as it would be with mappings made and ended.
    pub fn proposed(all: &[CodeMapping], make: &[NewMapping], end: &[i64]) -> Self {
        let mut then = all.to_vec();
        for each in then.iter_mut().filter(|each| end.contains(&each.id)) {
            each.ended_at = "proposed".to_owned();
        }
        then.extend(make.iter().map(|said| CodeMapping {
            id: 0,
            said: said.clone(),
            made_by: String::new(),
            made_at: "proposed".to_owned(),
            ended_by: String::new(),
            ended_at: String::new(),
        }));
        Self::new(-1, &then)
    }

    /// False if records of this JSON text cannot be other than they should be.
    pub fn may_concern(&self, text: &[u8]) -> bool {
        if self.known.is_empty() {
            return false;
        }
        let text = String::from_utf8_lossy(text);
        let coded = |texts: &Vec<String>| texts.iter().any(|code| text.contains(code.as_str()));
        text.contains(MAPPED) || self.texts.as_ref().is_none_or(coded)
    }

    fn is_ours(&self, coding: &Value) -> bool {
        list_at(coding, "extension").iter().any(|extension| {
            let part = |name: &str, value: &str| {
                let parts = list_at(extension, "extension").iter();
                let mut named = parts.filter(|part| text_at(part, "url") == Some(name));
                named.find_map(|part| part.get(value)).map(|value| match value {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                })
            };
            text_at(extension, "url") == Some(MAPPED)
                && part("mapping", "valueInteger")
                    .zip(part("date", "valueDateTime"))
                    .is_some_and(|which| self.known.contains(&which))
        })
    }

    /// The rules for a concept, one for each target system: one of the facility before one of the region.
    fn rules<'t>(&'t self, concept: &Value, kind: &str, facility: &str) -> Vec<&'t Rule> {
        let mut found: Vec<&Rule> = Vec::new();
        for coding in list_at(concept, "coding").iter().filter(|coding| !self.is_ours(coding)) {
            let Some(code) = text_at(coding, "code") else { continue };
            let system = one_name(text_at(coding, "system").unwrap_or_default());
            let Some(rules) = self.rules.get(&[kind.to_owned(), system.to_owned(), code.to_owned()]) else {
                continue;
            };
            let own = rules.iter().filter(|rule| rule.facility == facility);
            let regional = rules.iter().filter(|rule| rule.facility.is_empty());
            for rule in own.chain(regional) {
                if !found.iter().any(|each| each.target == rule.target) {
                    found.push(rule);
                }
            }
        }
        found
    }

    fn complete(&self, concept: &mut Value, kind: &str, facility: &str) {
        let rules = self.rules(concept, kind, facility);
        let Some(codings) = concept.get_mut("coding").and_then(Value::as_array_mut) else { return };
        for rule in rules {
            let is_target =
                |coding: &Value| text_at(coding, "system").is_some_and(|each| one_name(each) == rule.target);
            if !codings.iter().any(is_target) {
                codings.push(rule.coding.clone());
            }
        }
    }

    /// Adds to a record what its codes mean.
    pub fn apply(&self, resource: &mut Resource, facility: &FacilityId) {
        if self.rules.is_empty() {
            return;
        }
        let kind = chart::kind(resource);
        let Some(word) = word(resource, kind) else { return };
        let before = resource.clone();
        each_concept(resource, &mut |concept| self.complete(concept, word, facility.as_str()));
        if chart::kind(resource) != kind {
            *resource = before;
        }
    }

    /// True if the record is not as today's mappings make it of the source's words.
    pub fn is_stale(&self, resource: &Resource, facility: &FacilityId) -> bool {
        let mut then = resource.clone();
        each_concept(&mut then, &mut |concept| {
            if let Some(codings) = concept.get_mut("coding").and_then(Value::as_array_mut) {
                codings.retain(|coding| !self.is_ours(coding));
            }
        });
        self.apply(&mut then, facility);
        then != *resource
    }
}

/// Adds to every record of a reading what its codes mean.
pub fn apply(reading: &mut Reading, facility: &FacilityId, table: &Table) {
    for record in reading.statements.iter_mut().flat_map(|statement| &mut statement.records) {
        table.apply(&mut record.resource, facility);
    }
}

/// The kind of mapping that concerns a resource.
fn word(resource: &Resource, kind: RecordKind) -> Option<&'static str> {
    match (resource_type(resource), kind) {
        ("Observation" | "DiagnosticReport" | "ServiceRequest", RecordKind::Laboratory) => Some("laboratory"),
        (_, RecordKind::Medication) => Some("medication"),
        _ => None,
    }
}

/// The concepts by which rows of the chart are the same thing.
fn each_concept(resource: &mut Resource, each: &mut dyn FnMut(&mut Value)) {
    let medication = resource_type(resource) == "Medication";
    let observed = ["Observation", "DiagnosticReport", "ServiceRequest"].contains(&resource_type(resource));
    if let Some(code) = resource.get_mut("code").filter(|_| medication || observed) {
        each(code);
    }
    for name in ["medicationCodeableConcept", "vaccineCode"] {
        if let Some(concept) = resource.get_mut(name) {
            each(concept);
        }
    }
    let components = resource.get_mut("component").filter(|_| observed).and_then(Value::as_array_mut);
    for component in components.into_iter().flatten() {
        if let Some(code) = component.get_mut("code") {
            each(code);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OWN: &str = "https://hakucho.example/fhir/CodeSystem/99LAB";
    const TARGET: &str = "3H015000002327101";

    fn mapping(id: i64, facility: &str, code: &str, target: &str) -> CodeMapping {
        let (kind, target_system) =
            if target.len() == 17 { ("laboratory", "JLAC10") } else { ("medication", "YJ") };
        let said = NewMapping {
            facility: facility.into(),
            kind: kind.into(),
            system: OWN.into(),
            code: code.into(),
            target_system: target_system.into(),
            target_code: target.into(),
            display: "カリウム".into(),
        };
        let (made_at, none) = ("2026-11-24T00:00:00.000000Z".into(), String::new());
        CodeMapping { id, said, made_by: "x".into(), made_at, ended_by: none.clone(), ended_at: none }
    }

    fn lab(codings: Value) -> Resource {
        let value = json!({"resourceType": "Observation", "category": [{"coding": [{"code": "laboratory"}]}],
            "code": {"text": "K", "coding": codings}, "component": [{"code": {"coding": [{"system": OWN, "code": "K"}]}}]});
        value.as_object().cloned().unwrap()
    }

    fn at(id: &str) -> FacilityId {
        FacilityId::new(id).unwrap()
    }

    #[test]
    fn targets_have_the_shape_of_their_system() {
        for (word, code, right) in [
            ("JLAC10", "3H015000002327101", true),
            ("JLAC10", "3H0150000023271", true),
            ("JLAC10", "3H015000002327", false),
            ("JLAC10", "3H01500000232710112", false),
            ("JLAC10", "HH015000002327101", false),
            ("JLAC10", "3h015000002327101", false),
            ("YJ", "2149044F1029", true),
            ("YJ", "214904401029", false),
            ("YJ", "2149044F102", false),
            ("HOT9", "103835401", true),
            ("HOT9", "10383540", false),
            ("HOT9", "１０３８３５４０１", false),
            ("LOINC", "2823-3", false),
        ] {
            assert_eq!(is_target(word, code), right, "{word} {code}");
        }
    }

    #[test]
    fn a_local_name_speaks_of_one_facility_only() {
        let of = |facility: &str, system: &str| {
            let said = NewMapping { system: system.into(), ..mapping(1, facility, "K", TARGET).said };
            check(&said)
        };
        assert_eq!(of("", OWN), Err(Wrong::Facility));
        assert_eq!(of("", ""), Err(Wrong::Facility));
        assert_eq!(of("h1", OWN), Ok(()));
        assert_eq!(of("", "http://loinc.org"), Ok(()));
        assert_eq!(of("", "http://medis.or.jp/CodeSystem/master-JLAC10-17digits"), Err(Wrong::National));
        let drug = NewMapping { kind: "medication".into(), ..mapping(1, "h1", "K", TARGET).said };
        assert_eq!(check(&drug), Err(Wrong::TargetSystem));
    }

    #[test]
    fn a_coding_is_added_beside_the_sources_own_and_taken_back() {
        let mut all = vec![mapping(1, "h1", "K", TARGET)];
        let table = Table::new(1, &all);
        let said = lab(json!([{"system": OWN, "code": "K"}]));
        let mut mapped = said.clone();
        table.apply(&mut mapped, &at("h1"));
        assert_eq!(mapped["code"]["coding"][0], said["code"]["coding"][0]);
        assert_eq!(mapped["code"]["coding"][1]["code"], TARGET);
        assert_eq!(mapped["component"][0]["code"]["coding"][1]["system"], JLAC10);
        assert_eq!(chart::rows(&mapped)[0].code, format!("{JLAC10}|{TARGET}"));
        let again = mapped.clone();
        table.apply(&mut mapped, &at("h1"));
        assert_eq!(mapped, again);
        assert!(!table.is_stale(&mapped, &at("h1")) && table.is_stale(&said, &at("h1")));
        // Another facility's local code is another code.
        let mut other = said.clone();
        table.apply(&mut other, &at("h2"));
        assert_eq!(other, said);
        all[0].ended_at = "2026-11-25T00:00:00.000000Z".into();
        let ended = Table::new(2, &all);
        assert!(ended.is_stale(&mapped, &at("h1")) && !ended.is_stale(&said, &at("h1")));
        assert!(ended.may_concern(serde_json::to_string(&mapped).unwrap().as_bytes()));
    }

    #[test]
    fn what_the_source_says_of_the_target_system_holds() {
        let table = Table::new(1, &[mapping(1, "h1", "K", TARGET)]);
        let official = "http://medis.or.jp/CodeSystem/master-JLAC10-17digits";
        let mut said =
            lab(json!([{"system": OWN, "code": "K"}, {"system": official, "code": "3H015000002326101"}]));
        table.apply(&mut said, &at("h1"));
        assert_eq!(said["code"]["coding"].as_array().unwrap().len(), 2);
        // A coding that another hub's mapping added is the source's word here.
        let foreign = json!([{"system": OWN, "code": "Na"}, {"system": JLAC10, "code": TARGET,
            "extension": [{"url": MAPPED, "extension": [{"url": "mapping", "valueInteger": 1}, {"url": "date", "valueDateTime": "2020-01-01"}]}]}]);
        let mut foreign = lab(foreign);
        table.apply(&mut foreign, &at("h1"));
        assert!(!table.is_stale(&foreign, &at("h1")));
    }

    #[test]
    fn a_mapping_changes_nobodys_right_to_see() {
        // 9N… is a measurement of the body: the record would become a vital sign.
        let table = Table::new(1, &[mapping(1, "h1", "K", "9N001000000000001")]);
        let said = lab(json!([{"system": OWN, "code": "K"}]));
        let mut mapped = said.clone();
        table.apply(&mut mapped, &at("h1"));
        assert_eq!(mapped, said);
        // Nor is a diagnosis touched that has the same code.
        let value = json!({"resourceType": "Condition", "code": {"coding": [{"system": OWN, "code": "K"}]}});
        let mut condition = value.as_object().cloned().unwrap();
        table.apply(&mut condition, &at("h1"));
        assert_eq!(Value::Object(condition), value);
    }

    fn arbitrary() -> impl Strategy<Value = Resource> {
        let system = prop::sample::select(vec![OWN, JLAC10, YJ, "http://loinc.org", ""]);
        let code = prop::sample::select(vec!["K", "Na", TARGET, "2149044F1029"]);
        let coding = (system, code).prop_map(|(system, code)| json!({"system": system, "code": code}));
        let concept =
            prop::collection::vec(coding, 0..4).prop_map(|codings| json!({"coding": codings, "text": "x"}));
        let kind = prop::sample::select(vec![
            "Observation",
            "MedicationRequest",
            "Immunization",
            "Condition",
            "Medication",
        ]);
        (kind, concept.clone(), concept.clone(), concept).prop_map(|(kind, a, b, c)| {
            let value = json!({"resourceType": kind, "category": [{"coding": [{"code": "laboratory"}]}], "code": a,
                "medicationCodeableConcept": b, "vaccineCode": c, "component": [{"code": b}, 3]});
            value.as_object().cloned().unwrap_or_default()
        })
    }

    proptest! {
        #[test]
        fn nothing_the_source_said_is_lost(said in arbitrary(), own in any::<bool>()) {
            let facility = if own { "h1" } else { "" };
            let all = [mapping(1, "h1", "K", TARGET), mapping(2, facility, "Na", "2149044F1029"), mapping(3, "h1", "K", "2149044F1029")];
            let table = Table::new(1, &all);
            let mut mapped = said.clone();
            table.apply(&mut mapped, &at("h1"));
            prop_assert_eq!(chart::kind(&mapped), chart::kind(&said));
            let mut stripped = mapped.clone();
            each_concept(&mut stripped, &mut |concept| {
                if let Some(codings) = concept.get_mut("coding").and_then(Value::as_array_mut) {
                    codings.retain(|coding| coding.get("extension").is_none());
                }
            });
            prop_assert_eq!(&stripped, &said);
            prop_assert!(!table.is_stale(&mapped, &at("h1")));
            let mut again = mapped.clone();
            table.apply(&mut again, &at("h1"));
            prop_assert_eq!(again, mapped);
        }
    }
}
