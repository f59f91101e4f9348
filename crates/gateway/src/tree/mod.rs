//! The watched folders: names, walks, events, reading a file that holds still.

pub(crate) mod events;
pub(crate) mod name;
pub(crate) mod read;
pub(crate) mod walk;

use model::{Personal, path_text};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// What tells one state of a file from the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Bytes.
    pub size: u64,
    /// Modification time in nanoseconds since 1970 (UTC); 0 where the system has none.
    pub mtime: i64,
}

impl Stamp {
    pub(crate) fn of(metadata: &std::fs::Metadata) -> Self {
        let mtime = metadata.modified().ok().map_or(0, |time| match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |nanos| -nanos),
        });
        Self { size: metadata.len(), mtime }
    }
}

/// A regular file below a root, as it was last looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// Path below the root as text, `/` between parts: the identity.
    pub path: Personal<String>,
    /// Where to open it.
    pub place: Personal<PathBuf>,
    /// Size and time.
    pub stamp: Stamp,
}

/// What is wrong with one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// Path below the root as text.
    pub path: Personal<String>,
    /// Machine word, see `docs/protocol.md`.
    pub code: &'static str,
}

impl Trouble {
    pub(crate) fn new(root: &Path, place: &Path, code: &'static str) -> Self {
        Self { path: Personal::new(path_text::text_below(root, place)), code }
    }
}

/// Looks at one path that is no folder: a file to send, or what is wrong with it.
pub(crate) fn look_at(root: &Path, place: &Path, metadata: &std::fs::Metadata) -> Result<Candidate, Trouble> {
    let path = path_text::text_below(root, place);
    let trouble = |code| Err(Trouble { path: Personal::new(path.chars().take(512).collect()), code });
    if !metadata.is_file() {
        return trouble("not-a-file");
    }
    if path.len() > protocol::MAX_PATH {
        return trouble("path-too-long");
    }
    if metadata.len() > protocol::MAX_DELIVERY {
        return trouble("too-large");
    }
    let stamp = Stamp::of(metadata);
    Ok(Candidate { path: Personal::new(path), place: Personal::new(place.to_owned()), stamp })
}
