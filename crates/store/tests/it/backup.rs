//! A backup made while others write, loaded on either engine, is the store of its moment; a damaged one leaves nothing.

use crate::place::{Place, ticking};
use crate::said::{lab, says};
use access::Job;
use model::reading::Effect;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use store::{Contents, ErrorKind, Store, StoreConfig};

const QUIET: store::Progress<'static> = &|_| ();

/// A store with versions, a deletion, blobs, audit entries and staff.
async fn filled(place: &Place) {
    for number in 0..30u32 {
        let patient = (number % 7).to_string();
        let day = format!("202611{:02}", 1 + number % 28);
        let unit =
            says("h", &patient, "s", &day).of("x", lab(number)).of("y", lab(9)).unit(&number.to_string());
        place.store.commit(vec![unit]).await.unwrap();
    }
    let deleted = says("h", "1", "s", "20261129").of("x", lab(1)).effect(Effect::Deleted).unit("deleted");
    let mut large = says("h", "2", "large", "20261129").of("x", lab(1)).unit("large");
    large.delivery.bytes = (0..300_000u32).flat_map(u32::to_le_bytes).collect::<Vec<u8>>().into();
    large.delivery.sha256 = hash(&large.delivery.bytes);
    place.store.commit(vec![deleted, large]).await.unwrap();
}

fn hash(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn backup(store: &Store) -> (Vec<u8>, Contents) {
    store.backup(&access::job(Job::Backup, "test"), Vec::new(), QUIET).await.unwrap()
}

/// What an export of the store says, without its order.
async fn everything(store: &Store) -> Vec<String> {
    let mut export = store.export(&access::job(Job::Export, "test")).await.unwrap();
    let mut all = Vec::new();
    loop {
        let page = export.compartments(50).await.unwrap();
        if page.is_empty() {
            break;
        }
        for each in page {
            all.push(format!("{} {} {:?}", each.id, each.person, each.current));
            let past = each.history.iter();
            all.extend(
                past.map(|(id, view)| format!("{id} {} {} {:?}", view.number, view.op.word(), view.resource)),
            );
        }
    }
    loop {
        let page = export.deliveries(50).await.unwrap();
        if page.is_empty() {
            break;
        }
        for each in page {
            let (delivery, bytes) = (each.delivery, hash(&each.bytes));
            let problems = delivery.problems;
            all.push(format!(
                "{} {} {bytes} {} {problems:?}",
                delivery.id, delivery.path, delivery.received_at
            ));
        }
    }
    export.finish().await.unwrap();
    all.sort();
    all
}

async fn restored(bytes: &[u8], target: &Place) -> Result<(Store, Contents), store::StoreError> {
    let answer = Store::restore(&target.config, ticking(), bytes, QUIET).await;
    answer.map(|(store, _, contents)| (store, contents))
}

on_both!(what_was_kept_comes_back_on_either_engine, a_backup_shows_one_moment_while_others_write);

async fn what_was_kept_comes_back_on_either_engine(place: Place) {
    filled(&place).await;
    let before = everything(&place.store).await;
    let (bytes, contents) = backup(&place.store).await;
    assert!(contents.blobs >= 1, "{contents:?}");
    let mut targets = vec![Place::sqlite().await];
    targets.extend(Place::postgres().await);
    for target in targets {
        let (store, told) = restored(&bytes, &target).await.unwrap();
        assert_eq!(told, contents);
        assert_eq!(store.verify(&contents, QUIET).await.unwrap(), Vec::<String>::new());
        assert_eq!(everything(&store).await, before);
        assert!(store.audit_verify().await.unwrap().breaks.is_empty());
        // It goes on where it stopped: the same delivery is known, a new one continues the feed.
        let known = says("h", "1", "s", "20261129").of("x", lab(1)).effect(Effect::Deleted).unit("deleted");
        let outcome = store.commit(vec![known]).await.unwrap().remove(0).outcome;
        assert_eq!(outcome, store::Outcome::Known);
        let fresh = says("h", "1", "s", "20261130").of("x", lab(2)).unit("fresh");
        store.commit(vec![fresh]).await.unwrap();
        assert_eq!(everything(&store).await.len(), before.len() + 1);
        // What differs now is told.
        assert!(!store.verify(&contents, QUIET).await.unwrap().is_empty());
        // A place that holds something is left alone.
        let error = restored(&bytes, &target).await.err().unwrap();
        assert_eq!(error.kind, ErrorKind::Conflict, "{error}");
    }
}

async fn a_backup_shows_one_moment_while_others_write(place: Place) {
    filled(&place).await;
    let (store, stop) = (place.store.clone(), Arc::new(AtomicBool::new(false)));
    let writer = tokio::spawn({
        let stop = Arc::clone(&stop);
        async move {
            let mut number = 1000u32;
            while !stop.load(Ordering::Relaxed) {
                let unit = says("h", &(number % 50).to_string(), "w", "20261129").of("x", lab(number));
                store.commit(vec![unit.unit(&format!("w{number}"))]).await.unwrap();
                number += 1;
            }
            number
        }
    });
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(backup(&place.store).await);
    }
    stop.store(true, Ordering::Relaxed);
    assert!(writer.await.unwrap() > 1000);
    for (bytes, contents) in made {
        let target = Place::sqlite().await;
        let (store, _) = restored(&bytes, &target).await.unwrap();
        assert_eq!(store.verify(&contents, QUIET).await.unwrap(), Vec::<String>::new());
        assert!(store.audit_verify().await.unwrap().breaks.is_empty());
        // Every delivery of the moment has its statements, records and changes: an export reads all of them.
        assert!(everything(&store).await.len() > 30);
    }
}

