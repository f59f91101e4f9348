//! Consents and relationships as the reception sees them: with who entered each, and where they are filed.
//!
//! Whether one holds is `access`'s judgement; how it is written down is the hub's.

use crate::course::Op;
use crate::deliveries;
use crate::persons::{Evidence, write_link};
use crate::query::sql;
use crate::record::{HEAD_COLUMNS, current, head, history};
use crate::{Store, StoreError, Tx};
use model::reading::Resource;
use model::{CompartmentId, FacilityId, LocalId, PersonId, RecordId, SourceName};

/// Beginning of the number of a registration that a reception desk made, to file what was said there: the
/// facility knows nothing of the person by it.
pub const DESK_NUMBER: &str = "hakucho:";

/// Who stated a version of a consent, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entered {
    /// Through which feed.
    pub source: SourceName,
    /// Path of the delivery; `reception/<account>/…` for an entry at a desk.
    pub path: String,
    /// When it was received: RFC 3339, UTC.
    pub at: String,
}

/// A current Consent or EpisodeOfCare.
#[derive(Clone)]
pub struct PolicyEntry {
    /// Its id.
    pub id: RecordId,
    /// Facility that filed it.
    pub facility: FacilityId,
    /// The registration it is filed under.
    pub compartment: CompartmentId,
    /// That registration's number.
    pub local_id: Option<LocalId>,
    /// What it says now.
    pub resource: Resource,
    /// The statements that made its course, in source order.
    pub entered: Vec<Entered>,
}

impl Store {
    /// The person's current consents and relationships, with who entered them.
    pub async fn policy_entries(&self, person: PersonId) -> Result<Vec<PolicyEntry>, StoreError> {
        let mut tx = self.snapshot("read consents").await?;
        let compartments = "SELECT bucket, id, facility, local_id FROM compartment WHERE person = $1 AND inbox = 0 ORDER BY facility, id";
        let mut found = Vec::new();
        for row in tx.all(sql(compartments).id(person.0)).await? {
            let (bucket, compartment) = (row.int(0)?, CompartmentId(row.id(1)?));
            let text = format!(
                "SELECT {HEAD_COLUMNS} FROM record WHERE bucket = $1 AND compartment = $2 AND state IN ('c', 's') \
                 AND type IN ('Consent', 'EpisodeOfCare')"
            );
            for each in tx.all(sql(text).int(bucket).id(compartment.0)).await? {
                let head = head(&each)?;
                let versions = history(&mut tx, bucket, compartment, head.id).await?;
                let Some(resource) = current(&versions, head.version) else { continue };
                let mut entered = Vec::new();
                for version in versions.iter().filter(|each| each.in_course && each.op == Op::Put) {
                    entered.extend(told(&mut tx, version.delivery).await?);
                }
                found.push(PolicyEntry {
                    id: head.id,
                    facility: row.word(2)?,
                    compartment,
                    local_id: row.text_or_null(3)?.map(LocalId::new),
                    resource,
                    entered,
                });
            }
        }
        tx.commit().await?;
        Ok(found)
    }

    /// The numbers under which a facility has registered a person, without those of its reception desk.
    pub async fn local_ids(
        &self,
        facility: &FacilityId,
        person: PersonId,
    ) -> Result<Vec<LocalId>, StoreError> {
        let query = sql(
            "SELECT local_id FROM compartment WHERE person = $1 AND facility = $2 AND inbox = 0 \
             AND compartment_key LIKE 'id:%' AND compartment_key NOT LIKE 'id:hakucho:%' ORDER BY created_at, id",
        );
        let rows =
            self.rows("find a person's registrations", query.id(person.0).text(facility.as_str())).await?;
        rows.iter().map(|row| Ok(LocalId::new(row.text(0)?))).collect()
    }

    /// Whose registration a number of a facility is; `None` if it has none of that number.
    pub async fn person_of_number(
        &self,
        facility: &FacilityId,
        number: &str,
    ) -> Result<Option<PersonId>, StoreError> {
        let compartment = CompartmentId::derive(facility, &format!("id:{number}"));
        let query = sql("SELECT person FROM compartment WHERE id = $1 AND inbox = 0").id(compartment.0);
        let rows = self.rows("find a registration by its number", query).await?;
        rows.first().map(|row| row.id(0).map(PersonId)).transpose()
    }

    /// Makes sure that a facility has a registration under this number, and that it belongs to the person.
    pub async fn open_registration(
        &self,
        facility: &FacilityId,
        number: &LocalId,
        person: PersonId,
        evidence: &Evidence<'_>,
    ) -> Result<CompartmentId, StoreError> {
        const OPERATION: &str = "open a registration";
        let key = format!("id:{}", number.reveal());
        let compartment = CompartmentId::derive(facility, &key);
        let _turn = self.inner.ingest.lock().await;
        let mut tx = self.begin(OPERATION).await?;
        let there =
            tx.optional(sql("SELECT person FROM compartment WHERE id = $1").id(compartment.0)).await?;
        if let Some(row) = there {
            let same = PersonId(row.id(0)?) == person;
            tx.rollback().await?;
            if !same {
                self.link(compartment, person, evidence).await?;
            }
            return Ok(compartment);
        }
        let row = tx.optional(sql("SELECT bucket FROM person WHERE id = $1").id(person.0)).await?;
        let bucket = row.ok_or_else(|| StoreError::not_found(OPERATION, "person"))?.int(0)?;
        tx.execute(
            sql("INSERT INTO compartment (bucket, id, facility, compartment_key, local_id, inbox, person, \
                 registration_due, created_at) VALUES ($1, $2, $3, $4, $5, 0, $6, 0, $7)")
            .int(bucket)
            .id(compartment.0)
            .text(facility.as_str())
            .text(key)
            .text(number.reveal())
            .id(person.0)
            .text(self.now()),
        )
        .await?;
        write_link(&mut tx, bucket, compartment, person, evidence, &self.now()).await?;
        tx.commit().await?;
        Ok(compartment)
    }
}

async fn told(tx: &mut Tx, id: model::DeliveryId) -> Result<Option<Entered>, StoreError> {
    let found = deliveries::find(tx, id).await?;
    Ok(found.map(|found| Entered { source: found.source, path: found.path, at: found.received_at }))
}
