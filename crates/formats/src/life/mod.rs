//! LIFE (科学的介護情報システム) CSV: 利用者情報 and the 21 forms a care facility sends to the ministry.
//!
//! A row replaces the row of the same management number, but an empty field "is not changed" and a single
//! half-width space "is set to null" (CSV連携仕様書 v1.0, 4.2). So every column of a row is a set of its own:
//! an empty field states nothing, a space states a set without records, a value its record. The time of a
//! statement is the file's: LIFE has no time of sending, and a row sent again is the newer one whatever day it
//! tells of. Rooms: rows ([`sheet`]), identity ([`place`]), the fields of the 22 interfaces ([`table`]), values
//! ([`value`]), records ([`record`]), the person ([`person`]), and the way back to a file ([`write`]).
//! Columns and interfaces the table does not have (the revision of 2024) are kept as text.
//! Not here: sums and indices LIFE computes itself; what a service must fill in. Mapping: `docs/formats/life.md`.

mod person;
mod place;
mod record;
mod sheet;
mod table;
mod value;
pub mod write;

use crate::detect::Head;
use model::reading::{Effect, Input, Problem, Reading, Refused, Resource, SourceOrder, Statement};
use place::Place;
use record::{Column, Form};
use sheet::{Row, Sheet};
use std::collections::HashSet;
use table::{Interface, Kind, TABLE};
pub use write::{TextCharset, Written, write};

/// Whether a file is of this format, by its beginning.
pub fn is_it(head: &Head<'_>) -> bool {
    sheet::is_beginning(head.text)
}

/// The form a resource is a field of, if it was made of one: what [`write`] can write it into.
pub fn form_of(resource: &Resource) -> Option<String> {
    Place::read(resource).map(|(place, _)| place.interface).filter(|name| TABLE.interface(name).is_some())
}

/// Reads one delivery.
pub fn read(input: &Input<'_>) -> Result<Reading, Refused> {
    let mut whole = Reading::default();
    read_parts(input, usize::MAX, &mut |part| whole = part)?;
    Ok(whole)
}

/// Reads one delivery in parts of about `size` statements, between rows.
pub fn read_parts(input: &Input<'_>, size: usize, each: &mut dyn FnMut(Reading)) -> Result<(), Refused> {
    let mut problems = Vec::new();
    let Some(sheet) = Sheet::open(input, &mut problems) else {
        let text = "the first lines are not the name of a LIFE interface and its columns".to_owned();
        return Err(Refused { code: "not-life", text });
    };
    let interface = TABLE.interface(&sheet.interface);
    let columns = columns(&sheet, interface, &mut problems);
    let registers = interface.is_some_and(|each| each.date.is_empty()) || sheet.has("last_name");
    let mentioned = HashSet::new();
    let statements = Vec::new();
    let mut reader = Reader { input, sheet: &sheet, interface, columns, registers, mentioned, statements };
    let mut rows = 0_usize;
    sheet.rows(&mut problems, |row, problems| {
        if reader.statements.len() >= size {
            let statements = std::mem::take(&mut reader.statements);
            each(Reading { statements, problems: std::mem::take(problems), ..Reading::default() });
        }
        rows += 1;
        reader.row(&row, problems);
    });
    if rows == 0 {
        problems.push(Problem::new("empty", format!("line {}", sheet.header_line), "columns and no row"));
    }
    each(Reading { statements: reader.statements, problems, ..Reading::default() });
    Ok(())
}

/// The columns that are read; those the table does not have are named.
fn columns<'a>(
    sheet: &'a Sheet,
    interface: Option<&'static Interface>,
    problems: &mut Vec<Problem>,
) -> Vec<Column<'a>> {
    let at = format!("line {}", sheet.header_line);
    let mut columns = Vec::with_capacity(sheet.columns.len());
    let mut unknown = 0_usize;
    for id in sheet.columns.iter().filter(|id| !id.is_empty()) {
        if let Some(field) = interface.and_then(|interface| interface.field(id)) {
            columns.push(Column { id: field.id, label: &field.label, kind: field.kind, date: field.date });
            continue;
        }
        let kind = kind_of_unknown(id, sheet.has("last_name"));
        columns.push(Column { id, label: TABLE.shared_label(id).unwrap_or(id), kind, date: "" });
        unknown += 1;
        if interface.is_some() {
            let text = format!("no column of {} in the table of 2021; kept as text", sheet.interface);
            problems.push(Problem::new("unknown-column", format!("{at} {id}"), text));
        }
    }
    if interface.is_none() {
        let text = format!(
            "{} is no interface of the table of 2021; its {unknown} columns are kept as text",
            sheet.interface
        );
        problems.push(Problem::new("unknown-column", at, text));
    }
    columns
}

