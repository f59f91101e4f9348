//! Formats are told apart by content.

use formats::detect;
use model::reading::Format;
use proptest::prelude::*;

#[test]
fn content_decides() {
    let storage = "999/901/9999013/-/ADT-00/9999013_-_ADT-00_999999999999999_20110701120000000_-_1";
    for (path, text, expected) in [
        (storage, "MSH|^~\\&|HIS\rPID|1\r", Some(Format::SsMix2)),
        (storage, "\u{b}MSH|^~\\&|HIS\r", Some(Format::SsMix2)),
        (storage, "rubbish", None),
        ("letter.hl7", "MSH|^~\\&|HIS\r", Some(Format::Hl7)),
        ("a.json", "JAHISTC07,1\r\n1,佐倉 花子,2,S150505\r\n", Some(Format::Okusuri)),
        ("a.txt", "\u{feff}jahistc08,2\r\n", Some(Format::Okusuri)),
        ("a.txt", "JAHIS10\r\n1,1\r\n", Some(Format::Rx2d)),
        ("a.txt", "JAHIS9\r\n1,1\r\n", Some(Format::Rx2d)),
        ("a.csv", "SJ1\r\n1,1\r\n", Some(Format::Rx2d)),
        ("a.txt", "JAHIS\r\n1,1\r\n", None),
        ("a", "性別,氏名,宛名番号\n", Some(Format::Resident)),
        ("a", "氏名,カナ\n", None),
        (
            "a",
            "SERVICE_USER_INFO\r\ncare_facility_id,external_system_management_number\r\n",
            Some(Format::Life),
        ),
        ("a", "FORM_0000_2021\r\nname,birthday\r\n", None),
        ("a", "local_id,entry,facilities,reason,from,until\n", Some(Format::Consent)),
        ("a.csv", "  {\"id\":\"x\",\"resourceType\":\"Patient\"}", Some(Format::Fhir)),
        ("a.csv", "[{\"resourceType\":\"Patient\"}]", Some(Format::Fhir)),
        ("a", "1,1,0,1,711,0,0,1370000011,0,7,202605,0\r\n2,2,7131,01\r\n", Some(Format::CareClaim)),
        ("a", "1,1,0,1,741,0,0,1370000011,0,7,202605,0\r\n", None),
        (
            "UP3KYO_1370000099_43_1370000011_11_20260402093000.CSV",
            "202407,131045,1,2\r\n",
            Some(Format::CarePlan),
        ),
        ("plan.csv", "202407,131045,1,2\r\n", None),
        ("a", "VR,JDAOES000102\r\nON,01\r\n", Some(Format::Dental)),
        ("a", "VR,1\r\nON,01\r\n", None),
        ("a.json", "{\"patientinfores\": {\"Api_Result\": \"00\"}}", Some(Format::Orca)),
        ("a", "<?xml version=\"1.0\"?>\n<xmlio2><patientinfores type=\"record\">", Some(Format::Orca)),
        ("a", "<data><patientlst2req type=\"record\">", None),
        ("a", "<data><subjectiveslstres><Api_Result>00", Some(Format::Orca)),
        ("a", "<?xml version=\"1.0\"?>\r\n<XmlMsg><MessageHeader>", Some(Format::Eligibility)),
        ("a.json", "{\"XmlMsg\": {\"MessageHeader\": {}}}", Some(Format::Eligibility)),
        ("a.txt", "IR,1,13,1,1234567,,x,202605,00,\r\nRE,1,1112,202604\r\n", Some(Format::Uke)),
        ("a.txt", "YK,2,01,4,4444444,x,202605,00,\r\n", Some(Format::Uke)),
        ("a.UKE", "IR,医療機関,都道府県,点数表\r\n", None),
        ("a.txt", "<?xml version=\"1.0\"?>\n<p:Patient xmlns:p='http://hl7.org/fhir'/>", Some(Format::Fhir)),
        ("a.xml", "<!-- x --><ClinicalDocument xmlns=\"urn:hl7-org:v3\">", Some(Format::Cda)),
        ("a.xml", "<ClinicalDocument xmlns=\"urn:x\"/>", None),
        ("a.txt", "\u{feff}%PDF-1.7\n", Some(Format::Pdf)),
        ("a.pdf", "x %PDF-1.7", None),
        ("a.json", "{\"a\":1}", None),
        ("a.json", "", None),
    ] {
        assert_eq!(detect(path, text.as_bytes()), expected, "{path} {text}");
    }
    let (shift_jis, _, _) = encoding_rs::SHIFT_JIS.encode("宛名番号,氏名,住所\r\n1,佐倉 花子,伊達市\r\n");
    assert_eq!(detect("a", &shift_jis), Some(Format::Resident));
}

#[test]
fn samples_are_what_they_are() {
    for (folder, endings, format) in [
        ("okusuri-techo", &["csv", "txt"][..], Format::Okusuri),
        ("fhir-clins", &["json"][..], Format::Fhir),
        ("fhir-jpcore", &["json"][..], Format::Fhir),
        ("life", &["csv"][..], Format::Life),
        ("onshi", &["xml"][..], Format::Eligibility),
        ("orca-api", &["json"][..], Format::Orca),
    ] {
        for (name, bytes) in crate::outside::samples(folder, endings).unwrap_or_default() {
            assert_eq!(detect(&name, &bytes), Some(format), "{name}");
        }
    }
    for (name, bytes) in crate::outside::samples("rx-2d", &["txt"]).unwrap_or_default() {
        let known = bytes.starts_with(b"JAHIS").then_some(Format::Rx2d);
        assert_eq!(detect(&name, &bytes), known, "{name}");
    }
}

proptest! {
    #[test]
    fn never_panics(path in ".*", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = detect(&path, &bytes);
    }
}

#[test]
fn a_long_table_in_utf8_is_known_wherever_it_is_cut() {
    // The last character looked at stands across the 16 KiB that are.
    for before in [16_382, 16_383] {
        let mut table = "患者番号,entry,from\n".to_owned();
        while table.len() < before - 40 {
            table.push_str("1,permit,2026-04-01\n");
        }
        table.push_str(&"1".repeat(before - table.len()));
        table.push_str("意,permit,2026-04-01\n");
        let found = formats::detect("c.csv", table.as_bytes());
        assert_eq!(found, Some(model::reading::Format::Consent), "{before}");
    }
}
