//! Looking at a person: from a member of staff to a permit or a refusal, with the facts of this moment.

use crate::{Hub, consent};
use access::{Decision, Facts, Permit, Purpose, Refusal, Viewer};
use model::clock::jst;
use model::{FacilityId, PersonId};
use store::{AuditEntry, Staff};

impl Hub {
    /// The member of staff as `access` sees them. `None` if their facility is not in the directory.
    pub async fn viewer(&self, staff: &Staff) -> anyhow::Result<Option<Viewer>> {
        let facility = self.store.facility(&staff.facility).await?;
        Ok(facility.map(|facility| Viewer {
            staff: staff.id,
            name: staff.name.clone(),
            profession: staff.profession,
            facility: facility.id,
            facility_name: facility.name,
            facility_kind: facility.kind,
        }))
    }

    /// Today in Japan, `YYYY-MM-DD`.
    pub fn today(&self) -> String {
        self.clock.now().to_zoned_datetime(jst()).date().to_string()
    }

    /// What `access` needs to know of a person; `None` if there is no such person.
    pub async fn facts(&self, facility: &FacilityId, person: PersonId) -> anyhow::Result<Option<Facts>> {
        let Some(policy) = self.store.policy_records(person).await? else { return Ok(None) };
        let (consents, relationships) = consent::facts(policy.records.iter());
        Ok(Some(Facts {
            person,
            consents,
            relationships,
            registered_here: policy.facilities.contains(facility),
            today: self.today(),
            consent_epoch: policy.consent_epoch,
        }))
    }

    /// May this viewer look at this person now? A refusal is in the audit before this returns.
    pub async fn decide(
        &self,
        viewer: &Viewer,
        person: PersonId,
    ) -> anyhow::Result<Option<Result<Permit, Refusal>>> {
        let Some(facts) = self.facts(&viewer.facility, person).await? else { return Ok(None) };
        let purpose = Purpose::usual(viewer.profession, viewer.facility_kind);
        match access::decide(viewer, purpose, &facts) {
            Decision::Permit(permit) => Ok(Some(Ok(permit))),
            Decision::Refusal(refusal) => {
                let ids: Vec<&str> = refusal.reasons.iter().map(access::Reason::id).collect();
                let entry = AuditEntry {
                    outcome: "refused".into(),
                    person: Some(person),
                    purpose: purpose.word().into(),
                    ..self.entry(viewer, "disclosure", "person", &ids.join(" "))
                };
                self.store.audit(entry).await?;
                Ok(Some(Err(refusal)))
            }
        }
    }

    /// An audit entry of something this viewer did.
    pub fn entry(&self, viewer: &Viewer, event: &str, subject: &str, detail: &str) -> AuditEntry {
        AuditEntry {
            event: event.into(),
            outcome: "done".into(),
            actor: viewer.staff.to_string(),
            actor_name: viewer.name.clone(),
            profession: viewer.profession.word().into(),
            facility: viewer.facility.to_string(),
            subject: subject.into(),
            detail: detail.into(),
            ..AuditEntry::default()
        }
    }
}
