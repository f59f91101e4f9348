//! CDA R2: documents, whose they are, entries that are sure, and that nothing is lost. Every person is invented.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use formats::cda::read;
use model::reading::{Effect, Extent, Format, Input, PATIENT_KEY, PatientKey, Reading, Resource};
use proptest::prelude::*;
use serde_json::{Value, json};

const REFERRAL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
  <templateId root="2.16.840.1.113883.2.2.3.6.100"/>
  <id root="1.2.392.9.7" extension="D-1"/>
  <code code="57133-1" codeSystem="2.16.840.1.113883.6.1" codeSystemName="LOINC" displayName="紹介状"/>
  <title>診療情報提供書</title>
  <effectiveTime value="20260401101500+0900"/>
  <confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/>
  <languageCode code="ja-JP"/>
  <setId root="1.2.392.9.7" extension="S-1"/>
  <versionNumber value="2"/>
  <recordTarget><patientRole classCode="PAT">
    <id root="1.2.392.100495.20.3.51.10123456789" extension="0012345" assigningAuthorityName="佐倉病院"/>
    <addr use="HP"><postalCode>050-0001</postalCode><state>北海道</state><city>室蘭市</city><streetAddressLine>港町1-2-3</streetAddressLine></addr>
    <telecom value="tel:0143-00-0000" use="HP"/>
    <patient>
      <name use="IDE"><family>佐倉</family><given>花子</given></name>
      <name use="SYL"><family>サクラ</family><given>ハナコ</given></name>
      <administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/><birthTime value="19480405"/>
      <maritalStatusCode code="M" codeSystem="2.16.840.1.113883.5.2"/>
    </patient>
  </patientRole></recordTarget>
  <author><time value="20260401"/><assignedAuthor><id root="1.2.392.9.8" extension="D9"/>
    <assignedPerson><name><family>医師</family><given>一郎</given></name></assignedPerson>
    <representedOrganization><name>佐倉病院 循環器科</name></representedOrganization></assignedAuthor></author>
  <custodian><assignedCustodian><representedCustodianOrganization><id root="1.2.392.100495.20.3.23" extension="0123456789"/><name>佐倉病院</name></representedCustodianOrganization></assignedCustodian></custodian>
  <legalAuthenticator><time value="20260401"/><signatureCode code="S"/><assignedEntity><id root="1.2.392.9.8" extension="D8"/><assignedPerson><name>院長 次郎</name></assignedPerson></assignedEntity></legalAuthenticator>
  <documentationOf><serviceEvent><effectiveTime><low value="20260320"/><high value="20260331"/></effectiveTime></serviceEvent></documentationOf>
  <componentOf><encompassingEncounter><id root="1.2.392.9.9" extension="E1"/><code code="IMP" displayName="入院"/><effectiveTime><low value="20260320"/></effectiveTime></encompassingEncounter></componentOf>
  <component><structuredBody>
    <component><section><code code="11348-0" codeSystem="2.16.840.1.113883.6.1"/><title>既往歴</title>
      <text><paragraph>高血圧 &lt;疑い&gt;</paragraph><list><item>喘息<br/>小児期</item></list>
        <table><tbody><tr><td colspan="2">K 4.1</td></tr></tbody></table></text>
      <entry><observation classCode="OBS" moodCode="EVN"><code code="3H015000002326101" codeSystem="1.2.392.200119.4.504" displayName="カリウム"/>
        <statusCode code="completed"/><effectiveTime value="202603251030"/><value xsi:type="PQ" value="4.10" unit="mmol/L"/>
        <interpretationCode code="N" codeSystem="2.16.840.1.113883.5.83"/>
        <referenceRange><observationRange><value xsi:type="IVL_PQ"><low value="3.5" unit="mmol/L"/><high value="5.0" unit="mmol/L"/></value></observationRange></referenceRange></observation></entry>
      <entry><substanceAdministration classCode="SBADM" moodCode="EVN"><statusCode code="active"/>
        <effectiveTime xsi:type="IVL_TS"><low value="20260301"/></effectiveTime><doseQuantity value="5" unit="mg"/>
        <consumable><manufacturedProduct><manufacturedMaterial><code code="103835401" codeSystem="1.2.392.200119.4.403.1" displayName="架空錠5mg"/></manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration></entry>
      <entry><substanceAdministration classCode="SBADM" moodCode="INT"><consumable><manufacturedProduct><manufacturedMaterial><name>予定薬</name></manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration></entry>
      <entry><observation classCode="OBS" moodCode="EVN" negationInd="true"><code code="DIS" displayName="診断"/><value xsi:type="CD" code="E11" codeSystem="2.16.840.1.113883.6.3" displayName="糖尿病"/></observation></entry>
      <component><section><title>手術歴</title><text>なし</text></section></component>
    </section></component>
  </structuredBody></component>
