//! What went wrong: what happened, whom it concerns, what to do. Never a stack, never a person's data.

use crate::{
    page::{self, Shell},
    text::{Id, Lang},
};
use maud::{Markup, html};

/// What an error page shows.
#[derive(Debug, Clone)]
pub struct ErrorPage {
    /// Frame.
    pub shell: Shell,
    /// What happened.
    pub trouble: Trouble,
    /// Number to tell support; also in the log.
    pub incident: String,
    /// When, JST, ISO 8601.
    pub at: String,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum Trouble {
    /// No page at this address.
    NotFound,
    /// The viewer may not see this: the reasons, and what would change it (from the refusal).
    Refused {
        /// Why not, in the viewer's language.
        reasons: Vec<String>,
        /// What would change it.
        changes: Vec<String>,
    },
    /// The session has ended.
    SignIn,
    /// Somebody else changed it meanwhile; nothing was saved.
    Changed,
    /// What was sent cannot be accepted; nothing was saved.
    Invalid(Vec<String>),
    /// The store does not answer; nothing was saved.
    Unavailable,
}

impl Trouble {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::Refused { .. } => 403,
            Self::SignIn => 401,
            Self::Changed => 409,
            Self::Invalid(_) => 422,
            Self::Unavailable => 503,
        }
    }

    /// What happened, whom it concerns, what to do.
    fn words(&self) -> [Id; 3] {
        match self {
            Self::NotFound => [Id::ErrorNotFound, Id::ErrorOnlyYou, Id::ErrorNotFoundDo],
            Self::Refused { .. } => [Id::ErrorRefused, Id::ErrorRefusedWho, Id::ErrorRefusedDo],
            Self::SignIn => [Id::ErrorSignIn, Id::ErrorOnlyYou, Id::ErrorSignInDo],
            Self::Changed => [Id::ErrorChanged, Id::ErrorNothingSaved, Id::ErrorChangedDo],
            Self::Invalid(_) => [Id::ErrorInvalid, Id::ErrorNothingSaved, Id::ErrorInvalidDo],
            Self::Unavailable => [Id::ErrorUnavailable, Id::ErrorEverybody, Id::ErrorUnavailableDo],
        }
    }
}

impl ErrorPage {
    /// Every kind of error.
    pub fn samples(lang: Lang) -> Vec<Self> {
        let refused = Trouble::Refused {
            reasons: vec!["本人の同意に あなたの施設が含まれていません（規則 C-2）".to_owned()],
            changes: vec!["受付で同意を登録する".to_owned()],
        };
        let invalid = Trouble::Invalid(vec!["終了日が開始日より前です".to_owned()]);
        [Trouble::NotFound, refused, Trouble::SignIn, Trouble::Changed, invalid, Trouble::Unavailable]
            .into_iter()
            .map(|trouble| Self {
                shell: Shell::sample(lang),
                trouble,
                incident: "7Q4M-2X".to_owned(),
                at: "2026-11-23T14:32:00+09:00".to_owned(),
            })
            .collect()
    }

    /// The page.
    pub fn render(&self) -> Markup {
        let lang = self.shell.lang;
        let [what, who, todo] = self.trouble.words();
        let (reasons, changes): (&[String], &[String]) = match &self.trouble {
            Trouble::Refused { reasons, changes } => (reasons, changes),
            Trouble::Invalid(reasons) => (reasons, &[]),
            _ => (&[], &[]),
        };
        let body = html! {
            div .error {
                p { b { (lang.t(what)) } }
                @if !reasons.is_empty() { ul { @for reason in reasons { li { (reason) } } } }
            }
            dl .facts {
                dt { (lang.t(Id::ErrorWho)) } dd { (lang.t(who)) }
                dt { (lang.t(Id::ErrorDo)) } dd {
                    (lang.t(todo))
                    @if !changes.is_empty() { ul { @for change in changes { li { (change) } } } }
                }
                dt { (lang.t(Id::ErrorAt)) } dd { (crate::when::stamp(&self.at)) }
                dt { (lang.t(Id::ErrorNumber)) } dd { (self.incident) }
            }
            p .actions { a .button href="/" { (lang.t(Id::BackToStart)) } }
        };
        page::plain(&self.shell, Id::ErrorTitle, body)
    }
}
