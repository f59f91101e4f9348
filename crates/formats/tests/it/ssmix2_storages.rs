//! The extended storage, transaction files and the index table of SS-MIX2. Every person is invented.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use formats::{detect, ssmix2};
use model::reading::{Effect, Format, Input, PatientKey, Reading, Refused, Statement};
use proptest::prelude::*;

const VITAL: &str = "L-OBSERVATIONS^OBSERVATIONS^99ZL01";
const SUMMARY: &str = "L18^退院サマリ^99ZL01^18842-5^退院時サマリー^LN";
const PROGRESS: &str = "^外来記録^^34108-1^外来診療録^LN";

fn read(path: &str, bytes: &[u8]) -> Result<Reading, Refused> {
    ssmix2::read(&Input { path, bytes, source_time: "" })
}

fn content(kind: &str, rest: &str, file: &str) -> String {
    format!("000/004/0000042/20260302/{kind}/0000042_20260302_{kind}_{rest}/{file}")
}

fn codes(reading: &Reading) -> Vec<&str> {
    reading.problems.iter().map(|each| each.code.as_str()).collect()
}

fn last(reading: &Reading) -> &Statement {
    reading.statements.last().unwrap()
}

fn vital(patient: &str) -> String {
    format!(
        "MSH|^~\\&|N|H|||20260302210000||ORU^R30^ORU_R30|31|P|2.5\rPID|1||{patient}^^^^PI||佐倉^花子\rORC|SC|20260302\rOBR|1|20260302||9P^バイタル^99X\rOBX|1|NM|9P1000^体温^JC10||36.5|cel|||||F|||20260302060000\r"
    )
}

#[test]
fn a_document_is_kept_with_what_its_folders_say() {
    let path = content(SUMMARY, "DOC-1_20260302153000123_08_1", "main_document.xml");
    let reading = read(&path, b"%PDF-1.7 rest").unwrap();
    assert_eq!(reading.problems, []);
    let [statement] = reading.statements.as_slice() else { panic!("{reading:?}") };
    assert_eq!(statement.set, format!("{SUMMARY}/DOC-1/20260302"));
    assert_eq!((statement.effect, statement.order.time.as_str()), (Effect::Stated, "20260302153000123"));
    assert_eq!(statement.patient, PatientKey::Local("0000042".into()));
    let document = &statement.records[0].resource;
    assert_eq!(document["resourceType"], "DocumentReference");
    assert_eq!(document["type"]["coding"][0]["system"], "http://loinc.org");
    assert_eq!(document["type"]["coding"][0]["code"], "18842-5");
    assert_eq!(document["type"]["coding"][1]["code"], "L18");
    assert_eq!(document["type"]["text"], "退院時サマリー");
    assert_eq!(document["date"], "2026-03-02T15:30:00.123+09:00");
    assert_eq!(document["description"], "退院サマリ");
    assert_eq!(document["context"]["practiceSetting"]["text"], "循環器科");
    let attachment = &document["content"][0]["attachment"];
    assert_eq!(
        (attachment["contentType"].as_str(), attachment["size"].as_u64()),
        (Some("application/pdf"), Some(13))
    );
    assert_eq!(attachment["hash"].as_str().unwrap().len(), 28); // SHA-1 in base64
    assert_eq!(detect(&path, b"%PDF-1.7 rest"), Some(Format::SsMix2));
}

#[test]
fn folder_names_in_all_their_forms() {
    for (rest, key, time, department) in [
        ("DOC-1_20260302153000123_08_1", "DOC-1", "20260302153000123", "08"),
        ("DOC-1_20260302153000123_-_1", "DOC-1", "20260302153000123", ""),
        ("DOC_1_20260302153000123_08_1", "DOC_1", "20260302153000123", "08"),
        ("000000020260302_202603021530001_1", "000000020260302", "20260302153000100", ""),
    ] {
        for kind in [SUMMARY, PROGRESS, VITAL] {
            let reading = read(&content(kind, rest, "main_document.txt"), b"x").unwrap();
            let statement = last(&reading);
            assert_eq!(statement.set, format!("{kind}/{key}/20260302"));
            assert_eq!(statement.order.time, format!("{time:0<17}"), "{rest}");
            let context = &statement.records[0].resource["context"];
            assert_eq!(
                context["practiceSetting"]["coding"][0]["code"].as_str().unwrap_or_default(),
                department
            );
        }
    }
    // The content folder by the code alone.
    let path = "004/0000042/20260302/L18^退院サマリ^99ZL01^18842-5^退院時サマリー^LN/0000042_20260302_18842-5_K_20260302153000123_08_1/main_document.xml";
    assert_eq!(last(&read(path, b"x").unwrap()).set, format!("{SUMMARY}/K/20260302"));
    // Without a day; and files that are no content.
    let path = format!("0000042/-/{SUMMARY}/0000042_-_{SUMMARY}_K_20260302153000123_08_1/main_document.xml");
    assert_eq!(last(&read(&path, b"x").unwrap()).set, format!("{SUMMARY}/K"));
    for path in ["a/b^c/d", "x_20260302_OMP-01_1_20260302153000123_08_1/y", "a^b/x_a^b_1/y"] {
        assert_eq!(read(path, b"x").unwrap_err().code, "not-ss-mix2", "{path}");
        assert_eq!(detect(path, b"x"), None);
    }
}

