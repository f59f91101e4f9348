//! What the readers of care claims, care plans and dental records share in their tests: fixtures, an account of
//! every field, and whether what comes out is FHIR R4.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use formats::read;
use model::reading::{Format, Input, Reading};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;
use std::path::PathBuf;

const TIME: &str = "20260501120000000";

/// A case: a folder with the file, and what is read from it.
pub struct Case {
    pub folder: PathBuf,
    pub path: String,
    pub bytes: Vec<u8>,
}

/// The cases of a format's fixtures.
pub fn cases(format: Format) -> Vec<Case> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(format.word());
    let mut cases = Vec::new();
    for folder in std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()) {
        let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
        let file =
            files.into_iter().find(|file| !["out.json", "problems.txt"].contains(&name(file).as_str()));
        let file = file.unwrap();
        cases.push(Case { path: name(&file), bytes: std::fs::read(&file).unwrap(), folder });
    }
    cases.sort_by(|one, other| one.folder.cmp(&other.folder));
    assert!(!cases.is_empty(), "no fixture of {}", format.word());
    cases
}

/// A case by the name of its folder.
pub fn case(format: Format, name: &str) -> Case {
    cases(format).into_iter().find(|case| case.folder.ends_with(name)).unwrap()
}

/// Reads bytes under a name.
pub fn reading(format: Format, path: &str, bytes: &[u8]) -> Reading {
    read(format, &Input { path, bytes, source_time: TIME }).unwrap()
}

/// Everything a reading says, with the registrations its `Debug` hides.
pub fn shown(reading: &Reading) -> (String, String) {
    let source = model::SourceName::new("test").unwrap();
    let statements: Vec<Value> = reading
        .statements
        .iter()
        .map(|statement| {
            let records: Vec<Value> = statement
                .records
                .iter()
                .map(|record| json!({"key": record.key, "at": record.at, "resource": record.resource}))
                .collect();
            json!({
                "patient": statement.patient.compartment_key(&source, "delivery"),
                "set": statement.set,
                "order": statement.order,
                "effect": statement.effect,
                "records": records,
            })
        })
        .collect();
    let problems = reading.problems.iter().fold(String::new(), |mut all, problem| {
        let _ = writeln!(all, "{} | {} | {}", problem.code, problem.at, problem.text);
        all
    });
    (format!("{}\n", serde_json::to_string_pretty(&statements).unwrap()), problems)
}

/// Each fixture reads as written down; `UPDATE_FIXTURES=1` writes it down.
pub fn check_fixtures(format: Format) {
    for case in cases(format) {
        let (out, problems) = shown(&reading(format, &case.path, &case.bytes));
        for (name, text) in [("out.json", &out), ("problems.txt", &problems)] {
            let file = case.folder.join(name);
            if std::env::var_os("UPDATE_FIXTURES").is_some() {
                std::fs::write(&file, text).unwrap();
            }
            assert_eq!(&std::fs::read_to_string(&file).unwrap(), text, "{}", file.display());
        }
    }
}

/// FHIR R4 as far as the reader of FHIR looks; keys unique in a set, references lead somewhere, nothing empty, no
/// white space in an extension's address.
pub fn check_resources(reading: &Reading, name: &str) {
    let types = reading.key_types();
    for statement in &reading.statements {
        let mut keys = HashSet::new();
        for record in &statement.records {
            assert!(keys.insert(&record.key), "{name}: {} twice", record.key);
            let mut resource = record.resource.clone();
            resource.insert("id".into(), "x".into());
            let bytes = serde_json::to_vec(&resource).unwrap();
            let input = Input { path: "x.json", bytes: &bytes, source_time: TIME };
            let again = read(Format::Fhir, &input).unwrap();
            for problem in again.problems {
                let bad = ["missing", "missing-code", "impossible-date"].contains(&problem.code.as_str());
                assert!(!bad, "{name}: {} {} {}", record.key, problem.code, problem.at);
            }
            look(&Value::Object(record.resource.clone()), &record.key, &types, name);
        }
    }
}

