//! A notebook read, written and read again; and in parts for printing.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use formats::okusuri::{read, split, write};
use model::reading::{Input, Problem, Reading, Resource};
use proptest::prelude::*;
use serde_json::Value;

fn reading(bytes: &[u8]) -> Reading {
    read(&Input { path: "n.csv", bytes, source_time: "20260312000000000" }).unwrap()
}

fn resources(reading: &Reading) -> Vec<&Resource> {
    reading.statements.iter().flat_map(|each| &each.records).map(|record| &record.resource).collect()
}

/// What is said, without the version tag (written as the newest) and places in the file.
fn said(reading: &Reading) -> Vec<(String, String, Value)> {
    let mut all = Vec::new();
    for statement in &reading.statements {
        for record in &statement.records {
            let mut resource = record.resource.clone();
            if let Some(Value::Array(tags)) = resource.get_mut("meta").and_then(|meta| meta.get_mut("tag")) {
                tags.retain(|tag| tag["system"] != "urn:hakucho:jahis:notebook-version");
            }
            // A part of a split output (record 911) is written as a whole.
            let whole = |name: &str| {
                let part = |step: &&str| !(step.starts_with("part") && step.contains("of"));
                name.split('/').filter(part).collect::<Vec<_>>().join("/")
            };
            let set = format!("{:?} {}", statement.patient, whole(&statement.set));
            all.push((set, whole(&record.key), resource.into()));
        }
    }
    all.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    all
}

fn again(first: &Reading) -> (Reading, Vec<Problem>) {
    let written = write(&resources(first));
    (reading(&written.bytes), written.problems)
}

#[test]
fn every_record_is_written_as_it_was_read() {
    let first = reading(crate::okusuri::FULL.as_bytes());
    let (second, problems) = again(&first);
    assert_eq!(problems, vec![]);
    assert_eq!(second.problems, first.problems);
    assert_eq!(said(&second), said(&first));
    // Not one field less.
    let fields = |text: &str| text.split([',', '\n']).filter(|field| !field.trim().is_empty()).count();
    let written = write(&resources(&first)).bytes;
    let text = encoding_rs::SHIFT_JIS.decode(&written).0.into_owned();
    assert_eq!(fields(&text), fields(crate::okusuri::FULL));
    assert!(text.ends_with("\r\n") && text.starts_with("JAHISTC08,1\r\n"));
}

#[test]
fn each_altered_field_comes_back() {
    let lines: Vec<&str> = crate::okusuri::FULL.lines().collect();
    let mut tried = 0;
    for (number, line) in lines.iter().enumerate().skip(1) {
        for position in 1..line.split(',').count() {
            let mut fields: Vec<&str> = line.split(',').collect();
            let empty = fields.get(position).is_none_or(|field| field.is_empty());
            // Left out: what is not there must not come back as something.
            if let Some(field) = fields.get_mut(position).filter(|_| !empty) {
                *field = "";
            } else {
                continue;
            }
            let (altered, mut all) = (fields.join(","), lines.clone());
            if let Some(slot) = all.get_mut(number) {
                *slot = &altered;
            }
            let first = reading(format!("{}\r\n", all.join("\r\n")).as_bytes());
            let unmapped = first.problems.iter().any(|problem| problem.code == "not-mapped");
            if unmapped {
                continue;
            }
            tried += 1;
            assert_eq!(said(&again(&first).0), said(&first), "{altered}");
        }
    }
    assert!(tried > 90, "{tried}");
}

#[test]
fn what_cannot_be_said_is_named() {
    let first = reading("JAHISTC08,1\r\n1,𠮷野 花子,2,S150505,,伊達市,,,,,\r\n2,1,そば、蟹,1\r\n".as_bytes());
    let mut all: Vec<Resource> = resources(&first).into_iter().cloned().collect();
    let mut procedure = Resource::new();
    procedure.insert("resourceType".into(), "Procedure".into());
    all.push(procedure);
    if let Some(allergy) = all.iter_mut().find(|each| each["resourceType"] == "AllergyIntolerance") {
        allergy.insert("code".into(), serde_json::json!({"text": "そば,蟹"}));
    }
    let written = write(&all.iter().collect::<Vec<_>>());
    let mut codes: Vec<&str> = written.problems.iter().map(|problem| problem.code.as_str()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["changed", "charset", "not-expressed"]);
    let text = encoding_rs::SHIFT_JIS.decode(&written.bytes).0.into_owned();
    assert!(text.contains("■野 花子") && text.contains("そば，蟹"), "{text}");
    assert!(written.problems.iter().all(|problem| !problem.text.contains("花子")));
    assert_eq!(write(&[]).bytes, b"JAHISTC08,1\r\n");
}

#[test]
fn parts_for_printing_join_again() {
    let first = reading(crate::okusuri::FULL.as_bytes());
    let written = write(&resources(&first)).bytes;
    for limit in [300, 500, 700, 1000, 5000] {
        let parts = split(&written, "20260310000001", limit);
        assert_eq!(parts.len() > 1, limit < 1500, "{limit}");
        let joined = reading(&parts.concat());
        assert_eq!(joined.problems, vec![], "{limit}");
        assert_eq!(said(&joined), said(&first), "{limit}");
        if limit >= 700 {
            assert!(parts.iter().all(|part| part.len() <= limit), "{limit}");
        }
        // Each can be read alone, by whom it is about.
        for part in &parts {
            assert_eq!(
                reading(part).statements.first().map(|each| &each.patient),
                first.statements.first().map(|each| &each.patient)
            );
        }
    }
}

