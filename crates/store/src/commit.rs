//! Keeping deliveries: durable before the answer, known the second time, whatever is cut off in between.
//!
//! A unit is atomic. Units travel in batches of a few hundred records, so that readers of the audit never
//! wait long for the writer. A unit too large for one batch is written in chunks ([`crate::Large`]).

use crate::Store;
use crate::db::Tx;
use crate::error::{ErrorKind, StoreError};
use crate::filing::{self, Places};
use crate::insert::{Insert, Value};
use crate::prepare::{self, Content, NewCompartment, OPERATION, Prepared, ReadyPart};
use crate::query::{placeholders, sql};
use crate::unit::{Committed, Outcome, Unit};
use crate::writes::padded;
use model::{CompartmentId, DeliveryId};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

/// Records (and deliveries) in one transaction.
pub(crate) const BATCH: usize = 400;
/// A unit with more records than this is written in chunks.
const LARGE: usize = 2000;
/// How often a commit is repeated after a lost connection.
pub(crate) const ATTEMPTS: u32 = 8;

/// The bucket of an id that is its own place.
pub(crate) fn bucket_of(id: uuid::Uuid) -> i64 {
    CompartmentId(id).own_bucket().into()
}

/// The bucket of bytes by their SHA-256 in hex.
pub(crate) fn content_bucket(sha256: &str) -> i64 {
    sha256.get(..3).and_then(|digits| i64::from_str_radix(digits, 16).ok()).unwrap_or_default()
}

impl Store {
    /// Keeps deliveries and files what they say. Each unit is atomic and durable when this returns; after an
    /// error some may be kept: repeat the call, those then are [`Outcome::Known`].
    pub async fn commit(&self, units: Vec<Unit>) -> Result<Vec<Committed>, StoreError> {
        let unfinished: HashSet<DeliveryId> =
            self.pending().await?.into_iter().map(|delivery| delivery.id).collect();
        let mut receipts = Vec::with_capacity(units.len());
        let mut batch: Vec<Unit> = Vec::new();
        let mut weight = 0;
        for unit in units {
            let records: usize = unit.parts.iter().map(|part| part.records.len()).sum();
            let own = records.max(unit.parts.len()) + 1;
            let large = own > LARGE || unfinished.contains(&unit.delivery.id);
            if large || weight + own > BATCH {
                receipts.extend(self.keep(std::mem::take(&mut batch)).await?);
                weight = 0;
            }
            if large {
                receipts.push(self.keep_large(unit).await?);
            } else {
                batch.push(unit);
                weight += own;
            }
        }
        receipts.extend(self.keep(batch).await?);
        Ok(receipts)
    }

    /// A delivery in chunks.
    async fn keep_large(&self, unit: Unit) -> Result<Committed, StoreError> {
        let delivery = unit.delivery.id;
        let problems = unit.delivery.problems.clone();
        match self.begin_large(unit.delivery).await? {
            None => Ok(Committed { delivery, outcome: Outcome::Known, changed: Vec::new() }),
            Some(mut large) => {
                large.add(unit.parts).await?;
                large.finish(&problems).await
            }
        }
    }