fn look(value: &Value, key: &str, types: &model::reading::KeyTypes, name: &str) {
    match value {
        Value::Object(map) => {
            assert!(!map.is_empty(), "{name}: {key} has an empty object");
            if let Some(url) = map.get("url").and_then(Value::as_str) {
                assert!(!url.contains(char::is_whitespace), "{name}: {key}: {url}");
                let values = map.keys().filter(|name| name.starts_with("value")).count();
                assert_eq!(values + usize::from(map.contains_key("extension")), 1, "{name}: {key}: {url}");
            }
            if let Some(reference) = map.get("reference").and_then(Value::as_str)
                && let Some(target) = reference.strip_prefix("urn:key:")
            {
                assert!(types.contains_key(target), "{name}: {key} points to {target}");
            }
            map.values().for_each(|inner| look(inner, key, types, name));
        }
        Value::Array(list) => {
            assert!(!list.is_empty(), "{name}: {key} has an empty list");
            list.iter().for_each(|inner| look(inner, key, types, name));
        }
        Value::String(text) => assert!(!text.is_empty(), "{name}: {key} has an empty text"),
        _ => {}
    }
}

/// Alters every field that is not empty, in turn: the reading must change. Gives the fields, and those that were
/// named as not mapped or of unknown layout.
pub fn alter_each(format: Format, case: &Case, envelope: impl Fn(usize, usize) -> bool) -> (usize, usize) {
    let text = formats::text_file::decode(&case.bytes, &mut Vec::new());
    let before = reading(format, &case.path, text.as_bytes());
    let printed = shown(&before);
    let lost: BTreeSet<&str> = before
        .problems
        .iter()
        .filter(|problem| {
            let whole = problem.code == "unreadable" && !problem.at.contains(" field ");
            whole || ["not-mapped", "unknown-record"].contains(&problem.code.as_str())
        })
        .map(|problem| problem.at.as_str())
        .collect();
    let lines: Vec<&str> = text.split("\r\n").collect();
    let (mut fields, mut named) = (0, 0);
    for (number, line) in lines.iter().enumerate() {
        let parts: Vec<&str> = line.split(',').collect();
        for (place, field) in parts.iter().enumerate() {
            if field.trim_matches('"').trim().is_empty() || envelope(number, place) {
                continue;
            }
            fields += 1;
            // The claims count the fields of a data line without its kind and serial.
            let number_of_field =
                if format == Format::CareClaim && number > 0 { place.saturating_sub(1) } else { place + 1 };
            let line_end = format!("line {}", number + 1);
            let field_end = format!("{line_end} field {number_of_field}");
            if lost.iter().any(|at| at.ends_with(line_end.as_str()) || at.ends_with(field_end.as_str())) {
                named += 1;
                continue;
            }
            let altered = [altered(field, 1), altered(field, 3)];
            let changes = altered.iter().any(|altered| {
                let mut parts = parts.clone();
                parts[place] = altered;
                let mut lines = lines.clone();
                let line = parts.join(",");
                lines[number] = &line;
                let after = formats::read(
                    format,
                    &Input { path: &case.path, bytes: lines.join("\r\n").as_bytes(), source_time: TIME },
                );
                after.map_or(true, |after| shown(&after) != printed)
            });
            assert!(changes, "{}: line {} field {} is silent", case.folder.display(), number + 1, place + 1);
        }
    }
    (fields, named)
}

/// Another value of the same form: a digit or a letter of it is another.
fn altered(field: &str, step: u8) -> String {
    let mut characters: Vec<char> = field.chars().collect();
    let place = characters.iter().rposition(|c| c.is_ascii_digit());
    match place {
        Some(place) => {
            let digit = characters[place] as u8 - b'0';
            characters[place] = char::from((digit + step) % 10 + b'0');
        }
        None => {
            let place = characters.iter().position(|c| *c != '"').unwrap_or(0);
            characters.insert(place + 1, '別');
        }
    }
    characters.into_iter().collect()
}

/// Bytes with one place changed, cut or doubled, from a fixture.
pub fn mutated(bytes: &[u8], place: usize, byte: u8, how: u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let place = place % bytes.len().max(1);
    match how % 4 {
        0 => bytes[place] = byte,
        1 => bytes.truncate(place),
        2 => bytes.insert(place, byte),
        _ => bytes = [&bytes[..place], &bytes[place / 2..]].concat(),
    }
    bytes
}
