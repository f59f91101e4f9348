//! `cargo xtask`: setting up, checking, testing, measuring.
#![expect(clippy::print_stdout, reason = "a command line tool talks to standard output")]

use clap::{Parser, Subcommand};

mod bench;
mod bench_bare;
mod bench_chart;
mod bench_ingest;
mod bench_read;
mod browser;
mod crash;
mod crash_check;
mod fuzz;
mod hub;
mod load;
mod outage;
mod run;
mod setup;
mod simulate;
mod system;
mod test;
mod tidy;

#[derive(Parser)]
#[command(name = "xtask", about = "Checks, tests and measurements of this repository")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what the tests need, then pass everything
    Test,
    /// Check the architecture's invariants, paths named in documents, file lengths
    Tidy,
    /// Look at the portal in a real browser, against real processes
    Browser {
        /// Only test files with this in their name
        only: Option<String>,
    },
    /// Take pictures of the main pages of every role
    Screenshots {
        /// Folder for the pictures
        #[arg(long, value_name = "DIR", default_value = "docs/images")]
        out: std::path::PathBuf,
        /// The sample pages of every state instead
        #[arg(long)]
        samples: bool,
    },
    /// Throw mutated and random bytes at every parser
    Fuzz {
        /// Seconds for each parser
        #[arg(long, default_value_t = 10)]
        seconds: u64,
        /// Seed; printed with every finding
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Kill a hub under load again and again on each engine, and look for everything acknowledged
    Crash {
        /// How often
        #[arg(long, default_value_t = 200)]
        kills: u32,
        /// Seed of the moments
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// After each kill also undo every write that was not synced
        #[arg(long)]
        lost_writes: bool,
    },
    /// Run gateways and hub over a simulated network that loses, delays and parts, with machines that die
    Simulate {
        /// How many seeds
        #[arg(long, default_value_t = 200)]
        seeds: u64,
        /// The first
        #[arg(long, default_value_t = 1)]
        from: u64,
        /// Only see whether this lie of a hub is found out
        #[arg(long)]
        cheat: Option<simulate::Cheat>,
    },
    /// Fill the disk and take the database away under load
    Outage,
    /// Measure, with a release build
    Bench {
        #[command(subcommand)]
        bench: bench::Bench,
        /// Only this engine
        #[arg(long, global = true)]
        engine: Option<bench::Measured>,
    },
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Test => test::run(),
        Command::Browser { only } => browser::test(only.as_deref()),
        Command::Screenshots { out, samples } => browser::screenshots(&out, samples),
        Command::Tidy => tidy::run(),
        Command::Crash { kills, seed, lost_writes } => {
            let failure = if lost_writes { crash::Failure::LostWrites } else { crash::Failure::Kill };
            crash::run(kills, seed, failure)
        }
        Command::Simulate { seeds, from, cheat } => simulate::run(seeds, from, cheat),
        Command::Outage => outage::run(),
        Command::Bench { bench, engine } => bench::run(bench, engine),
        Command::Fuzz { seconds, seed } => fuzz::run(seconds, seed),
    }
}
