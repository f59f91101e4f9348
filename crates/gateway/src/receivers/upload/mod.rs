//! A page inside the facility on which people hand over what is on paper: a photograph of a phone, a scan, a PDF.
//! Every file becomes one delivery whose format the hub tells by content, and "received" is said after it is durable
//! in the spool.
//!
//! | request | what |
//! |---|---|
//! | `GET /` | the form and what was handed over, or the question for the PIN |
//! | `POST /pin`, `POST /leave` | in and out |
//! | `POST /` | the form |
//! | `PUT /files/<name>`, `PUT /files/<patient number>/<name>` | one file from a scanner or a script; the PIN as bearer token |
//!
//! Paths: `<patient number>/<name>-<hash>.<ending>`, without a number `<name>-<hash>.<ending>`. Phones give every
//! photograph the same name; the hash keeps them apart, and makes the same one sent again the same delivery.
//! Not in here: what is in a file. No name, number or path is shown again or logged.

mod bounded;
mod door;
mod multipart;
mod page;

use super::desk::Desk;
use super::{mark, path_part};
use crate::listen::{Patience, Pin};
use crate::spool::Spool;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use bounded::Bounded;
use door::{Door, Knock};
use futures_util::StreamExt;
use page::Notice;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

/// Forms and files that are taken in at a time: so many times the largest are held in memory at most.
const AT_A_TIME: usize = 3;

/// What a form has beside its files.
const AROUND: usize = 64 * 1024;

/// So many of the last are listed.
const LISTED: i64 = 30;

/// The page; bound, not yet serving.
pub(crate) struct UploadPage {
    pub listener: TcpListener,
    pub desk: Desk,
    pub spool: Arc<Spool>,
    pub pin: Pin,
    pub patience: Patience,
}

#[derive(Clone)]
struct Shared {
    desk: Desk,
    /// Weak: a connection that a browser keeps open outlives the page and must not keep the data directory.
    spool: Weak<Spool>,
    door: Door,
    patience: Arc<Patience>,
    turns: Arc<Semaphore>,
}

impl UploadPage {
    /// Serves for ever.
    pub(crate) async fn run(self) {
        let room = Arc::new(Semaphore::new(self.patience.connections));
        let shared = Shared {
            door: Door::new(self.pin, self.spool.id()),
            desk: self.desk,
            spool: Arc::downgrade(&self.spool),
            patience: Arc::new(self.patience),
            turns: Arc::new(Semaphore::new(AT_A_TIME)),
        };
        let routes = Router::new()
            .route("/", get(show).post(receive_form))
            .route("/pin", post(enter))
            .route("/leave", post(leave))
            .route("/upload.css", get(style))
            .route("/files/{*path}", put(receive_file))
            .layer(DefaultBodyLimit::disable())
            .with_state(shared);
        if let Err(error) = axum::serve(Bounded { listener: self.listener, room }, routes).await {
            tracing::error!(%error, "the upload page ended");
        }
    }
}

async fn style() -> Response {
    dressed(([(CONTENT_TYPE, "text/css; charset=utf-8")], page::STYLE).into_response())
}

async fn show(State(shared): State<Shared>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let received = query.and_then(|query| query.strip_prefix("received=")?.parse().ok());
    shared.page(StatusCode::OK, &headers, received.filter(|count| *count < 1000).map(Notice::Received)).await
}

async fn enter(State(shared): State<Shared>, headers: HeaderMap, body: Body) -> Response {
    let Ok(body) = shared.body(body, 4096).await else {
        return shared.page(StatusCode::BAD_REQUEST, &headers, Some(Notice::CutOff)).await;
    };
    let said = field(&String::from_utf8_lossy(&body), "pin");
    match shared.door.knock(&said).await {
        Knock::Right if Door::is_own(&headers) => {
            let cookie = [(SET_COOKIE, shared.door.let_in()), (LOCATION, "/".to_owned())];
            dressed((StatusCode::SEE_OTHER, cookie).into_response())
        }
        Knock::Right | Knock::Wrong => {
            shared.desk.trouble("wrong-pin");
            answer(StatusCode::UNAUTHORIZED, page::pin(Some(Notice::WrongPin)))
        }
        Knock::TooMany => answer(StatusCode::TOO_MANY_REQUESTS, page::pin(Some(Notice::TooManyPins))),
    }
}

async fn leave() -> Response {
    let cookie = [(SET_COOKIE, Door::let_out()), (LOCATION, "/".to_owned())];
    dressed((StatusCode::SEE_OTHER, cookie).into_response())
}

