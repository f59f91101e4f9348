//! What a count of data quality found: figures of each source, kept until the next count.
//!
//! The count is a job over everything, in pages; a page of the operator only reads what it found. Code texts are kept, never a
//! value and nothing of a person.

use crate::chart_line;
use crate::insert::Insert;
use crate::query::{Row, sql};
use crate::{Store, StoreError, Tx};
use access::JobPermit;
use model::codes;
use model::facility::RecordKind;
use model::{CompartmentId, FacilityId};
use std::collections::HashMap;

const OPERATION: &str = "count data quality";
/// Compartments and deliveries read at a time.
const PAGE: i64 = 200;
/// Records of one compartment read at a time.
const RECORDS: i64 = 500;
/// Different findings counted apart; what is beyond is counted together, so that a source of free texts cannot fill the memory.
const MOST: usize = 50_000;
/// Longest code or label kept, in characters.
const LONGEST: usize = 120;

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum QualityKind {
    /// Laboratory records whose code is not of JLAC10.
    Laboratory,
    /// Records of drugs whose code is neither YJ nor HOT.
    Medication,
    /// Deliveries in which the reader found a problem of a code.
    Problem,
    /// Pairs of registrations of one facility that look alike and wait for a human.
    Duplicate,
    /// The count itself: records looked at.
    Counted,
}

impl QualityKind {
    const ALL: [Self; 5] =
        [Self::Laboratory, Self::Medication, Self::Problem, Self::Duplicate, Self::Counted];

    /// The word in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Laboratory => "laboratory",
            Self::Medication => "medication",
            Self::Problem => "problem",
            Self::Duplicate => "duplicate",
            Self::Counted => "counted",
        }
    }
}

impl std::str::FromStr for QualityKind {
    type Err = ();
    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|each| each.word() == word).ok_or(())
    }
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QualityRow {
    /// Of which facility; empty for the count itself.
    pub facility: String,
    /// Of which feed; empty where it is not a matter of one.
    pub source: String,
    /// What was counted.
    pub kind: QualityKind,
    /// System of the code; empty if it has none.
    pub system: String,
    /// The code; empty for records without any, `*` for those of further codes together.
    pub code: String,
    /// What the source calls it.
    pub label: String,
    /// Records, deliveries or pairs.
    pub number: i64,
    /// The last day of one (`YYYY-MM-DD`), or empty.
    pub last_day: String,
    /// When it was counted: RFC 3339, UTC.
    pub counted_at: String,
}

fn row(row: &Row) -> Result<QualityRow, StoreError> {
    Ok(QualityRow {
        facility: row.text(0)?,
        source: row.text(1)?,
        kind: row.word(2)?,
        system: row.text(3)?,
        code: row.text(4)?,
        label: row.text(5)?,
        number: row.int(6)?,
        last_day: row.text(7)?,
        counted_at: row.text(8)?,
    })
}

const COLUMNS: &str = "facility, source, kind, system, code, label, number, last_day, counted_at";

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    facility: String,
    source: String,
    kind: QualityKind,
    system: String,
    code: String,
}

#[derive(Default)]
struct Figure {
    label: String,
    number: i64,
    last_day: String,
}

#[derive(Default)]
struct Figures(HashMap<Key, Figure>);

impl Figures {
    fn add(&mut self, mut key: Key, label: &str, number: i64, day: &str) {
        if self.0.len() >= MOST && !self.0.contains_key(&key) {
            (key.system, key.code) = (String::new(), "*".to_owned());
        }
        let further = key.code == "*";
        let figure = self.0.entry(key).or_default();
        figure.number += number;
        // The label of the latest day; of one day the least, so that two counts say the same.
        if !further
            && (day > figure.last_day.as_str()
                || figure.label.is_empty()
                || (day == figure.last_day && label < figure.label.as_str()))
        {
            figure.label = label.chars().take(LONGEST).collect();
        }
        if day > figure.last_day.as_str() {
            figure.last_day = day.to_owned();
        }
    }
}

/// True for a code by which the same thing is recognised across facilities.
fn is_national(kind: QualityKind, system: &str) -> bool {
    match kind {
        QualityKind::Laboratory => system == codes::JLAC10,
        _ => [codes::YJ, codes::HOT9, codes::HOT7, codes::HOT13, "urn:oid:1.2.392.200119.4.403"]
            .contains(&system),
    }
}

impl Store {
    /// What the last count found: of one feed with its facility's duplicates, or of all; the most first.
    pub async fn quality(&self, of: Option<(&FacilityId, &str)>) -> Result<Vec<QualityRow>, StoreError> {
        let (facility, source) = of.map_or(("", ""), |(facility, source)| (facility.as_str(), source));
        let text = format!(
            "SELECT {COLUMNS} FROM quality_count WHERE $1 = '' OR kind = 'counted' OR \
             (facility = $2 AND (source = $3 OR source = '')) ORDER BY number DESC, kind, system, code, facility, source"
        );
        let query = sql(text).text(facility).text(facility).text(source);
        self.rows("read what was counted", query).await?.iter().map(row).collect()
    }

