//! 診療行為剤内容詳細 (medicalgetv2 class 02) as MedicationRequest, MedicationAdministration and Procedure.
//!
//! The acts of one visit (day, department, number of the day) are a set. A drug code (6…) within 投薬 is a
//! MedicationRequest, within anything else (注射, 処置, 検査) a MedicationAdministration; every other code is a
//! Procedure, a material (7…) too, or a comment to the acts it stands with (001…, 008…, 8…). Points stay with the
//! act.

use super::answer::{Answer, carry, concept, department, record, subject};
use super::{coverage, patient};
use crate::tree::Node;
use model::reading::{Effect, Resource, StatedRecord};
use serde_json::{Map, Value, json};

/// レセプト電算処理システム用コード of drugs, as 電子処方箋 and JAHIS name it.
const RECEIPT_DRUG: &str = "urn:oid:1.2.392.100495.20.1.71";
/// The same of acts, materials and comments, for which FHIR JP has no system.
const RECEIPT_ACT: &str = "urn:hakucho:receipt-code";

/// Reads every act of the visit.
pub(super) fn read(answer: &mut Answer<'_>) {
    let node = answer.node;
    for person in node.records("Patient_Information") {
        let key = patient::supplement(answer, person);
        let looked = ["Perform_Date", "Department_Code", "Sequential_Number"].map(|field| node.look(field));
        let set = format!("orca/act/{}", looked.join("/"));
        let mut visit =
            Visit { day: node.date("Perform_Date", &mut answer.reading.problems), encounter: Value::Null };
        visit.encounter = visit.contained(node);
        let mut records = Vec::new();
        for (index, list) in node.records("Medical_List_Information").enumerate() {
            let number = list.look("Insurance_Combination_Number");
            let part = if number.is_empty() { index.to_string() } else { number.to_owned() };
            let insurances = coverage::beside(answer, list, &format!("{set}/{part}"));
            records.extend(coverage::file(answer, &key, insurances));
            list.take("Insurance_Combination_Number");
            for (index, group) in list.records("Medical_Information").enumerate() {
                records.extend(visit.group(answer, group, &format!("{set}/{part}/{}", index + 1)));
            }
        }
        answer.state(&key, set, Effect::Stated, records);
    }
}

/// What the acts of a visit share.
struct Visit {
    day: Option<String>,
    encounter: Value,
}

impl Visit {
    fn contained(&self, node: &Node) -> Value {
        let mut encounter = json!({"resourceType": "Encounter", "id": "encounter", "status": "finished",
            "class": {"system": model::codes::V3_ACT_CODE, "code": "AMB"}});
        let number = node.take("Sequential_Number");
        if let Some(map) = encounter.as_object_mut() {
            if let Some(service) = department(&node.code("Department_Code"), node.take("Department_Name")) {
                map.insert("serviceType".into(), service);
            }
            if !number.is_empty() {
                let identifier = json!({"system": "urn:hakucho:orca:Sequential_Number", "value": number});
                map.insert("identifier".into(), json!([identifier]));
            }
            if let Some(day) = &self.day {
                map.insert("period".into(), json!({"start": day}));
            }
        }
        encounter
    }

