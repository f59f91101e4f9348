//! Facility × time: who recorded what, when. Bars are stays, signs are records, a ring is unread.
//! Whoever is silent, late, not consented or outside the viewer's role says so in words in its own row.

use super::{axis::Axis, axis::Stretch, fitting, glyph::Glyph, percent};
use crate::{
    course::view::View,
    text::{Id, Lang},
    when,
};
use jiff::civil::Date;
use maud::{Markup, html};
use model::facility::RecordKind;

/// One row.
#[derive(Debug, Clone)]
pub struct MatrixRow {
    /// Facility, kind or problem.
    pub name: String,
    /// What kind of facility, or what else helps to tell it.
    pub note: String,
    /// Stays and problems: stretches of time.
    pub bars: Vec<Bar>,
    /// Signs.
    pub marks: Vec<Mark>,
    /// Whether this row is complete.
    pub feed: Feed,
    /// Newest day with a record, on the axis or not.
    pub newest: Option<Date>,
    /// Unread records, on the axis or not.
    pub unread: usize,
    /// Records whose day is not known: not drawn, never to be read as "no records".
    pub undated: usize,
    /// Kinds the viewer's profession does not see here.
    pub outside: Vec<RecordKind>,
}

/// A stretch of time with words.
#[derive(Debug, Clone)]
pub struct Bar {
    /// First day.
    pub from: Date,
    /// Last day; `None` = still so, as far as is known.
    pub to: Option<Date>,
    /// Words on it.
    pub label: String,
}

/// Records of one kind on one day, or on neighbouring days that would overlap.
#[derive(Debug, Clone)]
pub struct Mark {
    /// First day.
    pub day: Date,
    /// Last day.
    pub last: Date,
    /// The day that opens: the newest unread one, else the newest.
    pub open: Date,
    /// Days with a record.
    pub days: usize,
    /// Records.
    pub records: usize,
    /// True if one of them is unread.
    pub unread: bool,
    /// Sign.
    pub glyph: Glyph,
    /// What it is, if it is one thing (`胸部X線`).
    pub label: String,
    /// Height at which it is drawn, from 0.
    pub lane: usize,
    /// True if it continues the sign before it without a gap: drawn as a ribbon, not as one more sign.
    pub joined: bool,
}

/// Whether a source's records are all here, and if not, why. Never to be confused with "no records".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Feed {
    /// Delivering as expected.
    Current,
    /// Delivering, but later than usual: last delivery, usual interval in words.
    Late(String, String),
    /// Not answering: since when, and the last delivery.
    Silent(String, String),
    /// The person has not agreed that this facility's records are shown here.
    NotConsented,
    /// The person has agreed, but the viewer's facility has nothing to do with the person today.
    NotRelated,
    /// All that this facility has here is outside the viewer's profession.
    OutsideRole,
    /// A row that is no source (grouping by kind or problem).
    NoSource,
}

/// The rows below the head.
pub fn render(lang: Lang, rows: &[MatrixRow], stretches: &[Stretch], axis: &Axis, view: &View) -> Markup {
    html! {
        div .row.axis {
            div .lb { b { (axis.years()) } small { (lang.t(Id::WeekHint)) } }
            (axis.render(lang, stretches, view))
            div .vl { @if axis.has(axis.today) { b .today { (lang.t(Id::Today)) " " (when::short(axis.today)) } } }
        }
        ul .rows role="list" { @for row in rows { (self::row(lang, row, axis, view)) } }
    }
}

fn row(lang: Lang, row: &MatrixRow, axis: &Axis, view: &View) -> Markup {
    let lanes = row.marks.iter().map(|mark| mark.lane + 1).max().unwrap_or(0);
    let bars = usize::from(!row.bars.is_empty());
    let height = (lanes * 24 + bars * 20 + 10).max(34);
    let state = feed_words(lang, row);
    let class = match row.feed {
        Feed::Current | Feed::NoSource => "",
        Feed::Late(..) => "late",
        Feed::Silent(..) => "silent",
        Feed::NotConsented | Feed::NotRelated => "closed",
        Feed::OutsideRole => "outside",
    };
    html! {
           li .row .(class) {
               div .lb { h3 { (row.name) } small { (row.note) } }
               div .track {
                   @if let Some(words) = &state { p .state { (words) } }
                   @if !row.marks.is_empty() || !row.bars.is_empty() || state.is_none() {
                       svg width="100%" height=(height) role="group" aria-label=(row.name) {
                           use href="#grid" {}
                           @for bar in &row.bars { (self::bar(lang, bar, axis, height)) }
                           // Below all signs, so that a finger finds a sign that stands alone and no area covers another sign.
                           @for mark in &row.marks { (self::target(mark, bars * 20, axis, view)) }
                           @for mark in &row.marks { (self::mark(lang, mark, bars * 20, axis, view)) }
                           @if row.marks.is_empty() && row.bars.is_empty() {
                               text .none x="50%" y="21" text-anchor="middle" {
    (empty(lang, row)) }
                           }
                       }
                   }
               }
               div .vl { (last(lang, row, axis)) }
           }
       }
}

