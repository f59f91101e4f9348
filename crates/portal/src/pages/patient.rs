//! The patient page: one person's course of all facilities on one time axis, or the same as tables.
//!
//! `GET /person/{id}?range=3m&group=facility&view=chart&day=2026-11-20&end=…`

use crate::{
    banner::Banner,
    chart::{self, axis::Axis, drugs, glyph, labs, life, matrix},
    course::{
        Course,
        day::{Card, DayPanel, Item},
        sample,
        table::{TableRow, TableView},
        view::{Group, Mode, Range, View},
    },
    page::{self, Shell},
    text::{Id, Lang},
    when,
};
use maud::{Markup, html};
use model::{PersonId, RecordId};

/// What the patient page shows.
#[derive(Debug, Clone)]
pub struct PatientPage {
    /// Frame.
    pub shell: Shell,
    /// Who it is about.
    pub banner: Banner,
    /// What is looked at.
    pub view: View,
    /// Everything below the banner.
    pub course: Course,
}

impl PatientPage {
    /// 佐倉 花子 as her physician sees her.
    pub fn sample(lang: Lang) -> Self {
        Self::sample_as(lang, View { day: when::day("2026-11-20"), ..View::of(sample::person()) })
    }

    /// The same in another state.
    pub fn sample_as(lang: Lang, view: View) -> Self {
        let shell = Shell {
            live: Some(format!("/person/{}/events", view.person)),
            here: view.href(),
            ..Shell::sample(lang)
        };
        Self { shell, banner: Banner::sample(lang), view, course: sample::course(lang, view) }
    }

