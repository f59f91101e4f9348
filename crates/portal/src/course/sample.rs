//! 佐倉 花子: an invented course of eight facilities over three months, as chart rows. Feeds the gallery and
//! the tests through the same builder as real rows.

use super::{ChartRow, Entry, Given, Sight, SourceInfo, build, view::View};
use crate::{chart::matrix::Feed, text::Lang, when};
use jiff::civil::{Date, date};
use model::{
    FacilityId, PersonId, RecordId, SourceName,
    facility::{FacilityKind, RecordKind},
};

/// The person of the samples.
pub fn person() -> PersonId {
    PersonId(uuid::Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0048_2917))
}

/// The day on which the samples are looked at.
pub const TODAY: Date = date(2026, 11, 23);

/// The course as the physician sees it.
pub fn course(lang: Lang, view: View) -> super::Course {
    let (entries, sources) = (entries(), sources());
    build(&Given {
        entries: &entries,
        sources: &sources,
        sight: &sight,
        sensitive_line: true,
        today: TODAY,
        view,
        lang,
    })
}

/// The invented permit: one facility without consent, diet records outside the role.
pub fn sight(facility: &FacilityId, kind: RecordKind, sensitive: bool) -> Sight {
    match (facility.as_str(), kind, sensitive) {
        (_, _, true) => Sight::Sensitive,
        ("tsukimi", _, _) => Sight::NotConsented,
        ("hidamari", RecordKind::Diet, _) => Sight::OutsideRole,
        _ => Sight::Shown,
    }
}

/// The invented facilities: current, late, silent, not consented, outside the role.
pub fn sources() -> Vec<SourceInfo> {
    use FacilityKind as K;
    let late = Feed::Late("2026-11-22T05:10:00+09:00".into(), "1日1回".into());
    let silent = Feed::Silent("2026-11-23T08:31:00+09:00".into(), "2026-11-21T18:02:00+09:00".into());
    [
        ("hakucho", "白鳥総合病院", K::Hospital, Feed::Current),
        ("minato", "港町内科クリニック", K::Clinic, Feed::Current),
        ("suzuran", "すずらん薬局", K::Pharmacy, Feed::Current),
        ("midori", "みどり歯科", K::Dental, Feed::Current),
        ("hikari", "訪問看護 ひかり", K::VisitingNurse, Feed::Current),
        ("nagisa", "グループホーム なぎさ", K::Care, late),
        ("inohama", "伊ノ浜病院", K::Hospital, silent),
        ("tsukimi", "月見クリニック", K::Clinic, Feed::Current),
        ("hidamari", "デイサービス ひだまり", K::Care, Feed::Current),
    ]
    .into_iter()
    .filter_map(|(id, name, kind, feed)| {
        Some(SourceInfo { facility: FacilityId::new(id).ok()?, name: name.to_owned(), kind, feed })
    })
    .collect()
}

