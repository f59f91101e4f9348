//! Simulates the loss of power: every write that was not synced is undone.
//!
//! Preloaded into a program (`LD_PRELOAD`), this library stands in front of the C library's calls that change files
//! below `LOSTWRITES_ROOT`. Before each change it writes down in `LOSTWRITES_JOURNAL` how to undo it; `fsync` and
//! `fdatasync` throw away what was written down for that file, a sync of a directory what was written down for its
//! entries. After the program was killed, [`recover`] undoes the rest: the files are then exactly as a disk that kept
//! only what was synced would hold them. It is stricter than real disks, which may keep some of the rest.
//!
//! A control for tests of tests: with `LOSTWRITES_DEAF` set, syncs are answered and forget nothing, as on a disk that
//! lies. Whoever survives [`recover`] then was not tested at all.
//!
//! Test only. Linux only. SQLite's shared-memory index (`-shm`) is left alone: it is rebuilt after a crash. The calls
//! themselves are behind the feature `preload` (on by default), so that a program that only recovers does not meet them.

#[cfg(feature = "preload")]
mod journal;
#[cfg(feature = "preload")]
mod preload;
mod recover;

pub use recover::{Recovered, recover};

/// Environment variable: only files below this directory are watched.
pub const ROOT: &str = "LOSTWRITES_ROOT";
/// Environment variable: directory of the journal, on the same file system as the root and not below it.
pub const JOURNAL: &str = "LOSTWRITES_JOURNAL";
/// Environment variable: if set, syncs change nothing. A control: everything written is then lost.
pub const DEAF: &str = "LOSTWRITES_DEAF";
