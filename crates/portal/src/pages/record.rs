//! One record in full: what it says now, where it is from, and every version it ever had. Superseded, deleted
//! and restored versions are told as such; A→B→A is three versions.

use super::patient;
use crate::{
    banner::Banner,
    page::{self, Shell},
    text::{Id, Lang, Quality},
    when,
};
use maud::{Markup, html};
use model::{PersonId, RecordId, facility::RecordKind};

/// What the record page shows.
#[derive(Debug, Clone)]
pub struct RecordPage {
    /// Frame.
    pub shell: Shell,
    /// Who it is about.
    pub banner: Banner,
    /// Whose page to go back to.
    pub person: PersonId,
    /// Which record.
    pub record: RecordId,
    /// Kind.
    pub kind: RecordKind,
    /// What it is called.
    pub title: String,
    /// Facility.
    pub facility: String,
    /// Feed.
    pub source: String,
    /// Author and profession, if the source says.
    pub author: Option<String>,
    /// When it happened, ISO.
    pub time: String,
    /// What the current version says: name and value, in the order of the resource. Of a deleted record: what
    /// was deleted.
    pub fields: Vec<(String, String)>,
    /// Newest first.
    pub versions: Vec<Version>,
    /// The FHIR resource as JSON.
    pub json: String,
}

/// One version.
#[derive(Debug, Clone)]
pub struct Version {
    /// From 1.
    pub number: u32,
    /// What it did.
    pub state: VersionState,
    /// Source's own time, ISO.
    pub source_time: String,
    /// Receipt, ISO.
    pub received: String,
    /// Path or message of the delivery.
    pub delivery: String,
    /// Feed it came through; empty for a withdrawal.
    pub feed: String,
    /// Where in the delivery it begins, in the format's own terms; empty if that is not told.
    pub at: String,
    /// Edition of the reading rules by which the delivery was read last.
    pub reader: i64,
    /// The older version that had exactly this content.
    pub same_as: Option<u32>,
    /// What changed against the version before: name, before, after.
    pub changes: Vec<(String, String, String)>,
}

/// What a version did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionState {
    /// Holds now.
    Current,
    /// Was replaced by a later one.
    Superseded,
    /// The source deleted the record.
    Deleted,
    /// Its delivery was withdrawn by a named person.
    Withdrawn,
}

impl RecordPage {
    /// A result corrected, and corrected back.
    pub fn sample(lang: Lang) -> Self {
        let version = |number, state, day: &str, same_as, changes: &[(&str, &str, &str)]| Version {
            number,
            state,
            source_time: format!("2026-11-{day}:12:00+09:00"),
            received: format!("2026-11-{day}:13:20+09:00"),
            delivery:
                "012/345/0000123/20261120/OML-11/0000123_20261120_OML-11_000001_01_1_20261120154000000_1"
                    .to_owned(),
            feed: "ssmix2-main".to_owned(),
            at: "OBX[3]".to_owned(),
            reader: 7,
            same_as,
            changes: changes.iter().map(|(f, a, b)| ((*f).into(), (*a).into(), (*b).into())).collect(),
        };
        Self {
            shell: Shell::sample(lang),
            banner: Banner::sample(lang),
            person: crate::course::sample::person(),
            record: RecordId(uuid::Uuid::nil()),
            kind: RecordKind::Laboratory,
            title: "カリウム".to_owned(),
            facility: "港町内科クリニック".to_owned(),
            source: "ssmix2-main".to_owned(),
            author: Some("高橋 亮（医師）".to_owned()),
            time: "2026-11-20T15:40:00+09:00".to_owned(),
            fields: vec![
                ("結果".to_owned(), "3.1 mmol/L".to_owned()),
                ("基準範囲".to_owned(), "3.6–4.8".to_owned()),
                ("項目コード".to_owned(), "3H015000002326101（JLAC10）".to_owned()),
            ],
            versions: vec![
                version(3, VersionState::Current, "22T09", Some(1), &[("結果", "4.1 mmol/L", "3.1 mmol/L")]),
                version(2, VersionState::Superseded, "21T09", None, &[("結果", "3.1 mmol/L", "4.1 mmol/L")]),
                version(1, VersionState::Superseded, "20T18", None, &[]),
            ],
            json: "{\n  \"resourceType\": \"Observation\",\n  \"status\": \"final\"\n}".to_owned(),
        }
    }

