//! SS-MIX2: a file of the standardised storage ([`file`]), of the extended storage ([`extended`]), a transaction
//! file ([`transaction`]) or the index table ([`index`]) → FHIR R4 records in JP Core's shape.
//!
//! Which data type it is, whose, since when and whether it still holds is what the path says; the message
//! says the rest, and whose it is if the two differ. A field FHIR has no place for is carried along under its
//! HL7 name in the extension [`SOURCE_FIELD`] of its segment's record; what belongs to no record is a
//! `not-mapped` problem.

mod allergy;
pub mod context;
mod coverage;
pub mod data_type;
pub mod datatype;
pub mod derive;
mod diagnosis;
mod diet;
mod document;
mod encounter;
mod extended;
mod file;
mod header;
mod identify;
mod index;
mod measurement;
pub mod message;
mod omg_order;
mod omg_result;
mod omg_step;
mod oml_observation;
mod oml_order;
mod oml_result;
mod oml_specimen;
mod oml_value;
mod omp_administration;
mod omp_dosage;
mod omp_request;
mod order;
mod order_field;
mod order_request;
mod order_visit;
pub mod path;
mod patient;
pub mod record;
mod related;
mod stated_diagnosis;
mod transaction;
mod vital;

use crate::detect::{Head, is_hl7, is_storage_name};
use model::reading::{Input, Reading, Refused};
pub(crate) use transaction::place_in;

/// Extension that keeps one field of the original: `field` (`PID-11.4`) and `value`, as written.
pub const SOURCE_FIELD: &str = "https://hakucho.example/fhir/StructureDefinition/hl7v2-field";
/// Extension that keeps the text an element was made of, as written.
pub const SOURCE_RAW: &str = "https://hakucho.example/fhir/StructureDefinition/hl7v2-raw";

/// Whether a file is one of SS-MIX2: an HL7 message the storage named, anything in a content folder of the extended
/// storage, a transaction file, the index table.
pub fn is_it(head: &Head<'_>) -> bool {
    (is_hl7(head.bytes) && is_storage_name(head.path))
        || extended::Content::parse(head.path).is_some()
        || transaction::is_it(head.path, head.bytes)
        || index::is_it(head.text)
}

/// The path from the patient's folders on (`<1-3>/<4-6>/<patient>/…`), from whichever folder above a storage its files were
/// collected: by it a file is known again.
pub fn storage_path(path: &str) -> String {
    // <1-3> / <4-6> / patient / day / data type, then the file or the content folder and what lies in it.
    let below = extended::Content::parse(path).map_or(1, |content| 1 + content.file.split('/').count());
    let parts: Vec<&str> = path.split('/').collect();
    parts.get(parts.len().saturating_sub(5 + below)..).unwrap_or_default().join("/")
}

/// Reads one file of SS-MIX2.
///
/// Refused is what holds no HL7 v2 message, and a message of a type the storage does not have under a name it
/// does not have. A deletion by name (flag 0) is kept even if its bytes cannot be read.
pub fn read(input: &Input<'_>) -> Result<Reading, Refused> {
    read_counted(input).map(|(reading, _)| reading)
}

/// As [`read`], with how many leaves of the message hold something and how many of them nobody took.
pub fn read_counted(input: &Input<'_>) -> Result<(Reading, (usize, usize)), Refused> {
    if let Some(content) = extended::Content::parse(input.path) {
        return extended::read(&content, input);
    }
    if transaction::is_it(input.path, input.bytes) {
        return transaction::read(input);
    }
    if let Some(reading) = index::read(input) {
        return Ok((reading, (0, 0)));
    }
    file::read(input)
}
