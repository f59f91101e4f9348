//! One file of the standardised storage (SS-MIX2 標準化ストレージ 構成の説明と構築のガイドライン 1.2g §3): its name
//! says what it is, the message the rest.

use super::path::{Flag, Name};
use super::{identify, message};
use crate::hl7v2::Message;
use model::reading::{Effect, Input, Problem, Reading, Refused, Statement};

/// Reads the file, with how many leaves of the message hold something and how many of them nobody took.
pub fn read(input: &Input<'_>) -> Result<(Reading, (usize, usize)), Refused> {
    let named = Name::parse(input.path);
    let Some((message, problems)) = Message::parse(input.bytes) else {
        return unreadable(named, input).map(|reading| (reading, (0, 0)));
    };
    let (name, problems) = identify::name(named, &message, input, problems)?;
    let reading = message::read(&message, &name, problems, input.path);
    Ok((reading, message.account()))
}

/// A file that holds no message: refused, unless its name says that something was deleted.
fn unreadable(named: Option<Name>, input: &Input<'_>) -> Result<Reading, Refused> {
    let Some(name) = named.filter(|name| name.flag == Flag::Deleted) else {
        let text = match input.bytes.len() {
            0 => "the file is empty".to_owned(),
            length => format!("no HL7 v2 message in {length} bytes"),
        };
        return Err(Refused { code: "not-ss-mix2", text });
    };
    let text = "no HL7 v2 message in the file; its name says that what it held is deleted";
    let problems = vec![Problem::new("unreadable", "message", text)];
    let statement = deletion(&name);
    Ok(Reading { statements: vec![statement], problems, ..Reading::default() })
}

/// The end of a set of which only the name is known.
pub fn deletion(name: &Name) -> Statement {
    Statement {
        patient: identify::local(&name.patient),
        set: name.set(),
        order: name.order(),
        effect: Effect::Deleted,
        records: Vec::new(),
    }
}
