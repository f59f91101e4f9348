//! ORCA API: every value of an answer changes the reading or is named, in our own answers and in the outside
//! samples; arbitrary and mutated bytes never panic.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use formats::orca::read;
use model::reading::{Input, Reading};
use proptest::prelude::*;
use serde_json::Value;

/// Words of the session and padding of the call: they say nothing about a patient.
const ENVELOPE: &[&str] = &[
    "Reskey",
    "Request_Number",
    "Response_Number",
    "Karte_Uid",
    "Orca_Uid",
    "Target_Patient_Count",
    "No_Target_Patient_Count",
    "Api_Result_Message",
    "Base_Date",
    "Information_Overflow",
    "Form_Name",
    "Print_Date",
    "Print_Time",
    "Printer",
    "EditPageNumber_Flg",
    "Label",
    // Decide what an answer is; tested by themselves.
    "Form_ID",
    "Api_Result",
];

fn input(bytes: &[u8]) -> Input<'_> {
    Input { path: "answer.json", bytes, source_time: "20260312000000000" }
}

fn print(reading: &Reading) -> String {
    format!("{:?} {:?}", reading.statements, reading.problems)
}

/// Every text of an answer with the way to it.
fn leaves(value: &Value, way: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(name, inner)| {
            way.push(name.clone());
            leaves(inner, way, found);
            way.pop();
        }),
        Value::Array(list) => list.iter().enumerate().for_each(|(index, inner)| {
            way.push(index.to_string());
            leaves(inner, way, found);
            way.pop();
        }),
        Value::String(text) if !text.trim().is_empty() => found.push(way.clone()),
        _ => {}
    }
}

fn at<'v>(value: &'v mut Value, way: &[String]) -> &'v mut Value {
    way.iter().fold(value, |value, step| match value {
        Value::Array(list) => list.get_mut(step.parse::<usize>().unwrap()).unwrap(),
        other => other.get_mut(step).unwrap(),
    })
}

/// Values, of them those named as not taken over, and the silent ones.
fn account(bytes: &[u8]) -> (usize, usize, Vec<String>) {
    let whole: Value = serde_json::from_slice(bytes).unwrap();
    let before = read(&input(bytes)).unwrap();
    let printed = print(&before);
    let mut ways = Vec::new();
    leaves(&whole, &mut Vec::new(), &mut ways);
    let (mut values, mut named, mut silent) = (0, 0, Vec::new());
    for way in ways {
        if ENVELOPE.iter().any(|word| way.iter().any(|step| step == word)) {
            continue;
        }
        values += 1;
        let names: Vec<&str> =
            way.iter().filter(|step| step.parse::<usize>().is_err()).map(String::as_str).collect();
        let indexed = way.iter().fold(String::new(), |whole, step| match step.parse::<usize>() {
            Ok(index) => format!("{whole}[{index}]"),
            Err(_) if whole.is_empty() => step.clone(),
            Err(_) => format!("{whole}.{step}"),
        });
        let plain = |place: &str| -> String {
            place.split('[').map(|part| part.split_once(']').map_or(part, |(_, rest)| rest)).collect()
        };
        let is_named = before.problems.iter().any(|problem| {
            let whole_answer = ["not-mapped", "api-error", "unknown-call", "api-warning"];
            let place = plain(&problem.at);
            let place = place.trim_end_matches(".Api_Result").trim_end_matches("Api_Result");
            let way = names.join(".");
            if problem.code == "no-such-patient" {
                return indexed.starts_with(&format!("{}.", problem.at));
            }
            whole_answer.contains(&problem.code.as_str())
                && (way == place || place.is_empty() || way.starts_with(&format!("{place}.")))
                && (problem.code != "api-warning" || place.contains("Message") || place.contains("Info"))
        });
        if is_named {
            named += 1;
            continue;
        }
        let mut altered = whole.clone();
        let slot = at(&mut altered, &way);
        let text = slot.as_str().unwrap().to_owned();
        let digits = text.bytes().any(|b| b.is_ascii_digit());
        let other = if digits {
            text.chars()
                .map(|c| c.to_digit(10).map_or(c, |d| char::from_digit((d + 1) % 10, 10).unwrap()))
                .collect()
        } else {
            format!("{text}ろ")
        };
        *slot = Value::String(other);
        let same = read(&input(altered.to_string().as_bytes())).is_ok_and(|after| print(&after) == printed);
        if same {
            silent.push(way.join("."));
        }
    }
    (values, named, silent)
}

