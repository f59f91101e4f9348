//! Laboratory results as trends by item across facilities. Different specimens and units are never mixed.

use super::Known;
use crate::{
    chart::{
        axis::Axis,
        labs::{LabPoint, LabRow, LabValue, Side},
    },
    text::Lang,
    when,
};
use model::facility::RecordKind;
use std::collections::BTreeMap;

/// Trends drawn at first; the others are one link away and always in the table.
const DRAWN: usize = 12;

/// Points of one trend drawn at most.
const POINTS: usize = 90;

/// All results of one item, oldest first.
pub(crate) struct Series<'a> {
    pub results: Vec<Known<'a>>,
}

impl Series<'_> {
    /// The newest result before this one.
    pub fn before(&self, known: &Known<'_>) -> Option<&Known<'_>> {
        let at = self.results.iter().position(|each| each.entry.record == known.entry.record)?;
        self.results
            .get(..at)?
            .iter()
            .rev()
            .find(|each| each.day() < known.day() && super::absent(each.row()).is_none())
    }
}

/// JLAC10 (17 characters): analyte 5, identification 4, specimen 3, method 3, result 2. The first three
/// parts make one trend; methods may differ and are told in the table.
fn item(code: &str) -> Option<&str> {
    let code = code.rsplit('|').next().unwrap_or_default().trim();
    let mut bytes = code.bytes();
    let shape = (bytes.next()?.is_ascii_digit(), bytes.next()?.is_ascii_uppercase());
    let whole = (15..=17).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if shape == (true, true) && whole { code.get(..12) } else { None }
}

/// Every item. A result without an official code is compared with its own facility's only.
pub(crate) fn series<'a>(known: &[Known<'a>]) -> BTreeMap<String, Series<'a>> {
    let mut map: BTreeMap<String, Series<'a>> = BTreeMap::new();
    // An order or the report around the results is no result.
    let result = |each: &&Known<'a>| {
        each.row().kind == RecordKind::Laboratory
            && each.at.is_some()
            && !each.flag("order")
            && !each.flag("report")
    };
    for each in known.iter().filter(result) {
        map.entry(key(each)).or_insert_with(|| Series { results: Vec::new() }).results.push(*each);
    }
    map
}

/// The key of the trend a result belongs to.
pub(crate) fn key(known: &Known<'_>) -> String {
    let row = known.row();
    let unit = row.unit.trim();
    match item(&row.code) {
        Some(item) => format!("0 {item} {unit}"),
        None => format!("1 {} {} {unit}", known.entry.facility, known.name()),
    }
}

/// Where a result lies: what the source says, else its own reference range.
pub(crate) fn side(known: &Known<'_>) -> Side {
    let row = known.row();
    for flag in row.flags.split_whitespace() {
        match flag {
            "H" | "HH" | "HU" => return Side::Above,
            "L" | "LL" | "LU" => return Side::Below,
            "A" | "AA" => return Side::Abnormal,
            "N" => return Side::Within,
            _ => {}
        }
    }
    match row.number.filter(|_| !super::is_censored(&row.value)) {
        Some(value) if row.high.is_some_and(|high| value > high) => Side::Above,
        Some(value) if row.low.is_some_and(|low| value < low) => Side::Below,
        _ => Side::Within,
    }
}

/// The text of a result without its unit.
pub(crate) fn text(lang: Lang, known: &Known<'_>) -> String {
    let row = known.row();
    if let Some(reason) = super::absent(row) {
        return lang.t(reason).to_owned();
    }
    match (row.value.trim(), row.number) {
        ("", Some(number)) => crate::chart::number(number),
        ("", None) => "—".to_owned(),
        (value, _) => super::seen(value),
    }
}

fn value(lang: Lang, known: &Known<'_>) -> Option<LabValue> {
    Some(LabValue {
        day: known.day()?,
        text: text(lang, known),
        side: side(known),
        unread: known.entry.unread,
    })
}

