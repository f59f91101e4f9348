//! Who this page is about: the band that stays in sight on every page about a person.
//!
//! Follows the NHS CUI patient banner guidance: label smaller than value, no colon, and what is missing is
//! said in words, never left blank. Built by the wiring from demographics, chart and permit.

use crate::{
    text::{Id, Lang},
    when,
};
use jiff::civil::Date;
use maud::{Markup, html};

/// Everything the banner says.
#[derive(Debug, Clone)]
pub struct Banner {
    /// Family and given name in kanji.
    pub name: String,
    /// Reading in katakana; empty if unknown.
    pub kana: String,
    /// Birth date.
    pub birth: Option<Date>,
    /// Today, for the age.
    pub today: Date,
    /// Administrative sex.
    pub sex: Sex,
    /// The person's id in this region, as people write it.
    pub regional_id: String,
    /// Care level, if a source states one (`要介護 3`).
    pub care_level: Option<String>,
    /// The three states of allergy.
    pub allergy: Allergy,
    /// Drugs whose period covers today and which change what others may do: class and name.
    pub alert_drugs: Vec<(String, String)>,
    /// Others of the same surname at the viewer's facility: name and age.
    pub same_surname: Vec<(String, Option<i16>)>,
    /// How many others of the region are read the same.
    pub same_reading: usize,
    /// Consent that lets the viewer see this.
    pub consent: Consent,
}

/// Administrative sex as the registration states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    /// 女性
    Female,
    /// 男性
    Male,
    /// その他
    Other,
    /// Not stated.
    Unknown,
}

/// Allergy has three states, never two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allergy {
    /// At least one is recorded: what to, and reaction or year if stated.
    Present(Vec<String>),
    /// Somebody asked and recorded that there is none: who and when.
    Absent(String),
    /// Nobody has recorded anything.
    NotAsked,
    /// Nothing among what this viewer sees, and there is more that the viewer does not see.
    NotShown,
}

/// On what ground the viewer sees this page.
#[derive(Debug, Clone)]
pub struct Consent {
    /// How many facilities the consent covers; `None` = only the viewer's own records.
    pub facilities: Option<usize>,
    /// Why the viewer may look, in words (from the permit).
    pub reason: String,
}

impl Sex {
    /// The word in this language.
    pub fn word(self, lang: Lang) -> &'static str {
        lang.t(match self {
            Self::Female => Id::Female,
            Self::Male => Id::Male,
            Self::Other => Id::SexOther,
            Self::Unknown => Id::Unknown,
        })
    }
}

/// `1940-05-05（昭和15年）86歳`.
pub fn birth(lang: Lang, birth: Option<Date>, today: Date) -> Markup {
    html! {
        @match birth {
            Some(day) => {
                (day) "（" (when::era(day)) "）" b { (lang.f(Id::Years, &[&when::age(day, today).to_string()])) }
            }
            None => { (lang.t(Id::Unknown)) }
        }
    }
}

impl Banner {
    /// The band.
    pub fn render(&self, lang: Lang) -> Markup {
        html! {
            section .ban aria-label=(lang.t(Id::PersonCheck)) {
                div .nm {
                    small { @if self.kana.is_empty() { (lang.t(Id::KanaUnknown)) } @else { (self.kana) } }
                    b { (self.name) }
                }
                dl {
                    div { dt { (lang.t(Id::BirthDate)) } dd { (birth(lang, self.birth, self.today)) } }
                    div { dt { (lang.t(Id::Sex)) } dd { (self.sex.word(lang)) } }
                    div { dt { (lang.t(Id::RegionalId)) } dd { (self.regional_id) } }
                    @if let Some(level) = &self.care_level {
                        div { dt { (lang.t(Id::CareLevel)) } dd { (level) } }
                    }
                }
                (self.allergy(lang))
                @for (class, name) in &self.alert_drugs {
                    div .alert-drug { b { (lang.f(Id::Taking, &[class])) } " " (name) }
                }
                @if !self.same_surname.is_empty() { (self.surname(lang)) }
                @if self.same_reading > 0 {
                    div .same-name { b { (lang.f(Id::SameReading, &[&self.same_reading.to_string()])) } }
                }
                div .consent {
                    @match self.consent.facilities {
                        Some(count) => {
                            span { (lang.t(Id::Consent)) " " b { (lang.t(Id::ConsentEffective)) }
                                (lang.f(Id::ConsentFacilities, &[&count.to_string()])) }
                        }
                        None => { span { (lang.t(Id::Consent)) " " b { (lang.t(Id::ConsentOwnOnly)) } } }
                    }
                    span { (lang.t(Id::ReasonForViewing)) " " (self.consent.reason) }
                }
            }
        }
    }

