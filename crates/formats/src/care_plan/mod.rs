//! ケアプランデータ連携 CSV: care plans, monthly sheets of services planned and given, and what takes them back.
//!
//! The files have no header line: which table one is only its name says (`table`), which also carries who sent it
//! and the serial in whose order files are processed. A row is about one insured person; what of one person has
//! the same identity in the standard (plan date, month) is one set, sent again it replaces, a deletion file ends it.
//!
//! Not read: the picture of the family (UPKIHON_IMAGE).

mod basic;
mod needs;
mod plan;
mod prevention;
mod supplement;
mod table;
mod usage;

use crate::care_claim::person::{self, Insured};
use crate::care_claim::record::Record;
use crate::detect::Head;
use crate::text_file::{decode, narrow, split_quoted, split_quoted_lines};
use model::reading::{
    Effect, Extent, Input, PATIENT_KEY, PatientKey, Problem, Reading, Refused, Resource, SourceOrder,
    StatedRecord, Statement,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use table::{FileName, Table};

/// Whether a file is of this format: named as the standard names its files, and its first row of that form.
pub fn is_it(head: &Head<'_>) -> bool {
    let Some(name) = FileName::read(head.path) else { return false };
    let first = rows(head.text, name.table, &mut Vec::new()).into_iter().find(|row| !is_header(&row.fields));
    first.is_some_and(|row| is_row(&row.fields))
}

/// CSVバージョン `YYYYMM`, 保険者番号 6 digits, 被保険者番号 10 characters.
fn is_row(fields: &[String]) -> bool {
    let field = |index: usize| fields.get(index).map(|text| narrow(text)).unwrap_or_default();
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (version, insurer, insured) = (field(0), field(1), field(2));
    version.len() == 6
        && version.starts_with("20")
        && digits(&version)
        && (1..=8).contains(&insurer.len())
        && digits(&insurer)
        && (1..=10).contains(&insured.len())
        && insured.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Some software writes the names of the fields above them.
fn is_header(fields: &[String]) -> bool {
    fields.first().is_some_and(|first| first.contains("バージョン"))
}

struct Row {
    line: usize,
    fields: Vec<String>,
}

/// The rows. Free texts stand in quotation marks and may hold line ends.
fn rows(text: &str, table: Table, problems: &mut Vec<Problem>) -> Vec<Row> {
    const MOST: usize = 100;
    let end = if text.contains('\n') { '\n' } else { '\r' };
    let lines: Vec<&str> = text.split(end).map(|line| line.trim_end_matches('\r')).collect();
    let mut rows = Vec::new();
    let mut place = 0;
    while let Some(line) = lines.get(place) {
        let number = place + 1;
        place += 1;
        if line.trim().is_empty() {
            continue;
        }
        if let Some(fields) = split_quoted(line, ',') {
            rows.push(Row { line: number, fields });
            continue;
        }
        let mut joined = (*line).to_owned();
        let mut found = None;
        for (more, next) in lines.iter().skip(place).take(MOST).enumerate() {
            joined.push('\n');
            joined.push_str(next);
            // Only a quotation mark can close what is open.
            let fields = if next.contains('"') { split_quoted_lines(&joined, ',') } else { None };
            if let Some(fields) =
                fields.filter(|fields| fields.len() >= table.names().len().saturating_sub(3))
            {
                found = Some((more + 1, fields));
                break;
            }
        }
        match found {
            Some((more, fields)) => {
                rows.push(Row { line: number, fields });
                place += more;
            }
            None => {
                let text = "a quotation mark is opened and not closed; the row was not read";
                problems.push(Problem::new("unreadable", format!("line {number}"), text));
            }
        }
    }
    rows
}

/// Rows of one person with one identity.
struct Sheet<'a> {
    table: Table,
    insured: &'a Insured,
    set: String,
    records: &'a [Record],
}

impl Sheet<'_> {
    /// An empty resource with the tag of the exchange.
    fn resource(&self, kind: &str, profile: &str) -> Resource {
        person::resource(kind, profile, &tag())
    }

    /// A record of the sheet under its set.
    fn stated(&self, key: &str, resource: Resource, record: &Record) -> StatedRecord {
        let key = format!("{}/{key}", self.set);
        StatedRecord { key, resource, extent: Extent::Whole, at: record.place() }
    }

    /// Reference to a record of the sheet.
    fn reference(&self, key: &str) -> Value {
        json!({"reference": format!("urn:key:{}/{key}", self.set)})
    }
}

fn tag() -> Value {
    json!({"system": "urn:hakucho:provenance", "code": "care-plan-exchange", "display": "ケアプランデータ連携"})
}

