//! What prescriptions, laboratory and examination messages share: segments grouped into orders, and the
//! drafts of records that are filled from them.

use super::context::Context;
use super::data_type::DataType;
use super::order_field::{Seg, lines, raw};
use super::order_request::Service;
use super::record::Record;
pub(super) use super::record::source_field;
use super::{
    omg_order, omg_result, oml_order, oml_result, omp_administration, omp_request, order_visit, vital,
};
use model::reading::{KEY_REFERENCE, PATIENT_KEY, Problem};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

/// Extension of a code used in an examination: how much of it.
pub(super) const USED_QUANTITY: &str = "urn:hakucho:extension:used-quantity";

/// DiagnosticReport.note of FHIR R5 in R4.
const REPORT_NOTE: &str = "http://hl7.org/fhir/5.0/StructureDefinition/extension-DiagnosticReport.note";

/// Extension that names an element whose time was taken from what stands around the record.
const ASSUMED_TIME: &str = "urn:hakucho:extension:assumed-time";

/// Reads the orders or results of a message, and the visit they were made in.
pub(super) fn read(context: &mut Context<'_>) {
    let segments = &context.message.segments;
    let mut orders = Orders::new(context.set(), context.name.date());
    let cx = &mut orders;
    let mut drafts = match context.name.data_type {
        DataType::Omp01 => omp_request::read(cx, segments, false),
        DataType::Omp02 => omp_request::read(cx, segments, true),
        DataType::Omp11 => omp_administration::read(cx, segments, false),
        DataType::Omp12 => omp_administration::read(cx, segments, true),
        DataType::Oml01 => oml_order::read(cx, segments),
        DataType::Oml11 => oml_result::read(cx, segments),
        DataType::Omg01 => omg_order::read(cx, segments, Service::Imaging),
        DataType::Omg02 => omg_order::read(cx, segments, Service::Endoscopy),
        DataType::Omg03 => omg_order::read(cx, segments, Service::Physiology),
        DataType::Omg11 => omg_result::performed(cx, segments, Service::Imaging),
        DataType::Omg12 => omg_result::performed(cx, segments, Service::Endoscopy),
        DataType::Omg13 => omg_result::physiology(cx, segments),
        DataType::Observations => vital::read(cx, segments),
        _ => Vec::new(),
    };
    order_visit::add(cx, segments, &mut drafts);
    for problem in orders.problems {
        context.problem(&problem.code, problem.at, problem.text);
    }
    for draft in drafts {
        context.put(draft.done());
    }
}

/// A message being read: what its records share, and what was found on the way.
#[derive(Debug, Default)]
pub(super) struct Orders {
    prefix: String,
    day: Option<String>,
    examined: Option<String>,
    taken: HashSet<String>,
    orders: HashMap<String, String>,
    /// Problems found so far.
    pub problems: Vec<Problem>,
}

impl Orders {
    /// Begins a message. `prefix` begins every key; `day` is the 診療日 as a FHIR date.
    pub fn new(prefix: &str, day: Option<String>) -> Self {
        Self { prefix: prefix.to_owned(), day, ..Self::default() }
    }

    /// 診療日.
    pub fn day(&self) -> Option<String> {
        self.day.clone()
    }

    /// When the examination of the current group was.
    pub fn examined(&self) -> Option<String> {
        self.examined.clone()
    }

    /// Says when the examination of the current group was.
    pub fn set_examined(&mut self, when: Option<String>) {
        self.examined = when;
    }

    /// Notes a problem.
    pub fn problem(&mut self, code: &str, at: &str, text: &str) {
        self.problems.push(Problem::new(code, at, text));
    }

    /// A key of the message; several drafts of it become one.
    pub fn plain_key(&self, words: &str) -> String {
        format!("{}/{}", self.prefix, words.trim_end_matches('/'))
    }

    /// A key no other record of the message has: the second of the same words gets `#2`.
    pub fn key(&mut self, words: &str) -> String {
        let plain = self.plain_key(words);
        let mut key = plain.clone();
        let mut number = 1;
        while !self.taken.insert(key.clone()) {
            number += 1;
            key = format!("{plain}#{number}");
        }
        key
    }

    /// Remembers the key of an order number.
    pub fn name_order(&mut self, number: String, key: String) {
        self.orders.insert(number, key);
    }

    /// The key of an order of this message.
    pub fn order_key(&self, number: &str) -> Option<String> {
        self.orders.get(number).cloned()
    }
}

/// A record in the making. Beside what [`Record`] does, lists take each value once and two drafts of the same
/// thing can be joined.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// Its key.
    pub key: String,
    record: Record,
    made_of: Vec<(String, String)>,
}

impl Draft {
    /// Begins a record; `profile` is the last part of JP Core's address, or empty.
    pub fn new(kind: &str, profile: &str, key: &str, at: String) -> Self {
        Self { key: key.to_owned(), record: Record::new(kind, profile, key, at), made_of: Vec::new() }
    }

