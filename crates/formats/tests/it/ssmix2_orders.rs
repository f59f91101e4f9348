//! Orders and results of SS-MIX2: our own fixtures, one folder per case, and properties over every leaf.
//!
//! `tests/ssmix2/<case>/in.hl7` holds the path on its first line and one segment per line; `out.json` and
//! `problems.txt` are what is read from it. `UPDATE_FIXTURES=1` rewrites the two. Every person is invented.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may stop where its own fixture is broken"
)]

use formats::charset;
use model::reading::{Format, Input, PATIENT_KEY, Reading};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const ORDERS: [&str; 12] = [
    "OMP-01", "OMP-02", "OMP-11", "OMP-12", "OML-01", "OML-11", "OMG-01", "OMG-02", "OMG-03", "OMG-11",
    "OMG-12", "OMG-13",
];

/// One message: where it was found and its text, CR between segments.
#[derive(Clone, Debug)]
struct Message {
    path: String,
    text: String,
}

impl Message {
    fn data_type(&self) -> &str {
        self.path.rsplit('/').nth(1).unwrap_or_default()
    }

    fn read(&self) -> Reading {
        let input = Input { path: &self.path, bytes: self.text.as_bytes(), source_time: "" };
        formats::read(Format::SsMix2, &input).expect("an SS-MIX2 file")
    }
}

fn cases() -> Vec<(PathBuf, Message)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ssmix2");
    let mut cases: Vec<_> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|folder| folder.join("in.hl7").exists())
        .map(|folder| {
            let file = std::fs::read_to_string(folder.join("in.hl7")).unwrap();
            let (path, text) = file.split_once('\n').unwrap();
            let message = Message { path: path.to_owned(), text: text.replace('\n', "\r") };
            (folder, message)
        })
        .collect();
    cases.sort_by(|a, b| a.0.cmp(&b.0));
    cases
}

/// What a message became. Of orders, not the registration and the message's own header, which the fixtures of
/// the other data types show.
fn shown(message: &Message, reading: &Reading) -> (String, String) {
    let whole = !ORDERS.contains(&message.data_type());
    let orders = reading.statements.iter().filter(|statement| whole || statement.set != PATIENT_KEY);
    let statements: Vec<Value> = orders
        .map(|statement| {
            let records: Vec<Value> = statement
                .records
                .iter()
                .filter(|each| whole || each.at != "MSH")
                .map(|each| json!({"key": each.key, "at": each.at, "resource": each.resource}))
                .collect();
            json!({"set": statement.set, "effect": statement.effect, "order": statement.order, "records": records})
        })
        .collect();
    let problems: String =
        reading.problems.iter().map(|each| format!("{} {} {}\n", each.code, each.at, each.text)).collect();
    (serde_json::to_string_pretty(&statements).unwrap() + "\n", problems)
}

#[test]
fn fixtures_read_as_written_down() {
    let mut seen = 0;
    for (folder, message) in cases() {
        let (out, problems) = shown(&message, &message.read());
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            std::fs::write(folder.join("out.json"), &out).unwrap();
            std::fs::write(folder.join("problems.txt"), &problems).unwrap();
        }
        let name = folder.display();
        assert_eq!(std::fs::read_to_string(folder.join("out.json")).unwrap(), out, "{name}/out.json");
        assert_eq!(
            std::fs::read_to_string(folder.join("problems.txt")).unwrap(),
            problems,
            "{name}/problems.txt"
        );
        seen += 1;
    }
    assert!(seen >= 15, "{seen} fixtures");
}

#[test]
fn every_order_type_has_a_fixture_with_records_of_its_own() {
    let cases = cases();
    for wanted in ORDERS {
        let found = cases.iter().filter(|(_, message)| message.data_type() == wanted);
        let mut records = 0;
        for (_, message) in found {
            let reading = message.read();
            records += reading
                .statements
                .iter()
                .filter(|statement| statement.set.starts_with(wanted))
                .map(|statement| statement.records.len())
                .sum::<usize>();
        }
        assert!(records > 0, "no record of {wanted}");
    }
}

