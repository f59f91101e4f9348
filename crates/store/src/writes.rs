//! Everything a filing wants written, collected first so that it goes out in few statements.

use crate::body::{ContentDigest, pack};
use crate::chart_line::{self, Head, RecordState};
use crate::course::Op;
use crate::db::Tx;
use crate::error::StoreError;
use crate::fold::Position;
use crate::insert::{Insert, Value};
use crate::query::{placeholders, sql};
use crate::set_state::{SetId, StoredSet};
use model::facility::RecordKind;
use model::reading::Resource;
use model::{CompartmentId, DeliveryId, RecordId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Why something is filed; decides what the change feed says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A delivery arrived.
    Arrival,
    /// A delivery was read again.
    Replay,
    /// A delivery was withdrawn.
    Withdrawal,
}

/// How a record's current state changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum News {
    /// Only versions of the past.
    History,
    /// Marked or unmarked as superseded.
    Mark,
    /// A new content.
    Put,
    /// It is gone.
    Delete,
}

impl News {
    /// The word in the change feed, and whether the record becomes unread.
    pub(crate) fn word(self, cause: Cause) -> (&'static str, bool) {
        match (self, cause) {
            (Self::History, _) => ("history", false),
            (_, Cause::Replay) => ("reread", false),
            (_, Cause::Withdrawal) => ("withdraw", false),
            (Self::Mark, _) => ("mark", false),
            (Self::Put, _) => ("put", true),
            (Self::Delete, _) => ("delete", true),
        }
    }
}

/// What a resource says about its row: type, kind, sensitivity and chart rows.
#[derive(Clone)]
pub(crate) struct Face {
    pub resource_type: String,
    pub kind: String,
    pub sensitive: bool,
    pub rows: String,
}

impl Face {
    pub(crate) fn of(resource: &Resource) -> Self {
        let resource_type = resource.get("resourceType").and_then(|value| value.as_str()).unwrap_or_default();
        Self {
            resource_type: resource_type.to_owned(),
            kind: model::chart::kind(resource).word().to_owned(),
            sensitive: model::chart::sensitive(resource),
            rows: chart_line::rows(resource),
        }
    }

    /// Where nothing is known of the resource.
    pub(crate) fn unknown() -> Self {
        Self {
            resource_type: String::new(),
            kind: RecordKind::Other.word().to_owned(),
            sensitive: true,
            rows: String::new(),
        }
    }
}

/// A record's new current state.
pub(crate) struct Draft {
    pub bucket: i64,
    pub state: RecordState,
    pub version: u32,
    pub versions: u32,
    pub sets: BTreeSet<SetId>,
    pub delivery: DeliveryId,
    pub received_at: String,
    pub source: String,
    /// From the resource; `None` = as it was.
    pub face: Option<Face>,
    pub news: Option<News>,
    /// Where it last became news; kept where this is none.
    pub seq: i64,
}

/// A new version.
pub(crate) struct NewVersion {
    pub bucket: i64,
    pub compartment: CompartmentId,
    pub record: RecordId,
    pub number: u32,
    pub op: Op,
    pub superseded: bool,
    pub position: Position,
    pub delivery: DeliveryId,
    pub part: i64,
    pub edition: i64,
    pub digest: ContentDigest,
    pub body: Vec<u8>,
}

/// What is to be written.
#[derive(Default)]
pub(crate) struct Writes {
    pub drafts: BTreeMap<(CompartmentId, RecordId), Draft>,
    pub versions: Vec<NewVersion>,
    pub version_index: HashMap<(CompartmentId, RecordId, u32), usize>,
    pub sets: BTreeMap<SetId, (i64, StoredSet)>,
    pub moves: Vec<Move>,
}

/// A version whose place in its record's course changed; its content never does.
pub(crate) struct Move {
    pub bucket: i64,
    pub compartment: CompartmentId,
    pub record: RecordId,
    pub number: u32,
    pub to: Place,
}

/// Where a version stands now.
pub(crate) enum Place {
    /// No longer part of the course.
    Out,
    /// Marked or unmarked as superseded.
    Marked(bool),
    /// Another statement says the same at another position.
    At { superseded: bool, position: Position, delivery: DeliveryId, part: i64, edition: i64, body: Vec<u8> },
}

impl Writes {
    pub(crate) fn version(&mut self, version: NewVersion) {
        let key = (version.compartment, version.record, version.number);
        self.version_index.insert(key, self.versions.len());
        self.versions.push(version);
    }

    /// Marks or unmarks a version as superseded.
    pub(crate) fn mark(
        &mut self,
        bucket: i64,
        compartment: CompartmentId,
        record: RecordId,
        number: u32,
        superseded: bool,
    ) {
        let index = self.version_index.get(&(compartment, record, number));
        match index.and_then(|index| self.versions.get_mut(*index)) {
            Some(version) => version.superseded = superseded,
            None => {
                self.moves.push(Move { bucket, compartment, record, number, to: Place::Marked(superseded) });
            }
        }
    }

