//! One person's course: chart rows in, everything the patient page draws out. Pure.
//!
//! Rows that the viewer may not see are dropped here a second time (the store has not given them out), and
//! what was dropped becomes words about its source, never a hint of its content. No row that may be seen is
//! lost: each is in the matrix if its day is known, and each is in the table. No store, no permit is made here.

pub mod classes;
pub mod day;
pub mod drugs;
pub mod labs;
pub mod life;
pub mod matrix;
pub mod sample;
pub mod stays;
pub mod table;
pub mod view;

use crate::{
    chart::{
        axis::{Axis, Stretch},
        drugs::DrugRow,
        glyph::Glyph,
        labs::LabRow,
        life::LifeRow,
        matrix::{Feed, MatrixRow},
    },
    text::{Id, Lang},
    when::{self, Moment},
};
use day::DayPanel;
use jiff::civil::Date;
use model::{
    FacilityId, RecordId, SourceName,
    facility::{FacilityKind, RecordKind},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use table::TableView;
use view::{Mode, Range, View};

/// What the chart says of one record.
pub use model::chart::ChartRow;

/// A chart row and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What the chart says.
    pub row: ChartRow,
    /// Which record.
    pub record: RecordId,
    /// Whose.
    pub facility: FacilityId,
    /// Which feed.
    pub source: SourceName,
    /// When the hub received its current version, ISO 8601.
    pub received: String,
    /// Author and profession, if the source says.
    pub author: Option<String>,
    /// Number of its current version, from 1.
    pub version: u32,
    /// True if the viewer has not seen this version.
    pub unread: bool,
}

/// What the permit says of one row.
pub use access::Visibility as Sight;

/// A facility that has this person registered, and the state of its feeds.
#[derive(Debug, Clone)]
pub struct SourceInfo {
    /// Which.
    pub facility: FacilityId,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: FacilityKind,
    /// Worst state of its feeds, or not consented.
    pub feed: Feed,
}

/// Everything the builder needs.
pub struct Given<'a> {
    /// Chart rows of the person.
    pub entries: &'a [Entry],
    /// Facilities. One that delivers but is not listed is shown under its id.
    pub sources: &'a [SourceInfo],
    /// The permit: facility, kind, sensitive.
    pub sight: &'a dyn Fn(&FacilityId, RecordKind, bool) -> Sight,
    /// True if this viewer does not see sensitive records of others: one line, whether there are any or not.
    pub sensitive_line: bool,
    /// Today in JST.
    pub today: Date,
    /// What is looked at.
    pub view: View,
    /// Language.
    pub lang: Lang,
}

/// Everything the patient page draws below the banner.
#[derive(Debug, Clone)]
pub struct Course {
    /// The time axis.
    pub axis: Axis,
    /// Its stretches with their counts.
    pub stretches: Vec<Stretch>,
    /// Matrix.
    pub rows: Vec<MatrixRow>,
    /// Signs that occur.
    pub glyphs: Vec<Glyph>,
    /// Drugs.
    pub drugs: Vec<DrugRow>,
    /// Laboratory trends.
    pub labs: Vec<LabRow>,
    /// Facilities of the laboratory signs, in their order.
    pub lab_sources: Vec<String>,
    /// Laboratory items that are not drawn.
    pub more_labs: usize,
    /// Life and care.
    pub life: Vec<LifeRow>,
    /// Life and care items that are not drawn.
    pub more_life: usize,
    /// Hospital stays.
    pub stays: Vec<(Date, Date)>,
    /// Side panel.
    pub day: DayPanel,
    /// The same as a table, if that was asked for.
    pub table: Option<TableView>,
    /// Records whose day is not known (in the table only).
    pub undated: usize,
    /// Say that sensitive records are not shown.
    pub sensitive_line: bool,
    /// What keeps drugs from being shown, in words; said where there are none.
    pub no_drugs: Vec<(Id, String)>,
    /// The same of laboratory results.
    pub no_labs: Vec<(Id, String)>,
    /// The same of life and care.
    pub no_life: Vec<(Id, String)>,
    /// Unread records.
    pub unread: usize,
}

/// A row that may be seen, with its days read.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub entry: &'a Entry,
    pub place: &'a SourceInfo,
    pub at: Option<Moment>,
    pub end: Option<Date>,
}

