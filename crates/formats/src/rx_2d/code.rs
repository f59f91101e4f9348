//! Code tables of 院外処方箋2次元シンボル記録条件規約 Ver.1.10 (3.2.7) as FHIR codings.

use crate::okusuri::line::Line;
use model::codes;
use model::reading::Problem;
use serde_json::{Value, json};

/// 補足用法コード of JAMI (不均等, 隔日 …).
pub(super) const JAMI_SUPPLEMENT: &str = "urn:oid:1.2.392.200250.2.2.20.22";
/// 部位コード of JAMI.
pub(super) const JAMI_SITE: &str = "urn:oid:1.2.392.200250.2.2.20.32";
/// 保険種別コード of 電子処方箋; 8 is public expense.
pub(super) const INSURANCE_KIND: &str = "urn:oid:1.2.392.100495.20.2.61";
/// 被保険者区分コード of 電子処方箋.
pub(super) const INSURED_KIND: &str = "urn:oid:1.2.392.100495.20.2.62";
/// 後発医薬品変更可否コード of 電子処方箋.
pub(super) const SUBSTITUTION: &str = "urn:oid:1.2.392.100495.20.2.41";
/// 力価区分コード of 電子処方箋.
pub(super) const STRENGTH: &str = "urn:oid:1.2.392.100495.20.2.22";

type Table = &'static [(&'static str, &'static str)];

/// 剤形区分 (record 101).
pub(super) const FORM: (&str, Table) = (
    "urn:hakucho:jahis:prescription-form",
    &[
        ("1", "内服"),
        ("2", "頓服"),
        ("3", "外用"),
        ("4", "内服滴剤"),
        ("5", "注射"),
        ("6", "医療材料"),
        ("9", "不明"),
    ],
);
/// 情報区分 (record 201).
pub(super) const ITEM: (&str, Table) =
    ("urn:hakucho:jahis:prescription-item", &[("1", "医薬品"), ("2", "医療材料"), ("3", "非保険薬")]);
/// 用法補足区分 (record 181).
pub(super) const USAGE_SUPPLEMENT: (&str, Table) = (
    "urn:hakucho:jahis:usage-supplement",
    &[
        ("1", "漸減"),
        ("2", "一包化"),
        ("3", "隔日"),
        ("4", "粉砕"),
        ("5", "用法の続き"),
        ("6", "部位"),
        ("7", "1回使用量"),
        ("8", "JAMI補足用法"),
        ("9", "JAMI部位"),
    ],
);
/// 薬品補足区分 (record 281).
pub(super) const DRUG_SUPPLEMENT: (&str, Table) = (
    "urn:hakucho:jahis:drug-supplement",
    &[
        ("1", "一包化"),
        ("2", "粉砕"),
        ("3", "後発品変更不可"),
        ("4", "剤形変更不可"),
        ("5", "含量規格変更不可"),
        ("6", "剤形変更不可及び含量規格変更不可"),
        ("7", "JAMI補足用法"),
        ("8", "先発医薬品患者希望"),
    ],
);
/// 備考種別 (record 81).
pub(super) const NOTE: (&str, Table) =
    ("urn:hakucho:jahis:prescription-note", &[("1", "一包化"), ("2", "粉砕"), ("3", "分割")]);
/// 残薬確認対応フラグ (record 62).
pub(super) const LEFT_OVER: (&str, Table) = (
    "urn:hakucho:jahis:left-over-drugs",
    &[("1", "保険医療機関へ疑義照会した上で調剤"), ("2", "保険医療機関へ情報提供")],
);
/// 保険種別 (record 21).
pub(super) const INSURANCE: (&str, Table) = (
    INSURANCE_KIND,
    &[
        ("1", "医保"),
        ("2", "国保"),
        ("3", "労災"),
        ("4", "自賠"),
        ("5", "公害"),
        ("6", "自費"),
        ("7", "後期高齢者"),
    ],
);
/// 被保険者/被扶養者 (record 23).
pub(super) const INSURED: (&str, Table) = (INSURED_KIND, &[("1", "被保険者"), ("2", "被扶養者")]);
/// 一部負担金区分 (record 14).
pub(super) const COPAY: (&str, Table) = (
    "urn:hakucho:jahis:copay-class",
    &[("1", "高齢者一般"), ("2", "高齢者７割"), ("3", "６歳未満"), ("4", "高齢者一般"), ("5", "高齢者８割")],
);
/// 職務上の事由 (record 25).
pub(super) const DUTY: (&str, Table) =
    ("urn:hakucho:jahis:duty-reason", &[("1", "職務上"), ("2", "下船後３ヶ月以内"), ("3", "通勤災害")]);
/// Potency flag (record 201): 薬価単位 is an amount of the product, 力価単位 of its substance.
pub(super) const POTENCY: (&str, Table) = (STRENGTH, &[("1", "製剤量"), ("2", "成分量")]);

/// The coding of a field by its table; a code that is not of the table is kept and reported. `None` where the
/// field is empty.
pub(super) fn coding(
    line: &Line<'_>,
    field: usize,
    (system, table): (&str, Table),
    problems: &mut Vec<Problem>,
) -> Option<Value> {
    let code = line.code(field);
    if code.is_empty() {
        return None;
    }
    let plain = code.trim_start_matches('0');
    match table.iter().find(|(each, _)| *each == plain) {
        Some((code, display)) => Some(json!({"system": system, "code": code, "display": display})),
        None => {
            let text = "not a code of the standard's table; kept as it is";
            problems.push(Problem::new("unknown-code", line.at(field), text));
            Some(json!({"system": system, "code": code}))
        }
    }
}

/// A coding of a drug (record 201 fields 5 and 6): the kinds of the notebook, and 7 一般名.
pub(super) fn drug(kind: &str, code: &str) -> Option<Value> {
    match kind {
        "7" if !code.is_empty() => Some(json!({"system": codes::GENERAL_NAME, "code": code})),
        _ => crate::okusuri::code::drug(kind, code),
    }
}

/// The category of a text record.
pub(super) fn record(kind: &str, display: &str) -> Value {
    json!({"coding": [{"system": "urn:hakucho:jahis:prescription-record", "code": kind, "display": display}]})
}
