//! The side panel: everything all facilities recorded on one day, and what was being taken that day.

use super::{
    Known, drugs,
    labs::{self, Series},
    stays,
};
use crate::{
    chart::{axis::Axis, labs::Side},
    text::{Id, Lang},
    when,
};
use jiff::civil::Date;
use model::{
    RecordId,
    facility::{FacilityKind, RecordKind},
};
use std::collections::{BTreeMap, BTreeSet};

/// One day.
#[derive(Debug, Clone)]
pub struct DayPanel {
    /// The day; `None` if there is no record on the axis.
    pub day: Option<Date>,
    /// The day with a record before it.
    pub previous: Option<Date>,
    /// The day with a record after it.
    pub next: Option<Date>,
    /// Records, by facility and kind.
    pub cards: Vec<Card>,
    /// Drugs whose period covers the day: name, dose, facility, first day.
    pub taking: Vec<(String, String, String, Date)>,
    /// Today, for ages of days.
    pub today: Date,
}

/// What one facility recorded of one kind.
#[derive(Debug, Clone)]
pub struct Card {
    /// Kind.
    pub kind: RecordKind,
    /// Facility.
    pub facility: String,
    /// Its kind.
    pub facility_kind: FacilityKind,
    /// Authors as the source says; empty if it does not.
    pub authors: Vec<String>,
    /// First and last time of the records, ISO. Where they differ, each line says its own.
    pub made: (String, String),
    /// Last time of receipt, ISO.
    pub received: String,
    /// Lines.
    pub items: Vec<Item>,
    /// True if one of them is unread.
    pub unread: bool,
}

/// One record in a card.
#[derive(Debug, Clone)]
pub struct Item {
    /// Which.
    pub record: RecordId,
    /// What.
    pub label: String,
    /// When, ISO.
    pub time: String,
    /// Value with unit.
    pub value: String,
    /// What it is if it is no result: an order, or a report that says no value.
    pub instead: Option<Id>,
    /// Against the reference range; laboratory only.
    pub side: Side,
    /// Reference range in words.
    pub reference: String,
    /// Result before: day and text; laboratory only.
    pub previous: Option<(Date, String)>,
    /// True if unread.
    pub unread: bool,
    /// Version, from 1.
    pub version: u32,
    /// True if the record ends on this day (a discharge).
    pub ends: bool,
}

pub(crate) fn panel(
    lang: Lang,
    known: &[Known<'_>],
    series: &BTreeMap<String, Series<'_>>,
    axis: &Axis,
    days: &BTreeSet<Date>,
) -> DayPanel {
    let Some(day) = axis.chosen else {
        let (cards, taking) = (Vec::new(), Vec::new());
        return DayPanel { day: None, previous: None, next: None, cards, taking, today: axis.today };
    };
    let mut cards: Vec<Card> = Vec::new();
    for each in known {
        let ends = stays::is_stay(each) && each.end == Some(day) && each.day() != Some(day);
        if (each.day() == Some(day) || ends) && !only_groups(each, known) {
            put(&mut cards, each, item(lang, each, series, ends));
        }
    }
    cards.sort_by_key(|card| (!card.unread, order(card.kind)));
    DayPanel {
        day: Some(day),
        previous: days.range(..day).next_back().copied(),
        next: days.range(when::plus(day, 1)..).next().copied(),
        cards,
        taking: taking(known, day),
        today: axis.today,
    }
}

/// True for a report that says nothing itself and whose results are on the same day: an empty line between them would be
/// read as a result that is missing.
fn only_groups(report: &Known<'_>, known: &[Known<'_>]) -> bool {
    let kind = report.row().kind;
    let result = |each: &Known<'_>| {
        each.row().kind == kind
            && each.entry.facility == report.entry.facility
            && each.day() == report.day()
            && !["report", "order", "deleted"].iter().any(|flag| each.flag(flag))
    };
    report.flag("report")
        && kind == RecordKind::Laboratory
        && report.value().is_empty()
        && known.iter().any(result)
}

