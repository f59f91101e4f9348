//! What the hub answers, only after its commit.

use crate::decode::{DecodeError, json, versioned};
use crate::{SUPPORTED, VERSION};
use model::DeliveryId;
use serde::{Deserialize, Serialize};

/// What became of one delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// Stored, durable.
    Kept,
    /// The same delivery was there already; nothing changed.
    Known,
    /// Not stored, and sending it again will not help.
    Refused {
        /// Short machine word, e.g. `not-ss-mix2`, `unknown-format`.
        code: String,
        /// What is wrong. No personal data.
        text: String,
    },
    /// Not stored for now; the gateway keeps it and tries again.
    RetryLater {
        /// How long to wait at least.
        seconds: u32,
    },
}

/// The outcome of one delivery of the batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Answer {
    /// Idempotency key of the delivery.
    pub key: DeliveryId,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// An answer as written. Flattened and tagged, serde would hold its number back in a form of its own, which
/// `serde_json` cannot give where it keeps the digits of every number as they are.
#[derive(Deserialize)]
struct Written {
    key: DeliveryId,
    outcome: String,
    code: Option<String>,
    text: Option<String>,
    seconds: Option<u32>,
}

impl TryFrom<Written> for Answer {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let outcome = match (written.outcome.as_str(), written.code, written.text, written.seconds) {
            ("kept", ..) => Outcome::Kept,
            ("known", ..) => Outcome::Known,
            ("refused", Some(code), Some(text), _) => Outcome::Refused { code, text },
            ("retry-later", .., Some(seconds)) => Outcome::RetryLater { seconds },
            _ => return Err("not an outcome, or one that is not whole".to_owned()),
        };
        Ok(Self { key: written.key, outcome })
    }
}

/// Body of a 200 answer to a batch or to a `PUT`: one entry per delivery, in the same order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// [`VERSION`].
    pub protocol: u32,
    /// One per delivery. A delivery without an entry is still the gateway's.
    pub answers: Vec<Answer>,
}

impl Answers {
    /// Answers of the present version.
    pub fn new(answers: Vec<Answer>) -> Self {
        Self { protocol: VERSION, answers }
    }
    /// Writes the body.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
    /// Reads the body.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        versioned(body, "the answers")
    }
}

macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $status:literal;)+) => {
        /// Why the hub took nothing of a request. The HTTP status goes with it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $($(#[$doc])* $name,)+ }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];
            /// The word in the answer.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }
            /// The HTTP status it travels with.
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }
            /// Reads the word.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

error_codes! {
    /// No token or certificate, or one that is unknown, ended or withdrawn.
    Unauthorised = "unauthorised", 401;
    /// The token belongs to another facility than the opening names.
    WrongFacility = "wrong-facility", 403;
    /// The code with which a facility wants to join does not hold: unknown, used, too old, or tried too often.
    NotInvited = "not-invited", 403;
    /// The sender's version cannot be read; `supported` lists those that can.
    UnsupportedVersion = "unsupported-version", 400;
    /// Not a message of this protocol.
    Malformed = "malformed", 422;
    /// Above a limit.
    TooLarge = "too-large", 413;
    /// Nothing wrong with the request: the hub cannot keep it now (disk full, database away, starting).
    Busy = "busy", 503;
}

/// Body of any answer that is not 200.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorAnswer {
    /// [`VERSION`].
    pub protocol: u32,
    /// [`ErrorCode::word`].
    pub code: String,
    /// What is wrong and how to mend it. No personal data.
    pub text: String,
    /// The versions the hub can read.
    pub supported: Vec<u32>,
    /// Seconds to wait at least, with `busy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
}

impl ErrorAnswer {
    /// An error answer.
    pub fn new(code: ErrorCode, text: impl Into<String>) -> Self {
        Self {
            protocol: VERSION,
            code: code.word().to_owned(),
            text: text.into(),
            supported: SUPPORTED.to_vec(),
            retry_after: None,
        }
    }
    /// The code, if this build knows it.
    pub fn code(&self) -> Option<ErrorCode> {
        ErrorCode::parse(&self.code)
    }
    /// Writes the body.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
    /// Reads the body. Of any version: its shape is the one thing that never changes.
    pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
        json(body, "the error answer")
    }
}

impl From<&DecodeError> for ErrorAnswer {
    fn from(error: &DecodeError) -> Self {
        let code = match error {
            DecodeError::Version { .. } => ErrorCode::UnsupportedVersion,
            DecodeError::TooLarge => ErrorCode::TooLarge,
            _ => ErrorCode::Malformed,
        };
        Self::new(code, error.to_string())
    }
}
