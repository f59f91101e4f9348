//! レセプト電算処理 (UKE): sets and order, whose a receipt is, what belongs to what, and files that are not whole.

#![expect(clippy::indexing_slicing, reason = "a test may panic")]

use crate::uke::{fixture, reading};
use model::reading::{Format, Input, PATIENT_KEY, PatientKey, Reading};
use serde_json::{Map, Value, json};
use std::collections::HashSet;

const HEAD: &str = "IR,1,13,1,1234567,,架空病院,202605,00,";

fn common(number: &str, name: &str, chart: &str) -> String {
    let tail = ",".repeat(24);
    format!("RE,{number},1112,202604,{name},1,19580303,,,,,,,{chart}{tail}")
}

fn insured(insurer: &str, number: &str, points: u32) -> String {
    format!("HO,{insurer},記号,{number},1,{points},,,,,,,,,")
}

/// A line with its day columns: day and count.
fn line(start: &str, days: &[(usize, &str)]) -> String {
    let mut fields: Vec<String> = start.split(',').map(str::to_owned).collect();
    let first = if start.starts_with("TO") { 17 } else { 13 };
    fields.resize(first + 31, String::new());
    days.iter().for_each(|(day, count)| fields[first + day - 1] = (*count).to_owned());
    fields.join(",")
}

fn file(lines: &[&str]) -> Reading {
    reading(&lines.join("\r\n"))
}

fn codes(reading: &Reading) -> Vec<&str> {
    reading.problems.iter().map(|problem| problem.code.as_str()).collect()
}

fn resources<'r>(reading: &'r Reading, kind: &str) -> Vec<&'r Map<String, Value>> {
    let records = reading.statements.iter().flat_map(|statement| &statement.records);
    records.map(|record| &record.resource).filter(|resource| resource["resourceType"] == kind).collect()
}

fn sets(reading: &Reading) -> Vec<&str> {
    reading.statements.iter().map(|each| each.set.as_str()).filter(|set| set.contains("/2026-")).collect()
}

#[test]
fn a_receipt_sent_again_replaces_itself_and_nothing_else() {
    let again = |claimed: &str, insurer: &str, points: u32| {
        let head = HEAD.replace("202605", claimed);
        let (common, insured) = (common("9", "架空　太郎", "0001234"), insured(insurer, "１", points));
        let act = line("SI,12,1,112007410,,75,1", &[(3, "1")]);
        let end = format!("GO,1,{points},99");
        file(&[&head, &common, &insured, &act, &end])
    };
    let (first, corrected, other) =
        (again("202605", "06130012", 75), again("202607", "06130012", 80), again("202605", "06130020", 75));
    assert_eq!(sets(&first), sets(&corrected));
    assert_ne!(sets(&first), sets(&other), "another insurance is another receipt");
    let order = |reading: &Reading| reading.statements.last().unwrap().order.clone();
    assert!(order(&first) < order(&corrected));
    let who = |reading: &Reading| reading.statements[0].patient.clone();
    assert_eq!(who(&first), PatientKey::Local("0001234".into()));
    assert_eq!(who(&first), who(&other));
    assert_eq!(codes(&corrected), Vec::<&str>::new());
}

#[test]
fn a_disease_is_one_over_its_months_and_the_newest_month_says_how_it_stands() {
    let of = |month: &str, claimed: &str, outcome: &str| {
        let head = HEAD.replace("202605", claimed);
        let common = common("1", "架空　太郎", "0001234").replace("202604", month);
        let disease = format!("SY,8830052,20250601,{outcome},,,01,");
        file(&[&head, &common, &insured("06130012", "１", 75), &disease, "GO,1,75,99"])
    };
    // March is claimed after April (月遅れ): April still says more.
    let (april, march) = (of("202604", "202605", "2"), of("202603", "202606", "1"));
    let record = |reading: &Reading| {
        let statement = reading.statements.iter().find(|each| each.set.ends_with("/diseases")).unwrap();
        (statement.records[0].key.clone(), statement.order.clone())
    };
    let ((key, newer), (same, older)) = (record(&april), record(&march));
    assert_eq!(key, same);
    assert!(older < newer);
    assert_eq!(resources(&april, "Condition")[0]["clinicalStatus"]["text"], "治ゆ");
    assert_eq!(resources(&april, "Condition")[0]["abatementDateTime"], "2026-04");
}

