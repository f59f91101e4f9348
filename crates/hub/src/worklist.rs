//! What is new for a facility's people, as far as each person's permit would show it; and for the professions whose first
//! screen says so, whether a goal is there and whose care certification is about to end.

use crate::Hub;
use access::{Decision, Permit, Purpose, Refusal, Viewer};
use jiff::Span;
use jiff::civil::Date;
use model::facility::{Profession, RecordKind};
use model::{FacilityId, PersonId};
use std::collections::{BTreeMap, BTreeSet};
use store::News;

/// Most persons of a facility that are looked at.
const MOST_PERSONS: i64 = 1000;
/// Most persons that are listed though nothing is new for them.
const MOST_QUIET: usize = 60;
/// Most persons whose certification is looked up; how many were left out is told.
const MOST_CERTIFIED: usize = 300;
/// A certification that ends within so many days, or ended so many days ago, is told.
const CERTIFICATION_DAYS: i32 = 60;

/// News for a member of staff.
#[derive(Debug, Default)]
pub struct Worklist {
    /// Persons the facility has to do with.
    pub persons: usize,
    /// What is new: person, facility, kind and count.
    pub news: Vec<News>,
    /// Persons to be listed though nothing may be new for them.
    pub quiet: Vec<PersonId>,
    /// Persons listed here for whom there is a goal that the viewer may see.
    pub goals: BTreeSet<PersonId>,
    /// Last days of care certifications that are about to end or ended lately.
    pub certified: BTreeMap<PersonId, String>,
    /// Persons whose certification was not looked up because there are too many.
    pub uncertain: usize,
}

/// What was told about a person before anybody decided who may know it.
#[derive(Default)]
struct Told {
    news: Vec<News>,
    certified: Vec<(FacilityId, String)>,
    listed: bool,
}

impl Hub {
    /// News about the people of the viewer's facility. A count of what the viewer could not open is not given.
    pub async fn worklist(&self, viewer: &Viewer) -> anyhow::Result<Result<Worklist, Refusal>> {
        let permit = match access::may_search(viewer) {
            Ok(permit) => permit,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let today = self.today();
        let persons = self.store.persons_of_facility(&permit, &today, MOST_PERSONS).await?;
        let mut worklist = Worklist { persons: persons.len(), ..Worklist::default() };
        let mut told: BTreeMap<PersonId, Told> = BTreeMap::new();
        for news in self.store.news(&permit, &persons).await? {
            told.entry(news.person).or_default().news.push(news);
        }
        if viewer.profession == Profession::CareManager {
            let window = window(&today);
            let looked = persons.get(..MOST_CERTIFIED).unwrap_or(&persons);
            worklist.uncertain = persons.len() - looked.len();
            for (person, facility, until) in self.store.certifications(&permit, looked).await? {
                told.entry(person).or_default().certified.push((facility, until));
            }
            told.retain(|_, each| {
                !each.news.is_empty() || each.certified.iter().any(|(_, until)| inside(&window, until))
            });
        }
        if viewer.profession == Profession::Helper {
            // All of them, also those for whom what is new may not be shown; of those without news not too many.
            told.values_mut().for_each(|each| each.listed = true);
            let quiet: Vec<PersonId> = persons
                .iter()
                .copied()
                .filter(|person| !told.contains_key(person))
                .take(MOST_QUIET)
                .collect();
            told.extend(quiet.into_iter().map(|person| (person, Told { listed: true, ..Told::default() })));
        }
        let purpose = Purpose::usual(viewer.profession, viewer.facility_kind);
        let mut permits: BTreeMap<PersonId, Permit> = BTreeMap::new();
        for (person, told) in told {
            let Some(facts) = self.facts(&viewer.facility, person).await? else { continue };
            if let Decision::Permit(permit) = access::decide(viewer, purpose, &facts) {
                worklist.news.extend(told.news.into_iter().filter(|each| each.shown_by(&permit)));
                if let Some(until) = ending(&permit, told.certified, &today) {
                    worklist.certified.insert(person, until);
                }
                if told.listed {
                    worklist.quiet.push(person);
                }
                permits.insert(person, permit);
            }
        }
        if viewer.profession == Profession::Helper {
            let listed: Vec<PersonId> = permits.keys().copied().collect();
            for (person, facility, kind) in self.store.goals(&permit, &listed).await? {
                let shown = |permit: &Permit| permit.visibility(&facility, kind, false).is_shown();
                if permits.get(&person).is_some_and(shown) {
                    worklist.goals.insert(person);
                }
            }
        }
        let detail = format!("{} persons with news", worklist.news.len());
        self.store.audit(self.entry(viewer, "worklist", "persons", &detail)).await?;
        Ok(Ok(worklist))
    }
}

/// First and last day of the certifications that are told.
fn window(today: &str) -> Option<(Date, Date)> {
    let today: Date = today.parse().ok()?;
    let span = Span::new().days(CERTIFICATION_DAYS);
    Some((today.checked_sub(span).ok()?, today.checked_add(span).ok()?))
}

fn inside(window: &Option<(Date, Date)>, until: &str) -> bool {
    let day = until.get(..10).and_then(|day| day.parse::<Date>().ok());
    window.zip(day).is_some_and(|((first, last), day)| first <= day && day <= last)
}

/// The last day of the newest certification the holder of the permit may know, if it is about to end. Where another
/// facility has been told of a renewal that is not shown here, the older one is what can be said.
fn ending(permit: &Permit, certified: Vec<(FacilityId, String)>, today: &str) -> Option<String> {
    let shown =
        |facility: &FacilityId| permit.visibility(facility, RecordKind::Demographics, false).is_shown();
    let newest =
        certified.into_iter().filter(|(facility, _)| shown(facility)).map(|(_, until)| until).max()?;
    Some(newest).filter(|until| inside(&window(today), until))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certifications_are_told_sixty_days_around_their_end() {
        let window = window("2026-11-23");
        for (until, told) in [
            ("2026-11-23", true),
            ("2027-01-22", true),
            ("2027-01-23", false),
            ("2026-09-24", true),
            ("2026-09-23", false),
            ("2026-12", false),
            ("", false),
        ] {
            assert_eq!(inside(&window, until), told, "{until}");
        }
    }
}
