//! Character sets of DICOM texts (PS3.3 §C.12.1.1.2, PS3.5 §6.1): escapes first, delimiters after.
//!
//! A kanji of two bytes may hold the bytes of `\`, `^` and `=`, so a text is decoded before it is parted; the
//! state goes back to the beginning at delimiters and at control characters (PS3.5 §6.1.2.5.3). Escapes are
//! followed whether the file announces them or not, and bytes that cannot be of the set the file claims are read
//! as what they seem to be (modalities of Japan write Shift_JIS under any name); that is reported. What has no
//! character becomes `〓`.

use crate::charset::{self, GETA};
use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5, ISO_8859_6,
    ISO_8859_7, ISO_8859_8, ISO_8859_15, UTF_8, WINDOWS_874, WINDOWS_1252, WINDOWS_1254,
};

/// What the bytes of one half of the code table stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Set {
    /// ASCII, and JIS X 0201 Roman read as ASCII: `\` is a delimiter there too.
    Ascii,
    /// JIS X 0201 katakana.
    Kana,
    /// JIS X 0208.
    Kanji,
    /// JIS X 0212.
    Supplementary,
    /// KS X 1001.
    Hangul,
    /// GB 2312.
    Hanzi,
    /// The upper half of a single-byte set.
    Single(&'static Encoding),
    /// Nothing was said.
    None,
}

/// Specific Character Set (0008,0005) as far as decoding needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CharacterSet {
    /// UTF-8, GB18030 or GBK: one set for all, without escapes.
    whole: Option<&'static Encoding>,
    /// Upper half at the beginning.
    upper: Set,
    /// A term the standard does not have.
    unknown: bool,
}

impl Default for CharacterSet {
    fn default() -> Self {
        Self { whole: None, upper: Set::None, unknown: false }
    }
}

/// A decoded text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub text: String,
    /// What is wrong with its character set, if something is.
    pub odd: Option<&'static str>,
}

/// Defined terms (PS3.3 tables C.12-2 to C.12-5) without `ISO_IR` or `ISO 2022 IR`.
fn single(number: &str) -> Option<Set> {
    Some(match number {
        "100" => Set::Single(WINDOWS_1252),
        "101" => Set::Single(ISO_8859_2),
        "109" => Set::Single(ISO_8859_3),
        "110" => Set::Single(ISO_8859_4),
        "144" => Set::Single(ISO_8859_5),
        "127" => Set::Single(ISO_8859_6),
        "126" => Set::Single(ISO_8859_7),
        "138" => Set::Single(ISO_8859_8),
        "148" => Set::Single(WINDOWS_1254),
        "203" => Set::Single(ISO_8859_15),
        "166" => Set::Single(WINDOWS_874),
        "13" => Set::Kana,
        "6" => Set::None,
        _ => return None,
    })
}

