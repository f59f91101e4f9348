//! Courses make sense in time.

use crate::{TODAY, region};
use model::facility::FacilityKind;
use proptest::prelude::*;
use region::catalogue as c;
use region::story::{Entry, What};

fn check(entries: &[Entry], birth: jiff::civil::Date, died: Option<jiff::civil::Date>) {
    assert!(entries.is_sorted_by_key(|entry| entry.at));
    let mut inside: Option<usize> = None;
    for entry in entries {
        assert!(entry.at.date() >= birth, "before birth");
        if let Some(died) = died {
            let posthumous = matches!(entry.what, What::Register(_) | What::Letter(_));
            assert!(posthumous || entry.at.date() <= died, "after death: {entry:?}");
        }
        match &entry.what {
            What::Admission { .. } => {
                assert!(inside.is_none(), "admitted twice");
                inside = Some(entry.facility);
            }
            What::Discharge { .. } => assert_eq!(inside.take(), Some(entry.facility), "discharged elsewhere"),
            What::Transfer { .. } | What::Injection { .. } | What::Diet { .. } => {
                assert_eq!(inside, Some(entry.facility), "inside only: {entry:?}");
            }
            What::Meals(_) | What::Sleep(_) => assert!(inside.is_none(), "in two places"),
            What::Prescription { groups, .. } | What::Dispensed { groups, .. } => {
                assert!(groups.iter().all(|group| group.days > 0 && !group.drugs.is_empty()));
                assert!(groups.iter().flat_map(|group| &group.drugs).all(|(_, amount)| *amount > 0.0));
            }
            What::Labs { values, .. } => {
                assert!(values.iter().all(|(_, value)| value.is_finite() && *value > 0.0));
            }
            What::Diagnosis { onset, .. } => assert!(*onset <= entry.at.date()),
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn nobody_is_treated_before_birth_or_after_death(seed in any::<u64>()) {
        let region = region(seed, 80);
        for person in region.people() {
            let told = region.story(&person);
            check(&told.entries, person.birth, told.died);
        }
    }
}

#[test]
fn who_dies_is_struck_from_the_register() {
    let region = region(5, 12);
    let told: Vec<_> = region.people().map(|person| region.story(&person)).collect();
    let dead: Vec<_> = told.iter().filter(|told| told.died.is_some()).collect();
    assert!(!dead.is_empty());
    for told in dead {
        assert!(told.entries.iter().any(|entry| entry.what == What::Register("死亡")));
    }
}

#[test]
fn the_worked_example_is_the_drawn_page() {
    let region = region(5, 3);
    let hero = region.people().next().unwrap();
    let told = region.story(&hero);
    let kind = |entry: &&Entry| region.facilities()[entry.facility].kind;
    let on = |month, day| jiff::civil::date(2026, month, day);
    let potassium: Vec<_> = told
        .entries
        .iter()
        .filter_map(|entry| match &entry.what {
            What::Labs { values, .. } => {
                let (_, k) = values.iter().find(|(test, _)| *test == c::K)?;
                Some((entry.at.date(), *k))
            }
            _ => None,
        })
        .collect();
    assert!(potassium.contains(&(on(10, 5), 4.1)) && potassium.contains(&(on(11, 20), 3.1)), "{potassium:?}");
    let day = |wanted: fn(&What) -> bool| {
        told.entries
            .iter()
            .filter(|entry| wanted(&entry.what))
            .map(|entry| entry.at.date())
            .collect::<Vec<_>>()
    };
    assert_eq!(day(|what| matches!(what, What::Admission { .. })), [on(9, 18)]);
    assert_eq!(day(|what| matches!(what, What::Discharge { .. })), [on(10, 9)]);
    let herbal = told.entries.iter().find(|entry| match &entry.what {
        What::Prescription { groups, .. } => {
            groups.iter().flat_map(|group| &group.drugs).any(|(drug, _)| *drug == c::YOKUKANSAN)
        }
        _ => false,
    });
    assert_eq!(herbal.map(|entry| entry.at.date()), Some(on(10, 22)));
    let kinds: Vec<FacilityKind> = FacilityKind::ALL
        .iter()
        .copied()
        .filter(|wanted| told.entries.iter().any(|entry| kind(&entry) == *wanted))
        .collect();
    assert_eq!(kinds, FacilityKind::ALL, "every kind of facility takes part");
    // Agitation falls after 抑肝散.
    let events = |from, to| {
        told.entries
            .iter()
            .filter(|entry| matches!(entry.what, What::Behaviour { .. }))
            .filter(|entry| (from..to).contains(&entry.at.date()))
            .count()
    };
    assert!(events(on(10, 10), on(10, 22)) > 2 * events(on(10, 23), on(11, 4)));
    assert!(told.entries.iter().any(|entry| entry.at.date() == TODAY));
}
