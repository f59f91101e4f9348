//! OMP-11 and OMP-12 (RAS^O17): drugs and injections given → MedicationAdministration, one for each RXA.
//! Where the message restates the order (RXE), the first administration contains it: OMP-01 and OMP-02 are what
//! draws an order.

use super::datatype::place as place_of;
use super::oml_observation::{Around, observation};
use super::oml_value::{narrow, number};
use super::omp_dosage::time_span;
use super::omp_request::{Place, Places, form, identifiers, request};
use super::order::{Draft, Group, Groups, Orders, named_concept, subject};
use super::order_field::{Seg, component_text, concept, concepts, lines, persons, raw, text, time, unit};
use super::order_request::typed_identifier;
use model::codes;
use serde_json::{Map, Value, json};

const EXTENSION: &str =
    "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_MedicationAdministration_";
/// FHIR's extension for what is not known.
const ABSENT: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
const DOSAGE: &str = "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_MedicationDosage_";

/// Reads the administrations of one message.
pub(super) fn read(cx: &mut Orders, segments: &[Seg], injection: bool) -> Vec<Draft> {
    let groups = Groups::cut(segments, "ORC", false);
    let mut places = Places::default();
    let mut drafts = Vec::new();
    for group in &groups.groups {
        let place = places.of(group);
        let (ordered, given) = halves(group);
        let order = ordered.first("RXE").map(|rxe| {
            let request = request(cx, &ordered, rxe, "order", &place, injection, "instance-order");
            request.into_contained("order")
        });
        let (mut done, mut told) = (Vec::new(), Vec::new());
        for (number, rxa) in (1..).zip(given.all("RXA")) {
            let place = Place { rp: place.rp.clone(), index: number.to_string() };
            let mut each = administration(cx, &given, group, rxa, &place, injection);
            if let (Some(order), 1) = (&order, number) {
                restated(order.clone(), &mut each);
            }
            done.push(each);
        }
        for (obx, notes) in given.observations() {
            let code = component_text(obx, 3, 0).unwrap_or_else(|| "-".to_owned());
            let key = cx.key(&format!("{}/{code}", place.rp));
            let when = done.first().and_then(start);
            let links = done.iter().map(|each| ("partOf", each.reference())).collect();
            let around = Around {
                category: "exam",
                key,
                otherwise: when.or_else(|| cx.day()),
                links,
                ..Around::default()
            };
            told.push(observation(cx, obx, &around, &notes));
        }
        // What belongs to the group and no single drug: kept once, on the first.
        if let Some(first) = done.first_mut() {
            ["ORC", "RXR", "CTI", "TQ1", "RXO"]
                .iter()
                .flat_map(|name| group.all(name))
                .for_each(|left| first.carry(left));
            given.notes().into_iter().for_each(|note| first.note(note));
        }
        drafts.extend(done);
        drafts.extend(told);
    }
    drafts
}

/// The restated order, contained in the first administration; what it contains itself stands beside it.
fn restated(mut order: Value, done: &mut Draft) {
    let inner = order.as_object_mut().and_then(|map| map.remove("contained"));
    for mut each in inner.as_ref().and_then(Value::as_array).cloned().unwrap_or_default() {
        if let Some(map) = each.as_object_mut() {
            map.insert("id".into(), json!("order-medication"));
        }
        done.push("contained", Some(each));
    }
    if let Some(reference) = order.pointer_mut("/medicationReference/reference") {
        *reference = json!("#order-medication");
    }
    done.push("contained", Some(order));
    done.set("request", Some(json!({"reference": "#order"})));
}

/// The order part (up to the first RXA) and the part that was done.
fn halves<'a>(group: &Group<'a>) -> (Group<'a>, Group<'a>) {
    let at = group.segments.iter().position(|each| each.name() == "RXA").unwrap_or(group.segments.len());
    let (ordered, given) = group.segments.split_at(at);
    (Group { specimen: None, segments: ordered.to_vec() }, Group { specimen: None, segments: given.to_vec() })
}

/// When an administration began.
fn start(draft: &Draft) -> Option<String> {
    let moment = draft.get("effectiveDateTime").or_else(|| draft.get("effectivePeriod")?.get("start"))?;
    moment.as_str().map(str::to_owned)
}

/// The RXR of one RXA: those up to the next RXA, of which several may share what follows them.
fn routes<'a>(given: &Group<'a>, rxa: &Seg) -> Vec<&'a Seg> {
    let after = || given.segments.iter().copied().skip_while(|each| !std::ptr::eq(*each, rxa)).skip(1);
    let own = after().skip_while(|each| each.name() == "RXA").take_while(|each| each.name() != "RXA");
    let own: Vec<&Seg> = own.filter(|each| each.name() == "RXR").collect();
    match own.is_empty() {
        true => after().find(|each| each.name() == "RXR").into_iter().collect(),
        false => own,
    }
}

