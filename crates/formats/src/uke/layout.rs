//! The columns of each record by the kind of claim (記録条件仕様 医科用, DPC用, 歯科用, 調剤用, 訪問看護用).
//!
//! Mapping asks for a field by its name, so one rule serves every kind that has the field. A record without a
//! layout here is kept with its fields by number. Not here: what a field means.

use super::code::DAYS;
use std::collections::HashMap;

/// Which specification a receipt follows, by 点数表 (別表3). DPC is 医科 with records of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// 医科 and DPC.
    Medical,
    /// 歯科.
    Dental,
    /// 調剤.
    Pharmacy,
    /// 訪問看護.
    Nursing,
}

impl Kind {
    /// By the score table of the header, or the first digit of レセプト種別.
    pub fn of(digit: &str) -> Option<Self> {
        match digit {
            "1" => Some(Self::Medical),
            "3" => Some(Self::Dental),
            "4" => Some(Self::Pharmacy),
            "6" => Some(Self::Nursing),
            _ => None,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Medical => "medical",
            Self::Dental => "dental",
            Self::Pharmacy => "pharmacy",
            Self::Nursing => "nursing",
        }
    }

    pub fn ja(self) -> &'static str {
        match self {
            Self::Medical => "医科",
            Self::Dental => "歯科",
            Self::Pharmacy => "調剤",
            Self::Nursing => "訪問看護",
        }
    }
}

/// Records alike in every kind. `*` is the 31 days; `a|b#3` is a1, b1, a2, b2, a3, b3.
const ALIKE: &[(&str, &str)] = &[
    (
        "SN",
        "負担者種別,確認区分,保険者番号等(資格確認),記号(資格確認),番号(資格確認),枝番,受給者番号(資格確認),予備",
    ),
    ("JD", "負担者種別,*"),
    ("MF", "窓口負担額区分,予備#31"),
    ("SJ", "症状詳記区分,症状詳記データ"),
    ("GO", "総件数,総合計点数,マルチボリューム識別情報"),
    ("MN", "レセプト管理番号,医療機関の所在地,予備#4"),
    ("KH", "国保連固有情報"),
    (
        "UK",
        "審査支払機関,都道府県,点数表,医療機関コード,予備,医療機関名称,請求年月,届出,マルチボリューム識別情報",
    ),
    (
        "YK",
        "審査支払機関,都道府県,点数表,医療機関コード,医療機関名称,請求年月,マルチボリューム識別情報,電話番号",
    ),
    ("HM", "審査支払機関,都道府県,点数表,医療機関コード,医療機関名称,請求年月,電話番号"),
    (
        "IR",
        "審査支払機関,都道府県,点数表,医療機関コード,予備,医療機関名称,請求年月,マルチボリューム識別情報,電話番号",
    ),
];

/// IR of 歯科: the name is in UK.
const DENTAL_HEADER: &str = "審査支払機関,都道府県,点数表,医療機関コード,予備,請求年月,電話番号,届出";

