//! 受付 (acceptlstv2, acceptmodv2), 予約 (appointlstv2, appointlst2v2, appointmodv2), 受診履歴 (medicalgetv2 class 01) and
//! 入院中 of a registration as Encounter and Appointment.

use super::answer::{Answer, carry, concept, department, moment, record, subject};
use super::{coverage, patient};
use crate::tree::Node;
use model::codes::V3_ACT_CODE;
use model::reading::{Effect, PatientKey, Resource};
use serde_json::{Map, Value, json};

/// acceptlstv2: one patient each.
pub(super) fn acceptances(answer: &mut Answer<'_>) {
    let node = answer.node;
    let day = node.date("Acceptance_Date", &mut answer.reading.problems).unwrap_or_default();
    for visit in node.records("Acceptlst_Information") {
        accept(answer, visit, &day, Effect::Stated);
    }
}

/// acceptmodv2: one acceptance, registered, changed or deleted (受付削除終了).
pub(super) fn acceptance(answer: &mut Answer<'_>) {
    let effect = if answer.says("削除") { Effect::Deleted } else { Effect::Stated };
    let node = answer.node;
    let day = node.date("Acceptance_Date", &mut answer.reading.problems).unwrap_or_default();
    accept(answer, node, &day, effect);
}

fn accept(answer: &mut Answer<'_>, node: &Node, day: &str, effect: Effect) {
    let Some(person) = node.child("Patient_Information") else { return };
    let id = node.look("Acceptance_Id");
    let id = if id.is_empty() {
        format!("{}-{}", node.look("Acceptance_Time"), node.look("Department_Code"))
    } else {
        id.to_owned()
    };
    let set = answer.distinct(person.look("Patient_ID"), format!("orca/acceptance/{day}/{id}"));
    let mut coverages = coverage::beside(answer, node, &set);
    coverages.extend(coverage::beside(answer, person, &set));
    let key = patient::supplement(answer, person);
    let mut encounter = encounter(answer, node, "AMB");
    let time = node.take("Acceptance_Time");
    // Until the account is closed (会計時間) the visit goes on.
    let closed = node.take("Account_Time");
    let status = if closed.is_empty() { "arrived" } else { "finished" };
    encounter.insert("status".into(), status.into());
    let mut period = Map::new();
    if !day.is_empty() {
        period.insert("start".into(), moment(day, time).into());
        if !closed.is_empty() {
            period.insert("end".into(), moment(day, closed).into());
        }
    }
    finish(&mut encounter, node, "Acceptance_Id", period);
    let mut records = vec![record(set.clone(), encounter, node)];
    records.extend(coverage::file(answer, &key, coverages));
    answer.state(&key, set, effect, records);
}

/// medicalgetv2 class 01: days on which the patient was seen.
pub(super) fn history(answer: &mut Answer<'_>) {
    let node = answer.node;
    for person in node.records("Patient_Information") {
        let key = patient::supplement(answer, person);
        for visit in node.records("Medical_List_Information") {
            let looked =
                ["Perform_Date", "Department_Code", "Sequential_Number"].map(|field| visit.look(field));
            let set = answer.distinct(person.look("Patient_ID"), format!("orca/visit/{}", looked.join("/")));
            let insurances = coverage::beside(answer, visit, &set);
            let mut records = coverage::file(answer, &key, insurances);
            let mut encounter = encounter(answer, visit, "AMB");
            encounter.insert("status".into(), "finished".into());
            let day = visit.date("Perform_Date", &mut answer.reading.problems);
            let period = day.map(|day| Map::from_iter([("start".to_owned(), Value::from(day))]));
            finish(&mut encounter, visit, "Invoice_Number", period.unwrap_or_default());
            records.insert(0, record(set.clone(), encounter, visit));
            answer.state(&key, set, Effect::Stated, records);
        }
    }
}

