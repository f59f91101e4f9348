//! OBX of registrations and movements (ADT) and of diagnoses → Observation: height, weight, blood group.

use super::context::Context;
use super::oml_observation::{Around, observation};
use super::order::Orders;

/// Reads every OBX of the message.
pub(super) fn read(context: &mut Context<'_>) {
    let message = context.message;
    let mut orders = Orders::new(context.set(), None);
    let mut found = Vec::new();
    for obx in message.all("OBX").filter(|each| !each.is_empty()) {
        let code = obx.field(3).first().peek(1).unwrap_or_default();
        // JLAC10: 9N physical measurements, 5H blood groups.
        let (profile, category) = match code.get(..2) {
            Some("9N") => ("JP_Observation_BodyMeasurement", "vital-signs"),
            Some("5H") => ("JP_Observation_LabResult", "laboratory"),
            _ => ("JP_Observation_Common", "exam"),
        };
        let words = if code.is_empty() { obx.number.to_string() } else { code };
        let key = orders.key(&format!("observation/{words}"));
        let around = Around { profile, category, key, ..Around::default() };
        let mut draft = observation(&mut orders, obx, &around, &[]);
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