/// The kind of a column the table does not have there. The keys, the person, days and plain measures are called
/// the same in every revision; codes are not (2024 counts 整容 and 要支援 anew), and stay text.
fn kind_of_unknown(id: &str, registers: bool) -> Kind {
    let mut same = TABLE.interfaces.iter().filter_map(|interface| interface.field(id));
    match same.next().map(|field| field.kind) {
        Some(kind @ (Kind::Key | Kind::Day)) => kind,
        Some(Kind::Person) if registers => Kind::Person,
        Some(kind @ Kind::Number(_)) if record::loinc(id).is_some() => kind,
        _ => Kind::Text,
    }
}

struct Reader<'a> {
    input: &'a Input<'a>,
    sheet: &'a Sheet,
    interface: Option<&'static Interface>,
    columns: Vec<Column<'a>>,
    /// The file is one of 利用者情報, whatever it is called.
    registers: bool,
    /// People of whom the file has said the number.
    mentioned: HashSet<(String, String)>,
    statements: Vec<Statement>,
}

impl Reader<'_> {
    fn row(&mut self, row: &Row<'_>, problems: &mut Vec<Problem>) {
        if row.value("care_facility_id") == "事業所番号" || row.value("insured_no") == "被保険者番号"
        {
            let text = "the columns' names in Japanese; no row of data";
            problems.push(Problem::new("heading-row", format!("line {}", row.line), text));
            return;
        }
        let Some(mut place) = Place::of(&self.sheet.interface, row) else {
            let text = "no 被保険者番号: the row was not read, it could be anybody's";
            problems.push(Problem::new("unreadable", row.at("insured_no"), text));
            return;
        };
        if place.insurer.is_empty() {
            problems.push(Problem::new("missing", row.at("insurer_no"), "no 保険者番号"));
        }
        let interface = self.interface;
        let day = Form { place: &place, row, interface }.day(self.sheet);
        if place.number.is_empty() {
            let text = "no 外部システム管理番号; the form's day stands for it";
            problems.push(Problem::new("missing", row.at("external_system_management_number"), text));
            place.number = format!("{}{}", write::NO_NUMBER, day.as_deref().unwrap_or_default());
        }
        let time = match self.input.source_time {
            "" => day.as_deref().unwrap_or_default(),
            time => time,
        };
        let order = SourceOrder::new(time, format!("{:09}", row.line));
        self.person(&place, row, &order, problems);
        let form = Form { place: &place, row, interface };
        let restricted = form.restricted();
        let before = self.statements.len();
        for column in &self.columns {
            let id = column.id;
            if row.value(id).is_empty() || column.kind == Kind::Key {
                continue;
            }
            let records = match column.kind {
                _ if row.is_null(id) => Vec::new(),
                Kind::Person => continue,
                _ => form.records(column, self.sheet, restricted.contains(&id), problems),
            };
            self.statements.push(Statement {
                patient: place.patient(),
                set: place.set(id),
                order: order.clone(),
                effect: Effect::Stated,
                records,
            });
        }
        if self.statements.len() == before {
            let text = "the row says nothing of its own; its numbers are in no record";
            problems.push(Problem::new("not-mapped", format!("line {}", row.line), text));
        }
    }

    fn person(&mut self, place: &Place, row: &Row<'_>, order: &SourceOrder, problems: &mut Vec<Problem>) {
        if self.registers {
            self.statements.extend(person::registration(place, row, order, problems));
        } else if self.mentioned.insert((place.insurer.clone(), place.insured.clone())) {
            self.statements.extend(person::mention(place, row, order));
        }
    }
}
