//! What belongs to nobody yet: deliveries without an id, or whose path and message name different patients.
//! `GET /inbox` takes `item` and `q`, which searches for candidates. `POST /inbox/{id}/assign` takes `person` (or
//! `local_id`, the facility's number) and `checked`; `…/undo` nothing; `…/withdraw` takes `reason`.

use super::{form, operator};
use crate::{
    banner::{self, Sex},
    page::{self, Shell},
    text::{Id, Lang},
    when,
};
use jiff::civil::Date;
use maud::{Markup, html};
use model::{CompartmentId, PersonId, facility::Profession};

/// What the inbox shows.
#[derive(Debug, Clone)]
pub struct InboxPage {
    /// Frame.
    pub shell: Shell,
    /// What waits, oldest first; this page's part.
    pub items: Vec<InboxItem>,
    /// How many wait in all.
    pub waiting: usize,
    /// What was just done, in words, and the address of its undo if it has one.
    pub done: Option<(String, Option<String>)>,
    /// Today, for ages.
    pub today: Date,
}

/// One thing that waits.
#[derive(Debug, Clone)]
pub struct InboxItem {
    /// The compartment that holds it.
    pub id: CompartmentId,
    /// Why.
    pub why: Why,
    /// Facility.
    pub facility: String,
    /// Feed.
    pub source: String,
    /// Path or message id.
    pub path: String,
    /// Further deliveries of the same.
    pub more: usize,
    /// First receipt, ISO.
    pub received: String,
    /// Records inside.
    pub records: usize,
    /// What the content says of the person: field and value (only what is stated).
    pub says: Vec<(Id, String)>,
    /// What was searched for.
    pub asked: String,
    /// Whose it may be; `None` = not searched yet.
    pub candidates: Option<Vec<Candidate>>,
}

/// A person it may belong to.
#[derive(Debug, Clone)]
pub struct Candidate {
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
    /// The facility's own number for the person, if it has one.
    pub local_id: Option<String>,
}

/// Why something waits.
#[derive(Debug, Clone)]
pub enum Why {
    /// Nobody is named.
    Nobody,
    /// The message says one number, the path another.
    Disputed {
        /// Number in the message (PID-3).
        message: String,
        /// Number in the path.
        path: String,
    },
}

impl InboxPage {
    /// One of each.
    pub fn sample(lang: Lang) -> Self {
        let item = |why, path: &str, says: Vec<(Id, String)>| InboxItem {
            id: CompartmentId(uuid::Uuid::from_u128(path.len() as u128)),
            why,
            facility: "白鳥総合病院".to_owned(),
            source: "ssmix2-main".to_owned(),
            path: path.to_owned(),
            more: 1,
            received: "2026-11-22T10:00:00+09:00".to_owned(),
            records: 4,
            says,
            asked: String::new(),
            candidates: None,
        };
        let candidate = |name: &str, number: &str| Candidate {
            person: crate::course::sample::person(),
            name: name.to_owned(),
            kana: "サクラ　ハナコ".to_owned(),
            birth: when::day("1940-05-05"),
            sex: Sex::Female,
            local_id: Some(number.to_owned()),
        };
        let disputed = Why::Disputed { message: "0000123".to_owned(), path: "0000124".to_owned() };
        Self {
            shell: Shell::sample_for(lang, "運営 担当", Profession::Operator, "西いぶり運営協議会"),
            items: vec![
                InboxItem {
                    candidates: Some(vec![
                        candidate("佐倉　花子", "0000123"),
                        candidate("佐倉　華子", "0000124"),
                    ]),
                    ..item(
                        disputed,
                        "000/012/0000124/20261120/OML-11/0000124_20261120_OML-11_000001",
                        vec![(Id::Name, "佐倉　花子".to_owned()), (Id::BirthDate, "1940-05-05".to_owned())],
                    )
                },
                item(Why::Nobody, "notebook-20261122.csv", Vec::new()),
            ],
            waiting: 2,
            done: None,
            today: crate::course::sample::TODAY,
        }
    }

