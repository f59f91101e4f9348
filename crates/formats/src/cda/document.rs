//! Header and sections of a document (CDA R2 §4.2, §4.3) → DocumentReference, with the sections as a contained
//! Composition: one row of the chart, the text of every section in it.

use super::entry::Entries;
use super::patient::party;
use super::tree::{Taken, narrative};
use crate::attachment;
use crate::xml::Element;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::reading::{Resource, StatedRecord};
use serde_json::{Map, Value, json};

/// Values of the document that have no element of FHIR, one a line.
const REST: &str = "urn:hakucho:cda:rest";

/// What the document is: its own values, read once.
pub(super) struct Header {
    pub title: Option<String>,
    pub written: Option<String>,
    /// When what it documents was done.
    pub service: (Option<String>, Option<String>),
    pub kind: Value,
}

/// Reads the header's own values.
pub(super) fn header<'t>(root: &'t Element, taken: &Taken<'t>) -> Header {
    let title = root.child("title").and_then(|title| taken.text(title));
    let written = root.child("effectiveTime").and_then(|time| taken.moment(time, "effectiveTime"));
    let event = root.child("documentationOf").and_then(|of| of.child("serviceEvent"));
    let of_event = |event: &'t Element| {
        event
            .child("effectiveTime")
            .map(|time| taken.interval(time, "documentationOf/serviceEvent/effectiveTime"))
    };
    let service = event.and_then(of_event).unwrap_or_default();
    let kind = root.child("code").and_then(|code| taken.concept(code, None));
    let named = title.clone().unwrap_or_else(|| "文書".to_owned());
    let kind = kind.unwrap_or_else(|| json!({ "text": named }));
    Header { title, written, service, kind }
}

/// The DocumentReference; the records of the entries go to `entries`.
pub(super) fn resource<'t>(
    root: &'t Element,
    header: &Header,
    bytes: &[u8],
    taken: &Taken<'t>,
    entries: &mut Entries<'_, 't>,
) -> Resource {
    let mut document = Map::new();
    document.insert("resourceType".into(), "DocumentReference".into());
    let label = root
        .child("confidentialityCode")
        .and_then(|code| taken.concept(code, Some("2.16.840.1.113883.5.25")));
    if let Some(coding) = label.as_ref().and_then(|label| label.pointer("/coding/0")) {
        document.insert("meta".into(), json!({ "security": [coding] }));
        let normal = coding.get("code").and_then(Value::as_str) == Some("N");
        entries.security = (!normal).then(|| coding.clone());
    }
    let language = root.child("languageCode").and_then(|code| taken.attribute(code, "code"));
    let authors: Vec<Value> = root.all("author").filter_map(|each| party(each, taken)).collect();
    let custodian = root.child("custodian").and_then(|each| party(each, taken));
    let composition = composition(root, header, &authors, custodian.as_ref(), taken, entries);
    let has_sections = composition.is_some();
    put(&mut document, "contained", composition.into_iter().collect());
    if let Some(id) = root.child("id").and_then(|id| taken.identifier(id)) {
        document.insert("masterIdentifier".into(), id);
    }
    let others = root
        .child("setId")
        .into_iter()
        .chain(root.all("inFulfillmentOf").filter_map(|of| of.child("order")?.child("id")));
    put(&mut document, "identifier", others.filter_map(|id| taken.identifier(id)).collect());
    document.insert("status".into(), "current".into());
    let signed = ["legalAuthenticator", "authenticator"].iter().find_map(|name| root.child(name));
    if signed.is_some() {
        document.insert("docStatus".into(), "final".into());
    }
    document.insert("type".into(), header.kind.clone());
    document.insert("subject".into(), json!({"reference": "urn:key:Patient"}));
    if let Some(date) = header.written.as_deref().and_then(instant) {
        document.insert("date".into(), date.into());
    }
    put(&mut document, "author", authors);
    if let Some(signer) = signed.and_then(|each| party(each, taken)) {
        document.insert("authenticator".into(), signer);
    }
    if let Some(custodian) = custodian {
        document.insert("custodian".into(), custodian);
    }
    put(
        &mut document,
        "relatesTo",
        root.all("relatedDocument").filter_map(|each| related(each, taken)).collect(),
    );
    if let Some(title) = &header.title {
        document.insert("description".into(), title.as_str().into());
    }
    if let Some(label) = label {
        document.insert("securityLabel".into(), json!([label]));
    }
    let mut own = attachment::of("text/xml", bytes, header.title.as_deref(), header.written.as_deref());
    if let (Some(own), Some(language)) = (own.as_object_mut(), language) {
        own.insert("language".into(), language.into());
    }
    let mut content = vec![json!({ "attachment": own })];
    content.extend(
        root.all("component")
            .filter_map(|each| each.child("nonXMLBody"))
            .filter_map(|each| foreign(each, taken)),
    );
    document.insert("content".into(), content.into());
    let context = context(root, header, has_sections, taken);
    if !context.is_empty() {
        document.insert("context".into(), context.into());
    }
    document
}

