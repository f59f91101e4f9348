//! One drug of a prescription (record 201 with its RP) as MedicationRequest (JP_MedicationRequest).

use super::code;
use super::dosage::{Usage, dosage};
use super::party::Prescriber;
use super::prescription::{Drug, Group, Prescription};
use crate::okusuri::Source;
use crate::okusuri::code::{RP_INDEX, RP_NUMBER};
use crate::okusuri::line::Line;
use crate::okusuri::patient::put;
use model::codes;
use model::reading::{Extent, Problem, StatedRecord};
use serde_json::{Map, Number, Value, json};

const REPEATS: &str = "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_MedicationRequest_DispenseRequest_ExpectedRepeatCount";

/// What every drug of a prescription shares.
pub(super) struct Common {
    /// Contained resources and requester.
    pub prescriber: Prescriber,
    /// `groupIdentifier`: the prescription.
    pub group: Value,
    /// Day of issue.
    pub issued: Option<String>,
    /// `dispenseRequest` with what holds for the whole prescription: validity, refills, split.
    pub dispensing: Map<String, Value>,
}

impl Common {
    /// Records 51, 52, 63, 64 and 82.
    pub fn read(
        of: &Prescription<'_>,
        set: &str,
        prescriber: Prescriber,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let day = |record: &str, problems: &mut Vec<Problem>| {
            of.heads.get(record).and_then(|line| line.date(2, problems)).map(|date| date.fhir())
        };
        let (issued, until) = (day("51", problems), day("52", problems));
        if of.look("51", 2).is_empty() {
            problems.push(Problem::new("missing", of.at.clone(), "no day of issue (record 51)"));
        }
        let mut dispensing = Map::new();
        let mut extensions = Vec::new();
        if let Some(line) = of.heads.get("63") {
            let parts = [("total", 2), ("part", 3)].into_iter().filter_map(|(name, field)| {
                Some(json!({"url": name, "valueInteger": line.integer(field, problems)?}))
            });
            let parts: Vec<Value> = parts.collect();
            extensions.push(json!({"url": "urn:hakucho:extension:split-prescription", "extension": parts}));
        }
        let refill = of.heads.get("64").and_then(|line| line.integer(2, problems));
        if let Some(total) = refill {
            extensions.push(json!({"url": "urn:hakucho:extension:refill-total-uses", "valueInteger": total}));
        }
        put(&mut dispensing, "extension", extensions);
        let mut validity = Map::new();
        for (edge, day) in [("start", &issued), ("end", &until)] {
            if let Some(day) = day {
                validity.insert(edge.into(), day.clone().into());
            }
        }
        if !validity.is_empty() {
            dispensing.insert("validityPeriod".into(), validity.into());
        }
        if let Some(again) = refill.and_then(|total| total.checked_sub(1)) {
            dispensing.insert("numberOfRepeatsAllowed".into(), again.into());
        }
        let (kind, number) = (of.code("82", 2), of.code("82", 3));
        let group = if number.is_empty() {
            json!({"system": "urn:hakucho:rx-2d:prescription", "value": set})
        } else {
            json!({"system": format!("urn:hakucho:jahis:prescription-number:{kind}"), "value": number})
        };
        Self { prescriber, group, issued, dispensing }
    }
}

/// Every drug of a prescription.
pub(super) fn records(
    of: &Prescription<'_>,
    set: &str,
    common: &Common,
    source: &Source,
    problems: &mut Vec<Problem>,
) -> Vec<StatedRecord> {
    let mut records = Vec::new();
    of.take_numbers();
    for (place, group) in of.groups.iter().enumerate().filter(|(_, group)| !group.drugs.is_empty()) {
        let usage = Usage::read(group, problems);
        let supply = Supply::read(group, problems);
        for (index, drug) in group.drugs.iter().enumerate() {
            let resource = request(group, drug, &usage, &supply, common, source, problems);
            let key = format!("{set}/rp{}.{}/{}", place + 1, group.number, index + 1);
            records.push(StatedRecord { key, resource, extent: Extent::Whole, at: drug.line.place() });
        }
    }
    records
}

