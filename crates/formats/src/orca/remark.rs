//! What a registration says about the person in words: 禁忌, アレルギー, 感染症, コメント, 妊婦区分, 患者禁忌薬剤, メモ.
//!
//! The words are shown as written (`なし` too): nothing is concluded from them.

use super::answer::{Answer, carry, concept, record, subject};
use super::{act, patient};
use crate::tree::Node;
use model::reading::{Effect, PatientKey, Problem, Resource, StatedRecord};
use serde_json::{Map, json};

/// patientgetv2: beside [`of_patient`] what only this call holds; an answer without it says that there is none.
pub(super) fn of_registration(answer: &mut Answer<'_>, patient: &Node, key: &PatientKey) {
    let personal = patient.child("Personally_Information");
    let records: Vec<_> = personal.and_then(|personal| pregnancy(answer, personal)).into_iter().collect();
    answer.state(key, "orca/pregnancy".to_owned(), Effect::Stated, records);
    contraindications(answer, patient.child("Patient_Contra_Information"), key);
    of_patient(answer, patient, key);
}

/// patientgetv2 and patientmodv31: all of the patient; an answer without any says that there is none.
pub(super) fn of_patient(answer: &mut Answer<'_>, patient: &Node, key: &PatientKey) {
    let mut records = Vec::new();
    for number in 1..=2 {
        let allergies = [("Allergy", "アレルギー"), ("Contraindication", "禁忌")];
        for (word, title) in allergies {
            records.extend(allergy(answer, patient, &format!("{word}{number}"), word, title));
        }
        records.extend(infection(answer, patient, &format!("Infection{number}")));
        let field = format!("Comment{number}");
        records.extend(comment(answer, patient, &field, "コメント", &format!("orca/remark/{field}")));
    }
    answer.state(key, "orca/remark".to_owned(), Effect::Stated, records);
}

/// patientmodv37: 患者禁忌薬剤.
pub(super) fn registered_contraindications(answer: &mut Answer<'_>) {
    if !answer.is_registered() {
        return;
    }
    let node = answer.node;
    for person in node.records("Patient_Information") {
        let key = patient::supplement(answer, person);
        contraindications(answer, node.child("Patient_Contra_Information"), &key);
    }
}

/// patientlst7: メモ by department.
pub(super) fn memos(answer: &mut Answer<'_>) {
    let node = answer.node;
    node.take("Base_Date");
    for person in node.records("Patient_Information") {
        let key = patient::supplement(answer, person);
        for memo in node.records("Patient_Memo_Information") {
            // Which insurance the visit of the day has is said where the visit is.
            memo.child("Accept_Information").into_iter().for_each(Node::take_all);
            let (code, name) = (memo.look("Department_Code"), memo.look("Department_Name"));
            let set = answer.distinct(person.look("Patient_ID"), format!("orca/memo/{code}"));
            let title = if name.is_empty() { "メモ".to_owned() } else { format!("メモ（{name}）") };
            let records: Vec<_> = comment(answer, memo, "Patient_Memo", &title, &set).into_iter().collect();
            memo.take("Department_Code");
            memo.take("Department_Name");
            answer.state(&key, set, Effect::Stated, records);
        }
    }
}

fn allergy(
    answer: &Answer<'_>,
    patient: &Node,
    field: &str,
    word: &str,
    title: &str,
) -> Option<StatedRecord> {
    let text = patient.take(field);
    if text.is_empty() {
        return None;
    }
    let mut allergy = answer.resource("AllergyIntolerance", "JP_AllergyIntolerance");
    let category = concept("remark", word, title)?;
    allergy.insert(
        "extension".into(),
        json!([{"url": "urn:hakucho:orca:remark", "valueCodeableConcept": category}]),
    );
    as_told(&mut allergy);
    allergy.insert("code".into(), json!({"text": text}));
    allergy.insert("patient".into(), subject());
    if word == "Contraindication" {
        allergy.insert("note".into(), json!([{"text": title}]));
    }
    Some(record(format!("orca/remark/{field}"), allergy, patient))
}

