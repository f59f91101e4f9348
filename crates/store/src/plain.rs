//! Single statements, each in a transaction of its own, and the clock in milliseconds.

use crate::query::{Query, Row};
use crate::{Store, StoreError};

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

    /// The present moment in milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> i64 {
        self.inner.clock.now().as_millisecond()
    }
}
