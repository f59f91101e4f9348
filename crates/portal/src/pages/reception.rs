//! The consent desk: what a person has agreed to, who has a reason to see them, entry and withdrawal.
//!
//! `POST /reception/{person}/consent` takes `kind` (`permit`, `deny`), `scope` (`all`, `some`), `facility`*,
//! `from`, `until`, `checked`; `…/withdraw` takes `consent`, `checked`; `…/relationship` takes `facility`,
//! `reason`, `from`, `until`. Two identifiers are confirmed with the person before anything is saved.

use super::form;
use crate::{
    banner::{self, Sex},
    page::{self, Shell},
    text::{Id, Lang},
    when,
};
use jiff::civil::Date;
use maud::{Markup, html};
use model::{
    FacilityId, PersonId,
    facility::{FacilityKind, Profession},
};

/// What the consent desk shows for one person.
#[derive(Debug, Clone)]
pub struct ReceptionPage {
    /// Frame.
    pub shell: Shell,
    /// Whose consent.
    pub person: PersonId,
    /// Full name in kanji.
    pub name: String,
    /// Reading.
    pub kana: String,
    /// Birth date.
    pub birth: Option<Date>,
    /// Sex.
    pub sex: Sex,
    /// Address as registered.
    pub address: String,
    /// Others of the same surname at this facility.
    pub same_surname: Vec<String>,
    /// Consents and refusals, newest first.
    pub consents: Vec<ConsentLine>,
    /// Facilities with a reason to see the person.
    pub relationships: Vec<RelationshipLine>,
    /// Facilities a consent may be about, by kind: id and name.
    pub facilities: Vec<(FacilityKind, Vec<(FacilityId, String)>)>,
    /// Facilities whose relationship may be entered here: id and name.
    pub own: Vec<(FacilityId, String)>,
    /// A refusal is in force that lets agreements have no effect.
    pub denied: bool,
    /// Today.
    pub today: Date,
    /// What was just saved, in words (the receipt).
    pub saved: Option<String>,
    /// What was wrong with the last entry.
    pub problem: Option<String>,
}

/// One consent or refusal.
#[derive(Debug, Clone)]
pub struct ConsentLine {
    /// Its id.
    pub id: String,
    /// True if it refuses.
    pub deny: bool,
    /// Facilities by name; empty = every facility of the region.
    pub facilities: Vec<String>,
    /// First day.
    pub from: String,
    /// Last day.
    pub until: Option<String>,
    /// Who entered it and when, in words.
    pub entered: String,
    /// Who withdrew it and when, in words.
    pub withdrawn: Option<String>,
    /// Why it has no effect today although nobody withdrew it: not yet, over, overruled.
    pub idle: Option<Id>,
    /// It was entered elsewhere: withdrawing it enters a refusal against it.
    pub elsewhere: bool,
    /// It can be withdrawn here.
    pub open: bool,
    /// Facilities that would lose sight of the person if it were withdrawn now; of a refusal, gain it.
    pub effect: Vec<String>,
}

/// One relationship.
#[derive(Debug, Clone)]
pub struct RelationshipLine {
    /// Facility by name.
    pub facility: String,
    /// `visit`, `referral`, `care-contract`, `team`.
    pub reason: String,
    /// First day.
    pub from: String,
    /// Last day.
    pub until: Option<String>,
}

const REASONS: [(&str, Id); 4] = [
    ("visit", Id::ReasonVisit),
    ("referral", Id::ReasonReferral),
    ("care-contract", Id::ReasonCareContract),
    ("team", Id::ReasonTeam),
];