#[test]
fn flags_and_files_beside_the_document() {
    for (flag, effect) in [("1", Effect::Stated), ("2", Effect::Superseded), ("0", Effect::Deleted)] {
        let path = content(SUMMARY, &format!("K_20260302153000123_08_{flag}"), "main_document.xml");
        assert_eq!(last(&read(&path, b"<a/>").unwrap()).effect, effect);
    }
    let of =
        |file: &str| read(&content(SUMMARY, "K_20260302153000123_08_1", file), b"\xff\xd8\xffx").unwrap();
    let (main, picture, inner) = (of("main_document.xml"), of("p1.jpg"), of("img/p1.jpg"));
    let sets: Vec<_> = [&main, &picture, &inner].map(|each| last(each).set.clone()).into();
    let base = format!("{SUMMARY}/K/20260302");
    assert_eq!(sets, [base.clone(), format!("{base}/p1.jpg"), format!("{base}/img/p1.jpg")]);
    assert_eq!(last(&picture).records[0].resource["content"][0]["attachment"]["contentType"], "image/jpeg");
    let empty = content(SUMMARY, "K_20260302153000123_08_0", "main_document.xml");
    assert_eq!(last(&read(&empty, b"").unwrap()).effect, Effect::Deleted);
    assert!(read(&empty.replace("_0/", "_1/"), b"").is_err());
}

#[test]
fn a_path_and_a_message_of_different_patients_are_disputed() {
    let path = content(VITAL, "20260302_20260302210000123_08_1", "main_document.hl7");
    let reading = read(&path, vital("0000042").as_bytes()).unwrap();
    assert!(reading.statements.iter().all(|each| each.patient == PatientKey::Local("0000042".into())));
    assert_eq!(last(&reading).set, format!("{VITAL}/20260302/20260302"));
    let other = path.replacen("/0000042/", "/0000043/", 1);
    for (path, bytes) in [(&path, vital("0000043")), (&other, vital("0000042")), (&other, "text".to_owned())]
    {
        let reading = read(path, bytes.as_bytes()).unwrap();
        assert!(
            reading.statements.iter().all(|each| matches!(each.patient, PatientKey::Disputed { .. })),
            "{path}"
        );
        assert!(codes(&reading).contains(&"patient-id-mismatch"));
    }
    // A CDA document nobody reads yet is kept whole, as is an HL7 message of a kind the storage does not know.
    let cda = read(
        &content(PROGRESS, "K_20260302153000123_08_1", "main_document.xml"),
        b"<?xml version=\"1.0\"?><NotReadable/>",
    )
    .unwrap();
    assert_eq!(last(&cda).records[0].resource["content"][0]["attachment"]["contentType"], "text/xml");
    let booking = vital("0000042").replace("ORU^R30^ORU_R30", "SIU^S12");
    let reading = read(&path, booking.as_bytes()).unwrap();
    assert_eq!(codes(&reading), ["kept-unread"]);
    assert_eq!(last(&reading).records[0].resource["resourceType"], "DocumentReference");
}

