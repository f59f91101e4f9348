//! Heart failure with an admission; anticoagulation with a tooth extraction.

use super::nurse_visit;
use crate::catalogue::{self as c, EVENING, MORNING, THRICE};
use crate::story::{CARDIOLOGY, Letter, LetterKind, Setting, Story, Vitals, What, group, later};

/// Weight and BNP rise, admission with injections, discharge on a higher dose that later comes down.
pub fn failure(story: &mut Story<'_>) {
    let admitted = story.dice.range(40, 250);
    let stay = story.dice.range(9, 21);
    let (clinic, hospital) = (story.team.clinic, story.team.hospital);
    let base = 120.0 + 60.0 * story.dice.noise();
    let peak = base * 4.5;
    let weight = 55.0 + 12.0 * story.dice.noise();
    let creatinine = story.creatinine();
    let cr = 0.95 + 0.2 * story.dice.noise();
    let known = [(c::HEART_FAILURE, story.day(1200)), (c::HYPERTENSION, story.day(3000))];
    let regular = |azosemide: f64, days| {
        vec![
            group(
                MORNING,
                days,
                &[(c::AZOSEMIDE, azosemide), (c::BISOPROLOL, 1.0), (c::SPIRONOLACTONE, 1.0)],
            ),
            group(EVENING, days, &[(c::CANDESARTAN, 1.0)]),
        ]
    };
    let labs = move |bnp: f64, k: f64| {
        [
            (c::BNP, bnp, bnp * 0.08),
            (c::K, k, 0.2),
            (c::NA, 139.0, 2.0),
            (creatinine, cr, 0.06),
            (c::BUN, 21.0, 3.0),
            (c::HB, 12.1, 0.5),
        ]
    };
    for (nth, before) in story.rounds(42) {
        let day = story.day(before);
        if story.in_hospital(day) || (admitted - stay..=admitted + 3).contains(&before) {
            continue;
        }
        let time = story.visit(day, clinic, if nth == 0 { &known } else { &[] });
        let azosemide = if (1..60).contains(&(admitted - before)) { 2.0 } else { 1.0 };
        if nth % 2 == 0 {
            story.labs(day, time, clinic, &labs(base, 4.3));
        }
        story.prescribe(day, time, clinic, &regular(azosemide, 42));
    }
    let (from, until) = (story.day(admitted), story.day(admitted - stay));
    story.stay((from, (13, 20)), (until, (10, 10)), hospital, "3A", CARDIOLOGY);
    for (disease, onset) in known {
        story.add(
            from,
            (13, 40),
            hospital,
            What::Diagnosis { disease, onset, main: disease == c::HEART_FAILURE },
        );
    }
    story.add(from, (13, 50), hospital, What::Imaging { name: "胸部Ｘ線単純撮影" });
    story.add(from, (14, 5), hospital, What::Electrocardiogram { finding: "洞性頻脈", rate: 104.0 });
    story.labs(from, (13, 45), hospital, &labs(peak, 4.5));
    for after in 0..3 {
        let drugs = vec![(c::FUROSEMIDE_INJECTION, 2.0), (c::SALINE, 1.0)];
        story.add(story.day(admitted - after), (16, 0), hospital, What::Injection { drugs });
    }
    story.labs(story.day(admitted - stay / 2), (7, 20), hospital, &labs(peak * 0.5, 3.9));
    story.labs(story.day(admitted - stay + 1), (7, 20), hospital, &labs(base * 1.3, 4.0));
    let prescription = |setting, groups| What::Prescription { setting, groups, cancelled: false };
    story.add(from, (17, 0), hospital, prescription(Setting::Inpatient, regular(2.0, stay as u32)));
    story.add(until, (9, 0), hospital, prescription(Setting::Discharge, regular(2.0, 28)));
    let letter = Letter {
        kind: LetterKind::Discharge,
        to: clinic,
        sections: vec![
            ("340", "傷病名・主訴", "うっ血性心不全".into()),
            ("330", "臨床経過", format!("利尿薬静注で改善。ＢＮＰ {peak:.0}→{:.0} pg/mL。", base * 1.3)),
            ("220", "備考・連絡情報", "体重の毎日測定と塩分６ｇをお願いします。".into()),
        ],
    };
    story.add(until, (11, 0), hospital, What::Letter(letter));
    for after in (1..=admitted - stay).step_by(7).take(14) {
        let vitals = Vitals {
            systolic: (128.0 + 14.0 * story.dice.noise()).round(),
            diastolic: (72.0 + 8.0 * story.dice.noise()).round(),
            pulse: (68.0 + 8.0 * story.dice.noise()).round(),
            spo2: (96.0 + story.dice.noise()).round(),
            temperature: 36.4,
            weight: weight + 0.4 * story.dice.noise(),
        };
        let day = story.day(admitted - stay - after);
        nurse_visit(story, day, vitals, "下腿浮腫なし。体重手帳を確認。内服できている。");
    }
}

/// Atrial fibrillation on warfarin or edoxaban; a tooth is drawn without stopping it.
pub fn anticoagulant(story: &mut Story<'_>) {
    let warfarin = story.person.cast.is_some() || story.dice.chance(45);
    let (clinic, dental) = (story.team.clinic, story.team.dental);
    let known = [(c::ATRIAL_FIBRILLATION, story.day(1600)), (c::HYPERTENSION, story.day(2500))];
    let extraction = story.dice.range(20, 200);
    let creatinine = story.creatinine();
    for (nth, before) in story.rounds(28) {
        let day = story.day(before);
        let time = story.visit(day, clinic, if nth == 0 { &known } else { &[] });
        let drug = if warfarin { (c::WARFARIN, 2.5) } else { (c::EDOXABAN, 1.0) };
        if warfarin {
            story.labs(day, time, clinic, &[(c::PT_INR, 2.0, 0.4)]);
        } else if nth % 3 == 1 {
            story.labs(
                day,
                time,
                clinic,
                &[(creatinine, 0.98, 0.06), (c::HB, 12.8, 0.4), (c::EGFR, 55.0, 4.0)],
            );
        }
        story.prescribe(day, time, clinic, &[group(MORNING, 28, &[drug, (c::AMLODIPINE, 1.0)])]);
    }
    let steps: [(i64, &'static str, &str); 3] = [
        (14, "抜歯の相談", "左上小臼歯 歯根破折。抗凝固薬内服中、主治医へ照会。"),
        (0, "抜歯", "抗凝固薬継続のまま抜歯。局所止血剤と縫合、圧迫止血を確認。"),
        (-7, "抜糸", "後出血なし。治癒良好。"),
    ];
    for (shift, procedure, finding) in steps {
        let day = story.day(extraction + shift);
        story.add(day, (14, 20), dental, What::Dental { procedure, finding: finding.into() });
    }
    let letter = Letter {
        kind: LetterKind::Referral,
        to: dental,
        sections: vec![
            ("950", "紹介目的", "抜歯時の抗凝固療法についてのご照会への回答".into()),
            (
                "330",
                "臨床経過",
                "抗凝固薬は休薬せず、局所止血でお願いします。腎機能は安定しています。".into(),
            ),
        ],
    };
    story.add(story.day(extraction + 7), (17, 10), clinic, What::Letter(letter));
    let day = story.day(extraction);
    let groups = vec![group(THRICE, 3, &[(c::CEFDITOREN, 3.0), (c::ACETAMINOPHEN, 6.0)])];
    story.dispense(day, later((14, 20), 90), dental, groups, "");
}
