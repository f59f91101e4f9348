//! Fictitious registrations, and a small town of families that are easily mistaken for one another.

use linkage::{Normalised, normalise};
use model::Personal;
use model::registration::{Insurance, Registration, Scheme, Sex};
use proptest::prelude::*;

pub fn personal(text: &str) -> Personal<String> {
    Personal::new(text.to_owned())
}

/// Builds a registration in the order a form has it; blanks are not known.
#[derive(Debug, Clone)]
pub struct Form {
    pub registration: Registration,
}

impl Form {
    pub fn new(name: &str, kana: &str, birth: &str, sex: Sex) -> Self {
        let mut registration = Registration::new(&Default::default(), &[]);
        let part = |text: &str, at: usize| personal(text.split(' ').nth(at).unwrap_or_default());
        registration.full_name = personal(name);
        registration.kana = personal(kana);
        if name.contains(' ') {
            (registration.family, registration.given) = (part(name, 0), part(name, 1));
        }
        if kana.contains(' ') {
            (registration.family_kana, registration.given_kana) = (part(kana, 0), part(kana, 1));
        }
        registration.birth_date = personal(birth);
        registration.sex = Personal::new(sex);
        Self { registration }
    }
    pub fn address(mut self, text: &str) -> Self {
        self.registration.address = personal(text);
        self
    }
    pub fn phone(mut self, text: &str) -> Self {
        if !text.is_empty() {
            self.registration.phones.push(personal(text));
        }
        self
    }
    pub fn insured(mut self, insurer: &str, symbol: &str, number: &str, branch: &str) -> Self {
        self.registration.insurances.push(Insurance {
            scheme: Scheme::Health,
            insurer: personal(insurer),
            symbol: personal(symbol),
            number: personal(number),
            branch: personal(branch),
        });
        self
    }
    pub fn done(self) -> Normalised {
        normalise(&self.registration)
    }
}

/// 佐倉 花子 as most facilities have her.
pub fn hanako() -> Form {
    Form::new("佐倉 花子", "サクラ ハナコ", "1950-04-01", Sex::Female)
}

const FAMILIES: [(&str, &str); 6] = [
    ("佐倉", "サクラ"),
    ("櫻", "サクラ"),
    ("佐藤", "サトウ"),
    ("加藤", "カトウ"),
    ("大野", "オオノ"),
    ("", ""),
];
const GIVEN: [(&str, &str); 11] = [
    ("花子", "ハナコ"),
    ("華子", "ハナコ"),
    ("結衣", "ユイ"),
    ("結菜", "ユナ"),
    ("優希", "ユウキ"),
    ("有紀", "ユキ"),
    ("晴彦", "ハルヒコ"),
    ("晴人", "ハルヒト"),
    ("ベビー", "ベビー"),
    ("テスト", "テスト"),
    ("", ""),
];
const BIRTHS: [&str; 9] = [
    "1950-04-01",
    "1950-04-07",
    "1950-01-04",
    "1951-04-01",
    "1964-04-01",
    "2013-04-01",
    "1900-01-01",
    "1950-04",
    "",
];
const ADDRESSES: [&str; 7] = [
    "北海道室蘭市幸町1-2-3",
    "室蘭市幸町１丁目２番３号 白鳥荘101",
    "室蘭市幸町1-2",
    "室蘭市幸町5-6",
    "札幌市北区北6条西4丁目5番",
    "室蘭市",
    "",
];

/// A given name, written and read.
pub type Given = (&'static str, &'static str);

/// The given name is kept apart, to tell twins apart without asking the code under test.
pub fn townsman() -> impl Strategy<Value = (Given, Form)> {
    let who = (
        prop::sample::select(FAMILIES.to_vec()),
        prop::sample::select(GIVEN.to_vec()),
        0..4_u8,
        prop::sample::select(BIRTHS.to_vec()),
    );
    let sex = prop::sample::select(vec![Sex::Female, Sex::Female, Sex::Male, Sex::Unknown, Sex::Other]);
    let home = (
        prop::sample::select(ADDRESSES.to_vec()),
        prop::sample::select(vec!["", "0143-22-1111", "０１４３（２２）１１１１", "090-1234-5678"]),
        prop::sample::select(vec!["", "051-0022", "051-0023"]),
    );
    let insurance = (
        prop::sample::select(vec!["", "010123", "01012399"]),
        prop::sample::select(vec!["", "室", "12-3"]),
        prop::sample::select(vec!["187", "９９９９９９９", "00187"]),
        prop::sample::select(vec!["", "01", "2", "０３"]),
    );
    let former = prop::sample::select(vec!["", "", "", "加藤", "加藤 花子"]);
    (who, sex, home, insurance, former).prop_map(
        |((family, given, style, birth), sex, home, insurance, former)| {
            let (name, kana) = (format!("{} {}", family.0, given.0), format!("{} {}", family.1, given.1));
            let (name, kana) = match style {
                0 => (name, kana),
                1 => (name.replace(' ', ""), kana.replace(' ', "")),
                2 => (name, String::new()),
                _ => (kana.clone(), kana),
            };
            let mut form = Form::new(name.trim(), kana.trim(), birth, sex).address(home.0).phone(home.1);
            form.registration.postal_code = personal(home.2);
            if !insurance.0.is_empty() {
                form = form.insured(insurance.0, insurance.1, insurance.2, insurance.3);
            }
            if !former.is_empty() {
                let mut patient = model::reading::Resource::new();
                patient.insert(
                    "name".into(),
                    serde_json::json!([{"text": "佐倉 花子"}, {"use": "maiden", "text": former}]),
                );
                form.registration.other_names = Registration::new(&patient, &[]).other_names;
            }
            (given, form)
        },
    )
}

/// Two of the town that share whatever the coin says: relatives, or one person registered twice.
pub fn pair() -> impl Strategy<Value = ((Given, Form), (Given, Form))> {
    (townsman(), townsman(), any::<[bool; 6]>()).prop_map(
        |(a, mut b, [name, birth, sex, home, phone, card])| {
            let (from, to) = (a.1.registration.clone(), &mut b.1.registration);
            if name {
                b.0 = a.0;
                (to.family, to.given, to.full_name) = (from.family, from.given, from.full_name);
                (to.family_kana, to.given_kana, to.kana) = (from.family_kana, from.given_kana, from.kana);
            }
            if birth {
                to.birth_date = from.birth_date;
            }
            if sex {
                to.sex = from.sex;
            }
            if home {
                (to.address, to.postal_code) = (from.address, from.postal_code);
            }
            if phone {
                to.phones = from.phones;
            }
            if card {
                to.insurances = from.insurances;
            }
            (a, b)
        },
    )
}

/// Whether two given names of the town are read differently, so that they are never one person's.
pub fn told_apart(a: Given, b: Given) -> bool {
    !a.1.is_empty() && !b.1.is_empty() && a.1 != b.1
}

/// Whether the given name stands for "not known".
pub fn is_stand_in(given: Given) -> bool {
    matches!(given.0, "ベビー" | "テスト")
}
