//! HL7 v2.5 §2.7: escape sequences in text fields.

use super::Delimiters;
use crate::charset;

/// Resolves `\F\ \S\ \T\ \R\ \E\ \.br\ \Xhh..\`. What is not a known sequence stays as written
/// (highlighting, charset switches, a lone backslash).
pub fn unescape(text: &str, delimiters: &Delimiters) -> String {
    let mark = delimiters.escape;
    if !text.contains(mark) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(mark) {
        out.push_str(before);
        match after.split_once(mark).and_then(|(word, tail)| Some((resolve(word, delimiters)?, tail))) {
            Some((found, tail)) => {
                out.push_str(&found);
                rest = tail;
            }
            None => {
                out.push(mark);
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn resolve(word: &str, delimiters: &Delimiters) -> Option<String> {
    Some(match word {
        "F" => delimiters.field.to_string(),
        "S" => delimiters.component.to_string(),
        "T" => delimiters.subcomponent.to_string(),
        "R" => delimiters.repetition.to_string(),
        "E" => delimiters.escape.to_string(),
        ".br" | ".sp" => "\n".to_owned(),
        _ => {
            let digits =
                word.strip_prefix('X').filter(|digits| !digits.is_empty() && digits.len() % 2 == 0)?;
            let bytes: Option<Vec<u8>> = digits
                .as_bytes()
                .chunks(2)
                .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
                .collect();
            let decoded = charset::decode(&bytes?);
            decoded.replaced.is_empty().then_some(decoded.text.replace("\r\n", "\n").replace('\r', "\n"))?
        }
    })
}

/// Writes a text so that it can stand in a field; the inverse of [`unescape`] for delimiters and line ends.
pub fn escape(text: &str, delimiters: &Delimiters) -> String {
    let mut out = String::with_capacity(text.len());
    let mark = delimiters.escape;
    for c in text.chars() {
        let word = match c {
            '\n' => ".br",
            c if c == delimiters.field => "F",
            c if c == delimiters.component => "S",
            c if c == delimiters.subcomponent => "T",
            c if c == delimiters.repetition => "R",
            c if c == mark => "E",
            c => {
                out.push(c);
                continue;
            }
        };
        out.push(mark);
        out.push_str(word);
        out.push(mark);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sequences_of_the_standard() {
        let read = |text: &str| unescape(text, &Delimiters::default());
        assert_eq!(read(r"a\F\b\S\c\T\d\R\e\E\f"), r"a|b^c&d~e\f");
        assert_eq!(read(r"one\.br\two\X0D0A\three\X41\"), "one\ntwo\nthreeA");
        assert_eq!(read(r"\H\bold\N\ and \X4\ and \"), r"\H\bold\N\ and \X4\ and \");
        assert_eq!(read(r"C:\dir\file"), r"C:\dir\file");
    }

    proptest! {
        #[test]
        fn escaped_text_comes_back(text in "[a-zA-Z0-9|^~&\\\\\n薬]{0,20}") {
            let delimiters = Delimiters::default();
            prop_assert_eq!(unescape(&escape(&text, &delimiters), &delimiters), text);
        }
    }
}
