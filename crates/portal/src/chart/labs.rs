//! Laboratory trends: value over time in its reference range, each point marked by who measured it.

use super::{axis::Axis, nothing, number, percent};
use crate::{
    course::view::View,
    text::{Id, Lang},
    when,
};
use jiff::civil::Date;
use maud::{Markup, html};

/// One item: the same analyte in the same specimen and unit.
#[derive(Debug, Clone)]
pub struct LabRow {
    /// Name as the newest record writes it.
    pub name: String,
    /// Unit; may be empty (a ratio, a qualitative result).
    pub unit: String,
    /// Reference range of the newest result that has one.
    pub low: Option<f64>,
    /// See `low`.
    pub high: Option<f64>,
    /// True if results in this row carry different reference ranges.
    pub ranges_differ: bool,
    /// Numeric results on the axis, oldest first.
    pub points: Vec<LabPoint>,
    /// Results that are no number (`<0.5`, `(+)`), on the axis.
    pub words: Vec<(Date, String)>,
    /// Newest result of all.
    pub newest: LabValue,
    /// The one before it.
    pub previous: Option<LabValue>,
    /// Unread results.
    pub unread: usize,
    /// Points that are not drawn because they are too close together (the table has them).
    pub thinned: usize,
}

/// One result in words.
#[derive(Debug, Clone)]
pub struct LabValue {
    /// When.
    pub day: Date,
    /// As reported.
    pub text: String,
    /// Against its reference range.
    pub side: Side,
    /// True if not yet seen.
    pub unread: bool,
}

/// One point.
#[derive(Debug, Clone)]
pub struct LabPoint {
    /// When.
    pub day: Date,
    /// Value.
    pub value: f64,
    /// Value as reported.
    pub text: String,
    /// Against its reference range.
    pub side: Side,
    /// Which sign: index of the source among the sources of the section.
    pub source: usize,
    /// Who measured.
    pub facility: String,
    /// True if not yet seen: the only points that are red.
    pub unread: bool,
}

/// Where a result lies against its reference range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Inside, or no range is known.
    Within,
    /// Above.
    Above,
    /// Below.
    Below,
    /// Reported as abnormal without a direction.
    Abnormal,
}

impl Side {
    /// The sign beside a value: shape and letter, for those who do not see the colour.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Within => "",
            Self::Above => "▲H",
            Self::Below => "▼L",
            Self::Abnormal => "◆A",
        }
    }
}

const SIGNS: [&str; 6] = ["●", "□", "◇", "○", "■", "◆"];

const HEIGHT: f64 = 48.0;

/// The section. `sources` are the facilities in the order of their signs; `more` items are not drawn;
/// `hidden` says what may be missing.
pub fn render(
    lang: Lang,
    rows: &[LabRow],
    sources: &[String],
    more: usize,
    hidden: &[(Id, String)],
    axis: &Axis,
    view: &View,
) -> Markup {
    html! {
        section #labs .sec aria-labelledby="labs-h" {
            header {
                h2 #labs-h { (lang.t(Id::Labs)) }
                small {
                    @for (at, source) in sources.iter().enumerate() {
                        span .src-sign { (SIGNS.get(at.min(SIGNS.len() - 1)).copied().unwrap_or("●")) " " (source) }
                    }
                    (lang.t(Id::LabsNote))
                }
            }
            @if rows.is_empty() { (nothing(lang, Id::NoLabsInRange, hidden)) }
            ul .rows role="list" { @for row in rows { (self::row(lang, row, axis, view)) } }
            @if more > 0 {
                p .more { (lang.f(Id::MoreLabs, &[&more.to_string()])) " "
                    a href=(View { all_labs: true, ..*view }.href()) data-swap { (lang.t(Id::ShowAllLabs)) } }
            }
        }
    }
}

/// `3.6–4.8`, `18.4 以下`, `60 以上`. In words, since the signs for them are exchanged in some fonts of Japan.
pub fn range(lang: Lang, low: Option<f64>, high: Option<f64>) -> String {
    match (low, high, lang) {
        (Some(low), Some(high), _) => format!("{}–{}", number(low), number(high)),
        (None, Some(high), Lang::Ja | Lang::Easy) => format!("{} 以下", number(high)),
        (None, Some(high), Lang::En) => format!("up to {}", number(high)),
        (Some(low), None, Lang::Ja | Lang::Easy) => format!("{} 以上", number(low)),
        (Some(low), None, Lang::En) => format!("from {}", number(low)),
        (None, None, _) => String::new(),
    }
}

fn row(lang: Lang, row: &LabRow, axis: &Axis, view: &View) -> Markup {
    let scale = Scale::of(row);
    let reference = range(lang, row.low, row.high);
    let newest_drawn = row.points.iter().map(|point| point.day).max();
    html! {
        li .row.lab.look[row.newest.unread && row.newest.side != Side::Within] {
            div .lb {
                h3 { (row.name) }
                small {
                    (row.unit) " "
                    @if reference.is_empty() { (lang.t(Id::NoReference)) }
                    @else { (lang.t(Id::Reference)) " " (reference) }
                    @if row.ranges_differ { " " (lang.t(Id::RangesDiffer)) }
                }
            }
            div .track {
                svg width="100%" height=(HEIGHT) role="group" aria-label=(row.name) {
                    use href="#grid" {}
                    (band(row, &scale))
                    (line(&row.points, axis, &scale))
                    @for point in &row.points {
                        (self::point(point, axis, &scale, view, newest_drawn == Some(point.day)))
                    }
                    @for (day, text) in &row.words {
                        a href=(view.on(*day)) data-swap tabindex="-1" {
                            title { (when::near(*day, axis.today)) " " (text) " " (row.unit) }
                            @let anchor = if axis.middle(*day) > 0.95 { "end" } else { "middle" };
                            text .lw x=(percent(axis.middle(*day))) y=(HEIGHT - 4.0) text-anchor=(anchor) { (text) }
                        }
                    }
                }
            }
            div .vl {
                (value(&row.newest))
                @match &row.previous {
                    Some(before) => {
                        small { (lang.t(Id::Previous)) " " (before.text) " " (before.side.sign())
                            " (" (when::near(before.day, axis.today)) ")" }
                    }
                    None => { small { (lang.t(Id::FirstResult)) } }
                }
                @if row.thinned > 0 { small { (lang.f(Id::Thinned, &[&row.thinned.to_string()])) } }
            }
        }
    }
}

