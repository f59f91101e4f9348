//! The lines of a file, grouped as the standard orders them: prescription › RP › drug.
//!
//! 院外処方箋2次元シンボル記録条件規約 Ver.1.10, 3.2.5 and 3.2.6: records 1 to 82 are of the whole prescription, each once
//! but 81; 101 to 181 of an RP, 201 to 281 of a drug of it. Systems write the RPs one after another or all lines by
//! record number: a line is put where its RP and drug number say. Not here: what a field means.

use crate::okusuri::line::Line;
use model::reading::Problem;
use std::collections::{BTreeMap, HashMap};

/// One prescription.
#[derive(Debug, Default)]
pub(super) struct Prescription<'t> {
    /// `JAHIS10` or `SJ1`; that of the file where a second record 1 began this prescription.
    pub version: String,
    /// Where its first line is.
    pub at: String,
    /// Records 1 to 82 but 81.
    pub heads: BTreeMap<&'t str, Line<'t>>,
    /// Records 81.
    pub notes: Vec<Line<'t>>,
    /// The RPs in order.
    pub groups: Vec<Group<'t>>,
    /// Where the newest RP of a number is.
    newest: HashMap<String, usize>,
}

/// One RP.
#[derive(Debug)]
pub(super) struct Group<'t> {
    /// RP number, without leading zeros.
    pub number: String,
    /// Record 101.
    pub form: Option<Line<'t>>,
    /// Record 102.
    pub split: Option<Line<'t>>,
    /// Record 111.
    pub usage: Option<Line<'t>>,
    /// Records 181.
    pub supplements: Vec<Line<'t>>,
    /// The drugs in order.
    pub drugs: Vec<Drug<'t>>,
    /// Where the newest drug of a number is.
    newest: HashMap<String, usize>,
}

/// One drug.
#[derive(Debug)]
pub(super) struct Drug<'t> {
    /// Record 201.
    pub line: Line<'t>,
    /// Record 211.
    pub conversion: Option<Line<'t>>,
    /// Record 221.
    pub uneven: Option<Line<'t>>,
    /// Record 231.
    pub burden: Option<Line<'t>>,
    /// Record 241.
    pub single: Option<Line<'t>>,
    /// Records 281.
    pub supplements: Vec<Line<'t>>,
}

/// Records of the whole prescription that stand once.
const HEADS: &[&str] = &[
    "1", "2", "3", "4", "5", "11", "12", "13", "14", "21", "22", "23", "24", "25", "27", "28", "29", "30",
    "31", "51", "52", "61", "62", "63", "64", "82",
];

/// Groups the lines; what has no place is named field by field.
pub(super) fn group<'t>(
    lines: impl Iterator<Item = (usize, &'t str)>,
    problems: &mut Vec<Problem>,
) -> Vec<Prescription<'t>> {
    let mut all: Vec<Prescription<'t>> = Vec::new();
    for (number, text) in lines {
        let line = Line::new(number, text);
        let again = line.kind() == "1" && all.last().is_none_or(|last| last.heads.contains_key("1"));
        if super::is_version(line.kind()) {
            let (version, at) = (line.kind().to_ascii_uppercase(), line.place());
            line.report_untaken("more than the version record has", problems);
            all.push(Prescription { version, at, ..Prescription::default() });
            continue;
        }
        if again {
            let version = all.last().map(|last| last.version.clone()).unwrap_or_default();
            all.push(Prescription { version, at: line.place(), ..Prescription::default() });
        }
        let Some(last) = all.last_mut() else { continue };
        if let Some((homeless, text)) = last.place(line, problems) {
            homeless.report_untaken(text, problems);
        }
    }
    all
}

const ONCE: &str = "the record stands once, this is another; not read";
const NO_RP: &str = "the record it belongs to does not come before it";

impl<'t> Prescription<'t> {
    /// Puts a line where it belongs; gives it back if it has no place, and why.
    fn place(&mut self, line: Line<'t>, problems: &mut Vec<Problem>) -> Option<(Line<'t>, &'static str)> {
        match line.kind() {
            kind if HEADS.contains(&kind) => match self.heads.entry(kind) {
                std::collections::btree_map::Entry::Vacant(free) => {
                    free.insert(line);
                }
                std::collections::btree_map::Entry::Occupied(_) => return Some((line, ONCE)),
            },
            "81" => self.notes.push(line),
            "101" => {
                let taken = self.find(&line).is_some_and(|group| group.form.is_some());
                if taken {
                    let text = "an RP of this number was there before; read as another RP";
                    problems.push(Problem::new("duplicate", line.at(2), text));
                }
                let group = if taken { self.open(&line) } else { self.rp(&line) };
                group.form = Some(line);
            }
            "102" => return once(&mut self.rp(&line).split, line),
            "111" => return once(&mut self.rp(&line).usage, line),
            "181" => self.rp(&line).supplements.push(line),
            "201" => self.rp(&line).begin(line),
            "211" | "221" | "231" | "241" | "281" => return self.of_drug(line),
            _ => {
                let text = "not a record of the format up to Ver.1.10";
                line.report_untaken(text, problems);
                problems.push(Problem::new("not-mapped", line.place(), text));
            }
        }
        None
    }

