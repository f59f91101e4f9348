//! SS-MIX2 standardised storage: one cabinet per patient, one file per message.
//!
//! Paths, names and condition flags follow SS-MIX2 標準化ストレージ 構成の説明と構築ガイドライン Ver.1.2:
//! an update renames the old file 1→2, a deletion renames every version to 0 and adds a message with flag 0.

mod chart;
mod hl7;
mod orders;

use super::{Desk, RegionFile, digits, seconds};
use crate::facilities::{CHART, Facility};
use crate::registration::Registration;
use crate::story::{Entry, INTERNAL, What};
use hl7::Segment;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use std::collections::BTreeMap;

/// Order number of data that need none.
const NO_ORDER: &str = "999999999999999";

/// What names a datum in the storage: day, data type, order number.
type Place = (String, &'static str, String);

/// One patient's folder at one facility.
struct Cabinet<'a> {
    desk: &'a Desk<'a>,
    facility: &'a Facility,
    registration: &'a Registration,
    serial: u32,
    files: Vec<RegionFile>,
    /// Files of each datum that still have flag 1 or 2: index in `files` of the last state of each version.
    versions: BTreeMap<Place, Vec<usize>>,
    /// Order numbers of diagnoses by local code.
    diagnoses: BTreeMap<&'static str, String>,
    /// True while the patient is in hospital, with the ward.
    ward: Option<&'static str>,
    /// Department the patient is with: code and name.
    department: (&'static str, &'static str),
}

/// A message about to be filed.
struct Message {
    /// `YYYYMMDD` or `-`.
    day: String,
    /// Data type, e.g. `OML-11`.
    kind: &'static str,
    /// 15 digits.
    order: String,
    /// Department code or `-`.
    department: &'static str,
    /// Transaction time.
    at: DateTime,
    /// HL7 message type, e.g. `OUL^R22^OUL_R22`.
    message_type: &'static str,
    /// Segments after MSH.
    segments: Vec<Segment>,
}

/// All files of one patient at one facility.
pub(super) fn files(
    seed: u64,
    desk: &Desk<'_>,
    facility: &Facility,
    registration: &Registration,
    entries: &[&Entry],
) -> Vec<RegionFile> {
    let mut cabinet = Cabinet {
        desk,
        facility,
        registration,
        serial: 0,
        files: Vec::new(),
        versions: BTreeMap::new(),
        diagnoses: BTreeMap::new(),
        ward: None,
        department: INTERNAL,
    };
    let Some(first) = entries.iter().find(|entry| entry.what != What::Consent) else { return Vec::new() };
    cabinet.patient(first.at, registration);
    let mut moved = desk.person.moved.as_ref().map(|(day, _)| *day).filter(|day| *day > first.at.date());
    for entry in entries {
        if let Some(day) = moved
            && entry.at.date() >= day
        {
            // At the first visit after a move the desk writes the new address: the old file becomes version 2.
            let now = Registration::new(seed, desk.person, facility, entry.at.date());
            cabinet.patient(entry.at.saturating_sub(3.minutes()), &now);
            moved = None;
        }
        cabinet.entry(entry);
    }
    cabinet.files
}

