//! Single statements, each in a transaction of its own, and the clock in milliseconds.

use crate::commit::bucket_of;
use crate::query::{Query, Row, sql};
use crate::{Store, StoreError};
use model::DeliveryId;
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

    /// The present moment in milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> i64 {
        self.inner.clock.now().as_millisecond()
    }
}
