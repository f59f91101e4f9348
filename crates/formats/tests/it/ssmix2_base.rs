//! SS-MIX2: names, patients, effects, refusals, and the account of every field, on our own messages and on
//! the outside samples (through `HAKUCHO_SAMPLES`). Every person is invented.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use formats::ssmix2::read_counted;
use formats::{charset, ssmix2};
use model::reading::{Effect, Extent, Input, PATIENT_KEY, PatientKey, Reading, Refused};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const ADMISSION: &str = concat!(
    "MSH|^~\\&|HIS|佐倉病院|GW|RCV|20260901101500||ADT^A01^ADT_A01|1|P|2.5||||||~ISO IR87||ISO 2022-1994\r",
    "EVN||20260901101500|||||SEND\r",
    "PID|1||0012345^^^^PI||佐倉^花子^^^^^L^I~サクラ^ハナコ^^^^^L^P||19480405|F|||^^^^050-0001^JPN^H^北海道室蘭市港町1-2-3||^PRN^PH^^^^^^^^^0143-00-0000\r",
    "PV1|1|I|3E^302^1^^^N||||D1^医師^一郎^^^^^^^L^^^^^I|||08|||||||D1^医師^一郎^^^^^^^L^^^^^I|||||||||||||||||||||||||||202609011000\r",
);
const FOLDER: &str = "001/234/0012345/20260901/ADT-22/";
const NAME: &str = "0012345_20260901_ADT-22_999999999999999_20260901101500123_08_1";

fn read(path: &str, bytes: &[u8]) -> Result<Reading, Refused> {
    ssmix2::read(&Input { path, bytes, source_time: "" })
}

fn admission(name: &str) -> Reading {
    read(&format!("{FOLDER}{name}"), ADMISSION.as_bytes()).unwrap()
}

fn has_problem(reading: &Reading, code: &str, at: &str) -> bool {
    reading.problems.iter().any(|problem| problem.code == code && problem.at == at)
}

#[test]
fn an_admission_states_a_stay_and_what_it_says_of_the_patient() {
    let reading = admission(NAME);
    assert_eq!(reading.problems, []);
    let [registration, stay] = reading.statements.as_slice() else { panic!("{reading:?}") };
    assert_eq!((registration.set.as_str(), registration.effect), (PATIENT_KEY, Effect::Stated));
    assert_eq!(registration.records[0].extent, Extent::Supplement);
    assert_eq!(registration.patient, PatientKey::Local("0012345".into()));
    assert_eq!(stay.set, "ADT-22/999999999999999/20260901");
    assert_eq!(stay.order.time, "20260901101500123");
    let encounter = &stay.records[0].resource;
    assert_eq!(encounter["resourceType"], "Encounter");
    assert_eq!(encounter["class"]["code"], "IMP");
    assert_eq!(encounter["period"]["start"], "2026-09-01T10:00:00+09:00");
    assert_eq!(encounter["serviceType"]["text"], "循環器科");
    assert_eq!(encounter["participant"][0]["individual"]["display"], "医師 一郎");
    assert_eq!(stay.records[1].resource["resourceType"], "Provenance");
    let patient = &registration.records[0].resource;
    assert_eq!(patient["name"][1]["extension"][0]["valueCode"], "SYL");
    assert_eq!(patient["birthDate"], "1948-04-05");
}

#[test]
fn the_flag_decides_the_effect_and_the_bytes_do_not() {
    for (flag, effect) in [("1", Effect::Stated), ("2", Effect::Superseded), ("0", Effect::Deleted)] {
        let reading = admission(&format!("{}{flag}", &NAME[..NAME.len() - 1]));
        assert_eq!(reading.statements[1].effect, effect);
        assert_eq!(reading.statements[0].effect, Effect::Stated, "the registration lives on");
        assert_eq!(reading.statements[1].records.len(), 2);
    }
    let cancelled = ADMISSION.replace("ADT^A01^ADT_A01", "ADT^A11^ADT_A09");
    let reading = read(&format!("{FOLDER}{NAME}"), cancelled.as_bytes()).unwrap();
    assert_eq!(reading.statements[1].effect, Effect::Deleted);
    assert!(has_problem(&reading, "flag", "MSH-9"));
}

