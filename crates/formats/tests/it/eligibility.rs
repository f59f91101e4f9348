//! オンライン資格確認: who, which Coverage, several results, batches, errors, encodings. Every person is invented.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use formats::eligibility::read;
use model::reading::{Input, PATIENT_KEY, PatientKey, Reading, Resource};
use model::registration::Registration;
use proptest::prelude::*;
use serde_json::{Value, json};

fn result() -> Value {
    json!({"InsuredCardClassification": "01", "InsurerNumber": "  019999", "InsuredCardSymbol": "架空", "InsuredIdentificationNumber": "771", "InsuredBranchNumber": "02",
        "PersonalFamilyClassification": "1", "InsuredName": "白鳥　一", "Name": "白鳥　澄子", "NameKana": "ｼﾗﾄﾘ ｽﾐｺ", "NameOfOther": "白鳥　すみ", "NameOfOtherKana": "ｼﾗﾄﾘ ｽﾐ", "Sex1": "2", "Sex2": "2",
        "Birthdate": "19410506", "Address": "北海道伊達市架空町１－２", "PostNumber": "052-0000", "QualificationDate": "20200401", "InsuredCertificateIssuanceDate": "20200402", "InsuredCardValidDate": "20200401", "InsuredCardExpirationDate": "20260731",
        "InsuredPartialContributionRatio": "010", "PreschoolClassification": "1", "InsurerName": "架空市",
        "ElderlyRecipientCertificateInfo": {"ElderlyRecipientCertificateDate": "20240101", "ElderlyRecipientValidStartDate": "20240101", "ElderlyRecipientValidEndDate": "20261231", "ElderlyRecipientContributionRatio": "020"},
        "LimitApplicationCertificateRelatedConsFlg": "1", "LimitApplicationCertificateRelatedConsTime": "20260310091500",
        "LimitApplicationCertificateRelatedInfo": {"LimitApplicationCertificateClassification": "01", "LimitApplicationCertificateClassificationFlag": "A01", "LimitApplicationCertificateDate": "20250801", "LimitApplicationCertificateValidStartDate": "20250801", "LimitApplicationCertificateValidEndDate": "20260731", "LimitApplicationCertificateLongTermDate": "20251001"},
        "SpecificDiseasesCertificateRelatedConsFlg": "1", "SpecificDiseasesCertificateRelatedConsTime": "20260310091500",
        "SpecificDiseasesCertificateList": [{"SpecificDiseasesCertificateInfo": {"SpecificDiseasesDiseaseCategory": "02", "SpecificDiseasesCertificateDate": "20200401", "SpecificDiseasesValidStartDate": "20200401", "SpecificDiseasesValidEndDate": "99999999", "SpecificDiseasesSelfPay": "010000"}}],
        "SpecificHealthCheckupsInfoConsFlg": "0", "PharmacistsInfoConsFlg": "1", "PharmacistsInfoConsTime": "20260310091500", "DiagnosisInfoConsFlg": "1", "OperationInfoConsFlg": "0"})
}

fn message(body: Value) -> Value {
    json!({"XmlMsg": {"MessageHeader": {"ProcessExecutionTime": "20260310091530", "QualificationConfirmationDate": "20260310", "MedicalInstitutionCode": "0111234567", "ArbitraryFileIdentifier": "abc", "ReferenceClassification": "1", "SegmentOfResult": "1", "CharacterCodeIdentifier": "1"}, "MessageBody": body}})
}

fn full() -> Value {
    message(
        json!({"PrescriptionIssueSelect": "1", "ProcessingResultStatus": "1", "QualificationValidity": "1", "ReferenceNumber": "00731", "ResultList": [{"ResultOfQualificationConfirmation": result()}]}),
    )
}

fn xml(name: &str, value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let inside: String = map.iter().map(|(name, value)| xml(name, value)).collect();
            format!("<{name}>\r\n{inside}</{name}>\r\n")
        }
        Value::Array(list) => {
            let inside: String = list
                .iter()
                .flat_map(|each| each.as_object().unwrap())
                .map(|(name, value)| xml(name, value))
                .collect();
            format!("<{name}>{inside}</{name}>")
        }
        other => format!("<{name}>{}</{name}>\r\n", other.as_str().unwrap()),
    }
}

fn xml_of(message: &Value) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\r\n{}",
        xml("XmlMsg", &message["XmlMsg"])
    )
}

