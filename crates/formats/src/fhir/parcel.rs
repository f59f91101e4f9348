//! What comes in together: a Bundle with its entries, or the loose resources of a file; as statements.
//!
//! A document or message is one set, replaced as a whole when it comes again; every other entry is a set of
//! its own. Two sets never hold one record: a record of a document is named after the document.

use super::Item;
use super::check::check;
use super::key::{business, kind, record_key, sender_id};
use super::owner::{Owners, apart, decide};
use super::reference::{References, replace};
use super::sender_id::keep_sender_id;
use super::time::digits;
use model::reading::{Effect, Extent, Input, KEY_REFERENCE, PATIENT_KEY, PatientKey, Problem, Reading};
use model::reading::{Resource, SourceOrder, StatedRecord, Statement};
use serde_json::Value;
use std::collections::{HashMap, HashSet, VecDeque};

/// One resource with its address in the Bundle.
pub(super) struct Entry {
    /// `Bundle.entry.fullUrl`.
    pub full_url: Option<String>,
    /// The resource.
    pub resource: Resource,
    /// Where it was found.
    pub at: String,
}

/// What an entry is called: under each person the record key, and whether it is stated there.
type Names = Vec<(PatientKey, String, bool)>;

/// An entry of a history that says a resource was deleted.
struct Deletion {
    /// What it may be called: fullUrl, request.url.
    names: Vec<String>,
    /// 17 digits, or empty.
    time: String,
    /// Entries with a resource before it.
    index: usize,
    at: String,
}

/// A Bundle apart from its entries.
struct Envelope {
    /// Of a history.
    deletions: Vec<Deletion>,
    resource: Resource,
    at: String,
    /// Key of the Bundle record, and the set of a document.
    key: String,
    kind: String,
    /// 17 digits, or empty.
    time: String,
}

/// Reads the resources of a file.
pub(super) fn read(items: Vec<Item>, input: &Input<'_>, reading: &mut Reading) {
    let digest = digest(input.bytes);
    let mut loose = Vec::new();
    let mut bundles = Vec::new();
    for Item { resource, at } in items {
        match kind(&resource) {
            "Bundle" => bundles.push(Item { resource, at }),
            _ => loose.push(Entry { full_url: None, resource, at }),
        }
    }
    let (patients, names, taken) = (HashMap::new(), HashMap::new(), HashSet::new());
    let mut writer = Writer { input, digest, reading, patients, names, taken };
    if !loose.is_empty() {
        writer.write(None, loose, Vec::new());
    }
    // Bundles in Bundles: taken apart from the outside in, written from the inside out, so that the outer one
    // knows whom the inner ones are about. Their depth is bounded by the JSON parser's.
    let mut waiting: VecDeque<(Option<usize>, Item)> = bundles.into_iter().map(|item| (None, item)).collect();
    let mut opened = Vec::new();
    let mut times: HashMap<String, usize> = HashMap::new();
    while let Some((outer, bundle)) = waiting.pop_front() {
        let (mut envelope, entries, inner) = open(bundle, input, writer.reading);
        // Parts of one prescription carry one identifier: each is a set of its own.
        let count = times.entry(envelope.key.clone()).and_modify(|count| *count += 1).or_insert(1);
        if *count > 1 {
            envelope.key = format!("{}~{count}", envelope.key);
            let text = "another Bundle of this file has the same identifier; both are kept";
            writer.reading.problems.push(Problem::new("duplicate", envelope.at.clone(), text));
        }
        waiting.extend(inner.into_iter().map(|item| (Some(opened.len()), item)));
        opened.push((outer, envelope, entries));
    }
    let mut people_inside: Vec<Vec<PatientKey>> = vec![Vec::new(); opened.len()];
    for (index, (outer, envelope, entries)) in opened.into_iter().enumerate().rev() {
        let inside = people_inside.get_mut(index).map(std::mem::take).unwrap_or_default();
        let people = writer.write(Some(envelope), entries, inside);
        if let Some(outer) = outer.and_then(|outer| people_inside.get_mut(outer)) {
            outer.extend(people);
        }
    }
}

const NOT_APPLIED: &str = "a request to delete is kept in the Bundle and not carried out";