/// The MedicationAdministration of one RXA.
fn administration(
    cx: &mut Orders,
    given: &Group,
    group: &Group,
    rxa: &Seg,
    place: &Place,
    injection: bool,
) -> Draft {
    let drug =
        component_text(rxa, 5, 0).or_else(|| component_text(rxa, 5, 1)).unwrap_or_else(|| "-".to_owned());
    let moment = text(rxa, 3).unwrap_or_else(|| "-".to_owned());
    let key = cx.key(&format!("{}/{drug}/{moment}", place.rp));
    let profile =
        if injection { "JP_MedicationAdministration_Injection" } else { "JP_MedicationAdministration" };
    let mut done = Draft::new("MedicationAdministration", profile, &key, rxa.place());
    identifiers(place, injection, &mut done);
    done.set("status", Some(status(text(rxa, 20).as_deref(), text(rxa, 21).as_deref())));
    medication(cx, rxa, injection, &mut done);
    done.set("subject", subject());
    let (from, until) = (time(cx, rxa, 3), time(cx, rxa, 4));
    match (from, until) {
        (Some(from), Some(until)) => {
            done.set("effectivePeriod", Some(json!({"start": from, "end": until})));
        }
        (None, Some(until)) => done.set("effectivePeriod", Some(json!({ "end": until }))),
        (from, None) => done.set("effectiveDateTime", from),
    }
    if done.get("effectivePeriod").is_none() {
        done.assume("effectiveDateTime", cx.day());
    }
    for who in persons(rxa, 10) {
        done.push("performer", Some(json!({ "actor": who })));
    }
    if let Some(orc) = group.first("ORC") {
        ordered_by(cx, orc, &mut done);
    }
    for location in rxa.field(11).repetitions().filter_map(place_of) {
        done.push(
            "extension",
            Some(json!({"url": format!("{EXTENSION}Location"), "valueReference": location})),
        );
    }
    for reason in concepts(rxa, 18) {
        done.push("statusReason", Some(reason));
    }
    if raw(rxa, 9).is_some() {
        for note in concepts(rxa, 9) {
            let words = note.get("text").cloned().unwrap_or_else(|| json!(lines(rxa, 9)));
            done.push("note", Some(json!({ "text": words })));
        }
        done.keep(rxa, &[9]);
    }
    for reason in concepts(rxa, 19) {
        done.push("reasonCode", Some(reason));
    }
    dosage(cx, &routes(given, rxa), rxa, &mut done);
    done.carry(rxa);
    done
}

/// Status of RXA-20 (HL7 table 0322) and RXA-21 (0323).
fn status(completion: Option<&str>, action: Option<&str>) -> &'static str {
    match (completion, action) {
        (_, Some("D")) => "entered-in-error",
        (Some("CP") | None, _) => "completed",
        (Some("RE" | "NA"), _) => "not-done",
        (Some("PA"), _) => "stopped",
        _ => "unknown",
    }
}

/// The drug; for an injection a contained Medication with it as the one ingredient.
fn medication(cx: &mut Orders, rxa: &Seg, injection: bool, done: &mut Draft) {
    let named = concept(rxa, 5).unwrap_or_else(|| json!({"text": "(薬品名なし)"}));
    if !injection {
        done.set("medicationCodeableConcept", Some(named));
        return;
    }
    let display = named.get("text").cloned().unwrap_or_default();
    let mut ingredient = json!({ "itemCodeableConcept": named });
    if let (Some(value), Some(map)) = (text(rxa, 6).as_deref().and_then(number), ingredient.as_object_mut()) {
        let mut numerator = Map::new();
        numerator.insert("value".into(), json!(value));
        numerator.extend(unit(rxa, 7).unwrap_or_default());
        let once = json!({"value": 1, "unit": "回", "system": codes::MERIT9_UNIT, "code": "TIME"});
        map.insert("strength".into(), json!({"numerator": numerator, "denominator": once}));
    }
    let profile = "http://jpfhir.jp/fhir/core/StructureDefinition/JP_Medication";
    let mut medication = json!({"resourceType": "Medication", "id": "medication", "status": "active",
        "meta": {"profile": [profile]}, "ingredient": [ingredient]});
    if let Some(map) = medication.as_object_mut() {
        let mut batch = Map::new();
        if let Some(lot) = raw(rxa, 15) {
            batch.insert("lotNumber".into(), json!(lot));
        }
        if let Some(until) = time(cx, rxa, 16) {
            batch.insert("expirationDate".into(), json!(until));
        }
        if !batch.is_empty() {
            map.insert("batch".into(), Value::Object(batch));
        }
        if let Some(maker) = concept(rxa, 17) {
            map.insert("manufacturer".into(), json!({"display": maker.get("text")}));
            done.push("extension", Some(named_concept("RXA-17", maker)));
        }
        if let Some(found) = concept(rxa, 8) {
            map.insert("form".into(), form(found));
        }
    }
    done.push("contained", Some(medication));
    done.set("medicationReference", Some(json!({"reference": "#medication", "display": display})));
}

