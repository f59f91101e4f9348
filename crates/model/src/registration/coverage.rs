//! Insurances of a registration, from Coverage resources and from the Patient's member numbers.
//!
//! Read: JP Core extensions (InsuredPersonSymbol, -Number, -SubNumber), `"記号","番号","枝番"` in identifier and
//! subscriberId, `保険者番号:記号:番号:枝番` (JP-CLINS memberID), HL7 IN1-10 repetitions `記号~番号~枝番`. The insurer
//! stands in the payor: an identifier, a contained Organization, or one among the other resources.
//! Not read: 公費 (its numbers are not a person's insurance).

use super::{Insurance, Scheme, extension, list, string};
use crate::personal::Personal;
use crate::reading::Resource;
use crate::text;
use serde_json::Value;

/// 保険種別コード (ePrescription FHIR); 8 is 公費.
const KIND: &str = "urn:oid:1.2.392.100495.20.2.61";
/// 保険者番号8桁:記号:番号:枝番 (JP-CLINS).
const MEMBER: &str = "JP_Insurance_memberID";
/// 保険者番号:被保険者番号 of the care insurance.
const CARE_MEMBER: &str = "care-insurance-member";

pub(super) fn insurances(patient: &Resource, others: &[&Resource]) -> Vec<Insurance> {
    let of_type = |kind: &'static str| {
        others.iter().copied().filter(move |each| string(each.get("resourceType")) == kind)
    };
    let organizations: Vec<&Resource> = of_type("Organization").collect();
    let from_coverage = of_type("Coverage").filter_map(|coverage| read(coverage, &organizations));
    let from_patient = list(patient, "identifier").into_iter().filter_map(member_number);
    let mut all: Vec<Insurance> = Vec::new();
    for each in from_coverage.chain(from_patient) {
        if !all.iter().any(|known| folded(known) == folded(&each)) {
            all.push(each);
        }
    }
    all
}

/// The same insurance in two spellings is said once.
fn folded(insurance: &Insurance) -> (Scheme, Option<String>, String, Option<String>, Option<String>) {
    (
        insurance.scheme,
        text::insurer_number(insurance.insurer.reveal()),
        text::insured_symbol(insurance.symbol.reveal()),
        text::insured_number(insurance.number.reveal()),
        text::branch_number(insurance.branch.reveal()),
    )
}

fn made(scheme: Scheme, insurer: &str, symbol: &str, number: &str, branch: &str) -> Option<Insurance> {
    let part = |text: &str| Personal::new(text.trim().to_owned());
    (!number.trim().is_empty()).then(|| Insurance {
        scheme,
        insurer: part(insurer),
        symbol: part(symbol),
        number: part(number),
        branch: part(branch),
    })
}

/// An identifier that carries a whole insurance.
fn member_number(identifier: &Value) -> Option<Insurance> {
    let (system, value) = (string(identifier.get("system")), string(identifier.get("value")));
    let value = text::one_width(&value);
    let parts: Vec<&str> = value.split(':').collect();
    if system.ends_with(CARE_MEMBER) {
        let [insurer, number] = parts.as_slice() else { return None };
        return made(Scheme::Care, insurer, "", number, "");
    }
    if !system.ends_with(MEMBER) {
        return None;
    }
    match parts.as_slice() {
        [insurer, symbol, number, branch] => made(Scheme::Health, insurer, symbol, number, branch),
        [insurer, symbol, number] => made(Scheme::Health, insurer, symbol, number, ""),
        _ => None,
    }
}

