//! Single statements, each in a transaction of its own, and the clock in milliseconds.

use crate::commit::bucket_of;
use crate::query::{Query, Row, sql};
use crate::{Store, StoreError};
use model::{DeliveryId, FacilityId, SourceName};
use std::collections::HashSet;

impl Store {
    /// The rows of one query, from one moment.
    pub(crate) async fn rows(&self, operation: &'static str, query: Query) -> Result<Vec<Row>, StoreError> {
        let mut tx = self.snapshot(operation).await?;
        let rows = tx.all(query).await?;
        tx.commit().await?;
        Ok(rows)
    }

    /// Runs one statement; gives the number of rows it changed.
    pub(crate) async fn run(&self, operation: &'static str, query: Query) -> Result<u64, StoreError> {
        let mut tx = self.begin(operation).await?;
        let changed = tx.execute(query).await?;
        tx.commit().await?;
        Ok(changed)
    }

    /// Which of these deliveries are there already, whole.
    pub async fn known(&self, ids: &[DeliveryId]) -> Result<HashSet<DeliveryId>, StoreError> {
        let mut known = HashSet::new();
        for some in ids.chunks(64) {
            let each = |at: usize| format!("(bucket = ${} AND id = ${})", at * 2 + 1, at * 2 + 2);
            let any: Vec<String> = (0..some.len()).map(each).collect();
            let text =
                format!("SELECT id FROM delivery WHERE state <> 'receiving' AND ({})", any.join(" OR "));
            let query = some.iter().fold(sql(text), |query, id| query.int(bucket_of(id.0)).id(id.0));
            for row in self.rows("look for deliveries", query).await? {
                known.insert(DeliveryId(row.id(0)?));
            }
        }
        Ok(known)
    }

    /// What was last kept of a file that is written over in place: SHA-256 of its bytes and its number in the gateway's
    /// spool. Not asked of SS-MIX2 storages, where files are never written over.
    pub async fn latest_of_path(
        &self,
        facility: &FacilityId,
        source: &SourceName,
        path: &str,
    ) -> Result<Option<(String, i64)>, StoreError> {
        let text = "SELECT sha256, sequence FROM delivery WHERE facility = $1 AND source = $2 AND path = $3 \
             AND format <> 'ss-mix2' AND state = 'kept' ORDER BY sequence DESC LIMIT 1";
        let query = sql(text).text(facility.as_str()).text(source.as_str()).text(path);
        let rows = self.rows("look for a file's latest delivery", query).await?;
        rows.first().map(|row| Ok((row.text(0)?, row.int(1)?))).transpose()
    }

    /// The present moment in milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> i64 {
        self.inner.clock.now().as_millisecond()
    }
}
