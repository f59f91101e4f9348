//! Who may see what of one person, and why: consent, relationship, role, sensitivity → Permit or Refusal.
//!
//! The room exists so that the question is answered in one place, by pure functions over stated facts, and so
//! that the answer is a type: no clinical row leaves the store without a [`Permit`], and only this crate can
//! make one. Denial is the default; a fact that cannot be read counts against showing.
//!
//! Not here: where consents are kept, the audit, sessions and passwords, the clock (the day is a fact).

pub mod consent;
pub mod day;
pub mod decide;
pub mod permit;
pub mod relationship;
pub mod role;
pub mod sensitivity;
pub mod viewer;
pub mod words;
pub mod work;

pub use consent::{Consent, ConsentKind};
pub use decide::{Decision, Facts, Refusal, decide};
pub use permit::{Permit, Visibility};
pub use relationship::Relationship;
pub use viewer::{Purpose, Viewer};
pub use words::{Language, Reason, Rule};
pub use work::{Job, JobPermit, SearchPermit, job, may_search};
