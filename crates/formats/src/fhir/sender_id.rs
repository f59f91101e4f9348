//! A record gets an id of ours; the sender's is kept beside it.

use super::key::kind;
use model::reading::Resource;
use serde_json::{Value, json};

/// System of the identifier that keeps a sender's logical id: value `<Type>/<id>`.
const SENDER_ID: &str = "urn:hakucho:sender-id";

/// R4 types with one identifier at most: a second one has no place.
const SINGLE: [&str; 11] = [
    "AdverseEvent",
    "Bundle",
    "Composition",
    "ConceptMap",
    "MedicinalProductIngredient",
    "Parameters",
    "QuestionnaireResponse",
    "SpecimenDefinition",
    "SubstanceSpecification",
    "TestReport",
    "TestScript",
];

/// R4 types without any identifier.
const NONE: [&str; 27] = [
    "AuditEvent",
    "Binary",
    "CapabilityStatement",
    "CompartmentDefinition",
    "GraphDefinition",
    "ImplementationGuide",
    "Linkage",
    "MedicationKnowledge",
    "MedicinalProductContraindication",
    "MedicinalProductIndication",
    "MedicinalProductInteraction",
    "MedicinalProductManufactured",
    "MedicinalProductUndesirableEffect",
    "MessageHeader",
    "NamingSystem",
    "OperationDefinition",
    "OperationOutcome",
    "Provenance",
    "SearchParameter",
    "Subscription",
    "SubstanceNucleicAcid",
    "SubstancePolymer",
    "SubstanceProtein",
    "SubstanceReferenceInformation",
    "SubstanceSourceMaterial",
    "TerminologyCapabilities",
    "VerificationResult",
];

/// Keeps the sender's id as one more identifier, or as a tag where the type has no list of identifiers.
pub(super) fn keep_sender_id(resource: &mut Resource) {
    let id = match resource.get("id") {
        Some(Value::String(id)) if !id.trim().is_empty() => id.trim().to_owned(),
        // No FHIR id, and still what the sender calls it.
        Some(Value::Number(id)) => id.to_string(),
        _ => return,
    };
    let name = kind(resource).to_owned();
    let id = format!("{name}/{id}");
    let listed = matches!(resource.get("identifier"), Some(Value::Array(_)) | None);
    if listed && !SINGLE.contains(&name.as_str()) && !NONE.contains(&name.as_str()) {
        let list = resource.entry("identifier").or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = list {
            list.push(json!({"system": SENDER_ID, "value": id}));
        }
        return;
    }
    let meta = resource.entry("meta").or_insert_with(|| json!({}));
    if let Some(meta) = meta.as_object_mut() {
        let tags = meta.entry("tag").or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(tags) = tags {
            tags.push(json!({"system": SENDER_ID, "code": id}));
        }
    }
}
