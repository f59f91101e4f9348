//! The simulated network: HTTP of a gateway to the hub over turmoil's streams, and the hub's door behind them.

use super::Cheat;
use axum::Router;
use axum::body::Body as HttpBody;
use axum::http::{Method, Request as HttpRequest, header};
use axum::response::IntoResponse;
use bytes::Bytes;
use futures_util::TryStreamExt;
use futures_util::future::BoxFuture;
use gateway::{Answer, Body, Request, Transport};
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use protocol::{Answers, Outcome};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tower::ServiceExt;
use turmoil::net::{TcpListener, TcpStream};

/// Where the hub listens in the simulation.
const PORT: u16 = 80;

/// A gateway's way to the host `hub`, a new connection each time.
pub struct Simulated;

impl Transport for Simulated {
    fn exchange(&self, request: Request) -> BoxFuture<'_, Result<Answer, String>> {
        Box::pin(async move {
            match tokio::time::timeout(request.timeout, exchange(request)).await {
                Ok(answer) => answer,
                Err(_) => Err("no answer in time".to_owned()),
            }
        })
    }
}

async fn exchange(request: Request) -> Result<Answer, String> {
    let broke = |_| "the connection broke".to_owned();
    let stream = TcpStream::connect(("hub", PORT)).await.map_err(|_| "no connection".to_owned())?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broke)?;
    let connection = tokio::spawn(connection);
    let length = request.body.length();
    let body = match request.body {
        Body::Whole(bytes) => HttpBody::from(bytes),
        Body::Pieces(_, pieces) => HttpBody::from_stream(pieces.map_ok(Bytes::from)),
    };
    let request = HttpRequest::builder()
        .method(if request.put { Method::PUT } else { Method::POST })
        .uri(request.path)
        .header(header::HOST, "hub")
        .header(header::AUTHORIZATION, request.authorization)
        .header(header::CONTENT_TYPE, request.content_type)
        .header(header::CONTENT_LENGTH, length)
        .body(body)
        .map_err(|_| "no request".to_owned())?;
    let answer = sender.send_request(request).await.map_err(broke)?;
    let status = answer.status().as_u16();
    let retry_after =
        answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let body = answer.into_body().collect().await.map_err(broke)?.to_bytes();
    connection.abort();
    Ok(Answer { status, retry_after, body })
}

/// Serves until its host dies. A cheat stands between the network and the door.
pub async fn serve(router: Router, cheat: Option<Cheat>, again: Arc<AtomicU64>) -> std::io::Result<()> {
    let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
    let door = match cheat {
        None => {
            router.layer(axum::middleware::map_response(move |answer| count_known(answer, again.clone())))
        }
        Some(cheat) => {
            let inner = router.clone();
            let lie = move |request: HttpRequest<HttpBody>| {
                let inner = inner.clone();
                async move { super::network::lie(cheat, inner, request).await }
            };
            Router::new().fallback(lie)
        }
    };
    loop {
        let (stream, _) = listener.accept().await?;
        let service = TowerToHyperService::new(door.clone());
        tokio::spawn(async move {
            // A connection that breaks is the point of it all.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// How often the hub was sent what it had.
async fn count_known(answer: axum::response::Response, again: Arc<AtomicU64>) -> axum::response::Response {
    let (parts, body) = answer.into_parts();
    let Ok(bytes) = body.collect().await.map(|body| body.to_bytes()) else {
        return axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if let Ok(answers) = Answers::decode(&bytes) {
        let known = answers.answers.iter().filter(|each| each.outcome == Outcome::Known).count();
        again.fetch_add(known as u64, Ordering::Relaxed);
    }
    axum::response::Response::from_parts(parts, HttpBody::from(bytes))
}

/// What a lying hub does with a request. Anything but deliveries it serves honestly.
pub(super) async fn lie(
    cheat: Cheat,
    inner: Router,
    request: HttpRequest<HttpBody>,
) -> axum::response::Response {
    let honest = |inner: Router, request| async move {
        inner.oneshot(request).await.unwrap_or_else(|never| match never {})
    };
    let (parts, body) = request.into_parts();
    let Ok(bytes) = body.collect().await.map(|body| body.to_bytes()) else {
        return axum::http::StatusCode::BAD_REQUEST.into_response();
    };
    let whole = HttpRequest::from_parts(parts.clone(), HttpBody::from(bytes.clone()));
    let Ok(batch) = protocol::Batch::decode(&bytes) else { return honest(inner, whole).await };
    let answer = |outcome: Vec<Outcome>| {
        let keys = batch.deliveries.iter().map(|framed| framed.head.key);
        let answers = keys.zip(outcome).map(|(key, outcome)| protocol::Answer { key, outcome }).collect();
        ([(header::CONTENT_TYPE, "application/json")], Answers::new(answers).encode()).into_response()
    };
    match cheat {
        Cheat::EarlyAnswer => {
            tokio::spawn(async move {
                tokio::time::sleep(std::time::Duration::from_millis(400)).await;
                honest(inner, whole).await
            });
            answer(batch.deliveries.iter().map(|_| Outcome::Kept).collect())
        }
        Cheat::LostRename => {
            let renamed = |path: &str| path.ends_with("_2") || path.ends_with("_0");
            let honestly = batch.deliveries.iter().filter(|framed| !renamed(framed.head.path.reveal()));
            let smaller =
                protocol::Batch { opening: batch.opening.clone(), deliveries: honestly.cloned().collect() };
            if !smaller.deliveries.is_empty() {
                let body = HttpBody::from(smaller.encode());
                let mut parts = parts.clone();
                parts.headers.remove(header::CONTENT_LENGTH);
                let given = honest(inner, HttpRequest::from_parts(parts, body)).await;
                if !given.status().is_success() {
                    return given;
                }
            }
            answer(batch.deliveries.iter().map(|_| Outcome::Kept).collect())
        }
        Cheat::Disorder => {
            for framed in batch.deliveries.iter().rev() {
                let alone =
                    protocol::Batch { opening: batch.opening.clone(), deliveries: vec![framed.clone()] };
                let mut parts = parts.clone();
                parts.headers.remove(header::CONTENT_LENGTH);
                let request = HttpRequest::from_parts(parts, HttpBody::from(alone.encode()));
                let given = honest(inner.clone(), request).await;
                if !given.status().is_success() {
                    return given;
                }
            }
            answer(batch.deliveries.iter().map(|_| Outcome::Kept).collect())
        }
    }
}
