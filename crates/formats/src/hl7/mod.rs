//! HL7 v2 messages as sent over MLLP, without a storage's file name.

mod acknowledge;
mod header;

pub use acknowledge::{Answer, Fault, acknowledge};
pub use header::{ErrorCode, Flaw, Header, HeaderError, header};

use crate::detect::Head;
use model::reading::{Input, Reading, Refused};

/// Whether a file is of this format, by its beginning.
pub fn is_it(_head: &Head<'_>) -> bool {
    false
}

/// Reads one delivery.
pub fn read(_input: &Input<'_>) -> Result<Reading, Refused> {
    Err(Refused { code: "not-hl7", text: "not built".to_owned() })
}
