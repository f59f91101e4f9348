//! Joining and renewing: a signing request in, a certificate of the hub's own authority out.

use crate::VERSION;
use crate::decode::{DecodeError, versioned};
use model::FacilityId;
use serde::{Deserialize, Serialize};

macro_rules! message {
    ($name:ident, $what:literal) => {
        impl $name {
            /// Writes the body.
            pub fn encode(&self) -> Vec<u8> {
                serde_json::to_vec(self).unwrap_or_default()
            }
            /// Reads the body.
            pub fn decode(body: &[u8]) -> Result<Self, DecodeError> {
                versioned(body, $what)
            }
        }
    };
}

/// Body of `POST` [`crate::JOIN_PATH`]: who was invited asks for a certificate. `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinRequest {
    /// [`VERSION`].
    pub protocol: u32,
    /// Name of the invitation.
    pub invitation: String,
    /// Its secret.
    pub secret: String,
    /// Certificate signing request (PKCS #10) in PEM. The key itself never leaves the facility.
    pub request: String,
}

impl JoinRequest {
    /// A request of the present version.
    pub fn new(code: &crate::JoinCode, request: impl Into<String>) -> Self {
        Self {
            protocol: VERSION,
            invitation: code.invitation(),
            secret: code.secret(),
            request: request.into(),
        }
    }
}

impl std::fmt::Debug for JoinRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JoinRequest(●●)")
    }
}

/// Body of `POST` [`crate::RENEW_PATH`], over a connection with a certificate that still holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewRequest {
    /// [`VERSION`].
    pub protocol: u32,
    /// Certificate signing request (PKCS #10) in PEM, of a new key.
    pub request: String,
}

impl RenewRequest {
    /// A request of the present version.
    pub fn new(request: impl Into<String>) -> Self {
        Self { protocol: VERSION, request: request.into() }
    }
}

/// Body of a 200 answer to either.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateAnswer {
    /// [`VERSION`].
    pub protocol: u32,
    /// The facility the certificate is for.
    pub facility: FacilityId,
    /// Its name, for people.
    pub name: String,
    /// The certificate, in PEM.
    pub certificate: String,
    /// The certificate of the hub's authority, in PEM.
    pub authority: String,
    /// When the certificate ends, RFC 3339 in UTC.
    pub not_after: String,
}

message!(JoinRequest, "the request to join");
message!(RenewRequest, "the request to renew");
message!(CertificateAnswer, "the certificate");
