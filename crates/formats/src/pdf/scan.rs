//! A light scan of a PDF file (ISO 32000-1 §7.5): what stands in it uncompressed, without building its objects.
//!
//! The last trailer holds; what only a compressed object stream says is not known. All searches are linear.

use super::text::{date, decode, string};
use crate::xml;
use model::reading::Problem;

/// Longest dictionary looked at.
const DICTIONARY: usize = 64 * 1024;
/// Most nodes of a page tree looked at, and how far around each.
const NODES: usize = 10_000;
const AROUND: usize = 16 * 1024;
/// Longest metadata stream looked at.
const METADATA: usize = 1024 * 1024;

/// What a file says of itself.
#[derive(Default)]
pub(super) struct Scan {
    pub version: String,
    pub pages: Option<u32>,
    pub encrypted: bool,
    pub title: Option<String>,
    pub author: Option<String>,
    pub subject: Option<String>,
    /// FHIR `dateTime`s.
    pub created: Option<String>,
    pub modified: Option<String>,
    /// The rest of the document information: `Producer: …`.
    pub more: Vec<String>,
}

impl Scan {
    pub fn new(bytes: &[u8], problems: &mut Vec<Problem>) -> Self {
        let version = bytes.get(5..).unwrap_or_default().iter().take(8);
        let version = version.take_while(|byte| byte.is_ascii_digit() || **byte == b'.');
        let mut scan = Self { version: version.map(|byte| char::from(*byte)).collect(), ..Self::default() };
        let tail = bytes.get(bytes.len().saturating_sub(2048)..).unwrap_or(bytes);
        if last(tail, b"%%EOF").is_none() {
            let text = "no end of file mark (%%EOF): the document may be cut off; kept as it is";
            problems.push(Problem::new("truncated", "%%EOF", text));
        }
        scan.encrypted = positions(bytes, b"/Encrypt").any(|at| {
            let after = bytes.get(at + 8..).unwrap_or_default();
            after.first().is_some_and(|byte| byte.is_ascii_whitespace() || matches!(byte, b'<' | b'['))
        });
        scan.pages = pages(bytes);
        if scan.encrypted {
            let text = "encrypted: what the document says of itself is not read";
            problems.push(Problem::new("encrypted", "/Encrypt", text));
        } else {
            scan.information(bytes, problems);
        }
        scan.metadata(bytes);
        scan
    }

    /// The document information dictionary (§14.3.3).
    fn information(&mut self, bytes: &[u8], problems: &mut Vec<Problem>) {
        let reference = positions(bytes, b"/Info").filter_map(|at| reference(bytes.get(at + 5..)?)).last();
        let Some((number, generation)) = reference else { return };
        let Some(dictionary) = object(bytes, number, generation) else { return };
        for (key, value) in entries(dictionary) {
            let text = decode(&value).unwrap_or_else(|text| {
                let told = "some characters could not be read; shown as 〓";
                problems.push(Problem::new("charset", format!("Info/{}", printable(&key)), told));
                text
            });
            if text.is_empty() {
                continue;
            }
            match key.as_str() {
                "Title" => self.title = Some(text),
                "Author" => self.author = Some(text),
                "Subject" => self.subject = Some(text),
                "CreationDate" | "ModDate" => match (date(&text), key.as_str()) {
                    (Some(moment), "ModDate") => self.modified = Some(moment),
                    (Some(moment), _) => self.created = Some(moment),
                    (None, _) => {
                        let told = "not a date of PDF; kept as text";
                        problems.push(Problem::new("impossible-date", format!("Info/{key}"), told));
                        self.more.push(format!("{key}: {text}"));
                    }
                },
                _ => self.more.push(format!("{}: {text}", printable(&key))),
            }
        }
    }

    /// The metadata stream (§14.3.2, XMP), where the information dictionary says nothing.
    fn metadata(&mut self, bytes: &[u8]) {
        let packet = last(bytes, b"<x:xmpmeta").and_then(|start| {
            let rest = bytes.get(start..)?;
            let rest = rest.get(..METADATA).unwrap_or(rest);
            let end = rest.windows(12).position(|window| window == b"</x:xmpmeta>")?;
            rest.get(..end + 12)
        });
        let Some(root) = packet.and_then(|packet| xml::parse(packet, &mut Vec::new()).ok()) else { return };
        let descriptions: Vec<&xml::Element> = root.children().flat_map(xml::Element::children).collect();
        let said = |name: &str| {
            descriptions.iter().find_map(|each| {
                let element = each.child(xml::local(name)).map(|child| child.whole_text());
                let text = element.or_else(|| each.attribute(name).map(str::to_owned))?;
                Some(text.trim().to_owned()).filter(|text| !text.is_empty())
            })
        };
        let moment = |name: &str| said(name).and_then(|text| moment(&text));
        self.title = self.title.take().or_else(|| said("dc:title"));
        self.author = self.author.take().or_else(|| said("dc:creator"));
        self.created = self.created.take().or_else(|| moment("xmp:CreateDate"));
        self.modified = self.modified.take().or_else(|| moment("xmp:ModifyDate"));
    }
}

