//! The one form of file name that tells whose a document is: `<patient number>_<YYYYMMDD>_<title>.pdf`.
//!
//! The number is of digits alone, four to fifteen, and no day of the calendar: `20260401_20260402_x.pdf` may be
//! two days. Folders tell nothing. Any other name is nobody's: a document of a wrong person is worse than one
//! that somebody has to assign.

use model::wareki::{self, PartialDate};

/// What a name says.
pub(super) struct Named<'p> {
    pub patient: &'p str,
    /// FHIR `date`.
    pub day: String,
    pub title: &'p str,
}

/// Reads the name at the end of a path.
pub(super) fn parse(path: &str) -> Option<Named<'_>> {
    let file = path.rsplit('/').next()?;
    let (stem, ending) = file.rsplit_once('.')?;
    let mut parts = stem.splitn(3, '_');
    let (patient, day, title) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = digits(patient) && (4..=15).contains(&patient.len()) && date(patient).is_none();
    let day = date(day).filter(|_| day.len() == 8 && digits(day))?;
    let fits = is_number && ending.eq_ignore_ascii_case("pdf") && !title.is_empty();
    fits.then(|| Named { patient, day: day.fhir(), title })
}

/// A day of the calendar in eight digits.
fn date(text: &str) -> Option<PartialDate> {
    let read = wareki::parse(text).ok().filter(|_| text.len() == 8)?;
    read.date.to_date().map(|_| read.date)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn only_one_form_tells_whose_it_is() {
        let named = parse("scans/2026/0012345_20260401_紹介状_2.PDF").unwrap();
        assert_eq!((named.patient, named.day.as_str(), named.title), ("0012345", "2026-04-01", "紹介状_2"));
        for path in [
            "0012345/紹介状.pdf",
            "20260401_20260402_x.pdf",
            "0012345_20260231_x.pdf",
            "0012345_2026_x.pdf",
            "A12345_20260401_x.pdf",
            "123_20260401_x.pdf",
            "0012345_20260401.pdf",
            "0012345_20260401_.pdf",
            "0012345_20260401_x.doc",
            "",
        ] {
            assert!(parse(path).is_none(), "{path}");
        }
    }
}
