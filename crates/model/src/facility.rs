//! Facilities and the professions that work in them.

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal, $ja:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant,)+ }

        impl $name {
            /// Every value, in the order of the enum.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            /// The word used in files, the store and on the command line.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
            /// The Japanese word shown to people.
            pub fn ja(self) -> &'static str {
                match self { $(Self::$variant => $ja,)+ }
            }
            /// Reads the word.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(word: &str) -> Result<Self, String> {
                Self::parse(word).ok_or_else(|| {
                    let all: Vec<_> = Self::ALL.iter().map(|each| each.word()).collect();
                    format!("expected one of {}", all.join(", "))
                })
            }
        }
    };
}

words!(
    /// What kind of facility it is.
    FacilityKind {
        /// 病院
        Hospital = "hospital", "病院";
        /// 医科診療所
        Clinic = "clinic", "診療所";
        /// 歯科診療所
        Dental = "dental", "歯科";
        /// 保険薬局
        Pharmacy = "pharmacy", "薬局";
        /// 訪問看護ステーション
        VisitingNurse = "visiting-nurse", "訪問看護";
        /// 介護施設・事業所
        Care = "care", "介護施設";
        /// 市町村
        TownHall = "town-hall", "市町村";
    }
);

words!(
    /// What a member of staff is qualified to do. Decides what they may see and their first screen.
    Profession {
        /// 運営主体の担当者
        Operator = "operator", "運営";
        /// 受付
        Reception = "reception", "受付";
        /// 医師
        Physician = "physician", "医師";
        /// 看護師・保健師
        Nurse = "nurse", "看護師";
        /// 薬剤師
        Pharmacist = "pharmacist", "薬剤師";
        /// 歯科医師
        Dentist = "dentist", "歯科医師";
        /// 介護支援専門員
        CareManager = "care-manager", "ケアマネジャー";
        /// 介護職
        Helper = "helper", "介護職";
    }
);

words!(
    /// The kinds of record a person's course is made of: rows and glyphs of the patient view, and what
    /// a profession may or may not see.
    RecordKind {
        /// 患者基本情報・保険
        Demographics = "demographics", "基本情報";
        /// 入退院・受診・予約
        Encounter = "encounter", "受診・入退院";
        /// 病名・プロブレム
        Condition = "condition", "病名";
        /// アレルギー・禁忌
        Allergy = "allergy", "アレルギー";
        /// 処方・調剤・注射・与薬
        Medication = "medication", "薬";
        /// 検体検査
        Laboratory = "laboratory", "検体検査";
        /// 画像・内視鏡・生理検査
        Imaging = "imaging", "画像・検査";
        /// 処置・手術
        Procedure = "procedure", "処置";
        /// 身体計測・バイタルサイン
        Vital = "vital", "バイタル";
        /// 看護の記録
        Nursing = "nursing", "看護";
        /// 介護・暮らしの記録
        Care = "care", "介護";
        /// 歯科の記録
        Dental = "dental", "歯科";
        /// 食事オーダ・食事
        Diet = "diet", "食事";
        /// 文書 (紹介状・サマリー)
        Document = "document", "文書";
        /// その他
        Other = "other", "その他";
    }
);
