//! One record with its history, opened from the chart.

use crate::Store;
use crate::body::{self, Member};
use crate::chart_line::RecordState;
use crate::course::Op;
use crate::db::Tx;
use crate::error::StoreError;
use crate::query::sql;
use access::Permit;
use model::facility::RecordKind;
use model::reading::Resource;
use model::{CompartmentId, DeliveryId, FacilityId, RecordId, SourceName};

const OPERATION: &str = "open a record";

/// One version of a record.
#[derive(Clone, PartialEq)]
pub struct VersionView {
    /// Its number; numbers are given in order of arrival.
    pub number: i64,
    /// Content, deletion, removal, retraction.
    pub op: Op,
    /// Still part of the record's course; false where a late or corrected statement left no place for it.
    pub in_course: bool,
    /// The source has marked it as replaced.
    pub superseded: bool,
    /// Since when it holds at the source: up to 17 digits, JST; empty for retractions.
    pub since: String,
    /// When the store made it: RFC 3339, UTC.
    pub recorded_at: String,
    /// Which delivery says so.
    pub delivery: DeliveryId,
    /// Through which feed that came; `None` for retractions.
    pub source: Option<SourceName>,
    /// When that was received: RFC 3339, UTC; empty for retractions.
    pub received_at: String,
    /// Where in the original it begins, in the format's own terms; empty where the delivery does not name it.
    pub at: String,
    /// The content; for a deletion what was deleted, if the source says.
    pub resource: Option<Resource>,
}

/// A record as it is now and as it was.
#[derive(Clone, PartialEq)]
pub struct RecordView {
    /// Its id.
    pub id: RecordId,
    /// Whose it is at the source.
    pub compartment: CompartmentId,
    /// Who made it.
    pub facility: FacilityId,
    /// FHIR resource type.
    pub resource_type: String,
    /// Kind of record.
    pub kind: RecordKind,
    /// Whether it counts today.
    pub state: RecordState,
    /// Number of the current version.
    pub version: i64,
    /// Place in the change feed where it last became news.
    pub seq: i64,
    /// The current content; for a deleted one what was deleted, if known.
    pub resource: Option<Resource>,
    /// Every version the permit shows, in source order.
    pub history: Vec<VersionView>,
}

/// A record's head row.
pub(crate) struct HeadRow {
    pub id: RecordId,
    pub resource_type: String,
    pub kind: RecordKind,
    pub sensitive: bool,
    pub state: RecordState,
    pub version: i64,
    pub seq: i64,
}

pub(crate) const HEAD_COLUMNS: &str = "id, type, kind, sensitive, state, version, seq";

pub(crate) fn head(row: &crate::query::Row) -> Result<HeadRow, StoreError> {
    Ok(HeadRow {
        id: RecordId(row.id(0)?),
        resource_type: row.text(1)?,
        kind: row.word(2)?,
        sensitive: row.flag(3)?,
        state: row.word(4)?,
        version: row.int(5)?,
        seq: row.int(6)?,
    })
}

impl Store {
    /// One record of the permit's person. What the permit hides is `NotFound`, as is what was retracted. The
    /// disclosure is in the audit, durably, before this returns.
    pub async fn record(&self, permit: &Permit, id: RecordId) -> Result<RecordView, StoreError> {
        let hidden = || StoreError::not_found(OPERATION, "record");
        let mut tx = self.snapshot(OPERATION).await?;
        let text = format!(
            "SELECT {HEAD_COLUMNS}, compartment.bucket, compartment.id, compartment.facility \
             FROM compartment JOIN record ON record.bucket = compartment.bucket \
             AND record.compartment = compartment.id AND record.id = $2 \
             WHERE compartment.person = $1 AND compartment.inbox = 0"
        )
        .replace("id, type", "record.id, type");
        let row = tx.optional(sql(text).id(permit.person().0).id(id.0)).await?.ok_or_else(hidden)?;
        let head = head(&row)?;
        let (bucket, compartment, facility) =
            (row.int(7)?, CompartmentId(row.id(8)?), row.word::<FacilityId>(9)?);
        if head.state == RecordState::Retracted
            || !permit.visibility(&facility, head.kind, head.sensitive).is_shown()
        {
            return Err(hidden());
        }
        let mut history = history(&mut tx, bucket, compartment, id).await?;
        tx.commit().await?;
        history.retain(|version| {
            let shown = version.resource.as_ref().is_none_or(|resource| {
                let kind = model::chart::kind(resource);
                permit.visibility(&facility, kind, model::chart::sensitive(resource)).is_shown()
            });
            version.in_course && shown
        });
        let resource = current(&history, head.version);
        self.disclose(permit, format!("record/{id}"), head.resource_type.clone()).await?;
        Ok(RecordView {
            id,
            compartment,
            facility,
            resource_type: head.resource_type,
            kind: head.kind,
            state: head.state,
            version: head.version,
            seq: head.seq,
            resource,
            history,
        })
    }

