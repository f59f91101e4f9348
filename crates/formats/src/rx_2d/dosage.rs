//! How a drug is taken: records 101, 111 and 181 of the RP, 221, 241 and 281 of the drug, as Dosage.

use super::code;
use super::prescription::{Drug, Group};
use crate::okusuri::line::Line;
use crate::okusuri::patient::put;
use model::codes;
use model::reading::Problem;
use serde_json::{Map, Value, json};

/// What holds for every drug of an RP.
pub(super) struct Usage {
    /// 剤形区分: 1 内服, 2 頓服 …; empty without a record 101.
    pub form: String,
    text: String,
    coding: Option<Value>,
    times: Option<u64>,
    extensions: Vec<Value>,
    instructions: Vec<Value>,
    site: Option<Value>,
}

impl Usage {
    /// Records 101, 111 and 181.
    pub fn read(group: &Group<'_>, problems: &mut Vec<Problem>) -> Self {
        let mut usage = Self {
            form: String::new(),
            text: String::new(),
            coding: None,
            times: None,
            extensions: Vec::new(),
            instructions: Vec::new(),
            site: None,
        };
        let at = group.drugs.first().map_or_else(String::new, |drug| drug.line.at(2));
        let mut missing = |text: &str| problems.push(Problem::new("missing", at.clone(), text));
        if group.form.is_none() {
            missing("no record 101 (form) for this RP");
        }
        if group.usage.is_none() {
            missing("no record 111 (usage) for this RP");
        }
        if let Some(line) = &group.form {
            usage.form = line.code(3).trim_start_matches('0').to_owned();
            let mut form = Map::new();
            put(&mut form, "coding", code::coding(line, 3, code::FORM, problems).into_iter().collect());
            form.insert("text".into(), line.take(4).into());
            usage
                .extensions
                .push(json!({"url": "urn:hakucho:extension:dosage-form", "valueCodeableConcept": form}));
        }
        if let Some(line) = &group.usage {
            let (kind, written) = (line.code(3), line.code(4));
            usage.text = line.take(5).to_owned();
            usage.coding = crate::okusuri::code::usage(&kind, &written);
            usage.times = line.integer(6, problems);
            if written.is_empty() && !matches!(kind.as_str(), "" | "1") {
                let text = "the kind says that a code follows, field 4 has none";
                problems.push(Problem::new("missing-code", line.at(3), text));
            }
        }
        for line in &group.supplements {
            let site = line.code(7);
            let site = (!site.is_empty()).then(|| json!({"system": code::JAMI_SITE, "code": site}));
            if let (None, Some(site)) = (&usage.site, &site) {
                usage.site = Some(json!({"coding": [site], "text": line.look(5)}));
            }
            let columns = Columns { serial: 3, kind: 4, text: 5, code: 6 };
            let mut said = supplement(line, &columns, code::USAGE_SUPPLEMENT, problems);
            if let (Some(Value::Array(codings)), Some(site)) = (said.get_mut("coding"), site) {
                codings.push(site);
            }
            usage.instructions.push(said.into());
        }
        usage
    }

    /// True if the amount of record 201 is a day's (内服) or one dose (頓服); else it is handed out.
    pub fn is_dose(&self) -> bool {
        matches!(self.form.as_str(), "1" | "2")
    }
}

