//! Certificates over time, with a clock that jumps: codes that expire, renewal by itself, what comes too late; and
//! certificates that are not the hub's.

use crate::files::bundle;
use gateway::{Gateway, GatewayConfig, Identity, JoinError, Link, Pace, Standing, Status, Watch};
use hub::authority::Authority;
use hub::{Hub, Settings};
use jiff::{SignedDuration, Timestamp};
use model::FacilityId;
use model::clock::{Clock, Randomness};
use model::facility::FacilityKind;
use model::reading::Format;
use protocol::JoinCode;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::{AuditFilter, Facility, Store, StoreConfig};
use tokio::sync::{oneshot, watch};

/// A clock that is set by hand.
struct Hand(Mutex<Timestamp>);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

struct Dice;

impl Randomness for Dice {
    fn fill(&self, bytes: &mut [u8]) {
        rand::fill(bytes);
    }
}

struct World {
    folder: tempfile::TempDir,
    clock: Arc<Hand>,
    hub: Hub,
    authority: Arc<Authority>,
    url: String,
}

impl World {
    async fn new() -> Self {
        let _already = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        // Later than every file that is written here, so that none is too young to be read.
        let clock = Arc::new(Hand(Mutex::new("2100-01-01T00:00:00Z".parse().unwrap())));
        let place = folder.path().join("hub");
        std::fs::create_dir(&place).unwrap();
        let config = StoreConfig {
            database: format!("sqlite://{}", place.join("h.sqlite").display()),
            blobs: place.join("blobs"),
        };
        let store = Store::open(&config, clock.clone()).await.unwrap();
        let settings = Settings {
            region_name: "地域".into(),
            fictitious: true,
            session_hours: 1,
            session_idle_minutes: 1,
            secure_cookies: true,
            silent_seconds: 60,
            late_hours: 1,
        };
        let hub = Hub::new(store, clock.clone(), Arc::new(Dice), settings);
        let facility = Facility {
            id: h01(),
            kind: FacilityKind::Hospital,
            name: "架空病院".into(),
            number: String::new(),
        };
        hub.store.upsert_facility(&facility).await.unwrap();
        let authority = Arc::new(Authority::open(&place, clock.now(), &Dice).unwrap());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}/", listener.local_addr().unwrap());
        let names = vec!["127.0.0.1".to_owned()];
        let (served, known) = (hub.clone(), authority.clone());
        tokio::spawn(portal::serve_gateways(served, known, names, listener, std::future::pending()));
        Self { folder, clock, hub, authority, url }
    }

    fn later(&self, hours: i64) {
        *self.clock.0.lock().unwrap() += SignedDuration::from_hours(hours);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn invite(&self) -> JoinCode {
        self.hub.invite_gateway(&self.authority, &h01()).await.unwrap()
    }

    async fn join(&self, code: &JoinCode, data: &str) -> Result<Identity, JoinError> {
        gateway::join(&self.path(data), &self.url, code, self.clock.clone()).await
    }

    /// The gateway in this data directory, over the folder `drop`.
    async fn start(&self, data: &str) -> Running {
        let identity = Identity::load(&self.path(data)).unwrap().unwrap();
        let drop = self.path("drop");
        std::fs::create_dir_all(&drop).unwrap();
        let watch = Watch { format: Format::Fhir, source: None, root: drop };
        let mut config =
            GatewayConfig::new(self.path(data), &identity.hub, None::<protocol::Token>, h01(), vec![watch]);
        config.identity = Some(identity);
        config.pace = Pace {
            scan: Duration::from_millis(200),
            settle: Duration::from_millis(20),
            settle_unfinished: Duration::from_millis(60),
            heartbeat: Duration::from_millis(100),
            backoff: (Duration::from_millis(10), Duration::from_millis(100)),
            answer: Duration::from_secs(30),
        };
        let gateway = Gateway::open(config, self.clock.clone(), 7).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let status = gateway.status();
        let task = tokio::spawn(gateway.run(async {
            let _ = stopped.await;
        }));
        Running { status, stop, task }
    }
}

