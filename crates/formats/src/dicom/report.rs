//! Structured Reporting (PS3.3 §C.17.3 SR Document Content) → DiagnosticReport: the tree as its narrative.
//!
//! Not here: measurements as Observations; what a template means is not known.

use super::element::{Dataset, Tag};
use super::instance::{SOP_CLASS, SOP_INSTANCE};
use super::patient::display;
use super::study::{self, STUDY_UID, put};
use super::value::Notes;
use crate::attachment;
use model::reading::{Extent, StatedRecord};
use serde_json::{Map, Value, json};

const CONTENT: Tag = 0x0040_a730;
const CONCEPT_NAME: Tag = 0x0040_a043;
/// Key Object Selection: a list of images, not a report.
const KEY_OBJECTS: &str = "1.2.840.10008.5.1.4.1.1.88.59";
/// Concepts (PS3.16) of what a report comes to: Conclusion, Impression.
const CONCLUSIONS: [&str; 4] = ["121077", "121073", "121076", "121072"];

/// What a structured report is called, if the object is one.
pub(super) fn title(data: &Dataset<'_>, notes: &Notes) -> Option<String> {
    let is_report = data.text(0x0040_a040, notes).as_deref() == Some("CONTAINER")
        && data.text(SOP_CLASS, notes).as_deref() != Some(KEY_OBJECTS);
    if !is_report {
        return data.text(0x0042_0010, notes);
    }
    let name = data.items(CONCEPT_NAME).first().and_then(|item| item.coding(notes));
    let display = name.as_ref().and_then(|name| name.get("display")).and_then(Value::as_str);
    Some(display.unwrap_or("構造化レポート").to_owned())
}

/// The DiagnosticReport of a structured report.
pub(super) fn record(data: &Dataset<'_>, bytes: &[u8], key: &str, notes: &Notes) -> Option<StatedRecord> {
    let text = |tag: Tag| data.text(tag, notes);
    if text(0x0040_a040).as_deref() != Some("CONTAINER") || text(SOP_CLASS).as_deref() == Some(KEY_OBJECTS) {
        return None;
    }
    let mut tree = Tree { markup: String::new(), conclusions: Vec::new(), notes };
    tree.items(data.items(CONTENT));
    let mut report = Map::new();
    report.insert("resourceType".into(), "DiagnosticReport".into());
    let div = format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{}</div>", tree.markup);
    report.insert("text".into(), json!({"status": "generated", "div": div}));
    let uid = text(SOP_INSTANCE);
    let identifier = uid.map(|uid| json!({"system": "urn:dicom:uid", "value": format!("urn:oid:{uid}")}));
    put(&mut report, "identifier", identifier.into_iter().collect());
    // Completion Flag and Verification Flag (PS3.3 §C.17.2).
    let complete = text(0x0040_a491).as_deref() == Some("COMPLETE");
    let verified = text(0x0040_a493).as_deref() == Some("VERIFIED");
    let status = match (complete, verified) {
        (true, true) => "final",
        (true, false) => "preliminary",
        _ => "partial",
    };
    report.insert("status".into(), status.into());
    let code = data.concepts(CONCEPT_NAME, notes).into_iter().next();
    report.insert("code".into(), code.unwrap_or_else(|| json!({"text": "構造化レポート"})));
    report.insert("subject".into(), json!({"reference": "urn:key:Patient"}));
    let written = data.moment(0x0008_0023, 0x0008_0033, notes);
    if let Some(written) = written.or_else(|| study::started(data, notes)) {
        report.insert("effectiveDateTime".into(), written.into());
    }
    let verifiers = data.items(0x0040_a073).iter().filter_map(|item| {
        let name = item.text(0x0040_a075, notes).and_then(|name| display(&name));
        let place = item.text(0x0040_a027, notes);
        let words: Vec<String> = [name, place].into_iter().flatten().collect();
        (!words.is_empty()).then(|| json!({"display": words.join(" ")}))
    });
    put(&mut report, "resultsInterpreter", verifiers.collect());
    if let Some(study) = text(STUDY_UID) {
        report
            .insert("imagingStudy".into(), json!([{"reference": format!("urn:key:{}", study::key(&study))}]));
    }
    if !tree.conclusions.is_empty() {
        report.insert("conclusion".into(), tree.conclusions.join("\n").into());
    }
    put(&mut report, "presentedForm", vec![attachment::of("application/dicom", bytes, None, None)]);
    let (key, at) = (format!("{key}/report"), "(0040,A730)".to_owned());
    Some(StatedRecord { key, resource: report, extent: Extent::Whole, at })
}