#[test]
fn a_deleted_registration_is_deleted() {
    let text = ADMISSION.replace("ADT^A01^ADT_A01", "ADT^A23^ADT_A21");
    let name = "001/234/0012345/-/ADT-00/0012345_-_ADT-00_999999999999999_20260901101500123_-_0";
    let reading = read(name, text.as_bytes()).unwrap();
    assert_eq!(reading.statements[0].effect, Effect::Deleted);
    assert_eq!(reading.statements[0].records[0].extent, Extent::Whole);
}

#[test]
fn path_and_message_that_name_different_patients_are_disputed() {
    let other = format!("{FOLDER}{NAME}").replace("0012345", "0099999");
    let reading = read(&other, ADMISSION.as_bytes()).unwrap();
    assert!(has_problem(&reading, "patient-id-mismatch", "PID-3"));
    let disputed = PatientKey::Disputed { message: "0012345".into(), path: "0099999".into() };
    assert!(reading.statements.iter().all(|statement| statement.patient == disputed));
    let folder = format!("000/000/0000001/20260901/ADT-22/{NAME}");
    assert!(matches!(
        read(&folder, ADMISSION.as_bytes()).unwrap().statements[0].patient,
        PatientKey::Disputed { .. }
    ));
    let nobody = ADMISSION.replace("0012345^^^^PI", "");
    let reading = read("in.hl7", nobody.as_bytes()).unwrap();
    assert_eq!(reading.statements[0].patient, PatientKey::Nobody);
    let reading = read(&format!("{FOLDER}{NAME}"), nobody.as_bytes()).unwrap();
    assert_eq!(reading.statements[0].patient, PatientKey::Local("0012345".into()));
    assert!(has_problem(&reading, "patient-id-missing", "PID-3"));
}

#[test]
fn a_folder_of_another_data_type_or_day_is_named() {
    let reading = read(&format!("001/234/0012345/20260902/ADT-22/{NAME}"), ADMISSION.as_bytes()).unwrap();
    assert!(has_problem(&reading, "path-mismatch", "path"));
    let reading =
        read(&format!("{FOLDER}{}", NAME.replace("ADT-22", "ADT-52")), ADMISSION.as_bytes()).unwrap();
    assert!(has_problem(&reading, "message-type", "MSH-9"));
}

#[test]
fn what_is_no_message_is_refused_unless_its_name_deletes() {
    for bytes in [b"\xFB\xFC".as_slice(), b"", b"hello", "佐倉 花子".as_bytes(), &[0; 64]] {
        let refused = read(&format!("{FOLDER}{NAME}"), bytes).unwrap_err();
        assert_eq!(refused.code, "not-ss-mix2");
        assert!(read("notes.txt", bytes).is_err());
        let reading = read(&format!("{FOLDER}{}0", &NAME[..NAME.len() - 1]), bytes).unwrap();
        assert_eq!(reading.statements[0].effect, Effect::Deleted);
        assert!(has_problem(&reading, "unreadable", "message"));
    }
    let booking = ADMISSION.replace("ADT^A01^ADT_A01", "SIU^S12^SIU_S12");
    assert_eq!(read("main_document.hl7", booking.as_bytes()).unwrap_err().code, "not-ss-mix2");
}

#[test]
fn a_damaged_message_is_kept_and_says_what_is_missing() {
    let path = format!("{FOLDER}{NAME}");
    let cut = read(&path, &ADMISSION.as_bytes()[..60]).unwrap();
    assert!(has_problem(&cut, "missing-segment", "PID") && has_problem(&cut, "nothing-found", "message"));
    let headless = ADMISSION.split_once('\r').unwrap().1;
    let reading = read(&path, headless.as_bytes()).unwrap();
    assert!(has_problem(&reading, "no-header", "MSH"));
    assert_eq!(reading.statements[1].records[0].resource["resourceType"], "Encounter");
}

#[test]
fn line_ends_and_frames_do_not_matter() {
    let plain = admission(NAME);
    for text in [
        format!("{ADMISSION}\u{1C}"),
        format!("\u{0B}{ADMISSION}\u{1C}\r"),
        ADMISSION.replace('\r', "\n"),
        ADMISSION.replace('\r', "\r\n"),
        format!("\u{FEFF}{ADMISSION}"),
    ] {
        assert_eq!(read(&format!("{FOLDER}{NAME}"), text.as_bytes()).unwrap(), plain);
    }
}

