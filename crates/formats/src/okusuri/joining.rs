//! The parts of one output put together again (record 911: id, number of parts, part).
//!
//! Each part is a notebook by itself: header, record 1 and the records 5, 11, 15, 51 and 55 stand in every one, the RPs are
//! spread. Parts of one id and one person that are all in the file, each once, become one notebook; any other stay apart.

use super::line::Line;
use super::notebook::{Dispensing, Group, Notebook, Prescription};
use super::patient::description;
use model::reading::Problem;
use std::collections::BTreeMap;

/// Joins what is complete, in the place of its first part.
pub(super) fn join<'t>(notebooks: Vec<Notebook<'t>>, problems: &mut Vec<Problem>) -> Vec<Notebook<'t>> {
    let mut outputs: BTreeMap<[String; 4], Vec<(usize, usize)>> = BTreeMap::new();
    for (index, notebook) in notebooks.iter().enumerate() {
        let Some(line) = &notebook.split else { continue };
        let who = description(notebook);
        let [id, total] = [2, 3].map(|field| crate::text_file::narrow(line.look(field)));
        let part = crate::text_file::narrow(line.look(4)).parse().unwrap_or(0);
        let key = [id, total, who.identity(), format!("{:?}", who.key().needs_assignment())];
        outputs.entry(key).or_default().push((part, index));
    }
    let mut places: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for ([_, total, ..], mut parts) in outputs {
        parts.sort_unstable();
        let numbers = parts.iter().map(|(part, _)| *part);
        if total.parse() == Ok(parts.len()) && numbers.eq(1..=parts.len()) {
            let order: Vec<usize> = parts.into_iter().map(|(_, index)| index).collect();
            if let Some(first) = order.iter().min() {
                places.insert(*first, order);
            }
        }
    }
    let mut left: Vec<Option<Notebook<'t>>> = notebooks.into_iter().map(Some).collect();
    let mut joined = Vec::with_capacity(left.len());
    for index in 0..left.len() {
        let order = places.remove(&index).unwrap_or_else(|| vec![index]);
        let whole = order.len() > 1;
        let mut parts = order.into_iter().filter_map(|index| left.get_mut(index).and_then(Option::take));
        let Some(mut notebook) = parts.next() else { continue };
        if whole {
            drop_split(&mut notebook, problems);
        }
        for part in parts {
            notebook.append(part, problems);
        }
        joined.push(notebook);
    }
    joined
}

fn drop_split(notebook: &mut Notebook<'_>, problems: &mut Vec<Problem>) {
    if let Some(line) = notebook.split.take() {
        (2..=4).for_each(|field| drop(line.code(field)));
        line.report_untaken("more than the record has", problems);
    }
}

const SAID_BEFORE: &str = "a part of the output says otherwise than the part before; the first is kept";

/// The later line of two that stand in each part: what it says otherwise is named.
fn repeated(first: &Line<'_>, again: &Line<'_>, problems: &mut Vec<Problem>) {
    again.take_same(first);
    again.report_untaken(SAID_BEFORE, problems);
}

/// Adds a line unless an equal one is there.
fn add<'t>(lines: &mut Vec<Line<'t>>, line: Line<'t>) -> usize {
    if let Some(index) = lines.iter().position(|each| each.says_the_same(&line)) {
        return index;
    }
    lines.push(line);
    lines.len() - 1
}

fn add_all<'t>(lines: &mut Vec<Line<'t>>, more: Vec<Line<'t>>) {
    for line in more {
        add(lines, line);
    }
}

impl<'t> Notebook<'t> {
    fn append(&mut self, mut part: Notebook<'t>, problems: &mut Vec<Problem>) {
        drop_split(&mut part, problems);
        match (&self.patient, part.patient) {
            (Some(first), Some(again)) => repeated(first, &again, problems),
            (None, again @ Some(_)) => self.patient = again,
            (_, None) => {}
        }
        add_all(&mut self.remarks, part.remarks);
        add_all(&mut self.pharmacists, part.pharmacists);
        for (drug, ingredients) in part.over_the_counter {
            match self.over_the_counter.iter_mut().find(|(known, _)| known.says_the_same(&drug)) {
                Some((_, known)) => add_all(known, ingredients),
                None => self.over_the_counter.push((drug, ingredients)),
            }
        }
        for dispensing in part.dispensings {
            let known = self.dispensings.iter_mut().rev().find(|known| known.goes_on_in(&dispensing));
            match known {
                Some(known) => known.append(dispensing, problems),
                None => self.dispensings.push(dispensing),
            }
        }
    }
}

impl<'t> Dispensing<'t> {
    /// The same day at the same place.
    fn goes_on_in(&self, part: &Self) -> bool {
        let facility = match (&self.facility, &part.facility) {
            (Some(first), Some(again)) => first.says_the_same(again),
            (first, again) => first.is_none() == again.is_none(),
        };
        facility && self.day.look(2) == part.day.look(2)
    }

    fn append(&mut self, part: Self, problems: &mut Vec<Problem>) {
        repeated(&self.day, &part.day, problems);
        add_all(&mut self.staff, part.staff);
        add_all(&mut self.remarks, part.remarks);
        let map = |lines: Vec<Line<'t>>, into: &mut Vec<Line<'t>>| -> Vec<usize> {
            lines.into_iter().map(|line| add(into, line)).collect()
        };
        let facilities = map(part.prescriber_facilities, &mut self.prescriber_facilities);
        let prescribers = map(part.prescribers, &mut self.prescribers);
        for mut group in part.groups {
            let of = |index: Option<usize>, map: &[usize]| index.and_then(|index| map.get(index).copied());
            group.prescription = Prescription {
                facility: of(group.prescription.facility, &facilities),
                prescriber: of(group.prescription.prescriber, &prescribers),
            };
            match self.groups.last_mut().filter(|last| last.goes_on_in(&group)) {
                Some(last) => last.append(group),
                None => self.groups.push(group),
            }
        }
    }
}

impl<'t> Group<'t> {
    /// The same RP, whose drugs or usage the next part goes on with.
    fn goes_on_in(&self, part: &Self) -> bool {
        let usage = match (&self.usage, &part.usage) {
            (Some(first), Some(again)) => first.says_the_same(again),
            _ => true,
        };
        usage && self.number == part.number && self.prescription == part.prescription
    }

    fn append(&mut self, part: Self) {
        self.drugs.extend(part.drugs);
        self.usage = self.usage.take().or(part.usage);
        add_all(&mut self.remarks, part.remarks);
    }
}
