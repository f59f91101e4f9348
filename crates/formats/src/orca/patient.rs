//! 患者基本情報 (patientgetv2, patientmodv31) and lists of patients (patientlst1, 2, 3, 8) as Patient (JP_Patient).
//!
//! Only the two that hold all of a registration state it whole; a list or an answer that names the person beside
//! something else supplements it. Numbers under 個人番号情報 may be the Individual Number (マイナンバー): they are
//! never taken over.

use super::answer::{Answer, CARRIED, carry};
use super::{care, coverage, remark, visit};
use crate::person::{address, gender, name, put, telecom};
use crate::tree::Node;
use model::reading::{Extent, PatientKey, Problem, Resource};
use serde_json::{Value, json};

/// System of the facility's own number.
const NUMBER: &str = "urn:hakucho:orca:Patient_ID";
/// What patientlst2 writes as the name where it found nobody.
const NOBODY: &str = "患者番号がありません";

/// patientgetv2: everything of one patient.
pub(super) fn registration(answer: &mut Answer<'_>) {
    let node = answer.node;
    for patient in node.records("Patient_Information") {
        let key = answer.patient_key(patient, "Patient_ID");
        remark::of_registration(answer, patient, &key);
        coverage::combinations(answer, patient, &key);
        care::of_patient(answer, patient, &key);
        visit::admission(answer, patient, &key);
        state(answer, patient, &key, Extent::Whole);
    }
}

/// patientmodv2, patientmodv31: what was registered or found.
pub(super) fn registered(answer: &mut Answer<'_>) {
    if !answer.is_registered() {
        return;
    }
    let node = answer.node;
    for patient in node.records("Patient_Information") {
        let key = answer.patient_key(patient, "Patient_ID");
        remark::of_patient(answer, patient, &key);
        if patient.child("HealthInsurance_Information").is_some() {
            coverage::combinations(answer, patient, &key);
        }
        state(answer, patient, &key, Extent::Whole);
    }
}

/// patientlst1, 2, 3, 6: several patients, each with a part of the registration.
pub(super) fn list(answer: &mut Answer<'_>) {
    let node = answer.node;
    for patient in node.records("Patient_Information") {
        if patient.look("WholeName").contains(NOBODY) {
            let text = "the number asked for is no patient's; nothing was read";
            answer.reading.problems.push(Problem::new("no-such-patient", patient.place(), text));
            patient.take_all();
            continue;
        }
        let key = answer.patient_key(patient, "Patient_ID");
        if ["HealthInsurance_Information", "PublicInsurance_Information"]
            .iter()
            .any(|name| patient.child(name).is_some())
        {
            coverage::of_list(answer, patient, &key);
        }
        coverage::of_answer(answer, &key);
        state(answer, patient, &key, Extent::Supplement);
    }
}

/// patientlst8: 旧姓履歴.
pub(super) fn former_names(answer: &mut Answer<'_>) {
    let node = answer.node;
    for patient in node.records("Patient_Information") {
        let key = answer.patient_key(patient, "Patient_ID");
        let mut names = Vec::new();
        for former in node.records("Former_Name_Information") {
            let end = former.date("ChangeDate", &mut answer.reading.problems);
            for (field, kind) in [("WholeName", "IDE"), ("WholeName_inKana", "SYL"), ("NickName", "IDE")] {
                let mut name = name(former.take(field), kind, "old");
                if let (Some(name), Some(end)) = (name.as_mut().and_then(Value::as_object_mut), &end) {
                    name.insert("period".into(), json!({"end": end}));
                }
                names.extend(name);
            }
        }
        let mut resource = resource(answer, patient);
        put(&mut resource, "name", names);
        answer.state_patient(&key, resource, Extent::Supplement, patient.place());
    }
}

/// States who the person of another answer is, as far as it says.
pub(super) fn supplement(answer: &mut Answer<'_>, patient: &Node) -> PatientKey {
    let key = answer.patient_key(patient, "Patient_ID");
    state(answer, patient, &key, Extent::Supplement);
    key
}

fn state(answer: &mut Answer<'_>, patient: &Node, key: &PatientKey, extent: Extent) {
    let resource = resource(answer, patient);
    answer.state_patient(key, resource, extent, patient.place());
}

/// The person of a form: ID, Name, KanaName, BirthDate, Sex.
pub(super) fn of_form(answer: &mut Answer<'_>, person: &Node) -> PatientKey {
    let key = answer.patient_key(person, "ID");
    let mut resource = answer.resource("Patient", "JP_Patient");
    let problems = &mut answer.reading.problems;
    let number = person.take("ID");
    if !number.is_empty() {
        put(&mut resource, "identifier", vec![json!({"system": NUMBER, "value": number})]);
    }
    let names = [("Name", "IDE"), ("KanaName", "SYL")];
    let names = names.iter().filter_map(|(field, kind)| name(person.take(field), kind, "official"));
    put(&mut resource, "name", names.collect());
    if let Some(sex) = gender(person.take("Sex"), person.at("Sex"), problems) {
        resource.insert("gender".into(), sex.into());
    }
    if let Some(birth) = person.date("BirthDate", problems) {
        resource.insert("birthDate".into(), birth.into());
    }
    carry(&mut resource, person);
    answer.state_patient(&key, resource, Extent::Supplement, person.place());
    key
}

