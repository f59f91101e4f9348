//! FHIR JSON: characters, numbers, ids and versions come out as they went in.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use formats::fhir::read;
use model::reading::{Effect, Input, Reading, StatedRecord};
use serde_json::{Value, json};

fn read_bytes(bytes: &[u8]) -> Reading {
    read(&Input { path: "in.json", bytes, source_time: "20260401090000000" }).unwrap()
}

fn subject() -> Value {
    json!({"identifier": {"system": "urn:oid:1.2.392.100495.20.3.51.10112345678", "value": "1"}})
}

fn observation() -> Value {
    json!({"resourceType": "Observation", "status": "final", "code": {"text": "x"}, "subject": subject()})
}

fn records(reading: &Reading) -> Vec<&StatedRecord> {
    let all = reading.statements.iter().flat_map(|each| &each.records);
    all.filter(|record| record.resource["resourceType"] != "Patient").collect()
}

fn codes(reading: &Reading) -> Vec<&str> {
    reading.problems.iter().map(|problem| problem.code.as_str()).collect()
}

#[test]
fn what_is_utf8_is_never_read_as_anything_else() {
    // Without a Japanese character these bytes are half-width kana in Shift_JIS.
    for text in ["36.5°C ±0.1 µmol/L", "Müller", "\u{85}\u{2028}", "𠮷野 葛\u{e0100}城 \u{feff}"] {
        let mut resource = observation();
        resource["valueString"] = text.into();
        let reading = read_bytes(format!("\u{feff}{resource}\r\n\u{1a}\r\n").as_bytes());
        assert_eq!(records(&reading)[0].resource["valueString"], text);
        assert!(reading.problems.is_empty(), "{:?}", reading.problems);
    }
}

#[test]
fn numbers_keep_every_digit() {
    for number in
        ["1.10", "0.010", "-0", "-0.0", "100", "12345678901234567890123", "0.1234567890123456789012"]
    {
        let text = format!(
            r#"{{"resourceType":"Observation","status":"final","code":{{}},"subject":{},"v":[{number}]}}"#,
            subject()
        );
        let reading = read_bytes(text.as_bytes());
        assert_eq!(records(&reading)[0].resource["v"][0].to_string(), number);
        assert!(codes(&reading).is_empty(), "{:?}", reading.problems);
    }
}

