//! The integration tests of this crate, one binary.

mod ssmix2_base;
mod ssmix2_orders;
