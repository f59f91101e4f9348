//! Safe keeping: the whole store as one stream, from one moment, while others write; and back again.
//!
//! The stream is the same for both engines, so a region can move from one to the other. It holds the rows of every
//! table and the blobs they name, with a count and a digest of each table at its end ([`stream`]). Loading needs an
//! empty database, makes the schema that the rows were written under, loads all of it in one transaction and only
//! then brings the schema up to date: a load that was cut leaves nothing behind.
//!
//! Not in it: sessions (after a restore everybody logs in again) and whose turn it is to write. Not here: where the
//! file lies, who may read it.

mod load;
mod save;
mod stream;
mod tables;

use crate::error::{ErrorKind, StoreError};
use crate::migrations::Applied;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Tables that are not kept: what they say ends with the process.
const PASSING: &[&str] = &["writer", "session", "schema_migration"];

/// What a backup holds, by table; the numbers by which a restored store is compared with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// Rows and digest of each table.
    pub tables: BTreeMap<String, Sum>,
    /// Blobs.
    pub blobs: u64,
    /// Bytes of the blobs.
    pub blob_bytes: u64,
}

impl Contents {
    /// Rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.values().map(|sum| sum.rows).sum()
    }
}

/// How many rows, and a digest that does not depend on their order: the sum of the SHA-256 of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sum {
    /// Rows.
    pub rows: u64,
    /// Sum of the digests, modulo 2^256 in four lanes of 64 bits.
    lanes: [u64; 4],
}

impl Sum {
    fn add(&mut self, digest: &[u8; 32]) {
        self.rows += 1;
        for (lane, part) in self.lanes.iter_mut().zip(digest.chunks_exact(8)) {
            *lane = lane.wrapping_add(part.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)));
        }
    }
}

impl Serialize for Sum {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let lanes: String = self.lanes.iter().map(|lane| format!("{lane:016x}")).collect();
        (self.rows, lanes).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Sum {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (rows, text) = <(u64, String)>::deserialize(deserializer)?;
        let mut lanes = [0; 4];
        for (place, lane) in lanes.iter_mut().enumerate() {
            let part = text.get(place * 16..place * 16 + 16).unwrap_or_default();
            *lane = u64::from_str_radix(part, 16).map_err(serde::de::Error::custom)?;
        }
        Ok(Self { rows, lanes })
    }
}

/// The first line of a backup.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Header {
    /// Version of the stream: 1.
    pub version: u32,
    /// The moment the store is shown at, UTC.
    pub made_at: String,
    /// Engine it was read from.
    pub engine: String,
    /// The schema its rows are of.
    pub(crate) schema: Vec<Applied>,
    pub(crate) tables: Vec<tables::Table>,
}

/// What a load found wrong: the file, not the place.
fn damaged(what: impl std::fmt::Display) -> StoreError {
    StoreError::corrupt(LOADING, what)
}

fn unreadable(error: &std::io::Error) -> StoreError {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => damaged("it ends before its end"),
        std::io::ErrorKind::InvalidData | std::io::ErrorKind::Other => damaged("it cannot be unpacked"),
        kind => StoreError::new(ErrorKind::Unavailable, LOADING, kind),
    }
}

const SAVING: &str = "write a backup";
const LOADING: &str = "read a backup";

/// What goes on, for whoever waits: rows and blobs so far.
pub type Progress<'a> = &'a (dyn Fn(u64) + Sync);
