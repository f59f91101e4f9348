//! Login with password and one-time code. `POST /login` takes `login`, `password`, `totp`.

use super::form;
use crate::{
    page::{self, Shell},
    text::{Id, Lang},
};
use maud::{Markup, html};

/// What the login page shows.
#[derive(Debug, Clone)]
pub struct LoginPage {
    /// Frame; nobody is logged in.
    pub shell: Shell,
    /// What was typed as login, to be kept after a failure.
    pub login: String,
    /// Why the last try failed.
    pub failed: Option<LoginFailure>,
}

/// Why a login failed. Never says which of the three was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginFailure {
    /// One of the three is wrong.
    Wrong,
    /// Too many tries: wait so many minutes.
    Wait(u32),
}

impl LoginPage {
    /// After a wrong try.
    pub fn sample(lang: Lang) -> Self {
        Self {
            shell: Shell::sample_alone(lang),
            login: "takahashi".to_owned(),
            failed: Some(LoginFailure::Wrong),
        }
    }

    /// The page.
    pub fn render(&self) -> Markup {
        let lang = self.shell.lang;
        let body = html! {
            div .narrow {
                @if let Some(failed) = self.failed {
                    div .error role="alert" {
                        p { b { (lang.t(Id::LoginFailed)) } }
                        p { @match failed {
                            LoginFailure::Wrong => { (lang.t(Id::LoginFailedHelp)) }
                            LoginFailure::Wait(minutes) => { (lang.f(Id::LoginWait, &[&minutes.to_string()])) }
                        } }
                    }
                }
                form .sec action="/login" method="post" {
                    div .body {
                        (form::field(lang, "login", Id::LoginName, None, "text", "username", &self.login))
                        (form::field(lang, "password", Id::Password, None, "password", "current-password", ""))
                        (form::field(lang, "totp", Id::Totp, Some(Id::TotpHint), "text", "one-time-code", ""))
                        div .actions { button .pri type="submit" { (lang.t(Id::LoginButton)) } }
                    }
                }
                p .src { (lang.t(Id::LoginHelp)) }
            }
        };
        page::plain(&self.shell, Id::LoginTitle, body)
    }
}
