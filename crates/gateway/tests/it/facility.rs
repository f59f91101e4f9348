//! A facility: a folder that is watched, a data directory, a gateway that can be started, stopped and killed.

use crate::fake_hub::{FakeHub, TOKEN};
use gateway::{Gateway, GatewayConfig, GatewayError, Pace, Spool, SpoolError, Status, Watch};
use model::clock::{FixedClock, SharedClock};
use model::reading::Format;
use model::{FacilityId, SourceName};
use protocol::Token;
use sqlx::{Connection, SqliteConnection};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::{oneshot, watch};

/// Never: what must not happen by waiting alone.
pub const NEVER: Duration = Duration::from_secs(100_000);

pub struct Facility {
    folder: TempDir,
    pub config: GatewayConfig,
    pub clock: SharedClock,
}

pub struct Running {
    pub status: watch::Receiver<Status>,
    pub spool: Arc<Spool>,
    /// Where its receivers listen, in the order of the configuration.
    pub listening: Vec<(SourceName, SocketAddr)>,
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<Result<(), GatewayError>>,
}

impl Facility {
    /// Watches `files` as SS-MIX2. Quick in everything; a full scan only at the start unless changed.
    pub fn new(hub: &FakeHub) -> Self {
        let _already = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("files");
        std::fs::create_dir(&root).unwrap();
        let watch = Watch { format: Format::SsMix2, source: None, root };
        let token = Token::new(TOKEN).unwrap();
        let address = format!("http://{}", hub.address);
        let facility = FacilityId::new("H01").unwrap();
        let mut config =
            GatewayConfig::new(folder.path().join("data"), &address, token, facility, vec![watch]);
        config.pace = Pace {
            scan: NEVER,
            settle: Duration::from_millis(20),
            settle_unfinished: Duration::from_millis(60),
            heartbeat: Duration::from_millis(100),
            backoff: (Duration::from_millis(10), Duration::from_millis(100)),
            answer: Duration::from_secs(30),
        };
        // So far ahead of every file that none is too young to be sure of.
        Self { folder, config, clock: Arc::new(FixedClock("2100-01-01T00:00:00Z".parse().unwrap())) }
    }

    /// The spool's database, to lock or break it as a disk would.
    pub async fn database(&self) -> SqliteConnection {
        let file = self.config.data.join("gateway/spool.sqlite");
        SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap()
    }

    pub fn root(&self) -> PathBuf {
        self.config.watches[0].root.clone()
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, making its folders.
    pub fn write(&self, path: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let place = self.root().join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(&place, bytes).unwrap();
        place
    }

    /// Starts the gateway; waits while one that was killed still lets go of the data directory.
    pub async fn start(&self) -> Running {
        let gateway = loop {
            match Gateway::open(self.config.clone(), self.clock.clone(), 7).await {
                Ok(gateway) => break gateway,
                Err(GatewayError::Spool(SpoolError::InUse)) => {
                    tokio::time::sleep(Duration::from_millis(5)).await
                }
                Err(error) => panic!("{error}"),
            }
        };
        let (stop, stopped) = oneshot::channel();
        let (status, spool, listening) = (gateway.status(), gateway.spool(), gateway.listening());
        let task = tokio::spawn(gateway.run(async {
            let _ = stopped.await;
        }));
        Running { status, spool, listening, stop, task }
    }

    /// Starts it and waits until the first scan is done and events are listened to.
    pub async fn start_and_listen(&self) -> Running {
        let running = self.start().await;
        running.reaches(|status| status.sources.iter().all(|source| source.events)).await;
        running
    }
}

impl Running {
    pub async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap().unwrap();
    }

    /// Waits for a status; gives it.
    pub async fn reaches(&self, wanted: impl Fn(&Status) -> bool) -> Status {
        let mut status = self.status.clone();
        let found =
            tokio::time::timeout(Duration::from_secs(120), status.wait_for(|status| wanted(status))).await;
        match found {
            Ok(found) => found.unwrap().clone(),
            Err(_) => panic!("never reached; last: {}", self.status.borrow().clone()),
        }
    }

    pub fn troubles(&self) -> Vec<String> {
        let status = self.status.borrow();
        let of = status.sources.iter().flat_map(|source| &source.troubles);
        of.map(|trouble| format!("{} {}", trouble.count, trouble.code)).collect()
    }
}

/// Waits until something is so; a minute or two is "never" on any machine.
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..24_000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("never: {what}");
}

/// A message that looks finished.
pub fn message(text: &str) -> Vec<u8> {
    format!("MSH|^~\\&|{text}\r\u{1c}").into_bytes()
}

/// An SS-MIX2 path of a fictitious patient.
pub fn ss_mix2(patient: u32, order: u32, flag: u8) -> String {
    let id = format!("{patient:010}");
    let (one, two) = (&id[0..3], &id[3..6]);
    format!("{one}/{two}/{id}/20260401/OML-11/{id}_20260401_OML-11_{order:015}_20260401093000123_01_{flag}")
}
