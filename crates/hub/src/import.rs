//! Import: files of a facility from a folder, with a report that accounts for every one of them.

use crate::Hub;
use crate::intake::{Answer, Received};
use crate::prepare::Arrival;
use anyhow::Context;
use bytes::Bytes;
use jiff::Timestamp;
use model::clock::jst;
use model::path_text::{text_below, text_of};
use model::reading::{Format, Problem};
use model::{FacilityId, SourceName};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Files larger than this are refused by name.
pub const LARGEST_FILE: u64 = 256 << 20;
/// A batch is committed when it holds this many files or bytes.
const BATCH_FILES: usize = 64;
const BATCH_BYTES: usize = 4 << 20;

/// Version 1 of the report of an import (docs/import-report.md).
#[derive(Debug, Serialize)]
pub struct Report {
    /// Always 1.
    pub version: u32,
    /// Every regular file below the paths, in the order of their names.
    pub files: Vec<FileReport>,
    /// Records stated, by resource type, over all files.
    pub records: BTreeMap<String, usize>,
    /// Sums.
    pub totals: Totals,
}

/// What became of one file.
#[derive(Debug, Serialize)]
pub struct FileReport {
    /// Relative to the path given; a single file's name.
    pub path: String,
    /// Its format, or null if none was recognised.
    pub format: Option<Format>,
    /// `kept`, `known` or `refused`.
    pub outcome: &'static str,
    /// Why it was refused, or null.
    pub reason: Option<String>,
    /// Records it states.
    pub records: usize,
    /// What was found in it.
    pub problems: Vec<Problem>,
}

/// Sums of a report.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Totals {
    /// Files below the paths.
    pub files: usize,
    /// Stored now.
    pub kept: usize,
    /// Stored before.
    pub known: usize,
    /// Not stored.
    pub refused: usize,
    /// Records stated.
    pub records: usize,
    /// Problems found.
    pub problems: usize,
    /// Files that should have been kept and could not be (I/O, store). Not zero: exit code 1.
    #[serde(skip)]
    pub failed: usize,
}

/// What is to be imported.
#[derive(Debug, Clone)]
pub struct Job {
    /// Facility the files come from.
    pub facility: FacilityId,
    /// Name of the feed.
    pub source: SourceName,
    /// Format, or found by content.
    pub format: Option<Format>,
}

struct Found {
    path: PathBuf,
    name: String,
    /// Why nothing below it can be read: a folder without the right to look into it.
    closed: Option<String>,
}

/// Every regular file below the paths, sorted; symbolic links are followed where they are the path itself, not
/// below it. A path that is neither file nor folder (a pipe, a device) is an error: reading it may never end.
fn find(paths: &[PathBuf]) -> anyhow::Result<Vec<Found>> {
    let mut found = Vec::new();
    for root in paths {
        let data = std::fs::metadata(root).with_context(|| format!("{} を読めません", root.display()))?;
        anyhow::ensure!(
            data.is_file() || data.is_dir(),
            "{} はファイルでもフォルダでもありません",
            root.display()
        );
        if data.is_file() {
            let name = root.file_name().map(|name| text_of(Path::new(name))).unwrap_or_default();
            found.push(Found { path: root.clone(), name, closed: None });
            continue;
        }
        for entry in walkdir::WalkDir::new(root).sort_by_file_name() {
            let (path, closed) = match entry {
                Ok(entry) if entry.file_type().is_file() => (entry.into_path(), None),
                Ok(_) => continue,
                // The rest of the tree is still read; this part of it is named in the report.
                Err(error) => (error.path().unwrap_or(root).to_owned(), Some(error.to_string())),
            };
            let name = text_below(root, &path);
            found.push(Found { path, name, closed });
        }
    }
    Ok(found)
}

/// `YYYYMMDDHHMMSSmmm` in JST.
pub fn source_time(path: &Path) -> String {
    let modified = path.metadata().and_then(|data| data.modified()).ok();
    let time = modified.and_then(|time| Timestamp::try_from(time).ok());
    time.map(|time| time.to_zoned_datetime(jst()).strftime("%Y%m%d%H%M%S%3f").to_string()).unwrap_or_default()
}

