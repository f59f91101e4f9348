//! RXE, TQ1 and RXR → how a drug is to be taken: FHIR Dosage in JP Core shape, one for each TQ1.
//!
//! Several TQ1 are doses that follow one another (漸減, 不均等): TQ1-12 says whether the next comes after (`S`, or
//! nothing) or beside it (`A`), TQ1-2 how much each time. The usage in words stands beside its code (JAMI 標準用法コード, 16 characters). Its first characters are
//! the basic and detailed method; nothing else is concluded from it.

use super::oml_value::number;
use super::order::{Orders, source_field};
use super::order_field::{
    Seg, amount, component_text, concept, concepts, inner_concept, inner_concept_at, lines, part, raw,
    repetitions, text, time, unit,
};
use crate::hl7v2::timestamp::time_of_day;
use model::codes::{JAMI_USAGE, UCUM};
use serde_json::{Map, Value, json};

const DOSAGE: &str = "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_MedicationDosage_";
/// JAMI 補足用法コード, 8 characters.
const JAMI_SUPPLEMENT: &str = "urn:oid:1.2.392.200250.2.2.20.22";
const JAMI_BASIC: &str = "urn:oid:1.2.392.200250.2.2.20.30";
const JAMI_DETAIL: &str = "urn:oid:1.2.392.200250.2.2.20.40";

/// The segments one drug's dosage is told by.
#[derive(Debug)]
pub(super) struct Told<'a> {
    /// RXE.
    pub rxe: &'a Seg,
    /// Each TQ1: one dosage each.
    pub timings: Vec<&'a Seg>,
    /// Each RXR.
    pub routes: Vec<&'a Seg>,
}

/// Every dosage of a drug. Those of one `sequence` are taken beside each other (HL7 table 0472: A).
pub(super) fn dosages(cx: &mut Orders, told: &Told) -> Vec<Value> {
    let [_, _, ..] = told.timings.as_slice() else {
        return dosage(cx, told, told.timings.first().copied(), true, None).into_iter().collect();
    };
    let (mut all, mut sequence) = (Vec::new(), 1);
    for (at, tq1) in told.timings.iter().enumerate() {
        let beside = text(tq1, 12).as_deref() == Some("A");
        all.extend(dosage(cx, told, Some(tq1), at == 0, Some(sequence)));
        sequence += usize::from(!beside);
    }
    all
}

fn dosage(
    cx: &mut Orders,
    told: &Told,
    tq1: Option<&Seg>,
    first: bool,
    sequence: Option<usize>,
) -> Option<Value> {
    let mut dosage = Map::new();
    let mut words: Vec<String> = Vec::new();
    let mut extension: Vec<Value> = Vec::new();
    if let Some(sequence) = sequence {
        dosage.insert("sequence".into(), json!(sequence));
    }
    // A bare TQ1-2 counts services, not tablets (HL7 v2.5 §4.5.4.2).
    let own = tq1.filter(|tq1| component_text(tq1, 2, 1).is_some()).and_then(|tq1| amount(tq1, 2));
    let mut method = None;
    if let Some(tq1) = tq1 {
        method = timing(cx, tq1, &mut dosage, &mut words, &mut extension);
    }
    if first {
        instructions(told.rxe, &mut dosage, &mut words);
    }
    for route in &told.routes {
        routes(route, &mut dosage, &mut extension);
    }
    if let (false, Some(method)) = (dosage.contains_key("method"), method) {
        dosage.insert("method".into(), method);
    }
    let stepwise = sequence.is_some() && own.is_some();
    if let Some(dose) = dose(cx, told.rxe, own, stepwise, first, &mut extension) {
        dosage.insert("doseAndRate".into(), json!([dose]));
    }
    if words.is_empty() {
        words.extend(
            dosage
                .get("route")
                .and_then(|route| route.get("text"))
                .and_then(Value::as_str)
                .map(str::to_owned),
        );
    }
    if !words.is_empty() {
        dosage.insert("text".into(), json!(words.join(" ")));
    }
    if !extension.is_empty() {
        dosage.insert("extension".into(), Value::Array(extension));
    }
    (!dosage.is_empty()).then_some(Value::Object(dosage))
}

