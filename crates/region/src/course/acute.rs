//! Stays in hospital and what follows: stroke, hip fracture, pneumonia, the last months at home.

use super::{CareDay, care_days, nurse_visit};
use crate::catalogue::{self as c, MORNING, RISING, THRICE, TWICE, WHEN_PAIN};
use crate::story::{
    INTERNAL, Letter, LetterKind, NEUROSURGERY, ORTHOPAEDICS, Setting, Story, Vitals, What, group,
};

fn prescription(setting: Setting, groups: Vec<crate::story::Group>) -> What {
    What::Prescription { setting, groups, cancelled: false }
}

fn summary(to: usize, disease: &str, course: String, note: &str) -> What {
    What::Letter(Letter {
        kind: LetterKind::Discharge,
        to,
        sections: vec![
            ("340", "傷病名・主訴", disease.to_owned()),
            ("330", "臨床経過", course),
            ("220", "備考・連絡情報", note.to_owned()),
        ],
    })
}

fn follow_up(story: &mut Story<'_>, from: i64, every: usize, groups: &[crate::story::Group]) {
    let clinic = story.team.clinic;
    for before in (0..=from).rev().step_by(every) {
        let day = story.day(before);
        let time = story.visit(day, clinic, &[]);
        story.prescribe(day, time, clinic, groups);
    }
}

/// Cerebral infarction: acute stay, transfer to the rehabilitation ward, home with visiting nurses.
pub fn stroke(story: &mut Story<'_>) {
    let hospital = story.team.hospital;
    let onset = story.dice.range(110, 330);
    let stay = story.dice.range(45, 95);
    let (from, until) = (story.day(onset), story.day(onset - stay));
    story.stay((from, (20, 15)), (until, (10, 0)), hospital, "SCU", NEUROSURGERY);
    for (disease, since, main) in [(c::STROKE, from, true), (c::HYPERTENSION, story.day(3000), false)] {
        story.add(from, (20, 40), hospital, What::Diagnosis { disease, onset: since, main });
    }
    story.add(from, (20, 25), hospital, What::Imaging { name: "頭部ＭＲＩ" });
    story.add(from, (20, 50), hospital, What::Electrocardiogram { finding: "洞調律", rate: 82.0 });
    let creatinine = story.creatinine();
    let labs = [
        (c::GLU, 148.0, 25.0),
        (c::PT_INR, 1.02, 0.05),
        (c::PLT, 21.0, 4.0),
        (c::HB, 14.1, 0.8),
        (creatinine, 0.84, 0.1),
        (c::CRP, 0.3, 0.2),
    ];
    story.labs(from, (20, 30), hospital, &labs);
    for after in 0..7 {
        let day = story.day(onset - after);
        story.add(day, (22, 0), hospital, What::Injection { drugs: vec![(c::EDARAVONE, 2.0)] });
    }
    story.add(story.day(onset - 14), (11, 0), hospital, What::Transfer { from: "SCU", to: "リハ" });
    let groups = vec![group(
        MORNING,
        28,
        &[(c::CLOPIDOGREL, 1.0), (c::AMLODIPINE, 1.0), (c::ATORVASTATIN, 1.0), (c::LANSOPRAZOLE, 1.0)],
    )];
    story.add(story.day(onset - 1), (10, 0), hospital, prescription(Setting::Inpatient, groups.clone()));
    story.add(until, (9, 0), hospital, prescription(Setting::Discharge, groups.clone()));
    let what = summary(
        story.team.clinic,
        "脳梗塞",
        format!("左片麻痺で入院。保存的治療のち回復期リハビリを{}日間実施、杖歩行自立。", stay - 14),
        "クロピドグレルの継続と血圧管理（１３０／８０未満）をお願いします。",
    );
    story.add(until, (11, 30), hospital, what);
    follow_up(story, onset - stay - 7, 28, &groups);
    for before in (0..onset - stay).rev().step_by(7).take(16) {
        let systolic = (132.0 + 10.0 * story.dice.noise()).round();
        let vitals =
            Vitals { systolic, diastolic: 76.0, pulse: 70.0, spo2: 97.0, temperature: 36.4, weight: 0.0 };
        let day = story.day(before);
        nurse_visit(story, day, vitals, "杖歩行で屋外５００ｍ。左手の細かい動作を練習。転倒なし。");
    }
}

