//! The delivery itself as an attachment: what it is, how long, its hash; the bytes stay where they are kept.
//!
//! FHIR R4 §2.24.0.8 Attachment: neither `url` nor `data`, the page shows the original of the delivery.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use sha1::{Digest, Sha1};

/// An Attachment of these bytes.
pub fn of(content_type: &str, bytes: &[u8], title: Option<&str>, creation: Option<&str>) -> Value {
    let mut attachment = Map::new();
    attachment.insert("contentType".into(), content_type.into());
    // R4 has 31 bits for it (unsignedInt); what is larger is not said.
    if let Ok(size) = i32::try_from(bytes.len()) {
        attachment.insert("size".into(), json!(size));
    }
    attachment.insert("hash".into(), STANDARD.encode(Sha1::digest(bytes)).into());
    if let Some(title) = title {
        attachment.insert("title".into(), title.into());
    }
    if let Some(creation) = creation {
        attachment.insert("creation".into(), creation.into());
    }
    Value::Object(attachment)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_hash_is_sha_1_in_base64() {
        let made = super::of("text/plain", b"abc", None, Some("2026-04-01"));
        assert_eq!(made["hash"], "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=");
        assert_eq!((&made["size"], &made["creation"]), (&3.into(), &"2026-04-01".into()));
    }
}
