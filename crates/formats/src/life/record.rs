//! The record of one column of a row: an Observation, or what it more naturally is.
//!
//! A diagnosis code is a Condition, a drug code a MedicationStatement, a goal a Goal, everything else an
//! Observation. A column that stands beside such a code (the disease's name, the onset) is an Observation of
//! its own and repeated in the code's record as the row says it; a name without a code makes the Condition or
//! MedicationStatement too. Sets and patches: [`super`].

use super::place::Place;
use super::sheet::{Row, Sheet};
use super::table::{Interface, Kind, TABLE};
use super::value::{self, COLUMN, Read, day, number, quantity};
use model::codes;
use model::reading::{Extent, Problem, Resource, StatedRecord};
use serde_json::{Map, Value, json};

/// レセプト電算コード of drugs.
const CLAIM_DRUG: &str = "urn:oid:1.2.392.100495.20.1.71";
/// Columns that date a form the table does not know, best first.
const DATES: [&str; 5] =
    ["evaluate_date", "implementation_date", "adl_evaluate", "create_date", "dispensing_date"];

/// A column as the table knows it, or as the header alone does.
#[derive(Clone, Copy)]
pub(super) struct Column<'a> {
    pub id: &'a str,
    pub label: &'a str,
    pub kind: Kind,
    pub date: &'a str,
}

/// A row with what its records share.
pub(super) struct Form<'a> {
    pub place: &'a Place,
    pub row: &'a Row<'a>,
    pub interface: Option<&'static Interface>,
}

