//! Reading a delivery again, and withdrawing one.
//!
//! Both change which statements count and fold the sets they belong to again, in one transaction. What did
//! not change keeps its id and version and is not news; what is gone gets a tombstone.

use crate::Store;
use crate::body::shortened;
use crate::commit::{bucket_of, due, ensure};
use crate::db::Tx;
use crate::deliveries::{self, DeliveryState};
use crate::error::{ErrorKind, StoreError};
use crate::filing::{self, insert_statements};
use crate::prepare::{DeliveryFacts, NewCompartment, ReadyPart, parts, problems};
use crate::query::sql;
use crate::refold;
use crate::set_state::SetId;
use crate::unit::Part;
use crate::writes::{Cause, Writes};
use access::JobPermit;
use model::reading::Problem;
use model::{CompartmentId, DeliveryId};
use std::collections::{BTreeSet, HashMap};

impl Store {
    /// Puts what a delivery says now in the place of what it said before. Gives the compartments whose
    /// Patient or Coverage changed. A withdrawn delivery stays withdrawn.
    pub async fn replay(
        &self,
        permit: &JobPermit,
        delivery: DeliveryId,
        new: Vec<Part>,
        reader_version: i32,
        new_problems: &[Problem],
    ) -> Result<Vec<CompartmentId>, StoreError> {
        const OPERATION: &str = "read a delivery again";
        let now = self.now();
        let _turn = self.inner.ingest.lock().await;
        let mut tx = self.begin(OPERATION).await?;
        let found = deliveries::find(&mut tx, delivery).await?;
        let found = found.ok_or_else(|| StoreError::not_found(OPERATION, "delivery"))?;
        if found.state == DeliveryState::Receiving {
            let detail = "the delivery is not complete yet: commit it again first";
            return Err(StoreError::new(ErrorKind::Conflict, OPERATION, detail));
        }
        let withdrawn = found.state == DeliveryState::Withdrawn;
        let facts = DeliveryFacts {
            id: delivery,
            source: found.source.to_string(),
            source_time: found.source_time.clone(),
            sequence: found.sequence,
            received_at: found.received_at.clone(),
            edition: found.edition + 1,
        };
        let compartments: Vec<NewCompartment> = new
            .iter()
            .map(|part| NewCompartment {
                id: part.compartment,
                key: part.compartment_key.clone(),
                facility: found.facility.to_string(),
                local_id: part.local_id.as_ref().map(|id| id.reveal().clone()),
                inbox: part.inbox,
            })
            .collect();
        let records: usize = new.iter().map(|part| part.records.len()).sum();
        let ready = parts(&facts, new, 0)?;
        let places = ensure(&mut tx, compartments.iter(), &now).await?;
        let mut old = statements(&mut tx, delivery).await?;
        let fresh: Vec<&ReadyPart> = ready
            .iter()
            .filter(|part| {
                let same = old.get_mut(&(part.set, part.digest));
                same.and_then(Vec::pop).is_none()
            })
            .collect();
        let mut sets: BTreeSet<SetId> = fresh.iter().map(|part| part.set).collect();
        for ((set, _), places) in old {
            for (part, edition) in places {
                sets.insert(set);
                tx.execute(
                    sql("UPDATE statement SET state = 1 WHERE delivery = $1 AND part = $2 AND edition = $3")
                        .id(delivery.0)
                        .int(part)
                        .int(edition),
                )
                .await?;
            }
        }
        insert_statements(&mut tx, &places, &fresh, if withdrawn { 2 } else { 0 }).await?;
        let (packed, codes) = problems(new_problems)?;
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        tx.execute(
            sql("UPDATE delivery SET reader_version = $1, edition = $2, records = $3, problem_count = $4, \
                 problem_codes = $5, problems = $6 WHERE bucket = $7 AND id = $8")
            .int(reader_version)
            .int(if fresh.is_empty() && sets.is_empty() { found.edition } else { facts.edition })
            .int(count(records))
            .int(count(new_problems.len()))
            .text(codes)
            .bytes(packed)
            .int(bucket_of(delivery.0))
            .id(delivery.0),
        )
        .await?;
        if !sets.is_empty() {
            let subject = format!("delivery/{delivery}");
            let entry = crate::AuditEntry::job(permit, "replay", subject, "what it says has changed");
            self.audit_in(&mut tx, &entry).await?;
        }
        if withdrawn {
            sets.clear();
        } else {
            sets.extend(filing::sharing(&mut tx, &places, &fresh).await?);
        }
        let changed = settle(&mut tx, sets, Cause::Replay, &now).await?;
        tx.commit().await?;
        Ok(changed)
    }

