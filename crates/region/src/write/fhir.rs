//! What the FHIR writers share: patients, references, bundles in JP Core and JP-CLINS shape.

use super::{Desk, RegionFile, digits};
use crate::facilities::{Facility, RECORDS};
use crate::registration::Registration;
use jiff::civil::{Date, DateTime};
use serde_json::{Value, json};
use uuid::Uuid;

/// Name space of the ids made here.
const NAMESPACE: Uuid = Uuid::from_u128(0x2b1c_3f0e_7a64_5d0b_9c11_7265_6769_6f6e);

/// An id made of parts: the same parts give the same id.
pub(super) fn id(parts: &[&str]) -> String {
    Uuid::new_v5(&NAMESPACE, parts.join("\u{1f}").as_bytes()).to_string()
}

/// `2026-11-20`
pub(super) fn day(day: Date) -> String {
    format!("{:04}-{:02}-{:02}", day.year(), day.month(), day.day())
}

/// `2026-11-20T15:40:00+09:00`
pub(super) fn instant(at: DateTime) -> String {
    format!("{}T{:02}:{:02}:{:02}+09:00", day(at.date()), at.hour(), at.minute(), at.second())
}

/// A coded concept of one coding.
pub(super) fn concept(system: &str, code: &str, display: &str) -> Value {
    json!({"coding": [{"system": system, "code": code, "display": display}], "text": display})
}

/// A value with its UCUM unit.
pub(super) fn quantity(value: f64, digits: usize, unit: &str, ucum: &str) -> Value {
    let text = format!("{value:.digits$}");
    let value = text.parse::<serde_json::Number>().map_or(Value::Null, Value::Number);
    json!({"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": ucum})
}

/// A folder of records of one patient at one facility: everything refers to the same Patient.
pub(super) struct Folder<'a> {
    pub desk: &'a Desk<'a>,
    pub facility: &'a Facility,
    pub registration: &'a Registration,
}

impl Folder<'_> {
    /// Reference of the patient inside a bundle.
    pub(super) fn patient_url(&self) -> String {
        format!("urn:uuid:{}", id(&["patient", &self.facility.id, &self.registration.local_id]))
    }

    /// Reference to the patient.
    pub(super) fn subject(&self) -> Value {
        json!({"reference": self.patient_url()})
    }

    /// System of the facility's own patient numbers (JP Core: 1 + ten-digit institution number).
    pub(super) fn number_system(&self) -> String {
        format!("urn:oid:1.2.392.100495.20.3.51.1{}", self.facility.number)
    }

    /// The Patient.
    pub(super) fn patient(&self) -> Value {
        let who = self.registration;
        let mut identifier = vec![json!({"system": self.number_system(), "value": who.local_id})];
        if let Some(card) = &who.insurance {
            // Eight digits; municipal schemes have six. Symbol and number may be empty, the colons stay.
            let value = format!("{:0>8}:{}:{}:{}", card.insurer, card.symbol, card.number, card.branch);
            let system = "http://jpfhir.jp/fhir/clins/Idsystem/JP_Insurance_memberID";
            identifier.push(json!({"system": system, "value": value}));
        }
        let written = |family: &str, given: &str, text: &str, code: &str| {
            let url = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation";
            json!({
                "extension": [{"url": url, "valueCode": code}],
                "use": "official", "text": text, "family": family, "given": [given],
            })
        };
        let mut name = vec![written(&who.family, &who.given, &who.name(), "IDE")];
        if !who.family_kana.is_empty() {
            name.push(written(&who.family_kana, &who.given_kana, &who.kana(), "SYL"));
        }
        let mut patient = json!({
            "resourceType": "Patient",
            "id": id(&["patient", &self.facility.id, &who.local_id]),
            "meta": {"profile": ["http://jpfhir.jp/fhir/core/StructureDefinition/JP_Patient"]},
            "identifier": identifier,
            "active": true,
            "name": name,
        });
        if let Some(fields) = patient.as_object_mut() {
            if !who.phone.is_empty() {
                let phone = json!([{"system": "phone", "value": who.phone, "use": "home"}]);
                fields.insert("telecom".into(), phone);
            }
            fields.insert("gender".into(), who.sex.fhir().into());
            fields.insert("birthDate".into(), day(who.birth).into());
            if !who.address.is_empty() {
                let address = json!([{"text": who.address, "postalCode": who.postal, "country": "JP"}]);
                fields.insert("address".into(), address);
            }
        }
        patient
    }

    /// Identifier of a record, unique and stable within the facility.
    pub(super) fn identifier(&self, parts: &[&str]) -> Value {
        let value = format!("{}-{}-{}", self.facility.number, self.registration.local_id, parts.join("-"));
        json!([{"system": "http://jpfhir.jp/fhir/core/IdSystem/resourceInstance-identifier", "value": value}])
    }

    /// Id of a record.
    pub(super) fn record_id(&self, parts: &[&str]) -> String {
        let mut all = vec!["record", &self.facility.id, &self.registration.local_id];
        all.extend_from_slice(parts);
        id(&all)
    }

    /// Who at the facility did it, with the facility's name.
    pub(super) fn performer(&self, author: usize) -> Value {
        json!([
            {"display": self.facility.staff(author).name()},
            {"display": self.facility.name, "identifier": {
                "system": "http://jpfhir.jp/fhir/core/IdSystem/insurance-medical-institution-no",
                "value": self.facility.number}},
        ])
    }

    /// A file with a Bundle of the patient and these records.
    pub(super) fn bundle(
        &self,
        kind: &str,
        name: &str,
        at: DateTime,
        tag: &str,
        records: Vec<Value>,
    ) -> RegionFile {
        let stem = format!("{}_{}_{name}", digits(at.date()), self.registration.local_id);
        let entry = |resource: Value| {
            let id = resource.get("id").and_then(Value::as_str).unwrap_or_default();
            let mut entry = serde_json::Map::new();
            entry.insert("fullUrl".into(), format!("urn:uuid:{id}").into());
            entry.insert("resource".into(), resource);
            Value::Object(entry)
        };
        let mut meta = json!({"lastUpdated": instant(at)});
        if let (Some(meta), false) = (meta.as_object_mut(), tag.is_empty()) {
            let system = "http://jpfhir.jp/fhir/clins/CodeSystem/BundleResourceType_CS";
            meta.insert("tag".into(), json!([{"system": system, "code": tag}]));
            let profile = "http://jpfhir.jp/fhir/clins/StructureDefinition/JP_Bundle_CLINS|1";
            meta.insert("profile".into(), json!([profile]));
        }
        let value = format!("{}^{}^{stem}", self.facility.number, at.year());
        let mut entries = vec![entry(self.patient())];
        entries.extend(records.into_iter().map(entry));
        if kind == "document" {
            // The Composition comes first.
            entries.rotate_left(1);
            if let Some(patient) = entries.pop() {
                entries.insert(1, patient);
            }
        }
        let mut bundle = json!({
            "resourceType": "Bundle",
            "id": id(&["bundle", &self.facility.id, &stem]),
            "meta": meta,
            "language": "ja",
            "identifier": {"system": "http://jpfhir.jp/fhir/clins/bundle-identifier", "value": value},
            "type": kind,
            "timestamp": instant(at),
        });
        if let Some(fields) = bundle.as_object_mut() {
            fields.insert("entry".into(), entries.into());
        }
        RegionFile {
            facility: self.facility.id.clone(),
            source: RECORDS.source,
            format: RECORDS.format,
            path: format!("{}/{stem}.json", super::month(at)),
            bytes: bundle.to_string().into_bytes(),
            at,
            was: None,
        }
    }
}
