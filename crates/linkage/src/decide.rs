//! From a comparison to a verdict: link by an exact rule, show to a human, or two people.

use crate::finding::{Comparison, Finding, Level, Note};
use crate::placeholder::Placeholder;

/// The exact rules that link without a human.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LinkRule {
    /// Insurer, symbol, number, branch and birth date, with a given name on both sides that may be one.
    InsuranceBranch,
    /// Insurer, symbol, number, birth date and given name, where a branch is missing.
    InsuranceGiven,
    /// Name, kana, birth date, sex and address.
    NameAddress,
    /// Name, kana, birth date, sex and phone.
    NamePhone,
}

impl LinkRule {
    /// Every rule.
    pub const ALL: &'static [Self] =
        &[Self::InsuranceBranch, Self::InsuranceGiven, Self::NameAddress, Self::NamePhone];

    /// The id kept with the link.
    pub fn id(self) -> &'static str {
        match self {
            Self::InsuranceBranch => "insurance-branch",
            Self::InsuranceGiven => "insurance-given",
            Self::NameAddress => "name-address",
            Self::NamePhone => "name-phone",
        }
    }

    /// The words shown beside the link.
    pub fn ja(self) -> &'static str {
        match self {
            Self::InsuranceBranch => "保険者番号・記号・番号・枝番と生年月日が一致",
            Self::InsuranceGiven => "保険者番号・記号・番号と生年月日、名が一致（枝番は不明）",
            Self::NameAddress => "氏名・カナ・生年月日・性別・住所が一致",
            Self::NamePhone => "氏名・カナ・生年月日・性別・電話番号が一致",
        }
    }
}

/// Why a human is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Why {
    /// An exact rule agrees, but something contradicts it.
    RuleContradicted,
    /// The same name and birth date, and nothing that decides.
    SameNameAndBirthDate,
    /// The same birth date, and a name that is nearly the same.
    NearlySameName,
    /// All the same but the family name.
    FamilyNameChanged,
    /// The same name, and a birth date that may be a slip.
    NearlySameBirthDate,
    /// The same insurance and name, another birth date.
    InsuranceWithOtherBirthDate,
    /// One birth date is not known, the rest agrees.
    BirthDateUnknown,
    /// One given name is not known, the rest agrees.
    GivenNameUnknown,
    /// The branches of one insurance differ.
    BranchesConflict,
    /// The sexes differ.
    SexesDiffer,
    /// The birth dates differ, and not by a slip.
    BirthDatesDiffer,
    /// The given names differ.
    GivenNamesDiffer,
    /// A name or date stands for "not known".
    Placeholder(Placeholder),
    /// Another registration of the person contradicts.
    OtherRegistrationContradicts,
    /// More than one person agrees.
    SeveralPersons,
}

impl Why {
    /// The words shown on the review desk.
    pub fn ja(self) -> &'static str {
        match self {
            Self::RuleContradicted => "自動の規則は一致しますが、食い違う項目があります",
            Self::SameNameAndBirthDate => "氏名と生年月日が同じです（同姓同名かもしれません）",
            Self::NearlySameName => "生年月日が同じで、氏名がよく似ています",
            Self::FamilyNameChanged => "姓だけが違います（改姓かもしれません）",
            Self::NearlySameBirthDate => "氏名が同じで、生年月日がよく似ています",
            Self::InsuranceWithOtherBirthDate => "保険と名が同じですが、生年月日が違います",
            Self::BirthDateUnknown => "片方の生年月日が分かりません",
            Self::GivenNameUnknown => "片方の名が分かりません",
            Self::BranchesConflict => "同じ保険で枝番が違います",
            Self::SexesDiffer => "性別が違います",
            Self::BirthDatesDiffer => "生年月日が違います",
            Self::GivenNamesDiffer => "名が違います（双子やきょうだいかもしれません）",
            Self::Placeholder(kind) => kind.ja(),
            Self::OtherRegistrationContradicts => "同じ方にまとめた別の登録と食い違います",
            Self::SeveralPersons => "当てはまる方が複数います",
        }
    }
}

/// A pair for a human.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Review {
    /// 1 to 99: the order in the queue, not a probability.
    pub score: u8,
    /// Why, most important first.
    pub why: Vec<Why>,
}

/// The answer for a pair, or for a registration and a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// One person, by this rule.
    Link {
        /// The rule.
        rule: LinkRule,
    },
    /// Perhaps one person: a human decides.
    Review(Review),
    /// Two people, as far as the registrations say.
    Distinct,
}

/// The verdict on a pair.
pub fn decide(comparison: &Comparison) -> Verdict {
    let doubts = contradictions(comparison);
    if let Some(rule) = exact_rule(comparison)
        && doubts.is_empty()
        && comparison.placeholders.is_empty()
    {
        return Verdict::Link { rule };
    }
    let Some(main) = look_alike(comparison) else { return Verdict::Distinct };
    let stand_ins = comparison.placeholders.iter().map(|kind| Why::Placeholder(*kind));
    let mut why: Vec<Why> = std::iter::once(main).chain(doubts).chain(stand_ins).collect();
    let mut seen = std::collections::BTreeSet::new();
    why.retain(|each| seen.insert(*each));
    Verdict::Review(Review { score: score(comparison), why })
}

/// Whether the two cannot be one person by rule: sexes, birth dates, branches of one insurance or given names differ.
/// An unknown value contradicts nothing.
pub fn contradicts(comparison: &Comparison) -> bool {
    !contradictions(comparison).is_empty()
}

