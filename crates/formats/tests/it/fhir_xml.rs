//! FHIR XML: the same reading as the same resource in JSON.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use formats::fhir::read;
use formats::xml;
use model::reading::{Format, Input, Problem, Reading};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

fn read_text(text: &str) -> Reading {
    read(&Input { path: "in", bytes: text.as_bytes(), source_time: "20260401090000000" }).unwrap()
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    text.replace('\n', "&#xA;").replace('\r', "&#xD;").replace('\t', "&#x9;")
}

/// A resource in JSON as XML.
fn to_xml(resource: &Value) -> String {
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    write_resource(resource.as_object().unwrap(), " xmlns=\"http://hl7.org/fhir\"", &mut text);
    text
}

fn write_resource(resource: &Map<String, Value>, namespace: &str, text: &mut String) {
    let kind = resource["resourceType"].as_str().unwrap();
    write!(text, "<{kind}{namespace}>").unwrap();
    if let Some(id) = resource.get("id") {
        // Of a resource the id is an element, of anything else an attribute (R4 §2.6.1).
        write_element("id", Some(id), None, text);
    }
    write_children(resource, text);
    write!(text, "</{kind}>").unwrap();
}

fn write_children(object: &Map<String, Value>, text: &mut String) {
    for (name, value) in object {
        let is_attribute = ["id", "resourceType"].contains(&name.as_str());
        let base = name.strip_prefix('_');
        if is_attribute || base.is_some_and(|base| object.contains_key(base)) {
            continue;
        }
        if name == "url" && object.keys().any(|key| key.starts_with("value") || key == "extension") {
            continue; // the attribute of an Extension
        }
        let plain = base.unwrap_or(name);
        let (value, beside) = match base {
            Some(_) => (None, Some(value)),
            None => (Some(value), object.get(&format!("_{name}"))),
        };
        match (value, beside) {
            (Some(Value::Array(list)), beside) => {
                for (index, each) in list.iter().enumerate() {
                    write_element(plain, Some(each), beside.map(|beside| &beside[index]), text);
                }
            }
            (None, Some(Value::Array(list))) => {
                list.iter().for_each(|each| write_element(plain, None, Some(each), text));
            }
            (value, beside) => write_element(plain, value, beside, text),
        }
    }
}

fn write_element(name: &str, value: Option<&Value>, beside: Option<&Value>, text: &mut String) {
    if name == "div" {
        text.push_str(value.unwrap().as_str().unwrap());
        return;
    }
    let object = value.and_then(Value::as_object).or(beside.and_then(Value::as_object));
    write!(text, "<{name}").unwrap();
    let nested = object.is_some_and(|object| object.contains_key("resourceType"));
    if let (Some(object), false) = (object, nested) {
        let extension =
            name.ends_with("xtension") || object.keys().any(|k| k.starts_with("value") && k != "value");
        for attribute in ["id", "url"] {
            let said = object.get(attribute).and_then(Value::as_str);
            if let Some(said) = said.filter(|_| attribute == "id" || extension) {
                write!(text, " {attribute}=\"{}\"", escaped(said)).unwrap();
            }
        }
    }
    match value {
        Some(Value::String(said)) => write!(text, " value=\"{}\"", escaped(said)).unwrap(),
        Some(Value::Number(number)) => write!(text, " value=\"{number}\"").unwrap(),
        Some(Value::Bool(said)) => write!(text, " value=\"{said}\"").unwrap(),
        _ => {}
    }
    text.push('>');
    match object {
        Some(object) if nested => write_resource(object, "", text),
        Some(object) => write_children(object, text),
        None => {}
    }
    write!(text, "</{name}>").unwrap();
}

/// Markup as a tree: how an empty element is spelled and the like says nothing.
fn with_plain_markup(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map.iter_mut() {
                match inner {
                    Value::String(text) if name == "div" => *text = flat(text),
                    inner => with_plain_markup(inner),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(with_plain_markup),
        _ => {}
    }
}

fn flat(markup: &str) -> String {
    fn add(element: &xml::Element, text: &mut String) {
        write!(text, "<{} {:?}>", element.name, element.attributes).unwrap();
        for node in &element.content {
            match node {
                xml::Node::Element(inner) => add(inner, text),
                xml::Node::Text(inner) => text.push_str(inner),
            }
        }
        text.push_str("</>");
    }
    let mut text = String::new();
    add(&xml::parse_text(markup, &mut Vec::new()).unwrap(), &mut text);
    text
}

/// What a reading says, with markup as trees; a key made of the bytes alone is left out.
fn said(reading: &Reading) -> (Vec<Value>, Vec<(String, String)>) {
    let records = reading.statements.iter().flat_map(|statement| {
        statement.records.iter().map(move |record| {
            let mut resource = Value::Object(record.resource.clone());
            with_plain_markup(&mut resource);
            let named = |text: &str| text.split("content:").next().unwrap_or_default().to_owned();
            let order = format!("{:?}", statement.order);
            json!([
                named(&statement.set),
                order,
                named(&record.key),
                record.at,
                resource,
                format!("{:?}", record.extent)
            ])
        })
    });
    let problem = |each: &Problem| (each.code.clone(), each.at.clone());
    let parsing = |each: &&Problem| !["decimal-precision"].contains(&each.code.as_str());
    (records.collect(), reading.problems.iter().filter(parsing).map(problem).collect())
}

/// The place where two values begin to differ.
fn difference(one: &Value, other: &Value) -> Option<String> {
    match (one, other) {
        (Value::Object(a), Value::Object(b)) if a.keys().all(|k| b.contains_key(k)) && a.len() == b.len() => {
            a.iter().find_map(|(name, inner)| difference(inner, &b[name]).map(|at| format!(".{name}{at}")))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b).enumerate();
            pairs.find_map(|(index, (x, y))| difference(x, y).map(|at| format!("[{index}]{at}")))
        }
        _ if one == other => None,
        _ => Some(format!(": {one:.200} | {other:.200}")),
    }
}

