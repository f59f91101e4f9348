//! Every QR code of a picture.

use super::bitmap::Grey;
use super::finder::{corners, triples};
use super::grid::decode;
use super::segment::Code;

/// Finds and reads the codes, in the order of the page (top to bottom, left to right), each text once.
pub(super) fn codes(picture: &Grey) -> Vec<Code> {
    let mut found: Vec<((u32, u32), Code)> = Vec::new();
    let longest = picture.width.max(picture.height);
    let half = (longest > 1600).then(|| picture.smaller(2));
    'passes: for (scale, grey) in std::iter::once((1.0, picture)).chain(half.iter().map(|half| (2.0, half))) {
        let longest = grey.width.max(grey.height);
        for share in [8, 24, 64] {
            let bitmap = grey.darker_than_around((longest / share).max(4));
            let corners = corners(&bitmap);
            let mut used = vec![false; corners.len()];
            for triple in triples(&corners) {
                if !triple.iter().all(|index| used.get(*index) == Some(&false)) {
                    continue;
                }
                let [Some(top), Some(right), Some(down)] = triple.map(|index| corners.get(index)) else {
                    continue;
                };
                let Some(code) = decode(&bitmap, [top, right, down]) else { continue };
                for index in triple {
                    if let Some(slot) = used.get_mut(index) {
                        *slot = true;
                    }
                }
                // Rows of codes: what differs by less than a corner square stands beside each other.
                let row = (top.y * scale / (top.module * scale * 9.0).max(1.0)) as u32;
                if found.iter().all(|(_, known)| *known != code) {
                    found.push(((row, (top.x * scale) as u32), code));
                }
            }
            if !found.is_empty() && used.iter().filter(|used| !**used).count() < 3 {
                break 'passes; // no three corner squares are left that could be another code
            }
        }
    }
    found.sort_by_key(|(place, _)| *place);
    found.into_iter().map(|(_, code)| code).collect()
}