#[test]
fn a_days_vital_signs_keep_their_keys_when_more_come() {
    let path = content(VITAL, "20260302_20260302210000123_08_1", "main_document.hl7");
    let one = vital("0000042");
    // The later message has an earlier reading before it.
    let earlier = "OBX|1|NM|9P1000^体温^JC10||37.0|cel|||||F|||20260302050000\r";
    let two = one.replace("OBX|1|", "OBX|2|").replace("OBX|2|", &format!("{earlier}OBX|2|"));
    let keys = |text: &str| {
        let reading = read(&path, text.as_bytes()).unwrap();
        let own = last(&reading).records.iter().filter(|each| each.resource["resourceType"] == "Observation");
        own.map(|each| each.key.clone()).collect::<Vec<_>>()
    };
    assert_eq!(keys(&two)[1..], keys(&one)[..]);
    assert_eq!(keys(&two).len(), 2);
    // Without any order around them the readings are still read.
    let bare: String = one
        .split_inclusive('\r')
        .filter(|each| !each.starts_with("OR") && !each.starts_with("OBR"))
        .collect();
    assert_eq!(keys(&bare), keys(&one));
    let reading = read(&path, one.as_bytes()).unwrap();
    let observation = &last(&reading).records[0].resource;
    assert_eq!(observation["category"][0]["coding"][0]["code"], "vital-signs");
    assert_eq!(observation["effectiveDateTime"], "2026-03-02T06:00:00+09:00");
}

#[test]
fn every_leaf_of_vital_signs_is_in_a_record() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ssmix2/ext-vital/in.hl7");
    let text = std::fs::read_to_string(file).unwrap();
    let (path, text) = text.split_once('\n').unwrap();
    let input = Input { path, bytes: text.as_bytes(), source_time: "" };
    let (_, (leaves, unread)) = ssmix2::read_counted(&input).unwrap();
    assert!(leaves > 150 && unread == 0, "{unread} of {leaves}");
}

#[test]
fn every_leaf_of_extended_samples_is_accounted_for() {
    let Some(root) = std::env::var_os("HAKUCHO_SAMPLES") else {
        println!("skipped 1: HAKUCHO_SAMPLES is not set (extended storage)");
        return;
    };
    let (mut files, mut sum) = (0, (0, 0));
    let mut folders = vec![std::path::Path::new(&root).join("ssmix2")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.display().to_string();
            if path.is_dir() {
                folders.push(path);
            } else if name.contains('^') {
                let bytes = std::fs::read(&path).unwrap();
                assert_eq!(detect(&name, &bytes), Some(Format::SsMix2), "{name}");
                let input = Input { path: &name, bytes: &bytes, source_time: "" };
                let (reading, (leaves, unread)) = ssmix2::read_counted(&input).unwrap();
                assert!(reading.record_count() > 0, "{name}");
                assert!(unread * 20 <= leaves, "{name}: {unread} of {leaves} not mapped");
                (files, sum) = (files + 1, (sum.0 + leaves, sum.1 + unread));
            }
        }
    }
    println!("{files} files of an extended storage: {} of {} values not mapped", sum.1, sum.0);
}

/// Three messages of two patients as the storage has them: name and text.
fn stored() -> Vec<(&'static str, String)> {
    let order = |patient: &str, number: &str, time: &str| {
        format!(
            "MSH|^~\\&|HIS|H|||{time}||RDE^O11^RDE_O11|1|P|2.5\rPID|1||{patient}^^^^PI||佐倉^花子\rORC|NW|{number}|||||||20260301\rRXE||1^錠^HOT9|1||TAB|||||10|TAB\rRXR|PO\r"
        )
    };
    vec![
        (
            "0000042_20260301_OMP-01_000000000000101_20260301101500000_08_1",
            order("0000042", "000000000000101", "20260301101500"),
        ),
        (
            "0000043_20260301_OMP-01_000000000000102_20260301101600000_08_1",
            order("0000043", "000000000000102", "20260301101600"),
        ),
        (
            "0000042_20260301_OMP-01_000000000000101_20260301101700000_08_0",
            order("0000042", "000000000000101", "20260301101700"),
        ),
    ]
}

/// The parts of a name: patient, day, data type, order number, time, department.
fn parts(name: &str) -> [&str; 6] {
    let mut parts = name.split('_');
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

fn mark(name: &str) -> &'static str {
    if name.ends_with('0') { "DEL" } else { "INS" }
}

