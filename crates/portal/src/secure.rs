//! The hub's own TLS port, for gateways alone: TLS 1.3, a certificate of the hub's authority on both sides.
//!
//! Without a certificate a connection is let in and gets no further than `join`; one of another authority is refused in
//! the handshake. The hub's own certificate is made anew by the clock while it runs. No page is served here.

use crate::Portal;
use crate::gateway_door;
use anyhow::Context;
use axum::Extension;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use hub::Hub;
use hub::authority::{Authority, CERTIFICATE_DAYS, fingerprint};
use jiff::Timestamp;
use model::clock::SharedClock;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig};
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Handshakes under way at once; further ones wait.
const HANDSHAKES: usize = 128;
/// Days after which the hub makes its next certificate.
const RENEW_DAYS: u64 = CERTIFICATE_DAYS / 3;

/// The other end of a connection to the TLS port.
#[derive(Clone)]
pub(crate) struct Peer {
    /// SHA-256 of its certificate, which the handshake has found to be of our authority.
    pub fingerprint: Option<Vec<u8>>,
}

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        let (_, session) = stream.io().get_ref();
        let shown = session.peer_certificates().and_then(|chain| chain.first());
        Self { fingerprint: shown.map(|certificate| fingerprint(certificate)) }
    }
}

/// Serves gateways over TLS under these names until `shutdown` is done.
pub async fn serve_gateways(
    hub: Hub,
    authority: Arc<Authority>,
    names: Vec<String>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let door = Door::open(listener, config(&hub, &authority, names)?)?;
    let router = gateway_door::secure_routes().layer(Extension(authority)).with_state(Portal { hub });
    let service = router.into_make_service_with_connect_info::<Peer>();
    Ok(axum::serve(door, service).with_graceful_shutdown(shutdown).await?)
}

fn config(hub: &Hub, authority: &Arc<Authority>, names: Vec<String>) -> anyhow::Result<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let root =
        CertificateDer::from_pem_slice(authority.pem().as_bytes()).context("the authority's certificate")?;
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).context("the authority's certificate")?;
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
        .allow_unauthenticated()
        .build()
        .context("the check of gateways' certificates")?;
    let own = Own { hub: hub.clone(), authority: authority.clone(), root, names, current: Mutex::new(None) };
    // Names that cannot stand in a certificate are told at the start.
    let made = own.make(hub.clock.now()).context("the hub's own certificate (tls.names)")?;
    *own.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(made);
    let mut config = ServerConfig::builder_with_details(provider, Arc::new(Time(hub.clock.clone())))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(Arc::new(own));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // Each connection shows its certificate.
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// The clock, for the ends of certificates.
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

/// The hub's certificate and when it was made.
type Made = (Arc<CertifiedKey>, Timestamp);

/// The hub's own certificate, made anew when a third of its life has passed, or when the clock was set back.
struct Own {
    hub: Hub,
    authority: Arc<Authority>,
    root: CertificateDer<'static>,
    names: Vec<String>,
    current: Mutex<Option<Made>>,
}

impl Own {
    fn make(&self, now: Timestamp) -> anyhow::Result<Made> {
        let made = self.authority.for_server(&self.names, now, self.hub.randomness.as_ref())?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.key));
        let key = rustls::crypto::ring::sign::any_supported_type(&key)?;
        let chain = vec![CertificateDer::from(made.certificate), self.root.clone()];
        Ok((Arc::new(CertifiedKey::new(chain, key)), now))
    }
}

impl std::fmt::Debug for Own {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Own")
    }
}

impl ResolvesServerCert for Own {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let now = self.hub.clock.now();
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |(_, made): &Made| {
            u64::try_from(now.as_second() - made.as_second()).is_ok_and(|age| age < RENEW_DAYS * 86_400)
        };
        if !current.as_ref().is_some_and(fresh) {
            match self.make(now) {
                Ok(made) => *current = Some(made),
                Err(error) => tracing::error!(error = format!("{error:#}"), "no new certificate for the hub"),
            }
        }
        current.as_ref().map(|(key, _)| key.clone())
    }
}

/// Accepts connections and shakes hands beside serving: one that is slow keeps nobody else waiting.
struct Door {
    address: SocketAddr,
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    accepting: JoinHandle<()>,
}

impl Door {
    fn open(listener: TcpListener, config: ServerConfig) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let (done, ready) = mpsc::channel(HANDSHAKES);
        let accepting = tokio::spawn(accept(listener, TlsAcceptor::from(Arc::new(config)), done));
        Ok(Self { address, ready, accepting })
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Listener for Door {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            // Only after `accept` has ended, which it does not.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(self.address)
    }
}

async fn accept(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    done: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    let places = Arc::new(Semaphore::new(HANDSHAKES));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file handles, or a connection that ended before it began.
                tracing::warn!(kind = %error.kind(), "a gateway's connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let (acceptor, done) = (acceptor.clone(), done.clone());
        tokio::spawn(async move {
            let shaken = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await;
            drop(place);
            match shaken {
                Ok(Ok(stream)) => drop(done.send((stream, address)).await),
                Ok(Err(error)) => tracing::debug!(%address, %error, "a handshake failed"),
                Err(_) => tracing::debug!(%address, "a handshake took too long"),
            }
        });
    }
}
