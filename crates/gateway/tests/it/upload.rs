//! The page on which people hand over photographs and documents.

use crate::facility::{Facility, Running, until};
use crate::fake_hub::FakeHub;
use gateway::{Pin, Upload};
use protocol::Outcome;
use reqwest::{Client, Response, redirect};
use std::time::Duration;

const PIN: &str = "SAKURA-2026";

fn uploading(hub: &FakeHub) -> Facility {
    let mut facility = Facility::new(hub);
    facility.config.watches.clear();
    facility.config.upload = Some(Upload::parse("127.0.0.1:0", Pin::new(PIN).unwrap()).unwrap());
    facility
}

struct Browser {
    client: Client,
    base: String,
    cookie: String,
}

impl Browser {
    fn of(running: &Running) -> Self {
        let client = Client::builder().redirect(redirect::Policy::none()).no_proxy().build().unwrap();
        Self { client, base: format!("http://{}", running.listening[0].1), cookie: String::new() }
    }

    async fn entered(running: &Running) -> Self {
        let mut browser = Self::of(running);
        let answer = browser.enter(PIN).await;
        assert_eq!(answer.status(), 303);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
        browser.cookie = cookie.split(';').next().unwrap().to_owned();
        browser
    }

    async fn enter(&self, pin: &str) -> Response {
        let form = self.client.post(format!("{}/pin", self.base));
        form.header("content-type", "application/x-www-form-urlencoded")
            .body(format!("pin={pin}"))
            .send()
            .await
            .unwrap()
    }

    async fn page(&self) -> String {
        let page = self.client.get(&self.base).header("cookie", &self.cookie).send().await.unwrap();
        assert_eq!(page.status(), 200);
        assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
        page.text().await.unwrap()
    }

    async fn send(&self, body: Vec<u8>) -> Response {
        let form = self.client.post(&self.base).header("cookie", &self.cookie);
        form.header("content-type", "multipart/form-data; boundary=bb").body(body).send().await.unwrap()
    }

    async fn put(&self, path: &str, pin: &str, body: &[u8]) -> u16 {
        let put = self.client.put(format!("{}/files/{path}", self.base)).bearer_auth(pin);
        put.body(body.to_vec()).send().await.unwrap().status().as_u16()
    }
}

