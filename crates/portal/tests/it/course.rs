//! From chart rows to the patient page: nothing lost, nothing leaked, nothing mixed.

mod properties;

use crate::builder::{course, course_as, drug, entry, lab, person, source};
use jiff::civil::date;
use model::{FacilityId, facility::RecordKind};
use portal::{
    banner::Banner,
    chart::{
        drugs::{Change, DrugRow},
        labs::Side,
        matrix::Feed,
    },
    course::{
        Entry, Sight,
        view::{Group, Mode, View},
    },
    page::Shell,
    pages::patient::PatientPage,
    text::{Id, Lang},
};

const K: &str = "3H015000002326101";

fn view() -> View {
    View::of(person())
}

fn page(course: portal::course::Course, view: View) -> String {
    let (shell, banner) = (Shell::sample(Lang::Ja), Banner::sample(Lang::Ja));
    PatientPage { shell, banner, view, course }.render().into_string()
}

fn doses(row: &DrugRow) -> Vec<&str> {
    row.now.iter().map(|now| now.dose.as_str()).collect()
}

#[test]
fn one_dose_told_by_two_facilities_is_not_taken_twice() {
    let told = |number, facility, usage: &str| {
        let mut entry = drug(number, facility, "2026-11-01", "2026-12-31", "アゾセミド錠30mg", 30.0);
        (entry.row.unit, entry.row.value) = ("mg/日".to_owned(), usage.to_owned());
        entry
    };
    let entries = [
        told(1, "a", "1日1回朝食後"),
        told(2, "b", "内服・経口・１日１回 朝食後"),
        told(3, "b", "1日1回夕食後"),
    ];
    let course = course(
        &entries,
        &[source("a", "甲"), source("b", "乙")],
        View { day: Some(date(2026, 11, 1)), ..view() },
    );
    let places: Vec<&str> = course.day.taking.iter().map(|(_, _, places, _)| places.as_str()).collect();
    assert_eq!(places, ["甲・乙", "乙"]);
    let now = &course.drugs[0].now;
    let now: Vec<(&str, String)> =
        now.iter().map(|now| (now.usage.as_str(), now.sources.join("・"))).collect();
    assert_eq!(
        now,
        [("内服・経口・１日１回 朝食後", "甲・乙".to_owned()), ("1日1回夕食後", "乙".to_owned())]
    );
}

#[test]
fn one_drug_of_two_facilities_is_one_row_with_its_doses() {
    let entries = [
        drug(1, "a", "2026-08-10", "2026-09-17", "アゾセミド錠30mg", 30.0),
        drug(2, "b", "2026-09-18", "2026-10-09", "アゾセミド錠60mg「JG」", 60.0),
        drug(3, "a", "2026-10-10", "2026-12-03", "アゾセミド錠30mg", 30.0),
    ];
    let course = course(&entries, &[source("a", "甲"), source("b", "乙")], view());
    assert_eq!(course.drugs.len(), 1);
    let row = &course.drugs[0];
    assert_eq!(row.name, "アゾセミド");
    assert_eq!(doses(row), ["30 mg"]);
    let changes: Vec<Change> = row.bars.iter().map(|bar| bar.change).collect();
    assert_eq!(changes, [Change::None, Change::Up, Change::Down]);
    assert!(row.bars[1].level > row.bars[0].level);
}

#[test]
fn a_new_dose_of_the_same_facility_ends_the_old_one() {
    let entries = [
        drug(1, "a", "2026-10-01", "2026-12-31", "ドネペジル錠5mg", 5.0),
        drug(2, "a", "2026-11-04", "2026-12-31", "ドネペジル錠10mg", 10.0),
    ];
    let course = course(&entries, &[source("a", "甲")], view());
    let row = &course.drugs[0];
    assert_eq!(row.bars[0].to, Some(date(2026, 11, 3)));
    assert_eq!(doses(row), ["10 mg"]);
    assert!(row.bars.iter().all(|bar| bar.lane == 0));
}

