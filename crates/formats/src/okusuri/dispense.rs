//! One drug of a dispensing (record 201 with its RP) as MedicationDispense (JP_MedicationDispense).

use super::Source;
use super::code;
use super::line::Line;
use super::notebook::{Dispensing, Group};
use super::party;
use super::patient::put;
use model::reading::{Extent, Problem, StatedRecord};
use serde_json::{Map, Value, json};

/// Every drug of a dispensing.
pub(super) fn records(
    dispensing: &Dispensing<'_>,
    set: &str,
    source: &Source,
    problems: &mut Vec<Problem>,
) -> Vec<StatedRecord> {
    if dispensing.groups.iter().all(|group| group.drugs.is_empty()) {
        return Vec::new();
    }
    let parties = party::dispensers(dispensing.facility.as_ref(), &dispensing.staff, problems);
    let day = dispensing.day.peek_date(2).map(|date| date.fhir());
    let day_creator = dispensing.day.creator(3, problems);
    let mut records = Vec::new();
    let groups: Vec<&Group<'_>> = dispensing.groups.iter().filter(|group| !group.drugs.is_empty()).collect();
    for (place, group) in groups.iter().enumerate() {
        let of = group.prescription;
        let doctor = of.prescriber.and_then(|index| dispensing.prescribers.get(index));
        let facility = of.facility.and_then(|index| dispensing.prescriber_facilities.get(index));
        // The doctor's and the facility's oddities are said once, not for every RP.
        let known = groups.iter().take(place).any(|each| each.prescription == of);
        let mut silent = Vec::new();
        let told = if known { &mut silent } else { &mut *problems };
        let (prescribers, requester) = party::prescribers(facility, doctor, told);
        let usage = Usage::read(group, problems);
        if group.usage.is_none() {
            let at = group.drugs.first().map_or_else(String::new, |(line, _)| line.at(2));
            problems.push(Problem::new("missing", at, "no record 301 (usage) for this RP"));
        }
        for (index, (line, remarks)) in group.drugs.iter().enumerate() {
            let mut dispense = source.resource("MedicationDispense", "JP_MedicationDispense");
            let drug = Drug::read(line, problems);
            let mut contained = parties.contained.clone();
            contained.extend(prescribers.iter().cloned());
            if requester.is_some() || drug.generic.is_some() {
                contained.push(prescription(&drug, requester.as_ref(), source));
            }
            let prescribed = requester.is_some() || drug.generic.is_some();
            put(&mut dispense, "contained", contained);
            let identifiers =
                [(code::RP_NUMBER, group.number.clone()), (code::RP_INDEX, (index + 1).to_string())];
            let identifiers = identifiers
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(system, value)| json!({"system": system, "value": value}));
            put(&mut dispense, "identifier", identifiers.collect());
            dispense.insert("status".into(), "completed".into());
            dispense.insert("medicationCodeableConcept".into(), drug.concept.clone());
            dispense.insert("subject".into(), source.subject());
            put(&mut dispense, "performer", parties.performers.clone());
            if prescribed {
                put(&mut dispense, "authorizingPrescription", vec![json!({"reference": "#prescription"})]);
            }
            let mut extensions = drug.extensions.clone();
            let dose = usage.apply(&drug, &mut dispense, &mut extensions);
            put(&mut dispense, "extension", extensions);
            if let Some(day) = &day {
                dispense.insert("whenHandedOver".into(), day.clone().into());
            }
            if !day_creator.is_empty() {
                dispense.insert("_whenHandedOver".into(), json!({"extension": day_creator}));
            }
            let instructions = usage.instructions.iter().cloned();
            let instructions: Vec<Value> =
                remarks.iter().map(|line| instruction(line, problems)).chain(instructions).collect();
            put(&mut dispense, "dosageInstruction", usage.dosage(dose, instructions));
            let (key, at) = (format!("{set}/rp{}.{}/{}", place + 1, group.number, index + 1), line.place());
            records.push(StatedRecord { key, resource: dispense, extent: Extent::Whole, at });
        }
    }
    records
}

