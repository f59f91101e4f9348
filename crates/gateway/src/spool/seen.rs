//! Which files are news, and taking them in: bytes, sequence and "seen" in one commit.

use super::{Spool, SpoolError};
use crate::tree::read::{Body, Taken};
use crate::tree::{Candidate, Stamp};
use jiff::Timestamp;
use model::SourceName;
use model::clock::jst;
use sqlx::{Row, Sqlite, Transaction};
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::Ordering;

/// A file read less than this after its modification time is read once more later: within the
/// resolution of the file system's clock it could change again and look the same.
const YOUNG: i64 = 2_000_000_000;

/// A source as the spool knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownSource {
    pub name: SourceName,
    pub last_sequence: u64,
}

impl Spool {
    /// The name of the feed under `root`: the given one, or the one it had before, or a new one made of the
    /// format's word (`Format::word` or [`protocol::AUTO`]). If the format of a source was corrected, what the hub had refused is sent again.
    pub(crate) async fn source(
        &self,
        root: &Path,
        format: &str,
        given: Option<&SourceName>,
    ) -> Result<KnownSource, SpoolError> {
        let root = model::path_text::text_of(root);
        let mut tx = self.pool.begin().await?;
        let known: Vec<(String, String)> =
            sqlx::query_as("SELECT name, root FROM source").fetch_all(&mut *tx).await?;
        let before = known.iter().find(|(_, its_root)| *its_root == root).map(|(name, _)| name.clone());
        let name = match (given, before) {
            (Some(given), _) => given.as_str().to_owned(),
            (None, Some(before)) => before,
            (None, None) => {
                let numbered = (2..).map(|number| format!("{format}-{number}"));
                let mut names = std::iter::once(format.to_owned()).chain(numbered);
                let free = |name: &String| !known.iter().any(|(taken, _)| taken == name);
                names.find(free).unwrap_or_default()
            }
        };
        let row = sqlx::query(
            "INSERT INTO source (name, root, format) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET root = excluded.root RETURNING format, sequence",
        )
        .bind(&name)
        .bind(&root)
        .bind(format)
        .fetch_one(&mut *tx)
        .await?;
        sqlx::query("UPDATE source SET root = '' WHERE root = $1 AND name <> $2")
            .bind(&root)
            .bind(&name)
            .execute(&mut *tx)
            .await?;
        if row.try_get::<&str, _>("format")? != format {
            sqlx::query("UPDATE source SET format = $2 WHERE name = $1")
                .bind(&name)
                .bind(format)
                .execute(&mut *tx)
                .await?;
            sqlx::query("UPDATE delivery SET refused = 0 WHERE refused = 1 AND source = $1")
                .bind(&name)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        self.count().await?;
        let sequence: i64 = row.try_get("sequence")?;
        let name = SourceName::new(name).map_err(|error| sqlx::Error::Decode(error.into()))?;
        Ok(KnownSource { name, last_sequence: u64::try_from(sequence).unwrap_or(0) })
    }

    /// Those of the files that are new, changed, or were read too young to be sure.
    pub(crate) async fn news(
        &self,
        source: &SourceName,
        files: Vec<Candidate>,
    ) -> Result<Vec<Candidate>, SpoolError> {
        let paths: Vec<&str> = files.iter().map(|file| file.path.reveal().as_str()).collect();
        let rows = sqlx::query(
            "SELECT path, size, mtime FROM seen
             WHERE source = $1 AND young = 0 AND path IN (SELECT value FROM json_each($2))",
        )
        .bind(source.as_str())
        .bind(json_list(&paths))
        .fetch_all(&self.pool)
        .await?;
        let mut settled = HashMap::with_capacity(rows.len());
        for row in rows {
            let stamp = Stamp { size: unsigned(row.try_get("size")?), mtime: row.try_get("mtime")? };
            settled.insert(row.try_get::<String, _>("path")?, stamp);
        }
        Ok(files.into_iter().filter(|file| settled.get(file.path.reveal()) != Some(&file.stamp)).collect())
    }

    /// True if the path was taken in before; with a stamp: in that state.
    pub(crate) async fn has_seen(
        &self,
        source: &SourceName,
        path: &str,
        stamp: Option<Stamp>,
    ) -> Result<bool, SpoolError> {
        let seen: Option<(i64, i64)> =
            sqlx::query_as("SELECT size, mtime FROM seen WHERE source = $1 AND path = $2")
                .bind(source.as_str())
                .bind(path)
                .fetch_optional(&self.pool)
                .await?;
        Ok(seen.is_some_and(|(size, mtime)| {
            stamp.is_none_or(|stamp| stamp == Stamp { size: unsigned(size), mtime })
        }))
    }

    /// Takes files in: those with new bytes get the next sequence numbers and wait to be sent. Durable when it
    /// returns. Gives the source's last sequence if any was new.
    pub(crate) async fn take_in(
        &self,
        source: &SourceName,
        files: Vec<Taken>,
    ) -> Result<Option<u64>, SpoolError> {
        let blobs: Vec<_> = files.iter().map(|file| blob_name(&file.body)).collect();
        match self.try_take_in(source, files).await {
            Ok((sequence, unneeded)) => {
                self.remove_blobs(unneeded);
                if sequence.is_some() {
                    self.arrived.notify_one();
                }
                Ok(sequence)
            }
            Err(error) => {
                // A commit that failed may still have reached the disk: only unnamed bodies may go.
                let named =
                    sqlx::query_scalar::<_, String>("SELECT blob FROM delivery WHERE blob IS NOT NULL");
                if let Ok(named) = named.fetch_all(&self.pool).await {
                    self.remove_blobs(
                        blobs
                            .into_iter()
                            .filter(|name| !name.as_ref().is_some_and(|name| named.contains(name)))
                            .collect(),
                    );
                }
                let _counted_at_next_start = self.count().await;
                Err(error)
            }
        }
    }

    async fn try_take_in(
        &self,
        source: &SourceName,
        files: Vec<Taken>,
    ) -> Result<(Option<u64>, Vec<Option<String>>), SpoolError> {
        let now = self.clock.now();
        let _counting = self.counting.lock().await;
        let mut tx = self.pool.begin().await?;
        let (mut last, mut bytes, mut count, mut unneeded) = (None, 0, 0, Vec::new());
        for file in files {
            let path = file.candidate.path.reveal();
            sqlx::query("DELETE FROM trouble WHERE source = $1 AND path = $2")
                .bind(source.as_str())
                .bind(path)
                .execute(&mut *tx)
                .await?;
            let young = now.as_nanosecond() < i128::from(file.candidate.stamp.mtime) + i128::from(YOUNG);
            let same = sqlx::query(
                "UPDATE seen SET size = $4, mtime = $5, young = $6 WHERE source = $1 AND path = $2 AND sha256 = $3",
            )
            .bind(source.as_str())
            .bind(path)
            .bind(&file.sha256)
            .bind(signed(file.candidate.stamp.size))
            .bind(file.candidate.stamp.mtime)
            .bind(young)
            .execute(&mut *tx)
            .await?;
            if same.rows_affected() > 0 {
                unneeded.push(blob_name(&file.body));
                continue;
            }
            bytes += signed(file.candidate.stamp.size);
            count += 1;
            last = Some(insert(&mut tx, source, file, young, &now).await?);
        }
        tx.commit().await?;
        self.counted(false, count, bytes);
        Ok((last, unneeded))
    }

    /// Files seen, for a check of the whole.
    pub async fn seen_files(&self) -> Result<u64, SpoolError> {
        Ok(unsigned(sqlx::query_scalar("SELECT count(*) FROM seen").fetch_one(&self.pool).await?))
    }

    /// Deliveries waiting at this moment, without a look at the disk.
    pub fn waiting_now(&self) -> u64 {
        unsigned(self.waiting.load(Ordering::Relaxed))
    }
}

async fn insert(
    tx: &mut Transaction<'_, Sqlite>,
    source: &SourceName,
    file: Taken,
    young: bool,
    now: &Timestamp,
) -> Result<u64, SpoolError> {
    let sequence: i64 =
        sqlx::query_scalar("UPDATE source SET sequence = sequence + 1 WHERE name = $1 RETURNING sequence")
            .bind(source.as_str())
            .fetch_one(&mut **tx)
            .await?;
    let Taken { candidate, sha256, body } = file;
    let stamp = candidate.stamp;
    let (row, blob) = match body {
        Body::Row(bytes) => (Some(bytes), None),
        Body::Blob(name) => (None, Some(name.0)),
    };
    sqlx::query(
        "INSERT INTO delivery (source, path, sequence, source_time, sha256, size, found, blob, body)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(source.as_str())
    .bind(candidate.path.reveal())
    .bind(sequence)
    .bind(source_time(stamp.mtime))
    .bind(&sha256)
    .bind(signed(stamp.size))
    .bind(now.to_string())
    .bind(blob)
    .bind(row)
    .execute(&mut **tx)
    .await?;
    sqlx::query(
        "INSERT INTO seen (source, path, size, mtime, sha256, sequence, state, young)
         VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $7)
         ON CONFLICT (source, path) DO UPDATE SET size = excluded.size, mtime = excluded.mtime,
             sha256 = excluded.sha256, sequence = excluded.sequence, state = excluded.state, young = excluded.young",
    )
    .bind(source.as_str())
    .bind(candidate.path.reveal())
    .bind(signed(stamp.size))
    .bind(stamp.mtime)
    .bind(&sha256)
    .bind(sequence)
    .bind(young)
    .execute(&mut **tx)
    .await?;
    Ok(unsigned(sequence))
}

fn blob_name(body: &Body) -> Option<String> {
    match body {
        Body::Blob(name) => Some(name.0.clone()),
        Body::Row(_) => None,
    }
}

/// `YYYYMMDDHHMMSSmmm` in JST; empty if the file has no usable time.
fn source_time(mtime: i64) -> String {
    let Ok(moment) = Timestamp::from_nanosecond(i128::from(mtime)) else { return String::new() };
    let text = moment.to_zoned_datetime(jst()).strftime("%Y%m%d%H%M%S%3f").to_string();
    if mtime != 0 && text.len() == 17 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        text
    } else {
        String::new()
    }
}

pub(super) fn json_list<T: serde::Serialize>(items: &[T]) -> String {
    serde_json::to_string(items).unwrap_or_else(|_| "[]".to_owned())
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::source_time;

    #[test]
    fn times_are_written_in_japan() {
        assert_eq!(source_time(1_775_003_400_123_456_789), "20260401093000123");
        assert_eq!(source_time(0), "");
        assert_eq!(source_time(-1), "19700101085959999");
        assert_eq!(source_time(i64::MIN), "16770921091243145");
    }
}
