//! A row as FHIR Patient (JP_Patient).

use super::{Fields, RESIDENT_NUMBER};
use crate::text_file::narrow;
use model::reading::{Extent, PATIENT_KEY, Problem, StatedRecord};
use serde_json::{Map, Value, json};

const REPRESENTATION: &str = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation";
const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";

/// The Patient record of a row.
pub(super) fn record(fields: &Fields<'_>, problems: &mut Vec<Problem>) -> StatedRecord {
    let hidden = is_hidden(fields, problems);
    let event = fields.value("event").to_owned();
    let event_date = fields.date("event_date", problems).map(|date| date.fhir());

    let mut meta = json!({"profile": ["http://jpfhir.jp/fhir/core/StructureDefinition/JP_Patient"]});
    if hidden && let Some(meta) = meta.as_object_mut() {
        meta.insert(
            "security".into(),
            json!([{"system": CONFIDENTIALITY, "code": "R", "display": "restricted"}]),
        );
    }
    let mut patient = Map::new();
    patient.insert("resourceType".into(), "Patient".into());
    patient.insert("meta".into(), meta);
    insert(&mut patient, "extension", extensions(fields, &event, event_date.as_deref(), problems));
    let mut identifiers = vec![json!({"system": RESIDENT_NUMBER, "value": fields.code("resident")})];
    identifiers.extend(super::coverage::identifiers(fields));
    patient.insert("identifier".into(), identifiers.into());
    let left = ["転出", "職権消除", "国外"].iter().any(|word| event.contains(word));
    if left {
        patient.insert("active".into(), false.into());
    }
    insert(&mut patient, "name", names(fields, problems));
    if !fields.value("phone").is_empty() {
        patient.insert("telecom".into(), json!([{"system": "phone", "value": fields.code("phone")}]));
    }
    patient.insert("gender".into(), gender(fields, problems).into());
    if let Some(birth) = fields.date("birth", problems) {
        patient.insert("birthDate".into(), birth.fhir().into());
    } else if fields.value("birth").is_empty() {
        problems.push(Problem::new("missing", fields.at("生年月日"), "no birth date"));
    }
    let died = fields.date("death", problems).map(|date| date.fhir());
    if died.is_some() || event.contains("死亡") {
        match died.or_else(|| event_date.clone()) {
            Some(day) => patient.insert("deceasedDateTime".into(), day.into()),
            None => patient.insert("deceasedBoolean".into(), true.into()),
        };
    }
    insert(&mut patient, "address", addresses(fields, hidden, left, &event, event_date.as_deref()));
    StatedRecord {
        key: PATIENT_KEY.to_owned(),
        resource: patient,
        extent: Extent::Whole,
        at: format!("line {}", fields.row.line),
    }
}

fn insert(patient: &mut Map<String, Value>, name: &str, list: Vec<Value>) {
    if !list.is_empty() {
        patient.insert(name.to_owned(), list.into());
    }
}

/// 支援措置: anything but a clear "no" hides the address.
fn is_hidden(fields: &Fields<'_>, problems: &mut Vec<Problem>) -> bool {
    match fields.code("support").to_lowercase().as_str() {
        "" | "0" | "無" | "なし" | "無し" | "非対象" | "対象外" | "×" | "false" | "no" => false,
        "1" | "有" | "あり" | "有り" | "対象" | "○" | "〇" | "true" | "yes" => true,
        _ => {
            let text = "neither yes (1) nor no (0); the address is treated as hidden";
            problems.push(Problem::new("unknown-code", fields.at("支援措置"), text));
            true
        }
    }
}

fn extensions(
    fields: &Fields<'_>,
    event: &str,
    event_date: Option<&str>,
    problems: &mut Vec<Problem>,
) -> Vec<Value> {
    let mut list = Vec::new();
    for (column, name) in [("household", "household-number"), ("relation", "household-relation")] {
        if !fields.value(column).is_empty() {
            list.push(json!({
                "url": format!("urn:hakucho:extension:{name}"),
                "valueString": fields.value(column),
            }));
        }
    }
    let mut parts = Vec::new();
    if !event.is_empty() {
        parts.push(json!({"url": "reason", "valueString": event}));
    }
    if let Some(date) = event_date {
        parts.push(json!({"url": "date", "valueDate": date}));
    }
    if !parts.is_empty() {
        list.push(json!({"url": "urn:hakucho:extension:resident-event", "extension": parts}));
    }
    let mut support = Vec::new();
    if !fields.value("support").is_empty() {
        support.push(json!({"url": "stated", "valueString": fields.value("support")}));
    }
    if let Some(until) = fields.date("support_until", problems) {
        support.push(json!({"url": "until", "valueDate": until.fhir()}));
    }
    if !support.is_empty() {
        list.push(json!({"url": "urn:hakucho:extension:support-measure", "extension": support}));
    }
    list
}

