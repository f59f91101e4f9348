//! The mapping tables: what holds, adding one, CSV, ending, reading again. Every change is previewed first
//! (`mapping_preview`).
//!
//! `GET /operator/mappings` takes `facility`, `kind`, `system`, `code` to fill the form. `POST /operator/mappings/…`: `add`
//! with those and `target_system`, `target_code`, `display`; `import` with `csv`; `end` with `id`; `reread`.

use super::operator;
use crate::{
    page::{self, Shell},
    pages::form,
    text::{Id, Lang, Quality},
    when,
};
use maud::{Markup, html};
use model::facility::Profession;

/// Mappings shown at most; the CSV has all.
pub const MOST: usize = 300;

/// What the page shows.
#[derive(Debug, Clone)]
pub struct MappingsPage {
    /// Frame.
    pub shell: Shell,
    /// Mappings that hold, the latest first; at most [`MOST`].
    pub holding: Vec<MappingLine>,
    /// How many hold.
    pub count: usize,
    /// Ended ones, the latest first; at most [`MOST`].
    pub ended: Vec<MappingLine>,
    /// What the form is filled with.
    pub filled: Filled,
    /// Facilities to choose from: id and name.
    pub facilities: Vec<(String, String)>,
    /// The columns of the CSV.
    pub columns: String,
    /// Jobs that run or ended lately: what, who, how far, and where it is shown.
    pub jobs: Vec<(Quality, String, String, Option<String>)>,
}

/// What the form is filled with.
#[derive(Debug, Clone, Default)]
pub struct Filled {
    /// Id of the facility; empty = none chosen.
    pub facility: String,
    /// `laboratory` or `medication`.
    pub kind: String,
    /// System of the source's code.
    pub system: String,
    /// The source's code.
    pub code: String,
}

/// One mapping.
#[derive(Debug, Clone)]
pub struct MappingLine {
    /// Its number.
    pub id: i64,
    /// The facility's name; `None` = every facility.
    pub facility: Option<String>,
    /// A drug; else a test.
    pub drug: bool,
    /// System of the source's code.
    pub system: String,
    /// The source's code.
    pub code: String,
    /// Target system and code.
    pub target: (String, String),
    /// What the target is called, or empty.
    pub display: String,
    /// By whom and when, ISO; of one that is only proposed, empty.
    pub made: (String, String),
    /// Ended by whom and when, ISO.
    pub ended: Option<(String, String)>,
}

impl MappingLine {
    /// A test of a hospital.
    pub fn sample() -> Self {
        Self {
            id: 12,
            facility: Some("白鳥総合病院".to_owned()),
            drug: false,
            system: "https://hakucho.example/fhir/CodeSystem/99LAB".to_owned(),
            code: "0413".to_owned(),
            target: ("JLAC10".to_owned(), "3H015000002327101".to_owned()),
            display: "カリウム".to_owned(),
            made: ("運営 担当（西いぶり運営協議会）".to_owned(), "2026-11-20T10:02:00+09:00".to_owned()),
            ended: None,
        }
    }

    /// A drug of every facility.
    pub fn sample_drug() -> Self {
        Self {
            id: 11,
            facility: None,
            drug: true,
            system: "urn:oid:1.2.392.100495.20.2.75".to_owned(),
            code: "620000033".to_owned(),
            target: ("YJ".to_owned(), "2149044F1029".to_owned()),
            display: String::new(),
            ..Self::sample()
        }
    }
}

impl MappingsPage {
    /// Two that hold, one ended.
    pub fn sample(lang: Lang) -> Self {
        let ended =
            Some(("運営 担当（西いぶり運営協議会）".to_owned(), "2026-11-21T09:00:00+09:00".to_owned()));
        let own = |text: &str| text.to_owned();
        Self {
            shell: Shell::sample_for(lang, "運営 担当", Profession::Operator, "西いぶり運営協議会"),
            holding: vec![MappingLine::sample(), MappingLine::sample_drug()],
            count: 2,
            ended: vec![MappingLine { id: 3, code: own("0410"), ended, ..MappingLine::sample() }],
            filled: Filled {
                facility: own("hakucho"),
                kind: own("laboratory"),
                system: own("https://hakucho.example/fhir/CodeSystem/99LAB"),
                code: own("0301"),
            },
            facilities: vec![
                (own("hakucho"), own("白鳥総合病院")),
                (own("minato"), own("港町内科クリニック")),
            ],
            columns: own("facility,kind,system,code,target_system,target_code,display"),
            jobs: vec![
                (
                    Quality::TaskReread,
                    own("運営 担当"),
                    lang.f(Quality::StateRunning, &["1,204", "8,310"]),
                    None,
                ),
                (
                    Quality::TaskPreview,
                    own("運営 担当"),
                    lang.t(Quality::StateAdopted).to_owned(),
                    Some(own("/operator/mappings/preview/3")),
                ),
            ],
        }
    }

    /// The page.
    pub fn render(&self) -> Markup {
        let lang = self.shell.lang;
        let body = html! {
            (operator::links(lang))
            p .lead { (lang.t(Quality::MappingsLead)) }
            (self.form())
            section .sec {
                header { h2 { (lang.t(Quality::Holding)) } small { (lang.f(Id::Count, &[&self.count.to_string()])) }
                    @if self.count > self.holding.len() {
                        small { (lang.f(Quality::OnlyFirst, &[&self.holding.len().to_string(), &self.count.to_string()])) }
                    }
                    a href="/operator/mappings.csv" download { (lang.t(Quality::CsvExport)) } }
                @if self.holding.is_empty() { p .nothing { (lang.t(Quality::HoldingNone)) } } @else {
                    (table(lang, Quality::Holding, &self.holding, true))
                }
            }
            (self.reread())
            (self.import())
            @if !self.ended.is_empty() {
                details .sec { summary { (lang.t(Quality::History)) } (table(lang, Quality::History, &self.ended, false)) }
            }
        };
        page::plain(&self.shell, Quality::MappingsTitle, body)
    }

