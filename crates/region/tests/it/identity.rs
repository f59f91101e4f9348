//! Who is who: truth covers every registration, spellings differ, doubles and families exist.

use crate::{TODAY, region};
use model::reading::Format;
use region::facilities::Facilities;
use region::people::Cast;
use region::registration::Registration;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn truth_covers_every_registration() {
    let region = region(5, 150);
    let out = tempfile::tempdir().unwrap();
    region.write(out.path(), |_, _| {}).unwrap();
    let read = |name: &str| std::fs::read_to_string(out.path().join(name)).unwrap();
    let truth: BTreeMap<(String, String), String> = read("truth.csv")
        .lines()
        .skip(1)
        .map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>())
        .filter(|row| !row[1].is_empty())
        .map(|row| ((row[0].clone(), row[1].clone()), row[2].clone()))
        .collect();
    let notebooks: BTreeSet<(String, String)> = read("notebooks.csv")
        .lines()
        .skip(1)
        .map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>())
        .map(|row| (row[0].clone(), row[1].clone()))
        .collect();
    let sources = read("sources.csv");
    for file in region.files() {
        let row = format!("{},{},{},{}", file.facility, file.source, file.format.word(), file.root());
        assert!(sources.lines().any(|line| line == row), "{row}");
        let known = |id: &str| truth.contains_key(&(file.facility.clone(), id.to_owned()));
        match file.format {
            Format::SsMix2 => assert!(known(file.path.split('/').nth(2).unwrap())),
            Format::Okusuri => assert!(notebooks.contains(&(file.facility.clone(), file.path.clone()))),
            Format::Fhir => {
                let name = file.path.rsplit('/').next().unwrap();
                assert!(known(name.split('_').nth(1).unwrap()), "{name}");
            }
            Format::Resident => {
                let start = file.bytes.iter().position(|b| *b == b'\n').unwrap();
                for row in file.bytes[start + 1..].split(|b| *b == b'\n').filter(|row| !row.is_empty()) {
                    let id = row.split(|b| *b == b',').next().unwrap();
                    assert!(known(std::str::from_utf8(id).unwrap()));
                }
            }
            Format::Consent => {
                let text = std::str::from_utf8(&file.bytes).unwrap();
                assert!(text.lines().skip(1).all(|line| known(line.split(',').next().unwrap())));
            }
            other => panic!("{other:?} is not checked here"),
        }
    }
}

#[test]
fn a_number_at_a_facility_belongs_to_one_person() {
    let region = region(5, 400);
    let facilities = Facilities::new(5, 400);
    let facility = facilities.at(0).unwrap();
    let ids: BTreeSet<String> =
        region.people().map(|person| Registration::new(5, &person, facility, TODAY).local_id).collect();
    assert_eq!(ids.len(), 400);
}

#[test]
fn facilities_spell_the_same_person_differently() {
    let region = region(5, 600);
    let facilities = Facilities::new(5, 600);
    let (mut names, mut addresses, mut births, mut kana) = (0, 0, 0, 0);
    for person in region.people() {
        let written: Vec<Registration> = (0..40)
            .map(|place| Registration::new(5, &person, facilities.at(place * 6).unwrap(), TODAY))
            .collect();
        let kinds =
            |pick: &dyn Fn(&Registration) -> String| written.iter().map(pick).collect::<BTreeSet<_>>().len();
        names += usize::from(kinds(&|each| each.family.clone()) > 1);
        addresses += usize::from(kinds(&|each| each.address.clone()) > 3);
        births += usize::from(kinds(&|each| each.birth.to_string()) > 1);
        kana += usize::from(kinds(&|each| each.kana()) > 2);
    }
    assert!(names > 60 && addresses > 500 && kana > 400, "{names} {addresses} {kana}");
    assert!((20..400).contains(&births), "{births}");
}

#[test]
fn there_are_doubles_twins_families_and_the_cast() {
    let people: Vec<_> = region(5, 5000).people().collect();
    let mut same = BTreeMap::new();
    for person in &people {
        let key = (person.family.kanji, person.given.0.clone(), person.birth);
        same.entry(key).or_insert_with(Vec::new).push(person.household);
    }
    assert!(
        same.values().any(|households| households.len() > 1 && households[0] != households[1]),
        "doubles"
    );
    let twins = people.windows(2).filter(|pair| {
        pair[0].household == pair[1].household && pair[0].birth == pair[1].birth && pair[0].place > 0
    });
    assert!(twins.count() > 2);
    let families = people.windows(2).filter(|pair| {
        pair[0].household == pair[1].household
            && !pair[0].insurance.symbol.is_empty()
            && pair[0].insurance.symbol == pair[1].insurance.symbol
            && pair[0].insurance.number == pair[1].insurance.number
    });
    assert!(families.count() > 300);
    let hero = &people[0];
    assert_eq!((hero.family.kanji, hero.given.0.as_str(), hero.cast), ("佐倉", "花子", Some(Cast::Hero)));
    assert_eq!(hero.age(TODAY), 86);
    assert_eq!(
        (people[1].family.kanji, people[1].given.0.as_str(), people[1].age(TODAY)),
        ("佐倉", "華子", 84)
    );
    let old = people.iter().filter(|person| person.age(TODAY) >= 65).count();
    assert!((1700..2900).contains(&old), "{old} of 5000 are 65 or older");
    assert!(people.iter().all(|person| person.birth <= TODAY));
}