#[test]
fn without_a_chart_number_a_full_description_is_needed() {
    let one = common("1", "架空　太郎", "");
    let half = common("2", "", "");
    let other = common("3", "", "00000").replace("19580303", "19600101");
    let insured = insured("06130012", "１", 75);
    let reading = file(&[HEAD, &one, &insured, &half, &insured, &other, &insured, "GO,3,225,99"]);
    let who: Vec<&PatientKey> =
        reading.statements.iter().filter(|each| each.set == PATIENT_KEY).map(|each| &each.patient).collect();
    assert!(matches!(who[0], PatientKey::Described(_)));
    assert_eq!(who[1], &PatientKey::Nobody);
    assert!(matches!(who[2], PatientKey::Disputed { .. }), "two people nobody knows are kept apart");
    assert_eq!(codes(&reading).iter().filter(|code| **code == "nobody").count(), 2);
    // The insurance in full-width digits is the same insurance; another birth date is another person.
    let again = file(&[HEAD, &one, &insured.replace('１', "1"), "GO,1,75,99"]);
    assert_eq!(who[0], &again.statements[0].patient);
    let twin = file(&[HEAD, &one.replace("19580303", "19580304"), &insured, "GO,1,75,99"]);
    assert_ne!(who[0], &twin.statements[0].patient);
}

