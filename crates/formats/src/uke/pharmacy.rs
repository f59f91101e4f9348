//! 調剤: each drug of a prescription (SH, IY) on each day it was dispensed (CZ) as MedicationDispense.
//!
//! Fees (KI, ST, and what CZ has of them) are kept in the claim.

use super::code::{DRUG, INSTITUTION, coding, extension, form, put};
use super::detail::{add, comment, device, payload};
use super::line::Line;
use super::receipt::{Context, Receipt};
use model::codes;
use model::reading::{Problem, Resource, StatedRecord};
use serde_json::{Value, json};

/// SH with what follows it until the next.
struct Prescription<'a, 't, 'l> {
    basis: Option<&'a Line<'t, 'l>>,
    dispensings: Vec<&'a Line<'t, 'l>>,
    items: Vec<&'a Line<'t, 'l>>,
}

pub(super) fn records(
    receipt: &Receipt<'_, '_, '_>,
    context: &Context<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<StatedRecord> {
    let mut groups: Vec<Prescription<'_, '_, '_>> = Vec::new();
    for line in receipt.lines {
        let record = line.record();
        if record == "SH" || (groups.is_empty() && matches!(record, "CZ" | "IY" | "TO" | "CO")) {
            let basis = (record == "SH").then_some(line);
            groups.push(Prescription { basis, dispensings: Vec::new(), items: Vec::new() });
        }
        if let Some(group) = groups.last_mut() {
            match record {
                "CZ" => group.dispensings.push(line),
                "IY" | "TO" | "CO" => group.items.push(line),
                _ => {}
            }
        }
    }
    let mut records = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        if group.basis.is_none() {
            let at = group
                .items
                .first()
                .or(group.dispensings.first())
                .map_or_else(String::new, |line| line.place());
            problems.push(Problem::new("missing", at, "no record SH before it"));
        }
        write(group, number + 1, receipt, context, &mut records, problems);
    }
    let remarks: Vec<Value> = receipt.of("TK").filter_map(|line| comment(line, problems)).collect();
    if let (false, Some(first)) = (remarks.is_empty(), receipt.of("TK").next()) {
        records.push(context.record("remarks", communication(context, remarks), first));
    }
    records
}

fn communication(context: &Context<'_>, notes: Vec<Value>) -> Resource {
    let mut told = context.resource("Communication", "");
    told.insert("status".into(), "completed".into());
    put(&mut told, "category", vec![json!({"text": "レセプトの摘要"})]);
    told.insert("subject".into(), context.subject());
    told.insert("sent".into(), context.month.clone().into());
    put(&mut told, "payload", notes.into_iter().map(payload).collect());
    told
}

/// One day a prescription was dispensed: the day, how many days or times, by whom and when prescribed.
#[derive(Default)]
struct Dispensing {
    day: Option<String>,
    count: Option<serde_json::Number>,
    prescribed: Option<String>,
    doctor: String,
}

impl Dispensing {
    fn read(line: &Line<'_, '_>, receipt: &Receipt<'_, '_, '_>, problems: &mut Vec<Problem>) -> Self {
        let number = line.peek("医師No");
        let doctor = format!("保険医氏名{}", number.trim_start_matches('0'));
        Self {
            day: line.date("調剤年月日", problems).map(|date| date.fhir()),
            count: line.number_of("調剤数量", problems),
            prescribed: line.date("処方箋交付年月日", problems).map(|date| date.fhir()),
            doctor: receipt.common.look(&doctor).to_owned(),
        }
    }
}