#[test]
fn every_value_of_the_samples_arrives_or_is_named() {
    let Some(samples) = crate::outside::samples("orca-api", &["json"]) else { return };
    let (mut values, mut named, mut errors) = (0, 0, 0);
    let mut silent = std::collections::BTreeMap::<String, usize>::new();
    for (name, bytes) in &samples {
        let reading = read(&input(bytes)).unwrap();
        errors += usize::from(reading.problems.iter().any(|problem| problem.code == "api-error"));
        let (all, not_taken, lost) = account(bytes);
        values += all;
        named += not_taken;
        for way in lost {
            *silent.entry(format!("{} {way}", name.rsplit('/').next().unwrap())).or_default() += 1;
        }
    }
    println!(
        "orca-api: {} answers ({errors} errors), {values} values, {} in records, {named} named",
        samples.len(),
        values - named
    );
    assert!(silent.is_empty(), "{silent:#?}");
}

#[test]
fn every_value_of_our_answers_arrives_or_is_named() {
    for answer in crate::orca::answers() {
        let (_, named, silent) = account(answer.to_string().as_bytes());
        assert!(silent.is_empty(), "{silent:?}");
        // A possible Individual Number, and the number asked for that is nobody's.
        let expected = [("patientinfores", 3), ("patientlst2res", 2)];
        let expected =
            expected.iter().find(|(call, _)| answer.get(call).is_some()).map_or(0, |(_, count)| *count);
        assert_eq!(named, expected, "{:?}", answer.as_object().unwrap().keys().next());
    }
}

#[test]
fn every_record_is_a_whole_resource() {
    let mut answers: Vec<Vec<u8>> =
        crate::orca::answers().iter().map(|answer| answer.to_string().into_bytes()).collect();
    answers.extend(
        crate::outside::samples("orca-api", &["json"])
            .unwrap_or_default()
            .into_iter()
            .map(|(_, bytes)| bytes),
    );
    for bytes in answers {
        for record in read(&input(&bytes)).unwrap().statements.iter().flat_map(|each| &each.records) {
            whole(&record.resource);
        }
    }
}

/// What FHIR R4 requires is there, and every day exists: by the look that FHIR documents get.
pub fn whole(resource: &model::reading::Resource) {
    let bytes = serde_json::to_vec(resource).unwrap();
    let reading = formats::fhir::read(&input(&bytes)).unwrap();
    let odd = |code: &str| matches!(code, "missing" | "impossible-date" | "duplicate-key");
    let found: Vec<_> = reading.problems.iter().filter(|problem| odd(&problem.code)).collect();
    assert!(found.is_empty(), "{found:?}");
}

/// The answer as xml2: records, arrays of `<name>_child`, strings; what is empty is left out, as ORCA does.
fn xml(name: &str, value: &Value) -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    match value {
        Value::Object(map) => {
            let inside: String = map.iter().map(|(name, value)| xml(name, value)).collect();
            if inside.is_empty() { inside } else { format!("<{name} type=\"record\">\n{inside}</{name}>\n") }
        }
        Value::Array(list) => {
            let child = format!("{name}_child");
            let inside: String = list.iter().map(|value| xml(&child, value)).collect();
            if inside.is_empty() { inside } else { format!("<{name} type=\"array\">\n{inside}</{name}>\n") }
        }
        Value::String(text) if text.is_empty() => String::new(),
        Value::String(text) => format!("<{name} type=\"string\">{}</{name}>", escape(text)),
        other => format!("<{name} type=\"string\">{other}</{name}>"),
    }
}

fn xml_of(answer: &Value) -> String {
    let inside: String = answer.as_object().unwrap().iter().map(|(name, value)| xml(name, value)).collect();
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xmlio2>\n{inside}</xmlio2>\n")
}

#[test]
fn xml_and_json_of_an_answer_are_read_alike() {
    let mut answers = crate::orca::answers();
    for (_, bytes) in crate::outside::samples("orca-api", &["json"]).unwrap_or_default() {
        answers.push(serde_json::from_slice(&bytes).unwrap());
    }
    for answer in answers {
        let json = read(&input(answer.to_string().as_bytes())).unwrap();
        assert_eq!(json, read(&input(xml_of(&answer).as_bytes())).unwrap());
        let text = xml_of(&answer);
        let (shift_jis, _, lossy) = encoding_rs::SHIFT_JIS.encode(&text);
        if !lossy {
            assert_eq!(json, read(&input(&shift_jis)).unwrap());
        }
    }
}

proptest! {
    #[test]
    fn mutated_answers_are_read_or_refused(number in 0..32_usize, place in 0..4000_usize, byte in any::<u8>(), as_xml in any::<bool>()) {
        let answers = crate::orca::answers();
        let answer = &answers[number % answers.len()];
        let mut bytes = if as_xml { xml_of(answer) } else { answer.to_string() }.into_bytes();
        let place = place % bytes.len();
        bytes[place] = byte;
        let _ = read(&input(&bytes));
        let _ = read(&input(&bytes[..place]));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&input(&bytes));
    }
}
