//! `POST /gateway/v1/heartbeat`: a gateway's sign of life, per source.

use super::caller::Caller;
use super::{Refusal, json, same_facility};
use crate::Portal;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use model::reading::Format;
use protocol::{Heartbeat, HeartbeatAnswer};
use store::SignOfLife;

/// Receives a heartbeat. A source whose folder cannot be opened, or was not looked at yet, gives no sign of life: its
/// silence counts from when it was named.
pub async fn receive(
    State(portal): State<Portal>,
    caller: Result<Caller, Refusal>,
    body: Bytes,
) -> Result<Response, Refusal> {
    // After the body: an answer while it still comes would end the connection, and the gateway would not hear it.
    let Caller(facility) = caller?;
    let heartbeat = Heartbeat::decode(&body)?;
    same_facility(&facility, &heartbeat.facility)?;
    let now = portal.hub.clock.now();
    let theirs: Option<Timestamp> = heartbeat.now.parse().ok();
    let sign = SignOfLife {
        spool_depth: i64::try_from(heartbeat.spool.waiting).unwrap_or(i64::MAX),
        clock_skew_ms: theirs.map_or(0, |theirs| theirs.as_millisecond() - now.as_millisecond()),
    };
    for source in &heartbeat.sources {
        match Format::parse(&source.format) {
            Some(format) => portal.hub.store.upsert_source(&facility, &source.source, format).await?,
            // Its first delivery makes the source; its format is what came last.
            None if source.format == protocol::AUTO => {}
            None => continue,
        }
        portal.hub.store.note_gateway(&facility, &source.source).await?;
        if source.reachable {
            portal.hub.store.note_contact(&facility, &source.source, sign).await?;
        }
    }
    Ok(json(HeartbeatAnswer::new(facility, now.to_string()).encode()))
}
