//! The proof that looking at one person was decided on, and what of the person it shows.

use crate::consent::Effective;
use crate::viewer::{Purpose, Viewer};
use crate::words::Reason;
use crate::{role, sensitivity};
use model::facility::RecordKind;
use model::{FacilityId, PersonId};

/// What happens to one record, or one row of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Visibility {
    /// It is shown.
    Shown,
    /// The person did not agree that this facility's records are seen here.
    NotConsented,
    /// The person agreed, but the viewer's facility has nothing to do with the person today.
    NotRelated,
    /// The viewer's profession or purpose does not see this kind.
    OutsideRole,
    /// Sensitive: nothing is told, not even the source.
    Sensitive,
}

impl Visibility {
    /// Whether the record itself may leave the store.
    pub fn is_shown(self) -> bool {
        self == Self::Shown
    }
}

/// Lets one viewer see one person's records for one purpose, as far as [`Permit::visibility`] says.
///
/// Made by [`crate::decide()`] alone; it cannot be made, changed or copied elsewhere:
///
/// ```compile_fail
/// fn copy(permit: &access::Permit) -> access::Permit { permit.clone() }
/// ```
/// ```compile_fail
/// fn forge() -> access::Permit { access::Permit { grounds: panic!() } }
/// ```
#[derive(Debug)]
pub struct Permit {
    grounds: Box<Grounds>,
}

/// What a permit rests on.
#[derive(Debug)]
pub(crate) struct Grounds {
    pub(crate) person: PersonId,
    pub(crate) viewer: Viewer,
    pub(crate) purpose: Purpose,
    pub(crate) consent_epoch: i64,
    /// The viewer's facility has its own registration of the person.
    pub(crate) registered_here: bool,
    /// What holds today; nothing where the viewer's facility may not see other facilities' records.
    pub(crate) consents: Effective,
    /// What would hold if the viewer's facility had to do with the person: shows nothing, only says what is missing.
    pub(crate) agreed: Effective,
    pub(crate) reasons: Vec<Reason>,
}

impl Permit {
    pub(crate) fn new(grounds: Grounds) -> Self {
        Self { grounds: Box::new(grounds) }
    }

    /// Whose records.
    pub fn person(&self) -> PersonId {
        self.grounds.person
    }

    /// Who looks.
    pub fn viewer(&self) -> &Viewer {
        &self.grounds.viewer
    }

    /// What for.
    pub fn purpose(&self) -> Purpose {
        self.grounds.purpose
    }

    /// The state of the person's consents the decision was made on: if it has moved, decide again.
    pub fn consent_epoch(&self) -> i64 {
        self.grounds.consent_epoch
    }

    /// Why looking is permitted and, where only the own records are, why not more.
    pub fn reasons(&self) -> &[Reason] {
        &self.grounds.reasons
    }

    /// Whether other facilities' records can be seen at all; else only the own ones.
    pub fn sees_others(&self) -> bool {
        self.grounds.consents.admitting(&self.grounds.viewer.facility).is_some()
    }

    /// What happens to a record of this kind that this facility made.
    ///
    /// A sensitive record that is not shown is always [`Visibility::Sensitive`], whatever else stands in the way,
    /// so that nobody learns from the answer that the facility has one.
    pub fn visibility(&self, facility: &FacilityId, kind: RecordKind, sensitive: bool) -> Visibility {
        let Grounds { viewer, purpose, consents, agreed, registered_here, .. } = self.grounds.as_ref();
        let own = *registered_here && facility == &viewer.facility;
        let consented = own || consents.covers(facility, &viewer.facility);
        let in_role = role::may_see(viewer.profession, *purpose, kind);
        let cleared = !sensitive || own || sensitivity::may_see(viewer, facility, consents);
        match (consented && in_role, cleared) {
            (true, true) => Visibility::Shown,
            _ if sensitive => Visibility::Sensitive,
            _ if consented => Visibility::OutsideRole,
            _ if agreed.covers(facility, &viewer.facility) => Visibility::NotRelated,
            _ => Visibility::NotConsented,
        }
    }
}
