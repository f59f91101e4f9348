//! Folding sets again from all their statements: for one that came late, for a record that several sets
//! name, for replay and withdrawal. What did not change keeps its number; what is gone gets a tombstone.

use crate::body::{ContentDigest, Member, digest, shortened, unpack};
use crate::chart_line::RecordState;
use crate::course::{Entry, Op, SetStep, align, course};
use crate::db::Tx;
use crate::error::StoreError;
use crate::fold::{Event, Position, Stated};
use crate::prepare::{ReadyPart, parse_effect};
use crate::query::{Row, placeholders, sql};
use crate::set_state::{Book, SetId, StoredSet};
use crate::writes::{Draft, Face, Move, NewVersion, News, Place, Writes, load_sets, packed_body, padded};
use model::reading::{Effect, Extent, PATIENT_KEY, Resource, SourceOrder};
use model::{CompartmentId, DeliveryId, RecordId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

const OPERATION: &str = "fold a set again";

/// A statement as stored.
struct Told {
    bucket: i64,
    delivery: DeliveryId,
    part: i64,
    edition: i64,
    set: SetId,
    set_key: String,
    effect: Effect,
    source: String,
    received_at: String,
    position: Position,
    members: Vec<Member>,
    digests: Vec<ContentDigest>,
}

impl Told {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let effect = parse_effect(&row.text(7)?)
            .ok_or_else(|| StoreError::corrupt(OPERATION, "a statement's effect"))?;
        let order = SourceOrder { time: row.text(5)?, sequence: row.text(6)? };
        let (delivery, part) = (DeliveryId(row.id(1)?), row.int(2)?);
        let members: Vec<Member> = unpack(OPERATION, &row.bytes(12)?)?;
        Ok(Self {
            bucket: row.int(0)?,
            delivery,
            part,
            edition: row.int(3)?,
            set: SetId::from_slice(&row.bytes(4)?)?,
            set_key: row.text(13)?,
            effect,
            source: row.text(8)?,
            received_at: row.text(11)?,
            position: Position::new(&order, &row.text(9)?, effect, row.int(10)?, delivery, part),
            digests: members.iter().map(|member| digest(&member.resource)).collect(),
            members,
        })
    }

    fn event(&self) -> Event<'_> {
        let members = self.members.iter().zip(&self.digests).map(|(member, digest)| Stated {
            id: member.id,
            extent: member.extent,
            digest: *digest,
            resource: &member.resource,
        });
        Event { effect: self.effect, members: members.collect() }
    }

    fn resource(&self, record: RecordId) -> Option<&Resource> {
        self.members.iter().rev().find(|member| member.id == record).map(|member| &member.resource)
    }
}

/// The sets, and every set that names a record they name too.
pub(crate) async fn closed(tx: &mut Tx, mut sets: BTreeSet<SetId>) -> Result<BTreeSet<SetId>, StoreError> {
    let mut open: Vec<SetId> = sets.iter().copied().collect();
    while !open.is_empty() {
        let states = load_sets(tx, &open).await?;
        open.clear();
        for (id, (bucket, state)) in states {
            for (record, _) in state.books.iter().filter(|(_, book)| book.shared) {
                let row = tx
                    .optional(
                        sql("SELECT sets FROM record WHERE bucket = $1 AND compartment = $2 AND id = $3")
                            .int(bucket)
                            .id(id.compartment()?.0)
                            .id(record.0),
                    )
                    .await?;
                let named = row.map(|row| row.bytes(0)).transpose()?.unwrap_or_default();
                open.extend(SetId::list(&named)?.into_iter().filter(|set| sets.insert(*set)));
            }
        }
    }
    Ok(sets)
}

