//! What a record contributes to a person's course: rows of the chart index.
//!
//! A row is what the patient view draws without opening the record: when, what kind, what it is called, its
//! value. [`kind`] answers for every resource (it decides who may see it); [`rows`] is empty for resources
//! that are not an event or state of the course (Patient, Coverage, Organization, Bundle…).

use crate::codes;
use crate::facility::RecordKind;
use crate::fhir::{self, concept_label, first_text, list, text};
use crate::reading::Resource;
use serde::{Deserialize, Serialize};
use serde_json::Value;

mod encounter;
mod medication;
mod observation;
mod sensitive;

pub use sensitive::sensitive;

/// One row of the chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChartRow {
    /// When it was or began: FHIR date or dateTime as written (`2026-11-20` or `2026-11-20T10:20:00+09:00`),
    /// sortable as text within a day. Empty if the record does not say.
    pub time: String,
    /// When it ended, if it lasts and the end is known.
    pub end: Option<String>,
    /// What kind of record.
    pub kind: RecordKind,
    /// Code by which rows of different facilities are the same thing (`JLAC10` analyte, drug code, ICD-10…):
    /// `<system>|<code>`, or empty.
    pub code: String,
    /// What it is called, in the source's words.
    pub label: String,
    /// Its value as text, in the source's words.
    pub value: String,
    /// Unit of `number`, or empty.
    pub unit: String,
    /// Lower limit of the reference range.
    pub low: Option<f64>,
    /// Upper limit of the reference range.
    pub high: Option<f64>,
    /// The value as a number, where it is one.
    pub number: Option<f64>,
    /// Words separated by spaces: `H L HH LL A` (interpretation), `order planned entered-in-error preliminary
    /// corrected inpatient outpatient request dispense administration injection report none-known claims`…
    pub flags: String,
    /// Belongs to a specially protected group (psychiatry, HIV, genetics).
    pub sensitive: bool,
}

impl ChartRow {
    fn new(resource: &Resource, kind: RecordKind) -> Self {
        Self {
            time: String::new(),
            end: None,
            kind,
            code: String::new(),
            label: String::new(),
            value: String::new(),
            unit: String::new(),
            low: None,
            high: None,
            number: None,
            flags: text(resource, "status")
                .filter(|status| notable_status(status))
                .unwrap_or_default()
                .to_owned(),
            sensitive: sensitive(resource),
        }
        .flag(if from_claims(resource) { "claims" } else { "" })
    }

    /// A row that says nothing but that something of this kind is there and not shown.
    pub fn withheld(kind: RecordKind) -> Self {
        Self { flags: String::new(), ..Self::new(&Resource::new(), kind) }
    }

    fn flag(mut self, flag: &str) -> Self {
        if !flag.is_empty() && !self.flags.split(' ').any(|each| each == flag) {
            if !self.flags.is_empty() {
                self.flags.push(' ');
            }
            self.flags.push_str(flag);
        }
        self
    }

    /// True if the row has this flag.
    pub fn has_flag(&self, flag: &str) -> bool {
        self.flags.split(' ').any(|each| each == flag)
    }
}

/// True for what was read from bills: a month's sum, seen with the eyes of payment, not a record of the care itself.
fn from_claims(resource: &Resource) -> bool {
    let systems = list(resource, "meta.tag").iter().filter_map(|tag| fhir::text_at(tag, "system"));
    systems.into_iter().any(|system| system.starts_with("urn:hakucho:claims"))
}

/// Statuses worth a flag; the normal ones (`final`, `active`, `completed`, `finished`) are not.
fn notable_status(status: &str) -> bool {
    matches!(
        status,
        "planned"
            | "cancelled"
            | "entered-in-error"
            | "preliminary"
            | "corrected"
            | "amended"
            | "on-hold"
            | "stopped"
            | "revoked"
            | "not-done"
            | "registered"
            | "draft"
            | "unknown"
    )
}

/// The first concept found under the names, with its preferred code.
fn concept<'a>(resource: &'a Resource, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| match fhir::get(resource, name)? {
        Value::Array(list) => list.first(),
        value => Some(value),
    })
}

/// Code systems by which the same thing is recognised across facilities, best first.
const PREFERRED_SYSTEMS: &[&str] =
    &[codes::JLAC10, codes::YJ, codes::HOT9, codes::DISEASE_KEY, codes::ICD10, codes::LOINC];

