//! HL7 CDA R2 documents: 診療情報提供書 (HS007), 退院時サマリー, JAHIS 診療文書, 特定健診, and any other.
//!
//! One document is one set: a DocumentReference with the text of its sections ([`document`]), and the entries that
//! are sure as records of their own ([`entry`]). What has no element of FHIR is kept as lines ([`tree`]), so nothing
//! is lost. Mapping: `docs/formats/cda.md`. Not here: the meaning of templates, style sheets, files a document refers
//! to.

mod document;
mod entry;
mod patient;
mod storage;
mod tree;
mod value;

use crate::detect::Head;
use crate::fhir::person::fingerprint;
use crate::fhir::time::digits;
use crate::xml::{self, Element};
use entry::Entries;
use model::Personal;
use model::reading::{Effect, Extent, Input, PATIENT_KEY, PatientKey, Reading, Refused};
use model::reading::{Resource, SourceOrder, StatedRecord, Statement};
use std::collections::HashMap;
use tree::Taken;

const NAMESPACE: &str = "urn:hl7-org:v3";
/// 特定健診: report classification and items (情報ファイル仕様, OID table).
const CHECKUP: [&str; 2] = ["1.2.392.200119.6.1001", "1.2.392.200119.6.1002"];

/// Whether a file is of this format: its first element and the namespace.
pub fn is_it(head: &Head<'_>) -> bool {
    xml::root(head.text) == Some("ClinicalDocument") && head.text.contains(NAMESPACE)
}

/// Reads one delivery.
pub fn read(input: &Input<'_>) -> Result<Reading, Refused> {
    let refused = |text: String| Refused { code: "not-cda", text };
    let mut problems = Vec::new();
    let root =
        xml::parse(input.bytes, &mut problems).map_err(|broken| refused(format!("not XML ({broken})")))?;
    let of_v3 = root.attributes.iter().any(|(name, value)| name.starts_with("xmlns") && value == NAMESPACE);
    if root.local() != "ClinicalDocument" || !of_v3 {
        return Err(refused("XML, but not a ClinicalDocument of HL7 v3".to_owned()));
    }
    let taken = Taken::default();
    let statements = statements(&root, input, &taken);
    problems.extend(taken.into_problems());
    problems.sort();
    problems.dedup();
    Ok(Reading { statements, problems, ..Reading::default() })
}

fn statements<'t>(root: &'t Element, input: &Input<'_>, taken: &Taken<'t>) -> Vec<Statement> {
    let role = root.child("recordTarget").and_then(|each| each.child("patientRole"));
    let several = root.all("recordTarget").count() > 1;
    let mut person = patient::resource(role, taken);
    let place = storage::parse(input.path);
    let key = if several {
        let text = "about several people; it is nobody's until somebody says whose it is";
        taken.problem("several-patients", "recordTarget", text);
        PatientKey::Nobody
    } else {
        owner(&person, root, place.as_ref(), taken)
    };
    patient::own_number_first(&mut person, &key);
    let header = document::header(root, taken);
    let set = set(root, &person, &header, place.as_ref(), input);
    let version =
        root.child("versionNumber").and_then(|each| taken.attribute(each, "value")).unwrap_or_default();
    let time = header.written.as_deref().map_or_else(|| input.source_time.to_owned(), digits);
    let order = SourceOrder::new(&time, format!("{version:0>9}-{:0>17}", input.source_time));
    let code = root.child("code").and_then(|code| code.attribute("codeSystem")).unwrap_or_default();
    let checkup = CHECKUP.contains(&code);
    let mut entries = Entries {
        taken,
        set: &set,
        time: header.service.0.clone(),
        checkup,
        security: None,
        records: Vec::new(),
        keys: HashMap::new(),
    };
    let resource = document::resource(root, &header, input.bytes, taken, &mut entries);
    let at = "ClinicalDocument".to_owned();
    let mut document = StatedRecord { key: set.clone(), resource, extent: Extent::Whole, at };
    let made = entries.records;
    document::keep_rest(&mut document, root, taken);
    let records: Vec<StatedRecord> = std::iter::once(document).chain(made).collect();
    let effect = place.map_or(Effect::Stated, |place| place.effect);
    let mut statements = Vec::new();
    let mut state = |set: String, effect: Effect, records: Vec<StatedRecord>| {
        let (patient, order) = (key.clone(), order.clone());
        statements.push(Statement { patient, set, order, effect, records });
    };
    let at = "recordTarget/patientRole".to_owned();
    let about =
        StatedRecord { key: PATIENT_KEY.to_owned(), resource: person, extent: Extent::Supplement, at };
    state(PATIENT_KEY.to_owned(), Effect::Stated, vec![about]);
    // What this document replaces consists of nothing from now on.
    for replaced in replaced(root).into_iter().filter(|replaced| *replaced != set) {
        state(replaced, Effect::Stated, Vec::new());
    }
    state(set, effect, records);
    statements
}

