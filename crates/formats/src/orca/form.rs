//! Forms as data: 処方せん (prescriptionv2, `shohosen…`) and お薬手帳 (medicinenotebookv2, `okusuri_techo`), also as
//! formdatagetv2 gives them again.
//!
//! One form is a set: what was prescribed on a day. The number of a slip (Invoice_Number) tells slips of a day apart
//! where the form has it; forms that are alike in everything else are numbered. Other forms are named. Whether
//! the clinic or a pharmacy handed the drugs out is not said, so both forms are what was prescribed.

use super::answer::{Answer, carry, concept, department, record, subject};
use super::{act, coverage, patient, visit};
use crate::tree::Node;
use model::codes;
use model::reading::{Effect, PatientKey, Problem, Resource, StatedRecord};
use serde_json::{Map, Value, json};

/// 保険医療機関コード, 10 digits: prefecture 2, score table 1, number 7.
const INSTITUTION: &str = "http://jpfhir.jp/fhir/core/IdSystem/insurance-medical-institution-no";

/// Reads every form of the answer.
pub(super) fn read(answer: &mut Answer<'_>) {
    let node = answer.node;
    let form = node.take("Form_ID").to_owned();
    let kind = if form.starts_with("shohosen") {
        "prescription"
    } else if form.starts_with("okusuri") {
        "notebook"
    } else {
        let text = "a form this reader does not know; nothing of it was read";
        answer.reading.problems.push(Problem::new("unknown-call", "Form_ID", text));
        node.take_all();
        return;
    };
    for word in ["Form_Name", "Print_Date", "Print_Time"] {
        node.take(word);
    }
    let mut people: Vec<PatientKey> = Vec::new();
    let outer_person = node.child("Patient");
    if let Some(person) = outer_person {
        people.push(patient::of_form(answer, person));
    }
    for outer in node.records("Forms") {
        let data = outer.child("data").unwrap_or(outer);
        let key = match data.child("Patient") {
            Some(person) => {
                if outer_person.is_some_and(|outer| outer.says_the_same(person)) {
                    person.take_all();
                    answer.patient_key(person, "ID")
                } else {
                    let key = patient::of_form(answer, person);
                    if !people.is_empty() && !people.contains(&key) {
                        let text =
                            "the form is about another person than the answer; each is read for themselves";
                        answer.reading.problems.push(Problem::new("several-patients", person.place(), text));
                    }
                    key
                }
            }
            None => people.first().cloned().unwrap_or(PatientKey::Nobody),
        };
        let number = data.child("Patient").map_or("", |person| person.look("ID"));
        let set = answer.distinct(number, set(data, kind));
        let records = records(answer, data, &key, &set);
        answer.state(&key, set, Effect::Stated, records);
    }
}

fn set(data: &Node, kind: &str) -> String {
    let day = data.look("Perform_Date");
    let slip = data.look("Invoice_Number");
    if !slip.is_empty() {
        return format!("orca/{kind}/{day}/slip-{slip}");
    }
    let doctor = data.child("Doctor").map_or("", |doctor| doctor.look("Code"));
    let insurance = data.child("Insurance_Combination_Information").map_or("", |each| each.look("Number"));
    format!("orca/{kind}/{day}/{}/{doctor}/{insurance}", data.look("Department_Code"))
}

fn records(answer: &mut Answer<'_>, data: &Node, key: &PatientKey, set: &str) -> Vec<StatedRecord> {
    data.take("Form_ID");
    data.take("Printer");
    data.take("EditPageNumber_Flg");
    let problems = &mut answer.reading.problems;
    let performed = data.date("Perform_Date", problems);
    let issued = data.date("IssuedDate", problems).or_else(|| performed.clone());
    let mut contained = vec![encounter(data, performed.as_deref())];
    contained.extend(hospital(data));
    let doctor =
        data.child("Doctor").and_then(|doctor| visit::person(doctor.take("Code"), doctor.take("Name")));
    let memo: Vec<&str> = ["Memo", "Memo2"].iter().flat_map(|field| data.texts(field)).collect();
    let insurances = coverage::of_form(answer, data, set);
    let mut records = coverage::file(answer, key, insurances);
    let mut first = records.len();
    for (place, rp) in data.records("Rp").enumerate() {
        for each in group(answer, rp, &format!("{set}/rp{}", place + 1)) {
            let mut each = each;
            let request = &mut each.resource;
            request.insert("contained".into(), contained.clone().into());
            request.insert("encounter".into(), json!({"reference": "#encounter"}));
            if let Some(day) = &issued {
                request.insert("authoredOn".into(), day.clone().into());
            }
            if let Some(doctor) = &doctor {
                request.insert("requester".into(), doctor.clone());
            }
            records.push(each);
        }
    }
    if records.len() == first {
        let text = "a form without a drug";
        answer.reading.problems.push(Problem::new("empty", data.place(), text));
        first = usize::MAX;
    }
    if let Some(request) = records.get_mut(first).map(|record| &mut record.resource) {
        if !memo.is_empty() {
            crate::person::put(request, "note", vec![json!({"text": memo.join("\n")})]);
        }
        carry(request, data);
    }
    records
}

