//! Coming and going: login, logout, lock and unlock, language, invitations.

use crate::Portal;
use crate::pages::invitation::{InvitationPage, InvitationProblem};
use crate::pages::locked::LockedPage;
use crate::pages::login::{LoginFailure, LoginPage};
use crate::routes::fault::Fault;
use crate::routes::session::{COOKIE, LANGUAGE, cookie, from_our_pages, language, set_cookie, shell};
use crate::text::{Id, Lang};
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use hub::accounts::{CredentialError, base32};
use serde::Deserialize;
use store::AuditEntry;

/// What `POST /login` takes.
#[derive(Deserialize)]
pub struct Login {
    login: String,
    password: String,
    totp: String,
}

fn foreign(portal: &Portal, headers: &HeaderMap) -> Option<Fault> {
    let lang = language(headers);
    (!from_our_pages(headers)).then(|| Fault::invalid(shell(portal, lang, "/"), lang.t(Id::OtherOrigin)))
}

/// `GET /login`
pub async fn login_page(State(portal): State<Portal>, headers: HeaderMap) -> Response {
    let shell = shell(&portal, language(&headers), "/login");
    LoginPage { shell, login: String::new(), failed: None }.render().into_response()
}

/// `POST /login`: opens a session. Whatever was wrong, the answer is the same.
pub async fn login(
    State(portal): State<Portal>,
    headers: HeaderMap,
    Form(form): Form<Login>,
) -> Result<Response, Fault> {
    if let Some(fault) = foreign(&portal, &headers) {
        return Err(fault);
    }
    let opened = portal.hub.login(&form.login, &form.password, &form.totp).await?;
    let mut entry = AuditEntry { event: "login".into(), outcome: "refused".into(), ..AuditEntry::default() };
    let Some((staff, token)) = opened else {
        entry.subject = form.login.chars().take(64).collect();
        portal.hub.store.audit(entry).await?;
        let shell = shell(&portal, language(&headers), "/login");
        let page = LoginPage { shell, login: form.login, failed: Some(LoginFailure::Wrong) };
        return Ok((StatusCode::UNAUTHORIZED, page.render()).into_response());
    };
    entry.outcome = "done".into();
    entry.actor = staff.id.to_string();
    entry.actor_name = staff.name;
    entry.profession = staff.profession.word().into();
    entry.facility = staff.facility.to_string();
    portal.hub.store.audit(entry).await?;
    let cookie = set_cookie(&portal, COOKIE, token.secret.reveal(), false);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response())
}

/// `POST /logout`
pub async fn logout(State(portal): State<Portal>, headers: HeaderMap) -> Result<Response, Fault> {
    if let Some(fault) = foreign(&portal, &headers) {
        return Err(fault);
    }
    if let Some(token) = cookie(&headers, COOKIE) {
        portal.hub.logout(token).await?;
    }
    let gone = set_cookie(&portal, COOKIE, "", false);
    Ok(([(header::SET_COOKIE, gone)], Redirect::to("/login")).into_response())
}

/// `POST /lock`: 離席.
pub async fn lock(State(portal): State<Portal>, headers: HeaderMap) -> Result<Response, Fault> {
    if let Some(fault) = foreign(&portal, &headers) {
        return Err(fault);
    }
    if let Some(token) = cookie(&headers, COOKIE) {
        portal.hub.lock(token).await?;
    }
    Ok(Redirect::to("/locked").into_response())
}

/// `GET /locked`: nothing but the name and a way back.
pub async fn locked(State(portal): State<Portal>, headers: HeaderMap) -> Result<Response, Fault> {
    locked_page(&portal, &headers, false).await
}