    /// A record that its source has deleted.
    pub fn sample_deleted(lang: Lang) -> Self {
        let mut page = Self::sample(lang);
        if let Some(newest) = page.versions.first_mut() {
            newest.state = VersionState::Deleted;
            newest.same_as = None;
            newest.changes.clear();
        }
        page
    }

    /// The page.
    pub fn render(&self) -> Markup {
        let lang = self.shell.lang;
        let gone = self
            .versions
            .first()
            .map(|version| version.state)
            .filter(|state| *state != VersionState::Current);
        let body = html! {
            main #main .plain tabindex="-1" {
                p { a href={ "/person/" (self.person) } { "← " (lang.t(Id::CourseTitle)) } }
                h1 { (lang.kind(self.kind)) "　" (self.title) }
                @if let Some(state) = gone {
                    p .notice role="status" { b { (lang.t(state.words())) } " " (lang.t(Id::VersionGoneHelp)) }
                }
                section .sec .gone-record[gone.is_some()] {
                    header { h2 { (lang.t(Id::RecordContent)) } }
                    div .body { dl .facts { @for (name, value) in &self.fields { dt { (name) } dd { (value) } } } }
                }
                section .sec {
                    header { h2 { (lang.t(Id::RecordOrigin)) } }
                    div .body {
                        dl .facts {
                            dt { (lang.t(Id::ColumnSource)) } dd { (self.facility) }
                            dt { (lang.t(Id::Feed)) } dd { (self.source) }
                            dt { (lang.t(Id::ColumnAuthor)) } dd { (self.author.as_deref().unwrap_or(lang.t(Id::AuthorNotStated))) }
                            dt { (lang.t(Id::Made)) } dd { (when::stamp(&self.time)) }
                        }
                        p .actions { a .button href=(patient::original(self.person, self.record)) { (lang.t(Id::SeeOriginal)) } }
                    }
                }
                (self.history())
                details .sec { summary { (lang.t(Id::RecordJson)) } pre tabindex="0" { (self.json) } }
            }
        };
        page::person(&self.shell, Id::RecordTitle, &self.banner, body)
    }

    fn history(&self) -> Markup {
        let lang = self.shell.lang;
        html! {
            section .sec {
                header { h2 { (lang.t(Id::RecordHistory)) } small { (lang.f(Id::Count, &[&self.versions.len().to_string()])) } }
                ol .versions reversed role="list" {
                    @for version in &self.versions {
                        li .current[version.state == VersionState::Current] {
                            h3 { (lang.f(Id::Version, &[&version.number.to_string()])) " "
                                span .chip { (lang.t(version.state.words())) } }
                            @if let Some(same) = version.same_as {
                                p { b { (lang.f(Id::VersionSameAs, &[&same.to_string()])) } }
                            }
                            @if !version.changes.is_empty() {
                                table { thead { tr { @for id in [Id::ColumnItem, Id::Before, Id::After] { th scope="col" { (lang.t(id)) } } } }
                                    tbody { @for (name, before, after) in &version.changes {
                                        tr { th scope="row" { (name) } td { del { (before) } } td { ins { (after) } } }
                                    } } }
                            }
                            p .src { (lang.t(Id::SourceTime)) " " (when::stamp(&version.source_time)) "　"
                                (lang.t(Id::Received)) " " (when::stamp(&version.received)) }
                            p .src {
                                @if !version.feed.is_empty() { (lang.t(Id::Feed)) " " (version.feed) "　" }
                                @if !version.at.is_empty() { (lang.t(Quality::PlaceInOriginal)) " " code { (version.at) } "　" }
                                (lang.f(Quality::ReaderEdition, &[&version.reader.to_string()]))
                            }
                            p .src.path { (version.delivery) }
                        }
                    }
                }
            }
        }
    }
}

impl VersionState {
    fn words(self) -> Id {
        match self {
            Self::Current => Id::VersionCurrent,
            Self::Superseded => Id::VersionSuperseded,
            Self::Deleted => Id::VersionDeleted,
            Self::Withdrawn => Id::VersionWithdrawn,
        }
    }
}
