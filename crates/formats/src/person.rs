//! Parts of a Patient (JP_Patient) that several interfaces write alike: a name with its reading, an address, sex.
//!
//! Texts stay as sent. Not here: who the patient is, and formats that have a room of their own for it (HL7, the
//! register, the notebook).

use crate::text_file::{fold, narrow};
use model::Personal;
use model::reading::{PatientKey, Problem, Resource};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

const REPRESENTATION: &str = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation";
/// A text as the source wrote it, where the element holds another form of it.
const AS_WRITTEN: &str = "urn:hakucho:extension:as-written";

/// A name as HumanName, `IDE` (written) or `SYL` (read); family and given where a space is between them.
/// Half-width kana are made full-width, and kept beside as sent.
pub(crate) fn name(text: &str, representation: &str, usage: &str) -> Option<Value> {
    if text.is_empty() {
        return None;
    }
    let half = text.chars().any(|c| ('\u{ff61}'..='\u{ff9f}').contains(&c));
    let whole: String = if half { text.nfkc().collect() } else { text.to_owned() };
    let mut extensions = vec![json!({"url": REPRESENTATION, "valueCode": representation})];
    if half {
        extensions.push(json!({"url": AS_WRITTEN, "valueString": text}));
    }
    let mut name = json!({"extension": extensions, "use": usage, "text": whole});
    if let (Some((family, given)), Some(parts)) = (whole.split_once([' ', '　']), name.as_object_mut()) {
        parts.insert("family".into(), family.into());
        parts.insert("given".into(), json!([given.trim()]));
    }
    Some(name)
}

/// FHIR `administrative-gender` of 1 (男) and 2 (女); 3 says that it is not set. Anything else is reported.
pub(crate) fn gender(code: &str, at: String, problems: &mut Vec<Problem>) -> Option<&'static str> {
    match narrow(code).as_str() {
        "" => None,
        "1" => Some("male"),
        "2" => Some("female"),
        "3" => Some("unknown"),
        _ => {
            let text = "not 1 (male) or 2 (female); kept as unknown";
            problems.push(Problem::new("unknown-code", at, text));
            Some("unknown")
        }
    }
}

/// An address of its postal code and its parts, the last of which may be a line of its own (番地).
pub(crate) fn address(postal: &str, parts: [&str; 2]) -> Option<Value> {
    let [area, block] = parts;
    let mut address = Map::new();
    if !area.is_empty() || !block.is_empty() {
        address.insert("text".into(), format!("{area}{block}").into());
    }
    if !area.is_empty() && !block.is_empty() {
        address.insert("line".into(), json!([block]));
    }
    if !postal.is_empty() {
        address.insert("postalCode".into(), postal.into());
    }
    (!address.is_empty()).then(|| {
        address.insert("country".into(), "JP".into());
        address.into()
    })
}

/// A ContactPoint.
pub(crate) fn telecom(system: &str, usage: &str, value: &str) -> Option<Value> {
    (!value.is_empty()).then(|| json!({"system": system, "use": usage, "value": value}))
}

/// Puts a list under a name, behind what is there already; nothing if it is empty.
pub(crate) fn put(resource: &mut Resource, name: &str, list: Vec<Value>) {
    if list.is_empty() {
        return;
    }
    let all = resource.entry(name).or_insert_with(|| json!([]));
    if let Some(all) = all.as_array_mut() {
        all.extend(list);
    }
}

/// A fingerprint of what describes somebody or something: folded, and no two lists give the same one.
pub(crate) fn fingerprint(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(fold(part).as_bytes());
        hasher.update([0x1f]);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Who of a file is nobody known: the first is the delivery's own, another person gets a place of their own, so
/// that two people never share one until somebody says who each is.
#[derive(Default)]
pub(crate) struct Strangers(Option<String>);

impl Strangers {
    /// The place of somebody described by `identity`, in a file of these bytes.
    pub fn place(&mut self, identity: &[&str], bytes: &[u8]) -> PatientKey {
        let print = fingerprint(identity);
        if self.0.get_or_insert_with(|| print.clone()) == &print {
            return PatientKey::Nobody;
        }
        let short = |text: String| text.chars().take(16).collect::<String>();
        let digest = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        PatientKey::Disputed {
            message: Personal::new(format!("person {}", short(print))),
            path: Personal::new(format!("delivery {}", short(digest))),
        }
    }
}
