//! One record line, and which of its fields have been read.
//!
//! Every field that is not empty must be taken by somebody; what nobody took is named at the end. So no
//! field can be lost in silence, whatever version of the format it belongs to.

use crate::text_file::narrow;
use model::reading::Problem;
use model::wareki::{self, DateError, PartialDate};
use serde_json::{Number, Value, json};
use std::cell::Cell;

/// Extension of the element a record became: who wrote the record (レコード作成者).
const CREATOR: &str = "urn:hakucho:extension:record-creator";

/// One record: a line of comma separated fields. Field 1 is the record number.
#[derive(Debug)]
pub(crate) struct Line<'t> {
    /// Line number in the file, from 1.
    pub number: usize,
    fields: Vec<(&'t str, Cell<bool>)>,
}

impl<'t> Line<'t> {
    /// Splits a line. The format knows no quotes.
    pub fn new(number: usize, text: &'t str) -> Self {
        let fields = text.split(',').map(|field| (field.trim(), Cell::new(false))).collect();
        let line = Self { number, fields };
        line.take(1);
        line
    }

    /// The record number as written.
    pub fn kind(&self) -> &'t str {
        self.look(1)
    }

    /// A field without taking it.
    pub fn look(&self, field: usize) -> &'t str {
        field.checked_sub(1).and_then(|index| self.fields.get(index)).map_or("", |(text, _)| *text)
    }

    /// A field, trimmed, from 1; empty if there is none. The caller puts it into a record.
    pub fn take(&self, field: usize) -> &'t str {
        if let Some((_, taken)) = field.checked_sub(1).and_then(|index| self.fields.get(index)) {
            taken.set(true);
        }
        self.look(field)
    }

    /// A field that holds a code: full-width forms made ASCII.
    pub fn code(&self, field: usize) -> String {
        narrow(self.take(field))
    }

    /// Takes every field that another line has too.
    pub fn take_same(&self, other: &Line<'_>) {
        let fields = 1..=self.fields.len();
        fields
            .filter(|field| self.look(*field) == other.look(*field))
            .for_each(|field| drop(self.code(field)));
    }

    /// Every field is the same.
    pub fn says_the_same(&self, other: &Line<'_>) -> bool {
        (1..=self.fields.len().max(other.fields.len())).all(|field| self.look(field) == other.look(field))
    }

    /// Where a field is, in the words of a report.
    pub fn at(&self, field: usize) -> String {
        format!("{} field {field}", self.place())
    }

    /// Where the line is.
    pub fn place(&self) -> String {
        let kind: String = self.kind().chars().filter(char::is_ascii_alphanumeric).take(9).collect();
        format!("record {kind} line {}", self.number)
    }

    /// A field that must be a date; what is not one is reported.
    pub fn date(&self, field: usize, problems: &mut Vec<Problem>) -> Option<PartialDate> {
        let (code, text) = match wareki::parse(self.take(field)) {
            Ok(read) => {
                if read.out_of_era {
                    let text = "the era had ended or not begun; read as if it went on";
                    problems.push(Problem::new("out-of-era", self.at(field), text));
                }
                return Some(read.date);
            }
            Err(DateError::Empty) if self.look(field).is_empty() => return None,
            Err(error @ DateError::Unreadable) => ("unreadable", error),
            Err(error) => ("impossible-date", error),
        };
        problems.push(Problem::new(code, self.at(field), text.to_string()));
        None
    }

    /// A date without taking or reporting the field.
    pub fn peek_date(&self, field: usize) -> Option<PartialDate> {
        wareki::parse(self.look(field)).ok().map(|read| read.date)
    }

    /// A field that must be a decimal number; what is not one is reported.
    pub fn decimal(&self, field: usize, problems: &mut Vec<Problem>) -> Option<Number> {
        let text = self.code(field);
        if text.is_empty() {
            return None;
        }
        let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let trimmed = match text.trim_start_matches('0') {
            rest if rest.is_empty() || rest.starts_with('.') => format!("0{rest}"),
            rest => rest.to_owned(),
        };
        let number = if plain { serde_json::from_str(&trimmed).ok() } else { None };
        if number.is_none() {
            problems.push(Problem::new("unreadable", self.at(field), "not a decimal number"));
        }
        number
    }

    /// A field that must be a whole number; what is not one is reported.
    pub fn integer(&self, field: usize, problems: &mut Vec<Problem>) -> Option<u64> {
        let text = self.code(field);
        let number = text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
        if number.is_none() && !text.is_empty() {
            problems.push(Problem::new("unreadable", self.at(field), "not a whole number"));
        }
        number
    }

    /// The FHIR extension that says who wrote the record; empty list if the field is.
    pub fn creator(&self, field: usize, problems: &mut Vec<Problem>) -> Vec<Value> {
        let code = self.code(field);
        let display = match code.as_str() {
            "" => return Vec::new(),
            "1" => "医療関係者",
            "2" => "患者等",
            "8" => "その他",
            "9" => "不明",
            _ => {
                let text = "not a record creator of the format (1, 2, 8, 9); kept as it is";
                problems.push(Problem::new("unknown-code", self.at(field), text));
                ""
            }
        };
        let mut coding = json!({"system": "urn:hakucho:jahis:record-creator", "code": code});
        if let (Some(coding), false) = (coding.as_object_mut(), display.is_empty()) {
            coding.insert("display".into(), display.into());
        }
        vec![json!({"url": CREATOR, "valueCoding": coding})]
    }

    /// Names every field that is not empty and was taken by nobody.
    pub fn report_untaken(&self, text: &str, problems: &mut Vec<Problem>) {
        for (index, (field, taken)) in self.fields.iter().enumerate() {
            if !taken.get() && !field.is_empty() {
                problems.push(Problem::new("not-mapped", self.at(index + 1), text));
            }
        }
    }
}
