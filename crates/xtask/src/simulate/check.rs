//! After the storm: what the disks show is at the hub, once, in order, and means what it means read in peace.

use ::hub::Hub;
use ::hub::import::Job;
use access::Job as Permitted;
use anyhow::Context;
use model::reading::{Format, Resource};
use model::{FacilityId, SourceName};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use store::Store;

/// Something is lost, doubled, out of order or not what it was; anything else that goes wrong is the simulation's own.
#[derive(Debug)]
pub struct Wrong(pub String);

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Wrong {}

/// Says what is wrong unless the condition holds.
macro_rules! holds {
    ($condition:expr, $($words:tt)*) => {
        if !$condition {
            return Err($crate::simulate::check::Wrong(format!($($words)*)).into());
        }
    };
}
pub(super) use holds;

/// What the gateways call their feed.
pub const SOURCE: &str = "ss-mix2";

/// Every file below a folder: its path there and its bytes.
pub fn files(root: &Path) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in walkdir::WalkDir::new(root) {
        let entry = entry?;
        if entry.file_type().is_file() {
            let path = entry.path().strip_prefix(root)?.to_string_lossy().into_owned();
            files.insert(path, std::fs::read(entry.path())?);
        }
    }
    Ok(files)
}

/// Whether everything on the disks that can be read is at the hub, named by path and bytes.
pub async fn arrived(store: &Store, disks: &[(FacilityId, PathBuf)]) -> anyhow::Result<bool> {
    let there: BTreeSet<_> =
        deliveries(store).await?.into_iter().map(|each| (each.facility, each.path, each.sha256)).collect();
    for (facility, root) in disks {
        for (path, bytes) in files(root)? {
            if bytes.len() > 2 && !there.contains(&(facility.clone(), path, hash(&bytes))) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Everything holds.
pub async fn all(hub: &Hub, fresh: &Hub, disks: &[(FacilityId, PathBuf)]) -> anyhow::Result<usize> {
    let kept = deliveries(&hub.store).await?;
    let mut once = BTreeSet::new();
    for each in &kept {
        holds!(each.state == "kept", "a delivery is {}", each.state);
        let new = once.insert((each.facility.clone(), each.path.clone(), each.sha256.clone()));
        holds!(new, "{} is there twice", each.path);
    }
    for (facility, root) in disks {
        for (path, bytes) in files(root)? {
            let there = once.contains(&(facility.clone(), path.clone(), hash(&bytes)));
            holds!(there || bytes.len() == 2, "{path} of {facility} is lost");
            holds!(!there || bytes.len() > 2, "{path} of {facility} is no file of a storage and was kept");
        }
    }
    in_order(&kept)?;
    holds!(hub.store.audit_verify().await?.breaks.is_empty(), "the audit's chain is broken");
    // Read in peace: the same files, by another way, into an empty store.
    for (facility, root) in disks {
        let job = Job {
            facility: facility.clone(),
            source: SourceName::new(SOURCE)?,
            format: Some(Format::SsMix2),
        };
        fresh.import(&job, std::slice::from_ref(root), &|_, _| ()).await?;
    }
    let (ours, peaceful) = (current(&hub.store).await?, current(&fresh.store).await?);
    for (id, resource) in &peaceful {
        let other = ours.get(id);
        holds!(other.is_some(), "a {} that counts is missing", kind(resource));
        holds!(other == Some(resource), "a {} is not what its files say", kind(resource));
    }
    for (id, resource) in &ours {
        holds!(peaceful.contains_key(id), "a {} counts that no file states any more", kind(resource));
    }
    Ok(kept.len())
}

fn kind(resource: &Resource) -> &str {
    model::fhir::resource_type(resource)
}

/// The order in which a person's files were found is the order in which the hub kept them.
fn in_order(kept: &[Kept]) -> anyhow::Result<()> {
    let mut by_person: BTreeMap<(&FacilityId, &str), Vec<(i64, &str)>> = BTreeMap::new();
    for each in kept {
        let person = each.path.split('/').nth(2).context("a path without a patient")?;
        by_person.entry((&each.facility, person)).or_default().push((each.sequence, &each.received_at));
    }
    for ((facility, _), mut own) in by_person {
        own.sort_unstable();
        let straight = own.windows(2).all(|pair| matches!(pair, [a, b] if a.0 < b.0 && a.1 <= b.1));
        holds!(straight, "files of one person of {facility} were kept out of their order");
    }
    Ok(())
}

struct Kept {
    facility: FacilityId,
    path: String,
    sha256: String,
    state: &'static str,
    sequence: i64,
    received_at: String,
}

async fn deliveries(store: &Store) -> anyhow::Result<Vec<Kept>> {
    let mut tx = store.snapshot("look at the deliveries").await?;
    let rows = tx
        .all(store::sql("SELECT facility, path, sha256, state, sequence, received_at FROM delivery"))
        .await?;
    tx.commit().await?;
    let kept = rows.iter().map(|row| {
        Ok(Kept {
            facility: row.word(0)?,
            path: row.text(1)?,
            sha256: row.text(2)?,
            state: if row.text(3)? == "kept" { "kept" } else { "not finished" },
            sequence: row.int(4)?,
            received_at: row.text(5)?,
        })
    });
    kept.collect()
}

/// The resources that count.
async fn current(store: &Store) -> anyhow::Result<BTreeMap<String, Resource>> {
    let mut export = store.export(&access::job(Permitted::Export, "simulation")).await?;
    let mut all = BTreeMap::new();
    loop {
        let page = export.compartments(100).await?;
        if page.is_empty() {
            break;
        }
        for compartment in page {
            all.extend(compartment.current.into_iter().map(|(id, resource)| (id.to_string(), resource)));
        }
    }
    export.finish().await?;
    Ok(all)
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
