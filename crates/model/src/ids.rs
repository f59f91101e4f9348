//! Typed ids. Names given by people (facility, source) are checked strings; ours are UUIDs.

use crate::personal::Personal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Namespace under which every derived id is made (UUID version 5, RFC 9562 §5.5).
const NAMESPACE: Uuid = Uuid::from_u128(0x6f0d_9c1e_51d4_5b7a_9e37_4841_4b55_4348);

/// Why a name is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not `[A-Za-z0-9._-]{1,64}`.
    #[error("{what} must be 1 to 64 of A-Z a-z 0-9 . _ - and not only dots")]
    Characters {
        /// Which id was meant.
        what: &'static str,
    },
}

macro_rules! name_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(std::sync::Arc<str>);

        impl $name {
            /// Checks the characters.
            pub fn new(text: impl Into<String>) -> Result<Self, IdError> {
                let text = text.into();
                let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
                let dots_only = text.chars().all(|c| c == '.');
                if text.len() > 64 || dots_only || !text.chars().all(allowed) {
                    return Err(IdError::Characters { what: $what });
                }
                Ok(Self(text.into()))
            }
            /// The id as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::new(text)
            }
        }
        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.as_ref().to_owned()
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name_id!(
    /// A facility of the region, named by the operator: `[A-Za-z0-9._-]{1,64}`.
    FacilityId,
    "facility id"
);
name_id!(
    /// One feed of one facility, named at the facility: `[A-Za-z0-9._-]{1,64}`.
    SourceName,
    "source name"
);

/// A facility's own number for a patient, as the facility writes it (trimmed, never empty).
pub type LocalId = Personal<String>;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// Reads the id from its text form.
            pub fn parse(text: &str) -> Option<Self> {
                Uuid::parse_str(text).ok().map(Self)
            }
            /// Reads the id from 16 stored bytes.
            pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
                Uuid::from_slice(bytes).ok().map(Self)
            }
            /// The 16 bytes that are stored.
            pub fn to_bytes(self) -> Vec<u8> {
                self.0.as_bytes().to_vec()
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

uuid_id!(
    /// One source identity of a person: a facility's registration. Derived from its key, immutable.
    CompartmentId
);
uuid_id!(
    /// A person of the region: what compartments are linked to.
    PersonId
);
uuid_id!(
    /// One versioned fact. Derived from where the fact lives at its source, never from arrival.
    RecordId
);
uuid_id!(
    /// One file or message as received. Derived from facility, source, path and bytes.
    DeliveryId
);
uuid_id!(
    /// A member of staff with an account.
    StaffId
);

/// Joins parts so that no two different lists give the same bytes.
fn derive(kind: &str, parts: &[&str]) -> Uuid {
    let mut name = Vec::with_capacity(64);
    for part in std::iter::once(&kind).chain(parts) {
        name.extend_from_slice(&(part.len() as u32).to_be_bytes());
        name.extend_from_slice(part.as_bytes());
    }
    Uuid::new_v5(&NAMESPACE, &name)
}

impl CompartmentId {
    /// The id of the compartment with this key (see [`crate::reading::CompartmentKey`]).
    pub fn derive(facility: &FacilityId, key: &str) -> Self {
        Self(derive("compartment", &[facility.as_str(), key]))
    }

    /// The bucket of a compartment that was not linked when it was created: 0..4095.
    pub fn own_bucket(self) -> i32 {
        let [a, b, ..] = *self.0.as_bytes();
        (i32::from(a) << 4 | i32::from(b) >> 4) & 0xfff
    }
}

impl RecordId {
    /// The id of the record a source keeps under `key` for this compartment.
    pub fn derive(compartment: CompartmentId, source: &str, key: &str) -> Self {
        Self(derive("record", &[&compartment.to_string(), source, key]))
    }
}

impl DeliveryId {
    /// The id of a delivery: the same facility, source, path (with its condition flag) and bytes.
    pub fn derive(facility: &FacilityId, source: &SourceName, path: &str, sha256: &str) -> Self {
        Self(derive("delivery", &[facility.as_str(), source.as_str(), path, sha256]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        assert!(FacilityId::new("H01.main_2-b").is_ok());
        for bad in ["", "a b", "病院", "..", "a/b", &"x".repeat(65)] {
            assert!(FacilityId::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn derived_ids_do_not_mix_their_parts() {
        let facility = FacilityId::new("a").unwrap();
        let other = FacilityId::new("ab").unwrap();
        assert_ne!(CompartmentId::derive(&facility, "bc"), CompartmentId::derive(&other, "c"));
        assert!((0..4096).contains(&CompartmentId::derive(&facility, "bc").own_bucket()));
    }
}