/// TQ1: usage, period, duration, conditions. Gives the method the usage code names.
fn timing(
    cx: &mut Orders,
    tq1: &Seg,
    dosage: &mut Map<String, Value>,
    words: &mut Vec<String>,
    extension: &mut Vec<Value>,
) -> Option<Value> {
    let mut timing = Map::new();
    let mut repeat = Map::new();
    let usage = inner_concept(tq1, 3, 1);
    let mut method = None;
    if let Some(usage) = usage {
        words.extend(usage.get("text").and_then(Value::as_str).map(str::to_owned));
        method = jami_method(cx, tq1, &usage);
        timing.insert("code".into(), usage);
    }
    let more: Vec<Value> = (1..repetitions(tq1, 3)).filter_map(|at| supplement(tq1, at)).collect();
    words.extend(more.iter().filter_map(|each| each.get("text")?.as_str().map(str::to_owned)));
    if !more.is_empty() {
        dosage.insert("additionalInstruction".into(), Value::Array(more));
    }
    let period = component_text(tq1, 3, 4).as_deref().and_then(number);
    let period_unit = component_text(tq1, 3, 5).and_then(|unit| time_unit(&unit));
    if let (Some(period), Some(period_unit)) = (period, period_unit) {
        part(tq1, 3, 0, 4);
        part(tq1, 3, 0, 5);
        repeat.insert("period".into(), json!(period));
        repeat.insert("periodUnit".into(), json!(period_unit));
    }
    let (from, until) = (time(cx, tq1, 7), time(cx, tq1, 8));
    let mut bounds = Map::new();
    for (name, moment) in [("start", from), ("end", until)] {
        if let Some(moment) = moment {
            bounds.insert(name.into(), json!(moment));
        }
    }
    if !bounds.is_empty() {
        extension.push(json!({"url": format!("{DOSAGE}PeriodOfUse"), "valuePeriod": bounds.clone()}));
        repeat.insert("boundsPeriod".into(), Value::Object(bounds));
    }
    if let Some(duration) = duration(tq1) {
        if !repeat.contains_key("boundsPeriod") {
            let plain = ["value", "unit", "system", "code"]
                .into_iter()
                .filter_map(|name| Some((name.to_owned(), duration.get(name)?.clone())));
            repeat.insert("boundsDuration".into(), Value::Object(plain.collect()));
        }
        extension.push(json!({"url": format!("{DOSAGE}UsageDuration"), "valueDuration": duration}));
    }
    if let Some(times) = times_of_day(tq1) {
        words.push(times.iter().filter_map(|time| time.get(..5)).collect::<Vec<_>>().join("・"));
        repeat.insert("timeOfDay".into(), json!(times));
    } else if let Some(times) = raw(tq1, 4) {
        words.push(times);
    }
    let lasting = component_text(tq1, 13, 1).and_then(|unit| time_unit(&unit));
    if let (Some(unit), Some(lasting)) = (lasting, component_text(tq1, 13, 0).as_deref().and_then(number)) {
        part(tq1, 13, 0, 0);
        part(tq1, 13, 0, 1);
        repeat.insert("duration".into(), json!(lasting));
        repeat.insert("durationUnit".into(), json!(unit));
    }
    if let Some(total) =
        text(tq1, 14).as_deref().and_then(number).filter(|total| total.as_u64().is_some_and(|n| n > 0))
    {
        repeat.insert("count".into(), json!(total));
        raw(tq1, 14);
    }
    if raw(tq1, 10).is_some() {
        let condition = lines(tq1, 10);
        dosage.insert("asNeededCodeableConcept".into(), json!({ "text": condition.clone() }));
        words.push(condition);
    }
    if raw(tq1, 11).is_some() {
        let advice = lines(tq1, 11);
        dosage.insert("patientInstruction".into(), json!(advice));
    }
    if !repeat.is_empty() {
        timing.insert("repeat".into(), Value::Object(repeat));
    }
    if !timing.is_empty() {
        dosage.insert("timing".into(), Value::Object(timing));
    }
    for (name, left) in tq1.rest() {
        extension.push(source_field(&name, &left));
    }
    method
}

/// The method of a JAMI usage code: its detailed form (two characters), beside the basic one (the first).
fn jami_method(cx: &mut Orders, tq1: &Seg, usage: &Value) -> Option<Value> {
    let coding =
        usage.pointer("/coding/0").filter(|coding| coding.get("system") == Some(&json!(JAMI_USAGE)))?;
    let code = coding.get("code")?.as_str()?;
    if code.chars().count() != 16 || !code.is_ascii() {
        cx.problem("odd-code", &format!("{}-3", tq1.place()), "not the length of a JAMI usage code");
        return None;
    }
    let (basic, detail) = (code.get(..1)?, code.get(..2)?);
    Some(json!({"coding": [{"system": JAMI_DETAIL, "code": detail}, {"system": JAMI_BASIC, "code": basic}]}))
}

