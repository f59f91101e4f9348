//! The code with which a facility joins: a name for the invitation, a secret, and by what the hub's authority is known.
//!
//! 43 symbols of 5 bits and one that checks the others, read aloud and typed by people: Crockford's base 32, in groups
//! of four. Seven symbols name the invitation, twenty are its secret (100 bits), sixteen are the beginning of the
//! SHA-256 of the authority's public key (80 bits): whoever joins knows the right hub before it tells the secret.

use sha2::{Digest, Sha256};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const INVITATION: usize = 7;
const SECRET: usize = 20;
const AUTHORITY: usize = 16;
const GROUP: usize = 4;

/// Random bytes that a new code takes.
pub const CODE_RANDOM: usize = INVITATION + SECRET;

/// Why a text is not a code. It never says what the text was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JoinCodeError {
    /// Too short or too long.
    #[error("a code has 44 letters and digits, this one has {0}")]
    Length(usize),
    /// A character that no code has.
    #[error("character {0} is none of a code")]
    Character(usize),
    /// A character is wrong, or two have changed places.
    #[error("the code is mistyped: its last character does not fit the others")]
    Check,
}

/// A code that works once. Never printed by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct JoinCode {
    symbols: Vec<u8>,
}

impl JoinCode {
    /// A new code. `random` must be unguessable; `public_key` is the authority's SubjectPublicKeyInfo in DER.
    pub fn new(random: &[u8; CODE_RANDOM], public_key: &[u8]) -> Self {
        let digest = Sha256::digest(public_key);
        let symbols = random.iter().chain(digest.iter().take(AUTHORITY)).map(|byte| byte & 31).collect();
        Self { symbols }
    }

    /// Reads what a person typed: lower case, full width, `O` for `0`, `I` and `L` for `1`, any blanks and hyphens.
    pub fn parse(text: &str) -> Result<Self, JoinCodeError> {
        let mut symbols = Vec::new();
        for (at, c) in text.chars().enumerate() {
            if !matches!(c, '-' | '－' | 'ー' | '‐' | '‑' | '–' | '−') && !c.is_whitespace() {
                symbols.push(symbol(c).ok_or(JoinCodeError::Character(at + 1))?);
            }
        }
        if symbols.len() != CODE_RANDOM + AUTHORITY + 1 {
            return Err(JoinCodeError::Length(symbols.len()));
        }
        let said = symbols.pop();
        if said == Some(check(&symbols)) { Ok(Self { symbols }) } else { Err(JoinCodeError::Check) }
    }

    /// The code for people.
    pub fn reveal(&self) -> String {
        let mut text = String::new();
        for (at, letter) in letters(&self.symbols).chain(letters(&[check(&self.symbols)])).enumerate() {
            if at > 0 && at % GROUP == 0 {
                text.push('-');
            }
            text.push(letter);
        }
        text
    }

    /// The name of the invitation.
    pub fn invitation(&self) -> String {
        letters(self.symbols.get(..INVITATION).unwrap_or_default()).collect()
    }

    /// The secret, for the hub alone.
    pub fn secret(&self) -> String {
        letters(self.symbols.get(INVITATION..CODE_RANDOM).unwrap_or_default()).collect()
    }

    /// True if this is the public key (SubjectPublicKeyInfo in DER) of the authority that the code names.
    pub fn names(&self, public_key: &[u8]) -> bool {
        let digest = Sha256::digest(public_key);
        let own = self.symbols.get(CODE_RANDOM..).unwrap_or_default();
        own.len() == AUTHORITY && own.iter().zip(digest).all(|(own, byte)| *own == byte & 31)
    }
}

impl std::fmt::Debug for JoinCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JoinCode(●●)")
    }
}

fn letters(symbols: &[u8]) -> impl Iterator<Item = char> {
    symbols.iter().map(|symbol| char::from(ALPHABET.get(usize::from(*symbol)).copied().unwrap_or(b'0')))
}

fn symbol(c: char) -> Option<u8> {
    let half = match u32::from(c) {
        wide @ 0xFF01..=0xFF5E => char::from_u32(wide - 0xFEE0)?,
        _ => c,
    };
    let letter = match half.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let place = ALPHABET.iter().position(|&each| char::from(each) == letter)?;
    u8::try_from(place).ok()
}

/// Luhn's sum modulo 32: another symbol at any one place gives another check symbol.
fn check(symbols: &[u8]) -> u8 {
    let mut sum = 0_u32;
    for (at, symbol) in symbols.iter().rev().enumerate() {
        let weighted = u32::from(*symbol) * if at % 2 == 0 { 2 } else { 1 };
        sum += weighted / 32 + weighted % 32;
    }
    u8::try_from((32 - sum % 32) % 32).unwrap_or(0)
}
