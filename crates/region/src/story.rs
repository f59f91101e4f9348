//! A person's story: what happened where, before any system writes it down.
//!
//! Courses ([`crate::course`]) add entries; the writers ([`crate::write`]) turn each into files of the
//! facility's own format.

use crate::catalogue::{Disease, Drug, Test, Usage};
use crate::dice::Dice;
use crate::facilities::Facilities;
use crate::people::{Person, Sex};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use model::facility::FacilityKind;

/// Drugs taken together for some days.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Drugs with the amount per day in the drug's unit (per dose when needed).
    pub drugs: Vec<(Drug, f64)>,
    /// How they are taken.
    pub usage: Usage,
    /// For how many days (times when needed).
    pub days: u32,
}

/// Where an order belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// 外来
    Outpatient,
    /// 入院
    Inpatient,
    /// 退院時
    Discharge,
}

/// A letter or document with titled sections.
#[derive(Debug, Clone, PartialEq)]
pub struct Letter {
    /// What it is.
    pub kind: LetterKind,
    /// Place of the facility it is for.
    pub to: usize,
    /// Section code of JP-CLINS, title, text.
    pub sections: Vec<(&'static str, &'static str, String)>,
}

/// Kinds of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterKind {
    /// 診療情報提供書
    Referral,
    /// 退院時サマリー
    Discharge,
}

/// Measured at the bedside; 0 means not measured.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Vitals {
    /// Systolic pressure, mmHg.
    pub systolic: f64,
    /// Diastolic pressure, mmHg.
    pub diastolic: f64,
    /// Pulse, per minute.
    pub pulse: f64,
    /// Oxygen saturation, %.
    pub spo2: f64,
    /// Temperature, °C.
    pub temperature: f64,
    /// Weight, kg.
    pub weight: f64,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Came to the outpatient department, or was visited at home.
    Visit {
        /// SS-MIX2 department code and name.
        department: (&'static str, &'static str),
    },
    /// Was admitted.
    Admission {
        /// Ward code.
        ward: &'static str,
        /// Department.
        department: (&'static str, &'static str),
    },
    /// Was moved to another ward.
    Transfer {
        /// From ward.
        from: &'static str,
        /// To ward.
        to: &'static str,
    },
    /// Was discharged.
    Discharge {
        /// Ward code.
        ward: &'static str,
        /// True if the person died.
        died: bool,
    },
    /// A diagnosis was registered.
    Diagnosis {
        /// Which.
        disease: Disease,
        /// Since when.
        onset: Date,
        /// True if it is what the visit or stay is for.
        main: bool,
    },
    /// A diagnosis registered before has ended.
    Resolved {
        /// Which.
        disease: Disease,
        /// Since when.
        onset: Date,
    },
    /// Allergies as now known: name and reaction. Empty: none known.
    Allergies(Vec<(&'static str, &'static str)>),
    /// A prescription.
    Prescription {
        /// For whom.
        setting: Setting,
        /// What.
        groups: Vec<Group>,
        /// True if it was cancelled some minutes later.
        cancelled: bool,
    },
    /// Injections ordered and given on one day.
    Injection {
        /// Drug and number of units.
        drugs: Vec<(Drug, f64)>,
    },
    /// A laboratory order and its result.
    Labs {
        /// Test and value.
        values: Vec<(Test, f64)>,
        /// True if a part came first and was replaced by the whole.
        preliminary: bool,
    },
    /// An X-ray was taken.
    Imaging {
        /// What was taken.
        name: &'static str,
    },
    /// An electrocardiogram.
    Electrocardiogram {
        /// Finding.
        finding: &'static str,
        /// Heart rate.
        rate: f64,
    },
    /// A diet order on the ward.
    Diet {
        /// Text.
        text: &'static str,
    },
    /// A document.
    Letter(Letter),
    /// A pharmacy dispensed.
    Dispensed {
        /// Place of the prescribing facility and its member of staff.
        prescriber: (usize, usize),
        /// What.
        groups: Vec<Group>,
        /// Information for doctors (record 411) or empty.
        information: &'static str,
    },
    /// Vital signs.
    Vitals(Vitals),
    /// How much of the day's meals was eaten, in tenths for morning, noon, evening.
    Meals([u8; 3]),
    /// Hours slept in the night.
    Sleep(f64),
    /// A behavioural event: kind, circumstances, what helped.
    Behaviour {
        /// 興奮, 徘徊, 拒否…
        kind: &'static str,
        /// What helped.
        helped: &'static str,
    },
    /// A note of nursing or care.
    Note(String),
    /// Dental treatment.
    Dental {
        /// What was done.
        procedure: &'static str,
        /// Findings.
        finding: String,
    },
    /// The town hall changed its register: reason.
    Register(&'static str),
    /// A consent was noted at the reception desk.
    Consent,
}