    /// One 剤: its drugs, or its acts with materials and comments.
    fn group(&self, answer: &mut Answer<'_>, group: &Node, key: &str) -> Vec<StatedRecord> {
        let class = group.code("Medical_Class");
        let class = concept("Medical_Class", &class, group.take("Medical_Class_Name"));
        let code = group.look("Medical_Class").to_owned();
        let medication = code.starts_with('2') && code.len() >= 2;
        let count = group.decimal("Medical_Class_Number", &mut answer.reading.problems);
        let members: Vec<&Node> =
            group.records("Medication_info").chain(group.records("Medication_Info")).collect();
        let comments: Vec<Value> = members
            .iter()
            .filter(|member| is_comment(member.look("Medication_Code")))
            .map(|member| comment(member))
            .collect();
        let mut records = Vec::new();
        for (index, member) in members.iter().enumerate() {
            if is_comment(member.look("Medication_Code")) {
                continue;
            }
            let drug = member.look("Medication_Code").starts_with('6');
            let mut resource = match (&self.day, drug) {
                (_, true) if medication => self.request(answer, member, &code, count.clone()),
                (Some(day), true) => self.administration(answer, member, day, count.clone()),
                _ => self.procedure(answer, member, count.clone()),
            };
            if let Some(class) = &class {
                let category = if drug && medication { json!([class]) } else { class.clone() };
                resource.insert("category".into(), category);
            }
            if !comments.is_empty() {
                resource.insert("note".into(), comments.clone().into());
            }
            carry(&mut resource, member);
            records.push(record(format!("{key}/{}", index + 1), resource, member));
        }
        if records.is_empty() && !comments.is_empty() {
            let mut procedure = self.bare(answer, "Procedure", "JP_Procedure");
            procedure.insert("status".into(), "completed".into());
            procedure.insert("code".into(), class.clone().unwrap_or_else(|| json!({"text": "コメント"})));
            procedure.insert("note".into(), comments.into());
            records.push(record(format!("{key}/0"), procedure, group));
        }
        // Points and what the 剤 says of itself go with its first record.
        if let Some(first) = records.first_mut() {
            carry(&mut first.resource, group);
        }
        records
    }

    fn bare(&self, answer: &Answer<'_>, kind: &str, profile: &str) -> Resource {
        let mut resource = answer.resource(kind, profile);
        resource.insert("contained".into(), json!([self.encounter]));
        resource.insert("subject".into(), subject());
        resource.insert("encounter".into(), json!({"reference": "#encounter"}));
        resource
    }

    fn request(
        &self,
        answer: &mut Answer<'_>,
        drug: &Node,
        class: &str,
        count: Option<serde_json::Number>,
    ) -> Resource {
        let mut request = self.bare(answer, "MedicationRequest", "JP_MedicationRequest");
        request.insert("status".into(), "completed".into());
        request.insert("intent".into(), "order".into());
        request.insert("medicationCodeableConcept".into(), code(drug));
        if let Some(day) = &self.day {
            request.insert("authoredOn".into(), day.clone().into());
        }
        let amount = quantity(answer, drug);
        prescribe(&mut request, class.get(..2).unwrap_or_default(), amount, count);
        request
    }

    fn administration(
        &self,
        answer: &mut Answer<'_>,
        drug: &Node,
        day: &str,
        count: Option<serde_json::Number>,
    ) -> Resource {
        let mut given = answer.resource("MedicationAdministration", "JP_MedicationAdministration");
        given.insert("contained".into(), json!([self.encounter]));
        given.insert("status".into(), "completed".into());
        given.insert("medicationCodeableConcept".into(), code(drug));
        given.insert("subject".into(), subject());
        given.insert("context".into(), json!({"reference": "#encounter"}));
        given.insert("effectiveDateTime".into(), day.into());
        if let Some(amount) = quantity(answer, drug) {
            given.insert("dosage".into(), json!({"dose": amount}));
        }
        if let Some(count) = count {
            let extension = json!({"url": "urn:hakucho:orca:Medical_Class_Number", "valueDecimal": count});
            crate::person::put(&mut given, "extension", vec![extension]);
        }
        given
    }

    fn procedure(&self, answer: &mut Answer<'_>, node: &Node, count: Option<serde_json::Number>) -> Resource {
        let mut procedure = self.bare(answer, "Procedure", "JP_Procedure");
        procedure.insert("status".into(), "completed".into());
        procedure.insert("code".into(), code(node));
        if let Some(day) = &self.day {
            procedure.insert("performedDateTime".into(), day.clone().into());
        }
        let mut extensions = Vec::new();
        if let Some(amount) = quantity(answer, node) {
            extensions.push(json!({"url": "urn:hakucho:orca:Medication_Number", "valueQuantity": amount}));
        }
        if let Some(count) = count {
            extensions.push(json!({"url": "urn:hakucho:orca:Medical_Class_Number", "valueDecimal": count}));
        }
        crate::person::put(&mut procedure, "extension", extensions);
        procedure
    }
}