fn same(resource: &Value, name: &str) {
    let (from_json, from_xml) = (read_text(&resource.to_string()), read_text(&to_xml(resource)));
    let (json_records, json_problems) = said(&from_json);
    let (xml_records, xml_problems) = said(&from_xml);
    assert_eq!(json_records.len(), xml_records.len(), "{name}");
    for (json, xml) in json_records.iter().zip(&xml_records) {
        assert_eq!(difference(json, xml), None, "{name}");
    }
    assert_eq!(json_problems, xml_problems, "{name}");
    let people = |reading: &Reading| -> Vec<bool> {
        reading.statements.iter().map(|each| each.patient.needs_assignment()).collect()
    };
    assert_eq!(people(&from_json), people(&from_xml), "{name}");
}

/// Whether a resource has the shape R4 gives it: written as XML it comes back as it was, with what is required.
pub fn is_of_r4(resource: &Map<String, Value>) {
    let value = Value::Object(resource.clone());
    let reading = read_text(&to_xml(&value));
    let wrong: Vec<_> = reading
        .problems
        .iter()
        .filter(|each| ["missing", "repeated", "unreadable", "impossible-date"].contains(&each.code.as_str()))
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    same(&value, resource["resourceType"].as_str().unwrap());
}

fn document() -> Value {
    json!({
        "resourceType": "Bundle", "id": "b1", "type": "document", "timestamp": "2026-04-01T10:00:00+09:00",
        "identifier": {"system": "urn:bundle", "value": "42"},
        "entry": [
            {"fullUrl": "urn:uuid:c", "resource": {
                "resourceType": "Composition", "id": "c", "status": "final", "date": "2026-04-01", "title": "紹介 & 状",
                "type": {"coding": [{"system": "http://loinc.org", "code": "57133-1"}]},
                "author": [{"reference": "urn:uuid:d"}], "subject": {"reference": "urn:uuid:p"},
                "section": [{"title": "既往歴", "text": {"status": "generated",
                    "div": "<div xmlns=\"http://www.w3.org/1999/xhtml\"><p class=\"a\">高血圧 &lt; 1<br/>と</p></div>"},
                    "entry": [{"reference": "urn:uuid:o"}]}],
            }},
            {"fullUrl": "urn:uuid:d", "resource": {"resourceType": "Practitioner", "active": true, "name": [{"text": "医師 一郎"}]}},
            {"fullUrl": "urn:uuid:p", "resource": {
                "resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1940-05-05",
                "_birthDate": {"id": "x", "extension": [{"url": "urn:told", "valueBoolean": false}]},
                "identifier": [{"system": "urn:oid:1.2.392.100495.20.3.51.10112345678", "value": "0001"}],
                "name": [{"family": "佐倉", "given": [null, "花子"], "_given": [{"extension": [{"url": "urn:why", "valueCode": "unknown"}]}, null],
                    "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation", "valueCode": "IDE"}]}],
                "multipleBirthInteger": 2, "deceasedBoolean": false,
                "address": [{"line": ["港町1\n2階"], "period": {"start": "2001"}}],
            }},
            {"fullUrl": "urn:uuid:o", "resource": {
                "resourceType": "Observation", "status": "final", "subject": {"reference": "urn:uuid:p"},
                "contained": [{"resourceType": "Specimen", "id": "s", "type": {"text": "血清"}}],
                "specimen": {"reference": "#s"}, "code": {"coding": [{"system": "urn:l", "code": "K", "userSelected": true}]},
                "valueQuantity": {"value": serde_json::from_str::<Value>("4.10").unwrap(), "unit": "mmol/L"},
                "component": [{"code": {"text": "a"}, "valueInteger": 3}, {"code": {"text": "b"}, "valueString": "3"}],
                "_status": {"extension": [{"url": "urn:nested", "extension": [
                    {"url": "a", "valueDecimal": 0.010}, {"url": "b", "valuePeriod": {"start": "2026-01-01"}}]}]},
                "referenceRange": [{"low": {"value": 3.50}, "age": {"high": {"value": 99}}}],
            }},
        ],
    })
}

