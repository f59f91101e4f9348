//! Life and care rows out of vital signs, nursing and care records.

use super::Known;
use crate::{
    chart::{
        axis::Axis,
        life::{LifeRow, LifeShape},
    },
    when,
};
use jiff::civil::Date;
use model::facility::RecordKind;
use std::collections::BTreeMap;

/// Rows drawn at most; the others are in the table.
const DRAWN: usize = 10;

/// Weight first, then what is counted, then sleep, then the rest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Weight,
    Counts,
    Sleep,
    Other,
}

type Key<'a> = (Rank, &'a str, &'a str);

/// What row a record belongs to, and how it is drawn; `None` for notes, which are signs in the matrix.
fn key<'a>(known: &Known<'a>) -> Option<(Key<'a>, LifeShape)> {
    use RecordKind as K;
    let row = known.row();
    if !matches!(row.kind, K::Vital | K::Care | K::Nursing | K::Diet) {
        return None;
    }
    let (code, unit) = (row.code.rsplit('|').next().unwrap_or_default(), row.unit.trim());
    // LOINC 29463-7 body weight, 93832-4 sleep duration.
    match row.number.filter(|number| number.is_finite()) {
        Some(_) if row.label.contains("体重") || code == "29463-7" => {
            Some(((Rank::Weight, "体重", unit), LifeShape::Line))
        }
        Some(_) if row.label.contains("睡眠") || code == "93832-4" => {
            Some(((Rank::Sleep, "睡眠", unit), LifeShape::Shades))
        }
        Some(_) => Some(((Rank::Other, known.name(), unit), LifeShape::Line)),
        None if row.label.starts_with("BPSD") => Some(((Rank::Counts, "BPSD", ""), LifeShape::Counts)),
        None if known.flag("event") => Some(((Rank::Counts, known.name(), ""), LifeShape::Counts)),
        None => None,
    }
}

pub(crate) fn rows(known: &[Known<'_>], axis: &Axis) -> (Vec<LifeRow>, usize) {
    let mut map: BTreeMap<Key<'_>, (LifeShape, Vec<Known<'_>>)> = BTreeMap::new();
    for each in known.iter().filter(|each| each.at.is_some()) {
        if let Some((key, shape)) = key(each) {
            map.entry(key).or_insert_with(|| (shape, Vec::new())).1.push(*each);
        }
    }
    let mut list: Vec<LifeRow> = map
        .into_iter()
        .map(|((_, name, unit), (shape, records))| row(name, unit, shape, &records, axis))
        .filter(|row| !row.days.is_empty())
        .collect();
    let more = list.len().saturating_sub(DRAWN);
    list.truncate(DRAWN);
    (list, more)
}

fn row(name: &str, unit: &str, shape: LifeShape, records: &[Known<'_>], axis: &Axis) -> LifeRow {
    let mut by_day: BTreeMap<Date, (f64, f64)> = BTreeMap::new();
    for (day, record) in records.iter().filter_map(|record| Some((record.day()?, record))) {
        let (sum, count) = by_day.entry(day).or_insert((0.0, 0.0));
        *sum += record.row().number.unwrap_or(1.0);
        *count += 1.0;
    }
    let value = |(sum, count): &(f64, f64)| if shape == LifeShape::Counts { *count } else { sum / count };
    let newest = by_day.last_key_value().map(|(day, both)| (*day, value(both)));
    let before = newest.filter(|_| shape == LifeShape::Line).and_then(|(day, _)| {
        let limit = when::plus(day, -14);
        by_day.range(..=limit).next_back().map(|(day, both)| (*day, value(both)))
    });
    let count_in = |from: i32, to: i32| {
        let (from, to) = (when::plus(axis.today, from), when::plus(axis.today, to));
        by_day.range(from..=to).map(|(_, both)| both.1 as usize).sum()
    };
    let weeks = (shape == LifeShape::Counts).then(|| (count_in(-6, 0), count_in(-13, -7)));
    let mut sources: Vec<String> = Vec::new();
    for record in records.iter().rev() {
        if !sources.contains(&record.place.name) {
            sources.push(record.place.name.clone());
        }
    }
    LifeRow {
        name: name.to_owned(),
        unit: unit.to_owned(),
        sources,
        shape,
        days: by_day
            .iter()
            .filter(|(day, _)| axis.has(**day))
            .map(|(day, both)| (*day, value(both)))
            .collect(),
        newest,
        before,
        weeks,
        unread: records.iter().filter(|record| record.entry.unread).count(),
    }
}