/// How writers might set the mark before a message.
const MARKS: [fn(&str) -> String; 6] = [
    |name| format!("{}\r", mark(name)),
    |name| format!("{},", mark(name)),
    |name| format!("{}\t{name}\r\n", mark(name)),
    |name| {
        let [patient, day, kind, order, time, department] = parts(name);
        format!("{},{patient},{day},{kind},{order},{time},{department}\r\n", mark(name))
    },
    |name| {
        let [patient, day, kind, order, time, department] = parts(name);
        format!("\u{b}{}|{patient}|{day}|{kind}|{order}|{department}|{time}|", mark(name))
    },
    |name| format!("[{}]\r\n\u{b}", mark(name)),
];

#[test]
fn a_transaction_file_states_what_its_files_state() {
    let path = "2026/TR_20260301000000000_00001.DAT";
    for (form, mark) in MARKS.iter().enumerate() {
        let stored = stored();
        let text: String = stored.iter().map(|(name, text)| mark(name) + text + "\u{1c}\r").collect();
        assert_eq!(detect(path, text.as_bytes()), Some(Format::SsMix2), "form {form}");
        let reading = read(path, text.as_bytes()).unwrap();
        assert_eq!(
            codes(&reading).iter().filter(|code| **code != "order-day").count(),
            0,
            "form {form}: {:?}",
            reading.problems
        );
        let expected: Vec<Reading> =
            stored.iter().map(|(name, text)| read(name, text.as_bytes()).unwrap()).collect();
        let expected: Vec<&Statement> = expected.iter().flat_map(|each| &each.statements).collect();
        assert_eq!(reading.statements.len(), expected.len(), "form {form}");
        for (found, wanted) in reading.statements.iter().zip(expected) {
            assert_eq!(
                (&found.patient, &found.set, found.effect),
                (&wanted.patient, &wanted.set, wanted.effect),
                "form {form}"
            );
            assert_eq!(found.order.time, wanted.order.time);
            let records = |statement: &Statement| {
                statement
                    .records
                    .iter()
                    .map(|each| (each.key.clone(), each.resource.clone()))
                    .collect::<Vec<_>>()
            };
            assert_eq!(records(found), records(wanted), "form {form}");
        }
    }
}

#[test]
fn a_transaction_files_oddities_are_named() {
    let path = "TR_20260301000000000_00001.DAT";
    let (name, text) = &stored()[0];
    // Unmarked: stated, and said.
    let reading = read(path, text.as_bytes()).unwrap();
    assert_eq!((codes(&reading), last(&reading).effect), (vec!["no-mark"], Effect::Stated));
    // A deletion without its message is kept where its name is there.
    let reading = read(path, format!("DEL,{name}\rINS\r{text}").as_bytes()).unwrap();
    assert_eq!(
        (reading.statements[0].effect, reading.statements[0].set.as_str()),
        (Effect::Deleted, "OMP-01/000000000000101/20260301")
    );
    assert_eq!(reading.statements.len(), 3);
    // A record that holds nothing, a message nobody knows, a field nobody knows.
    let reading =
        read(path, format!("INS\rDEL,77,x\r{}", text.replace("RDE^O11^RDE_O11", "SIU^S12")).as_bytes())
            .unwrap();
    assert_eq!(codes(&reading), ["unreadable", "not-mapped", "not-mapped", "unreadable"]);
    assert!(reading.problems[0].at.starts_with("transaction[1]"));
    // A text that speaks of MSH cuts nothing.
    let reading = read(path, format!("INS\r{text}NTE|1||see MSH|^~ of the order\r").as_bytes()).unwrap();
    assert_eq!(reading.statements.len(), 2);
    assert!(!codes(&reading).contains(&"unreadable"), "{:?}", reading.problems);
    // An HL7 file is none because its text begins a line with INS.
    assert_eq!(detect("a.txt", text.as_bytes()), Some(Format::Hl7));
}

const COLUMNS: &str = "VolumeLabel,FacilityID,PatientID,OrderDate,DataKind,OrderNo,ProcessingType,EnterOrgCD,TransactionDatetime,OutRelDirectory,FileName,UpdateDatetime";

fn index(name: &str, mark: &str) -> String {
    let [patient, day, kind, order, time, department] = parts(name);
    format!(
        "STD,0110000001,{patient},{day},{kind},{order},{mark},{department},{time},000/004/0000042/20260301/OMP-01,{name},2026-03-01 10:15:00\r\n"
    )
}

