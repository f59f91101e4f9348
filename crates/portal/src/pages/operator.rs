//! First screen of the operator: facilities and their feeds, what is behind, what waits for a person.
//! No clinical content. Staff are on their own page (`staff`), withdrawals on theirs (`withdrawals`).
//!
//! `GET /operator` takes `page`. `POST /operator/replay` takes `facility`, `source`; it first says how much that is (page
//! `replay`), and starts with `checked`.

use crate::{
    page::{self, Shell},
    text::{Id, Lang, Quality},
    when,
};
use maud::{Markup, html};
use model::{
    FacilityId, SourceName,
    facility::{FacilityKind, Profession},
};

/// What the operator sees first.
#[derive(Debug, Clone)]
pub struct OperatorPage {
    /// Frame.
    pub shell: Shell,
    /// Counts for the tiles.
    pub counts: Counts,
    /// Facilities with their feeds, the worst first.
    pub facilities: Vec<FacilityLine>,
    /// Replays and other jobs that run or ended lately: name, who, state in words.
    pub jobs: Vec<(String, String, String)>,
    /// Now, ISO, for the head of the list.
    pub at: String,
    /// This page of the list and how many there are, from 1.
    pub page: (usize, usize),
}

/// Numbers of the region.
#[derive(Debug, Clone, Copy)]
pub struct Counts {
    /// People of the region.
    pub people: usize,
    /// Deliveries kept today.
    pub deliveries: usize,
    /// Feeds that are silent or late.
    pub behind: usize,
    /// Deliveries of today with a problem.
    pub problems: usize,
    /// Waiting in the inbox.
    pub inbox: usize,
    /// Waiting for review.
    pub reviews: usize,
}

/// One facility.
#[derive(Debug, Clone)]
pub struct FacilityLine {
    /// Its id.
    pub id: FacilityId,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: FacilityKind,
    /// Its feeds; empty = has none yet.
    pub feeds: Vec<FeedLine>,
}

/// One feed.
#[derive(Debug, Clone)]
pub struct FeedLine {
    /// Name at the facility.
    pub source: SourceName,
    /// Format in words.
    pub format: String,
    /// State.
    pub state: FeedState,
    /// Last sign of life of its gateway, ISO; `None` if it is put in by hand.
    pub sign: Option<String>,
    /// Seconds by which the gateway's clock is ahead of the hub's, if that is worth a word.
    pub clock_off: Option<i64>,
    /// Last delivery, ISO; `None` = never.
    pub last: Option<String>,
    /// How long from the source's time to receipt, lately, in words.
    pub lag: String,
    /// Deliveries in 24 hours.
    pub day: usize,
    /// Problems in 24 hours.
    pub problems: usize,
}

/// State of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedState {
    /// As expected.
    Good,
    /// Later than usual.
    Late,
    /// Not answering.
    Silent,
    /// Has never delivered.
    Never,
}

impl OperatorPage {
    /// A region with one of each state.
    pub fn sample(lang: Lang) -> Self {
        let line = |id: &str, name: &str, kind, state, last: Option<&str>, lag: &str, day, problems| {
            let source = SourceName::new("ssmix2-main").ok()?;
            let (last, lag) = (last.map(str::to_owned), lag.to_owned());
            let (sign, clock_off) = (last.clone(), matches!(state, FeedState::Late).then_some(-95));
            let format = "SS-MIX2".to_owned();
            let feed = FeedLine { source, format, state, sign, clock_off, last, lag, day, problems };
            Some(FacilityLine {
                id: FacilityId::new(id).ok()?,
                name: name.to_owned(),
                kind,
                feeds: vec![feed],
            })
        };
        use FacilityKind as K;
        Self {
            shell: Shell::sample_for(lang, "運営 担当", Profession::Operator, "西いぶり運営協議会"),
            counts: Counts { people: 412, deliveries: 3180, behind: 2, problems: 14, inbox: 2, reviews: 4 },
            facilities: [
                line(
                    "inohama",
                    "伊ノ浜病院",
                    K::Hospital,
                    FeedState::Silent,
                    Some("2026-11-21T18:02:00+09:00"),
                    "—",
                    0,
                    0,
                ),
                line(
                    "nagisa",
                    "グループホーム なぎさ",
                    K::Care,
                    FeedState::Late,
                    Some("2026-11-22T05:10:00+09:00"),
                    "1日",
                    12,
                    0,
                ),
                line(
                    "hakucho",
                    "白鳥総合病院",
                    K::Hospital,
                    FeedState::Good,
                    Some("2026-11-23T14:31:40+09:00"),
                    "4秒",
                    2210,
                    11,
                ),
                line(
                    "minato",
                    "港町内科クリニック",
                    K::Clinic,
                    FeedState::Good,
                    Some("2026-11-23T14:20:00+09:00"),
                    "9秒",
                    340,
                    3,
                ),
                line("umi", "うみかぜ薬局", K::Pharmacy, FeedState::Never, None, "—", 0, 0),
            ]
            .into_iter()
            .flatten()
            .collect(),
            jobs: vec![(
                "読み直し 白鳥総合病院 / ssmix2-main".into(),
                "運営 担当".into(),
                "1,204 / 8,310 件".into(),
            )],
            at: "2026-11-23T14:32:00+09:00".to_owned(),
            page: (1, 3),
        }
    }

