//! The protocol as seen from outside: golden files, properties, refusals.

mod golden;
mod properties;
mod refusals;
mod samples;