#[test]
fn the_index_ends_what_it_says_is_deleted_and_counts_the_rest() {
    let names: Vec<&str> = stored().iter().map(|(name, _)| *name).collect();
    let rows = index(names[0], "INS")
        + &index(names[1], "INS")
        + &index(names[2], "DEL")
        + &index(&names[0].replace("_1", "_2"), "INS");
    let document = format!(
        "ANX,0110000001,0000042,20260302,{SUMMARY},K,DEL,08,20260303100000000,x,K_0,2026-03-03 10:00:00\r\n"
    );
    for text in [
        format!("{COLUMNS}\r\n{rows}{document}"),
        format!("{rows}{document}"),
        format!("{COLUMNS}\r\n{rows}{document}").replace(',', "\t"),
    ] {
        assert_eq!(detect("SSMIXIDX.csv", text.as_bytes()), Some(Format::SsMix2));
        let reading = read("SSMIXIDX.csv", text.as_bytes()).unwrap();
        let said: Vec<_> = reading
            .statements
            .iter()
            .map(|each| (each.set.as_str(), each.effect, each.records.len()))
            .collect();
        let deleted = read(names[2], stored()[2].1.as_bytes()).unwrap();
        assert_eq!(
            said,
            [
                (last(&deleted).set.as_str(), Effect::Deleted, 0),
                (format!("{SUMMARY}/K/20260302").as_str(), Effect::Deleted, 0)
            ]
        );
        assert_eq!(reading.statements[0].order, last(&deleted).order);
        assert_eq!(reading.statements[0].patient, last(&deleted).patient);
        let of = |code: &str| {
            reading
                .problems
                .iter()
                .filter(|each| each.code == code)
                .map(|each| each.text.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(of("index").len(), 4, "{:?}", reading.problems);
        assert!(of("index").iter().any(|text| text.starts_with("2 lines (INS) of OMP-01")));
        assert_eq!(of("not-mapped").len(), 4, "the columns no record has a place for");
        let all = format!("{:?}", reading.problems);
        assert!(!all.contains("0000042"), "{all}");
    }
    let broken =
        format!("{COLUMNS}\r\nSTD,1,,20260301,OMP-01,1,DEL,08,20260301101500000,x,y,z\r\n\"STD,1\r\n");
    assert_eq!(
        codes(&read("a", broken.as_bytes()).unwrap()).iter().filter(|code| **code == "bad-line").count(),
        2
    );
    assert_eq!(detect("a", b"a,b,c\r\n"), None);
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200), file in "[\\PC/]{0,12}") {
        for path in ["TR_20260301000000000_1.DAT".to_owned(), content(SUMMARY, "K_20260302153000123_08_1", &file), content(&file, &file, "a")] {
            if let Ok(reading) = read(&path, &bytes) {
                prop_assert!(reading.record_count() > 0 || !reading.problems.is_empty() || !reading.statements.is_empty());
            }
        }
    }

    #[test]
    fn a_mangled_transaction_file_is_answered(at in 0usize..2000, cut in 0usize..30, put in "[,|\\r\u{b}\u{1c}INSDEL0-9薬]{0,8}", form in 0usize..6) {
        let text: String = stored().iter().map(|(name, text)| MARKS[form](name) + text).collect();
        let mut bytes = text.into_bytes();
        let at = at % bytes.len();
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, put.bytes());
        let reading = read("TR_20260301000000000_1.DAT", &bytes);
        if let Ok(reading) = reading {
            prop_assert!(!reading.statements.is_empty() || !reading.problems.is_empty());
        }
        let index = COLUMNS.to_owned() + "\r\n" + &String::from_utf8_lossy(&bytes);
        prop_assert!(read("a", index.as_bytes()).is_ok());
    }
}

#[test]
fn a_file_is_known_by_its_patient_s_folders_on() {
    let standard = "100/001/1000010001/20261124/OML-11/1000010001_20261124_OML-11_1_20261124090000000_-_1";
    let kind = "L-OBSERVATIONS^OBSERVATIONS^99ZL01";
    let content = format!("1000010001_20261124_{kind}_000000000000001_20261124090000000_-_1");
    let extended = format!("100/001/1000010001/20261124/{kind}/{content}/parts/a/main_document.hl7");
    for path in [standard, &extended] {
        for above in ["", "ssmix2/", "mnt/x/ssmix2/"] {
            assert_eq!(formats::ssmix2::storage_path(&format!("{above}{path}")), path);
        }
    }
    assert_eq!(
        formats::ssmix2::storage_path("2026/TR_20261124090000000_00001.DAT"),
        "2026/TR_20261124090000000_00001.DAT"
    );
}
