//! `/inbox`: what belongs to nobody yet.

use crate::pages::inbox::{Candidate, InboxItem, InboxPage, Why};
use crate::routes::desk::{DESKS, Fields, count, incomplete, names, refused};
use crate::routes::fault::Fault;
use crate::routes::said;
use crate::routes::session::Signed;
use crate::text::{Id, Lang};
use crate::when;
use axum::extract::{Form, Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use hub::desk_inbox::{Apart, Candidate as Found, apart};
use model::{CompartmentId, FacilityId, PersonId};
use serde::Deserialize;
use store::{InboxEntry, Registered};

/// Entries on the page.
const MOST: i64 = 20;

/// What is looked for, and what was just done.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    item: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    assigned: String,
    #[serde(default)]
    withdrawn: String,
}

/// What waits.
pub async fn show(signed: Signed, Query(asked): Query<Asked>) -> Result<Response, Fault> {
    signed.only(DESKS).await?;
    let page = page(&signed, asked).await.map_err(|fault| fault.framed(&signed))?;
    Ok(page.render().into_response())
}

async fn page(signed: &Signed, asked: Asked) -> Result<InboxPage, Fault> {
    let (hub, lang) = (&signed.portal.hub, signed.lang);
    let names = names(signed).await?;
    let (entries, waiting) = hub.inbox(&signed.viewer, MOST).await?;
    let mut items = Vec::with_capacity(entries.len());
    for entry in entries {
        let chosen = entry.compartment.to_string() == asked.item;
        let why = match apart(entry.key.reveal()) {
            Apart::Nobody => Why::Nobody,
            Apart::Disputed { message, path } => Why::Disputed { message, path },
        };
        let words = if chosen { asked.q.as_str() } else { "" };
        let candidates = if chosen || matches!(why, Why::Disputed { .. }) {
            let found = hub.candidates(&signed.viewer, &entry, words).await?;
            Some(found.iter().filter_map(|each| candidate(each, &entry.facility)).collect())
        } else {
            None
        };
        let first = entry.deliveries.first();
        items.push(InboxItem {
            id: entry.compartment,
            why,
            facility: names
                .get(entry.facility.as_str())
                .cloned()
                .unwrap_or_else(|| entry.facility.to_string()),
            source: first.map(|first| first.source.to_string()).unwrap_or_default(),
            path: first.map(|first| first.path.clone()).unwrap_or_default(),
            more: entry.deliveries.len().saturating_sub(1),
            received: first.map_or(entry.created_at.clone(), |first| first.received_at.clone()),
            records: count(entry.records),
            says: says(lang, &entry),
            asked: words.to_owned(),
            candidates,
        });
    }
    let done = match (CompartmentId::parse(&asked.assigned), asked.withdrawn.as_str()) {
        (Some(id), _) => Some((lang.t(Id::AssignedDone).to_owned(), Some(format!("/inbox/{id}/undo")))),
        (None, "yes") => Some((lang.t(Id::WithdrawnDone).to_owned(), None)),
        _ => None,
    };
    let mut shell = signed.shell();
    // What was typed is about a person: it does not go into the language links.
    shell.here = "/inbox".to_owned();
    let today = when::day(&hub.today()).unwrap_or_default();
    Ok(InboxPage { shell, items, waiting: count(waiting), done, today })
}

/// What the content says of the person; never an address.
fn says(lang: Lang, entry: &InboxEntry) -> Vec<(Id, String)> {
    let Some(Registered { registration, .. }) = &entry.registered else { return Vec::new() };
    let all = [
        (Id::Name, registration.full_name.reveal().clone()),
        (Id::Kana, registration.kana.reveal().clone()),
        (Id::BirthDate, registration.birth_date.reveal().clone()),
        (Id::Sex, said::sex(registration).word(lang).to_owned()),
    ];
    all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

fn candidate(found: &Found, facility: &FacilityId) -> Option<Candidate> {
    let leading = said::leading(&found.registered)?;
    let here = found.registered.iter().find(|each| each.facility == *facility);
    Some(Candidate {
        person: found.person,
        name: leading.full_name.reveal().clone(),
        kana: leading.kana.reveal().clone(),
        birth: said::birth(leading),
        sex: said::sex(leading),
        local_id: here.and_then(|each| each.registration.local_id.as_ref()).map(|id| id.reveal().clone()),
    })
}

/// `POST /inbox/{id}/assign`, `…/undo`, `…/withdraw`
pub async fn act(
    signed: Signed,
    Path((id, verb)): Path<(String, String)>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Fault> {
    signed.only(DESKS).await?;
    let id = CompartmentId::parse(&id).ok_or_else(|| Fault::not_found(&signed))?;
    let (hub, viewer, fields) = (&signed.portal.hub, &signed.viewer, Fields(fields));
    let framed = |error: anyhow::Error| Fault::from(error).framed(&signed);
    let (done, next) = match verb.as_str() {
        "assign" => {
            if !fields.is_checked() {
                return Err(incomplete(&signed, Id::DeskChecked));
            }
            let person = whom(&signed, id, &fields).await.map_err(|fault| fault.framed(&signed))?;
            (hub.assign(viewer, id, person).await.map_err(framed)?, format!("/inbox?assigned={id}"))
        }
        "undo" => (hub.unassign(viewer, id).await.map_err(framed)?, "/inbox".to_owned()),
        "withdraw" => {
            let done = hub.withdraw_entry(viewer, id, fields.get("reason")).await.map_err(framed)?;
            (done, "/inbox?withdrawn=yes".to_owned())
        }
        _ => return Err(Fault::not_found(&signed)),
    };
    match done {
        Ok(()) => Ok(Redirect::to(&next).into_response()),
        Err(why) => Err(refused(&signed, why)),
    }
}

/// The person that was chosen, or whom the facility's number names.
async fn whom(signed: &Signed, id: CompartmentId, fields: &Fields) -> Result<PersonId, Fault> {
    let none = || incomplete(signed, Id::DeskNotThere);
    if let Some(person) = PersonId::parse(fields.get("person")) {
        return Ok(person);
    }
    let hub = &signed.portal.hub;
    let entry = hub.inbox_entry(&signed.viewer, id).await?.ok_or_else(|| Fault::changed(signed))?;
    let number = fields.get("local_id").trim();
    hub.store.person_of_number(&entry.facility, number).await?.ok_or_else(none)
}
