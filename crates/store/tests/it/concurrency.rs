//! Several writers and readers at once.

use crate::place::Place;
use crate::said::{compartment, feed, lab, person, says, values};
use store::{Outcome, sql};

on_both!(
    two_processes_write_the_same_patient,
    the_same_delivery_from_two_sides_is_kept_once,
    a_dropped_transaction_leaves_nothing,
    the_feed_has_no_gaps,
);

async fn two_processes_write_the_same_patient(place: Place) {
    let stores = [place.store.clone(), place.again().await];
    let mut writers = Vec::new();
    for (side, store) in stores.into_iter().enumerate() {
        writers.push(tokio::spawn(async move {
            for number in 0..12u32 {
                let time = format!("202611{:02}", number + 1);
                let path = format!("{side}-{number}");
                let unit = says("h", "1", "set", &time).of("lab", lab(number)).unit(&path);
                store.commit(vec![unit]).await.unwrap();
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(values(&place.store, compartment("h", "1"), "h").await, ["c11"]);
    let mut tx = place.store.snapshot("test").await.unwrap();
    let count = tx.one(sql("SELECT COUNT(*) FROM version WHERE in_fold = 1")).await.unwrap();
    assert_eq!(count.int(0).unwrap(), 12);
}

async fn the_same_delivery_from_two_sides_is_kept_once(place: Place) {
    let stores = [place.store.clone(), place.again().await, place.store.clone()];
    let mut writers = Vec::new();
    for store in stores {
        let unit = says("h", "1", "set", "20261101").of("lab", lab(1)).unit("same");
        writers.push(tokio::spawn(async move { store.commit(vec![unit]).await.unwrap()[0].outcome }));
    }
    let mut kept = 0;
    for writer in writers {
        kept += usize::from(writer.await.unwrap() == Outcome::Kept);
    }
    assert_eq!(kept, 1);
    assert_eq!(feed(&place.store, compartment("h", "1")).await, ["put"]);
}

async fn a_dropped_transaction_leaves_nothing(place: Place) {
    {
        let mut tx = place.store.begin("test").await.unwrap();
        tx.execute(sql("UPDATE writer SET turn = 1000")).await.unwrap();
    }
    let mut tx = place.store.begin("test").await.unwrap();
    let turn = tx.one(sql("SELECT turn FROM writer")).await.unwrap().int(0).unwrap();
    assert!(turn < 1000);
    tx.commit().await.unwrap();
    // A store that is not closed loses nothing.
    let unit = says("h", "1", "set", "20261101").of("lab", lab(1)).unit("1");
    place.store.commit(vec![unit]).await.unwrap();
    let Place { store, config, clock, .. } = &place;
    drop(store.clone());
    let again = store::Store::open(config, std::sync::Arc::clone(clock)).await.unwrap();
    assert_eq!(values(&again, compartment("h", "1"), "h").await, ["c1"]);
}

async fn the_feed_has_no_gaps(place: Place) {
    let own = compartment("h", "1");
    for number in 0..6u32 {
        let time = format!("202611{:02}", 9 - number);
        let said = says("h", "1", "set", &time).of("a", lab(number)).of("b", lab(7));
        place.store.commit(vec![said.unit(&time)]).await.unwrap();
    }
    let changes = place.store.compartment_changes_since(own, 0, 100).await.unwrap();
    let bucket = changes[0].bucket;
    let feed = place.store.changes_since(bucket, 0, 100).await.unwrap();
    let sequences: Vec<i64> = feed.iter().map(|change| change.seq).collect();
    assert_eq!(sequences, (1..=sequences.len() as i64).collect::<Vec<_>>());
    let position = place.store.feed_position(person(&place.store, own).await).await.unwrap();
    assert_eq!(position.compartments, [(own, sequences.len() as i64)]);
}
