//! A light look at each resource: what must be there and is not, days that never were. No profile
//! validation; what is odd is kept and said.

use super::key::kind;
use model::reading::{Problem, Resource};
use model::wareki::PartialDate;
use serde_json::Value;

/// Elements with cardinality 1.. in R4, by type; `x*` stands for any of a choice.
const REQUIRED: &[(&str, &[&str])] = &[
    ("AllergyIntolerance", &["patient"]),
    ("Bundle", &["type"]),
    ("CarePlan", &["status", "intent", "subject"]),
    ("Communication", &["status"]),
    ("Composition", &["status", "type", "date", "author", "title"]),
    ("Condition", &["subject"]),
    ("Coverage", &["status", "beneficiary", "payor"]),
    ("DiagnosticReport", &["status", "code"]),
    ("DocumentReference", &["status", "content"]),
    ("Encounter", &["status", "class"]),
    ("FamilyMemberHistory", &["status", "patient", "relationship"]),
    ("Goal", &["lifecycleStatus", "description", "subject"]),
    ("ImagingStudy", &["status", "subject"]),
    ("Immunization", &["status", "vaccineCode", "patient", "occurrence*"]),
    ("MedicationAdministration", &["status", "medication*", "subject", "effective*"]),
    ("MedicationDispense", &["status", "medication*"]),
    ("MedicationRequest", &["status", "intent", "medication*", "subject"]),
    ("MedicationStatement", &["status", "medication*", "subject"]),
    ("NutritionOrder", &["status", "intent", "patient", "dateTime"]),
    ("Observation", &["status", "code"]),
    ("Procedure", &["status", "subject"]),
    ("QuestionnaireResponse", &["status"]),
    ("ServiceRequest", &["status", "intent", "subject"]),
    ("Task", &["status", "intent"]),
];

/// Code systems of which JP-CLINS wants at least one, by end of the profile and element.
const CODED: &[(&str, &str, &[&str])] = &[
    (
        "JP_MedicationRequest_eCS",
        "medicationCodeableConcept",
        &["YJ-code", "MedicationGeneralOrderCode", "1.2.392.100495.20.1.81", "Nocoded", "Uncoded"],
    ),
    ("JP_Observation_LabResult_eCS", "code", &["LocalCode"]),
];

/// Elements of type date, dateTime or instant, beside those that end in `DateTime`.
const DATES: [&str; 14] = [
    "birthDate",
    "date",
    "issued",
    "recordedDate",
    "authoredOn",
    "dateAsserted",
    "whenHandedOver",
    "whenPrepared",
    "sent",
    "received",
    "start",
    "end",
    "lastUpdated",
    "timestamp",
];

/// Reports what is odd in a resource.
pub(super) fn check(resource: &Resource, at: &str, problems: &mut Vec<Problem>) {
    let required =
        REQUIRED.iter().find(|(each, _)| *each == kind(resource)).map_or(&[][..], |(_, names)| names);
    for name in required {
        let there = match name.strip_suffix('*') {
            Some(choice) => resource.keys().any(|key| key.starts_with(choice)),
            None => resource.contains_key(*name) || resource.contains_key(&format!("_{name}")),
        };
        if !there {
            let text = "FHIR R4 requires this element";
            problems.push(Problem::new("missing", format!("{at}.{name}"), text));
        }
    }
    coded(resource, at, problems);
    let mut places = Vec::new();
    for (name, value) in resource {
        // Entries are looked at one by one.
        if name != "entry" {
            dates(name, value, &mut format!("{at}.{name}"), &mut places);
        }
    }
    for place in places {
        problems.push(Problem::new(
            "impossible-date",
            place,
            "no such day in the calendar, or not a FHIR date",
        ));
    }
}

fn coded(resource: &Resource, at: &str, problems: &mut Vec<Problem>) {
    let profiles = resource.get("meta").and_then(|meta| meta.get("profile")).and_then(Value::as_array);
    for profile in profiles.into_iter().flatten().filter_map(Value::as_str) {
        let name = profile.split('|').next().unwrap_or_default();
        for (end, element, systems) in CODED.iter().filter(|(end, ..)| name.ends_with(end)) {
            let codings =
                resource.get(*element).and_then(|concept| concept.get("coding")).and_then(Value::as_array);
            let found = codings.into_iter().flatten().any(|coding| {
                let system = coding.get("system").and_then(Value::as_str).unwrap_or_default();
                systems.iter().any(|each| system.contains(each))
            });
            if !found {
                let text = format!("{end} wants a code of a system it names; there is none");
                problems.push(Problem::new("missing-code", format!("{at}.{element}"), text));
            }
        }
    }
}

fn dates(name: &str, value: &Value, at: &mut String, places: &mut Vec<String>) {
    match value {
        Value::String(text) if (name.ends_with("DateTime") || DATES.contains(&name)) && !is_date(text) => {
            places.push(at.clone());
        }
        Value::Object(map) => {
            for (name, inner) in map {
                let length = at.len();
                at.push('.');
                at.push_str(name);
                dates(name, inner, at, places);
                at.truncate(length);
            }
        }
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                let length = at.len();
                at.push_str(&format!("[{index}]"));
                dates(name, inner, at, places);
                at.truncate(length);
            }
        }
        _ => {}
    }
}

/// True for a day, month or year that exists, with or without a time of day.
fn is_date(text: &str) -> bool {
    let day = text.split('T').next().unwrap_or_default();
    let mut numbers = day.split('-').map(|part| {
        let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse::<i16>().ok()).flatten()
    });
    let year = numbers.next().flatten();
    let [month, day] = [numbers.next(), numbers.next()];
    let small = |number: Option<Option<i16>>| match number {
        None => Some(None),
        Some(number) => i8::try_from(number?).ok().map(Some),
    };
    let (Some(year), Some(month), Some(day), None) = (year, small(month), small(day), numbers.next()) else {
        return false;
    };
    PartialDate::new(year, month, day).is_ok()
}
