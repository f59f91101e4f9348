//! レセプト電算処理 (UKE): our own fixtures, one folder per case; every field is in a record or named; the outside
//! samples.
//!
//! `tests/uke/<case>/in.uke` is read as CP932 with CR LF; `out.json` and `problems.txt` are what is read from it.
//! `UPDATE_FIXTURES=1` rewrites the two. Every person is invented.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic and count")]

use formats::uke::read;
use model::reading::{Format, Input, Reading};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub fn reading(text: &str) -> Reading {
    let (bytes, _, lossy) = encoding_rs::SHIFT_JIS.encode(text);
    assert!(!lossy, "a fixture is written in CP932");
    read(&Input { path: "RECEIPTC.UKE", bytes: &bytes, source_time: "20260510093000000" }).unwrap()
}

pub fn fixture(case: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/uke").join(case).join("in.uke");
    std::fs::read_to_string(file).unwrap().replace('\n', "\r\n")
}

fn cases() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/uke");
    let folders = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<_> = folders
        .map(|folder| (folder.clone(), fixture(folder.file_name().unwrap().to_str().unwrap())))
        .collect();
    cases.sort();
    cases
}

fn shown(reading: &Reading) -> (String, String) {
    let statements: Vec<Value> = reading
        .statements
        .iter()
        .map(|statement| {
            let records = statement.records.iter();
            let records: Vec<Value> = records
                .map(|each| json!({"key": each.key, "at": each.at, "resource": each.resource}))
                .collect();
            let patient =
                statement.patient.compartment_key(&model::ids::SourceName::new("feed").unwrap(), "delivery");
            json!({"patient": patient, "set": statement.set, "order": statement.order, "records": records})
        })
        .collect();
    let problems =
        reading.problems.iter().map(|each| format!("{} {} {}\n", each.code, each.at, each.text)).collect();
    (serde_json::to_string_pretty(&statements).unwrap() + "\n", problems)
}

#[test]
fn fixtures_read_as_they_are_kept() {
    let cases = cases();
    assert!(cases.len() >= 7, "a case is missing");
    for (folder, text) in cases {
        let (out, problems) = shown(&reading(&text));
        for (file, found) in [("out.json", out), ("problems.txt", problems)] {
            let file = folder.join(file);
            if std::env::var_os("UPDATE_FIXTURES").is_some() {
                std::fs::write(&file, &found).unwrap();
            }
            let kept = std::fs::read_to_string(&file).unwrap_or_default();
            assert!(kept == found, "{} differs (UPDATE_FIXTURES=1 shows how)", file.display());
        }
    }
}

/// What is said, without the names under which it is said.
fn told(reading: &Reading) -> (Vec<Value>, Vec<String>) {
    let records = reading.statements.iter().flat_map(|statement| &statement.records);
    let mut resources: Vec<Value> = records.map(|each| each.resource.clone().into()).collect();
    resources.iter_mut().for_each(unnamed);
    (
        resources,
        reading.problems.iter().map(|each| format!("{} {} {}", each.code, each.at, each.text)).collect(),
    )
}

/// References carry names made of the content: they must not make a difference.
fn unnamed(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|name, inner| {
                name != "reference" || !inner.as_str().unwrap_or("").starts_with("urn:key:uke")
            });
            map.values_mut().for_each(unnamed);
        }
        Value::Array(list) => list.iter_mut().for_each(unnamed),
        _ => {}
    }
}

/// Changes every field that is not empty, one at a time: a reading that says the same has not told the field,
/// unless a problem names its place.
fn untold(text: &str) -> (usize, Vec<String>) {
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    let whole = reading(text);
    let before = told(&whole);
    let (mut fields, mut missing) = (0, Vec::new());
    for (row, line) in lines.iter().enumerate() {
        for column in 1..line.len() {
            let field = line[column].trim();
            if field.is_empty() || field == "0" || column < 4 && line[0].parse::<u8>().is_ok() {
                continue;
            }
            fields += 1;
            let place = format!("line {} field {}", row + 1, column + 1);
            // A line may be named as a whole.
            let row_place = format!("line {}", row + 1);
            if whole.problems.iter().any(|problem| {
                problem.at.ends_with(&place)
                    || problem.code == "not-mapped" && problem.at.ends_with(&row_place)
            }) {
                continue;
            }
            let mut changed = lines.clone();
            let other = other(field);
            changed[row][column] = &other;
            let text: Vec<String> = changed.iter().map(|line| line.join(",")).collect();
            if told(&reading(&text.join("\r\n"))) == before {
                missing.push(format!("{} {place}", line[0]));
            }
        }
    }
    (fields, missing)
}

/// Another value of the same shape.
fn other(field: &str) -> String {
    match field.chars().last() {
        Some(digit @ '0'..='8') => format!("{}{}", &field[..field.len() - 1], digit as u8 - b'0' + 1),
        Some('9') => format!("{}8", &field[..field.len() - 1]),
        _ => format!("{field}別"),
    }
}

