//! Text files as Japanese systems write them: bytes to lines, and what could not be decoded.
//!
//! UTF-8 (with or without a byte order mark), UTF-16 with one, or Shift_JIS as Windows writes it (CP932);
//! decided by content, never by what a file claims. Not for HL7: its escapes are another room's
//! ([`crate::hl7v2`]). Lines end at LF, CR LF or CR and at nothing else: the byte 0x85 is the first half of
//! many kanji and no line end. A closing 0x1A (end of file of MS-DOS) is dropped.

use encoding_rs::{Encoding, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE};
use model::reading::Problem;
use unicode_normalization::UnicodeNormalization;

/// Decodes a file. Characters of a vendor's own (gaiji: private use area) are kept, undecodable bytes become
/// U+FFFD; both are reported per line as `charset`.
pub fn decode(bytes: &[u8], problems: &mut Vec<Problem>) -> String {
    let bytes = without_end_mark(bytes);
    let text = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) if [UTF_8, UTF_16LE, UTF_16BE].contains(&encoding) => {
            encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or_default()).0.into_owned()
        }
        _ => match std::str::from_utf8(bytes) {
            Ok(text) if !is_disguised_shift_jis(text, bytes) => text.to_owned(),
            Err(error) if is_cut_utf8(error, bytes) => String::from_utf8_lossy(bytes).into_owned(),
            _ => shift_jis_or_broken_utf8(bytes),
        },
    };
    for (number, line) in lines(&text) {
        let lost = line.chars().filter(|c| matches!(*c, '\u{fffd}' | '\u{80}'..='\u{9f}')).count();
        if lost > 0 {
            let text = format!("{lost} place(s) that are no character of the encoding");
            problems.push(Problem::new("charset", format!("line {number}"), text));
        }
        let own = line.chars().filter(|c| is_private(*c)).count();
        if own > 0 {
            let text = format!("{own} character(s) of the sender's own (gaiji), kept as they are");
            problems.push(Problem::new("charset", format!("line {number}"), text));
        }
    }
    text
}

/// The bytes before a closing 0x1A, which may itself be followed by line ends, blanks or NUL (padding to the
/// size of a sector).
fn without_end_mark(bytes: &[u8]) -> &[u8] {
    let padding = |byte: &u8| matches!(byte, 0x1a | 0 | b'\r' | b'\n' | b' ');
    let tail = bytes.iter().rev().take_while(|byte| padding(byte)).count();
    let (body, tail) = bytes.split_at(bytes.len() - tail);
    match tail.iter().position(|byte| *byte == 0x1a) {
        Some(mark) => bytes.get(..body.len() + mark).unwrap_or(bytes),
        None => bytes,
    }
}

/// A file of ASCII and half-width kana alone can be valid UTF-8 by accident; it then reads as Greek or
/// Cyrillic letters without any Japanese one.
fn is_disguised_shift_jis(text: &str, bytes: &[u8]) -> bool {
    let foreign = text.chars().any(|c| ('\u{80}'..'\u{800}').contains(&c));
    let japanese = text.chars().any(|c| c >= '\u{2000}');
    foreign && !japanese && !SHIFT_JIS.decode_without_bom_handling(bytes).1
}

/// UTF-8 to its end, where a character is cut off: a copy that was not finished.
fn is_cut_utf8(error: std::str::Utf8Error, bytes: &[u8]) -> bool {
    let whole = bytes.get(..error.valid_up_to()).unwrap_or_default();
    let japanese = std::str::from_utf8(whole).is_ok_and(|text| text.chars().any(|c| c >= '\u{2000}'));
    error.error_len().is_none() && japanese
}

/// Shift_JIS, unless the bytes are nearer to UTF-8 that was cut or damaged somewhere. Decoded line by line:
/// a damaged character must not eat the line end (0x0A and 0x0D are never half of a character).
fn shift_jis_or_broken_utf8(bytes: &[u8]) -> String {
    let by_line = |encoding: &'static Encoding| {
        let mut text = String::with_capacity(bytes.len() * 3 / 2);
        for line in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            text.push_str(&encoding.decode_without_bom_handling(line).0);
        }
        text
    };
    let lost = |text: &str| text.chars().filter(|c| *c == '\u{fffd}').count();
    let shift_jis = by_line(SHIFT_JIS);
    let lost_in_shift_jis = lost(&shift_jis);
    if lost_in_shift_jis == 0 {
        return shift_jis;
    }
    let utf_8 = by_line(UTF_8);
    if lost(&utf_8) < lost_in_shift_jis { utf_8 } else { shift_jis }
}

/// True for a character of the private use areas (gaiji).
pub fn is_private(c: char) -> bool {
    ('\u{e000}'..='\u{f8ff}').contains(&c) || ('\u{f0000}'..='\u{10fffd}').contains(&c)
}

