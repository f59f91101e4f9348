//! Deliveries too large for one transaction, kept part by part.
//!
//! The delivery is `receiving` until [`Large::finish`]. What a crash leaves is found by [`Store::pending`] and finished by
//! keeping the same delivery once more: parts that are there are left as they are. Memory is that of one part.

use crate::Store;
use crate::commit::{
    ATTEMPTS, BATCH, State, bucket_of, content_bytes, file_parts, insert_deliveries, known, pause,
};
use crate::error::{ErrorKind, StoreError};
use crate::prepare::{self, DeliveryFacts, NewCompartment, OPERATION, Prepared, ReadyPart};
use crate::query::sql;
use crate::unit::{Committed, NewDelivery, Outcome, Part, Unit};
use model::reading::Problem;
use model::{CompartmentId, DeliveryId, FacilityId};
use std::collections::{BTreeSet, HashSet};

/// A delivery that is being kept; dropped before [`Large::finish`], it stays unfinished.
pub struct Large {
    store: Store,
    facility: FacilityId,
    facts: DeliveryFacts,
    /// Number of the next statement.
    next: i64,
    records: usize,
    changed: BTreeSet<CompartmentId>,
}

impl Store {
    /// Begins to keep a delivery, its problems aside; `None` if it is kept already.
    pub async fn begin_large(&self, delivery: NewDelivery) -> Result<Option<Large>, StoreError> {
        let now = self.now();
        let facts = prepare::delivery_facts(&delivery, &now);
        let facility = delivery.facility.clone();
        let unit = Unit { delivery: NewDelivery { problems: Vec::new(), ..delivery }, parts: Vec::new() };
        let stamp = now.clone();
        let prepared = tokio::task::spawn_blocking(move || prepare::unit(unit, &stamp)).await;
        let prepared = prepared.map_err(|_| unprepared())??;
        content_bytes(self, &prepared).await?;
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.announce(&prepared, &now).await {
                Ok(true) => break,
                Ok(false) => return Ok(None),
                Err(error) if error.kind == ErrorKind::Unavailable && attempt < ATTEMPTS => {
                    pause(&error, attempt).await;
                }
                Err(error) => return Err(error),
            }
        }
        let store = self.clone();
        Ok(Some(Large { store, facility, facts, next: 0, records: 0, changed: BTreeSet::new() }))
    }

    /// Writes the row of a delivery that is received from now on; false if it is kept already.
    async fn announce(&self, prepared: &Prepared, now: &str) -> Result<bool, StoreError> {
        let id = prepared.delivery.id;
        let _turn = self.inner.ingest.lock().await;
        let mut tx = self.begin(OPERATION).await?;
        match known(&mut tx, [id].into_iter()).await?.get(&id) {
            Some(state) => {
                tx.rollback().await?;
                Ok(*state == State::Receiving)
            }
            None => {
                insert_deliveries(&mut tx, &[prepared], "receiving", now).await?;
                tx.commit().await?;
                Ok(true)
            }
        }
    }
}

impl Large {
    /// Which delivery.
    pub fn delivery(&self) -> DeliveryId {
        self.facts.id
    }

    /// Keeps the next statements, durably; in the order of the original.
    pub async fn add(&mut self, parts: Vec<Part>) -> Result<(), StoreError> {
        let (facts, facility, first) = (self.facts.clone(), self.facility.to_string(), self.next);
        let ready = move || -> Result<(Vec<ReadyPart>, Vec<NewCompartment>), StoreError> {
            let compartments = prepare::compartments(&facility, &parts);
            Ok((prepare::parts(&facts, parts, first)?, compartments))
        };
        let (parts, compartments) = tokio::task::spawn_blocking(ready).await.map_err(|_| unprepared())??;
        self.next += i64::try_from(parts.len()).unwrap_or(i64::MAX);
        self.records += parts.iter().map(|part| part.members.len()).sum::<usize>();
        let mut rest = parts.as_slice();
        while !rest.is_empty() {
            let mut weight = 0;
            let fits = |part: &ReadyPart| {
                weight += part.members.len() + 1;
                weight <= BATCH
            };
            let size = rest.iter().map(fits).take_while(|fits| *fits).count().max(1);
            let (chunk, after) = rest.split_at(size.min(rest.len()));
            rest = after;
            self.write(chunk, &compartments).await?;
        }
        Ok(())
    }

    /// One transaction, repeated if the connection is lost; what an earlier attempt has written is left as it is.
    async fn write(
        &mut self,
        chunk: &[ReadyPart],
        compartments: &[NewCompartment],
    ) -> Result<(), StoreError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.try_write(chunk, compartments).await {
                Ok(changed) => {
                    self.changed.extend(changed);
                    return Ok(());
                }
                Err(error) if error.kind == ErrorKind::Unavailable && attempt < ATTEMPTS => {
                    pause(&error, attempt).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn try_write(
        &self,
        chunk: &[ReadyPart],
        compartments: &[NewCompartment],
    ) -> Result<BTreeSet<CompartmentId>, StoreError> {
        let _turn = self.store.inner.ingest.lock().await;
        let mut tx = self.store.begin(OPERATION).await?;
        let (first, last) =
            (chunk.first().map_or(0, |part| part.part), chunk.last().map_or(0, |part| part.part));
        let text = "SELECT part FROM statement WHERE delivery = $1 AND part >= $2 AND part <= $3";
        let rows = tx.all(sql(text).id(self.facts.id.0).int(first).int(last)).await?;
        let there: HashSet<i64> = rows.iter().map(|row| row.int(0)).collect::<Result<_, _>>()?;
        let parts: Vec<&ReadyPart> = chunk.iter().filter(|part| !there.contains(&part.part)).collect();
        if parts.is_empty() {
            tx.rollback().await?;
            return Ok(BTreeSet::new());
        }
        let of_chunk: HashSet<CompartmentId> = parts.iter().map(|part| part.compartment).collect();
        let compartments = compartments.iter().filter(|each| of_chunk.contains(&each.id));
        let changed = file_parts(&mut tx, compartments, &parts, &self.facts.received_at).await?;
        tx.commit().await?;
        Ok(changed)
    }

    /// Says that the delivery is whole.
    pub async fn finish(self, problems: &[Problem]) -> Result<Committed, StoreError> {
        let (packed, codes) = prepare::problems(problems)?;
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let mut attempt = 0;
        loop {
            attempt += 1;
            let update =
                sql("UPDATE delivery SET state = 'kept', kept_at = $1, records = $2, problem_count = $3, \
                 problem_codes = $4, problems = $5 WHERE bucket = $6 AND id = $7 AND state = 'receiving'")
                .text(self.store.now())
                .int(count(self.records))
                .int(count(problems.len()))
                .text(codes.as_str())
                .bytes(packed.clone())
                .int(bucket_of(self.facts.id.0))
                .id(self.facts.id.0);
            match self.close(update).await {
                Ok(()) => break,
                Err(error) if error.kind == ErrorKind::Unavailable && attempt < ATTEMPTS => {
                    pause(&error, attempt).await;
                }
                Err(error) => return Err(error),
            }
        }
        let changed = self.changed.into_iter().collect();
        Ok(Committed { delivery: self.facts.id, outcome: Outcome::Kept, changed })
    }

    async fn close(&self, update: crate::Query) -> Result<(), StoreError> {
        let _turn = self.store.inner.ingest.lock().await;
        let mut tx = self.store.begin(OPERATION).await?;
        tx.execute(update).await?;
        tx.commit().await
    }
}

fn unprepared() -> StoreError {
    StoreError::new(ErrorKind::Invalid, OPERATION, "a delivery could not be prepared")
}
