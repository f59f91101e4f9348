//! How the statements of one set fold into versions of its records. Pure.
//!
//! Events are applied in [`Position`] order, whatever order they arrived in, so every arrival gives the same
//! course. The state between two events is complete: appending the next event to a stored state gives exactly
//! what folding everything again would give.
//!
//! The rules:
//! - A statement with whole records, or without any, replaces its set: what it does not name is removed.
//! - A version is a no-op only if equal to the current one, so A→B→A is three versions.
//! - `superseded` states its records like any other and marks them: the source has replaced them already.
//! - `deleted` ends every member; its records are what was deleted. Deletions in a row are one.
//! - A supplement never replaces a set. It fills top-level elements that no whole statement of the record has
//!   given since the record last began; the newest supplement that has an element gives it. That the message
//!   which carried a supplement was deleted says nothing about the supplement.

use crate::body::{ContentDigest, digest};
use model::reading::{Effect, Extent, Resource, SourceOrder};
use model::{DeliveryId, RecordId};
use std::collections::{BTreeMap, BTreeSet};

/// Where an event stands in its set's course; compares as bytes. First the source's own order, then what
/// makes it total: when the source last touched the file, the effect (a file is stated before it is marked
/// superseded or deleted), the feed's number, the delivery, the part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub(crate) struct Position(pub Vec<u8>);

impl Position {
    pub(crate) fn new(
        order: &SourceOrder,
        source_time: &str,
        effect: Effect,
        delivery_sequence: i64,
        delivery: DeliveryId,
        part: i64,
    ) -> Self {
        let mut bytes = Vec::with_capacity(80);
        for text in [order.time.as_str(), &order.sequence, source_time] {
            bytes.extend(text.bytes().map(|byte| byte.max(1)));
            bytes.push(0);
        }
        bytes.push(match effect {
            Effect::Stated => 0,
            Effect::Superseded => 1,
            Effect::Deleted => 2,
        });
        let sortable = |number: i64| (number as u64 ^ (1 << 63)).to_be_bytes();
        bytes.extend_from_slice(&sortable(delivery_sequence));
        bytes.extend_from_slice(delivery.0.as_bytes());
        bytes.extend_from_slice(&sortable(part));
        Self(bytes)
    }

    /// The source's time, up to 17 digits.
    pub(crate) fn time(&self) -> String {
        self.0.iter().take_while(|byte| **byte != 0).map(|byte| char::from(*byte)).collect()
    }
}

/// One statement, as far as the fold is concerned.
pub(crate) struct Event<'a> {
    pub effect: Effect,
    pub members: Vec<Stated<'a>>,
}

/// One record as stated.
#[derive(Clone, Copy)]
pub(crate) struct Stated<'a> {
    pub id: RecordId,
    pub extent: Extent,
    pub digest: ContentDigest,
    pub resource: &'a Resource,
}

/// Where a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Life {
    /// Not stated, or everything that stated it was withdrawn or read differently.
    #[default]
    Absent,
    Stated,
    /// Stated, and marked as replaced at the source.
    Superseded,
    /// The source has deleted it.
    Deleted,
    /// Its set no longer names it.
    Removed,
}

impl Life {
    pub(crate) fn is_live(self) -> bool {
        matches!(self, Self::Stated | Self::Superseded)
    }
}

/// A body put together from whole statements and supplements.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Merged {
    pub body: Resource,
    /// Elements that whole statements have given.
    pub owned: BTreeSet<String>,
}

/// One record's state between two events.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct MemberState {
    pub life: Life,
    pub digest: ContentDigest,
    /// Kept where supplements may come.
    pub merged: Option<Merged>,
}

/// A set's state between two events.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct SetState {
    pub members: BTreeMap<RecordId, MemberState>,
}

/// What an event does to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// A new content.
    Put { superseded: bool },
    /// The source deleted it. `stated`: the statement holds what was deleted.
    Delete { stated: bool },
    /// Its set no longer names it.
    Remove,
    /// Same content, marked or unmarked as superseded.
    Mark { superseded: bool },
}

/// A change of one record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    pub record: RecordId,
    pub act: Act,
    pub digest: ContentDigest,
    /// The body, where it is not simply the statement's.
    pub merged: Option<Resource>,
}

/// A supplement came for a record whose elements were not tracked: fold the set again from its beginning.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NeedsHistory;