/// visitptlstv2 request 01: who was seen on a day. The same visit as in medicalgetv2.
pub(super) fn seen(answer: &mut Answer<'_>) {
    let node = answer.node;
    let day = node.date("Visit_Date", &mut answer.reading.problems).unwrap_or_default();
    for visit in node.records("Visit_List_Information") {
        let Some(person) = visit.child("Patient_Information") else { continue };
        let [department, number] = ["Department_Code", "Sequential_Number"].map(|field| visit.look(field));
        let set = format!("orca/visit/{day}/{department}/{number}");
        let set = answer.distinct(person.look("Patient_ID"), set);
        let insurances = coverage::beside(answer, visit, &set);
        let key = patient::supplement(answer, person);
        let mut records = coverage::file(answer, &key, insurances);
        let mut encounter = encounter(answer, visit, "AMB");
        encounter.insert("status".into(), "finished".into());
        finish(
            &mut encounter,
            visit,
            "Voucher_Number",
            Map::from_iter([("start".to_owned(), day.clone().into())]),
        );
        records.insert(0, record(set.clone(), encounter, visit));
        answer.state(&key, set, Effect::Stated, records);
    }
}

/// Outpatient_Class 1 with 入院日 in patientgetv2: the patient is in hospital.
pub(super) fn admission(answer: &mut Answer<'_>, person: &Node, key: &PatientKey) {
    let mut records = Vec::new();
    if !person.look("Admission_Date").is_empty() {
        let problems = &mut answer.reading.problems;
        let start = person.date("Admission_Date", problems);
        let end = person.end_date("Discharge_Date", problems);
        let mut encounter = class(answer.resource("Encounter", "JP_Encounter"), "IMP");
        let status = if end.is_some() { "finished" } else { "in-progress" };
        encounter.insert("status".into(), status.into());
        encounter.insert("subject".into(), subject());
        let mut period = Map::new();
        for (edge, day) in [("start", start), ("end", end)] {
            if let Some(day) = day {
                period.insert(edge.into(), day.into());
            }
        }
        if !period.is_empty() {
            encounter.insert("period".into(), period.into());
        }
        records.push(record("orca/in-hospital".to_owned(), encounter, person));
    }
    answer.state(key, "orca/in-hospital".to_owned(), Effect::Stated, records);
}

/// appointlstv2 (a day, many patients) and appointlst2v2 (a patient, many days).
pub(super) fn appointments(answer: &mut Answer<'_>) {
    let node = answer.node;
    node.take("Base_Date");
    let day = node.date("Appointment_Date", &mut answer.reading.problems);
    let mut of_all = None;
    if let Some(person) = node.child("Patient_Information") {
        of_all = Some(patient::supplement(answer, person));
    }
    for appointment in node.records("Appointlst_Information") {
        let own = appointment.child("Patient_Information");
        appoint(answer, appointment, own, of_all.clone(), day.clone(), Effect::Stated);
    }
}

/// appointmodv2: one appointment, made or cancelled.
pub(super) fn appointment(answer: &mut Answer<'_>) {
    let effect = if ["削除", "取消"].iter().any(|word| answer.says(word)) {
        Effect::Deleted
    } else {
        Effect::Stated
    };
    let node = answer.node;
    let day = node.date("Appointment_Date", &mut answer.reading.problems);
    appoint(answer, node, node.child("Patient_Information"), None, day, effect);
}

fn appoint(
    answer: &mut Answer<'_>,
    node: &Node,
    own: Option<&Node>,
    of_all: Option<PatientKey>,
    day: Option<String>,
    effect: Effect,
) {
    let day = node.date("Appointment_Date", &mut answer.reading.problems).or(day).unwrap_or_default();
    let time = node.look("Appointment_Time");
    let id = match node.look("Appointment_Id") {
        "" => format!("{time}-{}-{}", node.look("Department_Code"), node.look("Physician_Code")),
        id => id.to_owned(),
    };
    let number = own.map_or("", |person| person.look("Patient_ID"));
    let set = answer.distinct(number, format!("orca/appointment/{day}/{id}"));
    let mut coverages = Vec::new();
    if let Some(person) = own {
        coverages = coverage::beside(answer, person, &set);
    }
    let key = match (own, of_all) {
        (Some(person), _) => patient::supplement(answer, person),
        (None, Some(key)) => key,
        (None, None) => return,
    };
    let mut appointment = answer.resource("Appointment", "");
    let came = node.take("Visit_Information") == "1";
    appointment.insert("status".into(), if came { "fulfilled" } else { "booked" }.into());
    let id = node.take("Appointment_Id");
    if !id.is_empty() {
        let identifier = json!({"system": "urn:hakucho:orca:Appointment_Id", "value": id});
        appointment.insert("identifier".into(), json!([identifier]));
    }
    if let Some(service) = department_of(node) {
        appointment.insert("specialty".into(), json!([service]));
    }
    if let Some(kind) = purpose(node) {
        appointment.insert("serviceType".into(), json!([kind]));
    }
    let start = moment(&day, node.take("Appointment_Time"));
    // FHIR wants both ends or none (app-2); the API has no end.
    let unknown = json!({"extension": [{
        "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown",
    }]});
    appointment.insert("_end".into(), unknown.clone());
    if start.len() > 10 {
        appointment.insert("start".into(), start.into());
    } else {
        appointment.insert("_start".into(), unknown);
    }
    if !appointment.contains_key("start") && !day.is_empty() {
        // An instant needs a time of day; the day alone is kept beside.
        let extension = json!({"url": "urn:hakucho:orca:Appointment_Date", "valueDate": day});
        appointment.insert("extension".into(), json!([extension]));
    }
    let note = node.take("Appointment_Note");
    if !note.is_empty() {
        appointment.insert("comment".into(), note.into());
    }
    let mut participants = vec![json!({"actor": subject(), "status": "accepted"})];
    participants.extend(doctor(node).map(|doctor| json!({"actor": doctor, "status": "accepted"})));
    appointment.insert("participant".into(), participants.into());
    carry(&mut appointment, node);
    let mut records = vec![record(set.clone(), appointment, node)];
    records.extend(coverage::file(answer, &key, coverages));
    answer.state(&key, set, effect, records);
}