/// One entry of a story.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// When, JST.
    pub at: DateTime,
    /// Place of the facility.
    pub facility: usize,
    /// Number of the member of staff there.
    pub author: usize,
    /// What.
    pub what: What,
}

/// The facilities one person goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Team {
    /// Hospital.
    pub hospital: usize,
    /// Family doctor.
    pub clinic: usize,
    /// Pharmacy.
    pub pharmacy: usize,
    /// Dentist.
    pub dental: usize,
    /// Visiting nurses.
    pub nurse: usize,
    /// Care facility.
    pub care: usize,
    /// Town hall.
    pub town: usize,
}

/// A story in the making.
#[derive(Debug)]
pub struct Story<'a> {
    /// Whose.
    pub person: &'a Person,
    /// Where they go.
    pub team: Team,
    /// Last day of the region's time.
    pub today: Date,
    /// Chance.
    pub dice: Dice,
    /// What happened, in any order until the story is told.
    pub entries: Vec<Entry>,
    /// The day of death, if the person died.
    pub died: Option<Date>,
    away: Vec<(Date, Date)>,
}

impl<'a> Story<'a> {
    /// An empty story.
    pub fn new(seed: u64, person: &'a Person, facilities: &Facilities, today: Date) -> Self {
        let mut dice = Dice::new(&[seed, 5, u64::from(person.household), person.place as u64]);
        let town = person.address.municipality;
        let mut near = |kind| facilities.near(kind, town, &mut dice);
        let team = Team {
            hospital: near(FacilityKind::Hospital),
            clinic: near(FacilityKind::Clinic),
            pharmacy: near(FacilityKind::Pharmacy),
            dental: near(FacilityKind::Dental),
            nurse: near(FacilityKind::VisitingNurse),
            care: near(FacilityKind::Care),
            town: facilities.numbered(FacilityKind::TownHall, town),
        };
        Self { person, team, today, dice, entries: Vec::new(), died: None, away: Vec::new() }
    }

    /// The day so many days before the last one.
    pub fn day(&self, before: i64) -> Date {
        self.today.saturating_sub(before.days())
    }

    /// Adds an entry.
    pub fn add(&mut self, day: Date, time: (i8, i8), facility: usize, what: What) {
        self.add_by(day, time, facility, 0, what);
    }

    /// Adds an entry by a certain member of staff.
    pub fn add_by(
        &mut self,
        day: Date,
        (hour, minute): (i8, i8),
        facility: usize,
        author: usize,
        what: What,
    ) {
        self.entries.push(Entry { at: day.at(hour, minute, 0, 0), facility, author, what });
    }

    /// Regular visits every so many days, as (number, days back), the earliest first. Everybody has days of
    /// their own, none a Sunday.
    pub fn rounds(&mut self, every: i64) -> Vec<(usize, i64)> {
        let first = 350 - self.dice.range(0, every - 1);
        let mut before = first;
        let mut found = Vec::new();
        while before >= 0 {
            let sunday = self.day(before).weekday() == jiff::civil::Weekday::Sunday;
            let shown = before + i64::from(sunday);
            found.push((found.len(), shown));
            before -= every;
        }
        found
    }

    /// A usual time within opening hours.
    pub fn hours(&mut self) -> (i8, i8) {
        (self.dice.range(9, 16) as i8, self.dice.range(0, 59) as i8)
    }

    /// A visit, with its diagnoses.
    pub fn visit(&mut self, day: Date, facility: usize, diseases: &[(Disease, Date)]) -> (i8, i8) {
        let time = self.hours();
        let department = INTERNAL;
        self.add(day, time, facility, What::Visit { department });
        for (place, (disease, onset)) in diseases.iter().enumerate() {
            let (disease, onset) = (*disease, *onset);
            self.add(day, later(time, 5), facility, What::Diagnosis { disease, onset, main: place == 0 });
        }
        time
    }

    /// An outpatient prescription, dispensed the same day at the pharmacy.
    pub fn prescribe(&mut self, day: Date, time: (i8, i8), facility: usize, groups: &[Group]) {
        let cancelled = self.dice.permille(8);
        let groups = groups.to_vec();
        self.add(
            day,
            later(time, 12),
            facility,
            What::Prescription { setting: Setting::Outpatient, groups: groups.clone(), cancelled },
        );
        if cancelled {
            let groups = groups.clone();
            let what = What::Prescription { setting: Setting::Outpatient, groups, cancelled: false };
            self.add(day, later(time, 25), facility, what);
        }
        self.dispense(day, later(time, 65), facility, groups, "");
    }