#[test]
fn impossible_dates_are_named_and_kept() {
    let text = ADMISSION.replace("19480405", "19480431");
    let reading = read(&format!("{FOLDER}{NAME}"), text.as_bytes()).unwrap();
    assert!(has_problem(&reading, "impossible-date", "PID-7"));
    let patient = serde_json::to_string(&reading.statements[0].records[0].resource).unwrap();
    assert!(patient.contains("19480431"));
}

#[test]
fn a_file_without_a_name_is_read_by_its_message() {
    let reading = read("in/message.hl7", ADMISSION.as_bytes()).unwrap();
    assert!(has_problem(&reading, "file-name", "message"));
    assert_eq!(reading.statements[1].order.time, "20260901101500000");
    assert!(reading.statements[1].set.starts_with("ADT-22/"));
}

#[test]
fn iso_2022_jp_is_decoded_before_it_is_split() {
    // 繁 is 0x4B 0x7E in JIS X 0208: its second byte is the repetition delimiter.
    let bytes = iso_2022_jp(&ADMISSION.replace("佐倉^花子", "繁^花子"));
    let reading = read(&format!("{FOLDER}{NAME}"), &bytes).unwrap();
    assert_eq!(reading.problems, []);
    assert_eq!(reading.statements[0].records[0].resource["name"][0]["text"], "繁 花子");
}

#[test]
fn a_character_without_code_is_named_and_the_rest_is_whole() {
    let mut bytes = iso_2022_jp(ADMISSION);
    // 7521 has no character in JIS X 0208.
    let name = bytes.windows(2).rposition(|pair| pair == encoding_of("倉").unwrap()).unwrap();
    bytes[name..name + 2].copy_from_slice(b"u!");
    let reading = read(&format!("{FOLDER}{NAME}"), &bytes).unwrap();
    assert!(has_problem(&reading, "charset", "PID"));
    let patient = &reading.statements[0].records[0].resource;
    assert_eq!(patient["name"][0]["text"], "佐〓 花子");
    assert_eq!(patient["birthDate"], "1948-04-05");
}

#[test]
fn of_several_numbers_the_one_of_the_path_or_the_facilitys_own_counts() {
    let text = ADMISSION.replace("0012345^^^^PI", "99^^^^SS~0012345^^^^PI");
    let path = format!("{FOLDER}{NAME}");
    assert_eq!(
        read(&path, text.as_bytes()).unwrap().statements[0].patient,
        PatientKey::Local("0012345".into())
    );
    let patient = read("in.hl7", text.as_bytes()).unwrap().statements[0].patient.clone();
    assert_eq!(patient, PatientKey::Local("0012345".into()));
}

#[test]
fn segments_of_no_record_are_named_field_by_field() {
    let text = format!("{ADMISSION}ZXX|1|院内^コード\rMSH|^~\\&|X\r");
    let reading = read(&format!("{FOLDER}{NAME}"), text.as_bytes()).unwrap();
    for at in ["ZXX-1", "ZXX-2", "MSH[2]-3"] {
        assert!(has_problem(&reading, "not-mapped", at), "{at} {:?}", reading.problems);
    }
}

/// A text in ISO-2022-JP, each kanji escaped on its own.
fn iso_2022_jp(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for c in text.chars() {
        let text = c.to_string();
        match encoding_of(&text) {
            Some(pair) => bytes.extend([b"\x1b$B".as_slice(), &pair, b"\x1b(B"].concat()),
            None => bytes.extend(text.bytes()),
        }
    }
    bytes
}

/// The JIS X 0208 bytes of a character.
fn encoding_of(text: &str) -> Option<[u8; 2]> {
    let bytes = encoding_rs::EUC_JP.encode(text).0;
    match *bytes {
        [first @ 0xA1..=0xFE, second] => Some([first & 0x7F, second & 0x7F]),
        _ => None,
    }
}

/// A leaf of a message: its stretch of the text and its place in HL7's terms, with and without segment number.
struct Leaf {
    start: usize,
    end: usize,
    places: [String; 2],
}

