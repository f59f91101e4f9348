//! What can be done about a delivery before the database is asked: digests, packing, positions.

use crate::body::{self, ContentDigest, Member, digest, shortened};
use crate::error::StoreError;
use crate::fold::{Event, Position, Stated};
use crate::set_state::SetId;
use crate::unit::{NewDelivery, Part, Unit};
use model::reading::{Effect, SourceOrder};
use model::{CompartmentId, DeliveryId};
use sha2::{Digest as _, Sha256};

pub(crate) const OPERATION: &str = "keep a delivery";

/// Bytes up to this size are stored in the row, larger ones as a blob.
pub(crate) const LARGEST_IN_ROW: usize = 64 * 1024;

/// A unit, ready to be filed.
pub(crate) struct Prepared {
    pub delivery: NewDelivery,
    pub content: Content,
    pub problems: Vec<u8>,
    pub problem_codes: String,
    pub records: usize,
    pub parts: Vec<ReadyPart>,
    pub compartments: Vec<NewCompartment>,
}

/// Where the bytes of a delivery go.
pub(crate) enum Content {
    /// Into the row, compressed.
    Compressed(Vec<u8>),
    /// Into the row as they are: compressing them did not help.
    Plain,
    /// Into a blob.
    Blob,
}

/// A compartment that may have to be made.
#[derive(Clone, PartialEq)]
pub(crate) struct NewCompartment {
    pub id: CompartmentId,
    pub key: String,
    pub facility: String,
    pub local_id: Option<String>,
    pub inbox: bool,
}

/// One statement, ready to be stored and folded.
pub(crate) struct ReadyPart {
    pub delivery: DeliveryId,
    pub part: i64,
    pub edition: i64,
    pub compartment: CompartmentId,
    pub set: SetId,
    pub set_key: String,
    pub order: SourceOrder,
    pub effect: Effect,
    pub source: String,
    pub source_time: String,
    pub delivery_sequence: i64,
    pub received_at: String,
    pub position: Position,
    pub digest: ContentDigest,
    pub members: Vec<Member>,
    pub digests: Vec<ContentDigest>,
    pub packed: Vec<u8>,
}

impl ReadyPart {
    pub(crate) fn event(&self) -> Event<'_> {
        let members = self
            .members
            .iter()
            .zip(&self.digests)
            .map(|(member, digest)| Stated {
                id: member.id,
                extent: member.extent,
                digest: *digest,
                resource: &member.resource,
            })
            .collect();
        Event { effect: self.effect, members }
    }
}

/// The word of an effect in the store.
pub(crate) fn effect_word(effect: Effect) -> &'static str {
    match effect {
        Effect::Stated => "stated",
        Effect::Superseded => "superseded",
        Effect::Deleted => "deleted",
    }
}

/// Reads [`effect_word`].
pub(crate) fn parse_effect(word: &str) -> Option<Effect> {
    [Effect::Stated, Effect::Superseded, Effect::Deleted].into_iter().find(|each| effect_word(*each) == word)
}

/// Prepares a unit.
pub(crate) fn unit(unit: Unit, now: &str) -> Result<Prepared, StoreError> {
    let Unit { delivery, parts } = unit;
    let content = if delivery.bytes.len() > LARGEST_IN_ROW {
        Content::Blob
    } else {
        let packed = body::compress(OPERATION, &delivery.bytes)?;
        if packed.len() < delivery.bytes.len() { Content::Compressed(packed) } else { Content::Plain }
    };
    let (problems, problem_codes) = problems(&delivery.problems)?;
    let records = parts.iter().map(|part| part.records.len()).sum();
    let compartments = compartments(delivery.facility.as_str(), &parts);
    let parts = self::parts(&delivery_facts(&delivery, now), parts, 0)?;
    Ok(Prepared { delivery, content, problems, problem_codes, records, parts, compartments })
}

/// The problems packed, and their codes without repetition, each between spaces.
pub(crate) fn problems(problems: &[model::reading::Problem]) -> Result<(Vec<u8>, String), StoreError> {
    let codes: std::collections::BTreeSet<&str> =
        problems.iter().map(|problem| problem.code.as_str()).collect();
    let mut words = String::new();
    for code in codes {
        words.push(' ');
        words.push_str(code);
        words.push(' ');
    }
    let packed = if problems.is_empty() { Vec::new() } else { body::pack(OPERATION, &problems)? };
    Ok((packed, words))
}

pub(crate) fn compartments(facility: &str, parts: &[Part]) -> Vec<NewCompartment> {
    let mut list: Vec<NewCompartment> = Vec::new();
    for part in parts {
        if list.last().is_some_and(|last| last.id == part.compartment) {
            continue;
        }
        list.push(NewCompartment {
            id: part.compartment,
            key: part.compartment_key.clone(),
            facility: facility.to_owned(),
            local_id: part.local_id.as_ref().map(|id| id.reveal().clone()),
            inbox: part.inbox,
        });
    }
    list
}

/// What every statement of a delivery takes from it.
#[derive(Clone)]
pub(crate) struct DeliveryFacts {
    pub id: DeliveryId,
    pub source: String,
    pub source_time: String,
    pub sequence: i64,
    pub received_at: String,
    pub edition: i64,
}

pub(crate) fn delivery_facts(delivery: &NewDelivery, now: &str) -> DeliveryFacts {
    DeliveryFacts {
        id: delivery.id,
        source: delivery.source.to_string(),
        source_time: delivery.source_time.clone(),
        sequence: delivery.sequence,
        received_at: now.to_owned(),
        edition: 0,
    }
}

/// Prepares parts of a delivery; the first of them has this number.
pub(crate) fn parts(
    facts: &DeliveryFacts,
    parts: Vec<Part>,
    first: i64,
) -> Result<Vec<ReadyPart>, StoreError> {
    parts.into_iter().zip(first..).map(|(part, number)| ready(facts, part, number)).collect()
}

fn ready(facts: &DeliveryFacts, part: Part, number: i64) -> Result<ReadyPart, StoreError> {
    let mut members = Vec::with_capacity(part.records.len());
    let mut digests = Vec::with_capacity(part.records.len());
    let mut hash = Sha256::new();
    for text in [effect_word(part.effect), &part.order.time, &part.order.sequence] {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    for record in part.records {
        let content = digest(&record.resource);
        hash.update(record.id.0.as_bytes());
        hash.update([u8::from(record.extent == model::reading::Extent::Whole)]);
        hash.update(content);
        digests.push(content);
        members.push(Member {
            id: record.id,
            key: record.key,
            extent: record.extent,
            at: record.at,
            resource: record.resource,
        });
    }
    let position =
        Position::new(&part.order, &facts.source_time, part.effect, facts.sequence, facts.id, number);
    Ok(ReadyPart {
        delivery: facts.id,
        part: number,
        edition: facts.edition,
        compartment: part.compartment,
        set: SetId::new(part.compartment, &part.set),
        set_key: part.set,
        order: part.order,
        effect: part.effect,
        source: facts.source.clone(),
        source_time: facts.source_time.clone(),
        delivery_sequence: facts.sequence,
        received_at: facts.received_at.clone(),
        position,
        digest: shortened(&hash.finalize()),
        packed: body::pack(OPERATION, &members)?,
        members,
        digests,
    })
}
