//! First screen of the professions: what is new for my people. Person, kind, source, count, movements with their day;
//! no clinical value before the person is opened (which is a disclosure and is recorded).
//!
//! The profession decides the words, the order and the shape: a table (physician, nurse, pharmacist), movements first and
//! then the table (care manager, dentist), or a card for each person in plain words (helper).

mod cards;
mod movements;
mod sample;

pub use movements::{Moved, due, settle};

use crate::{
    banner::{self, Sex},
    chart::glyph::{self, Glyph},
    page::{self, Shell},
    text::{FirstScreen as Word, Id, Lang},
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
    /// People with something new, most recent first; after them those who are listed anyway.
    pub people: Vec<NewsOf>,
    /// People of this viewer without anything new, who are not listed.
    pub quiet: usize,
    /// People whose care certification was not looked up because there are too many.
    pub uncertain: usize,
    /// Sources of my people that are late or silent: facility, last delivery (ISO, may be empty), silent.
    pub behind: Vec<(String, String, bool)>,
    /// Today, for ages and for days that are told as so many days ago.
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
    /// Admissions, discharges, visits and plans that are new.
    pub movements: Vec<Moved>,
    /// New records by kind and facility, without those that are told as movements.
    pub news: Vec<Fresh>,
    /// The latest receipt of all that is new (ISO); empty if nothing is.
    pub received: String,
    /// True if there is a goal that this viewer may see after opening the person.
    pub goal: bool,
    /// Last day of the care certification, if it is about to end.
    pub certified_until: Option<Date>,
}

/// New records of one kind from one facility.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fresh {
    /// What kind.
    pub kind: RecordKind,
    /// Name of the facility.
    pub facility: String,
    /// How many.
    pub count: usize,
    /// How many of them are plans and goals.
    pub plans: usize,
}

/// The shape of a first screen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Table,
    Movements,
    Cards,
}

impl NewsOf {
    /// True if something is new for this person.
    pub fn has_news(&self) -> bool {
        !self.news.is_empty() || !self.movements.is_empty()
    }

    /// Name with reading above, leading to the person's page, on a day if one is meant; and the warning beside it.
    fn link(&self, lang: Lang, day: Option<Date>) -> Markup {
        let day = day.map(|day| format!("?day={day}")).unwrap_or_default();
        html! {
            a .name href={ "/person/" (self.person) (day) } { small { (self.kana) } b { (self.name) } }
            @if self.same_surname { " " b .warn { (lang.t(Id::SameSurname)) } }
        }
    }
}

impl WorklistPage {
    fn profession(&self) -> Profession {
        self.shell.user.as_ref().map_or(Profession::Nurse, |user| user.profession)
    }

    fn form(&self) -> Form {
        match self.profession() {
            Profession::CareManager | Profession::Dentist => Form::Movements,
            Profession::Helper => Form::Cards,
            _ => Form::Table,
        }
    }