</ClinicalDocument>"#;

/// A health check-up as its file specification has it: no ids, names in kana, codes without a system.
const CHECKUP: &str = r#"<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/><id nullFlavor="NI"/>
  <code code="10" codeSystem="1.2.392.200119.6.1001"/><effectiveTime value="20260501"/>
  <confidentialityCode code="N"/>
  <recordTarget><patientRole>
    <id root="1.2.392.200119.6.101" extension="01234567"/><id root="1.2.392.200119.6.204" extension="あい"/><id root="1.2.392.200119.6.205" extension="１２"/>
    <addr>北海道室蘭市港町1<postalCode>050-0001</postalCode></addr>
    <patient><name>サクラ　ハナコ</name><administrativeGenderCode code="2" codeSystem="1.2.392.200119.6.1104"/><birthTime value="19480405"/></patient>
  </patientRole></recordTarget>
  <author><time value="20260501"/><assignedAuthor><id root="1.2.392.200119.6.102" extension="0123456789"/><representedOrganization><name>架空健診所</name></representedOrganization></assignedAuthor></author>
  <documentationOf><serviceEvent><effectiveTime value="20260420"/></serviceEvent></documentationOf>
  <component><structuredBody><component><section><code code="01010" codeSystem="1.2.392.200119.6.1010"/><title>検査・問診結果セクション</title><text/>
    <entry><observation classCode="OBS" moodCode="EVN"><code code="3F070000002327101" displayName="HDLコレステロール"/><value xsi:type="PQ" value="62" unit="mg/dL"/></observation></entry>
    <entry><observation classCode="OBS" moodCode="EVN"><code code="9N501000000000011" displayName="メタボリックシンドローム判定"/><value xsi:type="CO" code="3" codeSystem="1.2.392.200119.6.2004"/></observation></entry>
    <entry><observation classCode="OBS" moodCode="EVN" negationInd="true"><code code="9A110160700000011" displayName="心電図"/></observation></entry>
    <entry><observation classCode="OBS" moodCode="EVN"><code code="9N511000000000049" displayName="医師の診断"/><value xsi:type="ST">要経過観察</value>
      <entryRelationship typeCode="COMP"><observation classCode="OBS" moodCode="EVN"><code code="9N516000000000049" displayName="医師名"/><value xsi:type="ST">医師 一郎</value></observation></entryRelationship></observation></entry>
    <entry><observation classCode="OBS" moodCode="EVN"><code code="3D010000001926101" displayName="血糖"/><value xsi:type="PQ" nullFlavor="PINF"/></observation></entry>
  </section></component></structuredBody></component>
</ClinicalDocument>"#;

fn read_at(path: &str, text: &str) -> Reading {
    read(&Input { path, bytes: text.as_bytes(), source_time: "20260402090000000" }).unwrap()
}

fn all(reading: &Reading) -> Vec<&Resource> {
    reading.statements.iter().flat_map(|each| &each.records).map(|record| &record.resource).collect()
}

