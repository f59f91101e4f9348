//! Why a facility has to do with a person at all. Not here: who entered it.

use crate::day::{Within, within};
use model::FacilityId;

/// A reason, with its days, for which a facility may look at a person who consented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relationship {
    /// The facility that may look.
    pub facility: FacilityId,
    /// Why: `visit`, `referral`, `care-contract`, `team`.
    pub reason: String,
    /// First day, `YYYY-MM-DD`, JST.
    pub from: String,
    /// Last day, included; none = no end.
    pub until: Option<String>,
}

impl Relationship {
    /// Whether it is this facility's and holds on that day. A day that cannot be read does not hold.
    pub fn is_current(&self, facility: &FacilityId, today: &str) -> bool {
        &self.facility == facility && within(today, &self.from, self.until.as_deref()) == Within::During
    }

    /// The Japanese word for the reason; an unknown one is shown as written.
    pub fn reason_ja(reason: &str) -> &str {
        match reason {
            "visit" => "受診・訪問",
            "referral" => "紹介",
            "care-contract" => "介護サービス契約",
            "team" => "ケアチーム",
            other => other,
        }
    }

    /// The English words for the reason; an unknown one is shown as written.
    pub fn reason_en(reason: &str) -> &str {
        match reason {
            "visit" => "visit",
            "referral" => "referral",
            "care-contract" => "care contract",
            "team" => "care team",
            other => other,
        }
    }
}
