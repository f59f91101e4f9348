//! One SOP instance → Media with its series and instance as a contained ImagingStudy, and every other element
//! of the header as text. It draws no row of the chart: the study does.

use super::element::{Content, Dataset, Tag, place};
use super::study::{self, STUDY_UID, named, put};
use super::value::Notes;
use crate::attachment;
use model::codes;
use model::reading::{Extent, StatedRecord};
use serde_json::{Map, Value, json};

pub(super) const SOP_CLASS: Tag = 0x0008_0016;
pub(super) const SOP_INSTANCE: Tag = 0x0008_0018;
/// Elements of the header that have no element of FHIR, one a line: tag and value.
const ELEMENTS: &str = "urn:hakucho:dicom:elements";
const WAVEFORM: Tag = 0x5400_0100;
/// Most bytes of such lines.
const MOST: usize = 256 * 1024;

/// The Media of an instance. `title` is what a document or report calls itself.
pub(super) fn record(
    data: &Dataset<'_>,
    meta: &Dataset<'_>,
    bytes: &[u8],
    key: String,
    title: Option<String>,
    notes: &Notes,
) -> StatedRecord {
    let text = |tag: Tag| data.text(tag, notes);
    let mut media = Map::new();
    media.insert("resourceType".into(), "Media".into());
    let study = text(STUDY_UID);
    let contained = contained(data, meta, title.as_deref(), notes);
    let instance = text(SOP_INSTANCE).or_else(|| meta.text(0x0002_0003, notes));
    let uid = |uid: String| json!({"system": "urn:dicom:uid", "value": format!("urn:oid:{uid}")});
    put(&mut media, "contained", vec![contained]);
    put(&mut media, "identifier", instance.map(uid).into_iter().collect());
    let mut part_of = vec![json!({"reference": "#series"})];
    part_of.extend(study.map(|uid| json!({"reference": format!("urn:key:{}", study::key(&uid))})));
    media.insert("partOf".into(), part_of.into());
    media.insert("status".into(), "completed".into());
    let rows = data.number(0x0028_0010, notes);
    if rows.is_some() {
        let system = "http://terminology.hl7.org/CodeSystem/media-type";
        media.insert("type".into(), json!({"coding": [{"system": system, "code": "image"}]}));
    }
    if let Some(modality) = text(0x0008_0060) {
        media.insert("modality".into(), json!({"coding": [{"system": codes::DICOM, "code": modality}]}));
    }
    if let Some(view) = text(0x0018_5101) {
        media.insert("view".into(), json!({ "text": view }));
    }
    media.insert("subject".into(), json!({"reference": "urn:key:Patient"}));
    if let Some(created) = created(data, notes) {
        media.insert("createdDateTime".into(), created.into());
    }
    if let Some(operator) = named(data, 0x0008_1070, notes).into_iter().next() {
        media.insert("operator".into(), operator);
    }
    let site = data.items(0x0008_2218).first().and_then(|site| site.concept(notes));
    if let Some(site) = site.or_else(|| text(0x0018_0015).map(|part| json!({ "text": part }))) {
        media.insert("bodySite".into(), site);
    }
    let device = [0x0008_0070, 0x0008_1090, 0x0008_1010].iter().filter_map(|tag| text(*tag));
    let device = device.collect::<Vec<_>>().join(" ");
    if !device.is_empty() {
        media.insert("deviceName".into(), device.into());
    }
    for (name, number) in [
        ("height", rows),
        ("width", data.number(0x0028_0011, notes)),
        ("frames", data.number(0x0028_0008, notes)),
    ] {
        if let Some(number) = number.filter(|number| *number > 0) {
            media.insert(name.into(), json!(number));
        }
    }
    media.insert("content".into(), attachment::of("application/dicom", bytes, title.as_deref(), None));
    // What a technician wrote for those who treat the patient.
    let remarks = [
        (0x0010_2000, "Medical Alerts"),
        (0x0010_2110, "Allergies"),
        (0x0010_21b0, "Additional Patient History"),
        (0x0010_4000, "Patient Comments"),
        (0x0020_4000, "Image Comments"),
    ];
    let remarks = remarks.iter().filter_map(|(tag, name)| Some(format!("{name}: {}", text(*tag)?)));
    put(&mut media, "note", remarks.map(|text| json!({ "text": text })).collect());
    StatedRecord { key, resource: media, extent: Extent::Whole, at: "(0008,0018)".to_owned() }
}

/// When the instance was made: acquisition, else content.
pub(super) fn created(data: &Dataset<'_>, notes: &Notes) -> Option<String> {
    let acquired = data.date_time(0x0008_002a, notes);
    acquired
        .or_else(|| data.moment(0x0008_0022, 0x0008_0032, notes))
        .or_else(|| data.moment(0x0008_0023, 0x0008_0033, notes))
}

