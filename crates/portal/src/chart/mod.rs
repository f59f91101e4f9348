//! The pictures of the patient page, drawn on the server as SVG that stretches with the window.
//!
//! Places along time are percentages, sizes are pixels: a chart fills any width and its text and signs stay
//! as large as they are. Only presentation attributes and classes are used (the pages forbid inline style).
//! Nothing here decides what is shown: that is `course`.

pub mod axis;
pub mod drugs;
pub mod glyph;
pub mod labs;
pub mod life;
pub mod matrix;

use crate::text::{Id, Lang};
use maud::{Markup, html};

/// A length as a percentage with two decimals, without trailing zeros.
pub fn percent(share: f64) -> String {
    let text = format!("{:.2}", share.clamp(-1.0, 2.0) * 100.0);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text}%")
}

/// Words inside a bar, each in full or not at all: a dose cut inside its number or unit reads as another dose. Words that
/// do not fit at the window's width wrap to a second line, which is outside the box and not drawn (`.fit`).
pub fn fitting(x: &str, width: &str, y: usize, height: usize, class: &str, words: &[&str]) -> Markup {
    html! {
        foreignObject x=(x) y=(y) width=(width) height=(height) {
            div .{ "fit " (class) } { @for word in words.iter().filter(|word| !word.is_empty()) { span { (word) } } }
        }
    }
}

/// What an empty section says: that there is nothing, or whose records are not shown and why.
pub fn nothing(lang: Lang, none: Id, hidden: &[(Id, String)]) -> Markup {
    html! {
        @if hidden.is_empty() { p .nothing { (lang.t(none)) } }
        @for (state, words) in hidden { p .nothing { b { (lang.t(*state)) } " " (words) } }
    }
}

/// A number as people write it: at most two decimals, no trailing zero, a leading zero, thousands commas.
pub fn number(value: f64) -> String {
    let text = format!("{:.2}", value.abs());
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let (whole, rest) = text.split_once('.').map_or((text, ""), |(whole, rest)| (whole, rest));
    let digits = whole.len();
    let mut out = String::new();
    if value < 0.0 && text != "0" {
        out.push('−');
    }
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (digits - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if !rest.is_empty() {
        out.push('.');
        out.push_str(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_have_a_leading_zero_and_no_trailing_one() {
        for (value, text) in [
            (0.5, "0.5"),
            (30.0, "30"),
            (2.50, "2.5"),
            (1_234_567.0, "1,234,567"),
            (-0.004, "0"),
            (-2.6, "−2.6"),
        ] {
            assert_eq!(super::number(value), text);
        }
    }

    #[test]
    fn places_are_percentages() {
        assert_eq!(super::percent(0.5), "50%");
        assert_eq!(super::percent(1.0 / 3.0), "33.33%");
        assert_eq!(super::percent(0.0), "0%");
    }
}
