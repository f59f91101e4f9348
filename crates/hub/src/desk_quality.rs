//! Data quality and mapping tables at the operator's desk: counting, previewing a change of the mappings over everything that
//! is kept, making it, and reading again exactly the deliveries it concerns.
//!
//! One of these runs at a time. Their progress is kept in memory: what a restart cuts off changes nothing by that and can
//! be started again.

use crate::Hub;
use crate::desk::{Desk, DeskError};
use crate::mapping::Table;
use access::{Job, JobPermit, Viewer};
use model::{DeliveryId, FacilityId, SourceName};
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use store::{CodeMapping, ErrorKind, NewMapping, StatedCursor};

/// Statements looked at together.
const PAGE: u32 = 200;
/// Jobs remembered.
const REMEMBERED: usize = 20;

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Everything is counted.
    Count,
    /// What a change of the mappings would change.
    Preview,
    /// Deliveries whose records are not as the mappings make them are read again.
    Reread,
}

/// How far it got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// So many, of how many.
    Running(usize, usize),
    /// Done; of reading again, so many deliveries.
    Done(usize),
    /// A preview that was carried out.
    Adopted,
    /// It broke off; what it had done stays done.
    Failed,
}

/// A change of the mappings that nobody has confirmed yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proposal {
    /// Mappings to be made.
    pub make: Vec<NewMapping>,
    /// Mappings to be ended.
    pub end: Vec<CodeMapping>,
    seen: i64,
}

/// What a change concerns, by feed: versions of records, and the deliveries that state them.
pub type Affected = BTreeMap<(FacilityId, SourceName), (usize, usize)>;

/// A job that runs or ended lately.
#[derive(Debug, Clone)]
pub struct QualityJob {
    /// Its number.
    pub number: u64,
    /// What it does.
    pub task: Task,
    /// Who started it.
    pub by: String,
    /// How far it got.
    pub state: State,
    /// Of a preview: the change.
    pub proposal: Arc<Proposal>,
    /// Of a preview that is done: what it concerns.
    pub affected: Arc<Affected>,
}

/// The jobs of this process.
#[derive(Clone, Default)]
pub struct QualityJobs(Arc<Mutex<Vec<QualityJob>>>);

impl QualityJobs {
    /// The latest first.
    pub fn list(&self) -> Vec<QualityJob> {
        self.with(|list| list.iter().rev().cloned().collect())
    }

    /// One of them.
    pub fn find(&self, number: u64) -> Option<QualityJob> {
        self.with(|list| list.iter().find(|each| each.number == number).cloned())
    }

