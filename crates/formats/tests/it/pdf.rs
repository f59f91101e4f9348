//! PDF: what a document says of itself, whose it is, and what is broken. Every person is invented.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use formats::pdf::read;
use model::reading::{Format, Input, PatientKey, Reading, Resource};
use proptest::prelude::*;
use serde_json::json;

const NAMED: &str = "scan/0012345_20260401_紹介状.pdf";

fn document(info: &[u8], trailer: &str) -> Vec<u8> {
    let before = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n\
        2 0 obj\n<< /Count 3 /Kids [3 0 R 4 0 R] /Type /Pages >>\nendobj\n3 0 obj\n<</Type/Page/Parent 2 0 R>>\nendobj\n\
        4 0 obj\n<< /Type /Pages /Parent 2 0 R /Kids [] /Count 2 >>\nendobj\n5 0 obj\n";
    let after =
        format!("\nendobj\nxref\n0 6\ntrailer\n<< /Size 6 /Root 1 0 R {trailer} >>\nstartxref\n9\n%%EOF\n");
    [&before[..], info, after.as_bytes()].concat()
}

fn read_at(path: &str, bytes: &[u8]) -> Reading {
    read(&Input { path, bytes, source_time: "20260402090000000" }).unwrap()
}

fn one(reading: &Reading) -> &Resource {
    &reading.statements[0].records[0].resource
}

fn codes(reading: &Reading) -> Vec<&str> {
    reading.problems.iter().map(|each| each.code.as_str()).collect()
}

#[test]
fn a_document_says_what_it_is_and_the_name_whose() {
    let info = b"<< /Title <FEFF7D394ECB72B6> /Author (\xfe\xff\x53\x3b\x5e\x2b) /Subject (to \\(you\\))\n\
        /Producer (Maker 1.0) /Own /Name /CreationDate (D:20260401101500+09'00') /ModDate (D:20260401120000+09'00') >>";
    let bytes = document(info, "/Info 5 0 R");
    let reading = read_at(NAMED, &bytes);
    assert_eq!(codes(&reading), Vec::<&str>::new());
    let statement = &reading.statements[0];
    assert_eq!(statement.patient, PatientKey::Local("0012345".into()));
    assert_eq!(statement.order.time, "20260401120000000");
    let document = one(&reading);
    assert_eq!(document["content"][0]["attachment"]["title"], "紹介状");
    assert_eq!(document["content"][0]["attachment"]["creation"], "2026-04-01T10:15:00+09:00");
    assert_eq!(document["content"][0]["attachment"]["size"], bytes.len());
    assert_eq!(
        document["type"],
        json!({"coding": [{"system": "http://loinc.org", "code": "57133-1"}], "text": "紹介状"})
    );
    assert_eq!(
        (&document["author"][0]["display"], &document["description"]),
        (&json!("医師"), &json!("to (you)"))
    );
    assert_eq!(document["date"], "2026-04-01T00:00:00+09:00");
    let extension = &document["extension"];
    assert_eq!((&extension[0]["valueString"], &extension[1]["valueUnsignedInt"]), (&json!("1.7"), &json!(3)));
    assert_eq!(extension[2]["valueString"], "Producer: Maker 1.0");
    crate::fhir_xml::is_of_r4(document);
    let rows = model::chart::rows(document);
    assert_eq!((rows[0].label.as_str(), rows[0].time.as_str()), ("紹介状", "2026-04-01T00:00:00+09:00"));
    assert_eq!(formats::detect("x.bin", &bytes), Some(Format::Pdf));
}

#[test]
fn what_no_one_says_is_not_made_up() {
    let reading = read_at("佐倉花子.pdf", &document(b"<< >>", ""));
    assert_eq!(reading.statements[0].patient, PatientKey::Nobody);
    assert_eq!(codes(&reading), ["patient-id-missing"]);
    assert!(!serde_json::to_string(one(&reading)).unwrap().contains("佐倉"), "a file name may be a person's");
    assert_eq!(one(&reading)["type"], json!({"text": "文書"}));
    assert_eq!(reading.statements[0].order.time, "20260402090000000");
    crate::fhir_xml::is_of_r4(one(&reading));
}

