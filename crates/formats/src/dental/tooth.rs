//! The unit of one tooth (TB with its TD, TP, TM, TE, TF, TH) as JP Core DentalOral Observations.

use super::Exam;
use super::code;
use crate::care_claim::person::{put, resource};
use crate::care_claim::record::Record;
use model::reading::{Extent, Problem, Resource, StatedRecord};
use serde_json::{Value, json};

const SURFACE: &str =
    "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Observation_DentalOral_ToothSurface";

/// One tooth: TB (none if its parts came without it) and the records after it.
#[derive(Debug, Default)]
pub(super) struct Tooth {
    pub site: Option<Record>,
    pub parts: Vec<Record>,
}

/// An Observation with the categories and the code JP Core gives the dental ones.
pub(super) fn observation(exam: &Exam<'_>, profile: &str, category: &str, label: &str) -> Resource {
    let mut observation = resource("Observation", profile, exam.tag);
    put(&mut observation, "contained", exam.facility.iter().cloned().collect::<Vec<_>>());
    observation.insert("status".into(), "final".into());
    let coded = |system: &str, code: &str| json!({"coding": [{"system": system, "code": code}]});
    let mut categories =
        vec![coded(model::codes::OBSERVATION_CATEGORY, "exam"), coded(model::codes::LOINC, "LP89803-8")];
    if !category.is_empty() {
        let system = "http://jpfhir.jp/fhir/core/CodeSystem/JP_ObservationDentalCategory_CS";
        categories.push(coded(system, category));
    }
    categories.push(coded("urn:hakucho:category", "dental"));
    observation.insert("category".into(), categories.into());
    let status = json!({"system": model::codes::LOINC, "code": "54570-7", "display": "Oral/Dental Status"});
    observation.insert("code".into(), json!({"coding": [status], "text": label}));
    observation.insert("subject".into(), json!({"reference": "urn:key:Patient"}));
    put(&mut observation, "effectiveDateTime", exam.day.as_str());
    if exam.facility.is_some() {
        observation.insert("performer".into(), json!([{"reference": "#facility"}]));
    }
    observation
}

/// A field the code systems have no code for, under its own number.
fn own(record: &Record, number: usize, value: &str) -> Value {
    let code = format!("{}-{number}", record.kind);
    json!({
        "code": {"coding": [{"system": "urn:hakucho:jda-oral-item", "code": code}], "text": code},
        "valueString": value,
    })
}

/// Every field from `from` that nobody took, under its own number; reported as of unknown meaning.
pub(super) fn unknown(record: &Record, from: usize, problems: &mut Vec<Problem>) -> Vec<Value> {
    let mut components = Vec::new();
    let mut numbers = Vec::new();
    for number in (from..=record.width()).filter(|number| !record.is_taken(*number)) {
        let value = record.take(number);
        if !value.is_empty() {
            numbers.push(number.to_string());
            components.push(own(record, number, value));
        }
    }
    if !numbers.is_empty() {
        let text =
            format!("field(s) {} have no layout known here; kept under their number", numbers.join(" "));
        problems.push(Problem::new("unknown-column", record.place(), text));
    }
    components
}

/// The Observations of a tooth; `key` is free for it in the examination.
pub(super) fn records(
    tooth: &Tooth,
    exam: &Exam<'_>,
    key: &str,
    problems: &mut Vec<Problem>,
) -> Vec<StatedRecord> {
    let site = tooth.site.as_ref().map(|record| record.code(2)).unwrap_or_default();
    let name = code::tooth(&site).unwrap_or_else(|| format!("歯 {site}").trim_end().to_owned());
    if let Some(record) = tooth.site.as_ref().filter(|_| code::tooth(&site).is_none()) {
        let text = "no tooth of the list; kept as it is";
        problems.push(Problem::new("unknown-code", record.at(2), text));
    }
    let mut records = Vec::new();
    let mut members = Vec::new();
    let mut add = |part: &str, observation: Resource, at: String, members: &mut Vec<Value>| {
        let key = format!("{key}/{part}");
        members.push(json!({"reference": format!("urn:key:{key}")}));
        records.push(StatedRecord { key, resource: observation, extent: Extent::Whole, at });
    };
    let existence = tooth.site.as_ref().map(|record| record.code(3)).unwrap_or_default();
    if let Some((observation, at)) = condition(tooth, exam, &site, &name, &existence, key, problems) {
        add("state", observation, at, &mut members);
    }
    for (index, record) in tooth.parts.iter().enumerate().filter(|(_, record)| is_further(&record.kind)) {
        let components = unknown(record, 2, problems);
        if components.is_empty() {
            continue;
        }
        let label = format!("{name} {}", code::part(&record.kind));
        let mut observation = observation(exam, "JP_Observation_Common", "", &label);
        if !site.is_empty() {
            observation.insert("bodySite".into(), code::body_site(&site));
        }
        observation.insert("component".into(), components.into());
        add(&format!("{}{}", record.kind, index + 1), observation, record.place(), &mut members);
    }
    let Some(record) = &tooth.site else { return records };
    let profile = "JP_Observation_DentalOral_ToothExistence";
    let mut whole = observation(exam, profile, "DO-1-01", &format!("{name} 歯の有無"));
    if !existence.is_empty() {
        whole.insert("valueCodeableConcept".into(), code::existence(&existence));
    }
    whole.insert("bodySite".into(), code::body_site(&site));
    put(&mut whole, "hasMember", members);
    put(&mut whole, "component", unknown(record, 4, problems));
    let key = format!("{key}/exists");
    let at = record.place();
    records.insert(0, StatedRecord { key, resource: whole, extent: Extent::Whole, at });
    records
}

