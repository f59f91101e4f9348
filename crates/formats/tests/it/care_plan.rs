//! ケアプランデータ連携: every table of the standard, both versions, deletions, odd rows. Every person is invented.

use crate::care_account::{
    alter_each, case, cases, check_fixtures, check_resources, mutated, reading, shown,
};
use formats::{detect, read};
use model::reading::{Effect, Format, Input, PATIENT_KEY, PatientKey, Reading, Resource};
use proptest::prelude::*;

const FORMAT: Format = Format::CarePlan;

fn of(name: &str) -> Reading {
    let case = case(FORMAT, name);
    reading(FORMAT, &case.path, &case.bytes)
}

fn resources<'r>(reading: &'r Reading, kind: &str) -> Vec<&'r Resource> {
    let records = reading.statements.iter().flat_map(|statement| &statement.records);
    records.map(|record| &record.resource).filter(|resource| resource["resourceType"] == kind).collect()
}

#[test]
fn fixtures_read_as_written_down() {
    check_fixtures(FORMAT);
}

#[test]
fn fixtures_are_told_and_give_valid_resources() {
    for case in cases(FORMAT) {
        assert_eq!(detect(&case.path, &case.bytes), Some(FORMAT), "{}", case.folder.display());
        check_resources(&reading(FORMAT, &case.path, &case.bytes), &case.folder.display().to_string());
        // Neither the name alone nor the content alone tells the table.
        assert_ne!(detect("plan.csv", &case.bytes), Some(FORMAT));
        assert_ne!(detect(&case.path, b"id,name\r\n1,x\r\n"), Some(FORMAT));
    }
}

#[test]
fn every_field_is_mapped_or_named() {
    let (mut all, mut unmapped) = (0, 0);
    for case in cases(FORMAT) {
        // CSVバージョン is the envelope.
        let (fields, named) = alter_each(FORMAT, &case, |_, place| place == 0);
        (all, unmapped) = (all + fields, unmapped + named);
    }
    println!("care-plan: {all} fields, {unmapped} named and not mapped");
    assert!(all > 400 && unmapped < all / 20, "{unmapped} of {all}");
}

#[test]
fn only_the_odd_fixtures_have_problems() {
    for case in cases(FORMAT) {
        let (_, problems) = shown(&reading(FORMAT, &case.path, &case.bytes));
        let name = case.folder.file_name().unwrap().to_str().unwrap().to_owned();
        let expected = match name.as_str() {
            "odd" => continue,
            "needs" => "unknown-code | record UP2KYO line 4 field 15 | neither Y nor N; kept as it is\n",
            _ => "",
        };
        assert_eq!(problems, expected, "{name}");
    }
}

#[test]
fn the_supplement_says_who_it_is() {
    let reading = of("supplement");
    let registration = reading.statements.iter().find(|each| each.set == PATIENT_KEY).unwrap();
    assert_eq!(registration.patient, PatientKey::Local(model::Personal::new("131045-0000012345".to_owned())));
    assert_eq!(registration.order.time, "20260402093000000");
    let patient = &registration.records[0].resource;
    assert_eq!(patient["name"][0]["family"], "佐倉");
    assert_eq!((&patient["gender"], &patient["birthDate"]), (&"female".into(), &"1940-05-05".into()));
    assert_eq!(patient["address"][0]["text"], "北海道伊達市架空町1-2-3 架空荘101");
    let coverage = resources(&reading, "Coverage")[0];
    assert_eq!(coverage["extension"][1]["valueCodeableConcept"]["text"], "要介護2");
    assert_eq!(coverage["period"]["start"], "2025-10-01");
}

#[test]
fn a_plan_keeps_texts_over_several_lines_and_a_deletion_ends_it() {
    let reading = of("plan");
    let plan = resources(&reading, "CarePlan")[0];
    assert_eq!(plan["description"], "\"その人らしさ\"を支える。");
    assert!(
        plan["note"][0]["text"]
            .as_str()
            .unwrap()
            .contains("暮らしたい。\n\n家族:転ばないか心配, 見守りたい。")
    );
    assert_eq!(plan["period"]["start"], "2026-04-01");
    assert_eq!(plan["contained"][1]["name"][0]["text"], "支援 三郎");
    let set = &reading.statements.last().unwrap().set;
    let gone = of("no-plan");
    assert!(gone.statements.iter().all(|each| each.effect == Effect::Deleted && each.records.is_empty()));
    let sets: Vec<&str> = gone.statements.iter().map(|each| each.set.as_str()).collect();
    assert_eq!(sets[0], set);
    assert_eq!(sets[1], of("needs").statements.last().unwrap().set);
    assert_eq!(sets[2], of("week").statements.last().unwrap().set);
}

