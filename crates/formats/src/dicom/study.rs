//! General Study Module (PS3.3 §C.7.2.1) → ImagingStudy: one for a study, whichever of its instances says it.
//!
//! Each instance carries the elements of its study, so they are supplements of one record: what the instances
//! say alike is said once, what only some of them say is not lost by the others.

use super::element::{Dataset, Tag};
use super::patient::display;
use super::value::Notes;
use model::codes;
use model::reading::{Extent, Resource, StatedRecord};
use serde_json::{Map, Value, json};

pub(super) const STUDY_UID: Tag = 0x0020_000d;
const MODALITY: Tag = 0x0008_0060;
/// Modalities (CID 29) that are no acquisition of their own: what was made of images later.
const DERIVED: [&str; 12] =
    ["SR", "KO", "PR", "DOC", "REG", "SEG", "RTSTRUCT", "RTPLAN", "RTDOSE", "RTRECORD", "FID", "AU"];

/// Key and set of the study.
pub(super) fn key(uid: &str) -> String {
    format!("ImagingStudy/{uid}")
}

/// The ImagingStudy, if the object names its study.
pub(super) fn record(data: &Dataset<'_>, notes: &Notes) -> Option<StatedRecord> {
    let uid = data.text(STUDY_UID, notes)?;
    let mut study = Map::new();
    study.insert("resourceType".into(), "ImagingStudy".into());
    let mut identifiers = vec![json!({"system": "urn:dicom:uid", "value": format!("urn:oid:{uid}")})];
    if let Some(accession) = data.text(0x0008_0050, notes) {
        let kind =
            json!({"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "ACSN"}]});
        identifiers.push(json!({"type": kind, "value": accession}));
    }
    identifiers.extend(data.text(0x0020_0010, notes).map(|id| json!({"use": "usual", "value": id})));
    study.insert("identifier".into(), identifiers.into());
    study.insert("status".into(), "available".into());
    let modality = data.text(MODALITY, notes);
    let mut modalities = data.values(0x0008_0061, notes);
    if modalities.is_empty() {
        modalities.extend(modality.filter(|code| !DERIVED.contains(&code.as_str())));
    }
    let coding = |code: &String| json!({"system": codes::DICOM, "code": code});
    put(&mut study, "modality", modalities.iter().map(coding).collect());
    study.insert("subject".into(), json!({"reference": "urn:key:Patient"}));
    if let Some(started) = started(data, notes) {
        study.insert("started".into(), started.into());
    }
    let people = |tag: Tag| -> Vec<Value> { named(data, tag, notes) };
    if let Some(referrer) = people(0x0008_0090).into_iter().next() {
        study.insert("referrer".into(), referrer);
    }
    put(&mut study, "interpreter", people(0x0008_1060));
    for (name, tag) in [("numberOfSeries", 0x0020_1206), ("numberOfInstances", 0x0020_1208)] {
        if let Some(number) = data.number(tag, notes) {
            study.insert(name.into(), json!(number));
        }
    }
    put(&mut study, "procedureCode", data.concepts(0x0008_1032, notes));
    let place = [0x0008_0080, 0x0008_1040].iter().filter_map(|tag| data.text(*tag, notes));
    let place = place.collect::<Vec<_>>().join(" ");
    if !place.is_empty() {
        study.insert("location".into(), json!({ "display": place }));
    }
    let reasons = [0x0032_1030, 0x0008_1080].iter().filter_map(|tag| data.text(*tag, notes));
    put(&mut study, "reasonCode", reasons.map(|text| json!({ "text": text })).collect());
    let comments = data.text(0x0032_4000, notes);
    put(&mut study, "note", comments.iter().map(|text| json!({ "text": text })).collect());
    if let Some(description) = data.text(0x0008_1030, notes) {
        study.insert("description".into(), description.into());
    }
    let (key, at) = (key(&uid), "(0020,000D)".to_owned());
    Some(StatedRecord { key, resource: study, extent: Extent::Supplement, at })
}

/// When the study began.
pub(super) fn started(data: &Dataset<'_>, notes: &Notes) -> Option<String> {
    data.moment(0x0008_0020, 0x0008_0030, notes)
}

/// The people of an element as references that are only shown.
pub(super) fn named(data: &Dataset<'_>, tag: Tag, notes: &Notes) -> Vec<Value> {
    let names = data.values(tag, notes);
    names.iter().filter_map(|name| display(name)).map(|name| json!({ "display": name })).collect()
}

/// Puts a list under a name unless it is empty.
pub(super) fn put(resource: &mut Resource, name: &str, list: Vec<Value>) {
    if !list.is_empty() {
        resource.insert(name.to_owned(), list.into());
    }
}
