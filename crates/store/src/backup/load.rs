//! Back in: an empty database, one transaction, then the sums of what is there beside the sums of what was.

use super::stream::{Cell, Reader, Record};
use super::tables::{self, Kind, Table};
use super::{Contents, Header, LOADING, Progress, damaged, save};
use crate::db::{Database, Engine, Tx};
use crate::error::{ErrorKind, StoreError};
use crate::insert::rows_text;
use crate::query::sql;
use crate::{Store, StoreConfig, blobs, migrations};
use bytes::Bytes;
use model::clock::SharedClock;
use std::collections::BTreeMap;
use std::io::Read;

/// Rows written by one statement.
const ROWS: usize = 64;

impl Store {
    /// Loads a backup into an empty database and opens it. Anything wrong with the file, and nothing is there.
    pub async fn restore(
        config: &StoreConfig,
        clock: SharedClock,
        input: impl Read + Send,
        progress: Progress<'_>,
    ) -> Result<(Self, Header, Contents), StoreError> {
        let (mut reader, header) = Reader::new(input)?;
        let database = Database::open(&config.database).await?;
        let kept = blobs::Blobs::open(&config.blobs)?;
        migrations::run_to(&database, &header.schema, &crate::stamp(&clock)).await?;
        let mut tx = database.begin(LOADING).await?;
        if tx.engine() == Engine::Postgres {
            tx.raw("SET LOCAL statement_timeout = 0").await?;
        }
        let there = tables::all(&mut tx).await?;
        empty(&mut tx, &there).await?;
        if there != header.tables {
            return Err(damaged("its tables are not those of its schema"));
        }
        let contents = rows(&mut reader, &mut tx, &there, &kept, progress).await?;
        let found = sums(&mut tx, &there).await?;
        if let Some((table, _)) = contents.tables.iter().find(|(table, sum)| found.get(*table) != Some(sum)) {
            return Err(damaged(format_args!("the rows of {table} are not those that were written")));
        }
        let blobs = save::blobs_named(&mut tx).await?.len() as u64;
        if blobs != contents.blobs {
            return Err(damaged(format_args!("{blobs} blobs are named, {} are in it", contents.blobs)));
        }
        tx.commit_slowly().await?;
        database.close().await;
        Ok((Self::open(config, clock).await?, header, contents))
    }

    /// Compares the store with what a backup held, reading every row and every blob again from where they are now.
    /// Gives what differs, in words. Meaningful right after a restore, before anybody writes.
    pub async fn verify(
        &self,
        contents: &Contents,
        progress: Progress<'_>,
    ) -> Result<Vec<String>, StoreError> {
        let mut wrong = Vec::new();
        let mut tx = self.snapshot("verify a restored store").await?;
        if tx.engine() == Engine::Postgres {
            tx.raw("SET LOCAL statement_timeout = 0").await?;
        }
        let there = tables::all(&mut tx).await?;
        let found = sums(&mut tx, &there).await?;
        for (table, sum) in &contents.tables {
            match found.get(table) {
                Some(now) if now == sum => {}
                Some(now) => wrong.push(format!(
                    "{table}: {} rows were written, {} differ or are there",
                    sum.rows, now.rows
                )),
                None => wrong.push(format!("{table}: the table is missing")),
            }
        }
        let named = save::blobs_named(&mut tx).await?;
        tx.commit().await?;
        for (done, sha256) in named.iter().enumerate() {
            let same = match self.inner.blobs.get(sha256).await {
                Ok(bytes) => crate::body::sha256(&bytes) == *sha256,
                Err(error) if error.kind == ErrorKind::Corrupt => false,
                Err(error) => return Err(error),
            };
            if !same {
                wrong.push(format!("blob {sha256} is missing or not what it was"));
            }
            progress(done as u64 + 1);
        }
        Ok(wrong)
    }
}

/// Says so if anything is there already.
async fn empty(tx: &mut Tx, tables: &[Table]) -> Result<(), StoreError> {
    for table in tables {
        let text = format!("SELECT 1 FROM {} LIMIT 1", table.name);
        if tx.optional(sql(text)).await?.is_some() {
            return Err(StoreError::new(
                ErrorKind::Conflict,
                LOADING,
                format_args!("その場所は空ではありません ({})。新しい場所に戻してください", table.name),
            ));
        }
    }
    Ok(())
}

async fn sums(tx: &mut Tx, tables: &[Table]) -> Result<BTreeMap<String, super::Sum>, StoreError> {
    let mut sums = BTreeMap::new();
    for table in tables {
        let sum = save::each_row(tx, table, |_| Ok(())).await?;
        sums.insert(table.name.clone(), sum);
    }
    Ok(sums)
}

async fn rows(
    reader: &mut Reader<impl Read + Send>,
    tx: &mut Tx,
    tables: &[Table],
    kept: &blobs::Blobs,
    progress: Progress<'_>,
) -> Result<Contents, StoreError> {
    let mut table: Option<&Table> = None;
    let mut waiting: Vec<Vec<Cell>> = Vec::with_capacity(ROWS);
    let mut done = 0;
    loop {
        let record = reader.next(table.map_or(0, |table| table.columns.len()))?;
        if !matches!(record, Record::Row(_)) || waiting.len() >= ROWS {
            write(tx, table, &mut waiting).await?;
        }
        match record {
            Record::Table(number) => {
                let named = usize::try_from(number).ok().and_then(|number| tables.get(number));
                table = Some(named.ok_or_else(|| damaged("it names a table that is not in its list"))?);
            }
            Record::Row(cells) => {
                waiting.push(cells);
                done += 1;
                if done % 1000 == 0 {
                    progress(done);
                }
            }
            Record::Blob(sha256, bytes) => {
                if crate::body::sha256(&bytes) != sha256 {
                    return Err(damaged(format_args!("blob {sha256} is not what it was")));
                }
                kept.put(&sha256, Bytes::from(bytes)).await?;
                done += 1;
                progress(done);
            }
            Record::End(contents) => return Ok(contents),
        }
    }
}

async fn write(tx: &mut Tx, table: Option<&Table>, rows: &mut Vec<Vec<Cell>>) -> Result<(), StoreError> {
    let Some(table) = table.filter(|_| !rows.is_empty()) else { return Ok(()) };
    let head = format!("INSERT INTO {} ({})", table.name, table.list());
    let mut query = sql(rows_text(&head, "", rows.len(), table.columns.len(), tx.engine()));
    for (cell, (_, kind)) in rows.drain(..).flat_map(|row| row.into_iter().zip(&table.columns)) {
        query = match (kind, cell) {
            (Kind::Int, Cell::Int(value)) => query.int(value),
            (Kind::Text, Cell::Null) => query.text_or_null(None),
            (Kind::Text, Cell::Bytes(bytes)) => {
                query.text(String::from_utf8(bytes).map_err(|_| damaged("it holds text that is none"))?)
            }
            (Kind::Bytes, Cell::Null) => query.bytes_or_null(None),
            (Kind::Bytes, Cell::Bytes(bytes)) => query.bytes(bytes),
            _ => return Err(damaged(format_args!("a value does not fit its column in {}", table.name))),
        };
    }
    tx.execute(query).await.map(|_| ())
}