impl<'a> Known<'a> {
    pub fn row(&self) -> &'a ChartRow {
        &self.entry.row
    }

    pub fn day(&self) -> Option<Date> {
        self.at.map(|at| at.day)
    }

    /// What it is called, or what else is known of it.
    pub fn name(&self) -> &'a str {
        let row = self.row();
        [row.label.trim(), row.code.trim()].into_iter().find(|text| !text.is_empty()).unwrap_or("—")
    }

    pub fn flag(&self, word: &str) -> bool {
        self.row().flags.split_whitespace().any(|each| each == word)
    }

    /// [`Self::value`], or why there is none.
    pub fn said(&self, lang: Lang) -> String {
        absent(self.row()).map_or_else(|| self.value(), |reason| lang.t(reason).to_owned())
    }

    /// Value and unit as one text: `4.1 mmol/L`, `<0.05 mg/dL`, `2.5 mg 1日1回 朝食後`. A unit is only put behind a
    /// number. The text of a result holds its number already, and what stands around it belongs to it: `<0.05` is no 0.05.
    pub fn value(&self) -> String {
        let row = self.row();
        let (value, unit) = (seen(row.value.trim()), row.unit.trim());
        let usage =
            row.kind == RecordKind::Medication && value.parse::<f64>().is_err() && !value.contains(unit);
        match row.number.filter(|number| number.is_finite()) {
            _ if unit.is_empty() && !value.is_empty() => value,
            Some(number) if value.is_empty() || usage => {
                format!("{} {unit} {value}", crate::chart::number(number)).trim().to_owned()
            }
            _ => with_unit(value, unit),
        }
    }
}

/// Why a result has no value, where its source says so: in the words of the page instead of FHIR's codes.
pub(crate) fn absent(row: &ChartRow) -> Option<Id> {
    let word = row.value.trim().to_ascii_lowercase().replace([' ', '_'], "-");
    match word.as_str() {
        "not-performed" => Some(Id::NotPerformed),
        "unknown" | "asked-unknown" | "temp-unknown" | "not-asked" => Some(Id::Unknown),
        "" if row.number.is_none() && row.has_flag("cancelled") => Some(Id::NotPerformed),
        _ => None,
    }
}

/// A result with its unit behind its number: `4.1 mmol/L`, `<0.05 mg/dL`, `0.05 mg/dL 未満`.
fn with_unit(value: String, unit: &str) -> String {
    let bound = BOUNDS.iter().find_map(|word| Some((value.strip_suffix(word)?.trim_end(), *word)));
    let (number, bound) = bound.unwrap_or((&value, ""));
    match number.ends_with(|last: char| last.is_ascii_digit()) {
        true => format!("{number} {unit} {bound}").trim_end().to_owned(),
        false => value,
    }
}

/// Words behind a number that make it a limit.
const BOUNDS: &[&str] = &["以上", "以下", "未満", "超", "より大", "より小"];

/// True if the text says on which side of its number the result lies, so that nobody measured that number.
pub(crate) fn is_censored(value: &str) -> bool {
    let value = value.trim();
    value.starts_with(['<', '>', '≤', '≥', '≦', '≧', '＜', '＞'])
        || BOUNDS.iter().any(|word| value.ends_with(word))
}

/// A text of a source as it is drawn. Some fonts of Japan have the glyphs of ≤ and ≥ exchanged, so these two signs are
/// never drawn; ≦ and ≧ mean the same and are drawn right.
pub(crate) fn seen(text: &str) -> String {
    text.replace('≤', "≦").replace('≥', "≧")
}

/// What may not be seen, by facility.
#[derive(Default)]
pub(crate) struct Hidden {
    pub not_consented: BTreeSet<FacilityId>,
    pub not_related: BTreeSet<FacilityId>,
    pub outside: BTreeMap<FacilityId, BTreeSet<RecordKind>>,
}

