//! JAHIS 院外処方箋2次元シンボル: every record type, every field, sets, people, samples.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use crate::okusuri::alter_each;
use formats::rx_2d::read;
use model::reading::{Input, PatientKey, Reading};
use proptest::prelude::*;
use serde_json::{Map, Value};

pub const FULL: &str = "JAHIS10\r
1,1,1234567,01,架空総合病院\r
2,052-0000,北海道伊達市架空町7\r
3,0142-00-0000,0142-00-0009,info@example.jp\r
4,2,01,第一内科\r
5,D77,ｲｼ ｲﾁﾛｳ,医師 一郎\r
11,P0001,佐倉 花子,ｻｸﾗ ﾊﾅｺ\r
12,2\r
13,3150505\r
14,1\r
21,7\r
22,39011234\r
23,記８,１２３４,1,01\r
24,10,90\r
25,3\r
27,12345678,1234567\r
28,21345678,2234567\r
29,51345678,3234567\r
30,特－１２,４４\r
31,1318\r
51,20260310\r
52,20260320\r
61,麻12,北海道伊達市架空町1-2-3,0142-00-0001\r
62,2\r
63,3,2\r
64,3\r
81,1,,訪問\r
81,2,3,分割日数１４日、分割回数３回\r
82,1,1234567890123456\r
101,1,1,,42\r
102,1,14,42\r
111,1,2,1013044400000000,１日３回朝昼夕食後,3\r
181,1,1,2,一包化,,\r
181,1,2,8,１日おき,I1100000,\r
201,1,1,1,4,1234567F1ZZZ,架空降圧錠２．５ｍｇ,3.50,1,錠\r
211,1,1,0.66667\r
221,1,1,1.5,1,1,,,V11.5NNN,V2001NNN,V3001NNN,,\r
231,1,1,1,0,1,0\r
241,1,1,2/3,2\r
281,1,1,1,3,後発品変更不可,\r
281,1,1,2,7,１日おき,I1100000\r
201,1,2,1,7,1234567F2ZZZ,【般】架空カプセル１０ｍｇ,30,2,ｍｇ\r
281,1,2,1,6,剤形変更不可及び含量規格変更不可,\r
101,2,2,,5\r
111,2,1,,疼痛時,\r
201,2,1,1,1,,架空鎮痛錠,1,1,錠\r
101,3,9,訪問,1\r
111,3,1,,１日１回貼付,\r
181,3,1,9,左耳,,42L\r
201,3,1,3,2,620000000,,70,1,枚\r
241,3,1,1.5,4\r
";

fn input(bytes: &[u8]) -> Input<'_> {
    Input { path: "code.txt", bytes, source_time: "20260312000000000" }
}

fn reading(text: &str) -> Reading {
    read(&input(text.as_bytes())).unwrap()
}

fn resources<'r>(reading: &'r Reading, kind: &str) -> Vec<&'r Map<String, Value>> {
    let records = reading.statements.iter().flat_map(|statement| &statement.records);
    records.map(|record| &record.resource).filter(|resource| resource["resourceType"] == kind).collect()
}

fn sets(text: &str) -> Vec<String> {
    let reading = reading(text);
    reading.statements.into_iter().map(|each| each.set).filter(|set| set.starts_with("rx-2d/p/")).collect()
}

