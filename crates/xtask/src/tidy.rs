//! The architecture's invariants, checked from the crate graph and the files themselves.

use crate::run::{cargo, root};
use anyhow::{Context, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Which of our crates each may use (ARCHITECTURE.md prints the same table).
const MAY_USE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("formats", &["model"]),
    ("linkage", &["model"]),
    ("access", &["model"]),
    ("store", &["model", "access"]),
    ("protocol", &["model"]),
    ("hub", &["model", "formats", "linkage", "access", "store", "protocol"]),
    ("portal", &["model", "access", "store", "protocol", "hub"]),
    ("gateway", &["model", "protocol", "formats"]),
    ("region", &["model", "formats"]),
    ("lostwrites", &[]),
];

/// Crates without I/O, waiting, clock or randomness, and what they must therefore never depend on.
const PURE: &[&str] = &["model", "formats", "linkage", "access"];
const IMPURE: &[&str] = &[
    "tokio",
    "sqlx",
    "reqwest",
    "axum",
    "object_store",
    "rand",
    "walkdir",
    "notify",
    "futures-util",
    "tempfile",
];

/// Only these may have SQL, HTTP.
const SQL: &[&str] = &["store", "gateway", "xtask"];
const HTTP: &[&str] = &["portal", "gateway", "hakucho"];

const LONGEST_FILE: usize = 500;
const LONGEST_MAIN: usize = 40;

/// Runs every check and names all findings at once.
pub fn run() -> anyhow::Result<()> {
    println!("\n── tidy");
    let mut findings = Vec::new();
    crate_graph(&mut findings)?;
    let files = tracked()?;
    sources(&files, &mut findings)?;
    documents(&files, &mut findings)?;
    for finding in &findings {
        println!("tidy: {finding}");
    }
    if !findings.is_empty() {
        bail!("tidy found {} things", findings.len());
    }
    println!("tidy: {} files in order", files.len());
    Ok(())
}

#[derive(serde::Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(serde::Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(serde::Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
}

fn crate_graph(findings: &mut Vec<String>) -> anyhow::Result<()> {
    let output =
        cargo(&["metadata", "--format-version", "1", "--no-deps"]).output().context("cargo metadata")?;
    let metadata: Metadata = serde_json::from_slice(&output.stdout).context("cargo metadata")?;
    let allowed: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let ours: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    for package in &metadata.packages {
        let name = package.name.as_str();
        let uses: Vec<&str> = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind.as_deref() != Some("dev"))
            .map(|dependency| dependency.name.as_str())
            .collect();
        let Some(may) = allowed.get(name) else {
            if !matches!(name, "hakucho" | "xtask") {
                findings.push(format!("crate {name} has no line in the table of who may use whom"));
            }
            continue;
        };
        for used in uses {
            if ours.contains(used) && !may.contains(&used) {
                findings.push(format!("crate {name} must not use {used}"));
            }
            if PURE.contains(&name) && IMPURE.contains(&used) {
                findings.push(format!("crate {name} is pure and must not use {used}"));
            }
            if used == "sqlx" && !SQL.contains(&name) {
                findings.push(format!("crate {name} must not have SQL"));
            }
            if matches!(used, "axum" | "reqwest") && !HTTP.contains(&name) {
                findings.push(format!("crate {name} must not know HTTP"));
            }
        }
    }
    Ok(())
}

/// Every file git tracks or would track.
fn tracked() -> anyhow::Result<Vec<PathBuf>> {
    let output = std::process::Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .context("git ls-files")?;
    let names = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(names.lines().map(PathBuf::from).filter(|path| root().join(path).is_file()).collect())
}

fn sources(files: &[PathBuf], findings: &mut Vec<String>) -> anyhow::Result<()> {
    for path in files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")) {
        let name = path.display();
        let text = std::fs::read_to_string(root().join(path)).with_context(|| name.to_string())?;
        let lines = text.lines().count();
        let most = if path.ends_with("src/main.rs") { LONGEST_MAIN } else { LONGEST_FILE };
        if lines > most && !path.starts_with("crates/xtask/src/main.rs") {
            findings
                .push(format!("{name} has {lines} lines, more than {most}: split it by what it is about"));
        }
        let ignored = concat!("#[", "ignore");
        if text.lines().any(|line| line.trim_start().starts_with(ignored)) {
            findings.push(format!("{name} has an ignored test: long runs are xtask commands"));
        }
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        if matches!(stem, "utils" | "util" | "common" | "helpers" | "manager") {
            findings.push(format!("{name}: name the file for what it holds"));
        }
    }
    Ok(())
}

/// Every path of this repository that a document names exists.
fn documents(files: &[PathBuf], findings: &mut Vec<String>) -> anyhow::Result<()> {
    const ROOTS: &[&str] = &["crates/", "docs/", "tests/", ".ci/", ".cargo/"];
    for path in files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "md")) {
        let text = std::fs::read_to_string(root().join(path)).with_context(|| path.display().to_string())?;
        let beside = path.parent().unwrap_or(Path::new(""));
        for (number, line) in text.lines().enumerate() {
            for word in line.split(|c: char| c.is_whitespace() || "`()[]\"'<>,;、。（）「」".contains(c))
            {
                let word = word.trim_end_matches(['.', ':', '/']);
                let word = word.split('#').next().unwrap_or_default();
                let named = ROOTS.iter().any(|each| word.starts_with(each));
                let linked = [")", "#"].iter().any(|end| line.contains(&format!("]({word}{end}")))
                    && !word.contains("://")
                    && !word.is_empty();
                if (!named && !linked) || word.contains(['*', '{', '…', '$']) {
                    continue;
                }
                let exists = root().join(word).exists() || root().join(beside).join(word).exists();
                if !exists {
                    findings.push(format!("{}:{}: {word} does not exist", path.display(), number + 1));
                }
            }
        }
    }
    Ok(())
}
