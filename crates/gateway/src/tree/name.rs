//! File names: which are passed over, and how a path becomes text without losing a byte.

use std::ffi::OsStr;
use std::path::{Component, Path};

/// True for names that programs use while they are still writing, and for hidden ones: `.x`, `x~`, `~$x`,
/// `x.tmp`, `x.part`, `x.partial`, `x.crdownload`, `x.swp`. They are counted, not sent.
pub(crate) fn is_temporary(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    if name.starts_with(b".") || name.starts_with(b"~$") || name.ends_with(b"~") {
        return true;
    }
    let ending = name.iter().rposition(|&byte| byte == b'.').and_then(|dot| name.get(dot + 1..));
    let endings: [&[u8]; 6] = [b"tmp", b"temp", b"part", b"partial", b"crdownload", b"swp"];
    ending.is_some_and(|ending| endings.iter().any(|each| ending.eq_ignore_ascii_case(each)))
}

/// True if any part of the path below the root is a temporary name.
pub(crate) fn is_ignored(root: &Path, place: &Path) -> bool {
    let below = place.strip_prefix(root).unwrap_or(place);
    below.components().any(|part| matches!(part, Component::Normal(name) if is_temporary(name)))
}

/// The path below the root as text, `/` between parts. Bytes that are not UTF-8 become U+FFFD and two
/// hexadecimal digits each, and so does U+FFFD itself: different paths never give the same text.
pub(crate) fn text_below(root: &Path, place: &Path) -> String {
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

/// True if the file was renamed to another SS-MIX2 condition flag (the last character: 1 valid, 2 superseded,
/// 0 deleted): then its bytes are found under that name.
pub(crate) fn has_other_flag(place: &Path) -> bool {
    let Some(name) = place.file_name().and_then(OsStr::to_str) else { return false };
    let Some((stem, "0" | "1" | "2")) = name.rsplit_once('_') else { return false };
    ["0", "1", "2"].iter().any(|flag| place.with_file_name(format!("{stem}_{flag}")).exists())
}

/// A whole path as text, in the same way.
pub(crate) fn text_of(place: &Path) -> String {
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
    fn temporary_names() {
        for name in [".x", "a~", "~$a.csv", "a.tmp", "a.TMP", "a.csv.part", "x.partial", ".tmp"] {
            assert!(is_temporary(OsStr::new(name)), "{name}");
        }
        for name in ["a", "a.csv", "tmp", "a.tmp.csv", "~a", "0001_-_ADT-00_999999999999999_20260401_-_1"] {
            assert!(!is_temporary(OsStr::new(name)), "{name}");
        }
        let root = Path::new("/srv/.hidden");
        assert!(!is_ignored(root, Path::new("/srv/.hidden/a/b")));
        assert!(is_ignored(root, Path::new("/srv/.hidden/.snapshot/b")));
    }

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
