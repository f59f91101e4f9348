//! Tables with a header line: the two CSV files whose columns are ours (residents, consents).
//!
//! Columns are found by name in any order; unknown ones are named once; a bad row does not stop the others.

use crate::text_file::{decode, fold, lines, narrow, split_quoted, split_quoted_lines};
use model::reading::Problem;

/// One column a table may have: the word used in the code, then every spelling of its header.
pub type Column = (&'static str, &'static [&'static str]);

/// A table read so far as its header.
pub struct HeaderTable {
    text: String,
    separator: char,
    header_line: usize,
    width: usize,
    known: Vec<(&'static str, usize)>,
    unknown: Vec<(usize, String)>,
    /// What was wrong with the characters and the header.
    pub problems: Vec<Problem>,
}

/// One row.
pub struct Row {
    /// Line number in the file, from 1.
    pub line: usize,
    fields: Vec<String>,
}

impl HeaderTable {
    /// Decodes the file and finds the columns in its first line; `None` if none is known.
    pub fn open(bytes: &[u8], columns: &[Column]) -> Option<Self> {
        let mut problems = Vec::new();
        let text = decode(bytes, &mut problems);
        let (header_line, header) = lines(&text).next()?;
        let separator = if header.contains('\t') && !header.contains(',') { '\t' } else { ',' };
        let names = split_quoted(header, separator)?;
        let width = names.len();
        let mut known: Vec<(&'static str, usize)> = Vec::new();
        let mut unknown = Vec::new();
        for (position, name) in names.into_iter().enumerate() {
            let folded = fold(&name);
            let column =
                columns.iter().find(|(_, spellings)| spellings.iter().any(|each| fold(each) == folded));
            match column {
                Some((word, _)) if known.iter().all(|(each, _)| each != word) => known.push((word, position)),
                _ if folded.is_empty() => unknown.push((position, format!("column {}", position + 1))),
                _ => unknown.push((position, name.trim().to_owned())),
            }
        }
        if known.is_empty() {
            return None;
        }
        Some(Self { text, separator, header_line, width, known, unknown, problems })
    }

    /// True if the table has this column.
    pub fn has(&self, column: &str) -> bool {
        self.known.iter().any(|(word, _)| *word == column)
    }

    /// The rows; a row that cannot be split is reported as `unreadable` and left out, a field outside the
    /// known columns as `not-mapped` (an unknown column once, with the number of its values).
    pub fn rows(&self, problems: &mut Vec<Problem>, mut each: impl FnMut(Row, &mut Vec<Problem>)) {
        let mut lost = vec![0usize; self.unknown.len()];
        let all: Vec<(usize, &str)> =
            lines(&self.text).filter(|(line, _)| *line > self.header_line).collect();
        let mut place = 0;
        while let Some((line, text)) = all.get(place).copied() {
            let mut fields = split_quoted(text, self.separator);
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
            for (slot, (position, _)) in lost.iter_mut().zip(&self.unknown) {
                *slot += usize::from(fields.get(*position).is_some_and(|field| !field.trim().is_empty()));
            }
            for (position, _) in
                fields.iter().enumerate().skip(self.width).filter(|(_, field)| !field.trim().is_empty())
            {
                let at = format!("line {line} field {}", position + 1);
                problems.push(Problem::new("not-mapped", at, "more fields than the header has"));
            }
            each(Row { line, fields }, problems);
        }
        for (count, (_, name)) in lost.iter().zip(&self.unknown) {
            let text = format!("this column is not one of the format's; {count} value(s) were not read");
            problems.push(Problem::new("not-mapped", name.clone(), text));
        }
    }

    /// A row over several lines, if exactly the header's number of fields comes of it: how many lines follow
    /// the first, and the fields.
    fn joined(&self, lines: &[(usize, &str)]) -> Option<(usize, Vec<String>)> {
        const MOST: usize = 8;
        let mut text = lines.first()?.1.to_owned();
        for (count, (_, next)) in lines.iter().enumerate().skip(1).take(MOST) {
            text.push('\n');
            text.push_str(next);
            if let Some(fields) = split_quoted_lines(&text, self.separator) {
                return (fields.len() == self.width).then_some((count, fields));
            }
        }
        None
    }

    /// The value of a column, trimmed; empty if the column or the field is not there.
    pub fn value<'r>(&self, row: &'r Row, column: &str) -> &'r str {
        self.known
            .iter()
            .find(|(word, _)| *word == column)
            .and_then(|(_, position)| row.fields.get(*position))
            .map_or("", |field| field.trim())
    }

    /// The value of a column that holds a number or a code: full-width forms made ASCII.
    pub fn code(&self, row: &Row, column: &str) -> String {
        narrow(self.value(row, column))
    }

    /// The spelling of the header of a column, for reports.
    pub fn at(row: &Row, column: &str) -> String {
        format!("line {} {column}", row.line)
    }
}
