//! One facility's registration of a person, as its Patient and Coverage resources say: a plain view for search,
//! linkage and the reception.
//!
//! The resources stay the truth; nothing here is stored. Values are as written (no folding, see [`crate::text`]),
//! empty where the resource says nothing. Odd JSON gives empty values, never an error.

mod coverage;
mod name;

pub use name::OtherName;

use crate::personal::Personal;
use crate::reading::Resource;
use serde_json::Value;

/// Administrative sex (FHIR R4 `administrative-gender`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Sex {
    /// 男
    Male,
    /// 女
    Female,
    /// その他
    Other,
    /// 不明
    Unknown,
}

impl Sex {
    /// Reads the FHIR code; anything else is unknown.
    pub fn read(code: &str) -> Self {
        match code {
            "male" => Self::Male,
            "female" => Self::Female,
            "other" => Self::Other,
            _ => Self::Unknown,
        }
    }

    /// The FHIR code.
    pub fn word(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }

    /// The Japanese word shown to people.
    pub fn ja(self) -> &'static str {
        match self {
            Self::Male => "男性",
            Self::Female => "女性",
            Self::Other => "その他",
            Self::Unknown => "不明",
        }
    }
}

/// Which scheme insures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Scheme {
    /// 医療保険, with 後期高齢者医療.
    Health,
    /// 介護保険, whose insurer numbers are a space of their own.
    Care,
}

/// One insurance, as written; parts that are not given are empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Insurance {
    /// Health or care.
    pub scheme: Scheme,
    /// 保険者番号
    pub insurer: Personal<String>,
    /// 記号
    pub symbol: Personal<String>,
    /// 番号
    pub number: Personal<String>,
    /// 枝番
    pub branch: Personal<String>,
}

/// A Patient with its Coverages.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Registration {
    /// The facility's number for the patient, if the resource says it.
    pub local_id: Option<Personal<String>>,
    /// 姓
    pub family: Personal<String>,
    /// 名
    pub given: Personal<String>,
    /// 姓 and 名 as written together, with a space where the source has the two apart.
    pub full_name: Personal<String>,
    /// 姓 in kana.
    pub family_kana: Personal<String>,
    /// 名 in kana.
    pub given_kana: Personal<String>,
    /// The whole reading.
    pub kana: Personal<String>,
    /// 旧氏, 通称 and other names beside the one in use.
    pub other_names: Vec<OtherName>,
    /// `YYYY-MM-DD`, or shorter where the source knows less.
    pub birth_date: Personal<String>,
    /// Administrative sex.
    pub sex: Personal<Sex>,
    /// 郵便番号
    pub postal_code: Personal<String>,
    /// 住所 in one line.
    pub address: Personal<String>,
    /// The address must not be shown (支援措置): `meta.security` R or V, or the address says so.
    pub address_hidden: bool,
    /// Phone numbers, each once.
    pub phones: Vec<Personal<String>>,
    /// Insurances, each once.
    pub insurances: Vec<Insurance>,
    /// The person has died, as far as this source knows.
    pub deceased: bool,
}

impl Registration {
    /// Reads a Patient and, of the other resources, every Coverage; Organizations among them are looked up for
    /// the insurer's number where a Coverage refers to one.
    pub fn new(patient: &Resource, others: &[&Resource]) -> Self {
        let names = name::Names::read(patient);
        let address = current_address(patient);
        let text = |value: Option<&Value>| Personal::new(string(value));
        Self {
            local_id: local_id(patient),
            family: names.written.family,
            given: names.written.given,
            full_name: names.written.full,
            family_kana: names.reading.family,
            given_kana: names.reading.given,
            kana: names.reading.full,
            other_names: names.others,
            birth_date: text(patient.get("birthDate")),
            sex: Personal::new(Sex::read(&string(patient.get("gender")))),
            postal_code: text(address.and_then(|address| address.get("postalCode"))),
            address: Personal::new(address.map(address_line).unwrap_or_default()),
            address_hidden: is_hidden(patient),
            phones: phones(patient),
            insurances: coverage::insurances(patient, others),
            deceased: is_deceased(patient),
        }
    }
}

/// A JSON string without surrounding blanks; empty for anything else.
fn string(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().trim().to_owned()
}

