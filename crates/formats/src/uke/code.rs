//! Code systems of the receipts, and the few lists whose words are needed to read a record.
//!
//! Names of procedures, drugs, devices and diseases are not in a receipt and not here: the code stays a code.

use serde_json::{Map, Value, json};

/// 31 days as the layouts name them.
pub(super) const DAYS: [&str; 31] = [
    "1日", "2日", "3日", "4日", "5日", "6日", "7日", "8日", "9日", "10日", "11日", "12日", "13日", "14日",
    "15日", "16日", "17日", "18日", "19日", "20日", "21日", "22日", "23日", "24日", "25日", "26日", "27日",
    "28日", "29日", "30日", "31日",
];

/// 医薬品コード (レセプト電算処理), 9 digits; the system of the ePrescription.
pub(super) const DRUG: &str = "urn:oid:1.2.392.100495.20.1.71";
/// ２-digit prefecture, score table and 7 digits of an institution.
pub(super) const INSTITUTION: &str = "http://jpfhir.jp/fhir/core/IdSystem/insurance-medical-institution-no";
/// 傷病名コード of the receipts, 7 digits; 0000999 is a disease in words.
pub(super) use model::codes::RECEIPT_DISEASE as DISEASE;
/// A disease that has no code.
pub(super) const UNCODED: &str = "0000999";
/// 修飾語コード of the receipts, 4 digits.
pub(super) const MODIFIER: &str = "urn:hakucho:receipt:modifier-code";
/// The modifier 疑い.
pub(super) const SUSPECTED: &str = "8002";

/// Address of one of our extensions.
pub(super) fn extension(name: &str) -> String {
    format!("urn:hakucho:extension:{name}")
}

/// A coding of a list of the receipts; no display where there is none.
pub(super) fn coding(list: &str, code: &str, display: &str) -> Value {
    let mut coding = json!({"system": format!("urn:hakucho:receipt:{list}"), "code": code});
    if let (Some(coding), false) = (coding.as_object_mut(), display.is_empty()) {
        coding.insert("display".into(), display.into());
    }
    coding
}

/// Puts a list under a name unless it is empty.
pub(super) fn put(resource: &mut Map<String, Value>, name: &str, list: Vec<Value>) {
    if !list.is_empty() {
        resource.insert(name.to_owned(), list.into());
    }
}

/// 診療識別コード (別表20).
pub(super) fn category(code: &str) -> &'static str {
    match code {
        "01" | "99" => "全体",
        "11" => "初診",
        "12" => "再診",
        "13" => "医学管理",
        "14" => "在宅",
        "21" => "投薬・内服",
        "22" => "投薬・屯服",
        "23" => "投薬・外用",
        "24" => "投薬・調剤",
        "25" => "投薬・処方",
        "26" => "投薬・麻毒",
        "27" => "投薬・調基",
        "28" => "投薬・その他",
        "31" => "注射・皮下筋肉内",
        "32" => "注射・静脈内",
        "33" => "注射・その他",
        "39" => "薬剤料減点",
        "40" => "処置",
        "50" => "手術",
        "54" => "麻酔",
        "60" => "検査・病理",
        "70" => "画像診断",
        "80" => "その他",
        "90" => "入院基本料",
        "92" => "特定入院料・その他",
        "97" => "食事療養・生活療養",
        _ => "",
    }
}

/// 転帰区分 (別表18) and what it says of the course; `None` where the disease goes on.
pub(super) fn outcome(code: &str) -> (&'static str, Option<&'static str>) {
    match code {
        "1" => ("治ゆ、死亡、中止以外", None),
        "2" => ("治ゆ", Some("resolved")),
        "3" => ("死亡", Some("inactive")),
        "4" => ("中止(転医)", Some("inactive")),
        _ => ("", None),
    }
}

/// 傷病名区分 of DPC (別表23).
pub(super) fn disease_kind(code: &str) -> &'static str {
    match code {
        "01" => "医療資源を最も投入した傷病名",
        "02" => "副傷病名",
        "11" => "主傷病名",
        "21" => "入院の契機となった傷病名",
        "31" => "医療資源を2番目に投入した傷病名",
        "41" | "42" | "43" | "44" => "入院時併存傷病名",
        "51" | "52" | "53" | "54" => "入院後発症傷病名",
        _ => "",
    }
}