/// A unit of time of HL7 (ISO+ `d`, `wk`, `mo`; Japanese words) as FHIR writes it.
fn time_unit(unit: &str) -> Option<&'static str> {
    match unit.split('&').next().unwrap_or_default().trim() {
        "s" | "S" | "秒" => Some("s"),
        "min" | "M" | "分" => Some("min"),
        "h" | "hr" | "H" | "時間" => Some("h"),
        "d" | "D" | "日" | "日分" => Some("d"),
        "wk" | "w" | "W" | "週" => Some("wk"),
        "mo" | "L" | "月" | "ヶ月" => Some("mo"),
        "a" | "年" => Some("a"),
        _ => None,
    }
}

/// A further repetition of TQ1-3: the supplementary usage (補足用法, 8 characters: 不均等, 隔日, weekdays), of which the
/// message names the same table as for the usage.
fn supplement(tq1: &Seg, at: usize) -> Option<Value> {
    let mut found = inner_concept_at(tq1, 3, at, 1)?;
    let short = found.pointer("/coding/0/code").and_then(Value::as_str).is_some_and(|code| code.len() == 8);
    if let Some(system) =
        found.pointer_mut("/coding/0/system").filter(|system| short && **system == JAMI_USAGE)
    {
        *system = json!(JAMI_SUPPLEMENT);
    }
    Some(found)
}

/// TQ1-4 (TM, §2.A.76): times of day as FHIR writes them, if all of them are times.
fn times_of_day(tq1: &Seg) -> Option<Vec<String>> {
    let all: Option<Vec<String>> =
        tq1.field(4).repetitions().map(|each| time_of_day(&each.peek(1)?)).collect();
    let all = all.filter(|all| !all.is_empty())?;
    tq1.field(4).repetitions().for_each(|each| {
        each.get(1);
    });
    Some(all)
}

/// How often a drug taken as needed is dispensed for: TQ1-6 in times (回), which is no time.
pub(super) fn times(tq1: &Seg) -> Option<u64> {
    let unit = component_text(tq1, 6, 1)?;
    let times = number(&component_text(tq1, 6, 0)?)?.as_u64()?;
    if !matches!(unit.split('&').next(), Some("回" | "回分" | "TIME" | "K")) {
        return None;
    }
    Some(times)
}

/// RXE-22 and RXA-12, the time a rate is told by (HL7 v2.5 §4.14.4.22): `H1` an hour, `M30` half of one.
pub(super) fn time_span(text: &str) -> Option<Value> {
    let (letter, count) = text.split_at_checked(1)?;
    let code = match letter {
        "S" => "s",
        "M" => "min",
        "H" => "h",
        "D" => "d",
        "W" => "wk",
        "L" => "mo",
        _ => return None,
    };
    let count = count.parse::<u32>().ok().filter(|count| *count > 0)?;
    Some(json!({"value": count, "unit": code, "system": UCUM, "code": code}))
}

/// TQ1-6: how long, in UCUM. `None` if its unit is none of time.
pub(super) fn duration(tq1: &Seg) -> Option<Value> {
    let unit = component_text(tq1, 6, 1)?;
    let code = time_unit(&unit)?;
    let mut quantity = amount(tq1, 6)?;
    if let Some(map) = quantity.as_object_mut() {
        map.insert("code".into(), json!(code));
        map.insert("system".into(), json!(UCUM));
        if code == "d" {
            map.insert("unit".into(), json!("日"));
        }
        if unit != code && unit != "日" {
            map.insert("extension".into(), json!([source_field("TQ1-6.2", &unit)]));
        }
    }
    Some(quantity)
}

/// RXE-7, -21 (without the categories of a prescription) and -27: instructions in code and words.
fn instructions(rxe: &Seg, dosage: &mut Map<String, Value>, words: &mut Vec<String>) {
    let told = concepts(rxe, 7);
    for each in &told {
        words.extend(each.get("text").and_then(Value::as_str).map(str::to_owned));
    }
    let list = dosage.entry("additionalInstruction").or_insert_with(|| json!([]));
    if let Some(list) = list.as_array_mut() {
        list.extend(told);
    }
    if list.as_array().is_some_and(Vec::is_empty) {
        dosage.remove("additionalInstruction");
    }
}

