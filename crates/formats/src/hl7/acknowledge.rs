//! The answer to a message (HL7 v2.5 §2.9.2, §2.14.8 MSA, §2.14.5 ERR), in the encoding, the delimiters and the
//! version of the sender. Which answer it is, and sending it, is the receiver's.

use super::header::{ErrorCode, Header};
use crate::charset::{Charset, GETA};
use crate::hl7v2::escape::escape;
use encoding_rs::{EUC_JP, EncoderResult, Encoding, ISO_2022_JP, SHIFT_JIS, UTF_8};
use std::borrow::Cow;

/// HL7 table 0008, acknowledgement code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// AA: received and kept.
    Accept,
    /// AE: there is an error in it; sending the same again will not help.
    Error,
    /// AR: not taken for a reason that is none of the message's content, or a type nobody here knows.
    Reject,
}

impl Answer {
    /// The code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Accept => "AA",
            Self::Error => "AE",
            Self::Reject => "AR",
        }
    }
}

/// What ERR says of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault<'a> {
    /// ERR-3.
    pub code: ErrorCode,
    /// ERR-2, `MSH^1^9`; "" if it is not about one field.
    pub location: &'a str,
    /// ERR-8. Never personal data: it is written into the logs of other systems.
    pub text: &'a str,
}

/// Writes the answer to a message: MSH, MSA and, with a fault, ERR, each ended by CR, without the frame of MLLP.
/// `control_id` is the answer's own MSH-10 (20 characters at most), `time` its MSH-7 (`YYYYMMDDHHMMSS`).
///
/// A sender older than 2.5 does not know ERR-8: there the text stands in MSA-3 too. What the sender's encoding
/// has no character for becomes `〓`, in ASCII `?`.
pub fn acknowledge(
    header: &Header,
    answer: Answer,
    control_id: &str,
    time: &str,
    fault: Option<Fault<'_>>,
) -> Vec<u8> {
    let delimiters = &header.delimiters;
    let own = |text: &str| escape(text, delimiters);
    let (component, field) = (delimiters.component, delimiters.field.to_string());
    let encoding_characters: String =
        [component, delimiters.repetition, delimiters.escape, delimiters.subcomponent].iter().collect();
    let kind = match header.trigger_event.as_str() {
        "" => "ACK".to_owned(),
        event => format!("ACK{component}{}{component}ACK", own(event)),
    };
    let or = |text: &str, otherwise: &str| if text.is_empty() { otherwise } else { text }.to_owned();
    let mut msh = vec![
        "MSH".to_owned(),
        encoding_characters,
        header.receiving_application.clone(),
        header.receiving_facility.clone(),
        header.sending_application.clone(),
        header.sending_facility.clone(),
        own(time),
        String::new(),
        kind,
        own(control_id),
        or(&header.processing_id, "P"),
        or(&header.version, "2.5"),
    ];
    msh.extend(std::iter::repeat_n(String::new(), 5));
    msh.extend([header.character_set.clone(), String::new(), header.character_set_handling.clone()]);
    let mut msa = vec!["MSA".to_owned(), answer.code().to_owned(), header.control_id.clone()];
    let mut segments = vec![msh];
    match fault {
        None => segments.push(msa),
        Some(fault) => {
            if is_before_2_5(&header.version) {
                msa.push(own(fault.text));
            }
            let (code, text) = fault.code.entry();
            let severity = if answer == Answer::Accept { "W" } else { "E" };
            let code = format!("{code}{component}{text}{component}HL70357");
            let location = fault.location.replace('^', &component.to_string());
            let mut err = vec!["ERR".to_owned(), String::new(), location, code, severity.to_owned()];
            err.extend([String::new(), String::new(), String::new(), own(fault.text)]);
            segments.extend([msa, err]);
        }
    }
    let mut bytes = Vec::new();
    for segment in segments {
        let line = segment.join(&field);
        // A control character of the sender's (it can write one as an escape) would end the frame.
        let line: String =
            line.trim_end_matches(delimiters.field).chars().filter(|c| !c.is_control()).collect();
        // Each by itself: no segment leaves a shift state to the next.
        bytes.extend(match header.says_euc() && header.charset == Charset::ShiftJis {
            true => encode_in(EUC_JP, &line),
            false => encode(&line, charset(header)),
        });
        bytes.push(b'\r');
    }
    bytes
}