/// Record 201.
struct Drug {
    concept: Value,
    generic: Option<Value>,
    amount: Option<Value>,
    extensions: Vec<Value>,
}

impl Drug {
    fn read(line: &Line<'_>, problems: &mut Vec<Problem>) -> Self {
        let name = line.take(3);
        if name.is_empty() {
            problems.push(Problem::new("missing", line.at(3), "no drug name"));
        }
        let coded = |kind_field: usize, code_field: usize, problems: &mut Vec<Problem>| {
            let (kind, code) = (line.code(kind_field), line.code(code_field));
            if code.is_empty() && !matches!(kind.as_str(), "" | "1") {
                let text = format!("the kind says that a code follows, field {code_field} has none");
                problems.push(Problem::new("missing-code", line.at(kind_field), text));
            }
            (kind, code)
        };
        let (kind, written) = coded(6, 7, problems);
        let (generic_kind, generic_code) = coded(10, 11, problems);
        let generic_name = line.take(9);
        let generic_coding = code::generic(&generic_kind, &generic_code);
        let codings: Vec<Value> =
            code::drug(&kind, &written).into_iter().chain(generic_coding.clone()).collect();
        let mut concept = Map::new();
        put(&mut concept, "coding", codings);
        concept.insert("text".into(), name.into());
        let generic = (!generic_name.is_empty() || generic_coding.is_some()).then(|| {
            let mut generic = Map::new();
            put(&mut generic, "coding", generic_coding.into_iter().collect());
            if !generic_name.is_empty() {
                generic.insert("text".into(), generic_name.into());
            }
            Value::Object(generic)
        });
        let amount = quantity(line.decimal(4, problems), line.take(5));
        Self { concept: concept.into(), generic, amount, extensions: line.creator(8, problems) }
    }
}

fn quantity(value: Option<serde_json::Number>, unit: &str) -> Option<Value> {
    let mut quantity = Map::new();
    if let Some(value) = value {
        quantity.insert("value".into(), value.into());
    }
    if !unit.is_empty() {
        quantity.insert("unit".into(), unit.into());
    }
    (!quantity.is_empty()).then(|| quantity.into())
}

/// Records 301, 311 and 391 of an RP.
struct Usage {
    text: String,
    coding: Option<Value>,
    count: Option<Value>,
    count_unit: String,
    form: String,
    extensions: Vec<Value>,
    instructions: Vec<Value>,
}

impl Usage {
    fn read(group: &Group<'_>, problems: &mut Vec<Problem>) -> Self {
        let mut usage = Self {
            text: String::new(),
            coding: None,
            count: None,
            count_unit: String::new(),
            form: String::new(),
            extensions: Vec::new(),
            instructions: Vec::new(),
        };
        usage.instructions = group.remarks.iter().map(|line| instruction(line, problems)).collect();
        let Some(line) = &group.usage else {
            return usage;
        };
        usage.text = line.take(3).to_owned();
        usage.count_unit = line.take(5).to_owned();
        usage.count = quantity(line.decimal(4, problems), &usage.count_unit);
        usage.form = line.code(6);
        let (kind, written) = (line.code(7), line.code(8));
        if written.is_empty() && !matches!(kind.as_str(), "" | "1") {
            let text = "the kind says that a code follows, field 8 has none";
            problems.push(Problem::new("missing-code", line.at(7), text));
        }
        usage.coding = code::usage(&kind, &written);
        usage.extensions = line.creator(9, problems);
        if !usage.form.is_empty() {
            let display = code::form(&usage.form);
            if display.is_empty() {
                let text = "not a dosage form of the format; kept as it is";
                problems.push(Problem::new("unknown-code", line.at(6), text));
            }
            let coding =
                json!({"system": "urn:hakucho:jahis:dosage-form", "code": usage.form, "display": display});
            usage.extensions.push(json!({"url": "urn:hakucho:extension:dosage-form", "valueCoding": coding}));
        }
        usage
    }