const MEDICAL: &[(&str, &str)] = &[
    (
        "RE",
        "レセプト番号,レセプト種別,診療年月,氏名,男女区分,生年月日,給付割合,入院年月日,病棟区分,一部負担金等区分,レセプト特記事項,病床数,カルテ番号等,割引点数単価,予備#3,検索番号,記録条件仕様年月情報,請求情報,診療科名|人体の部位等|性別等|医学的処置|特定疾病#3,カタカナ氏名,患者の状態",
    ),
    (
        "HO",
        "保険者番号,記号,番号,診療実日数,合計点数,予備,食事療養・生活療養回数,食事療養・生活療養合計金額,職務上の事由,証明書番号,負担金額,減免区分,減額割合,減額金額",
    ),
    (
        "KO",
        "負担者番号,受給者番号,任意給付区分,診療実日数,合計点数,負担金額,外来一部負担金,入院一部負担金,予備,食事療養・生活療養回数,食事療養・生活療養合計金額",
    ),
    ("GR", "医科点数表算定理由,DPCコード"),
    ("SY", "傷病名コード,診療開始日,転帰区分,修飾語コード,傷病名称,主傷病,補足コメント"),
    ("SI", "診療識別,負担区分,診療行為コード,数量データ,点数,回数,コメントコード|文字データ#3,*"),
    ("IY", "診療識別,負担区分,医薬品コード,使用量,点数,回数,コメントコード|文字データ#3,*"),
    (
        "TO",
        "診療識別,負担区分,特定器材コード,使用量,点数,回数,単位コード,単価,予備,商品名及び規格又はサイズ,コメントコード|文字データ#3,*",
    ),
    ("CO", "診療識別,負担区分,コメントコード,文字データ"),
    ("BU", "診断群分類番号,今回入院年月日,今回退院年月日,DPC転帰区分,死因"),
    ("SB", "傷病名コード,修飾語コード,傷病名称,ICD10コード,傷病名区分,死因,補足コメント"),
    (
        "KK",
        "予備1,一般病棟以外の病棟移動の有無,予定・緊急入院区分,前回退院年月日,前回同一傷病での入院の有無,入院時年齢,出生時体重,JCS,予備2,Burn Index,重症度等,予備3,入院時月齢",
    ),
    ("SK", "診療行為コード,区分番号,実施(予定)年月日,予備,診療区分コード,診療名称"),
    ("GA", "診療年月,請求調整区分,外泊等,診断群分類番号,医療機関別係数,翌月再入院(転棟)予定の有無"),
    (
        "HH",
        "診療年月,請求調整区分,自他保険区分,負担区分,入院期間区分,入院期間区分別点数,入院期間区分別入院日数,包括小計点数",
    ),
    (
        "GT",
        "診療年月,請求調整区分,自他保険区分,負担区分,包括小計点数合算,包括評価点数,調整点数,今月包括合計点数,診療識別,変更年月日,文字データ",
    ),
    (
        "CD",
        "実施年月日,診療識別,順序番号,行為明細番号,電算コード,使用量,数量データ,単位コード,回数,特定器材名称",
    ),
];

/// RE with 総括区分 before 検索番号 (DPC用).
const DPC_COMMON: &str = "レセプト番号,レセプト種別,診療年月,氏名,男女区分,生年月日,給付割合,入院年月日,病棟区分,一部負担金等区分,レセプト特記事項,病床数,カルテ番号等,割引点数単価,予備#3,レセプト総括区分,検索番号,記録条件仕様年月情報,請求情報,診療科名|人体の部位等|性別等|医学的処置|特定疾病#3,カタカナ氏名,患者の状態";

const DENTAL: &[(&str, &str)] = &[
    (
        "RE",
        "レセプト番号,レセプト種別,診療年月,氏名,男女区分,生年月日,給付割合,入院年月日,診療開始日,転帰区分,病棟区分,一部負担金等区分,レセプト特記事項,予備1,カルテ番号等,請求情報1,予備2,未来院請求,検索番号,予備3,請求情報2,予備4,予備5,予備6,カタカナ氏名,患者の状態",
    ),
    (
        "HO",
        "保険者番号,記号,番号,診療実日数,合計点数,食事療養・生活療養回数,食事療養・生活療養合計金額,職務上の事由,証明書番号,負担金額,減免区分,減額割合,減額金額",
    ),
    (
        "KO",
        "負担者番号,受給者番号,任意給付区分,診療実日数,合計点数,負担金額,公費給付対象一部負担金,食事療養・生活療養回数,食事療養・生活療養合計金額",
    ),
    (
        "HS",
        "診療開始日,転帰区分,歯式(傷病名),傷病名コード,修飾語コード,傷病名称,併存傷病名数,病態移行,主傷病,コメントコード,補足コメント,歯式(補足コメント)",
    ),
    (
        "SS",
        "診療識別,負担区分,診療行為コード,数量データ1,数量データ2,加算コード|加算数量データ#35,点数,回数,*",
    ),
    ("SI", "診療識別,負担区分,診療行為コード,数量データ,点数,回数,*"),
    ("IY", "診療識別,負担区分,医薬品コード,使用量,点数,回数,医薬品区分,*"),
    (
        "TO",
        "診療識別,負担区分,特定器材コード,使用量,単位コード,単価,特定器材加算等コード|特定器材加算等数量データ#2,商品名及び規格又はサイズ,点数,回数,*",
    ),
    ("CO", "診療識別,負担区分,コメントコード,文字データ,歯式(コメント),予備#5"),
];