/// The members of a JSON array; a single value stands for an array of one.
fn list<'v>(resource: &'v Resource, element: &str) -> Vec<&'v Value> {
    match resource.get(element) {
        Some(Value::Array(members)) => members.iter().collect(),
        Some(Value::Null) | None => Vec::new(),
        Some(single) => vec![single],
    }
}

/// `value[x]` of the extension whose URL ends so.
fn extension<'v>(of: &'v Value, url_end: &str) -> Option<&'v Value> {
    let all = of.get("extension").and_then(Value::as_array)?;
    all.iter().filter(|each| string(each.get("url")).ends_with(url_end)).find_map(|each| {
        each.as_object()?.iter().find(|(name, _)| name.starts_with("value")).map(|(_, value)| value)
    })
}

/// Whether the system names numbers that many facilities know: insurance, register, not the facility's own.
fn is_public_number(system: &str) -> bool {
    ["JP_Insurance_memberID", "care-insurance-member", "InsurerNumber"].iter().any(|end| system.contains(end))
}

/// First choice: JP Core's patient number of a facility (`urn:oid:1.2.392.100495.20.3.51.1<10 digits>`), then the
/// first number that is nobody else's.
fn local_id(patient: &Resource) -> Option<Personal<String>> {
    let all: Vec<(String, String)> = list(patient, "identifier")
        .into_iter()
        .map(|each| (string(each.get("system")), string(each.get("value"))))
        .filter(|(system, value)| !value.is_empty() && !is_public_number(system))
        .collect();
    let of_facility = |system: &str| system.starts_with("urn:oid:1.2.392.100495.20.3.51.");
    let chosen = all.iter().find(|(system, _)| of_facility(system)).or_else(|| all.first())?;
    Some(Personal::new(chosen.1.clone()))
}

/// The address in force: not old, temporary or ended; else the first.
fn current_address(patient: &Resource) -> Option<&Value> {
    let all = list(patient, "address");
    let in_force = |address: &&&Value| {
        let past = matches!(string(address.get("use")).as_str(), "old" | "temp" | "billing");
        !past && address.get("period").and_then(|period| period.get("end")).is_none()
    };
    all.iter().find(in_force).or_else(|| all.first()).copied()
}

/// The text of an address, or its parts from the largest to the smallest.
fn address_line(address: &Value) -> String {
    let text = string(address.get("text"));
    if !text.is_empty() {
        return text;
    }
    let mut line = String::new();
    for part in ["state", "city", "district"] {
        let part = string(address.get(part));
        if !line.contains(&part) {
            line.push_str(&part);
        }
    }
    if let Some(lines) = address.get("line").and_then(Value::as_array) {
        let lines: Vec<String> =
            lines.iter().map(|each| string(Some(each))).filter(|each| !each.is_empty()).collect();
        line.push_str(&lines.join(" "));
    }
    line
}

/// HL7 `v3-Confidentiality` R (restricted) or V (very restricted), or our own mark on an address.
fn is_hidden(patient: &Resource) -> bool {
    let labels = patient.get("meta").and_then(|meta| meta.get("security")).and_then(Value::as_array);
    let restricted = |label: &Value| {
        string(label.get("system")).ends_with("v3-Confidentiality")
            && matches!(string(label.get("code")).as_str(), "R" | "V")
    };
    let marked =
        |address: &&Value| extension(address, "address-hidden").and_then(Value::as_bool) == Some(true);
    labels.is_some_and(|labels| labels.iter().any(restricted)) || list(patient, "address").iter().any(marked)
}

fn phones(patient: &Resource) -> Vec<Personal<String>> {
    let mut phones: Vec<Personal<String>> = Vec::new();
    for contact in list(patient, "telecom") {
        let is_phone = matches!(string(contact.get("system")).as_str(), "phone" | "sms" | "");
        let past = string(contact.get("use")) == "old";
        let number = Personal::new(string(contact.get("value")));
        if is_phone && !past && !number.reveal().is_empty() && !phones.contains(&number) {
            phones.push(number);
        }
    }
    phones
}

fn is_deceased(patient: &Resource) -> bool {
    patient.get("deceasedBoolean").and_then(Value::as_bool) == Some(true)
        || !string(patient.get("deceasedDateTime")).is_empty()
}

#[cfg(test)]
mod tests;
