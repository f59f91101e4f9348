//! File names: which are passed over, and which are one file under another condition flag.

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

/// True if the file was renamed to another SS-MIX2 condition flag (the last character: 1 valid, 2 superseded,
/// 0 deleted): then its bytes are found under that name.
pub(crate) fn has_other_flag(place: &Path) -> bool {
    let Some(name) = place.file_name().and_then(OsStr::to_str) else { return false };
    let Some((stem, "0" | "1" | "2")) = name.rsplit_once('_') else { return false };
    ["0", "1", "2"].iter().any(|flag| place.with_file_name(format!("{stem}_{flag}")).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
