//! What a gateway is told: where the hub is, whose facility it stands in, what to watch, where to listen, how patient
//! to be.
//! Checked whole before anything is opened.

use crate::identity::Identity;
use crate::listen::{Listen, Patience, Upload};
use crate::orca::Orca;
use model::reading::Format;
use model::{FacilityId, SourceName};
use protocol::Token;
use reqwest::Url;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What is wrong with a configuration, in words for the person who wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// `--watch` is not `FORMAT=PATH`.
    #[error("{given:?} is not FORMAT=PATH or FORMAT:SOURCE=PATH (formats: {formats})")]
    Watch {
        /// What was written.
        given: String,
        /// The formats there are.
        formats: String,
    },
    /// The hub's address cannot be used.
    #[error("the hub's address {url:?} cannot be used: {why}")]
    Hub {
        /// What was written.
        url: String,
        /// Why not.
        why: &'static str,
    },
    /// Neither a token nor a certificate.
    #[error(
        "nothing says which facility this is: join with a code from `hakucho hub invite`, or give a token"
    )]
    Nobody,
    /// It has joined as another facility than it is set up for.
    #[error("this data directory has joined as {joined}, the configuration says {told}")]
    AnotherFacility {
        /// What the certificate is for.
        joined: FacilityId,
        /// What the configuration says.
        told: FacilityId,
    },
    /// `--listen` is not `hl7=ADDRESS:PORT`.
    #[error("{given:?} is not hl7=ADDRESS:PORT or hl7:SOURCE=ADDRESS:PORT (e.g. hl7=127.0.0.1:2575)")]
    Listen {
        /// What was written.
        given: String,
    },
    /// `--upload` is not `ADDRESS:PORT`.
    #[error("{given:?} is not ADDRESS:PORT or SOURCE=ADDRESS:PORT (e.g. 127.0.0.1:8780)")]
    Upload {
        /// What was written.
        given: String,
    },
    /// The PIN of the upload page is too short or cannot be typed.
    #[error("the PIN of the upload page must have 8 to 128 visible ASCII characters")]
    Pin,
    /// Two receivers are to listen at the same address.
    #[error("two receivers are to listen at {0}")]
    SameAddress(SocketAddr),
    /// Nothing to watch.
    #[error("nothing to watch: give at least one FORMAT=PATH, or an address to listen on")]
    NothingToWatch,
    /// A folder is watched twice, or lies in another watched one: each file would be sent twice.
    #[error("{inner:?} lies in {outer:?}, which is watched too: each file would be sent twice")]
    Overlap {
        /// The one inside.
        inner: PathBuf,
        /// The one around it.
        outer: PathBuf,
    },
    /// Two watches or receivers have the same source name.
    #[error("two folders or receivers are source {0}: a source is one of them; give each a name of its own")]
    SameSource(SourceName),
    /// The data directory lies in a watched folder (the gateway would send its own spool), or around it.
    #[error("the data directory and the watched folder {0:?} lie one in the other")]
    DataInside(PathBuf),
}

/// One folder to watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// What its files are.
    pub format: Format,
    /// Name of the feed. `None`: the format's word, with a number if several folders have the same format;
    /// remembered in the spool, so that a folder keeps its name whatever the order of the watches.
    pub source: Option<SourceName>,
    /// The SS-MIX2 root or drop folder.
    pub root: PathBuf,
}

impl Watch {
    /// Reads `FORMAT=PATH` or `FORMAT:SOURCE=PATH`, e.g. `ss-mix2=/mnt/ssmix2`, `fhir:clins=/var/clins`.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let wrong = || {
            let formats: Vec<_> = Format::ALL.iter().map(|each| each.word()).collect();
            ConfigError::Watch { given: text.to_owned(), formats: formats.join(", ") }
        };
        let (kind, root) = text.split_once('=').ok_or_else(wrong)?;
        let (format, source) = match kind.split_once(':') {
            Some((format, source)) => (format, Some(SourceName::new(source).map_err(|_| wrong())?)),
            None => (kind, None),
        };
        let format = Format::parse(format).ok_or_else(wrong)?;
        if root.is_empty() || source.as_ref().is_some_and(|name| name.as_str().is_empty()) {
            return Err(wrong());
        }
        Ok(Self { format, source, root: PathBuf::from(root) })
    }
}

impl std::str::FromStr for Watch {
    type Err = ConfigError;
    fn from_str(text: &str) -> Result<Self, ConfigError> {
        Self::parse(text)
    }
}

