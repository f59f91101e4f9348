//! The transaction storage (SS-MIX2 標準化ストレージ 構成の説明と構築のガイドライン 1.2g, トランザクションストレージ):
//! `<year>/TR_YYYYMMDDHHMMSSFFF_nnnnn.DAT`, the messages of all patients in the order they were stored, each marked INS
//! or DEL. Gives the same sets and keys as the files the storage made of them.
//!
//! How a writer sets the mark before its message is read liberally: `INS` or `DEL` begins a line or stands before the
//! MSH on it, beside what else the writer says of the message: a file name of the storage, or patient, day, data type,
//! order number, department and time. Message and mark may stand in MLLP frames. What is not said is taken from the
//! message ([`super::derive`]).

use super::data_type::DataType;
use super::path::{Flag, Name, is_day};
use super::{derive, file, message};
use crate::detect::is_hl7;
use crate::hl7v2::Message;
use crate::text_file::decode;
use model::reading::{Input, Problem, Reading, Refused};

/// Longest text before a message that is looked at.
const LONGEST_MARK: usize = 4096;

/// One record: what stands before the message, and the message.
#[derive(Debug, Default)]
struct Entry {
    before: Vec<u8>,
    message: Vec<u8>,
}

/// Whether a file is one of the transaction storage: by its name, or by a mark before its first message.
pub fn is_it(path: &str, bytes: &[u8]) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default().to_ascii_uppercase();
    let named = name.strip_prefix("TR_").and_then(|rest| rest.strip_suffix(".DAT")).is_some_and(|rest| {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        rest.split('_').all(digits) && rest.split('_').next().is_some_and(|time| time.len() >= 14)
    });
    let head = bytes.get(..LONGEST_MARK).unwrap_or(bytes);
    let holds = || head.windows(5).any(|window| window.starts_with(b"MSH") && is_header(window));
    if named {
        return holds() || mark(head).is_some();
    }
    !is_hl7(bytes) && mark(head).is_some() && holds()
}

/// `MSH` and at least two signs.
fn is_header(bytes: &[u8]) -> bool {
    matches!(bytes, [b'M', b'S', b'H', field, component, ..]
        if field.is_ascii_punctuation() && component.is_ascii_punctuation() && field != component)
}

/// The mark a line begins with.
fn mark(line: &[u8]) -> Option<Flag> {
    let start = line.iter().position(|byte| byte.is_ascii_alphanumeric())?;
    // Only framing, quotes and brackets stand before it.
    let before = line.get(..start)?;
    if !before.iter().all(|byte| byte.is_ascii_control() || byte.is_ascii_punctuation() || *byte == b' ') {
        return None;
    }
    let rest = line.get(start..)?;
    let flag = match rest.get(..3)? {
        b"INS" => Flag::Valid,
        b"DEL" => Flag::Deleted,
        _ => return None,
    };
    rest.get(3).is_none_or(|next| !next.is_ascii_alphanumeric()).then_some(flag)
}

/// Cuts a file into its records.
fn entries(bytes: &[u8]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut open = Entry::default();
    for line in bytes.split_inclusive(|byte| matches!(byte, b'\r' | b'\n' | 0x0B | 0x1C)) {
        let header = (0..line.len()).find(|at| line.get(*at..).is_some_and(is_header));
        // A header inside a line counts only behind a mark: an OBX may speak of MSH.
        let header = header.filter(|at| {
            let before = line.get(..*at).unwrap_or_default();
            *at == 0
                || before.iter().all(|b| matches!(b, 0x0B | b' '))
                || before.windows(3).any(|w| w == b"INS" || w == b"DEL")
        });
        let begins = header.is_some() || mark(line).is_some();
        if begins && !open.message.is_empty() {
            entries.push(std::mem::take(&mut open));
        }
        match header {
            Some(at) => {
                let (before, message) = line.split_at(at);
                open.before.extend_from_slice(before);
                open.message.extend_from_slice(message);
            }
            None if begins => {
                if mark(&open.before).is_some() {
                    entries.push(std::mem::take(&mut open));
                }
                open.before.extend_from_slice(line);
            }
            None if open.message.is_empty() => open.before.extend_from_slice(line),
            None => open.message.extend_from_slice(line),
        }
    }
    let blank = |bytes: &[u8]| bytes.iter().all(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control());
    if !blank(&open.before) || !open.message.is_empty() {
        entries.push(open);
    }
    entries
}

/// What a record says before its message.
#[derive(Debug, Default)]
struct Said {
    flag: Option<Flag>,
    name: Option<Name>,
    patient: Option<String>,
    day: Option<String>,
    data_type: Option<DataType>,
    /// データ種別フォルダ of the extended storage.
    folder: String,
    order_number: Option<String>,
    time: Option<String>,
    department: Option<String>,
    /// Fields nobody knows, by number.
    unknown: Vec<usize>,
}

