//! What is found, and that nothing else is.

use crate::facility::{Facility, NEVER, message, ss_mix2, until};
use crate::fake_hub::FakeHub;
use model::clock::FixedClock;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn a_written_file_arrives_as_it_is() {
    let hub = FakeHub::start().await;
    let facility = Facility::new(&hub);
    let running = facility.start_and_listen().await;
    // Five folders that do not exist yet, and the file at once.
    let (path, bytes) = (ss_mix2(1, 1, 1), message("\u{1b}$B:4AR\u{1b}(B"));
    let start = Instant::now();
    let place = facility.write(&path, &bytes);
    until("arrived", || hub.has(&path)).await;
    println!("written to kept: {:?}", start.elapsed());
    let (head, got) = hub.look(|kept| kept.deliveries[0].clone());
    assert_eq!(got, bytes);
    assert_eq!((head.source.as_str(), head.format.as_str(), head.sequence), ("ss-mix2", "ss-mix2", 1));
    let changed = std::fs::metadata(place).unwrap().modified().unwrap();
    let time = jiff::Timestamp::try_from(changed).unwrap().to_zoned_datetime(model::clock::jst());
    assert_eq!(head.source_time, time.strftime("%Y%m%d%H%M%S%3f").to_string());
    let status = running.reaches(|status| status.acknowledged == 1 && status.spool.waiting == 0).await;
    assert_eq!(status.sources[0].last_sequence, 1);
    until("heartbeat tells", || {
        hub.look(|kept| kept.heartbeats.iter().any(|beat| beat.sources[0].last_sequence == 1))
    })
    .await;
    assert_eq!(running.status.borrow().hub_ahead_ms, Some(1000));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn renames_and_changes_in_place_are_news() {
    let hub = FakeHub::start().await;
    let facility = Facility::new(&hub);
    let running = facility.start_and_listen().await;
    let [valid, superseded, deleted] = [1, 2, 0].map(|flag| ss_mix2(1, 1, flag));
    facility.write(&valid, message("A"));
    until("valid", || hub.has(&valid)).await;
    std::fs::rename(facility.root().join(&valid), facility.root().join(&superseded)).unwrap();
    until("superseded", || hub.has(&superseded)).await;
    std::fs::rename(facility.root().join(&superseded), facility.root().join(&deleted)).unwrap();
    until("deleted", || hub.has(&deleted)).await;
    assert_eq!(hub.bytes(&deleted), [message("A")]);
    facility.write(&deleted, message("B!"));
    until("changed", || hub.bytes(&deleted).len() == 2).await;
    assert_eq!(hub.bytes(&deleted)[1], message("B!"));
    assert_eq!(
        hub.look(|kept| kept.deliveries.iter().map(|(head, _)| head.sequence).collect::<Vec<_>>()),
        [1, 2, 3, 4]
    );
    // A new time alone is no news.
    let touched = std::fs::File::options().append(true).open(facility.root().join(&deleted)).unwrap();
    touched.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(1_000_000_000)).unwrap();
    let next = ss_mix2(1, 2, 1);
    facility.write(&next, message("next"));
    until("next", || hub.has(&next)).await;
    assert_eq!(hub.bytes(&deleted).len(), 2);
    assert!(running.troubles().is_empty(), "{:?}", running.troubles());
    running.reaches(|status| status.acknowledged == 5 && status.spool.waiting == 0).await;
    running.stop().await;
    // The same again: nothing is news.
    let again = facility.start_and_listen().await;
    assert_eq!((hub.paths().len(), again.spool.waiting_now()), (5, 0));
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_written_file_is_waited_for() {
    let hub = FakeHub::start().await;
    let mut facility = Facility::new(&hub);
    facility.config.pace.settle_unfinished = NEVER;
    let running = facility.start_and_listen().await;
    let (half, other) = (ss_mix2(1, 1, 1), ss_mix2(1, 2, 1));
    facility.write(&half, b"MSH|^~\\&|half");
    facility.write("empty", b"");
    facility.write("reserved", [b'M', 0, 0]);
    facility.write(&other, message("other"));
    until("other", || hub.has(&other)).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(hub.paths(), std::slice::from_ref(&other));
    facility.write(&half, message("half and half"));
    until("whole", || hub.has(&half)).await;
    assert_eq!(hub.bytes(&half), [message("half and half")]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_mark_is_not_required() {
    let hub = FakeHub::start().await;
    let facility = Facility::new(&hub);
    let running = facility.start_and_listen().await;
    for (path, bytes) in [("a", &b"MSH|no end"[..]), ("empty", b""), ("zeros", b"\0\0")] {
        facility.write(path, bytes);
    }
    until("all", || hub.paths().len() == 3).await;
    assert_eq!(hub.bytes("empty"), [b""]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_files_arrive_once_each() {
    let hub = FakeHub::start().await;
    let facility = Facility::new(&hub);
    let mut expected = BTreeSet::new();
    for number in 0..10_000 {
        let path = ss_mix2(number / 50, number, 1);
        facility.write(&path, message(&number.to_string()));
        expected.insert(path);
    }
    let start = Instant::now();
    let running = facility.start().await;
    running.reaches(|status| status.acknowledged == 10_000).await;
    println!("10,000 files scanned, spooled and acknowledged in {:?}", start.elapsed());
    let status = running.reaches(|status| status.sources[0].last_scan.is_some()).await;
    assert_eq!((status.sources[0].files, hub.paths().len()), (10_000, 10_000));
    assert_eq!(hub.paths().into_iter().collect::<BTreeSet<_>>(), expected);
    let sequences: BTreeSet<u64> =
        hub.look(|kept| kept.deliveries.iter().map(|(head, _)| head.sequence).collect());
    assert_eq!(sequences, (1..=10_000).collect());
    assert_eq!(running.spool.seen_files().await.unwrap(), 10_000);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_renames_loses_nothing() {
    let hub = FakeHub::start().await;
    let mut facility = Facility::new(&hub);
    facility.config.pace.scan = Duration::from_millis(400);
    let running = facility.start_and_listen().await;
    let mut last = Vec::new();
    for number in 0..400 {
        let [new, old] = [1, 2].map(|flag| ss_mix2(number % 7, number, flag));
        facility.write(&new, message(&format!("first {number}")));
        std::fs::rename(facility.root().join(&new), facility.root().join(&old)).unwrap();
        facility.write(&new, message(&format!("second {number}")));
        last.extend([
            (old, message(&format!("first {number}"))),
            (new, message(&format!("second {number}"))),
        ]);
    }
    // The whole patient folder moves, too.
    std::fs::rename(facility.root().join("000/000/0000000003"), facility.root().join("moved")).unwrap();
    for (path, bytes) in last {
        let path = path.replace("000/000/0000000003/", "moved/");
        until("the last bytes of each path", || hub.bytes(&path).last() == Some(&bytes)).await;
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_keep_every_character() {
    let hub = FakeHub::start().await;
    let facility = Facility::new(&hub);
    let running = facility.start_and_listen().await;
    let names = [
        "お薬手帳/佐倉　花子.csv",
        "が\u{3099}と\u{30ac}と𠮷",
        "with space/and\nline",
        "^local^^18842-5^退院時サマリー^LN/x",
    ];
    for name in names {
        facility.write(name, message(name));
        until("arrived", || hub.bytes(name) == [message(name)]).await;
    }
    running.stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_not_utf8_arrives_too() {
    use std::os::unix::ffi::OsStrExt;
    let hub = FakeHub::start().await;
    let facility = Facility::new(&hub);
    // "検査" in Shift_JIS.
    let name = std::ffi::OsStr::from_bytes(b"\x8c\x9f\x8d\xb8.txt");
    std::fs::write(facility.root().join(name), message("x")).unwrap();
    let running = facility.start().await;
    let escaped = "\u{fffd}8C\u{fffd}9F\u{fffd}8D\u{fffd}B8.txt";
    until("arrived", || hub.has(escaped)).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_looks_the_same_is_found_while_the_file_is_young() {
    let hub = FakeHub::start().await;
    let mut facility = Facility::new(&hub);
    facility.config.pace.scan = Duration::from_millis(50);
    // A clock behind every file: each is too young to be sure of.
    facility.clock = Arc::new(FixedClock("2000-01-01T00:00:00Z".parse().unwrap()));
    let place = facility.write("a", message("A"));
    let modified = std::fs::metadata(&place).unwrap().modified().unwrap();
    let running = facility.start_and_listen().await;
    until("first", || hub.has("a")).await;
    // Elsewhere, then put in place by a rename: no moment at which size or time differ.
    let hidden = facility.folder().join("next");
    std::fs::write(&hidden, message("B")).unwrap();
    std::fs::File::options().write(true).open(&hidden).unwrap().set_modified(modified).unwrap();
    std::fs::rename(&hidden, &place).unwrap();
    until("second", || hub.bytes("a") == [message("A"), message("B")]).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_folder_keeps_its_source_name() {
    let hub = FakeHub::start().await;
    let mut facility = Facility::new(&hub);
    let other = facility.folder().join("other");
    std::fs::create_dir(&other).unwrap();
    facility
        .config
        .watches
        .push(gateway::Watch { root: other.clone(), ..facility.config.watches[0].clone() });
    facility.write("a", message("a"));
    std::fs::write(other.join("b"), message("b")).unwrap();
    let source_of = |path: &str| {
        hub.look(|kept| {
            let found = kept.deliveries.iter().find(|(head, _)| head.path.reveal() == path);
            found.map(|(head, _)| head.source.as_str().to_owned())
        })
    };
    let running = facility.start().await;
    until("both", || hub.paths().len() == 2).await;
    running.stop().await;
    // In another order, after a restart.
    facility.config.watches.reverse();
    std::fs::write(other.join("c"), message("c")).unwrap();
    let running = facility.start().await;
    until("third", || hub.has("c")).await;
    running.stop().await;
    assert_eq!(source_of("a").as_deref(), Some("ss-mix2"));
    assert_eq!((source_of("b"), source_of("c")), (Some("ss-mix2-2".into()), Some("ss-mix2-2".into())));
    assert_eq!(hub.paths().len(), 3);
}
