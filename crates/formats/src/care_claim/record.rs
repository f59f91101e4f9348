//! One CSV record whose fields are known by their number (項番), and which of them have been read.
//!
//! The care formats have no header line: a specification gives every field a number and a name. Whoever maps a
//! field takes it; [`Record::rest`] keeps all others under their names, so nothing falls to the floor whatever
//! version wrote the file. Used by the care claims, the care plans and the dental records.

use crate::text_file::narrow;
use model::reading::Problem;
use model::wareki::{self, DateError, PartialDate};
use serde_json::{Value, json};
use std::cell::Cell;

/// One record. Fields count from 1, as the specifications count.
#[derive(Debug)]
pub(crate) struct Record {
    /// Line number in the file, from 1.
    pub line: usize,
    /// What the record is in the format's terms: `7131-02`.
    pub kind: String,
    fields: Vec<(String, Cell<bool>)>,
}

impl Record {
    /// A record of these fields.
    pub fn new(line: usize, kind: impl Into<String>, fields: Vec<String>) -> Self {
        let fields = fields.into_iter().map(|field| (field.trim().to_owned(), Cell::new(false))).collect();
        Self { line, kind: kind.into(), fields }
    }

    /// Number of fields.
    pub fn width(&self) -> usize {
        self.fields.len()
    }

    /// A field without taking it; empty if there is none.
    pub fn look(&self, number: usize) -> &str {
        number.checked_sub(1).and_then(|index| self.fields.get(index)).map_or("", |(text, _)| text.as_str())
    }

    /// A field, trimmed. The caller puts it into a record.
    pub fn take(&self, number: usize) -> &str {
        if let Some((_, taken)) = number.checked_sub(1).and_then(|index| self.fields.get(index)) {
            taken.set(true);
        }
        self.look(number)
    }

    /// True if somebody has put the field into a record.
    pub fn is_taken(&self, number: usize) -> bool {
        let field = number.checked_sub(1).and_then(|index| self.fields.get(index));
        field.is_some_and(|(_, taken)| taken.get())
    }

    /// A field that holds a code: full-width forms made ASCII.
    pub fn code(&self, number: usize) -> String {
        narrow(self.take(number))
    }

    /// The same without taking it.
    pub fn look_code(&self, number: usize) -> String {
        narrow(self.look(number))
    }

    /// Where the record is, in the words of a report.
    pub fn place(&self) -> String {
        format!("record {} line {}", self.kind, self.line)
    }

    /// Where a field is.
    pub fn at(&self, number: usize) -> String {
        format!("{} field {number}", self.place())
    }

    /// A field that must be a date; what is not one is reported and stays untaken. Zeros are none.
    pub fn date(&self, number: usize, problems: &mut Vec<Problem>) -> Option<PartialDate> {
        let (code, text) = match wareki::parse(self.look(number)) {
            Ok(read) => {
                self.take(number);
                return Some(read.date);
            }
            Err(DateError::Empty) => {
                self.take(number);
                return None;
            }
            Err(error @ DateError::Unreadable) => ("unreadable", error),
            Err(error) => ("impossible-date", error),
        };
        problems.push(Problem::new(code, self.at(number), text.to_string()));
        None
    }

    /// A date without taking or reporting the field.
    pub fn look_date(&self, number: usize) -> Option<PartialDate> {
        wareki::parse(self.look(number)).ok().map(|read| read.date)
    }

    /// Every field that is not empty and was taken by nobody, as parts of an extension under the names of the
    /// specification (`names` starts with field 1). Dates among them are dates. A field beyond the names is kept
    /// under its number and reported as `unknown-column`, once for the record.
    pub fn rest(&self, names: &[&str], problems: &mut Vec<Problem>) -> Vec<Value> {
        let mut parts = Vec::new();
        let mut unknown = Vec::new();
        for (index, (text, taken)) in self.fields.iter().enumerate() {
            if taken.replace(true) || text.is_empty() {
                continue;
            }
            let number = index + 1;
            let Some(name) = names.get(index).filter(|name| !name.is_empty()) else {
                unknown.push(number.to_string());
                parts.push(json!({"url": format!("column-{number}"), "valueString": text}));
                continue;
            };
            let date = if name.ends_with("年月日") { self.look_date(number) } else { None };
            match date {
                Some(date) => parts.push(json!({"url": name, "valueDate": date.fhir()})),
                None => parts.push(json!({"url": name, "valueString": text})),
            }
            if date.is_none() && name.ends_with("年月日") && text.bytes().any(|b| b != b'0') {
                let text = "no such day in the calendar, or not a date; kept as text";
                problems.push(Problem::new("impossible-date", self.at(number), text));
            }
        }
        if !unknown.is_empty() {
            let text = format!(
                "field(s) {} are in no layout known here; kept under their number",
                unknown.join(" ")
            );
            problems.push(Problem::new("unknown-column", self.place(), text));
        }
        parts
    }

    /// [`Record::rest`] as one extension; none if nothing is left.
    pub fn rest_extension(&self, url: &str, names: &[&str], problems: &mut Vec<Problem>) -> Option<Value> {
        let parts = self.rest(names, problems);
        (!parts.is_empty()).then(|| json!({"url": url, "extension": parts}))
    }

    /// Names every field that is not empty and was taken by nobody.
    pub fn report_untaken(&self, text: &str, problems: &mut Vec<Problem>) {
        for (index, (field, taken)) in self.fields.iter().enumerate() {
            if !taken.replace(true) && !field.is_empty() {
                problems.push(Problem::new("not-mapped", self.at(index + 1), text));
            }
        }
    }
}
