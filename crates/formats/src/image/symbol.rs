//! The modules of one QR code → its data bytes (ISO/IEC 18004:2015, 7.6 to 7.10): format, mask, order, correction.
//!
//! Not from a library: the one at hand (rqrr) asserts what a picture must look like and refuses the header of structured
//! append.

use super::reed_solomon;

/// Check codewords of each block, by level L, M, Q, H and version (ISO/IEC 18004 table 9).
const CHECK: [[u8; 40]; 4] = [
    [
        7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28, 30, 30, 26,
        28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
    ],
    [
        10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28,
        28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    ],
    [
        13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30, 28, 30, 30, 30, 30,
        28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
    ],
    [
        17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28, 30, 24, 30, 30, 30,
        30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
    ],
];
/// Number of blocks, likewise.
const BLOCKS: [[u8; 40]; 4] = [
    [
        1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16,
        17, 18, 19, 19, 20, 21, 22, 24, 25,
    ],
    [
        1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28,
        29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49,
    ],
    [
        1, 1, 2, 2, 4, 4, 6, 6, 8, 8, 8, 10, 12, 16, 12, 17, 16, 18, 21, 20, 23, 23, 25, 27, 29, 34, 34, 35,
        38, 40, 43, 45, 48, 51, 53, 56, 59, 62, 65, 68,
    ],
    [
        1, 1, 2, 4, 4, 4, 5, 6, 8, 8, 11, 11, 16, 16, 18, 16, 19, 21, 25, 25, 25, 34, 30, 32, 35, 37, 40, 42,
        45, 48, 51, 54, 57, 60, 63, 66, 70, 74, 77, 81,
    ],
];

/// A square of modules.
pub(super) struct Symbol {
    size: usize,
    dark: Vec<bool>,
}

/// The corrected data of a symbol.
pub(super) struct Data {
    /// 1 to 40.
    pub version: usize,
    /// Data codewords.
    pub bytes: Vec<u8>,
}

/// The version of a size, if it is one of 21, 25 … 177.
pub(super) fn version_of(size: usize) -> Option<usize> {
    let version = size.checked_sub(17)? / 4;
    (size % 4 == 1 && (1..=40).contains(&version)).then_some(version)
}

impl Symbol {
    /// Makes a symbol by asking for each module (x, y).
    pub fn new(size: usize, module: impl Fn(usize, usize) -> bool) -> Self {
        let dark = (0..size * size).map(|index| module(index % size, index / size)).collect();
        Self { size, dark }
    }

    fn at(&self, x: usize, y: usize) -> bool {
        x < self.size && self.dark.get(y * self.size + x).copied().unwrap_or(false)
    }

    /// Format, mask, order, correction; `None` if it is no code or too damaged.
    pub fn data(&self) -> Option<Data> {
        let version = version_of(self.size)?;
        let (level, mask) = self.format()?;
        let codewords = self.codewords(version, mask);
        let check = usize::from(*CHECK.get(level)?.get(version - 1)?);
        let count = usize::from(*BLOCKS.get(level)?.get(version - 1)?);
        let (each, long) = (codewords.len() / count, codewords.len() % count);
        let short = count - long;
        let data = each.checked_sub(check)?;
        let mut blocks: Vec<Vec<u8>> = vec![Vec::with_capacity(each + 1); count];
        let mut next = codewords.into_iter();
        for place in 0..=data {
            for (index, block) in blocks.iter_mut().enumerate() {
                if place < data || index >= short {
                    block.push(next.next()?);
                }
            }
        }
        for _ in 0..check {
            for block in &mut blocks {
                block.push(next.next()?);
            }
        }
        let mut bytes = Vec::new();
        for mut block in blocks {
            if !reed_solomon::correct(&mut block, check) {
                return None;
            }
            let length = block.len() - check;
            bytes.extend(block.into_iter().take(length));
        }
        Some(Data { version, bytes })
    }

    /// Level (index of [`CHECK`]) and mask from the nearer of the two copies.
    fn format(&self) -> Option<(usize, u8)> {
        let size = self.size;
        let first = (0..15usize).map(|bit| match bit {
            0..=5 => (8, bit),
            6 => (8, 7),
            7 => (8, 8),
            8 => (7, 8),
            _ => (14 - bit, 8),
        });
        let second = (0..15usize).map(|bit| if bit < 8 { (size - 1 - bit, 8) } else { (8, size + bit - 15) });
        let read = |places: &mut dyn Iterator<Item = (usize, usize)>| {
            places.enumerate().fold(0u32, |word, (bit, (x, y))| word | u32::from(self.at(x, y)) << bit)
        };
        let copies = [read(&mut first.into_iter()), read(&mut second.into_iter())];
        let nearest = (0..32u32)
            .map(|data| {
                let word = format_word(data);
                let distance = copies.iter().map(|copy| (copy ^ word).count_ones()).min().unwrap_or(u32::MAX);
                (distance, data)
            })
            .min()?;
        let (distance, data) = nearest;
        let level = match data >> 3 {
            1 => 0,
            0 => 1,
            3 => 2,
            _ => 3,
        };
        (distance <= 3).then_some((level, u8::try_from(data & 7).ok()?))
    }

