//! 介護予防支援 利用者基本情報 with its two 別表: what a support centre asked and wrote of the person.
//!
//! A QuestionnaireResponse with an item for each field keeps it as it was asked; the diseases of 別表2 are
//! Conditions besides.

use super::supplement::identity;
use super::{Sheet, plan};
use crate::care_claim::code;
use crate::care_claim::person::put;
use crate::care_claim::record::Record;
use model::reading::{Problem, Resource, StatedRecord};
use serde_json::{Value, json};

pub(super) const NAMES: &[&str] = &[
    "CSVバージョン",
    "保険者番号",
    "被保険者番号",
    "相談日",
    "計画種類",
    "委託の有無",
    "作成担当者",
    "相談方法",
    "相談方法（その他の内容）",
    "相談回数",
    "前回相談日",
    "利用者の現況",
    "利用者の現況（状況補足）",
    "利用者氏名フリガナ",
    "利用者氏名",
    "利用者性別",
    "利用者生年月日",
    "利用者住所",
    "利用者電話番号",
    "利用者Fax番号",
    "障害高齢者の日常生活自立度",
    "認知症高齢者の日常生活自立度",
    "要介護状態区分",
    "認定有効期限開始日",
    "認定有効期間終了日",
    "前回の介護度",
    "基本チェックリスト記入結果",
    "基本チェックリスト記入日",
    "障害等認定（身障）",
    "障害等認定（療育）",
    "障害等認定（精神）",
    "障害等認定（難病）",
    "障害等認定特記事項",
    "居住形態",
    "自室の階数",
    "住宅改修の有無",
    "経済状況（国民年金）",
    "経済状況（厚生年金）",
    "経済状況（障害年金）",
    "経済状況（生活保護）",
    "経済状況詳細",
    "来所者（相談者）氏名",
    "来所者（相談者）住所",
    "来所者（相談者）電話番号",
    "来所者（相談者）続柄",
    "１緊急連絡先（氏名）",
    "１緊急連絡先（続柄）",
    "１緊急連絡先（住所）",
    "１緊急連絡先（電話番号）",
    "２緊急連絡先（氏名）",
    "２緊急連絡先（続柄）",
    "２緊急連絡先（住所）",
    "２緊急連絡先（電話番号）",
    "３緊急連絡先（氏名）",
    "３緊急連絡先（続柄）",
    "３緊急連絡先（住所）",
    "３緊急連絡先（電話番号）",
    "４緊急連絡先（氏名）",
    "４緊急連絡先（続柄）",
    "４緊急連絡先（住所）",
    "４緊急連絡先（電話番号）",
    "家族構成 画像ファイル名",
    "家族関係等の状況",
    "今までの生活",
    "１日の生活・すごし方（生活全般）",
    "趣味・楽しみ・特技",
    "友人・地域との関係",
    "現在利用している公的サービス",
    "現在利用している非公的サービス",
    "同意日",
    "同意者氏名",
];

pub(super) const DAY: &[&str] = &[
    "CSVバージョン",
    "保険者番号",
    "被保険者番号",
    "相談日",
    "時間",
    "本人の生活状況",
    "介護者・家族の生活状況",
];

pub(super) const HISTORY: &[&str] = &[
    "CSVバージョン",
    "保険者番号",
    "被保険者番号",
    "相談日",
    "年月日",
    "病名",
    "医療機関・医師名",
    "主治医・意見作成者フラグ",
    "医療機関・医師電話番号",
    "経過",
    "治療中の内容",
];

/// Fields from `from` of the records as items, under the names of the table. A field beyond it is kept under its
/// number and reported.
pub(super) fn answers(
    sheet: &Sheet<'_>,
    records: &[Record],
    from: usize,
    problems: &mut Vec<Problem>,
) -> Vec<Value> {
    let mut items = Vec::new();
    for (row, record) in records.iter().enumerate() {
        for (index, name) in sheet.table.names().iter().enumerate().skip(from - 1) {
            let text = record.take(index + 1);
            if !text.is_empty() {
                let link = if records.len() == 1 {
                    (index + 1).to_string()
                } else {
                    format!("{}.{}", row + 1, index + 1)
                };
                items.push(json!({"linkId": link, "text": name, "answer": [{"valueString": text}]}));
            }
        }
        for part in record.rest(sheet.table.names(), problems) {
            let (name, value) = (part.get("url"), part.get("valueString"));
            items.push(json!({"linkId": format!("{}.more", row + 1), "text": name, "answer": [{"valueString": value}]}));
        }
    }
    items
}

