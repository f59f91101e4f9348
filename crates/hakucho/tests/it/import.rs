//! The report, sentence by sentence of docs/import-report.md.

use crate::files::{bundle, consents, laboratory, notebook, register};
use crate::process::{Imported, Place};
use crate::snapshot::Snapshot;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

const MORNING: &str = "20260310123000014";

/// What must hold of every report.
pub fn sound(imported: &Imported) {
    let report = &imported.report;
    assert_eq!(report["version"], 1);
    let keys: BTreeSet<&str> = report.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, BTreeSet::from(["version", "files", "records", "totals"]));
    let mut counts: BTreeMap<&str, u64> =
        ["files", "kept", "known", "refused", "records", "problems"].map(|name| (name, 0)).into();
    for file in report["files"].as_array().unwrap() {
        let keys: BTreeSet<&str> = file.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, BTreeSet::from(["path", "format", "outcome", "reason", "records", "problems"]));
        let outcome = file["outcome"].as_str().unwrap();
        let (records, problems) = (file["records"].as_u64().unwrap(), file["problems"].as_array().unwrap());
        *counts.get_mut(outcome).unwrap() += 1;
        *counts.get_mut("files").unwrap() += 1;
        *counts.get_mut("records").unwrap() += records;
        *counts.get_mut("problems").unwrap() += problems.len() as u64;
        match outcome {
            "kept" => assert!(records > 0 || !problems.is_empty(), "kept in silence: {file}"),
            "known" => assert_eq!(records, 0, "{file}"),
            "refused" => assert!(file["reason"].as_str().unwrap().contains(": "), "{file}"),
            other => panic!("{other}"),
        }
        assert_eq!(outcome == "refused", file["reason"].is_string(), "{file}");
        for problem in problems {
            for part in ["code", "at", "text"] {
                assert!(problem[part].as_str().is_some_and(|text| !text.is_empty()), "{file}");
            }
        }
    }
    for (name, count) in counts {
        assert_eq!(report["totals"][name], count, "totals.{name}");
    }
    let by_type: u64 =
        report["records"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(report["totals"]["records"], by_type, "records by type");
}

/// A folder with a file of each format, one with nothing in it to read, and junk.
pub fn mixed(place: &Place) -> PathBuf {
    let (path, bytes) = laboratory("0000123", 1, MORNING, "4.1", '1');
    place.write(&format!("in/ssmix2/{path}"), bytes);
    place.write("in/notes/お薬手帳.csv", notebook("アムロジピン錠5mg"));
    place.write("in/notes/b.json", bundle("0000123", 72));
    place.write("in/r.csv", register("0001", "伊達市架空町1", "20260401"));
    place.write("in/c.csv", consents("0000123"));
    place.write("in/junk.txt", "買い物: 牛乳、卵");
    place.write("in/zero", "");
    place.path("in")
}

/// Import of a mixed folder, twice, with what comes out between: the same on every engine.
pub fn twice(place: &Place) {
    let folder = mixed(place);
    let first = place.import("F01", "all", "auto", &[&folder]).ends(0);
    sound(&first);
    assert_eq!((first.total("files"), first.total("kept"), first.total("refused")), (7, 5, 2));
    let before = Snapshot::of(place);
    let second = place.import("F01", "all", "auto", &[&folder]).ends(0);
    sound(&second);
    assert_eq!((second.total("known"), second.total("refused"), second.total("records")), (5, 2, 0));
    assert_eq!(Snapshot::of(place), before, "importing again changed something");
    place.run("audit verify").ends(0);
}

#[test]
fn importing_again_changes_nothing() {
    twice(&Place::new());
}

