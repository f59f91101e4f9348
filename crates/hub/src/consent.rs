//! Consents and relationships as records.
//!
//! Both are FHIR resources filed under the author facility's registration of the person: a `Consent`, and an
//! `EpisodeOfCare` for why a facility may see the person now. They take the same path as everything
//! else (delivery, version, withdrawal); [`facts`] reads what `access` needs back out of them.

use access::{Consent, ConsentKind, Relationship};
use model::FacilityId;
use model::fhir::{self, list, text};
use model::reading::{
    ConsentEntry, ConsentRow, Effect, Extent, PATIENT_KEY, PatientKey, Resource, SourceOrder, StatedRecord,
    Statement,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Identifier system of facilities of the region in references.
pub const FACILITY_SYSTEM: &str = "urn:hakucho:facility";
/// Code system of the reasons of a relationship.
pub const REASON_SYSTEM: &str = "urn:hakucho:relationship";

/// The statement one line of a consent file (or one entry of the reception page) makes.
pub fn statement(row: &ConsentRow, order: SourceOrder) -> Statement {
    let (word, facilities, reason): (&str, &[FacilityId], &str) = match &row.entry {
        ConsentEntry::Permit(facilities) => ("permit", facilities, ""),
        ConsentEntry::Deny(facilities) => ("deny", facilities, ""),
        ConsentEntry::Relationship { facility, reason } => {
            ("relationship", std::slice::from_ref(facility), reason)
        }
    };
    let mut names: Vec<&str> = facilities.iter().map(FacilityId::as_str).collect();
    names.sort_unstable();
    let print: String = Sha256::digest(format!("{word}|{}|{reason}|{}", names.join(" "), row.from))
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let key = format!("{word}/{print}");
    let resource = match &row.entry {
        ConsentEntry::Relationship { facility, reason } => {
            episode(facility, reason, &row.from, row.until.as_deref())
        }
        _ => consent(word, facilities, &row.from, row.until.as_deref()),
    };
    let record =
        StatedRecord { key: key.clone(), resource, extent: Extent::Whole, at: format!("line {}", row.line) };
    Statement {
        patient: PatientKey::Local(row.local_id.clone()),
        set: key,
        order,
        effect: Effect::Stated,
        records: vec![record],
    }
}

fn object(value: Value) -> Resource {
    match value {
        Value::Object(map) => map,
        _ => Resource::new(),
    }
}

fn facility_reference(facility: &FacilityId) -> Value {
    json!({"identifier": {"system": FACILITY_SYSTEM, "value": facility.as_str()}})
}

fn period(from: &str, until: Option<&str>) -> Value {
    match until {
        Some(until) => json!({"start": from, "end": until}),
        None => json!({"start": from}),
    }
}

/// A FHIR R4 Consent: `provision.type` permit or deny, its actors the facilities (none = all of the region).
fn consent(word: &str, facilities: &[FacilityId], from: &str, until: Option<&str>) -> Resource {
    let actors: Vec<Value> = facilities
        .iter()
        .map(|facility| {
            json!({"role": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "CST"}]},
                   "reference": facility_reference(facility)})
        })
        .collect();
    let mut provision = json!({"type": word, "period": period(from, until)});
    if let (Some(map), false) = (provision.as_object_mut(), actors.is_empty()) {
        map.insert("actor".into(), Value::Array(actors));
    }
    object(json!({
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0", "display": "Patient Consent"}]}],
        "patient": {"reference": format!("{}{PATIENT_KEY}", model::reading::KEY_REFERENCE)},
        "dateTime": from,
        "policyRule": {"text": "地域医療介護情報連携への参加同意"},
        "provision": provision,
    }))
}

/// A FHIR R4 EpisodeOfCare: why this facility may see this person, from when to when.
fn episode(facility: &FacilityId, reason: &str, from: &str, until: Option<&str>) -> Resource {
    object(json!({
        "resourceType": "EpisodeOfCare",
        "status": "active",
        "type": [{"coding": [{"system": REASON_SYSTEM, "code": reason}]}],
        "patient": {"reference": format!("{}{PATIENT_KEY}", model::reading::KEY_REFERENCE)},
        "managingOrganization": facility_reference(facility),
        "period": period(from, until),
    }))
}