/// Keeps what nobody has taken.
pub(super) fn keep_rest<'t>(document: &mut StatedRecord, root: &'t Element, taken: &Taken<'t>) {
    for name in ["typeId", "realmCode"] {
        root.all(name).for_each(|each| taken.all(each));
    }
    if let Some(rest) = taken.rest(root) {
        put(&mut document.resource, "extension", vec![json!({"url": REST, "valueString": rest})]);
    }
}

/// The sections as a Composition; `None` for a body that is not of XML.
fn composition<'t>(
    root: &'t Element,
    header: &Header,
    authors: &[Value],
    custodian: Option<&Value>,
    taken: &Taken<'t>,
    entries: &mut Entries<'_, 't>,
) -> Option<Value> {
    let body = root.all("component").find_map(|each| each.child("structuredBody"))?;
    let mut composition = Map::new();
    composition.insert("resourceType".into(), "Composition".into());
    composition.insert("id".into(), "sections".into());
    composition.insert("status".into(), "final".into());
    composition.insert("type".into(), header.kind.clone());
    composition.insert("subject".into(), json!({"reference": "urn:key:Patient"}));
    // R4 requires a date, an author and a title; what the document leaves out is said to be.
    let date = header.written.clone().or_else(|| header.service.0.clone());
    match date {
        Some(date) => drop(composition.insert("date".into(), date.into())),
        None => {
            let url = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
            composition.insert("_date".into(), json!({"extension": [{"url": url, "valueCode": "unknown"}]}));
        }
    }
    let unnamed = || vec![custodian.cloned().unwrap_or_else(|| json!({"display": "作成者の記載なし"}))];
    composition.insert("author".into(), if authors.is_empty() { unnamed() } else { authors.to_vec() }.into());
    let title = header.title.clone().or_else(|| header.kind.get("text")?.as_str().map(str::to_owned));
    composition.insert("title".into(), title.unwrap_or_else(|| "文書".to_owned()).into());
    let sections = sections(body, "component/structuredBody", taken, entries);
    put(&mut composition, "section", sections);
    Some(composition.into())
}

fn sections<'t>(
    holder: &'t Element,
    at: &str,
    taken: &Taken<'t>,
    entries: &mut Entries<'_, 't>,
) -> Vec<Value> {
    let mut made = Vec::new();
    for (index, section) in holder.all("component").filter_map(|each| each.child("section")).enumerate() {
        let at = format!("{at}/component[{}]/section", index + 1);
        let mut one = Map::new();
        if let Some(title) = section.child("title").and_then(|title| taken.text(title)) {
            one.insert("title".into(), title.into());
        }
        if let Some(code) = section.child("code").and_then(|code| taken.concept(code, None)) {
            one.insert("code".into(), code);
        }
        if let Some(text) = section.child("text") {
            taken.all(text);
            if !text.whole_text().trim().is_empty() || text.children().next().is_some() {
                one.insert("text".into(), json!({"status": "additional", "div": narrative(text)}));
            }
        }
        let mut keys = Vec::new();
        for (index, entry) in section.all("entry").enumerate() {
            keys.extend(entries.read(entry, &format!("{at}/entry[{}]", index + 1)));
        }
        put(
            &mut one,
            "entry",
            keys.iter().map(|key| json!({"reference": format!("urn:key:{key}")})).collect(),
        );
        put(&mut one, "section", sections(section, &at, taken, entries));
        if !one.is_empty() {
            made.push(one.into());
        }
    }
    made
}

