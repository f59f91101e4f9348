//! Resident register CSV of a town hall. The columns are ours: `docs/formats/resident-csv.md`.
//!
//! One row is one resident as the register has them now: a Patient, and a Coverage for each insurance of
//! the town. No national layout exists; a town's export is renamed to these headers. Not here: who may see
//! a hidden address (支援措置 is only labelled, `meta.security`), and whether two rows are one person.

mod coverage;
mod patient;

use crate::header_table::{Column, HeaderTable, Row};
use crate::text_file::narrow;
use model::Personal;
use model::reading::{Effect, Input, PATIENT_KEY, PatientKey, Problem, Reading, Refused};
use model::reading::{SourceOrder, Statement};
use model::wareki::{self, DateError, PartialDate};
use std::collections::HashSet;

/// Columns of the format with every accepted header; the first spelling is the documented one.
pub const COLUMNS: &[Column] = &[
    ("resident", &["宛名番号", "resident_number"]),
    ("household", &["世帯番号", "household_number"]),
    ("name", &["氏名", "name"]),
    ("kana", &["氏名カナ", "カナ", "フリガナ", "氏名フリガナ", "kana"]),
    ("former", &["旧氏", "former_surname"]),
    ("former_kana", &["旧氏カナ", "former_surname_kana"]),
    ("alias", &["通称", "通称名", "alias"]),
    ("alias_kana", &["通称カナ", "alias_kana"]),
    ("birth", &["生年月日", "birth_date"]),
    ("sex", &["性別", "sex"]),
    ("relation", &["続柄", "relation"]),
    ("postal", &["郵便番号", "postal_code"]),
    ("address", &["住所", "address"]),
    ("address_detail", &["方書", "address_detail"]),
    ("phone", &["電話番号", "電話", "phone"]),
    ("event", &["異動事由", "event"]),
    ("event_date", &["異動日", "異動年月日", "event_date"]),
    ("next_postal", &["転出先郵便番号", "next_postal_code"]),
    ("next_address", &["転出先住所", "転出先", "next_address"]),
    ("death", &["死亡日", "死亡年月日", "death_date"]),
    ("support", &["支援措置", "support_measure"]),
    ("support_until", &["支援措置終了日", "support_measure_until"]),
    ("nhi_insurer", &["国保保険者番号", "nhi_insurer"]),
    ("nhi_symbol", &["国保記号", "nhi_symbol"]),
    ("nhi_number", &["国保番号", "nhi_number"]),
    ("nhi_branch", &["国保枝番", "nhi_branch"]),
    ("nhi_from", &["国保取得日", "nhi_from"]),
    ("nhi_until", &["国保喪失日", "nhi_until"]),
    ("elderly_insurer", &["後期保険者番号", "elderly_insurer"]),
    ("elderly_number", &["後期被保険者番号", "elderly_number"]),
    ("elderly_from", &["後期取得日", "elderly_from"]),
    ("elderly_until", &["後期喪失日", "elderly_until"]),
    ("care_insurer", &["介護保険者番号", "care_insurer"]),
    ("care_number", &["介護被保険者番号", "care_number"]),
    ("care_level", &["要介護度", "care_level"]),
    ("care_from", &["認定有効開始日", "care_from"]),
    ("care_until", &["認定有効終了日", "care_until"]),
    ("updated", &["更新日時", "updated"]),
];

/// System of the register's number for a resident (宛名番号).
pub const RESIDENT_NUMBER: &str = "urn:hakucho:resident-number";

/// True if a header line has the columns no other format has.
pub fn is_header(table: &HeaderTable) -> bool {
    table.has("resident") && (table.has("name") || table.has("birth") || table.has("address"))
}

/// Reads one delivery.
pub fn read(input: &Input<'_>) -> Result<Reading, Refused> {
    let mut whole = Reading::default();
    read_parts(input, usize::MAX, &mut |part| {
        whole.statements.extend(part.statements);
        whole.problems.extend(part.problems);
    })?;
    Ok(whole)
}

