//! `hakucho replay` with the same reader changes nothing.

use crate::files::laboratory;
use crate::import::mixed;
use crate::process::Place;
use crate::snapshot::Snapshot;

#[test]
fn replay_of_everything_changes_nothing() {
    let place = Place::new();
    place.import("F01", "all", "auto", &[&mixed(&place)]).ends(0);
    for (step, (value, flag, time)) in [
        ("4.1", '1', "20260310123000014"),
        ("3.1", '1', "20260310150000000"),
        ("3.1", '0', "20260310160000000"),
        ("4.1", '1', "20260311090000000"),
    ]
    .into_iter()
    .enumerate()
    {
        let (path, bytes) = laboratory("0000999", 1, time, value, flag);
        place.write(&format!("steps/{step}/{path}"), bytes);
        place.import("H01", "his", "ss-mix2", &[&place.path(&format!("steps/{step}"))]).ends(0);
    }
    let before = Snapshot::of(&place);
    let dry = place.run("replay --dry-run").ends(0);
    assert!(dry.out.contains("9 件"), "{}", dry.out);
    let one = place.run("replay --facility H01").ends(0);
    assert!(one.out.contains("4 件"), "{}", one.out);
    place.run("replay").ends(0);
    assert_eq!(Snapshot::of(&place), before);
    place.run("audit verify").ends(0);
}