fn last(lang: Lang, row: &MatrixRow, axis: &Axis) -> Markup {
    html! {
            @if row.unread > 0 { b .new { (lang.f(Id::NewCount, &[&row.unread.to_string()])) } }
            @match (&row.feed, row.newest) {
                (Feed::NotConsented | Feed::NotRelated | Feed::OutsideRole, _) => { b .shut { (lang.t(Id::NotShown)) } }
                (Feed::Silent(..), _) => { b .warn { (lang.t(Id::NotReceived)) } }
                (feed, newest) => {
                    @if let Some(day) = newest { span { (lang.t(Id::Newest)) " " (when::near(day, axis.today)) } }
                    @else if row.undated > 0 { span { (lang.f(Id::UndatedShort, &[&row.undated.to_string()])) } }
    @else { span { (lang.t(Id::NoRecordsYet)) } }
                    @if matches!(feed, Feed::Late(..)) { b .warn { (lang.t(Id::LateShort)) } }
                }
            }
        }
}

/// The sentence of a row that is not complete; `None` for one that is.
pub fn feed_words(lang: Lang, row: &MatrixRow) -> Option<String> {
    let kinds = || {
        let words: Vec<&str> = row.outside.iter().map(|kind| lang.kind(*kind)).collect();
        words.join("・")
    };
    match &row.feed {
        Feed::Late(received, usual) => {
            Some(lang.f(Id::FeedLate, &[&when::stamp(received), &or_unknown(lang, usual)]))
        }
        Feed::Silent(since, received) => {
            Some(lang.f(Id::FeedSilent, &[&when::stamp(since), &or_unknown(lang, &when::stamp(received))]))
        }
        Feed::NotConsented => Some(lang.t(Id::FeedNotConsented).to_owned()),
        Feed::NotRelated => Some(lang.t(Id::FeedNotRelated).to_owned()),
        Feed::OutsideRole => Some(lang.f(Id::FeedOutsideRole, &[&kinds()])),
        Feed::Current | Feed::NoSource if !row.outside.is_empty() => {
            Some(lang.f(Id::FeedPartlyOutside, &[&kinds()]))
        }
        Feed::Current | Feed::NoSource => None,
    }
}

fn empty(lang: Lang, row: &MatrixRow) -> String {
    match row.undated {
        0 => lang.t(Id::NoRecordsInRange).to_owned(),
        count => lang.f(Id::UndatedInRow, &[&count.to_string()]),
    }
}

fn or_unknown(lang: Lang, text: &str) -> String {
    if text.is_empty() { lang.t(Id::Unknown).to_owned() } else { text.to_owned() }
}

fn bar(lang: Lang, bar: &Bar, axis: &Axis, height: usize) -> Markup {
    let to = bar.to.unwrap_or_else(|| axis.today.max(bar.from));
    let (x, width) = axis.clip(bar.from, to);
    let until = bar.to.map_or_else(|| lang.t(Id::StillSo).to_owned(), |day| when::near(day, axis.today));
    let days = format!("{}–{until}", when::near(bar.from, axis.today));
    html! {
        g {
            title { (bar.label) " " (days) }
            rect .stay.open[bar.to.is_none()] x=(percent(x)) width=(percent(width)) y="2" height=(height - 4) rx="3" {}
            (fitting(&percent(x), &percent(width), 2, 18, "st", &[&bar.label, &days]))
        }
    }
}

