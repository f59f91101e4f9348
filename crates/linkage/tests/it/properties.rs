//! What holds for any two registrations of a town where everybody looks alike.

use crate::people::{hanako, is_stand_in, pair, told_apart, townsman};
use linkage::{
    Level, Normalised, Verdict, block_keys, compare, contradicts, decide, decide_for_person, place,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_the_two_does_not_matter(((_, a), (_, b)) in pair()) {
        let (a, b) = (a.done(), b.done());
        prop_assert_eq!(compare(&a, &b), compare(&b, &a));
    }

    #[test]
    fn whoever_may_be_one_is_found(((_, a), (_, b)) in pair()) {
        let (a, b) = (a.done(), b.done());
        let verdict = decide(&compare(&a, &b));
        let keys = block_keys(&b);
        let found = block_keys(&a).iter().any(|key| keys.contains(key));
        prop_assert!(found || verdict == Verdict::Distinct, "{:?} {:?}", verdict, compare(&a, &b));
    }

    #[test]
    fn a_link_is_never_between_what_differs(((x, a), (y, b)) in pair()) {
        let (mine, other) = (a.clone().done(), b.clone().done());
        let comparison = compare(&mine, &other);
        if let Verdict::Link { .. } = decide(&comparison) {
            prop_assert!(!contradicts(&comparison));
            prop_assert_eq!(a.registration.birth_date.reveal(), b.registration.birth_date.reveal());
            prop_assert_eq!(mine.birth_date.as_deref().map(str::len), Some(10));
            prop_assert!(!told_apart(x, y), "given names differ: {:?}", comparison);
            prop_assert!(!is_stand_in(x) && !is_stand_in(y));
            prop_assert!(comparison.sex.level != Level::Different && comparison.branch.level != Level::Different);
        }
    }

    #[test]
    fn a_stand_in_never_links(((x, a), (y, b)) in pair()) {
        let linked = matches!(decide(&compare(&a.done(), &b.done())), Verdict::Link { .. });
        prop_assert!(!(linked && (is_stand_in(x) || is_stand_in(y))));
    }

    #[test]
    fn the_order_of_members_does_not_matter(new in townsman(), members in prop::collection::vec(townsman(), 0..5)) {
        let new = new.1.done();
        let members: Vec<Normalised> = members.into_iter().map(|(_, form)| form.done()).collect();
        let forward: Vec<&Normalised> = members.iter().collect();
        let backward: Vec<&Normalised> = members.iter().rev().collect();
        let verdict = decide_for_person(&new, &forward);
        prop_assert_eq!(decide_for_person(&new, &backward), verdict.clone());
        let contradicted = members.iter().any(|member| contradicts(&compare(&new, member)));
        let linked = matches!(verdict, Verdict::Link { .. });
        prop_assert!(!(linked && contradicted));
    }

    #[test]
    fn a_further_member_never_makes_a_link_out_of_a_contradiction(
        new in townsman(), members in prop::collection::vec(townsman(), 1..5), more in townsman(),
    ) {
        let (new, more) = (new.1.done(), more.1.done());
        let members: Vec<Normalised> = members.into_iter().map(|(_, form)| form.done()).collect();
        let mut all: Vec<&Normalised> = members.iter().collect();
        let contradicted = all.iter().any(|member| contradicts(&compare(&new, member)));
        all.push(&more);
        let linked = matches!(decide_for_person(&new, &all), Verdict::Link { .. });
        prop_assert!(!(linked && contradicted));
    }

    #[test]
    fn the_order_of_candidates_does_not_matter(new in townsman(), others in prop::collection::vec(townsman(), 0..6)) {
        let new = new.1.done();
        let others: Vec<Normalised> = others.into_iter().map(|(_, form)| form.done()).collect();
        let forward: Vec<(usize, Vec<&Normalised>)> = others.iter().map(|each| vec![each]).enumerate().collect();
        let backward: Vec<_> = forward.iter().rev().cloned().collect();
        let placed = place(&new, &forward);
        prop_assert_eq!(place(&new, &backward), placed.clone());
        let together: Vec<usize> =
            placed.linked.iter().chain(&placed.joined).map(|(person, _)| *person).collect();
        for a in &together {
            for b in &together {
                prop_assert!(a == b || !contradicts(&compare(&others[*a], &others[*b])));
            }
        }
    }

    #[test]
    fn nothing_personal_is_printed(((_, a), (_, b)) in pair()) {
        let (a, b) = (a.done(), b.done());
        let printed = format!("{a:?} {:?} {:?}", compare(&a, &b), decide(&compare(&a, &b)));
        for personal in ["佐倉", "サクラ", "花子", "1950", "室蘭", "0143", "187"] {
            prop_assert!(!printed.contains(personal));
        }
    }
}

#[test]
fn keys_are_short_stable_and_say_nothing() {
    let form =
        hanako().address("室蘭市幸町1-2-3").phone("0143-22-1111").insured("010123", "室", "187", "01").done();
    let keys = block_keys(&form);
    assert!(keys.iter().all(|key| key.len() == 16 && key.bytes().all(|byte| byte.is_ascii_hexdigit())));
    assert_eq!(keys.len(), 10);
    assert_eq!(keys, block_keys(&form));
    assert!(
        block_keys(&linkage::normalise(&model::registration::Registration::new(&Default::default(), &[])))
            .is_empty()
    );
}

/// The properties above speak of links only if the town has some: each rule must occur among its pairs.
#[test]
fn the_town_has_links_reviews_and_strangers() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = std::collections::BTreeMap::new();
    for _ in 0..6000 {
        let ((_, a), (_, b)) = pair().new_tree(&mut runner).unwrap().current();
        let kind = match decide(&compare(&a.done(), &b.done())) {
            Verdict::Link { rule } => rule.id(),
            Verdict::Review(_) => "review",
            Verdict::Distinct => "distinct",
        };
        *seen.entry(kind).or_insert(0) += 1;
    }
    let kinds: Vec<_> = seen.keys().copied().collect();
    assert_eq!(
        kinds,
        ["distinct", "insurance-branch", "insurance-given", "name-address", "name-phone", "review"],
        "{seen:?}"
    );
}
