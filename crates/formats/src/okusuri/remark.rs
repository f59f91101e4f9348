//! Records of free text: 2 and 4 of the person, 401, 411, 421, 501, 601 of a dispensing, and 701.
//!
//! Each text of the person is a set of its own, named by what it says: a notebook put out for one
//! dispensing carries only part of them, and what is left out (an allergy!) is not taken back.

use super::Source;
use super::code;
use super::line::Line;
use super::notebook::Dispensing;
use super::patient::{name, phone, put, short};
use model::reading::{Extent, Problem, StatedRecord};
use serde_json::{Value, json};

/// Records 2 (患者特記): AllergyIntolerance for 1 and 2, Condition for 3, Observation for the rest;
/// records 4 (手帳メモ): Communication.
pub(super) fn of_person(line: &Line<'_>, source: &Source, problems: &mut Vec<Problem>) -> StatedRecord {
    if line.kind() == "4" {
        let date = line.date(3, problems).map(|date| date.fhir());
        // The same day in another style is the same memo.
        let day = date.as_ref().map_or_else(|| line.look(3).to_owned(), |date| date.replace('-', ""));
        let key = format!("okusuri/4/{}", short(&[line.look(2), &day]));
        return communication(line, key, 4, date, None, source, problems);
    }
    let (kind, text) = (line.code(2), line.take(3));
    let creator = line.creator(4, problems);
    let mut resource = match kind.as_str() {
        "1" | "2" => {
            let mut allergy = source.resource("AllergyIntolerance", "JP_AllergyIntolerance");
            allergy.insert("clinicalStatus".into(), status("allergyintolerance-clinical", "active"));
            allergy.insert(
                "verificationStatus".into(),
                status("allergyintolerance-verification", "unconfirmed"),
            );
            if kind == "2" {
                allergy.insert("type".into(), "intolerance".into());
                allergy.insert("category".into(), json!(["medication"]));
            }
            allergy.insert("code".into(), json!({"text": text}));
            allergy.insert("patient".into(), source.subject());
            allergy
        }
        "3" => {
            let mut condition = source.resource("Condition", "JP_Condition");
            condition.insert("verificationStatus".into(), status("condition-ver-status", "unconfirmed"));
            put(&mut condition, "category", vec![json!({"text": "既往歴"})]);
            condition.insert("code".into(), json!({"text": text}));
            condition.insert("subject".into(), source.subject());
            condition
        }
        _ => {
            if kind != "9" {
                let text = "not a kind of patient remark (1, 2, 3, 9); kept as a remark";
                problems.push(Problem::new("unknown-code", line.at(2), text));
            }
            let mut observation = source.resource("Observation", "JP_Observation_Common");
            observation.insert("status".into(), "final".into());
            let coding =
                json!({"system": "urn:hakucho:jahis:patient-remark", "code": kind, "display": "その他"});
            observation.insert("code".into(), json!({"coding": [coding], "text": "患者特記"}));
            observation.insert("subject".into(), source.subject());
            observation.insert("valueString".into(), text.into());
            observation
        }
    };
    put(&mut resource, "extension", creator);
    let key = format!("okusuri/2/{kind}/{}", short(&[text]));
    StatedRecord { key, resource, extent: Extent::Whole, at: line.place() }
}

fn status(system: &str, code: &str) -> Value {
    let system = format!("http://terminology.hl7.org/CodeSystem/{system}");
    json!({"coding": [{"system": system, "code": code}]})
}

/// Records 401, 411, 421, 501 and 601 of a dispensing, as Communication.
pub(super) fn of_dispensing(
    dispensing: &Dispensing<'_>,
    set: &str,
    source: &Source,
    problems: &mut Vec<Problem>,
) -> Vec<StatedRecord> {
    let dispensed = dispensing.day.peek_date(2).map(|date| date.fhir());
    let sender = dispensing.facility.as_ref().map(|facility| json!({"display": facility.take(2)}));
    let numbered = dispensing.remarks.iter().enumerate();
    numbered
        .map(|(index, line)| {
            let key = format!("{set}/remark{}", index + 1);
            match line.kind() {
                "601" => {
                    let date = line.date(3, problems).map(|date| date.fhir());
                    communication(line, key, 0, date, Some(source.subject()), source, problems)
                }
                "411" => {
                    let record =
                        communication(line, key, 4, dispensed.clone(), sender.clone(), source, problems);
                    with_topic(record, line, problems)
                }
                _ => communication(line, key, 3, dispensed.clone(), sender.clone(), source, problems),
            }
        })
        .collect()
}