/// A form with photographs and files.
async fn receive_form(State(shared): State<Shared>, headers: HeaderMap, body: Body) -> Response {
    if !shared.door.knows(&headers) || !Door::is_own(&headers) {
        return answer(StatusCode::UNAUTHORIZED, page::pin(None));
    }
    match shared.take_form(&headers, body).await {
        Ok(count) => {
            dressed((StatusCode::SEE_OTHER, [(LOCATION, format!("/?received={count}"))]).into_response())
        }
        Err((status, notice)) => shared.page(status, &headers, Some(notice)).await,
    }
}

/// One file from a scanner or a script.
async fn receive_file(
    State(shared): State<Shared>,
    Path(path): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let said = |status: StatusCode, words: (String, String)| {
        dressed((status, format!("{}\n", words.1)).into_response())
    };
    match shared.door.knock(Door::bearer(&headers).unwrap_or_default()).await {
        Knock::Right => {}
        Knock::Wrong => {
            shared.desk.trouble("wrong-pin");
            return said(StatusCode::UNAUTHORIZED, Notice::WrongPin.words());
        }
        Knock::TooMany => return said(StatusCode::TOO_MANY_REQUESTS, Notice::TooManyPins.words()),
    }
    match shared.take_file(&path, body).await {
        Ok(()) => said(StatusCode::CREATED, Notice::Received(1).words()),
        Err((status, notice)) => said(status, notice.words()),
    }
}

/// What went wrong, as status and in words.
type Trouble = (StatusCode, Notice);

impl Shared {
    async fn page(&self, status: StatusCode, headers: &HeaderMap, notice: Option<Notice>) -> Response {
        if !self.door.knows(headers) {
            return answer(status, page::pin(notice.filter(|notice| !matches!(notice, Notice::Received(_)))));
        }
        let sent = match self.spool.upgrade() {
            Some(spool) => spool.handed_over(&self.desk.source, LISTED).await.unwrap_or_default(),
            None => Vec::new(),
        };
        answer(status, page::form(notice, &sent))
    }

    /// The number of files that are durable now.
    async fn take_form(&self, headers: &HeaderMap, body: Body) -> Result<usize, Trouble> {
        let content_type =
            headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let boundary = multipart::boundary(content_type).ok_or((StatusCode::BAD_REQUEST, Notice::CutOff))?;
        let _turn = self.turns.acquire().await;
        let body = self.body(body, self.patience.largest + AROUND).await?;
        let parts =
            multipart::parts(&body, &boundary).map_err(|_| (StatusCode::BAD_REQUEST, Notice::CutOff))?;
        let text = |name: &str| {
            let part = parts.iter().find(|part| part.name == name && part.file.is_none());
            String::from_utf8_lossy(part.map_or(&[][..], |part| part.bytes)).into_owned()
        };
        let number = patient_number(&text("number"))?;
        if number != patient_number(&text("again"))? {
            return Err((StatusCode::BAD_REQUEST, Notice::NumbersDiffer));
        }
        // A field in which nothing was chosen is sent as a file without a name and without content.
        let files: Vec<(&str, &[u8])> = parts
            .iter()
            .filter_map(|part| Some((part.file.as_deref()?, part.bytes)))
            .filter(|(name, bytes)| !name.is_empty() || !bytes.is_empty())
            .collect();
        if files.is_empty() {
            return Err((StatusCode::BAD_REQUEST, Notice::NoFile));
        }
        if files.iter().any(|(_, bytes)| bytes.is_empty()) {
            return Err((StatusCode::BAD_REQUEST, Notice::EmptyFile));
        }
        let mut received = 0;
        for (name, bytes) in files {
            let path = path_of(number.as_deref(), name, bytes);
            if self.desk.hand_in(path, bytes.to_vec()).await.is_err() {
                return Err((StatusCode::SERVICE_UNAVAILABLE, Notice::NotNow(received)));
            }
            received += 1;
        }
        Ok(received)
    }

    async fn take_file(&self, path: &str, body: Body) -> Result<(), Trouble> {
        let (number, name) = match path.split_once('/') {
            Some((number, name)) if !name.contains('/') => (patient_number(number)?, name),
            None => (None, path),
            Some(_) => return Err((StatusCode::BAD_REQUEST, Notice::BadNumber)),
        };
        let _turn = self.turns.acquire().await;
        let bytes = self.body(body, self.patience.largest).await?;
        if bytes.is_empty() {
            return Err((StatusCode::BAD_REQUEST, Notice::EmptyFile));
        }
        let path = path_of(number.as_deref(), name, &bytes);
        let kept = self.desk.hand_in(path, bytes).await;
        kept.map_err(|_| (StatusCode::SERVICE_UNAVAILABLE, Notice::NotNow(0)))
    }

