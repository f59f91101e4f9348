//! Small ways to write chart rows in tests.

#![expect(clippy::unwrap_used, reason = "fixed ids in tests")]

use jiff::civil::{Date, date};
use model::{
    FacilityId, PersonId, RecordId, SourceName,
    facility::{FacilityKind, RecordKind},
};
use portal::{
    chart::matrix::Feed,
    course::{ChartRow, Course, Entry, Given, Sight, SourceInfo, build, view::View},
    text::Lang,
};

pub const TODAY: Date = date(2026, 11, 23);

pub fn person() -> PersonId {
    PersonId(uuid::Uuid::from_u128(1))
}

pub fn entry(number: u128, facility: &str, kind: RecordKind, time: &str, label: &str) -> Entry {
    Entry {
        row: ChartRow {
            time: time.to_owned(),
            end: None,
            kind,
            code: String::new(),
            label: label.to_owned(),
            value: String::new(),
            unit: String::new(),
            low: None,
            high: None,
            number: None,
            flags: String::new(),
            sensitive: false,
        },
        record: RecordId(uuid::Uuid::from_u128(number)),
        facility: FacilityId::new(facility).unwrap(),
        source: SourceName::new("main").unwrap(),
        received: "2026-11-20T10:00:00+09:00".to_owned(),
        author: None,
        version: 1,
        unread: false,
    }
}

pub fn drug(number: u128, facility: &str, from: &str, to: &str, label: &str, dose: f64) -> Entry {
    let mut entry = entry(number, facility, RecordKind::Medication, from, label);
    entry.row.end = Some(to.to_owned()).filter(|to| !to.is_empty());
    entry.row.number = Some(dose);
    entry.row.unit = "mg".to_owned();
    entry
}

pub fn lab(number: u128, facility: &str, time: &str, code: &str, value: f64, unit: &str) -> Entry {
    let mut entry = entry(number, facility, RecordKind::Laboratory, time, "カリウム");
    entry.row.code = code.to_owned();
    entry.row.number = Some(value);
    entry.row.unit = unit.to_owned();
    entry
}

pub fn source(id: &str, name: &str) -> SourceInfo {
    SourceInfo {
        facility: FacilityId::new(id).unwrap(),
        name: name.to_owned(),
        kind: FacilityKind::Clinic,
        feed: Feed::Current,
    }
}

pub fn all(_: &FacilityId, _: RecordKind, _: bool) -> Sight {
    Sight::Shown
}

pub fn course(entries: &[Entry], sources: &[SourceInfo], view: View) -> Course {
    course_as(entries, sources, view, &all)
}

pub fn course_as(
    entries: &[Entry],
    sources: &[SourceInfo],
    view: View,
    sight: &dyn Fn(&FacilityId, RecordKind, bool) -> Sight,
) -> Course {
    build(&Given { entries, sources, sight, sensitive_line: true, today: TODAY, view, lang: Lang::Ja })
}
