//! What goes out, and what the answers do to it.

use super::blob::BlobName;
use super::seen::json_list;
use super::{Spool, SpoolError};
use model::{Personal, SourceName};
use sqlx::Row;
use std::collections::HashSet;
use std::path::PathBuf;

/// A delivery that waits.
pub(crate) struct Waiting {
    pub id: i64,
    pub source: SourceName,
    pub format: String,
    pub path: Personal<String>,
    pub sequence: u64,
    pub source_time: String,
    pub sha256: String,
    pub size: u64,
    /// How often the hub could not keep it while it kept others.
    pub attempts: u32,
    pub body: WaitingBody,
}

/// Where its bytes are.
pub(crate) enum WaitingBody {
    Row(Vec<u8>),
    Blob(PathBuf),
}

/// What is not sent for the moment: these deliveries, and everything that must not overtake them.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub ids: HashSet<i64>,
    /// Source and [`in_order`] of each.
    pub keys: HashSet<(String, String)>,
}

/// What must stay in its order: the person whose storage folder it lies in; messages of a line, which only the hub can
/// read, all together; else the file alone.
pub(crate) fn in_order<'a>(format: &str, path: &'a str) -> &'a str {
    match format {
        "ss-mix2" => path.match_indices('/').nth(2).and_then(|(end, _)| path.get(..end)).unwrap_or(path),
        "hl7" => "",
        _ => path,
    }
}

/// A row that was deleted: whether refused, size, body file.
type Gone = (bool, i64, Option<String>);

/// What the hub said of one delivery.
pub(crate) enum Settled {
    /// Kept or known: its bytes may go.
    Acknowledged,
    /// Set aside with its bytes.
    Refused { code: String, text: String },
    /// Not now, and it is this delivery that the hub cannot keep; `counts` if it kept others meanwhile.
    Later { reason: String, counts: bool },
    /// The spool has lost its bytes: forget it, so that the file, if it is still there, is read again.
    Lost,
}

/// A delivery the hub refused, for a person at the facility.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The feed.
    pub source: String,
    /// Path below the root.
    pub path: Personal<String>,
    /// The hub's reason, as a word.
    pub code: String,
    /// The hub's reason, in words.
    pub text: String,
}