    /// The whole body, if it is not too large and comes in time.
    async fn body(&self, body: Body, largest: usize) -> Result<Vec<u8>, Trouble> {
        let began = Instant::now();
        let mut pieces = body.into_data_stream();
        let mut whole = Vec::new();
        loop {
            let until = began + self.patience.message + Duration::from_secs(whole.len() as u64 / (64 * 1024));
            let piece: Bytes = match timeout_at(until, pieces.next()).await {
                Ok(Some(Ok(piece))) => piece,
                Ok(None) => return Ok(whole),
                Ok(Some(Err(_))) => return Err((StatusCode::BAD_REQUEST, Notice::CutOff)),
                Err(_) => return Err((StatusCode::REQUEST_TIMEOUT, Notice::CutOff)),
            };
            if whole.len() + piece.len() > largest {
                let mib = self.patience.largest / (1024 * 1024);
                return Err((StatusCode::PAYLOAD_TOO_LARGE, Notice::TooLarge(mib)));
            }
            whole.extend_from_slice(&piece);
        }
    }
}

/// The patient number as typed: full-width characters are made narrow. `None` if there is none.
fn patient_number(typed: &str) -> Result<Option<String>, Trouble> {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    };
    let number: String = typed.chars().map(narrow).collect();
    let number = number.trim();
    let plain = number.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    match number {
        "" => Ok(None),
        number if plain && number.len() <= 32 => Ok(Some(number.to_owned())),
        _ => Err((StatusCode::BAD_REQUEST, Notice::BadNumber)),
    }
}

fn path_of(number: Option<&str>, name: &str, bytes: &[u8]) -> String {
    // Some browsers send the path on the sender's machine.
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = path_part(name, 120, "file");
    let file = match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && ending.len() <= 8 => {
            format!("{stem}-{}.{ending}", mark(bytes))
        }
        _ => format!("{name}-{}", mark(bytes)),
    };
    number.map_or_else(|| file.clone(), |number| format!("{number}/{file}"))
}

/// A field of a small form (application/x-www-form-urlencoded).
fn field(form: &str, wanted: &str) -> String {
    let mut pairs = form.split('&').filter_map(|pair| pair.split_once('='));
    let value = pairs.find(|(name, _)| *name == wanted).map_or("", |(_, value)| value);
    let (mut bytes, mut rest) = (Vec::new(), value.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        let escaped =
            after.get(..2).and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        rest = after;
        bytes.push(match (first, escaped) {
            (b'%', Some(byte)) => {
                rest = after.get(2..).unwrap_or_default();
                byte
            }
            (b'+', _) => b' ',
            (other, _) => *other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn answer(status: StatusCode, page: maud::Markup) -> Response {
    dressed((status, page).into_response())
}

/// Nothing of ours is kept by browsers, framed, or may load anything from elsewhere.
fn dressed(mut response: Response) -> Response {
    let policy =
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, policy),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let hash = mark(b"x");
        assert_eq!(path_of(Some("0000001"), "image.jpg", b"x"), format!("0000001/image-{hash}.jpg"));
        assert_eq!(path_of(None, "C:\\scan\\紹介状.pdf", b"x"), format!("紹介状-{hash}.pdf"));
        assert_eq!(path_of(None, "../..", b"x"), format!("file-{hash}"));
        assert_eq!(path_of(None, "", b"x"), format!("file-{hash}"));
        assert_eq!(path_of(None, "a.b.longending", b"x"), format!("a.b.longending-{hash}"));
    }

    #[test]
    fn patient_numbers() {
        assert_eq!(patient_number(" ００１２-a　").unwrap().as_deref(), Some("0012-a"));
        assert_eq!(patient_number("").unwrap(), None);
        for bad in ["1/2", "..", "1 2", "佐倉", &"1".repeat(33)] {
            assert!(patient_number(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn fields() {
        assert_eq!(field("a=1&pin=A%2fB+C%", "pin"), "A/B C%");
        assert_eq!(field("pin=%E7%99%BD", "pin"), "白");
        assert_eq!(field("", "pin"), "");
    }
}
