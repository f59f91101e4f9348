//! A synthetic region that writes real source formats.
//!
//! One pure plan ([`Plan`]: seed, residents, last day) gives one [`Region`]: 417 facilities, residents in
//! households, and for each a course of about a year that ends on the last day. Every facility writes what
//! its kind of system writes (SS-MIX2, medicine notebook CSV, resident register CSV, consents CSV, FHIR JSON),
//! with its own spelling of who the person is. The same plan gives the same bytes, always.
//!
//! Not here: reading any of it back (crate `formats`), and the clock: whoever plans says what day it is.
//! All people, facilities and municipalities are fictitious.

pub mod catalogue;
pub mod course;
pub mod dice;
pub mod facilities;
mod out;
pub mod people;
pub mod places;
pub mod registration;
pub mod story;
mod write;

pub use out::{Summary, WriteError};
pub use write::RegionFile;

use course::Told;
use facilities::{Facilities, Facility};
use jiff::civil::{Date, DateTime};
use people::{Households, Person};
use std::collections::{BTreeMap, BTreeSet};
use write::RowFile;

/// What decides a region: the same plan gives the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Seed of all chance.
    pub seed: u64,
    /// How many residents.
    pub residents: u32,
    /// Last day of the region's time; courses run from about a year before.
    pub today: Date,
}

/// A region ready to be told.
#[derive(Debug, Clone)]
pub struct Region {
    plan: Plan,
    facilities: Facilities,
}

impl Plan {
    /// A plan.
    pub fn new(seed: u64, residents: u32, today: Date) -> Self {
        Self { seed, residents, today }
    }

    /// The region of this plan. Cheap: people and files are made when asked for.
    pub fn region(self) -> Region {
        Region { plan: self, facilities: Facilities::new(self.seed, self.residents) }
    }
}

impl Region {
    /// The plan it was made from.
    pub fn plan(&self) -> Plan {
        self.plan
    }

    /// All 417 facilities.
    pub fn facilities(&self) -> &[Facility] {
        self.facilities.all()
    }

    /// Everybody, one by one.
    pub fn people(&self) -> impl Iterator<Item = Person> {
        let Plan { seed, today, residents } = self.plan;
        Households { seed, today }.people(residents)
    }

    /// What happened to a person.
    pub fn story(&self, person: &Person) -> Told {
        course::tell(self.plan.seed, person, &self.facilities, self.plan.today)
    }

    fn left(&self, person: &Person) -> write::Left {
        let told = self.story(person);
        write::person(self.plan.seed, person, &self.facilities, self.plan.today, &told)
    }

    /// Every delivery of the region in the order it was written, renamings included. All of it is held in
    /// memory: meant for some thousand residents; more of them are streamed by [`Region::write`].
    pub fn files(&self) -> Vec<RegionFile> {
        let mut files = Vec::new();
        let mut tables: Tables = BTreeMap::new();
        for person in self.people() {
            let left = self.left(&person);
            files.extend(left.files);
            gather(&mut tables, left.rows);
        }
        files.extend(self.tables(tables));
        // Stable: what one system wrote in one minute keeps its order.
        files.sort_by_key(|file| file.at);
        files
    }

    /// The deliveries of [`Region::files`] written after a moment, in order: what a live demonstration
    /// releases one by one with [`RegionFile::apply`].
    pub fn events_after(&self, moment: DateTime) -> impl Iterator<Item = RegionFile> {
        self.files().into_iter().filter(move |file| file.at > moment)
    }

    fn tables(&self, tables: Tables) -> impl Iterator<Item = RegionFile> + '_ {
        tables.into_iter().filter_map(|((place, file), rows)| {
            self.facilities.at(place).map(|facility| write::table(facility, file, &rows))
        })
    }
}

/// Rows as text, by facility and table: held until the end, so kept small.
type Tables = BTreeMap<(usize, RowFile), String>;

fn gather(tables: &mut Tables, rows: Vec<write::Row>) {
    for row in rows {
        let text = tables.entry((row.facility, row.file)).or_default();
        text.push_str(&row.line());
    }
}

/// The sources that have at least one file.
type Sources = BTreeSet<(String, &'static str, &'static str)>;
