//! Profession × kind of record: what a qualification lets one see at most. Consent can only narrow it.
//!
//! The table is printed for people in `docs/generated/access-matrix.md`. Not here: consent, own records.

use crate::viewer::Purpose;
use model::facility::{Profession, RecordKind};

/// Whether this profession may see this kind of record when looking for this purpose.
pub fn may_see(profession: Profession, purpose: Purpose, kind: RecordKind) -> bool {
    match purpose {
        Purpose::Administration => kind == RecordKind::Demographics,
        Purpose::Treatment | Purpose::Care | Purpose::PublicDuty => profession_sees(profession, kind),
    }
}

/// The table itself. A kind that is not named for a profession is not shown to it.
fn profession_sees(profession: Profession, kind: RecordKind) -> bool {
    use RecordKind::{
        Allergy, Care, Condition, Demographics, Dental, Diet, Document, Encounter, Imaging, Laboratory,
        Medication, Nursing, Procedure, Vital,
    };
    match profession {
        Profession::Operator | Profession::Reception => kind == Demographics,
        Profession::Physician | Profession::Nurse => true,
        Profession::Pharmacist => matches!(
            kind,
            Demographics
                | Encounter
                | Condition
                | Allergy
                | Medication
                | Laboratory
                | Vital
                | Nursing
                | Care
                | Diet
                | Document
        ),
        Profession::Dentist => matches!(
            kind,
            Demographics
                | Encounter
                | Condition
                | Allergy
                | Medication
                | Laboratory
                | Imaging
                | Procedure
                | Vital
                | Care
                | Dental
                | Diet
                | Document
        ),
        Profession::CareManager => matches!(
            kind,
            Demographics
                | Encounter
                | Condition
                | Allergy
                | Medication
                | Vital
                | Nursing
                | Care
                | Dental
                | Diet
                | Document
        ),
        Profession::Helper => {
            matches!(kind, Demographics | Encounter | Allergy | Medication | Vital | Nursing | Care | Diet)
        }
    }
}

/// Whether the profession may see anything beyond the demographics.
pub fn is_clinical(profession: Profession) -> bool {
    !matches!(profession, Profession::Operator | Profession::Reception)
}
