//! Connections, transactions and deadlines: the one place that talks to the driver.
//!
//! SQLite: one connection writes (`BEGIN IMMEDIATE`, so that a second process waits instead of failing half
//! way), several read; WAL with `synchronous = FULL`, because an acknowledgement is a promise that survives a
//! power cut and `NORMAL` syncs the log only at checkpoints. PostgreSQL: the same statements; writers of
//! different processes take turns through the row `writer`.
//!
//! A [`Tx`] that is dropped without [`Tx::commit`] closes its connection: whatever state a cancelled or timed
//! out statement left behind goes with it. Every statement has a deadline on this side.

use crate::error::{ErrorKind, StoreError};
use crate::query::{Query, Row};
use sqlx::any::{Any, AnyConnectOptions, AnyPoolOptions};
use sqlx::pool::PoolConnection;
use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, ConnectOptions as _, Connection as _};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

/// Which engine holds the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file in the data directory.
    Sqlite,
    /// A PostgreSQL server, version 15 or newer.
    Postgres,
}

/// How long one statement may take before the connection is given up.
pub const STATEMENT_DEADLINE: Duration = Duration::from_secs(30);
/// How long to wait for a free connection or for the writer before saying busy.
const ACQUIRE_DEADLINE: Duration = Duration::from_secs(30);

/// How often a database that others open at this moment is tried again, every 20 ms.
const OPENING_ATTEMPTS: u32 = 500;

/// The pools of one database.
pub(crate) struct Database {
    pub(crate) engine: Engine,
    write: AnyPool,
    read: AnyPool,
}

const SQLITE_SETTINGS: &[&str] = &[
    "PRAGMA busy_timeout = 20000",
    "PRAGMA page_size = 8192",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA cache_size = -65536",
    "PRAGMA mmap_size = 1073741824",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA journal_size_limit = 268435456",
];
const POSTGRES_SETTINGS: &[&str] = &[
    "SET synchronous_commit = on",
    "SET lock_timeout = '20s'",
    "SET statement_timeout = '120s'",
    "SET idle_in_transaction_session_timeout = '120s'",
    "SET jit = off",
    "SET application_name = 'hakucho'",
];

