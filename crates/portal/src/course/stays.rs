//! Hospital stays, told from visits.

use super::Known;
use jiff::civil::Date;
use model::facility::RecordKind;

/// True if the encounter is a stay: said so, or it ends on a later day.
pub(crate) fn is_stay(known: &Known<'_>) -> bool {
    known.row().kind == RecordKind::Encounter
        && (known.flag("inpatient") || known.day().zip(known.end).is_some_and(|(from, to)| to > from))
}

/// Every stay; one without an end lasts until today.
pub(crate) fn of(known: &[Known<'_>], today: Date) -> Vec<(Date, Date)> {
    known
        .iter()
        .filter(|each| is_stay(each))
        .filter_map(|each| each.day().map(|from| (from, each.end.unwrap_or(today).max(from))))
        .collect()
}
