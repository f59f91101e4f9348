//! FHIR instants as the store's order: 17 digits of Japan Standard Time.

use jiff::Timestamp;
use model::clock::jst;

/// `2021-11-26T10:00:00+09:00` → `20211126100000000`; what has no offset is taken as it is; empty stays so.
pub(crate) fn digits(text: &str) -> String {
    let moment = text.parse::<Timestamp>().ok().map(|moment| moment.to_zoned_datetime(jst()));
    let written = match moment {
        Some(moment) => moment.strftime("%Y%m%d%H%M%S%3f").to_string(),
        None => text.to_owned(),
    };
    let mut digits: String = written.chars().filter(char::is_ascii_digit).take(17).collect();
    if !digits.is_empty() {
        digits.extend(std::iter::repeat_n('0', 17 - digits.len()));
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn every_offset_becomes_japan_time() {
        for (text, expected) in [
            ("2021-11-26T10:00:00+09:00", "20211126100000000"),
            ("2021-11-26T01:00:00.5Z", "20211126100000500"),
            ("2021-11-26", "20211126000000000"),
            ("2021", "20210000000000000"),
            ("", ""),
        ] {
            assert_eq!(digits(text), expected, "{text}");
        }
    }
}
