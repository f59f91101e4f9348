//! Whose each entry of a file is.
//!
//! A Patient in the file is somebody; a subject that names one of them, or a facility's own patient number, is
//! theirs. A subject the file does not hold stays unknown: a server's logical id of a patient is not the
//! facility's number, and two unknown people never share a place. What has no subject (Organization,
//! Practitioner) goes with those who refer to it.

use super::key::kind;
use super::parcel::Entry;
use super::person::{self, fingerprint, identifiers, local_number, subjects, system_value};
use super::reference::{References, visit};
use model::Personal;
use model::reading::{PatientKey, Problem, Resource};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

/// A person the file speaks of.
pub(super) struct Person {
    /// Whom it is.
    pub key: PatientKey,
    /// What is known of them outside a Patient entry: a contained Patient or the subject's identifier.
    pub hint: Option<Resource>,
    /// How an unknown subject was named; empty for the others.
    named: String,
}

/// The people of a file and, for each entry, which of them it belongs to (none: nobody's).
pub(super) struct Owners {
    /// People in order of appearance.
    pub people: Vec<Person>,
    /// For each entry the indices of its people.
    pub of: Vec<BTreeSet<usize>>,
    /// The person of each identifier of a Patient in the file; `None` if two have it.
    by_identifier: HashMap<(String, String), Option<usize>>,
}

/// Kinds that describe places, people and things, not a patient's course.
const DIRECTORY: [&str; 9] = [
    "Device",
    "Endpoint",
    "HealthcareService",
    "Location",
    "Medication",
    "Organization",
    "Practitioner",
    "PractitionerRole",
    "Substance",
];

/// Decides for every entry. `bundle` is the type of the Bundle, empty for loose resources; `digest` tells
/// this delivery's unknown people from those of others.
pub(super) fn decide(
    entries: &[Entry],
    references: &References,
    bundle: &str,
    digest: &str,
    problems: &mut Vec<Problem>,
) -> Owners {
    let mut owners = Owners {
        people: Vec::new(),
        of: vec![BTreeSet::new(); entries.len()],
        by_identifier: HashMap::new(),
    };
    for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| kind(&entry.resource) == "Patient") {
        let key = patient_key(entry, &owners, digest, index, problems);
        let person = owners.person(Person { key, hint: None, named: String::new() });
        owners.mark(index, person);
        for (system, value) in identifiers(&entry.resource).into_iter().filter_map(system_value) {
            let known = owners.by_identifier.entry((system.to_owned(), value.to_owned()));
            known.and_modify(|other| *other = other.filter(|other| *other == person)).or_insert(Some(person));
        }
    }
    let patients = owners.people.len();
    let is_document = matches!(bundle, "document" | "message");
    let mut subjectless = Vec::new();
    for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| kind(&entry.resource) != "Patient") {
        let found = owners.subjects_of(entry, entries, references, patients, is_document, problems);
        if found.is_empty() {
            subjectless.push(index);
        }
        for person in found {
            owners.mark(index, person);
        }
    }
    owners.spread(&subjectless, entries, references);
    if owners.people.len() == 1 && !bundle.is_empty() {
        // A document, message or collection with one patient is about them, referred to or not; of other
        // Bundles only what describes no course goes along.
        let whole = is_document || bundle == "collection";
        for index in subjectless {
            let directory = entries.get(index).is_some_and(|each| DIRECTORY.contains(&kind(&each.resource)));
            if (whole || directory) && owners.of.get(index).is_some_and(BTreeSet::is_empty) {
                owners.mark(index, 0);
            }
        }
    }
    owners.separate_unknown(digest);
    owners
}

/// Nobody is one place per delivery: a second person who is not identified gets a place of their own.
fn patient_key(
    entry: &Entry,
    owners: &Owners,
    digest: &str,
    index: usize,
    problems: &mut Vec<Problem>,
) -> PatientKey {
    match person::key(&entry.resource, &entry.at, problems) {
        PatientKey::Nobody => {
            let text = "neither the facility's patient number nor a full description: to be assigned by hand";
            problems.push(Problem::new("patient-not-identified", entry.at.clone(), text));
            if owners.people.iter().all(|person| person.key != PatientKey::Nobody) {
                return PatientKey::Nobody;
            }
            apart(&format!("Patient {index}"), digest)
        }
        key => key,
    }
}

