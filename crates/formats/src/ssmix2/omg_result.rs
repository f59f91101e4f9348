//! OMG-11, -12 (OMI^Z23): radiology and endoscopy as performed → ServiceRequest, Procedure for each step
//! (ZE1), ImagingStudy for each study (IPC), Observation for what was found or used; and
//! OMG-13 (ORU^R01): physiology results → DiagnosticReport and Observation.

use super::omg_order::{join, name_orders, order_number, request, told};
use super::omg_step::{exposure, procedure, study};
use super::oml_observation::{Around, observation};
use super::oml_result::{diagnostic_section, effective, unordered};
use super::order::{Draft, Group, Groups, Orders, observations, people, subject};
use super::order_field::{
    Seg, component_text, concept, interpreter, lines, persons, raw, sub_text, text, time,
};
use super::order_request::{Service, service_request, typed_identifier};
use serde_json::{Value, json};

/// Reads OMG-11 and OMG-12.
pub(super) fn performed(cx: &mut Orders, segments: &[Seg], service: Service) -> Vec<Draft> {
    let groups = Groups::cut(segments, "ORC", false);
    name_orders(cx, &groups, |group| !is_item(group));
    let mut drafts: Vec<Draft> = Vec::new();
    for group in &groups.groups {
        let when = group.first("OBR").and_then(|obr| time(cx, obr, 7));
        cx.set_examined(when);
        let number = order_number(group);
        let (before, steps) = by_step(group);
        let mut order = request(cx, group, service);
        if order.get("status").is_some_and(|status| status == "active") {
            order.set("status", Some("completed"));
        }
        for (obx, notes) in observations(&before) {
            let told = told(cx, obx, &notes, &number, service, None);
            order.push("supportingInfo", Some(told.reference()));
            drafts.push(told);
        }
        let parents = order.get("basedOn").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut done = Vec::new();
        for step in if steps.is_empty() && is_item(group) { vec![Vec::new()] } else { steps } {
            let (mut procedure, found) = procedure(cx, group, &step, &number, service);
            drafts.extend(found);
            for zone in step.iter().copied().filter(|each| each.name() == "ZE2") {
                drafts.push(exposure(cx, zone, &procedure, &number));
            }
            parents.iter().for_each(|parent| procedure.push("basedOn", Some(parent.clone())));
            done.push(procedure);
        }
        let mut based_on = parents;
        match done.first_mut() {
            // The item's order is restated by its examination: contained, so that it is not drawn again.
            Some(first) if is_item(group) => {
                first.push("basedOn", Some(json!({"reference": "#order"})));
                first.push("contained", Some(order.into_contained("order")));
            }
            _ => {
                based_on = vec![order.reference()];
                done.iter_mut().for_each(|each| each.push("basedOn", based_on.first().cloned()));
                join(&mut drafts, order.made_of(&group.told_by()));
            }
        }
        for ipc in group.all("IPC") {
            let mut study = study(cx, ipc, service);
            based_on.iter().for_each(|order| study.push("basedOn", Some(order.clone())));
            study.set("procedureReference", done.first().map(Draft::reference));
            join(&mut drafts, study.made_of(&[ipc]));
        }
        drafts.extend(done);
    }
    drafts
}

/// A group that names an item of its own: a child, or an order without children.
fn is_item(group: &Group) -> bool {
    group.first("ORC").and_then(|orc| text(orc, 1)).is_some_and(|control| control == "CH")
}

/// The segments before the first ZE1, and each ZE1 with what follows it.
fn by_step<'a>(group: &Group<'a>) -> (Vec<&'a Seg>, Vec<Vec<&'a Seg>>) {
    let (mut before, mut steps): (Vec<&Seg>, Vec<Vec<&Seg>>) = (Vec::new(), Vec::new());
    for segment in group.segments.iter().copied().filter(|each| each.name() != "IPC") {
        match steps.last_mut() {
            _ if segment.name() == "ZE1" => steps.push(vec![segment]),
            Some(step) => step.push(segment),
            None => before.push(segment),
        }
    }
    (before, steps)
}

