//! ZE1, ZE2 and IPC of OMI^Z23: the steps of an examination, the exposure, the study.

use super::omg_order::told;
use super::omg_result::part_of;
use super::oml_value::number;
use super::order::{Draft, Group, Orders, USED_QUANTITY, named_concept, observations, source_field, subject};
use super::order_field::{
    Seg, component_text, concept, concepts, leaf, part, person, persons, raw, repetition_text, repetitions,
    short_concept, sub_text, text, time_at,
};
use super::order_request::{Service, typed_identifier};
use model::codes::DICOM;
use serde_json::{Value, json};

/// The Procedure of one step (a ZE1 and what follows it), or of an item without steps; and what was found.
pub(super) fn procedure(
    cx: &mut Orders,
    group: &Group,
    step: &[&Seg],
    order: &str,
    service: Service,
) -> (Draft, Vec<Draft>) {
    let obr = group.first("OBR");
    let ze1 = step.first().copied();
    let code = ze1
        .and_then(|ze1| component_text(ze1, 3, 0))
        .or_else(|| obr.and_then(|obr| component_text(obr, 4, 0)))
        .unwrap_or_else(|| "-".to_owned());
    let key = cx.key(&format!("{order}/step/{code}"));
    let at = ze1.or(obr).map(Seg::place).unwrap_or_default();
    let mut done = Draft::new("Procedure", "JP_Procedure", &key, at);
    done.set("status", Some(status(ze1.and_then(|ze1| text(ze1, 2)).as_deref())));
    done.set("category", Some(service.category()));
    let item = obr.and_then(|obr| concept(obr, 4));
    let named = ze1.and_then(|ze1| concept(ze1, 3));
    done.set("code", named.or(item));
    done.set("subject", subject());
    if let Some(ze1) = ze1 {
        staff_and_goods(ze1, &mut done);
    }
    let mut found = Vec::new();
    for (obx, notes) in observations(step) {
        if !taken_in(cx, obx, &mut done) {
            let link = part_of(&done);
            found.push(told(cx, obx, &notes, order, service, Some(link)));
            continue;
        }
        done.keep(obx, &[3]);
        done.carry(obx);
        notes.iter().for_each(|note| done.note(note));
    }
    period(cx, &mut done);
    (done, found)
}

/// Procedure.status of ZE1-2: RS performed, PL planned.
fn status(control: Option<&str>) -> &'static str {
    match control {
        Some("RS") | None => "completed",
        Some("PL" | "PR") => "preparation",
        _ => "unknown",
    }
}

/// Who did it and what was used, as ZE1 has it.
fn staff_and_goods(ze1: &Seg, done: &mut Draft) {
    let function = job(ze1, 6);
    for who in persons(ze1, 7) {
        let mut performer = json!({ "actor": who });
        if let (Some(map), Some(function)) = (performer.as_object_mut(), &function) {
            map.insert("function".into(), function.clone());
        }
        done.push("performer", Some(performer));
    }
    for at in 0..repetitions(ze1, 9) {
        let goods = goods(ze1, 9, at);
        done.push("usedCode", goods);
    }
    if let Some(fee) = concept(ze1, 5) {
        done.push("extension", Some(named_concept("ZE1-5", fee)));
    }
    done.keep(ze1, &[6]);
    done.carry(ze1);
}

/// JCC (HL7 v2.5 §2.A.37): a job and its class as two codes, and what they are called.
fn job(seg: &Seg, field: usize) -> Option<Value> {
    let [code, class, words] = [0, 1, 2].map(|component| component_text(seg, field, component));
    let codes: Vec<String> = code.into_iter().chain(class).collect();
    let text = words.or_else(|| (!codes.is_empty()).then(|| codes.join(" ")))?;
    let codings: Vec<Value> = codes.iter().map(|code| json!({ "code": code })).collect();
    Some(match codings.is_empty() {
        true => json!({ "text": text }),
        false => json!({"coding": codings, "text": text}),
    })
}

/// ZRD (goods): code, amount, unit; the whole of it kept as it stands (how a film was divided).
fn goods(seg: &Seg, field: usize, at: usize) -> Option<Value> {
    let mut concept = short_concept(seg, field, at)?;
    let value = leaf(seg, field, at, 4, 1).as_deref().and_then(number);
    let unit = leaf(seg, field, at, 5, 2).or_else(|| leaf(seg, field, at, 5, 1));
    let whole = repetition_text(seg, field, at)?;
    let mut extension = vec![source_field(&format!("{}-{field}", seg.name()), &whole)];
    if let Some(value) = value {
        let amount = match unit {
            Some(unit) => json!({"value": value, "unit": unit}),
            None => json!({ "value": value }),
        };
        extension.push(json!({"url": USED_QUANTITY, "valueQuantity": amount}));
    }
    concept.as_object_mut()?.insert("extension".into(), json!(extension));
    Some(concept)
}

