//! The real clock and the system's randomness, for parts of the hub that run inside this program.

use model::clock::{Clock, Randomness, SharedClock, SharedRandomness};
use rand::RngCore;
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
        rand::rng().fill_bytes(bytes);
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
