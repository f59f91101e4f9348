//! Who this gateway is to its hub: key, certificate, the hub's authority, in `gateway-identity/` of the data directory.
//!
//! One file, replaced as a whole: after a power cut there is the one before or the one after. The key is made here and
//! never leaves. Not in here: how a certificate is asked for (`join.rs`, `renewal.rs`), TLS (`tls.rs`).

use jiff::{SignedDuration, Timestamp};
use model::FacilityId;
use protocol::CertificateAnswer;
use rcgen::{CertificateParams, KeyPair};
use serde::{Deserialize, Serialize};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What cannot be done with an identity.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Its file cannot be read or written.
    #[error("{file:?}: {error}")]
    Disk {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        error: std::io::Error,
    },
    /// It is not what a gateway writes.
    #[error("{0:?} is damaged: join again with a new code")]
    Damaged(PathBuf),
    /// Key or certificate cannot be used.
    #[error("the certificate cannot be used: {0}")]
    Unusable(String),
}

/// Key and certificate of a facility's gateway.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Address of the hub's TLS port.
    pub hub: String,
    /// The facility.
    pub facility: FacilityId,
    /// Its name, for people.
    pub name: String,
    /// When the certificate was given, by our clock.
    issued_at: Moment,
    /// When it ends.
    ends_at: Moment,
    pub(crate) key: String,
    pub(crate) certificate: String,
    pub(crate) authority: String,
}

/// A moment as RFC 3339 writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Moment(Timestamp);

impl TryFrom<String> for Moment {
    type Error = jiff::Error;
    fn try_from(text: String) -> Result<Self, jiff::Error> {
        text.parse().map(Self)
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        moment.0.to_string()
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Identity({}, ends {}, ●●)", self.facility, self.ends_at.0)
    }
}

/// How a certificate stands. A third of its life is for being used, the rest for renewing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// As it should be.
    Good,
    /// It should have been renewed a day ago or longer; days that are left.
    NotRenewed(i64),
    /// It has ended: only a new code helps.
    Ended,
}

impl Identity {
    /// What the hub has given for a key.
    pub(crate) fn given(
        hub: &str,
        key: &KeyPair,
        answer: CertificateAnswer,
        now: Timestamp,
    ) -> Result<Self, IdentityError> {
        let ends = answer.not_after.parse();
        Ok(Self {
            hub: hub.to_owned(),
            facility: answer.facility,
            name: answer.name,
            issued_at: Moment(now),
            ends_at: Moment(ends.map_err(|_| IdentityError::Unusable("it has no end".into()))?),
            key: key.serialize_pem(),
            certificate: answer.certificate,
            authority: answer.authority,
        })
    }

    /// The identity in a data directory, if a facility has joined there.
    pub fn load(data: &Path) -> Result<Option<Self>, IdentityError> {
        let file = folder(data).join(FILE);
        let Some(bytes) = read(&file)? else { return Ok(None) };
        serde_json::from_slice(&bytes).map(Some).map_err(|_| IdentityError::Damaged(file))
    }

    /// Keeps it in place of the one before, durably.
    pub(crate) fn keep(&self, data: &Path) -> Result<(), IdentityError> {
        let bytes =
            serde_json::to_vec_pretty(self).map_err(|error| IdentityError::Unusable(error.to_string()))?;
        write(data, FILE, &bytes)
    }

    /// When the certificate ends.
    pub fn ends(&self) -> Timestamp {
        self.ends_at.0
    }

    /// Whole days that are left.
    pub fn days_left(&self, now: Timestamp) -> i64 {
        self.ends_at.0.duration_since(now).as_hours() / 24
    }

    /// True once a third of its life has passed, or if the clock says that it is not yet given.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        now >= self.due() || now < self.issued_at.0.checked_sub(DAY).unwrap_or(self.issued_at.0)
    }

    /// How it stands.
    pub fn standing(&self, now: Timestamp) -> Standing {
        if now >= self.ends_at.0 {
            Standing::Ended
        } else if now >= self.due().checked_add(DAY).unwrap_or(self.ends_at.0) {
            Standing::NotRenewed(self.days_left(now))
        } else {
            Standing::Good
        }
    }

    fn due(&self) -> Timestamp {
        let life = self.ends_at.0.duration_since(self.issued_at.0);
        self.issued_at.0.checked_add(life / 3).unwrap_or(self.ends_at.0)
    }
}

/// A new key and what asks for a certificate of it.
pub(crate) fn fresh_key() -> Result<(KeyPair, String), IdentityError> {
    let key = KeyPair::generate().map_err(unusable)?;
    let request = request(&key)?;
    Ok((key, request))
}

/// The signing request of a key. The hub takes nothing from it but the key.
pub(crate) fn request(key: &KeyPair) -> Result<String, IdentityError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.serialize_request(key).and_then(|request| request.pem()).map_err(unusable)
}

fn unusable(error: rcgen::Error) -> IdentityError {
    IdentityError::Unusable(error.to_string())
}

const FILE: &str = "identity.json";
/// The key of a joining whose answer has not come yet, with the name of its invitation.
const JOINING: &str = "joining.json";

