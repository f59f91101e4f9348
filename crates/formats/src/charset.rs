//! Bytes to text: ISO-2022-JP, Shift_JIS (CP932) and UTF-8 as Japanese systems really write them.
//!
//! The charset is recognised from the bytes; what a header claims is not believed. Text is decoded line by
//! line with the shift state reset at each CR or LF, so that a sender who forgets to return to ASCII spoils
//! one line and not the file. What has no character is replaced by `〓` and named, and never swallows what
//! follows. Nothing here knows any format's syntax.
//!
//! ISO-2022-JP is decoded here and not by `encoding_rs`, whose decoder stops at JIS X 0212 and at escape
//! sequences outside RFC 1468; its EUC-JP tables serve as the character tables, so that all charsets give
//! the same characters (U+FF5E, U+FF0D for `～`, `－`).

use encoding_rs::{EUC_JP, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;

/// Stands for a character that cannot be shown (geta mark, JIS X 0208 2-14).
pub const GETA: char = '〓';

/// The charset a text was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Charset {
    /// 7-bit, no escape sequences: the same in all of them.
    Ascii,
    /// ISO-2022-JP with JIS X 0201, 0208, 0212 and the NEC and IBM extensions (HL7: ISO IR6, IR13, IR87, IR159).
    Iso2022Jp,
    /// Windows code page 932.
    ShiftJis,
    /// UTF-8, with or without byte order mark.
    Utf8,
    /// UTF-16 with byte order mark.
    Utf16,
}

/// A character that could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// Line it stands in, from 0.
    pub line: usize,
    /// Its bytes in hexadecimal, with the character set where it matters: `JIS X 0208 7521`.
    pub code: String,
}

/// A text and what was lost in decoding it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The text, with the line ends of the original, without byte order mark.
    pub text: String,
    /// What it was written in.
    pub charset: Charset,
    /// Characters that became [`GETA`].
    pub replaced: Vec<Replaced>,
}

/// Decodes bytes whose charset is not known. Never fails.
pub fn decode(bytes: &[u8]) -> Decoded {
    if let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        return lines(rest, Charset::Utf8);
    }
    for (mark, encoding) in [(b"\xFF\xFE", UTF_16LE), (b"\xFE\xFF", UTF_16BE)] {
        if let Some(rest) = bytes.strip_prefix(mark).filter(|rest| rest.len() >= 2) {
            let text = encoding.decode_without_bom_handling(rest).0.into_owned();
            let mut replaced = Vec::new();
            let text = without_private(text, 0, &mut replaced);
            return Decoded { text, charset: Charset::Utf16, replaced };
        }
    }
    lines(bytes, recognise(bytes))
}

/// Says what the bytes are written in.
pub fn recognise(bytes: &[u8]) -> Charset {
    let escapes = bytes.windows(2).any(|pair| matches!(pair, [0x1B, b'$' | b'(' | b')']));
    if escapes {
        return Charset::Iso2022Jp;
    }
    if bytes.is_ascii() {
        return Charset::Ascii;
    }
    if std::str::from_utf8(bytes).is_ok() {
        return Charset::Utf8;
    }
    // Damaged in either case: the one with less damage.
    let damage = |encoding: &'static encoding_rs::Encoding| {
        let text = encoding.decode_without_bom_handling(bytes).0;
        text.chars().filter(|c| *c == '\u{FFFD}' || private(*c)).count()
    };
    if damage(UTF_8) < damage(SHIFT_JIS) { Charset::Utf8 } else { Charset::ShiftJis }
}

