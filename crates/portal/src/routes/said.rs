//! What a page says of a person, out of their registrations: which name, which birth date, which address.

use crate::banner::Sex;
use crate::when;
use jiff::civil::Date;
use model::PersonId;
use model::registration::{Registration, Sex as RegisteredSex};
use store::Registered;

/// The registration a page speaks from: the one that says most; of equals the first.
pub fn leading(all: &[Registered]) -> Option<&Registration> {
    let weight = |registration: &Registration| {
        let said = [
            !registration.full_name.reveal().is_empty(),
            !registration.kana.reveal().is_empty(),
            !registration.birth_date.reveal().is_empty(),
            !registration.address.reveal().is_empty(),
            !registration.phones.is_empty(),
        ];
        said.iter().filter(|said| **said).count()
    };
    let heaviest = all.iter().map(|each| weight(&each.registration)).max()?;
    all.iter().map(|each| &each.registration).find(|registration| weight(registration) == heaviest)
}

/// Reading in one width: half-width kana are a matter of old systems, not of the name.
pub fn kana(registration: &Registration) -> String {
    model::text::one_width(registration.kana.reveal())
}

/// Birth date, where the whole of it is known.
pub fn birth(registration: &Registration) -> Option<Date> {
    when::day(registration.birth_date.reveal())
}

/// Sex for the banner.
pub fn sex(registration: &Registration) -> Sex {
    match registration.sex.reveal() {
        RegisteredSex::Female => Sex::Female,
        RegisteredSex::Male => Sex::Male,
        RegisteredSex::Other => Sex::Other,
        RegisteredSex::Unknown => Sex::Unknown,
    }
}

/// Family name; the first word of the whole name where the two are not apart.
pub fn surname(registration: &Registration) -> String {
    let family = registration.family.reveal();
    if !family.is_empty() {
        return family.clone();
    }
    registration.full_name.reveal().split_whitespace().next().unwrap_or_default().to_owned()
}

/// Town and district without the house number; nothing of a hidden address.
pub fn district(registration: &Registration) -> String {
    if registration.address_hidden {
        return String::new();
    }
    let digits =
        |c: char| c.is_ascii_digit() || ('０'..='９').contains(&c) || "一二三四五六七八九十〇".contains(c);
    registration.address.reveal().chars().take_while(|c| !digits(*c)).collect()
}

/// The number of a person as people read it aloud.
pub fn regional_id(person: PersonId) -> String {
    model::regional_id::RegionalId::of(person).to_string()
}