/// One Rp: its drugs, with the usages and comments that stand among them.
fn group(answer: &mut Answer<'_>, rp: &Node, key: &str) -> Vec<StatedRecord> {
    let class = rp.code("Medical_Class");
    let count = rp.decimal("Count", &mut answer.reading.problems);
    let unit = rp.take("Unit_Name").to_owned();
    let members: Vec<&Node> = rp.records("Medication").collect();
    let is_drug = |member: &Node| {
        let code = member.look("Code");
        code.is_empty() || code.starts_with('6') || code.starts_with('7')
    };
    let words: Vec<Value> = members
        .iter()
        .filter(|member| !is_drug(member))
        .map(|member| {
            let (code, name) = (member.code("Code"), member.take("Name"));
            for word in ["Generic_Flg", "Amount", "Unit_Name"] {
                if matches!(member.look(word), "" | "0") {
                    member.take(word);
                }
            }
            let mut concept = json!({"text": name});
            if let (Some(coding), Some(map)) = (act::coding(&code, name), concept.as_object_mut()) {
                map.insert("coding".into(), json!([coding]));
                crate::person::put(map, "extension", member.carry(super::answer::CARRIED));
            }
            concept
        })
        .collect();
    let mut records = Vec::new();
    for (index, member) in members.iter().enumerate() {
        if !is_drug(member) {
            continue;
        }
        let mut request = answer.resource("MedicationRequest", "JP_MedicationRequest");
        request.insert("status".into(), "completed".into());
        request.insert("intent".into(), "order".into());
        request.insert("subject".into(), subject());
        request.insert("medicationCodeableConcept".into(), drug(member));
        let amount = member.decimal("Amount", &mut answer.reading.problems).map(|value| {
            let mut quantity = Map::from_iter([("value".to_owned(), Value::from(value))]);
            let unit = member.take("Unit_Name");
            if !unit.is_empty() {
                quantity.insert("unit".into(), unit.into());
            }
            Value::from(quantity)
        });
        act::prescribe(&mut request, meaning(&class, &unit), amount, count.clone());
        counted(&mut request, &unit);
        if let Some(category) = concept("Medical_Class", &class, "") {
            request.insert("category".into(), json!([category]));
        }
        directed(&mut request, &words);
        carry(&mut request, member);
        records.push(record(format!("{key}/{}", index + 1), request, member));
    }
    if records.is_empty() && !words.is_empty() {
        let mut request = answer.resource("MedicationRequest", "JP_MedicationRequest");
        request.insert("status".into(), "completed".into());
        request.insert("intent".into(), "order".into());
        request.insert("subject".into(), subject());
        request.insert("medicationCodeableConcept".into(), json!({"text": "(薬剤の記載なし)"}));
        directed(&mut request, &words);
        records.push(record(format!("{key}/0"), request, rp));
    }
    if let Some(first) = records.first_mut() {
        carry(&mut first.resource, rp);
    }
    records
}

/// What amount and number mean: as their unit says (日分, 回分, 調剤), else as 診療種別区分 does.
fn meaning<'a>(class: &'a str, unit: &str) -> &'a str {
    match unit {
        "" => class.get(..2).unwrap_or_default(),
        _ if unit.contains('日') => "21",
        _ if unit.contains('回') => "22",
        _ => "",
    }
}

