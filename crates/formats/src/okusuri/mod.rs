//! JAHIS 電子版お薬手帳データフォーマット, versions JAHISTC01 to 08: what pharmacies hand to people's phones.
//!
//! A file is one or more notebooks ([`notebook`]); each dispensing becomes a set of MedicationDispense and
//! Communication, stable when the same dispensing is put out again; what belongs to the person (allergies,
//! over-the-counter drugs, memos) are sets of their own. Every field is taken or named ([`line`]). Mapping:
//! `docs/formats/okusuri.md`. The parts of a split output (record 911) are joined where they are in one file
//! ([`joining`]), else each is read by itself. Not here: the prescription 2D code ([`crate::rx_2d`]).

pub(crate) mod code;
mod dispense;
mod joining;
pub(crate) mod line;
mod notebook;
mod over_the_counter;
pub(crate) mod party;
pub(crate) mod patient;
mod remark;
mod split;
mod write;
mod write_visit;

pub use split::split;
pub use write::{Written, write};

use crate::text_file::{decode, fold, lines, narrow};
use model::reading::{Effect, Input, PATIENT_KEY, PatientKey, Problem, Reading, Refused};
use model::reading::{Resource, SourceOrder, StatedRecord, Statement};
use notebook::{Dispensing, Notebook};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Highest version this reader was written for (Ver.2.6).
const NEWEST: &str = "JAHISTC08";

/// Whether the first line is a header of the format.
pub fn is_header(first_line: &str) -> bool {
    first_line.split(',').next().is_some_and(|kind| notebook::is_version(kind.trim()))
}

/// Reads one delivery.
pub fn read(input: &Input<'_>) -> Result<Reading, Refused> {
    let mut problems = Vec::new();
    let text = decode(input.bytes, &mut problems);
    if !lines(&text).next().is_some_and(|(_, line)| is_header(line)) {
        let text = "the first line is not JAHISTC and two digits".to_owned();
        return Err(Refused { code: "not-okusuri", text });
    }
    let notebooks = joining::join(notebook::group(lines(&text), &mut problems), &mut problems);
    let mut reading = Reading { problems, ..Reading::default() };
    let mut people = patient::People::default();
    let mut stated = HashMap::new();
    for (index, notebook) in notebooks.iter().enumerate() {
        if notebook.is_empty() {
            // No person is made of a header alone.
            let text = "a header and nothing else that could be read";
            reading.problems.push(Problem::new("empty", notebook.header.clone(), text));
            notebook
                .split
                .iter()
                .for_each(|line| line.report_untaken("nothing was put out", &mut reading.problems));
            continue;
        }
        let who = patient::description(notebook);
        let at = notebook.patient.as_ref().map_or_else(|| notebook.header.clone(), line::Line::place);
        let key = people.place(who.key(), who.identity(), input.bytes, at, &mut reading.problems);
        Writer { notebook, index, input, key, reading: &mut reading, stated: &mut stated }.write();
    }
    Ok(reading)
}

/// What every resource of one output shares.
pub(crate) struct Source {
    /// `meta.tag`.
    pub tags: Vec<Value>,
}

impl Source {
    /// An empty resource with its type, profile and tags.
    pub fn resource(&self, kind: &str, profile: &str) -> Resource {
        let mut meta = Map::new();
        if !profile.is_empty() {
            let profile = format!("http://jpfhir.jp/fhir/core/StructureDefinition/{profile}");
            meta.insert("profile".into(), json!([profile]));
        }
        patient::put(&mut meta, "tag", self.tags.clone());
        let mut resource = Map::new();
        resource.insert("resourceType".into(), kind.into());
        if !meta.is_empty() {
            resource.insert("meta".into(), meta.into());
        }
        resource
    }

    /// Reference to the person.
    pub fn subject(&self) -> Value {
        json!({"reference": "urn:key:Patient"})
    }
}

struct Writer<'a> {
    notebook: &'a Notebook<'a>,
    index: usize,
    input: &'a Input<'a>,
    key: PatientKey,
    reading: &'a mut Reading,
    /// How often each set of a dispensing was stated by this file.
    stated: &'a mut HashMap<(PatientKey, String), usize>,
}