/// Told at the reception: in force, and not examined here.
fn as_told(allergy: &mut Resource) {
    let system = "http://terminology.hl7.org/CodeSystem/allergyintolerance";
    for (element, list, code) in
        [("clinicalStatus", "clinical", "active"), ("verificationStatus", "verification", "unconfirmed")]
    {
        let coding = json!({"system": format!("{system}-{list}"), "code": code});
        allergy.insert(element.into(), json!({"coding": [coding]}));
    }
}

fn infection(answer: &Answer<'_>, patient: &Node, field: &str) -> Option<StatedRecord> {
    let text = patient.take(field);
    if text.is_empty() {
        return None;
    }
    let mut observation = answer.resource("Observation", "JP_Observation_Common");
    observation.insert("status".into(), "final".into());
    let category =
        json!({"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"});
    observation.insert("category".into(), json!([{"coding": [category]}]));
    observation.insert("code".into(), concept("remark", "Infection", "感染症")?);
    observation.insert("subject".into(), subject());
    observation.insert("valueString".into(), text.into());
    Some(record(format!("orca/remark/{field}"), observation, patient))
}

fn pregnancy(answer: &Answer<'_>, personal: &Node) -> Option<StatedRecord> {
    let text = personal.take("Pregnant_Class");
    if text.is_empty() {
        return None;
    }
    let mut observation = answer.resource("Observation", "JP_Observation_Common");
    observation.insert("status".into(), "final".into());
    let category = json!({"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "social-history"});
    observation.insert("category".into(), json!([{"coding": [category]}]));
    observation.insert("code".into(), concept("remark", "Pregnant_Class", "妊婦区分")?);
    observation.insert("subject".into(), subject());
    observation.insert("valueString".into(), text.into());
    Some(record("orca/remark/Pregnant_Class".to_owned(), observation, personal))
}

/// A text about the person as Communication.
fn comment(answer: &Answer<'_>, node: &Node, field: &str, title: &str, key: &str) -> Option<StatedRecord> {
    let text = node.take(field);
    if text.is_empty() {
        return None;
    }
    let mut communication = answer.resource("Communication", "");
    communication.insert("status".into(), "completed".into());
    communication.insert("category".into(), json!([concept("remark", field, title)?]));
    communication.insert("subject".into(), subject());
    communication.insert("payload".into(), json!([{"contentString": text}]));
    Some(record(key.to_owned(), communication, node))
}

/// Drugs the person must not get.
fn contraindications(answer: &mut Answer<'_>, list: Option<&Node>, key: &PatientKey) {
    let mut records = Vec::new();
    for drug in list.into_iter().flat_map(|list| list.records("Patient_Contra_Info")) {
        let (code, name) = (drug.code("Medication_Code"), drug.take("Medication_Name"));
        if drug.child("Patient_Result").is_some() {
            let text = "the system has a message about this entry; see the original";
            answer.reading.problems.push(Problem::new("api-warning", drug.place(), text));
        }
        let mut allergy = answer.resource("AllergyIntolerance", "JP_AllergyIntolerance");
        let problems = &mut answer.reading.problems;
        as_told(&mut allergy);
        allergy.insert("category".into(), json!(["medication"]));
        let mut concept = Map::new();
        if let Some(coding) = act::coding(&code, name) {
            concept.insert("coding".into(), json!([coding]));
        }
        concept.insert("text".into(), if name.is_empty() { code.clone() } else { name.to_owned() }.into());
        allergy.insert("code".into(), concept.into());
        allergy.insert("patient".into(), subject());
        let start = ["Contra_StartDate", "Medication_StartDate"]
            .into_iter()
            .find(|field| !drug.look(field).is_empty());
        if let Some(start) = start.and_then(|field| drug.date(field, problems)) {
            allergy.insert("onsetDateTime".into(), start.into());
        }
        // 有効終了日 is the end of the drug in the master, not of the contraindication.
        allergy.insert("note".into(), json!([{"text": "患者禁忌薬剤"}]));
        carry(&mut allergy, drug);
        let name = if code.is_empty() { name } else { &code };
        records.push(record(format!("orca/contraindication/{name}"), allergy, drug));
    }
    answer.state(key, "orca/contraindication".to_owned(), Effect::Stated, records);
}
