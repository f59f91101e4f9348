//! DICOM objects (PS3.10 files, and bare data sets): what the header says of patient, study and series.
//!
//! The study is one record, whichever of its instances says it ([`study`]); each instance is one of its own that
//! draws no row of the chart ([`instance`]); a structured report is a report too ([`report`]). Texts in every
//! character set ([`charset`]). Pixel data, waveforms and private elements stay in the original: they are never
//! decoded. Mapping: `docs/formats/dicom.md`. Not here: the deflated transfer syntax, and the files a DICOMDIR
//! names, which come by themselves.

mod charset;
mod dictionary;
mod element;
mod instance;
mod patient;
mod report;
mod study;
mod value;

use crate::detect::Head;
use crate::fhir::time::digits;
use element::{BIG_ENDIAN, Content, Dataset, EXPLICIT, Elements, IMPLICIT, Syntax};
use instance::{SOP_CLASS, SOP_INSTANCE};
use model::reading::{Effect, Input, PATIENT_KEY, PatientKey, Problem, Reading, Refused};
use model::reading::{SourceOrder, StatedRecord, Statement};
use std::collections::BTreeMap;
use value::Notes;

/// Where the prefix of a file stands (PS3.10 §7.1).
const PREFIX: usize = 128;
const TRANSFER_SYNTAX: element::Tag = 0x0002_0010;
const DEFLATED: &str = "1.2.840.10008.1.2.1.99";
/// Media Storage Directory Storage.
const DIRECTORY: &str = "1.2.840.10008.1.3.10";
const DIRECTORY_RECORDS: element::Tag = 0x0004_1220;

/// Whether a file is of this format: its prefix, or data elements from the first byte.
pub fn is_it(head: &Head<'_>) -> bool {
    begin(head.bytes).is_some()
}

/// How a file begins.
enum Begin {
    /// With file meta information at this byte.
    Meta(usize),
    /// With a data set.
    Bare(Syntax),
}

fn begin(bytes: &[u8]) -> Option<Begin> {
    if bytes.get(PREFIX..PREFIX + 4) == Some(b"DICM") {
        return Some(Begin::Meta(PREFIX + 4));
    }
    // Meta information without preamble: (0002,0000) UL of four bytes.
    if bytes.starts_with(b"\x02\0\0\0UL\x04\0") {
        return Some(Begin::Meta(0));
    }
    let syntax = [EXPLICIT, IMPLICIT, BIG_ENDIAN].into_iter().find(|syntax| element::begins(bytes, *syntax));
    syntax.map(Begin::Bare)
}

/// Reads one delivery.
pub fn read(input: &Input<'_>) -> Result<Reading, Refused> {
    let Some(begin) = begin(input.bytes) else {
        let text = "neither the prefix DICM at byte 128 nor data elements of DICOM at the beginning";
        return Err(Refused { code: "not-dicom", text: text.to_owned() });
    };
    let mut problems = Vec::new();
    let at = if let Begin::Meta(at) = begin { at } else { 0 };
    let mut elements = Elements::new(input.bytes, at, &mut problems);
    let meta = elements.meta();
    let quiet = Notes::new(Vec::new());
    let transfer = meta.text(TRANSFER_SYNTAX, &quiet).unwrap_or_default();
    meta.give_back(TRANSFER_SYNTAX);
    let syntax = match (&begin, transfer.as_str()) {
        (Begin::Bare(syntax), _) => *syntax,
        (_, "1.2.840.10008.1.2") => IMPLICIT,
        (_, "1.2.840.10008.1.2.2") => BIG_ENDIAN,
        (_, DEFLATED) => {
            let text = "the deflated transfer syntax is not read; the object is kept as it is";
            return Ok(Reading::unreadable(Problem::new("unreadable", "(0002,0010)", text)));
        }
        _ => EXPLICIT,
    };
    let syntax = elements.seen(syntax);
    let data = elements.dataset(syntax);
    let notes = Notes::new(problems);
    let class = data.text(SOP_CLASS, &notes).or_else(|| meta.text(0x0002_0002, &notes));
    if class.as_deref() == Some(DIRECTORY) || data.get(DIRECTORY_RECORDS).is_some() {
        directory(&data, &notes);
        return Ok(Reading { problems: notes.into_problems(), ..Reading::default() });
    }
    if data.elements.is_empty() {
        notes.add("empty", "data set", "no data element could be read");
        return Ok(Reading { problems: notes.into_problems(), ..Reading::default() });
    }
    let statements = statements(&data, &meta, input, &notes);
    Ok(Reading { statements, problems: notes.into_problems(), ..Reading::default() })
}

