//! Class of effect from a drug code: shown before the name, so that look-alike names are not confused.
//!
//! The first digits of a YJ code are the 薬効分類番号 of the Japan Standard Commodity Classification (87);
//! the first seven name ingredient and route.

use crate::text::Id;

/// The twelve characters of a YJ code, from `system|code` or bare: seven digits, a letter, four more.
pub(crate) fn yj(code: &str) -> Option<&str> {
    let code = code.rsplit('|').next().unwrap_or_default().trim();
    let digits = code.get(..7)?.bytes().all(|byte| byte.is_ascii_digit());
    let form = code.get(7..8)?.bytes().all(|byte| byte.is_ascii_uppercase());
    (code.len() == 12 && digits && form).then_some(code)
}

/// Class and whether it changes what others may do (bleeding, low sugar, infection, opioids).
pub(crate) fn class(code: &str) -> Option<(Id, bool)> {
    let yj = yj(code)?;
    let four = match yj.get(..4)? {
        "2492" => Some((Id::ClassInsulin, true)),
        "3399" => Some((Id::ClassAntiplatelet, true)),
        "1190" => Some((Id::ClassDementia, false)),
        _ => None,
    };
    four.or_else(|| {
        Some(match yj.get(..3)? {
            "112" => (Id::ClassSedative, false),
            "113" => (Id::ClassEpilepsy, false),
            "114" => (Id::ClassPain, false),
            "116" => (Id::ClassParkinson, false),
            "117" => (Id::ClassMind, false),
            "211" => (Id::ClassHeart, false),
            "212" => (Id::ClassRhythm, false),
            "213" => (Id::ClassDiuretic, false),
            "214" => (Id::ClassPressure, false),
            "217" => (Id::ClassVessel, false),
            "218" => (Id::ClassLipid, false),
            "222" | "223" | "224" | "225" | "226" => (Id::ClassBreath, false),
            "232" => (Id::ClassUlcer, false),
            "235" => (Id::ClassBowel, false),
            "243" => (Id::ClassThyroid, false),
            "245" => (Id::ClassSteroid, true),
            "259" => (Id::ClassUrine, false),
            "333" => (Id::ClassAnticoagulant, true),
            "394" => (Id::ClassGout, false),
            "396" => (Id::ClassSugar, true),
            "421" | "422" | "423" | "424" | "429" => (Id::ClassCancer, true),
            "441" | "442" | "443" | "449" => (Id::ClassAllergy, false),
            "520" => (Id::ClassKampo, false),
            "611" | "612" | "613" | "614" | "615" | "616" | "624" => (Id::ClassInfection, false),
            "625" => (Id::ClassVirus, false),
            "811" | "821" => (Id::ClassOpioid, true),
            _ => return None,
        })
    })
}

/// Drugs that change what others may do, by parts of their names, for sources that give no YJ code.
const BY_NAME: &[(&str, Id)] = &[
    ("ワルファリン", Id::ClassAnticoagulant),
    ("ワーファリン", Id::ClassAnticoagulant),
    ("エドキサバン", Id::ClassAnticoagulant),
    ("リクシアナ", Id::ClassAnticoagulant),
    ("アピキサバン", Id::ClassAnticoagulant),
    ("エリキュース", Id::ClassAnticoagulant),
    ("リバーロキサバン", Id::ClassAnticoagulant),
    ("イグザレルト", Id::ClassAnticoagulant),
    ("ダビガトラン", Id::ClassAnticoagulant),
    ("プラザキサ", Id::ClassAnticoagulant),
    ("クロピドグレル", Id::ClassAntiplatelet),
    ("プラスグレル", Id::ClassAntiplatelet),
    ("シロスタゾール", Id::ClassAntiplatelet),
    ("インスリン", Id::ClassInsulin),
    ("プレドニゾロン", Id::ClassSteroid),
    ("フェンタニル", Id::ClassOpioid),
    ("オキシコドン", Id::ClassOpioid),
    ("モルヒネ", Id::ClassOpioid),
];

/// Class and alert by code, else by name.
pub(crate) fn class_of(code: &str, name: &str) -> Option<(Id, bool)> {
    class(code)
        .or_else(|| BY_NAME.iter().find(|(part, _)| name.contains(part)).map(|(_, class)| (*class, true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_known_drugs() {
        assert_eq!(class("3339002F1020"), Some((Id::ClassAnticoagulant, true)));
        assert_eq!(class("urn:oid:1.2.392.100495.20.1.73|2139005F1012"), Some((Id::ClassDiuretic, false)));
        for other in ["", "620000001", "3339002F", "アゾセミド", "333900２F1020"] {
            assert_eq!(class(other), None, "{other}");
        }
    }
}