fn preferred_code(concept: &Value) -> String {
    let rank = |system: &str| {
        PREFERRED_SYSTEMS.iter().position(|each| *each == system).unwrap_or(PREFERRED_SYSTEMS.len())
    };
    fhir::codings(concept)
        .map(|(system, code)| (codes::one_name(system), code))
        .min_by_key(|(system, _)| rank(system))
        .map(|(system, code)| format!("{system}|{code}"))
        .unwrap_or_default()
}

fn named(mut row: ChartRow, concept: Option<&Value>) -> ChartRow {
    if let Some(concept) = concept {
        row.label = concept_label(concept).unwrap_or_default().to_owned();
        row.code = preferred_code(concept);
    }
    row
}

fn timed(mut row: ChartRow, resource: &Resource, starts: &[&str], ends: &[&str]) -> ChartRow {
    row.time = first_text(resource, starts).unwrap_or_default().to_owned();
    row.end = first_text(resource, ends).map(str::to_owned);
    row
}

/// What kind of record a resource is: decides who may see it.
pub fn kind(resource: &Resource) -> RecordKind {
    match fhir::resource_type(resource) {
        "Patient" | "RelatedPerson" | "Coverage" | "Person" => RecordKind::Demographics,
        "Encounter" | "Appointment" | "EpisodeOfCare" => RecordKind::Encounter,
        // A need that a care plan names is no diagnosis.
        "Condition" if fhir::has_code(categories(resource), "care") => RecordKind::Care,
        "Condition" | "FamilyMemberHistory" | "ClinicalImpression" => RecordKind::Condition,
        "AllergyIntolerance" => RecordKind::Allergy,
        "MedicationRequest"
        | "MedicationDispense"
        | "MedicationAdministration"
        | "MedicationStatement"
        | "Medication"
        | "Immunization" => RecordKind::Medication,
        "Observation" => observation::kind(resource),
        "Specimen" => RecordKind::Laboratory,
        "DiagnosticReport" | "ServiceRequest" => examination_kind(resource),
        "ImagingStudy" | "Media" => RecordKind::Imaging,
        "Procedure" => match examination_kind(resource) {
            RecordKind::Laboratory => RecordKind::Procedure,
            other => other,
        },
        "NutritionOrder" => RecordKind::Diet,
        "Composition" | "DocumentReference" | "DocumentManifest" | "Bundle" | "Binary" => {
            RecordKind::Document
        }
        "CarePlan" | "Goal" | "CareTeam" | "Task" | "QuestionnaireResponse" => care_kind(resource),
        "Communication" => care_kind(resource),
        _ => RecordKind::Other,
    }
}

/// Category words of nursing, care and dental entries (system `urn:hakucho:category` or any).
fn care_kind(resource: &Resource) -> RecordKind {
    let categories = categories(resource);
    if fhir::has_code(categories, "nursing") {
        RecordKind::Nursing
    } else if fhir::has_code(categories, "dental") {
        RecordKind::Dental
    } else if fhir::resource_type(resource) == "Communication" && !fhir::has_code(categories, "care") {
        RecordKind::Other
    } else {
        RecordKind::Care
    }
}

/// `category` as a list, also where the resource type has only one (Procedure).
fn categories(resource: &Resource) -> &[Value] {
    match resource.get("category") {
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => list(resource, "category"),
    }
}

fn examination_kind(resource: &Resource) -> RecordKind {
    let categories = categories(resource);
    let any = |codes: &[&str]| codes.iter().any(|code| fhir::has_code(categories, code));
    if any(&["dental"]) {
        RecordKind::Dental
    } else if any(&["nursing"]) {
        RecordKind::Nursing
    } else if any(&["care"]) {
        RecordKind::Care
    } else if any(&["LAB", "HM", "CH", "MB", "laboratory", "108252007"]) {
        RecordKind::Laboratory
    } else if any(&[
        "RAD",
        "imaging",
        "363679005",
        "LP29684-5",
        "LP7796-8",
        "OTH",
        "CUS",
        "EC",
        "18726-0",
        "EN",
    ]) {
        RecordKind::Imaging
    } else if let "DiagnosticReport" | "ServiceRequest" = fhir::resource_type(resource) {
        let profile = list(resource, "meta.profile").iter().filter_map(Value::as_str).collect::<String>();
        let lab = profile.contains("Lab") || profile.contains("Microbiology");
        if lab { RecordKind::Laboratory } else { RecordKind::Imaging }
    } else {
        RecordKind::Procedure
    }
}

