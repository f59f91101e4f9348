//! Which format a file is, by its content; a name or an ending alone decides nothing.
//!
//! The SS-MIX2 file name is looked at beside the content: an HL7 message is a file of a storage only if the
//! storage named it. `None` means: none of ours.

use crate::header_table::HeaderTable;
use crate::text_file::{decode, lines};
use crate::{consent, okusuri, resident};
use model::reading::Format;

/// Bytes looked at of a table: its header is in them.
const HEAD: usize = 16 * 1024;

/// Decides the format by content.
pub fn detect(path: &str, bytes: &[u8]) -> Option<Format> {
    if is_hl7(bytes) {
        return is_storage_name(path).then_some(Format::SsMix2);
    }
    let head = bytes.get(..HEAD).map_or(bytes, whole_lines);
    if is_fhir(bytes) {
        return Some(Format::Fhir);
    }
    let text = decode(head, &mut Vec::new());
    let (_, first) = lines(&text).next()?;
    if okusuri::is_header(first) {
        return Some(Format::Okusuri);
    }
    if HeaderTable::open(head, resident::COLUMNS).is_some_and(|table| resident::is_header(&table)) {
        return Some(Format::Resident);
    }
    if HeaderTable::open(head, consent::COLUMNS).is_some_and(|table| consent::is_header(&table)) {
        return Some(Format::Consent);
    }
    None
}

/// The lines that are whole: half a character at the end would make UTF-8 look like something else.
fn whole_lines(head: &[u8]) -> &[u8] {
    let end = head.iter().rposition(|byte| matches!(byte, b'\n' | b'\r'));
    end.and_then(|end| head.get(..=end)).unwrap_or(head)
}

/// An HL7 v2 message, perhaps in an MLLP frame or behind a byte order mark.
fn is_hl7(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let start = bytes.iter().position(|byte| !matches!(byte, 0x0b | b'\r' | b'\n' | b' ')).unwrap_or(0);
    bytes.get(start..).is_some_and(|rest| rest.starts_with(b"MSH"))
}

/// `<patient>_<day|->_<type>_<order>_<time>_<department|->_<flag>` (SS-MIX2 標準化ストレージ仕様書 4.3): seven
/// parts or more, the last a condition flag.
fn is_storage_name(path: &str) -> bool {
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
