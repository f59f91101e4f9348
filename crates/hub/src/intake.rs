//! Intake: what arrives is read, kept, and acknowledged after the commit; then its registrations are linked.
//!
//! Receiving twice is harmless. A file that is not of its format is refused by name and not stored. A file
//! that cannot be committed with its neighbours is tried alone, so that it hinders only itself.

use crate::prepare::{Arrival, Prepared, prepare, sha256_hex};
use crate::{Hub, foreign, mapping};
use model::FacilityId;
use model::reading::{Format, Input, Problem};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::{ErrorKind, Outcome, StoreError};

/// How a delivery was answered.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Stored and durable.
    Kept,
    /// The same delivery was there.
    Known,
    /// Not a file of the format: not stored.
    Refused {
        /// Short machine word.
        code: String,
        /// What is wrong.
        text: String,
    },
    /// Could not be stored now: send it again.
    Later(String),
}

/// What became of one arrival.
#[derive(Debug, Clone)]
pub struct Received {
    /// Its format, as asked or found.
    pub format: Option<Format>,
    /// The answer.
    pub answer: Answer,
    /// Records stated, by resource type; empty for a known delivery.
    pub records: BTreeMap<String, usize>,
    /// What the reader found.
    pub problems: Vec<Problem>,
}

impl Received {
    pub(crate) fn refused(format: Option<Format>, code: &str, text: &str) -> Self {
        let answer = Answer::Refused { code: code.to_owned(), text: text.to_owned() };
        Self { format, answer, records: BTreeMap::new(), problems: Vec::new() }
    }

    pub(crate) fn known(format: Option<Format>) -> Self {
        Self { format, answer: Answer::Known, records: BTreeMap::new(), problems: Vec::new() }
    }

    /// Number of records stated.
    pub fn record_count(&self) -> usize {
        self.records.values().sum()
    }
}

/// Files of many people that are larger than this are read and kept part by part.
const LARGE: usize = 1 << 20;

/// True for what is not read as a whole: a town's register, a month of receipts, a year of LIFE.
pub(crate) fn in_parts(format: Option<Format>, bytes: &[u8]) -> bool {
    matches!(format, Some(Format::Resident | Format::Uke | Format::Life)) && bytes.len() > LARGE
}

/// An arrival, read.
enum Read {
    /// Nothing is to be stored.
    Settled(Box<Received>),
    /// All of it, ready to be committed.
    Whole(Format, Prepared),
    /// Not yet: it is read and kept part by part. With the facility's 10-digit number.
    InParts(Arrival, Format, String),
}

fn read(arrival: &Arrival, format: Option<Format>, number: &str, table: &mapping::Table) -> Read {
    let Some(format) = format else {
        let text = "どの形式の内容でもありません";
        return Read::Settled(Box::new(Received::refused(None, "unknown-format", text)));
    };
    let input = Input { path: &arrival.path, bytes: &arrival.bytes, source_time: &arrival.source_time };
    match formats::read(format, &input) {
        Ok(mut reading) => {
            foreign::set_apart(&mut reading, number);
            mapping::apply(&mut reading, &arrival.facility, table);
            Read::Whole(format, prepare(arrival, format, reading))
        }
        Err(refused) => Read::Settled(Box::new(Received::refused(Some(format), refused.code, &refused.text))),
    }
}

/// The format as asked or found by content, and the path by which the delivery is known: in an SS-MIX2
/// storage the part from the patient's folders on, from whichever folder above it the file was collected.
fn recognise(arrival: &mut Arrival, asked: Option<Format>) -> Option<Format> {
    let format = asked.or_else(|| formats::detect(&arrival.path, &arrival.bytes));
    if format == Some(Format::SsMix2) {
        arrival.path = formats::ssmix2::storage_path(&arrival.path);
    }
    format
}

