//! Movements on the first screen: which are told, in what order, and the sections they stand in.

use super::{NewsOf, WorklistPage};
use crate::{
    banner,
    chart::glyph::Glyph,
    text::{FirstScreen as Word, Id, Lang},
    when,
};
use jiff::civil::Date;
use maud::{Markup, html};
use model::facility::RecordKind;
use std::cmp::Reverse;
use store::Step;

/// A movement that arrived late is told as one so many days after its day; older ones count as records.
const DAYS_BACK: i32 = 31;
/// Most movements of a section.
const MOST: usize = 150;

/// A movement with its day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// What happened or is planned.
    pub step: Step,
    /// When.
    pub day: Date,
    /// Name of the facility.
    pub facility: String,
}

impl Moved {
    /// True if it is still to come.
    pub fn is_planned(&self) -> bool {
        matches!(self.step, Step::AdmissionPlanned | Step::DischargePlanned)
    }

    /// The sign beside the word.
    pub fn glyph(&self) -> Glyph {
        match self.step {
            Step::Admitted | Step::AdmissionPlanned => Glyph::Admitted,
            Step::Discharged | Step::DischargePlanned => Glyph::Discharged,
            _ => Glyph::Kind(RecordKind::Encounter),
        }
    }
}

/// The movement as it is told today: what lies ahead as planned. `None` where it is long past, or a plan that has passed.
pub fn due(moved: Moved, today: Date) -> Option<Moved> {
    let ahead = when::between(today, moved.day);
    let step = match moved.step {
        Step::Admitted if ahead > 0 => Step::AdmissionPlanned,
        Step::Discharged if ahead > 0 => Step::DischargePlanned,
        step => step,
    };
    let moved = Moved { step, ..moved };
    let told = if moved.is_planned() { ahead >= 0 } else { (-DAYS_BACK..=0).contains(&ahead) };
    Some(moved).filter(|_| told)
}

/// One person's movements, latest first: each once, and no plan that was overtaken by what it planned.
pub fn settle(found: Vec<Moved>) -> Vec<Moved> {
    let mut told: Vec<Moved> = Vec::new();
    for each in found {
        if !told.contains(&each) {
            told.push(each);
        }
    }
    let last = |facility: &str| {
        let stays = told.iter().filter(|each| each.facility == facility);
        let stays = stays.filter(|each| matches!(each.step, Step::Admitted | Step::Discharged));
        stays.max_by_key(|each| (each.day, each.step)).map(|each| each.step)
    };
    let overtaken = |each: &Moved| match each.step {
        Step::AdmissionPlanned => last(&each.facility) == Some(Step::Admitted),
        Step::DischargePlanned => last(&each.facility) == Some(Step::Discharged),
        _ => false,
    };
    let mut kept: Vec<Moved> = told.iter().filter(|each| !overtaken(each)).cloned().collect();
    kept.sort_by_key(|each| Reverse((each.day, each.step)));
    kept
}

/// `2026-11-22（昨日）`.
pub(super) fn relative(lang: Lang, day: Date, today: Date) -> Markup {
    let text = match when::between(today, day) {
        0 => lang.t(Word::Today).to_owned(),
        -1 => lang.t(Word::Yesterday).to_owned(),
        1 => lang.t(Word::Tomorrow).to_owned(),
        ahead if ahead > 0 => lang.f(Word::InDays, &[&ahead.to_string()]),
        ahead => lang.f(Word::DaysAgo, &[&ahead.unsigned_abs().to_string()]),
    };
    html! { span .t { (day) " " small { "(" (text) ")" } } }
}

impl WorklistPage {
    /// What happened, latest first.
    pub(super) fn movements(&self) -> Markup {
        let lang = self.shell.lang;
        let mut rows = self.moved(false);
        rows.sort_by_key(|(_, moved)| Reverse((moved.day, moved.step)));
        let mut people: Vec<_> = rows.iter().map(|(person, _)| person.person).collect();
        people.sort_unstable();
        people.dedup();
        html! {
            section .sec {
                header {
                    h2 { (lang.t(Word::Movements)) }
                    small { (lang.f(Word::MovementsOf, &[&people.len().to_string(), &rows.len().to_string()])) }
                }
                @if rows.is_empty() { p .nothing { (lang.t(Word::NoMovements)) } } @else { (self.moves(Word::Movements, &rows)) }
            }
        }
    }

    /// What is planned, soonest first. Nothing is said where nothing is planned: absence of a plan is no news.
    pub(super) fn planned(&self) -> Markup {
        let lang = self.shell.lang;
        let mut rows = self.moved(true);
        rows.sort_by_key(|(_, moved)| (moved.day, moved.step));
        html! { @if !rows.is_empty() {
            section .sec {
                header { h2 { (lang.t(Word::Planned)) } }
                (self.moves(Word::Planned, &rows))
            }
        } }
    }

    /// Certifications that are about to end, soonest first.
    pub(super) fn certifications(&self) -> Markup {
        let lang = self.shell.lang;
        let mut rows: Vec<(&NewsOf, Date)> =
            self.people.iter().filter_map(|each| each.certified_until.map(|day| (each, day))).collect();
        rows.sort_by_key(|(_, day)| *day);
        html! { @if !rows.is_empty() || self.uncertain > 0 {
            section .sec {
                header { h2 { (lang.t(Word::Certification)) } small { (lang.t(Word::CertifiedUnknown)) } }
                @if self.uncertain > 0 { p .nothing { (lang.f(Word::CertifiedUnlooked, &[&self.uncertain.to_string()])) } }
                @if !rows.is_empty() { (self.ends(&rows)) }
            }
        } }
    }

