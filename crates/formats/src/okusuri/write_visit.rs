//! Dispensings written: records 5 to 601, from MedicationDispense and Communication.

use super::code::{RP_INDEX, RP_NUMBER};
use super::write::{Lines, creator, day, digits, extension, kind_of, record_of};
use model::codes;
use model::fhir::{at, get, list, list_at, resource_type, text, text_at};
use model::reading::{Problem, Resource};
use serde_json::Value;

/// Kinds of drug codes (record 201 field 6).
const DRUG: &[(&str, &str)] = &[
    ("urn:oid:1.2.392.100495.20.1.71", "2"),
    ("urn:oid:1.2.392.100495.20.1.72", "3"),
    (codes::YJ, "4"),
    (codes::HOT7, "6"),
    (codes::HOT9, "6"),
    (codes::HOT13, "6"),
    ("http://medis.or.jp/CodeSystem/master-HOT11", "6"),
];

/// One dispensing.
struct Visit<'r> {
    day: String,
    dispenses: Vec<&'r Resource>,
    remarks: Vec<&'r Resource>,
}

/// The dispensings of a person, in the order of the records.
pub(super) struct Visits<'r>(Vec<Visit<'r>>);

impl<'r> Visits<'r> {
    /// Puts together what was dispensed on one day at one place, and the remarks with it.
    pub fn of(resources: &[&'r Resource]) -> Self {
        let mut visits: Vec<Visit<'r>> = Vec::new();
        for resource in resources.iter().copied() {
            if resource_type(resource) == "MedicationDispense" {
                let day = day(text(resource, "whenHandedOver"));
                let same = |visit: &&mut Visit<'_>| {
                    visit.day == day
                        && visit.remarks.is_empty()
                        && visit.dispenses.first().is_some_and(|first| places(first) == places(resource))
                };
                match visits.last_mut().filter(same) {
                    Some(visit) => visit.dispenses.push(resource),
                    None => visits.push(Visit { day, dispenses: vec![resource], remarks: Vec::new() }),
                }
            } else if resource_type(resource) == "Communication" {
                let kind = record_of(list(resource, "category"));
                if !["401", "411", "421", "501", "601"].contains(&kind) {
                    continue;
                }
                let day = day(text(resource, "sent"));
                match visits.last_mut().filter(|visit| kind == "601" || visit.day == day) {
                    Some(visit) => visit.remarks.push(resource),
                    None => visits.push(Visit { day, dispenses: Vec::new(), remarks: vec![resource] }),
                }
            }
        }
        Self(visits)
    }

    /// Writes every dispensing.
    pub fn write(self, lines: &mut Lines) {
        for visit in &self.0 {
            visit.write(lines);
        }
    }
}

/// Who dispensed: records 11 and 15.
fn places(dispense: &Resource) -> Vec<&Value> {
    let of = |each: &&Value| {
        text_at(each, "id").is_some_and(|id| id == "dispensing-facility" || id.starts_with("dispenser-"))
    };
    list(dispense, "contained").iter().filter(of).collect()
}

fn inside<'r>(dispense: &'r Resource, id: &str) -> Option<&'r Value> {
    list(dispense, "contained").iter().find(|each| text_at(each, "id") == Some(id))
}

