//! `GET /`: the first screen of each profession; what is new for its people, without any clinical value.

use crate::pages::worklist::{Fresh, Moved, NewsOf, WorklistPage, due, settle};
use crate::routes::fault::Fault;
use crate::routes::said;
use crate::routes::session::Signed;
use crate::when;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use model::facility::Profession;
use model::{PersonId, RecordId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::News;

/// Sends to the first screen of the profession, or shows it.
pub async fn show(signed: Signed) -> Result<Response, Fault> {
    match signed.viewer.profession {
        Profession::Operator => Ok(Redirect::to("/operator").into_response()),
        Profession::Reception => Ok(Redirect::to("/search").into_response()),
        Profession::Physician
        | Profession::Nurse
        | Profession::Pharmacist
        | Profession::Dentist
        | Profession::CareManager
        | Profession::Helper => {
            let page = worklist(&signed).await.map_err(|fault| fault.framed(&signed))?;
            Ok(page.render().into_response())
        }
    }
}

async fn worklist(signed: &Signed) -> Result<WorklistPage, Fault> {
    let hub = &signed.portal.hub;
    let today = when::day(&hub.today()).unwrap_or_default();
    let worklist = match hub.worklist(&signed.viewer).await? {
        Ok(worklist) => worklist,
        Err(refusal) => return Err(Fault::refused(signed, &refusal)),
    };
    let facilities = hub.store.facilities().await?;
    let names: HashMap<&str, &str> =
        facilities.iter().map(|facility| (facility.id.as_str(), facility.name.as_str())).collect();
    let mut news: BTreeMap<PersonId, Vec<News>> = BTreeMap::new();
    for each in worklist.news {
        news.entry(each.person).or_default().push(each);
    }
    let listed: BTreeSet<PersonId> =
        news.keys().chain(worklist.certified.keys()).chain(&worklist.quiet).copied().collect();
    let mut people = Vec::new();
    for person in listed {
        let registered = hub.store.registrations_of(person).await?;
        let Some(leading) = said::leading(&registered) else { continue };
        let news = news.remove(&person).unwrap_or_default();
        let received = news.iter().map(|each| each.at.as_str()).max().unwrap_or_default().to_owned();
        let (movements, news) = told(&news, &names, today);
        people.push(NewsOf {
            person,
            name: leading.full_name.reveal().clone(),
            kana: said::kana(leading),
            birth: said::birth(leading),
            sex: said::sex(leading),
            same_surname: false,
            movements,
            news,
            received,
            goal: worklist.goals.contains(&person),
            certified_until: worklist.certified.get(&person).and_then(|until| when::day(until)),
        });
    }
    people.sort_by(|a, b| b.received.cmp(&a.received));
    let surnames: Vec<String> = people.iter().map(|each| surname(&each.name).to_owned()).collect();
    for (at, each) in people.iter_mut().enumerate() {
        let own = surnames.get(at);
        each.same_surname = surnames.iter().enumerate().any(|(other, name)| other != at && Some(name) == own);
    }
    let quiet = worklist.persons.saturating_sub(people.len());
    let (uncertain, behind) = (worklist.uncertain, behind(signed).await?);
    Ok(WorklistPage { shell: signed.shell(), people, quiet, uncertain, behind, today })
}

/// One person's news as movements, and what is left of it as counts by kind and facility, latest first. A record that is
/// told as a movement is not counted a second time; one that is not told (long past, a plan that passed) is.
fn told(news: &[News], names: &HashMap<&str, &str>, today: Date) -> (Vec<Moved>, Vec<Fresh>) {
    let (mut movements, mut rest) = (Vec::new(), Vec::new());
    for each in news {
        let name = names.get(each.facility.as_str()).copied().filter(|name| !name.is_empty());
        let facility = name.unwrap_or(each.facility.as_str()).to_owned();
        let mut told: BTreeMap<RecordId, i64> = BTreeMap::new();
        for movement in &each.movements {
            let moved = |day| Moved { step: movement.step, day, facility: facility.clone() };
            if let Some(moved) = when::day(&movement.time).and_then(|day| due(moved(day), today)) {
                told.insert(movement.record, movement.changes);
                movements.push(moved);
            }
        }
        let count = usize::try_from(each.count - told.values().sum::<i64>()).unwrap_or_default();
        if count > 0 {
            let plans = usize::try_from(each.plans).unwrap_or_default().min(count);
            rest.push((each.at.as_str(), Fresh { kind: each.kind, facility, count, plans }));
        }
    }
    rest.sort_by(|a, b| b.0.cmp(a.0));
    (settle(movements), rest.into_iter().map(|(_, fresh)| fresh).collect())
}

fn surname(name: &str) -> &str {
    name.split([' ', '　']).next().unwrap_or(name)
}

/// Facilities whose feeds are late or silent: name, since when, and whether silent.
async fn behind(signed: &Signed) -> Result<Vec<(String, String, bool)>, Fault> {
    let hub = &signed.portal.hub;
    let states = hub.feed_states().await?;
    let mut behind = Vec::new();
    for facility in hub.store.facilities().await? {
        let name = if facility.name.is_empty() { facility.id.to_string() } else { facility.name.clone() };
        match states.of(&facility.id) {
            hub::feeds::FeedState::Current => {}
            hub::feeds::FeedState::Late { last, .. } => behind.push((name, last, false)),
            hub::feeds::FeedState::Silent { since, .. } => behind.push((name, since, true)),
        }
    }
    Ok(behind)
}
