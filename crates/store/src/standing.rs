//! What stands about a facility's people, new or not: that a goal is there, and how long a care certification holds.
//!
//! The goal's words are not read, nor the level of care: both are shown where a person is opened.

use crate::policy::of_types;
use crate::query::{placeholders, sql};
use crate::worklist::PERSONS_AT_ONCE;
use crate::{Store, StoreError};
use access::SearchPermit;
use model::facility::RecordKind;
use model::reading::Resource;
use model::{CompartmentId, FacilityId, PersonId, fhir};
use serde_json::Value;

impl Store {
    /// Where a goal is there for these persons: person, facility, and the kind that decides who may see it.
    pub async fn goals(
        &self,
        _permit: &SearchPermit,
        persons: &[PersonId],
    ) -> Result<Vec<(PersonId, FacilityId, RecordKind)>, StoreError> {
        let mut found = Vec::new();
        for some in persons.chunks(PERSONS_AT_ONCE) {
            let text = format!(
                "SELECT DISTINCT c.person, c.facility, rec.kind FROM compartment c \
                 JOIN record rec ON rec.bucket = c.bucket AND rec.compartment = c.id \
                 WHERE c.person IN ({}) AND c.inbox = 0 AND rec.type = 'Goal' AND rec.state IN ('c', 's') AND rec.sensitive = 0",
                placeholders(1, some.len())
            );
            for row in self.rows("find goals", sql(text).ids(some.iter().map(|person| person.0))).await? {
                found.push((PersonId(row.id(0)?), row.word(1)?, row.word(2)?));
            }
        }
        Ok(found)
    }

    /// Last days of these persons' care certifications, as each facility has been told: person, facility, ISO date.
    pub async fn certifications(
        &self,
        _permit: &SearchPermit,
        persons: &[PersonId],
    ) -> Result<Vec<(PersonId, FacilityId, String)>, StoreError> {
        let mut found = Vec::new();
        for some in persons.chunks(PERSONS_AT_ONCE) {
            let text = format!(
                "SELECT c.person, c.facility, c.bucket, c.id FROM compartment c WHERE c.person IN ({}) AND c.inbox = 0 \
                 AND EXISTS (SELECT 1 FROM record rec WHERE rec.bucket = c.bucket AND rec.compartment = c.id \
                 AND rec.type = 'Coverage' AND rec.state IN ('c', 's'))",
                placeholders(1, some.len())
            );
            let mut tx = self.snapshot("find care certifications").await?;
            for row in tx.all(sql(text).ids(some.iter().map(|person| person.0))).await? {
                let (person, facility) = (PersonId(row.id(0)?), row.word::<FacilityId>(1)?);
                let of = of_types(&mut tx, row.int(2)?, CompartmentId(row.id(3)?), &["Coverage"]).await?;
                found.extend(
                    of.iter()
                        .filter_map(certified_until)
                        .map(|until| (person, facility.clone(), until.to_owned())),
                );
            }
            tx.commit().await?;
        }
        Ok(found)
    }
}

/// Last day of a care insurance's certification; `None` for other insurances and where no day is told.
fn certified_until(coverage: &Resource) -> Option<&str> {
    let status = fhir::text(coverage, "status").unwrap_or_default();
    if matches!(status, "cancelled" | "entered-in-error") {
        return None;
    }
    let kind = coverage.get("type")?;
    let displays = kind.get("coding").and_then(Value::as_array).into_iter().flatten();
    let mut words = displays.filter_map(|coding| coding.get("display")).chain(kind.get("text"));
    let care = words.any(|word| word.as_str().is_some_and(|word| word.contains("介護")));
    fhir::text(coverage, "period.end").filter(|_| care)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_a_care_insurance_with_an_end_says_until_when() {
        let until = |status: &str, word: &str, period: Value| {
            let coverage = json!({"resourceType": "Coverage", "status": status, "type": {"text": word}, "period": period});
            certified_until(coverage.as_object().unwrap()).map(str::to_owned)
        };
        let period = json!({"start": "2025-01-01", "end": "2026-12-31"});
        assert_eq!(until("active", "介護保険", period.clone()).as_deref(), Some("2026-12-31"));
        assert_eq!(until("active", "国民健康保険", period.clone()), None);
        assert_eq!(until("cancelled", "介護保険", period), None);
        assert_eq!(until("active", "介護保険", json!({"start": "2025-01-01"})), None);
    }
}