#[test]
fn keys_are_unique_and_references_lead_somewhere() {
    for (folder, message) in cases() {
        let reading = message.read();
        let types = reading.key_types();
        for statement in &reading.statements {
            let mut keys: Vec<_> = statement.records.iter().map(|record| &record.key).collect();
            keys.sort();
            let count = keys.len();
            keys.dedup();
            assert_eq!(keys.len(), count, "{}", folder.display());
            for record in &statement.records {
                let text = serde_json::to_string(&record.resource).unwrap();
                for rest in text.split("\"urn:key:").skip(1) {
                    let key = rest.split('"').next().unwrap_or_default();
                    assert!(types.contains_key(key), "{}: {} points to {key}", folder.display(), record.key);
                }
            }
        }
    }
}

/// A leaf: a stretch of the text between delimiters, with its name in HL7's terms.
struct Leaf {
    start: usize,
    end: usize,
    at: String,
}

/// Every non-empty leaf but the segment names and the delimiters of MSH-1 and MSH-2.
fn leaves(text: &str) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut start = 0;
    for segment in text.split(['\r', '\n']) {
        let name = segment.get(..3).unwrap_or_default();
        let number = numbers.entry(name).or_default();
        *number += 1;
        let mut at = start;
        for (index, field) in segment.split('|').enumerate() {
            let field_number = if name == "MSH" { index + 1 } else { index };
            if index > 0 && !(name == "MSH" && index == 1) {
                let mut leaf = at;
                for part in field.split(['~', '^', '&']) {
                    let visible = part.chars().any(|c| !c.is_control() && !c.is_whitespace());
                    if visible && !part.starts_with('\u{1c}') {
                        let place = format!("{name}[{number}]-{field_number}");
                        leaves.push(Leaf { start: leaf, end: leaf + part.len(), at: place });
                    }
                    leaf += part.len() + 1;
                }
            }
            at += field.len() + 1;
        }
        start += segment.len() + 1;
    }
    leaves
}

/// Another value of the same kind: digits stay digits of a plausible date, words get a letter more.
fn altered(leaf: &str) -> String {
    let mut text = leaf.trim_end_matches('\u{1c}').to_owned();
    match text.pop() {
        Some(last @ '0'..='8') => text.push(char::from_u32(u32::from(last) + 1).unwrap()),
        Some('9') => text.push('8'),
        Some(last) => text.extend([last, 'Q']),
        None => {}
    }
    text
}

/// True if a problem names the field of the leaf, or its segment as a whole.
fn named(reading: &Reading, leaf: &Leaf) -> bool {
    let segment = leaf.at.split('-').next().unwrap_or_default();
    let plain = leaf.at.replace("[1]", "");
    let plain_segment = segment.replace("[1]", "");
    reading.problems.iter().any(|problem| {
        [&leaf.at, &plain].iter().any(|place| {
            problem
                .at
                .strip_prefix(place.as_str())
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
        }) || problem.at == segment
            || problem.at == plain_segment
    })
}

/// Alters each leaf in turn and takes it away: the reading must change or name it. Gives (leaves, not mapped).
fn alter_each(message: &Message) -> (usize, usize) {
    let before = message.read();
    let all: Vec<Leaf> = leaves(&message.text)
        .into_iter()
        .filter(|leaf| !leaf.at.starts_with("PID") && !leaf.at.starts_with("MSH"))
        .collect();
    let mut unmapped = 0;
    for leaf in &all {
        let old = &message.text[leaf.start..leaf.end];
        for new in [altered(old), String::new()] {
            let text = format!("{}{new}{}", &message.text[..leaf.start], &message.text[leaf.end..]);
            if (Message { path: message.path.clone(), text }).read() == before {
                assert!(
                    named(&before, leaf),
                    "{}: {} `{old}` → `{new}` changes nothing",
                    message.path,
                    leaf.at
                );
                unmapped += 1;
            }
        }
    }
    (all.len(), unmapped)
}