/// A place of its own for someone this delivery names and nobody knows; kept until a human says who it is.
pub(super) fn apart(name: &str, digest: &str) -> PatientKey {
    PatientKey::Disputed {
        message: Personal::new(name.to_owned()),
        path: Personal::new(format!("delivery {digest}")),
    }
}

impl Owners {
    fn mark(&mut self, entry: usize, person: usize) {
        if let Some(set) = self.of.get_mut(entry) {
            set.insert(person);
        }
    }

    /// The index of a person, added if new.
    fn person(&mut self, new: Person) -> usize {
        let same = |each: &Person| each.key == new.key && each.named == new.named;
        match self.people.iter().position(same) {
            Some(index) => {
                if let Some(known) = self.people.get_mut(index).filter(|known| known.hint.is_none()) {
                    known.hint = new.hint;
                }
                index
            }
            None => {
                self.people.push(new);
                self.people.len() - 1
            }
        }
    }

    fn subjects_of(
        &mut self,
        entry: &Entry,
        entries: &[Entry],
        references: &References,
        patients: usize,
        is_document: bool,
        problems: &mut Vec<Problem>,
    ) -> Vec<usize> {
        let mut found = Vec::new();
        for (element, subject) in subjects(&entry.resource) {
            let text = subject.get("reference").and_then(Value::as_str).unwrap_or_default();
            if let Some(index) = references.find(text) {
                if let Some(set) = self.of.get(index).filter(|_| is_patient(entries.get(index))) {
                    found.extend(set.iter().copied());
                }
                continue;
            }
            if let Some(person) = self.contained(entry, text, problems) {
                found.push(person);
                continue;
            }
            let condition = person::conditional(text).map(|asked| serde_json::json!({ "identifier": asked }));
            let subject = condition.as_ref().unwrap_or(subject);
            if let Some(person) = self.identified(subject) {
                found.push(person);
                continue;
            }
            let display = subject.get("display").and_then(Value::as_str).unwrap_or_default();
            let identifier = subject.get("identifier").and_then(system_value);
            let named = match identifier {
                Some((system, value)) => format!("{system}|{value}"),
                None if text.is_empty() || text.starts_with('#') => continue,
                None if other_kind(text, subject) => continue,
                None => text.to_owned(),
            };
            let at = format!("{}.{element}", entry.at);
            if is_document && patients == 1 {
                let text = "names a patient the document does not hold; it is filed under its only Patient";
                problems.push(Problem::new("unresolved-reference", at, text));
                found.push(0);
                continue;
            }
            let text = "whom it is about is not in the file, nor is the facility's own patient number";
            problems.push(Problem::new("patient-not-included", at, text));
            let hint = hint(subject.get("identifier"), display);
            found.push(self.person(Person { key: PatientKey::Nobody, hint, named }));
        }
        found
    }

    /// A Patient contained in the resource itself.
    fn contained(&mut self, entry: &Entry, text: &str, problems: &mut Vec<Problem>) -> Option<usize> {
        let id = text.strip_prefix('#')?;
        let contained = entry.resource.get("contained")?.as_array()?;
        let patient = contained
            .iter()
            .filter_map(Value::as_object)
            .find(|each| kind(each) == "Patient" && each.get("id").and_then(Value::as_str) == Some(id))?;
        let key = person::key(patient, &format!("{}.contained", entry.at), problems);
        let named = match key {
            PatientKey::Nobody => format!("{} #{id}", entry.at),
            _ => String::new(),
        };
        if key == PatientKey::Nobody {
            let text = "neither the facility's patient number nor a full description: to be assigned by hand";
            problems.push(Problem::new("patient-not-identified", format!("{}.contained", entry.at), text));
        }
        let mut hint = patient.clone();
        hint.remove("id");
        Some(self.person(Person { key, hint: Some(hint), named }))
    }