impl Spool {
    /// The oldest deliveries that wait, without those held back and what stands behind them: at most `count`, together at
    /// most `bytes` (but at least one). One larger than `alone` comes alone.
    pub(crate) async fn waiting(
        &self,
        held: &Held,
        count: usize,
        bytes: u64,
        alone: u64,
    ) -> Result<Vec<Waiting>, SpoolError> {
        let mut limit = count + held.ids.len();
        let ids = loop {
            let rows: Vec<(i64, i64, String, String, String)> = sqlx::query_as(
                "SELECT d.id, d.size, d.source, s.format, d.path FROM delivery d JOIN source s ON s.name = d.source
                 WHERE d.refused = 0 ORDER BY d.id LIMIT $1",
            )
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.pool)
            .await?;
            let all = rows.len() < limit;
            let free = rows.into_iter().filter(|(id, _, source, format, path)| {
                !held.ids.contains(id)
                    && !held.keys.contains(&(source.clone(), in_order(format, path).to_owned()))
            });
            let (mut ids, mut sum) = (Vec::new(), 0);
            for (id, size, ..) in free.take(count) {
                let size = u64::try_from(size).unwrap_or(0);
                if !ids.is_empty() && (sum + size > bytes || size > alone) {
                    break;
                }
                ids.push(id);
                sum += size;
                if size > alone {
                    break;
                }
            }
            // Many may stand behind one that is held back: others are further down.
            if all || !ids.is_empty() {
                break ids;
            }
            limit = limit.saturating_mul(8);
        };
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = sqlx::query(
            "SELECT d.id, d.source, s.format, d.path, d.sequence, d.source_time, d.sha256, d.size, d.attempts, d.blob, d.body
             FROM delivery d JOIN source s ON s.name = d.source
             WHERE d.id IN (SELECT value FROM json_each($1)) ORDER BY d.id",
        )
        .bind(json_list(&ids))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| self.waiting_of(row)).collect()
    }

    fn waiting_of(&self, row: &sqlx::sqlite::SqliteRow) -> Result<Waiting, SpoolError> {
        let source: String = row.try_get("source")?;
        let blob: Option<String> = row.try_get("blob")?;
        Ok(Waiting {
            id: row.try_get("id")?,
            source: SourceName::new(source).map_err(|error| sqlx::Error::Decode(error.into()))?,
            format: row.try_get("format")?,
            path: Personal::new(row.try_get("path")?),
            sequence: u64::try_from(row.try_get::<i64, _>("sequence")?).unwrap_or(0),
            source_time: row.try_get("source_time")?,
            sha256: row.try_get("sha256")?,
            attempts: row.try_get("attempts")?,
            size: u64::try_from(row.try_get::<i64, _>("size")?).unwrap_or(0),
            body: match blob {
                Some(name) => WaitingBody::Blob(self.blobs.place(&BlobName(name))),
                None => WaitingBody::Row(row.try_get::<Option<Vec<u8>>, _>("body")?.unwrap_or_default()),
            },
        })
    }

    /// Records answers, all in one commit. Only then are the bytes gone.
    pub(crate) async fn settle(&self, answers: &[(i64, Settled)]) -> Result<(), SpoolError> {
        let _counting = self.counting.lock().await;
        let mut tx = self.pool.begin().await?;
        let mut gone: Vec<Gone> = Vec::new();
        let mut set_aside: Vec<i64> = Vec::new();
        for (id, settled) in answers {
            let state = match settled {
                Settled::Later { reason, counts } => {
                    let later = sqlx::query(
                        "UPDATE delivery SET attempts = attempts + $2, reason = $3 WHERE id = $1",
                    );
                    later.bind(id).bind(counts).bind(reason).execute(&mut *tx).await?;
                    continue;
                }
                Settled::Acknowledged => "acknowledged",
                Settled::Refused { .. } => "refused",
                Settled::Lost => "lost",
            };
            sqlx::query(
                "UPDATE seen SET state = $2 FROM delivery d
                 WHERE d.id = $1 AND seen.source = d.source AND seen.path = d.path AND seen.sequence = d.sequence",
            )
            .bind(id)
            .bind(state)
            .execute(&mut *tx)
            .await?;
            if let Settled::Refused { code, text } = settled {
                // Of a file that changes in place and is refused each time, only the last bytes are kept.
                let older = sqlx::query_as(
                    "DELETE FROM delivery WHERE refused = 1 AND id < $1
                     AND (source, path) = (SELECT source, path FROM delivery WHERE id = $1)
                     RETURNING 1, size, blob",
                )
                .bind(id);
                gone.extend(older.fetch_all(&mut *tx).await?);
                let size = sqlx::query_scalar::<_, i64>(
                    "UPDATE delivery SET refused = 1, code = $2, text = $3 WHERE id = $1 AND refused = 0 RETURNING size",
                );
                set_aside.extend(size.bind(id).bind(code).bind(text).fetch_all(&mut *tx).await?);
            } else {
                let done = sqlx::query_as("DELETE FROM delivery WHERE id = $1 RETURNING refused, size, blob");
                gone.extend(done.bind(id).fetch_all(&mut *tx).await?);
            }
        }
        if answers.iter().any(|(_, settled)| matches!(settled, Settled::Lost)) {
            sqlx::query("DELETE FROM seen WHERE state = 'lost'").execute(&mut *tx).await?;
        }
        tx.commit().await?;
        for size in set_aside {
            self.counted(false, -1, -size);
            self.counted(true, 1, size);
        }
        self.let_go(gone);
        Ok(())
    }

    /// After the commit that deleted these rows.
    fn let_go(&self, rows: Vec<Gone>) {
        for (refused, size, blob) in rows {
            self.counted(refused, -1, -size);
            self.remove_blobs(vec![blob]);
        }
    }

    /// What the hub refused, oldest first.
    pub async fn refused(&self) -> Result<Vec<Refused>, SpoolError> {
        let rows = sqlx::query("SELECT source, path, code, text FROM delivery WHERE refused = 1 ORDER BY id")
            .fetch_all(&self.pool)
            .await?;
        let refused = |row: &sqlx::sqlite::SqliteRow| {
            Ok(Refused {
                source: row.try_get("source")?,
                path: Personal::new(row.try_get("path")?),
                code: row.try_get("code")?,
                text: row.try_get("text")?,
            })
        };
        rows.iter().map(refused).collect()
    }

    /// Sends what was refused once more (the hub has learned to read it); gives the number.
    pub async fn resend_refused(&self) -> Result<u64, SpoolError> {
        let done = sqlx::query("UPDATE delivery SET refused = 0, attempts = 0 WHERE refused = 1")
            .execute(&self.pool)
            .await?;
        self.count().await?;
        self.arrived.notify_one();
        Ok(done.rows_affected())
    }

    /// Lets go of the bytes of what was refused (a person has looked at it); gives the number.
    pub async fn drop_refused(&self) -> Result<u64, SpoolError> {
        let _counting = self.counting.lock().await;
        let gone =
            sqlx::query_as::<_, Gone>("DELETE FROM delivery WHERE refused = 1 RETURNING refused, size, blob");
        let gone = gone.fetch_all(&self.pool).await?;
        let count = gone.len() as u64;
        self.let_go(gone);
        Ok(count)
    }
}
