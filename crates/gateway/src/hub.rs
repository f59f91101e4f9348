//! The hub as the gateway sees it: requests out, answers in. Knows the protocol, not the spool.

use crate::spool::{Waiting, WaitingBody};
use crate::transport::{Answer, Body, Request, Transport};
use futures_util::stream::{self, StreamExt};
use model::{DeliveryId, FacilityId};
use protocol::{
    Answers, Batch, CONTENT_TYPE, DELIVERIES_PATH, DeliveryHead, ErrorAnswer, ErrorCode, Framed,
    HEARTBEAT_PATH, Heartbeat, HeartbeatAnswer, MAX_BATCH_BYTES, Opening, Token, encode_prefix,
};
use reqwest::header::HeaderValue;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;

/// Why a request came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HubError {
    /// The hub does not let us in, or does not speak our version.
    #[error("{code}: {text}")]
    Stopped { code: String, text: String },
    /// The hub cannot take what is in this request.
    #[error("{code}: {text}")]
    NotTaken { code: String, text: String },
    /// Not now.
    #[error("{reason}")]
    Later { reason: String, at_least: Option<Duration> },
    /// The body of this delivery is not in the spool's folder any more.
    #[error("a body is missing in the spool")]
    BodyMissing { id: i64 },
}

/// What is said to one hub, over whatever leads to it.
#[derive(Clone)]
pub(crate) struct Hub {
    transport: Arc<dyn Transport>,
    authorization: HeaderValue,
    facility: FacilityId,
    spool: String,
    answer: Duration,
}

/// This software, as it names itself to the hub.
pub(crate) const SOFTWARE: &str = env!("CARGO_PKG_VERSION");

impl Hub {
    pub(crate) fn new(
        transport: Arc<dyn Transport>,
        token: &Token,
        facility: FacilityId,
        spool: &str,
        answer: Duration,
    ) -> Self {
        // A token has only visible characters; another would be refused by the hub, not sent by mistake.
        let mut authorization =
            HeaderValue::from_str(&token.header()).unwrap_or_else(|_| HeaderValue::from_static("Bearer"));
        authorization.set_sensitive(true);
        Self { transport, authorization, facility, spool: spool.to_owned(), answer }
    }

    fn request(&self, path: impl Into<String>, body: Vec<u8>) -> Request {
        let body = Body::Whole(body);
        Request {
            put: false,
            path: path.into(),
            content_type: CONTENT_TYPE,
            authorization: self.authorization.clone(),
            timeout: self.patience(body.length()),
            body,
        }
    }

    /// A slow line (64 KiB/s) still gets a large body through.
    fn patience(&self, bytes: u64) -> Duration {
        self.answer + Duration::from_secs(bytes / (64 * 1024))
    }

    fn opening(&self, deliveries: usize) -> Opening {
        Opening::new(self.facility.clone(), &self.spool, SOFTWARE, deliveries)
    }

    fn head(&self, delivery: &Waiting) -> DeliveryHead {
        DeliveryHead {
            source: delivery.source.clone(),
            format: delivery.format.clone(),
            path: delivery.path.clone(),
            sequence: delivery.sequence,
            source_time: delivery.source_time.clone(),
            sha256: delivery.sha256.clone(),
            key: self.key(delivery),
            length: delivery.size,
        }
    }

    /// The idempotency key.
    pub(crate) fn key(&self, delivery: &Waiting) -> DeliveryId {
        DeliveryId::derive(&self.facility, &delivery.source, delivery.path.reveal(), &delivery.sha256)
    }

