//! One seed: two hospitals with gateways, one hub, a storm, a calm, a look.

use super::check::holds;
use super::hospital::Hospital;
use super::network::{Simulated, serve};
use super::{Cheat, check};
use crate::system;
use ::hub::{Hub, Settings};
use anyhow::Context;
use gateway::{Gateway, GatewayConfig, Pace, Watch};
use model::FacilityId;
use model::clock::{Clock, SharedClock};
use model::facility::FacilityKind;
use model::reading::Format;
use protocol::Token;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use store::{Facility, Store, StoreConfig};

/// One step of the simulation.
const TICK: Duration = Duration::from_millis(5);
/// How long the storm lasts, and how long a calm may take before something counts as lost.
const STORM: Duration = Duration::from_secs(40);
const CALM: Duration = Duration::from_secs(900);
/// How long both gateways may have nothing more to send before what is missing counts as lost.
const IDLE: Duration = Duration::from_secs(30);
const WEEK: i64 = 7 * 24 * 3600 * 1000;

/// What happened in a seed.
#[derive(Debug, Default, Clone)]
pub struct Told {
    files: u64,
    deliveries: usize,
    /// Machines that died.
    pub crashes: u32,
    /// Times the network was parted or held.
    pub cuts: u32,
    weeks: u32,
    /// Deliveries the hub was sent again.
    pub again: u64,
}

impl Told {
    pub fn add(&mut self, other: &Self) {
        self.files += other.files;
        self.deliveries += other.deliveries;
        self.crashes += other.crashes;
        self.cuts += other.cuts;
        self.weeks += other.weeks;
        self.again += other.again;
    }
}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} files, {} deliveries kept, {} sent again; {} machines died, the network failed {} times, {} weeks without a hub",
            self.files, self.deliveries, self.again, self.crashes, self.cuts, self.weeks
        )
    }
}

/// Milliseconds since 1970, moved on by the simulation.
struct Moved(AtomicI64);

impl Clock for Moved {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0.load(Ordering::Relaxed))
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

/// A gateway whose clock is off by some milliseconds.
struct Skewed(Arc<Moved>, i64);

impl Clock for Skewed {
    fn now(&self) -> jiff::Timestamp {
        let real = self.0.0.load(Ordering::Relaxed);
        jiff::Timestamp::from_millisecond(real + self.1).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

/// How a gateway is doing, as it says itself.
type Board = Arc<Mutex<Option<tokio::sync::watch::Receiver<gateway::Status>>>>;

/// It has looked at its folders since `moment` and has nothing to send.
fn is_idle(board: &Board, moment: &str) -> bool {
    let board = board.lock().unwrap_or_else(PoisonError::into_inner);
    board.as_ref().is_some_and(|status| {
        let status = status.borrow();
        let looked =
            |source: &protocol::SourceReport| source.last_scan.as_deref().is_some_and(|scan| scan > moment);
        status.spool.waiting == 0 && !status.sources.is_empty() && status.sources.iter().all(looked)
    })
}

const HOSTS: [&str; 3] = ["hub", "gateway1", "gateway2"];

/// Runs a seed. An error is what was found to be wrong.
pub fn run(seed: u64, cheat: Option<Cheat>) -> anyhow::Result<Told> {
    let mut random = StdRng::seed_from_u64(seed);
    // In memory where there is such a place: what a power cut takes is not what is looked at here.
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory)? } else { tempfile::tempdir()? };
    let start = jiff::Timestamp::from_second(1_795_500_000)?.as_millisecond();
    let clock = Arc::new(Moved(AtomicI64::new(start)));
    let outside = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let (hub_data, tokens) = (folder.path().join("hub"), ["a", "b"].map(|one| one.repeat(40)));
    let facilities = ["H01", "H02"].map(FacilityId::new);
    let [first, second] = facilities;
    let facilities = [first?, second?];
    outside.block_on(prepare(&hub_data, clock.clone(), &facilities, &tokens))?;

