//! The frame around every page: head, top bar, main, foot. A page about a person goes through
//! [`person`], which cannot be called without that person's [`Banner`].
//!
//! Titles never carry a person's data (they end up in histories and task bars of shared computers).

use crate::{
    assets,
    banner::Banner,
    text::{Id, Lang, Message},
};
use maud::{DOCTYPE, Markup, html};
use model::facility::Profession;

/// What the frame of a page needs to know.
#[derive(Debug, Clone)]
pub struct Shell {
    /// Language of the page.
    pub lang: Lang,
    /// Name of the regional network.
    pub region: String,
    /// True if every person in this store is invented; said on every page.
    pub fictitious: bool,
    /// Who is logged in; `None` before login and on the locked screen.
    pub user: Option<User>,
    /// Path and query of this page, for the language switch.
    pub here: String,
    /// Seconds without input until the screen locks itself.
    pub idle_seconds: u32,
    /// Address of the event stream that tells when this page is out of date.
    pub live: Option<String>,
}

/// Who is looking; always visible (shared computers).
#[derive(Debug, Clone)]
pub struct User {
    /// Name of the member of staff.
    pub name: String,
    /// What they are.
    pub profession: Profession,
    /// Where they work.
    pub facility: String,
}

impl Shell {
    /// A physician's page, as the gallery shows it.
    pub fn sample(lang: Lang) -> Self {
        Self::sample_for(lang, "高橋 亮", Profession::Physician, "港町内科クリニック")
    }

    /// The frame for another role.
    pub fn sample_for(lang: Lang, name: &str, profession: Profession, facility: &str) -> Self {
        Self {
            lang,
            region: "西いぶり地域医療介護連携".to_owned(),
            fictitious: true,
            user: Some(User { name: name.to_owned(), profession, facility: facility.to_owned() }),
            here: "/".to_owned(),
            idle_seconds: 900,
            live: None,
        }
    }

    /// The frame before anybody is logged in.
    pub fn sample_alone(lang: Lang) -> Self {
        Self { user: None, ..Self::sample(lang) }
    }
}

/// A page that is not about one person.
pub fn plain(shell: &Shell, title: impl Message, body: Markup) -> Markup {
    document(shell, title, html! { main #main .plain tabindex="-1" { h1 { (shell.lang.t(title)) } (body) } })
}

/// A page about one person: the banner comes first and stays in sight.
pub fn person(shell: &Shell, title: Id, banner: &Banner, body: Markup) -> Markup {
    document(
        shell,
        title,
        html! {
            (banner.render(shell.lang))
            div #live { (body) }
        },
    )
}

fn document(shell: &Shell, title: impl Message, body: Markup) -> Markup {
    let lang = shell.lang;
    let locks = shell.user.as_ref().map(|_| shell.idle_seconds);
    html! {
        (DOCTYPE)
        html lang=(lang.html()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (lang.t(title)) " | " (lang.t(Id::ProductName)) }
                link rel="icon" href=(assets::address("swan.svg")) type="image/svg+xml";
                link rel="stylesheet" href=(assets::address("hakucho.css"));
                script type="module" src=(assets::address("keys.js")) {}
                @if locks.is_some() { script type="module" src=(assets::address("lock.js")) {} }
                @if shell.live.is_some() { script type="module" src=(assets::address("live.js")) {} }
            }
            body data-idle=[locks] data-live=[shell.live.as_deref()] data-news=(lang.t(Id::LiveNews)) {
                a .skip href="#main" { (lang.t(Id::SkipToContent)) }
                (top(shell))
                (body)
                p #news .visually-hidden role="status" aria-live="polite" {}
                (foot(shell))
            }
        }
    }
}

fn top(shell: &Shell) -> Markup {
    let lang = shell.lang;
    html! {
        header .top {
            a .logo href="/" { (lang.t(Id::ProductName)) }
            span .region { (shell.region) }
            @if shell.fictitious { span .tag { (lang.t(Id::Fictitious)) } }
            @if let Some(user) = &shell.user {
                @if user.profession != Profession::Operator {
                    form .find role="search" action="/search" method="post" {
                        label .visually-hidden for="top-q" { (lang.t(Id::FindPerson)) }
                        input #top-q type="search" name="q" placeholder=(lang.t(Id::FindPerson))
                            autocomplete="off" spellcheck="false" aria-keyshortcuts="/";
                        kbd aria-hidden="true" { "/" }
                    }
                } @else {
                    span .push {}
                }
                span .who {
                    span { (user.facility) } " " b { (lang.profession(user.profession)) " " (user.name) }
                }
                span #idle .idle hidden[true] data-label=(lang.t(Id::AutoLockIn)) {}
                form action="/lock" method="post" { button .away type="submit" { (lang.t(Id::Away)) } }
                form action="/logout" method="post" { button .away type="submit" { (lang.t(Id::Logout)) } }
            }
        }
    }
}

fn foot(shell: &Shell) -> Markup {
    html! {
        footer .foot {
            nav aria-label=(shell.lang.t(Id::Language)) {
                @for each in Lang::ALL {
                    a href={ "/language/" (each.code()) "?to=" (percent(&shell.here)) }
                        lang=(each.html()) hreflang=(each.html())
                        aria-current=[(*each == shell.lang).then_some("true")] { (each.own_name()) }
                }
            }
            p { (shell.lang.t(Id::FootTimes)) }
        }
    }
}

/// Percent-encodes everything but unreserved characters and `/` (RFC 3986 §2.3).
pub fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Links of which one is in force, as one control: range, grouping, view.
pub fn segments(label: &str, choices: &[(String, &str, bool)]) -> Markup {
    html! {
        ul .seg aria-label=(label) role="list" {
            @for (href, text, on) in choices {
                li { a href=(href) data-swap aria-current=[on.then_some("true")] { (text) } }
            }
        }
    }
}
