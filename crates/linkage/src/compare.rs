//! Two normalised registrations side by side. Symmetric.

use crate::finding::{Comparison, Finding, Level, Note};
use crate::normalise::{FoldedName, Insured, Normalised};
use crate::placeholder::Placeholder;
use crate::similar::{date_slip, one_character_apart};
use model::registration::Sex;
use model::text::{self, AddressForm};

/// Compares field by field.
pub fn compare(a: &Normalised, b: &Normalised) -> Comparison {
    let name = name(a, b);
    let (insurance, branch) = insurance(&a.insurances, &b.insurances);
    let mut placeholders: Vec<Placeholder> = a.placeholders.iter().chain(&b.placeholders).copied().collect();
    placeholders.sort_unstable();
    placeholders.dedup();
    Comparison {
        name,
        family: family(a, b),
        given: given(a, b),
        kana: kana(a, b, name),
        birth_date: birth_date(a.birth_date.as_deref(), b.birth_date.as_deref()),
        sex: sex(a.sex, b.sex),
        address: address(a, b),
        phone: phone(&a.phones, &b.phones),
        insurance,
        branch,
        placeholders,
    }
}

/// Written names can be compared unless one of them is really a reading.
fn both_written(a: &Normalised, b: &Normalised) -> bool {
    !a.written.full.is_empty() && !b.written.full.is_empty() && a.written_in_kana == b.written_in_kana
}

fn exchanged(a: &FoldedName, b: &FoldedName) -> bool {
    let whole = |name: &FoldedName| !name.family.is_empty() && !name.given.is_empty();
    whole(a) && whole(b) && a.family != a.given && a.family == b.given && a.given == b.family
}

fn is_other_name(a: &Normalised, b: &Normalised) -> bool {
    let has =
        |of: &Normalised, name: &str| !name.is_empty() && of.other_names.iter().any(|each| each == name);
    has(b, &a.written.full) || has(a, &b.written.full)
}

fn name(a: &Normalised, b: &Normalised) -> Finding {
    if !both_written(a, b) {
        Finding::MISSING
    } else if a.written.full == b.written.full {
        Finding::SAME
    } else if exchanged(&a.written, &b.written) {
        Finding::close(Note::Exchanged)
    } else if is_other_name(a, b) {
        Finding::close(Note::OtherName)
    } else if one_character_apart(&a.written.full, &b.written.full, 3) {
        Finding::close(Note::OneCharacter)
    } else {
        Finding::DIFFERENT
    }
}

/// Long vowels are let go only where the written names, in kanji, are the same.
fn kana(a: &Normalised, b: &Normalised, name: Finding) -> Finding {
    let (x, y) = (&a.reading.full, &b.reading.full);
    let loose = || text::kana_without_long_vowels(x) == text::kana_without_long_vowels(y);
    if x.is_empty() || y.is_empty() {
        Finding::MISSING
    } else if x == y {
        Finding::SAME
    } else if loose() {
        let in_kanji = name.is_same() && !a.written_in_kana;
        let level = if in_kanji { Level::Same } else { Level::Close };
        Finding { level, note: Note::LongVowel }
    } else if exchanged(&a.reading, &b.reading) {
        Finding::close(Note::Exchanged)
    } else if one_character_apart(x, y, 4) {
        Finding::close(Note::OneCharacter)
    } else {
        Finding::DIFFERENT
    }
}

fn family(a: &Normalised, b: &Normalised) -> Finding {
    let part = |x: &str, y: &str| {
        if x.is_empty() || y.is_empty() { None } else { Some(x == y) }
    };
    let written = if both_written(a, b) { part(&a.written.family, &b.written.family) } else { None };
    match (written, part(&a.reading.family, &b.reading.family)) {
        (None, None) => Finding::MISSING,
        (Some(true), Some(false)) => Finding::close(Note::SameWriting),
        (Some(false), Some(true)) => Finding::close(Note::SameReading),
        (Some(true), _) | (_, Some(true)) => Finding::SAME,
        _ => Finding::DIFFERENT,
    }
}

/// How far one spelling of the given name agrees.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    Unknown,
    Same,
    LongVowel,
    OneCharacter,
    Other,
}

/// Given names decide between twins, so a near miss is never taken for the same: only an equal writing, or an
/// equal reading where no writing speaks against it, is.
fn given(a: &Normalised, b: &Normalised) -> Finding {
    let nameless = |of: &Normalised| of.placeholders.iter().any(|each| *each != Placeholder::BirthDate);
    if nameless(a) || nameless(b) {
        return Finding::MISSING;
    }
    let written =
        if both_written(a, b) { spelling(&a.written, &b.written, 2, false) } else { Spelling::Unknown };
    let reading = spelling(&a.reading, &b.reading, 3, true);
    match (written, reading) {
        (Spelling::Unknown, Spelling::Unknown) => Finding::MISSING,
        (Spelling::Same, Spelling::Same | Spelling::Unknown) | (Spelling::Unknown, Spelling::Same) => {
            Finding::SAME
        }
        (Spelling::Same, Spelling::LongVowel) if !a.written_in_kana => Finding::SAME,
        (Spelling::Same, _) => Finding::close(Note::SameWriting),
        (_, Spelling::Same) => Finding::close(Note::SameReading),
        (_, Spelling::LongVowel) => Finding::close(Note::LongVowel),
        (Spelling::OneCharacter, _) | (_, Spelling::OneCharacter) => Finding::close(Note::OneCharacter),
        _ if exchanged(&a.written, &b.written) || exchanged(&a.reading, &b.reading) => {
            Finding::close(Note::Exchanged)
        }
        _ => Finding::DIFFERENT,
    }
}