/// Reads one delivery in parts of about `size` statements, in the order of the file; a town of 180,000 then
/// needs the memory of one part. Problems come with the last part.
pub fn read_parts(input: &Input<'_>, size: usize, each: &mut dyn FnMut(Reading)) -> Result<(), Refused> {
    let table = HeaderTable::open(input.bytes, COLUMNS).filter(is_header).ok_or_else(|| Refused {
        code: "not-resident",
        text: "the first line does not name the columns 宛名番号 and 氏名, 生年月日 or 住所".to_owned(),
    })?;
    let mut problems = table.problems.clone();
    if !table.has("support") {
        let text = "no column 支援措置: no address of this file is known to be hidden";
        problems.push(Problem::new("missing-column", "line 1", text));
    }
    let mut seen = HashSet::new();
    let mut statements = Vec::new();
    table.rows(&mut problems, |row, problems| {
        if statements.len() >= size {
            each(Reading { statements: std::mem::take(&mut statements), ..Reading::default() });
        }
        let fields = Fields { table: &table, row: &row };
        let number = fields.code("resident");
        if number.is_empty() {
            let text = "no 宛名番号: the row was not read, it could be anybody's";
            problems.push(Problem::new("unreadable", fields.at("宛名番号"), text));
            return;
        }
        if !seen.insert(number.clone()) {
            let text = "this 宛名番号 stands in an earlier row too; the later row holds";
            problems.push(Problem::new("duplicate", fields.at("宛名番号"), text));
        }
        let order = order(&fields, input.source_time, problems);
        let patient = PatientKey::Local(Personal::new(number));
        let state = |set: &str, records| Statement {
            patient: patient.clone(),
            set: set.to_owned(),
            order: order.clone(),
            effect: Effect::Stated,
            records,
        };
        statements.push(state(PATIENT_KEY, vec![patient::record(&fields, problems)]));
        if coverage::has_columns(&table) {
            statements.push(state("Coverage", coverage::records(&fields, problems)));
        }
    });
    if seen.is_empty() && problems.is_empty() {
        problems.push(Problem::new("empty", "line 1", "a header and no row"));
    }
    each(Reading { statements, problems, ..Reading::default() });
    Ok(())
}

/// When the row was true: 更新日時, else when the file was written, else the last 異動日. The line number
/// decides between rows of one file.
fn order(fields: &Fields<'_>, source_time: &str, problems: &mut Vec<Problem>) -> SourceOrder {
    let sequence = format!("{:09}", fields.row.line);
    let updated = fields.code("updated");
    if let Some(time) = moment(&updated) {
        return SourceOrder::new(&time, sequence);
    }
    if !updated.is_empty() {
        let text = "not YYYYMMDD with an optional time of day; the file's own time was used";
        problems.push(Problem::new("unreadable", fields.at("更新日時"), text));
    }
    if !source_time.is_empty() {
        return SourceOrder::new(source_time, sequence);
    }
    let moved = wareki::parse(fields.value("event_date")).map(|read| read.date.fhir()).unwrap_or_default();
    SourceOrder::new(&moved, sequence)
}

/// A day in any style, perhaps with a time of day (`20260401093000`, `R8/4/1 9:30`), as digits that sort.
fn moment(text: &str) -> Option<String> {
    let digits = text.len() > 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let (day, time) = match text.split_once([' ', 'T']) {
        _ if digits => text.split_at_checked(8)?,
        Some(parts) => parts,
        None => (text, ""),
    };
    let day = wareki::parse(day).ok()?.date.to_date()?;
    let clock = time.split(['+', 'Z']).next().unwrap_or_default().trim();
    let clock = if digits || clock.bytes().all(|byte| byte.is_ascii_digit()) {
        clock.to_owned()
    } else {
        let parts = clock.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
        parts.map(|part| format!("{part:0>2}")).collect()
    };
    Some(format!("{day}{clock}"))
}

/// The fields of one row.
struct Fields<'t> {
    table: &'t HeaderTable,
    row: &'t Row,
}

impl Fields<'_> {
    fn value(&self, column: &str) -> &str {
        self.table.value(self.row, column)
    }
    fn code(&self, column: &str) -> String {
        narrow(self.value(column))
    }
    fn at(&self, header: &str) -> String {
        HeaderTable::at(self.row, header)
    }

    /// A date of a column, if one is given and can be read; else it is reported.
    fn date(&self, column: &str, problems: &mut Vec<Problem>) -> Option<PartialDate> {
        let header = COLUMNS
            .iter()
            .find(|(word, _)| *word == column)
            .map_or(column, |(_, names)| names.first().copied().unwrap_or(column));
        let (code, text) = match wareki::parse(self.value(column)) {
            Ok(read) => {
                if read.out_of_era {
                    let text = "the era had ended or not begun; read as if it went on";
                    problems.push(Problem::new("out-of-era", self.at(header), text));
                }
                return Some(read.date);
            }
            Err(DateError::Empty) => return None,
            Err(error @ DateError::Impossible) => ("impossible-date", error),
            Err(error) => ("unreadable", error),
        };
        problems.push(Problem::new(code, self.at(header), text.to_string()));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn moments_sort_by_day_and_clock() {
        for (text, expected) in [
            ("20260401", Some("2026-04-01")),
            ("20260401093000", Some("2026-04-01093000")),
            ("2026-04-01T09:30:00+09:00", Some("2026-04-01093000")),
            ("2026/1/11 1:05", Some("2026-01-110105")),
            ("R8/4/1 9:30", Some("2026-04-010930")),
            ("R080401", Some("2026-04-01")),
            ("20260431", None),
            ("202604", None),
            ("", None),
        ] {
            assert_eq!(moment(text).as_deref(), expected, "{text}");
        }
    }
}
