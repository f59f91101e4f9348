//! Requests of people: who asks, what they may do, which page answers.

mod fault;
mod session;

use crate::Portal;
use axum::Router;
use axum::routing::get;

/// Every page.
pub fn all(_portal: Portal) -> Router<Portal> {
    Router::new().route("/health", get(health))
}

/// `GET /health`: says `ok` while the server takes requests.
async fn health() -> &'static str {
    "ok\n"
}
