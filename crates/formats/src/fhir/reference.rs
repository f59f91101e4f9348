//! References between the entries of one file.

use super::key::{kind, sender_id};
use super::parcel::Entry;
use serde_json::Value;
use std::collections::HashMap;

/// Finds the entry a reference means (R4 §3.3.3.3, resolving references in Bundles).
pub(super) struct References {
    by_text: HashMap<String, Vec<usize>>,
    /// In a history several entries are versions of one resource: any of them stands for it.
    history: bool,
}

impl References {
    /// Indexes the entries by fullUrl, by `Type/id`, and by the `Type/id` a fullUrl ends with.
    pub fn new(entries: &[Entry], history: bool) -> Self {
        let mut by_text: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, entry) in entries.iter().enumerate() {
            let kind = kind(&entry.resource);
            let mut texts = Vec::new();
            if let Some(url) = &entry.full_url {
                texts.push(url.clone());
                if let Some((_, id)) = url.rsplit_once(&format!("/{kind}/")) {
                    texts.push(format!("{kind}/{id}"));
                }
            }
            if let Some(id) = sender_id(&entry.resource) {
                texts.push(format!("{kind}/{id}"));
                // Seen in samples: the bare id as urn:uuid.
                texts.push(format!("urn:uuid:{id}"));
            }
            texts.sort();
            texts.dedup();
            for text in texts {
                by_text.entry(text).or_default().push(index);
            }
        }
        Self { by_text, history }
    }

    /// The entry, if exactly one is meant; an absolute address counts by its `Type/id` only where the
    /// entry's own fullUrl says so.
    pub fn find(&self, reference: &str) -> Option<usize> {
        let text = reference.split("/_history/").next().unwrap_or_default();
        let text = text.split('#').next().unwrap_or_default();
        match self.by_text.get(text)?.as_slice() {
            [one] => Some(*one),
            [one, ..] if self.history => Some(*one),
            _ => None,
        }
    }
}

/// Calls `each` with every `reference` text inside a value.
pub(super) fn visit(value: &Value, each: &mut impl FnMut(&str)) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                match inner {
                    Value::String(text) if name == "reference" => each(text),
                    _ => visit(inner, each),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| visit(inner, each)),
        _ => {}
    }
}

/// Replaces the `reference` texts inside a value for which `new` has another.
pub(super) fn replace(value: &mut Value, new: &impl Fn(&str) -> Option<String>) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map.iter_mut() {
                match inner {
                    Value::String(text) if name == "reference" => {
                        if let Some(other) = new(text) {
                            *text = other;
                        }
                    }
                    _ => replace(inner, new),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|inner| replace(inner, new)),
        _ => {}
    }
}
