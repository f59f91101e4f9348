//! Documents: referral letters and discharge summaries as JP-CLINS document Bundles, from any facility that
//! writes them; and the notes of clinics whose chart system puts none into its SS-MIX2 storage.

use super::fhir::{Folder, day, instant};
use super::{Desk, RegionFile};
use crate::facilities::Facility;
use crate::registration::Registration;
use crate::story::{Entry, Letter, LetterKind, What};
use jiff::ToSpan;
use serde_json::{Value, json};

/// Documents and notes of one person at one facility.
pub(super) fn files(
    desk: &Desk<'_>,
    facility: &Facility,
    registration: &Registration,
    entries: &[&Entry],
) -> Vec<RegionFile> {
    let folder = Folder { desk, facility, registration };
    let mut files = Vec::new();
    for (serial, entry) in entries.iter().enumerate() {
        match &entry.what {
            What::Letter(letter) => files.push(document(&folder, entry, letter, serial)),
            What::Note(text) if facility.storage => {
                let note = progress_note(&folder, entry, text, &serial.to_string());
                let at = entry.at.saturating_add(5.minutes());
                files.push(folder.bundle("collection", &format!("note{serial}"), at, "", vec![note]));
            }
            _ => {}
        }
    }
    files
}

/// A doctor's note (経過記録, LOINC 11506-3): its text is short enough to be the description.
pub(super) fn progress_note(folder: &Folder<'_>, entry: &Entry, text: &str, place: &str) -> Value {
    let parts = ["note", &instant(entry.at), place];
    json!({
        "resourceType": "DocumentReference",
        "id": folder.record_id(&parts),
        "identifier": folder.identifier(&parts),
        "status": "current",
        "type": super::fhir::concept("http://loinc.org", "11506-3", "経過記録"),
        "subject": folder.subject(),
        "date": instant(entry.at),
        "author": [{"display": format!("{} {}", folder.facility.name, folder.facility.staff(entry.author).name())}],
        "description": text,
        "content": [{"attachment": {"contentType": "text/plain", "title": "経過記録"}}],
    })
}

/// Text as a FHIR narrative.
fn narrative(text: &str) -> Value {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    json!({"status": "additional", "div": format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{escaped}</div>")})
}

fn section(code: &str, title: &str, text: &str) -> Value {
    let system = "http://jpfhir.jp/fhir/clins/CodeSystem/document-section";
    json!({
        "title": title,
        "code": {"coding": [{"system": system, "code": code, "display": format!("{title}セクション")}]},
        "text": narrative(text),
    })
}

fn organization(facility: &Facility) -> Value {
    json!({
        "resourceType": "Organization",
        "id": super::fhir::id(&["organization", &facility.id]),
        "meta": {"profile": ["http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_Organization_eCS"]},
        "identifier": [{
            "system": "http://jpfhir.jp/fhir/core/IdSystem/insurance-medical-institution-no",
            "value": facility.number}],
        "name": facility.name,
        "telecom": [{"system": "phone", "value": facility.phone}],
        "address": [{"text": facility.written_address(), "postalCode": facility.address.postal_hyphen(), "country": "JP"}],
    })
}

fn document(folder: &Folder<'_>, entry: &Entry, letter: &Letter, serial: usize) -> RegionFile {
    let (title, code, profile, subtype) = match letter.kind {
        LetterKind::Referral => (
            "診療情報提供書",
            "57133-1",
            "http://jpfhir.jp/fhir/eReferral/StructureDefinition/JP_Composition_eReferral",
            ("OUTPATIENT", "外来文書"),
        ),
        LetterKind::Discharge => (
            "退院時サマリー",
            "18842-5",
            "http://jpfhir.jp/fhir/eDischargeSummary/StructureDefinition/JP_Composition_eDischargeSummary",
            ("INPATIENT", "入院文書"),
        ),
    };
    let place = serial.to_string();
    let date = day(entry.at.date());
    let author = folder.facility.staff(entry.author);
    let practitioner_id = super::fhir::id(&["practitioner", &folder.facility.id, &author.code]);
    let from = organization(folder.facility);
    let url = |id: &str| json!({"reference": format!("urn:uuid:{id}")});
    let id_of = |resource: &Value| resource.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut records = Vec::new();
    let mut sections = vec![section(
        "920",
        "紹介元情報",
        &format!("{} {} {}", folder.facility.name, author.name(), folder.facility.phone),
    )];
    let to = folder.desk.facility(letter.to).map(organization);
    if let Some(to) = &to {
        let name = to.get("name").and_then(Value::as_str).unwrap_or_default();
        sections.push(section("910", "紹介先情報", name));
    }
    let body: Vec<Value> =
        letter.sections.iter().map(|(code, title, text)| section(code, title, text)).collect();
    sections.push(json!({
        "title": "構造情報",
        "code": {"coding": [{
            "system": "http://jpfhir.jp/fhir/clins/CodeSystem/document-section",
            "code": "300", "display": "構造情報セクション"}]},
        "section": body,
    }));
    records.push(json!({
        "resourceType": "Composition",
        "id": folder.record_id(&["document", &date, &place]),
        "meta": {"profile": [profile]},
        "language": "ja",
        "identifier": folder.identifier(&["document", &date, &place]).get(0).cloned().unwrap_or_default(),
        "status": "final",
        "type": {"coding": [{"system": "http://jpfhir.jp/fhir/Common/CodeSystem/doc-typecodes", "code": code, "display": title}]},
        "category": [{"coding": [{
            "system": "http://jpfhir.jp/fhir/Common/CodeSystem/doc-subtypecodes",
            "code": subtype.0, "display": subtype.1}]}],
        "subject": folder.subject(),
        "date": instant(entry.at),
        "author": [url(&practitioner_id), url(&id_of(&from))],
        "title": title,
        "custodian": url(&id_of(&from)),
        "event": [{"code": [{"text": format!("{title}発行")}], "period": {"start": date}}],
        "section": sections,
    }));
    records.push(json!({
        "resourceType": "Practitioner",
        "id": practitioner_id,
        "meta": {"profile": ["http://jpfhir.jp/fhir/eCS/StructureDefinition/JP_Practitioner_eCS"]},
        "name": [{
            "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation", "valueCode": "IDE"}],
            "use": "official", "text": author.name(), "family": author.family, "given": [author.given]}],
    }));
    records.push(from);
    records.extend(to);
    let at = entry.at.saturating_add(10.minutes());
    folder.bundle("document", &format!("document{serial}"), at, "", records)
}
