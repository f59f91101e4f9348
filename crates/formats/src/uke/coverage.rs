//! HO, KO and SN as Coverage (JP_Coverage). An insurance is one record over all months: its amounts of a month
//! are the claim's.

use super::code::put;
use super::line::Line;
use super::receipt::{Context, Receipt, short};
use crate::text_file::narrow;
use model::reading::{Extent, Problem, StatedRecord};
use serde_json::{Value, json};

/// JP-CLINS identifier `保険者番号8桁:記号:番号:枝番`.
const MEMBER: &str = "http://jpfhir.jp/fhir/clins/Idsystem/JP_Insurance_memberID";
/// 保険種別コード (ePrescription FHIR).
const KIND: &str = "urn:oid:1.2.392.100495.20.2.61";
const INSURED: &str = "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Coverage_InsuredPerson";
const INSURER: &str = "http://jpfhir.jp/fhir/core/mhlw/IdSystem/InsurerNumber";

/// What tells one insurance of a person from another: HO, or the first KO where there is none. Empty if neither.
pub(super) fn identity(receipt: &Receipt<'_, '_, '_>) -> String {
    let joined = |line: &Line<'_, '_>, fields: &[&str]| {
        let parts: Vec<String> = fields.iter().map(|field| line.peek(field)).collect();
        if parts.iter().all(String::is_empty) { String::new() } else { parts.join(":") }
    };
    let main = receipt.of("HO").map(|line| joined(line, &["保険者番号", "記号", "番号"]));
    let public = receipt.of("KO").map(|line| joined(line, &["負担者番号", "受給者番号"]));
    main.chain(public).find(|text| !text.is_empty()).unwrap_or_default()
}

/// 枝番 that SN says of HO (負担者種別 1).
fn branch(receipt: &Receipt<'_, '_, '_>) -> String {
    let own = receipt.of("SN").filter(|line| line.peek("負担者種別") == "1");
    own.map(|line| line.peek("枝番")).find(|branch| !branch.is_empty()).unwrap_or_default()
}

/// The member number of HO as an identifier of the person, if it is whole.
pub(super) fn member(receipt: &Receipt<'_, '_, '_>) -> Option<Value> {
    let line = receipt.of("HO").next()?;
    let (insurer, number) = (line.peek("保険者番号"), line.peek("番号"));
    let symbol = line.peek("記号");
    if insurer.is_empty() || number.is_empty() {
        return None;
    }
    let value = format!("{insurer:0>8}:{symbol}:{number}:{}", branch(receipt));
    Some(json!({"system": MEMBER, "value": value}))
}

pub(super) fn records(
    receipt: &Receipt<'_, '_, '_>,
    context: &Context<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<StatedRecord> {
    let mut records: Vec<StatedRecord> = Vec::new();
    let main = receipt.of("HO").map(|line| insurance(line, receipt, context));
    let public = receipt.of("KO").map(|line| public(line, context));
    for record in main.chain(public) {
        if records.iter().any(|each| each.key == record.key) {
            problems.push(Problem::new("duplicate", record.at, "the same insurance twice in one receipt"));
        } else {
            records.push(record);
        }
    }
    if records.is_empty() {
        problems.push(Problem::new("missing", receipt.common.place(), "neither HO nor KO"));
    }
    records
}

/// 保険種別 by the insurer's number: 39 後期高齢者, 67 and six digits 国保, else 社保.
fn kind(insurer: &str) -> (&'static str, &'static str) {
    match (insurer.len(), insurer.get(..2)) {
        (8, Some("39")) => ("7", "後期高齢者"),
        (8, Some("00" | "67")) | (1..=6, _) => ("2", "国保"),
        (8, _) => ("1", "医保"),
        _ => ("", ""),
    }
}

fn insurance(line: &Line<'_, '_>, receipt: &Receipt<'_, '_, '_>, context: &Context<'_>) -> StatedRecord {
    let (insurer, symbol, number) = (line.code("保険者番号"), line.take("記号"), line.take("番号"));
    let branch = branch(receipt);
    let (code, display) = kind(&insurer);
    let (symbol_narrow, number_narrow) = (narrow(symbol), narrow(number));
    let parts = [("Symbol", symbol), ("Number", number), ("SubNumber", branch.as_str())];
    let extensions = parts.into_iter().filter(|(_, value)| !value.is_empty());
    let extensions =
        extensions.map(|(part, value)| json!({"url": format!("{INSURED}{part}"), "valueString": value}));
    let subscriber = match symbol_narrow.as_str() {
        "" => number_narrow.clone(),
        symbol => format!("{symbol}:{number_narrow}"),
    };
    let key = format!("uke/coverage/{}", short(&[&insurer, symbol, number]));
    let mut coverage = common(context, &insurer, code, display);
    put(&mut coverage, "extension", extensions.collect());
    put(&mut coverage, "identifier", member(receipt).into_iter().collect());
    coverage.insert("subscriberId".into(), subscriber.into());
    coverage.insert("dependent".into(), branch.into());
    StatedRecord { key, resource: coverage, extent: Extent::Supplement, at: line.place() }
}

fn public(line: &Line<'_, '_>, context: &Context<'_>) -> StatedRecord {
    let (payer, recipient) = (line.code("負担者番号"), line.code("受給者番号"));
    let key = format!("uke/public/{}", short(&[&payer, &recipient]));
    let mut coverage = common(context, &payer, "8", "公費");
    coverage.insert("subscriberId".into(), recipient.into());
    StatedRecord { key, resource: coverage, extent: Extent::Supplement, at: line.place() }
}

fn common(context: &Context<'_>, payer: &str, code: &str, display: &str) -> model::reading::Resource {
    let mut coverage = context.resource("Coverage", "JP_Coverage");
    if let Some(Value::Object(meta)) = coverage.get_mut("meta") {
        meta.insert("tag".into(), json!([{"system": "urn:hakucho:claims", "code": context.kind.word()}]));
    }
    let payor = if payer.is_empty() {
        json!({"display": "記載なし"})
    } else {
        let identifier = json!({"system": INSURER, "value": payer});
        let insurer = json!({"resourceType": "Organization", "id": "insurer", "identifier": [identifier]});
        put(&mut coverage, "contained", vec![insurer]);
        json!({"reference": "#insurer"})
    };
    // Whether it still holds today is not said: the claims of a month say it held then.
    coverage.insert("status".into(), "active".into());
    if !code.is_empty() {
        let coding = json!({"system": KIND, "code": code, "display": display});
        coverage.insert("type".into(), json!({"coding": [coding], "text": display}));
    }
    coverage.insert("beneficiary".into(), context.subject());
    coverage.insert("payor".into(), json!([payor]));
    coverage
}
