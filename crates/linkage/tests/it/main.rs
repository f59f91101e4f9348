//! What the crate promises to its callers: who is linked, who is shown to a human, who is found at all.

mod cases;
mod clusters;
mod people;
mod properties;
