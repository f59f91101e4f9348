//! A hub that keeps what it gets in memory and misbehaves as told.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{post, put};
use futures_util::StreamExt;
use model::{DeliveryId, FacilityId};
use protocol::*;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

pub const TOKEN: &str = "hk_0123456789abcdefghijklmnopqrstuvwxyz";

#[derive(Clone, Default, PartialEq)]
pub enum Mood {
    #[default]
    Kind,
    /// Every request gets this status and a page that is not ours.
    Page(u16),
    /// Every request gets this error.
    Says(ErrorCode),
    /// Keeps everything, but the answer never arrives.
    LosesAnswers,
    /// Takes its time.
    Slow(Duration),
    /// The token is for another facility.
    OtherFacility,
}

#[derive(Default)]
pub struct Kept {
    /// In order of arrival.
    pub deliveries: Vec<(DeliveryHead, Vec<u8>)>,
    pub heartbeats: Vec<Heartbeat>,
    pub requests: usize,
    /// Keys that came again after they had been kept.
    pub known: usize,
    pub mood: Mood,
    /// Per ending of a path: what to answer instead of kept.
    pub outcomes: HashMap<String, Outcome>,
    /// Endings of paths with which the whole request is malformed.
    pub malformed: Vec<String>,
}

#[derive(Clone)]
pub struct FakeHub {
    pub kept: Arc<Mutex<Kept>>,
    pub address: String,
    stop: Arc<Mutex<Option<tokio::sync::oneshot::Sender<()>>>>,
}

impl FakeHub {
    pub async fn start() -> Self {
        let hub = Self::down().await;
        hub.up().await;
        hub
    }

    /// An address where nobody answers yet.
    pub async fn down() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        Self { kept: Arc::default(), address, stop: Arc::default() }
    }

    pub async fn up(&self) {
        let listener = TcpListener::bind(&self.address).await.unwrap();
        let routes = Router::new()
            .route(DELIVERIES_PATH, post(deliveries))
            .route(&format!("{DELIVERIES_PATH}/{{key}}"), put(single))
            .route(HEARTBEAT_PATH, post(heartbeat))
            .layer(DefaultBodyLimit::max(MAX_BATCH_BYTES))
            .with_state(self.kept.clone());
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        *self.stop.lock().unwrap() = Some(stop);
        tokio::spawn(async move {
            tokio::select! {
                _ = axum::serve(listener, routes) => {}
                _ = stopped => {}
            }
        });
    }

    pub fn mood(&self, mood: Mood) {
        self.kept.lock().unwrap().mood = mood;
    }

    pub fn look<T>(&self, look: impl FnOnce(&Kept) -> T) -> T {
        look(&self.kept.lock().unwrap())
    }

    pub fn paths(&self) -> Vec<String> {
        self.look(|kept| kept.deliveries.iter().map(|(head, _)| head.path.reveal().clone()).collect())
    }

    pub fn bytes(&self, path: &str) -> Vec<Vec<u8>> {
        let of = |kept: &Kept| {
            let matching = kept.deliveries.iter().filter(|(head, _)| head.path.reveal() == path);
            matching.map(|(_, bytes)| bytes.clone()).collect()
        };
        self.look(of)
    }

    pub fn has(&self, path: &str) -> bool {
        !self.bytes(path).is_empty()
    }
}

type Shared = State<Arc<Mutex<Kept>>>;

fn error(code: ErrorCode) -> Response {
    (StatusCode::from_u16(code.status()).unwrap(), ErrorAnswer::new(code, "as told").encode()).into_response()
}

/// What the mood says before anything is looked at.
async fn greet(kept: &Mutex<Kept>, headers: &HeaderMap) -> Result<(), Response> {
    let mood = {
        let mut kept = kept.lock().unwrap();
        kept.requests += 1;
        kept.mood.clone()
    };
    let token = headers.get("authorization").and_then(|value| bearer(value.to_str().unwrap()));
    if token.is_none_or(|token| token.reveal() != TOKEN) {
        return Err(error(ErrorCode::Unauthorised));
    }
    match mood {
        Mood::Page(status) => Err((StatusCode::from_u16(status).unwrap(), "<html>no</html>").into_response()),
        Mood::Says(code) => Err(error(code)),
        Mood::Slow(time) => {
            tokio::time::sleep(time).await;
            Ok(())
        }
        Mood::Kind | Mood::LosesAnswers | Mood::OtherFacility => Ok(()),
    }
}

fn keep(kept: &Mutex<Kept>, heads: Vec<(DeliveryHead, Vec<u8>)>) -> Response {
    let mut kept = kept.lock().unwrap();
    let ends = |head: &DeliveryHead, end: &String| head.path.reveal().ends_with(end.as_str());
    if heads.iter().any(|(head, _)| kept.malformed.iter().any(|end| ends(head, end))) {
        return error(ErrorCode::Malformed);
    }
    let mut there: HashSet<DeliveryId> = kept.deliveries.iter().map(|(head, _)| head.key).collect();
    let mut answers = Vec::new();
    for (head, bytes) in heads {
        let key = head.key;
        let told = kept.outcomes.iter().find(|(end, _)| ends(&head, end)).map(|(_, outcome)| outcome.clone());
        let outcome = match told {
            Some(outcome) => outcome,
            None if there.insert(key) => {
                kept.deliveries.push((head, bytes));
                Outcome::Kept
            }
            None => {
                kept.known += 1;
                Outcome::Known
            }
        };
        answers.push(Answer { key, outcome });
    }
    if kept.mood == Mood::LosesAnswers {
        // A body that breaks off: the connection dies before the answer is whole.
        let broken = futures_util::stream::once(async { Err::<Bytes, _>(std::io::Error::other("cut")) });
        return Response::new(Body::from_stream(broken));
    }
    Answers::new(answers).encode().into_response()
}

async fn deliveries(State(kept): Shared, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(answer) = greet(&kept, &headers).await {
        return answer;
    }
    let batch = Batch::decode(&body).unwrap();
    keep(&kept, batch.deliveries.iter().map(|each| (each.head.clone(), each.bytes.to_vec())).collect())
}

async fn single(State(kept): Shared, headers: HeaderMap, body: Body) -> Response {
    if let Err(answer) = greet(&kept, &headers).await {
        return answer;
    }
    let mut decoder = SingleDecoder::new();
    let (mut pieces, mut bytes) = (body.into_data_stream(), Vec::new());
    while let Some(piece) = pieces.next().await {
        bytes.extend(decoder.push(&piece.unwrap()).unwrap());
    }
    let (_, head) = decoder.finish().unwrap();
    keep(&kept, vec![(head, bytes)])
}

async fn heartbeat(State(kept): Shared, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(answer) = greet(&kept, &headers).await {
        return answer;
    }
    let heartbeat = Heartbeat::decode(&body).unwrap();
    let mut kept = kept.lock().unwrap();
    let facility = match kept.mood {
        Mood::OtherFacility => FacilityId::new("H99").unwrap(),
        _ => heartbeat.facility.clone(),
    };
    kept.heartbeats.push(heartbeat);
    HeartbeatAnswer::new(facility, "2100-01-01T00:00:01Z").encode().into_response()
}
