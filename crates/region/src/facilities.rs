//! The 417 facilities: kinds, fictitious names, numbers, what their systems write.

use crate::dice::Dice;
use crate::people::names;
use crate::places::{Address, AddressStyle, MUNICIPALITIES, municipality};
use model::facility::FacilityKind;
use model::reading::Format;

/// How many facilities of each kind the region has, in the order they are numbered.
pub const KINDS: &[(FacilityKind, usize)] = &[
    (FacilityKind::Hospital, 22),
    (FacilityKind::Clinic, 70),
    (FacilityKind::Dental, 45),
    (FacilityKind::Pharmacy, 80),
    (FacilityKind::VisitingNurse, 24),
    (FacilityKind::Care, 170),
    (FacilityKind::TownHall, 6),
];

/// A feed of a facility.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Feed {
    /// Name of the source at the facility, also its folder.
    pub source: &'static str,
    /// What it writes.
    pub format: Format,
}

/// SS-MIX2 standardised storage of the electronic chart.
pub const CHART: Feed = Feed { source: "chart", format: Format::SsMix2 };
/// FHIR documents and entries.
pub const RECORDS: Feed = Feed { source: "records", format: Format::Fhir };
/// Medicine notebook CSV of a pharmacy.
pub const NOTEBOOK: Feed = Feed { source: "notebook", format: Format::Okusuri };
/// Resident register CSV of a town hall.
pub const REGISTER: Feed = Feed { source: "register", format: Format::Resident };
/// Consents noted at the reception desk.
pub const CONSENTS: Feed = Feed { source: "consents", format: Format::Consent };

/// A facility of the region.
#[derive(Debug, Clone)]
pub struct Facility {
    /// Place in the list of facilities.
    pub place: usize,
    /// Id, `[A-Za-z0-9._-]{1,64}`.
    pub id: String,
    /// What kind it is.
    pub kind: FacilityKind,
    /// Fictitious name.
    pub name: String,
    /// Ten digits: prefecture, kind of fee table, institution number; empty for a town hall.
    pub number: String,
    /// Where it stands.
    pub address: Address,
    /// Telephone.
    pub phone: String,
    /// True if its chart system writes SS-MIX2.
    pub storage: bool,
}

/// Somebody who works at a facility.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    /// Number at the facility.
    pub code: String,
    /// Family name.
    pub family: &'static str,
    /// Given name.
    pub given: &'static str,
    /// Reading of the family name.
    pub family_kana: &'static str,
    /// Reading of the given name.
    pub given_kana: &'static str,
}

impl Staff {
    /// Family and given name with a space.
    pub fn name(&self) -> String {
        format!("{} {}", self.family, self.given)
    }
}

const STEMS: &[&str] = &[
    "白鳥",
    "伊ノ浜",
    "港町",
    "みなと",
    "すずらん",
    "みどり",
    "ひかり",
    "なぎさ",
    "汐見",
    "湯滝",
    "はまなす",
    "有明",
    "北斗",
    "こまくさ",
    "東雲",
    "みさき",
    "いぶき",
    "あおぞら",
    "つばさ",
    "ライラック",
    "しらかば",
    "ななかまど",
    "海風",
    "洞湖",
    "壮岳",
    "豊波",
    "やまびこ",
    "ほほえみ",
    "さわやか",
    "やすらぎ",
    "ふれあい",
    "あかね",
    "せせらぎ",
    "かもめ",
    "えぞふじ",
    "若草",
    "高砂",
    "日の出",
    "柏木",
    "弥生",
    "あさひ",
    "まごころ",
    "ひだまり",
];

const HOSPITALS: &[&str] = &["総合病院", "病院", "記念病院", "リハビリテーション病院"];
const CLINICS: &[&str] =
    &["内科クリニック", "医院", "整形外科", "小児科", "眼科", "ファミリークリニック", "皮膚科"];
const DENTALS: &[&str] = &["歯科", "歯科医院", "デンタルクリニック"];
const PHARMACIES: &[&str] = &["薬局", "調剤薬局", "ファーマシー"];
const CARES: &[&str] = &[
    "グループホーム",
    "特別養護老人ホーム",
    "デイサービス",
    "老人保健施設",
    "ケアプランセンター",
    "ヘルパーステーション",
];

/// Facilities whose names appear in the worked example.
const GIVEN: &[(FacilityKind, usize, &str)] = &[
    (FacilityKind::Hospital, 0, "白鳥総合病院"),
    (FacilityKind::Hospital, 1, "伊ノ浜病院"),
    (FacilityKind::Clinic, 0, "港町内科クリニック"),
    (FacilityKind::Dental, 0, "みどり歯科"),
    (FacilityKind::Pharmacy, 0, "すずらん薬局"),
    (FacilityKind::VisitingNurse, 0, "訪問看護 ひかり"),
    (FacilityKind::Care, 0, "グループホーム なぎさ"),
];

