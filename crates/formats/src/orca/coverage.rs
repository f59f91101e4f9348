//! Insurances (保険組合せ, 医療保険, 公費, 労災・自賠責) as Coverage (JP_Coverage).
//!
//! A 保険組合せ is one insurance with its public expenses; each part is a Coverage of its own, keyed by the number
//! of the combination. Calls that list insurances by their own numbers (patientmodv32, v33, patientlst2) have
//! sets of their own.

use super::answer::{Answer, carry, coding, record};
use super::patient;
use crate::insurance::{Insurance, Scheme};
use crate::tree::Node;
use model::reading::{Effect, PatientKey, Problem, StatedRecord};

/// patientgetv2: every combination of the patient; an answer without one says that there is none.
pub(super) fn combinations(answer: &mut Answer<'_>, patient: &Node, key: &PatientKey) {
    let mut records = Vec::new();
    for (index, combination) in patient.records("HealthInsurance_Information").enumerate() {
        records.extend(one(answer, combination, "orca/coverage", index));
    }
    answer.state(key, "orca/coverage".to_owned(), Effect::Stated, records);
}

/// patientlst2, patientlst3: insurances and public expenses, not combined.
pub(super) fn of_list(answer: &mut Answer<'_>, patient: &Node, key: &PatientKey) {
    let mut records = Vec::new();
    for (index, insurance) in patient.records("HealthInsurance_Information").enumerate() {
        records.extend(one(answer, insurance, "orca/insurance-list", index));
    }
    for (index, public) in patient.records("PublicInsurance_Information").enumerate() {
        records.push(expense(answer, public, &format!("orca/insurance-list/public/{index}")));
    }
    answer.state(key, "orca/insurance-list".to_owned(), Effect::Stated, records);
}

/// patientlst6: the combinations of one patient, all or those of a day, which the answer does not tell: each is a
/// set of its own.
pub(super) fn of_answer(answer: &mut Answer<'_>, key: &PatientKey) {
    let node = answer.node;
    for (index, combination) in node.records("HealthInsurance_Information").enumerate() {
        let records = one(answer, combination, COMBINATION, index);
        if let Some(set) = records.first().map(|record| record.key.clone()) {
            answer.state(key, set, Effect::Stated, records);
        }
    }
}

/// patientmodv32 and v33: the register of insurances, public expenses and accident insurances, and the combinations.
pub(super) fn registered(answer: &mut Answer<'_>) {
    if !answer.is_registered() {
        return;
    }
    let node = answer.node;
    for person in node.records("Patient_Information") {
        let set =
            if node.name() == "patientmodv3res3" { "orca/accident-insurance" } else { "orca/insurance" };
        let mut records = Vec::new();
        let parts = [
            ("HealthInsurance_Information", "HealthInsurance_Info", "health"),
            ("Accident_Insurance_Information", "Accident_Insurance_Info", "accident"),
            ("HealthInsurance_Combination_Information", "HealthInsurance_Combination_Info", "combination"),
        ];
        for (list, member, word) in parts {
            for (index, insurance) in node.records(list).flat_map(|list| list.records(member)).enumerate() {
                records.extend(one(answer, insurance, &format!("{set}/{word}"), index));
            }
        }
        let publics = node.records("PublicInsurance_Information");
        for (index, public) in publics.flat_map(|list| list.records("PublicInsurance_Info")).enumerate() {
            let number = public.look("PublicInsurance_Id");
            let number = if number.is_empty() { index.to_string() } else { number.to_owned() };
            records.push(expense(answer, public, &format!("{set}/public/{number}")));
        }
        let key = patient::supplement(answer, person);
        answer.state(&key, set.to_owned(), Effect::Stated, records);
    }
    if let Some(messages) = node.child("Patient_Message_Information") {
        let text = "messages about the entry; see the original";
        answer.reading.problems.push(Problem::new("api-warning", messages.place(), text));
        messages.take_all();
    }
}

/// Sets of combinations that other answers name.
const COMBINATION: &str = "orca/combination";

