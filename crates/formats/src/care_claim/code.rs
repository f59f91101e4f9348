//! Code lists of the care insurance (国保中央会 インタフェース仕様書 共通編 1.4 コード一覧; ケアプランデータ連携標準仕様
//! 1.3, 1.4 for the kinds of service). What is in no list stays a code without words.

use serde_json::{Value, json};

/// サービス種類コード, 2 characters.
const SERVICE_KINDS: &[(&str, &str)] = &[
    ("11", "訪問介護"),
    ("12", "訪問入浴介護"),
    ("13", "訪問看護"),
    ("14", "訪問リハビリテーション"),
    ("15", "通所介護"),
    ("16", "通所リハビリテーション"),
    ("17", "福祉用具貸与"),
    ("21", "短期入所生活介護"),
    ("22", "短期入所療養介護（介護老人保健施設）"),
    ("23", "短期入所療養介護（介護療養型医療施設等）"),
    ("24", "介護予防短期入所生活介護"),
    ("25", "介護予防短期入所療養介護（介護老人保健施設）"),
    ("26", "介護予防短期入所療養介護（介護療養型医療施設等）"),
    ("27", "特定施設入居者生活介護（短期利用）"),
    ("28", "地域密着型特定施設入居者生活介護（短期利用）"),
    ("2A", "短期入所療養介護（介護医療院）"),
    ("2B", "介護予防短期入所療養介護（介護医療院）"),
    ("31", "居宅療養管理指導"),
    ("32", "認知症対応型共同生活介護"),
    ("33", "特定施設入居者生活介護"),
    ("34", "介護予防居宅療養管理指導"),
    ("35", "介護予防特定施設入居者生活介護"),
    ("36", "地域密着型特定施設入居者生活介護"),
    ("37", "介護予防認知症対応型共同生活介護"),
    ("38", "認知症対応型共同生活介護（短期利用）"),
    ("39", "介護予防認知症対応型共同生活介護（短期利用）"),
    ("41", "特定福祉用具販売"),
    ("42", "住宅改修"),
    ("43", "居宅介護支援"),
    ("44", "特定介護予防福祉用具販売"),
    ("45", "介護予防住宅改修"),
    ("46", "介護予防支援"),
    ("51", "介護福祉施設サービス"),
    ("52", "介護保健施設サービス"),
    ("53", "介護療養施設サービス"),
    ("54", "地域密着型介護老人福祉施設入所者生活介護"),
    ("55", "介護医療院サービス"),
    ("59", "特定入所者介護サービス等"),
    ("61", "介護予防訪問介護"),
    ("62", "介護予防訪問入浴介護"),
    ("63", "介護予防訪問看護"),
    ("64", "介護予防訪問リハビリテーション"),
    ("65", "介護予防通所介護"),
    ("66", "介護予防通所リハビリテーション"),
    ("67", "介護予防福祉用具貸与"),
    ("68", "小規模多機能型居宅介護（短期利用）"),
    ("69", "介護予防小規模多機能型居宅介護（短期利用）"),
    ("71", "夜間対応型訪問介護"),
    ("72", "認知症対応型通所介護"),
    ("73", "小規模多機能型居宅介護"),
    ("74", "介護予防認知症対応型通所介護"),
    ("75", "介護予防小規模多機能型居宅介護"),
    ("76", "定期巡回・随時対応型訪問介護看護"),
    ("77", "看護小規模多機能型居宅介護"),
    ("78", "地域密着型通所介護"),
    ("79", "看護小規模多機能型居宅介護（短期利用）"),
    ("A1", "訪問型サービス（みなし）"),
    ("A2", "訪問型サービス（独自）"),
    ("A3", "訪問型サービス（独自／定率）"),
    ("A4", "訪問型サービス（独自／定額）"),
    ("A5", "通所型サービス（みなし）"),
    ("A6", "通所型サービス（独自）"),
    ("A7", "通所型サービス（独自／定率）"),
    ("A8", "通所型サービス（独自／定額）"),
    ("AF", "介護予防ケアマネジメント"),
];

/// 要介護状態区分コード.
const LEVELS: &[(&str, &str)] = &[
    ("01", "非該当"),
    ("06", "事業対象者"),
    ("11", "要支援（経過的要介護）"),
    ("12", "要支援1"),
    ("13", "要支援2"),
    ("21", "要介護1"),
    ("22", "要介護2"),
    ("23", "要介護3"),
    ("24", "要介護4"),
    ("25", "要介護5"),
];

fn words(list: &[(&str, &'static str)], code: &str) -> Option<&'static str> {
    list.iter().find(|(each, _)| *each == code).map(|(_, words)| *words)
}

/// The words of a kind of service, if the list has them.
pub(crate) fn service_kind(code: &str) -> Option<&'static str> {
    words(SERVICE_KINDS, code)
}

/// A service as CodeableConcept: 6 characters (種類 2, 項目 4), or the kind alone. Item names are not in any list
/// here (thousands, renewed with every revision): the text says the kind and the code.
pub(crate) fn service(code: &str) -> Value {
    if code.is_empty() {
        return json!({"text": "サービス（コードの記載なし）"});
    }
    let kind = code.get(..2).unwrap_or(code);
    let text = match service_kind(kind) {
        Some(words) if code.len() > 2 => format!("{words} {code}"),
        Some(words) => words.to_owned(),
        None => format!("サービス {code}"),
    };
    let system =
        if code.len() > 2 { "urn:hakucho:care-service-code" } else { "urn:hakucho:care-service-kind" };
    json!({"coding": [{"system": system, "code": code}], "text": text})
}

/// 要介護状態区分 as CodeableConcept.
pub(crate) fn level(code: &str) -> Value {
    let coding = json!({"system": "urn:hakucho:care-level", "code": code});
    match words(LEVELS, code) {
        Some(words) => {
            json!({"coding": [{"system": "urn:hakucho:care-level", "code": code, "display": words}], "text": words})
        }
        None => json!({"coding": [coding]}),
    }
}

/// True for a level the list has.
pub(crate) fn is_level(code: &str) -> bool {
    words(LEVELS, code).is_some()
}

/// The category by which a record is one of care, whatever its type.
pub(crate) fn care() -> Value {
    json!({"coding": [{"system": "urn:hakucho:category", "code": "care"}]})
}
