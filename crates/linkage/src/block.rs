//! Under which keys a registration is found by those it may be the same person as.
//!
//! Two registrations that [`crate::decide()`] does not call distinct share a key (a property test holds this). A key is
//! the first 8 bytes of a SHA-256 in hexadecimal, so that the index shows no name; it is no secret: whoever can
//! guess the person can compute it, so an index of keys is personal data like the rest of the store.

use crate::normalise::Normalised;
use model::registration::Scheme;
use model::text;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// The keys of a registration, sorted, each once: 16 hexadecimal digits.
pub fn block_keys(registration: &Normalised) -> Vec<String> {
    let mut keys = Keys::default();
    for insured in &registration.insurances {
        let scheme = match insured.scheme {
            Scheme::Health => "health",
            Scheme::Care => "care",
        };
        keys.add("insurance", &[scheme, &insured.insurer, &insured.symbol, &insured.number]);
    }
    let reading = text::kana_without_long_vowels(&registration.reading.full);
    let names = [("written", registration.written.full.as_str()), ("reading", reading.as_str())];
    if let Some((year, day)) = registration.birth_date.as_deref().and_then(|date| date.split_once('-')) {
        // Every rule that asks for an equal birth date; some dozens of registrations share one.
        keys.add("birth", &[year, day]);
        // A slip changes the year or the day, never both.
        for (kind, name) in names {
            keys.add("year", &[kind, name, year]);
            keys.add("day", &[kind, name, day]);
        }
    }
    // Where a birth date is not known.
    let block = registration.address.as_ref().map_or("", |form| form.block.as_str());
    let number = block.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    for (kind, name) in names {
        keys.add("block", &[kind, name, number]);
        for phone in &registration.phones {
            keys.add("phone", &[kind, name, phone]);
        }
    }
    keys.0.into_iter().collect()
}

#[derive(Default)]
struct Keys(BTreeSet<String>);

impl Keys {
    /// Adds a key unless a part that must be there is empty (only an insurance symbol may be).
    fn add(&mut self, kind: &str, parts: &[&str]) {
        let optional = kind == "insurance";
        if !optional && parts.iter().any(|part| part.is_empty()) {
            return;
        }
        let mut hash = Sha256::new();
        for part in std::iter::once(&kind).chain(parts) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let key: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        self.0.insert(key);
    }
}
