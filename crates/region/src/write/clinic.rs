//! Clinics without SS-MIX2: FHIR bundles in JP Core and JP-CLINS shape, one per visit and one per report.

use super::fhir::{Folder, concept, day, instant, quantity};
use super::{Desk, RegionFile};
use crate::catalogue::Test;
use crate::facilities::Facility;
use crate::registration::Registration;
use crate::story::{Entry, Group, What};
use jiff::ToSpan;
use jiff::civil::DateTime;
use serde_json::{Value, json};

/// Everything a clinic states about one person.
pub(super) fn files(
    desk: &Desk<'_>,
    facility: &Facility,
    registration: &Registration,
    entries: &[&Entry],
) -> Vec<RegionFile> {
    let folder = Folder { desk, facility, registration };
    let mut files = Vec::new();
    let mut known = Vec::new();
    // What was entered on one day goes out together in the evening, laboratory results by themselves.
    for same_day in entries.chunk_by(|a, b| a.at.date() == b.at.date()) {
        let mut records = Vec::new();
        let mut last = None;
        for (place, entry) in same_day.iter().enumerate() {
            let place = place.to_string();
            let made = match &entry.what {
                What::Visit { department } => vec![encounter(&folder, entry, department.1, &place)],
                What::Diagnosis { disease, onset, main } if !known.contains(&disease.local) => {
                    known.push(disease.local);
                    let text = if *main { "主病名" } else { "" };
                    vec![condition(&folder, entry, *disease, day(*onset), text)]
                }
                What::Allergies(list) => {
                    list.iter().map(|(name, reaction)| allergy(&folder, entry, name, reaction)).collect()
                }
                What::Prescription { groups, cancelled: false, .. } => {
                    requests(&folder, entry, groups, &place)
                }
                What::Note(text) => vec![super::letter::progress_note(&folder, entry, text, &place)],
                What::Labs { values, .. } => {
                    files.push(laboratory(&folder, entry, values, &place));
                    continue;
                }
                _ => continue,
            };
            last = Some(entry.at);
            records.extend(made);
        }
        if let Some(at) = last.filter(|_| !records.is_empty()) {
            files.push(folder.bundle("collection", "visit", at.saturating_add(15.minutes()), "", records));
        }
    }
    files
}

fn encounter(folder: &Folder<'_>, entry: &Entry, department: &str, place: &str) -> Value {
    let date = day(entry.at.date());
    let end = instant(entry.at.saturating_add(14.minutes()));
    json!({
        "resourceType": "Encounter",
        "id": folder.record_id(&["visit", &date, place]),
        "meta": {"profile": ["http://jpfhir.jp/fhir/core/StructureDefinition/JP_Encounter"]},
        "identifier": folder.identifier(&["visit", &date, place]),
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB", "display": "外来"},
        "serviceType": {"text": department},
        "subject": folder.subject(),
        "participant": [{"individual": {"display": folder.facility.staff(entry.author).name()}}],
        "period": {"start": instant(entry.at), "end": end},
        "serviceProvider": {"display": folder.facility.name},
    })
}

pub(super) fn condition(
    folder: &Folder<'_>,
    entry: &Entry,
    disease: crate::catalogue::Disease,
    onset: String,
    note: &str,
) -> Value {
    let mut code = concept("http://hl7.org/fhir/sid/icd-10", disease.icd10, disease.name);
    if let Some(codings) = code.get_mut("coding").and_then(Value::as_array_mut) {
        let system = format!("urn:oid:1.2.392.100495.20.3.99.1{}", folder.facility.number);
        codings.push(json!({"system": system, "code": disease.local, "display": disease.name}));
    }
    let clinical = "http://terminology.hl7.org/CodeSystem/condition-clinical";
    let certain = "http://terminology.hl7.org/CodeSystem/condition-ver-status";
    let mut resource = json!({
        "resourceType": "Condition",
        "id": folder.record_id(&["condition", disease.local]),
        "meta": {"profile": ["http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_Condition_eCS"]},
        "identifier": folder.identifier(&["condition", disease.local]),
        "clinicalStatus": {"coding": [{"system": clinical, "code": "active"}]},
        "verificationStatus": {"coding": [{"system": certain, "code": "confirmed"}]},
        "code": code,
        "subject": folder.subject(),
        "onsetDateTime": onset,
        "recordedDate": instant(entry.at),
    });
    if let (Some(fields), false) = (resource.as_object_mut(), note.is_empty()) {
        fields.insert("note".into(), json!([{"text": note}]));
    }
    resource
}

