//! FHIR R4: single resources, arrays, NDJSON and Bundles of every type in JSON; a resource in XML ([`xml`]).
//!
//! Resources are kept whole: names, order, unknown elements. A Bundle is a record itself and its entries are
//! split into records of their own ([`parcel`]); whom each is about is decided from what the file itself holds
//! ([`owner`]), never from a server's logical id of a patient it does not hold. Rules: `docs/formats/fhir.md`.
//! Not here: profile validation (only a light look, [`check`]), and reading into attachments.

mod check;
mod json_text;
mod key;
mod owner;
mod parcel;
pub(crate) mod person;
mod reference;
mod sender_id;
pub(crate) mod time;
mod xml;

use crate::text_file::{decode, is_private, lines};
use model::reading::{Input, Problem, Reading, Refused, Resource};
use serde_json::Value;

/// A resource of the file with the place it was found at.
struct Item {
    resource: Resource,
    at: String,
}

/// Whether a text, which may be cut off, begins like a resource in XML.
pub fn is_xml(text: &str) -> bool {
    xml::begins(text)
}

/// Reads one delivery.
pub fn read(input: &Input<'_>) -> Result<Reading, Refused> {
    let mut reading = Reading::default();
    let text = characters(input.bytes, &mut reading.problems);
    let text = text.trim_start_matches('\u{feff}').trim_matches(is_padding);
    let items = match items(text, &mut reading.problems) {
        Err(refused) => match json_text::without_lone_surrogates(text) {
            // Half a character is JSON (RFC 8259 §8.2) and no text: only it is lost.
            Some(whole) => {
                let items = items(&whole, &mut reading.problems)?;
                let text = "escapes that are half a character were read as U+FFFD; see the original";
                reading.problems.push(Problem::new("charset", "file", text));
                items
            }
            None => return Err(refused),
        },
        Ok(items) => items,
    };
    for item in &items {
        check::check(&item.resource, &item.at, &mut reading.problems);
    }
    parcel::read(items, input, &mut reading);
    reading.problems.sort();
    reading.problems.dedup();
    if reading.statements.is_empty() && reading.problems.is_empty() {
        reading.problems.push(Problem::new("empty", "file", "no resource in the file"));
    }
    Ok(reading)
}

/// FHIR JSON is UTF-8 (R4 §2.6.2): what is, is taken as it is, whatever it looks like. The rest is read as
/// Japanese systems write text, and that is said.
fn characters(bytes: &[u8], problems: &mut Vec<Problem>) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        for (number, line) in lines(text) {
            let own = line.chars().filter(|c| is_private(*c)).count();
            if own > 0 {
                let text = format!("{own} character(s) of the sender's own (gaiji), kept as they are");
                problems.push(Problem::new("charset", format!("line {number}"), text));
            }
        }
        return text.to_owned();
    }
    let text = decode(bytes, problems);
    let told = "FHIR is UTF-8, this file is not; read as what it seems to be";
    problems.push(Problem::new("charset", "file", told));
    text
}

/// What may stand around a text without being of it: white space, NUL, the end of file of MS-DOS.
fn is_padding(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\0' | '\u{1a}')
}

/// The resources of a text: one, an array of them, or one per line.
fn items(text: &str, problems: &mut Vec<Problem>) -> Result<Vec<Item>, Refused> {
    let refused = |text: String| Refused { code: "not-fhir", text };
    let mut items = Vec::new();
    if text.starts_with('<') {
        let value = xml::resource(text, problems).map_err(refused)?;
        let resource = resource(value).ok_or_else(|| refused("XML, but not a FHIR resource".to_owned()))?;
        let at = key::kind(&resource).to_owned();
        return Ok(vec![Item { resource, at }]);
    }
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(list)) => {
            json_text::findings(text, "file", problems);
            for (index, value) in list.into_iter().enumerate() {
                let at = format!("[{index}]");
                match resource(value) {
                    Some(resource) => {
                        items.push(Item { at: format!("{at}.{}", key::kind(&resource)), resource })
                    }
                    None => problems.push(Problem::new("unreadable", at, "not a FHIR resource")),
                }
            }
        }
        Ok(value) => {
            if let Some(resource) = resource(value) {
                let at = key::kind(&resource).to_owned();
                json_text::findings(text, &at, problems);
                items.push(Item { resource, at });
            }
        }
        Err(error) => {
            let mut bad = Vec::new();
            for (number, line) in lines(text) {
                match serde_json::from_str::<Value>(line.trim()).ok().and_then(resource) {
                    Some(resource) => {
                        let at = format!("line {number}");
                        json_text::findings(line, &at, problems);
                        items.push(Item { at: format!("{at}.{}", key::kind(&resource)), resource });
                    }
                    None => bad.push(number),
                }
            }
            if items.is_empty() {
                let place = format!("line {} column {}", error.line(), error.column());
                return Err(refused(format!("not JSON ({:?} error at {place})", error.classify())));
            }
            let text = "not a FHIR resource in JSON; the line was not read";
            problems
                .extend(bad.iter().map(|number| Problem::new("unreadable", format!("line {number}"), text)));
        }
    }
    if items.is_empty() {
        return Err(refused("JSON, but not a FHIR resource: no resourceType".to_owned()));
    }
    Ok(items)
}

/// An object with a resourceType that can be one.
fn resource(value: Value) -> Option<Resource> {
    let Value::Object(map) = value else { return None };
    let kind = map.get("resourceType")?.as_str()?;
    let fits = kind.len() <= 64
        && kind.starts_with(|c: char| c.is_ascii_uppercase())
        && kind.bytes().all(|b| b.is_ascii_alphanumeric());
    fits.then_some(map)
}
