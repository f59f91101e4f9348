//! JAHIS 電子版お薬手帳: every record type, every field, splits, several people.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use formats::okusuri::read;
use model::reading::{Input, PatientKey, Reading};
use proptest::prelude::*;
use serde_json::Value;

pub const FULL: &str = "JAHISTC08,1\r
1,佐倉 花子,2,S150505,052-0000,北海道伊達市架空町1-2-3,0142-00-0000,090-0000-0000,Ａ＋,48.5,サクラ ハナコ\r
2,1,そば,1\r
2,2,ｾﾌｪﾑ系（発熱）,1\r
2,3,狭心症（2011年～）,1\r
2,9,嚥下困難,2\r
3,架空鎮痛薬Ａ錠,20260301,20260307,2,1,4900000000000\r
31,1,イブプロフェン,2,1149001,2\r
4,食後に体調を記録,20260310,2\r
5,R080310,1\r
11,架空薬局 駅前店,01,4,1234567,052-0001,北海道伊達市架空町9,0142-00-0001,1\r
15,薬師 次郎,0142-00-0002,1\r
51,架空総合病院,01,1,7654321,1\r
55,医師 一郎,内科,1\r
201,1,架空降圧錠２．５ｍｇ,1,錠,4,1234567F1ZZZ,1,【般】架空錠２．５ｍｇ,2,1234567F1ZZZ\r
281,1,朝1錠,1\r
291,1,グレープフルーツジュースを避ける,1\r
301,1,【分１ 朝食後服用】,28,日分,1,2,1011000400000000,1\r
311,1,一包化,1\r
391,1,めまいに注意,1\r
55,医師 二郎,整形外科,1\r
201,2,架空鎮痛錠,1,錠,6,123456789,1\r
301,2,疼痛時,10,回分,3,1,,1\r
201,3,架空湿布,70,枚,2,620000000,1\r
301,3,１日１回貼付,1,調剤,5,1,,1\r
401,他の薬との併用に注意,1\r
411,粉砕して交付,31,1\r
421,残薬は5錠,1\r
501,薬袋を参照,1\r
601,昼に眠くなった,20260311\r
701,薬師 次郎,架空薬局 駅前店,0142-00-0001,20260310,20270309,1\r
";

fn input(bytes: &[u8]) -> Input<'_> {
    Input { path: "notebook.csv", bytes, source_time: "20260312000000000" }
}

fn reading(text: &str) -> Reading {
    read(&input(text.as_bytes())).unwrap()
}

fn resources<'r>(reading: &'r Reading, kind: &str) -> Vec<&'r serde_json::Map<String, Value>> {
    let records = reading.statements.iter().flat_map(|statement| &statement.records);
    records.map(|record| &record.resource).filter(|resource| resource["resourceType"] == kind).collect()
}

/// The reading without line numbers' noise: what a change of a field must change.
fn print(reading: &Reading) -> String {
    format!("{:?} {:?}", reading.statements, reading.problems)
}