/// Every leaf that holds something, but MSH-1 and MSH-2.
fn leaves(text: &str) -> Vec<Leaf> {
    let mut found = Vec::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut at = 0;
    for segment in text.split_inclusive('\r') {
        let body = segment.trim_end_matches(['\r', '\n', '\u{1C}']);
        let Some(name) = body.get(..3) else {
            at += segment.len();
            continue;
        };
        let number = counts.entry(name).or_default();
        *number += 1;
        let mut start = at;
        for (index, field) in body.split('|').enumerate() {
            let field_number = if name == "MSH" { index + 1 } else { index };
            let whole = start;
            start += field.len() + 1;
            if index == 0 || (name == "MSH" && field_number == 2) {
                continue;
            }
            let mut leaf = whole;
            for part in field.split(['^', '~', '&']) {
                if !part.is_empty() {
                    let places =
                        [format!("{name}-{field_number}"), format!("{name}[{number}]-{field_number}")];
                    found.push(Leaf { start: leaf, end: leaf + part.len(), places });
                }
                leaf += part.len() + 1;
            }
        }
        at += segment.len();
    }
    found
}

/// Another text of the same kind.
fn altered(text: &str) -> String {
    let mut text = text.to_owned();
    match text.pop() {
        Some('9') => text.push('8'),
        Some(last @ '0'..='8') => text.push(char::from_u32(u32::from(last) + 1).unwrap()),
        Some(last) => text.extend([last, '改']),
        None => {}
    }
    text
}

fn named(reading: &Reading, leaf: &Leaf) -> bool {
    reading.problems.iter().any(|problem| {
        leaf.places.iter().any(|place| {
            problem
                .at
                .strip_prefix(place.as_str())
                .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
        })
    })
}

/// Alters each leaf in turn, a little, altogether, and to nothing: the reading must change or have named it. Gives how many did not change.
fn alter_each(path: &str, text: &str) -> (usize, usize, Vec<String>) {
    let before = read(path, text.as_bytes()).unwrap();
    let all = leaves(text);
    let mut silent = 0;
    let mut lost = Vec::new();
    for leaf in &all {
        let old = &text[leaf.start..leaf.end];
        for new in [altered(old), "別Z".to_owned(), String::new()] {
            let changed = format!("{}{new}{}", &text[..leaf.start], &text[leaf.end..]);
            match read(path, changed.as_bytes()) {
                Ok(after) if after == before => {
                    silent += 1;
                    if !named(&before, leaf) {
                        lost.push(format!("{path}: {} `{old}` → `{new}`", leaf.places[1]));
                    }
                }
                _ => {}
            }
        }
    }
    (all.len(), silent, lost)
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { files_below(&path, found) } else { found.push(path) }
    }
}

/// Files of the outside samples below `part`, path relative to it.
fn samples(part: &str) -> Vec<(String, Vec<u8>)> {
    let Some(root) = std::env::var_os("HAKUCHO_SAMPLES").map(PathBuf::from) else {
        eprintln!("skipped: HAKUCHO_SAMPLES is not set");
        return Vec::new();
    };
    let root = root.join(part);
    let mut files = Vec::new();
    files_below(&root, &mut files);
    files.sort();
    let relative = |file: &PathBuf| file.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
    files.iter().map(|file| (relative(file), std::fs::read(file).unwrap())).collect()
}

#[test]
fn the_testing_tools_tree_gives_its_data_types_and_refuses_the_junk() {
    let files = samples("ssmix2/nho-testingtool");
    let mut types = std::collections::BTreeSet::new();
    let mut refused = Vec::new();
    for (path, bytes) in &files {
        match read(path, bytes) {
            Ok(reading) => {
                let clinical = reading.statements.iter().filter(|each| each.set != PATIENT_KEY);
                let records = clinical.flat_map(|each| &each.records);
                let own = records.filter(|each| each.resource["resourceType"] != "Provenance").count();
                assert!(own > 0 || path.contains("-_ADT-00"), "{path}: nothing but the envelope");
                types.extend(path.rsplit('/').nth(1).map(str::to_owned));
            }
            Err(error) => refused.push((path.as_str(), error.code)),
        }
    }
    if !files.is_empty() {
        assert!(types.len() >= 19 || files.len() < 22, "{types:?}");
        assert!(
            refused.iter().all(|(path, code)| path.contains("/ADT-31/") && *code == "not-ss-mix2"),
            "{refused:?}"
        );
    }
}

