//! Alzheimer's disease in a group home: events, sleep, 抑肝散 and what comes of it.

use super::{CareDay, care_days};
use crate::catalogue::{self as c, MORNING, THRICE_BEFORE};
use crate::story::{Group, Story, What, group};

/// Events grow until 抑肝散 is started; sleep follows; potassium is watched.
pub fn group_home(story: &mut Story<'_>) {
    let (clinic, care, dental) = (story.team.clinic, story.team.care, story.team.dental);
    let start = story.dice.range(30, 120);
    let weight = 46.0 + 8.0 * story.dice.noise();
    let known = [(c::ALZHEIMER, story.day(1400)), (c::HYPERTENSION, story.day(3500))];
    let creatinine = story.creatinine();
    for (nth, before) in story.rounds(28) {
        let day = story.day(before);
        let time = story.visit(day, clinic, if nth == 0 { &known } else { &[] });
        let donepezil = if before > 200 { c::DONEPEZIL_5 } else { c::DONEPEZIL_10 };
        let mut groups: Vec<Group> =
            vec![group(MORNING, 28, &[(donepezil, 1.0), (c::MEMANTINE, 1.0), (c::AMLODIPINE, 1.0)])];
        if before < start {
            groups.push(group(THRICE_BEFORE, 28, &[(c::YOKUKANSAN, 7.5)]));
        }
        story.prescribe(day, time, clinic, &groups);
        if nth % 3 == 1 || (before < start && before + 28 >= start) {
            let k = if before < start { 3.8 } else { 4.3 };
            story.labs(
                day,
                time,
                clinic,
                &[(c::K, k, 0.2), (c::NA, 140.0, 2.0), (creatinine, 0.7, 0.05), (c::ALB, 3.7, 0.2)],
            );
        }
    }
    for (_, before) in story.rounds(90) {
        let finding = "舌苔あり。食後の残渣を職員と確認。".to_owned();
        story.add(story.day(before), (13, 30), dental, What::Dental { procedure: "訪問口腔ケア", finding });
    }
    care_days(story, care, 180, 0, |before, dice| CareDay {
        weight: weight - (180 - before) as f64 * 0.006 + 0.2 * dice.noise(),
        events: if before > start + 30 {
            dice.weighted(&[70, 25, 5])
        } else if before > start {
            dice.weighted(&[15, 35, 35, 15])
        } else {
            dice.weighted(&[60, 32, 8])
        },
        sleep: if before > start && before <= start + 30 { 4.8 } else { 6.3 } + 0.9 * dice.noise(),
        meal: 8,
        systolic: 134.0,
    });
}
