//! `cargo xtask outage`: a full disk and a lost database under load.
//!
//! The hub must say "later" (per delivery, or 503), keep running, keep its promises, and go on by itself when the
//! disk has room or the database is back. Afterwards everything acknowledged is looked for, as after a crash.

use crate::crash_check::check;
use crate::hub::{Place, Running, program};
use crate::load::{Load, Order, SOURCE, Sender};
use anyhow::{Context, bail, ensure};
use model::FacilityId;
use protocol::Outcome;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};
use store::testing::Cluster;

/// Size of the small disk.
const DISK: &str = "size=64m";
/// Where there is no small disk: the largest file.
const LARGEST_FILE: u64 = 6 << 20;
/// Orders of the files a real gateway sends begin here.
const GATEWAY_NUMBERS: u64 = 1_000_000;
/// How long a hub may take to notice that it can go on.
const PATIENCE: Duration = Duration::from_secs(90);

/// Runs both.
pub fn run() -> anyhow::Result<()> {
    println!("\n── outage: disk full, database gone");
    let begun = Instant::now();
    let folder = tempfile::tempdir()?;
    let program = program(folder.path())?;
    disk_full(&program)?;
    match Cluster::start(&[])? {
        Some(cluster) => database_gone(&program, cluster)?,
        None => println!("PostgreSQL: skipped, its programs are not installed"),
    }
    println!("outage: {} s", begun.elapsed().as_secs());
    Ok(())
}

/// A file system of its own with little room; unmounted when dropped.
struct SmallDisk {
    folder: PathBuf,
}

impl SmallDisk {
    /// Mounts one, where we may.
    fn mount(folder: &Path) -> anyhow::Result<Option<Self>> {
        std::fs::create_dir_all(folder)?;
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", DISK, "hakucho-outage"]).arg(folder);
        let done = command.output().is_ok_and(|output| output.status.success());
        Ok(done.then(|| Self { folder: folder.to_owned() }))
    }

    /// Takes all room but 512 KiB.
    fn fill(&self) -> anyhow::Result<()> {
        let mut ballast = File::create(self.folder.join("ballast"))?;
        let piece = vec![1_u8; 64 << 10];
        let mut size = 0;
        while ballast.write_all(&piece).is_ok() {
            size += piece.len() as u64;
        }
        Ok(ballast.set_len(size.saturating_sub(512 << 10))?)
    }

    fn relieve(&self) -> anyhow::Result<()> {
        Ok(std::fs::remove_file(self.folder.join("ballast"))?)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.folder).status();
    }
}

fn disk_full(program: &Path) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let disk = SmallDisk::mount(&folder.path().join("disk"))?;
    let mut place = Place::new(program, folder.path().join("disk/data"), None);
    let how =
        if disk.is_some() { "a small disk" } else { "a limit on the size of files (no right to mount)" };
    let scene = Scene::new(&place)?;
    if disk.is_none() {
        place.file_limit = Some(LARGEST_FILE);
    }
    let mut hub = place.start()?;
    let gateways = scene.gateways(&hub);
    scene.until("the first deliveries", || scene.load.acknowledged().len() > 20)?;
    if let Some(disk) = &disk {
        disk.fill()?;
    }
    scene.until("\"later\"", || scene.answered_later() > 20)?;
    ensure!(hub.runs()?, "the hub ended on a full disk");
    let kept = scene.load.acknowledged().len();
    match &disk {
        Some(disk) => disk.relieve()?,
        None => {
            let process = hub.id().to_string();
            let mut command = Command::new("prlimit");
            command.args(["--pid", &process, "--fsize=unlimited"]);
            ensure!(command.status()?.success(), "the limit cannot be lifted");
        }
    }
    let begun = Instant::now();
    scene.until("keeping again", || scene.load.acknowledged().len() > kept + 20)?;
    let took = begun.elapsed();
    scene.finish(gateways, &mut hub)?;
    let found = check(&place, &scene.facility, &scene.load, true).context("after a full disk")?;
    println!(
        "disk full ({how}): {} times \"later\", kept again after {} ms; {found}",
        scene.answered_later(),
        took.as_millis()
    );
    Ok(())
}

fn database_gone(program: &Path, mut cluster: Cluster) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let place = Place::new(program, folder.path().join("data"), Some(cluster.database("outage", None)?));
    let scene = Scene::new(&place)?;
    let mut hub = place.start()?;
    let gateways = scene.gateways(&hub);
    scene.until("the first deliveries", || scene.load.acknowledged().len() > 20)?;
    for _ in 0..20 {
        cluster.psql(
            "postgres",
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'hakucho'",
        )?;
        std::thread::sleep(Duration::from_millis(100));
    }
    let kept = scene.load.acknowledged().len();
    scene.until("keeping after cut connections", || scene.load.acknowledged().len() > kept + 20)?;
    let watched = folder.path().join("watched");
    let mut real = scene.real_gateway(&place, &hub, &watched)?;
    let mut written: Vec<Order> = Vec::new();
    let mut longest = Duration::ZERO;
    for fast in [false, true] {
        if fast {
            cluster.stop_fast()?
        } else {
            cluster.stop_immediately()?
        };
        for number in 0..30 {
            let order = Order {
                patient: 300 + number % 7,
                number: GATEWAY_NUMBERS + written.len() as u64,
                results: 6,
            };
            let path = watched.join(order.file().path);
            std::fs::create_dir_all(path.parent().context("a file without a folder")?)?;
            std::fs::write(path, order.file().bytes)?;
            written.push(order);
        }
        std::thread::sleep(Duration::from_secs(3));
        ensure!(hub.runs()?, "the hub ended when the database went");
        cluster.resume()?;
        let (kept, begun) = (scene.load.acknowledged().len(), Instant::now());
        scene.until("keeping after a restart", || scene.load.acknowledged().len() > kept + 20)?;
        longest = longest.max(begun.elapsed());
    }
    // Known by the rows of the database: GATEWAY_NUMBERS as the file names write it.
    let count = "SELECT count(*) FROM delivery WHERE state = 'kept' AND path LIKE '%_OML-11_00000000100%'";
    scene.until("the real gateway's files", || {
        cluster.psql("outage", count).is_ok_and(|text| text == written.len().to_string())
    })?;
    ensure!(real.runs()?, "the gateway ended");
    real.kill()?;
    scene.load.note(&written);
    scene.finish(gateways, &mut hub)?;
    let found = check(&place, &scene.facility, &scene.load, true).context("after the database was gone")?;
    println!(
        "database gone: 20 times every connection cut, 2 restarts, {} times \"later\", kept again after {} ms at most, {} files by a real gateway; {found}",
        scene.answered_later(),
        longest.as_millis(),
        written.len()
    );
    Ok(())
}

