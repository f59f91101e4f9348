//! 口腔診査情報標準コード: teeth, states, whose they are, what is not known. Every person is invented.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use crate::care_account::{
    alter_each, case, cases, check_fixtures, check_resources, mutated, reading, shown,
};
use formats::{detect, read};
use model::reading::{Format, Input, PATIENT_KEY, PatientKey, Reading, Resource};
use proptest::prelude::*;

const FORMAT: Format = Format::Dental;

fn of(name: &str) -> Reading {
    let case = case(FORMAT, name);
    reading(FORMAT, &case.path, &case.bytes)
}

fn records(reading: &Reading) -> Vec<(&str, &Resource)> {
    let records = reading.statements.iter().flat_map(|statement| &statement.records);
    records.map(|record| (record.key.as_str(), &record.resource)).collect()
}

fn find<'r>(reading: &'r Reading, end: &str) -> &'r Resource {
    records(reading).into_iter().find(|(key, _)| key.ends_with(end)).map(|(_, resource)| resource).unwrap()
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
        let (fields, named) = alter_each(FORMAT, &case, |_, place| place == 0);
        (all, unmapped) = (all + fields, unmapped + named);
    }
    println!("dental: {all} fields, {unmapped} named and not mapped");
    assert!(all > 100 && unmapped < all / 20, "{unmapped} of {all}");
}

