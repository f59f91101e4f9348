//! One way to write a form field, so that each has a label, a hint and an id of its own.

use crate::text::{Lang, Message};
use maud::{Markup, html};

/// A text field. `kind` is the `type` attribute, `complete` the `autocomplete` one. What follows a `#` in
/// the name only tells it from others of the same name on the page.
pub fn field<M: Message>(
    lang: Lang,
    name: &str,
    label: M,
    hint: Option<M>,
    kind: &str,
    complete: &str,
    value: &str,
) -> Markup {
    let id = format!("f-{}", name.replace('#', "-"));
    let name = name.split('#').next().unwrap_or_default();
    let hinted = hint.map(|_| format!("{id}-hint"));
    html! {
        div .field {
            label for=(id) { (lang.t(label)) }
            @if let (Some(hint), Some(hinted)) = (hint, &hinted) { span .hint id=(hinted) { (lang.t(hint)) } }
            input id=(id) name=(name) type=(kind) autocomplete=(complete) value=(value)
                spellcheck="false" autocapitalize="none" aria-describedby=[hinted];
        }
    }
}

/// A choice from a list: value, words, chosen.
pub fn choice(lang: Lang, name: &str, label: impl Message, options: &[(String, String, bool)]) -> Markup {
    let id = format!("f-{}", name.replace('#', "-"));
    let name = name.split('#').next().unwrap_or_default();
    html! {
        div .field {
            label for=(id) { (lang.t(label)) }
            select id=(id) name=(name) {
                @for (value, words, on) in options { option value=(value) selected[*on] { (words) } }
            }
        }
    }
}

/// A box to tick.
pub fn check(name: &str, value: &str, words: &str, on: bool, required: bool) -> Markup {
    html! {
        label .check {
            input type="checkbox" name=(name) value=(value) checked[on] required[required];
            span { (words) }
        }
    }
}
