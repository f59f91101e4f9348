//! Deliveries for tests, in few words.

use access::{Consent, ConsentKind, Decision, Facts, Permit, Purpose, Relationship, Viewer};
use bytes::Bytes;
use model::facility::{FacilityKind, Profession};
use model::reading::{Effect, Extent, Format, Problem, Resource, SourceOrder, Statement};
use model::{CompartmentId, DeliveryId, FacilityId, LocalId, PersonId, RecordId, SourceName, StaffId};
use serde_json::{Value, json};
use store::{ChartQuery, NewDelivery, NewRecord, Part, Store, Unit, sql};

pub fn facility(name: &str) -> FacilityId {
    FacilityId::new(name).unwrap()
}

pub fn source() -> SourceName {
    SourceName::new("ehr").unwrap()
}

pub fn compartment(facility: &str, patient: &str) -> CompartmentId {
    CompartmentId::derive(&self::facility(facility), &format!("id:{patient}"))
}

pub fn record(compartment: CompartmentId, key: &str) -> RecordId {
    Statement::record_id(compartment, &source(), key)
}

pub fn object(value: Value) -> Resource {
    value.as_object().cloned().unwrap()
}

/// A laboratory value.
pub fn lab(value: u32) -> Value {
    json!({
        "resourceType": "Observation", "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"text": "HbA1c"}, "effectiveDateTime": "2026-11-20T09:00:00+09:00",
        "valueQuantity": {"value": value, "unit": "%"},
    })
}

/// A part under construction.
pub struct Said {
    pub part: Part,
    facility: String,
}

/// What a source says of a patient's set at a time (`20261120`).
pub fn says(facility: &str, patient: &str, set: &str, time: &str) -> Said {
    let part = Part {
        compartment: compartment(facility, patient),
        compartment_key: format!("id:{patient}"),
        local_id: Some(LocalId::from(patient)),
        inbox: false,
        set: set.to_owned(),
        order: SourceOrder::new(time, ""),
        effect: Effect::Stated,
        records: Vec::new(),
    };
    Said { part, facility: facility.to_owned() }
}

impl Said {
    pub fn of(mut self, key: &str, resource: Value) -> Self {
        let id = record(self.part.compartment, key);
        let mut resource = object(resource);
        resource.insert("id".into(), id.to_string().into());
        let extent = Extent::Whole;
        self.part.records.push(NewRecord { id, key: key.into(), extent, resource, at: "x".into() });
        self
    }
    pub fn supplement(mut self, key: &str, resource: Value) -> Self {
        self = self.of(key, resource);
        self.part.records.last_mut().unwrap().extent = Extent::Supplement;
        self
    }
    pub fn effect(mut self, effect: Effect) -> Self {
        self.part.effect = effect;
        self
    }
    pub fn inbox(mut self) -> Self {
        self.part.inbox = true;
        self
    }
    pub fn unit(self, path: &str) -> Unit {
        unit(&self.facility.clone(), path, vec![self])
    }
}

pub fn unit(facility: &str, path: &str, parts: Vec<Said>) -> Unit {
    let bytes =
        Bytes::from(format!("{path} {}", parts.iter().map(|said| said.part.records.len()).sum::<usize>()));
    unit_of(facility, path, bytes, parts)
}

pub fn unit_of(facility: &str, path: &str, bytes: Bytes, parts: Vec<Said>) -> Unit {
    let facility = self::facility(facility);
    let sha256 = sha256(&bytes);
    Unit {
        delivery: NewDelivery {
            id: DeliveryId::derive(&facility, &source(), path, &sha256),
            facility,
            source: source(),
            path: path.to_owned(),
            sha256,
            bytes,
            source_time: String::new(),
            sequence: 0,
            format: Format::SsMix2,
            reader_version: 1,
            problems: vec![Problem::new("not-mapped", "PID-9", "not mapped")],
        },
        parts: parts.into_iter().map(|said| said.part).collect(),
    }
}

pub fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

pub async fn person(store: &Store, compartment: CompartmentId) -> PersonId {
    let mut tx = store.snapshot("test").await.unwrap();
    let row = tx.one(sql("SELECT person FROM compartment WHERE id = $1").id(compartment.0)).await.unwrap();
    PersonId(row.id(0).unwrap())
}

/// The facts under which a viewer sees everything of a person.
pub fn facts(person: PersonId, own: &str) -> Facts {
    Facts {
        person,
        consents: vec![Consent {
            id: "c1".into(),
            kind: ConsentKind::Permit,
            facilities: vec![],
            from: "2020-01-01".into(),
            until: None,
            withdrawn: false,
        }],
        relationships: vec![Relationship {
            facility: facility(own),
            reason: "visit".into(),
            from: "2020-01-01".into(),
            until: None,
        }],
        registered_here: true,
        today: "2026-11-24".into(),
        consent_epoch: 0,
    }
}

pub fn viewer(own: &str, profession: Profession) -> Viewer {
    Viewer {
        staff: StaffId::parse("0a0d9c1e-51d4-5b7a-9e37-48414b554348").unwrap(),
        name: "白鳥 太郎".into(),
        profession,
        facility: facility(own),
        facility_name: "試験病院".into(),
        facility_kind: FacilityKind::Hospital,
    }
}

pub fn permit_with(facts: &Facts, own: &str, profession: Profession) -> Permit {
    match access::decide(&viewer(own, profession), Purpose::Treatment, facts) {
        Decision::Permit(permit) => permit,
        Decision::Refusal(refusal) => panic!("{refusal}"),
    }
}

/// A permit that shows a physician of the facility everything.
pub async fn permit(store: &Store, compartment: CompartmentId, own: &str) -> Permit {
    permit_with(&facts(person(store, compartment).await, own), own, Profession::Physician)
}

/// The values in a person's chart with the letter of their state, in order of time and record.
pub async fn values(store: &Store, compartment: CompartmentId, own: &str) -> Vec<String> {
    let permit = permit(store, compartment, own).await;
    let chart = store.chart(&permit, &ChartQuery::default()).await.unwrap();
    let entries = chart.facilities.into_iter().flat_map(|facility| facility.entries);
    let mut values: Vec<String> =
        entries.map(|entry| format!("{}{}", entry.state.letter(), entry.row.value)).collect();
    values.sort();
    values
}

/// Versions of a record: number, operation and value, in source order.
pub async fn course(store: &Store, compartment: CompartmentId, key: &str, own: &str) -> Vec<String> {
    let permit = permit(store, compartment, own).await;
    let view = store.record(&permit, record(compartment, key)).await.unwrap();
    view.history
        .iter()
        .map(|version| {
            let value = version.resource.as_ref().and_then(|resource| {
                resource.get("valueQuantity").and_then(|quantity| quantity["value"].as_u64())
            });
            let value = value.map(|value| value.to_string()).unwrap_or_default();
            format!("{}{}{value}", version.number, version.op.word())
        })
        .collect()
}

/// Operations in the feed of a compartment, in order.
pub async fn feed(store: &Store, compartment: CompartmentId) -> Vec<String> {
    let changes = store.compartment_changes_since(compartment, 0, 1000).await.unwrap();
    changes.into_iter().map(|change| change.op).collect()
}