#[test]
fn a_tooth_is_there_with_its_state_and_surfaces() {
    let reading = of("first-visit");
    let exists = find(&reading, "tooth/1015/exists");
    assert_eq!(exists["valueCodeableConcept"]["coding"][0]["code"], "TB-3-0");
    assert_eq!(exists["bodySite"]["coding"][0]["display"], "右側上顎第２小臼歯");
    assert!(
        exists["meta"]["profile"][0].as_str().unwrap().ends_with("JP_Observation_DentalOral_ToothExistence")
    );
    assert_eq!(exists["effectiveDateTime"], "2026-04-15");
    assert_eq!(exists["hasMember"].as_array().unwrap().len(), 2);
    let state = find(&reading, "tooth/1015/state");
    assert!(state["meta"]["profile"][0].as_str().unwrap().ends_with("ToothTreatmentCondition"));
    let surfaces: Vec<&str> = state["bodySite"]["extension"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each["valueCodeableConcept"]["coding"][0]["code"].as_str().unwrap())
        .collect();
    assert_eq!(surfaces, ["TP-13", "TP-16"], "a zero is no surface");
    let codes: Vec<&str> = state["component"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|component| component["code"]["coding"].as_array().unwrap())
        .map(|coding| coding["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["TP-3-02", "TD-2-10", "TP-21-01", "TP-9", "TP-18"]);
    assert_eq!(state["component"][0]["code"]["text"], "右側上顎第２小臼歯 処置歯 失活歯");
}

#[test]
fn a_gap_is_a_missing_tooth() {
    let reading = of("first-visit");
    let state = find(&reading, "tooth/1046/state");
    assert!(state["meta"]["profile"][0].as_str().unwrap().ends_with("MissingToothCondition"));
    assert_eq!(state["category"][2]["coding"][0]["code"], "DO-1-03");
    assert_eq!(state["component"][0]["code"]["coding"][0]["code"], "TM-4-02");
    assert_eq!(state["component"][0]["code"]["coding"][1]["code"], "TD-2-59");
    assert!(state.contains_key("identifier"));
}

#[test]
fn every_dental_record_is_dental_in_the_chart() {
    for (key, resource) in records(&of("first-visit")) {
        if matches!(resource["resourceType"].as_str(), Some("Observation" | "DiagnosticReport")) {
            assert_eq!(model::chart::kind(resource), model::facility::RecordKind::Dental, "{key}");
        }
    }
}

#[test]
fn whose_it_is() {
    let reading = of("two-people");
    let people: Vec<&PatientKey> =
        reading.statements.iter().filter(|each| each.set == PATIENT_KEY).map(|each| &each.patient).collect();
    let [one, other] = people.as_slice() else { panic!("two people") };
    assert_eq!(**one, PatientKey::Local(model::Personal::new("C-00123".to_owned())));
    assert!(matches!(other, PatientKey::Described(_)), "no number, but a full description");
    let patient = &reading.statements[0].records[0].resource;
    assert_eq!(patient["identifier"][0]["value"], "06139999:12:3456:01");
    assert_eq!((&patient["birthDate"], &patient["gender"]), (&"1940-05-05".into(), &"female".into()));
    let ends: Vec<&str> = reading
        .statements
        .iter()
        .map(|each| each.set.as_str())
        .filter(|set| set.starts_with("dental/0"))
        .collect();
    assert_eq!(ends, ["dental/0130000001/2026-04-15/23", "dental/0130000001/2026-04-15/23"]);
}

/// One field less before them would make the number of somebody else of the next field.
#[test]
fn a_person_in_another_layout_is_nobody() {
    let reading = of("odd");
    assert!(reading.statements.iter().all(|each| each.patient.needs_assignment()));
    assert!(reading.statements.iter().all(|each| each.set != PATIENT_KEY));
    let (out, problems) = shown(&reading);
    assert!(out.contains("C-9"), "kept under its number");
    for expected in [
        "unknown-version | record VR",
        "unknown-version | record PN line 2",
        "missing | record TD line 4",
        "unknown-column | record TB line 5",
        "unknown-record | record XX line 6",
    ] {
        assert!(problems.contains(expected), "{expected} in\n{problems}");
    }
}

/// The codes of JP Core's own examples, read in place, come out of a record with their values.
#[test]
fn codes_of_the_examples_come_out() {
    let mut checked = 0;
    for (name, bytes) in crate::outside::samples("fhir-jpcore/fsh-1.2", &["fsh"]).unwrap_or_default() {
        if !name.contains("DentalOral") || name.contains("Report") || name.contains("eCS") {
            continue;
        }
        let text = String::from_utf8(bytes).unwrap();
        let code = |line: &str| {
            line.split('#').nth(1).map(|rest| rest.split_whitespace().next().unwrap().to_owned())
        };
        let site = text.lines().filter(|line| line.starts_with("* bodySite =")).find_map(code).unwrap();
        let mut records = [("TB", vec![site.clone()]), ("TD", vec![]), ("TP", vec![]), ("TM", vec![])];
        let mut expected = vec![site];
        for line in text.lines().filter(|line| !line.starts_with("//")) {
            let Some(code) = code(line) else { continue };
            let mut parts = code.split('-');
            let (Some(kind), Some(item)) =
                (parts.next(), parts.next().and_then(|item| item.parse::<usize>().ok()))
            else {
                continue;
            };
            let Some((_, fields)) = records.iter_mut().find(|(each, _)| *each == kind) else { continue };
            fields.resize(fields.len().max(item - 1), String::new());
            fields[item - 2] = parts.next().unwrap_or("1").to_owned();
            expected.push(code);
        }
        let mut lines = "VR,JDAOES000102\r\n".to_owned();
        for (kind, fields) in records.iter().filter(|(_, fields)| !fields.is_empty()) {
            lines.push_str(&format!("{kind},{}\r\n", fields.join(",")));
        }
        let (out, _) = shown(&reading(FORMAT, "a", lines.as_bytes()));
        for code in expected {
            assert!(out.contains(&format!("\"code\": \"{code}\"")), "{name}: {code} in {lines}");
        }
        checked += 1;
    }
    println!("dental: {checked} examples compared");
}

#[test]
fn other_files_are_not_taken() {
    for text in ["", "VR,1\r\n", "ON,1\r\nTB,1011\r\n", "IR,1,13\r\nRE,1\r\n", "PN,1\r\n"] {
        assert_ne!(detect("a", text.as_bytes()), Some(FORMAT), "{text}");
        let refused =
            read(FORMAT, &Input { path: "a", bytes: text.as_bytes(), source_time: "" }).unwrap_err();
        assert_eq!(refused.code, "not-dental");
    }
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let text = [b"VR,JDAOES000102\r\nON,1\r\nPN,".as_slice(), &bytes].concat();
        for bytes in [&bytes, &text] {
            let _ = read(FORMAT, &Input { path: "a", bytes, source_time: "" });
        }
    }

    #[test]
    fn a_damaged_file_never_panics_and_stays_valid(which in 0..9usize, place in any::<usize>(), byte in any::<u8>(), how in any::<u8>()) {
        let cases = cases(FORMAT);
        let case = &cases[which % cases.len()];
        let bytes = mutated(&case.bytes, place, byte, how);
        if let Ok(reading) = read(FORMAT, &Input { path: "a", bytes: &bytes, source_time: "" }) {
            check_resources(&reading, "mutated");
        }
    }
}
