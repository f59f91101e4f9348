//! What the tests need beyond Rust: Debian packages, and npm packages from the lock file.

use crate::run::{found, root, step};
use anyhow::bail;
use std::path::Path;
use std::process::Command;

/// Debian packages of the tests and the sign by which each is known to be there.
const PACKAGES: &[(&str, &str)] = &[
    ("chromium", "/usr/bin/chromium"),
    ("fonts-noto-cjk", "/usr/share/fonts/opentype/noto"),
    ("fonts-morisawa-bizud-gothic", "/usr/share/fonts/truetype/fonts-morisawa-bizud-gothic"),
    ("postgresql", "/usr/lib/postgresql"),
];

/// Installs what is missing where we may; otherwise prints the one line to run.
pub fn debian() -> anyhow::Result<()> {
    let missing: Vec<&str> =
        PACKAGES.iter().filter(|(_, sign)| !Path::new(sign).exists()).map(|(package, _)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let line = format!("apt-get update && apt-get install -y {}", missing.join(" "));
    let is_root =
        std::fs::metadata("/proc/self").is_ok_and(|data| std::os::unix::fs::MetadataExt::uid(&data) == 0);
    if !is_root || !found("apt-get") {
        bail!("missing: {}. Run this once as root:\n\n    {line}\n", missing.join(", "));
    }
    step("Debian packages", Command::new("sh").arg("-c").arg(line).env("DEBIAN_FRONTEND", "noninteractive"))
}

/// Installs the npm packages of the browser tests from their lock file.
pub fn npm() -> anyhow::Result<()> {
    let folder = root().join("tests/browser");
    let (lock, stamp) = (folder.join("package-lock.json"), folder.join("node_modules/.package-lock.json"));
    let newer = |a: &Path, b: &Path| {
        let time = |path: &Path| path.metadata().and_then(|data| data.modified()).ok();
        time(a) > time(b)
    };
    if stamp.exists() && !newer(&lock, &stamp) {
        return Ok(());
    }
    if !found("npm") {
        bail!("npm is missing: install Node.js 20 or newer");
    }
    step(
        "npm packages of the browser tests",
        Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder),
    )
}