/// The insurances that stand beside something else (a visit, a form), each with its public expenses. A 保険組合せ
/// with its number is the same whatever it stands beside; another goes with what it stands in.
pub(super) type Beside = Vec<Vec<StatedRecord>>;

/// Reads the insurances of a node.
pub(super) fn beside(answer: &mut Answer<'_>, node: &Node, set: &str) -> Beside {
    let plain = node
        .records("HealthInsurance_Information")
        .filter(|each| each.child("HealthInsurance_Info").is_none());
    let nested =
        node.records("HealthInsurance_Information").flat_map(|each| each.records("HealthInsurance_Info"));
    let mut found = Vec::new();
    for (index, insurance) in plain.chain(nested).enumerate() {
        let numbered = !insurance.look("Insurance_Combination_Number").is_empty();
        let set = if numbered { COMBINATION.to_owned() } else { format!("{set}/coverage") };
        found.push(one(answer, insurance, &set, index));
    }
    found
}

/// States the combinations, and gives what goes with the set they stand in.
pub(super) fn file(answer: &mut Answer<'_>, key: &PatientKey, found: Beside) -> Vec<StatedRecord> {
    let mut inside = Vec::new();
    for records in found {
        match records.first().map(|record| record.key.clone()) {
            Some(set) if set.starts_with(COMBINATION) => answer.state(key, set, Effect::Stated, records),
            _ => inside.extend(records),
        }
    }
    inside
}

/// The combination a form was issued under.
pub(super) fn of_form(answer: &mut Answer<'_>, data: &Node, set: &str) -> Beside {
    let mut found = Vec::new();
    for combination in data.records("Insurance_Combination_Information") {
        // What tells of the insured person stands one level deeper than elsewhere.
        let inner: Vec<&Node> = combination.records("HealthInsurance_Information").collect();
        let number = combination.look("Number");
        let base = if number.is_empty() { format!("{set}/coverage") } else { COMBINATION.to_owned() };
        for (index, insurance) in inner.iter().enumerate() {
            let place = if number.is_empty() { format!("at-{index}") } else { number.to_owned() };
            found.push(form(answer, combination, insurance, format!("{base}/{place}")));
        }
        if inner.is_empty() {
            found.push(one(answer, combination, &base, 0));
        }
    }
    found
}

fn form(answer: &mut Answer<'_>, combination: &Node, inner: &Node, key: String) -> Vec<StatedRecord> {
    let mut records = Vec::new();
    let publics =
        [combination, inner].into_iter().flat_map(|node| node.records("PublicInsurance_Information"));
    for (index, public) in publics.enumerate() {
        records.push(expense(answer, public, &format!("{key}/public/{index}")));
    }
    let mut coverage = answer.resource("Coverage", "JP_Coverage");
    let problems = &mut answer.reading.problems;
    let class = combination.code("InsuranceProvider_Class");
    let [symbol, number, branch] = members(&class, inner);
    let name = combination.take("InsuranceProvider_Name");
    Insurance {
        scheme: Scheme::Health,
        insurer: inner.code("InsuranceProvider_Number"),
        symbol,
        number,
        branch,
        kind: kind(&class),
        own_kind: coding("InsuranceProvider_Class", &class, name),
        text: name,
        relation: inner.code("RelationToInsuredPerson"),
        subscriber: inner.take("HealthInsuredPerson_WholeName"),
        start: inner.date("Certificate_StartDate", problems),
        end: inner.end_date("Certificate_ExpiredDate", problems),
        ..Insurance::default()
    }
    .fill(&mut coverage);
    carry(&mut coverage, inner);
    carry(&mut coverage, combination);
    records.insert(0, record(key, coverage, inner));
    records
}

