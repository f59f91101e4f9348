//! `GET /`: the first screen of each profession; what is new for its people, without any clinical value.

use crate::pages::worklist::{NewsOf, WorklistPage};
use crate::routes::fault::Fault;
use crate::routes::said;
use crate::routes::session::Signed;
use crate::when;
use axum::response::{IntoResponse, Redirect, Response};
use model::PersonId;
use model::facility::Profession;
use std::collections::{BTreeMap, HashMap};

/// Sends to the first screen of the profession, or shows it.
pub async fn show(signed: Signed) -> Result<Response, Fault> {
    match signed.viewer.profession {
        Profession::Operator => Ok(Redirect::to("/operator").into_response()),
        Profession::Physician | Profession::Nurse | Profession::Pharmacist => {
            let page = worklist(&signed).await.map_err(|fault| fault.framed(&signed))?;
            Ok(page.render().into_response())
        }
        _ => Ok(Redirect::to("/search").into_response()),
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
    let mut news: BTreeMap<PersonId, Vec<_>> = BTreeMap::new();
    for each in worklist.news {
        let source = names.get(each.facility.as_str()).copied().filter(|name| !name.is_empty());
        let source = source.unwrap_or(each.facility.as_str()).to_owned();
        let count = usize::try_from(each.count).unwrap_or_default();
        news.entry(each.person).or_default().push((each.kind, source, count, each.at));
    }
    let mut people = Vec::new();
    for (person, mut news) in news {
        let registered = hub.store.registrations_of(person).await?;
        let Some(leading) = said::leading(&registered) else { continue };
        news.sort_by(|a, b| b.3.cmp(&a.3));
        people.push(NewsOf {
            person,
            name: leading.full_name.reveal().clone(),
            kana: said::kana(leading),
            birth: said::birth(leading),
            sex: said::sex(leading),
            same_surname: false,
            news,
        });
    }
    people.sort_by(|a, b| newest(b).cmp(newest(a)));
    let surnames: Vec<String> = people.iter().map(|each| surname(&each.name).to_owned()).collect();
    for (at, each) in people.iter_mut().enumerate() {
        let own = surnames.get(at);
        each.same_surname = surnames.iter().enumerate().any(|(other, name)| other != at && Some(name) == own);
    }
    let quiet = worklist.persons.saturating_sub(people.len());
    Ok(WorklistPage { shell: signed.shell(), people, quiet, behind: behind(signed).await?, today })
}

fn newest(person: &NewsOf) -> &str {
    person.news.first().map_or("", |news| news.3.as_str())
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
