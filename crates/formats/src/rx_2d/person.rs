//! Whose prescription it is: records 11 to 13 and 61 as Patient, 14 and 21 to 31 as Coverage.
//!
//! The pharmacy that reads a code has no number of its own for the person in it: 患者コード is the prescribing
//! institution's. So the person is described, by the same words as in a medicine notebook where address or telephone
//! are there (record 61), else by name, birth, sex and the insurance, else by the institution's number. Less: nobody.

use super::code;
use super::party::institution;
use super::prescription::Prescription;
use crate::okusuri::Source;
use crate::okusuri::line::Line;
use crate::okusuri::patient::{Description, address, fingerprint, name, phone, put, short};
use model::Personal;
use model::reading::{Extent, PATIENT_KEY, PatientKey, Problem, StatedRecord};
use serde_json::{Map, Value, json};

const INSURER: &str = "urn:oid:1.2.392.100495.20.3.61";
const PUBLIC_PAYER: &str = "urn:oid:1.2.392.100495.20.3.71";
const MEMBER: &str = "http://jpfhir.jp/fhir/clins/Idsystem/JP_Insurance_memberID";
const MEMBER_PART: &str =
    "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Coverage_InsuredPerson";

/// What the prescription says of the person.
pub(super) fn description<'t>(of: &Prescription<'t>) -> Description<'t> {
    let (kanji, kana) = (of.look("11", 3), of.look("11", 4));
    Description {
        name: if kanji.is_empty() { kana } else { kanji },
        kana,
        birth: of.heads.get("13").and_then(|line| line.peek_date(2)),
        sex: of.look("12", 2),
        address: of.look("61", 3),
        phone: of.look("61", 4),
    }
}

/// Who it is.
pub(super) fn key(of: &Prescription<'_>) -> PatientKey {
    let who = description(of);
    let key = who.key();
    if key != PatientKey::Nobody || !who.names_somebody() {
        return key;
    }
    let born = who.born();
    let insured = [of.look("22", 2), of.look("23", 2), of.look("23", 3), of.look("23", 5)];
    let [insurer, symbol, number, branch] = insured;
    let described = |kind: &str, more: &[&str]| {
        let parts: Vec<&str> =
            [kind, who.name, who.kana, &born, who.sex].into_iter().chain(more.iter().copied()).collect();
        PatientKey::Described(Personal::new(fingerprint(&parts)))
    };
    if !insurer.is_empty() && !number.is_empty() {
        return described("insured", &[insurer, symbol, number, branch]);
    }
    match institution(of).whole() {
        Some(whole) if !of.look("11", 2).is_empty() => described("patient-of", &[&whole, of.look("11", 2)]),
        _ => PatientKey::Nobody,
    }
}

/// Records 11, 12, 13 and the address of 61 as Patient.
pub(super) fn patient(of: &Prescription<'_>, source: &Source, problems: &mut Vec<Problem>) -> StatedRecord {
    let mut patient = source.resource("Patient", "JP_Patient");
    let mut missing = |record: &str, text: &str| {
        let at = of.heads.get(record).map_or_else(|| of.at.clone(), Line::place);
        problems.push(Problem::new("missing", at, text));
    };
    let code = of.code("11", 2);
    if !code.is_empty() {
        // Not an identifier: it is the prescribing institution's number, not the reading pharmacy's.
        let system = institution(of).whole().map_or_else(
            || "urn:hakucho:jahis:patient-code".to_owned(),
            |whole| format!("urn:oid:1.2.392.100495.20.3.51.1{whole}"),
        );
        let url = "urn:hakucho:extension:number-at-prescriber";
        let identifier = json!({"system": system, "value": code});
        put(&mut patient, "extension", vec![json!({"url": url, "valueIdentifier": identifier})]);
    }
    let names = name(of.take("11", 3), "IDE").into_iter().chain(name(of.take("11", 4), "SYL"));
    let names: Vec<Value> = names.collect();
    if names.is_empty() {
        missing("11", "no name");
    }
    put(&mut patient, "name", names);
    put(&mut patient, "telecom", phone(of.take("61", 4)));
    let gender = match of.code("12", 2).as_str() {
        "1" => "male",
        "2" => "female",
        "" => {
            missing("12", "no sex");
            "unknown"
        }
        _ => {
            let at = of.heads.get("12").map_or_else(|| of.at.clone(), |line| line.at(2));
            let text = "not 1 (male) or 2 (female); kept as unknown";
            problems.push(Problem::new("unknown-code", at, text));
            "unknown"
        }
    };
    patient.insert("gender".into(), gender.into());
    let birth = of.heads.get("13").filter(|line| !line.look(2).is_empty());
    match birth.map(|line| line.date(2, problems)) {
        Some(Some(birth)) => {
            patient.insert("birthDate".into(), birth.fhir().into());
        }
        Some(None) => {}
        None => problems.push(Problem::new("missing", of.at.clone(), "no birth date")),
    }
    put(&mut patient, "address", address(String::new(), of.take("61", 3)));
    let at = of.heads.get("11").map_or_else(|| of.at.clone(), Line::place);
    StatedRecord { key: PATIENT_KEY.to_owned(), resource: patient, extent: Extent::Supplement, at }
}

