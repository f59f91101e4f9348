//! Japanese dates: every way the sources write one, read into one [`PartialDate`], and the label people
//! read (`1940-05-05(昭和15)`).
//!
//! Read are: `19900101`, `1990-01-01`, `1990/1/1`, `1990.1.1`, `1990年1月1日`, `S330303`, `R2.4.10`,
//! `4230110` (era digit 1 明治 … 5 令和), `昭和23年4月8日`, `令和元年`, `昭33.3.3`, `㍼33年`, all of them
//! in full-width too and partial: `1990`, `199001`, `19900000`, `19900100`, `S33`, `S3303`, `43301`.
//! A year beyond its era (昭和65年) is read and said to be so; a day that never was is refused.
//! Times of day are not read here, and nothing here asks what day it is.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// A Japanese era (元号).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Era {
    /// 明治, from 1868-01-25.
    Meiji,
    /// 大正, from 1912-07-30.
    Taisho,
    /// 昭和, from 1926-12-25.
    Showa,
    /// 平成, from 1989-01-08.
    Heisei,
    /// 令和, from 2019-05-01.
    Reiwa,
}

impl Era {
    /// Every era, oldest first; the position plus one is the era digit of the Japanese claims formats.
    pub const ALL: [Self; 5] = [Self::Meiji, Self::Taisho, Self::Showa, Self::Heisei, Self::Reiwa];

    /// The era in kanji.
    pub fn ja(self) -> &'static str {
        match self {
            Self::Meiji => "明治",
            Self::Taisho => "大正",
            Self::Showa => "昭和",
            Self::Heisei => "平成",
            Self::Reiwa => "令和",
        }
    }

    /// The letter used in `S330303`.
    pub fn letter(self) -> char {
        match self {
            Self::Meiji => 'M',
            Self::Taisho => 'T',
            Self::Showa => 'S',
            Self::Heisei => 'H',
            Self::Reiwa => 'R',
        }
    }

    /// First day.
    pub fn first_day(self) -> Date {
        match self {
            Self::Meiji => Date::constant(1868, 1, 25),
            Self::Taisho => Date::constant(1912, 7, 30),
            Self::Showa => Date::constant(1926, 12, 25),
            Self::Heisei => Date::constant(1989, 1, 8),
            Self::Reiwa => Date::constant(2019, 5, 1),
        }
    }

    /// Last day; the days on which 明治 and 大正 changed are counted to both eras.
    fn last_day(self) -> Date {
        match self {
            Self::Meiji => Self::Taisho.first_day(),
            Self::Taisho => Self::Showa.first_day(),
            Self::Showa => Date::constant(1989, 1, 7),
            Self::Heisei => Date::constant(2019, 4, 30),
            Self::Reiwa => Date::MAX,
        }
    }

    /// The era of a day, if it is not before 明治.
    pub fn of(day: Date) -> Option<Self> {
        Self::ALL.into_iter().rev().find(|era| day >= era.first_day())
    }

    fn from_letter(letter: char) -> Option<Self> {
        Self::ALL.into_iter().find(|era| era.letter() == letter.to_ascii_uppercase())
    }

    fn from_digit(digit: u8) -> Option<Self> {
        Self::ALL.get(usize::from(digit.checked_sub(1)?)).copied()
    }

    /// `昭和`, `昭`, `S` at the start of a text, with the rest.
    fn strip(text: &str) -> Option<(Self, &str)> {
        for era in Self::ALL {
            let name = era.ja();
            let short = name.chars().next().map_or(0, char::len_utf8);
            let rest = text.strip_prefix(name).or_else(|| text.strip_prefix(name.get(..short)?));
            if let Some(rest) = rest {
                return Some((era, rest));
            }
        }
        let first = text.chars().next()?;
        Some((Self::from_letter(first)?, text.get(first.len_utf8()..)?))
    }
}

/// A day, a month or a year, as FHIR `date` (R4 §2.24.0.1): what is not known is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PartialDate {
    year: i16,
    month: Option<i8>,
    day: Option<i8>,
}

/// Why a text is not a date. Says nothing of the text itself, which may be a birth date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Nothing written, or only zeros.
    #[error("no date given")]
    Empty,
    /// Not one of the styles of a date.
    #[error("not a known style of date")]
    Unreadable,
    /// A style of a date, but no such day, month or year exists.
    #[error("no such day in the calendar")]
    Impossible,
}

