//! recordTarget/patientRole → Patient, a supplement: what a document says of whom it is about.
//!
//! Whose it is: an id whose root is a facility's (the rules of FHIR), else a described patient, else nobody. Numbers
//! of several facilities (紹介元, 紹介先) in one document: the one whose root ends in the custodian's own number.

use super::tree::Taken;
use crate::fhir::person;
use crate::xml::Element;
use model::Personal;
use model::reading::{PatientKey, Resource};
use serde_json::{Map, Value, json};

const REPRESENTATION: &str = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation";
const MEMBER: &str = "http://jpfhir.jp/fhir/clins/Idsystem/JP_Insurance_memberID";
/// 特定健診情報ファイル仕様 3.2.3.1: insurer, symbol, number, branch of an insurance card.
const INSURANCE: [&str; 4] =
    ["1.2.392.200119.6.101", "1.2.392.200119.6.204", "1.2.392.200119.6.205", "1.2.392.200119.6.206"];

/// The Patient of a patientRole.
pub(super) fn resource<'t>(role: Option<&'t Element>, taken: &Taken<'t>) -> Resource {
    let mut patient = Map::new();
    patient.insert("resourceType".into(), "Patient".into());
    let profile = "http://jpfhir.jp/fhir/core/StructureDefinition/JP_Patient";
    patient.insert("meta".into(), json!({ "profile": [profile] }));
    let Some(role) = role else { return patient };
    let person = role.child("patient");
    let mut put = |name: &str, list: Vec<Value>| {
        if !list.is_empty() {
            patient.insert(name.to_owned(), list.into());
        }
    };
    put("identifier", identifiers(role, taken));
    put(
        "name",
        person.into_iter().flat_map(|each| each.all("name")).filter_map(|each| name(each, taken)).collect(),
    );
    put("telecom", role.all("telecom").filter_map(|each| telecom(each, taken)).collect());
    put("address", role.all("addr").filter_map(|each| address(each, taken)).collect());
    let at = "recordTarget/patientRole/patient";
    if let Some(sex) = person.and_then(|each| each.child("administrativeGenderCode")) {
        // HL7 AdministrativeGender, and the code of 特定健診 (1.2.392.200119.6.1104).
        let gender = match taken.attribute(sex, "code") {
            Some("M" | "1") => "male",
            Some("F" | "2") => "female",
            Some("UN") => "other",
            Some(_) => {
                let text = "not M, F, UN, 1 or 2; kept as unknown";
                taken.problem("unknown-code", &format!("{at}/administrativeGenderCode"), text);
                "unknown"
            }
            None => "unknown",
        };
        taken.all(sex);
        patient.insert("gender".into(), gender.into());
    }
    let birth = person.and_then(|each| each.child("birthTime"));
    if let Some(moment) = birth.and_then(|birth| taken.moment(birth, &format!("{at}/birthTime"))) {
        let day = moment.split('T').next().unwrap_or_default().to_owned();
        patient.insert("birthDate".into(), day.into());
    }
    patient
}

/// Whose the document is. `custodian` are the numbers of the organization that keeps it.
pub(super) fn key(patient: &Resource, custodian: &[&str], taken: &Taken<'_>) -> PatientKey {
    let at = "recordTarget/patientRole";
    let numbers: Vec<(&str, &str)> = person::identifiers(patient)
        .into_iter()
        .filter_map(|each| Some((each.get("system")?.as_str()?, person::local_number(each)?)))
        .collect();
    let differ = numbers.iter().any(|(_, number)| Some(number) != numbers.first().map(|(_, first)| first));
    let local = |number: &str| PatientKey::Local(Personal::new(number.to_owned()));
    match numbers.as_slice() {
        [] => {}
        [(_, one), ..] if !differ => return local(one),
        several => {
            let own: Vec<&str> = several
                .iter()
                .filter(|(system, _)| custodian.iter().any(|id| id.len() >= 7 && system.ends_with(id)))
                .map(|(_, number)| *number)
                .collect();
            if let [one] = own.as_slice() {
                return local(one);
            }
            let text =
                "numbers of several facilities, and none is seen to be the sender's: to be assigned by hand";
            taken.problem("several-local-ids", at, text);
            return PatientKey::Nobody;
        }
    }
    let mut problems = Vec::new();
    let key = person::key(patient, at, &mut problems);
    if key == PatientKey::Nobody {
        let text = "neither the facility's patient number nor a full description: to be assigned by hand";
        taken.problem("patient-not-identified", at, text);
    }
    key
}

/// Puts the number that decided before those of other facilities: the first one is shown.
pub(super) fn own_number_first(patient: &mut Resource, key: &PatientKey) {
    let Some(own) = key.local_id() else { return };
    if let Some(list) = patient.get_mut("identifier").and_then(Value::as_array_mut) {
        list.sort_by_key(|each| person::local_number(each) != Some(own.reveal()));
    }
}