impl SetState {
    /// Applies the next event. `track` keeps bodies for supplements. After an error the state is useless.
    pub(crate) fn apply(&mut self, event: &Event<'_>, track: bool) -> Result<Vec<Step>, NeedsHistory> {
        let mut last = BTreeMap::new();
        for stated in &event.members {
            last.insert(stated.id, *stated);
        }
        let replaces = last.is_empty() || last.values().any(|stated| stated.extent == Extent::Whole);
        let deletes = replaces && event.effect == Effect::Deleted;
        let mut steps = Vec::with_capacity(last.len());
        for stated in last.values() {
            let member = self.members.entry(stated.id).or_default();
            let step = match stated.extent {
                _ if deletes => member.end(stated.id, Act::Delete { stated: true }, stated.digest),
                Extent::Whole => member.state(stated, event.effect == Effect::Superseded, track),
                Extent::Supplement => member.supplement(stated)?,
            };
            steps.extend(step);
        }
        if replaces {
            let act = if deletes { Act::Delete { stated: false } } else { Act::Remove };
            for (id, member) in self.members.iter_mut().filter(|(id, _)| !last.contains_key(id)) {
                if member.life.is_live() {
                    steps.extend(member.end(*id, act, member.digest));
                }
            }
        }
        Ok(steps)
    }
}

impl MemberState {
    fn end(&mut self, record: RecordId, act: Act, digest: ContentDigest) -> Option<Step> {
        if matches!(self.life, Life::Deleted | Life::Removed) {
            return None;
        }
        self.life = if act == Act::Remove { Life::Removed } else { Life::Deleted };
        self.digest = digest;
        self.merged = None;
        Some(Step { record, act, digest, merged: None })
    }

    fn state(&mut self, stated: &Stated<'_>, superseded: bool, track: bool) -> Option<Step> {
        let (mut now, mut body) = (stated.digest, None);
        if track || self.merged.is_some() {
            let mut owned: BTreeSet<String> = stated.resource.keys().cloned().collect();
            let mut whole = stated.resource.clone();
            let mut filled = false;
            if let Some(before) = self.merged.take() {
                owned.extend(before.owned);
                let mut fills: Vec<_> =
                    before.body.into_iter().filter(|(name, _)| !owned.contains(name)).collect();
                fills.sort_by(|(a, _), (b, _)| a.cmp(b));
                filled = !fills.is_empty();
                whole.extend(fills);
            }
            if filled {
                now = digest(&whole);
                body = Some(whole.clone());
            }
            self.merged = Some(Merged { body: whole, owned });
        }
        self.put(stated.id, now, superseded, body)
    }

    fn supplement(&mut self, stated: &Stated<'_>) -> Result<Option<Step>, NeedsHistory> {
        let mut merged = match self.merged.take() {
            Some(merged) => merged,
            None if self.life.is_live() => return Err(NeedsHistory),
            None => Merged { body: Resource::new(), owned: BTreeSet::new() },
        };
        let (mut body, mut fills) = (Resource::new(), BTreeMap::new());
        for (name, value) in std::mem::take(&mut merged.body) {
            if merged.owned.contains(&name) {
                body.insert(name, value);
            } else {
                fills.insert(name, value);
            }
        }
        for (name, value) in stated.resource {
            if !merged.owned.contains(name) {
                fills.insert(name.clone(), value.clone());
            }
        }
        // What every resource starts with stays in front.
        for name in ["resourceType", "id"] {
            if let Some(value) = fills.remove(name) {
                body.insert(name.to_owned(), value);
            }
        }
        body.extend(fills);
        let now = digest(&body);
        let superseded = self.life == Life::Superseded;
        let differs = now != stated.digest;
        merged.body = body;
        let body = differs.then(|| merged.body.clone());
        self.merged = Some(merged);
        Ok(self.put(stated.id, now, superseded, body))
    }

    fn put(
        &mut self,
        record: RecordId,
        digest: ContentDigest,
        superseded: bool,
        merged: Option<Resource>,
    ) -> Option<Step> {
        let was = std::mem::replace(&mut self.life, if superseded { Life::Superseded } else { Life::Stated });
        let same = was.is_live() && self.digest == digest;
        self.digest = digest;
        if !same {
            Some(Step { record, act: Act::Put { superseded }, digest, merged })
        } else if was != self.life {
            Some(Step { record, act: Act::Mark { superseded }, digest, merged: None })
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests;