/// The insurance and up to four public expenses, each a set of its own.
pub(super) fn coverages(
    of: &Prescription<'_>,
    source: &Source,
    problems: &mut Vec<Problem>,
) -> Vec<StatedRecord> {
    let mut records: Vec<StatedRecord> = insurance(of, source, problems).into_iter().collect();
    for (record, title) in [("27", "第一公費"), ("28", "第二公費"), ("29", "第三公費"), ("30", "特殊公費")]
    {
        let Some(line) = of.heads.get(record) else { continue };
        let (payer, recipient) = (line.take(2), line.take(3));
        if payer.is_empty() && recipient.is_empty() {
            continue;
        }
        let mut coverage = source.resource("Coverage", "JP_Coverage");
        coverage.insert("status".into(), "active".into());
        let kind = json!({"system": code::INSURANCE_KIND, "code": "8", "display": "公費"});
        coverage.insert("type".into(), json!({"coding": [kind], "text": title}));
        coverage.insert("subscriberId".into(), recipient.into());
        coverage.insert("beneficiary".into(), source.subject());
        coverage.insert("payor".into(), payor(PUBLIC_PAYER, payer, "公費負担者"));
        let key = format!("rx-2d/coverage/{}", short(&["public", title, payer, recipient]));
        records.push(StatedRecord { key, resource: coverage, extent: Extent::Whole, at: line.place() });
    }
    records
}

fn payor(system: &str, number: &str, display: &str) -> Value {
    let mut payor = Map::new();
    payor.insert("type".into(), "Organization".into());
    if !number.is_empty() {
        payor.insert("identifier".into(), json!({"system": system, "value": number}));
    }
    payor.insert("display".into(), display.into());
    json!([payor])
}

/// Records 14, 21 to 25 and 31.
fn insurance(of: &Prescription<'_>, source: &Source, problems: &mut Vec<Problem>) -> Option<StatedRecord> {
    let records = ["14", "21", "22", "23", "24", "25", "31"];
    let said =
        |record: &str| of.heads.get(record).filter(|line| (2..=5).any(|field| !line.look(field).is_empty()));
    let first = records.iter().find_map(|record| said(record))?;
    let mut coverage = source.resource("Coverage", "JP_Coverage");
    let coded = |record: &str, field: usize, table, problems: &mut Vec<Problem>| {
        of.heads.get(record).and_then(|line| code::coding(line, field, table, problems))
    };
    let mut extensions = Vec::new();
    for (record, url, table) in [("14", "copay-class", code::COPAY), ("25", "duty-reason", code::DUTY)] {
        if let Some(coding) = coded(record, 2, table, problems) {
            extensions.push(json!({"url": format!("urn:hakucho:extension:{url}"), "valueCoding": coding}));
        }
    }
    for (field, url) in [(2, "copay-percent"), (3, "benefit-percent")] {
        if let Some(rate) = of.heads.get("24").and_then(|line| line.decimal(field, problems)) {
            extensions.push(json!({"url": format!("urn:hakucho:extension:{url}"), "valueDecimal": rate}));
        }
    }
    let claim = of.code("31", 2);
    if !claim.is_empty() {
        let coding = json!({"system": "urn:hakucho:jahis:claim-kind", "code": claim});
        extensions.push(json!({"url": "urn:hakucho:extension:claim-kind", "valueCoding": coding}));
    }
    let (insurer, symbol, number) = (of.code("22", 2), of.take("23", 2), of.take("23", 3));
    let branch = of.code("23", 5);
    for (part, text) in [("Symbol", symbol), ("Number", number), ("SubNumber", &branch)] {
        if !text.is_empty() {
            extensions.push(json!({"url": format!("{MEMBER_PART}{part}"), "valueString": text}));
        }
    }
    put(&mut coverage, "extension", extensions);
    if !insurer.is_empty() && !number.is_empty() {
        let value = format!("{insurer:0>8}:{symbol}:{number}:{branch}");
        put(&mut coverage, "identifier", vec![json!({"system": MEMBER, "value": value})]);
    }
    coverage.insert("status".into(), "active".into());
    if let Some(coding) = coded("21", 2, code::INSURANCE, problems) {
        coverage.insert("type".into(), json!({"coding": [coding]}));
    }
    coverage.insert("dependent".into(), branch.clone().into());
    coverage.insert("beneficiary".into(), source.subject());
    if let Some(coding) = coded("23", 4, code::INSURED, problems) {
        coverage.insert("relationship".into(), json!({"coding": [coding]}));
    }
    coverage.insert("payor".into(), payor(INSURER, &insurer, "保険者"));
    let key = format!("rx-2d/coverage/{}", short(&["insurance", &insurer, symbol, number, &branch]));
    Some(StatedRecord { key, resource: coverage, extent: Extent::Whole, at: first.place() })
}