impl Cabinet<'_> {
    /// The next order number of this patient: unique within the facility.
    fn order(&mut self) -> String {
        self.serial += 1;
        format!("{:09}{:06}", self.desk.person.number, self.serial)
    }

    fn entry(&mut self, entry: &Entry) {
        match &entry.what {
            What::Visit { department } => self.visit(entry, *department),
            What::Admission { ward, department } => self.admission(entry, ward, *department),
            What::Transfer { from, to } => self.transfer(entry, from, to),
            What::Discharge { ward, died } => self.discharge(entry, ward, *died),
            What::Diagnosis { disease, onset, main } => self.diagnosis(entry, *disease, *onset, *main, false),
            What::Resolved { disease, onset } => self.diagnosis(entry, *disease, *onset, false, true),
            What::Allergies(known) => self.allergies(entry, known),
            What::Prescription { setting, groups, cancelled } => {
                self.prescription(entry, *setting, groups, *cancelled);
            }
            What::Injection { drugs } => self.injection(entry, drugs),
            What::Labs { values, preliminary } => self.labs(entry, values, *preliminary),
            What::Imaging { name } => self.imaging(entry, name),
            What::Electrocardiogram { finding, rate } => self.electrocardiogram(entry, finding, *rate),
            What::Diet { text } => self.diet(entry, text),
            _ => {}
        }
    }

    /// Where a message of a datum lies below the root, with its condition flag.
    fn path(&self, message: &Message, flag: char) -> String {
        let id = &self.registration.local_id;
        let Message { day, kind, order, department, .. } = message;
        let part = |range: std::ops::Range<usize>| id.get(range).unwrap_or("000").to_owned();
        let time = format!("{}{:03}", seconds(message.at), order_millis(order));
        format!(
            "{}/{}/{id}/{day}/{kind}/{id}_{day}_{kind}_{order}_{time}_{department}_{flag}",
            part(0..3),
            part(3..6)
        )
    }

    /// Files a message that is valid: an older version is renamed 1→2.
    fn file(&mut self, message: Message) {
        let place = (message.day.clone(), message.kind, message.order.clone());
        self.rename(&place, '2', message.at);
        self.put(place, message, '1');
    }

    /// Files a deletion: every version is renamed →0.
    fn delete(&mut self, message: Message) {
        let place = (message.day.clone(), message.kind, message.order.clone());
        self.rename(&place, '0', message.at);
        self.put(place, message, '0');
    }

    fn put(&mut self, place: Place, message: Message, flag: char) {
        let path = self.path(&message, flag);
        let control = format!("{}{:05}", seconds(message.at), self.files.len() % 100_000);
        let header = hl7::header(message.at, order_millis(&message.order), message.message_type, &control);
        let bytes = hl7::encode(&header, &message.segments);
        self.versions.entry(place).or_default().push(self.files.len());
        self.push(path, bytes, message.at, None);
    }

    fn rename(&mut self, place: &Place, flag: char, at: DateTime) {
        let mut last = self.versions.remove(place).unwrap_or_default();
        for version in &mut last {
            let Some(file) = self.files.get(*version) else { continue };
            let Some(stem) = file.path.get(..file.path.len() - 1) else { continue };
            let path = format!("{stem}{flag}");
            if path == file.path {
                continue;
            }
            let (bytes, was) = (file.bytes.clone(), file.path.clone());
            *version = self.files.len();
            self.push(path, bytes, at, Some(was));
        }
        self.versions.insert(place.clone(), last);
    }

    fn push(&mut self, path: String, bytes: Vec<u8>, at: DateTime, was: Option<String>) {
        self.files.push(RegionFile {
            facility: self.facility.id.clone(),
            source: CHART.source,
            format: CHART.format,
            path,
            bytes,
            at,
            was,
        });
    }

    /// PID of ordinary messages.
    fn pid(&self) -> Segment {
        hl7::pid(self.registration)
    }

    /// Clinic or ward as PV1 or ORC-13 place.
    fn place(&self) -> String {
        match self.ward {
            Some(ward) => format!("{}^{}^^^^N", hl7::escape(ward), 301 + self.desk.person.number % 20),
            None => "01^^^^^C".to_owned(),
        }
    }

    /// PV1 for orders and results.
    fn pv1(&self, entry: &Entry) -> Segment {
        let class = if self.ward.is_some() { "I" } else { "O" };
        let doctor = hl7::staff(&self.facility.staff(entry.author));
        Segment::new("PV1")
            .set(1, "0001")
            .set(2, class)
            .set(3, self.place())
            .set(7, doctor)
            .set(10, self.department.0)
    }

    /// `YYYYMMDD` of an entry.
    fn day(entry: &Entry) -> String {
        digits(entry.at.date())
    }
}

/// Milliseconds of a file name, from the order number so that two files of one minute differ.
fn order_millis(order: &str) -> u32 {
    order.get(order.len().saturating_sub(3)..).and_then(|tail| tail.parse().ok()).unwrap_or(0)
}

/// `YYYYMMDD` of a date, for dates inside messages.
fn date(day: Date) -> String {
    digits(day)
}
