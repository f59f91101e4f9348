//! PN as Patient and Coverage (口腔診査情報標準コード仕様 Ver.1.02, 個人識別情報レコード).

use crate::care_claim::person::{name, put, resource, stated_patient};
use crate::care_claim::record::Record;
use crate::text_file::{fold, narrow};
use model::Personal;
use model::reading::{Extent, PatientKey, Problem, StatedRecord};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// JP-CLINS identifier `保険者番号8桁:記号:番号:枝番`.
const MEMBER: &str = "http://jpfhir.jp/fhir/clins/Idsystem/JP_Insurance_memberID";
const EXTENSION: &str = "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Coverage_InsuredPerson";

/// Names of the fields, field 1 first.
pub(super) const NAMES: &[&str] = &[
    "レコード識別情報",
    "保険者番号",
    "被保険者証記号",
    "被保険者証番号",
    "被保険者証枝番",
    "本人・家族別",
    "医療機関内ID等",
    "個人確認用番号１",
    "個人確認用番号２",
    "健診等の実施名称",
    "健診等の実施コード",
    "診療・健診年月日",
    "氏名",
    "フリガナ",
    "性別",
    "生年月日",
    "年齢",
    "年齢（か月）",
    "年齢（日）",
    "郵便番号",
    "住所１",
    "住所２",
    "電話番号１",
    "電話番号２",
    "職業",
];

/// True if the fields stand where 1.02 has them: sex, birth date and day of the examination are what they must
/// be. Another order would make another person of it.
pub(super) fn is_known_layout(record: &Record) -> bool {
    let sex = record.look_code(15);
    let date = |number: usize| record.look(number).is_empty() || record.look_date(number).is_some();
    matches!(sex.as_str(), "" | "1" | "2" | "01" | "02" | "9" | "09")
        && date(12)
        && date(16)
        && !(record.look(13).is_empty() && record.look(16).is_empty() && record.look(7).is_empty())
}

fn digest(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(fold(part).as_bytes());
        hasher.update([0x1f]);
    }
    hasher.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Whose it is: the facility's own number; else a full description; else nobody, each in a place of its own.
pub(super) fn key(record: Option<&Record>, delivery: &[u8]) -> PatientKey {
    let Some(record) = record else { return PatientKey::Nobody };
    if is_known_layout(record) {
        let own = record.look_code(7);
        if !own.is_empty() {
            return PatientKey::Local(Personal::new(own));
        }
        let phone: String = narrow(record.look(23)).chars().filter(char::is_ascii_digit).collect();
        let birth = record.look_date(16).map(|date| date.fhir()).unwrap_or_default();
        let sex = record.look_code(15).trim_start_matches('0').to_owned();
        let named = !record.look(13).is_empty() && birth.len() == 10 && matches!(sex.as_str(), "1" | "2");
        if named && !(record.look(21).is_empty() && phone.is_empty()) {
            let parts =
                [record.look(13), record.look(14), &birth, &sex, record.look(21), record.look(22), &phone];
            return PatientKey::Described(Personal::new(digest(&parts)));
        }
    }
    let short = |text: &str| text.chars().take(16).collect::<String>();
    let said: Vec<&str> = (1..=record.width()).map(|number| record.look(number)).collect();
    let bytes = Sha256::digest(delivery).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    PatientKey::Disputed {
        message: Personal::new(format!("dental {}", short(&digest(&said)))),
        path: Personal::new(format!("delivery {}", short(&bytes))),
    }
}

/// The Patient and, where the health insurance is given, its Coverage.
pub(super) fn records(
    record: &Record,
    tag: &Value,
    problems: &mut Vec<Problem>,
) -> (StatedRecord, Option<StatedRecord>) {
    record.take(7);
    let mut patient = resource("Patient", "JP_Patient", tag);
    let insurer = record.code(2);
    let (symbol, number, branch) = (record.take(3), record.take(4), record.code(5));
    let insured = !insurer.is_empty() || !number.is_empty();
    let member = format!("{insurer:0>8}:{symbol}:{number}:{branch}");
    let identifier = json!({"system": MEMBER, "value": member});
    let whole = !insurer.is_empty() && !number.is_empty();
    if whole {
        patient.insert("identifier".into(), json!([identifier]));
    }
    let names = [(13, "IDE"), (14, "SYL")];
    put(
        &mut patient,
        "name",
        names.iter().filter_map(|(field, form)| name(record.take(*field), form)).collect::<Vec<_>>(),
    );
    let phones = [23, 24].map(|field| record.take(field));
    let phones: Vec<Value> = phones
        .iter()
        .filter(|text| !text.is_empty())
        .map(|text| json!({"system": "phone", "value": text}))
        .collect();
    put(&mut patient, "telecom", phones);
    let gender = match record.code(15).trim_start_matches('0') {
        "1" => "male",
        "2" => "female",
        "" => "",
        _ => "unknown",
    };
    put(&mut patient, "gender", gender);
    if let Some(birth) = record.date(16, problems) {
        patient.insert("birthDate".into(), birth.fhir().into());
    }
    let lines: Vec<&str> =
        [21, 22].map(|field| record.take(field)).into_iter().filter(|text| !text.is_empty()).collect();
    let mut address = Map::new();
    put(&mut address, "text", lines.join(" "));
    put(&mut address, "line", lines.iter().map(|line| json!(line)).collect::<Vec<_>>());
    put(&mut address, "postalCode", record.code(20));
    if !address.is_empty() {
        patient.insert("address".into(), json!([address]));
    }
    let patient = stated_patient(patient, record.place());
    if !insured {
        return (patient, None);
    }
    let mut coverage = resource("Coverage", "JP_Coverage", tag);
    let payer = json!({"resourceType": "Organization", "id": "insurer", "identifier": [{
        "system": "http://jpfhir.jp/fhir/core/mhlw/IdSystem/InsurerNumber", "value": insurer,
    }]});
    let mut payor = json!({"display": "医療保険"});
    if !insurer.is_empty() {
        coverage.insert("contained".into(), json!([payer]));
        payor = json!({"reference": "#insurer", "display": "医療保険"});
    }
    let parts = [("Symbol", symbol), ("Number", number), ("SubNumber", branch.as_str())];
    let parts = parts.into_iter().filter(|(_, text)| !text.is_empty());
    let extensions: Vec<Value> =
        parts.map(|(part, text)| json!({"url": format!("{EXTENSION}{part}"), "valueString": text})).collect();
    put(&mut coverage, "extension", extensions);
    if whole {
        coverage.insert("identifier".into(), json!([identifier]));
    }
    coverage.insert("status".into(), "active".into());
    let public = json!({"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "PUBLICPOL"});
    coverage.insert("type".into(), json!({"coding": [public], "text": "医療保険"}));
    put(&mut coverage, "subscriberId", number);
    coverage.insert("beneficiary".into(), json!({"reference": "urn:key:Patient"}));
    put(&mut coverage, "dependent", branch.as_str());
    let relation = match record.code(6).trim_start_matches('0') {
        "1" => json!({"text": "本人"}),
        "2" => json!({"text": "家族"}),
        "" => Value::Null,
        other => json!({"text": other}),
    };
    put(&mut coverage, "relationship", relation);
    coverage.insert("payor".into(), json!([payor]));
    let stated = StatedRecord {
        key: "dental/Coverage/health".to_owned(),
        resource: coverage,
        extent: Extent::Whole,
        at: record.place(),
    };
    (patient, Some(stated))
}
