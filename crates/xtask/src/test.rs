//! `cargo xtask test`: everything that must hold, in the order in which it fails fastest.

use crate::crash::{self, Failure};
use crate::run::{cargo, step};
use crate::{browser, fuzz, outage, setup, simulate, tidy};

/// Sets up what is needed and passes everything.
pub fn run() -> anyhow::Result<()> {
    let begun = std::time::Instant::now();
    setup::debian()?;
    step("formatting", &mut cargo(&["fmt", "--all", "--check"]))?;
    tidy::run()?;
    step(
        "clippy",
        &mut cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]),
    )?;
    step("unit, property, fixture and store tests", &mut cargo(&["test", "--workspace", "--quiet"]))?;
    browser::test(None)?;
    fuzz::run(2, 1)?;
    simulate::run(200, 1, None)?;
    crash::run(20, 1, Failure::Kill)?;
    crash::run(10, 1, Failure::LostWrites)?;
    outage::run()?;
    println!("\neverything passed in {} s", begun.elapsed().as_secs());
    Ok(())
}
