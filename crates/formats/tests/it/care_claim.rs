//! 介護給付費請求 and 給付管理票: every kind of record, identity, counts, odd files. Every person is invented.

#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use crate::care_account::{
    alter_each, case, cases, check_fixtures, check_resources, mutated, reading, shown,
};
use formats::{detect, read};
use model::reading::{Effect, Format, Input, PatientKey, Reading};
use proptest::prelude::*;

const FORMAT: Format = Format::CareClaim;

fn of(name: &str) -> Reading {
    let case = case(FORMAT, name);
    reading(FORMAT, &case.path, &case.bytes)
}

fn count(reading: &Reading, kind: &str) -> usize {
    let records = reading.statements.iter().flat_map(|statement| &statement.records);
    records.filter(|record| record.resource["resourceType"] == kind).count()
}

#[test]
fn fixtures_read_as_written_down() {
    check_fixtures(FORMAT);
}

#[test]
fn fixtures_are_told_and_give_valid_resources() {
    for case in cases(FORMAT) {
        assert_eq!(detect(&case.path, &case.bytes), Some(FORMAT), "{}", case.folder.display());
        check_resources(&reading(FORMAT, &case.path, &case.bytes), &case.folder.display().to_string());
    }
}

#[test]
fn every_field_is_mapped_or_named() {
    let (mut all, mut unmapped) = (0, 0);
    for case in cases(FORMAT) {
        // The control and the end line, the kind and the serial of a data line are the envelope.
        let (fields, named) =
            alter_each(FORMAT, &case, |line, place| place < 2 || line == 0 && ![3, 10].contains(&place));
        (all, unmapped) = (all + fields, unmapped + named);
    }
    println!("care-claim: {all} fields, {unmapped} named and not mapped");
    assert!(all > 300 && unmapped < all / 5, "{unmapped} of {all}");
}

#[test]
fn a_month_of_home_care_is_an_encounter_with_its_services() {
    let reading = of("home");
    assert_eq!(
        reading.problems.iter().map(|problem| problem.code.as_str()).collect::<Vec<_>>(),
        ["not-mapped"],
        "only the office's totals"
    );
    assert_eq!((count(&reading, "Encounter"), count(&reading, "Procedure")), (2, 4));
    let local = |text: &str| PatientKey::Local(model::Personal::new(text.to_owned()));
    let people: Vec<&PatientKey> = reading.statements.iter().map(|each| &each.patient).collect();
    assert!(people.contains(&&local("131045-0000012345")) && people.contains(&&local("131045-H000000007")));
    let set = reading.statements.iter().find(|each| each.set == "care-claim/7131/1370000011/202604").unwrap();
    assert_eq!(set.order.time, "20260400000000000");
    let encounter = &set.records[0].resource;
    assert_eq!(encounter["period"]["start"], "2026-04-10", "care began within the month");
    assert_eq!(encounter["period"]["end"], "2026-04-30");
    assert_eq!(encounter["class"]["code"], "HH");
    assert_eq!(encounter["serviceType"]["text"], "介護サービス 2026年4月 訪問介護");
    let service = &set.records[1].resource;
    assert_eq!(service["code"]["coding"][0]["code"], "111211");
    assert_eq!(service["code"]["text"], "訪問介護 111211");
    assert_eq!(service["note"][0]["text"], "4回・日、1584単位");
    assert_eq!(service["meta"]["tag"][0]["code"], "care-claim");
    let keys: Vec<&str> =
        set.records.iter().map(|record| record.key.rsplit("/02/").next().unwrap()).collect();
    assert_eq!(&keys[1..], ["111211", "114001", "111211/2"]);
    let coverage = reading.statements.iter().find(|each| each.set == "care-claim/coverage").unwrap();
    let coverage = &coverage.records[0].resource;
    assert_eq!(coverage["identifier"][0]["value"], "131045:0000012345");
    assert_eq!(coverage["period"]["end"], "2027-09-30");
    let level = &coverage["extension"][1]["valueCodeableConcept"];
    assert_eq!(level["text"], "要介護2");
}

#[test]
fn the_registration_is_recognised_as_a_member_of_the_care_insurance() {
    let reading = of("home");
    let find = |kind: &str| {
        let records = reading.statements.iter().flat_map(|statement| &statement.records);
        records.map(|record| &record.resource).find(|resource| resource["resourceType"] == kind).unwrap()
    };
    let (patient, coverage) = (find("Patient"), find("Coverage"));
    let registration = model::registration::Registration::new(patient, &[coverage]);
    let [insurance] = registration.insurances.as_slice() else { panic!("one insurance") };
    assert_eq!(insurance.scheme, model::registration::Scheme::Care);
    assert_eq!(
        (insurance.insurer.reveal().as_str(), insurance.number.reveal().as_str()),
        ("131045", "0000012345")
    );
}

