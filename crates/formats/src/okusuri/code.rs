//! Code systems of the medicine notebook (JAHIS 技術文書 24-104, 別表) as FHIR codings.

use model::codes;
use serde_json::{Value, json};

/// Place of a drug among its prescription group (RP番号), as 電子処方箋 names it.
pub(crate) const RP_NUMBER: &str = "urn:oid:1.2.392.100495.20.3.81";
/// Place of a drug within its RP.
pub(crate) const RP_INDEX: &str = "urn:oid:1.2.392.100495.20.3.82";
/// 保険医療機関コード, 10 digits: prefecture 2, score table 1, number 7.
pub(crate) const INSTITUTION: &str = "http://jpfhir.jp/fhir/core/IdSystem/insurance-medical-institution-no";
/// HOT11 has no OID of its own in JP Core: named like its neighbours in the terminology of JP-CLINS.
const HOT11: &str = "http://medis.or.jp/CodeSystem/master-HOT11";

/// A coding of a drug (record 201 fields 6 and 7), in the systems the ePrescription and JP Core use. `kind` 1
/// means none; an unknown kind keeps its number.
pub(crate) fn drug(kind: &str, code: &str) -> Option<Value> {
    let system = match (kind, code.len()) {
        (_, 0) => return None,
        ("2", _) => "urn:oid:1.2.392.100495.20.1.71".to_owned(),
        ("3", _) => "urn:oid:1.2.392.100495.20.1.72".to_owned(),
        ("4", _) => codes::YJ.to_owned(),
        ("6", 7) => codes::HOT7.to_owned(),
        ("6", 9) => codes::HOT9.to_owned(),
        ("6", 11) => HOT11.to_owned(),
        ("6", _) => codes::HOT13.to_owned(),
        _ => format!("urn:hakucho:jahis:drug-code-kind:{kind}"),
    };
    Some(json!({"system": system, "code": code}))
}

/// A coding of a generic name (record 201 fields 10 and 11).
pub(super) fn generic(kind: &str, code: &str) -> Option<Value> {
    let system = match kind {
        _ if code.is_empty() => return None,
        "2" => codes::GENERAL_NAME.to_owned(),
        _ => format!("urn:hakucho:jahis:generic-code-kind:{kind}"),
    };
    Some(json!({"system": system, "code": code}))
}

/// A coding of an ingredient of an over-the-counter drug (record 31 fields 4 and 5).
pub(super) fn ingredient(kind: &str, code: &str) -> Option<Value> {
    let system = format!("urn:hakucho:jahis:otc-ingredient-code-kind:{kind}");
    (!code.is_empty()).then(|| json!({"system": system, "code": code}))
}

/// A coding of a usage (record 301 fields 7 and 8).
pub(crate) fn usage(kind: &str, code: &str) -> Option<Value> {
    let system = match kind {
        _ if code.is_empty() => return None,
        "2" => codes::JAMI_USAGE.to_owned(),
        _ => format!("urn:hakucho:jahis:usage-code-kind:{kind}"),
    };
    Some(json!({"system": system, "code": code}))
}

/// 剤形コード (record 301 field 6).
pub(super) fn form(code: &str) -> &'static str {
    match code {
        "1" => "内服",
        "2" => "内滴",
        "3" => "屯服",
        "4" => "注射",
        "5" => "外用",
        "6" => "浸煎",
        "7" => "湯",
        "9" => "材料",
        "10" => "その他",
        _ => "",
    }
}

/// What a text record is, in the format's words: display of its category.
pub(super) fn record_name(kind: &str) -> &'static str {
    match kind {
        "2" => "患者特記",
        "4" => "手帳メモ",
        "281" => "薬品補足",
        "291" => "薬品服用注意",
        "311" => "用法補足",
        "391" => "処方服用注意",
        "401" => "服用注意",
        "411" => "医療機関等提供情報",
        "421" => "残薬確認",
        "501" => "備考",
        "601" => "患者等記入",
        _ => "",
    }
}

/// The category of a text record as CodeableConcept.
pub(super) fn record_category(kind: &str) -> Value {
    json!({"coding": [{"system": "urn:hakucho:jahis:record", "code": kind, "display": record_name(kind)}]})
}

/// 提供情報種別 (record 411 field 3).
pub(super) fn provided(code: &str) -> &'static str {
    match code {
        "30" => "入院中に副作用が発現した薬剤に関する情報",
        "31" => "退院後の療養を担う保険医療機関等で必要な服薬情報",
        "99" => "その他",
        _ => "",
    }
}