/// One insurance with its public expenses.
fn one(answer: &mut Answer<'_>, node: &Node, set: &str, index: usize) -> Vec<StatedRecord> {
    let number = ["Insurance_Combination_Number", "InsuranceProvider_Id", "Number"];
    let number = number.iter().map(|field| node.look(field)).find(|number| !number.is_empty());
    let key = format!("{set}/{}", number.map_or_else(|| format!("at-{index}"), str::to_owned));
    let mut records = Vec::new();
    let publics = node.records("PublicInsurance_Information").flat_map(|list| {
        let inner: Vec<&Node> = list.records("PublicInsurance_Info").collect();
        if inner.is_empty() { vec![list] } else { inner }
    });
    for (index, public) in publics.chain(node.records("PublicInsurance_Info")).enumerate() {
        let class = public.look("PublicInsurance_Class");
        records.push(expense(answer, public, &format!("{key}/public/{index}-{class}")));
    }
    let mut coverage = answer.resource("Coverage", "JP_Coverage");
    let problems = &mut answer.reading.problems;
    let class = node.code("InsuranceProvider_Class");
    let [symbol, number, branch] = members(&class, node);
    let first = |fields: [&str; 2]| {
        let [one, other] = fields.map(|field| node.take(field));
        if one.is_empty() { other } else { one }
    };
    let name = first(["InsuranceProvider_WholeName", "InsuranceProvider_Name"]);
    let dates = |fields: [&'static str; 3]| fields.into_iter().find(|field| !node.look(field).is_empty());
    let start = dates(["Certificate_StartDate", "Insurance_Combination_StartDate", "Accident_StartDate"]);
    let end = dates(["Certificate_ExpiredDate", "Insurance_Combination_ExpiredDate", "Accident_ExpiredDate"]);
    Insurance {
        scheme: Scheme::Health,
        insurer: node.code("InsuranceProvider_Number"),
        symbol,
        number,
        branch,
        kind: kind(&class),
        own_kind: coding("InsuranceProvider_Class", &class, name),
        text: name,
        relation: node.code("RelationToInsuredPerson"),
        subscriber: node.take("HealthInsuredPerson_WholeName"),
        start: start.and_then(|field| node.date(field, problems)),
        end: end.and_then(|field| node.end_date(field, problems)),
        ..Insurance::default()
    }
    .fill(&mut coverage);
    carry(&mut coverage, node);
    records.insert(0, record(key, coverage, node));
    records
}

/// 公費.
fn expense(answer: &mut Answer<'_>, node: &Node, key: &str) -> StatedRecord {
    let mut coverage = answer.resource("Coverage", "JP_Coverage");
    let problems = &mut answer.reading.problems;
    let (class, name) = (node.code("PublicInsurance_Class"), node.take("PublicInsurance_Name"));
    Insurance {
        scheme: Scheme::Public,
        insurer: node.code("PublicInsurer_Number"),
        number: node.take("PublicInsuredPerson_Number"),
        own_kind: coding("PublicInsurance_Class", &class, name),
        text: name,
        start: node.date("Certificate_IssuedDate", problems),
        end: node.end_date("Certificate_ExpiredDate", problems),
        ..Insurance::default()
    }
    .fill(&mut coverage);
    carry(&mut coverage, node);
    record(key.to_owned(), coverage, node)
}

/// 記号 and 番号 of an insurance that has members; 労災, 自賠責, 公害 and 自費 write words of the accident there, which stay
/// beside under their names and must not look like a person's number.
fn members<'a>(class: &str, node: &'a Node) -> [&'a str; 3] {
    if matches!(kind(class), Some("3" | "4" | "5" | "6")) {
        return [""; 3];
    }
    ["HealthInsuredPerson_Symbol", "HealthInsuredPerson_Number", "HealthInsuredPerson_Branch_Number"]
        .map(|field| node.take(field))
}

/// 保険種別コード of ORCA's 保険番号, where it is one of the common ones.
fn kind(class: &str) -> Option<&'static str> {
    match class {
        "039" | "040" => Some("7"),
        "060" | "067" | "068" | "069" => Some("2"),
        "971" => Some("3"),
        "973" => Some("4"),
        "975" => Some("5"),
        "980" => Some("6"),
        _ => {
            let number: u16 = class.parse().ok()?;
            matches!(number, 1..=9 | 31..=34 | 63 | 72..=75).then_some("1")
        }
    }
}
