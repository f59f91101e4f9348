//! A registration against persons: a link must be contradicted by nobody who is already linked.

use crate::compare::compare;
use crate::decide::{LinkRule, Review, Verdict, Why, contradicts, decide};
use crate::normalise::Normalised;

/// The verdict on a registration and all registrations of one person. The order of the members does not matter.
///
/// Links if one member links by rule and no member contradicts; else a human looks if any member links or looks alike.
pub fn decide_for_person(new: &Normalised, members: &[&Normalised]) -> Verdict {
    let mut rules: Vec<LinkRule> = Vec::new();
    let mut reviews: Vec<Review> = Vec::new();
    let mut contradicted = false;
    for member in members {
        let comparison = compare(new, member);
        contradicted |= contradicts(&comparison);
        match decide(&comparison) {
            Verdict::Link { rule } => rules.push(rule),
            Verdict::Review(review) => reviews.push(review),
            Verdict::Distinct => {}
        }
    }
    match (rules.iter().min(), contradicted) {
        (Some(rule), false) => Verdict::Link { rule: *rule },
        (Some(_), true) => {
            let mut why = vec![Why::OtherRegistrationContradicts];
            why.extend(best(reviews).map(|review| review.why).unwrap_or_default());
            Verdict::Review(Review { score: 90, why })
        }
        (None, _) => best(reviews).map_or(Verdict::Distinct, Verdict::Review),
    }
}

fn best(reviews: Vec<Review>) -> Option<Review> {
    // Of equal scores the first reasons in order, so that the order of members does not show.
    reviews.into_iter().max_by(|a, b| a.score.cmp(&b.score).then_with(|| b.why.cmp(&a.why)))
}

/// Where a registration belongs among persons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement<P> {
    /// The person it is linked to by rule; none: a person of its own.
    pub linked: Option<(P, LinkRule)>,
    /// Further persons that link by rule and contradict neither the registration nor each other: with the linked
    /// one they are one person.
    pub joined: Vec<(P, LinkRule)>,
    /// Persons a human should look at, best first.
    pub reviews: Vec<(P, Review)>,
}

/// Places a registration among candidate persons, each with all its registrations. The order of the candidates
/// does not matter.
///
/// Several persons that link are one person if none of their registrations contradict each other. If any do, it is
/// linked to none: a human decides.
pub fn place<P: Ord + Clone>(new: &Normalised, candidates: &[(P, Vec<&Normalised>)]) -> Placement<P> {
    let mut links: Vec<(P, LinkRule, &[&Normalised])> = Vec::new();
    let mut reviews: Vec<(P, Review)> = Vec::new();
    for (person, members) in candidates {
        match decide_for_person(new, members) {
            Verdict::Link { rule } => links.push((person.clone(), rule, members)),
            Verdict::Review(review) => reviews.push((person.clone(), review)),
            Verdict::Distinct => {}
        }
    }
    links.sort_by(|a, b| a.0.cmp(&b.0));
    if !agree_with_each_other(&links) {
        let review = Review { score: 95, why: vec![Why::SeveralPersons] };
        reviews.extend(links.drain(..).map(|(person, ..)| (person, review.clone())));
    }
    reviews.sort_by(|a, b| b.1.score.cmp(&a.1.score).then_with(|| a.0.cmp(&b.0)));
    let mut links = links.into_iter().map(|(person, rule, _)| (person, rule));
    Placement { linked: links.next(), joined: links.collect(), reviews }
}

fn agree_with_each_other<P>(links: &[(P, LinkRule, &[&Normalised])]) -> bool {
    links.iter().enumerate().all(|(at, (.., one))| {
        links
            .iter()
            .skip(at + 1)
            .all(|(.., other)| one.iter().all(|a| other.iter().all(|b| !contradicts(&compare(a, b)))))
    })
}