#[tokio::test]
async fn a_damaged_backup_leaves_nothing_and_says_so() {
    let place = Place::sqlite().await;
    filled(&place).await;
    let (bytes, contents) = backup(&place.store).await;
    let plain = zstd::decode_all(&bytes[..]).unwrap();
    let packed = |plain: &[u8]| zstd::encode_all(plain, 3).unwrap();
    let mut damaged: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"hakucho backup".to_vec(),
        bytes[..bytes.len() / 2].to_vec(),
        bytes[..bytes.len() - 1].to_vec(),
        packed(&plain[..plain.len() - 10]),
        packed(&[plain.as_slice(), b"more"].concat()),
        packed(b"hakucho backup\n{}\n"),
    ];
    // A bit anywhere: in the packing its checksum tells, unpacked the digests of the rows do.
    for place in (100..bytes.len()).step_by(bytes.len() / 40) {
        let mut wrong = bytes.clone();
        wrong[place] ^= 1;
        damaged.push(wrong);
    }
    let start = plain.windows(2).position(|pair| pair == b"\nT").unwrap() + 20;
    for place in (start..plain.len()).step_by(plain.len() / 60) {
        let mut wrong = plain.clone();
        wrong[place] ^= 0x10;
        damaged.push(packed(&wrong));
    }
    for (nth, wrong) in damaged.iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite://{}", folder.path().join("new.db").display());
        let config = StoreConfig { database, blobs: folder.path().join("blobs") };
        let answer = Store::restore(&config, ticking(), wrong.as_slice(), QUIET).await;
        let Err(error) = answer else { panic!("damage {nth} was not seen") };
        assert!(
            matches!(
                error.kind,
                ErrorKind::Corrupt | ErrorKind::Engine | ErrorKind::Conflict | ErrorKind::NewerSchema
            ),
            "{nth}: {error}"
        );
        // The place can still be used for the whole one.
        let (store, _, told) = Store::restore(&config, ticking(), bytes.as_slice(), QUIET).await.unwrap();
        assert_eq!(told, contents);
        store.close().await;
    }
}

#[tokio::test]
async fn a_backup_of_an_unknown_schema_is_left_alone() {
    let place = Place::sqlite().await;
    let (bytes, _) = backup(&place.store).await;
    let plain = String::from_utf8_lossy(&zstd::decode_all(&bytes[..]).unwrap()).into_owned();
    let newer = plain.replacen("\"number\":1,", "\"number\":91,", 1);
    assert_ne!(plain, newer);
    let target = Place::sqlite().await;
    let error = restored(&zstd::encode_all(newer.as_bytes(), 3).unwrap(), &target).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::NewerSchema, "{error}");
}