fn request(
    group: &Group<'_>,
    drug: &Drug<'_>,
    usage: &Usage,
    supply: &Supply,
    common: &Common,
    source: &Source,
    problems: &mut Vec<Problem>,
) -> Map<String, Value> {
    let line = &drug.line;
    let mut request = source.resource("MedicationRequest", "JP_MedicationRequest");
    put(&mut request, "contained", common.prescriber.contained.clone());
    let mut extensions = Vec::new();
    if let Some(factor) = drug.conversion.as_ref().and_then(|line| line.decimal(4, problems)) {
        // 用量 × this = the amount in the unit of the price list.
        extensions.push(json!({"url": "urn:hakucho:extension:unit-conversion", "valueDecimal": factor}));
    }
    extensions.extend(drug.burden.iter().flat_map(|line| burdens(line, problems)));
    let identifiers = [(RP_NUMBER, group.number.clone()), (RP_INDEX, line.code(3))];
    let identifiers = identifiers
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(system, value)| json!({"system": system, "value": value}));
    put(&mut request, "identifier", identifiers.collect());
    // Written and given to the patient; whether it was dispensed is not for a prescription to say.
    request.insert("status".into(), "active".into());
    request.insert("intent".into(), "order".into());
    if let Some(kind) = code::coding(line, 4, code::ITEM, problems) {
        put(&mut request, "category", vec![json!({"coding": [kind]})]);
    }
    request.insert("medicationCodeableConcept".into(), concept(line, problems));
    request.insert("subject".into(), source.subject());
    if let Some(issued) = &common.issued {
        request.insert("authoredOn".into(), issued.clone().into());
    }
    request.insert("requester".into(), common.prescriber.requester.clone());
    request.insert("groupIdentifier".into(), common.group.clone());

    let amount = amount(line, problems);
    let mut dispensing = common.dispensing.clone();
    supply.apply(usage, amount.as_ref(), &mut dispensing, &mut extensions);
    put(&mut request, "extension", extensions);
    put(&mut request, "dosageInstruction", vec![dosage(drug, usage, amount, problems)]);
    if !dispensing.is_empty() {
        request.insert("dispenseRequest".into(), dispensing.into());
    }
    if let Some(substitution) = substitution(&drug.supplements) {
        request.insert("substitution".into(), substitution);
    }
    request
}

/// Fields 5 to 7 of record 201.
fn concept(line: &Line<'_>, problems: &mut Vec<Problem>) -> Value {
    let (kind, written, name) = (line.code(5), line.code(6), line.take(7));
    let mut concept = Map::new();
    if written.is_empty() && !matches!(kind.as_str(), "" | "1") {
        // Kind 7 without a code: prescribed by generic name.
        let url = "urn:hakucho:extension:drug-code-kind";
        put(&mut concept, "extension", vec![json!({"url": url, "valueCode": kind})]);
        if kind != "7" {
            let text = "the kind says that a code follows, field 6 has none";
            problems.push(Problem::new("missing-code", line.at(5), text));
        }
    }
    put(&mut concept, "coding", code::drug(&kind, &written).into_iter().collect());
    if name.is_empty() && (kind != "2" || written.is_empty()) {
        problems.push(Problem::new("missing", line.at(7), "no drug name"));
    }
    concept.insert("text".into(), name.into());
    concept.into()
}

/// Fields 8 and 10 of record 201.
fn amount(line: &Line<'_>, problems: &mut Vec<Problem>) -> Option<Value> {
    let mut quantity = Map::new();
    if let Some(value) = line.decimal(8, problems) {
        quantity.insert("value".into(), value.into());
    }
    let unit = line.take(10);
    if !unit.is_empty() {
        quantity.insert("unit".into(), unit.into());
    }
    (!quantity.is_empty()).then(|| quantity.into())
}