#[test]
fn altering_any_leaf_of_our_fixtures_shows() {
    for (folder, message) in cases() {
        if !ORDERS.contains(&message.data_type()) {
            continue;
        }
        let (all, unmapped) = alter_each(&message);
        let odd = folder.display().to_string().contains("odd");
        assert!(odd || unmapped * 20 <= all, "{}: {unmapped} of {all} not mapped", folder.display());
    }
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files_below(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Order messages among the outside samples, at most `few` of each data type and tree.
fn samples(few: usize) -> Vec<Message> {
    let Some(root) = std::env::var_os("HAKUCHO_SAMPLES").map(PathBuf::from) else { return Vec::new() };
    let mut messages = Vec::new();
    for tree in ["ssmix2", "synthetic-ssmix2"] {
        let mut files = Vec::new();
        files_below(&root.join(tree), &mut files);
        files.sort();
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for file in files {
            let path = file.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            let Some(kind) = path.rsplit('/').nth(1).map(str::to_owned) else { continue };
            let bytes = std::fs::read(&file).unwrap();
            let count = counts.entry(kind.clone()).or_default();
            // The testing tool's folder 0000001 holds deliberately broken messages.
            let broken = path.contains("/0000001/") || !bytes.starts_with(b"MSH");
            if !ORDERS.contains(&kind.as_str()) || broken || *count >= few {
                continue;
            }
            *count += 1;
            messages.push(Message { path, text: charset::decode(&bytes).text });
        }
    }
    messages
}

#[test]
fn altering_any_leaf_of_the_samples_shows() {
    let messages = samples(2);
    if messages.is_empty() {
        eprintln!("skipped: HAKUCHO_SAMPLES is not set");
        return;
    }
    let mut shares: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for message in &messages {
        let (all, unmapped) = alter_each(message);
        let share = shares.entry(message.data_type().to_owned()).or_default();
        share.0 += all;
        share.1 += unmapped;
    }
    for (kind, (all, unmapped)) in &shares {
        eprintln!("{kind}: {unmapped} of {all} leaves not mapped");
        assert!(unmapped * 20 <= *all, "{kind}: {unmapped} of {all} not mapped");
    }
}

#[test]
fn the_unmapped_share_of_all_samples_is_small() {
    let messages = samples(usize::MAX);
    if messages.is_empty() {
        eprintln!("skipped: HAKUCHO_SAMPLES is not set");
        return;
    }
    let mut shares: BTreeMap<String, (usize, usize, usize, usize)> = BTreeMap::new();
    for message in &messages {
        let input = Input { path: &message.path, bytes: message.text.as_bytes(), source_time: "" };
        let (reading, (all, unread)) = formats::ssmix2::read_counted(&input).unwrap();
        let carried = shown(message, &reading).0.matches("/hl7v2-field\"").count();
        let share = shares.entry(message.data_type().to_owned()).or_default();
        *share = (share.0 + 1, share.1 + all, share.2 + unread, share.3 + carried);
    }
    for (kind, (files, all, unread, carried)) in &shares {
        eprintln!(
            "{kind}: {files} files, {all} leaves: {unread} not mapped, {carried} fields carried by name"
        );
        assert!(unread * 20 <= *all, "{kind}: {unread} of {all} not mapped");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn mangled_messages_are_read(case in 0usize..15, at in 0usize..4000, cut in 0usize..40, put in "[|^~&\\\\\r0-9A-ZＡ薬]{0,12}") {
        let cases = cases();
        let (_, message) = &cases[case % cases.len()];
        let chars: Vec<char> = message.text.chars().collect();
        let at = at % chars.len();
        let end = (at + cut).min(chars.len());
        let text: String = chars[..at].iter().chain(put.chars().collect::<Vec<_>>().iter()).chain(&chars[end..]).collect();
        let input = Input { path: &message.path, bytes: text.as_bytes(), source_time: "" };
        if let Ok(reading) = formats::read(Format::SsMix2, &input) {
            for statement in &reading.statements {
                let mut keys: Vec<_> = statement.records.iter().map(|record| &record.key).collect();
                keys.sort();
                let count = keys.len();
                keys.dedup();
                prop_assert_eq!(keys.len(), count);
            }
        }
    }
}