/// nonXMLBody (§4.3.1): what it is and how long, decoded; the bytes stay in the document.
fn foreign<'t>(body: &'t Element, taken: &Taken<'t>) -> Option<Value> {
    let text = body.child("text")?;
    let media = text.attribute("mediaType").unwrap_or("application/octet-stream");
    if text.attribute("representation") != Some("B64") {
        // A plain text or a reference to a file: kept with the rest.
        return Some(json!({"attachment": {"contentType": media}}));
    }
    taken.all(text);
    let plain: Vec<u8> = text.own_text().bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    match STANDARD.decode(&plain) {
        Ok(bytes) => Some(json!({ "attachment": attachment::of(media, &bytes, None, None) })),
        Err(_) => {
            taken.problem("unreadable", "component/nonXMLBody/text", "not base64; it is in the original");
            Some(json!({"attachment": {"contentType": media}}))
        }
    }
}

/// relatedDocument → relatesTo: replaced, appended to, transformed.
fn related<'t>(related: &'t Element, taken: &Taken<'t>) -> Option<Value> {
    let code = match related.attribute("typeCode")? {
        "RPLC" => "replaces",
        "APND" => "appends",
        "XFRM" => "transforms",
        _ => return None,
    };
    let parent = related.child("parentDocument")?;
    let id = parent.child("id").and_then(|id| taken.identifier(id))?;
    Some(json!({"code": code, "target": {"identifier": id}}))
}

/// Encounter, period and setting.
fn context<'t>(
    root: &'t Element,
    header: &Header,
    has_sections: bool,
    taken: &Taken<'t>,
) -> Map<String, Value> {
    let mut context = Map::new();
    let at = "componentOf/encompassingEncounter";
    let encounter = root.child("componentOf").and_then(|of| of.child("encompassingEncounter"));
    let mut period = header.service.clone();
    if let Some(encounter) = encounter {
        let stay =
            encounter.child("effectiveTime").map(|time| taken.interval(time, &format!("{at}/effectiveTime")));
        let stay = stay.unwrap_or_default();
        if period == (None, None) {
            period = stay.clone();
        }
        let mut reference = Map::new();
        if let Some(id) = encounter.child("id").and_then(|id| taken.identifier(id)) {
            reference.insert("identifier".into(), id);
        }
        // What is not shown of the code stays in the lines.
        let shown = |code| taken.attribute(code, "displayName").or_else(|| taken.attribute(code, "code"));
        let kind = encounter.child("code").and_then(shown).map(str::to_owned);
        let days = [stay.0, stay.1]
            .map(|moment| moment.map(|text| text.split('T').next().unwrap_or_default().to_owned()));
        let days = match days {
            [None, None] => None,
            [start, end] => Some(format!("{}～{}", start.unwrap_or_default(), end.unwrap_or_default())),
        };
        let words: Vec<String> = [kind, days].into_iter().flatten().collect();
        if !words.is_empty() {
            reference.insert("display".into(), words.join(" ").into());
        }
        if !reference.is_empty() {
            context.insert("encounter".into(), json!([reference]));
        }
    }
    let events = root.all("documentationOf").filter_map(|of| of.child("serviceEvent")?.child("code"));
    put(&mut context, "event", events.filter_map(|code| taken.concept(code, None)).collect());
    if period != (None, None) {
        context.insert("period".into(), super::value::period(period.0, period.1));
    }
    if has_sections {
        context.insert("related".into(), json!([{"reference": "#sections"}]));
    }
    context
}

/// A day or a moment as FHIR `instant`.
fn instant(text: &str) -> Option<String> {
    match text.len() {
        10 => Some(format!("{text}T00:00:00+09:00")),
        length => (length > 19).then(|| text.to_owned()),
    }
}

fn put(resource: &mut Resource, name: &str, list: Vec<Value>) {
    if !list.is_empty() {
        resource.insert(name.to_owned(), list.into());
    }
}
