//! The index table SSMIXIDX as text (SS-MIX2 標準化ストレージ 構成の説明と構築のガイドライン 1.2g, インデックスデータベース):
//! twelve columns, comma or tab, with or without a line of their names. It holds no clinical record. A line that says
//! that something was deleted (DEL, or a file name that ends in `_0`) ends the set of that name; the others name files
//! that state themselves, and are counted.

use super::data_type::DataType;
use super::file;
use super::path::{Flag, Name};
use crate::text_file::{decode, lines, split_quoted};
use model::reading::{Input, Problem, Reading};
use std::collections::BTreeMap;

/// The columns, in the order of the guideline.
const COLUMNS: [&str; 12] = [
    "VolumeLabel",
    "FacilityID",
    "PatientID",
    "OrderDate",
    "DataKind",
    "OrderNo",
    "ProcessingType",
    "EnterOrgCD",
    "TransactionDatetime",
    "OutRelDirectory",
    "FileName",
    "UpdateDatetime",
];

/// Whether a text is the index table, by its first line.
pub fn is_it(text: &str) -> bool {
    let Some((_, line)) = lines(text).next() else { return false };
    let separator = separator(line);
    let Some(fields) = split_quoted(line, separator) else { return false };
    header(&fields).is_some() || is_row(&fields)
}

fn separator(line: &str) -> char {
    if line.contains('\t') { '\t' } else { ',' }
}

/// The place of each column, by a line of their names.
fn header(fields: &[String]) -> Option<[Option<usize>; 12]> {
    let of = |column: &str| fields.iter().position(|field| field.trim().eq_ignore_ascii_case(column));
    let places = COLUMNS.map(of);
    let needed = [2, 4, 5, 6].iter().all(|index| places.get(*index).is_some_and(Option::is_some));
    needed.then_some(places)
}

/// A line without names above it: a data type of the storage and a mark where they belong.
fn is_row(fields: &[String]) -> bool {
    let at = |index: usize| fields.get(index).map_or("", |field| field.trim());
    let kind = at(4);
    fields.len() >= 12
        && matches!(at(6), "INS" | "DEL")
        && (DataType::parse(kind).is_some() || kind.contains('^'))
}

/// What the lines of one kind said.
#[derive(Debug, Default)]
struct Count {
    lines: usize,
    first: usize,
}

/// Reads the table; `None` if the file is not one.
pub fn read(input: &Input<'_>) -> Option<Reading> {
    let start = input.bytes.get(..64).unwrap_or(input.bytes);
    if start.contains(&0x1C) || start.starts_with(b"MSH") {
        return None;
    }
    let mut problems = Vec::new();
    let text = decode(input.bytes, &mut problems);
    if !is_it(&text) {
        return None;
    }
    let separator = separator(lines(&text).next()?.1);
    let mut places: [Option<usize>; 12] = std::array::from_fn(Some);
    let mut reading = Reading { problems, ..Reading::default() };
    let mut counts: BTreeMap<(String, &'static str), Count> = BTreeMap::new();
    let mut unused: BTreeMap<String, Count> = BTreeMap::new();
    for (number, line) in lines(&text) {
        let Some(fields) = split_quoted(line, separator) else {
            reading.problems.push(Problem::new("bad-line", format!("line {number}"), "a quote stays open"));
            continue;
        };
        if let Some(found) = header(&fields) {
            places = found;
            continue;
        }
        let row = Row { fields: &fields, places: &places };
        for (index, field) in fields.iter().enumerate().filter(|(_, field)| !field.trim().is_empty()) {
            // Whose storage it was, where the file lies and when the line was written say nothing of a patient.
            let column = places.iter().position(|place| *place == Some(index));
            if !matches!(column, Some(2..=8 | 10)) && !field.is_empty() {
                let column = column.and_then(|column| COLUMNS.get(column).copied());
                let name = column.map_or_else(|| format!("column {}", index + 1), str::to_owned);
                tally(&mut unused, name, number);
            }
        }
        match row.name() {
            Some((name, mark)) => {
                tally(&mut counts, (kind_of(&name), mark), number);
                if mark == "DEL" {
                    reading.statements.push(file::deletion(&name));
                }
            }
            None => {
                let text =
                    "patient, data type, order number, INS or DEL, or the time is missing: nothing is taken";
                reading.problems.push(Problem::new("bad-line", format!("line {number}"), text));
            }
        }
    }
    for ((kind, mark), count) in counts {
        let text = match mark {
            "DEL" if !kind.contains('^') => {
                format!("{} lines of {kind} end the set of that name", count.lines)
            }
            "DEL" => format!(
                "{} lines of {kind} end the document of that name; files beside it, and a CDA document, end by their own",
                count.lines
            ),
            mark => format!("{} lines ({mark}) of {kind} name files that state themselves", count.lines),
        };
        reading.problems.push(Problem::new("index", format!("line {}", count.first), text));
    }
    for (column, count) in unused {
        let text = format!("{} values of {column}: no record has a place for them", count.lines);
        reading.problems.push(Problem::new("not-mapped", format!("line {} {column}", count.first), text));
    }
    Some(reading)
}

fn tally<K: Ord>(counts: &mut BTreeMap<K, Count>, key: K, number: usize) {
    let count = counts.entry(key).or_insert(Count { lines: 0, first: number });
    count.lines += 1;
}

fn kind_of(name: &Name) -> String {
    if name.folder.is_empty() { name.data_type.word().to_owned() } else { name.folder.clone() }
}

/// One line.
struct Row<'a> {
    fields: &'a [String],
    places: &'a [Option<usize>; 12],
}

impl Row<'_> {
    fn get(&self, column: usize) -> &str {
        let place = self.places.get(column).copied().flatten();
        place.and_then(|place| self.fields.get(place)).map_or("", |field| field.trim())
    }

    /// The set a line is about, and what it says of it: `INS`, `DEL`, or `replaced`.
    fn name(&self) -> Option<(Name, &'static str)> {
        let kind = self.get(4);
        let standard = DataType::parse(kind);
        let folder = if standard.is_none() && kind.contains('^') { kind } else { "" };
        let data_type = standard.or((!folder.is_empty()).then_some(DataType::Observations))?;
        let (patient, order, time) = (self.get(2), self.get(5), self.get(8));
        if patient.is_empty() || order.is_empty() || !time.bytes().any(|b| b.is_ascii_digit()) {
            return None;
        }
        let mark = match (self.get(6), self.get(10).rsplit_once('_').map(|(_, flag)| flag)) {
            ("DEL", _) | ("INS", Some("0")) => "DEL",
            ("INS", Some("2")) => "replaced",
            ("INS", _) => "INS",
            _ => return None,
        };
        let blank = |text: &str| if text == "-" { String::new() } else { text.to_owned() };
        let flag = if mark == "DEL" { Flag::Deleted } else { Flag::Valid };
        let name = Name {
            patient: patient.to_owned(),
            day: blank(self.get(3)),
            data_type,
            order_number: order.to_owned(),
            transaction_time: time.to_owned(),
            department: blank(self.get(7)),
            flag,
            folder: folder.to_owned(),
            tie: String::new(),
        };
        Some((name, mark))
    }
}