#[derive(Serialize, Deserialize)]
struct Joining {
    invitation: String,
    key: String,
}

/// The key with which to ask under this invitation: the one of the last attempt, so that a lost answer can be had again.
pub(crate) fn joining_key(data: &Path, invitation: &str) -> Result<(KeyPair, String), IdentityError> {
    let kept = read(&folder(data).join(JOINING))?;
    let kept = kept.and_then(|bytes| serde_json::from_slice::<Joining>(&bytes).ok());
    let kept = kept.filter(|kept| kept.invitation == invitation);
    if let Some(key) = kept.and_then(|kept| KeyPair::from_pem(&kept.key).ok()) {
        let request = request(&key)?;
        return Ok((key, request));
    }
    let (key, request) = fresh_key()?;
    let joining = Joining { invitation: invitation.to_owned(), key: key.serialize_pem() };
    let bytes = serde_json::to_vec(&joining).map_err(|error| IdentityError::Unusable(error.to_string()))?;
    write(data, JOINING, &bytes)?;
    Ok((key, request))
}

/// The joining is done; its key is in the identity.
pub(crate) fn joined(data: &Path) -> Result<(), IdentityError> {
    let file = folder(data).join(JOINING);
    match std::fs::remove_file(&file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(IdentityError::Disk { file, error }),
        _ => Ok(()),
    }
}

fn folder(data: &Path) -> PathBuf {
    data.join("gateway-identity")
}

fn read(file: &Path) -> Result<Option<Vec<u8>>, IdentityError> {
    match std::fs::read(file) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(IdentityError::Disk { file: file.to_owned(), error }),
    }
}

/// Writes a file for this account alone, whole and durable.
fn write(data: &Path, name: &str, bytes: &[u8]) -> Result<(), IdentityError> {
    let (folder, file) = (folder(data), folder(data).join(name));
    let fresh = folder.join(format!("{name}.new"));
    let written = || {
        let mut make = std::fs::DirBuilder::new();
        make.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut make, 0o700);
        make.create(&folder)?;
        // What a power cut left may have been made with other rights.
        if fresh.exists() {
            std::fs::remove_file(&fresh)?;
        }
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut writing = options.open(&fresh)?;
        writing.write_all(bytes)?;
        writing.sync_all()?;
        std::fs::rename(&fresh, &file)?;
        std::fs::File::open(&folder)?.sync_all()
    };
    written().map_err(|error: std::io::Error| IdentityError::Disk { file: file.clone(), error })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn identity() -> Identity {
        let answer = CertificateAnswer {
            protocol: protocol::VERSION,
            facility: FacilityId::new("H01").unwrap(),
            name: "架空病院".into(),
            certificate: "C".into(),
            authority: "A".into(),
            not_after: "2026-04-01T00:00:00Z".into(),
        };
        let key = KeyPair::generate().unwrap();
        Identity::given("https://hub", &key, answer, at("2026-01-01T00:00:00Z")).unwrap()
    }

    #[test]
    fn it_is_due_after_a_third_and_told_a_day_later() {
        let identity = identity();
        for (now, due, standing) in [
            ("2026-01-02T00:00:00Z", false, Standing::Good),
            ("2026-01-30T23:59:59Z", false, Standing::Good),
            ("2026-01-31T00:00:00Z", true, Standing::Good),
            ("2026-02-01T00:00:00Z", true, Standing::NotRenewed(59)),
            ("2026-03-25T00:00:00Z", true, Standing::NotRenewed(7)),
            ("2026-03-31T23:00:00Z", true, Standing::NotRenewed(0)),
            ("2026-04-01T00:00:00Z", true, Standing::Ended),
            ("2025-12-30T00:00:00Z", true, Standing::Good),
        ] {
            assert_eq!((identity.is_due(at(now)), identity.standing(at(now))), (due, standing), "{now}");
        }
    }

    #[test]
    fn it_is_kept_whole_and_for_this_account_alone() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Identity::load(folder.path()).unwrap(), None);
        let identity = identity();
        identity.keep(folder.path()).unwrap();
        identity.keep(folder.path()).unwrap();
        assert_eq!(Identity::load(folder.path()).unwrap().as_ref(), Some(&identity));
        assert!(!format!("{identity:?}").contains("PRIVATE"));
        let file = folder.path().join("gateway-identity/identity.json");
        #[cfg(unix)]
        {
            let mode = std::fs::metadata(&file).unwrap().permissions();
            assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600);
        }
        std::fs::write(&file, "{").unwrap();
        assert!(matches!(Identity::load(folder.path()), Err(IdentityError::Damaged(_))));
    }

    #[test]
    fn a_repeated_joining_has_the_same_key_another_code_another() {
        let folder = tempfile::tempdir().unwrap();
        let key = |invitation: &str| joining_key(folder.path(), invitation).unwrap().0.serialize_pem();
        let first = key("AAAAAAA");
        assert_eq!(key("AAAAAAA"), first);
        assert_ne!(key("BBBBBBB"), first);
        joined(folder.path()).unwrap();
        joined(folder.path()).unwrap();
        assert_ne!(key("AAAAAAA"), first);
    }
}
