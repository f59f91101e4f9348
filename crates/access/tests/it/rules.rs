//! Each rule by an example.

use crate::facts::{TODAY, consent, facility, nothing, relationship, viewer};
use access::{ConsentKind, Decision, Facts, Language, Permit, Purpose, Refusal, Visibility, decide};
use model::facility::{Profession, RecordKind};

fn permit(profession: Profession, purpose: Purpose, facts: &Facts) -> Permit {
    decide(&viewer(profession, "clinic"), purpose, facts).permit().unwrap()
}

fn refusal(facts: &Facts) -> Refusal {
    decide(&viewer(Profession::Nurse, "clinic"), Purpose::Treatment, facts).permit().unwrap_err()
}

fn ids(reasons: &[access::Reason]) -> Vec<&str> {
    reasons.iter().map(|reason| reason.id()).collect()
}

#[test]
fn nothing_known_is_nothing_shown() {
    let refusal = refusal(&nothing());
    assert_eq!(ids(&refusal.reasons), ["no-consent", "no-relationship"]);
    assert_eq!(
        ids(&refusal.what_would_change_it),
        ["enter-consent", "enter-relationship", "register-patient"]
    );
    assert_eq!(refusal.to_string(), "not permitted: no-consent, no-relationship");
}

#[test]
fn consent_and_relationship_together_show() {
    let mut facts = nothing();
    facts.consents = vec![consent(ConsentKind::Permit, &[])];
    assert_eq!(ids(&refusal(&facts).reasons), ["no-relationship"]);
    facts.relationships = vec![relationship("clinic")];
    let shown = permit(Profession::Nurse, Purpose::Treatment, &facts);
    assert!(shown.sees_others());
    assert_eq!(shown.consent_epoch(), 7);
    assert_eq!(shown.visibility(&facility("hospital"), RecordKind::Laboratory, false), Visibility::Shown);
    assert_eq!(ids(shown.reasons()), ["consent-all", "relationship"]);
    facts.consents.clear();
    assert_eq!(ids(&refusal(&facts).reasons), ["no-consent"]);
}

#[test]
fn a_consent_must_cover_both_ends() {
    let mut facts = nothing();
    facts.relationships = vec![relationship("clinic")];
    facts.consents = vec![consent(ConsentKind::Permit, &["clinic", "pharmacy"])];
    let shown = permit(Profession::Physician, Purpose::Treatment, &facts);
    let of = |name| shown.visibility(&facility(name), RecordKind::Medication, false);
    assert_eq!((of("pharmacy"), of("hospital")), (Visibility::Shown, Visibility::NotConsented));
    facts.consents = vec![consent(ConsentKind::Permit, &["hospital"])];
    assert_eq!(ids(&refusal(&facts).reasons), ["consent-for-others"]);
    // Two halves are not a whole: the person never put these two together.
    facts.consents =
        vec![consent(ConsentKind::Permit, &["hospital"]), consent(ConsentKind::Permit, &["clinic"])];
    let shown = permit(Profession::Physician, Purpose::Treatment, &facts);
    assert_eq!(
        shown.visibility(&facility("hospital"), RecordKind::Medication, false),
        Visibility::NotConsented
    );
}

#[test]
fn an_agreement_without_a_relationship_shows_nothing_and_says_what_is_missing() {
    let mut facts = nothing();
    facts.registered_here = true;
    facts.consents = vec![consent(ConsentKind::Permit, &["clinic", "hospital"])];
    let shown = permit(Profession::Physician, Purpose::Treatment, &facts);
    let of = |name, sensitive| shown.visibility(&facility(name), RecordKind::Medication, sensitive);
    assert_eq!(of("clinic", false), Visibility::Shown);
    assert_eq!(of("hospital", false), Visibility::NotRelated);
    assert_eq!(of("pharmacy", false), Visibility::NotConsented);
    assert_eq!(of("hospital", true), Visibility::Sensitive);
    assert!(!shown.sees_others());
}