impl Hub {
    /// Imports every file below the paths; `progress` hears the number of files done and of all.
    pub async fn import(
        &self,
        job: &Job,
        paths: &[PathBuf],
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> anyhow::Result<Report> {
        let files = find(paths)?;
        let mut report =
            Report { version: 1, files: Vec::new(), records: BTreeMap::new(), totals: Totals::default() };
        report.totals.files = files.len();
        let mut batch: Vec<(usize, Arrival)> = Vec::new();
        let mut settled: Vec<Option<FileReport>> = Vec::new();
        settled.resize_with(files.len(), || None);
        let mut bytes_waiting = 0;
        progress(0, files.len());
        for (place, file) in files.iter().enumerate() {
            match arrival(job, file) {
                Ok(arrival) => {
                    bytes_waiting += arrival.bytes.len();
                    batch.push((place, arrival));
                }
                Err(NotRead { reason, failed }) => {
                    report.totals.failed += usize::from(failed);
                    let entry = FileReport {
                        path: file.name.clone(),
                        format: job.format,
                        outcome: "refused",
                        reason: Some(reason),
                        records: 0,
                        problems: Vec::new(),
                    };
                    settled.get_mut(place).map(|slot| slot.replace(entry));
                }
            }
            if batch.len() >= BATCH_FILES || bytes_waiting >= BATCH_BYTES {
                self.settle(job, std::mem::take(&mut batch), &files, &mut settled, &mut report).await?;
                bytes_waiting = 0;
                progress(place + 1, files.len());
            }
        }
        self.settle(job, batch, &files, &mut settled, &mut report).await?;
        progress(files.len(), files.len());
        report.files = settled.into_iter().flatten().collect();
        let totals = &mut report.totals;
        for file in &report.files {
            match file.outcome {
                "kept" => totals.kept += 1,
                "known" => totals.known += 1,
                _ => totals.refused += 1,
            }
            totals.records += file.records;
            totals.problems += file.problems.len();
        }
        Ok(report)
    }

    async fn settle(
        &self,
        job: &Job,
        batch: Vec<(usize, Arrival)>,
        files: &[Found],
        settled: &mut [Option<FileReport>],
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let (places, arrivals): (Vec<usize>, Vec<_>) =
            batch.into_iter().map(|(place, arrival)| (place, (arrival, job.format))).unzip();
        let received = self.receive(arrivals).await?;
        for (place, each) in places.into_iter().zip(received) {
            for (kind, count) in &each.records {
                *report.records.entry(kind.clone()).or_insert(0) += count;
            }
            report.totals.failed += usize::from(matches!(each.answer, Answer::Later(_)));
            let name = files.get(place).map(|file| file.name.clone()).unwrap_or_default();
            settled.get_mut(place).map(|slot| slot.replace(entry(name, each)));
        }
        Ok(())
    }
}

fn entry(path: String, received: Received) -> FileReport {
    let records = received.record_count();
    let (outcome, reason) = match received.answer {
        Answer::Kept => ("kept", None),
        Answer::Known => ("known", None),
        Answer::Refused { code, text } => ("refused", Some(format!("{code}: {text}"))),
        Answer::Later(error) => ("refused", Some(format!("not-stored: {error}"))),
    };
    FileReport { path, format: received.format, outcome, reason, records, problems: received.problems }
}

struct NotRead {
    reason: String,
    failed: bool,
}

fn arrival(job: &Job, file: &Found) -> Result<Arrival, NotRead> {
    let unreadable = |error: std::io::Error| NotRead { reason: format!("unreadable: {error}"), failed: true };
    if let Some(error) = &file.closed {
        return Err(NotRead { reason: format!("unreadable: {error}"), failed: true });
    }
    let size = file.path.metadata().map_err(unreadable)?.len();
    if size > LARGEST_FILE {
        let reason = format!("too-large: {size} バイトは上限 {LARGEST_FILE} バイトを超えています");
        return Err(NotRead { reason, failed: true });
    }
    let bytes = std::fs::read(&file.path).map_err(unreadable)?;
    Ok(Arrival {
        facility: job.facility.clone(),
        source: job.source.clone(),
        path: file.name.clone(),
        bytes: Bytes::from(bytes),
        source_time: source_time(&file.path),
        sequence: 0,
        again: false,
    })
}