/// The unit of the number of days or times as written.
fn counted(request: &mut Resource, unit: &str) {
    if unit.is_empty() {
        return;
    }
    let extension = json!({"url": "urn:hakucho:orca:Rp.Unit_Name", "valueString": unit});
    crate::person::put(request, "extension", vec![extension]);
}

/// Usages and comments as text and instructions of the dosage.
fn directed(request: &mut Resource, words: &[Value]) {
    if words.is_empty() {
        return;
    }
    let texts: Vec<&str> =
        words.iter().filter_map(|word| word.get("text")).filter_map(Value::as_str).collect();
    let list = request.entry("dosageInstruction").or_insert_with(|| json!([{}]));
    if let Some(dosage) = list.get_mut(0).and_then(Value::as_object_mut) {
        dosage.insert("text".into(), texts.join(" ").into());
        dosage.insert("additionalInstruction".into(), words.to_vec().into());
    }
}

/// The drug: its code of the claims, and the general name it was prescribed by.
fn drug(member: &Node) -> Value {
    let (code, name, generic) = (member.code("Code"), member.take("Name"), member.code("Generic_Code"));
    let mut codings: Vec<Value> = act::coding(&code, name).into_iter().collect();
    if !generic.is_empty() {
        // 一般名処方マスタ: the code of a general name ends in ZZZ and a check digit; else it is a drug's (YJ).
        let system = if generic.contains("ZZZ") { codes::GENERAL_NAME } else { codes::YJ };
        codings.push(json!({"system": system, "code": generic}));
    }
    let mut concept = Map::new();
    if !codings.is_empty() {
        concept.insert("coding".into(), codings.into());
    }
    concept.insert("text".into(), if name.is_empty() { code } else { name.to_owned() }.into());
    concept.into()
}

fn encounter(data: &Node, day: Option<&str>) -> Value {
    let mut encounter = json!({"resourceType": "Encounter", "id": "encounter", "status": "finished",
        "class": {"system": codes::V3_ACT_CODE, "code": "AMB"}});
    if let Some(map) = encounter.as_object_mut() {
        if let Some(service) = department(&data.code("Department_Code"), data.take("Department_Name")) {
            map.insert("serviceType".into(), service);
        }
        let slip = data.take("Invoice_Number");
        if !slip.is_empty() {
            let identifier = json!({"system": "urn:hakucho:orca:Invoice_Number", "value": slip});
            map.insert("identifier".into(), json!([identifier]));
        }
        if data.child("Hospital").is_some() {
            map.insert("serviceProvider".into(), json!({"reference": "#hospital"}));
        }
        if let Some(day) = day {
            map.insert("period".into(), json!({"start": day}));
        }
    }
    encounter
}

/// The clinic as a contained Organization.
fn hospital(data: &Node) -> Option<Value> {
    let hospital = data.child("Hospital")?;
    let mut organization = Map::new();
    organization.insert("resourceType".into(), "Organization".into());
    organization.insert("id".into(), "hospital".into());
    let (prefecture, code) = (hospital.code("Prefectures_Number"), hospital.code("Code"));
    if prefecture.len() == 2 && code.len() == 7 {
        let identifier = json!({"system": INSTITUTION, "value": format!("{prefecture}1{code}")});
        organization.insert("identifier".into(), json!([identifier]));
    } else {
        for (name, value) in [("Prefectures_Number", &prefecture), ("Code", &code)] {
            if !value.is_empty() {
                let url = format!("urn:hakucho:orca:Hospital.{name}");
                crate::person::put(
                    &mut organization,
                    "extension",
                    vec![json!({"url": url, "valueString": value})],
                );
            }
        }
    }
    let name = hospital.texts("Name").join(" ");
    if !name.is_empty() {
        organization.insert("name".into(), name.into());
    }
    let phones = [("phone", "PhoneNumber"), ("fax", "FaxNumber")];
    let phones =
        phones.iter().filter_map(|(kind, field)| crate::person::telecom(kind, "work", hospital.take(field)));
    crate::person::put(&mut organization, "telecom", phones.collect());
    let address =
        crate::person::address(&hospital.code("ZipCode"), [&hospital.texts("Address").join(" "), ""]);
    crate::person::put(&mut organization, "address", address.into_iter().collect());
    Some(organization.into())
}
