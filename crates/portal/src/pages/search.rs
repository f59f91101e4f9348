//! Finding the right person: reading, kanji, birth date in any style, ids; with a warning where others share
//! the surname. Demographics only. `GET /search?s=…`

use super::form;
use crate::{
    banner::{self, Sex},
    page::{self, Shell},
    text::{Id, Lang},
    when,
};
use jiff::civil::Date;
use maud::{Markup, html};
use model::{PersonId, facility::Profession};

/// What the search page shows.
#[derive(Debug, Clone)]
pub struct SearchPage {
    /// Frame.
    pub shell: Shell,
    /// Name, reading or id as typed.
    pub asked: String,
    /// Birth date as typed, in any style.
    pub birth: String,
    /// How the birth date was understood, or `None` if there is none or it was not understood.
    pub understood: Option<Date>,
    /// What came out.
    pub outcome: Outcome,
    /// Today, for ages.
    pub today: Date,
}

/// What came out of a search.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Nothing was asked yet.
    NotAsked,
    /// Less than two characters and no birth date or id.
    TooShort,
    /// More than can be told apart: how many.
    TooMany(usize),
    /// These, best first.
    Found(Vec<Hit>),
}

/// One person found.
#[derive(Debug, Clone)]
pub struct Hit {
    /// Who.
    pub person: PersonId,
    /// Family name in kanji, for the warning.
    pub surname: String,
    /// Full name in kanji.
    pub name: String,
    /// Reading.
    pub kana: String,
    /// Birth date.
    pub birth: Option<Date>,
    /// Sex.
    pub sex: Sex,
    /// Others of the region that are read the same.
    pub same_reading: usize,
    /// Town and district, no house number.
    pub address: String,
    /// The viewer's facility's own number for the person, if it has one.
    pub local_id: Option<String>,
    /// Regional id.
    pub regional_id: String,
    /// Whether the page can be opened, in words (`同意あり`, `自施設の登録あり`, `同意の登録なし`).
    pub standing: String,
}

impl SearchPage {
    /// Two people of one surname.
    pub fn sample(lang: Lang) -> Self {
        let hit = |name: &str, kana: &str, birth: &str, address: &str, id: &str, standing: &str| Hit {
            person: crate::course::sample::person(),
            surname: "佐倉".to_owned(),
            name: name.to_owned(),
            kana: kana.to_owned(),
            birth: when::day(birth),
            sex: Sex::Female,
            same_reading: 0,
            address: address.to_owned(),
            local_id: Some("0000123".to_owned()),
            regional_id: id.to_owned(),
            standing: standing.to_owned(),
        };
        Self {
            shell: Shell::sample(lang),
            asked: "さくら はな".to_owned(),
            birth: "S15.5.5".to_owned(),
            understood: when::day("1940-05-05"),
            outcome: Outcome::Found(vec![
                hit(
                    "佐倉　花子",
                    "サクラ　ハナコ",
                    "1940-05-05",
                    "室蘭市港町",
                    "0048-2917-5",
                    "同意あり・自施設に登録",
                ),
                hit(
                    "佐倉　華子",
                    "サクラ　ハナコ",
                    "1942-03-11",
                    "登別市中央町",
                    "0051-0032-8",
                    "同意の登録なし",
                ),
            ]),
            today: crate::course::sample::TODAY,
        }
    }

    /// Other outcomes.
    pub fn samples(lang: Lang) -> Vec<Self> {
        [Outcome::NotAsked, Outcome::TooShort, Outcome::TooMany(212), Outcome::Found(Vec::new())]
            .into_iter()
            .map(|outcome| Self { outcome, understood: None, ..Self::sample(lang) })
            .collect()
    }

