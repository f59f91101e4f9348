//! The extended storage (SS-MIX2 拡張ストレージ 構成の説明と構築のガイドライン 1.2g): a folder named by the kind of
//! document, below it a content folder named like a file of the standardised storage, in it the documents.
//!
//! `<1-3>/<4-6>/<patient>/<day|->/<kind>/<patient>_<day|->_<kind>_<key>_<time>_<department>_<flag>/<file>`, the kind
//! `local code^name^system^standard code^name^system`. HL7 messages become what they are about, CDA what its room
//! reads; every other document is kept whole as a DocumentReference ([`super::document`]).

use super::data_type::DataType;
use super::path::{Flag, Name, is_day};
use super::{derive, document, identify, message};
use crate::detect::is_hl7;
use crate::hl7v2::Message;
use model::Personal;
use model::reading::{Input, PATIENT_KEY, PatientKey, Problem, Reading, Refused, Statement};

/// Where a file of the extended storage stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// What its content folder says, as a name of the storage; the data type is not known before the file is read.
    pub name: Name,
    /// The patient's number by the folders above; empty if they are not there.
    pub folder_patient: String,
    /// The file below the content folder, with folders in between.
    pub file: String,
}

impl Content {
    /// Reads a path. `None` if no folder in it is a content folder.
    pub fn parse(path: &str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').collect();
        // The file itself is none; the folder nearest to it counts.
        let at = (1..parts.len().checked_sub(1)?).rev().find(|at| {
            let kind = at.checked_sub(1).and_then(|above| parts.get(above));
            kind.is_some_and(|kind| parts.get(*at).is_some_and(|folder| content_name(folder, kind).is_some()))
        })?;
        let above = |levels: usize| at.checked_sub(levels).and_then(|index| parts.get(index)).copied();
        let name = content_name(parts.get(at)?, above(1)?)?;
        let folder_patient = above(2).filter(|day| is_day(day)).and(above(3)).unwrap_or_default().to_owned();
        Some(Self { name, folder_patient, file: parts.get(at + 1..)?.join("/") })
    }

    /// The document itself, not what is laid beside it.
    pub fn is_main(&self) -> bool {
        self.file.to_ascii_lowercase().starts_with("main_document")
    }

    /// The set: the content's for its document, one of its own for each file beside it, so that none replaces another.
    pub fn set(&self) -> String {
        let set = self.name.set();
        if self.is_main() { set } else { format!("{set}/{}", self.file) }
    }

    /// Whom the path is about.
    fn patient(&self, problems: &mut Vec<Problem>) -> PatientKey {
        let (content, folder) = (self.name.patient.trim(), self.folder_patient.trim());
        if folder.is_empty() || folder == content {
            return identify::local(content);
        }
        let text = "content folder and patient folder name different patients";
        problems.push(Problem::new("patient-id-mismatch", "path", text));
        disputed(content, folder)
    }
}

fn disputed(message: &str, path: &str) -> PatientKey {
    PatientKey::Disputed { message: Personal::new(message.to_owned()), path: Personal::new(path.to_owned()) }
}

/// Reads the name of a content folder below the folder of its kind, which holds `^`. The department may be missing.
fn content_name(folder: &str, kind: &str) -> Option<Name> {
    if !kind.contains('^') {
        return None;
    }
    let (rest, flag) = folder.rsplit_once('_')?;
    let flag = Flag::parse(flag)?;
    // The kind as a whole, or its local or standard code alone.
    let codes: Vec<&str> = kind.split('^').collect();
    let words = [Some(kind), codes.first().copied(), codes.get(3).copied()];
    let found = words.into_iter().flatten().filter(|word| !word.is_empty()).find_map(|word| {
        let (head, tail) = rest.split_once(&format!("_{word}_"))?;
        let (patient, day) = head.rsplit_once('_')?;
        (is_day(day) && !patient.trim().is_empty()).then_some((patient, day, tail))
    });
    let (patient, day, tail) = found?;
    let is_time = |text: &str| text.len() >= 12 && text.bytes().all(|b| b.is_ascii_digit());
    let (key, time, department) = match tail.rsplit_once('_') {
        Some((before, department)) if !is_time(department) => {
            let (key, time) = before.rsplit_once('_').filter(|(_, time)| is_time(time))?;
            (key, time, department)
        }
        Some((key, time)) => (key, time, ""),
        None => return None,
    };
    let blank = |text: &str| if text == "-" { String::new() } else { text.to_owned() };
    Some(Name {
        patient: patient.trim().to_owned(),
        day: blank(day),
        data_type: DataType::Observations,
        order_number: key.to_owned(),
        transaction_time: time.to_owned(),
        department: blank(department),
        flag,
        folder: kind.to_owned(),
        tie: String::new(),
    })
}

/// Reads one file of the extended storage.
pub fn read(content: &Content, input: &Input<'_>) -> Result<(Reading, (usize, usize)), Refused> {
    if input.bytes.is_empty() && content.name.flag != Flag::Deleted {
        return Err(Refused { code: "not-ss-mix2", text: "the file is empty".to_owned() });
    }
    if is_hl7(input.bytes) && content.is_main() {
        let parsed = Message::parse(input.bytes);
        let known = parsed.and_then(|(message, problems)| Some((derive::kind(&message)?, message, problems)));
        if let Some((data_type, message, problems)) = known {
            let name = Name { data_type, ..content.name.clone() };
            let mut reading = message::read(&message, &name, problems, "");
            settle(content, &mut reading);
            return Ok((reading, message.account()));
        }
    }
    if is_cda(input.bytes)
        && let Ok(mut reading) = crate::cda::read(input)
    {
        for statement in reading.statements.iter_mut().filter(|each| each.set != PATIENT_KEY) {
            statement.effect = content.name.flag.effect();
        }
        settle(content, &mut reading);
        return Ok((reading, (0, 0)));
    }
    let mut problems = Vec::new();
    if is_hl7(input.bytes) || is_cda(input.bytes) {
        let text = "the document is kept whole; what it says is not read";
        problems.push(Problem::new("kept-unread", "document", text));
    }
    let patient = content.patient(&mut problems);
    let records = match input.bytes.is_empty() {
        true => Vec::new(),
        false => vec![document::reference(content, input.bytes)],
    };
    let (order, effect) = (content.name.order(), content.name.flag.effect());
    let statement = Statement { patient, set: content.set(), order, effect, records };
    Ok((Reading { statements: vec![statement], problems, ..Reading::default() }, (0, 0)))
}

/// Holds whom the content is about against whom the path names.
fn settle(content: &Content, reading: &mut Reading) {
    let by_path = content.patient(&mut reading.problems);
    let mut differs = false;
    for statement in &mut reading.statements {
        let settled = match (&statement.patient, &by_path) {
            (PatientKey::Nobody | PatientKey::Described(_), path) => path.clone(),
            (PatientKey::Local(_), PatientKey::Disputed { .. }) => by_path.clone(),
            (PatientKey::Local(said), PatientKey::Local(path)) if said != path => {
                differs = true;
                disputed(said.reveal(), path.reveal())
            }
            _ => continue,
        };
        statement.patient = settled;
    }
    if differs {
        let text = "the document and the path name different patient numbers";
        reading.problems.push(Problem::new("patient-id-mismatch", "path", text));
    }
}

/// A CDA document by its root, within the first bytes.
fn is_cda(bytes: &[u8]) -> bool {
    let head = bytes.get(..4096).unwrap_or(bytes);
    head.windows(17).any(|window| window == b"<ClinicalDocument")
        || head.windows(18).any(|window| window == b":ClinicalDocument ")
}