    /// The current content of several records, for what a page shows of each; those the permit hides, and
    /// those that are not there, are left out. One disclosure for all.
    pub async fn resources(
        &self,
        permit: &Permit,
        ids: &[RecordId],
    ) -> Result<Vec<(RecordId, Resource)>, StoreError> {
        let mut tx = self.snapshot(OPERATION).await?;
        let mut found = Vec::new();
        let compartments = tx
            .all(
                sql("SELECT bucket, id, facility FROM compartment WHERE person = $1 AND inbox = 0")
                    .id(permit.person().0),
            )
            .await?;
        for row in &compartments {
            let (bucket, compartment, facility) =
                (row.int(0)?, CompartmentId(row.id(1)?), row.word::<FacilityId>(2)?);
            for chunk in ids.chunks(64) {
                let padded = crate::writes::padded(chunk);
                let text = format!(
                    "SELECT {HEAD_COLUMNS} FROM record WHERE bucket = $1 AND compartment = $2 \
                     AND state <> 'r' AND id IN ({})",
                    crate::placeholders(3, padded.len())
                );
                let query = sql(text).int(bucket).id(compartment.0).ids(padded.into_iter().map(|id| id.0));
                for row in tx.all(query).await? {
                    let head = head(&row)?;
                    if permit.visibility(&facility, head.kind, head.sensitive).is_shown() {
                        let history = history(&mut tx, bucket, compartment, head.id).await?;
                        found.extend(current(&history, head.version).map(|resource| (head.id, resource)));
                    }
                }
            }
        }
        tx.commit().await?;
        self.disclose(permit, "records".to_owned(), format!("{} records", found.len())).await?;
        Ok(found)
    }
}

/// The content of the current version, or of the last one that had any.
pub(crate) fn current(history: &[VersionView], version: i64) -> Option<Resource> {
    let place = history.iter().position(|each| each.number == version)?;
    history.iter().take(place + 1).rev().find_map(|each| each.resource.clone())
}

/// Every version of a record, in source order, also those that are no longer part of its course.
pub(crate) async fn history(
    tx: &mut Tx,
    bucket: i64,
    compartment: CompartmentId,
    record: RecordId,
) -> Result<Vec<VersionView>, StoreError> {
    let rows = tx
        .all(
            sql("SELECT number, op, in_fold, superseded, position, version.delivery, version.part, \
                 version.edition, recorded_at, body, statement.source, statement.received_at, statement.members \
                 FROM version LEFT JOIN statement ON statement.delivery = version.delivery \
                 AND statement.part = version.part AND statement.edition = version.edition \
                 AND statement.bucket = version.bucket \
                 WHERE version.bucket = $1 AND version.compartment = $2 AND version.record = $3 \
                 ORDER BY position, number")
            .int(bucket)
            .id(compartment.0)
            .id(record.0),
        )
        .await?;
    let mut history = Vec::with_capacity(rows.len());
    for row in rows {
        let op: Op = row.word(1)?;
        let body = row.bytes(9)?;
        let says = matches!(op, Op::Put | Op::Delete);
        let stated = if says { stated(row.bytes_or_null(12)?, record, body.is_empty())? } else { None };
        let at = stated.as_ref().map(|member| member.at.clone()).unwrap_or_default();
        let resource = if !body.is_empty() {
            Some(body::unpack(OPERATION, &body)?)
        } else {
            stated.map(|member| member.resource)
        };
        let source = row.text_or_null(10)?;
        history.push(VersionView {
            number: row.int(0)?,
            op,
            in_course: row.flag(2)?,
            superseded: row.flag(3)?,
            since: crate::fold::Position(row.bytes(4)?).time(),
            recorded_at: row.text(8)?,
            delivery: DeliveryId(row.id(5)?),
            source: source.and_then(|source| SourceName::new(source).ok()),
            received_at: row.text_or_null(11)?.unwrap_or_default(),
            at,
            resource,
        });
    }
    // A retraction comes after everything it ends.
    history.sort_by_key(|version| version.op == Op::Retract);
    Ok(history)
}

/// The record as its statement says it; the statement must be there where the version rests on it.
fn stated(members: Option<Vec<u8>>, record: RecordId, needed: bool) -> Result<Option<Member>, StoreError> {
    let Some(members) = members else {
        let missing = StoreError::corrupt(OPERATION, "a statement is missing");
        return if needed { Err(missing) } else { Ok(None) };
    };
    let members: Vec<Member> = body::unpack(OPERATION, &members)?;
    Ok(members.into_iter().rev().find(|member| member.id == record))
}
