//! A document of the extended storage → DocumentReference: what it is by its folder, whose and of when by its
//! content folder, and the file by kind, size and hash.

use super::extended::Content;
use super::path::Flag;
use super::record::Record;
use crate::detect::is_hl7;
use crate::hl7v2::timestamp;
use model::codes;
use model::reading::{Extent, KEY_REFERENCE, PATIENT_KEY, StatedRecord};
use serde_json::{Map, Value, json};

/// Refers to a file of a content.
pub fn reference(content: &Content, bytes: &[u8]) -> StatedRecord {
    let name = &content.name;
    let mut record = Record::new("DocumentReference", "", format!("{}/document", content.set()), "document");
    record.push("identifier", Some(json!({"value": name.order_number})));
    record.set("status", Some(if name.flag == Flag::Superseded { "superseded" } else { "current" }));
    let kind = kind(&name.folder);
    record.set("type", Some(kind.clone()));
    record.set("subject", Some(json!({"reference": format!("{KEY_REFERENCE}{PATIENT_KEY}")})));
    let moment = timestamp::date_time(&name.transaction_time).ok().filter(|moment| moment.contains('T'));
    record.set("date", moment.clone());
    let local = name.folder.split('^').nth(1).filter(|text| !text.is_empty());
    let title = local.or_else(|| kind.get("text").and_then(Value::as_str)).unwrap_or(&content.file);
    let description = if content.is_main() { title.to_owned() } else { format!("{title} {}", content.file) };
    record.set("description", Some(description));
    let content_type = content_type(&content.file, bytes);
    let attachment = crate::attachment::of(content_type, bytes, Some(&content.file), moment.as_deref());
    record.push("content", Some(json!({ "attachment": attachment })));
    let mut around = Map::new();
    if let Some(day) = name.date() {
        around.insert("period".into(), json!({ "start": day }));
    }
    if !name.department.is_empty() {
        let code = &name.department;
        let coding = json!({"system": codes::DEPARTMENT, "code": code});
        let text = codes::department(code).unwrap_or(code);
        around.insert("practiceSetting".into(), json!({"coding": [coding], "text": text}));
    }
    if !around.is_empty() {
        record.set("context", Some(Value::Object(around)));
    }
    record.done(Extent::Whole)
}

/// データ種別フォルダ → CodeableConcept: the standard code first, the facility's own beside it.
fn kind(folder: &str) -> Value {
    let parts: Vec<&str> = folder.split('^').map(str::trim).collect();
    let part = |index: usize| parts.get(index).copied().filter(|text| !text.is_empty());
    let coding = |[code, name, system]: [usize; 3]| {
        let mut coding = Map::new();
        let system = part(system).and_then(codes::system);
        let code = part(code)?;
        for (element, text) in [("system", system.as_deref()), ("code", Some(code)), ("display", part(name))]
        {
            coding.extend(text.map(|text| (element.to_owned(), json!(text))));
        }
        Some(Value::Object(coding))
    };
    let codings: Vec<Value> = [coding([3, 4, 5]), coding([0, 1, 2])].into_iter().flatten().collect();
    let text = part(4).or(part(1)).or(part(3)).or(part(0)).unwrap_or("文書");
    match codings.is_empty() {
        true => json!({ "text": text }),
        false => json!({"coding": codings, "text": text}),
    }
}

/// The kind of a file: by its first bytes, else by its ending.
fn content_type(file: &str, bytes: &[u8]) -> &'static str {
    const BEGINNINGS: &[(&[u8], &str)] = &[
        (b"%PDF", "application/pdf"),
        (b"\xFF\xD8\xFF", "image/jpeg"),
        (b"\x89PNG", "image/png"),
        (b"GIF8", "image/gif"),
        (b"II*\0", "image/tiff"),
        (b"MM\0*", "image/tiff"),
        (b"BM", "image/bmp"),
        (b"{\\rtf", "application/rtf"),
        (b"<?xml", "text/xml"),
        (b"\xEF\xBB\xBF<?xml", "text/xml"),
    ];
    const ENDINGS: &[(&str, &str)] = &[
        ("xml", "text/xml"),
        ("pdf", "application/pdf"),
        ("html", "text/html"),
        ("htm", "text/html"),
        ("css", "text/css"),
        ("xsl", "application/xslt+xml"),
        ("txt", "text/plain"),
        ("csv", "text/csv"),
        ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("zip", "application/zip"),
        ("dcm", "application/dicom"),
        ("jpg", "image/jpeg"),
        ("hl7", "application/hl7-v2+er7"),
    ];
    if is_hl7(bytes) {
        return "application/hl7-v2+er7";
    }
    if bytes.get(128..132) == Some(b"DICM".as_slice()) {
        return "application/dicom";
    }
    let ending = file.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let by_bytes = BEGINNINGS.iter().find(|(beginning, _)| bytes.starts_with(beginning));
    let by_ending = || ENDINGS.iter().find(|(each, _)| *each == ending);
    by_bytes
        .map(|(_, kind)| *kind)
        .or_else(|| by_ending().map(|(_, kind)| *kind))
        .unwrap_or("application/octet-stream")
}
