//! The files of ケアプランデータ連携標準仕様 and the names of their fields, field 1 first.
//!
//! Source: 標準仕様 4.1版 (令和6年10月) 別紙 CSVファイルレイアウト定義書. The 3 版 (介護保険最新情報 vol.1156) has the same tables
//! but for three fields of 第6表 and 第7表 (TAISコード, 福祉用具届出コード, 用具名称), which the history of 4.0 says were added.

/// What a file is, by the beginning of its name; the content has no header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    /// 利用者補足情報
    Supplement,
    /// 居宅サービス計画1表
    Plan,
    /// 居宅サービス計画2表
    Needs,
    /// 居宅サービス計画3表
    Week,
    /// 第6表（サービス利用票）
    Usage,
    /// 実績情報, the layout of 第6表
    Done,
    /// 第7表（サービス利用票別表）
    Units,
    /// 介護予防支援 利用者基本情報
    Basic,
    /// its 別表1, タイムスケジュール
    BasicDay,
    /// its 別表2, 現病歴・既往歴
    BasicHistory,
    /// 介護予防サービス・支援計画書
    Prevention,
    /// its 別表, 支援計画
    PreventionPlan,
    /// 居宅サービス計画1表_削除; 2 and 3 go with it
    NoPlan,
    /// 第6表_削除; 第7表 goes with it
    NoUsage,
    /// 実績情報_削除
    NoDone,
    /// 利用者基本情報_削除; its 別表 go with it
    NoBasic,
    /// 介護予防サービス・支援計画書_削除; its 別表 goes with it
    NoPrevention,
}

use Table::{
    Basic, BasicDay, BasicHistory, Done, Needs, NoBasic, NoDone, NoPlan, NoPrevention, NoUsage, Plan,
    Prevention, PreventionPlan, Supplement, Units, Usage, Week,
};

/// Beginning of the file name, table, word in keys, title. Longer beginnings first.
const NAMES: &[(&str, Table, &str, &str)] = &[
    ("UPHOSOKU", Supplement, "supplement", "利用者補足情報"),
    ("UP1KYO", Plan, "1", "居宅サービス計画書（1）"),
    ("UP2KYO", Needs, "2", "居宅サービス計画書（2）"),
    ("UP3KYO", Week, "3", "週間サービス計画表"),
    ("UPPLAN", Usage, "6", "サービス利用票"),
    ("UPJSK", Done, "done", "サービス実績"),
    ("UPSIKYU", Units, "7", "サービス利用票別表"),
    ("UPKIHON_SUB1", BasicDay, "basic-day", "利用者基本情報 １日の生活・すごし方"),
    ("UPKIHON_SUB2", BasicHistory, "basic-history", "利用者基本情報 現病歴・既往歴"),
    ("UPKIHON", Basic, "basic", "利用者基本情報"),
    ("UPYOBO_SUB", PreventionPlan, "prevention-plan", "介護予防サービス・支援計画書 支援計画"),
    ("UPYOBO", Prevention, "prevention", "介護予防サービス・支援計画書"),
    ("DLT1KYO", NoPlan, "1", "居宅サービス計画書_削除"),
    ("DLTPLAN", NoUsage, "6", "サービス利用票_削除"),
    ("DLTJSK", NoDone, "done", "サービス実績_削除"),
    ("DLTKIHON", NoBasic, "basic", "利用者基本情報_削除"),
    ("DLTYOBO", NoPrevention, "prevention", "介護予防サービス・支援計画書_削除"),
];

impl Table {
    /// The word in keys.
    pub fn word(self) -> &'static str {
        NAMES.iter().find(|(_, table, ..)| *table == self).map_or("", |(_, _, word, _)| *word)
    }

    /// The beginning of its file names, by which places in it are named.
    pub fn file(self) -> &'static str {
        NAMES.iter().find(|(_, table, ..)| *table == self).map_or("", |(file, ..)| *file)
    }

    /// What the table is called.
    pub fn title(self) -> &'static str {
        NAMES.iter().find(|(_, table, ..)| *table == self).map_or("", |(.., title)| *title)
    }

    /// Names of the fields.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Supplement => SUPPLEMENT,
            Plan => PLAN,
            Needs => NEEDS,
            Week => WEEK,
            Usage | Done => USAGE,
            Units => UNITS,
            Basic => super::basic::NAMES,
            BasicDay => super::basic::DAY,
            BasicHistory => super::basic::HISTORY,
            Prevention => super::prevention::NAMES,
            PreventionPlan => super::prevention::PLAN,
            NoPlan | NoBasic | NoPrevention => NO_PLAN,
            NoUsage => NO_USAGE,
            NoDone => NO_DONE,
        }
    }

    /// The tables a deletion file takes back; empty for any other.
    pub fn takes_back(self) -> &'static [Self] {
        match self {
            NoPlan => &[Plan, Needs, Week],
            NoUsage => &[Usage, Units],
            NoDone => &[Done],
            NoBasic => &[Basic, BasicDay, BasicHistory],
            NoPrevention => &[Prevention, PreventionPlan],
            _ => &[],
        }
    }

    /// The field that with insurer and insured number is the identity of what a row says (標準仕様 2.3, 3.3).
    pub fn identity(self) -> usize {
        match self {
            Supplement => 63,
            Plan => 14,
            Needs | Week | Usage | Done | Units => 5,
            _ => 4,
        }
    }

    /// Where the three fields of 4.0 stand that 3 版 does not have.
    pub fn added(self) -> Option<usize> {
        match self {
            Usage | Done => Some(16),
            Units => Some(10),
            _ => None,
        }
    }
}

