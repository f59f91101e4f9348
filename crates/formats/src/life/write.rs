//! Records back to a LIFE file: what [`super::read`] has made of one, turned round.
//!
//! For a facility that has entered its forms here once: every resource knows its row and column
//! ([`super::place`]) and gives back what the file says ([`super::value::raw`]). All columns of the interface are
//! written in the order of the specification, then those the table does not have. A resource of a column
//! without a value is written as the single space that empties it ([`emptied`]). Not here: checking what LIFE
//! wants filled in, its limits of length, interfaces the table does not have.

use super::person;
use super::place::{Place, person_of};
use super::record::blank;
use super::table::{Kind, TABLE};
use super::value::raw;
use encoding_rs::SHIFT_JIS;
use model::reading::{Problem, Resource, Statement};
use std::collections::HashMap;

/// Begins what stands for a management number where there was none.
pub(super) const NO_NUMBER: &str = "@";

/// How the text is encoded (CSV連携仕様書 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextCharset {
    /// UTF-8.
    Utf8,
    /// UTF-8 with a byte order mark, as a spreadsheet wants it.
    Utf8WithMark,
    /// MS932; what it does not have becomes 〓 and is named.
    Ms932,
}

/// A file and what could not be written into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The file.
    pub bytes: Vec<u8>,
    /// Fields that are not as they were, resources that are no part of any form.
    pub problems: Vec<Problem>,
}

/// Writes the records of an interface; those of others are left out.
pub fn write(interface: &str, records: &[Resource], charset: TextCharset) -> Written {
    let mut problems = Vec::new();
    let Some(table) = TABLE.interface(interface) else {
        let text = "no interface of the table of 2021; nothing was written";
        problems.push(Problem::new("unknown-column", interface, text));
        return Written { bytes: Vec::new(), problems };
    };
    let rows = rows(interface, records, &mut problems);
    let mut columns: Vec<&str> = table.fields.iter().map(|field| field.id).collect();
    for row in &rows {
        let mut more: Vec<&str> = row.said.keys().map(String::as_str).collect();
        more.retain(|column| !columns.contains(column));
        more.sort_unstable();
        columns.extend(more);
    }
    let header: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
    let mut text = format!("{interface}\r\n{}\r\n", header.join(","));
    for (index, row) in rows.iter().enumerate() {
        for (place, column) in columns.iter().enumerate() {
            let value = match table.field(column).map(|field| field.kind) {
                Some(Kind::Key) => row.key(column),
                _ => row.said.get(*column).map_or("", String::as_str),
            };
            let at = || format!("row {} {column}", index + 1);
            let value =
                if charset == TextCharset::Ms932 { ms932(value, at, &mut problems) } else { value.into() };
            if place > 0 {
                text.push(',');
            }
            text.push_str(&quoted(&value));
        }
        text.push_str("\r\n");
    }
    let bytes = match charset {
        TextCharset::Utf8 => text.into_bytes(),
        TextCharset::Utf8WithMark => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        TextCharset::Ms932 => SHIFT_JIS.encode(&text).0.into_owned(),
    };
    Written { bytes, problems }
}

/// The record that empties a column: what [`write`] needs for a statement without records. `None` for a
/// statement that is of no column.
pub fn emptied(statement: &Statement) -> Option<Resource> {
    let (place, column) = Place::of_set(&statement.patient, &statement.set)?;
    let field = TABLE.interface(&place.interface).and_then(|interface| interface.field(&column));
    let label = field.map_or(column.as_str(), |field| &field.label);
    statement.records.is_empty().then(|| blank(&place, &column, label))
}

struct WrittenRow {
    place: Place,
    said: HashMap<String, String>,
}

impl WrittenRow {
    fn key(&self, column: &str) -> &str {
        match column {
            "care_facility_id" => &self.place.facility,
            "service_code" => &self.place.service,
            "insurer_no" => &self.place.insurer,
            "insured_no" => &self.place.insured,
            "external_system_management_number" if self.place.number.starts_with(NO_NUMBER) => "",
            "external_system_management_number" => &self.place.number,
            "external_system_management_detail_number" => &self.place.detail,
            _ => "",
        }
    }
}

/// The rows in the order of their first record. A Patient is of the person, not of one row: what the latest one
/// says goes to every row of 利用者情報 of the person.
fn rows(interface: &str, records: &[Resource], problems: &mut Vec<Problem>) -> Vec<WrittenRow> {
    let mut rows: Vec<WrittenRow> = Vec::new();
    let mut places: HashMap<Place, usize> = HashMap::new();
    let mut people: HashMap<(String, String), Vec<&Resource>> = HashMap::new();
    for (index, resource) in records.iter().enumerate() {
        let kind = model::fhir::resource_type(resource);
        if let ("Patient", Some(person)) = (kind, person_of(resource)) {
            people.entry(person).or_default().push(resource);
        }
        let Some((place, column)) = Place::read(resource) else {
            if !matches!(kind, "Patient" | "Coverage") {
                let text = "not made of a LIFE form; not written";
                problems.push(Problem::new("not-written", format!("record {}", index + 1), text));
            }
            continue;
        };
        if place.interface != interface || column.is_empty() {
            continue;
        }
        let row = *places.entry(place.clone()).or_insert_with(|| {
            rows.push(WrittenRow { place, said: HashMap::new() });
            rows.len() - 1
        });
        let Some(row) = rows.get_mut(row) else { continue };
        let value = raw(resource).unwrap_or_else(|| " ".to_owned());
        let at = format!("record {} {column}", index + 1);
        if row.said.insert(column, value.clone()).is_some_and(|earlier| earlier != value) {
            problems.push(Problem::new("duplicate", at, "two values of one field; the later one is written"));
        }
    }
    if TABLE.interface(interface).is_some_and(|table| table.date.is_empty()) {
        for row in &mut rows {
            let person = (row.place.insurer.clone(), row.place.insured.clone());
            let nulled: Vec<String> = row
                .said
                .iter()
                .filter(|(_, value)| *value == " ")
                .map(|(column, _)| column.clone())
                .collect();
            for patient in people.get(&person).into_iter().flatten().rev() {
                let said = person::raw(patient, |column| nulled.iter().any(|each| each == column));
                for (column, value) in said.into_iter().filter(|(_, value)| !value.is_empty()) {
                    row.said.entry(column.to_owned()).or_insert(value);
                }
            }
        }
    }
    rows
}

/// A field as CSV: in quotation marks where it would be read otherwise.
fn quoted(value: &str) -> String {
    if value.contains([',', '"']) || value.contains(char::is_control) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}

/// A value as MS932 can say it; what it cannot becomes 〓 and is named.
fn ms932(value: &str, at: impl Fn() -> String, problems: &mut Vec<Problem>) -> String {
    let mut lost = 0_usize;
    let mut buffer = [0_u8; 4];
    let text = value
        .chars()
        .map(|c| match c {
            '〜' => '～',
            '−' => '－',
            '‖' => '∥',
            c if SHIFT_JIS.encode(c.encode_utf8(&mut buffer)).2 => {
                lost += 1;
                '〓'
            }
            c => c,
        })
        .collect();
    if lost > 0 {
        let text = format!("{lost} character(s) that MS932 does not have");
        problems.push(Problem::new("charset", at(), text));
    }
    text
}