fn of_kind<'r>(reading: &'r Reading, kind: &str) -> Vec<&'r Resource> {
    all(reading).into_iter().filter(|each| each["resourceType"] == kind).collect()
}

fn problems(reading: &Reading) -> Vec<(&str, &str)> {
    reading.problems.iter().map(|each| (each.code.as_str(), each.at.as_str())).collect()
}

#[test]
fn a_referral_is_a_document_with_its_sections() {
    let reading = read_at("a.xml", REFERRAL);
    assert_eq!(formats::detect("a", REFERRAL.as_bytes()), Some(Format::Cda));
    let sets: Vec<&str> = reading.statements.iter().map(|each| each.set.as_str()).collect();
    assert_eq!(sets, [PATIENT_KEY, "cda/1.2.392.9.7|S-1"]);
    assert!(reading.statements.iter().all(|each| each.patient == PatientKey::Local("0012345".into())));
    let order = &reading.statements[1].order;
    assert_eq!((order.time.as_str(), &order.sequence[..9]), ("20260401101500000", "000000002"));
    let patient = of_kind(&reading, "Patient")[0];
    assert_eq!(patient["name"][1]["extension"][0]["valueCode"], "SYL");
    assert_eq!((&patient["birthDate"], &patient["gender"]), (&json!("1948-04-05"), &json!("female")));
    assert_eq!(patient["address"][0]["text"], "北海道室蘭市港町1-2-3");
    let document = of_kind(&reading, "DocumentReference")[0];
    assert_eq!(
        document["type"]["coding"][0],
        json!({"system": "http://loinc.org", "code": "57133-1", "display": "紹介状"})
    );
    assert_eq!(
        (&document["author"][0]["display"], &document["docStatus"]),
        (&json!("医師 一郎 佐倉病院 循環器科"), &json!("final"))
    );
    assert_eq!(document["context"]["period"], json!({"start": "2026-03-20", "end": "2026-03-31"}));
    assert_eq!(document["context"]["encounter"][0]["display"], "入院 2026-03-20～");
    let section = &document["contained"][0]["section"][0];
    let div = section["text"]["div"].as_str().unwrap();
    assert!(
        div.contains("<p>高血圧 &lt;疑い&gt;</p>")
            && div.contains("<li>喘息<br/>小児期</li>")
            && div.contains("<td colspan=\"2\">"),
        "{div}"
    );
    assert_eq!(section["section"][0]["title"], "手術歴");
    assert_eq!(section["entry"].as_array().unwrap().len(), 3);
    let row = model::chart::rows(document);
    assert_eq!(
        (row.len(), row[0].label.as_str(), row[0].time.as_str()),
        (1, "紹介状", "2026-04-01T10:15:00+09:00")
    );
    for resource in all(&reading) {
        crate::fhir_xml::is_of_r4(resource);
    }
}

#[test]
fn what_is_sure_becomes_a_record_and_the_rest_is_named() {
    let reading = read_at("a.xml", REFERRAL);
    let observations = of_kind(&reading, "Observation");
    let potassium = observations[0];
    assert_eq!(potassium["code"]["coding"][0]["system"], model::codes::JLAC10);
    assert_eq!(potassium["valueQuantity"]["value"].to_string(), "4.10");
    assert_eq!(potassium["effectiveDateTime"], "2026-03-25T10:30:00+09:00");
    assert_eq!(potassium["referenceRange"][0]["high"]["value"].to_string(), "5.0");
    assert_eq!(potassium["category"][0]["coding"][0]["code"], "laboratory");
    // What is denied never looks as if it were.
    assert!(observations[1].get("valueCodeableConcept").is_none());
    assert_eq!(observations[1]["note"][0]["text"], "否定 (negationInd): 値は原本");
    let drugs = of_kind(&reading, "MedicationStatement");
    assert_eq!(drugs.len(), 1, "a plan is no fact");
    assert_eq!(
        (&drugs[0]["status"], &drugs[0]["effectivePeriod"]["start"]),
        (&json!("active"), &json!("2026-03-01"))
    );
    assert_eq!(drugs[0]["medicationCodeableConcept"]["coding"][0]["system"], model::codes::HOT9);
    let section = "component/structuredBody/component[1]/section";
    let entry = |number: usize, act: &str| format!("{section}/entry[{number}]/{act}");
    let expected = [entry(3, "substanceAdministration"), entry(4, "observation")];
    assert_eq!(
        problems(&reading),
        [("not-mapped", expected[0].as_str()), ("not-mapped", expected[1].as_str())]
    );
    let rest = of_kind(&reading, "DocumentReference")[0]["extension"][0]["valueString"].as_str().unwrap();
    for line in [
        "substanceAdministration/@moodCode INT",
        "manufacturedMaterial/name 予定薬",
        "value/@displayName 糖尿病",
        "maritalStatusCode/@code M",
    ] {
        assert!(rest.contains(line), "{line} in {rest}");
    }
}

