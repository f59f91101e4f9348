//! FHIR JSON: Bundles split and kept, people kept apart, nothing changed on the way.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use formats::fhir::read;
use model::reading::{Extent, Input, PATIENT_KEY, PatientKey, Reading, StatedRecord};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::HashSet;

const LOCAL: &str = "urn:oid:1.2.392.100495.20.3.51.10112345678";
const INSTANCE: &str = "http://jpfhir.jp/fhir/core/IdSystem/resourceInstance-identifier";

fn read_value(value: &Value) -> Reading {
    read_text(&value.to_string())
}

fn read_text(text: &str) -> Reading {
    read(&Input { path: "in.json", bytes: text.as_bytes(), source_time: "20260401090000000" }).unwrap()
}

fn records(reading: &Reading) -> impl Iterator<Item = (&PatientKey, &StatedRecord)> {
    reading.statements.iter().flat_map(|each| each.records.iter().map(move |record| (&each.patient, record)))
}

fn of_kind<'r>(reading: &'r Reading, kind: &'r str) -> Vec<(&'r PatientKey, &'r StatedRecord)> {
    records(reading).filter(|(_, record)| record.resource["resourceType"] == kind).collect()
}

fn codes(reading: &Reading) -> Vec<&str> {
    reading.problems.iter().map(|problem| problem.code.as_str()).collect()
}

fn patient(id: &str, number: &str) -> Value {
    json!({
        "resourceType": "Patient", "id": id, "birthDate": "1940-05-05", "gender": "female",
        "identifier": [{"system": LOCAL, "value": number}], "name": [{"text": "佐倉 花子"}],
    })
}

fn result(id: &str, subject: &str, code: &str) -> Value {
    json!({
        "resourceType": "Observation", "id": id, "status": "final", "unknownElement": {"kept": 1.0},
        "identifier": [{"system": INSTANCE, "value": "order-1"}],
        "code": {"coding": [{"system": "urn:local", "code": code}]},
        "subject": {"reference": subject}, "performer": [{"reference": "urn:uuid:lab"}],
    })
}

fn bundle(kind: &str) -> Value {
    json!({
        "resourceType": "Bundle", "id": "b1", "type": kind, "timestamp": "2026-04-01T01:00:00Z",
        "identifier": {"system": "urn:bundle", "value": "42"},
        "entry": [
            {"fullUrl": "urn:uuid:p", "resource": patient("p1", "0001")},
            {"fullUrl": "urn:uuid:o1", "resource": result("o1", "urn:uuid:p", "K")},
            {"fullUrl": "urn:uuid:o2", "resource": result("o2", "Patient/p1", "ALB")},
            {"fullUrl": "urn:uuid:lab", "resource": {"resourceType": "Organization", "name": "架空検査センター"}},
        ],
    })
}

#[test]
fn a_bundle_is_kept_and_split() {
    let whole = bundle("collection");
    let reading = read_value(&whole);
    assert_eq!(reading.problems, vec![]);
    assert_eq!(reading.record_count(), 5);
    assert!(records(&reading).all(|(who, _)| matches!(who, PatientKey::Local(id) if id.reveal() == "0001")));
    let kept = &of_kind(&reading, "Bundle")[0].1.resource;
    assert_eq!(kept["entry"], whole["entry"]);
    let results = of_kind(&reading, "Observation");
    let keys: HashSet<&str> = results.iter().map(|(_, record)| record.key.as_str()).collect();
    assert_eq!(keys.len(), 2, "one identifier for two results is two records");
    let lab = &of_kind(&reading, "Organization")[0].1.key;
    for (_, record) in results {
        assert_eq!(record.resource["subject"]["reference"], "urn:key:Patient");
        assert_eq!(record.resource["performer"][0]["reference"], format!("urn:key:{lab}"));
        assert_eq!(record.resource["unknownElement"], json!({"kept": 1.0}));
        let ids = record.resource["identifier"].as_array().unwrap();
        assert_eq!(ids[1]["system"], "urn:hakucho:sender-id");
        assert!(ids[1]["value"].as_str().unwrap().starts_with("Observation/o"));
    }
    assert_eq!(reading.statements[0].order.time, "20260401100000000");
}

