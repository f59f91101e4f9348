//! ORU^R30 of the extended storage (データ種別 `L-OBSERVATIONS^OBSERVATIONS^99ZL01`; National Hospital Organization,
//! バイタルデータ) → Observation for each OBX; the order and its OBR are contained in the first of them.
//!
//! Codes stay as sent (JLAC10 or LOINC). A reading is known by its item, OBX-4 and OBX-14, so that a day's file sent
//! again with more readings keeps the keys of the earlier ones.

use super::measurement::measured;
use super::oml_observation::{Around, observation};
use super::order::{Draft, Group, Groups, Orders};
use super::order_field::{Seg, component_text, text, time};
use super::order_request::{Service, service_request};
use serde_json::json;

/// JLAC10 of the oxygen saturation as the Organization numbers it.
const SATURATION: &str = "3H065";

/// True for what is measured on the body, by JLAC10 (9: 生体検査) or the LOINC codes of FHIR's vital signs.
pub(super) fn is_vital(code: &str) -> bool {
    const LOINC: &[&str] = &[
        "85353-1", "9279-1", "8867-4", "2708-6", "59408-5", "8310-5", "8302-2", "29463-7", "39156-5",
        "85354-9", "8480-6", "8462-4", "9843-4",
    ];
    measured(code).is_some() || code.starts_with(SATURATION) || LOINC.contains(&code)
}

/// Reads the readings of one message.
pub(super) fn read(cx: &mut Orders, segments: &[Seg]) -> Vec<Draft> {
    let mut groups = Groups::cut(segments, "ORC", false).groups;
    if groups.is_empty() {
        // Readings without an order around them.
        let read = |each: &&Seg| matches!(each.name(), "OBX" | "NTE");
        groups.push(Group { specimen: None, segments: segments.iter().filter(read).collect() });
    }
    let mut drafts: Vec<Draft> = Vec::new();
    for group in &groups {
        let taken = group.first("OBR").and_then(|obr| time(cx, obr, 7)).or_else(|| cx.day());
        let order = service_request(cx, group, "order", Service::Vital).into_contained("order");
        let from = drafts.len();
        for (obx, notes) in group.observations() {
            let code = component_text(obx, 3, 0)
                .or_else(|| component_text(obx, 3, 1))
                .unwrap_or_else(|| "-".to_owned());
            let places = [text(obx, 4), text(obx, 14)].into_iter().flatten().collect::<Vec<_>>();
            let key = cx.key(&format!("{code}/{}", places.join("/")));
            let (profile, category) = kind(&code, component_text(obx, 3, 2).as_deref());
            let around = Around {
                profile,
                category,
                key,
                otherwise: taken.clone(),
                expects_unit: true,
                ..Around::default()
            };
            drafts.push(observation(cx, obx, &around, &notes));
        }
        let ordered = group.first("ORC").or_else(|| group.first("OBR")).is_some();
        if !ordered {
            continue;
        }
        if drafts.len() == from {
            // An order nobody has measured for: kept as what it is.
            let key = cx.key("order");
            drafts.push(service_request(cx, group, &key, Service::Vital));
        } else if let Some(first) = drafts.get_mut(from) {
            first.push("contained", Some(order));
            first.push("basedOn", Some(json!({"reference": "#order"})));
        }
    }
    drafts
}

/// Profile and category: what the body's own table says is asked there; a laboratory's item measured at the bedside
/// is a laboratory's.
fn kind(code: &str, system: Option<&str>) -> (&'static str, &'static str) {
    let jlac = matches!(system, Some("JC10" | "JLAC10"));
    let laboratory = jlac && matches!(code.as_bytes(), [b'1'..=b'8', ..]) && !code.starts_with(SATURATION);
    match measured(code) {
        Some(_) => ("", "vital-signs"),
        None if laboratory => ("JP_Observation_LabResult", "laboratory"),
        None => ("JP_Observation_VitalSigns", "vital-signs"),
    }
}