/// What ORC says of the order behind it. Without marking more than it uses: several drugs share it.
fn ordered_by(cx: &mut Orders, orc: &Seg, done: &mut Draft) {
    for (field, kind) in [(2, "PLAC"), (3, "FILL"), (4, "PGN")] {
        let number = typed_identifier(orc, field, kind);
        done.push("identifier", number);
    }
    if let Some(department) = concept(orc, 17) {
        done.push(
            "extension",
            Some(json!({"url": format!("{EXTENSION}RequestDepartment"),
            "valueCodeableConcept": department})),
        );
    }
    for requester in persons(orc, 12) {
        done.push(
            "extension",
            Some(json!({"url": format!("{EXTENSION}Requester"), "valueReference": requester})),
        );
    }
    if let Some(written) = time(cx, orc, 9) {
        done.push(
            "extension",
            Some(json!({"url": format!("{EXTENSION}RequestAuthoredOn"), "valueDateTime": written})),
        );
    }
    let kind = concept(orc, 29);
    done.set("category", kind);
}

/// A value that the source does not say.
fn unknown() -> Value {
    json!({"extension": [{"url": ABSENT, "valueCode": "unknown"}]})
}

/// A rate in words as RXA-12 has it: `102ml/hr`.
fn rate(text: &str) -> Option<Value> {
    let text = narrow(text);
    let (amount, per) = text.split_once('/')?;
    let digits = amount.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (value, unit) = amount.split_at_checked(digits)?;
    let per = match per.trim() {
        "h" | "hr" | "H" | "時" | "時間" => "h",
        "min" | "分" => "min",
        "d" | "day" | "日" => "d",
        _ => return None,
    };
    let value = number(value)?;
    Some(json!({
        "numerator": {"value": value, "unit": unit.trim()},
        "denominator": {"value": 1, "unit": per, "system": codes::UCUM, "code": per},
    }))
}

/// MedicationAdministration.dosage: amount, rate, route, site, method, device.
fn dosage(cx: &mut Orders, routes: &[&Seg], rxa: &Seg, done: &mut Draft) {
    let mut dosage = Map::new();
    let mut extension = Vec::new();
    // 999 means "not recorded" in RXA-6 (HL7 v2.5 §4.14.7.6).
    let amount = text(rxa, 6).filter(|amount| amount != "999");
    match amount.as_deref().map(number) {
        Some(Some(value)) => {
            let mut dose = Map::new();
            dose.insert("value".into(), json!(value));
            dose.extend(unit(rxa, 7).unwrap_or_default());
            raw(rxa, 6);
            let span = text(rxa, 12).as_deref().and_then(time_span);
            if let Some(span) = span {
                dosage.insert("rateRatio".into(), json!({"numerator": dose.clone(), "denominator": span}));
            }
            dosage.insert("dose".into(), Value::Object(dose));
        }
        Some(None) => {
            cx.problem("not-a-number", &format!("{}-6", rxa.place()), "an amount that is no number")
        }
        None => {}
    }
    if let Some(rate) = text(rxa, 12).as_deref().and_then(rate) {
        dosage.insert("rateRatio".into(), rate);
    }
    let mut words = Vec::new();
    words.extend(raw(rxa, 12));
    for rxr in routes {
        for (field, name) in [(1, "route"), (2, "site"), (4, "method")] {
            if let Some(found) = concept(rxr, field) {
                match dosage.get(name) {
                    None => {
                        dosage.insert(name.into(), found);
                    }
                    Some(_) => done.push("extension", Some(named_concept(&format!("RXR-{field}"), found))),
                }
            }
        }
        if let Some(device) = concept(rxr, 3) {
            let display = device.get("text").cloned().unwrap_or_default();
            extension.push(json!({"url": format!("{DOSAGE}Device"), "valueReference": {"type": "Device", "display": display}}));
            done.push("extension", Some(named_concept("RXR-3", device)));
        }
    }
    if !words.is_empty() {
        dosage.insert("text".into(), json!(words.join(" ")));
    }
    if !extension.is_empty() {
        dosage.insert("extension".into(), Value::Array(extension));
    }
    if !dosage.is_empty() {
        // FHIR mad-1: how and where it was given stands beside an amount, even one that nobody recorded.
        if !dosage.contains_key("rateRatio") {
            dosage.entry("dose").or_insert_with(unknown);
        }
        done.set("dosage", Some(Value::Object(dosage)));
    }
}
