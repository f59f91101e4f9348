//! `POST /search` with `q` and `birth`: remembers what was typed and leads to `GET /search?s=NUMBER`, which shows the
//! persons found by reading, name, birth date or number. Demographics only, and in the audit.

use crate::pages::search::{Hit, Outcome, SearchPage};
use crate::routes::fault::Fault;
use crate::routes::said;
use crate::routes::searches::{Searches, Typed};
use crate::routes::session::Signed;
use crate::text::Id;
use crate::when;
use axum::extract::{Extension, Form, Query};
use axum::response::{IntoResponse, Redirect, Response};
use hub::search::{Asked, TOO_MANY};
use model::PersonId;
use serde::Deserialize;
use std::collections::BTreeMap;
use store::Registered;

/// Of so many persons found it is asked whether others are read the same; in a longer list they stand side by side.
const ASKED_AGAIN: usize = 5;

/// What an address may carry: the number of a search. What is typed there (an old bookmark) is taken out of it.
#[derive(Deserialize, Default)]
pub struct Address {
    s: Option<i64>,
    #[serde(default)]
    q: String,
    #[serde(default)]
    birth: String,
}

/// Remembers a search and leads to its results.
pub async fn ask(
    signed: Signed,
    Extension(searches): Extension<Searches>,
    Form(typed): Form<Typed>,
) -> Redirect {
    if typed.is_empty() {
        return Redirect::to("/search");
    }
    let now = signed.portal.hub.clock.now().as_millisecond();
    let number = searches.keep(&signed.token, now, typed);
    Redirect::to(&format!("/search?s={number}"))
}

/// The search page with what was found.
pub async fn show(
    signed: Signed,
    searches: Extension<Searches>,
    Query(address): Query<Address>,
) -> Result<Response, Fault> {
    let typed = Typed { q: address.q, birth: address.birth };
    if !typed.is_empty() {
        return Ok(ask(signed, searches, Form(typed)).await.into_response());
    }
    let typed = address.s.and_then(|number| searches.find(&signed.token, number)).unwrap_or_default();
    let today = when::day(&signed.portal.hub.today()).unwrap_or_default();
    let asked = Asked::read(&typed.q, &typed.birth);
    let shell = signed.shell();
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
    page.outcome = match found {
        None => Outcome::TooMany(TOO_MANY),
        Some(found) => {
            let mut persons: BTreeMap<PersonId, Vec<Registered>> = BTreeMap::new();
            for each in found {
                persons.entry(each.person).or_default().push(each);
            }
            let mut hits: Vec<Hit> =
                persons.iter().filter_map(|(person, all)| hit(&signed, *person, all)).collect();
            for hit in &mut hits {
                hit.standing = standing(&signed, hit.person).await?;
            }
            for hit in hits.iter_mut().take(ASKED_AGAIN) {
                hit.same_reading =
                    signed.portal.hub.same_reading(&signed.viewer, hit.person, &hit.kana).await?;
            }
            hits.sort_by(|a, b| (&a.kana, &a.birth).cmp(&(&b.kana, &b.birth)));
            Outcome::Found(hits)
        }
    };
    Ok(page.render().into_response())
}

fn hit(signed: &Signed, person: PersonId, all: &[Registered]) -> Option<Hit> {
    let leading = said::leading(all)?;
    let here = all.iter().find(|each| each.facility == signed.viewer.facility);
    Some(Hit {
        person,
        surname: said::surname(leading),
        name: leading.full_name.reveal().clone(),
        kana: said::kana(leading),
        birth: said::birth(leading),
        sex: said::sex(leading),
        same_reading: 0,
        address: if all.iter().any(|each| each.registration.address_hidden) {
            String::new()
        } else {
            said::district(leading)
        },
        local_id: here.and_then(|each| each.registration.local_id.as_ref()).map(|id| id.reveal().clone()),
        regional_id: said::regional_id(person),
        standing: String::new(),
    })
}

/// What opening this person's page would show, in words.
async fn standing(signed: &Signed, person: PersonId) -> Result<String, Fault> {
    let decided = signed.portal.hub.decide(&signed.viewer, person).await?;
    let lang = signed.lang;
    Ok(match decided {
        Some(Ok(permit)) if permit.sees_others() => {
            format!("{} {}", lang.t(Id::Consent), lang.t(Id::ConsentEffective))
        }
        Some(Ok(_)) => lang.t(Id::ConsentOwnOnly).to_owned(),
        _ => lang.t(Id::NotShown).to_owned(),
    })
}
