//! HL7 v2.5 messages as sent over MLLP, without a storage's file name: one or several in a delivery.
//!
//! What a message is, whose and of when is derived from it ([`crate::ssmix2::derive`]); the records are those of the
//! SS-MIX2 reader, so that the same result by line and by storage has the same set and keys. [`header()`] and
//! [`acknowledge`] are for the receiver of the line. Not here: the line itself, the storage's names.

mod acknowledge;
mod header;
mod split;

pub use acknowledge::{Answer, Fault, acknowledge};
pub use header::{ErrorCode, Flaw, Header, HeaderError, header};

use crate::detect::{Head, is_hl7};
use crate::hl7v2::Message;
use crate::ssmix2::{derive, message, place_in};
use encoding_rs::EUC_JP;
use model::reading::{Input, Problem, Reading, Refused};
use std::borrow::Cow;

/// Whether a file is of this format, by its beginning: a message, or the header of a batch of them.
pub fn is_it(head: &Head<'_>) -> bool {
    let line = head.first_line().trim_start_matches(['\u{0B}', ' ', '\u{FEFF}']);
    let delimited = |name: &str| {
        line.strip_prefix(name).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_punctuation()))
    };
    (is_hl7(head.bytes) && delimited("MSH")) || line.starts_with("FHS|^") || line.starts_with("BHS|^")
}

/// Reads one delivery.
pub fn read(input: &Input<'_>) -> Result<Reading, Refused> {
    read_counted(input).map(|(reading, _)| reading)
}

/// As [`read`], with how many leaves of the messages hold something and how many of them nobody took.
pub fn read_counted(input: &Input<'_>) -> Result<(Reading, (usize, usize)), Refused> {
    let cut = split::cut(input.bytes);
    if cut.messages.is_empty() {
        let text = match input.bytes.len() {
            0 => "nothing was sent".to_owned(),
            length => format!("no HL7 v2 message in {length} bytes"),
        };
        return Err(Refused { code: "not-hl7", text });
    }
    let mut whole = Reading::default();
    let mut account = (0, 0);
    for (line, _) in &cut.outside {
        let text = "a line that belongs to no message";
        whole.problems.push(Problem::new("not-mapped", format!("line {line}"), text));
    }
    let several = cut.messages.len() > 1;
    for (index, bytes) in cut.messages.iter().enumerate() {
        let Some((message, problems)) = Message::parse(&from_euc(bytes)) else { continue };
        let mut reading = one(&message, problems, input.source_time);
        let (leaves, unread) = message.account();
        account = (account.0 + leaves, account.1 + unread);
        if several {
            place_in(&mut reading, &format!("message[{}]", index + 1));
        }
        whole.statements.append(&mut reading.statements);
        whole.problems.append(&mut reading.problems);
    }
    Ok((whole, account))
}

/// EUC-JP, which cannot be told from half-width katakana of Shift_JIS by its bytes alone, is read where MSH-18 says
/// so and the bytes are nothing else.
fn from_euc(bytes: &[u8]) -> Cow<'_, [u8]> {
    let said = header(bytes).is_ok_and(|header| header.says_euc());
    let other = !said || bytes.is_ascii() || bytes.contains(&0x1B) || std::str::from_utf8(bytes).is_ok();
    let text = (!other).then(|| EUC_JP.decode_without_bom_handling_and_without_replacement(bytes)).flatten();
    text.map_or(Cow::Borrowed(bytes), |text| Cow::Owned(text.into_owned().into_bytes()))
}

/// Reads one message. One of a type that says nothing the exchange keeps is named with what it holds.
fn one(message: &Message, mut problems: Vec<Problem>, source_time: &str) -> Reading {
    if let Some((name, more)) = derive::name(message, source_time) {
        problems.extend(more);
        return message::read(message, &name, problems, "");
    }
    let kind = derive::message_type(message);
    let text = format!("messages of type {kind} are not read");
    problems.push(Problem::new("message-type", "MSH-9", text));
    for segment in message.segments.iter().filter(|segment| !segment.is_empty()) {
        let text = format!("{} values of a message that is not read", segment.account().0);
        problems.push(Problem::new("not-mapped", segment.place(), text));
    }
    Reading { problems, ..Reading::default() }
}