fn is_further(kind: &str) -> bool {
    !matches!(kind, "TD" | "TP" | "TM")
}

/// TD, TP and TM together: the state of a tooth that is there, or of a gap.
fn condition(
    tooth: &Tooth,
    exam: &Exam<'_>,
    site: &str,
    name: &str,
    existence: &str,
    key: &str,
    problems: &mut Vec<Problem>,
) -> Option<(Resource, String)> {
    let parts: Vec<&Record> = tooth.parts.iter().filter(|record| !is_further(&record.kind)).collect();
    let first = parts.first()?;
    let states: Vec<String> =
        parts.iter().filter(|record| record.kind == "TD").map(|record| record.code(2)).collect();
    let states: Vec<String> = states.into_iter().filter(|state| !state.is_empty()).collect();
    let missing = existence == "2"
        || states.iter().any(|state| code::is_missing(state))
        || parts.iter().any(|record| record.kind == "TM");
    let mut surfaces = Vec::new();
    let mut coded = Vec::new();
    let mut others = Vec::new();
    for record in &parts {
        let from = if record.kind == "TD" { 3 } else { 2 };
        for number in from..=record.width() {
            let value = record.look_code(number);
            let is_value = value.bytes().all(|b| b.is_ascii_digit()) && value.bytes().any(|b| b != b'0');
            match (record.kind.as_str(), code::item(&record.kind, number)) {
                ("TP", None) if matches!(value.as_str(), "1" | "01") && code::surface(number).is_some() => {
                    record.take(number);
                    surfaces.extend(code::surface(number));
                }
                (kind, Some(item)) if is_value => {
                    record.take(number);
                    let words = code::value(kind, number, &value)
                        .map_or_else(|| format!("{item} {value}"), str::to_owned);
                    coded.push((code::item_coding(kind, number, &value), words));
                }
                // Zeros and what is no value of the item: as written.
                (kind, item)
                    if !value.is_empty()
                        && (item.is_some() || (kind == "TP" && code::surface(number).is_some())) =>
                {
                    others.push(own(record, number, record.take(number)));
                }
                _ => {}
            }
        }
        others.extend(unknown(record, 2, problems));
    }
    let mut components: Vec<Value> = Vec::new();
    let main = states.first();
    let state = main.map(|state| code::state(state)).unwrap_or_default();
    for (index, (coding, item)) in coded.into_iter().enumerate() {
        let mut codings = vec![coding];
        codings.extend(main.filter(|_| index == 0).map(|state| code::state_coding(state)));
        let text = format!("{name} {state} {item}").replace("  ", " ");
        components.push(json!({"code": {"coding": codings, "text": text}}));
    }
    let alone = if components.is_empty() { 0 } else { 1 };
    for state in states.iter().skip(alone) {
        let text = format!("{name} {}", code::state(state));
        let coding = code::state_coding(state);
        components.push(json!({"code": {"coding": [coding], "text": text.trim_end()}}));
    }
    components.extend(others);
    if components.is_empty() && surfaces.is_empty() {
        return None;
    }
    let (profile, category, label) = if missing {
        ("JP_Observation_DentalOral_MissingToothCondition", "DO-1-03", "欠損歯の処置状態")
    } else {
        ("JP_Observation_DentalOral_ToothTreatmentCondition", "DO-1-02", "現存歯の処置状態")
    };
    let mut resource = observation(exam, profile, category, &format!("{name} {label}"));
    // JP Core wants a business identifier of a gap.
    let identifier = json!({"system": "urn:hakucho:dental-observation", "value": key});
    resource.insert("identifier".into(), json!([identifier]));
    if !site.is_empty() || !surfaces.is_empty() {
        let mut body = if site.is_empty() { json!({"text": "歯面"}) } else { code::body_site(site) };
        let extensions: Vec<Value> = surfaces
            .into_iter()
            .map(|surface| json!({"url": SURFACE, "valueCodeableConcept": surface}))
            .collect();
        if let (Some(body), false) = (body.as_object_mut(), extensions.is_empty()) {
            body.insert("extension".into(), extensions.into());
        }
        resource.insert("bodySite".into(), body);
    }
    put(&mut resource, "component", components);
    Some((resource, first.place()))
}
