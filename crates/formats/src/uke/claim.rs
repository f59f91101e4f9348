//! The receipt itself: the month's Encounter (JD, BU, RJ) and the Claim that keeps what has no clinical place.

use super::code::{coding, extension, put};
use super::layout::Kind;
use super::line::Line;
use super::receipt::{Context, Receipt};
use model::codes;
use model::reading::{Problem, Resource, StatedRecord};
use serde_json::{Value, json};

/// Care of one patient in one month. It begins and ends with the month unless admission or discharge is in it.
pub(super) fn encounter(
    receipt: &Receipt<'_, '_, '_>,
    context: &Context<'_>,
    problems: &mut Vec<Problem>,
) -> StatedRecord {
    let common = receipt.common;
    let mut encounter = context.resource("Encounter", "JP_Encounter");
    encounter.insert("status".into(), "finished".into());
    let class = match receipt.kind {
        Kind::Nursing => json!({"system": codes::V3_ACT_CODE, "code": "HH", "display": "home health"}),
        _ if context.inpatient => {
            json!({"system": codes::V3_ACT_CODE, "code": "IMP", "display": "inpatient encounter"})
        }
        _ => json!({"system": codes::V3_ACT_CODE, "code": "AMB", "display": "ambulatory"}),
    };
    encounter.insert("class".into(), class);
    let place = match (receipt.kind, context.inpatient) {
        (Kind::Nursing | Kind::Pharmacy, _) => "",
        (_, true) => "入院",
        (_, false) => "入院外",
    };
    let kind = common.code("レセプト種別");
    let words = format!("{}レセプト{place}", receipt.kind.ja());
    put(&mut encounter, "type", vec![json!({"coding": [coding("kind", &kind, "")], "text": words})]);
    encounter.insert("subject".into(), context.subject());
    let department = common.code("診療科名1");
    if !department.is_empty() {
        let name = codes::department(&department).unwrap_or_default();
        let coding = json!({"system": codes::DEPARTMENT, "code": department, "display": name});
        encounter.insert("serviceType".into(), json!({"coding": [coding], "text": name}));
    }
    let mut extensions = Vec::new();
    let mut dated = |line: &Line<'_, '_>, field: &str, name: &str, problems: &mut Vec<Problem>| {
        let day = line.date(field, problems)?.fhir();
        extensions.push(json!({"url": extension(name), "valueDate": day}));
        Some(day)
    };
    let mut admitted = dated(common, "入院年月日", "admission-date", problems);
    let mut discharged = None;
    for line in receipt.of("BU") {
        admitted = dated(line, "今回入院年月日", "stay-start", problems).or(admitted);
        discharged = dated(line, "今回退院年月日", "stay-end", problems).or(discharged);
    }
    for line in receipt.of("RJ") {
        admitted = dated(line, "訪問開始年月日", "visits-start", problems).or(admitted);
        discharged = dated(line, "訪問終了年月日", "visits-end", problems).or(discharged);
    }
    for line in receipt.of("BU") {
        extensions.extend(line.rest(problems));
    }
    for line in receipt.of("KK") {
        let code = line.code("予定・緊急入院区分");
        let words = match code.as_str() {
            "1" => "予定入院",
            "2" | "3" => "緊急入院",
            _ => "",
        };
        if !code.is_empty() {
            let priority = json!({"coding": [coding("admission", &code, words)], "text": words});
            encounter.insert("priority".into(), priority);
        }
    }
    let in_month = |day: Option<String>| day.filter(|day| day.starts_with(&context.month));
    if !context.month.is_empty() {
        let start = in_month(admitted).unwrap_or_else(|| context.month.clone());
        let end = in_month(discharged).unwrap_or_else(|| context.month.clone());
        encounter.insert("period".into(), json!({"start": start, "end": end}));
    }
    for line in receipt.of("JD") {
        let days = line.days(context.year, context.month_of_year, problems);
        if days.is_empty() {
            continue;
        }
        let payer = line.code("負担者種別");
        for (day, category) in days {
            let parts = json!([
                {"url": "date", "valueDate": day},
                {"url": "category", "valueCode": category},
                {"url": "payer", "valueCode": payer},
            ]);
            extensions.push(json!({"url": extension("visit-day"), "extension": parts}));
        }
    }
    let amounts = receipt.of("HO").chain(receipt.of("KO"));
    if let Some(days) = amounts.map(|line| line.peek("診療実日数")).find(|days| !days.is_empty()) {
        extensions.push(json!({"url": extension("actual-days"), "valueString": days}));
    }
    put(&mut encounter, "extension", extensions);
    if let Some(name) = context.performer() {
        encounter.insert("serviceProvider".into(), name);
    }
    context.record("encounter", encounter, common)
}

/// The claim: sender, insurances, and every field and record that nothing else took.
pub(super) fn claim(
    receipt: &Receipt<'_, '_, '_>,
    context: &Context<'_>,
    insured: Vec<Value>,
    problems: &mut Vec<Problem>,
) -> StatedRecord {
    let common = receipt.common;
    let mut claim = context.resource("Claim", "");
    put(&mut claim, "contained", vec![context.header.organization()]);
    claim.insert("status".into(), "active".into());
    let kind = match receipt.kind {
        Kind::Medical if context.inpatient => "institutional",
        Kind::Medical | Kind::Nursing => "professional",
        Kind::Dental => "oral",
        Kind::Pharmacy => "pharmacy",
    };
    let coding = json!({"system": "http://terminology.hl7.org/CodeSystem/claim-type", "code": kind});
    claim.insert("type".into(), json!({"coding": [coding], "text": receipt.kind.ja()}));
    claim.insert("use".into(), "claim".into());
    claim.insert("patient".into(), context.subject());
    if !context.month.is_empty() {
        claim.insert("billablePeriod".into(), json!({"start": context.month, "end": context.month}));
    }
    created(&mut claim, context);
    claim.insert("provider".into(), json!({"reference": "#facility", "display": context.header.name}));
    let normal = json!({"system": "http://terminology.hl7.org/CodeSystem/processpriority", "code": "normal"});
    claim.insert("priority".into(), json!({"coding": [normal]}));
    let insured = if insured.is_empty() { vec![json!({"display": "記載なし"})] } else { insured };
    let insurance = insured.into_iter().enumerate();
    let insurance =
        insurance.map(|(at, coverage)| json!({"sequence": at + 1, "focal": at == 0, "coverage": coverage}));
    put(&mut claim, "insurance", insurance.collect());
    let mut extensions: Vec<Value> = context.header.kept().cloned().collect();
    for line in std::iter::once(common).chain(receipt.lines) {
        extensions.extend(line.kept(problems));
    }
    put(&mut claim, "extension", extensions);
    context.record("claim", claim, common)
}

fn created(claim: &mut Resource, context: &Context<'_>) {
    let month = [&context.header.month, &context.month].into_iter().find(|month| !month.is_empty());
    match month {
        Some(month) => drop(claim.insert("created".into(), month.clone().into())),
        None => {
            let unknown = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
            let absent = json!({"extension": [{"url": unknown, "valueCode": "unknown"}]});
            claim.insert("_created".into(), absent);
        }
    }
}
