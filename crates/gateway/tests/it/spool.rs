//! The data directory: one gateway at a time, damage is noticed.

use crate::facility::{Facility, message, until};
use crate::fake_hub::FakeHub;
use gateway::{Desk, Gateway, GatewayError, SpoolError, Watch, Which};
use model::reading::Format;
use protocol::Outcome;

#[tokio::test(flavor = "multi_thread")]
async fn two_gateways_cannot_share_a_data_directory() {
    let hub = FakeHub::start().await;
    let facility = Facility::new(&hub);
    let running = facility.start().await;
    let second = Gateway::open(facility.config.clone(), facility.clock.clone(), 8).await;
    assert!(matches!(second.err(), Some(GatewayError::Spool(SpoolError::InUse))));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_configuration_touches_nothing() {
    let hub = FakeHub::start().await;
    let mut facility = Facility::new(&hub);
    facility.config.hub = "http://hub.example.jp".into();
    let opened = Gateway::open(facility.config.clone(), facility.clock.clone(), 8).await;
    assert!(matches!(opened.err(), Some(GatewayError::Config(_))));
    assert!(!facility.config.data.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_lost_is_read_again() {
    let hub = FakeHub::down().await;
    let mut facility = Facility::new(&hub);
    facility.config.pace.scan = std::time::Duration::from_millis(50);
    let large = [vec![b'x'; 2_000_000], vec![0x1c]].concat();
    facility.write("large", &large);
    let running = facility.start().await;
    running.reaches(|status| status.sources[0].last_sequence == 1).await;
    let bodies = facility.config.data.join("gateway/bodies");
    for body in std::fs::read_dir(bodies).unwrap() {
        std::fs::remove_file(body.unwrap().path()).unwrap();
    }
    hub.up().await;
    until("read again", || hub.bytes("large") == [large.clone()]).await;
    running.reaches(|status| status.spool.waiting == 0 && status.spool.refused == 0).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_for_a_wrong_format_is_sent_again_when_it_is_corrected() {
    let hub = FakeHub::start().await;
    let mut facility = Facility::new(&hub);
    facility.config.watches = vec![Watch { format: Format::Fhir, ..facility.config.watches[0].clone() }];
    let refused = Outcome::Refused { code: "not-fhir".into(), text: "no JSON".into() };
    hub.kept.lock().unwrap().outcomes.insert("a".into(), refused);
    facility.write("a", message("}"));
    let running = facility.start().await;
    running.reaches(|status| status.spool.refused == 1).await;
    running.stop().await;
    hub.kept.lock().unwrap().outcomes.clear();
    facility.config.watches = vec![Watch { format: Format::SsMix2, ..facility.config.watches[0].clone() }];
    let running = facility.start().await;
    until("kept", || hub.has("a")).await;
    let head = hub.look(|kept| kept.deliveries[0].0.clone());
    assert_eq!((head.source.as_str(), head.format.as_str()), ("fhir", "ss-mix2"));
    running.stop().await;
}

/// Nothing of a patient (SS-MIX2 paths are full of numbers) in what is printed or sent about the gateway.
#[tokio::test(flavor = "multi_thread")]
async fn status_and_heartbeats_carry_no_path() {
    let hub = FakeHub::start().await;
    let facility = Facility::new(&hub);
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", facility.root().join("sakura-hanako")).unwrap();
    let running = facility.start().await;
    running.reaches(|status| !status.sources[0].troubles.is_empty()).await;
    until("heartbeat", || {
        hub.look(|kept| kept.heartbeats.iter().any(|beat| !beat.sources[0].troubles.is_empty()))
    })
    .await;
    let beat = hub.look(|kept| String::from_utf8(kept.heartbeats.last().unwrap().encode()).unwrap());
    // The status is not held while waiting: the gateway writes it.
    let troubles = running.spool.troubles().await.unwrap();
    let printed = format!("{beat}{:?}{troubles:?}", running.status.borrow());
    assert!(printed.contains("dangling-link") && !printed.contains("sakura"), "{printed}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spool_that_cannot_be_written_says_so_and_recovers() {
    let hub = FakeHub::start().await;
    let mut facility = Facility::new(&hub);
    facility.config.pace.scan = std::time::Duration::from_millis(50);
    let running = facility.start_and_listen().await;
    let bodies = facility.config.data.join("gateway/bodies");
    std::fs::remove_dir(&bodies).unwrap();
    let large = [vec![b'x'; 2_000_000], vec![0x1c]].concat();
    facility.write("large", &large);
    facility.write("small", message("small"));
    running.reaches(|status| status.spool.error.is_some()).await;
    until("the small one needs no folder", || hub.has("small")).await;
    std::fs::create_dir(&bodies).unwrap();
    until("recovered", || hub.bytes("large") == [large.clone()]).await;
    running.reaches(|status| status.spool.error.is_none()).await;
    running.stop().await;
}

/// Opens the spool's file as the outside world can.
async fn sqlite(facility: &Facility) -> sqlx::SqlitePool {
    let file = facility.config.data.join("gateway/spool.sqlite");
    sqlx::SqlitePool::connect(&format!("sqlite://{}", file.display())).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_by_hand_it_keeps_and_does_not_send_also_after_a_restart() {
    let hub = FakeHub::start().await;
    let facility = Facility::new(&hub);
    facility.write("a", message("1"));
    let running = facility.start().await;
    until("the first", || hub.bytes("a").len() == 1).await;
    let desk = Desk::open(&facility.config.data).await.unwrap();
    desk.stop("2026-11-29T00:00:00Z").await.unwrap();
    running.reaches(|status| status.paused).await;
    facility.write("b", message("2"));
    running.reaches(|status| status.spool.waiting == 1).await;
    assert!(running.status.borrow().to_string().contains("STOPPED BY HAND"));
    running.stop().await;
    let running = facility.start().await;
    running.reaches(|status| status.paused && status.spool.waiting == 1).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(hub.bytes("b").is_empty(), "it was sent though it was stopped");
    assert_eq!(desk.waiting().await.unwrap()[0].1, 1);
    desk.go().await.unwrap();
    until("the second", || hub.bytes("b").len() == 1).await;
    running.reaches(|status| !status.paused).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_ones_are_listed_sent_again_or_let_go_while_it_runs() {
    let hub = FakeHub::start().await;
    let facility = Facility::new(&hub);
    for name in ["a", "b", "c"] {
        let refused = Outcome::Refused { code: format!("no-{name}"), text: "no".into() };
        hub.kept.lock().unwrap().outcomes.insert(name.into(), refused);
        facility.write(name, message(name));
    }
    let running = facility.start().await;
    running.reaches(|status| status.spool.refused == 3).await;
    let desk = Desk::open(&facility.config.data).await.unwrap();
    let only = |code: &str| Which { code: Some(code.to_owned()), ..Which::default() };
    assert_eq!(desk.refused(&Which::default()).await.unwrap().len(), 3);
    assert_eq!(desk.refused(&only("no-a")).await.unwrap()[0].path.reveal(), "a");
    assert_eq!(desk.discard(&only("no-c")).await.unwrap(), 1);
    running.reaches(|status| status.spool.refused == 2).await;
    hub.kept.lock().unwrap().outcomes.clear();
    assert_eq!(desk.resend(&only("no-a")).await.unwrap(), 1);
    until("sent again", || hub.bytes("a").len() == 1).await;
    running.reaches(|status| status.spool.refused == 1 && status.spool.waiting == 0).await;
    assert!(hub.bytes("b").is_empty() && hub.bytes("c").is_empty());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_hub_has_had_is_read_and_sent_again_on_demand() {
    let hub = FakeHub::start().await;
    let mut facility = Facility::new(&hub);
    facility.config.pace.scan = std::time::Duration::from_millis(50);
    facility.write("a", message("1"));
    let running = facility.start().await;
    running.reaches(|status| status.acknowledged == 1).await;
    let desk = Desk::open(&facility.config.data).await.unwrap();
    assert_eq!(desk.seen(&Which::default()).await.unwrap(), 1);
    assert_eq!(desk.again(&Which::default()).await.unwrap(), 1);
    running.reaches(|status| status.acknowledged == 2).await;
    assert_eq!(hub.bytes("a").len(), 1);
    assert_eq!(hub.look(|kept| kept.known), 1);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_spool_of_the_version_before_is_taken_over() {
    let hub = FakeHub::down().await;
    let facility = Facility::new(&hub);
    for number in 0..20 {
        facility.write(&format!("{number}"), message("x"));
    }
    let running = facility.start().await;
    running.reaches(|status| status.spool.waiting == 20).await;
    running.stop().await;
    let pool = sqlite(&facility).await;
    for back in [
        "ALTER TABLE delivery DROP COLUMN attempts",
        "ALTER TABLE delivery DROP COLUMN reason",
        "DROP TABLE control",
        "PRAGMA user_version = 1",
    ] {
        sqlx::query(back).execute(&pool).await.unwrap();
    }
    pool.close().await;
    hub.up().await;
    let running = facility.start().await;
    until("all", || (0..20).all(|number| hub.bytes(&number.to_string()).len() == 1)).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_spool_is_set_aside_and_nothing_is_lost() {
    for damage in ["pages", "whole"] {
        let hub = FakeHub::down().await;
        let facility = Facility::new(&hub);
        for number in 0..200 {
            facility.write(&format!("{number:03}"), message(&"x".repeat(2000)));
        }
        let running = facility.start().await;
        running.reaches(|status| status.spool.waiting == 200).await;
        running.stop().await;
        let pool = sqlite(&facility).await;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&pool).await.unwrap();
        pool.close().await;
        let file = facility.config.data.join("gateway/spool.sqlite");
        let mut bytes = std::fs::read(&file).unwrap();
        if damage == "whole" {
            bytes = b"no database".to_vec();
        } else {
            let middle = bytes.len() / 2 / 4096 * 4096;
            bytes[middle..middle + 3 * 4096].fill(0xa5);
        }
        std::fs::write(&file, bytes).unwrap();
        for end in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", file.display()));
        }
        hub.up().await;
        let running = facility.start().await;
        until("all", || (0..200).all(|number| hub.bytes(&format!("{number:03}")).len() == 1)).await;
        running.stop().await;
        let aside = std::fs::read_dir(facility.config.data.join("gateway")).unwrap();
        assert!(
            aside.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("damaged-")),
            "{damage}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_person_overtakes_what_the_hub_cannot_keep_and_others_go_on() {
    let hub = FakeHub::start().await;
    let facility = Facility::new(&hub);
    let path = |patient: u32, order: u32| format!("000/000/{patient:010}/20261129/OML-11/{order}");
    hub.kept.lock().unwrap().outcomes.insert(path(1, 1), Outcome::RetryLater { seconds: 1 });
    facility.write(&path(1, 1), message("first"));
    let running = facility.start().await;
    running.reaches(|status| status.spool.waiting == 1).await;
    until("asked", || hub.look(|kept| kept.requests) > 0).await;
    facility.write(&path(1, 2), message("second"));
    facility.write(&path(2, 1), message("other"));
    until("the other person", || hub.bytes(&path(2, 1)).len() == 1).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(hub.bytes(&path(1, 2)).is_empty(), "the second overtook the first");
    hub.kept.lock().unwrap().outcomes.clear();
    until("both", || hub.bytes(&path(1, 1)).len() == 1 && hub.bytes(&path(1, 2)).len() == 1).await;
    running.stop().await;
}

/// Counted anew while files come in and go out, nothing is counted twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_at_the_spool_does_not_upset_its_counts() {
    let hub = FakeHub::start().await;
    let facility = Facility::new(&hub);
    let running = facility.start().await;
    let desk = Desk::open(&facility.config.data).await.unwrap();
    for round in 0..40 {
        for file in 0..5 {
            facility.write(&format!("{round}-{file}"), message("x"));
        }
        // Each makes the gateway count anew.
        desk.stop("2026-11-29T00:00:00Z").await.unwrap();
        desk.go().await.unwrap();
        running.spool.report().await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    }
    until("all", || hub.look(|kept| kept.deliveries.len() == 200)).await;
    running.reaches(|status| status.spool.waiting == 0 && status.spool.waiting_bytes == 0).await;
    running.stop().await;
}
