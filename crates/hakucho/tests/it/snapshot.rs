//! An export looked at: what is current, what is past, what was received.

use crate::process::{Place, finish};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// An export of a place.
#[derive(Debug, PartialEq)]
pub struct Snapshot {
    /// Current resources by id.
    pub current: BTreeMap<String, Value>,
    /// Versions of the past.
    pub past: Vec<Value>,
    /// Lines of the index of deliveries.
    pub deliveries: Vec<Value>,
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn resources(folder: &Path) -> Vec<Value> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "ndjson"))
        .collect();
    names.sort();
    let mut all = Vec::new();
    for name in names {
        for resource in lines(&name) {
            assert_eq!(resource["resourceType"], name.file_stem().unwrap().to_str().unwrap());
            all.push(resource);
        }
    }
    all
}

/// Every text under `reference`.
pub fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                match inner {
                    Value::String(text) if name == "reference" => drop(found.insert(text.clone())),
                    other => references(other, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|inner| references(inner, found)),
        _ => {}
    }
}

impl Snapshot {
    /// Exports a place and reads what was written; each id must be there once, and each delivery's bytes.
    pub fn of(place: &Place) -> Self {
        let room = tempfile::tempdir().unwrap();
        let out = room.path().join("書き出し 1");
        let mut command = place.command();
        finish(command.arg("export").arg("--data").arg(place.data()).arg("--out").arg(&out)).ends(0);
        Self::read(&out)
    }

    /// Reads an export.
    pub fn read(out: &Path) -> Self {
        let mut current = BTreeMap::new();
        for resource in resources(out) {
            let id = resource["id"].as_str().unwrap().to_owned();
            assert!(current.insert(id, resource).is_none(), "an id twice");
        }
        let deliveries = lines(&out.join("deliveries/index.ndjson"));
        let mut names = BTreeSet::from(["index.ndjson".to_owned()]);
        for delivery in &deliveries {
            let name = delivery["sha256"].as_str().unwrap();
            let size = std::fs::metadata(out.join("deliveries").join(name)).unwrap().len();
            assert_eq!(delivery["size"].as_u64(), Some(size));
            names.insert(name.to_owned());
        }
        let written: BTreeSet<String> = std::fs::read_dir(out.join("deliveries"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(written, names, "bytes without a line or a line without bytes");
        Self { current, past: resources(&out.join("history")), deliveries }
    }

    /// Current resources of a type.
    pub fn all<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.current.values().filter(move |resource| resource["resourceType"] == kind)
    }

    /// Number of current resources by type.
    pub fn kinds(&self) -> BTreeMap<String, usize> {
        let mut kinds = BTreeMap::new();
        for resource in self.current.values() {
            *kinds.entry(resource["resourceType"].as_str().unwrap().to_owned()).or_insert(0) += 1;
        }
        kinds
    }

    /// References that look like ours and do not lead to a current resource of that type.
    pub fn dangling(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        // A Bundle is kept as it came: its entries refer to each other in the sender's words.
        for resource in self.current.values().filter(|resource| resource["resourceType"] != "Bundle") {
            references(resource, &mut found);
        }
        found.retain(|reference| {
            let (kind, id) = reference.rsplit_once('/').unwrap_or(("", reference));
            !reference.starts_with('#') && self.current.get(id).is_none_or(|one| one["resourceType"] != kind)
        });
        found
    }
}