/// A date as read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadDate {
    /// The date.
    pub date: PartialDate,
    /// The era it was written in, if it was.
    pub era: Option<Era>,
    /// True where the era does not contain the date (昭和65年, 平成元年1月1日): read as if it went on.
    pub out_of_era: bool,
}

impl PartialDate {
    /// A year (1800 to 2199, or 9999 for "no end"), perhaps with month and day; checks the calendar.
    pub fn new(year: i16, month: Option<i8>, day: Option<i8>) -> Result<Self, DateError> {
        let plausible = (1800..=2199).contains(&year) || year == 9999;
        let exists = Date::new(year, month.unwrap_or(1), day.unwrap_or(1)).is_ok();
        if !plausible || !exists || (month.is_none() && day.is_some()) {
            return Err(DateError::Impossible);
        }
        Ok(Self { year, month, day })
    }

    /// The year.
    pub fn year(self) -> i16 {
        self.year
    }
    /// The month, 1 to 12, if known.
    pub fn month(self) -> Option<i8> {
        self.month
    }
    /// The day of the month, if known.
    pub fn day(self) -> Option<i8> {
        self.day
    }

    /// The day, if all of it is known.
    pub fn to_date(self) -> Option<Date> {
        Date::new(self.year, self.month?, self.day?).ok()
    }

    /// First day it can be.
    pub fn earliest(self) -> Date {
        Date::new(self.year, self.month.unwrap_or(1), self.day.unwrap_or(1)).unwrap_or(Date::MIN)
    }

    /// Last day it can be.
    pub fn latest(self) -> Date {
        let month = Date::new(self.year, self.month.unwrap_or(12), 1).unwrap_or(Date::MAX);
        self.to_date().unwrap_or_else(|| month.last_of_month())
    }

    /// FHIR `date` text: `1990`, `1990-01` or `1990-01-01`.
    pub fn fhir(self) -> String {
        match (self.month, self.day) {
            (Some(month), Some(day)) => format!("{:04}-{month:02}-{day:02}", self.year),
            (Some(month), None) => format!("{:04}-{month:02}", self.year),
            _ => format!("{:04}", self.year),
        }
    }

    /// Completed years on a day; `None` if the birth date is not known to the day or lies after it.
    /// Who is born on 29 February is a year older on 1 March of common years.
    pub fn age_on(self, on: Date) -> Option<i16> {
        let born = self.to_date()?;
        if on < born {
            return None;
        }
        let before_birthday = (on.month(), on.day()) < (born.month(), born.day());
        Some(on.year() - born.year() - i16::from(before_birthday))
    }
}

impl From<Date> for PartialDate {
    fn from(day: Date) -> Self {
        Self { year: day.year(), month: Some(day.month()), day: Some(day.day()) }
    }
}

impl std::fmt::Display for PartialDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.fhir())
    }
}

/// The era and year of a date for people: `昭和15`, `平成元`, `昭和64/平成元` where the date is too vague to
/// tell; empty before 明治.
pub fn wareki_year(date: PartialDate) -> String {
    let one = |era: Era| match date.year - era.first_day().year() + 1 {
        1 => format!("{}元", era.ja()),
        year => format!("{}{year}", era.ja()),
    };
    let eras: Vec<String> = Era::ALL
        .into_iter()
        .filter(|era| {
            let (first, last) = (Era::of(date.earliest()), Era::of(date.latest()));
            Some(*era) >= first && Some(*era) <= last
        })
        .map(one)
        .collect();
    eras.join("/")
}

/// The date for people, in both calendars: `1940-05-05(昭和15)`.
pub fn wareki_label(date: PartialDate) -> String {
    match wareki_year(date) {
        year if year.is_empty() => date.fhir(),
        year => format!("{date}({year})"),
    }
}

/// Reads a date in any of the styles named above.
pub fn parse(text: &str) -> Result<ReadDate, DateError> {
    let folded: String = text.nfkc().filter(|c| !c.is_whitespace() && *c != '\u{0}').collect();
    if folded.chars().all(|c| c == '0') {
        return Err(DateError::Empty);
    }
    if folded.len() > 48 {
        return Err(DateError::Unreadable);
    }
    if let Some((era, rest)) = Era::strip(&folded) {
        return in_era(era, parts(rest, 2)?);
    }
    let plain = folded.bytes().all(|b| b.is_ascii_digit());
    match (plain, folded.len(), folded.split_at_checked(1)) {
        (true, 5 | 7, Some((digit, rest))) => {
            let era = digit.parse().ok().and_then(Era::from_digit).ok_or(DateError::Unreadable)?;
            in_era(era, parts(rest, 2)?)
        }
        (true, 4 | 6 | 8, _) | (false, _, _) => {
            let [year, month, day] = parts(&folded, 4)?;
            // 330303 without an era letter is not the year 3303.
            if plain && folded.len() < 8 && !(1800..=2199).contains(&year) {
                return Err(DateError::Unreadable);
            }
            let date = dated(i32::from(year), month, day)?;
            Ok(ReadDate { date, era: None, out_of_era: false })
        }
        _ => Err(DateError::Unreadable),
    }
}

