//! 訪問看護: each line of the bill (KA) as Procedure, orders (HJ with IH) as ServiceRequest, the state of body
//! and mind (JS) as Observation, remarks (TZ, CO) as Communication.

use super::code::{INSTITUTION, coding, order, put};
use super::detail::{add, comment, payload};
use super::line::Line;
use super::receipt::{Context, Receipt};
use model::reading::{Problem, Resource, StatedRecord};
use serde_json::{Value, json};

pub(super) fn records(
    receipt: &Receipt<'_, '_, '_>,
    context: &Context<'_>,
    problems: &mut Vec<Problem>,
) -> Vec<StatedRecord> {
    let mut records: Vec<StatedRecord> = Vec::new();
    let mut orderer: Option<&Line<'_, '_>> = None;
    let mut notes: Vec<Value> = Vec::new();
    let mut notes_at: Option<&Line<'_, '_>> = None;
    let mut above: Option<usize> = None;
    for line in receipt.lines {
        let name = format!("{}/{}", line.record(), records.len() + 1);
        let resource = match line.record() {
            "KA" => service(line, context, problems),
            "IH" => {
                orderer = Some(line);
                continue;
            }
            "HJ" => instruction(line, orderer, context, problems),
            "JS" => state(line, context, problems),
            "CO" | "TZ" => {
                let Some(note) = comment(line, problems) else { continue };
                match above.and_then(|above| records.get_mut(above)).filter(|_| line.record() == "CO") {
                    Some(record) => add(&mut record.resource, "note", note),
                    None => {
                        notes_at = notes_at.or(Some(line));
                        notes.push(note);
                    }
                }
                continue;
            }
            _ => continue,
        };
        above = (line.record() == "KA").then_some(records.len());
        records.push(context.record(&name, resource, line));
    }
    if let Some(first) = notes_at {
        let mut told = context.resource("Communication", "");
        told.insert("status".into(), "completed".into());
        put(&mut told, "category", vec![nursing("訪問看護レセプトの特記")]);
        told.insert("subject".into(), context.subject());
        told.insert("sent".into(), context.month.clone().into());
        put(&mut told, "payload", notes.into_iter().map(payload).collect());
        records.push(context.record("remarks", told, first));
    }
    records
}

fn nursing(text: &str) -> Value {
    json!({"coding": [{"system": "urn:hakucho:category", "code": "nursing"}], "text": text})
}

fn service(line: &Line<'_, '_>, context: &Context<'_>, problems: &mut Vec<Problem>) -> Resource {
    let mut service = context.resource("Procedure", "JP_Procedure");
    service.insert("status".into(), "completed".into());
    service.insert("category".into(), nursing("訪問看護"));
    let code = line.code("訪問看護療養費コード");
    service.insert("code".into(), json!({"coding": [coding("nursing-code", &code, "")]}));
    service.insert("subject".into(), context.subject());
    let day = line.date("算定年月日", problems).map(|day| (day.fhir(), "1".to_owned()));
    context.time(&mut service, "performed", day.as_slice());
    let performer = context.performer().map(|name| json!({"actor": name}));
    put(&mut service, "performer", performer.into_iter().collect());
    put(&mut service, "extension", line.rest(problems));
    service
}

fn instruction(
    line: &Line<'_, '_>,
    orderer: Option<&Line<'_, '_>>,
    context: &Context<'_>,
    problems: &mut Vec<Problem>,
) -> Resource {
    let mut request = context.resource("ServiceRequest", "");
    request.insert("status".into(), "active".into());
    request.insert("intent".into(), "order".into());
    put(&mut request, "category", vec![nursing("訪問看護")]);
    let kind = line.code("指示区分");
    let words = order(&kind);
    request.insert("code".into(), json!({"coding": [coding("nursing-order", &kind, words)], "text": words}));
    request.insert("subject".into(), context.subject());
    let mut period = Resource::new();
    for (edge, field) in [("start", "指示期間自"), ("end", "指示期間至")] {
        if let Some(day) = line.date(field, problems) {
            period.insert(edge.into(), day.fhir().into());
        }
    }
    request.insert("occurrencePeriod".into(), period.into());
    if let Some(orderer) = orderer {
        let (place, doctor) = (orderer.look("医療機関名称"), orderer.look("主治医の氏名"));
        let number = orderer.peek("医療機関コード");
        let whole =
            format!("{:0>2}{}{number:0>7}", orderer.peek("医療機関都道府県"), orderer.peek("医療機関点数表"));
        let role = json!({
            "resourceType": "PractitionerRole",
            "id": "orderer",
            "practitioner": {"display": doctor},
            "organization": {"identifier": {"system": INSTITUTION, "value": whole}, "display": place},
        });
        put(&mut request, "contained", vec![role]);
        let name = if doctor.is_empty() { place } else { doctor };
        request.insert("requester".into(), json!({"reference": "#orderer", "display": name}));
    }
    put(&mut request, "extension", line.rest(problems));
    request
}

fn state(line: &Line<'_, '_>, context: &Context<'_>, problems: &mut Vec<Problem>) -> Resource {
    let mut state = context.resource("Observation", "JP_Observation_Common");
    state.insert("status".into(), "final".into());
    put(&mut state, "category", vec![nursing("訪問看護")]);
    state.insert("code".into(), json!({"text": "心身の状態"}));
    state.insert("subject".into(), context.subject());
    state.insert("effectiveDateTime".into(), context.month.clone().into());
    state.insert("valueString".into(), line.take("心身の状態").into());
    put(&mut state, "extension", line.rest(problems));
    state
}
