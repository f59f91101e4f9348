//! Days as text (`YYYY-MM-DD`, JST): which day lies in which span. Not here: other date styles.

/// Where a day lies in relation to a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// Before the first day.
    Before,
    /// From the first to the last day, both included.
    During,
    /// After the last day.
    After,
    /// Today or an end of the span is not a day: nobody can tell.
    Unknown,
}

/// True for `YYYY-MM-DD` with a month of 1–12 and a day that the month has (ISO 8601-1 §5.2.2.1).
pub fn is_day(text: &str) -> bool {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let number = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<u32>().ok());
    let (true, Some(year), Some(month), Some(day)) = (shape, number(0, 4), number(5, 7), number(8, 10))
    else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// Where `today` lies in the span; both ends belong to it, a missing end means no end.
pub fn within(today: &str, from: &str, until: Option<&str>) -> Within {
    if !is_day(today) || !is_day(from) || until.is_some_and(|last| !is_day(last)) {
        Within::Unknown
    } else if today < from {
        Within::Before
    } else if until.is_some_and(|last| today > last) {
        Within::After
    } else {
        Within::During
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_days_are_days() {
        for day in ["2026-11-24", "2024-02-29", "2000-02-29"] {
            assert!(is_day(day), "{day}");
        }
        for other in [
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-00-10",
            "20261124",
            "2026-1-1",
            "",
            "2026-11-2４",
        ] {
            assert!(!is_day(other), "{other}");
        }
    }

    #[test]
    fn both_ends_belong_to_the_span() {
        let span = |today| within(today, "2026-04-01", Some("2026-09-30"));
        assert_eq!(span("2026-03-31"), Within::Before);
        assert_eq!(span("2026-04-01"), Within::During);
        assert_eq!(span("2026-09-30"), Within::During);
        assert_eq!(span("2026-10-01"), Within::After);
        assert_eq!(span("soon"), Within::Unknown);
        assert_eq!(within("2026-04-01", "2026-04-01", Some("")), Within::Unknown);
        assert_eq!(within("2999-01-01", "2026-04-01", None), Within::During);
    }
}
