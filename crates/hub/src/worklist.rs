//! What is new for a facility's people, as far as each person's permit would show it.

use crate::Hub;
use access::{Decision, Purpose, Refusal, Viewer};
use model::PersonId;
use std::collections::BTreeMap;
use store::News;

/// Most persons of a facility that are looked at.
const MOST_PERSONS: i64 = 1000;

/// News for a member of staff.
#[derive(Debug, Default)]
pub struct Worklist {
    /// Persons the facility has to do with.
    pub persons: usize,
    /// What is new: person, facility, kind and count.
    pub news: Vec<News>,
}

impl Hub {
    /// News about the people of the viewer's facility. A count of what the viewer could not open is not given.
    pub async fn worklist(&self, viewer: &Viewer) -> anyhow::Result<Result<Worklist, Refusal>> {
        let permit = match access::may_search(viewer) {
            Ok(permit) => permit,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let persons = self.store.persons_of_facility(&permit, &self.today(), MOST_PERSONS).await?;
        let mut by_person: BTreeMap<PersonId, Vec<News>> = BTreeMap::new();
        for news in self.store.news(&permit, &persons).await? {
            by_person.entry(news.person).or_default().push(news);
        }
        let purpose = Purpose::usual(viewer.profession, viewer.facility_kind);
        let mut worklist = Worklist { persons: persons.len(), news: Vec::new() };
        for (person, news) in by_person {
            let Some(facts) = self.facts(&viewer.facility, person).await? else { continue };
            if let Decision::Permit(permit) = access::decide(viewer, purpose, &facts) {
                let shown = |each: &News| permit.visibility(&each.facility, each.kind, false).is_shown();
                worklist.news.extend(news.into_iter().filter(shown));
            }
        }
        let detail = format!("{} persons with news", worklist.news.len());
        self.store.audit(self.entry(viewer, "worklist", "persons", &detail)).await?;
        Ok(Ok(worklist))
    }
}