/// True for a late statement that only supplements records with what they had at that place already: then
/// nothing follows from it, before or after. Most messages of a hospital repeat the patient's details.
pub(crate) async fn says_nothing_new(tx: &mut Tx, bucket: i64, part: &ReadyPart) -> Result<bool, StoreError> {
    for member in &part.members {
        if member.extent == Extent::Whole {
            return Ok(false);
        }
        let row = tx
            .optional(
                sql("SELECT op, body, statement.members FROM version JOIN statement \
                     ON statement.delivery = version.delivery AND statement.part = version.part \
                     AND statement.edition = version.edition AND statement.bucket = version.bucket \
                     WHERE version.bucket = $1 AND version.compartment = $2 AND version.record = $3 \
                     AND in_fold = 1 AND position < $4 ORDER BY position DESC LIMIT 1")
                .int(bucket)
                .id(part.compartment.0)
                .id(member.id.0)
                .bytes(part.position.0.clone()),
            )
            .await?;
        let Some(row) = row else { return Ok(false) };
        let body = row.bytes(1)?;
        let there: Option<Resource> = if body.is_empty() {
            let members: Vec<Member> = unpack(OPERATION, &row.bytes(2)?)?;
            members.into_iter().rev().find(|each| each.id == member.id).map(|each| each.resource)
        } else {
            Some(unpack(OPERATION, &body)?)
        };
        let put = row.word::<Op>(0)? == Op::Put;
        let same = |body: Resource| member.resource.iter().all(|(name, value)| body.get(name) == Some(value));
        if !put || !there.is_some_and(same) {
            return Ok(false);
        }
    }
    Ok(!part.members.is_empty())
}

async fn load_statements(tx: &mut Tx, sets: &[SetId]) -> Result<Vec<Told>, StoreError> {
    let mut told = Vec::new();
    for chunk in sets.chunks(64) {
        let ids = padded(chunk);
        let text = format!(
            "SELECT bucket, delivery, part, edition, set_id, order_time, order_sequence, effect, source, \
             source_time, delivery_sequence, received_at, members, set_key FROM statement \
             WHERE set_id IN ({}) AND state = 0",
            placeholders(1, ids.len())
        );
        let query = ids.into_iter().fold(sql(text), |query, id| query.bytes(id.0));
        for row in tx.all(query).await? {
            told.push(Told::read(&row)?);
        }
    }
    told.sort_by(|a, b| (a.set, &a.position).cmp(&(b.set, &b.position)));
    Ok(told)
}

/// A version as stored.
struct Version {
    number: u32,
    op: Op,
    in_fold: bool,
    superseded: bool,
    position: Position,
    delivery: DeliveryId,
    part: i64,
    edition: i64,
    digest: ContentDigest,
}

/// A record as stored.
struct Before {
    state: RecordState,
    version: u32,
    versions: u32,
    sets: BTreeSet<SetId>,
}

#[derive(Default)]
struct Stored {
    versions: Vec<Version>,
    before: Option<Before>,
}

async fn load_records(
    tx: &mut Tx,
    bucket: i64,
    compartment: CompartmentId,
    records: &[RecordId],
) -> Result<HashMap<RecordId, Stored>, StoreError> {
    let mut stored: HashMap<RecordId, Stored> = HashMap::new();
    for chunk in records.chunks(64) {
        let ids = padded(chunk);
        let list = placeholders(3, ids.len());
        let ask = |text: String| sql(text).int(bucket).id(compartment.0).ids(ids.iter().map(|id| id.0));
        let query = ask(format!(
            "SELECT record, number, op, in_fold, superseded, position, delivery, part, edition, digest \
             FROM version WHERE bucket = $1 AND compartment = $2 AND record IN ({list})"
        ));
        for row in tx.all(query).await? {
            stored.entry(RecordId(row.id(0)?)).or_default().versions.push(Version {
                number: number(row.int(1)?)?,
                op: row.word(2)?,
                in_fold: row.flag(3)?,
                superseded: row.flag(4)?,
                position: Position(row.bytes(5)?),
                delivery: DeliveryId(row.id(6)?),
                part: row.int(7)?,
                edition: row.int(8)?,
                digest: shortened(&row.bytes(9)?),
            });
        }
        let query = ask(format!(
            "SELECT id, state, version, versions, sets FROM record \
             WHERE bucket = $1 AND compartment = $2 AND id IN ({list})"
        ));
        for row in tx.all(query).await? {
            stored.entry(RecordId(row.id(0)?)).or_default().before = Some(Before {
                state: row.word(1)?,
                version: number(row.int(2)?)?,
                versions: number(row.int(3)?)?,
                sets: SetId::list(&row.bytes(4)?)?.into_iter().collect(),
            });
        }
    }
    Ok(stored)
}

