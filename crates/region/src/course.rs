//! Courses: what happens to a person in about a year, so that it makes clinical sense.
//!
//! Each course adds entries to a [`Story`]; days are counted back from the region's last day.

mod acute;
mod chronic;
mod dementia;
mod everyday;
mod heart;
mod hero;

use crate::facilities::Facilities;
use crate::people::{Cast, Person};
use crate::story::{Entry, Story, Team, Vitals, What};
use jiff::civil::Date;
use model::facility::FacilityKind;

/// What happened to a person, in time order.
#[derive(Debug, Clone)]
pub struct Told {
    /// The facilities the person goes to.
    pub team: Team,
    /// What happened.
    pub entries: Vec<Entry>,
    /// The day of death, if the person died.
    pub died: Option<Date>,
}

/// Tells the story of a person.
pub fn tell(seed: u64, person: &Person, facilities: &Facilities, today: Date) -> Told {
    let mut story = Story::new(seed, person, facilities, today);
    register(&mut story);
    let cast = person.cast.unwrap_or_else(|| draw(&mut story));
    if cast != Cast::Hero {
        allergies(&mut story);
    }
    match cast {
        Cast::Hero => hero::tell(&mut story, facilities),
        Cast::HeroNamesake => {
            story.team.hospital = facilities.numbered(FacilityKind::Hospital, 0);
            story.team.pharmacy = facilities.numbered(FacilityKind::Pharmacy, 0);
            chronic::hypertension(&mut story);
            story.add(
                story.day(140),
                (10, 20),
                story.team.hospital,
                What::Visit { department: crate::story::CARDIOLOGY },
            );
        }
        Cast::Pressure => chronic::hypertension(&mut story),
        Cast::Heart => heart::failure(&mut story),
        Cast::Dementia => dementia::group_home(&mut story),
        Cast::Diabetes => chronic::diabetes(&mut story),
        Cast::Kidney => chronic::kidney(&mut story),
        Cast::Lungs => chronic::lungs(&mut story),
        Cast::Anticoagulant => heart::anticoagulant(&mut story),
        Cast::Stroke => acute::stroke(&mut story),
        Cast::Fracture => acute::fracture(&mut story),
        Cast::Pneumonia => acute::pneumonia(&mut story),
        Cast::Palliative => acute::palliative(&mut story),
        Cast::Child => everyday::child(&mut story),
        Cast::Healthy => everyday::healthy(&mut story),
    }
    consents(&mut story);
    let (team, died) = (story.team, story.died);
    Told { team, entries: story.told(), died }
}

/// Draws a course by age.
fn draw(story: &mut Story<'_>) -> Cast {
    let age = story.person.age(story.today);
    let per_thousand: &[(Cast, usize)] = match age {
        ..=17 => return Cast::Child,
        18..=39 => &[(Cast::Diabetes, 8), (Cast::Kidney, 2)],
        40..=64 => &[
            (Cast::Diabetes, 70),
            (Cast::Kidney, 12),
            (Cast::Lungs, 8),
            (Cast::Stroke, 4),
            (Cast::Pressure, 160),
            (Cast::Palliative, 1),
        ],
        65..=74 => &[
            (Cast::Diabetes, 130),
            (Cast::Kidney, 35),
            (Cast::Lungs, 30),
            (Cast::Anticoagulant, 35),
            (Cast::Stroke, 12),
            (Cast::Heart, 10),
            (Cast::Pressure, 300),
            (Cast::Palliative, 5),
            (Cast::Pneumonia, 8),
        ],
        75..=84 => &[
            (Cast::Diabetes, 130),
            (Cast::Kidney, 60),
            (Cast::Lungs, 45),
            (Cast::Anticoagulant, 60),
            (Cast::Stroke, 25),
            (Cast::Heart, 35),
            (Cast::Dementia, 35),
            (Cast::Fracture, 18),
            (Cast::Pressure, 350),
            (Cast::Palliative, 9),
            (Cast::Pneumonia, 20),
        ],
        _ => &[
            (Cast::Diabetes, 90),
            (Cast::Kidney, 80),
            (Cast::Lungs, 45),
            (Cast::Anticoagulant, 70),
            (Cast::Stroke, 30),
            (Cast::Heart, 80),
            (Cast::Dementia, 130),
            (Cast::Fracture, 40),
            (Cast::Pressure, 250),
            (Cast::Palliative, 12),
            (Cast::Pneumonia, 45),
        ],
    };
    let mut throw = story.dice.below(1000);
    for (cast, share) in per_thousand {
        if throw < *share {
            return *cast;
        }
        throw -= share;
    }
    Cast::Healthy
}

/// The resident register: everybody has a line; moves and marriages give another.
fn register(story: &mut Story<'_>) {
    let town = story.team.town;
    story.add(story.day(364).max(story.person.birth), (8, 30), town, What::Register("現存"));
    if let Some((moved, _)) = &story.person.moved {
        story.add(*moved, (15, 10), town, What::Register("転居"));
    }
    if let Some((married, _)) = &story.person.maiden {
        story.add(*married, (11, 40), town, What::Register("婚姻"));
    }
}

