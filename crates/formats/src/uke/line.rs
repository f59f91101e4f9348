//! One record: its fields by the names of the layout, and which of them have been read.
//!
//! Every field that is not empty is taken by a mapping rule or kept beside under its name ([`Line::rest`]), so
//! none can be lost in silence, whatever version of the format it belongs to.

use super::code::{DAYS, extension};
use super::layout::{Kind, Layouts};
use crate::text_file::narrow;
use model::reading::Problem;
use model::wareki::{self, DateError, PartialDate};
use serde_json::{Number, Value, json};
use std::cell::Cell;

/// A record without field numbers of its own: `IR,1,13,…` or, as the payers hand files on, behind three
/// columns (データ識別, 行番号, 枝番号).
#[derive(Debug)]
pub(super) struct Line<'t, 'l> {
    number: usize,
    record: &'t str,
    /// Columns before the record's name.
    before: usize,
    /// Data identification of a file handed on by a payer; `8` is the history of a returned receipt.
    pub origin: &'t str,
    fields: Vec<(&'t str, Cell<bool>)>,
    names: &'l [String],
}

impl<'t, 'l> Line<'t, 'l> {
    /// Splits a line; the format knows no quotes. `None` if no two letters name a record.
    pub fn new(number: usize, text: &'t str, kind: Kind, layouts: &'l Layouts) -> Option<Self> {
        let all: Vec<&str> = text.split(',').collect();
        let is_record = |index: usize| all.get(index).is_some_and(|field| is_record_name(field.trim()));
        let number_first = all.first().is_some_and(|field| field.trim().bytes().all(|b| b.is_ascii_digit()));
        let before = match (is_record(0), number_first && is_record(3)) {
            (true, _) => 0,
            (false, true) => 3,
            _ => return None,
        };
        let own = all.get(before..)?;
        let record = own.first()?.trim();
        let names = layouts.names(kind, record, own);
        let fields = own.iter().skip(1).map(|field| (field.trim(), Cell::new(false))).collect();
        let origin = if before == 0 { "" } else { all.first().map_or("", |field| field.trim()) };
        Some(Self { number, record, before, origin, fields, names })
    }

    /// The two letters.
    pub fn record(&self) -> &'t str {
        self.record
    }

    /// Whether the kind of claim has a layout for the record.
    pub fn is_known(&self) -> bool {
        !self.names.is_empty()
    }

    /// Where the line is.
    pub fn place(&self) -> String {
        format!("record {} line {}", self.record, self.number)
    }

    /// Line number in the file, from 1.
    pub fn number(&self) -> usize {
        self.number
    }

