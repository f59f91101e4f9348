//! Small typed looks into FHIR R4 resources, which stay whole as JSON.
//!
//! Only what several rooms need; no generated type tree. Every function answers `None` or an empty list
//! where the resource says nothing or says it in an odd shape: nothing here can fail.

use crate::reading::Resource;
use serde_json::Value;

/// The resource's type, or an empty text.
pub fn resource_type(resource: &Resource) -> &str {
    resource.get("resourceType").and_then(Value::as_str).unwrap_or_default()
}

/// Follows names and array positions (`0`) separated by `.`: `code.coding.0.display`.
pub fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, step| match value {
        Value::Object(map) => map.get(step),
        Value::Array(list) => list.get(step.parse::<usize>().ok()?),
        _ => None,
    })
}

/// Like [`at`], starting from a resource.
pub fn get<'a>(resource: &'a Resource, path: &str) -> Option<&'a Value> {
    match path.split_once('.') {
        None => resource.get(path),
        Some((first, rest)) => at(resource.get(first)?, rest),
    }
}

/// The non-empty text at a path.
pub fn text<'a>(resource: &'a Resource, path: &str) -> Option<&'a str> {
    get(resource, path).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The first non-empty text among several paths.
pub fn first_text<'a>(resource: &'a Resource, paths: &[&str]) -> Option<&'a str> {
    paths.iter().find_map(|path| text(resource, path))
}

/// The non-empty text below a value.
pub fn text_at<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    at(value, path).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The elements of a list at a path; none if it is absent or not a list.
pub fn list<'a>(resource: &'a Resource, path: &str) -> &'a [Value] {
    get(resource, path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The elements of a list below a value.
pub fn list_at<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    at(value, path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// What a CodeableConcept is called: its text, else the first display, else the first code.
pub fn concept_label(concept: &Value) -> Option<&str> {
    let codings = list_at(concept, "coding");
    text_at(concept, "text")
        .or_else(|| codings.iter().find_map(|coding| text_at(coding, "display")))
        .or_else(|| codings.iter().find_map(|coding| text_at(coding, "code")))
}

/// `(system, code)` of every coding of a CodeableConcept.
pub fn codings(concept: &Value) -> impl Iterator<Item = (&str, &str)> {
    list_at(concept, "coding")
        .iter()
        .filter_map(|coding| Some((text_at(coding, "system").unwrap_or_default(), text_at(coding, "code")?)))
}

/// True if any coding of any CodeableConcept in `concepts` has this code.
pub fn has_code(concepts: &[Value], code: &str) -> bool {
    concepts.iter().flat_map(codings).any(|(_, each)| each == code)
}

/// A decimal as FHIR writes it; also a number hidden in a text such as `63.5`.
pub fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|number| number.is_finite())
}

/// A number for people: as the source wrote it, without an exponent.
pub fn number_text(value: &Value) -> String {
    match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => String::new(),
    }
}

/// Who made it, as the resource names them: authors before performers before who asked for it or sent it.
pub fn author(resource: &Resource) -> Option<String> {
    const MAKERS: &[&str] =
        &["author", "performer", "participant", "asserter", "recorder", "requester", "sender"];
    let display = |maker: &Value| {
        let named = ["actor", "individual"].iter().find_map(|key| maker.get(key)).unwrap_or(maker);
        named
            .get("display")
            .and_then(Value::as_str)
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
    };
    MAKERS.iter().find_map(|element| {
        let named: Vec<String> = match resource.get(*element)? {
            Value::Array(all) => all.iter().filter_map(display).collect(),
            one => display(one).into_iter().collect(),
        };
        (!named.is_empty()).then(|| named.join("、"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_follow_names_and_positions() {
        let value = json!({"resourceType": "Observation", "code": {"coding": [{"system": "s", "code": "1"}, {"display": "K"}]}});
        let resource = value.as_object().unwrap();
        assert_eq!(text(resource, "code.coding.0.code"), Some("1"));
        assert_eq!(text(resource, "code.coding.7.code"), None);
        assert_eq!(concept_label(&value["code"]), Some("K"));
        assert_eq!(codings(&value["code"]).collect::<Vec<_>>(), [("s", "1")]);
    }

    #[test]
    fn whoever_made_it_is_named() {
        let of = |value: Value| author(&serde_json::from_value(value).unwrap());
        let two = serde_json::json!({"performer": [{"display": "星野 由香"}, {"reference": "x"}, {"display": "なぎさ"}]});
        assert_eq!(of(two).unwrap(), "星野 由香、なぎさ");
        assert_eq!(
            of(serde_json::json!({"performer": [{"actor": {"display": "木村 彩"}}]})).unwrap(),
            "木村 彩"
        );
        assert_eq!(of(serde_json::json!({"requester": {"display": " "}, "status": "final"})), None);
    }
}
