//! From a reading to what the store commits: compartments, ids, sets.

use crate::consent;
use bytes::Bytes;
use model::reading::{Format, Problem, Reading, SourceOrder, Statement};
use model::{CompartmentId, DeliveryId, FacilityId, SourceName};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use store::{NewDelivery, NewRecord, Part, Unit};

/// One file or message as it came, before it is read.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The facility it came from.
    pub facility: FacilityId,
    /// The feed of the facility.
    pub source: SourceName,
    /// Path below the watched root, `/` between parts; condition flag included.
    pub path: String,
    /// The bytes.
    pub bytes: Bytes,
    /// When the source last changed it, `YYYYMMDDHHMMSSmmm` JST, or empty.
    pub source_time: String,
    /// Position in the gateway's spool, or 0.
    pub sequence: i64,
    /// The file was written back to what it once was: the same path and bytes as a delivery that another has since
    /// replaced. Then its number tells it apart.
    pub again: bool,
}

/// Lower-case hex SHA-256 of the bytes.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Arrival {
    /// The id this delivery has: the same facility, source, path and bytes, and its number where it comes again.
    pub fn delivery_id(&self, sha256: &str) -> DeliveryId {
        let content = if self.again { format!("{sha256}#{}", self.sequence) } else { sha256.to_owned() };
        DeliveryId::derive(&self.facility, &self.source, &self.path, &content)
    }
}

/// What a file states, counted and prepared for the store.
pub struct Prepared {
    /// What the store commits.
    pub unit: Unit,
    /// Number of records stated by resource type.
    pub records: BTreeMap<String, usize>,
}

/// Turns a reading into a unit of commit. A reading without any record gets a problem that says so.
pub fn prepare(arrival: &Arrival, format: Format, mut reading: Reading) -> Prepared {
    let mut delivery = delivery(arrival, format);
    let problems = std::mem::take(&mut reading.problems);
    let (parts, records) = parts(arrival, delivery.id, reading);
    delivery.problems = told(problems, &records);
    Prepared { unit: Unit { delivery, parts }, records }
}

/// A delivery as it is kept, without what its reader found.
pub fn delivery(arrival: &Arrival, format: Format) -> NewDelivery {
    let sha256 = sha256_hex(&arrival.bytes);
    NewDelivery {
        id: arrival.delivery_id(&sha256),
        facility: arrival.facility.clone(),
        source: arrival.source.clone(),
        path: arrival.path.clone(),
        sha256,
        bytes: arrival.bytes.clone(),
        source_time: arrival.source_time.clone(),
        sequence: arrival.sequence,
        format,
        reader_version: formats::READER_VERSION,
        problems: Vec::new(),
    }
}

/// What a reading, or a part of one, states; and how many records of each type.
pub fn parts(
    arrival: &Arrival,
    delivery: DeliveryId,
    mut reading: Reading,
) -> (Vec<Part>, BTreeMap<String, usize>) {
    let rows = std::mem::take(&mut reading.consents);
    if !rows.is_empty() {
        let sha256 = sha256_hex(&arrival.bytes);
        let order = SourceOrder::new(&arrival.source_time, sha256.get(..16).unwrap_or_default());
        reading.statements.extend(rows.iter().map(|row| consent::statement(row, order.clone())));
    }
    let types = reading.key_types();
    let mut records = BTreeMap::new();
    for record in reading.statements.iter().flat_map(|statement| &statement.records) {
        let kind = record.resource.get("resourceType").and_then(|kind| kind.as_str()).unwrap_or("Resource");
        *records.entry(kind.to_owned()).or_insert(0) += 1;
    }
    let parts =
        reading.statements.into_iter().map(|statement| part(arrival, delivery, statement, &types)).collect();
    (parts, records)
}

/// The problems of a delivery; one that states nothing has at least one.
pub fn told(mut problems: Vec<Problem>, records: &BTreeMap<String, usize>) -> Vec<Problem> {
    if records.is_empty() && problems.is_empty() {
        problems.push(Problem::new("no-records", "file", "読み取れる記録がありませんでした"));
    }
    problems
}

fn part(
    arrival: &Arrival,
    delivery: DeliveryId,
    statement: Statement,
    types: &model::reading::KeyTypes,
) -> Part {
    let compartment_key = statement.patient.compartment_key(&arrival.source, &delivery.to_string());
    let compartment = CompartmentId::derive(&arrival.facility, &compartment_key);
    let resolved = statement.resolve(compartment, &arrival.source, types);
    let records = statement
        .records
        .iter()
        .zip(resolved)
        .map(|(stated, (id, resource))| NewRecord {
            id,
            key: stated.key.clone(),
            extent: stated.extent,
            resource,
            at: stated.at.clone(),
        })
        .collect();
    let registration = statement.set == model::reading::PATIENT_KEY;
    Part {
        compartment,
        compartment_key,
        local_id: statement.patient.local_id().cloned(),
        inbox: statement.patient.needs_assignment(),
        set: if registration { statement.set } else { format!("{}/{}", arrival.source, statement.set) },
        order: statement.order,
        effect: statement.effect,
        records,
    }
}