/// Decodes line by line, keeping CR and LF.
fn lines(bytes: &[u8], charset: Charset) -> Decoded {
    let mut text = String::with_capacity(bytes.len());
    let mut replaced = Vec::new();
    let parts = bytes.split_inclusive(|byte| matches!(byte, b'\r' | b'\n'));
    for (number, line) in parts.enumerate() {
        match charset {
            Charset::Iso2022Jp if line.contains(&0x1B) || line.is_ascii() => {
                Iso2022::new(number, &mut replaced).decode(line, &mut text);
            }
            Charset::Iso2022Jp if std::str::from_utf8(line).is_ok() => {
                decode_line(line, Charset::Utf8, number, &mut text, &mut replaced);
            }
            Charset::Iso2022Jp => decode_line(line, Charset::ShiftJis, number, &mut text, &mut replaced),
            _ => decode_line(line, charset, number, &mut text, &mut replaced),
        }
    }
    Decoded { text, charset, replaced }
}

/// Decodes a line of an 8-bit charset; what is malformed is named with its bytes.
fn decode_line(
    line: &[u8],
    charset: Charset,
    number: usize,
    text: &mut String,
    replaced: &mut Vec<Replaced>,
) {
    let encoding = if charset == Charset::ShiftJis { SHIFT_JIS } else { UTF_8 };
    if let Some(clean) = encoding.decode_without_bom_handling_and_without_replacement(line) {
        text.push_str(&without_private(clean.into_owned(), number, replaced));
        return;
    }
    let mut rest = line;
    while !rest.is_empty() {
        let length = character_length(rest, charset);
        let (one, after) = rest.split_at(length.min(rest.len()));
        match encoding.decode_without_bom_handling_and_without_replacement(one) {
            Some(clean) => text.push_str(&without_private(clean.into_owned(), number, replaced)),
            None => {
                replaced.push(Replaced { line: number, code: hex(one) });
                text.push(GETA);
            }
        }
        rest = after;
    }
}

/// Length of the character at the start of the bytes; 1 where it is malformed.
fn character_length(bytes: &[u8], charset: Charset) -> usize {
    let longest = if charset == Charset::ShiftJis { 2 } else { 4 };
    let encoding = if charset == Charset::ShiftJis { SHIFT_JIS } else { UTF_8 };
    (1..=longest)
        .find(|length| {
            let one = bytes.get(..*length);
            one.is_some_and(|one| encoding.decode_without_bom_handling_and_without_replacement(one).is_some())
        })
        .unwrap_or(1)
}

/// True for private use characters (gaiji): they mean nothing outside the system that wrote them.
fn private(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{FFFFD}' | '\u{100000}'..='\u{10FFFD}')
}

/// Replaces gaiji, naming them.
fn without_private(text: String, line: usize, replaced: &mut Vec<Replaced>) -> String {
    if !text.chars().any(|c| private(c) || c == '\u{FFFD}') {
        return text;
    }
    text.chars()
        .map(|c| {
            if private(c) || c == '\u{FFFD}' {
                replaced.push(Replaced { line, code: format!("U+{:04X}", u32::from(c)) });
                GETA
            } else {
                c
            }
        })
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// The set that the bytes 21 to 7E stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    /// ASCII, and JIS X 0201 Roman read as ASCII: senders use it to return from kanji, and `\` and `~` are syntax.
    Ascii,
    /// JIS X 0201 katakana.
    Kana,
    /// JIS C 6226, JIS X 0208, JIS X 0213 plane 1.
    Kanji,
    /// JIS X 0212 (HL7: ISO IR159).
    Supplementary,
    /// A two-byte set we have no table of.
    UnknownPair,
}

/// Decoder of one line of ISO-2022-JP.
struct Iso2022<'a> {
    line: usize,
    replaced: &'a mut Vec<Replaced>,
    set: Set,
    /// Katakana shifted in with SO.
    shifted: bool,
}

impl<'a> Iso2022<'a> {
    fn new(line: usize, replaced: &'a mut Vec<Replaced>) -> Self {
        Self { line, replaced, set: Set::Ascii, shifted: false }
    }

    fn decode(mut self, mut bytes: &[u8], text: &mut String) {
        while let Some((&first, rest)) = bytes.split_first() {
            bytes = match first {
                0x1B => self.escape(rest, text),
                0x0E => {
                    self.shifted = true;
                    rest
                }
                0x0F => {
                    self.shifted = false;
                    rest
                }
                0x21..=0x7E => self.graphic(first, rest, text),
                0xA1..=0xDF => {
                    text.push(half_kana(first - 0x80));
                    rest
                }
                0x80..=0xFF => {
                    self.lost(&[first], "", text);
                    rest
                }
                control => {
                    text.push(char::from(control));
                    rest
                }
            };
        }
    }

