//! Every page that says what went wrong carries a time and a number, which the log has too; and what the frame around our
//! handlers answers in words of its own (no such address, a form that cannot be read) becomes such a page.

use crate::Portal;
use crate::pages::error::{ErrorPage, Trouble};
use crate::routes::fault::Fault;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// No page at this address.
pub async fn nothing_here() -> Fault {
    Fault::plain(Trouble::NotFound)
}

/// Gives an error page its time and its number.
pub async fn told(State(portal): State<Portal>, request: Request, next: Next) -> Response {
    let page_asked = request.headers().get(header::ACCEPT).is_none_or(|accept| {
        accept.to_str().is_ok_and(|accept| accept.contains("*/*") || accept.contains("text/html"))
    });
    let response = next.run(request).await;
    let response = if page_asked && is_bare(&response) {
        let trouble = if response.status() == StatusCode::NOT_FOUND {
            Trouble::NotFound
        } else {
            Trouble::Invalid(Vec::new())
        };
        Fault::plain(trouble).into_response()
    } else {
        response
    };
    let status = response.status();
    let Some(page) = response.extensions().get::<Arc<ErrorPage>>() else { return response };
    let mut bytes = [0; 5];
    portal.hub.randomness.fill(&mut bytes);
    let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    let incident = format!("{}-{}", digits.get(..5).unwrap_or_default(), digits.get(5..).unwrap_or_default());
    tracing::info!(incident, status = status.as_u16(), "a page said what went wrong");
    let page = ErrorPage { incident, at: portal.hub.clock.now().to_string(), ..page.as_ref().clone() };
    let mut told = (status, page.render()).into_response();
    for (name, value) in response.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            told.headers_mut().append(name, value.clone());
        }
    }
    told
}

/// True for a refusal that the framework wrote: plain text or nothing.
fn is_bare(response: &Response) -> bool {
    let plain = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_none_or(|kind| kind.to_str().is_ok_and(|kind| kind.starts_with("text/plain")));
    plain && response.status().is_client_error()
}