/// Reads one delivery.
pub fn read(input: &Input<'_>) -> Result<Reading, Refused> {
    let refused = |text: &str| Refused { code: "not-care-plan", text: text.to_owned() };
    let Some(name) = FileName::read(input.path) else {
        return Err(refused(
            "the name is none of the standard's (UP1KYO_…, UPPLAN_…): it alone says which table it is",
        ));
    };
    let mut problems = Vec::new();
    let text = decode(input.bytes, &mut problems);
    let mut all = rows(&text, name.table, &mut problems);
    all.retain(|row| !is_header(&row.fields));
    if !all.iter().any(|row| is_row(&row.fields)) {
        return Err(refused("no row begins with CSVバージョン, 保険者番号 and 被保険者番号"));
    }
    let mut sheets: BTreeMap<(Insured, String), Vec<Record>> = BTreeMap::new();
    for row in all {
        place(row, &name, &mut sheets, &mut problems);
    }
    let time = if name.serial.is_empty() { input.source_time } else { &name.serial };
    let mut statements = Vec::new();
    for (index, ((insured, identity), records)) in sheets.iter().enumerate() {
        let order = SourceOrder::new(time, format!("{:0>17}-{index:06}", input.source_time));
        let patient = insured.key(input.bytes);
        let set = set_of(name.table, &name.from, identity);
        let sheet = Sheet { table: name.table, insured, set, records };
        state(&sheet, &name, &patient, &order, &mut statements, &mut problems);
        for record in records {
            record.report_untaken("the record it belongs to has no place for it", &mut problems);
        }
    }
    Ok(Reading { statements, problems, consents: Vec::new() })
}

/// The set of a table, office and identity. Services given are known by the office that gave them, which is
/// part of their identity.
fn set_of(table: Table, from: &str, identity: &str) -> String {
    match table {
        Table::Done | Table::NoDone => format!("care-plan/{}/{identity}", table.word()),
        _ => format!("care-plan/{}/{from}/{identity}", table.word()),
    }
}

/// Puts a row to its sheet. A row of a width that no version has is kept, its fields under their numbers.
fn place(
    row: Row,
    name: &FileName,
    sheets: &mut BTreeMap<(Insured, String), Vec<Record>>,
    problems: &mut Vec<Problem>,
) {
    let Row { line, mut fields } = row;
    let table = name.table;
    let names = table.names();
    if let Some(at) = table.added().filter(|_| fields.len() + 3 == names.len()) {
        fields.splice(at - 1..at - 1, [String::new(), String::new(), String::new()]);
    }
    let is_row = is_row(&fields);
    let record = Record::new(line, table.file(), fields);
    if !is_row {
        let text = "no row of the standard: version, insurer or insured number is missing";
        problems.push(Problem::new("unreadable", record.place(), text));
        record.report_untaken(text, problems);
        return;
    }
    record.take(1);
    let insured = person::insured(&record, 2, 3);
    let identity = if record.width() < names.len() {
        let text = format!(
            "{} fields where the table has {}: kept under their numbers",
            record.width(),
            names.len()
        );
        problems.push(Problem::new("unknown-version", record.place(), text));
        format!("{NARROW}{}", name.serial)
    } else {
        match table {
            Table::Done => {
                let kind: String = record.look_code(15).chars().take(2).collect();
                format!("{}/{kind}/{}", record.look_code(20), record.look_code(5))
            }
            Table::NoDone => {
                format!("{}/{}/{}", record.look_code(5), record.look_code(6), record.look_code(4))
            }
            _ => record.look_code(table.identity()),
        }
    };
    sheets.entry((insured, identity)).or_default().push(record);
}

/// Identity of rows whose layout is not known.
const NARROW: &str = "unknown-layout-";

/// The statements of one sheet.
fn state(
    sheet: &Sheet<'_>,
    name: &FileName,
    patient: &PatientKey,
    order: &SourceOrder,
    statements: &mut Vec<Statement>,
    problems: &mut Vec<Problem>,
) {
    let mut add = |set: String, effect: Effect, records: Vec<StatedRecord>| {
        statements.push(Statement { patient: patient.clone(), set, order: order.clone(), effect, records });
    };
    let Some(first) = sheet.records.first() else { return };
    let is_unknown = sheet.set.contains(NARROW);
    let back = sheet.table.takes_back();
    if !back.is_empty() && !is_unknown {
        for record in sheet.records {
            (4..=6).for_each(|number| _ = record.take(number));
        }
        let identity = sheet.set.strip_prefix(&set_of(sheet.table, &name.from, "")).unwrap_or_default();
        for table in back {
            add(set_of(*table, &name.from, identity), Effect::Deleted, Vec::new());
        }
        return;
    }
    if is_unknown {
        let record = plan::unread(sheet, problems);
        add(sheet.set.clone(), Effect::Stated, vec![record]);
        return;
    }
    let mut registration = person::patient(sheet.insured, &tag());
    let mut coverage = None;
    let records = match sheet.table {
        Table::Supplement => {
            coverage = Some(supplement::read(sheet, &mut registration, problems));
            Vec::new()
        }
        Table::Plan => plan::first(sheet, &mut registration, problems),
        Table::Week => plan::week(sheet, problems),
        Table::Needs => needs::read(sheet, problems),
        Table::Usage | Table::Done => usage::services(sheet, problems),
        Table::Units => usage::units(sheet, problems),
        Table::Basic => basic::read(sheet, &mut registration, problems),
        Table::BasicDay => basic::day(sheet, problems),
        Table::BasicHistory => basic::history(sheet, problems),
        Table::Prevention => prevention::read(sheet, problems),
        _ => prevention::plan(sheet, problems),
    };
    let record = person::stated_patient(registration, first.place());
    add(PATIENT_KEY.to_owned(), Effect::Stated, vec![record]);
    if let Some(record) = coverage {
        add("care-plan/coverage".to_owned(), Effect::Stated, vec![record]);
    }
    if !records.is_empty() {
        add(sheet.set.clone(), Effect::Stated, records);
    }
}
