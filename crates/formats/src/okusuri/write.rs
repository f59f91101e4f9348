//! A notebook written: from records as [`super::read`] makes them back to the text of JAHISTC08, for a pharmacy's system
//! or a person's phone, so that what was entered once is not typed again.
//!
//! Shift_JIS, CR LF, no quotes; a comma in a text becomes `，` and what Shift_JIS has no code for `■`, each named. A
//! record this format has no place for is named as `not-expressed`. What belongs to a person is here, dispensings are in
//! [`super::write_visit`].

use super::write_visit::Visits;
use encoding_rs::SHIFT_JIS;
use model::fhir::{at, list, list_at, resource_type, text, text_at};
use model::reading::{Problem, Resource};
use serde_json::Value;

/// A notebook as bytes, and what could not be said in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The file.
    pub bytes: Vec<u8>,
    /// What was changed or left out.
    pub problems: Vec<Problem>,
}

/// Writes one person's records.
pub fn write(resources: &[&Resource]) -> Written {
    let mut lines = Lines::default();
    lines.record(&["JAHISTC08", &category(resources)]);
    let of = |kind: &'static str| resources.iter().copied().filter(move |each| resource_type(each) == kind);
    let patient = of("Patient").find(|patient| patient.len() > 2 || patient.contains_key("name"));
    if let Some(patient) = patient {
        lines.patient(patient, of("Observation"));
    }
    for resource in resources {
        lines.remark(resource);
    }
    for (index, resource) in resources.iter().enumerate() {
        let known = match resource_type(resource) {
            "Patient" | "AllergyIntolerance" | "MedicationDispense" => true,
            "Observation" => {
                let remark = list(resource, "code.coding").iter().any(is_remark);
                remark || (patient.is_some() && is_measure(resource))
            }
            "Condition" | "CareTeam" => true,
            "MedicationStatement" => {
                lines.over_the_counter(resource);
                true
            }
            "Communication" => {
                let kind = record_of(list(resource, "category"));
                if kind == "4" {
                    lines.memo(resource);
                }
                ["4", "401", "411", "421", "501", "601"].contains(&kind)
            }
            _ => false,
        };
        if !known {
            let place = format!("record {} ({})", index + 1, resource_type(resource));
            let text = "the notebook format has no place for it";
            lines.problems.push(Problem::new("not-expressed", place, text));
        }
    }
    Visits::of(resources).write(&mut lines);
    of("CareTeam").for_each(|team| lines.family_pharmacist(team));
    Written { bytes: lines.bytes, problems: lines.problems }
}

fn category(resources: &[&Resource]) -> String {
    let tags = resources.iter().flat_map(|each| list(each, "meta.tag"));
    let said = tags
        .filter(|tag| text_at(tag, "system") == Some("urn:hakucho:jahis:output-category"))
        .find_map(|tag| text_at(tag, "code"));
    said.unwrap_or("1").to_owned()
}

/// True for the code of a record 2 that is neither allergy nor history.
fn is_remark(coding: &Value) -> bool {
    text_at(coding, "system") == Some("urn:hakucho:jahis:patient-remark")
}

/// Observations that are a field of record 1: blood group and weight.
fn is_measure(observation: &Resource) -> bool {
    let codings = list(observation, "code.coding");
    codings.iter().any(|coding| matches!(text_at(coding, "code"), Some("882-1" | "29463-7")))
}

/// The record a category or instruction came from.
pub(super) fn record_of(concepts: &[Value]) -> &str {
    let codings = concepts.iter().flat_map(|concept| list_at(concept, "coding"));
    codings
        .filter(|coding| text_at(coding, "system") == Some("urn:hakucho:jahis:record"))
        .find_map(|coding| text_at(coding, "code"))
        .unwrap_or_default()
}

/// The value of an extension by its name, "" if there is none.
pub(super) fn extension<'v>(of: &'v [Value], name: &str) -> Option<&'v Value> {
    of.iter().find(|each| text_at(each, "url").is_some_and(|url| url.ends_with(name)))
}

/// レコード作成者 of a list of extensions.
pub(super) fn creator(extensions: &[Value]) -> &str {
    extension(extensions, "extension:record-creator")
        .and_then(|each| text_at(each, "valueCoding.code"))
        .unwrap_or_default()
}

/// A number as its digits, "" if there is none.
pub(super) fn digits(value: Option<&Value>) -> String {
    value.filter(|value| value.is_number()).map(Value::to_string).unwrap_or_default()
}

/// `2026-03-10` as `20260310`.
pub(super) fn day(text: Option<&str>) -> String {
    text.unwrap_or_default().chars().take(10).filter(char::is_ascii_digit).collect()
}

