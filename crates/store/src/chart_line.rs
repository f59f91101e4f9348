//! A record's rows of the chart as one text, so that a person's chart is a single aggregate in the database.
//!
//! `id, state, version, seq, received, source` and then the rows; fields end with U+001F, rows with U+001E,
//! records with U+001D. Those characters are taken out of the values, in which they mean nothing.

use crate::error::StoreError;
use model::chart::ChartRow;
use model::facility::RecordKind;
use model::reading::Resource;
use model::{CompartmentId, RecordId, SourceName};
use std::fmt::Write as _;
use std::sync::Arc;

const FIELD: char = '\u{1f}';
const ROW: char = '\u{1e}';
pub(crate) const RECORD: char = '\u{1d}';

/// Whether a record counts today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordState {
    /// It does.
    Current,
    /// The source has replaced it by a statement that is not here yet.
    Superseded,
    /// The source has deleted it or names it no longer.
    Deleted,
    /// Withdrawn, or read differently now: in no view.
    Retracted,
}

impl RecordState {
    /// The letter in the store.
    pub fn letter(self) -> &'static str {
        match self {
            Self::Current => "c",
            Self::Superseded => "s",
            Self::Deleted => "d",
            Self::Retracted => "r",
        }
    }
}

impl std::str::FromStr for RecordState {
    type Err = ();
    fn from_str(letter: &str) -> Result<Self, ()> {
        [Self::Current, Self::Superseded, Self::Deleted, Self::Retracted]
            .into_iter()
            .find(|state| state.letter() == letter)
            .ok_or(())
    }
}

/// One row of the chart with where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct ChartEntry {
    /// The record it is drawn from.
    pub record: RecordId,
    /// Whose record it is at the source.
    pub compartment: CompartmentId,
    /// Whether the record counts today.
    pub state: RecordState,
    /// The record's current version.
    pub version: i64,
    /// Position in the compartment's change feed when it last became news; compare with what was seen.
    pub seq: i64,
    /// When the version's delivery was received: RFC 3339, UTC.
    pub received: Arc<str>,
    /// The feed it came through.
    pub source: SourceName,
    /// Who made it, as the source names them; empty if it does not.
    pub author: String,
    /// The row.
    pub row: ChartRow,
}

/// What precedes the rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Head<'a> {
    pub record: RecordId,
    pub state: RecordState,
    pub version: i64,
    pub seq: i64,
    pub received: &'a str,
    pub source: &'a str,
}

fn put(out: &mut String, text: &str) {
    out.extend(text.chars().map(|c| if ('\u{1d}'..='\u{1f}').contains(&c) || c == '\0' { ' ' } else { c }));
    out.push(FIELD);
}

fn put_number(out: &mut String, number: Option<f64>) {
    if let Some(number) = number {
        let _ = write!(out, "{number}");
    }
    out.push(FIELD);
}

/// The rows of a resource, without the head. Empty if it has none.
pub(crate) fn rows(resource: &Resource) -> String {
    let mut out = String::new();
    let author = model::fhir::author(resource).unwrap_or_default();
    for row in model::chart::rows(resource) {
        out.push(ROW);
        put(&mut out, &row.time);
        put(&mut out, row.end.as_deref().unwrap_or_default());
        put(&mut out, row.kind.word());
        put(&mut out, if row.sensitive { "1" } else { "" });
        put(&mut out, &row.code);
        put(&mut out, &row.label);
        put(&mut out, &row.value);
        put(&mut out, &row.unit);
        put_number(&mut out, row.low);
        put_number(&mut out, row.high);
        put_number(&mut out, row.number);
        put(&mut out, &row.flags);
        put(&mut out, &author);
    }
    out
}

/// Head and rows; empty if there are no rows or the record is in no view.
pub(crate) fn line(head: &Head<'_>, rows: &str) -> String {
    if rows.is_empty() || head.state == RecordState::Retracted {
        return String::new();
    }
    let mut out = String::with_capacity(rows.len() + 120);
    let _ = write!(out, "{}{FIELD}{}{FIELD}", head.record.0.simple(), head.state.letter());
    let _ = write!(out, "{}{FIELD}{}{FIELD}", head.version, head.seq);
    put(&mut out, head.received);
    put(&mut out, head.source);
    out.push_str(rows);
    out.push(RECORD);
    out
}