    fn of_drug(&mut self, line: Line<'t>) -> Option<(Line<'t>, &'static str)> {
        let index = plain(line.look(3));
        let drug = self.find(&line).and_then(|group| {
            let place = group.newest.get(&index).copied()?;
            group.drugs.get_mut(place)
        });
        let Some(drug) = drug else { return Some((line, NO_RP)) };
        match line.kind() {
            "211" => once(&mut drug.conversion, line),
            "221" => once(&mut drug.uneven, line),
            "231" => once(&mut drug.burden, line),
            "241" => once(&mut drug.single, line),
            _ => {
                drug.supplements.push(line);
                None
            }
        }
    }

    /// The RP a line names, the newest of that number.
    fn find(&mut self, line: &Line<'t>) -> Option<&mut Group<'t>> {
        let place = self.newest.get(&plain(line.look(2))).copied()?;
        self.groups.get_mut(place)
    }

    /// The same, made if there is none yet.
    fn rp(&mut self, line: &Line<'t>) -> &mut Group<'t> {
        match self.newest.get(&plain(line.look(2))).copied() {
            #[expect(
                clippy::indexing_slicing,
                reason = "only places of RPs are noted, and none is taken away"
            )]
            Some(place) => &mut self.groups[place],
            None => self.open(line),
        }
    }

    fn open(&mut self, line: &Line<'t>) -> &mut Group<'t> {
        let number = plain(line.look(2));
        let place = self.groups.len();
        self.newest.insert(number.clone(), place);
        self.groups.push(Group {
            number,
            form: None,
            split: None,
            usage: None,
            supplements: Vec::new(),
            drugs: Vec::new(),
            newest: HashMap::new(),
        });
        #[expect(clippy::indexing_slicing, reason = "pushed just above")]
        &mut self.groups[place]
    }

    /// The first field of a record that stands once, "" if there is none; not taken.
    pub fn look(&self, record: &str, field: usize) -> &'t str {
        self.heads.get(record).map_or("", |line| line.look(field))
    }

    /// A field of a record that stands once, taken.
    pub fn take(&self, record: &str, field: usize) -> &'t str {
        self.heads.get(record).map_or("", |line| line.take(field))
    }

    /// A code of a record that stands once, taken.
    pub fn code(&self, record: &str, field: usize) -> String {
        self.heads.get(record).map(|line| line.code(field)).unwrap_or_default()
    }

    /// True if it lists a drug.
    pub fn has_drugs(&self) -> bool {
        self.groups.iter().any(|group| !group.drugs.is_empty())
    }

    /// Every line of the RPs.
    fn of_groups(&self) -> impl Iterator<Item = (&Group<'t>, &Line<'t>)> {
        self.groups.iter().flat_map(|group| {
            let around = group.form.iter().chain(&group.split).chain(&group.usage).chain(&group.supplements);
            let drugs = group.drugs.iter().flat_map(|drug| {
                let of = std::iter::once(&drug.line).chain(&drug.conversion).chain(&drug.uneven);
                of.chain(&drug.burden).chain(&drug.single).chain(&drug.supplements)
            });
            around.chain(drugs).map(move |line| (group, line))
        })
    }

    /// Takes the RP and drug numbers by which lines were put together.
    pub fn take_numbers(&self) {
        for (_, line) in self.of_groups().filter(|(group, _)| !group.drugs.is_empty()) {
            line.take(2);
            if line.kind().starts_with('2') {
                line.take(3);
            }
        }
    }

    /// Names every field that arrived in no record.
    pub fn report_untaken(&self, problems: &mut Vec<Problem>) {
        for line in self.heads.values().chain(&self.notes) {
            line.report_untaken("more than the record has, or no drug follows it", problems);
        }
        for (_, line) in self.of_groups() {
            line.report_untaken("more than the record has, or no drug of this RP", problems);
        }
    }
}

impl<'t> Group<'t> {
    /// Begins a drug: record 201.
    fn begin(&mut self, line: Line<'t>) {
        self.newest.insert(plain(line.look(3)), self.drugs.len());
        self.drugs.push(Drug {
            line,
            conversion: None,
            uneven: None,
            burden: None,
            single: None,
            supplements: Vec::new(),
        });
    }
}

/// A number for comparison: half width, without leading zeros.
fn plain(text: &str) -> String {
    crate::text_file::narrow(text).trim_start_matches('0').to_owned()
}

fn once<'t>(slot: &mut Option<Line<'t>>, line: Line<'t>) -> Option<(Line<'t>, &'static str)> {
    if slot.is_some() {
        return Some((line, ONCE));
    }
    *slot = Some(line);
    None
}
