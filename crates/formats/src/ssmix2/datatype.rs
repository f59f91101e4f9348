//! HL7 v2.5 data types (§2.A) in FHIR's shape: CWE, XPN, XAD, XTN, XCN, PL, CX.
//!
//! Only what reaches the result is marked as read; what FHIR has no place for stays for the segment's rest.

use super::SOURCE_RAW;
use crate::hl7v2::Repetition;
use model::codes;
use serde_json::{Map, Value, json};

/// iso21090 name representation (IDE 漢字, SYL かな, ABC ローマ字).
const REPRESENTATION: &str = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation";
/// Marks what we concluded and the source did not say.
const INFERRED: &str = "https://hakucho.example/fhir/StructureDefinition/inferred";
/// Extension of a telephone number (内線).
const EXTENSION_NUMBER: &str = "http://hl7.org/fhir/StructureDefinition/contactpoint-extension";

/// Says that an element is our conclusion.
pub fn inferred(element: &str) -> Value {
    json!({"url": INFERRED, "valueString": element})
}

/// CWE, CE → CodeableConcept: both codings, the original text (component 9), else the first name as text.
/// `None` if none of these is there.
pub fn concept(repetition: Repetition<'_>) -> Option<Value> {
    let codings: Vec<Value> =
        [coding(repetition, [1, 2, 3, 7]), coding(repetition, [4, 5, 6, 8])].into_iter().flatten().collect();
    let first = codings.first().and_then(|each| each.get("display").or_else(|| each.get("code"))).cloned();
    let text = repetition.get(9).map(Value::String).or(first)?;
    let mut concept = Map::new();
    if !codings.is_empty() {
        concept.insert("coding".into(), Value::Array(codings));
    }
    concept.insert("text".into(), text);
    Some(Value::Object(concept))
}

/// Coding of the components that hold code, name, system and version; `None` without code and name.
pub fn coding(repetition: Repetition<'_>, [code, name, system, version]: [usize; 4]) -> Option<Value> {
    let (code, display) = (repetition.get(code), repetition.get(name));
    if code.is_none() && display.is_none() {
        return None;
    }
    let mut coding = Map::new();
    let parts = [
        ("system", repetition.read_as(system, codes::system)),
        ("version", repetition.get(version)),
        ("code", code),
        ("display", display),
    ];
    for (element, text) in parts {
        if let Some(text) = text {
            coding.insert(element.into(), Value::String(text));
        }
    }
    Some(Value::Object(coding))
}

/// Coding with a code of ours beside what the source wrote: for tables that map to FHIR's own codes.
pub fn code_of(system: &str, code: &str) -> Value {
    json!({"coding": [{"system": system, "code": code}]})
}

/// True for kana only (with the signs of readings).
fn is_kana(text: &str) -> bool {
    let kana = |c: char| matches!(c, '\u{3041}'..='\u{30FF}' | '\u{FF66}'..='\u{FF9F}' | ' ' | '\u{3000}');
    !text.trim().is_empty() && text.chars().all(kana)
}

/// XPN → HumanName with iso21090 representation; where the message does not say it, kana are SYL.
pub fn human_name(repetition: Repetition<'_>) -> Option<Value> {
    let family = repetition.get(1);
    let given: Vec<String> = [repetition.get(2), repetition.get(3)].into_iter().flatten().collect();
    if family.is_none() && given.is_empty() {
        return None;
    }
    let text = family.iter().chain(&given).map(String::as_str).collect::<Vec<_>>().join(" ");
    let representation = |text: &str| match text {
        "I" => Some("IDE"),
        "P" => Some("SYL"),
        "A" => Some("ABC"),
        _ => None,
    };
    // Some writers leave out one component, so that type and representation stand one place early.
    let early = repetition.peek(8).is_none() && matches!(repetition.peek(7).as_deref(), Some("I" | "P"));
    let (kind, how) = if early { (6, 7) } else { (7, 8) };
    let said = repetition.read_as(how, representation);
    let kind = repetition.read_as(kind, |text| match text {
        "L" => Some("official"),
        "D" => Some("usual"),
        "M" => Some("maiden"),
        "N" => Some("nickname"),
        "S" => Some("anonymous"),
        "T" => Some("temp"),
        _ => None,
    });
    let mut name = Map::new();
    match said {
        Some(how) => {
            name.insert("extension".into(), json!([{"url": REPRESENTATION, "valueCode": how}]));
        }
        None if is_kana(&text) => {
            let guess = json!([
                {"url": REPRESENTATION, "valueCode": "SYL"},
                inferred("representation"),
            ]);
            name.insert("extension".into(), guess);
        }
        None => {}
    }
    if let Some(kind) = kind {
        name.insert("use".into(), json!(kind));
    }
    name.insert("text".into(), Value::String(text));
    if let Some(family) = family {
        name.insert("family".into(), Value::String(family));
    }
    if !given.is_empty() {
        name.insert("given".into(), json!(given));
    }
    for (element, component) in [("suffix", 4), ("prefix", 5)] {
        if let Some(text) = repetition.get(component) {
            name.insert(element.into(), json!([text]));
        }
    }
    Some(Value::Object(name))
}