/// Hip fracture after a fall: operation, rehabilitation, drugs against osteoporosis, day care.
pub fn fracture(story: &mut Story<'_>) {
    let hospital = story.team.hospital;
    let fall = story.dice.range(70, 300);
    let stay = story.dice.range(28, 60);
    let (from, until) = (story.day(fall), story.day(fall - stay));
    story.stay((from, (11, 10)), (until, (10, 20)), hospital, "4B", ORTHOPAEDICS);
    for (disease, since, main) in [(c::HIP_FRACTURE, from, true), (c::OSTEOPOROSIS, from, false)] {
        story.add(from, (11, 40), hospital, What::Diagnosis { disease, onset: since, main });
    }
    story.add(from, (11, 20), hospital, What::Imaging { name: "股関節Ｘ線単純撮影" });
    for (after, hb, crp) in [(0, 11.8, 0.6), (2, 9.6, 8.2), (7, 10.1, 2.1), (21, 10.9, 0.3)] {
        let labs = [
            (c::HB, hb, 0.3),
            (c::CRP, crp, crp * 0.15),
            (c::WBC, 8200.0, 1200.0),
            (c::ALB, 3.4, 0.2),
            (c::PLT, 22.0, 3.0),
        ];
        story.labs(story.day(fall - after), (11, 30), hospital, &labs);
    }
    let pain = vec![group(THRICE, 14, &[(c::ACETAMINOPHEN, 6.0)])];
    story.add(from, (15, 0), hospital, prescription(Setting::Inpatient, pain));
    let bones =
        vec![group(RISING, 28, &[(c::ALENDRONATE, 1.0)]), group(MORNING, 28, &[(c::ELDECALCITOL, 1.0)])];
    story.add(until, (9, 0), hospital, prescription(Setting::Discharge, bones.clone()));
    let what = summary(
        story.team.clinic,
        "右大腿骨頚部骨折",
        "人工骨頭置換術を施行。歩行器歩行で退院。".into(),
        "骨粗鬆症治療の継続をお願いします。",
    );
    story.add(until, (11, 0), hospital, what);
    follow_up(story, fall - stay - 10, 28, &bones);
    let care = story.team.care;
    let weight = 44.0 + 6.0 * story.dice.noise();
    for before in (0..fall - stay).rev().step_by(4).take(26) {
        care_days(story, care, before, before, |_, dice| CareDay {
            weight: weight + 0.2 * dice.noise(),
            events: 0,
            sleep: 6.8 + 0.6 * dice.noise(),
            meal: 9,
            systolic: 130.0,
        });
    }
}

