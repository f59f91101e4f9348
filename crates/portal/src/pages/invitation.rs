//! The page behind a one-time link: the first operator, or a member of staff who was invited or reset,
//! chooses a password and ties a one-time-code app. `POST /invitation/{token}` takes `password`, `again`, `totp`.

use super::form;
use crate::{
    page::{self, Shell},
    text::{Id, Lang},
};
use maud::{Markup, html};
use model::facility::Profession;

/// What the page behind a one-time link shows.
#[derive(Debug, Clone)]
pub struct InvitationPage {
    /// Frame; nobody is logged in.
    pub shell: Shell,
    /// The token of the link.
    pub token: String,
    /// For whom.
    pub name: String,
    /// Login name.
    pub login: String,
    /// Profession.
    pub profession: Profession,
    /// One-time-code secret: base32, SHA-1, 6 digits, 30 s (RFC 6238).
    pub secret: String,
    /// `otpauth://` address of the same.
    pub otpauth: String,
    /// What was wrong with the last try.
    pub problem: Option<InvitationProblem>,
}

/// What was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationProblem {
    /// Fewer than 12 characters.
    Short,
    /// The two passwords differ.
    Differ,
    /// The code does not fit the secret.
    Code,
}

impl InvitationPage {
    /// The first operator.
    pub fn sample(lang: Lang) -> Self {
        Self {
            shell: Shell::sample_alone(lang),
            token: "5f7c".to_owned(),
            name: "運営 担当".to_owned(),
            login: "operator".to_owned(),
            profession: Profession::Operator,
            secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP".to_owned(),
            otpauth: "otpauth://totp/hakucho:operator?secret=JBSWY3DPEHPK3PXP".to_owned(),
            problem: None,
        }
    }

    /// The page.
    pub fn render(&self) -> Markup {
        let lang = self.shell.lang;
        let groups: Vec<String> =
            self.secret.chars().collect::<Vec<_>>().chunks(4).map(|four| four.iter().collect()).collect();
        let body = html! {
            div .narrow {
                p .lead { (lang.f(Id::InvitationLead, &[&self.name, lang.profession(self.profession)])) }
                @if let Some(problem) = self.problem {
                    div .error role="alert" { p { b { (lang.t(match problem {
                        InvitationProblem::Short => Id::PasswordShort,
                        InvitationProblem::Differ => Id::PasswordsDiffer,
                        InvitationProblem::Code => Id::CodeWrong,
                    })) } } }
                }
                form .sec action={ "/invitation/" (self.token) } method="post" {
                    div .body {
                        dl .facts { dt { (lang.t(Id::LoginName)) } dd { b { (self.login) } } }
                        (form::field(lang, "password", Id::NewPassword, Some(Id::NewPasswordHint), "password", "new-password", ""))
                        (form::field(lang, "again", Id::PasswordAgain, None, "password", "new-password", ""))
                        h2 { (lang.t(Id::TotpSetup)) }
                        p { (lang.t(Id::TotpSetupLead)) }
                        p .secret { code { (groups.join(" ")) } }
                        p { a .button href=(self.otpauth) { (lang.t(Id::TotpOpenApp)) } }
                        (form::field(lang, "totp", Id::Totp, Some(Id::TotpHint), "text", "one-time-code", ""))
                        div .actions { button .pri type="submit" { (lang.t(Id::InvitationButton)) } }
                    }
                }
            }
        };
        page::plain(&self.shell, Id::InvitationTitle, body)
    }
}
