//! The worked example: 佐倉 花子, heart failure with atrial fibrillation and dementia in a group home.
//!
//! Day 0 stands for 23 November of the drawn page. Fluid gathers, she is admitted (azosemide 30→60→30 mg);
//! after discharge agitation grows, 抑肝散 (contains liquorice) helps, donepezil goes up, and potassium falls.

use super::{CareDay, care_days, nurse_visit};
use crate::catalogue::{self as c, EVENING, MORNING, THRICE_BEFORE};
use crate::facilities::Facilities;
use crate::story::{CARDIOLOGY, Group, INTERNAL, Letter, LetterKind, Setting, Story, Vitals, What, group};
use model::facility::FacilityKind;

/// Days from 23 November back to the day of the page.
mod day {
    pub(super) const CHECK: i64 = 88;
    pub(super) const REFERRED: i64 = 68;
    pub(super) const ADMITTED: i64 = 66;
    pub(super) const DISCHARGED: i64 = 45;
    pub(super) const YOKUKANSAN: i64 = 32;
    pub(super) const DONEPEZIL_UP: i64 = 19;
    pub(super) const LAST_VISIT: i64 = 3;
}

fn regular(azosemide: f64, donepezil: c::Drug, days: u32) -> Vec<Group> {
    vec![
        group(
            MORNING,
            days,
            &[(c::AZOSEMIDE, azosemide), (c::BISOPROLOL, 1.0), (c::EDOXABAN, 1.0), (donepezil, 1.0)],
        ),
        group(EVENING, days, &[(c::MAGNESIUM, 1.0)]),
    ]
}

/// Tells her story.
pub fn tell(story: &mut Story<'_>, facilities: &Facilities) {
    let first = |kind| facilities.numbered(kind, 0);
    story.team.hospital = first(FacilityKind::Hospital);
    story.team.clinic = first(FacilityKind::Clinic);
    story.team.pharmacy = first(FacilityKind::Pharmacy);
    story.team.dental = first(FacilityKind::Dental);
    story.team.nurse = first(FacilityKind::VisitingNurse);
    story.team.care = first(FacilityKind::Care);
    let other_hospital = facilities.numbered(FacilityKind::Hospital, 1);
    let penicillin = What::Allergies(vec![("ペニシリン系", "発疹 2011")]);
    story.add(story.day(340), (10, 5), story.team.clinic, penicillin.clone());
    story.add(story.day(301), (10, 0), other_hospital, What::Visit { department: INTERNAL });
    story.add(story.day(day::CHECK), (9, 5), story.team.hospital, penicillin);
    before(story);
    admission(story);
    after(story);
    home(story);
}

fn diseases(story: &Story<'_>) -> Vec<(c::Disease, jiff::civil::Date)> {
    vec![
        (c::HEART_FAILURE, story.day(900)),
        (c::ATRIAL_FIBRILLATION, story.day(1500)),
        (c::ALZHEIMER, story.day(1100)),
        (c::HYPERTENSION, story.day(4000)),
    ]
}

fn before(story: &mut Story<'_>) {
    let known = diseases(story);
    for before in [340, 284, 228, 172, 116, 81] {
        let day = story.day(before);
        let time = story.visit(day, story.team.clinic, if before == 340 { &known } else { &[] });
        if before == 340 || before == 172 {
            story.labs(
                day,
                time,
                story.team.clinic,
                &[
                    (c::K, 4.2, 0.1),
                    (c::NA, 140.0, 1.0),
                    (c::CR, 0.92, 0.02),
                    (c::EGFR, 45.0, 1.0),
                    (c::BNP, 140.0, 12.0),
                ],
            );
        }
        let groups = regular(1.0, c::DONEPEZIL_5, if before == 81 { 42 } else { 56 });
        if before == 81 {
            story.add(
                day,
                crate::story::later(time, 12),
                story.team.clinic,
                What::Prescription { setting: Setting::Outpatient, groups: groups.clone(), cancelled: false },
            );
            story.dispense(story.day(80), (10, 15), story.team.clinic, groups, "");
        } else {
            story.prescribe(day, time, story.team.clinic, &groups);
        }
    }
    let hospital = story.team.hospital;
    let day = story.day(day::CHECK);
    story.add(day, (9, 30), hospital, What::Visit { department: CARDIOLOGY });
    for (place, (disease, onset)) in known.iter().enumerate() {
        story.add(
            day,
            (9, 40),
            hospital,
            What::Diagnosis { disease: *disease, onset: *onset, main: place == 0 },
        );
    }
    story.labs(day, (9, 50), hospital, &panel([4.2, 139.0, 0.93, 44.0, 152.0]));
    for (before, note) in [
        (87, "下腿浮腫なし。服薬カレンダーで確認、飲み忘れなし。"),
        (80, "体重がやや増えている。塩分について職員と話す。"),
        (73, "下腿浮腫 軽度。夜間の息切れあり、主治医に報告。"),
    ] {
        let day = story.day(before);
        let vitals = Vitals {
            systolic: 148.0,
            diastolic: 80.0,
            pulse: 68.0,
            spo2: 95.0,
            temperature: 36.4,
            weight: 0.0,
        };
        nurse_visit(story, day, vitals, note);
    }
    let dental = What::Dental {
        procedure: "訪問口腔ケア・義歯調整",
        finding: "口腔乾燥あり。義歯性潰瘍なし。".into(),
    };
    story.add(story.day(76), (14, 0), story.team.dental, dental);
    let letter = Letter {
        kind: LetterKind::Referral,
        to: story.team.hospital,
        sections: vec![
            ("950", "紹介目的", "心不全増悪の精査・加療をお願いします。".into()),
            (
                "340",
                "傷病名・主訴",
                "うっ血性心不全、心房細動、アルツハイマー型認知症。息切れ、下腿浮腫、体重増加。".into(),
            ),
            (
                "360",
                "現病歴",
                "２週間で体重が２．６ｋｇ増加し、夜間の息切れが出現しました。アゾセミド３０ｍｇ内服中です。"
                    .into(),
            ),
            ("510", "アレルギー・不耐性反応", "ペニシリン系（発疹、２０１１年）".into()),
        ],
    };
    story.add(story.day(day::REFERRED), (16, 30), story.team.clinic, What::Letter(letter));
}

