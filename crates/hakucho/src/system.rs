//! The real clock and the operating system's randomness: the only place that touches either.

use model::clock::{Clock, Randomness, SharedClock, SharedRandomness};
use rand::{TryRngCore, rngs::OsRng};
use std::sync::Arc;

struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one real clock; everything else takes it as an argument"
    )]
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }
}

struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn fill(&self, bytes: &mut [u8]) {
        if OsRng.try_fill_bytes(bytes).is_err() {
            // Without randomness no secret may be made; there is nothing to fall back on.
            eprintln!("hakucho: オペレーティングシステムの乱数を読めません");
            std::process::abort();
        }
    }
}

/// The wall clock.
pub fn clock() -> SharedClock {
    Arc::new(SystemClock)
}

/// Randomness from the operating system.
pub fn randomness() -> SharedRandomness {
    Arc::new(SystemRandomness)
}

/// A seed for jitter and the like; not for secrets.
pub fn seed() -> u64 {
    let mut bytes = [0; 8];
    randomness().fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

/// Chooses the TLS implementation of the process.
pub fn install_tls() {
    // Already installed is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