/// Year, month and day as numbers (0 = not given), from `YYMMDD` with a year of `width` digits or with
/// separators.
fn parts(text: &str, width: usize) -> Result<[i16; 3], DateError> {
    let number = |digits: &str| match digits {
        "元" => Ok(1),
        _ if digits.len() <= 4 && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            digits.parse().map_err(|_| DateError::Unreadable)
        }
        _ => Err(DateError::Unreadable),
    };
    let mut found = [0; 3];
    if text.len() > 2 && text.bytes().all(|b| b.is_ascii_digit()) {
        let (year, rest) = text.split_at_checked(width).ok_or(DateError::Unreadable)?;
        let (month, day) = rest.split_at_checked(2).unwrap_or((rest, ""));
        if !matches!(rest.len(), 0 | 2 | 4) {
            return Err(DateError::Unreadable);
        }
        for (slot, digits) in found.iter_mut().zip([year, month, day]) {
            *slot = if digits.is_empty() { 0 } else { number(digits)? };
        }
        return Ok(found);
    }
    let separators = ['/', '-', '.', '年', '月', '日', '‐', '−', '–', 'ー', '・', '、', ','];
    let mut pieces: Vec<&str> = text.split(separators).collect();
    if pieces.len() > 1 && pieces.last().is_some_and(|last| last.is_empty()) {
        pieces.pop();
    }
    if pieces.len() > 3 || (width == 4 && (pieces.len() < 2 && !text.ends_with('年'))) {
        return Err(DateError::Unreadable);
    }
    // A western year has its four digits: 33/3/3 could be any century.
    if width == 4 && pieces.first().is_none_or(|year| year.len() != 4) {
        return Err(DateError::Unreadable);
    }
    for (position, (slot, piece)) in found.iter_mut().zip(pieces).enumerate() {
        if position > 0 && piece.len() > 2 {
            return Err(DateError::Unreadable);
        }
        *slot = number(piece)?;
    }
    Ok(found)
}

fn dated(year: i32, month: i16, day: i16) -> Result<PartialDate, DateError> {
    let small = |number: i16| match number {
        0 => Ok(None),
        _ => i8::try_from(number).map(Some).map_err(|_| DateError::Impossible),
    };
    let year = i16::try_from(year).map_err(|_| DateError::Impossible)?;
    PartialDate::new(year, small(month)?, small(day)?)
}

