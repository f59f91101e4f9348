//! HL7 v2 as sent over MLLP: what a message is, whose and of when is derived from it, and it gives what the storage's
//! file of the same message gives. Every person is invented.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS, UTF_8};
use formats::hl7::{self, read_counted};
use formats::{detect, ssmix2};
use model::reading::{Effect, Extent, Format, Input, PATIENT_KEY, PatientKey, Reading, Statement};
use proptest::prelude::*;
use std::collections::BTreeMap;

const PID: &str = "PID|1||0000042^^^^PI||佐倉^花子^^^^^L^I||19480405|F\r";

fn message(kind: &str, control: &str, body: &str) -> String {
    format!("MSH|^~\\&|HIS|H01|GW|HUB|20260310101500||{kind}|{control}|P|2.5||||||~ISO IR87\r{PID}{body}")
}

fn read(bytes: &[u8]) -> Reading {
    hl7::read(&Input { path: "mllp/20260310101500-1", bytes, source_time: "20260311000000000" }).unwrap()
}

fn of(kind: &str, body: &str) -> Reading {
    read(message(kind, "7", body).as_bytes())
}

/// The set a message is about, beside the registration.
fn about(reading: &Reading) -> &Statement {
    reading.statements.iter().rfind(|each| each.set != PATIENT_KEY).unwrap()
}

fn codes(reading: &Reading) -> Vec<&str> {
    reading.problems.iter().map(|each| each.code.as_str()).filter(|code| *code != "not-mapped").collect()
}

#[test]
fn every_trigger_of_the_table_has_its_data_type_day_and_effect() {
    let stay = "EVN||20260310|||||20260305120000\rPV1|1|I|3E^302|||||||||||||||||||||||||||||||||||||||||202603010900|202603100900\rPV2||||||||202603020000|202603080000||||||||||||||||||||||||||||||||||||||202603090800\r";
    let stay = &stay.replace("EVN||20260310|||||20260305120000", "EVN||20260310||||20260305120000");
    for (event, set, effect) in [
        ("A08", "ADT-00/999999999999999", Effect::Stated),
        ("A28", "ADT-00/999999999999999", Effect::Stated),
        ("A31", "ADT-00/999999999999999", Effect::Stated),
        ("A23", "ADT-00/999999999999999", Effect::Deleted),
        ("A29", "ADT-00/999999999999999", Effect::Deleted),
        ("A54", "ADT-01/999999999999999", Effect::Stated),
        ("A55", "ADT-01/999999999999999", Effect::Deleted),
        ("A04", "ADT-12/202603010900/20260301", Effect::Stated),
        ("A14", "ADT-21/999999999999999/20260302", Effect::Stated),
        ("A05", "ADT-21/999999999999999/20260302", Effect::Stated),
        ("A27", "ADT-21/999999999999999/20260302", Effect::Deleted),
        ("A38", "ADT-21/999999999999999/20260302", Effect::Deleted),
        ("A01", "ADT-22/999999999999999/20260301", Effect::Stated),
        ("A11", "ADT-22/999999999999999/20260301", Effect::Deleted),
        ("A21", "ADT-31/999999999999999/20260305", Effect::Stated),
        ("A52", "ADT-31/999999999999999/20260305", Effect::Deleted),
        ("A22", "ADT-32/999999999999999/20260305", Effect::Stated),
        ("A53", "ADT-32/999999999999999/20260309", Effect::Deleted),
        ("A15", "ADT-41/999999999999999/20260302", Effect::Stated),
        ("A26", "ADT-41/999999999999999/20260302", Effect::Deleted),
        ("A02", "ADT-42/999999999999999/20260305", Effect::Stated),
        ("A12", "ADT-42/999999999999999/20260305", Effect::Deleted),
        ("A16", "ADT-51/999999999999999/20260308", Effect::Stated),
        ("A25", "ADT-51/999999999999999/20260308", Effect::Deleted),
        ("A03", "ADT-52/999999999999999/20260310", Effect::Stated),
        ("A13", "ADT-52/999999999999999/20260310", Effect::Deleted),
        ("A60", "ADT-61/999999999999999", Effect::Stated),
    ] {
        let reading = of(&format!("ADT^{event}^ADT_{event}"), stay);
        let found = about(&reading);
        assert_eq!((found.set.as_str(), found.effect), (set, effect), "{event}");
        assert_eq!(found.patient, PatientKey::Local("0000042".into()));
        assert_eq!(found.order.time, "20260310101500000");
        assert!(
            !codes(&reading).iter().any(|code| ["flag", "file-name", "missing-date"].contains(code)),
            "{event}"
        );
        assert_eq!(
            reading.statements[0].effect == Effect::Deleted,
            event == "A23" || event == "A29",
            "{event}"
        );
    }
}

