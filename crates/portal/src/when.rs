//! Days and times as people read them: Japan Standard Time, the date always written, the era beside the year.
//!
//! Reading what a sender or a user wrote in any style is not here: that is `model::wareki`. This room only
//! shows days that are already ISO 8601.

use crate::text::{Id, Lang};
use jiff::{
    Timestamp,
    civil::{Date, Time, Weekday},
};
use model::clock::jst;

/// A moment that is known at least to the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// The day in JST.
    pub day: Date,
    /// The time of day in JST, if the source said it.
    pub time: Option<Time>,
}

/// Reads `YYYY-MM-DD` or an ISO 8601 date-time. Another offset is turned into JST. `None` where the day is
/// not known (`2026`, `2026-11`, nonsense): such a record is listed apart, never given an invented day.
pub fn moment(text: &str) -> Option<Moment> {
    let text = text.trim();
    if let Ok(stamp) = text.parse::<Timestamp>() {
        let civil = jst().to_datetime(stamp);
        return Some(Moment { day: civil.date(), time: Some(civil.time()) });
    }
    let day = text.get(..10)?.parse::<Date>().ok()?;
    let time = text.get(11..).and_then(|rest| rest.parse::<Time>().ok());
    Some(Moment { day, time })
}

/// The day of an ISO text, if it is known.
pub fn day(text: &str) -> Option<Date> {
    moment(text).map(|moment| moment.day)
}

/// `2026-11-20 15:40`, without the time where none is known; the text itself where no day is known.
pub fn stamp(text: &str) -> String {
    match moment(text) {
        Some(Moment { day, time: Some(time) }) => format!("{day} {:02}:{:02}", time.hour(), time.minute()),
        Some(Moment { day, time: None }) => day.to_string(),
        None => text.trim().to_owned(),
    }
}

/// `11/20`.
pub fn short(day: Date) -> String {
    format!("{}/{}", day.month(), day.day())
}

/// `11/20`, with the year in front where it is not the year of `today`.
pub fn near(day: Date, today: Date) -> String {
    if day.year() == today.year() { short(day) } else { format!("{}/{}", day.year(), short(day)) }
}

/// `2026年11月20日（金）`, `20 Nov 2026 (Fri)` as `2026-11-20 (Fri)`.
pub fn long(lang: Lang, day: Date) -> String {
    let weekday = weekday(lang, day);
    match lang {
        Lang::Ja | Lang::Easy => {
            format!("{}年{}月{}日（{weekday}）", day.year(), day.month(), day.day())
        }
        Lang::En => format!("{day} ({weekday})"),
    }
}

/// `11月`, `Nov`.
pub fn month(lang: Lang, day: Date) -> String {
    const ENGLISH: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    match lang {
        Lang::Ja | Lang::Easy => format!("{}月", day.month()),
        Lang::En => {
            ENGLISH.get(usize::from(day.month().unsigned_abs()) - 1).copied().unwrap_or_default().to_owned()
        }
    }
}

/// `金`, `Fri`.
pub fn weekday(lang: Lang, day: Date) -> &'static str {
    lang.t(match day.weekday() {
        Weekday::Sunday => Id::Sunday,
        Weekday::Monday => Id::Monday,
        Weekday::Tuesday => Id::Tuesday,
        Weekday::Wednesday => Id::Wednesday,
        Weekday::Thursday => Id::Thursday,
        Weekday::Friday => Id::Friday,
        Weekday::Saturday => Id::Saturday,
    })
}

/// The era year: `昭和15年`, `令和元年`. Empty before 1868-10-23, when eras and the calendar differ.
pub fn era(day: Date) -> String {
    const ERAS: [(i16, i8, i8, &str); 5] = [
        (2019, 5, 1, "令和"),
        (1989, 1, 8, "平成"),
        (1926, 12, 25, "昭和"),
        (1912, 7, 30, "大正"),
        (1868, 10, 23, "明治"),
    ];
    for (year, month, first, name) in ERAS {
        if (day.year(), day.month(), day.day()) >= (year, month, first) {
            let number = day.year() - year + 1;
            return if number == 1 { format!("{name}元年") } else { format!("{name}{number}年") };
        }
    }
    String::new()
}

/// Age in completed years on a day.
pub fn age(birth: Date, on: Date) -> i16 {
    let had_birthday = (on.month(), on.day()) >= (birth.month(), birth.day());
    on.year() - birth.year() - i16::from(!had_birthday)
}

/// The day that many days later; the same day where the calendar ends.
pub fn plus(day: Date, days: i32) -> Date {
    day.checked_add(jiff::Span::new().days(days.clamp(-3_000_000, 3_000_000))).unwrap_or(day)
}

/// Days from one day to another; negative if the other is earlier.
pub fn between(from: Date, to: Date) -> i32 {
    (to - from).get_days()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_day_is_a_day_in_japan() {
        assert_eq!(day("2026-11-19T16:00:00Z"), Some(date(2026, 11, 20)));
        assert_eq!(stamp("2026-11-20T15:40:00+09:00"), "2026-11-20 15:40");
        assert_eq!(stamp("2026-11-20T15:40:00"), "2026-11-20 15:40");
        for vague in ["2026", "2026-11", "", "不明", "2026-02-30"] {
            assert_eq!(day(vague), None, "{vague}");
        }
    }

    #[test]
    fn eras_begin_on_their_day() {
        assert_eq!(era(date(1940, 5, 5)), "昭和15年");
        assert_eq!(era(date(1989, 1, 7)), "昭和64年");
        assert_eq!(era(date(1989, 1, 8)), "平成元年");
        assert_eq!(era(date(2019, 5, 1)), "令和元年");
        assert_eq!(era(date(1912, 7, 29)), "明治45年");
    }

    #[test]
    fn nobody_is_older_before_the_birthday() {
        assert_eq!(age(date(1940, 5, 5), date(2026, 5, 4)), 85);
        assert_eq!(age(date(1940, 5, 5), date(2026, 5, 5)), 86);
        assert_eq!(age(date(2000, 2, 29), date(2026, 2, 28)), 25);
    }
}