/// Whose the document is: by its own numbers; where it has none of the facility's, by its place in the storage.
fn owner<'t>(
    person: &Resource,
    root: &'t Element,
    place: Option<&storage::Place<'_>>,
    taken: &Taken<'t>,
) -> PatientKey {
    let local = |text: &str| Personal::new(text.to_owned());
    if let Some(place) = place {
        let ids = crate::fhir::person::identifiers(person);
        let said: Vec<&str> = ids.iter().filter_map(|id| id.get("value")?.as_str()).collect();
        if said.contains(&place.patient) {
            return PatientKey::Local(local(place.patient));
        }
        if let Some(other) = ids.iter().find_map(|id| crate::fhir::person::local_number(id)) {
            let text = "the storage's folder names another patient than the document";
            taken.problem("patient-id-mismatch", "recordTarget/patientRole/id", text);
            return PatientKey::Disputed { message: local(other), path: local(place.patient) };
        }
        return PatientKey::Local(local(place.patient));
    }
    let keeper = root.child("custodian").and_then(|each| each.child("assignedCustodian"));
    let keeper = keeper.and_then(|each| each.child("representedCustodianOrganization"));
    let numbers: Vec<&str> = keeper
        .into_iter()
        .flat_map(|each| each.all("id"))
        .filter_map(|id| id.attribute("extension"))
        .collect();
    patient::key(person, &numbers, taken)
}

/// The name of an id within a set.
fn named(id: &Element) -> Option<String> {
    let part = |name: &str| id.attribute(name).map(str::trim).filter(|text| !text.is_empty());
    match (part("root"), part("extension")) {
        (None, None) => None,
        (root, extension) => Some(format!("{}|{}", root.unwrap_or_default(), extension.unwrap_or_default())),
    }
}

/// setId, else id, else the content of the storage; a health check-up has none of them: who keeps it, about whom,
/// of which day.
fn set(
    root: &Element,
    person: &Resource,
    header: &document::Header,
    place: Option<&storage::Place<'_>>,
    input: &Input<'_>,
) -> String {
    let of = |name: &str| root.child(name).and_then(named);
    if let Some(id) = of("setId").or_else(|| of("id")) {
        return format!("cda/{id}");
    }
    if let Some(place) = place {
        return format!("cda/content:{}", place.content);
    }
    let author = root.child("author").map(Element::whole_text).unwrap_or_default();
    let kind = header.kind.to_string();
    // A name may be spelled otherwise when it is sent again.
    let part = |name: &str| person.get(name).map(ToString::to_string).unwrap_or_default();
    let who = match part("identifier") {
        none if none.is_empty() => part("name"),
        numbers => numbers,
    };
    let person = format!("{who} {}", part("birthDate"));
    match &header.service.0 {
        Some(day) => {
            let print: String = fingerprint(&[&kind, &author, &person, day]).chars().take(24).collect();
            format!("cda/{day}/{print}")
        }
        None => format!("cda/path:{}", input.path),
    }
}

/// Sets of the documents this one replaces (relatedDocument RPLC).
fn replaced(root: &Element) -> Vec<String> {
    let replaces = |each: &&Element| each.attribute("typeCode") == Some("RPLC");
    let parents =
        root.all("relatedDocument").filter(replaces).filter_map(|each| each.child("parentDocument"));
    let name = |parent: &Element| ["setId", "id"].iter().find_map(|name| parent.child(name).and_then(named));
    parents.filter_map(name).map(|name| format!("cda/{name}")).collect()
}