/// `2.3`, `2.4^JPN`.
fn is_before_2_5(version: &str) -> bool {
    let minor = version.strip_prefix("2.").and_then(|rest| rest.chars().next()).and_then(|c| c.to_digit(10));
    minor.is_some_and(|minor| minor < 5)
}

/// What the sender reads: what its message is written in, and for a message of ASCII alone what MSH-18 says
/// (HL7 table 0211, and what is written there beside it).
fn charset(header: &Header) -> Charset {
    if header.charset != Charset::Ascii {
        return header.charset;
    }
    let said = header.character_set.to_ascii_uppercase().replace(['-', '_', ' '], "");
    let named = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if named(&["IR87", "IR159", "ISO2022JP"]) {
        Charset::Iso2022Jp
    } else if named(&["SHIFTJIS", "SJIS", "CP932", "WINDOWS31J", "MS932"]) {
        Charset::ShiftJis
    } else if named(&["UTF8"]) {
        Charset::Utf8
    } else {
        Charset::Ascii
    }
}

/// Writes a text; every character the encoding does not have becomes one that it has.
fn encode(text: &str, charset: Charset) -> Vec<u8> {
    let encoding: &'static Encoding = match charset {
        Charset::Iso2022Jp => ISO_2022_JP,
        Charset::ShiftJis => SHIFT_JIS,
        Charset::Utf8 | Charset::Utf16 => UTF_8,
        Charset::Ascii => {
            return text.chars().map(|c| u8::try_from(c).ok().filter(u8::is_ascii).unwrap_or(b'?')).collect();
        }
    };
    encode_in(encoding, text)
}