/// Series and instance in the elements of ImagingStudy.
fn contained(data: &Dataset<'_>, meta: &Dataset<'_>, title: Option<&str>, notes: &Notes) -> Value {
    let text = |tag: Tag| data.text(tag, notes);
    let mut series = Map::new();
    let said = |map: &mut Map<String, Value>, name: &str, value: Option<Value>| {
        if let Some(value) = value {
            map.insert(name.to_owned(), value);
        }
    };
    said(&mut series, "uid", text(0x0020_000e).map(Value::from));
    said(&mut series, "number", data.number(0x0020_0011, notes).map(Value::from));
    let modality = text(0x0008_0060)
        .map_or_else(|| json!({"display": "unknown"}), |code| json!({"system": codes::DICOM, "code": code}));
    series.insert("modality".into(), modality);
    said(&mut series, "description", text(0x0008_103e).map(Value::from));
    said(&mut series, "bodySite", text(0x0018_0015).map(|part| json!({ "display": part })));
    let side = text(0x0020_0060).or_else(|| text(0x0020_0062));
    said(&mut series, "laterality", side.map(|side| json!({ "display": side })));
    said(&mut series, "started", data.moment(0x0008_0021, 0x0008_0031, notes).map(Value::from));
    let performers = [0x0008_1050, 0x0008_1070].iter().flat_map(|tag| named(data, *tag, notes));
    put(&mut series, "performer", performers.map(|actor| json!({ "actor": actor })).collect());
    if let Some(uid) = text(SOP_INSTANCE).or_else(|| meta.text(0x0002_0003, notes)) {
        let mut instance = Map::new();
        instance.insert("uid".into(), uid.into());
        let class = text(SOP_CLASS).or_else(|| meta.text(0x0002_0002, notes));
        let class = class.map_or_else(
            || json!({"display": "unknown"}),
            |class| json!({"system": "urn:ietf:rfc:3986", "code": format!("urn:oid:{class}")}),
        );
        instance.insert("sopClass".into(), class);
        said(&mut instance, "number", data.number(0x0020_0013, notes).map(Value::from));
        said(&mut instance, "title", title.map(Value::from));
        series.insert("instance".into(), json!([instance]));
    }
    let mut study = Map::new();
    study.insert("resourceType".into(), "ImagingStudy".into());
    study.insert("id".into(), "series".into());
    study.insert("status".into(), "available".into());
    study.insert("subject".into(), json!({"reference": "urn:key:Patient"}));
    // R4 requires it; an object without one is no less an instance.
    series.entry("uid").or_insert_with(|| "unknown".into());
    study.insert("series".into(), json!([series]));
    study.into()
}

/// Puts what nobody has taken into the Media, and names what cannot be put there.
pub(super) fn rest(media: &mut Map<String, Value>, sets: [&Dataset<'_>; 2], notes: &Notes) {
    let mut rest = Rest { lines: String::new(), private: 0, left: 0, first: None, notes };
    sets.into_iter().for_each(|set| rest.walk(set));
    if rest.private > 0 {
        let text = format!("{} private elements of the maker; they are in the original", rest.private);
        notes.add("not-mapped", "private elements", text);
    }
    if let Some(first) = &rest.first {
        let text =
            format!("{} elements from here on are only in the original: the header is too long", rest.left);
        notes.add("not-mapped", first.clone(), text);
    }
    if !rest.lines.is_empty() {
        put(media, "extension", vec![json!({"url": ELEMENTS, "valueString": rest.lines.trim_end()})]);
    }
}

struct Rest<'n> {
    lines: String,
    private: usize,
    left: usize,
    first: Option<String>,
    notes: &'n Notes,
}

impl Rest<'_> {
    fn walk(&mut self, dataset: &Dataset<'_>) {
        for element in dataset.elements.iter().filter(|element| !element.taken.get()) {
            let (tag, at) = (element.tag, format!("{}{}", dataset.at, place(element.tag)));
            let empty = matches!(element.value, Content::Bytes([]))
                || matches!(&element.value, Content::Items(items) if items.is_empty());
            // Lengths of groups, the version of the prefix and padding say nothing; pixels are the image itself.
            if empty
                || tag & 0xffff == 0
                || [0x0002_0001, 0xfffc_fffc].contains(&tag)
                || matches!(element.value, Content::Pixels)
            {
                continue;
            }
            if (tag >> 16) % 2 == 1 {
                self.private += 1;
                continue;
            }
            if tag == WAVEFORM {
                self.notes.add("not-mapped", at, "a waveform; it is in the original");
                continue;
            }
            if let Content::Items(items) = &element.value {
                items.iter().for_each(|item| self.walk(item));
                continue;
            }
            match dataset.shown(element, self.notes) {
                Some(text) if text.is_empty() => {}
                Some(text) if self.lines.len() + text.len() < MOST => {
                    self.lines.push_str(&format!("{at} {text}\n"));
                }
                Some(_) => {
                    self.left += 1;
                    self.first.get_or_insert(at);
                }
                None => {
                    let text = "binary or very long; it is in the original";
                    self.notes.add("not-mapped", at, text);
                }
            }
        }
    }
}
