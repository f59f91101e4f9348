//! SS-MIX2: what senders really do to a message. Each trap on one admission that must read as if there were none,
//! or be named; and the shape that FHIR R4 asks of every record. Every person is invented.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use formats::ssmix2;
use formats::ssmix2::data_type::DataType;
use model::reading::{Input, PATIENT_KEY, PatientKey, Reading};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const PATH: &str =
    "001/234/0012345/20260901/ADT-22/0012345_20260901_ADT-22_999999999999999_20260901101500123_-_1";
const ADMISSION: &str = concat!(
    "MSH|^~\\&|HIS|佐倉病院|GW|RCV|20260901101500||ADT^A01^ADT_A01|1|P|2.5||||||~ISO IR87||ISO 2022-1994\r",
    "EVN||20260901101500|||||SEND\r",
    "PID|1||0012345^^^^PI||佐倉^花子^^^^^L^I~サクラ^ハナコ^^^^^L^P||19480405|F|||^^^^050-0001^JPN^H^北海道室蘭市港町１－２～３∥表\r",
    "PV1|1|I|3E^302^1^^^N||||D1^医師^一郎^^^^^^^L^^^^^I|||08||||||||||||||||||||||||||||||||||202609011000\r",
);

fn read(path: &str, bytes: &[u8]) -> Reading {
    ssmix2::read(&Input { path, bytes, source_time: "" }).unwrap()
}

fn plain() -> Reading {
    read(PATH, ADMISSION.as_bytes())
}

fn patient(reading: &Reading) -> Value {
    let registration = reading.statements.iter().find(|each| each.set == PATIENT_KEY);
    Value::Object(registration.unwrap().records.first().unwrap().resource.clone())
}

fn has_problem(reading: &Reading, code: &str) -> bool {
    reading.problems.iter().any(|problem| problem.code == code)
}

/// ISO-2022-JP of a text: kanji by the tables of EUC-JP, half-width katakana by JIS X 0201; back to ASCII at the end of
/// each run, if `polite`, else only where the next ASCII character is no line end.
fn iso_2022_jp(text: &str, polite: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut set = b"(B".as_slice();
    for c in text.chars() {
        let euc = encoding_rs::EUC_JP.encode(&c.to_string()).0.into_owned();
        let (wanted, code): (&[u8], Vec<u8>) = match euc.as_slice() {
            // The encoder has no JIS X 0212: its one kanji of these tests is 30-21 there.
            _ if c == '丂' => (b"$(D", b"0!".to_vec()),
            [0x8E, kana] => (b"(I", vec![kana & 0x7F]),
            [first @ 0xA1..=0xFE, second] => (b"$B", vec![first & 0x7F, second & 0x7F]),
            other => (b"(B", other.to_vec()),
        };
        let rude = !polite && c == '\r';
        if wanted != set && !rude {
            bytes.push(0x1B);
            bytes.extend(wanted);
            set = wanted;
        }
        bytes.extend(code);
        if rude {
            set = b"(B";
        }
    }
    bytes
}

#[test]
fn one_message_in_every_charset_and_line_end_is_one_reading() {
    let expected = plain();
    assert_eq!(expected.problems, []);
    assert_eq!(patient(&expected)["address"][0]["text"], "北海道室蘭市港町１－２～３∥表");
    let shift_jis = encoding_rs::SHIFT_JIS.encode(ADMISSION).0.into_owned();
    let bom = [b"\xEF\xBB\xBF", ADMISSION.as_bytes()].concat();
    for bytes in [iso_2022_jp(ADMISSION, true), iso_2022_jp(ADMISSION, false), shift_jis, bom] {
        assert_eq!(read(PATH, &bytes), expected, "{}", String::from_utf8_lossy(&bytes));
        for end in [b"\n".as_slice(), b"\r\n"] {
            let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\r').collect();
            assert_eq!(read(PATH, &lines.join(end)), expected);
        }
        let tails: [&[u8]; 4] = [b"\x1C", b"\x1C\r", b"\r\r\n", b"\0\0\x1A"];
        for tail in tails {
            assert_eq!(read(PATH, &[bytes.as_slice(), tail].concat()), expected);
        }
    }
}

