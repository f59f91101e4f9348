//! Permits that are not about one person's records: searching for a person, and the hub's own jobs.

use crate::decide::Refusal;
use crate::viewer::Viewer;
use crate::words::{Reason, Rule};

/// Lets a viewer search for persons and see the worklist: demographics, kinds, sources and counts; nothing clinical.
#[derive(Debug)]
pub struct SearchPermit {
    viewer: Viewer,
}

impl SearchPermit {
    /// Who searches.
    pub fn viewer(&self) -> &Viewer {
        &self.viewer
    }
}

/// May this viewer search for persons? Every account that carries the name of a person may, and is audited.
pub fn may_search(viewer: &Viewer) -> Result<SearchPermit, Refusal> {
    if viewer.name.trim().is_empty() {
        return Err(Refusal {
            reasons: vec![Reason::new(Rule::NamelessAccount)],
            what_would_change_it: vec![Reason::new(Rule::NameTheAccount)],
        });
    }
    Ok(SearchPermit { viewer: viewer.clone() })
}

/// The jobs that touch many persons' records without showing them to anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Job {
    /// Storing what facilities send.
    Import,
    /// Reading stored deliveries again.
    Replay,
    /// Comparing registrations.
    Link,
    /// Writing everything out.
    Export,
    /// Copying the store.
    Backup,
    /// Checking the audit's chain.
    Audit,
    /// Counting what sources write that others cannot compare.
    Quality,
}

impl Job {
    /// Every job.
    pub const ALL: &'static [Self] =
        &[Self::Import, Self::Replay, Self::Link, Self::Export, Self::Backup, Self::Audit, Self::Quality];

    /// The word used in the audit.
    pub fn word(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Replay => "replay",
            Self::Link => "link",
            Self::Export => "export",
            Self::Backup => "backup",
            Self::Audit => "audit",
            Self::Quality => "quality",
        }
    }
}

/// Lets a named job read clinical rows; audited under the job and whoever started it.
#[derive(Debug)]
pub struct JobPermit {
    job: Job,
    by: String,
}

impl JobPermit {
    /// Which job.
    pub fn job(&self) -> Job {
        self.job
    }
    /// Who or what started it: an operator's account, `command line`, a schedule.
    pub fn by(&self) -> &str {
        &self.by
    }
}

/// A permit for a job that `by` started.
pub fn job(job: Job, by: &str) -> JobPermit {
    JobPermit { job, by: by.to_owned() }
}
