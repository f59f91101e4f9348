//! What an answer to a message needs of it: the fields of MSH, and whether it is well-formed enough to be read
//! (HL7 v2.5 §2.14.9 MSH, §2.9.2 message response). Nothing of the patient is looked at.

use crate::charset::{self, Charset};
use crate::hl7v2::{Delimiters, Message, Segment};

/// The MSH of a message. Texts are as written between two field delimiters, components and escapes included,
/// so that they can be written back; "" where a field is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// MSH-1, MSH-2.
    pub delimiters: Delimiters,
    /// What the bytes of the message are written in; [`Charset::Ascii`] says nothing about the sender.
    pub charset: Charset,
    /// MSH-3.
    pub sending_application: String,
    /// MSH-4.
    pub sending_facility: String,
    /// MSH-5.
    pub receiving_application: String,
    /// MSH-6.
    pub receiving_facility: String,
    /// MSH-7.
    pub time: String,
    /// MSH-9.1: `ADT`.
    pub message_code: String,
    /// MSH-9.2: `A08`.
    pub trigger_event: String,
    /// MSH-10.
    pub control_id: String,
    /// MSH-11: `P`.
    pub processing_id: String,
    /// MSH-12: `2.5`, `2.5^JPN`.
    pub version: String,
    /// MSH-15: when the sender wants an accept acknowledgement (AL, NE, ER, SU); empty in original mode.
    pub accept_acknowledgement: String,
    /// MSH-16: when it wants an application acknowledgement.
    pub application_acknowledgement: String,
    /// MSH-18: `~ISO IR87`.
    pub character_set: String,
    /// MSH-20: `ISO 2022-1994`.
    pub character_set_handling: String,
    /// What is wrong with it, in the order of the fields; empty if the message is well-formed.
    pub flaws: Vec<Flaw>,
}

impl Header {
    /// MSH-18 names EUC-JP: no value of HL7 table 0211, but what some senders write.
    pub(super) fn says_euc(&self) -> bool {
        self.character_set.to_ascii_uppercase().contains("EUC")
    }
}

/// What is wrong with a message, as ERR says it (HL7 v2.5 §2.14.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// HL7 table 0357, for ERR-3.
    pub code: ErrorCode,
    /// ERR-2, `MSH^1^9`: segment, its number, field.
    pub location: String,
    /// In words.
    pub text: &'static str,
}

/// HL7 table 0357, message error condition codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// 100
    SegmentSequence,
    /// 101
    RequiredFieldMissing,
    /// 102
    DataType,
    /// 103
    TableValueNotFound,
    /// 200
    UnsupportedMessageType,
    /// 201
    UnsupportedEvent,
    /// 202
    UnsupportedProcessingId,
    /// 203
    UnsupportedVersion,
    /// 204
    UnknownKey,
    /// 205
    DuplicateKey,
    /// 206
    RecordLocked,
    /// 207
    Internal,
}

impl ErrorCode {
    /// Code and text of the table.
    pub fn entry(self) -> (&'static str, &'static str) {
        match self {
            Self::SegmentSequence => ("100", "Segment sequence error"),
            Self::RequiredFieldMissing => ("101", "Required field missing"),
            Self::DataType => ("102", "Data type error"),
            Self::TableValueNotFound => ("103", "Table value not found"),
            Self::UnsupportedMessageType => ("200", "Unsupported message type"),
            Self::UnsupportedEvent => ("201", "Unsupported event code"),
            Self::UnsupportedProcessingId => ("202", "Unsupported processing id"),
            Self::UnsupportedVersion => ("203", "Unsupported version id"),
            Self::UnknownKey => ("204", "Unknown key identifier"),
            Self::DuplicateKey => ("205", "Duplicate key identifier"),
            Self::RecordLocked => ("206", "Application record locked"),
            Self::Internal => ("207", "Application internal error"),
        }
    }
}

/// Why there is no header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Nothing but framing characters and blanks.
    #[error("nothing was sent")]
    Empty,
    /// The bytes do not begin with MSH: not a message of HL7 v2, or one without its header.
    #[error("no MSH segment at the beginning")]
    NoHeader,
}

