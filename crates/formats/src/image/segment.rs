//! The data of one QR code → bytes and its place among others (ISO/IEC 18004:2015, 7.4 and 8).
//!
//! Kanji become Shift_JIS bytes, as the code has them; what the bytes mean is decided by who reads the text.

use super::symbol::Data;

/// The text of one code.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Code {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Which of several codes it is.
    pub part: Option<Part>,
}

/// The header of structured append (構造的連接).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Part {
    /// Number of codes, 1 to 16.
    pub total: u8,
    /// XOR over the bytes of all of them.
    pub parity: u8,
    /// Which one, from 0.
    pub index: u8,
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> Option<u32> {
        if self.at + count > self.bytes.len() * 8 {
            return None;
        }
        let mut value = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.at / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }
}

const LETTERS: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// Reads the segments; `None` where they are cut or of a kind the standard does not have.
pub(super) fn read(data: &Data) -> Option<Code> {
    let mut bits = Bits { bytes: &data.bytes, at: 0 };
    let mut code = Code { bytes: Vec::new(), part: None };
    let width = |small, middle, large| match data.version {
        0..=9 => small,
        10..=26 => middle,
        _ => large,
    };
    while let Some(mode) = bits.take(4) {
        match mode {
            0 => break,
            1 => digits(&mut bits, width(10, 12, 14), &mut code.bytes)?,
            2 => letters(&mut bits, width(9, 11, 13), &mut code.bytes)?,
            3 => {
                let (index, total, parity) = (bits.take(4)?, bits.take(4)?, bits.take(8)?);
                let byte = |value: u32| u8::try_from(value).ok();
                code.part =
                    Some(Part { total: byte(total)? + 1, parity: byte(parity)?, index: byte(index)? });
            }
            4 => {
                for _ in 0..bits.take(width(8, 16, 16))? {
                    code.bytes.push(u8::try_from(bits.take(8)?).ok()?);
                }
            }
            // FNC1 in first and second place: no part of the text.
            5 => {}
            9 => {
                bits.take(8)?;
            }
            // ECI: one, two or three bytes; the text says its own encoding.
            7 => {
                let first = bits.take(8)?;
                let more = match first {
                    0..=0x7f => 0,
                    0x80..=0xbf => 8,
                    _ => 16,
                };
                bits.take(more)?;
            }
            8 => {
                for _ in 0..bits.take(width(8, 10, 12))? {
                    let packed = bits.take(13)?;
                    let joined = ((packed / 0xc0) << 8) | (packed % 0xc0);
                    let shifted = joined + if joined < 0x1f00 { 0x8140 } else { 0xc140 };
                    code.bytes.extend(u16::try_from(shifted).ok()?.to_be_bytes());
                }
            }
            _ => return None,
        }
    }
    Some(code)
}

fn digits(bits: &mut Bits<'_>, width: usize, bytes: &mut Vec<u8>) -> Option<()> {
    let mut left = bits.take(width)?;
    while left > 0 {
        let (count, size) = match left {
            1 => (1, 4),
            2 => (2, 7),
            _ => (3, 10),
        };
        let value = bits.take(size)?;
        let text = format!("{value:0>count$}");
        if text.len() != count {
            return None;
        }
        bytes.extend(text.bytes());
        left -= u32::try_from(count).ok()?;
    }
    Some(())
}

fn letters(bits: &mut Bits<'_>, width: usize, bytes: &mut Vec<u8>) -> Option<()> {
    let mut left = bits.take(width)?;
    while left > 0 {
        let pair = left >= 2;
        let value = usize::try_from(bits.take(if pair { 11 } else { 6 })?).ok()?;
        if pair {
            bytes.push(*LETTERS.get(value / 45)?);
        }
        bytes.push(*LETTERS.get(value % 45)?);
        left -= if pair { 2 } else { 1 };
    }
    Some(())
}
