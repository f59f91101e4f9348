//! The person of a row: Patient and Coverage of 利用者情報, and who a form is about.
//!
//! Both are supplements: a field that is empty "is not changed", so what a row does not say stays as an earlier
//! one said it; the newest that says it holds. A field set to null ends the record and begins it again with
//! what the row says, because a supplement cannot take back. Name and reading are one element together.

use super::place::Place;
use super::sheet::Row;
use super::value::day;
use crate::text_file::narrow;
use model::fhir::{list, text, text_at};
use model::reading::{Effect, Extent, PATIENT_KEY, Problem, Resource, SourceOrder, StatedRecord, Statement};
use serde_json::{Map, Value, json};

const REPRESENTATION: &str = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation";
const NUMBER: &str =
    "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Coverage_InsuredPersonNumber";
/// Set and key of the care insurance.
const COVERAGE: &str = "life/Coverage";
/// Columns of the person that are no record of their own.
pub(super) const COLUMNS: [&str; 7] =
    ["last_name", "first_name", "last_name_kana", "first_name_kana", "gender", "birthday", "death_date"];

/// What a row of 利用者情報 says of the person.
pub(super) fn registration(
    place: &Place,
    row: &Row<'_>,
    order: &SourceOrder,
    problems: &mut Vec<Problem>,
) -> Vec<Statement> {
    let mut patient = bare(place);
    let names = names(row, problems);
    if !names.is_empty() {
        patient.insert("name".into(), names.into());
    }
    match row.code("gender").as_str() {
        "1" => drop(patient.insert("gender".into(), "male".into())),
        "2" => drop(patient.insert("gender".into(), "female".into())),
        "" => {}
        _ => {
            let text = "neither 1 (male) nor 2 (female); not read";
            problems.push(Problem::new("unknown-code", row.at("gender"), text));
        }
    }
    for (column, element) in [("birthday", "birthDate"), ("death_date", "deceasedDateTime")] {
        let raw = row.value(column);
        match day(raw) {
            Ok((day, _)) => drop(patient.insert(element.into(), day.into())),
            Err(_) if raw.is_empty() || row.is_null(column) => {}
            Err((code, _)) => {
                problems.push(Problem::new(code, row.at(column), "not a day; not read"));
            }
        }
    }
    let nulled = |columns: &[&str]| columns.iter().any(|column| row.is_null(column));
    let mut statements = again(PATIENT_KEY, patient, nulled(&COLUMNS), place, row, order);
    let coverage = coverage(place, row);
    let nulled = nulled(&["care_period_start", "care_period_end"]);
    statements.extend(again(COVERAGE, coverage, nulled, place, row, order));
    statements
}

/// What any other row says: the person's number.
pub(super) fn mention(place: &Place, row: &Row<'_>, order: &SourceOrder) -> Vec<Statement> {
    again(PATIENT_KEY, bare(place), false, place, row, order)
}

/// A supplement, after the end of what it supplements where a null took something back.
fn again(
    key: &str,
    resource: Resource,
    nulled: bool,
    place: &Place,
    row: &Row<'_>,
    order: &SourceOrder,
) -> Vec<Statement> {
    let at = format!("line {}", row.line);
    let record = StatedRecord { key: key.to_owned(), resource, extent: Extent::Supplement, at };
    let state = |records, order: &SourceOrder| Statement {
        patient: place.patient(),
        set: key.to_owned(),
        order: order.clone(),
        effect: Effect::Stated,
        records,
    };
    let end = nulled.then(|| state(Vec::new(), order));
    let begin = SourceOrder { time: order.time.clone(), sequence: format!("{}-1", order.sequence) };
    end.into_iter().chain([state(vec![record], if nulled { &begin } else { order })]).collect()
}

fn bare(place: &Place) -> Resource {
    let mut patient = Map::new();
    patient.insert("resourceType".into(), "Patient".into());
    let profile = "http://jpfhir.jp/fhir/core/StructureDefinition/JP_Patient";
    patient.insert("meta".into(), json!({"profile": [profile]}));
    patient.insert("identifier".into(), json!([place.member()]));
    patient
}

fn names(row: &Row<'_>, problems: &mut Vec<Problem>) -> Vec<Value> {
    let mut names = Vec::new();
    for (last, first, representation) in
        [("last_name", "first_name", "IDE"), ("last_name_kana", "first_name_kana", "SYL")]
    {
        for column in [last, first] {
            let raw = row.value(column);
            if raw.trim().is_empty() && !raw.is_empty() && !row.is_null(column) {
                problems.push(Problem::new("not-mapped", row.at(column), "blanks are no name"));
            }
        }
        let name = name(row.value(last).trim(), row.value(first).trim(), representation);
        match name {
            Some(_) if names.is_empty() && representation == "SYL" => {
                let text = "a reading without the name itself would replace the name; not read";
                problems.push(Problem::new("not-mapped", row.at(last), text));
            }
            name => names.extend(name),
        }
    }
    names
}