#[test]
fn what_the_header_says_of_the_charset_is_not_believed() {
    for said in ["", "ASCII", "UNICODE UTF-8", "~ISO IR87~ISO IR159", "ISO IR13"] {
        let text = ADMISSION.replace("~ISO IR87||ISO 2022-1994", &format!("{said}||"));
        for bytes in
            [iso_2022_jp(&text, true), encoding_rs::SHIFT_JIS.encode(&text).0.into_owned(), text.into_bytes()]
        {
            let reading = read(PATH, &bytes);
            assert_eq!(patient(&reading)["name"][0]["text"], "佐倉 花子", "{said}");
            assert_eq!(reading.problems, []);
        }
    }
}

#[test]
fn waves_dashes_and_bars_of_the_kanji_sets_are_the_same_characters() {
    // 2141, 215D and 2142 of JIS X 0208, of which other tables make 〜, − and ‖; and 表, which ends in a backslash in
    // Shift_JIS.
    let jis = iso_2022_jp(ADMISSION, true);
    for pair in [b"!A", b"!]", b"!B"] {
        assert!(jis.windows(2).any(|each| each == pair));
    }
    let shift_jis = encoding_rs::SHIFT_JIS.encode(ADMISSION).0.into_owned();
    assert!(shift_jis.windows(2).any(|each| each == b"\x95\\"));
    for bytes in [jis, shift_jis] {
        let text = patient(&read(PATH, &bytes))["address"][0]["text"].as_str().unwrap().to_owned();
        assert!(text.ends_with("１－２～３∥表"), "{text}");
    }
}

#[test]
fn half_width_kana_and_supplementary_kanji_are_read() {
    let text = ADMISSION.replace("サクラ^ハナコ", "ｻｸﾗ^ﾊﾅｺ").replace("佐倉^花子", "丂倉^花子");
    let reading = read(PATH, &iso_2022_jp(&text, true));
    assert_eq!(patient(&reading)["name"][0]["family"], "丂倉");
    assert_eq!(patient(&reading)["name"][1]["family"], "ｻｸﾗ");
    assert_eq!(reading.problems, []);
}

#[test]
fn delimiters_are_those_of_the_message() {
    let swap = |c: char| match c {
        '|' => '!',
        '^' => '*',
        '~' => '%',
        '\\' => '/',
        '&' => '@',
        c => c,
    };
    let text: String = ADMISSION.chars().map(swap).collect();
    let reading = read(PATH, text.as_bytes());
    assert_eq!(patient(&reading)["name"], patient(&plain())["name"]);
    assert_eq!(patient(&reading)["address"], patient(&plain())["address"]);
    let escaped = text.replace("佐倉*花子", "佐/F//S//T//R//E/倉*花子");
    assert_eq!(patient(&read(PATH, escaped.as_bytes()))["name"][0]["family"], "佐!*@%/倉");
}

#[test]
fn escapes_are_resolved_and_unknown_ones_stay() {
    let text = ADMISSION.replace("佐倉^花子", r"佐\F\\S\\T\\R\\E\倉\X41\\H\\Zx\^花\.br\子");
    let reading = read(PATH, text.as_bytes());
    assert_eq!(patient(&reading)["name"][0]["family"], "佐|^&~\\倉A\\H\\\\Zx\\");
    assert_eq!(patient(&reading)["name"][0]["given"][0], "花\n子");
}

#[test]
fn an_explicit_null_is_nothing_and_is_kept() {
    let text = ADMISSION
        .replace("|19480405|F|", "|\"\"|\"\"|")
        .replace("北海道室蘭市港町１－２～３∥表", "\"\"")
        .replace("|||08|", "|||\"\"|");
    let reading = read(PATH, text.as_bytes());
    let patient = patient(&reading);
    assert_eq!((patient.get("birthDate"), patient.get("gender")), (None, None));
    assert_eq!(patient["address"][0].get("text"), None);
    let kept = serde_json::to_string(&patient).unwrap();
    assert!(kept.contains("PID-7") && kept.contains("PID-8") && kept.contains("PID-11"), "{kept}");
    assert!(!has_problem(&reading, "impossible-date"));
}