/// `2026-04-01T10:15:00+09:00`, its form and day checked.
fn moment(text: &str) -> Option<String> {
    let (day, time) = text.split_once('T').unwrap_or((text, ""));
    let (time, zone) = time.split_at(time.find(['+', '-', 'Z']).unwrap_or(time.len()));
    let digits = day.chars().chain(time.chars()).filter(|c| c.is_ascii_digit() || *c == '.');
    date(&format!("{}{}", digits.collect::<String>(), zone.replace(':', "")))
}

fn printable(key: &str) -> String {
    key.chars().filter(char::is_ascii_alphanumeric).take(40).collect()
}

/// Where a pattern stands.
fn positions<'b>(bytes: &'b [u8], pattern: &'b [u8]) -> impl Iterator<Item = usize> + 'b {
    bytes.windows(pattern.len()).enumerate().filter(move |(_, each)| *each == pattern).map(|(at, _)| at)
}

fn last(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).rposition(|each| each == pattern)
}

/// An unsigned number at the start, behind white space, and what follows it.
fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let start = bytes.iter().take(16).position(|byte| !byte.is_ascii_whitespace())?;
    let rest = bytes.get(start..)?;
    let length = rest.iter().take(10).take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = rest.split_at_checked(length)?;
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, rest))
}

/// `12 0 R`.
fn reference(bytes: &[u8]) -> Option<(u32, u32)> {
    let (object, rest) = number(bytes)?;
    let (generation, rest) = number(rest)?;
    let is_reference = rest.trim_ascii_start().first() == Some(&b'R');
    is_reference.then_some((object, generation))
}

/// What follows `12 0 obj`, the last of that number.
fn object(bytes: &[u8], number: u32, generation: u32) -> Option<&[u8]> {
    let head = format!("{number} {generation} obj");
    let at = positions(bytes, head.as_bytes())
        .filter(|at| {
            at.checked_sub(1).and_then(|before| bytes.get(before)).is_none_or(|b| !b.is_ascii_digit())
        })
        .last()?;
    let rest = bytes.get(at + head.len()..)?;
    Some(rest.get(..DICTIONARY).unwrap_or(rest))
}

/// The entries of a dictionary whose values are strings.
fn entries(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let body = bytes.trim_ascii_start();
    let Some(mut rest) = body.strip_prefix(b"<<") else { return found };
    let mut key = None;
    loop {
        rest = rest.trim_ascii_start();
        let Some(first) = rest.first() else { return found };
        let mut length = 1;
        match first {
            b'/' => {
                let name = rest.iter().skip(1).take_while(|byte| !is_delimiter(**byte)).count();
                length = name + 1;
                let text = rest.get(1..length).map(String::from_utf8_lossy);
                // A name behind a name is its value.
                key = if key.is_some() { None } else { text.map(|text| text.into_owned()) };
            }
            b'>' | b'e' => return found,
            b'(' | b'<' => match string(rest) {
                Some((value, written)) => {
                    length = written;
                    if let Some(key) = key.take() {
                        found.push((key, value));
                    }
                }
                None => return found,
            },
            _ => {}
        }
        rest = rest.get(length..).unwrap_or_default();
    }
}

fn is_delimiter(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b"()<>[]{}/%\0".contains(&byte)
}

/// Pages: of a linearised file as it says, else the largest count of the page tree, else the pages that are seen.
fn pages(bytes: &[u8]) -> Option<u32> {
    let head = bytes.get(..1024).unwrap_or(bytes);
    if let Some(at) = last(head, b"/Linearized") {
        let dictionary = head.get(at..)?;
        let dictionary = dictionary.split(|byte| *byte == b'>').next().unwrap_or_default();
        let said = positions(dictionary, b"/N").find_map(|at| number(dictionary.get(at + 2..)?));
        if let Some((count, _)) = said {
            return Some(count);
        }
    }
    let (mut tree, mut seen, mut nodes) = (None, 0_u32, 0);
    for at in positions(bytes, b"/Type") {
        let after = bytes.get(at + 5..).unwrap_or_default();
        let name = after.get(..16).unwrap_or(after).trim_ascii_start();
        if let Some(rest) = name.strip_prefix(b"/Page") {
            match rest.first() {
                Some(b's') if nodes < NODES => {
                    nodes += 1;
                    // The count is in the same dictionary, before or behind.
                    let from = at.saturating_sub(AROUND);
                    let before = bytes.get(from..at).unwrap_or_default();
                    let before = before.get(last(before, b"obj").unwrap_or(0)..).unwrap_or_default();
                    let behind = after.get(..AROUND).unwrap_or(after);
                    let end = behind.windows(6).position(|w| w == b"endobj").unwrap_or(behind.len());
                    let behind = behind.get(..end).unwrap_or_default();
                    let count = [before, behind].iter().find_map(|part| {
                        positions(part, b"/Count").find_map(|at| number(part.get(at + 6..)?))
                    });
                    tree = tree.max(count.map(|(count, _)| count));
                }
                Some(byte) if is_delimiter(*byte) => seen += 1,
                _ => {}
            }
        }
    }
    tree.or((seen > 0).then_some(seen))
}