    fn allergy(&self, lang: Lang) -> Markup {
        html! {
            @match &self.allergy {
                Allergy::Present(list) => {
                    div .allergy { b { (lang.t(Id::AllergyPresent)) } " " (list.join("、")) }
                }
                Allergy::Absent(who) => {
                    div .allergy-none { b { (lang.t(Id::AllergyAbsent)) } " " (who) }
                }
                Allergy::NotAsked => {
                    div .allergy-unasked { b { (lang.t(Id::AllergyNotAsked)) } }
                }
                Allergy::NotShown => {
                    div .allergy-unasked { b { (lang.t(Id::AllergyNotShown)) } }
                }
            }
        }
    }

    fn surname(&self, lang: Lang) -> Markup {
        let people: Vec<String> = self
            .same_surname
            .iter()
            .take(3)
            .map(|(name, age)| match age {
                Some(age) => format!("{name}（{}）", lang.f(Id::Years, &[&age.to_string()])),
                None => name.clone(),
            })
            .collect();
        let more = self.same_surname.len().saturating_sub(3);
        html! {
            div .same-name {
                b { (lang.t(Id::SameSurname)) } " " (people.join("、"))
                @if more > 0 { " " (lang.f(Id::AndMore, &[&more.to_string()])) }
            }
        }
    }

    /// 佐倉 花子, as in the mock-up.
    pub fn sample(lang: Lang) -> Self {
        Self {
            name: "佐倉　花子".to_owned(),
            kana: "サクラ　ハナコ".to_owned(),
            birth: when::day("1940-05-05"),
            today: when::day("2026-11-23").unwrap_or_default(),
            sex: Sex::Female,
            regional_id: "0048-2917-5".to_owned(),
            care_level: Some("要介護 3".to_owned()),
            allergy: Allergy::Present(vec!["ペニシリン系（発疹 2011）".to_owned()]),
            alert_drugs: vec![(lang.t(Id::ClassAnticoagulant).to_owned(), "エドキサバン".to_owned())],
            same_surname: vec![("佐倉 華子".to_owned(), Some(84))],
            same_reading: 1,
            consent: Consent { facilities: Some(7), reason: "診療（訪問 11/24）".to_owned() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_in_words() {
        for lang in Lang::ALL {
            let banner = Banner {
                kana: String::new(),
                birth: None,
                sex: Sex::Unknown,
                allergy: Allergy::NotAsked,
                ..Banner::sample(*lang)
            };
            let page = banner.render(*lang).into_string();
            for id in [Id::KanaUnknown, Id::Unknown, Id::AllergyNotAsked] {
                assert!(page.contains(lang.t(id)), "{id:?}");
            }
            assert!(!page.contains("<dd></dd>"));
        }
    }

    #[test]
    fn the_three_states_of_allergy_read_differently() {
        let states = [
            Allergy::Present(vec!["卵".into()]),
            Allergy::Absent("受付".into()),
            Allergy::NotAsked,
            Allergy::NotShown,
        ];
        let mut seen = std::collections::HashSet::new();
        for allergy in states {
            let page = Banner { allergy, ..Banner::sample(Lang::Ja) }.render(Lang::Ja).into_string();
            assert!(seen.insert(page));
        }
    }
}
