//! `cargo xtask bench`: what the store costs, measured beside the bare engine. Figures are printed, never asserted.
//!
//! Each measurement runs on SQLite and on a PostgreSQL cluster of its own (as Debian configures it).

use crate::{bench_chart, bench_ingest, bench_read, system};
use ::hub::{Hub, Settings};
use anyhow::{Context, bail};
use model::FacilityId;
use model::facility::FacilityKind;
use std::path::Path;
use std::time::Duration;
use store::testing::Cluster;
use store::{Facility, Store, StoreConfig};

/// What is measured.
#[derive(Debug, Clone, Copy, clap::Subcommand)]
pub enum Bench {
    /// SS-MIX2 files to viewable, durable records, beside the same rows written by the bare engine
    Ingest {
        /// How many files
        #[arg(long, default_value_t = 5_000)]
        files: usize,
    },
    /// The patient page's data of a person with 10,000 records, alone and while deliveries come in at full speed
    Chart {
        /// Records in the store
        #[arg(long, default_value_t = 1_000_000)]
        records: usize,
        /// Records of the person
        #[arg(long, default_value_t = 10_000)]
        person: usize,
        /// How often the page's data are asked for
        #[arg(long, default_value_t = 300)]
        times: usize,
    },
    /// Each format from bytes to records on one core, beside a parser that only takes its syntax apart
    Read {
        /// Seconds for each side of each format
        #[arg(long, default_value_t = 3)]
        seconds: u64,
    },
}

/// Measures one engine or each; a development build starts itself again as a release build.
pub fn run(bench: Bench, engine: Option<Measured>) -> anyhow::Result<()> {
    if cfg!(debug_assertions) {
        let own: Vec<String> = std::env::args().skip(1).collect();
        let mut arguments = vec!["run", "--release", "--quiet", "--package", "xtask", "--"];
        arguments.extend(own.iter().map(String::as_str));
        return crate::run::step("measure with a release build", &mut crate::run::cargo(&arguments));
    }
    if let Bench::Read { seconds } = bench {
        println!("{}", machine());
        return bench_read::run(seconds);
    }
    let Some(engine) = engine else {
        // A process each, so that one's memory is not the other's.
        println!("{}", machine());
        for engine in [Measured::Sqlite, Measured::Postgres] {
            let mut own = std::process::Command::new(std::env::current_exe()?);
            own.args(std::env::args().skip(1)).args(["--engine", engine.word()]);
            crate::run::step(engine.word(), &mut own)?;
        }
        return Ok(());
    };
    let Some(ground) = Ground::new(engine == Measured::Postgres)? else {
        println!("skipped: the server's programs are not installed");
        return Ok(());
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match bench {
            Bench::Ingest { files } => bench_ingest::run(&ground, files).await,
            Bench::Chart { records, person, times } => {
                bench_chart::run(&ground, records, person, times).await
            }
            // No store: done above.
            Bench::Read { .. } => Ok(()),
        }
    })
}

/// An engine that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Measured {
    /// A file.
    Sqlite,
    /// A cluster of its own.
    Postgres,
}

impl Measured {
    fn word(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// Where databases of one engine are made.
pub struct Ground {
    cluster: Option<Cluster>,
    folder: tempfile::TempDir,
}

impl Ground {
    fn new(postgres: bool) -> anyhow::Result<Option<Self>> {
        // Below target/: a temporary directory may be memory, whose syncs cost nothing.
        let place = crate::run::root().join("target/bench");
        std::fs::create_dir_all(&place)?;
        let folder = tempfile::tempdir_in(place)?;
        let cluster = if postgres { Cluster::start(&[])? } else { None };
        Ok((cluster.is_some() == postgres).then_some(Self { cluster, folder }))
    }

    /// The address of a new database.
    pub fn database(&self, name: &str) -> anyhow::Result<String> {
        match &self.cluster {
            Some(cluster) => Ok(cluster.database(name, None)?),
            None => Ok(format!("sqlite://{}", self.folder.path().join(name).display())),
        }
    }

    /// A hub over a new database.
    pub async fn hub(&self, name: &str) -> anyhow::Result<Hub> {
        let config = StoreConfig { database: self.database(name)?, blobs: self.folder.path().join("blobs") };
        let store = Store::open(&config, system::clock()).await?;
        let settings = Settings {
            region_name: "測定".into(),
            fictitious: true,
            session_hours: 12,
            session_idle_minutes: 15,
            secure_cookies: false,
            silent_seconds: 180,
            late_hours: 72,
        };
        Ok(Hub::new(store, system::clock(), system::randomness(), settings))
    }

    /// This process's memory and, where there is one, the server's: peak of ours since [`reset_peak`], present of both.
    pub fn memory(&self) -> String {
        let ours = crate::hub::memory(std::process::id());
        let mut text = format!(
            "{} MiB at its peak, {} MiB now, of which {} MiB are no mapped files",
            ours.peak, ours.resident, ours.own
        );
        if let Some(server) = self.cluster.as_ref().and_then(|cluster| cluster.memory().ok()) {
            text.push_str(&format!("; the server's processes together {} MiB", server >> 20));
        }
        text
    }
}

/// Forgets the peak of this process's memory (Linux: 5 to clear_refs).
pub fn reset_peak() {
    // Where it is not allowed, the peak is that of the whole run.
    let _ = std::fs::write(Path::new("/proc/self/clear_refs"), "5");
}

/// Adds a hospital to the directory.
pub async fn hospital(hub: &Hub, id: &str) -> anyhow::Result<FacilityId> {
    let id = FacilityId::new(id)?;
    let facility = Facility {
        id: id.clone(),
        kind: FacilityKind::Hospital,
        name: id.to_string(),
        number: String::new(),
    };
    hub.store.upsert_facility(&facility).await?;
    Ok(id)
}

/// `part` of the sorted durations lie at or below this one, in milliseconds.
pub fn percentile(sorted: &[Duration], part: f64) -> anyhow::Result<f64> {
    if sorted.is_empty() {
        bail!("nothing was measured");
    }
    let place = ((sorted.len() as f64 * part).ceil() as usize).clamp(1, sorted.len());
    Ok(sorted.get(place - 1).context("no such place")?.as_secs_f64() * 1000.0)
}

/// `count` in `time`, per second.
pub fn rate(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64().max(1e-9)
}

fn machine() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or_default();
    format!("{cores} cores{}, load before the run {load}", model.replace('\t', "").replacen(':', ",", 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let sorted: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&sorted, 0.5).unwrap(), 100.0);
        assert_eq!(percentile(&sorted, 0.99).unwrap(), 198.0);
        assert_eq!(percentile(&sorted[..1], 0.99).unwrap(), 1.0);
        assert!(percentile(&[], 0.5).is_err());
    }
}
