//! Are two registrations one person? Normalise, block, compare, decide. Pure.
//!
//! A wrong person is the worst thing that can happen here, so a link needs exact agreement on what identifies and
//! no contradiction with any registration already linked; everything that only looks alike goes to a human.
//! `docs/linkage.md` has the rules in words.
//!
//! Not here: where links are kept, un-linking, the review desk's pages, scores learned from data. The functions are
//! shaped so that a probabilistic model can take the place of [`decide`] without a change for the callers.

mod block;
mod compare;
mod decide;
mod finding;
mod normalise;
mod person;
mod placeholder;
mod similar;

pub use block::block_keys;
pub use compare::compare;
pub use decide::{LinkRule, Review, Verdict, Why, contradicts, decide};
pub use finding::{Comparison, Field, Finding, Level, Note};
pub use normalise::{FoldedName, Insured, Normalised, normalise};
pub use person::{Placement, decide_for_person, place};
pub use placeholder::Placeholder;