/// K, Na, Cr, eGFR, BNP exactly as on the page.
fn panel(values: [f64; 5]) -> Vec<(c::Test, f64, f64)> {
    [c::K, c::NA, c::CR, c::EGFR, c::BNP]
        .into_iter()
        .zip(values)
        .map(|(test, value)| (test, value, 0.0))
        .collect()
}

fn admission(story: &mut Story<'_>) {
    let hospital = story.team.hospital;
    let (admitted, discharged) = (story.day(day::ADMITTED), story.day(day::DISCHARGED));
    story.stay((admitted, (10, 40)), (discharged, (10, 30)), hospital, "3A", CARDIOLOGY);
    story.add(admitted, (11, 5), hospital, What::Imaging { name: "胸部Ｘ線単純撮影" });
    story.add(admitted, (11, 25), hospital, What::Electrocardiogram { finding: "心房細動", rate: 92.0 });
    story.labs(admitted, (11, 0), hospital, &panel([4.4, 138.0, 1.04, 39.0, 684.0]));
    for (before, values) in [
        (62, [4.1, 138.0, 1.02, 40.0, 405.0]),
        (55, [4.0, 139.0, 0.98, 42.0, 238.0]),
        (49, [4.1, 139.0, 0.95, 43.0, 168.0]),
    ] {
        story.labs(story.day(before), (7, 30), hospital, &panel(values));
    }
    story.add(story.day(65), (14, 20), hospital, What::Imaging { name: "心エコー" });
    for before in 64..=66 {
        let drugs = vec![(c::FUROSEMIDE_INJECTION, 1.0), (c::SALINE, 1.0)];
        story.add(story.day(before), (13, 0), hospital, What::Injection { drugs });
    }
    let inpatient = |groups| What::Prescription { setting: Setting::Inpatient, groups, cancelled: false };
    story.add(admitted, (15, 0), hospital, inpatient(regular(2.0, c::DONEPEZIL_5, 21)));
    story.add(story.day(60), (10, 0), hospital, What::Transfer { from: "3A", to: "5B" });
    let home = What::Prescription {
        setting: Setting::Discharge,
        groups: regular(1.0, c::DONEPEZIL_5, 28),
        cancelled: false,
    };
    story.add(discharged, (9, 0), hospital, home);
    let letter = Letter {
        kind: LetterKind::Discharge,
        to: story.team.clinic,
        sections: vec![
            ("340", "傷病名・主訴", "うっ血性心不全（急性増悪）".into()),
            ("330", "臨床経過", "利尿薬静注とアゾセミド６０ｍｇへの増量で体重５０．３→４７．７ｋｇ、ＢＮＰ６８４→１６８。退院時にアゾセミドは３０ｍｇへ戻しました。".into()),
            ("430", "投薬指示", "アゾセミド３０ｍｇ、ビソプロロール２．５ｍｇ、エドキサバン３０ｍｇ、ドネペジル５ｍｇ　１日１回朝食後".into()),
            ("220", "備考・連絡情報", "体重４９．５ｋｇ以上または２日で１ｋｇ以上の増加があればご連絡ください。".into()),
        ],
    };
    story.add(discharged, (11, 20), hospital, What::Letter(letter));
    let groups = regular(1.0, c::DONEPEZIL_5, 28);
    story.dispense(story.day(44), (10, 30), hospital, groups, "");
}