#[test]
fn a_document_is_one_set_and_other_entries_are_their_own() {
    let sets = |kind: &str| -> Vec<String> {
        read_value(&bundle(kind)).statements.into_iter().map(|each| each.set).collect()
    };
    assert_eq!(sets("document"), ["Patient", "Bundle/urn:bundle|42"]);
    assert_eq!(sets("collection").len(), 5);
    let reading = read_value(&bundle("document"));
    let own = records(&reading).filter(|(_, record)| record.key != PATIENT_KEY);
    assert!(own.into_iter().all(|(_, record)| record.key.starts_with("Bundle/urn:bundle|42")));
}

#[test]
fn keys_hold_when_ids_and_urls_are_made_anew() {
    for kind in ["document", "collection", "transaction", "batch", "searchset"] {
        let again = bundle(kind).to_string();
        let again = again
            .replace("urn:uuid:", "urn:uuid:new-")
            .replace("\"o1\"", "\"x1\"")
            .replace("\"o2\"", "\"x2\"");
        let keys = |reading: &Reading| -> HashSet<String> {
            of_kind(reading, "Observation").iter().map(|(_, record)| record.key.clone()).collect()
        };
        assert_eq!(keys(&read_value(&bundle(kind))), keys(&read_text(&again)), "{kind}");
    }
}

#[test]
fn two_patients_stay_apart_and_nobody_sees_the_envelope() {
    let mut two = bundle("searchset");
    let entries = two["entry"].as_array_mut().unwrap();
    entries.push(json!({"fullUrl": "urn:uuid:q", "resource": patient("p2", "0002")}));
    entries.push(json!({"fullUrl": "urn:uuid:o3", "resource": result("o3", "urn:uuid:q", "K")}));
    let reading = read_value(&two);
    let whose = |kind: &str| -> Vec<String> {
        let found = of_kind(&reading, kind).into_iter();
        found.map(|(who, _)| who.local_id().map_or_else(String::new, |id| id.reveal().clone())).collect()
    };
    assert_eq!(whose("Observation"), ["0001", "0001", "0002"]);
    assert_eq!(whose("Organization"), ["0001", "0002"], "whoever is referred to goes along");
    let envelope = of_kind(&reading, "Bundle")[0].0;
    assert!(envelope.needs_assignment() && !whose("Patient").contains(&whose("Bundle")[0]));
    assert!(codes(&reading).contains(&"several-patients"));
}

#[test]
fn bundles_in_a_bundle_are_all_kept() {
    let mut second = bundle("document");
    second["entry"][1]["resource"]["code"]["coding"][0]["code"] = json!("NA");
    let outer = json!({
        "resourceType": "Bundle", "type": "collection",
        "entry": [{"resource": bundle("document")}, {"resource": second}],
    });
    let reading = read_value(&outer);
    assert_eq!(of_kind(&reading, "Bundle").len(), 3);
    assert_eq!(of_kind(&reading, "Observation").len(), 4);
    let sets: HashSet<&str> = reading.statements.iter().map(|each| each.set.as_str()).collect();
    assert_eq!(sets.len(), 4, "the patient, both documents and the outer Bundle: {sets:?}");
    assert!(records(&reading).all(|(who, _)| who.local_id().is_some_and(|id| id.reveal() == "0001")));
}

#[test]
fn unknown_people_never_meet() {
    let lines = ["Patient/a", "Patient/b", "Patient/a"]
        .iter()
        .enumerate()
        .map(|(index, subject)| result(&format!("o{index}"), subject, "K").to_string());
    let reading = read_text(&lines.collect::<Vec<_>>().join("\n"));
    let people: Vec<&PatientKey> = of_kind(&reading, "Observation").into_iter().map(|(who, _)| who).collect();
    assert_eq!(people[0], people[2]);
    assert_ne!(people[0], people[1]);
    assert!(people.iter().all(|who| who.needs_assignment()));
    let other = read_text(
        &[result("o0", "Patient/a", "K"), result("o1", "Patient/c", "K")].map(|v| v.to_string()).join("\n"),
    );
    assert_ne!(
        people[0],
        of_kind(&other, "Observation")[0].0,
        "a logical id of another file may be anybody's"
    );
}