impl Form<'_> {
    /// The day of the form itself, as FHIR.
    pub fn day(&self, sheet: &Sheet) -> Option<String> {
        let own = self.interface.map(|interface| interface.date);
        let guess = || DATES.into_iter().find(|date| sheet.has(date)).unwrap_or_default();
        day(self.row.value(own.unwrap_or_else(guess))).ok().map(|(day, _)| day)
    }

    /// When a column's value is of: its own date's column, else the form's day; a bare day is its own.
    fn effective(&self, column: &Column<'_>, sheet: &Sheet) -> Option<(&'static str, Value)> {
        let given = |column: &str| day(self.row.value(column)).ok().map(|(day, _)| day);
        let certified = self.interface.is_some_and(|interface| interface.date.is_empty());
        if certified && matches!(column.kind, Kind::Coded(_)) {
            let mut period = Map::new();
            for (edge, column) in [("start", "care_period_start"), ("end", "care_period_end")] {
                if let Some(day) = given(column) {
                    period.insert(edge.into(), day.into());
                }
            }
            if !period.is_empty() {
                return Some(("effectivePeriod", period.into()));
            }
        }
        let day = given(column.date).or_else(|| self.day(sheet)).or_else(|| {
            let own = (column.kind == Kind::Day).then(|| given(column.id));
            own.flatten().or_else(|| given("certified_date"))
        });
        day.map(|day| ("effectiveDateTime", day.into()))
    }

    /// The records of a column that has a value.
    pub fn records(
        &self,
        column: &Column<'_>,
        sheet: &Sheet,
        restricted: bool,
        problems: &mut Vec<Problem>,
    ) -> Vec<StatedRecord> {
        let raw = self.row.value(column.id);
        let system = match column.kind {
            Kind::Drug { .. } => self.drug_system(),
            _ => format!("{COLUMN}:{}.{}", self.place.interface, column.id),
        };
        let read = value::read(column.kind, raw, &system, &self.row.code("evaluate_method"));
        if let Some((code, text)) = &read.problem {
            problems.push(Problem::new(code, self.row.at(column.id), text.clone()));
        }
        let effective = self.effective(column, sheet);
        let mut resource = match column.kind {
            Kind::Diagnosis { name, onset } if read.is_plain() => self.condition(read.value, name, onset),
            Kind::Drug { name, start } if read.is_plain() => self.medication(read.value, name, start),
            Kind::Goal(_) => self.goal(column, read, self.day(sheet)),
            _ => self.observation(column, read, effective),
        };
        resource.insert("extension".into(), json!([self.place.extension(Some(column.id))]));
        if restricted {
            restrict(&mut resource);
        }
        let key = self.place.set(column.id);
        let record = |key: String, resource| StatedRecord {
            key,
            resource,
            extent: Extent::Whole,
            at: self.row.at(column.id),
        };
        let mut records = vec![record(key.clone(), resource)];
        records.extend(self.named(column, raw).map(|resource| record(format!("{key}/named"), resource)));
        records
    }

    /// The Condition or MedicationStatement of a name whose code is not given.
    fn named(&self, column: &Column<'_>, raw: &str) -> Option<Resource> {
        let mut fields = self.interface?.fields.iter();
        let (code, disease, beginning) = fields.find_map(|field| match field.kind {
            Kind::Diagnosis { name, onset } if name == column.id => Some((field.id, true, onset)),
            Kind::Drug { name, start } if name == column.id => Some((field.id, false, start)),
            _ => None,
        })?;
        if raw.trim().is_empty() || !self.row.code(code).is_empty() {
            return None;
        }
        let concept = Value::Object(Map::new());
        let mut resource = if disease {
            self.condition(concept, column.id, beginning)
        } else {
            self.medication(concept, column.id, beginning)
        };
        resource.insert("extension".into(), json!([self.place.extension(None)]));
        Some(resource)
    }

    /// The columns whose words would tell a diagnosis that is specially protected by its code.
    pub fn restricted(&self) -> Vec<&'static str> {
        let fields = self.interface.map_or(&[][..], |interface| &interface.fields).iter();
        fields
            .filter_map(|field| match field.kind {
                Kind::Diagnosis { name, onset } if !name.is_empty() => {
                    let read = value::read(field.kind, self.row.value(field.id), codes::ICD10, "");
                    let condition = self.condition(read.value, name, onset);
                    model::chart::sensitive(&condition).then_some(name)
                }
                _ => None,
            })
            .collect()
    }

    fn resource(&self, kind: &str, profile: &str) -> Resource {
        let mut resource = Map::new();
        resource.insert("resourceType".into(), kind.into());
        resource.insert("meta".into(), meta(self.place, profile));
        resource
    }

    fn observation(
        &self,
        column: &Column<'_>,
        read: Read,
        effective: Option<(&'static str, Value)>,
    ) -> Resource {
        let mut observation = blank(self.place, column.id, column.label);
        if let Some((element, value)) = effective {
            observation.insert(element.into(), value);
        }
        observation.insert(read.element.into(), read.value);
        observation
    }

    fn condition(&self, mut concept: Value, name: &str, onset: &str) -> Resource {
        let mut condition = self.resource("Condition", "JP_Condition");
        condition.insert("category".into(), json!([category()]));
        name_it(&mut concept, self.row.value(name));
        condition.insert("code".into(), concept);
        condition.insert("subject".into(), self.place.subject());
        if let Ok((day, _)) = day(self.row.value(onset)) {
            condition.insert("onsetDateTime".into(), day.into());
        }
        condition
    }

    fn medication(&self, mut concept: Value, name: &str, start: &str) -> Resource {
        let mut medication = self.resource("MedicationStatement", "JP_MedicationStatement");
        let stopped = self.row.code("change_status") == "41";
        medication.insert("status".into(), if stopped { "stopped" } else { "active" }.into());
        name_it(&mut concept, self.row.value(name));
        medication.insert("medicationCodeableConcept".into(), concept);
        medication.insert("subject".into(), self.place.subject());
        if let Ok((day, _)) = day(self.row.value(start)) {
            medication.insert("effectiveDateTime".into(), day.into());
        }
        let mut dosage = Map::new();
        let usage = self.row.value("method_name").trim();
        if !usage.is_empty() {
            dosage.insert("text".into(), usage.into());
        }
        if let Some(dose) = number(self.row.value("dose")) {
            let dose = quantity(dose, self.row.value("unit_name").trim());
            dosage.insert("doseAndRate".into(), json!([{"doseQuantity": dose}]));
        }
        // 調剤数量 counts days for 内服 alone; for the others it counts times or nothing.
        let days = number(self.row.value("dispensing_quantity"))
            .filter(|_| self.row.code("dosage_form_code") == "1");
        if let Some(days) = days {
            let bounds = json!({"value": days, "unit": "日", "system": codes::UCUM, "code": "d"});
            dosage.insert("timing".into(), json!({"repeat": {"boundsDuration": bounds}}));
        }
        if !dosage.is_empty() {
            medication.insert("dosage".into(), json!([dosage]));
        }
        medication
    }

    fn goal(&self, column: &Column<'_>, read: Read, start: Option<String>) -> Resource {
        let mut goal = self.resource("Goal", "");
        goal.insert("lifecycleStatus".into(), "active".into());
        let mut category = category();
        if let Some(codings) = category.get_mut("coding").and_then(Value::as_array_mut) {
            codings.push(coding(self.place, column.id, column.label));
        }
        goal.insert("category".into(), json!([category]));
        let description = if read.is_plain() { read.value } else { json!({"text": read.value}) };
        goal.insert("description".into(), description);
        goal.insert("subject".into(), self.place.subject());
        if let Some(day) = start {
            goal.insert("startDate".into(), day.into());
        }
        goal
    }

    fn drug_system(&self) -> String {
        let kind = [self.row.code("chemical_code_type"), self.row.code("drug_code_category")].concat();
        match kind.as_str() {
            "" | "2" => CLAIM_DRUG.to_owned(),
            _ => format!("{COLUMN}:drug-code-kind:{kind}"),
        }
    }
}

