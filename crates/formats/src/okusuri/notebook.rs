//! The lines of a file, grouped as the format orders them: notebook › dispensing › RP.
//!
//! JAHIS 電子版お薬手帳データフォーマット仕様書 Ver.2.6: records 1 to 4 and 31 belong to the person, a record 5
//! opens a dispensing, 55 holds for the RPs after it, 701 and 911 close. A second header or a second
//! record 1 begins another notebook: files are glued together in practice.

use super::line::Line;
use crate::text_file::narrow;
use model::reading::Problem;

/// One person's data as put out once.
#[derive(Debug, Default)]
pub(super) struct Notebook<'t> {
    /// `JAHISTC08` …, upper case; empty if a second record 1 began this notebook.
    pub version: String,
    /// Output category: 1 from a facility, 2 from the person.
    pub category: String,
    /// Where the header is; empty if there is none.
    pub header: String,
    /// Record 1.
    pub patient: Option<Line<'t>>,
    /// Records 2 and 4.
    pub remarks: Vec<Line<'t>>,
    /// Records 3, each with its 31.
    pub over_the_counter: Vec<(Line<'t>, Vec<Line<'t>>)>,
    /// Records 5 with what follows them.
    pub dispensings: Vec<Dispensing<'t>>,
    /// Records 701.
    pub pharmacists: Vec<Line<'t>>,
    /// Record 911.
    pub split: Option<Line<'t>>,
}

/// One dispensing: record 5 and what belongs to it.
#[derive(Debug)]
pub(super) struct Dispensing<'t> {
    /// Record 5.
    pub day: Line<'t>,
    /// Record 11.
    pub facility: Option<Line<'t>>,
    /// Records 15.
    pub staff: Vec<Line<'t>>,
    /// Records 51, in order: one by the standard, another where a pharmacy puts two prescriptions of a day
    /// into one dispensing.
    pub prescriber_facilities: Vec<Line<'t>>,
    /// Records 55, in order.
    pub prescribers: Vec<Line<'t>>,
    /// RPs in order.
    pub groups: Vec<Group<'t>>,
    /// Records 401, 411, 421, 501, 601.
    pub remarks: Vec<Line<'t>>,
    /// The prescription the next RP belongs to.
    now: Prescription,
}

/// Where an RP was prescribed and by whom: indices into the records 51 and 55 that came before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Prescription {
    /// Record 51.
    pub facility: Option<usize>,
    /// Record 55.
    pub prescriber: Option<usize>,
}

/// One RP.
#[derive(Debug)]
pub(super) struct Group<'t> {
    /// RP number as written.
    pub number: String,
    /// Its prescription.
    pub prescription: Prescription,
    /// Records 201, each with its 281 and 291.
    pub drugs: Vec<(Line<'t>, Vec<Line<'t>>)>,
    /// Record 301.
    pub usage: Option<Line<'t>>,
    /// Records 311 and 391.
    pub remarks: Vec<Line<'t>>,
}

/// Groups the lines; what has no place is named field by field.
pub(super) fn group<'t>(
    lines: impl Iterator<Item = (usize, &'t str)>,
    problems: &mut Vec<Problem>,
) -> Vec<Notebook<'t>> {
    let mut notebooks: Vec<Notebook<'t>> = Vec::new();
    for (number, text) in lines {
        let line = Line::new(number, text);
        if is_version(line.kind()) {
            let version = line.kind().to_ascii_uppercase();
            let category = line.code(2);
            line.report_untaken("more than the header record has", problems);
            let header = line.place();
            notebooks.push(Notebook { version, category, header, ..Notebook::default() });
        } else if line.kind() == "1" && notebooks.last().is_none_or(|last| last.patient.is_some()) {
            let before = notebooks.last();
            notebooks.push(Notebook {
                version: before.map(|last| last.version.clone()).unwrap_or_default(),
                category: before.map(|last| last.category.clone()).unwrap_or_default(),
                header: before.map(|last| last.header.clone()).unwrap_or_default(),
                patient: Some(line),
                ..Notebook::default()
            });
        } else {
            if notebooks.is_empty() {
                notebooks.push(Notebook::default());
            }
            if let Some(homeless) = notebooks.last_mut().and_then(|last| last.place(line, problems)) {
                homeless.report_untaken("the record it belongs to does not come before it", problems);
            }
        }
    }
    notebooks.iter_mut().flat_map(|notebook| &mut notebook.dispensings).for_each(Dispensing::settle);
    notebooks
}

/// True for `JAHISTC01` and its followers.
pub(super) fn is_version(kind: &str) -> bool {
    kind.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("JAHISTC"))
        && kind.get(7..).is_some_and(|rest| rest.len() == 2 && rest.bytes().all(|b| b.is_ascii_digit()))
}

impl<'t> Notebook<'t> {
    /// True if it says nothing of anybody.
    pub fn is_empty(&self) -> bool {
        self.patient.is_none()
            && self.remarks.is_empty()
            && self.over_the_counter.is_empty()
            && self.dispensings.is_empty()
            && self.pharmacists.is_empty()
    }