#[test]
fn a_health_check_up_is_its_results() {
    let reading = read_at("h.xml", CHECKUP);
    assert_eq!(problems(&reading), [] as [(&str, &str); 0]);
    let patient = of_kind(&reading, "Patient")[0];
    assert_eq!(patient["identifier"][0]["value"], "01234567:あい:１２:");
    assert!(matches!(reading.statements[0].patient, PatientKey::Described(_)));
    let results = of_kind(&reading, "Observation");
    assert_eq!(results.len(), 6);
    assert_eq!(results[0]["code"]["coding"][0]["system"], "urn:oid:1.2.392.200119.6.1005");
    assert_eq!(
        results[0]["code"]["coding"][1],
        json!({"system": model::codes::JLAC10, "code": "3F070000002327101"})
    );
    assert_eq!(results[0]["effectiveDateTime"], "2026-04-20");
    assert_eq!(results[1]["valueCodeableConcept"]["coding"][0]["code"], "3");
    assert_eq!(results[1]["code"]["coding"].as_array().unwrap().len(), 1, "an item of its own is no JLAC10");
    assert_eq!(
        (&results[2]["status"], &results[2]["dataAbsentReason"]["coding"][0]["code"]),
        (&json!("cancelled"), &json!("not-performed"))
    );
    assert_eq!(results[4]["valueString"], "医師 一郎");
    assert_eq!(results[5]["dataAbsentReason"]["coding"][0]["code"], "positive-infinity");
    for resource in all(&reading) {
        crate::fhir_xml::is_of_r4(resource);
    }
    // Sent again on another day, with the name spelled otherwise, it is the same check-up; of another year not.
    let set = |text: &str| read_at("x.xml", text).statements.last().unwrap().set.clone();
    assert_eq!(set(CHECKUP), set(&CHECKUP.replace("20260501", "20260601").replace("サクラ", "ｻｸﾗ")));
    assert_ne!(set(CHECKUP), set(&CHECKUP.replace("20260420", "20250420")));
}

#[test]
fn versions_replacements_and_places() {
    let replaced = REFERRAL.replace("<component><structuredBody>", "<relatedDocument typeCode=\"RPLC\"><parentDocument><id root=\"1.2.392.9.7\" extension=\"D-0\"/></parentDocument></relatedDocument><component><structuredBody>");
    let reading = read_at("a.xml", &replaced);
    let gone = &reading.statements[1];
    assert_eq!((gone.set.as_str(), gone.records.len()), ("cda/1.2.392.9.7|D-0", 0));
    assert_eq!(of_kind(&reading, "DocumentReference")[0]["relatesTo"][0]["code"], "replaces");
    let path = "001/234/0012345/20260401/^x^^57133-1^紹介状^LN/0012345_20260401_x_1_20260401_01_0/main.xml";
    let deleted = read_at(path, REFERRAL);
    assert_eq!(deleted.statements[1].effect, Effect::Deleted);
    assert_eq!(deleted.statements[0].records[0].extent, Extent::Supplement);
    let other = read_at(
        &path.replace("001/234/0012345", "009/999/0099999").replace("0012345_", "0099999_"),
        REFERRAL,
    );
    assert!(matches!(other.statements[0].patient, PatientKey::Disputed { .. }));
    assert!(problems(&other).contains(&("patient-id-mismatch", "recordTarget/patientRole/id")));
    let placed = read_at(path, &REFERRAL.replace("1.2.392.100495.20.3.51.10123456789", "1.2.392.9.1"));
    assert_eq!(placed.statements[0].patient, PatientKey::Local("0012345".into()));
}

