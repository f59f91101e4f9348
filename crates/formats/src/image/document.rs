//! The picture itself as DocumentReference: what it is, how large, its hash. The picture stays in the delivery.

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
    let mut attachment = json!({
        "contentType": media,
        "size": input.bytes.len(),
        "hash": base64(&sha1(input.bytes)),
    });
    if let (Some(attachment), false) = (attachment.as_object_mut(), name.is_empty()) {
        attachment.insert("title".into(), name.into());
    }
    let mut content = vec![json!({"attachment": attachment})];
    content.extend(texts.iter().map(|text| {
        let data = base64(text.as_bytes());
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

/// RFC 4648 §4.
pub(super) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4usize {
            let letter = LETTERS.get((word >> (18 - 6 * place) & 63) as usize).copied().unwrap_or(b'=');
            text.push(if place <= group.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

/// FIPS 180-4, 6.1: what `Attachment.hash` is. Tells whether it is the same picture, protects nothing.
pub(super) fn sha1(bytes: &[u8]) -> [u8; 20] {
    let mut state = [0x6745_2301u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    let mut block = |chunk: &[u8]| {
        let mut words: Vec<u32> = chunk
            .chunks(4)
            .map(|four| four.iter().fold(0, |word, byte| word << 8 | u32::from(*byte)))
            .collect();
        for index in 16..80usize {
            let at = |back: usize| words.get(index - back).copied().unwrap_or(0);
            words.push((at(3) ^ at(8) ^ at(14) ^ at(16)).rotate_left(1));
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (index, word) in words.iter().enumerate() {
            let (mix, constant) = match index {
                0..20 => (b & c | !b & d, 0x5a82_7999u32),
                20..40 => (b ^ c ^ d, 0x6ed9_eba1),
                40..60 => (b & c | b & d | c & d, 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6),
            };
            let next =
                a.rotate_left(5).wrapping_add(mix).wrapping_add(e).wrapping_add(constant).wrapping_add(*word);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        }
        for (slot, value) in state.iter_mut().zip([a, b, c, d, e]) {
            *slot = slot.wrapping_add(value);
        }
    };
    let whole = bytes.chunks_exact(64);
    let mut last = whole.remainder().to_vec();
    whole.for_each(&mut block);
    last.push(0x80);
    while last.len() % 64 != 56 {
        last.push(0);
    }
    last.extend((bytes.len() as u64).wrapping_mul(8).to_be_bytes());
    last.chunks(64).for_each(&mut block);
    let mut digest = [0u8; 20];
    for (slot, byte) in digest.iter_mut().zip(state.iter().flat_map(|word| word.to_be_bytes())) {
        *slot = byte;
    }
    digest
}

/// The attachments of a document, for the words of a reading.
pub(super) fn text_of(bytes: &[u8]) -> String {
    crate::text_file::decode(bytes, &mut Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standards() {
        let hex = |bytes: &[u8]| -> String { sha1(bytes).iter().map(|byte| format!("{byte:02x}")).collect() };
        assert_eq!(hex(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(hex(b""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        let long = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        assert_eq!(hex(long.as_bytes()), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
        assert_eq!(hex(&[b'a'; 1_000]), "291e9a6c66994949b57ba5e650361e98fc36b1ba");
        assert_eq!(
            ["f", "fo", "foo", "foob"].map(|text| base64(text.as_bytes())),
            ["Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]
        );
        assert_eq!(instant("20260312081530123").as_deref(), Some("2026-03-12T08:15:30+09:00"));
        assert_eq!((instant("20261312081530"), instant("")), (None, None));
    }
}
