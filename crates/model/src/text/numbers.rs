//! Numbers that find people: phone, postal code, insurance, birth date. Each gives nothing where the text is
//! not such a number, so that two blanks or two placeholders never count as equal.

use super::{name, one_width};

fn digits(text: &str) -> String {
    one_width(text).chars().filter(char::is_ascii_digit).collect()
}

/// All the same character, as in `0000000`: typed to get past a form.
fn is_filler(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_none_or(|first| letters.all(|c| c == first))
}

/// A phone number as 9 to 11 digits from the first 0: `+81 3-1234-5678` → `0312345678`.
///
/// What follows a space or 内線 after a whole number (an extension) is left out. A number whose last eight digits
/// are all the same is a filler.
pub fn phone(text: &str) -> Option<String> {
    let text = one_width(text);
    let mut number = String::new();
    for c in text.trim().chars() {
        match c {
            c if c.is_ascii_digit() => number.push(c),
            '-' | '(' | ')' | '.' | '+' => {}
            ' ' if number.len() < 9 => {}
            _ if number.len() < 9 => {}
            _ => break,
        }
    }
    let number = match number.strip_prefix("0081").or_else(|| number.strip_prefix("81")) {
        Some(rest) if text.trim_start().starts_with('+') || number.starts_with("00") => {
            format!("0{}", rest.trim_start_matches('0'))
        }
        _ => number,
    };
    let tail = number.get(number.len().saturating_sub(8)..).unwrap_or_default();
    let is_number = number.starts_with('0') && (9..=11).contains(&number.len()) && !is_filler(tail);
    is_number.then_some(number)
}

/// A postal code as 7 digits: `〒050-0083` → `0500083`.
pub fn postal_code(text: &str) -> Option<String> {
    let code = digits(text);
    (code.len() == 7 && !is_filler(&code)).then_some(code)
}

/// An insurer's number as 8 digits, padded on the left: 国保 `01 1234` → `00011234` (JP-CLINS 保険者番号).
pub fn insurer_number(text: &str) -> Option<String> {
    let number = digits(text);
    ((1..=8).contains(&number.len()) && !number.chars().all(|c| c == '0')).then(|| format!("{number:0>8}"))
}

/// Letters and digits only; leading zeros of a number made of digits alone are dropped.
fn bare(text: &str) -> String {
    let plain: String = name(text).chars().filter(|c| c.is_alphanumeric()).collect();
    if plain.chars().all(|c| c.is_ascii_digit()) { plain.trim_start_matches('0').to_owned() } else { plain }
}

/// The symbol (記号) of an insured person without width, dashes, spaces and leading zeros; empty where there is none.
pub fn insured_symbol(text: &str) -> String {
    bare(text)
}

/// The number (番号) of an insured person in the same form; fillers such as `9999999` are no number.
pub fn insured_number(text: &str) -> Option<String> {
    let filled = digits(text);
    let number = bare(text);
    let filler = filled.len() > 3 && is_filler(&filled);
    (!number.is_empty() && !filler).then_some(number)
}

/// The branch (枝番) as two digits: `1`, `０１` → `01`. `00` is a branch where the insurer says so.
pub fn branch_number(text: &str) -> Option<String> {
    let branch = digits(text);
    let branch = if branch.len() > 2 { branch.trim_start_matches('0').to_owned() } else { branch };
    (1..=2).contains(&branch.len()).then(|| format!("{branch:0>2}"))
}

/// A whole birth date as `YYYY-MM-DD`, from that or from `YYYYMMDD`, in any width. Partial, impossible and other
/// dates give nothing; eras are for [`crate::wareki`].
pub fn birth_date(text: &str) -> Option<String> {
    let plain = one_width(text.trim());
    let date = digits(&plain);
    let shape = plain.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '/' | '.' | ' '));
    if date.len() != 8 || !shape {
        return None;
    }
    let (year, month, day) = (date.get(..4)?, date.get(4..6)?, date.get(6..)?);
    let parts = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    jiff::civil::Date::new(parts.0, parts.1, parts.2).ok()?;
    Some(format!("{year}-{month}-{day}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_lose_their_punctuation_and_extension() {
        for text in [
            "０３－１２３４－５６７８",
            "03(1234)5678",
            "+81 3-1234-5678",
            "03-1234-5678 内線 12",
            "0312345678",
        ] {
            assert_eq!(phone(text).as_deref(), Some("0312345678"), "{text}");
        }
        assert_eq!(phone("03-0123-4545   99991").as_deref(), Some("0301234545"));
        for text in ["", "なし", "1234-5678", "000-0000-0000", "090-0000-0000", "12"] {
            assert_eq!(phone(text), None, "{text}");
        }
    }

    #[test]
    fn insurance_numbers_lose_their_dress() {
        assert_eq!(insurer_number("  １２３４５６").as_deref(), Some("00123456"));
        assert_eq!(insurer_number("06123456"), insurer_number("6123456"));
        assert_eq!(insurer_number("000000"), None);
        assert_eq!(insured_symbol("１２－３４"), "1234");
        assert_eq!(insured_symbol("あいう"), insured_symbol("アイウ"));
        assert_eq!(insured_number("００１８７"), insured_number("187"));
        for filler in ["9999999", "0000", "", "－"] {
            assert_eq!(insured_number(filler), None, "{filler}");
        }
        assert_eq!(branch_number("０１"), branch_number("1"));
        assert_eq!(branch_number("00").as_deref(), Some("00"));
        assert_eq!(branch_number(""), None);
    }

    #[test]
    fn only_whole_dates_are_compared() {
        assert_eq!(birth_date("１９５５０５０４").as_deref(), Some("1955-05-04"));
        assert_eq!(birth_date("1955/05/04"), birth_date("1955-05-04"));
        for text in ["1955-05", "1955-02-30", "0000-00-00", "19550504120000", "S30.05.04", ""] {
            assert_eq!(birth_date(text), None, "{text}");
        }
    }

    #[test]
    fn postal_codes_have_seven_digits() {
        assert_eq!(postal_code("〒０５０－００８３").as_deref(), Some("0500083"));
        assert_eq!(postal_code("050"), None);
        assert_eq!(postal_code("000-0000"), None);
    }
}
