//! Who a care record is about: the insured person of the care insurance (介護保険被保険者), as key, Patient and
//! Coverage. Shared by the care claims and the care plans, so that one office's claims, plans and LIFE entries
//! come together under one registration.

use super::code;
use super::record::Record;
use crate::text_file::narrow;
use model::Personal;
use model::reading::{Extent, PATIENT_KEY, PatientKey, Resource, StatedRecord};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Ours: `保険者番号6桁:被保険者番号10桁` of the care insurance, for which FHIR JP has no system.
const CARE_MEMBER: &str = "urn:hakucho:care-insurance-member";
const REPRESENTATION: &str = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation";
const EXTENSION: &str = "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Coverage_InsuredPerson";
/// 介護保険の事業所番号, 10 digits.
const OFFICE: &str = "urn:hakucho:care-office-number";

/// Insurer and insured number, each in one form; empty if the record does not say.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Insured {
    insurer: Personal<String>,
    number: Personal<String>,
}

impl Insured {
    /// From the two fields: the insurer in 6 digits (claims write 8 with zeros before), the insured number in
    /// 10 (H and 9 digits for people on public assistance alone).
    pub fn new(insurer: &str, number: &str) -> Self {
        let padded = |text: &str, width: usize| {
            let text = narrow(text).to_ascii_uppercase();
            let digits = text.bytes().all(|b| b.is_ascii_digit());
            match text.trim_start_matches('0') {
                "" => String::new(),
                rest if digits => format!("{rest:0>width$}"),
                _ => text,
            }
        };
        Self { insurer: Personal::new(padded(insurer, 6)), number: Personal::new(padded(number, 10)) }
    }

    /// The registration: `<insurer 6>-<insured 10>`. Where one of them is missing or of another form nobody can
    /// tell whose it is: each such text has a place of its own in its delivery until a human says.
    pub fn key(&self, delivery: &[u8]) -> PatientKey {
        let text = format!("{}-{}", self.insurer.reveal(), self.number.reveal());
        if self.is_nobody() {
            return PatientKey::Nobody;
        }
        if self.is_whole() {
            return PatientKey::Local(Personal::new(text));
        }
        let digest: String =
            Sha256::digest(delivery).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        PatientKey::Disputed {
            message: Personal::new(format!("insured {text}")),
            path: Personal::new(format!("delivery {digest}")),
        }
    }

    /// True if the record names nobody at all.
    pub fn is_nobody(&self) -> bool {
        self.insurer.reveal().is_empty() && self.number.reveal().is_empty()
    }

    /// Six digits and ten characters; anything else is damaged, or a number of another scheme.
    fn is_whole(&self) -> bool {
        let (insurer, number) = (self.insurer.reveal(), self.number.reveal());
        insurer.len() == 6
            && insurer.bytes().all(|b| b.is_ascii_digit())
            && number.len() == 10
            && number.bytes().all(|b| b.is_ascii_alphanumeric())
    }

    fn identifier(&self) -> Option<Value> {
        let value = format!("{}:{}", self.insurer.reveal(), self.number.reveal());
        self.is_whole().then(|| json!({"system": CARE_MEMBER, "value": value}))
    }
}

/// Adds what is not empty.
pub(crate) fn put(resource: &mut Resource, name: &str, value: impl Into<Value>) {
    let value = value.into();
    let empty = match &value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    };
    if !empty {
        resource.insert(name.to_owned(), value);
    }
}

/// An empty resource of a kind, perhaps with a profile of JP Core, with the tag of its provenance.
pub(crate) fn resource(kind: &str, profile: &str, tag: &Value) -> Resource {
    let mut meta = Map::new();
    if !profile.is_empty() {
        let profile = format!("http://jpfhir.jp/fhir/core/StructureDefinition/{profile}");
        meta.insert("profile".into(), json!([profile]));
    }
    meta.insert("tag".into(), json!([tag]));
    let mut resource = Map::new();
    resource.insert("resourceType".into(), kind.into());
    resource.insert("meta".into(), meta.into());
    resource
}

