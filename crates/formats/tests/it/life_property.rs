//! LIFE CSV: reading after writing gives what was read, for any row; no bytes panic.

use crate::life::{KEYS, USER, again, file, input, interfaces, print, reading};
use formats::life::{TextCharset, read};
use model::reading::Reading;
use proptest::prelude::*;

/// What a field may say: nothing, null, two spaces, a value of its kind, or anything.
fn cell() -> impl Strategy<Value = (u8, String)> {
    (0_u8..8, "[ぁ-んァ-ン佐倉花子架空能表ソa-z0-9０-９,\"\n　 ~ー～／.\\-]{0,12}")
}

/// The reading without its line numbers: a row that says nothing is not written, nor a line end in a code.
fn unplaced(reading: &Reading) -> (Vec<String>, Vec<String>) {
    let mut reading = reading.clone();
    for statement in &mut reading.statements {
        statement.order.sequence = statement.order.sequence.split_off(9);
        for record in &mut statement.records {
            record.at = record.at.split_whitespace().skip(2).collect();
        }
    }
    for problem in &mut reading.problems {
        problem.at = problem.at.split_whitespace().skip(2).collect();
    }
    print(&reading)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn read_after_write_is_identity(
        which in any::<prop::sample::Index>(),
        rows in proptest::collection::vec(
            (proptest::collection::vec(cell(), 40), any::<prop::sample::Index>(), 1_u8..4), 1..4),
        ms932 in any::<bool>(),
    ) {
        let all = interfaces();
        let (interface, columns) = &all[which.index(all.len())];
        let ids: Vec<&str> = columns.iter().map(|column| column.id).collect();
        let first = columns.iter().position(|column| !matches!(column.kind, 'k' | 'p')).unwrap();
        let rows: Vec<Vec<String>> = rows.iter().enumerate().map(|(number, (cells, start, person))| {
            let start = start.index(columns.len());
            let value = |place: usize| {
                let column = &columns[place];
                let (choice, text) = &cells[(place + start) % cells.len()];
                match (column.kind, *choice) {
                    // Two rows of one number are one row of the form: written, they are that one.
                    ('k', _) if column.id.ends_with("management_number") => format!("N-{number}"),
                    // Two rows of one person in 利用者情報 are written with one Patient.
                    ('k', _) if column.id == "insured_no" => format!("{:010}", if *interface == USER { number } else { usize::from(*person) }),
                    ('k', _) => column.value.clone(),
                    // Each row says something: one that says nothing is no row.
                    _ if place == first => column.value.clone(),
                    (_, 0..=2) => String::new(),
                    (_, 3) => " ".to_owned(),
                    (_, 4) => "  ".to_owned(),
                    // A name in pieces that blanks make is no name; the person has a test of their own.
                    ('p', _) | (_, 5 | 6) => column.value.clone(),
                    _ => text.clone(),
                }
            };
            (0..columns.len()).map(value).collect()
        }).collect();
        let before = reading(&file(interface, &ids, &rows));
        let charset = if ms932 { TextCharset::Ms932 } else { TextCharset::Utf8WithMark };
        let after = again(interface, &before, charset);
        let (before, after) = (unplaced(&before), unplaced(&after));
        prop_assert_eq!(before.0, after.0);
        // What the person's columns could not say is not written: there is nothing to complain of again.
        let own = |problem: &String| columns.iter().any(|column| column.kind == 'p' && problem.ends_with(column.id));
        prop_assert_eq!(before.1.into_iter().filter(|each| !own(each)).collect::<Vec<_>>(), after.1);
    }

    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let head = format!("FORM_0100_2021\n{},weight\n", KEYS.map(|(key, _)| key).join(","));
        let _ = read(&input(&[head.as_bytes(), bytes.as_slice()].concat()));
        let _ = read(&input(&bytes));
    }

    #[test]
    fn never_panics_on_mutated_text(which in 0_usize..22, at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let (interface, columns) = &interfaces()[which];
        let ids: Vec<&str> = columns.iter().map(|column| column.id).collect();
        let row = columns.iter().map(|column| column.value.clone()).collect();
        let mut bytes = file(interface, &ids, &[row]).into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(reading) = read(&input(&bytes)) {
            prop_assert!(reading.statements.iter().all(|each| each.set.len() < 700));
        }
    }
}

#[test]
fn a_file_of_open_quotes_is_read_in_time() {
    let keys = KEYS.map(|(key, _)| key).join(",");
    let text = format!("FORM_0100_2021\n{keys}\n{}", "1,\"\n".repeat(30_000));
    assert!(read(&input(text.as_bytes())).unwrap().problems.len() > 1000);
}
