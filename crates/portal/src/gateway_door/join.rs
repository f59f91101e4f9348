//! `POST /gateway/v1/join` and `…/renew`, on the TLS port alone: certificates of the hub's own authority.

use super::caller::Certified;
use super::{Refusal, json};
use crate::Portal;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use hub::authority::Authority;
use hub::joining::NotJoined;
use protocol::{CertificateAnswer, ErrorCode, JoinRequest, RenewRequest, VERSION};
use std::sync::Arc;
use store::GatewayCertificate;

/// Gives a certificate to one who has a code. The only request that is served without a certificate.
pub async fn join(
    State(portal): State<Portal>,
    Extension(authority): Extension<Arc<Authority>>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let JoinRequest { invitation, secret, request, .. } = JoinRequest::decode(&body)?;
    let given = portal.hub.join_gateway(&authority, &invitation, &secret, &request).await?;
    answer(&portal, &authority, given).await
}

/// Gives the next certificate to one whose present one holds.
pub async fn renew(
    State(portal): State<Portal>,
    Extension(authority): Extension<Arc<Authority>>,
    Certified { facility, fingerprint }: Certified,
    body: Bytes,
) -> Result<Response, Refusal> {
    let RenewRequest { request, .. } = RenewRequest::decode(&body)?;
    let given = portal.hub.renew_gateway(&authority, &facility, &fingerprint, &request).await?;
    answer(&portal, &authority, given).await
}

async fn answer(
    portal: &Portal,
    authority: &Authority,
    given: Result<GatewayCertificate, NotJoined>,
) -> Result<Response, Refusal> {
    let given = given.map_err(|why| {
        let code = match why {
            NotJoined::Request => ErrorCode::Malformed,
            NotJoined::Revoked => ErrorCode::Unauthorised,
            _ => ErrorCode::NotInvited,
        };
        Refusal::new(code, &why.to_string())
    })?;
    let known = portal.hub.store.facility(&given.facility).await?;
    let ends = jiff::Timestamp::from_millisecond(given.ends_at).map_err(anyhow::Error::from)?;
    let answer = CertificateAnswer {
        protocol: VERSION,
        name: known.map_or_else(|| given.facility.to_string(), |known| known.name),
        facility: given.facility,
        certificate: given.pem,
        authority: authority.pem().to_owned(),
        not_after: ends.to_string(),
    };
    Ok(json(answer.encode()))
}
