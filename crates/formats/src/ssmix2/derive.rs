//! The name a message would have in the storage, from the message alone: for HL7 v2 as sent over a line, and for
//! files that were copied under another name.
//!
//! Data type by MSH-9 and, where several share one, by content (SS-MIX2 標準化ストレージ 構成の説明と構築の
//! ガイドライン 1.2g, table 1-1); 診療日 by the field that guideline names for each data type; order number ORC-2, of
//! registrations and movements fifteen nines, as the storage has it, of a reception its visit.

use super::data_type::DataType;
use super::path::{Flag, Name};
use crate::hl7v2::{Message, Segment, timestamp};
use model::reading::Problem;

/// The order number of data that has none.
const NO_ORDER: &str = "999999999999999";

/// MSH-9 as `code^event`; a message that leaves the event to its structure (`OUL^^OUL_R22`) is read by it.
pub fn message_type(message: &Message) -> String {
    let Some(header) = message.segment("MSH") else { return String::new() };
    let kind = header.field(9).first();
    let part = |component: usize| kind.peek(component).unwrap_or_default().trim().to_owned();
    let structure = part(3);
    let event = match (part(2), structure.split_once('_')) {
        (event, Some((_, of))) if event.is_empty() => of.to_owned(),
        (event, _) => event,
    };
    format!("{}^{event}", part(1))
}

/// Messages of HL7 that say the same as one of the storage: add and update a person, delete a person, pre-admit.
const ALIKE: &[(&str, &str)] = &[
    ("ADT^A28", "ADT^A08"),
    ("ADT^A31", "ADT^A08"),
    ("ADT^A29", "ADT^A23"),
    ("ADT^A05", "ADT^A14"),
    ("ADT^A38", "ADT^A27"),
    ("RDE^O01", "RDE^O11"),
    ("RAS^O01", "RAS^O17"),
    ("ORU^R31", "ORU^R30"),
    ("ORU^R32", "ORU^R30"),
];

/// Order control (ORC-1, HL7 table 0119) of orders that were sent before.
const CHANGES: &[&str] = &["XO", "XX", "XR", "RP", "RO", "RU", "CA", "OC", "CR", "DC", "OD", "DR"];

/// The message of the storage that says the same.
fn alike(message_type: &str) -> &str {
    ALIKE.iter().find(|(other, _)| *other == message_type).map_or(message_type, |(_, same)| same)
}

/// The name of a message, and what was missing to make it. `None` if the storage has nothing like it.
pub fn name(message: &Message, source_time: &str) -> Option<(Name, Vec<Problem>)> {
    let message_type = message_type(message);
    let message_type = alike(&message_type);
    let data_type = data_type(message, message_type)?;
    let mut problems = Vec::new();
    let (order_number, controls) = order(message, data_type);
    let written = [("MSH", 7), ("EVN", 2)].into_iter();
    let times = written.filter_map(|(segment, number)| field(message, segment, number));
    let transaction_time =
        times.map(|time| moment(&time)).find(|time| time.len() >= 8).unwrap_or_else(|| {
            let text = "no time of the message: the time of the file is taken";
            problems.push(Problem::new("missing-date", "MSH-7", text));
            moment(source_time)
        });
    let (mut day, found) = day(message, message_type, data_type);
    if day.is_none() && !timeless(data_type) {
        // Without an order number either, data of different days would be one set.
        let text = match order_number.as_str() {
            NO_ORDER => {
                day = transaction_time.get(..8).map(str::to_owned);
                "no day here: the set is known by the day of the message"
            }
            _ => "no day here: the set is known by its order number alone",
        };
        problems.push(Problem::new("missing-date", found, text));
    }
    let only =
        |codes: &[&str]| !controls.is_empty() && controls.iter().all(|each| codes.contains(&each.as_str()));
    let cancels = message_type == "ADT^A11"
        || data_type.cancels(message_type)
        || only(&["CA", "OC", "CR", "DC", "OD", "DR"]);
    if found == "ORC-9" && (cancels || controls.iter().any(|each| CHANGES.contains(&each.as_str()))) {
        let text = "a change or cancellation has its own ORC-9: an order first sent on another day is not found by it";
        problems.push(Problem::new("order-day", "ORC-9", text));
    }
    let name = Name {
        patient: String::new(),
        day: day.unwrap_or_default(),
        data_type,
        order_number,
        transaction_time,
        department: String::new(),
        flag: if cancels { Flag::Deleted } else { Flag::Valid },
        folder: String::new(),
        tie: tie(message),
    };
    Some((name, problems))
}

/// The digits of a time, without those of its zone.
fn moment(time: &str) -> String {
    time.split(['+', '-']).next().unwrap_or_default().chars().filter(char::is_ascii_digit).take(17).collect()
}