fn after(story: &mut Story<'_>) {
    let (clinic, hospital) = (story.team.clinic, story.team.hospital);
    story.visit(story.day(39), clinic, &[]);
    let time = story.visit(story.day(day::YOKUKANSAN), clinic, &[]);
    let herbal = vec![group(THRICE_BEFORE, 14, &[(c::YOKUKANSAN, 7.5)])];
    let what = What::Prescription { setting: Setting::Outpatient, groups: herbal.clone(), cancelled: false };
    story.add(story.day(day::YOKUKANSAN), crate::story::later(time, 10), clinic, what);
    story.dispense(story.day(31), (11, 10), clinic, herbal, "");
    let up = regular(1.0, c::DONEPEZIL_10, 28);
    story.add(story.day(day::DONEPEZIL_UP), (10, 10), hospital, What::Visit { department: INTERNAL });
    let what = What::Prescription { setting: Setting::Outpatient, groups: up.clone(), cancelled: false };
    story.add(story.day(day::DONEPEZIL_UP), (10, 40), hospital, what);
    let time = story.visit(story.day(18), clinic, &[]);
    let herbal = vec![group(THRICE_BEFORE, 28, &[(c::YOKUKANSAN, 7.5)])];
    let what = What::Prescription { setting: Setting::Outpatient, groups: herbal.clone(), cancelled: false };
    story.add(story.day(18), crate::story::later(time, 10), clinic, what);
    story.dispense(story.day(17), (10, 50), hospital, up, "");
    let info = "訪問時、夕食前の抑肝散に飲み残しが2包ありました。";
    story.dispense(story.day(10), (15, 0), clinic, herbal, info);
    let last = story.day(day::LAST_VISIT);
    story.add(last, (15, 10), clinic, What::Visit { department: INTERNAL });
    let note = "下腿浮腫 軽度。血圧 152/78、脈 52。夜間の興奮は減った。採血を実施。";
    story.add(last, (15, 40), clinic, What::Note(note.into()));
    story.labs(last, (15, 20), clinic, &panel([3.1, 141.0, 0.97, 42.0, 190.0]));
}

fn home(story: &mut Story<'_>) {
    for (before, note) in [
        (42, "退院後初回訪問。退院時処方を確認、旧薬を回収。"),
        (35, "夜間に不穏あり。職員と対応を相談。"),
        (28, "抑肝散開始後、日中の興奮がやや減る。"),
        (21, "浮腫なし。食事 8割。"),
        (14, "歩行時ふらつき軽度。転倒なし。"),
        (10, "足のだるさの訴えあり。"),
        (7, "食事 7割。排便 3日なし、酸化マグネシウム内服確認。"),
        (3, "足に力が入りにくいと話される。立ち上がりに介助1名。食事 7割。SpO2 95%。"),
    ] {
        let pulse = if before < 15 { 54.0 } else { 66.0 };
        let vitals =
            Vitals { systolic: 146.0, diastolic: 78.0, pulse, spo2: 95.0, temperature: 36.3, weight: 0.0 };
        nurse_visit(story, story.day(before), vitals, note);
    }
    let dental = story.team.dental;
    let care = What::Dental {
        procedure: "訪問口腔ケア",
        finding: "右下臼歯部に動揺歯。出血傾向なし。".into(),
    };
    story.add(story.day(27), (14, 10), dental, care);
    let question = What::Dental {
        procedure: "抜歯の相談",
        finding: "右下第一大臼歯 抜歯適応。エドキサバン内服中のため主治医へ照会予定。".into(),
    };
    story.add(story.day(6), (14, 30), dental, question);
    let care = story.team.care;
    care_days(story, care, 150, 0, |before, dice| CareDay {
        weight: match before {
            81.. => 47.6 + 0.3 * dice.noise(),
            66..=80 => 47.7 + 2.6 * (81 - before) as f64 / 15.0,
            _ => 47.7 + 0.6 * (45 - before).max(0) as f64 / 45.0 + 0.15 * dice.noise(),
        },
        events: match before {
            70.. => dice.weighted(&[85, 15]),
            46..=69 => dice.weighted(&[40, 40, 20]),
            33..=45 => dice.weighted(&[0, 10, 30, 30, 20, 10]),
            20..=32 => dice.weighted(&[55, 30, 15]),
            _ => dice.weighted(&[35, 40, 20, 5]),
        },
        sleep: match before {
            46.. => 6.8,
            33..=45 => 4.4,
            _ => 5.9,
        } + 0.7 * dice.noise(),
        meal: if before < 10 { 7 } else { 8 },
        systolic: 144.0,
    });
}