#[test]
fn every_record_type_arrives() {
    let reading = reading(FULL);
    assert_eq!(reading.problems, vec![]);
    for (kind, count) in [("Patient", 1), ("Coverage", 5), ("MedicationRequest", 4), ("Communication", 3)] {
        assert_eq!(resources(&reading, kind).len(), count, "{kind}");
    }
    let patient = resources(&reading, "Patient")[0];
    assert_eq!(patient["birthDate"], "1940-05-05");
    assert!(!patient.contains_key("identifier"), "P0001 is the institution's number, not the reader's");

    let requests = resources(&reading, "MedicationRequest");
    let daily = requests[0];
    let dosage = &daily["dosageInstruction"][0];
    assert_eq!(dosage["text"], "１日３回朝昼夕食後");
    assert_eq!(dosage["doseAndRate"][0]["rateRatio"]["numerator"]["value"].to_string(), "3.50");
    assert_eq!(dosage["timing"]["repeat"]["frequency"], 3);
    assert_eq!(dosage["additionalInstruction"][2]["text"], "1回目 1.5錠");
    assert_eq!(daily["dispenseRequest"]["expectedSupplyDuration"]["value"], 42);
    assert_eq!(daily["dispenseRequest"]["numberOfRepeatsAllowed"], 2);
    assert_eq!(daily["dispenseRequest"]["validityPeriod"]["end"], "2026-03-20");
    let supply = daily["dispenseRequest"]["extension"].to_string();
    for extension in ["split-prescription", "refill-total-uses", "split-each", "split-total"] {
        assert!(supply.contains(extension), "{extension}");
    }
    assert_eq!(daily["substitution"]["allowedCodeableConcept"]["coding"][0]["code"], "1");
    assert_eq!(daily["groupIdentifier"]["value"], "1234567890123456");
    assert_eq!(daily["medicationCodeableConcept"]["coding"][0]["system"], model::codes::YJ);
    assert_eq!(requests[1]["medicationCodeableConcept"]["coding"][0]["system"], model::codes::GENERAL_NAME);
    assert_eq!(requests[1]["dosageInstruction"][0]["doseAndRate"][0]["type"]["coding"][0]["code"], "2");
    let as_needed = requests[2];
    assert_eq!(as_needed["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"], 1);
    assert_eq!(as_needed["dosageInstruction"][0]["asNeededBoolean"], true);
    assert!(as_needed["dispenseRequest"]["extension"].to_string().contains("ExpectedRepeatCount"));
    let patch = requests[3];
    assert_eq!(patch["dispenseRequest"]["quantity"]["value"], 70);
    assert_eq!(patch["dosageInstruction"][0]["site"]["coding"][0]["code"], "42L");
    for request in requests {
        for required in ["status", "intent", "medicationCodeableConcept", "subject"] {
            assert!(request.contains_key(required), "{required}");
        }
    }
    for coverage in resources(&reading, "Coverage") {
        for required in ["status", "beneficiary", "payor"] {
            assert!(coverage.contains_key(required), "{required}");
        }
    }
    let insurance = resources(&reading, "Coverage");
    let patient = resources(&reading, "Patient")[0];
    let registration = model::registration::Registration::new(patient, &insurance);
    assert_eq!(registration.insurances.len(), 1, "public expenses are no insurance");
    assert_eq!(registration.insurances[0].insurer.reveal(), "39011234");
    assert_eq!(registration.local_id, None);
}

#[test]
fn no_field_is_lost_in_silence() {
    let (fields, silent, named) = alter_each(read, FULL);
    assert!(fields > 190, "{fields}");
    assert_eq!(silent, Vec::<String>::new());
    assert_eq!(named, 0);
}

#[test]
fn more_fields_unknown_records_and_strays_are_named() {
    let more = FULL.replace("12,2\r", "12,2,9\r").replace("62,2\r", "62,2\r\n62,1\r");
    let text = format!("{more}999,1,x\r\n281,7,1,1,1,孤児,\r\n211,1,1,5\r\n");
    let problems = reading(&text).problems;
    let at: Vec<&str> = problems.iter().map(|problem| problem.at.as_str()).collect();
    for expected in [
        "record 12 line 8 field 3",
        "record 62 line 25 field 2",
        "record 999 line 53 field 3",
        "record 281 line 54 field 6",
        "record 211 line 55 field 4",
    ] {
        assert!(at.contains(&expected), "{expected} in {at:?}");
    }
}