#[test]
fn a_visit_of_an_outpatient_is_one_by_whatever_event() {
    let visit = "PV1|1|O|||||||||||||||||V-7|||||||||||||||||||||||||202603010900\r";
    for (event, effect) in [("A04", Effect::Stated), ("A01", Effect::Stated), ("A11", Effect::Deleted)] {
        let reading = of(&format!("ADT^{event}"), visit);
        assert_eq!((about(&reading).set.as_str(), about(&reading).effect), ("ADT-12/V-7/20260301", effect));
    }
}

#[test]
fn orders_and_results_have_their_number_and_day() {
    let order = |rest: &str| format!("ORC|NW|000000000000185|||||||20260305101010\r{rest}");
    let result = |rest: &str| format!("ORC|SC|000000000000185|||||||20260301\rOBR|1|000000000000185||{rest}");
    for (kind, body, set) in [
        ("OMD^O03", order("ODS|S||1^常食^99X\r"), "OMD/000000000000185/20260305"),
        ("RDE^O11", order("RXE||1^錠^HOT9|1||TAB|||||10|TAB\rRXR|PO\r"), "OMP-01/000000000000185/20260305"),
        (
            "RDE^O11",
            order("RXE||1^液^HOT9|1||ML\rRXR|IV\rRXC|B|1^液^HOT9|1|HON\r"),
            "OMP-02/000000000000185/20260305",
        ),
        (
            "RDE^O11",
            order("RXE||1^インスリン^HOT9|1||KIT|||||2|KIT\rRXR|SC\r"),
            "OMP-01/000000000000185/20260305",
        ),
        ("RDE^O11", order("RXE||1^液^HOT9|1||ML\rRXR|IM\r"), "OMP-02/000000000000185/20260305"),
        (
            "RAS^O17",
            order("RXA|0|1|202603060830|202603060830|1^錠^HOT9|1|TAB\rRXR|PO\r"),
            "OMP-11/000000000000185/20260306",
        ),
        (
            "RAS^O17",
            order("RXA|0|1|202603060830|202603060930|1^液^HOT9|1|HON\rRXR|IV\r"),
            "OMP-12/000000000000185/20260306",
        ),
        (
            "OML^O33",
            order("SPM|1|||023\rOBR|1|000000000000185||3B^生化学^99X\r"),
            "OML-01/000000000000185/20260305",
        ),
        ("OMG^O19", order("OBR|1|000000000000185||1^胸部^JJ1017\r"), "OMG-01/000000000000185/20260305"),
        ("OMG^O19", order("OBR|1|000000000000185||1^胃^LENDO\r"), "OMG-02/000000000000185/20260305"),
        ("OMG^O19", order("OBR|1|000000000000185||9A1^心電図^JC10\r"), "OMG-03/000000000000185/20260305"),
        (
            "OUL^R22",
            format!(
                "SPM|1|||023|||||||||||||20260307\rOBR|1|000000000000185||3B^生化学^99X\r{}",
                order("OBX|1|NM|3H015^カリウム^JC10||4.1|mmol/L|||||F\r")
            ),
            "OML-11/000000000000185/20260307",
        ),
        ("OMI^Z23", result("1^胸部^JJ1017|||202603080900\r"), "OMG-11/000000000000185/20260308"),
        ("OMI^Z23", result("1^胃^LENDO|||202603080900\r"), "OMG-12/000000000000185/20260308"),
        (
            "ORU^R01",
            result("9A1^心電図^JC10|||202603080900\rOBX|1|ST|9A110^心電図^JC10||正常||||||F\r"),
            "OMG-13/000000000000185/20260308",
        ),
        (
            "ORU^R01",
            result("3B^生化学^99X|||202603080900\rOBX|1|NM|3H015^カリウム^JC10||4.1|mmol/L|||||F\r"),
            "OML-11/000000000000185/20260308",
        ),
        (
            "ORU^R30",
            result("9P^バイタル^99X\rOBX|1|NM|9P1000^体温^JC10||36.5|cel|||||F|||202603090600\r"),
            "L-OBSERVATIONS^OBSERVATIONS^99ZL01/000000000000185/20260309",
        ),
        (
            "ORU^R01",
            result("9P^バイタル^99X\rOBX|1|NM|9P1000^体温^JC10||36.5|cel|||||F|||202603090600\r"),
            "L-OBSERVATIONS^OBSERVATIONS^99ZL01/000000000000185/20260309",
        ),
    ] {
        let reading = of(kind, &body);
        assert_eq!(
            (about(&reading).set.as_str(), about(&reading).effect),
            (set, Effect::Stated),
            "{kind} {body}"
        );
        assert!(about(&reading).records.len() > 1, "{kind}: {reading:?}");
    }
    let reading = of("PPR^ZD1", "PRB|AD|20260301|20054174^胃炎^MDCDX2|P-1\rORC|NW|000000000000777\r");
    assert_eq!(about(&reading).set, "PPR-01/000000000000777");
    // The event only in the structure.
    let structure = message("OUL^^OUL_R22", "1", "SPM|1||||||||||||||||20260307\rOBR|1|185||3B^生化学^99X\r");
    assert_eq!(about(&read(structure.as_bytes())).set, "OML-11/185/20260307");
}