/// A form as a browser sends it.
fn form(number: &str, again: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, bytes) in files {
        let head = format!(
            "--bb\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        );
        body.extend(head.bytes());
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    for (name, value) in [("number", number), ("again", again)] {
        body.extend(
            format!("--bb\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes(),
        );
    }
    body.extend(b"--bb--\r\n");
    body
}

fn photograph(seed: u8) -> Vec<u8> {
    let noise = (0..200_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8 ^ seed);
    [0xff, 0xd8].into_iter().chain(noise).chain([0xff, 0xd9]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn photographs_arrive_as_they_are() {
    let hub = FakeHub::start().await;
    let facility = uploading(&hub);
    let running = facility.start().await;
    let browser = Browser::entered(&running).await;
    assert!(browser.page().await.contains("写真をとる"));
    // Phones give every photograph the same name; the second field was left empty.
    let (one, other) = (photograph(1), photograph(2));
    let sent =
        browser.send(form("１２", "12", &[("image.jpg", &one), ("image.jpg", &other), ("", b"")])).await;
    assert_eq!((sent.status().as_u16(), sent.headers()["location"].to_str().unwrap()), (303, "/?received=2"));
    until("both", || hub.look(|kept| kept.deliveries.len() == 2)).await;
    let deliveries = hub.look(|kept| kept.deliveries.clone());
    assert_eq!([&deliveries[0].1, &deliveries[1].1], [&one, &other]);
    for (head, _) in &deliveries {
        assert_eq!((head.source.as_str(), head.format.as_str()), ("upload", "auto"));
        let path = head.path.reveal();
        assert!(path.starts_with("12/image-") && path.ends_with(".jpg"), "{path}");
        assert!(!head.source_time.is_empty());
    }
    // The same once more is the same delivery.
    assert_eq!(browser.send(form("12", "12", &[("image.jpg", &one)])).await.status(), 303);
    running.reaches(|status| status.spool.waiting == 0).await;
    assert_eq!(hub.look(|kept| kept.deliveries.len()), 2);
    // A script; with and without a number.
    assert_eq!(browser.put("letter.pdf", PIN, b"%PDF-1.7").await, 201);
    assert_eq!(browser.put("0000034/letter.pdf", PIN, b"%PDF-1.7").await, 201);
    until("all", || hub.look(|kept| kept.deliveries.len() == 4)).await;
    let paths = hub.paths();
    assert!(paths[2].starts_with("letter-") && paths[3].starts_with("0000034/letter-"), "{paths:?}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_without_the_pin() {
    let hub = FakeHub::start().await;
    let facility = uploading(&hub);
    let running = facility.start().await;
    let mut browser = Browser::of(&running);
    let page = browser.page().await;
    assert!(page.contains("name=\"pin\"") && !page.contains("name=\"file\""), "{page}");
    let files: &[(&str, &[u8])] = &[("a.jpg", b"x")];
    assert_eq!(browser.send(form("", "", files)).await.status(), 401);
    browser.cookie = "hakucho_upload=0000".into();
    assert_eq!(browser.send(form("", "", files)).await.status(), 401);
    assert_eq!(browser.enter("sakura-2026").await.status(), 401);
    assert_eq!(browser.put("a.jpg", "", b"x").await, 401);
    assert_eq!(browser.put("a.jpg", "wrong", b"x").await, 401);
    // A page of another site's cannot send for somebody who is in.
    let browser = Browser::entered(&running).await;
    let foreign = browser.client.post(&browser.base).header("cookie", &browser.cookie);
    let foreign = foreign.header("origin", "http://evil.example.jp");
    let foreign =
        foreign.header("content-type", "multipart/form-data; boundary=bb").body(form("", "", files));
    assert_eq!(foreign.send().await.unwrap().status(), 401);
    running.reaches(|status| !status.sources[0].troubles.is_empty()).await;
    assert_eq!(running.troubles(), ["3 wrong-pin"]);
    assert_eq!(running.spool.seen_files().await.unwrap(), 0);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_form_is_said_and_nothing_of_it_is_taken() {
    let hub = FakeHub::start().await;
    let mut facility = uploading(&hub);
    facility.config.patience.largest = 1024 * 1024;
    let running = facility.start().await;
    let browser = Browser::entered(&running).await;
    let good: (&str, &[u8]) = ("a.jpg", b"x");
    let large = vec![b'x'; 1_200_000];
    let cut = form("", "", &[good]);
    for (body, status, words) in [
        (form("12", "13", &[good]), 400, "2回の患者番号が違います"),
        (form("12", "", &[good]), 400, "2回の患者番号が違います"),
        (form("../1", "../1", &[good]), 400, "患者番号は"),
        (form("", "", &[]), 400, "選ばれていません"),
        (form("", "", &[("", b"")]), 400, "選ばれていません"),
        (form("", "", &[good, ("b.jpg", b"")]), 400, "空のファイル"),
        (form("", "", &[good, ("b.jpg", &large)]), 413, "大きすぎます"),
        (cut[..cut.len() - 5].to_vec(), 400, "途中で切れました"),
    ] {
        let answer = browser.send(body).await;
        assert_eq!(answer.status(), status, "{words}");
        let page = answer.text().await.unwrap();
        assert!(page.contains(words) && page.contains("name=\"file\""), "{words}: {page}");
    }
    assert_eq!(browser.put("a/b/c.jpg", PIN, b"x").await, 400);
    assert_eq!(browser.put("a%2Fb/c.jpg", PIN, b"x").await, 400);
    assert_eq!(browser.put("a.jpg", PIN, b"").await, 400);
    assert_eq!(browser.put("a.jpg", PIN, &large).await, 413);
    assert_eq!(running.spool.seen_files().await.unwrap(), 0);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn received_is_said_only_of_what_is_durable() {
    let hub = FakeHub::down().await;
    let facility = uploading(&hub);
    let running = facility.start().await;
    let browser = Browser::entered(&running).await;
    let mut database = facility.database().await;
    let broken =
        "CREATE TRIGGER broken BEFORE INSERT ON delivery BEGIN SELECT RAISE(ABORT, 'disk full'); END";
    sqlx::query(broken).execute(&mut database).await.unwrap();
    let answer = browser.send(form("", "", &[("a.jpg", b"x")])).await;
    assert_eq!(answer.status(), 503);
    assert!(answer.text().await.unwrap().contains("いまは保存できません"));
    assert_eq!(browser.put("a.jpg", PIN, b"x").await, 503);
    sqlx::query("DROP TRIGGER broken").execute(&mut database).await.unwrap();
    // While another holds the database there is no commit, and no answer.
    sqlx::query("BEGIN IMMEDIATE").execute(&mut database).await.unwrap();
    let waiting = browser.send(form("", "", &[("a.jpg", b"x")]));
    tokio::pin!(waiting);
    assert!(tokio::time::timeout(Duration::from_millis(700), &mut waiting).await.is_err());
    sqlx::query("COMMIT").execute(&mut database).await.unwrap();
    assert_eq!(waiting.await.status(), 303);
    assert_eq!(running.spool.seen_files().await.unwrap(), 1);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_says_what_became_of_it_and_nothing_of_a_person() {
    let hub = FakeHub::down().await;
    let facility = uploading(&hub);
    let refused =
        Outcome::Refused { code: "unknown-format".into(), text: "形式がわかりません".into() };
    hub.kept.lock().unwrap().outcomes.insert(".heic".into(), refused);
    let running = facility.start().await;
    let browser = Browser::entered(&running).await;
    assert!(browser.page().await.contains("まだありません"));
    let files: &[(&str, &[u8])] = &[("sakura-hanako.jpg", b"x"), ("sakura-hanako.heic", b"y")];
    let sent = browser.send(form("7654321", "7654321", files)).await;
    assert_eq!(sent.status(), 303);
    let page = browser.page().await;
    assert_eq!(page.matches("送信を待っています").count(), 2, "{page}");
    hub.up().await;
    running.reaches(|status| status.spool.waiting == 0 && status.spool.refused == 1).await;
    let page = browser.page().await;
    assert!(page.contains("地域に保存されました") && page.contains("形式がわかりません"), "{page}");
    assert!(!page.contains("sakura") && !page.contains("7654321"), "{page}");
    // The cookie holds over a restart of the gateway, and a connection that is kept open does not hinder it.
    running.stop().await;
    let running = tokio::time::timeout(Duration::from_secs(20), facility.start()).await.unwrap();
    let browser = Browser { cookie: browser.cookie.clone(), ..Browser::of(&running) };
    assert!(browser.page().await.contains("地域に保存されました"));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_bounded() {
    let hub = FakeHub::start().await;
    let mut facility = uploading(&hub);
    facility.config.patience.connections = 2;
    let running = facility.start().await;
    let address = running.listening[0].1;
    let connect = || tokio::net::TcpStream::connect(address);
    let (one, other) = (connect().await.unwrap(), connect().await.unwrap());
    // The system lets a third connect, but nobody listens to it before there is room.
    let browser = Browser::of(&running);
    let page = browser.page();
    tokio::pin!(page);
    assert!(tokio::time::timeout(Duration::from_millis(500), &mut page).await.is_err());
    drop(one);
    assert!(tokio::time::timeout(Duration::from_secs(60), &mut page).await.unwrap().contains("PIN"));
    drop(other);
    running.stop().await;
}