    fn form(&self) -> Markup {
        let (lang, filled) = (self.shell.lang, &self.filled);
        let facility = |(id, name): &(String, String)| (id.clone(), name.clone(), *id == filled.facility);
        let mut facilities =
            vec![(String::new(), lang.t(Quality::EveryFacility).to_owned(), filled.facility.is_empty())];
        facilities.extend(self.facilities.iter().map(facility));
        let kinds = [("laboratory", Quality::Laboratory), ("medication", Quality::Medication)]
            .map(|(word, id)| (word.to_owned(), lang.t(id).to_owned(), word == filled.kind));
        let targets = ["JLAC10", "YJ", "HOT9"].map(|word| {
            (
                word.to_owned(),
                word.to_owned(),
                (word == "YJ") == (filled.kind == "medication") && word != "HOT9",
            )
        });
        html! {
            section #add .sec {
                header { h2 { (lang.t(Quality::Add)) } small { (lang.t(Quality::AddLead)) } }
                form .body action="/operator/mappings/add" method="post" {
                    div .grid {
                        (form::choice(lang, "facility", Id::ColumnSource, &facilities))
                        (form::choice(lang, "kind", Quality::Kind, &kinds))
                        (form::field(lang, "system", Quality::System, None, "text", "off", &filled.system))
                        (form::field(lang, "code", Quality::Code, None, "text", "off", &filled.code))
                        (form::choice(lang, "target_system", Quality::TargetSystem, &targets))
                        (form::field(lang, "target_code", Quality::Target, Some(Quality::TargetHint), "text", "off", ""))
                        (form::field(lang, "display", Quality::Display, None, "text", "off", ""))
                    }
                    div .actions { button .pri type="submit" { (lang.t(Quality::Preview)) } }
                }
            }
        }
    }

    fn reread(&self) -> Markup {
        let lang = self.shell.lang;
        html! {
            section .sec {
                header { h2 { (lang.t(Quality::RereadTitle)) } small { (lang.t(Quality::RereadLead)) } }
                @if self.jobs.is_empty() { p .nothing { (lang.t(Quality::NoJobs)) } } @else {
                    table { tbody { @for (task, who, state, href) in &self.jobs { tr {
                        th scope="row" { @match href {
                            Some(href) => { a href=(href) { (lang.t(*task)) } }
                            None => { (lang.t(*task)) }
                        } }
                        td { (who) } td { (state) }
                    } } } }
                }
                div .body.actions {
                    form action="/operator/mappings/reread" method="post" { button type="submit" { (lang.t(Quality::Reread)) } }
                    a .button href="/operator/mappings" { (lang.t(Quality::Renew)) }
                }
            }
        }
    }

    fn import(&self) -> Markup {
        let lang = self.shell.lang;
        html! {
            details .sec { summary { (lang.t(Quality::CsvTitle)) }
                form .body action="/operator/mappings/import" method="post" {
                    p { (lang.f(Quality::CsvLead, &[&self.columns])) }
                    div .field {
                        label for="f-csv" { (lang.t(Quality::CsvText)) }
                        textarea #f-csv name="csv" rows="8" spellcheck="false" required {}
                    }
                    div .actions { button .pri type="submit" { (lang.t(Quality::Preview)) } }
                }
            }
        }
    }
}

/// Mappings as a table; with a button that ends each.
pub fn table(lang: Lang, title: Quality, lines: &[MappingLine], can_end: bool) -> Markup {
    let kept = lines.iter().any(|line| !line.made.1.is_empty());
    html! {
        div .scroll tabindex="0" role="region" aria-label=(lang.t(title)) { table .wide {
            thead { tr {
                th scope="col" { (lang.t(Id::ColumnSource)) }
                @for id in [Quality::Kind, Quality::Code, Quality::Target] { th scope="col" { (lang.t(id)) } }
                @if kept { th scope="col" { (lang.t(Quality::MadeBy)) } }
                @if can_end { th scope="col" { (lang.t(Id::Actions)) } }
            } }
            tbody { @for line in lines { (row(lang, line, kept, can_end)) } }
        } }
    }
}

fn row(lang: Lang, line: &MappingLine, kept: bool, can_end: bool) -> Markup {
    html! {
        tr {
            td { @match &line.facility { Some(name) => { (name) } None => { (lang.t(Quality::EveryFacility)) } } }
            td { (lang.t(if line.drug { Quality::Medication } else { Quality::Laboratory })) }
            th scope="row" { code { (line.code) } " " small .path { @if line.system.is_empty() { (lang.t(Quality::NoSystem)) } @else { (line.system) } } }
            td { (line.target.0) " " code { (line.target.1) } " " (line.display) }
            @if kept { td { (line.made.0) " " (when::stamp(&line.made.1))
                @if let Some((by, at)) = &line.ended { br; (lang.t(Quality::EndedBy)) " " (by) " " (when::stamp(at)) } } }
            @if can_end { td { form action="/operator/mappings/end" method="post" {
                input type="hidden" name="id" value=(line.id);
                button type="submit" aria-label={ (lang.t(Quality::End)) " " (line.code) } { (lang.t(Quality::End)) }
            } } }
        }
    }
}