#[test]
fn the_order_of_the_lines_says_what_belongs_together() {
    let lines = [
        HEAD.to_owned(),
        common("1", "架空　太郎", "1"),
        insured("06130012", "１", 75),
        line("SI,31,1,130000510,,20,1", &[(3, "1")]),
        line("IY,,1,620000001,1,,1", &[(3, "1")]),
        "CO,,1,810000001,ゆっくり".to_owned(),
        line("IY,,1,620000002,2,30,1", &[(3, "1")]),
        "CO,22,1,810000001,疼痛時".to_owned(),
        line("IY,,1,620000003,1,2,1", &[(4, "1")]),
        line("IY,21,1,620000004,3,12,14", &[(3, "7"), (17, "7")]),
        line("IY,21,1,620000005,2,12,3", &[(1, "1"), (2, "1"), (3, "1")]),
        "CO,99,1,810000001,終わり".to_owned(),
        "GO,1,75,99".to_owned(),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let reading = file(&lines);
    assert_eq!(codes(&reading), Vec::<&str>::new());
    let given = resources(&reading, "MedicationAdministration");
    let drug =
        |resource: &Map<String, Value>| resource["medicationCodeableConcept"]["coding"][0]["code"].clone();
    assert_eq!(given.iter().map(|each| drug(each)).collect::<Vec<_>>(), ["620000001", "620000002"]);
    assert!(given.iter().all(|each| each["category"]["coding"][0]["code"] == "31"));
    assert_eq!(given[0]["note"][0]["text"], "ゆっくり");
    assert!(given[1].get("note").is_none());
    let handed = resources(&reading, "MedicationDispense");
    assert_eq!(handed[0]["category"]["coding"][0]["code"], "22");
    assert_eq!(handed[0]["note"][0]["text"], "疼痛時");
    // Two supplies in a month are two dispensings; a day's drug on each of three days is one course.
    let told: Vec<Value> = handed[1..]
        .iter()
        .map(|each| json!([each["whenHandedOver"], each.get("daysSupply").map(|days| days["value"].clone())]))
        .collect();
    assert_eq!(told, [json!(["2026-04-03", 7]), json!(["2026-04-17", 7]), json!(["2026-04-01", null])]);
    let bounds = &handed[3]["dosageInstruction"][0]["timing"]["repeat"]["boundsPeriod"];
    assert_eq!(bounds, &json!({"start": "2026-04-01", "end": "2026-04-03"}));
    let comments = resources(&reading, "Communication");
    assert_eq!(comments.len(), 1);
    assert_eq!(comments[0]["payload"][0]["contentString"], "終わり");
}

#[test]
fn totals_and_ends_are_looked_at() {
    let (common, insured) = (common("1", "架空　太郎", "1"), insured("06130012", "１", 75));
    let public = "KO,54016018,1234567,,1,75,,,,,,";
    let with = |end: &[&str]| {
        let lines: Vec<&str> = [&[HEAD, &common, &insured, public], end].concat();
        file(&lines).problems.iter().map(|each| format!("{} {}", each.code, each.at)).collect::<Vec<_>>()
    };
    assert_eq!(with(&["GO,1,75,99"]), Vec::<String>::new());
    assert_eq!(
        with(&["GO,2,75,99"]),
        Vec::<String>::new(),
        "an insurance and a public payer may count as two"
    );
    assert_eq!(with(&["GO,3,75,99"]), ["totals-differ record GO line 5 field 2"]);
    assert_eq!(with(&["GO,1,76,99"]), ["totals-differ record GO line 5 field 3"]);
    assert_eq!(with(&["GO,1,many,99"]), ["totals-differ record GO line 5 field 3"]);
    assert_eq!(with(&["GO,1,900,01"]), ["split-output record GO line 5"]);
    assert_eq!(with(&[]), ["missing end of file"]);
    assert_eq!(with(&["GO,1,75,99", "SY,8830052,20250601,1,,,,"]).len(), 3, "a line after the end is named");
    assert_eq!(codes(&file(&[HEAD, "GO,0,0,99"])), ["not-mapped", "empty"]);
    assert_eq!(codes(&file(&[HEAD, "GO,5,0,99"])), ["not-mapped", "empty", "totals-differ"]);
}

#[test]
fn an_organ_donor_is_another_person() {
    let reading = reading(&fixture("medical-inpatient"));
    let text = serde_json::to_string(&resources(&reading, "Procedure")).unwrap();
    assert!(text.contains("150253010") && !text.contains("150999910"));
    assert!(!serde_json::to_string(&resources(&reading, "Claim")).unwrap().contains("提供"));
}

#[test]
fn the_history_of_a_returned_receipt_states_nothing() {
    let reading = reading(&fixture("returned"));
    let text = serde_json::to_string(&resources(&reading, "Coverage")).unwrap();
    assert!(text.contains("06130012") && !text.contains("06130099"));
    // A file as the payers hand it on has three columns before the record's name.
    let plain = fixture("medical-outpatient");
    let handed: Vec<String> =
        plain.lines().enumerate().map(|(row, line)| format!("1,{row},0,{line}")).collect();
    let strip = |reading: &Reading| {
        reading
            .statements
            .iter()
            .map(|each| each.records.iter().map(|record| record.resource.clone()).collect())
            .collect::<Vec<Vec<_>>>()
    };
    assert_eq!(strip(&crate::uke::reading(&handed.join("\r\n"))), strip(&crate::uke::reading(&plain)));
}

#[test]
fn every_resource_is_fhir() {
    for case in
        ["medical-outpatient", "medical-inpatient", "dpc", "dental", "pharmacy", "nursing", "returned"]
    {
        let reading = reading(&fixture(case));
        let entries: Vec<Value> = reading
            .statements
            .iter()
            .flat_map(|statement| &statement.records)
            .map(|record| json!({"resource": record.resource}))
            .collect();
        let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": entries}).to_string();
        let input = Input { path: "b.json", bytes: bundle.as_bytes(), source_time: "" };
        let checked = formats::read(Format::Fhir, &input).unwrap();
        let odd = checked
            .problems
            .iter()
            .filter(|each| matches!(each.code.as_str(), "missing" | "impossible-date"));
        assert_eq!(odd.map(|each| each.at.clone()).collect::<Vec<_>>(), Vec::<String>::new(), "{case}");
        let required = |kind: &str, names: &[&str]| {
            for each in resources(&reading, kind) {
                assert!(names.iter().all(|name| each.contains_key(*name)), "{kind} {names:?}");
            }
        };
        required(
            "Claim",
            &["status", "type", "use", "patient", "created", "provider", "priority", "insurance"],
        );
        required("DeviceUseStatement", &["status", "subject", "device"]);
        assert!(
            serde_json::to_string(&entries).unwrap().matches("\"\"").next().is_none(),
            "an empty text in {case}"
        );
    }
}

#[test]
fn keys_are_each_of_one_record() {
    for case in
        ["medical-outpatient", "medical-inpatient", "dpc", "dental", "pharmacy", "nursing", "returned"]
    {
        let reading = reading(&fixture(case));
        for statement in &reading.statements {
            let keys: HashSet<&String> = statement.records.iter().map(|record| &record.key).collect();
            assert_eq!(keys.len(), statement.records.len(), "{case} {}", statement.set);
            assert!(statement.records.iter().all(|record| record.at.starts_with("record ")));
        }
    }
}

#[test]
fn line_ends_encodings_and_the_end_mark_change_nothing() {
    let text = fixture("medical-outpatient");
    let plain = reading(&text);
    let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(&text);
    let marked = [&bytes[..], b"\x1a"].concat();
    for bytes in [
        marked,
        text.replace("\r\n", "\n").into_bytes(),
        format!("\u{feff}{text}").into_bytes(),
        text.replace("\r\n", "\r").into_bytes(),
    ] {
        let input = Input { path: "RECEIPTC.UKE", bytes: &bytes, source_time: "20260510093000000" };
        assert_eq!(formats::uke::read(&input).unwrap(), plain);
    }
}

#[test]
fn problems_say_nothing_of_a_person() {
    for case in
        ["medical-outpatient", "medical-inpatient", "dpc", "dental", "pharmacy", "nursing", "returned"]
    {
        let problems = format!("{:?}", reading(&fixture(case)).problems);
        for word in ["架空　", "1958", "カクウ", "0001234", "提供　一郎", "ただの文"] {
            assert!(!problems.contains(word), "{case} {word}");
        }
    }
}

#[test]
fn what_is_no_receipt_file_is_refused() {
    for text in
        ["", "IR", "IR,x,13,1,1234567", "RE,1,1112", "氏名,住所", "7111,1,1,1", "MSH|^~\\&|", "JAHISTC08,1"]
    {
        let input = Input { path: "RECEIPTC.UKE", bytes: text.as_bytes(), source_time: "" };
        assert_eq!(formats::uke::read(&input).unwrap_err().code, "not-uke", "{text}");
        assert_ne!(formats::detect("RECEIPTC.UKE", text.as_bytes()), Some(Format::Uke));
    }
}

#[test]
fn a_large_file_comes_in_parts_of_whole_receipts() {
    let receipt = |number: usize| {
        let mut lines = vec![
            common(&number.to_string(), "架空　太郎", &number.to_string()),
            insured("06130012", "１", 75),
        ];
        lines.extend((0..20).map(|_| line("SI,12,1,112007410,,75,1", &[(3, "1")])));
        lines.join("\r\n")
    };
    let of = |count: usize| {
        let text = format!(
            "{HEAD}\r\n{}\r\nGO,{count},{},99",
            (0..count).map(receipt).collect::<Vec<_>>().join("\r\n"),
            75 * count
        );
        let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(&text);
        let input = Input { path: "RECEIPTC.UKE", bytes: &bytes, source_time: "" };
        let (mut most, mut problems) = (0, 0);
        formats::uke::read_parts(&input, 30, &mut |part| {
            most = most.max(part.statements.len());
            problems += part.problems.len();
        })
        .unwrap();
        (most, problems)
    };
    let (most, problems) = of(400);
    assert!((30..34).contains(&most), "{most}");
    assert_eq!(problems, 0);
}