/// A Patient with its member number; the caller adds what else is said of the person.
pub(crate) fn patient(insured: &Insured, tag: &Value) -> Resource {
    let mut patient = resource("Patient", "JP_Patient", tag);
    put(&mut patient, "identifier", insured.identifier().into_iter().collect::<Vec<_>>());
    patient
}

/// The Patient as stated: only what the record happened to carry.
pub(crate) fn stated_patient(patient: Resource, at: String) -> StatedRecord {
    StatedRecord { key: PATIENT_KEY.to_owned(), resource: patient, extent: Extent::Supplement, at }
}

/// FHIR gender of 性別コード (1 男, 2 女); `None` for no other value.
pub(crate) fn gender(code: &str) -> Option<&'static str> {
    match narrow(code).as_str() {
        "1" => Some("male"),
        "2" => Some("female"),
        _ => None,
    }
}

/// A name as HumanName; family and given where a space is between them.
pub(crate) fn name(text: &str, representation: &str) -> Option<Value> {
    if text.is_empty() {
        return None;
    }
    let mut name = json!({"extension": [{"url": REPRESENTATION, "valueCode": representation}], "text": text});
    if let (Some((family, given)), Some(parts)) = (text.split_once([' ', '　']), name.as_object_mut()) {
        parts.insert("family".into(), family.into());
        parts.insert("given".into(), json!([given.trim()]));
    }
    Some(name)
}

/// The Coverage of the care insurance. `level` is 要介護状態区分コード, `period` the certified period.
pub(crate) fn coverage(insured: &Insured, level: &str, period: [Option<String>; 2], tag: &Value) -> Resource {
    let mut coverage = resource("Coverage", "JP_Coverage", tag);
    let organization = json!({
        "resourceType": "Organization",
        "id": "insurer",
        "identifier": [{
            "system": "http://jpfhir.jp/fhir/core/mhlw/IdSystem/InsurerNumber",
            "value": insured.insurer.reveal(),
        }],
    });
    let has_insurer = !insured.insurer.reveal().is_empty();
    if has_insurer {
        coverage.insert("contained".into(), json!([organization]));
    }
    let mut extensions = Vec::new();
    if !insured.number.reveal().is_empty() {
        extensions.push(json!({"url": format!("{EXTENSION}Number"), "valueString": insured.number.reveal()}));
    }
    if !level.is_empty() {
        let url = "urn:hakucho:extension:care-level";
        extensions.push(json!({"url": url, "valueCodeableConcept": code::level(level)}));
    }
    put(&mut coverage, "extension", extensions);
    put(&mut coverage, "identifier", insured.identifier().into_iter().collect::<Vec<_>>());
    // Whether it still holds today is the reader's question: the period says it.
    coverage.insert("status".into(), "active".into());
    let public = json!({"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PUBLICPOL"});
    coverage.insert("type".into(), json!({"coding": [public], "text": "介護保険"}));
    put(&mut coverage, "subscriberId", insured.number.reveal().as_str());
    coverage.insert("beneficiary".into(), json!({"reference": "urn:key:Patient"}));
    put(&mut coverage, "period", span(period));
    let payor = if has_insurer {
        json!({"reference": "#insurer", "display": "介護保険"})
    } else {
        json!({"display": "介護保険"})
    };
    coverage.insert("payor".into(), json!([payor]));
    coverage
}

/// A FHIR Period of what is known of its edges.
pub(crate) fn span([start, end]: [Option<String>; 2]) -> Map<String, Value> {
    let edges = [("start", start), ("end", end)];
    edges.into_iter().filter_map(|(edge, day)| Some((edge.to_owned(), day?.into()))).collect()
}

/// A reference to a care office by its number, perhaps with its name.
pub(crate) fn office(number: &str, name: &str) -> Option<Value> {
    if number.trim_start_matches('0').is_empty() && name.is_empty() {
        return None;
    }
    let mut reference = Map::new();
    reference.insert("type".into(), "Organization".into());
    if !number.is_empty() {
        reference.insert("identifier".into(), json!({"system": OFFICE, "value": number}));
    }
    put(&mut reference, "display", name);
    Some(reference.into())
}

/// The person of two fields of a record, which are taken.
pub(crate) fn insured(record: &Record, insurer: usize, number: usize) -> Insured {
    Insured::new(record.take(insurer), record.take(number))
}
