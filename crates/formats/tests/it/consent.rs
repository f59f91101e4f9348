//! Consent CSV: what is said, and that doubt shows less.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use formats::consent::read;
use model::reading::{ConsentEntry, Input, Reading};
use proptest::prelude::*;

fn input(bytes: &[u8]) -> Input<'_> {
    Input { path: "consents.csv", bytes, source_time: "" }
}

fn rows(rows: &str) -> Reading {
    read(&input(format!("local_id,entry,facilities,reason,from,until\n{rows}\n").as_bytes())).unwrap()
}

#[test]
fn permits_refusals_and_relationships() {
    let reading = rows(
        "0001,permit,,,2026-04-01,\n\
         0001,不同意,C017 D003,,R080501,\n\
         ０００２,relationship,VN02 C017,care-contract,202604,202703",
    );
    assert_eq!(reading.problems, vec![]);
    let entries: Vec<&ConsentEntry> = reading.consents.iter().map(|row| &row.entry).collect();
    assert_eq!(entries[0], &ConsentEntry::Permit(vec![]));
    assert!(matches!(entries[1], ConsentEntry::Deny(list) if list.len() == 2));
    assert!(matches!(entries[3], ConsentEntry::Relationship { facility, reason }
        if facility.as_str() == "C017" && reason == "care-contract"));
    let last = &reading.consents[3];
    assert_eq!((last.from.as_str(), last.until.as_deref(), last.line), ("2026-04-01", Some("2027-03-31"), 4));
    assert_eq!(last.local_id.reveal(), "0002");
    assert_eq!(reading.record_count(), 4);
}

#[test]
fn doubt_never_permits() {
    for row in [
        "0001,permit,病院,,2026-04-01,",
        "0001,permit,,,,",
        "0001,permit,,,2026-02-30,",
        "0001,permit,,,2026-04-01,2026-13-01",
        "0001,relationship,,visit,2026-04-01,",
        "0001,relationship,C017,because,2026-04-01,",
        "0001,perhaps,,,2026-04-01,",
        ",permit,,,2026-04-01,",
        "0001,permit,\"C017,,2026-04-01,",
    ] {
        let reading = rows(row);
        assert_eq!(reading.consents, vec![], "{row}");
        assert!(!reading.problems.is_empty(), "{row}");
    }
}

#[test]
fn what_ends_before_it_begins_ends_what_was_said_before() {
    for (row, reported) in [
        ("0001,permit,,,2026-04-03,2026-04-01", true),
        ("0001,relationship,C017,visit,2026-04-03,2026-03-01", true),
        ("0001,permit,,,2026-04-01,2026-03-31", false),
    ] {
        let reading = rows(row);
        assert!(reading.consents[0].until.as_ref() < Some(&reading.consents[0].from), "{row}");
        assert_eq!(!reading.problems.is_empty(), reported, "{row}");
    }
}

#[test]
fn doubt_never_loses_a_refusal() {
    for (row, from, until) in [
        ("0001,deny,病院,,2026-04-01,2026-05-01", "2026-04-01", Some("2026-05-01")),
        ("0001,deny,C017 病院,,2026-02-30,", "1900-01-01", None),
        ("0001,deny,,,,", "1900-01-01", None),
        ("0001,deny,,,2026-04-01,いつか", "2026-04-01", None),
    ] {
        let reading = rows(row);
        assert_eq!(reading.consents[0].entry, ConsentEntry::Deny(vec![]), "{row}");
        assert_eq!((reading.consents[0].from.as_str(), reading.consents[0].until.as_deref()), (from, until));
    }
}

#[test]
fn other_files_are_refused() {
    assert_eq!(read(&input(b"local_id,name\n1,2\n")).unwrap_err().code, "not-consent");
    assert!(!rows("").problems.is_empty(), "an empty file says why it has no record");
    assert_eq!(rows("0001,permit,,visit,2026-04-01,").problems[0].at, "line 2 reason");
}

proptest! {
    #[test]
    fn never_panics(text in ".*") {
        let _ = read(&input(format!("local_id,entry,facilities,reason,from,until\n{text}").as_bytes()));
    }

    #[test]
    fn a_broken_row_never_permits_everybody(facilities in "[病院/ ]{1,12}") {
        let reading = rows(&format!("1,permit,{facilities},,20260401,"));
        let all = ConsentEntry::Permit(vec![]);
        prop_assert!(facilities.trim().is_empty() || reading.consents.iter().all(|row| row.entry != all));
    }
}
