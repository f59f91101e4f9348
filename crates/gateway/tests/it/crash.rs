//! Killed at any moment: nothing that was found is lost, nothing is changed.

use crate::facility::{Facility, message, ss_mix2, until};
use crate::fake_hub::FakeHub;
use std::time::Duration;

/// The gateway runs in a runtime of its own that is dropped in the middle of whatever it does.
#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_it_still_delivers_everything() {
    let hub = FakeHub::start().await;
    let mut facility = Facility::new(&hub);
    facility.config.pace.settle = Duration::from_millis(1);
    facility.config.pace.scan = Duration::from_millis(30);
    let mut written = Vec::new();
    for round in 0_u32..12 {
        for number in 0..60 {
            let path = ss_mix2(round, round * 1000 + number, 1);
            // Some large enough for a file of the spool's own.
            let size = if number % 20 == 0 { 1_100_000 } else { 10 };
            let bytes = message(&format!("{path}{}", "x".repeat(size)));
            facility.write(&path, &bytes);
            written.push((path, bytes));
        }
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (config, clock) = (facility.config.clone(), facility.clock.clone());
        runtime.spawn(async move {
            // While the one before still lets go of the data directory, there is none in this round.
            let _ = gateway::run(config, clock, 3, std::future::pending()).await;
        });
        // Prime steps through the first quarter of a second of its life.
        tokio::time::sleep(Duration::from_millis(u64::from(round * 37 % 251) + 3)).await;
        runtime.shutdown_background();
    }
    let running = facility.start().await;
    for (path, bytes) in &written {
        until("delivered", || hub.bytes(path).first() == Some(bytes)).await;
        assert_eq!(hub.bytes(path).len(), 1);
    }
    running.reaches(|status| status.spool.waiting == 0 && status.spool.waiting_bytes == 0).await;
    // Every sequence number that was given out has arrived: no gap.
    let mut sequences: Vec<u64> =
        hub.look(|kept| kept.deliveries.iter().map(|(head, _)| head.sequence).collect());
    sequences.sort_unstable();
    assert_eq!(sequences, (1..=written.len() as u64).collect::<Vec<_>>());
    println!("sent again after a kill: {}", hub.look(|kept| kept.known));
    running.stop().await;
    assert_eq!(std::fs::read_dir(facility.config.data.join("gateway/bodies")).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_spooled_survives_the_loss_of_its_source() {
    let hub = FakeHub::down().await;
    let facility = Facility::new(&hub);
    let large = [vec![b'x'; 2_000_000], vec![0x1c]].concat();
    facility.write("small", message("small"));
    facility.write("large", &large);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (config, clock) = (facility.config.clone(), facility.clock.clone());
    let (tell, told) = tokio::sync::oneshot::channel();
    runtime.spawn(async move {
        let gateway = gateway::Gateway::open(config, clock, 3).await.unwrap();
        let mut status = gateway.status();
        tokio::spawn(gateway.run(std::future::pending()));
        status.wait_for(|status| status.sources[0].last_sequence == 2).await.unwrap();
        tell.send(()).unwrap();
    });
    told.await.unwrap();
    runtime.shutdown_background();
    std::fs::remove_dir_all(facility.root()).unwrap();
    hub.up().await;
    let running = facility.start().await;
    until("both", || hub.bytes("small") == [message("small")] && hub.bytes("large") == [large.clone()]).await;
    running.stop().await;
}
