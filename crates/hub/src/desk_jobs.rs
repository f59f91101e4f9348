//! Replays an operator starts: one at a time per feed, their progress, and how they ended. Kept in memory: a replay that
//! a restart cuts off changes nothing by that and can be started again.

use crate::Hub;
use crate::desk::{Desk, DeskError};
use crate::replay::Replayed;
use access::Viewer;
use model::{FacilityId, SourceName};
use std::sync::{Arc, Mutex, PoisonError};
use store::DeliveryFilter;

/// Jobs remembered.
const REMEMBERED: usize = 20;

/// How far a replay got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Deliveries read, and of how many.
    Running(usize, usize),
    /// It is done.
    Done(Replayed),
    /// It broke off; what it had done stays done.
    Failed,
}

/// A replay that runs or ended lately.
#[derive(Debug, Clone)]
pub struct Replay {
    number: u64,
    /// Whose deliveries.
    pub facility: FacilityId,
    /// Of which feed.
    pub source: SourceName,
    /// Who started it.
    pub by: String,
    /// How far it got.
    pub progress: Progress,
}

/// The replays of this process.
#[derive(Clone, Default)]
pub struct Jobs(Arc<Mutex<Vec<Replay>>>);

impl Jobs {
    /// The latest first.
    pub fn list(&self) -> Vec<Replay> {
        self.with(|list| list.iter().rev().cloned().collect())
    }

    fn with<T>(&self, work: impl FnOnce(&mut Vec<Replay>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// `None` if the same feed is being read already.
    fn begin(&self, facility: &FacilityId, source: &SourceName, by: &str) -> Option<u64> {
        self.with(|list| {
            let same = |each: &Replay| each.facility == *facility && each.source == *source;
            if list.iter().any(|each| same(each) && matches!(each.progress, Progress::Running(..))) {
                return None;
            }
            let number = list.last().map_or(1, |last| last.number + 1);
            let (facility, source, by) = (facility.clone(), source.clone(), by.to_owned());
            list.push(Replay { number, facility, source, by, progress: Progress::Running(0, 0) });
            let over = list.len().saturating_sub(REMEMBERED);
            list.drain(..over);
            Some(number)
        })
    }

    fn tell(&self, number: u64, progress: Progress) {
        self.with(|list| {
            if let Some(each) = list.iter_mut().find(|each| each.number == number) {
                each.progress = progress;
            }
        });
    }
}

impl Hub {
    /// How many deliveries a replay of a feed would read. `None` if there is no such feed.
    pub async fn replay_size(
        &self,
        facility: &FacilityId,
        source: &SourceName,
    ) -> anyhow::Result<Option<usize>> {
        let sources = self.store.sources().await?;
        if !sources.iter().any(|each| each.facility == *facility && each.name == *source) {
            return Ok(None);
        }
        self.replay_count(&filter(facility, source)).await.map(Some)
    }

    /// Starts reading a feed's deliveries again.
    pub async fn start_replay(
        &self,
        viewer: &Viewer,
        facility: &FacilityId,
        source: &SourceName,
    ) -> Desk<()> {
        let by = Self::named(viewer);
        let Some(number) = self.jobs.begin(facility, source, &by) else { return Ok(Err(DeskError::Running)) };
        let entry = self.entry(viewer, "replay", &format!("feed/{facility}/{source}"), "");
        if let Err(error) = self.store.audit(entry).await {
            self.jobs.tell(number, Progress::Failed);
            return Err(error.into());
        }
        let (hub, filter) = (self.clone(), filter(facility, source));
        tokio::spawn(async move {
            let jobs = hub.jobs.clone();
            let heard = move |done: usize, all: usize| jobs.tell(number, Progress::Running(done, all));
            let ended = match hub.replay(&filter, &by, &heard).await {
                Ok(replayed) => Progress::Done(replayed),
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "a replay broke off");
                    Progress::Failed
                }
            };
            hub.jobs.tell(number, ended);
        });
        Ok(Ok(()))
    }
}

fn filter(facility: &FacilityId, source: &SourceName) -> DeliveryFilter {
    DeliveryFilter {
        facility: Some(facility.clone()),
        source: Some(source.clone()),
        ..DeliveryFilter::default()
    }
}