#[test]
fn the_order_control_says_whether_it_holds() {
    let order = |controls: &[&str]| {
        let groups = controls.iter().map(|each| {
            format!("ORC|{each}|000000000000185|||||||20260305\rRXE||1^錠^HOT9|1||TAB|||||10|TAB\r")
        });
        of("RDE^O11", &groups.collect::<String>())
    };
    for (controls, effect, changed) in [
        (&["NW"][..], Effect::Stated, false),
        (&["XO"], Effect::Stated, true),
        (&["CA"], Effect::Deleted, true),
        (&["OC", "CA"], Effect::Deleted, true),
        (&["DC"], Effect::Deleted, true),
        (&["NW", "CA"], Effect::Stated, true),
    ] {
        let reading = order(controls);
        assert_eq!(about(&reading).effect, effect, "{controls:?}");
        assert_eq!(codes(&reading).contains(&"order-day"), changed, "{controls:?}");
        assert!(about(&reading).records.len() > 1, "what was cancelled is kept");
    }
    // A replaced order ends, the one that replaces it is stated.
    let body = "ORC|RP|000000000000185|||||||20260305\rRXE||1^錠^HOT9|1||TAB|||||10|TAB\rORC|RO|000000000000186|||||||20260305\rRXE||2^錠^HOT9|1||TAB|||||10|TAB\r";
    let reading = of("RDE^O11", body);
    let sets: Vec<_> =
        reading.statements.iter().skip(1).map(|each| (each.set.as_str(), each.effect)).collect();
    assert_eq!(
        sets,
        [
            ("OMP-01/000000000000185/20260305", Effect::Deleted),
            ("OMP-01/000000000000186/20260305", Effect::Stated)
        ]
    );
}

#[test]
fn a_merge_is_named_and_kept_and_replaces_nothing() {
    let reading = of("ADT^A40^ADT_A39", "MRG|0000041^^^^PI||||||佐倉^はな\r");
    assert!(codes(&reading).contains(&"merge"));
    let patient = &reading.statements[0].records[0];
    assert_eq!(patient.extent, Extent::Supplement);
    assert_eq!(patient.resource["link"][0]["other"]["identifier"]["value"], "0000041");
    assert_eq!(about(&reading).set, "ADT-00/merge/7");
    let problems = format!("{:?}", reading.problems);
    assert!(!problems.contains("0000041") && !problems.contains("佐倉"), "{problems}");
    assert!(reading.statements.iter().all(|each| each.effect == Effect::Stated));
}

