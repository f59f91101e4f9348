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

/// Names every double name (`duplicate-key`, the last one holds) and every number whose digits would change
/// (`decimal-precision`). `root` begins the place: `Bundle`, `line 3`.
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
                    let text = "the digits of this number are not kept as written; see the original";
                    problems.push(Problem::new("decimal-precision", place(root, &levels), text));
                }
            }
            _ => {}
        }
        rest = rest.get(length..).unwrap_or_default();
    }
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
        let text = r#"{"a":[1.0,0.010,{"b":"x\",\"b\":1","b":2}],"c":1e2,"d":12345678901234567890123}"#;
        let mut problems = Vec::new();
        findings(text, "X", &mut problems);
        let found: Vec<_> = problems.iter().map(|each| (each.code.as_str(), each.at.as_str())).collect();
        assert!(found.contains(&("duplicate-key", "X.a[2].b")));
        assert_eq!(found.iter().filter(|(code, _)| *code == "duplicate-key").count(), 1);
        let kept = serde_json::from_str::<serde_json::Number>("0.010").unwrap().to_string() == "0.010";
        assert_eq!(found.contains(&("decimal-precision", "X.a[1]")), !kept);
        assert!(!found.contains(&("decimal-precision", "X.a[0]")));
    }
}