/// The lines with their numbers from 1, without line ends; empty ones left out.
pub fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let end = if text.contains('\n') { '\n' } else { '\r' };
    text.split(end)
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim_end_matches('\r')))
        .filter(|(_, line)| !line.trim().is_empty())
}

/// Folds a text for comparison: compatibility forms (half-width kana, full-width digits) made one, no
/// white space, lower case. Not for display.
pub fn fold(text: &str) -> String {
    text.nfkc().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// Full-width digits, signs and letters to ASCII, trimmed; for fields that hold a number or a code.
pub fn narrow(text: &str) -> String {
    if text.is_ascii() {
        return text.trim().to_owned();
    }
    text.nfkc().collect::<String>().trim().to_owned()
}

/// The fields of one line of a comma (or tab) separated file, with `"` around fields as RFC 4180 §2 has it,
/// but never across lines: `None` if a quote stays open, so that one bad row cannot swallow the next ones.
pub fn split_quoted(line: &str, separator: char) -> Option<Vec<String>> {
    split(line, separator, false)
}

/// The fields of a row whose quoted field holds line ends, as RFC 4180 §2.6 has it to the letter: nothing
/// stands between a closing quote and the separator. So a quote left open by mistake does not find its end in
/// the next row.
pub fn split_quoted_lines(lines: &str, separator: char) -> Option<Vec<String>> {
    split(lines, separator, true)
}

fn split(line: &str, separator: char, strict: bool) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut field = String::new();
    let mut characters = line.chars().peekable();
    let mut quoted = false;
    while let Some(c) = characters.next() {
        match (quoted, c) {
            (true, '"') if characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            (true, '"') => {
                quoted = false;
                if strict && characters.peek().is_some_and(|next| *next != separator) {
                    return None;
                }
            }
            (false, '"') if field.trim().is_empty() => {
                field.clear();
                quoted = true;
            }
            (false, c) if c == separator => fields.push(std::mem::take(&mut field)),
            (_, c) => field.push(c),
        }
    }
    fields.push(field);
    (!quoted).then_some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> (String, Vec<String>) {
        let mut problems = Vec::new();
        let text = decode(bytes, &mut problems);
        (text, problems.into_iter().map(|problem| problem.at).collect())
    }

    #[test]
    fn the_same_text_in_every_encoding() {
        let text = "氏名,カナ\r\n表示ソ能,ﾀﾛｳ\r\n";
        let (shift_jis, _, _) = SHIFT_JIS.encode(text);
        let utf_16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        for bytes in [text.as_bytes(), &shift_jis, &utf_16, &marked] {
            assert_eq!(decoded(bytes), (text.to_owned(), vec![]));
        }
        for end in [&b"\x1a"[..], b"\x1a\x1a", b"\x1a\r\n", b"\x1a\0\0\0", b"\x1a\r\n\x1a"] {
            assert_eq!(decoded(&[b"a,b\r\n", end].concat()).0, "a,b\r\n");
        }
        assert_eq!(decoded(b"a\x1ab\r\n").0, "a\x1ab\r\n");
    }

    #[test]
    fn a_cut_file_loses_its_last_character_and_no_other() {
        let bytes = "氏名,x\r\n佐".as_bytes();
        assert_eq!(
            decoded(&bytes[..bytes.len() - 1]),
            ("氏名,x\r\n\u{fffd}".to_owned(), vec!["line 2".to_owned()])
        );
    }

    #[test]
    fn half_kana_alone_is_not_cyrillic() {
        let (bytes, _, _) = SHIFT_JIS.encode("1,ﾐｱ,ﾃｱ\r\n");
        assert!(std::str::from_utf8(&bytes).is_ok(), "the trap must be a trap");
        assert_eq!(decoded(&bytes).0, "1,ﾐｱ,ﾃｱ\r\n");
    }

    #[test]
    fn gaiji_and_damage_are_named_by_line_and_stay_in_their_line() {
        let (text, at) = decoded(b"a\r\n\xf0\x40\r\n\x82\r\nz\x85\nb\r\n");
        assert_eq!(at, ["line 2", "line 3", "line 4"]);
        assert_eq!(lines(&text).count(), 5);
        assert!(text.contains('\u{e000}'));
    }

    #[test]
    fn quotes_never_cross_a_line() {
        assert_eq!(split_quoted("a,\"b,\"\"c\",d", ','), Some(vec!["a".into(), "b,\"c".into(), "d".into()]));
        assert_eq!(split_quoted("a,\"b", ','), None);
        assert_eq!(
            split_quoted_lines("a,\"b\nc\",d", ','),
            Some(vec!["a".into(), "b\nc".into(), "d".into()])
        );
        assert_eq!(split_quoted_lines("a,\"b\nc,\"d\"", ','), None);
        assert_eq!(split_quoted("ab\"c,d", ','), Some(vec!["ab\"c".into(), "d".into()]));
    }
}