#[test]
fn a_stay_keeps_its_dates_and_its_diseases() {
    let reading = of("stay");
    assert!(reading.problems.is_empty(), "{:?}", reading.problems);
    let set = reading.statements.iter().find(|each| each.set.starts_with("care-claim/7195")).unwrap();
    let encounter = &set.records[0].resource;
    assert_eq!(encounter["class"]["code"], "IMP");
    assert_eq!(encounter["period"]["start"], "2026-04-01", "the month's part of a stay that began before");
    assert_eq!(encounter["period"]["end"], "2026-04-18");
    assert!(
        encounter["extension"].to_string().contains(r#""url":"入所（院）年月日","valueDate":"2026-03-20""#)
    );
    let diseases: Vec<&str> = set
        .records
        .iter()
        .filter(|record| record.resource["resourceType"] == "Condition")
        .map(|record| record.resource["code"]["text"].as_str().unwrap())
        .collect();
    assert_eq!(diseases, ["肺炎", "脱水", "尿路感染症", "慢性閉塞性肺疾患"]);
    assert_eq!(count(&reading, "Procedure"), 4);
}

#[test]
fn a_plan_sheet_is_corrected_and_taken_back() {
    let reading = of("plan-sheet-corrected");
    let sheets: Vec<_> =
        reading.statements.iter().filter(|each| each.set.starts_with("care-claim/8222")).collect();
    let [taken_back, first, corrected] = sheets.as_slice() else { panic!("three sheets") };
    assert_eq!(taken_back.effect, Effect::Deleted);
    assert_eq!((first.effect, first.set == corrected.set), (Effect::Stated, true));
    assert!(first.order < corrected.order);
    let plan = &corrected.records[0].resource;
    assert_eq!(plan["activity"].as_array().unwrap().len(), 1);
    assert_eq!(plan["description"], "訪問介護 2600単位（日）");
}

#[test]
fn the_same_claim_again_is_the_same_set_and_a_later_month_of_processing_is_newer() {
    let case = case(FORMAT, "home");
    let text = formats::text_file::decode(&case.bytes, &mut Vec::new());
    let later = text.replacen(",202605,", ",202606,", 1);
    let (one, two) = (reading(FORMAT, "a", text.as_bytes()), reading(FORMAT, "b", later.as_bytes()));
    for (one, two) in one.statements.iter().zip(&two.statements) {
        assert_eq!((&one.set, &one.patient), (&two.set, &two.patient));
        assert!(one.order < two.order);
    }
}

/// Who comes first in the file changes nothing of what is said of anybody.
#[test]
fn the_order_of_the_data_lines_does_not_matter() {
    for name in ["stay", "care-management", "plan-sheet"] {
        let case = case(FORMAT, name);
        let text = formats::text_file::decode(&case.bytes, &mut Vec::new());
        let mut lines: Vec<&str> = text.lines().collect();
        let end = lines.len() - 1;
        lines[1..end].reverse();
        let keys = |text: &str| {
            let reading = reading(FORMAT, "a", text.as_bytes());
            let mut keys: Vec<String> = Vec::new();
            for statement in reading.statements {
                keys.extend(statement.records.iter().map(|each| format!("{} {}", statement.set, each.key)));
            }
            keys.sort();
            keys
        };
        assert_eq!(keys(&text), keys(&lines.join("\r\n")), "{name}");
    }
}

#[test]
fn what_is_odd_is_said() {
    let (_, problems) = shown(&of("odd"));
    for expected in [
        "count-mismatch | record control line 1 field 4",
        "truncated | record end",
        "unknown-column | record 7131-02 line 2",
        "unknown-record | record 7131 unknown line 3",
        "not-mapped | record 7131 unknown line 3 field 7",
        "unknown-record | record 7999 unknown line 4",
        "impossible-date | record 7131-01 line 5 field 13",
        "unknown-code | record 7131-01 line 5 field 14",
        "unknown-code | record 7131-01 line 5 field 15",
    ] {
        assert!(problems.contains(expected), "{expected} in\n{problems}");
    }
    let reading = of("odd");
    let unknown =
        reading.statements.iter().find(|each| !matches!(each.patient, PatientKey::Local(_))).unwrap();
    assert!(
        unknown.patient.needs_assignment(),
        "a number alone, without its insurer or the other way round, is nobody's"
    );
}

fn person_of(insurer: &str, insured: &str) -> Option<PatientKey> {
    let text = format!(
        "1,1,0,1,711,0,0,1,0,7,202605,0\r\n2,2,7131,02,202604,1370000011,{insurer},{insured},11,1211\r\n3,3\r\n"
    );
    reading(FORMAT, "a", text.as_bytes()).statements.first().map(|statement| statement.patient.clone())
}

#[test]
fn a_person_is_insurer_and_number_in_one_form_or_nobody_yet() {
    let local = |text: &str| Some(PatientKey::Local(model::Personal::new(text.to_owned())));
    for (insurer, insured, key) in [
        ("00131045", "0000012345", "131045-0000012345"),
        ("131045", "12345", "131045-0000012345"),
        ("１３１０４５", "h000000007", "131045-H000000007"),
        ("\"011234\"", "\"0000012345\"", "011234-0000012345"),
        ("00011234", "0000012345", "011234-0000012345"),
    ] {
        assert_eq!(person_of(insurer, insured), local(key), "{insurer} {insured}");
    }
    for (insurer, insured) in
        [("131045", ""), ("", "12345"), ("12131045", "12345"), ("131045", "123456789012"), ("1310-5", "1")]
    {
        assert!(person_of(insurer, insured).unwrap().needs_assignment(), "{insurer} {insured}");
    }
    assert_eq!(person_of("", "0000000000"), None, "nobody: no record is made that would join two people");
}

#[test]
fn other_files_are_not_taken() {
    for text in [
        "",
        "1,2,3",
        "1,1,0,5,741,0,0,1,0,7,202605,0\r\n",
        "IR,1,13,1,1234567\r\n",
        "1,1,0,x,711,0,0,1,0,7,202605,0\r\n",
    ] {
        assert_ne!(detect("a.csv", text.as_bytes()), Some(FORMAT), "{text}");
        let refused =
            read(FORMAT, &Input { path: "a", bytes: text.as_bytes(), source_time: "" }).unwrap_err();
        assert_eq!(refused.code, "not-care-claim");
    }
}

/// The field list of another implementation, read in place: our layouts have the same numbers of fields.
#[test]
fn layouts_have_as_many_fields_as_another_implementation_writes() {
    let mut checked = 0;
    for (name, bytes) in crate::outside::samples("care-claim", &["txt"]).unwrap_or_default() {
        let text = String::from_utf8(bytes).unwrap();
        for (first, kind) in [
            ("201", "01"),
            ("301", "02"),
            ("401", "03"),
            ("501", "04"),
            ("701", "10"),
            ("801", "11"),
            ("901", "12"),
            ("1701", "13"),
        ] {
            let numbers = text.split("SYSTEM_BIND_PATH:").skip(1).filter_map(|rest| {
                let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
                digits
                    .strip_prefix(first)
                    .filter(|rest| rest.len() == 3)
                    .and_then(|rest| rest.parse::<usize>().ok())
            });
            // 57 to 60 are that program's own.
            let most = numbers.filter(|number| *number <= 56).max().unwrap();
            let claim = |width: usize| {
                let mut fields: Vec<String> = vec!["1".to_owned(); width];
                for (field, text) in
                    ["7131", kind, "202604", "1370000011", "00131045", "0000012345"].iter().enumerate()
                {
                    fields[field] = (*text).to_owned();
                }
                let text = format!("1,1,0,1,711,0,0,1,0,7,202605,0\r\n2,2,{}\r\n3,3\r\n", fields.join(","));
                shown(&reading(FORMAT, "a", text.as_bytes())).1
            };
            assert!(!claim(most).contains("unknown-column"), "{name} {kind}: {most}");
            assert!(claim(most + 1).contains("unknown-column"), "{name} {kind}: {most}");
            checked += 1;
        }
    }
    println!("care-claim: {checked} layouts compared");
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(FORMAT, &Input { path: "a", bytes: &bytes, source_time: "" });
        let text = [b"1,1,0,1,711,0,0,1,0,7,202605,0\r\n2,2,7131,01,".as_slice(), &bytes].concat();
        let _ = read(FORMAT, &Input { path: "a", bytes: &text, source_time: "" });
    }

    #[test]
    fn a_damaged_file_never_panics_and_stays_valid(which in 0..20usize, place in any::<usize>(), byte in any::<u8>(), how in any::<u8>()) {
        let cases = cases(FORMAT);
        let case = &cases[which % cases.len()];
        let bytes = mutated(&case.bytes, place, byte, how);
        if let Ok(reading) = read(FORMAT, &Input { path: "a", bytes: &bytes, source_time: "" }) {
            check_resources(&reading, "mutated");
        }
    }
}
