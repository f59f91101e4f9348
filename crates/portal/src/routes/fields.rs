//! A resource as lines people can read: name and value, in the order of the resource.

use model::reading::Resource;
use serde_json::Value;

/// Elements that say nothing to a person: ids, machinery.
const PASSED_OVER: &[&str] =
    &["resourceType", "id", "meta", "text", "contained", "implicitRules", "fullUrl", "div"];

/// Japanese names of the elements met most; others keep their FHIR name.
const NAMES: &[(&str, &str)] = &[
    ("status", "状態"),
    ("code", "項目"),
    ("category", "区分"),
    ("subject", "対象"),
    ("effectiveDateTime", "日時"),
    ("issued", "報告日時"),
    ("valueQuantity", "結果"),
    ("valueString", "結果"),
    ("valueCodeableConcept", "結果"),
    ("referenceRange", "基準範囲"),
    ("interpretation", "判定"),
    ("specimen", "検体"),
    ("performer", "実施者"),
    ("note", "コメント"),
    ("medicationCodeableConcept", "薬剤"),
    ("dosageInstruction", "用法"),
    ("authoredOn", "指示日"),
    ("requester", "指示者"),
    ("dispenseRequest", "調剤指示"),
    ("quantity", "数量"),
    ("daysSupply", "日数"),
    ("whenHandedOver", "交付日"),
    ("period", "期間"),
    ("start", "開始"),
    ("end", "終了"),
    ("class", "種別"),
    ("type", "種類"),
    ("serviceType", "診療科"),
    ("location", "場所"),
    ("participant", "担当"),
    ("onsetDateTime", "発症日"),
    ("abatementDateTime", "転帰日"),
    ("recordedDate", "記録日"),
    ("clinicalStatus", "病状"),
    ("verificationStatus", "確からしさ"),
    ("identifier", "番号"),
    ("reaction", "反応"),
    ("title", "題名"),
    ("date", "日付"),
    ("author", "作成者"),
    ("section", "節"),
    ("name", "氏名"),
    ("birthDate", "生年月日"),
    ("gender", "性別"),
    ("address", "住所"),
    ("telecom", "電話"),
    ("unit", "単位"),
    ("value", "値"),
    ("low", "下限"),
    ("high", "上限"),
    ("payload", "内容"),
    ("sent", "送信日時"),
    ("display", "名称"),
    ("component", "内訳"),
    ("method", "方法"),
    ("bodySite", "部位"),
    ("priority", "優先度"),
    ("extension", "付加情報"),
];

fn named(element: &str) -> &str {
    NAMES.iter().find(|(name, _)| *name == element).map_or(element, |(_, word)| word)
}

/// Name and value of everything a person may want to read.
pub fn of(resource: &Resource) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for (element, value) in resource.iter().filter(|(element, _)| !PASSED_OVER.contains(&element.as_str())) {
        match (element.as_str(), value) {
            ("status" | "intent", Value::String(code)) => {
                lines.push((named(element).to_owned(), status(code).to_owned()));
            }
            _ => walk(named(element).to_owned(), value, &mut lines),
        }
    }
    lines
}

/// The states of FHIR R4's resources in words.
fn status(code: &str) -> &str {
    match code {
        "active" => "有効",
        "amended" | "corrected" | "appended" => "訂正",
        "cancelled" | "stopped" | "revoked" | "aborted" => "中止",
        "completed" | "finished" | "fulfilled" => "完了",
        "draft" => "下書き",
        "entered-in-error" => "誤登録",
        "final" => "確定",
        "in-progress" => "実施中",
        "not-done" => "未実施",
        "on-hold" => "保留",
        "order" => "オーダ",
        "plan" | "planned" | "proposal" => "予定",
        "preliminary" | "partial" => "暫定",
        "registered" => "登録済み",
        "unknown" => "不明",
        other => other,
    }
}

fn walk(name: String, value: &Value, lines: &mut Vec<(String, String)>) {
    if let Some(words) = words(value) {
        if !words.is_empty() {
            lines.push((name, words));
        }
        return;
    }
    match value {
        Value::Array(list) => list.iter().for_each(|each| walk(name.clone(), each, lines)),
        Value::Object(map) => {
            // A field kept by its name at the source is called by that name.
            if let Some((field, text)) = kept_field(map) {
                lines.push((field, text));
                return;
            }
            for (element, inner) in
                map.iter().filter(|(element, _)| !matches!(element.as_str(), "url" | "system" | "id"))
            {
                // The text of a concept or a note is the thing itself.
                let name =
                    if element == "text" { name.clone() } else { format!("{name} / {}", named(element)) };
                walk(name, inner, lines);
            }
        }
        _ => {}
    }
}

