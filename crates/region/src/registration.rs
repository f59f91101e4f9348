//! How one facility writes one person: its number for them and its spelling of who they are.
//!
//! Every facility has habits (kana width, spaces, address style, how old its systems are) and every
//! registration may have a fault of its own (an old address, two digits of a birth date exchanged).

use crate::dice::Dice;
use crate::facilities::Facility;
use crate::people::{Insurance, Person, Sex};
use crate::places::AddressStyle;
use jiff::ToSpan;
use jiff::civil::Date;
use model::facility::FacilityKind;

/// How kana is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KanaStyle {
    /// サクラ
    Wide,
    /// ｻｸﾗ
    Narrow,
    /// Not written.
    Missing,
}

/// One facility's registration of a person, as written there.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Place of the facility.
    pub facility: usize,
    /// The facility's number for the person; empty at pharmacies, whose notebooks carry none.
    pub local_id: String,
    /// Family name.
    pub family: String,
    /// Given name.
    pub given: String,
    /// What stands between family and given name where both are one field.
    pub space: &'static str,
    /// Reading of the family name; empty if not written.
    pub family_kana: String,
    /// Reading of the given name; empty if not written.
    pub given_kana: String,
    /// Sex.
    pub sex: Sex,
    /// Date of birth as written.
    pub birth: Date,
    /// Postal code with hyphen; may be empty.
    pub postal: String,
    /// Address; may be empty.
    pub address: String,
    /// Telephone; may be empty.
    pub phone: String,
    /// Insurance; some facilities have none.
    pub insurance: Option<Insurance>,
}

impl Registration {
    /// Family and given name in one field.
    pub fn name(&self) -> String {
        format!("{}{}{}", self.family, self.space, self.given)
    }

    /// Reading in one field; empty if not written.
    pub fn kana(&self) -> String {
        if self.family_kana.is_empty() {
            return String::new();
        }
        let space =
            if self.family_kana.starts_with(|c| ('｡'..='ﾟ').contains(&c)) { " " } else { self.space };
        format!("{}{space}{}", self.family_kana, self.given_kana)
    }

    /// The registration of `person` at `facility`, made or last checked on `day`.
    pub fn new(seed: u64, person: &Person, facility: &Facility, day: Date) -> Self {
        let mut habit = Dice::new(&[seed, 3, facility.place as u64]);
        let mut dice = Dice::new(&[seed, 4, facility.place as u64, u64::from(person.number)]);
        let town_hall = facility.kind == FacilityKind::TownHall;
        let style = habit.pick(&[
            AddressStyle::Kanji,
            AddressStyle::Dashes,
            AddressStyle::WideKanji,
            AddressStyle::WideShort,
            AddressStyle::KanjiDigit,
        ]);
        let space = habit.pick(&["　", " ", "　"]);
        let kana_style = match habit.below(10) {
            _ if facility.storage || town_hall => KanaStyle::Wide,
            0..=3 => KanaStyle::Narrow,
            _ => KanaStyle::Wide,
        };
        let old_system = habit.chance(30);

        let family = person.family_on(day);
        let spelling = if !town_hall && !family.variants.is_empty() && dice.chance(40) {
            dice.pick(family.variants)
        } else {
            family.kanji
        };
        let kana_style = if !town_hall && dice.chance(4) { KanaStyle::Missing } else { kana_style };
        let kana = |text: &str| match kana_style {
            KanaStyle::Wide => text.to_owned(),
            KanaStyle::Narrow => narrow(text),
            KanaStyle::Missing => String::new(),
        };
        let address = person.address_on(day);
        let mut registration = Self {
            facility: facility.place,
            local_id: local_id(facility, person),
            family: spelling.to_owned(),
            given: person.given.0.clone(),
            space,
            family_kana: kana(family.kana),
            given_kana: kana(&person.given.1),
            sex: person.sex,
            birth: if !town_hall && dice.permille(6) { exchanged(person.birth) } else { person.birth },
            postal: address.postal_hyphen(),
            address: address.written(style),
            phone: if !person.mobile.is_empty() && dice.chance(35) {
                person.mobile.clone()
            } else {
                person.phone.clone()
            },
            insurance: Some(person.insurance.clone()),
        };
        if !town_hall {
            if dice.chance(6) {
                registration.phone.clear();
            }
            if dice.chance(3) {
                registration.address.clear();
                registration.postal.clear();
            }
            match &mut registration.insurance {
                Some(card) if old_system || dice.chance(10) => card.branch.clear(),
                _ => {}
            }
            if dice.chance(5) {
                registration.insurance = None;
            }
        }
        registration
    }
}

/// The number a facility gives: its width and shape are the facility's habit.
fn local_id(facility: &Facility, person: &Person) -> String {
    // Spread so that neighbours in one facility are not neighbours in another; a bijection on 0..10^7.
    let number = (u64::from(person.number) * 7919 + facility.place as u64 * 104_729) % 10_000_000;
    match facility.kind {
        FacilityKind::Hospital => format!("{number:010}"),
        FacilityKind::Clinic if facility.storage => format!("{number:08}"),
        FacilityKind::Clinic => format!("{number:07}"),
        FacilityKind::Dental => format!("D{number}"),
        FacilityKind::VisitingNurse => format!("VN-{number:07}"),
        FacilityKind::Care => format!("{number:07}"),
        FacilityKind::TownHall => format!("{:010}", 1_000_000_000 + number),
        FacilityKind::Pharmacy => String::new(),
    }
}

/// A birth date whose day digits were exchanged, or the next best slip.
fn exchanged(birth: Date) -> Date {
    let day = birth.day();
    let turned = (day % 10) * 10 + day / 10;
    let with = |day: i8| birth.with().day(day).build().ok().filter(|other| *other != birth);
    with(turned).or_else(|| with(day + 1)).unwrap_or_else(|| birth.saturating_sub(10.days()))
}

/// Full-width katakana in half-width form, voiced marks as characters of their own.
pub fn narrow(text: &str) -> String {
    const WIDE: &str = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲンァィゥェォャュョッー　";
    const NARROW: &str = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｦﾝｧｨｩｪｫｬｭｮｯｰ ";
    const VOICED: &str = "ガギグゲゴザジズゼゾダヂヅデドバビブベボヴ";
    const UNVOICED: &str = "ｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾊﾋﾌﾍﾎｳ";
    const HALF_VOICED: &str = "パピプペポ";
    const HALF_UNVOICED: &str = "ﾊﾋﾌﾍﾎ";
    let find =
        |from: &str, to: &str, c: char| from.chars().zip(to.chars()).find(|(f, _)| *f == c).map(|(_, t)| t);
    let mut out = String::new();
    for c in text.chars() {
        if let Some(base) = find(VOICED, UNVOICED, c) {
            out.extend([base, 'ﾞ']);
        } else if let Some(base) = find(HALF_VOICED, HALF_UNVOICED, c) {
            out.extend([base, 'ﾟ']);
        } else {
            out.push(find(WIDE, NARROW, c).unwrap_or(c));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn kana_narrows() {
        assert_eq!(narrow("サクラ ワタナベ パピプ"), "ｻｸﾗ ﾜﾀﾅﾍﾞ ﾊﾟﾋﾟﾌﾟ");
    }

    #[test]
    fn exchanged_birth_dates_differ_and_exist() {
        assert_eq!(exchanged(date(1940, 5, 12)), date(1940, 5, 21));
        assert_eq!(exchanged(date(1940, 5, 11)), date(1940, 5, 12));
        for day in 1..=30 {
            assert_ne!(exchanged(date(1950, 6, day)), date(1950, 6, day));
        }
    }
}
