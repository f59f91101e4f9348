//! The same from outside with PostgreSQL behind it.

use crate::import::twice;
use crate::process::{Place, finish};
use crate::snapshot::Snapshot;
use store::testing::Cluster;

#[test]
fn import_export_and_check_on_postgresql() {
    let Some(cluster) = Cluster::start(&["fsync=off"]).unwrap() else {
        println!("skipped without PostgreSQL: 1");
        return;
    };
    let place = Place::on(cluster.database("hakucho", None).unwrap());
    twice(&place);
    let before = Snapshot::of(&place);
    place.run("replay").ends(0);
    assert_eq!(Snapshot::of(&place), before);
    assert!(!place.data().join("hakucho.sqlite").exists(), "a second database was made");
    let told = place.run("check").out;
    assert!(told.contains("✓ データベース postgres"), "{told}");

    // The same input gives the same records on either engine.
    let other = Place::new();
    twice(&other);
    let there = Snapshot::of(&other);
    assert_eq!(there.kinds(), before.kinds());
    assert_eq!(there.current.keys().collect::<Vec<_>>(), before.current.keys().collect::<Vec<_>>());

    drop(cluster);
    let ran = finish(place.command().args(["audit", "verify"]).arg("--data").arg(place.data())).ends(2);
    assert!(!ran.err.is_empty());
}