fn response(sheet: &Sheet<'_>, authored: Option<String>, items: Vec<Value>) -> Resource {
    let mut resource = sheet.resource("QuestionnaireResponse", "");
    let display =
        json!({"url": "http://hl7.org/fhir/StructureDefinition/display", "valueString": sheet.table.title()});
    resource.insert("_questionnaire".into(), json!({"extension": [display]}));
    resource.insert("status".into(), "completed".into());
    resource.insert("subject".into(), json!({"reference": "urn:key:Patient"}));
    put(&mut resource, "authored", authored.unwrap_or_default());
    put(&mut resource, "item", items);
    resource
}

fn asked(record: &Record, problems: &mut Vec<Problem>) -> Option<String> {
    record.date(4, problems).map(|date| date.fhir())
}

/// 利用者基本情報: the answers, and what they say of the Patient.
pub(super) fn read(
    sheet: &Sheet<'_>,
    patient: &mut Resource,
    problems: &mut Vec<Problem>,
) -> Vec<StatedRecord> {
    let Some(record) = sheet.records.last() else { return Vec::new() };
    identity(patient, record, [14, 15, 16, 17], problems);
    put(patient, "address", plan::address("", [record.look(18), ""]));
    let phones = [(19, "phone"), (20, "fax")];
    let phones = phones.iter().map(|(number, system)| (record.look(*number), system));
    let telecom: Vec<Value> = phones
        .filter(|(text, _)| !text.is_empty())
        .map(|(text, system)| json!({"system": system, "value": text}))
        .collect();
    put(patient, "telecom", telecom);
    let contacts: Vec<Value> = (0..4)
        .filter_map(|index| {
            let field = |offset: usize| record.look(46 + index * 4 + offset);
            let mut contact = serde_json::Map::new();
            if !field(1).is_empty() {
                contact.insert("relationship".into(), json!([{"text": field(1)}]));
            }
            if !field(0).is_empty() {
                contact.insert("name".into(), json!({"text": field(0)}));
            }
            if !field(3).is_empty() {
                contact.insert("telecom".into(), json!([{"system": "phone", "value": field(3)}]));
            }
            if !field(2).is_empty() {
                contact.insert("address".into(), json!({"text": field(2)}));
            }
            (!contact.is_empty()).then(|| contact.into())
        })
        .collect();
    put(patient, "contact", contacts);
    let authored = asked(record, problems);
    let items = answers(sheet, std::slice::from_ref(record), 5, problems);
    vec![sheet.stated("answers", response(sheet, authored, items), record)]
}

/// 別表1: the hours of a day.
pub(super) fn day(sheet: &Sheet<'_>, problems: &mut Vec<Problem>) -> Vec<StatedRecord> {
    let Some(first) = sheet.records.first() else { return Vec::new() };
    let authored = asked(first, problems);
    sheet.records.iter().for_each(|record| _ = record.take(4));
    let items = answers(sheet, sheet.records, 5, problems);
    vec![sheet.stated("answers", response(sheet, authored, items), first)]
}

/// 別表2: diseases of today and before.
pub(super) fn history(sheet: &Sheet<'_>, problems: &mut Vec<Problem>) -> Vec<StatedRecord> {
    let mut records = Vec::new();
    for (index, record) in sheet.records.iter().enumerate() {
        let asked = asked(record, problems);
        let mut resource = sheet.resource("Condition", "JP_Condition");
        let name = record.take(6);
        let status = match record.look_code(10).as_str() {
            "01" | "02" => Some("active"),
            _ => None,
        };
        if let Some(status) = status {
            let system = "http://terminology.hl7.org/CodeSystem/condition-clinical";
            resource.insert("clinicalStatus".into(), json!({"coding": [{"system": system, "code": status}]}));
        }
        let words = match record.look_code(10).as_str() {
            "01" => "治療中",
            "02" => "経過観察中",
            "03" => "その他",
            _ => "",
        };
        resource.insert("category".into(), json!([code::care()]));
        let text = if name.is_empty() { "（病名の記載なし）" } else { name };
        resource.insert("code".into(), json!({"text": text}));
        resource.insert("subject".into(), json!({"reference": "urn:key:Patient"}));
        put(&mut resource, "onsetString", record.take(5));
        put(&mut resource, "recordedDate", asked.unwrap_or_default());
        let mut notes: Vec<Value> = Vec::new();
        if !words.is_empty() {
            notes.push(json!({"text": format!("経過: {words}")}));
        }
        notes.extend(plan::notes(record, &[(7, "医療機関・医師名"), (11, "治療中の内容")]));
        put(&mut resource, "note", notes);
        let extension = record.rest_extension(plan::EXTENSION, sheet.table.names(), problems);
        put(&mut resource, "extension", extension.into_iter().collect::<Vec<_>>());
        records.push(sheet.stated(&format!("disease/{}", index + 1), resource, record));
    }
    records
}
