//! The bearer token that says which facility speaks.

use crate::batch::hex;
use sha2::{Digest, Sha256};

/// Why a text is not a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a token is 32 to 512 characters of A-Z a-z 0-9 - . _ ~ + / =")]
pub struct TokenError;

/// A facility's secret (RFC 6750 §2.1 `b64token`). Never printed by `Debug`; the hub stores its fingerprint.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Checks length and characters; surrounding white space is dropped.
    pub fn new(text: &str) -> Result<Self, TokenError> {
        let text = text.trim();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        if (32..=512).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(TokenError)
        }
    }
    /// The secret itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
    /// Value of the `Authorization` header.
    pub fn header(&self) -> String {
        format!("Bearer {}", self.0)
    }
    /// SHA-256 in hexadecimal: what the hub keeps and looks up.
    pub fn fingerprint(&self) -> String {
        hex(&Sha256::digest(self.0.as_bytes()))
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(●●)")
    }
}

/// The token in an `Authorization` header. The scheme's case does not matter (RFC 9110 §11.1).
pub fn bearer(header: &str) -> Option<Token> {
    let (scheme, token) = header.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") { Token::new(token).ok() } else { None }
}
