//! The command line as somebody outside meets it: real processes, files, exit codes and printed words.
//!
//! Nothing in here looks into the database: what is kept is seen through `export`.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic")]
#![expect(clippy::print_stdout, reason = "skipped tests are counted")]

mod arguments;
mod checking;
mod configuration;
mod export;
mod hub;
mod import;
mod import_oddities;
mod joining;
mod outside;
mod postgres;
mod reading;
mod receivers;
mod region;
mod renewing;
mod replay;

mod files;
mod process;
mod safe_keeping;
mod snapshot;
mod writing;
