//! The one time axis that every row of the patient page shares.

use super::percent;
use crate::{
    course::view::View,
    text::{Id, Lang},
    when,
};
use jiff::civil::Date;
use maud::{Markup, html};

/// The days on the axis, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axis {
    /// First day.
    pub first: Date,
    /// Last day. Days after `today` are drawn as not yet come.
    pub last: Date,
    /// Today in JST.
    pub today: Date,
    /// The day whose records are in the side panel.
    pub chosen: Option<Date>,
}

/// A stretch of the axis that can be chosen with one tap, and how many records lie in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Records that begin in it.
    pub records: usize,
    /// The newest day in it that has a record.
    pub newest: Option<Date>,
}

impl Axis {
    /// How many days.
    pub fn days(&self) -> i32 {
        when::between(self.first, self.last).max(0) + 1
    }

    /// Where a day begins, 0.0 to 1.0.
    pub fn start(&self, day: Date) -> f64 {
        f64::from(when::between(self.first, day)) / f64::from(self.days())
    }

    /// Where a day ends.
    pub fn end(&self, day: Date) -> f64 {
        (f64::from(when::between(self.first, day)) + 1.0) / f64::from(self.days())
    }

    /// The middle of a day.
    pub fn middle(&self, day: Date) -> f64 {
        (self.start(day) + self.end(day)) / 2.0
    }

    /// True if the day is on the axis.
    pub fn has(&self, day: Date) -> bool {
        (self.first..=self.last).contains(&day)
    }

    /// True if any day of the stretch is on the axis.
    pub fn meets(&self, from: Date, to: Date) -> bool {
        from <= self.last && to >= self.first
    }

    /// The part of a stretch that is on the axis: begin and length.
    pub fn clip(&self, from: Date, to: Date) -> (f64, f64) {
        let begin = self.start(from.max(self.first));
        (begin, (self.end(to.min(self.last)) - begin).max(0.0))
    }

    /// The least distance, in days, at which two signs of 22 px do not touch on a tablet.
    pub fn sign_days(&self) -> i32 {
        (f64::from(self.days()) / 31.0).ceil() as i32
    }

    /// Weeks for up to four months, months for up to two years, else years.
    pub fn stretches(&self) -> Vec<Stretch> {
        let mut list = Vec::new();
        let mut from = self.first;
        while from <= self.last && list.len() < 200 {
            let to = self.stretch_end(from).min(self.last);
            list.push(Stretch { from, to, records: 0, newest: None });
            from = when::plus(to, 1);
        }
        list
    }

    fn stretch_end(&self, from: Date) -> Date {
        match self.days() {
            0..=124 => when::plus(from, 6 - i32::from(from.weekday().to_monday_zero_offset())),
            125..=740 => from.last_of_month(),
            _ => from.last_of_year(),
        }
    }