struct Running {
    status: watch::Receiver<Status>,
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<Result<(), gateway::GatewayError>>,
}

impl Running {
    async fn reaches(&mut self, what: &str, wanted: impl Fn(&Status) -> bool) {
        let found =
            tokio::time::timeout(Duration::from_secs(60), self.status.wait_for(|status| wanted(status)));
        if found.await.is_err() {
            panic!("{what}: {}", self.status.borrow().clone());
        }
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap().unwrap();
    }
}

fn h01() -> FacilityId {
    FacilityId::new("H01").unwrap()
}

fn ends(data: &Path) -> Timestamp {
    Identity::load(data).unwrap().unwrap().ends()
}

fn refused(joined: Result<Identity, JoinError>) -> String {
    match joined {
        Err(JoinError::Refused { code, text }) => format!("{code}: {text}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_holds_for_a_day_and_an_answer_can_be_had_again_for_minutes() {
    let world = World::new().await;
    let code = world.invite().await;
    world.later(25);
    assert!(refused(world.join(&code, "g").await).contains("期限切れ"));
    let code = world.invite().await;
    world.later(23);
    let identity = world.join(&code, "g").await.unwrap();
    assert_eq!(identity.days_left(world.clock.now()), 90);
    assert_eq!(identity.standing(world.clock.now()), Standing::Good);
    world.later(1);
    assert!(refused(world.join(&code, "g").await).contains("使われました"));
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_ends_an_invitation() {
    let world = World::new().await;
    let code = world.invite().await;
    // The same name and authority, another secret: as one who has seen half of the code would try.
    let guess = |nth: usize| {
        let letter = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".chars().nth(nth).unwrap();
        format!("{}{letter}", &code.secret()[..19])
    };
    for nth in 0..11 {
        let guess = guess(nth);
        if guess != code.secret() {
            let tried =
                world.hub.join_gateway(&world.authority, &code.invitation(), &guess, "").await.unwrap();
            assert!(tried.is_err());
        }
    }
    assert!(refused(world.join(&code, "g").await).contains("続いた"), "even the right one");
    world.join(&world.invite().await, "g").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_renews_itself_whenever_the_clock_says_so() {
    let world = World::new().await;
    world.join(&world.invite().await, "g").await.unwrap();
    let data = world.path("g");
    let first = ends(&data);
    let mut gateway = world.start("g").await;
    gateway.reaches("connected", |status| status.link == Link::Connected).await;
    world.later(29 * 24);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(ends(&data), first, "not before a third has passed");
    // A machine that slept for weeks: past the third, before the end. The hub makes its own certificate anew, too.
    for jump in [40, 85, 31, 60] {
        let before = ends(&data);
        world.later(jump * 24);
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        while ends(&data) == before {
            assert!(tokio::time::Instant::now() < deadline, "{jump}: {}", gateway.status.borrow().clone());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let good =
            |status: &Status| status.certificate == Some(Standing::Good) && status.link == Link::Connected;
        gateway.reaches("renewed", good).await;
        std::fs::write(world.path(&format!("drop/{jump}.json")), bundle("0000123", 60)).unwrap();
        let known = gateway.status.borrow().acknowledged;
        gateway.reaches("sent", |status| status.acknowledged > known).await;
        assert_eq!(Identity::load(&data).unwrap().unwrap().days_left(world.clock.now()), 90);
    }
    gateway.stop().await;
    // The new one is what the next start shows.
    let mut gateway = world.start("g").await;
    gateway.reaches("connected again", |status| status.link == Link::Connected).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_has_ended_is_said_and_only_a_new_code_helps() {
    let world = World::new().await;
    world.join(&world.invite().await, "g").await.unwrap();
    world.later(91 * 24);
    let mut gateway = world.start("g").await;
    gateway.reaches("ended", |status| status.to_string().contains("CERTIFICATE HAS ENDED")).await;
    let waiting = |status: &Status| matches!(status.link, Link::Waiting { .. } | Link::Stopped { .. });
    gateway.reaches("not let in", waiting).await;
    gateway.stop().await;
    world.join(&world.invite().await, "g").await.unwrap();
    let mut gateway = world.start("g").await;
    gateway.reaches("connected", |status| status.link == Link::Connected).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_certificate_is_not_renewed() {
    let world = World::new().await;
    world.join(&world.invite().await, "g").await.unwrap();
    let mut gateway = world.start("g").await;
    gateway.reaches("connected", |status| status.link == Link::Connected).await;
    assert_eq!(world.hub.store.revoke_gateway(&h01()).await.unwrap(), 2, "certificate and used invitation");
    gateway.reaches("stopped", |status| status.to_string().contains("unauthorised")).await;
    let before = ends(&world.path("g"));
    world.later(40 * 24);
    gateway.reaches("told", |status| matches!(status.certificate, Some(Standing::NotRenewed(50 | 49)))).await;
    assert_eq!(ends(&world.path("g")), before);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_another_authority_or_none_gets_nothing() {
    let (world, other) = (World::new().await, World::new().await);
    other.join(&other.invite().await, "g").await.unwrap();
    let strange = Identity::load(&other.path("g")).unwrap().unwrap();
    // The key and certificate of the other hub, shown to this one by somebody who trusts this one.
    world.join(&world.invite().await, "g").await.unwrap();
    let file = world.path("g/gateway-identity/identity.json");
    let mut own: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let theirs = std::fs::read(other.path("g/gateway-identity/identity.json")).unwrap();
    let theirs: serde_json::Value = serde_json::from_slice(&theirs).unwrap();
    for name in ["key", "certificate"] {
        own[name] = theirs[name].clone();
    }
    std::fs::write(&file, own.to_string()).unwrap();
    assert_eq!(strange.facility, h01());
    let mut gateway = world.start("g").await;
    gateway.reaches("not let in", |status| matches!(status.link, Link::Waiting { .. })).await;
    assert!(gateway.status.borrow().last_answer.is_none(), "the handshake fails: not one answer");
    gateway.stop().await;
    let steps = world.hub.store.audit_events(&AuditFilter::default()).await.unwrap();
    let steps: Vec<_> =
        steps.iter().map(|step| (step.entry.event.as_str(), step.entry.outcome.as_str())).collect();
    for step in [("gateway-invite", "done"), ("gateway-join", "done")] {
        assert!(steps.contains(&step), "{steps:?}");
    }
    // No certificate: every door but one is shut.
    for (path, status) in [
        (protocol::DELIVERIES_PATH, 401),
        (protocol::HEARTBEAT_PATH, 401),
        (protocol::RENEW_PATH, 401),
        (protocol::JOIN_PATH, 422),
        ("/health", 404),
        ("/login", 404),
    ] {
        assert_eq!(without_certificate(&world, path).await, status, "{path}");
    }
}

/// Posts nothing to the TLS port, without a certificate; gives the status.
async fn without_certificate(world: &World, path: &str) -> u16 {
    let authority = std::fs::read(world.path("hub/tls/ca.pem")).unwrap();
    let root = reqwest::Certificate::from_pem(&authority).unwrap();
    // The system's clock is not the hub's: only who answers is of interest here.
    let client =
        reqwest::Client::builder().tls_certs_only([root]).danger_accept_invalid_certs(true).no_proxy();
    let url = format!("{}{path}", world.url.trim_end_matches('/'));
    let token = format!("Bearer {}", "t".repeat(64));
    let client = client.build().unwrap();
    client.post(url).header("authorization", token).body("{}").send().await.unwrap().status().as_u16()
}
