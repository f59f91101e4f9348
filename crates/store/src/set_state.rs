//! Where the fold of a set stands, as one row: enough to append without reading what came before.

use crate::body::{ContentDigest, pack, unpack};
use crate::error::StoreError;
use crate::fold::{Life, MemberState, Merged, Position, SetState};
use model::{CompartmentId, RecordId};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

const OPERATION: &str = "read the state of a set";

/// Compartment, then 8 bytes of the hash of the set's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SetId(pub [u8; 24]);

impl SetId {
    pub(crate) fn new(compartment: CompartmentId, key: &str) -> Self {
        let mut id = [0; 24];
        let hash = Sha256::digest(key.as_bytes());
        for (to, from) in id.iter_mut().zip(compartment.0.as_bytes().iter().chain(hash.iter())) {
            *to = *from;
        }
        Self(id)
    }

    pub(crate) fn from_slice(bytes: &[u8]) -> Result<Self, StoreError> {
        bytes.try_into().map(Self).map_err(|_| StoreError::corrupt(OPERATION, "a set's id"))
    }

    /// Every possible set of a compartment.
    pub(crate) fn span(compartment: CompartmentId) -> std::ops::RangeInclusive<Self> {
        let (mut first, mut last) = ([0; 24], [0xff; 24]);
        for ((low, high), from) in first.iter_mut().zip(&mut last).zip(compartment.0.as_bytes()) {
            (*low, *high) = (*from, *from);
        }
        Self(first)..=Self(last)
    }

    /// Several, as stored one after the other.
    pub(crate) fn list(bytes: &[u8]) -> Result<Vec<Self>, StoreError> {
        bytes.chunks(24).map(Self::from_slice).collect()
    }

    pub(crate) fn compartment(&self) -> Result<CompartmentId, StoreError> {
        self.0
            .get(..16)
            .and_then(CompartmentId::from_bytes)
            .ok_or_else(|| StoreError::corrupt(OPERATION, "a set's id"))
    }
}

/// What the store adds to a member's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Book {
    /// Number of the current version; 0 = none yet.
    pub version: u32,
    /// How many numbers were given.
    pub versions: u32,
    /// Another set names the record too.
    pub shared: bool,
}

/// A set as stored.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct StoredSet {
    pub key: String,
    /// Position of its last statement.
    pub position: Position,
    pub fold: SetState,
    pub books: BTreeMap<RecordId, Book>,
}

#[derive(Serialize, Deserialize)]
struct PackedMerged {
    body: model::reading::Resource,
    owned: std::collections::BTreeSet<String>,
}

const SHARED: u8 = 0x10;
const MERGED: u8 = 0x20;

impl StoredSet {
    pub(crate) fn encode(&self) -> Result<Vec<u8>, StoreError> {
        let mut out = Vec::with_capacity(1 + self.fold.members.len() * 41);
        out.push(1);
        for (id, member) in &self.fold.members {
            let book = self.books.get(id).copied().unwrap_or_default();
            out.extend_from_slice(id.0.as_bytes());
            let life = match member.life {
                Life::Absent => 0,
                Life::Stated => 1,
                Life::Superseded => 2,
                Life::Deleted => 3,
                Life::Removed => 4,
            };
            let shared = if book.shared { SHARED } else { 0 };
            out.push(life | shared | if member.merged.is_some() { MERGED } else { 0 });
            out.extend_from_slice(&member.digest);
            out.extend_from_slice(&book.version.to_be_bytes());
            out.extend_from_slice(&book.versions.to_be_bytes());
            if let Some(merged) = &member.merged {
                let merged = PackedMerged { body: merged.body.clone(), owned: merged.owned.clone() };
                let packed = pack(OPERATION, &merged)?;
                out.extend_from_slice(&(packed.len() as u32).to_be_bytes());
                out.extend_from_slice(&packed);
            }
        }
        Ok(out)
    }

    pub(crate) fn decode(key: String, position: Vec<u8>, bytes: &[u8]) -> Result<Self, StoreError> {
        let mut set = Self { key, position: Position(position), ..Self::default() };
        let mut rest = Reader(bytes);
        if rest.take::<1>()? != [1] {
            return Err(StoreError::corrupt(OPERATION, "an unknown layout"));
        }
        while !rest.0.is_empty() {
            let id = RecordId(uuid::Uuid::from_bytes(rest.take()?));
            let [flags] = rest.take()?;
            let digest: ContentDigest = rest.take()?;
            let life = match flags & 0x0f {
                0 => Life::Absent,
                1 => Life::Stated,
                2 => Life::Superseded,
                3 => Life::Deleted,
                4 => Life::Removed,
                _ => return Err(StoreError::corrupt(OPERATION, "an unknown state")),
            };
            let version = u32::from_be_bytes(rest.take()?);
            let versions = u32::from_be_bytes(rest.take()?);
            let mut merged = None;
            if flags & MERGED != 0 {
                let length = u32::from_be_bytes(rest.take()?);
                let packed: PackedMerged = unpack(OPERATION, rest.slice(length as usize)?)?;
                merged = Some(Merged { body: packed.body, owned: packed.owned });
            }
            set.fold.members.insert(id, MemberState { life, digest, merged });
            set.books.insert(id, Book { version, versions, shared: flags & SHARED != 0 });
        }
        Ok(set)
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn slice(&mut self, length: usize) -> Result<&'a [u8], StoreError> {
        let (taken, rest) =
            self.0.split_at_checked(length).ok_or_else(|| StoreError::corrupt(OPERATION, "it ends early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        self.slice(N)?.try_into().map_err(|_| StoreError::corrupt(OPERATION, "it ends early"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    proptest! {
        #[test]
        fn a_state_reads_back(members in proptest::collection::vec(
            (any::<u128>(), 0u8..5, any::<[u8; 16]>(), any::<u32>(), any::<u32>(), any::<bool>(), any::<bool>()), 0..6,
        )) {
            let mut set = StoredSet { key: "k".into(), position: Position(vec![3]), ..StoredSet::default() };
            for (id, life, digest, version, versions, shared, merged) in members {
                let id = RecordId(uuid::Uuid::from_u128(id));
                let life = [Life::Absent, Life::Stated, Life::Superseded, Life::Deleted, Life::Removed][life as usize];
                let merged = merged.then(|| Merged {
                    body: json!({"a": 1}).as_object().cloned().unwrap(),
                    owned: ["a".to_owned()].into(),
                });
                set.fold.members.insert(id, MemberState { life, digest, merged });
                set.books.insert(id, Book { version, versions, shared });
            }
            let bytes = set.encode().unwrap();
            prop_assert_eq!(StoredSet::decode("k".into(), vec![3], &bytes).unwrap(), set);
        }

        #[test]
        fn damage_is_an_error_and_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = StoredSet::decode(String::new(), Vec::new(), &bytes);
        }
    }
}
