//! 入院患者基本情報 (hsptinfv2) as Encounter: one for each stay.
//!
//! A value is a record `{Label, Data, Name}` (項目の名称, コード, 内容); with an admission date the call answers only
//! the stays of that day, so each stay is a set of its own.

use super::answer::{Answer, carry, concept, department, record};
use super::{coverage, patient, visit};
use crate::tree::Node;
use model::reading::Effect;
use serde_json::{Map, json};

/// Reads every stay.
pub(super) fn read(answer: &mut Answer<'_>) {
    let node = answer.node;
    for person in node.records("Patient_Information") {
        let key = patient::supplement(answer, person);
        for stay in node.records("Hospital_Stay_Infomation") {
            let set = format!("orca/stay/{}/{}", stay.look("Admission_Date"), stay.look("History_Number"));
            let set = answer.distinct(person.look("Patient_ID"), set);
            let insurances = coverage::beside(answer, stay, &set);
            let mut records = coverage::file(answer, &key, insurances);
            let mut encounter = visit::encounter(answer, stay, "IMP");
            let problems = &mut answer.reading.problems;
            let start = stay.date("Admission_Date", problems);
            let end = stay.end_date("Discharge_Date", problems);
            let status = if end.is_some() { "finished" } else { "in-progress" };
            encounter.insert("status".into(), status.into());
            let mut period = Map::new();
            for (edge, day) in [("start", start), ("end", end)] {
                if let Some(day) = day {
                    period.insert(edge.into(), day.into());
                }
            }
            if !period.is_empty() {
                encounter.insert("period".into(), period.into());
            }
            let number = stay.take("History_Number");
            if !number.is_empty() {
                let identifier = json!({"system": "urn:hakucho:orca:History_Number", "value": number});
                encounter.insert("identifier".into(), json!([identifier]));
            }
            if let Some([code, name]) = value(stay, "Department_Code")
                && let Some(service) = department(code, name)
            {
                encounter.insert("serviceType".into(), service);
            }
            let doctors = stay.records("Doctor").filter_map(|doctor| {
                doctor.take("Label");
                visit::person(doctor.take("Data"), doctor.take("Name"))
            });
            let participants: Vec<_> = doctors.map(|doctor| json!({"individual": doctor})).collect();
            if !participants.is_empty() {
                encounter.insert("participant".into(), participants.into());
            }
            let mut place = Vec::new();
            for field in ["Ward_Name", "Room_Number"] {
                if let Some([text, _]) = value(stay, field) {
                    place.push(text);
                }
            }
            if !place.is_empty() {
                encounter.insert("location".into(), json!([{"location": {"display": place.join(" ")}}]));
            }
            if let Some([code, name]) = value(stay, "Discharge_Type")
                && let Some(disposition) = concept("Discharge_Type", code, name)
            {
                encounter.insert("hospitalization".into(), json!({"dischargeDisposition": disposition}));
            }
            carry(&mut encounter, stay);
            records.insert(0, record(set.clone(), encounter, stay));
            answer.state(&key, set, Effect::Stated, records);
        }
    }
}

/// Data and Name of a value; its Label says again what its name says.
fn value<'a>(stay: &'a Node, field: &str) -> Option<[&'a str; 2]> {
    let value = stay.child(field)?;
    value.take("Label");
    Some([value.take("Data"), value.take("Name")])
}
