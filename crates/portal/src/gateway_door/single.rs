//! `PUT /gateway/v1/deliveries/<key>`: one delivery too large for a batch.

use super::caller::Caller;
use super::{Refusal, answer, arrival, asked, json, same_facility};
use crate::Portal;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::response::Response;
use futures_util::StreamExt;
use protocol::{Answers, ErrorCode, SingleDecoder};

/// Receives one large delivery piece by piece; its hash is checked before anything is stored.
pub async fn receive(
    State(portal): State<Portal>,
    Path(key): Path<String>,
    Caller(facility): Caller,
    body: Body,
) -> Result<Response, Refusal> {
    let (mut decoder, mut content) = (SingleDecoder::new(), Vec::new());
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Refusal::new(ErrorCode::Malformed, "途中で切れました"))?;
        content.extend_from_slice(&decoder.push(&piece)?);
        if content.len() as u64 > hub::import::LARGEST_FILE {
            return Err(Refusal::new(ErrorCode::TooLarge, "ファイルが大きすぎます (上限 256 MiB)"));
        }
    }
    let (opening, head) = decoder.finish()?;
    same_facility(&facility, &opening.facility)?;
    if head.key.to_string() != key {
        return Err(Refusal::new(ErrorCode::Malformed, "アドレスの鍵と本文の鍵が違います"));
    }
    let format = match asked(&head) {
        Ok(format) => format,
        Err(outcome) => {
            let refused = protocol::Answer { key: head.key, outcome };
            return Ok(json(Answers::new(vec![refused]).encode()));
        }
    };
    let arrival = arrival(&facility, &head, Bytes::from(content));
    let received = portal.hub.receive(vec![(arrival, format)]).await?;
    let answers = received.into_iter().map(|each| answer(head.key, each)).collect();
    Ok(json(Answers::new(answers).encode()))
}