#[test]
fn what_is_not_read_is_named() {
    let reading = of("SIU^S12^SIU_S12", "SCH|1|2\r");
    assert!(reading.statements.is_empty());
    assert_eq!(codes(&reading), ["message-type"]);
    assert!(reading.problems.iter().any(|each| each.at == "SCH" && each.code == "not-mapped"));
    for bytes in [&b""[..], b"hello", b"\x0b\x1c\r", "佐倉".as_bytes()] {
        assert_eq!(hl7::read(&Input { path: "", bytes, source_time: "" }).unwrap_err().code, "not-hl7");
    }
    // Without any day the day of the message keeps two movements apart.
    let reading = of("ADT^A01", "PV1|1|I\r");
    assert_eq!(about(&reading).set, "ADT-22/999999999999999/20260310");
    assert!(codes(&reading).contains(&"missing-date"));
}

#[test]
fn several_messages_in_frames_or_in_a_file() {
    let first = message("ADT^A08", "1", "");
    let second =
        message("ADT^A60", "2", "IAM|1|DA^薬剤^HL70127|1^ペニシリン^99X|SV\r").replace("0000042", "0000043");
    let framed = format!("\u{b}{first}\u{1c}\r\u{b}{second}\u{1c}\r");
    let plain = format!("{first}{second}").replace('\r', "\r\n");
    for bytes in [&framed, &plain] {
        let reading = read(bytes.as_bytes());
        let who: Vec<_> = reading.statements.iter().map(|each| each.patient.clone()).collect();
        assert_eq!(
            who,
            [
                PatientKey::Local("0000042".into()),
                PatientKey::Local("0000042".into()),
                PatientKey::Local("0000043".into()),
                PatientKey::Local("0000043".into())
            ]
        );
        assert_eq!(reading.statements[0].records[0].at, "message[1] PID");
    }
    assert_eq!(read(framed.as_bytes()), read(plain.as_bytes()));
    let batch = format!("FHS|^~\\&|HIS\rBHS|^~\\&|HIS\r{first}BTS|1\rFTS|1\r");
    let reading = read(batch.as_bytes());
    assert_eq!(
        reading.problems.iter().filter(|each| each.at.starts_with("line ")).count(),
        4,
        "{:?}",
        reading.problems
    );
    assert_eq!(detect("x", batch.as_bytes()), Some(Format::Hl7));
}

#[test]
fn messages_of_one_second_keep_the_order_of_their_control_ids() {
    let order = |control: &str| about(&read(message("ADT^A08", control, "").as_bytes())).order.clone();
    assert!(order("9") < order("10") && order("099") < order("100"));
}

#[test]
fn the_text_is_decoded_before_it_is_split() {
    // The second bytes of 表 ポ ミ タ are 5C 7C 7E 5E in Shift_JIS: the delimiters of HL7.
    let text = message("ADT^A08", "1", "").replace("佐倉^花子", "表ポ^ミタ");
    let expected = read(text.as_bytes());
    assert_eq!(expected.statements[0].records[0].resource["name"][0]["text"], "表ポ ミタ");
    for encoding in [SHIFT_JIS, ISO_2022_JP, UTF_8] {
        let bytes = encoding.encode(&text).0;
        assert_eq!(read(&bytes), expected, "{}", encoding.name());
    }
    // EUC-JP where MSH-18 says so; without it the bytes are those of half-width katakana too.
    let euc = text.replace("~ISO IR87", "EUC-JP");
    assert_eq!(read(&EUC_JP.encode(&euc).0), read(euc.as_bytes()));
    let bytes = SHIFT_JIS.encode("表ポミタ").0;
    assert!([0x5C, 0x7C, 0x7E, 0x5E].iter().all(|trap| bytes.contains(trap)), "the trap must be a trap");
}

/// The storage's files and what they say by themselves: how many have the same set, and of those the same reading.
fn compare(files: &[(String, Vec<u8>)]) -> BTreeMap<String, (usize, usize)> {
    let mut shares: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (path, bytes) in files {
        let Ok(stored) = ssmix2::read(&Input { path, bytes, source_time: "" }) else { continue };
        let sent = read(bytes);
        let Some(stored) = stored.statements.last() else { continue };
        let share = shares.entry(stored.set.split('/').next().unwrap().to_owned()).or_default();
        share.0 += 1;
        let sent = sent.statements.last().filter(|sent| sent.set == stored.set);
        if let Some(sent) = sent {
            share.1 += 1;
            let keys = |statement: &Statement| {
                statement.records.iter().map(|each| each.key.clone()).collect::<Vec<_>>()
            };
            assert_eq!(keys(sent), keys(stored), "{path}");
        }
    }
    shares
}

