//! A record in the making: elements set or appended if there is something to say, and what the segment
//! says beyond FHIR carried along under its HL7 name.

use super::SOURCE_FIELD;
use crate::hl7v2::Segment;
use model::reading::{Extent, Resource, StatedRecord};
use serde_json::{Map, Value, json};

/// JP Core structure definitions.
const PROFILE: &str = "http://jpfhir.jp/fhir/core/StructureDefinition/";

/// A record in the making.
#[derive(Debug, Clone)]
pub struct Record {
    key: String,
    at: String,
    resource: Resource,
    carried: Vec<Value>,
}

impl Record {
    /// Begins a record; `profile` is the last part of JP Core's address (`JP_Encounter`), or empty.
    pub fn new(kind: &str, profile: &str, key: impl Into<String>, at: impl Into<String>) -> Self {
        let mut resource = Map::new();
        resource.insert("resourceType".into(), json!(kind));
        if !profile.is_empty() {
            resource.insert("meta".into(), json!({"profile": [format!("{PROFILE}{profile}")]}));
        }
        Self { key: key.into(), at: at.into(), resource, carried: Vec::new() }
    }

    /// Its key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// An element as it stands.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.resource.get(name)
    }

    /// Sets an element, if there is something to set. Gives true if there was.
    pub fn set(&mut self, name: &str, value: Option<impl Into<Value>>) -> bool {
        let value = value.map(Into::into);
        let there = value.is_some();
        if let Some(value) = value {
            self.resource.insert(name.into(), value);
        }
        there
    }

    /// Appends to a repeating element, if there is something.
    pub fn push(&mut self, name: &str, value: Option<impl Into<Value>>) {
        let Some(value) = value.map(Into::into) else { return };
        let list = self.resource.entry(name).or_insert_with(|| Value::Array(Vec::new()));
        if let Some(list) = list.as_array_mut() {
            list.push(value);
        }
    }

    /// Carries along what nobody has read of a segment, by HL7 field name, in the extension list.
    pub fn carry(&mut self, segment: &Segment) {
        self.carried.extend(segment.rest().into_iter().map(|(field, value)| source_field(&field, &value)));
    }

    /// The record.
    pub fn done(mut self, extent: Extent) -> StatedRecord {
        for each in std::mem::take(&mut self.carried) {
            self.push("extension", Some(each));
        }
        StatedRecord { key: self.key, resource: self.resource, extent, at: self.at }
    }

    /// The resource alone, for `contained`.
    pub fn into_resource(self) -> Resource {
        self.done(Extent::Whole).resource
    }
}

/// The extension that keeps a field of the source by name.
pub fn source_field(field: &str, value: &str) -> Value {
    json!({"url": SOURCE_FIELD, "extension": [
        {"url": "field", "valueString": field},
        {"url": "value", "valueString": value},
    ]})
}
