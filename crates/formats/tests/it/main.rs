//! Readings as a whole: fixtures, properties, and the outside samples where they are at hand.

mod consent;
mod detect;
mod fhir;
mod fhir_text;
mod okusuri;
mod okusuri_order;
mod outside;
mod resident;
mod ssmix2_base;
mod ssmix2_orders;
mod ssmix2_traps;
