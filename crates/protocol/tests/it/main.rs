//! The protocol as seen from outside: golden files, properties, refusals.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod codes;
mod golden;
mod properties;
mod refusals;
mod samples;
