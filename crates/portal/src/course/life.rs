//! Life and care rows out of vital signs, nursing and care records.

use super::Known;
use crate::{
    chart::{
        axis::Axis,
        life::{LifeDay, LifeRow, LifeShape},
    },
    when,
};
use jiff::civil::Date;
use model::facility::RecordKind;
use std::collections::BTreeMap;

/// Rows drawn at most; the others are in the table.
const DRAWN: usize = 16;

/// What the rows are, in the order in which they are read at the bedside: LOINC codes, and parts of the names.
const ORDER: &[(&[&str], &[&str])] = &[
    (&["85354-9"], &["血圧"]),
    (&["8480-6"], &["収縮期", "最高血圧", "血圧上"]),
    (&["8462-4"], &["拡張期", "最低血圧", "血圧下"]),
    (&["8867-4"], &["脈拍", "心拍"]),
    (&["8310-5"], &["体温"]),
    (&["59408-5", "2708-6"], &["SpO2", "ＳｐＯ２", "酸素飽和度"]),
    (&["9279-1"], &["呼吸"]),
    (&["29463-7"], &["体重"]),
    (&[], &["朝食"]),
    (&[], &["昼食"]),
    (&[], &["夕食"]),
    (&[], &["食事"]),
    (&[], &["水分", "飲水"]),
    (&[], &["排泄", "排便", "排尿"]),
    (&["93832-4"], &["睡眠"]),
    (&[], &["BPSD"]),
];

/// The kinds of records that the rows are made of.
pub(crate) const KINDS: &[RecordKind] =
    &[RecordKind::Vital, RecordKind::Care, RecordKind::Nursing, RecordKind::Diet];

/// Place in [`ORDER`], name, unit.
type Key<'a> = (usize, &'a str, &'a str);

/// The place of a row: by its code, else by the longest part of its name that is known.
fn place(label: &str, code: &str) -> usize {
    let by_code = ORDER.iter().position(|(codes, _)| codes.contains(&code));
    let by_name = || {
        let found = ORDER.iter().enumerate().filter_map(|(at, (_, parts))| {
            let longest = parts.iter().filter(|part| label.contains(**part)).map(|part| part.len()).max()?;
            Some((longest, at))
        });
        found.max().map(|(_, at)| at)
    };
    by_code.or_else(by_name).unwrap_or(ORDER.len())
}

/// What row a record belongs to, and how it is drawn; `None` for notes, which are signs in the matrix.
fn key<'a>(known: &Known<'a>) -> Option<(Key<'a>, LifeShape)> {
    let row = known.row();
    if !KINDS.contains(&row.kind) {
        return None;
    }
    let (code, unit) = (row.code.rsplit('|').next().unwrap_or_default(), row.unit.trim());
    let at = place(&row.label, code);
    // LOINC 29463-7 body weight, 93832-4 sleep duration.
    match row.number.filter(|number| number.is_finite()) {
        Some(_) if row.label.contains("体重") || code == "29463-7" => {
            Some(((at, "体重", unit), LifeShape::Line))
        }
        Some(_) if row.label.contains("睡眠") || code == "93832-4" => {
            Some(((at, "睡眠", unit), LifeShape::Shades))
        }
        Some(_) => Some(((at, known.name(), unit), LifeShape::Line)),
        None if row.label.starts_with("BPSD") => Some(((at, "BPSD", ""), LifeShape::Counts)),
        None if known.flag("event") => Some(((at, known.name(), ""), LifeShape::Counts)),
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

/// A row of what was measured, each day from its lowest to its highest value: a mean of a morning without and an evening
/// with fever is a temperature that nobody had.
fn row(name: &str, unit: &str, shape: LifeShape, records: &[Known<'_>], axis: &Axis) -> LifeRow {
    let counted = shape == LifeShape::Counts;
    let mut days: BTreeMap<Date, LifeDay> = BTreeMap::new();
    // Oldest first, as the records are.
    let mut measured: Vec<(Date, f64)> = Vec::new();
    for (day, record) in records.iter().filter_map(|record| Some((record.day()?, record))) {
        let value = record.row().number.unwrap_or(1.0);
        let all = days.entry(day).or_insert(LifeDay { day, low: value, high: value, records: 0 });
        all.records += 1;
        if counted {
            (all.low, all.high) = (all.records as f64, all.records as f64);
        } else {
            (all.low, all.high) = (all.low.min(value), all.high.max(value));
            measured.push((day, value));
        }
    }
    let count_in = |from: i32, to: i32| {
        let (from, to) = (when::plus(axis.today, from), when::plus(axis.today, to));
        days.range(from..=to).map(|(_, all)| all.records).sum()
    };
    let weeks = counted.then(|| (count_in(-6, 0), count_in(-13, -7)));
    let newest = measured.pop();
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
        newest,
        before: measured.pop().filter(|_| shape == LifeShape::Line),
        newest_day: newest.and_then(|(day, _)| days.get(&day).copied()),
        days: days.into_values().filter(|all| axis.has(all.day)).collect(),
        weeks,
        unread: records.iter().filter(|record| record.entry.unread).count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_the_order_of_the_bedside() {
        let labels = [
            "最高血圧",
            "拡張期血圧",
            "脈拍数",
            "体温",
            "SpO2",
            "呼吸数",
            "体重",
            "朝食摂取量",
            "昼食",
            "夕食",
            "水分摂取量",
        ];
        let places: Vec<usize> = labels.iter().map(|label| place(label, "")).collect();
        assert!(places.is_sorted_by(|a, b| a < b), "{places:?}");
        assert_eq!(place("BP", "8480-6"), place("収縮期血圧", ""));
        assert!(place("BPSD（興奮）", "") < place("歩数", "") && place("夕食", "") < place("睡眠時間", ""));
    }
}