#[test]
fn two_facilities_with_two_doses_stay_side_by_side() {
    let entries = [
        drug(1, "a", "2026-10-01", "2026-12-31", "フロセミド錠20mg", 20.0),
        drug(2, "b", "2026-11-01", "2026-12-31", "フロセミド錠40mg", 40.0),
    ];
    let course = course(&entries, &[source("a", "甲"), source("b", "乙")], view());
    let row = &course.drugs[0];
    assert_eq!(doses(row), ["20 mg", "40 mg"]);
    assert_ne!(row.bars[0].lane, row.bars[1].lane);
}

#[test]
fn a_mixture_is_no_dose_of_one_of_its_parts() {
    let mut mixture = drug(2, "a", "2026-11-02", "2026-11-02", "フロセミド注20mg＋生理食塩液100mL", 100.0);
    mixture.row.unit = "ミリリットル".to_owned();
    mixture.row.code = "2139401A1010".to_owned();
    let mut alone = drug(1, "a", "2026-11-01", "2026-11-01", "フロセミド注20mg", 20.0);
    alone.row.code = "2139401A1010".to_owned();
    let course = course(&[alone, mixture], &[source("a", "甲")], view());
    let mut names: Vec<&str> = course.drugs.iter().map(|row| row.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["フロセミド注", "フロセミド注20mg＋生理食塩液100mL"]);
    assert!(course.drugs.iter().all(|row| row.bars.len() == 1));
}

#[test]
fn doses_of_different_units_are_not_ranked_together() {
    let mut entries = [
        drug(1, "a", "2026-11-01", "2026-11-02", "フロセミド注20mg", 20.0),
        drug(2, "a", "2026-11-10", "2026-11-12", "フロセミド注20mg", 100.0),
        drug(3, "a", "2026-11-20", "2026-11-21", "フロセミド注20mg", 40.0),
    ];
    for (entry, unit) in entries.iter_mut().zip(["mg/回", "mL/回", "mg/日"]) {
        entry.row.unit = unit.to_owned();
    }
    let bars = &course(&entries, &[source("a", "甲")], view()).drugs[0].bars;
    assert_eq!(bars.iter().map(|bar| bar.level).collect::<Vec<_>>(), [1, 1, 1]);
    assert!(bars.iter().all(|bar| !matches!(bar.change, Change::Up | Change::Down)));
}

#[test]
fn an_end_that_is_not_stated_is_not_invented() {
    let course = course(&[drug(1, "a", "2026-10-12", "", "ケトプロフェンテープ40mg", 1.0)], &[], view());
    let row = &course.drugs[0];
    assert_eq!(row.bars[0].to, None);
    assert!(row.now.is_empty());
    assert_eq!(row.ended, None);
}

#[test]
fn one_analyte_of_two_facilities_is_one_trend_but_units_never_mix() {
    let entries = [
        lab(1, "a", "2026-10-05", K, 4.1, "mmol/L"),
        lab(2, "b", "2026-11-20", K, 3.1, "mmol/L"),
        lab(3, "b", "2026-11-20", K, 12.1, "mg/dL"),
        lab(4, "a", "2026-11-20", "3H015000000126101", 40.0, "mmol/L"),
    ];
    let course = course(&entries, &[source("a", "甲"), source("b", "乙")], view());
    let mut points: Vec<usize> = course.labs.iter().map(|row| row.points.len()).collect();
    points.sort_unstable();
    assert_eq!(points, [1, 1, 2]);
    let trend = course.labs.iter().find(|row| row.points.len() == 2).unwrap();
    assert_eq!(trend.newest.text, "3.1");
    assert_eq!(trend.previous.as_ref().unwrap().text, "4.1");
    assert_ne!(trend.points[0].source, trend.points[1].source);
}

#[test]
fn results_without_an_official_code_are_compared_within_their_facility_only() {
    let entries =
        [lab(1, "a", "2026-10-05", "K", 4.1, "mmol/L"), lab(2, "b", "2026-11-20", "K", 3.1, "mmol/L")];
    assert_eq!(course(&entries, &[], view()).labs.len(), 2);
}