const PHARMACY: &[(&str, &str)] = &[
    (
        "RE",
        "レセプト番号,レセプト種別,診療年月,氏名,男女区分,生年月日,給付割合,レセプト特記事項,処方元都道府県,処方元点数表,処方元コード,処方元名称,処方元所在地,保険医氏名#20,麻薬免許番号,調剤録番号等,予備1,検索番号,予備2,請求情報,一部負担金等区分,カタカナ氏名",
    ),
    (
        "HO",
        "保険者番号,記号,番号,処方箋受付回数,合計点数,予備1,職務上の事由,証明書番号,負担金額,予備2,減免区分,減額割合,減額金額",
    ),
    (
        "KO",
        "負担者番号,受給者番号,任意給付区分,処方箋受付回数,合計点数,予備1,負担金額,予備2,公費給付対象一部負担金",
    ),
    ("SH", "処方No,剤形,用法,特別指示,単位薬剤料,公費単位薬剤料#4"),
    (
        "CZ",
        "医師No,処方箋交付年月日,調剤年月日,処方箋受付回,調剤数量,薬剤調製料負担区分,薬剤調製料算定区分,薬剤調製料算定先No,薬剤調製料コード,薬剤調製料点数,分割区分,前回までの数量,薬剤料点数,予備,加算料負担区分|加算料コード|加算料点数#10,一包化日数,分割調剤種類,前回までの一包化日数,医師指示分割調剤コード,医師指示分割区分,医師指示分割対象調剤数量,医師指示分割対象一包化日数,包括管理料等,他医療機関受診,外来服薬支援料2負担区分,外来服薬支援料2コード,外来服薬支援料2点数,調剤管理料負担区分,調剤管理料算定区分,調剤管理料算定先No,調剤管理料コード,調剤管理料点数,調剤管理料時間外等負担区分,調剤管理料時間外等コード,調剤管理料時間外等点数,薬剤料減算区分,薬剤料減算合計点数,薬剤料減算公費点数#4",
    ),
    ("IY", "負担区分,医薬品コード,使用量,予備1,予備2,混合区分,混合区分枝番,配合不適区分,1回用量"),
    ("TO", "負担区分,特定器材コード,使用量,単位コード,単価,商品名及び規格又はサイズ"),
    ("CO", "コメントコード,文字データ"),
    ("TK", "コメントコード,文字データ"),
    (
        "KI",
        "算定日,処方箋受付回,調剤基本料負担区分,調剤基本料コード,調剤基本料点数,予備,薬学管理料負担区分|薬学管理料コード|薬学管理料回数|薬学管理料点数#12,摘要薬学管理料負担区分|摘要薬学管理料コード|摘要薬学管理料回数|摘要薬学管理料点数#3,前回調剤年月日,前回調剤数量,調剤基本料加算負担区分|調剤基本料加算コード|調剤基本料加算回数|調剤基本料加算点数#10,包括管理料等,他医療機関受診,医師指示分割調剤基本料コード,医師指示分割薬学管理料コード,医師指示分割摘要薬学管理料コード",
    ),
    (
        "ST",
        "医師No,処方月日,調剤月日,処方箋受付回,分割指示回数,保険分割対象点数,保険分割後点数,公費分割対象点数|公費分割後点数#4",
    ),
];