fn input(bytes: &[u8]) -> Input<'_> {
    Input { path: "OQSsiquc01res_face_1.xml", bytes, source_time: "20260312000000000" }
}

fn reading(message: &Value) -> Reading {
    read(&input(message.to_string().as_bytes())).unwrap()
}

fn resources<'r>(reading: &'r Reading, kind: &str) -> Vec<&'r Resource> {
    let records = reading.statements.iter().flat_map(|statement| &statement.records);
    records.map(|record| &record.resource).filter(|resource| resource["resourceType"] == kind).collect()
}

fn codes(reading: &Reading) -> Vec<&str> {
    reading.problems.iter().map(|problem| problem.code.as_str()).collect()
}

fn print(reading: &Reading) -> String {
    format!("{:?} {:?}", reading.statements, reading.problems)
}

#[test]
fn a_person_and_an_insurance() {
    let reading = reading(&full());
    assert_eq!(codes(&reading), Vec::<&str>::new());
    assert!(reading.statements.iter().all(|each| each.patient == PatientKey::Local("00731".into())));
    assert_eq!(reading.statements[0].order.time, "20260310091530000");
    let patient = resources(&reading, "Patient")[0];
    assert_eq!(patient["name"][1]["text"], "シラトリ スミコ");
    assert_eq!(patient["name"][1]["extension"][1]["valueString"], "ｼﾗﾄﾘ ｽﾐｺ");
    assert_eq!(
        (patient["birthDate"].as_str(), patient["gender"].as_str()),
        (Some("1941-05-06"), Some("female"))
    );
    let coverages = resources(&reading, "Coverage");
    let coverage = coverages[0];
    assert_eq!(coverage["identifier"][0]["value"], "00019999:架空:771:02");
    assert_eq!(
        (coverage["status"].as_str(), &coverage["period"]),
        (Some("active"), &json!({"start": "2020-04-01", "end": "2026-07-31"}))
    );
    assert_eq!(coverage["costToBeneficiary"][0]["valueQuantity"]["value"], 10);
    assert_eq!(coverage["costToBeneficiary"][1]["valueQuantity"]["value"], 20);
    assert_eq!(coverage["payor"][0]["identifier"]["value"], "019999");
    // 特定疾病 tells a disease.
    assert_eq!(coverages[1]["meta"]["security"][0]["code"], "R");
    assert_eq!(coverages[1]["costToBeneficiary"][0]["valueMoney"]["value"], 10000);
    let registration = Registration::new(patient, &coverages);
    assert_eq!(registration.insurances.len(), 1);
    assert_eq!(registration.kana.reveal(), "シラトリ スミコ");
    coverages.iter().chain(&[patient]).for_each(|each| crate::orca_account::whole(each));
}

#[test]
fn xml_json_and_every_encoding_say_the_same() {
    let message = full();
    let utf_8 = read(&input(xml_of(&message).as_bytes())).unwrap();
    let text = xml_of(&message);
    let (shift_jis, _, lossy) = encoding_rs::SHIFT_JIS.encode(&text);
    assert!(!lossy);
    assert_eq!(utf_8, read(&input(&shift_jis)).unwrap(), "whatever CharacterCodeIdentifier says");
    let json = reading(&message);
    let resources = |reading: &Reading| -> Vec<Resource> {
        reading
            .statements
            .iter()
            .flat_map(|each| each.records.iter().map(|record| record.resource.clone()))
            .collect()
    };
    assert_eq!(resources(&json), resources(&utf_8));
    let bare = message["XmlMsg"].clone();
    assert_eq!(resources(&reading(&bare)), resources(&json));
}

#[test]
fn old_and_new_insurance_are_one_person() {
    let mut old = result();
    old["InsurerNumber"] = json!("06139999");
    old["InsuredCardValidDate"] = json!("20100401");
    old["DisqualificationDate"] = json!("20200331");
    old["ReasonOfLoss"] = json!("03");
    old["Address"] = json!("札幌市架空区１");
    let both = message(
        json!({"ProcessingResultStatus": "1", "QualificationValidity": "3", "ResultList": [{"ResultOfQualificationConfirmation": old}, {"ResultOfQualificationConfirmation": result()}]}),
    );
    let reading = reading(&both);
    assert_eq!(codes(&reading), Vec::<&str>::new());
    assert_eq!(resources(&reading, "Patient").len(), 1);
    assert!(matches!(reading.statements[0].patient, PatientKey::Described(_)));
    assert_eq!(resources(&reading, "Patient")[0]["address"][0]["text"], "北海道伊達市架空町１－２");
    let status: Vec<_> =
        reading.statements.iter().skip(1).map(|each| each.records[0].resource["status"].clone()).collect();
    assert_eq!(status, ["cancelled", "active"]);
    // The old address stands with the old insurance.
    assert!(format!("{:?}", reading.statements[1].records[0].resource).contains("札幌市架空区１"));
    // The same insurance confirmed again is the same set, whatever else changed.
    let again = self::reading(&message(
        json!({"QualificationValidity": "1", "ResultList": [{"ResultOfQualificationConfirmation": result()}]}),
    ));
    assert_eq!(again.statements[1].set, reading.statements[2].set);
    assert_ne!(reading.statements[1].set, reading.statements[2].set);
}

