//! What the person agreed to or refused. Not here: who wrote it down and where it is kept.
//!
//! A consent names the facilities that may share *and* see: one consent must cover both ends of a disclosure.
//! A refusal beats every agreement, whichever came later, until it is withdrawn or over.

use crate::day::{Within, within};
use model::FacilityId;

/// Agreement or refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConsentKind {
    /// The person agrees.
    Permit,
    /// The person refuses.
    Deny,
}

impl ConsentKind {
    /// The word used in the store (FHIR `Consent.provision.type`, R4).
    pub fn word(self) -> &'static str {
        match self {
            Self::Permit => "permit",
            Self::Deny => "deny",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "permit" => Some(Self::Permit),
            "deny" => Some(Self::Deny),
            _ => None,
        }
    }
}

/// One statement of the person's will.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// Its id in the store.
    pub id: String,
    /// Agreement or refusal.
    pub kind: ConsentKind,
    /// The facilities it is about; empty = every facility of the region.
    pub facilities: Vec<FacilityId>,
    /// First day, `YYYY-MM-DD`, JST.
    pub from: String,
    /// Last day, included; none = no end.
    pub until: Option<String>,
    /// The person took it back.
    pub withdrawn: bool,
}

impl Consent {
    /// Whether it holds on that day. Where a day cannot be read, a refusal holds and an agreement does not.
    pub fn is_effective(&self, today: &str) -> bool {
        let holds = match within(today, &self.from, self.until.as_deref()) {
            Within::During => true,
            Within::Before | Within::After => false,
            Within::Unknown => self.kind == ConsentKind::Deny,
        };
        holds && !self.withdrawn
    }

    /// Whether it is about this facility.
    pub fn covers(&self, facility: &FacilityId) -> bool {
        self.facilities.is_empty() || self.names(facility)
    }

    /// Whether it says this facility by name, not only "every facility".
    pub fn names(&self, facility: &FacilityId) -> bool {
        self.facilities.contains(facility)
    }
}

/// The consents that hold today, ready to be asked about pairs of facilities.
#[derive(Debug, Clone, Default)]
pub(crate) struct Effective {
    permits: Vec<Consent>,
    denials: Vec<Consent>,
}

impl Effective {
    /// Keeps what holds on that day.
    pub(crate) fn on(today: &str, consents: &[Consent]) -> Self {
        let holding = |kind| {
            let holds = |consent: &&Consent| consent.kind == kind && consent.is_effective(today);
            consents.iter().filter(holds).cloned().collect()
        };
        Self { permits: holding(ConsentKind::Permit), denials: holding(ConsentKind::Deny) }
    }

    /// Whether the person refuses this facility.
    pub(crate) fn refuses(&self, facility: &FacilityId) -> bool {
        self.denials.iter().any(|denial| denial.covers(facility))
    }

    /// The first agreement that lets this facility see anything at all, unless it is refused.
    pub(crate) fn admitting(&self, viewer: &FacilityId) -> Option<&Consent> {
        if self.refuses(viewer) {
            return None;
        }
        self.permits.iter().find(|permit| permit.covers(viewer))
    }

    /// Whether what `discloser` holds may be seen at `viewer`: one agreement covers both, no refusal either.
    pub(crate) fn covers(&self, discloser: &FacilityId, viewer: &FacilityId) -> bool {
        !self.refuses(discloser)
            && !self.refuses(viewer)
            && self.permits.iter().any(|permit| permit.covers(discloser) && permit.covers(viewer))
    }

    /// As [`Effective::covers`], by an agreement that says both facilities by name.
    pub(crate) fn names(&self, discloser: &FacilityId, viewer: &FacilityId) -> bool {
        !self.refuses(discloser)
            && !self.refuses(viewer)
            && self.permits.iter().any(|permit| permit.names(discloser) && permit.names(viewer))
    }
}