/// How often and how long. The defaults suit a hospital's file server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    /// Least time between two full scans of a root; a slow scan is followed by four times its own length.
    pub scan: Duration,
    /// How long a file that looks finished must have kept its size and time before it is read.
    pub settle: Duration,
    /// The same for a file that does not look finished (no final 0x1C in SS-MIX2, no closing brace in JSON).
    /// Empty files and files that end in zero bytes (space reserved by a copy) wait ten times as long.
    pub settle_unfinished: Duration,
    /// Time between heartbeats.
    pub heartbeat: Duration,
    /// First and longest pause after a failed sending.
    pub backoff: (Duration, Duration),
    /// How long the hub may take to answer a small batch; large ones get more by their size.
    pub answer: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            scan: Duration::from_secs(30),
            settle: Duration::from_millis(100),
            settle_unfinished: Duration::from_secs(2),
            heartbeat: Duration::from_secs(15),
            backoff: (Duration::from_millis(500), Duration::from_secs(20)),
            answer: Duration::from_secs(60),
        }
    }
}

/// Everything a gateway is told.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// Where spool and lock live; made if missing.
    pub data: PathBuf,
    /// The hub's address, e.g. `https://hub.example.jp`.
    pub hub: String,
    /// The facility's secret, unless it has joined.
    pub token: Option<Token>,
    /// What it got when it joined: its certificate says who it is.
    pub identity: Option<Identity>,
    /// The facility this gateway stands in; must be the token's or the certificate's.
    pub facility: FacilityId,
    /// What to watch.
    pub watches: Vec<Watch>,
    /// Where to receive messages.
    pub listens: Vec<Listen>,
    /// Where people hand over documents.
    pub upload: Option<Upload>,
    /// The receipt computer from which to pull.
    pub orca: Option<Orca>,
    /// What receivers put up with.
    pub patience: Patience,
    /// Allows `http://` to another machine, on a line that is protected otherwise.
    pub allow_plain_http: bool,
    /// Most bytes the spool may hold; beyond it nothing new is taken in until the hub has taken some.
    pub spool_budget: u64,
    /// How often and how long.
    pub pace: Pace,
}

impl GatewayConfig {
    /// A configuration with the defaults: 10 GiB of spool, HTTPS only.
    pub fn new(
        data: PathBuf,
        hub: &str,
        token: impl Into<Option<Token>>,
        facility: FacilityId,
        watches: Vec<Watch>,
    ) -> Self {
        Self {
            data,
            hub: hub.to_owned(),
            token: token.into(),
            identity: None,
            facility,
            watches,
            listens: Vec::new(),
            upload: None,
            orca: None,
            patience: Patience::default(),
            allow_plain_http: false,
            spool_budget: 10 * 1024 * 1024 * 1024,
            pace: Pace::default(),
        }
    }

    /// Checks everything that can be checked without touching network or disk (paths are compared as
    /// written, made absolute); returns the hub's address. The folders need not exist yet.
    pub fn check(&self) -> Result<Url, ConfigError> {
        if self.watches.is_empty() && self.listens.is_empty() && self.upload.is_none() && self.orca.is_none()
        {
            return Err(ConfigError::NothingToWatch);
        }
        let roots: Vec<PathBuf> = self.watches.iter().map(|watch| absolute(&watch.root)).collect();
        let data = absolute(&self.data);
        for (at, root) in roots.iter().enumerate() {
            if data.starts_with(root) || root.starts_with(&data) {
                return Err(ConfigError::DataInside(root.clone()));
            }
            for (other_at, other) in roots.iter().enumerate() {
                if at != other_at && root.starts_with(other) {
                    return Err(ConfigError::Overlap { inner: root.clone(), outer: other.clone() });
                }
            }
        }
        let watched = self.watches.iter().filter_map(|watch| watch.source.as_ref());
        let received = self.listens.iter().map(|listen| (&listen.source, listen.address));
        let received: Vec<_> =
            received.chain(self.upload.iter().map(|upload| (&upload.source, upload.address))).collect();
        let named = watched.chain(received.iter().map(|(source, _)| *source));
        if let Some(name) = doubled(named.chain(self.orca.iter().map(|orca| &orca.source))) {
            return Err(ConfigError::SameSource(name.clone()));
        }
        // Port 0 is any free one.
        let ports = received.iter().map(|(_, address)| *address).filter(|address| address.port() != 0);
        if let Some(address) = doubled(ports) {
            return Err(ConfigError::SameAddress(address));
        }
        let url = hub_address(&self.hub, self.allow_plain_http)?;
        match (&self.token, &self.identity) {
            (None, None) => Err(ConfigError::Nobody),
            (_, Some(identity)) if identity.facility != self.facility => Err(ConfigError::AnotherFacility {
                joined: identity.facility.clone(),
                told: self.facility.clone(),
            }),
            (None, Some(_)) if url.scheme() != "https" => {
                let why = "a certificate needs https://, at the hub's own TLS port";
                Err(ConfigError::Hub { url: self.hub.clone(), why })
            }
            _ => Ok(url),
        }
    }
}

