//! The value of one column as an element of a resource, and back.
//!
//! What is not of the column's kind (a day that never was, a number in words) is kept as text, to the letter.
//! So [`raw`] gives for every resource what the file would say, which [`super::write`] lives by. Which
//! resource a column becomes is another room's ([`super::record`]).

use super::table::{Kind, TABLE};
use crate::text_file::narrow;
use model::codes;
use model::fhir::{get, number_text, text};
use model::reading::Resource;
use model::wareki::{self, DateError};
use serde_json::{Number, Value, json};

/// Code system of the columns: `<interface>.<column>`.
pub(super) const COLUMN: &str = "urn:hakucho:life";
/// Score of a code, HL7's own extension.
const SCORE: &str = "http://hl7.org/fhir/StructureDefinition/ordinalValue";

/// A value, and what is odd about it.
pub(super) struct Read {
    pub value: Value,
    /// `valueQuantity`…, for an Observation.
    pub element: &'static str,
    /// Code and sentence of the problem.
    pub problem: Option<(&'static str, String)>,
}

impl Read {
    fn plain(element: &'static str, value: Value) -> Self {
        Self { value, element, problem: None }
    }

    /// Text to the letter, because it is not what the column holds.
    fn odd(raw: &str, code: &'static str, text: impl Into<String>) -> Self {
        let problem = Some((code, text.into()));
        Self { value: raw.into(), element: "valueString", problem }
    }

    /// True if the value is of the column's kind.
    pub fn is_plain(&self) -> bool {
        self.element != "valueString"
    }
}

/// Reads a value of a column; `system` names its own codes, `method` is 評価方法 of the row.
pub(super) fn read(kind: Kind, raw: &str, system: &str, method: &str) -> Read {
    match kind {
        Kind::Day => match day(raw) {
            Ok((day, out_of_era)) => {
                let text = "the era had ended or not begun; read as if it went on".to_owned();
                let problem = out_of_era.then_some(("out-of-era", text));
                Read { value: day.into(), element: "valueDateTime", problem }
            }
            Err((code, text)) => Read::odd(raw, code, text),
        },
        Kind::Clock => match clock(raw) {
            Some(time) => Read::plain("valueTime", time.into()),
            None => Read::odd(raw, "unreadable", "not HHmm; kept as text"),
        },
        Kind::Number(unit) => match number(raw) {
            Some(number) => Read::plain("valueQuantity", quantity(number, unit)),
            None => Read::odd(raw, "unreadable", "not a number; kept as text"),
        },
        Kind::Coded(list) | Kind::Goal(Some(list)) => coded(Some(list), raw, system, method),
        Kind::Diagnosis { .. } => coded(None, raw, codes::ICD10, ""),
        Kind::Drug { .. } => coded(None, raw, system, ""),
        Kind::Text | Kind::Goal(None) | Kind::Key | Kind::Person => Read::plain("valueString", raw.into()),
    }
}

/// A day as FHIR, and whether it lies outside its era.
pub(super) fn day(raw: &str) -> Result<(String, bool), (&'static str, String)> {
    match wareki::parse(raw) {
        Ok(read) => Ok((read.date.fhir(), read.out_of_era)),
        Err(error @ DateError::Impossible) => Err(("impossible-date", format!("{error}; kept as text"))),
        Err(error) => Err(("unreadable", format!("{error}; kept as text"))),
    }
}

fn clock(raw: &str) -> Option<String> {
    let text = narrow(raw);
    if text.len() != 4 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hour, minute) = text.split_at_checked(2)?;
    (hour < "24" && minute < "60").then(|| format!("{hour}:{minute}:00"))
}

/// A decimal number with its digits; leading zeros are none of it.
pub(super) fn number(raw: &str) -> Option<Number> {
    let text = narrow(raw);
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    let trimmed = match digits.trim_start_matches('0') {
        rest if rest.is_empty() || rest.starts_with('.') => format!("{sign}0{rest}"),
        rest => format!("{sign}{rest}"),
    };
    serde_json::from_str(&trimmed).ok()
}