fn number(value: i64) -> Result<u32, StoreError> {
    u32::try_from(value).map_err(|_| StoreError::corrupt(OPERATION, "a version's number"))
}

/// Folds sets, closed under sharing, from all their statements.
pub(crate) async fn refold(
    tx: &mut Tx,
    writes: &mut Writes,
    sets: &BTreeSet<SetId>,
) -> Result<(), StoreError> {
    if sets.is_empty() {
        return Ok(());
    }
    let ids: Vec<SetId> = sets.iter().copied().collect();
    let old = load_sets(tx, &ids).await?;
    let told = load_statements(tx, &ids).await?;
    let mut steps: BTreeMap<CompartmentId, BTreeMap<RecordId, Vec<SetStep>>> = BTreeMap::new();
    let mut folded: BTreeMap<SetId, (i64, StoredSet)> = BTreeMap::new();
    for (index, id) in ids.iter().enumerate() {
        let (set, made) = fold_one(&told, *id, index)?;
        let compartment = steps.entry(id.compartment()?).or_default();
        for step in made {
            compartment.entry(step.step.record).or_default().push(step);
        }
        let before = old.get(id);
        for record in before.iter().flat_map(|(_, set)| set.books.keys()) {
            compartment.entry(*record).or_default();
        }
        let bucket = before.map(|(bucket, _)| *bucket);
        let first = told.get(told.partition_point(|each| each.set < *id));
        let bucket = bucket.or_else(|| first.filter(|each| each.set == *id).map(|each| each.bucket));
        let Some(bucket) = bucket else { continue };
        let key = before.map(|(_, set)| set.key.clone()).filter(|_| set.key.is_empty());
        folded.insert(*id, (bucket, StoredSet { key: key.unwrap_or(set.key.clone()), ..set }));
    }
    for (compartment, records) in steps {
        let Some((_, (bucket, _))) = folded.range(SetId::span(compartment)).next() else { continue };
        let bucket = *bucket;
        let names: Vec<RecordId> = records.keys().copied().collect();
        let mut stored = load_records(tx, bucket, compartment, &names).await?;
        for (record, steps) in records {
            let stored = stored.remove(&record).unwrap_or_default();
            let here = Here { bucket, compartment, record };
            meet(writes, &here, stored, course(steps), &told, &mut folded)?;
        }
    }
    writes.sets.extend(folded);
    Ok(())
}

fn fold_one(told: &[Told], id: SetId, index: usize) -> Result<(StoredSet, Vec<SetStep>), StoreError> {
    let mut set = StoredSet::default();
    let mut steps = Vec::new();
    let first = told.partition_point(|each| each.set < id);
    let own = || told.iter().enumerate().skip(first).take_while(|(_, each)| each.set == id);
    let track = own().any(|(_, each)| {
        each.set_key == PATIENT_KEY || each.members.iter().any(|member| member.extent == Extent::Supplement)
    });
    for (statement, each) in own() {
        let made = set
            .fold
            .apply(&each.event(), track)
            .map_err(|_| StoreError::corrupt(OPERATION, "a supplement without its record"))?;
        steps.extend(made.into_iter().map(|step| SetStep {
            set: index,
            statement,
            position: each.position.clone(),
            step,
        }));
        set.position = each.position.clone();
        set.key.clone_from(&each.set_key);
    }
    Ok((set, steps))
}

struct Here {
    bucket: i64,
    compartment: CompartmentId,
    record: RecordId,
}

