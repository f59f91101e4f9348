//! The hub's own certificate authority: one key, made at first use, that says which gateway and which hub is which.
//!
//! `tls/ca.key` (ECDSA P-256, for this account alone) and `tls/ca.pem` in the data directory. The key is what gateways
//! know the hub by (`protocol::JoinCode`): a lost `ca.pem` is made again, a lost `ca.key` is a new authority. Not in here:
//! who may have a certificate (`joining.rs`), TLS itself (`portal`).

use anyhow::{Context, bail};
use jiff::Timestamp;
use model::FacilityId;
use model::clock::Randomness;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData, SerialNumber,
};
use sha2::{Digest, Sha256};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::time::Duration;

const DAY: u64 = 86_400;
/// How long the authority's own certificate is made for.
const AUTHORITY_DAYS: u64 = 3650;
/// How long the certificates of hub and gateways hold.
pub const CERTIFICATE_DAYS: u64 = 90;
/// So far back a certificate begins: the clock of whoever checks it may be behind.
const BACK: u64 = DAY;
/// Length of a P-256 public key as a point.
const POINT: usize = 65;

/// The authority, ready to sign.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// The hub's own certificate: what its TLS port shows.
pub struct ServerCertificate {
    /// The certificate, DER.
    pub certificate: Vec<u8>,
    /// Its key, PKCS #8 DER.
    pub key: Vec<u8>,
}

/// A certificate for a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The certificate, PEM.
    pub pem: String,
    /// SHA-256 of its DER.
    pub fingerprint: Vec<u8>,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// When it ends.
    pub ends: Timestamp,
}

/// A signing request (PKCS #10) whose signature shows that the sender has the key. Nothing but the key is taken from it.
pub struct SigningRequest(CertificateSigningRequestParams);

impl SigningRequest {
    /// Reads one, in PEM. `None`: it is none, not signed by its key, or not of ECDSA P-256.
    pub fn read(pem: &str) -> Option<Self> {
        let request = CertificateSigningRequestParams::from_pem(pem).ok()?;
        let key = &request.public_key;
        let p256 = *key.algorithm() == PKCS_ECDSA_P256_SHA256 && key.der_bytes().len() == POINT;
        p256.then_some(Self(request))
    }

    /// SHA-256 of the public key.
    pub fn key_hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.public_key.subject_public_key_info()).to_vec()
    }
}