#[test]
fn samples_come_back() {
    let Some(files) = crate::outside::samples("okusuri-techo", &["csv", "txt"]) else { return };
    let (mut records, mut same, mut notebooks, mut apart) = (0, 0, 0, Vec::new());
    for (name, bytes) in files {
        let first = reading(&bytes);
        let people: std::collections::HashSet<_> =
            first.statements.iter().map(|each| &each.patient).collect();
        if people.len() != 1 {
            continue;
        }
        notebooks += 1;
        let (second, problems) = again(&first);
        let (before, after) = (said(&first), said(&second));
        records += before.len();
        let equal = before.iter().filter(|each| after.contains(each)).count();
        same += equal;
        if equal != before.len() || after.len() != before.len() || !problems.is_empty() {
            apart.push((name, before.len(), equal, after.len(), problems));
        }
    }
    println!("okusuri written again: {notebooks} notebooks, {same} of {records} records the same");
    assert!(apart.is_empty(), "{apart:?}");
}

/// A notebook of several visits, as pharmacies of a region write them: each visit another day.
fn notebook() -> impl Strategy<Value = String> {
    let drug = (0..5usize, 1..90u32, any::<bool>(), any::<bool>());
    let rp = (proptest::collection::vec(drug, 1..4), 0..6usize, 1..40u32, any::<bool>(), any::<bool>());
    let visit = (proptest::collection::vec((rp, 0..3usize), 1..4), any::<bool>(), 0..4usize);
    proptest::collection::vec(visit, 1..4).prop_map(|visits| {
        let mut text =
            "JAHISTC08,1\r\n1,佐倉 花子,2,S150505,,架空町1,0142-00-0000,,,40.50,サクラ ハナコ\r\n2,1,そば,\r\n".to_owned();
        for (day, (rps, staff, remarks)) in visits.into_iter().enumerate() {
            text += &format!("5,202603{:02},1\r\n11,架空薬局{day},01,4,123456{day},,,,1\r\n", day + 1);
            if staff {
                text += "15,薬師 次郎,,1\r\n";
            }
            text += "51,架空病院,01,1,7654321,1\r\n";
            let mut doctor = None;
            for (number, ((drugs, form, count, usage_note, coded), by)) in rps.into_iter().enumerate() {
                if doctor != Some(by) {
                    text += &format!("55,医師 {by}郎,内科{by},1\r\n");
                    doctor = Some(by);
                }
                let number = number + 1;
                for (name, amount, note, generic) in drugs {
                    let kind = [("2", "620000001"), ("4", "1234567F1ZZZ"), ("6", "123456789"), ("6", "1234567"), ("1", "")];
                    let (kind, code) = kind.get(name).copied().unwrap_or(("1", ""));
                    let generic = if generic { ",【般】架空,2,1234567F1ZZZ" } else { ",,," };
                    text += &format!("201,{number},架空薬{name},{amount}.5,錠,{kind},{code},1{generic}\r\n");
                    if note {
                        text += &format!("281,{number},朝{amount}錠,1\r\n");
                    }
                }
                let forms = [("1", "日分"), ("3", "回分"), ("5", "調剤"), ("2", "調剤"), ("", "日分"), ("10", "調剤")];
                let (form, unit) = forms.get(form).copied().unwrap_or(("1", "日分"));
                let code = if coded { "2,1013044400000000" } else { "1," };
                text += &format!("301,{number},用法{count},{count},{unit},{form},{code},1\r\n");
                if usage_note {
                    text += &format!("391,{number},眠気に注意,1\r\n");
                }
            }
            for remark in 0..remarks {
                let line = ["401,併用に注意,1", "421,残薬は5錠,1", "501,薬袋を参照,", "601,眠くなった,20260320"];
                text += &format!("{}\r\n", line.get(remark).copied().unwrap_or_default());
            }
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn notebooks_of_a_region_come_back(text in notebook(), limit in 500usize..1200) {
        let first = reading(text.as_bytes());
        let (second, problems) = again(&first);
        prop_assert_eq!(&problems, &vec![]);
        prop_assert_eq!(said(&second), said(&first));
        // Splitting loses nothing; a doctor who comes again after another is said once in the whole.
        let parts = split(&write(&resources(&first)).bytes, "20260310000001", limit);
        let joined = reading(&parts.concat());
        prop_assert_eq!(joined.problems.iter().find(|problem| problem.code != "duplicate"), None);
        let count = |reading: &Reading| resources(reading).len();
        prop_assert_eq!(count(&joined), count(&first));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn writing_never_panics(at in 0..crate::okusuri::FULL.len(), byte in any::<u8>(), limit in 0usize..900) {
        let mut bytes = crate::okusuri::FULL.as_bytes().to_vec();
        if let Some(slot) = bytes.get_mut(at) {
            *slot = byte;
        }
        if let Ok(first) = read(&Input { path: "", bytes: &bytes, source_time: "" }) {
            let written = write(&resources(&first)).bytes;
            let parts = split(&written, "1", limit);
            prop_assert!(!parts.is_empty());
        }
        let _ = split(&bytes, "", limit);
    }
}
