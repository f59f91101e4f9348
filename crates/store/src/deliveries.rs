//! What was received: lists for operators, the bytes for those who may see them.

use crate::Store;
use crate::audit::AuditEntry;
use crate::body;
use crate::commit::content_bucket;
use crate::db::Tx;
use crate::error::{ErrorKind, StoreError};
use crate::query::{Row, sql};
use access::{JobPermit, Permit};
use bytes::Bytes;
use model::reading::{Format, Problem};
use model::{DeliveryId, FacilityId, SourceName};

/// How far a delivery got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// Being written in chunks, or cut off in between: commit it again.
    Receiving,
    /// Kept.
    Kept,
    /// Withdrawn: in no view, but in every history.
    Withdrawn,
}

impl DeliveryState {
    /// The word in the store.
    pub fn word(self) -> &'static str {
        match self {
            Self::Receiving => "receiving",
            Self::Kept => "kept",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl std::str::FromStr for DeliveryState {
    type Err = ();
    fn from_str(word: &str) -> Result<Self, ()> {
        [Self::Receiving, Self::Kept, Self::Withdrawn].into_iter().find(|each| each.word() == word).ok_or(())
    }
}

/// A delivery without its bytes.
#[derive(Clone, PartialEq)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// Who sent it.
    pub facility: FacilityId,
    /// Through which feed.
    pub source: SourceName,
    /// Path below the watched root; may name a patient.
    pub path: String,
    /// SHA-256 of the bytes, lower-case hex.
    pub sha256: String,
    /// How many bytes.
    pub size: i64,
    /// When the source last changed it, or empty.
    pub source_time: String,
    /// The feed's own running number.
    pub sequence: i64,
    /// How it is read.
    pub format: Format,
    /// By which edition of the reading rules it was read last.
    pub reader_version: i64,
    /// How often it was read again.
    pub edition: i64,
    /// When it was received: RFC 3339, UTC.
    pub received_at: String,
    /// How far it got.
    pub state: DeliveryState,
    /// How many records it states.
    pub records: i64,
    /// What could not be read or mapped.
    pub problems: Vec<Problem>,
    /// When it was withdrawn, or empty.
    pub withdrawn_at: String,
    /// Who withdrew it, or empty.
    pub withdrawn_by: String,
    /// Why, or empty.
    pub withdrawn_reason: String,
}

/// Which deliveries to list; empty = all. Newest first.
#[derive(Debug, Clone, Default)]
pub struct DeliveryFilter {
    /// Of this facility.
    pub facility: Option<FacilityId>,
    /// Of this feed.
    pub source: Option<SourceName>,
    /// That got this far.
    pub state: Option<DeliveryState>,
    /// With a problem of this code.
    pub problem: String,
    /// Received before this time (RFC 3339, UTC): the last one's `received_at` gives the next page.
    pub before: String,
    /// At most so many; 0 = 100.
    pub limit: u32,
}

pub(crate) const COLUMNS: &str = "id, facility, source, path, sha256, size, source_time, sequence, format, \
     reader_version, edition, received_at, state, records, problems, withdrawn_at, withdrawn_by, withdrawn_reason";

pub(crate) fn read(row: &Row) -> Result<Delivery, StoreError> {
    const OPERATION: &str = "read a delivery";
    let problems = row.bytes(14)?;
    Ok(Delivery {
        id: DeliveryId(row.id(0)?),
        facility: row.word(1)?,
        source: row.word(2)?,
        path: row.text(3)?,
        sha256: row.text(4)?,
        size: row.int(5)?,
        source_time: row.text(6)?,
        sequence: row.int(7)?,
        format: Format::parse(&row.text(8)?).ok_or_else(|| StoreError::corrupt(OPERATION, "its format"))?,
        reader_version: row.int(9)?,
        edition: row.int(10)?,
        received_at: row.text(11)?,
        state: row.word(12)?,
        records: row.int(13)?,
        problems: if problems.is_empty() { Vec::new() } else { body::unpack(OPERATION, &problems)? },
        withdrawn_at: row.text(15)?,
        withdrawn_by: row.text(16)?,
        withdrawn_reason: row.text(17)?,
    })
}

/// The delivery inside a transaction.
pub(crate) async fn find(tx: &mut Tx, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
    let text = format!("SELECT {COLUMNS} FROM delivery WHERE id = $1");
    tx.optional(sql(text).id(id.0)).await?.as_ref().map(read).transpose()
}

impl Store {
    /// Lists deliveries, newest first.
    pub async fn deliveries(&self, filter: &DeliveryFilter) -> Result<Vec<Delivery>, StoreError> {
        let mut text = format!("SELECT {COLUMNS} FROM delivery WHERE 1 = 1");
        let mut query = sql("");
        let problem =
            if filter.problem.is_empty() { String::new() } else { format!("% {} %", filter.problem) };
        let wishes = [
            ("facility =", filter.facility.as_ref().map(FacilityId::as_str)),
            ("source =", filter.source.as_ref().map(SourceName::as_str)),
            ("state =", filter.state.map(DeliveryState::word)),
            ("problem_codes LIKE", Some(problem.as_str()).filter(|text| !text.is_empty())),
            ("received_at <", Some(filter.before.as_str()).filter(|text| !text.is_empty())),
        ];
        let wishes = wishes.into_iter().filter_map(|(condition, value)| Some((condition, value?)));
        for ((condition, value), number) in wishes.zip(1..) {
            text.push_str(&format!(" AND {condition} ${number}"));
            query = query.text(value);
        }
        let limit = if filter.limit == 0 { 100 } else { filter.limit };
        text.push_str(&format!(" ORDER BY received_at DESC, id LIMIT {limit}"));
        query.sql = text.into();
        let mut tx = self.snapshot("list deliveries").await?;
        let rows = tx.all(query).await?;
        tx.commit().await?;
        rows.iter().map(read).collect()
    }