#[test]
fn every_leaf_of_the_samples_is_accounted_for() {
    let mut shares: BTreeMap<String, (usize, usize, usize)> = BTreeMap::new();
    let tool = samples("ssmix2/nho-testingtool");
    let synthetic = samples("synthetic-ssmix2/root");
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut lost = Vec::new();
    for (path, bytes) in tool.iter().chain(&synthetic) {
        let kind = path.rsplit('/').nth(1).unwrap_or_default().to_owned();
        let Ok((_, (leaves, unread))) = read_counted(&Input { path, bytes, source_time: "" }) else {
            continue;
        };
        // Folder 0000001 of the tool holds deliberately broken messages.
        let broken = path.contains("/0000001/");
        let share = shares.entry(kind.clone()).or_default();
        if !broken {
            share.0 += 1;
            share.1 += leaves;
            share.2 += unread;
        }
        let few = seen.entry(kind).or_default();
        *few += 1;
        // Orders and results are altered beside their fixtures.
        let orders = ["OMP", "OML", "OMG"].iter().any(|each| path.contains(&format!("/{each}-")));
        if *few <= 2 && !orders {
            let text = charset::decode(bytes).text.replace('\n', "\r");
            lost.extend(alter_each(path, &text).2);
        }
    }
    for (kind, (files, leaves, unread)) in &shares {
        eprintln!("{kind}: {files} files, {leaves} leaves, {unread} not mapped");
        assert!(unread * 20 <= *leaves, "{kind}: {unread} of {leaves} not mapped");
    }
    assert!(lost.is_empty(), "changes nothing and is not named:\n{}", lost.join("\n"));
}

#[test]
fn every_leaf_of_our_messages_is_accounted_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ssmix2");
    let mut files = Vec::new();
    files_below(&root, &mut files);
    let mut count = 0;
    let mut lost = Vec::new();
    let ours = |file: &&PathBuf| {
        let text = file.to_string_lossy();
        text.ends_with("in.hl7") && ["/adt-", "/ppr-", "/omd-"].iter().any(|each| text.contains(each))
    };
    for file in files.iter().filter(ours) {
        let text = std::fs::read_to_string(file).unwrap();
        let (path, text) = text.split_once('\n').unwrap();
        let (leaves, silent, more) = alter_each(path, &text.replace('\n', "\r"));
        assert!(silent * 20 <= leaves * 3, "{}: {silent} of {leaves}", file.display());
        lost.extend(more);
        count += 1;
    }
    assert!(count >= 9);
    assert!(lost.is_empty(), "changes nothing and is not named:\n{}", lost.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_under_any_name_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..256), path in "\\PC{0,40}") {
        let _ = read(&path, &bytes);
        let _ = read(&format!("{FOLDER}{NAME}"), &bytes);
    }

    #[test]
    fn a_mangled_message_is_answered(at in 0usize..2000, cut in 0usize..20, put in proptest::collection::vec(any::<u8>(), 0..8)) {
        let mut bytes = iso_2022_jp(ADMISSION);
        let at = at % bytes.len();
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, put);
        let path = format!("{FOLDER}{NAME}");
        if let Ok(reading) = read(&path, &bytes) {
            prop_assert!(reading.record_count() > 0 || !reading.problems.is_empty());
        }
    }

    #[test]
    fn any_message_is_read(
        kind in 0usize..26,
        segments in proptest::collection::vec(
            ("(PID|PV1|PV2|EVN|IN1|NK1|AL1|IAM|DB1|OBX|PRB|ZPR|ZI1|ORC|TQ1|ODS|RXE|RXA|RXC|RXR|OBR|SPM|NTE|ZE1|IPC|MSH)", "[|^~&0-9A-Z薬\\\\ -]{0,60}"),
            0..12,
        ),
    ) {
        let data_type = ssmix2::data_type::DataType::ALL[kind];
        let body: String = segments.iter().map(|(name, rest)| format!("{name}|{rest}\r")).collect();
        let kind = data_type.messages()[0];
        let text = format!("MSH|^~\\&|||||20260901||{kind}|1|P|2.5\r{body}");
        let path = format!("001/234/0012345/20260901/{data_type}/0012345_20260901_{data_type}_1_20260901101500123_08_1");
        let reading = read(&path, text.as_bytes()).unwrap();
        for statement in &reading.statements {
            let mut keys: Vec<_> = statement.records.iter().map(|record| &record.key).collect();
            keys.sort();
            let count = keys.len();
            keys.dedup();
            prop_assert_eq!(keys.len(), count);
        }
        prop_assert!(reading.record_count() > 0 || !reading.problems.is_empty());
    }
}
