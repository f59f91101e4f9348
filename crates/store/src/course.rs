//! A record's course: the versions it has had, in source order, and how a course folded anew meets the one
//! that is stored. Pure.
//!
//! Numbers of versions only grow and are never given twice; a course folded anew keeps the number of every
//! version it still contains, so that what did not change stays what it was.

use crate::body::ContentDigest;
use crate::fold::{Act, Position, Step};
use model::reading::Resource;
use std::collections::BTreeMap;

/// What a version is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// A content.
    Put,
    /// The source deleted the record.
    Delete,
    /// The set it belongs to no longer names it.
    Remove,
    /// Every statement of it was withdrawn or is read differently now.
    Retract,
}

impl Op {
    /// The word in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Put => "put",
            Self::Delete => "delete",
            Self::Remove => "remove",
            Self::Retract => "retract",
        }
    }
}

impl std::str::FromStr for Op {
    type Err = ();
    fn from_str(word: &str) -> Result<Self, ()> {
        [Self::Put, Self::Delete, Self::Remove, Self::Retract]
            .into_iter()
            .find(|op| op.word() == word)
            .ok_or(())
    }
}

/// One version of a course.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub op: Op,
    pub digest: ContentDigest,
    pub superseded: bool,
    pub position: Position,
    /// Which statement it comes from, by the caller's numbering.
    pub statement: usize,
    /// The body, where it is not the statement's.
    pub merged: Option<Resource>,
}

impl Entry {
    /// What a step alone makes of a record that one set names; `None` for marks.
    pub(crate) fn of(step: Step, position: Position, statement: usize) -> Option<Self> {
        let (op, superseded) = match step.act {
            Act::Put { superseded } => (Op::Put, superseded),
            Act::Delete { .. } => (Op::Delete, false),
            Act::Remove => (Op::Remove, false),
            Act::Mark { .. } => return None,
        };
        Some(Self { op, digest: step.digest, superseded, position, statement, merged: step.merged })
    }

    /// The one version of a record nothing states any more.
    pub(crate) fn retracted() -> Self {
        Self {
            op: Op::Retract,
            digest: ContentDigest::default(),
            superseded: false,
            position: Position::default(),
            statement: usize::MAX,
            merged: None,
        }
    }
}

/// A step of one of the sets that name a record.
pub(crate) struct SetStep {
    /// Which set, by the caller's numbering.
    pub set: usize,
    pub statement: usize,
    pub position: Position,
    pub step: Step,
}

/// Folds the steps of every set that names a record into its course. Mostly there is one set; where several
/// name the same record the latest content counts, and it is gone when none of them names it any more.
pub(crate) fn course(mut steps: Vec<SetStep>) -> Vec<Entry> {
    steps.sort_by(|a, b| (&a.position, a.set).cmp(&(&b.position, b.set)));
    let mut holders: BTreeMap<usize, Entry> = BTreeMap::new();
    let mut course: Vec<Entry> = Vec::new();
    for SetStep { set, statement, position, step } in steps {
        if let Act::Mark { superseded } = step.act {
            if let Some(held) = holders.get_mut(&set) {
                held.superseded = superseded;
            }
            if let Some(last) = course.last_mut().filter(|last| last.digest == step.digest) {
                last.superseded = superseded;
            }
            continue;
        }
        let Some(entry) = Entry::of(step, position, statement) else { continue };
        if entry.op == Op::Put {
            holders.insert(set, entry.clone());
            push(&mut course, entry);
        } else {
            holders.remove(&set);
            let rest = holders.values().max_by(|a, b| a.position.cmp(&b.position));
            match rest {
                Some(held) => {
                    let held = Entry { position: entry.position, ..held.clone() };
                    push(&mut course, held);
                }
                None => push(&mut course, entry),
            }
        }
    }
    course
}

fn push(course: &mut Vec<Entry>, entry: Entry) {
    match course.last_mut() {
        Some(last) if last.op == Op::Put && entry.op == Op::Put && last.digest == entry.digest => {
            last.superseded = entry.superseded;
        }
        Some(last) if last.op != Op::Put && entry.op != Op::Put => {}
        _ => course.push(entry),
    }
}

/// For each wanted version the index of the stored one it is: a longest common subsequence by operation and
/// content, so that as many versions as possible stay what they were.
pub(crate) fn align(stored: &[(Op, ContentDigest)], wanted: &[(Op, ContentDigest)]) -> Vec<Option<usize>> {
    let mut matches = vec![None; wanted.len()];
    let front = stored.iter().zip(wanted).take_while(|(a, b)| a == b).count();
    let back = stored
        .iter()
        .skip(front)
        .rev()
        .zip(wanted.iter().skip(front).rev())
        .take_while(|(a, b)| a == b)
        .count();
    for (index, slot) in matches.iter_mut().enumerate() {
        if index < front {
            *slot = Some(index);
        } else if index >= wanted.len() - back {
            *slot = Some(stored.len() - (wanted.len() - index));
        }
    }
    let old = stored.get(front..stored.len() - back).unwrap_or_default();
    let new = wanted.get(front..wanted.len() - back).unwrap_or_default();
    for (i, j) in common(old, new) {
        if let Some(slot) = matches.get_mut(front + j) {
            *slot = Some(front + i);
        }
    }
    matches
}

/// Pairs of a longest common subsequence.
fn common<T: PartialEq>(old: &[T], new: &[T]) -> Vec<(usize, usize)> {
    let width = new.len() + 1;
    let mut lengths = vec![0u32; (old.len() + 1) * width];
    let at = |lengths: &[u32], i: usize, j: usize| lengths.get(i * width + j).copied().unwrap_or(0);
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            let longest = if a == b {
                at(&lengths, i + 1, j + 1) + 1
            } else {
                at(&lengths, i + 1, j).max(at(&lengths, i, j + 1))
            };
            if let Some(slot) = lengths.get_mut(i * width + j) {
                *slot = longest;
            }
        }
    }
    let (mut pairs, mut i, mut j) = (Vec::new(), 0, 0);
    while let (Some(a), Some(b)) = (old.get(i), new.get(j)) {
        if a == b {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if at(&lengths, i + 1, j) >= at(&lengths, i, j + 1) {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sequence(text: &str) -> Vec<(Op, ContentDigest)> {
        text.bytes().map(|byte| (Op::Put, [byte; 16])).collect()
    }

    #[test]
    fn versions_that_stay_keep_their_numbers() {
        assert_eq!(align(&sequence("ab"), &sequence("ab")), [Some(0), Some(1)]);
        assert_eq!(align(&sequence("a"), &sequence("aba")), [Some(0), None, None]);
        assert_eq!(align(&sequence("aba"), &sequence("ba")), [Some(1), Some(2)]);
        assert_eq!(align(&sequence("abc"), &sequence("axc")), [Some(0), None, Some(2)]);
        assert_eq!(align(&sequence(""), &sequence("a")), [None]);
        assert_eq!(align(&sequence("abcd"), &sequence("")), []);
    }

    proptest! {
        #[test]
        fn matches_are_equal_and_in_order(old in "[abc]{0,9}", new in "[abc]{0,9}") {
            let (old, new) = (sequence(&old), sequence(&new));
            let mut last = None;
            for (wanted, found) in new.iter().zip(align(&old, &new)) {
                if let Some(found) = found {
                    prop_assert_eq!(*wanted, old[found]);
                    prop_assert!(last.is_none_or(|last| last < found));
                    last = Some(found);
                }
            }
        }
    }
}
