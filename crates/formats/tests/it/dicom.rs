//! DICOM: what a header says, in every syntax and character set; one study, however many instances.
//! Every person is invented.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use formats::dicom::read;
use model::reading::{Extent, Format, Input, PATIENT_KEY, PatientKey, Reading, StatedRecord};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::HashSet;

/// How a test writes its elements.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Written {
    Explicit,
    Implicit,
    BigEndian,
}

/// One data element with its value padded to an even length.
pub fn element(written: Written, tag: u32, vr: &str, value: &[u8]) -> Vec<u8> {
    let little = written != Written::BigEndian;
    let two = |number: u16| if little { number.to_le_bytes() } else { number.to_be_bytes() };
    let four = |number: u32| if little { number.to_le_bytes() } else { number.to_be_bytes() };
    let mut value = value.to_vec();
    if value.len() % 2 == 1 {
        value.push(if vr == "UI" { 0 } else { b' ' });
    }
    let mut bytes = [two((tag >> 16) as u16), two(tag as u16)].concat();
    let length = value.len() as u32;
    if written == Written::Implicit {
        bytes.extend(four(length));
    } else {
        bytes.extend(vr.as_bytes());
        if ["OB", "OW", "SQ", "UN", "UT", "UC"].contains(&vr) {
            bytes.extend([0, 0]);
            bytes.extend(four(length));
        } else {
            bytes.extend(two(length as u16));
        }
    }
    bytes.extend(value);
    bytes
}

/// A sequence with items, of defined lengths or with delimiters.
pub fn sequence(written: Written, tag: u32, items: &[Vec<u8>], delimited: bool) -> Vec<u8> {
    let four = |number: u32| match written {
        Written::BigEndian => number.to_be_bytes(),
        _ => number.to_le_bytes(),
    };
    let mark = |element: u16, length: u32| match written {
        Written::BigEndian => [[0xff, 0xfe], element.to_be_bytes()]
            .concat()
            .into_iter()
            .chain(four(length))
            .collect::<Vec<u8>>(),
        _ => [[0xfe, 0xff], element.to_le_bytes()].concat().into_iter().chain(four(length)).collect(),
    };
    let mut value = Vec::new();
    for item in items {
        value.extend(mark(0xe000, if delimited { u32::MAX } else { item.len() as u32 }));
        value.extend(item);
        if delimited {
            value.extend(mark(0xe00d, 0));
        }
    }
    if delimited {
        value.extend(mark(0xe0dd, 0));
    }
    let mut bytes = element(written, tag, "SQ", &value);
    if delimited {
        let at = bytes.len() - value.len() - 4;
        bytes[at..at + 4].copy_from_slice(&four(u32::MAX));
    }
    bytes
}

/// A file around a data set.
pub fn file(written: Written, dataset: &[u8]) -> Vec<u8> {
    let syntax = match written {
        Written::Explicit => "1.2.840.10008.1.2.1",
        Written::Implicit => "1.2.840.10008.1.2",
        Written::BigEndian => "1.2.840.10008.1.2.2",
    };
    let meta = element(Written::Explicit, 0x0002_0010, "UI", syntax.as_bytes());
    let length = element(Written::Explicit, 0x0002_0000, "UL", &(meta.len() as u32).to_le_bytes());
    [&[0; 128][..], b"DICM", &length, &meta, dataset].concat()
}

const KANJI_NAME: &[u8] =
    b"\xbb\xb8\xd7^\xca\xc5\xba=\x1b$B:4AR\x1b(J^\x1b$B2V;R\x1b(J=\x1b$B$5$/$i\x1b(J^\x1b$B$O$J$3\x1b(J";