impl Writer<'_> {
    fn write(mut self) {
        let notebook = self.notebook;
        let source = self.source();
        let problems = &mut self.reading.problems;
        let patient = patient::record(notebook, &source, problems);
        let mut own = patient::observations(notebook, &source, problems);
        own.extend(notebook.remarks.iter().map(|line| remark::of_person(line, &source, problems)));
        own.extend(
            notebook
                .over_the_counter
                .iter()
                .map(|(drug, ingredients)| over_the_counter::record(drug, ingredients, &source, problems)),
        );
        let pharmacists: Vec<StatedRecord> = notebook
            .pharmacists
            .iter()
            .enumerate()
            .map(|(index, line)| remark::family_pharmacist(line, index, &source, problems))
            .collect();

        let newest = notebook.dispensings.iter().filter_map(|each| each.day.peek_date(2)).max();
        let order = self.order(newest.map(|date| date.fhir()));
        self.state(PATIENT_KEY.to_owned(), order.clone(), vec![patient]);
        for record in own {
            self.state(record.key.clone(), order.clone(), vec![record]);
        }
        if !pharmacists.is_empty() {
            self.state("okusuri/701".to_owned(), order, pharmacists);
        }
        for dispensing in &notebook.dispensings {
            self.dispensing(dispensing, &source);
        }
        self.report_untaken();
    }

    /// Version and category tag every resource; oddities of both and a split output are reported.
    fn source(&mut self) -> Source {
        let notebook = self.notebook;
        let problems = &mut self.reading.problems;
        let mut tags = Vec::new();
        if !notebook.version.is_empty() {
            tags.push(json!({"system": "urn:hakucho:jahis:notebook-version", "code": notebook.version}));
            if notebook.version.as_str() > NEWEST || notebook.version == "JAHISTC00" {
                let text = format!("{} is read by the rules of {NEWEST}", notebook.version);
                problems.push(Problem::new("unknown-version", format!("{} field 1", notebook.header), text));
            }
        }
        let display = match notebook.category.as_str() {
            "1" => "医療機関・薬局から患者等へ",
            "2" => "患者等から医療機関・薬局へ",
            _ => {
                let text = "the output category is neither 1 nor 2";
                problems.push(Problem::new("unknown-code", format!("{} field 2", notebook.header), text));
                ""
            }
        };
        if !notebook.category.is_empty() {
            let system = "urn:hakucho:jahis:output-category";
            tags.push(json!({"system": system, "code": notebook.category, "display": display}));
        }
        if let Some(line) = &notebook.split {
            let (id, total, part) = (line.code(2), line.code(3), line.code(4));
            let text = format!("part {part} of {total} of the output {id}; each part is read by itself");
            problems.push(Problem::new("split-output", line.place(), text));
        }
        Source { tags }
    }

    fn dispensing(&mut self, dispensing: &Dispensing<'_>, source: &Source) {
        if dispensing.is_empty() {
            return; // nothing to say the day of: its fields are named as not mapped
        }
        let problems = &mut self.reading.problems;
        let day = dispensing.day.date(2, problems).map(|date| date.fhir());
        if day.is_none() && dispensing.day.look(2).is_empty() {
            problems.push(Problem::new("missing", dispensing.day.at(2), "no day of dispensing"));
        }
        let mut set = self.set(dispensing, day.as_deref());
        let count = self.stated.entry((self.key.clone(), set.clone())).or_insert(0_usize);
        *count += 1;
        if *count > 1 {
            // Two dispensings alike in day, pharmacy and doctor: both are kept.
            set = format!("{set}/{count}");
            let text = "a second dispensing of the same day, facility and doctor";
            self.reading.problems.push(Problem::new("duplicate", dispensing.day.place(), text));
        }
        let problems = &mut self.reading.problems;
        let mut records = dispense::records(dispensing, &set, source, problems);
        records.extend(remark::of_dispensing(dispensing, &set, source, problems));
        let order = self.order(day);
        self.state(set, order, records);
    }

    /// The name of the set: the day, then where it was dispensed, where and by whom prescribed. Names before
    /// codes: a person's own output leaves the codes out.
    fn set(&self, dispensing: &Dispensing<'_>, day: Option<&str>) -> String {
        let place = |line: Option<&line::Line<'_>>| {
            line.map_or_else(String::new, |line| match fold(line.look(2)) {
                name if name.is_empty() => format!("{}-{}-{}", line.look(3), line.look(4), line.look(5)),
                name => name,
            })
        };
        let dispensed = place(dispensing.facility.as_ref());
        let prescribed: Vec<String> =
            dispensing.prescriber_facilities.iter().map(|line| place(Some(line))).collect();
        let doctors: Vec<String> = dispensing
            .prescribers
            .iter()
            .map(|line| format!("{}\u{1e}{}", fold(line.look(2)), fold(line.look(3))))
            .collect();
        let day = day.unwrap_or(dispensing.day.look(2));
        let part = self.notebook.split.as_ref().map_or_else(String::new, |line| {
            format!("/part{}of{}", narrow(line.look(4)), narrow(line.look(3)))
        });
        let print =
            patient::fingerprint(&[day, &dispensed, &prescribed.join("\u{1d}"), &doctors.join("\u{1d}")]);
        let print: String = print.chars().take(24).collect();
        format!("okusuri/5/{print}{part}")
    }

    /// The day in the data, then when the file was written.
    fn order(&self, day: Option<String>) -> SourceOrder {
        let written = self.input.source_time;
        let sequence = format!("{written:0>17}-{:03}", self.index);
        SourceOrder::new(day.as_deref().unwrap_or(written), sequence)
    }

    fn state(&mut self, set: String, order: SourceOrder, mut records: Vec<StatedRecord>) {
        for record in &mut records {
            record.resource.retain(|_, value| !prune(value));
        }
        let patient = self.key.clone();
        self.reading.statements.push(Statement { patient, set, order, effect: Effect::Stated, records });
    }

    fn report_untaken(&mut self) {
        let problems = &mut self.reading.problems;
        let notebook = self.notebook;
        let alone = notebook.patient.iter().chain(&notebook.remarks).chain(&notebook.pharmacists);
        for line in alone.chain(&notebook.split) {
            line.report_untaken("more than the record has", problems);
        }
        for (drug, ingredients) in &notebook.over_the_counter {
            for line in std::iter::once(drug).chain(ingredients) {
                line.report_untaken("more than the record has", problems);
            }
        }
        for dispensing in &notebook.dispensings {
            dispensing.report_untaken(problems);
        }
    }
}

/// Takes out empty texts, which FHIR does not have; true if nothing is left.
pub(crate) fn prune(value: &mut Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Object(map) => {
            map.retain(|_, inner| !prune(inner));
            map.is_empty()
        }
        Value::Array(list) => {
            list.retain_mut(|inner| !prune(inner));
            list.is_empty()
        }
        _ => false,
    }
}
