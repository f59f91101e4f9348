//! ORC, TQ1 and OBR → what was ordered: ServiceRequest, and the parts of an order other records share.

use super::order::{Draft, Group, Orders, people, subject};
use super::order_field::{
    Seg, amount, coded_text, concept, concepts, identifier, lines, persons, raw, text, time,
};
use serde_json::{Value, json};

/// Extension of JP-CLINS for the department an order came from.
const DEPARTMENT: &str = "http://jpfhir.jp/fhir/eCS/Extension/StructureDefinition/JP_eCS_Department";
/// SNOMED CT, as the example value set of ServiceRequest.category uses it.
const SNOMED: &str = "http://snomed.info/sct";
/// HL7 v2 identifier types.
const IDENTIFIER_TYPE: &str = "http://terminology.hl7.org/CodeSystem/v2-0203";

/// What kind of service is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    /// 検体検査
    Laboratory,
    /// 放射線検査
    Imaging,
    /// 内視鏡検査
    Endoscopy,
    /// 生理検査
    Physiology,
    /// バイタルサイン測定
    Vital,
}

impl Service {
    /// ServiceRequest.category.
    pub fn category(self) -> Value {
        let (code, display, text) = match self {
            Self::Laboratory => ("108252007", "Laboratory procedure", "検体検査"),
            Self::Imaging => ("363679005", "Imaging", "放射線検査"),
            Self::Endoscopy => ("103693007", "Diagnostic procedure", "内視鏡検査"),
            Self::Physiology => ("103693007", "Diagnostic procedure", "生理検査"),
            Self::Vital => return json!({"text": "バイタルサイン測定"}),
        };
        json!({"coding": [{"system": SNOMED, "code": code, "display": display}], "text": text})
    }
}

/// An identifier with its HL7 type (`PLAC`, `FILL`, `PGN`).
pub(super) fn typed_identifier(seg: &Seg, field: usize, kind: &str) -> Option<Value> {
    let mut value = identifier(seg, field)?;
    if let Some(map) = value.as_object_mut() {
        map.insert("type".into(), json!({"coding": [{"system": IDENTIFIER_TYPE, "code": kind}]}));
    }
    Some(value)
}

/// Request status of ORC-1 (HL7 table 0119) and ORC-5 (0038).
pub(super) fn request_status(control: Option<&str>, state: Option<&str>) -> &'static str {
    match (control, state) {
        (_, Some("CA")) | (Some("CA" | "OC" | "CR"), _) => "revoked",
        (_, Some("DC")) | (Some("DC" | "OD" | "DR"), _) => "revoked",
        (_, Some("ER")) => "entered-in-error",
        (_, Some("HD")) | (Some("HD" | "OH" | "HR"), _) => "on-hold",
        (_, Some("CM")) => "completed",
        (None, None) => "unknown",
        _ => "active",
    }
}

/// Priority of TQ1-9 (HL7 table 0485).
fn priority(code: &str) -> Option<&'static str> {
    match code {
        "S" => Some("stat"),
        "A" => Some("asap"),
        "R" | "T" | "P" => Some("routine"),
        _ => None,
    }
}

/// Puts what ORC says of any order into a request: numbers, people, department, time of writing.
pub(super) fn common_order(cx: &mut Orders, orc: &Seg, draft: &mut Draft) {
    for (field, kind) in [(2, "PLAC"), (3, "FILL")] {
        let number = typed_identifier(orc, field, kind);
        draft.push("identifier", number);
    }
    let written = time(cx, orc, 9);
    draft.set_default("authoredOn", written);
    requester(orc, 12, draft);
    let reason = concept(orc, 16);
    draft.push("reasonCode", reason);
    if let Some(department) = concept(orc, 17) {
        draft.push("extension", Some(json!({"url": DEPARTMENT, "valueCodeableConcept": department})));
    }
}

/// Who asked for it; FHIR has one, further ones are named in an extension.
fn requester(seg: &Seg, field: usize, draft: &mut Draft) {
    let mut people_named = persons(seg, field).into_iter();
    draft.set("requester", people_named.next());
    for who in people_named {
        draft.push("extension", Some(people(&format!("{}-{field}", seg.name()), who)));
    }
}

