//! Records that need more than a general consent: psychiatry, HIV, genetics.
//!
//! Such a record is shown at the facility that made it, and elsewhere only to a physician where the person's
//! consent says both facilities by name. Elsewhere not even its source is told: the page says once, for
//! the whole region, that there may be more.
//!
//! Not here: which resources carry which codes; the functions below answer for one code at a time.

use crate::consent::Effective;
use crate::viewer::Viewer;
use model::FacilityId;
use model::facility::Profession;

/// HL7 `v3-ActCode`, value set InformationSensitivityPolicy.
const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
/// HL7 `v3-Confidentiality`.
const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";

/// Whether a sensitive record of another facility may be shown to this viewer.
pub(crate) fn may_see(viewer: &Viewer, discloser: &FacilityId, consents: &Effective) -> bool {
    viewer.profession == Profession::Physician && consents.names(discloser, &viewer.facility)
}

/// Whether a `meta.security` label marks the resource as sensitive (FHIR R4 §6.1.1, Security Labels).
pub fn is_sensitive_label(system: &str, code: &str) -> bool {
    match system {
        ACT_CODE => matches!(
            code,
            "PSY"
                | "PSYTHPN"
                | "BH"
                | "MH"
                | "ETH"
                | "ETHUD"
                | "SUD"
                | "OPIOIDUD"
                | "HIV"
                | "STD"
                | "SEX"
                | "SDV"
                | "GDIS"
                | "SCA"
                | "SICKLE"
        ),
        CONFIDENTIALITY => matches!(code, "R" | "V"),
        _ => false,
    }
}

/// Whether an ICD-10 (2013) code names a sensitive condition: F04–F99 without F05 (delirium) and without
/// intellectual disability and development (F70–F89), HIV (B20–B24, R75, Z21, F02.4), genetic disposition
/// (Z14, Z15, Z31.5). Dementia (F00–F03) is what a care team works on and is not among them.
pub fn is_sensitive_icd10(code: &str) -> bool {
    let plain: String =
        code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    let (Some(chapter), Some(number)) =
        (plain.chars().next(), plain.get(1..3).and_then(|digits| digits.parse::<u32>().ok()))
    else {
        return false;
    };
    match (chapter, number) {
        ('F', 5 | 70..=89) => false,
        ('F', 2) => plain.starts_with("F024"),
        ('F', 4..=99) | ('B', 20..=24) | ('R', 75) | ('Z', 14 | 15 | 21) => true,
        ('Z', 31) => plain.starts_with("Z315"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sensitive_in_any_spelling() {
        for code in ["F20.0", "F200", "f20", "B24", "F02.4", "Z31.5", "Z21", "R75", "F99"] {
            assert!(is_sensitive_icd10(code), "{code}");
        }
        for code in ["F00", "F03", "F05.1", "F72", "I50.0", "B19", "Z31", "E11", "", "F", "病"] {
            assert!(!is_sensitive_icd10(code), "{code}");
        }
    }

    #[test]
    fn labels_are_read_in_their_own_system_only() {
        assert!(is_sensitive_label(ACT_CODE, "HIV"));
        assert!(is_sensitive_label(CONFIDENTIALITY, "V"));
        assert!(!is_sensitive_label(CONFIDENTIALITY, "N"));
        assert!(!is_sensitive_label("urn:other", "HIV"));
    }
}
