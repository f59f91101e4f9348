//! Messages over MLLP: nothing is acknowledged before it is durable, nothing is lost or doubled by sending it again.

use crate::facility::{Facility, until};
use crate::fake_hub::FakeHub;
use crate::sender::{Sender, adt, framed};
use gateway::{Gateway, GatewayError, Listen};
use std::net::SocketAddr;
use std::time::Duration;

pub fn receiving(hub: &FakeHub) -> Facility {
    let mut facility = Facility::new(hub);
    facility.config.watches.clear();
    facility.config.listens = vec![Listen::parse("hl7:his=127.0.0.1:0").unwrap()];
    facility
}

async fn rows(facility: &Facility) -> i64 {
    let mut database = facility.database().await;
    sqlx::query_scalar("SELECT count(*) FROM delivery").fetch_one(&mut database).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_acknowledged_and_delivered_as_it_is() {
    let hub = FakeHub::start().await;
    let facility = receiving(&hub);
    let running = facility.start().await;
    let mut sender = Sender::connect(running.listening[0].1).await;
    let message = adt("M0001", 1);
    assert_eq!(sender.sends(&message).await, "AA M0001");
    until("delivered", || hub.look(|kept| kept.deliveries.len() == 1)).await;
    let (head, bytes) = hub.look(|kept| kept.deliveries[0].clone());
    assert_eq!((head.source.as_str(), head.format.as_str(), head.sequence), ("his", "hl7", 1));
    assert!(head.path.reveal().starts_with("20260401/M0001-"), "{}", head.path.reveal());
    assert_eq!(bytes, message);
    until("heartbeat", || {
        let source = |beat: &protocol::Heartbeat| {
            let source = &beat.sources[0];
            source.reachable && source.events && source.format == "hl7" && source.last_sequence == 1
        };
        hub.look(|kept| kept.heartbeats.iter().any(source))
    })
    .await;
    running.stop().await;
}

/// The commit cannot happen while another holds the database: there must be no answer until it has.
#[tokio::test(flavor = "multi_thread")]
async fn no_answer_before_the_commit() {
    let hub = FakeHub::down().await;
    let facility = receiving(&hub);
    let running = facility.start().await;
    let mut lock = facility.database().await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut lock).await.unwrap();
    let mut sender = Sender::connect(running.listening[0].1).await;
    sender.write(&framed(&adt("M1", 1))).await;
    for _ in 0..3 {
        assert!(sender.hears_nothing().await, "acknowledged without a commit");
    }
    sqlx::query("COMMIT").execute(&mut lock).await.unwrap();
    assert_eq!(crate::sender::msa(&sender.answer().await.unwrap()), "AA M1");
    assert_eq!(rows(&facility).await, 1);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_is_no_acceptance() {
    let hub = FakeHub::down().await;
    let facility = receiving(&hub);
    let running = facility.start().await;
    let mut database = facility.database().await;
    let broken =
        "CREATE TRIGGER broken BEFORE INSERT ON delivery BEGIN SELECT RAISE(ABORT, 'disk full'); END";
    sqlx::query(broken).execute(&mut database).await.unwrap();
    let mut sender = Sender::connect(running.listening[0].1).await;
    for _ in 0..3 {
        assert_eq!(sender.sends(&adt("M1", 1)).await, "AE M1");
    }
    let enhanced = String::from_utf8(adt("M2", 2)).unwrap().replace("|P|2.5\r", "|P|2.5|||AL|NE\r");
    assert_eq!(sender.sends(enhanced.as_bytes()).await, "CE M2");
    assert_eq!(rows(&facility).await, 0);
    running.reaches(|status| status.spool.error.is_some()).await;
    sqlx::query("DROP TRIGGER broken").execute(&mut database).await.unwrap();
    assert_eq!(sender.sends(&adt("M1", 1)).await, "AA M1");
    assert_eq!(sender.sends(enhanced.as_bytes()).await, "CA M2");
    assert_eq!(rows(&facility).await, 2);
    running.reaches(|status| status.spool.error.is_none()).await;
    running.stop().await;
}

/// Its sender hears nothing of a failure and does not send again: it is tried until it can be stored.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_without_an_answer_waits_for_the_disk() {
    let hub = FakeHub::down().await;
    let facility = receiving(&hub);
    let running = facility.start().await;
    let mut database = facility.database().await;
    let broken =
        "CREATE TRIGGER broken BEFORE INSERT ON delivery BEGIN SELECT RAISE(ABORT, 'disk full'); END";
    sqlx::query(broken).execute(&mut database).await.unwrap();
    let mut sender = Sender::connect(running.listening[0].1).await;
    let silent = String::from_utf8(adt("M1", 1)).unwrap().replace("|P|2.5\r", "|P|2.5|||NE|NE\r");
    sender.write(&framed(silent.as_bytes())).await;
    running.reaches(|status| status.spool.error.is_some()).await;
    sqlx::query("DROP TRIGGER broken").execute(&mut database).await.unwrap();
    running.reaches(|status| status.sources[0].last_sequence == 1).await;
    assert!(sender.hears_nothing().await);
    assert_eq!(sender.sends(&adt("M2", 1)).await, "AA M2");
    running.stop().await;
}

