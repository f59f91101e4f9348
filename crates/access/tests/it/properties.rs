//! What holds for any facts at all.

use crate::facts::{any_consent, any_facts, any_purpose, any_viewer, shown};
use access::{ConsentKind, Facts, Purpose, Viewer, decide};
use model::facility::Profession;
use proptest::prelude::*;

fn is_permitted(viewer: &Viewer, purpose: Purpose, facts: &Facts) -> bool {
    decide(viewer, purpose, facts).permit().is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn a_further_refusal_never_shows_more(
        viewer in any_viewer(), purpose in any_purpose(), facts in any_facts(), denial in any_consent(ConsentKind::Deny),
    ) {
        let before = shown(&viewer, purpose, &facts);
        let mut narrowed = facts.clone();
        narrowed.consents.push(denial);
        prop_assert!(shown(&viewer, purpose, &narrowed).iter().all(|each| before.contains(each)));
        prop_assert!(!is_permitted(&viewer, purpose, &narrowed) || is_permitted(&viewer, purpose, &facts));
    }

    #[test]
    fn withdrawing_or_losing_an_agreement_never_shows_more(
        viewer in any_viewer(), purpose in any_purpose(), facts in any_facts(), which in any::<prop::sample::Index>(),
    ) {
        let before = shown(&viewer, purpose, &facts);
        let permits: Vec<usize> = facts
            .consents.iter().enumerate().filter(|(_, each)| each.kind == ConsentKind::Permit).map(|(at, _)| at).collect();
        prop_assume!(!permits.is_empty());
        let at = permits[which.index(permits.len())];
        let mut withdrawn = facts.clone();
        withdrawn.consents[at].withdrawn = true;
        let mut lost = facts.clone();
        lost.consents.remove(at);
        for narrowed in [withdrawn, lost] {
            prop_assert!(shown(&viewer, purpose, &narrowed).iter().all(|each| before.contains(each)));
        }
    }

    #[test]
    fn losing_a_relationship_or_registration_never_shows_more(
        viewer in any_viewer(), purpose in any_purpose(), facts in any_facts(),
    ) {
        let before = shown(&viewer, purpose, &facts);
        let unrelated = Facts { relationships: Vec::new(), ..facts.clone() };
        let unregistered = Facts { registered_here: false, ..facts };
        for narrowed in [unrelated, unregistered] {
            prop_assert!(shown(&viewer, purpose, &narrowed).iter().all(|each| before.contains(each)));
        }
    }

    /// Said again in other words than the code's.
    #[test]
    fn a_permit_rests_on_consent_and_relationship_or_on_the_own_registration(
        viewer in any_viewer(), purpose in any_purpose(), facts in any_facts(),
    ) {
        let held = |from: &str, until: &Option<String>| {
            let day = |text: &str| text.len() == 10 && text != "2026-02-30" && text.is_ascii();
            day(&facts.today) && day(from) && from <= facts.today.as_str()
                && until.as_ref().is_none_or(|last| day(last) && facts.today.as_str() <= last.as_str())
        };
        let agreed = facts.consents.iter().any(|each| {
            each.kind == ConsentKind::Permit && !each.withdrawn && held(&each.from, &each.until)
                && (each.facilities.is_empty() || each.facilities.contains(&viewer.facility))
        });
        let related = facts
            .relationships.iter().any(|each| each.facility == viewer.facility && held(&each.from, &each.until));
        if is_permitted(&viewer, purpose, &facts) {
            prop_assert!(facts.registered_here || agreed && related);
        }
        for (facility, _, sensitive) in shown(&viewer, purpose, &facts) {
            let own = facts.registered_here && facility == viewer.facility;
            let both = facts.consents.iter().any(|each| {
                each.kind == ConsentKind::Permit && !each.withdrawn && held(&each.from, &each.until)
                    && [&facility, &viewer.facility].iter().all(|end| {
                        each.facilities.contains(end) || each.facilities.is_empty() && !sensitive
                    })
            });
            prop_assert!(own || both);
            prop_assert!(own || !sensitive || viewer.profession == Profession::Physician);
        }
    }

    #[test]
    fn the_order_of_facts_does_not_matter(
        viewer in any_viewer(), purpose in any_purpose(), facts in any_facts(),
    ) {
        let mut turned = facts.clone();
        turned.consents.reverse();
        turned.relationships.reverse();
        prop_assert_eq!(shown(&viewer, purpose, &turned), shown(&viewer, purpose, &facts));
    }

    #[test]
    fn every_refusal_says_why_and_what_would_change_it(
        viewer in any_viewer(), purpose in any_purpose(), facts in any_facts(),
    ) {
        if let Err(refusal) = decide(&viewer, purpose, &facts).permit() {
            prop_assert!(!refusal.reasons.is_empty() && !refusal.what_would_change_it.is_empty());
            prop_assert!(refusal.reasons.iter().all(|reason| reason.rule().is_against()));
            prop_assert!(refusal.what_would_change_it.iter().all(|change| !change.rule().is_against()));
        }
    }
}
