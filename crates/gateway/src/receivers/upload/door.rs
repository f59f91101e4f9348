//! Who may hand something over: everybody who knows the PIN. Nobody else, not even on the same machine.
//!
//! A browser keeps a cookie after the PIN was right once; a script sends the PIN as a bearer token. Wrong PINs cost a
//! second each, one at a time for all of them together; a right one never waits.

use crate::listen::Pin;
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use protocol::hex;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Name of the cookie.
const COOKIE_NAME: &str = "hakucho_upload";

/// How long it holds: a working day.
const SECONDS: u32 = 12 * 3600;

/// The door.
#[derive(Clone)]
pub(crate) struct Door {
    pin: Pin,
    /// Follows from the PIN and the spool's id, which nobody outside knows: holds over restarts, ends with the PIN.
    ticket: String,
    wrong: Arc<Semaphore>,
}

/// What a PIN came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Knock {
    Right,
    Wrong,
    /// Another wrong one is still being punished.
    TooMany,
}

impl Door {
    pub(crate) fn new(pin: Pin, spool: &str) -> Self {
        let ticket = hex(&Sha256::digest(format!("hakucho upload\0{spool}\0{}", pin.reveal())));
        Self { pin, ticket, wrong: Arc::new(Semaphore::new(1)) }
    }

    /// Someone says a PIN.
    pub(crate) async fn knock(&self, said: &str) -> Knock {
        if same(said.trim(), self.pin.reveal()) {
            return Knock::Right;
        }
        let Ok(_one_at_a_time) = self.wrong.try_acquire() else { return Knock::TooMany };
        tokio::time::sleep(Duration::from_secs(1)).await;
        Knock::Wrong
    }

    /// True if the request carries the cookie.
    pub(crate) fn knows(&self, headers: &HeaderMap) -> bool {
        let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.any(|(name, value)| name == COOKIE_NAME && same(value, &self.ticket))
    }

    /// The PIN of a script.
    pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
        let (scheme, pin) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(pin)
    }

    /// `Set-Cookie` for one who is let in. Not `Secure`: the page is plain HTTP in the facility's own network.
    pub(crate) fn let_in(&self) -> String {
        format!("{COOKIE_NAME}={}; Path=/; Max-Age={SECONDS}; HttpOnly; SameSite=Strict", self.ticket)
    }

    /// `Set-Cookie` for one who leaves.
    pub(crate) fn let_out() -> String {
        format!("{COOKIE_NAME}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict")
    }

    /// False if a form of another site's was sent.
    pub(crate) fn is_own(headers: &HeaderMap) -> bool {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        match text(ORIGIN) {
            None => true,
            Some(origin) => origin.split_once("://").map(|(_, host)| host) == text(HOST),
        }
    }
}

/// Compares hashes, so that time tells nothing of the secret.
fn same(one: &str, other: &str) -> bool {
    Sha256::digest(one.as_bytes()) == Sha256::digest(other.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn wrong_ones_wait_and_right_ones_do_not() {
        let door = Door::new(Pin::new("12345678").unwrap(), "spool");
        let punished = tokio::spawn({
            let door = door.clone();
            async move { door.knock("12345679").await }
        });
        tokio::task::yield_now().await;
        assert_eq!(door.knock("x").await, Knock::TooMany);
        assert_eq!(door.knock(" 12345678 ").await, Knock::Right);
        assert_eq!(punished.await.unwrap(), Knock::Wrong);
        assert_eq!(door.knock("").await, Knock::Wrong);
    }

    #[test]
    fn cookies() {
        let door = Door::new(Pin::new("12345678").unwrap(), "spool");
        let knows = |cookie: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, cookie.parse().unwrap());
            door.knows(&headers)
        };
        let cookie = door.let_in();
        let (pair, _) = cookie.split_once(';').unwrap();
        assert!(knows(pair) && knows(&format!("a=b; {pair}; c=d")));
        assert!(!knows("hakucho_upload=") && !knows("a=b") && !knows(&format!("{pair}0")));
        assert!(!cookie.contains("12345678"));
        let other = Door::new(Pin::new("12345678").unwrap(), "another spool");
        assert_ne!(other.let_in(), cookie);
    }

    #[test]
    fn forms_of_other_sites() {
        let own = |origin: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, "10.0.0.5:8780".parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(ORIGIN, origin.parse().unwrap());
            }
            Door::is_own(&headers)
        };
        assert!(own(None) && own(Some("http://10.0.0.5:8780")));
        assert!(!own(Some("http://evil.example.jp")) && !own(Some("null")));
    }
}
