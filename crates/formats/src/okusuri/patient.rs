//! Record 1 as Patient (JP_Patient), blood group and weight as Observations.

use super::Source;
use super::line::Line;
use super::notebook::Notebook;
use crate::text_file::fold;
use model::Personal;
use model::reading::{Extent, PATIENT_KEY, PatientKey, Problem, StatedRecord};
use model::wareki::PartialDate;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fmt::Write as _;

const REPRESENTATION: &str = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation";

/// Lower-case hex SHA-256 of folded parts, joined so that no two lists give the same bytes.
pub(crate) fn fingerprint(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(fold(part).as_bytes());
        hasher.update([0x1f]);
    }
    hasher.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The first characters of a [`fingerprint`], for the names of sets and keys.
pub(crate) fn short(parts: &[&str]) -> String {
    fingerprint(parts).chars().take(16).collect()
}

/// What a file without a patient number says of a person. The same person described the same way gives the
/// same key, whichever format describes them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Description<'t> {
    /// Name in kanji, else in whatever there is.
    pub name: &'t str,
    /// Name in kana.
    pub kana: &'t str,
    /// Birth date.
    pub birth: Option<PartialDate>,
    /// 1 or 2.
    pub sex: &'t str,
    /// Address in one line.
    pub address: &'t str,
    /// Telephone number.
    pub phone: &'t str,
}

impl Description<'_> {
    /// Name, whole birth date and sex are there.
    pub fn names_somebody(&self) -> bool {
        !self.name.is_empty()
            && self.birth.is_some_and(|birth| birth.to_date().is_some())
            && matches!(fold(self.sex).as_str(), "1" | "2")
    }

    /// Described by name, birth date, sex and address or telephone, else nobody.
    pub fn key(&self) -> PatientKey {
        if !self.names_somebody() || (self.address.is_empty() && self.phone.is_empty()) {
            return PatientKey::Nobody;
        }
        let digits: String = fold(self.phone).chars().filter(char::is_ascii_digit).collect();
        let parts = [self.name, self.kana, &self.born(), self.sex, self.address, &digits];
        PatientKey::Described(Personal::new(fingerprint(&parts)))
    }

    /// Tells two people of one file apart where [`Self::key`] says nobody: name, birth and sex.
    pub fn identity(&self) -> String {
        fingerprint(&[self.name, &self.born(), self.sex])
    }

    /// The birth date as FHIR has it, "" if there is none.
    pub fn born(&self) -> String {
        self.birth.map(PartialDate::fhir).unwrap_or_default()
    }
}

/// Who the notebook is about.
pub(super) fn description<'t>(notebook: &Notebook<'t>) -> Description<'t> {
    let Some(line) = &notebook.patient else { return Description::default() };
    Description {
        name: line.look(2),
        kana: line.look(11),
        birth: line.peek_date(4),
        sex: line.look(3),
        address: line.look(6),
        phone: line.look(7),
    }
}

/// The people of one file.
#[derive(Debug, Default)]
pub(crate) struct People {
    seen: HashSet<(PatientKey, String)>,
    nobody: Option<String>,
}

impl People {
    /// Where the records of a person go. Who is not described belongs to nobody yet, and that is one place for
    /// the whole file: another person gets a place of their own, until somebody says who each is.
    pub fn place(
        &mut self,
        key: PatientKey,
        identity: String,
        bytes: &[u8],
        at: String,
        problems: &mut Vec<Problem>,
    ) -> PatientKey {
        let key = match key {
            PatientKey::Nobody if self.nobody.get_or_insert_with(|| identity.clone()) != &identity => {
                apart(&identity, bytes)
            }
            key => key,
        };
        let person = (key.clone(), identity);
        if self.seen.len() > usize::from(self.seen.contains(&person)) {
            let text = "the file holds more than one person; each is read for themselves";
            problems.push(Problem::new("several-patients", at, text));
        }
        self.seen.insert(person);
        key
    }
}

/// A place of its own for a person of this file whom nobody can tell from others of the same name.
fn apart(identity: &str, bytes: &[u8]) -> PatientKey {
    let short = |text: String| text.chars().take(16).collect::<String>();
    let digest = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    PatientKey::Disputed {
        message: Personal::new(format!("notebook {}", short(identity.to_owned()))),
        path: Personal::new(format!("delivery {}", short(digest))),
    }
}

