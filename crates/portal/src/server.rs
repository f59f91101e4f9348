//! The hub's HTTP server: pages, gateways' door, assets; headers that every answer carries.

use crate::gateway_door;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, header};
use hub::Hub;
use std::future::Future;
use tokio::net::TcpListener;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;

/// What every handler has.
#[derive(Clone)]
pub struct Portal {
    /// The hub.
    pub hub: Hub,
}

/// Strict: nothing from elsewhere, nothing inline, no framing.
const POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/// Every route.
pub fn router(portal: Portal) -> Router {
    let always = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    Router::new()
        .merge(gateway_door::routes())
        .merge(crate::routes::all(portal.clone()))
        .layer(DefaultBodyLimit::max(1 << 20))
        .layer(always(header::CONTENT_SECURITY_POLICY, POLICY))
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(header::REFERRER_POLICY, "same-origin"))
        .layer(always(header::CACHE_CONTROL, "no-store"))
        .layer(CompressionLayer::new())
        .with_state(portal)
}

/// Serves until `shutdown` is done; requests under way are finished.
pub async fn serve(
    hub: Hub,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router(Portal { hub })).with_graceful_shutdown(shutdown).await
}
