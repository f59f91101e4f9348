//! Data quality of one feed: codes without a national one ranked, reading problems ranked. No values and no persons.
//! `GET /operator/quality/<facility>/<source>`.

use super::operator;
use super::quality::{self, Figures};
use crate::{
    chart::number,
    page::{self, Shell, percent},
    text::{Id, Lang, Quality},
    when,
};
use maud::{Markup, html};
use model::facility::Profession;

/// Codes shown at most.
pub const MOST: usize = 200;

/// What the page shows.
#[derive(Debug, Clone)]
pub struct QualitySourcePage {
    /// Frame.
    pub shell: Shell,
    /// Id of the facility.
    pub facility: String,
    /// Its name.
    pub name: String,
    /// Name of the feed.
    pub source: String,
    /// When the last count was, ISO, and how many records of the region it looked at; `None` = never.
    pub counted: Option<(String, usize)>,
    /// Figures.
    pub figures: Figures,
    /// Codes without a national one, most records first; at most [`MOST`].
    pub codes: Vec<CodeLine>,
    /// How many there are.
    pub code_count: usize,
    /// Reading problems: code, deliveries, last day; most first.
    pub problems: Vec<(String, usize, String)>,
}

/// One code.
#[derive(Debug, Clone)]
pub struct CodeLine {
    /// A drug; else a test.
    pub drug: bool,
    /// Its system; empty if the source says none.
    pub system: String,
    /// The code; empty = records without any, `*` = further codes together.
    pub code: String,
    /// What the source calls it.
    pub label: String,
    /// Records that have it.
    pub records: usize,
    /// Last day of one, or empty.
    pub last_day: String,
}

impl CodeLine {
    fn can_be_mapped(&self) -> bool {
        !self.code.is_empty() && self.code != "*"
    }
}

impl QualitySourcePage {
    /// A hospital with a list of its own.
    pub fn sample(lang: Lang) -> Self {
        let own = "https://hakucho.example/fhir/CodeSystem/99LAB";
        let code = |drug, system: &str, code: &str, label: &str, records, day: &str| CodeLine {
            drug,
            system: system.to_owned(),
            code: code.to_owned(),
            label: label.to_owned(),
            records,
            last_day: day.to_owned(),
        };
        Self {
            shell: Shell::sample_for(lang, "運営 担当", Profession::Operator, "西いぶり運営協議会"),
            facility: "hakucho".to_owned(),
            name: "白鳥総合病院".to_owned(),
            source: "ssmix2-main".to_owned(),
            counted: Some(("2026-11-23T02:10:00+09:00".to_owned(), 204_118)),
            figures: Figures {
                laboratory: 18_204,
                medication: 312,
                dates: 3,
                identifiers: 1,
                duplicates: 2,
                kinds: 3,
            },
            codes: vec![
                code(false, own, "0413", "カリウム", 9_120, "2026-11-22"),
                code(false, own, "0301", "クレアチニン", 9_004, "2026-11-22"),
                code(
                    true,
                    "https://hakucho.example/fhir/CodeSystem/99DRG",
                    "N-118",
                    "院内約束処方 胃薬",
                    298,
                    "2026-11-20",
                ),
                code(false, "", "", "", 80, "2026-10-02"),
                code(true, "", "77120", "外用 ワセリン", 14, "2026-09-30"),
            ],
            code_count: 231,
            problems: vec![
                ("not-mapped".to_owned(), 1_204, "2026-11-22".to_owned()),
                ("impossible-date".to_owned(), 3, "2026-11-12".to_owned()),
                ("patient-id-mismatch".to_owned(), 1, "2026-10-30".to_owned()),
            ],
        }
    }

    /// The page.
    pub fn render(&self) -> Markup {
        let lang = self.shell.lang;
        let body = html! {
            (operator::links(lang))
            p .lead { b { (self.name) " / " (self.source) } "　"
                @match &self.counted {
                    Some((at, looked_at)) => { (lang.f(Quality::CountedAt, &[&when::stamp(at), &number(*looked_at as f64)])) }
                    None => { (lang.t(Quality::NotCounted)) }
                } }
            (self.tiles())
            (self.codes())
            (self.problems())
        };
        page::plain(&self.shell, Quality::SourceTitle, body)
    }

    fn problem(&self, code: &str) -> String {
        format!("/operator/problems?facility={}&code={}", percent(&self.facility), percent(code))
    }