fn allergies(story: &mut Story<'_>) {
    const KNOWN: &[(&str, &str)] = &[
        ("ペニシリン系", "発疹"),
        ("ヨード造影剤", "蕁麻疹"),
        ("アスピリン", "喘息発作"),
        ("そば", "蕁麻疹"),
        ("セフェム系", "発疹"),
    ];
    if story.dice.chance(9) {
        let known = story.dice.pick(KNOWN);
        let (day, hospital) = (story.day(330), story.team.clinic);
        story.add(day, (9, 40), hospital, What::Allergies(vec![known]));
    }
}

/// Seven in ten people of the story's facilities have agreed to share; noted at the family doctor's desk.
fn consents(story: &mut Story<'_>) {
    let sure = story.person.cast.is_some();
    let agreed = sure || story.dice.chance(70);
    let first = story
        .entries
        .iter()
        .filter(|entry| !matches!(entry.what, What::Register(_)))
        .map(|entry| entry.at)
        .min();
    if let (true, Some(first)) = (agreed, first) {
        let desk = story.entries.iter().find(|entry| entry.at == first).map(|entry| entry.facility);
        let desk = if story.person.cast.is_some() { Some(story.team.clinic) } else { desk };
        if let Some(facility) = desk {
            story.entries.push(Entry { at: first, facility, author: 0, what: What::Consent });
        }
    }
}

/// One day in a care facility.
#[derive(Debug, Clone, Copy)]
struct CareDay {
    weight: f64,
    events: usize,
    sleep: f64,
    /// Tenths eaten.
    meal: i64,
    systolic: f64,
}

/// Daily entries of a care facility from one day to another (both counted back), pausing in hospital.
fn care_days(
    story: &mut Story<'_>,
    facility: usize,
    from: i64,
    to: i64,
    mut plan: impl FnMut(i64, &mut crate::dice::Dice) -> CareDay,
) {
    const KINDS: &[&str] = &["興奮", "徘徊", "介護への拒否", "夜間の大声", "物盗られの訴え"];
    const HELPED: &[&str] = &[
        "窓際で写真を見て落ち着く",
        "手を握って話を聞くと落ち着く",
        "好きな歌を一緒に歌うと落ち着く",
        "温かいお茶で落ち着く",
        "職員と廊下を歩くと落ち着く",
    ];
    const NOTES: &[&str] = &[
        "レクリエーションに参加。笑顔あり。",
        "入浴。皮膚トラブルなし。",
        "排便あり（普通便）。",
        "排便なし 2日目。水分を勧める。",
        "ご家族の面会あり。穏やかに過ごす。",
        "下腿のむくみ軽度。足を上げて休む。",
    ];
    for before in (to..=from).rev() {
        let day = story.day(before);
        if story.in_hospital(day) || story.died.is_some_and(|died| day >= died) {
            continue;
        }
        let mut dice = story.dice.side(before as u64 + 1_000_000);
        let plan = plan(before, &mut dice);
        let shift = (before % 3).unsigned_abs() as usize;
        story.add_by(day, (6, 30), facility, shift, What::Sleep(plan.sleep));
        let vitals = Vitals {
            systolic: (plan.systolic + 12.0 * dice.noise()).round(),
            diastolic: (plan.systolic * 0.56 + 8.0 * dice.noise()).round(),
            pulse: (66.0 + 10.0 * dice.noise()).round(),
            spo2: (96.0 + 2.0 * dice.noise()).round(),
            temperature: 36.3 + 0.4 * dice.noise(),
            weight: if before % 2 == 0 { plan.weight } else { 0.0 },
        };
        story.add_by(day, (9, 40), facility, shift, What::Vitals(vitals));
        for _ in 0..plan.events {
            let time = (dice.pick(&[2, 4, 10, 14, 16, 17, 18, 21, 23]), dice.range(0, 59) as i8);
            let what = What::Behaviour { kind: dice.pick(KINDS), helped: dice.pick(HELPED) };
            story.add_by(day, time, facility, shift, what);
        }
        let mut eaten = || (plan.meal + dice.range(-2, 2)).clamp(0, 10) as u8;
        let meals = [eaten(), eaten(), eaten()];
        story.add_by(day, (18, 50), facility, shift, What::Meals(meals));
        if dice.chance(25) {
            let note = dice.pick(NOTES).to_owned();
            story.add_by(day, (19, 20), facility, shift, What::Note(note));
        }
    }
}

/// A visit of the visiting nurses: vital signs and a note.
fn nurse_visit(story: &mut Story<'_>, day: Date, vitals: Vitals, note: &str) {
    if story.in_hospital(day) || story.died.is_some_and(|died| day > died) {
        return;
    }
    let nurse = story.team.nurse;
    let time = (story.dice.range(9, 15) as i8, story.dice.range(0, 49) as i8);
    story.add(day, time, nurse, What::Vitals(vitals));
    story.add(day, crate::story::later(time, 20), nurse, What::Note(note.to_owned()));
}
