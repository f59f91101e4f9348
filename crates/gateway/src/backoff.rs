//! How long to wait after failures. Pure: randomness comes from the seed the gateway was given.

use std::time::Duration;

/// A small deterministic source of random numbers (SplitMix64); for jitter, not for secrets.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// Doubles from `first` to `longest`; half of each pause is random, so that a region's gateways do not all
/// come back at the same moment.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
    random: Random,
}

impl Backoff {
    pub(crate) fn new((first, longest): (Duration, Duration), random: Random) -> Self {
        Self { first, longest, failures: 0, random }
    }
    /// After a success.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
    /// After a failure: how long to wait now, and at least `at_least` if the hub named a time (≤ 5 min).
    pub(crate) fn pause(&mut self, at_least: Option<Duration>) -> Duration {
        let doubled = self.first.saturating_mul(1_u32 << self.failures.min(16)).min(self.longest);
        self.failures = self.failures.saturating_add(1);
        let half = doubled / 2;
        let share = u32::try_from(self.random.next() >> 48).unwrap_or(0);
        let pause = half + half.saturating_mul(share) / 0x1_0000;
        let asked = at_least.unwrap_or_default().min(Duration::from_secs(300));
        pause.max(asked + asked.saturating_mul(share) / 0x10_0000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_within_bounds_and_start_again() {
        let limits = (Duration::from_millis(500), Duration::from_secs(60));
        let mut backoff = Backoff::new(limits, Random::new(7));
        let mut bound = limits.0;
        for _ in 0..40 {
            let pause = backoff.pause(None);
            assert!(pause >= bound / 2 && pause <= bound, "{pause:?} of {bound:?}");
            bound = (bound * 2).min(limits.1);
        }
        assert!(backoff.pause(Some(Duration::from_secs(120))) >= Duration::from_secs(120));
        assert!(backoff.pause(Some(Duration::MAX)) <= Duration::from_secs(330));
        backoff.reset();
        assert!(backoff.pause(None) <= limits.0);
    }

    #[test]
    fn two_gateways_do_not_wait_alike() {
        let limits = (Duration::from_secs(1), Duration::from_secs(60));
        let pauses = |seed| Backoff::new(limits, Random::new(seed)).pause(None);
        assert_eq!(pauses(1), pauses(1));
        assert_ne!(pauses(1), pauses(2));
    }
}