/// A name that no other facility of the kind has.
fn name(kind: FacilityKind, number: usize) -> String {
    if let Some((_, _, given)) = GIVEN.iter().find(|(k, n, _)| (*k, *n) == (kind, number)) {
        return (*given).to_owned();
    }
    let item =
        |table: &[&'static str], at: usize| table.get(at % table.len().max(1)).copied().unwrap_or_default();
    let stem = item(STEMS, number + 2);
    let round = number / STEMS.len();
    let ending = |table: &[&'static str]| item(table, number % STEMS.len() + round + 2);
    match kind {
        FacilityKind::Hospital => format!("{stem}{}", ending(HOSPITALS)),
        FacilityKind::Clinic => format!("{stem}{}", ending(CLINICS)),
        FacilityKind::Dental => format!("{stem}{}", ending(DENTALS)),
        FacilityKind::Pharmacy => format!("{stem}{}", ending(PHARMACIES)),
        FacilityKind::VisitingNurse => format!("訪問看護ステーション {stem}"),
        FacilityKind::Care => format!("{} {stem}", ending(CARES)),
        FacilityKind::TownHall => {
            let town = municipality(number).name;
            format!("{town}{}", if town.ends_with('市') { "役所" } else { "役場" })
        }
    }
}

/// Appends the check digit of insurers and institutions (weights 2, 1, 2… from the right, digit sums, to 10).
pub fn with_check_digit(digits: &str) -> String {
    let sum: u32 = digits
        .chars()
        .rev()
        .enumerate()
        .map(|(place, c)| {
            let product = c.to_digit(10).unwrap_or(0) * if place % 2 == 0 { 2 } else { 1 };
            product / 10 + product % 10
        })
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

fn institution_number(kind: FacilityKind, number: usize) -> String {
    let table = match kind {
        FacilityKind::Hospital | FacilityKind::Clinic => '1',
        FacilityKind::Dental => '3',
        FacilityKind::Pharmacy => '4',
        FacilityKind::VisitingNurse => '6',
        FacilityKind::Care => '7',
        FacilityKind::TownHall => return String::new(),
    };
    let serial = if kind == FacilityKind::Clinic { 1000 + number } else { 1 + number };
    format!("01{table}{}", with_check_digit(&format!("99{serial:04}")))
}

fn prefix(kind: FacilityKind) -> &'static str {
    match kind {
        FacilityKind::Hospital => "hospital",
        FacilityKind::Clinic => "clinic",
        FacilityKind::Dental => "dental",
        FacilityKind::Pharmacy => "pharmacy",
        FacilityKind::VisitingNurse => "nurse",
        FacilityKind::Care => "care",
        FacilityKind::TownHall => "town",
    }
}

/// The facilities and which of them take part.
#[derive(Debug, Clone)]
pub struct Facilities {
    all: Vec<Facility>,
    /// Places of the facilities that have residents, by kind.
    active: Vec<(FacilityKind, Vec<usize>)>,
}

impl Facilities {
    /// All 417; with few residents only the first of each kind have any.
    pub fn new(seed: u64, residents: u32) -> Self {
        let mut all = Vec::new();
        let mut active = Vec::new();
        for (kind, count) in KINDS {
            let base = match kind {
                FacilityKind::Clinic | FacilityKind::Care | FacilityKind::TownHall => 6,
                FacilityKind::Pharmacy => 5,
                FacilityKind::VisitingNurse => 2,
                _ => 3,
            };
            let open = (base + count * residents as usize / 40_000).min(*count);
            active.push((*kind, (all.len()..all.len() + open).collect()));
            for number in 0..*count {
                let mut dice = Dice::new(&[seed, 1, *kind as u64, number as u64]);
                let town = match kind {
                    FacilityKind::TownHall => number,
                    _ if number < 2 => 0,
                    _ => dice.weighted(&MUNICIPALITIES.iter().map(|each| each.share).collect::<Vec<_>>()),
                };
                let mut address = Address::somewhere(town, &mut dice);
                address.building = None;
                let area_code = municipality(town).area_code;
                all.push(Facility {
                    place: all.len(),
                    id: format!(
                        "{}-{:0width$}",
                        prefix(*kind),
                        number + 1,
                        width = if *count > 99 { 3 } else { 2 }
                    ),
                    kind: *kind,
                    name: name(*kind, number),
                    number: institution_number(*kind, number),
                    address,
                    phone: format!("{area_code}-99-{:04}", dice.range(0, 9999)),
                    storage: match kind {
                        FacilityKind::Hospital => true,
                        FacilityKind::Clinic => number % 3 == 0,
                        _ => false,
                    },
                });
            }
        }
        Self { all, active }
    }

    /// All facilities, in order.
    pub fn all(&self) -> &[Facility] {
        &self.all
    }

    /// The facility at a place.
    pub fn at(&self, place: usize) -> Option<&Facility> {
        self.all.get(place)
    }

    /// A facility of the kind, near the municipality if there is one.
    pub fn near(&self, kind: FacilityKind, town: usize, dice: &mut Dice) -> usize {
        let places: &[usize] =
            self.active.iter().find(|(each, _)| *each == kind).map_or(&[], |(_, places)| places.as_slice());
        let close: Vec<usize> = places
            .iter()
            .copied()
            .filter(|place| self.at(*place).is_some_and(|each| each.address.municipality == town))
            .collect();
        if close.is_empty() || dice.chance(12) { dice.pick(places) } else { dice.pick(&close) }
    }

    /// The facility of the kind with this number (from 0).
    pub fn numbered(&self, kind: FacilityKind, number: usize) -> usize {
        let mut start = 0;
        for (each, count) in KINDS {
            if *each == kind {
                return start + number.min(count.saturating_sub(1));
            }
            start += count;
        }
        0
    }

    /// How many take part, by kind.
    pub fn active(&self) -> impl Iterator<Item = (FacilityKind, usize)> + '_ {
        self.active.iter().map(|(kind, places)| (*kind, places.len()))
    }
}

impl Facility {
    /// Feed of the clinical data of this facility.
    pub fn feed(&self) -> Feed {
        match self.kind {
            _ if self.storage => CHART,
            FacilityKind::Pharmacy => NOTEBOOK,
            FacilityKind::TownHall => REGISTER,
            _ => RECORDS,
        }
    }

    /// A member of staff; the same number gives the same person.
    pub fn staff(&self, number: usize) -> Staff {
        // The two people of the worked example keep their names.
        let at = match self.kind {
            FacilityKind::Clinic => self.place - self.place.min(22) + number * 5,
            FacilityKind::VisitingNurse => self.place.saturating_sub(216) + number * 5,
            _ => self.place + number * 5 + 2,
        };
        let (family, given, family_kana, given_kana) =
            names::STAFF.get(at % names::STAFF.len()).copied().unwrap_or_default();
        Staff { code: format!("{:03}{number:02}", self.place + 1), family, given, family_kana, given_kana }
    }

    /// Its address as it writes it itself.
    pub fn written_address(&self) -> String {
        self.address.written(AddressStyle::Kanji)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::ids::FacilityId;
    use std::collections::BTreeSet;

    #[test]
    fn there_are_417_with_ids_and_names_of_their_own() {
        let facilities = Facilities::new(1, 300);
        assert_eq!(facilities.all().len(), 417);
        let ids: BTreeSet<&str> = facilities.all().iter().map(|each| each.id.as_str()).collect();
        assert_eq!(ids.len(), 417);
        assert!(ids.iter().all(|id| FacilityId::new(*id).is_ok()));
        let names: BTreeSet<&str> = facilities.all().iter().map(|each| each.name.as_str()).collect();
        assert_eq!(names.len(), 417);
        let numbered: Vec<_> =
            facilities.all().iter().filter(|each| each.kind != FacilityKind::TownHall).collect();
        assert!(numbered.iter().all(|each| each.number.len() == 10));
        let numbers: BTreeSet<&str> = numbered.iter().map(|each| each.number.as_str()).collect();
        assert_eq!(numbers.len(), 411);
    }

    #[test]
    fn check_digits_follow_the_rule() {
        // The national association's Hokkaido branch: published number 01010016.
        assert_eq!(with_check_digit("0101001"), "01010016");
    }

    #[test]
    fn people_of_the_worked_example_keep_their_names() {
        let facilities = Facilities::new(9, 300);
        let clinic = facilities.at(facilities.numbered(FacilityKind::Clinic, 0)).unwrap();
        assert_eq!(
            (clinic.name.as_str(), clinic.staff(0).name().as_str()),
            ("港町内科クリニック", "高橋 亮")
        );
        let nurses = facilities.at(facilities.numbered(FacilityKind::VisitingNurse, 0)).unwrap();
        assert_eq!((nurses.name.as_str(), nurses.staff(0).name().as_str()), ("訪問看護 ひかり", "木村 彩"));
    }
}
