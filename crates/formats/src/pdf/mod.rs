//! PDF documents (ISO 32000): kept as they are; what the file says of itself becomes a DocumentReference.
//!
//! A light scan of the bytes ([`scan`]) finds version, pages, encryption and the document information; nothing is
//! decompressed and no text of a page is read. Whose it is only a file name of one form tells ([`name`]).
//! Mapping: `docs/formats/pdf.md`.

mod name;
mod scan;
mod text;

use crate::attachment;
use crate::detect::Head;
use crate::fhir::time::digits;
use model::Personal;
use model::reading::{Effect, Extent, Input, PatientKey, Problem, Reading, Refused};
use model::reading::{SourceOrder, StatedRecord, Statement};
use scan::Scan;
use serde_json::{Map, Value, json};

/// What the document information says that has no element of FHIR: `Producer: …`.
const INFORMATION: &str = "urn:hakucho:pdf:information";
const VERSION: &str = "urn:hakucho:pdf:version";
const PAGES: &str = "urn:hakucho:pdf:pages";
const ENCRYPTED: &str = "urn:hakucho:pdf:encrypted";

/// Kinds of documents by a word of their title, with the LOINC code of JP-CLINS where it has one.
const KINDS: &[(&str, &str)] = &[
    ("診療情報提供書", "57133-1"),
    ("紹介状", "57133-1"),
    ("退院時サマリ", "18842-5"),
    ("退院サマリ", "18842-5"),
    ("看護サマリ", ""),
    ("主治医意見書", ""),
    ("訪問看護報告書", ""),
    ("訪問看護計画書", ""),
    ("指示書", ""),
    ("ケアプラン", ""),
    ("処方箋", ""),
    ("検査結果", ""),
    ("診断書", ""),
    ("同意書", ""),
];

/// Whether a file is of this format, by its beginning.
pub fn is_it(head: &Head<'_>) -> bool {
    body(head.bytes).is_some()
}

/// The bytes from the header on; a byte order mark or white space may stand before it.
fn body(bytes: &[u8]) -> Option<&[u8]> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let start = bytes.iter().take(1024).position(|byte| !byte.is_ascii_whitespace() && *byte != 0)?;
    bytes.get(start..).filter(|rest| rest.starts_with(b"%PDF-"))
}

/// Reads one delivery.
pub fn read(input: &Input<'_>) -> Result<Reading, Refused> {
    let Some(body) = body(input.bytes) else {
        return Err(Refused { code: "not-pdf", text: "the file does not begin with %PDF-".to_owned() });
    };
    let mut problems = Vec::new();
    let scan = Scan::new(body, &mut problems);
    let named = name::parse(input.path);
    let patient = match &named {
        Some(named) => PatientKey::Local(Personal::new(named.patient.to_owned())),
        None => {
            let text = "nothing tells whose it is: to be assigned by hand";
            problems.push(Problem::new("patient-id-missing", "file name", text));
            PatientKey::Nobody
        }
    };
    let written = scan.created.clone().or_else(|| scan.modified.clone());
    let changed = scan.modified.clone().or_else(|| scan.created.clone());
    let time = changed.map_or_else(|| input.source_time.to_owned(), |moment| digits(&moment));
    let order = SourceOrder::new(&time, format!("{:0>17}", input.source_time));
    let title = scan.title.clone().or_else(|| named.as_ref().map(|named| named.title.to_owned()));
    let mut document = Map::new();
    document.insert("resourceType".into(), "DocumentReference".into());
    let mut extension = vec![json!({"url": VERSION, "valueString": scan.version})];
    extension.extend(scan.pages.map(|pages| json!({"url": PAGES, "valueUnsignedInt": pages})));
    if scan.encrypted {
        extension.push(json!({"url": ENCRYPTED, "valueBoolean": true}));
    }
    extension.extend(scan.more.iter().map(|line| json!({"url": INFORMATION, "valueString": line})));
    document.insert("extension".into(), extension.into());
    document.insert("status".into(), "current".into());
    document.insert("type".into(), kind(title.as_deref(), named.as_ref().map(|named| named.title)));
    document.insert("subject".into(), json!({"reference": "urn:key:Patient"}));
    if let Some(date) =
        named.as_ref().map(|named| named.day.clone()).or(written).and_then(|text| instant(&text))
    {
        document.insert("date".into(), date.into());
    }
    if let Some(author) = &scan.author {
        document.insert("author".into(), json!([{ "display": author }]));
    }
    if let Some(subject) = &scan.subject {
        document.insert("description".into(), subject.as_str().into());
    }
    let attachment =
        attachment::of("application/pdf", input.bytes, title.as_deref(), scan.created.as_deref());
    document.insert("content".into(), json!([{ "attachment": attachment }]));
    let set = format!("pdf/{}", input.path);
    let record = StatedRecord {
        key: set.clone(),
        resource: document,
        extent: Extent::Whole,
        at: format!("PDF {}", scan.version),
    };
    let statement = Statement { patient, set, order, effect: Effect::Stated, records: vec![record] };
    Ok(Reading { statements: vec![statement], problems, ..Reading::default() })
}

/// What kind of document the title says it is; 文書 where it says none.
fn kind(title: Option<&str>, named: Option<&str>) -> Value {
    let said = |word: &str| [title, named].into_iter().flatten().any(|text| text.contains(word));
    match KINDS.iter().find(|(word, _)| said(word)) {
        Some((word, "")) => json!({ "text": word }),
        Some((word, code)) => {
            json!({"coding": [{"system": model::codes::LOINC, "code": code}], "text": word})
        }
        None => json!({"text": "文書"}),
    }
}

/// A day or a moment as FHIR `instant`.
fn instant(text: &str) -> Option<String> {
    match text.len() {
        10 => Some(format!("{text}T00:00:00+09:00")),
        length => (length > 19).then(|| text.to_owned()),
    }
}