fn contradictions(comparison: &Comparison) -> Vec<Why> {
    let Comparison { sex, birth_date, branch, given, .. } = comparison;
    let mut found = Vec::new();
    if sex.is_different() {
        found.push(Why::SexesDiffer);
    }
    if birth_date.is_different() {
        found.push(Why::BirthDatesDiffer);
    }
    if birth_date.is_close() {
        found.push(Why::NearlySameBirthDate);
    }
    if branch.is_different() {
        found.push(Why::BranchesConflict);
    }
    if !may_be_one_given_name(*given) {
        found.push(Why::GivenNamesDiffer);
    }
    found
}

/// Twins are told apart by nothing else: a near miss is another name.
fn may_be_one_given_name(given: Finding) -> bool {
    match given.level {
        Level::Same | Level::Missing => true,
        Level::Close => matches!(given.note, Note::SameReading | Note::SameWriting),
        Level::Different => false,
    }
}

/// The rule whose evidence is complete, whatever may contradict it.
fn exact_rule(comparison: &Comparison) -> Option<LinkRule> {
    let Comparison { name, kana, given, birth_date, sex, address, phone, insurance, branch, .. } = comparison;
    if !birth_date.is_same() {
        return None;
    }
    // A card's branch may be typed for a whole family: without a given name on both sides twins would be one.
    if insurance.is_same() && branch.is_same() && may_be_one_given_name(*given) && !given.is_missing() {
        return Some(LinkRule::InsuranceBranch);
    }
    if insurance.is_same() && branch.is_missing() && given.is_same() {
        return Some(LinkRule::InsuranceGiven);
    }
    let named = name.is_same() && kana.is_same() && sex.is_same();
    match (named && address.is_same(), named && phone.is_same()) {
        (true, _) => Some(LinkRule::NameAddress),
        (_, true) => Some(LinkRule::NamePhone),
        _ => None,
    }
}

/// What makes a pair worth a human's look; none for two people.
fn look_alike(comparison: &Comparison) -> Option<Why> {
    let Comparison { name, family, kana, given, birth_date, sex, insurance, branch, .. } = comparison;
    let one_given = may_be_one_given_name(*given);
    // Members of one insured household with their own branches and names: brothers and sisters, twins, newborns.
    if branch.is_different() && (given.is_missing() || !one_given) {
        return None;
    }
    if exact_rule(comparison).is_some() {
        return Some(Why::RuleContradicted);
    }
    let corroborated = is_corroborated(comparison);
    let named = name.is_same() || kana.is_same();
    // One card, held by one person: only the given name or the birth date is not as it should be.
    if insurance.is_same() && branch.is_same() && (birth_date.is_same() || one_given && !given.is_missing()) {
        return Some(match (birth_date.is_same(), given.is_missing()) {
            (true, true) => Why::GivenNameUnknown,
            (true, false) => Why::RuleContradicted,
            (false, _) => Why::InsuranceWithOtherBirthDate,
        });
    }
    if insurance.is_same() && birth_date.is_different() && named && given.is_same() && !branch.is_different()
    {
        return Some(Why::InsuranceWithOtherBirthDate);
    }
    match birth_date.level {
        Level::Same if named => Some(Why::SameNameAndBirthDate),
        Level::Same if nearly_named(comparison) => Some(Why::NearlySameName),
        Level::Same if one_given && !given.is_missing() && corroborated && !sex.is_different() => {
            Some(Why::FamilyNameChanged)
        }
        Level::Same
            if given.is_missing() && corroborated && !family.is_different() && !sex.is_different() =>
        {
            Some(Why::GivenNameUnknown)
        }
        Level::Close
            if named && one_given && !sex.is_different() && (well_named(comparison) || corroborated) =>
        {
            Some(Why::NearlySameBirthDate)
        }
        Level::Missing if named && corroborated && !sex.is_different() => Some(Why::BirthDateUnknown),
        _ => None,
    }
}

fn is_corroborated(comparison: &Comparison) -> bool {
    comparison.address.is_same() || comparison.phone.is_same() || comparison.insurance.is_same()
}

/// Name and kana agree as far as both are known.
fn well_named(comparison: &Comparison) -> bool {
    let Comparison { name, kana, .. } = comparison;
    name.is_same() && !kana.is_different() || kana.is_same() && name.is_missing()
}

/// A slip in the name, an exchanged or a former name.
fn nearly_named(comparison: &Comparison) -> bool {
    let Comparison { name, kana, sex, given, .. } = comparison;
    if matches!(name.note, Note::OtherName | Note::Exchanged) || kana.note == Note::Exchanged {
        return true;
    }
    if sex.is_different() || given.is_different() {
        return false;
    }
    kana.is_close() || kana.is_missing() && name.is_close()
}

fn score(comparison: &Comparison) -> u8 {
    let weigh = |finding: Finding, same: i32, close: i32, different: i32| match finding.level {
        Level::Same => same,
        Level::Close => close,
        Level::Different => different,
        Level::Missing => 0,
    };
    let total = 10
        + weigh(comparison.birth_date, 25, 8, -20)
        + weigh(comparison.name, 15, 8, -4)
        + weigh(comparison.kana, 12, 6, -6)
        + weigh(comparison.given, 8, 4, -12)
        + weigh(comparison.sex, 2, 0, -20)
        + weigh(comparison.address, 10, 3, -2)
        + weigh(comparison.phone, 8, 0, -1)
        + weigh(comparison.insurance, 12, 5, -1)
        + weigh(comparison.branch, 8, 0, -20)
        - 10 * i32::from(!comparison.placeholders.is_empty());
    u8::try_from(total.clamp(1, 99)).unwrap_or(1)
}