/// The rows of a stored line, to be put behind another head.
pub(crate) fn rows_of(line: &str) -> &str {
    let line = line.strip_suffix(RECORD).unwrap_or(line);
    line.find(ROW).and_then(|at| line.get(at..)).unwrap_or_default()
}

/// Reads the lines of a compartment, record by record.
pub(crate) fn parse(
    compartment: CompartmentId,
    lines: &str,
    mut each: impl FnMut(ChartEntry),
) -> Result<(), StoreError> {
    for record in lines.split_terminator(RECORD) {
        read(compartment, record, &mut each)
            .ok_or_else(|| StoreError::corrupt("read the chart", "a line of the chart"))?;
    }
    Ok(())
}

fn read(compartment: CompartmentId, record: &str, each: &mut impl FnMut(ChartEntry)) -> Option<()> {
    let mut parts = record.split(ROW);
    let mut head = parts.next()?.split(FIELD);
    let id = RecordId::parse(head.next()?)?;
    let state = head.next()?.parse().ok()?;
    let version = head.next()?.parse().ok()?;
    let seq = head.next()?.parse().ok()?;
    let received: Arc<str> = head.next()?.into();
    let source = SourceName::new(head.next()?).ok()?;
    for row in parts {
        let mut fields = row.split(FIELD);
        let mut text = || fields.next();
        let (time, end) = (text()?, text()?);
        let (kind, sensitive) = (RecordKind::parse(text()?)?, text()? == "1");
        let (code, label, value, unit) = (text()?, text()?, text()?, text()?);
        let (low, high, number) = (text()?, text()?, text()?);
        let flags = text()?;
        // Lines written before authors were kept end here.
        let author = text().unwrap_or_default();
        let number_of = |text: &str| if text.is_empty() { None } else { text.parse::<f64>().ok() };
        let row = ChartRow {
            time: time.to_owned(),
            end: Some(end).filter(|end| !end.is_empty()).map(str::to_owned),
            kind,
            code: code.to_owned(),
            label: label.to_owned(),
            value: value.to_owned(),
            unit: unit.to_owned(),
            low: number_of(low),
            high: number_of(high),
            number: number_of(number),
            flags: flags.to_owned(),
            sensitive,
        };
        let (received, source, author) = (Arc::clone(&received), source.clone(), author.to_owned());
        each(ChartEntry { record: id, compartment, state, version, seq, received, source, author, row });
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_line_reads_back_and_takes_another_head() {
        let resource = json!({
            "resourceType": "Observation", "id": "x", "status": "final",
            "code": {"text": "ヘモグロビン\u{1e}A1c"}, "performer": [{"display": "星野 由香"}],
            "effectiveDateTime": "2026-11-20", "valueQuantity": {"value": 6.4, "unit": "%"},
        });
        let rows = rows(resource.as_object().unwrap());
        let head = Head {
            record: RecordId::parse("6f0d9c1e-51d4-5b7a-9e37-48414b554348").unwrap(),
            state: RecordState::Current,
            version: 3,
            seq: 9,
            received: "2026-11-24T00:00:00.000000Z",
            source: "ssmix",
        };
        let stored = line(&head, &rows);
        let again = line(&Head { state: RecordState::Deleted, version: 4, ..head }, rows_of(&stored));
        let mut entries = Vec::new();
        let compartment = CompartmentId(uuid::Uuid::nil());
        parse(compartment, &format!("{stored}{again}"), |entry| entries.push(entry)).unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0].row, entries[1].row);
        assert_eq!(entries[0].row.label, "ヘモグロビン A1c");
        assert_eq!(entries[0].row.number, Some(6.4));
        assert_eq!(entries[1].author, "星野 由香");
        assert_eq!((entries[1].state, entries[1].version, entries[1].seq), (RecordState::Deleted, 4, 9));
        assert!(parse(compartment, "garbage\u{1d}", |_| ()).is_err());
    }
}
