//! A batch: an opening line, then per delivery a header line, its raw bytes and a line feed.

use crate::decode::{DecodeError, json, take_line, versioned};
use crate::head::{DeliveryHead, Opening};
use crate::{MAX_BATCH_BYTES, MAX_BATCH_DELIVERIES};
use sha2::{Digest, Sha256};

/// One delivery of a batch, its bytes borrowed from the body.
#[derive(Clone, PartialEq, Eq)]
pub struct Framed<'a> {
    /// What it is.
    pub head: DeliveryHead,
    /// The file as it was found.
    pub bytes: &'a [u8],
}

impl std::fmt::Debug for Framed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Framed").field("head", &self.head).finish_non_exhaustive()
    }
}

/// The body of `POST` [`crate::DELIVERIES_PATH`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch<'a> {
    /// Who sends.
    pub opening: Opening,
    /// What, oldest first within each source.
    pub deliveries: Vec<Framed<'a>>,
}

impl<'a> Batch<'a> {
    /// Writes the body. `opening.deliveries` is set from the list.
    pub fn encode(&self) -> Vec<u8> {
        let content: usize = self.deliveries.iter().map(|each| each.bytes.len() + 1024).sum();
        let mut body = Vec::with_capacity(content + 256);
        let opening = Opening { deliveries: self.deliveries.len(), ..self.opening.clone() };
        line(&mut body, &opening);
        for each in &self.deliveries {
            line(&mut body, &each.head);
            body.extend_from_slice(each.bytes);
            body.push(b'\n');
        }
        body
    }

    /// Reads a whole body and checks lengths, hashes and keys.
    pub fn decode(body: &'a [u8]) -> Result<Self, DecodeError> {
        if body.len() > MAX_BATCH_BYTES {
            return Err(DecodeError::TooLarge);
        }
        let (first, mut rest) = take_line(body)?.ok_or(DecodeError::Short { at: "the opening" })?;
        let opening: Opening = versioned(first, "the opening")?;
        if opening.deliveries > MAX_BATCH_DELIVERIES {
            return Err(DecodeError::TooLarge);
        }
        let mut deliveries = Vec::with_capacity(opening.deliveries);
        for index in 0..opening.deliveries {
            let (header, after) = take_line(rest)?.ok_or(DecodeError::Short { at: "a delivery header" })?;
            let head: DeliveryHead = json(header, "a delivery header")?;
            head.check(&opening.facility)?;
            let length = usize::try_from(head.length).map_err(|_| DecodeError::TooLarge)?;
            let (bytes, after) =
                after.split_at_checked(length).ok_or(DecodeError::Short { at: "the bytes of a delivery" })?;
            rest = match after.split_first() {
                Some((b'\n', rest)) => rest,
                Some(_) => return Err(DecodeError::Framing { index }),
                None => return Err(DecodeError::Short { at: "the end of a delivery" }),
            };
            if hex(&Sha256::digest(bytes)) != head.sha256 {
                return Err(DecodeError::Hash { index });
            }
            deliveries.push(Framed { head, bytes });
        }
        if rest.is_empty() {
            Ok(Self { opening, deliveries })
        } else {
            Err(DecodeError::Trailing(rest.len() as u64))
        }
    }
}

/// What comes before the bytes of a delivery that is sent alone (`PUT`); after them comes one line feed.
pub fn encode_prefix(opening: &Opening, head: &DeliveryHead) -> Vec<u8> {
    let mut prefix = Vec::with_capacity(1024);
    line(&mut prefix, &Opening { deliveries: 1, ..opening.clone() });
    line(&mut prefix, head);
    prefix
}

/// Appends a value as one line of JSON. Strings are escaped, so the only line feed is the last byte.
fn line(body: &mut Vec<u8>, value: &impl serde::Serialize) {
    // Writing our own structs of strings and numbers into memory has no way to fail.
    let _infallible = serde_json::to_writer(&mut *body, value);
    body.push(b'\n');
}

/// Lower-case hexadecimal, as hashes are written in this protocol.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}
