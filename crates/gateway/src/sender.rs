//! Sends what waits, oldest first, until the hub has said of each what became of it.

use crate::backoff::Backoff;
use crate::hub::{Hub, HubError};
use crate::spool::{Settled, Spool, SpoolError, Waiting};
use crate::status::{Board, Link};
use model::clock::SharedClock;
use protocol::{Answers, MAX_BATCH_DELIVERIES, MAX_BATCHED_DELIVERY, Outcome};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Bytes of content one batch aims at.
const BATCH_BYTES: u64 = 4 * 1024 * 1024;

/// How long a delivery waits that the hub left without an answer.
const UNANSWERED: Duration = Duration::from_secs(5);

/// The sender; one request at a time, so that order is kept.
pub(crate) struct Sender {
    pub spool: Arc<Spool>,
    pub hub: Hub,
    pub board: Board,
    pub clock: SharedClock,
    pub backoff: Backoff,
}

/// What is not sent for the moment, and what goes one by one.
#[derive(Default)]
struct Plan {
    held: HashMap<i64, Instant>,
    /// Up to this id each delivery goes alone: one of them made the hub refuse a whole batch.
    singly_up_to: i64,
}

impl Plan {
    fn held(&mut self, now: Instant) -> HashSet<i64> {
        self.held.retain(|_, until| *until > now);
        self.held.keys().copied().collect()
    }
}

impl Sender {
    /// Sends for ever.
    pub(crate) async fn run(mut self) {
        let mut plan = Plan::default();
        let mut link = self.board.watch();
        loop {
            if link.wait_for(|status| !matches!(status.link, Link::Stopped { .. })).await.is_err() {
                return;
            }
            match self.turn(&mut plan).await {
                Ok(true) => {}
                Ok(false) => self.rest(&plan).await,
                Err(error) => {
                    tracing::error!(%error, "the spool failed while sending");
                    self.board.change(|status| status.spool.error = Some(error.to_string()));
                    tokio::time::sleep(self.backoff.pause(None)).await;
                }
            }
        }
    }

    /// Waits for something new or for the first delivery held back.
    async fn rest(&self, plan: &Plan) {
        let first = plan.held.values().min().copied();
        let held = async {
            match first {
                Some(until) => tokio::time::sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.spool.arrived() => {}
            () = held => {}
        }
    }

    /// One request. False if nothing waits.
    async fn turn(&mut self, plan: &mut Plan) -> Result<bool, SpoolError> {
        let held = plan.held(Instant::now());
        let mut waiting =
            self.spool.waiting(&held, MAX_BATCH_DELIVERIES, BATCH_BYTES, MAX_BATCHED_DELIVERY).await?;
        let Some(first) = waiting.first() else { return Ok(false) };
        let large = first.size > MAX_BATCHED_DELIVERY;
        if first.id <= plan.singly_up_to {
            waiting.truncate(1);
        }
        let sent = match waiting.as_slice() {
            [only] if large => self.hub.send_alone(only).await.map(|answers| (1, answers)),
            batch => self.hub.send(batch).await,
        };
        match sent {
            Ok((count, answers)) => {
                self.backoff.reset();
                self.board.sent(self.clock.now().to_string());
                waiting.truncate(count);
                self.settle(&waiting, &answers, plan).await?;
            }
            Err(HubError::NotTaken { code, text }) => match waiting.as_slice() {
                [only] => {
                    tracing::warn!(source = %only.source, sequence = only.sequence, %code, "set aside");
                    self.spool.settle(&[(only.id, Settled::Refused { code, text })]).await?;
                }
                several => plan.singly_up_to = several.last().map_or(0, |last| last.id),
            },
            Err(HubError::BodyMissing { id }) => {
                tracing::error!(
                    id,
                    "the spool has lost a body; its file will be read again if it is still there"
                );
                self.spool.settle(&[(id, Settled::Lost)]).await?;
            }
            Err(HubError::Stopped { code, text }) => {
                tracing::error!(%code, %text, "the hub does not let this gateway in");
                self.board.stopped(code, text);
            }
            Err(HubError::Later { reason, at_least }) => {
                let pause = self.backoff.pause(at_least);
                tracing::warn!(%reason, ?pause, "not sent");
                self.board.not_sent(self.clock.now().to_string(), reason);
                tokio::time::sleep(pause).await;
            }
        }
        Ok(true)
    }

    async fn settle(
        &mut self,
        sent: &[Waiting],
        answers: &Answers,
        plan: &mut Plan,
    ) -> Result<(), SpoolError> {
        let now = Instant::now();
        let by_key: HashMap<_, _> = answers.answers.iter().map(|each| (each.key, &each.outcome)).collect();
        let mut settled = Vec::with_capacity(sent.len());
        let mut acknowledged = 0;
        for delivery in sent {
            match by_key.get(&self.hub.key(delivery)) {
                Some(Outcome::Kept | Outcome::Known) => {
                    acknowledged += 1;
                    settled.push((delivery.id, Settled::Acknowledged));
                }
                Some(Outcome::Refused { code, text }) => {
                    tracing::warn!(source = %delivery.source, sequence = delivery.sequence, %code, "refused");
                    settled.push((delivery.id, Settled::Refused { code: code.clone(), text: text.clone() }));
                }
                Some(Outcome::RetryLater { seconds }) => {
                    let pause = Duration::from_secs(u64::from(*seconds).clamp(1, 3600));
                    plan.held.insert(delivery.id, now + pause);
                }
                None => {
                    plan.held.insert(delivery.id, now + UNANSWERED);
                }
            }
        }
        self.spool.settle(&settled).await?;
        self.board.change(|status| {
            status.acknowledged += acknowledged;
            status.spool.error = None;
        });
        Ok(())
    }
}