/// An Encounter with class, who and where; its status and period are the caller's.
pub(super) fn encounter(answer: &Answer<'_>, node: &Node, code: &str) -> Resource {
    let mut encounter = class(answer.resource("Encounter", "JP_Encounter"), code);
    if let Some(kind) = purpose(node) {
        encounter.insert("type".into(), json!([kind]));
    }
    if let Some(service) = department_of(node) {
        encounter.insert("serviceType".into(), service);
    }
    encounter.insert("subject".into(), subject());
    if let Some(doctor) = doctor(node) {
        encounter.insert("participant".into(), json!([{"individual": doctor}]));
    }
    encounter
}

fn class(mut encounter: Resource, code: &str) -> Resource {
    encounter.insert("class".into(), json!({"system": V3_ACT_CODE, "code": code}));
    encounter
}

/// The period, the number under its own name, and the rest.
fn finish(encounter: &mut Resource, node: &Node, number: &str, period: Map<String, Value>) {
    let value = node.take(number);
    if !value.is_empty() {
        let identifier = json!({"system": format!("urn:hakucho:orca:{number}"), "value": value});
        encounter.insert("identifier".into(), json!([identifier]));
    }
    if !period.is_empty() {
        encounter.insert("period".into(), period.into());
    }
    carry(encounter, node);
}

/// 診療内容区分 with its name: the common ones, or as the answer calls it.
fn purpose(node: &Node) -> Option<Value> {
    let (code, name) = (node.code("Medical_Information"), node.take("Medical_Information_WholeName"));
    let known = match code.as_str() {
        "01" => "診察１",
        "02" => "薬のみ",
        "03" => "注射のみ",
        "04" => "検査のみ",
        "05" => "リハビリテーション",
        "06" => "健康診断",
        "07" => "予防注射",
        "99" => "該当なし",
        _ => "",
    };
    concept("Medical_Information", &code, if name.is_empty() { known } else { name })
}

fn department_of(node: &Node) -> Option<Value> {
    let (whole, name) = (node.take("Department_WholeName"), node.take("Department_Name"));
    department(&node.code("Department_Code"), if whole.is_empty() { name } else { whole })
}

/// Physician_Code and Physician_WholeName as a reference by name.
pub(super) fn doctor(node: &Node) -> Option<Value> {
    person(node.take("Physician_Code"), node.take("Physician_WholeName"))
}

/// A doctor by the facility's code and name.
pub(super) fn person(code: &str, name: &str) -> Option<Value> {
    let mut reference = Map::new();
    if !code.is_empty() {
        reference.insert("type".into(), "Practitioner".into());
        reference
            .insert("identifier".into(), json!({"system": "urn:hakucho:orca:Physician_Code", "value": code}));
    }
    let name = if name.is_empty() { code } else { name };
    if !name.is_empty() {
        reference.insert("display".into(), name.into());
    }
    (!reference.is_empty()).then(|| reference.into())
}
