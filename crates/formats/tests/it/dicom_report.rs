//! DICOM objects that are no images: structured reports, directories; and what is not DICOM.

use crate::dicom::{Written, at, element, file, of_kind, read_bytes, sequence};
use formats::dicom::read;
use model::reading::{Format, Input};
use serde_json::json;

#[test]
fn a_structured_report_is_a_report() {
    let w = Written::Explicit;
    let name = |code: &str, meaning: &[u8]| {
        let parts = [
            element(w, 0x0008_0100, "SH", code.as_bytes()),
            element(w, 0x0008_0102, "SH", b"DCM"),
            element(w, 0x0008_0104, "LO", meaning),
        ];
        sequence(w, 0x0040_a043, &[parts.concat()], false)
    };
    let text = [
        element(w, 0x0040_a010, "CS", b"CONTAINS"),
        element(w, 0x0040_a040, "CS", b"TEXT"),
        name("121073", b"\x1b$B?GCG\x1b(B"),
        element(w, 0x0040_a160, "UT", "肺炎 <疑い>".as_bytes()),
    ];
    let unit = [
        element(w, 0x0008_0100, "SH", b"mm"),
        element(w, 0x0008_0102, "SH", b"UCUM"),
        element(w, 0x0008_0104, "LO", b"mm"),
    ];
    let measured =
        [sequence(w, 0x0040_08ea, &[unit.concat()], false), element(w, 0x0040_a30a, "DS", b"12.50")];
    let number = [
        element(w, 0x0040_a040, "CS", b"NUM"),
        name("1", b"Size"),
        sequence(w, 0x0040_a300, &[measured.concat()], true),
    ];
    let parts = [
        element(w, 0x0008_0005, "CS", b"ISO_IR 192"),
        element(w, 0x0008_0016, "UI", b"1.2.840.10008.5.1.4.1.1.88.22"),
        element(w, 0x0008_0018, "UI", b"1.2.9"),
        element(w, 0x0008_0060, "CS", b"SR"),
        element(w, 0x0010_0020, "LO", b"7"),
        element(w, 0x0020_000d, "UI", b"1.2.392.9.1"),
        element(w, 0x0040_a040, "CS", b"CONTAINER"),
        name("18748-4", b"Report"),
        element(w, 0x0040_a491, "CS", b"COMPLETE"),
        element(w, 0x0040_a493, "CS", b"VERIFIED"),
        sequence(w, 0x0040_a730, &[text.concat(), number.concat()], true),
        sequence(w, 0x5400_0100, &[element(w, 0x003a_0005, "US", &[12, 0])], false),
    ];
    let reading = read_bytes(&file(w, &parts.concat()));
    let report = &of_kind(&reading, "DiagnosticReport").resource;
    assert_eq!((&report["status"], &report["conclusion"]), (&json!("final"), &json!("肺炎 <疑い>")));
    let div = report["text"]["div"].as_str().unwrap();
    assert!(
        div.contains("|121073\">診断: 肺炎 &lt;疑い&gt;</li>") && div.contains(">Size: 12.50 mm</li>"),
        "{div}"
    );
    assert_eq!(at(&reading, "not-mapped"), ["(5400,0100)"]);
    crate::fhir_xml::is_of_r4(report);
}

#[test]
fn directories_deflated_and_foreign_files() {
    let w = Written::Explicit;
    let record = |kind: &[u8]| element(w, 0x0004_1430, "CS", kind);
    let records = [record(b"PATIENT"), record(b"IMAGE"), record(b"IMAGE")];
    let directory = read_bytes(&file(w, &sequence(w, 0x0004_1220, &records, false)));
    assert_eq!((directory.record_count(), directory.problems.len()), (0, 1));
    assert!(directory.problems[0].text.contains("IMAGE 2, PATIENT 1"));
    let deflated = file(w, b"").windows(1).map(|b| b[0]).collect::<Vec<_>>();
    let deflated =
        String::from_utf8(deflated).unwrap().replace("1.2.840.10008.1.2.1\0", "1.2.840.10008.1.2.1.99");
    let deflated = deflated.replace("UI\x14\0", "UI\x16\0").replace("\x1c\0\0\0", "\x1e\0\0\0");
    assert_eq!(at(&read_bytes(deflated.as_bytes()), "unreadable"), ["(0002,0010)"]);
    for bytes in [&b""[..], b"DICM", b"%PDF-1.4", &[0; 200], b"\x08\0\x05\0CS\x04\0ab", b"MSH|^~\\&|a"] {
        let refused = read(&Input { path: "x.dcm", bytes, source_time: "" }).unwrap_err();
        assert_eq!(refused.code, "not-dicom");
        assert_ne!(formats::detect("x.dcm", bytes), Some(Format::Dicom));
    }
}

#[test]
fn sample_directories_are_accounted_for() {
    let files = crate::outside::samples("dicom", &[""]).unwrap_or_default();
    for (name, bytes) in files.into_iter().filter(|(name, _)| name.ends_with("DICOMDIR")) {
        assert_eq!(formats::detect(&name, &bytes), Some(Format::Dicom));
        let reading = read_bytes(&bytes);
        assert_eq!((reading.record_count(), at(&reading, "not-mapped")), (0, vec!["(0004,1220)"]));
        println!("{}", reading.problems[0].text);
    }
}
