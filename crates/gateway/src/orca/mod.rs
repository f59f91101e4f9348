//! Pulls from the receipt computer of a clinic (ORCA, 日医標準レセプトソフト) what it does not send by itself: who was
//! registered, changed, received or seen since the last round, and of each of them registration, diseases, visits
//! and acts. Each answer becomes a delivery of format `orca`, byte for byte.
//!
//! Dumb and durable: of an answer only patient numbers, visits and its success are looked at ([`answer`]). What says the
//! same as the last answer to the same question is not sent again. The day up to which everything was pulled is
//! noted only after a whole round is durable in the spool, so that a round that broke off is made again.

mod answer;
mod calls;
mod client;

use crate::listen::Patience;
use crate::receivers::desk::Desk;
use crate::spool::{Spool, SpoolError};
use answer::{Answer, is_plain};
use calls::Call;
use client::{Failure, OrcaClient};
use jiff::ToSpan;
use jiff::civil::Date;
use model::SourceName;
use model::clock::jst;
use protocol::TroubleCount;
use reqwest::Url;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// The list of patients never names more.
const LONGEST_LIST: usize = 1000;

/// A round goes back this many days behind the last one: what is entered afterwards.
const BEHIND: i64 = 3;

/// `Api_Result` of a list that would be empty.
const NOTHING: &str = "21";

/// Pause between two calls: people work at the same machine.
const BETWEEN: Duration = Duration::from_millis(20);

/// Why an ORCA cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum OrcaError {
    /// The address cannot be used.
    #[error("the address of the ORCA must begin with http:// or https:// and have neither password, ? nor #")]
    Address,
    /// `since` is no date.
    #[error("{0:?} is not a day (YYYY-MM-DD)")]
    Since(String),
    /// The certificate is no PEM with certificate and key.
    #[error("the client certificate is not PEM with a certificate and its key")]
    Certificate,
    /// The HTTP client cannot be made.
    #[error("the connection to the ORCA cannot be set up: {0}")]
    Client(#[source] reqwest::Error),
}

/// With what the gateway shows who it is. Never printed by `Debug`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// User of the API (HTTP basic).
    pub user: String,
    /// Its password.
    pub password: String,
    /// PEM of a client certificate with its key, where the ORCA asks for one.
    pub certificate: Option<Vec<u8>>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(●●)")
    }
}

/// An ORCA from which to pull.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orca {
    /// Name of the feed.
    pub source: SourceName,
    /// Its address.
    pub address: Url,
    /// With what the gateway shows who it is.
    pub credentials: Credentials,
    /// First day of which to pull in the first round.
    pub since: Option<Date>,
    /// Pause between two rounds.
    pub interval: Duration,
}

impl Orca {
    /// Name of a feed that was given none.
    pub const SOURCE: &str = "orca-api";

    /// Reads address and first day as written; an hour between rounds.
    pub fn new(address: &str, since: &str, credentials: Credentials) -> Result<Self, OrcaError> {
        let address = Url::parse(address).map_err(|_| OrcaError::Address)?;
        let bare = address.username().is_empty() && address.password().is_none();
        if !bare
            || address.query().is_some()
            || address.fragment().is_some()
            || !matches!(address.scheme(), "http" | "https")
        {
            return Err(OrcaError::Address);
        }
        let day = || since.parse().map_err(|_| OrcaError::Since(since.to_owned()));
        let since = if since.is_empty() { None } else { Some(day()?) };
        let source = SourceName::new(Self::SOURCE).map_err(|_| OrcaError::Address)?;
        Ok(Self { source, address, credentials, since, interval: Duration::from_secs(3600) })
    }
}

/// The pulling of one ORCA.
pub(crate) struct Puller {
    client: OrcaClient,
    desk: Desk,
    spool: Arc<Spool>,
    since: Option<Date>,
    interval: Duration,
    retry: Duration,
}

/// What a round met.
#[derive(Default)]
struct Round {
    troubles: BTreeMap<String, u64>,
    calls: u64,
}

/// Why a round broke off.
enum Broken {
    NotReached,
    NotLetIn,
    Spool,
}

impl From<SpoolError> for Broken {
    fn from(error: SpoolError) -> Self {
        tracing::error!(%error, "the spool failed while pulling");
        Self::Spool
    }
}

impl Round {
    fn trouble(&mut self, code: &str) {
        *self.troubles.entry(code.to_owned()).or_default() += 1;
    }
}

impl Puller {
    /// Prepares; asks nothing yet.
    pub(crate) fn new(
        orca: &Orca,
        desk: Desk,
        spool: Arc<Spool>,
        patience: &Patience,
    ) -> Result<Self, OrcaError> {
        let client = OrcaClient::new(orca.address.clone(), orca.credentials.clone())?;
        let retry = patience.message.min(orca.interval);
        Ok(Self { client, desk, spool, since: orca.since, interval: orca.interval, retry })
    }