impl Hidden {
    /// Why records of these kinds may be missing, and whose: `月見クリニック — 本人の同意がないため表示していません`. An
    /// empty section must not be read as "there are none". Of a closed facility it is not said whether it has any.
    fn words(&self, lang: Lang, sources: &[SourceInfo], kinds: &[RecordKind]) -> Vec<(Id, String)> {
        let names = |test: &dyn Fn(&SourceInfo) -> bool| {
            let names: Vec<&str> =
                sources.iter().filter(|each| test(each)).map(|each| each.name.as_str()).collect();
            (!names.is_empty()).then(|| names.join("・"))
        };
        let of = |test: &dyn Fn(&SourceInfo) -> bool, reason: &str| {
            names(test).map(|names| (Id::NotShown, format!("{names} — {reason}")))
        };
        let shut = |each: &SourceInfo| {
            self.not_consented.contains(&each.facility) || each.feed == Feed::NotConsented
        };
        let unrelated =
            |each: &SourceInfo| self.not_related.contains(&each.facility) || each.feed == Feed::NotRelated;
        let outside = |each: &SourceInfo| {
            self.outside
                .get(&each.facility)
                .is_some_and(|hidden| kinds.iter().any(|kind| hidden.contains(kind)))
        };
        let named: Vec<&str> = kinds
            .iter()
            .filter(|kind| self.outside.values().any(|hidden| hidden.contains(kind)))
            .map(|kind| lang.kind(*kind))
            .collect();
        let silent = |each: &SourceInfo| matches!(each.feed, Feed::Silent(..));
        [
            of(&shut, lang.t(Id::FeedNotConsented)),
            of(&unrelated, lang.t(Id::FeedNotRelated)),
            of(&outside, &lang.f(Id::FeedOutsideRole, &[&named.join("・")])),
            names(&silent).map(|names| (Id::NotReceived, names)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// Builds the page's content.
pub fn build(given: &Given<'_>) -> Course {
    let sources = all_sources(given);
    let by_id: HashMap<&FacilityId, &SourceInfo> =
        sources.iter().map(|source| (&source.facility, source)).collect();
    let mut known = Vec::with_capacity(given.entries.len());
    let mut hidden = Hidden::default();
    for entry in given.entries {
        let row = &entry.row;
        match (given.sight)(&entry.facility, row.kind, row.sensitive) {
            Sight::Shown => {
                if let Some(place) = by_id.get(&entry.facility) {
                    let at = when::moment(&row.time);
                    let end = row.end.as_deref().and_then(when::day);
                    let end = end.filter(|end| at.is_none_or(|at| *end >= at.day));
                    known.push(Known { entry, place, at, end });
                }
            }
            Sight::NotConsented => {
                hidden.not_consented.insert(entry.facility.clone());
            }
            Sight::NotRelated => {
                hidden.not_related.insert(entry.facility.clone());
            }
            Sight::OutsideRole => {
                hidden.outside.entry(entry.facility.clone()).or_default().insert(row.kind);
            }
            Sight::Sensitive => {}
        }
    }
    known.sort_by(|a, b| (a.at, &a.entry.record).cmp(&(b.at, &b.entry.record)));
    stays::settle(&mut known);
    draw(given, &sources, &known, &hidden)
}

fn draw(given: &Given<'_>, sources: &[SourceInfo], known: &[Known<'_>], hidden: &Hidden) -> Course {
    let (lang, view) = (given.lang, &given.view);
    let days: BTreeSet<Date> = known.iter().filter_map(Known::day).collect();
    let axis = axis(given, &days);
    // What its source has deleted stays in the matrix, the day and the table, named as such; it is no dose, no
    // result and no stay any more.
    let live: Vec<Known<'_>> = known.iter().copied().filter(|each| !each.flag("deleted")).collect();
    let stays = stays::of(&live, axis.today);
    let series = labs::series(&live);
    let rows = matrix::rows(lang, sources, known, hidden, &axis, view.group);
    let mut glyphs: Vec<Glyph> =
        rows.iter().flat_map(|row| row.marks.iter().map(|mark| mark.glyph)).collect();
    glyphs.sort_unstable();
    glyphs.dedup();
    let (labs, lab_sources, more_labs) = labs::rows(lang, &series, &axis, view.all_labs);
    let (life, more_life) = life::rows(&live, &axis);
    Course {
        stretches: stretches(&axis, known),
        glyphs,
        drugs: drugs::rows(&live, &axis),
        labs,
        lab_sources,
        more_labs,
        life,
        more_life,
        stays,
        day: day::panel(lang, known, &series, &axis, &days),
        table: (view.mode == Mode::Table).then(|| table::of(lang, known, &axis, view)),
        undated: known.iter().filter(|each| each.at.is_none()).count(),
        sensitive_line: given.sensitive_line,
        no_drugs: hidden.words(lang, sources, &[RecordKind::Medication]),
        no_labs: hidden.words(lang, sources, &[RecordKind::Laboratory]),
        no_life: hidden.words(lang, sources, life::KINDS),
        unread: known.iter().filter(|each| each.entry.unread).count(),
        rows,
        axis,
    }
}

fn all_sources(given: &Given<'_>) -> Vec<SourceInfo> {
    let mut list = given.sources.to_vec();
    let mut listed: BTreeSet<&FacilityId> = given.sources.iter().map(|source| &source.facility).collect();
    for entry in given.entries {
        let sight = (given.sight)(&entry.facility, entry.row.kind, entry.row.sensitive);
        if sight != Sight::Sensitive && listed.insert(&entry.facility) {
            list.push(SourceInfo {
                facility: entry.facility.clone(),
                name: entry.facility.as_str().to_owned(),
                kind: FacilityKind::Care,
                feed: Feed::Current,
            });
        }
    }
    list
}

fn axis(given: &Given<'_>, days: &BTreeSet<Date>) -> Axis {
    let today = given.today;
    let (first, last) = match given.view.range.days() {
        Some(count) => {
            let last = given.view.end.unwrap_or_else(|| when::plus(today, count / 23));
            (when::plus(last, 1 - count), last)
        }
        None => {
            let first = days.first().copied().unwrap_or(today).min(today);
            let last = days.last().copied().unwrap_or(today).max(today);
            (first, last)
        }
    };
    debug_assert!(given.view.range != Range::All || days.iter().all(|day| (first..=last).contains(day)));
    let newest = days.range(first..=last.min(today).max(first)).next_back().copied();
    Axis { first, last, today, chosen: given.view.day.or(newest) }
}

fn stretches(axis: &Axis, known: &[Known<'_>]) -> Vec<Stretch> {
    let mut list = axis.stretches();
    for day in known.iter().filter_map(Known::day).filter(|day| axis.has(*day)) {
        let at = list.partition_point(|stretch| stretch.to < day);
        if let Some(stretch) = list.get_mut(at) {
            stretch.records += 1;
            stretch.newest = stretch.newest.max(Some(day));
        }
    }
    list
}
