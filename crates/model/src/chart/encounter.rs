//! Visits, stays and the movements within a stay.

use super::{ChartRow, concept, named, timed};
use crate::fhir::{self, concept_label, first_text, list, text};
use crate::reading::Resource;

/// Movements within a stay (SS-MIX2): their own moment, not the stay's, is where they stand.
const MOVEMENTS: [&str; 6] = ["ADT-01", "ADT-31", "ADT-32", "ADT-41", "ADT-42", "ADT-51"];

pub(super) fn row(resource: &Resource, row: ChartRow) -> ChartRow {
    let place = ["location.0.period.start", "participant.0.period.start", "location.0.period.end"];
    let moved = MOVEMENTS.iter().any(|code| fhir::has_code(list(resource, "type"), code));
    let own = first_text(resource, &place).filter(|_| moved);
    let mut row = timed(row, resource, &["period.start", "period.end"], &["period.end"]);
    if let Some(own) = own {
        row.end = text(resource, "location.0.period.end").filter(|end| *end != own).map(str::to_owned);
        row.time = own.to_owned();
    }
    row = named(row, concept(resource, &["type"]));
    let class = text(resource, "class.code").unwrap_or_default();
    if row.label.is_empty() {
        row.label = match class {
            "IMP" | "ACUTE" | "NONAC" => "入院",
            "AMB" => "外来",
            "EMER" => "救急",
            "HH" => "訪問",
            _ => text(resource, "class.display").unwrap_or("受診"),
        }
        .to_owned();
    }
    let department = fhir::get(resource, "serviceType").and_then(concept_label);
    row.value = department
        .or_else(|| text(resource, "location.0.location.display"))
        .or_else(|| fhir::get(resource, "reasonCode.0").and_then(concept_label))
        .unwrap_or_default()
        .to_owned();
    match class {
        "IMP" | "ACUTE" | "NONAC" => row.flag("inpatient"),
        "AMB" => row.flag("outpatient"),
        other => row.flag(other),
    }
}
