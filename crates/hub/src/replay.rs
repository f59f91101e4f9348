//! Replay: kept deliveries are read again with today's rules; and finishing what a crash left half written.

use crate::intake::{Answer, in_parts};
use crate::prepare::{Arrival, prepare};
use crate::{Hub, foreign, mapping};
use access::{Job, JobPermit};
use model::reading::{Input, Problem, Reading};
use store::{Delivery, DeliveryFilter, DeliveryState};

const PAGE: u32 = 200;

/// What a replay did.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    /// Deliveries read again.
    pub deliveries: usize,
    /// Of those, how many the reader no longer takes: what they said before stays.
    pub refused: usize,
}

impl Hub {
    /// Deliveries that match, newest first, page after page.
    async fn matching(&self, filter: &DeliveryFilter) -> anyhow::Result<Vec<Delivery>> {
        let (mut all, mut page) = (Vec::new(), DeliveryFilter { limit: PAGE, ..filter.clone() });
        loop {
            let some = self.store.deliveries(&page).await?;
            let Some(last) = some.last() else { break };
            let (before, full) = (last.received_at.clone(), some.len() as u32 == page.limit);
            // A page that is full of one moment is read again with room for all of it.
            let stuck = some.first().is_some_and(|first| first.received_at == before);
            if full && stuck {
                page.limit = page.limit.saturating_mul(2);
                continue;
            }
            if full {
                // The moment the page ends in may go on: it is read whole on the next page.
                all.extend(some.into_iter().filter(|each| each.received_at != before));
                page.before = after(&before);
                page.limit = PAGE;
            } else {
                all.extend(some);
                break;
            }
        }
        Ok(all)
    }

    /// How many deliveries a replay with this filter would read again.
    pub async fn replay_count(&self, filter: &DeliveryFilter) -> anyhow::Result<usize> {
        let all = self.matching(filter).await?;
        Ok(all.iter().filter(|each| each.state != DeliveryState::Receiving).count())
    }

    /// Reads the matching deliveries again, oldest first.
    pub async fn replay(
        &self,
        filter: &DeliveryFilter,
        by: &str,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> anyhow::Result<Replayed> {
        let permit = access::job(Job::Replay, by);
        let mut replayed = Replayed::default();
        let mut all = self.matching(filter).await?;
        all.retain(|each| each.state != DeliveryState::Receiving);
        all.reverse();
        let count = all.len();
        for (done, delivery) in all.into_iter().enumerate() {
            replayed.refused += usize::from(!self.read_again(&permit, &delivery).await?);
            replayed.deliveries += 1;
            progress(done + 1, count);
        }
        self.register_due().await?;
        Ok(replayed)
    }

    /// Reads one delivery again; registrations it changed are linked by [`Hub::register_due`]. False if the reader no
    /// longer takes it: a stricter reader takes nothing away from what was once read.
    pub(crate) async fn read_again(&self, permit: &JobPermit, delivery: &Delivery) -> anyhow::Result<bool> {
        let arrival = self.arrival(permit, delivery).await?;
        let input = Input { path: &arrival.path, bytes: &arrival.bytes, source_time: &arrival.source_time };
        let Ok(mut reading) = formats::read(delivery.format, &input) else { return Ok(false) };
        let numbers = self.facility_numbers(std::iter::once(&arrival.facility)).await?;
        foreign::set_apart(&mut reading, numbers.get(&arrival.facility).map_or("", String::as_str));
        mapping::apply(&mut reading, &arrival.facility, &*self.mapping().await?);
        let unit = prepare(&arrival, delivery.format, reading).unit;
        let version = formats::READER_VERSION;
        self.store.replay(permit, delivery.id, unit.parts, version, &unit.delivery.problems).await?;
        Ok(true)
    }

    /// Commits again what a crash left half written, and links what was not linked yet. Run at start.
    pub async fn finish_interrupted(&self) -> anyhow::Result<usize> {
        let permit = access::job(Job::Replay, "start");
        let pending = self.store.pending().await?;
        for delivery in &pending {
            let arrival = self.arrival(&permit, delivery).await?;
            let numbers = self.facility_numbers(std::iter::once(&arrival.facility)).await?;
            let number = numbers.get(&arrival.facility).cloned().unwrap_or_default();
            if in_parts(Some(delivery.format), &arrival.bytes) {
                if let Answer::Later(error) =
                    self.receive_in_parts(arrival, delivery.format, number).await?.answer
                {
                    anyhow::bail!("{error}");
                }
                continue;
            }
            let input =
                Input { path: &arrival.path, bytes: &arrival.bytes, source_time: &arrival.source_time };
            let mut reading = formats::read(delivery.format, &input).unwrap_or_else(|refused| {
                Reading::unreadable(Problem::new(refused.code, "file", refused.text))
            });
            foreign::set_apart(&mut reading, &number);
            mapping::apply(&mut reading, &arrival.facility, &*self.mapping().await?);
            self.store.commit(vec![prepare(&arrival, delivery.format, reading).unit]).await?;
        }
        self.register_due().await?;
        Ok(pending.len())
    }

    async fn arrival(&self, permit: &JobPermit, delivery: &Delivery) -> anyhow::Result<Arrival> {
        let mut arrival = Arrival {
            facility: delivery.facility.clone(),
            source: delivery.source.clone(),
            path: delivery.path.clone(),
            bytes: self.store.delivery_bytes(permit, delivery.id).await?,
            source_time: delivery.source_time.clone(),
            sequence: delivery.sequence,
            again: false,
        };
        arrival.again = arrival.delivery_id(&delivery.sha256) != delivery.id;
        Ok(arrival)
    }
}

/// The least moment after this one (RFC 3339 with microseconds compares as text).
fn after(moment: &str) -> String {
    format!("{moment}~")
}
