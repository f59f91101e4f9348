//! What a laboratory result value says: a number with its comparator and sign, or just text.
//!
//! OBX-5 of a Japanese laboratory holds `7.2`, `<0.5`, `100以上`, `(+)`, `2.3(±)`, `1-4` in the same field.
//! The patterns read here are those with one meaning only, after the National Hospital Organization's
//! tables (定性結果・不等号の表現, 複合検査結果値の分離); whatever else stands there stays text.
//! Reference ranges (OBX-7) are read with the same words. The raw text is kept by the caller.

use serde_json::{Map, Number, Value, json};

/// A value as read.
#[derive(Debug, Clone, PartialEq)]
pub enum LabValue {
    /// A number, with a comparator of FHIR (`<`, `<=`, `>=`, `>`) where the value is beyond a limit.
    Quantity {
        /// Comparator, if any.
        comparator: Option<&'static str>,
        /// The number.
        value: Number,
        /// A sign or class in brackets behind the number: `±`, `+`, `3`.
        sign: Option<String>,
    },
    /// From one number to another: only where the type says so (SN).
    Range(Number, Number),
    /// One number to another (`1:128`, `15/200`): only where the type says so (SN).
    Ratio(Number, Number),
    /// Anything else: signs, words, free text.
    Text,
}

/// Narrows full-width ASCII and the various dashes, waves and signs, so that one pattern is enough.
/// Only for reading values; what is kept is the original.
pub fn narrow(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
            '\u{3000}' => ' ',
            '〈' => '<',
            '〉' => '>',
            '−' | '‐' | '‑' | '–' => '-',
            '〜' => '~',
            _ => c,
        })
        .collect::<String>()
        .trim()
        .to_owned()
}

/// A decimal number as the source wrote it: `7`, `-1.50`, `.5`. No exponents (not allowed in NM, HL7 v2.5 §2.A.44).
pub fn number(text: &str) -> Option<Number> {
    let text = text.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plain = digits.chars().all(|c| c.is_ascii_digit() || c == '.')
        && digits.chars().filter(|c| *c == '.').count() <= 1
        && digits.chars().any(|c| c.is_ascii_digit());
    if !plain || digits.len() > 18 {
        return None;
    }
    if !digits.contains('.') {
        return text.strip_prefix('+').unwrap_or(text).parse::<i64>().ok().map(Number::from);
    }
    text.parse::<f64>().ok().and_then(Number::from_f64)
}

/// True if the number prints exactly as the source wrote it, so that nothing is lost by keeping only it.
pub fn prints_as(number: &Number, raw: &str) -> bool {
    number.to_string() == raw
}

const BEFORE: &[(&str, &str)] = &[
    ("<=", "<="),
    ("=<", "<="),
    ("< =", "<="),
    ("≦", "<="),
    ("≤", "<="),
    (">=", ">="),
    ("=>", ">="),
    ("> =", ">="),
    ("≧", ">="),
    ("≥", ">="),
    ("<", "<"),
    (">", ">"),
    ("↑", ">="),
    ("↓", "<="),
];

/// Behind the number the sign points the other way: `100<` is "more than 100".
const BEHIND: &[(&str, &str)] = &[
    ("以上", ">="),
    ("以下", "<="),
    ("未満", "<"),
    ("ミマン", "<"),
    ("イカ", "<="),
    ("超過", ">"),
    ("超", ">"),
    ("<=", ">="),
    ("=<", ">="),
    ("≦", ">="),
    ("≤", ">="),
    (">=", "<="),
    ("=>", "<="),
    ("≧", "<="),
    ("≥", "<="),
    ("<", ">"),
    (">", "<"),
    ("↑", ">="),
    ("↓", "<="),
    ("~", ">="),
];

