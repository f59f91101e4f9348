//! What a JSON parser swallows: names given twice in one object, and numbers that would be written otherwise.
//!
//! FHIR keeps the digits of a decimal as they are (R4 §2.24.0.1: 0.010 is not 0.01) and knows no name twice
//! (§2.6.2). Works on text that has already been parsed, so it may trust the syntax. No recursion.

use model::reading::Problem;
use std::collections::HashSet;

enum Level {
    Object { names: HashSet<String>, name: String },
    Array { index: usize },
}

/// Names every double name (`duplicate-key`, the last one holds) and every number that would be spelled
/// otherwise (`decimal-precision`). `root` begins the place: `Bundle`, `line 3`.
pub(super) fn findings(text: &str, root: &str, problems: &mut Vec<Problem>) {
    let mut levels: Vec<Level> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let mut length = first.len_utf8();
        match first {
            '{' => levels.push(Level::Object { names: HashSet::new(), name: String::new() }),
            '[' => levels.push(Level::Array { index: 0 }),
            '}' | ']' => {
                levels.pop();
            }
            ',' => match levels.last_mut() {
                Some(Level::Array { index }) => *index += 1,
                Some(Level::Object { name, .. }) => name.clear(),
                None => {}
            },
            '"' => {
                length = string_length(rest);
                let literal = rest.get(..length).unwrap_or_default();
                let is_name = rest.get(length..).is_some_and(|after| after.trim_start().starts_with(':'));
                if let (true, Some(Level::Object { names, name })) = (is_name, levels.last_mut()) {
                    *name = serde_json::from_str(literal).unwrap_or_default();
                    if !names.insert(name.clone()) {
                        let text = "the name stands twice in one object; the last value holds";
                        problems.push(Problem::new("duplicate-key", place(root, &levels), text));
                    }
                }
            }
            '-' | '0'..='9' => {
                length = rest
                    .find(|c: char| !matches!(c, '-' | '+' | '.' | 'e' | 'E' | '0'..='9'))
                    .unwrap_or(rest.len());
                let literal = rest.get(..length).unwrap_or_default();
                let kept = serde_json::from_str::<serde_json::Number>(literal)
                    .is_ok_and(|n| n.to_string() == literal);
                if !kept {
                    let text = "the same number, its exponent spelled otherwise; see the original";
                    problems.push(Problem::new("decimal-precision", place(root, &levels), text));
                }
            }
            _ => {}
        }
        rest = rest.get(length..).unwrap_or_default();
    }
}

/// The text with every escape of half a surrogate pair as `\ufffd`; `None` if it has none.
pub(super) fn without_lone_surrogates(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut changed = false;
    while let Some(position) = rest.find('\\') {
        let (before, escape) = rest.split_at(position);
        out.push_str(before);
        let length = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out.push_str("\\ufffd");
                rest = escape.get(6..).unwrap_or_default();
                changed = true;
                continue;
            }
            (Some(_), _) => 6,
            // The escaped character itself may be of several bytes.
            (None, _) => escape.chars().take(2).map(char::len_utf8).sum(),
        };
        let (escape, after) = escape.split_at_checked(length).unwrap_or((escape, ""));
        out.push_str(escape);
        rest = after;
    }
    out.push_str(rest);
    changed.then_some(out)
}

/// The UTF-16 unit of an escape `\uXXXX` at the start of a text.
fn unit(escape: &str) -> Option<u16> {
    let digits = escape.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

/// Length of a string literal with its quotes.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (position, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return position + 1,
            _ => {}
        }
    }
    text.len()
}

fn place(root: &str, levels: &[Level]) -> String {
    let mut place = root.to_owned();
    for level in levels {
        match level {
            // A name of the sender's own making may be anything; a place is never personal.
            Level::Object { name, .. } if name.len() <= 40 && name.is_ascii() => {
                place.push_str(&format!(".{name}"))
            }
            Level::Object { .. } => place.push_str(".?"),
            Level::Array { index } => place.push_str(&format!("[{index}]")),
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn double_names_and_lost_digits_are_found() {
        let text = r#"{"a":[1.0,0.010,{"b":"x\",\"b\":1","b":2}],"c":[1e2,1E+2,-0,1e400],"d":12345678901234567890123}"#;
        let mut problems = Vec::new();
        findings(text, "X", &mut problems);
        let found: Vec<_> = problems.iter().map(|each| (each.code.as_str(), each.at.as_str())).collect();
        assert!(found.contains(&("duplicate-key", "X.a[2].b")));
        assert_eq!(found.iter().filter(|(code, _)| *code == "duplicate-key").count(), 1);
        // Kept to the last digit; an exponent is spelled in one way.
        let other: Vec<_> =
            found.iter().filter(|(code, _)| *code == "decimal-precision").map(|(_, at)| *at).collect();
        assert_eq!(other, ["X.c[0]", "X.c[1]", "X.c[3]"]);
    }

    #[test]
    fn half_characters_are_replaced_and_whole_ones_left() {
        let whole = |text: &str| without_lone_surrogates(text);
        assert_eq!(whole(r#""\ud83d\ude00 \\ud83d \u3042""#), None);
        assert_eq!(whole(r#""\ud83d x\uDE00""#).as_deref(), Some(r#""\ufffd x\ufffd""#));
        assert_eq!(whole(r#""\ud83d\u0041 \あ""#).as_deref(), Some(r#""\ufffd\u0041 \あ""#));
        assert_eq!(whole("\\"), None);
    }
}