/// The Dosage of one drug.
pub(super) fn dosage(
    drug: &Drug<'_>,
    usage: &Usage,
    amount: Option<Value>,
    problems: &mut Vec<Problem>,
) -> Value {
    let mut dosage = Map::new();
    let mut extensions = usage.extensions.clone();
    let mut given = Map::new();
    if let Some(potency) = code::coding(&drug.line, 9, code::POTENCY, problems) {
        given.insert("type".into(), json!({"coding": [potency]}));
    }
    let unit = drug.line.look(10);
    let mut times = usage.times;
    let mut single = None;
    if let Some(line) = &drug.single {
        let text = line.take(4);
        single = if text.contains('/') || text.contains('／') { None } else { line.decimal(4, problems) };
        if single.is_none() && !text.is_empty() {
            // 2/3 and the like: one dose as written.
            extensions.push(json!({"url": "urn:hakucho:extension:single-dose", "valueString": text}));
        }
        let own = line.integer(5, problems);
        if let (Some(own), Some(_)) = (own, times) {
            let url = "urn:hakucho:extension:times-a-day";
            extensions.push(json!({"url": url, "valueInteger": own}));
        }
        times = times.or(own);
    }
    if let Some(single) = single {
        given.insert("doseQuantity".into(), quantity(single, unit));
    }
    if let Some(amount) = amount {
        match usage.form.as_str() {
            "1" => {
                let day = json!({"value": 1, "unit": "日", "system": codes::UCUM, "code": "d"});
                given.insert("rateRatio".into(), json!({"numerator": amount, "denominator": day}));
            }
            "2" if given.contains_key("doseQuantity") => {
                // Both said: the amount of record 201 beside the single dose of 241.
                let url = "urn:hakucho:extension:amount-as-written";
                extensions.push(json!({"url": url, "valueQuantity": amount}));
            }
            "2" => {
                given.insert("doseQuantity".into(), amount);
            }
            _ => {}
        }
    }
    put(&mut dosage, "extension", extensions);
    if !usage.text.is_empty() {
        dosage.insert("text".into(), usage.text.clone().into());
    }
    let mut instructions = usage.instructions.clone();
    instructions.extend(drug.uneven.iter().flat_map(|line| uneven(line, unit, problems)));
    let columns = Columns { serial: 4, kind: 5, text: 6, code: 7 };
    let own = drug.supplements.iter();
    instructions.extend(own.map(|line| supplement(line, &columns, code::DRUG_SUPPLEMENT, problems).into()));
    put(&mut dosage, "additionalInstruction", instructions);
    let mut timing = Map::new();
    if let Some(times) = times {
        timing.insert("repeat".into(), json!({"frequency": times, "period": 1, "periodUnit": "d"}));
    }
    if let Some(coding) = &usage.coding {
        timing.insert("code".into(), json!({"coding": [coding], "text": usage.text}));
    }
    if !timing.is_empty() {
        dosage.insert("timing".into(), timing.into());
    }
    if usage.form == "2" {
        dosage.insert("asNeededBoolean".into(), true.into());
    }
    if let Some(site) = &usage.site {
        dosage.insert("site".into(), site.clone());
    }
    if !given.is_empty() {
        put(&mut dosage, "doseAndRate", vec![given.into()]);
    }
    dosage.into()
}

fn quantity(value: serde_json::Number, unit: &str) -> Value {
    if unit.is_empty() { json!({"value": value}) } else { json!({"value": value, "unit": unit}) }
}

/// Where the fields of records 181 and 281 are.
struct Columns {
    serial: usize,
    kind: usize,
    text: usize,
    code: usize,
}

/// A record 181 or 281 as `additionalInstruction`.
fn supplement(
    line: &Line<'_>,
    columns: &Columns,
    table: (&str, &'static [(&'static str, &'static str)]),
    problems: &mut Vec<Problem>,
) -> Map<String, Value> {
    let mut concept = Map::new();
    put(&mut concept, "extension", serial(line, columns.serial));
    let mut codings = vec![json!({"system": "urn:hakucho:jahis:prescription-record", "code": line.kind()})];
    codings.extend(code::coding(line, columns.kind, table, problems));
    let jami = line.code(columns.code);
    if !jami.is_empty() {
        codings.push(json!({"system": code::JAMI_SUPPLEMENT, "code": jami}));
    }
    put(&mut concept, "coding", codings);
    let text = line.take(columns.text);
    if text.is_empty() {
        problems.push(Problem::new("missing", line.at(columns.text), "no text"));
    }
    concept.insert("text".into(), text.into());
    concept
}

/// The serial of a record, as an extension of what it became.
pub(super) fn serial(line: &Line<'_>, field: usize) -> Vec<Value> {
    let text = line.code(field);
    let url = "urn:hakucho:extension:record-serial";
    if text.is_empty() { Vec::new() } else { vec![json!({"url": url, "valueString": text})] }
}

/// Record 221: the doses of a day that are not alike, each as `additionalInstruction`.
fn uneven(line: &Line<'_>, unit: &str, problems: &mut Vec<Problem>) -> Vec<Value> {
    let turns = (0..5usize).filter_map(|turn| {
        let (dose, jami) = (line.take(4 + turn), line.code(9 + turn));
        if dose.is_empty() && jami.is_empty() {
            return None;
        }
        let mut codings = vec![json!({"system": "urn:hakucho:jahis:prescription-record", "code": "221"})];
        if !jami.is_empty() {
            codings.push(json!({"system": code::JAMI_SUPPLEMENT, "code": jami}));
        }
        let amount = line.decimal(4 + turn, problems);
        let mut extensions = Vec::new();
        if let Some(amount) = amount {
            let url = "urn:hakucho:extension:uneven-dose";
            extensions.push(json!({"url": url, "valueQuantity": quantity(amount, unit)}));
        }
        let text = format!("{}回目 {dose}{unit}", turn + 1);
        Some(json!({"extension": extensions, "coding": codings, "text": text}))
    });
    turns.collect()
}
