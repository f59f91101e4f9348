//! Where receivers hand in what they got: everything that waits goes into one commit of the spool, in the order in
//! which it was handed in. Only when that commit is on the disk does the receiver hear "kept".

use crate::spool::{Received, Spool, SpoolError};
use crate::status::Board;
use model::clock::SharedClock;
use model::{Personal, SourceName};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Most deliveries in one commit.
const MOST: usize = 128;

/// Bytes one commit aims at.
const BYTES: usize = 8 * 1024 * 1024;

/// After so many deliveries the oldest that the hub has long acknowledged are forgotten.
const TIDY_AFTER: usize = 10_000;

/// Why something was not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotKept {
    /// The budget of the spool is used up.
    #[error("the spool is full")]
    Full,
    /// The disk or the database failed.
    #[error("the spool cannot be written")]
    Failed,
}

struct Handed {
    received: Received,
    kept: oneshot::Sender<Result<(), NotKept>>,
}

/// The desk of one source.
#[derive(Clone)]
pub(crate) struct Desk {
    pub source: SourceName,
    pub board: Board,
    pub clock: SharedClock,
    sender: mpsc::Sender<Handed>,
}

/// Its work.
pub(crate) struct DeskWork {
    spool: Arc<Spool>,
    desk: Desk,
    handed: mpsc::Receiver<Handed>,
}

impl Desk {
    /// Makes a desk; nothing is taken in before its work runs.
    pub(crate) fn new(
        source: SourceName,
        spool: Arc<Spool>,
        board: Board,
        clock: SharedClock,
    ) -> (Self, DeskWork) {
        let (sender, handed) = mpsc::channel(MOST);
        let desk = Self { source, board, clock, sender };
        let work = DeskWork { spool, desk: desk.clone(), handed };
        (desk, work)
    }

    /// Hands something in. `Ok` after the commit that has it, never before.
    pub(crate) async fn hand_in(&self, path: String, bytes: Vec<u8>) -> Result<(), NotKept> {
        let (kept, answer) = oneshot::channel();
        let received = Received { path: Personal::new(path), bytes };
        self.sender.send(Handed { received, kept }).await.map_err(|_| NotKept::Failed)?;
        answer.await.unwrap_or(Err(NotKept::Failed))
    }

    /// Something came that was not taken: counted for the status and the heartbeat, since the start.
    pub(crate) fn trouble(&self, code: &str) {
        tracing::warn!(source = %self.source, %code, "not taken");
        self.board.source(&self.source, |source| {
            match source.troubles.iter_mut().find(|trouble| trouble.code == code) {
                Some(trouble) => trouble.count += 1,
                None => source.troubles.push(protocol::TroubleCount { code: code.to_owned(), count: 1 }),
            }
        });
    }
}

impl DeskWork {
    /// Works for ever.
    pub(crate) async fn run(mut self) {
        let mut since_tidied = TIDY_AFTER;
        let mut failing = false;
        while let Some(first) = self.handed.recv().await {
            let (mut items, mut answers) = (Vec::new(), Vec::new());
            let mut bytes = 0;
            let mut next = Some(first);
            while let Some(Handed { received, kept }) = next.take() {
                bytes += received.bytes.len();
                items.push(received);
                answers.push(kept);
                if items.len() < MOST && bytes < BYTES {
                    next = self.handed.try_recv().ok();
                }
            }
            since_tidied += items.len();
            let kept = self.keep(items).await;
            for answer in answers {
                // Who hung up meanwhile sends it again, and it is known.
                let _ = answer.send(kept);
            }
            if kept == Err(NotKept::Failed) {
                // Pauses only if it fails again and again.
                if std::mem::replace(&mut failing, true) {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                continue;
            }
            failing = false;
            if since_tidied >= TIDY_AFTER {
                since_tidied = 0;
                if let Err(error) = self.spool.forget_received(&self.desk.source).await {
                    tracing::warn!(%error, "the spool was not tidied");
                }
            }
        }
    }

    async fn keep(&self, items: Vec<Received>) -> Result<(), NotKept> {
        if self.spool.is_full() {
            return Err(NotKept::Full);
        }
        let Desk { source, board, clock, .. } = &self.desk;
        match self.spool.receive(source, items).await {
            Ok(last) => {
                board.change(|status| status.spool.error = None);
                let now = clock.now().to_string();
                board.source(source, |report| {
                    if let Some(last) = last {
                        report.last_sequence = last;
                        report.last_found = Some(now);
                    }
                });
                Ok(())
            }
            Err(error) => {
                self.failed(&error);
                Err(NotKept::Failed)
            }
        }
    }

    fn failed(&self, error: &SpoolError) {
        tracing::error!(source = %self.desk.source, %error, "the spool failed; nothing is acknowledged");
        self.desk.board.change(|status| status.spool.error = Some(error.to_string()));
    }
}