fn digest(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Takes a Bundle apart.
fn open(bundle: Item, input: &Input<'_>, reading: &mut Reading) -> (Envelope, Vec<Entry>, Vec<Item>) {
    let Item { resource, at } = bundle;
    let (mut entries, mut inner) = (Vec::new(), Vec::new());
    let mut deletions = Vec::new();
    let history = resource.get("type").and_then(Value::as_str) == Some("history");
    let list = resource.get("entry").and_then(Value::as_array).cloned().unwrap_or_default();
    for (index, mut entry) in list.into_iter().enumerate() {
        let place = format!("{at}.entry[{index}]");
        let full_url = entry.get("fullUrl").and_then(Value::as_str).map(str::to_owned);
        let said = |pointer: &str| entry.pointer(pointer).and_then(Value::as_str);
        let deletes = said("/request/method") == Some("DELETE");
        if deletes && history {
            let names = full_url.iter().cloned().chain(said("/request/url").map(str::to_owned)).collect();
            let time = digits(said("/response/lastModified").unwrap_or_default());
            deletions.push(Deletion { names, time, index: entries.len(), at: place.clone() });
        } else if deletes {
            reading.problems.push(Problem::new("not-applied", place.clone(), NOT_APPLIED));
        }
        match entry.get_mut("resource").map(Value::take).and_then(super::resource) {
            Some(resource) => {
                let at = format!("{place}.resource");
                check(&resource, &at, &mut reading.problems);
                match kind(&resource) {
                    "Bundle" => inner.push(Item { resource, at }),
                    _ => entries.push(Entry { full_url, resource, at }),
                }
            }
            None if deletes => {}
            None => {
                let text = "no resource in this entry; it is kept in the Bundle alone";
                reading.problems.push(Problem::new("not-mapped", place, text));
            }
        }
    }
    let text = |pointer: &str| {
        let mut value = resource.get(pointer.split('/').next().unwrap_or_default());
        for part in pointer.split('/').skip(1) {
            value = value.and_then(|value| value.get(part));
        }
        value.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let composition = entries.iter().map(|entry| &entry.resource).find(|each| kind(each) == "Composition");
    let written = composition.and_then(|each| each.get("date")).and_then(Value::as_str).unwrap_or_default();
    let time = [text("timestamp"), written.to_owned(), text("meta/lastUpdated")];
    let time = time.iter().map(|time| digits(time)).find(|time| !time.is_empty()).unwrap_or_default();
    let key = business(&resource)
        .or_else(|| composition.and_then(business))
        .or_else(|| sender_id(&resource).map(|id| format!("id:{id}")))
        .unwrap_or_else(|| format!("path:{}", input.path));
    let envelope =
        Envelope { deletions, key: format!("Bundle/{key}"), kind: text("type"), time, resource, at };
    (envelope, entries, inner)
}

struct Writer<'a> {
    input: &'a Input<'a>,
    digest: String,
    reading: &'a mut Reading,
    /// Digest of the content of each Patient stated.
    patients: HashMap<PatientKey, String>,
    /// What was stated under each name, by patient, to keep two facts from becoming one.
    names: HashMap<(PatientKey, String), Named>,
    /// Record keys given, by patient.
    taken: HashSet<(PatientKey, String)>,
}

/// The facts of one name.
#[derive(Default)]
struct Named {
    /// How many have been numbered.
    count: usize,
    /// Record key by digest of the content.
    keys: HashMap<String, String>,
}

impl Writer<'_> {
    /// Writes the statements of a Bundle or of loose resources. `inside` are the people of Bundles within it;
    /// gives everybody it speaks of.
    fn write(
        &mut self,
        envelope: Option<Envelope>,
        entries: Vec<Entry>,
        inside: Vec<PatientKey>,
    ) -> Vec<PatientKey> {
        let is_document =
            envelope.as_ref().is_some_and(|each| ["document", "message"].contains(&each.kind.as_str()));
        let history = envelope.as_ref().is_some_and(|each| each.kind == "history");
        let references = References::new(&entries, history);
        let bundle = envelope.as_ref().map_or("", |each| each.kind.as_str());
        let owners = decide(&entries, &references, bundle, &self.digest, &mut self.reading.problems);
        let prefix = envelope
            .as_ref()
            .filter(|_| is_document)
            .map_or_else(String::new, |each| format!("{}/", each.key));
        let everybody: Vec<PatientKey> = owners.people.iter().map(|person| person.key.clone()).collect();
        let nobody = [PatientKey::Nobody];
        let mut all = everybody.clone();
        for person in inside {
            if !all.contains(&person) {
                all.push(person);
            }
        }
        // The envelope goes to the one person it is about. With several it would show each to the others.
        let holder = match all.as_slice() {
            [] => PatientKey::Nobody,
            [one] => one.clone(),
            _ => apart("Bundle", &self.digest),
        };
        if let (Some(envelope), true) = (&envelope, all.len() > 1) {
            let text =
                "several patients: the Bundle itself is kept where nobody sees it, its entries are split";
            self.reading.problems.push(Problem::new("several-patients", envelope.at.clone(), text));
        }

        let mut names: Vec<Names> = vec![Vec::new(); entries.len()];
        for ((index, entry), of) in entries.iter().enumerate().zip(&owners.of) {
            let people: Vec<&PatientKey> = of.iter().filter_map(|person| everybody.get(*person)).collect();
            let people = if people.is_empty() { nobody.iter().collect() } else { people };
            if of.is_empty() {
                let text = "about no patient: kept until somebody says whose it is";
                self.reading.problems.push(Problem::new("no-patient", entry.at.clone(), text));
            }
            for person in people {
                let (key, new) = self.name(entry, index, &prefix, history, person);
                if let Some(list) = names.get_mut(index) {
                    list.push((person.clone(), key, new));
                }
            }
        }

        let mut document: Vec<(PatientKey, Vec<StatedRecord>)> = Vec::new();
        if let Some(envelope) = &envelope {
            let record = self.envelope_record(envelope);
            document.push((holder, vec![record]));
        }
        for (index, entry) in entries.iter().enumerate() {
            for (person, key, _) in names.get(index).into_iter().flatten().filter(|(.., new)| *new) {
                let new = |text: &str| {
                    let asked = owners.asked_for(text).and_then(|index| everybody.get(index));
                    if asked == Some(person) {
                        return Some(format!("{KEY_REFERENCE}{PATIENT_KEY}"));
                    }
                    let target = references.find(text)?;
                    let (_, key, _) = names.get(target)?.iter().find(|(other, ..)| other == person)?;
                    Some(format!("{KEY_REFERENCE}{key}"))
                };
                let record = split(entry, key, new);
                let order = self.order(envelope.as_ref(), Some(entry), index);
                if key == PATIENT_KEY {
                    self.state(person.clone(), PATIENT_KEY.to_owned(), order, vec![record]);
                } else if is_document {
                    match document.iter_mut().find(|(other, _)| other == person) {
                        Some((_, records)) => records.push(record),
                        None => document.push((person.clone(), vec![record])),
                    }
                } else {
                    self.state(person.clone(), key.clone(), order, vec![record]);
                }
            }
        }
        for deletion in envelope.iter().flat_map(|envelope| &envelope.deletions) {
            let found = deletion.names.iter().find_map(|name| references.find(name));
            self.delete(deletion, found, &names, &entries);
        }
        if let Some(envelope) = &envelope {
            let order = self.order(Some(envelope), None, 0);
            for (person, records) in document {
                self.state(person, envelope.key.clone(), order.clone(), records);
            }
        }
        self.hints(&owners, envelope.as_ref());
        all
    }

    /// A deletion a history tells of: of the version that follows it there. `found` is any version of it.
    fn delete(&mut self, deletion: &Deletion, found: Option<usize>, names: &[Names], entries: &[Entry]) {
        let held = found.and_then(|index| names.get(index)).map(Vec::as_slice).unwrap_or_default();
        // A registration is not taken away by what deletes the sender's page of it.
        let held: Vec<_> = held.iter().filter(|(_, key, _)| key != PATIENT_KEY).collect();
        if held.is_empty() {
            self.reading.problems.push(Problem::new("not-applied", deletion.at.clone(), NOT_APPLIED));
        }
        let written = digits(self.input.source_time);
        let time = if deletion.time.is_empty() { &written } else { &deletion.time };
        // Newer than the entries that follow it.
        let place = 999_999 - deletion.index.min(999_999);
        let sequence = format!("{:0>17}-{written:0>17}-{place:06}~", deletion.time);
        let order = SourceOrder::new(time, sequence);
        for (person, key, _) in held {
            let same = |of: &Names| of.iter().any(|(other, name, _)| other == person && name == key);
            let next = (deletion.index..names.len()).find(|index| names.get(*index).is_some_and(same));
            let Some(entry) = next.or(found).and_then(|index| entries.get(index)) else { continue };
            let (patient, set, records) = (person.clone(), key.clone(), vec![split(entry, key, |_| None)]);
            let (order, effect) = (order.clone(), Effect::Deleted);
            self.reading.statements.push(Statement { patient, set, order, effect, records });
        }
    }

    /// The key of an entry under a person, and whether it is to be stated: a second different fact of one
    /// name gets a name of its own, the same one again is said once.
    fn name(
        &mut self,
        entry: &Entry,
        index: usize,
        prefix: &str,
        history: bool,
        person: &PatientKey,
    ) -> (String, bool) {
        let content = digest(Value::Object(entry.resource.clone()).to_string().as_bytes());
        if history {
            // The same id again is another version of it (R4 §3.1.0.11), not another fact.
            let fallback = format!("content:{content}");
            let key = match kind(&entry.resource) {
                "Patient" => PATIENT_KEY.to_owned(),
                _ => record_key(&entry.resource, entry.full_url.as_deref(), &fallback),
            };
            if key == PATIENT_KEY {
                self.patients.insert(person.clone(), content);
            }
            return (key, true);
        }
        if kind(&entry.resource) == "Patient" {
            let known = self.patients.insert(person.clone(), content.clone());
            if known.is_some_and(|known| known != content) {
                let text = "the same patient a second time and otherwise; the later one holds";
                self.reading.problems.push(Problem::new("duplicate", entry.at.clone(), text));
            }
            return (PATIENT_KEY.to_owned(), true);
        }
        let fallback = match (entry.at == kind(&entry.resource), prefix.is_empty()) {
            (true, true) => format!("path:{}", self.input.path),
            (_, true) => {
                format!("content:{content}")
            }
            (_, false) => format!("entry:{index}"),
        };
        let base = format!("{prefix}{}", record_key(&entry.resource, entry.full_url.as_deref(), &fallback));
        let named = self.names.entry((person.clone(), base.clone())).or_default();
        if let Some(key) = named.keys.get(&content) {
            let text = "the same resource a second time; stated once";
            self.reading.problems.push(Problem::new("duplicate", entry.at.clone(), text));
            return (key.clone(), false);
        }
        let key = loop {
            named.count += 1;
            let key = if named.count == 1 { base.clone() } else { format!("{base}~{}", named.count) };
            if self.taken.insert((person.clone(), key.clone())) {
                break key;
            }
        };
        if named.count > 1 {
            let text = "another entry has the same identifier and code; both are kept";
            self.reading.problems.push(Problem::new("duplicate", entry.at.clone(), text));
        }
        named.keys.insert(content, key.clone());
        (key, true)
    }

    fn envelope_record(&mut self, envelope: &Envelope) -> StatedRecord {
        let mut resource = envelope.resource.clone();
        keep_sender_id(&mut resource);
        let (key, at) = (envelope.key.clone(), envelope.at.clone());
        StatedRecord { key, resource, extent: Extent::Whole, at }
    }

    /// The time of the Bundle, of the resource, of the file; of a history, the resource's own first.
    fn order(&self, envelope: Option<&Envelope>, entry: Option<&Entry>, index: usize) -> SourceOrder {
        let meta = entry.and_then(|entry| entry.resource.get("meta"));
        let updated =
            meta.and_then(|meta| meta.get("lastUpdated")).and_then(Value::as_str).unwrap_or_default();
        let updated = digits(updated);
        let bundle = envelope.map_or("", |envelope| envelope.time.as_str());
        let history = envelope.is_some_and(|envelope| envelope.kind == "history");
        let (first, second) = if history { (updated.as_str(), bundle) } else { (bundle, updated.as_str()) };
        let written = digits(self.input.source_time);
        // A history has the newest first.
        let index = if history { 999_999 - index.min(999_999) } else { index };
        let time = [first, second, &written].into_iter().find(|time| !time.is_empty()).unwrap_or_default();
        SourceOrder::new(time, format!("{updated:0>17}-{written:0>17}-{index:06}"))
    }

    /// What references alone say of a person, where the file has no Patient of theirs.
    fn hints(&mut self, owners: &Owners, envelope: Option<&Envelope>) {
        for person in &owners.people {
            let Some(hint) = &person.hint else { continue };
            if self.patients.insert(person.key.clone(), String::new()).is_none() {
                let record = StatedRecord {
                    key: PATIENT_KEY.to_owned(),
                    resource: hint.clone(),
                    extent: Extent::Supplement,
                    at: envelope.map_or_else(|| "subject".to_owned(), |envelope| envelope.at.clone()),
                };
                let order = self.order(envelope, None, 0);
                self.state(person.key.clone(), PATIENT_KEY.to_owned(), order, vec![record]);
            }
        }
    }

    fn state(&mut self, patient: PatientKey, set: String, order: SourceOrder, records: Vec<StatedRecord>) {
        self.reading.statements.push(Statement { patient, set, order, effect: Effect::Stated, records });
    }
}

/// An entry as a record: its references to other entries by key, the sender's id kept aside.
fn split(entry: &Entry, key: &str, new: impl Fn(&str) -> Option<String>) -> StatedRecord {
    let mut resource = entry.resource.clone();
    keep_sender_id(&mut resource);
    resource.values_mut().for_each(|value| replace(value, &new));
    StatedRecord { key: key.to_owned(), resource, extent: Extent::Whole, at: entry.at.clone() }
}
