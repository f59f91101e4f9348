//! Statements into versions, records, chart and feed, inside one transaction.
//!
//! Mostly a statement is later than every one before in its set: it is appended to the stored state. Where it
//! is not, or where a record is named by several sets, the sets are folded again ([`crate::refold`]).

use crate::chart_line::RecordState;
use crate::course::{Entry, Op};
use crate::db::Tx;
use crate::error::StoreError;
use crate::fold::{Act, Life};
use crate::insert::{Insert, Value};
use crate::prepare::{OPERATION, ReadyPart, effect_word};
use crate::query::{placeholders, sql};
use crate::refold;
use crate::set_state::{SetId, StoredSet};
use crate::writes::{
    Cause, Draft, Face, Move, NewVersion, News, Place, Writes, load_sets, packed_body, padded,
};
use model::reading::PATIENT_KEY;
use model::{CompartmentId, RecordId};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Where compartments are.
pub(crate) struct Places {
    /// Bucket of each compartment.
    pub buckets: HashMap<CompartmentId, i64>,
    /// Made in this transaction: nothing is stored under them yet.
    pub fresh: HashSet<CompartmentId>,
}

impl Places {
    pub(crate) fn bucket(&self, compartment: CompartmentId) -> Result<i64, StoreError> {
        let bucket = self.buckets.get(&compartment).copied();
        bucket.ok_or_else(|| StoreError::corrupt(OPERATION, "a compartment without a bucket"))
    }
}

/// Stores statements and files what they say; gives the compartments whose Patient or Coverage changed.
pub(crate) async fn file(
    tx: &mut Tx,
    places: &Places,
    parts: &[&ReadyPart],
    now: &str,
) -> Result<BTreeSet<CompartmentId>, StoreError> {
    insert_statements(tx, places, parts, 0).await?;
    let mut groups: BTreeMap<SetId, Vec<&ReadyPart>> = BTreeMap::new();
    for part in parts {
        groups.entry(part.set).or_default().push(part);
    }
    let mut wanted = Vec::new();
    for (set, parts) in &mut groups {
        parts.sort_by(|a, b| a.position.cmp(&b.position));
        if !places.fresh.contains(&set.compartment()?) {
            wanted.push(*set);
        }
    }
    let states = load_sets(tx, &wanted).await?;
    let mut again = BTreeSet::new();
    for sets in claims(tx, places, &groups, &states).await?.into_values().filter(|sets| sets.len() > 1) {
        again.extend(sets);
    }
    for (set, parts) in &mut groups {
        let Some((_, state)) = states.get(set) else { continue };
        if state.books.values().any(|book| book.shared) {
            again.insert(*set);
            continue;
        }
        let late = parts.partition_point(|part| part.position <= state.position);
        let mut silent = true;
        for part in parts.iter().take(late) {
            silent = silent && refold::says_nothing_new(tx, places.bucket(part.compartment)?, part).await?;
        }
        if silent {
            parts.drain(..late);
        } else {
            again.insert(*set);
        }
    }
    groups.retain(|_, parts| !parts.is_empty());
    let mut again = refold::closed(tx, again).await?;
    let mut writes = Writes::default();
    for (set, parts) in groups.iter().filter(|(set, _)| !again.contains(*set)).collect::<Vec<_>>() {
        let state = states.get(set).map(|(_, state)| state.clone()).unwrap_or_default();
        if !append(&mut writes, places, *set, state, parts)? {
            // Nothing else names its records, or it would be folded again already.
            again.insert(*set);
        }
    }
    refold::refold(tx, &mut writes, &again).await?;
    writes.flush(tx, Cause::Arrival, now).await
}

/// The sets that name the records of these parts, if they are not the parts' own.
pub(crate) async fn sharing(
    tx: &mut Tx,
    places: &Places,
    parts: &[&ReadyPart],
) -> Result<BTreeSet<SetId>, StoreError> {
    let mut groups: BTreeMap<SetId, Vec<&ReadyPart>> = BTreeMap::new();
    for part in parts {
        groups.entry(part.set).or_default().push(part);
    }
    let claims = claims(tx, places, &groups, &HashMap::new()).await?;
    Ok(claims.into_values().filter(|sets| sets.len() > 1).flatten().collect())
}

type Claims = HashMap<(CompartmentId, RecordId), BTreeSet<SetId>>;

/// Which sets name each record that is new to its set.
async fn claims(
    tx: &mut Tx,
    places: &Places,
    groups: &BTreeMap<SetId, Vec<&ReadyPart>>,
    states: &HashMap<SetId, (i64, StoredSet)>,
) -> Result<Claims, StoreError> {
    let mut claims = Claims::new();
    let mut unsure = Vec::new();
    for (set, parts) in groups {
        let known = states.get(set);
        for part in parts {
            for member in &part.members {
                let here = known.and_then(|(_, state)| state.fold.members.get(&member.id));
                if here.is_some_and(|state| state.life != Life::Absent) {
                    continue;
                }
                claims.entry((part.compartment, member.id)).or_default().insert(*set);
                if !places.fresh.contains(&part.compartment) {
                    unsure.push((places.bucket(part.compartment)?, part.compartment, member.id));
                }
            }
        }
    }
    for chunk in unsure.chunks(32) {
        let keys = padded(chunk);
        let values: Vec<String> =
            (0..keys.len()).map(|at| format!("({})", placeholders(at * 3 + 1, 3))).collect();
        let text = format!(
            "WITH wanted (bucket, compartment, id) AS (VALUES {}) \
             SELECT record.compartment, record.id, record.sets FROM wanted JOIN record \
             ON record.bucket = wanted.bucket AND record.compartment = wanted.compartment \
             AND record.id = wanted.id",
            values.join(",")
        );
        let query = keys.into_iter().fold(sql(text), |query, (bucket, compartment, record)| {
            query.int(bucket).id(compartment.0).id(record.0)
        });
        for row in tx.all(query).await? {
            let key = (CompartmentId(row.id(0)?), RecordId(row.id(1)?));
            claims.entry(key).or_default().extend(SetId::list(&row.bytes(2)?)?);
        }
    }
    Ok(claims)
}

