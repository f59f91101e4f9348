//! Everything, for a job, from one moment: what an export or a backup check reads.

use crate::Store;
use crate::body::{self, Member};
use crate::chart_line::RecordState;
use crate::course::Op;
use crate::db::Tx;
use crate::deliveries::{self, Delivery};
use crate::error::StoreError;
use crate::fold::Position;
use crate::query::sql;
use crate::record::{HEAD_COLUMNS, VersionView, current, head};
use crate::set_state::SetId;
use access::JobPermit;
use bytes::Bytes;
use model::reading::Resource;
use model::{CompartmentId, DeliveryId, FacilityId, LocalId, PersonId, RecordId, SourceName};
use std::collections::{BTreeMap, HashMap};

const OPERATION: &str = "export";

/// One registration and everything filed under it.
#[derive(Clone)]
pub struct ExportedCompartment {
    /// Its id.
    pub id: CompartmentId,
    /// Whose registration.
    pub facility: FacilityId,
    /// The facility's number for the patient.
    pub local_id: Option<LocalId>,
    /// A human must still say whose it is.
    pub inbox: bool,
    /// The person it is linked to.
    pub person: PersonId,
    /// Records that count today, by id.
    pub current: Vec<(RecordId, Resource)>,
    /// Every version that is not the current one of a record that counts: older, deleted, withdrawn.
    pub history: Vec<(RecordId, VersionView)>,
}

/// A delivery with its bytes.
#[derive(Clone)]
pub struct ExportedDelivery {
    /// What is known of it.
    pub delivery: Delivery,
    /// The bytes as received.
    pub bytes: Bytes,
}

/// Reads page after page from one moment. Keep it no longer than needed.
pub struct Export {
    store: Store,
    tx: Tx,
    compartment: Vec<u8>,
    delivery: Vec<u8>,
}

impl Store {
    /// Starts an export; it is in the audit before this returns.
    pub async fn export(&self, permit: &JobPermit) -> Result<Export, StoreError> {
        self.audit_job(permit, "export", "store", "").await?;
        let mut tx = self.snapshot(OPERATION).await?;
        // The moment is that of the first read.
        tx.one(sql("SELECT turn FROM writer")).await?;
        Ok(Export { store: self.clone(), tx, compartment: Vec::new(), delivery: Vec::new() })
    }
}

impl Export {
    /// The next registrations, by id; empty at the end.
    pub async fn compartments(&mut self, limit: u32) -> Result<Vec<ExportedCompartment>, StoreError> {
        let rows = self
            .tx
            .all(
                sql("SELECT bucket, id, facility, local_id, inbox, person FROM compartment \
                     WHERE id > $1 ORDER BY id LIMIT $2")
                .bytes(self.compartment.clone())
                .int(limit),
            )
            .await?;
        let mut page = Vec::with_capacity(rows.len());
        for row in rows {
            let (bucket, id) = (row.int(0)?, CompartmentId(row.id(1)?));
            self.compartment = row.bytes(1)?;
            let (current, history) = self.records(bucket, id).await?;
            page.push(ExportedCompartment {
                id,
                facility: row.word(2)?,
                local_id: row.text_or_null(3)?.map(LocalId::new),
                inbox: row.flag(4)?,
                person: PersonId(row.id(5)?),
                current,
                history,
            });
        }
        Ok(page)
    }

    /// The next deliveries, by id; empty at the end.
    pub async fn deliveries(&mut self, limit: u32) -> Result<Vec<ExportedDelivery>, StoreError> {
        let text = format!("SELECT {} FROM delivery WHERE id > $1 ORDER BY id LIMIT $2", deliveries::COLUMNS);
        let rows = self.tx.all(sql(text).bytes(self.delivery.clone()).int(limit)).await?;
        let mut page = Vec::with_capacity(rows.len());
        for row in rows {
            let delivery = deliveries::read(&row)?;
            self.delivery = delivery.id.to_bytes();
            let bytes = self.store.content(&mut self.tx, &delivery.sha256).await?;
            page.push(ExportedDelivery { delivery, bytes });
        }
        Ok(page)
    }

