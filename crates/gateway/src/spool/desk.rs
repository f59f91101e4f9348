//! The spool as a person at the facility handles it, from another process, also while the gateway runs: stop and go,
//! what was refused, sending again. The gateway notices within a second.

use super::{Refused, SpoolError, connect, prepare};
use crate::spool::blob::{BlobFolder, BlobName};
use model::Personal;
use sqlx::SqlitePool;
use std::path::Path;

/// Which deliveries are meant; nothing set means all.
#[derive(Debug, Clone, Default)]
pub struct Which {
    /// Of this source.
    pub source: Option<String>,
    /// Refused with this code.
    pub code: Option<String>,
    /// Taken in at this moment or later, RFC 3339 UTC.
    pub since: Option<String>,
}

/// A spool, handled by a person.
pub struct Desk {
    pool: SqlitePool,
    folder: std::path::PathBuf,
}

impl Desk {
    /// Opens the spool of a gateway's data directory, which must be there.
    pub async fn open(data: &Path) -> Result<Self, SpoolError> {
        let folder = data.join("gateway");
        let file = folder.join("spool.sqlite");
        if !file.is_file() {
            return Err(SpoolError::Folder(std::io::ErrorKind::NotFound.into()));
        }
        let pool = connect(&file).await?;
        prepare(&pool).await?;
        Ok(Self { pool, folder })
    }

    /// Stops the sending until [`Desk::go`]; it stays stopped over restarts. What comes in is kept here.
    pub async fn stop(&self, now: &str) -> Result<(), SpoolError> {
        let stop = sqlx::query("INSERT INTO control (only, stopped) VALUES (1, $1) ON CONFLICT DO NOTHING");
        stop.bind(now).execute(&self.pool).await?;
        Ok(())
    }

    /// Lets it send again.
    pub async fn go(&self) -> Result<(), SpoolError> {
        sqlx::query("DELETE FROM control").execute(&self.pool).await?;
        Ok(())
    }

    /// Since when it is stopped, if it is.
    pub async fn stopped(&self) -> Result<Option<String>, SpoolError> {
        Ok(sqlx::query_scalar("SELECT stopped FROM control").fetch_optional(&self.pool).await?)
    }

    /// What waits, by source: how many, their bytes, since when the oldest, and why the hub did not keep it.
    pub async fn waiting(&self) -> Result<Vec<(String, i64, i64, String, String)>, SpoolError> {
        let rows = sqlx::query_as(
            "SELECT source, count(*), sum(size), min(found), max(reason) FROM delivery WHERE refused = 0
             GROUP BY source ORDER BY source",
        );
        Ok(rows.fetch_all(&self.pool).await?)
    }

    /// What was refused, oldest first.
    pub async fn refused(&self, which: &Which) -> Result<Vec<Refused>, SpoolError> {
        let rows: Vec<(String, String, String, String)> = sqlx::query_as(
            "SELECT source, path, coalesce(code, ''), coalesce(text, '') FROM delivery
             WHERE refused = 1 AND ($1 IS NULL OR source = $1) AND ($2 IS NULL OR code = $2)
             AND ($3 IS NULL OR found >= $3) ORDER BY id",
        )
        .bind(&which.source)
        .bind(&which.code)
        .bind(&which.since)
        .fetch_all(&self.pool)
        .await?;
        let refused = |(source, path, code, text)| Refused { source, path: Personal::new(path), code, text };
        Ok(rows.into_iter().map(refused).collect())
    }

    /// Sends what was refused once more, oldest first; gives the number.
    pub async fn resend(&self, which: &Which) -> Result<u64, SpoolError> {
        let done = sqlx::query(
            "UPDATE delivery SET refused = 0, attempts = 0
             WHERE refused = 1 AND ($1 IS NULL OR source = $1) AND ($2 IS NULL OR code = $2)
             AND ($3 IS NULL OR found >= $3)",
        );
        let done = done.bind(&which.source).bind(&which.code).bind(&which.since).execute(&self.pool).await?;
        Ok(done.rows_affected())
    }

    /// Lets go of the bytes of what was refused, which somebody has looked at; gives the number.
    pub async fn discard(&self, which: &Which) -> Result<u64, SpoolError> {
        let gone: Vec<Option<String>> = sqlx::query_scalar(
            "DELETE FROM delivery WHERE refused = 1 AND ($1 IS NULL OR source = $1) AND ($2 IS NULL OR code = $2)
             AND ($3 IS NULL OR found >= $3) RETURNING blob",
        )
        .bind(&which.source)
        .bind(&which.code)
        .bind(&which.since)
        .fetch_all(&self.pool)
        .await?;
        let bodies = BlobFolder::open(self.folder.join("bodies"))?;
        let count = gone.len() as u64;
        gone.into_iter().flatten().for_each(|name| bodies.remove(&BlobName(name)));
        Ok(count)
    }

    /// How many files the hub has acknowledged would be read and sent again.
    pub async fn seen(&self, which: &Which) -> Result<u64, SpoolError> {
        let count: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM seen JOIN source ON source.name = seen.source
             WHERE state = 'acknowledged' AND root <> '' AND ($1 IS NULL OR source = $1)",
        )
        .bind(&which.source)
        .fetch_one(&self.pool)
        .await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Forgets that the hub has these files: each that is still in its folder is found by the next scan and sent again
    /// (what the hub has is known to it); gives the number.
    pub async fn again(&self, which: &Which) -> Result<u64, SpoolError> {
        let done = sqlx::query(
            "DELETE FROM seen WHERE state = 'acknowledged' AND ($1 IS NULL OR source = $1)
             AND source IN (SELECT name FROM source WHERE root <> '')",
        );
        Ok(done.bind(&which.source).execute(&self.pool).await?.rows_affected())
    }
}
