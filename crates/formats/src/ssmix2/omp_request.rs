//! OMP-01 and OMP-02 (RDE^O11): prescriptions and injections ordered → MedicationRequest, one for each RXE.
//!
//! RP番号 and the place within it come from ORC-4: `<order>_<RP>_<index>` or the RP alone. An injection of
//! several drugs (RXC) has a contained Medication with its ingredients.

use super::oml_observation::{Around, observation};
use super::oml_value::number;
use super::omp_dosage::{Told, dosages, duration, times};
use super::order::{Draft, Group, Groups, Orders, named_concept, people, subject};
use super::order_field::{Seg, component_text, concept, concepts, persons, raw, text, time, unit};
use super::order_request::{common_order, request_status, typed_identifier};
use model::codes;
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};

/// RP番号.
const RP_NUMBER: &str = "urn:oid:1.2.392.100495.20.3.81";
/// Place within an RP.
const RP_INDEX: &str = "urn:oid:1.2.392.100495.20.3.82";
/// Number of a request within the facility.
const REQUEST: &str = "http://jpfhir.jp/fhir/core/IdSystem/resourceInstance-identifier";
/// 処方箋番号.
const PRESCRIPTION: &str = "urn:oid:1.2.392.100495.20.3.11";
/// JP Core: instruction for dispensing.
const FOR_DISPENSE: &str = "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_MedicationRequest_DispenseRequest_InstructionForDispense";
/// JP Core: how many times a drug taken as needed is dispensed for (回分).
const REPEATS: &str = "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_MedicationRequest_DispenseRequest_ExpectedRepeatCount";
/// What kind of amount a strength is.
const STRENGTH: &str =
    "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Medication_IngredientStrength_StrengthType";

/// Where a drug stands in its prescription.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// RP番号 without leading zeros, or `-`.
    pub rp: String,
    /// Index within the RP, from 1.
    pub index: String,
}

/// Counts the drugs of each RP where the source does not, or gives several of them one index.
#[derive(Debug, Default)]
pub(super) struct Places {
    counts: HashMap<String, usize>,
    given: HashSet<(String, String)>,
}

impl Places {
    /// The place of a group, by ORC-4.
    pub fn of(&mut self, group: &Group) -> Place {
        let written = group.first("ORC").and_then(|orc| component_text(orc, 4, 0)).unwrap_or_default();
        let parts: Vec<&str> = written.split('_').collect();
        let plain = |text: &str| {
            let short = text.trim_start_matches('0');
            if short.is_empty() && !text.is_empty() { "0".to_owned() } else { short.to_owned() }
        };
        let (rp, index) = match parts.as_slice() {
            [_, rp, index, ..] => (plain(rp), Some(plain(index)).filter(|index| !index.is_empty())),
            [_, rp] => (plain(rp), None),
            _ => (plain(&written), None),
        };
        let rp = if rp.is_empty() { "-".to_owned() } else { rp };
        let count = self.counts.entry(rp.clone()).or_default();
        *count += 1;
        let counted = count.to_string();
        let index = index.filter(|index| self.given.insert((rp.clone(), index.clone())));
        Place { index: index.unwrap_or(counted), rp }
    }
}

/// Reads the orders of one message.
pub(super) fn read(cx: &mut Orders, segments: &[Seg], injection: bool) -> Vec<Draft> {
    let groups = Groups::cut(segments, "ORC", false);
    let mut places = Places::default();
    let mut drafts = Vec::new();
    for group in &groups.groups {
        let place = places.of(group);
        let Some(rxe) = group.first("RXE") else { continue };
        let key = cx.key(&format!("{}/{}", place.rp, place.index));
        let mut request = request(cx, group, rxe, &key, &place, injection, "order");
        for (obx, notes) in group.observations() {
            let code = component_text(obx, 3, 0).unwrap_or_else(|| "-".to_owned());
            let key = cx.key(&format!("{}/{}/{code}", place.rp, place.index));
            let around = Around { category: "exam", key, otherwise: cx.day(), ..Around::default() };
            let told = observation(cx, obx, &around, &notes);
            request.push("supportingInformation", Some(told.reference()));
            drafts.push(told);
        }
        drafts.push(request);
    }
    drafts
}