    /// Counts everything anew. Memory is bounded by [`MOST`]; the store is read page by page and never locked. What was
    /// counted before stays until this count is whole.
    pub async fn count_quality(
        &self,
        permit: &JobPermit,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<(), StoreError> {
        self.audit_job(permit, "quality", "store", "").await?;
        let mut figures = Figures::default();
        self.count_problems(&mut figures).await?;
        self.count_duplicates(&mut figures).await?;
        let looked_at = self.count_codes(&mut figures, progress).await?;
        let own = Key {
            facility: String::new(),
            source: String::new(),
            kind: QualityKind::Counted,
            system: String::new(),
            code: String::new(),
        };
        figures.add(own, "", looked_at, "");
        let now = self.now();
        let mut insert = Insert::new(
            "INSERT INTO quality_count (facility, source, kind, system, code, label, number, last_day, counted_at)",
            "",
        );
        for (key, figure) in figures.0 {
            insert.push([
                key.facility.into(),
                key.source.into(),
                key.kind.word().into(),
                key.system.into(),
                key.code.into(),
                figure.label.into(),
                figure.number.into(),
                figure.last_day.into(),
                now.as_str().into(),
            ]);
        }
        let mut tx = self.begin(OPERATION).await?;
        tx.execute(sql("DELETE FROM quality_count")).await?;
        insert.execute(&mut tx).await?;
        tx.commit().await
    }

    async fn count_problems(&self, figures: &mut Figures) -> Result<(), StoreError> {
        let text = "SELECT id, facility, source, problem_codes, received_at FROM delivery \
             WHERE id > $1 AND problem_count > 0 AND state = 'kept' ORDER BY id LIMIT $2";
        let mut after = Vec::new();
        loop {
            let rows = self.rows(OPERATION, sql(text).bytes(after.clone()).int(PAGE)).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.bytes(0)?;
            for row in &rows {
                let received = row.text(4)?;
                for code in row.text(3)?.split_whitespace() {
                    let key = Key {
                        facility: row.text(1)?,
                        source: row.text(2)?,
                        kind: QualityKind::Problem,
                        system: String::new(),
                        code: code.to_owned(),
                    };
                    figures.add(key, "", 1, received.get(..10).unwrap_or_default());
                }
            }
        }
    }

    async fn count_duplicates(&self, figures: &mut Figures) -> Result<(), StoreError> {
        let text = "SELECT ca.facility, COUNT(*) FROM review v JOIN compartment ca ON ca.id = v.compartment_a \
             JOIN compartment cb ON cb.id = v.compartment_b WHERE v.state IN ('open', 'later') \
             AND ca.facility = cb.facility AND ca.person <> cb.person GROUP BY ca.facility";
        for row in self.rows(OPERATION, sql(text)).await? {
            let key = Key {
                facility: row.text(0)?,
                source: String::new(),
                kind: QualityKind::Duplicate,
                system: String::new(),
                code: String::new(),
            };
            figures.add(key, "", row.int(1)?, "");
        }
        Ok(())
    }

    /// Gives how many records were looked at.
    async fn count_codes(
        &self,
        figures: &mut Figures,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<i64, StoreError> {
        let all = self.rows(OPERATION, sql("SELECT COUNT(*) FROM compartment")).await?;
        let all = usize::try_from(all.first().map_or(Ok(0), |row| row.int(0))?).unwrap_or_default();
        let (mut after, mut done, mut looked_at) = (Vec::new(), 0, 0);
        let text = "SELECT id, bucket, facility FROM compartment WHERE id > $1 ORDER BY id LIMIT $2";
        loop {
            let mut tx = self.snapshot(OPERATION).await?;
            let rows = tx.all(sql(text).bytes(after.clone()).int(PAGE)).await?;
            let Some(last) = rows.last() else { return Ok(looked_at) };
            after = last.bytes(0)?;
            for row in &rows {
                let (own, bucket) = (CompartmentId(row.id(0)?), row.int(1)?);
                looked_at += coded(&mut tx, own, bucket, &row.text(2)?, figures).await?;
            }
            tx.commit().await?;
            done += rows.len();
            progress(done, all.max(done));
        }
    }
}

/// Counts the codes of one compartment; gives how many records it looked at.
async fn coded(
    tx: &mut Tx,
    compartment: CompartmentId,
    bucket: i64,
    facility: &str,
    figures: &mut Figures,
) -> Result<i64, StoreError> {
    let text = "SELECT id, chart FROM record WHERE bucket = $1 AND compartment = $2 AND id > $3 \
         AND state IN ('c', 's') AND kind IN ('laboratory', 'medication') AND type IN ('Observation', 'MedicationRequest', \
         'MedicationDispense', 'MedicationAdministration', 'MedicationStatement', 'Immunization') ORDER BY id LIMIT $4";
    let (mut after, mut looked_at) = (Vec::new(), 0);
    loop {
        let query = sql(text).int(bucket).id(compartment.0).bytes(after.clone()).int(RECORDS);
        let rows = tx.all(query).await?;
        let Some(last) = rows.last() else { return Ok(looked_at) };
        after = last.bytes(0)?;
        for row in &rows {
            looked_at += 1;
            let mut own: Vec<(Key, String, String)> = Vec::new();
            chart_line::parse(compartment, &row.text(1)?, |entry| {
                let kind = match entry.row.kind {
                    RecordKind::Laboratory => QualityKind::Laboratory,
                    RecordKind::Medication => QualityKind::Medication,
                    _ => return,
                };
                let (system, code) = entry.row.code.split_once('|').unwrap_or_default();
                if !code.is_empty() && is_national(kind, system) {
                    return;
                }
                let key = Key {
                    facility: facility.to_owned(),
                    source: entry.source.to_string(),
                    kind,
                    system: shortened(system),
                    code: shortened(code),
                };
                // Of a record without a code nothing is kept but that it is there: its label may be free text.
                let label = if code.is_empty() { String::new() } else { entry.row.label };
                if !own.iter().any(|(each, ..)| *each == key) {
                    own.push((key, label, entry.row.time.get(..10).unwrap_or_default().to_owned()));
                }
            })?;
            for (key, label, day) in own {
                figures.add(key, &label, 1, &day);
            }
        }
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}