    fn with<T>(&self, work: impl FnOnce(&mut Vec<QualityJob>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// `None` if one is running already.
    fn begin(&self, task: Task, by: &str, proposal: Proposal) -> Option<u64> {
        self.with(|list| {
            if list.iter().any(|each| matches!(each.state, State::Running(..))) {
                return None;
            }
            let number = list.last().map_or(1, |last| last.number + 1);
            let (by, state, affected) = (by.to_owned(), State::Running(0, 0), Arc::default());
            list.push(QualityJob { number, task, by, state, proposal: Arc::new(proposal), affected });
            let over = list.len().saturating_sub(REMEMBERED);
            list.drain(..over);
            Some(number)
        })
    }

    fn change(&self, number: u64, change: impl FnOnce(&mut QualityJob)) {
        self.with(|list| list.iter_mut().find(|each| each.number == number).map(change));
    }

    fn tell(&self, number: u64, state: State) {
        self.change(number, |job| job.state = state);
    }
}

/// Statements of one delivery that are not as the mappings make them.
struct Found {
    delivery: DeliveryId,
    feed: (FacilityId, SourceName),
    withdrawn: bool,
    records: usize,
}

impl Hub {
    /// The mapping tables; read anew only when they changed.
    pub async fn mapping(&self) -> anyhow::Result<Arc<Table>> {
        let version = self.store.mapping_version().await?;
        let mut kept = self.mapping.lock().await;
        if kept.version != version {
            let (version, all) = self.store.mappings().await?;
            *kept = Arc::new(Table::new(version, &all));
        }
        Ok(Arc::clone(&kept))
    }

    /// Counts data quality anew, now. Started at the desk by [`Hub::start_count`].
    pub async fn count_quality(
        &self,
        by: &str,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> anyhow::Result<()> {
        Ok(self.store.count_quality(&access::job(Job::Quality, by), progress).await?)
    }

    /// Starts counting.
    pub async fn start_count(&self, viewer: &Viewer) -> Desk<()> {
        let by = Self::named(viewer);
        let Some(number) = self.quality.begin(Task::Count, &by, Proposal::default()) else {
            return Ok(Err(DeskError::Running));
        };
        self.note(number, viewer, "count").await?;
        let hub = self.clone();
        tokio::spawn(async move {
            let ended = hub.count_quality(&by, &hub.heard(number)).await.map(|()| 0);
            hub.conclude(number, ended);
        });
        Ok(Ok(()))
    }

    /// Starts looking what a change would concern; gives the job's number. Mappings that hold already are left out; one
    /// that says something else of the same code is ended. `NotThere` if nothing is left to do.
    pub async fn propose(&self, viewer: &Viewer, make: Vec<NewMapping>, end: &[i64]) -> Desk<u64> {
        let (seen, all) = self.store.mappings().await?;
        let mut proposal = Proposal { seen, ..Proposal::default() };
        let holding: Vec<&CodeMapping> = all.iter().filter(|each| each.holds()).collect();
        let by_key: std::collections::HashMap<_, _> =
            holding.iter().map(|each| (each.said.key(), *each)).collect();
        proposal.end =
            holding.iter().filter(|each| end.contains(&each.id)).map(|each| (*each).clone()).collect();
        for new in make {
            match by_key.get(&new.key()) {
                Some(old) if old.said == new && !end.contains(&old.id) => continue,
                Some(old) if !end.contains(&old.id) => proposal.end.push((*old).clone()),
                _ => {}
            }
            proposal.make.push(new);
        }
        if proposal.make.is_empty() && proposal.end.is_empty() {
            return Ok(Err(DeskError::NotThere));
        }
        let by = Self::named(viewer);
        let table = Table::proposed(&all, &proposal.make, &ids(&proposal));
        let Some(number) = self.quality.begin(Task::Preview, &by, proposal) else {
            return Ok(Err(DeskError::Running));
        };
        self.note(number, viewer, "preview").await?;
        let hub = self.clone();
        tokio::spawn(async move {
            let permit = access::job(Job::Replay, &by);
            let ended = hub.affected(&permit, &table, &hub.heard(number)).await.map(|affected| {
                hub.quality.change(number, |job| job.affected = Arc::new(affected));
                0
            });
            hub.conclude(number, ended);
        });
        Ok(Ok(number))
    }

    /// Carries out a previewed change, and starts reading again what it concerns. `Decided` if the mappings are not those
    /// of the preview any more.
    pub async fn adopt(&self, viewer: &Viewer, number: u64) -> Desk<()> {
        let Some(job) = self.quality.find(number).filter(|job| job.task == Task::Preview) else {
            return Ok(Err(DeskError::NotThere));
        };
        match job.state {
            State::Done(_) => {}
            State::Running(..) => return Ok(Err(DeskError::Running)),
            State::Adopted | State::Failed => return Ok(Err(DeskError::Decided)),
        }
        let proposal = &*job.proposal;
        let detail = format!("{} made, {} ended", proposal.make.len(), proposal.end.len());
        let entry = self.entry(viewer, "mapping", "mapping", &detail);
        let by = Self::named(viewer);
        match self.store.change_mappings(proposal.seen, &proposal.make, &ids(proposal), &by, &entry).await {
            Err(error) if error.kind == ErrorKind::Conflict => return Ok(Err(DeskError::Decided)),
            other => other?,
        }
        self.quality.tell(number, State::Adopted);
        // If something else runs just now, the page says that reading again is still to be started.
        let _started = self.start_reread(viewer).await?;
        Ok(Ok(()))
    }

    /// Starts reading again every delivery whose records are not as the mappings make them.
    pub async fn start_reread(&self, viewer: &Viewer) -> Desk<()> {
        let by = Self::named(viewer);
        let Some(number) = self.quality.begin(Task::Reread, &by, Proposal::default()) else {
            return Ok(Err(DeskError::Running));
        };
        self.note(number, viewer, "read again").await?;
        let hub = self.clone();
        tokio::spawn(async move {
            let ended = hub.reread_mapped(&by, &hub.heard(number)).await;
            hub.conclude(number, ended);
        });
        Ok(Ok(()))
    }

    /// Reads again every delivery whose records are not as today's mappings make them; gives how many. Doing it twice
    /// does nothing more.
    pub async fn reread_mapped(
        &self,
        by: &str,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> anyhow::Result<usize> {
        let permit = access::job(Job::Replay, by);
        let all = usize::try_from(self.store.delivery_count().await?).unwrap_or_default();
        let (mut cursor, mut read, mut passed, mut last) = (StatedCursor::default(), 0, 0, None);
        // A delivery's new statements come after those it had: each is read again once.
        let mut read_last = None;
        while let Some(page) = self.stale(&permit, &*self.mapping().await?, &mut cursor).await? {
            for found in page {
                passed += usize::from(last.replace(found.delivery) != Some(found.delivery));
                if found.records == 0 || read_last == Some(found.delivery) {
                    continue;
                }
                read_last = Some(found.delivery);
                if let Some(delivery) = self.store.delivery(found.delivery).await? {
                    read += usize::from(self.read_again(&permit, &delivery).await?);
                }
            }
            progress(passed, all.max(passed));
        }
        self.register_due().await?;
        Ok(read)
    }

    /// What would be read again with these mappings, by feed.
    async fn affected(
        &self,
        permit: &JobPermit,
        table: &Table,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> anyhow::Result<Affected> {
        let all = usize::try_from(self.store.delivery_count().await?).unwrap_or_default();
        let (mut cursor, mut affected, mut passed) = (StatedCursor::default(), Affected::new(), 0);
        let (mut last, mut counted) = (None, None);
        while let Some(page) = self.stale(permit, table, &mut cursor).await? {
            for found in page {
                passed += usize::from(last.replace(found.delivery) != Some(found.delivery));
                if found.records > 0 && !found.withdrawn {
                    let figures = affected.entry(found.feed).or_default();
                    figures.0 += found.records;
                    figures.1 += usize::from(counted.replace(found.delivery) != Some(found.delivery));
                }
            }
            progress(passed, all.max(passed));
        }
        Ok(affected)
    }

    /// The next statements with how many of their records are not as the table makes them; `None` at the end.
    async fn stale(
        &self,
        permit: &JobPermit,
        table: &Table,
        cursor: &mut StatedCursor,
    ) -> anyhow::Result<Option<Vec<Found>>> {
        let wanted = |text: &[u8]| table.may_concern(text);
        let page = self.store.next_stated(permit, cursor, PAGE, &wanted).await?;
        if page.is_empty() {
            return Ok(None);
        }
        let found = page.into_iter().map(|stated| {
            let stale = |resource: &&model::reading::Resource| table.is_stale(resource, &stated.facility);
            let records = stated.resources.iter().filter(stale).count();
            let (delivery, withdrawn) = (stated.delivery, stated.withdrawn);
            Found { delivery, withdrawn, records, feed: (stated.facility.clone(), stated.source) }
        });
        Ok(Some(found.collect()))
    }

    fn heard(&self, number: u64) -> impl Fn(usize, usize) + Sync + use<> {
        let jobs = self.quality.clone();
        move |done, all| jobs.tell(number, State::Running(done, all))
    }

    /// The job is in the audit before it begins, or it does not.
    async fn note(&self, number: u64, viewer: &Viewer, what: &str) -> anyhow::Result<()> {
        let noted = self.store.audit(self.entry(viewer, "quality", "store", what)).await;
        if noted.is_err() {
            self.quality.tell(number, State::Failed);
        }
        Ok(noted?)
    }

    fn conclude(&self, number: u64, ended: anyhow::Result<usize>) {
        let state = ended.map_or_else(
            |error| {
                tracing::error!(error = format!("{error:#}"), "a job of data quality broke off");
                State::Failed
            },
            State::Done,
        );
        self.quality.tell(number, state);
    }
}

fn ids(proposal: &Proposal) -> Vec<i64> {
    let ids: HashSet<i64> = proposal.end.iter().map(|each| each.id).collect();
    ids.into_iter().collect()
}