#[test]
fn a_refusal_beats_an_agreement_and_says_so() {
    let mut facts = nothing();
    facts.relationships = vec![relationship("clinic")];
    facts.consents = vec![consent(ConsentKind::Permit, &[]), consent(ConsentKind::Deny, &["hospital"])];
    let shown = permit(Profession::Physician, Purpose::Treatment, &facts);
    let of = |name| shown.visibility(&facility(name), RecordKind::Condition, false);
    assert_eq!((of("hospital"), of("pharmacy")), (Visibility::NotConsented, Visibility::Shown));
    facts.consents.push(consent(ConsentKind::Deny, &["clinic"]));
    let refused = refusal(&facts);
    assert_eq!(
        (ids(&refused.reasons), ids(&refused.what_would_change_it)),
        (vec!["denied"], vec!["take-back-denial"])
    );
    facts.consents = vec![consent(ConsentKind::Permit, &["clinic"]), consent(ConsentKind::Deny, &[])];
    assert_eq!(ids(&refusal(&facts).reasons), ["denied"]);
}

#[test]
fn own_records_need_no_consent_and_show_no_others() {
    let mut facts = nothing();
    facts.registered_here = true;
    facts.consents = vec![consent(ConsentKind::Deny, &[])];
    let shown = permit(Profession::Nurse, Purpose::Treatment, &facts);
    assert!(!shown.sees_others());
    assert_eq!(ids(shown.reasons()), ["own-registration", "denied", "no-relationship"]);
    let of = |name, sensitive| shown.visibility(&facility(name), RecordKind::Condition, sensitive);
    assert_eq!((of("clinic", false), of("clinic", true)), (Visibility::Shown, Visibility::Shown));
    assert_eq!(
        (of("hospital", false), of("hospital", true)),
        (Visibility::NotConsented, Visibility::Sensitive)
    );
}

#[test]
fn days_count_to_the_day() {
    let mut facts = nothing();
    facts.relationships = vec![relationship("clinic")];
    for (from, until, withdrawn, expected) in [
        (TODAY, Some(TODAY), false, None),
        ("2026-11-25", None, false, Some("consent-not-yet")),
        ("2026-01-01", Some("2026-11-23"), false, Some("consent-over")),
        ("2026-01-01", None, true, Some("consent-withdrawn")),
        ("2026-13-01", None, false, Some("no-consent")),
    ] {
        let mut said = consent(ConsentKind::Permit, &[]);
        (said.from, said.until, said.withdrawn) = (from.into(), until.map(str::to_owned), withdrawn);
        facts.consents = vec![said];
        let decision = decide(&viewer(Profession::Nurse, "clinic"), Purpose::Treatment, &facts);
        match (decision, expected) {
            (Decision::Permit(_), None) => {}
            (Decision::Refusal(refused), Some(id)) => assert_eq!(ids(&refused.reasons), [id]),
            (other, expected) => panic!("{other:?}, expected {expected:?}"),
        }
    }
    facts.consents = vec![consent(ConsentKind::Permit, &[])];
    facts.relationships[0].until = Some("2026-11-23".into());
    assert_eq!(ids(&refusal(&facts).reasons), ["relationship-over"]);
}

#[test]
fn sensitive_records_need_a_physician_and_two_names() {
    let mut facts = nothing();
    facts.relationships = vec![relationship("clinic")];
    let of = |profession, facts: &Facts| {
        permit(profession, Purpose::Treatment, facts).visibility(
            &facility("hospital"),
            RecordKind::Condition,
            true,
        )
    };
    facts.consents = vec![consent(ConsentKind::Permit, &[])];
    assert_eq!(of(Profession::Physician, &facts), Visibility::Sensitive);
    facts.consents = vec![consent(ConsentKind::Permit, &["clinic", "hospital"])];
    assert_eq!(of(Profession::Physician, &facts), Visibility::Shown);
    assert_eq!(of(Profession::Nurse, &facts), Visibility::Sensitive);
    assert_eq!(of(Profession::Helper, &facts), Visibility::Sensitive, "not told apart from outside the role");
}