/// Reads OMG-13.
pub(super) fn physiology(cx: &mut Orders, segments: &[Seg]) -> Vec<Draft> {
    let groups = Groups::cut(segments, "ORC", false);
    let mut drafts = Vec::new();
    for group in &groups.groups {
        let report = report(cx, group, &mut drafts);
        drafts.push(report);
    }
    drafts
}

/// The report of one OBR; its observations go to `drafts`.
fn report(cx: &mut Orders, group: &Group, drafts: &mut Vec<Draft>) -> Draft {
    let obr = group.first("OBR");
    let code = obr.and_then(|obr| component_text(obr, 4, 0)).unwrap_or_else(|| "-".to_owned());
    let number = order_number(group);
    let key = cx.key(&format!("{number}/report/{code}"));
    let at = group.segments.first().map(|segment| segment.place()).unwrap_or_default();
    let mut report = Draft::new("DiagnosticReport", "JP_DiagnosticReport_Common", &key, at);
    let (from, until) = (obr.and_then(|obr| time(cx, obr, 7)), obr.and_then(|obr| time(cx, obr, 8)));
    let when = from.clone().or_else(|| cx.day());
    report.set("status", Some(status(obr.and_then(|obr| text(obr, 25)).as_deref())));
    let section = obr.and_then(diagnostic_section);
    let other = json!({"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "OTH"}],
        "text": "生理検査"});
    report.push("category", Some(other));
    report.push("category", section);
    let named = obr.and_then(|obr| concept(obr, 4));
    report.set("code", Some(named.unwrap_or_else(|| json!({"text": "生理検査"}))));
    report.set("subject", subject());
    effective(&mut report, from, until, cx.day());
    if let Some(obr) = obr {
        header(cx, obr, &mut report);
    }
    if group.first("ORC").is_some() {
        let order = service_request(cx, group, "order", Service::Physiology).into_contained("order");
        report.push("contained", Some(order));
        report.push("basedOn", Some(json!({"reference": "#order"})));
    } else {
        unordered(group, &mut report);
    }
    for (obx, notes) in group.observations() {
        let word = component_text(obx, 3, 0).unwrap_or_else(|| "-".to_owned());
        let key = cx.key(&format!("{number}/{word}/{}", raw(obx, 4).unwrap_or_default()));
        let around = Around {
            category: "procedure",
            key,
            otherwise: when.clone(),
            expects_unit: true,
            ..Around::default()
        };
        if sub_text(obx, 3, 0, 1).as_deref() == Some("IMP") {
            report.set_default("conclusion", raw(obx, 5).map(|_| lines(obx, 5)));
        }
        let found = observation(cx, obx, &around, &notes);
        report.push("result", Some(found.reference()));
        drafts.push(found);
    }
    report
}

/// The numbers, people and times of OBR.
fn header(cx: &mut Orders, obr: &Seg, report: &mut Draft) {
    for (field, kind) in [(2, "PLAC"), (3, "FILL")] {
        let number = typed_identifier(obr, field, kind);
        report.push("identifier", number);
    }
    match time(cx, obr, 22) {
        Some(moment) if moment.contains('T') => report.set("issued", Some(moment)),
        Some(_) => report.keep(obr, &[22]),
        None => {}
    }
    report.push("resultsInterpreter", interpreter(obr, 32));
    for copy in persons(obr, 28) {
        report.push("extension", Some(people("OBR-28", copy)));
    }
}

/// DiagnosticReport.status of OBR-25 (HL7 table 0123).
fn status(result: Option<&str>) -> &'static str {
    match result {
        Some("F") | None => "final",
        Some("C") => "corrected",
        Some("P" | "R") => "preliminary",
        Some("A") => "partial",
        Some("X") => "cancelled",
        Some("O" | "I" | "S") => "registered",
        Some(_) => "unknown",
    }
}

/// A value that only says which step it belongs to.
pub(super) fn part_of(step: &Draft) -> (&'static str, Value) {
    ("partOf", step.reference())
}
