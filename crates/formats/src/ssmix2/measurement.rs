//! OBX of registrations and movements (ADT) and of diagnoses → Observation: height, weight, blood group.

use super::context::Context;
use super::oml_observation::{Around, observation};
use super::order::{Orders, observations};

/// What is measured on a body, by the analyte of its JLAC10 code: JP Core's profile, its first category and, for
/// body measurements, the code of its second (`JP_ObservationBodyMeasurementCategory_CS`).
pub(super) fn measured(code: &str) -> Option<(&'static str, &'static str, Option<&'static str>)> {
    let body = |second| Some(("JP_Observation_BodyMeasurement", "body-measurement", second));
    match (code.get(..5)?, code.get(..3)?) {
        ("9N001", _) => body(Some("height")),
        ("9N006", _) => body(Some("weight")),
        ("9N011", _) => body(Some("body-mass-index")),
        ("9N016", _) => body(Some("abdominal-circumference")),
        // Blood pressure; temperature, breathing and pulse as the National Hospital Organization numbers them.
        (_, "9A7" | "9P1" | "9P2" | "9P3") => Some(("JP_Observation_VitalSigns", "vital-signs", None)),
        _ => None,
    }
}

/// Reads every OBX of the message.
pub(super) fn read(context: &mut Context<'_>) {
    let message = context.message;
    let mut orders = Orders::new(context.set(), None);
    let mut found = Vec::new();
    let segments: Vec<_> = message.segments.iter().collect();
    for (obx, notes) in observations(&segments).into_iter().filter(|(obx, _)| !obx.is_empty()) {
        let code = obx.field(3).first().peek(1).unwrap_or_default();
        // JLAC10: 5H blood groups.
        let (profile, category) = match code.get(..2) {
            Some("5H") => ("JP_Observation_LabResult", "laboratory"),
            _ => ("", "exam"),
        };
        let words = if code.is_empty() { obx.number.to_string() } else { code };
        let key = orders.key(&format!("observation/{words}"));
        let around = Around { profile, category, key, ..Around::default() };
        let mut draft = observation(&mut orders, obx, &around, &notes);
        draft.carry(obx);
        found.push(draft);
    }
    for problem in orders.problems {
        context.problem(&problem.code, problem.at, problem.text);
    }
    for draft in found {
        context.put(draft.done());
    }
}
