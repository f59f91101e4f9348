//! HL7 v2.5 segments and their bytes in ISO-2022-JP.
//!
//! Every segment is encoded by itself and ends in ASCII before its CR (JIS X 0202). Characters outside
//! JIS X 0208 become ■, as the guideline of the National Hospital Organization asks.

use crate::facilities::Staff;
use crate::registration::Registration;
use crate::write::{digits, seconds};
use encoding_rs::{EncoderResult, ISO_2022_JP, SHIFT_JIS};
use jiff::civil::DateTime;
use std::collections::BTreeMap;

/// A segment: fields by their HL7 number.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    name: &'static str,
    fields: BTreeMap<usize, String>,
}

impl Segment {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, fields: BTreeMap::new() }
    }

    /// Sets a field; the value is already in HL7 form (components, escapes).
    pub(super) fn set(mut self, number: usize, value: impl Into<String>) -> Self {
        self.fields.insert(number, value.into());
        self
    }

    fn line(&self) -> String {
        let mut line = self.name.to_owned();
        let last = self.fields.iter().filter(|(_, value)| !value.is_empty()).map(|(number, _)| *number).max();
        for number in 1..=last.unwrap_or(0) {
            line.push('|');
            if let Some(value) = self.fields.get(&number) {
                line.push_str(value);
            }
        }
        line
    }
}

/// Escapes the delimiters in free text (HL7 v2.5 §2.7).
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\E\\"),
            '|' => out.push_str("\\F\\"),
            '^' => out.push_str("\\S\\"),
            '&' => out.push_str("\\T\\"),
            '~' => out.push_str("\\R\\"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// `code^text^system`.
pub(super) fn coded(code: &str, text: &str, system: &str) -> String {
    format!("{}^{}^{}", escape(code), escape(text), system)
}

/// A member of staff as XCN.
pub(super) fn staff(staff: &Staff) -> String {
    format!("{}^{}^{}^^^^^^^L^^^^^I", staff.code, escape(staff.family), escape(staff.given))
}

/// Name of a patient as XPN with its reading.
pub(super) fn name(registration: &Registration) -> String {
    let Registration { family, given, family_kana, given_kana, .. } = registration;
    let ideographic = format!("{}^{}^^^^^L^I", escape(family), escape(given));
    if family_kana.is_empty() {
        return ideographic;
    }
    format!("{ideographic}~{}^{}^^^^^L^P", escape(family_kana), escape(given_kana))
}

/// Address as XAD.
pub(super) fn address(postal: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("^^^^{postal}^JPN^H^{}", escape(text)) }
}

/// Telephone as XTN.
pub(super) fn phone(number: &str) -> String {
    if number.is_empty() { String::new() } else { format!("^PRN^PH^^^^^^^^^{}", escape(number)) }
}

/// PID of a registration.
pub(super) fn pid(registration: &Registration) -> Segment {
    Segment::new("PID")
        .set(1, "0001")
        .set(3, format!("{}^^^^PI", registration.local_id))
        .set(5, name(registration))
        .set(7, digits(registration.birth))
        .set(8, registration.sex.hl7())
        .set(11, address(&registration.postal, &registration.address))
        .set(13, phone(&registration.phone))
}

/// The MSH line. Its numbering is off by one from the others, so it is written out.
pub(super) fn header(at: DateTime, millis: u32, message_type: &str, control: &str) -> String {
    format!(
        "MSH|^~\\&|HIS|SEND|GW|RCV|{}.{millis:03}||{message_type}|{control}|P|2.5||||||~ISO IR87||ISO 2022-1994|\
         SS-MIX2_1.20^SS-MIX2^1.2.392.200250.2.1.100.1.2.120^ISO",
        seconds(at)
    )
}

/// The bytes of a message: CR after each segment, 0x1C at the end.
pub(super) fn encode(header: &str, segments: &[Segment]) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    encode_line(header, &mut out);
    for segment in segments {
        encode_line(&segment.line(), &mut out);
    }
    out.push(0x1c);
    out
}

fn encode_line(line: &str, out: &mut Vec<u8>) {
    let line: String = line.chars().map(storable).collect();
    let mut encoder = ISO_2022_JP.new_encoder();
    let mut rest = line.as_str();
    let mut buffer = [0_u8; 512];
    loop {
        let (result, read, written) = encoder.encode_from_utf8_without_replacement(rest, &mut buffer, true);
        out.extend_from_slice(buffer.get(..written).unwrap_or_default());
        rest = rest.get(read..).unwrap_or_default();
        if result != EncoderResult::OutputFull {
            break;
        }
    }
    out.push(b'\r');
}

/// The character if the storage may hold it, else its usual form, else ■.
fn storable(c: char) -> char {
    match c {
        ' '..='~' => c,
        '髙' => '高',
        '﨑' => '崎',
        c if in_jis0208(c) => c,
        _ => '■',
    }
}

/// True for JIS X 0208 without the vendors' rows: in Shift_JIS two bytes, not in row 13 nor beyond row 84.
fn in_jis0208(c: char) -> bool {
    let (mut utf8, mut buffer) = ([0; 4], [0; 8]);
    let text: &str = c.encode_utf8(&mut utf8);
    let (result, _, written) =
        SHIFT_JIS.new_encoder().encode_from_utf8_without_replacement(text, &mut buffer, true);
    let [lead, ..] = buffer;
    result == EncoderResult::InputEmpty
        && written == 2
        && matches!(lead, 0x81..=0x86 | 0x88..=0x9f | 0xe0..=0xea)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of(line: &str) -> Vec<u8> {
        let mut out = Vec::new();
        encode_line(line, &mut out);
        out
    }

    #[test]
    fn a_line_ends_in_ascii_before_its_cr() {
        let bytes = bytes_of("PID|佐倉^花子");
        assert!(bytes.ends_with(b"\x1b(B\r"));
        let (text, _, lost) = ISO_2022_JP.decode(&bytes);
        assert!(!lost);
        assert_eq!(text, "PID|佐倉^花子\r");
    }

    #[test]
    fn characters_outside_the_set_never_plant_delimiters() {
        for (line, want) in
            [("𠮷田", "■田\r"), ("田𠮷", "田■\r"), ("髙橋", "高橋\r"), ("a𠮷", "a■\r"), ("𠮷", "■\r")]
        {
            let bytes = bytes_of(line);
            let (text, _, lost) = ISO_2022_JP.decode(&bytes);
            assert_eq!((text.as_ref(), lost), (want, false));
        }
    }

    #[test]
    fn long_lines_survive_the_buffer() {
        let line = "一二三四五六七八九十".repeat(100);
        let bytes = bytes_of(&line);
        let (text, _, _) = ISO_2022_JP.decode(&bytes);
        assert_eq!(text, format!("{line}\r"));
    }

    #[test]
    fn delimiters_in_text_are_escaped() {
        assert_eq!(escape("a|b^c&d~e\\f\r"), "a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f ");
    }
}
