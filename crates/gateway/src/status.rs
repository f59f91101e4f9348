//! How the gateway is doing: for a status line at the facility and for heartbeats. Counts and codes, no paths.

use crate::identity::Standing;
use model::{FacilityId, SourceName};
use protocol::{SourceReport, SpoolReport};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;

/// The line to the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// Nothing has been said yet.
    Starting,
    /// The hub answered last time.
    Connected,
    /// It did not, or is busy; sending is tried again by itself.
    Waiting {
        /// When it first failed, RFC 3339 UTC.
        since: String,
        /// What the last attempt met.
        reason: String,
    },
    /// The hub does not let this gateway in; nothing is sent until a heartbeat is answered again.
    Stopped {
        /// `unauthorised`, `wrong-facility`, `unsupported-version`, or `http-401`, `http-403`.
        code: String,
        /// The hub's words.
        text: String,
    },
}

/// A picture of the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The facility it stands in.
    pub facility: FacilityId,
    /// When it was started, RFC 3339 UTC.
    pub started: String,
    /// The line to the hub.
    pub link: Link,
    /// How its certificate stands; `None` for a gateway with a token.
    pub certificate: Option<Standing>,
    /// When the hub last answered anything.
    pub last_answer: Option<String>,
    /// How far the hub's clock is ahead of ours, in milliseconds, at the last heartbeat.
    pub hub_ahead_ms: Option<i64>,
    /// Deliveries the hub has kept or known since the start.
    pub acknowledged: u64,
    /// What is watched.
    pub sources: Vec<SourceReport>,
    /// Sending was stopped by a person at the facility.
    pub paused: bool,
    /// What waits.
    pub spool: SpoolReport,
}

impl std::fmt::Display for Status {
    /// One line: link, what waits, what is wrong.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.link {
            Link::Starting => write!(f, "starting")?,
            Link::Connected => write!(f, "connected")?,
            Link::Waiting { since, reason } => write!(f, "hub not reached since {since} ({reason})")?,
            Link::Stopped { code, text } => write!(f, "STOPPED by the hub: {code}: {text}")?,
        }
        match &self.certificate {
            Some(Standing::NotRenewed(days @ ..7)) => {
                write!(f, " · CERTIFICATE ENDS IN {days} DAYS AND IS NOT RENEWED: join again")?;
            }
            Some(Standing::NotRenewed(days)) => write!(f, " · certificate not renewed, {days} days left")?,
            Some(Standing::Ended) => write!(f, " · CERTIFICATE HAS ENDED: join again with a new code")?,
            Some(Standing::Good) | None => {}
        }
        if self.paused {
            write!(f, " · STOPPED BY HAND: nothing is sent")?;
        }
        write!(f, " · {} acknowledged · {} waiting", self.acknowledged, self.spool.waiting)?;
        if self.spool.refused > 0 {
            write!(f, " · {} refused", self.spool.refused)?;
        }
        if self.spool.full {
            write!(f, " · SPOOL FULL: nothing new is taken in")?;
        }
        if let Some(error) = &self.spool.error {
            write!(f, " · SPOOL: {error}")?;
        }
        for source in &self.sources {
            if !source.reachable {
                write!(f, " · {} NOT REACHABLE", source.source)?;
            }
            for trouble in &source.troubles {
                write!(f, " · {}: {} {}", source.source, trouble.count, trouble.code)?;
            }
        }
        Ok(())
    }
}

/// The line works; said once if it did not.
fn connected(link: &mut Link) {
    if let Link::Waiting { since, .. } = link {
        tracing::info!(%since, "the hub is reached again");
    }
    *link = Link::Connected;
}

/// Where the parts of the gateway write how they are doing.
#[derive(Clone)]
pub(crate) struct Board {
    status: watch::Sender<Status>,
    /// True while deliveries fail: an answered heartbeat alone then does not make a working line.
    sending_fails: Arc<AtomicBool>,
}

impl Board {
    pub(crate) fn new(status: Status) -> Self {
        Self { status: watch::Sender::new(status), sending_fails: Arc::default() }
    }
    pub(crate) fn watch(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }
    pub(crate) fn read(&self) -> Status {
        self.status.borrow().clone()
    }
    pub(crate) fn change(&self, change: impl FnOnce(&mut Status)) {
        self.status.send_if_modified(|status| {
            let before = status.clone();
            change(status);
            *status != before
        });
    }
    pub(crate) fn source(&self, name: &SourceName, change: impl FnOnce(&mut SourceReport)) {
        self.change(|status| {
            if let Some(source) = status.sources.iter_mut().find(|each| each.source == *name) {
                change(source);
            }
        });
    }
    /// The hub has answered a sending. An old answer on its way does not lift a stop.
    pub(crate) fn sent(&self, now: String) {
        self.sending_fails.store(false, Ordering::Relaxed);
        self.change(|status| {
            status.last_answer = Some(now);
            if !matches!(status.link, Link::Stopped { .. }) {
                connected(&mut status.link);
            }
        });
    }
    /// The hub has answered a heartbeat: we are let in.
    pub(crate) fn alive(&self, now: String) {
        let sending_fails = self.sending_fails.load(Ordering::Relaxed);
        self.change(|status| {
            status.last_answer = Some(now);
            if !sending_fails || !matches!(status.link, Link::Waiting { .. }) {
                connected(&mut status.link);
            }
        });
    }
    /// A sending came to nothing.
    pub(crate) fn not_sent(&self, now: String, reason: String) {
        self.sending_fails.store(true, Ordering::Relaxed);
        self.failing(now, reason);
    }
    /// The line does not work; keeps the time it first failed, and a stop.
    pub(crate) fn failing(&self, now: String, reason: String) {
        self.change(|status| {
            let since = match &status.link {
                Link::Waiting { since, .. } => since.clone(),
                Link::Stopped { .. } => return,
                _ => {
                    tracing::warn!(%reason, "the hub is not reached; what comes in is kept here and sent later");
                    now
                }
            };
            status.link = Link::Waiting { since, reason };
        });
    }
    pub(crate) fn stopped(&self, code: String, text: String) {
        self.change(|status| status.link = Link::Stopped { code, text });
    }
}
