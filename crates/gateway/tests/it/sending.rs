//! The line to the hub: down, broken, slow, refusing.

use crate::facility::{Facility, message, ss_mix2, until};
use crate::fake_hub::{FakeHub, Mood};
use gateway::Link;
use protocol::{ErrorCode, Outcome};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_is_down_gets_everything_later_in_order() {
    let hub = FakeHub::down().await;
    let facility = Facility::new(&hub);
    let running = facility.start_and_listen().await;
    let mut paths = Vec::new();
    for number in 0..20 {
        paths.push(ss_mix2(1, number, 1));
        let place = facility.write(&paths[paths.len() - 1], message(&number.to_string()));
        running.reaches(|status| status.sources[0].last_sequence == u64::from(number) + 1).await;
        // In the spool: the source may go.
        std::fs::remove_file(place).unwrap();
    }
    let status = running
        .reaches(|status| matches!(status.link, Link::Waiting { .. }) && status.spool.waiting == 20)
        .await;
    assert!(status.spool.oldest.is_some() && status.to_string().contains("20 waiting"), "{status}");
    running.stop().await;
    let again = facility.start().await;
    hub.up().await;
    again.reaches(|status| status.acknowledged == 20 && status.link == Link::Connected).await;
    assert_eq!(hub.paths(), paths);
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_errors_are_waited_out() {
    let hub = FakeHub::start().await;
    let facility = Facility::new(&hub);
    for (at, mood) in
        [Mood::Page(500), Mood::Page(404), Mood::Page(422), Mood::Says(ErrorCode::Busy), Mood::Page(200)]
            .into_iter()
            .enumerate()
    {
        hub.mood(mood);
        let running = facility.start_and_listen().await;
        let path = ss_mix2(1, u32::try_from(at).unwrap(), 1);
        facility.write(&path, message("x"));
        running
            .reaches(|status| matches!(status.link, Link::Waiting { .. }) && status.spool.waiting == 1)
            .await;
        hub.mood(Mood::Kind);
        until("kept", || hub.has(&path)).await;
        running.reaches(|status| status.link == Link::Connected && status.spool.waiting == 0).await;
        assert_eq!(running.status.borrow().spool.refused, 0);
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_means_sending_again() {
    let hub = FakeHub::start().await;
    let facility = Facility::new(&hub);
    hub.mood(Mood::LosesAnswers);
    facility.write("a", message("a"));
    let running = facility.start().await;
    until("kept twice", || hub.look(|kept| kept.known > 0)).await;
    assert_eq!(running.status.borrow().acknowledged, 0);
    hub.mood(Mood::Slow(Duration::from_millis(50)));
    running.reaches(|status| status.acknowledged == 1 && status.spool.waiting == 0).await;
    assert_eq!(hub.paths(), ["a"]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_let_in_stops_sending_until_it_is() {
    let hub = FakeHub::start().await;
    let facility = Facility::new(&hub);
    for mood in
        [Mood::Page(403), Mood::Says(ErrorCode::Unauthorised), Mood::Says(ErrorCode::UnsupportedVersion)]
    {
        hub.mood(mood);
        let running = facility.start_and_listen().await;
        let path = format!("file{}", hub.look(|kept| kept.requests));
        facility.write(&path, message("a"));
        let status = running
            .reaches(|status| matches!(status.link, Link::Stopped { .. }) && status.spool.waiting == 1)
            .await;
        assert!(status.to_string().starts_with("STOPPED"), "{status}");
        hub.mood(Mood::Kind);
        until("kept", || hub.has(&path)).await;
        running.reaches(|status| status.link == Link::Connected).await;
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_facility_is_noticed_by_the_gateway_itself() {
    let hub = FakeHub::start().await;
    let facility = Facility::new(&hub);
    hub.mood(Mood::OtherFacility);
    let running = facility.start().await;
    let status = running.reaches(|status| matches!(status.link, Link::Stopped { .. })).await;
    assert!(matches!(status.link, Link::Stopped { code, .. } if code == "wrong-facility"));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_set_aside_and_blocks_nothing() {
    let hub = FakeHub::start().await;
    let facility = Facility::new(&hub);
    let refused = Outcome::Refused { code: "not-ss-mix2".into(), text: "no MSH".into() };
    hub.kept.lock().unwrap().outcomes.insert("junk".into(), refused);
    hub.kept.lock().unwrap().malformed.push("poison".into());
    for name in ["a", "junk", "poison", "z"] {
        facility.write(name, message(name));
    }
    let running = facility.start().await;
    let status = running.reaches(|status| status.acknowledged == 2 && status.spool.refused == 2).await;
    assert_eq!(status.spool.waiting, 0);
    let mut codes: Vec<_> =
        running.spool.refused().await.unwrap().into_iter().map(|each| each.code).collect();
    codes.sort();
    assert_eq!(codes, ["malformed", "not-ss-mix2"]);
    // Changed in place and refused again: only the last bytes are kept.
    facility.write("junk", message("junk again"));
    until("asked again", || {
        hub.look(|kept| kept.heartbeats.last().is_some_and(|beat| beat.sources[0].last_sequence == 5))
    })
    .await;
    running.reaches(|status| status.spool.waiting == 0 && status.spool.refused == 2).await;
    // The source is gone, the hub has learned: the bytes are still there.
    std::fs::remove_file(facility.root().join("junk")).unwrap();
    hub.kept.lock().unwrap().outcomes.clear();
    hub.kept.lock().unwrap().malformed.clear();
    assert_eq!(running.spool.resend_refused().await.unwrap(), 2);
    running.reaches(|status| status.spool.refused == 0 && status.acknowledged == 4).await;
    assert_eq!(hub.bytes("junk"), [message("junk again")]);
    assert_eq!(hub.bytes("poison"), [message("poison")]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_shall_come_later_does_not_hold_up_the_others() {
    let hub = FakeHub::start().await;
    let facility = Facility::new(&hub);
    hub.kept.lock().unwrap().outcomes.insert("first".into(), Outcome::RetryLater { seconds: 1 });
    facility.write("first", message("1"));
    let running = facility.start_and_listen().await;
    facility.write("second", message("2"));
    until("second", || hub.has("second")).await;
    assert!(!hub.has("first"));
    hub.kept.lock().unwrap().outcomes.clear();
    until("first", || hub.has("first")).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_files_are_streamed() {
    let hub = FakeHub::start().await;
    let facility = Facility::new(&hub);
    let sized = |megabytes: usize| -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..megabytes * 1024 * 1024).map(|at| (at % 251) as u8).collect();
        bytes.push(0x1c);
        bytes
    };
    for (name, megabytes) in [("row", 0), ("folder", 2), ("alone", 9)] {
        facility.write(name, sized(megabytes));
    }
    let running = facility.start().await;
    running.reaches(|status| status.acknowledged == 3 && status.spool.waiting_bytes == 0).await;
    for (name, megabytes) in [("row", 0), ("folder", 2), ("alone", 9)] {
        assert!(hub.bytes(name) == [sized(megabytes)], "{name}");
    }
    let left = std::fs::read_dir(facility.config.data.join("gateway/bodies")).unwrap().count();
    assert_eq!(left, 0);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_spool_takes_nothing_in_and_says_so() {
    let hub = FakeHub::down().await;
    let mut facility = Facility::new(&hub);
    facility.config.spool_budget = 100_000;
    for number in 0..300 {
        facility.write(&format!("{number}"), vec![0x1c; 1000]);
    }
    let running = facility.start().await;
    let status = running.reaches(|status| status.spool.full).await;
    assert!(status.to_string().contains("SPOOL FULL"), "{status}");
    assert!(running.spool.seen_files().await.unwrap() < 300);
    hub.up().await;
    running.reaches(|status| status.acknowledged == 300 && !status.spool.full).await;
    running.stop().await;
}
