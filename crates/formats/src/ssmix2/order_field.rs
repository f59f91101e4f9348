//! HL7 v2.5 data types (chapter 2A) as orders and results need them → FHIR elements.
//!
//! A leaf counts as read only where it went into an element; what only steers the reading is looked at
//! without being taken, so that [`super::order::Draft::carry`] keeps it by its name.

use super::datatype;
use super::order::Orders;
use crate::hl7v2::timestamp::date_time;
use crate::hl7v2::{Repetition, Segment};
use model::codes;
use serde_json::{Map, Value, json};

pub(super) use crate::hl7v2::Segment as Seg;

fn nth(seg: &Segment, field: usize, at: usize) -> Option<Repetition<'_>> {
    seg.field(field).repetitions().nth(at)
}

/// How many repetitions of a field hold something.
pub(super) fn repetitions(seg: &Seg, field: usize) -> usize {
    seg.field(field).repetitions().count()
}

/// First component of a field, looked at only.
pub(super) fn text(seg: &Seg, field: usize) -> Option<String> {
    seg.field(field).peek().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The field as it stands, taken.
pub(super) fn raw(seg: &Seg, field: usize) -> Option<String> {
    seg.field(field).raw()
}

/// A component (from 0) of the first repetition, looked at only.
pub(super) fn component_text(seg: &Seg, field: usize, component: usize) -> Option<String> {
    peek(nth(seg, field, 0)?, component + 1)
}

fn peek(repetition: Repetition<'_>, component: usize) -> Option<String> {
    repetition.peek(component).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// A subcomponent (both from 0) of the first repetition, looked at only.
pub(super) fn sub_text(seg: &Seg, field: usize, component: usize, subcomponent: usize) -> Option<String> {
    let whole = component_text(seg, field, component)?;
    let part = whole.split('&').nth(subcomponent)?.trim().to_owned();
    (!part.is_empty()).then_some(part)
}

/// One repetition as it stands, taken; escapes resolved where it is one text.
pub(super) fn repetition_text(seg: &Seg, field: usize, at: usize) -> Option<String> {
    let repetition = nth(seg, field, at)?;
    match repetition.len() {
        1 => repetition.get(1).or_else(|| repetition.raw()),
        _ => repetition.raw(),
    }
}

/// A component (from 0) of a repetition, taken; empty if there is none.
pub(super) fn part(seg: &Seg, field: usize, at: usize, component: usize) -> String {
    nth(seg, field, at).and_then(|repetition| repetition.get(component + 1)).unwrap_or_default()
}

/// Subcomponent of a component (both from 1) of a repetition (from 0), looked at only.
pub(super) fn leaf(
    seg: &Seg,
    field: usize,
    at: usize,
    component: usize,
    subcomponent: usize,
) -> Option<String> {
    let whole = peek(nth(seg, field, at)?, component)?;
    let part = whole.split('&').nth(subcomponent.checked_sub(1)?)?.trim().to_owned();
    (!part.is_empty()).then_some(part)
}

/// All repetitions of a text field, one a line, taken.
pub(super) fn lines(seg: &Seg, field: usize) -> String {
    let lines: Vec<String> =
        (0..repetitions(seg, field)).filter_map(|at| repetition_text(seg, field, at)).collect();
    lines.join("\n")
}

/// CWE → CodeableConcept.
pub(super) fn concept_at(seg: &Seg, field: usize, at: usize) -> Option<Value> {
    datatype::concept(nth(seg, field, at)?)
}

/// Code, name and system → CodeableConcept.
fn short(code: Option<String>, name: Option<String>, table: Option<String>) -> Option<Value> {
    let text = name.clone().or_else(|| code.clone())?;
    let mut coding = Map::new();
    let parts =
        [("system", table.and_then(|table| codes::system(&table))), ("code", code), ("display", name)];
    for (element, part) in parts {
        if let Some(part) = part {
            coding.insert(element.into(), json!(part));
        }
    }
    Some(json!({"coding": [coding], "text": text}))
}

/// A CWE written in one component with `&` (TQ1-3.1): code, name, system; taken as a whole. A fourth part and
/// more are kept as the text.
pub(super) fn inner_concept(seg: &Seg, field: usize, component: usize) -> Option<Value> {
    inner_concept_at(seg, field, 0, component)
}

/// As [`inner_concept`], of a repetition (from 0).
pub(super) fn inner_concept_at(seg: &Seg, field: usize, at: usize, component: usize) -> Option<Value> {
    let whole = nth(seg, field, at)?.get(component)?;
    let mut parts = whole.split('&').map(|part| Some(part.trim().to_owned()).filter(|part| !part.is_empty()));
    let mut next = || parts.next().flatten();
    let mut found = short(next(), next(), next()).unwrap_or_else(|| json!({ "text": whole }));
    if let (Some(_), Some(map)) = (parts.next(), found.as_object_mut()) {
        map.insert("text".into(), json!(whole));
    }
    Some(found)
}

/// The first repetition of a CWE field.
pub(super) fn concept(seg: &Seg, field: usize) -> Option<Value> {
    concept_at(seg, field, 0)
}

/// Every repetition of a CWE field.
pub(super) fn concepts(seg: &Seg, field: usize) -> Vec<Value> {
    (0..repetitions(seg, field)).filter_map(|at| concept_at(seg, field, at)).collect()
}

/// The code of a concept, else its text.
pub(super) fn coded_text(concept: &Value) -> Option<String> {
    let code = concept.pointer("/coding/0/code").or_else(|| concept.get("text"))?;
    code.as_str().map(str::to_owned)
}

/// XCN → Reference with number and name.
pub(super) fn person(seg: &Seg, field: usize, at: usize) -> Option<Value> {
    datatype::person(nth(seg, field, at)?)
}

/// NDL → Reference with number and name.
pub(super) fn interpreter(seg: &Seg, field: usize) -> Option<Value> {
    datatype::interpreter(nth(seg, field, 0)?)
}

/// Every person of an XCN field.
pub(super) fn persons(seg: &Seg, field: usize) -> Vec<Value> {
    datatype::persons(seg.field(field).repetitions())
}

/// EI (or the first part of an EIP, with `&` between number and namespace) → Identifier; what else it says is
/// carried along.
pub(super) fn identifier(seg: &Seg, field: usize) -> Option<Value> {
    entity(seg, field, 1)
}

/// The number of the filler in an EIP → Identifier.
pub(super) fn filler_identifier(seg: &Seg, field: usize) -> Option<Value> {
    entity(seg, field, 2)
}

fn entity(seg: &Seg, field: usize, component: usize) -> Option<Value> {
    let value = nth(seg, field, 0)?.subcomponent(component, 1)?;
    Some(json!({ "value": value.trim() }))
}

/// A time of the first repetition, taken if it is one; else reported and left to be carried along.
pub(super) fn time(cx: &mut Orders, seg: &Seg, field: usize) -> Option<String> {
    time_of(cx, seg, field, 0, 1)
}

/// A time of a repetition (from 0).
pub(super) fn time_at(cx: &mut Orders, seg: &Seg, field: usize, at: usize) -> Option<String> {
    time_of(cx, seg, field, at, 1)
}

/// A time in a component (from 0) of the first repetition: the two ends of a DR.
pub(super) fn time_at_component(
    cx: &mut Orders,
    seg: &Seg,
    field: usize,
    component: usize,
) -> Option<String> {
    time_of(cx, seg, field, 0, component + 1)
}

/// A time in a component (from 1) of a repetition (from 0).
fn time_of(cx: &mut Orders, seg: &Seg, field: usize, at: usize, component: usize) -> Option<String> {
    let repetition = nth(seg, field, at)?;
    let written = repetition.peek(component)?;
    match date_time(&written) {
        Ok(moment) => {
            repetition.get(component);
            Some(moment)
        }
        Err(error) => {
            cx.problem("impossible-date", &repetition.at(), &error.to_string());
            None
        }
    }
}

/// A unit (CWE) as the elements `unit`, `system` and `code` of a Quantity.
pub(super) fn unit(seg: &Seg, field: usize) -> Option<Map<String, Value>> {
    let repetition = nth(seg, field, 0)?;
    let [code, name, table] = [1, 2, 3].map(|component| peek(repetition, component));
    let unit = unit_of(code.clone(), name.clone(), table.clone())?;
    for (component, shown) in [(1, table.is_some() || name.is_none()), (2, true), (3, code.is_some())] {
        if shown {
            repetition.get(component);
        }
    }
    Some(unit)
}

/// Code, name and table of a unit as elements of a Quantity. ISO+ is near UCUM but not it (`ml/hr`).
fn unit_of(code: Option<String>, name: Option<String>, table: Option<String>) -> Option<Map<String, Value>> {
    let mut unit = Map::new();
    let system = match table.as_deref() {
        Some("ISO+") => Some(format!("{}ISO+", codes::LOCAL)),
        table => table.and_then(codes::system),
    };
    let (unit_name, coded) = match (code, name, system) {
        (Some(code), name, Some(system)) => (name, Some((code, system))),
        (code, name, _) => (name.or(code), None),
    };
    if let Some(name) = unit_name {
        unit.insert("unit".into(), json!(name));
    }
    if let Some((code, system)) = coded {
        unit.insert("system".into(), json!(system));
        unit.insert("code".into(), json!(code));
    }
    (!unit.is_empty()).then_some(unit)
}

/// CQ (amount and unit) in one repetition of a field → Quantity, taken if the amount is a number.
pub(super) fn amount(seg: &Seg, field: usize) -> Option<Value> {
    let repetition = nth(seg, field, 0)?;
    let value = super::oml_value::number(&peek(repetition, 1)?)?;
    let whole = peek(repetition, 2).unwrap_or_default();
    let mut parts = whole.split('&').map(|part| Some(part.trim().to_owned()).filter(|part| !part.is_empty()));
    let mut next = || parts.next().flatten();
    let unit = unit_of(next(), next(), next());
    let rest = parts.next().is_some();
    let mut quantity = Map::new();
    quantity.insert("value".into(), Value::Number(value));
    quantity.extend(unit.unwrap_or_default());
    repetition.get(1);
    if !rest {
        repetition.get(2);
    }
    Some(Value::Object(quantity))
}

/// The first three components of a repetition as a concept (code, name, system), taken.
pub(super) fn short_concept(seg: &Seg, field: usize, at: usize) -> Option<Value> {
    let repetition = nth(seg, field, at)?;
    let [code, name, table] = [1, 2, 3].map(|component| peek(repetition, component));
    let found = short(code, name, table)?;
    for component in 1..=3 {
        repetition.get(component);
    }
    Some(found)
}