/// A number with or without a comparator.
fn bounded(text: &str) -> Option<(Option<&'static str>, Number)> {
    let text = text.trim();
    if let Some(value) = number(text) {
        return Some((None, value));
    }
    for (sign, comparator) in BEFORE {
        if let Some(rest) = text.strip_prefix(sign) {
            return number(rest).map(|value| (Some(*comparator), value));
        }
    }
    for (sign, comparator) in BEHIND {
        if let Some(rest) = text.strip_suffix(sign) {
            return number(rest).map(|value| (Some(*comparator), value));
        }
    }
    None
}

/// True for what laboratories put in brackets behind a number: signs and RAST-like classes.
fn is_sign(text: &str) -> bool {
    let signs = ["+", "-", "±", "+-", "+/-", "-/+", "++", "+++", "++++", "陰性", "陽性", "判定保留"];
    signs.contains(&text) || matches!(text.as_bytes(), [b'0'..=b'6'] | [b'1'..=b'5', b'+'])
}

/// Two numbers with a dash or wave between them; a leading minus belongs to the first.
fn two_ends(text: &str) -> Option<(Number, Number)> {
    let middle = text
        .char_indices()
        .skip(1)
        .find(|(_, c)| matches!(c, '-' | '~' | '～'))
        .map(|(at, c)| (at, at + c.len_utf8()))?;
    let low = number(text.get(..middle.0)?)?;
    let high = number(text.get(middle.1..)?)?;
    (low.as_f64()? <= high.as_f64()?).then_some((low, high))
}

/// Reads the text of an ST value. `+1` is a sign of the half-quantitative tests (1+), no number.
pub fn read_string(raw: &str) -> LabValue {
    if narrow(raw).starts_with('+') { LabValue::Text } else { read_text(raw) }
}

/// Reads the text of an NM value.
pub fn read_text(raw: &str) -> LabValue {
    let text = narrow(raw);
    if let Some((comparator, value)) = bounded(&text) {
        return LabValue::Quantity { comparator, value, sign: None };
    }
    if let Some((first, rest)) = text.split_once('(') {
        let sign = rest.strip_suffix(')').map(str::trim);
        if let (Some((comparator, value)), Some(sign)) = (bounded(first), sign.filter(|s| is_sign(s))) {
            return LabValue::Quantity { comparator, value, sign: Some(sign.to_owned()) };
        }
    }
    LabValue::Text
}

/// Reads a structured numeric (SN, HL7 v2.5 §2.A.72): comparator, number, separator or suffix, number.
/// Semi-quantitative signs (`2+`) stay text.
pub fn read_structured(parts: [&str; 4]) -> LabValue {
    let [comparator, first, separator, second] = parts.map(narrow);
    let word = ["<=", ">=", "<", ">"].into_iter().find(|each| *each == comparator);
    match number(&first) {
        Some(value)
            if separator.is_empty() && second.is_empty() && (word.is_some() || comparator.is_empty()) =>
        {
            LabValue::Quantity { comparator: word, value, sign: None }
        }
        Some(first) if comparator.is_empty() => match (separator.as_str(), number(&second)) {
            ("-", Some(second)) if first.as_f64() <= second.as_f64() => LabValue::Range(first, second),
            (":" | "/", Some(second)) => LabValue::Ratio(first, second),
            _ => LabValue::Text,
        },
        _ => LabValue::Text,
    }
}

