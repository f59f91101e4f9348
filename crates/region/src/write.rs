//! From stories to files: each facility's own format, with the path its system would choose.

mod care;
mod clinic;
mod fhir;
mod letter;
mod notebook;
mod ssmix2;
mod tables;

use crate::facilities::{Facilities, Facility};
use crate::people::Person;
use crate::registration::Registration;
use jiff::civil::{Date, DateTime};
use model::reading::Format;
use std::collections::BTreeMap;

pub(crate) use tables::{Row, RowFile, consent_rows, quoted, register_rows, table};

/// One file as a facility's system wrote it, or renamed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionFile {
    /// Id of the facility.
    pub facility: String,
    /// Name of the source at the facility.
    pub source: &'static str,
    /// Format of the source.
    pub format: Format,
    /// Path below the source's root, `/` between parts.
    pub path: String,
    /// Content.
    pub bytes: Vec<u8>,
    /// When the facility's system wrote it, JST.
    pub at: DateTime,
    /// The earlier path, if the file was renamed (SS-MIX2 condition flag 1→2 or →0) with its bytes unchanged.
    pub was: Option<String>,
}

impl RegionFile {
    /// Root of the source below the output folder: `<facility>/<source>`.
    pub fn root(&self) -> String {
        format!("{}/{}", self.facility, self.source)
    }
}

/// What one person leaves behind in the region.
#[derive(Debug, Default)]
pub(crate) struct Left {
    /// Files, in no particular order.
    pub files: Vec<RegionFile>,
    /// Rows of files that many people share.
    pub rows: Vec<Row>,
    /// Registrations: facility and local id.
    pub registrations: Vec<(usize, String)>,
    /// Notebook files: facility and path.
    pub notebooks: Vec<(usize, String)>,
}

/// What the writers of one person share.
pub(crate) struct Desk<'a> {
    pub person: &'a Person,
    pub facilities: &'a Facilities,
    pub today: Date,
    pub registrations: BTreeMap<usize, Registration>,
}

impl Desk<'_> {
    fn facility(&self, place: usize) -> Option<&Facility> {
        self.facilities.at(place)
    }
}

/// Writes down the story of one person.
pub(crate) fn person(
    seed: u64,
    person: &Person,
    facilities: &Facilities,
    today: Date,
    told: &crate::course::Told,
) -> Left {
    let mut registrations = BTreeMap::new();
    for entry in &told.entries {
        if let Some(facility) = facilities.at(entry.facility) {
            registrations
                .entry(entry.facility)
                .or_insert_with(|| Registration::new(seed, person, facility, entry.at.date()));
        }
    }
    let desk = Desk { person, facilities, today, registrations };
    let mut left = Left::default();
    for (place, registration) in &desk.registrations {
        let Some(facility) = facilities.at(*place) else { continue };
        left.registrations.push((*place, registration.local_id.clone()));
        let entries: Vec<_> = told.entries.iter().filter(|entry| entry.facility == *place).collect();
        match facility.feed().format {
            Format::SsMix2 => left.files.extend(ssmix2::files(seed, &desk, facility, registration, &entries)),
            Format::Okusuri => {
                let files = notebook::files(&desk, facility, registration, &entries);
                left.notebooks.extend(files.iter().map(|file| (*place, file.path.clone())));
                left.files.extend(files);
            }
            Format::Fhir if facility.kind == model::facility::FacilityKind::Clinic => {
                left.files.extend(clinic::files(&desk, facility, registration, &entries));
            }
            Format::Fhir => left.files.extend(care::files(&desk, facility, registration, &entries)),
            _ => {}
        }
        left.files.extend(letter::files(&desk, facility, registration, &entries));
    }
    left.rows.extend(register_rows(&desk, told));
    left.rows.extend(consent_rows(&desk, told));
    left
}

/// `YYYYMMDD`.
fn digits(day: Date) -> String {
    format!("{:04}{:02}{:02}", day.year(), day.month(), day.day())
}

/// `YYYYMMDDHHMM`.
fn minutes(at: DateTime) -> String {
    format!("{}{:02}{:02}", digits(at.date()), at.hour(), at.minute())
}

/// `YYYYMMDDHHMMSS`.
fn seconds(at: DateTime) -> String {
    format!("{}{:02}", minutes(at), at.second())
}

/// Folder of the month: `YYYY-MM`.
fn month(at: DateTime) -> String {
    format!("{:04}-{:02}", at.year(), at.month())
}

/// A number without needless zeros after the point.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Encodes text as CP932; what it lacks becomes 〓 (the geta of printers), never an HTML escape.
pub(crate) fn cp932(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for c in text.chars() {
        let mut buffer = [0; 4];
        let (bytes, _, lost) = encoding_rs::SHIFT_JIS.encode(c.encode_utf8(&mut buffer));
        if lost {
            out.extend_from_slice(&[0x81, 0xac]);
        } else {
            out.extend_from_slice(&bytes);
        }
    }
    out
}