impl Hub {
    /// Receives a batch; answers in its order, each after its commit.
    pub async fn receive(&self, arrivals: Vec<(Arrival, Option<Format>)>) -> anyhow::Result<Vec<Received>> {
        let numbers = self.facility_numbers(arrivals.iter().map(|(arrival, _)| &arrival.facility)).await?;
        let table = self.mapping().await?;
        let recognised = move || -> Vec<_> {
            let recognise = |(mut arrival, asked): (Arrival, Option<Format>)| {
                let format = recognise(&mut arrival, asked);
                let sha256 = sha256_hex(&arrival.bytes);
                (arrival.delivery_id(&sha256), sha256, arrival, format)
            };
            arrivals.into_iter().map(recognise).collect()
        };
        let mut recognised = tokio::task::spawn_blocking(recognised).await?;
        let ids: Vec<_> = recognised.iter().map(|(id, ..)| *id).collect();
        let known = self.store.known(&ids).await?;
        for (id, sha256, arrival, format) in &mut recognised {
            if known.contains(id)
                && *format != Some(Format::SsMix2)
                && self.written_back(arrival, sha256).await?
            {
                arrival.again = true;
                *id = arrival.delivery_id(sha256);
            }
        }
        let read_all = move || -> Vec<_> {
            let read_one =
                |(id, _, arrival, format): (model::DeliveryId, String, Arrival, Option<Format>)| {
                    let number = numbers.get(&arrival.facility).map_or("", String::as_str);
                    if known.contains(&id) {
                        return Read::Settled(Box::new(Received::known(format)));
                    }
                    match format.filter(|_| in_parts(format, &arrival.bytes)) {
                        Some(format) => Read::InParts(arrival, format, number.to_owned()),
                        None => read(&arrival, format, number, &table),
                    }
                };
            recognised.into_iter().map(read_one).collect()
        };
        let read = tokio::task::spawn_blocking(read_all).await?;
        let mut received = Vec::with_capacity(read.len());
        let (mut units, mut places, mut large) = (Vec::new(), Vec::new(), Vec::new());
        for (place, each) in read.into_iter().enumerate() {
            match each {
                Read::Settled(settled) => received.push(*settled),
                Read::Whole(format, Prepared { unit, records }) => {
                    let problems = unit.delivery.problems.clone();
                    received.push(Received { format: Some(format), answer: Answer::Kept, records, problems });
                    self.store.upsert_source(&unit.delivery.facility, &unit.delivery.source, format).await?;
                    units.push(unit);
                    places.push(place);
                }
                Read::InParts(arrival, format, number) => {
                    received.push(Received::known(Some(format)));
                    large.push((place, arrival, format, number));
                }
            }
        }
        let mut changed = false;
        let mut fed = BTreeSet::new();
        let feeds: Vec<_> = units
            .iter()
            .map(|unit| {
                let delivery = &unit.delivery;
                (delivery.facility.clone(), delivery.source.clone(), delivery.sequence > 0)
            })
            .collect();
        for (nth, (place, result)) in places.into_iter().zip(self.commit_each(units).await).enumerate() {
            let Some(answer) = received.get_mut(place) else { continue };
            match result {
                Ok(committed) => {
                    if committed.outcome == Outcome::Known {
                        *answer = Received::known(answer.format);
                    }
                    changed |= !committed.changed.is_empty();
                    fed.extend(feeds.get(nth).cloned());
                }
                Err(error) => answer.answer = Answer::Later(error.to_string()),
            }
        }
        for (place, arrival, format, number) in large {
            let from = (arrival.facility.clone(), arrival.source.clone(), arrival.sequence > 0);
            let answer = self.receive_in_parts(arrival, format, number).await?;
            changed = true;
            if matches!(answer.answer, Answer::Kept) {
                fed.insert(from);
            }
            if let Some(slot) = received.get_mut(place) {
                *slot = answer;
            }
        }
        for (facility, source, by_gateway) in fed {
            if by_gateway {
                self.store.note_gateway(&facility, &source).await?;
            }
            self.store.note_delivery(&facility, &source).await?;
        }
        if changed {
            self.register_due().await?;
        }
        Ok(received)
    }

    /// True if a file was something else in between (A, B, A again). The gateway numbers what it finds in the order it
    /// finds it, so a repeated sending is told from it: that has the number it had.
    async fn written_back(&self, arrival: &Arrival, sha256: &str) -> anyhow::Result<bool> {
        if arrival.sequence <= 0 {
            return Ok(false);
        }
        let latest = self.store.latest_of_path(&arrival.facility, &arrival.source, &arrival.path).await?;
        Ok(latest.is_some_and(|(other, sequence)| other != sha256 && arrival.sequence > sequence))
    }

    /// The 10-digit numbers of the facilities, where they are known.
    pub(crate) async fn facility_numbers<'a>(
        &self,
        facilities: impl Iterator<Item = &'a FacilityId>,
    ) -> anyhow::Result<HashMap<FacilityId, String>> {
        let mut numbers = HashMap::new();
        for facility in facilities.collect::<BTreeSet<_>>() {
            let known = self.store.facility(facility).await?;
            numbers.insert(facility.clone(), known.map(|known| known.number).unwrap_or_default());
        }
        Ok(numbers)
    }

    /// Commits all at once; if that fails for a reason that may lie in one of them, each alone.
    async fn commit_each(&self, units: Vec<store::Unit>) -> Vec<Result<store::Committed, StoreError>> {
        if units.is_empty() {
            return Vec::new();
        }
        match self.store.commit(units.clone()).await {
            Ok(all) => all.into_iter().map(Ok).collect(),
            Err(error) if stands_in_every_way(error.kind) => {
                tracing::warn!(%error, deliveries = units.len(), "batch not committed");
                units.iter().map(|_| Err(error.clone())).collect()
            }
            Err(error) => {
                tracing::warn!(%error, deliveries = units.len(), "batch not committed, trying each alone");
                let mut results = Vec::with_capacity(units.len());
                for unit in units {
                    results.push(self.store.commit(vec![unit]).await.map(|mut all| all.remove(0)));
                }
                results
            }
        }
    }
}

/// True if no delivery could be committed now, whatever it holds: trying each would only keep the sender waiting.
/// On a full disk a small one may still fit.
fn stands_in_every_way(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Busy | ErrorKind::Unavailable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_one_delivery_hinders_only_itself() {
        for kind in [ErrorKind::Invalid, ErrorKind::Corrupt, ErrorKind::Conflict, ErrorKind::DiskFull] {
            assert!(!stands_in_every_way(kind), "{kind:?}");
        }
        for kind in [ErrorKind::Unavailable, ErrorKind::Busy] {
            assert!(stands_in_every_way(kind), "{kind:?}");
        }
    }
}
