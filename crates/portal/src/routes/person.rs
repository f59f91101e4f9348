//! `GET /person/{id}` and what belongs to it: the course, `seen`, and the stream that says when it is out of date.

use crate::course::view::{Query as Asked, View};
use crate::routes::fault::Fault;
use crate::routes::patient::patient_page;
use crate::routes::session::Signed;
use access::Permit;
use axum::extract::{Form, Path, Query};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use futures_util::stream::{self, Stream};
use model::PersonId;
use serde::Deserialize;
use std::convert::Infallible;
use std::time::Duration;

/// How often an open page asks whether anything has changed.
const LOOK: Duration = Duration::from_millis(500);
/// Every so many looks, session, consent and the state of the sources are looked at again.
const LOOKS_BETWEEN_CHECKS: u32 = 4;

/// The permit of this viewer for this person, or the page that says why not.
pub async fn permit(signed: &Signed, id: &str) -> Result<Permit, Fault> {
    let person = PersonId::parse(id).ok_or_else(|| Fault::not_found(signed))?;
    match signed.portal.hub.decide(&signed.viewer, person).await? {
        None => Err(Fault::not_found(signed)),
        Some(Err(refusal)) => Err(Fault::refused(signed, &refusal)),
        Some(Ok(permit)) => Ok(permit),
    }
}

/// The course.
pub async fn show(
    signed: Signed,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Fault> {
    let permit = permit(&signed, &id).await?;
    let view = View::read(permit.person(), &asked);
    let page = patient_page(&signed, &permit, view).await.map_err(|fault| fault.framed(&signed))?;
    Ok(page.render().into_response())
}

/// Where to go back to.
#[derive(Deserialize)]
pub struct Back {
    back: Option<String>,
}

/// `POST /person/{id}/seen`: everything there is now has been seen by this member of staff.
pub async fn seen(signed: Signed, Path(id): Path<String>, Form(form): Form<Back>) -> Result<Response, Fault> {
    let permit = permit(&signed, &id).await?;
    signed.portal.hub.store.mark_seen(&permit).await?;
    let own = format!("/person/{}", permit.person());
    let back = form.back.filter(|back| back.starts_with(&own)).unwrap_or(own);
    Ok(Redirect::to(&back).into_response())
}

/// What an open page is compared with.
struct Watch {
    signed: Signed,
    person: PersonId,
    last: Option<(String, String)>,
    looks: u32,
    ended: bool,
}

impl Watch {
    /// True if the page should be fetched again.
    async fn changed(&mut self) -> bool {
        let hub = self.signed.portal.hub.clone();
        let Ok(position) = hub.store.feed_position(self.person).await else { return false };
        let (feed, mut states) =
            (position.token(), self.last.as_ref().map(|last| last.1.clone()).unwrap_or_default());
        if self.looks.is_multiple_of(LOOKS_BETWEEN_CHECKS) {
            let alive =
                matches!(hub.session(&self.signed.token, false).await, Ok(Some(session)) if !session.locked);
            let decided = hub.decide(&self.signed.viewer, self.person).await;
            if !alive || !matches!(decided, Ok(Some(Ok(_)))) {
                // Fetching the page again leads to the login or to the refusal.
                self.ended = true;
                return true;
            }
            let epoch = match &decided {
                Ok(Some(Ok(permit))) => permit.consent_epoch(),
                _ => 0,
            };
            let feeds = hub.feed_states().await.map(|states| states.token()).unwrap_or_default();
            states = format!("{epoch} {feeds}");
        }
        self.looks += 1;
        let now = (feed, states);
        let changed = self.last.as_ref().is_some_and(|last| *last != now);
        self.last = Some(now);
        changed
    }
}

/// `GET /person/{id}/events`: says `changed` when the page is out of date. No clinical content.
pub async fn events(
    signed: Signed,
    Path(id): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Fault> {
    let person = permit(&signed, &id).await?.person();
    let watch = Watch { signed, person, last: None, looks: 0, ended: false };
    let events = stream::unfold(watch, |mut watch| async move {
        if watch.ended {
            return None;
        }
        loop {
            let changed = watch.changed().await;
            if changed {
                let id = watch.last.as_ref().map(|last| last.0.clone()).unwrap_or_default();
                return Some((Ok(Event::default().event("changed").id(id).data("1")), watch));
            }
            tokio::time::sleep(LOOK).await;
        }
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15))))
}