/// Large messages lie beside the database.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_message_is_durable_too() {
    let hub = FakeHub::down().await;
    let facility = receiving(&hub);
    let running = facility.start().await;
    let mut sender = Sender::connect(running.listening[0].1).await;
    let large = [adt("M1", 1), b"OBX|1|ED|||".to_vec(), vec![b'x'; 3_000_000], b"\r".to_vec()].concat();
    let bodies = facility.config.data.join("gateway/bodies");
    std::fs::remove_dir(&bodies).unwrap();
    assert_eq!(sender.sends(&large).await, "AE M1");
    std::fs::create_dir(&bodies).unwrap();
    assert_eq!(sender.sends(&large).await, "AA M1");
    assert_eq!(sender.sends(&large).await, "AA M1");
    assert_eq!(std::fs::read_dir(&bodies).unwrap().count(), 1);
    hub.up().await;
    until("delivered", || hub.look(|kept| kept.deliveries.iter().any(|(_, bytes)| *bytes == large))).await;
    running.reaches(|status| status.spool.waiting == 0).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_spool_asks_to_send_again() {
    let hub = FakeHub::down().await;
    let mut facility = receiving(&hub);
    facility.config.spool_budget = 1000;
    let running = facility.start().await;
    let mut sender = Sender::connect(running.listening[0].1).await;
    let mut kept = 0;
    while sender.sends(&adt(&format!("M{kept}"), kept)).await.starts_with("AA") {
        kept += 1;
    }
    assert!((2..12).contains(&kept), "{kept}");
    let number = kept;
    assert_eq!(sender.sends(&adt(&format!("M{number}"), number)).await, format!("AE M{number}"));
    hub.up().await;
    running.reaches(|status| status.acknowledged == u64::from(kept) && !status.spool.full).await;
    assert_eq!(sender.sends(&adt(&format!("M{number}"), number)).await, format!("AA M{number}"));
    until("all", || hub.look(|hub| hub.deliveries.len() == number as usize + 1)).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sent_again_it_is_one_delivery_and_a_reused_control_id_loses_nothing() {
    let hub = FakeHub::start().await;
    let facility = receiving(&hub);
    let running = facility.start().await;
    let address = running.listening[0].1;
    let mut sender = Sender::connect(address).await;
    // As after a time-out: the answer is not read, the message sent again on another connection.
    sender.write(&framed(&adt("M1", 1))).await;
    drop(sender);
    let mut sender = Sender::connect(address).await;
    assert_eq!(sender.sends(&adt("M1", 1)).await, "AA M1");
    assert_eq!(sender.sends(&adt("M1", 1)).await, "AA M1");
    // Another message under the same control id, then the first once more.
    assert_eq!(sender.sends(&adt("M1", 2)).await, "AA M1");
    assert_eq!(sender.sends(&adt("M1", 1)).await, "AA M1");
    until("both", || hub.look(|kept| kept.deliveries.len() == 2)).await;
    running.reaches(|status| status.spool.waiting == 0).await;
    // After the hub has it, and after a restart.
    running.stop().await;
    let running = facility.start().await;
    let mut sender = Sender::connect(running.listening[0].1).await;
    assert_eq!(sender.sends(&adt("M1", 2)).await, "AA M1");
    assert_eq!(sender.sends(&adt("M2", 1)).await, "AA M2");
    until("the new one", || hub.look(|kept| kept.deliveries.len() == 3)).await;
    assert_eq!(hub.look(|kept| kept.known), 0);
    let sequences: Vec<u64> =
        hub.look(|kept| kept.deliveries.iter().map(|(head, _)| head.sequence).collect());
    assert_eq!(sequences, [1, 2, 3]);
    running.stop().await;
}

/// Killed at any moment, also between commit and answer: a sender that sends again until it hears AA gets every message
/// through, and each of them is one delivery.
#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_every_message_arrives_once() {
    let hub = FakeHub::start().await;
    let mut facility = receiving(&hub);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    facility.config.listens = vec![Listen::parse(&format!("hl7:his={free}")).unwrap()];
    let sending: Vec<_> = (0..4_u32).map(|client| tokio::spawn(send_until_heard(free, client))).collect();
    let mut rounds: u64 = 0;
    while !sending.iter().all(tokio::task::JoinHandle::is_finished) {
        rounds += 1;
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (config, clock) = (facility.config.clone(), facility.clock.clone());
        runtime.spawn(async move {
            // While the one before still lets go of directory or port, there is none in this round.
            let _ = gateway::run(config, clock, 3, std::future::pending()).await;
        });
        tokio::time::sleep(Duration::from_millis(rounds * 37 % 251 + 20 + rounds)).await;
        runtime.shutdown_background();
        assert!(rounds < 2000, "never done");
    }
    let mut again = 0;
    for client in sending {
        again += client.await.unwrap();
    }
    println!("rounds: {rounds}, sent again: {again}");
    assert!(rounds > 2 && again > 0, "nothing was killed on the way");
    let running = facility.start().await;
    running.reaches(|status| status.spool.waiting == 0).await;
    for client in 0..4 {
        for number in 0..MESSAGES {
            let wanted = adt(&format!("C{client}-{number}"), client);
            let count = hub.look(|kept| kept.deliveries.iter().filter(|(_, bytes)| *bytes == wanted).count());
            assert_eq!(count, 1, "{client}-{number}");
        }
    }
    running.stop().await;
}

