//! The hub's work: intake, reading, linking, viewing, consents, accounts, export.
//!
//! This room puts the pure rooms (`formats`, `linkage`, `access`) and the `store` together. It knows no HTTP
//! and no HTML (`portal`), no wire syntax (`formats`) and no SQL (`store`).

pub mod accounts;
pub mod authority;
pub mod backup;
pub mod consent;
pub mod desk;
pub mod desk_accounts;
pub mod desk_consent;
pub mod desk_deliveries;
pub mod desk_feeds;
pub mod desk_inbox;
pub mod desk_jobs;
pub mod desk_quality;
pub mod desk_review;
pub mod export;
pub mod feeds;
pub mod foreign;
pub mod import;
pub mod intake;
mod intake_parts;
pub mod joining;
pub mod link;
pub mod mapping;
pub mod mapping_csv;
pub mod original;
pub mod own_records;
pub mod prepare;
pub mod replay;
pub mod search;
pub mod view;
pub mod worklist;

use model::clock::{SharedClock, SharedRandomness};
use std::sync::Arc;
use store::Store;

/// Settings of the hub.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Name of the region on every page.
    pub region_name: String,
    /// Every person is invented: said on every page.
    pub fictitious: bool,
    /// Hours after login at which a session ends.
    pub session_hours: u32,
    /// Minutes without a request after which a session ends.
    pub session_idle_minutes: u32,
    /// Cookies only over https.
    pub secure_cookies: bool,
    /// Seconds without a sign of life after which a gateway's sources are silent.
    pub silent_seconds: u32,
    /// Hours without a delivery after which a source is late.
    pub late_hours: u32,
}

/// The hub. Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    /// Everything that is kept.
    pub store: Store,
    /// The clock.
    pub clock: SharedClock,
    /// Randomness for secrets.
    pub randomness: SharedRandomness,
    /// Settings.
    pub settings: Settings,
    /// Replays and the like that run or ended lately.
    pub jobs: desk_jobs::Jobs,
    /// Counts of data quality, previews of mappings and reading again by them.
    pub quality: desk_quality::QualityJobs,
    /// The mapping tables as they were read last.
    mapping: Arc<tokio::sync::Mutex<Arc<mapping::Table>>>,
    /// One linking at a time: two registrations of one person that arrive together must see each other.
    linking: Arc<tokio::sync::Mutex<()>>,
}

impl Hub {
    /// A hub over a store.
    pub fn new(store: Store, clock: SharedClock, randomness: SharedRandomness, settings: Settings) -> Self {
        Self {
            store,
            clock,
            randomness,
            settings,
            jobs: desk_jobs::Jobs::default(),
            quality: desk_quality::QualityJobs::default(),
            mapping: Arc::default(),
            linking: Arc::default(),
        }
    }
}