/// What a file name says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileName {
    pub table: Table,
    /// Number of the office that sent it; empty if the name has none.
    pub from: String,
    /// ファイル連番 `YYYYMMDDHHMMSS`: files are processed in its order. Empty if the name has none.
    pub serial: String,
}

impl FileName {
    /// Reads the name of a path: `UPPLAN_201912_0300000100_43_0300000005_11_20191025200201.CSV`, or as 3 版 has it
    /// without the kinds of service.
    pub fn read(path: &str) -> Option<Self> {
        let name = path.rsplit(['/', '\\']).next()?.to_ascii_uppercase().replace('\u{332}', "_");
        let stem = name.strip_suffix(".CSV").unwrap_or(&name);
        let (start, table, ..) = NAMES.iter().find(|(start, ..)| {
            stem.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
        })?;
        let digits = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let parts: Vec<&str> = stem.get(start.len()..)?.split('_').filter(digits).collect();
        let serial = parts.iter().rev().find(|part| part.len() == 14).copied().unwrap_or_default();
        let from = parts.iter().find(|part| matches!(part.len(), 9 | 10)).copied().unwrap_or_default();
        Some(Self { table: *table, from: from.to_owned(), serial: serial.to_owned() })
    }
}

const NO_PLAN: &[&str] = &["CSVバージョン", "保険者番号", "被保険者番号", "計画作成（変更）日・相談日"];
const NO_USAGE: &[&str] = &["CSVバージョン", "保険者番号", "被保険者番号", "削除対象年月"];
const NO_DONE: &[&str] = &[
    "CSVバージョン",
    "保険者番号",
    "被保険者番号",
    "削除対象年月",
    "サービス事業者コード",
    "サービス種類コード",
];

const PLAN: &[&str] = &[
    "CSVバージョン",
    "保険者番号",
    "被保険者番号",
    "作成年月日",
    "利用者郵便番号",
    "利用者住所１",
    "利用者住所２",
    "居宅サービス計画作成者氏名",
    "介護支援事業者名",
    "介護支援事業者郵便番号",
    "介護支援事業者住所１",
    "介護支援事業者住所２",
    "介護支援事業者コード",
    "居宅サービス計画作成（変更）日",
    "初回居宅サービス計画作成日",
    "計画書区分",
    "認定状況区分",
    "認定日",
    "認定有効期間開始日",
    "認定有効期間終了日",
    "要介護状態区分",
    "利用者及び家族の生活に対する意向を踏まえた課題分析の結果",
    "介護認定審査会の意見及びサービスの種類の指定",
    "総合的な援助の方針",
    "生活援助中心型の算定理由",
    "その他理由",
    "更新業者コード",
    "識別子",
];

const NEEDS: &[&str] = &[
    "CSVバージョン",
    "保険者番号",
    "被保険者番号",
    "居宅計画書作成年月日",
    "居宅サービス計画作成（変更）日",
    "課題ＮＯ",
    "課題",
    "援助目標ＮＯ",
    "長期目標",
    "短期目標",
    "長期期間",
    "短期期間",
    "援助内容ＮＯ",
    "サービス内容",
    "保険対象区分",
    "サービス種別",
    "サービス事業者コード",
    "サービス事業所名",
    "頻度",
    "実施期間",
    "更新業者コード",
    "識別子",
];

const WEEK: &[&str] = &[
    "CSVバージョン",
    "保険者番号",
    "被保険者番号",
    "週間サービス計画表作成年月日",
    "居宅サービス計画作成（変更）日",
    "介護サービス内容",
    "曜日",
    "開始時間",
    "終了時間",
    "主な日常生活上の活動",
    "活動の開始時間",
    "活動の終了時間",
    "週単位以外のサービス",
];

const USAGE: &[&str] = &[
    "CSVバージョン",
    "保険者番号",
    "被保険者番号",
    "作成年月日",
    "対象年月",
    "プラン担当業者コード",
    "プラン担当者名",
    "単位数",
    "前月までの短期入所利用日数",
    "サービス利用日",
    "日割対象日",
    "サービス開始時刻",
    "サービス終了時刻",
    "サービス回数",
    "サービスコード",
    "TAISコード",
    "福祉用具届出コード",
    "用具名称（機種名）",
    "明細判別コード",
    "サービス事業者コード",
    "サービス事業所名",
    "サテライト枝番",
    "３０日超区分",
    "更新業者コード",
    "識別子",
];