/// 剤形コード of 調剤.
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
        _ => "",
    }
}

/// 指示区分 of 訪問看護 (別表12).
pub(super) fn order(code: &str) -> &'static str {
    match code {
        "01" => "訪問看護指示",
        "02" => "特別訪問看護指示",
        "03" => "精神科訪問看護指示",
        "04" => "精神科特別訪問看護指示",
        "05" => "医療観察精神科訪問看護指示",
        "06" => "医療観察精神科特別訪問看護指示",
        _ => "",
    }
}

/// 症状詳記区分 (別表23) in short.
pub(super) fn narrative(code: &str) -> &'static str {
    match code {
        "01" => "主たる疾患の臨床症状",
        "02" => "主たる疾患の診察・検査所見",
        "03" => "主な治療行為の必要性",
        "04" => "主な治療行為の経過",
        "05" => "100万点以上の薬剤に係る症状等",
        "06" => "100万点以上の処置に係る症状等",
        "07" => "その他",
        "50" => "治験概要",
        "51" => "疾患別リハビリテーションの継続理由",
        "52" => "廃用に至った要因",
        _ => "",
    }
}

/// A 歯種 of the tooth code (first four digits): its number by FDI (ISO 3950), else empty.
pub(super) fn tooth(code: &str) -> &str {
    code.get(..4)
        .and_then(|kind| kind.strip_prefix("10"))
        .filter(|number| {
            let mut digits = number.bytes();
            matches!(digits.next(), Some(b'1'..=b'8')) && matches!(digits.next(), Some(b'1'..=b'8'))
        })
        .unwrap_or("")
}

/// 状態コード of a tooth code (fifth digit).
pub(super) fn tooth_state(code: &str) -> &'static str {
    match code.get(4..5) {
        Some("1") => "部",
        Some("2") => "欠損歯",
        Some("3") => "支台歯",
        Some("4") => "分割抜歯支台(根)",
        Some("5") => "便宜抜髄支台歯",
        Some("6") => "残根",
        Some("7") => "部インプラント",
        Some("8") => "部近心隙",
        Some("9") => "近心位に存在",
        _ => "",
    }
}

/// 用法コード of 調剤 (別表12), 001 to 048.
const USAGES: [&str; 48] = [
    "1日3回食前服用",
    "1日3回食間服用",
    "1日3回食後服用",
    "1日1回朝服用",
    "1日1回朝食前服用",
    "1日1回朝食後服用",
    "1日1回昼服用",
    "1日1回昼食前服用",
    "1日1回昼食後服用",
    "1日1回夕服用",
    "1日1回夕食前服用",
    "1日1回夕食後服用",
    "1日1回就寝前服用",
    "授乳時服用",
    "1日2回朝昼食前服用",
    "1日2回朝昼食後服用",
    "1日2回朝夕食前服用",
    "1日2回朝夕食後服用",
    "1日2回昼夕食前服用",
    "1日2回昼夕食後服用",
    "1日4回食後寝前服用",
    "毎1時間",
    "毎2時間",
    "毎3時間",
    "毎4時間",
    "毎5時間",
    "毎6時間",
    "毎7時間",
    "毎8時間",
    "毎9時間",
    "毎10時間",
    "毎11時間",
    "毎12時間",
    "毎24時間",
    "1日2回朝食前寝前服用",
    "1日2回朝食後寝前服用",
    "1日2回昼食前寝前服用",
    "1日2回昼食後寝前服用",
    "1日2回夕食前寝前服用",
    "1日2回夕食後寝前服用",
    "1日3回朝昼食前寝前服用",
    "1日3回朝昼食後寝前服用",
    "1日3回朝夕食前寝前服用",
    "1日3回朝夕食後寝前服用",
    "1日3回昼夕食前寝前服用",
    "1日3回昼夕食後寝前服用",
    "1日4回食前寝前服用",
    "起床時服用",
];

/// A 用法コード in words.
pub(super) fn usage(code: &str) -> &'static str {
    let number = code.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    number.and_then(|index| USAGES.get(index)).copied().unwrap_or("")
}
