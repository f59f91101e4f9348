//! ケアプランデータ連携 CSV.

use crate::detect::Head;
use model::reading::{Input, Reading, Refused};

/// Whether a file is of this format, by its beginning.
pub fn is_it(_head: &Head<'_>) -> bool {
    false
}

/// Reads one delivery.
pub fn read(_input: &Input<'_>) -> Result<Reading, Refused> {
    Err(Refused { code: "not-care-plan", text: "not built".to_owned() })
}