async fn locked_page(portal: &Portal, headers: &HeaderMap, wrong: bool) -> Result<Response, Fault> {
    let session = match cookie(headers, COOKIE) {
        Some(token) => portal.hub.session(token, false).await?,
        None => None,
    };
    let Some(session) = session else { return Ok(Redirect::to("/login").into_response()) };
    if !session.locked {
        return Ok(Redirect::to("/").into_response());
    }
    let page =
        LockedPage { shell: shell(portal, language(headers), "/locked"), name: session.staff.name, wrong };
    let status = if wrong { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    Ok((status, page.render()).into_response())
}

/// What `POST /unlock` takes.
#[derive(Deserialize)]
pub struct Unlock {
    password: String,
}

/// `POST /unlock`
pub async fn unlock(
    State(portal): State<Portal>,
    headers: HeaderMap,
    Form(form): Form<Unlock>,
) -> Result<Response, Fault> {
    if let Some(fault) = foreign(&portal, &headers) {
        return Err(fault);
    }
    let Some(token) = cookie(&headers, COOKIE) else { return Ok(Redirect::to("/login").into_response()) };
    if portal.hub.unlock(token, &form.password).await? {
        return Ok(Redirect::to("/").into_response());
    }
    locked_page(&portal, &headers, true).await
}

/// Where to go after choosing a language.
#[derive(Deserialize)]
pub struct Back {
    to: Option<String>,
}

/// `GET /language/{code}?to=/…`: remembers the language and goes back to a page of ours.
pub async fn choose_language(
    State(portal): State<Portal>,
    Path(code): Path<String>,
    Query(back): Query<Back>,
) -> Response {
    let to =
        back.to.filter(|to| to.starts_with('/') && !to.starts_with("//") && !to.contains(['\\', '\u{7f}']));
    // A browser drops control characters before it looks at the slashes.
    let to = to.filter(|to| !to.chars().any(char::is_control));
    let lang = Lang::parse(&code).unwrap_or(Lang::Ja);
    let cookie = set_cookie(&portal, LANGUAGE, lang.code(), false);
    ([(header::SET_COOKIE, cookie)], Redirect::to(to.as_deref().unwrap_or("/"))).into_response()
}

/// What `POST /invitation/{token}` takes.
#[derive(Deserialize)]
pub struct Accept {
    password: String,
    again: String,
    totp: String,
}

async fn invitation_page(
    portal: &Portal,
    headers: &HeaderMap,
    token: String,
    problem: Option<InvitationProblem>,
) -> Result<Response, Fault> {
    let lang = language(headers);
    let Some((staff, secret)) = portal.hub.invitation(&token).await? else {
        let words = lang.t(Id::InvitationOver).to_owned();
        return Err(Fault::invalid(shell(portal, lang, "/login"), &words));
    };
    let secret = base32(&secret);
    let issuer = crate::page::percent(&portal.hub.settings.region_name);
    let otpauth = format!(
        "otpauth://totp/{issuer}:{}?secret={secret}&issuer={issuer}",
        crate::page::percent(&staff.login)
    );
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    // The address holds the token: the language links must not carry it on.
    let page = InvitationPage {
        shell: shell(portal, lang, "/login"),
        token,
        name: staff.name,
        login: staff.login,
        profession: staff.profession,
        secret,
        otpauth,
        problem,
    };
    Ok((status, page.render()).into_response())
}

/// `GET /invitation/{token}`
pub async fn invitation(
    State(portal): State<Portal>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    invitation_page(&portal, &headers, token, None).await
}

/// `POST /invitation/{token}`: sets password and second factor; the link is used up.
pub async fn accept(
    State(portal): State<Portal>,
    Path(token): Path<String>,
    headers: HeaderMap,
    Form(form): Form<Accept>,
) -> Result<Response, Fault> {
    if let Some(fault) = foreign(&portal, &headers) {
        return Err(fault);
    }
    if form.password != form.again {
        return invitation_page(&portal, &headers, token, Some(InvitationProblem::Differ)).await;
    }
    match portal.hub.accept_invitation(&token, &form.password, &form.totp).await? {
        Ok(staff) => {
            let entry = AuditEntry {
                event: "credentials".into(),
                outcome: "done".into(),
                actor: staff.id.to_string(),
                actor_name: staff.name,
                ..AuditEntry::default()
            };
            portal.hub.store.audit(entry).await?;
            Ok(Redirect::to("/login").into_response())
        }
        Err(CredentialError::Invitation) => invitation_page(&portal, &headers, token, None).await,
        Err(CredentialError::ShortPassword) => {
            invitation_page(&portal, &headers, token, Some(InvitationProblem::Short)).await
        }
        Err(CredentialError::Code) => {
            invitation_page(&portal, &headers, token, Some(InvitationProblem::Code)).await
        }
    }
}