impl CharacterSet {
    /// Reads the values of (0008,0005).
    pub fn new(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes).to_uppercase();
        let mut terms = text.split('\\').map(|term| term.trim_matches([' ', '\0']));
        let first = terms.next().unwrap_or_default();
        let number = |term: &str| -> String { term.chars().filter(char::is_ascii_digit).collect() };
        let mut set = Self::default();
        match first {
            "" => {}
            "GB18030" => set.whole = Some(GB18030),
            "GBK" => set.whole = Some(GBK),
            // Not of the standard, and written.
            "BIG5" => set.whole = Some(BIG5),
            "UTF-8" | "UTF8" => set.whole = Some(UTF_8),
            term => {
                let number = number(term.strip_prefix("ISO 2022 IR").unwrap_or(term));
                match (number.as_str(), single(&number)) {
                    ("192", _) => set.whole = Some(UTF_8),
                    (_, Some(upper)) => set.upper = upper,
                    // Multi-byte sets begin with ASCII and are reached by escapes.
                    ("87" | "159" | "149" | "58", None) => {}
                    _ => set.unknown = true,
                }
            }
        }
        let known = |term: &str| {
            let number = number(term.strip_prefix("ISO 2022 IR").unwrap_or(term));
            term.is_empty() || single(&number).is_some() || ["87", "159", "149", "58"].contains(&&*number)
        };
        set.unknown |= !terms.all(known);
        set
    }

    /// Decodes a value. `delimiters` are those of its value representation: `\^=` for names, `\` where several
    /// values may stand, none for long texts.
    pub fn decode(&self, bytes: &[u8], delimiters: &[u8]) -> Text {
        let escapes = bytes.contains(&0x1b);
        if bytes.is_ascii() && !escapes {
            return Text { text: String::from_utf8_lossy(bytes).into_owned(), odd: None };
        }
        let odd =
            if self.unknown { Some("the file names a character set DICOM does not have") } else { None };
        if let Some(encoding) = self.whole.filter(|_| !escapes) {
            return match encoding.decode_without_bom_handling_and_without_replacement(bytes) {
                Some(text) => Text { text: text.into_owned(), odd },
                None => guessed(bytes),
            };
        }
        let upper_is_shift_jis = match self.upper {
            // No byte of JIS X 0201 is one of these, and every Shift_JIS kanji begins with one.
            Set::Kana => bytes.iter().any(|byte| matches!(byte, 0x80..=0xa0 | 0xe0..=0xff)),
            Set::None => !escapes && !bytes.is_ascii(),
            _ => false,
        };
        if upper_is_shift_jis && !escapes {
            return guessed(bytes);
        }
        let (initial, lower, upper, lost) = (self.upper, Set::Ascii, self.upper, false);
        let mut decoder = Decoder { initial, lower, upper, delimiters, lost, unannounced: false };
        let text = decoder.run(bytes);
        let odd = match (decoder.lost, decoder.unannounced) {
            (true, _) => Some("bytes that are no character of the set; shown as 〓"),
            (_, true) => Some("katakana of JIS X 0201 the file does not announce"),
            _ => odd,
        };
        Text { text, odd }
    }
}

/// A text in another character set than the file says.
fn guessed(bytes: &[u8]) -> Text {
    let decoded = charset::decode(bytes);
    let odd = match decoded.replaced.is_empty() {
        true => "not in the character set the file names; read as what it seems to be",
        false => "not in the character set the file names; some bytes are no character and shown as 〓",
    };
    Text { text: decoded.text, odd: Some(odd) }
}

struct Decoder<'d> {
    initial: Set,
    lower: Set,
    upper: Set,
    delimiters: &'d [u8],
    lost: bool,
    /// Katakana in a half of the table nobody announced.
    unannounced: bool,
}