/// Reads the hub's address.
pub(crate) fn hub_address(hub: &str, allow_plain_http: bool) -> Result<Url, ConfigError> {
    let wrong = |why| Err(ConfigError::Hub { url: hub.to_owned(), why });
    let Ok(mut url) = Url::parse(hub) else { return wrong("it is not an address") };
    if !url.username().is_empty() || url.password().is_some() {
        return wrong("it must not contain a name or password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return wrong("it must not contain ? or #");
    }
    match url.scheme() {
        "https" => {}
        "http" if allow_plain_http || is_loopback(&url) => {}
        "http" => {
            return wrong("http:// only to this machine, unless allow_plain_http = true; use https://");
        }
        _ => return wrong("it must begin with https://"),
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

/// True if the address is this machine: `localhost`, 127.0.0.0/8 or `::1`.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The first that is there twice.
fn doubled<T: Ord + Clone>(items: impl Iterator<Item = T>) -> Option<T> {
    let mut items: Vec<T> = items.collect();
    items.sort();
    items.iter().zip(items.iter().skip(1)).find(|(one, two)| one == two).map(|(one, _)| one.clone())
}

fn absolute(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(hub: &str, watches: &[&str]) -> GatewayConfig {
        let token = Token::new(&"t".repeat(40)).unwrap();
        let watches = watches.iter().map(|text| Watch::parse(text).unwrap()).collect();
        GatewayConfig::new("/hk/data".into(), hub, token, FacilityId::new("H01").unwrap(), watches)
    }

    #[test]
    fn watches_are_read() {
        let watch = Watch::parse("fhir:clins=/a=b/c").unwrap();
        assert_eq!((watch.format, watch.root), (Format::Fhir, PathBuf::from("/a=b/c")));
        assert_eq!(watch.source.unwrap().as_str(), "clins");
        for bad in ["", "fhir", "fhir=", "xml=/a", "fhir:=/a", "fhir:あ=/a"] {
            assert!(Watch::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        for good in
            ["https://hub.example.jp", "http://127.0.0.1:8080", "http://localhost:1/x", "http://[::1]:1"]
        {
            assert!(config(good, &["fhir=/a"]).check().unwrap().path().ends_with('/'), "{good}");
        }
        for bad in [
            "http://hub",
            "ftp://hub",
            "hub",
            "https://a:b@hub",
            "https://hub/?x",
            "http://127.0.0.1.evil.jp",
        ] {
            assert!(matches!(config(bad, &["fhir=/a"]).check(), Err(ConfigError::Hub { .. })), "{bad}");
        }
        let allowed = GatewayConfig { allow_plain_http: true, ..config("http://hub", &["fhir=/a"]) };
        assert!(allowed.check().is_ok());
    }

    #[test]
    fn folders_must_not_overlap() {
        let check = |watches: &[&str]| config("https://hub", watches).check();
        assert_eq!(check(&[]), Err(ConfigError::NothingToWatch));
        assert!(check(&["fhir=/a", "ss-mix2=/ab"]).is_ok());
        assert!(matches!(check(&["fhir=/a", "ss-mix2=/a/b"]), Err(ConfigError::Overlap { .. })));
        assert!(matches!(check(&["fhir=/a", "ss-mix2=/a"]), Err(ConfigError::Overlap { .. })));
        assert!(matches!(check(&["fhir=/hk"]), Err(ConfigError::DataInside(_))));
        assert!(matches!(check(&["fhir:x=/a", "ss-mix2:x=/b"]), Err(ConfigError::SameSource(_))));
    }

    #[test]
    fn receivers_must_not_be_in_each_others_way() {
        let check = |watches: &[&str], listens: &[&str], upload: Option<&str>| {
            let pin = || crate::listen::Pin::new("12345678").unwrap();
            let listens = listens.iter().map(|text| Listen::parse(text).unwrap()).collect();
            let upload = upload.map(|text| Upload::parse(text, pin()).unwrap());
            GatewayConfig { listens, upload, ..config("https://hub", watches) }.check()
        };
        assert!(check(&[], &["hl7=127.0.0.1:2575"], None).is_ok());
        assert!(check(&[], &[], Some("127.0.0.1:8780")).is_ok());
        assert!(check(&["fhir=/a"], &["hl7=127.0.0.1:0", "hl7:b=127.0.0.1:0"], Some("127.0.0.1:0")).is_ok());
        let same = |checked| matches!(checked, Err(ConfigError::SameSource(_)));
        assert!(same(check(&[], &["hl7=127.0.0.1:1", "hl7=127.0.0.1:2"], None)));
        assert!(same(check(&["fhir:mllp=/a"], &["hl7=127.0.0.1:1"], None)));
        assert!(same(check(&[], &["hl7:upload=127.0.0.1:1"], Some("127.0.0.1:2"))));
        let address = |checked| matches!(checked, Err(ConfigError::SameAddress(_)));
        assert!(address(check(&[], &["hl7=127.0.0.1:1", "hl7:b=127.0.0.1:1"], None)));
        assert!(address(check(&[], &["hl7=127.0.0.1:1"], Some("127.0.0.1:1"))));
    }
}