    let latest = Duration::from_millis(random.random_range(5..400));
    let mut sim = turmoil::Builder::new()
        .rng_seed(seed)
        .tick_duration(TICK)
        .simulation_duration(STORM + CALM * 2)
        .max_message_latency(latest)
        .fail_rate(if random.random_bool(0.5) { 0.002 } else { 0.0 })
        .repair_rate(0.5)
        .tcp_capacity(1 << 16)
        .build();
    let again = Arc::new(AtomicU64::new(0));
    {
        let (data, clock, again) = (hub_data.clone(), clock.clone(), again.clone());
        sim.host("hub", move || {
            let (data, clock, again) = (data.clone(), clock.clone(), again.clone());
            async move {
                let hub = open(&data, clock).await?;
                serve(portal::router(portal::Portal { hub }), cheat, again).await?;
                Ok(())
            }
        });
    }
    let mut disks = Vec::new();
    let mut hospitals = Vec::new();
    let mut boards = Vec::new();
    for (number, (facility, token)) in facilities.iter().zip(&tokens).enumerate() {
        let root = folder.path().join(format!("disk{number}"));
        hospitals.push(Hospital::new(root.clone())?);
        disks.push((facility.clone(), root.clone()));
        let watch = Watch { format: Format::SsMix2, source: None, root };
        let data = folder.path().join(format!("gateway{number}"));
        let mut config = GatewayConfig::new(
            data,
            "https://hub.invalid",
            Token::new(token)?,
            facility.clone(),
            vec![watch],
        );
        config.pace = Pace {
            scan: Duration::from_secs(3),
            settle: Duration::from_millis(50),
            settle_unfinished: Duration::from_millis(800),
            heartbeat: Duration::from_secs(5),
            backoff: (Duration::from_millis(200), Duration::from_secs(4)),
            answer: Duration::from_secs(10),
        };
        let skew = random.random_range(-600_000..600_000);
        let clock: SharedClock = Arc::new(Skewed(clock.clone(), skew));
        let seed = random.random();
        let mine: Board = Arc::default();
        boards.push((Arc::clone(&mine), skew));
        sim.host(HOSTS.get(number + 1).copied().unwrap_or_default(), move || {
            let (config, clock, mine) = (config.clone(), clock.clone(), Arc::clone(&mine));
            async move {
                // The one that died may still be letting go of the data directory.
                let gateway = loop {
                    match Gateway::open_over(config.clone(), clock.clone(), seed, Arc::new(Simulated)).await {
                        Ok(gateway) => break gateway,
                        Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                    }
                };
                *mine.lock().unwrap_or_else(PoisonError::into_inner) = Some(gateway.status());
                gateway.run(std::future::pending()).await?;
                Ok(())
            }
        });
    }

    // What a dying machine leaves of its connections is closed out here.
    let _context = outside.enter();
    let mut told = Told::default();
    let mut weather = Weather { down: [None; 3], apart: None };
    let mut elapsed = Duration::ZERO;
    let step = |sim: &mut turmoil::Sim<'_>| -> anyhow::Result<()> {
        sim.step().map_err(|error| anyhow::anyhow!("{error}"))?;
        clock.0.fetch_add(TICK.as_millis() as i64, Ordering::Relaxed);
        // Disks and databases are real: simulated time must not run far ahead of them.
        std::thread::sleep(Duration::from_micros(60));
        Ok(())
    };
    while elapsed < STORM {
        step(&mut sim)?;
        elapsed += TICK;
        for hospital in &mut hospitals {
            if random.random_bool(0.006) {
                hospital.act(&mut random)?;
            }
        }
        weather.turn(&mut sim, &mut random, &mut told, elapsed);
        if weather.week(&mut random) {
            clock.0.fetch_add(WEEK, Ordering::Relaxed);
            told.weeks += 1;
        }
    }
    hospitals.iter_mut().try_for_each(Hospital::finish)?;
    weather.clear(&mut sim);
    // Calm: in the end everything is there.
    let (mut waited, mut idle) = (Duration::ZERO, Duration::ZERO);
    // The calm began at this moment by each gateway's own clock.
    let calm = clock.0.load(Ordering::Relaxed);
    let moment = |skew: &i64| jiff::Timestamp::from_millisecond(calm + skew).map(|moment| moment.to_string());
    loop {
        for _ in 0..200 {
            step(&mut sim)?;
            waited += TICK;
        }
        let done =
            boards.iter().all(|(board, skew)| moment(skew).is_ok_and(|moment| is_idle(board, &moment)));
        idle = if done { idle + TICK * 200 } else { Duration::ZERO };
        // While the hub writes it may not let another in; then the look is the next one.
        if let Ok(store) = outside.block_on(store(&hub_data, clock.clone())) {
            let arrived = outside.block_on(check::arrived(&store, &disks));
            outside.block_on(store.close());
            if arrived? {
                break;
            }
        }
        holds!(idle < IDLE, "the gateways have nothing more to send and something has not arrived");
        holds!(waited < CALM, "after {} s of calm something has not arrived", waited.as_secs());
    }
    drop(sim);
    told.files = hospitals.iter().map(|hospital| hospital.made).sum();
    told.again = again.load(Ordering::Relaxed);
    told.deliveries = outside.block_on(async {
        let hub = open(&hub_data, clock.clone()).await.map_err(|error| anyhow::anyhow!("{error}"))?;
        let fresh_data = folder.path().join("fresh");
        prepare(&fresh_data, clock.clone(), &facilities, &tokens).await?;
        let fresh = open(&fresh_data, clock.clone()).await.map_err(|error| anyhow::anyhow!("{error}"))?;
        let found = check::all(&hub, &fresh, &disks).await;
        hub.store.close().await;
        fresh.store.close().await;
        found
    })?;
    Ok(told)
}

