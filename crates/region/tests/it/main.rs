//! The region as others see it.

mod courses;
mod files;
mod identity;
mod reading;

use jiff::civil::{Date, date};
use region::{Plan, Region};

/// The day of the worked example.
pub const TODAY: Date = date(2026, 11, 23);

/// A region of the worked example's day.
pub fn region(seed: u64, residents: u32) -> Region {
    Plan::new(seed, residents, TODAY).region()
}
