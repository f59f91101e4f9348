//! TLS 1.3 to the hub's own port: while joining, the authority is known by the code; afterwards by its certificate.
//!
//! The roots of the system count for nothing here. Names and times of the hub's certificate are checked in both cases.

use crate::identity::{Identity, IdentityError};
use model::clock::SharedClock;
use protocol::JoinCode;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What a gateway that has joined shows and trusts.
pub(crate) fn mutual(identity: &Identity, clock: SharedClock) -> Result<ClientConfig, IdentityError> {
    let pem = |error: rustls::pki_types::pem::Error| IdentityError::Unusable(error.to_string());
    let tls = |error: Error| IdentityError::Unusable(error.to_string());
    let authority = CertificateDer::from_pem_slice(identity.authority.as_bytes()).map_err(pem)?;
    let certificate = CertificateDer::from_pem_slice(identity.certificate.as_bytes()).map_err(pem)?;
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).map_err(pem)?;
    let mut roots = RootCertStore::empty();
    roots.add(authority).map_err(tls)?;
    let config = builder(clock).map_err(tls)?.with_root_certificates(roots);
    config.with_client_auth_cert(vec![certificate], key).map_err(tls)
}

/// What a gateway trusts while it joins: the authority that the code names. What was wrong is told by the second.
pub(crate) fn pinned(code: &JoinCode, clock: SharedClock) -> Result<(ClientConfig, Arc<Pinned>), Error> {
    let pinned = Arc::new(Pinned { code: code.clone(), provider: provider(), wrong: Mutex::default() });
    let builder = builder(clock)?.dangerous().with_custom_certificate_verifier(pinned.clone());
    Ok((builder.with_no_client_auth(), pinned))
}

/// True if a certificate in PEM has the public key that the code names.
pub(crate) fn is_named(code: &JoinCode, authority: &str) -> bool {
    let certificate = CertificateDer::from_pem_slice(authority.as_bytes());
    certificate.is_ok_and(|certificate| has_named_key(code, &certificate))
}

fn has_named_key(code: &JoinCode, certificate: &CertificateDer<'_>) -> bool {
    ParsedCertificate::try_from(certificate).is_ok_and(|parsed| code.names(&parsed.subject_public_key_info()))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn builder(clock: SharedClock) -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, Error> {
    let builder = ClientConfig::builder_with_details(provider(), Arc::new(Time(clock)));
    builder.with_protocol_versions(&[&rustls::version::TLS13])
}

struct Time(SharedClock);

impl std::fmt::Debug for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Time")
    }
}

impl rustls::time_provider::TimeProvider for Time {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

/// Lets in a hub whose certificate is of the authority that the code names, and is valid in every other respect.
#[derive(Debug)]
pub(crate) struct Pinned {
    code: JoinCode,
    provider: Arc<CryptoProvider>,
    wrong: Mutex<Option<String>>,
}

/// The chain that was shown has no certificate with the key that the code names.
#[derive(Debug, thiserror::Error)]
#[error("it is another hub than the one that made the code")]
struct AnotherHub;

impl Pinned {
    /// Why the hub was not let in.
    pub(crate) fn wrong(&self) -> Option<String> {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn check(
        &self,
        end: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let named = chain.iter().find(|each| has_named_key(&self.code, each));
        let other = || Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(AnotherHub))));
        let mut roots = RootCertStore::empty();
        roots.add(named.ok_or_else(other)?.clone().into_owned())?;
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), self.provider.clone());
        let verifier = verifier.build().map_err(|error| Error::General(error.to_string()))?;
        verifier.verify_server_cert(end, chain, name, ocsp, now)
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.check(end, chain, name, ocsp, now).inspect_err(|error| {
            let said = match error {
                Error::InvalidCertificate(CertificateError::Other(OtherError(other))) => other.to_string(),
                other => other.to_string(),
            };
            *self.wrong.lock().unwrap_or_else(PoisonError::into_inner) = Some(said);
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::clock::FixedClock;
    use rcgen::{
        BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, PublicKeyData,
    };

    const NOW: u64 = 1_800_000_000;

    struct Hub {
        issuer: Issuer<'static, KeyPair>,
        root: CertificateDer<'static>,
        pem: String,
        code: JoinCode,
    }

    impl Hub {
        fn new() -> Self {
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::default();
            params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
            let made = params.self_signed(&key).unwrap();
            let code = JoinCode::new(&[7; protocol::CODE_RANDOM], &key.subject_public_key_info());
            let (root, pem) = (made.der().clone(), made.pem());
            Self { issuer: Issuer::new(params, key), root, pem, code }
        }

        /// A certificate for a name and a use, that began and ends so many seconds from now.
        fn certificate(&self, of: ExtendedKeyUsagePurpose, name: &str, ends: i64) -> CertificateDer<'static> {
            let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
            params.extended_key_usages = vec![of];
            let at = |second: u64| rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(second);
            params.not_before = at(NOW - 1000);
            params.not_after = at(NOW.saturating_add_signed(ends));
            params.signed_by(&KeyPair::generate().unwrap(), &self.issuer).unwrap().der().clone()
        }
    }

    fn shown(code: &JoinCode, end: &CertificateDer<'_>, root: &CertificateDer<'_>) -> Result<(), String> {
        let clock = Arc::new(FixedClock(jiff::Timestamp::UNIX_EPOCH));
        let (_, pinned) = pinned(code, clock).unwrap();
        let name = ServerName::try_from("hub.example.jp").unwrap();
        let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
        let let_in = pinned.verify_server_cert(end, std::slice::from_ref(root), &name, &[], now);
        assert_eq!(let_in.is_err(), pinned.wrong().is_some());
        let_in.map(|_| ()).map_err(|_| pinned.wrong().unwrap())
    }

    #[test]
    fn only_the_hub_of_the_code_is_let_in() {
        use ExtendedKeyUsagePurpose::{ClientAuth, ServerAuth};
        let (hub, other) = (Hub::new(), Hub::new());
        let good = hub.certificate(ServerAuth, "hub.example.jp", 1000);
        assert_eq!(shown(&hub.code, &good, &hub.root), Ok(()));
        assert!(shown(&other.code, &good, &hub.root).unwrap_err().contains("another hub"));
        // The right authority is shown, but the certificate is not of it.
        let theirs = other.certificate(ServerAuth, "hub.example.jp", 1000);
        assert!(shown(&hub.code, &theirs, &hub.root).is_err());
        for (of, name, ends) in [
            // A gateway's certificate is none of a hub.
            (ClientAuth, "hub.example.jp", 1000),
            (ServerAuth, "hub.example.com", 1000),
            (ServerAuth, "hub.example.jp", -10),
        ] {
            let wrong = hub.certificate(of.clone(), name, ends);
            assert!(shown(&hub.code, &wrong, &hub.root).is_err(), "{of:?} {name} {ends}");
        }
        // The authority itself is no hub.
        assert!(shown(&hub.code, &hub.root, &hub.root).is_err());
        assert!(
            is_named(&hub.code, &hub.pem) && !is_named(&other.code, &hub.pem) && !is_named(&hub.code, "")
        );
    }
}
