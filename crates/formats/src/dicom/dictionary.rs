//! The value representation of a tag (PS3.6), for data sets that do not say it.

use super::element::Tag;
use std::collections::HashMap;
use std::sync::LazyLock;

static VR: LazyLock<HashMap<Tag, [u8; 2]>> = LazyLock::new(|| {
    let mut all = HashMap::new();
    for line in include_str!("dictionary.txt").lines() {
        let mut words = line.split(' ');
        let hex = |word: &str| u32::from_str_radix(word, 16).ok();
        let (Some(group), Some(vr)) = (words.next().and_then(hex), words.next()) else { continue };
        let Ok(vr) = <[u8; 2]>::try_from(vr.as_bytes()) else { continue };
        all.extend(words.filter_map(hex).map(|element| (group << 16 | element, vr)));
    }
    all
});

/// The two letters of a tag; `UL` of a group length, `UN` of what is not known or private.
pub(super) fn vr(tag: Tag) -> [u8; 2] {
    if tag & 0xffff == 0 {
        return *b"UL";
    }
    VR.get(&tag).copied().unwrap_or(*b"UN")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_have_their_representation() {
        for (tag, letters) in [
            (0x0008_0005, b"CS"),
            (0x0010_0010, b"PN"),
            (0x0040_a730, b"SQ"),
            (0x0020_0000, b"UL"),
            (0x0009_0010, b"UN"),
        ] {
            assert_eq!(&vr(tag), letters, "{tag:08x}");
        }
        assert!(VR.len() > 2000);
    }
}