/// A source's field that FHIR has no place for: `{url, extension: [{field}, {value}]}`.
fn kept_field(map: &Resource) -> Option<(String, String)> {
    let inner = map.get("extension")?.as_array()?;
    let part = |name: &str| {
        inner
            .iter()
            .find(|each| each.get("url").and_then(Value::as_str) == Some(name))?
            .get("valueString")?
            .as_str()
    };
    Some((part("field")?.to_owned(), part("value")?.to_owned()))
}

/// The value in one line where it is one thing: a text, a number, a quantity, a concept, a reference.
fn words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(if *yes { "はい" } else { "いいえ" }.to_owned()),
        Value::Null => Some(String::new()),
        Value::Object(map)
            // A quantity has the system and code of its unit.
            if map.contains_key("coding")
                || (map.contains_key("code") && map.contains_key("system") && !map.contains_key("value")) =>
        {
            Some(concept(value, map))
        }
        Value::Object(map)
            if map.contains_key("value") && (map.contains_key("unit") || map.contains_key("code")) =>
        {
            let unit =
                map.get("unit").or_else(|| map.get("code")).and_then(Value::as_str).unwrap_or_default();
            let comparator = map.get("comparator").and_then(Value::as_str).unwrap_or_default();
            let number = map.get("value").map(model::fhir::number_text).unwrap_or_default();
            Some(format!("{comparator}{number} {unit}").trim().to_owned())
        }
        Value::Object(map) if map.contains_key("reference") && map.len() <= 2 => {
            let shown = map.get("display").or_else(|| map.get("reference")).and_then(Value::as_str);
            Some(shown.unwrap_or_default().to_owned())
        }
        _ => None,
    }
}

fn concept(value: &Value, map: &Resource) -> String {
    let label = model::fhir::concept_label(value).or_else(|| map.get("display").and_then(Value::as_str));
    let codes: Vec<String> = if map.contains_key("coding") {
        model::fhir::list_at(value, "coding").iter().filter_map(coded).collect()
    } else {
        map.get("code").and_then(Value::as_str).map(str::to_owned).into_iter().collect()
    };
    match label {
        Some(label) if codes.iter().any(|code| code == label) || codes.is_empty() => label.to_owned(),
        Some(label) => format!("{label}（{}）", codes.join("、")),
        None => codes.join("、"),
    }
}

/// What differs between two versions: name, before, after.
pub fn changes(before: &Resource, after: &Resource) -> Vec<(String, String, String)> {
    let (old, new) = (of(before), of(after));
    let at = |lines: &[(String, String)], name: &str| {
        let found: Vec<&str> =
            lines.iter().filter(|line| line.0 == name).map(|line| line.1.as_str()).collect();
        found.join("、")
    };
    let mut names: Vec<&String> = Vec::new();
    for (name, _) in old.iter().chain(&new) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let changed = names.into_iter().map(|name| (name.clone(), at(&old, name), at(&new, name)));
    changed.filter(|(_, before, after)| before != after).collect()
}

/// The code of a coding; one that a mapping table added is not the source's word, and says so.
fn coded(coding: &Value) -> Option<String> {
    let code = model::fhir::text_at(coding, "code")?;
    let added = |each: &Value| model::fhir::text_at(each, "url") == Some(hub::mapping::MAPPED);
    let is_added = model::fhir::list_at(coding, "extension").iter().any(added);
    Some(if is_added { format!("{code}［対応表］") } else { code.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_one_line_and_changes_are_named() {
        let result = |value: f64| {
            json!({"resourceType": "Observation", "id": "x", "status": "final",
                "code": {"text": "カリウム", "coding": [{"system": "s", "code": "3H015"}]},
                "valueQuantity": {"value": value, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"}})
        };
        let (a, b) = (result(3.1), result(4.1));
        assert_eq!(of(a.as_object().unwrap())[1], ("項目".into(), "カリウム（3H015）".into()));
        assert_eq!(
            changes(a.as_object().unwrap(), b.as_object().unwrap()),
            [("結果".to_owned(), "3.1 mmol/L".to_owned(), "4.1 mmol/L".to_owned())]
        );
    }

    #[test]
    fn a_code_that_a_mapping_added_is_not_told_as_the_sources() {
        let added = json!([{"url": hub::mapping::MAPPED}]);
        let codings =
            json!([{"system": "s", "code": "0413"}, {"system": "j", "code": "3H015", "extension": added}]);
        let value = json!({"resourceType": "Observation", "code": {"text": "カリウム", "coding": codings}});
        let lines = of(value.as_object().unwrap());
        assert!(lines.contains(&("項目".into(), "カリウム（0413、3H015［対応表］）".into())), "{lines:?}");
    }
}
