//! Which row of which form a record is of, as sets, keys and resources carry it, in both directions.
//!
//! A row is known by its interface, 事業所番号 with サービス種類コード, and 外部システム管理番号 (with the
//! 明細番号 of the interfaces that have one), within a person; that is how LIFE itself replaces rows
//! (CSV連携仕様書 3.3). Each column of a row is a set of its own.

use super::sheet::Row;
use model::Personal;
use model::fhir::{list, list_at, text_at};
use model::reading::{PatientKey, Resource};
use serde_json::{Value, json};

/// Extension of every resource: the row, and the column it is the value of.
const EXTENSION: &str = "urn:hakucho:extension:life-field";
/// 保険者番号:被保険者番号, as [`model::registration`] knows it.
pub(super) const MEMBER: &str = "urn:hakucho:care-insurance-member";
/// 被保険者番号 where the insurer is not said.
const INSURED: &str = "urn:hakucho:care-insured-number";

/// A row of a form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(super) struct Place {
    pub interface: String,
    pub facility: String,
    pub service: String,
    pub insurer: String,
    pub insured: String,
    /// 外部システム管理番号, to the letter.
    pub number: String,
    /// 外部システム管理明細番号.
    pub detail: String,
}

impl Place {
    /// The row's place; `None` if it does not say whose it is.
    pub fn of(interface: &str, row: &Row<'_>) -> Option<Self> {
        let insured = row.code("insured_no");
        let plain = !insured.is_empty() && insured.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (plain && insured.len() <= 10).then(|| Self {
            interface: interface.to_owned(),
            facility: row.code("care_facility_id"),
            service: row.code("service_code"),
            insurer: padded(row.code("insurer_no"), 6),
            insured: padded(insured, 10),
            number: row.value("external_system_management_number").trim().to_owned(),
            detail: row.value("external_system_management_detail_number").trim().to_owned(),
        })
    }

    /// The person, in the words every care format uses.
    pub fn patient(&self) -> PatientKey {
        let text = match self.insurer.as_str() {
            "" => self.insured.clone(),
            insurer => format!("{insurer}-{}", self.insured),
        };
        PatientKey::Local(Personal::new(text))
    }

    /// The set of a column.
    pub fn set(&self, column: &str) -> String {
        let mut set =
            format!("life/{}/{}-{}", self.interface, escaped(&self.facility), escaped(&self.service));
        for part in [self.number.as_str(), self.detail.as_str()] {
            if !part.is_empty() || set.matches('/').count() == 2 {
                set.push('/');
                set.push_str(&escaped(part));
            }
        }
        format!("{set}/{}", escaped(column))
    }

    /// The row and column of a set and the person it is stated of.
    pub fn of_set(patient: &PatientKey, set: &str) -> Option<(Self, String)> {
        let mut parts = set.strip_prefix("life/")?.split('/');
        let (interface, (facility, service)) = (parts.next()?, parts.next()?.split_once('-')?);
        let rest: Vec<&str> = parts.collect();
        let (number, detail, column) = match rest.as_slice() {
            [number, column] => (*number, "", *column),
            [number, detail, column] => (*number, *detail, *column),
            _ => return None,
        };
        let person = patient.local_id()?.reveal();
        let (insurer, insured) = person.split_once('-').unwrap_or(("", person));
        let place = Self {
            interface: interface.to_owned(),
            facility: unescaped(facility),
            service: unescaped(service),
            insurer: insurer.to_owned(),
            insured: insured.to_owned(),
            number: unescaped(number),
            detail: unescaped(detail),
        };
        Some((place, unescaped(column)))
    }

    /// What every resource of the row carries; without a column for what is made of several.
    pub fn extension(&self, column: Option<&str>) -> Value {
        let parts = [
            ("interface", self.interface.as_str()),
            ("column", column.unwrap_or_default()),
            ("facility", &self.facility),
            ("service", &self.service),
            ("number", &self.number),
            ("detail", &self.detail),
        ];
        let parts = parts.into_iter().filter(|(_, value)| !value.is_empty());
        let parts: Vec<Value> =
            parts.map(|(name, value)| json!({"url": name, "valueString": value})).collect();
        json!({"url": EXTENSION, "extension": parts})
    }

    /// The person's identifier by their care insurance.
    pub fn member(&self) -> Value {
        match self.insurer.as_str() {
            "" => json!({"system": INSURED, "value": self.insured}),
            insurer => json!({"system": MEMBER, "value": format!("{insurer}:{}", self.insured)}),
        }
    }

    /// Reference to the person.
    pub fn subject(&self) -> Value {
        json!({"reference": "urn:key:Patient", "identifier": self.member()})
    }

    /// The row and column a resource carries; the column is empty for what is made of several.
    pub fn read(resource: &Resource) -> Option<(Self, String)> {
        let extension =
            list(resource, "extension").iter().find(|each| text_at(each, "url") == Some(EXTENSION))?;
        let part = |name: &str| {
            let parts = list_at(extension, "extension").iter();
            let found = parts.filter(|part| text_at(part, "url") == Some(name));
            found.filter_map(|part| text_at(part, "valueString")).next().unwrap_or_default().to_owned()
        };
        let (insurer, insured) = person_of(resource)?;
        let place = Self {
            interface: part("interface"),
            facility: part("facility"),
            service: part("service"),
            insurer,
            insured,
            number: part("number"),
            detail: part("detail"),
        };
        Some((place, part("column")))
    }
}

/// 保険者番号 and 被保険者番号 of the person a resource is of, or is.
pub(super) fn person_of(resource: &Resource) -> Option<(String, String)> {
    let of_subject = model::fhir::get(resource, "subject.identifier").into_iter();
    of_subject.chain(list(resource, "identifier")).find_map(|identifier| {
        let value = text_at(identifier, "value")?;
        let (insurer, insured) = match text_at(identifier, "system")? {
            MEMBER => value.split_once(':')?,
            INSURED => ("", value),
            _ => return None,
        };
        Some((insurer.to_owned(), insured.to_owned()))
    })
}

/// A number whose zeros a spreadsheet has eaten.
fn padded(number: String, width: usize) -> String {
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if digits { format!("{number:0>width$}") } else { number }
}

/// A part of a set's name: what divides the parts is written another way.
fn escaped(part: &str) -> String {
    part.replace('%', "%25").replace('/', "%2F").replace('-', "%2D")
}

fn unescaped(part: &str) -> String {
    part.replace("%2D", "-").replace("%2F", "/").replace("%25", "%")
}
