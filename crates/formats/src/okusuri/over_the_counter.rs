//! Records 3 and 31 (要指導医薬品・一般用医薬品) as MedicationStatement.

use super::Source;
use super::code;
use super::line::Line;
use super::patient::{fingerprint, put};
use model::reading::{Extent, Problem, StatedRecord};
use serde_json::{Map, Value, json};

/// One drug a person bought, with its ingredients. A set of its own, named by drug and first day.
pub(super) fn record(
    line: &Line<'_>,
    ingredients: &[Line<'_>],
    source: &Source,
    problems: &mut Vec<Problem>,
) -> StatedRecord {
    let name = line.take(2);
    if name.is_empty() {
        problems.push(Problem::new("missing", line.at(2), "no drug name"));
    }
    let (first, last) = (line.date(3, problems), line.date(4, problems));
    let mut statement = source.resource("MedicationStatement", "JP_MedicationStatement");
    let mut concept = Map::new();
    let jan = line.code(7);
    if !jan.is_empty() {
        let coding = json!({"system": "https://www.gs1.org/gtin", "code": jan});
        put(&mut concept, "coding", vec![coding]);
    }
    concept.insert("text".into(), name.into());
    if ingredients.is_empty() {
        statement.insert("medicationCodeableConcept".into(), concept.into());
    } else {
        let mut medication = json!({"resourceType": "Medication", "id": "drug", "code": concept});
        if let Some(medication) = medication.as_object_mut() {
            put(
                medication,
                "ingredient",
                ingredients.iter().map(|line| ingredient(line, problems)).collect(),
            );
        }
        put(&mut statement, "contained", vec![medication]);
        statement.insert("medicationReference".into(), json!({"reference": "#drug", "display": name}));
    }
    put(&mut statement, "extension", line.creator(5, problems));
    let serial = line.code(6);
    if !serial.is_empty() {
        let identifier = json!({"system": "urn:hakucho:jahis:over-the-counter-serial", "value": serial});
        put(&mut statement, "identifier", vec![identifier]);
    }
    // Without a last day it is not known whether it is still taken.
    statement.insert("status".into(), if last.is_some() { "completed" } else { "unknown" }.into());
    statement.insert(
        "category".into(),
        json!({
            "coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/medication-statement-category",
                "code": "patientspecified",
            }],
            "text": "要指導医薬品・一般用医薬品",
        }),
    );
    statement.insert("subject".into(), source.subject());
    let mut period = Map::new();
    for (edge, date) in [("start", first), ("end", last)] {
        if let Some(date) = date {
            period.insert(edge.into(), date.fhir().into());
        }
    }
    if !period.is_empty() {
        statement.insert("effectivePeriod".into(), period.into());
    }
    let day = first.map_or_else(|| line.look(3).to_owned(), |date| date.fhir());
    let print: String = fingerprint(&[name, &jan, &day]).chars().take(16).collect();
    let key = format!("okusuri/3/{print}");
    StatedRecord { key, resource: statement, extent: Extent::Whole, at: line.place() }
}

fn ingredient(line: &Line<'_>, problems: &mut Vec<Problem>) -> Value {
    let serial = line.take(2);
    let (kind, written) = (line.code(4), line.code(5));
    if written.is_empty() && !matches!(kind.as_str(), "" | "1") {
        let text = "the kind says that a code follows, field 5 has none";
        problems.push(Problem::new("missing-code", line.at(4), text));
    }
    let mut concept = Map::new();
    put(&mut concept, "coding", code::ingredient(&kind, &written).into_iter().collect());
    concept.insert("text".into(), line.take(3).into());
    let mut ingredient = Map::new();
    let mut extensions = line.creator(6, problems);
    extensions.push(json!({"url": "urn:hakucho:extension:over-the-counter-serial", "valueString": serial}));
    put(&mut ingredient, "extension", extensions);
    ingredient.insert("itemCodeableConcept".into(), concept.into());
    ingredient.into()
}
