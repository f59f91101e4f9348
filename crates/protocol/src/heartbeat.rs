//! The heartbeat: lets the hub tell a silent facility (no gateway) from an idle one (nothing new).

use crate::VERSION;
use crate::decode::{DecodeError, versioned};
use model::{FacilityId, SourceName};
use serde::{Deserialize, Serialize};

/// Body of `POST` [`crate::HEARTBEAT_PATH`]. Times are RFC 3339 in UTC, by the gateway's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// [`VERSION`].
    pub protocol: u32,
    /// The facility the gateway believes it stands in.
    pub facility: FacilityId,
    /// The spool's own id, as in [`crate::Opening::spool`].
    pub spool_id: String,
    /// The gateway's software version.
    pub software: String,
    /// The gateway's clock, to show how far it is off.
    pub now: String,
    /// When the gateway was started.
    pub started: String,
    /// Seconds until the next heartbeat is due.
    pub next_in: u32,
    /// What is watched.
    pub sources: Vec<SourceReport>,
    /// What waits.
    pub spool: SpoolReport,
}

/// One watched root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceReport {
    /// The feed.
    pub source: SourceName,
    /// Format word.
    pub format: String,
    /// False if the root cannot be opened (share not mounted, folder renamed): silence means nothing then.
    pub reachable: bool,
    /// True if the system reports changes as they happen; false: found by the periodic scan only.
    pub events: bool,
    /// End of the last full scan.
    pub last_scan: Option<String>,
    /// When the last new file was taken into the spool.
    pub last_found: Option<String>,
    /// Regular files seen by the last full scan.
    pub files: u64,
    /// Names the last full scan passed over (temporary and hidden ones).
    pub ignored: u64,
    /// Sequence of the last delivery taken into the spool; 0 if none.
    pub last_sequence: u64,
    /// What is wrong at the moment, by kind.
    pub troubles: Vec<TroubleCount>,
}

/// How many files are in one kind of trouble. Paths stay at the facility.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TroubleCount {
    /// Short machine word: `unreadable`, `vanished`, `too-large`, `symlink-loop`…
    pub code: String,
    /// How many files or folders.
    pub count: u64,
}

/// What lies in the spool.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpoolReport {
    /// Deliveries not yet answered.
    pub waiting: u64,
    /// Their bytes.
    pub waiting_bytes: u64,
    /// When the oldest of them was found.
    pub oldest: Option<String>,
    /// Deliveries the hub has refused and a human has not yet looked at.
    pub refused: u64,
    /// True if the budget is used up and nothing new is taken in.
    pub full: bool,
    /// Why the spool cannot be used at the moment (disk full…), if so: files wait where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Heartbeat {
    /// Writes the body.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
    /// Reads the body.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        versioned(body, "the heartbeat")
    }
}

/// Body of a 200 answer to a heartbeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeartbeatAnswer {
    /// [`VERSION`].
    pub protocol: u32,
    /// The facility the token belongs to.
    pub facility: FacilityId,
    /// The hub's clock, RFC 3339 in UTC.
    pub now: String,
}

impl HeartbeatAnswer {
    /// An answer of the present version.
    pub fn new(facility: FacilityId, now: impl Into<String>) -> Self {
        Self { protocol: VERSION, facility, now: now.into() }
    }
    /// Writes the body.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
    /// Reads the body.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        versioned(body, "the heartbeat answer")
    }
}