/// A hub's place with gateways that never give up.
struct Scene {
    facility: FacilityId,
    token: String,
    load: Arc<Load>,
    later: Arc<AtomicU32>,
    stop: Arc<AtomicBool>,
    wrong: Arc<std::sync::Mutex<Option<String>>>,
}

impl Scene {
    fn new(place: &Place) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&place.data)?;
        let facility = FacilityId::new("H01")?;
        let token = place.output(&["hub", "token", "--facility", facility.as_str()])?;
        Ok(Self {
            facility,
            token,
            load: Arc::default(),
            later: Arc::default(),
            stop: Arc::default(),
            wrong: Arc::default(),
        })
    }

    fn answered_later(&self) -> u32 {
        self.later.load(Ordering::SeqCst)
    }

    /// Three that send without end; anything but an answer by the protocol is wrong.
    fn gateways(&self, hub: &Running) -> Vec<std::thread::JoinHandle<()>> {
        let one = |number: u32| {
            let (facility, token, address) = (self.facility.clone(), self.token.clone(), hub.address);
            let (load, later, stop, wrong) =
                (self.load.clone(), self.later.clone(), self.stop.clone(), self.wrong.clone());
            std::thread::spawn(move || {
                let send = || -> anyhow::Result<()> {
                    let mut sender = Sender::connect(address, &facility, &token)?;
                    let mut turn = number;
                    while !stop.load(Ordering::SeqCst) {
                        turn += 1;
                        // The first of every fifth batch is a blob.
                        let mut large = turn.is_multiple_of(5);
                        let fresh = || {
                            let results = if std::mem::take(&mut large) { 900 } else { 6 };
                            Order { patient: turn % 97 + 1, number: 0, results }
                        };
                        let outcomes = load.send(&mut sender, 4, fresh)?;
                        if outcomes.iter().any(|outcome| matches!(outcome, Outcome::RetryLater { .. })) {
                            later.fetch_add(1, Ordering::SeqCst);
                            std::thread::sleep(Duration::from_millis(50));
                        }
                    }
                    Ok(())
                };
                if let Err(error) = send() {
                    *wrong.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
                        Some(format!("{error:#}"));
                }
            })
        };
        (1..=3).map(one).collect()
    }

    /// `hakucho gateway run` over a folder.
    fn real_gateway(&self, place: &Place, hub: &Running, watched: &Path) -> anyhow::Result<Running> {
        std::fs::create_dir_all(watched)?;
        let spool = watched.with_file_name("gateway");
        let own = Place::new(&place.program, spool, None);
        let url = format!("http://{}", hub.address);
        let watch = format!("ss-mix2:{SOURCE}={}", watched.display());
        let arguments =
            ["gateway", "run", "--hub", &url, "--token", &self.token, "--facility", self.facility.as_str()];
        let mut command = own.command(&[&arguments[..], &["--watch", &watch]].concat());
        command.env("HAKUCHO_GATEWAY__ALLOW_PLAIN_HTTP", "true");
        Running::of(command, hub.address)
    }

    fn until(&self, what: &str, reached: impl Fn() -> bool) -> anyhow::Result<()> {
        let begun = Instant::now();
        while !reached() {
            let wrong = self.wrong.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
            if let Some(wrong) = wrong {
                bail!("waiting for {what}: a gateway was not answered as the protocol says: {wrong}");
            }
            if begun.elapsed() > PATIENCE {
                bail!("waiting for {what}: nothing in {} s", PATIENCE.as_secs());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Lets the gateways end, sends what still waits to the same hub, and kills it.
    fn finish(&self, gateways: Vec<std::thread::JoinHandle<()>>, hub: &mut Running) -> anyhow::Result<()> {
        self.stop.store(true, Ordering::SeqCst);
        for gateway in gateways {
            let _ = gateway.join();
        }
        let mut sender = Sender::connect(hub.address, &self.facility, &self.token)?;
        let begun = Instant::now();
        while self.load.waiting() > 0 {
            self.load.send_waiting(&mut sender, 20)?;
            ensure!(begun.elapsed() < PATIENCE, "what waited is not kept");
        }
        ensure!(hub.runs()?, "the hub did not live through it");
        hub.kill()
    }
}
