//! Whom FHIR resources are about: a Patient as [`PatientKey`], and the reference of a resource to its subject.

use crate::text_file::fold;
use model::Personal;
use model::reading::{PatientKey, Problem, Resource};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Identifier systems whose value is the facility's own number of a patient. JP Core 1.2 Patient:
/// `urn:oid:1.2.392.100495.20.3.51.1` + the ten digits of the institution; the older
/// `urn:oid:1.2.392.200119.6.102.1` + ten digits (eReferral 1.1, eCheckup).
const LOCAL_SYSTEMS: [&str; 2] = ["urn:oid:1.2.392.100495.20.3.51", "urn:oid:1.2.392.200119.6.102"];
const LOCAL_NAMES: [&str; 2] =
    ["http://jpfhir.jp/fhir/eCS/Idsystem/JP_Hospital_PatientID", "urn:hakucho:resident-number"];
/// Insurance numbers: of a household or a person of any facility, never a facility's own number.
const INSURANCE: [&str; 2] = ["Insurance_memberID", "care-insurance-member"];

/// Elements that say whom a resource is about (R4 compartment definition Patient), in order of preference.
const SUBJECTS: [&str; 6] = ["subject", "patient", "beneficiary", "for", "individual", "subjectOf"];

/// Lower-case hex SHA-256 of parts, folded, none running into the next.
pub(crate) fn fingerprint(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(fold(part).as_bytes());
        hasher.update([0x1f]);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `identifier` as a list, whether the type has one or many.
pub(crate) fn identifiers(resource: &Resource) -> Vec<&Value> {
    match resource.get("identifier") {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(one @ Value::Object(_)) => vec![one],
        _ => Vec::new(),
    }
}

/// System and value of an identifier, trimmed; `None` without a value.
pub(super) fn system_value(identifier: &Value) -> Option<(&str, &str)> {
    let value = identifier.get("value")?.as_str()?.trim();
    let system = identifier.get("system").and_then(Value::as_str).unwrap_or_default().trim();
    (!value.is_empty()).then_some((system, value))
}

/// The facility's own patient number, if the identifier is one.
pub(crate) fn local_number(identifier: &Value) -> Option<&str> {
    let (system, value) = system_value(identifier)?;
    let own = LOCAL_SYSTEMS
        .iter()
        .any(|each| system.strip_prefix(each).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')));
    let codings = identifier.pointer("/type/coding").and_then(Value::as_array);
    let typed = codings
        .into_iter()
        .flatten()
        .any(|coding| matches!(coding.get("code").and_then(Value::as_str), Some("MR" | "PI")));
    (own || typed || LOCAL_NAMES.contains(&system)).then_some(value)
}

/// Who a Patient is. Its own number; else an identifier of another system with the birth date; else a full
/// description; else nobody.
pub(crate) fn key(patient: &Resource, at: &str, problems: &mut Vec<Problem>) -> PatientKey {
    let identifiers = identifiers(patient);
    let mut numbers: Vec<&str> = identifiers.iter().filter_map(|each| local_number(each)).collect();
    numbers.dedup();
    if numbers.len() > 1 {
        let text = "more than one patient number of a facility; the first decides";
        problems.push(Problem::new("several-local-ids", format!("{at}.identifier"), text));
    }
    if let Some(number) = numbers.first() {
        return PatientKey::Local(Personal::new((*number).to_owned()));
    }
    let birth = patient.get("birthDate").and_then(Value::as_str).unwrap_or_default();
    let [name, kana] = names(patient);
    if birth.len() != 10 || name.is_empty() {
        return PatientKey::Nobody;
    }
    let other = identifiers.iter().filter_map(|each| system_value(each)).find(|(system, _)| {
        !system.is_empty() && !INSURANCE.iter().any(|insurance| system.contains(insurance))
    });
    if let Some((system, value)) = other {
        return PatientKey::Described(Personal::new(fingerprint(&["identifier", system, value, birth])));
    }
    let gender = patient.get("gender").and_then(Value::as_str).unwrap_or_default();
    let address = first_text(patient, "address");
    let phone: String = first_text(patient, "telecom").chars().filter(char::is_ascii_digit).collect();
    if !matches!(gender, "male" | "female" | "other") || (address.is_empty() && phone.is_empty()) {
        return PatientKey::Nobody;
    }
    let parts = ["description", &name, &kana, birth, gender, &address, &phone];
    PatientKey::Described(Personal::new(fingerprint(&parts)))
}

/// Name and reading as one text each; empty where not given.
fn names(patient: &Resource) -> [String; 2] {
    let mut found = [String::new(), String::new()];
    for name in patient.get("name").and_then(Value::as_array).into_iter().flatten() {
        let extensions = name.get("extension").and_then(Value::as_array);
        let reading = extensions
            .into_iter()
            .flatten()
            .any(|extension| extension.get("valueCode").and_then(Value::as_str) == Some("SYL"));
        let text = match name.get("text").and_then(Value::as_str) {
            Some(text) => text.to_owned(),
            None => {
                let given = name.get("given").and_then(Value::as_array).into_iter().flatten();
                name.get("family").into_iter().chain(given).filter_map(Value::as_str).collect()
            }
        };
        let [name, kana] = &mut found;
        let slot = if reading { kana } else { name };
        if slot.is_empty() {
            *slot = text;
        }
    }
    found
}

/// Text of the first address, value of the first telephone.
fn first_text(patient: &Resource, element: &str) -> String {
    let list = patient.get(element).and_then(Value::as_array);
    let Some(first) = list.and_then(|list| list.first()) else { return String::new() };
    let text = first.get("text").or_else(|| first.get("value")).and_then(Value::as_str);
    if let Some(text) = text {
        return text.to_owned();
    }
    let lines = first.get("line").and_then(Value::as_array).into_iter().flatten();
    let parts = [first.get("state"), first.get("city")].into_iter().flatten().chain(lines);
    parts.filter_map(Value::as_str).collect()
}

/// The identifier a conditional reference names (R4 §3.1.0.11.2): `Patient?identifier=<system>|<value>`.
pub(super) fn conditional(reference: &str) -> Option<Value> {
    let asked = reference.strip_prefix("Patient?")?;
    let token = asked.split('&').find_map(|part| part.strip_prefix("identifier="))?;
    let token = unescaped(token)?;
    let (system, value) = token.split_once('|')?;
    Some(serde_json::json!({"system": system, "value": value}))
}

/// A part of a query without its percent escapes; `None` where they are no text.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = after.get(2..)?;
        } else {
            bytes.push(if first == b'+' { b' ' } else { first });
        }
    }
    String::from_utf8(bytes).ok()
}

/// The references that say whom a resource is about, with the name of the element.
pub(super) fn subjects(resource: &Resource) -> Vec<(&'static str, &Value)> {
    let mut found = Vec::new();
    for name in SUBJECTS {
        match resource.get(name) {
            Some(Value::Array(list)) => found.extend(list.iter().map(|each| (name, each))),
            Some(one @ Value::Object(_)) => found.push((name, one)),
            _ => {}
        }
    }
    found
}