#[test]
fn the_same_paper_is_the_same_set_and_another_paper_is_not() {
    let base = sets(FULL);
    assert_eq!(base.len(), 1);
    // With a number of its own, whatever is corrected.
    assert_eq!(base, sets(&FULL.replace("20260310", "5080310").replace("架空鎮痛錠", "架空鎮痛錠改")));
    assert_ne!(base, sets(&FULL.replace("82,1,1234567890123456", "82,1,1234567890123457")));
    assert_ne!(base, sets(&FULL.replace("63,3,2", "63,3,3")), "each part of a split one");
    // Without a number: amounts and usages may be corrected, other drugs are another paper.
    let bare = FULL.replace("82,1,1234567890123456\r\n", "");
    assert_ne!(sets(&bare), base);
    let corrected = bare
        .replace(",3.50,1,錠", ",2,1,錠")
        .replace("疼痛時", "痛む時")
        .replace("101,1,1,,42", "101,1,1,,28");
    assert_eq!(sets(&bare), sets(&corrected));
    assert_ne!(sets(&bare), sets(&bare.replace("架空鎮痛錠", "架空眠剤")));
    assert_ne!(sets(&bare), sets(&bare.replace("51,20260310", "51,20260311")));
    assert_ne!(sets(&bare), sets(&bare.replace("1,1,1234567,01", "1,1,1234568,01")));
    assert_ne!(sets(&bare), sets(&bare.replace("医師 一郎", "医師 二郎")));
    // Twice in one file: both are kept.
    let twice = reading(&format!("{bare}{bare}"));
    assert_eq!(resources(&twice, "MedicationRequest").len(), 8);
    assert!(twice.problems.iter().any(|problem| problem.code == "duplicate"));
}

#[test]
fn lines_sorted_by_record_number_are_the_same_prescription() {
    let mut lines: Vec<&str> = FULL.lines().skip(1).collect();
    lines.sort_by_key(|line| line.split(',').next().unwrap().parse::<u32>().unwrap());
    let sorted = reading(&format!("SJ1\r\n{}\r\n\u{1a}", lines.join("\r\n")));
    assert_eq!(sorted.problems, vec![]);
    let drugs = |reading: &Reading| -> Vec<String> {
        let all = resources(reading, "MedicationRequest").into_iter();
        all.map(|each| format!("{}{}", each["medicationCodeableConcept"], each["dosageInstruction"]))
            .collect()
    };
    assert_eq!(drugs(&sorted), drugs(&reading(FULL)));
}

#[test]
fn whose_it_is_follows_the_description() {
    let key = |text: &str| reading(text).statements[0].patient.clone();
    // The notebook of the same person, address and telephone is the same person.
    let notebook = "JAHISTC08,1\r\n1,佐倉　花子,2,19400505,052-0000,北海道伊達市架空町1-2-3,0142000001,,,,サクラ ハナコ\r\n";
    let notebook = formats::okusuri::read(&input(notebook.as_bytes())).unwrap().statements[0].patient.clone();
    assert_eq!(key(FULL), notebook);
    // Without them: by the insurance; a full-width number is the same number.
    let insured = FULL.replace("61,麻12,北海道伊達市架空町1-2-3,0142-00-0001\r\n", "");
    assert!(matches!(key(&insured), PatientKey::Described(_)));
    assert_ne!(key(&insured), notebook);
    assert_eq!(key(&insured), key(&insured.replace("１２３４", "1234")));
    assert_ne!(key(&insured), key(&insured.replace("１２３４", "１２３５")));
    // Then by the institution's number; less than that is nobody.
    let patient_of = insured.replace("22,39011234", "22,");
    assert!(matches!(key(&patient_of), PatientKey::Described(_)));
    assert_ne!(key(&patient_of), key(&patient_of.replace("P0001", "P0002")));
    assert_eq!(key(&patient_of.replace("P0001", "")), PatientKey::Nobody);
    assert_eq!(key(&insured.replace("13,3150505\r\n", "")), PatientKey::Nobody);
    // Two people in one file stay two.
    let other = insured.replace("佐倉 花子", "架空 太郎");
    let both = reading(&format!("{insured}{other}"));
    let people: std::collections::HashSet<_> = both.statements.iter().map(|each| &each.patient).collect();
    assert_eq!(people.len(), 2);
    assert!(both.problems.iter().any(|problem| problem.code == "several-patients"));
}

