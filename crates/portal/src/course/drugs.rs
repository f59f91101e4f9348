//! Prescriptions and dispensings of all facilities, put together by ingredient: what is taken, since when.
//!
//! Two rows rather than one when in doubt: joining two drugs is worse than showing one twice.

use super::{Known, classes};
use crate::{
    chart::{
        axis::Axis,
        drugs::{Change, Current, DoseBar, DrugRow},
        number,
    },
    when,
};
use jiff::civil::Date;
use model::{facility::RecordKind, text};
use std::collections::{BTreeMap, HashMap};

/// Days between the end of one supply and the next that still count as one period.
const GRACE: i32 = 3;

pub(crate) fn rows(known: &[Known<'_>], axis: &Axis) -> Vec<DrugRow> {
    let mut rows: Vec<DrugRow> = groups(known).into_values().filter_map(|lines| row(&lines, axis)).collect();
    rows.sort_by(|a, b| {
        let rank = |row: &DrugRow| (!row.alert, row.now.is_empty(), row.bars.iter().map(|b| b.from).max());
        rank(a).cmp(&rank(b)).then_with(|| a.name.cmp(&b.name))
    });
    rows
}

/// Lines of the same drug: the same ingredient and route by YJ code, or the same name without strength.
fn groups<'a>(known: &[Known<'a>]) -> BTreeMap<usize, Vec<Known<'a>>> {
    let mut group_of: HashMap<String, usize> = HashMap::new();
    let mut joined: Vec<usize> = Vec::new();
    let mut lines: Vec<(Known<'a>, usize)> = Vec::new();
    for each in known.iter().filter(|each| each.row().kind == RecordKind::Medication && each.at.is_some()) {
        let name = format!("n:{}", bare(each.name()));
        // A mixture may carry the code of one of its parts.
        let code = Some(each).filter(|each| !is_mixture(each.name()));
        let code = code.and_then(|each| classes::yj(&each.row().code)?.get(..7));
        let code = code.map(|seven| format!("c:{seven}"));
        let by_code = code.as_ref().and_then(|code| group_of.get(code)).copied();
        let by_name = group_of.get(&name).copied();
        let fresh = joined.len();
        let group = by_code.or(by_name).unwrap_or(fresh);
        if group == fresh {
            joined.push(fresh);
        }
        if let (Some(a), Some(b)) = (by_code, by_name) {
            let (a, b) = (root(&joined, a), root(&joined, b));
            if let Some(slot) = joined.get_mut(a.max(b)) {
                *slot = a.min(b);
            }
        }
        group_of.entry(name).or_insert(group);
        if let Some(code) = code {
            group_of.entry(code).or_insert(group);
        }
        lines.push((*each, group));
    }
    let mut groups: BTreeMap<usize, Vec<Known<'a>>> = BTreeMap::new();
    for (line, group) in lines {
        groups.entry(root(&joined, group)).or_default().push(line);
    }
    groups
}

fn root(joined: &[usize], mut group: usize) -> usize {
    while let Some(next) = joined.get(group).copied().filter(|next| *next != group) {
        group = next;
    }
    group
}

/// True if the name joins several products (`フロセミド注20mg＋生理食塩液100mL`). Its dose is one of the whole, mostly a
/// volume, and says nothing of how much of each part is given.
fn is_mixture(name: &str) -> bool {
    let mut parts = name.split(['＋', '+', '、', '，']).map(str::trim);
    parts.next().is_some_and(|first| !first.is_empty()) && parts.any(|part| !part.is_empty())
}

/// The name up to its strength and maker, without the oral solid form: `アゾセミド錠30mg「JG」` → `アゾセミド`.
/// Forms for the skin, eye or vein stay: they are another route. A mixture keeps its whole name.
pub(crate) fn bare(name: &str) -> String {
    if is_mixture(name) {
        return name.trim().to_owned();
    }
    let cut = name
        .find(|c: char| c.is_numeric() || matches!(c, '「' | '（' | '(' | '【' | '［' | '['))
        .unwrap_or(name.len());
    let mut text = name.get(..cut).unwrap_or(name).trim();
    for form in ["口腔内崩壊錠", "ＯＤ錠", "OD錠", "錠", "カプセル"] {
        if let Some(rest) = text.strip_suffix(form).filter(|rest| !rest.is_empty()) {
            text = rest;
            break;
        }
    }
    if text.is_empty() { name.trim().to_owned() } else { text.trim().to_owned() }
}