impl ReceptionPage {
    /// 佐倉 花子 at the desk.
    pub fn sample(lang: Lang) -> Self {
        let facility = |id: &str, name: &str| Some((FacilityId::new(id).ok()?, name.to_owned()));
        Self {
            shell: Shell::sample_for(lang, "南 さくら", Profession::Reception, "港町内科クリニック"),
            person: crate::course::sample::person(),
            name: "佐倉　花子".to_owned(),
            kana: "サクラ　ハナコ".to_owned(),
            birth: when::day("1940-05-05"),
            sex: Sex::Female,
            address: "室蘭市港町1-2-3".to_owned(),
            same_surname: vec!["佐倉 華子（84歳）".to_owned()],
            consents: vec![
                ConsentLine {
                    id: "c-2".to_owned(),
                    deny: false,
                    facilities: Vec::new(),
                    from: "2026-04-01".to_owned(),
                    until: None,
                    entered: "南 さくら 2026-04-01 10:12".to_owned(),
                    withdrawn: None,
                    idle: None,
                    elsewhere: true,
                    open: true,
                    effect: vec!["白鳥総合病院".to_owned(), "すずらん薬局".to_owned()],
                },
                ConsentLine {
                    id: "c-1".to_owned(),
                    deny: true,
                    facilities: vec!["月見クリニック".to_owned()],
                    from: "2025-06-01".to_owned(),
                    until: Some("2027-05-31".to_owned()),
                    entered: "南 さくら 2025-06-01 09:40".to_owned(),
                    withdrawn: Some("南 さくら 2025-08-02 11:00".to_owned()),
                    idle: None,
                    elsewhere: false,
                    open: false,
                    effect: Vec::new(),
                },
            ],
            relationships: vec![RelationshipLine {
                facility: "訪問看護 ひかり".to_owned(),
                reason: "team".to_owned(),
                from: "2026-04-01".to_owned(),
                until: None,
            }],
            facilities: vec![
                (FacilityKind::Hospital, facility("hakucho", "白鳥総合病院").into_iter().collect()),
                (FacilityKind::Pharmacy, facility("suzuran", "すずらん薬局").into_iter().collect()),
                (
                    FacilityKind::Care,
                    [facility("nagisa", "グループホーム なぎさ"), facility("umi", "デイサービス うみ")]
                        .into_iter()
                        .flatten()
                        .collect(),
                ),
            ],
            own: facility("minato", "港町内科クリニック").into_iter().collect(),
            denied: false,
            today: crate::course::sample::TODAY,
            saved: None,
            problem: Some("終了日が開始日より前です".to_owned()),
        }
    }

    /// The page.
    pub fn render(&self) -> Markup {
        let lang = self.shell.lang;
        let body = html! {
            p { a href="/search" { "← " (lang.t(Id::SearchTitle)) } }
            section .sec.identity aria-label=(lang.t(Id::PersonCheck)) {
                div .nm { small { (self.kana) } b { (self.name) } }
                dl .facts {
                    dt { (lang.t(Id::BirthDate)) } dd { (banner::birth(lang, self.birth, self.today)) }
                    dt { (lang.t(Id::Sex)) } dd { (self.sex.word(lang)) }
                    dt { (lang.t(Id::Address)) } dd { (self.address) }
                }
                @if !self.same_surname.is_empty() {
                    p .same-name { b { (lang.t(Id::SameSurname)) } " " (self.same_surname.join("、")) }
                }
            }
            @if let Some(saved) = &self.saved { p .notice role="status" { (saved) } }
            @if let Some(problem) = &self.problem {
                div .error role="alert" { p { b { (lang.t(Id::ErrorInvalid)) } } p { (problem) } p { (lang.t(Id::ErrorNothingSaved)) } }
            }
            (self.consents())
            (self.new_consent())
            (self.relationships())
        };
        page::plain(&self.shell, Id::ReceptionTitle, body)
    }

    fn consents(&self) -> Markup {
        let lang = self.shell.lang;
        html! {
            section .sec {
                header { h2 { (lang.t(Id::ConsentsTitle)) } }
                @if self.denied { p .notice role="status" { (lang.t(Id::StillDenied)) } }
                @if self.consents.is_empty() { p .nothing { (lang.t(Id::ConsentsNone)) } }
                @for consent in &self.consents { (self.consent(consent)) }
            }
        }
    }

    fn consent(&self, consent: &ConsentLine) -> Markup {
        let lang = self.shell.lang;
        html! {
            article .body.entry .withdrawn[consent.withdrawn.is_some() || consent.idle.is_some_and(|idle| idle != Id::ConsentLater)] {
                h3 {
                    (lang.t(if consent.deny { Id::Deny } else { Id::Permit })) " "
                    @if consent.facilities.is_empty() { (lang.t(Id::WholeRegion)) } @else { (consent.facilities.join("、")) }
                }
                p { (period(lang, &consent.from, consent.until.as_deref())) " " small { (lang.t(Id::EnteredBy)) " " (consent.entered) } }
                @if let Some(who) = &consent.withdrawn { p { b { (lang.t(Id::ConsentWithdrawn)) } " " (who) } }
                @if let Some(idle) = consent.idle { p { b { (lang.t(idle)) } } }
                @if consent.open { (self.withdrawal(consent)) }
            }
        }
    }

