//! The review desk: two registrations side by side, judged by a human; every judgement can be taken back.
//!
//! 同一 joins the two persons: all registrations of the younger one are linked to the older one, so that the older id
//! stays. 別人 is remembered and stops every rule from joining them. Records are never touched.

use crate::Hub;
use crate::desk::{Desk, DeskError, note};
use access::Viewer;
pub use linkage::{Comparison, Finding, Level};
use model::facility::Profession;
use model::{CompartmentId, FacilityId, PersonId};
use std::collections::BTreeSet;
use store::{Evidence, Registered, Review, Verdict};

/// One registration of a pair.
pub struct Side {
    /// The registration.
    pub registered: Registered,
    /// Records it holds.
    pub records: i64,
}

/// Two registrations that may be one person.
pub struct Pair {
    /// The question.
    pub review: Review,
    /// The two, in the order of the question.
    pub sides: [Side; 2],
    /// What the comparison finds.
    pub comparison: Comparison,
    /// Somebody's address must not be shown: neither address is, nor how they compare.
    pub address_hidden: bool,
}

/// Pairs for a page.
pub struct Pairs {
    /// This page's part, most alike first.
    pub open: Vec<Pair>,
    /// How many wait in all.
    pub waiting: i64,
    /// Decided lately: the question and the two registrations, as far as they are still there.
    pub decided: Vec<(Review, [Option<Registered>; 2])>,
}

/// Operators see every pair; others those with a registration of their facility.
fn scope(viewer: &Viewer) -> Option<&FacilityId> {
    (viewer.profession != Profession::Operator).then_some(&viewer.facility)
}

/// How a judgement is named in the links it makes, so that it can be found again.
fn mark(a: CompartmentId, b: CompartmentId) -> String {
    format!("同一人物の確認 {a} {b}")
}

impl Hub {
    /// The pairs that wait and those decided lately. That they are shown is in the audit before this returns.
    pub async fn pairs(&self, viewer: &Viewer, most: i64) -> anyhow::Result<Pairs> {
        let mut open = Vec::new();
        for review in self.store.pairs_waiting(scope(viewer), most).await? {
            open.extend(self.pair(viewer, review).await?);
        }
        let waiting = self.store.reviews_waiting(scope(viewer)).await?;
        let mut decided = Vec::new();
        for review in self.store.pairs_decided(scope(viewer), most).await? {
            let sides = [self.store.registration(review.a).await?, self.store.registration(review.b).await?];
            decided.push((review, sides));
        }
        Ok(Pairs { open, waiting, decided })
    }

    async fn pair(&self, viewer: &Viewer, review: Review) -> anyhow::Result<Option<Pair>> {
        let (Some(left), Some(right)) =
            (self.store.registration(review.a).await?, self.store.registration(review.b).await?)
        else {
            return Ok(None);
        };
        let mut address_hidden = false;
        for side in [&left, &right] {
            let all = self.store.registrations_of(side.person).await?;
            address_hidden |= all.iter().any(|each| each.registration.address_hidden);
            let subject = format!("review/{}/{}", review.a, review.b);
            self.store
                .audit(self.entry_of(viewer, "disclosure", side.person, &subject, "side by side"))
                .await?;
        }
        let comparison = linkage::compare(
            &linkage::normalise(&left.registration),
            &linkage::normalise(&right.registration),
        );
        let count = [self.store.record_count(review.a).await?, self.store.record_count(review.b).await?];
        let [a, b] = count;
        let sides = [Side { registered: left, records: a }, Side { registered: right, records: b }];
        Ok(Some(Pair { review, sides, comparison, address_hidden }))
    }

