//! What gateway and hub say to each other; versioned.
//!
//! A gateway posts framed batches of deliveries and heartbeats over HTTP; the hub answers only after its
//! commit. Everything here is pure: bytes in, values out, and back. `docs/protocol.md` is the same for readers.
//! Not in here: HTTP itself, the spool, what the hub does with a delivery.
//!
//! **Invariant**: decoding never panics, whatever the bytes; what [`Batch::encode`] writes, [`Batch::decode`]
//! reads back unchanged.

mod answer;
mod batch;
mod code;
mod decode;
mod head;
mod heartbeat;
mod join;
mod single;
mod token;

pub use answer::{Answer, Answers, ErrorAnswer, ErrorCode, Outcome};
pub use batch::{Batch, Framed, encode_prefix, hex};
pub use code::{CODE_RANDOM, JoinCode, JoinCodeError};
pub use decode::DecodeError;
pub use head::{Asked, DeliveryHead, Opening};
pub use heartbeat::{Heartbeat, HeartbeatAnswer, SourceReport, SpoolReport, TroubleCount};
pub use join::{CertificateAnswer, JoinRequest, RenewRequest};
pub use single::SingleDecoder;
pub use token::{Token, TokenError, bearer};

/// The version this crate speaks. It is in the address, in every opening and in every answer.
pub const VERSION: u32 = 1;

/// What stands in place of a format's word where the hub is to tell the format by content.
pub const AUTO: &str = "auto";

/// The versions this crate can read.
pub const SUPPORTED: &[u32] = &[VERSION];

/// `POST`: a batch of deliveries. `PUT` with `/<key>` appended: one large delivery.
pub const DELIVERIES_PATH: &str = "/gateway/v1/deliveries";

/// `POST`: a heartbeat.
pub const HEARTBEAT_PATH: &str = "/gateway/v1/heartbeat";

/// `POST`, on the hub's own TLS port alone: who was invited asks for a certificate.
pub const JOIN_PATH: &str = "/gateway/v1/join";

/// `POST`, on the hub's own TLS port alone: a gateway asks for its next certificate.
pub const RENEW_PATH: &str = "/gateway/v1/renew";

/// Most bytes a request to join or to renew may have.
pub const MAX_JOIN_BYTES: usize = 16 * 1024;

/// `Content-Type` of a framed body.
pub const CONTENT_TYPE: &str = "application/vnd.hakucho.deliveries.v1";

/// Most bytes a batch (the whole body of a `POST`) may have: 16 MiB.
pub const MAX_BATCH_BYTES: usize = 16 * 1024 * 1024;

/// Most deliveries in one batch.
pub const MAX_BATCH_DELIVERIES: usize = 512;

/// Largest delivery that goes into a batch; anything larger goes alone, by `PUT`: 8 MiB.
pub const MAX_BATCHED_DELIVERY: u64 = 8 * 1024 * 1024;

/// Largest delivery at all: 1 GiB.
pub const MAX_DELIVERY: u64 = 1024 * 1024 * 1024;

/// Longest header line, without its line feed: 128 KiB.
pub const MAX_LINE: usize = 128 * 1024;

/// Longest path of a delivery in bytes: 16 KiB.
pub const MAX_PATH: usize = 16 * 1024;
