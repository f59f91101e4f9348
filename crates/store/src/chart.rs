//! A person's course as rows: what the patient view is drawn from.

use crate::Store;
use crate::chart_line::{self, ChartEntry};
use crate::error::StoreError;
use crate::query::sql;
use access::{Permit, Visibility};
use model::facility::RecordKind;
use model::{CompartmentId, FacilityId};
use std::collections::BTreeMap;

/// What part of the course is asked for; empty = all of it.
#[derive(Debug, Clone, Default)]
pub struct ChartQuery {
    /// Rows that end on or after this date or time (ISO text).
    pub from: String,
    /// Rows that begin on or before this date or time.
    pub until: String,
    /// Rows of these kinds.
    pub kinds: Vec<RecordKind>,
    /// Rows of these facilities.
    pub facilities: Vec<FacilityId>,
}

impl ChartQuery {
    fn wants(&self, time: &str, end: Option<&str>, kind: RecordKind) -> bool {
        // A partial date matches whatever it may mean; a row without a date is always shown.
        let before = |a: &str, b: &str| a < b && !b.starts_with(a);
        let last = end.unwrap_or(time);
        let early = !self.from.is_empty() && before(last, &self.from);
        let late = !self.until.is_empty() && before(&self.until, time);
        (self.kinds.is_empty() || self.kinds.contains(&kind)) && (time.is_empty() || !(early || late))
    }
}

/// What one facility contributes.
#[derive(Debug, Clone, PartialEq)]
pub struct FacilityChart {
    /// The facility.
    pub facility: FacilityId,
    /// Its rows that are shown, by time, then by record.
    pub entries: Vec<ChartEntry>,
    /// Rows that are there and not shown for want of consent.
    pub not_consented: usize,
    /// Rows that are there and not shown because the viewer's facility has nothing to do with the person.
    pub not_related: usize,
    /// Rows that are there and not shown because of the viewer's role, by kind.
    pub outside_role: BTreeMap<RecordKind, usize>,
}

/// A person's course, as far as the permit shows it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chart {
    /// By facility, those with something to show or to say.
    pub facilities: Vec<FacilityChart>,
    /// Sensitive rows that are not shown, of all facilities together: which facility is not told.
    pub sensitive: usize,
}

impl Store {
    /// The chart of the permit's person. The disclosure is in the audit, durably, before this returns.
    pub async fn chart(&self, permit: &Permit, query: &ChartQuery) -> Result<Chart, StoreError> {
        let mut tx = self.snapshot("read a chart").await?;
        let compartments = tx
            .all(
                sql("SELECT bucket, id, facility FROM compartment WHERE person = $1 AND inbox = 0")
                    .id(permit.person().0),
            )
            .await?;
        let mut lines = Vec::with_capacity(compartments.len());
        for row in compartments {
            let (bucket, id, facility) = (row.int(0)?, row.id(1)?, row.word::<FacilityId>(2)?);
            if !query.facilities.is_empty() && !query.facilities.contains(&facility) {
                continue;
            }
            let row = tx
                .one(
                    sql("SELECT string_agg(chart, '') FROM record WHERE bucket = $1 AND compartment = $2")
                        .int(bucket)
                        .id(id),
                )
                .await?;
            lines.push((CompartmentId(id), facility, row.text_or_null(0)?.unwrap_or_default()));
        }
        tx.commit().await?;
        let mut chart = Chart::default();
        let mut facilities: BTreeMap<FacilityId, FacilityChart> = BTreeMap::new();
        let mut shown = 0;
        for (compartment, facility, lines) in lines {
            let own = facilities.entry(facility.clone()).or_insert_with(|| FacilityChart {
                facility: facility.clone(),
                entries: Vec::new(),
                not_consented: 0,
                not_related: 0,
                outside_role: BTreeMap::new(),
            });
            let mut seen: BTreeMap<(RecordKind, bool), Visibility> = BTreeMap::new();
            chart_line::parse(compartment, &lines, |entry| {
                let row = &entry.row;
                if !query.wants(&row.time, row.end.as_deref(), row.kind) {
                    return;
                }
                let visibility = seen
                    .entry((row.kind, row.sensitive))
                    .or_insert_with(|| permit.visibility(&facility, row.kind, row.sensitive));
                match visibility {
                    Visibility::Shown => {
                        shown += 1;
                        own.entries.push(entry);
                    }
                    Visibility::NotConsented => own.not_consented += 1,
                    Visibility::NotRelated => own.not_related += 1,
                    Visibility::OutsideRole => *own.outside_role.entry(row.kind).or_default() += 1,
                    Visibility::Sensitive => chart.sensitive += 1,
                }
            })?;
        }
        chart.facilities = facilities.into_values().collect();
        chart.facilities.retain(|each| {
            !each.entries.is_empty()
                || each.not_consented + each.not_related > 0
                || !each.outside_role.is_empty()
        });
        for facility in &mut chart.facilities {
            facility.entries.sort_unstable_by(|a, b| (&a.row.time, a.record).cmp(&(&b.row.time, b.record)));
        }
        let detail = format!("{shown} rows, {}..{}", query.from, query.until);
        self.disclose(permit, "chart".to_owned(), detail).await?;
        Ok(chart)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_dates_and_spans_match_a_range() {
        let query =
            ChartQuery { from: "2026-11-10".into(), until: "2026-11-20".into(), ..ChartQuery::default() };
        let wants = |time: &str, end: Option<&str>| query.wants(time, end, RecordKind::Vital);
        assert!(wants("2026-11-15", None));
        assert!(wants("2026-11-20T10:00:00+09:00", None));
        assert!(wants("2026-11", None));
        assert!(wants("2026-01-01", Some("2026-12-31")));
        assert!(wants("", None));
        assert!(!wants("2026-11-09", None));
        assert!(!wants("2026-10", None));
        assert!(!wants("2026-11-21", None));
    }
}
