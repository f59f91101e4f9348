//! A document another institution wrote carries that institution's patient number. Filed under our sender's number it could
//! meet somebody else's records: it is kept apart until a human says whose it is.

use model::fhir::{list, resource_type, text_at};
use model::reading::{PatientKey, Problem, Reading};

/// Identifier system of an institution's own patient numbers, before its 10 digits (JP Core `JP_Patient.identifier`).
const PATIENT_NUMBER: &str = "urn:oid:1.2.392.100495.20.3.51.1";

/// Sets apart every statement whose patient number is another institution's than `number` (10 digits; empty = not
/// known, then nothing can be told).
pub fn set_apart(reading: &mut Reading, number: &str) {
    if number.len() != 10 {
        return;
    }
    let owners: Vec<(String, String)> = reading
        .statements
        .iter()
        .flat_map(|statement| &statement.records)
        .filter(|record| resource_type(&record.resource) == "Patient")
        .flat_map(|record| list(&record.resource, "identifier"))
        .filter_map(|identifier| {
            let owner = text_at(identifier, "system")?.strip_prefix(PATIENT_NUMBER)?;
            Some((text_at(identifier, "value")?.trim().to_owned(), owner.to_owned()))
        })
        .filter(|(_, owner)| owner.len() == 10)
        .collect();
    let mut found = false;
    for statement in &mut reading.statements {
        let PatientKey::Local(id) = &statement.patient else { continue };
        let of_id: Vec<&String> =
            owners.iter().filter(|(value, _)| value == id.reveal()).map(|(_, owner)| owner).collect();
        if let Some(owner) = of_id.first().filter(|_| of_id.iter().all(|owner| *owner != number)) {
            let path = format!("institution {owner}");
            let message = id.clone();
            statement.patient = PatientKey::Disputed { message, path: model::Personal::new(path) };
            found = true;
        }
    }
    if found {
        reading.problems.push(Problem::new(
            "patient-id-mismatch",
            "Patient.identifier",
            "患者番号は別の医療機関のものです。だれの記録か人が確かめるまで、どの方にも表示しません",
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::reading::Format;
    use serde_json::json;

    fn read(owner: &str) -> Reading {
        let patient = json!({"resourceType": "Patient", "id": "p",
            "identifier": [{"system": format!("{PATIENT_NUMBER}{owner}"), "value": "00000010"}]});
        let bytes = patient.to_string().into_bytes();
        let input = model::reading::Input { path: "p.json", bytes: &bytes, source_time: "20261124" };
        formats::read(Format::Fhir, &input).unwrap()
    }

    #[test]
    fn another_institutions_number_is_nobody_of_ours() {
        for (number, apart) in [("1311234567", false), ("0110000001", true), ("", false)] {
            let mut reading = read("1311234567");
            assert!(matches!(reading.statements[0].patient, PatientKey::Local(_)));
            set_apart(&mut reading, number);
            assert_eq!(reading.statements[0].patient.needs_assignment(), apart, "{number}");
            assert_eq!(reading.problems.iter().any(|problem| problem.code == "patient-id-mismatch"), apart);
        }
    }
}
