//! The helper's first screen: a card for each person, large enough for a thumb, in plain words.

use super::movements::relative;
use super::{Fresh, NewsOf, WorklistPage};
use crate::{
    chart::glyph::Glyph,
    text::{FirstScreen as Word, Id},
    when,
};
use maud::{Markup, html};
use model::facility::RecordKind;

impl WorklistPage {
    pub(super) fn cards(&self) -> Markup {
        let lang = self.shell.lang;
        let with = self.people.iter().filter(|each| each.has_news()).count();
        html! {
            section aria-labelledby="mine" {
                header .counts {
                    h2 #mine { (lang.f(Id::WorklistCount, &[&with.to_string()])) }
                    small { (lang.f(Id::WorklistQuiet, &[&(self.people.len() - with + self.quiet).to_string()])) }
                }
                @if self.people.is_empty() { p .nothing { (lang.t(Word::HelperNobody)) } }
                ul .persons role="list" { @for person in &self.people { (self.card(person)) } }
            }
        }
    }

    fn card(&self, person: &NewsOf) -> Markup {
        let lang = self.shell.lang;
        let day = person.movements.iter().find(|moved| !moved.is_planned()).map(|moved| moved.day);
        let address = format!("/person/{}", person.person);
        html! {
            li .look[person.same_surname] .calm[!person.has_news()] {
                a .open href={ (address) @if let Some(day) = day { "?day=" (day) } } {
                    span .name { small { (person.kana) } b { (person.name) } }
                    span { @match person.birth {
                        Some(birth) => {
                            // Where a name does not tell two people apart, the birth date does.
                            @if person.same_surname { (birth) " " }
                            b { (lang.f(Id::Years, &[&when::age(birth, self.today).to_string()])) }
                        }
                        None => { (lang.t(Id::BirthDate)) " " (lang.t(Id::Unknown)) }
                    } " " (person.sex.word(lang)) }
                    @if person.same_surname { b .warn { (lang.t(Id::SameSurname)) } }
                }
                @if person.has_news() {
                    ul .said role="list" {
                        @let (planned, past): (Vec<_>, Vec<_>) = person.movements.iter().partition(|moved| moved.is_planned());
                        @for moved in past.into_iter().chain(planned) {
                            li { (moved.glyph().icon()) span { b { (lang.t(Word::says(moved.step))) }
                                " " small { (relative(lang, moved.day, self.today)) " " (moved.facility) } } }
                        }
                        @for fresh in self.in_order(&person.news) { (self.said(fresh)) }
                    }
                } @else { p { (lang.t(Word::NothingSince)) } }
                @if person.goal { a .button.goal href=(address) {
                    (lang.t(Word::GoalThere)) span .visually-hidden { " " (person.name) } } }
            }
        }
    }

    fn said(&self, fresh: &Fresh) -> Markup {
        let lang = self.shell.lang;
        let others = fresh.count.saturating_sub(fresh.plans);
        let sentence = match fresh.kind {
            RecordKind::Medication => lang.t(Word::SaysMedication).to_owned(),
            kind => lang.f(Word::SaysOther, &[lang.kind(kind)]),
        };
        let line = |text: &str, count: usize| {
            html! { li { (Glyph::Kind(fresh.kind).icon()) span { b { (text) } " "
            small { (lang.f(Id::Count, &[&count.to_string()])) " " (fresh.facility) } } } }
        };
        html! {
            @if fresh.plans > 0 { (line(lang.t(Word::SaysPlans), fresh.plans)) }
            @if others > 0 { (line(&sentence, others)) }
        }
    }
}