fn write(
    group: &Prescription<'_, '_, '_>,
    number: usize,
    receipt: &Receipt<'_, '_, '_>,
    context: &Context<'_>,
    records: &mut Vec<StatedRecord>,
    problems: &mut Vec<Problem>,
) {
    // SH and CZ are told by the drugs; without one the claim keeps them.
    let has_drug = group.items.iter().any(|line| line.record() == "IY");
    let mut usage = Usage::default();
    let mut dispensings: Vec<Dispensing> = Vec::new();
    if has_drug {
        usage = Usage::read(group.basis, problems);
        dispensings =
            group.dispensings.iter().map(|line| Dispensing::read(line, receipt, problems)).collect();
    }
    if dispensings.is_empty() {
        dispensings.push(Dispensing::default());
    }
    let mut orphans = Vec::new();
    let first = records.len();
    let (mut last, mut count) = (first..first, 0);
    for line in &group.items {
        if line.record() == "CO" {
            let Some(note) = comment(line, problems) else { continue };
            match records.get_mut(last.clone()).filter(|records| !records.is_empty()) {
                Some(above) => {
                    above.iter_mut().for_each(|record| add(&mut record.resource, "note", note.clone()))
                }
                None => orphans.push((note, *line)),
            }
            continue;
        }
        count += 1;
        let start = records.len();
        if line.record() == "IY" {
            drug(line, &usage, &dispensings, (number, count), receipt, context, records, problems);
        } else {
            let days = group.dispensings.iter().filter_map(|each| each.peek_date("調剤年月日"));
            let days = days.map(|day| (day.fhir(), "1".to_owned()));
            let (code, name) = (line.code("特定器材コード"), line.take("商品名及び規格又はサイズ"));
            let used = device(context, &code, name, &days.collect::<Vec<_>>(), line.rest(problems));
            records.push(context.record(&format!("rx{number}/device{count}"), used, line));
        }
        last = start..records.len();
    }
    if let Some((_, line)) = orphans.first() {
        let line: &Line<'_, '_> = line;
        let notes = orphans.iter().map(|(note, _)| note.clone()).collect();
        records.push(context.record(&format!("rx{number}/comment"), communication(context, notes), line));
    }
}

/// SH: form, usage and special instruction of a prescription.
#[derive(Default)]
struct Usage {
    form: String,
    dosage: Resource,
    extensions: Vec<Value>,
}

impl Usage {
    fn read(line: Option<&Line<'_, '_>>, problems: &mut Vec<Problem>) -> Self {
        let mut usage = Self::default();
        let Some(line) = line else { return usage };
        usage.form = line.code("剤形");
        let words = form(&usage.form);
        if words.is_empty() && !usage.form.is_empty() {
            let text = "not a dosage form of the format; kept as it is";
            problems.push(Problem::new("unknown-code", line.at("剤形"), text));
        }
        if !usage.form.is_empty() {
            let coding = coding("dosage-form", &usage.form, words);
            usage.extensions.push(json!({"url": extension("dosage-form"), "valueCoding": coding}));
        }
        let (code, special) = (line.code("用法"), line.take("特別指示"));
        let words = super::code::usage(&code);
        if !code.is_empty() {
            let timing = json!({"code": {"coding": [coding("usage", &code, words)]}});
            usage.dosage.insert("timing".into(), timing);
        }
        let told: Vec<&str> = [words, special].into_iter().filter(|text| !text.is_empty()).collect();
        usage.dosage.insert("text".into(), told.join("、").into());
        usage.extensions.extend(line.rest(problems));
        usage
    }
}

