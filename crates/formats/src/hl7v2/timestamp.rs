//! HL7 v2.5 §2.A.75 TS / §2.A.22 DTM: `YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]`.

use jiff::civil;

/// Why a text is not a time. Says nothing of the text itself, which may be a birth date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not digits in the form of the standard.
    #[error("not a time of HL7")]
    Form,
    /// No such day or time of day.
    #[error("no such day or time of day")]
    Impossible,
}

/// Reads a day, as FHIR `date`: `1948`, `1948-04`, `1948-04-05`. A time of day behind it is checked and left out.
pub fn date(text: &str) -> Result<String, TimeError> {
    let full = date_time(text)?;
    Ok(full.split('T').next().unwrap_or_default().to_owned())
}

/// Reads a moment, as FHIR `dateTime`. Without a zone it is Japan Standard Time; seconds that are not given
/// are zero, as FHIR wants them written.
pub fn date_time(text: &str) -> Result<String, TimeError> {
    let text = text.trim();
    let (moment, zone) = match text.find(['+', '-']) {
        Some(at) => text.split_at(at),
        None => (text, "+0900"),
    };
    let zone = offset(zone)?;
    let (whole, fraction) = match moment.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (moment, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || fraction.is_some_and(|f| !f.is_empty() && !digits(f)) {
        return Err(TimeError::Form);
    }
    // Some systems put the milliseconds behind the seconds without a point (17 digits, as in file names).
    let (whole, fraction) = match (whole.get(14..), fraction) {
        (Some(tail), None) if whole.len() <= 18 => (whole.get(..14).unwrap_or(whole), Some(tail)),
        _ => (whole, fraction),
    };
    if !matches!(whole.len(), 4 | 6 | 8 | 10 | 12 | 14) {
        return Err(TimeError::Form);
    }
    let number = |from: usize, length: usize| -> Result<i16, TimeError> {
        whole.get(from..from + length).unwrap_or_default().parse().map_err(|_| TimeError::Form)
    };
    let year = number(0, 4)?;
    if year == 0 {
        return Err(TimeError::Impossible);
    }
    if whole.len() == 4 {
        return Ok(format!("{year:04}"));
    }
    let month = number(4, 2)?;
    if !(1..=12).contains(&month) {
        return Err(TimeError::Impossible);
    }
    if whole.len() == 6 {
        return Ok(format!("{year:04}-{month:02}"));
    }
    let small = |value: i16| i8::try_from(value).map_err(|_| TimeError::Impossible);
    let day =
        civil::Date::new(year, small(month)?, small(number(6, 2)?)?).map_err(|_| TimeError::Impossible)?;
    if whole.len() == 8 {
        return Ok(day.to_string());
    }
    let hour = number(8, 2)?;
    let minute = if whole.len() >= 12 { number(10, 2)? } else { 0 };
    let second = if whole.len() == 14 { number(12, 2)? } else { 0 };
    if hour > 23 || minute > 59 || second > 60 {
        return Err(TimeError::Impossible);
    }
    let fraction =
        fraction.filter(|f| f.bytes().any(|b| b != b'0')).map(|f| format!(".{f}")).unwrap_or_default();
    Ok(format!("{day}T{hour:02}:{minute:02}:{second:02}{fraction}{zone}"))
}

/// Reads a time of day (§2.A.76 TM, `HH[MM[SS[.S…]]]`), as FHIR `time`. A zone is none of FHIR's.
pub fn time_of_day(text: &str) -> Option<String> {
    let whole = text.trim().split('.').next()?;
    let digits = matches!(whole.len(), 2 | 4 | 6) && whole.bytes().all(|b| b.is_ascii_digit());
    let part = |from: usize| whole.get(from..from + 2).unwrap_or("00");
    let (hour, minute, second) = (part(0), part(2), part(4));
    (digits && hour <= "23" && minute <= "59" && second <= "59").then(|| format!("{hour}:{minute}:{second}"))
}

/// `+0900` → `+09:00`.
fn offset(zone: &str) -> Result<String, TimeError> {
    let (sign, digits) = zone.split_at_checked(1).ok_or(TimeError::Form)?;
    let (hours, minutes) = digits.split_at_checked(2).ok_or(TimeError::Form)?;
    let (Ok(hour), Ok(minute)) = (hours.parse::<u8>(), minutes.parse::<u8>()) else {
        return Err(TimeError::Form);
    };
    if digits.len() != 4 || hour > 14 || minute > 59 {
        return Err(TimeError::Form);
    }
    Ok(format!("{sign}{hour:02}:{minute:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_as_written() {
        for (text, expected) in [
            ("1948", "1948"),
            ("194804", "1948-04"),
            ("19480405", "1948-04-05"),
            ("2011101607", "2011-10-16T07:00:00+09:00"),
            ("201112202100", "2011-12-20T21:00:00+09:00"),
            ("20111220224447.3399", "2011-12-20T22:44:47.3399+09:00"),
            ("20111220103059.0000", "2011-12-20T10:30:59+09:00"),
            ("20110701224603984", "2011-07-01T22:46:03.984+09:00"),
            ("20111220224447+0000", "2011-12-20T22:44:47+00:00"),
        ] {
            assert_eq!(date_time(text).as_deref(), Ok(expected), "{text}");
        }
        assert_eq!(date("201112202100").as_deref(), Ok("2011-12-20"));
    }

    #[test]
    fn times_of_day() {
        for (text, expected) in
            [("0800", Some("08:00:00")), ("07", Some("07:00:00")), ("213015.5", Some("21:30:15"))]
        {
            assert_eq!(time_of_day(text).as_deref(), expected, "{text}");
        }
        for text in ["", "8", "2400", "0860", "朝食後", "0800+0900"] {
            assert_eq!(time_of_day(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_time() {
        for text in ["20110231", "20111301", "2011122025", "00000000", "20110100"] {
            assert_eq!(date_time(text), Err(TimeError::Impossible), "{text}");
        }
        for text in ["", "昭和23", "2011-12-20", "20111", "201112200", "2011.x", "20111220+9"] {
            assert_eq!(date_time(text), Err(TimeError::Form), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,24}") {
            let _ = date_time(&text);
        }

        #[test]
        fn a_valid_day_is_itself(year in 1800i16..2200, month in 1i8..=12, day in 1i8..=28) {
            let text = format!("{year:04}{month:02}{day:02}");
            prop_assert_eq!(date(&text), Ok(format!("{year:04}-{month:02}-{day:02}")));
        }
    }
}
