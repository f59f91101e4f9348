//! Households and the people in them: who they are, whatever any facility writes about them.

pub mod names;

use crate::dice::Dice;
use crate::facilities::with_check_digit;
use crate::places::{Address, MUNICIPALITIES, municipality};
use jiff::ToSpan;
use jiff::civil::Date;
use names::{Given, Surname};

/// Sex as registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    /// 男
    Male,
    /// 女
    Female,
}

/// What kind of insurance pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insurance {
    /// Insurer number, eight digits (six for the municipal scheme).
    pub insurer: String,
    /// Symbol (記号); empty for people of 75 and over.
    pub symbol: String,
    /// Number (番号).
    pub number: String,
    /// Branch number (枝番), two digits; empty for people of 75 and over.
    pub branch: String,
    /// JHSD0001 code and name of the kind.
    pub kind: (&'static str, &'static str),
}

/// A resident.
#[derive(Debug, Clone)]
pub struct Person {
    /// Number in the region, from 1.
    pub number: u32,
    /// Number of the household, from 0.
    pub household: u32,
    /// Place in the household, 0 is the head.
    pub place: usize,
    /// Family name now.
    pub family: Surname,
    /// Given name.
    pub given: (String, String),
    /// Sex.
    pub sex: Sex,
    /// Date of birth.
    pub birth: Date,
    /// Address now.
    pub address: Address,
    /// Telephone at home.
    pub phone: String,
    /// Mobile telephone; empty for some.
    pub mobile: String,
    /// Earlier address and the day of the move.
    pub moved: Option<(Date, Address)>,
    /// Family name before marriage and the day it changed.
    pub maiden: Option<(Date, Surname)>,
    /// Who pays.
    pub insurance: Insurance,
    /// Under the protection order for victims of violence (支援措置): address must not be disclosed.
    pub protected: bool,
    /// The course this person was cast for.
    pub cast: Option<Cast>,
}

/// Courses that every region has, whatever its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cast {
    /// The worked example: heart failure, atrial fibrillation and dementia in a group home.
    Hero,
    /// Same surname, reading and nearly the same name as the hero.
    HeroNamesake,
    /// High blood pressure.
    Pressure,
    /// Diabetes with dental care.
    Diabetes,
    /// Alzheimer's disease in a group home.
    Dementia,
    /// Stroke, then rehabilitation.
    Stroke,
    /// Chronic kidney disease on decline.
    Kidney,
    /// Chronic obstructive pulmonary disease.
    Lungs,
    /// Warfarin and a tooth extraction.
    Anticoagulant,
    /// Hip fracture.
    Fracture,
    /// Cancer, palliative care at home until death.
    Palliative,
    /// Heart failure.
    Heart,
    /// Pneumonia with admission.
    Pneumonia,
    /// A child.
    Child,
    /// Nothing but a check-up.
    Healthy,
}

const CAST: &[(Cast, i16, Sex)] = &[
    (Cast::Hero, 86, Sex::Female),
    (Cast::HeroNamesake, 84, Sex::Female),
    (Cast::Diabetes, 67, Sex::Male),
    (Cast::Dementia, 88, Sex::Female),
    (Cast::Stroke, 73, Sex::Male),
    (Cast::Kidney, 79, Sex::Male),
    (Cast::Lungs, 76, Sex::Male),
    (Cast::Anticoagulant, 81, Sex::Male),
    (Cast::Fracture, 83, Sex::Female),
    (Cast::Palliative, 72, Sex::Female),
    (Cast::Heart, 80, Sex::Male),
    (Cast::Pneumonia, 85, Sex::Male),
];

/// Residents per thousand in five-year bands from 0, an ageing region.
const PYRAMID: &[usize] = &[22, 27, 32, 35, 33, 32, 35, 43, 51, 62, 70, 69, 74, 82, 100, 92, 70, 44, 20, 7];

/// The households of a region.
#[derive(Debug, Clone, Copy)]
pub struct Households {
    /// Seed of the region.
    pub seed: u64,
    /// Last day of the region's time.
    pub today: Date,
}

impl Sex {
    /// HL7 table 0001.
    pub fn hl7(self) -> &'static str {
        match self {
            Self::Male => "M",
            Self::Female => "F",
        }
    }
    /// FHIR administrative gender.
    pub fn fhir(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
        }
    }
    /// 1 man, 2 woman, as in Japanese forms.
    pub fn digit(self) -> &'static str {
        match self {
            Self::Male => "1",
            Self::Female => "2",
        }
    }
}

impl Person {
    /// Id in `truth.csv`.
    pub fn id(&self) -> String {
        format!("P{:07}", self.number)
    }

    /// Age in full years on a day.
    pub fn age(&self, day: Date) -> i16 {
        let before = (day.month(), day.day()) < (self.birth.month(), self.birth.day());
        day.year() - self.birth.year() - i16::from(before)
    }