/// The header of one image of a study.
pub fn image(written: Written, instance: &str, change: &dyn Fn(u32) -> Option<Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let code = [
        element(written, 0x0008_0100, "SH", b"200"),
        element(written, 0x0008_0102, "SH", b"JJ1017"),
        element(written, 0x0008_0104, "LO", b"\x1b$B6;It\x1b(JCT"),
    ];
    let rows = match written {
        Written::BigEndian => 512u16.to_be_bytes(),
        _ => 512u16.to_le_bytes(),
    };
    let all: [(u32, &str, &[u8]); 27] = [
        (0x0008_0005, "CS", b"ISO 2022 IR 13\\ISO 2022 IR 87"),
        (0x0008_0008, "CS", b"ORIGINAL\\PRIMARY"),
        (0x0008_0016, "UI", b"1.2.840.10008.5.1.4.1.1.2"),
        (0x0008_0018, "UI", instance.as_bytes()),
        (0x0008_0020, "DA", b"20260401"),
        (0x0008_0021, "DA", b"20260401"),
        (0x0008_0022, "DA", b"20260401"),
        (0x0008_0030, "TM", b"101500.25"),
        (0x0008_0031, "TM", b"1016"),
        (0x0008_0032, "TM", b"101700"),
        (0x0008_0050, "SH", b"A123"),
        (0x0008_0060, "CS", b"CT"),
        (0x0008_0070, "LO", b"Maker"),
        (0x0008_0080, "LO", b"\x1b$B:4ARIB1!\x1b(J"),
        (0x0008_0090, "PN", b"=\x1b$B0e;U\x1b(J^\x1b$B0lO:\x1b(J"),
        (0x0008_1030, "LO", b"\x1b$B6;It\x1b(JCT"),
        (0x0008_1032, "SQ", b""),
        (0x0008_103e, "LO", b"axial"),
        (0x0009_0010, "LO", b"MAKER PRIVATE"),
        (0x0010_0010, "PN", KANJI_NAME),
        (0x0010_0020, "LO", b"0012345"),
        (0x0010_0030, "DA", b"19480405"),
        (0x0010_0040, "CS", b"F"),
        (0x0018_0015, "CS", b"CHEST"),
        (0x0018_0060, "DS", b"120"),
        (0x0020_000d, "UI", b"1.2.392.9.1"),
        (0x0020_000e, "UI", b"1.2.392.9.1.1"),
    ];
    for (tag, vr, value) in all {
        let value = change(tag).unwrap_or_else(|| value.to_vec());
        if vr == "SQ" {
            bytes.extend(sequence(written, tag, &[code.concat()], instance.ends_with('2')));
        } else {
            bytes.extend(element(written, tag, vr, &value));
        }
    }
    bytes.extend(element(written, 0x0020_0011, "IS", b"2"));
    bytes.extend(element(written, 0x0020_0013, "IS", b"7"));
    bytes.extend(element(written, 0x0028_0010, "US", &rows));
    bytes.extend(element(written, 0x0028_0011, "US", &rows));
    bytes.extend(element(written, 0x7fe0_0010, "OW", &[0x5a; 64]));
    bytes
}

pub fn read_bytes(bytes: &[u8]) -> Reading {
    read(&Input { path: "a/b.dcm", bytes, source_time: "20260402090000000" }).unwrap()
}

fn plain(written: Written) -> Reading {
    read_bytes(&file(written, &image(written, "1.2.392.9.1.1.1", &|_| None)))
}

pub fn of_kind<'r>(reading: &'r Reading, kind: &str) -> &'r StatedRecord {
    let mut records = reading.statements.iter().flat_map(|each| &each.records);
    records.find(|record| record.resource["resourceType"] == kind).unwrap()
}

pub fn at<'p>(reading: &'p Reading, code: &str) -> Vec<&'p str> {
    reading.problems.iter().filter(|each| each.code == code).map(|each| each.at.as_str()).collect()
}

#[test]
fn an_image_states_patient_study_and_itself() {
    let reading = plain(Written::Explicit);
    assert!(reading.statements.iter().all(|each| each.patient == PatientKey::Local("0012345".into())));
    let sets: Vec<&str> = reading.statements.iter().map(|each| each.set.as_str()).collect();
    assert_eq!(sets, [PATIENT_KEY, "ImagingStudy/1.2.392.9.1", "ImagingStudy/1.2.392.9.1/1.2.392.9.1.1.1"]);
    assert_eq!(reading.statements[0].order.time, "20260401101600000");
    let patient = of_kind(&reading, "Patient");
    let names: Vec<(&str, &str)> = patient.resource["name"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| (name["extension"][0]["valueCode"].as_str().unwrap(), name["text"].as_str().unwrap()))
        .collect();
    assert_eq!(names, [("ABC", "ｻｸﾗ ﾊﾅｺ"), ("IDE", "佐倉 花子"), ("SYL", "さくら はなこ")]);
    assert_eq!(patient.extent, Extent::Supplement);
    assert_eq!(
        (&patient.resource["gender"], &patient.resource["birthDate"]),
        (&json!("female"), &json!("1948-04-05"))
    );
    let study = of_kind(&reading, "ImagingStudy");
    assert_eq!((study.extent, &study.resource["description"]), (Extent::Supplement, &json!("胸部CT")));
    assert_eq!(study.resource["started"], "2026-04-01T10:15:00.25+09:00");
    assert_eq!(study.resource["referrer"]["display"], "医師 一郎");
    assert_eq!(study.resource["location"]["display"], "佐倉病院");
    assert_eq!(study.resource["procedureCode"][0]["text"], "胸部CT");
    assert_eq!(
        study.resource["procedureCode"][0]["coding"][0]["system"],
        model::codes::system("JJ1017").unwrap()
    );
    let media = &of_kind(&reading, "Media").resource;
    let series = &media["contained"][0]["series"][0];
    assert_eq!((&series["number"], &series["instance"][0]["number"]), (&json!(2), &json!(7)));
    assert_eq!(
        (&media["height"], &media["content"]["contentType"]),
        (&json!(512), &json!("application/dicom"))
    );
    let header = media["extension"][0]["valueString"].as_str().unwrap();
    assert!(
        header.contains("(0018,0060) 120") && header.contains("(0008,0008) ORIGINAL\\PRIMARY"),
        "{header}"
    );
    assert!(!header.contains("MAKER PRIVATE"));
    assert_eq!(at(&reading, "not-mapped"), ["private elements"]);
    assert_eq!(reading.problems.len(), 1, "{:?}", reading.problems);
    for record in reading.statements.iter().flat_map(|each| &each.records) {
        crate::fhir_xml::is_of_r4(&record.resource);
    }
}