    /// One batch, repeated if the connection is lost.
    async fn keep(&self, batch: Vec<Unit>) -> Result<Vec<Committed>, StoreError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let now = self.now();
        let stamp = now.clone();
        let prepared = tokio::task::spawn_blocking(move || {
            batch.into_iter().map(|unit| prepare::unit(unit, &stamp)).collect::<Result<Vec<_>, _>>()
        })
        .await
        .map_err(|_| StoreError::new(ErrorKind::Invalid, OPERATION, "a delivery could not be prepared"))??;
        for each in &prepared {
            content_bytes(self, each).await?;
        }
        let batch: Vec<&Prepared> = prepared.iter().collect();
        let _turn = self.inner.ingest.lock().await;
        let mut unsure: Option<Vec<Committed>> = None;
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.try_keep(&batch, &now, &mut unsure).await {
                Err(error) if error.kind == ErrorKind::Unavailable && attempt < ATTEMPTS => {
                    pause(&error, attempt).await;
                }
                answer => return answer,
            }
        }
    }

    async fn try_keep(
        &self,
        batch: &[&Prepared],
        now: &str,
        unsure: &mut Option<Vec<Committed>>,
    ) -> Result<Vec<Committed>, StoreError> {
        let mut tx = self.begin(OPERATION).await?;
        let mut seen = known(&mut tx, batch.iter().map(|each| each.delivery.id)).await?;
        if let Some(receipts) = unsure.take() {
            // The commit before was cut off: it happened if and only if its first new delivery is there.
            let news = receipts.iter().find(|receipt| receipt.outcome == Outcome::Kept);
            if news.is_some_and(|receipt| seen.contains_key(&receipt.delivery)) {
                tx.rollback().await?;
                return Ok(receipts);
            }
        }
        let mut fresh = Vec::new();
        let mut receipts = Vec::with_capacity(batch.len());
        for each in batch {
            let id = each.delivery.id;
            let news = seen.insert(id, State::Kept).is_none();
            let outcome = if news { Outcome::Kept } else { Outcome::Known };
            receipts.push(Committed { delivery: id, outcome, changed: Vec::new() });
            if news {
                fresh.push(*each);
            }
        }
        if fresh.is_empty() {
            tx.rollback().await?;
            return Ok(receipts);
        }
        insert_deliveries(&mut tx, &fresh, "kept", now).await?;
        let parts: Vec<&ReadyPart> = fresh.iter().flat_map(|each| &each.parts).collect();
        let compartments = fresh.iter().flat_map(|each| &each.compartments);
        let changed = file_parts(&mut tx, compartments, &parts, now).await?;
        for (receipt, each) in receipts.iter_mut().filter(|each| each.outcome == Outcome::Kept).zip(&fresh) {
            receipt.changed = changed_of(&each.parts, &changed);
        }
        *unsure = Some(receipts.clone());
        tx.commit().await?;
        Ok(receipts)
    }
}

/// Makes bytes that are too large for a row durable, before the row that names them.
pub(crate) async fn content_bytes(store: &Store, prepared: &Prepared) -> Result<(), StoreError> {
    if matches!(prepared.content, Content::Blob) {
        let delivery = &prepared.delivery;
        store.inner.blobs.put(&delivery.sha256, delivery.bytes.clone()).await?;
    }
    Ok(())
}

/// Waits a little longer each time before a lost connection is tried again.
pub(crate) async fn pause(error: &StoreError, attempt: u32) {
    tracing::warn!(%error, attempt, "repeating a commit");
    tokio::time::sleep(Duration::from_millis(25 << attempt)).await;
}

fn changed_of(parts: &[ReadyPart], changed: &BTreeSet<CompartmentId>) -> Vec<CompartmentId> {
    let own: BTreeSet<CompartmentId> = parts.iter().map(|part| part.compartment).collect();
    own.intersection(changed).copied().collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Receiving,
    Kept,
}

/// Which of these deliveries are there.
pub(crate) async fn known(
    tx: &mut Tx,
    ids: impl Iterator<Item = DeliveryId>,
) -> Result<HashMap<DeliveryId, State>, StoreError> {
    let mut known = HashMap::new();
    let ids: Vec<DeliveryId> = ids.collect();
    for chunk in ids.chunks(64) {
        let ids = padded(chunk);
        let list = placeholders(1, ids.len());
        let text = format!("SELECT id, state FROM delivery WHERE id IN ({list})");
        for row in tx.all(sql(text).ids(ids.into_iter().map(|id| id.0))).await? {
            let state = if row.text(1)? == "receiving" { State::Receiving } else { State::Kept };
            known.insert(DeliveryId(row.id(0)?), state);
        }
    }
    Ok(known)
}

/// Makes the compartments that are new and files the parts.
pub(crate) async fn file_parts(
    tx: &mut Tx,
    compartments: impl Iterator<Item = &NewCompartment>,
    parts: &[&ReadyPart],
    now: &str,
) -> Result<BTreeSet<CompartmentId>, StoreError> {
    let places = ensure(tx, compartments, now).await?;
    let changed = filing::file(tx, &places, parts, now).await?;
    due(tx, &changed).await?;
    Ok(changed)
}

/// Remembers that these are to be registered anew.
pub(crate) async fn due(tx: &mut Tx, changed: &BTreeSet<CompartmentId>) -> Result<(), StoreError> {
    let ids: Vec<CompartmentId> = changed.iter().copied().collect();
    for chunk in ids.chunks(64) {
        let ids = padded(chunk);
        let list = placeholders(1, ids.len());
        let text =
            format!("UPDATE compartment SET registration_due = registration_due + 1 WHERE id IN ({list})");
        tx.execute(sql(text).ids(ids.into_iter().map(|id| id.0))).await?;
    }
    Ok(())
}

