//! RE as Patient (JP_Patient): what the receipt happens to carry of the registration.

use super::code::put;
use super::coverage;
use super::layout::Kind;
use super::receipt::{Context, Receipt};
use crate::text_file::narrow;
use model::reading::{Extent, PATIENT_KEY, Problem, StatedRecord};
use serde_json::{Value, json};

const REPRESENTATION: &str = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation";

pub(super) fn record(
    receipt: &Receipt<'_, '_, '_>,
    context: &Context<'_>,
    problems: &mut Vec<Problem>,
) -> StatedRecord {
    let common = receipt.common;
    let mut patient = context.resource("Patient", "JP_Patient");
    // The same person every month: the month is no part of who they are.
    if let Some(Value::Object(meta)) = patient.get_mut("meta") {
        meta.insert("tag".into(), json!([{"system": "urn:hakucho:claims", "code": context.kind.word()}]));
    }
    let mut identifiers = Vec::new();
    let number = narrow(common.look("カルテ番号等"));
    if number.bytes().any(|byte| byte != b'0') {
        common.take("カルテ番号等");
        let system = match context.header.institution.as_str() {
            "" => "urn:hakucho:receipt:chart-number".to_owned(),
            place => format!("urn:oid:1.2.392.100495.20.3.51.1{place}"),
        };
        identifiers.push(json!({"system": system, "value": number}));
    }
    identifiers.extend(coverage::member(receipt));
    put(&mut patient, "identifier", identifiers);
    let names = [("氏名", "IDE"), ("カタカナ氏名", "SYL")];
    let names = names.into_iter().filter_map(|(field, form)| name(common.take(field), form));
    put(&mut patient, "name", names.collect());
    if common.look("氏名").is_empty() {
        problems.push(Problem::new("missing", common.at("氏名"), "no name"));
    }
    let sex = common.peek("男女区分");
    match sex.as_str() {
        "1" | "2" => {
            common.take("男女区分");
            let gender = if sex == "1" { "male" } else { "female" };
            patient.insert("gender".into(), gender.into());
        }
        "" => problems.push(Problem::new("missing", common.at("男女区分"), "no sex")),
        _ => {
            let text = "not 1 (male) or 2 (female); kept as it is";
            problems.push(Problem::new("unknown-code", common.at("男女区分"), text));
        }
    }
    if let Some(birth) = common.date("生年月日", problems) {
        patient.insert("birthDate".into(), birth.fhir().into());
    }
    if receipt.kind == Kind::Nursing {
        let mut silent = Vec::new();
        let died = receipt.of("RJ").find_map(|line| line.date("死亡年月日", &mut silent));
        problems.append(&mut silent);
        if let Some(died) = died {
            patient.insert("deceasedDateTime".into(), died.fhir().into());
        }
    }
    StatedRecord {
        key: PATIENT_KEY.to_owned(),
        resource: patient,
        extent: Extent::Supplement,
        at: common.place(),
    }
}

/// A name as HumanName; family and given where a space is between them.
fn name(text: &str, form: &str) -> Option<Value> {
    if text.is_empty() {
        return None;
    }
    let mut name = json!({"extension": [{"url": REPRESENTATION, "valueCode": form}], "text": text});
    if let (Some((family, given)), Some(parts)) = (text.split_once([' ', '　']), name.as_object_mut()) {
        parts.insert("family".into(), family.into());
        parts.insert("given".into(), json!([given.trim()]));
    }
    Some(name)
}
