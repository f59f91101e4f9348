//! Life and care: weight and vital signs as lines, events as counts a day, sleep as shades.
//! Days in hospital are hatched: a gap there is not a gap in care.

use super::{axis::Axis, number, percent};
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
    /// One value a day (mean, or count), oldest first, on the axis.
    pub days: Vec<(Date, f64)>,
    /// Newest value.
    pub newest: Option<(Date, f64)>,
    /// Newest value at least 14 days older than the newest, for the difference; lines only.
    pub before: Option<(Date, f64)>,
    /// Counts only: last 7 days and the 7 before.
    pub weeks: Option<(usize, usize)>,
    /// Unread records.
    pub unread: usize,
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
pub fn render(lang: Lang, rows: &[LifeRow], stays: &[(Date, Date)], axis: &Axis, view: &View) -> Markup {
    html! {
        section #life .sec aria-labelledby="life-h" {
            header {
                h2 #life-h { (lang.t(Id::Life)) }
                small { (lang.t(Id::LifeNote)) }
            }
            @if rows.is_empty() { p .nothing { (lang.t(Id::NoLifeInRange)) } }
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
    row.days.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (_, value)| {
        (low.min(*value), high.max(*value))
    })
}

fn line(row: &LifeRow, stays: &[(Date, Date)], axis: &Axis, view: &View) -> Markup {
    let (low, high) = bounds(row);
    let spread = (high - low).max(high.abs() * 0.02).max(1e-9);
    let y = |value: f64| {
        let raw = HEIGHT - 8.0 - (value - low) / spread * (HEIGHT - 16.0);
        (raw * 10.0).round() / 10.0
    };
    let mut runs: Vec<Vec<(Date, f64)>> = Vec::new();
    for (day, value) in &row.days {
        let broken = runs.last().and_then(|run| run.last()).is_none_or(|(before, _)| {
            when::between(*before, *day) > 21 || stays.iter().any(|(from, to)| before < to && from < day)
        });
        if broken {
            runs.push(Vec::new());
        }
        if let Some(run) = runs.last_mut() {
            run.push((*day, *value));
        }
    }
    html! {
        svg width="100%" height=(HEIGHT) viewBox={ "0 0 1000 " (HEIGHT) } preserveAspectRatio="none" {
            @for run in runs.iter().filter(|run| run.len() > 1) {
                @let path: Vec<String> = run.iter()
                    .map(|(day, value)| format!("{:.1},{}", axis.middle(*day) * 1000.0, y(*value))).collect();
                polyline .ln points=(path.join(" ")) vector-effect="non-scaling-stroke" {}
            }
        }
        @if row.days.len() <= 40 {
            @for (day, value) in &row.days {
                a .p href=(view.on(*day)) data-swap tabindex="-1" {
                    title { (when::near(*day, axis.today)) " " (number(*value)) " " (row.unit) }
                    circle cx=(percent(axis.middle(*day))) cy=(y(*value)) r="3" {}
                }
            }
        }
    }
}

fn counts(row: &LifeRow, axis: &Axis, view: &View) -> Markup {
    let most = row.days.iter().map(|(_, value)| *value).fold(1.0, f64::max);
    let width = (0.8 / f64::from(axis.days())).max(0.001);
    html! {
        @for (day, value) in &row.days {
            @let height = (value / most * (HEIGHT - 10.0)).max(4.0);
            a href=(view.on(*day)) data-swap tabindex="-1" {
                title { (when::near(*day, axis.today)) " " (number(*value)) }
                rect .count x=(percent(axis.start(*day))) width=(percent(width))
                    y=((HEIGHT - 4.0 - height).round()) height=(height.round()) {}
            }
        }
    }
}

fn shades(row: &LifeRow, axis: &Axis, view: &View) -> Markup {
    let (low, high) = bounds(row);
    let width = 0.9 / f64::from(axis.days());
    html! {
        @for (day, value) in &row.days {
            @let share = if high > low { (value - low) / (high - low) } else { 0.5 };
            a href=(view.on(*day)) data-swap tabindex="-1" {
                title { (when::near(*day, axis.today)) " " (number(*value)) " " (row.unit) }
                rect .{ "s s" ((share * 4.0).round() as u8 + 1) } x=(percent(axis.start(*day)))
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
