//! Inside the facility: finds new files, keeps them durably, sends them until the hub has said "kept".
//!
//! Dumb on purpose: it never reads clinical content, so hundreds of gateways need no update when a reading
//! rule improves. One [`Gateway`] watches some roots ([`Watch`]), receives messages ([`Listen`]) and documents
//! ([`Upload`]), pulls from a receipt computer ([`Orca`]), has one [`Spool`] and speaks to one hub (`docs/protocol.md`). Not in here: formats, persons, consent, anything about a delivery but its bytes.
//!
//! ```text
//! events, scans ─► settling ─► read ─► spool (commit) ─► sender ─► hub (commit) ─► acknowledged
//! messages, uploads ─► desk ─────────────┘ └─► answered
//! ```
//!
//! **Invariants**: a file counts as seen only in the commit that has its bytes; bytes leave the spool only in
//! the commit that has the hub's answer; a sender is answered only after the commit that has its message; paths (they carry patient numbers) are neither logged nor reported.

mod backoff;
mod collector;
mod completeness;
mod config;
mod hub;
mod identity;
mod join;
mod listen;
mod orca;
mod pulse;
mod receivers;
mod renewal;
mod rounds;
mod sender;
mod settling;
mod spool;
mod status;
mod tls;
mod transport;
mod tree;

pub use config::{ConfigError, GatewayConfig, Pace, Watch};
pub use identity::{Identity, IdentityError, Standing};
pub use join::{JoinError, join};
pub use listen::{Listen, Patience, Pin, Upload};
pub use orca::{Credentials, Orca, OrcaError};
pub use spool::{Desk, NotedTrouble, Refused, Spool, SpoolError, Which};
pub use status::{Link, Status};
pub use transport::{Answer, Body, Http, Request, Transport};

use backoff::{Backoff, Random};
use collector::Collector;
use hub::Hub;
use model::SourceName;
use model::clock::SharedClock;
use protocol::SourceReport;
use pulse::Pulse;
use receivers::Receivers;
use renewal::{Renewal, Way};
use sender::Sender;
use status::Board;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Why a gateway cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The spool cannot be opened.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The certificate cannot be used.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// No TLS implementation was chosen for the process.
    #[error("no crypto provider is installed for TLS (a fault of this program, not of its configuration)")]
    NoCryptoProvider,
    /// The HTTP client cannot be made.
    #[error("the connection to the hub cannot be set up: {0}")]
    Client(#[source] reqwest::Error),
    /// The receipt computer cannot be pulled from.
    #[error(transparent)]
    Orca(#[from] OrcaError),
    /// A receiver cannot listen.
    #[error("cannot listen at {address}: {error}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        #[source]
        error: std::io::Error,
    },
    /// One of the gateway's parts ended.
    #[error("a part of the gateway ended unexpectedly")]
    Part,
}

/// A gateway that is ready to run: configuration checked, spool open.
pub struct Gateway {
    config: GatewayConfig,
    clock: SharedClock,
    spool: Arc<Spool>,
    board: Board,
    hub: Hub,
    collectors: Vec<Collector>,
    receivers: Receivers,
    random: Random,
    renewal: Option<Renewal>,
}

