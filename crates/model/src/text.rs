//! Japanese text brought to one form, for matching and search. Never for showing: what came in is what is shown.
//!
//! Registers write one person many ways: half-width kana, full-width digits, 髙 for 高, long vowels, dashes of
//! seven kinds. Each function here maps all of them to one text and is idempotent; different people may fall
//! together (that is for `linkage` to weigh), the same writing never falls apart.
//!
//! Not here: readings of kanji, city mergers, dates ([`crate::wareki`]).

mod address;
mod kana;
mod numbers;
mod variants;

#[cfg(test)]
mod properties;

pub use address::{AddressForm, address};
pub use kana::{is_kana, kana, kana_without_long_vowels};
pub use numbers::{
    birth_date, branch_number, insured_number, insured_symbol, insurer_number, phone, postal_code,
};
pub use variants::common_form;

use unicode_normalization::UnicodeNormalization;

/// Every dash, minus and horizontal bar that registers use for one another, but not the long vowel mark ー.
fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{2010}'
            ..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{2500}' | '\u{2501}' | '\u{FE63}' | '\u{FF0D}'
    )
}

/// Marks that have no width and no meaning here: controls, variation selectors (SVS, IVS), joiners, direction
/// marks, the byte order mark and what a failed decoding leaves behind stays visible (U+FFFD is kept).
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{00AD}' | '\u{034F}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E0FFF}'
        )
}

/// Applies a folding until it has no more to do (two rounds for nearly every text, never more than eight).
fn settle(text: &str, fold: impl Fn(&str) -> String) -> String {
    let mut now = fold(text);
    for _ in 0..8 {
        let next = fold(&now);
        if next == now {
            break;
        }
        now = next;
    }
    now
}

/// One width, one dash, one tilde: NFKC with the pairs that Shift_JIS tables disagree on brought together.
///
/// Spaces stay (as U+0020), case stays. `ﾊﾞ` → `バ`, `１２－３` → `12-3`, `〜` → `~`, `‖` → `∥`, `①` → `1`.
pub fn one_width(text: &str) -> String {
    settle(text, |text| {
        let before = text.chars().filter(|c| !is_invisible(*c) || c.is_whitespace()).map(|c| match c {
            // NFKC would put a space before a voicing mark that stands alone.
            '\u{309B}' => '\u{3099}',
            '\u{309C}' => '\u{309A}',
            other => other,
        });
        before
            .nfkc()
            .filter_map(|c| match c {
                '\u{301C}' | '\u{223C}' => Some('~'),
                '\u{2016}' => Some('∥'),
                c if is_dash(c) => Some('-'),
                c if c.is_whitespace() => Some(' '),
                c if is_invisible(c) => None,
                other => Some(other),
            })
            .collect()
    })
}

/// A name, or anything searched for: one width, no spaces or separating dots, common form of kanji, katakana
/// in full size, lower case, 々 written out.
///
/// `渡邉　ﾊﾅｺ` and `渡辺はなこ` both give `渡辺ハナコ`. A dash after kana is taken for the long vowel mark.
pub fn name(text: &str) -> String {
    settle(text, |text| {
        let mut out = String::with_capacity(text.len());
        let lower = one_width(text).to_lowercase();
        for c in lower.chars() {
            if c.is_whitespace() || matches!(c, '・' | '.' | ',' | '、' | '。' | '=' | '\'' | '’' | '"')
            {
                continue;
            }
            match c {
                '-' | 'ー' => {
                    if out.chars().next_back().is_some_and(is_kana) {
                        out.push('ー');
                    }
                }
                '々' | '〻' | 'ゝ' | 'ヽ' => {
                    let repeated = out.chars().next_back().unwrap_or(c);
                    out.push(repeated);
                }
                other => out.push(common_form(other)),
            }
        }
        kana::full_size(&out)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_written_in_many_ways_are_one() {
        for (a, b) in [
            ("渡邉　ﾊﾅｺ", "渡辺はなこ"),
            ("髙﨑 國男", "高崎国男"),
            ("佐々木", "佐佐木"),
            ("葛\u{E0100}西", "葛西"),
            ("コ−ノ", "コーノ"),
            ("マリア・サントス", "マリア　サントス"),
            ("ＳＡＫＵＲＡ　Hanako", "sakura hanako"),
            ("キョウコ", "ｷﾖｳｺ"),
            ("ハ゛ハ゛", "ババ"),
            ("\u{2F8F}政", "行政"),
            ("土屋\u{200B}", "圡屋"),
        ] {
            assert_eq!(name(a), name(b), "{a} {b}");
        }
        assert_ne!(name("佐倉花子"), name("佐倉華子"));
    }

    #[test]
    fn dashes_and_tildes_of_all_tables_are_one() {
        let dashes = "-\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2212}\u{FF0D}";
        assert_eq!(one_width(dashes), "-".repeat(9));
        assert_eq!(one_width("\u{301C}\u{FF5E}~"), "~~~");
        assert_eq!(one_width("\u{2016}\u{2225}"), "∥∥");
        assert_eq!(one_width("ﾊﾞｽﾞ１２３　Ａ"), "バズ123 A");
    }
}
