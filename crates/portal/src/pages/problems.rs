//! Deliveries in which a reader found something: which, where, what. `GET /operator/problems?facility=…&code=…`

use super::operator;
use crate::{
    page::{self, Shell, percent},
    text::{Id, Lang},
    when,
};
use maud::{Markup, html};
use model::{facility::Profession, reading::Problem};
use std::collections::BTreeMap;

/// Problems of one delivery shown at most.
const MOST: usize = 20;

/// What the page shows.
#[derive(Debug, Clone)]
pub struct ProblemsPage {
    /// Frame.
    pub shell: Shell,
    /// The facility it is narrowed to: id and name.
    pub facility: Option<(String, String)>,
    /// The code it is narrowed to; empty = every code.
    pub code: String,
    /// Deliveries, newest first.
    pub deliveries: Vec<ProblemDelivery>,
}

/// One delivery.
#[derive(Debug, Clone)]
pub struct ProblemDelivery {
    /// Facility and feed.
    pub facility: String,
    /// Path.
    pub path: String,
    /// Receipt, ISO.
    pub received: String,
    /// What the reader found.
    pub problems: Vec<Problem>,
}

impl ProblemsPage {
    /// Two kinds of problems.
    pub fn sample(lang: Lang) -> Self {
        let problem = |code: &str, at: &str, text: &str| Problem::new(code, at, text);
        Self {
            shell: Shell::sample_for(lang, "運営 担当", Profession::Operator, "西いぶり運営協議会"),
            facility: Some(("hakucho".to_owned(), "白鳥総合病院".to_owned())),
            code: String::new(),
            deliveries: vec![ProblemDelivery {
                facility: "白鳥総合病院 / ssmix2-main".to_owned(),
                path: "000/012/0000124/20261120/OML-11/0000124_20261120_OML-11_000001".to_owned(),
                received: "2026-11-22T10:00:00+09:00".to_owned(),
                problems: vec![
                    problem("charset", "MSH-18", "the bytes are ISO-2022-JP, the message says another set"),
                    problem("not-mapped", "ZPD-4", "no FHIR element for this field"),
                ],
            }],
        }
    }

    fn address(&self, code: &str) -> String {
        let facility = self.facility.as_ref().map(|(id, _)| id.as_str()).unwrap_or_default();
        format!("/operator/problems?facility={}&code={}", percent(facility), percent(code))
    }

    /// The page.
    pub fn render(&self) -> Markup {
        let lang = self.shell.lang;
        let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
        for problem in self.deliveries.iter().flat_map(|each| &each.problems) {
            *codes.entry(problem.code.as_str()).or_default() += 1;
        }
        let body = html! {
            (operator::links(lang))
            p .lead { (self.facility.as_ref().map_or(lang.t(Id::AllFacilities), |(_, name)| name.as_str())) }
            @if self.facility.is_some() { p .actions { a .button href="/operator/problems" { (lang.t(Id::AllFacilities)) } } }
            @if self.deliveries.is_empty() { p .notice role="status" { (lang.t(Id::ProblemsNone)) } } @else {
                nav .actions.links aria-label=(lang.t(Id::ProblemCode)) {
                    @if !self.code.is_empty() { a .button href=(self.address("")) { (lang.t(Id::AllCodes)) } }
                    @for (code, count) in &codes {
                        a .button href=(self.address(code)) aria-current=[(*code == self.code).then_some("true")] {
                            code { (code) } " " (count) }
                    }
                }
            }
            @for delivery in &self.deliveries { (self::delivery(lang, delivery)) }
        };
        page::plain(&self.shell, Id::ProblemsTitle, body)
    }
}

fn delivery(lang: Lang, delivery: &ProblemDelivery) -> Markup {
    let more = delivery.problems.len().saturating_sub(MOST);
    html! {
        section .sec {
            header { h2 { (delivery.facility) } small { (lang.t(Id::Received)) " " (when::stamp(&delivery.received)) } }
            p .body.path { (delivery.path) }
            div .scroll tabindex="0" role="region" aria-label={ (lang.t(Id::Problems)) " " (delivery.path) } { table {
                thead { tr { @for id in [Id::ProblemCode, Id::ProblemAt, Id::ProblemText] { th scope="col" { (lang.t(id)) } } } }
                tbody { @for problem in delivery.problems.iter().take(MOST) { tr {
                    th scope="row" { code { (problem.code) } } td { code { (problem.at) } } td { (problem.text) }
                } } }
            } }
            @if more > 0 { p .nothing { (lang.f(Id::Count, &[&format!("+{more}")])) } }
        }
    }
}