    /// The page.
    pub fn render(&self) -> Markup {
        let lang = self.shell.lang;
        let body = html! {
            div .app {
                main #main tabindex="-1" {
                    h1 .visually-hidden { (lang.t(Id::CourseTitle)) }
                    (self.tools())
                    (self.notices())
                    @match (&self.course.table, self.view.mode) {
                        (Some(table), Mode::Table) => { (self.tables(table)) }
                        _ => { (self.charts()) }
                    }
                }
                (panel(lang, &self.course.day, &self.view))
            }
        };
        page::person(&self.shell, Id::CourseTitle, &self.banner, body)
    }

    fn tools(&self) -> Markup {
        let (lang, view) = (self.shell.lang, self.view);
        let range = |range| match range {
            Range::Month => Id::RangeMonth,
            Range::Quarter => Id::RangeQuarter,
            Range::Year => Id::RangeYear,
            Range::All => Id::RangeAll,
        };
        let group = |group| match group {
            Group::Facility => Id::ByFacility,
            Group::Kind => Id::ByKind,
            Group::Problem => Id::ByProblem,
        };
        let mode = |mode| if mode == Mode::Chart { Id::AsChart } else { Id::AsTable };
        let plain = View { page: 1, ..view };
        html! {
            nav .tools aria-label=(lang.t(Id::ViewTools)) {
                (page::segments(lang.t(Id::Range), &Range::ALL.map(|each| {
                    (View { range: each, ..plain }.href(), lang.t(range(each)), each == view.range)
                })))
                (page::segments(lang.t(Id::Grouping), &Group::ALL.map(|each| {
                    (View { group: each, ..plain }.href(), lang.t(group(each)), each == view.group)
                })))
                (page::segments(lang.t(Id::ViewAs), &Mode::ALL.map(|each| {
                    (View { mode: each, ..plain }.href(), lang.t(mode(each)), each == view.mode)
                })))
                @if let Some(days) = view.range.days() { (shift(lang, &plain, &self.course.axis, days)) }
                @if self.course.unread > 0 {
                    form .seen action={ "/person/" (view.person) "/seen" } method="post" {
                        input type="hidden" name="back" value=(view.href());
                        button type="submit" { (lang.f(Id::MarkSeen, &[&self.course.unread.to_string()])) }
                    }
                }
            }
        }
    }

    fn notices(&self) -> Markup {
        let (lang, view) = (self.shell.lang, self.view);
        html! {
            @if self.course.undated > 0 && view.mode == Mode::Chart {
                p .notice {
                    (lang.f(Id::UndatedNotice, &[&self.course.undated.to_string()])) " "
                    a href=(View { mode: Mode::Table, ..view }.href()) data-swap { (lang.t(Id::AsTable)) }
                }
            }
        }
    }

    fn charts(&self) -> Markup {
        let (lang, course, view) = (self.shell.lang, &self.course, &self.view);
        html! {
            (glyph::definitions(course.axis.grid()))
            section .sec.matrix aria-labelledby="matrix-h" {
                h2 #matrix-h .visually-hidden { (lang.t(Id::MatrixTitle)) }
                (matrix::render(lang, &course.rows, &course.stretches, &course.axis, view))
                @if course.sensitive_line { p .sensitive { (lang.t(Id::SensitiveLine)) } }
                (matrix::legend(lang, &course.glyphs))
            }
            (drugs::render(lang, &course.drugs, &course.no_drugs, &course.axis, view))
            (labs::render(lang, &course.labs, &course.lab_sources, course.more_labs, &course.no_labs, &course.axis, view))
            (life::render(lang, &course.life, &course.no_life, &course.stays, &course.axis, view))
            @if course.more_life > 0 {
                p .more { (lang.f(Id::MoreLife, &[&course.more_life.to_string()])) " "
                    a href=(View { mode: Mode::Table, ..*view }.href()) data-swap { (lang.t(Id::AsTable)) } }
            }
        }
    }

    fn tables(&self, table: &TableView) -> Markup {
        let (lang, course, view) = (self.shell.lang, &self.course, self.view);
        let incomplete: Vec<(&str, String)> = course
            .rows
            .iter()
            .filter_map(|row| Some((row.name.as_str(), matrix::feed_words(lang, row)?)))
            .collect();
        html! {
            @if !incomplete.is_empty() || course.sensitive_line {
                section .sec.states {
                    h2 { (lang.t(Id::IncompleteTitle)) }
                    dl { @for (name, words) in &incomplete { div { dt { (name) } dd { (words) } } } }
                    @if course.sensitive_line { p .sensitive { (lang.t(Id::SensitiveLine)) } }
                }
            }
            (drug_table(lang, course))
            section .sec {
                header {
                    h2 { (lang.t(Id::AllRecords)) }
                    small { (lang.f(Id::RecordCount, &[&table.total.to_string(), &course.axis.first.to_string(), &course.axis.last.to_string()])) }
                }
                @if table.outside > 0 { p .nothing { (lang.f(Id::OutsideRange, &[&table.outside.to_string()])) } }
                @if table.total == 0 { p .nothing { (lang.t(Id::NoRecordsInRange)) } }
                @for group in &table.groups { (records(lang, &group.caption, &group.rows, view.person)) }
                @if table.pages > 1 { (pager(lang, &view, table)) }
            }
        }
    }
}

fn shift(lang: Lang, view: &View, axis: &Axis, days: i32) -> Markup {
    let earlier = View { end: Some(when::plus(axis.last, -days)), ..*view };
    let later = when::plus(axis.last, days);
    let later = View { end: Some(later).filter(|day| *day < axis.today), ..*view };
    html! {
        ul .seg aria-label=(lang.t(Id::MoveInTime)) role="list" {
            li { a href=(earlier.href()) data-swap { "← " (lang.t(Id::Earlier)) } }
            @if view.end.is_some() { li { a href=(later.href()) data-swap { (lang.t(Id::Later)) " →" } } }
        }
    }
}

fn panel(lang: Lang, panel: &DayPanel, view: &View) -> Markup {
    let table_view = view.mode == Mode::Table;
    html! {
        aside #day .day.chosen[view.day.is_some() && !table_view] aria-labelledby="day-h" tabindex="-1" {
            @if let Some(day) = panel.day {
                header {
                    h2 #day-h { (lang.f(Id::DayTitle, &[&when::long(lang, day)])) }
                    p .steps {
                        @if let Some(before) = panel.previous {
                            a href=(view.on(before)) data-swap rel="prev" { "← " (when::near(before, panel.today)) }
                        }
                        @if let Some(after) = panel.next {
                            a href=(view.on(after)) data-swap rel="next" { (when::near(after, panel.today)) " →" }
                        }
                        @if view.day.is_some() {
                            a .close href=(View { day: None, ..*view }.href()) data-swap { (lang.t(Id::ClosePanel)) }
                        }
                    }
                }
                @if panel.cards.is_empty() { p .nothing { (lang.t(Id::NoRecordsThatDay)) } }
                div .cards { @for card in &panel.cards { (self::card(lang, card, view.person, panel)) } }
                @if !panel.taking.is_empty() { (taking(lang, panel)) }
            } @else {
                h2 #day-h { (lang.t(Id::NoDayChosen)) }
                p .nothing { (lang.t(Id::NoRecordsInRange)) }
            }
        }
    }
}

