//! What goes wrong while a page is made, as a page: what happened, whom it concerns, what to do.

use crate::page::Shell;
use crate::pages::error::{ErrorPage, Trouble};
use crate::routes::session::Signed;
use crate::text::{Id, Lang};
use access::{Language, Refusal};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use store::{ErrorKind, StoreError};

/// A fault of a request. Made into a page by the frame it carries, or a plain one.
pub struct Fault {
    shell: Option<Box<Shell>>,
    trouble: Trouble,
}

/// The language of reasons.
pub fn language(lang: Lang) -> Language {
    match lang {
        Lang::Ja => Language::Japanese,
        Lang::Easy => Language::Plain,
        Lang::En => Language::English,
    }
}

impl Fault {
    /// A fault without anybody's frame.
    pub fn plain(trouble: Trouble) -> Self {
        Self { shell: None, trouble }
    }

    /// Nothing at this address, or not for this viewer: the two are not told apart.
    pub fn not_found(signed: &Signed) -> Self {
        Self { shell: Some(Box::new(signed.shell())), trouble: Trouble::NotFound }
    }

    /// The viewer may not see this person.
    pub fn refused(signed: &Signed, refusal: &Refusal) -> Self {
        let words = |reasons: &[access::Reason]| {
            reasons.iter().map(|reason| reason.words(language(signed.lang))).collect()
        };
        let trouble = Trouble::Refused {
            reasons: words(&refusal.reasons),
            changes: words(&refusal.what_would_change_it),
        };
        Self { shell: Some(Box::new(signed.shell())), trouble }
    }

    /// A page of another profession.
    pub fn outside_role(signed: &Signed) -> Self {
        let reasons = vec![signed.lang.t(Id::OutsideRolePage).to_owned()];
        Self {
            shell: Some(Box::new(signed.shell())),
            trouble: Trouble::Refused { reasons, changes: Vec::new() },
        }
    }

    /// What was sent cannot be accepted; nothing was saved.
    pub fn invalid(shell: Shell, what: &str) -> Self {
        Self { shell: Some(Box::new(shell)), trouble: Trouble::Invalid(vec![what.to_owned()]) }
    }

    /// Somebody else changed it meanwhile.
    pub fn changed(signed: &Signed) -> Self {
        Self { shell: Some(Box::new(signed.shell())), trouble: Trouble::Changed }
    }

    /// The store does not answer.
    pub fn unavailable(shell: Shell, error: &anyhow::Error) -> Self {
        tracing::error!(error = format!("{error:#}"), "a page could not be made");
        Self { shell: Some(Box::new(shell)), trouble: Trouble::Unavailable }
    }

    /// The same fault in this viewer's frame.
    pub fn framed(mut self, signed: &Signed) -> Self {
        self.shell.get_or_insert_with(|| Box::new(signed.shell()));
        self
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        let trouble = match error.kind {
            ErrorKind::NotFound => Trouble::NotFound,
            ErrorKind::ConsentChanged | ErrorKind::Conflict => Trouble::Changed,
            _ => {
                tracing::error!(%error, "a page could not be made");
                Trouble::Unavailable
            }
        };
        Self { shell: None, trouble }
    }
}

impl From<anyhow::Error> for Fault {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<StoreError>() {
            Ok(error) => error.into(),
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "a page could not be made");
                Self { shell: None, trouble: Trouble::Unavailable }
            }
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.trouble.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let shell = self.shell.map(|shell| *shell).unwrap_or_else(|| Shell {
            lang: Lang::Ja,
            region: String::new(),
            fictitious: false,
            user: None,
            here: "/".to_owned(),
            idle_seconds: 0,
            live: None,
        });
        let page = ErrorPage { shell, trouble: self.trouble, incident: String::new(), at: String::new() };
        let mut response = (status, page.render()).into_response();
        // Time and number are added where the clock is (routes::incident).
        response.extensions_mut().insert(Arc::new(page));
        response
    }
}
