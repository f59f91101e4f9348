//! The data directory: one gateway at a time, damage is noticed.

use crate::facility::{Facility, message, until};
use crate::fake_hub::FakeHub;
use gateway::{Gateway, GatewayError, SpoolError, Watch};
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