fn read(coverage: &Resource, organizations: &[&Resource]) -> Option<Insurance> {
    if matches!(string(coverage.get("status")).as_str(), "cancelled" | "entered-in-error") {
        return None;
    }
    let codings = coverage.get("type").and_then(|kind| kind.get("coding")).and_then(Value::as_array);
    let is_public = |coding: &Value| {
        string(coding.get("system")) == KIND && text::one_width(&string(coding.get("code"))) == "8"
    };
    if codings.is_some_and(|codings| codings.iter().any(is_public)) {
        return None;
    }
    let identifiers = list(coverage, "identifier");
    let whole = identifiers.iter().copied().find_map(member_number);
    let named = Value::Object(coverage.clone());
    let said = |end: &str| string(extension(&named, end));
    let plain = identifiers.iter().filter(|each| string(each.get("system")).is_empty());
    let quoted =
        plain.map(|each| Parts::read(&string(each.get("value")))).find(|parts| parts.branch.is_some());
    let subscriber = Parts::read(&string(coverage.get("subscriberId")));
    let scheme = scheme(coverage, whole.as_ref());
    let first = |texts: [String; 4]| texts.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    let known = |pick: fn(&Insurance) -> &Personal<String>| {
        whole.as_ref().map(|insurance| pick(insurance).reveal().clone()).unwrap_or_default()
    };
    let quoted = quoted.unwrap_or_default();
    let insurer = first([
        known(|insurance| &insurance.insurer),
        insurer(coverage, organizations),
        said("InsurerNumber"),
        String::new(),
    ]);
    let symbol = first([
        said("InsuredPersonSymbol"),
        known(|insurance| &insurance.symbol),
        quoted.symbol.unwrap_or_default(),
        subscriber.symbol.unwrap_or_default(),
    ]);
    let number = first([
        said("InsuredPersonNumber"),
        known(|insurance| &insurance.number),
        quoted.number.unwrap_or_default(),
        subscriber.number.unwrap_or_default(),
    ]);
    let branch = first([
        said("InsuredPersonSubNumber"),
        known(|insurance| &insurance.branch),
        quoted.branch.or(subscriber.branch).unwrap_or_default(),
        string(coverage.get("dependent")),
    ]);
    made(scheme, &insurer, &symbol, &number, &branch)
}

/// Care insurance says so by its member number or its type's words.
fn scheme(coverage: &Resource, whole: Option<&Insurance>) -> Scheme {
    let kind = coverage.get("type");
    let texts = kind.and_then(|kind| kind.get("text")).into_iter().chain(
        kind.and_then(|kind| kind.get("coding"))
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|coding| coding.get("display")),
    );
    let says_care = texts.filter_map(Value::as_str).any(|text| text.contains("介護"));
    match whole {
        Some(insurance) => insurance.scheme,
        None if says_care => Scheme::Care,
        None => Scheme::Health,
    }
}

/// The insurer's number: in the payor, in the Organization it points to, or in a class of the coverage.
fn insurer(coverage: &Resource, organizations: &[&Resource]) -> String {
    let mut candidates: Vec<String> = Vec::new();
    let contained = list(coverage, "contained");
    for payor in list(coverage, "payor") {
        candidates.extend(payor.get("identifier").map(|each| string(each.get("value"))));
        let reference = string(payor.get("reference"));
        let id = reference.rsplit(['/', '#', ':']).next().unwrap_or_default().to_owned();
        if !id.is_empty() {
            let inside = contained.iter().filter_map(|each| each.as_object());
            let target =
                inside.chain(organizations.iter().copied()).find(|each| string(each.get("id")) == id);
            candidates.extend(target.into_iter().flat_map(insurer_numbers));
        }
    }
    candidates.into_iter().find(|each| text::insurer_number(each).is_some()).unwrap_or_default()
}

/// Numbers of an Organization, those of the insurers' system first.
fn insurer_numbers(organization: &Resource) -> Vec<String> {
    let mut all: Vec<(bool, String)> = list(organization, "identifier")
        .into_iter()
        .map(|each| {
            let system = string(each.get("system"));
            let other = !system.contains("InsurerNumber") && !system.contains("1.2.392.100495.20.3.61");
            (other, string(each.get("value")))
        })
        .collect();
    all.sort_by_key(|(other, _)| *other);
    all.into_iter().map(|(_, value)| value).collect()
}

/// Symbol, number and branch written together.
#[derive(Default)]
struct Parts {
    symbol: Option<String>,
    number: Option<String>,
    branch: Option<String>,
}

impl Parts {
    fn read(text: &str) -> Self {
        let wide = text::one_width(text);
        let separator = if wide.contains('"') {
            ','
        } else if wide.contains(':') {
            ':'
        } else {
            '~'
        };
        let parts: Vec<String> =
            wide.split(separator).map(|part| part.trim_matches(['"', ' ']).to_owned()).collect();
        match parts.as_slice() {
            [symbol, number, branch] => Self {
                symbol: Some(symbol.clone()),
                number: Some(number.clone()),
                branch: Some(branch.clone()),
            },
            [symbol, number] => {
                Self { symbol: Some(symbol.clone()), number: Some(number.clone()), branch: None }
            }
            [number] => Self { symbol: None, number: Some(number.clone()), branch: None },
            _ => Self::default(),
        }
    }
}