/// The Patient of a Patient_Information.
fn resource(answer: &mut Answer<'_>, patient: &Node) -> Resource {
    let mut resource = answer.resource("Patient", "JP_Patient");
    let problems = &mut answer.reading.problems;
    let mut identifiers = Vec::new();
    for (field, system) in
        [("Patient_ID", NUMBER.to_owned()), ("Community_Cid", format!("{CARRIED}Community_Cid"))]
    {
        let value = patient.take(field);
        if !value.is_empty() {
            identifiers.push(json!({"system": system, "value": value}));
        }
    }
    put(&mut resource, "identifier", identifiers);
    if let Some(numbers) = patient.child("Individual_Number") {
        let text = "may be the Individual Number (マイナンバー), which is never taken over";
        problems.push(Problem::new("not-mapped", numbers.place(), text));
        numbers.take_all();
    }
    let names = [
        ("WholeName", "IDE", "official"),
        ("WholeName_inKana", "SYL", "official"),
        ("NickName", "IDE", "usual"),
    ];
    let names = names.iter().filter_map(|(field, kind, usage)| name(patient.take(field), kind, usage));
    put(&mut resource, "name", names.collect());
    let home = patient.child("Home_Address_Information");
    let of_home = |field: &str| home.map_or("", |home| home.take(field));
    let telecoms = [
        ("phone", "home", of_home("PhoneNumber1")),
        ("phone", "temp", of_home("PhoneNumber2")),
        ("phone", "mobile", patient.take("CellularNumber")),
        ("fax", "home", patient.take("FaxNumber")),
        ("email", "home", patient.take("EmailAddress")),
    ];
    let telecoms = telecoms.iter().filter_map(|(system, usage, value)| telecom(system, usage, value));
    put(&mut resource, "telecom", telecoms.collect());
    let sex = gender(patient.take("Sex"), patient.at("Sex"), problems);
    if let Some(sex) = sex {
        resource.insert("gender".into(), sex.into());
    }
    if let Some(birth) = patient.date("BirthDate", problems) {
        resource.insert("birthDate".into(), birth.into());
    }
    match patient.look("Death_Flag") {
        "1" => {
            patient.take("Death_Flag");
            resource.insert("deceasedBoolean".into(), true.into());
        }
        "0" => {
            patient.take("Death_Flag");
        }
        _ => {}
    }
    put(&mut resource, "address", home.and_then(postal).into_iter().collect());
    let contacts = [
        ("WorkPlace_Information", "E", "勤務先"),
        ("Contact_Information", "C", "連絡先"),
        ("Home2_Information", "O", "帰省先"),
    ];
    let contacts = contacts.iter().flat_map(|(field, role, text)| {
        patient.records(field).filter_map(|contact| self::contact(contact, role, text)).collect::<Vec<_>>()
    });
    put(&mut resource, "contact", contacts.collect());
    if patient.look("TestPatient_Flag") == "1" {
        let test = json!({"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"});
        if let Some(tags) = resource.get_mut("meta").and_then(|meta| meta.get_mut("tag")) {
            tags.as_array_mut().into_iter().for_each(|tags| tags.push(test.clone()));
        }
    }
    carry(&mut resource, patient);
    resource
}

/// WholeAddress1 and WholeAddress2 (番地), or WholeAddress.
fn postal(node: &Node) -> Option<Value> {
    let whole = node.take("WholeAddress");
    let area = node.take("WholeAddress1");
    let area = if area.is_empty() { whole } else { area };
    address(&node.code("Address_ZipCode"), [area, node.take("WholeAddress2")])
}

fn contact(node: &Node, role: &str, text: &str) -> Option<Value> {
    let relation = node.take("Relationship");
    let relation = if relation.is_empty() { text } else { relation };
    let coding = json!({"system": "http://terminology.hl7.org/CodeSystem/v2-0131", "code": role});
    let mut contact = json!({"relationship": [{"coding": [coding], "text": relation}]});
    let map = contact.as_object_mut()?;
    let called = node.take("WholeName");
    if !called.is_empty() {
        map.insert("name".into(), json!({"text": called}));
    }
    let phones = ["PhoneNumber", "PhoneNumber1", "PhoneNumber2"];
    let phones = phones.iter().filter_map(|field| telecom("phone", "home", node.take(field)));
    put(map, "telecom", phones.collect());
    if let Some(address) = postal(node) {
        map.insert("address".into(), address);
    }
    Some(contact)
}
