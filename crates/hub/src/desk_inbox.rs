//! The inbox: what belongs to nobody yet is assigned by a human, put back, or withdrawn.

use crate::Hub;
use crate::desk::{Desk, DeskError, note};
use crate::search::Asked;
use access::Viewer;
use model::facility::Profession;
use model::{CompartmentId, FacilityId, PersonId};
use std::collections::BTreeMap;
use store::{Evidence, InboxEntry, Registered};

/// Candidates shown for one entry at most.
const MOST_CANDIDATES: usize = 10;

/// Beginning of the second name of what carries another institution's number (see `foreign`).
const INSTITUTION: &str = "institution ";

/// Why an entry is in the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Apart {
    /// Nobody is named.
    Nobody,
    /// Two numbers are named: the message's and the path's.
    Disputed {
        /// PID-3.
        message: String,
        /// Number in the path.
        path: String,
    },
}

/// Reads why from a compartment's key (see `PatientKey::compartment_key`).
pub fn apart(key: &str) -> Apart {
    let disputed = || {
        let (length, rest) = key.strip_prefix("disputed:")?.split_once(':')?;
        let (message, path) = rest.split_at_checked(length.parse().ok()?)?;
        Some(Apart::Disputed { message: message.to_owned(), path: path.strip_prefix(':')?.to_owned() })
    };
    disputed().unwrap_or(Apart::Nobody)
}

/// A person an entry may belong to.
pub struct Candidate {
    /// Who.
    pub person: PersonId,
    /// All registrations.
    pub registered: Vec<Registered>,
}

/// Operators see every entry; others those of their facility.
fn scope(viewer: &Viewer) -> Option<&FacilityId> {
    (viewer.profession != Profession::Operator).then_some(&viewer.facility)
}

impl Hub {
    /// What waits, oldest first, how many wait in all. That it is shown is in the audit before this returns.
    pub async fn inbox(&self, viewer: &Viewer, most: i64) -> anyhow::Result<(Vec<InboxEntry>, i64)> {
        let (entries, waiting) = self.store.inbox_entries(scope(viewer), most).await?;
        for entry in &entries {
            let subject = format!("inbox/{}", entry.compartment);
            self.store.audit(self.entry_of(viewer, "disclosure", entry.person, &subject, "")).await?;
        }
        Ok((entries, waiting))
    }

    /// One entry, if this viewer may decide on it.
    pub async fn inbox_entry(
        &self,
        viewer: &Viewer,
        compartment: CompartmentId,
    ) -> anyhow::Result<Option<InboxEntry>> {
        let entry = self.store.inbox_entry(compartment).await?;
        Ok(entry.filter(|entry| scope(viewer).is_none_or(|own| *own == entry.facility)))
    }

    /// Persons an entry may belong to: those its numbers name at its facility, or what a search for `words` finds.
    pub async fn candidates(
        &self,
        viewer: &Viewer,
        entry: &InboxEntry,
        words: &str,
    ) -> anyhow::Result<Vec<Candidate>> {
        let mut found: BTreeMap<PersonId, Vec<Registered>> = BTreeMap::new();
        let here = |number: &str| (entry.facility.clone(), number.to_owned());
        let mut numbers = Vec::new();
        match apart(entry.key.reveal()) {
            _ if !words.trim().is_empty() => numbers.push(here(words.trim())),
            Apart::Disputed { message, path } => match path.strip_prefix(INSTITUTION) {
                // The number is that institution's: here it may be somebody else's.
                Some(owner) => {
                    let all = self.store.facilities().await?;
                    let owners = all.into_iter().filter(|each| each.number == owner);
                    numbers.extend(owners.map(|each| (each.id, message.clone())));
                }
                None => numbers.extend([here(&message), here(&path)]),
            },
            Apart::Nobody => {}
        }
        for (facility, number) in numbers {
            if let Some(person) = self.store.person_of_number(&facility, &number).await? {
                found.insert(person, self.store.registrations_of(person).await?);
            }
        }
        let asked = Asked::read(words, "");
        if found.is_empty()
            && !asked.is_nothing()
            && !asked.is_too_short()
            && let Ok(Some(persons)) = self.search(viewer, &asked).await?
        {
            for each in persons {
                found.entry(each.person).or_default().push(each);
            }
        }
        found.retain(|_, registered| !registered.is_empty());
        let subject = format!("inbox/{}", entry.compartment);
        let found: Vec<_> = found.into_iter().take(MOST_CANDIDATES).collect();
        for (person, _) in &found {
            self.store.audit(self.entry_of(viewer, "disclosure", *person, &subject, "candidate")).await?;
        }
        Ok(found.into_iter().map(|(person, registered)| Candidate { person, registered }).collect())
    }

