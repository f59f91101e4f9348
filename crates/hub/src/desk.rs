//! What desks share: acting in the audit, and why a desk's wish cannot be done.
//!
//! Reception, review desk, inbox and operator's pages each have a file `desk_*`. Routes stay thin; what may be done and
//! in which order is here. No HTML and no HTTP.

use crate::Hub;
use access::Viewer;
use model::PersonId;
use store::AuditEntry;

/// Why something a desk asked for was not done; nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeskError {
    /// It is not there (any more), or belongs to another facility.
    #[error("not there")]
    NotThere,
    /// Somebody else has decided it meanwhile.
    #[error("decided meanwhile")]
    Decided,
    /// The first or last day is not a day.
    #[error("not a day")]
    Day,
    /// The last day is before the first.
    #[error("ends before it begins")]
    Order,
    /// A facility is not in the directory, or none is named where one is needed.
    #[error("no such facility")]
    Facility,
    /// A relationship may be entered for the own facility only.
    #[error("another facility's relationship")]
    OtherFacility,
    /// Only the facility that entered a refusal may take it back.
    #[error("another facility's refusal")]
    OtherRefusal,
    /// What was to be saved does not read as it was meant.
    #[error("cannot be written down")]
    Unreadable,
    /// A reason or note is missing.
    #[error("no reason given")]
    Reason,
    /// A human has said that the two are different persons.
    #[error("decided to be different persons")]
    Different,
    /// The delivery also speaks of other patients.
    #[error("the delivery speaks of others too")]
    Others,
    /// The login is taken.
    #[error("the login is taken")]
    LoginTaken,
    /// The login, name or profession cannot be used.
    #[error("not a login")]
    Login,
    /// One's own account cannot be closed.
    #[error("one's own account")]
    OwnAccount,
    /// The same is running already.
    #[error("already running")]
    Running,
}

/// Done, or why not; `anyhow` errors are the store's.
pub type Desk<T> = anyhow::Result<Result<T, DeskError>>;

/// Longest reason or note that is kept, in characters.
const LONGEST_NOTE: usize = 500;

/// A reason as it is kept: without control characters, not too long; `None` if nothing is left.
pub fn note(text: &str) -> Option<String> {
    let kept: String = text.trim().chars().filter(|c| !c.is_control()).take(LONGEST_NOTE).collect();
    (!kept.is_empty()).then_some(kept)
}

impl Hub {
    /// Does something once it is in the audit; if it fails, that is there too.
    pub(crate) async fn acting<T>(
        &self,
        entry: AuditEntry,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        self.store.audit(entry.clone()).await?;
        match work.await {
            Ok(done) => Ok(done),
            Err(error) => {
                self.store.audit(AuditEntry { outcome: "failed".into(), ..entry }).await?;
                Err(error)
            }
        }
    }

    /// The entry of something done to a person.
    pub(crate) fn entry_of(
        &self,
        viewer: &Viewer,
        event: &str,
        person: PersonId,
        subject: &str,
        detail: &str,
    ) -> AuditEntry {
        let purpose = access::Purpose::Administration.word().into();
        AuditEntry { person: Some(person), purpose, ..self.entry(viewer, event, subject, detail) }
    }

    /// A person nobody has been yet.
    pub(crate) fn fresh_person(&self) -> PersonId {
        let mut id = [0; 16];
        self.randomness.fill(&mut id);
        PersonId(uuid::Builder::from_random_bytes(id).into_uuid())
    }

    /// How a viewer is named in links and withdrawals.
    pub(crate) fn named(viewer: &Viewer) -> String {
        format!("{}（{}）", viewer.name, viewer.facility_name)
    }
}
