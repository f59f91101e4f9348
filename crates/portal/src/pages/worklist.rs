//! First screen of physician, nurse and pharmacist: what is new for my people. Person, kind, source, count;
//! no clinical value before the person is opened (which is a disclosure and is recorded).

use crate::{
    banner::{self, Sex},
    chart::glyph::{self, Glyph},
    page::{self, Shell},
    text::{Id, Lang},
    when,
};
use jiff::civil::Date;
use maud::{Markup, html};
use model::{
    PersonId,
    facility::{Profession, RecordKind},
};

/// What the first screen shows.
#[derive(Debug, Clone)]
pub struct WorklistPage {
    /// Frame; its user's profession decides the words and the order of kinds.
    pub shell: Shell,
    /// People with something new, most recent first.
    pub people: Vec<NewsOf>,
    /// People of this viewer without anything new.
    pub quiet: usize,
    /// Sources of my people that are late or silent: facility, last delivery (ISO, may be empty), silent.
    pub behind: Vec<(String, String, bool)>,
    /// Today, for ages.
    pub today: Date,
}

/// What is new for one person.
#[derive(Debug, Clone)]
pub struct NewsOf {
    /// Who.
    pub person: PersonId,
    /// Full name in kanji.
    pub name: String,
    /// Reading.
    pub kana: String,
    /// Birth date.
    pub birth: Option<Date>,
    /// Sex.
    pub sex: Sex,
    /// True if another person of this list has the same surname.
    pub same_surname: bool,
    /// New records by kind and facility: count, and last receipt (ISO).
    pub news: Vec<(RecordKind, String, usize, String)>,
}

impl WorklistPage {
    /// A physician's morning.
    pub fn sample(lang: Lang) -> Self {
        Self::sample_for(Shell::sample(lang))
    }

    /// The first screens of the three professions.
    pub fn samples(lang: Lang) -> Vec<(&'static str, Self)> {
        let nurse = Shell::sample_for(lang, "木村 彩", Profession::Nurse, "訪問看護 ひかり");
        let pharmacist = Shell::sample_for(lang, "小田 涼", Profession::Pharmacist, "すずらん薬局");
        vec![
            ("physician", Self::sample(lang)),
            ("nurse", Self::sample_for(nurse)),
            ("pharmacist", Self::sample_for(pharmacist)),
        ]
    }

    fn sample_for(shell: Shell) -> Self {
        use RecordKind as K;
        let one = |name: &str, kana: &str, birth: &str, sex, same, news: &[(K, &str, usize, &str)]| NewsOf {
            person: crate::course::sample::person(),
            name: name.to_owned(),
            kana: kana.to_owned(),
            birth: when::day(birth),
            sex,
            same_surname: same,
            news: news.iter().map(|(k, f, n, t)| (*k, (*f).to_owned(), *n, (*t).to_owned())).collect(),
        };
        Self {
            shell,
            people: vec![
                one(
                    "佐倉　花子",
                    "サクラ　ハナコ",
                    "1940-05-05",
                    Sex::Female,
                    true,
                    &[
                        (K::Care, "グループホーム なぎさ", 6, "2026-11-23T08:10:00+09:00"),
                        (K::Laboratory, "港町内科クリニック", 6, "2026-11-21T09:12:00+09:00"),
                        (K::Nursing, "訪問看護 ひかり", 1, "2026-11-20T17:30:00+09:00"),
                    ],
                ),
                one(
                    "佐倉　華子",
                    "サクラ　ハナコ",
                    "1942-03-11",
                    Sex::Female,
                    true,
                    &[(K::Medication, "すずらん薬局", 3, "2026-11-22T18:40:00+09:00")],
                ),
                one(
                    "遠藤　武",
                    "エンドウ　タケシ",
                    "1951-12-01",
                    Sex::Male,
                    false,
                    &[
                        (K::Document, "白鳥総合病院", 1, "2026-11-22T16:05:00+09:00"),
                        (K::Encounter, "白鳥総合病院", 1, "2026-11-22T16:05:00+09:00"),
                    ],
                ),
            ],
            quiet: 38,
            behind: vec![
                ("伊ノ浜病院".to_owned(), "2026-11-21T18:02:00+09:00".to_owned(), true),
                ("グループホーム なぎさ".to_owned(), "2026-11-22T05:10:00+09:00".to_owned(), false),
            ],
            today: crate::course::sample::TODAY,
        }
    }