    /// Pulls for ever.
    pub(crate) async fn run(self) {
        loop {
            let mut round = Round::default();
            let ended = self.round(&mut round).await;
            let code = match ended {
                Ok(()) => None,
                Err(Broken::NotReached) => Some("orca-not-reached"),
                Err(Broken::NotLetIn) => Some("orca-not-let-in"),
                Err(Broken::Spool) => Some("not-stored"),
            };
            if let Some(code) = code {
                tracing::warn!(source = %self.desk.source, %code, "a round of pulling broke off");
                round.trouble(code);
            }
            let now = self.desk.clock.now().to_string();
            let troubles = round.troubles.into_iter().map(|(code, count)| TroubleCount { code, count });
            self.desk.board.source(&self.desk.source, |report| {
                report.reachable = !matches!(code, Some("orca-not-reached" | "orca-not-let-in"));
                report.troubles = troubles.collect();
                report.files = round.calls;
                if code.is_none() {
                    report.last_scan = Some(now);
                }
            });
            tokio::time::sleep(if code.is_none() { self.interval } else { self.retry }).await;
        }
    }

    async fn round(&self, round: &mut Round) -> Result<(), Broken> {
        let today = self.desk.clock.now().to_zoned_datetime(jst()).date();
        let noted = self.spool.mark(&self.desk.source).await?.and_then(|day| day.parse::<Date>().ok());
        let first = noted.or(self.since).unwrap_or(today);
        let from = first.checked_sub(BEHIND.days()).unwrap_or(first).min(today);
        let mut patients = BTreeSet::new();
        self.changed(from, today, round, &mut patients).await?;
        for day in from.series(1.day()).take_while(|day| *day <= today) {
            for call in [Call::Seen(day), Call::Received(day)] {
                if let Some(answer) = self.pull(&call, round).await? {
                    patients.extend(answer.patients());
                }
            }
        }
        let months =
            (today.year() - from.year()).max(0) * 12 + i16::from(today.month()) - i16::from(from.month());
        let months = u32::try_from(months + 1).unwrap_or(1);
        for patient in patients {
            if is_plain(&patient) {
                self.patient(&patient, from, today, months, round).await?;
            } else {
                round.trouble("orca-odd-number");
            }
        }
        self.spool.set_mark(&self.desk.source, &today.to_string()).await?;
        Ok(())
    }

    /// Who was registered or changed: the days are halved until each list is whole.
    async fn changed(
        &self,
        from: Date,
        to: Date,
        round: &mut Round,
        patients: &mut BTreeSet<String>,
    ) -> Result<(), Broken> {
        let mut spans = vec![(from, to)];
        while let Some((from, to)) = spans.pop() {
            let Some(answer) = self.ask(&Call::Changed(from, to), round).await? else { continue };
            let days = from.until(to).map_or(0, |span| span.get_days());
            let full = answer.0.listed() >= LONGEST_LIST;
            if full && days > 0 {
                let middle = from.checked_add((days / 2).days()).unwrap_or(from);
                let after = middle.checked_add(1.day()).unwrap_or(to);
                spans.extend([(from, middle), (after, to)]);
                continue;
            }
            if full {
                round.trouble("orca-list-full");
            }
            patients.extend(answer.0.patients());
        }
        Ok(())
    }

    async fn patient(
        &self,
        id: &str,
        from: Date,
        today: Date,
        months: u32,
        round: &mut Round,
    ) -> Result<(), Broken> {
        let id = id.to_owned();
        self.pull(&Call::Patient(id.clone()), round).await?;
        self.pull(&Call::Diseases(id.clone(), today), round).await?;
        if let Some(history) = self.pull(&Call::Visits(id.clone(), today, months), round).await? {
            let from = from.to_string();
            for visit in history.visits().into_iter().filter(|visit| visit.day >= from) {
                let number = visit.number.is_empty() || is_plain(&visit.number);
                if number && is_plain(&visit.day) && is_plain(&visit.department) {
                    self.pull(&Call::Acts(id.clone(), visit), round).await?;
                } else {
                    round.trouble("orca-odd-number");
                }
            }
        }
        Ok(())
    }

    /// Asks, and hands the answer in if it says something else than the last one to the same question.
    async fn pull(&self, call: &Call, round: &mut Round) -> Result<Option<Answer>, Broken> {
        let Some((answer, bytes)) = self.ask(call, round).await? else { return Ok(None) };
        let folder = call.folder();
        let print = answer.print();
        let last = self.spool.last_below(&self.desk.source, &folder).await?;
        if !last.is_some_and(|path| path.ends_with(&format!("-{print}.json"))) {
            let now = self.desk.clock.now().to_zoned_datetime(jst());
            let path = format!("{folder}/{}-{print}.json", now.strftime("%Y%m%dT%H%M%S"));
            self.desk.hand_in(path, bytes).await.map_err(|_| Broken::Spool)?;
        }
        Ok(Some(answer))
    }

    /// `None`: nothing to keep; counted.
    async fn ask(&self, call: &Call, round: &mut Round) -> Result<Option<(Answer, Vec<u8>)>, Broken> {
        tokio::time::sleep(BETWEEN).await;
        round.calls += 1;
        let bytes = match self.client.ask(call).await {
            Ok(bytes) => bytes,
            Err(Failure::NotReached) => return Err(Broken::NotReached),
            Err(Failure::NotLetIn) => return Err(Broken::NotLetIn),
            Err(Failure::Odd) => {
                round.trouble("orca-odd-answer");
                return Ok(None);
            }
        };
        match Answer::read(&bytes) {
            None => {
                round.trouble("orca-odd-answer");
                Ok(None)
            }
            Some(answer) => match answer.failure() {
                None => Ok(Some((answer, bytes))),
                // There is nothing of the kind.
                Some(code) if code == NOTHING => Ok(None),
                Some(code) => {
                    round.trouble(&format!("orca-{code}"));
                    Ok(None)
                }
            },
        }
    }
}
