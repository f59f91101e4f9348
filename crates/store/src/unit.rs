//! What a caller hands to [`crate::Store::commit`] and what it gets back.

use bytes::Bytes;
use model::reading::{Effect, Extent, Format, Problem, Resource, SourceOrder};
use model::{CompartmentId, DeliveryId, FacilityId, LocalId, RecordId, SourceName};

/// One file or message as received.
#[derive(Clone)]
pub struct NewDelivery {
    /// Derived from facility, source, path and bytes.
    pub id: DeliveryId,
    /// Who sent it.
    pub facility: FacilityId,
    /// Through which feed.
    pub source: SourceName,
    /// Path below the watched root, with its condition flag; may name a patient.
    pub path: String,
    /// SHA-256 of the bytes, lower-case hex.
    pub sha256: String,
    /// The bytes as received.
    pub bytes: Bytes,
    /// When the source last changed it (`YYYYMMDDHHMMSSmmm`, JST), or empty.
    pub source_time: String,
    /// The feed's own running number.
    pub sequence: i64,
    /// How it was read.
    pub format: Format,
    /// By which edition of the reading rules.
    pub reader_version: i32,
    /// What could not be read or mapped.
    pub problems: Vec<Problem>,
}

/// A delivery and everything read from it.
#[derive(Clone)]
pub struct Unit {
    /// What was received.
    pub delivery: NewDelivery,
    /// What it says, in the order of the original.
    pub parts: Vec<Part>,
}

/// What a delivery says about one set of one compartment.
#[derive(Clone)]
pub struct Part {
    /// Whose it is.
    pub compartment: CompartmentId,
    /// The key the compartment's id was derived from.
    pub compartment_key: String,
    /// The facility's number for the patient.
    pub local_id: Option<LocalId>,
    /// A human must say whose it is before it may be shown.
    pub inbox: bool,
    /// The set that is stated, prefixed by its source (except [`model::reading::PATIENT_KEY`]).
    pub set: String,
    /// Since when it holds, at the source.
    pub order: SourceOrder,
    /// Stated, superseded or deleted.
    pub effect: Effect,
    /// The members of the set.
    pub records: Vec<NewRecord>,
}

/// One record as stated, references resolved and id set.
#[derive(Clone)]
pub struct NewRecord {
    /// Its id.
    pub id: RecordId,
    /// The key the id was derived from.
    pub key: String,
    /// Whole, or only a supplement.
    pub extent: Extent,
    /// The FHIR resource, with `id`.
    pub resource: Resource,
    /// Where in the original it starts.
    pub at: String,
}

/// Whether a delivery was news.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Stored now, durably.
    Kept,
    /// The same delivery was there already; nothing changed.
    Known,
}

/// The receipt of one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Which delivery.
    pub delivery: DeliveryId,
    /// News or not.
    pub outcome: Outcome,
    /// Compartments whose Patient or Coverage changed: to be registered and linked. The store remembers them
    /// as due until that is done (see [`crate::Store::registrations_due`]), also across a crash.
    pub changed: Vec<CompartmentId>,
}