#[test]
fn numbers_of_several_facilities_are_not_guessed_at() {
    let second =
        "<patientRole classCode=\"PAT\"><id root=\"1.2.392.100495.20.3.51.19999999999\" extension=\"777\"/>";
    let two = REFERRAL.replace("<patientRole classCode=\"PAT\">", second);
    assert_eq!(
        read_at("a.xml", &two).statements[0].patient,
        PatientKey::Local("0012345".into()),
        "the custodian's own"
    );
    assert_eq!(of_kind(&read_at("a.xml", &two), "Patient")[0]["identifier"][0]["value"], "0012345");
    let strange = two.replace("extension=\"0123456789\"", "extension=\"5555555555\"");
    let reading = read_at("a.xml", &strange);
    assert_eq!(reading.statements[0].patient, PatientKey::Nobody);
    assert!(problems(&reading).contains(&("several-local-ids", "recordTarget/patientRole")));
}

#[test]
fn a_document_about_two_people_is_nobodys() {
    let second = "</recordTarget><recordTarget><patientRole><id root=\"1.2.392.100495.20.3.51.10123456789\" extension=\"9\"/></patientRole></recordTarget>";
    let reading = read_at("a.xml", &REFERRAL.replacen("</recordTarget>", second, 1));
    assert!(reading.statements.iter().all(|each| each.patient == PatientKey::Nobody));
    assert!(problems(&reading).contains(&("several-patients", "recordTarget")));
}

#[test]
fn what_is_in_a_restricted_document_is_restricted() {
    let restricted = REFERRAL.replace("confidentialityCode code=\"N\"", "confidentialityCode code=\"R\"");
    let reading = read_at("a.xml", &restricted);
    let about = all(&reading).into_iter().filter(|each| each["resourceType"] != "Patient");
    assert!(about.clone().count() == 4 && about.into_iter().all(model::chart::sensitive));
    assert!(!all(&read_at("a.xml", REFERRAL)).into_iter().any(model::chart::sensitive));
}

#[test]
fn a_document_in_another_format_is_accounted_for() {
    let start = REFERRAL.find("<component><structuredBody>").unwrap();
    let head = &REFERRAL[..start];
    let text = format!(
        "{head}<component><nonXMLBody><text mediaType=\"application/pdf\" representation=\"B64\">JVBE\nRi0x</text></nonXMLBody></component></ClinicalDocument>"
    );
    let reading = read_at("a.xml", &text);
    let content = &of_kind(&reading, "DocumentReference")[0]["content"];
    assert_eq!(
        (&content[1]["attachment"]["contentType"], &content[1]["attachment"]["size"]),
        (&json!("application/pdf"), &json!(6))
    );
    assert!(content[1]["attachment"].get("data").is_none());
    assert_eq!(of_kind(&reading, "DocumentReference")[0].get("contained"), None);
    let broken = text.replace("JVBE\nRi0x", "?");
    assert!(problems(&read_at("a.xml", &broken)).contains(&("unreadable", "component/nonXMLBody/text")));
}