impl Engine {
    /// Its name in records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

impl Database {
    /// Connects and sets each connection up; creates the SQLite file if it is not there.
    pub(crate) async fn open(database: &str) -> Result<Self, StoreError> {
        const OPERATION: &str = "open the database";
        sqlx::any::install_default_drivers();
        let (engine, address, file) = address(database)?;
        let options = AnyConnectOptions::from_str(&address)
            .map_err(|error| StoreError::engine(OPERATION, &error))?
            .disable_statement_logging();
        let settings = match engine {
            Engine::Sqlite => SQLITE_SETTINGS,
            Engine::Postgres => POSTGRES_SETTINGS,
        };
        let pool = |connections: u32| {
            AnyPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(ACQUIRE_DEADLINE)
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(engine == Engine::Postgres)
                .after_connect(move |connection, _| {
                    Box::pin(async move {
                        for setting in settings {
                            sqlx::raw_sql(*setting).execute(&mut *connection).await?;
                        }
                        Ok(())
                    })
                })
        };
        // A pool says only that it had to wait: a connection of its own says what is wrong. It also creates
        // the file, so that the others find it there.
        let mut attempt = 0;
        while let Err(error) = prepare_file(&options, settings).await {
            attempt += 1;
            // SQLite does not wait for its turn to switch a new file to WAL: it says busy at once.
            if error.kind != ErrorKind::Busy || attempt > OPENING_ATTEMPTS {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let connect = |connections, options| async move {
            let attempt = pool(connections).connect_with(options);
            within(OPERATION, ACQUIRE_DEADLINE, attempt).await
        };
        let write = connect(if engine == Engine::Sqlite { 1 } else { 3 }, options.clone()).await?;
        if let Some(file) = file {
            sync_directory(&file)?;
        }
        let read = connect(8, options).await?;
        Ok(Self { engine, write, read })
    }

    /// Starts a transaction that writes. On SQLite there is one at a time in this process.
    pub(crate) async fn begin(&self, operation: &'static str) -> Result<Tx, StoreError> {
        let begin = match self.engine {
            Engine::Sqlite => "BEGIN IMMEDIATE",
            Engine::Postgres => "BEGIN",
        };
        self.start(&self.write, operation, begin).await
    }

    /// Starts a transaction that only reads, all of it from one moment.
    pub(crate) async fn snapshot(&self, operation: &'static str) -> Result<Tx, StoreError> {
        let begin = match self.engine {
            Engine::Sqlite => "BEGIN",
            Engine::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        self.start(&self.read, operation, begin).await
    }

    async fn start(
        &self,
        pool: &AnyPool,
        operation: &'static str,
        begin: &'static str,
    ) -> Result<Tx, StoreError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let connection = within(operation, ACQUIRE_DEADLINE, pool.acquire()).await?;
            let mut tx = Tx { connection: Some(connection), operation, engine: self.engine };
            match tx.raw(begin).await {
                Ok(()) => return Ok(tx),
                // A connection that was cut while it was idle: the next one is new.
                Err(error) if error.kind == ErrorKind::Unavailable && attempt < 4 => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Closes every connection; SQLite then folds its log into the file.
    pub(crate) async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

/// A transaction. Dropped without [`Tx::commit`], nothing of it happened.
pub struct Tx {
    connection: Option<PoolConnection<Any>>,
    operation: &'static str,
    engine: Engine,
}

impl Tx {
    /// Which engine it runs on.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    fn connection(&mut self) -> Result<&mut AnyConnection, StoreError> {
        match &mut self.connection {
            Some(connection) => Ok(&mut **connection),
            None => Err(StoreError::new(
                ErrorKind::Unavailable,
                self.operation,
                "the transaction was given up after an error",
            )),
        }
    }

    /// Runs one statement and counts the rows it changed.
    pub async fn execute(&mut self, query: Query) -> Result<u64, StoreError> {
        let operation = self.operation;
        let statement = prepared(operation, query)?;
        let answer = within(operation, STATEMENT_DEADLINE, statement.execute(self.connection()?)).await;
        self.settle(answer).map(|done| done.rows_affected())
    }

    /// Runs one statement and gives all its rows.
    pub async fn all(&mut self, query: Query) -> Result<Vec<Row>, StoreError> {
        let operation = self.operation;
        let statement = prepared(operation, query)?;
        let answer = within(operation, STATEMENT_DEADLINE, statement.fetch_all(self.connection()?)).await;
        let rows = self.settle(answer)?;
        Ok(rows.into_iter().map(|inner| Row { inner, operation }).collect())
    }

    /// Runs one statement and gives its first row, if there is one.
    pub async fn optional(&mut self, query: Query) -> Result<Option<Row>, StoreError> {
        let operation = self.operation;
        let statement = prepared(operation, query)?;
        let answer =
            within(operation, STATEMENT_DEADLINE, statement.fetch_optional(self.connection()?)).await;
        Ok(self.settle(answer)?.map(|inner| Row { inner, operation }))
    }

    /// Runs one statement that must give a row; without one the error is `NotFound`.
    pub async fn one(&mut self, query: Query) -> Result<Row, StoreError> {
        let operation = self.operation;
        self.optional(query).await?.ok_or_else(|| StoreError::not_found(operation, "row"))
    }

    /// Runs one statement and hands its rows over one by one, as they come: for tables larger than memory. The
    /// deadline is that of each row.
    pub(crate) async fn each(
        &mut self,
        query: Query,
        mut each: impl FnMut(Row) -> Result<(), StoreError> + Send,
    ) -> Result<(), StoreError> {
        let operation = self.operation;
        let statement = prepared(operation, query)?;
        let mut answer = Ok(());
        {
            let mut rows = statement.fetch(self.connection()?);
            loop {
                let next = std::future::poll_fn(|context| rows.as_mut().poll_next(context));
                match within(operation, STATEMENT_DEADLINE, async { next.await.transpose() }).await {
                    Ok(None) => break,
                    Ok(Some(inner)) => answer = each(Row { inner, operation }),
                    Err(error) => answer = Err(error),
                }
                if answer.is_err() {
                    break;
                }
            }
        }
        // Given up half way, the connection still has rows to give.
        self.settle(answer)
    }

    /// Runs text without parameters: `BEGIN`, DDL.
    pub(crate) async fn raw(&mut self, text: impl Into<String>) -> Result<(), StoreError> {
        let statement = sqlx::raw_sql(AssertSqlSafe(text.into()));
        let answer = within(self.operation, STATEMENT_DEADLINE, statement.execute(self.connection()?)).await;
        self.settle(answer).map(|_| ())
    }

    /// Makes everything done durable. After an error here it may or may not have happened: repeat the whole
    /// operation, which must be idempotent.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        self.raw("COMMIT").await?;
        // Taking the connection out first: it goes back to the pool instead of being closed.
        drop(self.connection.take());
        Ok(())
    }

    /// [`commit`](Self::commit) for a transaction of many gigabytes: it may take as long as the disk does.
    pub(crate) async fn commit_slowly(mut self) -> Result<(), StoreError> {
        const DEADLINE: Duration = Duration::from_secs(3600);
        let operation = self.operation;
        let commit = sqlx::raw_sql("COMMIT").execute(self.connection()?);
        let answer = within(operation, DEADLINE, commit).await;
        self.settle(answer)?;
        drop(self.connection.take());
        Ok(())
    }

    /// Undoes everything and keeps the connection.
    pub async fn rollback(mut self) -> Result<(), StoreError> {
        self.raw("ROLLBACK").await?;
        drop(self.connection.take());
        Ok(())
    }

    /// After an error nothing more can be done in this transaction.
    fn settle<T>(&mut self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        if answer.is_err() {
            self.give_up();
        }
        answer
    }

    fn give_up(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(connection.detach());
        }
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        self.give_up();
    }
}

type Prepared<'q> = sqlx::query::Query<'q, Any, sqlx::any::AnyArguments>;

fn prepared(operation: &'static str, query: Query) -> Result<Prepared<'static>, StoreError> {
    if query.failed {
        return Err(StoreError::new(ErrorKind::Invalid, operation, "a parameter could not be bound"));
    }
    Ok(sqlx::query_with(AssertSqlSafe(query.sql), query.arguments))
}

/// Connects once and sets the database up.
async fn prepare_file(options: &AnyConnectOptions, settings: &[&'static str]) -> Result<(), StoreError> {
    const OPERATION: &str = "open the database";
    let mut first = within(OPERATION, ACQUIRE_DEADLINE, AnyConnection::connect_with(options)).await?;
    for setting in settings {
        within(OPERATION, ACQUIRE_DEADLINE, sqlx::raw_sql(*setting).execute(&mut first)).await?;
    }
    within(OPERATION, ACQUIRE_DEADLINE, first.close()).await
}

/// Waits for an answer of the driver, but not for ever.
async fn within<T>(
    operation: &'static str,
    deadline: Duration,
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, StoreError> {
    match tokio::time::timeout(deadline, answer).await {
        Ok(answer) => answer.map_err(|error| StoreError::engine(operation, &error)),
        Err(_) => Err(StoreError::new(
            ErrorKind::Busy,
            operation,
            format_args!("no answer from the database within {} s", deadline.as_secs()),
        )),
    }
}

/// The driver's address for what the configuration says, and the file if it is SQLite.
fn address(database: &str) -> Result<(Engine, String, Option<PathBuf>), StoreError> {
    const OPERATION: &str = "read the database address";
    let wrong = |detail: String| StoreError::new(ErrorKind::Configuration, OPERATION, detail);
    if database.starts_with("postgres://") || database.starts_with("postgresql://") {
        return Ok((Engine::Postgres, database.to_owned(), None));
    }
    let Some(path) = database.strip_prefix("sqlite://") else {
        return Err(wrong("expected sqlite://PATH or postgres://…".to_owned()));
    };
    if path.is_empty() || path.contains('\0') {
        return Err(wrong("sqlite:// needs the path of a file".to_owned()));
    }
    let path = std::path::absolute(path).map_err(|error| wrong(format!("the path: {}", error.kind())))?;
    let mut encoded = String::from("sqlite://");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'_' | b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                encoded.push(char::from(*byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded.push_str("?mode=rwc");
    Ok((Engine::Sqlite, encoded, Some(path)))
}

/// Makes the directory entry of a new file durable; the file's own syncs do not.
fn sync_directory(file: &Path) -> Result<(), StoreError> {
    let Some(directory) = file.parent() else { return Ok(()) };
    std::fs::File::open(directory).and_then(|directory| directory.sync_all()).map_err(|error| {
        StoreError::new(
            ErrorKind::Configuration,
            "sync the database's directory",
            format_args!("{}", error.kind()),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_understood() {
        let (engine, text, file) = address("sqlite:///data/白 鳥?#.db").unwrap();
        assert_eq!(engine, Engine::Sqlite);
        assert_eq!(text, "sqlite:///data/%E7%99%BD%20%E9%B3%A5%3F%23.db?mode=rwc");
        assert_eq!(file.unwrap(), PathBuf::from("/data/白 鳥?#.db"));
        assert_eq!(address("postgres://h/d").unwrap().0, Engine::Postgres);
        assert!(address("mysql://h/d").is_err());
        assert!(address("sqlite://").is_err());
    }
}
