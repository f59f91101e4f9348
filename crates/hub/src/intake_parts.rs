//! Files of many people as they come in (a town's register, a month of receipts): read and kept part by part, so that
//! 180,000 residents need the memory of a few thousand.

use crate::intake::{Answer, Received};
use crate::prepare::{Arrival, delivery, parts, told};
use crate::{Hub, foreign, mapping};
use model::reading::{Format, Input, Reading};
use std::collections::BTreeMap;
use store::StoreError;

/// Statements read ahead of what is being kept.
const PART: usize = 1000;

impl Hub {
    /// Reads and keeps one delivery part by part. What is cut off stays unfinished and is taken up again where it ended,
    /// by the same delivery or at the next start.
    pub(crate) async fn receive_in_parts(
        &self,
        arrival: Arrival,
        format: Format,
        number: String,
    ) -> anyhow::Result<Received> {
        let (sender, mut readings) = tokio::sync::mpsc::channel::<Reading>(1);
        let (source, table) = (arrival.clone(), self.mapping().await?);
        let reading = tokio::task::spawn_blocking(move || {
            let input = Input { path: &source.path, bytes: &source.bytes, source_time: &source.source_time };
            formats::read_parts(format, &input, PART, &mut |mut part| {
                foreign::set_apart(&mut part, &number);
                mapping::apply(&mut part, &source.facility, &table);
                // Nobody listens any more: the store has failed, and the answer says so.
                let _ = sender.blocking_send(part);
            })
        });
        let Some(first) = readings.recv().await else {
            // Refused, or a file without any part.
            return Ok(match reading.await? {
                Err(refused) => Received::refused(Some(format), refused.code, &refused.text),
                Ok(()) => Received::refused(Some(format), "empty", "読み取れる行がありません"),
            });
        };
        self.store.upsert_source(&arrival.facility, &arrival.source, format).await?;
        let received = match self.keep_parts(&arrival, format, first, &mut readings).await {
            Ok(received) => received,
            Err(error) => {
                Received { answer: Answer::Later(error.to_string()), ..Received::known(Some(format)) }
            }
        };
        drop(readings);
        // What the reader says once it has begun is in its parts.
        let _ = reading.await?;
        Ok(received)
    }

    async fn keep_parts(
        &self,
        arrival: &Arrival,
        format: Format,
        first: Reading,
        readings: &mut tokio::sync::mpsc::Receiver<Reading>,
    ) -> Result<Received, StoreError> {
        let Some(mut large) = self.store.begin_large(delivery(arrival, format)).await? else {
            return Ok(Received::known(Some(format)));
        };
        let (mut records, mut problems) = (BTreeMap::new(), Vec::new());
        let mut next = Some(first);
        while let Some(mut reading) = next {
            problems.append(&mut reading.problems);
            let (parts, stated) = parts(arrival, large.delivery(), reading);
            for (kind, count) in stated {
                *records.entry(kind).or_insert(0) += count;
            }
            large.add(parts).await?;
            next = readings.recv().await;
        }
        let problems = told(problems, &records);
        large.finish(&problems).await?;
        Ok(Received { format: Some(format), answer: Answer::Kept, records, problems })
    }
}