/// Trends with a result on the axis: those that are new and out of range first, then by code.
pub(crate) fn rows(
    lang: Lang,
    series: &BTreeMap<String, Series<'_>>,
    axis: &Axis,
    all: bool,
) -> (Vec<LabRow>, Vec<String>, usize) {
    let on_axis = |each: &&Series<'_>| each.results.iter().any(|r| r.day().is_some_and(|d| axis.has(d)));
    let mut chosen: Vec<&Series<'_>> = series.values().filter(on_axis).collect();
    chosen.sort_by_key(|each| {
        let newest = each.results.last();
        let out = newest.is_some_and(|newest| side(newest) != Side::Within);
        let unread = newest.is_some_and(|newest| newest.entry.unread);
        (!(out && unread), !out, each.results.len() < 2)
    });
    let more = if all { 0 } else { chosen.len().saturating_sub(DRAWN) };
    chosen.truncate(chosen.len() - more);
    let mut sources: Vec<String> = Vec::new();
    let rows = chosen.iter().filter_map(|each| row(lang, each, axis, &mut sources)).collect();
    (rows, sources, more)
}

fn row(lang: Lang, series: &Series<'_>, axis: &Axis, sources: &mut Vec<String>) -> Option<LabRow> {
    let newest = series.results.last()?;
    let mut points = Vec::new();
    let mut words = Vec::new();
    for result in &series.results {
        let Some(day) = result.day().filter(|day| axis.has(*day)) else { continue };
        // A limit of detection is no measured point.
        let measured = result.row().number.filter(|number| number.is_finite());
        let Some(number) = measured.filter(|_| !super::is_censored(&result.row().value)) else {
            words.push((day, text(lang, result)));
            continue;
        };
        let name = &result.place.name;
        let source = sources.iter().position(|each| each == name).unwrap_or_else(|| {
            sources.push(name.clone());
            sources.len() - 1
        });
        points.push(LabPoint {
            day,
            value: number,
            text: text(lang, result),
            side: side(result),
            source,
            facility: name.clone(),
            unread: result.entry.unread,
        });
    }
    let drawn = points.len();
    let points = thin(points, axis);
    let ranged =
        series.results.iter().rev().map(Known::row).find(|row| row.low.is_some() || row.high.is_some());
    let (low, high) = ranged.map_or((None, None), |row| (row.low, row.high));
    let ranges_differ = series
        .results
        .iter()
        .map(Known::row)
        .any(|row| (row.low.is_some() || row.high.is_some()) && (row.low, row.high) != (low, high));
    Some(LabRow {
        name: newest.name().to_owned(),
        unit: newest.row().unit.trim().to_owned(),
        low,
        high,
        ranges_differ,
        thinned: drawn - points.len(),
        points,
        words,
        newest: value(lang, newest)?,
        previous: series.before(newest).and_then(|before| value(lang, before)),
        unread: series.results.iter().filter(|each| each.entry.unread).count(),
    })
}

/// Keeps, for each small stretch, the lowest, the highest, what is unread, and the very last.
fn thin(points: Vec<LabPoint>, axis: &Axis) -> Vec<LabPoint> {
    if points.len() <= POINTS {
        return points;
    }
    let width = (axis.days() / (POINTS as i32 / 3)).max(1);
    let mut stretches: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
    for (at, point) in points.iter().enumerate() {
        stretches.entry(when::between(axis.first, point.day) / width).or_default().push(at);
    }
    let mut keep = vec![false; points.len()];
    let mut mark = |at: Option<usize>| {
        if let Some(slot) = at.and_then(|at| keep.get_mut(at)) {
            *slot = true;
        }
    };
    let value = |at: &usize| points.get(*at).map_or(0.0, |point| point.value);
    for members in stretches.values() {
        mark(members.iter().copied().min_by(|a, b| value(a).total_cmp(&value(b))));
        mark(members.iter().copied().max_by(|a, b| value(a).total_cmp(&value(b))));
    }
    mark(points.len().checked_sub(1));
    for (at, _) in points.iter().enumerate().filter(|(_, point)| point.unread) {
        mark(Some(at));
    }
    points.into_iter().zip(keep).filter_map(|(point, keep)| keep.then_some(point)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_analyte_identification_and_specimen() {
        assert_eq!(item("3H015000002326101"), Some("3H0150000023"));
        assert_eq!(item("urn:oid:1.2.392.200119.4.504|3H015000002326101"), Some("3H0150000023"));
        assert_ne!(item("3H015000002326101"), item("3H015000000126101"));
        for other in ["", "K", "2823-3", "123456789012345"] {
            assert_eq!(item(other), None, "{other}");
        }
    }
}
