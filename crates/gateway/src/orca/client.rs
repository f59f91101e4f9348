//! Speaks HTTP to an ORCA.

use super::calls::Call;
use super::{Credentials, OrcaError};
use reqwest::{Client, Identity, Url, redirect};
use std::time::Duration;

/// Largest answer that is read: 64 MiB.
const LARGEST: usize = 64 * 1024 * 1024;

/// How long one answer may take. A receipt computer that prints claims is slow.
const PATIENCE: Duration = Duration::from_secs(60);

/// The client.
pub(crate) struct OrcaClient {
    client: Client,
    base: Url,
    credentials: Credentials,
}

/// Why a call came to nothing; without addresses and numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No connection, no answer in time, or a status that passes: the round is broken off and made again.
    NotReached,
    /// 401 or 403.
    NotLetIn,
    /// Any other status: this call is not known there.
    Odd,
}

impl OrcaClient {
    pub(crate) fn new(base: Url, credentials: Credentials) -> Result<Self, OrcaError> {
        let mut builder = Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .timeout(PATIENCE)
            // The password goes nowhere but where it was configured for.
            .redirect(redirect::Policy::none())
            .user_agent(concat!("hakucho-gateway/", env!("CARGO_PKG_VERSION")));
        if crate::config::is_loopback(&base) {
            builder = builder.no_proxy();
        }
        if let Some(pem) = &credentials.certificate {
            let identity = Identity::from_pem(pem).map_err(|_| OrcaError::Certificate)?;
            builder = builder.identity(identity);
        }
        let client = builder.build().map_err(OrcaError::Client)?;
        Ok(Self { client, base, credentials })
    }

    /// The bytes of an answer with status 200.
    pub(crate) async fn ask(&self, call: &Call) -> Result<Vec<u8>, Failure> {
        let request = call.request();
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{}", self.base.path().trim_end_matches('/'), request.path));
        url.query_pairs_mut().extend_pairs(request.query);
        let builder = match request.body {
            None => self.client.get(url),
            Some(body) => {
                self.client.post(url).header("content-type", "application/json").body(body.to_string())
            }
        };
        let builder = builder.basic_auth(&self.credentials.user, Some(&self.credentials.password));
        let mut response = builder.send().await.map_err(|_| Failure::NotReached)?;
        match response.status().as_u16() {
            200 => {}
            401 | 403 => return Err(Failure::NotLetIn),
            408 | 429 | 500..=599 => return Err(Failure::NotReached),
            _ => return Err(Failure::Odd),
        }
        let mut bytes = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|_| Failure::NotReached)? {
            if bytes.len() + piece.len() > LARGEST {
                return Err(Failure::Odd);
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }
}