/// The Patient of a notebook; without a record 1 it has nothing but its tags.
pub(super) fn record(notebook: &Notebook<'_>, source: &Source, problems: &mut Vec<Problem>) -> StatedRecord {
    let mut patient = source.resource("Patient", "JP_Patient");
    let at = notebook.patient.as_ref().map_or_else(|| "line 1".to_owned(), Line::place);
    if let Some(line) = &notebook.patient {
        let names: Vec<Value> = [(2, "IDE"), (11, "SYL")]
            .into_iter()
            .filter_map(|(field, representation)| name(line.take(field), representation))
            .collect();
        if line.look(2).is_empty() {
            problems.push(Problem::new("missing", line.at(2), "no name"));
        }
        put(&mut patient, "name", names);
        let telecom = phone(line.take(7));
        put(&mut patient, "telecom", telecom);
        let gender = match line.code(3).as_str() {
            "1" => "male",
            "2" => "female",
            _ => {
                let text = "not 1 (male) or 2 (female); kept as unknown";
                problems.push(Problem::new("unknown-code", line.at(3), text));
                "unknown"
            }
        };
        patient.insert("gender".into(), gender.into());
        match line.date(4, problems) {
            Some(birth) => {
                patient.insert("birthDate".into(), birth.fhir().into());
            }
            None if line.look(4).is_empty() => {
                problems.push(Problem::new("missing", line.at(4), "no birth date"));
            }
            None => {}
        }
        put(&mut patient, "address", address(line.code(5), line.take(6)));
        let emergency = phone(line.take(8));
        if !emergency.is_empty() {
            let role = json!({"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/v2-0131", "code": "C", "display": "Emergency Contact",
            }]});
            put(&mut patient, "contact", vec![json!({"relationship": [role], "telecom": emergency})]);
        }
    }
    StatedRecord { key: PATIENT_KEY.to_owned(), resource: patient, extent: Extent::Whole, at }
}

/// Blood group and weight, each a set of its own: an output without them does not take them back.
pub(super) fn observations(
    notebook: &Notebook<'_>,
    source: &Source,
    problems: &mut Vec<Problem>,
) -> Vec<StatedRecord> {
    let Some(line) = &notebook.patient else { return Vec::new() };
    let mut records = Vec::new();
    let mut observe = |key: &str, code: Value, category: &str, value: (&str, Value)| {
        let mut observation = source.resource("Observation", "JP_Observation_Common");
        observation.insert("status".into(), "final".into());
        let category = json!({"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": category,
        }]});
        put(&mut observation, "category", vec![category]);
        observation.insert("code".into(), code);
        observation.insert("subject".into(), source.subject());
        observation.insert(value.0.into(), value.1);
        let (key, at) = (format!("okusuri/{key}"), line.place());
        records.push(StatedRecord { key, resource: observation, extent: Extent::Whole, at });
    };
    let loinc = |code: &str, display: &str, text: &str| json!({"coding": [{"system": "http://loinc.org", "code": code, "display": display}], "text": text});
    let blood = line.take(9);
    if !blood.is_empty() {
        let code = loinc("882-1", "ABO and Rh group [Type] in Blood", "血液型");
        observe("blood-group", code, "laboratory", ("valueCodeableConcept", json!({"text": blood})));
    }
    if let Some(weight) = line.decimal(10, problems) {
        let code = loinc("29463-7", "Body weight", "体重");
        let value =
            json!({"value": weight, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"});
        observe("body-weight", code, "vital-signs", ("valueQuantity", value));
    }
    records
}

/// A name as HumanName; family and given where a space is between them.
pub(crate) fn name(text: &str, representation: &str) -> Option<Value> {
    if text.is_empty() {
        return None;
    }
    let mut name = json!({
        "extension": [{"url": REPRESENTATION, "valueCode": representation}],
        "text": text,
    });
    if let (Some((family, given)), Some(parts)) = (text.split_once([' ', '　']), name.as_object_mut()) {
        parts.insert("family".into(), family.into());
        parts.insert("given".into(), json!([given.trim()]));
    }
    Some(name)
}

/// A telephone number as ContactPoint, as written.
pub(crate) fn phone(text: &str) -> Vec<Value> {
    if text.is_empty() { Vec::new() } else { vec![json!({"system": "phone", "value": text})] }
}

/// Postal code and address as Address.
pub(crate) fn address(postal: String, text: &str) -> Vec<Value> {
    let mut address = serde_json::Map::new();
    if !text.is_empty() {
        address.insert("text".into(), text.into());
    }
    if !postal.is_empty() {
        address.insert("postalCode".into(), postal.into());
    }
    if address.is_empty() { Vec::new() } else { vec![address.into()] }
}

/// Puts a list under a name unless it is empty.
pub(crate) fn put(resource: &mut serde_json::Map<String, Value>, name: &str, list: Vec<Value>) {
    if !list.is_empty() {
        resource.insert(name.to_owned(), list.into());
    }
}
