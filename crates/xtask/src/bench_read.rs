//! `bench read`: what reading costs, one core, format by format, beside the nearest parser of a package registry.
//!
//! Ours goes from bytes to FHIR resources with every field accounted for; the parser beside it only takes the syntax apart
//! (HL7 into segments and fields, JSON and XML into values or events, CSV into fields). So the ratio says what the meaning
//! costs, and the other's speed is the bound of the path.

use crate::fuzz::{Seed, seeds};
use model::reading::{Format, Input};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Reads every seed of each format again and again for `seconds`.
pub fn run(seconds: u64) -> anyhow::Result<()> {
    let seeds = seeds()?;
    let each = Duration::from_secs(seconds.max(1));
    println!("one core; MB/s and files/s of files that lie in memory, ours beside {{parser}}");
    for format in Format::ALL {
        let mine: Vec<&Seed> = seeds.iter().filter(|seed| seed.format == Some(*format)).collect();
        let bytes: usize = mine.iter().map(|seed| seed.bytes.len()).sum();
        if mine.is_empty() {
            println!("{:>11}: no files", format.word());
            continue;
        }
        let ours = speed(each, &mine, bytes, |seed| {
            let input = Input { path: &seed.path, bytes: &seed.bytes, source_time: "20261124090000000" };
            black_box(formats::read(*format, &input)).is_ok()
        });
        let (name, parser) = beside(*format);
        let theirs = speed(each, &mine, bytes, parser);
        println!(
            "{:>11}: {:7.1} MB/s {:8.0} files/s   {name} {:8.1} MB/s   ratio {:5.1}   ({} files, {:.1} KB on average)",
            format.word(),
            ours.0,
            ours.1,
            theirs.0,
            theirs.0 / ours.0.max(1e-9),
            mine.len(),
            bytes as f64 / mine.len() as f64 / 1000.0
        );
    }
    println!("{}", memory());
    Ok(())
}

/// MB/s and files/s.
fn speed(time: Duration, seeds: &[&Seed], bytes: usize, read: impl Fn(&Seed) -> bool) -> (f64, f64) {
    let (begun, mut rounds) = (Instant::now(), 0_usize);
    while begun.elapsed() < time {
        for seed in seeds {
            black_box(read(seed));
        }
        rounds += 1;
    }
    let seconds = begun.elapsed().as_secs_f64();
    ((bytes * rounds) as f64 / seconds / 1e6, (seeds.len() * rounds) as f64 / seconds)
}

/// The parser beside a format.
fn beside(format: Format) -> (&'static str, fn(&Seed) -> bool) {
    match format {
        Format::SsMix2 | Format::Hl7 => ("encoding_rs + hl7-parser", |seed| {
            let (text, _, _) = encoding_rs::ISO_2022_JP.decode(&seed.bytes);
            hl7_parser::Message::parse(text.trim_end_matches(['\u{1c}', '\r', '\n'])).is_ok()
        }),
        Format::Fhir | Format::Orca | Format::Eligibility | Format::Cda => {
            ("serde_json, quick-xml", |seed| json_or_xml(&seed.bytes))
        }
        Format::Dicom => ("dicom-object", |seed| dicom_object::from_reader(seed.bytes.as_slice()).is_ok()),
        Format::Image => ("image", |seed| image::load_from_memory(&seed.bytes).is_ok()),
        _ => ("csv", |seed| {
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(seed.bytes.as_slice());
            let mut record = csv::ByteRecord::new();
            let mut fields = 0;
            while matches!(reader.read_byte_record(&mut record), Ok(true)) {
                fields += record.len();
            }
            black_box(fields) > 0
        }),
    }
}

fn json_or_xml(bytes: &[u8]) -> bool {
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'<') {
        return serde_json::from_slice::<serde_json::Value>(bytes).is_ok();
    }
    let mut reader = quick_xml::Reader::from_reader(bytes);
    loop {
        match reader.read_event() {
            Ok(quick_xml::events::Event::Eof) => return true,
            Ok(event) => drop(black_box(event)),
            Err(_) => return false,
        }
    }
}

fn memory() -> String {
    let own = crate::hub::memory(std::process::id());
    format!("memory {} MiB at its peak, the files among it", own.peak)
}