    /// One delivery.
    pub async fn delivery(&self, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
        let mut tx = self.snapshot("read a delivery").await?;
        let found = find(&mut tx, id).await?;
        tx.commit().await?;
        Ok(found)
    }

    /// Deliveries that a crash left half written: read their bytes and commit them again.
    /// Asked again on a new connection where one was cut under it.
    pub async fn pending(&self) -> Result<Vec<Delivery>, StoreError> {
        const TEXT: &str = "WHERE state = 'receiving' ORDER BY received_at";
        let mut attempt = 0;
        loop {
            attempt += 1;
            let query = sql(format!("SELECT {COLUMNS} FROM delivery {TEXT}"));
            match self.rows("list unfinished deliveries", query).await {
                Err(error) if error.kind == ErrorKind::Unavailable && attempt < 4 => {
                    tracing::warn!(%error, attempt, "asking again");
                }
                answer => return answer?.iter().map(read).collect(),
            }
        }
    }

    /// The bytes, for a job; not in the audit one by one.
    pub async fn delivery_bytes(&self, _permit: &JobPermit, id: DeliveryId) -> Result<Bytes, StoreError> {
        let mut tx = self.snapshot("read a delivery's bytes").await?;
        let found =
            find(&mut tx, id).await?.ok_or_else(|| StoreError::not_found("read a delivery", "delivery"))?;
        let bytes = self.content(&mut tx, &found.sha256).await?;
        tx.commit().await?;
        Ok(bytes)
    }

    /// The bytes, for a viewer: only of a delivery that speaks of nobody but the permit's person and of
    /// nothing the permit hides. Otherwise it is `NotFound`. The disclosure is in the audit before this returns.
    pub async fn delivery_original(
        &self,
        permit: &Permit,
        id: DeliveryId,
    ) -> Result<(Delivery, Bytes), StoreError> {
        const OPERATION: &str = "show an original";
        let mut tx = self.snapshot(OPERATION).await?;
        let found = openable(&mut tx, permit, id, OPERATION).await?;
        let found = found.ok_or_else(|| StoreError::not_found(OPERATION, "delivery"))?;
        let bytes = self.content(&mut tx, &found.sha256).await?;
        tx.commit().await?;
        self.disclose(permit, format!("delivery/{id}"), String::new()).await?;
        Ok((found, bytes))
    }

    pub(crate) async fn content(&self, tx: &mut Tx, sha256: &str) -> Result<Bytes, StoreError> {
        const OPERATION: &str = "read a delivery's bytes";
        let row = tx
            .optional(
                sql("SELECT place, body FROM content WHERE bucket = $1 AND sha256 = $2")
                    .int(content_bucket(sha256))
                    .text(sha256),
            )
            .await?
            .ok_or_else(|| StoreError::corrupt(OPERATION, "the bytes of a delivery are missing"))?;
        let bytes = match row.int(0)? {
            0 => body::decompress(OPERATION, &row.bytes(1)?)?.into(),
            1 => row.bytes(1)?.into(),
            _ => self.inner.blobs.get(sha256).await?,
        };
        if body::sha256(&bytes) != sha256 {
            return Err(StoreError::corrupt(OPERATION, "the bytes of a delivery are not those received"));
        }
        Ok(bytes)
    }

    /// Notes in the audit that a job did something.
    pub async fn audit_job(
        &self,
        permit: &JobPermit,
        event: &str,
        subject: impl Into<String>,
        detail: impl Into<String>,
    ) -> Result<(), StoreError> {
        self.audit(AuditEntry::job(permit, event, subject, detail)).await
    }
}

/// The delivery, if it speaks of nobody but the permit's person and of nothing the permit hides.
async fn openable(
    tx: &mut Tx,
    permit: &Permit,
    id: DeliveryId,
    operation: &'static str,
) -> Result<Option<Delivery>, StoreError> {
    let Some(found) = find(tx, id).await?.filter(|found| found.state != DeliveryState::Withdrawn) else {
        return Ok(None);
    };
    let others = tx
        .one(
            sql("SELECT COUNT(*), COUNT(CASE WHEN compartment.person = $1 AND compartment.inbox = 0 \
                 THEN 1 END) FROM statement JOIN compartment ON compartment.id = statement.compartment \
                 WHERE statement.delivery = $2 AND statement.state = 0")
            .id(permit.person().0)
            .id(id.0),
        )
        .await?;
    let (all, own) = (others.int(0)?, others.int(1)?);
    if all == 0 || own != all {
        return Ok(None);
    }
    let statements =
        tx.all(sql("SELECT members FROM statement WHERE delivery = $1 AND state = 0").id(id.0)).await?;
    for row in statements {
        for member in body::unpack::<Vec<body::Member>>(operation, &row.bytes(0)?)? {
            let kind = model::chart::kind(&member.resource);
            let sensitive = model::chart::sensitive(&member.resource);
            if !permit.visibility(&found.facility, kind, sensitive).is_shown() {
                return Ok(None);
            }
        }
    }
    Ok(Some(found))
}