    /// Takes a wrongly sent delivery out of every view; its versions, the reason and who did it stay.
    /// Repeating it changes nothing. Gives the compartments whose Patient or Coverage changed.
    pub async fn withdraw(
        &self,
        delivery: DeliveryId,
        by: &str,
        reason: &str,
    ) -> Result<Vec<CompartmentId>, StoreError> {
        const OPERATION: &str = "withdraw a delivery";
        let now = self.now();
        if by.trim().is_empty() || reason.trim().is_empty() {
            return Err(StoreError::new(ErrorKind::Invalid, OPERATION, "a name and a reason are needed"));
        }
        let entry = crate::AuditEntry {
            event: "withdrawal".into(),
            outcome: "done".into(),
            actor: by.into(),
            subject: format!("delivery/{delivery}"),
            detail: reason.into(),
            ..crate::AuditEntry::default()
        };
        let _turn = self.inner.ingest.lock().await;
        let mut tx = self.begin(OPERATION).await?;
        let found = deliveries::find(&mut tx, delivery).await?;
        match found.map(|found| found.state) {
            None => return Err(StoreError::not_found(OPERATION, "delivery")),
            Some(DeliveryState::Receiving) => {
                let detail = "the delivery is not complete yet";
                return Err(StoreError::new(ErrorKind::Conflict, OPERATION, detail));
            }
            Some(DeliveryState::Withdrawn) => {
                tx.rollback().await?;
                return Ok(Vec::new());
            }
            Some(DeliveryState::Kept) => {}
        }
        let sets = statements(&mut tx, delivery).await?.into_keys().map(|(set, _)| set).collect();
        tx.execute(sql("UPDATE statement SET state = 2 WHERE delivery = $1 AND state = 0").id(delivery.0))
            .await?;
        tx.execute(
            sql("UPDATE delivery SET state = 'withdrawn', withdrawn_at = $1, withdrawn_by = $2, \
                 withdrawn_reason = $3 WHERE bucket = $4 AND id = $5")
            .text(now.as_str())
            .text(by)
            .text(reason)
            .int(bucket_of(delivery.0))
            .id(delivery.0),
        )
        .await?;
        let changed = settle(&mut tx, sets, Cause::Withdrawal, &now).await?;
        self.audit_in(&mut tx, &entry).await?;
        tx.commit().await?;
        Ok(changed)
    }
}

type Statements = HashMap<(SetId, [u8; 16]), Vec<(i64, i64)>>;

/// Part and edition of the statements of a delivery that are its last reading, by set and content.
async fn statements(tx: &mut Tx, delivery: DeliveryId) -> Result<Statements, StoreError> {
    let rows = tx
        .all(
            sql("SELECT set_id, digest, part, edition FROM statement WHERE delivery = $1 AND state <> 1")
                .id(delivery.0),
        )
        .await?;
    let mut statements = Statements::new();
    for row in rows {
        let key = (SetId::from_slice(&row.bytes(0)?)?, shortened(&row.bytes(1)?));
        statements.entry(key).or_default().push((row.int(2)?, row.int(3)?));
    }
    Ok(statements)
}

async fn settle(
    tx: &mut Tx,
    sets: BTreeSet<SetId>,
    cause: Cause,
    now: &str,
) -> Result<Vec<CompartmentId>, StoreError> {
    let sets = refold::closed(tx, sets).await?;
    let mut writes = Writes::default();
    refold::refold(tx, &mut writes, &sets).await?;
    let changed = writes.flush(tx, cause, now).await?;
    due(tx, &changed).await?;
    Ok(changed.into_iter().collect())
}