/// The kind of a code by its system: one that is known, or one of ours that ends in the kind.
pub(super) fn kind_of<'v>(system: &'v str, known: &[(&str, &'static str)]) -> Option<&'v str> {
    let named = known.iter().find(|(each, _)| *each == system).map(|(_, kind)| *kind);
    named.or_else(|| {
        let own = system.strip_prefix("urn:hakucho:jahis:")?;
        own.rsplit_once("-kind:").map(|(_, kind)| kind)
    })
}

/// The lines of the file so far.
#[derive(Default)]
pub(super) struct Lines {
    bytes: Vec<u8>,
    number: usize,
    /// What was changed or left out.
    pub problems: Vec<Problem>,
}

impl Lines {
    /// One record; empty fields at the end stay, as the format has them.
    pub fn record(&mut self, fields: &[&str]) {
        self.number += 1;
        let (mut changed, mut lost) = (false, 0usize);
        for (index, field) in fields.iter().enumerate() {
            if index > 0 {
                self.bytes.push(b',');
            }
            for c in field.chars() {
                let plain = match c {
                    ',' => '，',
                    '\r' | '\n' | '\t' => '　',
                    c => c,
                };
                changed |= plain != c;
                let mut buffer = [0; 4];
                let (bytes, _, unmappable) = SHIFT_JIS.encode(plain.encode_utf8(&mut buffer));
                if unmappable {
                    lost += 1;
                    self.bytes.extend([0x81, 0xa1]);
                } else {
                    self.bytes.extend(bytes.iter());
                }
            }
        }
        self.bytes.extend(b"\r\n");
        let at = format!("record {} line {}", fields.first().copied().unwrap_or_default(), self.number);
        if changed {
            let text = "a comma or a line end in a text became a full-width one";
            self.problems.push(Problem::new("changed", at.clone(), text));
        }
        if lost > 0 {
            let text = format!("{lost} character(s) that Shift_JIS does not have became ■");
            self.problems.push(Problem::new("charset", at, text));
        }
    }

    fn patient<'r>(&mut self, patient: &Resource, observations: impl Iterator<Item = &'r Resource>) {
        let names = list(patient, "name");
        let name = |representation: &str| {
            let of = |each: &&Value| {
                extension(list_at(each, "extension"), "EN-representation")
                    .and_then(|each| text_at(each, "valueCode"))
                    .map_or(representation == "IDE", |code| code == representation)
            };
            names.iter().find(of).and_then(|each| text_at(each, "text")).unwrap_or_default()
        };
        let sex = match text(patient, "gender") {
            Some("male") => "1",
            Some("female") => "2",
            _ => "",
        };
        let (mut blood, mut weight) = (String::new(), String::new());
        for observation in observations {
            let codings = list(observation, "code.coding");
            let is = |code: &str| codings.iter().any(|coding| text_at(coding, "code") == Some(code));
            if is("882-1") {
                blood = text(observation, "valueCodeableConcept.text").unwrap_or_default().to_owned();
            } else if is("29463-7") {
                weight = digits(model::fhir::get(observation, "valueQuantity.value"));
            }
        }
        let part = |path: &str| text(patient, path).unwrap_or_default();
        self.record(&[
            "1",
            name("IDE"),
            sex,
            &day(text(patient, "birthDate")),
            part("address.0.postalCode"),
            part("address.0.text"),
            part("telecom.0.value"),
            part("contact.0.telecom.0.value"),
            &blood,
            &weight,
            name("SYL"),
        ]);
    }

    /// A record 2, if the resource is one.
    fn remark(&mut self, resource: &Resource) {
        let label = || {
            let concept = resource.get("code");
            concept.and_then(model::fhir::concept_label).unwrap_or_default().to_owned()
        };
        let (kind, said) = match resource_type(resource) {
            "AllergyIntolerance" if text(resource, "type") == Some("intolerance") => ("2", label()),
            "AllergyIntolerance" => ("1", label()),
            "Condition" => ("3", label()),
            "Observation" => {
                let coding = list(resource, "code.coding").iter().find(|coding| is_remark(coding));
                let Some(coding) = coding else { return };
                (
                    text_at(coding, "code").unwrap_or_default(),
                    text(resource, "valueString").unwrap_or_default().to_owned(),
                )
            }
            _ => return,
        };
        self.record(&["2", kind, &said, creator(list(resource, "extension"))]);
    }

    fn memo(&mut self, memo: &Resource) {
        let said = text(memo, "payload.0.contentString").unwrap_or_default();
        self.record(&["4", said, &day(text(memo, "sent")), creator(list(memo, "extension"))]);
    }

    fn over_the_counter(&mut self, statement: &Resource) {
        let drug = list(statement, "contained").iter().find(|each| text_at(each, "id") == Some("drug"));
        let concept = drug
            .and_then(|drug| at(drug, "code"))
            .or_else(|| statement.get("medicationCodeableConcept"))
            .unwrap_or(&Value::Null);
        let serial = text(statement, "identifier.0.value").unwrap_or_default();
        self.record(&[
            "3",
            text_at(concept, "text").unwrap_or_default(),
            &day(text(statement, "effectivePeriod.start")),
            &day(text(statement, "effectivePeriod.end")),
            creator(list(statement, "extension")),
            serial,
            text_at(concept, "coding.0.code").unwrap_or_default(),
        ]);
        for ingredient in drug.map(|drug| list_at(drug, "ingredient")).unwrap_or_default() {
            let extensions = list_at(ingredient, "extension");
            let of = extension(extensions, "over-the-counter-serial")
                .and_then(|each| text_at(each, "valueString"))
                .unwrap_or(serial);
            let code = text_at(ingredient, "itemCodeableConcept.coding.0.code").unwrap_or_default();
            let system = text_at(ingredient, "itemCodeableConcept.coding.0.system").unwrap_or_default();
            let kind = if code.is_empty() { "1" } else { kind_of(system, &[]).unwrap_or_default() };
            let name = text_at(ingredient, "itemCodeableConcept.text").unwrap_or_default();
            self.record(&["31", of, name, kind, code, creator(extensions)]);
        }
    }

    fn family_pharmacist(&mut self, team: &Resource) {
        let inside = |id: &str| list(team, "contained").iter().find(|each| text_at(each, "id") == Some(id));
        let part = |id: &str, path: &str| inside(id).and_then(|each| text_at(each, path)).unwrap_or_default();
        self.record(&[
            "701",
            part("pharmacist", "name.0.text"),
            part("pharmacy", "name"),
            part("pharmacy", "telecom.0.value"),
            &day(text(team, "period.start")),
            &day(text(team, "period.end")),
            creator(list(team, "extension")),
        ]);
    }
}
