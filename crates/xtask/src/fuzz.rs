//! Random and mutated bytes at every parser: none may panic, hang or lose its temper.
//!
//! Seeds are files of a synthetic region, the repository's own fixtures and, where `HAKUCHO_SAMPLES` is set, the outside
//! samples. The
//! same seed gives the same inputs; a finding is written to `target/fuzz/` and names its seed.

use crate::run::root;
use anyhow::{Context, bail};
use model::reading::{Format, Input};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

/// Runs every parser for some seconds.
pub fn run(seconds: u64, seed: u64) -> anyhow::Result<()> {
    println!("\n── fuzz: {seconds} s for each parser, seed {seed}");
    let seeds = seeds()?;
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let result = Format::ALL.iter().try_for_each(|format| one(*format, &seeds, seconds, seed));
    std::panic::set_hook(hook);
    result
}

/// Files of the synthetic region taken of each format.
const SEEDS_OF_A_FORMAT: usize = 150;

/// A file that a parser is tried with.
pub struct Seed {
    /// Path below the place it comes from.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its format, as made or found.
    pub format: Option<Format>,
}

/// Files of every format at hand.
pub fn seeds() -> anyhow::Result<Vec<Seed>> {
    let mut folders = vec![root().join("crates/formats/tests")];
    folders.extend(std::env::var_os("HAKUCHO_SAMPLES").map(Into::into));
    let mut seeds = Vec::new();
    let mut counts = std::collections::BTreeMap::<Format, usize>::new();
    for file in region::Plan::new(1, 30, jiff::civil::date(2026, 11, 24)).region().files() {
        let count = counts.entry(file.format).or_default();
        *count += 1;
        if *count <= SEEDS_OF_A_FORMAT {
            seeds.push(Seed { path: file.path, bytes: file.bytes, format: Some(file.format) });
        }
    }
    for folder in folders {
        for entry in walkdir::WalkDir::new(&folder).sort_by_file_name().into_iter().flatten() {
            if entry.file_type().is_file() && entry.metadata().is_ok_and(|data| data.len() < 200_000) {
                let path =
                    entry.path().strip_prefix(&folder).unwrap_or(entry.path()).to_string_lossy().into_owned();
                let bytes = std::fs::read(entry.path()).with_context(|| path.clone())?;
                seeds.push(Seed { format: formats::detect(&path, &bytes), path, bytes });
            }
        }
    }
    Ok(seeds)
}

fn one(format: Format, seeds: &[Seed], seconds: u64, seed: u64) -> anyhow::Result<()> {
    let mut random = StdRng::seed_from_u64(seed ^ format as u64);
    let mine: Vec<&Seed> = seeds.iter().filter(|seed| seed.format == Some(format)).collect();
    let (begun, mut runs, mut slowest) = (Instant::now(), 0_u64, Duration::ZERO);
    while begun.elapsed() < Duration::from_secs(seconds) {
        let chosen = mine.get(random.random_range(0..mine.len().max(1)));
        let mut bytes = chosen.map_or_else(|| random_bytes(&mut random), |seed| seed.bytes.clone());
        let path = chosen.map_or_else(|| "x".to_owned(), |seed| seed.path.clone());
        for _ in 0..random.random_range(1..8) {
            mutate(&mut bytes, seeds, &mut random);
        }
        let input = Input { path: &path, bytes: &bytes, source_time: "20261124090000000" };
        let each = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let _ = formats::detect(&path, &bytes);
            if let Ok(reading) = formats::read(format, &input) {
                let resources = reading.statements.iter().flat_map(|statement| &statement.records);
                resources.for_each(|record| drop(model::chart::rows(&record.resource)));
            }
        }));
        slowest = slowest.max(each.elapsed());
        runs += 1;
        if outcome.is_err() || each.elapsed() > Duration::from_secs(20) {
            let folder = root().join("target/fuzz");
            std::fs::create_dir_all(&folder)?;
            let file = folder.join(format!("{}-{seed}-{runs}", format.word()));
            std::fs::write(&file, &bytes)?;
            let what = if outcome.is_err() { "panicked" } else { "took over 20 s" };
            bail!(
                "{} {what} on {} (from {path}, seed {seed}, run {runs})",
                format.word(),
                Path::new(&file).display()
            );
        }
    }
    println!(
        "{:>9}: {runs} inputs from {} seeds, slowest {} ms",
        format.word(),
        mine.len(),
        slowest.as_millis()
    );
    Ok(())
}

fn random_bytes(random: &mut StdRng) -> Vec<u8> {
    let length = random.random_range(0..400);
    (0..length).map(|_| random.random()).collect()
}

/// One change: a bit, a byte of meaning to some format, a cut, a doubling, a piece of another seed.
fn mutate(bytes: &mut Vec<u8>, seeds: &[Seed], random: &mut StdRng) {
    const TELLING: &[u8] = b"|^~\\&\r\n\x1b\x1c\x00\x85,\"{}[]:0-9$B(BJI\xff\xef";
    if bytes.is_empty() {
        bytes.push(random.random());
        return;
    }
    let place = random.random_range(0..bytes.len());
    let until = random.random_range(place..=bytes.len().min(place + 64));
    match random.random_range(0..7) {
        0 => bytes.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 1 << random.random_range(0..8)),
        1 => {
            let telling = TELLING.get(random.random_range(0..TELLING.len())).copied().unwrap_or(0);
            bytes.insert(place, telling);
        }
        2 => bytes.truncate(place),
        3 => drop(bytes.drain(place..until)),
        4 => {
            let piece: Vec<u8> = bytes.get(place..until).unwrap_or_default().to_vec();
            bytes.splice(place..place, piece);
        }
        5 => {
            let other =
                seeds.get(random.random_range(0..seeds.len().max(1))).map_or(&[][..], |seed| &seed.bytes);
            let start = random.random_range(0..=other.len());
            let end = other.len().min(start + random.random_range(1..200));
            bytes.splice(place..place, other.get(start..end).unwrap_or_default().to_vec());
        }
        _ => bytes.iter_mut().skip(place).take(1).for_each(|byte| *byte = random.random()),
    }
}