#[test]
fn empty_segments_blank_lines_and_long_fields_do_no_harm() {
    let long = "長".repeat(100_000);
    let text = ADMISSION
        .replace("PV1|", "NK1\rNK1|\rOBX\rIN1||\rAL1|||\r\r  \rPV1|")
        .replace("佐倉^花子", &format!("佐倉^{long}"));
    let reading = read(PATH, text.as_bytes());
    assert_eq!(patient(&reading)["name"][0]["given"][0].as_str().unwrap().chars().count(), 100_000);
    let kinds: Vec<_> =
        reading.statements[1].records.iter().map(|each| &each.resource["resourceType"]).collect();
    assert_eq!(kinds, ["Encounter", "Provenance"]);
}

#[test]
fn blanks_of_either_width_are_nothing() {
    let text = ADMISSION
        .replace("佐倉^花子^^^^^L", "佐倉^花子^　^ ^^^L")
        .replace("|F|||", "|F|　|~|")
        .replace("|||08|", "|||　|");
    let reading = read(PATH, text.as_bytes());
    assert_eq!(patient(&reading), patient(&plain()));
    assert_eq!(reading.statements[1].records[0].resource.get("serviceType"), None);
}

/// What may stand in any field, for no good reason.
const ODD: &[&str] = &[
    "",
    "\"\"",
    "^",
    "&&",
    "~",
    "~~x",
    "　",
    "a&b&c^d&e~f",
    "-1",
    "1e5",
    "99999999",
    "20261301",
    "2026",
    "<",
    "(+)",
    "^^JC10",
    "\\F\\",
    "0",
    "D",
    "X",
    "S",
    "H1",
    "1^回",
    "^1^:^2",
    "^5^-^1",
    "0800",
    "20260901240000",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn odd_fields_still_give_fhirs_shape(
        which in 0usize..1000,
        changes in proptest::collection::vec((1usize..1000, 1usize..1000, 0usize..ODD.len()), 1..12),
    ) {
        let fixtures = fixtures();
        let (_, path, bytes) = &fixtures[which % fixtures.len()];
        let mut lines: Vec<String> =
            String::from_utf8_lossy(bytes).split('\r').map(str::to_owned).collect();
        for (line, field, odd) in changes {
            // MSH stays: what has no header is another test.
            let at = 1 + line % (lines.len() - 1);
            let mut fields: Vec<&str> = lines[at].split('|').collect();
            if fields.len() > 1 {
                let field = 1 + field % (fields.len() - 1);
                fields[field] = ODD[odd];
                lines[at] = fields.join("|");
            }
        }
        let mut found = Vec::new();
        for record in read(path, lines.join("\r").as_bytes()).statements.iter().flat_map(|each| &each.records) {
            misshapen(&record.key, &Value::Object(record.resource.clone()), &mut found);
        }
        prop_assert!(found.is_empty(), "{}\n{}", found.join("\n"), lines.join("\n"));
    }
}

#[test]
fn the_time_of_the_message_has_any_number_of_decimals() {
    for (written, recorded) in [
        ("20260901101500", "2026-09-01T10:15:00+09:00"),
        ("20260901101500.1", "2026-09-01T10:15:00.1+09:00"),
        ("20260901101500.12", "2026-09-01T10:15:00.12+09:00"),
        ("20260901101500.123", "2026-09-01T10:15:00.123+09:00"),
        ("20260901101500.1234", "2026-09-01T10:15:00.1234+09:00"),
        ("202609011015", "2026-09-01T10:15:00+09:00"),
        ("20260901011500+0000", "2026-09-01T01:15:00+00:00"),
    ] {
        let text = ADMISSION.replacen("|20260901101500||ADT", &format!("|{written}||ADT"), 1);
        let reading = read(PATH, text.as_bytes());
        assert_eq!(reading.statements[1].records[1].resource["recorded"], recorded);
        assert_eq!(reading.problems, []);
    }
}