#[test]
fn professions_and_purposes_narrow() {
    let mut facts = nothing();
    facts.registered_here = true;
    facts.relationships = vec![relationship("clinic")];
    facts.consents = vec![consent(ConsentKind::Permit, &[])];
    let of = |profession, purpose, kind| {
        permit(profession, purpose, &facts).visibility(&facility("hospital"), kind, false)
    };
    use Visibility::{OutsideRole, Shown};
    assert_eq!(of(Profession::Helper, Purpose::Care, RecordKind::Laboratory), OutsideRole);
    assert_eq!(of(Profession::Helper, Purpose::Care, RecordKind::Condition), OutsideRole);
    assert_eq!(of(Profession::Helper, Purpose::Care, RecordKind::Care), Shown);
    assert_eq!(of(Profession::CareManager, Purpose::Care, RecordKind::Laboratory), OutsideRole);
    assert_eq!(of(Profession::Pharmacist, Purpose::Treatment, RecordKind::Laboratory), Shown);
    assert_eq!(of(Profession::Reception, Purpose::Treatment, RecordKind::Encounter), OutsideRole);
    assert_eq!(of(Profession::Reception, Purpose::Administration, RecordKind::Demographics), Shown);
    assert_eq!(of(Profession::Physician, Purpose::Administration, RecordKind::Condition), OutsideRole);
}

#[test]
fn nobody_without_a_name_and_no_public_duty_elsewhere() {
    let mut facts = nothing();
    facts.registered_here = true;
    let mut nameless = viewer(Profession::Physician, "clinic");
    nameless.name = "　".into();
    let refused = decide(&nameless, Purpose::Treatment, &facts).permit().unwrap_err();
    assert_eq!(ids(&refused.reasons), ["nameless-account"]);
    assert!(access::may_search(&nameless).is_err());
    assert!(access::may_search(&viewer(Profession::Helper, "clinic")).is_ok());
    let refused =
        decide(&viewer(Profession::Nurse, "clinic"), Purpose::PublicDuty, &facts).permit().unwrap_err();
    assert_eq!(ids(&refused.reasons), ["not-the-town-hall"]);
}

#[test]
fn reasons_are_told_in_three_languages() {
    let mut facts = nothing();
    let mut said = consent(ConsentKind::Permit, &["clinic"]);
    said.until = Some("2027-03-31".into());
    facts.consents = vec![said];
    facts.relationships = vec![relationship("clinic")];
    let shown = permit(Profession::Nurse, Purpose::Treatment, &facts);
    let [consent, related] = shown.reasons() else { panic!("{:?}", shown.reasons()) };
    assert_eq!(consent.ja(), "名前を挙げた施設での共有に同意されています（2027-03-31 まで）");
    assert_eq!(related.words(Language::English), "your facility has a relationship (visit)");
    assert_eq!(related.words(Language::Plain), "この しせつと かかわりが あります（受診・訪問）");
}

#[test]
fn jobs_say_what_they_are_and_who_started_them() {
    let permit = access::job(access::Job::Export, "command line");
    assert_eq!((permit.job().word(), permit.by()), ("export", "command line"));
}

#[test]
fn the_viewers_name_is_not_printed() {
    let mut facts = nothing();
    facts.registered_here = true;
    let printed = format!("{:?}", permit(Profession::Nurse, Purpose::Treatment, &facts));
    assert!(!printed.contains("白鳥") && printed.contains("clinic"), "{printed}");
}

#[test]
fn a_registration_alone_is_no_relationship() {
    let mut facts = nothing();
    facts.registered_here = true;
    facts.consents = vec![consent(ConsentKind::Permit, &[])];
    let shown = permit(Profession::Physician, Purpose::Treatment, &facts);
    assert!(!shown.sees_others());
    let of = |name| shown.visibility(&facility(name), RecordKind::Condition, false);
    assert_eq!((of("clinic"), of("hospital")), (Visibility::Shown, Visibility::NotRelated));
}
