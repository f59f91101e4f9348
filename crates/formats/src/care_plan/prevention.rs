//! 介護予防サービス・支援計画書 with its 別表 (支援計画).

use super::Sheet;
use super::plan::{EXTENSION, care_plan, notes};
use crate::care_claim::code;
use crate::care_claim::person::{office, put, span};
use model::reading::{Problem, StatedRecord};
use serde_json::{Map, Value, json};

pub(super) const NAMES: &[&str] = &[
    "CSVバージョン",
    "保険者番号",
    "被保険者番号",
    "計画作成（変更）日",
    "計画種類",
    "委託の有無",
    "整理番号",
    "利用者名",
    "認定年月日",
    "認定有効期間開始日",
    "認定有効期間終了日",
    "計画書区分",
    "認定状況区分",
    "要支援状態区分",
    "計画作成者氏名（地域包括支援センター担当者名）",
    "計画作成者氏名（担当介護支援専門員名）",
    "計画作成者事業者・事業所名",
    "計画作成者事業者・事業所住所",
    "計画作成者事業者・事業所電話番号",
    "初回作成日",
    "担当地域包括支援センター",
    "目標とする生活（1日）",
    "目標とする生活（1年）",
    "【運動・移動】現在の状況",
    "【運動・移動】本人・家族の意欲・意向",
    "【運動・移動】領域における課題の有無",
    "【運動・移動】領域における課題（背景・原因）",
    "【日常生活（家庭生活）】現在の状況",
    "【日常生活（家庭生活）】本人・家族の意欲・意向",
    "【日常生活（家庭生活）】領域における課題の有無",
    "【日常生活（家庭生活）】領域における課題（背景・原因）",
    "【社会参加、対人関係・コミュニケーション】現在の状況",
    "【社会参加、対人関係・コミュニケーション】本人・家族の意欲・意向",
    "【社会参加、対人関係・コミュニケーション】領域における課題の有無",
    "【社会参加、対人関係・コミュニケーション】領域における課題（背景・原因）",
    "【健康管理】現在の状況",
    "【健康管理】本人・家族の意欲・意向",
    "【健康管理】領域における課題の有無",
    "【健康管理】領域における課題（背景・原因）",
    "健康状態の留意点",
    "妥当な支援の実施に向けた方針",
    "総合的な方針",
    "基本チェックリストの該当数（運動不足）",
    "基本チェックリストの該当数（栄養改善）",
    "基本チェックリストの該当数（口腔内ケア）",
    "基本チェックリストの該当数（閉じこもり予防）",
    "基本チェックリストの該当数（物忘れ予防）",
    "基本チェックリストの該当数（うつ予防）",
    "事業プログラムの要否（運動不足）",
    "事業プログラムの要否（栄養改善）",
    "事業プログラムの要否（口腔内ケア）",
    "事業プログラムの要否（閉じこもり予防）",
    "事業プログラムの要否（物忘れ予防）",
    "事業プログラムの要否（うつ予防）",
    "地域包括支援センター意見",
    "同意日",
    "同意者氏名",
];

pub(super) const PLAN: &[&str] = &[
    "CSVバージョン",
    "保険者番号",
    "被保険者番号",
    "計画作成（変更）日",
    "課題ＮＯ",
    "総合的課題",
    "課題に対する目標と具体策の提案",
    "具体策についての意向（本人・家族）",
    "目標",
    "支援計画ＮＯ",
    "【支援計画】目標についての支援のポイント",
    "【支援計画】本人等のセルフケアや家族の支援、インフォーマルサービス（民間サービス）",
    "【支援計画】介護保険サービス又は地域支援事業（総合事業のサービス）",
    "利用サービスＮＯ",
    "【利用サービス】サービス種別",
    "【利用サービス】事業所（利用先）",
    "【利用サービス】期間",
];

/// The plan as a whole.
pub(super) fn read(sheet: &Sheet<'_>, problems: &mut Vec<Problem>) -> Vec<StatedRecord> {
    let Some(record) = sheet.records.last() else { return Vec::new() };
    let mut plan = care_plan(sheet, sheet.table.title());
    let start = record.date(4, problems).map(|date| date.fhir());
    put(&mut plan, "description", record.take(42));
    put(&mut plan, "period", span([start.clone(), None]));
    put(&mut plan, "created", start.unwrap_or_default());
    put(&mut plan, "author", office("", record.take(17)).unwrap_or_default());
    let texts: Vec<(usize, &str)> = (22..=41)
        .chain([55])
        .filter(|number| !matches!(number, 26 | 30 | 34 | 38))
        .filter_map(|number| Some((number, *NAMES.get(number - 1)?)))
        .collect();
    put(&mut plan, "note", notes(record, &texts));
    let extension = record.rest_extension(EXTENSION, NAMES, problems);
    put(&mut plan, "extension", extension.into_iter().collect::<Vec<_>>());
    vec![sheet.stated("plan", plan, record)]
}

/// 支援計画: goals, and the services under them.
pub(super) fn plan(sheet: &Sheet<'_>, problems: &mut Vec<Problem>) -> Vec<StatedRecord> {
    let Some(first) = sheet.records.first() else { return Vec::new() };
    let mut plan = care_plan(sheet, sheet.table.title());
    let start = first.date(4, problems).map(|date| date.fhir());
    put(&mut plan, "period", span([start.clone(), None]));
    put(&mut plan, "created", start.unwrap_or_default());
    let (mut activities, mut goals, mut references) = (Vec::new(), Vec::new(), Vec::new());
    for (index, record) in sheet.records.iter().enumerate() {
        if record.look(4) == first.look(4) {
            record.take(4);
        }
        if !record.look(9).is_empty() {
            let mut goal = sheet.resource("Goal", "");
            goal.insert("lifecycleStatus".into(), "active".into());
            goal.insert("category".into(), json!([code::care()]));
            goal.insert("description".into(), json!({"text": record.take(9)}));
            goal.insert("subject".into(), json!({"reference": "urn:key:Patient"}));
            put(
                &mut goal,
                "note",
                notes(
                    record,
                    &[
                        (6, "総合的課題"),
                        (7, "課題に対する目標と具体策の提案"),
                        (8, "具体策についての意向（本人・家族）"),
                    ],
                ),
            );
            let key = format!("goal/{}", index + 1);
            references.push(sheet.reference(&key));
            goals.push(sheet.stated(&key, goal, record));
        }
        let mut detail = Map::new();
        let kind = record.take(15).to_owned();
        if !kind.is_empty() {
            detail.insert("code".into(), json!({"text": kind}));
        }
        detail.insert("status".into(), "scheduled".into());
        put(&mut detail, "scheduledString", record.take(17));
        put(&mut detail, "performer", office("", record.take(16)).into_iter().collect::<Vec<_>>());
        let said: Vec<&str> =
            [13, 11, 12].iter().map(|number| record.take(*number)).filter(|text| !text.is_empty()).collect();
        put(&mut detail, "description", said.join("\n"));
        let mut activity = Map::new();
        let extension = record.rest_extension(EXTENSION, PLAN, problems);
        put(&mut activity, "extension", extension.into_iter().collect::<Vec<_>>());
        if detail.len() > 1 || !activity.is_empty() {
            activity.insert("detail".into(), detail.into());
            activities.push(Value::from(activity));
        }
    }
    put(&mut plan, "goal", references);
    put(&mut plan, "activity", activities);
    let mut records = vec![sheet.stated("plan", plan, first)];
    records.extend(goals);
    records
}
