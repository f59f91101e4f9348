//! The texts of several codes put together (ISO/IEC 18004:2015, 8: structured append).
//!
//! A text that is not whole is read up to its last whole line: the line that was cut may say 10 for 100.

use super::segment::{Code, Part};
use model::reading::Problem;
use std::collections::BTreeMap;

/// The text of one code, or of several that belong together.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Text {
    /// What can be read: the whole, or the lines before the first gap.
    pub bytes: Vec<u8>,
    /// `1-2of3` where parts are missing.
    pub parts: Option<String>,
}

/// What the codes of a picture say.
#[derive(Debug, Default)]
pub(super) struct Joined {
    /// Texts from their beginning.
    pub texts: Vec<Text>,
    /// Bytes of parts that are not, or not wholly, among the texts.
    pub fragments: Vec<Vec<u8>>,
}

/// The parts of one number of parts and check, by their place; more than one text where they contradict.
type Group = BTreeMap<u8, Vec<Vec<u8>>>;

/// Joins the codes; what is missing or does not fit is named.
pub(super) fn join(codes: Vec<Code>, problems: &mut Vec<Problem>) -> Joined {
    let mut joined = Joined::default();
    let mut groups: BTreeMap<(u8, u8), Group> = BTreeMap::new();
    let mut order = Vec::new();
    for code in codes {
        match code.part {
            Some(Part { total, parity, index }) if total > 1 => {
                let group = groups.entry((total, parity)).or_default();
                if group.is_empty() {
                    order.push((total, parity));
                }
                group.entry(index).or_default().push(code.bytes);
            }
            _ => joined.texts.push(Text { bytes: code.bytes, parts: None }),
        }
    }
    for key in order {
        if let Some(group) = groups.remove(&key) {
            of_group(key, group, &mut joined, problems);
        }
    }
    joined
}

fn of_group((total, parity): (u8, u8), group: Group, joined: &mut Joined, problems: &mut Vec<Problem>) {
    let at = format!("code of {total} parts");
    if group.values().any(|alternatives| alternatives.len() > 1) {
        let text = "two codes say that they are the same part; not joined";
        problems.push(Problem::new("ambiguous-code", at, text));
        joined.fragments.extend(group.into_values().flatten());
        return;
    }
    let missing: Vec<String> = (0..total)
        .filter(|index| !group.contains_key(index))
        .map(|index| (u16::from(index) + 1).to_string())
        .collect();
    let odd = group.keys().any(|index| *index >= total);
    let mut parts: Vec<(u8, Vec<u8>)> =
        group.into_iter().flat_map(|(index, all)| all.into_iter().map(move |each| (index, each))).collect();
    if odd || !missing.is_empty() {
        let text = if odd {
            "a part says a number above the number of parts; not joined".to_owned()
        } else {
            format!("part {} is not in the picture", missing.join(", "))
        };
        problems.push(Problem::new("incomplete-code", at, text));
        let known = (0u8..).zip(&parts).take_while(|(place, (index, _))| place == index).count();
        let mut start: Vec<u8> = if odd {
            Vec::new()
        } else {
            parts.iter().take(known).flat_map(|(_, part)| part).copied().collect()
        };
        let end = start.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(0, |end| end + 1);
        start.truncate(end);
        if !start.is_empty() {
            let named = if known > 1 { format!("1-{known}of{total}") } else { format!("1of{total}") };
            joined.texts.push(Text { bytes: start, parts: Some(named) });
        }
        joined.fragments.extend(parts.into_iter().map(|(_, part)| part));
        return;
    }
    let bytes: Vec<u8> = parts.drain(..).flat_map(|(_, part)| part).collect();
    if bytes.iter().fold(0, |sum, byte| sum ^ byte) != parity {
        let text = "the check over all parts does not fit the parts; joined as they say";
        problems.push(Problem::new("code-parity", at, text));
    }
    joined.texts.push(Text { bytes, parts: None });
}
