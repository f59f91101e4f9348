//! Near misses: one character, one digit, month and day exchanged, one era taken for another.

use crate::finding::Note;

/// Whether one text becomes the other by changing, adding or leaving out one character, both having at least `least`.
pub(crate) fn one_character_apart(a: &str, b: &str, least: usize) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short.len() < least || long.len() - short.len() > 1 || short == long {
        return false;
    }
    let same_start = short.iter().zip(&long).take_while(|(a, b)| a == b).count();
    let rest_of = |text: &[char], skip: usize| text.get(same_start + skip..).unwrap_or_default().to_vec();
    let skip_short = usize::from(short.len() == long.len());
    rest_of(&short, skip_short) == rest_of(&long, 1)
}

/// Years between the same number in two eras: 明治 大正 昭和 平成 令和 begin after 1867, 1911, 1925, 1988, 2018.
const ERA_GAPS: [i32; 8] = [44, 58, 14, 77, 63, 30, 93, 121];

/// How two whole dates (`YYYY-MM-DD`) differ, if as slips of the hand do. Never so that year *and* month or day change.
pub(crate) fn date_slip(a: &str, b: &str) -> Option<Note> {
    let (year_a, rest_a) = a.split_once('-')?;
    let (year_b, rest_b) = b.split_once('-')?;
    let (month_a, day_a) = rest_a.split_once('-')?;
    let (month_b, day_b) = rest_b.split_once('-')?;
    if year_a == year_b {
        let exchanged = month_a == day_b && day_a == month_b;
        let turned = turned(month_a, month_b) && day_a == day_b || turned(day_a, day_b) && month_a == month_b;
        let digit = changed(&format!("{month_a}{day_a}"), &format!("{month_b}{day_b}")) == 1;
        return match (exchanged, turned || digit) {
            (true, _) => Some(Note::MonthAndDayExchanged),
            (_, true) => Some(Note::OneDigit),
            _ => None,
        };
    }
    if rest_a != rest_b {
        return None;
    }
    let gap = year_a.parse::<i32>().ok()?.abs_diff(year_b.parse::<i32>().ok()?);
    let era = ERA_GAPS.iter().any(|each| each.unsigned_abs() == gap);
    if era {
        Some(Note::EraMistaken)
    } else if gap == 1 || changed(year_a, year_b) == 1 || swapped_digits(year_a, year_b) {
        Some(Note::OneDigit)
    } else {
        None
    }
}

fn changed(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).filter(|(a, b)| a != b).count()
}

fn turned(a: &str, b: &str) -> bool {
    a != b && a.chars().rev().eq(b.chars())
}

/// Two neighbouring digits exchanged.
fn swapped_digits(a: &str, b: &str) -> bool {
    let differing: Vec<usize> =
        a.bytes().zip(b.bytes()).enumerate().filter(|(_, (a, b))| a != b).map(|(at, _)| at).collect();
    let [first, second] = differing.as_slice() else { return false };
    let (a, b) = (a.as_bytes(), b.as_bytes());
    *second == first + 1 && a.get(*first) == b.get(*second) && a.get(*second) == b.get(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_character_is_one() {
        for (a, b) in [
            ("ハルカ", "ハルナ"),
            ("ハルカ", "ハルカン"),
            ("サクラハナコ", "サクラハナ"),
            ("アイウ", "エアイウ"),
        ] {
            assert!(one_character_apart(a, b, 3), "{a} {b}");
            assert!(one_character_apart(b, a, 3), "{b} {a}");
        }
        for (a, b) in [("ハルカ", "ハルカ"), ("ハルカ", "ナルミ"), ("ハル", "ハレ"), ("アイウ", "アイウエオ")]
        {
            assert!(!one_character_apart(a, b, 3), "{a} {b}");
        }
    }

    #[test]
    fn slips_of_dates_are_told_from_other_dates() {
        let slip = |a, b| {
            assert_eq!(date_slip(a, b), date_slip(b, a));
            date_slip(a, b)
        };
        assert_eq!(slip("1950-04-01", "1950-04-07"), Some(Note::OneDigit));
        assert_eq!(slip("1950-04-12", "1950-04-21"), Some(Note::OneDigit));
        assert_eq!(slip("1950-04-01", "1950-01-04"), Some(Note::MonthAndDayExchanged));
        assert_eq!(slip("1999-12-31", "2000-12-31"), Some(Note::OneDigit));
        assert_eq!(slip("1945-04-01", "1954-04-01"), Some(Note::OneDigit));
        assert_eq!(slip("1930-04-01", "1993-04-01"), Some(Note::EraMistaken));
        assert_eq!(slip("1950-04-01", "1951-04-02"), None);
        assert_eq!(slip("1950-04-01", "1962-08-09"), None);
    }
}