#[test]
fn every_record_type_arrives() {
    let reading = reading(FULL);
    assert_eq!(reading.problems, vec![]);
    for (kind, count) in [
        ("Patient", 1),
        ("Observation", 3),
        ("AllergyIntolerance", 2),
        ("Condition", 1),
        ("MedicationStatement", 1),
        ("MedicationDispense", 3),
        ("Communication", 6),
        ("CareTeam", 1),
    ] {
        assert_eq!(resources(&reading, kind).len(), count, "{kind}");
    }
    assert!(matches!(reading.statements[0].patient, PatientKey::Described(_)));
    let patient = resources(&reading, "Patient")[0];
    assert_eq!(patient["birthDate"], "1940-05-05");
    assert_eq!(patient["name"][1]["text"], "サクラ ハナコ");

    let dispenses = resources(&reading, "MedicationDispense");
    let daily = dispenses[0];
    assert_eq!(daily["daysSupply"]["value"], 28);
    assert_eq!(daily["whenHandedOver"], "2026-03-10");
    assert_eq!(daily["dosageInstruction"][0]["doseAndRate"][0]["rateRatio"]["numerator"]["unit"], "錠");
    assert_eq!(daily["dosageInstruction"][0]["timing"]["code"]["coding"][0]["code"], "1011000400000000");
    let codings = daily["medicationCodeableConcept"]["coding"].as_array().unwrap();
    assert_eq!(codings[0]["system"], "urn:oid:1.2.392.100495.20.1.73");
    assert_eq!(codings[1]["system"], "urn:oid:1.2.392.100495.20.1.81");
    let as_needed = dispenses[1];
    assert_eq!(as_needed["quantity"]["value"], 10);
    assert_eq!(as_needed["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]["value"], 1);
    assert_eq!(dispenses[2]["quantity"]["value"], 70);
    // The second doctor's RPs name the second doctor.
    let doctor = |dispense: &serde_json::Map<String, Value>| {
        let contained = dispense["contained"].as_array().unwrap();
        let person = contained.iter().find(|each| each["id"] == "prescriber").unwrap();
        person["name"][0]["text"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        dispenses.iter().map(|each| doctor(each)).collect::<Vec<_>>(),
        ["医師 一郎", "医師 二郎", "医師 二郎"]
    );
}

/// Alters each non-empty field in turn: the reading must change, or name the field. Gives fields,
/// silent ones and those only named.
pub fn alter_each(
    read: fn(&Input<'_>) -> Result<Reading, model::reading::Refused>,
    text: &str,
) -> (usize, Vec<String>, usize) {
    let before = read(&input(text.as_bytes())).unwrap();
    let printed = print(&before);
    let lines: Vec<&str> = text.lines().collect();
    let (mut fields, mut silent, mut named) = (0, Vec::new(), 0);
    for (number, line) in lines.iter().enumerate() {
        for (position, field) in line.split(',').enumerate() {
            if field.trim().is_empty() {
                continue;
            }
            fields += 1;
            let digits = field.trim().bytes().all(|b| b.is_ascii_digit());
            let other = match field.trim() {
                "9" => "8".to_owned(),
                _ if digits => field.trim().bytes().map(|b| char::from((b - b'0' + 1) % 10 + b'0')).collect(),
                _ => format!("{}ろ", field.trim()),
            };
            let mut parts: Vec<&str> = line.split(',').collect();
            parts[position] = &other;
            let altered = parts.join(",");
            let mut all = lines.clone();
            all[number] = &altered;
            let Ok(after) = read(&input(all.join("\r\n").as_bytes())) else { continue };
            let at = format!("line {} field {}", number + 1, position + 1);
            let problem = before.problems.iter().find(|problem| problem.at.ends_with(&at));
            named += usize::from(problem.is_some_and(|problem| problem.code == "not-mapped"));
            if problem.is_none() && print(&after) == printed {
                silent.push(at);
            }
        }
    }
    (fields, silent, named)
}

#[test]
fn no_field_is_lost_in_silence() {
    let (fields, silent, named) = alter_each(read, FULL);
    assert!(fields > 120);
    assert_eq!(silent, Vec::<String>::new());
    assert_eq!(named, 0);
}

#[test]
fn more_fields_and_unknown_records_are_named() {
    let text =
        format!("{}999,1,x\r\n311,7,孤児,1\r\n", FULL.replace("2,9,嚥下困難,2", "2,9,嚥下困難,2,extra"));
    let problems = reading(&text).problems;
    let at: Vec<&str> = problems.iter().map(|problem| problem.at.as_str()).collect();
    for expected in ["record 2 line 6 field 5", "record 999 line 32 field 3", "record 311 line 33 field 3"] {
        assert!(at.contains(&expected), "{expected} in {at:?}");
    }
}

#[test]
fn the_same_dispensing_put_out_again_is_the_same_set() {
    let sets = |text: &str| -> Vec<(String, String)> {
        let reading = reading(text);
        let all = reading.statements.iter().map(|each| (each.set.clone(), each.order.time.clone()));
        all.filter(|(set, _)| set.starts_with("okusuri/5/")).collect()
    };
    let again = FULL
        .replace("R080310", "20260310")
        .replace("架空湿布,70", "架空湿布,35")
        .replace("11,架空薬局 駅前店,01,4,1234567", "11,架空薬局　駅前店,,,");
    assert_eq!(sets(FULL), sets(&again));
    assert_ne!(sets(FULL), sets(&FULL.replace("R080310", "R080311")));
    assert_eq!(sets(FULL)[0].1, "20260310000000000");
}

#[test]
fn parts_of_a_split_output_do_not_replace_each_other() {
    let part = |number: usize| format!("{FULL}911,12345678901234,2,{number}\r\n");
    let (one, two) = (reading(&part(1)), reading(&part(2)));
    let set = |reading: &Reading| {
        reading.statements.iter().rev().find(|s| s.records.len() > 1).unwrap().set.clone()
    };
    assert_ne!(set(&one), set(&two));
    assert!(one.problems.iter().any(|problem| problem.code == "split-output"));
}

#[test]
fn two_people_in_one_file_stay_two() {
    let other = FULL.replace("佐倉 花子", "架空 太郎").replace("S150505", "S010101");
    let both = reading(&format!("{FULL}{other}"));
    let patients: std::collections::HashSet<_> = both.statements.iter().map(|each| &each.patient).collect();
    assert_eq!(patients.len(), 2);
    assert!(both.problems.iter().any(|problem| problem.code == "several-patients"));

    // Neither has an address or telephone: they would meet in the delivery's own compartment.
    let bare = |name: &str| format!("JAHISTC07,1\r\n1,{name},1,S010101\r\n2,1,そば,1\r\n");
    let reading = reading(&format!("{}{}{}", bare("架空 太郎"), bare("架空 次郎"), bare("架空 太郎")));
    let places: Vec<&PatientKey> =
        reading.statements.iter().filter(|each| each.set != "Patient").map(|each| &each.patient).collect();
    assert_eq!(places.len(), 3, "each allergy is read");
    assert_eq!((places[0], places[2]), (&PatientKey::Nobody, &PatientKey::Nobody));
    assert!(
        matches!(places[1], PatientKey::Disputed { .. }),
        "a place of their own until somebody says whose"
    );
}

#[test]
fn what_is_odd_is_said() {
    for (from, to, code) in [
        ("S150505", "S650101", "out-of-era"),
        ("R080310", "R080230", "impossible-date"),
        (",28,日分", ",二十八,日分", "unreadable"),
        ("201,2,架空鎮痛錠,1,錠,6,123456789", "201,2,架空鎮痛錠,1,錠,6,", "missing-code"),
        ("JAHISTC08", "JAHISTC12", "unknown-version"),
        ("1,佐倉 花子,2", "1,佐倉 花子,3", "unknown-code"),
        ("301,1,", "301,9,", "missing"),
    ] {
        let reading = reading(&FULL.replace(from, to));
        assert!(reading.problems.iter().any(|problem| problem.code == code), "{to}: {:?}", reading.problems);
    }
    assert_eq!(read(&input(b"a,b\r\n")).unwrap_err().code, "not-okusuri");
}

#[test]
fn samples_lose_no_field() {
    let Some(files) = crate::outside::samples("okusuri-techo", &["csv", "txt"]) else { return };
    let (mut fields, mut named, mut silent) = (0, 0, Vec::new());
    for (name, bytes) in files {
        let text = formats::text_file::decode(&bytes, &mut Vec::new());
        assert!(read(&input(&bytes)).is_ok(), "{name}");
        let counts = alter_each(read, &text);
        fields += counts.0;
        named += counts.2;
        silent.extend(counts.1.into_iter().map(|at| format!("{name} {at}")));
    }
    println!("okusuri samples: {fields} fields, {named} named as not mapped, {} silent", silent.len());
    assert_eq!(silent, Vec::<String>::new());
    assert!(named * 20 <= fields, "{named} of {fields} fields are not mapped");
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&input(&[b"JAHISTC08,1\r\n", bytes.as_slice()].concat()));
    }

    #[test]
    fn never_panics_on_mutated_text(cut in 0..FULL.len(), at in 0..FULL.len(), byte in any::<u8>()) {
        let mut bytes = FULL.as_bytes().to_vec();
        bytes[at] = byte;
        bytes.truncate(cut.max(12));
        let _ = read(&input(&bytes));
    }

    #[test]
    fn any_order_of_lines_loses_no_text(seed in proptest::collection::vec(any::<prop::sample::Index>(), 31)) {
        let mut lines: Vec<&str> = FULL.lines().skip(1).collect();
        for (position, index) in seed.iter().enumerate().take(lines.len()) {
            let other = index.index(lines.len());
            lines.swap(position, other);
        }
        let reading = reading(&format!("JAHISTC08,1\r\n{}\r\n", lines.join("\r\n")));
        let all = print(&reading);
        for (number, line) in lines.iter().enumerate() {
            let field = if ["281", "291", "311", "391", "2"].contains(&line.split(',').next().unwrap()) { 2 } else { 1 };
            let text = line.split(',').nth(field).unwrap();
            let named = format!("line {} field {}", number + 2, field + 1);
            let date = model::wareki::parse(text).map_or_else(|_| text.to_owned(), |read| read.date.fhir());
            prop_assert!(text.len() < 6 || all.contains(&date) || all.contains(text) || all.contains(&named), "{line}");
        }
    }
}