/// One line of the sample: day, facility, kind, code, label, value, unit.
type Line = (&'static str, &'static str, RecordKind, &'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const EVENTS: &[Line] = {
    use RecordKind as K;
    &[
        ("2026-08-27T10:20", "hakucho", K::Encounter, "", "循環器外来", "", ""),
        ("2026-09-03T15:00", "minato", K::Encounter, "", "外来", "", ""),
        ("2026-09-16T11:30", "minato", K::Document, "", "紹介状（白鳥総合病院 宛）", "息切れと体重増加が続くため精査をお願いします", ""),
        ("2026-09-18T13:10", "hakucho", K::Imaging, "", "胸部X線", "心胸郭比 58%、両側胸水", ""),
        ("2026-09-19T09:40", "hakucho", K::Imaging, "", "心エコー", "左室駆出率 42%", ""),
        ("2026-10-09T16:00", "hakucho", K::Document, "", "退院時サマリー", "心不全増悪。利尿薬を調整し退院", ""),
        ("2026-11-04T10:05", "hakucho", K::Encounter, "", "もの忘れ外来", "", ""),
        ("2026-10-15T14:00", "minato", K::Encounter, "", "訪問診療", "", ""),
        ("2026-10-22T14:10", "minato", K::Encounter, "", "訪問診療", "夜間の興奮が続く。抑肝散を開始", ""),
        ("2026-11-05T14:00", "minato", K::Encounter, "", "訪問診療", "", ""),
        ("2026-11-20T15:40", "minato", K::Encounter, "", "訪問診療", "下腿浮腫 軽度。血圧 152/78、脈 52。夜間の興奮は減った。採血を実施", ""),
        ("2026-11-13T12:00", "suzuran", K::Document, "", "服薬情報提供書", "飲み忘れ 夕 2回/週。一包化を提案", ""),
        ("2026-09-08T13:00", "midori", K::Dental, "", "訪問歯科", "口腔ケア", ""),
        ("2026-10-27T13:00", "midori", K::Dental, "", "訪問歯科", "右下臼歯の動揺", ""),
        ("2026-11-17T13:00", "midori", K::Dental, "", "抜歯の相談", "抗凝固薬の内服あり。主治医に照会", ""),
        ("2019", "hakucho", K::Condition, "I480", "発作性心房細動", "", ""),
        ("2024-03-11", "hakucho", K::Condition, "G309", "アルツハイマー型認知症", "", ""),
        ("2026-09-18", "hakucho", K::Condition, "I500", "うっ血性心不全", "", ""),
        ("2011", "minato", K::Allergy, "", "ペニシリン系", "発疹", ""),
        ("2026-11-20T18:00", "hidamari", K::Diet, "", "昼食", "", ""),
        ("2026-11-10", "tsukimi", K::Encounter, "", "外来", "", ""),
        ("2026-11-11", "hikari", K::Vital, "8310-5", "体温", "36.4", "℃"),
    ]
};

