//! Values of data elements as texts, days, moments, numbers and codes (PS3.5 §6.2). What is read is taken.

use super::charset::Text;
use super::element::{Content, Dataset, Element, Tag, place};
use crate::hl7v2::timestamp;
use model::codes;
use model::reading::Problem;
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Timezone Offset From UTC.
const ZONE: Tag = 0x0008_0201;
/// Longest text of a value that is put into a record beside those with a place of their own.
const LONGEST: usize = 2_000;

/// Most problems of one kind that are told one by one.
const MOST_ALIKE: usize = 100;

/// The problems of a file, told from many places.
pub(super) struct Notes(RefCell<Vec<Problem>>);

impl Notes {
    pub fn new(problems: Vec<Problem>) -> Self {
        Self(RefCell::new(problems))
    }

    pub fn add(&self, code: &str, at: impl Into<String>, text: impl Into<String>) {
        self.0.borrow_mut().push(Problem::new(code, at, text));
    }

    pub fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.0.into_inner();
        problems.sort();
        problems.dedup();
        // A header of thousands of frames may say one thing thousands of times.
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        problems.retain(|problem| {
            let count = counts.entry(problem.code.clone()).or_default();
            *count += 1;
            *count <= MOST_ALIKE
        });
        for (code, count) in counts.into_iter().filter(|(_, count)| *count > MOST_ALIKE) {
            let text = format!("and {} more of this kind", count - MOST_ALIKE);
            problems.push(Problem::new(&code, "data set", text));
        }
        problems
    }
}

/// Characters that part a value of a representation.
fn delimiters(vr: [u8; 2]) -> &'static [u8] {
    match &vr {
        b"PN" => b"\\^=",
        b"LT" | b"ST" | b"UT" | b"UR" => b"",
        _ => b"\\",
    }
}

fn is_text(vr: [u8; 2]) -> bool {
    let texts = [
        b"AE", b"AS", b"CS", b"DA", b"DS", b"DT", b"IS", b"LO", b"LT", b"PN", b"SH", b"ST", b"TM", b"UC",
        b"UI", b"UR", b"UT",
    ];
    texts.contains(&&vr)
}

