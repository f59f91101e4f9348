//! Before deliveries are read again: how many, and that what does not change stays as it is.
//! `POST /operator/replay` takes `facility`, `source`, `checked`.

use super::operator;
use crate::{
    page::{self, Shell},
    text::{Id, Lang},
};
use maud::{Markup, html};
use model::facility::Profession;

/// What the page shows.
#[derive(Debug, Clone)]
pub struct ReplayPage {
    /// Frame.
    pub shell: Shell,
    /// Whose deliveries.
    pub facility: String,
    /// Its name.
    pub name: String,
    /// Of which feed.
    pub source: String,
    /// How many deliveries.
    pub count: usize,
}

impl ReplayPage {
    /// A hospital's feed.
    pub fn sample(lang: Lang) -> Self {
        Self {
            shell: Shell::sample_for(lang, "運営 担当", Profession::Operator, "西いぶり運営協議会"),
            facility: "hakucho".to_owned(),
            name: "白鳥総合病院".to_owned(),
            source: "ssmix2-main".to_owned(),
            count: 8310,
        }
    }

    /// The page.
    pub fn render(&self) -> Markup {
        let lang = self.shell.lang;
        let what = format!("{} / {}", self.name, self.source);
        let body = html! {
            (operator::links(lang))
            section .sec {
                form .body action="/operator/replay" method="post" {
                    p { (lang.f(Id::ReplayLead, &[&what, &crate::chart::number(self.count as f64)])) }
                    input type="hidden" name="facility" value=(self.facility);
                    input type="hidden" name="source" value=(self.source);
                    input type="hidden" name="checked" value="yes";
                    div .actions {
                        button .pri type="submit" { (lang.t(Id::ReplayStart)) }
                        a .button href="/operator" { (lang.t(Id::BackToStart)) }
                    }
                }
            }
        };
        page::plain(&self.shell, Id::ReplayTitle, body)
    }
}
