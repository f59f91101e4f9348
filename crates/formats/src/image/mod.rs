//! Photographs and scans (JPEG, PNG): a paper document, or a 2D code on it.
//!
//! The picture becomes a DocumentReference ([`document`]). Codes in it are found ([`finder`], [`grid`]), read
//! ([`symbol`], [`segment`]) and joined where one text is spread over several ([`joined`]); a text that is a medicine
//! notebook or a prescription goes to that format's reader, and the picture is then that person's. What is read and what
//! is not: `docs/formats/image.md`. Not here: the words on the paper, codes spread over several files.

mod bitmap;
mod code;
mod document;
mod finder;
mod grid;
mod joined;
mod picture;
mod reed_solomon;
mod segment;
mod symbol;

use crate::detect::Head;
use crate::{okusuri, rx_2d};
use ::image::ImageFormat;
use joined::Joined;
use model::Personal;
use model::reading::{Effect, Extent, Input, PatientKey, Problem, Reading, Refused};
use model::reading::{SourceOrder, StatedRecord, Statement};

/// What a picture is, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Jpeg,
    Png,
    /// HEIC and its relatives: known, not opened.
    Heif,
}

impl Kind {
    fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"\xff\xd8\xff") {
            return Some(Self::Jpeg);
        }
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Some(Self::Png);
        }
        let brands: [&[u8]; 7] = [b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"];
        let brand = bytes.get(8..12).filter(|_| bytes.get(4..8) == Some(b"ftyp".as_slice()))?;
        brands.contains(&brand).then_some(Self::Heif)
    }

    fn media(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Heif => "image/heic",
        }
    }
}

/// Whether a file is of this format, by its beginning.
pub fn is_it(head: &Head<'_>) -> bool {
    Kind::of(head.bytes).is_some()
}

/// Reads one delivery.
pub fn read(input: &Input<'_>) -> Result<Reading, Refused> {
    let Some(kind) = Kind::of(input.bytes) else {
        return Err(Refused { code: "not-image", text: "neither JPEG nor PNG nor HEIC".to_owned() });
    };
    let mut problems = Vec::new();
    let codes = codes(input.bytes, kind, &mut problems);
    let count = codes.len();
    let Joined { texts, fragments } = joined::join(codes, &mut problems);
    let mut reading = Reading { problems, ..Reading::default() };
    let mut kept: Vec<Vec<u8>> = fragments;
    let mut sorted = Sorted::default();
    for text in texts {
        let decoded = document::text_of(&text.bytes);
        let first = decoded.lines().next().unwrap_or_default();
        let notebook = okusuri::is_header(first);
        match text.parts {
            _ if !notebook && !rx_2d::is_header(first) => {
                if text.parts.is_none() {
                    let words =
                        "a code that is neither a medicine notebook nor a prescription; its text is kept";
                    reading.problems.push(Problem::new("not-mapped", "code", words));
                    kept.push(text.bytes);
                }
            }
            None if notebook => sorted.notebooks.push(text.bytes),
            None => sorted.prescriptions.push(text.bytes),
            Some(parts) => sorted.cut.push((notebook, text.bytes, parts)),
        }
    }
    sorted.read(input, &mut reading);
    let texts: Vec<String> = kept.iter().map(|bytes| document::text_of(bytes)).collect();
    state(input, kind, count, &texts, &mut reading);
    Ok(reading)
}

fn codes(bytes: &[u8], kind: Kind, problems: &mut Vec<Problem>) -> Vec<segment::Code> {
    let format = match kind {
        Kind::Jpeg => ImageFormat::Jpeg,
        Kind::Png => ImageFormat::Png,
        Kind::Heif => {
            let text = "HEIC is not opened: codes in it are not read (send JPEG or PNG)";
            problems.push(Problem::new("not-read", "picture", text));
            return Vec::new();
        }
    };
    match picture::open(bytes, format) {
        Ok(picture) => code::codes(&picture),
        Err(text) => {
            problems.push(Problem::new("unreadable", "picture", text));
            Vec::new()
        }
    }
}

/// The texts of a picture by who reads them.
#[derive(Default)]
struct Sorted {
    notebooks: Vec<Vec<u8>>,
    prescriptions: Vec<Vec<u8>>,
    /// Beginnings of texts of which parts are missing; true for a notebook.
    cut: Vec<(bool, Vec<u8>, String)>,
}

impl Sorted {
    fn read(self, input: &Input<'_>, reading: &mut Reading) {
        // Notebooks together, so that the parts of one output (record 911) meet.
        for (notebook, texts) in [(true, self.notebooks), (false, self.prescriptions)] {
            if !texts.is_empty() {
                let mut whole = Vec::new();
                for text in texts {
                    whole.extend(text.into_iter().filter(|byte| *byte != 0x1a));
                    whole.extend(b"\r\n");
                }
                hand_over(notebook, &whole, None, input, reading);
            }
        }
        for (notebook, text, parts) in self.cut {
            hand_over(notebook, &text, Some(&parts), input, reading);
        }
    }
}

/// Lets the format's reader read a text, and adds what it says. A set of which lines are missing is another set
/// than the whole.
fn hand_over(notebook: bool, bytes: &[u8], parts: Option<&str>, input: &Input<'_>, reading: &mut Reading) {
    let text = Input { path: input.path, bytes, source_time: input.source_time };
    let result = if notebook { okusuri::read(&text) } else { rx_2d::read(&text) };
    let mut said = match result {
        Ok(said) => said,
        Err(refused) => {
            reading.problems.push(Problem::new(refused.code, "code", refused.text));
            return;
        }
    };
    for statement in &mut said.statements {
        let visit = ["okusuri/5/", "rx-2d/p/"].iter().any(|start| statement.set.starts_with(start));
        if let (Some(parts), true) = (parts, visit) {
            let (old, new) = (statement.set.clone(), format!("{}/{parts}", statement.set));
            for record in &mut statement.records {
                record.key = record.key.replacen(&old, &new, 1);
            }
            statement.set = new;
        }
    }
    // Nobody of another text of this picture is not known to be the same nobody.
    let nobody = |statement: &Statement| statement.patient == PatientKey::Nobody;
    if reading.statements.iter().any(nobody) {
        let message = if notebook { "notebook in a picture" } else { "prescription in a picture" };
        let number = reading.statements.len();
        for statement in said.statements.iter_mut().filter(|statement| nobody(statement)) {
            statement.patient = PatientKey::Disputed {
                message: Personal::new(format!("{message} {number}")),
                path: Personal::new(document::set(input.bytes)),
            };
        }
    }
    reading.problems.extend(
        said.problems.into_iter().map(|problem| Problem { at: format!("code: {}", problem.at), ..problem }),
    );
    reading.statements.extend(said.statements);
}

/// The picture is the one person's whom its codes name, else nobody's until somebody says whose: so also where a text
/// is kept with it of which nobody knows whose it is.
fn state(input: &Input<'_>, kind: Kind, codes: usize, texts: &[String], reading: &mut Reading) {
    let mut people = reading.statements.iter().map(|statement| &statement.patient);
    let patient = match people.next() {
        Some(first) if texts.is_empty() && people.all(|each| each == first) => first.clone(),
        _ => PatientKey::Nobody,
    };
    let set = document::set(input.bytes);
    let resource = document::document(input, kind.media(), codes, texts);
    let record = StatedRecord { key: set.clone(), resource, extent: Extent::Whole, at: "picture".to_owned() };
    let order = SourceOrder::new(input.source_time, "");
    reading.statements.push(Statement { patient, set, order, effect: Effect::Stated, records: vec![record] });
}