    /// Definitions used by every row: the grid. Drawn once, referred to by `<use href="#grid">`.
    pub fn grid(&self) -> Markup {
        let (future, rest) = self.clip(when::plus(self.today, 1), self.last);
        html! {
            g #grid {
                @if let Some(day) = self.chosen.filter(|day| self.has(*day)) {
                    rect .gd-day x=(percent(self.start(day))) width=(percent(1.0 / f64::from(self.days()))) height="100%" {}
                }
                @if self.last > self.today && rest > 0.0 {
                    rect .gd-future x=(percent(future)) width=(percent(rest)) height="100%" {}
                }
                @for stretch in self.stretches().iter().skip(1) {
                    @let place = percent(self.start(stretch.from));
                    line .gd-month[stretch.from.day() == 1] x1=(place) x2=(place) y2="100%" {}
                }
                @if self.days() <= 124 {
                    @for place in self.months() { line .gd-month x1=(place) x2=(place) y2="100%" {} }
                }
                @if self.has(self.today) {
                    @let place = percent(self.end(self.today));
                    line .gd-today x1=(place) x2=(place) y2="100%" {}
                }
            }
        }
    }

    fn months(&self) -> Vec<String> {
        let mut list = Vec::new();
        let mut day = when::plus(self.first.last_of_month(), 1);
        while day <= self.last {
            list.push(percent(self.start(day)));
            day = when::plus(day.last_of_month(), 1);
        }
        list
    }

    /// The head of the matrix: months, and stretches as links of at least 44 px.
    pub fn render(&self, lang: Lang, stretches: &[Stretch], view: &View) -> Markup {
        html! {
            svg .axis-days width="100%" height="48" role="group" aria-label=(lang.t(Id::TimeAxis)) {
                @for (place, word) in self.heads(lang) {
                    text .mo x=(percent(place)) dx="3" y="16" { (word) }
                }
                @for stretch in stretches {
                    @let (x, width) = self.clip(stretch.from, stretch.to);
                    @let said = self.day_word(stretch, width);
                    @let words = format!("{said} {}", lang.f(Id::StretchRecords, &[
                        &stretch.from.to_string(), &stretch.to.to_string(), &stretch.records.to_string()]));
                    a .stretch href=[stretch.newest.map(|day| view.on(day))] data-swap {
                        title { (words) }
                        rect .hit x=(percent(x)) width=(percent(width)) height="48" {}
                        @if !said.is_empty() { text .dy x=(percent(x)) dx="3" y="36" { (said) } }
                        @if stretch.records > 0 {
                            rect .load x=(percent(x)) width=(percent(width * 0.92)) y="43"
                                height=(if stretch.records > 20 { 5 } else if stretch.records > 5 { 4 } else { 2 }) {}
                        }
                    }
                }
                @if let Some(day) = self.chosen.filter(|day| self.has(*day)) {
                    svg .chosen x=(percent(self.middle(day))) overflow="visible" {
                        // Beside its day rather than in the column beside the axis.
                        @let at = if self.middle(day) > 0.94 { -24 } else if self.middle(day) < 0.06 { 24 } else { 0 };
                        rect x=(at - 24) y="21" width="48" height="20" rx="10" {}
                        text x=(at) y="36" text-anchor="middle" { (when::short(day)) }
                    }
                }
            }
        }
    }

    /// Months (years, on a long axis) where they begin; January is written as its year.
    fn heads(&self, lang: Lang) -> Vec<(f64, String)> {
        let years = self.days() > 740;
        let word = |day: Date| {
            if years || day.month() == 1 { day.year().to_string() } else { when::month(lang, day) }
        };
        let next = |day: Date| when::plus(if years { day.last_of_year() } else { day.last_of_month() }, 1);
        let mut list: Vec<(f64, String)> = vec![(0.0, word(self.first))];
        let mut day = next(self.first);
        while day <= self.last && list.len() < 200 {
            let place = self.start(day);
            let room = list.last().is_none_or(|(before, _)| place - before > 0.055);
            if list.len() == 1 && !room {
                list = vec![(place, word(day))];
            } else if room {
                list.push((place, word(day)));
            }
            day = next(day);
        }
        list
    }

    /// `2026`, `2025–2026`.
    pub fn years(&self) -> String {
        let (first, last) = (self.first.year(), self.last.year());
        if first == last { first.to_string() } else { format!("{first}–{last}") }
    }

    /// The first day of a week, where there is room and the chosen day is not written over it.
    fn day_word(&self, stretch: &Stretch, width: f64) -> String {
        let covered = self.chosen.is_some_and(|day| {
            let away = self.middle(day) - self.start(stretch.from);
            self.has(day) && (-0.05..0.1).contains(&away)
        });
        let room = width > 0.035 && self.days() <= 124 && !covered;
        if room { when::short(stretch.from) } else { String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn axis(first: Date, days: i32) -> Axis {
        let last = when::plus(first, days - 1);
        Axis { first, last, today: last, chosen: None }
    }

    proptest! {
        #[test]
        fn stretches_cover_the_axis_once(days in 1..4000i32, offset in 0..4000i32) {
            let axis = axis(when::plus(jiff::civil::date(2015, 1, 1), offset), days);
            let mut next = axis.first;
            for stretch in axis.stretches() {
                prop_assert_eq!(stretch.from, next);
                prop_assert!(stretch.to >= stretch.from);
                next = when::plus(stretch.to, 1);
            }
            prop_assert_eq!(next, when::plus(axis.last, 1));
        }

        #[test]
        fn places_lie_on_the_axis(days in 1..800i32, at in 0..800i32) {
            let axis = axis(jiff::civil::date(2026, 1, 1), days);
            let day = when::plus(axis.first, at);
            let inside = (0.0..=1.0).contains(&axis.middle(day));
            prop_assert_eq!(inside, axis.has(day));
        }
    }
}
