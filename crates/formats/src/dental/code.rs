//! Teeth, basic states and items of 口腔診査情報標準コード仕様 in the code systems of JP Core 1.2 DentalOral.
//!
//! JP Core makes its codes of the specification's: `TP-21-01` is the value 01 of item 21 of record TP. So a field
//! becomes its code without a table; words here are ours and short, the codes say exactly what.

use serde_json::{Value, json};

const SYSTEMS: &str = "http://jpfhir.jp/fhir/core/CodeSystem/";

/// 歯種コード, 4 characters: 10, the quadrant, the tooth (A to H a supernumerary one beside it).
pub(super) fn tooth(code: &str) -> Option<String> {
    const QUADRANTS: [&str; 4] = ["右側上顎", "左側上顎", "左側下顎", "右側下顎"];
    const PERMANENT: [&str; 8] =
        ["中切歯", "側切歯", "犬歯", "第１小臼歯", "第２小臼歯", "第１大臼歯", "第２大臼歯", "第３大臼歯"];
    const DECIDUOUS: [&str; 5] = ["乳中切歯", "乳側切歯", "乳犬歯", "第１乳臼歯", "第２乳臼歯"];
    let place = code.strip_prefix("10")?.as_bytes();
    let (quadrant, tooth) = match place {
        [quadrant @ b'1'..=b'8', tooth] => (usize::from(quadrant - b'1'), *tooth),
        _ => return None,
    };
    let (index, beside) = match tooth {
        b'1'..=b'8' => (usize::from(tooth - b'1'), ""),
        b'A'..=b'H' => (usize::from(tooth - b'A'), "近傍過剰歯"),
        _ => return None,
    };
    let names: &[&str] = if quadrant < 4 { &PERMANENT } else { &DECIDUOUS };
    Some(format!("{}{}{beside}", QUADRANTS.get(quadrant % 4)?, names.get(index)?))
}

/// A tooth as bodySite.
pub(super) fn body_site(code: &str) -> Value {
    let system = format!("{SYSTEMS}JP_DentalBodySite_CS");
    match tooth(code) {
        Some(name) => json!({"coding": [{"system": system, "code": code, "display": name}], "text": name}),
        None if code.is_empty() => json!({"text": "部位の記載なし"}),
        None => json!({"coding": [{"system": system, "code": code}], "text": format!("歯 {code}")}),
    }
}

/// TB-3: whether the tooth is there.
pub(super) fn existence(code: &str) -> Value {
    let coding = |display: &str| {
        let mut coding = json!({
            "system": format!("{SYSTEMS}JP_DentalFundamentalStatus_CS"), "code": format!("TB-3-{code}"),
        });
        if let (Some(coding), false) = (coding.as_object_mut(), display.is_empty()) {
            coding.insert("display".into(), display.into());
        }
        coding
    };
    match code {
        "0" => json!({"coding": [coding("現存歯")], "text": "現存歯"}),
        "2" => json!({"coding": [coding("欠損歯")], "text": "欠損歯"}),
        _ => json!({"coding": [coding("")]}),
    }
}

/// TD-2: basic state of a tooth, in our words.
pub(super) fn state(code: &str) -> &'static str {
    match code {
        "01" | "12" => "現在歯",
        "02" => "健全歯",
        "03" => "健全歯（シーラント）",
        "04" => "要観察歯CO",
        "05" => "要観察歯（サホライド）",
        "06" => "未処置歯C",
        "07" => "未処置歯（サホライド）",
        "08" => "残根（残根上義歯）・未処置",
        "09" => "残根（残根上義歯）・処置済",
        "10" => "処置歯",
        "11" => "要注意乳歯",
        "13" => "死後脱落",
        "30" | "31" => "半埋伏歯",
        "32" | "33" | "34" => "埋伏歯",
        "35" => "水平埋伏智歯",
        "36" => "未萌出歯",
        "37" => "萌出途中",
        "50" => "欠損歯",
        "51" | "52" | "53" | "54" => "喪失歯",
        "55" => "喪失歯（要補綴）",
        "56" => "喪失歯（補綴済）",
        "57" => "喪失歯（義歯）",
        "58" => "喪失歯（義歯・床）",
        "59" => "喪失歯（義歯・人工歯）",
        "60" => "喪失歯（ポンティック）",
        "61" => "欠損歯（隙）",
        "62" | "63" | "64" | "65" | "66" => "喪失歯（インプラント）",
        "67" => "喪失歯（補綴処置不要）",
        "68" => "先天欠如歯",
        "69" => "欠損歯（歯槽窩なし）",
        _ => "",
    }
}

/// True for a basic state of a tooth that is not there.
pub(super) fn is_missing(state: &str) -> bool {
    state.len() == 2 && state >= "50"
}

/// Coding of TD-2.
pub(super) fn state_coding(code: &str) -> Value {
    let system = if is_missing(code) { "Missing" } else { "Present" };
    json!({"system": format!("{SYSTEMS}JP_DentalSimple{system}TeethObservation_CS"), "code": format!("TD-2-{code}")})
}