/// What a finger may touch around a sign: 44 px.
fn target(mark: &Mark, top: usize, axis: &Axis, view: &View) -> Markup {
    let y = top + 17 + mark.lane * 24;
    html! {
        @if !mark.joined {
            a href=(view.on(mark.open)) data-swap tabindex="-1" aria-hidden="true" {
                svg x=(percent(axis.middle(mark.day))) y=(y) overflow="visible" {
                    rect .hit x="-22" y="-22" width="44" height="44" {}
                }
            }
        }
    }
}

fn mark(lang: Lang, mark: &Mark, top: usize, axis: &Axis, view: &View) -> Markup {
    let y = top + 17 + mark.lane * 24;
    let x = percent(axis.middle(mark.day));
    html! {
        a href=(view.on(mark.open)) data-swap tabindex="-1" {
            title { (mark_words(lang, mark, axis.today)) }
            @if mark.joined {
                @let back = (axis.middle(mark.day) - axis.middle(when::plus(mark.day, -2 * axis.sign_days()))).min(axis.middle(mark.day));
                rect .{ "ribbon g-" (mark.glyph.name()) } x=(percent(axis.middle(mark.day) - back / 2.0)) width=(percent(back / 2.0))
                    y=(y - 5) height="10" {}
                circle .{ "bead g-" (mark.glyph.name()) } cx=(x) cy=(y) r="3.5" {}
            } @else {
                use href={ "#g-" (mark.glyph.name()) } x=(x) y=(y) {}
            }
            @if mark.days > 1 && !mark.joined {
                // At the end of the axis the count stands before its sign, not in the next column.
                @let (dx, anchor) = if axis.middle(mark.day) > 0.985 { ("-8", "end") } else { ("8", "start") };
                text .times x=(x) dx=(dx) y=(y + 11) text-anchor=(anchor) { (mark.days) }
            }
            @if mark.unread { svg x=(x) y=(y) overflow="visible" { use href="#new" x="9" y="-9" {} } }
        }
    }
}

fn mark_words(lang: Lang, mark: &Mark, today: Date) -> String {
    let mut words = when::near(mark.day, today);
    if mark.last != mark.day {
        words.push('–');
        words.push_str(&when::near(mark.last, today));
    }
    words.push(' ');
    words.push_str(mark.glyph.word(lang));
    if !mark.label.is_empty() {
        words.push(' ');
        words.push_str(&mark.label);
    }
    if mark.days > 1 {
        words.push(' ');
        words.push_str(&lang.f(Id::OnDays, &[&mark.days.to_string()]));
    }
    if mark.unread {
        words.push(' ');
        words.push_str(lang.t(Id::Unread));
    }
    words
}

/// What the signs mean.
pub fn legend(lang: Lang, used: &[Glyph]) -> Markup {
    html! {
        ul .legend role="list" aria-label=(lang.t(Id::Legend)) {
            @for glyph in Glyph::all().into_iter().filter(|glyph| used.contains(glyph)) {
                li { (glyph.icon()) (glyph.word(lang)) }
            }
            li { svg .icon width="16" height="22" aria-hidden="true" { use href="#new" x="8" y="11" {} } (lang.t(Id::Unread)) }
            li { svg .icon width="20" height="22" aria-hidden="true" { text .times x="4" y="16" { "3" } } (lang.t(Id::LegendTimes)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn words_of_a_stay_and_counts_stay_in_their_column() {
        let (first, last) = (date(2026, 9, 1), date(2026, 11, 23));
        let axis = Axis { first, last, today: last, chosen: None };
        let stay = Bar { from: last, to: None, label: "心不全増悪".to_owned() };
        let html = bar(Lang::Ja, &stay, &axis, 40).into_string();
        let width = percent(axis.clip(last, last).1);
        assert!(!html.contains("<text"), "{html}");
        assert_eq!(html.matches(&format!(" width=\"{width}\"")).count(), 2, "{html}");
        let several = Mark {
            day: last,
            last,
            open: last,
            days: 3,
            records: 3,
            unread: false,
            glyph: Glyph::Kind(RecordKind::Laboratory),
            label: String::new(),
            lane: 0,
            joined: false,
        };
        let view = View::of(crate::course::sample::person());
        let html = target(&several, 0, &axis, &view).into_string();
        assert!(html.contains("width=\"44\" height=\"44\""), "{html}");
        let html = mark(Lang::Ja, &several, 0, &axis, &view).into_string();
        assert!(html.contains("dx=\"-8\"") && html.contains("text-anchor=\"end\""), "{html}");
    }
}
