//! The insurances of a row as FHIR Coverage (JP_Coverage): 国民健康保険, 後期高齢者医療, 介護保険.

use super::Fields;
use crate::header_table::HeaderTable;
use model::reading::{Extent, Problem, StatedRecord};
use serde_json::{Map, Value, json};

/// JP-CLINS identifier `保険者番号8桁:記号:番号:枝番`.
const MEMBER: &str = "http://jpfhir.jp/fhir/clins/Idsystem/JP_Insurance_memberID";
/// Ours: `保険者番号6桁:被保険者番号10桁` of the care insurance, for which FHIR JP has no system.
const CARE_MEMBER: &str = "urn:hakucho:care-insurance-member";
/// 保険種別コード (ePrescription FHIR).
const KIND: &str = "urn:oid:1.2.392.100495.20.2.61";
const EXTENSION: &str = "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Coverage_InsuredPerson";

struct Scheme {
    key: &'static str,
    name: &'static str,
    kind: Option<(&'static str, &'static str)>,
    insurer: &'static str,
    symbol: Option<&'static str>,
    number: &'static str,
    branch: Option<&'static str>,
    from: &'static str,
    until: &'static str,
    digits: usize,
}

const SCHEMES: [Scheme; 3] = [
    Scheme {
        key: "Coverage/nhi",
        name: "国民健康保険",
        kind: Some(("2", "国保")),
        insurer: "nhi_insurer",
        symbol: Some("nhi_symbol"),
        number: "nhi_number",
        branch: Some("nhi_branch"),
        from: "nhi_from",
        until: "nhi_until",
        digits: 8,
    },
    Scheme {
        key: "Coverage/elderly",
        name: "後期高齢者医療",
        kind: Some(("7", "後期高齢者")),
        insurer: "elderly_insurer",
        symbol: None,
        number: "elderly_number",
        branch: None,
        from: "elderly_from",
        until: "elderly_until",
        digits: 8,
    },
    Scheme {
        key: "Coverage/care",
        name: "介護保険",
        kind: None,
        insurer: "care_insurer",
        symbol: None,
        number: "care_number",
        branch: None,
        from: "care_from",
        until: "care_until",
        digits: 6,
    },
];

/// True if the table has any column of an insurance: then a row without values says "none".
pub(super) fn has_columns(table: &HeaderTable) -> bool {
    SCHEMES.iter().any(|scheme| {
        let always = [scheme.insurer, scheme.number, scheme.from, scheme.until, "care_level"];
        let own = scheme.symbol.iter().chain(&scheme.branch);
        always.iter().chain(own).any(|column| table.has(column))
    })
}

/// What the Patient carries to be found by: one identifier for each insurance that is complete.
pub(super) fn identifiers(fields: &Fields<'_>) -> Vec<Value> {
    SCHEMES.iter().filter_map(|scheme| identifier(scheme, fields)).collect()
}

fn identifier(scheme: &Scheme, fields: &Fields<'_>) -> Option<Value> {
    let (insurer, number) = (fields.code(scheme.insurer), fields.value(scheme.number));
    if insurer.is_empty() || number.is_empty() {
        return None;
    }
    let insurer = format!("{insurer:0>width$}", width = scheme.digits);
    let of = |column: Option<&str>| column.map_or("", |column| fields.value(column));
    let (symbol, branch) = (of(scheme.symbol), of(scheme.branch));
    Some(match scheme.kind {
        Some(_) => json!({"system": MEMBER, "value": format!("{insurer}:{symbol}:{number}:{branch}")}),
        None => json!({"system": CARE_MEMBER, "value": format!("{insurer}:{number}")}),
    })
}

/// The Coverage records of a row; none where it names no insurance.
pub(super) fn records(fields: &Fields<'_>, problems: &mut Vec<Problem>) -> Vec<StatedRecord> {
    SCHEMES.iter().filter_map(|scheme| record(scheme, fields, problems)).collect()
}

fn record(scheme: &Scheme, fields: &Fields<'_>, problems: &mut Vec<Problem>) -> Option<StatedRecord> {
    let of = |column: Option<&str>| column.map_or("", |column| fields.value(column));
    let insurer = fields.code(scheme.insurer);
    let (symbol, number, branch) = (of(scheme.symbol), fields.value(scheme.number), of(scheme.branch));
    let level = if scheme.kind.is_none() { fields.value("care_level") } else { "" };
    let from = fields.date(scheme.from, problems);
    let until = fields.date(scheme.until, problems);
    if [insurer.as_str(), symbol, number, branch, level].iter().all(|each| each.is_empty())
        && from.is_none()
        && until.is_none()
    {
        return None;
    }
    let mut coverage = Map::new();
    coverage.insert("resourceType".into(), "Coverage".into());
    let profile = "http://jpfhir.jp/fhir/core/StructureDefinition/JP_Coverage";
    coverage.insert("meta".into(), json!({"profile": [profile]}));
    let organization = json!({
        "resourceType": "Organization",
        "id": "insurer",
        "identifier": [{
            "system": "http://jpfhir.jp/fhir/core/mhlw/IdSystem/InsurerNumber",
            "value": insurer,
        }],
    });
    if !insurer.is_empty() {
        coverage.insert("contained".into(), json!([organization]));
    }
    let mut extensions = Vec::new();
    for (part, value) in [("Symbol", symbol), ("Number", number), ("SubNumber", branch)] {
        if !value.is_empty() {
            extensions.push(json!({"url": format!("{EXTENSION}{part}"), "valueString": value}));
        }
    }
    if !level.is_empty() {
        let url = "urn:hakucho:extension:care-level";
        extensions.push(json!({"url": url, "valueCodeableConcept": {"text": level}}));
    }
    if !extensions.is_empty() {
        coverage.insert("extension".into(), extensions.into());
    }
    if let Some(identifier) = identifier(scheme, fields) {
        coverage.insert("identifier".into(), json!([identifier]));
    }
    // Whether it still holds today is the reader's question: the period says it.
    coverage.insert("status".into(), "active".into());
    let public = json!({
        "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
        "code": "PUBLICPOL",
    });
    let kind = scheme.kind.map(|(code, display)| json!({"system": KIND, "code": code, "display": display}));
    let codings: Vec<Value> = kind.into_iter().chain([public]).collect();
    coverage.insert("type".into(), json!({"coding": codings, "text": scheme.name}));
    if !symbol.is_empty() || !number.is_empty() {
        let subscriber = if symbol.is_empty() { number.to_owned() } else { format!("{symbol}:{number}") };
        coverage.insert("subscriberId".into(), subscriber.into());
    }
    coverage.insert("beneficiary".into(), json!({"reference": "urn:key:Patient"}));
    if !branch.is_empty() {
        coverage.insert("dependent".into(), branch.into());
    }
    let mut period = Map::new();
    for (edge, date) in [("start", from), ("end", until)] {
        if let Some(date) = date {
            period.insert(edge.into(), date.fhir().into());
        }
    }
    if !period.is_empty() {
        coverage.insert("period".into(), period.into());
    }
    let payor = if insurer.is_empty() {
        json!({"display": scheme.name})
    } else {
        json!({"reference": "#insurer", "display": scheme.name})
    };
    coverage.insert("payor".into(), json!([payor]));
    Some(StatedRecord {
        key: scheme.key.to_owned(),
        resource: coverage,
        extent: Extent::Whole,
        at: format!("line {}", fields.row.line),
    })
}