#[test]
fn half_a_character_costs_itself_and_no_more() {
    let text = observation().to_string().replace("\"x\"", r#""甲 \ud83d 乙""#);
    let reading = read_bytes(text.as_bytes());
    assert_eq!(records(&reading)[0].resource["code"]["text"], "甲 \u{fffd} 乙");
    assert_eq!(codes(&reading), ["charset"]);
}

#[test]
fn the_senders_id_is_kept_where_the_type_has_a_place_for_it() {
    for (kind, tag) in [
        ("Observation", false),
        ("VisionPrescription", false),
        ("AdverseEvent", true),
        ("ConceptMap", true),
        ("SearchParameter", true),
        ("Binary", true),
        ("Composition", true),
    ] {
        let reading = read_bytes(json!({"resourceType": kind, "id": "a-1"}).to_string().as_bytes());
        let resource = &records(&reading)[0].resource;
        let kept =
            if tag { &resource["meta"]["tag"][0]["code"] } else { &resource["identifier"][0]["value"] };
        assert_eq!(kept, &json!(format!("{kind}/a-1")));
    }
    let mut resource = observation();
    resource["id"] = json!(17);
    let reading = read_bytes(resource.to_string().as_bytes());
    assert_eq!(records(&reading)[0].resource["identifier"][0]["value"], "Observation/17");
}

#[test]
fn a_history_has_versions_of_one_record() {
    let version = |number: &str, time: Option<&str>| {
        let mut resource = observation();
        resource["id"] = "o1".into();
        resource["valueString"] = number.into();
        resource["meta"] = json!({"versionId": number});
        if let Some(time) = time {
            resource["meta"]["lastUpdated"] = time.into();
        }
        json!({"fullUrl": "https://his.example/Observation/o1", "resource": resource})
    };
    let report = json!({"resource": {"resourceType": "DiagnosticReport", "id": "d1", "status": "final", "code": {},
        "subject": subject(), "result": [{"reference": "Observation/o1"}]}});
    let (new, old) = ("2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z");
    for times in [[Some(new), Some(old)], [None, None]] {
        let [second, first] = times;
        let entries = json!([report, version("2", second), version("1", first)]);
        let bundle = json!({"resourceType": "Bundle", "type": "history", "entry": entries});
        let reading = read_bytes(bundle.to_string().as_bytes());
        let mut versions: Vec<_> = reading
            .statements
            .iter()
            .filter(|each| each.records[0].resource["resourceType"] == "Observation")
            .map(|each| (&each.order, &each.set, &each.records[0]))
            .collect();
        versions.sort_by_key(|(order, ..)| *order);
        let told: Vec<_> =
            versions.iter().map(|(.., record)| record.resource["valueString"].clone()).collect();
        assert_eq!(told, ["1", "2"], "the newest stands first in a history");
        assert_eq!((versions[0].1, &versions[0].2.key), (versions[1].1, &versions[1].2.key));
        let reference =
            &records(&reading).iter().find(|each| each.key.starts_with("Diag")).unwrap().resource["result"];
        assert_eq!(reference[0]["reference"], format!("urn:key:{}", versions[0].2.key));
        assert!(!codes(&reading).contains(&"duplicate"));
    }
}

#[test]
fn a_conditional_reference_finds_its_patient() {
    let system = "urn:oid:1.2.392.100495.20.3.51.10112345678";
    let patient = json!({"resourceType": "Patient", "identifier": [{"system": system, "value": "1"}], "name": [{"text": "架空 花子"}]});
    let mut resource = observation();
    for (reference, inside) in [
        (format!("Patient?identifier={system}|1"), true),
        (format!("Patient?identifier={}%7C1&active=true", system.replace(':', "%3A")), true),
        (format!("Patient?identifier={system}|2"), false),
    ] {
        resource["subject"] = json!({ "reference": reference });
        let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": [
            {"resource": patient, "request": {"method": "POST", "url": "Patient"}}, {"resource": resource}]});
        let reading = read_bytes(bundle.to_string().as_bytes());
        let all = records(&reading);
        let one = all.iter().find(|each| each.resource["resourceType"] == "Observation").unwrap();
        let expected = if inside { "urn:key:Patient" } else { reference.as_str() };
        assert_eq!(one.resource["subject"]["reference"], expected);
        // The facility's own number: theirs also where the file has no Patient of it.
        let of =
            reading.statements.iter().find(|each| each.records.iter().any(|record| record.key == one.key));
        assert_eq!(of.unwrap().patient.local_id().unwrap().reveal(), if inside { "1" } else { "2" });
    }
}

#[test]
fn a_history_takes_back_what_it_says_was_deleted() {
    let version = |number: &str, month: &str| {
        let mut resource = observation();
        resource["id"] = "o1".into();
        resource["valueString"] = number.into();
        resource["meta"] = json!({"lastUpdated": format!("2026-{month}-01T00:00:00Z")});
        json!({"fullUrl": "https://his.example/Observation/o1", "resource": resource})
    };
    let deleted = json!({"request": {"method": "DELETE", "url": "Observation/o1"},
        "response": {"status": "204", "lastModified": "2026-03-01T00:00:00Z"}});
    let bundle = |kind: &str, entries: Value| {
        let bundle = json!({"resourceType": "Bundle", "type": kind, "entry": entries});
        let mut reading = read_bytes(bundle.to_string().as_bytes());
        reading.statements.retain(|each| each.records[0].resource["resourceType"] == "Observation");
        reading.statements.sort_by(|one, other| one.order.cmp(&other.order));
        reading
    };
    let reading =
        bundle("history", json!([version("3", "04"), deleted, version("2", "02"), version("1", "01")]));
    let told: Vec<_> = reading
        .statements
        .iter()
        .map(|each| {
            (each.effect == Effect::Deleted, each.records[0].resource["valueString"].as_str().unwrap())
        })
        .collect();
    assert_eq!(told, [(false, "1"), (false, "2"), (true, "2"), (false, "3")]);
    assert!(reading.problems.is_empty(), "{:?}", reading.problems);
    // Of what the file does not hold nothing can be said, and a request is not a fact.
    assert_eq!(codes(&bundle("history", json!([deleted]))), ["not-applied"]);
    let asked = bundle("transaction", json!([deleted, version("1", "01")]));
    assert!(codes(&asked).contains(&"not-applied"));
    assert!(asked.statements.iter().all(|each| each.effect == Effect::Stated));
}
