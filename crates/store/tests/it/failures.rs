//! Full disks, cut connections, damaged and newer databases.

use crate::place::{Place, cluster};
use crate::said::{compartment, lab, says, values};
use std::sync::Arc;
use store::{ErrorKind, Outcome, Store, sql};

on_both!(a_newer_or_changed_schema_is_refused, opening_twice_migrates_once);

fn stated(number: u32) -> store::Unit {
    says("h", "1", "set", &format!("202611{number:02}")).of("lab", lab(number)).unit(&number.to_string())
}

async fn open_error(place: &Place) -> ErrorKind {
    Store::open(&place.config, Arc::clone(&place.clock)).await.err().expect("refused").kind
}

async fn execute(place: &Place, text: &'static str) {
    let mut tx = place.store.begin("test").await.unwrap();
    tx.execute(sql(text)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn a_newer_or_changed_schema_is_refused(place: Place) {
    execute(
        &place,
        "INSERT INTO schema_migration (number, name, checksum, applied_at) VALUES (9999, 'x', 'x', 'x')",
    )
    .await;
    assert_eq!(open_error(&place).await, ErrorKind::NewerSchema);
    execute(&place, "DELETE FROM schema_migration WHERE number = 9999").await;
    execute(&place, "UPDATE schema_migration SET checksum = 'x' WHERE number = 1").await;
    assert_eq!(open_error(&place).await, ErrorKind::Migration);
}

async fn opening_twice_migrates_once(place: Place) {
    let (one, two) = tokio::join!(place.again(), place.again());
    for store in [one, two] {
        let mut tx = store.snapshot("test").await.unwrap();
        let count = tx.one(sql("SELECT COUNT(*) FROM schema_migration WHERE number = 1")).await.unwrap();
        assert_eq!(count.int(0).unwrap(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_said_and_survived() {
    let place = Place::sqlite().await;
    place.store.commit(vec![stated(1)]).await.unwrap();
    // The limit belongs to the one connection that writes.
    let mut tx = place.store.begin("test").await.unwrap();
    tx.optional(sql("PRAGMA max_page_count = 1")).await.unwrap();
    tx.commit().await.unwrap();
    let big = |path: &str| {
        let bytes: Vec<u8> =
            (0..60_000u32).flat_map(|at| at.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
        crate::said::unit_of("h", path, bytes[..60_000].to_vec().into(), Vec::new())
    };
    let error = place.store.commit(vec![big("big")]).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::DiskFull, "{error}");
    assert_eq!(values(&place.store, compartment("h", "1"), "h").await, ["c1"]);
    // The connection was given up with its limit: there is room again.
    let receipt = place.store.commit(vec![big("big"), stated(2)]).await.unwrap();
    assert!(receipt.iter().all(|receipt| receipt.outcome == Outcome::Kept));
    assert_eq!(values(&place.store, compartment("h", "1"), "h").await, ["c2"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_connections_are_made_again() {
    let Some(place) = Place::postgres().await else { return };
    let name = place.database.clone().unwrap();
    let cluster = cluster().unwrap();
    let store = place.store.clone();
    let writer = tokio::spawn(async move {
        let mut kept = 0;
        for number in 1..=28 {
            let receipt = store.commit(vec![stated(number)]).await.unwrap();
            assert_eq!(receipt[0].outcome, Outcome::Kept);
            kept += 1;
        }
        kept
    });
    while !writer.is_finished() {
        let text = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        tokio::task::spawn_blocking(move || cluster.psql("postgres", &text).unwrap()).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    }
    assert_eq!(writer.await.unwrap(), 28);
    assert_eq!(values(&place.store, compartment("h", "1"), "h").await, ["c28"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_file_and_a_wrong_address_are_said() {
    let place = Place::sqlite().await;
    place.store.close().await;
    let file = place.config.database.strip_prefix("sqlite://").unwrap();
    std::fs::write(file, vec![7u8; 20_000]).unwrap();
    assert_eq!(open_error(&place).await, ErrorKind::Corrupt);
    let mut config = place.config.clone();
    config.database = "sqlite:///nowhere/at/all.db".into();
    let error = Store::open(&config, Arc::clone(&place.clock)).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::Configuration, "{error}");
}