#[test]
fn subjects_are_found_by_number_identifier_and_contained_patient() {
    let lone = |subject: Value| {
        let mut observation = result("o1", "", "K");
        observation["subject"] = subject;
        observation["contained"] = json!([patient("p", "0009")]);
        read_value(&observation)
    };
    let who = |reading: &Reading| of_kind(reading, "Observation")[0].0.clone();
    let local = lone(json!({"identifier": {"system": LOCAL, "value": "0007"}, "display": "佐倉 花子"}));
    assert_eq!(who(&local).local_id().unwrap().reveal(), "0007");
    let hint = of_kind(&local, "Patient")[0].1;
    assert_eq!((hint.extent, &hint.resource["name"][0]["text"]), (Extent::Supplement, &json!("佐倉 花子")));
    assert_eq!(who(&lone(json!({"reference": "#p"}))).local_id().unwrap().reveal(), "0009");
    let insured = lone(json!({"identifier": {"system": "urn:x:JP_Insurance_memberID", "value": "1:2:3:4"}}));
    assert_eq!(who(&insured), PatientKey::Nobody);
    assert!(codes(&insured).contains(&"patient-not-included"));
}

#[test]
fn patients_without_a_number_are_described_or_nobody() {
    let with = |change: Value| {
        let mut patient = patient("p1", "1");
        patient.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        read_value(&patient).statements[0].patient.clone()
    };
    let address = json!({"identifier": [], "address": [{"text": "伊達市架空町1"}]});
    assert!(matches!(with(address.clone()), PatientKey::Described(_)));
    assert_eq!(
        with(address.clone()),
        with(json!({"identifier": [], "address": [{"text": "伊達市架空町１"}]}))
    );
    let other = json!({"identifier": [{"system": "urn:care:resident", "value": "77"}]});
    assert!(matches!(with(other), PatientKey::Described(_)));
    assert_eq!(with(json!({"identifier": []})), PatientKey::Nobody);
    let insurance = json!({"identifier": [{"system": "urn:x:JP_Insurance_memberID", "value": "1:2:3:4"}]});
    assert_eq!(with(insurance), PatientKey::Nobody);
}

#[test]
fn what_is_odd_is_said_and_kept() {
    let odd = r#"{"resourceType":"Observation","code":{"text":"a","text":"b"},"effectiveDateTime":"2026-02-30",
        "valueQuantity":{"value":1.10},"subject":{"identifier":{"system":"urn:oid:1.2.392.100495.20.3.51","value":"1"}}}"#;
    let reading = read_text(odd);
    let at: Vec<_> = reading.problems.iter().map(|each| (each.code.as_str(), each.at.as_str())).collect();
    for expected in [
        ("duplicate-key", "Observation.code.text"),
        ("impossible-date", "Observation.effectiveDateTime"),
        ("missing", "Observation.status"),
    ] {
        assert!(at.contains(&expected), "{expected:?} in {at:?}");
    }
    let written = of_kind(&reading, "Observation")[0].1.resource["valueQuantity"]["value"].to_string();
    assert_eq!(written, "1.10");
    assert!(
        codes(&read_value(&json!({"resourceType": "Organization", "name": "x"}))).contains(&"no-patient")
    );
}

#[test]
fn arrays_lines_and_what_is_no_fhir() {
    let array = read_value(&json!([patient("p1", "1"), {"a": 1}, result("o1", "Patient/p1", "K")]));
    assert_eq!((array.record_count(), codes(&array)), (2, vec!["unreadable"]));
    let lines =
        format!("\u{feff}{}\r\n{{broken\r\n{}\r\n", patient("p1", "1"), result("o1", "Patient/p1", "K"));
    let reading = read_text(&lines);
    assert_eq!(reading.record_count(), 2);
    assert_eq!(reading.problems[0].at, "line 2");
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    for text in ["", "{", "{}", "[]", "[1]", "null", "{\"resourceType\":7}", "JAHISTC08,1", &deep] {
        let refused = read(&Input { path: "x", bytes: text.as_bytes(), source_time: "" }).unwrap_err();
        assert_eq!(refused.code, "not-fhir");
    }
}

