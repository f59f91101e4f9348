//! The code with which a facility joins, as people type it.

use crate::samples::code;
use proptest::prelude::*;
use protocol::{CODE_RANDOM, JoinCode, JoinCodeError};

const LETTERS: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

#[test]
fn a_code_is_eleven_groups_of_four_and_says_nothing_in_debug() {
    let (code, text) = (code(), code().reveal());
    let groups: Vec<_> = text.split('-').collect();
    assert_eq!((groups.len(), groups.iter().all(|group| group.len() == 4)), (11, true), "{text}");
    assert_eq!((code.invitation().len(), code.secret().len()), (7, 20));
    assert!(!format!("{code:?}").contains(&code.secret()));
    assert!(code.names(b"a public key") && !code.names(b"another public key"));
}

#[test]
fn it_is_read_however_it_was_typed() {
    let text = code().reveal();
    let wide: String = text.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap()).collect();
    let alike = text.replace('0', "o").replace('1', "l");
    for typed in [text.to_lowercase(), text.replace('-', " "), text.replace('-', ""), wide, alike] {
        assert_eq!(JoinCode::parse(&typed), Ok(code()), "{typed}");
    }
    let short = text.get(..text.len() - 1).unwrap();
    assert_eq!(JoinCode::parse(short), Err(JoinCodeError::Length(43)));
    assert_eq!(JoinCode::parse(&format!("{text}0")), Err(JoinCodeError::Length(45)));
    assert_eq!(JoinCode::parse("U"), Err(JoinCodeError::Character(1)));
}

proptest! {
    #[test]
    fn every_code_is_read_back(random in any::<[u8; CODE_RANDOM]>(), key in any::<Vec<u8>>()) {
        let code = JoinCode::new(&random, &key);
        prop_assert_eq!(JoinCode::parse(&code.reveal()), Ok(code.clone()));
        prop_assert!(code.names(&key));
    }

    #[test]
    fn one_wrong_character_never_passes(random in any::<[u8; CODE_RANDOM]>(), at in 0_usize..44, other in 0_usize..32) {
        let text = JoinCode::new(&random, b"key").reveal().replace('-', "");
        let mut letters: Vec<char> = text.chars().collect();
        let letter = LETTERS.chars().nth(other).unwrap();
        prop_assume!(letters[at] != letter);
        letters[at] = letter;
        let typed: String = letters.into_iter().collect();
        prop_assert_eq!(JoinCode::parse(&typed), Err(JoinCodeError::Check));
    }

    #[test]
    fn nothing_typed_panics(typed in any::<String>()) {
        let _ = JoinCode::parse(&typed);
    }
}