#[test]
fn what_is_odd_is_said() {
    for (from, to, code) in [
        ("51,20260310", "51,20260230", "impossible-date"),
        ("51,20260310", "51,", "missing"),
        ("13,3150505", "13,3650101", "out-of-era"),
        ("101,1,1,,42", "101,1,8,,42", "unknown-code"),
        ("101,1,1,,42", "101,1,1,,四二", "unreadable"),
        ("201,1,1,1,4,1234567F1ZZZ", "201,1,1,1,4,", "missing-code"),
        ("JAHIS10", "JAHIS12", "unknown-version"),
        ("12,2", "12,3", "unknown-code"),
        ("111,2,", "111,9,", "missing"),
        ("1,1,1234567,01", "1,1,1234567,", "incomplete-code"),
        ("架空降圧錠", "架空\u{e000}錠", "charset"),
    ] {
        let reading = reading(&FULL.replacen(from, to, 1));
        assert!(reading.problems.iter().any(|problem| problem.code == code), "{to}: {:?}", reading.problems);
    }
    for refused in [&b"JAHISTC08,1\r\n"[..], b"NOT_JAHIS\r\n1,1", b"", b"JAHIS100\r\n"] {
        assert_eq!(read(&input(refused)).unwrap_err().code, "not-rx-2d");
    }
    assert_eq!(reading("JAHIS10\r\n").statements, vec![]);
}

#[test]
fn no_problem_names_the_person() {
    let broken = FULL.replace(',', ",,").replace("JAHIS10", "JAHIS99");
    for problem in reading(&broken).problems {
        let all = format!("{} {} {}", problem.code, problem.at, problem.text);
        assert!(!all.contains("佐倉") && !all.contains("架空") && !all.contains("ｻｸﾗ"), "{all}");
    }
}

#[test]
fn samples_lose_no_field() {
    let Some(files) = crate::outside::samples("rx-2d", &["txt"]) else { return };
    let (mut fields, mut named, mut silent, mut refused) = (0, 0, Vec::new(), 0);
    for (name, bytes) in files {
        let text = formats::text_file::decode(&bytes, &mut Vec::new());
        if !text.lines().next().is_some_and(formats::rx_2d::is_header) {
            assert!(read(&input(&bytes)).is_err());
            refused += 1;
            continue;
        }
        assert!(read(&input(&bytes)).is_ok(), "{name}");
        let counts = alter_each(read, &text);
        fields += counts.0;
        named += counts.2;
        silent.extend(counts.1.into_iter().map(|at| format!("{name} {at}")));
    }
    println!(
        "rx-2d samples: {fields} fields, {named} named as not mapped, {} silent, {refused} refused",
        silent.len()
    );
    assert_eq!(silent, Vec::<String>::new());
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&input(&[b"JAHIS10\r\n", bytes.as_slice()].concat()));
    }

    #[test]
    fn never_panics_on_mutated_text(cut in 0..FULL.len(), at in 0..FULL.len(), byte in any::<u8>()) {
        let mut bytes = FULL.as_bytes().to_vec();
        bytes[at] = byte;
        bytes.truncate(cut.max(9));
        let _ = read(&input(&bytes));
    }

    #[test]
    fn any_order_of_lines_loses_no_text(seed in proptest::collection::vec(any::<prop::sample::Index>(), 50)) {
        let mut lines: Vec<&str> = FULL.lines().skip(1).collect();
        for (position, index) in seed.iter().enumerate().take(lines.len()) {
            let other = index.index(lines.len());
            lines.swap(position, other);
        }
        let reading = reading(&format!("JAHIS10\r\n{}\r\n", lines.join("\r\n")));
        let all = format!("{:?} {:?}", reading.statements, reading.problems);
        for (number, line) in lines.iter().enumerate() {
            let text = line.split(',').max_by_key(|field| field.len()).unwrap();
            let named = format!("line {} field", number + 2);
            let date = model::wareki::parse(text).map_or_else(|_| text.to_owned(), |read| read.date.fhir());
            prop_assert!(text.len() < 6 || all.contains(&date) || all.contains(text) || all.contains(&named), "{line}");
        }
    }
}