impl Gateway {
    /// Checks the configuration, opens the spool and prepares the client; sends nothing yet. `seed` is the
    /// source of all randomness (jitter, the name of a new spool). A rustls crypto provider must be installed.
    pub async fn open(config: GatewayConfig, clock: SharedClock, seed: u64) -> Result<Self, GatewayError> {
        let base = config.check()?;
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            return Err(GatewayError::NoCryptoProvider);
        }
        if let Some(identity) = config.identity.clone().filter(|_| config.token.is_none()) {
            let way = Arc::new(Way::new(&base, &identity, &clock)?);
            let mut gateway = Self::open_over(config, clock, seed, way.clone()).await?;
            let (hub, board, clock) = (gateway.hub.clone(), gateway.board.clone(), gateway.clock.clone());
            let (data, every) = (gateway.config.data.clone(), gateway.config.pace.heartbeat);
            gateway.renewal = Some(Renewal { data, base, identity, way, hub, board, clock, every });
            return Ok(gateway);
        }
        let proxy = !config::is_loopback(&base);
        let transport = Http::new(base, proxy).map_err(GatewayError::Client)?;
        Self::open_over(config, clock, seed, Arc::new(transport)).await
    }

    /// The same over another way to the hub than the configured address.
    pub async fn open_over(
        config: GatewayConfig,
        clock: SharedClock,
        seed: u64,
        transport: Arc<dyn Transport>,
    ) -> Result<Self, GatewayError> {
        config.check()?;
        let mut random = Random::new(seed);
        let fresh_id = fresh_id(&clock, &mut random);
        let folder = config.data.join("gateway");
        let spool = Arc::new(Spool::open(&folder, clock.clone(), &fresh_id, config.spool_budget).await?);
        let hub = Hub::new(
            transport,
            config.token.as_ref(),
            config.facility.clone(),
            spool.id(),
            config.pace.answer,
        );
        let board = Board::new(Status {
            facility: config.facility.clone(),
            started: clock.now().to_string(),
            link: Link::Starting,
            certificate: None,
            last_answer: None,
            hub_ahead_ms: None,
            acknowledged: 0,
            sources: Vec::new(),
            paused: false,
            spool: spool.report().await?,
        });
        let mut collectors = Vec::new();
        // Named sources first: a name that is given is never handed out.
        let mut watches: Vec<&Watch> = config.watches.iter().collect();
        watches.sort_by_key(|watch| watch.source.is_none());
        for watch in watches {
            let root = tree::walk::absolute(&watch.root);
            let known = spool.source(&root, watch.format.word(), watch.source.as_ref()).await?;
            let source = known.name;
            let report = SourceReport {
                source: source.clone(),
                format: watch.format.word().to_owned(),
                reachable: false,
                events: false,
                last_scan: None,
                last_found: None,
                files: 0,
                ignored: 0,
                last_sequence: known.last_sequence,
                troubles: spool.trouble_counts(&source).await?,
            };
            board.change(|status| status.sources.push(report));
            let (spool, board, clock) = (spool.clone(), board.clone(), clock.clone());
            let (pace, format) = (config.pace.clone(), watch.format);
            collectors.push(Collector { spool, board, clock, pace, format, source, root });
        }
        let receivers = Receivers::open(&config, &spool, &board, &clock).await?;
        Ok(Self { config, clock, spool, board, hub, collectors, receivers, random, renewal: None })
    }

    /// Where it listens: source and address, with the port that was given for port 0.
    pub fn listening(&self) -> Vec<(SourceName, SocketAddr)> {
        self.receivers.addresses()
    }

    /// Follows how the gateway is doing.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.board.watch()
    }

    /// The spool, to list what is refused or in trouble and to send it again.
    pub fn spool(&self) -> Arc<Spool> {
        self.spool.clone()
    }

    /// Watches and sends until `shutdown` completes. What has not been sent then is sent after the next start.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), GatewayError> {
        let Self { config, clock, spool, board, hub, collectors, receivers, random, renewal } = self;
        let mut parts = JoinSet::new();
        let backoff = Backoff::new(config.pace.backoff, random);
        for collector in collectors {
            parts.spawn(collector.run());
        }
        receivers.spawn(&mut parts);
        let sender = Sender {
            spool: spool.clone(),
            hub: hub.clone(),
            board: board.clone(),
            clock: clock.clone(),
            backoff,
        };
        parts.spawn(sender.run());
        if let Some(renewal) = renewal {
            parts.spawn(renewal.run());
        }
        parts.spawn(Pulse { spool, hub, board, clock, pace: config.pace }.run());
        tokio::select! {
            () = shutdown => {
                parts.shutdown().await;
                Ok(())
            }
            _ended = parts.join_next() => Err(GatewayError::Part),
        }
    }
}

/// Opens a gateway and runs it until `shutdown` completes: [`Gateway::open`] and [`Gateway::run`].
pub async fn run(
    config: GatewayConfig,
    clock: SharedClock,
    seed: u64,
    shutdown: impl Future<Output = ()>,
) -> Result<(), GatewayError> {
    Gateway::open(config, clock, seed).await?.run(shutdown).await
}

/// A UUID v7 (RFC 9562 §5.7) from the clock and the seed.
fn fresh_id(clock: &SharedClock, random: &mut Random) -> String {
    let millis = u64::try_from(clock.now().as_millisecond()).unwrap_or(0);
    let (first, second) = (random.next().to_be_bytes(), random.next().to_be_bytes());
    let mut bytes = [0; 10];
    for (byte, random) in bytes.iter_mut().zip(first.into_iter().chain(second)) {
        *byte = random;
    }
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid().to_string()
}
