//! Registrations against persons that already have several.

use crate::people::{Form, hanako};
use linkage::{LinkRule, Normalised, Verdict, Why, decide_for_person, place};
use model::registration::Sex;

#[test]
fn one_contradicting_member_stops_a_link() {
    let phone = hanako().phone("0143-22-1111").done();
    let card = hanako().insured("010123", "室", "187", "01").done();
    let new = hanako().phone("0143-22-1111").insured("010123", "室", "187", "02").done();
    assert_eq!(decide_for_person(&new, &[&phone]), Verdict::Link { rule: LinkRule::NamePhone });
    for members in [[&phone, &card], [&card, &phone]] {
        let Verdict::Review(review) = decide_for_person(&new, &members) else { panic!("linked") };
        assert_eq!(review.why[0], Why::OtherRegistrationContradicts);
        assert!(review.why.contains(&Why::BranchesConflict));
    }
    assert_eq!(decide_for_person(&new, &[]), Verdict::Distinct);
}

#[test]
fn a_weak_middle_does_not_chain_two_people() {
    let yuki = |sex| {
        Form::new("佐倉 優希", "サクラ ユウキ", "2013-04-01", sex).insured("010123", "室", "187", "03").done()
    };
    let (boy, unknown, girl) = (yuki(Sex::Male), yuki(Sex::Unknown), yuki(Sex::Female));
    assert!(matches!(decide_for_person(&girl, &[&unknown]), Verdict::Link { .. }));
    assert!(matches!(decide_for_person(&girl, &[&unknown, &boy]), Verdict::Review(_)));
}

#[test]
fn a_bridge_joins_persons_that_agree() {
    let hospital = hanako().insured("010123", "室", "187", "01").done();
    let pharmacy = hanako().phone("0143-22-1111").done();
    let clinic = hanako().phone("0143-22-1111").insured("010123", "室", "187", "01").done();
    let placed = place(&clinic, &[("b", vec![&pharmacy]), ("a", vec![&hospital])]);
    assert_eq!(placed.linked, Some(("a", LinkRule::InsuranceBranch)));
    assert_eq!(placed.joined, [("b", LinkRule::NamePhone)]);
    assert!(placed.reviews.is_empty());
}

#[test]
fn a_bridge_between_two_people_is_for_a_human() {
    let one = hanako().insured("010123", "室", "187", "01").done();
    let other = hanako().phone("0143-22-1111").insured("010123", "室", "187", "02").done();
    let new = hanako().phone("0143-22-1111").insured("010123", "室", "187", "").done();
    for candidates in [[(1, vec![&one]), (2, vec![&other])], [(2, vec![&other]), (1, vec![&one])]] {
        let placed = place(&new, &candidates);
        assert_eq!(placed.linked, None);
        let persons: Vec<_> =
            placed.reviews.iter().map(|(person, review)| (*person, review.why[0])).collect();
        assert_eq!(persons, [(1, Why::SeveralPersons), (2, Why::SeveralPersons)]);
    }
}

#[test]
fn nobody_like_it_is_a_new_person() {
    let new = hanako().done();
    let other = Form::new("青木 実", "アオキ ミノル", "1962-08-09", Sex::Male).done();
    let candidates: [(u8, Vec<&Normalised>); 1] = [(1, vec![&other])];
    let placed = place(&new, &candidates);
    assert!(placed.linked.is_none() && placed.joined.is_empty() && placed.reviews.is_empty());
}