#[test]
fn what_is_no_document_is_refused() {
    for text in [
        "",
        "<ClinicalDocument/>",
        "<a xmlns='urn:hl7-org:v3'/>",
        "<ClinicalDocument xmlns='urn:hl7-org:v3'>",
        "x",
    ] {
        let refused = read(&Input { path: "x", bytes: text.as_bytes(), source_time: "" }).unwrap_err();
        assert_eq!(refused.code, "not-cda", "{text}");
        assert_ne!(
            formats::detect("x", text.as_bytes())
                .filter(|_| text != "<ClinicalDocument xmlns='urn:hl7-org:v3'>"),
            Some(Format::Cda)
        );
    }
    let (shift_jis, ..) = encoding_rs::SHIFT_JIS.encode(CHECKUP);
    let reading = read(&Input { path: "h.xml", bytes: &shift_jis, source_time: "" }).unwrap();
    assert_eq!(of_kind(&reading, "Patient")[0]["name"][0]["text"], "サクラ ハナコ");
}

/// Every value of an attribute or text, one after another, replaced by a mark that must be somewhere.
#[test]
fn every_value_arrives() {
    let (mut checked, mut lost) = (0, Vec::new());
    for source in [REFERRAL, CHECKUP] {
        let mut from = source.find("<id").unwrap();
        while let Some(at) = source[from..].find(['"', '>']) {
            let (start, close) =
                (from + at + 1, if source.as_bytes()[from + at] == b'"' { '"' } else { '<' });
            let Some(length) = source[start..].find(close) else { break };
            from = start + length + usize::from(close == '"');
            let value = &source[start..start + length];
            let before = &source[..start];
            let name = before.rsplit([' ', '<', '/']).next().unwrap();
            let structure = [
                "classCode",
                "moodCode",
                "typeCode",
                "xsi:type",
                "codeSystemName",
                "mediaType",
                "representation",
                "negationInd",
                "use",
                "colspan",
                "xmlns",
            ];
            let keeps = name.starts_with("value=")
                || name.starts_with("unit=")
                || structure.iter().any(|each| name.starts_with(&format!("{each}=")));
            // Numbers, days and codes the reader decides by are other tests' matter.
            let decides = name.starts_with("root=")
                || name.starts_with("codeSystem=")
                || name.starts_with("nullFlavor=");
            if value.trim().is_empty() || keeps || decides || value.contains('&') {
                continue;
            }
            let marked = format!("{before}QZX7{}", &source[start + length..]);
            let reading = read_at("a.xml", &marked);
            let found =
                all(&reading).iter().any(|each| Value::Object((*each).clone()).to_string().contains("QZX7"));
            let coded = ["M", "F", "2", "completed", "active"].contains(&value);
            if !(found || coded) {
                lost.push(format!("{name}{value}"));
            }
            checked += 1;
        }
    }
    assert!(lost.is_empty(), "{lost:?}");
    assert!(checked > 70, "{checked}");
}

proptest! {
    #[test]
    fn never_panics_on_mutated_documents(
        which in any::<bool>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = if which { REFERRAL } else { CHECKUP }.as_bytes().to_vec();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = read(&Input { path: "x", bytes: &bytes, source_time: "" });
        bytes.truncate(cut.index(bytes.len()));
        let _ = read(&Input { path: "x", bytes: &bytes, source_time: "" });
    }

    #[test]
    fn values_of_any_text_are_read(text in "[ -~ぁ-ん]{0,12}", kind in "(PQ|CD|ST|INT|REAL|BL|TS|IVL_TS|IVL_PQ|RTO|XX)") {
        let text = text.replace(['&', '<', '"'], "");
        let value = format!("<value xsi:type=\"{kind}\" value=\"{text}\" code=\"{text}\" unit=\"{text}\">{text}</value>");
        let changed = CHECKUP.replace("<value xsi:type=\"PQ\" value=\"62\" unit=\"mg/dL\"/>", &value);
        let reading = read_at("x", &changed);
        crate::fhir_xml::is_of_r4(of_kind(&reading, "Observation")[0]);
    }
}
