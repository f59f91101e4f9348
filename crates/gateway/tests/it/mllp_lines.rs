//! The line of an MLLP receiver: packets, garbage, character sets, slow and rude senders.

use crate::facility::until;
use crate::fake_hub::FakeHub;
use crate::mllp::receiving;
use crate::sender::{Sender, adt, framed, msa};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn packets_do_not_matter() {
    let hub = FakeHub::start().await;
    let facility = receiving(&hub);
    let running = facility.start().await;
    let mut sender = Sender::connect(running.listening[0].1).await;
    // Several in one packet, white space between them, one without its last CR.
    let mut packet = [framed(&adt("M1", 1)), b"\r\n".to_vec(), framed(&adt("M2", 1))].concat();
    packet.extend(framed(&adt("M3", 1)));
    packet.pop();
    sender.write(&packet).await;
    for number in 1..=3 {
        assert_eq!(msa(&sender.answer().await.unwrap()), format!("AA M{number}"));
    }
    // The CR comes late; then byte by byte.
    sender.write(b"\r").await;
    for byte in framed(&adt("M4", 1)) {
        sender.write(&[byte]).await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(msa(&sender.answer().await.unwrap()), "AA M4");
    // A pause in the middle of a message.
    let slow = framed(&adt("M5", 1));
    sender.write(&slow[..40]).await;
    assert!(sender.hears_nothing().await);
    sender.write(&slow[40..]).await;
    assert_eq!(msa(&sender.answer().await.unwrap()), "AA M5");
    until("all", || hub.look(|kept| kept.deliveries.len() == 5)).await;
    assert!(running.troubles().is_empty(), "{:?}", running.troubles());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_is_refused_counted_and_does_no_harm() {
    let hub = FakeHub::start().await;
    let facility = receiving(&hub);
    let running = facility.start().await;
    let address = running.listening[0].1;
    let mut sender = Sender::connect(address).await;
    sender.write(b"GET / HTTP/1.1\r\n\r\n").await;
    assert!(sender.hears_nothing().await);
    assert_eq!(sender.sends(b"hello").await, "AR");
    assert_eq!(sender.sends(b"").await, "AR");
    let test = String::from_utf8(adt("M1", 1)).unwrap().replace("|P|2.5", "|T|2.5");
    assert_eq!(sender.sends(test.as_bytes()).await, "AR M1");
    let third = String::from_utf8(adt("M2", 1)).unwrap().replace("|P|2.5", "|P|3.0");
    assert_eq!(sender.sends(third.as_bytes()).await, "AR M2");
    // The same connection still works.
    assert_eq!(sender.sends(&adt("M3", 1)).await, "AA M3");
    // Broken off in the middle: nobody may believe that it arrived.
    sender.write(&framed(&adt("M4", 1))[..60]).await;
    drop(sender);
    running.reaches(|status| status.sources[0].troubles.len() == 4).await;
    let mut troubles = running.troubles();
    troubles.sort();
    assert_eq!(troubles, ["1 stray-bytes", "1 unfinished", "2 not-hl7", "2 unsupported"]);
    until("one", || hub.look(|kept| kept.deliveries.len() == 1)).await;
    // Nothing but garbage for long: closed.
    let mut rude = Sender::connect(address).await;
    rude.write(&vec![b'x'; 100_000]).await;
    assert!(rude.is_closed().await);
    assert_eq!(hub.look(|kept| kept.deliveries.len()), 1);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_character_set_arrives_unchanged_and_is_answered_in_kind() {
    let hub = FakeHub::start().await;
    let facility = receiving(&hub);
    let running = facility.start().await;
    let mut sender = Sender::connect(running.listening[0].1).await;
    // Shift_JIS: ポ is 83 7C, ソ is 83 5C, 表 is 95 5C: the second byte is a delimiter of HL7.
    let shift_jis = [
        b"MSH|^~\\&|\x83\x7c\x83\x5c|\x95\x5c|GW|HUB|20260401||ADT^A08|S1|P|2.5||||||~ISO IR87\r".as_slice(),
        b"PID|1||0000001||\x83\x7c\x95\x5c^\x83\x5c||19500101|M\r",
    ]
    .concat();
    sender.write(&framed(&shift_jis)).await;
    let answer = sender.answer().await.unwrap();
    let addressed = b"|GW|HUB|\x83\x7c\x83\x5c|\x95\x5c|";
    assert!(answer.windows(addressed.len()).any(|window| window == addressed), "{answer:?}");
    assert!(answer.ends_with(b"\rMSA|AA|S1\r"), "{answer:?}");
    // ISO-2022-JP: 上 is 3E 65, 構 is 39 3D; 椴 is 46 5C, 冗 is 3E 69.
    let iso = [
        b"MSH|^~\\&|\x1b$B\x46\x5c\x1b(B|H01|GW|HUB|20260401||ADT^A08|I1|P|2.5||||||~ISO IR87||ISO 2022-1994\r"
            .as_slice(),
        b"PID|1||0000001||\x1b$B\x3e\x65\x7c\x7c\x1b(B||19500101|M\r",
    ]
    .concat();
    sender.write(&framed(&iso)).await;
    let answer = sender.answer().await.unwrap();
    let addressed = b"|GW|HUB|\x1b$B\x46\x5c\x1b(B|H01|";
    assert!(answer.windows(addressed.len()).any(|window| window == addressed), "{answer:?}");
    let utf8 = "MSH|^~\\&|病院|H01|GW|HUB|20260401||ADT^A08|U1|P|2.5||||||UNICODE UTF-8\rPID|1||1||髙橋^一\r";
    sender.write(&framed(utf8.as_bytes())).await;
    let answer = String::from_utf8(sender.answer().await.unwrap()).unwrap();
    assert!(answer.contains("|GW|HUB|病院|H01|") && answer.contains("|UNICODE UTF-8"), "{answer}");
    until("all", || hub.look(|kept| kept.deliveries.len() == 3)).await;
    let arrived: Vec<Vec<u8>> =
        hub.look(|kept| kept.deliveries.iter().map(|(_, bytes)| bytes.clone()).collect());
    assert_eq!(arrived, [shift_jis, iso, utf8.as_bytes().to_vec()]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_wants_no_answer_gets_none_and_its_message_is_kept() {
    let hub = FakeHub::start().await;
    let facility = receiving(&hub);
    let running = facility.start().await;
    let mut sender = Sender::connect(running.listening[0].1).await;
    let with = |id: &str, mode: &str| {
        String::from_utf8(adt(id, 1)).unwrap().replace("|P|2.5\r", &format!("|P|2.5|||{mode}\r")).into_bytes()
    };
    sender.write(&framed(&with("M1", "NE|NE"))).await;
    assert!(sender.hears_nothing().await);
    assert_eq!(sender.sends(&with("M2", "AL|NE")).await, "CA M2");
    assert_eq!(sender.sends(&with("M3", "NE|AL")).await, "AA M3");
    until("all", || hub.look(|kept| kept.deliveries.len() == 3)).await;
    running.stop().await;
}

/// As `nc` does: everything is sent, the sending side closed, then the answer awaited. The last CR is missing.
#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_closes_its_side_is_still_answered() {
    let hub = FakeHub::start().await;
    let facility = receiving(&hub);
    let running = facility.start().await;
    let mut sender = Sender::connect(running.listening[0].1).await;
    let mut bytes = framed(&adt("M1", 1));
    bytes.pop();
    sender.write(&bytes).await;
    tokio::io::AsyncWriteExt::shutdown(&mut sender.stream).await.unwrap();
    assert_eq!(msa(&sender.answer().await.unwrap()), "AA M1");
    assert!(sender.is_closed().await);
    running.stop().await;
}

/// Late and doubled answers of somebody's are harmless: neither kept nor answered.
#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledgement_is_not_answered() {
    let hub = FakeHub::start().await;
    let facility = receiving(&hub);
    let running = facility.start().await;
    let mut sender = Sender::connect(running.listening[0].1).await;
    let late = b"MSH|^~\\&|HIS|H01|GW|HUB|20260401||ACK^A08^ACK|X1|P|2.5\rMSA|AA|M0\r";
    sender.write(&[framed(late), framed(late), framed(&adt("M1", 1))].concat()).await;
    assert_eq!(msa(&sender.answer().await.unwrap()), "AA M1");
    assert!(sender.hears_nothing().await);
    until("one", || hub.look(|kept| kept.deliveries.len() == 1)).await;
    assert_eq!(running.troubles(), ["2 acknowledgement"]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_large_is_rejected_and_the_connection_closed() {
    let hub = FakeHub::start().await;
    let mut facility = receiving(&hub);
    facility.config.patience.largest = 300_000;
    let running = facility.start().await;
    let mut sender = Sender::connect(running.listening[0].1).await;
    let fits = [adt("M1", 1), vec![b'x'; 290_000]].concat();
    assert_eq!(sender.sends(&fits).await, "AA M1");
    let large = [adt("M2", 1), vec![b'x'; 3_000_000]].concat();
    assert_eq!(sender.sends(&large).await, "AR M2");
    assert!(sender.is_closed().await);
    running.reaches(|status| !status.sources[0].troubles.is_empty()).await;
    assert_eq!(running.troubles(), ["1 too-large"]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_and_silent_senders_are_closed_and_do_not_shut_others_out() {
    let hub = FakeHub::start().await;
    let mut facility = receiving(&hub);
    facility.config.patience.message = Duration::from_millis(500);
    facility.config.patience.idle = Duration::from_millis(1500);
    let running = facility.start().await;
    let address = running.listening[0].1;
    // A byte now and then does not keep a message alive.
    let mut slow = Sender::connect(address).await;
    let drip = async {
        for byte in framed(&adt("M1", 1)) {
            if tokio::io::AsyncWriteExt::write_all(&mut slow.stream, &[byte]).await.is_err() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    };
    assert!(drip.await, "a slow message was waited for");
    let mut idle = Sender::connect(address).await;
    assert_eq!(idle.sends(&adt("M2", 1)).await, "AA M2");
    assert!(idle.is_closed().await);
    running.reaches(|status| !status.sources[0].troubles.is_empty()).await;
    assert_eq!(running.troubles(), ["1 unfinished"]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_bounded_and_rested_ones_make_room() {
    let hub = FakeHub::start().await;
    let mut facility = receiving(&hub);
    facility.config.patience.connections = 3;
    let running = facility.start().await;
    let address = running.listening[0].1;
    let mut first = Sender::connect(address).await;
    assert_eq!(first.sends(&adt("M1", 1)).await, "AA M1");
    let (mut second, mut third) = (Sender::connect(address).await, Sender::connect(address).await);
    assert_eq!(second.sends(&adt("M2", 1)).await, "AA M2");
    assert_eq!(third.sends(&adt("M3", 1)).await, "AA M3");
    let mut fourth = Sender::connect(address).await;
    assert!(fourth.is_closed().await);
    assert_eq!(running.troubles(), ["1 connections"]);
    // After some rest the first has to go; the others are not disturbed.
    tokio::time::sleep(Duration::from_millis(5200)).await;
    assert_eq!(second.sends(&adt("M4", 1)).await, "AA M4");
    assert_eq!(third.sends(&adt("M5", 1)).await, "AA M5");
    let mut fifth = Sender::connect(address).await;
    assert_eq!(fifth.sends(&adt("M6", 1)).await, "AA M6");
    assert!(first.is_closed().await);
    assert_eq!(second.sends(&adt("M7", 1)).await, "AA M7");
    running.stop().await;
}