/// What an item of TP or TM is about, in our words; `None` for an item JP Core has no codes of.
pub(super) fn item(record: &str, number: usize) -> Option<&'static str> {
    Some(match (record, number) {
        ("TP", 3) => "歯髄",
        ("TP", 4) => "埋伏・萌出",
        ("TP", 5) => "位置の異常",
        ("TP", 6) => "歯根",
        ("TP", 7) => "形態・形成の異常",
        ("TP", 8) => "過剰歯",
        ("TP", 9) => "硬組織の状態（う蝕・欠損等）",
        ("TP", 10) => "暫間冠・リテイナー等",
        ("TP", 11) => "部分修復",
        ("TP", 12) => "窩洞",
        ("TP", 21) => "全部修復",
        ("TP", 22) => "根面板等",
        ("TP", 23) => "連結・支台",
        ("TP", 24) | ("TM", 3) => "同顎の装置",
        ("TP", 25) => "レスト",
        ("TP", 26) => "鉤",
        ("TP", 27) => "矯正装置",
        ("TP", 28) => "固定",
        ("TP", 29) => "歯肉",
        ("TP", 30) => "歯石",
        ("TP", 31) => "歯根のう胞",
        ("TP", 32) => "ろう孔",
        ("TP", 33) | ("TM", 10) => "骨瘤",
        ("TM", 2) => "ポンティック・補綴隙",
        ("TM", 4) => "義歯",
        ("TM", 5) => "同顎の床",
        ("TM", 6) => "人工歯",
        ("TM", 7) => "義歯補綴隙",
        ("TM", 8) => "バー・プレート",
        ("TM", 9) => "補強線",
        ("TM", 11) => "アタッチメント",
        _ => return None,
    })
}

/// What the values of the items that matter most say, in our words; other values are shown as item and code.
pub(super) fn value(record: &str, number: usize, value: &str) -> Option<&'static str> {
    Some(match (record, number, value) {
        ("TP", 3, "01") => "生活歯",
        ("TP", 3, "02" | "03") => "失活歯",
        ("TP", 9, "01") => "う歯（程度不明）",
        ("TP", 9, "02") => "C1",
        ("TP", 9, "03") => "C2",
        ("TP", 9, "04") => "C3",
        ("TP", 9, "05") => "C1（二次う蝕）",
        ("TP", 9, "06") => "C2（二次う蝕）",
        ("TP", 9, "07") => "C3（二次う蝕）",
        ("TP", 9, "08") => "仮封・治療中",
        ("TP", 9, "10") => "残根・C4",
        ("TP", 9, "12") => "咬耗",
        ("TP", 9, "13") => "磨耗",
        ("TP", 9, "14") => "くさび状欠損",
        ("TP", 9, "15") => "歯の破折",
        _ => return None,
    })
}

/// Coding of a value of an item of TP or TM.
pub(super) fn item_coding(record: &str, number: usize, value: &str) -> Value {
    let system = if record == "TM" { "Missing" } else { "Present" };
    let code = format!("{record}-{number}-{value}");
    json!({"system": format!("{SYSTEMS}JP_Dental{system}TeethObservation_CS"), "code": code})
}

/// TP-13 to TP-18: a surface of the tooth.
pub(super) fn surface(number: usize) -> Option<Value> {
    let display = match number {
        13 => "切端・咬合面",
        14 => "唇側面・頬側面",
        15 => "口蓋側面・舌側面",
        16 => "近心面",
        17 => "遠心面",
        18 => "歯冠部",
        _ => return None,
    };
    let system = format!("{SYSTEMS}JP_DentalSurfaceBodyStructure_CS");
    Some(json!({"coding": [{"system": system, "code": format!("TP-{number}")}], "text": display}))
}

/// NS-2: what was recorded, in words.
pub(super) fn input_kind(code: &str) -> &'static str {
    match code {
        "00" => "該当なし",
        "01" => "初診時口腔診査",
        "02" => "治療による更新（処置履歴）",
        "03" => "妊産婦歯科健康診査",
        "04" => "１歳児歯科健康診査",
        "05" => "１歳６か月児歯科健康診査",
        "06" => "２歳児歯科健康診査",
        "07" => "３歳児歯科健康診査",
        "08" => "４歳児歯科健康診査",
        "09" => "５歳児歯科健康診査",
        "10" => "６歳児歯科健康診査",
        "11" => "就学時健康診断",
        "12" => "学校歯科健康診断",
        "15" => "歯科特殊健康診査（歯の酸蝕症）",
        "16" => "歯科人間ドック検査",
        "17" => "かかりつけ連携手帳",
        "18" => "WHO口腔健康診査 成人用",
        "19" => "WHO口腔健康診査 小児用",
        "20" | "92" => "生前記録",
        "21" | "93" => "死後記録",
        "22" => "糖尿病連携手帳（歯科）",
        "23" => "歯周疾患検診",
        "24" => "後期高齢者歯科口腔健康診査",
        "25" => "成人歯科健康診査（生活歯援プログラム）",
        "90" => "歯科情報登録シート（歯科医院からのデータ提供）",
        "91" => "歯科情報登録シート（遺体情報）",
        _ => "",
    }
}

/// What a record of the whole mouth or a further part of a tooth is called.
pub(super) fn part(record: &str) -> &'static str {
    match record {
        "TB" => "部位",
        "TD" => "基本状態",
        "TP" => "現在歯の内容",
        "TM" => "欠損歯の内容",
        "TE" => "その他",
        "TF" => "標準プロファイル26項目",
        "TH" => "歯科人間ドック検査",
        "KK" => "矯正関係",
        "SI" => "その他の疾病及び異常",
        "SK" => "所見・特記事項",
        "HK" => "歯科健診等補足項目",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn teeth_are_named_by_quadrant_and_place() {
        for (code, name) in [
            ("1011", Some("右側上顎中切歯")),
            ("1028", Some("左側上顎第３大臼歯")),
            ("1036", Some("左側下顎第１大臼歯")),
            ("1085", Some("右側下顎第２乳臼歯")),
            ("101H", Some("右側上顎第３大臼歯近傍過剰歯")),
            ("1056", None),
            ("1019", None),
            ("10", None),
            ("歯", None),
        ] {
            assert_eq!(tooth(code).as_deref(), name, "{code}");
        }
    }
}
