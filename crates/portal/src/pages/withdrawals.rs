//! Wrongly sent deliveries: taking them out of every view. The reason and who did it stay.
//! `POST /operator/withdrawals` takes `delivery`, `reason`, `checked`.

use super::{form, operator};
use crate::{
    page::{self, Shell},
    text::{Id, Lang},
    when,
};
use maud::{Markup, html};
use model::facility::Profession;

/// What the page shows.
#[derive(Debug, Clone)]
pub struct WithdrawalsPage {
    /// Frame.
    pub shell: Shell,
    /// Deliveries found by path, number or hash, that can be withdrawn.
    pub found: Vec<DeliveryLine>,
    /// What was asked for.
    pub asked: String,
    /// What was withdrawn, newest first.
    pub done: Vec<Withdrawal>,
    /// One was withdrawn just now.
    pub saved: bool,
}

/// One delivery.
#[derive(Debug, Clone)]
pub struct DeliveryLine {
    /// Its id.
    pub id: String,
    /// Facility and feed.
    pub facility: String,
    /// Path.
    pub path: String,
    /// Receipt, ISO.
    pub received: String,
    /// Records that would leave every view.
    pub records: usize,
}

/// One withdrawal.
#[derive(Debug, Clone)]
pub struct Withdrawal {
    /// Facility and feed.
    pub facility: String,
    /// Path.
    pub path: String,
    /// When, ISO.
    pub at: String,
    /// Who.
    pub who: String,
    /// Why.
    pub reason: String,
    /// Records that left every view.
    pub records: usize,
}

impl WithdrawalsPage {
    /// One found, one done.
    pub fn sample(lang: Lang) -> Self {
        Self {
            shell: Shell::sample_for(lang, "運営 担当", Profession::Operator, "西いぶり運営協議会"),
            asked: "OML-11_000001".to_owned(),
            found: vec![DeliveryLine {
                id: "d-9".to_owned(),
                facility: "白鳥総合病院 / ssmix2-main".to_owned(),
                path: "000/012/0000124/20261120/OML-11/0000124_20261120_OML-11_000001".to_owned(),
                received: "2026-11-22T10:00:00+09:00".to_owned(),
                records: 4,
            }],
            done: vec![Withdrawal {
                facility: "すずらん薬局 / okusuri".to_owned(),
                path: "notebook-20261101.csv".to_owned(),
                at: "2026-11-02T09:12:00+09:00".to_owned(),
                who: "運営 担当".to_owned(),
                reason: "別の患者の手帳を送信したと薬局から連絡".to_owned(),
                records: 9,
            }],
            saved: true,
        }
    }

    /// The page.
    pub fn render(&self) -> Markup {
        let lang = self.shell.lang;
        let body = html! {
            (operator::links(lang))
            p .lead { (lang.t(Id::WithdrawDeliveryHelp)) }
            @if self.saved { p .notice role="status" { (lang.t(Id::WithdrawnDone)) } }
            form .sec action="/operator/withdrawals" method="get" { div .body.grid {
                (form::field(lang, "q", Id::DeliveryPath, Some(Id::DeliveryFindHint), "search", "off", &self.asked))
                div .actions { button .pri type="submit" { (lang.t(Id::SearchButton)) } }
            } }
            @if self.found.is_empty() && !self.asked.is_empty() { p .notice { (lang.t(Id::DeliveryNone)) } }
            @for (at, found) in self.found.iter().enumerate() { (delivery(lang, at, found)) }
            (self.done())
        };
        page::plain(&self.shell, Id::WithdrawalsTitle, body)
    }

    fn done(&self) -> Markup {
        let lang = self.shell.lang;
        html! {
            section .sec {
                header { h2 { (lang.t(Id::WithdrawalsDone)) } }
                @if self.done.is_empty() { p .nothing { (lang.t(Id::WithdrawalsNone)) } } @else {
                    div .scroll tabindex="0" role="region" aria-label=(lang.t(Id::WithdrawalsDone)) { table .wide {
                        thead { tr { @for id in [Id::ColumnTime, Id::ColumnSource, Id::DeliveryPath, Id::Who, Id::Reason, Id::RecordsHeld] {
                            th scope="col" { (lang.t(id)) } } } }
                        tbody { @for each in &self.done { tr {
                            td .t { (when::stamp(&each.at)) } td { (each.facility) } th scope="row" { (each.path) }
                            td { (each.who) } td { (each.reason) } td .n { (each.records) }
                        } } }
                    } }
                }
            }
        }
    }
}

fn delivery(lang: Lang, at: usize, found: &DeliveryLine) -> Markup {
    html! {
        section .sec {
            header { h2 { (found.facility) } small { (lang.t(Id::Received)) " " (when::stamp(&found.received)) } }
            div .body {
                p .path { (found.path) }
                details {
                    summary .button { (lang.t(Id::WithdrawDelivery)) }
                    form action="/operator/withdrawals" method="post" {
                        p { b { (lang.f(Id::WithdrawRecords, &[&found.records.to_string()])) } }
                        input type="hidden" name="delivery" value=(found.id);
                        (form::field(lang, &format!("reason#{at}"), Id::Reason, None, "text", "off", ""))
                        (form::check("checked", "yes", lang.t(Id::WithdrawConfirm), false, true))
                        div .actions { button .danger type="submit" { (lang.t(Id::WithdrawDelivery)) } }
                    }
                }
            }
        }
    }
}
