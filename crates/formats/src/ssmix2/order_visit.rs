//! PV1 of an order or result → the visit it was made in, contained in the first record of the message.
//!
//! An order is no news about the visit (ADT says that): no record of its own, so that no stay is drawn twice.

use super::datatype;
use super::order::{Draft, Orders, subject};
use super::order_field::{Seg, concept, persons, text, time};
use model::codes::{self, DEPARTMENT, V3_ACT_CODE};
use serde_json::{Map, Value, json};

/// Adds the visit to the first record that can refer to one.
pub(super) fn add(cx: &mut Orders, segments: &[Seg], drafts: &mut [Draft]) {
    let Some(pv1) = segments.iter().find(|each| each.name() == "PV1") else { return };
    let kind =
        |draft: &Draft| draft.get("resourceType").and_then(Value::as_str).unwrap_or_default().to_owned();
    let leads = |draft: &Draft| !matches!(kind(draft).as_str(), "Specimen" | "Observation" | "ImagingStudy");
    let first = drafts.iter().position(leads);
    let Some(at) = first.or_else(|| drafts.iter().position(|draft| kind(draft) != "Specimen")) else {
        return;
    };
    let Some(draft) = drafts.get_mut(at) else { return };
    let mut visit = Draft::new("Encounter", "", "visit", pv1.place());
    visit.set("status", Some("unknown"));
    // R and C are visits like O: that they recur is kept by the letter.
    let one_to_one = |letter: &str| matches!(letter, "I" | "O" | "E" | "P").then(|| class(Some(letter)));
    let class = pv1.field(2).read_as(one_to_one).unwrap_or_else(|| class(text(pv1, 2).as_deref()));
    visit.set("class", Some(class));
    if let Some(department) = pv1.text(10) {
        let name = codes::department(&department).unwrap_or(&department);
        let coding = json!({"system": DEPARTMENT, "code": department});
        visit.set("serviceType", Some(json!({"coding": [coding], "text": name})));
    }
    visit.set("subject", subject());
    for (field, code) in [(7, "ATND"), (8, "REF"), (9, "CON"), (17, "ADM")] {
        for who in persons(pv1, field) {
            let system = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
            let kind = json!({"coding": [{"system": system, "code": code}]});
            visit.push("participant", Some(json!({"type": [kind], "individual": who})));
        }
    }
    period(cx, pv1, &mut visit);
    if let Some(place) = pv1.field(3).repetitions().next().and_then(datatype::place) {
        visit.push("location", Some(json!({ "location": place })));
    }
    if let Some(left) = concept(pv1, 36) {
        visit.set("hospitalization", Some(json!({ "dischargeDisposition": left })));
    }
    visit.carry(pv1);
    draft.push("contained", Some(visit.into_contained("visit")));
    let element = match draft.get("resourceType").and_then(Value::as_str) {
        Some("MedicationAdministration") => "context",
        _ => "encounter",
    };
    draft.set(element, Some(json!({"reference": "#visit"})));
}

/// Encounter.class of PV1-2 (HL7 table 0004).
fn class(code: Option<&str>) -> Value {
    let (code, display) = match code {
        Some("I") => ("IMP", "入院"),
        Some("E") => ("EMER", "救急"),
        Some("P") => ("PRENC", "入院前"),
        Some("O" | "R" | "C") => ("AMB", "外来"),
        _ => return json!({"system": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "code": "UNK"}),
    };
    json!({"system": V3_ACT_CODE, "code": code, "display": display})
}

/// When the stay began and ended.
fn period(cx: &mut Orders, pv1: &Seg, visit: &mut Draft) {
    let mut period = Map::new();
    for (field, name) in [(44, "start"), (45, "end")] {
        if let Some(moment) = time(cx, pv1, field) {
            period.insert(name.into(), json!(moment));
        }
    }
    if !period.is_empty() {
        visit.set("period", Some(Value::Object(period)));
    }
}
