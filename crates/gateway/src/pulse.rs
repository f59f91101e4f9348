//! The heartbeat, and with it the picture of the spool. Also the only thing that still speaks after the hub
//! has stopped us: an answered heartbeat lets the sender go on.

use crate::config::Pace;
use crate::hub::{Hub, HubError, SOFTWARE};
use crate::spool::Spool;
use crate::status::{Board, Link};
use jiff::Timestamp;
use model::clock::SharedClock;
use protocol::{Heartbeat, SpoolReport, VERSION};
use std::sync::Arc;
use std::time::Duration;

/// How often the picture is brought up to date.
const PICTURE: Duration = Duration::from_secs(1);

/// Sends heartbeats.
pub(crate) struct Pulse {
    pub spool: Arc<Spool>,
    pub hub: Hub,
    pub board: Board,
    pub clock: SharedClock,
    pub pace: Pace,
}

impl Pulse {
    /// Beats for ever.
    pub(crate) async fn run(self) {
        let mut beat = tokio::time::interval(self.pace.heartbeat);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut picture = tokio::time::interval(PICTURE.min(self.pace.heartbeat));
        picture.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut said = Vec::new();
        loop {
            tokio::select! {
                _ = beat.tick() => {}
                _ = picture.tick() => {
                    self.picture().await;
                    // A folder that can be opened now, or no longer, is said at once: the hub's pages tell people.
                    if self.reachable() == said {
                        continue;
                    }
                }
            }
            said = self.reachable();
            self.picture().await;
            self.beat().await;
            beat.reset();
        }
    }

    fn reachable(&self) -> Vec<bool> {
        self.board.read().sources.iter().map(|source| source.reachable).collect()
    }

    async fn picture(&self) {
        if let Err(error) = self.spool.notice().await {
            tracing::error!(%error, "the spool cannot be looked at");
        }
        match self.spool.report().await {
            Ok(report) => self.board.change(|status| {
                let error = status.spool.error.take();
                status.spool = SpoolReport { error, ..report };
            }),
            Err(error) => self.board.change(|status| status.spool.error = Some(error.to_string())),
        }
    }

    async fn beat(&self) {
        let status = self.board.read();
        let before = self.clock.now();
        let heartbeat = Heartbeat {
            protocol: VERSION,
            facility: status.facility,
            spool_id: self.spool.id().to_owned(),
            software: SOFTWARE.to_owned(),
            now: before.to_string(),
            started: status.started,
            next_in: u32::try_from(self.pace.heartbeat.as_secs().max(1)).unwrap_or(u32::MAX),
            sources: status.sources,
            spool: status.spool,
        };
        match self.hub.heartbeat(&heartbeat).await {
            Ok(answer) => {
                let now = self.clock.now();
                let hub: Option<Timestamp> = answer.now.parse().ok();
                self.board.change(|status| {
                    let middle = i64::midpoint(before.as_millisecond(), now.as_millisecond());
                    status.hub_ahead_ms = hub.map(|hub| hub.as_millisecond() - middle);
                });
                if matches!(status.link, Link::Stopped { .. }) {
                    tracing::info!("the hub lets this gateway in again");
                }
                self.board.alive(now.to_string());
            }
            Err(HubError::Stopped { code, text }) => self.board.stopped(code, text),
            Err(error) => {
                tracing::debug!(%error, "heartbeat not answered");
                self.board.failing(self.clock.now().to_string(), error.to_string());
            }
        }
    }
}