/// What the amount and the number of a prescription mean follows from 診療種別区分: 21 内服 a day's amount for days,
/// 22 屯服 one dose for times, else the whole (23 外用, 24 調剤 …) as often as said.
pub(super) fn prescribe(
    request: &mut Resource,
    class: &str,
    amount: Option<Value>,
    count: Option<serde_json::Number>,
) {
    let day = json!({"value": 1, "unit": "日", "system": "http://unitsofmeasure.org", "code": "d"});
    let mut dispense = Map::new();
    let dose = match (class, amount) {
        (_, None) => None,
        ("21", Some(amount)) => Some(json!({"rateRatio": {"numerator": amount, "denominator": day}})),
        ("22", Some(amount)) => Some(json!({"doseQuantity": amount})),
        (_, Some(amount)) => {
            dispense.insert("quantity".into(), amount);
            None
        }
    };
    if let Some(dose) = dose {
        request.insert("dosageInstruction".into(), json!([{"doseAndRate": [dose]}]));
    }
    match (class, count) {
        (_, None) => {}
        ("21", Some(count)) => {
            let supply =
                json!({"value": count, "unit": "日", "system": "http://unitsofmeasure.org", "code": "d"});
            dispense.insert("expectedSupplyDuration".into(), supply);
        }
        ("22", Some(count)) => {
            dispense.insert("quantity".into(), json!({"value": count, "unit": "回分"}));
        }
        (_, Some(count)) => {
            let extension = json!({"url": "urn:hakucho:orca:Medical_Class_Number", "valueDecimal": count});
            crate::person::put(request, "extension", vec![extension]);
        }
    }
    if !dispense.is_empty() {
        request.insert("dispenseRequest".into(), dispense.into());
    }
}

/// The code and the name of a drug, act or material.
fn code(node: &Node) -> Value {
    let (code, name) = (node.code("Medication_Code"), node.take("Medication_Name"));
    let mut concept = Map::new();
    if let Some(coding) = coding(&code, name) {
        concept.insert("coding".into(), json!([coding]));
    }
    concept.insert("text".into(), if name.is_empty() { code } else { name.to_owned() }.into());
    concept.into()
}

/// A code of nine digits in its system.
pub(super) fn coding(code: &str, name: &str) -> Option<Value> {
    if code.is_empty() {
        return None;
    }
    let system = if code.starts_with('6') && code.len() == 9 { RECEIPT_DRUG } else { RECEIPT_ACT };
    let mut coding = json!({"system": system, "code": code});
    if let (false, Some(coding)) = (name.is_empty(), coding.as_object_mut()) {
        coding.insert("display".into(), name.into());
    }
    Some(coding)
}

/// 数量 with its unit.
fn quantity(answer: &mut Answer<'_>, node: &Node) -> Option<Value> {
    let number = node.decimal("Medication_Number", &mut answer.reading.problems)?;
    let mut quantity = Map::from_iter([("value".to_owned(), Value::from(number))]);
    let (unit, code) = (node.take("Unit_Code_Name"), node.take("Unit_Code"));
    if !unit.is_empty() {
        quantity.insert("unit".into(), unit.into());
    }
    if !code.is_empty() && code != "000" {
        quantity.insert("system".into(), "urn:hakucho:orca:Unit_Code".into());
        quantity.insert("code".into(), code.into());
    }
    Some(quantity.into())
}

/// 用法 (001), 部位 (002), コメント (008, 8) and 包括 marks (0999…) are no act of their own.
fn is_comment(code: &str) -> bool {
    ["001", "002", "008", "8", "0999"].iter().any(|start| code.starts_with(start))
}

/// A comment with its code and what was entered into it.
fn comment(node: &Node) -> Value {
    let code = node.code("Medication_Code");
    let mut text = node.take("Medication_Name").to_owned();
    let entered = node.take("Medication_Name_Input_Value");
    if !entered.is_empty() && !text.contains(entered) {
        text = format!("{text} {entered}");
    }
    let mut extensions = node.carry(super::answer::CARRIED);
    if let Some(coding) = coding(&code, "") {
        extensions.insert(0, json!({"url": "urn:hakucho:orca:Medication_Code", "valueCoding": coding}));
    }
    json!({"extension": extensions, "text": if text.is_empty() { code } else { text }})
}
