//! What is specially protected: psychiatry, HIV, genetics.

use crate::codes;
use crate::fhir::{self, list};
use crate::reading::Resource;
use serde_json::Value;

/// Specially protected: said by `meta.security` (HL7 v3 ActCode PSY, HIV, GDIS, SEX, ETH, or
/// Confidentiality V/R), or a diagnosis in ICD-10 B20–B24 (HIV), F10–F48 and F60–F69 (psychiatry without
/// dementia and developmental disorders). A Condition without ICD-10 is judged by its words ([`PROTECTED_WORDS`]); one that
/// has the code of a receipt (傷病名コード) and no words cannot be judged, and is not shown to everybody.
pub fn sensitive(resource: &Resource) -> bool {
    let labelled = list(resource, "meta.security")
        .iter()
        .filter_map(|coding| fhir::text_at(coding, "code"))
        .any(|code| matches!(code, "PSY" | "PSYTHPN" | "HIV" | "GDIS" | "SEX" | "SUD" | "ETH" | "V" | "R"));
    // A Patient's label hides the address (支援措置), not the course.
    let labelled = labelled && fhir::resource_type(resource) != "Patient";
    labelled
        || fhir::get(resource, "code").is_some_and(|code| {
            fhir::codings(code).any(protected_diagnosis)
                || (fhir::resource_type(resource) == "Condition" && protected_without_icd10(code))
        })
}

/// Words of diagnoses that ICD-10 has in its protected groups, as Japanese lists of diagnoses write them.
// A list of words, several a line.
#[rustfmt::skip]
const PROTECTED_WORDS: &[&str] = &[
    "統合失調", "精神分裂", "うつ", "鬱", "躁", "双極", "気分障害", "神経症", "ノイローゼ", "不安障害", "不安症", "パニック",
    "強迫性", "恐怖症", "心身症", "身体表現", "解離性", "転換性", "適応障害", "ストレス障害", "ＰＴＳＤ", "PTSD", "妄想", "幻覚",
    "精神病", "人格障害", "パーソナリティ", "依存症", "中毒性精神", "覚せい剤", "覚醒剤", "アルコール性精神", "性同一性", "性別違和",
    "ギャンブル", "ＨＩＶ", "HIV", "エイズ", "ＡＩＤＳ", "AIDS", "後天性免疫不全", "免疫不全ウイルス",
];

fn protected_without_icd10(code: &Value) -> bool {
    if fhir::codings(code).any(|(system, _)| is_icd10(system)) {
        return false;
    }
    let displays = fhir::list_at(code, "coding").iter().filter_map(|coding| fhir::text_at(coding, "display"));
    let mut words = fhir::text_at(code, "text").into_iter().chain(displays).peekable();
    let named = words.peek().is_some();
    let receipt = || fhir::codings(code).any(|(system, _)| system == codes::RECEIPT_DISEASE);
    words.any(|name| PROTECTED_WORDS.iter().any(|word| name.contains(word))) || (!named && receipt())
}

fn is_icd10(system: &str) -> bool {
    system.contains("icd-10")
        || system.contains("1.2.392.200119.4.101")
        || system.contains("2.16.840.1.113883.6.3")
}

fn protected_diagnosis((system, code): (&str, &str)) -> bool {
    let icd10 = is_icd10(system);
    let mut letters = code.chars();
    let Some(letter) = letters.next().filter(|_| icd10) else { return false };
    let Ok(number) = letters.take(2).collect::<String>().parse::<u8>() else { return false };
    match letter {
        'B' => (20..=24).contains(&number),
        'F' => (10..=48).contains(&number) || (60..=69).contains(&number),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{ChartRow, rows};
    use serde_json::json;

    fn one(value: Value) -> ChartRow {
        rows(value.as_object().unwrap()).remove(0)
    }

    #[test]
    fn a_disease_of_a_bill_is_protected_unless_icd_10_tells_that_it_need_not_be() {
        let disease = |codings: Value| {
            let tag = json!([{"system": "urn:hakucho:claims", "code": "medical"}]);
            one(json!({"resourceType": "Condition", "meta": {"tag": tag}, "code": {"coding": codings}}))
        };
        let receipt = json!({"system": codes::RECEIPT_DISEASE, "code": "4019014"});
        let row = disease(json!([receipt]));
        assert!(row.sensitive && row.has_flag("claims"));
        assert!(!disease(json!([receipt, {"system": codes::ICD10, "code": "I10"}])).sensitive);
        assert!(disease(json!([receipt, {"system": codes::ICD10, "code": "F20"}])).sensitive);
        // A name tells as well.
        let named =
            |display: &str| json!([{"system": codes::RECEIPT_DISEASE, "code": "1", "display": display}]);
        assert!(!disease(named("高血圧症")).sensitive && disease(named("反復性うつ病")).sensitive);
    }
}