    fn profession(&self) -> Profession {
        self.shell.user.as_ref().map_or(Profession::Nurse, |user| user.profession)
    }

    /// The page.
    pub fn render(&self) -> Markup {
        let lang = self.shell.lang;
        let lead = match self.profession() {
            Profession::Physician => Id::WorklistPhysician,
            Profession::Pharmacist => Id::WorklistPharmacist,
            _ => Id::WorklistNurse,
        };
        let body = html! {
            (glyph::definitions(html! {}))
            p .lead { (lang.t(lead)) }
            @if !self.behind.is_empty() { (self.behind()) }
            section .sec {
                header {
                    h2 { (lang.f(Id::WorklistCount, &[&self.people.len().to_string()])) }
                    small { (lang.f(Id::WorklistQuiet, &[&self.quiet.to_string()])) }
                }
                @if self.people.is_empty() { p .nothing { (lang.t(Id::WorklistNothing)) } } @else { (self.table()) }
            }
        };
        page::plain(&self.shell, Id::WorklistTitle, body)
    }

    fn behind(&self) -> Markup {
        let lang = self.shell.lang;
        html! {
            section .sec.states {
                h2 { (lang.t(Id::WorklistBehind)) }
                dl { @for (facility, last, silent) in &self.behind {
                    div { dt { (facility) } dd {
                        @if *silent { b .warn { (lang.t(Id::SilentShort)) } } @else { b .warn { (lang.t(Id::LateShort)) } }
                        " " (lang.t(Id::LastDelivery)) " "
                        @if last.is_empty() { (lang.t(Id::Unknown)) } @else { (when::stamp(last)) }
                    } }
                } }
            }
        }
    }

    fn table(&self) -> Markup {
        let lang = self.shell.lang;
        html! {
            div .scroll tabindex="0" role="region" aria-label=(lang.t(Id::WorklistTitle)) { table .wide.people {
                thead { tr { @for id in [Id::Name, Id::BirthDate, Id::Sex, Id::WorklistNews, Id::LastReceipt] {
                    th scope="col" { (lang.t(id)) } } } }
                tbody { @for each in &self.people {
                    tr .look[each.same_surname] {
                        th scope="row" { a .name href={ "/person/" (each.person) } {
                            small { (each.kana) } b { (each.name) } }
                            @if each.same_surname { " " b .warn { (lang.t(Id::SameSurname)) } } }
                        td { (banner::birth(lang, each.birth, self.today)) }
                        td { (each.sex.word(lang)) }
                        td { ul .news role="list" { @for (kind, facility, count, _) in self.ordered(&each.news) {
                            li { (Glyph::Kind(*kind).icon()) (lang.kind(*kind)) " " b { (lang.f(Id::Count, &[&count.to_string()])) }
                                " " small { (facility) } }
                        } } }
                        td .t { (when::stamp(each.news.iter().map(|n| n.3.as_str()).max().unwrap_or_default())) }
                    }
                } }
            } }
        }
    }

    /// What matters most to the profession comes first.
    fn ordered<'a>(
        &self,
        news: &'a [(RecordKind, String, usize, String)],
    ) -> Vec<&'a (RecordKind, String, usize, String)> {
        use RecordKind as K;
        let first: &[K] = match self.profession() {
            Profession::Pharmacist => &[K::Medication, K::Allergy, K::Laboratory, K::Condition],
            Profession::Physician => &[K::Document, K::Encounter, K::Laboratory, K::Medication],
            _ => &[K::Vital, K::Nursing, K::Care, K::Medication, K::Encounter],
        };
        let mut list: Vec<_> = news.iter().collect();
        list.sort_by_key(|(kind, ..)| first.iter().position(|each| each == kind).unwrap_or(first.len()));
        list
    }
}
