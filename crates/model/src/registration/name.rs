//! Names of a Patient: which is written (IDE), which is read (SYL), which is an other name (旧氏, 通称).

use super::{extension, list, string};
use crate::personal::Personal;
use crate::reading::Resource;
use crate::text;
use serde_json::Value;

/// A name beside the one in use.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct OtherName {
    /// FHIR `HumanName.use`: `maiden` (旧氏), `usual` (通称), `old`, `nickname`, `anonymous` or empty.
    pub kind: String,
    /// As written, or as read.
    pub text: Personal<String>,
}

/// A name in its parts; `full` joins them with a space where they are apart.
#[derive(Debug, Default)]
pub(super) struct Parts {
    pub(super) family: Personal<String>,
    pub(super) given: Personal<String>,
    pub(super) full: Personal<String>,
}

/// The name in use, written and read, and the others.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) written: Parts,
    pub(super) reading: Parts,
    pub(super) others: Vec<OtherName>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Representation {
    Ideographic,
    Syllabic,
    Alphabetic,
}

impl Names {
    /// Sorts the names of a Patient; where several could be the one in use, `official` goes first, then none, `usual`.
    pub(super) fn read(patient: &Resource) -> Self {
        let mut all: Vec<_> = list(patient, "name")
            .into_iter()
            .map(|name| (rank(name), representation(name), name))
            .filter(|(_, _, name)| !parts(name).full.reveal().is_empty())
            .collect();
        all.sort_by_key(|(rank, ..)| *rank);
        let first = |wanted| all.iter().position(|(rank, kind, _)| *rank < 4 && *kind == wanted);
        let alphabetic = first(Representation::Alphabetic);
        let written = first(Representation::Ideographic).or(alphabetic);
        let reading = first(Representation::Syllabic);
        let at = |index: Option<usize>| index.and_then(|index| all.get(index));
        let others = all
            .iter()
            .enumerate()
            .filter(|(index, _)| Some(*index) != written && Some(*index) != reading)
            .map(|(_, (_, _, name))| OtherName { kind: string(name.get("use")), text: parts(name).full })
            .collect();
        Self {
            written: at(written).map(|(_, _, name)| parts(name)).unwrap_or_default(),
            reading: at(reading).map(|(_, _, name)| parts(name)).unwrap_or_default(),
            others,
        }
    }
}

fn rank(name: &Value) -> u8 {
    let ended = name.get("period").and_then(|period| period.get("end")).is_some();
    match string(name.get("use")).as_str() {
        _ if ended => 6,
        "official" => 0,
        "" => 1,
        "usual" => 2,
        "temp" => 3,
        "maiden" | "old" => 5,
        _ => 4,
    }
}

/// By ISO 21090 `EN-representation` (JP Core: IDE, SYL, ABC); without it by the letters.
fn representation(name: &Value) -> Representation {
    let said = extension(name, "iso21090-EN-representation").and_then(Value::as_str);
    match said {
        Some("IDE") => Representation::Ideographic,
        Some("SYL") => Representation::Syllabic,
        Some("ABC") => Representation::Alphabetic,
        _ => {
            let folded = text::kana(parts(name).full.reveal());
            if !folded.is_empty() && folded.chars().all(text::is_kana) {
                Representation::Syllabic
            } else if folded.is_ascii() {
                Representation::Alphabetic
            } else {
                Representation::Ideographic
            }
        }
    }
}

/// Family and given from the elements, else from the text where a blank parts it.
fn parts(name: &Value) -> Parts {
    let family = string(name.get("family"));
    let given: Vec<String> = match name.get("given") {
        Some(Value::Array(given)) => given.iter().map(|each| string(Some(each))).collect(),
        other => vec![string(other)],
    };
    let given = given.iter().filter(|each| !each.is_empty()).cloned().collect::<Vec<_>>().join(" ");
    let whole = string(name.get("text"));
    let (family, given) = match (family.is_empty(), given.is_empty()) {
        (true, true) => match whole.split_once(char::is_whitespace) {
            Some((family, given)) => (family.to_owned(), given.trim().to_owned()),
            None => (family, given),
        },
        _ => (family, given),
    };
    let joined = [family.as_str(), given.as_str()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    // A surname alone beside a longer text: the text says more.
    let full =
        if joined.is_empty() || given.is_empty() && whole.len() > joined.len() { whole } else { joined };
    Parts { family: Personal::new(family), given: Personal::new(given), full: Personal::new(full) }
}