#[test]
fn the_source_decides_what_is_abnormal_before_the_range_does() {
    let mut high = lab(1, "a", "2026-11-20", K, 5.0, "mmol/L");
    (high.row.low, high.row.high) = (Some(3.6), Some(4.8));
    let mut normal = lab(2, "a", "2026-11-21", K, 5.0, "mmol/L");
    normal.row.flags = "N".to_owned();
    normal.row.high = Some(4.8);
    let row = &course(&[high, normal], &[], view()).labs[0];
    assert_eq!(row.points[0].side, Side::Above);
    assert_eq!(row.points[1].side, Side::Within);
}

#[test]
fn a_stay_is_a_bar_with_admission_and_discharge() {
    let mut stay = entry(1, "a", RecordKind::Encounter, "2026-09-18T12:40:00+09:00", "心不全");
    stay.row.end = Some("2026-10-09".to_owned());
    let mut open = entry(2, "a", RecordKind::Encounter, "2026-11-20", "肺炎");
    open.row.flags = "inpatient".to_owned();
    let course = course(&[stay, open], &[source("a", "甲")], view());
    let row = &course.rows[0];
    assert_eq!(row.bars.len(), 2);
    assert_eq!(row.bars[1].to, None);
    assert_eq!(course.stays[1], (date(2026, 11, 20), crate::builder::TODAY));
    assert_eq!(row.marks.iter().map(|mark| mark.records).sum::<usize>(), 2);
}

#[test]
fn a_source_without_records_is_not_one_without_answer() {
    let mut silent = source("b", "乙");
    silent.feed = Feed::Silent("2026-11-23T08:31:00+09:00".into(), String::new());
    let sources = [source("a", "甲"), silent, source("c", "丙"), source("d", "丁"), source("e", "戊")];
    let hidden = [
        entry(1, "c", RecordKind::Encounter, "2026-11-20", "秘密の受診"),
        entry(2, "d", RecordKind::Laboratory, "2026-11-20", "秘密の検査"),
        entry(3, "e", RecordKind::Laboratory, "2026-11-20", "秘密の検査"),
    ];
    let sight = |facility: &FacilityId, _: RecordKind, _: bool| match facility.as_str() {
        "c" => Sight::NotConsented,
        "e" => Sight::NotRelated,
        _ => Sight::OutsideRole,
    };
    for group in Group::ALL {
        let view = View { group, ..view() };
        let course = course_as(&hidden, &sources, view, &sight);
        let feeds: Vec<&Feed> =
            course.rows.iter().map(|row| &row.feed).filter(|feed| **feed != Feed::NoSource).collect();
        assert!(feeds.iter().any(|feed| matches!(feed, Feed::Silent(..))), "{group:?}");
        assert!(feeds.contains(&&Feed::NotConsented) && feeds.contains(&&Feed::OutsideRole), "{group:?}");
        assert!(feeds.contains(&&Feed::NotRelated), "{group:?}");
        assert_eq!(course.no_drugs.len(), 3, "closed, not related, silent: {:?}", course.no_drugs);
        let html = page(course, view);
        assert!(!html.contains("秘密"), "{group:?}");
        assert!(!html.contains(Lang::Ja.t(Id::NoLabsInRange)), "{group:?}");
        assert!(
            html.contains("<b>非表示</b> 丁 — あなたの職種では表示しない種類の記録です：検体検査"),
            "{group:?}"
        );
    }
}

#[test]
fn a_sensitive_facility_is_not_even_named() {
    let mut row = entry(1, "kokoro", RecordKind::Condition, "2026-11-20", "秘密");
    row.row.sensitive = true;
    let sight = |_: &FacilityId, _: RecordKind, _: bool| Sight::Sensitive;
    let with = page(course_as(&[row], &[], view(), &sight), view());
    let without = page(course_as(&[], &[], view(), &sight), view());
    assert_eq!(with, without);
}

#[test]
fn daily_care_is_a_ribbon_and_unread_stays_a_sign() {
    let mut entries: Vec<Entry> = (0..60)
        .map(|at| {
            let day = date(2026, 9, 20).checked_add(jiff::Span::new().days(at)).unwrap();
            entry(at as u128, "a", RecordKind::Care, &day.to_string(), "介護記録")
        })
        .collect();
    entries[59].unread = true;
    let course = course(&entries, &[source("a", "甲")], view());
    let marks = &course.rows[0].marks;
    assert!(marks.iter().filter(|mark| mark.joined).count() > 10);
    assert!(marks.iter().all(|mark| mark.lane == 0));
    let unread: Vec<_> = marks.iter().filter(|mark| mark.unread).collect();
    assert_eq!(unread.len(), 1);
    assert!(!unread[0].joined);
}