    /// Sets an element, if there is something to set.
    pub fn set(&mut self, name: &str, value: Option<impl Into<Value>>) {
        self.record.set(name, value);
    }

    /// Sets an element unless it is there already.
    pub fn set_default(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if self.get(name).is_none() {
            self.set(name, value);
        }
    }

    /// Sets a time the record itself does not say, taken from what stands around it (the 診療日, the specimen, the
    /// order), unless there is one, as a moment or as a period; and says so.
    pub fn assume(&mut self, name: &str, time: Option<String>) {
        let there = [name, &name.replace("DateTime", "Period")].iter().any(|each| self.get(each).is_some());
        if let (false, Some(time)) = (there, time) {
            self.set(name, Some(time));
            self.push("extension", Some(json!({"url": ASSUMED_TIME, "valueCode": name})));
        }
    }

    /// Appends to a repeating element; what is there already is not repeated.
    pub fn push(&mut self, name: &str, value: Option<Value>) {
        let Some(value) = value else { return };
        let there = self.get(name).and_then(Value::as_array).is_some_and(|list| list.contains(&value));
        if !there {
            self.record.push(name, Some(value));
        }
    }

    /// An element as it stands.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.record.get(name)
    }

    /// Keeps whole fields raw and by their HL7 name, read or not.
    pub fn keep(&mut self, seg: &Seg, fields: &[usize]) {
        for field in fields {
            if let Some(text) = raw(seg, *field) {
                self.keep_named(seg, &format!("{}-{field}", seg.name()), &text);
            }
        }
    }

    /// Carries along every leaf of a segment that went nowhere else.
    pub fn carry(&mut self, seg: &Seg) {
        for (name, text) in seg.rest() {
            self.keep_named(seg, &name, &text);
        }
    }

    /// Keeps a field by name; with the number of its segment where another has said the same.
    fn keep_named(&mut self, seg: &Seg, name: &str, text: &str) {
        let kept = source_field(name, text);
        let said = self.get("extension").and_then(Value::as_array).is_some_and(|list| list.contains(&kept));
        let kept = if said { source_field(&name.replacen(seg.name(), &seg.place(), 1), text) } else { kept };
        self.push("extension", Some(kept));
    }

    /// A reference to this record from others of the same file.
    pub fn reference(&self) -> Value {
        json!({ "reference": format!("{KEY_REFERENCE}{}", self.key) })
    }

    /// Takes in what another draft says of the same thing: lists are joined, what only the other says is
    /// added, where the two differ the other's word is kept raw. The segments both are made of are kept as
    /// written, so that nothing one of them says can vanish behind the other.
    pub fn absorb(&mut self, mut other: Self) {
        self.keep_written();
        other.keep_written();
        for (name, value) in other.record.into_resource() {
            let other_choice = match name.as_str() {
                "occurrenceDateTime" => self.get("occurrencePeriod"),
                "occurrencePeriod" => self.get("occurrenceDateTime"),
                _ => None,
            };
            match (self.get(&name).or(other_choice), value) {
                (None, value) => self.set(&name, Some(value)),
                (Some(Value::Array(_)), Value::Array(list)) => {
                    list.into_iter().for_each(|each| self.push(&name, Some(each)));
                }
                (Some(mine), value) if *mine == value => {}
                (Some(_), value) => {
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    self.push("extension", Some(source_field(&name, &text)));
                }
            }
        }
    }

    /// Says which segments the draft is made of, should another of the same thing be joined with it.
    pub fn made_of(mut self, segments: &[&Seg]) -> Self {
        let written = segments.iter().map(|segment| {
            let fields: Vec<String> = (1..=60).map(|number| segment.field(number).peek_raw()).collect();
            (segment.place(), fields.join("|").trim_end_matches('|').to_owned())
        });
        self.made_of.extend(written);
        self
    }

    /// Keeps the segments it is made of as written.
    fn keep_written(&mut self) {
        for (place, text) in
            std::mem::take(&mut self.made_of).into_iter().filter(|(_, text)| !text.is_empty())
        {
            self.push("extension", Some(source_field(&place, &text)));
        }
    }

    /// A note of the source (NTE-3). A report has notes from FHIR R5 on only: there it is R5's by extension.
    pub fn note(&mut self, nte: &Seg) {
        let text = lines(nte, 3);
        let note = (!text.is_empty()).then(|| json!({ "text": text }));
        match self.get("resourceType").and_then(Value::as_str) {
            Some("DiagnosticReport") => {
                let note = note.map(|note| json!({"url": REPORT_NOTE, "valueAnnotation": note}));
                self.push("extension", note);
            }
            _ => self.push("note", note),
        }
        self.carry(nte);
    }

    /// The resource, to be contained in another.
    pub fn into_contained(self, id: &str) -> Value {
        let mut resource = self.record.into_resource();
        resource.insert("id".into(), json!(id));
        Value::Object(resource)
    }

    /// The record.
    pub fn done(self) -> Record {
        self.record
    }
}

/// An extension that refers to a person by the field that names them.
pub(super) fn people(field: &str, who: Value) -> Value {
    json!({"url": format!("urn:hakucho:extension:{field}"), "valueReference": who})
}

