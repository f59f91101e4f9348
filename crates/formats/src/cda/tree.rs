//! The document and which of its values have been put into a record: what nobody has taken is kept as lines.

use crate::hl7v2::timestamp;
use crate::text_file::narrow;
use crate::xml::{Element, Node};
use model::codes;
use model::reading::Problem;
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

/// Attributes that say what kind of node an element is, or repeat what a code says: structure, no content.
const STRUCTURE: [&str; 11] = [
    "classCode",
    "determinerCode",
    "contextControlCode",
    "contextConductionInd",
    "independentInd",
    "codeSystemName",
    "codeSystemVersion",
    "displayable",
    "mediaType",
    "representation",
    "institutionSpecified",
];
/// Most bytes of kept lines.
const MOST: usize = 256 * 1024;

/// What has been taken of a document.
#[derive(Default)]
pub(super) struct Taken<'t> {
    values: RefCell<HashSet<(usize, &'t str)>>,
    problems: RefCell<Vec<Problem>>,
}

impl<'t> Taken<'t> {
    pub fn problem(&self, code: &str, at: &str, text: impl Into<String>) {
        self.problems.borrow_mut().push(Problem::new(code, at, text));
    }

    pub fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }

    fn mark(&self, element: &'t Element, what: &'t str) {
        self.values.borrow_mut().insert((std::ptr::from_ref(element) as usize, what));
    }

    fn has(&self, element: &'t Element, what: &'t str) -> bool {
        self.values.borrow().contains(&(std::ptr::from_ref(element) as usize, what))
    }

    /// An attribute that is not empty.
    pub fn attribute(&self, element: &'t Element, name: &'t str) -> Option<&'t str> {
        let value = element.attribute(name)?.trim();
        self.mark(element, name);
        (!value.is_empty()).then_some(value)
    }

    /// The text of an element and all in it, white space made one blank.
    pub fn text(&self, element: &'t Element) -> Option<String> {
        self.all(element);
        let text = element.whole_text().split_whitespace().collect::<Vec<_>>().join(" ");
        (!text.is_empty()).then_some(text)
    }

    /// Takes an element with everything in it.
    pub fn all(&self, element: &'t Element) {
        self.mark(element, "");
        element.attributes.iter().for_each(|(name, _)| self.mark(element, name));
        element.children().for_each(|child| self.all(child));
    }

    /// What nobody has taken, one a line: `author[1]/assignedAuthor/telecom/@value tel:…`.
    pub fn rest(&self, root: &'t Element) -> Option<String> {
        let mut lines = String::new();
        let mut left = 0_usize;
        self.walk(root, "", &mut lines, &mut left);
        if left > 0 {
            let text = format!("{left} further values are only in the original: there are too many");
            self.problem("not-mapped", "ClinicalDocument", text);
        }
        (!lines.is_empty()).then(|| lines.trim_end().to_owned())
    }

    fn walk(&self, element: &'t Element, at: &str, lines: &mut String, left: &mut usize) {
        let mut keep = |what: &str, value: &str| {
            if lines.len() + value.len() + at.len() < MOST {
                lines.push_str(&format!("{at}{what} {value}\n"));
            } else {
                *left += 1;
            }
        };
        for (name, value) in &element.attributes {
            let is_structure = match name.as_str() {
                // That something was only asked for, or what an entry is to another, is content.
                "moodCode" => value == "EVN",
                "typeCode" => element.local() != "entryRelationship" || value == "COMP",
                name => name.starts_with("xmlns") || name.starts_with("xsi:") || STRUCTURE.contains(&name),
            };
            if !is_structure && !value.trim().is_empty() && !self.has(element, name) {
                keep(&format!("/@{name}"), value.trim());
            }
        }
        let own = element.own_text();
        if !own.trim().is_empty() && !self.has(element, "") {
            keep("", own.trim());
        }
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for child in element.children() {
            let name = child.local();
            let count = *counts.entry(name).and_modify(|count| *count += 1).or_insert(1);
            let number = if count > 1 { format!("[{count}]") } else { String::new() };
            let slash = if at.is_empty() { "" } else { "/" };
            self.walk(child, &format!("{at}{slash}{name}{number}"), lines, left);
        }
    }

    /// II → Identifier.
    pub fn identifier(&self, id: &'t Element) -> Option<Value> {
        let root = self.attribute(id, "root");
        let extension = self.attribute(id, "extension");
        let issuer = self.attribute(id, "assigningAuthorityName");
        let mut identifier = Map::new();
        match (root, extension) {
            (Some(root), Some(_)) => {
                identifier.insert("system".into(), urn(root).into());
            }
            (Some(_), None) => {
                identifier.insert("system".into(), "urn:ietf:rfc:3986".into());
            }
            (None, None) => return None,
            (None, Some(_)) => {}
        }
        let value = extension.map_or_else(|| root.map(urn).unwrap_or_default(), str::to_owned);
        identifier.insert("value".into(), value.into());
        if let Some(issuer) = issuer {
            identifier.insert("assigner".into(), json!({ "display": issuer }));
        }
        Some(identifier.into())
    }

    /// CD, CE, CV, CO, CS → CodeableConcept, with its translations. `default` is the system of a schema that lets it be
    /// left out.
    pub fn concept(&self, code: &'t Element, default: Option<&str>) -> Option<Value> {
        let codings: Vec<Value> = std::iter::once(code)
            .chain(code.all("translation"))
            .filter_map(|each| self.coding(each, default))
            .collect();
        let original = code.child("originalText").and_then(|text| self.text(text));
        let display = codings.iter().find_map(|coding| coding.get("display")?.as_str());
        let text = original.or_else(|| display.map(str::to_owned));
        let mut concept = Map::new();
        if !codings.is_empty() {
            concept.insert("coding".into(), codings.into());
        }
        if let Some(text) = text {
            concept.insert("text".into(), text.into());
        }
        (!concept.is_empty()).then(|| concept.into())
    }

    fn coding(&self, code: &'t Element, default: Option<&str>) -> Option<Value> {
        let value = self.attribute(code, "code");
        let display = self.attribute(code, "displayName");
        let system = self.attribute(code, "codeSystem").map(system).or_else(|| default.map(system));
        let mut coding = Map::new();
        for (name, part) in [
            ("system", system.filter(|_| value.is_some())),
            ("code", value.map(str::to_owned)),
            ("display", display.map(str::to_owned)),
        ] {
            if let Some(part) = part {
                coding.insert(name.into(), part.into());
            }
        }
        (!coding.is_empty()).then(|| coding.into())
    }

    /// TS → FHIR `dateTime`; what is no moment is reported and kept with the rest.
    pub fn moment(&self, time: &'t Element, at: &str) -> Option<String> {
        let text = time.attribute("value").map(narrow).filter(|text| !text.is_empty())?;
        match timestamp::date_time(&text) {
            Ok(moment) => {
                self.mark(time, "value");
                Some(moment)
            }
            Err(error) => {
                self.problem("impossible-date", at, error.to_string());
                None
            }
        }
    }

    /// IVL_TS → `(start, end)`; a single time is the start.
    pub fn interval(&self, time: &'t Element, at: &str) -> (Option<String>, Option<String>) {
        let of = |name: &'static str| time.child(name).and_then(|part| self.moment(part, at));
        let start = self.moment(time, at).or_else(|| of("low")).or_else(|| of("center"));
        (start, of("high"))
    }
}