    fn ends(&self, rows: &[(&NewsOf, Date)]) -> Markup {
        let lang = self.shell.lang;
        html! {
            div .scroll tabindex="0" role="region" aria-label=(lang.t(Word::Certification)) { table .wide.people {
                thead { tr { @for id in [Word::CertifiedUntil, Word::Person] { th scope="col" { (lang.t(id)) } }
                    @for id in [Id::BirthDate, Id::Sex] { th scope="col" { (lang.t(id)) } } } }
                tbody { @for (person, day) in rows {
                    tr .look[person.same_surname] {
                        td { (relative(lang, *day, self.today))
                            @if *day < self.today { " " b .warn { (lang.t(Word::Ended)) } } }
                        th scope="row" { (person.link(lang, None)) }
                        td .t { (banner::birth(lang, person.birth, self.today)) }
                        td .t { (person.sex.word(lang)) }
                    }
                } }
            } }
        }
    }

    fn moved(&self, planned: bool) -> Vec<(&NewsOf, &Moved)> {
        self.people
            .iter()
            .flat_map(|person| person.movements.iter().map(move |moved| (person, moved)))
            .filter(|(_, moved)| moved.is_planned() == planned)
            .collect()
    }

    fn moves(&self, label: Word, rows: &[(&NewsOf, &Moved)]) -> Markup {
        let lang = self.shell.lang;
        html! {
            div .scroll tabindex="0" role="region" aria-label=(lang.t(label)) { table .wide.people {
                thead { tr {
                    @for id in [Word::When, Word::What, Word::Person] { th scope="col" { (lang.t(id)) } }
                    @for id in [Id::BirthDate, Id::Sex] { th scope="col" { (lang.t(id)) } }
                    th scope="col" { (lang.t(Word::Place)) }
                } }
                tbody { @for (person, moved) in rows.iter().take(MOST) {
                    tr .look[person.same_surname] {
                        td { (relative(lang, moved.day, self.today)) }
                        td .t { span .step { (moved.glyph().icon()) b { (lang.t(Word::of(moved.step))) } } }
                        th scope="row" { (person.link(lang, Some(moved.day).filter(|_| !moved.is_planned()))) }
                        td .t { (banner::birth(lang, person.birth, self.today)) }
                        td .t { (person.sex.word(lang)) }
                        td { (moved.facility) }
                    }
                } }
            } }
            @let more = rows.len().saturating_sub(MOST);
            @if more > 0 { p .nothing { (lang.f(Word::MoreMovements, &[&more.to_string()])) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const TODAY: Date = date(2026, 11, 23);

    fn settle(found: Vec<Moved>, today: Date) -> Vec<Moved> {
        super::settle(found.into_iter().filter_map(|each| due(each, today)).collect())
    }

    fn moved(step: Step, day: i8, facility: &str) -> Moved {
        Moved { step, day: date(2026, 11, day), facility: facility.to_owned() }
    }

    #[test]
    fn movements_are_told_once_and_latest_first() {
        let found = vec![
            moved(Step::Admitted, 2, "h"),
            moved(Step::Discharged, 22, "h"),
            moved(Step::Discharged, 22, "h"),
            moved(Step::Visited, 23, "c"),
        ];
        let told = settle(found.clone(), TODAY);
        assert_eq!(told, [found[3].clone(), found[1].clone(), found[0].clone()]);
    }

    #[test]
    fn what_lies_ahead_is_planned_and_what_is_long_past_is_no_movement() {
        let found = vec![moved(Step::Discharged, 29, "h"), moved(Step::Visited, 30, "h")];
        assert_eq!(settle(found, TODAY), [moved(Step::DischargePlanned, 29, "h")]);
        let old = Moved { day: date(2026, 10, 22), ..moved(Step::Admitted, 1, "h") };
        let edge = Moved { day: date(2026, 10, 23), ..old.clone() };
        assert_eq!(settle(vec![old, edge.clone()], TODAY), [edge]);
    }

    #[test]
    fn a_plan_that_passed_or_was_overtaken_is_not_told() {
        assert_eq!(settle(vec![moved(Step::DischargePlanned, 22, "h")], TODAY), []);
        let today = moved(Step::DischargePlanned, 23, "h");
        assert_eq!(settle(vec![today.clone()], TODAY), [today]);
        let early = vec![moved(Step::DischargePlanned, 25, "h"), moved(Step::Discharged, 22, "h")];
        assert_eq!(settle(early.clone(), TODAY), [early[1].clone()]);
        // Admitted again since: the plan may be the new stay's.
        let again = moved(Step::Admitted, 23, "h");
        assert_eq!(settle([early.clone(), vec![again]].concat(), TODAY).len(), 3);
        // Another hospital's discharge changes nothing.
        let elsewhere = vec![early[0].clone(), moved(Step::Discharged, 22, "other")];
        assert_eq!(settle(elsewhere, TODAY).len(), 2);
    }
}
