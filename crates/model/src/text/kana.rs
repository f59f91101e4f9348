//! Readings: one alphabet, one size, and on request no long vowels.

use super::{is_dash, one_width, settle};

/// True for a katakana or hiragana letter or the long vowel mark.
pub fn is_kana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FA}' | 'ー')
}

/// A reading: katakana in full size without spaces. `さくら　はなこ`, `ｻｸﾗ ﾊﾅｺ` → `サクラハナコ`.
///
/// Old systems write no small kana (`ｷﾖｳｺ`), so キョ becomes キヨ; ヂヅヲヰヱ and ヴ take their usual spelling; any
/// dash is the long vowel mark. Other letters are kept in lower case.
pub fn kana(text: &str) -> String {
    settle(text, |text| {
        let mut out = String::with_capacity(text.len());
        for c in one_width(text).to_lowercase().chars() {
            match c {
                c if c.is_whitespace()
                    || matches!(c, '・' | '.' | ',' | '、' | '。' | '=' | '\'' | '’' | '"') => {}
                c if is_dash(c) || c == 'ー' => {
                    if out.chars().next_back().is_some_and(is_kana) {
                        out.push('ー');
                    }
                }
                other => out.push(other),
            }
        }
        full_size(&out)
    })
}

/// Hiragana to katakana, small to full size, ヴァ → バ, ヂ → ジ, ヅ → ズ, ヲ → オ, ヰ → イ, ヱ → エ.
pub(super) fn full_size(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().map(katakana).peekable();
    while let Some(c) = letters.next() {
        if c == 'ヴ' {
            let joined = match letters.peek() {
                Some('ァ') => 'バ',
                Some('ィ') => 'ビ',
                Some('ェ') => 'ベ',
                Some('ォ') => 'ボ',
                _ => {
                    out.push('ブ');
                    continue;
                }
            };
            letters.next();
            out.push(joined);
        } else {
            out.push(large(c));
        }
    }
    out
}

fn katakana(c: char) -> char {
    match c {
        '\u{3041}'..='\u{3096}' => char::from_u32(u32::from(c) + 0x60).unwrap_or(c),
        other => other,
    }
}

fn large(c: char) -> char {
    match c {
        'ァ' => 'ア',
        'ィ' | 'ヰ' => 'イ',
        'ゥ' => 'ウ',
        'ェ' | 'ヱ' => 'エ',
        'ォ' | 'ヲ' => 'オ',
        'ッ' => 'ツ',
        'ャ' => 'ヤ',
        'ュ' => 'ユ',
        'ョ' => 'ヨ',
        'ヮ' => 'ワ',
        'ヵ' => 'カ',
        'ヶ' => 'ケ',
        'ヂ' => 'ジ',
        'ヅ' => 'ズ',
        other => other,
    }
}

/// The vowel of a full-size katakana letter.
fn vowel(c: char) -> Option<char> {
    let rows = [
        ('ア', "アカサタナハマヤラワガザダバパ"),
        ('イ', "イキシチニヒミリギジビピ"),
        ('ウ', "ウクスツヌフムユルグズブプ"),
        ('エ', "エケセテネヘメレゲゼデベペ"),
        ('オ', "オコソトノホモヨロゴゾドボポ"),
    ];
    rows.iter().find(|(_, row)| row.contains(c)).map(|(vowel, _)| *vowel)
}

/// As [`kana`], with long vowels let go: オオノ, オーノ, オウノ → オノ; ケイコ, ケーコ → ケコ.
///
/// This makes ユウキ and ユキ one, who may be twins: use it only beside other evidence.
pub fn kana_without_long_vowels(text: &str) -> String {
    settle(text, |text| {
        let mut out = String::with_capacity(text.len());
        let mut before = None;
        for c in kana(text).chars() {
            let lengthens = c == 'ー'
                || match before {
                    Some('オ') => matches!(c, 'オ' | 'ウ'),
                    Some('エ') => matches!(c, 'エ' | 'イ'),
                    Some(same) => c == same,
                    None => false,
                };
            if !lengthens {
                before = vowel(c);
                out.push(c);
            }
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_are_one_alphabet_and_size() {
        for text in ["さくら　はなこ", "ｻｸﾗ ﾊﾅｺ", "サクラ・ハナコ", "さくらハナコ"]
        {
            assert_eq!(kana(text), "サクラハナコ");
        }
        assert_eq!(kana("ヴィオラ"), "ビオラ");
        assert_eq!(kana("ｼﾞｮﾝ"), "ジヨン");
        assert_eq!(kana("みつる"), kana("ミツル"));
        assert_eq!(kana("チヅル"), kana("チズル"));
    }

    #[test]
    fn long_vowels_go_only_when_asked() {
        for text in ["オオノ", "オーノ", "オウノ", "おおの", "ｵ-ﾉ"] {
            assert_eq!(kana_without_long_vowels(text), "オノ", "{text}");
        }
        assert_ne!(kana("ユウキ"), kana("ユキ"));
        assert_eq!(kana_without_long_vowels("ユウキ"), "ユキ");
        assert_eq!(kana_without_long_vowels("イノウエ"), "イノエ");
    }
}
