//! What cannot be sent is said, never passed over in silence.

use crate::facility::{Facility, NEVER, message, until};
use crate::fake_hub::FakeHub;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn temporary_names_are_counted_not_sent() {
    let hub = FakeHub::start().await;
    let mut facility = Facility::new(&hub);
    facility.config.pace.scan = Duration::from_millis(50);
    for name in ["a.tmp", ".hidden", "b~", "sub/c.part", ".snapshot/d"] {
        facility.write(name, message("x"));
    }
    facility.write("sub/real", message("x"));
    let running = facility.start_and_listen().await;
    // Passed over as an event, too; and news under its final name.
    facility.write("e.tmp", message("e"));
    std::fs::rename(facility.root().join("e.tmp"), facility.root().join("e")).unwrap();
    until("final name", || hub.has("e")).await;
    let status = running.reaches(|status| status.sources[0].files == 2).await;
    assert_eq!(status.sources[0].ignored, 5);
    let mut paths = hub.paths();
    paths.sort();
    assert_eq!(paths, ["e", "sub/real"]);
    running.stop().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn links_are_followed_and_loops_reported() {
    use std::os::unix::fs::symlink;
    let hub = FakeHub::start().await;
    let mut facility = Facility::new(&hub);
    facility.config.pace.scan = Duration::from_millis(50);
    let volume = facility.folder().join("volume2");
    std::fs::create_dir(&volume).unwrap();
    std::fs::write(volume.join("a"), message("a")).unwrap();
    facility.write("sub/b", message("b"));
    symlink(&volume, facility.root().join("001")).unwrap();
    symlink(facility.root(), facility.root().join("sub/loop")).unwrap();
    symlink("nowhere", facility.root().join("dangling")).unwrap();
    let running = facility.start().await;
    until("both", || hub.has("001/a") && hub.has("sub/b")).await;
    running.reaches(|status| status.sources[0].troubles.len() == 2).await;
    assert_eq!(running.troubles(), ["1 dangling-link", "1 symlink-loop"]);
    let noted = running.spool.troubles().await.unwrap();
    assert!(noted.iter().any(|trouble| trouble.path.reveal() == "sub/loop"));
    // Mended: forgotten after two scans.
    std::fs::remove_file(facility.root().join("sub/loop")).unwrap();
    std::fs::remove_file(facility.root().join("dangling")).unwrap();
    running.reaches(|status| status.sources[0].troubles.is_empty()).await;
    assert_eq!(hub.paths().len(), 2);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_vanishes_unread_is_noted() {
    let hub = FakeHub::start().await;
    let mut facility = Facility::new(&hub);
    facility.config.pace.settle_unfinished = NEVER;
    let running = facility.start_and_listen().await;
    let place = facility.write("a", b"unfinished");
    std::fs::remove_file(place).unwrap();
    running.reaches(|status| !status.sources[0].troubles.is_empty()).await;
    assert_eq!(running.troubles(), ["1 vanished"]);
    // It comes back and is sent: no trouble any more.
    facility.write("a", message("a"));
    until("back", || hub.has("a")).await;
    running.reaches(|status| status.sources[0].troubles.is_empty()).await;
    // Removing what was sent is no news.
    std::fs::remove_file(facility.root().join("a")).unwrap();
    facility.write("b", message("b"));
    until("later one", || hub.has("b")).await;
    assert!(running.troubles().is_empty());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_that_comes_later_is_found() {
    let hub = FakeHub::start().await;
    let mut facility = Facility::new(&hub);
    facility.config.pace.scan = Duration::from_millis(50);
    std::fs::remove_dir(facility.root()).unwrap();
    let running = facility.start().await;
    until("heartbeat", || hub.look(|kept| kept.heartbeats.iter().any(|beat| !beat.sources[0].reachable)))
        .await;
    facility.write("a", message("a"));
    until("found", || hub.has("a")).await;
    running.reaches(|status| status.sources[0].reachable && status.sources[0].events).await;
    // Away and another in its place, as when a share is mounted again.
    std::fs::rename(facility.root(), facility.folder().join("away")).unwrap();
    running.reaches(|status| !status.sources[0].reachable).await;
    assert!(running.status.borrow().to_string().contains("ss-mix2 NOT REACHABLE"));
    facility.write("b", message("b"));
    running.reaches(|status| status.sources[0].reachable && status.sources[0].events).await;
    until("found again", || hub.has("b")).await;
    running.stop().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_reported_and_tried_again() {
    use std::os::unix::fs::PermissionsExt;
    let hub = FakeHub::start().await;
    let mut facility = Facility::new(&hub);
    facility.config.pace.scan = Duration::from_millis(50);
    let place = facility.write("closed", message("x"));
    let close = |mode| std::fs::set_permissions(&place, std::fs::Permissions::from_mode(mode)).unwrap();
    close(0o000);
    if std::fs::read(&place).is_ok() {
        println!("skipped: this user may read everything");
        return;
    }
    let running = facility.start().await;
    running.reaches(|status| !status.sources[0].troubles.is_empty()).await;
    assert_eq!(running.troubles(), ["1 unreadable"]);
    close(0o600);
    until("read", || hub.has("closed")).await;
    running.reaches(|status| status.sources[0].troubles.is_empty()).await;
    running.stop().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_a_file_is_reported_and_does_not_block() {
    let hub = FakeHub::start().await;
    let facility = Facility::new(&hub);
    let _socket = std::os::unix::net::UnixListener::bind(facility.root().join("socket")).unwrap();
    facility.write("a", message("a"));
    let running = facility.start().await;
    until("file", || hub.has("a")).await;
    running.reaches(|status| !status.sources[0].troubles.is_empty()).await;
    assert_eq!(running.troubles(), ["1 not-a-file"]);
    running.stop().await;
}