    /// The codewords in the order of the symbol, unmasked.
    fn codewords(&self, version: usize, mask: u8) -> Vec<u8> {
        let size = self.size;
        let alignment = alignment(version, size);
        let mut words = Vec::new();
        let (mut word, mut bits) = (0u8, 0u8);
        let mut right = size - 1;
        while right >= 1 {
            if right == 6 {
                right = 5;
            }
            let upward = (right + 1) & 2 == 0;
            for step in 0..size {
                let y = if upward { size - 1 - step } else { step };
                for x in [right, right - 1] {
                    if is_function(version, size, &alignment, x, y) {
                        continue;
                    }
                    word = word << 1 | u8::from(self.at(x, y) != masked(mask, x, y));
                    bits += 1;
                    if bits == 8 {
                        words.push(word);
                        (word, bits) = (0, 0);
                    }
                }
            }
            right = right.saturating_sub(2);
        }
        words
    }
}

/// The 15 bits of a format: level and mask, BCH check, mask of the format.
fn format_word(data: u32) -> u32 {
    let mut rest = data;
    for _ in 0..10 {
        rest = (rest << 1) ^ ((rest >> 9) * 0x537);
    }
    (data << 10 | rest & 0x3ff) ^ 0x5412
}

/// Coordinates of the alignment patterns' centres.
fn alignment(version: usize, size: usize) -> Vec<usize> {
    if version == 1 {
        return Vec::new();
    }
    let count = version / 7 + 2;
    let step = (version * 8 + count * 3 + 5) / (count * 4 - 4) * 2;
    let mut places: Vec<usize> = (0..count - 1).map(|index| size - 7 - index * step).collect();
    places.push(6);
    places
}

fn is_function(version: usize, size: usize, alignment: &[usize], x: usize, y: usize) -> bool {
    let (start_x, start_y) = (x < 9, y < 9);
    let finder = (start_x && (start_y || y + 8 >= size)) || (start_y && x + 8 >= size);
    let timing = x == 6 || y == 6;
    let versions = version >= 7 && ((x < 6 && y + 11 >= size) || (y < 6 && x + 11 >= size));
    let corner = |a: usize, b: usize| (a == 6 && (b == 6 || b == size - 7)) || (a == size - 7 && b == 6);
    let near = |place: &&usize, at: usize| place.abs_diff(at) <= 2;
    let in_alignment = alignment
        .iter()
        .filter(|place| near(place, x))
        .any(|a| alignment.iter().filter(|place| near(place, y)).any(|b| !corner(*a, *b)));
    finder || timing || versions || in_alignment
}

fn masked(mask: u8, x: usize, y: usize) -> bool {
    0 == match mask {
        0 => (x + y) % 2,
        1 => y % 2,
        2 => x % 3,
        3 => (x + y) % 3,
        4 => (x / 3 + y / 2) % 2,
        5 => x * y % 2 + x * y % 3,
        6 => (x * y % 2 + x * y % 3) % 2,
        _ => ((x + y) % 2 + x * y % 3) % 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::segment;
    use qrcode::{Color, EcLevel, QrCode, Version};

    #[test]
    fn every_version_and_level_is_read_and_damage_is_corrected() {
        for version in 1..=40i16 {
            for level in [EcLevel::L, EcLevel::M, EcLevel::Q, EcLevel::H] {
                // Filled nearly to the brim: letters and bytes.
                let room = qrcode::bits::Bits::new(Version::Normal(version)).max_len(level).unwrap() / 8;
                let mut text = b"AB1:\r\n".to_vec();
                let bytes = (0..3000u32).map(|each| (each.wrapping_mul(2_654_435_761) >> 24) as u8);
                text.extend(bytes.take(room.saturating_sub(12)));
                let code = QrCode::with_version(&text, Version::Normal(version), level).unwrap();
                let size = code.width();
                // Damage is corrected the same way in every version: tried in some.
                let damage = if version % 6 == 2 { code.max_allowed_errors() / 4 } else { 0 };
                // Each module turned damages one codeword at most: some of the symbol's right edge.
                let turned =
                    |x: usize, y: usize| x == size - 1 && y > size / 2 && y < size / 2 + damage.min(size / 3);
                let symbol = Symbol::new(size, |x, y| (code[(x, y)] == Color::Dark) != turned(x, y));
                let data = symbol.data().unwrap();
                assert_eq!(segment::read(&data).unwrap().bytes, text, "{version} {level:?}");
            }
        }
    }

    #[test]
    fn what_is_no_code_gives_nothing() {
        for size in [0, 1, 20, 21, 22, 25, 177, 181] {
            for fill in [false, true] {
                let _ = Symbol::new(size, |_, _| fill).data();
            }
        }
        assert!(Symbol::new(22, |_, _| true).data().is_none());
    }
}