/// Units that count pieces, whose weight the product's name tells.
const PIECES: &[&str] =
    &["錠", "カプセル", "Ｃ", "C", "Ｔ", "T", "個", "枚", "包", "アンプル", "Ａ", "A", "管", "本"];

/// Strength of one piece, from the product's name: `ドネペジル塩酸塩錠10mg` → 10 mg.
fn strength(name: &str) -> Option<(f64, &'static str)> {
    const UNITS: &[&str] = &["mg", "μg", "µg", "mcg", "g", "単位"];
    let narrow: String = name
        .chars()
        .map(|c| match c {
            '０'..='９' | 'ａ'..='ｚ' | '．' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
            '㎎' => '\u{1}',
            _ => c,
        })
        .collect::<String>()
        .replace('\u{1}', "mg");
    let from = narrow.find(|c: char| c.is_ascii_digit())?;
    let rest = narrow.get(from..)?;
    let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let value: f64 = rest.get(..digits)?.parse().ok()?;
    let unit = rest.get(digits..)?;
    UNITS.iter().find(|each| unit.starts_with(**each)).map(|each| (value, *each)).filter(|_| value > 0.0)
}

/// How much, in a unit in which two products of one drug can be compared: pieces times the strength of one piece, so that
/// one tablet of 10 mg is not the same dose as one tablet of 5 mg.
fn amount(line: &Known<'_>) -> (Option<f64>, String) {
    let row = line.row();
    let unit = row.unit.trim();
    let (piece, per) = unit.split_once('/').map_or((unit, ""), |(piece, per)| (piece, per));
    let known = strength(line.name()).filter(|_| PIECES.contains(&piece) && !is_mixture(line.name()));
    match (row.number, known) {
        (Some(count), Some((each, weight))) => {
            let total = (count * each * 1000.0).round() / 1000.0;
            (Some(total), if per.is_empty() { weight.to_owned() } else { format!("{weight}/{per}") })
        }
        (number, _) => (number, unit.to_owned()),
    }
}

/// Dose, and the usage beside it.
pub(crate) fn dose(line: &Known<'_>) -> String {
    match amount(line) {
        (Some(value), unit) if !unit.is_empty() => format!("{} {unit}", number(value)),
        _ => line.value(),
    }
}

/// How it is used, if that is said beside the dose.
fn usage<'a>(line: &Known<'a>, dose: &str) -> &'a str {
    let value = line.row().value.trim();
    let alone = line.row().number.is_none() || value.parse::<f64>().is_ok() || dose.starts_with(value);
    if alone { "" } else { value }
}

/// True for equal doses in the same usage, also where only one says that it is swallowed (`内服・経口・1日1回朝食後` and
/// `1日1回朝食後`) or says a usage at all. The same dose in the morning and in the evening are two.
fn is_same((dose, usage): (&str, &str), (other_dose, other_usage): (&str, &str)) -> bool {
    let plain = |text: &str| text::one_width(text).replace(' ', "");
    let (usage, other_usage) = (plain(usage), plain(other_usage));
    let (usage, other_usage) = (when_taken(&usage), when_taken(&other_usage));
    plain(dose) == plain(other_dose) && (usage == other_usage || usage.is_empty() || other_usage.is_empty())
}

/// A usage without the words for the way that every tablet goes.
fn when_taken(mut usage: &str) -> &str {
    while let Some(rest) = ["内服", "内用", "経口"].iter().find_map(|way| usage.strip_prefix(way)) {
        usage = rest.trim_start_matches(['・', '、', ',', ':', '/']);
    }
    usage
}

/// True if both lines tell of one thing that is taken.
pub(crate) fn is_same_taking(a: &Known<'_>, b: &Known<'_>) -> bool {
    let (one, other) = (dose(a), dose(b));
    bare(a.name()) == bare(b.name()) && is_same((&one, usage(a, &one)), (&other, usage(b, &other)))
}