/// Appends statements to a set; false if it must be folded again.
fn append(
    writes: &mut Writes,
    places: &Places,
    id: SetId,
    mut set: StoredSet,
    parts: &[&ReadyPart],
) -> Result<bool, StoreError> {
    // A record that was retracted and is stated again: its retraction is no longer part of its course.
    let is_absent =
        |record: &RecordId| set.fold.members.get(record).is_some_and(|one| one.life == Life::Absent);
    let mut retracted: BTreeMap<RecordId, u32> = set
        .books
        .iter()
        .filter(|(record, book)| book.version > 0 && is_absent(record))
        .map(|(record, book)| (*record, book.version))
        .collect();
    let mut steps = Vec::new();
    for part in parts {
        let Ok(made) = set.fold.apply(&part.event(), part.set_key == PATIENT_KEY) else { return Ok(false) };
        steps.push(made);
        set.key.clone_from(&part.set_key);
        set.position = part.position.clone();
    }
    for (part, made) in parts.iter().zip(steps) {
        let bucket = places.bucket(part.compartment)?;
        for step in made {
            let book = set.books.entry(step.record).or_default();
            let (record, compartment) = (step.record, part.compartment);
            if let Some(number) = retracted.remove(&record) {
                writes.moves.push(Move { bucket, compartment, record, number, to: Place::Out });
            }
            let draft = writes.drafts.entry((part.compartment, record)).or_insert_with(|| Draft {
                bucket,
                state: RecordState::Current,
                version: 0,
                versions: 0,
                sets: BTreeSet::from([id]),
                delivery: part.delivery,
                received_at: String::new(),
                source: String::new(),
                face: None,
                news: None,
                seq: 0,
            });
            draft.delivery = part.delivery;
            draft.received_at.clone_from(&part.received_at);
            draft.source.clone_from(&part.source);
            let stated = || part.members.iter().rev().find(|member| member.id == record);
            match step.act {
                Act::Put { .. } => {
                    let resource = step.merged.as_ref().or_else(|| stated().map(|member| &member.resource));
                    draft.face = resource.map(Face::of);
                    draft.news = Some(News::Put);
                }
                Act::Delete { stated: true } => {
                    draft.face = stated().map(|member| Face::of(&member.resource));
                    draft.news = Some(News::Delete);
                }
                Act::Delete { stated: false } | Act::Remove => draft.news = Some(News::Delete),
                Act::Mark { .. } => draft.news = draft.news.max(Some(News::Mark)),
            }
            draft.state = match step.act {
                Act::Put { superseded } | Act::Mark { superseded } if superseded => RecordState::Superseded,
                Act::Put { .. } | Act::Mark { .. } => RecordState::Current,
                Act::Delete { .. } | Act::Remove => RecordState::Deleted,
            };
            if let Act::Mark { superseded } = step.act {
                writes.mark(bucket, part.compartment, record, book.version, superseded);
            } else if let Some(entry) = Entry::of(step, part.position.clone(), 0) {
                book.versions += 1;
                book.version = book.versions;
                writes.version(NewVersion {
                    bucket,
                    compartment: part.compartment,
                    record,
                    number: book.version,
                    op: entry.op,
                    superseded: entry.superseded,
                    position: entry.position,
                    delivery: part.delivery,
                    part: part.part,
                    edition: part.edition,
                    digest: entry.digest,
                    body: packed_body(entry.merged.as_ref().filter(|_| entry.op == Op::Put))?,
                });
            }
            if let Some(draft) = writes.drafts.get_mut(&(part.compartment, record)) {
                draft.version = book.version;
                draft.versions = book.versions;
            }
        }
    }
    if let Some(part) = parts.first() {
        writes.sets.insert(id, (places.bucket(part.compartment)?, set));
    }
    Ok(true)
}

/// Stores statements as they are.
pub(crate) async fn insert_statements(
    tx: &mut Tx,
    places: &Places,
    parts: &[&ReadyPart],
    state: i64,
) -> Result<(), StoreError> {
    let mut insert = Insert::new(
        "INSERT INTO statement (bucket, delivery, part, edition, compartment, set_id, set_key, order_time, \
         order_sequence, effect, source, source_time, delivery_sequence, received_at, state, digest, \
         dictionary, members)",
        "",
    );
    for part in parts {
        insert.push([
            places.bucket(part.compartment)?.into(),
            part.delivery.0.into(),
            part.part.into(),
            part.edition.into(),
            part.compartment.0.into(),
            part.set.0.as_slice().into(),
            part.set_key.as_str().into(),
            part.order.time.as_str().into(),
            part.order.sequence.as_str().into(),
            effect_word(part.effect).into(),
            part.source.as_str().into(),
            part.source_time.as_str().into(),
            part.delivery_sequence.into(),
            part.received_at.as_str().into(),
            state.into(),
            part.digest.as_slice().into(),
            Value::Int(0),
            part.packed.as_slice().into(),
        ]);
    }
    insert.execute(tx).await
}