#[test]
fn a_dose_is_never_a_unit_behind_words() {
    let mut dose = drug(1, "a", "2026-11-20", "2026-12-03", "ビソプロロール錠2.5mg", 2.5);
    dose.row.value = "1日1回 朝食後".to_owned();
    let mut words = drug(2, "a", "2026-11-20", "2026-12-03", "軟膏", 1.0);
    (words.row.number, words.row.value) = (None, "適量".to_owned());
    let mut result = lab(3, "a", "2026-11-20", K, 4.1, "mmol/L");
    result.row.value = "4.1".to_owned();
    let mut bound = lab(4, "a", "2026-11-20", K, 0.5, "mmol/L");
    (bound.row.number, bound.row.value) = (None, "<0.5".to_owned());
    let table = View { mode: Mode::Table, ..view() };
    let rows = course(&[dose, words, result, bound], &[], table).table.unwrap();
    let mut values: Vec<String> = rows.groups[0].rows.iter().map(|row| row.value.clone()).collect();
    values.sort_unstable();
    assert_eq!(values, ["2.5 mg 1日1回 朝食後", "4.1 mmol/L", "<0.5 mmol/L", "適量"]);
}

#[test]
fn a_limit_of_detection_is_not_a_measured_value() {
    let texts = ["<0.05", "0.05未満", "≤0.05", "0.05"];
    let results = texts.map(|text| {
        let mut result = lab(1, "a", "2026-11-20", K, 0.05, "mg/dL");
        (result.row.value, result.row.high) = (text.to_owned(), Some(0.01));
        result
    });
    let shown = results.map(|result| {
        let course = course(&[result], &[], view());
        (
            course.day.cards[0].items[0].value.clone(),
            course.labs[0].points.len(),
            course.day.cards[0].items[0].side,
        )
    });
    let text = shown.clone().map(|(text, _, _)| text);
    assert_eq!(text, ["<0.05 mg/dL", "0.05 mg/dL 未満", "≦0.05 mg/dL", "0.05 mg/dL"]);
    assert_eq!(shown.clone().map(|(_, points, _)| points), [0, 0, 0, 1]);
    assert_eq!(shown.map(|(_, _, side)| side), [Side::Within, Side::Within, Side::Within, Side::Above]);
}

#[test]
fn each_result_of_a_day_has_its_own_time() {
    let entries = [
        lab(1, "a", "2026-11-20T06:10:00+09:00", K, 2.8, "mmol/L"),
        lab(2, "a", "2026-11-20T18:40:00+09:00", K, 3.6, "mmol/L"),
    ];
    let course = course(&entries, &[source("a", "甲")], view());
    let times: Vec<&str> = course.day.cards[0].items.iter().map(|item| item.time.as_str()).collect();
    assert_eq!(times, [entries[0].row.time.as_str(), entries[1].row.time.as_str()]);
    let html = page(course, view());
    assert!(html.contains("<small>06:10</small>") && html.contains("<small>18:40</small>"));
    assert!(html.contains("2026-11-20 06:10–18:40"));
}

#[test]
fn a_stay_that_ends_has_the_time_of_its_end() {
    let mut stay = entry(1, "a", RecordKind::Encounter, "2026-10-18T12:40:00+09:00", "心不全");
    stay.row.end = Some("2026-11-20T10:00:00+09:00".to_owned());
    let visit = entry(2, "a", RecordKind::Encounter, "2026-11-20T08:30:00+09:00", "外来");
    let course = course(&[stay, visit], &[source("a", "甲")], view());
    let made = &course.day.cards[0].made;
    assert_eq!(
        [made.0.as_str(), made.1.as_str()],
        ["2026-11-20T08:30:00+09:00", "2026-11-20T10:00:00+09:00"]
    );
}