#[test]
fn a_batch_keeps_people_apart() {
    let unit = |name: &str, number: Option<&str>| {
        let mut result = result();
        result["Name"] = json!(name);
        result["Address"] = json!("");
        let mut unit = json!({"QualificationConfirmSearchInfo": {"InsurerNumber": "019999", "Birthdate": "19410506", "ArbitraryIdentifier": "7"}, "ProcessingResultStatus": "1", "QualificationValidity": "1", "ResultOfQualificationConfirmation": result});
        if let Some(number) = number {
            unit["ReferenceNumber"] = json!(number);
        }
        json!({"BulkConfirmUnit": unit})
    };
    let text = |units: &[Value]| {
        let inside: String = units
            .iter()
            .flat_map(|each| each.as_object().unwrap())
            .map(|(name, value)| xml(name, value))
            .collect();
        format!(
            "<XmlMsg><MessageHeader><ProcessExecutionTime>20260310091530</ProcessExecutionTime></MessageHeader><MessageBody>{inside}</MessageBody></XmlMsg>"
        )
    };
    let units = [unit("甲", Some("1")), unit("乙", Some("02")), unit("丙", None), unit("丁", None)];
    let reading = read(&input(text(&units).as_bytes())).unwrap();
    let keys: Vec<&PatientKey> =
        reading.statements.iter().filter(|each| each.set == PATIENT_KEY).map(|each| &each.patient).collect();
    assert_eq!(keys[0], &PatientKey::Local("1".into()));
    assert_eq!(keys[1], &PatientKey::Local("02".into()));
    assert_eq!(keys[2], &PatientKey::Nobody);
    assert!(matches!(keys[3], PatientKey::Disputed { .. }));
    assert_eq!(codes(&reading), ["patient-id-missing", "patient-id-missing"]);
}

#[test]
fn a_result_repeated_is_one_and_another_card_of_the_insurance_is_kept() {
    let mut card = result();
    card["InsuredCardValidDate"] = json!("20190401");
    let list: Vec<Value> = [result(), result(), card]
        .into_iter()
        .map(|each| json!({"ResultOfQualificationConfirmation": each}))
        .collect();
    let reading =
        reading(&message(json!({"QualificationValidity": "1", "ReferenceNumber": "1", "ResultList": list})));
    assert_eq!(codes(&reading), Vec::<&str>::new());
    let sets: Vec<&str> = reading.statements.iter().map(|each| each.set.as_str()).collect();
    assert_eq!((sets.len(), sets[2]), (3, format!("{}/2", sets[1]).as_str()));
}

#[test]
fn results_of_different_people_are_not_mixed() {
    let mut other = result();
    other["Birthdate"] = json!("19700101");
    other["InsuredCardValidDate"] = json!("20100101");
    let reading = reading(&message(
        json!({"QualificationValidity": "5", "ReferenceNumber": "1", "ResultList": [{"ResultOfQualificationConfirmation": result()}, {"ResultOfQualificationConfirmation": other}]}),
    ));
    assert_eq!(codes(&reading), ["several-patients"]);
    assert_eq!(reading.statements.len(), 2);
}

#[test]
fn medical_assistance_is_public_expense_with_its_ticket() {
    let mut result = result();
    result["InsuredCardClassification"] = json!("A1");
    result["InsurerNumber"] = json!("12019999");
    let reading = reading(&message(
        json!({"QualificationValidity": "1", "ReferenceNumber": "1", "ResultList": [{"ResultOfQualificationConfirmation": result}], "PublicExpenseResultList": [{"MedicalTicketInfo": {"TicketType": "1", "MedicalTicketValidDate": "20260301", "InjuryName1": "架空症"}}]}),
    ));
    assert_eq!(codes(&reading), Vec::<&str>::new());
    let coverages = resources(&reading, "Coverage");
    assert_eq!(coverages[0]["type"]["coding"][0]["code"], "8");
    assert!(format!("{:?}", coverages[0]).contains("架空症"));
    assert!(Registration::new(resources(&reading, "Patient")[0], &coverages).insurances.is_empty());
}

