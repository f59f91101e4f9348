//! The picture itself as DocumentReference: what it is, how large, its hash. The picture stays in the delivery.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::reading::{Input, Resource};
use serde_json::{Map, json};
use sha2::{Digest, Sha256};

/// The DocumentReference of a picture; `texts` are texts of codes that became no record.
pub(super) fn document(input: &Input<'_>, media: &str, codes: usize, texts: &[String]) -> Resource {
    let mut document = Map::new();
    document.insert("resourceType".into(), "DocumentReference".into());
    document.insert("status".into(), "current".into());
    document.insert("type".into(), json!({"text": "紙文書の画像"}));
    document.insert("subject".into(), json!({"reference": "urn:key:Patient"}));
    if let Some(written) = instant(input.source_time) {
        document.insert("date".into(), written.into());
    }
    if codes > 0 {
        document.insert("description".into(), format!("２次元コード {codes}個").into());
    }
    let name = input.path.rsplit('/').next().unwrap_or_default();
    let title = Some(name).filter(|name| !name.is_empty());
    let attachment = crate::attachment::of(media, input.bytes, title, None);
    let mut content = vec![json!({"attachment": attachment})];
    content.extend(texts.iter().map(|text| {
        let data = STANDARD.encode(text);
        json!({"attachment": {
            "contentType": "text/plain; charset=utf-8", "data": data, "title": "２次元コードの文字",
        }})
    }));
    document.insert("content".into(), content.into());
    document
}

/// The set of a picture: its bytes, so that the same file sent twice is one.
pub(super) fn set(bytes: &[u8]) -> String {
    let digest: String = Sha256::digest(bytes).iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("image/{digest}")
}

/// `YYYYMMDDHHMMSS…` in JST as FHIR instant.
fn instant(time: &str) -> Option<String> {
    let digits = time.get(..14).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let moment = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", digits).ok()?;
    Some(format!("{}+09:00", moment.strftime("%Y-%m-%dT%H:%M:%S")))
}

/// The attachments of a document, for the words of a reading.
pub(super) fn text_of(bytes: &[u8]) -> String {
    crate::text_file::decode(bytes, &mut Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_an_instant() {
        assert_eq!(instant("20260312081530123").as_deref(), Some("2026-03-12T08:15:30+09:00"));
        assert_eq!((instant("20261312081530"), instant("")), (None, None));
    }
}
