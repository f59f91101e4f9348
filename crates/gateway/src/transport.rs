//! How bytes reach the hub: HTTP over TLS in the field, a simulated network in tests of endurance.
//!
//! Knows requests and answers as bytes; what they mean is in `hub.rs`.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, Url, redirect};
use std::time::Duration;

/// Largest answer that is read.
const MAX_ANSWER: usize = 4 * 1024 * 1024;

/// What is sent.
pub enum Body {
    /// At once.
    Whole(Vec<u8>),
    /// Piece by piece, this many bytes in all.
    Pieces(u64, BoxStream<'static, std::io::Result<Vec<u8>>>),
}

impl Body {
    /// Bytes in all.
    pub fn length(&self) -> u64 {
        match self {
            Self::Whole(bytes) => bytes.len() as u64,
            Self::Pieces(length, _) => *length,
        }
    }
}

/// One request to the hub.
pub struct Request {
    /// True: PUT, a single delivery under its key. False: POST.
    pub put: bool,
    /// Below the hub's address, beginning with `/`.
    pub path: String,
    /// Media type of the body.
    pub content_type: &'static str,
    /// Who asks.
    pub authorization: HeaderValue,
    /// The body.
    pub body: Body,
    /// How long the whole exchange may take.
    pub timeout: Duration,
}

/// What came back.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Seconds the hub or a proxy asks to wait.
    pub retry_after: Option<u64>,
    /// The body, whole.
    pub body: Bytes,
}

/// A way to the hub. An error says in a few words what failed, without addresses (they may hold what should not be logged).
pub trait Transport: Send + Sync + 'static {
    /// Sends a request and waits for its answer, no longer than it may take.
    fn exchange(&self, request: Request) -> BoxFuture<'_, Result<Answer, String>>;
}

/// HTTP, over TLS where the address says so.
pub struct Http {
    client: Client,
    base: Url,
}

impl Http {
    /// `base` must have been checked. A rustls crypto provider must be installed.
    pub(crate) fn new(base: Url, proxy: bool) -> reqwest::Result<Self> {
        let mut builder = Client::builder()
            .connect_timeout(Duration::from_secs(10))
            // A redirect would carry the token and the patients' data to where nobody configured it.
            .redirect(redirect::Policy::none())
            .user_agent(concat!("hakucho-gateway/", env!("CARGO_PKG_VERSION")));
        if !proxy {
            builder = builder.no_proxy();
        }
        Ok(Self { client: builder.build()?, base })
    }

    async fn send(&self, request: Request) -> Result<Answer, String> {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{}", self.base.path().trim_end_matches('/'), request.path));
        let method = if request.put { Method::PUT } else { Method::POST };
        let length = request.body.length();
        let body = match request.body {
            Body::Whole(bytes) => reqwest::Body::from(bytes),
            Body::Pieces(_, pieces) => reqwest::Body::wrap_stream(pieces),
        };
        let request = self
            .client
            .request(method, url)
            .header(AUTHORIZATION, request.authorization)
            .header(CONTENT_TYPE, request.content_type)
            .header(CONTENT_LENGTH, length)
            .timeout(request.timeout)
            .body(body);
        let mut response = request.send().await.map_err(|error| why(&error))?;
        let status = response.status().as_u16();
        let header = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|error| why(&error))? {
            body.extend_from_slice(&piece);
            if body.len() > MAX_ANSWER {
                return Err("the answer is too long".into());
            }
        }
        Ok(Answer { status, retry_after: header, body: body.into() })
    }
}

impl Transport for Http {
    fn exchange(&self, request: Request) -> BoxFuture<'_, Result<Answer, String>> {
        Box::pin(self.send(request))
    }
}

/// The kind of failure.
fn why(error: &reqwest::Error) -> String {
    if error.is_connect() {
        "no connection".into()
    } else if error.is_timeout() {
        "no answer in time".into()
    } else {
        "the connection broke".into()
    }
}
