//! The gateways' door: batches, single large deliveries, heartbeats (docs/protocol.md).
//!
//! A gateway is known by its certificate or its token (`caller.rs`); the facility in its opening must be theirs. Nothing
//! is answered before its commit. Nothing clinical leaves by this door.

mod caller;
mod deliveries;
mod heartbeat;
mod join;
mod single;

use crate::Portal;
use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{post, put};
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

/// What the hub's own TLS port serves: the same, and the way to a certificate.
pub fn secure_routes() -> Router<Portal> {
    let way = Router::new()
        .route(protocol::JOIN_PATH, post(join::join))
        .route(protocol::RENEW_PATH, post(join::renew))
        .layer(DefaultBodyLimit::max(protocol::MAX_JOIN_BYTES));
    routes().merge(way)
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

/// The opening must name the caller's facility.
fn same_facility(caller: &FacilityId, opening: &FacilityId) -> Result<(), Refusal> {
    if caller == opening {
        return Ok(());
    }
    Err(Refusal::new(ErrorCode::WrongFacility, "このトークンまたは証明書は別の施設のものです"))
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
