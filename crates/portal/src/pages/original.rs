//! The delivery as it came in: decoded text, what the reader could not do with it, and the bytes to download.

use crate::{
    banner::Banner,
    page::{self, Shell},
    text::{Id, Lang},
    when,
};
use maud::{Markup, html};
use model::{PersonId, reading::Problem};

/// What the page of the original shows.
#[derive(Debug, Clone)]
pub struct OriginalPage {
    /// Frame.
    pub shell: Shell,
    /// Who it is about.
    pub banner: Banner,
    /// Whose page to go back to.
    pub person: PersonId,
    /// Address of the bytes as received.
    pub download: String,
    /// Path or message id at the source.
    pub path: String,
    /// Facility.
    pub facility: String,
    /// Receipt, ISO.
    pub received: String,
    /// SHA-256 of the bytes, hex.
    pub sha256: String,
    /// Size in bytes.
    pub size: usize,
    /// Character set it was decoded with, in words; `None` = no text.
    pub charset: Option<String>,
    /// Media type, if a browser can show it: a picture stands on the page, a PDF opens beside it.
    pub media: Option<&'static str>,
    /// The text, line by line.
    pub lines: Vec<String>,
    /// What the reader reported.
    pub problems: Vec<Problem>,
    /// The delivery also speaks of others, or of what this viewer does not see: only its facility and its receipt are told.
    pub withheld: bool,
}

impl OriginalPage {
    /// An SS-MIX2 message.
    pub fn sample(lang: Lang) -> Self {
        Self {
            shell: Shell::sample(lang),
            banner: Banner::sample(lang),
            person: crate::course::sample::person(),
            download: "/person/0/record/0/original/bytes".to_owned(),
            path: "012/345/0000123/20261120/OML-11/0000123_20261120_OML-11_000001_01_1_20261120154000000_1".to_owned(),
            facility: "港町内科クリニック".to_owned(),
            received: "2026-11-21T09:12:04+09:00".to_owned(),
            sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
            size: 1842,
            charset: Some("ISO-2022-JP".to_owned()),
            media: None,
            lines: [
                "MSH|^~\\&|MINATO|M01|HUB|R|20261121091200||OUL^R22^OUL_R22|1|P|2.5||||||~ISO IR87||ISO 2022-1994",
                "PID|0001||0000123^^^^PI||佐倉^花子^^^^^L^I~サクラ^ハナコ^^^^^L^P||19400505|F",
                "OBX|1|NM|3H015000002326101^カリウム^JC10||3.1|mmol/L^mmol/L^ISO+|3.6-4.8|L|||F|||20261120154000",
            ]
            .map(str::to_owned)
            .to_vec(),
            problems: vec![Problem::new("charset", "MSH-18", "the bytes are ISO-2022-JP, the message says another set")],
            withheld: false,
        }
    }

    /// A delivery that speaks of others too.
    pub fn sample_withheld(lang: Lang) -> Self {
        Self { withheld: true, ..Self::sample(lang) }
    }

    /// A scanned letter.
    pub fn sample_document(lang: Lang) -> Self {
        let path = "0000123_20261120_紹介状.pdf".to_owned();
        Self { media: Some("application/pdf"), charset: None, lines: Vec::new(), path, ..Self::sample(lang) }
    }

    /// The page.
    pub fn render(&self) -> Markup {
        let lang = self.shell.lang;
        let body = html! {
            main #main .plain tabindex="-1" {
                p { a href={ "/person/" (self.person) } { "← " (lang.t(Id::CourseTitle)) } }
                h1 { (lang.t(Id::OriginalTitle)) }
                p .lead { (lang.t(Id::OriginalLead)) }
                section .sec {
                    div .body {
                        dl .facts {
                            dt { (lang.t(Id::ColumnSource)) } dd { (self.facility) }
                            dt { (lang.t(Id::Received)) } dd { (when::stamp(&self.received)) }
                            @if !self.withheld {
                                dt { (lang.t(Id::DeliveryPath)) } dd { (self.path) }
                                dt { (lang.t(Id::Charset)) } dd { (self.charset.as_deref().unwrap_or(lang.t(Id::NoText))) }
                                dt { (lang.t(Id::Size)) } dd { (crate::chart::number(self.size as f64)) " B" }
                                dt { "SHA-256" } dd { code { (self.sha256) } }
                            }
                        }
                        @if self.withheld { p .notice role="status" { (lang.t(Id::OriginalShared)) } } @else {
                            p .actions {
                                @if self.media == Some("application/pdf") {
                                    a .button href={ (self.download) "?show" } target="_blank" rel="noopener" { (lang.t(Id::OpenDocument)) }
                                    " "
                                }
                                a .button href=(self.download) download { (lang.t(Id::Download)) }
                            }
                        }
                    }
                }
                @if !self.withheld { (self.content()) }
            }
        };
        page::person(&self.shell, Id::OriginalTitle, &self.banner, body)
    }

    fn content(&self) -> Markup {
        let lang = self.shell.lang;
        html! {
            @if !self.problems.is_empty() { (problems(lang, &self.problems)) }
            @if self.media.is_some_and(|media| media.starts_with("image/")) {
                section .sec {
                    header { h2 { (lang.t(Id::OriginalPicture)) } }
                    div .body { img .picture src={ (self.download) "?show" } alt=(lang.t(Id::OriginalPicture)); }
                }
            }
            @if self.media.is_none() || !self.lines.is_empty() { section .sec {
                header { h2 { (lang.t(Id::OriginalText)) } }
                @if self.lines.is_empty() { p .nothing { (lang.t(Id::NoText)) } } @else {
                    ol .lines tabindex="0" { @for line in &self.lines { li { code { (line) } } } }
                }
            } }
        }
    }
}

/// What a reader reported, as a table.
pub fn problems(lang: Lang, problems: &[Problem]) -> Markup {
    html! {
        section .sec {
            header { h2 { (lang.t(Id::Problems)) } small { (lang.f(Id::Count, &[&problems.len().to_string()])) } }
            div .scroll tabindex="0" role="region" aria-label=(lang.t(Id::Problems)) { table {
                thead { tr { @for id in [Id::ProblemCode, Id::ProblemAt, Id::ProblemText] { th scope="col" { (lang.t(id)) } } } }
                tbody { @for problem in problems { tr {
                    th scope="row" { code { (problem.code) } } td { code { (problem.at) } } td { (problem.text) }
                } } }
            } }
        }
    }
}