#[test]
fn a_message_by_line_and_by_storage_has_one_set_and_the_same_keys() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ssmix2");
    let mut files = Vec::new();
    for folder in std::fs::read_dir(root).unwrap() {
        let Ok(text) = std::fs::read_to_string(folder.unwrap().path().join("in.hl7")) else { continue };
        let (path, text) = text.split_once('\n').unwrap();
        files.push((path.to_owned(), text.replace('\n', "\r").into_bytes()));
    }
    let shares = compare(&files);
    let (all, same) = shares.values().fold((0, 0), |sum, each| (sum.0 + each.0, sum.1 + each.1));
    println!("own fixtures: {same} of {all} have the set of their file: {shares:?}");
    assert!(same * 10 >= all * 8, "{shares:?}");
    for kind in
        ["OMP-01", "OMP-02", "OML-11", "OML-01", "OMG-01", "OMG-11", "OMG-13", "ADT-22", "ADT-52", "OMD"]
    {
        assert!(shares[kind].1 > 0, "{kind} {shares:?}");
    }
}

#[test]
fn the_samples_by_line_have_the_sets_of_their_files() {
    let Some(root) = std::env::var_os("HAKUCHO_SAMPLES") else {
        println!("skipped 1: HAKUCHO_SAMPLES is not set (hl7)");
        return;
    };
    let mut files = Vec::new();
    let mut leaves = (0, 0);
    for part in ["ssmix2/nho-testingtool", "synthetic-ssmix2/root"] {
        let mut folders = vec![std::path::Path::new(&root).join(part)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                // Folder 0000001 of the tool holds deliberately broken messages.
                if path.is_dir() {
                    folders.push(path);
                } else if let (false, Ok(bytes)) =
                    (path.display().to_string().contains("/0000001/"), std::fs::read(&path))
                {
                    let input = Input { path: "mllp", bytes: &bytes, source_time: "" };
                    if let Ok((_, (all, unread))) = read_counted(&input) {
                        leaves = (leaves.0 + all, leaves.1 + unread);
                    }
                    files.push((path.display().to_string(), bytes));
                }
            }
        }
    }
    let shares = compare(&files);
    println!("{shares:?}; {} of {} values not mapped", leaves.1, leaves.0);
    assert!(leaves.1 * 20 <= leaves.0);
    for kind in ["OMP-01", "OML-11", "OMP-02", "OMD", "OML-01", "OMG-01", "OMG-11", "OMP-12"] {
        let (all, same) = shares.get(kind).copied().unwrap_or((1, 1));
        assert!(same * 10 >= all * 9, "{kind}: {same} of {all}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
        let _ = hl7::read(&Input { path: "", bytes: &bytes, source_time: "" });
        let message = [b"MSH|^~\\&|".as_slice(), &bytes].concat();
        let reading = hl7::read(&Input { path: "", bytes: &message, source_time: "" }).unwrap();
        prop_assert!(reading.record_count() > 0 || !reading.problems.is_empty());
    }

    #[test]
    fn a_mangled_message_is_answered(at in 0usize..600, cut in 0usize..20, put in proptest::collection::vec(any::<u8>(), 0..8), which in 0usize..3) {
        let encoding: &Encoding = [SHIFT_JIS, ISO_2022_JP, EUC_JP][which];
        let text = message("OUL^R22", "1", "SPM|1|||023|||||||||||||20260307\rOBR|1|185||3B^生化学^99X\rOBX|1|NM|3H015^カリウム^JC10||4.1|mmol/L|||||F\r");
        let mut bytes = encoding.encode(&text).0.into_owned();
        let at = at % bytes.len();
        let end = (at + cut).min(bytes.len());
        bytes.splice(at..end, put);
        if let Ok(reading) = hl7::read(&Input { path: "", bytes: &bytes, source_time: "" }) {
            prop_assert!(reading.record_count() > 0 || !reading.problems.is_empty());
        }
    }
}