const UNITS: &[&str] = &[
    "CSVバージョン",
    "保険者番号",
    "被保険者番号",
    "作成年月日",
    "対象年月",
    "サービス事業所名",
    "サービス事業所コード",
    "サテライト枝番",
    "サービスコード",
    "TAISコード",
    "福祉用具届出コード",
    "用具名称（機種名）",
    "単位数",
    "割引後率",
    "割引後単位数",
    "回数／日数",
    "サービス単位金額",
    "給付管理単位数",
    "種類支給限度基準超単位数",
    "種類支給限度基準内単位数",
    "区分支給限度基準超単位数",
    "区分支給限度基準内単位数",
    "単位数単価",
    "費用総額保険／事業対象分",
    "給付率",
    "保険／事業費請求額",
    "定額利用者負担単価金額",
    "利用者負担保険／事業対象分",
    "利用者負担（全額負担分）",
    "前月までの利用日数",
    "当月の計画利用日数",
    "累積利用日数",
    "３０日超区分",
    "事業所コード",
    "入力者コード",
    "更新業者コード",
    "識別子",
];

const SUPPLEMENT: &[&str] = &[
    "CSVバージョン",
    "保険者番号",
    "被保険者番号",
    "居宅サービス計画作成（変更）日",
    "利用者氏名フリガナ",
    "利用者氏名",
    "利用者性別",
    "利用者生年月日",
    "利用者郵便番号",
    "利用者住所１",
    "利用者住所２",
    "利用者電話番号",
    "認定日",
    "限度額適用開始年月日",
    "限度額適用終了年月日",
    "認定状況区分",
    "要介護状態変更日",
    "要介護状態区分",
    "区分支給限度基準額",
    "１サービス種類コード",
    "１支給限度基準額",
    "１合計単位数",
    "１限度超単位数",
    "２サービス種類コード",
    "２支給限度基準額",
    "２合計単位数",
    "２限度超単位数",
    "３サービス種類コード",
    "３支給限度基準額",
    "３合計単位数",
    "３限度超単位数",
    "４サービス種類コード",
    "４支給限度基準額",
    "４合計単位数",
    "４限度超単位数",
    "５サービス種類コード",
    "５支給限度基準額",
    "５合計単位数",
    "５限度超単位数",
    "６サービス種類コード",
    "６支給限度基準額",
    "６合計単位数",
    "６限度超単位数",
    "７サービス種類コード",
    "７支給限度基準額",
    "７合計単位数",
    "７限度超単位数",
    "８サービス種類コード",
    "８支給限度基準額",
    "８合計単位数",
    "８限度超単位数",
    "９サービス種類コード",
    "９支給限度基準額",
    "９合計単位数",
    "９限度超単位数",
    "合計限度超単位数",
    "入所前月迄利用日数",
    "入所累積利用日数",
    "前回要介護状態区分",
    "同意書受付業者",
    "更新業者コード",
    "識別子",
    "対象年月",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_the_fields_the_specification_counts() {
        for (table, count) in [
            (Supplement, 63),
            (Plan, 28),
            (Needs, 22),
            (Week, 13),
            (Usage, 25),
            (Done, 25),
            (Units, 37),
            (Basic, 71),
            (BasicDay, 7),
            (BasicHistory, 11),
            (Prevention, 57),
            (PreventionPlan, 17),
            (NoPlan, 4),
            (NoUsage, 4),
            (NoDone, 6),
        ] {
            assert_eq!(table.names().len(), count, "{table:?}");
        }
    }

    #[test]
    fn names_of_both_versions_are_read() {
        for (path, table, from, serial) in [
            ("UP1KYO_0300000100_43_0300000005_11_20191025200201.CSV", Plan, "0300000100", "20191025200201"),
            (
                "a/UPPLAN_201912_0300000100_0300000005_20191025200201.csv",
                Usage,
                "0300000100",
                "20191025200201",
            ),
            (
                "UPYOBO_SUB_123456789_43_2468135790_11_20191110102233.CSV",
                PreventionPlan,
                "123456789",
                "20191110102233",
            ),
            (
                "DLTJSK_201912_0300000005_43_0300000100_11_20191025200201.CSV",
                NoDone,
                "0300000005",
                "20191025200201",
            ),
        ] {
            let name = FileName::read(path).unwrap();
            assert_eq!(
                (name.table, name.from.as_str(), name.serial.as_str()),
                (table, from, serial),
                "{path}"
            );
        }
        assert_eq!(FileName::read("UPPLANS_1.CSV"), None);
        assert_eq!(FileName::read("plan.csv"), None);
    }
}