struct Tree<'n> {
    markup: String,
    conclusions: Vec<String>,
    notes: &'n Notes,
}

impl Tree<'_> {
    /// Content items as a list; how deep they nest is bounded by the reader of elements.
    fn items(&mut self, items: &[Dataset<'_>]) {
        if items.is_empty() {
            return;
        }
        self.markup.push_str("<ul>");
        for item in items {
            let name = item.items(CONCEPT_NAME).first().and_then(|name| name.coding(self.notes));
            let said = |part: &str| {
                name.as_ref().and_then(|name| name.get(part)).and_then(Value::as_str).unwrap_or_default()
            };
            let value = self.value(item);
            if let (true, Some(value)) = (CONCLUSIONS.contains(&said("code")), &value) {
                self.conclusions.push(value.clone());
            }
            let label = if said("display").is_empty() { said("code") } else { said("display") };
            let words: Vec<&str> = [label, value.as_deref().unwrap_or_default()]
                .into_iter()
                .filter(|word| !word.is_empty())
                .collect();
            // Which code it is, for whoever looks for it.
            self.markup.push_str("<li title=\"");
            escaped(&format!("{}|{}", said("system"), said("code")), &mut self.markup);
            self.markup.push_str("\">");
            escaped(&words.join(": "), &mut self.markup);
            self.items(item.items(CONTENT));
            self.markup.push_str("</li>");
        }
        self.markup.push_str("</ul>");
    }

    /// The value of a content item by its Value Type.
    fn value(&self, item: &Dataset<'_>) -> Option<String> {
        let text = |tag: Tag| item.text(tag, self.notes);
        let meaning = |item: &Dataset<'_>, tag: Tag| {
            let coding = item.items(tag).first().and_then(|code| code.coding(self.notes))?;
            let said = |part: &str| coding.get(part).and_then(Value::as_str);
            match (said("display"), said("code")) {
                (Some(display), Some(code)) => Some(format!("{display} ({code})")),
                (one, other) => one.or(other).map(str::to_owned),
            }
        };
        match text(0x0040_a040)?.as_str() {
            "TEXT" => text(0x0040_a160),
            "CODE" => meaning(item, 0x0040_a168),
            "NUM" => item.items(0x0040_a300).first().and_then(|measured| {
                let number = measured.text(0x0040_a30a, self.notes)?;
                let unit = measured.items(0x0040_08ea).first().and_then(|unit| unit.coding(self.notes));
                let unit = unit.as_ref().and_then(|unit| unit.get("code")).and_then(Value::as_str);
                Some(unit.map_or_else(|| number.clone(), |unit| format!("{number} {unit}")))
            }),
            "DATE" => item.day(0x0040_a121, self.notes),
            "TIME" => text(0x0040_a122),
            "DATETIME" => item.date_time(0x0040_a120, self.notes),
            "PNAME" => text(0x0040_a123).and_then(|name| display(&name)),
            "UIDREF" => text(0x0040_a124),
            "IMAGE" | "COMPOSITE" | "WAVEFORM" => {
                item.items(0x0008_1199).first()?.text(0x0008_1155, self.notes)
            }
            _ => None,
        }
    }
}

/// Text for markup; what XML has no place for is left out.
fn escaped(plain: &str, text: &mut String) {
    for c in plain.chars() {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\n' => text.push_str("<br/>"),
            c if c.is_control() => {}
            c => text.push(c),
        }
    }
}