/// The ServiceRequest of one order group. `key` must be unique already.
pub(super) fn service_request(cx: &mut Orders, group: &Group, key: &str, service: Service) -> Draft {
    let at = group.first("OBR").or_else(|| group.first("ORC")).map(Seg::place).unwrap_or_default();
    let mut draft = Draft::new("ServiceRequest", "JP_ServiceRequest_Common", key, at);
    let orc = group.first("ORC");
    let (control, state) = (orc.and_then(|orc| text(orc, 1)), orc.and_then(|orc| text(orc, 5)));
    draft.set("status", Some(request_status(control.as_deref(), state.as_deref())));
    draft.set("intent", Some("order"));
    draft.push("category", Some(service.category()));
    draft.set("subject", subject());
    if let Some(orc) = orc {
        common_order(cx, orc, &mut draft);
        let number = typed_identifier(orc, 4, "PGN");
        draft.set("requisition", number);
        let kind = concept(orc, 29);
        draft.push("category", kind);
        parent(cx, orc, 8, &mut draft);
        draft.carry(orc);
    }
    if let Some(obr) = group.first("OBR") {
        ordered_item(cx, obr, &mut draft);
    }
    for tq1 in group.all("TQ1") {
        timing(cx, tq1, &mut draft);
    }
    for note in group.notes() {
        draft.note(note);
    }
    draft.assume("authoredOn", cx.day());
    draft
}

/// What OBR says of an order: the item, when it is wanted, by whom.
fn ordered_item(cx: &mut Orders, obr: &Seg, draft: &mut Draft) {
    for (field, kind) in [(2, "PLAC"), (3, "FILL")] {
        let Some(number) = typed_identifier(obr, field, kind) else { continue };
        let known =
            draft.get("identifier").and_then(Value::as_array).is_some_and(|list| list.contains(&number));
        match known {
            true => draft.keep(obr, &[field]),
            false => draft.push("identifier", Some(number)),
        }
    }
    let code = concept(obr, 4);
    draft.set("code", code);
    let scheduled = time(cx, obr, 36);
    let (from, until) = (time(cx, obr, 7), time(cx, obr, 8));
    match scheduled {
        Some(_) => {
            occurrence(draft, scheduled, None);
            draft.keep(obr, &[7, 8]);
        }
        None => occurrence(draft, from, until),
    }
    match draft.get("requester") {
        Some(_) => draft.keep(obr, &[16]),
        None => requester(obr, 16, draft),
    }
    if raw(obr, 13).is_some() {
        draft.push("note", Some(json!({ "text": lines(obr, 13) })));
    }
    for reason in concepts(obr, 31) {
        draft.push("reasonCode", Some(reason));
    }
    parent(cx, obr, 29, draft);
    draft.carry(obr);
}

/// `occurrenceDateTime`, or a Period where there is an end of its own.
fn occurrence(draft: &mut Draft, from: Option<String>, until: Option<String>) {
    match (from, until) {
        (Some(from), Some(until)) => {
            draft.set("occurrencePeriod", Some(json!({"start": from, "end": until})));
        }
        (from, until) => draft.set("occurrenceDateTime", from.or(until)),
    }
}

/// basedOn the parent order of ORC-8 or OBR-29: the record of this file, or its number.
fn parent(cx: &mut Orders, seg: &Seg, field: usize, draft: &mut Draft) {
    let Some(number) = identifier(seg, field) else { return };
    if draft.get("basedOn").is_some() {
        draft.keep(seg, &[field]);
    }
    let value = number.get("value").and_then(Value::as_str).unwrap_or_default().to_owned();
    match cx.order_key(&value).filter(|key| *key != draft.key) {
        Some(key) => draft.push("basedOn", Some(json!({ "reference": format!("urn:key:{key}") }))),
        None => draft.push("basedOn", Some(json!({ "identifier": number }))),
    }
}

/// TQ1 of an examination order: how much, priority, start and words.
fn timing(cx: &mut Orders, tq1: &Seg, draft: &mut Draft) {
    if draft.get("quantityQuantity").is_none() {
        draft.set("quantityQuantity", amount(tq1, 2));
    }
    if let Some(urgency) = concept(tq1, 9) {
        let code = coded_text(&urgency).unwrap_or_default();
        draft.set_default("priority", priority(&code));
        draft.keep(tq1, &[9]);
    }
    let (from, until) = (time(cx, tq1, 7), time(cx, tq1, 8));
    if draft.get("occurrenceDateTime").is_none() && draft.get("occurrencePeriod").is_none() {
        occurrence(draft, from, until);
    } else {
        draft.keep(tq1, &[7, 8]);
    }
    for field in [10, 11] {
        if let Some(words) = raw(tq1, field) {
            draft.push("note", Some(json!({ "text": words })));
        }
    }
    draft.carry(tq1);
}