impl Visit<'_> {
    fn write(&self, lines: &mut Lines) {
        let first = self.dispenses.first();
        let by = first.map(|first| list(first, "_whenHandedOver.extension")).unwrap_or_default();
        lines.record(&["5", &self.day, creator(by)]);
        match first {
            Some(first) => {
                if let Some(place) = inside(first, "dispensing-facility") {
                    let [name, prefecture, table, number, by] = facility(place);
                    let part = |path: &str| text_at(place, path).unwrap_or_default();
                    let [postal, address] = [part("address.0.postalCode"), part("address.0.text")];
                    let phone = part("telecom.0.value");
                    lines.record(&["11", name, prefecture, table, number, postal, address, phone, by]);
                }
                for person in places(first) {
                    if text_at(person, "resourceType") == Some("Practitioner") {
                        let part = |path: &str| text_at(person, path).unwrap_or_default();
                        let by = creator(list_at(person, "extension"));
                        lines.record(&["15", part("name.0.text"), part("telecom.0.value"), by]);
                    }
                }
            }
            None => {
                let from = self.remarks.iter().find_map(|remark| text(remark, "sender.display"));
                if let Some(from) = from {
                    lines.record(&["11", from]);
                }
            }
        }
        self.drugs(lines);
        for remark in &self.remarks {
            let kind = record_of(list(remark, "category"));
            let said = text(remark, "payload.0.contentString").unwrap_or_default();
            let by = creator(list(remark, "extension"));
            match kind {
                "411" => {
                    let topic = text(remark, "topic.coding.0.code").unwrap_or_default();
                    lines.record(&[kind, said, topic, by]);
                }
                "601" => lines.record(&[kind, said, &day(text(remark, "sent"))]),
                _ => lines.record(&[kind, said, by]),
            }
        }
    }

    fn drugs(&self, lines: &mut Lines) {
        let mut now: (Option<&Value>, Option<[&Value; 2]>) = (None, None);
        let mut open: Option<(&Resource, String)> = None;
        for dispense in self.dispenses.iter().copied() {
            let number = identifier(dispense, RP_NUMBER);
            let begins = identifier(dispense, RP_INDEX) == "1"
                || open.as_ref().is_none_or(|(_, before)| *before != number);
            if begins && let Some((first, number)) = open.take() {
                usage(first, &number, lines);
            }
            let place = inside(dispense, "prescribing-facility");
            if place != now.0 {
                if let Some(place) = place {
                    let [name, prefecture, table, number, by] = facility(place);
                    lines.record(&["51", name, prefecture, table, number, by]);
                }
                now = (place, now.1.filter(|_| now.0.is_none()));
            }
            let doctor = inside(dispense, "prescriber")
                .zip(inside(dispense, "prescriber-role"))
                .map(|(person, role)| [person, role]);
            if doctor != now.1 {
                match doctor {
                    Some([person, role]) => lines.record(&[
                        "55",
                        text_at(person, "name.0.text").unwrap_or_default(),
                        text_at(role, "specialty.0.text").unwrap_or_default(),
                        creator(list_at(role, "extension")),
                    ]),
                    None => lines.problems.push(Problem::new(
                        "not-expressed",
                        "record 55",
                        "a drug without a prescriber after one with: it reads as that one's",
                    )),
                }
                now.1 = doctor;
            }
            drug(dispense, &number, lines);
            if begins {
                open = Some((dispense, number));
            }
        }
        if let Some((first, number)) = open {
            usage(first, &number, lines);
        }
    }
}

fn identifier(dispense: &Resource, system: &str) -> String {
    let of = list(dispense, "identifier").iter().find(|each| text_at(each, "system") == Some(system));
    of.and_then(|each| text_at(each, "value")).unwrap_or_default().to_owned()
}

/// Name, prefecture, score table, number and record creator of an Organization.
fn facility(place: &Value) -> [&str; 5] {
    let extensions = list_at(place, "extension");
    let of = |name: &str, path: &str| {
        extension(extensions, name).and_then(|each| text_at(each, path)).unwrap_or_default()
    };
    let parts = [
        of("PrefectureNo", "valueCoding.code"),
        of("InsuranceOrganizationCategory", "valueCoding.code"),
        of("InsuranceOrganizationNo", "valueIdentifier.value"),
    ];
    let whole = list_at(place, "identifier")
        .iter()
        .filter_map(|each| text_at(each, "value"))
        .find(|value| value.len() == 10 && value.bytes().all(|byte| byte.is_ascii_digit()));
    let [prefecture, table, number] = match whole {
        Some(whole) if parts.iter().all(|part| part.is_empty()) => {
            [whole.get(..2), whole.get(2..3), whole.get(3..)].map(Option::unwrap_or_default)
        }
        _ => parts,
    };
    [text_at(place, "name").unwrap_or_default(), prefecture, table, number, creator(extensions)]
}

fn form(dispense: &Resource) -> &str {
    extension(list(dispense, "dosageInstruction.0.extension"), "extension:dosage-form")
        .and_then(|each| text_at(each, "valueCoding.code"))
        .unwrap_or_default()
}

fn own<'r>(dispense: &'r Resource, name: &str) -> Option<&'r Value> {
    extension(list(dispense, "extension"), name).and_then(|each| at(each, "valueQuantity"))
}

