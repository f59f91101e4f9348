//! `cargo xtask crash`: what was acknowledged survives.
//!
//! A real hub is killed (SIGKILL) at random points under load, again and again, on each engine: while it serves and
//! while it starts. What was on its way is sent again after the next start, as a gateway does. Then everything ever
//! sent is looked for (see `crash_check`). With `--lost-writes` every write that was not synced is undone after each
//! kill as well (data directory through the preload layer; PostgreSQL by an immediate stop of the server under load).

use crate::crash_check::check;
use crate::hub::{Place, Running, program};
use crate::load::{Load, Order, Sender};
use anyhow::{Context, bail, ensure};
use model::FacilityId;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::testing::Cluster;

/// Threads that send at once.
const SENDERS: u64 = 4;
/// Everything is looked for after this many kills, and at the end.
const CHECK_EVERY: u32 = 50;

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
    let folder = tempfile::tempdir()?;
    let program = program(folder.path())?;
    let library = if failure == Failure::LostWrites { Some(preload(folder.path())?) } else { None };
    if let Some(library) = &library {
        control(&program, library, seed)?;
    }
    let scene = |database| Scene::new(&program, database, library.as_deref(), false);
    scene(None)?.run("SQLite", None, kills, seed)?;
    let Some(mut cluster) = Cluster::start(&[])? else {
        println!("PostgreSQL: skipped, its programs are not installed");
        return Ok(());
    };
    let database = cluster.database("crash", None)?;
    scene(Some(database))?.run("PostgreSQL", Some(&mut cluster), kills, seed)
}

/// The preload layer as a file.
fn preload(folder: &Path) -> anyhow::Result<PathBuf> {
    crate::run::step(
        "build the preload layer",
        &mut crate::run::cargo(&["build", "--quiet", "--package", "lostwrites"]),
    )?;
    let own = folder.join("liblostwrites.so");
    std::fs::copy(crate::run::root().join("target/debug/liblostwrites.so"), &own)
        .context("copy the layer")?;
    Ok(own)
}

/// A hub's place, and the journal of what it has not synced.
struct Scene {
    place: Place,
    journal: Option<PathBuf>,
    facility: FacilityId,
    token: String,
    _folder: tempfile::TempDir,
}

impl Scene {
    /// An empty place with one gateway's token. Where writes are lost, this is done under the layer too: what the
    /// command had not synced when it ended is gone.
    fn new(
        program: &Path,
        database: Option<String>,
        library: Option<&Path>,
        deaf: bool,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let root = folder.path().join("disk");
        let mut place = Place::new(program, root.join("data"), database);
        std::fs::create_dir_all(&place.data)?;
        let mut journal = None;
        if let Some(library) = library {
            let own = folder.path().join("journal");
            std::fs::create_dir(&own)?;
            let text = |path: &Path| path.to_string_lossy().into_owned();
            place.environment = vec![
                ("LD_PRELOAD".into(), text(library)),
                (lostwrites::ROOT.into(), text(&place.data)),
                (lostwrites::JOURNAL.into(), text(&own)),
            ];
            journal = Some(own);
        }
        let facility = FacilityId::new("H01")?;
        let token = place.output(&["hub", "token", "--facility", facility.as_str()])?;
        let scene = Self { place, journal, facility, token, _folder: folder };
        scene.lose()?;
        if !deaf {
            return Ok(scene);
        }
        let mut scene = scene;
        scene.place.environment.push((lostwrites::DEAF.into(), "1".into()));
        Ok(scene)
    }

    /// Undoes what was not synced; how much.
    fn lose(&self) -> anyhow::Result<usize> {
        let Some(journal) = &self.journal else { return Ok(0) };
        let recovered = lostwrites::recover(&self.place.data, journal)?;
        Ok(recovered.writes + recovered.entries)
    }