fn encode_in(encoding: &'static Encoding, text: &str) -> Vec<u8> {
    // The Japanese ones write the yen sign and the overline of JIS X 0201 as the bytes of `\` and `~`: delimiters.
    let text = match encoding == UTF_8 {
        true => Cow::Borrowed(text),
        false => Cow::Owned(text.replace('\u{A5}', "\u{FFE5}").replace('\u{203E}', "\u{FFE3}")),
    };
    let mut encoder = encoding.new_encoder();
    let mut bytes = Vec::with_capacity(text.len() * 2 + 16);
    let mut rest = text.as_ref();
    loop {
        bytes.reserve(rest.len() * 4 + 16);
        let (result, read) = encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut bytes, true);
        rest = rest.get(read..).unwrap_or_default();
        match result {
            EncoderResult::InputEmpty => return bytes,
            EncoderResult::OutputFull => {}
            EncoderResult::Unmappable(_) => {
                bytes.reserve(32);
                let mut mark = [0; 4];
                let mark: &str = GETA.encode_utf8(&mut mark);
                let _ = encoder.encode_from_utf8_to_vec_without_replacement(mark, &mut bytes, false);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charset::decode;
    use crate::hl7::header::header;
    use crate::hl7v2::Message;

    const SENT: &str = "MSH|^~\\&|HIS|病院A|GW|HUB|20260310101500||ADT^A08^ADT_A01|000012|P|2.5||||||~ISO IR87||ISO 2022-1994\r";

    fn answered(sent: &[u8], fault: Option<Fault<'_>>) -> Vec<u8> {
        let answer = if fault.is_some() { Answer::Error } else { Answer::Accept };
        acknowledge(&header(sent).unwrap(), answer, "A1", "20260310101501", fault)
    }

    #[test]
    fn an_acceptance_in_each_encoding() {
        let expected = "MSH|^~\\&|GW|HUB|HIS|病院A|20260310101501||ACK^A08^ACK|A1|P|2.5||||||~ISO IR87||ISO 2022-1994\rMSA|AA|000012\r";
        for encoding in [ISO_2022_JP, SHIFT_JIS, UTF_8] {
            let sent = encoding.encode(SENT).0;
            let answer = answered(&sent, None);
            assert_eq!(answer, encoding.encode(expected).0.into_owned(), "{}", encoding.name());
        }
    }

    #[test]
    fn an_error_says_where_and_what() {
        let fault =
            Fault { code: ErrorCode::RequiredFieldMissing, location: "MSH^1^10", text: "値|なし 𠮷" };
        let answer = answered(&ISO_2022_JP.encode(SENT).0, Some(fault));
        let decoded = decode(&answer);
        assert!(
            decoded.text.ends_with(
                "MSA|AE|000012\rERR||MSH^1^10|101^Required field missing^HL70357|E||||値\\F\\なし 〓\r"
            ),
            "{}",
            decoded.text
        );
        // Shift_JIS: 表 and ポ end in delimiters of HL7; the sender decodes before it splits.
        let sent = SHIFT_JIS.encode("MSH|^~\\&|表ポ|||||||7|P|2.3\r").0;
        let fault = Fault { text: "表", ..fault };
        let answer = answered(&sent, Some(fault));
        let (message, problems) = Message::parse(&answer).unwrap();
        assert_eq!(problems, vec![]);
        assert_eq!(message.segment("MSH").unwrap().text(5).as_deref(), Some("表ポ"));
        assert_eq!(message.segment("MSA").unwrap().text(3).as_deref(), Some("表"));
        assert_eq!(message.segment("ERR").unwrap().text(8).as_deref(), Some("表"));
    }

    #[test]
    fn an_ascii_message_is_answered_in_what_it_announces() {
        let said = |set: &str| format!("MSH|^~\\&|||||||A|7|P|2.5||||||{set}\r").into_bytes();
        let fault = Fault { code: ErrorCode::Internal, location: "", text: "佐" };
        for (set, end) in [
            ("~ISO IR87", &b"||||\x1b$B:4\x1b(B\r"[..]),
            ("UNICODE UTF-8", "||||佐\r".as_bytes()),
            ("", b"||||?\r"),
        ] {
            assert!(answered(&said(set), Some(fault)).ends_with(end), "{set}");
        }
        // Other delimiters than the recommended ones.
        let answer = answered(b"MSH*:!/;*HIS*********7*P*2.5\r", Some(Fault { text: "a|b*c", ..fault }));
        let text = decode(&answer).text;
        assert!(text.starts_with("MSH*:!/;*"), "{text}");
        assert!(text.contains("207:Application internal error:HL70357*E****a|b/F/c"), "{text}");
    }

    #[test]
    fn nothing_plants_a_delimiter_or_leaves_a_shift_state() {
        for encoding in [ISO_2022_JP, SHIFT_JIS] {
            let fault = Fault { code: ErrorCode::Internal, location: "", text: "100\u{A5}\u{203E}" };
            let answer = answered(&encoding.encode(SENT).0, Some(fault));
            assert!(answer.ends_with(b"\r"), "{}", encoding.name());
            let (message, _) = Message::parse(&answer).unwrap();
            assert_eq!(message.segment("ERR").unwrap().text(8).as_deref(), Some("100\u{FFE5}\u{FFE3}"));
        }
        // The end of a frame written as an escape comes back as nothing.
        let answer = answered(b"MSH|^~\\&|||||||A|7\\X1C0D\\8|P|2.5\r", None);
        assert!(answer.ends_with(b"MSA|AA|78\r") && !answer.contains(&0x1C), "{answer:?}");
    }

    proptest::proptest! {
        #[test]
        fn any_message_is_answered(sent in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..80), text in "\\PC{0,12}") {
            let sent = [b"MSH|^~\\&|", sent.as_slice()].concat();
            let fault = Fault { code: ErrorCode::DataType, location: "", text: &text };
            let answer = answered(&sent, Some(fault));
            proptest::prop_assert!(answer.ends_with(b"\r"));
            proptest::prop_assert!(header(&answer).is_ok());
        }
    }
}