/// An Observation of a column without a value: what says that there is none any more.
pub(super) fn blank(place: &Place, column: &str, label: &str) -> Resource {
    let own = coding(place, column, label);
    let loinc = loinc(column)
        .map(|(code, display)| json!({"system": codes::LOINC, "code": code, "display": display}));
    let codings: Vec<Value> = loinc.into_iter().chain([own]).collect();
    let observation = json!({
        "resourceType": "Observation",
        "meta": meta(place, "JP_Observation_Common"),
        "extension": [place.extension(Some(column))],
        "status": "final",
        "category": [category()],
        "code": {"coding": codings, "text": label},
        "subject": place.subject(),
    });
    match observation {
        Value::Object(observation) => observation,
        _ => Map::new(),
    }
}

/// The measures that LOINC has: code and its own name.
pub(super) fn loinc(column: &str) -> Option<(&'static str, &'static str)> {
    match column {
        "height" => Some(("8302-2", "Body height")),
        "weight" => Some(("29463-7", "Body weight")),
        "bmi" => Some(("39156-5", "Body mass index (BMI) [Ratio]")),
        "serum_albumin_value" => Some(("1751-7", "Albumin [Mass/volume] in Serum or Plasma")),
        _ => None,
    }
}

/// The profile of JP Core, if there is one, and the form as a tag.
fn meta(place: &Place, profile: &str) -> Value {
    let mut tag = json!({"system": format!("{COLUMN}:interface"), "code": place.interface});
    if let (Some(interface), Some(tag)) = (TABLE.interface(&place.interface), tag.as_object_mut()) {
        tag.insert("display".into(), interface.title.into());
    }
    if profile.is_empty() {
        return json!({"tag": [tag]});
    }
    json!({"profile": [format!("http://jpfhir.jp/fhir/core/StructureDefinition/{profile}")], "tag": [tag]})
}

fn category() -> Value {
    json!({"coding": [{"system": "urn:hakucho:category", "code": "care"}]})
}

fn coding(place: &Place, column: &str, label: &str) -> Value {
    json!({"system": COLUMN, "code": format!("{}.{column}", place.interface), "display": label})
}

/// Puts the name beside the code.
fn name_it(concept: &mut Value, name: &str) {
    if let (Some(concept), false) = (concept.as_object_mut(), name.trim().is_empty()) {
        concept.insert("text".into(), name.trim().into());
    }
}

/// Marks what would tell a specially protected diagnosis.
fn restrict(resource: &mut Resource) {
    let system = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
    let security = json!([{"system": system, "code": "R", "display": "restricted"}]);
    if let Some(meta) = resource.get_mut("meta").and_then(Value::as_object_mut) {
        meta.insert("security".into(), security);
    }
}
