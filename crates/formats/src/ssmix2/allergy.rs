//! IAM (ADT-61) and AL1 (ADT-00 and orders) → AllergyIntolerance.
//!
//! Mapping after "Segment ADT_61_IAM to AllergyIntolerance" and "Segment ADT_00_AL1 to AllergyIntolerance" of
//! jami-fhir-jp-wg/ssmix2-to-fhir. Codes of which FHIR's own words say less than the source are kept beside.

use super::context::{Context, subject};
use super::datatype::{code_of, concept, identifier, persons};
use super::record::Record;
use crate::hl7v2::Segment;
use model::codes::LOCAL;
use serde_json::{Map, Value, json};

const CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical";
const VERIFICATION: &str = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification";

/// Reads every IAM and AL1 of the message.
pub fn read(context: &mut Context<'_>) {
    let message = context.message;
    for segment in
        message.segments.iter().filter(|each| matches!(each.name(), "IAM" | "AL1") && !each.is_empty())
    {
        let mut record = begin(context, segment);
        if segment.name() == "IAM" {
            iam(context, &mut record, segment)
        } else {
            al1(context, &mut record, segment)
        }
        record.carry(segment);
        context.put(record);
    }
}

/// What both segments say alike in fields 2 to 5. The key is the allergen, so that the list may be reordered.
fn begin(context: &mut Context<'_>, segment: &Segment) -> Record {
    let allergen = segment.field(3).first();
    let part = [allergen.peek(1), allergen.peek(2), allergen.peek(4)].into_iter().flatten().next();
    let part = part.unwrap_or_else(|| segment.number.to_string());
    let mut record =
        context.record("AllergyIntolerance", "JP_AllergyIntolerance", format!("allergy/{part}"), segment);
    record.push("category", category(segment).map(Value::from));
    let code = concept(allergen).map(allergens).unwrap_or_else(|| json!({"text": "(アレルゲンの記載なし)"}));
    record.set("code", Some(code));
    record.set("patient", Some(subject()));
    // The list shows first what is dangerous; the severity itself stands with the reaction.
    let severe = segment.field(4).peek().as_deref() == Some("SV");
    record.set("criticality", severe.then_some("high"));
    reaction(&mut record, segment);
    record
}

/// Codes of J-FAGY stand in the list of JP Core that the letter behind `J9` names.
fn allergens(mut concept: Value) -> Value {
    for coding in concept.get_mut("coding").and_then(Value::as_array_mut).into_iter().flatten() {
        let system = coding.get("system").and_then(Value::as_str).and_then(|name| name.strip_prefix(LOCAL));
        let list = match coding.get("code").and_then(Value::as_str).and_then(|code| code.get(2..3)) {
            Some("F") => "JP_JfagyFoodAllergen_CS",
            Some("N") => "JP_JfagyNonFoodNonMedicationAllergen_CS",
            Some("M") => "JP_JfagyMedicationAllergen_CS",
            _ => continue,
        };
        let named = matches!(system, Some("J-FAGY" | "JFAGY"));
        if let Some(map) = coding.as_object_mut().filter(|_| named) {
            map.insert("system".into(), json!(format!("http://jpfhir.jp/fhir/core/CodeSystem/{list}")));
        }
    }
    concept
}

/// HL7 table 0127 → category. Several codes are one category, so the code itself stays in the rest.
fn category(segment: &Segment) -> Option<&'static str> {
    match segment.field(2).peek()?.as_str() {
        "DA" => Some("medication"),
        "FA" => Some("food"),
        // Biologic is FHIR's word for preparations made of living things, not for animals.
        "EA" | "PA" | "LA" | "AA" => Some("environment"),
        _ => None,
    }
}

/// Fields 4 and 5: how bad, and what happened. Without a reaction the severity has no place but the rest.
fn reaction(record: &mut Record, segment: &Segment) {
    let manifestations: Vec<Value> = segment
        .field(5)
        .repetitions()
        .filter_map(|each| each.raw())
        .map(|text| json!({ "text": text }))
        .collect();
    let severity = segment.field(4).read_as(|text| match text {
        "MI" => Some("mild"),
        "MO" => Some("moderate"),
        "SV" => Some("severe"),
        _ => None,
    });
    if manifestations.is_empty() && severity.is_none() {
        return;
    }
    let mut reaction = Map::new();
    let described = !manifestations.is_empty();
    let manifestations =
        if described { manifestations } else { vec![json!({"text": "(反応の記載なし)"})] };
    reaction.insert("manifestation".into(), Value::Array(manifestations));
    if let Some(severity) = severity {
        reaction.insert("severity".into(), json!(severity));
    }
    record.push("reaction", Some(Value::Object(reaction)));
}

fn al1(context: &mut Context<'_>, record: &mut Record, segment: &Segment) {
    record.set("clinicalStatus", Some(code_of(CLINICAL, "active")));
    record.set("onsetDateTime", context.day_of(segment.field(6)));
}

fn iam(context: &mut Context<'_>, record: &mut Record, segment: &Segment) {
    // Table 0323: D takes the entry off the list; A and U say that it stands, and stay in the rest.
    let removed = segment.field(6).read_as(|text| (text == "D").then_some(())).is_some();
    // Table 0438, C confirmed … E erroneous.
    let status = segment.field(17).read_as(|text| match text {
        "C" => Some("confirmed"),
        "U" | "P" | "S" | "D" => Some("unconfirmed"),
        "E" => Some("entered-in-error"),
        _ => None,
    });
    if status != Some("entered-in-error") {
        record.set("clinicalStatus", Some(code_of(CLINICAL, if removed { "inactive" } else { "active" })));
    }
    record.set("verificationStatus", status.map(|status| code_of(VERIFICATION, status)));
    if status == Some("unconfirmed") {
        let raw = segment.field(17).peek_raw();
        record.push("extension", Some(super::record::source_field("IAM-17", &raw)));
    }
    record.push("identifier", identifier(segment.field(7).first()));
    record.set(
        "type",
        segment.field(9).read_as(|text| match text {
            "AL" => Some("allergy"),
            "IN" => Some("intolerance"),
            _ => None,
        }),
    );
    let onset = context.day_of(segment.field(11));
    if !record.set("onsetDateTime", onset) {
        record.set("onsetString", segment.field(12).raw());
    }
    record.set("recordedDate", context.moment_of(segment.field(13)));
    let informant: Vec<String> =
        [1, 2, 3].into_iter().filter_map(|part| segment.field(14).first().get(part)).collect();
    record.set("asserter", (!informant.is_empty()).then(|| json!({"display": informant.join(" ")})));
    record.set("recorder", persons(segment.field(18).repetitions()).into_iter().next());
    let note = segment.field(8).raw();
    record.push("note", note.map(|text| json!({ "text": text })));
}