fn taking(lang: Lang, panel: &DayPanel) -> Markup {
    html! {
        section .taking {
            h3 { (lang.f(Id::TakingThatDay, &[&panel.taking.len().to_string()])) }
            ul role="list" {
                @for (name, dose, facility, from) in &panel.taking {
                    li {
                        b { (name) } " " span .dose { (dose) } " "
                        small { (facility) " " (lang.f(Id::SinceDay, &[
                            &when::near(*from, panel.today),
                            &(when::between(*from, panel.day.unwrap_or(*from)) + 1).to_string()])) }
                    }
                }
            }
        }
    }
}

fn card(lang: Lang, card: &Card, person: PersonId, panel: &DayPanel) -> Markup {
    let laboratory = card.items.iter().any(|item| item.previous.is_some() || !item.reference.is_empty());
    html! {
        article .card.{ "k-" (card.kind.word()) } {
            header {
                h3 { (lang.kind(card.kind)) " " small { (card.facility) } }
                @if card.unread { b .new { (lang.t(Id::Unread)) } }
            }
            @if laboratory { (results(lang, card, person, panel)) } @else { (notes(lang, card, person)) }
            p .src {
                @if card.authors.is_empty() { (lang.t(Id::AuthorNotStated)) } @else { (card.authors.join("、")) }
                " " (lang.t(Id::Made)) " " (when::stamp(&card.made.0))
                @if let Some(last) = last_time(card) { "–" (last) }
                " " (lang.t(Id::Received)) " " (when::stamp(&card.received))
                @if let Some(first) = card.items.first() {
                    " " a href=(original(person, first.record)) { (lang.t(Id::SeeOriginal)) }
                }
            }
        }
    }
}

/// The time of day; the day stands above it.
fn clock(lang: Lang, time: &str) -> String {
    let time = when::moment(time).and_then(|moment| moment.time);
    time.map_or_else(
        || lang.t(Id::NotStated).to_owned(),
        |time| format!("{:02}:{:02}", time.hour(), time.minute()),
    )
}

/// The last time of a card whose lines have several.
fn last_time(card: &Card) -> Option<String> {
    let time = |text: &str| when::moment(text)?.time;
    time(&card.made.0).zip(time(&card.made.1)).filter(|(first, last)| first != last)?;
    when::stamp(&card.made.1).split(' ').next_back().map(str::to_owned)
}

/// The item's own time, where those of a card differ.
fn own_time(lang: Lang, card: &Card, item: &Item) -> Markup {
    html! { @if card.made.0 != card.made.1 { " " small { (clock(lang, &item.time)) } } }
}

fn results(lang: Lang, card: &Card, person: PersonId, panel: &DayPanel) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { (lang.t(Id::ColumnItem)) }
                th scope="col" .n { (lang.t(Id::ColumnResult)) }
                th scope="col" .n { (lang.t(Id::Previous)) }
            } }
            tbody {
                @for item in &card.items {
                    tr {
                        th scope="row" { a href=(record(person, item.record)) { (item.label) } (own_time(lang, card, item)) }
                        @if let Some(instead) = item.instead {
                            td .n colspan="2" { (lang.t(instead)) @if !item.value.is_empty() { " " (item.value) } }
                        } @else {
                        td .n { b .val.out[item.side != labs::Side::Within].fresh[item.unread && item.side != labs::Side::Within] {
                            (item.value) @if item.side != labs::Side::Within { " " (item.side.sign()) } } }
                        td .n { @match &item.previous {
                            Some((day, text)) => { (text) " " small { (when::near(*day, panel.today)) } }
                            None => { small { (lang.t(Id::NoPrevious)) } }
                        } }
                        }
                    }
                }
            }
        }
    }
}

