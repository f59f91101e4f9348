//! Where and by whom it was prescribed (records 1 to 5, 61), as contained resources.

use super::prescription::Prescription;
use crate::okusuri::party::Institution;
use crate::okusuri::patient::{address, name, phone, put};
use crate::text_file::narrow;
use model::codes;
use model::reading::Problem;
use serde_json::{Map, Value, json};

/// The institution of record 1, its fields not taken: 1 医科 where the kind is left out.
pub(super) fn institution(of: &Prescription<'_>) -> Institution {
    let [table, number, prefecture] = [2, 3, 4].map(|field| narrow(of.look("1", field)));
    let table = if table.is_empty() { "1".to_owned() } else { table };
    Institution { prefecture, table, number }
}

/// Contained resources and the reference to the requester.
pub(super) struct Prescriber {
    pub contained: Vec<Value>,
    pub requester: Value,
}

/// Records 1 to 5 and the licence of 61.
pub(super) fn prescriber(of: &Prescription<'_>, problems: &mut Vec<Problem>) -> Prescriber {
    let mut contained = Vec::new();
    let institution = institution(of);
    [2, 3, 4].iter().for_each(|field| drop(of.code("1", *field)));
    let title = of.take("1", 5);
    let mut place = institution.organization("prescribing-facility", title);
    if institution.whole().is_none() {
        let at = of.heads.get("1").map_or_else(|| of.at.clone(), |line| line.at(3));
        let text = "kind, code and prefecture are not the ten digits of an institution";
        problems.push(Problem::new("incomplete-code", at, text));
    }
    let mut telecom = phone(of.take("3", 2));
    for (field, system) in [(3, "fax"), (4, "other")] {
        let text = of.take("3", field);
        if !text.is_empty() {
            telecom.push(json!({"system": system, "value": text}));
        }
    }
    put(&mut place, "telecom", telecom);
    put(&mut place, "address", address(of.code("2", 2), of.take("2", 3)));
    contained.push(place.into());

    let mut role = Map::new();
    role.insert("resourceType".into(), "PractitionerRole".into());
    role.insert("id".into(), "prescriber-role".into());
    let doctor = doctor(of);
    let shown = [of.look("5", 4), of.look("5", 3), title].into_iter().find(|text| !text.is_empty());
    if let Some(doctor) = doctor {
        contained.push(doctor);
        role.insert("practitioner".into(), json!({"reference": "#prescriber"}));
    } else {
        problems.push(Problem::new("missing", of.at.clone(), "no record 5 (doctor)"));
    }
    role.insert("organization".into(), json!({"reference": "#prescribing-facility"}));
    put(&mut role, "specialty", department(of, problems).into_iter().collect());
    contained.push(role.into());
    let mut requester = json!({"reference": "#prescriber-role"});
    if let (Some(requester), Some(shown)) = (requester.as_object_mut(), shown) {
        requester.insert("display".into(), shown.into());
    }
    Prescriber { contained, requester }
}

/// Records 5 and 61 (麻薬施用者免許番号).
fn doctor(of: &Prescription<'_>) -> Option<Value> {
    let (code, kana, kanji, licence) = (of.code("5", 2), of.take("5", 3), of.take("5", 4), of.code("61", 2));
    if [code.as_str(), kana, kanji, licence.as_str()].iter().all(|text| text.is_empty()) {
        return None;
    }
    let mut doctor = Map::new();
    doctor.insert("resourceType".into(), "Practitioner".into());
    doctor.insert("id".into(), "prescriber".into());
    if !code.is_empty() {
        let identifier = json!({"system": "urn:hakucho:jahis:prescriber-code", "value": code});
        put(&mut doctor, "identifier", vec![identifier]);
    }
    put(&mut doctor, "name", name(kanji, "IDE").into_iter().chain(name(kana, "SYL")).collect());
    if !licence.is_empty() {
        let identifier = json!({"system": "urn:hakucho:jahis:narcotics-licence", "value": licence});
        put(
            &mut doctor,
            "qualification",
            vec![json!({"identifier": [identifier], "code": {"text": "麻薬施用者"}})],
        );
    }
    Some(doctor.into())
}

/// Record 4: code (kind 2) and name.
fn department(of: &Prescription<'_>, problems: &mut Vec<Problem>) -> Option<Value> {
    let (kind, code, title) = (of.code("4", 2), of.code("4", 3), of.take("4", 4));
    if let (true, false, Some(line)) = (code.is_empty(), matches!(kind.as_str(), "" | "1"), of.heads.get("4"))
    {
        let text = "the kind says that a code follows, field 3 has none";
        problems.push(Problem::new("missing-code", line.at(2), text));
    }
    if code.is_empty() && title.is_empty() {
        return None;
    }
    let mut concept = Map::new();
    let short = format!("{code:0>2}");
    if !code.is_empty() {
        let coding = match kind.as_str() {
            "2" => json!({"system": codes::DEPARTMENT, "code": short}),
            _ => json!({"system": format!("urn:hakucho:jahis:department-kind:{kind}"), "code": code}),
        };
        put(&mut concept, "coding", vec![coding]);
    }
    let known = if kind == "2" { codes::department(&short) } else { None };
    let text = if title.is_empty() { known.unwrap_or_default() } else { title };
    concept.insert("text".into(), text.into());
    Some(concept.into())
}