/// Rows of one record. Never fails; a resource in an odd shape gives a row with what can be read.
pub fn rows(resource: &Resource) -> Vec<ChartRow> {
    let kind = kind(resource);
    let row = || ChartRow::new(resource, kind);
    match fhir::resource_type(resource) {
        "Observation" => observation::rows(resource, kind),
        "MedicationRequest" | "MedicationDispense" | "MedicationAdministration" | "MedicationStatement" => {
            vec![medication::row(resource)]
        }
        "Immunization" => {
            let row = timed(row(), resource, &["occurrenceDateTime", "recorded"], &[]);
            vec![named(row, concept(resource, &["vaccineCode"])).flag("immunization")]
        }
        "Encounter" => vec![encounter::row(resource, row())],
        "Condition" => vec![condition(resource, row())],
        "AllergyIntolerance" => vec![allergy(resource, row())],
        "DiagnosticReport" => {
            let row = timed(row(), resource, &["effectiveDateTime", "effectivePeriod.start", "issued"], &[]);
            let mut row = named(row, concept(resource, &["code"])).flag("report");
            row.value = text(resource, "conclusion").unwrap_or_default().to_owned();
            vec![row]
        }
        "ServiceRequest" => {
            let times = ["occurrenceDateTime", "occurrencePeriod.start", "authoredOn"];
            let mut row =
                named(timed(row(), resource, &times, &[]), concept(resource, &["code"])).flag("order");
            row.value = notes(resource);
            vec![row]
        }
        "ImagingStudy" => {
            let row = timed(row(), resource, &["started"], &[]);
            let mut row = named(row, concept(resource, &["procedureCode", "modality"]));
            if row.label.is_empty() {
                row.label = first_text(resource, &["description", "modality.0.display", "modality.0.code"])
                    .unwrap_or_default()
                    .to_owned();
            }
            vec![row]
        }
        "Procedure" => {
            let times = ["performedDateTime", "performedPeriod.start"];
            let mut row = timed(row(), resource, &times, &["performedPeriod.end"]);
            row.value =
                first_text(resource, &["outcome.text"]).map_or_else(|| notes(resource), str::to_owned);
            vec![named(row, concept(resource, &["code"]))]
        }
        "NutritionOrder" => {
            let mut row = timed(
                row(),
                resource,
                &["oralDiet.schedule.0.repeat.boundsPeriod.start", "dateTime"],
                &["oralDiet.schedule.0.repeat.boundsPeriod.end"],
            );
            row = named(row, concept(resource, &["oralDiet.type", "enteralFormula.baseFormulaType"]));
            row.value = first_text(resource, &["oralDiet.instruction"])
                .map_or_else(|| notes(resource), str::to_owned);
            vec![row.flag("order")]
        }
        "Composition" => {
            let mut row = named(timed(row(), resource, &["date"], &[]), concept(resource, &["type"]));
            if let Some(title) = text(resource, "title") {
                row.label = title.to_owned();
            }
            vec![row]
        }
        "DocumentReference" => {
            let mut row = named(timed(row(), resource, &["date"], &[]), concept(resource, &["type"]));
            row.value = text(resource, "description").unwrap_or_default().to_owned();
            vec![row]
        }
        "Communication" => {
            let row = timed(row(), resource, &["sent", "received"], &[]);
            let mut row = named(row, concept(resource, &["topic", "category"]));
            row.value = list(resource, "payload")
                .iter()
                .filter_map(|payload| fhir::text_at(payload, "contentString"))
                .collect::<Vec<_>>()
                .join("\n");
            vec![row]
        }
        "CarePlan" => {
            let mut row = timed(row(), resource, &["period.start", "created"], &["period.end"]);
            row.label = text(resource, "title").unwrap_or("計画").to_owned();
            row.value = text(resource, "description").unwrap_or_default().to_owned();
            vec![row]
        }
        "Goal" => {
            let row = timed(row(), resource, &["startDate", "statusDate"], &["target.0.dueDate"]);
            vec![named(row, concept(resource, &["description"]))]
        }
        "FamilyMemberHistory" => {
            let row = timed(row(), resource, &["date"], &[]);
            let mut row = named(row, concept(resource, &["condition.0.code"])).flag("family");
            row.value =
                fhir::get(resource, "relationship").and_then(concept_label).unwrap_or_default().to_owned();
            vec![row]
        }
        "QuestionnaireResponse" => vec![timed(row(), resource, &["authored"], &[])],
        _ => Vec::new(),
    }
}