#[test]
fn every_deletion_names_the_sets_of_what_it_takes_back() {
    for (deletion, given) in [
        ("no-usage", vec!["usage", "units"]),
        ("no-done", vec!["done"]),
        ("no-prevention", vec!["prevention", "prevention-plan"]),
        ("no-basic", vec!["basic", "basic-day", "basic-history"]),
    ] {
        let gone = of(deletion);
        for name in given {
            let reading = of(name);
            let sets: Vec<&String> = reading.statements.iter().map(|each| &each.set).collect();
            let hit = gone
                .statements
                .iter()
                .any(|each| sets.contains(&&each.set) && each.patient == reading.statements[0].patient);
            assert!(hit, "{deletion} takes back {name}: {sets:?}");
        }
    }
}

#[test]
fn needs_goals_and_services_hang_together() {
    let reading = of("needs");
    assert_eq!(resources(&reading, "Condition").len(), 2);
    assert_eq!(resources(&reading, "Goal").len(), 5);
    let services = resources(&reading, "ServiceRequest");
    assert_eq!(services.len(), 4);
    let goal = resources(&reading, "Goal")[0];
    assert_eq!(goal["description"]["text"], "安全に入浴できる");
    assert_eq!(
        (&goal["startDate"], &goal["target"][0]["dueDate"]),
        (&"2026-04-01".into(), &"2027-03-31".into())
    );
    // The second row leaves the need and the goal to the first.
    let of_need =
        |index: usize| services[index]["reasonReference"][0]["reference"].as_str().unwrap().to_owned();
    assert_eq!(of_need(0), of_need(1));
    assert_ne!(of_need(0), of_need(3));
    assert_eq!(services[0]["occurrenceTiming"]["code"]["text"], "週2回");
    assert_eq!(services[0]["performer"][0]["identifier"]["value"], "1370000011");
    let plan = resources(&reading, "CarePlan")[0];
    assert_eq!(plan["activity"].as_array().unwrap().len(), 4);
    assert_eq!(plan["addresses"].as_array().unwrap().len(), 2);
}

#[test]
fn services_stand_on_their_days() {
    let planned = of("usage");
    let services = resources(&planned, "ServiceRequest");
    assert_eq!(services[0]["occurrencePeriod"]["start"], "2026-04-06T10:00:00+09:00");
    assert_eq!(services[2]["occurrenceDateTime"], "2026-04-01", "9999 is no time of day");
    assert_eq!(
        services[3]["occurrenceDateTime"], "2026-04-30T23:30:00+09:00",
        "over midnight: no end on the same day"
    );
    let done = of("done");
    let sets: Vec<&str> = done
        .statements
        .iter()
        .map(|each| each.set.as_str())
        .filter(|set| set.starts_with("care-plan"))
        .collect();
    assert_eq!(sets, ["care-plan/done/1370000011/11/202604", "care-plan/done/1370000011/17/202604"]);
    assert_eq!(resources(&done, "Procedure").len(), 3);
}

#[test]
fn the_third_version_has_three_fields_less() {
    let (old, new) = (of("usage-3"), of("usage"));
    let (old, new) =
        (resources(&old, "ServiceRequest")[0].clone(), resources(&new, "ServiceRequest")[0].clone());
    for element in ["code", "occurrencePeriod", "performer", "requester"] {
        assert_eq!(old[element], new[element], "{element}");
    }
    let text = old["extension"].to_string();
    assert!(
        text.contains(r#"{"url":"明細判別コード","valueString":"1"}"#) && text.contains("サテライト枝番"),
        "{text}"
    );
}

#[test]
fn what_is_odd_is_said_and_kept() {
    let reading = of("odd");
    let (out, problems) = shown(&reading);
    for expected in [
        "unknown-column | record UP1KYO line 1",
        "unknown-version | record UP1KYO line 2",
        "unreadable | record UP1KYO line 3",
        "not-mapped | record UP1KYO line 3 field 4",
        "unreadable | line 4",
        "impossible-date | record UP1KYO line 1 field 14",
    ] {
        assert!(problems.contains(expected), "{expected} in\n{problems}");
    }
    assert!(out.contains("新しい項目") && out.contains("短い行"));
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300), which in 0..40usize) {
        let cases = cases(FORMAT);
        let path = &cases[which % cases.len()].path;
        let text = [b"202407,131045,0000012345,".as_slice(), &bytes].concat();
        for bytes in [&bytes, &text] {
            let _ = read(FORMAT, &Input { path, bytes, source_time: "" });
        }
    }

    #[test]
    fn a_damaged_file_never_panics_and_stays_valid(which in 0..40usize, place in any::<usize>(), byte in any::<u8>(), how in any::<u8>()) {
        let cases = cases(FORMAT);
        let case = &cases[which % cases.len()];
        let bytes = mutated(&case.bytes, place, byte, how);
        if let Ok(reading) = read(FORMAT, &Input { path: &case.path, bytes: &bytes, source_time: "" }) {
            check_resources(&reading, &case.path);
        }
    }
}
