//! Mapping tables as CSV: UTF-8, one mapping a line, columns by name in any order.
//!
//! Written with who made and ended each; read back, those columns are left alone and ended lines are passed over.

use crate::mapping::{Wrong, check};
use store::{CodeMapping, NewMapping};

/// The columns of a mapping, by which it is read.
pub const COLUMNS: [&str; 7] =
    ["facility", "kind", "system", "code", "target_system", "target_code", "display"];
const HISTORY: [&str; 4] = ["made_by", "made_at", "ended_by", "ended_at"];

/// Lines read at most.
const MOST: usize = 20_000;

/// Why a file is not taken; nothing of it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CsvFault {
    /// A column that is needed is not there.
    Column(&'static str),
    /// A line is not CSV, or there are too many.
    Line(u64),
    /// A line is not a mapping that can be made.
    Wrong(u64, Wrong),
    /// A line speaks of a code that an earlier one spoke of.
    Twice(u64),
}

/// Reads a table.
pub fn read(text: &str) -> Result<Vec<NewMapping>, CsvFault> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(text.as_bytes());
    let head = reader.headers().map_err(|_| CsvFault::Line(1))?.clone();
    let place =
        |name: &'static str| head.iter().position(|each| each.trim() == name).ok_or(CsvFault::Column(name));
    let mut places = [0; COLUMNS.len()];
    for (slot, name) in places.iter_mut().zip(COLUMNS) {
        *slot = place(name)?;
    }
    let ended = place("ended_at").ok();
    let mut all: Vec<NewMapping> = Vec::new();
    let mut keys = std::collections::HashSet::new();
    for (at, row) in reader.records().enumerate() {
        let line = at as u64 + 2;
        let row = row.map_err(|error| CsvFault::Line(error.position().map_or(line, csv::Position::line)))?;
        if at >= MOST {
            return Err(CsvFault::Line(line));
        }
        let field = |place: usize| unguarded(row.get(place).unwrap_or_default().trim());
        if ended.is_some_and(|place| !field(place).is_empty()) {
            continue;
        }
        let [facility, kind, system, code, target_system, target_code, display] = places.map(field);
        let new = NewMapping { facility, kind, system, code, target_system, target_code, display };
        check(&new).map_err(|wrong| CsvFault::Wrong(line, wrong))?;
        if !keys.insert(new.key().map(str::to_owned)) {
            return Err(CsvFault::Twice(line));
        }
        all.push(new);
    }
    Ok(all)
}

/// Writes every mapping there is or was (RFC 4180, with a byte order mark for spreadsheets).
pub fn write(all: &[CodeMapping]) -> String {
    let mut text = format!("\u{feff}{},{}\r\n", COLUMNS.join(","), HISTORY.join(","));
    for each in all {
        let said = &each.said;
        let [facility, kind, system, code, target] = said.key();
        let fields = [
            facility,
            kind,
            system,
            code,
            target,
            &said.target_code,
            &said.display,
            &each.made_by,
            &each.made_at,
            &each.ended_by,
            &each.ended_at,
        ];
        text.push_str(&fields.map(quoted).join(","));
        text.push_str("\r\n");
    }
    text
}

const COMPUTED: [char; 5] = ['=', '+', '-', '@', '\t'];

/// A field between quotes; one that a spreadsheet would compute is made text.
fn quoted(field: &str) -> String {
    let guard = if field.starts_with(COMPUTED) { "'" } else { "" };
    format!("\"{guard}{}\"", field.replace('"', "\"\""))
}

/// Undoes the guard of [`quoted`].
fn unguarded(field: &str) -> String {
    let inner = field.strip_prefix('\'').filter(|rest| rest.starts_with(COMPUTED));
    inner.unwrap_or(field).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "facility,kind,system,code,target_system,target_code,display";

    #[test]
    fn what_is_written_reads_back_and_ended_lines_are_passed_over() {
        let text =
            format!("{HEAD}\nh1,laboratory,\"urn:x,\"\"y\",-K,JLAC10,3H015000002327101,\"カリウム, 血清\"\n");
        let new = read(&text).unwrap();
        assert_eq!((new[0].code.as_str(), new[0].display.as_str()), ("-K", "カリウム, 血清"));
        let mapping = |id, ended: &str| CodeMapping {
            id,
            said: new[0].clone(),
            made_by: "=x".into(),
            made_at: "2026-11-24".into(),
            ended_by: String::new(),
            ended_at: ended.into(),
        };
        let written = write(&[mapping(1, "2026-11-25"), mapping(2, "")]);
        assert!(written.contains("\"'-K\"") && written.contains("\"'=x\""), "{written}");
        assert_eq!(read(&written).unwrap(), new);
    }

    #[test]
    fn a_wrong_line_is_named_and_nothing_is_taken() {
        let of = |lines: &str| read(&format!("{HEAD}\n{lines}"));
        let right = "h1,laboratory,urn:x,K,JLAC10,3H015000002327101,";
        assert_eq!(read("facility,kind\n"), Err(CsvFault::Column("system")));
        assert_eq!(of(&format!("{right}\nh1,laboratory\n")), Err(CsvFault::Line(3)));
        assert_eq!(of(&format!("{right}\n{right}\n")), Err(CsvFault::Twice(3)));
        let wrong = "h1,laboratory,urn:x,K,JLAC10,3H015,";
        assert_eq!(of(wrong), Err(CsvFault::Wrong(2, Wrong::TargetCode)));
        assert_eq!(of(""), Ok(Vec::new()));
    }
}
