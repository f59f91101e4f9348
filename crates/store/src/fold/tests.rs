//! Properties of the fold against a plain reading of its rules.

use super::*;
use crate::set_state::StoredSet;
use proptest::prelude::*;
use serde_json::json;

/// A statement about up to three records, each with up to three elements.
#[derive(Debug, Clone)]
struct Told {
    effect: Effect,
    members: Vec<(u8, Extent, Resource)>,
}

fn resource() -> impl Strategy<Value = Resource> {
    proptest::collection::btree_map("[abc]", 0u8..3, 0..3)
        .prop_map(|elements| elements.into_iter().map(|(name, value)| (name, json!(value))).collect())
}

fn told() -> impl Strategy<Value = Told> {
    let effect = prop_oneof![
        6 => Just(Effect::Stated),
        2 => Just(Effect::Superseded),
        2 => Just(Effect::Deleted),
    ];
    let extent = prop_oneof![2 => Just(Extent::Whole), 1 => Just(Extent::Supplement)];
    let members = proptest::collection::btree_map(0u8..3, (extent, resource()), 0..3);
    (effect, members).prop_map(|(effect, members)| Told {
        effect,
        members: members.into_iter().map(|(id, (extent, resource))| (id, extent, resource)).collect(),
    })
}

fn id(number: u8) -> RecordId {
    RecordId(uuid::Uuid::from_u128(number.into()))
}

impl Told {
    fn event(&self) -> Event<'_> {
        let members = self.members.iter().map(|(number, extent, resource)| Stated {
            id: id(*number),
            extent: *extent,
            digest: digest(resource),
            resource,
        });
        Event { effect: self.effect, members: members.collect() }
    }

    fn replaces(&self) -> bool {
        self.members.is_empty() || self.members.iter().any(|(_, extent, _)| *extent == Extent::Whole)
    }

    fn of(&self, record: u8) -> Option<(Extent, &Resource)> {
        let found = self.members.iter().find(|(number, ..)| *number == record)?;
        Some((found.1, &found.2))
    }
}

/// The content of a record after all these, read from the rules and not step by step; `None` if it is gone.
fn content(all: &[Told], record: u8) -> Option<Resource> {
    // What counts is what came after the last time the record ended.
    let ends = |told: &Told| told.replaces() && (told.effect == Effect::Deleted || told.of(record).is_none());
    let begin = all.iter().rposition(ends).map_or(0, |last| last + 1);
    let since: Vec<_> = all[begin..].iter().filter_map(|told| told.of(record)).collect();
    if since.is_empty() {
        return None;
    }
    let wholes: Vec<_> = since.iter().filter(|(extent, _)| *extent == Extent::Whole).collect();
    let mut content = wholes.last().map(|(_, whole)| (*whole).clone()).unwrap_or_default();
    let supplements = since.iter().filter(|(extent, _)| *extent == Extent::Supplement);
    for (_, supplement) in supplements.rev() {
        for (name, value) in supplement.iter() {
            if !wholes.iter().any(|(_, whole)| whole.contains_key(name)) && !content.contains_key(name) {
                content.insert(name.clone(), value.clone());
            }
        }
    }
    Some(content)
}

proptest! {
    #[test]
    fn the_state_is_what_the_rules_say(all in proptest::collection::vec(told(), 0..8)) {
        let mut state = SetState::default();
        for (count, told) in all.iter().enumerate() {
            state.apply(&told.event(), true).unwrap();
            for number in 0..3 {
                let found = state.members.get(&id(number)).filter(|member| member.life.is_live());
                let body = found.and_then(|member| member.merged.as_ref()).map(|merged| merged.body.clone());
                let wanted = content(&all[..=count], number);
                prop_assert_eq!(found.map(|member| member.digest), wanted.as_ref().map(digest));
                prop_assert_eq!(body, wanted);
            }
        }
    }

    #[test]
    fn a_stored_state_goes_on_as_if_it_had_never_been_stored(
        all in proptest::collection::vec(told(), 1..8),
        cut in 0usize..8,
    ) {
        let (mut straight, mut stored) = (SetState::default(), SetState::default());
        for (count, told) in all.iter().enumerate() {
            if count == cut {
                let set = StoredSet { fold: stored, ..StoredSet::default() };
                let bytes = set.encode().unwrap();
                stored = StoredSet::decode(String::new(), Vec::new(), &bytes).unwrap().fold;
            }
            let (one, two) = (straight.apply(&told.event(), true), stored.apply(&told.event(), true));
            prop_assert_eq!(one, two);
        }
        prop_assert_eq!(straight, stored);
    }

    #[test]
    fn without_supplements_tracking_makes_no_difference(all in proptest::collection::vec(told(), 0..8)) {
        let (mut tracked, mut plain) = (SetState::default(), SetState::default());
        for mut told in all {
            for member in &mut told.members {
                member.1 = Extent::Whole;
            }
            let one = tracked.apply(&told.event(), true).unwrap();
            let two = plain.apply(&told.event(), false).unwrap();
            let bare = |steps: Vec<Step>| {
                steps.into_iter().map(|step| (step.record, step.act, step.digest)).collect::<Vec<_>>()
            };
            prop_assert_eq!(bare(one), bare(two));
        }
    }

    #[test]
    fn telling_the_same_twice_changes_nothing(all in proptest::collection::vec(told(), 1..6)) {
        let mut state = SetState::default();
        for told in &all {
            state.apply(&told.event(), true).unwrap();
        }
        let last = all.last().unwrap();
        let steps = state.apply(&last.event(), true).unwrap();
        prop_assert!(steps.is_empty(), "{steps:?}");
    }

    #[test]
    fn positions_compare_as_their_parts(
        a in ("[0-9]{17}", "[ab]{0,2}", "[0-9]{0,3}", 0u8..3, -2i64..3, 0u128..3, 0i64..300),
        b in ("[0-9]{17}", "[ab]{0,2}", "[0-9]{0,3}", 0u8..3, -2i64..3, 0u128..3, 0i64..300),
    ) {
        type Parts = (String, String, String, u8, i64, u128, i64);
        let position = |(time, sequence, source_time, rank, number, delivery, part): &Parts| {
            let effect = [Effect::Stated, Effect::Superseded, Effect::Deleted][*rank as usize];
            let order = SourceOrder { time: time.clone(), sequence: sequence.clone() };
            let delivery = DeliveryId(uuid::Uuid::from_u128(*delivery));
            Position::new(&order, source_time, effect, *number, delivery, *part)
        };
        prop_assert_eq!(position(&a).cmp(&position(&b)), a.cmp(&b));
        prop_assert_eq!(position(&a).time(), a.0);
    }
}

#[test]
fn a_supplement_for_an_untracked_record_asks_for_its_history() {
    let whole = Told { effect: Effect::Stated, members: vec![(0, Extent::Whole, Resource::new())] };
    let more = Told { effect: Effect::Stated, members: vec![(0, Extent::Supplement, Resource::new())] };
    let mut state = SetState::default();
    state.apply(&whole.event(), false).unwrap();
    assert_eq!(state.apply(&more.event(), false), Err(NeedsHistory));
}
