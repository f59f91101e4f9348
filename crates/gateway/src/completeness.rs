//! Does a file look finished? Only its last bytes are looked at: a hint that shortens or lengthens the wait,
//! never a reason to keep a file back for good.

use model::reading::Format;

/// How finished a file looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Ends as files of its format end.
    Finished,
    /// Ends otherwise.
    Unfinished,
    /// Empty, or ends in zero bytes: a copy has reserved the space and will fill it.
    Reserved,
}

/// How many last bytes [`look`] wants to see.
pub(crate) const TAIL: usize = 64;

/// Judges the last bytes of a file.
pub(crate) fn look(format: Format, tail: &[u8]) -> Look {
    let Some(&last) = tail.last() else { return Look::Reserved };
    if last == 0 {
        return Look::Reserved;
    }
    let solid = tail.iter().rev().copied().find(|byte| !byte.is_ascii_whitespace());
    let finished = match format {
        // SS-MIX2 storage guideline: a message ends with CR and the MLLP end block character 0x1C.
        Format::SsMix2 => solid == Some(0x1c),
        Format::Fhir => solid == Some(b'}'),
        // Text in lines; JAHIS files may end with the DOS end-of-file mark 0x1A.
        Format::Okusuri | Format::Resident | Format::Consent => matches!(last, b'\n' | b'\r' | 0x1a),
    };
    if finished { Look::Finished } else { Look::Unfinished }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends() {
        assert_eq!(look(Format::SsMix2, b"PID|1\r\x1c"), Look::Finished);
        assert_eq!(look(Format::SsMix2, b"PID|1\r\x1c\r"), Look::Finished);
        assert_eq!(look(Format::SsMix2, b"PID|1\r"), Look::Unfinished);
        assert_eq!(look(Format::Fhir, b"{}\r\n"), Look::Finished);
        assert_eq!(look(Format::Fhir, b"{\"a\":"), Look::Unfinished);
        assert_eq!(look(Format::Okusuri, b"1,2\r\n"), Look::Finished);
        assert_eq!(look(Format::Resident, b"1,2"), Look::Unfinished);
        assert_eq!(look(Format::Fhir, b""), Look::Reserved);
        assert_eq!(look(Format::SsMix2, b"MSH\0\0"), Look::Reserved);
    }
}
