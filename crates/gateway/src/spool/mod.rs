//! What must survive a crash: which files were seen, and the bytes that the hub has not acknowledged yet.
//!
//! One SQLite file (WAL, `synchronous = FULL`: a commit is on the disk) beside a folder for large bodies.
//! A body is in here, durable, before its file counts as seen; it leaves only after the hub's answer.
//!
//! | table | row |
//! |---|---|
//! | `spool` | one: the spool's own id |
//! | `source` | a feed: its root, format and last sequence |
//! | `seen` | a path of a source with size, time and hash as last taken in, and what became of it |
//! | `delivery` | bytes that wait, or that the hub refused |
//! | `trouble` | a path that cannot be sent, and why |
//! | `pulled` | how far a source was pulled |
//! | `control` | whether sending was stopped by hand |
//!
//! A file that is damaged is set aside, and what can still be read of it is taken over ([`repair`]).

pub(crate) mod blob;
mod desk;
mod outgoing;
mod received;
mod repair;
mod seen;
mod trouble;

pub use desk::{Desk, Which};
pub use outgoing::Refused;
pub(crate) use outgoing::{Held, Settled, Waiting, WaitingBody, in_order};
pub(crate) use received::{HandedOver, Received};
pub use trouble::NotedTrouble;

use blob::{BlobFolder, BlobName};
use model::clock::SharedClock;
use protocol::SpoolReport;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::collections::HashSet;
use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// Version of the tables, in `PRAGMA user_version`.
const SCHEMA_VERSION: i64 = 2;

const SCHEMA: &str = include_str!("schema.sql");

/// What version 2 has more: how often the hub could not keep a delivery, and why; the stop by hand.
const FROM_1_TO_2: &str = "BEGIN;
ALTER TABLE delivery ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD COLUMN reason TEXT NOT NULL DEFAULT '';
CREATE TABLE control (only INTEGER PRIMARY KEY CHECK (only = 1), stopped TEXT NOT NULL);
PRAGMA user_version = 2;
COMMIT;";

/// A table that spools of the first days do not have; software that does not know it does not mind it.
const PULLED: &str =
    "CREATE TABLE IF NOT EXISTS pulled (source TEXT PRIMARY KEY, mark TEXT NOT NULL) WITHOUT ROWID";

/// Why the spool cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// SQLite says no: disk full, damaged file…
    #[error("the spool's database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The data directory cannot be used.
    #[error("the spool's folder failed: {0}")]
    Folder(#[from] std::io::Error),
    /// Another gateway uses this data directory.
    #[error("another gateway is running with this data directory")]
    InUse,
    /// Written by newer software.
    #[error("the spool has version {0}, this software reads up to {SCHEMA_VERSION}: use the newer software")]
    Newer(i64),
}

/// The spool of one data directory. Only one process can have it open for work.
pub struct Spool {
    pool: SqlitePool,
    pub(crate) blobs: BlobFolder,
    clock: SharedClock,
    id: String,
    budget: i64,
    waiting: AtomicI64,
    refused: AtomicI64,
    waiting_bytes: AtomicI64,
    refused_bytes: AtomicI64,
    full: AtomicBool,
    /// Held from the beginning of a change until the counters know of it, and while everything is counted anew: a change
    /// in between would be counted twice.
    counting: tokio::sync::Mutex<()>,
    /// SQLite's number for "another connection has changed the file".
    changed: AtomicI64,
    arrived: Notify,
    _lock: File,
}

