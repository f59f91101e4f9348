//! Care facilities, visiting nurses and dentists: FHIR bundles of entries.
//!
//! Category system `urn:hakucho:category` (`care`, `nursing`, `dental`); codes LOINC where one exists, else
//! `urn:hakucho:care-entry` (`meal`, `bpsd`). Care facilities export entry by entry for the last two days,
//! by day for four weeks, by week before that.

use super::clinic::communication;
use super::fhir::{Folder, concept, day, instant, quantity};
use super::{Desk, RegionFile};
use crate::facilities::Facility;
use crate::registration::Registration;
use crate::story::{Entry, Vitals, What};
use jiff::ToSpan;
use jiff::civil::Date;
use model::facility::FacilityKind;
use serde_json::{Value, json};

/// One entry about to become resources.
struct Sheet<'a> {
    folder: &'a Folder<'a>,
    entry: &'a Entry,
    category: &'static str,
    /// Number of the entry among those of the person at the facility.
    place: String,
}

const LOINC: &str = "http://loinc.org";
const ENTRY: &str = "urn:hakucho:care-entry";

/// Entries of one person at one facility.
pub(super) fn files(
    desk: &Desk<'_>,
    facility: &Facility,
    registration: &Registration,
    entries: &[&Entry],
) -> Vec<RegionFile> {
    let folder = Folder { desk, facility, registration };
    let category = match facility.kind {
        FacilityKind::Care => "care",
        FacilityKind::Dental => "dental",
        _ => "nursing",
    };
    let mut files = Vec::new();
    let same = |a: &&Entry, b: &&Entry| batch(facility, a, desk.today) == batch(facility, b, desk.today);
    let mut start = 0;
    for together in entries.chunk_by(same) {
        let mut records = Vec::new();
        for (place, entry) in together.iter().enumerate() {
            let place = (start + place).to_string();
            records.extend(Sheet { folder: &folder, entry, category, place }.records());
        }
        let serial = start;
        start += together.len();
        if let (Some(last), false) = (together.last(), records.is_empty()) {
            let at = last.at.saturating_add(4.minutes());
            files.push(folder.bundle("collection", &format!("{category}{serial}"), at, "", records));
        }
    }
    files
}

/// What goes out in one file: entries with equal answers.
fn batch(facility: &Facility, entry: &Entry, today: Date) -> (i64, usize) {
    let age = i64::from(entry.at.date().until(today).map_or(0, |span| span.get_days()));
    let own = std::ptr::from_ref(entry) as usize;
    match facility.kind {
        FacilityKind::Care if age > 28 => (-(age / 7), 0),
        FacilityKind::Care if age < 2 => (age, own),
        _ => (age, 0),
    }
}

impl Sheet<'_> {
    fn records(&self) -> Vec<Value> {
        let Self { folder, entry, category, place } = self;
        match &entry.what {
            What::Vitals(vitals) => self.vital_signs(vitals),
            What::Sleep(hours) => {
                let value = quantity(*hours, 1, "h", "h");
                vec![self.observation(&concept(LOINC, "93832-4", "睡眠時間"), "valueQuantity", value)]
            }
            What::Meals(eaten) => {
                let part = |name: &str, tenths: u8| json!({"code": {"text": name}, "valueQuantity": quantity(f64::from(tenths) * 10.0, 0, "%", "%")});
                let [morning, noon, evening] = *eaten;
                let parts = json!([part("朝食", morning), part("昼食", noon), part("夕食", evening)]);
                vec![self.observation(&concept(ENTRY, "meal", "食事摂取量"), "component", parts)]
            }
            What::Behaviour { kind, helped } => {
                let code = concept(ENTRY, "bpsd", "BPSD");
                let mut made = self.observation(&code, "valueCodeableConcept", json!({"text": kind}));
                if let Some(fields) = made.as_object_mut() {
                    fields.insert("note".into(), json!([{"text": helped}]));
                }
                vec![made]
            }
            What::Note(text) => {
                let topic = if *category == "care" { "介護記録" } else { "訪問看護記録" };
                vec![communication(folder, entry, category, topic, text, place)]
            }
            What::Dental { procedure, finding } => vec![self.dental(procedure, finding)],
            _ => Vec::new(),
        }
    }

    fn vital_signs(&self, vitals: &Vitals) -> Vec<Value> {
        let mut made = Vec::new();
        if vitals.systolic > 0.0 {
            let part = |code: &str, name: &str, value: f64| json!({"code": concept(LOINC, code, name), "valueQuantity": quantity(value, 0, "mmHg", "mm[Hg]")});
            let parts = json!([
                part("8480-6", "収縮期血圧", vitals.systolic),
                part("8462-4", "拡張期血圧", vitals.diastolic)
            ]);
            made.push(self.observation(&concept(LOINC, "85354-9", "血圧"), "component", parts));
        }
        for (value, digits, code, name, unit, ucum) in [
            (vitals.pulse, 0, "8867-4", "脈拍", "/分", "/min"),
            (vitals.spo2, 0, "59408-5", "SpO2", "%", "%"),
            (vitals.temperature, 1, "8310-5", "体温", "℃", "Cel"),
            (vitals.weight, 1, "29463-7", "体重", "kg", "kg"),
        ] {
            if value > 0.0 {
                let value = quantity(value, digits, unit, ucum);
                made.push(self.observation(&concept(LOINC, code, name), "valueQuantity", value));
            }
        }
        for each in &mut made {
            if let Some(list) = each.get_mut("category").and_then(Value::as_array_mut) {
                let system = "http://terminology.hl7.org/CodeSystem/observation-category";
                list.push(json!({"coding": [{"system": system, "code": "vital-signs"}]}));
            }
        }
        made
    }

    fn observation(&self, code: &Value, name: &str, value: Value) -> Value {
        let Self { folder, entry, category, place } = self;
        let at = instant(entry.at);
        let what = code.pointer("/coding/0/code").and_then(Value::as_str).unwrap_or_default();
        let parts = [what, at.as_str(), place.as_str()];
        let mut resource = json!({
            "resourceType": "Observation",
            "id": folder.record_id(&parts),
            "identifier": folder.identifier(&parts),
            "status": "final",
            "category": [{"coding": [{"system": "urn:hakucho:category", "code": category}]}],
            "code": code,
            "subject": folder.subject(),
            "effectiveDateTime": at,
            "performer": folder.performer(entry.author),
        });
        if let Some(fields) = resource.as_object_mut() {
            fields.insert(name.to_owned(), value);
        }
        resource
    }

    fn dental(&self, procedure: &str, finding: &str) -> Value {
        let Self { folder, entry, .. } = self;
        let at = instant(entry.at);
        let date = day(entry.at.date());
        let parts = ["dental", date.as_str()];
        json!({
            "resourceType": "Procedure",
            "id": folder.record_id(&parts),
            "meta": {"profile": ["http://jpfhir.jp/fhir/core/StructureDefinition/JP_Procedure"]},
            "identifier": folder.identifier(&parts),
            "status": "completed",
            "category": {"coding": [{"system": "urn:hakucho:category", "code": "dental"}]},
            "code": {"text": procedure},
            "subject": folder.subject(),
            "performedDateTime": at,
            "performer": [{"actor": {"display": folder.facility.staff(entry.author).name()}}],
            "note": [{"text": finding}],
        })
    }
}
