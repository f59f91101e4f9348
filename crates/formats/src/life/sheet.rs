//! A LIFE file as rows: the name of the interface, the columns, the data (CSV連携仕様書 4.2, 4.3).
//!
//! Line 1 names the interface, line 2 the columns; the revision of 2024 has no line 1, its interface is then
//! the name in the file's name, or one made of the columns. Values are kept to the letter: one space is not
//! an empty field, two are data. What values mean is not known here.

use super::table::TABLE;
use crate::text_file::{decode, narrow, split_quoted, split_quoted_lines};
use model::reading::{Input, Problem};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Lines a row may have.
const MOST_LINES: usize = 512;
/// Columns without which a header is none of LIFE's.
const ALWAYS: [&str; 2] = ["care_facility_id", "external_system_management_number"];

/// A file.
pub(super) struct Sheet {
    /// The interface as the file names it.
    pub interface: String,
    /// Columns in the order of the file, by the table's spelling where the table has them.
    pub columns: Vec<String>,
    /// Number of the header's line.
    pub header_line: usize,
    by_id: HashMap<String, usize>,
    text: String,
}

/// One row.
pub(super) struct Row<'s> {
    pub line: usize,
    sheet: &'s Sheet,
    fields: Vec<String>,
}

/// Whether the first two lines are those of a LIFE file.
pub(super) fn is_beginning(text: &str) -> bool {
    beginning(text).is_some()
}

/// The interface (empty if no line names it), the number of the header's line, the columns.
fn beginning(text: &str) -> Option<(String, usize, Vec<String>)> {
    let mut lines = crate::text_file::lines(text);
    let (first_line, first) = lines.next()?;
    let (interface, line, header) = if is_header(first) {
        (String::new(), first_line, first)
    } else {
        let (line, header) = lines.next()?;
        (interface_of(first)?, line, header)
    };
    let names = split_quoted(header, ',')?.iter().map(|name| narrow(name)).collect();
    is_header(header).then_some((interface, line, names))
}

/// The interface a first line names, alone on it (a spreadsheet adds empty fields).
fn interface_of(line: &str) -> Option<String> {
    let fields = split_quoted(line, ',')?;
    let (name, rest) = fields.split_first()?;
    let name = name.trim_matches(['\u{feff}', ' ']);
    let form = |rest: &str| {
        let digits = |text: &str| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
        rest.split_once('_').map_or(digits(rest), |(form, year)| digits(form) && digits(year))
    };
    let known = name.starts_with("SERVICE_USER_INFO") || name.strip_prefix("FORM_").is_some_and(form);
    (known && rest.iter().all(|field| field.trim().is_empty())).then(|| name.to_owned())
}

fn is_header(line: &str) -> bool {
    split_quoted(line, ',').is_some_and(|fields| {
        ALWAYS.iter().all(|id| fields.iter().any(|field| narrow(field).eq_ignore_ascii_case(id)))
    })
}

/// The name of an interface of 2024 in a file's name: `26_ADL_MAINTENANCE_ADDITION_2024_….csv`.
fn interface_in_path(path: &str) -> Option<String> {
    let name = path.rsplit('/').next().unwrap_or_default();
    let name = name.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_');
    let year = name.match_indices("_20").map(|(at, _)| at + 5).find(|end| {
        let year = name.get(end - 4..*end).unwrap_or_default();
        let after = name.get(*end..).unwrap_or_default();
        year.bytes().all(|byte| byte.is_ascii_digit()) && !after.starts_with(|c: char| c.is_alphanumeric())
    })?;
    let name = name.get(..year)?;
    let plain = name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    plain.then(|| name.to_owned())
}

/// The lines with their numbers, empty ones too: they may stand inside a quoted field.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let end = if text.contains('\n') { '\n' } else { '\r' };
    text.split(end).enumerate().map(|(index, line)| (index + 1, line.trim_end_matches('\r')))
}

impl Sheet {
    /// Decodes the file and finds its interface and columns; `None` if it is no file of LIFE.
    pub fn open(input: &Input<'_>, problems: &mut Vec<Problem>) -> Option<Self> {
        let text = decode(input.bytes, problems);
        let (interface, header_line, names) = beginning(&text)?;
        let interface = if interface.is_empty() {
            interface_in_path(input.path).unwrap_or_else(|| {
                let digest = Sha256::digest(names.join(",").as_bytes());
                digest.iter().take(4).fold("COLUMNS_".to_owned(), |name, byte| format!("{name}{byte:02X}"))
            })
        } else {
            interface
        };
        let known = TABLE.interface(&interface);
        let mut by_id = HashMap::new();
        let mut columns = Vec::with_capacity(names.len());
        for (place, name) in names.into_iter().enumerate() {
            let id = match known.and_then(|interface| interface.field(&name)) {
                Some(field) => field.id.to_owned(),
                None if name.is_empty() => format!("column-{}", place + 1),
                None => name,
            };
            if let Some(earlier) = by_id.get(&id) {
                let text = format!("the column stands twice; its values of column {} are read", earlier + 1);
                problems.push(Problem::new("not-mapped", format!("line {header_line} {id}"), text));
                columns.push(String::new());
            } else {
                by_id.insert(id.clone(), place);
                columns.push(id);
            }
        }
        Some(Self { interface, columns, header_line, by_id, text })
    }