#[test]
fn a_resource_says_the_same_in_both() {
    same(&document(), "document");
    for entry in document()["entry"].as_array().unwrap() {
        same(&entry["resource"], "entry");
    }
    let reading = read_text(&to_xml(&document()));
    let kept = &reading.statements.iter().find(|each| each.set.starts_with("Bundle")).unwrap().records[0];
    assert_eq!(kept.resource["entry"][3]["resource"]["valueQuantity"]["value"].to_string(), "4.10");
    let first = formats::detect("a.bin", to_xml(&document()).as_bytes());
    assert_eq!(first, Some(Format::Fhir));
}

#[test]
fn what_r4_does_not_have_is_kept_or_named() {
    let text = "<f:Patient xmlns:f='http://hl7.org/fhir' odd='1'>stray<f:active value='yes'/>
        <f:birthDate value='1940-05-05'/><f:gender value='male'/><f:gender value='female'/>
        <f:own value='1'/><f:own value='2'/><f:more><f:deep value='x'/></f:more></f:Patient>";
    let reading = read_text(text);
    let patient = &reading.statements[0].records[0].resource;
    assert_eq!((&patient["active"], &patient["own"]), (&json!("yes"), &json!(["1", "2"])));
    assert_eq!((&patient["gender"], &patient["more"]["deep"]), (&json!(["male", "female"]), &json!("x")));
    let at: Vec<_> = reading.problems.iter().map(|each| (each.code.as_str(), each.at.as_str())).collect();
    for expected in [
        ("not-mapped", "Patient.@odd"),
        ("not-mapped", "Patient.text()"),
        ("unreadable", "Patient.active"),
        ("repeated", "Patient.gender"),
    ] {
        assert!(at.contains(&expected), "{expected:?} in {at:?}");
    }
}

#[test]
fn other_xml_is_refused() {
    for text in [
        "<Patient/>",
        "<Patient xmlns='urn:x'/>",
        "<a xmlns='http://hl7.org/fhir'/>",
        "<Patient xmlns='http://hl7.org/fhir'>",
    ] {
        let refused = read(&Input { path: "x", bytes: text.as_bytes(), source_time: "" }).unwrap_err();
        assert_eq!(refused.code, "not-fhir", "{text}");
    }
    assert_eq!(formats::detect("x.xml", b"<XmlMsg/>").filter(|each| *each == Format::Fhir), None);
}

/// Whether a narrative is no XML, which only JSON can carry.
fn has_broken_markup(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.iter().any(|(name, inner)| match inner {
            Value::String(text) if name == "div" => xml::parse_text(text, &mut Vec::new()).is_err(),
            inner => has_broken_markup(inner),
        }),
        Value::Array(list) => list.iter().any(has_broken_markup),
        _ => false,
    }
}

/// Samples that are not of R4's shape have a list where there is one, or one where there is a list; XML cannot say
/// either. The place of such a one in the JSON is given the shape of the XML.
fn in_shape(value: &mut Value, shaped: &Value, odd: &mut usize) {
    if value.is_array() != shaped.is_array() {
        *odd += 1;
        *value = match value.take() {
            Value::Array(mut list) if list.len() == 1 => list.remove(0),
            one => json!([one]),
        };
    }
    match (value, shaped) {
        (Value::Object(map), Value::Object(other)) => {
            let known = map.iter_mut().filter_map(|(name, inner)| Some((inner, other.get(name)?)));
            known.for_each(|(inner, other)| in_shape(inner, other, odd));
        }
        (Value::Array(list), Value::Array(others)) => {
            list.iter_mut().zip(others).for_each(|(inner, other)| in_shape(inner, other, odd));
        }
        _ => {}
    }
}

#[test]
fn samples_say_the_same_in_both() {
    let (mut count, mut odd, mut broken) = (0, 0, 0);
    for folder in ["fhir-clins", "fhir-jpcore", "fhir-ereferral", "fhir-eprescription", "fhir-echeckup"] {
        let Some(files) = crate::outside::samples(folder, &["json"]) else { return };
        for (name, bytes) in files {
            let Ok(mut resource) = serde_json::from_slice::<Value>(&bytes) else { continue };
            let kind = resource["resourceType"].as_str().unwrap().to_owned();
            if has_broken_markup(&resource) {
                broken += 1;
                continue;
            }
            let shaped = read_text(&to_xml(&resource));
            let records = shaped.statements.iter().flat_map(|each| &each.records);
            let whole =
                records.into_iter().find(|each| each.at == kind && each.resource["resourceType"] == *kind);
            in_shape(&mut resource, &Value::Object(whole.unwrap().resource.clone()), &mut odd);
            same(&resource, &name);
            count += 1;
        }
    }
    println!(
        "fhir samples: {count} say the same in XML ({odd} places not of R4's shape), {broken} with markup XML cannot hold"
    );
}

proptest! {
    #[test]
    fn never_panics_on_mutated_xml(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut bytes = to_xml(&document()).into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = read(&Input { path: "x", bytes: &bytes, source_time: "" });
        bytes.truncate(cut.index(bytes.len()));
        let _ = read(&Input { path: "x", bytes: &bytes, source_time: "" });
    }
}
