//! Export: everything out again, as FHIR NDJSON with the original deliveries. Written whole or not at all.
//!
//! `OUT/<Type>.ndjson` current resources; `OUT/history/<Type>.ndjson` older, deleted and withdrawn versions;
//! `OUT/deliveries/<sha256>` the bytes as received, with `OUT/deliveries/index.ndjson`.

use crate::Hub;
use access::Job;
use anyhow::{Context, bail};
use model::RecordId;
use model::reading::Resource;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use store::VersionView;

const PAGE: u32 = 100;

/// What was written.
#[derive(Debug, Default)]
pub struct Exported {
    /// Current resources by type.
    pub current: BTreeMap<String, usize>,
    /// Versions in the history.
    pub history: usize,
    /// Deliveries.
    pub deliveries: usize,
}

/// The folder an export is written into before it gets its name; gone if it never does (also when the work is dropped).
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        // Already renamed or never made: nothing to remove.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// NDJSON files of one folder, opened when the first resource of a type comes.
struct Ndjson {
    folder: PathBuf,
    files: BTreeMap<String, BufWriter<File>>,
}

impl Ndjson {
    fn new(folder: PathBuf) -> anyhow::Result<Self> {
        fs::create_dir_all(&folder).with_context(|| format!("{} を作れません", folder.display()))?;
        Ok(Self { folder, files: BTreeMap::new() })
    }

    fn write(&mut self, resource: &Resource) -> anyhow::Result<String> {
        let kind = model::fhir::resource_type(resource);
        // The type comes from outside: only letters make a file name.
        let kind: String = kind.chars().filter(char::is_ascii_alphabetic).collect();
        let kind = if kind.is_empty() { "Resource".to_owned() } else { kind };
        let file = match self.files.entry(kind.clone()) {
            std::collections::btree_map::Entry::Occupied(file) => file.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                let path = self.folder.join(format!("{kind}.ndjson"));
                place.insert(BufWriter::new(File::create(&path).with_context(|| path.display().to_string())?))
            }
        };
        serde_json::to_writer(&mut *file, resource)?;
        file.write_all(b"\n")?;
        Ok(kind)
    }

    fn finish(self) -> anyhow::Result<()> {
        for (_, file) in self.files {
            let file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
            file.sync_all()?;
        }
        Ok(())
    }
}

/// A version of the history as a resource: `meta` says which version, since when, and what became of it.
fn version(id: RecordId, view: &VersionView, kind: &str) -> Resource {
    let mut resource = view.resource.clone().unwrap_or_default();
    if !resource.contains_key("resourceType") {
        resource.insert("resourceType".into(), json!(kind));
        resource.insert("id".into(), json!(id.to_string()));
    }
    let meta = resource.entry("meta").or_insert_with(|| json!({}));
    if let Value::Object(meta) = meta {
        meta.insert("versionId".into(), json!(view.number.to_string()));
        meta.insert("lastUpdated".into(), json!(view.recorded_at));
        let tags = meta.entry("tag").or_insert_with(|| json!([]));
        if let Value::Array(tags) = tags {
            tags.push(json!({"system": "urn:hakucho:version", "code": view.op.word()}));
        }
    }
    resource
}

impl Hub {
    /// Writes everything to a directory that is not there yet or is empty.
    pub async fn export(
        &self,
        out: &Path,
        by: &str,
        progress: &(dyn Fn(usize) + Sync),
    ) -> anyhow::Result<Exported> {
        if out.is_dir() && fs::read_dir(out)?.next().is_some() {
            bail!("{} は空ではありません。新しい場所を指定してください", out.display());
        }
        let name = out
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .context("出力先の名前がありません")?;
        let folder = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(folder).with_context(|| format!("{} を作れません", folder.display()))?;
        let part = folder.join(format!(".{name}.part-{}", std::process::id()));
        let part = Part(part);
        let exported = self.write_all(&part.0, by, progress).await?;
        if out.is_dir() {
            fs::remove_dir(out)?;
        }
        fs::rename(&part.0, out).with_context(|| format!("{} に置けません", out.display()))?;
        // The name itself is durable only with its folder.
        File::open(folder)?.sync_all()?;
        Ok(exported)
    }

    async fn write_all(
        &self,
        part: &Path,
        by: &str,
        progress: &(dyn Fn(usize) + Sync),
    ) -> anyhow::Result<Exported> {
        let permit = access::job(Job::Export, by);
        let mut exported = Exported::default();
        let (mut now, mut past) = (Ndjson::new(part.to_owned())?, Ndjson::new(part.join("history"))?);
        let mut reader = self.store.export(&permit).await?;
        let mut done = 0;
        loop {
            let page = reader.compartments(PAGE).await?;
            if page.is_empty() {
                break;
            }
            for compartment in &page {
                for (_, resource) in &compartment.current {
                    let kind = now.write(resource)?;
                    *exported.current.entry(kind).or_insert(0) += 1;
                }
                let kinds: BTreeMap<RecordId, &str> = compartment
                    .history
                    .iter()
                    .filter_map(|(id, view)| Some((*id, model::fhir::resource_type(view.resource.as_ref()?))))
                    .chain(
                        compartment
                            .current
                            .iter()
                            .map(|(id, resource)| (*id, model::fhir::resource_type(resource))),
                    )
                    .collect();
                for (id, view) in &compartment.history {
                    past.write(&version(*id, view, kinds.get(id).copied().unwrap_or("Resource")))?;
                    exported.history += 1;
                }
            }
            done += page.len();
            progress(done);
        }
        now.finish()?;
        past.finish()?;
        let folder = part.join("deliveries");
        fs::create_dir_all(&folder)?;
        let mut index = BufWriter::new(File::create(folder.join("index.ndjson"))?);
        loop {
            let page = reader.deliveries(PAGE).await?;
            if page.is_empty() {
                break;
            }
            for each in &page {
                let delivery = &each.delivery;
                let path = folder.join(&delivery.sha256);
                if !path.exists() {
                    let mut file = File::create(&path).with_context(|| path.display().to_string())?;
                    file.write_all(&each.bytes)?;
                    file.sync_all()?;
                }
                let line = json!({
                    "id": delivery.id, "facility": delivery.facility, "source": delivery.source, "path": delivery.path,
                    "sha256": delivery.sha256, "size": delivery.size, "format": delivery.format,
                    "source_time": delivery.source_time, "received_at": delivery.received_at,
                    "state": delivery.state.word(), "records": delivery.records, "problems": delivery.problems,
                    "withdrawn_by": delivery.withdrawn_by, "withdrawn_reason": delivery.withdrawn_reason,
                });
                serde_json::to_writer(&mut index, &line)?;
                index.write_all(b"\n")?;
                exported.deliveries += 1;
            }
        }
        index.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()?;
        reader.finish().await?;
        Ok(exported)
    }
}
