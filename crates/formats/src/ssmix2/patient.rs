//! PID (with PD1 and DB1) → Patient: the whole registration in ADT-00, what an order happened to carry elsewhere.
//!
//! Mapping after "Segment PID to Patient" of jami-fhir-jp-wg/ssmix2-to-fhir.

use super::context::Context;
use super::data_type::DataType;
use super::datatype::{address, concept, contact, human_name, identifier, persons};
use super::record::Record;
use crate::hl7v2::Segment;
use model::reading::{Extent, PATIENT_KEY};
use serde_json::json;

/// FHIR's extension for disabilities of a patient.
const DISABILITY: &str = "http://hl7.org/fhir/StructureDefinition/patient-disability";

/// States the Patient of the message, if there is a PID.
pub fn registration(context: &mut Context<'_>) {
    let message = context.message;
    let Some(pid) = message.segment("PID") else {
        context.problem("missing-segment", "PID", "the message has no PID segment");
        return;
    };
    // A merge (A40) says of the one that stays only what it is told by.
    let merges = message.segment("MRG").is_some();
    let whole = context.name.data_type == DataType::Adt00 && !merges;
    let mut record = Record::new("Patient", "JP_Patient", PATIENT_KEY, pid.place());
    for field in [3, 2, 4] {
        for repetition in pid.field(field).repetitions() {
            record.push("identifier", identifier(repetition));
        }
    }
    names(pid, &mut record);
    for (field, using) in [(13, "home"), (14, "work")] {
        for repetition in pid.field(field).repetitions() {
            record.push("telecom", contact(repetition, using));
        }
    }
    gender(context, pid, &mut record);
    record.set("birthDate", context.day_of(pid.field(7)));
    let died = context.moment_of(pid.field(29));
    if !record.set("deceasedDateTime", died) {
        record.set("deceasedBoolean", pid.field(30).read_as(yes_or_no));
    }
    for repetition in pid.field(11).repetitions() {
        record.push("address", address(repetition));
    }
    record.set("maritalStatus", concept(pid.field(16).first()));
    let order = pid.field(25).read_as(|text| text.parse::<u8>().ok());
    if !record.set("multipleBirthInteger", order) {
        record.set("multipleBirthBoolean", pid.field(24).read_as(yes_or_no));
    }
    let language = concept(pid.field(15).first());
    record.push("communication", language.map(|language| json!({ "language": language })));
    disability(context, &mut record);
    for pd1 in message.all("PD1") {
        for doctor in persons(pd1.field(4).repetitions()) {
            record.push("generalPractitioner", Some(doctor));
        }
        record.carry(pd1);
    }
    record.carry(pid);
    for mrg in message.all("MRG") {
        merged(context, mrg, &mut record);
    }
    context.put_as(record, if whole { Extent::Whole } else { Extent::Supplement });
}

/// MRG → Patient.link: the number this registration takes the place of. Joining the two is a human's.
fn merged(context: &mut Context<'_>, mrg: &Segment, record: &mut Record) {
    let text =
        "the message joins two patient numbers: their records stay where they are until a human joins them";
    context.problem("merge", mrg.field(1).at(), text);
    for repetition in mrg.field(1).repetitions() {
        let link = identifier(repetition)
            .map(|old| json!({"other": {"type": "Patient", "identifier": old}, "type": "replaces"}));
        record.push("link", link);
    }
    record.carry(mrg);
}

/// DB1 of the patient (DB1-2 PT) → FHIR's extension for disabilities; all else of it stays in the rest.
fn disability(context: &Context<'_>, record: &mut Record) {
    for db1 in context.message.all("DB1").filter(|each| each.field(2).peek().as_deref() == Some("PT")) {
        let word = db1.field(4).read_as(|text| match text {
            "Y" => Some("身体障害あり"),
            "N" => Some("身体障害なし"),
            _ => None,
        });
        record.push(
            "extension",
            word.map(|word| json!({"url": DISABILITY, "valueCodeableConcept": {"text": word}})),
        );
        record.carry(db1);
    }
}

fn yes_or_no(text: &str) -> Option<bool> {
    match text {
        "Y" => Some(true),
        "N" => Some(false),
        _ => None,
    }
}

/// PID-5, and PID-9 (aliases), which is left alone where it holds no name: some writers shift the birth date there.
fn names(pid: &Segment, record: &mut Record) {
    for repetition in pid.field(5).repetitions() {
        record.push("name", human_name(repetition));
    }
    for repetition in pid.field(9).repetitions() {
        let text = repetition.peek_raw().unwrap_or_default();
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            record.push("name", human_name(repetition));
        }
    }
}

/// HL7 table 0001 → administrative gender; what the table does not have stays as written and is named.
fn gender(context: &mut Context<'_>, pid: &Segment, record: &mut Record) {
    let code = pid.field(8).read_as(|text| match text {
        "M" => Some("male"),
        "F" => Some("female"),
        "O" => Some("other"),
        "U" => Some("unknown"),
        _ => None,
    });
    if code.is_none() && pid.field(8).peek().is_some() {
        context.problem("unknown-code", pid.field(8).at(), "not a code of HL7 table 0001");
    }
    record.set("gender", code);
}
