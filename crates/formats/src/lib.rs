//! Bytes to records: every source format the exchange reads, as pure functions.
//!
//! [`read`] takes the bytes of one delivery and gives a [`Reading`]: statements in FHIR R4 / JP Core shape
//! and problems. It never panics and never drops: what cannot be mapped is named in a problem. A file that
//! is not of the format at all is [`Refused`]. [`detect`] decides the format by content.
//! No I/O, no clock, no store.

pub mod attachment;
pub mod care_claim;
pub mod care_plan;
pub mod cda;
pub mod charset;
pub mod consent;
pub mod dental;
pub mod detect;
pub mod dicom;
pub mod eligibility;
pub mod fhir;
pub mod header_table;
pub mod hl7;
pub mod hl7v2;
pub mod image;
mod insurance;
pub mod life;
pub mod okusuri;
pub mod orca;
pub mod pdf;
mod person;
pub mod resident;
pub mod rx_2d;
pub mod ssmix2;
pub mod text_file;
mod tree;
pub mod uke;
pub mod xml;

pub use detect::detect;
use model::reading::{Format, Input, Reading, Refused};

/// Version of the reading rules: raised with every change that can alter a reading, so that deliveries
/// read by older rules can be found and read again.
pub const READER_VERSION: i32 = 3;

/// Reads one delivery.
pub fn read(format: Format, input: &Input<'_>) -> Result<Reading, Refused> {
    match format {
        Format::SsMix2 => ssmix2::read(input),
        Format::Okusuri => okusuri::read(input),
        Format::Resident => resident::read(input),
        Format::Fhir => fhir::read(input),
        Format::Consent => consent::read(input),
        Format::Life => life::read(input),
        Format::Rx2d => rx_2d::read(input),
        Format::Eligibility => eligibility::read(input),
        Format::Uke => uke::read(input),
        Format::Orca => orca::read(input),
        Format::CareClaim => care_claim::read(input),
        Format::CarePlan => care_plan::read(input),
        Format::Dental => dental::read(input),
        Format::Cda => cda::read(input),
        Format::Pdf => pdf::read(input),
        Format::Dicom => dicom::read(input),
        Format::Image => image::read(input),
        Format::Hl7 => hl7::read(input),
    }
}

/// Reads one delivery in parts of about `size` statements, in the order of the original, so that a file with
/// many people (a town's register, a care group's forms) needs the memory of one part. Other formats come as one part.
pub fn read_parts(
    format: Format,
    input: &Input<'_>,
    size: usize,
    each: &mut dyn FnMut(Reading),
) -> Result<(), Refused> {
    match format {
        Format::Resident => resident::read_parts(input, size, each),
        Format::Life => life::read_parts(input, size, each),
        Format::Uke => uke::read_parts(input, size, each),
        _ => read(format, input).map(each),
    }
}