/// Brings the stored versions of a record in line with its course.
fn meet(
    writes: &mut Writes,
    here: &Here,
    mut stored: Stored,
    mut wanted: Vec<Entry>,
    told: &[Told],
    folded: &mut BTreeMap<SetId, (i64, StoredSet)>,
) -> Result<(), StoreError> {
    let Here { bucket, compartment, record } = *here;
    if wanted.is_empty() {
        if stored.versions.is_empty() {
            return Ok(());
        }
        wanted.push(Entry::retracted());
    }
    stored.versions.sort_by(|a, b| (&a.position, a.number).cmp(&(&b.position, b.number)));
    let counted: Vec<&Version> = stored.versions.iter().filter(|version| version.in_fold).collect();
    let old: Vec<_> = counted.iter().map(|version| (version.op, version.digest)).collect();
    let new: Vec<_> = wanted.iter().map(|entry| (entry.op, entry.digest)).collect();
    let matches = align(&old, &new);
    let mut versions = stored.versions.iter().map(|version| version.number).max().unwrap_or_default();
    versions = versions.max(stored.before.as_ref().map_or(0, |before| before.versions));
    let mut moved = false;
    for (index, version) in counted.iter().enumerate() {
        if !matches.contains(&Some(index)) {
            writes.moves.push(Move { bucket, compartment, record, number: version.number, to: Place::Out });
            moved = true;
        }
    }
    let mut current = 0;
    for (entry, found) in wanted.iter().zip(&matches) {
        let teller = told.get(entry.statement);
        let (delivery, part, edition) = teller.map_or((DeliveryId(uuid::Uuid::nil()), 0, 0), |teller| {
            (teller.delivery, teller.part, teller.edition)
        });
        let body = packed_body(entry.merged.as_ref().filter(|_| entry.op == Op::Put))?;
        let (superseded, position) = (entry.superseded, entry.position.clone());
        if let Some(version) = found.and_then(|index| counted.get(index)) {
            current = version.number;
            let same = version.position == position
                && version.superseded == superseded
                && (version.delivery, version.part, version.edition) == (delivery, part, edition);
            if !same {
                let to = Place::At { superseded, position, delivery, part, edition, body };
                writes.moves.push(Move { bucket, compartment, record, number: current, to });
            }
            continue;
        }
        versions += 1;
        current = versions;
        moved = true;
        writes.version(NewVersion {
            bucket,
            compartment,
            record,
            number: current,
            op: entry.op,
            superseded,
            position,
            delivery,
            part,
            edition,
            digest: entry.digest,
            body,
        });
    }
    let naming = folded.range(SetId::span(compartment));
    let naming = naming.filter(|(_, (_, set))| set.fold.members.contains_key(&record)).map(|(id, _)| *id);
    let mut sets: BTreeSet<SetId> = naming.collect();
    let shared = sets.len() > 1;
    if sets.is_empty() {
        // Nothing names it any more: its numbers are kept where they were, in case something does again.
        sets = stored.before.as_ref().map(|before| before.sets.clone()).unwrap_or_default();
    }
    for id in &sets {
        if let Some((_, set)) = folded.get_mut(id) {
            set.fold.members.entry(record).or_default();
            set.books.insert(record, Book { version: current, versions, shared });
        }
    }
    let Some(last) = wanted.last() else { return Ok(()) };
    let state = match last.op {
        Op::Put if last.superseded => RecordState::Superseded,
        Op::Put => RecordState::Current,
        Op::Delete | Op::Remove => RecordState::Deleted,
        Op::Retract => RecordState::Retracted,
    };
    let before = stored.before.as_ref();
    let was = before.and_then(|before| {
        let version = stored.versions.iter().find(|version| version.number == before.version)?;
        Some((version.op, version.digest, before.state))
    });
    let gone = |op: Op| op != Op::Put;
    let news = match was {
        Some((op, digest, old)) if (op, digest, old) == (last.op, last.digest, state) => {
            moved.then_some(News::History)
        }
        Some((op, digest, _)) if (op, digest) == (last.op, last.digest) => Some(News::Mark),
        Some((op, ..)) if gone(op) && gone(last.op) && op != Op::Retract && last.op != Op::Retract => {
            Some(News::History)
        }
        _ if gone(last.op) => Some(News::Delete),
        _ => Some(News::Put),
    };
    let face = wanted.iter().rev().find_map(|entry| {
        let stated = || told.get(entry.statement).and_then(|teller| teller.resource(record));
        entry.merged.as_ref().or_else(stated).map(Face::of)
    });
    let teller = told.get(last.statement);
    writes.drafts.insert(
        (compartment, record),
        Draft {
            bucket,
            state,
            version: current,
            versions,
            sets,
            delivery: teller.map_or(DeliveryId(uuid::Uuid::nil()), |teller| teller.delivery),
            received_at: teller.map(|teller| teller.received_at.clone()).unwrap_or_default(),
            source: teller.map(|teller| teller.source.clone()).unwrap_or_default(),
            face,
            news,
            seq: 0,
        },
    );
    Ok(())
}
