//! What changed: per bucket without gaps and in commit order; no clinical value is in it.

use crate::Store;
use crate::error::StoreError;
use crate::query::{Row, sql};
use model::facility::RecordKind;
use model::{CompartmentId, FacilityId, PersonId, RecordId};
use sha2::{Digest as _, Sha256};

/// One row of the change feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which feed.
    pub bucket: i64,
    /// Place in it, from 1, without gaps.
    pub seq: i64,
    /// Whose record.
    pub compartment: CompartmentId,
    /// Which record.
    pub record: RecordId,
    /// Its kind.
    pub kind: RecordKind,
    /// The feed of the facility it came through.
    pub source: String,
    /// `put`, `delete`: news. `mark`, `history`, `reread`, `withdraw`: to be shown, but not unread.
    pub op: String,
    /// When it was committed: RFC 3339, UTC.
    pub at: String,
}

/// Where a person's compartments stand in their feeds. Equal positions mean that nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeedPosition {
    /// Last sequence of each compartment, by compartment; 0 = nothing yet.
    pub compartments: Vec<(CompartmentId, i64)>,
}

impl FeedPosition {
    /// A short text that is equal for equal positions, for event ids.
    pub fn token(&self) -> String {
        let mut hash = Sha256::new();
        for (compartment, seq) in &self.compartments {
            hash.update(compartment.0.as_bytes());
            hash.update(seq.to_be_bytes());
        }
        crate::body::hex(&crate::body::shortened(&hash.finalize()))
    }
}

impl Store {
    /// Where the person's compartments stand now.
    pub async fn feed_position(&self, person: PersonId) -> Result<FeedPosition, StoreError> {
        let mut tx = self.snapshot("read the feed's position").await?;
        let rows = tx
            .all(
                sql(
                    "SELECT compartment.id, compartment_head.seq FROM compartment LEFT JOIN compartment_head \
                     ON compartment_head.bucket = compartment.bucket \
                     AND compartment_head.compartment = compartment.id \
                     WHERE compartment.person = $1 AND compartment.inbox = 0 ORDER BY compartment.id",
                )
                .id(person.0),
            )
            .await?;
        tx.commit().await?;
        let compartments = rows
            .iter()
            .map(|row| Ok((CompartmentId(row.id(0)?), row.int_or_null(1)?.unwrap_or_default())))
            .collect::<Result<_, StoreError>>()?;
        Ok(FeedPosition { compartments })
    }

    /// The next changes of a bucket after `seq`, oldest first.
    pub async fn changes_since(&self, bucket: i64, seq: i64, limit: u32) -> Result<Vec<Change>, StoreError> {
        let text = format!("{SELECT} WHERE bucket = $1 AND seq > $2 ORDER BY seq LIMIT $3");
        let mut tx = self.snapshot("read the change feed").await?;
        let rows = tx.all(sql(text).int(bucket).int(seq).int(limit)).await?;
        tx.commit().await?;
        rows.iter().map(change).collect()
    }

    /// The next changes of a compartment after `seq`, oldest first.
    pub async fn compartment_changes_since(
        &self,
        compartment: CompartmentId,
        seq: i64,
        limit: u32,
    ) -> Result<Vec<Change>, StoreError> {
        let mut tx = self.snapshot("read the change feed").await?;
        let place =
            tx.optional(sql("SELECT bucket FROM compartment WHERE id = $1").id(compartment.0)).await?;
        let Some(place) = place else {
            return Err(StoreError::not_found("read the change feed", "compartment"));
        };
        let text =
            format!("{SELECT} WHERE bucket = $1 AND compartment = $2 AND seq > $3 ORDER BY seq LIMIT $4");
        let query = sql(text).int(place.int(0)?).id(compartment.0).int(seq).int(limit);
        let rows = tx.all(query).await?;
        tx.commit().await?;
        rows.iter().map(change).collect()
    }

    /// Compartments whose Patient or Coverage changed since they were last registered, oldest first, with the
    /// count to hand back to [`Store::registered`].
    pub async fn registrations_due(
        &self,
        limit: u32,
    ) -> Result<Vec<(CompartmentId, FacilityId, i64)>, StoreError> {
        let mut tx = self.snapshot("read what is to be registered").await?;
        let rows = tx
            .all(
                sql("SELECT id, facility, registration_due FROM compartment WHERE registration_due > 0 \
                     ORDER BY created_at LIMIT $1")
                .int(limit),
            )
            .await?;
        tx.commit().await?;
        rows.iter().map(|row| Ok((CompartmentId(row.id(0)?), row.word(1)?, row.int(2)?))).collect()
    }
}

const SELECT: &str = "SELECT bucket, seq, compartment, record, kind, source, op, at FROM change";

fn change(row: &Row) -> Result<Change, StoreError> {
    Ok(Change {
        bucket: row.int(0)?,
        seq: row.int(1)?,
        compartment: CompartmentId(row.id(2)?),
        record: RecordId(row.id(3)?),
        kind: row.word(4)?,
        source: row.text(5)?,
        op: row.text(6)?,
        at: row.text(7)?,
    })
}