/// Pneumonia: a week and a half of antibiotics by vein.
pub fn pneumonia(story: &mut Story<'_>) {
    super::chronic::hypertension(story);
    let hospital = story.team.hospital;
    let admitted = story.dice.range(15, 320);
    let stay = story.dice.range(8, 16);
    let (from, until) = (story.day(admitted), story.day(admitted - stay));
    story.entries.retain(|entry| !(from..=until).contains(&entry.at.date()));
    story.stay((from, (15, 30)), (until, (10, 40)), hospital, "2A", INTERNAL);
    story.add(
        from,
        (16, 0),
        hospital,
        What::Diagnosis { disease: c::PNEUMONIA, onset: story.day(admitted + 2), main: true },
    );
    story.add(from, (15, 40), hospital, What::Imaging { name: "胸部Ｘ線単純撮影" });
    for (after, crp, wbc) in [(0, 14.2, 13800.0), (3, 7.5, 9400.0), (stay - 1, 0.8, 6400.0)] {
        let labs = [
            (c::CRP, crp, crp * 0.12),
            (c::WBC, wbc, 700.0),
            (c::ALB, 3.3, 0.2),
            (c::BUN, 22.0, 3.0),
            (c::NA, 136.0, 2.0),
            (c::K, 3.9, 0.2),
        ];
        story.labs(story.day(admitted - after), (7, 40), hospital, &labs);
    }
    for after in 0..7 {
        let drugs = vec![(c::AMPICILLIN_SULBACTAM, 3.0), (c::SALINE, 3.0)];
        story.add(story.day(admitted - after), (18, 0), hospital, What::Injection { drugs });
    }
    let groups = vec![group(THRICE, 5, &[(c::AMOXICILLIN, 3.0), (c::CARBOCISTEINE, 6.0)])];
    story.add(until, (9, 0), hospital, prescription(Setting::Discharge, groups));
    story.add(
        until,
        (9, 30),
        hospital,
        What::Resolved { disease: c::PNEUMONIA, onset: story.day(admitted + 2) },
    );
    let what = summary(
        story.team.clinic,
        "肺炎",
        "抗菌薬点滴で改善、酸素投与は不要となりました。".into(),
        "嚥下の評価をお勧めします。",
    );
    story.add(until, (11, 10), hospital, what);
}

/// Cancer of the pancreas: referral, palliative care at home, death at home.
pub fn palliative(story: &mut Story<'_>) {
    let (clinic, hospital) = (story.team.clinic, story.team.hospital);
    let found = story.dice.range(170, 300);
    let died = story.dice.range(6, 60);
    story.died = Some(story.day(died));
    let day = story.day(found);
    story.visit(day, hospital, &[(c::PANCREATIC_CANCER, day)]);
    story.add(day, (14, 10), hospital, What::Imaging { name: "腹部造影ＣＴ" });
    story.labs(
        day,
        (11, 0),
        hospital,
        &[
            (c::ALB, 3.1, 0.1),
            (c::AST, 64.0, 9.0),
            (c::ALT, 71.0, 9.0),
            (c::CRP, 2.4, 0.5),
            (c::HB, 10.8, 0.3),
        ],
    );
    let letter = Letter {
        kind: LetterKind::Referral,
        to: clinic,
        sections: vec![
            ("950", "紹介目的", "在宅緩和ケアのご紹介".into()),
            ("340", "傷病名・主訴", "膵癌（肝転移）".into()),
            (
                "330",
                "臨床経過",
                "ご本人は自宅での療養を希望されています。予後は月単位と説明しました。".into(),
            ),
        ],
    };
    story.add(story.day(found - 20), (15, 0), hospital, What::Letter(letter));
    for before in (died + 1..=found - 27).rev().step_by(14) {
        let day = story.day(before);
        let time = story.visit(day, clinic, &[(c::PANCREATIC_CANCER, story.day(found))]);
        let strength = 2.0 + ((found - before) / 40) as f64 * 2.0;
        let groups = [
            group(TWICE, 14, &[(c::OXYCODONE, strength)]),
            group(WHEN_PAIN, 10, &[(c::ACETAMINOPHEN, 2.0)]),
            group(crate::catalogue::BEDTIME, 14, &[(c::SENNOSIDE, 2.0)]),
        ];
        story.prescribe(day, time, clinic, &groups);
    }
    for before in (died..=found - 30).rev().step_by(4) {
        let late = before < died + 14;
        let vitals = Vitals {
            systolic: if late { 92.0 } else { 114.0 },
            diastolic: 60.0,
            pulse: if late { 98.0 } else { 84.0 },
            spo2: if late { 91.0 } else { 95.0 },
            temperature: 36.8,
            weight: 0.0,
        };
        let note = if late {
            "眠っている時間が長い。表情は穏やか。ご家族と今後の過ごし方を話す。"
        } else {
            "痛み NRS 2。食事は少量ずつ。便通あり。"
        };
        let day = story.day(before);
        nurse_visit(story, day, vitals, note);
    }
    let (day, town) = (story.day(died - 3), story.team.town);
    story.add(day, (10, 0), town, What::Register("死亡"));
}