/// Reads the fields before a message: known by what they are, then by their place beside the data type.
fn said(before: &[u8]) -> Said {
    let text = decode(before.get(..LONGEST_MARK).unwrap_or(before), &mut Vec::new());
    let separators: &[char] =
        &[',', '\t', '|', ';', ' ', '\r', '\n', '\u{0B}', '\u{1C}', '\u{1E}', '\u{2}', '\u{3}'];
    let outside: &[char] = &['"', '\'', '[', ']', '<', '>', '(', ')', '='];
    let fields: Vec<&str> = text
        .split(separators)
        .map(|field| field.trim().trim_matches(outside))
        .filter(|field| !field.is_empty())
        .collect();
    let is_kind = |field: &&str| DataType::parse(field).is_some() || field.split('^').count() >= 3;
    let kind = fields.iter().position(is_kind);
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let mut said = Said::default();
    for (index, field) in fields.iter().enumerate() {
        let text = || Some((*field).to_owned());
        let behind = kind.is_some_and(|kind| index > kind);
        match *field {
            "INS" => said.flag = Some(Flag::Valid),
            "DEL" => said.flag = Some(Flag::Deleted),
            name if Name::parse(name).is_some() => said.name = Name::parse(name),
            _ if Some(index) == kind => match DataType::parse(field) {
                Some(data_type) => said.data_type = Some(data_type),
                None => (said.data_type, said.folder) = (Some(DataType::Observations), (*field).to_owned()),
            },
            day if said.day.is_none() && kind == Some(index + 1) && is_day(day) => said.day = text(),
            _ if said.patient.is_none() && kind == Some(index + 2) => said.patient = text(),
            _ if behind && said.order_number.is_none() => said.order_number = text(),
            time if said.time.is_none() && time.len() >= 14 && time.len() <= 17 && digits(time) => {
                said.time = text()
            }
            _ if behind && said.department.is_none() => said.department = text(),
            _ => said.unknown.push(index + 1),
        }
    }
    said
}

/// The name a record's message has in the storage: what the record says before what the message says.
fn name(said: &Said, derived: Option<Name>) -> Option<Name> {
    let flag = said.flag.unwrap_or(Flag::Valid);
    if let Some(name) = &said.name {
        let flag = if said.flag.is_some() { flag } else { name.flag };
        return Some(Name { flag, ..name.clone() });
    }
    let blank = |text: &String| if text == "-" { String::new() } else { text.clone() };
    if let (Some(patient), Some(day), Some(data_type), Some(order_number)) =
        (&said.patient, &said.day, said.data_type, &said.order_number)
    {
        let time = said.time.clone().or_else(|| derived.as_ref().map(|name| name.transaction_time.clone()));
        // In the extended storage the message alone says what it is about.
        let by_message = derived.as_ref().map(|name| name.data_type).filter(|_| !said.folder.is_empty());
        return Some(Name {
            patient: patient.clone(),
            day: blank(day),
            data_type: by_message.unwrap_or(data_type),
            order_number: order_number.clone(),
            transaction_time: time?,
            department: said.department.as_ref().map(blank).unwrap_or_default(),
            flag,
            folder: said.folder.clone(),
            tie: String::new(),
        });
    }
    let derived = derived?;
    // An inserted message that cancels deletes all the same.
    let flag = if derived.flag == Flag::Deleted { Flag::Deleted } else { flag };
    Some(Name { flag, ..derived })
}

/// Reads a transaction file.
pub fn read(input: &Input<'_>) -> Result<(Reading, (usize, usize)), Refused> {
    let mut whole = Reading::default();
    let mut account = (0, 0);
    for (index, entry) in entries(input.bytes).iter().enumerate() {
        let place = format!("transaction[{}]", index + 1);
        let said = said(&entry.before);
        for number in &said.unknown {
            let text = "a field before the message that is none of the transaction's";
            whole.problems.push(Problem::new("not-mapped", format!("{place} field {number}"), text));
        }
        if said.flag.is_none() {
            let text = "neither INS nor DEL stands before the message: read as stated";
            whole.problems.push(Problem::new("no-mark", place.as_str(), text));
        }
        let mut problems = Vec::new();
        let parsed = Message::parse(&entry.message).map(|(message, found)| {
            problems = found;
            message
        });
        let derived = parsed.as_ref().and_then(|message| derive::name(message, input.source_time));
        let (derived, more) = derived.map_or((None, Vec::new()), |(name, more)| (Some(name), more));
        let by_itself = said.name.is_none() && said.order_number.is_none();
        problems.extend(more.into_iter().filter(|_| by_itself));
        let mut reading = match (name(&said, derived), &parsed) {
            (Some(name), Some(message)) => {
                let each = message.account();
                let reading = message::read(message, &name, problems, "");
                let (_, unread) = message.account();
                account = (account.0 + each.0, account.1 + unread);
                reading
            }
            (Some(name), None) if name.flag == Flag::Deleted => {
                Reading { statements: vec![file::deletion(&name)], problems, ..Reading::default() }
            }
            (_, found) => {
                let text = match found {
                    Some(message) => {
                        format!("a message of type {} is none of the storage", derive::message_type(message))
                    }
                    None => "no HL7 v2 message in the record".to_owned(),
                };
                Reading::unreadable(Problem::new("unreadable", "message", text))
            }
        };
        place_in(&mut reading, &place);
        whole.statements.append(&mut reading.statements);
        whole.problems.append(&mut reading.problems);
    }
    if whole.statements.is_empty() && whole.problems.is_empty() {
        return Err(Refused {
            code: "not-ss-mix2",
            text: "a transaction file without any record".to_owned(),
        });
    }
    Ok((whole, account))
}

/// Says in which message of several a record or problem stands.
pub fn place_in(reading: &mut Reading, place: &str) {
    for record in reading.statements.iter_mut().flat_map(|statement| &mut statement.records) {
        record.at = format!("{place} {}", record.at);
    }
    for problem in &mut reading.problems {
        problem.at = format!("{place} {}", problem.at);
    }
}
