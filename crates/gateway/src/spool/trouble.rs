//! Paths that cannot be sent, and why: shown at the facility, counted in heartbeats.

use super::seen::json_list;
use super::{Spool, SpoolError};
use crate::tree::Trouble;
use model::{Personal, SourceName};
use protocol::TroubleCount;

/// A path in trouble, for a person at the facility.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotedTrouble {
    /// The feed.
    pub source: String,
    /// Path below the root.
    pub path: Personal<String>,
    /// Machine word, see `docs/protocol.md`.
    pub code: String,
    /// Since when, RFC 3339 UTC.
    pub since: String,
}

impl Spool {
    /// Notes troubles met in scan `scan` (a number that grows). One that is there already keeps its beginning.
    pub(crate) async fn note(
        &self,
        source: &SourceName,
        scan: i64,
        troubles: &[Trouble],
    ) -> Result<(), SpoolError> {
        if troubles.is_empty() {
            return Ok(());
        }
        let now = self.now();
        let list: Vec<_> = troubles.iter().map(|each| (each.path.reveal(), each.code)).collect();
        sqlx::query(
            "INSERT INTO trouble (source, path, code, since, noted)
             SELECT $1, value ->> 0, value ->> 1, $2, $3 FROM json_each($4) WHERE true
             ON CONFLICT (source, path) DO UPDATE SET noted = excluded.noted, code = excluded.code,
                 since = CASE WHEN trouble.code = excluded.code THEN trouble.since ELSE excluded.since END",
        )
        .bind(source.as_str())
        .bind(now)
        .bind(scan)
        .bind(json_list(&list))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// After a full scan: forgets troubles that neither it nor the one before met again. `vanished` files
    /// cannot be met again; those are forgotten after a day.
    pub(crate) async fn forget(&self, source: &SourceName, before_scan: i64) -> Result<(), SpoolError> {
        let yesterday = self.clock.now() - jiff::SignedDuration::from_hours(24);
        sqlx::query(
            "DELETE FROM trouble WHERE source = $1
             AND CASE code WHEN 'vanished' THEN since < $3 ELSE noted < $2 END",
        )
        .bind(source.as_str())
        .bind(before_scan)
        .bind(yesterday.to_string())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// How many paths are in which trouble.
    pub(crate) async fn trouble_counts(&self, source: &SourceName) -> Result<Vec<TroubleCount>, SpoolError> {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT code, count(*) FROM trouble WHERE source = $1 GROUP BY code ORDER BY code",
        )
        .bind(source.as_str())
        .fetch_all(&self.pool)
        .await?;
        let count = |(code, count)| TroubleCount { code, count: u64::try_from(count).unwrap_or(0) };
        Ok(rows.into_iter().map(count).collect())
    }

    /// Every path in trouble, for a person at the facility.
    pub async fn troubles(&self) -> Result<Vec<NotedTrouble>, SpoolError> {
        let rows: Vec<(String, String, String, String)> =
            sqlx::query_as("SELECT source, path, code, since FROM trouble ORDER BY since, source, path")
                .fetch_all(&self.pool)
                .await?;
        let noted =
            |(source, path, code, since)| NotedTrouble { source, path: Personal::new(path), code, since };
        Ok(rows.into_iter().map(noted).collect())
    }
}
