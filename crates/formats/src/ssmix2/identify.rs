//! Whose message it is, what it is, and whether it still holds, where path and message may disagree.

use super::context::Context;
use super::derive::{self, message_type};
use super::path::{Flag, Folders, Name};
use crate::hl7v2::{Message, Segment};
use model::Personal;
use model::reading::{Effect, Input, PatientKey, Problem, Refused};

/// The name of the file, or one made from the message where the file has another name.
pub fn name(
    named: Option<Name>,
    message: &Message,
    input: &Input<'_>,
    mut problems: Vec<Problem>,
) -> Result<(Name, Vec<Problem>), Refused> {
    let message_type = message_type(message);
    if let Some(name) = named {
        if !name.data_type.messages().contains(&message_type.as_str()) {
            let text = format!("a message of type {message_type} in a file of {}", name.data_type);
            problems.push(Problem::new("message-type", "MSH-9", text));
        }
        return Ok((name, problems));
    }
    let Some((name, more)) = derive::name(message, input.source_time) else {
        let text =
            format!("neither the name of the file nor the message type ({message_type}) is of the storage");
        return Err(Refused { code: "not-ss-mix2", text });
    };
    let text = format!("the file has no name of the storage: read as {} by its message", name.data_type);
    problems.push(Problem::new("file-name", "message", text));
    problems.extend(more);
    Ok((name, problems))
}

/// A patient's number as key; `Nobody` if it is empty.
pub fn local(id: &str) -> PatientKey {
    match id.trim() {
        "" => PatientKey::Nobody,
        id => PatientKey::Local(Personal::new(id.to_owned())),
    }
}

/// Every number of a PID-3, and whether it is the facility's own (PI, or without a type).
fn numbers(pid: &Segment) -> Vec<(String, bool)> {
    pid.field(3)
        .repetitions()
        .filter_map(|each| {
            let own = each.peek(5).is_none_or(|kind| kind == "PI");
            Some((each.peek(1)?.trim().to_owned(), own)).filter(|(id, _)| !id.is_empty())
        })
        .collect()
}

/// The patient's number in PID-3: the repetition the path names, else the facility's own, else the first.
fn said(context: &Context<'_>) -> Option<String> {
    let all = numbers(context.message.segment("PID")?);
    let named = all.iter().find(|(id, _)| *id == context.name.patient);
    named.or_else(|| all.iter().find(|(_, own)| *own)).or(all.first()).map(|(id, _)| id.clone())
}

/// A further PID of somebody else (the grammar of orders allows PID to be repeated for earlier results): its
/// place and number.
fn somebody_else(context: &Context<'_>, said: &str) -> Option<(String, String)> {
    context.message.all("PID").skip(1).find_map(|pid| {
        let all = numbers(pid);
        let (other, _) = all.first().filter(|_| all.iter().all(|(id, _)| id != said))?;
        Some((pid.field(3).at(), other.clone()))
    })
}

/// Whom the message is about: PID-3 decides; a path that names somebody else makes it disputed.
pub fn patient(context: &mut Context<'_>, path: &str) -> PatientKey {
    let said = said(context);
    let folders = Folders::parse(path).filter(|_| !context.name.patient.is_empty());
    if let Some(folders) = &folders {
        let name = context.name;
        if folders.data_type != name.data_type.word() || folders.day != name.day {
            context.problem(
                "path-mismatch",
                "path",
                "the folders name another data type or day than the file",
            );
        }
    }
    let named: Vec<&str> =
        [Some(context.name.patient.as_str()), folders.as_ref().map(|f| f.patient.as_str())]
            .into_iter()
            .flatten()
            .map(str::trim)
            .filter(|id| !id.is_empty())
            .collect();
    match said {
        None => {
            context.problem("patient-id-missing", "PID-3", "the message names no patient number");
            match named.as_slice() {
                [] => PatientKey::Nobody,
                [first, rest @ ..] => match rest.iter().find(|id| *id != first) {
                    None => local(first),
                    Some(other) => {
                        context.problem(
                            "patient-id-mismatch",
                            "path",
                            "file name and folder name different patients",
                        );
                        disputed(first, other)
                    }
                },
            }
        }
        Some(said) => match named.iter().find(|id| **id != said) {
            None => match somebody_else(context, &said) {
                None => local(&said),
                Some((at, other)) => {
                    let text = "two PID segments name different patients";
                    context.problem("patient-id-mismatch", at, text);
                    disputed(&said, &other)
                }
            },
            Some(other) => {
                let text = "the message and the path name different patient numbers";
                context.problem("patient-id-mismatch", "PID-3", text);
                disputed(&said, other)
            }
        },
    }
}

fn disputed(message: &str, path: &str) -> PatientKey {
    PatientKey::Disputed { message: Personal::new(message.to_owned()), path: Personal::new(path.to_owned()) }
}

/// What the file does to its set: what the flag says; a cancelling message deletes whatever its flag.
pub fn effect(context: &mut Context<'_>) -> Effect {
    let name = context.name;
    let message_type = message_type(context.message);
    if name.data_type.cancels(&message_type) && name.flag == Flag::Valid {
        context.problem(
            "flag",
            "MSH-9",
            format!("{message_type} cancels, but the file's flag says it holds"),
        );
        return Effect::Deleted;
    }
    name.flag.effect()
}
