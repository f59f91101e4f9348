//! Life and care: weight and vital signs as lines, events as counts a day, sleep as shades.
//! Days in hospital are hatched: a gap there is not a gap in care.

use super::{axis::Axis, nothing, number, percent};
use crate::{
    course::view::View,
    text::{Id, Lang},
    when,
};
use jiff::civil::Date;
use maud::{Markup, html};

/// One row.
#[derive(Debug, Clone)]
pub struct LifeRow {
    /// What is measured or counted.
    pub name: String,
    /// Unit.
    pub unit: String,
    /// Who records it.
    pub sources: Vec<String>,
    /// How it is drawn.
    pub shape: LifeShape,
    /// The days that have a record, oldest first, on the axis.
    pub days: Vec<LifeDay>,
    /// Newest value as measured.
    pub newest: Option<(Date, f64)>,
    /// All of the newest value's day.
    pub newest_day: Option<LifeDay>,
    /// The value measured before the newest, for the difference; lines only.
    pub before: Option<(Date, f64)>,
    /// Counts only: last 7 days and the 7 before.
    pub weeks: Option<(usize, usize)>,
    /// Unread records.
    pub unread: usize,
}

/// What was measured or counted on one day: nothing is ever a mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LifeDay {
    /// When.
    pub day: Date,
    /// Lowest value; or the count.
    pub low: f64,
    /// Highest value; or the count.
    pub high: f64,
    /// Records.
    pub records: usize,
}

impl LifeDay {
    /// `36.4`, `36.4–37.2`.
    fn words(&self) -> String {
        let (low, high) = (number(self.low), number(self.high));
        if low == high { low } else { format!("{low}–{high}") }
    }

    fn several(&self) -> bool {
        self.low < self.high
    }
}

/// How a row is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LifeShape {
    /// A line; it breaks where 21 days have no value and in hospital.
    Line,
    /// Bars: number of events.
    Counts,
    /// Cells: the darker, the more.
    Shades,
}

const HEIGHT: f64 = 40.0;

/// The section.
pub fn render(
    lang: Lang,
    rows: &[LifeRow],
    hidden: &[(Id, String)],
    stays: &[(Date, Date)],
    axis: &Axis,
    view: &View,
) -> Markup {
    html! {
        section #life .sec aria-labelledby="life-h" {
            header {
                h2 #life-h { (lang.t(Id::Life)) }
                small { (lang.t(Id::LifeNote)) }
            }
            @if rows.is_empty() { (nothing(lang, Id::NoLifeInRange, hidden)) }
            ul .rows role="list" { @for row in rows { (self::row(lang, row, stays, axis, view)) } }
        }
    }
}

fn row(lang: Lang, row: &LifeRow, stays: &[(Date, Date)], axis: &Axis, view: &View) -> Markup {
    html! {
        li .row.life {
            div .lb {
                h3 { (row.name) }
                small {
                    @match row.shape {
                        LifeShape::Counts => { (lang.t(Id::CountsPerDay)) }
                        LifeShape::Shades => { (row.unit) " " (lang.t(Id::DarkerMore)) }
                        LifeShape::Line => { (row.unit) }
                    }
                    " " (row.sources.join("・"))
                }
            }
            div .track {
                svg width="100%" height=(HEIGHT) role="group" aria-label=(row.name) {
                    use href="#grid" {}
                    @for (from, to) in stays.iter().filter(|(from, to)| axis.meets(*from, *to)) {
                        @let (x, width) = axis.clip(*from, *to);
                        rect .hatched x=(percent(x)) width=(percent(width)) y="4" height=(HEIGHT - 8.0) {
                            title { (lang.t(Id::InHospital)) }
                        }
                    }
                    @match row.shape {
                        LifeShape::Line => { (line(row, stays, axis, view)) }
                        LifeShape::Counts => { (counts(row, axis, view)) }
                        LifeShape::Shades => { (shades(row, axis, view)) }
                    }
                }
            }
            div .vl { (last(lang, row, axis)) }
        }
    }
}

fn last(lang: Lang, row: &LifeRow, axis: &Axis) -> Markup {
    html! {
        @if row.unread > 0 { b .new { (lang.f(Id::NewCount, &[&row.unread.to_string()])) } }
        @if let Some((recent, before)) = row.weeks {
            b { (lang.f(Id::LastWeek, &[&recent.to_string()])) }
            small { (lang.f(Id::WeekBefore, &[&before.to_string()])) }
        } @else if let Some((day, value)) = row.newest {
            b { (number(value)) " " (row.unit) }
            small {
                (when::near(day, axis.today))
                @if let Some(all) = row.newest_day.filter(LifeDay::several) { " " (all.words()) }
                @if let Some((then, older)) = row.before {
                    " " (difference(value - older)) " (" (lang.f(Id::Since, &[&when::near(then, axis.today)])) ")"
                }
            }
        }
    }
}