    /// Ends the export.
    pub async fn finish(self) -> Result<(), StoreError> {
        self.tx.commit().await
    }

    async fn records(
        &mut self,
        bucket: i64,
        compartment: CompartmentId,
    ) -> Result<(Vec<(RecordId, Resource)>, Vec<(RecordId, VersionView)>), StoreError> {
        let (first, last) = SetId::span(compartment).into_inner();
        let statements = self
            .tx
            .all(
                sql("SELECT delivery, part, edition, source, received_at, members FROM statement \
                     WHERE set_id >= $1 AND set_id <= $2")
                .bytes(first.0)
                .bytes(last.0),
            )
            .await?;
        let mut told: HashMap<(DeliveryId, i64, i64), Told> = HashMap::new();
        for row in statements {
            let mut members = HashMap::new();
            for member in body::unpack::<Vec<Member>>(OPERATION, &row.bytes(5)?)? {
                members.insert(member.id, (member.at, member.resource));
            }
            let key = (DeliveryId(row.id(0)?), row.int(1)?, row.int(2)?);
            told.insert(key, Told { source: row.text(3)?, received_at: row.text(4)?, members });
        }
        let versions = self
            .tx
            .all(
                sql("SELECT record, number, op, in_fold, superseded, position, delivery, part, edition, \
                     recorded_at, body FROM version WHERE bucket = $1 AND compartment = $2")
                .int(bucket)
                .id(compartment.0),
            )
            .await?;
        let mut courses: BTreeMap<RecordId, Vec<VersionView>> = BTreeMap::new();
        for row in versions {
            let record = RecordId(row.id(0)?);
            let (op, delivery): (Op, _) = (row.word(2)?, DeliveryId(row.id(6)?));
            let statement = told.get(&(delivery, row.int(7)?, row.int(8)?));
            let body = row.bytes(10)?;
            let member = statement.and_then(|told| told.members.get(&record));
            let resource = match (body.is_empty(), op) {
                (false, _) => Some(body::unpack(OPERATION, &body)?),
                (true, Op::Put | Op::Delete) => member.map(|(_, resource)| resource.clone()),
                _ => None,
            };
            courses.entry(record).or_default().push(VersionView {
                number: row.int(1)?,
                op,
                in_course: row.flag(3)?,
                superseded: row.flag(4)?,
                since: Position(row.bytes(5)?).time(),
                recorded_at: row.text(9)?,
                delivery,
                source: statement.and_then(|told| SourceName::new(told.source.clone()).ok()),
                received_at: statement.map(|told| told.received_at.clone()).unwrap_or_default(),
                at: member.map(|(at, _)| at.clone()).unwrap_or_default(),
                resource,
            });
        }
        let text = format!("SELECT {HEAD_COLUMNS} FROM record WHERE bucket = $1 AND compartment = $2");
        let heads = self.tx.all(sql(text).int(bucket).id(compartment.0)).await?;
        let (mut now, mut past) = (Vec::new(), Vec::new());
        for row in heads {
            let head = head(&row)?;
            let mut course = courses.remove(&head.id).unwrap_or_default();
            course.sort_by(|a, b| (&a.since, a.number).cmp(&(&b.since, b.number)));
            let counts = matches!(head.state, RecordState::Current | RecordState::Superseded);
            if counts {
                let body = current(&course, head.version)
                    .ok_or_else(|| StoreError::corrupt(OPERATION, "a record without a body"))?;
                now.push((head.id, body));
            }
            let older = course.into_iter().filter(|version| !counts || version.number != head.version);
            past.extend(older.map(|version| (head.id, version)));
        }
        now.sort_by_key(|(id, _)| *id);
        Ok((now, past))
    }
}

struct Told {
    source: String,
    received_at: String,
    members: HashMap<RecordId, (String, Resource)>,
}
