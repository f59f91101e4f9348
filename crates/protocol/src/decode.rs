//! Reading lines of JSON between raw bytes.

use crate::{MAX_BATCH_DELIVERIES, MAX_DELIVERY, MAX_LINE, SUPPORTED};
use serde::de::DeserializeOwned;

/// Why bytes are not a message of this protocol. Says where, never what the data was.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The body ends before what its headers announced.
    #[error("the message ends early, in {at}")]
    Short {
        /// Which part is cut off.
        at: &'static str,
    },
    /// There are bytes after the last delivery.
    #[error("{0} bytes follow the last delivery")]
    Trailing(u64),
    /// A header line is longer than [`MAX_LINE`].
    #[error("a header line is longer than {MAX_LINE} bytes")]
    Line,
    /// A header line is not the JSON expected there.
    #[error("{what} is not valid: {why}")]
    Json {
        /// Which header or answer.
        what: &'static str,
        /// Line, column and category, without the data itself.
        why: String,
    },
    /// The sender speaks a version that this build cannot read.
    #[error("protocol version {found} is not supported (supported: {SUPPORTED:?})")]
    Version {
        /// What the sender said.
        found: u64,
    },
    /// A field has a value that cannot be.
    #[error("{what} is not valid")]
    Field {
        /// Which field.
        what: &'static str,
    },
    /// The bytes of a delivery do not have the hash of its header.
    #[error("the bytes of delivery {index} do not match their sha256")]
    Hash {
        /// Counted from 0.
        index: usize,
    },
    /// The byte after a delivery is not the line feed that ends it.
    #[error("delivery {index} does not end where its length says")]
    Framing {
        /// Counted from 0.
        index: usize,
    },
    /// Above [`MAX_BATCH_DELIVERIES`], [`crate::MAX_BATCH_BYTES`] or [`MAX_DELIVERY`].
    #[error("too large: at most {MAX_BATCH_DELIVERIES} deliveries a batch and {MAX_DELIVERY} bytes each")]
    TooLarge,
}

/// A header line and what follows it.
pub(crate) type Line<'a> = (&'a [u8], &'a [u8]);

/// Splits a header line (without its line feed) off `bytes`. `None` if the line feed has not come yet.
pub(crate) fn take_line(bytes: &[u8]) -> Result<Option<Line<'_>>, DecodeError> {
    let window = bytes.get(..=MAX_LINE).unwrap_or(bytes);
    match window.iter().position(|&byte| byte == b'\n') {
        Some(end) => {
            let (line, rest) = bytes.split_at(end);
            Ok(Some((line, rest.get(1..).unwrap_or_default())))
        }
        None if window.len() > MAX_LINE => Err(DecodeError::Line),
        None => Ok(None),
    }
}

/// Parses JSON without echoing its content in the error.
pub(crate) fn json<T: DeserializeOwned>(bytes: &[u8], what: &'static str) -> Result<T, DecodeError> {
    serde_json::from_slice(bytes).map_err(|error| DecodeError::Json { what, why: place(&error) })
}

/// Parses JSON that carries `protocol`, and looks at that first: another version may have another shape.
pub(crate) fn versioned<T: DeserializeOwned>(bytes: &[u8], what: &'static str) -> Result<T, DecodeError> {
    #[derive(serde::Deserialize)]
    struct Version {
        protocol: u64,
    }
    let Version { protocol } = json(bytes, what)?;
    if !SUPPORTED.iter().any(|&each| u64::from(each) == protocol) {
        return Err(DecodeError::Version { found: protocol });
    }
    json(bytes, what)
}

fn place(error: &serde_json::Error) -> String {
    format!("{:?} error at line {} column {}", error.classify(), error.line(), error.column()).to_lowercase()
}
