//! The hub's only SQL: deliveries, records and their versions, the chart, links, the change feed, the audit.
//!
//! Built on ten ideas of ARCHITECTURE.md: a delivery is stored before it is acknowledged and known the second
//! time; what it says is kept as *statements*; versions are *folded* from the statements of a set in source
//! order, whatever order they arrived in; the chart is one row per record, clustered by compartment; the
//! change feed has no gaps; nothing clinical is read without a permit, and every showing is in the audit,
//! durably, before it leaves. The same statements run on SQLite and PostgreSQL.
//!
//! Not here: reading formats, deciding who may see what, deciding who is who. This crate only keeps.

mod accounts;
mod audit;
mod backup;
mod blobs;
mod body;
mod chart;
mod chart_line;
mod commit;
mod consent_desk;
mod course;
mod db;
mod deliveries;
mod desk;
mod directory;
mod error;
mod export;
mod feed;
mod filing;
mod fold;
mod gateways;
mod insert;
mod large;
mod linking;
mod mapping;
mod migrations;
mod movement;
mod persons;
mod plain;
mod policy;
mod prepare;
mod quality;
mod query;
mod record;
mod refold;
mod replay;
mod reviews;
mod set_state;
mod standing;
mod stated;
#[cfg(feature = "testing")]
pub mod testing;
mod unit;
mod worklist;
mod writes;

pub use accounts::{Session, Staff, StaffEntry};
pub use audit::{AuditBreak, AuditEntry, AuditEvent, AuditFilter, AuditReport};
pub use backup::{Contents, Header, Progress, Sum};
pub use chart::{Chart, ChartQuery, FacilityChart};
pub use chart_line::{ChartEntry, RecordState};
pub use consent_desk::{DESK_NUMBER, Entered, PolicyEntry};
pub use course::Op;
pub use db::{Engine, STATEMENT_DEADLINE, Tx};
pub use deliveries::{Delivery, DeliveryFilter, DeliveryState};
pub use desk::{FeedFigures, InboxEntry, RegionCounts};
pub use directory::{Facility, SignOfLife, Source};
pub use error::{ErrorKind, StoreError};
pub use export::{Export, ExportedCompartment, ExportedDelivery};
pub use feed::{Change, FeedPosition};
pub use gateways::{GatewayCertificate, Invitation};
pub use large::Large;
pub use linking::Turn;
pub use mapping::{CodeMapping, NewMapping};
pub use movement::{Movement, Step};
pub use persons::{Evidence, Link, Registered, SearchWord};
pub use policy::PolicyRecords;
pub use quality::{QualityKind, QualityRow};
pub use query::{Query, Row, placeholders, sql};
pub use record::{RecordView, VersionView};
pub use reviews::{Review, Verdict};
pub use stated::{Stated, StatedCursor};
pub use unit::{Committed, NewDelivery, NewRecord, Outcome, Part, Unit};
pub use worklist::News;

use model::clock::SharedClock;
use std::path::PathBuf;
use std::sync::Arc;

/// Where a store lives.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// `sqlite://PATH` or `postgres://…`.
    pub database: String,
    /// Directory of the blobs, made if it is not there.
    pub blobs: PathBuf,
}

/// The store; cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    database: Arc<db::Database>,
    blobs: blobs::Blobs,
    clock: SharedClock,
    /// Whoever files deliveries holds it for one batch, so that at most one batch is ahead of any other writer.
    ingest: tokio::sync::Mutex<()>,
    audit: audit::Desk,
}

impl Store {
    /// Opens the store, creating and migrating what is missing.
    pub async fn open(config: &StoreConfig, clock: SharedClock) -> Result<Self, StoreError> {
        let database = Arc::new(db::Database::open(&config.database).await?);
        migrations::run(&database, &stamp(&clock)).await?;
        let blobs = blobs::Blobs::open(&config.blobs)?;
        let ingest = tokio::sync::Mutex::new(());
        let audit = audit::Desk::open(Arc::clone(&database), Arc::clone(&clock));
        Ok(Self { inner: Arc::new(Inner { database, blobs, clock, ingest, audit }) })
    }

    /// Starts a transaction that writes; keep it short, SQLite has one writer.
    pub async fn begin(&self, operation: &'static str) -> Result<Tx, StoreError> {
        let mut tx = self.inner.database.begin(operation).await?;
        if self.engine() == Engine::Postgres {
            // Writers of all processes take turns, as SQLite's do by themselves.
            tx.execute(sql("UPDATE writer SET turn = turn + 1 WHERE id = $1").int(1)).await?;
        }
        Ok(tx)
    }

    /// Starts a transaction that only reads, all of it from one moment.
    pub async fn snapshot(&self, operation: &'static str) -> Result<Tx, StoreError> {
        self.inner.database.snapshot(operation).await
    }

    /// The present moment as it is stored: RFC 3339, UTC, microseconds.
    pub fn now(&self) -> String {
        stamp(&self.inner.clock)
    }

    /// Which engine holds the tables.
    pub fn engine(&self) -> Engine {
        self.inner.database.engine
    }

    /// Closes the connections; a store that is merely dropped loses nothing either.
    pub async fn close(&self) {
        self.inner.database.close().await;
    }
}

fn stamp(clock: &SharedClock) -> String {
    format!("{:.6}", clock.now())
}