/// Takes an OBX of a step into the Procedure itself: people, beginning and end, goods. False if it is a finding.
fn taken_in(cx: &mut Orders, obx: &Seg, done: &mut Draft) -> bool {
    let code = component_text(obx, 3, 0).unwrap_or_default();
    match text(obx, 2).as_deref() {
        Some("XCN") => {
            let function = concept(obx, 3);
            for at in 0..repetitions(obx, 5) {
                let Some(who) = person(obx, 5, at) else { continue };
                let performer = match &function {
                    Some(function) => json!({"function": function, "actor": who}),
                    None => json!({"actor": who}),
                };
                done.push("performer", Some(performer));
            }
            true
        }
        Some("TS" | "DTM") if matches!(code.as_str(), "TM-P1" | "TM-P2") => {
            let Some(moment) = time_at(cx, obx, 5, 0) else { return false };
            let name = if code == "TM-P1" { "start" } else { "end" };
            let mut period = done.get("performedPeriod").cloned().unwrap_or_else(|| json!({}));
            if period.get(name).is_some() {
                return false;
            }
            if let Some(map) = period.as_object_mut() {
                map.insert(name.into(), json!(moment));
            }
            done.set("performedPeriod", Some(period));
            true
        }
        Some("ZRD") => {
            for at in 0..repetitions(obx, 5) {
                let goods = goods(obx, 5, at);
                done.push("usedCode", goods);
            }
            true
        }
        Some("CWE" | "CE") if code.starts_with("DE-") => {
            for each in concepts(obx, 5) {
                done.push("usedCode", Some(each));
            }
            true
        }
        _ => false,
    }
}

/// When it was done: beginning and end, else the examination's time, else the day.
fn period(cx: &mut Orders, done: &mut Draft) {
    let otherwise = cx.examined().or_else(|| cx.day());
    match done.get("performedPeriod") {
        Some(period) if period.get("start").is_none() => {
            let mut period = period.clone();
            if let (Some(map), Some(start)) =
                (period.as_object_mut(), otherwise.filter(|start| start.contains('T')))
            {
                map.insert("start".into(), json!(start));
            }
            done.set("performedPeriod", Some(period));
        }
        Some(_) => {}
        None => done.assume("performedDateTime", otherwise),
    }
}

/// ZE2: how a radiograph was exposed, as components of one Observation.
pub(super) fn exposure(cx: &mut Orders, ze2: &Seg, step: &Draft, order: &str) -> Draft {
    let key = cx.key(&format!("{order}/exposure"));
    let mut draft = Draft::new("Observation", "JP_Observation_Common", &key, ze2.place());
    draft.set("status", Some("final"));
    let system = "http://jpfhir.jp/fhir/core/CodeSystem/JP_SimpleObservationCategory_CS";
    draft.push("category", Some(json!({"coding": [{"system": system, "code": "imaging"}]})));
    draft.set("code", Some(json!({"text": "撮影条件"})));
    draft.set("subject", subject());
    draft.push("partOf", Some(step.reference()));
    draft.assume("effectiveDateTime", cx.examined().or_else(|| cx.day()));
    for (field, name) in [(2, "管電圧"), (3, "管電流"), (4, "距離"), (5, "時間"), (6, "回数")] {
        let Some(whole) = raw(ze2, field) else { continue };
        let unit = sub_text(ze2, field, 1, 1).or_else(|| component_text(ze2, field, 1));
        let value = component_text(ze2, field, 0).as_deref().and_then(number);
        let mut component = json!({"code": {"text": name}});
        if let Some(map) = component.as_object_mut() {
            match (value, unit) {
                (Some(value), Some(unit)) => {
                    map.insert("valueQuantity".into(), json!({"value": value, "unit": unit}));
                }
                (Some(value), None) => {
                    map.insert("valueQuantity".into(), json!({ "value": value }));
                }
                _ => {
                    map.insert("valueString".into(), json!(whole));
                }
            }
        }
        draft.push("component", Some(component));
        draft.keep(ze2, &[field]);
    }
    if let Some(words) = raw(ze2, 7) {
        draft.push("note", Some(json!({ "text": words })));
    }
    draft.carry(ze2);
    draft
}

/// IPC: the study, by its UID.
pub(super) fn study(cx: &mut Orders, ipc: &Seg, service: Service) -> Draft {
    let uid = component_text(ipc, 3, 0);
    let accession = component_text(ipc, 1, 0);
    let word = uid.clone().or(accession).unwrap_or_else(|| "-".to_owned());
    let key = cx.plain_key(&format!("study/{word}"));
    let profile = match service {
        Service::Endoscopy => "JP_ImagingStudy_Endoscopy",
        _ => "JP_ImagingStudy_Radiology",
    };
    let mut draft = Draft::new("ImagingStudy", profile, &key, ipc.place());
    if let Some(uid) = &uid {
        part(ipc, 3, 0, 0);
        draft.push("identifier", Some(json!({"system": "urn:dicom:uid", "value": format!("urn:oid:{uid}")})));
    }
    let number = typed_identifier(ipc, 1, "ACSN");
    draft.push("identifier", number);
    draft.set("status", Some("available"));
    draft.set("subject", subject());
    draft.assume("started", cx.examined().or_else(|| cx.day()));
    let modality = concept(ipc, 5);
    match modality.as_ref().and_then(|modality| modality.pointer("/coding/0")?.as_object()) {
        Some(coding) => {
            // A bare code is one of DICOM's (HL7 v2.5 §4.5.6.5).
            let mut coding = coding.clone();
            coding.entry("system").or_insert_with(|| json!(DICOM));
            draft.push("modality", Some(Value::Object(coding)));
        }
        None => draft.keep(ipc, &[5]),
    }
    let protocol = concept(ipc, 6);
    draft.push("procedureCode", protocol);
    draft.carry(ipc);
    draft
}