#[test]
fn every_syntax_says_the_same() {
    let said = |reading: Reading| -> Vec<String> {
        let records = reading.statements.into_iter().flat_map(|each| each.records);
        let plain = |record: StatedRecord| {
            let mut resource = Value::Object(record.resource);
            for name in ["content", "extension"] {
                resource.as_object_mut().unwrap().remove(name);
            }
            resource.to_string()
        };
        records.map(plain).collect()
    };
    let expected = said(plain(Written::Explicit));
    for written in [Written::Implicit, Written::BigEndian] {
        assert_eq!(said(plain(written)), expected, "{written:?}");
    }
    // Without preamble, and without file meta information.
    let bytes = file(Written::Explicit, &image(Written::Explicit, "1.2.392.9.1.1.1", &|_| None));
    assert_eq!(said(read_bytes(&bytes[132..])), expected);
    for written in [Written::Explicit, Written::Implicit, Written::BigEndian] {
        let bare = image(written, "1.2.392.9.1.1.1", &|_| None);
        assert_eq!(formats::detect("x", &bare), Some(Format::Dicom), "{written:?}");
        assert_eq!(said(read_bytes(&bare)), expected, "{written:?}");
    }
}

#[test]
fn the_bytes_say_the_syntax_and_not_the_file() {
    let mut mixed = file(Written::Explicit, b"");
    mixed.extend(image(Written::Implicit, "1.2.3", &|_| None));
    let reading = read_bytes(&mixed);
    assert_eq!(at(&reading, "transfer-syntax"), ["(0002,0010)"]);
    assert_eq!(of_kind(&reading, "ImagingStudy").resource["description"], "胸部CT");
}

#[test]
fn an_unknown_sequence_is_read_in_implicit_syntax() {
    let w = Written::Explicit;
    let inner = sequence(
        Written::Implicit,
        0x0040_0275,
        &[element(Written::Implicit, 0x0040_0007, "LO", b"QZX7")],
        true,
    );
    let unknown = [&inner[..4], b"UN\0\0", &inner[4..]].concat();
    let after = element(w, 0x0040_1001, "SH", b"QZX8");
    let parts = [element(w, 0x0008_0018, "UI", b"1.2"), unknown, after];
    let reading = read_bytes(&file(w, &parts.concat()));
    assert!(found(&reading, "(0040,0275)[0].(0040,0007) QZX7") && found(&reading, "QZX8"));
}

#[test]
fn a_study_is_one_record_and_each_instance_its_own() {
    let (mut study_keys, mut rows, mut media) = (HashSet::new(), 0, HashSet::new());
    let mut bodies = HashSet::new();
    for number in 1..=5 {
        let instance = format!("1.2.392.9.1.1.{number}");
        let reading = read_bytes(&file(Written::Explicit, &image(Written::Explicit, &instance, &|_| None)));
        let study = of_kind(&reading, "ImagingStudy");
        study_keys.insert(study.key.clone());
        bodies.insert(Value::Object(study.resource.clone()).to_string());
        rows += model::chart::rows(&of_kind(&reading, "Media").resource).len();
        media.insert(of_kind(&reading, "Media").key.clone());
    }
    assert_eq!((study_keys.len(), bodies.len(), rows, media.len()), (1, 1, 0, 5));
    let row = model::chart::rows(&of_kind(&plain(Written::Explicit), "ImagingStudy").resource);
    assert_eq!((row.len(), row[0].label.as_str()), (1, "胸部CT"));
}

