//! Consents and relationships CSV. The columns are ours: `docs/formats/consent-csv.md`.
//!
//! One row is one thing said at a reception desk: a person agrees, refuses, or a facility has a reason to
//! see them. In doubt the row is read so that less is shown: a permit that cannot be read is left out, a
//! refusal that cannot be read refuses everything. Not here: what follows from it (crate `access`).

use crate::header_table::{Column, HeaderTable, Row};
use crate::text_file::narrow;
use model::reading::{ConsentEntry, ConsentRow, Input, Problem, Reading, Refused};
use model::wareki;
use model::{FacilityId, Personal};

/// Columns of the format with every accepted header; the first spelling is the documented one.
pub const COLUMNS: &[Column] = &[
    ("local_id", &["local_id", "患者番号"]),
    ("entry", &["entry", "区分"]),
    ("facilities", &["facilities", "施設"]),
    ("reason", &["reason", "理由"]),
    ("from", &["from", "開始日"]),
    ("until", &["until", "終了日"]),
];

/// Reasons a facility may have to see a person, with the Japanese word.
pub const REASONS: &[(&str, &str)] =
    &[("visit", "受診"), ("referral", "紹介"), ("care-contract", "介護契約"), ("team", "チーム")];

/// First day of a refusal that does not say since when.
const ALWAYS: &str = "1900-01-01";

/// True if a header line has the columns no other format has.
pub fn is_header(table: &HeaderTable) -> bool {
    table.has("local_id") && table.has("entry")
}

/// Reads one delivery.
pub fn read(input: &Input<'_>) -> Result<Reading, Refused> {
    let table = HeaderTable::open(input.bytes, COLUMNS).filter(is_header).ok_or_else(|| Refused {
        code: "not-consent",
        text: "the first line does not name the columns local_id and entry".to_owned(),
    })?;
    let mut reading = Reading { problems: table.problems.clone(), ..Reading::default() };
    let mut consents = Vec::new();
    table.rows(&mut reading.problems, |row, problems| {
        consents.extend(RowReader { table: &table, row: &row, problems }.read());
    });
    reading.consents = consents;
    if reading.consents.is_empty() && reading.problems.is_empty() {
        reading.problems.push(Problem::new("empty", "line 1", "a header and no row"));
    }
    Ok(reading)
}

struct RowReader<'t, 'p> {
    table: &'t HeaderTable,
    row: &'t Row,
    problems: &'p mut Vec<Problem>,
}

impl RowReader<'_, '_> {
    fn problem(&mut self, code: &str, column: &str, text: &str) {
        self.problems.push(Problem::new(code, HeaderTable::at(self.row, column), text));
    }

    fn read(mut self) -> Vec<ConsentRow> {
        let local_id = narrow(self.table.value(self.row, "local_id"));
        if local_id.is_empty() {
            self.problem("unreadable", "local_id", "no patient number; the row was not read");
            return Vec::new();
        }
        let entry = narrow(self.table.value(self.row, "entry")).to_lowercase();
        let entries = match entry.as_str() {
            "permit" | "同意" => self.permit(),
            "deny" | "不同意" | "撤回" => self.deny(),
            "relationship" | "関係" => self.relationships(),
            _ => {
                self.problem("unreadable", "entry", "not permit, deny or relationship; not read");
                Vec::new()
            }
        };
        let mut rows = Vec::new();
        for entry in entries {
            let refuses = matches!(entry, ConsentEntry::Deny(_));
            let Some((from, until)) = self.days(refuses) else { break };
            let local_id = Personal::new(local_id.clone());
            rows.push(ConsentRow { local_id, entry, from, until, line: self.row.line });
        }
        rows
    }

    /// Facility ids of the row, and whether all of them could be read.
    fn facilities(&mut self) -> (Vec<FacilityId>, bool) {
        let field = narrow(self.table.value(self.row, "facilities"));
        let separators = |c: char| c.is_whitespace() || matches!(c, ';' | ',' | '、');
        let mut facilities: Vec<FacilityId> = Vec::new();
        let mut complete = true;
        for word in field.split(separators).filter(|word| !word.is_empty()) {
            match FacilityId::new(word) {
                Ok(facility) if facilities.contains(&facility) => {}
                Ok(facility) => facilities.push(facility),
                Err(error) => {
                    complete = false;
                    self.problem("unreadable", "facilities", &error.to_string());
                }
            }
        }
        (facilities, complete)
    }

