//! A certificate is renewed by itself long before it ends; the old one serves until the new one has worked.

use crate::GatewayError;
use crate::hub::Hub;
use crate::identity::{self, Identity};
use crate::status::Board;
use crate::tls;
use crate::transport::{Answer, Body, Http, Request, Transport};
use futures_util::future::BoxFuture;
use model::clock::SharedClock;
use protocol::{CertificateAnswer, ErrorAnswer, RENEW_PATH, RenewRequest};
use reqwest::Url;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::time::Instant;

/// How long after a renewal that came to nothing the next one is tried.
const AGAIN: Duration = Duration::from_secs(600);

/// The way to the hub, with whatever certificate is the present one.
pub(crate) struct Way {
    present: RwLock<Arc<Http>>,
}

impl Way {
    pub(crate) fn new(base: &Url, identity: &Identity, clock: &SharedClock) -> Result<Self, GatewayError> {
        Ok(Self { present: RwLock::new(Arc::new(http(base, identity, clock)?)) })
    }

    fn change(&self, to: Arc<Http>) {
        *self.present.write().unwrap_or_else(PoisonError::into_inner) = to;
    }
}

impl Transport for Way {
    fn exchange(&self, request: Request) -> BoxFuture<'_, Result<Answer, String>> {
        let present = self.present.read().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async move { present.exchange(request).await })
    }
}

fn http(base: &Url, identity: &Identity, clock: &SharedClock) -> Result<Http, GatewayError> {
    let config = tls::mutual(identity, clock.clone())?;
    Http::over(base.clone(), !crate::config::is_loopback(base), config).map_err(GatewayError::Client)
}

/// Looks at the certificate from time to time.
pub(crate) struct Renewal {
    pub data: PathBuf,
    pub base: Url,
    pub identity: Identity,
    pub way: Arc<Way>,
    pub hub: Hub,
    pub board: Board,
    pub clock: SharedClock,
    pub every: Duration,
}

impl Renewal {
    /// Goes on for ever. The clock is asked anew each time: after a jump the next look finds what is due.
    pub(crate) async fn run(mut self) {
        let mut tick = tokio::time::interval(self.every);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut not_before = Instant::now();
        loop {
            tick.tick().await;
            let now = self.clock.now();
            if self.identity.is_due(now) && now < self.identity.ends() && Instant::now() >= not_before {
                match self.renew().await {
                    Ok(identity) => {
                        tracing::info!(ends = %identity.ends(), "the certificate was renewed");
                        self.identity = identity;
                    }
                    Err(reason) => {
                        tracing::warn!(reason, ends = %self.identity.ends(), "the certificate could not be renewed");
                        not_before = Instant::now() + AGAIN;
                    }
                }
            }
            self.board.change(|status| status.certificate = Some(self.identity.standing(self.clock.now())));
        }
    }

    async fn renew(&self) -> Result<Identity, String> {
        let (key, request) = identity::fresh_key().map_err(|error| error.to_string())?;
        let request = Request {
            put: false,
            path: RENEW_PATH.to_owned(),
            content_type: "application/json",
            authorization: None,
            body: Body::Whole(RenewRequest::new(request).encode()),
            timeout: Duration::from_secs(30),
        };
        let answer = self.way.exchange(request).await?;
        if answer.status != 200 {
            let said = ErrorAnswer::decode(&answer.body).map(|said| said.code);
            return Err(said.unwrap_or_else(|_| format!("http-{}", answer.status)));
        }
        let answer = CertificateAnswer::decode(&answer.body).map_err(|error| error.to_string())?;
        if answer.facility != self.identity.facility || answer.authority != self.identity.authority {
            return Err("the answer is of another facility or authority".into());
        }
        let next = Identity::given(&self.identity.hub, &key, answer, self.clock.now());
        let next = next.map_err(|error| error.to_string())?;
        let http = Arc::new(http(&self.base, &next, &self.clock).map_err(|error| error.to_string())?);
        // An empty batch is answered like any other, to one who is let in.
        self.hub.over(http.clone()).send(&[]).await.map_err(|error| error.to_string())?;
        next.keep(&self.data).map_err(|error| error.to_string())?;
        self.way.change(http);
        Ok(next)
    }
}