impl Decoder<'_> {
    fn run(&mut self, mut bytes: &[u8]) -> String {
        let mut text = String::with_capacity(bytes.len() * 2);
        while let Some((&first, rest)) = bytes.split_first() {
            bytes = match first {
                0x1b => self.escape(rest, &mut text),
                0x00..=0x1f | 0x7f => {
                    self.reset();
                    text.push(char::from(first));
                    rest
                }
                0x20 => {
                    text.push(' ');
                    rest
                }
                0x21..=0x7e if self.lower == Set::Ascii => {
                    if self.delimiters.contains(&first) {
                        self.reset();
                    }
                    text.push(char::from(first));
                    rest
                }
                _ => self.graphic(first, rest, &mut text),
            };
        }
        text
    }

    fn reset(&mut self) {
        (self.lower, self.upper) = (Set::Ascii, self.initial);
    }

    /// Reads an escape sequence after its ESC (PS3.3 tables C.12-3 and C.12-4, the escapes of the sets).
    fn escape<'b>(&mut self, rest: &'b [u8], text: &mut String) -> &'b [u8] {
        const SEQUENCES: &[(&[u8], bool, Set)] = &[
            (b"(B", false, Set::Ascii),
            (b"(J", false, Set::Ascii),
            (b")I", true, Set::Kana),
            (b"(I", false, Set::Kana),
            (b"$@", false, Set::Kanji),
            (b"$B", false, Set::Kanji),
            (b"$(B", false, Set::Kanji),
            (b"$(D", false, Set::Supplementary),
            (b"$)C", true, Set::Hangul),
            (b"$)A", true, Set::Hanzi),
            (b"-A", true, Set::Single(WINDOWS_1252)),
            (b"-B", true, Set::Single(ISO_8859_2)),
            (b"-C", true, Set::Single(ISO_8859_3)),
            (b"-D", true, Set::Single(ISO_8859_4)),
            (b"-L", true, Set::Single(ISO_8859_5)),
            (b"-G", true, Set::Single(ISO_8859_6)),
            (b"-F", true, Set::Single(ISO_8859_7)),
            (b"-H", true, Set::Single(ISO_8859_8)),
            (b"-M", true, Set::Single(WINDOWS_1254)),
            (b"-b", true, Set::Single(ISO_8859_15)),
            (b"-T", true, Set::Single(WINDOWS_874)),
        ];
        for (sequence, upper, set) in SEQUENCES {
            if let Some(after) = rest.strip_prefix(*sequence) {
                if *upper {
                    self.upper = *set;
                } else {
                    self.lower = *set;
                }
                return after;
            }
        }
        self.lose(text);
        rest
    }

    fn graphic<'b>(&mut self, first: u8, rest: &'b [u8], text: &mut String) -> &'b [u8] {
        let upper = first >= 0x80;
        let set = if upper { self.upper } else { self.lower };
        let decode = |encoding: &'static Encoding, bytes: &[u8]| {
            let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
            text.chars()
                .next()
                .filter(|c| !('\u{e000}'..='\u{f8ff}').contains(c) && text.chars().count() == 1)
        };
        let high = |byte: u8| byte | 0x80;
        let (found, length) = match (set, rest.first()) {
            (Set::Kana | Set::None, _) => {
                self.unannounced |= set == Set::None;
                let code = first & 0x7f;
                let kana = (0x21..=0x5f).contains(&code).then(|| u32::from(code) - 0x21 + 0xff61);
                (kana.and_then(char::from_u32), 0)
            }
            (Set::Single(encoding), _) => (decode(encoding, &[first]), 0),
            (Set::Kanji, Some(second)) => (decode(EUC_JP, &[high(first), high(*second)]), 1),
            (Set::Supplementary, Some(second)) => (decode(EUC_JP, &[0x8f, high(first), high(*second)]), 1),
            (Set::Hangul, Some(second)) => (decode(EUC_KR, &[first, *second]), 1),
            (Set::Hanzi, Some(second)) => (decode(GB18030, &[first, *second]), 1),
            _ => (None, 0),
        };
        // Half a character never swallows what follows: a control character, an escape, the other half table.
        let pairs = rest.first().is_some_and(|second| (*second >= 0x80) == upper && second & 0x7f > 0x20);
        match found.filter(|_| length == 0 || pairs) {
            Some(c) => {
                text.push(c);
                rest.get(length..).unwrap_or_default()
            }
            None => {
                self.lose(text);
                if length == 1 && pairs { rest.get(1..).unwrap_or_default() } else { rest }
            }
        }
    }

    fn lose(&mut self, text: &mut String) {
        self.lost = true;
        text.push(GETA);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(terms: &str, bytes: &[u8]) -> String {
        let text = CharacterSet::new(terms.as_bytes()).decode(bytes, b"\\^=");
        assert_eq!(text.odd, None, "{terms}");
        text.text
    }

    /// The examples of PS3.5 annexes H to K, and the same in other sets.
    #[test]
    fn names_in_every_character_set() {
        let kanji = b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B";
        assert_eq!(name("\\ISO 2022 IR 87", kanji), "Yamada^Tarou=山田^太郎=やまだ^たろう");
        let kana =
            b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J";
        assert_eq!(name("ISO 2022 IR 13\\ISO 2022 IR 87", kana), "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう");
        let korean =
            b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf";
        assert_eq!(name("\\ISO 2022 IR 149", korean), "Hong^Gildong=洪^吉洞=홍^길동");
        let chinese = b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=";
        assert_eq!(name("\\ISO 2022 IR 58", chinese), "Zhang^XiaoDong=张^小东=");
        assert_eq!(name("GB18030", b"Wang=\xcd\xf5^\xd0\xa1\xb6\xab="), "Wang=王^小东=");
        assert_eq!(name("ISO_IR 192", "佐倉^𠮷子".as_bytes()), "佐倉^𠮷子");
        for (term, bytes, text) in [
            ("ISO_IR 100", b"\xc4neas".as_slice(), "Äneas"),
            ("ISO_IR 144", b"\xbb\xee\xdace", "Люкce"),
            ("ISO_IR 126", b"\xc4\xe9", "Δι"),
            ("ISO_IR 127", b"\xe2\xc8", "قب"),
            ("ISO_IR 138", b"\xf9\xf8", "שר"),
            ("ISO_IR 13", b"\xbb\xb8\xd7^\xca\xc5", "ｻｸﾗ^ﾊﾅ"),
            ("ISO_IR 166", b"\xa1\xa2", "กข"),
            ("\\ISO 2022 IR 159", b"\x1b$(D\x30\x21\x1b(B", "丂"),
            ("ISO 2022 IR 6\\ISO 2022 IR 100\\ISO 2022 IR 144", b"a\x1b-A\xe9 \x1b-L\xee", "aé ю"),
        ] {
            assert_eq!(name(term, bytes), text, "{term}");
        }
    }

    #[test]
    fn bytes_of_delimiters_inside_kanji_are_kanji() {
        // 表 is 49 3D, 能 47 3D, к 27 5C, 爪 44 5E: their bytes are `=`, `\` and `^`.
        let bytes = b"\x1b$B\x49\x3d\x47\x3d\x1b(B^\x1b$B\x27\x5c\x44\x5e\x1b(B";
        assert_eq!(name("\\ISO 2022 IR 87", bytes), "表能^к爪");
    }

    #[test]
    fn the_state_goes_back_at_delimiters_and_control_characters() {
        let set = CharacterSet::new(b"ISO 2022 IR 6\\ISO 2022 IR 149");
        assert_eq!(set.decode(b"\x1b$)C\xfb\xf3\\\xfb\xf3", b"\\").text, "洪\\〓〓");
        // A writer that forgets to return to ASCII before the line end.
        let text = CharacterSet::new(b"\\ISO 2022 IR 87").decode(b"\x1b$B;3ED\r\nabc", b"");
        assert_eq!((text.text.as_str(), text.odd), ("山田\r\nabc", None));
        // In a long text a reverse solidus parts nothing.
        assert_eq!(set.decode(b"\x1b$)C\xfb\xf3\\\xfb\xf3", b"").text, "洪\\洪");
    }

    #[test]
    fn another_set_than_the_file_says_is_read_and_reported() {
        let (shift_jis, _, _) = encoding_rs::SHIFT_JIS.encode("佐倉^表子");
        for (terms, bytes) in [
            ("", &*shift_jis),
            ("ISO_IR 13", &shift_jis),
            ("ISO_IR 192", &shift_jis),
            ("", "佐倉^表子".as_bytes()),
        ] {
            let text = CharacterSet::new(terms.as_bytes()).decode(bytes, b"\\^=");
            assert_eq!(text.text, "佐倉^表子", "{terms}");
            assert!(text.odd.is_some());
        }
        // Escapes that no one announced.
        assert_eq!(CharacterSet::default().decode(b"\x1b$B;3ED\x1b(B", b"^").text, "山田");
        let odd = CharacterSet::new(b"ISO_IR 999").decode(b"\x1b$B;3ED\x1b(B", b"^");
        assert_eq!((odd.text.as_str(), odd.odd.is_some()), ("山田", true));
    }

    #[test]
    fn what_is_no_character_is_shown_and_swallows_nothing() {
        let set = CharacterSet::new(b"\\ISO 2022 IR 87");
        for (bytes, text) in [
            (b"\x1b$B;\x1b(Bab".as_slice(), "〓ab"),
            (b"\x1b$B\x7e\x7e;3\x1b(B", "〓山"),
            (b"\x1b%a", "〓%a"),
            (b"\x1b$B;", "〓"),
        ] {
            let read = set.decode(bytes, b"^");
            assert_eq!(read.text, text);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(terms in "(ISO 2022 IR |ISO_IR )?(13|87|192|149|58|100|6|GBK)?(\\\\ISO 2022 IR 87)?",
            bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = CharacterSet::new(terms.as_bytes()).decode(&bytes, b"\\^=");
        }

        #[test]
        fn no_delimiter_is_made_or_lost(parts in proptest::collection::vec("[ぁ-んァ-ヶ山田佐倉花子表能爪к]{1,4}", 1..5)) {
            let mut bytes = Vec::new();
            for (index, part) in parts.iter().enumerate() {
                let (euc, _, lossy) = EUC_JP.encode(part);
                prop_assume!(!lossy && euc.iter().all(|byte| *byte != 0x8f));
                if index > 0 { bytes.push(b'^'); }
                bytes.extend_from_slice(b"\x1b$B");
                bytes.extend(euc.iter().map(|byte| byte & 0x7f));
                bytes.extend_from_slice(b"\x1b(B");
            }
            prop_assert_eq!(CharacterSet::new(b"\\ISO 2022 IR 87").decode(&bytes, b"\\^=").text, parts.join("^"));
        }
    }
}