#[test]
fn what_is_no_result_is_not_shown_as_an_empty_one() {
    let mut order = entry(1, "a", RecordKind::Laboratory, "2026-11-20", "生化学");
    order.row.flags = "order".to_owned();
    let mut report = entry(2, "a", RecordKind::Laboratory, "2026-11-20", "検体検査報告");
    report.row.flags = "report".to_owned();
    let mut result = lab(3, "a", "2026-11-20", K, 4.1, "mmol/L");
    result.row.high = Some(4.8);
    let mut cancelled = lab(4, "a", "2026-11-20", K, 0.0, "");
    (cancelled.row.number, cancelled.row.value) = (None, "not-performed".to_owned());
    let alone = course(&[order.clone(), report.clone()], &[], view());
    let instead: Vec<Option<Id>> = alone.day.cards[0].items.iter().map(|item| item.instead).collect();
    assert_eq!(instead, [Some(Id::Ordered), Some(Id::NotStated)]);
    let html = page(course(&[order, report, result, cancelled], &[], view()), view());
    assert!(html.contains("<td class=\"n\" colspan=\"2\">依頼</td>"));
    assert!(!html.contains("検体検査報告") && !html.contains("not-performed"));
    assert!(html.contains("未実施（中止）"));
}

#[test]
fn a_day_shows_what_was_measured_and_never_a_mean() {
    let vital = |number, facility, time: &str, label, value, unit: &str| {
        let mut entry = entry(number, facility, RecordKind::Vital, time, label);
        (entry.row.number, entry.row.unit) = (Some(value), unit.to_owned());
        entry
    };
    let entries = [
        vital(1, "a", "2026-11-19T09:00:00+09:00", "体温", 36.5, "℃"),
        vital(2, "a", "2026-11-20T09:00:00+09:00", "体温", 36.2, "℃"),
        vital(3, "b", "2026-11-20T20:00:00+09:00", "体温", 38.4, "℃"),
        vital(4, "a", "2026-11-20", "脈拍", 52.0, "/分"),
        vital(5, "a", "2026-11-20", "拡張期血圧", 78.0, "mmHg"),
        vital(6, "a", "2026-11-20", "収縮期血圧", 152.0, "mmHg"),
    ];
    let course = course(&entries, &[source("a", "甲"), source("b", "乙")], view());
    let names: Vec<&str> = course.life.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["収縮期血圧", "拡張期血圧", "脈拍", "体温"]);
    let row = &course.life[3];
    let days: Vec<(f64, f64)> = row.days.iter().map(|all| (all.low, all.high)).collect();
    assert_eq!(days, [(36.5, 36.5), (36.2, 38.4)]);
    assert_eq!(
        (row.newest, row.before),
        (Some((date(2026, 11, 20), 38.4)), Some((date(2026, 11, 20), 36.2)))
    );
    let html = page(course, view());
    assert!(html.contains("36.2–38.4") && html.contains("+2.2") && !html.contains("37.3"));
}

#[test]
fn signs_that_fonts_exchange_are_never_drawn() {
    let mut result = lab(1, "a", "2026-11-20", K, 0.2, "mg/dL");
    result.row.high = Some(0.3);
    let mut words = lab(2, "a", "2026-11-21", K, 3.5, "mg/dL");
    (words.row.value, words.row.number) = ("≥3.5".to_owned(), None);
    for mode in Mode::ALL {
        let view = View { mode, ..view() };
        let html = page(course(&[result.clone(), words.clone()], &[source("a", "甲")], view), view);
        assert!(html.contains("0.3 以下") && html.contains("≧3.5"), "{mode:?}");
        assert!(!html.contains(['≤', '≥']), "{mode:?}");
    }
}

#[test]
fn a_record_without_a_day_is_not_no_record() {
    let row = &course(&[entry(1, "a", RecordKind::Condition, "2019", "心房細動")], &[], view()).rows[0];
    assert_eq!((row.undated, row.newest, row.marks.len()), (1, None, 0));
    let html = page(course(&[entry(1, "a", RecordKind::Condition, "2019", "x")], &[], view()), view());
    assert!(html.contains("日付不明 1件") && html.contains("日付が特定できない記録 1件は表に"));
}