    /// Reads an escape sequence after its ESC.
    fn escape<'b>(&mut self, rest: &'b [u8], text: &mut String) -> &'b [u8] {
        const SEQUENCES: &[(&[u8], Option<Set>)] = &[
            (b"(B", Some(Set::Ascii)),
            (b"(J", Some(Set::Ascii)),
            (b"(H", Some(Set::Ascii)),
            (b"(I", Some(Set::Kana)),
            (b")I", None),
            (b")J", None),
            (b"&@", None),
            (b"$@", Some(Set::Kanji)),
            (b"$B", Some(Set::Kanji)),
            (b"$(@", Some(Set::Kanji)),
            (b"$(B", Some(Set::Kanji)),
            (b"$(O", Some(Set::Kanji)),
            (b"$(Q", Some(Set::Kanji)),
            (b"$(D", Some(Set::Supplementary)),
            (b"$(P", Some(Set::UnknownPair)),
            (b"$(C", Some(Set::UnknownPair)),
            (b"$A", Some(Set::UnknownPair)),
        ];
        for (sequence, set) in SEQUENCES {
            if let Some(after) = rest.strip_prefix(*sequence) {
                if let Some(set) = set {
                    self.set = *set;
                    self.shifted = false;
                }
                return after;
            }
        }
        self.lost(&[0x1B], "", text);
        rest
    }

    /// Reads a byte of 21 to 7E, with its second where the set has pairs.
    fn graphic<'b>(&mut self, first: u8, rest: &'b [u8], text: &mut String) -> &'b [u8] {
        match self.set {
            Set::Ascii if self.shifted && first < 0x60 => text.push(half_kana(first)),
            Set::Ascii => text.push(char::from(first)),
            Set::Kana if first < 0x60 => text.push(half_kana(first)),
            Set::Kana => self.lost(&[first], "JIS X 0201 ", text),
            Set::Kanji | Set::Supplementary | Set::UnknownPair => {
                let Some((&second, after)) =
                    rest.split_first().filter(|(second, _)| (0x21..=0x7E).contains(*second))
                else {
                    // Half a character: the control or escape that follows is not part of it.
                    self.lost(&[first], "", text);
                    return rest;
                };
                match self.pair(first, second) {
                    Some(found) => text.push_str(&found),
                    None => {
                        let set = match self.set {
                            Set::Kanji => "JIS X 0208 ",
                            Set::Supplementary => "JIS X 0212 ",
                            _ => "",
                        };
                        self.lost(&[first, second], set, text);
                    }
                }
                return after;
            }
        }
        rest
    }

    /// The character of a pair, by the tables of EUC-JP.
    fn pair(&self, first: u8, second: u8) -> Option<Cow<'static, str>> {
        let (first, second) = (first | 0x80, second | 0x80);
        let euc: &[u8] = match self.set {
            Set::Kanji => &[first, second],
            Set::Supplementary => &[0x8F, first, second],
            _ => return None,
        };
        let found = EUC_JP.decode_without_bom_handling_and_without_replacement(euc)?;
        Some(Cow::Owned(found.into_owned()))
    }

    fn lost(&mut self, bytes: &[u8], set: &str, text: &mut String) {
        self.replaced.push(Replaced { line: self.line, code: format!("{set}{}", hex(bytes)) });
        text.push(GETA);
    }
}

