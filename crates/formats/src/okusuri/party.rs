//! Who dispensed and who prescribed (records 11, 15, 51, 55), as contained resources.

use super::code::INSTITUTION;
use super::line::Line;
use super::patient::{address, name, phone, put};
use model::reading::Problem;
use serde_json::{Map, Value, json};

const EXTENSION: &str = "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/JP_Organization_";

/// The people and places around one dispensing.
#[derive(Debug, Default)]
pub(super) struct Parties {
    /// Contained resources of every record of the dispensing.
    pub contained: Vec<Value>,
    /// `MedicationDispense.performer`.
    pub performers: Vec<Value>,
}

/// Records 11 and 15.
pub(super) fn dispensers(
    facility: Option<&Line<'_>>,
    staff: &[Line<'_>],
    problems: &mut Vec<Problem>,
) -> Parties {
    let mut parties = Parties::default();
    for (index, line) in staff.iter().enumerate() {
        let id = format!("dispenser-{}", index + 1);
        let mut person = practitioner(&id, line, problems);
        put(&mut person, "telecom", phone(line.take(3)));
        put(&mut person, "extension", line.creator(4, problems));
        parties.contained.push(person.into());
        parties.performers.push(json!({"actor": {"reference": format!("#{id}"), "display": line.look(2)}}));
    }
    if let Some(line) = facility {
        let mut place = organization("dispensing-facility", line, 9, problems);
        put(&mut place, "telecom", phone(line.take(8)));
        put(&mut place, "address", address(line.code(6), line.take(7)));
        parties.contained.push(place.into());
        let reference = json!({"reference": "#dispensing-facility", "display": line.look(2)});
        parties.performers.push(json!({"actor": reference}));
    }
    parties
}

/// Records 51 and 55: contained resources, and the reference to the requester if there is one.
pub(super) fn prescribers(
    facility: Option<&Line<'_>>,
    doctor: Option<&Line<'_>>,
    problems: &mut Vec<Problem>,
) -> (Vec<Value>, Option<Value>) {
    let mut contained = Vec::new();
    if let Some(line) = facility {
        contained.push(organization("prescribing-facility", line, 6, problems).into());
    }
    let Some(line) = doctor else {
        let display = facility.map_or("", |line| line.look(2));
        let reference = facility.map(|_| json!({"reference": "#prescribing-facility", "display": display}));
        return (contained, reference);
    };
    contained.push(practitioner("prescriber", line, problems).into());
    let mut role = Map::new();
    role.insert("resourceType".into(), "PractitionerRole".into());
    role.insert("id".into(), "prescriber-role".into());
    put(&mut role, "extension", line.creator(4, problems));
    role.insert("practitioner".into(), json!({"reference": "#prescriber"}));
    if facility.is_some() {
        role.insert("organization".into(), json!({"reference": "#prescribing-facility"}));
    }
    let department = line.take(3);
    if !department.is_empty() {
        put(&mut role, "specialty", vec![json!({"text": department})]);
    }
    contained.push(role.into());
    (contained, Some(json!({"reference": "#prescriber-role", "display": line.look(2)})))
}

fn practitioner(id: &str, line: &Line<'_>, problems: &mut Vec<Problem>) -> Map<String, Value> {
    let mut person = Map::new();
    person.insert("resourceType".into(), "Practitioner".into());
    person.insert("id".into(), id.into());
    match name(line.take(2), "IDE") {
        Some(name) => put(&mut person, "name", vec![name]),
        None => problems.push(Problem::new("missing", line.at(2), "no name")),
    }
    person
}

/// Records 11 and 51 begin alike: name, prefecture, score table, code.
fn organization(
    id: &str,
    line: &Line<'_>,
    creator: usize,
    problems: &mut Vec<Problem>,
) -> Map<String, Value> {
    let text = line.take(2);
    let institution = Institution { prefecture: line.code(3), table: line.code(4), number: line.code(5) };
    let mut place = institution.organization(id, text);
    let extensions = line.creator(creator, problems);
    if let (Some(first), Some(Value::Array(list))) = (extensions.first(), place.get_mut("extension")) {
        list.push(first.clone());
    } else {
        put(&mut place, "extension", extensions);
    }
    if institution.whole().is_none() && !institution.number.is_empty() {
        let text = "prefecture, score table and number are not the ten digits of an institution";
        problems.push(Problem::new("incomplete-code", line.at(5), text));
    }
    if text.is_empty() {
        problems.push(Problem::new("missing", line.at(2), "no name of the facility"));
    }
    place
}

/// The number of a facility of the health insurance in its three parts.
#[derive(Debug, Default)]
pub(crate) struct Institution {
    /// 都道府県, two digits.
    pub prefecture: String,
    /// 点数表, one digit.
    pub table: String,
    /// 医療機関コード, seven digits.
    pub number: String,
}

impl Institution {
    /// The ten digits, if they are that.
    pub fn whole(&self) -> Option<String> {
        let whole = format!("{:0>2}{}{}", self.prefecture, self.table, self.number);
        let digits = whole.len() == 10 && whole.bytes().all(|b| b.is_ascii_digit());
        (digits && !self.prefecture.is_empty()).then_some(whole)
    }

    /// An Organization with this number and name.
    pub fn organization(&self, id: &str, name: &str) -> Map<String, Value> {
        let mut place = Map::new();
        place.insert("resourceType".into(), "Organization".into());
        place.insert("id".into(), id.into());
        let parts = [
            ("PrefectureNo", "21", &self.prefecture),
            ("InsuranceOrganizationCategory", "22", &self.table),
            ("InsuranceOrganizationNo", "23", &self.number),
        ];
        let extensions =
            parts.into_iter().filter(|(.., value)| !value.is_empty()).map(|(part, arc, value)| {
                let (url, system) =
                    (format!("{EXTENSION}{part}"), format!("urn:oid:1.2.392.100495.20.3.{arc}"));
                match arc {
                    "23" => json!({"url": url, "valueIdentifier": {"system": system, "value": value}}),
                    _ => json!({"url": url, "valueCoding": {"system": system, "code": value}}),
                }
            });
        put(&mut place, "extension", extensions.collect());
        if let Some(whole) = self.whole() {
            put(&mut place, "identifier", vec![json!({"system": INSTITUTION, "value": whole})]);
        }
        if !name.is_empty() {
            place.insert("name".into(), name.into());
        }
        place
    }
}
