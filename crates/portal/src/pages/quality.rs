//! Data quality of every feed, as the last count found it: figures only, no values and no persons.
//!
//! `GET /operator/quality`; `POST /operator/quality/count` counts anew. One feed is on its own page (`quality_source`).

use super::operator;
use crate::{
    chart::number,
    page::{self, Shell, percent},
    text::{Id, Lang, Quality},
    when,
};
use maud::{Markup, html};
use model::facility::Profession;

/// What the page shows.
#[derive(Debug, Clone)]
pub struct QualityPage {
    /// Frame.
    pub shell: Shell,
    /// When the last count was, ISO, and how many records it looked at; `None` = never.
    pub counted: Option<(String, usize)>,
    /// A count that runs.
    pub count: Counting,
    /// Every feed.
    pub sources: Vec<SourceLine>,
}

/// How the latest count stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// None runs.
    Idle,
    /// So many registrations, of how many.
    Running(usize, usize),
    /// It broke off.
    BrokeOff,
}

/// One feed.
#[derive(Debug, Clone)]
pub struct SourceLine {
    /// Id of the facility.
    pub facility: String,
    /// Its name.
    pub name: String,
    /// Name of the feed.
    pub source: String,
    /// Figures.
    pub figures: Figures,
}

/// Figures of one feed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Laboratory records without a JLAC10 code.
    pub laboratory: usize,
    /// Records of drugs without a YJ or HOT code.
    pub medication: usize,
    /// Deliveries with an impossible date.
    pub dates: usize,
    /// Deliveries whose identifiers disagree.
    pub identifiers: usize,
    /// Look-alikes within the facility.
    pub duplicates: usize,
    /// Kinds of reading problems.
    pub kinds: usize,
}

impl QualityPage {
    /// Two hospitals and a pharmacy.
    pub fn sample(lang: Lang) -> Self {
        let line = |facility: &str, name: &str, source: &str, figures| SourceLine {
            facility: facility.to_owned(),
            name: name.to_owned(),
            source: source.to_owned(),
            figures,
        };
        let many = Figures {
            laboratory: 18_204,
            medication: 312,
            dates: 3,
            identifiers: 1,
            duplicates: 2,
            kinds: 5,
        };
        let few = Figures { laboratory: 0, medication: 41, kinds: 2, ..Figures::default() };
        Self {
            shell: Shell::sample_for(lang, "運営 担当", Profession::Operator, "西いぶり運営協議会"),
            counted: Some(("2026-11-23T02:10:00+09:00".to_owned(), 204_118)),
            count: Counting::Idle,
            sources: vec![
                line("hakucho", "白鳥総合病院", "ssmix2-main", many),
                line("minato", "港町内科クリニック", "ssmix2", few),
                line("umi", "うみかぜ薬局", "okusuri", Figures::default()),
            ],
        }
    }

    /// The page.
    pub fn render(&self) -> Markup {
        let lang = self.shell.lang;
        let body = html! {
            (operator::links(lang))
            p .lead { (lang.t(Quality::Lead)) }
            (count(lang, self.counted.as_ref(), self.count))
            section .sec {
                header { h2 { (lang.t(Id::FeedsTitle)) } }
                @if self.sources.is_empty() { p .nothing { (lang.t(Quality::NoSources)) } } @else {
                    div .scroll tabindex="0" role="region" aria-label=(lang.t(Id::FeedsTitle)) { table .wide {
                        thead { tr {
                            th scope="col" { (lang.t(Id::ColumnSource)) " / " (lang.t(Id::Feed)) }
                            @for id in COLUMNS { th .n scope="col" { (lang.t(id)) } }
                        } }
                        tbody { @for line in &self.sources { (row(line, self.counted.is_some())) } }
                    } }
                }
            }
        };
        page::plain(&self.shell, Quality::Title, body)
    }
}

const COLUMNS: [Quality; 6] = [
    Quality::LaboratoryCodes,
    Quality::MedicationCodes,
    Quality::ImpossibleDates,
    Quality::Identifiers,
    Quality::Duplicates,
    Quality::ProblemKinds,
];

/// When it was counted, and counting again.
pub fn count(lang: Lang, counted: Option<&(String, usize)>, now: Counting) -> Markup {
    html! {
        section .sec { div .body {
            p { @match counted {
                Some((at, looked_at)) => { (lang.f(Quality::CountedAt, &[&when::stamp(at), &number(*looked_at as f64)])) }
                None => { (lang.t(Quality::NotCounted)) }
            } }
            @if now == Counting::BrokeOff { p .notice role="status" { (lang.t(Quality::BrokeOff)) } }
            div .actions {
                @if let Counting::Running(done, all) = now {
                    b role="status" { (lang.f(Quality::Counting, &[&number(done as f64), &number(all as f64)])) }
                    a .button href="/operator/quality" { (lang.t(Quality::Renew)) }
                } @else {
                    form action="/operator/quality/count" method="post" {
                        button .pri type="submit" { (lang.t(Quality::CountNow)) }
                    }
                }
            }
        } }
    }
}

/// A figure, or a dash: what nobody has counted is not none.
pub fn figure(figure: usize, counted: bool) -> String {
    if counted { number(figure as f64) } else { "—".to_owned() }
}

fn row(line: &SourceLine, counted: bool) -> Markup {
    let Figures { laboratory, medication, dates, identifiers, duplicates, kinds } = line.figures;
    html! {
        tr {
            th scope="row" { (line.name) " / "
                a href={ "/operator/quality/" (percent(&line.facility)) "/" (percent(&line.source)) } { (line.source) } }
            @for each in [laboratory, medication, dates, identifiers, duplicates, kinds] {
                td .n { (figure(each, counted)) }
            }
        }
    }
}