impl Dataset<'_> {
    fn decode(&self, element: &Element<'_>, vr: [u8; 2], notes: &Notes) -> String {
        let Content::Bytes(bytes) = element.value else { return String::new() };
        let Text { text, odd } = self.charset.decode(bytes, delimiters(vr));
        if let Some(odd) = odd {
            notes.add("charset", format!("{}{}", self.at, place(element.tag)), odd);
        }
        text
    }

    /// The values of an element, trimmed; none if it is empty or not there.
    pub fn values(&self, tag: Tag, notes: &Notes) -> Vec<String> {
        let Some(element) = self.get(tag) else { return Vec::new() };
        element.taken.set(true);
        // What a writer marks as unknown is what the dictionary says.
        let vr = if is_text(element.vr) { element.vr } else { super::dictionary::vr(tag) };
        let text = self.decode(element, vr, notes);
        let whole = delimiters(vr).is_empty();
        let parts = text.split(|c| c == '\\' && !whole);
        parts.map(trimmed).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    /// The value of an element; several with `\` between them.
    pub fn text(&self, tag: Tag, notes: &Notes) -> Option<String> {
        let values = self.values(tag, notes);
        (!values.is_empty()).then(|| values.join("\\"))
    }

    /// What could not be read stays for those who keep the rest of the header as text.
    pub fn give_back(&self, tag: Tag) {
        self.get(tag).iter().for_each(|element| element.taken.set(false));
    }

    /// The first number of an element.
    pub fn number(&self, tag: Tag, notes: &Notes) -> Option<u32> {
        let element = self.get(tag)?;
        if is_text(element.vr) {
            let text = self.text(tag, notes)?;
            let number = text.parse().ok();
            if number.is_none() {
                notes.add("unreadable", format!("{}{}", self.at, place(tag)), "not a whole number");
                self.give_back(tag);
            }
            return number;
        }
        let Content::Bytes(bytes) = element.value else { return None };
        element.taken.set(matches!(bytes.len(), 2 | 4));
        let two = |bytes: &[u8]| -> Option<u16> {
            let two = bytes.get(..2)?.try_into().ok()?;
            Some(if self.big_endian { u16::from_be_bytes(two) } else { u16::from_le_bytes(two) })
        };
        match bytes.len() {
            2 => two(bytes).map(u32::from),
            4 => {
                let four = bytes.try_into().ok()?;
                Some(if self.big_endian { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) })
            }
            _ => None,
        }
    }

    /// A day as FHIR `date`.
    pub fn day(&self, tag: Tag, notes: &Notes) -> Option<String> {
        let text = self.text(tag, notes)?;
        // The form of ACR-NEMA has points (PS3.5 §6.2 note of DA).
        let plain: String = text.chars().filter(|c| *c != '.').collect();
        let day = timestamp::date(&plain);
        if let Err(error) = &day {
            self.give_back(tag);
            notes.add("impossible-date", format!("{}{}", self.at, place(tag)), error.to_string());
        }
        day.ok()
    }

    /// Day and time of day of two elements as FHIR `dateTime`: the zone the file says, else Japan's.
    pub fn moment(&self, day: Tag, time: Tag, notes: &Notes) -> Option<String> {
        let day_text = self.day(day, notes)?;
        let Some(time_text) = self.text(time, notes) else { return Some(day_text) };
        let plain: String = time_text.chars().filter(|c| *c != ':').collect();
        let zone = self.text(ZONE, notes).filter(|zone| zone.len() == 5).unwrap_or_default();
        let digits: String = day_text.chars().filter(char::is_ascii_digit).collect();
        match timestamp::date_time(&format!("{digits}{plain}{zone}")) {
            Ok(moment) => Some(moment),
            Err(error) => {
                self.give_back(time);
                notes.add("impossible-date", format!("{}{}", self.at, place(time)), error.to_string());
                Some(day_text)
            }
        }
    }

    /// A moment of one element of day and time (DT).
    pub fn date_time(&self, tag: Tag, notes: &Notes) -> Option<String> {
        let text = self.text(tag, notes)?;
        let moment = timestamp::date_time(&text);
        if let Err(error) = &moment {
            self.give_back(tag);
            notes.add("impossible-date", format!("{}{}", self.at, place(tag)), error.to_string());
        }
        moment.ok()
    }

    /// The codes of a code sequence (PS3.3 §8.8) as CodeableConcepts.
    pub fn concepts(&self, tag: Tag, notes: &Notes) -> Vec<Value> {
        self.items(tag).iter().filter_map(|item| item.concept(notes)).collect()
    }

    /// One code as CodeableConcept.
    pub fn concept(&self, notes: &Notes) -> Option<Value> {
        let coding = self.coding(notes)?;
        let meaning = coding.get("display").cloned();
        let mut concept = Map::new();
        concept.insert("coding".into(), json!([coding]));
        if let Some(meaning) = meaning {
            concept.insert("text".into(), meaning);
        }
        Some(concept.into())
    }

    /// Code Value, Coding Scheme Designator and Version, Code Meaning as Coding.
    pub fn coding(&self, notes: &Notes) -> Option<Value> {
        let mut coding = Map::new();
        let code = [0x0008_0100, 0x0008_0119, 0x0008_0120].iter().find_map(|tag| self.text(*tag, notes));
        let scheme = self.text(0x0008_0102, notes).and_then(|scheme| codes::system(&scheme));
        let parts = [
            ("system", scheme),
            ("version", self.text(0x0008_0103, notes)),
            ("code", code),
            ("display", self.text(0x0008_0104, notes)),
        ];
        for (name, value) in parts {
            if let Some(value) = value {
                coding.insert(name.into(), value.into());
            }
        }
        (coding.contains_key("code") || coding.contains_key("display")).then(|| coding.into())
    }

    /// Whatever an element holds, as text; `None` for what is no text or too long.
    pub fn shown(&self, element: &Element<'_>, notes: &Notes) -> Option<String> {
        let Content::Bytes(bytes) = element.value else { return None };
        let vr = element.vr;
        if is_text(vr) {
            let text = self.decode(element, vr, notes);
            let text = trimmed(&text);
            return (text.len() <= LONGEST).then(|| text.to_owned());
        }
        let size = match &vr {
            b"US" | b"SS" => 2,
            b"UL" | b"SL" | b"FL" | b"AT" => 4,
            b"FD" | b"UV" | b"SV" => 8,
            // Of no known representation, and plain to read.
            b"UN" if bytes.iter().all(|byte| (0x20..0x7f).contains(byte) || *byte == 0) => {
                let text = String::from_utf8_lossy(bytes);
                return (text.len() <= 128).then(|| trimmed(&text).to_owned());
            }
            _ => return None,
        };
        if bytes.len() > 32 * size || bytes.len() % size != 0 {
            return None;
        }
        let numbers = bytes.chunks_exact(size).map(|chunk| {
            let mut wide = [0; 8];
            let ordered = chunk.iter().rev();
            // Most significant byte first, at the end of eight.
            let bytes: Vec<u8> = if self.big_endian { chunk.to_vec() } else { ordered.copied().collect() };
            wide.iter_mut().rev().zip(bytes.iter().rev()).for_each(|(to, from)| *to = *from);
            let number = u64::from_be_bytes(wide);
            match &vr {
                b"SS" => (number as u16 as i16).to_string(),
                b"SL" => (number as u32 as i32).to_string(),
                b"SV" => (number as i64).to_string(),
                b"FL" => f32::from_bits(number as u32).to_string(),
                b"FD" => f64::from_bits(number).to_string(),
                b"AT" if self.big_endian => format!("{number:08X}"),
                // Two numbers of two bytes, each in its own order.
                b"AT" => format!("{:04X}{:04X}", number as u16, (number >> 16) as u16),
                _ => number.to_string(),
            }
        });
        Some(numbers.collect::<Vec<_>>().join("\\"))
    }
}

fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\0'])
}