/// What tells two messages of one moment apart: the control id, numbers by their size.
fn tie(message: &Message) -> String {
    let control = field(message, "MSH", 10).unwrap_or_default();
    match control.as_str() {
        "" => String::new(),
        number if number.bytes().all(|b| b.is_ascii_digit()) => format!("/{number:0>20}"),
        word => format!("/{word}"),
    }
}

/// First component of a field of the first segment of a name, trimmed; not taken.
fn field(message: &Message, segment: &str, number: usize) -> Option<String> {
    first(message.segment(segment)?, number)
}

fn first(segment: &Segment, number: usize) -> Option<String> {
    segment.field(number).peek().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Data without a day.
fn timeless(data_type: DataType) -> bool {
    matches!(data_type, DataType::Adt00 | DataType::Adt01 | DataType::Adt61 | DataType::Ppr01)
}

/// 診療日 `YYYYMMDD`, and the first place it was looked for.
fn day(message: &Message, message_type: &str, data_type: DataType) -> (Option<String>, &'static str) {
    type Places = &'static [(&'static str, usize)];
    let places: Places = match (data_type, message_type) {
        (kind, _) if timeless(kind) => &[],
        (_, "ADT^A53") => &[("PV2", 47), ("EVN", 6)],
        (DataType::Adt12 | DataType::Adt22, _) => &[("PV1", 44), ("EVN", 6)],
        (DataType::Adt21 | DataType::Adt41, _) => &[("PV2", 8), ("PV1", 44), ("EVN", 6)],
        (DataType::Adt31 | DataType::Adt32 | DataType::Adt42, _) => &[("EVN", 6), ("EVN", 2)],
        (DataType::Adt51, _) => &[("PV2", 9), ("EVN", 6)],
        (DataType::Adt52, _) => &[("PV1", 45), ("EVN", 6)],
        (DataType::Omp11 | DataType::Omp12, _) => &[("RXA", 3), ("ORC", 9)],
        (DataType::Oml11, _) => &[("SPM", 17), ("OBR", 7), ("OBX", 14), ("ORC", 9)],
        (DataType::Omg11 | DataType::Omg12 | DataType::Omg13, _) => &[("OBR", 7), ("OBX", 14), ("ORC", 9)],
        (DataType::Observations, _) => &[("OBX", 14), ("OBR", 7)],
        _ => &[("ORC", 9)],
    };
    let of = |segment: &str, number: usize| {
        let text = message.all(segment).find_map(|each| first(each, number))?;
        let day = timestamp::date(&text).ok().filter(|day| day.len() == 10)?;
        Some(day.replace('-', ""))
    };
    let name = match places.first() {
        Some(("PV1", 44)) => "PV1-44",
        Some(("PV1", _)) => "PV1-45",
        Some(("PV2", 8)) => "PV2-8",
        Some(("PV2", 9)) => "PV2-9",
        Some(("PV2", _)) => "PV2-47",
        Some(("EVN", _)) => "EVN-6",
        Some(("RXA", _)) => "RXA-3",
        Some(("SPM", _)) => "SPM-17",
        Some(("OBR", _)) => "OBR-7",
        Some(("OBX", _)) => "OBX-14",
        _ => "ORC-9",
    };
    // The place where the guideline has it, then the others of the message.
    let found = places.iter().find_map(|(segment, number)| of(segment, *number));
    (found, name)
}

/// The order number, and the order control (ORC-1) of every order. A replaced order (RP, RU) stands before the one
/// that replaces it.
fn order(message: &Message, data_type: DataType) -> (String, Vec<String>) {
    if message.segment("MRG").is_some() {
        // A merge is news beside the registration: it replaces nothing.
        let control = field(message, "MSH", 10).unwrap_or_else(|| NO_ORDER.to_owned());
        return (format!("merge/{control}"), Vec::new());
    }
    if data_type == DataType::Adt12 {
        // Several receptions a day are the rule: the number of the visit tells them apart, else when it began.
        let visit = [19, 44].into_iter().find_map(|number| field(message, "PV1", number));
        return (visit.unwrap_or_else(|| NO_ORDER.to_owned()), Vec::new());
    }
    if data_type.word().starts_with("ADT-") {
        return (NO_ORDER.to_owned(), Vec::new());
    }
    let controls = message.all("ORC").filter_map(|orc| first(orc, 1)).collect();
    let of = |segment: &str, number: usize, old: bool| {
        let mut orders = message.all(segment).filter(|each| {
            old || segment != "ORC" || !matches!(first(each, 1).as_deref(), Some("RP" | "RU"))
        });
        orders.find_map(|each| first(each, number))
    };
    let places = [
        ("ORC", 2, false),
        ("ORC", 2, true),
        ("OBR", 2, true),
        ("ORC", 3, true),
        ("OBR", 3, true),
        ("ORC", 4, true),
    ];
    let number = places.iter().find_map(|(segment, number, old)| of(segment, *number, *old));
    (number.unwrap_or_else(|| NO_ORDER.to_owned()), controls)
}