#[test]
fn what_is_made_of_images_is_no_modality_of_the_study() {
    let of = |modality: &'static str| {
        let bytes = image(Written::Explicit, "1.2.3", &|tag| {
            (tag == 0x0008_0060).then(|| modality.as_bytes().to_vec())
        });
        of_kind(&read_bytes(&file(Written::Explicit, &bytes)), "ImagingStudy")
            .resource
            .get("modality")
            .cloned()
    };
    assert_eq!(of("PR"), None);
    assert_eq!(of("MR").unwrap()[0]["code"], "MR");
}

#[test]
fn odd_headers_are_named_and_read() {
    let with = |tag: u32, value: &'static [u8]| {
        let change = move |each: u32| (each == tag).then(|| value.to_vec());
        read_bytes(&file(Written::Explicit, &image(Written::Explicit, "1.2.3", &change)))
    };
    assert_eq!(with(0x0010_0020, b"").statements[0].patient, PatientKey::Nobody);
    assert_eq!(at(&with(0x0010_0020, b"  "), "patient-id-missing"), ["(0010,0020)"]);
    assert_eq!(at(&with(0x0010_0030, b"20260230"), "impossible-date"), ["(0010,0030)"]);
    let header = |reading: &Reading| {
        of_kind(reading, "Media").resource["extension"][0]["valueString"].as_str().unwrap().to_owned()
    };
    assert!(header(&with(0x0010_0030, b"20260230")).contains("(0010,0030) 20260230"));
    assert!(header(&with(0x0010_0040, b"X")).contains("(0010,0040) X"));
    assert_eq!(of_kind(&with(0x0010_0030, b"1948.04.05"), "Patient").resource["birthDate"], "1948-04-05");
    assert_eq!(at(&with(0x0010_0040, b"X"), "unknown-code"), ["(0010,0040)"]);
    assert_eq!(at(&with(0x0020_000d, b""), "missing"), ["(0020,000D)"]);
    assert_eq!(at(&with(0x0008_0018, b""), "missing"), ["(0008,0018)"]);
    // One group of kanji, one of kana alone: what it is shows by its letters.
    for (bytes, kind) in [
        (b"\x1b$B:4AR\x1b(J^\x1b$B2V;R\x1b(J".as_slice(), "IDE"),
        (b"\xbb\xb8\xd7^\xca\xc5\xba", "SYL"),
        (b"SAKURA^HANAKO", "ABC"),
    ] {
        let reading = with(0x0010_0010, bytes);
        assert_eq!(of_kind(&reading, "Patient").resource["name"][0]["extension"][0]["valueCode"], kind);
    }
    let shift_jis: &'static [u8] =
        Box::leak(encoding_rs::SHIFT_JIS.encode("佐倉^花子").0.into_owned().into_boxed_slice());
    let reading = with(0x0010_0010, shift_jis);
    assert_eq!(of_kind(&reading, "Patient").resource["name"][0]["text"], "佐倉 花子");
    assert_eq!(at(&reading, "charset"), ["(0010,0010)"]);
}

#[test]
fn a_cut_file_keeps_what_came_before() {
    let whole = file(Written::Explicit, &image(Written::Explicit, "1.2.3", &|_| None));
    let cut = read_bytes(&whole[..whole.len() - 10]);
    assert_eq!(at(&cut, "truncated"), ["(7FE0,0010)"]);
    assert_eq!(of_kind(&cut, "ImagingStudy").resource["description"], "胸部CT");
    // A length that cannot be.
    let mut absurd = whole.clone();
    let name = whole.windows(6).position(|w| w == b"\x10\0\x10\0PN").unwrap();
    absurd[name + 6..name + 8].copy_from_slice(&[0xff, 0xff]);
    assert_eq!(at(&read_bytes(&absurd), "truncated"), ["(0010,0010)"]);
    let fragments = [
        &b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\0\0\0\0\xfe\xff\0\xe0\x04\0\0\0abcd\xfe\xff\xdd\xe0\0\0\0\0"[..],
        &element(Written::Explicit, 0xfffc_fffc, "OB", &[0; 4]),
    ];
    let head = &whole[..whole.len() - 64 - 12];
    assert_eq!(at(&read_bytes(&[head, &fragments.concat()].concat()), "truncated"), Vec::<&str>::new());
}