/// A number with its unit, in UCUM where it is one of UCUM's.
pub(super) fn quantity(number: Number, unit: &str) -> Value {
    let ucum = match unit {
        "cm" | "kg" | "kg/m2" | "g/dL" | "%" | "kcal" | "g" | "kcal/kg" | "g/kg" => unit,
        "時間" => "h",
        "分" => "min",
        _ => "",
    };
    let mut quantity = serde_json::Map::new();
    quantity.insert("value".into(), number.into());
    if !unit.is_empty() {
        quantity.insert("unit".into(), unit.into());
    }
    if !ucum.is_empty() {
        quantity.insert("system".into(), codes::UCUM.into());
        quantity.insert("code".into(), ucum.into());
    }
    quantity.into()
}

fn coded(list: Option<usize>, raw: &str, system: &str, method: &str) -> Read {
    let code = narrow(raw);
    if code.is_empty() || code.chars().any(char::is_whitespace) || code.chars().any(char::is_control) {
        return Read::odd(raw, "unknown-code", "not a code; kept as text");
    }
    let list = list.and_then(|place| TABLE.list(place));
    let own = list.map(|list| list.name).filter(|name| !name.is_empty());
    let system = own.map_or_else(|| system.to_owned(), |name| format!("{COLUMN}:{name}"));
    let meaning = list.and_then(|list| list.meaning(&code, method));
    let mut coding = json!({"system": system, "code": code});
    let mut concept = serde_json::Map::new();
    if let (Some(meaning), Some(parts)) = (meaning, coding.as_object_mut()) {
        parts.insert("display".into(), meaning.into());
        if let Some(score) = score(meaning) {
            parts.insert("extension".into(), json!([{"url": SCORE, "valueDecimal": score}]));
        }
    }
    concept.insert("coding".into(), vec![coding].into());
    if let Some(meaning) = meaning {
        concept.insert("text".into(), meaning.into());
    }
    let unknown = list.is_some() && meaning.is_none();
    let problem = unknown.then(|| ("unknown-code", "not a code of the column; kept as it is".to_owned()));
    Read { value: concept.into(), element: "valueCodeableConcept", problem }
}

/// The points a meaning names at its end: `一部介助(5)`.
fn score(meaning: &str) -> Option<Number> {
    let (_, points) = meaning.strip_suffix(')')?.rsplit_once('(')?;
    points.parse::<u8>().ok().map(Number::from)
}

/// What the file says for a resource of a column: `None` if it has no value any more.
pub(super) fn raw(resource: &Resource) -> Option<String> {
    let code = |path: &str| text(resource, path).map(str::to_owned);
    let element = ["valueString", "description.text", "code.text", "medicationCodeableConcept.text"];
    let [string, goal, disease, drug] = element;
    match model::fhir::resource_type(resource) {
        "Observation" => get(resource, string).and_then(Value::as_str).map(str::to_owned).or_else(|| {
            code("valueDateTime")
                .map(|day| day.replace('-', ""))
                .or_else(|| code("valueTime").map(|time| time.replace(':', "").chars().take(4).collect()))
                .or_else(|| get(resource, "valueQuantity.value").map(number_text))
                .or_else(|| code("valueCodeableConcept.coding.0.code"))
        }),
        "Goal" => code("description.coding.0.code")
            .or_else(|| get(resource, goal).and_then(Value::as_str).map(str::to_owned)),
        "Condition" => code("code.coding.0.code").or_else(|| code(disease)),
        "MedicationStatement" => code("medicationCodeableConcept.coding.0.code").or_else(|| code(drug)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits_and_scores_are_seen() {
        let text = |raw: &str| number(raw).map(|number| number.to_string());
        assert_eq!(text("058.50").as_deref(), Some("58.50"));
        assert_eq!(text("５０").as_deref(), Some("50"));
        assert_eq!(text("-1.5").as_deref(), Some("-1.5"));
        assert_eq!(
            [text(""), text("5."), text("五"), text("1e5"), text(".")],
            [None, None, None, None, None]
        );
        assert_eq!(score("歩行器等(10)"), Some(Number::from(10)));
        assert_eq!(score("立ち上がり"), None);
    }
}