/// A resource and those in its entries, Bundles in Bundles too.
fn resources(resource: &Value) -> usize {
    let entries = resource["entry"].as_array().into_iter().flatten();
    1 + entries
        .filter(|entry| entry["resource"].is_object())
        .map(|entry| resources(&entry["resource"]))
        .sum::<usize>()
}

#[test]
fn samples_are_kept_whole() {
    let mut counted = (0, 0);
    for folder in ["fhir-clins", "fhir-jpcore", "fhir-ereferral", "fhir-eprescription", "fhir-echeckup"] {
        let Some(files) = crate::outside::samples(folder, &["json"]) else { return };
        for (name, bytes) in files {
            let Ok(reading) = read(&Input { path: &name, bytes: &bytes, source_time: "" }) else {
                panic!("{name} was refused");
            };
            counted.0 += 1;
            counted.1 += reading.problems.len();
            let original: Value = serde_json::from_slice(&bytes).unwrap();
            let kind = original["resourceType"].as_str().unwrap();
            let main = of_kind(&reading, kind).into_iter().find(|(_, record)| record.at == kind).unwrap().1;
            let mut kept = Value::Object(main.resource.clone());
            let mut before = original.clone();
            for value in [&mut kept, &mut before] {
                let map = value.as_object_mut().unwrap();
                map.remove("identifier");
                map.remove("meta");
            }
            assert_eq!(kept, before, "{name}");
            let entries = resources(&original);
            let stated = records(&reading).filter(|(_, record)| record.extent == Extent::Whole).count();
            assert_eq!(stated, entries, "{name}");
            if name.contains("ErrorExample") {
                assert!(codes(&reading).contains(&"missing-code"), "{name}: {:?}", codes(&reading));
            }
        }
    }
    println!("fhir samples: {} files kept whole, {} problems", counted.0, counted.1);
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&Input { path: "x", bytes: &bytes, source_time: "" });
    }

    #[test]
    fn never_panics_on_mutated_bundles(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut bytes = bundle("document").to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = read(&Input { path: "x", bytes: &bytes, source_time: "" });
        bytes.truncate(cut.index(bytes.len()));
        let _ = read(&Input { path: "x", bytes: &bytes, source_time: "" });
    }

    #[test]
    fn every_entry_is_stated_once_for_each_of_its_people(subjects in proptest::collection::vec(0usize..4, 1..12)) {
        let mut entries: Vec<Value> = (0..2).map(|n| json!({"resource": patient(&format!("p{n}"), &format!("n{n}"))})).collect();
        for (index, subject) in subjects.iter().enumerate() {
            entries.push(json!({"resource": result(&format!("o{index}"), &format!("Patient/p{subject}"), &format!("c{index}"))}));
        }
        let reading = read_value(&json!({"resourceType": "Bundle", "type": "batch", "entry": entries}));
        prop_assert_eq!(of_kind(&reading, "Observation").len(), subjects.len());
        let mut keys = HashSet::new();
        for (who, record) in records(&reading) {
            prop_assert!(keys.insert((who.clone(), record.key.clone())), "a key names one record");
        }
        for (who, record) in of_kind(&reading, "Observation") {
            let number = record.resource["identifier"][1]["value"].as_str().unwrap();
            let subject = subjects[number.trim_start_matches("Observation/o").parse::<usize>().unwrap()];
            let expected = (subject < 2).then(|| format!("n{subject}"));
            match expected {
                Some(local) => prop_assert_eq!(who.local_id().unwrap().reveal(), &local),
                None => prop_assert!(who.needs_assignment()),
            }
        }
    }
}
