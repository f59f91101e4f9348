//! What holds for any rows, whatever they look like.

use super::{K, page, view};
use crate::builder::{all, course, course_as, entry, source};
use model::{FacilityId, facility::RecordKind};
use portal::course::{
    Entry, Sight,
    view::{Group, Mode, Range, View},
};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn any_entry() -> impl Strategy<Value = Entry> {
    let time = prop_oneof![
        6 => (2024i16..2027, 1i8..=12, 1i8..=28).prop_map(|(y, m, d)| format!("{y}-{m:02}-{d:02}")),
        1 => (2024i16..2027, 0u8..24).prop_map(|(y, h)| format!("{y}-11-20T{h:02}:30:00+09:00")),
        1 => "\\PC{0,12}",
    ];
    let kind = proptest::sample::select(RecordKind::ALL);
    let parts = (
        0u128..400,
        proptest::sample::select(vec!["a", "b", "c"]),
        kind,
        time,
        "\\PC{0,8}",
        proptest::option::of(-1e6..1e6f64),
    );
    let more = (
        proptest::option::of("202[4-6]-1[0-2]-[0-2][0-8]"),
        proptest::sample::select(vec!["", K, "3339002F2026", "x"]),
        proptest::sample::select(vec!["", "mg", "mmol/L"]),
        proptest::sample::select(vec!["", "H", "inpatient", "event"]),
        any::<bool>(),
    );
    (parts, more).prop_map(
        |((number, facility, kind, time, label, value), (end, code, unit, flags, unread))| {
            let mut entry = entry(number, facility, kind, &time, &label);
            entry.row.end = end;
            entry.row.code = code.to_owned();
            entry.row.unit = unit.to_owned();
            entry.row.flags = flags.to_owned();
            entry.row.number = value;
            entry.unread = unread;
            entry
        },
    )
}

fn distinct(entries: Vec<Entry>) -> Vec<Entry> {
    let mut seen = BTreeSet::new();
    entries.into_iter().filter(|entry| seen.insert(entry.record)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Every row is in the table exactly once, whatever it looks like.
    #[test]
    fn no_row_is_lost(entries in proptest::collection::vec(any_entry(), 0..300), group in proptest::sample::select(&Group::ALL[..])) {
        let entries = distinct(entries);
        let sources = [source("a", "甲"), source("b", "乙")];
        let view = View { group, range: Range::All, mode: Mode::Table, ..view() };
        let first = course(&entries, &sources, view).table.unwrap();
        prop_assert_eq!(first.total, entries.len());
        let mut seen = Vec::new();
        for number in 1..=first.pages {
            let table = course(&entries, &sources, View { page: number, ..view }).table.unwrap();
            seen.extend(table.groups.iter().flat_map(|group| group.rows.iter().map(|row| row.record)));
        }
        prop_assert_eq!(seen.len(), entries.len());
        let seen: BTreeSet<_> = seen.into_iter().collect();
        prop_assert_eq!(seen, entries.iter().map(|entry| entry.record).collect::<BTreeSet<_>>());
    }

    /// Every row whose day is known is counted by one sign of the matrix, and by one stretch of the axis.
    #[test]
    fn no_dated_row_is_without_a_sign(entries in proptest::collection::vec(any_entry(), 0..200), group in proptest::sample::select(&Group::ALL[..])) {
        let entries = distinct(entries);
        let view = View { group, range: Range::All, ..view() };
        let course = course(&entries, &[source("a", "甲")], view);
        let drawn: usize = course.rows.iter().flat_map(|row| &row.marks).map(|mark| mark.records).sum();
        prop_assert_eq!(drawn + course.undated, entries.len());
        let counted: usize = course.stretches.iter().map(|stretch| stretch.records).sum();
        prop_assert_eq!(counted, drawn);
        let unread = course.rows.iter().map(|row| row.unread).sum::<usize>();
        prop_assert_eq!(unread, entries.iter().filter(|entry| entry.unread).count());
    }

    /// Signs in one lane never touch.
    #[test]
    fn signs_do_not_cover_each_other(entries in proptest::collection::vec(any_entry(), 0..200), range in proptest::sample::select(&Range::ALL[..])) {
        let course = course(&distinct(entries), &[], View { range, ..view() });
        for row in &course.rows {
            for (at, mark) in row.marks.iter().enumerate() {
                for other in row.marks.iter().skip(at + 1).filter(|other| other.lane == mark.lane) {
                    let days = (other.day - mark.day).get_days().abs();
                    // The number beside a sign needs half as much room again.
                    let number = mark.days > 1 && !mark.joined && !other.joined;
                    let room = if number { course.axis.sign_days() * 3 / 2 } else { course.axis.sign_days() };
                    prop_assert!(days >= room, "{mark:?} {other:?}");
                }
            }
        }
    }

    /// What may not be seen changes nothing but the words about its source, and no page panics.
    #[test]
    fn nothing_hidden_is_on_the_page(entries in proptest::collection::vec(any_entry(), 0..60), range in proptest::sample::select(&Range::ALL[..])) {
        let sight = |facility: &FacilityId, kind: RecordKind, sensitive: bool| match facility.as_str() {
            "b" => Sight::NotConsented,
            "c" => Sight::Sensitive,
            _ => all(facility, kind, sensitive),
        };
        let mut entries = distinct(entries);
        for entry in entries.iter_mut().filter(|entry| entry.facility.as_str() != "a") {
            entry.row.label = "秘密".to_owned();
            entry.row.value = "秘密".to_owned();
        }
        for mode in Mode::ALL {
            let view = View { range, mode, ..view() };
            let course = course_as(&entries, &[source("a", "甲"), source("b", "乙")], view, &sight);
            let html = page(course, view);
            prop_assert!(!html.contains("秘密"));
        }
    }
}