    fn no_reason(&mut self) {
        if !self.table.value(self.row, "reason").is_empty() {
            self.problem("not-mapped", "reason", "only a relationship has a reason");
        }
    }

    /// An empty list means every facility, so a list that lost all its members is no permit.
    fn permit(&mut self) -> Vec<ConsentEntry> {
        self.no_reason();
        match self.facilities() {
            (facilities, false) if facilities.is_empty() => Vec::new(),
            (facilities, _) => vec![ConsentEntry::Permit(facilities)],
        }
    }

    fn deny(&mut self) -> Vec<ConsentEntry> {
        self.no_reason();
        let (facilities, complete) = self.facilities();
        if complete {
            return vec![ConsentEntry::Deny(facilities)];
        }
        let text = "a refused facility cannot be read: read as a refusal of every facility";
        self.problem("read-as-refusal", "facilities", text);
        vec![ConsentEntry::Deny(Vec::new())]
    }

    fn relationships(&mut self) -> Vec<ConsentEntry> {
        let given = narrow(self.table.value(self.row, "reason")).to_lowercase();
        let Some((reason, _)) = REASONS.iter().find(|(word, ja)| [*word, *ja].contains(&given.as_str()))
        else {
            self.problem("unreadable", "reason", "not visit, referral, care-contract or team; not read");
            return Vec::new();
        };
        let (facilities, complete) = self.facilities();
        if facilities.is_empty() && complete {
            self.problem("unreadable", "facilities", "a relationship names its facility; not read");
        }
        let entry = |facility| ConsentEntry::Relationship { facility, reason: (*reason).to_owned() };
        facilities.into_iter().map(entry).collect()
    }

    /// First and last day; `None` if the row must not be used without them.
    fn days(&mut self, refuses: bool) -> Option<(String, Option<String>)> {
        let mut day = |column: &'static str, last: bool| {
            let text = self.table.value(self.row, column);
            if text.is_empty() {
                return Ok(None);
            }
            match wareki::parse(text) {
                Ok(read) => {
                    if read.out_of_era {
                        let text = "the era had ended or not begun; read as if it went on";
                        let at = HeaderTable::at(self.row, column);
                        self.problems.push(Problem::new("out-of-era", at, text));
                    }
                    let day = if last { read.date.latest() } else { read.date.earliest() };
                    Ok(Some(day.to_string()))
                }
                Err(error) => {
                    let what = if refuses { "the refusal has no limit here" } else { "not read" };
                    let at = HeaderTable::at(self.row, column);
                    self.problems.push(Problem::new("impossible-date", at, format!("{error}; {what}")));
                    Err(())
                }
            }
        };
        let (from, until) = (day("from", false), day("until", true));
        if refuses {
            let from = from.unwrap_or(None).unwrap_or_else(|| ALWAYS.to_owned());
            return Some((from, until.unwrap_or(None)));
        }
        let (Ok(from), Ok(until)) = (from, until) else { return None };
        let Some(from) = from else {
            self.problem("unreadable", "from", "no first day; not read");
            return None;
        };
        // Left out, what was said before of the same days would go on: read, it ends. The day before the first one
        // is how an entry is taken back altogether.
        if until.as_ref().is_some_and(|until| *until < from && !is_eve(until, &from)) {
            self.problem("impossible-date", "until", "ends before it begins: never in force");
        }
        Some((from, until))
    }
}

/// True if the second day follows the first.
fn is_eve(day: &str, next: &str) -> bool {
    let read = |text: &str| wareki::parse(text).ok().and_then(|read| read.date.to_date());
    read(day).and_then(|day| day.tomorrow().ok()).is_some_and(|tomorrow| read(next) == Some(tomorrow))
}
