//! Long illnesses at the family doctor's: blood pressure, diabetes, kidneys, lungs.

use super::nurse_visit;
use crate::catalogue::{self as c, INHALE, MORNING, THRICE, TWICE};
use crate::story::{Letter, LetterKind, Story, Vitals, What, group};

/// High blood pressure, two-monthly visits.
pub fn hypertension(story: &mut Story<'_>) {
    let clinic = story.team.clinic;
    let known = [(c::HYPERTENSION, story.day(2200)), (c::HYPERLIPIDEMIA, story.day(1500))];
    let creatinine = story.creatinine();
    let lipids = story.dice.chance(50);
    for (nth, before) in story.rounds(56) {
        let day = story.day(before);
        let time = story.visit(day, clinic, if nth == 0 { &known } else { &[] });
        if nth % 3 == 0 {
            let values = [
                (c::NA, 141.0, 1.5),
                (c::K, 4.2, 0.3),
                (creatinine, 0.75, 0.1),
                (c::LDL, 118.0, 25.0),
                (c::AST, 22.0, 6.0),
            ];
            story.labs(day, time, clinic, &values);
        }
        let mut drugs = vec![(c::AMLODIPINE, 1.0)];
        if lipids {
            drugs.push((c::ATORVASTATIN, 1.0));
        }
        story.prescribe(day, time, clinic, &[group(MORNING, 56, &drugs)]);
    }
}

/// Type 2 diabetes: HbA1c rises, a drug is added, gums are treated, HbA1c falls.
pub fn diabetes(story: &mut Story<'_>) {
    let (clinic, dental) = (story.team.clinic, story.team.dental);
    let known = [(c::DIABETES, story.day(2900)), (c::HYPERLIPIDEMIA, story.day(2000))];
    let added = story.dice.range(120, 260);
    let start = 6.9 + 0.4 * story.dice.noise();
    let creatinine = story.creatinine();
    let gums = story.person.cast.is_some() || story.dice.chance(55);
    for (nth, before) in story.rounds(35) {
        let day = story.day(before);
        let time = story.visit(day, clinic, if nth == 0 { &known } else { &[] });
        let risen = (350 - before) as f64 / 220.0;
        let after = (added - before).max(0) as f64;
        let hba1c = (start + risen * 1.1 - after / 70.0).max(6.3);
        let values = [(c::HBA1C, hba1c, 0.12), (c::GLU, hba1c * 22.0, 16.0)];
        story.labs(day, time, clinic, &values);
        if nth % 3 == 1 {
            let more = [
                (creatinine, 0.86, 0.06),
                (c::EGFR, 66.0, 3.0),
                (c::LDL, 112.0, 18.0),
                (c::ALT, 26.0, 6.0),
                (c::UA, 5.6, 0.5),
            ];
            story.labs(day, time, clinic, &more);
        }
        let mut morning = vec![(c::SITAGLIPTIN, 1.0), (c::ATORVASTATIN, 1.0)];
        if before <= added {
            morning.push((c::EMPAGLIFLOZIN, 1.0));
        }
        story.prescribe(
            day,
            time,
            clinic,
            &[group(MORNING, 35, &morning), group(TWICE, 35, &[(c::METFORMIN, 2.0)])],
        );
    }
    if gums {
        for (nth, before) in (5..=added + 20).rev().step_by(30).enumerate() {
            let depth = (7 - nth.min(3)).to_string();
            let finding = format!("歯周ポケット最大 {depth}mm。プラークコントロール指導。");
            let procedure = if nth == 0 {
                "歯周精密検査"
            } else {
                "スケーリング・ルートプレーニング"
            };
            story.add(story.day(before), (11, 0), dental, What::Dental { procedure, finding });
        }
        let letter = Letter {
            kind: LetterKind::Referral,
            to: dental,
            sections: vec![
                ("950", "紹介目的", "糖尿病に合併した歯周病の評価と治療をお願いします。".into()),
                ("340", "傷病名・主訴", "２型糖尿病、慢性歯周炎の疑い".into()),
                ("330", "臨床経過", format!("ＨｂＡ１ｃ {:.1}％。抗血栓薬の内服はありません。", start + 0.6)),
            ],
        };
        story.add(story.day(added + 26), (16, 0), clinic, What::Letter(letter));
    }
}

