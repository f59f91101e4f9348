//! `GET /search?q=&birth=`: persons by reading, name, birth date or number. Demographics only, and in the audit.

use crate::pages::search::{Hit, Outcome, SearchPage};
use crate::routes::fault::Fault;
use crate::routes::said;
use crate::routes::session::Signed;
use crate::when;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use hub::search::{Asked, TOO_MANY};
use model::PersonId;
use serde::Deserialize;
use std::collections::BTreeMap;
use store::Registered;

/// What was typed.
#[derive(Deserialize, Default)]
pub struct Typed {
    #[serde(default)]
    q: String,
    #[serde(default)]
    birth: String,
}

/// The search page with what was found.
pub async fn show(signed: Signed, Query(typed): Query<Typed>) -> Result<Response, Fault> {
    let today = when::day(&signed.portal.hub.today()).unwrap_or_default();
    let asked = Asked::read(&typed.q, &typed.birth);
    let mut shell = signed.shell();
    // What was typed is about a person: it does not go into the language links.
    shell.here = "/search".to_owned();
    let mut page = SearchPage {
        shell,
        asked: typed.q,
        birth: typed.birth,
        understood: asked.birth.as_deref().and_then(when::day),
        outcome: Outcome::NotAsked,
        today,
    };
    if asked.is_nothing() {
        return Ok(page.render().into_response());
    }
    if asked.is_too_short() {
        page.outcome = Outcome::TooShort;
        return Ok(page.render().into_response());
    }
    let found = match signed.portal.hub.search(&signed.viewer, &asked).await? {
        Ok(found) => found,
        Err(refusal) => return Err(Fault::refused(&signed, &refusal)),
    };
    let mut persons: BTreeMap<PersonId, Vec<Registered>> = BTreeMap::new();
    for each in found {
        persons.entry(each.person).or_default().push(each);
    }
    page.outcome = if persons.len() > TOO_MANY {
        Outcome::TooMany(persons.len())
    } else {
        let mut hits: Vec<Hit> =
            persons.iter().filter_map(|(person, all)| hit(&signed, *person, all)).collect();
        hits.sort_by(|a, b| (&a.kana, &a.birth).cmp(&(&b.kana, &b.birth)));
        Outcome::Found(hits)
    };
    Ok(page.render().into_response())
}

fn hit(signed: &Signed, person: PersonId, all: &[Registered]) -> Option<Hit> {
    let leading = said::leading(all)?;
    let here = all.iter().find(|each| each.facility == signed.viewer.facility);
    let standing = if here.is_some() { "当施設に登録あり" } else { "" };
    Some(Hit {
        person,
        surname: said::surname(leading),
        name: leading.full_name.reveal().clone(),
        kana: leading.kana.reveal().clone(),
        birth: said::birth(leading),
        sex: said::sex(leading),
        address: if all.iter().any(|each| each.registration.address_hidden) {
            String::new()
        } else {
            said::district(leading)
        },
        local_id: here.and_then(|each| each.registration.local_id.as_ref()).map(|id| id.reveal().clone()),
        regional_id: said::regional_id(person),
        standing: standing.to_owned(),
    })
}