/// Orders that others of the same message replace (ORC-1 RP, RU), by their number: their sets end.
pub fn replaced(message: &Message, name: &Name) -> Vec<Name> {
    let old = message.all("ORC").filter(|orc| matches!(first(orc, 1).as_deref(), Some("RP" | "RU")));
    let mut names: Vec<Name> = Vec::new();
    for number in old.filter_map(|orc| first(orc, 2)) {
        let known = number == name.order_number || names.iter().any(|each| each.order_number == number);
        if !known {
            names.push(Name { order_number: number, flag: Flag::Deleted, ..name.clone() });
        }
    }
    names
}

/// The data type of a message by itself.
pub fn kind(message: &Message) -> Option<DataType> {
    let message_type = message_type(message);
    data_type(message, alike(&message_type))
}

/// The data type of a message: some message types serve several.
fn data_type(message: &Message, message_type: &str) -> Option<DataType> {
    if message_type == "ORU^R30" {
        return Some(DataType::Observations);
    }
    if message_type.starts_with("ADT^") && message.segment("MRG").is_some() {
        // Merges have many events (A18, A34, A39 to A42, A47): all say it by MRG.
        return Some(DataType::Adt00);
    }
    let all: Vec<DataType> = DataType::of_message(message_type).collect();
    let examination = message.segment("OBR").and_then(|obr| obr.field(4).first().peek(3)).unwrap_or_default();
    let chosen = match message_type {
        // A04 and A01 of an outpatient are one visit, and A11 takes back either (HL7 v2.5 §3.3.11).
        "ADT^A01" | "ADT^A11" if field(message, "PV1", 2).as_deref() == Some("O") => DataType::Adt12,
        "RDE^O11" if is_injection(message) => DataType::Omp02,
        "RAS^O17" if is_injection(message) => DataType::Omp12,
        "OMG^O19" if examination == "LENDO" => DataType::Omg02,
        "OMG^O19" if examination != "JJ1017" => DataType::Omg03,
        "OMI^Z23" if examination == "LENDO" => DataType::Omg12,
        "ORU^R01" if is_vital(message) => DataType::Observations,
        "ORU^R01" if is_laboratory(message) => DataType::Oml11,
        _ => *all.first()?,
    };
    Some(chosen)
}

/// An injection: components of a mixture (RXC), a rate, or a route of injection (HL7 table 0162). What is dispensed
/// (RXE-10, insulin to take home) is a prescription by whatever route.
fn is_injection(message: &Message) -> bool {
    let any = |segment: &str, number: usize| message.all(segment).any(|each| first(each, number).is_some());
    let injected = message.all("RXR").filter_map(|rxr| first(rxr, 1)).any(|route| {
        matches!(
            route.as_str(),
            "IV" | "IM" | "SC" | "ID" | "IA" | "IH" | "IP" | "IT" | "IU" | "IVP" | "IVPB"
        )
    });
    let form = message.all("RXE").filter_map(|rxe| first(rxe, 6)).any(|form| form == "INJ");
    let rate = any("RXE", 23) || any("RXA", 12);
    any("RXC", 2) || rate || ((injected || form) && !any("RXE", 10))
}

/// Nothing but what is measured on the body, as the National Hospital Organization codes it.
fn is_vital(message: &Message) -> bool {
    let codes: Vec<String> = message.all("OBX").filter_map(|obx| first(obx, 3)).collect();
    !codes.is_empty() && codes.iter().all(|code| super::vital::is_vital(code))
}

/// A laboratory's result without specimens of its own, as ORU^R01 from outside laboratories: by the section
/// (OBR-24, HL7 table 0074) or by JLAC10 (groups 1 to 8).
fn is_laboratory(message: &Message) -> bool {
    if message.segment("SPM").is_some() {
        return false;
    }
    let section = message.all("OBR").filter_map(|obr| first(obr, 24)).any(|section| {
        matches!(section.as_str(), "LAB" | "CH" | "HM" | "MB" | "SR" | "IMM" | "BLB" | "TX" | "URN" | "VR")
    });
    let coded = |obx: &Segment| {
        let item = obx.field(3).first();
        let jlac = matches!(item.peek(3).as_deref(), Some("JC10" | "JLAC10"));
        jlac && item.peek(1).is_some_and(|code| matches!(code.as_bytes(), [b'1'..=b'8', ..]))
    };
    section || message.all("OBX").any(coded)
}
