//! Whether a facility's sources deliver: current, late, or silent. Follows from heartbeats and stored deliveries.

use crate::Hub;
use model::FacilityId;
use std::collections::BTreeMap;
use store::Source;

/// How a feed stands. Times are RFC 3339 in UTC; empty = never.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedState {
    /// Delivering as expected, or put in by hand.
    Current,
    /// Its gateway lives, but nothing new came for longer than usual.
    Late {
        /// Last delivery.
        last: String,
        /// Hours after which it counts as late.
        usual_hours: u32,
    },
    /// No sign of life from its gateway, or a gateway that cannot open the source's folder.
    Silent {
        /// Last sign of life, else when the source was named.
        since: String,
        /// Last delivery.
        last: String,
    },
}

/// The worst state of each facility's feeds.
#[derive(Debug, Clone, Default)]
pub struct FeedStates {
    worst: BTreeMap<FacilityId, FeedState>,
}

impl FeedStates {
    /// How the feeds of a facility stand.
    pub fn of(&self, facility: &FacilityId) -> FeedState {
        self.worst.get(facility).cloned().unwrap_or(FeedState::Current)
    }

    /// A text that is equal while no facility changes its state.
    pub fn token(&self) -> String {
        let letter = |state: &FeedState| match state {
            FeedState::Current => "c",
            FeedState::Late { .. } => "l",
            FeedState::Silent { .. } => "s",
        };
        self.worst.iter().map(|(facility, state)| format!("{facility}:{} ", letter(state))).collect()
    }
}

impl Hub {
    /// How one source stands.
    pub fn feed_state(&self, source: &Source) -> FeedState {
        let now = self.clock.now().as_millisecond();
        let age = |text: &str| text.parse::<jiff::Timestamp>().ok().map(|then| now - then.as_millisecond());
        if !source.via_gateway {
            return FeedState::Current;
        }
        let silent = i64::from(self.settings.silent_seconds) * 1000;
        let sign = if source.contact_at.is_empty() { &source.created_at } else { &source.contact_at };
        if age(sign).is_none_or(|age| age > silent) {
            return FeedState::Silent { since: sign.clone(), last: source.delivery_at.clone() };
        }
        let late = i64::from(self.settings.late_hours) * 3_600_000;
        let begun = if source.delivery_at.is_empty() { &source.created_at } else { &source.delivery_at };
        if age(begun).is_some_and(|age| age > late) {
            return FeedState::Late {
                last: source.delivery_at.clone(),
                usual_hours: self.settings.late_hours,
            };
        }
        FeedState::Current
    }

    /// How every facility's feeds stand.
    pub async fn feed_states(&self) -> anyhow::Result<FeedStates> {
        let rank = |state: &FeedState| match state {
            FeedState::Current => 0,
            FeedState::Late { .. } => 1,
            FeedState::Silent { .. } => 2,
        };
        let mut states = FeedStates::default();
        for source in self.store.source_signs().await? {
            let state = self.feed_state(&source);
            let known = states.worst.get(&source.facility).map_or(0, rank);
            if rank(&state) >= known {
                states.worst.insert(source.facility, state);
            }
        }
        Ok(states)
    }
}
