//! Deterministic chance: the same words always give the same throws, on every machine and in every release.
//!
//! Not for secrets. Library generators may change their streams between versions; a region must not, so the
//! sixteen lines of SplitMix64 (Steele, Lea & Flood 2014) live here.

/// A stream of throws named by numbers.
#[derive(Debug, Clone)]
pub struct Dice {
    state: u64,
}

/// One step of the SplitMix64 output function.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Dice {
    /// The stream called `words`, e.g. seed, topic, number.
    pub fn new(words: &[u64]) -> Self {
        let state = words.iter().fold(0x6a09_e667_f3bc_c908, |state, word| {
            mix(state ^ mix(word.wrapping_add(0x9e37_79b9_7f4a_7c15)))
        });
        Self { state }
    }

    /// A side stream that does not move this one.
    pub fn side(&self, topic: u64) -> Self {
        Self::new(&[self.state, topic])
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    /// A number in `0..n`; 0 if `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() >> 11).checked_rem(n as u64).unwrap_or(0) as usize
    }

    /// A whole number from `low` to `high`, both included.
    pub fn range(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1).max(1) as usize) as i64
    }

    /// True in `percent` of a hundred throws.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent as usize
    }

    /// True in `n` of a thousand throws.
    pub fn permille(&mut self, n: u32) -> bool {
        self.below(1000) < n as usize
    }

    /// One of the items; the default of the type if there is none.
    pub fn pick<T: Copy + Default>(&mut self, items: &[T]) -> T {
        items.get(self.below(items.len())).copied().unwrap_or_default()
    }

    /// Where a throw falls among weights; the last place if all weights are 0.
    pub fn weighted(&mut self, weights: &[usize]) -> usize {
        let mut throw = self.below(weights.iter().sum());
        for (place, weight) in weights.iter().enumerate() {
            if throw < *weight {
                return place;
            }
            throw -= weight;
        }
        weights.len().saturating_sub(1)
    }

    /// Noise between -1 and 1, mostly near 0 (sum of three throws).
    pub fn noise(&mut self) -> f64 {
        let sum: i64 = (0..3).map(|_| self.range(-1000, 1000)).sum();
        sum as f64 / 3000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_never_changes() {
        let mut dice = Dice::new(&[1, 2, 3]);
        let first: Vec<u64> = (0..3).map(|_| dice.bits()).collect();
        let mut again = Dice::new(&[1, 2, 3]);
        assert_eq!(first, (0..3).map(|_| again.bits()).collect::<Vec<_>>());
        assert_ne!(Dice::new(&[1, 2, 4]).bits(), Dice::new(&[1, 2, 3]).bits());
        assert_ne!(Dice::new(&[2, 1, 3]).bits(), Dice::new(&[1, 2, 3]).bits());
    }

    #[test]
    fn throws_stay_in_their_range() {
        let mut dice = Dice::new(&[7]);
        for _ in 0..1000 {
            assert!((-3..=4).contains(&dice.range(-3, 4)));
            assert!(dice.below(5) < 5);
            assert!((-1.0..=1.0).contains(&dice.noise()));
            assert!(dice.weighted(&[0, 3, 0]) == 1);
        }
        assert_eq!(dice.below(0), 0);
        assert!(dice.pick::<&str>(&[]).is_empty());
    }
}