/// Observation.referenceRange of OBX-7: low and high where the text says them, the text always.
/// `quantity` makes a Quantity of a number in the unit of the result.
pub fn reference_range(raw: &str, quantity: impl Fn(Number) -> Value) -> Value {
    let mut range = Map::new();
    let text = narrow(raw);
    let inner = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')).unwrap_or(&text);
    if let Some((low, high)) = two_ends(inner) {
        range.insert("low".into(), quantity(low));
        range.insert("high".into(), quantity(high));
    } else if let Some(high) = inner.strip_prefix(['-', '~', '～']).and_then(number) {
        range.insert("high".into(), quantity(high));
    } else if let Some(low) = inner.strip_suffix(['-', '~', '～']).and_then(number) {
        range.insert("low".into(), quantity(low));
    } else if let Some((Some(comparator), value)) = bounded(inner) {
        let end = if comparator.starts_with('<') { "high" } else { "low" };
        range.insert(end.into(), quantity(value));
    }
    range.insert("text".into(), json!(raw));
    Value::Object(range)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quantity(comparator: Option<&'static str>, text: &str, sign: Option<&str>) -> LabValue {
        let value = number(text).unwrap();
        LabValue::Quantity { comparator, value, sign: sign.map(str::to_owned) }
    }

    #[test]
    fn values_as_laboratories_write_them() {
        for (raw, comparator, value, sign) in [
            ("7.2", None, "7.2", None),
            ("-1", None, "-1", None),
            ("<0.5", Some("<"), "0.5", None),
            ("＜ ０．５", Some("<"), "0.5", None),
            ("≧200", Some(">="), "200", None),
            ("100以上", Some(">="), "100", None),
            ("100<", Some(">"), "100", None),
            ("300未満", Some("<"), "300", None),
            ("200～", Some(">="), "200", None),
            ("↓400", Some("<="), "400", None),
            ("200↑", Some(">="), "200", None),
            ("2.3(±)", None, "2.3", Some("±")),
            ("0.13（0）", None, "0.13", Some("0")),
            ("<0.5 (-)", Some("<"), "0.5", Some("-")),
        ] {
            assert_eq!(read_text(raw), quantity(comparator, value, sign), "{raw}");
        }
        for raw in [
            "(+)",
            "1-4",
            "1:128",
            "陰性",
            "3+(300)",
            "1+",
            "",
            "1.2.3",
            "2011/12/20",
            "E.coli",
            "4-1",
            "1e5",
        ] {
            assert_eq!(read_text(raw), LabValue::Text, "{raw}");
        }
        for raw in ["+1", "＋２", "+"] {
            assert_eq!(read_string(raw), LabValue::Text, "{raw}");
        }
    }

    #[test]
    fn structured_numerics() {
        assert_eq!(read_structured(["<", "0.5", "", ""]), quantity(Some("<"), "0.5", None));
        assert_eq!(read_structured(["", "2", "+", ""]), LabValue::Text);
        let of = |text: &str| number(text).unwrap();
        assert_eq!(read_structured(["", "1", ":", "128"]), LabValue::Ratio(of("1"), of("128")));
        assert_eq!(read_structured(["", "1", "-", "4"]), LabValue::Range(of("1"), of("4")));
        assert_eq!(read_structured(["", "4", "-", "1"]), LabValue::Text);
        assert_eq!(read_structured([">", "3", "+", ""]), LabValue::Text);
        assert_eq!(read_structured(["", "", "+", ""]), LabValue::Text);
    }

    #[test]
    fn reference_ranges() {
        let read = |raw: &str| reference_range(raw, |n| json!({ "value": n })).to_string();
        assert_eq!(read("6.70-8.3"), r#"{"low":{"value":6.7},"high":{"value":8.3},"text":"6.70-8.3"}"#);
        assert_eq!(read("0.5以下"), r#"{"high":{"value":0.5},"text":"0.5以下"}"#);
        assert_eq!(read("～5"), r#"{"high":{"value":5},"text":"～5"}"#);
        assert_eq!(read("男:1-2"), r#"{"text":"男:1-2"}"#);
        assert_eq!(read("(-)"), r#"{"text":"(-)"}"#);
        assert_eq!(read("-5"), r#"{"high":{"value":5},"text":"-5"}"#);
    }

    proptest! {
        #[test]
        fn any_text_is_read(raw in "\\PC{0,24}") {
            let _ = read_text(&raw);
            let range = reference_range(&raw, |n| json!(n));
            prop_assert_eq!(range.get("text").and_then(Value::as_str), Some(raw.as_str()));
        }

        #[test]
        fn a_plain_number_is_itself(whole in -99_999i64..99_999, part in 1u32..1000) {
            let raw = format!("{whole}.{part}");
            let value = number(&raw).unwrap();
            prop_assert_eq!(read_text(&raw), LabValue::Quantity { comparator: None, value, sign: None });
        }
    }
}
