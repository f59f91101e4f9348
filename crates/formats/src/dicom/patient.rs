//! Patient Module (PS3.3 §C.7.1.1) → Patient: what an image happens to carry, so a supplement.

use super::element::{Dataset, Tag};
use super::value::Notes;
use model::Personal;
use model::reading::{Extent, PATIENT_KEY, PatientKey, StatedRecord};
use serde_json::{Map, Value, json};

const REPRESENTATION: &str = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation";
const PATIENT_ID: Tag = 0x0010_0020;

/// Whom the object is about: the number of the facility, else nobody.
pub(super) fn key(data: &Dataset<'_>, notes: &Notes) -> PatientKey {
    match data.text(PATIENT_ID, notes) {
        Some(id) => PatientKey::Local(Personal::new(id)),
        None => {
            let text = "no patient number: to be assigned by hand";
            notes.add("patient-id-missing", "(0010,0020)", text);
            PatientKey::Nobody
        }
    }
}

/// The Patient.
pub(super) fn record(data: &Dataset<'_>, notes: &Notes) -> StatedRecord {
    let mut patient = Map::new();
    patient.insert("resourceType".into(), "Patient".into());
    let profile = "http://jpfhir.jp/fhir/core/StructureDefinition/JP_Patient";
    patient.insert("meta".into(), json!({ "profile": [profile] }));
    let mut put = |name: &str, list: Vec<Value>| {
        if !list.is_empty() {
            patient.insert(name.to_owned(), list.into());
        }
    };
    let mut identifiers = Vec::new();
    if let Some(id) = data.text(PATIENT_ID, notes) {
        identifiers.push(identifier(&id, data.text(0x0010_0021, notes)));
    }
    identifiers.extend(data.values(0x0010_1000, notes).iter().map(|id| identifier(id, None)));
    for other in data.items(0x0010_1002) {
        let issuer = other.text(0x0010_0021, notes);
        identifiers.extend(other.text(PATIENT_ID, notes).map(|id| identifier(&id, issuer)));
    }
    put("identifier", identifiers);
    let mut names = names(data, 0x0010_0010, "", notes);
    names.extend(self::names(data, 0x0010_1001, "old", notes));
    names.extend(self::names(data, 0x0010_1005, "maiden", notes));
    put("name", names);
    let phones = data.values(0x0010_2154, notes);
    put("telecom", phones.iter().map(|phone| json!({"system": "phone", "value": phone})).collect());
    let address = data.text(0x0010_1040, notes);
    put("address", address.iter().map(|text| json!({ "text": text })).collect());
    if let Some(sex) = data.text(0x0010_0040, notes) {
        let gender = match sex.as_str() {
            "M" => "male",
            "F" => "female",
            "O" => "other",
            _ => {
                notes.add("unknown-code", "(0010,0040)", "not M, F or O; kept as unknown");
                data.give_back(0x0010_0040);
                "unknown"
            }
        };
        patient.insert("gender".into(), gender.into());
    }
    if let Some(birth) = data.day(0x0010_0030, notes) {
        patient.insert("birthDate".into(), birth.into());
    }
    let (key, at) = (PATIENT_KEY.to_owned(), "(0010,0020)".to_owned());
    StatedRecord { key, resource: patient, extent: Extent::Supplement, at }
}

fn identifier(id: &str, issuer: Option<String>) -> Value {
    match issuer {
        Some(issuer) => json!({"value": id, "assigner": {"display": issuer}}),
        None => json!({ "value": id }),
    }
}

/// The names of an element as HumanNames: one for each group of representations.
fn names(data: &Dataset<'_>, tag: Tag, using: &str, notes: &Notes) -> Vec<Value> {
    let mut names = Vec::new();
    for value in data.values(tag, notes) {
        let groups: Vec<&str> = value.split('=').map(str::trim).collect();
        for (index, group) in groups.iter().enumerate() {
            let Some((text, family, parts)) = components(group) else { continue };
            let representation = representation(index, &text, &groups);
            let mut name = Map::new();
            name.insert("extension".into(), json!([{"url": REPRESENTATION, "valueCode": representation}]));
            if !using.is_empty() {
                name.insert("use".into(), using.into());
            }
            name.insert("text".into(), text.into());
            if !family.is_empty() {
                name.insert("family".into(), family.into());
            }
            for (element, list) in ["given", "prefix", "suffix"].iter().zip(parts) {
                if !list.is_empty() {
                    name.insert((*element).to_owned(), list.into());
                }
            }
            names.push(name.into());
        }
    }
    names
}

/// Alphabetic, ideographic, phonetic (PS3.5 §6.2.1.2). Modalities of Japan put kana or kanji into the first
/// group; what it is then shows by its letters, unless another group is that already.
fn representation(index: usize, text: &str, groups: &[&str]) -> &'static str {
    let there = |index: usize| groups.get(index).is_some_and(|group| components(group).is_some());
    let japanese = text.chars().any(|c| c >= '\u{2e80}');
    let kana = model::text::kana(text);
    let all_kana = !kana.is_empty() && kana.chars().all(|c| model::text::is_kana(c) || c.is_whitespace());
    match index {
        0 if all_kana && !there(2) => "SYL",
        0 if japanese && !all_kana && !there(1) => "IDE",
        0 => "ABC",
        1 => "IDE",
        _ => "SYL",
    }
}

/// Family, given and middle, prefix, suffix of a group, and all of it as text.
fn components(group: &str) -> Option<(String, String, [Vec<String>; 3])> {
    let mut parts = group.split('^').map(|part| part.trim().to_owned());
    let mut next = || parts.next().unwrap_or_default();
    let (family, given, middle, prefix, suffix) = (next(), next(), next(), next(), next());
    let all = [&prefix, &family, &given, &middle, &suffix];
    let words: Vec<&str> = all.into_iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return None;
    }
    let text = words.join(" ");
    let list = |texts: Vec<String>| texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>();
    Some((text, family, [list(vec![given, middle]), list(vec![prefix]), list(vec![suffix])]))
}

/// A name for people: the ideographic group, else the first there is.
pub(super) fn display(value: &str) -> Option<String> {
    let groups: Vec<&str> = value.split('=').collect();
    let of = |index: usize| groups.get(index).and_then(|group| components(group));
    of(1).or_else(|| of(0)).or_else(|| of(2)).map(|(text, ..)| text)
}
