//! JAHIS 電子版お薬手帳: what belongs to what where the order of the records is not the standard's, and which
//! system each code is of.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use formats::okusuri::read;
use model::reading::{Input, Reading};
use serde_json::{Map, Value};

fn reading(records: &[&str]) -> Reading {
    let head = [
        "JAHISTC08,1",
        "1,架空 太郎,1,S330303,,架空市1,,,,,",
        "5,R080310,1",
        "11,架空薬局,01,4,1234567,,,,1",
    ];
    let text = [&head, records].concat().join("\r\n");
    read(&Input { path: "n.csv", bytes: text.as_bytes(), source_time: "" }).unwrap()
}

fn dispenses(reading: &Reading) -> Vec<&Map<String, Value>> {
    let records = reading.statements.iter().flat_map(|statement| &statement.records);
    let resources = records.map(|record| &record.resource);
    resources.filter(|resource| resource["resourceType"] == "MedicationDispense").collect()
}

fn contained<'r>(dispense: &'r Map<String, Value>, id: &str) -> &'r str {
    let list = dispense["contained"].as_array().unwrap();
    let one = list.iter().find(|each| each["id"] == id);
    one.and_then(|one| one["name"].as_str().or_else(|| one["name"][0]["text"].as_str())).unwrap_or("-")
}

#[test]
fn a_second_prescription_of_the_day_keeps_its_own_facility_and_doctor() {
    let reading = reading(&[
        "51,架空病院,01,1,7654321,1",
        "55,医師 一郎,内科,1",
        "201,1,架空錠甲,1,錠,1,,1",
        "301,1,朝食後,7,日分,1,1,,1",
        "51,架空歯科,01,3,7654322,1",
        "201,1,架空錠乙,1,錠,1,,1",
        "301,1,疼痛時,3,回分,3,1,,1",
        "55,歯科医 二郎,,1",
        "201,2,架空錠丙,1,錠,1,,1",
        "301,2,夕食後,7,日分,1,1,,1",
    ]);
    assert_eq!(reading.problems, vec![]);
    let told: Vec<_> = dispenses(&reading)
        .iter()
        .map(|each| {
            let text = &each["dosageInstruction"][0]["text"];
            (contained(each, "prescribing-facility"), contained(each, "prescriber"), text.as_str().unwrap())
        })
        .collect();
    assert_eq!(
        told,
        [
            ("架空病院", "医師 一郎", "朝食後"),
            ("架空歯科", "-", "疼痛時"),
            ("架空歯科", "歯科医 二郎", "夕食後")
        ]
    );
}

#[test]
fn the_usage_closes_an_rp() {
    let usages = |records: &[&str]| {
        let reading = reading(records);
        let of =
            |each: &Map<String, Value>| each["dosageInstruction"][0]["text"].as_str().unwrap().to_owned();
        let texts: Vec<String> = dispenses(&reading).into_iter().map(of).collect();
        (texts, reading.problems.iter().map(|each| each.code.clone()).collect::<Vec<_>>())
    };
    let (one, two) = ("201,1,架空錠甲,1,錠,1,,1", "201,1,架空錠乙,1,錠,1,,1");
    let (morning, evening) = ("301,1,朝,7,日分,1,1,,1", "301,1,夕,7,日分,1,1,,1");
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    // The same number twice over.
    assert_eq!(usages(&[one, morning, two, evening]), (texts(&["朝", "夕"]), vec![]));
    // A drug after the usage, a usage before its drugs: one RP all the same.
    assert_eq!(usages(&[one, morning, two]), (texts(&["朝", "朝"]), vec![]));
    assert_eq!(usages(&[morning, one, two]), (texts(&["朝", "朝"]), vec![]));
    // A second usage without a drug is named.
    let (read, problems) = usages(&[one, morning, evening]);
    assert_eq!((read, problems.iter().all(|code| code == "not-mapped")), (texts(&["朝"]), true));
    assert!(!problems.is_empty());
}

#[test]
fn each_kind_of_code_is_of_its_official_system() {
    for (kind, code, system) in [
        ("2", "620004992", "urn:oid:1.2.392.100495.20.1.71"),
        ("3", "2149037F1", "urn:oid:1.2.392.100495.20.1.72"),
        ("4", "2149037F1023", "urn:oid:1.2.392.100495.20.1.73"),
        ("6", "1038354", "urn:oid:1.2.392.200119.4.403.2"),
        ("6", "103835401", "urn:oid:1.2.392.200119.4.403.1"),
        ("6", "1038354010101", "urn:oid:1.2.392.200119.4.402.1"),
    ] {
        let reading = reading(&[&format!("201,1,架空錠,1,錠,{kind},{code} ,1"), "301,1,朝,7,日分,1,1,,1"]);
        let coding = &dispenses(&reading)[0]["medicationCodeableConcept"]["coding"][0];
        assert_eq!((coding["system"].as_str(), coding["code"].as_str()), (Some(system), Some(code)));
    }
}

#[test]
fn an_ingredient_finds_its_drug_by_the_serial_however_it_is_padded() {
    let reading = reading(&["3,架空感冒薬,20260301,,2,01,", "31,１,架空成分,1,,2", "31,2,架空成分,1,,2"]);
    let places = reading.problems.iter().map(|problem| problem.at.as_str());
    let named: Vec<&str> = places.filter(|at| at.starts_with("record 31")).collect();
    assert_eq!(named, [2, 3, 4, 6].map(|field| format!("record 31 line 7 field {field}")));
}

#[test]
fn numbers_keep_their_digits_and_the_end_mark_is_no_record() {
    let reading = reading(&["201,1,架空錠, 1.50 ,錠,1,,1", "301,1,朝,7 ,日分,1,1,,1", "\u{1a}\r\n"]);
    assert_eq!(reading.problems, vec![]);
    let dose = &dispenses(&reading)[0]["dosageInstruction"][0]["doseAndRate"][0]["rateRatio"]["numerator"];
    assert_eq!(dose["value"].to_string(), "1.50");
}

#[test]
fn a_header_alone_is_nobody() {
    let read_text =
        |text: &str| read(&Input { path: "n.csv", bytes: text.as_bytes(), source_time: "" }).unwrap();
    let alone = read_text("JAHISTC08,1\r\n911,12345678901234,2,2\r\n");
    assert!(alone.statements.is_empty());
    let codes: Vec<&str> = alone.problems.iter().map(|problem| problem.code.as_str()).collect();
    assert_eq!(codes, ["empty", "not-mapped", "not-mapped", "not-mapped"]);
    let twice = read_text("JAHISTC08,1\r\nJAHISTC08,1\r\n1,架空 太郎,1,S330303,,架空市1\r\n");
    assert_eq!(twice.statements.len(), 1);
    assert!(twice.problems.iter().all(|problem| problem.code == "empty"), "{:?}", twice.problems);
}