fn in_era(era: Era, [year, month, day]: [i16; 3]) -> Result<ReadDate, DateError> {
    if !(1..=99).contains(&year) {
        return Err(DateError::Impossible);
    }
    let date = dated(i32::from(era.first_day().year()) + i32::from(year) - 1, month, day)?;
    let out_of_era = date.latest() < era.first_day() || date.earliest() > era.last_day();
    Ok(ReadDate { date, era: Some(era), out_of_era })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fhir(text: &str) -> Result<String, DateError> {
        parse(text).map(|read| read.date.fhir())
    }

    #[test]
    fn reads_every_style() {
        for (text, expected) in [
            ("19900101", "1990-01-01"),
            ("S330303", "1958-03-03"),
            ("R020410", "2020-04-10"),
            ("r020410 ", "2020-04-10"),
            ("4230110", "2011-01-10"),
            ("５０２０４１０", "2020-04-10"),
            ("43301", "2021-01"),
            ("令和元年", "2019"),
            ("令和元年5月1日", "2019-05-01"),
            ("昭和23年4月8日", "1948-04-08"),
            ("昭和２３年４月８日", "1948-04-08"),
            ("明治45年7月29日", "1912-07-29"),
            ("大正15.12.24", "1926-12-24"),
            ("昭33.3.3", "1958-03-03"),
            ("㍼33年3月", "1958-03"),
            ("H元.1.8", "1989-01-08"),
            ("R2/4/10", "2020-04-10"),
            ("S33", "1958"),
            ("S3303", "1958-03"),
            ("1990", "1990"),
            ("199001", "1990-01"),
            ("19900000", "1990"),
            ("19900100", "1990-01"),
            ("1990-01-01", "1990-01-01"),
            ("1990/1/1", "1990-01-01"),
            ("1990.01.01", "1990-01-01"),
            ("１９９０年１月１日", "1990-01-01"),
            ("1990年", "1990"),
            ("99991231", "9999-12-31"),
        ] {
            assert_eq!(fhir(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_date() {
        for (text, error) in [
            ("", DateError::Empty),
            ("　", DateError::Empty),
            ("00000000", DateError::Empty),
            ("19900230", DateError::Impossible),
            ("19901301", DateError::Impossible),
            ("19900001", DateError::Impossible),
            ("S000101", DateError::Impossible),
            ("99999999", DateError::Impossible),
            ("01010101", DateError::Impossible),
            ("330303", DateError::Unreadable),
            ("33/3/3", DateError::Unreadable),
            ("6010101", DateError::Unreadable),
            ("S33030", DateError::Unreadable),
            ("1990-01-01T10:00", DateError::Unreadable),
            ("昭和", DateError::Unreadable),
            ("不明", DateError::Unreadable),
            ("1990--01", DateError::Unreadable),
        ] {
            assert_eq!(fhir(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_year_beyond_its_era_is_read_and_said() {
        for (text, expected, out) in [
            ("昭和65年1月1日", "1990-01-01", true),
            ("S640108", "1989-01-08", true),
            ("S640107", "1989-01-07", false),
            ("昭和64年", "1989", false),
            ("平成元年1月7日", "1989-01-07", true),
            ("H310501", "2019-05-01", true),
            ("明治45年7月30日", "1912-07-30", false),
        ] {
            let read = parse(text).unwrap();
            assert_eq!((read.date.fhir().as_str(), read.out_of_era), (expected, out), "{text}");
        }
    }

    #[test]
    fn labels_name_both_calendars() {
        for (text, label) in [
            ("19400505", "1940-05-05(昭和15)"),
            ("19890107", "1989-01-07(昭和64)"),
            ("19890108", "1989-01-08(平成元)"),
            ("1989", "1989(昭和64/平成元)"),
            ("198901", "1989-01(昭和64/平成元)"),
            ("198902", "1989-02(平成元)"),
            ("20190430", "2019-04-30(平成31)"),
            ("1868", "1868(明治元)"),
            ("18500101", "1850-01-01"),
        ] {
            assert_eq!(wareki_label(parse(text).unwrap().date), label);
        }
    }

    #[test]
    fn ages() {
        let age = |born: &str, on: Date| parse(born).unwrap().date.age_on(on);
        assert_eq!(age("19400505", Date::constant(2026, 5, 4)), Some(85));
        assert_eq!(age("19400505", Date::constant(2026, 5, 5)), Some(86));
        assert_eq!(age("20000229", Date::constant(2023, 2, 28)), Some(22));
        assert_eq!(age("20000229", Date::constant(2023, 3, 1)), Some(23));
        assert_eq!(age("20260505", Date::constant(2026, 5, 4)), None);
        assert_eq!(age("1940", Date::constant(2026, 5, 4)), None);
    }

    proptest! {
        #[test]
        fn never_panics(text in ".*") {
            let _ = parse(&text);
        }

        #[test]
        fn never_panics_near_a_date(text in "[MTSHR昭平元0-9０-９年月日/. -]{0,12}") {
            let _ = parse(&text);
        }

        #[test]
        fn every_day_reads_back(days in 0i32..80_000, style in 0usize..6) {
            let day = Date::constant(1873, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            let era = Era::of(day).unwrap();
            let year = day.year() - era.first_day().year() + 1;
            prop_assume!(year <= 99);
            let (month, date) = (day.month(), day.day());
            let text = match style {
                0 => day.strftime("%Y%m%d").to_string(),
                1 => day.to_string(),
                2 => format!("{}{year:02}{month:02}{date:02}", era.letter()),
                3 => format!("{}{year}年{month}月{date}日", era.ja()),
                4 => format!("{}{year:02}{month:02}{date:02}", Era::ALL.iter().position(|e| *e == era).unwrap() + 1),
                _ => format!("{}年{month}月{date}日", day.year()),
            };
            let read = parse(&text).unwrap();
            prop_assert_eq!(read.date.to_date(), Some(day));
            prop_assert!(!read.out_of_era);
        }
    }
}