    /// What the amount of record 201 means follows from the form: a day's amount (内服, 浸煎, 湯), one dose
    /// (屯服), else the whole. Gives `doseAndRate`.
    fn apply(
        &self,
        drug: &Drug,
        dispense: &mut Map<String, Value>,
        extensions: &mut Vec<Value>,
    ) -> Option<Value> {
        let days = self.count_unit.contains('日');
        let daily = matches!(self.form.as_str(), "1" | "6" | "7") || (self.form.is_empty() && days);
        let amount = drug.amount.clone();
        let whole = matches!(self.form.as_str(), "2" | "4" | "5" | "9" | "10");
        let mut dose = None;
        if daily {
            let day = json!({"value": 1, "unit": "日", "system": "http://unitsofmeasure.org", "code": "d"});
            dose = amount.map(|amount| json!({"rateRatio": {"numerator": amount, "denominator": day}}));
        } else if self.form == "3" {
            dose = amount.map(|amount| json!({"doseQuantity": amount}));
        } else if let (true, Some(amount)) = (whole, &amount) {
            dispense.insert("quantity".into(), amount.clone());
        } else if let Some(amount) = amount {
            // Neither form nor days: whether a dose, a day or all is meant is not said.
            let url = "urn:hakucho:extension:amount-as-written";
            extensions.push(json!({"url": url, "valueQuantity": amount}));
        }
        if let Some(count) = &self.count {
            if days {
                let mut supply = count.clone();
                if let Some(supply) = supply.as_object_mut() {
                    supply.insert("system".into(), "http://unitsofmeasure.org".into());
                    supply.insert("code".into(), "d".into());
                }
                dispense.insert("daysSupply".into(), supply);
            } else if self.form == "3" {
                dispense.insert("quantity".into(), count.clone());
            } else {
                let url = "urn:hakucho:extension:dispensed-count";
                extensions.push(json!({"url": url, "valueQuantity": count}));
            }
        }
        dose
    }

    fn dosage(&self, dose: Option<Value>, instructions: Vec<Value>) -> Vec<Value> {
        let mut dosage = Map::new();
        put(&mut dosage, "extension", self.extensions.clone());
        if !self.text.is_empty() {
            dosage.insert("text".into(), self.text.clone().into());
        }
        put(&mut dosage, "additionalInstruction", instructions);
        if self.coding.is_some() {
            let mut code = Map::new();
            put(&mut code, "coding", self.coding.iter().cloned().collect());
            if !self.text.is_empty() {
                code.insert("text".into(), self.text.clone().into());
            }
            dosage.insert("timing".into(), json!({"code": code}));
        }
        put(&mut dosage, "doseAndRate", dose.into_iter().collect());
        if dosage.is_empty() { Vec::new() } else { vec![dosage.into()] }
    }
}

/// Records 281, 291, 311 and 391 as `additionalInstruction`.
fn instruction(line: &Line<'_>, problems: &mut Vec<Problem>) -> Value {
    let mut concept = code::record_category(line.kind());
    if let Some(concept) = concept.as_object_mut() {
        put(concept, "extension", line.creator(4, problems));
        concept.insert("text".into(), line.take(3).into());
    }
    concept
}

/// What was prescribed, as far as the notebook says: by whom, and the generic name.
fn prescription(drug: &Drug, requester: Option<&Value>, source: &Source) -> Value {
    let mut request = Map::new();
    request.insert("resourceType".into(), "MedicationRequest".into());
    request.insert("id".into(), "prescription".into());
    request.insert("status".into(), "completed".into());
    request.insert("intent".into(), "order".into());
    let concept = drug.generic.as_ref().unwrap_or(&drug.concept);
    request.insert("medicationCodeableConcept".into(), concept.clone());
    request.insert("subject".into(), source.subject());
    if let Some(requester) = requester {
        request.insert("requester".into(), requester.clone());
    }
    request.into()
}