    /// Writes everything; gives the compartments to be registered anew: whose Patient, Coverage, Consent or
    /// EpisodeOfCare changed. With the last two the consent epoch of their persons moves.
    pub(crate) async fn flush(
        mut self,
        tx: &mut Tx,
        cause: Cause,
        now: &str,
    ) -> Result<BTreeSet<CompartmentId>, StoreError> {
        self.complete(tx, cause).await?;
        let mut next = reserve(tx, &self.drafts).await?;
        let mut changes =
            Insert::new("INSERT INTO change (bucket, seq, compartment, record, kind, source, op, at)", "");
        let mut records = Insert::new(
            "INSERT INTO record (bucket, compartment, id, type, kind, sensitive, state, version, versions, sets, delivery, seq, chart)",
            "ON CONFLICT (bucket, compartment, id) DO UPDATE SET type = excluded.type, kind = excluded.kind, \
             sensitive = excluded.sensitive, state = excluded.state, version = excluded.version, \
             versions = excluded.versions, sets = excluded.sets, delivery = excluded.delivery, \
             seq = excluded.seq, chart = excluded.chart",
        );
        let mut heads: BTreeMap<CompartmentId, (i64, i64)> = BTreeMap::new();
        let (mut registers, mut decides) = (BTreeSet::new(), BTreeSet::new());
        for ((compartment, record), draft) in self.drafts {
            let mut seq = draft.seq;
            let face = draft.face.unwrap_or_else(Face::unknown);
            if let Some(news) = draft.news {
                let slot = next.entry(draft.bucket).or_default();
                *slot += 1;
                heads.insert(compartment, (draft.bucket, *slot));
                let (op, unread) = news.word(cause);
                if unread {
                    seq = *slot;
                }
                match face.resource_type.as_str() {
                    "Patient" | "Coverage" if news > News::Mark => _ = registers.insert(compartment),
                    "Consent" | "EpisodeOfCare" => _ = decides.insert(compartment),
                    _ => {}
                }
                changes.push([
                    draft.bucket.into(),
                    (*slot).into(),
                    compartment.0.into(),
                    record.0.into(),
                    face.kind.as_str().into(),
                    draft.source.as_str().into(),
                    op.into(),
                    now.into(),
                ]);
            }
            let head = Head {
                record,
                state: draft.state,
                version: draft.version.into(),
                seq,
                received: &draft.received_at,
                source: &draft.source,
            };
            let line = chart_line::line(&head, &face.rows);
            records.push([
                draft.bucket.into(),
                compartment.0.into(),
                record.0.into(),
                face.resource_type.into(),
                face.kind.into(),
                face.sensitive.into(),
                draft.state.letter().into(),
                i64::from(draft.version).into(),
                i64::from(draft.versions).into(),
                draft.sets.iter().flat_map(|set| set.0).collect::<Vec<u8>>().into(),
                draft.delivery.0.into(),
                seq.into(),
                line.into(),
            ]);
        }
        records.execute(tx).await?;
        changes.execute(tx).await?;
        move_versions(tx, self.moves).await?;
        write_versions(tx, self.versions, now).await?;
        write_sets(tx, self.sets).await?;
        let mut positions = Insert::new(
            "INSERT INTO compartment_head (bucket, compartment, seq)",
            "ON CONFLICT (bucket, compartment) DO UPDATE SET seq = excluded.seq",
        );
        for (compartment, (bucket, seq)) in heads {
            positions.push([bucket.into(), compartment.0.into(), seq.into()]);
        }
        positions.execute(tx).await?;
        move_epochs(tx, &decides).await?;
        registers.extend(decides);
        Ok(registers)
    }

    /// Fills in what drafts keep from the row that is there.
    async fn complete(&mut self, tx: &mut Tx, cause: Cause) -> Result<(), StoreError> {
        for ((compartment, record), draft) in &mut self.drafts {
            let unread = draft.news.is_some_and(|news| news.word(cause).1);
            if draft.face.is_some() && unread {
                continue;
            }
            let stored = tx
                .optional(
                    sql("SELECT type, kind, sensitive, seq, chart FROM record \
                         WHERE bucket = $1 AND compartment = $2 AND id = $3")
                    .int(draft.bucket)
                    .id(compartment.0)
                    .id(record.0),
                )
                .await?;
            let Some(row) = stored else { continue };
            draft.seq = row.int(3)?;
            if draft.face.is_none() {
                draft.face = Some(Face {
                    resource_type: row.text(0)?,
                    kind: row.text(1)?,
                    sensitive: row.flag(2)?,
                    rows: chart_line::rows_of(&row.text(4)?).to_owned(),
                });
            }
        }
        Ok(())
    }
}

/// Takes as many sequence numbers of each bucket as there is news; gives the number before the first.
async fn reserve(
    tx: &mut Tx,
    drafts: &BTreeMap<(CompartmentId, RecordId), Draft>,
) -> Result<BTreeMap<i64, i64>, StoreError> {
    let mut counts: BTreeMap<i64, i64> = BTreeMap::new();
    for draft in drafts.values().filter(|draft| draft.news.is_some()) {
        *counts.entry(draft.bucket).or_default() += 1;
    }
    let mut heads = Insert::new(
        "INSERT INTO bucket_head (bucket, seq)",
        "ON CONFLICT (bucket) DO UPDATE SET seq = bucket_head.seq + excluded.seq RETURNING bucket, seq",
    );
    for (bucket, count) in &counts {
        heads.push([(*bucket).into(), (*count).into()]);
    }
    let mut next = BTreeMap::new();
    for row in heads.returning(tx).await? {
        let bucket = row.int(0)?;
        next.insert(bucket, row.int(1)? - counts.get(&bucket).copied().unwrap_or_default());
    }
    Ok(next)
}