fn allergy(folder: &Folder<'_>, entry: &Entry, name: &str, reaction: &str) -> Value {
    let category = if name == "そば" { "food" } else { "medication" };
    let clinical = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical";
    json!({
        "resourceType": "AllergyIntolerance",
        "id": folder.record_id(&["allergy", name]),
        "meta": {"profile": ["http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_AllergyIntolerance_eCS"]},
        "identifier": folder.identifier(&["allergy", &super::fhir::id(&[name])]),
        "clinicalStatus": {"coding": [{"system": clinical, "code": "active"}]},
        "type": "allergy",
        "category": [category],
        "code": {"text": name},
        "patient": folder.subject(),
        "recordedDate": instant(entry.at),
        "reaction": [{"manifestation": [{"text": reaction}]}],
    })
}

/// MedicationRequests of a prescription.
fn requests(folder: &Folder<'_>, entry: &Entry, groups: &[Group], place: &str) -> Vec<Value> {
    let date = day(entry.at.date());
    let mut made = Vec::new();
    for (rp, group) in groups.iter().enumerate() {
        for (nth, (drug, per_day)) in group.drugs.iter().enumerate() {
            let key = format!("{rp}.{nth}");
            let parts = ["rx", date.as_str(), place, key.as_str()];
            let system = format!("http://jpfhir.jp/fhir/eCS/CodeSystem/DrugCode/1{}", folder.facility.number);
            let mut codings = vec![json!({"system": system, "code": drug.code, "display": drug.name})];
            if !drug.general.is_empty() {
                let system = "http://jpfhir.jp/fhir/core/mhlw/CodeSystem/MedicationGeneralOrderCode";
                let display = format!("【般】{}", drug.name);
                codings.insert(0, json!({"system": system, "code": drug.general, "display": display}));
            }
            // The eCS profile wants a national code; a drug without one is stated by JP Core's.
            let profile = if drug.general.is_empty() {
                "http://jpfhir.jp/fhir/core/StructureDefinition/JP_MedicationRequest"
            } else {
                "http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_MedicationRequest_eCS"
            };
            let mut timing = json!({"text": group.usage.text});
            if let (Some(timing), false) = (timing.as_object_mut(), group.usage.jami.is_empty()) {
                let coding = json!([{"system": "http://jami.jp/CodeSystem/MedicationUsage", "code": group.usage.jami, "display": group.usage.text}]);
                timing.insert("coding".into(), coding);
            }
            let (code, unit) = drug.unit;
            let dose = per_day / f64::from(group.usage.times.max(1));
            let amount = |value: f64| {
                let text = super::number(value);
                let value = text.parse::<serde_json::Number>().map_or(Value::Null, Value::Number);
                let system = "http://jpfhir.jp/fhir/core/mhlw/CodeSystem/MedicationUnitMERIT9Code";
                json!({"value": value, "unit": unit, "system": system, "code": code})
            };
            let total = if drug.form == 5 { *per_day } else { per_day * f64::from(group.days) };
            made.push(json!({
                "resourceType": "MedicationRequest",
                "id": folder.record_id(&parts),
                "meta": {"profile": [profile]},
                "identifier": [
                    {"system": "http://jpfhir.jp/fhir/core/mhlw/IdSystem/Medication-RPGroupNumber", "value": (rp + 1).to_string()},
                    {"system": "http://jpfhir.jp/fhir/core/mhlw/IdSystem/MedicationAdministrationIndex", "value": (nth + 1).to_string()},
                    folder.identifier(&parts).get(0).cloned().unwrap_or_default(),
                ],
                "status": "active",
                "intent": "order",
                "medicationCodeableConcept": {"coding": codings, "text": drug.name},
                "subject": folder.subject(),
                "authoredOn": instant(entry.at),
                "requester": {"display": folder.facility.staff(entry.author).name()},
                "dosageInstruction": [{
                    "text": format!("{} {}日分", group.usage.text, group.days),
                    "timing": {"code": timing, "repeat": {"boundsDuration": {
                        "value": group.days, "unit": "日", "system": "http://unitsofmeasure.org", "code": "d"}}},
                    "doseAndRate": [{"doseQuantity": amount(dose)}],
                }],
                "dispenseRequest": {
                    "quantity": amount(total),
                    "expectedSupplyDuration": {"value": group.days, "unit": "日", "system": "http://unitsofmeasure.org", "code": "d"},
                },
            }));
        }
    }
    made
}