    /// Says whose an entry is.
    pub async fn assign(&self, viewer: &Viewer, compartment: CompartmentId, person: PersonId) -> Desk<()> {
        let _one_at_a_time = self.linking.lock().await;
        let Some(entry) = self.inbox_entry(viewer, compartment).await? else {
            return Ok(Err(DeskError::Decided));
        };
        if person == entry.person || self.store.registrations_of(person).await?.is_empty() {
            return Ok(Err(DeskError::NotThere));
        }
        if self.said_different(person, &[compartment]).await? {
            return Ok(Err(DeskError::Different));
        }
        let subject = format!("inbox/{compartment}");
        let by = Self::named(viewer);
        self.acting(self.entry_of(viewer, "assignment", person, &subject, ""), async {
            let evidence = Evidence { rule: "human", why: ASSIGNED, by: &by };
            Ok(self.store.link(compartment, person, &evidence).await?)
        })
        .await?;
        Ok(Ok(()))
    }

    /// Takes an assignment back: the entry waits in the inbox again.
    pub async fn unassign(&self, viewer: &Viewer, compartment: CompartmentId) -> Desk<()> {
        let _one_at_a_time = self.linking.lock().await;
        let facility = self.store.facility_of(compartment).await?;
        if scope(viewer).is_some_and(|own| facility.as_ref() != Some(own)) {
            return Ok(Err(DeskError::NotThere));
        }
        let links = self.store.links(compartment).await?;
        let Some(last) = links.last().filter(|link| link.rule == "human" && link.why == ASSIGNED) else {
            return Ok(Err(DeskError::Decided));
        };
        let subject = format!("inbox/{compartment}");
        let by = Self::named(viewer);
        self.acting(self.entry_of(viewer, "assignment-undone", last.person, &subject, ""), async {
            let evidence = Evidence { rule: "unlinked", why: "割り当ての取り消し", by: &by };
            Ok(self.store.return_to_inbox(compartment, self.fresh_person(), &evidence).await?)
        })
        .await?;
        Ok(Ok(()))
    }

    /// Withdraws everything an entry consists of; not where a delivery also speaks of others.
    pub async fn withdraw_entry(&self, viewer: &Viewer, compartment: CompartmentId, why: &str) -> Desk<()> {
        let Some(reason) = note(why) else { return Ok(Err(DeskError::Reason)) };
        let Some(entry) = self.inbox_entry(viewer, compartment).await? else {
            return Ok(Err(DeskError::Decided));
        };
        for delivery in &entry.deliveries {
            if self.store.others_in_delivery(delivery.id, compartment).await? > 0 {
                return Ok(Err(DeskError::Others));
            }
        }
        for delivery in entry.deliveries {
            if let Err(refused) = self.withdraw_delivery(viewer, delivery.id, &reason).await? {
                return Ok(Err(refused));
            }
        }
        Ok(Ok(()))
    }
}

/// How an assignment is named in the link it makes.
const ASSIGNED: &str = "未割り当ての確認";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_out_of_the_key_as_they_went_in() {
        use model::LocalId;
        use model::reading::PatientKey;
        let source = model::SourceName::new("ehr").unwrap();
        for (message, path) in [("0123", "0124"), ("1:2", "3:4"), ("患者1", "2")] {
            let key = PatientKey::Disputed { message: LocalId::from(message), path: LocalId::from(path) };
            let wanted = Apart::Disputed { message: message.into(), path: path.into() };
            assert_eq!(apart(&key.compartment_key(&source, "d")), wanted);
        }
        assert_eq!(apart(&PatientKey::Nobody.compartment_key(&source, "d")), Apart::Nobody);
        assert_eq!(apart("disputed:99:x:y"), Apart::Nobody);
    }
}
