//! Viewers and facts, by hand and at random.

use access::{Consent, ConsentKind, Facts, Purpose, Relationship, Viewer};
use model::facility::{FacilityKind, Profession, RecordKind};
use model::{FacilityId, PersonId, StaffId};
use proptest::prelude::*;

pub const TODAY: &str = "2026-11-24";

pub fn facility(name: &str) -> FacilityId {
    FacilityId::new(name).unwrap()
}

pub fn viewer(profession: Profession, at: &str) -> Viewer {
    Viewer {
        staff: StaffId::parse("00000000-0000-7000-8000-000000000001").unwrap(),
        name: "白鳥 澄".into(),
        profession,
        facility: facility(at),
        facility_name: "みずうみ診療所".into(),
        facility_kind: FacilityKind::Clinic,
    }
}

pub fn nothing() -> Facts {
    Facts {
        person: PersonId::parse("00000000-0000-7000-8000-000000000002").unwrap(),
        consents: Vec::new(),
        relationships: Vec::new(),
        registered_here: false,
        today: TODAY.into(),
        consent_epoch: 7,
    }
}

pub fn consent(kind: ConsentKind, facilities: &[&str]) -> Consent {
    Consent {
        id: "c1".into(),
        kind,
        facilities: facilities.iter().map(|name| facility(name)).collect(),
        from: "2026-04-01".into(),
        until: None,
        withdrawn: false,
    }
}

pub fn relationship(at: &str) -> Relationship {
    Relationship { facility: facility(at), reason: "visit".into(), from: "2026-04-01".into(), until: None }
}

pub const FACILITIES: [&str; 4] = ["hospital", "clinic", "pharmacy", "station"];

pub fn any_facility() -> impl Strategy<Value = FacilityId> {
    prop::sample::select(FACILITIES.to_vec()).prop_map(facility)
}

/// Days around today, and texts that are no day.
fn any_day() -> impl Strategy<Value = String> {
    let days = ["2025-01-01", "2026-11-23", TODAY, "2026-11-25", "2027-01-01", "", "2026-02-30", "令和8年"];
    prop::sample::select(days.to_vec()).prop_map(str::to_owned)
}

pub fn any_consent(kind: ConsentKind) -> impl Strategy<Value = Consent> {
    let facilities = prop::collection::vec(any_facility(), 0..4);
    (facilities, any_day(), prop::option::of(any_day()), prop::bool::weighted(0.2)).prop_map(
        move |(facilities, from, until, withdrawn)| Consent {
            id: String::new(),
            kind,
            facilities,
            from,
            until,
            withdrawn,
        },
    )
}

pub fn any_relationship() -> impl Strategy<Value = Relationship> {
    (any_facility(), any_day(), prop::option::of(any_day()))
        .prop_map(|(facility, from, until)| Relationship { facility, reason: "visit".into(), from, until })
}

pub fn any_viewer() -> impl Strategy<Value = Viewer> {
    let profession = prop::sample::select(Profession::ALL.to_vec());
    let kind = prop::sample::select(FacilityKind::ALL.to_vec());
    (profession, any_facility(), kind, prop::bool::weighted(0.05)).prop_map(
        |(profession, at, kind, nameless)| {
            let mut viewer = viewer(profession, at.as_str());
            viewer.facility_kind = kind;
            if nameless {
                viewer.name = " ".into();
            }
            viewer
        },
    )
}

pub fn any_purpose() -> impl Strategy<Value = Purpose> {
    prop::sample::select(Purpose::ALL.to_vec())
}

pub fn any_facts() -> impl Strategy<Value = Facts> {
    let permits = prop::collection::vec(any_consent(ConsentKind::Permit), 0..4);
    let denials = prop::collection::vec(any_consent(ConsentKind::Deny), 0..2);
    let relationships = prop::collection::vec(any_relationship(), 0..4);
    let today = prop_oneof![9 => Just(TODAY.to_owned()), 1 => Just("bald".to_owned())];
    (permits, denials, relationships, any::<bool>(), today).prop_map(
        |(permits, denials, relationships, registered_here, today)| Facts {
            consents: permits.into_iter().chain(denials).collect(),
            relationships,
            registered_here,
            today,
            ..nothing()
        },
    )
}

/// What a viewer gets to see of every facility and kind, ordinary and sensitive.
pub fn shown(viewer: &Viewer, purpose: Purpose, facts: &Facts) -> Vec<(FacilityId, RecordKind, bool)> {
    let Ok(permit) = access::decide(viewer, purpose, facts).permit() else { return Vec::new() };
    let mut shown = Vec::new();
    for at in FACILITIES {
        for kind in RecordKind::ALL {
            for sensitive in [false, true] {
                if permit.visibility(&facility(at), *kind, sensitive).is_shown() {
                    shown.push((facility(at), *kind, sensitive));
                }
            }
        }
    }
    shown
}