    /// The page.
    pub fn render(&self) -> Markup {
        let lang = self.shell.lang;
        let body = html! {
            @if self.profession() == Some(Profession::Reception) {
                nav .actions.links aria-label=(lang.t(Id::ReceptionTitle)) {
                    a .button href="/inbox" { (lang.t(Id::InboxTitle)) }
                    a .button href="/review" { (lang.t(Id::ReviewTitle)) }
                }
            }
            form .sec action="/search" method="post" {
                div .body.grid {
                    (form::field(lang, "q", Id::SearchName, Some(Id::SearchNameHint), "search", "off", &self.asked))
                    (form::field(lang, "birth", Id::BirthDate, Some(Id::SearchBirthHint), "text", "off", &self.birth))
                    div .actions { button .pri type="submit" { (lang.t(Id::SearchButton)) } }
                }
                @if !self.birth.is_empty() {
                    p .nothing { @match self.understood {
                        Some(day) => { (lang.f(Id::BirthUnderstood, &[&day.to_string(), &when::era(day)])) }
                        None => { b .warn { (lang.t(Id::BirthNotUnderstood)) } }
                    } }
                }
            }
            @match &self.outcome {
                Outcome::NotAsked => { p .nothing { (lang.t(Id::SearchLead)) } }
                Outcome::TooShort => { p .notice role="status" { (lang.t(Id::SearchTooShort)) } }
                Outcome::TooMany(count) => { p .notice role="status" { (lang.f(Id::SearchTooMany, &[&count.to_string()])) } }
                Outcome::Found(hits) if hits.is_empty() => { p .notice role="status" { (lang.t(Id::SearchNobody)) } }
                Outcome::Found(hits) => { (self.hits(hits)) }
            }
        };
        page::plain(&self.shell, Id::SearchTitle, body)
    }

    fn profession(&self) -> Option<Profession> {
        self.shell.user.as_ref().map(|user| user.profession)
    }

    /// True for who may write down what the person says at the desk.
    fn at_a_desk(&self) -> bool {
        self.profession().is_some_and(|profession| profession != Profession::Helper)
    }

    fn hits(&self, hits: &[Hit]) -> Markup {
        let lang = self.shell.lang;
        let shared = |hit: &Hit| hits.iter().filter(|other| other.surname == hit.surname).count() > 1;
        html! {
            @if hits.iter().any(shared) {
                p .notice role="status" { b { (lang.t(Id::SameSurname)) } " " (lang.t(Id::SameSurnameHelp)) }
            }
            section .sec {
                header { h2 { (lang.f(Id::SearchCount, &[&hits.len().to_string()])) } }
                div .scroll tabindex="0" role="region" aria-label=(lang.t(Id::SearchTitle)) { table .wide.people {
                    thead { tr { @for id in [Id::Name, Id::BirthDate, Id::Sex, Id::Address, Id::LocalNumber, Id::RegionalId, Id::Standing] {
                        th scope="col" { (lang.t(id)) } } } }
                    tbody { @for hit in hits {
                        tr .look[shared(hit)] {
                            th scope="row" { a .name href={ "/person/" (hit.person) } {
                                small { (hit.kana) } b { (hit.name) } } }
                            td { (banner::birth(lang, hit.birth, self.today)) }
                            td .t { (hit.sex.word(lang)) }
                            td { (or_unknown(lang, &hit.address)) }
                            td { @match &hit.local_id { Some(id) => { (id) } None => { (lang.t(Id::NotRegisteredHere)) } } }
                            td .t { (hit.regional_id) }
                            td { @if shared(hit) { b .warn { (lang.t(Id::SameSurname)) } " " }
                                @else if hit.same_reading > 0 {
                                    b .warn { (lang.f(Id::SameReading, &[&hit.same_reading.to_string()])) } " " }
                                (hit.standing)
                                @if self.at_a_desk() { " " a .button href={ "/reception/" (hit.person) }
                                    aria-label={ (lang.t(Id::ReceptionTitle)) " " (hit.name) } { (lang.t(Id::ReceptionTitle)) } } }
                        }
                    } }
                } }
            }
        }
    }
}

fn or_unknown(lang: Lang, text: &str) -> &str {
    if text.is_empty() { lang.t(Id::Unknown) } else { text }
}
