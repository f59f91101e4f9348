//! Reading again and withdrawing.

use crate::place::Place;
use crate::said::{Said, compartment, course, feed, lab, says, unit, values};
use access::{Job, JobPermit};
use store::{DeliveryState, ErrorKind, Part, Unit};

on_both!(
    reading_the_same_again_changes_nothing,
    a_better_reader_changes_only_what_it_reads_differently,
    a_better_reader_may_find_another_patient,
    a_withdrawn_delivery_leaves_every_view_and_stays_in_history,
    what_was_withdrawn_does_not_come_back,
    withdrawing_needs_a_name_and_a_reason,
);

fn job() -> JobPermit {
    access::job(Job::Replay, "test")
}

fn parts(said: Vec<Said>) -> Vec<Part> {
    said.into_iter().map(|said| said.part).collect()
}

fn both() -> Vec<Said> {
    vec![
        says("h", "1", "set1", "20261101").of("a", lab(1)),
        says("h", "1", "set2", "20261101").of("b", lab(2)),
    ]
}

async fn keep(place: &Place, unit: Unit) -> model::DeliveryId {
    place.store.commit(vec![unit]).await.unwrap()[0].delivery
}

async fn reading_the_same_again_changes_nothing(place: Place) {
    let own = compartment("h", "1");
    let id = keep(&place, unit("h", "1", both())).await;
    let before = place.store.feed_position(crate::said::person(&place.store, own).await).await.unwrap();
    place.store.replay(&job(), id, parts(both()), 2, &[]).await.unwrap();
    let after = place.store.feed_position(crate::said::person(&place.store, own).await).await.unwrap();
    assert_eq!(before, after);
    assert_eq!(before.token(), after.token());
    let delivery = place.store.delivery(id).await.unwrap().unwrap();
    assert_eq!((delivery.reader_version, delivery.edition, delivery.problems.len()), (2, 0, 0));
    assert_eq!(course(&place.store, own, "a", "h").await, ["1put1"]);
}

async fn a_better_reader_changes_only_what_it_reads_differently(place: Place) {
    let own = compartment("h", "1");
    let id = keep(&place, unit("h", "1", both())).await;
    let later = says("h", "1", "set2", "20261102").of("b", lab(3)).unit("later");
    keep(&place, later).await;
    let better = vec![
        says("h", "1", "set1", "20261101").of("a", lab(1)).of("c", lab(9)),
        says("h", "1", "set2", "20261101").of("b", lab(4)),
    ];
    place.store.replay(&job(), id, parts(better), 2, &[]).await.unwrap();
    assert_eq!(values(&place.store, own, "h").await, ["c1", "c3", "c9"]);
    assert_eq!(course(&place.store, own, "a", "h").await, ["1put1"]);
    assert_eq!(course(&place.store, own, "b", "h").await, ["3put4", "2put3"]);
    // Nothing became unread: the new record and the changed past are told apart from news.
    let told = feed(&place.store, own).await;
    assert_eq!(told[..3], ["put", "put", "put"]);
    let mut rest = told[3..].to_vec();
    rest.sort();
    assert_eq!(rest, ["history", "reread"]);
    let permit = crate::said::permit(&place.store, own, "h").await;
    let chart = place.store.chart(&permit, &store::ChartQuery::default()).await.unwrap();
    let new = chart.facilities[0].entries.iter().find(|entry| entry.row.value == "9").unwrap();
    assert_eq!(new.seq, 0);
    // What the better reader no longer finds is gone, with a tombstone.
    place.store.replay(&job(), id, Vec::new(), 3, &[]).await.unwrap();
    assert_eq!(values(&place.store, own, "h").await, ["c3"]);
}

async fn a_better_reader_may_find_another_patient(place: Place) {
    let id = keep(&place, unit("h", "1", both())).await;
    let moved = vec![says("h", "2", "set1", "20261101").of("a", lab(1))];
    place.store.replay(&job(), id, parts(moved), 2, &[]).await.unwrap();
    assert_eq!(values(&place.store, compartment("h", "1"), "h").await, [""; 0]);
    assert_eq!(values(&place.store, compartment("h", "2"), "h").await, ["c1"]);
}

async fn a_withdrawn_delivery_leaves_every_view_and_stays_in_history(place: Place) {
    let own = compartment("h", "1");
    let first = says("h", "1", "set", "20261101").of("lab", lab(6)).unit("1");
    let second = says("h", "1", "set", "20261102").of("lab", lab(7)).of("new", lab(8)).unit("2");
    keep(&place, first).await;
    let wrong = keep(&place, second).await;
    place.store.withdraw(wrong, "operator", "sent for the wrong patient").await.unwrap();
    assert_eq!(values(&place.store, own, "h").await, ["c6"]);
    assert_eq!(course(&place.store, own, "lab", "h").await, ["1put6"]);
    let delivery = place.store.delivery(wrong).await.unwrap().unwrap();
    assert_eq!(delivery.state, DeliveryState::Withdrawn);
    assert_eq!(delivery.withdrawn_by, "operator");
    assert_eq!(delivery.withdrawn_reason, "sent for the wrong patient");
    // An export still has every version.
    let mut export = place.store.export(&access::job(Job::Export, "test")).await.unwrap();
    let all = export.compartments(10).await.unwrap();
    let values: Vec<u64> = all[0]
        .history
        .iter()
        .filter_map(|(_, version)| version.resource.as_ref()?["valueQuantity"]["value"].as_u64())
        .collect();
    assert!(values.contains(&7) && values.contains(&8));
    assert_eq!(all[0].current.len(), 1);
    export.finish().await.unwrap();
    // The same bytes again are known, and stay out.
    let again = says("h", "1", "set", "20261102").of("lab", lab(7)).of("new", lab(8)).unit("2");
    assert_eq!(place.store.commit(vec![again]).await.unwrap()[0].outcome, store::Outcome::Known);
    assert_eq!(crate::said::values(&place.store, own, "h").await, ["c6"]);
    place.store.withdraw(wrong, "operator", "again").await.unwrap();
    // Stated anew by another delivery it is a new version.
    keep(&place, says("h", "1", "set", "20261103").of("new", lab(8)).unit("3")).await;
    assert_eq!(course(&place.store, own, "new", "h").await.last().unwrap(), "3put8");
}

async fn what_was_withdrawn_does_not_come_back(place: Place) {
    let own = compartment("h", "1");
    let id = keep(&place, unit("h", "1", both())).await;
    place.store.withdraw(id, "operator", "wrong").await.unwrap();
    let better = vec![says("h", "1", "set1", "20261101").of("a", lab(5))];
    place.store.replay(&job(), id, parts(better), 2, &[]).await.unwrap();
    assert_eq!(values(&place.store, own, "h").await, [""; 0]);
    let delivery = place.store.delivery(id).await.unwrap().unwrap();
    assert_eq!(delivery.state, DeliveryState::Withdrawn);
}

async fn withdrawing_needs_a_name_and_a_reason(place: Place) {
    let id = keep(&place, unit("h", "1", both())).await;
    let error = place.store.withdraw(id, " ", "why").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    assert_eq!(place.store.withdraw(id, "x", "").await.unwrap_err().kind, ErrorKind::Invalid);
}
