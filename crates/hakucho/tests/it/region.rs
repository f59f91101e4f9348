//! `hakucho region` writes files, and what a whole region's files become: the normal path, from outside.

use crate::process::{Place, command, finish};
use crate::snapshot::Snapshot;
use std::collections::BTreeSet;

/// Rows of a CSV of the region.
fn rows(text: &str) -> Vec<Vec<String>> {
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn the_same_seed_gives_the_same_region_and_a_full_place_is_left_alone() {
    let place = Place::new();
    let make = |name: &str, seed: &str| {
        let out = place.path(name);
        let mut command = command();
        command.args(["region", "--residents", "3", "--today", "2026-11-01", "--seed", seed]);
        finish(command.arg("--out").arg(&out)).ends(0);
        std::fs::read_to_string(out.join("truth.csv")).unwrap()
    };
    let one = make("one", "7");
    assert_eq!(one, make("two", "7"));
    assert_ne!(one, make("three", "8"));
    let mut again = command();
    again.args(["region", "--residents", "3", "--seed", "7"]).arg("--out").arg(place.path("one"));
    finish(&mut again).ends(2);
}

#[test]
fn every_file_of_a_region_is_kept_and_comes_out_again() {
    let place = Place::new();
    let region = place.path("region");
    let mut make = command();
    make.args(["region", "--residents", "12", "--seed", "1", "--today", "2026-11-01"]);
    finish(make.arg("--out").arg(&region)).ends(0);
    let mut kept = 0;
    for source in rows(&std::fs::read_to_string(region.join("sources.csv")).unwrap()) {
        let imported = place.import(&source[0], &source[1], &source[2], &[&region.join(&source[3])]).ends(0);
        assert_eq!(imported.total("files"), imported.total("kept"), "{source:?}");
        for file in imported.report["files"].as_array().unwrap() {
            assert!(file["records"].as_u64() > Some(0), "{file}");
        }
        kept += imported.total("kept");
    }
    let snapshot = Snapshot::of(&place);
    assert_eq!(snapshot.deliveries.len() as u64, kept);
    assert_eq!(snapshot.dangling(), BTreeSet::new(), "references that lead nowhere");
    // One Patient per registration: each number of each facility, and each notebook's described owner.
    let truth = rows(&std::fs::read_to_string(region.join("truth.csv")).unwrap());
    let registrations: BTreeSet<_> = truth.iter().map(|row| (&row[0], &row[1], &row[2])).collect();
    assert_eq!(snapshot.all("Patient").count(), registrations.len());
    let bundles = snapshot.all("Bundle").count();
    assert!(bundles > 100, "Bundles are kept: {bundles}");
    assert!(snapshot.all("Observation").count() > 1000, "and split");
    place.run("audit verify").ends(0);
}