fn names(fields: &Fields<'_>, problems: &mut Vec<Problem>) -> Vec<Value> {
    if fields.value("name").is_empty() {
        problems.push(Problem::new("missing", fields.at("氏名"), "no name"));
    }
    [
        ("name", "IDE", "official"),
        ("kana", "SYL", "official"),
        ("alias", "IDE", "usual"),
        ("alias_kana", "SYL", "usual"),
        ("former", "IDE", "maiden"),
        ("former_kana", "SYL", "maiden"),
    ]
    .into_iter()
    .filter(|(column, ..)| !fields.value(column).is_empty())
    .map(|(column, representation, kind)| {
        let text = fields.value(column);
        let mut name = json!({
            "extension": [{"url": REPRESENTATION, "valueCode": representation}],
            "use": kind,
            "text": text,
        });
        if let Some(parts) = name.as_object_mut() {
            // 旧氏 is a surname alone.
            let (family, given) = match text.split_once([' ', '　']) {
                Some((family, given)) => (family, given.trim()),
                None if kind == "maiden" => (text, ""),
                None => ("", ""),
            };
            if !family.is_empty() {
                parts.insert("family".into(), family.into());
            }
            if !given.is_empty() {
                parts.insert("given".into(), json!([given]));
            }
        }
        name
    })
    .collect()
}

/// FHIR `administrative-gender` of the register's word or digit.
fn gender(fields: &Fields<'_>, problems: &mut Vec<Problem>) -> &'static str {
    match narrow(fields.value("sex")).to_lowercase().as_str() {
        "1" | "男" | "男性" | "m" | "male" => "male",
        "2" | "女" | "女性" | "f" | "female" => "female",
        "3" | "9" | "その他" | "o" | "other" => "other",
        "" | "0" | "不明" | "u" | "unknown" => "unknown",
        _ => {
            let text = "not 男 or 女, 1 or 2; kept as unknown";
            problems.push(Problem::new("unknown-code", fields.at("性別"), text));
            "unknown"
        }
    }
}

fn addresses(
    fields: &Fields<'_>,
    hidden: bool,
    left: bool,
    event: &str,
    event_date: Option<&str>,
) -> Vec<Value> {
    let detail = fields.value("address_detail");
    let whole = match (fields.value("address"), detail) {
        (address, "") => address.to_owned(),
        (address, detail) => format!("{address}　{detail}"),
    };
    let came = ["転入", "転居", "出生"].iter().any(|word| event.contains(word));
    let now = one_address(
        &whole,
        detail,
        &fields.code("postal"),
        hidden,
        event_date
            .filter(|_| came)
            .map(|day| ("start", day))
            .or(event_date.filter(|_| left).map(|day| ("end", day))),
    );
    let next = one_address(
        fields.value("next_address"),
        "",
        &fields.code("next_postal"),
        hidden,
        event_date.filter(|_| left).map(|day| ("start", day)),
    );
    now.into_iter().chain(next).collect()
}

fn one_address(
    text: &str,
    detail: &str,
    postal: &str,
    hidden: bool,
    period: Option<(&str, &str)>,
) -> Option<Value> {
    if text.is_empty() && postal.is_empty() {
        return None;
    }
    let mut address = Map::new();
    if hidden {
        let url = "urn:hakucho:extension:address-hidden";
        address.insert("extension".into(), json!([{"url": url, "valueBoolean": true}]));
    }
    address.insert("use".into(), "home".into());
    if !text.is_empty() {
        address.insert("text".into(), text.into());
    }
    if !detail.is_empty() {
        address.insert("line".into(), json!([detail]));
    }
    if !postal.is_empty() {
        address.insert("postalCode".into(), postal.into());
    }
    address.insert("country".into(), "JP".into());
    if let Some((edge, day)) = period {
        address.insert("period".into(), json!({ edge: day }));
    }
    Some(address.into())
}
