//! What decides about access: a person's current consents and relationships, and the state they are in.

use crate::query::sql;
use crate::record::{HEAD_COLUMNS, current, head, history};
use crate::{Store, StoreError, Tx};
use access::JobPermit;
use model::reading::Resource;
use model::{CompartmentId, FacilityId, PersonId};

/// The records by which access to a person is decided. Not clinical.
#[derive(Debug, Clone, Default)]
pub struct PolicyRecords {
    /// Moves with every change of links, consents and relationships.
    pub consent_epoch: i64,
    /// Facilities with a registration of the person; not those whose reception only filed what the person said.
    pub facilities: Vec<FacilityId>,
    /// Current Consent and EpisodeOfCare resources.
    pub records: Vec<Resource>,
}

/// Types that decide about access.
const POLICY: &[&str] = &["Consent", "EpisodeOfCare"];

impl Store {
    /// The records by which access to a person is decided; `None` if there is no such person.
    pub async fn policy_records(&self, person: PersonId) -> Result<Option<PolicyRecords>, StoreError> {
        let mut tx = self.snapshot("read consents").await?;
        let epoch = tx.optional(sql("SELECT consent_epoch FROM person WHERE id = $1").id(person.0)).await?;
        let Some(epoch) = epoch else {
            tx.commit().await?;
            return Ok(None);
        };
        let mut policy = PolicyRecords { consent_epoch: epoch.int(0)?, ..PolicyRecords::default() };
        let compartments =
            "SELECT bucket, id, facility, local_id FROM compartment WHERE person = $1 AND inbox = 0";
        for row in tx.all(sql(compartments).id(person.0)).await? {
            if !row.text_or_null(3)?.is_some_and(|number| number.starts_with(crate::DESK_NUMBER)) {
                policy.facilities.push(row.word(2)?);
            }
            let (bucket, compartment) = (row.int(0)?, CompartmentId(row.id(1)?));
            policy.records.extend(of_types(&mut tx, bucket, compartment, POLICY).await?);
        }
        tx.commit().await?;
        Ok(Some(policy))
    }

    /// The current records of some types of a compartment, for a job.
    pub async fn current_of(
        &self,
        _permit: &JobPermit,
        compartment: CompartmentId,
        types: &[&str],
    ) -> Result<Vec<Resource>, StoreError> {
        let mut tx = self.snapshot("read a registration's records").await?;
        let row = tx.one(sql("SELECT bucket FROM compartment WHERE id = $1").id(compartment.0)).await?;
        let records = of_types(&mut tx, row.int(0)?, compartment, types).await?;
        tx.commit().await?;
        Ok(records)
    }
}

pub(crate) async fn of_types(
    tx: &mut Tx,
    bucket: i64,
    compartment: CompartmentId,
    types: &[&str],
) -> Result<Vec<Resource>, StoreError> {
    let text = format!(
        "SELECT {HEAD_COLUMNS} FROM record WHERE bucket = $1 AND compartment = $2 AND state IN ('c', 's') AND type IN ({})",
        crate::placeholders(3, types.len())
    );
    let query = types.iter().fold(sql(text).int(bucket).id(compartment.0), |query, kind| query.text(*kind));
    let mut found = Vec::new();
    for row in tx.all(query).await? {
        let head = head(&row)?;
        found.extend(current(&history(tx, bucket, compartment, head.id).await?, head.version));
    }
    Ok(found)
}