#[test]
fn samples_lose_nothing() {
    let Some(files) = crate::outside::samples("dicom", &["dcm"]) else { return };
    let (mut lines, mut named, count) = (0, 0, files.len());
    for (name, bytes) in files {
        assert_eq!(formats::detect(&name, &bytes), Some(Format::Dicom), "{name}");
        let reading = read_bytes(&bytes);
        for record in reading.statements.iter().flat_map(|each| &each.records) {
            crate::fhir_xml::is_of_r4(&record.resource);
        }
        let media = &of_kind(&reading, "Media").resource;
        lines += media["extension"][0]["valueString"].as_str().map_or(0, |text| text.lines().count());
        named += at(&reading, "not-mapped").len();
        let lost: Vec<_> = reading
            .problems
            .iter()
            .filter(|each| ["charset", "truncated", "out-of-order"].contains(&each.code.as_str()))
            .collect();
        println!("{}: {lost:?} {:?}", name.rsplit('/').next().unwrap(), at(&reading, "not-mapped"));
        let names =
            of_kind(&reading, "Patient").resource.get("name").cloned().unwrap_or_default().to_string();
        for (file, expected) in [
            ("chrH31", "山田 太郎"),
            ("chrH31", "やまだ たろう"),
            ("chrI2", "洪 吉洞"),
            ("chrX1", "王 小東"),
            ("chrX2", "王 小东"),
        ] {
            assert!(!name.contains(file) || names.contains(expected), "{name} {names}");
        }
    }
    println!("dicom samples: {count} files, {lines} elements as text, {named} places named");
}

/// The marks of our own values in everything a reading says.
fn found(reading: &Reading, mark: &str) -> bool {
    let mut records = reading.statements.iter().flat_map(|each| &each.records);
    records.any(|each| Value::Object(each.resource.clone()).to_string().contains(mark))
}

#[test]
fn every_text_element_arrives() {
    // Each text of the header gets a value of its own, which must be somewhere.
    let texts = [
        0x0008_0050,
        0x0008_0070,
        0x0008_0080,
        0x0008_0090,
        0x0008_1030,
        0x0008_103e,
        0x0010_0010,
        0x0010_0020,
        0x0018_0015,
        0x0018_0060,
    ];
    for tag in texts {
        let bytes = image(Written::Explicit, "1.2.3", &|each| (each == tag).then(|| b"QZX7".to_vec()));
        assert!(found(&read_bytes(&file(Written::Explicit, &bytes)), "QZX7"), "{tag:08x}");
    }
    let w = Written::Explicit;
    for tag in [
        0x0008_0081u32,
        0x0008_1010,
        0x0010_1000,
        0x0010_1001,
        0x0010_1040,
        0x0010_2110,
        0x0018_1030,
        0x0020_0010,
        0x0032_1030,
        0x0038_0010,
        0x0040_0254,
    ] {
        let vr = if tag == 0x0010_1001 { "PN" } else { "LO" };
        let inner = element(w, tag, vr, b"QZX7");
        let parts =
            [element(w, 0x0008_0018, "UI", b"1.2"), inner.clone(), element(w, 0x0020_000d, "UI", b"1.3")];
        assert!(found(&read_bytes(&file(w, &parts.concat())), "QZX7"), "{tag:08x}");
        let deep = sequence(w, 0x0040_0275, &[sequence(w, 0x0040_0008, &[inner], true)], false);
        let parts = [element(w, 0x0008_0018, "UI", b"1.2"), deep];
        assert!(found(&read_bytes(&file(w, &parts.concat())), "QZX7"), "deep {tag:08x}");
    }
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&Input { path: "x", bytes: &bytes, source_time: "" });
        let _ = read(&Input { path: "x", bytes: &file(Written::Explicit, &bytes), source_time: "" });
        let _ = read(&Input { path: "x", bytes: &file(Written::Implicit, &bytes), source_time: "" });
    }

    #[test]
    fn never_panics_on_mutated_files(
        which in 0usize..3,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let written = [Written::Explicit, Written::Implicit, Written::BigEndian][which];
        let mut bytes = file(written, &image(written, "1.2.392.9.1.1.2", &|_| None));
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = read(&Input { path: "x", bytes: &bytes, source_time: "" });
        bytes.truncate(cut.index(bytes.len()));
        let _ = read(&Input { path: "x", bytes: &bytes, source_time: "" });
    }
}
