//! What belongs to nobody yet: deliveries without an id, or whose path and message name different patients.
//! `POST /inbox/{id}/assign` takes `local_id` and `checked`; `…/withdraw` takes `reason`.

use super::form;
use crate::{
    page::{self, Shell},
    text::{Id, Lang},
    when,
};
use maud::{Markup, html};
use model::{CompartmentId, facility::Profession};

/// What the inbox shows.
#[derive(Debug, Clone)]
pub struct InboxPage {
    /// Frame.
    pub shell: Shell,
    /// What waits, oldest first; this page's part.
    pub items: Vec<InboxItem>,
    /// How many wait in all.
    pub waiting: usize,
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
    /// First receipt, ISO.
    pub received: String,
    /// Records inside.
    pub records: usize,
    /// What the content says of the person: field and value (only what is stated).
    pub says: Vec<(Id, String)>,
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
            id: CompartmentId(uuid::Uuid::nil()),
            why,
            facility: "白鳥総合病院".to_owned(),
            source: "ssmix2-main".to_owned(),
            path: path.to_owned(),
            received: "2026-11-22T10:00:00+09:00".to_owned(),
            records: 4,
            says,
        };
        let disputed = Why::Disputed { message: "0000123".to_owned(), path: "0000124".to_owned() };
        Self {
            shell: Shell::sample_for(lang, "運営 担当", Profession::Operator, "西いぶり運営協議会"),
            items: vec![
                item(
                    disputed,
                    "000/012/0000124/20261120/OML-11/0000124_20261120_OML-11_000001",
                    vec![(Id::Name, "佐倉　花子".to_owned()), (Id::BirthDate, "1940-05-05".to_owned())],
                ),
                item(Why::Nobody, "notebook-20261122.csv", Vec::new()),
            ],
            waiting: 2,
        }
    }

    /// The page.
    pub fn render(&self) -> Markup {
        let lang = self.shell.lang;
        let body = html! {
            p .lead { (lang.t(Id::InboxLead)) }
            p .nothing { (lang.f(Id::ReviewWaiting, &[&self.waiting.to_string()])) }
            @for (at, item) in self.items.iter().enumerate() { (self::item(lang, at, item)) }
        };
        page::plain(&self.shell, Id::InboxTitle, body)
    }
}

fn item(lang: Lang, at: usize, item: &InboxItem) -> Markup {
    html! {
        section .sec {
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
                    dt { (lang.t(Id::DeliveryPath)) } dd { (item.path) }
                    dt { (lang.t(Id::RecordsHeld)) } dd { (item.records) }
                    @for (field, value) in &item.says { dt { (lang.t(*field)) } dd { (value) } }
                    @if item.says.is_empty() { dt { (lang.t(Id::Name)) } dd { (lang.t(Id::NotStated)) } }
                }
                details {
                    summary .button { (lang.t(Id::Assign)) }
                    form action={ "/inbox/" (item.id) "/assign" } method="post" {
                        (form::field(lang, &format!("local_id#{at}"), Id::LocalNumber, Some(Id::AssignHint), "text", "off", ""))
                        (form::check("checked", "yes", lang.t(Id::CheckedIdentity), false, true))
                        div .actions { button .pri type="submit" { (lang.t(Id::Assign)) } }
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