/// `+2.6`, `−0.4`, `±0`.
fn difference(value: f64) -> String {
    let text = number(value);
    if text == "0" {
        "±0".to_owned()
    } else if value > 0.0 {
        format!("+{text}")
    } else {
        text
    }
}

fn bounds(row: &LifeRow) -> (f64, f64) {
    row.days
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), all| (low.min(all.low), high.max(all.high)))
}

fn line(row: &LifeRow, stays: &[(Date, Date)], axis: &Axis, view: &View) -> Markup {
    let (low, high) = bounds(row);
    let spread = (high - low).max(high.abs() * 0.02).max(1e-9);
    let y = |value: f64| {
        let raw = HEIGHT - 8.0 - (value - low) / spread * (HEIGHT - 16.0);
        (raw * 10.0).round() / 10.0
    };
    let mut runs: Vec<Vec<LifeDay>> = Vec::new();
    for all in &row.days {
        let broken = runs.last().and_then(|run| run.last()).is_none_or(|before| {
            when::between(before.day, all.day) > 21
                || stays.iter().any(|(from, to)| before.day < *to && *from < all.day)
        });
        if broken {
            runs.push(Vec::new());
        }
        if let Some(run) = runs.last_mut() {
            run.push(*all);
        }
    }
    html! {
        svg width="100%" height=(HEIGHT) viewBox={ "0 0 1000 " (HEIGHT) } preserveAspectRatio="none" {
            @for run in runs.iter().filter(|run| run.len() > 1) {
                (path(run, axis, &|all| y(all.high)))
                @if run.iter().any(LifeDay::several) { (path(run, axis, &|all| y(all.low))) }
            }
            @for all in row.days.iter().filter(|all| all.several()) {
                @let x = format!("{:.1}", axis.middle(all.day) * 1000.0);
                polyline .ln points={ (x) "," (y(all.low)) " " (x) "," (y(all.high)) } vector-effect="non-scaling-stroke" {}
            }
        }
        @if row.days.len() <= 40 {
            @for all in &row.days {
                a .p href=(view.on(all.day)) data-swap tabindex="-1" {
                    title { (when::near(all.day, axis.today)) " " (all.words()) " " (row.unit) }
                    circle cx=(percent(axis.middle(all.day))) cy=(y(all.high)) r="3" {}
                    @if all.several() { circle cx=(percent(axis.middle(all.day))) cy=(y(all.low)) r="3" {} }
                }
            }
        }
    }
}

/// A line through the highest or the lowest values of the days.
fn path(run: &[LifeDay], axis: &Axis, y: &dyn Fn(&LifeDay) -> f64) -> Markup {
    let points: Vec<String> =
        run.iter().map(|all| format!("{:.1},{}", axis.middle(all.day) * 1000.0, y(all))).collect();
    html! { polyline .ln points=(points.join(" ")) vector-effect="non-scaling-stroke" {} }
}

fn counts(row: &LifeRow, axis: &Axis, view: &View) -> Markup {
    let most = row.days.iter().map(|all| all.high).fold(1.0, f64::max);
    let width = (0.8 / f64::from(axis.days())).max(0.001);
    html! {
        @for all in &row.days {
            @let height = (all.high / most * (HEIGHT - 10.0)).max(4.0);
            a href=(view.on(all.day)) data-swap tabindex="-1" {
                title { (when::near(all.day, axis.today)) " " (all.words()) }
                rect .count x=(percent(axis.start(all.day))) width=(percent(width))
                    y=((HEIGHT - 4.0 - height).round()) height=(height.round()) {}
            }
        }
    }
}

fn shades(row: &LifeRow, axis: &Axis, view: &View) -> Markup {
    let (low, high) = bounds(row);
    let width = 0.9 / f64::from(axis.days());
    html! {
        @for all in &row.days {
            @let share = if high > low { (all.high - low) / (high - low) } else { 0.5 };
            a href=(view.on(all.day)) data-swap tabindex="-1" {
                title { (when::near(all.day, axis.today)) " " (all.words()) " " (row.unit) }
                rect .{ "s s" ((share * 4.0).round() as u8 + 1) } x=(percent(axis.start(all.day)))
                    width=(percent(width.max(0.001))) y="11" height="18" {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_difference_carries_its_sign() {
        assert_eq!(super::difference(2.6), "+2.6");
        assert_eq!(super::difference(-0.4), "−0.4");
        assert_eq!(super::difference(0.001), "±0");
    }
}