/// What `access` needs to know, out of the person's current Consent and EpisodeOfCare records.
/// `id` is the record's id. A Consent in a shape we cannot judge counts as a refusal of everything.
pub fn facts<'a>(records: impl Iterator<Item = &'a Resource>) -> (Vec<Consent>, Vec<Relationship>) {
    let (mut consents, mut relationships) = (Vec::new(), Vec::new());
    for resource in records {
        match fhir::resource_type(resource) {
            "Consent" => consents.push(read_consent(resource)),
            "EpisodeOfCare" => relationships.extend(read_episode(resource)),
            _ => {}
        }
    }
    (consents, relationships)
}

fn read_consent(resource: &Resource) -> Consent {
    let actors = list(resource, "provision.actor");
    let facilities: Vec<FacilityId> = actors
        .iter()
        .filter_map(|actor| fhir::text_at(actor, "reference.identifier.value"))
        .filter_map(|text| FacilityId::new(text).ok())
        .collect();
    let from = text(resource, "provision.period.start").or_else(|| text(resource, "dateTime"));
    let understood = facilities.len() == actors.len() && from.is_some();
    let permit = understood && text(resource, "provision.type") == Some("permit");
    let withdrawn = permit && text(resource, "status") != Some("active");
    Consent {
        id: text(resource, "id").unwrap_or_default().to_owned(),
        kind: if permit { ConsentKind::Permit } else { ConsentKind::Deny },
        facilities: if understood { facilities } else { Vec::new() },
        from: day(from.unwrap_or("0001-01-01")),
        until: text(resource, "provision.period.end").map(day),
        withdrawn: withdrawn || (!permit && understood && text(resource, "status") != Some("active")),
    }
}

fn read_episode(resource: &Resource) -> Option<Relationship> {
    if !matches!(text(resource, "status"), Some("active" | "finished")) {
        return None;
    }
    Some(Relationship {
        facility: FacilityId::new(text(resource, "managingOrganization.identifier.value")?).ok()?,
        reason: text(resource, "type.0.coding.0.code").unwrap_or("visit").to_owned(),
        from: day(text(resource, "period.start")?),
        until: text(resource, "period.end").map(day),
    })
}

fn day(text: &str) -> String {
    text.chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(entry: ConsentEntry) -> ConsentRow {
        ConsentRow { local_id: "12".into(), entry, from: "2026-04-01".into(), until: None, line: 2 }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let facility = FacilityId::new("H01").unwrap();
        let rows = [
            row(ConsentEntry::Permit(vec![])),
            row(ConsentEntry::Deny(vec![facility.clone()])),
            row(ConsentEntry::Relationship { facility: facility.clone(), reason: "referral".into() }),
        ];
        let resources: Vec<Resource> = rows
            .iter()
            .map(|row| statement(row, SourceOrder::new("2026", "")).records.remove(0).resource)
            .collect();
        let (consents, relationships) = facts(resources.iter());
        assert_eq!(
            consents.iter().map(|consent| consent.kind).collect::<Vec<_>>(),
            [ConsentKind::Permit, ConsentKind::Deny]
        );
        assert_eq!(consents[1].facilities, std::slice::from_ref(&facility));
        assert_eq!((&relationships[0].facility, relationships[0].reason.as_str()), (&facility, "referral"));
    }

    #[test]
    fn a_consent_we_cannot_judge_refuses() {
        let odd = json!({"resourceType": "Consent", "status": "active", "provision": {"type": "permit",
            "period": {"start": "2026-01-01"}, "actor": [{"reference": {"display": "somebody"}}]}});
        let (consents, _) = facts(odd.as_object().into_iter());
        assert_eq!((consents[0].kind, consents[0].withdrawn), (ConsentKind::Deny, false));
    }
}
