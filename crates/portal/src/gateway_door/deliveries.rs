//! `POST /gateway/v1/deliveries`: a framed batch; one answer per delivery, after the commit.

use super::caller::Caller;
use super::{Refusal, answer, arrival, asked, json, same_facility};
use crate::Portal;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use protocol::{Answers, Batch};

/// Receives a batch.
pub async fn receive(
    State(portal): State<Portal>,
    caller: Result<Caller, Refusal>,
    body: Bytes,
) -> Result<Response, Refusal> {
    // After the body: an answer while it still comes would end the connection, and the gateway would not hear it.
    let Caller(facility) = caller?;
    let batch = Batch::decode(&body)?;
    same_facility(&facility, &batch.opening.facility)?;
    let mut answers: Vec<Option<protocol::Answer>> = Vec::with_capacity(batch.deliveries.len());
    let (mut arrivals, mut places) = (Vec::new(), Vec::new());
    for (place, each) in batch.deliveries.iter().enumerate() {
        match asked(&each.head) {
            Ok(format) => {
                arrivals.push((arrival(&facility, &each.head, body.slice_ref(each.bytes)), format));
                places.push(place);
                answers.push(None);
            }
            Err(outcome) => answers.push(Some(protocol::Answer { key: each.head.key, outcome })),
        }
    }
    let received = portal.hub.receive(arrivals).await?;
    for (place, each) in places.into_iter().zip(received) {
        if let (Some(slot), Some(framed)) = (answers.get_mut(place), batch.deliveries.get(place)) {
            *slot = Some(answer(framed.head.key, each));
        }
    }
    Ok(json(Answers::new(answers.into_iter().flatten().collect()).encode()))
}