/// A JP-CLINS collection of laboratory results.
fn laboratory(folder: &Folder<'_>, entry: &Entry, values: &[(Test, f64)], place: &str) -> RegionFile {
    let reported = entry.at.saturating_add(95.minutes());
    let records =
        values.iter().map(|(test, value)| result(folder, entry, test, *value, reported, place)).collect();
    folder.bundle("collection", &format!("lab{place}"), reported, "Observation", records)
}

fn result(
    folder: &Folder<'_>,
    entry: &Entry,
    test: &Test,
    value: f64,
    reported: DateTime,
    place: &str,
) -> Value {
    let date = day(entry.at.date());
    let parts = ["lab", date.as_str(), place, test.local];
    let own = "http://jpfhir.jp/fhir/clins/CodeSystem/JP_CLINS_ObsLabResult_LocalCode_CS";
    let mut codings = vec![json!({"system": own, "code": test.local, "display": test.name})];
    if !test.jlac10.is_empty() {
        codings.push(
            json!({"system": "urn:oid:1.2.392.200119.4.504", "code": test.jlac10, "display": test.name}),
        );
    }
    let category = "http://jpfhir.jp/fhir/core/CodeSystem/JP_SimpleObservationCategory_CS";
    let (low, high) = test.range;
    let mut number = quantity(value, test.digits, test.unit, "");
    if let Some(number) = number.as_object_mut() {
        // The units are those printed on the report; none is claimed to be UCUM.
        number.remove("system");
        number.remove("code");
        if test.unit.is_empty() {
            number.remove("unit");
        }
    }
    json!({
        "resourceType": "Observation",
        "id": folder.record_id(&parts),
        "meta": {"profile": ["http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_Observation_LabResult_eCS"]},
        "identifier": folder.identifier(&parts),
        "status": "final",
        "category": [{"coding": [{"system": category, "code": "laboratory"}]}],
        "code": {"coding": codings, "text": test.name},
        "subject": folder.subject(),
        "effectiveDateTime": instant(entry.at),
        "issued": instant(reported),
        "performer": folder.performer(entry.author),
        "valueQuantity": number,
        "referenceRange": [{"low": {"value": low}, "high": {"value": high}}],
        "specimen": {"display": test.specimen.1},
    })
}

/// A written note.
pub(super) fn communication(
    folder: &Folder<'_>,
    entry: &Entry,
    category: &str,
    topic: &str,
    text: &str,
    place: &str,
) -> Value {
    let at = instant(entry.at);
    let parts = ["note", at.as_str(), place];
    json!({
        "resourceType": "Communication",
        "id": folder.record_id(&parts),
        "identifier": folder.identifier(&parts),
        "status": "completed",
        "category": [{"coding": [{"system": "urn:hakucho:category", "code": category}]}],
        "topic": {"text": topic},
        "subject": folder.subject(),
        "sent": at,
        "sender": {"display": format!("{} {}", folder.facility.name, folder.facility.staff(entry.author).name())},
        "payload": [{"contentString": text}],
    })
}