/// The MedicationRequest of one RXE.
pub(super) fn request(
    cx: &mut Orders,
    group: &Group,
    rxe: &Seg,
    key: &str,
    place: &Place,
    injection: bool,
    intent: &str,
) -> Draft {
    let profile = if injection { "JP_MedicationRequest_Injection" } else { "JP_MedicationRequest" };
    let mut request = Draft::new("MedicationRequest", profile, key, rxe.place());
    identifiers(place, injection, &mut request);
    let orc = group.first("ORC");
    let (control, state) = (orc.and_then(|orc| text(orc, 1)), orc.and_then(|orc| text(orc, 5)));
    let status = match request_status(control.as_deref(), state.as_deref()) {
        "revoked" if matches!(control.as_deref(), Some("DC" | "OD" | "DR")) => "stopped",
        "revoked" => "cancelled",
        other => other,
    };
    request.set("status", Some(status));
    request.set("intent", Some(intent));
    drug(group, rxe, injection, &mut request);
    request.set("subject", subject());
    if let Some(orc) = orc {
        ordered_by(cx, orc, &mut request);
    }
    let first = time(cx, rxe, 32);
    match (first, request.get("authoredOn").is_some()) {
        (Some(first), false) => request.set("authoredOn", Some(first)),
        (Some(_), true) => request.keep(rxe, &[32]),
        (None, _) => {}
    }
    request.assume("authoredOn", cx.day());
    let told = Told { rxe, timings: group.all("TQ1"), routes: group.all("RXR") };
    let supply = supply(&told.timings);
    let times = told.timings.iter().find_map(|tq1| times(tq1));
    for each in dosages(cx, &told) {
        request.push("dosageInstruction", Some(each));
    }
    let mut dispensing = dispense(cx, rxe, supply);
    if let Some(times) = times {
        push(&mut dispensing, "extension", json!({"url": REPEATS, "valueInteger": times}));
    }
    for category in concepts(rxe, 21) {
        match category.pointer("/coding/0/system").and_then(Value::as_str) {
            Some(system) if system == codes::MERIT9_UNIT => request.push("category", Some(merit9(category))),
            Some(system) if system.ends_with("/99I01") => request.push("category", Some(category)),
            _ => {
                let instruction = json!({"url": FOR_DISPENSE, "valueCodeableConcept": category});
                push(&mut dispensing, "extension", instruction);
            }
        }
    }
    if !dispensing.is_empty() {
        request.set("dispenseRequest", Some(Value::Object(dispensing)));
    }
    others(rxe, &mut request);
    group.notes().into_iter().for_each(|note| request.note(note));
    for trial in group.all("CTI") {
        request.carry(trial);
    }
    request.carry(rxe);
    request
}

/// RP番号 and, but for injections (there it counts the times), the place within it.
pub(super) fn identifiers(place: &Place, injection: bool, draft: &mut Draft) {
    draft.push("identifier", Some(json!({"system": RP_NUMBER, "value": place.rp})));
    if !injection {
        draft.push("identifier", Some(json!({"system": RP_INDEX, "value": place.index})));
    }
}

/// What ORC says: numbers, people, kind of order.
fn ordered_by(cx: &mut Orders, orc: &Seg, request: &mut Draft) {
    if let Some(number) = component_text(orc, 2, 0) {
        request.push("identifier", Some(json!({"system": REQUEST, "value": number})));
    }
    let group = typed_identifier(orc, 4, "PGN");
    request.set("groupIdentifier", group);
    let recorder = persons(orc, 10).into_iter().next();
    request.set("recorder", recorder);
    common_order(cx, orc, request);
    let kind = concept(orc, 29);
    request.push("category", kind);
    if let Some(parent) = typed_identifier(orc, 8, "PLAC") {
        request.push("basedOn", Some(json!({ "identifier": parent })));
    }
    request.carry(orc);
}

/// The drug of RXE-2 with the other codes of RXE-31; or the mixture of the RXC.
fn drug(group: &Group, rxe: &Seg, injection: bool, request: &mut Draft) {
    let mut named = concept(rxe, 2).unwrap_or_else(|| json!({"text": "(薬品名なし)"}));
    for other in concepts(rxe, 31) {
        let codings = other.get("coding").and_then(Value::as_array).cloned().unwrap_or_default();
        match named.get_mut("coding").and_then(Value::as_array_mut) {
            Some(list) if !codings.is_empty() => list.extend(codings),
            _ => request.push("extension", Some(named_concept("RXE-31", other))),
        }
    }
    let parts = group.all("RXC");
    if parts.is_empty() && !injection {
        request.set("medicationCodeableConcept", Some(named));
        return;
    }
    let mut ingredients = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for rxc in parts {
        let (ingredient, name) = ingredient(rxc);
        ingredients.push(ingredient);
        names.extend(name);
    }
    let mut medication = json!({"resourceType": "Medication", "id": "medication", "status": "active",
        "meta": {"profile": ["http://jpfhir.jp/fhir/core/StructureDefinition/JP_Medication"]}});
    let form = concept(rxe, 6).map(form);
    if ingredients.is_empty() || is_drug(&named) {
        let name = named.get("text").and_then(Value::as_str).map(str::to_owned);
        names.splice(0..0, name);
        ingredients.insert(0, json!({"itemCodeableConcept": named}));
    } else {
        // With ingredients RXE-2 names the kind of injection (一般, 麻酔…), not a drug.
        request.push("category", Some(named));
    }
    if let Some(map) = medication.as_object_mut() {
        if let Some(form) = form {
            map.insert("form".into(), form);
        }
        map.insert("ingredient".into(), Value::Array(ingredients));
    }
    request.push("contained", Some(medication));
    let reference = json!({"reference": "#medication", "display": names.join("＋")});
    request.set("medicationReference", Some(reference));
}

/// True if a concept has a code of one of the drug lists.
fn is_drug(concept: &Value) -> bool {
    let lists = [codes::HOT9, codes::HOT7, codes::HOT13, codes::YJ, codes::GENERAL_NAME];
    let codings = concept.get("coding").and_then(Value::as_array).into_iter().flatten();
    let mut systems = codings.filter_map(|coding| coding.get("system")?.as_str());
    systems.any(|system| lists.contains(&system))
}