/// Puts what covers today together.
fn tell(now: &mut Vec<Current>, line: &Known<'_>) {
    let dose = dose(line);
    let usage = usage(line, &dose).to_owned();
    let here = line.place.name.clone();
    match now.iter_mut().find(|each| is_same((&each.dose, &each.usage), (&dose, &usage))) {
        Some(each) => {
            if usage.chars().count() > each.usage.chars().count() {
                each.usage = usage;
            }
            if !each.sources.contains(&here) {
                each.sources.push(here);
            }
        }
        None => now.push(Current { dose, usage, sources: vec![here] }),
    }
}

fn row(lines: &[Known<'_>], axis: &Axis) -> Option<DrugRow> {
    let newest = lines.iter().max_by_key(|line| line.at)?;
    let mut bars = bars(lines, axis);
    lay(&mut bars);
    let covers = |line: &&Known<'_>| {
        line.day().is_some_and(|from| from <= axis.today) && line.end.is_some_and(|to| to >= axis.today)
    };
    let mut now: Vec<Current> = Vec::new();
    for line in lines.iter().filter(covers) {
        let superseded = bars.iter().any(|bar| {
            line.day().is_some_and(|from| bar.from > from && bar.from <= axis.today)
                && bar.sources.contains(&line.place.name)
        });
        if !superseded {
            tell(&mut now, line);
        }
    }
    let unknown_end = bars.iter().any(|bar| bar.to.is_none());
    let last = bars.iter().filter_map(|bar| bar.to).max();
    let ended = last.filter(|_| now.is_empty() && !unknown_end);
    bars.retain(|bar| axis.meets(bar.from, bar.to.unwrap_or(bar.drawn_to)));
    if bars.is_empty() && now.is_empty() {
        return None;
    }
    let mut sources: Vec<String> = Vec::new();
    for line in lines.iter().rev() {
        if !sources.contains(&line.place.name) {
            sources.push(line.place.name.clone());
        }
    }
    let class = lines.iter().rev().find_map(|line| classes::class_of(&line.row().code, line.name()));
    Some(DrugRow {
        class: class.map(|(id, _)| id),
        alert: class.is_some_and(|(_, alert)| alert),
        name: bare(newest.name()),
        sources,
        bars,
        now,
        ended,
        unread: lines.iter().filter(|line| line.entry.unread).count(),
    })
}

