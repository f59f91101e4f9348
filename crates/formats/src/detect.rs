//! Which format a file is, by its content; a name or an ending alone decides nothing.
//!
//! The SS-MIX2 file name is looked at beside the content: an HL7 message is a file of a storage only if the
//! storage named it, and a document is one of the extended storage by its content folder. `None` means: none of
//! ours.

use crate::header_table::HeaderTable;
use crate::text_file::{decode, lines};
use crate::{care_claim, care_plan, cda, consent, dental, dicom, eligibility, fhir, hl7, image, life};
use crate::{okusuri, orca, pdf, resident, rx_2d, ssmix2, uke};
use model::reading::Format;

/// Bytes looked at of a table: its header is in them.
const HEAD: usize = 16 * 1024;

/// What is looked at of a file to tell what it is.
pub struct Head<'a> {
    /// The path it was delivered under.
    pub path: &'a str,
    /// All of its bytes.
    pub bytes: &'a [u8],
    /// Its first whole lines (16 KiB), as bytes.
    pub lines: &'a [u8],
    /// The same, decoded.
    pub text: &'a str,
}

impl<'a> Head<'a> {
    /// The first line that is not empty, or "".
    pub fn first_line(&self) -> &'a str {
        lines(self.text).next().map_or("", |(_, line)| line)
    }
}

/// Who is asked, in this order: those who know their files by a few bytes first.
type Teller = (Format, fn(&Head<'_>) -> bool);
const TELLERS: &[Teller] = &[
    (Format::SsMix2, ssmix2::is_it),
    (Format::Hl7, hl7::is_it),
    (Format::Pdf, pdf::is_it),
    (Format::Dicom, dicom::is_it),
    (Format::Image, image::is_it),
    (Format::Fhir, |head| is_fhir(head.bytes) || fhir::is_xml(head.text)),
    (Format::Cda, cda::is_it),
    (Format::Eligibility, eligibility::is_it),
    (Format::Orca, orca::is_it),
    (Format::Okusuri, |head| okusuri::is_header(head.first_line())),
    (Format::Rx2d, rx_2d::is_it),
    (Format::Resident, |head| {
        HeaderTable::open(head.lines, resident::COLUMNS).is_some_and(|table| resident::is_header(&table))
    }),
    (Format::Consent, |head| {
        HeaderTable::open(head.lines, consent::COLUMNS).is_some_and(|table| consent::is_header(&table))
    }),
    (Format::Life, life::is_it),
    (Format::Uke, uke::is_it),
    (Format::CareClaim, care_claim::is_it),
    (Format::CarePlan, care_plan::is_it),
    (Format::Dental, dental::is_it),
];

/// Decides the format by content.
pub fn detect(path: &str, bytes: &[u8]) -> Option<Format> {
    let whole = bytes.get(..HEAD).map_or(bytes, whole_lines);
    let text = decode(whole, &mut Vec::new());
    let head = Head { path, bytes, lines: whole, text: &text };
    TELLERS.iter().find(|(_, is_it)| is_it(&head)).map(|(format, _)| *format)
}

/// The lines that are whole: half a character at the end would make UTF-8 look like something else.
fn whole_lines(head: &[u8]) -> &[u8] {
    let end = head.iter().rposition(|byte| matches!(byte, b'\n' | b'\r'));
    end.and_then(|end| head.get(..=end)).unwrap_or(head)
}

/// An HL7 v2 message, perhaps in an MLLP frame or behind a byte order mark.
pub(crate) fn is_hl7(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let start = bytes.iter().position(|byte| !matches!(byte, 0x0b | b'\r' | b'\n' | b' ')).unwrap_or(0);
    bytes.get(start..).is_some_and(|rest| rest.starts_with(b"MSH"))
}

/// `<patient>_<day|->_<type>_<order>_<time>_<department|->_<flag>` (SS-MIX2 標準化ストレージ仕様書 4.3): seven
/// parts or more, the last a condition flag.
pub(crate) fn is_storage_name(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let parts: Vec<&str> = name.split('_').collect();
    parts.len() >= 7 && parts.last().is_some_and(|flag| ["0", "1", "2"].contains(flag))
}

/// JSON that names a resourceType: parsed, or of the first line (NDJSON).
fn is_fhir(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let opens = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if !matches!(opens, Some(b'{' | b'[')) {
        return false;
    }
    let named = |bytes: &[u8]| bytes.windows(14).any(|window| window == b"\"resourceType\"");
    // The name may stand behind a long text; a Bundle of megabytes is still found by its first entry.
    named(bytes)
}