    /// The address on a day.
    pub fn address_on(&self, day: Date) -> &Address {
        match &self.moved {
            Some((moved, earlier)) if day < *moved => earlier,
            _ => &self.address,
        }
    }

    /// The family name on a day.
    pub fn family_on(&self, day: Date) -> Surname {
        match &self.maiden {
            Some((changed, earlier)) if day < *changed => *earlier,
            _ => self.family,
        }
    }
}

impl Households {
    /// All people of the first `residents`, household by household.
    pub fn people(self, residents: u32) -> impl Iterator<Item = Person> {
        (0u32..).flat_map(move |household| self.household(household)).zip(1u32..).map_while(
            move |(mut person, number)| {
                person.number = number;
                (number <= residents).then_some(person)
            },
        )
    }

    /// The members of a household; their numbers are still 0.
    pub fn household(self, household: u32) -> Vec<Person> {
        let mut dice = Dice::new(&[self.seed, 2, u64::from(household)]);
        let cast = CAST.get(household as usize).copied();
        let head_age = match cast {
            Some((_, age, _)) => age,
            None => self.adult_age(&mut dice),
        };
        let sex = match cast {
            Some((_, _, sex)) => sex,
            None if dice.chance(30) => Sex::Female,
            None => Sex::Male,
        };
        let town = if cast.is_some() {
            0
        } else {
            dice.weighted(&MUNICIPALITIES.iter().map(|each| each.share).collect::<Vec<_>>())
        };
        let address = Address::somewhere(town, &mut dice);
        let family = dice.pick(names::SURNAMES);
        let phone =
            format!("{}-9{}-{:04}", municipality(town).area_code, dice.range(0, 8), dice.range(0, 9999));
        let scheme = Scheme { employed: dice.chance(65), number: dice.range(1000, 999_999), town };
        let moved = dice.permille(25).then(|| {
            let from = Address::somewhere(dice.weighted(&[70, 20, 10]), &mut dice);
            (self.today.saturating_sub(dice.range(20, 330).days()), from)
        });
        let mut head = Person {
            number: 0,
            household,
            place: 0,
            family,
            given: (String::new(), String::new()),
            sex,
            birth: self.birth(head_age, &mut dice),
            address,
            phone,
            mobile: mobile(&mut dice),
            moved,
            maiden: None,
            insurance: scheme.card(head_age, 0),
            protected: dice.permille(4),
            cast: cast.map(|(cast, _, _)| cast),
        };
        head.given = given(head.sex, head.birth, &mut dice);
        self.special(&mut head);
        let mut members = vec![head];
        match head_age {
            _ if members.iter().any(|head| matches!(head.cast, Some(Cast::Hero | Cast::HeroNamesake))) => {}
            60.. if dice.chance(55) => self.add_spouse(&mut members, &scheme, &mut dice),
            28..=59 if dice.chance(62) => {
                self.add_spouse(&mut members, &scheme, &mut dice);
                self.add_children(&mut members, &scheme, &mut dice);
                if dice.chance(8) {
                    self.add_parent(&mut members, &scheme, &mut dice);
                }
            }
            28..=59 if dice.chance(15) => self.add_children(&mut members, &scheme, &mut dice),
            _ => {}
        }
        members
    }

    /// People whose identity is given: the hero, her namesake, and doubles of somebody in the household before.
    fn special(self, head: &mut Person) {
        let sakura = Surname { kanji: "佐倉", kana: "サクラ", variants: &[] };
        match head.cast {
            Some(Cast::Hero) => {
                head.family = sakura;
                head.given = ("花子".into(), "ハナコ".into());
                head.birth = jiff::civil::date(1940, 5, 5);
                head.moved = None;
            }
            Some(Cast::HeroNamesake) => {
                head.family = sakura;
                head.given = ("華子".into(), "ハナコ".into());
                head.birth = jiff::civil::date(1942, 2, 11);
            }
            None if head.household % 150 == 99 => {
                if let Some(other) = self.household(head.household - 1).first() {
                    head.family = other.family;
                    head.given.clone_from(&other.given);
                    head.sex = other.sex;
                    head.birth = other.birth;
                }
            }
            _ => {}
        }
    }

    fn adult_age(self, dice: &mut Dice) -> i16 {
        let adults = PYRAMID.get(4..).unwrap_or_default();
        (20 + dice.weighted(adults) * 5) as i16 + dice.range(0, 4) as i16
    }

    fn birth(self, age: i16, dice: &mut Dice) -> Date {
        let born = self.today.saturating_sub(age.years());
        born.saturating_sub(dice.range(0, 364).days())
    }

    fn member(
        self,
        members: &[Person],
        age: i16,
        sex: Sex,
        scheme: &Scheme,
        dice: &mut Dice,
    ) -> Option<Person> {
        let head = members.first()?;
        let place = members.len();
        let mut person = Person {
            place,
            sex,
            birth: self.birth(age, dice),
            mobile: if age < 13 { String::new() } else { mobile(dice) },
            insurance: scheme.card(age, place),
            cast: None,
            protected: head.protected,
            maiden: None,
            ..head.clone()
        };
        person.given = given(sex, person.birth, dice);
        Some(person)
    }

