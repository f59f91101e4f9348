//! A registration in the form in which it is compared: folded, split, fillers gone.

use crate::placeholder::{self, Placeholder};
use model::registration::{Insurance, Registration, Scheme, Sex};
use model::text::{self, AddressForm};

/// One insurance that identifies: scheme, insurer and number are there.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Insured {
    /// Health or care.
    pub scheme: Scheme,
    /// 8 digits.
    pub insurer: String,
    /// May be empty: 後期高齢者 and care insurance have none.
    pub symbol: String,
    /// Never empty.
    pub number: String,
    /// Two digits.
    pub branch: Option<String>,
}

/// A name in folded form; empty parts are not known.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct FoldedName {
    /// 姓
    pub family: String,
    /// 名
    pub given: String,
    /// Both without a space between.
    pub full: String,
}

/// What [`crate::compare()`] looks at. Its `Debug` prints nothing personal.
#[derive(Clone, PartialEq, Eq)]
pub struct Normalised {
    /// As written; empty where only a reading is known.
    pub written: FoldedName,
    /// The reading in katakana.
    pub reading: FoldedName,
    /// The written name is in kana alone.
    pub written_in_kana: bool,
    /// 旧氏, 通称 and the like, whole and folded, sorted.
    pub other_names: Vec<String>,
    /// A whole, believable date, `YYYY-MM-DD`.
    pub birth_date: Option<String>,
    /// Male, female or other; unknown is none.
    pub sex: Option<Sex>,
    /// 7 digits.
    pub postal_code: Option<String>,
    /// Town, block and building.
    pub address: Option<AddressForm>,
    /// Digits, sorted.
    pub phones: Vec<String>,
    /// Sorted.
    pub insurances: Vec<Insured>,
    /// What of it stands for "not known", sorted.
    pub placeholders: Vec<Placeholder>,
}

impl std::fmt::Debug for Normalised {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Normalised(●●)")
    }
}

/// Folds a registration for comparison.
pub fn normalise(registration: &Registration) -> Normalised {
    let mut written = folded_name(
        text::name,
        registration.family.reveal(),
        registration.given.reveal(),
        registration.full_name.reveal(),
    );
    let mut reading = folded_name(
        text::kana,
        registration.family_kana.reveal(),
        registration.given_kana.reveal(),
        registration.kana.reveal(),
    );
    let written_in_kana = !written.full.is_empty() && written.full.chars().all(text::is_kana);
    if reading.full.is_empty() && written_in_kana {
        reading = written.clone();
    }
    fill_given(&mut written);
    fill_given(&mut reading);
    let said = registration.birth_date.reveal();
    let date = text::birth_date(said);
    let mut placeholders: Vec<Placeholder> = [&written, &reading]
        .into_iter()
        .filter_map(|name| placeholder::of_name(&name.full, &[&name.family, &name.given]))
        .chain(date.as_deref().filter(|date| placeholder::is_date(date)).map(|_| Placeholder::BirthDate))
        .chain(said.starts_with("0000").then_some(Placeholder::BirthDate))
        .collect();
    placeholders.sort_unstable();
    placeholders.dedup();
    let address = AddressForm::new(registration.address.reveal());
    Normalised {
        written_in_kana,
        other_names: other_names(registration, &written, &reading),
        written,
        reading,
        birth_date: date.filter(|date| !placeholder::is_date(date)),
        sex: Some(*registration.sex.reveal()).filter(|sex| *sex != Sex::Unknown),
        postal_code: text::postal_code(registration.postal_code.reveal()),
        address: Some(address).filter(|form| *form != AddressForm::default()),
        phones: sorted(registration.phones.iter().filter_map(|phone| text::phone(phone.reveal()))),
        insurances: sorted(registration.insurances.iter().filter_map(insured)),
        placeholders,
    }
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut all: Vec<T> = items.collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn folded_name(fold: fn(&str) -> String, family: &str, given: &str, full: &str) -> FoldedName {
    let (family, given, full) = (fold(family), fold(given), fold(full));
    let full = if full.is_empty() { format!("{family}{given}") } else { full };
    FoldedName { family, given, full }
}

/// A family name with a longer whole tells the given name.
fn fill_given(name: &mut FoldedName) {
    if name.given.is_empty()
        && !name.family.is_empty()
        && let Some(rest) = name.full.strip_prefix(name.family.as_str())
    {
        name.given = rest.to_owned();
    }
}

/// A former surname alone is completed by the given name.
fn other_names(registration: &Registration, written: &FoldedName, reading: &FoldedName) -> Vec<String> {
    let mut all = Vec::new();
    for other in &registration.other_names {
        let said = other.text.reveal();
        let folded = text::name(said);
        let is_kana = folded.chars().all(text::is_kana);
        let given = if is_kana { &reading.given } else { &written.given };
        let alone = !said.trim().contains(char::is_whitespace);
        if matches!(other.kind.as_str(), "maiden" | "old") && alone && !folded.ends_with(given.as_str()) {
            all.push(format!("{folded}{given}"));
        }
        all.push(folded);
    }
    // One or two letters are a surname at most: nobody is found by that.
    sorted(all.into_iter().filter(|name| name.chars().count() > 2))
}

fn insured(insurance: &Insurance) -> Option<Insured> {
    Some(Insured {
        scheme: insurance.scheme,
        insurer: text::insurer_number(insurance.insurer.reveal())?,
        symbol: text::insured_symbol(insurance.symbol.reveal()),
        number: text::insured_number(insurance.number.reveal())?,
        branch: text::branch_number(insurance.branch.reveal()),
    })
}
