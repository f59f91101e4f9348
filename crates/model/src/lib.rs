//! The words of the domain, shared by every other crate.
//!
//! Typed ids, what a reader says ([`reading`]), the FHIR shapes we look into ([`fhir`]), official code
//! systems ([`codes`]), Japanese dates ([`wareki`]) and text ([`text`]), facilities and professions
//! ([`facility`]), paths as text ([`path_text`]), the clock ([`clock`]). Nothing here does I/O, waits, asks
//! the time or rolls a die.

pub mod chart;
pub mod clock;
pub mod codes;
pub mod facility;
pub mod fhir;
pub mod ids;
pub mod path_text;
pub mod personal;
pub mod reading;
pub mod regional_id;
pub mod registration;
pub mod text;
pub mod wareki;

pub use ids::{
    CompartmentId, DeliveryId, FacilityId, IdError, LocalId, PersonId, RecordId, SourceName, StaffId,
};
pub use personal::Personal;