/// RXR: route, site, device, method. A second RXR is kept beside the first.
fn routes(rxr: &Seg, dosage: &mut Map<String, Value>, extension: &mut Vec<Value>) {
    for (field, name) in [(1, "route"), (2, "site"), (4, "method")] {
        let Some(found) = concept(rxr, field) else { continue };
        match dosage.get(name) {
            None => {
                dosage.insert(name.into(), found);
            }
            Some(_) => extension.push(
                json!({"url": format!("urn:hakucho:extension:RXR-{field}"), "valueCodeableConcept": found}),
            ),
        }
    }
    if let Some(device) = concept(rxr, 3) {
        let display = device.get("text").cloned().unwrap_or_default();
        extension.push(json!({"url": format!("{DOSAGE}Device"), "valueReference": {"type": "Device", "display": display}}));
        extension.push(json!({"url": "urn:hakucho:extension:RXR-3", "valueCodeableConcept": device}));
    }
    for (name, left) in rxr.rest() {
        extension.push(source_field(&name, &left));
    }
}

/// RXE-3 to -5 (amount each time), -19 (a day), -23 and -24 (rate), -27 (what the amount counts).
/// An amount that TQ1-2 says of this dosage goes before that of the drug; where such doses differ one by one, the
/// amount a day is that of no single dosage.
fn dose(
    cx: &mut Orders,
    rxe: &Seg,
    own: Option<Value>,
    stepwise: bool,
    first: bool,
    extension: &mut Vec<Value>,
) -> Option<Value> {
    let mut dose = Map::new();
    let unit_of_dose = unit(rxe, 5);
    let quantity = |value: Value| {
        let mut quantity = Map::new();
        quantity.insert("value".into(), value);
        quantity.extend(unit_of_dose.clone().unwrap_or_default());
        Value::Object(quantity)
    };
    let (least, most) = (text(rxe, 3), text(rxe, 4));
    let (low, high) = (least.as_deref().and_then(number), most.as_deref().and_then(number));
    let single = low.clone().filter(|_| own.is_none());
    match (low, high) {
        _ if own.is_some() => {
            dose.extend(own.map(|own| ("doseQuantity".to_owned(), own)));
            // What the drug itself says is kept beside the amounts of its dosages.
            for field in [3, 4, 5] {
                let said = raw(rxe, field).filter(|_| first);
                extension.extend(said.map(|said| source_field(&format!("RXE-{field}"), &said)));
            }
        }
        (Some(low), Some(high)) => {
            dose.insert(
                "doseRange".into(),
                json!({"low": quantity(json!(low)), "high": quantity(json!(high))}),
            );
            raw(rxe, 3);
            raw(rxe, 4);
        }
        (Some(low), None) => {
            dose.insert("doseQuantity".into(), quantity(json!(low)));
            raw(rxe, 3);
        }
        _ if unit_of_dose.is_some() && first => {
            extension.extend(raw(rxe, 5).map(|unit| source_field("RXE-5", &unit)))
        }
        _ => {}
    }
    for (field, given) in [(3, &least), (4, &most)] {
        if first && given.as_deref().is_some_and(|given| number(given).is_none()) {
            cx.problem("not-a-number", &format!("{}-{field}", rxe.place()), "an amount that is no number");
        }
    }
    let daily = if stepwise { None } else { amount(rxe, 19) };
    if let Some(daily) = daily {
        let day = json!({"value": 1, "unit": "日", "system": UCUM, "code": "d"});
        dose.insert("rateRatio".into(), json!({"numerator": daily, "denominator": day}));
    } else if let Some(rate) = text(rxe, 23).as_deref().and_then(number) {
        let mut quantity = Map::new();
        quantity.insert("value".into(), json!(rate));
        quantity.extend(unit(rxe, 24).unwrap_or_default());
        raw(rxe, 23);
        dose.insert("rateQuantity".into(), Value::Object(quantity));
    } else if let (Some(low), Some(span)) = (single, text(rxe, 22).as_deref().and_then(time_span)) {
        raw(rxe, 22);
        dose.insert("rateRatio".into(), json!({"numerator": quantity(json!(low)), "denominator": span}));
    }
    if dose.is_empty() {
        return None;
    }
    if let Some(kind) = concept(rxe, 27) {
        dose.insert("type".into(), kind);
    }
    Some(Value::Object(dose))
}