    /// The person of a Patient in the file whom a conditional reference means.
    pub fn asked_for(&self, reference: &str) -> Option<usize> {
        let identifier = person::conditional(reference)?;
        let (system, value) = system_value(&identifier)?;
        *self.by_identifier.get(&(system.to_owned(), value.to_owned()))?
    }

    /// A subject with an identifier: of a Patient in the file, or the facility's own number.
    fn identified(&mut self, subject: &Value) -> Option<usize> {
        let identifier = subject.get("identifier")?;
        let (system, value) = system_value(identifier)?;
        if let Some(Some(known)) = self.by_identifier.get(&(system.to_owned(), value.to_owned())) {
            return Some(*known);
        }
        let key = PatientKey::Local(Personal::new(local_number(identifier)?.to_owned()));
        let display = subject.get("display").and_then(Value::as_str).unwrap_or_default();
        Some(self.person(Person { key, hint: hint(Some(identifier), display), named: String::new() }))
    }

    /// What has no subject goes with those who refer to it, then with those it refers to.
    fn spread(&mut self, subjectless: &[usize], entries: &[Entry], references: &References) {
        if subjectless.is_empty() {
            return;
        }
        let mut targets: Vec<Vec<usize>> = Vec::with_capacity(entries.len());
        for entry in entries {
            let mut list = Vec::new();
            let mut each = |text: &str| list.extend(references.find(text));
            entry.resource.values().for_each(|value| visit(value, &mut each));
            targets.push(list);
        }
        let free: BTreeSet<usize> = subjectless.iter().copied().collect();
        let mut work: Vec<usize> = (0..entries.len()).filter(|index| !free.contains(index)).collect();
        while let Some(from) = work.pop() {
            let people = self.of.get(from).cloned().unwrap_or_default();
            for to in targets.get(from).into_iter().flatten().filter(|to| free.contains(to)) {
                if let Some(set) = self.of.get_mut(*to) {
                    let before = set.len();
                    set.extend(people.iter().copied());
                    if set.len() > before {
                        work.push(*to);
                    }
                }
            }
        }
        for from in subjectless {
            let mut people = BTreeSet::new();
            for to in targets.get(*from).into_iter().flatten() {
                people.extend(self.of.get(*to).into_iter().flatten().copied());
            }
            if let Some(set) = self.of.get_mut(*from).filter(|set| set.is_empty()) {
                *set = people;
            }
        }
    }

    /// One unknown person may have the delivery's own place; several must not meet there.
    fn separate_unknown(&mut self, digest: &str) {
        if self.people.iter().filter(|person| person.key == PatientKey::Nobody).count() < 2 {
            return;
        }
        for person in self.people.iter_mut().filter(|person| person.key == PatientKey::Nobody) {
            let name: String = fingerprint(&[&person.named]).chars().take(16).collect();
            person.key = apart(&name, digest);
        }
    }
}

fn is_patient(entry: Option<&Entry>) -> bool {
    entry.is_some_and(|entry| kind(&entry.resource) == "Patient")
}

/// A subject that is no patient: `Group/1`, `Device/2`, type `Location`.
fn other_kind(text: &str, subject: &Value) -> bool {
    let typed = subject.get("type").and_then(Value::as_str);
    let mut parts = text.rsplit('/');
    let written = parts.nth(1).filter(|_| !text.starts_with("urn:"));
    typed.or(written).is_some_and(|kind| kind != "Patient")
}

/// A Patient of what a reference says: identifier and name.
fn hint(identifier: Option<&Value>, display: &str) -> Option<Resource> {
    let mut patient = Resource::new();
    patient.insert("resourceType".into(), "Patient".into());
    if let Some(identifier) = identifier {
        patient.insert("identifier".into(), Value::Array(vec![identifier.clone()]));
    }
    if !display.is_empty() {
        patient.insert("name".into(), serde_json::json!([{"text": display}]));
    }
    (patient.len() > 1).then_some(patient)
}