/// An OID, UUID or address as URI.
pub(super) fn urn(root: &str) -> String {
    let is_oid = root.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let is_uuid = root.len() == 36 && root.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    match (is_oid, is_uuid) {
        (true, _) => format!("urn:oid:{root}"),
        (_, true) => format!("urn:uuid:{}", root.to_ascii_lowercase()),
        _ => root.to_owned(),
    }
}

/// Code systems CDA names by OID, and FHIR by address.
fn system(oid: &str) -> String {
    match oid {
        "2.16.840.1.113883.6.1" => codes::LOINC.to_owned(),
        "2.16.840.1.113883.6.3" => codes::ICD10.to_owned(),
        "2.16.840.1.113883.6.96" => "http://snomed.info/sct".to_owned(),
        "2.16.840.1.113883.5.4" => codes::V3_ACT_CODE.to_owned(),
        "2.16.840.1.113883.5.25" => "http://terminology.hl7.org/CodeSystem/v3-Confidentiality".to_owned(),
        "2.16.840.1.113883.5.83" => {
            "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation".to_owned()
        }
        "1.2.840.10008.2.16.4" => codes::DICOM.to_owned(),
        oid => urn(oid),
    }
}

/// Section text (CDA R2 §4.3.5 narrative block) as the markup of a FHIR narrative.
pub(super) fn narrative(text: &Element) -> String {
    let mut out = "<div xmlns=\"http://www.w3.org/1999/xhtml\">".to_owned();
    inside(text, &mut out);
    out.push_str("</div>");
    out
}

fn inside(element: &Element, out: &mut String) {
    for node in &element.content {
        let inner = match node {
            Node::Text(text) => {
                escaped(text, out);
                continue;
            }
            Node::Element(inner) => inner,
        };
        let name = match inner.local() {
            "br" => {
                out.push_str("<br/>");
                continue;
            }
            "renderMultiMedia" => {
                out.push_str("［図］");
                inside(inner, out);
                continue;
            }
            "paragraph" => "p",
            "list" if inner.attribute("listType") == Some("ordered") => "ol",
            "list" => "ul",
            "item" => "li",
            "caption" if element.local() != "table" => "b",
            same @ ("table" | "thead" | "tbody" | "tfoot" | "tr" | "th" | "td" | "caption" | "sub"
            | "sup" | "col" | "colgroup") => same,
            _ => "span",
        };
        out.push('<');
        out.push_str(name);
        for attribute in ["rowspan", "colspan"] {
            if let Some(value) = inner.attribute(attribute) {
                out.push_str(&format!(" {attribute}=\""));
                escaped(value, out);
                out.push('"');
            }
        }
        out.push('>');
        inside(inner, out);
        out.push_str(&format!("</{name}>"));
    }
}

fn escaped(plain: &str, out: &mut String) {
    for c in plain.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() && c != '\n' => {}
            c => out.push(c),
        }
    }
}
