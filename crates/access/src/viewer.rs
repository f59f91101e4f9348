//! Who looks and what for. Not here: how they proved who they are.

use model::facility::{FacilityKind, Profession};
use model::{FacilityId, StaffId};

/// A member of staff at the facility they act for.
#[derive(Clone, PartialEq, Eq)]
pub struct Viewer {
    /// The account.
    pub staff: StaffId,
    /// The name of the member of staff, as the audit and the resident see it; never blank.
    pub name: String,
    /// What they are qualified to do.
    pub profession: Profession,
    /// The facility they act for.
    pub facility: FacilityId,
    /// Its name, as shown to people.
    pub facility_name: String,
    /// Its kind.
    pub facility_kind: FacilityKind,
}

impl std::fmt::Debug for Viewer {
    /// Prints the account, profession and facility, never the name.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Viewer")
            .field("staff", &self.staff)
            .field("profession", &self.profession)
            .field("facility", &self.facility)
            .finish_non_exhaustive()
    }
}

/// What the record is looked at for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// 診療
    Treatment,
    /// 介護・生活支援
    Care,
    /// 受付・事務: shows the demographics only, whoever asks.
    Administration,
    /// 市町村の公務: for the town hall alone.
    PublicDuty,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: &'static [Self] = &[Self::Treatment, Self::Care, Self::Administration, Self::PublicDuty];

    /// The word used in the store, the audit and the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Treatment => "treatment",
            Self::Care => "care",
            Self::Administration => "administration",
            Self::PublicDuty => "public-duty",
        }
    }

    /// The Japanese word shown to people.
    pub fn ja(self) -> &'static str {
        match self {
            Self::Treatment => "診療",
            Self::Care => "介護・生活支援",
            Self::Administration => "受付・事務",
            Self::PublicDuty => "市町村の公務",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|each| each.word() == word)
    }

    /// What a member of staff of this profession at a facility of this kind usually looks for.
    pub fn usual(profession: Profession, facility_kind: FacilityKind) -> Self {
        match (profession, facility_kind) {
            (Profession::Operator | Profession::Reception, _) => Self::Administration,
            (_, FacilityKind::TownHall) => Self::PublicDuty,
            (Profession::CareManager | Profession::Helper, _) => Self::Care,
            _ => Self::Treatment,
        }
    }
}
