//! Watches one root: events and scans say where to look, files that hold still are read into the spool.
//!
//! **Invariant**: whatever goes wrong on the way (an event missed, a read that failed, a spool that was full)
//! the file is not "seen", so the next full scan meets it again. Nothing depends on having been told.

use crate::config::Pace;
use crate::rounds::Rounds;
use crate::settling::{Due, DueSince, Settling};
use crate::spool::{Spool, SpoolError};
use crate::status::Board;
use crate::tree::events::{Hint, channel};
use crate::tree::name::{has_other_flag, is_ignored};
use crate::tree::read::{Outcome, Taken, read};
use crate::tree::walk::Chunk;
use crate::tree::{Candidate, Trouble, look_at};
use model::clock::SharedClock;
use model::reading::Format;
use model::{Personal, SourceName};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Files that may settle at a time; walks and events wait beyond it.
const ROOM: usize = 4000;

/// Files read and committed at a time.
const HANDFUL: usize = 128;

/// What one watch is about, and where its news goes.
#[derive(Clone)]
pub(crate) struct Collector {
    pub spool: Arc<Spool>,
    pub board: Board,
    pub clock: SharedClock,
    pub pace: Pace,
    pub format: Format,
    pub source: SourceName,
    pub root: PathBuf,
}

/// What a look at some places found.
#[derive(Default)]
struct Looked {
    files: Vec<Candidate>,
    folders: Vec<PathBuf>,
    /// And whether a file certainly was there.
    gone: Vec<(PathBuf, bool)>,
    troubles: Vec<Trouble>,
}

impl Collector {
    /// Watches for ever.
    pub(crate) async fn run(self) {
        let mut settling = Settling::new(&self.pace);
        let (listeners, mut hints) = channel();
        let (sender, mut chunks) = mpsc::channel(2);
        let mut rounds = Rounds::new(self.clone(), sender, listeners);
        let mut heard = Vec::new();
        loop {
            let room = settling.len() < ROOM;
            rounds.hurry();
            let done = tokio::select! {
                () = hints.next(&mut heard), if room => self.hear(&mut heard, &mut settling, &mut rounds).await,
                Some(chunk) = chunks.recv(), if room => self.meet(chunk, &mut settling, rounds.number()).await,
                () = self.due(&settling) => self.take(&mut settling, rounds.number()).await,
                scan = rounds.next() => rounds.scanned(scan).await,
            };
            if let Err(error) = done {
                self.spool_failed(&error).await;
            }
        }
    }

    /// Until the next file is due; while the spool is full, until it is time to look whether it still is.
    async fn due(&self, settling: &Settling) {
        match settling.next() {
            _ if self.spool.is_full() => tokio::time::sleep(Duration::from_secs(1)).await,
            Some(due) => tokio::time::sleep_until(due).await,
            None => std::future::pending().await,
        }
    }

    async fn spool_failed(&self, error: &SpoolError) {
        tracing::error!(source = %self.source, %error, "the spool failed; files stay where they are");
        self.board.change(|status| status.spool.error = Some(error.to_string()));
        tokio::time::sleep(Duration::from_secs(1)).await;
    }

    /// Events came.
    async fn hear(
        &self,
        heard: &mut Vec<Hint>,
        settling: &mut Settling,
        rounds: &mut Rounds,
    ) -> Result<(), SpoolError> {
        let (root, places) = (self.root.clone(), std::mem::take(heard));
        let looked = tokio::task::spawn_blocking(move || look(&root, places)).await.unwrap_or_default();
        for folder in looked.folders {
            rounds.appeared(folder);
        }
        let mut troubles = looked.troubles;
        for (place, written) in looked.gone {
            let trouble = Trouble::new(&self.root, &place, "vanished");
            // One that settles is read at once: that tells what it was and notes it.
            let settles = settling.expire(trouble.path.reveal(), Instant::now());
            if written && !settles && !self.spool.has_seen(&self.source, trouble.path.reveal(), None).await? {
                troubles.push(trouble);
            }
        }
        self.meet(Chunk { files: looked.files, troubles }, settling, rounds.number()).await
    }

    /// Files were met, by event or walk: news settles.
    async fn meet(&self, chunk: Chunk, settling: &mut Settling, scan: i64) -> Result<(), SpoolError> {
        let now = Instant::now();
        let mut troubles = chunk.troubles;
        for file in self.spool.news(&self.source, chunk.files).await? {
            let path = file.path.clone();
            if settling.note(file, now) {
                troubles.push(Trouble { path, code: "still-changing" });
            }
        }
        self.note(scan, &troubles).await
    }

