//! How a path becomes text without losing a byte: the same wherever a file is collected, so that it is the same
//! delivery through a gateway and through an import.

use std::path::{Component, Path};

/// The path below the root as text, `/` between parts. Bytes that are not UTF-8 become U+FFFD and two
/// hexadecimal digits each, and so does U+FFFD itself: different paths never give the same text.
pub fn text_below(root: &Path, place: &Path) -> String {
    let below = place.strip_prefix(root).unwrap_or(place);
    let mut text = String::new();
    for part in below.components() {
        if let Component::Normal(name) = part {
            if !text.is_empty() {
                text.push('/');
            }
            push_text(&mut text, name.as_encoded_bytes());
        }
    }
    text
}

/// A whole path as text, in the same way.
pub fn text_of(place: &Path) -> String {
    let mut text = String::new();
    push_text(&mut text, place.as_os_str().as_encoded_bytes());
    text
}

fn push_text(text: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character == char::REPLACEMENT_CHARACTER {
                escape(text, "\u{fffd}".as_bytes());
            } else {
                text.push(character);
            }
        }
        escape(text, chunk.invalid());
    }
}

fn escape(text: &mut String, bytes: &[u8]) {
    use std::fmt::Write;
    for byte in bytes {
        let _infallible = write!(text, "\u{fffd}{byte:02X}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text() {
        assert_eq!(text_below(Path::new("/r"), Path::new("/r/お薬/佐倉.csv")), "お薬/佐倉.csv");
        assert_eq!(text_below(Path::new("/r"), Path::new("/r")), "");
    }

    fn written(bytes: &[u8]) -> String {
        let mut text = String::new();
        push_text(&mut text, bytes);
        text
    }

    proptest! {
        #[test]
        fn different_names_give_different_texts(one: Vec<u8>, other: Vec<u8>) {
            prop_assert_eq!(one == other, written(&one) == written(&other));
        }

        #[test]
        fn no_byte_is_lost(bytes in proptest::collection::vec(
            prop_oneof![any::<u8>(), Just(0xef), Just(0xbf), Just(0xbd), Just(b'E')], 0..40)) {
            let mut back = Vec::new();
            let text = written(&bytes);
            let mut rest = text.chars();
            while let Some(character) = rest.next() {
                if character == '\u{fffd}' {
                    let digits: String = rest.by_ref().take(2).collect();
                    back.push(u8::from_str_radix(&digits, 16).unwrap());
                } else {
                    back.extend(character.to_string().bytes());
                }
            }
            prop_assert_eq!(back, bytes);
        }
    }
}