impl Authority {
    /// The authority of a data directory; made if there is none. Several programs may do this at once.
    pub fn open(data: &Path, now: Timestamp, randomness: &dyn Randomness) -> anyhow::Result<Self> {
        let folder = data.join("tls");
        make_folder(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let (key_file, pem_file) = (folder.join("ca.key"), folder.join("ca.pem"));
        if !key_file.exists() {
            if pem_file.exists() {
                bail!(
                    "{} is there, its key ca.key is not: bring it back from where you keep a copy",
                    pem_file.display()
                );
            }
            let key = KeyPair::generate().context("cannot make the authority's key")?;
            make(&key_file, key.serialize_pem().as_bytes(), randomness)
                .with_context(|| format!("cannot make {}", key_file.display()))?;
        }
        let read = |file: &Path| {
            std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
        };
        let key = KeyPair::from_pem(&read(&key_file)?)
            .with_context(|| format!("{} is not a private key in PEM", key_file.display()))?;
        if !pem_file.exists() {
            let certificate = authority_params(now, randomness).self_signed(&key)?;
            make(&pem_file, certificate.pem().as_bytes(), randomness)
                .with_context(|| format!("cannot make {}", pem_file.display()))?;
        }
        let pem = read(&pem_file)?;
        let issuer = Issuer::from_ca_cert_pem(&pem, key)
            .with_context(|| format!("{} is not a certificate in PEM", pem_file.display()))?;
        Ok(Self { issuer, pem })
    }

    /// Its certificate, PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Its public key, as SubjectPublicKeyInfo in DER.
    pub fn public_key(&self) -> Vec<u8> {
        self.issuer.key().subject_public_key_info()
    }

    /// A new key and certificate for the hub itself under these names.
    pub fn for_server(
        &self,
        names: &[String],
        now: Timestamp,
        randomness: &dyn Randomness,
    ) -> anyhow::Result<ServerCertificate> {
        let mut params = leaf(CertificateParams::new(names.to_vec())?, "Hakucho hub", now, randomness);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(ServerCertificate { certificate: certificate.der().to_vec(), key: key.serialize_der() })
    }

    /// A certificate for the gateway of a facility, over the key of its request.
    pub fn for_gateway(
        &self,
        facility: &FacilityId,
        request: &SigningRequest,
        now: Timestamp,
        randomness: &dyn Randomness,
    ) -> anyhow::Result<Signed> {
        let mut params = leaf(CertificateParams::default(), facility.as_str(), now, randomness);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let serial = params.serial_number.as_ref().map(SerialNumber::to_bytes).unwrap_or_default();
        let certificate = params.signed_by(&request.0.public_key, &self.issuer)?;
        Ok(Signed {
            pem: certificate.pem(),
            fingerprint: fingerprint(certificate.der()),
            serial: protocol::hex(&serial),
            ends: Timestamp::from_second(now.as_second() + i64::try_from(CERTIFICATE_DAYS * DAY)?)?,
        })
    }
}

/// SHA-256 of a certificate in DER: by what the store knows it.
pub fn fingerprint(certificate: &[u8]) -> Vec<u8> {
    Sha256::digest(certificate).to_vec()
}

fn authority_params(now: Timestamp, randomness: &dyn Randomness) -> CertificateParams {
    let mut params =
        lasting(CertificateParams::default(), "Hakucho hub authority", now, AUTHORITY_DAYS, randomness);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

fn leaf(
    params: CertificateParams,
    name: &str,
    now: Timestamp,
    randomness: &dyn Randomness,
) -> CertificateParams {
    let mut params = lasting(params, name, now, CERTIFICATE_DAYS, randomness);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    params
}

fn lasting(
    mut params: CertificateParams,
    name: &str,
    now: Timestamp,
    days: u64,
    randomness: &dyn Randomness,
) -> CertificateParams {
    let mut serial = [0; 16];
    randomness.fill(&mut serial);
    // Positive and of full length (RFC 5280 §4.1.2.2).
    if let Some(first) = serial.first_mut() {
        *first = (*first & 0x3f) | 0x40;
    }
    let now = now.as_second().unsigned_abs();
    let at = |second| rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(second);
    params.not_before = at(now.saturating_sub(BACK));
    params.not_after = at(now + days * DAY);
    params.serial_number = Some(SerialNumber::from(serial.to_vec()));
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut make = std::fs::DirBuilder::new();
    make.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut make, 0o700);
    make.create(folder)
}

/// Writes a file that appears whole and durable, or finds that another program was first.
fn make(file: &Path, bytes: &[u8], randomness: &dyn Randomness) -> std::io::Result<()> {
    let mut own = [0; 8];
    randomness.fill(&mut own);
    let fresh = file.with_extension(format!("new-{}", protocol::hex(&own)));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut written = options.open(&fresh)?;
    written.write_all(bytes)?;
    written.sync_all()?;
    let linked = std::fs::hard_link(&fresh, file);
    std::fs::remove_file(&fresh)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    if let Some(folder) = file.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting(std::sync::atomic::AtomicU8);
    impl Randomness for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        }
    }

    fn now() -> Timestamp {
        "2026-11-29T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_key_is_the_authority_and_stays() {
        let (folder, random) = (tempfile::tempdir().unwrap(), Counting(1.into()));
        let open = || Authority::open(folder.path(), now(), &random);
        let first = open().unwrap();
        assert_eq!((open().unwrap().pem(), open().unwrap().public_key()), (first.pem(), first.public_key()));
        #[cfg(unix)]
        {
            let mode = std::fs::metadata(folder.path().join("tls/ca.key")).unwrap();
            assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o777, 0o600);
        }
        std::fs::remove_file(folder.path().join("tls/ca.pem")).unwrap();
        assert_eq!(open().unwrap().public_key(), first.public_key());
        std::fs::remove_file(folder.path().join("tls/ca.key")).unwrap();
        let told = open().err().unwrap().to_string();
        assert!(told.contains("ca.key"), "{told}");
        assert_eq!(std::fs::read_dir(folder.path().join("tls")).unwrap().count(), 1, "nothing is left over");
    }

    #[test]
    fn only_the_key_is_taken_from_a_request() {
        let (folder, random) = (tempfile::tempdir().unwrap(), Counting(1.into()));
        let authority = Authority::open(folder.path(), now(), &random).unwrap();
        let key = KeyPair::generate().unwrap();
        // A request that asks to be an authority of another name.
        let mut wanted = CertificateParams::new(vec!["hub.example.jp".to_owned()]).unwrap();
        wanted.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = wanted.serialize_request(&key).unwrap().pem().unwrap();
        let request = SigningRequest::read(&pem).unwrap();
        let facility = FacilityId::new("H01").unwrap();
        let signed = authority.for_gateway(&facility, &request, now(), &random).unwrap();
        assert_eq!(signed.ends.to_string(), "2027-02-27T00:00:00Z");
        // Read as an authority it cannot sign: it has the usages of an end alone.
        let issuer = Issuer::from_ca_cert_pem(&signed.pem, &key).unwrap();
        assert_eq!(issuer.key_usages(), [KeyUsagePurpose::DigitalSignature]);
    }

    #[test]
    fn what_is_no_request_of_p256_is_refused() {
        let pem = |algorithm| {
            let key = KeyPair::generate_for(algorithm).unwrap();
            CertificateParams::default().serialize_request(&key).unwrap().pem().unwrap()
        };
        let good = pem(&PKCS_ECDSA_P256_SHA256);
        assert!(SigningRequest::read(&good).is_some());
        assert!(SigningRequest::read(&pem(&rcgen::PKCS_ED25519)).is_none());
        assert!(SigningRequest::read(&pem(&rcgen::PKCS_ECDSA_P384_SHA384)).is_none());
        // A signature that is not the key's own: the last letters of the base 64 changed.
        let at = good.rfind("\r\n-----END").or_else(|| good.rfind("\n-----END")).unwrap();
        let mut broken = good.clone();
        broken.replace_range(at - 12..at - 8, if &good[at - 12..at - 8] == "AAAA" { "BBBB" } else { "AAAA" });
        assert!(SigningRequest::read(&broken).is_none());
        assert!(SigningRequest::read("").is_none() && SigningRequest::read("-----BEGIN").is_none());
    }
}