fn order(kind: RecordKind) -> usize {
    use RecordKind as K;
    [K::Laboratory, K::Medication, K::Allergy, K::Condition, K::Encounter, K::Document, K::Imaging]
        .iter()
        .position(|each| *each == kind)
        .unwrap_or(9)
}

fn put(cards: &mut Vec<Card>, known: &Known<'_>, item: Item) {
    let entry = known.entry;
    let same = cards.iter_mut().find(|card| card.kind == entry.row.kind && card.facility == known.place.name);
    if let Some(card) = same {
        card.unread |= entry.unread;
        if when::moment(&item.time) < when::moment(&card.made.0) {
            card.made.0.clone_from(&item.time);
        }
        if when::moment(&item.time) > when::moment(&card.made.1) {
            card.made.1.clone_from(&item.time);
        }
        if entry.received > card.received {
            card.received.clone_from(&entry.received);
        }
        if let Some(author) = entry.author.as_ref().filter(|author| !card.authors.contains(author)) {
            card.authors.push(author.clone());
        }
        card.items.push(item);
        return;
    }
    cards.push(Card {
        kind: entry.row.kind,
        facility: known.place.name.clone(),
        facility_kind: known.place.kind,
        authors: entry.author.clone().into_iter().collect(),
        made: (item.time.clone(), item.time.clone()),
        received: entry.received.clone(),
        items: vec![item],
        unread: entry.unread,
    });
}

fn item(lang: Lang, known: &Known<'_>, series: &BTreeMap<String, Series<'_>>, ends: bool) -> Item {
    let row = known.row();
    let laboratory = row.kind == RecordKind::Laboratory;
    let before = laboratory.then(|| series.get(&labs::key(known))?.before(known)).flatten();
    let examination = matches!(row.kind, RecordKind::Laboratory | RecordKind::Imaging);
    let value = known.said(lang);
    let instead = match examination {
        true if known.flag("order") && known.flag("revoked") => Some(Id::NotPerformed),
        true if known.flag("order") => Some(Id::Ordered),
        true if laboratory && value.is_empty() => Some(Id::NotStated),
        _ => None,
    };
    Item {
        record: known.entry.record,
        label: known.name().to_owned(),
        time: if ends { end(known) } else { row.time.clone() },
        value,
        instead,
        side: if laboratory { labs::side(known) } else { Side::Within },
        reference: crate::chart::labs::range(lang, row.low, row.high),
        previous: before.and_then(|before| Some((before.day()?, labs::text(lang, before)))),
        unread: known.entry.unread,
        version: known.entry.version,
        ends,
    }
}

/// When a stay ended, with the time of day where the record itself says it.
fn end(known: &Known<'_>) -> String {
    let said = known.row().end.as_ref().filter(|end| when::day(end) == known.end);
    said.cloned().or_else(|| known.end.map(|day| day.to_string())).unwrap_or_default()
}

/// Each drug in each dose and usage once: what was prescribed and what was dispensed for it are one thing that is taken.
fn taking(known: &[Known<'_>], day: Date) -> Vec<(String, String, String, Date)> {
    let mut list: Vec<(Known<'_>, Date, Vec<&str>)> = Vec::new();
    let drugs =
        known.iter().filter(|each| each.row().kind == RecordKind::Medication && !each.flag("deleted"));
    for each in drugs {
        let Some((from, to)) = each.day().zip(each.end) else { continue };
        let here = each.place.name.as_str();
        match list.iter_mut().find(|(other, _, _)| drugs::is_same_taking(other, each)) {
            _ if !(from..=to).contains(&day) => {}
            Some((_, _, places)) if places.contains(&here) => {}
            Some((_, _, places)) => places.push(here),
            None => list.push((*each, from, vec![here])),
        }
    }
    list.into_iter()
        .map(|(each, from, places)| (each.name().to_owned(), each.value(), places.join("・"), from))
        .collect()
}
