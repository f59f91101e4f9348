//! Out: every row of one moment, then the blobs they name.

use super::stream::{Cell, Writer, encode};
use super::tables::{self, Kind, Table};
use super::{Contents, Header, Progress, SAVING, Sum};
use crate::db::{Engine, Tx};
use crate::error::{ErrorKind, StoreError};
use crate::query::{Row, sql};
use crate::{Store, migrations};
use access::JobPermit;
use std::collections::BTreeMap;
use std::io::Write;

fn unwritten(error: std::io::Error) -> StoreError {
    let kind = match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => ErrorKind::DiskFull,
        _ => ErrorKind::Unavailable,
    };
    StoreError::new(kind, SAVING, error.kind())
}

impl Store {
    /// Writes the store of this moment, while others go on writing. It is in the audit before anything is written.
    /// The stream is whole when this returns; making it durable is the caller's.
    pub async fn backup<W: Write + Send>(
        &self,
        permit: &JobPermit,
        out: W,
        progress: Progress<'_>,
    ) -> Result<(W, Contents), StoreError> {
        self.audit_job(permit, "backup", "store", "").await?;
        let mut tx = self.snapshot(SAVING).await?;
        if tx.engine() == Engine::Postgres {
            // A large table takes longer than any statement of a page may.
            tx.raw("SET LOCAL statement_timeout = 0").await?;
        }
        let tables = tables::all(&mut tx).await?;
        let header = Header {
            version: 1,
            made_at: self.now(),
            engine: self.engine().word().to_owned(),
            schema: migrations::applied(&mut tx).await?,
            tables: tables.clone(),
        };
        let mut writer = Writer::new(out, &header).map_err(unwritten)?;
        let mut sums = BTreeMap::new();
        let mut done = 0;
        for (number, table) in tables.iter().enumerate() {
            writer.table(number as u64).map_err(unwritten)?;
            let sum = each_row(&mut tx, table, |encoded| {
                done += 1;
                if done % 1000 == 0 {
                    progress(done);
                }
                writer.row(encoded).map_err(unwritten)
            })
            .await?;
            sums.insert(table.name.clone(), sum);
        }
        let named = blobs_named(&mut tx).await?;
        tx.commit().await?;
        let (mut blobs, mut blob_bytes) = (0, 0);
        for sha256 in named {
            let bytes = self.inner.blobs.get(&sha256).await?;
            let digest: [u8; 32] = crate::body::sha256_raw(&bytes);
            if crate::body::hex(&digest) != sha256 {
                return Err(StoreError::corrupt(SAVING, format_args!("blob {sha256} is not what it was")));
            }
            writer.blob(&digest, &bytes).map_err(unwritten)?;
            blobs += 1;
            blob_bytes += bytes.len() as u64;
            done += 1;
            progress(done);
        }
        let contents = Contents { tables: sums, blobs, blob_bytes };
        let out = writer.finish(&contents).map_err(unwritten)?;
        Ok((out, contents))
    }
}

/// Every row of a table, encoded; gives their sum.
pub(super) async fn each_row(
    tx: &mut Tx,
    table: &Table,
    mut each: impl FnMut(&[u8]) -> Result<(), StoreError> + Send,
) -> Result<Sum, StoreError> {
    let (mut sum, mut encoded) = (Sum::default(), Vec::new());
    let text = format!("SELECT {} FROM {}", table.list(), table.name);
    tx.each(sql(text), |row| {
        let cells = cells(&row, table)?;
        sum.add(&encode(&cells, &mut encoded));
        each(&encoded)
    })
    .await?;
    Ok(sum)
}

fn cells(row: &Row, table: &Table) -> Result<Vec<Cell>, StoreError> {
    let columns = table.columns.iter().enumerate();
    columns
        .map(|(column, (_, kind))| {
            Ok(match kind {
                Kind::Int => row.int_or_null(column)?.map_or(Cell::Null, Cell::Int),
                Kind::Text => {
                    row.text_or_null(column)?.map_or(Cell::Null, |text| Cell::Bytes(text.into_bytes()))
                }
                Kind::Bytes => row.bytes_or_null(column)?.map_or(Cell::Null, Cell::Bytes),
            })
        })
        .collect()
}

/// Names of the blobs that rows of this moment name, each once.
pub(super) async fn blobs_named(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    let rows = tx.all(sql("SELECT DISTINCT sha256 FROM content WHERE place = 2 ORDER BY sha256")).await?;
    rows.iter().map(|row| row.text(0)).collect()
}