    fn index(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|each| each == name)
    }

    /// Where a field is, in the words of a report.
    pub fn at(&self, name: &str) -> String {
        let index = self.index(name).map_or(0, |index| index + 2 + self.before);
        format!("{} field {index}", self.place())
    }

    /// A field, trimmed, without taking it; empty if the layout has none of this name.
    pub fn look(&self, name: &str) -> &'t str {
        self.index(name).and_then(|index| self.fields.get(index)).map_or("", |(text, _)| *text)
    }

    /// A field, trimmed. The caller puts it into a record.
    pub fn take(&self, name: &str) -> &'t str {
        if let Some((_, taken)) = self.index(name).and_then(|index| self.fields.get(index)) {
            taken.set(true);
        }
        self.look(name)
    }

    /// A field that holds a code: full-width forms made ASCII.
    pub fn code(&self, name: &str) -> String {
        narrow(self.take(name))
    }

    /// Like [`Self::code`], without taking it.
    pub fn peek(&self, name: &str) -> String {
        narrow(self.look(name))
    }

    /// A date of any style, without taking or reporting it.
    pub fn peek_date(&self, name: &str) -> Option<PartialDate> {
        wareki::parse(self.look(name)).ok().map(|read| read.date)
    }

    /// A date or month of any style. What is none is reported and stays untaken.
    pub fn date(&self, name: &str, problems: &mut Vec<Problem>) -> Option<PartialDate> {
        let (code, text) = match wareki::parse(self.look(name)) {
            Ok(read) => {
                if read.out_of_era {
                    let text = "the era had ended or not begun; read as if it went on";
                    problems.push(Problem::new("out-of-era", self.at(name), text));
                }
                self.take(name);
                return Some(read.date);
            }
            Err(DateError::Empty) => return None,
            Err(error @ DateError::Unreadable) => ("unreadable", error),
            Err(error) => ("impossible-date", error),
        };
        problems.push(Problem::new(code, self.at(name), text.to_string()));
        None
    }

    /// A number with its digits. What is none is reported and stays untaken.
    pub fn number_of(&self, name: &str, problems: &mut Vec<Problem>) -> Option<Number> {
        let text = self.peek(name);
        if text.is_empty() {
            return None;
        }
        let number = decimal(&text);
        match number {
            Some(_) => drop(self.take(name)),
            None => problems.push(Problem::new("unreadable", self.at(name), "not a decimal number")),
        }
        number
    }

    /// How often on which day of a month (算定日情報, 受診日等): `2026-04-03` and the field as written.
    pub fn days(&self, year: i16, month: i8, problems: &mut Vec<Problem>) -> Vec<(String, String)> {
        let Some(first) = self.index("1日") else { return Vec::new() };
        let mut days = Vec::new();
        for (offset, name) in DAYS.iter().enumerate() {
            let Some((text, taken)) = self.fields.get(first + offset).filter(|(text, _)| !text.is_empty())
            else {
                continue;
            };
            let text = narrow(text);
            if text.bytes().all(|byte| byte == b'0') {
                taken.set(true);
                continue;
            }
            let day = i8::try_from(offset + 1)
                .ok()
                .and_then(|day| PartialDate::new(year, Some(month), Some(day)).ok());
            match day.filter(|_| text.bytes().all(|byte| byte.is_ascii_digit())) {
                Some(day) => {
                    taken.set(true);
                    days.push((day.fhir(), text));
                }
                None => {
                    let text = "no such day in the month, or no number; kept as it is";
                    problems.push(Problem::new("impossible-date", self.at(name), text));
                }
            }
        }
        days
    }

    /// What nobody took, as extensions under the names of the layout. What the layout does not have is kept
    /// under its number and reported.
    pub fn rest(&self, problems: &mut Vec<Problem>) -> Vec<Value> {
        let mut rest = Vec::new();
        for (index, (text, taken)) in self.fields.iter().enumerate() {
            if taken.get() || text.is_empty() {
                continue;
            }
            taken.set(true);
            let place = index + 2 + self.before;
            let name = self.names.get(index).cloned().unwrap_or_else(|| {
                if !self.names.is_empty() {
                    let at = format!("{} field {place}", self.place());
                    let text = "more than the record has; kept under its number";
                    problems.push(Problem::new("not-mapped", at, text));
                }
                format!("{} {}", self.record, index + 2)
            });
            let parts =
                [json!({"url": "name", "valueString": name}), json!({"url": "value", "valueString": text})];
            rest.push(json!({"url": extension("receipt-field"), "extension": parts}));
        }
        rest
    }

    /// The whole record beside, under its letters; `None` if nothing is left.
    pub fn kept(&self, problems: &mut Vec<Problem>) -> Option<Value> {
        let rest = self.rest(problems);
        if rest.is_empty() {
            return None;
        }
        let letters = json!({"url": "record", "valueString": self.record});
        let parts: Vec<Value> = std::iter::once(letters).chain(rest).collect();
        Some(json!({"url": extension("receipt-record"), "extension": parts}))
    }

    /// Names every field that is not empty and was taken by nobody.
    pub fn report_untaken(&self, text: &str, problems: &mut Vec<Problem>) {
        for (index, (field, taken)) in self.fields.iter().enumerate() {
            if !taken.get() && !field.is_empty() {
                let at = format!("{} field {}", self.place(), index + 2 + self.before);
                problems.push(Problem::new("not-mapped", at, text));
            }
        }
    }
}

/// Two capital letters.
pub(super) fn is_record_name(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// `007.50` as 7.50: digits and one point, at least one digit before it.
fn decimal(text: &str) -> Option<Number> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let trimmed = match text.trim_start_matches('0') {
        rest if rest.is_empty() || rest.starts_with('.') => format!("0{rest}"),
        rest => rest.to_owned(),
    };
    plain.then(|| serde_json::from_str(&trimmed).ok()).flatten()
}