    /// The page.
    pub fn render(&self) -> Markup {
        let lang = self.shell.lang;
        let body = html! {
            (operator::links_for(&self.shell))
            p .lead { (lang.t(Id::InboxLead)) }
            p .nothing { (lang.f(Id::ReviewWaiting, &[&self.waiting.to_string()])) }
            @if let Some((words, undo)) = &self.done {
                @match undo {
                    Some(undo) => { form .notice.actions action=(undo) method="post" {
                        span role="status" { (words) } button type="submit" { (lang.t(Id::Undo)) } } }
                    None => { p .notice role="status" { (words) } }
                }
            }
            @for (at, item) in self.items.iter().enumerate() { (self::item(lang, at, item, self.today)) }
        };
        page::plain(&self.shell, Id::InboxTitle, body)
    }
}

fn item(lang: Lang, at: usize, item: &InboxItem, today: Date) -> Markup {
    html! {
        section .sec id={ "i-" (item.id) } {
            header {
                h2 { (lang.t(match item.why { Why::Nobody => Id::WhyNobody, Why::Disputed { .. } => Id::WhyDisputed })) }
                small { (lang.t(Id::Received)) " " (when::stamp(&item.received)) }
            }
            div .body {
                @if let Why::Disputed { message, path } = &item.why {
                    dl .facts.pairwise {
                        dt { (lang.t(Id::SaysMessage)) } dd { b { (message) } }
                        dt { (lang.t(Id::SaysPath)) } dd { b { (path) } }
                    }
                }
                dl .facts {
                    dt { (lang.t(Id::ColumnSource)) } dd { (item.facility) " / " (item.source) }
                    dt { (lang.t(Id::DeliveryPath)) } dd { (item.path) @if item.more > 0 { " " small { (lang.f(Id::MoreDeliveries, &[&item.more.to_string()])) } } }
                    dt { (lang.t(Id::RecordsHeld)) } dd { (item.records) }
                    @for (field, value) in &item.says { dt { (lang.t(*field)) } dd { (value) } }
                    @if item.says.is_empty() { dt { (lang.t(Id::Name)) } dd { (lang.t(Id::NotStated)) } }
                }
                details open[item.candidates.is_some()] {
                    summary .button { (lang.t(Id::Assign)) }
                    form .actions action={ "/inbox#i-" (item.id) } method="get" role="search" {
                        input type="hidden" name="item" value=(item.id);
                        (form::field(lang, &format!("q#{at}"), Id::CandidateSearch, None, "search", "off", &item.asked))
                        button type="submit" { (lang.t(Id::SearchButton)) }
                    }
                    @if let Some(candidates) = &item.candidates {
                        h3 { (lang.t(Id::Candidates)) }
                        @if candidates.is_empty() { p .nothing { (lang.t(Id::CandidatesNone)) } }
                        @for candidate in candidates { (self::candidate(lang, item, candidate, today)) }
                    }
                }
                details {
                    summary .button { (lang.t(Id::WithdrawDelivery)) }
                    form action={ "/inbox/" (item.id) "/withdraw" } method="post" {
                        p { (lang.t(Id::WithdrawDeliveryHelp)) }
                        (form::field(lang, &format!("reason#{at}"), Id::Reason, None, "text", "off", ""))
                        div .actions { button .danger type="submit" { (lang.t(Id::WithdrawDelivery)) } }
                    }
                }
            }
        }
    }
}

fn candidate(lang: Lang, item: &InboxItem, candidate: &Candidate, today: Date) -> Markup {
    html! {
        form .candidate action={ "/inbox/" (item.id) "/assign" } method="post" {
            input type="hidden" name="person" value=(candidate.person);
            div .nm { small { (candidate.kana) } " " b { (candidate.name) } }
            dl .facts {
                dt { (lang.t(Id::BirthDate)) } dd { (banner::birth(lang, candidate.birth, today)) }
                dt { (lang.t(Id::Sex)) } dd { (candidate.sex.word(lang)) }
                dt { (lang.t(Id::NumberThere)) } dd { (candidate.local_id.as_deref().unwrap_or(lang.t(Id::NotRegisteredThere))) }
            }
            (form::check("checked", "yes", lang.t(Id::CheckedIdentity), false, true))
            div .actions { button .pri type="submit" aria-label={ (lang.t(Id::AssignThis)) " " (candidate.name) } { (lang.t(Id::AssignThis)) } }
        }
    }
}