/// Record 231: which public expense bears the drug (1 yes, 0 no).
fn burdens(line: &Line<'_>, problems: &mut Vec<Problem>) -> Vec<Value> {
    let expenses = [(4, "第一公費"), (5, "第二公費"), (6, "第三公費"), (7, "特殊公費")];
    let said = expenses.into_iter().filter_map(|(field, expense)| {
        let code = line.code(field);
        if code.is_empty() {
            return None;
        }
        if !matches!(code.as_str(), "0" | "1") {
            let text = "neither 0 nor 1; kept as it is";
            problems.push(Problem::new("unknown-code", line.at(field), text));
        }
        Some(json!({"url": "urn:hakucho:extension:public-expense-burden", "extension": [
            {"url": "expense", "valueString": expense}, {"url": "bears", "valueCode": code},
        ]}))
    });
    said.collect()
}

/// Records 101 and 102: how much of it.
struct Supply {
    count: Option<Number>,
    split: [Option<Number>; 2],
}

impl Supply {
    fn read(group: &Group<'_>, problems: &mut Vec<Problem>) -> Self {
        let form = group.form.as_ref();
        let count = form.and_then(|line| line.decimal(5, problems));
        let mut split = |field| group.split.as_ref().and_then(|line| line.decimal(field, problems));
        Self { count, split: [split(3), split(4)] }
    }

    /// 内服: days; 頓服: times; else days or times, of which 1 says that the amount is the whole.
    fn apply(
        &self,
        usage: &Usage,
        amount: Option<&Value>,
        dispensing: &mut Map<String, Value>,
        extensions: &mut Vec<Value>,
    ) {
        let mut own = Vec::new();
        for (value, name) in self.split.iter().zip(["split-each", "split-total"]) {
            if let Some(value) = value {
                own.push(json!({"url": format!("urn:hakucho:extension:{name}"), "valueDecimal": value}));
            }
        }
        if let Some(count) = &self.count {
            let whole = count.to_string();
            match usage.form.as_str() {
                "1" => {
                    let days = json!({"value": count, "unit": "日", "system": codes::UCUM, "code": "d"});
                    dispensing.insert("expectedSupplyDuration".into(), days);
                }
                "2" if whole.bytes().all(|byte| byte.is_ascii_digit()) => {
                    own.push(json!({"url": REPEATS, "valueInteger": count}));
                }
                _ => {
                    let url = "urn:hakucho:extension:dispensed-count";
                    extensions.push(json!({"url": url, "valueQuantity": {"value": count}}));
                    if let (true, Some(amount)) = (whole == "1" && !usage.is_dose(), amount) {
                        dispensing.insert("quantity".into(), amount.clone());
                    }
                }
            }
        }
        if let (false, Some(amount)) = (usage.is_dose(), amount) {
            let url = "urn:hakucho:extension:amount-as-written";
            extensions.push(json!({"url": url, "valueQuantity": amount}));
        }
        for each in own {
            let list = dispensing.entry("extension").or_insert_with(|| json!([]));
            if let Some(list) = list.as_array_mut() {
                list.push(each);
            }
        }
    }
}

/// Records 281 of kinds 3 to 6: what the pharmacy must not change.
fn substitution(supplements: &[Line<'_>]) -> Option<Value> {
    let mut codings = Vec::new();
    let mut words = Vec::new();
    for line in supplements {
        let kind = line.code(5);
        let kind = kind.trim_start_matches('0');
        let said: &[(&str, &str)] = match kind {
            "3" => &[("1", "変更不可")],
            "4" => &[("2", "剤形変更不可")],
            "5" => &[("3", "含量規格変更不可")],
            "6" => &[("2", "剤形変更不可"), ("3", "含量規格変更不可")],
            _ => continue,
        };
        codings.extend(
            said.iter().map(
                |(code, display)| json!({"system": code::SUBSTITUTION, "code": code, "display": display}),
            ),
        );
        words.push(line.look(6));
    }
    (!codings.is_empty())
        .then(|| json!({"allowedCodeableConcept": {"coding": codings, "text": words.join("、")}}))
}
