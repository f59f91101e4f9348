//! What the crate promises: denial by default, refusals that only ever narrow, and a table people can read.

#![expect(clippy::unwrap_used, reason = "facts for tests are written out and always valid")]

mod facts;
mod matrix;
mod properties;
mod rules;