/// Finds the compartments, makes the missing ones, each with a person of its own.
pub(crate) async fn ensure(
    tx: &mut Tx,
    compartments: impl Iterator<Item = &NewCompartment>,
    now: &str,
) -> Result<Places, StoreError> {
    let wanted: HashMap<CompartmentId, &NewCompartment> = compartments.map(|each| (each.id, each)).collect();
    let mut buckets = HashMap::with_capacity(wanted.len());
    let ids: Vec<CompartmentId> = wanted.keys().copied().collect();
    for chunk in ids.chunks(64) {
        let ids = padded(chunk);
        let list = placeholders(1, ids.len());
        let text = format!("SELECT id, bucket FROM compartment WHERE id IN ({list})");
        for row in tx.all(sql(text).ids(ids.into_iter().map(|id| id.0))).await? {
            buckets.insert(CompartmentId(row.id(0)?), row.int(1)?);
        }
    }
    let mut places = Places { buckets, fresh: HashSet::new() };
    let mut people = Insert::new("INSERT INTO person (bucket, id, consent_epoch, created_at)", "");
    let mut links = Insert::new(
        "INSERT INTO compartment_link (bucket, compartment, number, person, rule, evidence, made_by, made_at)",
        "",
    );
    let mut rows = Insert::new(
        "INSERT INTO compartment (bucket, id, facility, compartment_key, local_id, inbox, person, \
         registration_due, created_at)",
        "",
    );
    for (id, new) in wanted {
        if places.buckets.contains_key(&id) {
            continue;
        }
        let bucket = bucket_of(id.0);
        let person = own_person(id);
        places.buckets.insert(id, bucket);
        places.fresh.insert(id);
        people.push([bucket.into(), person.into(), Value::Int(0), now.into()]);
        links.push([
            bucket.into(),
            id.0.into(),
            Value::Int(1),
            person.into(),
            "new".into(),
            "".into(),
            "store".into(),
            now.into(),
        ]);
        rows.push([
            bucket.into(),
            id.0.into(),
            new.facility.as_str().into(),
            new.key.as_str().into(),
            Value::TextOrNull(new.local_id.clone()),
            new.inbox.into(),
            person.into(),
            Value::Int(0),
            now.into(),
        ]);
    }
    people.execute(tx).await?;
    links.execute(tx).await?;
    rows.execute(tx).await?;
    Ok(places)
}

/// The person a compartment starts with: derived, and in the same bucket.
fn own_person(compartment: CompartmentId) -> uuid::Uuid {
    uuid::Uuid::new_v5(&compartment.0, b"person")
}

pub(crate) async fn insert_deliveries(
    tx: &mut Tx,
    units: &[&Prepared],
    state: &'static str,
    now: &str,
) -> Result<(), StoreError> {
    let mut contents = Insert::new(
        "INSERT INTO content (bucket, sha256, size, place, body)",
        "ON CONFLICT (sha256, bucket) DO NOTHING",
    );
    let mut rows = Insert::new(
        "INSERT INTO delivery (bucket, id, facility, source, path, sha256, size, source_time, sequence, format, \
         reader_version, edition, received_at, kept_at, state, records, problem_count, problem_codes, problems, \
         withdrawn_at, withdrawn_by, withdrawn_reason)",
        "",
    );
    for unit in units {
        let delivery = &unit.delivery;
        let size = i64::try_from(delivery.bytes.len()).unwrap_or(i64::MAX);
        let count = |number: usize| Value::Int(i64::try_from(number).unwrap_or(i64::MAX));
        let (place, body) = match &unit.content {
            Content::Compressed(packed) => (0, packed.clone()),
            Content::Plain => (1, delivery.bytes.to_vec()),
            Content::Blob => (2, Vec::new()),
        };
        contents.push([
            content_bucket(&delivery.sha256).into(),
            delivery.sha256.as_str().into(),
            size.into(),
            Value::Int(place),
            body.into(),
        ]);
        rows.push([
            bucket_of(delivery.id.0).into(),
            delivery.id.0.into(),
            delivery.facility.as_str().into(),
            delivery.source.as_str().into(),
            delivery.path.as_str().into(),
            delivery.sha256.as_str().into(),
            size.into(),
            delivery.source_time.as_str().into(),
            delivery.sequence.into(),
            delivery.format.word().into(),
            i64::from(delivery.reader_version).into(),
            Value::Int(0),
            now.into(),
            if state == "kept" { now.into() } else { "".into() },
            state.into(),
            count(unit.records),
            count(delivery.problems.len()),
            unit.problem_codes.as_str().into(),
            unit.problems.as_slice().into(),
            "".into(),
            "".into(),
            "".into(),
        ]);
    }
    contents.execute(tx).await?;
    rows.execute(tx).await
}