/// Records 201, 281 and 291.
fn drug(dispense: &Resource, rp: &str, lines: &mut Lines) {
    let dose = |path: &str| get(dispense, &format!("dosageInstruction.0.doseAndRate.0.{path}"));
    let amount = if form(dispense) == "3" {
        dose("doseQuantity")
    } else {
        dose("rateRatio.numerator")
            .or_else(|| dispense.get("quantity"))
            .or_else(|| own(dispense, "amount-as-written"))
            .or_else(|| dose("doseQuantity"))
    };
    let unit = amount.and_then(|amount| text_at(amount, "unit")).unwrap_or_default();
    let value = digits(amount.and_then(|amount| at(amount, "value")));
    let concept = dispense.get("medicationCodeableConcept").unwrap_or(&Value::Null);
    let prescribed = inside(dispense, "prescription").and_then(|each| at(each, "medicationCodeableConcept"));
    let generic = prescribed.filter(|each| *each != concept).unwrap_or(&Value::Null);
    let generic_code = list_at(generic, "coding").first();
    let codings = list_at(concept, "coding").iter().filter(|coding| Some(*coding) != generic_code);
    let known: Vec<(&str, &str)> = codings
        .filter_map(|coding| {
            let system = codes::one_name(text_at(coding, "system")?);
            Some((kind_of(system, DRUG)?, text_at(coding, "code")?))
        })
        .collect();
    if known.len() > 1 {
        let text = "the drug has more codes than the one the format has a place for; the first is written";
        lines.problems.push(Problem::new("not-expressed", format!("record 201 RP {rp}"), text));
    }
    let shown = list_at(concept, "coding").iter().find_map(|coding| text_at(coding, "display"));
    let (kind, code) = known.first().copied().unwrap_or(("1", ""));
    let (generic_kind, generic_number) = match generic_code {
        Some(coding) => {
            let system = text_at(coding, "system").unwrap_or_default();
            let kind = kind_of(system, &[(codes::GENERAL_NAME, "2")]).unwrap_or_default();
            (kind, text_at(coding, "code").unwrap_or_default())
        }
        None if generic.is_null() => ("", ""),
        None => ("1", ""),
    };
    lines.record(&[
        "201",
        rp,
        text_at(concept, "text").or(shown).unwrap_or_default(),
        &value,
        unit,
        kind,
        code,
        creator(list(dispense, "extension")),
        text_at(generic, "text").unwrap_or_default(),
        generic_kind,
        generic_number,
    ]);
    instructions(dispense, rp, &["281", "291"], lines);
}

/// Records 301, 311 and 391, from the first drug of an RP.
fn usage(dispense: &Resource, rp: &str, lines: &mut Lines) {
    let count = dispense.get("daysSupply").or_else(|| {
        if form(dispense) == "3" { dispense.get("quantity") } else { own(dispense, "dispensed-count") }
    });
    let value = digits(count.and_then(|count| at(count, "value")));
    let unit = count.and_then(|count| text_at(count, "unit")).unwrap_or_default();
    let part = |path: &str| text(dispense, &format!("dosageInstruction.0.{path}")).unwrap_or_default();
    let code = part("timing.code.coding.0.code");
    let kind = kind_of(part("timing.code.coding.0.system"), &[(codes::JAMI_USAGE, "2")]).unwrap_or("1");
    let by = creator(list(dispense, "dosageInstruction.0.extension"));
    let said = [part("text"), &value, unit, form(dispense), code, by];
    if said.iter().any(|field| !field.is_empty()) {
        let [text, value, unit, form, code, by] = said;
        lines.record(&["301", rp, text, value, unit, form, kind, code, by]);
    }
    instructions(dispense, rp, &["311", "391"], lines);
}

fn instructions(dispense: &Resource, rp: &str, kinds: &[&str], lines: &mut Lines) {
    for concept in list(dispense, "dosageInstruction.0.additionalInstruction") {
        let kind = record_of(std::slice::from_ref(concept));
        if kinds.contains(&kind) {
            let said = text_at(concept, "text").unwrap_or_default();
            lines.record(&[kind, rp, said, creator(list_at(concept, "extension"))]);
        }
    }
}