#[test]
fn every_field_of_the_fixtures_is_told_or_named() {
    for (folder, text) in cases() {
        let (fields, missing) = untold(&text);
        println!("{}: {} of {fields} fields", folder.file_name().unwrap().display(), fields - missing.len());
        assert_eq!(missing, Vec::<String>::new(), "{}", folder.display());
    }
}

#[test]
fn every_field_of_the_outside_samples_is_told_or_named() {
    let Some(files) = crate::outside::samples("uke", &["UKE", "csv"]) else { return };
    let (mut all, mut lost) = (0, Vec::new());
    for (name, bytes) in files {
        let input = Input { path: &name, bytes: &bytes, source_time: "" };
        let whole = read(&input).unwrap();
        let mut codes = BTreeMap::<String, usize>::new();
        whole.problems.iter().for_each(|each| *codes.entry(each.code.clone()).or_default() += 1);
        let records: usize = whole.record_count();
        println!("{name}: {} statements, {records} records, problems {codes:?}", whole.statements.len());
        assert_eq!(formats::detect(&name, &bytes), Some(Format::Uke), "{name}");
        // Receipt by receipt, behind the header: a change is then looked for in a small file.
        let text = formats::text_file::decode(&bytes, &mut Vec::new());
        let mut lines = text.lines();
        let header = lines.next().unwrap();
        let mut receipts: Vec<Vec<&str>> = Vec::new();
        for line in lines {
            match line.get(..2) {
                Some("RE") => receipts.push(vec![header, line]),
                Some("GO") => {}
                _ => receipts.last_mut().unwrap().push(line),
            }
        }
        for receipt in receipts {
            let (fields, missing) = untold(&receipt.join("\r\n"));
            all += fields;
            lost.extend(missing);
        }
    }
    println!("samples: {} of {all} fields told or named", all - lost.len());
    assert_eq!(lost, Vec::<String>::new());
}

#[test]
fn parts_say_what_the_whole_says() {
    for (_, text) in cases() {
        let whole = reading(&text);
        let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(&text);
        let input = Input { path: "RECEIPTC.UKE", bytes: &bytes, source_time: "20260510093000000" };
        let mut parts: Vec<Reading> = Vec::new();
        formats::read_parts(Format::Uke, &input, 1, &mut |part| parts.push(part)).unwrap();
        let statements: Vec<_> = parts.iter().flat_map(|part| part.statements.clone()).collect();
        assert_eq!(statements, whole.statements);
        assert_eq!(parts.last().unwrap().problems, whole.problems);
        // What refers to another record has it in the same part.
        for part in &parts {
            let types = part.key_types();
            let text = serde_json::to_string(
                &part
                    .statements
                    .iter()
                    .flat_map(|each| &each.records)
                    .map(|each| &each.resource)
                    .collect::<Vec<_>>(),
            )
            .unwrap();
            for key in text.split("urn:key:").skip(1).map(|rest| rest.split('"').next().unwrap()) {
                assert!(types.contains_key(key), "{key}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&Input { path: "x.UKE", bytes: &bytes, source_time: "" });
        let headed = [b"IR,1,13,1,1234567,,x,202605,00,\r\n".as_slice(), &bytes].concat();
        let read = read(&Input { path: "x.UKE", bytes: &headed, source_time: "" });
        prop_assert!(read.is_ok());
    }

    #[test]
    fn damaged_receipts_are_read(case in 0usize..7, at in 0usize..4000, cut in 0usize..40, more in "[0-9A-Z,\r\n一]{0,6}") {
        let (_, text) = cases().swap_remove(case);
        let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(&text);
        let (more, _, _) = encoding_rs::SHIFT_JIS.encode(&more);
        let at = 40 + at % (bytes.len() - 40);
        let end = (at + cut).min(bytes.len());
        let damaged = [&bytes[..at], &more, &bytes[end..]].concat();
        let read = read(&Input { path: "x.UKE", bytes: &damaged, source_time: "" });
        prop_assert!(read.is_ok());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    /// What a record is told by may be missing: then its fields stand elsewhere, and nowhere is none.
    #[test]
    fn no_field_is_lost_where_lines_and_fields_are_missing(
        case in 0usize..7,
        gone in proptest::collection::vec(1usize..40, 0..4),
        blank in proptest::collection::vec((0usize..40, 1usize..50, prop_oneof![Just(""), Just("00"), Just("x"), Just("別")]), 0..6),
    ) {
        let (_, text) = cases().swap_remove(case);
        let mut lines: Vec<Vec<String>> =
            text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect();
        for (row, column, value) in blank {
            let fields = lines.get_mut(row).and_then(|line| line.get_mut(column));
            if let Some(field) = fields.filter(|_| row > 0 || column > 3) {
                *field = value.to_owned();
            }
        }
        let rest = lines.iter().enumerate().filter(|(row, line)| !gone.contains(row) && line[0] != "GO");
        let text: Vec<String> = rest.map(|(_, line)| line.join(",")).collect();
        let (_, missing) = untold(&text.join("\r\n"));
        prop_assert_eq!(missing, Vec::<String>::new());
    }
}