    /// Dispensing at the team's pharmacy.
    pub fn dispense(
        &mut self,
        day: Date,
        time: (i8, i8),
        from: usize,
        groups: Vec<Group>,
        information: &'static str,
    ) {
        let pharmacy = self.team.pharmacy;
        self.add(day, time, pharmacy, What::Dispensed { prescriber: (from, 0), groups, information });
    }

    /// Laboratory values: each (test, about, noise), reported 40 minutes after the time.
    pub fn labs(&mut self, day: Date, time: (i8, i8), facility: usize, values: &[(Test, f64, f64)]) {
        let values: Vec<(Test, f64)> = values
            .iter()
            .map(|(test, about, noise)| (*test, (about + noise * self.dice.noise()).max(0.01)))
            .collect();
        let preliminary = values.len() > 4 && self.dice.chance(6);
        self.add(day, later(time, 7), facility, What::Labs { values, preliminary });
    }

    /// A stay: admission, diet, discharge. Facilities that care daily pause meanwhile.
    pub fn stay(
        &mut self,
        from: (Date, (i8, i8)),
        until: (Date, (i8, i8)),
        hospital: usize,
        ward: &'static str,
        department: (&'static str, &'static str),
    ) {
        self.away.push((from.0, until.0));
        self.add(from.0, from.1, hospital, What::Admission { ward, department });
        self.add(from.0, later(from.1, 30), hospital, What::Diet { text: "塩分６ｇ軟菜食" });
        self.add(until.0, until.1, hospital, What::Discharge { ward, died: false });
    }

    /// True if the person was in hospital on the day (the days of admission and discharge included).
    pub fn in_hospital(&self, day: Date) -> bool {
        self.away.iter().any(|(from, until)| (*from..=*until).contains(&day))
    }

    /// The right creatinine test for the sex.
    pub fn creatinine(&self) -> Test {
        if self.person.sex == Sex::Male { crate::catalogue::CR_MALE } else { crate::catalogue::CR }
    }

    /// The entries in time order, none after death or after the last day.
    pub fn told(mut self) -> Vec<Entry> {
        let end = self.died.unwrap_or(self.today).min(self.today);
        let birth = self.person.birth;
        self.entries.retain(|entry| {
            let day = entry.at.date();
            let posthumous = matches!(entry.what, What::Register(_) | What::Letter(_));
            day >= birth && day <= self.today && (day <= end || posthumous)
        });
        self.entries.sort_by_key(|entry| entry.at);
        merge_dispensings(&mut self.entries);
        self.entries
    }
}

/// A pharmacy hands out once a day what one doctor prescribed that day: later groups join the first.
fn merge_dispensings(entries: &mut Vec<Entry>) {
    let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
    for mut entry in entries.drain(..) {
        if let What::Dispensed { prescriber, groups, .. } = &mut entry.what {
            let earlier = kept.iter_mut().find_map(|before| match &mut before.what {
                What::Dispensed { prescriber: other, groups, .. }
                    if other == prescriber
                        && before.facility == entry.facility
                        && before.at.date() == entry.at.date() =>
                {
                    Some(groups)
                }
                _ => None,
            });
            if let Some(earlier) = earlier {
                earlier.append(groups);
                continue;
            }
        }
        kept.push(entry);
    }
    *entries = kept;
}

/// 内科
pub const INTERNAL: (&str, &str) = ("01", "内科");
/// 循環器内科
pub const CARDIOLOGY: (&str, &str) = ("08", "循環器内科");
/// 整形外科
pub const ORTHOPAEDICS: (&str, &str) = ("11", "整形外科");
/// 脳神経外科
pub const NEUROSURGERY: (&str, &str) = ("14", "脳神経外科");

/// A clock time so many minutes later, the same day.
pub fn later((hour, minute): (i8, i8), minutes: i32) -> (i8, i8) {
    let total = (i32::from(hour) * 60 + i32::from(minute) + minutes).clamp(0, 23 * 60 + 59);
    ((total / 60) as i8, (total % 60) as i8)
}

/// Drugs of one usage.
pub fn group(usage: Usage, days: u32, drugs: &[(Drug, f64)]) -> Group {
    Group { drugs: drugs.to_vec(), usage, days }
}
