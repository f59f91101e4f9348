//! `cargo xtask crash`: what was acknowledged survives.
//!
//! A real hub is killed (SIGKILL) at random points under load, again and again, on each engine; then
//! everything it ever acknowledged is looked for in an export, byte for byte. With `--lost-writes` every write
//! that was not synced is undone after each kill as well (SQLite and blobs through the preload layer;
//! PostgreSQL by an immediate stop of the server under load).

use crate::hub::{Place, Running, program};
use crate::load::{File, Sender, laboratory};
use anyhow::{Context, bail};
use model::FacilityId;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use store::testing::Cluster;

/// Threads that send at once.
const SENDERS: u64 = 4;
/// Results in each file.
const RESULTS: usize = 6;

/// How the machine fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The process is killed.
    Kill,
    /// The process is killed and everything that was not synced is gone.
    LostWrites,
}

/// Kills `kills` times on each engine.
pub fn run(kills: u32, seed: u64, failure: Failure) -> anyhow::Result<()> {
    println!("\n── crash: {kills} × {failure:?} on each engine, seed {seed}");
    let program = program(false)?;
    let folder = tempfile::tempdir()?;
    let place = Place { program: program.clone(), data: folder.path().join("data"), database: None, environment: Vec::new() };
    engine("SQLite", &place, None, kills, seed, failure)?;
    let Some(cluster) = Cluster::start()? else {
        println!("PostgreSQL: skipped, no server programs found");
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let place = Place { program, data: folder.path().join("data"), database: Some(cluster.database("crash")?), environment: Vec::new() };
    engine("PostgreSQL", &place, Some(&cluster), kills, seed, failure)
}

struct Shared {
    acknowledged: Mutex<BTreeSet<String>>,
    order: AtomicU64,
    stop: AtomicBool,
}

fn engine(
    name: &str,
    place: &Place,
    cluster: Option<&Cluster>,
    kills: u32,
    seed: u64,
    failure: Failure,
) -> anyhow::Result<()> {
    let facility = FacilityId::new("H01")?;
    let mut place = place.clone();
    let token = place.output(&["hub", "token", "--facility", "H01"])?;
    let journal = place.data.parent().context("a data directory without a parent")?.join("journal");
    if failure == Failure::LostWrites && cluster.is_none() {
        std::fs::create_dir_all(&journal)?;
        let library = preload()?;
        let data = std::fs::canonicalize(&place.data)?;
        place.environment = vec![
            ("LD_PRELOAD".into(), library),
            (lostwrites::ROOT.into(), data.to_string_lossy().into_owned()),
            (lostwrites::JOURNAL.into(), journal.to_string_lossy().into_owned()),
        ];
    }
    let shared = Arc::new(Shared { acknowledged: Mutex::default(), order: AtomicU64::new(1), stop: AtomicBool::new(false) });
    let mut random = StdRng::seed_from_u64(seed);
    let (begun, mut undone) = (Instant::now(), 0);
    for round in 0..kills {
        let mut hub = place.start().with_context(|| format!("{name}: start after kill {round}"))?;
        shared.stop.store(false, Ordering::SeqCst);
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let (shared, facility, token, address) = (Arc::clone(&shared), facility.clone(), token.clone(), hub.address);
                let seed = seed ^ u64::from(round) << 8 ^ sender;
                std::thread::spawn(move || send(&shared, address, &facility, &token, seed))
            })
            .collect();
        std::thread::sleep(Duration::from_millis(random.random_range(20..400)));
        undone += fail(&mut hub, cluster, failure, &journal)?;
        shared.stop.store(true, Ordering::SeqCst);
        for sender in senders {
            let _ = sender.join();
        }
        if round % 50 == 49 {
            println!("{name}: {} kills, {} acknowledged", round + 1, locked(&shared).len());
            verify(name, &place, &shared)?;
        }
    }
    let found = verify(name, &place, &shared)?;
    println!(
        "{name}: {kills} kills, {found} deliveries acknowledged and all found, {undone} unsynced changes undone, {} s",
        begun.elapsed().as_secs()
    );
    Ok(())
}

fn fail(hub: &mut Running, cluster: Option<&Cluster>, failure: Failure, journal: &Path) -> anyhow::Result<usize> {
    match (failure, cluster) {
        (Failure::LostWrites, Some(cluster)) => {
            cluster.restart_immediately()?;
            hub.kill()?;
            Ok(0)
        }
        (Failure::LostWrites, None) => {
            hub.kill()?;
            let recovered = lostwrites::recover(journal)?;
            Ok(recovered.writes + recovered.entries)
        }
        (Failure::Kill, _) => {
            hub.kill()?;
            Ok(0)
        }
    }
}

/// The preload layer as a file.
fn preload() -> anyhow::Result<String> {
    crate::run::step("build the preload layer", &mut crate::run::cargo(&["build", "--quiet", "--package", "lostwrites"]))?;
    Ok(crate::run::root().join("target/debug/liblostwrites.so").to_string_lossy().into_owned())
}

/// Sends until told to stop or the hub is gone. Some files are larger than a row takes, so blobs are met too.
fn send(shared: &Shared, address: std::net::SocketAddr, facility: &FacilityId, token: &str, seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    let Ok(mut sender) = Sender::connect(address, facility, token) else { return };
    while !shared.stop.load(Ordering::SeqCst) {
        let files: Vec<File> = (0..random.random_range(1..6))
            .map(|_| {
                let order = shared.order.fetch_add(1, Ordering::SeqCst);
                let large = random.random_ratio(1, 40);
                laboratory(random.random_range(1..200), order, if large { 900 } else { RESULTS })
            })
            .collect();
        let Ok(kept) = sender.send(&files) else { return };
        let mut acknowledged = locked(shared);
        acknowledged.extend(files.iter().zip(kept).filter(|(_, kept)| *kept).map(|(file, _)| file.sha256()));
    }
}

fn locked(shared: &Shared) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
    shared.acknowledged.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Everything acknowledged is in an export with its bytes, its records are there, and the audit's chain is whole.
fn verify(name: &str, place: &Place, shared: &Shared) -> anyhow::Result<usize> {
    place.output(&["audit", "verify"])?;
    let out = tempfile::tempdir()?;
    let export = out.path().join("export");
    place.output(&["export", "--out", &export.to_string_lossy()])?;
    let acknowledged = locked(shared);
    for sha256 in acknowledged.iter() {
        let bytes = std::fs::read(export.join("deliveries").join(sha256))
            .with_context(|| format!("{name}: delivery {sha256} was acknowledged and is lost"))?;
        if (File { path: String::new(), bytes }).sha256() != *sha256 {
            bail!("{name}: delivery {sha256} was acknowledged and its bytes are not what was sent");
        }
    }
    let observations = std::fs::read_to_string(export.join("Observation.ndjson")).unwrap_or_default().lines().count();
    if observations < acknowledged.len() * RESULTS {
        bail!("{name}: {observations} results of {} acknowledged files: records are lost", acknowledged.len());
    }
    Ok(acknowledged.len())
}
