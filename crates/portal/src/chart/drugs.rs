//! Drugs as bars: when, how much, from whom. Shade and words carry the dose, never the shade alone.

use super::{axis::Axis, fitting, nothing, percent};
use crate::{
    course::view::View,
    text::{Id, Lang},
    when,
};
use jiff::civil::Date;
use maud::{Markup, html};

/// One drug (one ingredient and route), across prescriptions and facilities.
#[derive(Debug, Clone)]
pub struct DrugRow {
    /// Class of effect, put before the name so that look-alike names are told apart.
    pub class: Option<Id>,
    /// Name of the newest record without strength and maker.
    pub name: String,
    /// True if the class is one that changes what others may do.
    pub alert: bool,
    /// Facilities that prescribed or dispensed it, newest first.
    pub sources: Vec<String>,
    /// Doses over time.
    pub bars: Vec<DoseBar>,
    /// What covers today; one for each dose and usage.
    pub now: Vec<Current>,
    /// Day after which no known period follows; `None` if one covers today or an end is not known.
    pub ended: Option<Date>,
    /// Unread records.
    pub unread: usize,
}

/// A dose that covers today, and all who say so: one drug told by a clinic and its pharmacy is not taken twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Current {
    /// Dose with unit.
    pub dose: String,
    /// How it is used; may be empty.
    pub usage: String,
    /// Facilities.
    pub sources: Vec<String>,
}

/// One dose over a stretch of days.
#[derive(Debug, Clone)]
pub struct DoseBar {
    /// First day.
    pub from: Date,
    /// Last day; `None` = the record does not say.
    pub to: Option<Date>,
    /// Up to where it is drawn if the end is not known.
    pub drawn_to: Date,
    /// Dose, or what the record says instead.
    pub dose: String,
    /// Shade, 1 (least) to 4 (most) among the doses of this row.
    pub level: u8,
    /// Height at which it is drawn, from 0; two doses at the same time never cover each other.
    pub lane: usize,
    /// Against the dose before.
    pub change: Change,
    /// Facilities that said so.
    pub sources: Vec<String>,
    /// The product as the records write it.
    pub product: String,
}

/// How a dose relates to the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The first known one, on the axis.
    Started,
    /// More.
    Up,
    /// Less.
    Down,
    /// The same or not comparable.
    None,
}

/// The section.
pub fn render(lang: Lang, rows: &[DrugRow], hidden: &[(Id, String)], axis: &Axis, view: &View) -> Markup {
    let now = rows.iter().filter(|row| !row.now.is_empty()).count();
    html! {
        section #drugs .sec aria-labelledby="drugs-h" {
            header {
                h2 #drugs-h { (lang.t(Id::Drugs)) }
                small { (lang.f(Id::DrugsNote, &[&now.to_string()])) }
            }
            @if rows.is_empty() { (nothing(lang, Id::NoDrugsInRange, hidden)) }
            ul .rows role="list" { @for row in rows { (self::row(lang, row, axis, view)) } }
        }
    }
}

fn row(lang: Lang, row: &DrugRow, axis: &Axis, view: &View) -> Markup {
    let lanes = row.bars.iter().map(|bar| bar.lane + 1).max().unwrap_or(1);
    html! {
        li .row.drug.alert[row.alert] {
            div .lb {
                h3 { @if let Some(class) = row.class { small .class { (lang.t(class)) } " " } (row.name) }
                small { (row.sources.join("・")) }
            }
            div .track {
                svg width="100%" height=(lanes * 22 + 10) role="group" aria-label=(row.name) {
                    use href="#grid" {}
                    @for bar in &row.bars { (self::bar(lang, bar, axis, view)) }
                }
            }
            div .vl {
                @if row.unread > 0 { b .new { (lang.f(Id::NewCount, &[&row.unread.to_string()])) } }
                @for now in &row.now {
                    // Number and unit stay together; longer texts are words and may wrap.
                    span .dose { span .amount[now.dose.chars().count() < 12] { (now.dose) } @if !now.usage.is_empty() { " " (now.usage) } }
                    @if row.sources.len() > 1 { small { (now.sources.join("・")) } }
                }
                @if row.now.is_empty() {
                    @match row.ended {
                        Some(day) => { span .gone { (lang.f(Id::EndedOn, &[&when::near(day, axis.today)])) } }
                        None => { span .gone { (lang.t(Id::EndNotStated)) } }
                    }
                }
            }
        }
    }
}

fn bar(lang: Lang, bar: &DoseBar, axis: &Axis, view: &View) -> Markup {
    let to = bar.to.unwrap_or(bar.drawn_to);
    let (x, width) = axis.clip(bar.from, to);
    let y = 5 + bar.lane * 22;
    let text = bar_words(lang, bar);
    let until = bar.to.map_or_else(|| lang.t(Id::EndNotStated).to_owned(), |day| when::near(day, axis.today));
    let title = format!(
        "{} {} {}–{until} {}",
        bar.product,
        text,
        when::near(bar.from, axis.today),
        bar.sources.join("・")
    );
    html! {
        a href=(view.on(bar.from)) data-swap tabindex="-1" {
            title { (title) }
            rect .{ "d d" (bar.level) } .open[bar.to.is_none()] x=(percent(x)) width=(percent(width))
                y=(y) height="19" rx="2" {}
            (fitting(&percent(x), &percent(width), y, 19, "ds", &[&bar.dose, change_word(lang, bar.change)]))
        }
    }
}

/// `60 mg ▲増量`.
pub fn bar_words(lang: Lang, bar: &DoseBar) -> String {
    format!("{} {}", bar.dose, change_word(lang, bar.change)).trim().to_owned()
}

fn change_word(lang: Lang, change: Change) -> &'static str {
    match change {
        Change::Started => lang.t(Id::DoseStarted),
        Change::Up => lang.t(Id::DoseUp),
        Change::Down => lang.t(Id::DoseDown),
        Change::None => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_dose_is_written_in_its_bar_or_not_at_all() {
        let (first, last) = (date(2026, 9, 1), date(2026, 11, 23));
        let axis = Axis { first, last, today: last, chosen: None };
        let day = date(2026, 11, 22);
        let short = DoseBar {
            from: day,
            to: Some(day),
            drawn_to: day,
            dose: "30 mg/回".to_owned(),
            level: 1,
            lane: 0,
            change: Change::Up,
            sources: Vec::new(),
            product: "アゾセミド錠30mg".to_owned(),
        };
        let view = View::of(crate::course::sample::person());
        let html = bar(Lang::Ja, &short, &axis, &view).into_string();
        assert!(html.contains("<span>30 mg/回</span><span>▲増量</span>"), "{html}");
        let widths: Vec<&str> =
            html.split(" width=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let own = percent(axis.clip(day, day).1);
        assert_eq!(widths, [own.as_str(); 2], "the words have no more room than the bar");
        assert!(!html.contains("<text"));
        let css = include_str!("../assets/course.css");
        for rule in
            [".fit { display: flex; flex-wrap: wrap;", "overflow: hidden", ".fit span { white-space: nowrap;"]
        {
            assert!(css.contains(rule), "{rule}");
        }
    }
}