/// Half-width katakana of a 7-bit code 21 to 5F.
fn half_kana(code: u8) -> char {
    char::from_u32(0xFF61 + u32::from(code.saturating_sub(0x21))).unwrap_or(GETA)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(bytes: &[u8]) -> (String, Charset, usize) {
        let decoded = decode(bytes);
        (decoded.text, decoded.charset, decoded.replaced.len())
    }

    #[test]
    fn the_charset_is_seen_in_the_bytes() {
        assert_eq!(read(b"A|\x1b$B4D<T\x1b(B|B"), ("A|環者|B".into(), Charset::Iso2022Jp, 0));
        assert_eq!(read(&SHIFT_JIS.encode("佐倉|①～ｱ").0), ("佐倉|①～ｱ".into(), Charset::ShiftJis, 0));
        assert_eq!(read("\u{FEFF}佐倉𠮷".as_bytes()), ("佐倉𠮷".into(), Charset::Utf8, 0));
        assert_eq!(read(b"MSH|"), ("MSH|".into(), Charset::Ascii, 0));
        assert_eq!(read(b""), (String::new(), Charset::Ascii, 0));
        assert_eq!(read(b"\xFF\xFEA\0"), ("A".into(), Charset::Utf16, 0));
    }

    #[test]
    fn a_sender_who_forgets_to_return_to_ascii_spoils_one_line() {
        assert_eq!(read(b"PV1|\x1b$B4D<T\rPID|1").0, "PV1|環者\rPID|1");
    }

    #[test]
    fn supplementary_kanji_half_kana_and_extensions() {
        // JIS X 0212 30-21 is U+4E02.
        assert_eq!(read(b"\x1b$(D0!\x1b(B|x"), ("丂|x".into(), Charset::Iso2022Jp, 0));
        assert_eq!(read(b"\x1b(I6M\x1b(B|x"), ("ｶﾍ|x".into(), Charset::Iso2022Jp, 0));
        assert_eq!(read(b"\x1b)I\x0e6M\x0f|x"), ("ｶﾍ|x".into(), Charset::Iso2022Jp, 0));
        assert_eq!(read(b"\x1b$B-!\x1b(J~x").0, "①~x");
    }

    #[test]
    fn what_has_no_character_is_named_and_swallows_nothing() {
        assert_eq!(read(b"\x1b$Bu!4D\x1b(B|x"), ("〓環|x".into(), Charset::Iso2022Jp, 1));
        assert_eq!(read(b"\x1b$B4\x1b(B|x"), ("〓|x".into(), Charset::Iso2022Jp, 1));
        assert_eq!(read(b"\x1b$B4D\x1b(B\x1b%G|x"), ("環〓%G|x".into(), Charset::Iso2022Jp, 1));
        // Gaiji of CP932, and a lead byte without its second.
        assert_eq!(read(b"\x8d\xb2\xf0\x40|\x8d\xb2\x81").0, "佐〓|佐〓");
        assert_eq!(decode(b"\x8d\xb2\xf0\x40").replaced[0].code, "U+E000");
        assert_eq!(read("佐\u{E000}".as_bytes()), ("佐〓".into(), Charset::Utf8, 1));
    }

    #[test]
    fn lines_of_another_charset_among_iso_2022() {
        let mut bytes = b"\x1b$B4D\x1b(B\r".to_vec();
        bytes.extend_from_slice(&SHIFT_JIS.encode("佐倉").0);
        assert_eq!(read(&bytes).0, "環\r佐倉");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let decoded = decode(&bytes);
            prop_assert!(!decoded.text.chars().any(private));
        }

        #[test]
        fn any_bytes_with_escapes_are_read(parts in proptest::collection::vec("\\x1b[$(][A-Z(@]|[!-~]{1,3}|\r", 0..12)) {
            let text = parts.concat();
            let count = |text: &str| text.matches('\r').count();
            prop_assert_eq!(count(&decode(text.as_bytes()).text), count(&text));
        }

        #[test]
        fn shift_jis_comes_back(text in "[ぁ-んァ-ヶ一-龠ｱ-ﾝa-z|^~&]{1,20}") {
            let (bytes, _, lossy) = SHIFT_JIS.encode(&text);
            prop_assume!(!lossy && std::str::from_utf8(&bytes).is_err());
            prop_assert_eq!(decode(&bytes).text, text);
        }
    }
}
