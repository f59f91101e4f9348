//! Rows of the matrix: groups rows, joins signs that would overlap, says which rows are incomplete.

use super::{Hidden, Known, SourceInfo, stays, view::Group};
use crate::{
    chart::{
        axis::Axis,
        glyph::Glyph,
        matrix::{Bar, Feed, Mark, MatrixRow},
    },
    text::{Id, Lang},
    when,
};
use jiff::civil::Date;
use model::facility::RecordKind;
use std::collections::{BTreeMap, HashMap};

pub(crate) fn rows(
    lang: Lang,
    sources: &[SourceInfo],
    known: &[Known<'_>],
    hidden: &Hidden,
    axis: &Axis,
    group: Group,
) -> Vec<MatrixRow> {
    if group == Group::Facility {
        return sources.iter().map(|source| facility(lang, source, known, hidden, axis)).collect();
    }
    let mut list = match group {
        Group::Problem => by_problem(lang, known, axis),
        Group::Kind | Group::Facility => by_kind(lang, known, axis),
    };
    // However the rows are grouped, what is missing is said.
    let incomplete = sources.iter().map(|source| facility(lang, source, known, hidden, axis));
    list.extend(
        incomplete.filter(|row| row.feed != Feed::Current || !row.outside.is_empty()).map(|row| MatrixRow {
            marks: Vec::new(),
            bars: Vec::new(),
            unread: 0,
            ..row
        }),
    );
    list
}

fn facility(lang: Lang, source: &SourceInfo, known: &[Known<'_>], hidden: &Hidden, axis: &Axis) -> MatrixRow {
    let own: Vec<Known<'_>> =
        known.iter().filter(|each| each.entry.facility == source.facility).copied().collect();
    let outside: Vec<RecordKind> =
        hidden.outside.get(&source.facility).into_iter().flatten().copied().collect();
    let mut feed = source.feed.clone();
    if own.is_empty() && hidden.not_consented.contains(&source.facility) {
        feed = Feed::NotConsented;
    } else if own.is_empty() && hidden.not_related.contains(&source.facility) {
        feed = Feed::NotRelated;
    } else if feed == Feed::Current && own.is_empty() && !outside.is_empty() {
        feed = Feed::OutsideRole;
    }
    MatrixRow {
        feed,
        outside,
        ..row(source.name.clone(), lang.facility_kind(source.kind).to_owned(), &own, axis)
    }
}

fn by_kind(lang: Lang, known: &[Known<'_>], axis: &Axis) -> Vec<MatrixRow> {
    RecordKind::ALL
        .iter()
        .filter_map(|kind| {
            let own: Vec<Known<'_>> = known.iter().filter(|each| each.row().kind == *kind).copied().collect();
            (!own.is_empty()).then(|| row(lang.kind(*kind).to_owned(), places(&own), &own, axis))
        })
        .collect()
}

fn by_problem(lang: Lang, known: &[Known<'_>], axis: &Axis) -> Vec<MatrixRow> {
    let mut problems: BTreeMap<&str, Vec<Known<'_>>> = BTreeMap::new();
    let mut rest = Vec::new();
    for each in known {
        if each.row().kind == RecordKind::Condition {
            problems.entry(each.name()).or_default().push(*each);
        } else {
            rest.push(*each);
        }
    }
    let mut list: Vec<MatrixRow> = problems
        .into_iter()
        .map(|(name, own)| {
            let bars = own.iter().filter_map(|each| Some((each.day()?, each.end)));
            let from = bars.clone().map(|(from, _)| from).min();
            let open = bars.clone().any(|(_, to)| to.is_none());
            let to = if open { None } else { bars.filter_map(|(_, to)| to).max() };
            let bar = from.map(|from| Bar { from, to, label: name.to_owned() });
            let bar = bar.filter(|bar| axis.meets(bar.from, bar.to.unwrap_or(axis.today).max(bar.from)));
            MatrixRow { bars: bar.into_iter().collect(), ..row(name.to_owned(), places(&own), &own, axis) }
        })
        .collect();
    if !rest.is_empty() || list.is_empty() {
        list.push(row(lang.t(Id::NoProblemNamed).to_owned(), places(&rest), &rest, axis));
    }
    list
}

/// The facilities of some records, each once.
fn places(own: &[Known<'_>]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for each in own {
        if !names.contains(&each.place.name.as_str()) {
            names.push(&each.place.name);
        }
    }
    names.join("・")
}

fn row(name: String, note: String, own: &[Known<'_>], axis: &Axis) -> MatrixRow {
    let stays = own.iter().filter(|each| stays::is_stay(each));
    let bars = stays
        .filter_map(|each| {
            let from = each.day()?;
            let to = each.end.unwrap_or(axis.today).max(from);
            axis.meets(from, to).then(|| Bar { from, to: each.end, label: each.name().to_owned() })
        })
        .collect();
    MatrixRow {
        name,
        note,
        bars,
        marks: marks(own, axis),
        feed: Feed::NoSource,
        newest: own.iter().filter_map(Known::day).max(),
        unread: own.iter().filter(|each| each.entry.unread).count(),
        undated: own.iter().filter(|each| each.at.is_none()).count(),
        outside: Vec::new(),
    }
}

/// What happens on a day with one sign: how many records, unread, what it is called if it is one thing.
struct Cell<'a> {
    records: usize,
    unread: bool,
    name: Option<&'a str>,
}

fn marks(own: &[Known<'_>], axis: &Axis) -> Vec<Mark> {
    let mut cells: BTreeMap<(Glyph, Date), Cell<'_>> = BTreeMap::new();
    let mut put = |glyph: Glyph, day: Option<Date>, records: usize, unread: bool, name| {
        if let Some(day) = day.filter(|day| axis.has(*day)) {
            let cell = cells.entry((glyph, day)).or_insert(Cell { records: 0, unread, name: Some(name) });
            cell.records += records;
            cell.unread |= unread;
            cell.name = cell.name.filter(|same| *same == name);
        }
    };
    for each in own {
        if stays::is_stay(each) {
            put(Glyph::Admitted, each.day(), 1, each.entry.unread, each.name());
            put(Glyph::Discharged, each.end, 0, each.entry.unread, each.name());
        } else {
            put(Glyph::Kind(each.row().kind), each.day(), 1, each.entry.unread, each.name());
        }
    }
    let mut marks: Vec<Mark> = Vec::new();
    for ((glyph, day), cell) in cells {
        let near = |mark: &&mut Mark| mark.glyph == glyph && when::between(mark.day, day) < axis.sign_days();
        if let Some(mark) = marks.last_mut().filter(near) {
            mark.last = day;
            mark.days += 1;
            mark.records += cell.records;
            if cell.unread || !mark.unread {
                mark.open = day;
            }
            mark.unread |= cell.unread;
            if cell.name != Some(mark.label.as_str()) {
                mark.label.clear();
            }
        } else {
            let label = cell.name.unwrap_or_default().to_owned();
            let (records, unread) = (cell.records, cell.unread);
            marks.push(Mark {
                day,
                last: day,
                open: day,
                days: 1,
                records,
                unread,
                glyph,
                label,
                lane: 0,
                joined: false,
            });
        }
    }
    join(&mut marks, axis);
    marks.sort_by_key(|mark| (mark.day, mark.glyph));
    lay(&mut marks, axis);
    marks
}

/// Signs of one kind that follow each other without a gap (daily care) become one sign with a ribbon.
/// Unread ones stay signs of their own.
fn join(marks: &mut [Mark], axis: &Axis) {
    let follows = |a: &Mark, b: &Mark| {
        let gap = when::between(a.last, b.day);
        a.glyph == b.glyph && !a.unread && !b.unread && (0..=axis.sign_days()).contains(&gap)
    };
    for run in marks.chunk_by_mut(follows).filter(|run| run.len() >= 4) {
        for mark in run.iter_mut().skip(1) {
            mark.joined = true;
        }
    }
}

/// Puts signs that would touch below each other.
fn lay(marks: &mut [Mark], axis: &Axis) {
    let ends: HashMap<(Glyph, Date), Date> = ribbons(marks);
    let mut lanes: Vec<Date> = Vec::new();
    let mut lane_of: HashMap<Glyph, usize> = HashMap::new();
    for mark in marks {
        if mark.joined {
            mark.lane = lane_of.get(&mark.glyph).copied().unwrap_or_default();
            continue;
        }
        let free = lanes.iter().position(|last| when::between(*last, mark.day) >= axis.sign_days());
        let lane = free.unwrap_or(lanes.len());
        // A sign that stands for several days has their number beside it: nobody may stand on that.
        let number = if mark.days > 1 { (axis.sign_days() * 3 + 4) / 5 } else { 0 };
        let end = ends.get(&(mark.glyph, mark.day)).copied().unwrap_or(mark.day);
        let end = end.max(when::plus(mark.day, number));
        match lanes.get_mut(lane) {
            Some(last) => *last = end,
            None => lanes.push(end),
        }
        mark.lane = lane;
        lane_of.insert(mark.glyph, lane);
    }
}

/// Where the ribbon of a sign ends.
fn ribbons(marks: &[Mark]) -> HashMap<(Glyph, Date), Date> {
    let mut heads: HashMap<Glyph, Date> = HashMap::new();
    let mut ends = HashMap::new();
    for mark in marks {
        if mark.joined {
            if let Some(head) = heads.get(&mark.glyph) {
                ends.insert((mark.glyph, *head), mark.day);
            }
        } else {
            heads.insert(mark.glyph, mark.day);
        }
    }
    ends
}
