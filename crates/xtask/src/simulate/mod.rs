//! `cargo xtask simulate`: gateways and a hub over a network that loses, delays and parts, and machines that die.
//!
//! The shipped collector, spool, sender, gateways' door, intake and store run on simulated hosts (turmoil); only the
//! network, the clock and the moments of dying are made up, from a seed. Databases and watched folders are real files, so
//! a seed fixes what happens and not in which microsecond. Afterwards everything that a source has ever shown must be
//! at the hub, once, in the order of each person, and nothing else (`check`).
//!
//! That it can fail is tried with every run: each way of cheating ([`Cheat`]) must be found out.

mod check;
mod hospital;
mod network;
mod world;

use anyhow::{bail, ensure};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use world::Told;

/// A hub that lies, to see whether the check finds it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Cheat {
    /// Says "kept" and keeps it a little later.
    EarlyAnswer,
    /// Takes a renamed file for the one it knows.
    LostRename,
    /// Takes what comes together from the last to the first.
    Disorder,
}

/// Seeds at which each way of cheating is tried; one of them must find it out.
const TRIED: u64 = 12;

/// Seeds that run at a time: a simulation mostly waits for its disk.
const AT_A_TIME: usize = 6;

/// Runs `seeds` seeds from `from`, several at a time. With a cheat only that one, which must be found out.
pub fn run(seeds: u64, from: u64, cheat: Option<Cheat>) -> anyhow::Result<()> {
    if let Some(cheat) = cheat {
        return found_out(cheat, from);
    }
    println!("\n── simulate: seeds {from} to {}", from + seeds.max(1) - 1);
    let begun = Instant::now();
    let all = Mutex::new((Vec::new(), Told::default()));
    let next = AtomicU64::new(from);
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from + seeds {
                        return;
                    }
                    let outcome = world::run(seed, None);
                    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                    match outcome {
                        Ok(told) => {
                            println!("seed {seed}: {told}");
                            all.1.add(&told);
                        }
                        Err(error) => {
                            println!("seed {seed}: FAILED: {error:#}");
                            all.0.push(seed);
                        }
                    }
                }
            });
        }
    });
    let (failed, told) = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("all {seeds} seeds in {:.0} s: {told}", begun.elapsed().as_secs_f64());
    ensure!(failed.is_empty(), "something was lost, doubled or out of order: seeds {failed:?}");
    ensure!(
        seeds < 20 || (told.crashes > 0 && told.cuts > 0 && told.again > 0),
        "nothing ever went wrong: then this shows nothing"
    );
    for cheat in <Cheat as clap::ValueEnum>::value_variants() {
        found_out(*cheat, from)?;
    }
    Ok(())
}

/// A lying hub is caught.
fn found_out(cheat: Cheat, from: u64) -> anyhow::Result<()> {
    for seed in from..from + TRIED {
        match world::run(seed, Some(cheat)) {
            Err(error) if error.is::<check::Wrong>() => {
                println!("{cheat:?} is found out at seed {seed}: {error}");
                return Ok(());
            }
            Err(error) => return Err(error.context(format!("{cheat:?} at seed {seed}"))),
            Ok(_) => {}
        }
    }
    bail!("{cheat:?} is not found out in {TRIED} seeds: the check is blind to it")
}