/// Consents and relationships changed: whoever was permitted to look must be decided on again.
async fn move_epochs(tx: &mut Tx, compartments: &BTreeSet<CompartmentId>) -> Result<(), StoreError> {
    let ids: Vec<CompartmentId> = compartments.iter().copied().collect();
    for chunk in ids.chunks(64) {
        let ids = padded(chunk);
        let text = format!(
            "UPDATE person SET consent_epoch = consent_epoch + 1 \
             WHERE id IN (SELECT person FROM compartment WHERE id IN ({}))",
            placeholders(1, ids.len())
        );
        tx.execute(sql(text).ids(ids.into_iter().map(|id| id.0))).await?;
    }
    Ok(())
}

async fn move_versions(tx: &mut Tx, moves: Vec<Move>) -> Result<(), StoreError> {
    const KEY: &str = "WHERE bucket = $1 AND compartment = $2 AND record = $3 AND number = $4";
    for each in moves {
        let set = match &each.to {
            Place::Out => "in_fold = 0",
            Place::Marked(_) => "superseded = $5",
            Place::At { .. } => {
                "superseded = $5, position = $6, delivery = $7, part = $8, edition = $9, body = $10"
            }
        };
        let query = sql(format!("UPDATE version SET {set} {KEY}"))
            .int(each.bucket)
            .id(each.compartment.0)
            .id(each.record.0)
            .int(each.number);
        let query = match each.to {
            Place::Out => query,
            Place::Marked(superseded) => query.int(superseded),
            Place::At { superseded, position, delivery, part, edition, body } => {
                query.int(superseded).bytes(position.0).id(delivery.0).int(part).int(edition).bytes(body)
            }
        };
        tx.execute(query).await?;
    }
    Ok(())
}

async fn write_versions(tx: &mut Tx, versions: Vec<NewVersion>, now: &str) -> Result<(), StoreError> {
    let mut insert = Insert::new(
        "INSERT INTO version (bucket, compartment, record, number, op, in_fold, superseded, position, \
         delivery, part, edition, digest, recorded_at, body)",
        "",
    );
    for version in versions {
        insert.push([
            version.bucket.into(),
            version.compartment.0.into(),
            version.record.0.into(),
            i64::from(version.number).into(),
            version.op.word().into(),
            Value::Int(1),
            version.superseded.into(),
            version.position.0.into(),
            version.delivery.0.into(),
            version.part.into(),
            version.edition.into(),
            version.digest.as_slice().into(),
            now.into(),
            version.body.into(),
        ]);
    }
    insert.execute(tx).await
}

async fn write_sets(tx: &mut Tx, sets: BTreeMap<SetId, (i64, StoredSet)>) -> Result<(), StoreError> {
    let mut insert = Insert::new(
        "INSERT INTO set_state (set_id, bucket, set_key, position, state)",
        "ON CONFLICT (set_id, bucket) DO UPDATE SET position = excluded.position, state = excluded.state",
    );
    for (id, (bucket, set)) in sets {
        let state = set.encode()?;
        insert.push([
            id.0.as_slice().into(),
            bucket.into(),
            set.key.into(),
            set.position.0.into(),
            state.into(),
        ]);
    }
    insert.execute(tx).await
}

/// Loads the states of sets.
pub(crate) async fn load_sets(
    tx: &mut Tx,
    ids: &[SetId],
) -> Result<HashMap<SetId, (i64, StoredSet)>, StoreError> {
    let mut sets = HashMap::new();
    for chunk in ids.chunks(64) {
        let padded = padded(chunk);
        let text = format!(
            "SELECT set_id, bucket, set_key, position, state FROM set_state WHERE set_id IN ({})",
            placeholders(1, padded.len())
        );
        let query = padded.into_iter().fold(sql(text), |query, id| query.bytes(id.0));
        for row in tx.all(query).await? {
            let set = StoredSet::decode(row.text(2)?, row.bytes(3)?, &row.bytes(4)?)?;
            sets.insert(SetId::from_slice(&row.bytes(0)?)?, (row.int(1)?, set));
        }
    }
    Ok(sets)
}

/// The list with its last element repeated up to a power of two, so that few different statements occur.
pub(crate) fn padded<T: Clone>(list: &[T]) -> Vec<T> {
    let mut padded = list.to_vec();
    if let Some(last) = list.last() {
        padded.resize(list.len().next_power_of_two(), last.clone());
    }
    padded
}

/// A body as stored in a version row.
pub(crate) fn packed_body(merged: Option<&Resource>) -> Result<Vec<u8>, StoreError> {
    merged.map_or_else(|| Ok(Vec::new()), |body| pack("keep a version", body))
}
