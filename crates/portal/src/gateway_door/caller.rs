//! Who asks at the gateways' door: a certificate on the hub's own TLS port, a token on the plain one. Never both:
//! what decides is the port, not the request.

use super::Refusal;
use crate::Portal;
use crate::secure::Peer;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use hub::accounts::token_hash;
use model::FacilityId;
use protocol::ErrorCode;

/// The facility that asks.
pub struct Caller(pub FacilityId);

/// The certificate that asks, and its facility: only on the TLS port.
pub struct Certified {
    /// Whose certificate it is.
    pub facility: FacilityId,
    /// SHA-256 of the certificate.
    pub fingerprint: Vec<u8>,
}

impl FromRequestParts<Portal> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Refusal> {
        match parts.extensions.get::<ConnectInfo<Peer>>() {
            Some(ConnectInfo(peer)) => Ok(Self(certified(portal, peer).await?.facility)),
            None => by_token(portal, &parts.headers).await.map(Self),
        }
    }
}

impl FromRequestParts<Portal> for Certified {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Refusal> {
        match parts.extensions.get::<ConnectInfo<Peer>>() {
            Some(ConnectInfo(peer)) => certified(portal, peer).await,
            None => Err(no_certificate()),
        }
    }
}

/// Asked for each request: a certificate that was revoked a moment ago is refused on a connection that is open.
async fn certified(portal: &Portal, peer: &Peer) -> Result<Certified, Refusal> {
    let fingerprint = peer.fingerprint.clone().ok_or_else(no_certificate)?;
    let facility = portal.hub.store.facility_of_certificate(&fingerprint).await?;
    Ok(Certified { facility: facility.ok_or_else(no_certificate)?, fingerprint })
}

async fn by_token(portal: &Portal, headers: &HeaderMap) -> Result<FacilityId, Refusal> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let unauthorised = || {
        Refusal::new(
            ErrorCode::Unauthorised,
            "トークンがないか、無効です。hakucho hub token で作り直してください",
        )
    };
    let token = protocol::bearer(header).ok_or_else(unauthorised)?;
    portal.hub.store.facility_of_token(&token_hash(token.reveal())).await?.ok_or_else(unauthorised)
}

fn no_certificate() -> Refusal {
    Refusal::new(
        ErrorCode::Unauthorised,
        "証明書がないか、無効です。ハブで hakucho hub invite を実行し、hakucho gateway join で入り直してください",
    )
}
