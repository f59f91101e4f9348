//! A gateway against a fake hub: what is found, what is sent, what survives.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic")]

mod crash;
mod facility;
mod fake_hub;
mod finding;
mod mllp;
mod mllp_lines;
mod orca;
mod sender;
mod sending;
mod spool;
mod trouble;
mod upload;
