//! 利用者補足情報: who the person is, and the certification with its limits.

use super::{Sheet, plan, tag};
use crate::care_claim::code;
use crate::care_claim::person::{self, put};
use model::reading::{Extent, Problem, Resource, StatedRecord};
use serde_json::json;

/// Fills the Patient; gives the Coverage.
pub(super) fn read(sheet: &Sheet<'_>, patient: &mut Resource, problems: &mut Vec<Problem>) -> StatedRecord {
    let mut resource = person::coverage(sheet.insured, "", [None, None], &tag());
    let mut at = String::new();
    // Rows of the same person and month say the same; the last one holds, what others say beside is named.
    if let Some(record) = sheet.records.last() {
        at = record.place();
        identity(patient, record, [5, 6, 7, 8], problems);
        let postal = record.code(9);
        put(patient, "address", plan::address(&postal, [record.take(10), record.take(11)]));
        let phone = record.take(12);
        if !phone.is_empty() {
            patient.insert("telecom".into(), json!([{"system": "phone", "value": phone}]));
        }
        let level = record.code(18);
        if !level.is_empty() && !code::is_level(&level) {
            let text = "no 要介護状態区分 of the list; kept as it is";
            problems.push(Problem::new("unknown-code", record.at(18), text));
        }
        let period = [14, 15].map(|number| record.date(number, problems).map(|date| date.fhir()));
        resource = person::coverage(sheet.insured, &level, period, &tag());
        let extension = record.rest_extension(plan::EXTENSION, sheet.table.names(), problems);
        if let Some(extension) = extension {
            let list = resource.entry("extension").or_insert_with(|| json!([]));
            if let Some(list) = list.as_array_mut() {
                list.push(extension);
            }
        }
    }
    StatedRecord { key: "care-plan/Coverage/care".to_owned(), resource, extent: Extent::Whole, at }
}

/// Kana, name, sex and birth date of the Patient from these fields.
pub(super) fn identity(
    patient: &mut Resource,
    record: &crate::care_claim::record::Record,
    [kana, name, sex, birth]: [usize; 4],
    problems: &mut Vec<Problem>,
) {
    let names = [(name, "IDE"), (kana, "SYL")];
    let names = names.iter().filter_map(|(field, form)| person::name(record.take(*field), form));
    put(patient, "name", names.collect::<Vec<_>>());
    match person::gender(record.look(sex)) {
        Some(gender) => {
            record.take(sex);
            patient.insert("gender".into(), gender.into());
        }
        None if record.look(sex).is_empty() => {}
        None => {
            let text = "not 1 (男) or 2 (女); kept as unknown";
            problems.push(Problem::new("unknown-code", record.at(sex), text));
            record.take(sex);
            patient.insert("gender".into(), "unknown".into());
        }
    }
    if let Some(birth) = record.date(birth, problems) {
        patient.insert("birthDate".into(), birth.fhir().into());
    }
}
