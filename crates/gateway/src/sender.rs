//! Sends what waits, oldest first, until the hub has said of each what became of it.

use crate::backoff::Backoff;
use crate::hub::{Hub, HubError};
use crate::spool::{Held, Settled, Spool, SpoolError, Waiting, in_order};
use crate::status::{Board, Link};
use model::clock::SharedClock;
use protocol::{Answers, MAX_BATCH_DELIVERIES, MAX_BATCHED_DELIVERY, Outcome};
use std::collections::HashMap;
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

/// After so many answers that the hub cannot keep a delivery, while it keeps others, it is set aside for a person to look
/// at: with its pauses, more than a day. While the hub keeps nothing at all, nothing counts.
const MOST_ATTEMPTS: u32 = 30;

/// The longest pause of a delivery that the hub cannot keep.
const LONGEST: Duration = Duration::from_secs(3600);

/// A delivery held back.
struct Back {
    until: Instant,
    /// Its source and what must not overtake it.
    key: (String, String),
    /// How many the hub had kept when it answered.
    kept: u64,
}

/// What is not sent for the moment, and what goes one by one.
#[derive(Default)]
struct Plan {
    held: HashMap<i64, Back>,
    /// When each delivery was last answered with "later": how many the hub had kept by then.
    answered: HashMap<i64, u64>,
    /// Deliveries the hub has kept since the start.
    kept: u64,
    /// Up to this id each delivery goes alone: one of them made the hub refuse a whole batch.
    singly_up_to: i64,
}

impl Plan {
    fn held(&mut self, now: Instant) -> Held {
        let answered = &mut self.answered;
        self.held.retain(|id, back| {
            if back.until <= now {
                answered.insert(*id, back.kept);
            }
            back.until > now
        });
        Held {
            ids: self.held.keys().copied().collect(),
            keys: self.held.values().map(|back| back.key.clone()).collect(),
        }
    }

    fn hold(&mut self, delivery: &Waiting, until: Instant) {
        let key = in_order(&delivery.format, delivery.path.reveal()).to_owned();
        let back = Back { until, key: (delivery.source.as_str().to_owned(), key), kept: self.kept };
        self.held.insert(delivery.id, back);
    }

    /// True if the hub has kept others since it last could not keep this one.
    fn others_were_kept(&self, id: i64) -> bool {
        self.answered.get(&id).is_some_and(|kept| self.kept > *kept)
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
            if self.stopped_by_hand().await {
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
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

    /// A person at the facility has stopped the sending; what comes in goes on being kept here.
    async fn stopped_by_hand(&self) -> bool {
        // A spool that cannot be read says so in the turn that follows.
        let stopped = self.spool.is_stopped().await.unwrap_or(false);
        self.board.change(|status| status.paused = stopped);
        stopped
    }

    /// Waits for something new or for the first delivery held back.
    async fn rest(&self, plan: &Plan) {
        let first = plan.held.values().map(|back| back.until).min();
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
                // That it began, and that it ended, is told once each.
                tracing::debug!(%reason, ?pause, "not sent");
                self.board.not_sent(self.clock.now().to_string(), reason);
                tokio::time::sleep(pause).await;
            }
        }
        Ok(true)
    }

    /// Holds a delivery back, longer each time; in the end it is set aside.
    fn later(&self, delivery: &Waiting, reason: &str, pause: Duration, plan: &mut Plan) -> Settled {
        let counts = plan.others_were_kept(delivery.id);
        if counts && delivery.attempts + 1 >= MOST_ATTEMPTS {
            tracing::warn!(source = %delivery.source, sequence = delivery.sequence, "set aside: never kept");
            let text = format!("{reason}: {MOST_ATTEMPTS} attempts");
            return Settled::Refused { code: "never-kept".to_owned(), text };
        }
        let pause = pause.saturating_mul(1 << delivery.attempts.min(10)).min(LONGEST.max(pause));
        plan.hold(delivery, Instant::now() + pause);
        Settled::Later { reason: reason.to_owned(), counts }
    }

    async fn settle(
        &mut self,
        sent: &[Waiting],
        answers: &Answers,
        plan: &mut Plan,
    ) -> Result<(), SpoolError> {
        let by_key: HashMap<_, _> = answers.answers.iter().map(|each| (each.key, &each.outcome)).collect();
        let mut settled = Vec::with_capacity(sent.len());
        let mut acknowledged = 0;
        for delivery in sent {
            match by_key.get(&self.hub.key(delivery)) {
                Some(Outcome::Kept | Outcome::Known) => {
                    acknowledged += 1;
                    plan.kept += 1;
                    plan.answered.remove(&delivery.id);
                    settled.push((delivery.id, Settled::Acknowledged));
                }
                Some(Outcome::Refused { code, text }) => {
                    tracing::warn!(source = %delivery.source, sequence = delivery.sequence, %code, "refused");
                    settled.push((delivery.id, Settled::Refused { code: code.clone(), text: text.clone() }));
                }
                Some(Outcome::RetryLater { seconds }) => {
                    let pause = Duration::from_secs(u64::from(*seconds).clamp(1, 3600));
                    settled
                        .push((delivery.id, self.later(delivery, "the hub cannot keep it now", pause, plan)));
                }
                None => {
                    let settle = self.later(delivery, "the hub left it without an answer", UNANSWERED, plan);
                    settled.push((delivery.id, settle));
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
