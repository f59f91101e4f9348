//! Walks a root, or a folder below it, and hands over the files in chunks. Runs on a thread of its own.
//!
//! Symbolic links are followed (storages spread over volumes by links), loops and dangling ones are reported.
//! A walk stops by itself when nobody takes its chunks any more.

use super::name::is_temporary;
use super::{Candidate, Trouble, look_at};
use std::path::{Path, PathBuf};
use tokio::sync::mpsc::Sender;
use walkdir::WalkDir;

/// Files a chunk.
const CHUNK: usize = 500;

/// Regular files, oldest first within the chunk, and what was wrong on the way.
pub(crate) struct Chunk {
    pub files: Vec<Candidate>,
    pub troubles: Vec<Trouble>,
}

/// A finished walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Summary {
    /// How many of the starting folders could not be opened.
    pub unreachable: usize,
    /// Regular files.
    pub files: u64,
    /// Names passed over.
    pub ignored: u64,
}

/// Walks folders (the root, or some below it). Blocks while the receiver is busy.
pub(crate) fn walk(root: &Path, starts: &[PathBuf], sender: &Sender<Chunk>) -> Summary {
    let mut summary = Summary::default();
    let mut chunk = Chunk { files: Vec::new(), troubles: Vec::new() };
    let mut ignored = 0;
    let mut passes = |entry: &walkdir::DirEntry| {
        let temporary = entry.depth() > 0 && is_temporary(entry.file_name());
        ignored += u64::from(temporary);
        !temporary
    };
    for start in starts {
        for entry in WalkDir::new(start).follow_links(true).into_iter().filter_entry(&mut passes) {
            match entry {
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) => match entry.metadata().map(|metadata| look_at(root, entry.path(), &metadata)) {
                    Ok(Ok(candidate)) => {
                        summary.files += 1;
                        chunk.files.push(candidate);
                    }
                    Ok(Err(trouble)) => chunk.troubles.push(trouble),
                    Err(error) => chunk.troubles.extend(trouble_of(root, &error)),
                },
                Err(error) if error.depth() == 0 => summary.unreachable += 1,
                Err(error) => chunk.troubles.extend(trouble_of(root, &error)),
            }
            if chunk.files.len() + chunk.troubles.len() >= CHUNK && !hand_over(&mut chunk, sender) {
                return summary;
            }
        }
    }
    hand_over(&mut chunk, sender);
    Summary { ignored, ..summary }
}

/// False if nobody takes chunks any more.
fn hand_over(chunk: &mut Chunk, sender: &Sender<Chunk>) -> bool {
    let mut files = std::mem::take(&mut chunk.files);
    let troubles = std::mem::take(&mut chunk.troubles);
    files.sort_by(|one, other| {
        (one.stamp.mtime, one.path.reveal()).cmp(&(other.stamp.mtime, other.path.reveal()))
    });
    (files.is_empty() && troubles.is_empty()) || sender.blocking_send(Chunk { files, troubles }).is_ok()
}

/// `None` for what went away while we walked: that is news of its own, or none.
fn trouble_of(root: &Path, error: &walkdir::Error) -> Option<Trouble> {
    let place = error.path()?;
    if error.loop_ancestor().is_some() {
        return Some(Trouble::new(root, place, "symlink-loop"));
    }
    if error.io_error().is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
        let link = std::fs::symlink_metadata(place).is_ok_and(|metadata| metadata.is_symlink());
        return link.then(|| Trouble::new(root, place, "dangling-link"));
    }
    Some(Trouble::new(root, place, "unreadable"))
}

/// Tells one mounted root from another under the same name: `None` where it cannot be opened.
pub(crate) fn identity(root: &Path) -> Option<(u64, u64)> {
    let metadata = std::fs::metadata(root).ok().filter(std::fs::Metadata::is_dir)?;
    #[cfg(unix)]
    let identity = {
        use std::os::unix::fs::MetadataExt;
        (metadata.dev(), metadata.ino())
    };
    #[cfg(not(unix))]
    let identity = (0, metadata.created().map_or(0, |_| 1));
    Some(identity)
}

/// A root as it is written, made absolute: events and walks then speak of the same paths.
pub(crate) fn absolute(root: &Path) -> PathBuf {
    std::path::absolute(root).unwrap_or_else(|_| root.to_owned())
}
