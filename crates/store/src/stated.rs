//! What is stated, delivery after delivery, for a job that looks at all of it: page by page, so that it needs the memory
//! of one page.

use crate::body::{self, Member};
use crate::query::sql;
use crate::{Store, StoreError};
use access::JobPermit;
use model::reading::Resource;
use model::{DeliveryId, FacilityId, SourceName};

const OPERATION: &str = "look through what is stated";

/// What one delivery states of one set, as it was read last.
pub struct Stated {
    /// The delivery.
    pub delivery: DeliveryId,
    /// Whose.
    pub facility: FacilityId,
    /// Through which feed.
    pub source: SourceName,
    /// The delivery was withdrawn: what it states is in no view.
    pub withdrawn: bool,
    /// The records.
    pub resources: Vec<Resource>,
}

/// How far a look got.
#[derive(Default)]
pub struct StatedCursor {
    delivery: Vec<u8>,
    part: i64,
    edition: i64,
}

impl Store {
    /// How many deliveries are kept or withdrawn.
    pub async fn delivery_count(&self) -> Result<i64, StoreError> {
        let query = sql("SELECT COUNT(*) FROM delivery WHERE state <> 'receiving'");
        self.rows("count deliveries", query).await?.first().map_or(Ok(0), |row| row.int(0))
    }

    /// The next statements after the cursor, at most so many, and the cursor moves; empty at the end. Statements of one
    /// delivery come together. `wanted` sees the packed resources as JSON text and says which to unpack: reading all would
    /// take far longer.
    pub async fn next_stated(
        &self,
        _permit: &JobPermit,
        cursor: &mut StatedCursor,
        limit: u32,
        wanted: &(dyn Fn(&[u8]) -> bool + Sync),
    ) -> Result<Vec<Stated>, StoreError> {
        let rows = self
            .rows(
                OPERATION,
                sql("SELECT s.delivery, s.part, s.edition, s.source, s.state, s.members, d.facility \
                     FROM statement s JOIN delivery d ON d.id = s.delivery \
                     WHERE (s.delivery, s.part, s.edition) > ($1, $2, $3) AND s.state <> 1 AND d.state <> 'receiving' \
                     ORDER BY s.delivery, s.part, s.edition LIMIT $4")
                .bytes(cursor.delivery.clone())
                .int(cursor.part)
                .int(cursor.edition)
                .int(limit),
            )
            .await?;
        let mut page = Vec::with_capacity(rows.len());
        for row in rows {
            (cursor.delivery, cursor.part, cursor.edition) = (row.bytes(0)?, row.int(1)?, row.int(2)?);
            let text = body::decompress(OPERATION, &row.bytes(5)?)?;
            let mut resources = Vec::new();
            if wanted(&text) {
                let members: Vec<Member> = serde_json::from_slice(&text)
                    .map_err(|_| StoreError::corrupt(OPERATION, "a body is not JSON"))?;
                resources = members.into_iter().map(|member| member.resource).collect();
            }
            page.push(Stated {
                delivery: DeliveryId(row.id(0)?),
                facility: row.word(6)?,
                source: row.word(3)?,
                withdrawn: row.int(4)? == 2,
                resources,
            });
        }
        Ok(page)
    }
}
