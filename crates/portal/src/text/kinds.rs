//! The words for kinds of record, professions and kinds of facility.

use super::Lang;
use model::facility::{FacilityKind, Profession, RecordKind};

impl Lang {
    /// The word for a kind of record.
    pub fn kind(self, kind: RecordKind) -> &'static str {
        use RecordKind as K;
        match (self, kind) {
            (Self::Ja, _) => kind.ja(),
            (Self::Easy, K::Demographics) => "名前や保険",
            (Self::Easy, K::Encounter) => "病院に行った・入院",
            (Self::Easy, K::Condition) => "病気の名前",
            (Self::Easy, K::Allergy) => "アレルギー",
            (Self::Easy, K::Medication) => "薬",
            (Self::Easy, K::Laboratory) => "血や尿の検査",
            (Self::Easy, K::Imaging) => "写真の検査",
            (Self::Easy, K::Procedure) => "手当て・手術",
            (Self::Easy, K::Vital) => "体温・血圧・体重",
            (Self::Easy, K::Nursing) => "看護",
            (Self::Easy, K::Care) => "介護・くらし",
            (Self::Easy, K::Dental) => "歯",
            (Self::Easy, K::Diet) => "食事",
            (Self::Easy, K::Document) => "手紙・まとめ",
            (Self::Easy, K::Other) => "そのほか",
            (Self::En, K::Demographics) => "Demographics",
            (Self::En, K::Encounter) => "Encounter",
            (Self::En, K::Condition) => "Condition",
            (Self::En, K::Allergy) => "Allergy",
            (Self::En, K::Medication) => "Medication",
            (Self::En, K::Laboratory) => "Laboratory",
            (Self::En, K::Imaging) => "Imaging",
            (Self::En, K::Procedure) => "Procedure",
            (Self::En, K::Vital) => "Vital signs",
            (Self::En, K::Nursing) => "Nursing",
            (Self::En, K::Care) => "Care",
            (Self::En, K::Dental) => "Dental",
            (Self::En, K::Diet) => "Diet",
            (Self::En, K::Document) => "Document",
            (Self::En, K::Other) => "Other",
        }
    }

    /// The word for a profession.
    pub fn profession(self, profession: Profession) -> &'static str {
        use Profession as P;
        match (self, profession) {
            (Self::Ja | Self::Easy, _) => profession.ja(),
            (Self::En, P::Operator) => "Operator",
            (Self::En, P::Reception) => "Reception",
            (Self::En, P::Physician) => "Physician",
            (Self::En, P::Nurse) => "Nurse",
            (Self::En, P::Pharmacist) => "Pharmacist",
            (Self::En, P::Dentist) => "Dentist",
            (Self::En, P::CareManager) => "Care manager",
            (Self::En, P::Helper) => "Care worker",
        }
    }

    /// The word for a kind of facility.
    pub fn facility_kind(self, kind: FacilityKind) -> &'static str {
        use FacilityKind as K;
        match (self, kind) {
            (Self::Ja | Self::Easy, _) => kind.ja(),
            (Self::En, K::Hospital) => "Hospital",
            (Self::En, K::Clinic) => "Clinic",
            (Self::En, K::Dental) => "Dental clinic",
            (Self::En, K::Pharmacy) => "Pharmacy",
            (Self::En, K::VisitingNurse) => "Visiting nursing",
            (Self::En, K::Care) => "Care facility",
            (Self::En, K::TownHall) => "Town hall",
        }
    }
}
