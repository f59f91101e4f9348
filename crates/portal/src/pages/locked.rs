//! The locked screen of a shared computer: no person's data, the user's name, and a quick way back.
//! `POST /unlock` takes `password`.

use super::form;
use crate::{
    page::{self, Shell},
    text::{Id, Lang},
};
use maud::{Markup, html};

/// What the locked screen shows.
#[derive(Debug, Clone)]
pub struct LockedPage {
    /// Frame without a user, so that nothing but this page is offered.
    pub shell: Shell,
    /// Whose session it is.
    pub name: String,
    /// True after a wrong password.
    pub wrong: bool,
}

impl LockedPage {
    /// A locked session.
    pub fn sample(lang: Lang) -> Self {
        Self { shell: Shell::sample_alone(lang), name: "高橋 亮".to_owned(), wrong: false }
    }

    /// The page.
    pub fn render(&self) -> Markup {
        let lang = self.shell.lang;
        let body = html! {
            div .narrow {
                @if self.wrong { div .error role="alert" { p { b { (lang.t(Id::UnlockFailed)) } } } }
                p .lead { (lang.f(Id::LockedLead, &[&self.name])) }
                form .sec action="/unlock" method="post" {
                    div .body {
                        (form::field(lang, "password", Id::Password, None, "password", "current-password", ""))
                        div .actions { button .pri type="submit" { (lang.t(Id::UnlockButton)) } }
                    }
                }
                form action="/logout" method="post" {
                    button type="submit" { (lang.t(Id::OtherUser)) }
                }
            }
        };
        page::plain(&self.shell, Id::LockedTitle, body)
    }
}