    /// Sends the first of these as one batch: as many as fit. Gives their number and the answers.
    pub(crate) async fn send(&self, deliveries: &[Waiting]) -> Result<(usize, Answers), HubError> {
        let mut bodies = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            bodies.push(match &delivery.body {
                WaitingBody::Row(bytes) => bytes.clone(),
                WaitingBody::Blob(place) => whole(place, delivery).await?,
            });
        }
        let framed = deliveries.iter().zip(&bodies);
        let mut batch = Batch {
            opening: self.opening(0),
            deliveries: framed.map(|(delivery, bytes)| Framed { head: self.head(delivery), bytes }).collect(),
        };
        let mut body = batch.encode();
        while body.len() > MAX_BATCH_BYTES && batch.deliveries.len() > 1 {
            batch.deliveries.truncate(batch.deliveries.len() / 2);
            body = batch.encode();
        }
        let answer = self.exchange(self.request(DELIVERIES_PATH, body)).await?;
        Ok((batch.deliveries.len(), Answers::decode(&answer).map_err(odd)?))
    }

    /// Streams one large delivery.
    pub(crate) async fn send_alone(&self, delivery: &Waiting) -> Result<Answers, HubError> {
        let WaitingBody::Blob(place) = &delivery.body else {
            return self.send(std::slice::from_ref(delivery)).await.map(|(_, answers)| answers);
        };
        let file = open(place, delivery).await?;
        let prefix = encode_prefix(&self.opening(1), &self.head(delivery));
        let length = prefix.len() as u64 + delivery.size + 1;
        let pieces = stream::unfold(file, |mut file| async move {
            let mut piece = vec![0; 128 * 1024];
            match file.read(&mut piece).await {
                Ok(0) => None,
                Ok(count) => {
                    piece.truncate(count);
                    Some((Ok::<_, std::io::Error>(piece), file))
                }
                Err(error) => Some((Err(error), file)),
            }
        });
        let one = |bytes| stream::once(std::future::ready(Ok(bytes)));
        let pieces = one(prefix).chain(pieces).chain(one(b"\n".to_vec()));
        let request = Request {
            put: true,
            body: Body::Pieces(length, pieces.boxed()),
            timeout: self.patience(length),
            ..self.request(format!("{DELIVERIES_PATH}/{}", self.key(delivery)), Vec::new())
        };
        let answer = self.exchange(request).await?;
        Answers::decode(&answer).map_err(odd)
    }

    /// Says that we live. An answer for another facility than ours is a stop.
    pub(crate) async fn heartbeat(&self, heartbeat: &Heartbeat) -> Result<HeartbeatAnswer, HubError> {
        let patience = self.answer.min(Duration::from_secs(10));
        let request = Request {
            content_type: "application/json",
            timeout: patience,
            ..self.request(HEARTBEAT_PATH, heartbeat.encode())
        };
        let answer = self.exchange(request).await?;
        let answer = HeartbeatAnswer::decode(&answer).map_err(odd)?;
        if answer.facility == self.facility {
            Ok(answer)
        } else {
            let text =
                format!("the token is for {}, this gateway is set up as {}", answer.facility, self.facility);
            Err(HubError::Stopped { code: ErrorCode::WrongFacility.word().into(), text })
        }
    }

    async fn exchange(&self, request: Request) -> Result<Vec<u8>, HubError> {
        let answer = self.transport.exchange(request).await;
        let Answer { status, retry_after, body } =
            answer.map_err(|reason| HubError::Later { reason, at_least: None })?;
        if status == 200 { Ok(body.into()) } else { Err(refusal(status, retry_after, &body)) }
    }
}

/// What an answer other than 200 means. Only the hub's own words can set a delivery aside.
fn refusal(status: u16, header: Option<u64>, body: &[u8]) -> HubError {
    let said = ErrorAnswer::decode(body).ok();
    let code = said.as_ref().and_then(ErrorAnswer::code);
    let seconds = said.as_ref().and_then(|said| said.retry_after).map(u64::from).or(header);
    let (word, text) =
        said.map_or_else(|| (format!("http-{status}"), String::new()), |said| (said.code, said.text));
    match (code, status) {
        (Some(ErrorCode::Malformed | ErrorCode::TooLarge), _) => HubError::NotTaken { code: word, text },
        (Some(ErrorCode::Unauthorised | ErrorCode::WrongFacility | ErrorCode::UnsupportedVersion), _)
        | (_, 401 | 403) => HubError::Stopped { code: word, text },
        _ => HubError::Later { reason: word, at_least: seconds.map(Duration::from_secs) },
    }
}

fn odd(error: protocol::DecodeError) -> HubError {
    HubError::Later { reason: format!("not a hub's answer: {error}"), at_least: None }
}

async fn open(place: &Path, delivery: &Waiting) -> Result<tokio::fs::File, HubError> {
    let missing = HubError::BodyMissing { id: delivery.id };
    match tokio::fs::File::open(place).await {
        Ok(file) => match file.metadata().await {
            Ok(metadata) if metadata.len() == delivery.size => Ok(file),
            Ok(_) => Err(missing),
            Err(error) => Err(disk(&error)),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(missing),
        Err(error) => Err(disk(&error)),
    }
}

async fn whole(place: &Path, delivery: &Waiting) -> Result<Vec<u8>, HubError> {
    let mut bytes = Vec::new();
    let mut file = open(place, delivery).await?;
    file.read_to_end(&mut bytes).await.map_err(|error| disk(&error))?;
    Ok(bytes)
}

fn disk(error: &std::io::Error) -> HubError {
    HubError::Later { reason: format!("the spool cannot be read: {}", error.kind()), at_least: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hub_itself_can_set_a_delivery_aside() {
        let malformed = ErrorAnswer::new(ErrorCode::Malformed, "x").encode();
        assert!(matches!(refusal(422, None, &malformed), HubError::NotTaken { .. }));
        for status in [400, 404, 413, 422, 500, 502] {
            let page = refusal(status, None, b"<html>proxy</html>");
            assert!(matches!(page, HubError::Later { .. }), "{status}");
        }
    }

    #[test]
    fn being_let_in_is_decided_by_status_or_word() {
        for status in [401, 403] {
            assert!(matches!(refusal(status, None, b""), HubError::Stopped { .. }));
        }
        let version = ErrorAnswer::new(ErrorCode::UnsupportedVersion, "x").encode();
        assert!(
            matches!(refusal(400, None, &version), HubError::Stopped { code, .. } if code == "unsupported-version")
        );
    }

    #[test]
    fn a_busy_hub_names_its_time() {
        let mut busy = ErrorAnswer::new(ErrorCode::Busy, "x");
        busy.retry_after = Some(7);
        let seven = Some(Duration::from_secs(7));
        assert!(
            matches!(refusal(503, Some(1), &busy.encode()), HubError::Later { at_least, .. } if at_least == seven)
        );
        assert!(matches!(refusal(503, Some(7), b""), HubError::Later { at_least, .. } if at_least == seven));
    }
}