    fn lead(&self) -> &'static str {
        let lang = self.shell.lang;
        match self.profession() {
            Profession::Physician => lang.t(Id::WorklistPhysician),
            Profession::Pharmacist => lang.t(Id::WorklistPharmacist),
            Profession::CareManager => lang.t(Word::LeadCareManager),
            Profession::Helper => lang.t(Word::LeadHelper),
            Profession::Dentist => lang.t(Word::LeadDentist),
            _ => lang.t(Id::WorklistNurse),
        }
    }

    /// The page.
    pub fn render(&self) -> Markup {
        let lang = self.shell.lang;
        let body = html! {
            (glyph::definitions(html! {}))
            p .lead { (self.lead()) }
            @match self.form() {
                Form::Table => {
                    (self.behind())
                    (self.records(&lang.f(Id::WorklistCount, &[&self.people.len().to_string()]), lang.t(Id::WorklistNothing)))
                }
                Form::Movements => {
                    (self.movements())
                    (self.planned())
                    (self.certifications())
                    @let with = self.people.iter().filter(|each| !each.news.is_empty()).count();
                    (self.records(&lang.f(Word::Records, &[&with.to_string()]), lang.t(Word::NoRecords)))
                    (self.behind())
                }
                Form::Cards => {
                    (self.cards())
                    (self.behind())
                }
            }
        };
        page::plain(&self.shell, Id::WorklistTitle, body)
    }

    fn behind(&self) -> Markup {
        let lang = self.shell.lang;
        html! { @if !self.behind.is_empty() {
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
        } }
    }

    /// New records by person. Movements that have a place of their own are not said twice.
    fn records(&self, heading: &str, nothing: &str) -> Markup {
        let lang = self.shell.lang;
        let apart = self.form() == Form::Movements;
        let listed: Vec<&NewsOf> =
            self.people.iter().filter(|each| !each.news.is_empty() || !apart && each.has_news()).collect();
        html! {
            section .sec {
                header {
                    h2 { (heading) }
                    small { (lang.f(Id::WorklistQuiet, &[&self.quiet.to_string()])) }
                }
                @if listed.is_empty() { p .nothing { (nothing) } } @else { (self.table(&listed, !apart)) }
            }
        }
    }

    fn table(&self, people: &[&NewsOf], with_movements: bool) -> Markup {
        let lang = self.shell.lang;
        html! {
            div .scroll tabindex="0" role="region" aria-label=(lang.t(Id::WorklistNews)) { table .wide.people {
                thead { tr { @for id in [Id::Name, Id::BirthDate, Id::Sex, Id::WorklistNews, Id::LastReceipt] {
                    th scope="col" { (lang.t(id)) } } } }
                tbody { @for each in people {
                    tr .look[each.same_surname] {
                        th scope="row" { (each.link(lang, None)) }
                        td .t { (banner::birth(lang, each.birth, self.today)) }
                        td .t { (each.sex.word(lang)) }
                        td { ul .news role="list" {
                            @if with_movements { @for moved in &each.movements {
                                li { (moved.glyph().icon()) (lang.t(Word::of(moved.step))) " "
                                    b { (moved.day) } " " small { (moved.facility) } }
                            } }
                            @for (glyph, word, count, facility) in self.lines(&each.news) {
                                li { (glyph.icon()) (word) " " b { (lang.f(Id::Count, &[&count.to_string()])) }
                                    " " small { (facility) } }
                            }
                        } }
                        td { @for part in when::stamp(&each.received).split(' ') { span .t { (part) } " " } }
                    }
                } }
            } }
        }
    }

    /// What matters most to the profession comes first.
    fn rank(&self, kind: RecordKind) -> usize {
        use RecordKind as K;
        let first: &[K] = match self.profession() {
            Profession::Pharmacist => &[K::Medication, K::Allergy, K::Laboratory, K::Condition],
            Profession::Physician => &[K::Document, K::Encounter, K::Laboratory, K::Medication],
            // Visits that are no movement are mostly months of claims: they come last.
            Profession::CareManager => &[
                K::Medication,
                K::Care,
                K::Nursing,
                K::Document,
                K::Condition,
                K::Allergy,
                K::Vital,
                K::Dental,
                K::Diet,
            ],
            Profession::Dentist => &[
                K::Medication,
                K::Dental,
                K::Document,
                K::Procedure,
                K::Condition,
                K::Allergy,
                K::Laboratory,
                K::Imaging,
            ],
            Profession::Helper => &[K::Medication, K::Care, K::Nursing, K::Diet, K::Vital, K::Allergy],
            _ => &[K::Vital, K::Nursing, K::Care, K::Medication, K::Encounter],
        };
        first.iter().position(|each| *each == kind).unwrap_or(first.len())
    }

    fn in_order<'a>(&self, news: &'a [Fresh]) -> Vec<&'a Fresh> {
        let mut list: Vec<&Fresh> = news.iter().collect();
        list.sort_by_key(|each| self.rank(each.kind));
        list
    }

    /// In order, plans and goals told apart from other records of care: sign, word, count, facility.
    fn lines<'a>(&self, news: &'a [Fresh]) -> Vec<(Glyph, &'static str, usize, &'a str)> {
        let lang = self.shell.lang;
        let mut list = Vec::new();
        for Fresh { kind, facility, count, plans, .. } in self.in_order(news) {
            let parts = [(lang.t(Word::Plans), *plans), (lang.kind(*kind), count.saturating_sub(*plans))];
            let parts = parts.into_iter().filter(|(_, count)| *count > 0);
            list.extend(parts.map(|(word, count)| (Glyph::Kind(*kind), word, count, facility.as_str())));
        }
        list
    }
}
