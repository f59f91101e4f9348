//! The hub's work: intake, reading, linking, consent desk, accounts, export, jobs.
