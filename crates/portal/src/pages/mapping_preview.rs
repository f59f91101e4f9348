//! Before the mapping tables change: what is made and ended, and how many records and deliveries of which feeds that
//! concerns. `GET /operator/mappings/preview/<number>`; `POST` there carries it out with `checked`.

use super::{mappings, operator};
use crate::{
    chart::number,
    page::{self, Shell},
    pages::form,
    pages::mappings::MappingLine,
    text::{Id, Lang, Quality},
};
use maud::{Markup, html};
use model::facility::Profession;

/// What the page shows.
#[derive(Debug, Clone)]
pub struct MappingPreviewPage {
    /// Frame.
    pub shell: Shell,
    /// Number of the preview.
    pub number: u64,
    /// How far it is.
    pub stand: Stand,
    /// Mappings to be made.
    pub make: Vec<MappingLine>,
    /// Mappings to be ended.
    pub end: Vec<MappingLine>,
    /// What is concerned: facility and feed, versions of records, deliveries.
    pub affected: Vec<(String, usize, usize)>,
}

/// How far a preview is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// So many deliveries, of how many.
    Looking(usize, usize),
    /// It waits for a yes.
    Ready,
    /// It was carried out.
    Adopted,
    /// It broke off.
    BrokeOff,
}

impl MappingPreviewPage {
    /// One made, one ended for it.
    pub fn sample(lang: Lang) -> Self {
        let none = (String::new(), String::new());
        let new = MappingLine { id: 0, made: none, ..MappingLine::sample() };
        let target = ("JLAC10".to_owned(), "3H015000002326101".to_owned());
        Self {
            shell: Shell::sample_for(lang, "運営 担当", Profession::Operator, "西いぶり運営協議会"),
            number: 4,
            stand: Stand::Ready,
            make: vec![new],
            end: vec![MappingLine { target, ..MappingLine::sample() }],
            affected: vec![("白鳥総合病院 / ssmix2-main".to_owned(), 9_120, 8_804)],
        }
    }

    /// The page.
    pub fn render(&self) -> Markup {
        let lang = self.shell.lang;
        let part = |title: Quality, lines: &[MappingLine]| {
            html! { @if !lines.is_empty() {
                section .sec {
                    header { h2 { (lang.t(title)) } small { (lang.f(Id::Count, &[&lines.len().to_string()])) } }
                    (mappings::table(lang, title, lines.get(..mappings::MOST).unwrap_or(lines), false))
                }
            } }
        };
        let body = html! {
            (operator::links(lang))
            (part(Quality::Made, &self.make))
            (part(Quality::Ended, &self.end))
            section .sec {
                header { h2 { (lang.t(Quality::Concerned)) } }
                (self.concerned())
            }
        };
        page::plain(&self.shell, Quality::PreviewTitle, body)
    }

    fn concerned(&self) -> Markup {
        let lang = self.shell.lang;
        let figure = |figure: usize| number(figure as f64);
        let here = format!("/operator/mappings/preview/{}", self.number);
        html! {
            @match self.stand {
                Stand::Looking(done, all) => { div .body.actions {
                    b role="status" { (lang.f(Quality::Looking, &[&figure(done), &figure(all)])) }
                    a .button href=(here) { (lang.t(Quality::Renew)) }
                } }
                Stand::BrokeOff => { p .notice role="status" { (lang.t(Quality::BrokeOff)) } }
                Stand::Ready | Stand::Adopted => {
                    @if self.affected.is_empty() { p .nothing { (lang.t(Quality::ConcernedNone)) } } @else {
                        table { tbody { @for (feed, records, deliveries) in &self.affected { tr {
                            th scope="row" { (feed) }
                            td { (lang.f(Quality::ConcernedSum, &[&figure(*records), &figure(*deliveries)])) }
                        } } } }
                    }
                    @if self.stand == Stand::Adopted { p .body role="status" { b { (lang.t(Quality::Adopted)) } } } @else {
                        form .body action=(here) method="post" {
                            (form::check("checked", "yes", lang.t(Quality::AdoptCheck), false, true))
                            div .actions {
                                button .pri type="submit" { (lang.t(Quality::Adopt)) }
                                a .button href="/operator/mappings" { (lang.t(Quality::MappingsTitle)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
