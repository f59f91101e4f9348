//! Answers of the ORCA API (日医標準レセプトソフト API, https://www.orca.med.or.jp/receipt/tec/api/), JSON or xml2.
//!
//! Both become the same tree ([`crate::tree`]), so the same answer gives the same reading. The wrapper's name says
//! which call was answered ([`CALLS`]); an answer without wrapper is a form (処方箋, お薬手帳). What was not a success
//! makes no record (`api-error`); what is no statement about a patient, or a step of a dialogue, is named once.
//! Every other value is taken or carried along as `urn:hakucho:orca:<name of the API>`. Mapping:
//! `docs/formats/orca.md`. Not here: requests, accounting, masters.

mod act;
mod answer;
mod care;
mod coverage;
mod disease;
mod form;
mod patient;
mod remark;
mod stay;
mod visit;

use crate::detect::Head;
use crate::person::Strangers;
use crate::text_file::decode;
use crate::tree::Node;
use crate::xml;
use answer::Answer;
use model::reading::{Input, Problem, Reading, Refused};

/// What an answer says, by its wrapper.
type Reader = fn(&mut Answer<'_>);

/// The calls that are read.
const CALLS: &[(&str, Reader)] = &[
    ("patientinfores", patient::registration),
    ("patientmodres", patient::registered),
    ("patientmodv3res2", coverage::registered),
    ("patientmodv3res3", coverage::registered),
    ("patientmodv3res6", care::registered),
    ("patientmodv3res7", remark::registered_contraindications),
    ("patientlst1res", patient::list),
    ("patientlst2res", patient::list),
    ("patientlst3res", patient::list),
    ("patientlst6res", patient::list),
    ("patientlst7res", remark::memos),
    ("patientlst8res", patient::former_names),
    ("disease_infores", disease::read),
    ("acceptlstres", visit::acceptances),
    ("acceptres", visit::acceptance),
    ("appointlstres", visit::appointments),
    ("appointlst2res", visit::appointments),
    ("appointres", visit::appointment),
    ("visitptlst01res", visit::seen),
    ("medicalget01res", visit::history),
    ("medicalget02res", act::read),
];

/// Calls whose answers hold nothing to keep as a record, by the beginning of their wrapper, and why.
const NOT_KEPT: &[(&str, &str)] = &[
    ("medicalget03res", "the month's acts summed by code; the acts themselves come with class 02"),
    ("medicalget04res", "points by day: accounting"),
    ("medicalv3res", "a step of entering acts and not what was registered; that comes with medicalgetv2"),
    ("medicalres", "an acknowledgement of what was sent; what was registered comes with medicalgetv2"),
    ("diseaseres", "an acknowledgement of what was sent; what was registered comes with diseasegetv2"),
    ("patientmodv3res4", "limits of payment: accounting"),
    ("patientmodv3res5", "limits of payment: accounting"),
    ("income", "accounting"),
    ("receipt", "claims and their printing"),
    ("acsimulate", "a simulation of accounting"),
    ("hsacsimulate", "a simulation of accounting"),
    ("contraindication_checkres", "a check of drugs against each other, not a record"),
    ("subjectives", "comments on a claim"),
    ("tmedicalgetres", "entries broken off, not what was registered"),
    ("find", "a search"),
    ("physicianres", "a list of the facility, about no patient"),
    ("departmentres", "a list of the facility, about no patient"),
    ("system", "about the facility, about no patient"),
    ("insuranceinf", "a list of kinds of insurance, about no patient"),
    ("statistics", "statistics, about no patient"),
    ("pushevent", "events of the system; what they tell of comes with the calls of its own"),
    ("insprogetres", "a list of insurers, about no patient"),
    ("medicationgetres", "a master, about no patient"),
    ("medicatonres", "a master, about no patient"),
    ("medicalsetres", "a master, about no patient"),
    ("masterlastupdatev3res", "a master, about no patient"),
    ("manageusersres", "users of the system, about no patient"),
];

/// Whether a file is an answer of the API, by its beginning.
pub fn is_it(head: &Head<'_>) -> bool {
    let text = head.text.trim_start_matches(is_padding);
    let xml = text.starts_with('<')
        && match xml::root(text) {
            Some("xmlio2") => true,
            // A request stands in <data>, and so do the answers of some servers.
            Some("data") => text.contains("<Api_Result"),
            _ => false,
        };
    xml || (text.starts_with('{') && text.contains("\"Api_Result\""))
}

fn is_padding(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{feff}' | '\0' | '\u{1a}')
}

/// Reads one delivery.
pub fn read(input: &Input<'_>) -> Result<Reading, Refused> {
    let refused = |text: String| Refused { code: "not-orca", text };
    let mut reading = Reading::default();
    let text = decode(input.bytes, &mut reading.problems);
    let text = text.trim_matches(is_padding);
    let root = if text.starts_with('<') {
        let root = xml::parse_text(text, &mut reading.problems)
            .map_err(|broken| refused(format!("not XML of the API: {broken}")))?;
        if !matches!(root.local(), "xmlio2" | "data") {
            return Err(refused("XML, but its root is not xmlio2".to_owned()));
        }
        Node::xml(&root)
    } else {
        Node::json(text).map_err(|error| {
            refused(format!("neither XML nor JSON (line {} column {})", error.line(), error.column()))
        })?
    };
    let is_answer =
        |node: &Node| node.child("Api_Result").is_some() || node.child("Information_Date").is_some();
    let answers: Vec<&Node> = if is_answer(&root) {
        vec![&root]
    } else {
        root.members().iter().filter(|member| is_answer(member)).collect()
    };
    if answers.is_empty() {
        return Err(refused("no answer of the API: neither Api_Result nor Information_Date".to_owned()));
    }
    let mut strangers = Strangers::default();
    for node in answers {
        let mut answer = Answer::open(node, input, &mut strangers, &mut reading);
        one(&mut answer);
    }
    root.report_untaken("the reader has no place for it", &mut reading.problems);
    Ok(reading)
}

/// Reads one answer.
fn one(answer: &mut Answer<'_>) {
    let call = answer.node.name();
    let known = CALLS.iter().find(|(name, _)| *name == call).map(|(_, read)| *read);
    let read = match (known, call) {
        (Some(read), _) => Some(read),
        (None, "") => Some(form::read as Reader),
        (None, "private_objects") if answer.node.child("Hospital_Stay_Infomation").is_some() => {
            Some(stay::read as Reader)
        }
        _ => None,
    };
    if !answer.is_success() {
        answer.node.take_all();
        return;
    }
    if let Some(read) = read {
        return read(answer);
    }
    let reason = NOT_KEPT.iter().find(|(name, _)| call.starts_with(name)).map(|(_, why)| *why);
    let (code, text) = match reason {
        Some(why) => ("not-mapped", why),
        None if call == "private_objects" => ("not-mapped", "about the facility or its accounting"),
        None => ("unknown-call", "a call this reader does not know; nothing of it was read"),
    };
    answer.reading.problems.push(Problem::new(code, answer.node.place(), text));
    answer.node.take_all();
}