    fn tiles(&self) -> Markup {
        let (lang, figures) = (self.shell.lang, self.figures);
        let tile = |id: Quality, figure: usize, href: Option<String>| {
            let inner = html! { (lang.t(id)) b { (quality::figure(figure, self.counted.is_some())) } };
            html! { @match href {
                Some(href) => { a .tile.look[figure > 0] href=(href) { (inner) } }
                None => { div .tile.look[figure > 0] { (inner) } }
            } }
        };
        html! {
            div .tiles {
                (tile(Quality::LaboratoryCodes, figures.laboratory, None))
                (tile(Quality::MedicationCodes, figures.medication, None))
                (tile(Quality::ImpossibleDates, figures.dates, Some(self.problem("impossible-date"))))
                (tile(Quality::Identifiers, figures.identifiers, Some(self.problem("patient-id-mismatch"))))
                (tile(Quality::Duplicates, figures.duplicates, Some("/review".to_owned())))
            }
        }
    }

    fn codes(&self) -> Markup {
        let lang = self.shell.lang;
        html! {
            section .sec {
                header { h2 { (lang.t(Quality::CodesTitle)) }
                    @if self.code_count > self.codes.len() {
                        small { (lang.f(Quality::OnlyFirst, &[&self.codes.len().to_string(), &number(self.code_count as f64)])) }
                    } }
                @if self.codes.is_empty() {
                    p .nothing { (lang.t(if self.counted.is_some() { Quality::CodesNone } else { Quality::NotCounted })) }
                } @else {
                    div .scroll tabindex="0" role="region" aria-label=(lang.t(Quality::CodesTitle)) { table .wide {
                        thead { tr {
                            @for id in [Quality::Kind, Quality::Code, Quality::System, Quality::Label] { th scope="col" { (lang.t(id)) } }
                            th .n scope="col" { (lang.t(Quality::Records)) }
                            th scope="col" { (lang.t(Quality::LastDay)) }
                            th scope="col" { (lang.t(Id::Actions)) }
                        } }
                        tbody { @for line in &self.codes { (self.code(line)) } }
                    } }
                }
            }
        }
    }

    fn code(&self, line: &CodeLine) -> Markup {
        let lang = self.shell.lang;
        let kind = if line.drug { "medication" } else { "laboratory" };
        let address = format!(
            "/operator/mappings?facility={}&kind={kind}&system={}&code={}#add",
            percent(&self.facility),
            percent(&line.system),
            percent(&line.code)
        );
        html! {
            tr {
                td { (lang.t(if line.drug { Quality::Medication } else { Quality::Laboratory })) }
                th scope="row" { @match line.code.as_str() {
                    "" => { (lang.t(Quality::NoCode)) }
                    "*" => { (lang.t(Quality::FurtherCodes)) }
                    code => { code { (code) } }
                } }
                td .path { @if line.system.is_empty() { @if line.can_be_mapped() { (lang.t(Quality::NoSystem)) } } @else { (line.system) } }
                td { (line.label) }
                td .n { (number(line.records as f64)) }
                td .t { (line.last_day) }
                td { @if line.can_be_mapped() {
                    a .button href=(address) aria-label={ (lang.t(Quality::MapThis)) " " (line.code) } { (lang.t(Quality::MapThis)) }
                } }
            }
        }
    }

    fn problems(&self) -> Markup {
        let lang = self.shell.lang;
        html! {
            section .sec {
                header { h2 { (lang.t(Quality::ProblemsByCode)) } }
                @if self.problems.is_empty() {
                    p .nothing { (lang.t(if self.counted.is_some() { Quality::ProblemsNone } else { Quality::NotCounted })) }
                } @else {
                    div .scroll tabindex="0" role="region" aria-label=(lang.t(Quality::ProblemsByCode)) { table .wide {
                        thead { tr {
                            th scope="col" { (lang.t(Id::ProblemCode)) }
                            th .n scope="col" { (lang.t(Quality::Deliveries)) }
                            th scope="col" { (lang.t(Quality::LastDay)) }
                        } }
                        tbody { @for (code, deliveries, day) in &self.problems { tr {
                            th scope="row" { a href=(self.problem(code)) { code { (code) } } }
                            td .n { (number(*deliveries as f64)) }
                            td .t { (day) }
                        } } }
                    } }
                }
            }
        }
    }
}
