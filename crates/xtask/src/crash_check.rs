//! After the crashes: everything sent is there once, whole, and reading it again changes nothing.

use crate::hub::Place;
use crate::load::{Load, Order, SOURCE};
use ::hub::prepare::{Arrival, prepare};
use anyhow::{Context, bail, ensure};
use model::reading::{Format, Input};
use model::{FacilityId, SourceName};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What was found.
pub struct Found {
    files: usize,
    records: usize,
    counts: BTreeMap<&'static str, i64>,
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} files acknowledged and all found, {} records", self.files, self.records)?;
        for (table, count) in &self.counts {
            write!(f, ", {count} rows in {table}")?;
        }
        Ok(())
    }
}

/// Everything acknowledged is in an export, byte for byte, once; exactly the records it states are current; the
/// audit's chain is whole; and with `replayed`, reading everything again makes no version, no row of the change feed
/// and no other export. Nothing may be waiting.
pub fn check(place: &Place, facility: &FacilityId, load: &Load, replayed: bool) -> anyhow::Result<Found> {
    place.output(&["audit", "verify"])?;
    let out = tempfile::tempdir()?;
    let export = |name: &str| -> anyhow::Result<PathBuf> {
        let folder = out.path().join(name);
        place.output(&["export", "--out", &folder.to_string_lossy()])?;
        Ok(folder)
    };
    let first = export("first")?;
    let acknowledged = load.acknowledged();
    deliveries(&first, &acknowledged)?;
    let records = records(&first, facility, &acknowledged)?;
    let counts = counts(place)?;
    if replayed {
        place.output(&["replay"])?;
        let after = self::counts(place)?;
        ensure!(after == counts, "replay changed {counts:?} into {after:?}");
        same(&first, &export("second")?)?;
        place.output(&["audit", "verify"])?;
    }
    Ok(Found { files: acknowledged.len(), records, counts })
}

/// Each file's bytes are there, and each file is there once.
fn deliveries(export: &Path, acknowledged: &[Order]) -> anyhow::Result<()> {
    let folder = export.join("deliveries");
    let (mut lost, mut sample) = (0, String::new());
    for order in acknowledged {
        let file = order.file();
        match std::fs::read(folder.join(file.sha256())) {
            Ok(bytes) if bytes == file.bytes => {}
            Ok(_) => bail!("{order:?} was acknowledged and its bytes are not what was sent"),
            Err(_) => {
                lost += 1;
                sample = format!("{order:?}");
            }
        }
    }
    ensure!(lost == 0, "{lost} of {} acknowledged deliveries are lost, such as {sample}", acknowledged.len());
    let index = std::fs::read_to_string(folder.join("index.ndjson"))?;
    for line in index.lines() {
        ensure!(line.contains("\"state\":\"kept\""), "a delivery is not finished: {line}");
    }
    let (kept, sent) = (index.lines().count(), acknowledged.len());
    ensure!(kept == sent, "{kept} deliveries are kept, {sent} were sent");
    Ok(())
}

/// The records that are current are exactly those the files state.
fn records(export: &Path, facility: &FacilityId, acknowledged: &[Order]) -> anyhow::Result<usize> {
    let mut expected = BTreeSet::new();
    for order in acknowledged {
        let file = order.file();
        let arrival = Arrival {
            facility: facility.clone(),
            source: SourceName::new(SOURCE)?,
            path: file.path,
            bytes: file.bytes.into(),
            source_time: String::new(),
            sequence: 0,
            again: false,
        };
        let input = Input { path: &arrival.path, bytes: &arrival.bytes, source_time: "" };
        let Ok(reading) = formats::read(Format::SsMix2, &input) else { bail!("{order:?} cannot be read") };
        let parts = prepare(&arrival, Format::SsMix2, reading).unit.parts;
        let ids: Vec<String> =
            parts.iter().flat_map(|part| &part.records).map(|record| record.id.to_string()).collect();
        ensure!(ids.len() > order.results, "{order:?} states only {} records", ids.len());
        expected.extend(ids);
    }
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(export)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "ndjson") {
            for line in std::fs::read_to_string(&path)?.lines() {
                let resource: serde_json::Value = serde_json::from_str(line)?;
                let id = resource.get("id").and_then(|id| id.as_str()).context("a resource without id")?;
                ensure!(found.insert(id.to_owned()), "{id} is exported twice");
            }
        }
    }
    let lost = expected.difference(&found).count();
    ensure!(lost == 0, "{lost} of {} records of acknowledged files are lost", expected.len());
    let strange = found.difference(&expected).count();
    ensure!(strange == 0, "{strange} records are there that no file states");
    Ok(found.len())
}

/// Rows of the tables that only news may grow.
fn counts(place: &Place) -> anyhow::Result<BTreeMap<&'static str, i64>> {
    let database = place
        .database
        .clone()
        .unwrap_or_else(|| format!("sqlite://{}", place.data.join("hakucho.sqlite").display()));
    let config = store::StoreConfig { database, blobs: place.data.join("blobs") };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let store = store::Store::open(&config, crate::system::clock()).await?;
        let mut tx = store.snapshot("count").await?;
        let mut counts = BTreeMap::new();
        for table in ["delivery", "statement", "version", "record", "change", "compartment_link"] {
            let row = tx.one(store::sql(format!("SELECT COUNT(*) FROM {table}"))).await?;
            counts.insert(table, row.int(0)?);
        }
        tx.commit().await?;
        store.close().await;
        Ok(counts)
    })
}

/// Two exports hold the same files with the same bytes.
fn same(first: &Path, second: &Path) -> anyhow::Result<()> {
    let list = |folder: &Path| -> anyhow::Result<BTreeSet<PathBuf>> {
        let files = walkdir::WalkDir::new(folder).into_iter().collect::<Result<Vec<_>, _>>()?;
        let files = files.iter().filter(|entry| entry.file_type().is_file());
        Ok(files.filter_map(|entry| entry.path().strip_prefix(folder).ok().map(Path::to_owned)).collect())
    };
    let (left, right) = (list(first)?, list(second)?);
    ensure!(left == right, "the exports before and after a replay have other files");
    for name in &left {
        let same = std::fs::read(first.join(name))? == std::fs::read(second.join(name))?;
        ensure!(same, "{} is another after a replay", name.display());
    }
    Ok(())
}
