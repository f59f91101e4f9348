//! Bytes of resources: digests that decide "the same", and the packed members of a statement.

use crate::error::StoreError;
use model::RecordId;
use model::reading::{Extent, Resource};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::cell::RefCell;
use zstd::bulk::{Compressor, Decompressor};

/// First 16 bytes of the SHA-256 of a resource in a canonical form (names sorted).
pub type ContentDigest = [u8; 16];

/// Largest size a stored body may unpack to; more means damage.
const LARGEST_BODY: usize = 256 * 1024 * 1024;

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for half in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(half), 16).unwrap_or('0'));
        }
    }
    text
}

/// SHA-256 in lower-case hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&sha256_raw(bytes))
}

pub(crate) fn sha256_raw(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Digest by which two contents are the same: independent of the order of names.
pub(crate) fn digest(resource: &Resource) -> ContentDigest {
    let mut canonical = Vec::with_capacity(1024);
    write_map(&mut canonical, resource);
    shortened(&Sha256::digest(&canonical))
}

pub(crate) fn shortened(hash: &[u8]) -> ContentDigest {
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(hash) {
        *to = *from;
    }
    short
}

fn write_map(out: &mut Vec<u8>, map: &Resource) {
    let mut elements: Vec<(&String, &Value)> = map.iter().collect();
    elements.sort_unstable_by_key(|(name, _)| *name);
    out.push(b'{');
    for (name, value) in elements {
        write_text(out, name);
        write_value(out, value);
    }
    out.push(b'}');
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    out.extend_from_slice(&(text.len() as u64).to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn write_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.push(b'n'),
        Value::Bool(flag) => out.push(if *flag { b't' } else { b'f' }),
        Value::Number(number) => {
            out.push(b'#');
            write_text(out, &number.to_string());
        }
        Value::String(text) => write_text(out, text),
        Value::Array(list) => {
            out.push(b'[');
            for inner in list {
                write_value(out, inner);
            }
            out.push(b']');
        }
        Value::Object(map) => write_map(out, map),
    }
}

/// One member of a statement as stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Member {
    /// The record.
    #[serde(rename = "i")]
    pub id: RecordId,
    /// The key its id was derived from.
    #[serde(rename = "k")]
    pub key: String,
    /// Whole or supplement.
    #[serde(rename = "x")]
    pub extent: Extent,
    /// Where in the original.
    #[serde(rename = "a")]
    pub at: String,
    /// The resource.
    #[serde(rename = "r")]
    pub resource: Resource,
}

/// Packs the members of a statement: JSON, zstd.
pub(crate) fn pack<T: Serialize>(operation: &'static str, value: &T) -> Result<Vec<u8>, StoreError> {
    let json = serde_json::to_vec(value)
        .map_err(|_| StoreError::new(crate::ErrorKind::Invalid, operation, "a body is not JSON"))?;
    compress(operation, &json)
}

/// Unpacks what [`pack`] made.
pub(crate) fn unpack<T: for<'de> Deserialize<'de>>(
    operation: &'static str,
    packed: &[u8],
) -> Result<T, StoreError> {
    serde_json::from_slice(&decompress(operation, packed)?)
        .map_err(|_| StoreError::corrupt(operation, "a body is not JSON"))
}

thread_local! {
    /// Making a context costs more than packing a small body.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// zstd, level 3, with the size in the frame's header.
pub(crate) fn compress(operation: &'static str, bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
    let packed = COMPRESSOR.with_borrow_mut(|slot| {
        let compressor = match slot.take() {
            Some(compressor) => compressor,
            None => Compressor::new(3)?,
        };
        slot.insert(compressor).compress(bytes)
    });
    packed.map_err(|error| StoreError::new(crate::ErrorKind::Invalid, operation, error.kind()))
}

/// Undoes [`compress`].
pub(crate) fn decompress(operation: &'static str, packed: &[u8]) -> Result<Vec<u8>, StoreError> {
    let damaged = || StoreError::corrupt(operation, "a body does not unpack");
    let size = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten().ok_or_else(damaged)?;
    let size = usize::try_from(size).ok().filter(|size| *size <= LARGEST_BODY).ok_or_else(damaged)?;
    let bytes = DECOMPRESSOR.with_borrow_mut(|slot| {
        let decompressor = match slot.take() {
            Some(decompressor) => decompressor,
            None => Decompressor::new()?,
        };
        slot.insert(decompressor).decompress(packed, size)
    });
    bytes.map_err(|_| damaged())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn resource(value: Value) -> Resource {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn the_order_of_names_is_no_difference_and_every_value_is() {
        let a = digest(&resource(json!({"a": 1, "b": {"c": [1, "2"], "d": null}})));
        assert_eq!(a, digest(&resource(json!({"b": {"d": null, "c": [1, "2"]}, "a": 1}))));
        for other in [
            json!({"a": 1, "b": {"c": [1, 2], "d": null}}),
            json!({"a": 1, "b": {"c": ["2", 1], "d": null}}),
            json!({"a": 1, "b": {"c": [1, "2"]}}),
            json!({"a": 1.0, "b": {"c": [1, "2"], "d": null}}),
        ] {
            assert_ne!(a, digest(&resource(other)));
        }
    }

    #[test]
    fn what_is_packed_comes_back() {
        let member = Member {
            id: RecordId::parse("6f0d9c1e-51d4-5b7a-9e37-48414b554348").unwrap(),
            key: "k".into(),
            extent: Extent::Whole,
            at: "OBX[1]".into(),
            resource: resource(json!({"resourceType": "Observation", "x": "血圧"})),
        };
        let packed = pack("test", &vec![member.clone()]).unwrap();
        assert_eq!(unpack::<Vec<Member>>("test", &packed).unwrap(), [member]);
        assert!(unpack::<Vec<Member>>("test", b"no").is_err());
    }
}
