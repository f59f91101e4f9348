//! `hakucho export`: whole or not at all, our ids, the sender's beside them, nothing lost on the way.

use crate::files::{bundle, laboratory};
use crate::import::mixed;
use crate::process::{Place, finish};
use crate::snapshot::Snapshot;
use serde_json::Value;

#[test]
fn what_came_in_comes_out_with_our_ids() {
    let place = Place::new();
    let sent: Value = serde_json::from_str(&bundle("0000123", 72)).unwrap();
    let file = place.write("b.json", sent.to_string());
    place.import("F01", "care", "fhir", &[&file]).ends(0);
    let snapshot = Snapshot::of(&place);
    let patient = snapshot.all("Patient").next().unwrap();
    let observation = snapshot.all("Observation").next().unwrap();
    let kept = snapshot.all("Bundle").next().unwrap();
    assert_eq!(kept["entry"], sent["entry"], "a Bundle is kept as it came");
    for (resource, id) in [(patient, "Patient/p1"), (observation, "Observation/o1")] {
        assert_eq!(resource["id"].as_str().unwrap().len(), 36, "our id");
        let identifiers = resource["identifier"].as_array().unwrap();
        assert!(identifiers.iter().any(|one| one["value"] == id), "the sender's id: {identifiers:?}");
    }
    assert_eq!(observation["subject"]["reference"], format!("Patient/{}", patient["id"].as_str().unwrap()));
    let came = &sent["entry"][1]["resource"];
    for (name, value) in came.as_object().unwrap() {
        if !["id", "subject"].contains(&name.as_str()) {
            assert_eq!(&observation[name], value, "{name} came out otherwise");
        }
    }
}

#[test]
fn corrections_and_deletions_are_history() {
    let place = Place::new();
    let write = |root: &str, value, flag, time| {
        let (path, bytes) = laboratory("0000123", 1, time, value, flag);
        place.write(&format!("{root}/{path}"), bytes);
        place.import("H01", "his", "ss-mix2", &[&place.path(root)]).ends(0)
    };
    let potassium = |snapshot: &Snapshot| -> Vec<String> {
        snapshot.all("Observation").map(|one| one["valueQuantity"]["value"].to_string()).collect()
    };
    write("first", "4.1", '1', "20260310123000014");
    write("corrected", "3.1", '1', "20260310150000000");
    let snapshot = Snapshot::of(&place);
    assert_eq!(potassium(&snapshot), ["3.1"]);
    assert!(snapshot.past.iter().any(|one| one["valueQuantity"]["value"] == 4.1));
    // The storage renames the one that was replaced; that changes nothing of what holds.
    write("renamed", "4.1", '2', "20260310123000014");
    assert_eq!(potassium(&Snapshot::of(&place)), ["3.1"]);
    write("deleted", "3.1", '0', "20260310160000000");
    let snapshot = Snapshot::of(&place);
    assert_eq!(potassium(&snapshot), Vec::<String>::new());
    assert!(snapshot.past.iter().any(|one| one["valueQuantity"]["value"] == 3.1));
    // And A again after B and after its deletion: the person has it, the history tells all of it.
    write("again", "4.1", '1', "20260311090000000");
    let snapshot = Snapshot::of(&place);
    assert_eq!(potassium(&snapshot), ["4.1"]);
    assert_eq!(snapshot.dangling(), std::collections::BTreeSet::new());
}

#[test]
fn the_order_of_arrival_does_not_matter() {
    let steps = [
        ("4.1", '1', "20260310123000014"),
        ("3.1", '1', "20260310150000000"),
        ("3.1", '0', "20260310160000000"),
        ("4.1", '1', "20260311090000000"),
    ];
    let course = |order: &[usize]| {
        let place = Place::new();
        for step in order {
            let (value, flag, time) = steps[*step];
            let (path, bytes) = laboratory("0000123", 1, time, value, flag);
            place.write(&format!("{step}/{path}"), bytes);
            place.import("H01", "his", "ss-mix2", &[&place.path(&step.to_string())]).ends(0);
        }
        Snapshot::of(&place).current
    };
    let there = course(&[0, 1, 2, 3]);
    assert_eq!(course(&[3, 2, 1, 0]), there);
    assert_eq!(course(&[2, 0, 3, 1]), there);
}

#[test]
fn whole_or_not_at_all() {
    let place = Place::new();
    place.import("F01", "all", "auto", &[&mixed(&place)]).ends(0);
    place.write("full/something", "x");
    let export = |out: &str| {
        let mut command = place.command();
        finish(command.arg("export").arg("--data").arg(place.data()).arg("--out").arg(place.path(out)))
    };
    export("full").ends(2);
    assert_eq!(std::fs::read_dir(place.path("full")).unwrap().count(), 1, "left as it was");
    let file = place.write("a-file", "x");
    export("a-file").ends(2);
    assert_eq!(std::fs::read(file).unwrap(), b"x");
    std::fs::create_dir(place.path("empty")).unwrap();
    export("empty").ends(0);
    export("new/deep/down").ends(0);
    assert_eq!(Snapshot::read(&place.path("empty")), Snapshot::read(&place.path("new/deep/down")));
    // Bytes that were lost stop it, and no half of an export stays behind.
    let blobs = place.data().join("blobs");
    let large = "う".repeat(40_000);
    let file = place.write("large.json", bundle("0000123", 72).replace("残る", &noise(&large)));
    place.import("F01", "all", "fhir", &[&file]).ends(0);
    std::fs::remove_dir_all(&blobs).unwrap();
    let ran = export("after");
    assert_eq!(ran.code, 2, "{}", ran.told());
    assert!(!place.path("after").exists());
    let left: Vec<_> =
        std::fs::read_dir(place.path("")).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("part")), "{left:?}");
}

/// Text that does not compress to nothing.
fn noise(text: &str) -> String {
    let mut state = 1u64;
    let mix = |c: char| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(c as u64);
        char::from(b'a' + ((state >> 33) % 26) as u8)
    };
    text.chars().map(mix).chain(text.chars().map(|_| 'z')).collect()
}