/// A name of its two parts. Where the sender keeps them as one, the first is a dummy of zeros (備考 of 利用者姓).
fn name(last: &str, first: &str, representation: &str) -> Option<Value> {
    let zeros = narrow(first);
    let dummy = !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0');
    let (text, family, given) = match (last, first) {
        ("", "") => return None,
        ("", first) => (first.to_owned(), "", first),
        (last, first) if first.is_empty() || dummy => {
            let (family, given) = last.split_once([' ', '　']).unwrap_or_default();
            (last.to_owned(), family, given.trim())
        }
        (last, first) => (format!("{last} {first}"), last, first),
    };
    let mut name = json!({
        "extension": [{"url": REPRESENTATION, "valueCode": representation}],
        "use": "official",
        "text": text,
    });
    if let Some(parts) = name.as_object_mut() {
        if !family.is_empty() {
            parts.insert("family".into(), family.into());
        }
        if !given.is_empty() {
            parts.insert("given".into(), json!([given]));
        }
    }
    Some(name)
}

/// The care insurance (JP_Coverage); its level is an Observation.
fn coverage(place: &Place, row: &Row<'_>) -> Resource {
    let mut coverage = Map::new();
    coverage.insert("resourceType".into(), "Coverage".into());
    let profile = "http://jpfhir.jp/fhir/core/StructureDefinition/JP_Coverage";
    coverage.insert("meta".into(), json!({"profile": [profile]}));
    let payor = if place.insurer.is_empty() {
        json!({"display": "介護保険"})
    } else {
        let system = "http://jpfhir.jp/fhir/core/mhlw/IdSystem/InsurerNumber";
        let insurer = json!({"system": system, "value": place.insurer});
        coverage.insert(
            "contained".into(),
            json!([{"resourceType": "Organization", "id": "insurer", "identifier": [insurer]}]),
        );
        json!({"reference": "#insurer", "display": "介護保険"})
    };
    coverage.insert("extension".into(), json!([{"url": NUMBER, "valueString": place.insured}]));
    coverage.insert("identifier".into(), json!([place.member()]));
    coverage.insert("status".into(), "active".into());
    let public = json!({"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PUBLICPOL"});
    coverage.insert("type".into(), json!({"coding": [public], "text": "介護保険"}));
    coverage.insert("subscriberId".into(), place.insured.clone().into());
    coverage.insert("beneficiary".into(), json!({"reference": "urn:key:Patient"}));
    let mut period = Map::new();
    for (edge, column) in [("start", "care_period_start"), ("end", "care_period_end")] {
        if let Ok((day, _)) = day(row.value(column)) {
            period.insert(edge.into(), day.into());
        }
    }
    if !period.is_empty() {
        coverage.insert("period".into(), period.into());
    }
    coverage.insert("payor".into(), json!([payor]));
    coverage
}

/// What the columns of the person say for a Patient made here; `nulled` columns are said to be empty already.
pub(super) fn raw(patient: &Resource, nulled: impl Fn(&str) -> bool) -> Vec<(&'static str, String)> {
    let mut said = Vec::new();
    for name in list(patient, "name") {
        let kana = list_of(name, "extension").any(|each| text_at(each, "valueCode") == Some("SYL"));
        let part = |path: &str| text_at(name, path).unwrap_or_default().to_owned();
        let (whole, family, given) = (part("text"), part("family"), part("given.0"));
        let (of_last, of_first) =
            if kana { ("last_name_kana", "first_name_kana") } else { ("last_name", "first_name") };
        let (last, first) = match (family.as_str(), given.as_str()) {
            _ if nulled(of_first) => (whole, String::new()),
            ("", "") if kana => (whole, String::new()),
            ("", "") => (whole, "００".to_owned()),
            _ => (family, given),
        };
        said.extend([(of_last, last), (of_first, first)]);
    }
    let gender = match text(patient, "gender") {
        Some("male") => "1",
        Some("female") => "2",
        _ => "",
    };
    said.push(("gender", gender.to_owned()));
    for (column, element) in [("birthday", "birthDate"), ("death_date", "deceasedDateTime")] {
        said.push((column, text(patient, element).unwrap_or_default().replace('-', "")));
    }
    said
}

fn list_of<'a>(value: &'a Value, path: &str) -> std::slice::Iter<'a, Value> {
    model::fhir::list_at(value, path).iter()
}
