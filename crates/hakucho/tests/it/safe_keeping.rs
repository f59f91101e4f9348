//! `hakucho backup` beside a running hub, `hakucho restore` into a new place: the same, and told so.

use crate::files::bundle;
use crate::import::mixed;
use crate::process::{Place, Running, finish, hakucho};
use crate::snapshot::Snapshot;
use std::path::Path;
use store::testing::Cluster;

fn backup(place: &Place, out: &Path) -> crate::process::Ran {
    finish(place.command().args(["backup", "--data"]).arg(place.data()).arg("--out").arg(out))
}

fn restore(place: &Place, file: &Path) -> crate::process::Ran {
    finish(place.command().arg("restore").arg(file).arg("--data").arg(place.data()).arg("--verify"))
}

#[test]
fn what_a_running_hub_holds_is_kept_and_comes_back() {
    let place = Place::new();
    mixed(&place);
    // A blob: larger than what lies in a row.
    let large = place.write(
        "large.json",
        bundle("0000777", 72).replace("\"p1\"", &format!("\"p{}\"", "1".repeat(90_000))),
    );
    place.import("F02", "care", "fhir", &[&large]).ends(0);
    let mut hub = place.command();
    hub.args(["hub", "run", "--listen", "127.0.0.1:0", "--data"]).arg(place.data());
    let hub = Running::start(hub);
    let file = place.path("the.backup");
    backup(&place, &file).ends(0);
    assert_eq!(hub.end(), Some(0));
    let before = Snapshot::of(&place);
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::MetadataExt::mode(&file.metadata().unwrap());
        assert_eq!(mode & 0o077, 0, "others may read it");
    }
    // A name that is taken is left alone.
    assert!(backup(&place, &file).ends(2).err.contains("the.backup"));

    let target = Place::new();
    let told = restore(&target, &file).ends(0).out;
    assert!(told.contains("確かめました"), "{told}");
    let after = Snapshot::of(&target);
    assert_eq!(after.current, before.current);
    assert_eq!(after.past, before.past);
    assert_eq!(after.deliveries, before.deliveries);
    target.run("audit verify").ends(0);
    // What was there before the backup is known after it.
    let again = target.import("F02", "care", "fhir", &[&large]).ends(0);
    assert_eq!(again.total("known"), 1);
    // Not into a place that holds something.
    assert!(restore(&target, &file).ends(2).err.contains("空"), "a place in use was taken");

    let Some(cluster) = Cluster::start(&["fsync=off"]).unwrap() else {
        println!("skipped without PostgreSQL: 1");
        return;
    };
    let server = Place::on(cluster.database("moved", None).unwrap());
    restore(&server, &file).ends(0);
    let moved = Snapshot::of(&server);
    assert_eq!((moved.current, moved.past, moved.deliveries), (after.current, after.past, after.deliveries));
}

#[test]
fn a_damaged_or_foreign_file_is_named_and_nothing_is_made_of_it() {
    let place = Place::new();
    place.run("hub init").ends(0);
    let file = place.path("the.backup");
    backup(&place, &file).ends(0);
    let bytes = std::fs::read(&file).unwrap();
    for (name, bytes) in [("cut", &bytes[..bytes.len() / 2]), ("foreign", b"PK\x03\x04 something else")] {
        let wrong = place.write(name, bytes);
        let target = Place::new();
        let ran = restore(&target, &wrong).ends(2);
        assert!(ran.err.contains(name) && ran.err.contains("damaged"), "{}", ran.err);
        restore(&target, &file).ends(0);
    }
    let nowhere = place.path("nowhere");
    assert!(
        hakucho(&["restore", "no.backup", "--data", &nowhere.to_string_lossy()])
            .ends(2)
            .err
            .contains("no.backup")
    );
    let nothing = Place::new();
    backup(&nothing, &place.path("other")).ends(2);
    assert!(!place.path("other").exists() && !nothing.data().exists());
}