#[test]
fn each_file_is_named_with_its_format_and_fate() {
    let place = Place::new();
    let folder = mixed(&place);
    let imported = place.import("F01", "all", "auto", &[&folder]).ends(0);
    let (path, _) = laboratory("0000123", 1, MORNING, "", '1');
    for (path, format) in [
        (format!("ssmix2/{path}"), "ss-mix2"),
        ("notes/お薬手帳.csv".into(), "okusuri"),
        ("notes/b.json".into(), "fhir"),
        ("r.csv".into(), "resident"),
        ("c.csv".into(), "consent"),
    ] {
        let file = imported.file(&path);
        assert_eq!((&file["format"], &file["outcome"]), (&format.into(), &"kept".into()), "{file}");
    }
    for path in ["junk.txt", "zero"] {
        let file = imported.file(path);
        assert_eq!((&file["format"], &file["outcome"]), (&Value::Null, &"refused".into()), "{file}");
        assert!(imported.ran.out.contains(path), "refused by name in the summary: {}", imported.ran.out);
    }
    for told in ["ss-mix2 1", "okusuri 1", "resident 1", "fhir 1", "consent 1"] {
        assert!(imported.ran.out.contains(told), "auto says what it chose: {}", imported.ran.out);
    }
    let names: Vec<&str> = imported.report["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["path"].as_str().unwrap())
        .collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(names, sorted, "in the order of their names");
}

#[test]
fn records_are_counted_as_stated_and_by_type() {
    let place = Place::new();
    let file = place.write("b.json", bundle("0000123", 72));
    let imported = place.import("F01", "care", "fhir", &[&file]).ends(0);
    assert_eq!(imported.report["records"], serde_json::json!({"Bundle": 1, "Observation": 1, "Patient": 1}));
    assert_eq!(imported.file("b.json")["records"], 3);
    // The same statement under another name is another delivery: its records are counted, nothing changes.
    let before = Snapshot::of(&place);
    let other = place.write("other/again.json", bundle("0000123", 72));
    let imported = place.import("F01", "care", "fhir", &[&other]).ends(0);
    assert_eq!((imported.total("kept"), imported.total("records")), (1, 3));
    let after = Snapshot::of(&place);
    assert_eq!((&after.current, &after.past), (&before.current, &before.past));
    assert_eq!(after.deliveries.len(), 2);
}

#[test]
fn a_path_is_a_file_a_root_or_a_folder_above() {
    let (path, bytes) = laboratory("0000123", 1, MORNING, "4.1", '1');
    let name = path.rsplit('/').next().unwrap();
    let mut seen = Vec::new();
    for (root, listed) in [
        (format!("in/root/{path}"), name.to_owned()),
        ("in/root".into(), path.clone()),
        ("in".into(), format!("root/{path}")),
    ] {
        let place = Place::new();
        place.write(&format!("in/root/{path}"), &bytes);
        let imported = place.import("H01", "his", "ss-mix2", &[&place.path(&root)]).ends(0);
        sound(&imported);
        assert_eq!(imported.file(&listed)["outcome"], "kept");
        let snapshot = Snapshot::of(&place);
        seen.push((snapshot.current, snapshot.past));
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "the same records from wherever");
    let place = Place::new();
    place.write(&format!("in/root/{path}"), &bytes);
    place.import("H01", "his", "ss-mix2", &[&place.path("in/root")]).ends(0);
    let above = place.import("H01", "his", "auto", &[&place.path("in")]).ends(0);
    assert_eq!(above.total("known"), 1, "the same delivery from a folder above");
}

#[test]
fn another_path_source_facility_or_flag_is_another_delivery() {
    let place = Place::new();
    let file = |flag| {
        let (path, bytes) = laboratory("0000123", 1, MORNING, "4.1", flag);
        (place.write(&format!("{flag}/{path}"), bytes), place.path(&flag.to_string()))
    };
    let (_, one) = file('1');
    let (_, zero) = file('0');
    assert_eq!(place.import("H01", "his", "ss-mix2", &[&one]).ends(0).total("kept"), 1);
    assert_eq!(place.import("H01", "his", "ss-mix2", &[&one]).ends(0).total("known"), 1);
    assert_eq!(place.import("H01", "lis", "ss-mix2", &[&one]).ends(0).total("kept"), 1);
    assert_eq!(place.import("H02", "his", "ss-mix2", &[&one]).ends(0).total("kept"), 1);
    let before = Snapshot::of(&place);
    let deleted = place.import("H01", "his", "ss-mix2", &[&zero]).ends(0);
    assert_eq!(deleted.total("kept"), 1, "a rename to 0 with the same bytes is news");
    assert!(deleted.total("records") > 0, "removed records are stated too");
    let after = Snapshot::of(&place);
    let observations = |snapshot: &Snapshot| snapshot.all("Observation").count();
    assert_eq!(observations(&after), observations(&before) - 1, "and gone");
    assert!(after.past.len() > before.past.len(), "but not out of the history");
}

#[test]
fn an_unknown_facility_is_registered_on_the_way() {
    let place = Place::new();
    let file = place.write("r.csv", register("0001", "伊達市架空町1", "20260401"));
    let words = format!(
        "import --facility T01 --kind town-hall --name 伊達市役所 --source register --format resident {}",
        file.display()
    );
    place.run(&words).ends(0);
    let told = place.run("check").out;
    assert!(told.contains("施設 1"), "{told}");
    // Importing again without kind and name takes neither away: a town hall keeps its kind.
    place.import("T01", "register", "resident", &[&file]).ends(0);
    assert!(place.run("check").out.contains("施設 1、データ源 1"));
}

#[test]
fn a_facility_registered_without_a_kind_is_told() {
    let place = Place::new();
    let file = place.write("r.csv", register("0001", "伊達市架空町1", "20260401"));
    let first = place.import("T01", "register", "resident", &[&file]).ends(0);
    assert!(first.ran.err.contains("T01") && first.ran.err.contains("--kind"), "{}", first.ran.err);
    let again = place.import("T01", "register", "resident", &[&file]).ends(0);
    assert!(!again.ran.err.contains("--kind"), "{}", again.ran.err);
}

#[test]
fn the_file_of_the_report_must_be_writable() {
    let place = Place::new();
    let file = place.write("r.csv", register("0001", "伊達市架空町1", "20260401"));
    let words = format!(
        "import --facility T01 --source register --format resident --report {} {}",
        place.path("no/such/folder/report.json").display(),
        file.display()
    );
    let ran = place.run(&words).ends(2);
    assert!(ran.err.contains("report.json"), "{}", ran.err);
    let imported = place.import("T01", "register", "resident", &[&file]).ends(0);
    assert_eq!(imported.total("kept"), 1, "nothing was imported without its report");
}
