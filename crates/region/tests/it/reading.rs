//! Every file of a region is read by the reader of its format, about the right person, with nothing to report.
//! The writers here and the readers there share no code: each is a check of the other.

use crate::region;
use model::chart;
use model::reading::{Format, Input, PatientKey, Reading};
use region::RegionFile;
use std::collections::{BTreeMap, BTreeSet};

/// Formats whose reader is there.
const READ: &[Format] = &[Format::SsMix2, Format::Okusuri, Format::Resident, Format::Fhir, Format::Consent];

fn read(file: &RegionFile) -> Reading {
    let input = Input { path: &file.path, bytes: &file.bytes, source_time: "" };
    match formats::read(file.format, &input) {
        Ok(reading) => reading,
        Err(refused) => panic!("{} {}: {refused}", file.root(), file.path),
    }
}

#[test]
fn every_file_is_read_without_a_problem() {
    let mut counts = BTreeMap::new();
    for file in region(1, 150).files().iter().filter(|file| READ.contains(&file.format)) {
        let reading = read(file);
        // PT-INR and the like have no unit; the reader rightly asks.
        let odd: Vec<_> = reading.problems.iter().filter(|problem| problem.code != "missing-unit").collect();
        assert!(odd.is_empty(), "{} {}: {odd:?}", file.root(), file.path);
        let said = reading.statements.len() + reading.consents.len();
        assert!(said > 0, "nothing read from {} {}", file.root(), file.path);
        *counts.entry(file.format.word()).or_insert(0) += 1;
    }
    assert_eq!(counts.len(), READ.len(), "{counts:?}");
}

#[test]
fn every_statement_is_about_a_registration_in_truth() {
    let region = region(1, 150);
    let out = tempfile::tempdir().unwrap();
    region.write(out.path(), |_, _| {}).unwrap();
    let truth = std::fs::read_to_string(out.path().join("truth.csv")).unwrap();
    let known: BTreeSet<(&str, &str)> = truth
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect::<Vec<_>>())
        .map(|row| (row[0], row[1]))
        .collect();
    for file in region.files().iter().filter(|file| READ.contains(&file.format)) {
        for statement in read(file).statements {
            match &statement.patient {
                PatientKey::Local(id) => {
                    assert!(known.contains(&(file.facility.as_str(), id.reveal().as_str())), "{}", file.path);
                }
                PatientKey::Described(_) => assert_eq!(file.format, Format::Okusuri),
                PatientKey::Disputed { .. } => panic!("disputed: {}", file.path),
                // A notebook without address and telephone names nobody well enough.
                PatientKey::Nobody => assert_eq!(file.format, Format::Okusuri),
            }
        }
    }
}

#[test]
fn the_chart_of_the_worked_example_shows_weight_sleep_events_and_drugs() {
    let mut labels = BTreeMap::new();
    for file in region(1, 1).files().iter().filter(|file| READ.contains(&file.format)) {
        for statement in read(file).statements {
            for record in statement.records {
                for row in chart::rows(&record.resource) {
                    labels
                        .entry((row.kind.word(), row.label.clone()))
                        .or_insert_with(Vec::new)
                        .push(row.value);
                }
            }
        }
    }
    for wanted in [
        ("care", "体重"),
        ("care", "睡眠時間"),
        ("care", "BPSD"),
        ("nursing", "訪問看護記録"),
        ("document", "退院時サマリー"),
        ("document", "診療情報提供書"),
        ("document", "経過記録"),
        ("medication", "抑肝散エキス顆粒"),
    ] {
        let found = labels.iter().any(|((kind, label), _)| (*kind, label.as_str()) == wanted);
        assert!(found, "{wanted:?} is not among {:?}", labels.keys());
    }
    let weight: Vec<f64> =
        labels[&("care", "体重".to_owned())].iter().map(|kg| kg.parse().unwrap()).collect();
    assert!(weight.iter().all(|kg| (46.0..51.0).contains(kg)), "{weight:?}");
}
