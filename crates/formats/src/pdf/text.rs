//! Strings and dates of PDF (ISO 32000-1 §7.3.4, §7.9).

use crate::charset;
use crate::hl7v2::timestamp;
use encoding_rs::{UTF_16BE, UTF_16LE};

/// The bytes of a literal `( )` or hexadecimal `< >` string at the start, and how long it is written.
pub(super) fn string(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    match bytes.first()? {
        b'(' => literal(bytes),
        b'<' => hexadecimal(bytes),
        _ => None,
    }
}

fn literal(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (mut value, mut depth, mut at) = (Vec::new(), 0_usize, 0);
    loop {
        let byte = *bytes.get(at)?;
        at += 1;
        match byte {
            b'(' => {
                depth += 1;
                if depth > 1 {
                    value.push(byte);
                }
            }
            b')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some((value, at));
                }
                value.push(byte);
            }
            b'\\' => {
                let escaped = *bytes.get(at)?;
                at += 1;
                match escaped {
                    b'n' => value.push(b'\n'),
                    b'r' => value.push(b'\r'),
                    b't' => value.push(b'\t'),
                    b'b' => value.push(8),
                    b'f' => value.push(12),
                    b'0'..=b'7' => {
                        let mut code = u32::from(escaped - b'0');
                        for _ in 0..2 {
                            let Some(digit @ b'0'..=b'7') = bytes.get(at) else { break };
                            code = code * 8 + u32::from(digit - b'0');
                            at += 1;
                        }
                        value.push(code as u8);
                    }
                    // A line end behind a reverse solidus is none.
                    b'\r' => at += usize::from(bytes.get(at) == Some(&b'\n')),
                    b'\n' => {}
                    other => value.push(other),
                }
            }
            other => value.push(other),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let end = bytes.iter().position(|byte| *byte == b'>')?;
    let digits: Vec<u32> =
        bytes.get(1..end)?.iter().filter_map(|byte| char::from(*byte).to_digit(16)).collect();
    let pair = |pair: &[u32]| {
        let (high, low) = (pair.first().unwrap_or(&0), pair.get(1).unwrap_or(&0));
        (high * 16 + low) as u8
    };
    Some((digits.chunks(2).map(pair).collect(), end + 1))
}

/// A text string: UTF-16 or UTF-8 by its mark; without one what the bytes seem to be (printer drivers of Japan
/// write Shift_JIS). `Err` is the text with what could not be read.
pub(super) fn decode(bytes: &[u8]) -> Result<String, String> {
    let utf_16 = [(b"\xfe\xff", UTF_16BE), (b"\xff\xfe", UTF_16LE)];
    let marked = utf_16.iter().find_map(|(mark, encoding)| {
        bytes.strip_prefix(*mark).map(|rest| encoding.decode_without_bom_handling(rest))
    });
    let clean = |text: &str| text.chars().filter(|c| !c.is_control() || *c == '\n').collect::<String>();
    if let Some((text, lost)) = marked {
        let text = clean(&text).trim().to_owned();
        return if lost { Err(text) } else { Ok(text) };
    }
    let decoded = charset::decode(bytes);
    let text = clean(&decoded.text).trim().to_owned();
    if decoded.replaced.is_empty() { Ok(text) } else { Err(text) }
}

/// `D:YYYYMMDDHHmmSS+09'00'` as FHIR `dateTime`.
pub(super) fn date(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches("D:");
    let plain: String = text.chars().filter(|c| *c != '\'').collect();
    let plain = match plain.find('Z') {
        Some(at) => format!("{}+0000", plain.get(..at).unwrap_or_default()),
        None => plain,
    };
    // A zone of hours alone.
    let zone = plain.find(['+', '-']).map_or(0, |at| plain.len() - at);
    let plain = if zone == 3 { format!("{plain}00") } else { plain };
    timestamp::date_time(&plain).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_in_every_form() {
        let read = |bytes: &[u8]| string(bytes).map(|(value, length)| (decode(&value).unwrap(), length));
        assert_eq!(read(b"(a\\(b\\)(c)\\101)x"), Some(("a(b)(c)A".into(), 15)));
        assert_eq!(read(b"<FEFF4F50 5009>"), Some(("佐倉".into(), 15)));
        assert_eq!(read(b"(\xfe\xff\x4f\x50\x50\x09)"), Some(("佐倉".into(), 8)));
        let (shift_jis, ..) = encoding_rs::SHIFT_JIS.encode("(紹介状)");
        assert_eq!(read(&shift_jis).unwrap().0, "紹介状");
        for bytes in [&b"(a"[..], b"(a\\", b"<41", b"", b"/x"] {
            assert_eq!(string(bytes), None);
        }
    }

    #[test]
    fn dates_of_pdf() {
        for (text, expected) in [
            ("D:20260401101500+09'00'", Some("2026-04-01T10:15:00+09:00")),
            ("D:20260401011500Z00'00'", Some("2026-04-01T01:15:00+00:00")),
            ("D:20260401101500+09", Some("2026-04-01T10:15:00+09:00")),
            ("D:20260401", Some("2026-04-01")),
            ("20260230", None),
            ("", None),
        ] {
            assert_eq!(date(text).as_deref(), expected, "{text}");
        }
    }
}
