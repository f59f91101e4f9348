//! PV1, PV2, EVN → Encounter: reception, admission, transfer, leave and discharge as they were stated, one
//! record per message. The visit a diet or a diagnosis was stated in is contained there ([`contain`]).
//!
//! Mapping after "Segment ADT_XX_PV1 to Encounter" and the tables 0003 of jami-fhir-jp-wg/ssmix2-to-fhir.
//! Records of one stay share the identifier of system [`STAY`], where the messages say when it began.

use super::context::{Context, subject};
use super::data_type::DataType;
use super::datatype::{code_of, concept, identifier, inferred, persons, place};
use super::record::Record;
use crate::hl7v2::Segment;
use model::codes;
use serde_json::{Map, Value, json};

/// Identifier system of a stay: the moment of admission as written (PV1-44).
pub const STAY: &str = "https://hakucho.example/fhir/IdSystem/ssmix2-stay";
/// Encounter.type: the data type that states it.
const EVENT: &str = "https://hakucho.example/fhir/CodeSystem/ssmix2-data-type";
/// HL7 v3 participation types.
const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";

/// What a message says happens.
struct Event {
    /// Encounter.status, and Encounter.location.status.
    status: [&'static str; 2],
    /// The event in a word.
    word: &'static str,
}

/// HL7 table 0003 → Encounter.status, Encounter.location.status.
fn event(code: &str) -> Option<Event> {
    let (status, location, word) = match code {
        "A54" => ("in-progress", "active", "担当医の変更"),
        "A55" => ("in-progress", "active", "担当医の変更の取消"),
        "A04" => ("arrived", "active", "外来診察の受付"),
        "A14" => ("planned", "planned", "入院予定"),
        "A27" => ("cancelled", "planned", "入院予定の取消"),
        "A01" => ("arrived", "active", "入院"),
        "A11" => ("cancelled", "active", "入院の取消"),
        "A21" => ("onleave", "active", "外出・外泊"),
        "A52" => ("in-progress", "active", "外出・外泊の取消"),
        "A22" => ("in-progress", "active", "帰院"),
        "A53" => ("onleave", "active", "帰院の取消"),
        "A15" => ("in-progress", "planned", "転科・転棟予定"),
        "A26" => ("in-progress", "planned", "転科・転棟予定の取消"),
        "A02" => ("in-progress", "active", "転科・転棟"),
        "A12" => ("in-progress", "active", "転科・転棟の取消"),
        "A16" => ("in-progress", "planned", "退院予定"),
        "A25" => ("in-progress", "planned", "退院予定の取消"),
        "A03" => ("finished", "completed", "退院"),
        "A13" => ("in-progress", "active", "退院の取消"),
        _ => return None,
    };
    Some(Event { status: [status, location], word })
}

/// The event of the message; where the message type is another data type's, that of the data type.
fn event_of(context: &Context<'_>) -> Option<Event> {
    let expected = context.name.data_type.messages();
    let header = context.message.segment("MSH").map(|msh| msh.field(9).first());
    let said = header.and_then(|kind| Some(format!("{}^{}", kind.peek(1)?, kind.peek(2)?)));
    let message = said.as_deref().filter(|said| expected.contains(said)).or(expected.first().copied())?;
    event(message.split('^').nth(1)?)
}

/// Reads an ADT message that moves the patient: ADT-01 to ADT-52.
pub fn read(context: &mut Context<'_>) {
    let message = context.message;
    let Some(pv1) = message.segment("PV1") else {
        context.problem("missing-segment", "PV1", "the message has no PV1 segment");
        return;
    };
    let data_type = context.name.data_type;
    let mut record = context.record("Encounter", "JP_Encounter", "encounter", pv1);
    let event = event_of(context);
    let [status, _] = event.as_ref().map_or(["unknown", "active"], |event| event.status);
    record.set("status", Some(status));
    let word = event.as_ref().map_or(data_type.word(), |event| event.word);
    let kind = json!({"coding": [{"system": EVENT, "code": data_type.word()}], "text": word});
    record.push("type", Some(kind));
    let location_status = event.map_or("active", |event| event.status[1]);
    let when = fill(context, &mut record, pv1, location_status);
    if when.is_none() {
        let text = "the message does not say when it happened: the day of the file name is taken";
        context.problem("missing-date", pv1.place(), text);
        let day = context.name.date();
        record.set("period", day.map(|day| json!({ "start": day })));
    }
    for segment in message.all("PV2") {
        record.carry(segment);
    }
    record.carry(pv1);
    context.put(record);
}

/// The present visit a registration mentions (ADT-00, ADT-61): an Encounter of unknown status.
pub fn mentioned(context: &mut Context<'_>) {
    let message = context.message;
    let Some(pv1) = message.segment("PV1") else { return };
    let mut record = context.record("Encounter", "JP_Encounter", "visit", pv1);
    record.set("status", Some("unknown"));
    fill(context, &mut record, pv1, "active");
    record.carry(pv1);
    for segment in message.all("PV2") {
        record.carry(segment);
    }
    context.put(record);
}

/// Contains the visit an order or diagnosis was stated in, if the message has a PV1 nobody has read yet: an
/// order is no news about the visit (ADT says that), so it gets no record of its own.
pub fn contain(context: &mut Context<'_>, outer: &mut Record) {
    let message = context.message;
    let Some(pv1) = message.segment("PV1").filter(|pv1| pv1.account().1 > 0) else { return };
    let mut record = Record::new("Encounter", "", "", pv1.place());
    record.set("id", Some("visit"));
    record.set("status", Some("unknown"));
    fill(context, &mut record, pv1, "active");
    record.carry(pv1);
    for segment in message.all("PV2") {
        record.carry(segment);
    }
    outer.push("contained", Some(Value::Object(record.into_resource())));
    outer.set("encounter", Some(json!({"reference": "#visit"})));
}

/// Class, people, places, times. Gives the moment it is about, if the message says one.
fn fill(
    context: &mut Context<'_>,
    record: &mut Record,
    pv1: &Segment,
    location_status: &str,
) -> Option<String> {
    let class = pv1.field(2).read_as(|text| match text {
        "I" => Some(("IMP", "入院")),
        "O" | "R" => Some(("AMB", "外来")),
        "E" => Some(("EMER", "救急")),
        "P" => Some(("PRENC", "入院前")),
        _ => None,
    });
    if class.is_none() && pv1.field(2).peek().is_some() {
        context.problem("unknown-code", pv1.field(2).at(), "not a code of HL7 table 0004");
    }
    record.set(
        "class",
        Some(match class {
            Some((code, word)) => json!({"system": codes::V3_ACT_CODE, "code": code, "display": word}),
            None => json!({"system": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "code": "UNK"}),
        }),
    );
    record.set("subject", Some(subject()));
    for repetition in pv1.field(19).repetitions() {
        record.push("identifier", identifier(repetition));
    }
    let service = department(context, pv1);
    record.set("serviceType", service);
    let since = times(context, record, pv1, location_status, matches!(class, Some(("IMP", _))));
    participants(context, record, pv1);
    hospitalization(record, pv1);
    let reason = context.message.segment("PV2").and_then(|pv2| concept(pv2.field(3).first()));
    record.push("reasonCode", reason);
    since
}

/// PV1-10, else the department of the file name.
fn department(context: &Context<'_>, pv1: &Segment) -> Option<Value> {
    let said = pv1.field(10).text();
    let guessed = said.is_none();
    let code = said.or_else(|| Some(context.name.department.clone()).filter(|code| !code.is_empty()))?;
    let mut concept = code_of(codes::DEPARTMENT, &code);
    if let Some(map) = concept.as_object_mut() {
        map.insert("text".into(), json!(codes::department(&code).unwrap_or(&code)));
        if guessed {
            map.insert("extension".into(), json!([inferred("serviceType")]));
        }
    }
    Some(concept)
}

/// Who takes part: attending, referring, consulting and admitting doctor. For a change of doctor (ADT-01) the
/// moment of the change (EVN-6) begins the participation.
fn participants(context: &mut Context<'_>, record: &mut Record, pv1: &Segment) {
    let event = context.message.segment("EVN");
    let changed = event.filter(|_| context.name.data_type == DataType::Adt01);
    let since = changed.and_then(|event| context.moment_of(event.field(6)));
    let roles =
        [(7, "ATND", "主治医"), (8, "REF", "紹介医"), (9, "CON", "対診医"), (17, "ADM", "入院時医師")];
    for (field, code, word) in roles {
        for person in persons(pv1.field(field).repetitions()) {
            let mut participant = json!({
                "type": [{"coding": [{"system": PARTICIPATION, "code": code}], "text": word}],
                "individual": person,
            });
            if let (Some(since), Some(map), 7) = (&since, participant.as_object_mut(), field) {
                map.insert("period".into(), json!({ "start": since }));
            }
            record.push("participant", Some(participant));
        }
    }
    for rol in context.message.all("ROL").filter(|rol| rol.account().1 > 0) {
        role(context, record, rol);
    }
}

/// ROL: somebody else with a part in the stay, as what (ROL-3) and from when to when (ROL-5, ROL-6).
fn role(context: &mut Context<'_>, record: &mut Record, rol: &Segment) {
    let kind = concept(rol.field(3).first());
    let period = period(context.moment_of(rol.field(5)), context.moment_of(rol.field(6)));
    for person in persons(rol.field(4).repetitions()) {
        let mut participant = json!({ "individual": person });
        if let Some(map) = participant.as_object_mut() {
            map.extend(kind.clone().map(|kind| ("type".to_owned(), json!([kind]))));
            map.extend(period.clone().map(|period| ("period".to_owned(), period)));
        }
        record.push("participant", Some(participant));
    }
    record.carry(rol);
}

/// Period of the stay and of the place. Gives the moment the message is about.
fn times(
    context: &mut Context<'_>,
    record: &mut Record,
    pv1: &Segment,
    location_status: &str,
    inpatient: bool,
) -> Option<String> {
    let data_type = context.name.data_type;
    let message = context.message;
    let (pv2, evn) = (message.segment("PV2"), message.segment("EVN"));
    let admission = pv1.field(44).peek().filter(|_| inpatient);
    let admitted = context.moment_of(pv1.field(44));
    let discharged = context.moment_of(pv1.field(45));
    let mut of =
        |segment: Option<&Segment>, field| segment.and_then(|each| context.moment_of(each.field(field)));
    let (planned_in, planned_out, back) = (of(pv2, 8), of(pv2, 9), of(pv2, 47));
    let moves = matches!(data_type, DataType::Adt31 | DataType::Adt32 | DataType::Adt42 | DataType::Adt01);
    let happened = if moves { of(evn, 6) } else { None };
    if let (Some(text), Some(_)) = (admission, &admitted) {
        record.push("identifier", Some(json!({"use": "secondary", "system": STAY, "value": text})));
    }
    // Planned dates are not those of a stay that goes on: only what is about the plan takes them as its period.
    let plan = matches!(data_type, DataType::Adt21);
    let start = admitted.clone().or_else(|| planned_in.clone().filter(|_| plan));
    let end = discharged.clone().or_else(|| planned_out.clone().filter(|_| plan));
    let period = period(start.clone(), end.clone());
    record.set("period", period);
    let here = match data_type {
        DataType::Adt22 | DataType::Adt12 => (admitted.clone(), None),
        DataType::Adt52 => (None, discharged.clone()),
        DataType::Adt31 => (happened.clone(), back.clone()),
        DataType::Adt32 | DataType::Adt42 => (happened.clone(), None),
        DataType::Adt21 | DataType::Adt41 => (planned_in.clone(), None),
        DataType::Adt51 => (None, planned_out.clone()),
        _ => (None, None),
    };
    // What was looked at but is not shown above goes into the rest, by name.
    let shown = [
        (pv2, 8, planned_in.as_ref(), plan || data_type == DataType::Adt41),
        (pv2, 9, planned_out.as_ref(), plan || data_type == DataType::Adt51),
        (pv2, 47, back.as_ref(), data_type == DataType::Adt31),
    ];
    for (segment, field, value, there) in shown {
        if let (Some(segment), Some(_), false) = (segment, value, there) {
            let raw = segment.field(field).peek_raw();
            record.push("extension", Some(super::record::source_field(&format!("PV2-{field}"), &raw)));
        }
    }
    places(record, pv1, pv2, location_status, here.clone());
    happened.or(here.0).or(start).or(end).or(here.1)
}

/// Where: the place of the message, the one before (PV1-6), the one waiting (PV2-1).
fn places(
    record: &mut Record,
    pv1: &Segment,
    pv2: Option<&Segment>,
    status: &str,
    (since, until): (Option<String>, Option<String>),
) {
    let entry = |found: Option<Value>, status: &str, period: Option<Value>| {
        let mut entry = Map::new();
        entry.insert("location".into(), found.unwrap_or_else(|| json!({"display": "(場所の記載なし)"})));
        entry.insert("status".into(), json!(status));
        if let Some(period) = period {
            entry.insert("period".into(), period);
        }
        Value::Object(entry)
    };
    let here = place(pv1.field(3).first());
    let period = period(since, until);
    if here.is_some() || period.is_some() {
        record.push("location", Some(entry(here, status, period)));
    }
    if let Some(before) = place(pv1.field(6).first()) {
        // Before a transfer that is only planned the patient is still there.
        let left = if status == "planned" { "active" } else { "completed" };
        record.push("location", Some(entry(Some(before), left, None)));
    }
    if let Some(waiting) = pv2.and_then(|pv2| place(pv2.field(1).first())) {
        record.push("location", Some(entry(Some(waiting), "reserved", None)));
    }
}

fn period(start: Option<String>, end: Option<String>) -> Option<Value> {
    let mut period = Map::new();
    for (name, value) in [("start", start), ("end", end)] {
        if let Some(value) = value {
            period.insert(name.into(), Value::String(value));
        }
    }
    (!period.is_empty()).then_some(Value::Object(period))
}

/// Where the patient came from and what became of them (PV1-14, PV1-36; SS-MIX2 table 0112).
fn hospitalization(record: &mut Record, pv1: &Segment) {
    let mut hospitalization = Map::new();
    for (element, field, table) in [("admitSource", 14, "v2-0023"), ("dischargeDisposition", 36, "v2-0112")] {
        if let Some(code) = pv1.field(field).text() {
            let system = format!("http://terminology.hl7.org/CodeSystem/{table}");
            hospitalization.insert(element.into(), code_of(&system, &code));
        }
    }
    if !hospitalization.is_empty() {
        record.set("hospitalization", Some(Value::Object(hospitalization)));
    }
}