    fn withdrawal(&self, consent: &ConsentLine) -> Markup {
        let lang = self.shell.lang;
        let [verb, effect, none] = if consent.deny {
            [Id::TakeBackDeny, Id::DenyEffect, Id::DenyNoEffect]
        } else {
            [Id::Withdraw, Id::WithdrawEffect, Id::WithdrawNoEffect]
        };
        html! {
            details {
                summary .button { (lang.t(verb)) }
                form action={ "/reception/" (self.person) "/withdraw" } method="post" {
                    input type="hidden" name="consent" value=(consent.id);
                    @if consent.elsewhere { p { (lang.t(Id::WithdrawByDenial)) } }
                    p { (lang.t(effect)) }
                    ul { @for name in &consent.effect { li { (name) } }
                        @if consent.effect.is_empty() { li { (lang.t(none)) } } }
                    (form::check("checked", "yes", lang.t(Id::CheckedIdentity), false, true))
                    div .actions { button .danger type="submit" { (lang.t(verb)) } }
                }
            }
        }
    }

    fn new_consent(&self) -> Markup {
        let lang = self.shell.lang;
        let kind = [("permit", Id::Permit, true), ("deny", Id::Deny, false)];
        html! {
            section .sec {
                header { h2 { (lang.t(Id::NewConsent)) } }
                form .body action={ "/reception/" (self.person) "/consent" } method="post" {
                    fieldset {
                        legend { (lang.t(Id::ConsentKind)) }
                        @for (value, words, on) in kind {
                            label .check { input type="radio" name="kind" value=(value) checked[on]; span { (lang.t(words)) } }
                        }
                    }
                    fieldset {
                        legend { (lang.t(Id::ConsentScope)) }
                        label .check { input type="radio" name="scope" value="all" checked; span { (lang.t(Id::WholeRegion)) } }
                        label .check { input type="radio" name="scope" value="some"; span { (lang.t(Id::TheseFacilities)) } }
                        @for (kind, list) in &self.facilities {
                            details .kinds {
                                summary { (lang.facility_kind(*kind)) " " small { (lang.f(Id::Count, &[&list.len().to_string()])) } }
                                div .grid { @for (id, name) in list { (form::check("facility", id.as_str(), name, false, false)) } }
                            }
                        }
                    }
                    (days(lang, "consent", self.today))
                    (form::check("checked", "yes", lang.t(Id::CheckedIdentity), false, true))
                    div .actions { button .pri type="submit" { (lang.t(Id::SaveConsent)) } }
                }
            }
        }
    }

    fn relationships(&self) -> Markup {
        let lang = self.shell.lang;
        let facilities: Vec<(String, String, bool)> =
            self.own.iter().map(|(id, name)| (id.as_str().to_owned(), name.clone(), false)).collect();
        let reasons = REASONS.map(|(word, id)| (word.to_owned(), lang.t(id).to_owned(), word == "visit"));
        html! {
            section .sec {
                header { h2 { (lang.t(Id::RelationshipsTitle)) } small { (lang.t(Id::RelationshipsNote)) } }
                @if self.relationships.is_empty() { p .nothing { (lang.t(Id::RelationshipsNone)) } } @else {
                    table {
                        thead { tr { @for id in [Id::ColumnSource, Id::Reason, Id::Period] { th scope="col" { (lang.t(id)) } } } }
                        tbody { @for line in &self.relationships { tr {
                            th scope="row" { (line.facility) }
                            td { (REASONS.iter().find(|(word, _)| *word == line.reason).map_or(line.reason.as_str(), |(_, id)| lang.t(*id))) }
                            td { (period(lang, &line.from, line.until.as_deref())) }
                        } } }
                    }
                }
                form .body action={ "/reception/" (self.person) "/relationship" } method="post" {
                    h3 { (lang.t(Id::NewRelationship)) }
                    div .grid {
                        (form::choice(lang, "facility", Id::ColumnSource, &facilities))
                        (form::choice(lang, "reason", Id::Reason, &reasons))
                    }
                    (days(lang, "relationship", self.today))
                    div .actions { button .pri type="submit" { (lang.t(Id::SaveRelationship)) } }
                }
            }
        }
    }
}

fn period(lang: Lang, from: &str, until: Option<&str>) -> String {
    format!("{from} – {}", until.unwrap_or(lang.t(Id::NoEnd)))
}

fn days(lang: Lang, form: &str, today: Date) -> Markup {
    html! {
        div .grid {
            div .field { label for={ (form) "-from" } { (lang.t(Id::ColumnFrom)) }
                input id={ (form) "-from" } type="date" name="from" value=(today) required; }
            div .field { label for={ (form) "-until" } { (lang.t(Id::UntilOptional)) }
                input id={ (form) "-until" } type="date" name="until"; }
        }
    }
}
