//! Names of records: the same each time the sender says the same thing again.
//!
//! An identifier of the sender's business is preferred to ids and fullUrls, which many systems make anew for
//! each message. Senders also give one identifier to several facts (all results of one order), so what the
//! resource is about (its code, its place in the prescription) is part of the name.

use super::person::{fingerprint, identifiers, system_value};
use model::reading::Resource;
use serde_json::Value;

/// Systems that number drugs within a prescription: no identity by themselves.
const PLACES: [&str; 4] = [
    "urn:oid:1.2.392.100495.20.3.81",
    "urn:oid:1.2.392.100495.20.3.82",
    "http://jpfhir.jp/fhir/core/mhlw/IdSystem/Medication-RPGroupNumber",
    "http://jpfhir.jp/fhir/core/mhlw/IdSystem/MedicationAdministrationIndex",
];
/// JP Core: identifier of a resource instance.
const INSTANCE: &str = "resourceInstance-identifier";

/// Resource type, or `Resource` where it has none.
pub(super) fn kind(resource: &Resource) -> &str {
    resource.get("resourceType").and_then(Value::as_str).unwrap_or("Resource")
}

/// The sender's logical id.
pub(super) fn sender_id(resource: &Resource) -> Option<&str> {
    resource.get("id").and_then(Value::as_str).map(str::trim).filter(|id| !id.is_empty())
}

/// The business identifier `system|value`, if there is one.
pub(super) fn business(resource: &Resource) -> Option<String> {
    let all: Vec<(&str, &str)> = identifiers(resource).into_iter().filter_map(system_value).collect();
    let usable = |(system, _): &&(&str, &str)| !system.is_empty() && !PLACES.contains(system);
    let chosen =
        all.iter().find(|(system, _)| system.ends_with(INSTANCE)).or_else(|| all.iter().find(usable))?;
    Some(format!("{}|{}", chosen.0, chosen.1))
}

/// The name of a record. `fallback` names a resource that has neither identifier nor id.
pub(super) fn record_key(resource: &Resource, full_url: Option<&str>, fallback: &str) -> String {
    let kind = kind(resource);
    let mut key = match (business(resource), sender_id(resource), full_url) {
        (Some(business), ..) => format!("{kind}/{business}"),
        (None, Some(id), _) => return format!("{kind}/id:{id}"),
        (None, None, Some(url)) => return format!("{kind}/url:{url}"),
        (None, None, None) => return format!("{kind}/{fallback}"),
    };
    for (system, value) in identifiers(resource).into_iter().filter_map(system_value) {
        if PLACES.contains(&system) {
            key.push_str(&format!("/{value}"));
        }
    }
    if let Some(about) = about(resource) {
        let print: String = fingerprint(&[&about]).chars().take(8).collect();
        key.push_str(&format!("/{print}"));
    }
    key
}

/// What the resource is about: its first code, else the text of it.
fn about(resource: &Resource) -> Option<String> {
    let concept =
        ["code", "medicationCodeableConcept", "vaccineCode"].iter().find_map(|name| resource.get(*name))?;
    let coding = concept.pointer("/coding/0");
    let part =
        |name: &str| coding.and_then(|coding| coding.get(name)).and_then(Value::as_str).unwrap_or_default();
    match (part("system"), part("code")) {
        (_, "") => concept.get("text").and_then(Value::as_str).map(str::to_owned),
        (system, code) => Some(format!("{system}|{code}")),
    }
}
