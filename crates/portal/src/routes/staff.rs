//! `/operator/staff`: accounts. A one-time link is shown once: it reaches the page after the redirect in a cookie that the
//! page takes away again.

use crate::pages::staff::{StaffLine, StaffPage, StaffState};
use crate::routes::desk::{Fields, OPERATORS, incomplete, named, names, refused};
use crate::routes::fault::Fault;
use crate::routes::session::{Signed, cookie};
use crate::text::Id;
use axum::extract::{Form, Path};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use hub::accounts::{Handed, NewStaff};
use model::facility::Profession;
use model::{FacilityId, StaffId};
use store::{Staff, StaffEntry};

/// Where the page is, and the cookie with the link is sent to.
const HERE: &str = "/operator/staff";
/// Name of that cookie.
const ONCE: &str = "hakucho_once";
/// Hours for which a link holds (see `hub::accounts`).
const LINK_HOURS: i64 = 72;

/// The accounts, and a link that was just made.
pub async fn show(signed: Signed, headers: HeaderMap) -> Result<Response, Fault> {
    signed.only(OPERATORS).await?;
    let page = page(&signed, &headers).await.map_err(|fault| fault.framed(&signed))?;
    if page.link.is_some() {
        return Ok(([(header::SET_COOKIE, once(&signed, "", 0))], page.render()).into_response());
    }
    Ok(page.render().into_response())
}

async fn page(signed: &Signed, headers: &HeaderMap) -> Result<StaffPage, Fault> {
    let store = &signed.portal.hub.store;
    let names = names(signed).await?;
    let entries = store.staff_entries().await?;
    let link = link(signed, headers, &entries);
    let line = |entry: StaffEntry| {
        let staff = entry.staff;
        let invited = staff.password_hash.reveal().is_empty();
        let last = jiff::Timestamp::from_millisecond(entry.last_login).ok();
        StaffLine {
            id: staff.id,
            name: staff.name,
            login: staff.login,
            profession: staff.profession,
            facility: names
                .get(staff.facility.as_str())
                .cloned()
                .unwrap_or_else(|| staff.facility.to_string()),
            last_login: last.filter(|_| entry.last_login > 0).map(|last| last.to_string()),
            state: match (staff.active, invited) {
                (false, _) => StaffState::Closed,
                (true, true) => StaffState::Invited,
                (true, false) => StaffState::Active,
            },
            own: staff.id == signed.viewer.staff,
        }
    };
    let facilities = store.facilities().await?;
    let mut facilities: Vec<_> = facilities.iter().map(|each| (each.id.clone(), named(each))).collect();
    facilities.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(StaffPage { shell: signed.shell(), staff: entries.into_iter().map(line).collect(), facilities, link })
}

/// `staff.secret.until` of the cookie, as the page shows it.
fn link(signed: &Signed, headers: &HeaderMap, entries: &[StaffEntry]) -> Option<(String, String, String)> {
    let mut parts = cookie(headers, ONCE)?.splitn(3, '.');
    let (id, secret, until) = (StaffId::parse(parts.next()?)?, parts.next()?, parts.next()?);
    let entry = entries.iter().find(|entry| entry.staff.id == id)?;
    let until = jiff::Timestamp::from_millisecond(until.parse().ok()?).ok()?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if secret.is_empty() || !secret.chars().all(allowed) {
        return None;
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let scheme = if signed.portal.hub.settings.secure_cookies { "https" } else { "http" };
    Some((entry.staff.name.clone(), format!("{scheme}://{host}/invitation/{secret}"), until.to_string()))
}

fn once(signed: &Signed, value: &str, seconds: u32) -> String {
    let secure = if signed.portal.hub.settings.secure_cookies { "; Secure" } else { "" };
    format!("{ONCE}={value}; Path={HERE}; Max-Age={seconds}; SameSite=Strict; HttpOnly{secure}")
}

fn shown_once(signed: &Signed, staff: &Staff, handed: &Handed) -> Response {
    let until = signed.portal.hub.clock.now().as_millisecond() + LINK_HOURS * 3_600_000;
    let value = format!("{}.{}.{until}", staff.id, handed.secret.reveal());
    ([(header::SET_COOKIE, once(signed, &value, 60))], Redirect::to(HERE)).into_response()
}

/// `POST /operator/staff`: a new account with a one-time link.
pub async fn invite(signed: Signed, Form(fields): Form<Vec<(String, String)>>) -> Result<Response, Fault> {
    signed.only(OPERATORS).await?;
    let fields = Fields(fields);
    let Some(profession) = Profession::parse(fields.get("profession")) else {
        return Err(incomplete(&signed, Id::DeskKind));
    };
    let Ok(facility) = FacilityId::new(fields.get("facility")) else {
        return Err(incomplete(&signed, Id::DeskFacility));
    };
    let (login, name) = (fields.get("login").to_owned(), fields.get("name").to_owned());
    let new = NewStaff { login, name, profession, facility };
    let invited = signed.portal.hub.invite_at_desk(&signed.viewer, &new).await;
    match invited.map_err(|error| Fault::from(error).framed(&signed))? {
        Ok((staff, handed)) => Ok(shown_once(&signed, &staff, &handed)),
        Err(why) => Err(refused(&signed, why)),
    }
}

/// `POST /operator/staff/{id}/{verb}`: `invite` and `reset` make a link, `close` and `reopen` an end or a beginning.
pub async fn act(signed: Signed, Path((id, verb)): Path<(String, String)>) -> Result<Response, Fault> {
    signed.only(OPERATORS).await?;
    let id = StaffId::parse(&id).ok_or_else(|| Fault::not_found(&signed))?;
    let (hub, viewer) = (&signed.portal.hub, &signed.viewer);
    let framed = |error: anyhow::Error| Fault::from(error).framed(&signed);
    let done = match verb.as_str() {
        "invite" | "reset" => match hub.reset_at_desk(viewer, id).await.map_err(framed)? {
            Ok((staff, handed)) => return Ok(shown_once(&signed, &staff, &handed)),
            Err(why) => Err(why),
        },
        "close" | "reopen" => hub.set_open(viewer, id, verb == "reopen").await.map_err(framed)?,
        _ => return Err(Fault::not_found(&signed)),
    };
    match done {
        Ok(()) => Ok(Redirect::to(HERE).into_response()),
        Err(why) => Err(refused(&signed, why)),
    }
}
