//! A damaged spool: set aside, never deleted, and what can still be read of it is taken over. Files are found again at
//! their source; what a receiver got and the hub has not yet is only here, so it is looked for row by row.

use super::{SpoolError, connect, prepare};
use model::clock::SharedClock;
use sqlx::SqlitePool;
use std::path::{Path, PathBuf};

/// A spool larger than this is not read through at every start: damage shows when it is met.
const LARGEST: u64 = 1 << 30;

/// Looks whether the file is what it was, and makes a new one of it if not.
pub(super) async fn if_damaged(file: &Path, clock: &SharedClock) -> Result<(), SpoolError> {
    let Ok(data) = file.metadata() else { return Ok(()) };
    if data.len() > LARGEST || is_whole(file).await? {
        return Ok(());
    }
    let moment = clock.now().as_millisecond();
    let aside = file.with_file_name(format!("damaged-{moment}.sqlite"));
    for end in ["", "-wal", "-shm"] {
        let name = |path: &Path| PathBuf::from(format!("{}{end}", path.display()));
        if name(file).exists() {
            std::fs::rename(name(file), name(&aside))?;
        }
    }
    let pool = connect(file).await?;
    prepare(&pool).await?;
    let saved = match connect(&aside).await {
        Ok(old) => take_over(&old, &pool, moment).await?,
        // Not even a database: the sources have everything but what receivers got.
        Err(_) => Saved::default(),
    };
    tracing::error!(
        deliveries = saved.deliveries, unreadable = saved.unreadable, seen = saved.seen, aside = %aside.display(),
        "the spool was damaged: what could be read of it was taken over, the rest is read again from its source"
    );
    pool.close().await;
    Ok(())
}

async fn is_whole(file: &Path) -> Result<bool, SpoolError> {
    let checked = match connect(file).await {
        Ok(pool) => {
            let answer = sqlx::query_scalar::<_, String>("PRAGMA quick_check(1)").fetch_one(&pool).await;
            pool.close().await;
            answer
        }
        Err(SpoolError::Database(error)) => Err(error),
        Err(error) => return Err(error),
    };
    match checked {
        Ok(answer) => Ok(answer == "ok"),
        Err(error) if says_damage(&error) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// SQLITE_CORRUPT (11) and SQLITE_NOTADB (26), with their extended codes.
fn says_damage(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<i64>().ok());
    code.is_some_and(|code| matches!(code & 0xff, 11 | 26))
}

#[derive(Default)]
struct Saved {
    deliveries: u64,
    unreadable: u64,
    seen: u64,
}

async fn take_over(old: &SqlitePool, new: &SqlitePool, moment: i64) -> Result<Saved, SpoolError> {
    let mut saved = Saved::default();
    // Names and roots; a sequence that is lost goes on from a number no spool has reached, so that what is found again is
    // newer than what the hub has.
    let sources: Vec<(String, String, String, i64)> =
        sqlx::query_as("SELECT name, root, format, sequence FROM source")
            .fetch_all(old)
            .await
            .unwrap_or_default();
    for (name, root, format, sequence) in &sources {
        sqlx::query("INSERT OR IGNORE INTO source (name, root, format, sequence) VALUES ($1, $2, $3, $4)")
            .bind(name)
            .bind(root)
            .bind(format)
            .bind((*sequence).max(0).saturating_add(moment / 1000))
            .execute(new)
            .await?;
    }
    let stopped: Option<String> =
        sqlx::query_scalar("SELECT stopped FROM control").fetch_optional(old).await.ok().flatten();
    if let Some(stopped) = stopped {
        sqlx::query("INSERT INTO control (only, stopped) VALUES (1, $1)").bind(stopped).execute(new).await?;
    }
    let last: i64 =
        sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM delivery").fetch_one(old).await.unwrap_or(0);
    for id in 1..=last {
        type Row = (
            String,
            String,
            i64,
            String,
            String,
            i64,
            String,
            bool,
            Option<String>,
            Option<String>,
            Option<String>,
            Option<Vec<u8>>,
        );
        let row = sqlx::query_as::<_, Row>(
            "SELECT source, path, sequence, source_time, sha256, size, found, refused, code, text, blob, body
             FROM delivery WHERE id = $1",
        );
        match row.bind(id).fetch_optional(old).await {
            Ok(Some(row)) if is_what_it_was(&row.11, &row.4) => {
                sqlx::query(
                    "INSERT INTO delivery (id, source, path, sequence, source_time, sha256, size, found, refused, code,
                     text, blob, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
                )
                .bind(id)
                .bind(row.0).bind(row.1).bind(row.2).bind(row.3).bind(row.4).bind(row.5).bind(row.6)
                .bind(row.7).bind(row.8).bind(row.9).bind(row.10).bind(row.11)
                .execute(new)
                .await?;
                saved.deliveries += 1;
            }
            Ok(None) => {}
            _ => saved.unreadable += 1,
        }
    }
    // "Seen" is only believed where its bytes are here, or the hub has said that it has them.
    let seen: Vec<(String, String, i64, i64, String, i64, String)> = sqlx::query_as(
        "SELECT source, path, size, mtime, sha256, sequence, state FROM seen WHERE state <> 'lost'",
    )
    .fetch_all(old)
    .await
    .unwrap_or_default();
    for (source, path, size, mtime, sha256, sequence, state) in seen {
        let done = sqlx::query(
            "INSERT OR IGNORE INTO seen (source, path, size, mtime, sha256, sequence, state, young)
             SELECT $1, $2, $3, $4, $5, $6, $7, 1 WHERE $7 = 'acknowledged' OR EXISTS
             (SELECT 1 FROM delivery WHERE source = $1 AND path = $2 AND sequence = $6)",
        )
        .bind(source)
        .bind(path)
        .bind(size)
        .bind(mtime)
        .bind(sha256)
        .bind(sequence)
        .bind(state)
        .execute(new)
        .await?;
        saved.seen += done.rows_affected();
    }
    Ok(saved)
}

/// The bytes in a row are those of its hash; those of a file beside it are looked at when they are sent.
fn is_what_it_was(body: &Option<Vec<u8>>, sha256: &str) -> bool {
    use sha2::Digest as _;
    body.as_ref().is_none_or(|body| protocol::hex(&sha2::Sha256::digest(body)) == sha256)
}