/// XAD → Address. Japan writes the whole address in component 8, or prefecture, city and street apart.
pub fn address(repetition: Repetition<'_>) -> Option<Value> {
    let lines: Vec<String> = [1, 2].into_iter().filter_map(|component| repetition.get(component)).collect();
    let (city, state) = (repetition.get(3), repetition.get(4));
    let whole = repetition.get(8);
    let postal = repetition.get(5);
    if whole.is_none() && lines.is_empty() && city.is_none() && state.is_none() && postal.is_none() {
        return None;
    }
    let parts: String = state.iter().chain(&city).chain(&lines).map(String::as_str).collect();
    let mut text = whole.unwrap_or_default();
    if !parts.is_empty() {
        text = if text.is_empty() { parts } else { format!("{parts} {text}") };
    }
    let mut address = Map::new();
    let using = repetition.read_as(7, |text| match text {
        "H" => Some("home"),
        "B" => Some("work"),
        "C" => Some("temp"),
        "BA" => Some("old"),
        _ => None,
    });
    if let Some(using) = using {
        address.insert("use".into(), json!(using));
    }
    if !text.is_empty() {
        address.insert("text".into(), Value::String(text));
    }
    if !lines.is_empty() {
        address.insert("line".into(), json!(lines));
    }
    let country = repetition.get(6);
    for (element, value) in [("city", city), ("state", state), ("postalCode", postal), ("country", country)] {
        if let Some(value) = value {
            address.insert(element.into(), Value::String(value));
        }
    }
    Some(Value::Object(address))
}

/// XTN → ContactPoint; `otherwise` is the use the field stands for (`home`, `work`). `None` without a number.
pub fn contact(repetition: Repetition<'_>, otherwise: &str) -> Option<Value> {
    let parts: Vec<String> =
        [5, 6, 7].into_iter().filter_map(|component| repetition.peek(component)).collect();
    let mut system = "phone";
    let value = if let Some(text) = repetition.get(12).or_else(|| repetition.get(1)) {
        text
    } else if let Some(mail) = repetition.get(4) {
        system = "email";
        mail
    } else if parts.is_empty() {
        return None;
    } else {
        for component in [5, 6, 7] {
            let _ = repetition.get(component);
        }
        parts.join("-")
    };
    let said = repetition.read_as(3, |text| match text {
        "PH" => Some("phone"),
        "FX" => Some("fax"),
        "BP" => Some("pager"),
        "Internet" | "X.400" => Some("email"),
        _ => None,
    });
    let using = repetition.read_as(2, |text| match text {
        "PRN" => Some("home"),
        "WPN" => Some("work"),
        "PRS" => Some("mobile"),
        _ => None,
    });
    // A cellular phone (CP) keeps its letters in the rest: the use may say something else.
    let cellular = repetition.peek(3).as_deref() == Some("CP");
    // What the field stands for holds only where the number itself says nothing else (EMR, ORN …).
    let silent = repetition.peek(2).is_none();
    let using = using.or_else(|| cellular.then_some("mobile"));
    let mut extensions: Vec<Value> = Vec::new();
    if let Some(extension) = repetition.get(8) {
        extensions.push(json!({"url": EXTENSION_NUMBER, "valueString": extension}));
    }
    let mut contact = Map::new();
    if said.is_none() {
        extensions.push(inferred("system"));
    }
    contact.insert("system".into(), json!(said.unwrap_or(system)));
    contact.insert("value".into(), Value::String(value));
    if let Some(using) = using {
        contact.insert("use".into(), json!(using));
    } else if silent {
        extensions.push(inferred("use"));
        contact.insert("use".into(), json!(otherwise));
    }
    if !extensions.is_empty() {
        contact.insert("extension".into(), Value::Array(extensions));
    }
    Some(Value::Object(contact))
}

