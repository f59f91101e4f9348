//! Whose insurance it is, and the person as Patient (JP_Patient).
//!
//! 照会番号 (ReferenceNumber) is the number the facility itself registered with the service, its own number of the
//! patient. ArbitraryFileIdentifier and ArbitraryIdentifier name a file or a request and are never taken for one.
//! Without 照会番号 a full description tells, else nothing does.

use super::CARRIED;
use crate::person::{Strangers, address, fingerprint, gender, name, put};
use crate::text_file::narrow;
use crate::tree::Node;
use model::Personal;
use model::reading::{Input, PatientKey, Problem, Resource};
use serde_json::{Map, Value, json};

/// The facility's own number, as it registered it with the service.
const NUMBER: &str = "urn:hakucho:eligibility:ReferenceNumber";

/// What of a result is about the person: the Coverage of another result leaves it out where it says the same.
pub(super) const PERSON: &[&str] = &[
    "Name",
    "NameKana",
    "NameOfOther",
    "NameOfOtherKana",
    "Sex1",
    "Sex2",
    "Birthdate",
    "Address",
    "PostNumber",
];

/// The facility's number, a description, or nobody.
pub(super) fn key(result: &Node, number: &str, input: &Input<'_>, strangers: &mut Strangers) -> PatientKey {
    if !number.is_empty() {
        return PatientKey::Local(Personal::new(number.to_owned()));
    }
    let [name, kana, sex, birth, address] =
        ["Name", "NameKana", "Sex1", "Birthdate", "Address"].map(|field| result.look(field));
    let day = model::wareki::parse(birth).ok().filter(|read| read.date.to_date().is_some());
    let full = !name.is_empty() && matches!(narrow(sex).as_str(), "1" | "2") && !address.is_empty();
    match (full, day) {
        (true, Some(day)) => {
            let parts = [name, kana, &day.date.fhir(), sex, address];
            PatientKey::Described(Personal::new(fingerprint(&parts)))
        }
        _ => strangers.place(&[name, kana, sex, birth, address], input.bytes),
    }
}

/// The Patient of a result.
pub(super) fn patient(result: &Node, number: &str, problems: &mut Vec<Problem>) -> Resource {
    let mut patient = resource("Patient", "JP_Patient");
    if !number.is_empty() {
        patient.insert("identifier".into(), json!([{"system": NUMBER, "value": number}]));
    }
    let names = [
        ("Name", "IDE", "official"),
        ("NameKana", "SYL", "official"),
        ("NameOfOther", "IDE", "usual"),
        ("NameOfOtherKana", "SYL", "usual"),
    ];
    let names = names.iter().filter_map(|(field, kind, usage)| name(result.take(field), kind, usage));
    put(&mut patient, "name", names.collect());
    if let Some(sex) = gender(result.take("Sex1"), result.at("Sex1"), problems) {
        patient.insert("gender".into(), sex.into());
    }
    let back = result.code("Sex2");
    if !back.is_empty() {
        // 性別2: what stands on the back of the card, where the front shall not say it.
        let extension = json!({"url": format!("{CARRIED}Sex2"), "valueString": back});
        put(&mut patient, "extension", vec![extension]);
    }
    if let Some(birth) = result.date("Birthdate", problems) {
        patient.insert("birthDate".into(), birth.into());
    }
    if result.look("ReasonOfLoss") == "01" {
        patient.insert("deceasedBoolean".into(), true.into());
    }
    let home = address(&result.code("PostNumber"), [result.take("Address"), ""]);
    put(&mut patient, "address", home.into_iter().collect());
    patient
}

/// An empty resource with type, profile and where it comes from.
pub(super) fn resource(kind: &str, profile: &str) -> Resource {
    let profile = format!("http://jpfhir.jp/fhir/core/StructureDefinition/{profile}");
    let tag = json!({"system": "urn:hakucho:source", "code": "eligibility", "display": "オンライン資格確認"});
    Map::from_iter([
        ("resourceType".to_owned(), Value::from(kind)),
        ("meta".to_owned(), json!({"profile": [profile], "tag": [tag]})),
    ])
}
