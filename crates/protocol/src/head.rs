//! The header lines: who sends, and what each delivery is.

use crate::decode::DecodeError;
use crate::{AUTO, MAX_DELIVERY, MAX_PATH, VERSION};
use model::reading::Format;
use model::{DeliveryId, FacilityId, Personal, SourceName};
use serde::{Deserialize, Serialize};

/// First line of a framed body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// [`VERSION`].
    pub protocol: u32,
    /// The facility the gateway believes it stands in. The token decides; the hub refuses a mismatch
    /// (`wrong-facility`), so that a swapped token cannot file one hospital's patients under another.
    pub facility: FacilityId,
    /// Made when the gateway's spool is made. A new one means that sequences start again.
    pub spool: String,
    /// The gateway's software version.
    pub software: String,
    /// How many deliveries follow.
    pub deliveries: usize,
}

impl Opening {
    /// An opening of the present version.
    pub fn new(facility: FacilityId, spool: &str, software: &str, deliveries: usize) -> Self {
        Self { protocol: VERSION, facility, spool: spool.into(), software: software.into(), deliveries }
    }
}

/// What a header says of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It is this one.
    Format(Format),
    /// The hub is to tell by content ([`AUTO`]).
    ByContent,
    /// A word that this build does not know: a format newer than it.
    Unknown,
}

/// Header line of one delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryHead {
    /// The feed it comes from.
    pub source: SourceName,
    /// [`Format::word`], or [`AUTO`]; text, so that a hub can refuse a format newer than itself by name.
    pub format: String,
    /// Path below the watched root, `/` between parts, condition flag and all: part of the identity.
    /// Personal, because SS-MIX2 paths carry the patient's number.
    pub path: Personal<String>,
    /// Counts up by one for each delivery of this source from this spool, from 1. A gap is a lost delivery.
    pub sequence: u64,
    /// When the source last changed the file: `YYYYMMDDHHMMSSmmm` in JST, or empty if unknown.
    pub source_time: String,
    /// SHA-256 of the bytes, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Idempotency key: the [`DeliveryId`] of facility, source, path and hash.
    pub key: DeliveryId,
    /// Number of bytes that follow the line feed of this header.
    pub length: u64,
}

impl DeliveryHead {
    /// What it says of the format.
    pub fn asked(&self) -> Asked {
        match Format::parse(&self.format) {
            Some(format) => Asked::Format(format),
            None if self.format == AUTO => Asked::ByContent,
            None => Asked::Unknown,
        }
    }

    /// Checks every field and that the key belongs to the rest.
    pub fn check(&self, facility: &FacilityId) -> Result<(), DecodeError> {
        let field = |what| Err(DecodeError::Field { what });
        if !path_is_plain(self.path.reveal()) {
            return field("path");
        }
        let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if self.sha256.len() != 64 || !self.sha256.bytes().all(hex) {
            return field("sha256");
        }
        let time = &self.source_time;
        if !time.is_empty() && (time.len() != 17 || !time.bytes().all(|byte| byte.is_ascii_digit())) {
            return field("source_time");
        }
        if self.format.is_empty() || self.format.len() > 64 {
            return field("format");
        }
        if self.length > MAX_DELIVERY {
            return Err(DecodeError::TooLarge);
        }
        if self.key != DeliveryId::derive(facility, &self.source, self.path.reveal(), &self.sha256) {
            return field("key");
        }
        Ok(())
    }
}

/// Relative, no empty, `.` or `..` part, no NUL, not longer than [`MAX_PATH`].
fn path_is_plain(path: &str) -> bool {
    path.len() <= MAX_PATH
        && !path.contains('\0')
        && path.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
}