/// An extension that holds the concept of a field.
pub(super) fn named_concept(field: &str, concept: Value) -> Value {
    json!({"url": format!("urn:hakucho:extension:{field}"), "valueCodeableConcept": concept})
}

/// A reference to the patient of the message.
pub(super) fn subject() -> Option<Value> {
    Some(json!({ "reference": format!("{KEY_REFERENCE}{PATIENT_KEY}") }))
}

/// Segments in the order of the message, cut into specimens and order groups.
#[derive(Debug, Default)]
pub(super) struct Groups<'a> {
    /// Each SPM with what belongs to it alone.
    pub specimens: Vec<Vec<&'a Seg>>,
    /// Each order.
    pub groups: Vec<Group<'a>>,
}

/// One order: the segments of one ORC, OBR or RXE and all that follows it.
#[derive(Debug, Default)]
pub(super) struct Group<'a> {
    /// Index of the specimen it stands under.
    pub specimen: Option<usize>,
    /// Its segments.
    pub segments: Vec<&'a Seg>,
}

impl<'a> Groups<'a> {
    /// Cuts the message. A segment named `lead` always begins an order; any other head does so where the
    /// order has one of that name already. With `by_specimen` an SPM stands above the orders that follow.
    pub fn cut(segments: &'a [Seg], lead: &str, by_specimen: bool) -> Self {
        let mut cut = Self::default();
        let mut open = false;
        for segment in segments {
            let name = segment.name();
            if matches!(
                name,
                "MSH" | "SFT" | "PID" | "PD1" | "PV1" | "PV2" | "NK1" | "IN1" | "IN2" | "IN3" | "AL1" | "GT1"
            ) {
                continue;
            }
            if by_specimen && name == "SPM" {
                cut.specimens.push(vec![segment]);
                open = false;
                continue;
            }
            // An administration without any order before it is a group of its own.
            let head = matches!(name, "ORC" | "OBR" | "RXE" | "RXO") || (name == "RXA" && !open);
            let again = cut.groups.last().is_none_or(|group| group.first(name).is_some());
            // Some writers put the ORC of a result before its OBR: then it is that order's, not one without results.
            let awaited = open && name == "OBR" && cut.groups.last().is_some_and(Group::only_ordered);
            if head && !awaited && (!open || name == lead || again) {
                let specimen = cut.specimens.len().checked_sub(1);
                // A second drug under one ORC is ordered by the same people under the same number.
                let order = cut.groups.last().and_then(|group| group.first("ORC"));
                let order = order.filter(|_| open && name == "RXE");
                let segments = order.into_iter().chain([segment]).collect();
                cut.groups.push(Group { specimen, segments });
                open = true;
            } else if open {
                if let Some(group) = cut.groups.last_mut() {
                    group.segments.push(segment);
                }
            } else if let Some(specimen) = cut.specimens.last_mut() {
                specimen.push(segment);
            }
        }
        cut
    }
}

impl<'a> Group<'a> {
    /// The first segment of a name.
    pub fn first(&self, name: &str) -> Option<&'a Seg> {
        self.segments.iter().copied().find(|each| each.name() == name)
    }

    /// True if nothing but ORC and what goes with it has come yet.
    fn only_ordered(&self) -> bool {
        self.segments.iter().all(|each| matches!(each.name(), "ORC" | "TQ1" | "TQ2" | "NTE"))
    }

    /// Every segment of a name.
    pub fn all(&self, name: &str) -> Vec<&'a Seg> {
        self.segments.iter().copied().filter(|each| each.name() == name).collect()
    }

    /// The segments an order is told by; a later group of the same number may repeat them.
    pub fn told_by(&self) -> Vec<&'a Seg> {
        let told = |segment: &&Seg| matches!(segment.name(), "ORC" | "TQ1" | "OBR");
        self.segments.iter().copied().filter(told).collect()
    }

    /// Each OBX with the notes that follow it.
    pub fn observations(&self) -> Vec<(&'a Seg, Vec<&'a Seg>)> {
        observations(&self.segments)
    }

    /// Notes that belong to the order itself: those before the first OBX.
    pub fn notes(&self) -> Vec<&'a Seg> {
        let before = self.segments.iter().copied().take_while(|each| each.name() != "OBX");
        before.filter(|each| each.name() == "NTE").collect()
    }
}

/// Each OBX among some segments with the notes that follow it.
pub(super) fn observations<'a>(segments: &[&'a Seg]) -> Vec<(&'a Seg, Vec<&'a Seg>)> {
    let mut found: Vec<(&Seg, Vec<&Seg>)> = Vec::new();
    let mut under = false;
    for segment in segments.iter().copied() {
        match segment.name() {
            "OBX" => {
                found.push((segment, Vec::new()));
                under = true;
            }
            "NTE" if under => {
                if let Some((_, notes)) = found.last_mut() {
                    notes.push(segment);
                }
            }
            _ => under = false,
        }
    }
    found
}