#[test]
fn metadata_in_xml_is_read_where_the_dictionary_is_silent() {
    let packet = "<< >>\nstream\n<?xpacket begin=''?><x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF><rdf:Description xmp:CreateDate='2026-04-01T10:15:00+09:00'>\
        <dc:title><rdf:Alt><rdf:li xml:lang='x-default'>退院時サマリー</rdf:li></rdf:Alt></dc:title></rdf:Description></rdf:RDF></x:xmpmeta>\nendstream";
    let reading = read_at("a.pdf", &document(packet.as_bytes(), ""));
    let attachment = &one(&reading)["content"][0]["attachment"];
    assert_eq!(
        (&attachment["title"], &attachment["creation"]),
        (&json!("退院時サマリー"), &json!("2026-04-01T10:15:00+09:00"))
    );
    assert_eq!(one(&reading)["type"]["coding"][0]["code"], "18842-5");
}

#[test]
fn what_is_cut_or_locked_is_kept_and_said() {
    let whole = document(b"<< /Title (secret) >>", "/Info 5 0 R /Encrypt 7 0 R");
    let reading = read_at(NAMED, &whole);
    assert_eq!(codes(&reading), ["encrypted"]);
    assert_eq!(one(&reading)["content"][0]["attachment"]["title"], "紹介状");
    let cut = document(b"<< /CreationDate (D:20260231) >>", "/Info 5 0 R");
    assert_eq!(codes(&read_at(NAMED, &cut)), ["impossible-date"]);
    assert_eq!(codes(&read_at(NAMED, &cut[..cut.len() - 8])), ["truncated", "impossible-date"]);
    assert_eq!(codes(&read_at(NAMED, b"%PDF-1.4")), ["truncated"]);
    for bytes in [&b""[..], b"PDF", b"a %PDF-1.4", b"\x89PNG"] {
        assert_eq!(read(&Input { path: NAMED, bytes, source_time: "" }).unwrap_err().code, "not-pdf");
    }
}

#[test]
fn the_same_place_is_the_same_document() {
    let (one, other) =
        (document(b"<< /Title (a) >>", "/Info 5 0 R"), document(b"<< /Title (b) >>", "/Info 5 0 R"));
    let set = |path: &str, bytes: &[u8]| read_at(path, bytes).statements[0].set.clone();
    assert_eq!(set(NAMED, &one), set(NAMED, &other));
    assert_ne!(set(NAMED, &one), set("scan/0012345_20260402_紹介状.pdf", &one));
}

#[test]
fn samples_are_documents() {
    for folder in ["life", "orca-api"] {
        for (name, bytes) in crate::outside::samples(folder, &["pdf"]).unwrap_or_default() {
            assert_eq!(formats::detect(&name, &bytes), Some(Format::Pdf), "{name}");
            let reading = read_at("x.pdf", &bytes);
            crate::fhir_xml::is_of_r4(one(&reading));
            println!(
                "{folder}: pages {} {:?}",
                one(&reading)["extension"][1]["valueUnsignedInt"],
                codes(&reading)
            );
        }
    }
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&Input { path: NAMED, bytes: &[b"%PDF-", &bytes[..]].concat(), source_time: "" });
        let _ = read(&Input { path: NAMED, bytes: &bytes, source_time: "" });
    }

    #[test]
    fn never_panics_on_mutated_files(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = document(b"<< /Title (a\\)b) /Own <41> /CreationDate (D:2026) >>", "/Info 5 0 R /Linearized 1 /N 3");
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = read(&Input { path: NAMED, bytes: &bytes, source_time: "" });
        bytes.truncate(cut.index(bytes.len()));
        let _ = read(&Input { path: NAMED, bytes: &bytes, source_time: "" });
    }
}