#[expect(clippy::too_many_arguments, reason = "a drug is told by its record, its SH, its CZ and its receipt")]
fn drug(
    line: &Line<'_, '_>,
    usage: &Usage,
    dispensings: &[Dispensing],
    (number, count): (usize, usize),
    receipt: &Receipt<'_, '_, '_>,
    context: &Context<'_>,
    records: &mut Vec<StatedRecord>,
    problems: &mut Vec<Problem>,
) {
    let code = line.code("医薬品コード");
    if code.is_empty() {
        problems.push(Problem::new("missing", line.at("医薬品コード"), "no code"));
    }
    let amount = line.number_of("使用量", problems).map(|value| json!({"value": value}));
    let single = line.number_of("1回用量", problems).map(|value| json!({"value": value}));
    let rest = line.rest(problems);
    for (index, dispensing) in dispensings.iter().enumerate() {
        let mut dispense = context.resource("MedicationDispense", "JP_MedicationDispense");
        let mut extensions = usage.extensions.clone();
        extensions.extend(rest.iter().cloned());
        let concept = json!({"coding": [{"system": DRUG, "code": code}]});
        put(&mut dispense, "contained", prescription(receipt, context, dispensing, &concept));
        dispense.insert("status".into(), "completed".into());
        dispense.insert("medicationCodeableConcept".into(), concept);
        dispense.insert("subject".into(), context.subject());
        let performer = context.performer().map(|name| json!({"actor": name}));
        put(&mut dispense, "performer", performer.into_iter().collect());
        put(&mut dispense, "authorizingPrescription", vec![json!({"reference": "#prescription"})]);
        let day = dispensing.day.clone().unwrap_or_else(|| context.month.clone());
        dispense.insert("whenHandedOver".into(), day.into());
        let mut dosage = usage.dosage.clone();
        let times = dispensing.count.as_ref().map(|value| json!({"value": value}));
        let mut doses = Vec::new();
        match (usage.form.as_str(), &amount) {
            ("1" | "6" | "7", Some(amount)) => {
                let day = json!({"value": 1, "unit": "日", "system": codes::UCUM, "code": "d"});
                doses.push(json!({"rateRatio": {"numerator": amount, "denominator": day}}));
            }
            ("3", Some(amount)) => doses.push(json!({"doseQuantity": amount})),
            (_, Some(amount)) if dispensing.count.as_ref().is_none_or(|count| count.to_string() == "1") => {
                dispense.insert("quantity".into(), amount.clone());
            }
            (_, Some(amount)) => {
                extensions.push(json!({"url": extension("amount-each-time"), "valueQuantity": amount}));
            }
            (_, None) => {}
        }
        if let (Some(count), "1" | "6" | "7") = (&dispensing.count, usage.form.as_str()) {
            dispense.insert(
                "daysSupply".into(),
                json!({"value": count, "unit": "日", "system": codes::UCUM, "code": "d"}),
            );
        } else if let Some(times) = times {
            extensions.push(json!({"url": extension("dispensed-count"), "valueQuantity": times}));
        }
        if let Some(single) = &single {
            extensions.push(json!({"url": extension("single-dose"), "valueQuantity": single}));
        }
        put(&mut dosage, "doseAndRate", doses);
        put(&mut dispense, "dosageInstruction", vec![dosage.into()]);
        put(&mut dispense, "extension", extensions);
        let name = format!("rx{number}/drug{count}/{}", index + 1);
        records.push(context.record(&name, dispense, line));
    }
}

/// What was prescribed: by whom, where, when.
fn prescription(
    receipt: &Receipt<'_, '_, '_>,
    context: &Context<'_>,
    dispensing: &Dispensing,
    concept: &Value,
) -> Vec<Value> {
    let common = receipt.common;
    let (place, number) = (common.look("処方元名称"), common.peek("処方元コード"));
    let whole = format!("{:0>2}{}{number:0>7}", common.peek("処方元都道府県"), common.peek("処方元点数表"));
    let mut organization = json!({"display": place});
    if let (Some(organization), false) =
        (organization.as_object_mut(), number.is_empty() || whole.len() != 10)
    {
        organization.insert("identifier".into(), json!({"system": INSTITUTION, "value": whole}));
    }
    let role = json!({
        "resourceType": "PractitionerRole",
        "id": "prescriber",
        "practitioner": {"display": dispensing.doctor},
        "organization": organization,
    });
    let name = if dispensing.doctor.is_empty() { place } else { &dispensing.doctor };
    let mut request = json!({
        "resourceType": "MedicationRequest",
        "id": "prescription",
        "status": "completed",
        "intent": "order",
        "medicationCodeableConcept": concept,
        "subject": context.subject(),
        "requester": {"reference": "#prescriber", "display": name},
    });
    if let (Some(request), Some(day)) = (request.as_object_mut(), &dispensing.prescribed) {
        request.insert("authoredOn".into(), day.clone().into());
    }
    vec![role, request]
}