    /// True if the file has this column.
    pub fn has(&self, column: &str) -> bool {
        self.by_id.contains_key(column)
    }

    /// The rows; one that cannot be split is named, and the next ones are read.
    pub fn rows(&self, problems: &mut Vec<Problem>, mut each: impl FnMut(Row<'_>, &mut Vec<Problem>)) {
        let all: Vec<(usize, &str)> =
            lines(&self.text).filter(|(line, _)| *line > self.header_line).collect();
        let mut place = 0;
        while let Some((line, text)) = all.get(place).copied() {
            let mut fields = split_quoted(text, ',');
            if fields.is_none()
                && let Some((taken, joined)) = self.joined(all.get(place..).unwrap_or_default())
            {
                place += taken;
                fields = Some(joined);
            }
            place += 1;
            let Some(fields) = fields else {
                let text = "a quotation mark is opened and not closed; the row was not read";
                problems.push(Problem::new("unreadable", format!("line {line}"), text));
                continue;
            };
            if fields.iter().all(|field| field.trim().is_empty()) {
                continue;
            }
            let width = self.columns.len();
            if fields.len() < width {
                let text = format!("{} of {width} fields; the others say nothing", fields.len());
                problems.push(Problem::new("short-row", format!("line {line}"), text));
            }
            for (place, field) in fields.iter().enumerate() {
                if !field.trim().is_empty() && self.columns.get(place).is_none_or(String::is_empty) {
                    let at = format!("line {line} field {}", place + 1);
                    problems.push(Problem::new("not-mapped", at, "the header has no such column, or twice"));
                }
            }
            each(Row { line, sheet: self, fields }, problems);
        }
    }

    /// A row over several lines, if exactly the header's number of fields comes of it: how many lines follow
    /// the first, and the fields. It ends with the first line that leaves no quotation mark open.
    fn joined(&self, lines: &[(usize, &str)]) -> Option<(usize, Vec<String>)> {
        let mut text = lines.first()?.1.to_owned();
        let mut open = stays_open(&text, false);
        for (taken, (_, next)) in lines.iter().enumerate().skip(1).take(MOST_LINES) {
            text.push('\n');
            text.push_str(next);
            open = stays_open(next, open);
            if !open {
                let fields = split_quoted_lines(&text, ',')?;
                return (fields.len() == self.columns.len()).then_some((taken, fields));
            }
        }
        None
    }
}

/// Whether a quotation mark is open at the end of a line that begins with one open or not.
fn stays_open(line: &str, open: bool) -> bool {
    let (mut open, mut blank) = (open, true);
    // A doubled mark closes and opens again.
    for c in line.chars() {
        match c {
            '"' if open => (open, blank) = (false, true),
            '"' if blank => open = true,
            ',' if !open => blank = true,
            c => blank = blank && !open && c.is_whitespace(),
        }
    }
    open
}

impl Row<'_> {
    /// The value of a column to the letter; empty if there is none.
    pub fn value(&self, column: &str) -> &str {
        let place = self.sheet.by_id.get(column).and_then(|place| self.fields.get(*place));
        place.map_or("", String::as_str)
    }

    /// The value of a column that holds a number or a code, full-width forms made ASCII.
    pub fn code(&self, column: &str) -> String {
        narrow(self.value(column))
    }

    /// The value of a column whose field is to be emptied is one half-width space.
    pub fn is_null(&self, column: &str) -> bool {
        self.value(column) == " "
    }

    /// Where a column is, in the words of a report.
    pub fn at(&self, column: &str) -> String {
        format!("line {} {column}", self.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_tells() {
        let header = "care_facility_id,service_code,external_system_management_number";
        for (text, expected) in [
            (format!("FORM_0000_2021\r\n{header}\r\n"), true),
            (format!("SERVICE_USER_INFO,,\r{header}\r"), true),
            (format!("\"FORM_0900_2024\"\n\"{}\"\n", header.replace(',', "\",\"")), true),
            (format!("{header},version\n"), true),
            (format!("FORM_X\n{header}\n"), false),
            ("FORM_0000_2021\nname,birthday\n".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(is_beginning(&text), expected, "{text}");
        }
    }

    #[test]
    fn a_file_of_2024_is_named_by_its_name() {
        for (path, expected) in [
            (
                "a/26_ADL_MAINTENANCE_ADDITION_2024_1234567890_202604.csv",
                Some("ADL_MAINTENANCE_ADDITION_2024"),
            ),
            ("NUTRITION_2024.csv", Some("NUTRITION_2024")),
            ("栄養_2024.csv", None),
            ("a_20.csv", None),
            ("", None),
        ] {
            assert_eq!(interface_in_path(path).as_deref(), expected, "{path}");
        }
    }
}