#[test]
fn a_second_pid_of_somebody_else_is_disputed_and_of_the_same_person_is_not() {
    let second = |id: &str| ADMISSION.replace("PV1|1", &format!("PID|2||{id}^^^^PI||別^人\rPV1|1"));
    let reading = read(PATH, second("0099999").as_bytes());
    assert!(has_problem(&reading, "patient-id-mismatch"));
    let disputed = PatientKey::Disputed { message: "0012345".into(), path: "0099999".into() };
    assert!(reading.statements.iter().all(|each| each.patient == disputed));
    let reading = read(PATH, second("0012345").as_bytes());
    assert_eq!(reading.statements[0].patient, PatientKey::Local("0012345".into()));
    assert!(reading.problems.iter().any(|each| each.code == "not-mapped" && each.at.starts_with("PID[2]")));
}

#[test]
fn an_order_written_before_its_result_is_the_order_of_that_result() {
    let (_, path, bytes) =
        fixtures().into_iter().find(|(folder, ..)| folder.ends_with("oml-11-chemistry")).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let lines: Vec<&str> = text.split('\r').collect();
    let mut swapped = lines.clone();
    let at = lines.windows(2).position(|two| two[0].starts_with("OBR") && two[1].starts_with("ORC")).unwrap();
    swapped.swap(at, at + 1);
    let of = |text: String| {
        let reading = read(&path, text.as_bytes());
        let records = reading.statements.iter().flat_map(|each| each.records.clone());
        records
            .map(|record| (record.key.clone(), record.resource.get("basedOn").cloned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(of(swapped.join("\r")), of(lines.join("\r")));
}

#[test]
fn an_administration_without_an_order_is_still_one() {
    let path = PATH.replace("ADT-22", "OMP-11");
    let text = ADMISSION.split("EVN").next().unwrap().replace("ADT^A01^ADT_A01", "RAS^O17^RAS_O17")
        + "PID|1||0012345^^^^PI||佐倉^花子\rRXA|0|1|202609011000||^架空錠|999\rRXR|PO^口^HL70162\r";
    let reading = read(&path, text.as_bytes());
    let given = &reading.statements[1].records[0].resource;
    assert_eq!(
        (&given["resourceType"], &given["status"]),
        (&"MedicationAdministration".into(), &"completed".into())
    );
    assert_eq!(given["dosage"]["route"]["coding"][0]["code"], "PO");
    assert!(given["dosage"]["dose"]["extension"].is_array(), "{given:?}");
    assert_eq!(reading.problems, []);
}

#[test]
fn people_with_a_reading_of_their_name_are_one_person() {
    for again in ["", "D1"] {
        let text = ADMISSION.replace(
            "D1^医師^一郎^^^^^^^L^^^^^I|||08",
            &format!(
                "D1^医師^一郎^^^^^^^L^^^^^I~{again}^イシ^イチロウ^^^^^^^L^^^^^P~D2^別^医^^^^^^^L^^^^^I|||08"
            ),
        );
        let reading = read(PATH, text.as_bytes());
        let encounter = &reading.statements[1].records[0].resource;
        let names: Vec<_> = encounter["participant"].as_array().unwrap().iter().collect();
        assert_eq!(names.len(), 2, "{names:?}");
        assert_eq!(names[1]["individual"]["identifier"]["value"], "D2");
    }
}

/// Elements that FHIR R4 asks of a resource (cardinality 1..), `*` for a choice.
const REQUIRED: &[(&str, &[&str])] = &[
    ("AllergyIntolerance", &["patient"]),
    ("Condition", &["subject"]),
    ("Coverage", &["status", "beneficiary", "payor"]),
    ("DiagnosticReport", &["status", "code"]),
    ("Encounter", &["status", "class"]),
    ("ImagingStudy", &["status", "subject"]),
    ("MedicationAdministration", &["status", "medication*", "subject", "effective*"]),
    ("MedicationRequest", &["status", "intent", "medication*", "subject"]),
    ("NutritionOrder", &["status", "intent", "patient", "dateTime"]),
    ("Observation", &["status", "code"]),
    ("Procedure", &["status", "subject"]),
    ("Provenance", &["target", "recorded", "agent"]),
    ("RelatedPerson", &["patient"]),
    ("ServiceRequest", &["status", "intent", "subject"]),
];

/// Elements of a choice, of which a resource has one at most.
const CHOICES: &[&str] = &[
    "effective",
    "value",
    "occurrence",
    "performed",
    "onset",
    "abatement",
    "medication",
    "deceased",
    "bounds",
    "rate",
    "dose",
    "asNeeded",
    "collected",
];

/// What of a value is not of FHIR's shape.
fn misshapen(at: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.trim().is_empty() => found.push(format!("{at} is empty")),
        Value::String(text) => {
            let (day, time) = text.split_once('T').unwrap_or_default();
            let moment = day.len() == 10 && day.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
            if moment && !time.contains(['Z', '+', '-']) {
                found.push(format!("{at} has no zone: {text}"));
            }
        }
        Value::Array(list) => {
            if list.is_empty() {
                found.push(format!("{at} is empty"));
            }
            for (index, each) in list.iter().enumerate() {
                misshapen(&format!("{at}[{index}]"), each, found);
            }
        }
        Value::Object(map) => {
            if map.is_empty() {
                found.push(format!("{at} is empty"));
            }
            let kind = map.get("resourceType").and_then(Value::as_str).unwrap_or_default();
            if kind == "DiagnosticReport" && map.contains_key("note") {
                found.push(format!("{at} has a note, which R4 does not"));
            }
            let required =
                REQUIRED.iter().find(|(each, _)| *each == kind).map_or(&[][..], |(_, names)| *names);
            for name in required {
                let there = match name.strip_suffix('*') {
                    Some(stem) => map.keys().any(|key| key.starts_with(stem)),
                    None => map.contains_key(*name),
                };
                if !there {
                    found.push(format!("{at} ({kind}) has no {name}"));
                }
            }
            for stem in CHOICES {
                let chosen = |key: &&String| {
                    let rest = key.strip_prefix(stem).unwrap_or_default();
                    rest.starts_with(|c: char| c.is_ascii_uppercase())
                };
                // Dosage.doseAndRate is no choice.
                let count = map.keys().filter(chosen).filter(|key| *key != "doseAndRate").count();
                if count > 1 {
                    found.push(format!("{at} has {count} of {stem}[x]"));
                }
            }
            map.iter().for_each(|(name, each)| misshapen(&format!("{at}.{name}"), each, found));
        }
        Value::Null => found.push(format!("{at} is null")),
        Value::Bool(_) | Value::Number(_) => {}
    }
}

fn fixtures() -> Vec<(PathBuf, String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ssmix2");
    let folders = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    folders
        .map(|folder| {
            let file = std::fs::read_to_string(folder.join("in.hl7")).unwrap();
            let (path, text) = file.split_once('\n').unwrap();
            (folder, path.to_owned(), text.replace('\n', "\r").into_bytes())
        })
        .collect()
}

#[test]
fn every_record_of_our_messages_is_of_fhirs_shape() {
    let mut found = Vec::new();
    for (folder, path, bytes) in fixtures() {
        for record in read(&path, &bytes).statements.iter().flat_map(|each| &each.records) {
            let at = format!("{} {}", folder.file_name().unwrap().to_string_lossy(), record.key);
            misshapen(&at, &Value::Object(record.resource.clone()), &mut found);
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_data_type_has_a_fixture() {
    let there: BTreeSet<String> =
        fixtures().iter().filter_map(|(_, path, _)| path.rsplit('/').nth(1).map(str::to_owned)).collect();
    let missing: Vec<_> =
        DataType::ALL.iter().map(|each| each.word()).filter(|each| !there.contains(*each)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn data_without_a_day_gives_a_time_where_one_is_required() {
    for (folder, path, bytes) in fixtures() {
        let Some(day) = path.split('/').nth(3).filter(|day| *day != "-") else { continue };
        let undated = path.replace(&format!("/{day}/"), "/-/").replace(&format!("_{day}_"), "_-_");
        let mut found = Vec::new();
        for record in read(&undated, &bytes).statements.iter().flat_map(|each| &each.records) {
            misshapen(&record.key, &Value::Object(record.resource.clone()), &mut found);
        }
        assert!(found.is_empty(), "{}: {}", folder.display(), found.join("\n"));
    }
}