fn notes(lang: Lang, card: &Card, person: PersonId) -> Markup {
    html! {
        ul role="list" {
            @for item in &card.items {
                li {
                    a href=(record(person, item.record)) { (item.label) } (own_time(lang, card, item))
                    @if let Some(instead) = item.instead { " " (lang.t(instead)) }
                    @if item.ends { " " (lang.t(Id::EndsThatDay)) }
                    @if item.version > 1 { " " small { (lang.f(Id::Version, &[&item.version.to_string()])) } }
                    @if !item.value.is_empty() { p { (item.value) } }
                }
            }
        }
    }
}

fn drug_table(lang: Lang, course: &Course) -> Markup {
    html! {
        section .sec {
            header { h2 { (lang.t(Id::Drugs)) } }
            @if course.drugs.is_empty() { (chart::nothing(lang, Id::NoDrugsInRange, &course.no_drugs)) } @else {
                div .scroll tabindex="0" role="region" aria-label=(lang.t(Id::Drugs)) { table .wide {
                    thead { tr {
                        @for id in [Id::ColumnDrug, Id::ColumnDose, Id::ColumnFrom, Id::ColumnUntil, Id::ColumnSource] {
                            th scope="col" { (lang.t(id)) }
                        }
                    } }
                    tbody {
                        @for drug in &course.drugs { @for bar in &drug.bars {
                            tr {
                                th scope="row" { @if let Some(class) = drug.class { small .class { (lang.t(class)) } " " } (bar.product) }
                                td { span .dose { (drugs::bar_words(lang, bar)) } }
                                td { (bar.from) }
                                td { @match bar.to { Some(day) => { (day) } None => { (lang.t(Id::EndNotStated)) } } }
                                td { (bar.sources.join("・")) }
                            }
                        } }
                    }
                } }
            }
        }
    }
}

fn records(lang: Lang, caption: &str, rows: &[TableRow], person: PersonId) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label=(caption) { table .wide {
            caption { (caption) }
            thead { tr {
                @for id in [Id::ColumnTime, Id::ColumnKind, Id::ColumnItem, Id::ColumnResult, Id::Reference,
                    Id::ColumnSource, Id::ColumnAuthor, Id::Received] { th scope="col" { (lang.t(id)) } }
            } }
            tbody {
                @for row in rows {
                    tr {
                        td .t { (when::stamp(&row.time))
                            @if let Some(end) = row.end.as_deref().filter(|end| *end != row.time) { " – " (when::stamp(end)) } }
                        td { (lang.kind(row.kind)) }
                        th scope="row" { a href=(record(person, row.record)) { (row.label) }
                            @if row.version > 1 { " " small { (lang.f(Id::Version, &[&row.version.to_string()])) } } }
                        td { @if row.side == labs::Side::Within { (row.value) } @else {
                            b .val.out.fresh[row.unread] { (row.value) " " (row.side.sign()) } } }
                        td { (row.reference) }
                        td { (row.facility) }
                        td { @match &row.author { Some(author) => { (author) } None => { (lang.t(Id::AuthorNotStated)) } } }
                        td .t { (when::stamp(&row.received)) @if row.unread { " " b .new { (lang.t(Id::Unread)) } } }
                    }
                }
            }
        } }
    }
}

fn pager(lang: Lang, view: &View, table: &TableView) -> Markup {
    let to = |page: usize| View { page, ..*view }.href();
    html! {
        nav .pager aria-label=(lang.t(Id::Pages)) {
            @if table.page > 1 { a href=(to(table.page - 1)) data-swap rel="prev" { "← " (lang.t(Id::PagePrevious)) } }
            span { (lang.f(Id::PageOf, &[&table.page.to_string(), &table.pages.to_string()])) }
            @if table.page < table.pages { a href=(to(table.page + 1)) data-swap rel="next" { (lang.t(Id::PageNext)) " →" } }
        }
    }
}

/// The address of a record.
pub fn record(person: PersonId, record: RecordId) -> String {
    format!("/person/{person}/record/{record}")
}

/// The address of the delivery a record was read from.
pub fn original(person: PersonId, record: RecordId) -> String {
    format!("/person/{person}/record/{record}/original")
}
