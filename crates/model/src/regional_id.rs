//! The number of a person as people read it aloud: eight digits and a check digit, `0048-2917-5`.
//!
//! It follows from the first 32 bits of the person's id, so that the id is found by it without an index of its own. It is
//! no key: of 100,000 persons about fifty pairs share one, and a search by it shows both.

use crate::PersonId;
use std::fmt;
use uuid::Uuid;

const NUMBERS: u64 = 100_000_000;

/// Eight digits; the check digit is added where it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RegionalId(u32);

impl RegionalId {
    /// The number of a person.
    pub fn of(person: PersonId) -> Self {
        let first = (person.0.as_u128() >> 96) as u64;
        Self(((first * NUMBERS) >> 32) as u32)
    }

    /// Reads what somebody typed: nine digits, with or without hyphens, of which the last one checks.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(|c| *c != '-').collect();
        if digits.len() != 9 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let (number, check) = digits.split_at(8);
        let checked = check.parse::<usize>().ok()? == check_digit(number);
        number.parse().ok().filter(|_| checked).map(Self)
    }

    /// The least id of a person with this number, and the greatest.
    pub fn range(self) -> (Uuid, Uuid) {
        let least = |number: u64| u128::from((number << 32).div_ceil(NUMBERS));
        let (from, after) = (least(self.0.into()), least(u64::from(self.0) + 1));
        (Uuid::from_u128(from << 96), Uuid::from_u128((after << 96).wrapping_sub(1)))
    }
}

fn check_digit(number: &str) -> usize {
    number.bytes().zip(1..).map(|(digit, at)| usize::from(digit.saturating_sub(b'0')) * at).sum::<usize>()
        % 11
        % 10
}

impl fmt::Display for RegionalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:08}", self.0);
        let (first, last) = text.split_at(4);
        write!(f, "{first}-{last}-{}", check_digit(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_slip_is_no_number() {
        assert_eq!(RegionalId(482_917).to_string(), "0048-2917-6");
        assert_eq!(RegionalId::parse("004829176"), Some(RegionalId(482_917)));
        for wrong in ["0048-2917-8", "0048-2971-6", "0048-2917", "", "0048-2917-66", "００４８２９１７６"]
        {
            assert_eq!(RegionalId::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_person_is_within_the_range_of_the_number(id: u128) {
            let person = PersonId(Uuid::from_u128(id));
            let number = RegionalId::of(person);
            let (from, to) = number.range();
            prop_assert!(from <= person.0 && person.0 <= to);
            prop_assert_eq!(RegionalId::parse(&number.to_string()), Some(number));
            let before = from.as_u128().checked_sub(1).map(|before| RegionalId::of(PersonId(Uuid::from_u128(before))));
            let after = to.as_u128().checked_add(1).map(|after| RegionalId::of(PersonId(Uuid::from_u128(after))));
            prop_assert!(before != Some(number) && after != Some(number));
        }
    }
}