/// Chronic kidney disease on decline: eGFR falls, potassium and bicarbonate are watched.
pub fn kidney(story: &mut Story<'_>) {
    let (clinic, hospital) = (story.team.clinic, story.team.hospital);
    let known = [(c::KIDNEY, story.day(1800)), (c::HYPERTENSION, story.day(4000))];
    let start = 36.0 + 7.0 * story.dice.noise();
    let creatinine = story.creatinine();
    for (nth, before) in story.rounds(28) {
        let day = story.day(before);
        let time = story.visit(day, clinic, if nth == 0 { &known } else { &[] });
        let egfr = start - (350 - before) as f64 * 0.035;
        let cr = 52.0 / egfr;
        let values = [
            (creatinine, cr, 0.04),
            (c::EGFR, egfr, 0.8),
            (c::BUN, 18.0 + cr * 8.0, 2.0),
            (c::K, 4.3 + cr * 0.25, 0.2),
            (c::HB, 12.9 - cr * 0.9, 0.3),
            (c::UA, 7.2, 0.4),
        ];
        story.labs(day, time, clinic, &values);
        let mut drugs = vec![(c::CANDESARTAN, 2.0), (c::AMLODIPINE, 1.0)];
        if egfr < 30.0 {
            drugs.push((c::SODIUM_BICARBONATE, 2.0));
        }
        story.prescribe(day, time, clinic, &[group(MORNING, 28, &drugs)]);
    }
    let letter = Letter {
        kind: LetterKind::Referral,
        to: hospital,
        sections: vec![
            ("950", "紹介目的", "腎機能低下の評価と今後の方針についてご相談します。".into()),
            ("340", "傷病名・主訴", "慢性腎臓病、高血圧症".into()),
            (
                "330",
                "臨床経過",
                format!("ｅＧＦＲは１年で {start:.0} から {:.0} に低下しました。", start - 9.0),
            ),
        ],
    };
    story.add(story.day(95), (16, 20), clinic, What::Letter(letter));
    let day = story.day(80);
    story.visit(day, hospital, &[known[0]]);
    story.add(day, (14, 0), hospital, What::Imaging { name: "腹部超音波検査" });
}

/// Chronic obstructive pulmonary disease; some have a worsening with antibiotics.
pub fn lungs(story: &mut Story<'_>) {
    let (clinic, hospital) = (story.team.clinic, story.team.hospital);
    let known = [(c::COPD, story.day(2600))];
    let worse = story.dice.range(30, 300);
    for (nth, before) in story.rounds(42) {
        let day = story.day(before);
        let time = story.visit(day, clinic, if nth == 0 { &known } else { &[] });
        let groups =
            [group(INHALE, 30, &[(c::TIOTROPIUM, 1.0)]), group(THRICE, 42, &[(c::CARBOCISTEINE, 6.0)])];
        story.prescribe(day, time, clinic, &groups);
    }
    let day = story.day(worse);
    let time = story.visit(day, hospital, &known);
    story.add(day, crate::story::later(time, 15), hospital, What::Imaging { name: "胸部Ｘ線単純撮影" });
    story.labs(
        day,
        time,
        hospital,
        &[(c::CRP, 3.4, 1.5), (c::WBC, 10400.0, 1500.0), (c::HB, 13.4, 0.6), (c::ALB, 3.8, 0.2)],
    );
    story.prescribe(day, time, hospital, &[group(MORNING, 7, &[(c::LEVOFLOXACIN, 1.0)])]);
    if story.dice.chance(40) {
        for before in (0..worse).rev().step_by(14).take(10) {
            let spo2 = (91.0 + 2.0 * story.dice.noise()).round();
            let vitals = Vitals {
                systolic: 128.0,
                diastolic: 72.0,
                pulse: 84.0,
                spo2,
                temperature: 36.5,
                weight: 0.0,
            };
            let day = story.day(before);
            nurse_visit(story, day, vitals, "労作時息切れあり。口すぼめ呼吸を練習。吸入手技は良好。");
        }
    }
}