/// What is broken at this moment.
struct Weather {
    /// When a dead machine comes back.
    down: [Option<Duration>; 3],
    /// Which gateway is cut off (held, else parted), until when.
    apart: Option<(&'static str, bool, Duration)>,
}

impl Weather {
    fn turn(&mut self, sim: &mut turmoil::Sim<'_>, random: &mut StdRng, told: &mut Told, now: Duration) {
        for (host, back) in HOSTS.iter().zip(&mut self.down) {
            match *back {
                Some(when) if when <= now => {
                    sim.bounce(*host);
                    *back = None;
                }
                None if random.random_bool(0.0006) => {
                    sim.crash(*host);
                    told.crashes += 1;
                    *back = Some(now + Duration::from_millis(random.random_range(10..8000)));
                }
                _ => {}
            }
        }
        match self.apart {
            Some((host, held, until)) if until <= now => {
                if held {
                    sim.release(host, "hub")
                } else {
                    sim.repair(host, "hub")
                }
                self.apart = None;
            }
            None if random.random_bool(0.002) => {
                let host = if random.random_bool(0.5) { "gateway1" } else { "gateway2" };
                let held = random.random_bool(0.5);
                if held {
                    sim.hold(host, "hub")
                } else {
                    sim.partition(host, "hub")
                }
                told.cuts += 1;
                self.apart = Some((host, held, now + Duration::from_millis(random.random_range(50..10_000))));
            }
            _ => {}
        }
    }

    /// True once in a while if the hub is down: it stays so for a week.
    fn week(&self, random: &mut StdRng) -> bool {
        matches!(self.down, [Some(_), ..]) && random.random_bool(0.0005)
    }

    fn clear(&mut self, sim: &mut turmoil::Sim<'_>) {
        for (host, back) in HOSTS.iter().zip(&mut self.down) {
            if back.take().is_some() {
                sim.bounce(*host);
            }
        }
        match self.apart.take() {
            Some((host, true, _)) => sim.release(host, "hub"),
            Some((host, false, _)) => sim.repair(host, "hub"),
            None => {}
        }
        sim.set_fail_rate(0.0);
        for host in ["gateway1", "gateway2"] {
            sim.repair(host, "hub");
        }
    }
}

async fn store(data: &Path, clock: SharedClock) -> anyhow::Result<Store> {
    let file: PathBuf = data.join("hakucho.sqlite");
    let config = StoreConfig { database: format!("sqlite://{}", file.display()), blobs: data.join("blobs") };
    Store::open(&config, clock).await.context("open the store")
}

async fn open(data: &Path, clock: SharedClock) -> Result<Hub, Box<dyn std::error::Error>> {
    let store = store(data, clock.clone()).await?;
    let settings = Settings {
        region_name: "模擬".into(),
        fictitious: true,
        session_hours: 12,
        session_idle_minutes: 15,
        secure_cookies: false,
        silent_seconds: 180,
        late_hours: 72,
    };
    Ok(Hub::new(store, clock, system::randomness(), settings))
}

/// The directory of facilities and their tokens.
async fn prepare(
    data: &Path,
    clock: SharedClock,
    facilities: &[FacilityId; 2],
    tokens: &[String; 2],
) -> anyhow::Result<()> {
    std::fs::create_dir_all(data)?;
    let store = store(data, clock).await?;
    for (id, token) in facilities.iter().zip(tokens) {
        let (kind, name) = (FacilityKind::Hospital, id.to_string());
        store.upsert_facility(&Facility { id: id.clone(), kind, name, number: String::new() }).await?;
        store.set_gateway_token(id, &::hub::accounts::token_hash(token)).await?;
    }
    store.close().await;
    Ok(())
}
