//! Requests of people: who asks, what they may do, which page answers. One file per page.

mod assets;
mod desk;
mod entrance;
mod fault;
mod fields;
mod home;
mod inbox;
mod incident;
mod mappings;
mod operator;
mod patient;
mod person;
mod problems;
mod quality;
mod reception;
mod record;
mod review;
mod said;
mod search;
mod searches;
mod session;
mod staff;
mod withdrawals;

use crate::Portal;
use axum::routing::{get, post};
use axum::{Extension, Router};

/// Every page.
pub fn all(portal: Portal) -> Router<Portal> {
    Router::new()
        .merge(desk::routes())
        .route("/health", get(health))
        .route("/assets/{name}", get(assets::show))
        .route("/login", get(entrance::login_page).post(entrance::login))
        .route("/logout", post(entrance::logout))
        .route("/lock", post(entrance::lock))
        .route("/locked", get(entrance::locked))
        .route("/unlock", post(entrance::unlock))
        .route("/language/{code}", get(entrance::choose_language))
        .route("/invitation/{token}", get(entrance::invitation).post(entrance::accept))
        .route("/", get(home::show))
        .route("/search", get(search::show).post(search::ask))
        .route("/person/{id}", get(person::show))
        .route("/person/{id}/seen", post(person::seen))
        .route("/person/{id}/events", get(person::events))
        .route("/person/{id}/record/{record}", get(record::show))
        .route("/person/{id}/record/{record}/original", get(record::original))
        .route("/person/{id}/record/{record}/original/bytes", get(record::bytes))
        .fallback(incident::nothing_here)
        .layer(Extension(searches::Searches::default()))
        .layer(axum::middleware::from_fn_with_state(portal, incident::told))
}

/// `GET /health`: says `ok` while the server takes requests.
async fn health() -> &'static str {
    "ok\n"
}