#[test]
fn errors_no_result_and_other_messages_make_no_record() {
    let none = |body: Value| {
        let reading = reading(&message(body));
        assert_eq!(reading.statements, vec![]);
        codes(&reading).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        none(
            json!({"ProcessingResultStatus": "2", "ProcessingResultCode": "E01", "ProcessingResultMessage": "x"})
        ),
        ["result-error"]
    );
    assert_eq!(
        none(
            json!({"ProcessingResultStatus": "1", "QualificationValidity": "4", "QualificationConfirmSearchInfo": {"Birthdate": "19410506"}})
        ),
        ["no-result"]
    );
    assert_eq!(none(json!({"PharmacistsInfo": {"Name": "x"}})), ["unknown-message"]);
    let mut dead = result();
    dead["ReasonOfLoss"] = json!("01");
    let reading = self::reading(&message(
        json!({"QualificationValidity": "2", "ReferenceNumber": "1", "ResultList": [{"ResultOfQualificationConfirmation": dead}]}),
    ));
    assert_eq!(resources(&reading, "Patient")[0]["deceasedBoolean"], true);
    for text in ["", "x", "{}", "[]", "<a/>", "<XmlMsg>", "<XmlMsg><a/></XmlMsg>"] {
        assert_eq!(read(&input(text.as_bytes())).unwrap_err().code, "not-eligibility", "{text}");
    }
}

/// Words about the file, its encoding and the session.
const ENVELOPE: &[&str] =
    &["ArbitraryFileIdentifier", "CharacterCodeIdentifier", "ErrorMessage", "ProcessingResultMessage"];

/// Alters the text of each element of an XML file in turn: the reading must change or name it.
fn account(text: &str) -> (usize, Vec<String>) {
    let before = read(&input(text.as_bytes())).unwrap();
    let printed = print(&before);
    let (mut values, mut silent) = (0, Vec::new());
    let mut from = 0;
    while let Some(close) = text[from..].find("</").map(|place| place + from) {
        let open = text[..close].rfind('>').unwrap() + 1;
        let name = text[close + 2..].split('>').next().unwrap();
        let value = &text[open..close];
        from = close + 2;
        if value.trim().is_empty() || ENVELOPE.contains(&name) {
            continue;
        }
        values += 1;
        let digits = value.bytes().any(|b| b.is_ascii_digit());
        let other: String = if digits {
            value
                .chars()
                .map(|c| c.to_digit(10).map_or(c, |d| char::from_digit((d + 1) % 10, 10).unwrap()))
                .collect()
        } else {
            format!("{value}ろ")
        };
        let altered = format!("{}{other}{}", &text[..open], &text[close..]);
        let same = read(&input(altered.as_bytes())).is_ok_and(|after| print(&after) == printed);
        let named =
            before.problems.iter().any(|problem| problem.code == "not-mapped" && problem.at.ends_with(name));
        if same && !named {
            silent.push(name.to_owned());
        }
    }
    (values, silent)
}

#[test]
fn every_value_arrives_or_is_named() {
    let (values, silent) = account(&xml_of(&full()));
    assert_eq!((values > 45, silent), (true, vec![]));
    let (mut all, mut files) = (0, 0);
    for (name, bytes) in crate::outside::samples("onshi", &["xml"]).unwrap_or_default() {
        let (values, silent) = account(&String::from_utf8(bytes).unwrap());
        assert_eq!(silent, Vec::<String>::new(), "{name}");
        all += values;
        files += 1;
    }
    println!("onshi: {files} files, {all} values, all in records or named");
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&input(&bytes));
    }

    #[test]
    fn mutated_messages_are_read_or_refused(place in 0..6000_usize, byte in any::<u8>(), as_xml in any::<bool>()) {
        let mut bytes = if as_xml { xml_of(&full()) } else { full().to_string() }.into_bytes();
        let place = place % bytes.len();
        bytes[place] = byte;
        let _ = read(&input(&bytes));
        let _ = read(&input(&bytes[..place]));
    }
}