    /// Puts a line where it belongs; gives it back if it has no place.
    fn place(&mut self, line: Line<'t>, problems: &mut Vec<Problem>) -> Option<Line<'t>> {
        match line.kind() {
            "1" => self.patient = Some(line),
            "2" | "4" => self.remarks.push(line),
            "3" => self.over_the_counter.push((line, Vec::new())),
            "31" => return self.place_ingredient(line),
            "5" => self.dispensings.push(Dispensing::new(line)),
            "701" => self.pharmacists.push(line),
            "911" if self.split.is_none() => self.split = Some(line),
            "11" | "15" | "51" | "55" | "201" | "281" | "291" | "301" | "311" | "391" | "401" | "411"
            | "421" | "501" | "601" => match self.dispensings.last_mut() {
                Some(dispensing) => return dispensing.place(line),
                None => return Some(line),
            },
            _ => {
                let text = "not a record of the format up to JAHISTC08";
                line.report_untaken(text, problems);
                problems.push(Problem::new("not-mapped", line.place(), text));
            }
        }
        None
    }

    /// Record 31 names its drug by the serial in field 2, which is field 6 of record 3.
    fn place_ingredient(&mut self, line: Line<'t>) -> Option<Line<'t>> {
        let serial = |text: &str| narrow(text).trim_start_matches('0').to_owned();
        let of = serial(line.look(2));
        let owner = self.over_the_counter.iter_mut().rev().find(|(drug, _)| serial(drug.look(6)) == of);
        match owner {
            Some((_, ingredients)) => ingredients.push(line),
            None => return Some(line),
        }
        None
    }
}

impl<'t> Dispensing<'t> {
    fn new(day: Line<'t>) -> Self {
        Self {
            day,
            facility: None,
            staff: Vec::new(),
            prescriber_facilities: Vec::new(),
            prescribers: Vec::new(),
            groups: Vec::new(),
            remarks: Vec::new(),
            now: Prescription::default(),
        }
    }

    fn place(&mut self, line: Line<'t>) -> Option<Line<'t>> {
        match line.kind() {
            "11" if self.facility.is_none() => self.facility = Some(line),
            "15" => self.staff.push(line),
            "51" => {
                // The doctors named before are those of the prescription before.
                let first = self.now.facility.is_none();
                self.now.prescriber = self.now.prescriber.filter(|_| first);
                self.now.facility = Some(self.prescriber_facilities.len());
                self.prescriber_facilities.push(line);
            }
            "55" => {
                self.now.prescriber = Some(self.prescribers.len());
                self.prescribers.push(line);
            }
            "401" | "411" | "421" | "501" | "601" => self.remarks.push(line),
            "201" => self.rp(&line).drugs.push((line, Vec::new())),
            "301" => {
                let group = self.rp(&line);
                group.usage = Some(line);
            }
            "311" | "391" => match self.find(&line) {
                Some(group) => group.remarks.push(line),
                None => return Some(line),
            },
            "281" | "291" => match self.find(&line).and_then(|group| group.drugs.last_mut()) {
                Some((_, remarks)) => remarks.push(line),
                None => return Some(line),
            },
            _ => return Some(line),
        }
        None
    }

    /// The RP a line names, newest first; doctors may number their RPs from 1 again.
    fn find(&mut self, line: &Line<'t>) -> Option<&mut Group<'t>> {
        let (number, now) = (line.code(2), self.now);
        self.groups.iter_mut().rev().find(|group| group.number == number && group.prescription == now)
    }

    /// The RP a drug or its usage belongs to. The usage closes an RP (201 …, 301): the same number after it
    /// is another RP.
    fn rp(&mut self, line: &Line<'t>) -> &mut Group<'t> {
        let (number, prescription) = (line.code(2), self.now);
        let same = |group: &Group<'t>| {
            group.number == number && group.prescription == prescription && group.usage.is_none()
        };
        let index = self.groups.iter().rposition(same).unwrap_or_else(|| {
            self.groups.push(Group {
                number,
                prescription,
                drugs: Vec::new(),
                usage: None,
                remarks: Vec::new(),
            });
            self.groups.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "the index was found or pushed just above")]
        &mut self.groups[index]
    }

    /// A drug after the usage of its RP, without another one, belongs to the usage before; a usage before its
    /// drugs waits for them.
    fn settle(&mut self) {
        let mut groups: Vec<Group<'t>> = Vec::new();
        for group in std::mem::take(&mut self.groups) {
            let same = |each: &&mut Group<'t>| {
                each.number == group.number && each.prescription == group.prescription
            };
            let halves = |each: &&mut Group<'t>| group.usage.is_none() && same(each);
            match groups.iter_mut().rev().find(halves) {
                Some(before) => {
                    before.drugs.extend(group.drugs);
                    before.remarks.extend(group.remarks);
                }
                None => groups.push(group),
            }
        }
        self.groups = groups;
    }
}

impl Dispensing<'_> {
    /// True if no record comes of it: no drug and no remark.
    pub fn is_empty(&self) -> bool {
        self.remarks.is_empty() && self.groups.iter().all(|group| group.drugs.is_empty())
    }

    /// Names every field of the dispensing that arrived in no record.
    pub fn report_untaken(&self, problems: &mut Vec<Problem>) {
        let around = std::iter::once(&self.day)
            .chain(&self.facility)
            .chain(&self.staff)
            .chain(&self.prescriber_facilities)
            .chain(&self.prescribers)
            .chain(&self.remarks);
        for line in around {
            line.report_untaken("more than the record has, or no drug follows it", problems);
        }
        for group in &self.groups {
            let drugs = group.drugs.iter().flat_map(|(drug, remarks)| std::iter::once(drug).chain(remarks));
            for line in drugs.chain(&group.usage).chain(&group.remarks) {
                line.report_untaken("more than the record has, or no drug of this RP", problems);
            }
        }
    }
}