fn spelling(a: &FoldedName, b: &FoldedName, least: usize, is_reading: bool) -> Spelling {
    if a.full.is_empty() || b.full.is_empty() {
        return Spelling::Unknown;
    }
    let (x, y) = match (a.given.as_str(), b.given.as_str()) {
        // Not parted on either side: the whole name stands for the given name.
        ("", "") => (a.full.as_str(), b.full.as_str()),
        // Parted on one side only: where the given name begins on the other is a guess.
        (_, "") | ("", _) => (a.full.as_str(), b.full.as_str()),
        parted => parted,
    };
    let loose = || text::kana_without_long_vowels(x) == text::kana_without_long_vowels(y);
    if x == y {
        Spelling::Same
    } else if is_reading && loose() {
        Spelling::LongVowel
    } else if one_character_apart(x, y, least) {
        Spelling::OneCharacter
    } else {
        Spelling::Other
    }
}

fn birth_date(a: Option<&str>, b: Option<&str>) -> Finding {
    match (a, b) {
        (Some(a), Some(b)) if a == b => Finding::SAME,
        (Some(a), Some(b)) => date_slip(a, b).map_or(Finding::DIFFERENT, Finding::close),
        _ => Finding::MISSING,
    }
}

fn sex(a: Option<Sex>, b: Option<Sex>) -> Finding {
    match (a, b) {
        (Some(a), Some(b)) if a == b => Finding::SAME,
        (Some(Sex::Other), Some(_)) | (Some(_), Some(Sex::Other)) => Finding::close(Note::Plain),
        (Some(_), Some(_)) => Finding::DIFFERENT,
        _ => Finding::MISSING,
    }
}

fn address(a: &Normalised, b: &Normalised) -> Finding {
    let (Some(x), Some(y)) = (&a.address, &b.address) else { return Finding::MISSING };
    let same_postal = a.postal_code.is_some() && a.postal_code == b.postal_code;
    if !same_postal && !same_town(x, y) {
        return Finding::DIFFERENT;
    }
    if same_block(x, y) { Finding::SAME } else { Finding::close(Note::SameTown) }
}

/// Equal, or one leaves out the prefecture or city that the other says.
fn same_town(a: &AddressForm, b: &AddressForm) -> bool {
    let (short, long) = if a.town.len() <= b.town.len() { (&a.town, &b.town) } else { (&b.town, &a.town) };
    short.chars().count() >= 3 && long.ends_with(short.as_str())
}

/// Equal numbers, or two at least and the rest (a flat) said on one side only. No number is no address.
fn same_block(a: &AddressForm, b: &AddressForm) -> bool {
    let (short, long) = if a.block.len() <= b.block.len() { (a, b) } else { (b, a) };
    let continued =
        || long.block.strip_prefix(short.block.as_str()).is_some_and(|rest| rest.starts_with('-'));
    !short.block.is_empty() && (short.block == long.block || short.depth() >= 2 && continued())
}

fn phone(a: &[String], b: &[String]) -> Finding {
    if a.is_empty() || b.is_empty() {
        Finding::MISSING
    } else if a.iter().any(|number| b.contains(number)) {
        Finding::SAME
    } else {
        Finding::DIFFERENT
    }
}

/// The insurance as a whole, and the branches of those that are the same. One conflicting branch is a conflict.
fn insurance(a: &[Insured], b: &[Insured]) -> (Finding, Finding) {
    if a.is_empty() || b.is_empty() {
        return (Finding::MISSING, Finding::MISSING);
    }
    let number =
        |x: &Insured, y: &Insured| x.scheme == y.scheme && x.insurer == y.insurer && x.number == y.number;
    let pairs = || a.iter().flat_map(|x| b.iter().map(move |y| (x, y))).filter(|(x, y)| number(x, y));
    let same: Vec<_> = pairs().filter(|(x, y)| x.symbol == y.symbol).collect();
    if same.is_empty() {
        let half = pairs().any(|(x, y)| x.symbol.is_empty() != y.symbol.is_empty());
        let whole = if half { Finding::close(Note::SymbolMissing) } else { Finding::DIFFERENT };
        return (whole, Finding::MISSING);
    }
    let branches: Vec<bool> =
        same.iter().filter_map(|(x, y)| Some(x.branch.as_ref()? == y.branch.as_ref()?)).collect();
    let branch = match (branches.contains(&false), branches.contains(&true)) {
        (true, _) => Finding::DIFFERENT,
        (false, true) => Finding::SAME,
        (false, false) => Finding::MISSING,
    };
    (Finding::SAME, branch)
}
