//! What is known while one message is read, and what has been found so far.

use super::path::Name;
use super::record::Record;
use crate::hl7v2::{Field, Message, Repetition, Segment, timestamp};
use model::reading::{Extent, KEY_REFERENCE, PATIENT_KEY, Problem, StatedRecord};
use model::wareki;
use serde_json::{Value, json};
use std::collections::HashSet;

/// The message, its name, and the records and problems so far.
#[derive(Debug)]
pub struct Context<'m> {
    /// The message.
    pub message: &'m Message,
    /// What the file name says.
    pub name: &'m Name,
    set: String,
    records: Vec<StatedRecord>,
    taken: HashSet<String>,
    problems: Vec<Problem>,
}

impl<'m> Context<'m> {
    /// Begins to read.
    pub fn new(message: &'m Message, name: &'m Name, problems: Vec<Problem>) -> Self {
        Self { message, name, set: name.set(), records: Vec::new(), taken: HashSet::new(), problems }
    }

    /// Key of a record within the set of the file: `OMP-01/<order>/<day>/<part>`.
    pub fn key(&self, part: impl std::fmt::Display) -> String {
        format!("{}/{part}", self.set)
    }

    /// The set the file states.
    pub fn set(&self) -> &str {
        &self.set
    }

    /// Begins a record under [`Context::key`].
    pub fn record(&self, kind: &str, profile: &str, part: impl std::fmt::Display, at: &Segment) -> Record {
        Record::new(kind, profile, self.key(part), at.place())
    }

    /// Adds a finished record. Keys stay unique: a second record of the same key gets `#2`.
    pub fn put(&mut self, record: Record) {
        self.put_as(record, Extent::Whole);
    }

    /// As [`Context::put`], for a record of which the message says only a part.
    pub fn put_as(&mut self, record: Record, extent: Extent) {
        let mut record = record.done(extent);
        if !self.taken.insert(record.key.clone()) {
            let again = (2..).map(|n| format!("{}#{n}", record.key)).find(|key| !self.taken.contains(key));
            record.key = again.unwrap_or(record.key);
            self.taken.insert(record.key.clone());
        }
        self.records.push(record);
    }

    /// Names something that could not be done. No personal data in the text.
    pub fn problem(&mut self, code: &str, at: impl Into<String>, text: impl Into<String>) {
        let problem = Problem::new(code, at, text);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// A component that holds a time, as FHIR `dateTime`. One that is none stays unread and is named.
    pub fn moment(&mut self, repetition: Repetition<'_>, component: usize) -> Option<String> {
        self.time(repetition, component, timestamp::date_time)
    }

    /// A component that holds a time, as FHIR `date`. One that is none stays unread and is named.
    pub fn day(&mut self, repetition: Repetition<'_>, component: usize) -> Option<String> {
        self.time(repetition, component, timestamp::date)
    }

    /// [`Context::moment`] of the first component of a field.
    pub fn moment_of(&mut self, field: Field<'_>) -> Option<String> {
        self.moment(field.first(), 1)
    }

    /// [`Context::day`] of the first component of a field.
    pub fn day_of(&mut self, field: Field<'_>) -> Option<String> {
        self.day(field.first(), 1)
    }

    fn time(
        &mut self,
        repetition: Repetition<'_>,
        component: usize,
        read: fn(&str) -> Result<String, timestamp::TimeError>,
    ) -> Option<String> {
        let text = repetition.peek(component)?;
        match read(&text) {
            Ok(found) if says_all(&text, &found) => repetition.read_as(component, |_| Some(found)),
            Ok(found) => Some(found),
            Err(error) => match wareki::parse(&text) {
                // Another style of date than HL7's, or one with zeros for what is not known.
                Ok(other) => Some(other.date.fhir()),
                Err(_) => {
                    let at = repetition.at();
                    let at = if component == 1 { at } else { format!("{at}.{component}") };
                    self.problem("impossible-date", at, error.to_string());
                    None
                }
            },
        }
    }

    /// What was found.
    pub fn done(self) -> (Vec<StatedRecord>, Vec<Problem>) {
        (self.records, self.problems)
    }

    /// Keys of the records so far.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.records.iter().map(|record| record.key.as_str())
    }
}

/// False where FHIR's text says more or less than the source's: a time of day left out of a date, or an hour
/// written with minutes. The source's text is then carried along.
fn says_all(text: &str, found: &str) -> bool {
    let length = text.split(['.', '+', '-']).next().unwrap_or_default().trim().len();
    if found.contains('T') { length >= 12 } else { length <= 8 }
}

/// A reference to the patient of the message.
pub fn subject() -> Value {
    reference(PATIENT_KEY)
}

/// A reference to a record of the same file by its key.
pub fn reference(key: &str) -> Value {
    json!({ "reference": format!("{KEY_REFERENCE}{key}") })
}