/// One RXC as an ingredient, and its name.
fn ingredient(rxc: &Seg) -> (Value, Option<String>) {
    let item = concept(rxc, 2).unwrap_or_else(|| json!({"text": "(成分名なし)"}));
    let name = item.get("text").and_then(Value::as_str).map(str::to_owned);
    let mut ingredient = json!({ "itemCodeableConcept": item });
    let amount = text(rxc, 3).as_deref().and_then(number);
    if let (Some(amount), Some(map)) = (amount, ingredient.as_object_mut()) {
        let mut numerator = Map::new();
        numerator.insert("value".into(), json!(amount));
        numerator.extend(unit(rxc, 4).unwrap_or_default());
        raw(rxc, 3);
        let kind = json!({"coding": [{"system": "urn:oid:1.2.392.100495.20.2.22", "code": "1", "display": "製剤量"}]});
        let once = json!({"value": 1, "unit": "回", "system": codes::MERIT9_UNIT, "code": "TIME"});
        let strength = json!({
            "extension": [{"url": STRENGTH, "valueCodeableConcept": kind}],
            "numerator": numerator, "denominator": once,
        });
        map.insert("strength".into(), strength);
    }
    if let Some(map) = ingredient.as_object_mut() {
        let left: Vec<Value> =
            rxc.rest().iter().map(|(name, text)| super::order::source_field(name, text)).collect();
        if !left.is_empty() {
            map.insert("extension".into(), Value::Array(left));
        }
    }
    (ingredient, name)
}

/// How much is to be dispensed: RXE-10, -11, -12, and for how long.
fn dispense(cx: &mut Orders, rxe: &Seg, supply: Option<Value>) -> Map<String, Value> {
    let mut dispensing = Map::new();
    if let Some(amount) = text(rxe, 10).as_deref().and_then(number) {
        let mut quantity = Map::new();
        quantity.insert("value".into(), json!(amount));
        quantity.extend(unit(rxe, 11).unwrap_or_default());
        raw(rxe, 10);
        dispensing.insert("quantity".into(), Value::Object(quantity));
    } else if raw(rxe, 10).is_some() {
        cx.problem("not-a-number", &format!("{}-10", rxe.place()), "an amount that is no number");
        dispensing.insert(
            "extension".into(),
            json!([super::order::source_field("RXE-10", &raw(rxe, 10).unwrap_or_default())]),
        );
    }
    let repeats = text(rxe, 12).as_deref().and_then(number).and_then(|repeats| repeats.as_u64());
    if let Some(repeats) = repeats {
        raw(rxe, 12);
        dispensing.insert("numberOfRepeatsAllowed".into(), json!(repeats));
    }
    if let Some(supply) = supply {
        dispensing.insert("expectedSupplyDuration".into(), supply);
    }
    dispensing
}

/// For how long the drug is to last: doses that follow one another (漸減) add up where their units agree, else the
/// first says it.
fn supply(timings: &[&Seg]) -> Option<Value> {
    let parts: Vec<Value> = timings.iter().filter_map(|tq1| duration(tq1)).collect();
    let mut whole = parts.first().cloned()?;
    let days = |part: &Value| part.get("value").and_then(Value::as_u64);
    let alike = parts.iter().all(|part| part.get("code") == whole.get("code"));
    let one_by_one = timings.iter().all(|tq1| text(tq1, 12).is_none_or(|word| word != "A"));
    let sum: Option<u64> = parts.iter().map(days).sum();
    if let (true, Some(sum), Some(map)) = (parts.len() > 1 && alike && one_by_one, sum, whole.as_object_mut())
    {
        map.insert("value".into(), json!(sum));
    }
    Some(whole)
}

fn push(map: &mut Map<String, Value>, element: &str, value: Value) {
    let list = map.entry(element).or_insert_with(|| json!([]));
    if let Some(list) = list.as_array_mut() {
        list.push(value);
    }
}

/// Categories of a prescription share the table's name with the units.
fn merit9(concept: Value) -> Value {
    in_table(concept, codes::MERIT9_CATEGORY)
}

/// Forms of a medicine share the table's name with the units.
pub(super) fn form(concept: Value) -> Value {
    in_table(concept, codes::MERIT9_FORM)
}

/// MERIT-9 is one name for several tables: puts a code of it into the one meant.
fn in_table(mut concept: Value, table: &str) -> Value {
    if let Some(system) =
        concept.pointer_mut("/coding/0/system").filter(|system| **system == codes::MERIT9_UNIT)
    {
        *system = json!(table);
    }
    concept
}

/// Prescription number, the people of RXE-13 and -14.
fn others(rxe: &Seg, request: &mut Draft) {
    if let Some(number) = raw(rxe, 15) {
        request.push("identifier", Some(json!({"system": PRESCRIPTION, "value": number})));
    }
    for field in [13, 14] {
        for who in persons(rxe, field) {
            request.push("extension", Some(people(&format!("RXE-{field}"), who)));
        }
    }
}
