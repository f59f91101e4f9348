//! Deliveries of many thousand records, and bytes too large for a row.

use crate::place::Place;
use crate::said::{Said, lab, says, unit, unit_of};
use access::Job;
use bytes::Bytes;
use store::{DeliveryState, Outcome, sql};

on_both!(a_large_delivery_is_kept_in_chunks_and_finished_after_a_crash, large_bytes_are_a_blob);

const PATIENTS: u32 = 2500;

fn register() -> store::Unit {
    let row = |number: u32| says("h", &number.to_string(), "register", "20261101").of("row", lab(number));
    unit("h", "register.csv", (0..PATIENTS).map(row).collect::<Vec<Said>>())
}

async fn count(place: &Place, table: &str) -> i64 {
    let mut tx = place.store.snapshot("test").await.unwrap();
    tx.one(sql(format!("SELECT COUNT(*) FROM {table}"))).await.unwrap().int(0).unwrap()
}

async fn a_large_delivery_is_kept_in_chunks_and_finished_after_a_crash(place: Place) {
    // Cut it off in the middle: the call is dropped when some of it is there.
    {
        let store = place.store.clone();
        let writing = tokio::spawn(async move { store.commit(vec![register()]).await });
        while count(&place, "statement").await == 0 && !writing.is_finished() {
            tokio::task::yield_now().await;
        }
        writing.abort();
        let _ = writing.await;
    }
    let store = place.again().await;
    let written = count(&place, "statement").await;
    let pending = store.pending().await.unwrap();
    if written < i64::from(PATIENTS) {
        assert_eq!(pending.len(), 1);
        assert_eq!(pending[0].state, DeliveryState::Receiving);
    }
    for delivery in &pending {
        assert!(store.delivery_bytes(&access::job(Job::Replay, "test"), delivery.id).await.is_ok());
    }
    let receipt = store.commit(vec![register()]).await.unwrap();
    if !pending.is_empty() {
        assert_eq!(receipt[0].outcome, Outcome::Kept);
    }
    assert!(store.pending().await.unwrap().is_empty());
    for table in ["statement", "record", "version", "change", "compartment"] {
        assert_eq!(count(&place, table).await, i64::from(PATIENTS), "{table}");
    }
    assert_eq!(store.commit(vec![register()]).await.unwrap()[0].outcome, Outcome::Known);
    assert_eq!(count(&place, "version").await, i64::from(PATIENTS));
}

async fn large_bytes_are_a_blob(place: Place) {
    let bytes = Bytes::from(vec![b'x'; 70_000]);
    let unit = |path: &str| unit_of("h", path, bytes.clone(), Vec::new());
    place.store.commit(vec![unit("1"), unit("2")]).await.unwrap();
    assert_eq!(count(&place, "content").await, 1);
    assert_eq!(count(&place, "delivery").await, 2);
    let job = access::job(Job::Export, "test");
    let id = unit("1").delivery.id;
    assert_eq!(place.store.delivery_bytes(&job, id).await.unwrap(), bytes);
    // A blob that is damaged is an error, not a wrong answer.
    let sha256 = unit("1").delivery.sha256;
    let file = place.config.blobs.join(&sha256[..2]).join(&sha256);
    std::fs::write(file, b"other").unwrap();
    let error = place.store.delivery_bytes(&job, id).await.unwrap_err();
    assert_eq!(error.kind, store::ErrorKind::Corrupt);
}