    fn add_spouse(self, members: &mut Vec<Person>, scheme: &Scheme, dice: &mut Dice) {
        let Some(head) = members.first() else { return };
        let sex = if head.sex == Sex::Male { Sex::Female } else { Sex::Male };
        let age = (head.age(self.today) + dice.range(-6, 4) as i16).max(20);
        if let Some(mut spouse) = self.member(members, age, sex, scheme, dice) {
            if sex == Sex::Female && age < 45 && dice.chance(8) {
                let day = self.today.saturating_sub(dice.range(30, 300).days());
                spouse.maiden = Some((day, dice.pick(names::SURNAMES)));
            }
            members.push(spouse);
        }
    }

    fn add_children(self, members: &mut Vec<Person>, scheme: &Scheme, dice: &mut Dice) {
        let Some(head) = members.first() else { return };
        let oldest = head.age(self.today) - 27;
        for _ in 0..dice.weighted(&[25, 35, 30, 10]) {
            let age = oldest - dice.range(0, 9) as i16;
            let sex = if dice.chance(50) { Sex::Female } else { Sex::Male };
            if !(0..=22).contains(&age) {
                continue;
            }
            let Some(child) = self.member(members, age, sex, scheme, dice) else { return };
            let twin = dice.permille(22);
            members.push(child.clone());
            if twin && let Some(mut other) = self.member(members, age, sex, scheme, dice) {
                other.birth = child.birth;
                let (kanji, kana) = &child.given;
                // Twins often share the first character of their names.
                let ending = if sex == Sex::Male { ("斗", "ト") } else { ("乃", "ノ") };
                let first: String = kanji.chars().take(1).collect();
                let sound: String = kana.chars().take(2).collect();
                other.given = (format!("{first}{}", ending.0), format!("{sound}{}", ending.1));
                members.push(other);
            }
        }
    }

    fn add_parent(self, members: &mut Vec<Person>, scheme: &Scheme, dice: &mut Dice) {
        let Some(head) = members.first() else { return };
        let age = (head.age(self.today) + 27 + dice.range(0, 6) as i16).min(102);
        if let Some(parent) = self.member(members, age, Sex::Female, scheme, dice) {
            members.push(parent);
        }
    }
}

/// The insurance of a household: a family shares symbol and number.
struct Scheme {
    employed: bool,
    number: i64,
    town: usize,
}

impl Scheme {
    fn card(&self, age: i16, place: usize) -> Insurance {
        let code = municipality(self.town).insurer;
        if age >= 75 {
            return Insurance {
                insurer: with_check_digit(&format!("3901{code}")),
                symbol: String::new(),
                number: format!("{:08}", self.number * 10 + place as i64),
                branch: String::new(),
                kind: ("39", "後期高齢者医療"),
            };
        }
        if self.employed && age < 65 {
            return Insurance {
                insurer: with_check_digit("0101001"),
                symbol: format!("{:08}", 99_000_000 + self.number % 100_000),
                number: format!("{}", self.number % 9000 + 1),
                branch: format!("{place:02}"),
                kind: ("01", "全国健康保険協会管掌健康保険"),
            };
        }
        Insurance {
            insurer: with_check_digit(&format!("01{code}")),
            symbol: format!("西い{}", self.town + 1),
            number: format!("{:07}", self.number),
            branch: format!("{:02}", place + 1),
            kind: ("C0", "国民健康保険"),
        }
    }
}

fn mobile(dice: &mut Dice) -> String {
    if dice.chance(15) {
        return String::new();
    }
    format!("0{}0-0{:03}-{:04}", dice.pick(&[7, 8, 9]), dice.range(0, 999), dice.range(0, 9999))
}

fn given(sex: Sex, birth: Date, dice: &mut Dice) -> (String, String) {
    let old = birth.year() < 1960;
    let (whole, first, last): (&[Given], &[Given], &[Given]) = match (sex, old) {
        (Sex::Female, true) => (names::WOMEN_OLD, names::WOMEN_FIRST, names::WOMEN_LAST),
        (Sex::Female, false) => (names::WOMEN_YOUNG, names::WOMEN_FIRST, names::WOMEN_LAST),
        (Sex::Male, true) => (names::MEN_OLD, names::MEN_FIRST, names::MEN_LAST),
        (Sex::Male, false) => (names::MEN_YOUNG, names::MEN_FIRST, names::MEN_LAST),
    };
    if dice.chance(45) {
        let (kanji, kana) = dice.pick(whole);
        return (kanji.to_owned(), kana.to_owned());
    }
    let ((head, head_kana), (tail, tail_kana)) = (dice.pick(first), dice.pick(last));
    (format!("{head}{tail}"), format!("{head_kana}{tail_kana}"))
}
