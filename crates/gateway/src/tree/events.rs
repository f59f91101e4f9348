//! The system's own news of changes. Only a hint to look: what counts is what the look finds.
//!
//! Events may be missing (network shares, limits, a folder that fills before it is watched), doubled or late.
//! The periodic scan and the repeated looks at new folders make up for it.

use notify::event::{AccessKind, AccessMode, CreateKind, EventKind, Flag, ModifyKind};
use notify::{Config, RecommendedWatcher, RecursiveMode, Watcher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc;

/// Events that may wait; beyond it a full scan takes their place.
const ROOM: usize = 8192;

/// Something happened at a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Hint {
    /// Where.
    pub place: PathBuf,
    /// True if a file certainly was there: if it is gone when we look, it has vanished unread.
    pub written: bool,
    /// True if something was made or renamed: if it is a folder, it may have come with content.
    pub appeared: bool,
}

/// Makes listeners that all speak to one [`Hints`], and keeps the present one alive.
pub(crate) struct Listeners {
    sender: mpsc::Sender<Hint>,
    missed: Arc<AtomicBool>,
    present: Option<RecommendedWatcher>,
}

/// The receiving end.
pub(crate) struct Hints(mpsc::Receiver<Hint>);

/// Both ends.
pub(crate) fn channel() -> (Listeners, Hints) {
    let (sender, receiver) = mpsc::channel(ROOM);
    (Listeners { sender, missed: Arc::default(), present: None }, Hints(receiver))
}

impl Listeners {
    /// Makes what is needed to listen to a root; walks the whole tree, so run it on a blocking thread.
    pub(crate) fn listener(
        &self,
    ) -> impl FnOnce(&Path) -> notify::Result<RecommendedWatcher> + Send + 'static {
        let (sender, missed) = (self.sender.clone(), self.missed.clone());
        move |root| {
            let handler = move |event: notify::Result<notify::Event>| match event {
                Ok(event) => pass_on(&event, &sender, &missed),
                Err(_) => miss(&sender, &missed),
            };
            let mut watcher = RecommendedWatcher::new(handler, Config::default())?;
            watcher.watch(root, RecursiveMode::Recursive)?;
            Ok(watcher)
        }
    }

    /// Keeps the listener alive; the one before it ends.
    pub(crate) fn attach(&mut self, watcher: Option<RecommendedWatcher>) {
        self.present = watcher;
    }

    /// True once after events were lost: only a full scan can tell what happened.
    pub(crate) fn take_missed(&self) -> bool {
        self.missed.swap(false, Ordering::Relaxed)
    }
}

impl Hints {
    /// Waits for the next hints and takes those that are there, each path once.
    pub(crate) async fn next(&mut self, into: &mut Vec<Hint>) {
        self.0.recv_many(into, 1024).await;
        into.sort_by(|one, other| one.place.cmp(&other.place));
        into.dedup_by(|later, first| {
            let same = later.place == first.place;
            first.written |= same && later.written;
            first.appeared |= same && later.appeared;
            same
        });
    }
}

fn pass_on(event: &notify::Event, sender: &mpsc::Sender<Hint>, missed: &AtomicBool) {
    if event.flag() == Some(Flag::Rescan) {
        miss(sender, missed);
    }
    let written = match event.kind {
        // Our own reading opens and closes files: not news.
        EventKind::Access(AccessKind::Close(AccessMode::Write))
        | EventKind::Create(CreateKind::File)
        | EventKind::Modify(ModifyKind::Data(_)) => true,
        EventKind::Access(_) => return,
        _ => false,
    };
    let appeared = matches!(event.kind, EventKind::Create(_) | EventKind::Modify(ModifyKind::Name(_)));
    for place in &event.paths {
        if sender.try_send(Hint { place: place.clone(), written, appeared }).is_err() {
            missed.store(true, Ordering::Relaxed);
        }
    }
}

/// Events were lost. The empty hint is about nothing, but wakes the receiver (a full channel needs no waking).
fn miss(sender: &mpsc::Sender<Hint>, missed: &AtomicBool) {
    missed.store(true, Ordering::Relaxed);
    let _full = sender.try_send(Hint { place: PathBuf::new(), written: false, appeared: false });
}
