//! Children, check-ups and the small illnesses everybody has.

use crate::catalogue::{self as c, BEDTIME, Disease, Drug, MORNING, THRICE, TWICE, Usage, WHEN_PAIN};
use crate::story::{Story, What, group};

type Illness = (Disease, Usage, u32, &'static [(Drug, f64)]);

const ILLNESSES: &[Illness] = &[
    (c::COLD, THRICE, 5, &[(c::CARBOCISTEINE, 6.0), (c::ACETAMINOPHEN, 6.0)]),
    (c::GASTROENTERITIS, THRICE, 3, &[(c::REBAMIPIDE, 3.0)]),
    (c::BACK_PAIN, WHEN_PAIN, 10, &[(c::LOXOPROFEN, 1.0)]),
    (c::RHINITIS, TWICE, 28, &[(c::FEXOFENADINE, 2.0)]),
    (c::COVID, THRICE, 5, &[(c::ACETAMINOPHEN, 6.0)]),
];

fn ill(story: &mut Story<'_>, before: i64) {
    let (clinic, day) = (story.team.clinic, story.day(before));
    let which = story.dice.below(ILLNESSES.len());
    let Some((disease, usage, days, drugs)) = ILLNESSES.get(which).copied() else { return };
    let time = story.visit(day, clinic, &[(disease, day)]);
    if story.dice.chance(20) {
        story.labs(day, time, clinic, &[(c::CRP, 1.1, 0.8), (c::WBC, 7200.0, 1800.0)]);
    }
    story.prescribe(day, time, clinic, &[group(usage, days, drugs)]);
}

/// Colds and a dental check.
pub fn child(story: &mut Story<'_>) {
    let born = story.person.birth;
    for _ in 0..story.dice.weighted(&[35, 35, 20, 10]) {
        let before = story.dice.range(0, 350);
        if story.day(before) > born {
            ill(story, before);
        }
    }
    if story.person.age(story.today) >= 3 && story.dice.chance(30) {
        let (day, dental) = (story.day(story.dice.side(9).range(0, 350)), story.team.dental);
        let finding = "う蝕なし。フッ化物塗布。".to_owned();
        story.add(day, (16, 0), dental, What::Dental { procedure: "定期健診", finding });
    }
}

/// A yearly check-up, now and then an illness; many are not seen at all.
pub fn healthy(story: &mut Story<'_>) {
    if story.dice.chance(45) {
        let (day, clinic) = (story.day(story.dice.side(8).range(0, 340)), story.team.clinic);
        let time = story.visit(day, clinic, &[]);
        let creatinine = story.creatinine();
        let values = [
            (c::HBA1C, 5.5, 0.4),
            (c::LDL, 121.0, 30.0),
            (c::AST, 22.0, 8.0),
            (c::ALT, 20.0, 10.0),
            (creatinine, 0.72, 0.12),
            (c::HB, 13.6, 1.2),
            (c::UA, 5.1, 1.1),
        ];
        story.labs(day, time, clinic, &values);
    }
    for _ in 0..story.dice.weighted(&[45, 35, 15, 5]) {
        let before = story.dice.range(0, 350);
        ill(story, before);
    }
    if story.dice.chance(20) {
        let (day, dental) = (story.day(story.dice.side(7).range(0, 350)), story.team.dental);
        let finding = "歯石除去。歯周ポケット最大 3mm。".to_owned();
        story.add(day, (10, 30), dental, What::Dental { procedure: "定期健診・歯石除去", finding });
    }
    if story.person.age(story.today) >= 65 && story.dice.chance(25) {
        let (day, clinic) = (story.day(story.dice.side(6).range(0, 340)), story.team.clinic);
        let time = story.visit(day, clinic, &[]);
        story.prescribe(
            day,
            time,
            clinic,
            &[group(BEDTIME, 28, &[(c::MAGNESIUM, 2.0)]), group(MORNING, 28, &[(c::LANSOPRAZOLE, 1.0)])],
        );
    }
}