    /// The page.
    pub fn render(&self) -> Markup {
        let lang = self.shell.lang;
        let body = html! {
            (links(lang))
            (self.tiles())
            section .sec {
                header { h2 { (lang.t(Id::FeedsTitle)) } small { (when::stamp(&self.at)) }
                    a href="/operator/feeds.csv" download { "CSV" } }
                div .scroll tabindex="0" role="region" aria-label=(lang.t(Id::FeedsTitle)) { table .wide {
                    thead { tr { @for id in [Id::ColumnSource, Id::Feed, Id::State, Id::LastDelivery, Id::Lag, Id::PerDay, Id::Problems, Id::Actions] {
                        th scope="col" { (lang.t(id)) } } } }
                    tbody { @for facility in &self.facilities { (rows(lang, facility)) } }
                } }
                (self.more())
            }
            section .sec {
                header { h2 { (lang.t(Id::JobsTitle)) } }
                @if self.jobs.is_empty() { p .nothing { (lang.t(Id::JobsNone)) } } @else {
                    table { tbody { @for (name, who, state) in &self.jobs { tr { th scope="row" { (name) } td { (who) } td { (state) } } } } }
                }
            }
        };
        page::plain(&self.shell, Id::OperatorTitle, body)
    }

    fn more(&self) -> Markup {
        let (lang, (page, of)) = (self.shell.lang, self.page);
        html! {
            @if of > 1 {
                nav .actions.body aria-label=(lang.t(Id::Pages)) {
                    @if page > 1 { a .button href={ "/operator?page=" (page - 1) } { (lang.t(Id::PagePrevious)) } }
                    span { (lang.f(Id::PageOf, &[&page.to_string(), &of.to_string()])) }
                    @if page < of { a .button href={ "/operator?page=" (page + 1) } { (lang.t(Id::PageNext)) } }
                }
            }
        }
    }

    fn tiles(&self) -> Markup {
        let (lang, counts) = (self.shell.lang, self.counts);
        let tile = |id: Id, count: usize, href: Option<&str>, look: bool| {
            html! {
                @match href {
                    Some(href) => { a .tile.look[look] href=(href) { (lang.t(id)) b { (crate::chart::number(count as f64)) } } }
                    None => { div .tile.look[look] { (lang.t(id)) b { (crate::chart::number(count as f64)) } } }
                }
            }
        };
        html! {
            div .tiles {
                (tile(Id::TileBehind, counts.behind, None, counts.behind > 0))
                (tile(Id::TileInbox, counts.inbox, Some("/inbox"), counts.inbox > 0))
                (tile(Id::TileReviews, counts.reviews, Some("/review"), counts.reviews > 0))
                (tile(Id::TileProblems, counts.problems, Some("/operator/problems"), counts.problems > 0))
                (tile(Id::TileDeliveries, counts.deliveries, None, false))
                (tile(Id::TilePeople, counts.people, None, false))
            }
        }
    }
}

/// The operator's pages, on a page that others use too.
pub fn links_for(shell: &Shell) -> Markup {
    let operator = shell.user.as_ref().is_some_and(|user| user.profession == Profession::Operator);
    html! { @if operator { (links(shell.lang)) } }
}

/// The operator's pages.
pub fn links(lang: Lang) -> Markup {
    let pages = [
        ("/operator", lang.t(Id::OperatorTitle)),
        ("/inbox", lang.t(Id::InboxTitle)),
        ("/review", lang.t(Id::ReviewTitle)),
        ("/operator/quality", lang.t(Quality::Title)),
        ("/operator/mappings", lang.t(Quality::MappingsTitle)),
        ("/operator/withdrawals", lang.t(Id::WithdrawalsTitle)),
        ("/operator/staff", lang.t(Id::StaffTitle)),
    ];
    html! {
        nav .actions.links aria-label=(lang.t(Id::OperatorPages)) {
            @for (href, words) in pages { a .button href=(href) { (words) } }
        }
    }
}

fn rows(lang: Lang, facility: &FacilityLine) -> Markup {
    html! {
        @if facility.feeds.is_empty() {
            tr { th scope="row" { (facility.name) " " small { (lang.facility_kind(facility.kind)) } }
                td colspan="7" { (lang.t(Id::NoFeeds)) } }
        }
        @for feed in &facility.feeds {
            tr {
                th scope="row" { (facility.name) " " small { (lang.facility_kind(facility.kind)) } }
                td { (feed.source) " " small { (feed.format) } }
                td { (light(lang, feed.state))
                    @if let Some(sign) = &feed.sign { small { (lang.f(Id::LastSign, &[&when::stamp(sign)])) } }
                    @if let Some(off) = feed.clock_off { b .warn { (lang.f(Id::ClockOff, &[&off.to_string()])) } } }
                td .t { @match &feed.last { Some(last) => { (when::stamp(last)) } None => { (lang.t(Id::NeverDelivered)) } } }
                td { (feed.lag) }
                td .n { (crate::chart::number(feed.day as f64)) }
                td .n { @if feed.problems > 0 { a href={ "/operator/problems?facility=" (facility.id) } { (feed.problems) } } @else { "0" } }
                td { form action="/operator/replay" method="post" {
                    input type="hidden" name="facility" value=(facility.id);
                    input type="hidden" name="source" value=(feed.source);
                    button type="submit" aria-label={ (lang.t(Id::Replay)) " " (facility.name) " " (feed.source) } { (lang.t(Id::Replay)) }
                } }
            }
        }
    }
}

/// Colour, shape and word.
pub fn light(lang: Lang, state: FeedState) -> Markup {
    let (class, id) = match state {
        FeedState::Good => ("good", Id::FeedGood),
        FeedState::Late => ("slow", Id::LateShort),
        FeedState::Silent => ("dead", Id::SilentShort),
        FeedState::Never => ("never", Id::NeverDelivered),
    };
    html! { span .light.(class) { (lang.t(id)) } }
}