    async fn note(&self, scan: i64, troubles: &[Trouble]) -> Result<(), SpoolError> {
        if !troubles.is_empty() {
            self.spool.note(&self.source, scan, troubles).await?;
            self.show_troubles().await?;
        }
        Ok(())
    }

    pub(crate) async fn show_troubles(&self) -> Result<(), SpoolError> {
        let counts = self.spool.trouble_counts(&self.source).await?;
        self.board.source(&self.source, |source| source.troubles = counts);
        Ok(())
    }

    /// Reads what is due and takes it in.
    async fn take(&self, settling: &mut Settling, scan: i64) -> Result<(), SpoolError> {
        if self.spool.is_full() {
            return Ok(());
        }
        let due = settling.take_due(Instant::now(), HANDFUL);
        let (spool, format) = (self.spool.clone(), self.format);
        let reading = move || {
            let one = |due: Due| (due.since(), read(due.candidate, format, due.waited_for, &spool.blobs));
            due.into_iter().map(one).collect::<Vec<_>>()
        };
        // If reading panics its files are met again by the next scan.
        let outcomes = tokio::task::spawn_blocking(reading).await.unwrap_or_default();
        let (mut taken, mut rest) = (Vec::with_capacity(outcomes.len()), Vec::new());
        for (since, outcome) in outcomes {
            match outcome {
                Outcome::Taken(file) => taken.push(file),
                outcome => rest.push((since, outcome)),
            }
        }
        let kept = self.keep(taken).await;
        let mut troubles = Vec::new();
        for (since, outcome) in rest {
            self.sort_out(since, outcome, settling, &mut troubles).await?;
        }
        self.note(scan, &troubles).await?;
        kept
    }

    async fn keep(&self, taken: Vec<Taken>) -> Result<(), SpoolError> {
        if taken.is_empty() {
            return Ok(());
        }
        let last = self.spool.take_in(&self.source, taken).await?;
        let now = self.clock.now().to_string();
        self.board.change(|status| status.spool.error = None);
        let mut troubled = false;
        self.board.source(&self.source, |source| {
            troubled = !source.troubles.is_empty();
            if let Some(last) = last {
                source.last_sequence = last;
                source.last_found = Some(now);
            }
        });
        if troubled { self.show_troubles().await } else { Ok(()) }
    }

    /// What is not taken: it waits on, is in trouble, or is met again by the next scan.
    async fn sort_out(
        &self,
        since: DueSince,
        outcome: Outcome,
        settling: &mut Settling,
        troubles: &mut Vec<Trouble>,
    ) -> Result<(), SpoolError> {
        let mut trouble = |path: Personal<String>, code| troubles.push(Trouble { path, code });
        match outcome {
            Outcome::Taken(_) => {}
            Outcome::Early(file, look) => settling.early(file, look, &since),
            Outcome::Changed(file) => {
                let path = file.path.clone();
                if settling.changed(file, &since, Instant::now()) {
                    trouble(path, "still-changing");
                }
            }
            Outcome::Gone(file) => {
                let renamed = self.format == Format::SsMix2 && has_other_flag(file.place.reveal());
                let path = file.path.reveal();
                if !renamed && !self.spool.has_seen(&self.source, path, Some(file.stamp)).await? {
                    trouble(file.path, "vanished");
                }
            }
            Outcome::Unreadable(file) => trouble(file.path, "unreadable"),
            Outcome::Spool(error) => return Err(SpoolError::Folder(error)),
        }
        Ok(())
    }
}

/// Looks at the places that events named.
fn look(root: &Path, hints: Vec<Hint>) -> Looked {
    let mut looked = Looked::default();
    for Hint { place, written, appeared } in hints {
        if place == root || !place.starts_with(root) || is_ignored(root, &place) {
            continue;
        }
        match std::fs::metadata(&place) {
            Ok(metadata) if metadata.is_dir() => {
                if appeared {
                    looked.folders.push(place);
                }
            }
            Ok(metadata) => match look_at(root, &place, &metadata) {
                Ok(file) => looked.files.push(file),
                Err(trouble) => looked.troubles.push(trouble),
            },
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if !has_other_flag(&place) {
                    looked.gone.push((place, written));
                }
            }
            Err(_) => looked.troubles.push(Trouble::new(root, &place, "unreadable")),
        }
    }
    looked
}
