//! NK1 → RelatedPerson: next of kin, the workplace, whom to call.

use super::context::{Context, subject};
use super::datatype::{address, concept, contact, human_name};

/// Reads every NK1 of the message.
pub fn read(context: &mut Context<'_>) {
    let message = context.message;
    for nk1 in message.all("NK1").filter(|each| !each.is_empty()) {
        let part = format!("related/{}", nk1.number);
        let mut record = context.record("RelatedPerson", "", part, nk1);
        record.set("patient", Some(subject()));
        for field in [3, 7] {
            record.push("relationship", concept(nk1.field(field).first()));
        }
        for repetition in nk1.field(2).repetitions() {
            record.push("name", human_name(repetition));
        }
        for (field, using) in [(5, "home"), (6, "work")] {
            for repetition in nk1.field(field).repetitions() {
                record.push("telecom", contact(repetition, using));
            }
        }
        record.set(
            "gender",
            nk1.field(15).read_as(|text| match text {
                "M" => Some("male"),
                "F" => Some("female"),
                _ => None,
            }),
        );
        record.set("birthDate", context.day_of(nk1.field(16)));
        for repetition in nk1.field(4).repetitions() {
            record.push("address", address(repetition));
        }
        record.carry(nk1);
        context.put(record);
    }
}