const MESSAGES: u32 = 60;

/// How often it had to send again.
async fn send_until_heard(address: SocketAddr, client: u32) -> u32 {
    let mut again = 0;
    for number in 0..MESSAGES {
        let control_id = format!("C{client}-{number}");
        loop {
            let attempt = attempt(address, adt(&control_id, client));
            match tokio::time::timeout(Duration::from_secs(5), attempt).await {
                Ok(Some(heard)) if heard == format!("AA {control_id}") => break,
                _ => again += 1,
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    again
}

async fn attempt(address: SocketAddr, message: Vec<u8>) -> Option<String> {
    let stream = tokio::net::TcpStream::connect(address).await.ok()?;
    Sender::over(stream).send(&message).await
}

#[tokio::test(flavor = "multi_thread")]
async fn many_senders_at_once_each_in_its_order() {
    let hub = FakeHub::start().await;
    let facility = receiving(&hub);
    let running = facility.start().await;
    let address = running.listening[0].1;
    let senders: Vec<_> = (0..64_u32)
        .map(|client| {
            tokio::spawn(async move {
                let mut sender = Sender::connect(address).await;
                for number in 0..20 {
                    let control_id = format!("C{client}-{number}");
                    let heard = sender.sends(&adt(&control_id, client)).await;
                    assert_eq!(heard, format!("AA {control_id}"));
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.unwrap();
    }
    until("all", || hub.look(|kept| kept.deliveries.len() == 64 * 20)).await;
    // The hub gets each sender's messages in the order in which they were sent, without a gap in the sequence.
    let arrived: Vec<(u64, String)> = hub.look(|kept| {
        let control = |path: &str| path.split(['/', '-']).skip(1).take(2).collect::<Vec<_>>().join("-");
        kept.deliveries.iter().map(|(head, _)| (head.sequence, control(head.path.reveal()))).collect()
    });
    let sequences: Vec<u64> = arrived.iter().map(|(sequence, _)| *sequence).collect();
    assert_eq!(sequences, (1..=64 * 20).collect::<Vec<u64>>());
    for client in 0..64 {
        let of: Vec<&str> =
            arrived.iter().filter_map(|(_, control)| control.strip_prefix(&format!("C{client}-"))).collect();
        assert_eq!(of, (0..20).map(|number| number.to_string()).collect::<Vec<_>>(), "{client}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_stops_the_start() {
    let hub = FakeHub::start().await;
    let mut facility = receiving(&hub);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    facility.config.listens = vec![Listen::parse(&format!("hl7={address}")).unwrap()];
    let opened = Gateway::open(facility.config.clone(), facility.clock.clone(), 8).await;
    assert!(matches!(opened.err(), Some(GatewayError::Listen { address: at, .. }) if at == address));
}
