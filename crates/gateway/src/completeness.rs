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
    if last == 0 && !matches!(format, Format::Dicom | Format::Pdf | Format::Image) {
        return Look::Reserved;
    }
    let solid = tail.iter().rev().copied().find(|byte| !byte.is_ascii_whitespace());
    let finished = match format {
        // SS-MIX2 storage guideline: a message ends with CR and the MLLP end block character 0x1C.
        Format::SsMix2 => solid == Some(0x1c),
        Format::Fhir => matches!(solid, Some(b'}' | b'>')),
        Format::Cda | Format::Eligibility | Format::Orca => matches!(solid, Some(b'}' | b'>')),
        // Text in lines; JAHIS files may end with the DOS end-of-file mark 0x1A.
        Format::Okusuri
        | Format::Resident
        | Format::Consent
        | Format::Life
        | Format::Rx2d
        | Format::Uke
        | Format::CareClaim
        | Format::CarePlan
        | Format::Dental => matches!(last, b'\n' | b'\r' | 0x1a),
        Format::Hl7 => matches!(solid, Some(0x1c)) || last == b'\r',
        Format::Pdf => solid == Some(b'F') && tail.windows(5).any(|window| window == b"%%EOF"),
        // A JPEG ends with EOI, a PNG with the checksum of IEND.
        Format::Image => tail.ends_with(&[0xff, 0xd9]) || tail.ends_with(b"IEND\xae\x42\x60\x82"),
        // Its end does not tell.
        Format::Dicom => false,
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