/// First and last day, facility, YJ code, product, dose, unit, usage.
type Supply =
    (&'static str, &'static str, &'static str, &'static str, &'static str, f64, &'static str, &'static str);

#[rustfmt::skip]
const DRUGS: &[Supply] = &[
    ("2026-08-10", "2026-09-17", "minato", "2139009F2038", "アゾセミド錠30mg", 30.0, "mg", "1日1回 朝食後"),
    ("2026-09-18", "2026-10-09", "hakucho", "2139009F2038", "アゾセミド錠60mg", 60.0, "mg", "1日1回 朝食後"),
    ("2026-10-10", "2026-12-03", "minato", "2139009F2038", "アゾセミド錠30mg", 30.0, "mg", "1日1回 朝食後"),
    ("2026-08-10", "2026-12-03", "minato", "2123016F1107", "ビソプロロールフマル酸塩錠2.5mg", 2.5, "mg", "1日1回 朝食後"),
    ("2026-08-10", "2026-12-03", "hakucho", "3339002F2026", "エドキサバントシル酸塩錠30mg", 30.0, "mg", "1日1回 朝食後"),
    ("2026-08-10", "2026-11-03", "hakucho", "1190012F4026", "ドネペジル塩酸塩OD錠5mg", 5.0, "mg", "1日1回 朝食後"),
    ("2026-11-04", "2026-12-03", "hakucho", "1190012F4026", "ドネペジル塩酸塩OD錠10mg", 10.0, "mg", "1日1回 朝食後"),
    ("2026-10-22", "2026-12-03", "minato", "5200139D1037", "ツムラ抑肝散エキス顆粒（医療用）", 7.5, "g", "1日3回 食前"),
    ("2026-10-12", "", "hikari", "2649735S2130", "ケトプロフェンテープ40mg", 1.0, "枚", "1日1回 腰に貼付"),
];

/// Name, JLAC10, unit, low, high, and results: day, facility, value.
type Lab = (&'static str, &'static str, &'static str, f64, f64, &'static [(&'static str, &'static str, f64)]);

#[rustfmt::skip]
const LABS: &[Lab] = &[
    ("カリウム", "3H015000002326101", "mmol/L", 3.6, 4.8, &[("2026-08-27", "hakucho", 4.4), ("2026-09-18", "hakucho", 4.5),
        ("2026-09-22", "hakucho", 4.2), ("2026-09-29", "hakucho", 4.0), ("2026-10-05", "hakucho", 4.1), ("2026-11-20", "minato", 3.1)]),
    ("eGFR", "8A065000002391901", "mL/分", 60.0, 90.0, &[("2026-08-27", "hakucho", 44.0), ("2026-09-18", "hakucho", 36.0),
        ("2026-09-22", "hakucho", 38.0), ("2026-09-29", "hakucho", 41.0), ("2026-10-05", "hakucho", 43.0), ("2026-11-20", "minato", 42.0)]),
    ("BNP", "4Z271000002205101", "pg/mL", 0.0, 18.4, &[("2026-08-27", "hakucho", 212.0), ("2026-09-18", "hakucho", 684.0),
        ("2026-09-22", "hakucho", 410.0), ("2026-10-05", "hakucho", 168.0), ("2026-11-20", "minato", 190.0)]),
    ("ナトリウム", "3H010000002326101", "mmol/L", 138.0, 145.0, &[("2026-10-05", "hakucho", 139.0), ("2026-11-20", "minato", 141.0)]),
    ("クレアチニン", "3C015000002327101", "mg/dL", 0.46, 0.79, &[("2026-10-05", "hakucho", 0.95), ("2026-11-20", "minato", 0.97)]),
    ("HbA1c (NGSP)", "3D046000001906202", "%", 4.9, 6.0, &[("2026-08-27", "hakucho", 5.8), ("2026-11-20", "minato", 5.9)]),
];

const VISITS: &[&str] =
    &["08-28", "09-04", "09-11", "10-12", "10-19", "10-26", "11-02", "11-09", "11-13", "11-16", "11-20"];

/// Makes entries one after the other.
struct Maker {
    list: Vec<Entry>,
}

impl Maker {
    fn put(&mut self, line: Line) -> Option<&mut Entry> {
        let (time, facility, kind, code, label, value, unit) = line;
        let time = if time.contains('T') { format!("{time}:00+09:00") } else { time.to_owned() };
        let author = match facility {
            "minato" => Some("高橋 亮（医師）"),
            "hakucho" => Some("西野 岳（医師）"),
            "hikari" => Some("木村 彩（看護師）"),
            "suzuran" => Some("小田 涼（薬剤師）"),
            _ => None,
        };
        let day = when::day(&time);
        let number = value.parse().ok();
        self.list.push(Entry {
            record: RecordId(uuid::Uuid::from_u128(0x5a00 << 64 | self.list.len() as u128)),
            facility: FacilityId::new(facility).ok()?,
            source: SourceName::new("main").ok()?,
            received: day.map_or("2026-11-01T06:00:00+09:00".into(), |d| format!("{d}T18:12:00+09:00")),
            author: author.map(str::to_owned),
            version: 1,
            unread: day.is_some_and(|day| day >= date(2026, 11, 20)),
            row: ChartRow {
                time,
                end: None,
                kind,
                code: code.to_owned(),
                label: label.to_owned(),
                value: value.to_owned(),
                unit: unit.to_owned(),
                low: None,
                high: None,
                number,
                flags: String::new(),
                sensitive: false,
            },
        });
        self.list.last_mut()
    }
}

/// Every chart row of the sample.
pub fn entries() -> Vec<Entry> {
    let mut make = Maker { list: Vec::new() };
    for line in EVENTS {
        make.put(*line);
    }
    if let Some(stay) =
        make.put(("2026-09-18T12:40", "hakucho", RecordKind::Encounter, "", "心不全増悪", "緊急入院", ""))
    {
        stay.row.end = Some("2026-10-09".into());
        stay.row.flags = "inpatient".into();
        stay.version = 3;
    }
    for (from, to, facility, code, label, number, unit, usage) in DRUGS {
        if let Some(entry) = make.put((from, facility, RecordKind::Medication, code, label, usage, unit)) {
            entry.row.number = Some(*number);
            entry.row.end = Some((*to).to_owned()).filter(|to| !to.is_empty());
        }
    }
    for (from, to) in
        [("2026-09-04", "2026-09-17"), ("2026-10-10", "2026-11-05"), ("2026-11-06", "2026-12-03")]
    {
        let line = (
            from,
            "suzuran",
            RecordKind::Medication,
            "2123016F1107",
            "ビソプロロールフマル酸塩錠2.5mg",
            "1日1回 朝食後",
            "mg",
        );
        if let Some(entry) = make.put(line) {
            entry.row.number = Some(2.5);
            entry.row.end = Some(to.to_owned());
        }
    }
    for (label, code, unit, low, high, results) in LABS {
        for (day, facility, value) in *results {
            let line = (*day, *facility, RecordKind::Laboratory, *code, *label, "", *unit);
            if let Some(entry) = make.put(line) {
                entry.row.number = Some(*value);
                entry.row.value = value.to_string();
                entry.row.low = Some(*low).filter(|low| *low > 0.0);
                entry.row.high = Some(*high);
            }
        }
    }
    visits(&mut make);
    days(&mut make);
    make.list
}

fn visits(make: &mut Maker) {
    for day in VISITS {
        let time = format!("2026-{day}");
        let note = if *day == "11-20" {
            "足に力が入りにくいと話される。立ち上がりに介助1名。食事 7割"
        } else {
            "状態は安定。内服の声かけを継続"
        };
        if let Some(entry) =
            make.put(("2026-01-01", "hikari", RecordKind::Nursing, "", "訪問看護記録", note, ""))
        {
            entry.row.time = format!("{time}T10:20:00+09:00");
            entry.received = format!("{time}T17:30:00+09:00");
            entry.unread = *day == "11-20";
        }
    }
}

/// Daily rows of the group home: weight, sleep, BPSD; none while in hospital.
fn days(make: &mut Maker) {
    for at in 0..91 {
        let day = when::plus(date(2026, 8, 25), at);
        if (date(2026, 9, 18)..=date(2026, 10, 8)).contains(&day) || day > TODAY {
            continue;
        }
        let wave = f64::from((at * 7) % 5) / 10.0;
        let weight = if at < 24 { 47.6 + f64::from(at) * 0.11 } else { 47.7 + f64::from(at) * 0.005 };
        put_number(make, day, "29463-7", "体重", weight + wave / 3.0, "kg");
        put_number(make, day, "93832-4", "睡眠時間", 6.4 - wave * 4.0 + f64::from(at % 3) / 2.0, "時間");
        let events = match at {
            0..13 => 0,
            13..24 => i32::from(at % 2 == 0),
            24..60 => 1 + at % 4,
            _ => i32::from(at % 3 == 0) + i32::from(at % 7 == 0),
        };
        for _ in 0..events {
            put_note(make, day, "BPSD（興奮）", "夜間に廊下を歩く。窓際で写真を見て落ち着く");
        }
        if at % 6 == 0 || day == date(2026, 11, 20) {
            put_note(make, day, "介護記録", "夜間 1回覚醒、窓際で写真を見て落ち着く。排便なし 2日目");
        }
    }
}

fn put_number(
    make: &mut Maker,
    day: Date,
    code: &'static str,
    label: &'static str,
    value: f64,
    unit: &'static str,
) {
    let kind = if unit == "kg" { RecordKind::Vital } else { RecordKind::Care };
    if let Some(entry) = make.put(("2026-01-01", "nagisa", kind, code, label, "", unit)) {
        let value = (value * 10.0).round() / 10.0;
        entry.row.time = day.to_string();
        entry.row.number = Some(value);
        entry.row.value = value.to_string();
        entry.received = format!("{day}T21:00:00+09:00");
        entry.author = Some("三浦 剛（介護職）".into());
        entry.unread = day > date(2026, 11, 21);
    }
}

fn put_note(make: &mut Maker, day: Date, label: &'static str, value: &'static str) {
    if let Some(entry) = make.put(("2026-01-01", "nagisa", RecordKind::Care, "", label, value, "")) {
        entry.row.time = format!("{day}T21:40:00+09:00");
        entry.received = format!("{day}T22:00:00+09:00");
        entry.author = Some("三浦 剛（介護職）".into());
        entry.unread = day > date(2026, 11, 21);
    }
}