    /// Keeps what a human says of a pair. A reason is needed, but for setting it aside.
    pub async fn judge(
        &self,
        viewer: &Viewer,
        a: CompartmentId,
        b: CompartmentId,
        verdict: Verdict,
        why: &str,
    ) -> Desk<()> {
        let reason = note(why);
        if reason.is_none() && verdict != Verdict::Later {
            return Ok(Err(DeskError::Reason));
        }
        let reason = reason.unwrap_or_default();
        let _one_at_a_time = self.linking.lock().await;
        let Some(review) = self.question(viewer, a, b).await? else { return Ok(Err(DeskError::NotThere)) };
        if !matches!(review.state.as_str(), "open" | "later") {
            return Ok(Err(DeskError::Decided));
        }
        let (Some(left), Some(right)) =
            (self.store.registration(review.a).await?, self.store.registration(review.b).await?)
        else {
            return Ok(Err(DeskError::NotThere));
        };
        let (stays, goes) = self.older(left.person, right.person).await?;
        let moving = self.store.compartments_of(goes).await?;
        if verdict == Verdict::Same && self.said_different(stays, &moving).await? {
            return Ok(Err(DeskError::Different));
        }
        if verdict == Verdict::Different && stays == goes {
            return Ok(Err(DeskError::Decided));
        }
        let by = Self::named(viewer);
        let subject = format!("review/{}/{}", review.a, review.b);
        let detail = format!("{}: {reason}", verdict.word());
        self.store.audit(self.entry_of(viewer, "review", goes, &subject, &detail)).await?;
        self.acting(self.entry_of(viewer, "review", stays, &subject, &detail), async {
            self.store.decide_review(review.a, review.b, verdict, &by, &reason).await?;
            if verdict == Verdict::Same && stays != goes {
                let why = mark(review.a, review.b);
                for compartment in moving {
                    let evidence = Evidence { rule: "human", why: &why, by: &by };
                    self.store.link(compartment, stays, &evidence).await?;
                }
            }
            Ok(())
        })
        .await?;
        Ok(Ok(()))
    }

    /// Takes a judgement back: what it joined goes back to the persons it came from, and the question is open again.
    pub async fn unjudge(&self, viewer: &Viewer, a: CompartmentId, b: CompartmentId) -> Desk<()> {
        let _one_at_a_time = self.linking.lock().await;
        let Some(review) = self.question(viewer, a, b).await? else { return Ok(Err(DeskError::NotThere)) };
        if !matches!(review.state.as_str(), "same" | "different" | "later") {
            return Ok(Err(DeskError::Decided));
        }
        let by = Self::named(viewer);
        let subject = format!("review/{}/{}", review.a, review.b);
        let why = mark(review.a, review.b);
        let mut back = Vec::new();
        let mut persons = BTreeSet::new();
        for side in [review.a, review.b] {
            persons.extend(self.store.person_of(side).await?);
        }
        for person in &persons {
            for compartment in self.store.compartments_of(*person).await? {
                let links = self.store.links(compartment).await?;
                let mut last = links.iter().rev();
                // Only what has not been moved again since.
                if let (Some(link), Some(before)) = (last.next(), last.next())
                    && link.rule == "human"
                    && link.why == why
                {
                    back.push((compartment, before.person));
                }
            }
        }
        for (_, person) in &back {
            self.store
                .audit(self.entry_of(viewer, "review-undone", *person, &subject, &review.state))
                .await?;
        }
        let mut entry = self.entry(viewer, "review-undone", &subject, &review.state);
        entry.person = persons.first().copied();
        self.acting(entry, async {
            for (compartment, person) in back {
                let evidence = Evidence { rule: "unlinked", why: "判断の取り消し", by: &by };
                self.store.link(compartment, person, &evidence).await?;
            }
            Ok(self.store.reopen_review(review.a, review.b).await?)
        })
        .await?;
        Ok(Ok(()))
    }

    /// A question this viewer may answer.
    async fn question(
        &self,
        viewer: &Viewer,
        a: CompartmentId,
        b: CompartmentId,
    ) -> anyhow::Result<Option<Review>> {
        let Some(review) = self.store.review(a, b).await? else { return Ok(None) };
        let Some(own) = scope(viewer) else { return Ok(Some(review)) };
        for side in [review.a, review.b] {
            if self.store.facility_of(side).await?.as_ref() == Some(own) {
                return Ok(Some(review));
            }
        }
        Ok(None)
    }

    /// The older person first: its id stays.
    async fn older(&self, one: PersonId, other: PersonId) -> anyhow::Result<(PersonId, PersonId)> {
        let since = (self.store.person_since(one).await?, self.store.person_since(other).await?);
        Ok(if (since.0, one) <= (since.1, other) { (one, other) } else { (other, one) })
    }

    /// True if a human has said that somebody who would come is somebody else than one who is there.
    pub(crate) async fn said_different(
        &self,
        person: PersonId,
        coming: &[CompartmentId],
    ) -> anyhow::Result<bool> {
        let there: BTreeSet<CompartmentId> = self.store.compartments_of(person).await?.into_iter().collect();
        for each in coming {
            let different = self.store.different_from(*each).await?;
            if different.iter().any(|other| there.contains(other)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