fn identifiers<'t>(role: &'t Element, taken: &Taken<'t>) -> Vec<Value> {
    let part = |root: &str| {
        let id = role.all("id").find(|id| id.attribute("root") == Some(root))?;
        taken.attribute(id, "root");
        taken.attribute(id, "extension")
    };
    let [insurer, symbol, number, branch] = INSURANCE.map(part);
    let mut identifiers = Vec::new();
    if let Some(number) = number {
        let parts = [insurer, symbol, Some(number), branch].map(Option::unwrap_or_default);
        identifiers.push(json!({"system": MEMBER, "value": parts.join(":")}));
    }
    let others = role.all("id").filter(|id| {
        let root = id.attribute("root").unwrap_or_default();
        !INSURANCE.contains(&root) || number.is_none()
    });
    identifiers.extend(others.filter_map(|id| taken.identifier(id)));
    identifiers
}

/// PN, EN, ON → HumanName.
fn name<'t>(name: &'t Element, taken: &Taken<'t>) -> Option<Value> {
    let parts = |local: &str| -> Vec<String> {
        name.children().filter(|each| each.local() == local).filter_map(|each| taken.text(each)).collect()
    };
    let [family, given, prefix, suffix] = ["family", "given", "prefix", "suffix"].map(parts);
    let uses: Vec<&str> = taken.attribute(name, "use").into_iter().flat_map(str::split_whitespace).collect();
    let words: Vec<String> = [&prefix, &family, &given, &suffix].into_iter().flatten().cloned().collect();
    let text = if words.is_empty() { taken.text(name)? } else { words.join(" ") };
    let mut human = Map::new();
    if let Some(kind) = uses.iter().find(|each| ["IDE", "SYL", "ABC"].contains(each)) {
        human.insert("extension".into(), json!([{"url": REPRESENTATION, "valueCode": kind}]));
    }
    human.insert("text".into(), text.into());
    if !family.is_empty() {
        human.insert("family".into(), family.join(" ").into());
    }
    for (element, list) in [("given", given), ("prefix", prefix), ("suffix", suffix)] {
        if !list.is_empty() {
            human.insert(element.to_owned(), list.into());
        }
    }
    Some(human.into())
}

/// TEL → ContactPoint.
fn telecom<'t>(telecom: &'t Element, taken: &Taken<'t>) -> Option<Value> {
    let value = taken.attribute(telecom, "value")?;
    let (scheme, number) = value.split_once(':').unwrap_or(("tel", value));
    let system = match scheme {
        "tel" => "phone",
        "fax" | "x-text-fax" => "fax",
        "mailto" => "email",
        _ => "other",
    };
    let number = if system == "other" { value } else { number };
    let mut point = Map::new();
    point.insert("system".into(), system.into());
    point.insert("value".into(), number.into());
    let using = match taken.attribute(telecom, "use") {
        Some("H" | "HP" | "HV") => Some("home"),
        Some("WP") => Some("work"),
        Some("MC") => Some("mobile"),
        _ => None,
    };
    if let Some(using) = using {
        point.insert("use".into(), using.into());
    }
    Some(point.into())
}

/// AD → Address.
fn address<'t>(addr: &'t Element, taken: &Taken<'t>) -> Option<Value> {
    let mut address = Map::new();
    let (mut line, mut lines) = (String::new(), Vec::new());
    let own = addr.own_text().split_whitespace().collect::<Vec<_>>().join(" ");
    for part in addr.children() {
        let Some(text) = taken.text(part) else { continue };
        match part.local() {
            "postalCode" => drop(address.insert("postalCode".into(), text.into())),
            "country" => drop(address.insert("country".into(), text.into())),
            name => {
                line.push_str(&text);
                match name {
                    "state" | "city" => drop(address.insert(name.to_owned(), text.into())),
                    _ => lines.push(Value::from(text)),
                }
            }
        }
    }
    if !lines.is_empty() {
        address.insert("line".into(), lines.into());
    }
    let text = format!("{line}{own}");
    if !text.is_empty() {
        taken.all(addr);
        address.insert("text".into(), text.into());
    }
    (!address.is_empty()).then(|| address.into())
}

/// Somebody the header names, as a reference that is only shown: person and organization.
pub(super) fn party<'t>(of: &'t Element, taken: &Taken<'t>) -> Option<Value> {
    let mut words = Vec::new();
    let mut identifier = None;
    let mut waiting = vec![of];
    while let Some(element) = waiting.pop() {
        match element.local() {
            "name" | "softwareName" | "manufacturerModelName" => {
                let said = name(element, taken);
                words.extend(said.and_then(|name| name.get("text")?.as_str().map(str::to_owned)));
            }
            "id" if identifier.is_none() => identifier = taken.identifier(element),
            // What is in an organization above it says nothing of who it was.
            "addr" | "telecom" | "id" | "code" | "time" | "signatureCode" => {}
            _ => waiting.extend(element.children().rev()),
        }
    }
    words.dedup();
    let mut party = Map::new();
    if let Some(identifier) = identifier {
        party.insert("identifier".into(), identifier);
    }
    if !words.is_empty() {
        party.insert("display".into(), words.join(" ").into());
    }
    (!party.is_empty()).then(|| party.into())
}
