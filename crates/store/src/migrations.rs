//! The schema, as numbered SQL files that run once, in order, in one transaction.
//!
//! A file that ran may never change: its SHA-256 is stored and compared at every start. A database with a
//! migration this program does not know was written by a newer one and is left alone.
//!
//! Statements are separated by empty lines. `BYTES` becomes `BLOB` or `BYTEA`, `CLUSTERED` becomes
//! `WITHOUT ROWID` or nothing, and a statement after a line `-- sqlite:` or `-- postgres:` is for that engine.

use crate::db::{Database, Engine, Tx};
use crate::error::{ErrorKind, StoreError};
use crate::query::sql;
use serde::{Deserialize, Serialize};

/// One numbered file.
pub(crate) struct Migration {
    number: i64,
    name: &'static str,
    text: &'static str,
}

macro_rules! migration {
    ($number:literal, $name:literal) => {
        Migration {
            number: $number,
            name: $name,
            text: include_str!(concat!("../migrations/", $name, ".sql")),
        }
    };
}

/// Every migration, in order. Append only.
pub(crate) const MIGRATIONS: &[Migration] = &[
    migration!(1, "0001_core"),
    migration!(2, "0002_people"),
    migration!(3, "0003_whole_keys"),
    migration!(4, "0004_rewritten"),
    migration!(5, "0005_quality"),
    migration!(6, "0006_gateways"),
];

const OPERATION: &str = "migrate the database";

/// A migration that ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Applied {
    pub number: i64,
    pub name: String,
    pub checksum: String,
}

/// What ran in this database, in order.
pub(crate) async fn applied(tx: &mut Tx) -> Result<Vec<Applied>, StoreError> {
    let rows = tx.all(sql("SELECT number, name, checksum FROM schema_migration ORDER BY number")).await?;
    rows.iter()
        .map(|row| Ok(Applied { number: row.int(0)?, name: row.text(1)?, checksum: row.text(2)? }))
        .collect()
}

/// Brings the schema to exactly where another database's was.
pub(crate) async fn run_to(database: &Database, schema: &[Applied], now: &str) -> Result<(), StoreError> {
    let theirs = schema.iter().map(|each| (each.number, each.checksum.as_str()));
    let ours = MIGRATIONS.iter().map(|each| (each.number, checksum(each.text)));
    let same = theirs.clone().zip(ours).all(|(theirs, ours)| theirs.0 == ours.0 && theirs.1 == ours.1);
    match MIGRATIONS.get(..schema.len()) {
        Some(migrations) if same => run_all(database, migrations, now).await,
        _ => Err(StoreError::new(
            ErrorKind::NewerSchema,
            OPERATION,
            "its schema is not one that this program knows: use the program that wrote it, or a newer one",
        )),
    }
}

/// Brings the schema up to date, or says why it cannot.
pub(crate) async fn run(database: &Database, now: &str) -> Result<(), StoreError> {
    run_all(database, MIGRATIONS, now).await
}

async fn run_all(database: &Database, migrations: &[Migration], now: &str) -> Result<(), StoreError> {
    let mut tx = database.begin(OPERATION).await?;
    if database.engine == Engine::Postgres {
        // Two programs may start at once on an empty database.
        tx.raw("SELECT pg_advisory_xact_lock(7249201)").await?;
    }
    tx.raw(
        "CREATE TABLE IF NOT EXISTS schema_migration (number BIGINT NOT NULL PRIMARY KEY, \
         name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at TEXT NOT NULL)",
    )
    .await?;
    let mut known = 0;
    for Applied { number, name, checksum: sum } in applied(&mut tx).await? {
        let Some(migration) = migrations.iter().find(|each| each.number == number) else {
            return Err(StoreError::new(
                ErrorKind::NewerSchema,
                OPERATION,
                format_args!(
                    "it holds migration {name}, which this program does not know: use a newer program"
                ),
            ));
        };
        if sum != checksum(migration.text) {
            return Err(StoreError::new(
                ErrorKind::Migration,
                OPERATION,
                format_args!("migration {name} is not the one that was applied"),
            ));
        }
        known = number;
    }
    for migration in migrations.iter().filter(|each| each.number > known) {
        apply(&mut tx, database.engine, migration, now).await?;
    }
    tx.commit().await
}

async fn apply(tx: &mut Tx, engine: Engine, migration: &Migration, now: &str) -> Result<(), StoreError> {
    for statement in statements(migration.text, engine) {
        tx.raw(statement).await.map_err(|error| StoreError {
            kind: if error.kind == ErrorKind::Engine { ErrorKind::Migration } else { error.kind },
            detail: format!("migration {}: {}", migration.name, error.detail),
            ..error
        })?;
    }
    tx.execute(
        sql("INSERT INTO schema_migration (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4)")
            .int(migration.number)
            .text(migration.name)
            .text(checksum(migration.text))
            .text(now),
    )
    .await?;
    Ok(())
}

fn checksum(text: &str) -> String {
    crate::body::sha256(text.as_bytes())
}

/// The statements of a file that are for this engine.
fn statements(text: &str, engine: Engine) -> Vec<String> {
    let (bytes, clustered, other) = match engine {
        Engine::Sqlite => ("BLOB", "WITHOUT ROWID", "-- postgres:"),
        Engine::Postgres => ("BYTEA", "", "-- sqlite:"),
    };
    text.split("\n\n")
        .filter(|block| !block.lines().any(|line| line.trim() == other))
        .map(|block| {
            let lines: Vec<&str> =
                block.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
            lines.join("\n").replace(" BYTES", &format!(" {bytes}")).replace("CLUSTERED", clustered)
        })
        .filter(|statement| !statement.trim().is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_engine_gets_its_own_words() {
        let text = "-- why\nCREATE TABLE a (b BYTES) CLUSTERED;\n\n-- sqlite:\nS;\n\n-- postgres:\nP;\n";
        assert_eq!(statements(text, Engine::Sqlite), ["CREATE TABLE a (b BLOB) WITHOUT ROWID;", "S;"]);
        assert_eq!(statements(text, Engine::Postgres), ["CREATE TABLE a (b BYTEA) ;", "P;"]);
    }

    #[test]
    fn numbers_only_grow() {
        assert!(MIGRATIONS.windows(2).all(|pair| pair[0].number < pair[1].number));
    }
}
