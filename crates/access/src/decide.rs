//! From facts to a permit or a refusal. Nothing is asked of anyone here; the caller states the facts.

use crate::consent::{Consent, ConsentKind, Effective};
use crate::day::{Within, within};
use crate::permit::{Grounds, Permit};
use crate::relationship::Relationship;
use crate::viewer::{Purpose, Viewer};
use crate::words::{Reason, Rule};
use model::PersonId;
use model::facility::FacilityKind;

/// What is known about the person and the viewer's facility when the question is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The person.
    pub person: PersonId,
    /// Every consent of the person, also those over and withdrawn.
    pub consents: Vec<Consent>,
    /// Every relationship of any facility with the person.
    pub relationships: Vec<Relationship>,
    /// The viewer's facility has its own registration of the person.
    pub registered_here: bool,
    /// The day, `YYYY-MM-DD`, JST.
    pub today: String,
    /// Counts every change of the person's consents and relationships.
    pub consent_epoch: i64,
}

/// The answer.
#[derive(Debug)]
pub enum Decision {
    /// Look, as far as the permit shows.
    Permit(Permit),
    /// Nothing is shown.
    Refusal(Refusal),
}

impl Decision {
    /// The permit, if it is one.
    pub fn permit(self) -> Result<Permit, Refusal> {
        match self {
            Self::Permit(permit) => Ok(permit),
            Self::Refusal(refusal) => Err(refusal),
        }
    }
}

/// Why nothing is shown, and what would change that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not permitted: {}", ids(.reasons))]
pub struct Refusal {
    /// What stands in the way.
    pub reasons: Vec<Reason>,
    /// What could be done about it, most likely first.
    pub what_would_change_it: Vec<Reason>,
}

fn ids(reasons: &[Reason]) -> String {
    let all: Vec<_> = reasons.iter().map(|reason| reason.id()).collect();
    all.join(", ")
}

/// May this viewer look at this person for this purpose?
///
/// Others' records: an agreement that holds and covers the viewer's facility, no refusal that does, and a current
/// relationship; a registration from years ago is none. Own records: an own registration is enough. Which records of which
/// facility is then the permit's answer.
pub fn decide(viewer: &Viewer, purpose: Purpose, facts: &Facts) -> Decision {
    if let Some(refusal) = improper(viewer, purpose) {
        return Decision::Refusal(refusal);
    }
    let effective = Effective::on(&facts.today, &facts.consents);
    let current = |each: &&Relationship| each.is_current(&viewer.facility, &facts.today);
    let relationship = facts.relationships.iter().find(current);
    let consent = effective.admitting(&viewer.facility);
    let related = relationship.is_some();

    let mut reasons = Vec::new();
    let mut changes = Vec::new();
    match consent {
        Some(consent) if related => {
            let rule = if consent.facilities.is_empty() { Rule::ConsentAll } else { Rule::ConsentNamed };
            reasons.push(Reason::until(rule, consent.until.as_deref()));
        }
        Some(_) => {}
        None => {
            let (reason, change) = missing_consent(viewer, facts, &effective);
            reasons.push(reason);
            changes.push(change);
        }
    }
    if let Some(relationship) = relationship {
        let rule = Rule::Relationship(relationship.reason.clone());
        reasons.push(Reason::until(rule, relationship.until.as_deref()));
    }
    if facts.registered_here {
        reasons.insert(0, Reason::new(Rule::OwnRegistration));
    }
    if purpose == Purpose::Administration {
        reasons.push(Reason::new(Rule::AdministrationShowsLittle));
    }
    if !related {
        let ours = |each: &Relationship| each.facility == viewer.facility;
        let rule =
            if facts.relationships.iter().any(ours) { Rule::RelationshipOver } else { Rule::NoRelationship };
        reasons.push(Reason::new(rule));
        changes.push(Reason::new(Rule::EnterRelationship));
        if !facts.registered_here {
            changes.push(Reason::new(Rule::RegisterPatient));
        }
    }
    let shared = consent.is_some() && related;
    if !shared && !facts.registered_here {
        reasons.retain(|reason| reason.rule().is_against());
        return Decision::Refusal(Refusal { reasons, what_would_change_it: changes });
    }
    let (consents, agreed) =
        if shared { (effective, Effective::default()) } else { (Effective::default(), effective) };
    Decision::Permit(Permit::new(Grounds {
        person: facts.person,
        viewer: viewer.clone(),
        purpose,
        consent_epoch: facts.consent_epoch,
        registered_here: facts.registered_here,
        consents,
        agreed,
        reasons,
    }))
}

/// What no fact about the person can mend: a nameless account, a purpose that is not the facility's.
fn improper(viewer: &Viewer, purpose: Purpose) -> Option<Refusal> {
    if viewer.name.trim().is_empty() {
        return Some(Refusal {
            reasons: vec![Reason::new(Rule::NamelessAccount)],
            what_would_change_it: vec![Reason::new(Rule::NameTheAccount)],
        });
    }
    if purpose == Purpose::PublicDuty && viewer.facility_kind != FacilityKind::TownHall {
        return Some(Refusal {
            reasons: vec![Reason::new(Rule::NotTheTownHall)],
            what_would_change_it: vec![Reason::new(Rule::ChooseOtherPurpose)],
        });
    }
    None
}

/// The nearest reason why no agreement lets the viewer's facility see others' records, and its remedy.
fn missing_consent(viewer: &Viewer, facts: &Facts, effective: &Effective) -> (Reason, Reason) {
    if effective.refuses(&viewer.facility) {
        return (Reason::new(Rule::Denied), Reason::new(Rule::PersonTakesBackDenial));
    }
    let permits = || facts.consents.iter().filter(|consent| consent.kind == ConsentKind::Permit);
    let ours = || permits().filter(|consent| consent.covers(&viewer.facility));
    let span = |consent: &Consent| within(&facts.today, &consent.from, consent.until.as_deref());
    let rule = if ours().any(|consent| consent.withdrawn) {
        Rule::ConsentWithdrawn
    } else if ours().any(|consent| span(consent) == Within::After) {
        Rule::ConsentOver
    } else if ours().any(|consent| span(consent) == Within::Before) {
        Rule::ConsentNotYet
    } else if permits().any(|consent| consent.is_effective(&facts.today)) {
        Rule::ConsentForOthers
    } else {
        Rule::NoConsent
    };
    (Reason::new(rule), Reason::new(Rule::EnterConsent))
}
