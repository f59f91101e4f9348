//! OML-01 (OML^O33): laboratory orders → Specimen and ServiceRequest; readings sent along → Observation.

use super::oml_observation::{Around, observation};
use super::oml_specimen::{Sample, specimen};
use super::order::{Draft, Groups, Orders, observations};
use super::order_field::{Seg, component_text, concept, raw};
use super::order_request::{Service, service_request};
use serde_json::json;

/// Reads the orders of one message.
pub(super) fn read(cx: &mut Orders, segments: &[Seg]) -> Vec<Draft> {
    let groups = Groups::cut(segments, "ORC", true);
    let mut drafts = Vec::new();
    let mut samples: Vec<Sample> = Vec::new();
    for own in &groups.specimens {
        let Some(spm) = own.first() else { continue };
        let (sample, draft) = specimen(cx, spm);
        drafts.push(draft);
        for (obx, notes) in observations(own) {
            drafts.push(reading(cx, obx, &notes, &sample));
        }
        samples.push(sample);
    }
    for group in &groups.groups {
        let sample = group.specimen.and_then(|at| samples.get(at)).cloned().unwrap_or_else(Sample::none);
        let code =
            group.first("OBR").and_then(|obr| component_text(obr, 4, 0)).unwrap_or_else(|| "-".to_owned());
        let key = cx.key(&format!("{}/{code}", sample.word));
        let mut request = service_request(cx, group, &key, Service::Laboratory);
        if !sample.key.is_empty() {
            request.push("specimen", Some(json!({ "reference": format!("urn:key:{}", sample.key) })));
            request.assume("occurrenceDateTime", sample.collected.clone());
        }
        for (obx, notes) in group.observations() {
            if raw(obx, 5).is_some() {
                let draft = reading(cx, obx, &notes, &sample);
                request.push("supportingInfo", Some(draft.reference()));
                drafts.push(draft);
            } else {
                // Without an OBR (bacteriology) the first item is what is ordered: details need a code (FHIR prq-1).
                let item = concept(obx, 3);
                match request.get("code") {
                    None => request.set("code", item),
                    Some(_) => request.push("orderDetail", item),
                }
                request.carry(obx);
                notes.iter().for_each(|note| request.note(note));
            }
        }
        drafts.push(request);
    }
    drafts
}

/// A value sent along with the order: height, weight, what the laboratory should know.
fn reading(cx: &mut Orders, obx: &Seg, notes: &[&Seg], sample: &Sample) -> Draft {
    let code = component_text(obx, 3, 0).unwrap_or_else(|| "-".to_owned());
    let key = cx.key(&format!("{}/info/{code}/{}", sample.word, raw(obx, 4).unwrap_or_default()));
    let around = Around { category: "exam", key, otherwise: cx.day(), ..Around::default() };
    observation(cx, obx, &around, notes)
}
