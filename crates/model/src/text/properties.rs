//! What holds for any text at all.

use super::*;
use proptest::prelude::*;

/// Any text, with a weight on what Japanese registers write.
fn any_text() -> impl Strategy<Value = String> {
    let register = "[ｦ-ﾟァ-ヾぁ-ゞ゛゜一二三四五六七八九十百〇々髙﨑邉辺0-9０-９A-Za-zＡ-ｚ 　〜～‖∥−－‐―ー・丁目番地号条線字大郡市区町村県都道府の東西南北\u{FE00}\u{E0100}]{0,24}";
    prop_oneof![3 => register, 1 => "\\PC{0,16}", 1 => any::<String>()]
}

proptest! {
    #[test]
    fn folding_twice_is_folding_once(text in any_text()) {
        for fold in [one_width, name, kana, kana_without_long_vowels, address, insured_symbol] {
            let once = fold(&text);
            prop_assert_eq!(&fold(&once), &once);
        }
    }

    #[test]
    fn numbers_are_their_own_normal_form(text in "[0-9０-９ +()ー－-]{0,16}") {
        for read in [phone, postal_code, insurer_number, insured_number, branch_number, birth_date] {
            if let Some(once) = read(&text) {
                prop_assert_eq!(read(&once), Some(once));
            }
        }
    }

    #[test]
    fn width_and_spaces_never_tell_names_apart(letters in "[a-z0-9ァ-ヶ一-三]{0,12}") {
        let wide: String = letters
            .chars()
            .map(|c| if c.is_ascii_graphic() { char::from_u32(u32::from(c) + 0xFEE0).unwrap() } else { c })
            .flat_map(|c| [c, '\u{3000}'])
            .collect();
        prop_assert_eq!(name(&wide), name(&letters));
        prop_assert_eq!(kana(&wide), kana(&letters));
    }

    #[test]
    fn hiragana_and_katakana_are_one(hiragana in "[ぁ-ゖ]{0,12}") {
        let katakana: String =
            hiragana.chars().map(|c| char::from_u32(u32::from(c) + 0x60).unwrap()).collect();
        prop_assert_eq!(kana(&katakana), kana(&hiragana));
        prop_assert_eq!(name(&katakana), name(&hiragana));
    }

    #[test]
    fn an_address_form_loses_nothing_of_the_normal_form(text in any_text()) {
        let form = AddressForm::new(&text);
        prop_assert_eq!(format!("{}{}{}", form.town, form.block, form.building), address(&text));
    }
}
