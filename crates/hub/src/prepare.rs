//! From a reading to what the store commits: compartments, ids, sets.

use crate::consent;
use bytes::Bytes;
use model::reading::{Format, Problem, Reading, SourceOrder, Statement};
use model::{CompartmentId, DeliveryId, FacilityId, SourceName};
use sha2::{Digest, Sha256};
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
}

/// Lower-case hex SHA-256 of the bytes.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Arrival {
    /// The id this delivery has: the same facility, source, path and bytes.
    pub fn delivery_id(&self, sha256: &str) -> DeliveryId {
        DeliveryId::derive(&self.facility, &self.source, &self.path, sha256)
    }
}

/// What a file states, counted and prepared for the store.
pub struct Prepared {
    /// What the store commits.
    pub unit: Unit,
    /// Number of records stated by resource type.
    pub records: std::collections::BTreeMap<String, usize>,
}

/// Turns a reading into a unit of commit. A reading without any record gets a problem that says so.
pub fn prepare(arrival: &Arrival, format: Format, mut reading: Reading) -> Prepared {
    let sha256 = sha256_hex(&arrival.bytes);
    let id = arrival.delivery_id(&sha256);
    let order = SourceOrder::new(&arrival.source_time, sha256.get(..16).unwrap_or_default());
    let rows = std::mem::take(&mut reading.consents);
    reading.statements.extend(rows.iter().map(|row| consent::statement(row, order.clone())));
    let stated = reading.statements.iter().map(|statement| statement.records.len()).sum::<usize>();
    if stated == 0 && reading.problems.is_empty() {
        reading.problems.push(Problem::new("no-records", "file", "読み取れる記録がありませんでした"));
    }
    let types = reading.key_types();
    let mut records = std::collections::BTreeMap::new();
    for record in reading.statements.iter().flat_map(|statement| &statement.records) {
        let kind = record.resource.get("resourceType").and_then(|kind| kind.as_str()).unwrap_or("Resource");
        *records.entry(kind.to_owned()).or_insert(0) += 1;
    }
    let parts =
        reading.statements.into_iter().map(|statement| part(arrival, id, statement, &types)).collect();
    let delivery = NewDelivery {
        id,
        facility: arrival.facility.clone(),
        source: arrival.source.clone(),
        path: arrival.path.clone(),
        sha256,
        bytes: arrival.bytes.clone(),
        source_time: arrival.source_time.clone(),
        sequence: arrival.sequence,
        format,
        reader_version: formats::READER_VERSION,
        problems: reading.problems,
    };
    Prepared { unit: Unit { delivery, parts }, records }
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