/// XCN → a Reference with name and number of a person at the sender's facility. What else the sender says
/// of the person (kind and form of the name, issuer) stays beside it as written.
pub fn person(repetition: Repetition<'_>) -> Option<Value> {
    let id = repetition.get(1);
    let name: Vec<String> = [2, 3, 4].into_iter().filter_map(|component| repetition.get(component)).collect();
    if id.is_none() && name.is_empty() {
        return None;
    }
    let mut reference = Map::new();
    reference.insert("type".into(), json!("Practitioner"));
    raw_beside(&mut reference, repetition);
    if let Some(id) = id {
        reference.insert("identifier".into(), json!({ "value": id }));
    }
    if !name.is_empty() {
        reference.insert("display".into(), Value::String(name.join(" ")));
    }
    Some(Value::Object(reference))
}

/// NDL (OBR-32): the person is the first component, with `&` between number and names → as [`person`].
pub fn interpreter(repetition: Repetition<'_>) -> Option<Value> {
    let [id, family, given] = [1, 2, 3].map(|number| repetition.subcomponent(1, number));
    if family.is_none() && given.is_none() {
        return person(repetition);
    }
    let mut reference = Map::new();
    reference.insert("type".into(), json!("Practitioner"));
    raw_beside(&mut reference, repetition);
    if let Some(id) = id {
        reference.insert("identifier".into(), json!({ "value": id }));
    }
    let name: Vec<String> = family.into_iter().chain(given).collect();
    reference.insert("display".into(), Value::String(name.join(" ")));
    Some(Value::Object(reference))
}

/// XCN with the name written twice (漢字 and かな repetitions, with or without the number again): one Reference by
/// the first, the other repetitions beside it as written.
pub fn persons<'m>(repetitions: impl Iterator<Item = Repetition<'m>>) -> Vec<Value> {
    let mut people: Vec<Value> = Vec::new();
    for repetition in repetitions {
        let id = repetition.peek(1);
        let same = |last: &Value| {
            id.is_none() || last.pointer("/identifier/value").and_then(Value::as_str) == id.as_deref()
        };
        let reading = repetition.peek(15).as_deref() == Some("P") && people.last().is_some_and(same);
        match people.last_mut().and_then(Value::as_object_mut).filter(|_| reading) {
            Some(last) => raw_beside(last, repetition),
            None => people.extend(person(repetition)),
        }
    }
    people
}

/// Puts a repetition as written beside what was read of it, if something of it is unread.
fn raw_beside(element: &mut Map<String, Value>, repetition: Repetition<'_>) {
    if !repetition.has_unread() {
        return;
    }
    if let Some(raw) = repetition.raw() {
        let list = element.entry("extension").or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push(json!({"url": SOURCE_RAW, "valueString": raw}));
        }
    }
}

/// PL → a Reference to a place at the sender's facility: ward, room and bed by name, all of it as identifier.
pub fn place(repetition: Repetition<'_>) -> Option<Value> {
    let parts = [(1, ""), (2, "号室"), (3, "床")];
    let shown: Vec<String> = parts
        .into_iter()
        .filter_map(|(component, word)| repetition.peek(component).map(|text| format!("{text}{word}")))
        .collect();
    // An outpatient place (C) is a department by its number.
    let clinic = repetition.peek(1).filter(|_| repetition.peek(6).as_deref() == Some("C"));
    let shown = match clinic.as_deref().and_then(codes::department) {
        Some(department) => vec![department.to_owned()],
        None => shown,
    };
    let raw = repetition.raw()?;
    let mut reference = json!({"type": "Location", "identifier": {"value": raw}});
    if let (false, Some(map)) = (shown.is_empty(), reference.as_object_mut()) {
        map.insert("display".into(), Value::String(shown.join(" ")));
    }
    Some(reference)
}

/// CX → Identifier: number, type (HL7 table 0203), issuer. `None` without a number.
pub fn identifier(repetition: Repetition<'_>) -> Option<Value> {
    let value = repetition.get(1)?;
    let mut identifier = Map::new();
    if let Some(kind) = repetition.get(5) {
        identifier.insert("type".into(), code_of("http://terminology.hl7.org/CodeSystem/v2-0203", &kind));
    }
    if let Some(issuer) = repetition.get(4) {
        let mut parts = issuer.split('&');
        let name = match (parts.next(), parts.next(), parts.next()) {
            (Some(name), Some(id), Some("ISO")) => {
                identifier.insert("system".into(), Value::String(format!("urn:oid:{id}")));
                name.to_owned()
            }
            _ => issuer.clone(),
        };
        if !name.is_empty() {
            identifier.insert("assigner".into(), json!({ "display": name }));
        }
    }
    identifier.insert("value".into(), Value::String(value));
    Some(Value::Object(identifier))
}