/// Reads the MSH a message begins with. `bytes` are those between the frame characters of MLLP; the frame itself
/// is tolerated. Of several messages in one frame it is the first one's.
pub fn header(bytes: &[u8]) -> Result<Header, HeaderError> {
    let framing = |byte: &u8| matches!(byte, 0x0B | 0x1C | b'\r' | b'\n' | b' ');
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let start = bytes.iter().position(|byte| !framing(byte)).ok_or(HeaderError::Empty)?;
    let bytes = bytes.get(start..).unwrap_or_default();
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if !bytes.starts_with(b"MSH") {
        return Err(HeaderError::NoHeader);
    }
    let line = bytes.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
    let (message, problems) = Message::parse(line).ok_or(HeaderError::NoHeader)?;
    let msh = message.segment("MSH").ok_or(HeaderError::NoHeader)?;
    let raw = |number: usize| msh.field(number).peek_raw();
    let kind = |component: usize| msh.field(9).first().peek(component).unwrap_or_default();
    let mut flaws = flaws(msh, &message.delimiters);
    if !problems.is_empty() {
        let text = "characters that are none of the character set";
        flaws.push(Flaw { code: ErrorCode::DataType, location: "MSH^1".to_owned(), text });
    }
    Ok(Header {
        delimiters: message.delimiters,
        charset: charset::recognise(bytes),
        sending_application: raw(3),
        sending_facility: raw(4),
        receiving_application: raw(5),
        receiving_facility: raw(6),
        time: raw(7),
        message_code: kind(1),
        trigger_event: kind(2),
        control_id: raw(10),
        processing_id: raw(11),
        version: raw(12),
        accept_acknowledgement: raw(15),
        application_acknowledgement: raw(16),
        character_set: raw(18),
        character_set_handling: raw(20),
        flaws,
    })
}

/// What the standard requires of MSH and is not there.
fn flaws(msh: &Segment, delimiters: &Delimiters) -> Vec<Flaw> {
    let flaw = |code, field: usize, text| Flaw { code, location: format!("MSH^1^{field}"), text };
    let mut flaws = Vec::new();
    let written = msh.field(2).peek_raw();
    let read: String = [delimiters.component, delimiters.repetition, delimiters.escape]
        .into_iter()
        .chain([delimiters.subcomponent])
        .collect();
    if written != read {
        flaws.push(flaw(ErrorCode::DataType, 2, "not four different delimiters"));
    }
    let required = [
        (7, "no date and time of the message"),
        (9, "no message type"),
        (10, "no message control id"),
        (11, "no processing id"),
        (12, "no version id"),
    ];
    for (field, text) in required {
        if msh.field(field).first().peek(1).is_none_or(|text| text.trim().is_empty()) {
            flaws.push(flaw(ErrorCode::RequiredFieldMissing, field, text));
        }
    }
    if msh.field(12).peek().is_some_and(|version| !version.trim_start().starts_with("2.")) {
        flaws.push(flaw(ErrorCode::UnsupportedVersion, 12, "not a version 2 of HL7"));
    }
    flaws
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_answer_needs() {
        let bytes = b"\x0bMSH|^~\\&|HIS&1^A|H01|GW|HUB|20260310101500||ADT^A08^ADT_A01|000012|P|2.5||||AL|NE|~ISO IR87||ISO 2022-1994\rPID|\x1b$B4D\x1b(B\r\x1c\r";
        let header = header(bytes).unwrap();
        assert_eq!(
            (header.sending_application.as_str(), header.receiving_facility.as_str()),
            ("HIS&1^A", "HUB")
        );
        assert_eq!((header.message_code.as_str(), header.trigger_event.as_str()), ("ADT", "A08"));
        assert_eq!((header.control_id.as_str(), header.version.as_str()), ("000012", "2.5"));
        assert_eq!((header.character_set.as_str(), header.charset), ("~ISO IR87", Charset::Iso2022Jp));
        assert_eq!(header.flaws, vec![]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(header(b"\x0b\x1c\r"), Err(HeaderError::Empty));
        assert_eq!(header(b"PID|1|"), Err(HeaderError::NoHeader));
        assert_eq!(header(b"GET / HTTP/1.1\r\n"), Err(HeaderError::NoHeader));
        let codes = |bytes: &[u8]| {
            let flaws = header(bytes).unwrap().flaws;
            flaws.iter().map(|each| (each.code.entry().0, each.location.clone())).collect::<Vec<_>>()
        };
        let missing = |field: usize| ("101", format!("MSH^1^{field}"));
        assert_eq!(
            codes(b"MSH"),
            [("102", "MSH^1^2".to_owned()), missing(7), missing(9), missing(10), missing(11), missing(12)]
        );
        assert_eq!(codes(b"MSH|^~\\&|||||20260310||ADT^A08|7|P|3.0\r"), [("203", "MSH^1^12".to_owned())]);
        assert_eq!(codes(b"MSH|^^^^|||||20260310||ADT^A08|7|P|2.5\r"), [("102", "MSH^1^2".to_owned())]);
    }
}