/// The value in bold; red only if it is out of range *and* new.
pub fn value(value: &LabValue) -> Markup {
    let out = value.side != Side::Within;
    html! {
        b .val.out[out].fresh[out && value.unread] { (value.text) @if out { " " (value.side.sign()) } }
    }
}

/// Value to height.
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    fn of(row: &LabRow) -> Self {
        let values = row.points.iter().map(|point| point.value).filter(|value| value.is_finite());
        let (mut low, mut high) = values
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        if low > high {
            (low, high) = (row.low.unwrap_or(0.0), row.high.unwrap_or(1.0));
        }
        let spread = (high - low).max(1e-9);
        // The nearer end of the range is kept in sight if that does not flatten the values.
        for bound in [row.low, row.high].into_iter().flatten().filter(|bound| bound.is_finite()) {
            if bound > low - spread * 3.0 && bound < high + spread * 3.0 {
                low = low.min(bound);
                high = high.max(bound);
            }
        }
        if high - low < 1e-9 {
            low -= 0.5;
            high += 0.5;
        }
        Self { low, high }
    }

    fn y(&self, value: f64) -> f64 {
        let share = ((value - self.low) / (self.high - self.low)).clamp(-1.0, 2.0);
        let y = (HEIGHT - 13.0) - share * (HEIGHT - 26.0);
        (y * 10.0).round() / 10.0
    }
}

fn band(row: &LabRow, scale: &Scale) -> Markup {
    let top = row.high.map_or(0.0, |high| scale.y(high).max(0.0));
    let bottom = row.low.map_or(HEIGHT, |low| scale.y(low).min(HEIGHT));
    let known = row.low.is_some() || row.high.is_some();
    html! {
        @if known && bottom > top {
            rect .band width="100%" y=(top) height=((bottom - top).max(1.0)) {}
            @if row.high.is_some() && top > 0.0 { line .edge x2="100%" y1=(top) y2=(top) {} }
            @if row.low.is_some() && bottom < HEIGHT { line .edge x2="100%" y1=(bottom) y2=(bottom) {} }
        }
    }
}

fn line(points: &[LabPoint], axis: &Axis, scale: &Scale) -> Markup {
    let path: Vec<String> = points
        .iter()
        .map(|point| format!("{:.1},{}", axis.middle(point.day) * 1000.0, scale.y(point.value)))
        .collect();
    html! {
        @if points.len() > 1 {
            svg width="100%" height=(HEIGHT) viewBox={ "0 0 1000 " (HEIGHT) } preserveAspectRatio="none" {
                polyline .ln points=(path.join(" ")) vector-effect="non-scaling-stroke" {}
            }
        }
    }
}

fn point(point: &LabPoint, axis: &Axis, scale: &Scale, view: &View, newest: bool) -> Markup {
    let x = percent(axis.middle(point.day));
    let y = scale.y(point.value);
    let out = point.side != Side::Within;
    let below = point.side == Side::Below;
    html! {
        a .p.out[out].fresh[out && point.unread] href=(view.on(point.day)) data-swap tabindex="-1" {
            title {
                (when::near(point.day, axis.today)) " " (point.text) " " (point.side.sign()) " " (point.facility)
            }
            svg x=(x) y=(y) overflow="visible" {
                @match point.source {
                    0 => { circle r="4" {} }
                    1 => { rect .hollow x="-3.7" y="-3.7" width="7.4" height="7.4" {} }
                    2 => { path .hollow d="M0-5l5 5-5 5-5-5z" {} }
                    3 => { circle .hollow r="4" {} }
                    4 => { rect x="-3.7" y="-3.7" width="7.4" height="7.4" {} }
                    _ => { path d="M0-5l5 5-5 5-5-5z" {} }
                }
                @if out {
                    @match point.side {
                        Side::Below => { path .tri d="M-4.5 6.5h9l-4.5 6z" {} }
                        _ => { path .tri d="M-4.5-6.5h9l-4.5-6z" {} }
                    }
                }
                @if newest {
                    text .lv x=(if axis.middle(point.day) > 0.93 { "-8" } else { "8" }) y=(if below { "3" } else { "5" })
                        text-anchor=(if axis.middle(point.day) > 0.93 { "end" } else { "start" }) { (point.text) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_with_one_end_says_which() {
        assert_eq!(range(Lang::Ja, Some(3.6), Some(4.8)), "3.6–4.8");
        assert_eq!(range(Lang::Ja, None, Some(18.4)), "18.4 以下");
        assert_eq!(range(Lang::Easy, Some(60.0), None), "60 以上");
        assert_eq!(range(Lang::En, None, Some(0.3)), "up to 0.3");
        assert_eq!(range(Lang::En, Some(3.5), None), "from 3.5");
    }

    #[test]
    fn every_height_is_inside_the_row() {
        let scale = Scale { low: 3.1, high: 4.8 };
        assert!(scale.y(3.1) <= HEIGHT && scale.y(4.8) >= 0.0 && scale.y(3.1) > scale.y(4.8));
    }
}
