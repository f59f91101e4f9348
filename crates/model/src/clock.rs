//! The clock is an argument, so that tests are exact and time can be simulated.

use jiff::{Timestamp, tz::TimeZone};
use std::sync::Arc;

/// Tells the time. The real one is made in the binary; tests hand in a [`FixedClock`].
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;
}

/// A clock shared by the parts of a program.
pub type SharedClock = Arc<dyn Clock>;

/// A clock that stands still at one moment.
#[derive(Debug, Clone, Copy)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Japan Standard Time, UTC+09:00, without summer time.
pub fn jst() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(9))
}

/// Fills bytes that nobody can guess. The real one is made in the binary from the operating system.
pub trait Randomness: Send + Sync {
    /// Overwrites the whole slice.
    fn fill(&self, bytes: &mut [u8]);
}

/// Randomness shared by the parts of a program.
pub type SharedRandomness = Arc<dyn Randomness>;
