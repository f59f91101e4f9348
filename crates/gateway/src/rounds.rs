//! When a root is walked: whole, again and again; and each folder that appears, at once and a few times more.
//!
//! A folder that appears may fill before the system watches it, and nothing tells of what came in between:
//! so it is walked after 0, 0.1, 0.4, 1.5 and 5 seconds. The full scan is the net under everything.

use crate::collector::Collector;
use crate::spool::SpoolError;
use crate::tree::Trouble;
use crate::tree::events::Listeners;
use crate::tree::walk::{Chunk, Summary, identity, walk};
use notify::RecommendedWatcher;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// After an appearance, milliseconds until each walk of the folder.
const ECHOES: [u64; 5] = [0, 100, 400, 1500, 5000];

/// A root as the system identifies it, so that another share mounted under the same name is noticed.
type Identity = Option<(u64, u64)>;

/// A full scan that has ended.
pub(crate) struct FullScan {
    summary: Summary,
    identity: Identity,
    /// `None`: the listener of before is still good.
    listener: Option<notify::Result<RecommendedWatcher>>,
}

struct Echo {
    appeared: Instant,
    step: usize,
}

/// The walks of one root.
pub(crate) struct Rounds {
    collector: Collector,
    sender: Sender<Chunk>,
    listeners: Listeners,
    number: i64,
    previous: i64,
    identity: Identity,
    listening: bool,
    full: Option<JoinHandle<FullScan>>,
    full_started: Instant,
    full_due: Instant,
    full_took: Duration,
    full_ended: Instant,
    part: Option<JoinHandle<Summary>>,
    folders: BTreeMap<PathBuf, Echo>,
}

impl Rounds {
    pub(crate) fn new(collector: Collector, sender: Sender<Chunk>, listeners: Listeners) -> Self {
        let now = Instant::now();
        Self {
            collector,
            sender,
            listeners,
            number: 0,
            previous: 0,
            identity: None,
            listening: false,
            full: None,
            full_started: now,
            full_due: now,
            full_took: Duration::ZERO,
            full_ended: now,
            part: None,
            folders: BTreeMap::new(),
        }
    }

    /// Number of the present full scan, or of the last; grows over restarts as the clock does.
    pub(crate) fn number(&self) -> i64 {
        self.number
    }

    /// If events were lost, the next scan comes soon, but leaves as much time as the last one took.
    pub(crate) fn hurry(&mut self) {
        if !self.listeners.take_missed() {
            return;
        }
        let pause = self.full_took.max(Duration::from_secs(1));
        self.full_due = self.full_due.min(self.full_ended + pause);
    }

    /// A folder was made or renamed.
    pub(crate) fn appeared(&mut self, folder: PathBuf) {
        self.folders.insert(folder, Echo { appeared: Instant::now(), step: 0 });
    }

    fn echo_due(echo: &Echo) -> Instant {
        echo.appeared + Duration::from_millis(ECHOES.get(echo.step).copied().unwrap_or_default())
    }

    /// Starts what is due and waits for what runs, until a full scan has ended ([`Rounds::scanned`] takes it
    /// from there). Safe to drop at any point.
    pub(crate) async fn next(&mut self) -> FullScan {
        loop {
            let part_due = self.folders.values().map(Self::echo_due).min();
            tokio::select! {
                done = running(&mut self.full) => {
                    self.full = None;
                    self.full_due = Instant::now() + self.collector.pace.scan;
                    match done {
                        Some(scan) => return scan,
                        None => tracing::error!(source = %self.collector.source, "a scan broke off"),
                    }
                }
                _ = running(&mut self.part) => self.part = None,
                () = until(Some(self.full_due)), if self.full.is_none() => self.start_full(),
                () = until(part_due), if self.part.is_none() => self.start_part(),
            }
        }
    }

    fn start_full(&mut self) {
        self.previous = self.number;
        self.number = self.collector.clock.now().as_millisecond().max(self.number + 1);
        self.full_started = Instant::now();
        let (root, sender) = (self.collector.root.clone(), self.sender.clone());
        let (before, listening, listen) = (self.identity, self.listening, self.listeners.listener());
        self.full = Some(tokio::task::spawn_blocking(move || {
            let identity = identity(&root);
            // First listen, then walk: what comes in between is met twice rather than never.
            let renew = identity.is_some() && (identity != before || !listening);
            let listener = renew.then(|| listen(&root));
            let summary = walk(&root, std::slice::from_ref(&root), &sender);
            FullScan { summary, identity, listener }
        }));
    }

    fn start_part(&mut self) {
        let now = Instant::now();
        let mut starts: Vec<PathBuf> = Vec::new();
        for (folder, echo) in &mut self.folders {
            if Self::echo_due(echo) <= now {
                echo.step += 1;
                // The map is sorted: a folder comes right before those inside it.
                if !starts.last().is_some_and(|outer| folder.starts_with(outer)) {
                    starts.push(folder.clone());
                }
            }
        }
        self.folders.retain(|_, echo| echo.step < ECHOES.len());
        let (root, sender) = (self.collector.root.clone(), self.sender.clone());
        self.part = Some(tokio::task::spawn_blocking(move || walk(&root, &starts, &sender)));
    }

    /// Draws the conclusions from a full scan.
    pub(crate) async fn scanned(&mut self, scan: FullScan) -> Result<(), SpoolError> {
        self.full_ended = Instant::now();
        self.full_took = self.full_ended - self.full_started;
        self.full_due = self.full_ended + self.collector.pace.scan.max(self.full_took * 4);
        let reachable = scan.summary.unreachable == 0 && scan.identity.is_some();
        let mut troubles = Vec::new();
        match scan.listener {
            Some(Ok(listener)) => {
                self.listeners.attach(Some(listener));
                self.listening = true;
            }
            Some(Err(error)) => {
                tracing::warn!(source = %self.collector.source, kind = ?error.kind, "no events from this root");
                self.listeners.attach(None);
                self.listening = false;
                troubles.push(Trouble { path: "".into(), code: "no-events" });
            }
            None => self.listening &= reachable,
        }
        self.identity = scan.identity;
        let Collector { spool, board, clock, source, .. } = &self.collector;
        let now = clock.now().to_string();
        board.source(source, |report| {
            if report.reachable != reachable {
                tracing::warn!(%source, reachable, "the watched root");
            }
            report.reachable = reachable;
            report.events = self.listening;
            if reachable {
                report.last_scan = Some(now);
                report.files = scan.summary.files;
                report.ignored = scan.summary.ignored;
            }
        });
        spool.note(source, self.number, &troubles).await?;
        if reachable {
            spool.forget(source, self.previous).await?;
        }
        board.change(|status| status.spool.error = None);
        self.collector.show_troubles().await
    }
}

/// Waits for a walk, if one is running; `None` if it broke off.
async fn running<T>(walk: &mut Option<JoinHandle<T>>) -> Option<T> {
    match walk {
        Some(handle) => handle.await.ok(),
        None => std::future::pending().await,
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