fn notes(resource: &Resource) -> String {
    list(resource, "note")
        .iter()
        .filter_map(|note| fhir::text_at(note, "text"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn condition(resource: &Resource, row: ChartRow) -> ChartRow {
    let starts = ["onsetDateTime", "onsetPeriod.start", "recordedDate"];
    let row = timed(row, resource, &starts, &["abatementDateTime", "abatementPeriod.end"]);
    let mut row = named(row, concept(resource, &["code"]));
    if fhir::has_code(list(resource, "category"), "dental") {
        row.kind = RecordKind::Dental;
    }
    let clinical = text(resource, "clinicalStatus.coding.0.code").unwrap_or_default().to_owned();
    let verification = text(resource, "verificationStatus.coding.0.code").unwrap_or_default().to_owned();
    row.value = fhir::get(resource, "clinicalStatus")
        .and_then(|status| fhir::text_at(status, "text"))
        .unwrap_or_default()
        .to_owned();
    let clinical = if clinical == "active" { "" } else { &clinical };
    let verification = if verification == "confirmed" { "" } else { &verification };
    row.flag(clinical).flag(verification)
}

fn allergy(resource: &Resource, row: ChartRow) -> ChartRow {
    let row = timed(row, resource, &["onsetDateTime", "recordedDate", "lastOccurrence"], &[]);
    let mut row = named(row, concept(resource, &["code"]));
    let mut parts: Vec<&str> = list(resource, "reaction")
        .iter()
        .flat_map(|reaction| {
            fhir::list_at(reaction, "manifestation").iter().chain(fhir::at(reaction, "substance"))
        })
        .filter_map(concept_label)
        .collect();
    parts.extend(
        list(resource, "reaction").iter().filter_map(|reaction| fhir::text_at(reaction, "description")),
    );
    row.value = parts.join("、");
    let none = fhir::get(resource, "code").map(fhir::codings).into_iter().flatten().any(|(_, code)| {
        matches!(code, "716186003" | "409137002" | "429625007" | "428607008" | "1570030000")
    });
    let refuted = text(resource, "verificationStatus.coding.0.code") == Some("refuted");
    let resolved =
        text(resource, "clinicalStatus.coding.0.code").filter(|code| *code != "active").unwrap_or("");
    let criticality = text(resource, "criticality").filter(|level| *level == "high").map_or("", |_| "high");
    row.flag(if none { "none-known" } else { "" })
        .flag(if refuted { "refuted" } else { "" })
        .flag(resolved)
        .flag(criticality)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn one(value: Value) -> ChartRow {
        let mut rows = rows(value.as_object().unwrap());
        assert_eq!(rows.len(), 1);
        rows.remove(0)
    }

    #[test]
    fn an_admission_lasts() {
        let row = one(json!({"resourceType": "Encounter", "status": "finished", "class": {"code": "IMP"},
            "period": {"start": "2026-09-18T10:00:00+09:00", "end": "2026-10-10"}}));
        assert_eq!((row.label.as_str(), row.end.as_deref()), ("入院", Some("2026-10-10")));
        assert!(row.has_flag("inpatient"));
    }

    #[test]
    fn one_drug_is_one_under_both_names_of_its_system() {
        let codes = ["urn:oid:1.2.392.100495.20.1.73", "http://capstandard.jp/iyaku.info/CodeSystem/YJ-code"].map(
            |system| {
                let local = json!({"system": "urn:local", "code": "1"});
                one(json!({"resourceType": "MedicationRequest", "status": "active", "intent": "order",
                    "medicationCodeableConcept": {"coding": [local, {"system": system, "code": "2171022F6276"}]}}))
                .code
            },
        );
        assert_eq!(codes, ["urn:oid:1.2.392.100495.20.1.73|2171022F6276"; 2]);
    }

    #[test]
    fn a_transfer_stands_where_it_happened() {
        let row = one(
            json!({"resourceType": "Encounter", "type": [{"coding": [{"code": "ADT-42"}], "text": "転科・転棟"}],
            "period": {"start": "2026-09-01"}, "location": [{"period": {"start": "2026-09-05"}}]}),
        );
        assert_eq!((row.time.as_str(), row.end), ("2026-09-05", None));
    }

    #[test]
    fn protected_diagnoses_are_known_and_dementia_is_not_hidden() {
        let coded = |code: &str| json!({"resourceType": "Condition", "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": code}]}});
        for (code, hidden) in [("F200", true), ("B20", true), ("F03", false), ("I500", false), ("", false)] {
            assert_eq!(sensitive(coded(code).as_object().unwrap()), hidden, "{code}");
        }
    }

    #[test]
    fn odd_shapes_give_a_row_and_no_panic() {
        for kind in
            ["Encounter", "Condition", "AllergyIntolerance", "ServiceRequest", "Goal", "Communication"]
        {
            one(
                json!({"resourceType": kind, "code": 3, "period": [], "category": {"coding": {}}, "status": 7}),
            );
        }
    }
}