const NURSING: &[(&str, &str)] = &[
    (
        "RE",
        "レセプト番号,レセプト種別,診療年月,氏名,カタカナ氏名,男女区分,生年月日,予備1,予備2,給付割合,レセプト特記事項,一部負担金等区分,カルテ番号等,検索番号",
    ),
    (
        "HO",
        "保険者番号,記号,番号,診療実日数,合計金額,職務上の事由,証明書番号,負担金額,減免区分,減額割合,減額金額",
    ),
    ("KO", "負担者番号,受給者番号,任意給付区分,診療実日数,合計金額,負担金額,公費給付対象一部負担金"),
    ("IH", "医療機関都道府県,医療機関点数表,医療機関コード,医療機関名称,主治医の氏名,直近報告年月日"),
    ("HJ", "指示区分,指示期間自,指示期間至"),
    ("JS", "心身の状態,基準告示第2の1に規定する疾病等の有無,該当する疾病等,GAF尺度,GAF判定年月日"),
    ("SY", "傷病名コード,修飾語コード,傷病名称,補足コメント"),
    (
        "RJ",
        "訪問開始年月日,訪問した場所1コード,訪問した場所1,訪問場所2変更年月日,訪問した場所2コード,訪問した場所2,訪問場所3変更年月日,訪問した場所3コード,訪問した場所3,訪問終了年月日,訪問終了時刻,訪問終了状況コード,訪問終了状況,死亡年月日,死亡時刻,死亡場所コード,死亡場所,利用者情報コード,他の訪問看護ステーション都道府県|他の訪問看護ステーション点数表|他の訪問看護ステーションコード|他の訪問看護ステーション所在地|他の訪問看護ステーション名称#2",
    ),
    ("TZ", "特記事項コード,コメントコード,文字データ"),
    ("CO", "コメントコード,文字データ,予備"),
    ("KA", "算定年月日,負担区分,訪問看護療養費コード,数量データ,金額,職種等,同日訪問回数,指示区分"),
];

/// Names of the fields after the record's own, by record.
type Table = HashMap<&'static str, Vec<String>>;

/// Every layout, made once for a file.
#[derive(Debug)]
pub(super) struct Layouts {
    alike: Table,
    kinds: [(Kind, Table); 4],
    dental_header: Vec<String>,
    dpc_common: Vec<String>,
}

impl Layouts {
    pub fn new() -> Self {
        let table =
            |text: &[(&'static str, &str)]| text.iter().map(|(kind, names)| (*kind, expand(names))).collect();
        Self {
            alike: table(ALIKE),
            kinds: [
                (Kind::Medical, table(MEDICAL)),
                (Kind::Dental, table(DENTAL)),
                (Kind::Pharmacy, table(PHARMACY)),
                (Kind::Nursing, table(NURSING)),
            ],
            dental_header: expand(DENTAL_HEADER),
            dpc_common: expand(DPC_COMMON),
        }
    }

    /// The names for a line of a record, given all of its fields; none if the record is not known.
    pub fn names(&self, kind: Kind, record: &str, fields: &[&str]) -> &[String] {
        let field = |index: usize| fields.get(index).map_or("", |text| text.trim());
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        match record {
            // A month where others have the name.
            "IR" if matches!(field(6).len(), 5 | 6) && digits(field(6)) => return &self.dental_header,
            // One digit where others have the 17 and more of 検索番号.
            "RE" if kind == Kind::Medical && field(18).len() == 1 => return &self.dpc_common,
            _ => {}
        }
        let own = self.kinds.iter().find(|(each, _)| *each == kind).and_then(|(_, table)| table.get(record));
        own.or_else(|| self.alike.get(record)).map_or(&[], Vec::as_slice)
    }
}

/// `a,b#2,c|d#2,*` as a, b1, b2, c1, d1, c2, d2, 1日 … 31日.
fn expand(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for token in text.split(',') {
        match token.split_once('#') {
            Some((group, times)) => {
                for number in 1..=times.parse().unwrap_or(0) {
                    names.extend(group.split('|').map(|name: &str| format!("{name}{number}")));
                }
            }
            None if token == "*" => names.extend(DAYS.map(str::to_owned)),
            None => names.push(token.to_owned()),
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_field_of_each_record_is_where_the_specification_has_it() {
        let layouts = Layouts::new();
        let count = |kind, record: &str| layouts.names(kind, record, &[]).len();
        for (kind, record, fields) in [
            (Kind::Medical, "RE", 37),
            (Kind::Medical, "HO", 14),
            (Kind::Medical, "SI", 43),
            (Kind::Medical, "TO", 47),
            (Kind::Dental, "RE", 26),
            (Kind::Dental, "SS", 108),
            (Kind::Dental, "TO", 44),
            (Kind::Pharmacy, "RE", 41),
            (Kind::Pharmacy, "CZ", 70),
            (Kind::Pharmacy, "KI", 113),
            (Kind::Pharmacy, "ST", 15),
            (Kind::Nursing, "RJ", 28),
            (Kind::Nursing, "JD", 32),
        ] {
            assert_eq!(count(kind, record), fields, "{kind:?} {record}");
        }
    }
}