fn statements(data: &Dataset<'_>, meta: &Dataset<'_>, input: &Input<'_>, notes: &Notes) -> Vec<Statement> {
    data.values(0x0008_0005, notes); // in use already
    let key = patient::key(data, notes);
    let order = order(data, input, notes);
    let study = study::record(data, notes);
    let patient = patient::record(data, notes);
    let instance_uid = data.text(SOP_INSTANCE, notes).or_else(|| meta.text(0x0002_0003, notes));
    let of_study = match &study {
        Some(study) => study.key.clone(),
        None => {
            notes.add("missing", "(0020,000D)", "no study; the object is kept by itself");
            "ImagingStudy".to_owned()
        }
    };
    let set = match instance_uid {
        Some(uid) => format!("{of_study}/{uid}"),
        None => {
            notes.add("missing", "(0008,0018)", "no SOP Instance UID; known by its path");
            format!("{of_study}/path:{}", input.path)
        }
    };
    let title = report::title(data, notes);
    let report = report::record(data, input.bytes, &set, notes);
    let mut media = instance::record(data, meta, input.bytes, set.clone(), title, notes);
    instance::rest(&mut media.resource, [meta, data], notes);
    let mut statements = Vec::new();
    let mut state = |set: String, records: Vec<StatedRecord>| {
        let (patient, order): (PatientKey, SourceOrder) = (key.clone(), order.clone());
        statements.push(Statement { patient, set, order, effect: Effect::Stated, records });
    };
    state(PATIENT_KEY.to_owned(), vec![patient]);
    if let Some(study) = study {
        state(study.key.clone(), vec![study]);
    }
    state(set, std::iter::once(media).chain(report).collect());
    statements
}

/// The time of the series, else of study, content, instance, else of the file. Instances of one series stand at
/// one time: which of them came last says nothing.
fn order(data: &Dataset<'_>, input: &Input<'_>, notes: &Notes) -> SourceOrder {
    let times = [
        (0x0008_0021, 0x0008_0031),
        (0x0008_0020, 0x0008_0030),
        (0x0008_0023, 0x0008_0033),
        (0x0008_0012, 0x0008_0013),
    ];
    let said = times.iter().find_map(|(day, time)| data.moment(*day, *time, notes));
    let time = said.map_or_else(|| input.source_time.to_owned(), |moment| digits(&moment));
    SourceOrder::new(&time, format!("{:0>17}", input.source_time))
}

/// A DICOMDIR names files that come by themselves: counted by kind of record, nothing of it is a record.
fn directory(data: &Dataset<'_>, notes: &Notes) {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for item in data.items(DIRECTORY_RECORDS) {
        let kind = item.text(0x0004_1430, notes).unwrap_or_default();
        let plain = kind.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b' ') && kind.len() <= 16;
        *kinds.entry(if plain { kind } else { "?".to_owned() }).or_default() += 1;
    }
    let counts: Vec<String> = kinds.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    let text = format!("a DICOMDIR, not read into records ({}): the files it names are", counts.join(", "));
    let at = element::place(DIRECTORY_RECORDS);
    let there = data.elements.iter().any(|each| matches!(each.value, Content::Items(_)));
    notes.add("not-mapped", if there { at } else { "DICOMDIR".to_owned() }, text);
}