impl Spool {
    /// Opens or makes the spool in `folder`. `fresh_id` names it if it is new; `budget` is in bytes.
    pub async fn open(
        folder: &Path,
        clock: SharedClock,
        fresh_id: &str,
        budget: u64,
    ) -> Result<Self, SpoolError> {
        create_private(folder)?;
        let lock = File::create(folder.join("gateway.lock"))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => SpoolError::InUse,
            TryLockError::Error(error) => SpoolError::Folder(error),
        })?;
        let file = folder.join("spool.sqlite");
        repair::if_damaged(&file, &clock).await?;
        let pool = connect(&file).await?;
        prepare(&pool).await?;
        sqlx::query("INSERT INTO spool (only, id) VALUES (1, $1) ON CONFLICT DO NOTHING")
            .bind(fresh_id)
            .execute(&pool)
            .await?;
        let id = sqlx::query_scalar("SELECT id FROM spool").fetch_one(&pool).await?;
        let blobs = BlobFolder::open(folder.join("bodies"))?;
        let named: Vec<String> =
            sqlx::query_scalar("SELECT blob FROM delivery WHERE blob IS NOT NULL").fetch_all(&pool).await?;
        blobs.sweep(&HashSet::from_iter(named))?;
        let changed: i64 = sqlx::query_scalar("PRAGMA data_version").fetch_one(&pool).await?;
        let spool = Self {
            pool,
            blobs,
            clock,
            id,
            budget: i64::try_from(budget).unwrap_or(i64::MAX),
            waiting: AtomicI64::new(0),
            refused: AtomicI64::new(0),
            waiting_bytes: AtomicI64::new(0),
            refused_bytes: AtomicI64::new(0),
            full: AtomicBool::new(false),
            counting: tokio::sync::Mutex::new(()),
            changed: AtomicI64::new(changed),
            arrived: Notify::new(),
            _lock: lock,
        };
        spool.count().await?;
        Ok(spool)
    }

    /// Counts what is there; afterwards the counters follow each commit.
    async fn count(&self) -> Result<(), SpoolError> {
        let _counting = self.counting.lock().await;
        for counter in [&self.waiting, &self.waiting_bytes, &self.refused, &self.refused_bytes] {
            counter.store(0, Ordering::Relaxed);
        }
        for refused in [false, true] {
            let (files, bytes): (i64, i64) =
                sqlx::query_as("SELECT count(*), coalesce(sum(size), 0) FROM delivery WHERE refused = $1")
                    .bind(refused)
                    .fetch_one(&self.pool)
                    .await?;
            self.counted(refused, files, bytes);
        }
        Ok(())
    }

    /// After a commit: so many files and bytes more (or fewer).
    fn counted(&self, refused: bool, files: i64, bytes: i64) {
        let (of_files, of_bytes) =
            if refused { (&self.refused, &self.refused_bytes) } else { (&self.waiting, &self.waiting_bytes) };
        of_files.fetch_add(files, Ordering::Relaxed);
        of_bytes.fetch_add(bytes, Ordering::Relaxed);
        let used = self.waiting_bytes.load(Ordering::Relaxed) + self.refused_bytes.load(Ordering::Relaxed);
        // Full at the budget, free again below nine tenths of it.
        if used >= self.budget {
            self.full.store(true, Ordering::Relaxed);
        } else if used < self.budget / 10 * 9 {
            self.full.store(false, Ordering::Relaxed);
        }
    }

    /// Notices what a person has done to the spool from another process.
    pub(crate) async fn notice(&self) -> Result<(), SpoolError> {
        let version: i64 = sqlx::query_scalar("PRAGMA data_version").fetch_one(&self.pool).await?;
        if self.changed.swap(version, Ordering::Relaxed) != version {
            self.count().await?;
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// True while a person at the facility has stopped the sending; it outlives a restart.
    pub(crate) async fn is_stopped(&self) -> Result<bool, SpoolError> {
        let stopped: Option<String> =
            sqlx::query_scalar("SELECT stopped FROM control").fetch_optional(&self.pool).await?;
        Ok(stopped.is_some())
    }

    /// The spool's own id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// True while the budget is used up.
    pub fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    /// Waits until something new has been taken in since the last call.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// What lies in it.
    pub async fn report(&self) -> Result<SpoolReport, SpoolError> {
        let oldest = sqlx::query_scalar("SELECT found FROM delivery WHERE refused = 0 ORDER BY id LIMIT 1")
            .fetch_optional(&self.pool)
            .await?;
        let count = |counter: &AtomicI64| u64::try_from(counter.load(Ordering::Relaxed)).unwrap_or(0);
        Ok(SpoolReport {
            waiting: count(&self.waiting),
            waiting_bytes: count(&self.waiting_bytes),
            oldest,
            refused: count(&self.refused),
            full: self.is_full(),
            error: None,
        })
    }

    fn now(&self) -> String {
        self.now_exactly().to_string()
    }

    fn now_exactly(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    fn remove_blobs(&self, names: Vec<Option<String>>) {
        for name in names.into_iter().flatten() {
            self.blobs.remove(&BlobName(name));
        }
    }
}

async fn connect(file: &Path) -> Result<SqlitePool, SpoolError> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(10));
    Ok(SqlitePoolOptions::new().max_connections(1).connect_with(options).await?)
}

/// Makes the tables, or brings those of an older version up to date with everything in them.
async fn prepare(pool: &SqlitePool) -> Result<(), SpoolError> {
    let version: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(pool).await?;
    if version > SCHEMA_VERSION {
        return Err(SpoolError::Newer(version));
    }
    if version == 0 {
        sqlx::raw_sql(SCHEMA).execute(pool).await?;
    }
    if version < 2 {
        sqlx::raw_sql(FROM_1_TO_2).execute(pool).await?;
    }
    sqlx::query(PULLED).execute(pool).await?;
    Ok(())
}

/// Makes a folder that only this user may enter: it will hold patients' data.
fn create_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
