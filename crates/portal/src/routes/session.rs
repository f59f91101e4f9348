//! Who asks: the session behind a request, and the frame of the pages they get.
//!
//! A handler that takes [`Signed`] cannot be reached without a session that holds and is not locked. A request that
//! changes something must come from our own pages (`Sec-Fetch-Site`, or `Origin` where a browser does not send it).

use crate::Portal;
use crate::page::{Shell, User};
use crate::routes::fault::Fault;
use crate::text::{Id, Lang};
use access::Viewer;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Redirect, Response};
use model::facility::Profession;
use store::Staff;

/// Name of the session's cookie.
pub const COOKIE: &str = "hakucho_session";
/// Name of the language's cookie.
pub const LANGUAGE: &str = "hakucho_lang";

/// The value of a cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name).then_some(value)
    })
}

/// The language chosen, or the first the browser asks for that we have; Japanese otherwise.
pub fn language(headers: &HeaderMap) -> Lang {
    let chosen = cookie(headers, LANGUAGE).and_then(Lang::parse);
    let asked =
        headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    chosen.unwrap_or_else(|| if asked.starts_with("en") { Lang::En } else { Lang::Ja })
}

/// A `Set-Cookie` value. An empty value takes the cookie away.
pub fn set_cookie(portal: &Portal, name: &str, value: &str, script: bool) -> String {
    let age = if value.is_empty() { 0 } else { 365 * 24 * 3600 };
    let session = name == COOKIE && !value.is_empty();
    let lasting = if session { String::new() } else { format!("; Max-Age={age}") };
    let secure = if portal.hub.settings.secure_cookies { "; Secure" } else { "" };
    let hidden = if script { "" } else { "; HttpOnly" };
    format!("{name}={value}; Path=/; SameSite=Strict{lasting}{hidden}{secure}")
}

/// True if the request comes from a page of ours, or from no page at all (typed, bookmarked).
pub fn from_our_pages(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match text("sec-fetch-site") {
        Some(site) => matches!(site, "same-origin" | "none"),
        None => match (text("origin"), text("host")) {
            (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, rest)| rest == host),
            _ => true,
        },
    }
}

/// The frame of a page before anybody is logged in.
pub fn shell(portal: &Portal, lang: Lang, here: &str) -> Shell {
    Shell {
        lang,
        region: portal.hub.settings.region_name.clone(),
        fictitious: portal.hub.settings.fictitious,
        user: None,
        here: here.to_owned(),
        idle_seconds: portal.hub.settings.session_idle_minutes * 60,
        live: None,
    }
}

/// A member of staff with a session that holds.
pub struct Signed {
    /// The hub and all.
    pub portal: Portal,
    /// The account.
    pub staff: Staff,
    /// The same as `access` sees it.
    pub viewer: Viewer,
    /// Language of the answer.
    pub lang: Lang,
    /// The session's token.
    pub token: String,
    /// Path and query of the request.
    pub here: String,
}

impl Signed {
    /// The frame of this person's pages.
    pub fn shell(&self) -> Shell {
        Shell {
            user: Some(User {
                name: self.viewer.name.clone(),
                profession: self.viewer.profession,
                facility: self.viewer.facility_name.clone(),
            }),
            ..shell(&self.portal, self.lang, &self.here)
        }
    }

    /// Only for these professions; everybody else is refused, and the attempt is in the audit.
    pub async fn only(&self, professions: &[Profession]) -> Result<(), Fault> {
        if professions.contains(&self.viewer.profession) {
            return Ok(());
        }
        let path = self.here.split('?').next().unwrap_or_default();
        let mut entry = self.portal.hub.entry(&self.viewer, "page", path, "outside role");
        entry.outcome = "refused".into();
        self.portal.hub.store.audit(entry).await?;
        Err(Fault::outside_role(self))
    }
}

impl FromRequestParts<Portal> for Signed {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Response> {
        let lang = language(&parts.headers);
        let here = parts.uri.path_and_query().map_or("/", |whole| whole.as_str()).to_owned();
        let sign_in = || Redirect::to("/login").into_response();
        if parts.method != Method::GET && !from_our_pages(&parts.headers) {
            return Err(Fault::invalid(shell(portal, lang, "/"), lang.t(Id::OtherOrigin)).into_response());
        }
        let Some(token) = cookie(&parts.headers, COOKIE).map(str::to_owned) else { return Err(sign_in()) };
        // A stream that only listens does not keep a session alive.
        let touch = !here.contains("/events");
        let fault =
            |error: anyhow::Error| Fault::unavailable(shell(portal, lang, "/"), &error).into_response();
        let Some(session) = portal.hub.session(&token, touch).await.map_err(fault)? else {
            return Err(sign_in());
        };
        if session.locked {
            return Err(Redirect::to("/locked").into_response());
        }
        let Some(viewer) = portal.hub.viewer(&session.staff).await.map_err(fault)? else {
            return Err(sign_in());
        };
        Ok(Self { portal: portal.clone(), staff: session.staff, viewer, lang, token, here })
    }
}
