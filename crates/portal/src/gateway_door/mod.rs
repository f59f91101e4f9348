//! The gateways' door: batches, single large deliveries, heartbeats (docs/protocol.md).
//!
//! A gateway is known by its token; the facility in its opening must be the token's. Nothing is answered
//! before its commit. Nothing clinical leaves by this door.

mod deliveries;
mod heartbeat;
mod single;

use crate::Portal;
use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{post, put};
use hub::accounts::token_hash;
use hub::intake::{Answer, Received};
use model::reading::Format;
use model::{DeliveryId, FacilityId};
use protocol::{Asked, ErrorAnswer, ErrorCode, Outcome};

/// The routes.
pub fn routes() -> Router<Portal> {
    let large = usize::try_from(hub::import::LARGEST_FILE).unwrap_or(usize::MAX).saturating_add(1 << 20);
    Router::new()
        .route(
            protocol::DELIVERIES_PATH,
            post(deliveries::receive).layer(DefaultBodyLimit::max(protocol::MAX_BATCH_BYTES + 1024)),
        )
        .route(
            &format!("{}/{{key}}", protocol::DELIVERIES_PATH),
            put(single::receive).layer(DefaultBodyLimit::max(large)),
        )
        .route(protocol::HEARTBEAT_PATH, post(heartbeat::receive))
}

/// Why nothing of a request was taken.
pub struct Refusal(ErrorAnswer);

impl Refusal {
    fn new(code: ErrorCode, text: &str) -> Self {
        Self(ErrorAnswer::new(code, text))
    }
}

impl From<protocol::DecodeError> for Refusal {
    fn from(error: protocol::DecodeError) -> Self {
        Self(ErrorAnswer::from(&error))
    }
}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        tracing::error!(error = format!("{error:#}"), "a gateway's request could not be served");
        let mut answer = ErrorAnswer::new(ErrorCode::Busy, "今は保存できません。後で送り直してください");
        answer.retry_after = Some(RETRY_SECONDS);
        Self(answer)
    }
}

impl From<store::StoreError> for Refusal {
    fn from(error: store::StoreError) -> Self {
        anyhow::Error::from(error).into()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.0.code().map_or(500, ErrorCode::status);
        (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), json(self.0.encode()))
            .into_response()
    }
}

/// Seconds a gateway waits after "later".
const RETRY_SECONDS: u32 = 5;

fn json(body: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// The facility of the token in the request.
async fn facility(portal: &Portal, headers: &HeaderMap) -> Result<FacilityId, Refusal> {
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

/// The opening must name the token's facility.
fn same_facility(token: &FacilityId, opening: &FacilityId) -> Result<(), Refusal> {
    if token == opening {
        return Ok(());
    }
    Err(Refusal::new(ErrorCode::WrongFacility, "このトークンは別の施設のものです"))
}

fn answer(key: DeliveryId, received: Received) -> protocol::Answer {
    let outcome = match received.answer {
        Answer::Kept => Outcome::Kept,
        Answer::Known => Outcome::Known,
        Answer::Refused { code, text } => Outcome::Refused { code, text },
        Answer::Later(error) => {
            tracing::warn!(error, "a delivery could not be stored now");
            Outcome::RetryLater { seconds: RETRY_SECONDS }
        }
    };
    protocol::Answer { key, outcome }
}

/// The format a header asks for; `None` if it is to be told by content. One newer than this hub is refused by name.
fn asked(head: &protocol::DeliveryHead) -> Result<Option<Format>, Outcome> {
    match head.asked() {
        Asked::Format(format) => Ok(Some(format)),
        Asked::ByContent => Ok(None),
        Asked::Unknown => Err(Outcome::Refused {
            code: "unknown-format".into(),
            text: format!("このハブは形式 {} を知りません", head.format),
        }),
    }
}

/// What a delivery header says, as the hub takes it.
fn arrival(facility: &FacilityId, head: &protocol::DeliveryHead, bytes: Bytes) -> hub::prepare::Arrival {
    hub::prepare::Arrival {
        facility: facility.clone(),
        source: head.source.clone(),
        path: head.path.reveal().clone(),
        bytes,
        source_time: head.source_time.clone(),
        sequence: i64::try_from(head.sequence).unwrap_or(i64::MAX),
        again: false,
    }
}
