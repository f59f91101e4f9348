//! Taking in what a receiver got, which has no file behind it: bytes and "seen" in one commit, as with files.

use super::{Spool, SpoolError};
use crate::tree::read::{Body, SMALL, Taken};
use crate::tree::{Candidate, Stamp};
use model::{Personal, SourceName};
use protocol::hex;
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// So many of the last deliveries of a receiver are remembered after the hub has acknowledged them. One that is sent
/// again after more than that goes to the hub again, which knows it.
const REMEMBERED: i64 = 200_000;

/// What a receiver got.
pub(crate) struct Received {
    /// Under which it is known: the same bytes under the same path are the same delivery.
    pub path: Personal<String>,
    pub bytes: Vec<u8>,
}

/// Something handed over and what became of it, for a person at the facility.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HandedOver {
    /// Its number in the source.
    pub sequence: u64,
    pub size: u64,
    /// When it came, nanoseconds since 1970 UTC.
    pub came: i64,
    /// `waiting`, `acknowledged` or `refused`.
    pub state: String,
    /// The hub's words, if it refused.
    pub reason: Option<String>,
}

impl Spool {
    /// Takes these in, in this order; those that are known already are not taken again. Durable when it returns.
    /// Gives the source's last sequence if any was new.
    pub(crate) async fn receive(
        &self,
        source: &SourceName,
        items: Vec<Received>,
    ) -> Result<Option<u64>, SpoolError> {
        let mtime = i64::try_from(self.now_exactly().as_nanosecond()).unwrap_or(0);
        let mut files = Vec::with_capacity(items.len());
        for Received { path, bytes } in items {
            let stamp = Stamp { size: bytes.len() as u64, mtime };
            let sha256 = hex(&Sha256::digest(&bytes));
            let candidate = Candidate { path, place: Personal::new(PathBuf::new()), stamp };
            let body = if stamp.size <= SMALL { Ok(Body::Row(bytes)) } else { self.blob(&bytes) };
            match body {
                Ok(body) => files.push(Taken { candidate, sha256, body }),
                Err(error) => {
                    self.unused(files);
                    return Err(error.into());
                }
            }
        }
        self.take_in(source, files).await
    }

    /// Writes a large body; a moment's work of the disk, at most 64 MiB.
    fn blob(&self, bytes: &[u8]) -> std::io::Result<Body> {
        let write = || {
            let mut blob = self.blobs.create()?;
            blob.write(bytes)?;
            blob.finish().map(Body::Blob)
        };
        match tokio::runtime::Handle::try_current().map(|handle| handle.runtime_flavor()) {
            Ok(tokio::runtime::RuntimeFlavor::MultiThread) => tokio::task::block_in_place(write),
            _ => write(),
        }
    }

    fn unused(&self, files: Vec<Taken>) {
        for file in files {
            if let Body::Blob(name) = file.body {
                self.blobs.remove(&name);
            }
        }
    }

    /// Forgets what the hub has acknowledged, but for the last ones.
    pub(crate) async fn forget_received(&self, source: &SourceName) -> Result<(), SpoolError> {
        sqlx::query(
            "DELETE FROM seen WHERE source = $1 AND state = 'acknowledged'
             AND sequence <= (SELECT sequence FROM source WHERE name = $1) - $2",
        )
        .bind(source.as_str())
        .bind(REMEMBERED)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// The path that was taken in last of those below a folder.
    pub(crate) async fn last_below(
        &self,
        source: &SourceName,
        folder: &str,
    ) -> Result<Option<String>, SpoolError> {
        // `0` comes right after `/`.
        let path = sqlx::query_scalar(
            "SELECT path FROM seen WHERE source = $1 AND path > $2 || '/' AND path < $2 || '0'
             ORDER BY sequence DESC LIMIT 1",
        );
        Ok(path.bind(source.as_str()).bind(folder).fetch_optional(&self.pool).await?)
    }

    /// How far a source has been pulled.
    pub(crate) async fn mark(&self, source: &SourceName) -> Result<Option<String>, SpoolError> {
        let mark = sqlx::query_scalar("SELECT mark FROM pulled WHERE source = $1");
        Ok(mark.bind(source.as_str()).fetch_optional(&self.pool).await?)
    }

    /// Notes how far a source has been pulled.
    pub(crate) async fn set_mark(&self, source: &SourceName, mark: &str) -> Result<(), SpoolError> {
        let set = sqlx::query(
            "INSERT INTO pulled (source, mark) VALUES ($1, $2)
             ON CONFLICT (source) DO UPDATE SET mark = excluded.mark",
        );
        set.bind(source.as_str()).bind(mark).execute(&self.pool).await?;
        Ok(())
    }

    /// What came last by a receiver, newest first. No path: it carries patient numbers.
    pub(crate) async fn handed_over(
        &self,
        source: &SourceName,
        most: i64,
    ) -> Result<Vec<HandedOver>, SpoolError> {
        let rows: Vec<(i64, i64, i64, String, Option<String>)> = sqlx::query_as(
            "SELECT s.sequence, s.size, s.mtime, s.state, d.text FROM seen s
             LEFT JOIN delivery d ON d.source = s.source AND d.path = s.path AND d.sequence = s.sequence
                 AND d.refused = 1
             WHERE s.source = $1 ORDER BY s.sequence DESC LIMIT $2",
        )
        .bind(source.as_str())
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        let unsigned = |number: i64| u64::try_from(number).unwrap_or(0);
        let handed = |(sequence, size, came, state, reason)| HandedOver {
            sequence: unsigned(sequence),
            size: unsigned(size),
            came,
            state,
            reason,
        };
        Ok(rows.into_iter().map(handed).collect())
    }
}