fn bars(lines: &[Known<'_>], axis: &Axis) -> Vec<DoseBar> {
    let mut bars: Vec<(DoseBar, Option<f64>, String)> = Vec::new();
    for line in lines {
        let Some(from) = line.day() else { continue };
        let text = dose(line);
        let here = line.place.name.clone();
        let same = bars.iter_mut().find(|(bar, _, _)| {
            let joins = match bar.to {
                Some(to) => from <= when::plus(to, GRACE) || bar.from == from,
                None => bar.from == from,
            };
            bar.dose == text && joins
        });
        if let Some((bar, _, _)) = same {
            bar.to = bar.to.max(line.end);
            bar.drawn_to = bar.drawn_to.max(line.end.unwrap_or(from));
            if !bar.sources.contains(&here) {
                bar.sources.push(here);
            }
            continue;
        }
        // The same facility's next dose ends its dose before; another facility's stays beside it.
        for (bar, _, _) in &mut bars {
            if bar.from < from && bar.sources == [here.clone()] && bar.to.is_some_and(|to| to >= from) {
                bar.to = Some(when::plus(from, -1));
                bar.drawn_to = when::plus(from, -1);
            }
        }
        let (number, unit) = amount(line);
        let drawn_to = line.end.unwrap_or(from);
        let bar = DoseBar {
            from,
            to: line.end,
            drawn_to,
            dose: text,
            level: 1,
            lane: 0,
            change: Change::None,
            sources: vec![here],
            product: line.name().to_owned(),
        };
        bars.push((bar, number, unit));
    }
    shade(&mut bars, axis);
    bars.into_iter().map(|(bar, _, _)| bar).collect()
}

/// Levels by rank of dose, changes by comparison with the dose before; both only within the same unit and basis, since
/// 20 mg is not less than 100 mL, nor 30 mg a day more than 20 mg at a time.
fn shade(bars: &mut [(DoseBar, Option<f64>, String)], axis: &Axis) {
    let mut doses: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (_, number, unit) in bars.iter() {
        doses.entry(unit.clone()).or_default().extend(*number);
    }
    for ranked in doses.values_mut() {
        ranked.sort_by(f64::total_cmp);
        ranked.dedup();
    }
    let mut before: Option<(f64, String)> = None;
    for (at, (bar, number, unit)) in bars.iter_mut().enumerate() {
        if let Some(value) = *number {
            let ranked = doses.get(unit).map_or(&[][..], Vec::as_slice);
            let rank = ranked.iter().position(|dose| dose.total_cmp(&value).is_eq()).unwrap_or(0);
            let steps = ranked.len().saturating_sub(1).max(1);
            bar.level = 1 + (rank * 3).div_ceil(steps) as u8;
            if let Some((older, _)) = before.as_ref().filter(|(_, same)| same == unit) {
                bar.change = match value.total_cmp(older) {
                    std::cmp::Ordering::Greater => Change::Up,
                    std::cmp::Ordering::Less => Change::Down,
                    std::cmp::Ordering::Equal => Change::None,
                };
            }
            before = Some((value, unit.clone()));
        }
        if at == 0 && axis.has(bar.from) && when::between(axis.first, bar.from) > 0 {
            bar.change = Change::Started;
        }
    }
}

fn lay(bars: &mut [DoseBar]) {
    bars.sort_by_key(|bar| bar.from);
    let mut lanes: Vec<Date> = Vec::new();
    for bar in bars {
        let end = bar.to.unwrap_or(bar.drawn_to);
        let free = lanes.iter().position(|last| *last < bar.from);
        let lane = free.unwrap_or(lanes.len());
        match lanes.get_mut(lane) {
            Some(last) => *last = end,
            None => lanes.push(end),
        }
        bar.lane = lane;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strength_is_read_from_the_products_name() {
        assert_eq!(strength("ドネペジル塩酸塩錠10mg"), Some((10.0, "mg")));
        assert_eq!(strength("ワーファリン錠０．５ｍｇ"), Some((0.5, "mg")));
        assert_eq!(strength("レボチロキシンNa錠25μg「サンド」"), Some((25.0, "μg")));
        assert_eq!(strength("ビオフェルミン錠"), None);
        assert_eq!(strength("酸化マグネシウム錠330mg"), Some((330.0, "mg")));
    }

    #[test]
    fn a_name_loses_strength_and_maker_but_not_its_route() {
        assert_eq!(bare("アゾセミド錠30mg「JG」"), "アゾセミド");
        assert_eq!(bare("ドネペジル塩酸塩OD錠5mg"), "ドネペジル塩酸塩");
        assert_eq!(bare("ツムラ抑肝散エキス顆粒（医療用）"), "ツムラ抑肝散エキス顆粒");
        assert_ne!(bare("ケトプロフェンテープ20mg"), bare("ケトプロフェンカプセル25mg"));
        assert_eq!(bare("錠"), "錠");
        assert_eq!(bare("5-FU注250mg"), "5-FU注250mg");
    }

    #[test]
    fn a_dose_is_told_once_only_if_it_is_taken_at_the_same_time() {
        let same = |a: &str, b: &str| is_same(("30 mg/日", a), ("30 mg/日", b));
        assert!(same("内服・経口・1日1回朝食後", "１日１回 朝食後") && same("", "1日1回朝食後"));
        assert!(!same("1日1回朝食後", "1日1回夕食後") && !same("朝食後", "朝食後・就寝前"));
        assert!(!is_same(("30 mg/日", ""), ("30 mg/回", "")));
    }

    #[test]
    fn a_mixture_keeps_its_whole_name() {
        let mixture = "フロセミド注20mg＋生理食塩液100mL";
        assert_eq!(bare(mixture), mixture);
        assert_eq!(bare("フロセミド注20mg"), "フロセミド注");
        assert!(!is_mixture("アスパラカリウム散50%＋"));
    }
}
