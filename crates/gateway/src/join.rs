//! A facility joins: a code that works once against a certificate.
//!
//! The hub is checked against the code before anything is said to it. What a lost answer leaves behind is enough to ask again.

use crate::config::{self, ConfigError};
use crate::identity::{self, Identity, IdentityError};
use crate::tls;
use crate::transport::{Body, Http, Request, Transport};
use model::clock::SharedClock;
use protocol::{CertificateAnswer, ErrorAnswer, JOIN_PATH, JoinCode, JoinRequest};
use std::path::Path;
use std::time::Duration;

/// How long the hub may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a facility has not joined.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The address cannot be used.
    #[error(transparent)]
    Address(#[from] ConfigError),
    /// The identity cannot be kept or used.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// TLS or HTTP cannot be set up.
    #[error("the connection to the hub cannot be set up: {0}")]
    Setup(String),
    /// What answers there did not show that it is the hub of the code. The code was not sent.
    #[error("what answers at this address is not let in, the code was not sent: {0}")]
    NotThatHub(String),
    /// No answer.
    #[error("the hub cannot be reached: {0}")]
    NotReached(String),
    /// The hub does not want it.
    #[error("{code}: {text}")]
    Refused {
        /// The hub's word.
        code: String,
        /// Its words for people.
        text: String,
    },
    /// The answer is not what was asked for.
    #[error("the hub's answer cannot be used: {0}")]
    Odd(String),
}

/// Joins the hub at this address and keeps the identity in the data directory, in place of the one before.
pub async fn join(
    data: &Path,
    hub: &str,
    code: &JoinCode,
    clock: SharedClock,
) -> Result<Identity, JoinError> {
    let base = config::hub_address(hub, false)?;
    if base.scheme() != "https" {
        let why = "a facility joins over https://, at the hub's own TLS port";
        return Err(ConfigError::Hub { url: hub.to_owned(), why }.into());
    }
    let (key, request) = identity::joining_key(data, &code.invitation())?;
    let setup = |error: &dyn std::fmt::Display| JoinError::Setup(error.to_string());
    let (config, pinned) = tls::pinned(code, clock.clone()).map_err(|error| setup(&error))?;
    let proxy = !config::is_loopback(&base);
    let http = Http::over(base.clone(), proxy, config).map_err(|error| setup(&error))?;
    let request = Request {
        put: false,
        path: JOIN_PATH.to_owned(),
        content_type: "application/json",
        authorization: None,
        body: Body::Whole(JoinRequest::new(code, request).encode()),
        timeout: PATIENCE,
    };
    let answer = http.exchange(request).await.map_err(|error| match pinned.wrong() {
        Some(wrong) => JoinError::NotThatHub(wrong),
        None => JoinError::NotReached(error),
    })?;
    if answer.status != 200 {
        return Err(match ErrorAnswer::decode(&answer.body) {
            Ok(said) => JoinError::Refused { code: said.code, text: said.text },
            Err(_) => JoinError::NotReached(format!("http-{}", answer.status)),
        });
    }
    let answer =
        CertificateAnswer::decode(&answer.body).map_err(|error| JoinError::Odd(error.to_string()))?;
    if !tls::is_named(code, &answer.authority) {
        return Err(JoinError::Odd("its authority is not the one of the code".into()));
    }
    let identity = Identity::given(base.as_str(), &key, answer, clock.now())?;
    // Key and certificate must fit together before anything is kept.
    tls::mutual(&identity, clock)?;
    identity.keep(data)?;
    identity::joined(data)?;
    Ok(identity)
}
