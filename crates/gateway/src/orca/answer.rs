//! As much of an answer as pulling needs: whether it is one, whose numbers a list names, which visits a history names,
//! and whether it says the same as the one before. Pure; nothing clinical is looked at.

use super::calls::Visit;
use protocol::hex;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// An answer.
pub(crate) struct Answer {
    /// What stands in its wrapper (`patientinfores`…).
    content: Map<String, Value>,
}

/// What differs in every answer although nothing has changed.
const MOMENT: &[&str] = &["Information_Date", "Information_Time"];

impl Answer {
    /// Reads JSON with one wrapper. `None`: not an answer of the API.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let Ok(Value::Object(outer)) = serde_json::from_slice(bytes) else { return None };
        let contents = outer.into_iter().filter_map(|(_, value)| match value {
            Value::Object(content) if content.contains_key("Api_Result") => Some(content),
            _ => None,
        });
        contents.into_iter().next().map(|content| Self { content })
    }

    /// `Api_Result`: zeros mean success (two in one call, four in another); letters and digits else.
    pub(crate) fn failure(&self) -> Option<String> {
        let code = self.content.get("Api_Result").and_then(Value::as_str).unwrap_or_default();
        let failed = code.is_empty() || code.bytes().any(|byte| byte != b'0');
        failed.then(|| code.chars().filter(char::is_ascii_alphanumeric).take(8).collect())
    }

    /// The same for the same content, whenever it was asked for.
    pub(crate) fn print(&self) -> String {
        let kept: Map<String, Value> =
            self.content.iter().filter(|(name, _)| !MOMENT.contains(&name.as_str())).map(own).collect();
        let mut print = hex(&Sha256::digest(Value::Object(kept).to_string()));
        print.truncate(16);
        print
    }

    /// Every `Patient_ID` in it.
    pub(crate) fn patients(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        self.content.values().for_each(|value| {
            each_object(value, &mut |object| {
                if let Some(Value::String(id)) = object.get("Patient_ID") {
                    found.insert(id.trim().to_owned());
                }
            });
        });
        found.remove("");
        found
    }

    /// How many are in the list of patients.
    pub(crate) fn listed(&self) -> usize {
        self.content.get("Patient_Information").and_then(Value::as_array).map_or(0, Vec::len)
    }

    /// The visits of a history.
    pub(crate) fn visits(&self) -> BTreeSet<Visit> {
        let mut found = BTreeSet::new();
        self.content.values().for_each(|value| {
            each_object(value, &mut |object| {
                let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::trim);
                if let (Some(day), Some(department)) = (text("Perform_Date"), text("Department_Code")) {
                    let number = text("Sequential_Number").unwrap_or_default();
                    found.insert(Visit {
                        day: day.into(),
                        department: department.into(),
                        number: number.into(),
                    });
                }
            });
        });
        found
    }
}

fn own((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

fn each_object(value: &Value, visit: &mut dyn FnMut(&Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            visit(object);
            object.values().for_each(|inner| each_object(inner, visit));
        }
        Value::Array(items) => items.iter().for_each(|inner| each_object(inner, visit)),
        _ => {}
    }
}

/// A number or code that may stand in a request and in a path.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 20
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str) -> Answer {
        Answer::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn what_is_taken_of_an_answer() {
        let list = answer(
            r#"{"patientlst1res": {"Information_Time": "1", "Api_Result": "00", "Patient_Information":
                [{"Patient_ID": "00002"}, {"Patient_ID": "00001 "}, {"Patient_ID": ""}]}}"#,
        );
        assert_eq!(list.patients().into_iter().collect::<Vec<_>>(), ["00001", "00002"]);
        assert_eq!((list.listed(), list.failure()), (3, None));
        let history = answer(
            r#"{"medicalget01res": {"Api_Result": "0000", "Medical_List_Information": [
                {"Perform_Date": "2026-04-01", "Department_Code": "01", "Sequential_Number": "1"},
                {"Perform_Date": "2026-04-01"}]}}"#,
        );
        assert_eq!(history.visits().len(), 1);
        assert_eq!(answer(r#"{"x": {"Api_Result": "E90"}}"#).failure().as_deref(), Some("E90"));
        for none in ["", "[]", "<xmlio2/>", "{\"x\": 1}", "{\"x\": {}}"] {
            assert!(Answer::read(none.as_bytes()).is_none(), "{none}");
        }
    }

    #[test]
    fn only_the_moment_does_not_count() {
        let at = |time: &str, name: &str| {
            let text = format!(
                r#"{{"patientinfores": {{"Information_Date": "2026-04-01", "Information_Time": "{time}",
                    "Api_Result": "00", "Patient_Information": {{"WholeName": "{name}", "Weight": 1.10}}}}}}"#
            );
            answer(&text).print()
        };
        assert_eq!(at("09:30:00", "a"), at("09:45:00", "a"));
        assert_ne!(at("09:30:00", "a"), at("09:30:00", "b"));
    }

    #[test]
    fn numbers_that_may_be_used() {
        assert!(is_plain("00012") && is_plain("A-1"));
        for bad in ["", "1&id=2", "../1", "１", "123456789012345678901"] {
            assert!(!is_plain(bad), "{bad}");
        }
    }
}