/// 提供情報種別, field 3 of record 411.
fn with_topic(mut record: StatedRecord, line: &Line<'_>, problems: &mut Vec<Problem>) -> StatedRecord {
    let kind = line.code(3);
    if !kind.is_empty() {
        let display = code::provided(&kind);
        if display.is_empty() {
            let text = "not a kind of provided information (30, 31, 99); kept as it is";
            problems.push(Problem::new("unknown-code", line.at(3), text));
        }
        let coding = json!({"system": "urn:hakucho:jahis:provided-information", "code": kind});
        record.resource.insert("topic".into(), json!({"coding": [coding], "text": display}));
    }
    record
}

/// A text as Communication. `creator` is the field of the record creator, 0 if the record has none.
fn communication(
    line: &Line<'_>,
    key: String,
    creator: usize,
    sent: Option<String>,
    sender: Option<Value>,
    source: &Source,
    problems: &mut Vec<Problem>,
) -> StatedRecord {
    let mut communication = source.resource("Communication", "");
    put(&mut communication, "extension", line.creator(creator, problems));
    communication.insert("status".into(), "completed".into());
    put(&mut communication, "category", vec![code::record_category(line.kind())]);
    communication.insert("subject".into(), source.subject());
    if let Some(sent) = sent {
        communication.insert("sent".into(), sent.into());
    }
    if let Some(sender) = sender {
        communication.insert("sender".into(), sender);
    }
    let text = line.take(2);
    if text.is_empty() {
        problems.push(Problem::new("missing", line.at(2), "no text"));
    } else {
        put(&mut communication, "payload", vec![json!({"contentString": text})]);
    }
    StatedRecord { key, resource: communication, extent: Extent::Whole, at: line.place() }
}

/// Record 701 (かかりつけ薬剤師) as CareTeam.
pub(super) fn family_pharmacist(
    line: &Line<'_>,
    index: usize,
    source: &Source,
    problems: &mut Vec<Problem>,
) -> StatedRecord {
    let mut team = source.resource("CareTeam", "");
    let mut contained = Vec::new();
    let mut participant = json!({"role": [{"text": "かかりつけ薬剤師"}]});
    let mut pharmacist = json!({"resourceType": "Practitioner", "id": "pharmacist"});
    if let (Some(pharmacist), Some(name)) = (pharmacist.as_object_mut(), name(line.take(2), "IDE")) {
        put(pharmacist, "name", vec![name]);
    }
    contained.push(pharmacist);
    let mut pharmacy = json!({"resourceType": "Organization", "id": "pharmacy"});
    if let Some(pharmacy) = pharmacy.as_object_mut() {
        pharmacy.insert("name".into(), line.take(3).into());
        put(pharmacy, "telecom", phone(line.take(4)));
    }
    contained.push(pharmacy);
    if let Some(participant) = participant.as_object_mut() {
        participant.insert("member".into(), json!({"reference": "#pharmacist"}));
        participant.insert("onBehalfOf".into(), json!({"reference": "#pharmacy"}));
    }
    put(&mut team, "contained", contained);
    put(&mut team, "extension", line.creator(7, problems));
    team.insert("status".into(), "active".into());
    put(&mut team, "category", vec![json!({"text": "かかりつけ薬剤師"})]);
    team.insert("subject".into(), source.subject());
    let mut period = serde_json::Map::new();
    for (edge, field) in [("start", 5), ("end", 6)] {
        if let Some(date) = line.date(field, problems) {
            period.insert(edge.into(), date.fhir().into());
        }
    }
    if !period.is_empty() {
        team.insert("period".into(), period.into());
    }
    put(&mut team, "participant", vec![participant]);
    let key = format!("okusuri/701/{}", index + 1);
    StatedRecord { key, resource: team, extent: Extent::Whole, at: line.place() }
}