    fn run(
        &self,
        name: &str,
        mut cluster: Option<&mut Cluster>,
        kills: u32,
        seed: u64,
    ) -> anyhow::Result<()> {
        let load = Arc::new(Load::default());
        let mut random = StdRng::seed_from_u64(seed);
        let (begun, mut undone) = (Instant::now(), 0);
        for round in 0..kills {
            let wait = Duration::from_millis(random.random_range(20..400));
            if random.random_ratio(1, 8) {
                // While it starts: the database is opened, what was interrupted is finished.
                let mut hub = self.place.spawn()?;
                std::thread::sleep(wait / 4);
                undone += self.fail(&mut hub, None)?;
                continue;
            }
            let mut hub = self.place.start().with_context(|| format!("{name}: start after kill {round}"))?;
            let senders = self.senders(&load, &hub, seed ^ u64::from(round) << 8);
            std::thread::sleep(wait);
            undone += self.fail(&mut hub, cluster.as_deref_mut())?;
            for sender in senders {
                let _ = sender.join();
            }
            if round % CHECK_EVERY == CHECK_EVERY - 1 {
                self.settle(&load)?;
                check(&self.place.plain(), &self.facility, &load, false)
                    .with_context(|| format!("{name}: after {} kills, seed {seed}", round + 1))?;
                println!(
                    "{name}: {} kills, {} files acknowledged and found",
                    round + 1,
                    load.acknowledged().len()
                );
            }
        }
        self.settle(&load)?;
        let found = check(&self.place.plain(), &self.facility, &load, true)
            .with_context(|| format!("{name}: after {kills} kills, seed {seed}"))?;
        println!(
            "{name}: {kills} kills, {undone} unsynced changes undone; {found}; {} s",
            begun.elapsed().as_secs()
        );
        if self.journal.is_some() && undone == 0 {
            bail!("{name}: no unsynced change was undone in {kills} kills: the layer was not there");
        }
        Ok(())
    }

    fn senders(&self, load: &Arc<Load>, hub: &Running, seed: u64) -> Vec<std::thread::JoinHandle<()>> {
        let one = |sender| {
            let (load, facility, token) = (Arc::clone(load), self.facility.clone(), self.token.clone());
            let (address, mut random) = (hub.address, StdRng::seed_from_u64(seed ^ sender));
            std::thread::spawn(move || {
                let Ok(mut sender) = Sender::connect(address, &facility, &token) else { return };
                loop {
                    let count = random.random_range(1..6);
                    if load.send(&mut sender, count, || fresh(&mut random)).is_err() {
                        return;
                    }
                }
            })
        };
        (0..SENDERS).map(one).collect()
    }

    fn fail(&self, hub: &mut Running, cluster: Option<&mut Cluster>) -> anyhow::Result<usize> {
        match (cluster, &self.journal) {
            (Some(cluster), Some(_)) => {
                cluster.stop_immediately()?;
                hub.kill()?;
                cluster.resume()?;
            }
            _ => hub.kill()?,
        }
        self.lose()
    }

    /// Sends again what no answer came for, until all of it is kept.
    fn settle(&self, load: &Load) -> anyhow::Result<()> {
        let hub = self.place.plain().start()?;
        let mut sender = Sender::connect(hub.address, &self.facility, &self.token)?;
        let begun = Instant::now();
        while load.waiting() > 0 {
            load.send_waiting(&mut sender, 20)?;
            if begun.elapsed() > Duration::from_secs(120) {
                bail!("what was interrupted is not kept two minutes later");
            }
        }
        Ok(())
    }
}

/// Size and patient of a new file: some are larger than a row takes (blobs), some than a transaction takes (chunks).
fn fresh(random: &mut StdRng) -> Order {
    let results = match random.random_range(0..200) {
        0 => 2400,
        1..5 => 900,
        _ => 6,
    };
    Order { patient: random.random_range(1..200), number: 0, results }
}

/// The test of the test: on a disk that lies about its syncs, what was acknowledged must be found missing.
fn control(program: &Path, library: &Path, seed: u64) -> anyhow::Result<()> {
    let scene = Scene::new(program, None, Some(library), true)?;
    let load = Arc::new(Load::default());
    let mut hub = scene.place.start()?;
    let senders = scene.senders(&load, &hub, seed);
    let begun = Instant::now();
    while load.acknowledged().len() < 10 && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(10));
    }
    scene.fail(&mut hub, None)?;
    for sender in senders {
        let _ = sender.join();
    }
    let acknowledged = load.acknowledged().len();
    ensure!(acknowledged > 0, "the control took nothing: is the token lost that was printed?");
    load.forget_waiting();
    match check(&scene.place.plain(), &scene.facility, &load, false) {
        Ok(_) => {
            bail!("a disk that lies lost nothing of {acknowledged} acknowledged files: this test cannot fail")
        }
        Err(error) => {
            let text = format!("{error:#}");
            ensure!(text.contains("lost"), "the control failed for another reason: {text}");
            println!("control: on a disk that lies about syncs the check fails, as it must: {text}");
        }
    }
    Ok(())
}
