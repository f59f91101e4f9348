//! 介護保険 and 要介護認定 (patientgetv2 Care_Information, patientmodv36) as Coverage and Observation.

use super::answer::{Answer, carry, concept, record, subject};
use super::patient;
use crate::insurance::{Insurance, Scheme};
use crate::tree::Node;
use model::reading::{Effect, PatientKey, Problem, StatedRecord};
use serde_json::{Map, json};

/// patientgetv2: all of the patient; an answer without any says that there is none.
pub(super) fn of_patient(answer: &mut Answer<'_>, patient: &Node, key: &PatientKey) {
    let care: Vec<&Node> = patient.records("Care_Information").collect();
    let mut insurances = Vec::new();
    let mut levels = Vec::new();
    for care in care {
        for insurance in care.records("Insurance") {
            insurances.push(coverage(answer, insurance));
        }
        for certification in care.records("Certification") {
            levels.push(level(answer, certification));
        }
    }
    answer.state(key, "orca/care-insurance".to_owned(), Effect::Stated, insurances);
    answer.state(key, "orca/care-level".to_owned(), Effect::Stated, levels);
}

/// patientmodv36: the care insurances or the certifications, whichever the dialogue is about.
pub(super) fn registered(answer: &mut Answer<'_>) {
    if !answer.is_registered() {
        return;
    }
    let node = answer.node;
    for person in node.records("Patient_Information") {
        let key = patient::supplement(answer, person);
        if let Some(list) = node.child("Care_Insurance_Information") {
            let records =
                list.records("Care_Insurance_Info").map(|each| coverage(answer, each)).collect::<Vec<_>>();
            answer.state(&key, "orca/care-insurance".to_owned(), Effect::Stated, records);
        }
        if let Some(list) = node.child("Care_Certification_Information") {
            let records =
                list.records("Certification_Info").map(|each| level(answer, each)).collect::<Vec<_>>();
            answer.state(&key, "orca/care-level".to_owned(), Effect::Stated, records);
        }
    }
    if let Some(messages) = node.child("Patient_Message_Information") {
        let text = "messages about the entry; see the original";
        answer.reading.problems.push(Problem::new("api-warning", messages.place(), text));
        messages.take_all();
    }
}

fn coverage(answer: &mut Answer<'_>, node: &Node) -> StatedRecord {
    let mut coverage = answer.resource("Coverage", "JP_Coverage");
    let (insurer, start) = (node.look("InsuranceProvider_Number"), node.look("Certificate_StartDate"));
    let key = format!("orca/care-insurance/{insurer}/{start}");
    let problems = &mut answer.reading.problems;
    Insurance {
        scheme: Scheme::Care,
        insurer: node.code("InsuranceProvider_Number"),
        number: node.take("HealthInsuredPerson_Number"),
        start: node.date("Certificate_StartDate", problems),
        end: node.end_date("Certificate_ExpiredDate", problems),
        ..Insurance::default()
    }
    .fill(&mut coverage);
    carry(&mut coverage, node);
    record(key, coverage, node)
}

fn level(answer: &mut Answer<'_>, node: &Node) -> StatedRecord {
    let mut observation = answer.resource("Observation", "JP_Observation_Common");
    let (certified, start) = (node.look("Certification_Date"), node.look("Certificate_StartDate"));
    let key = format!("orca/care-level/{certified}/{start}");
    let problems = &mut answer.reading.problems;
    observation.insert("status".into(), "final".into());
    let category = json!({"system": "urn:hakucho:category", "code": "care", "display": "介護"});
    observation.insert("category".into(), json!([{"coding": [category]}]));
    observation.insert("code".into(), json!({"text": "要介護状態区分"}));
    observation.insert("subject".into(), subject());
    let mut period = Map::new();
    let edges = [
        ("start", node.date("Certificate_StartDate", problems)),
        ("end", node.end_date("Certificate_ExpiredDate", problems)),
    ];
    for (edge, day) in edges {
        if let Some(day) = day {
            period.insert(edge.into(), day.into());
        }
    }
    if !period.is_empty() {
        observation.insert("effectivePeriod".into(), period.into());
    }
    let (code, name) = (node.code("Need_Care_State_Code"), node.take("Need_Care_State"));
    if let Some(value) = concept("Need_Care_State_Code", &code, name) {
        observation.insert("valueCodeableConcept".into(), value);
    }
    carry(&mut observation, node);
    record(key, observation, node)
}
