//! The same rows, written by the engine alone: what there is to gain at most.
//!
//! Every row that ingest left behind is read out and written into an empty database with the same schema, the same
//! settings and as many commits, in order of arrival where a row says it, by inserts of 64 rows through the engine's own driver. It
//! knows the final state beforehand, so it writes less than any store could: nothing is looked up, nothing updated.

use anyhow::{Context, bail};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use store::{Row, Store, StoreConfig, sql};

/// Tables that ingest writes.
const TABLES: &[&str] = &[
    "delivery",
    "content",
    "person",
    "compartment",
    "compartment_link",
    "statement",
    "set_state",
    "version",
    "record",
    "bucket_head",
    "compartment_head",
    "change",
    "registration",
    "registration_key",
    "review",
    "relationship",
];
/// Rows in one insert.
const ROWS: usize = 64;

/// What was written and how long it took.
pub struct Bare {
    /// Rows.
    pub rows: usize,
    /// Bytes in their columns (8 for an integer).
    pub bytes: usize,
    /// From the first insert to the last commit.
    pub time: Duration,
}

#[derive(Clone)]
enum Cell {
    Int(i64),
    Text(Option<String>),
    Bytes(Vec<u8>),
}

struct Table {
    name: &'static str,
    columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

/// Reads everything out of a store and writes it again, in `commits` commits.
pub async fn write_again(store: &Store, database: &str, commits: usize) -> anyhow::Result<Bare> {
    let mut tables = Vec::new();
    for name in TABLES {
        tables.push(read(store, name).await?);
    }
    in_order_of_arrival(&mut tables);
    let rows = tables.iter().map(|table| table.rows.len()).sum();
    let bytes = tables.iter().flat_map(|table| table.rows.iter().flatten()).map(size).sum();
    // The store makes the schema.
    let blobs = tempfile::tempdir()?;
    let config = StoreConfig { database: database.to_owned(), blobs: blobs.path().to_owned() };
    Store::open(&config, crate::system::clock()).await?.close().await;
    let time = match database.strip_prefix("sqlite://") {
        Some(path) => sqlite(path, &tables, commits).await?,
        None => postgres(database, &tables, commits).await?,
    };
    Ok(Bare { rows, bytes, time })
}

fn size(cell: &Cell) -> usize {
    match cell {
        Cell::Int(_) => 8,
        Cell::Text(text) => text.as_ref().map_or(0, String::len),
        Cell::Bytes(bytes) => bytes.len(),
    }
}

async fn read(store: &Store, name: &'static str) -> anyhow::Result<Table> {
    let mut tx = store.snapshot("measure").await?;
    let names = match store.engine() {
        store::Engine::Sqlite => sql("SELECT name FROM pragma_table_info($1)"),
        store::Engine::Postgres => sql("SELECT CAST(column_name AS TEXT) FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position"),
    };
    let columns = tx.all(names.text(name)).await?;
    let columns = columns.iter().map(|row| row.text(0)).collect::<Result<Vec<_>, _>>()?;
    if columns.is_empty() {
        bail!("no table {name}");
    }
    let list = columns.join(", ");
    let mut rows = Vec::new();
    for row in tx.all(sql(format!("SELECT {list} FROM {name}"))).await? {
        rows.push((0..columns.len()).map(|column| cell(&row, column)).collect::<anyhow::Result<_>>()?);
    }
    tx.commit().await?;
    Ok(Table { name, columns, rows })
}

fn cell(row: &Row, column: usize) -> anyhow::Result<Cell> {
    if let Ok(number) = row.int(column) {
        return Ok(Cell::Int(number));
    }
    if let Ok(text) = row.text_or_null(column) {
        return Ok(Cell::Text(text));
    }
    row.bytes(column).map(Cell::Bytes).context("a value of no known type")
}

/// Rows that name a delivery go in its order; others are shuffled, because arrivals come in no order of keys.
fn in_order_of_arrival(tables: &mut [Table]) {
    let mut random = StdRng::seed_from_u64(1);
    let mut arrival: HashMap<Vec<u8>, usize> = HashMap::new();
    for table in tables.iter_mut() {
        table.rows.shuffle(&mut random);
        let place = |name: &str| table.columns.iter().position(|column| column == name);
        if table.name == "delivery" {
            let (id, received) = (place("id").unwrap_or(0), place("received_at").unwrap_or(0));
            table.rows.sort_by(|a, b| match (a.get(received), b.get(received)) {
                (Some(Cell::Text(a)), Some(Cell::Text(b))) => a.cmp(b),
                _ => std::cmp::Ordering::Equal,
            });
            for (number, row) in table.rows.iter().enumerate() {
                if let Some(Cell::Bytes(id)) = row.get(id) {
                    arrival.insert(id.clone(), number);
                }
            }
        } else if let Some(delivery) = place("delivery") {
            table.rows.sort_by_key(|row| match row.get(delivery) {
                Some(Cell::Bytes(id)) => arrival.get(id).copied(),
                _ => None,
            });
        }
    }
}

/// The inserts of one commit: text and values.
fn inserts(tables: &[Table], commit: usize, commits: usize) -> Vec<(String, Vec<&Cell>)> {
    let mut inserts = Vec::new();
    for table in tables {
        let (from, until) = (table.rows.len() * commit / commits, table.rows.len() * (commit + 1) / commits);
        for rows in table.rows.get(from..until).unwrap_or_default().chunks(ROWS) {
            let width = table.columns.len();
            let groups: Vec<String> = (0..rows.len())
                .map(|row| {
                    let marks: Vec<String> =
                        (1..=width).map(|column| format!("${}", row * width + column)).collect();
                    format!("({})", marks.join(","))
                })
                .collect();
            let text = format!(
                "INSERT INTO {} ({}) VALUES {}",
                table.name,
                table.columns.join(","),
                groups.join(",")
            );
            inserts.push((text, rows.iter().flatten().collect()));
        }
    }
    inserts
}

macro_rules! bind {
    ($text:expr, $cells:expr) => {
        $cells.into_iter().fold(sqlx::query(AssertSqlSafe($text)), |query, cell| match cell {
            Cell::Int(number) => query.bind(*number),
            Cell::Text(text) => query.bind(text.as_deref()),
            Cell::Bytes(bytes) => query.bind(bytes.as_slice()),
        })
    };
}

async fn sqlite(path: &str, tables: &[Table], commits: usize) -> anyhow::Result<Duration> {
    let mut connection = SqliteConnection::connect(&format!("sqlite://{path}")).await?;
    for setting in [
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "PRAGMA cache_size = -65536",
        "PRAGMA wal_autocheckpoint = 4000",
    ] {
        connection.execute(setting).await?;
    }
    let begun = Instant::now();
    for commit in 0..commits {
        connection.execute("BEGIN IMMEDIATE").await?;
        for (text, cells) in inserts(tables, commit, commits) {
            bind!(text, cells).execute(&mut connection).await?;
        }
        connection.execute("COMMIT").await?;
    }
    let time = begun.elapsed();
    connection.close().await?;
    Ok(time)
}

async fn postgres(address: &str, tables: &[Table], commits: usize) -> anyhow::Result<Duration> {
    let mut connection = PgConnection::connect(address).await?;
    connection.execute("SET synchronous_commit = on").await?;
    let begun = Instant::now();
    for commit in 0..commits {
        connection.execute("BEGIN").await?;
        for (text, cells) in inserts(tables, commit, commits) {
            bind!(text, cells).execute(&mut connection).await?;
        }
        connection.execute("COMMIT").await?;
    }
    let time = begun.elapsed();
    connection.close().await?;
    Ok(time)
}
