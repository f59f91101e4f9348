//! Files: the same plan gives the same bytes; names, encodings and flags follow the formats.

use crate::{TODAY, region};
use model::ids::{FacilityId, SourceName};
use model::reading::Format;
use region::{Plan, RegionFile};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

#[test]
fn the_same_plan_gives_the_same_bytes() {
    let once = region(7, 60).files();
    assert!(once == region(7, 60).files());
    assert!(once != region(8, 60).files());
    let people: Vec<String> = region(7, 40).people().map(|person| person.id()).collect();
    assert_eq!(people.len(), 40);
    let other_day = Plan::new(7, 60, TODAY.tomorrow().unwrap()).region().files();
    assert!(once != other_day);
}

#[test]
fn files_are_in_time_order_and_end_on_the_last_day() {
    let files = region(7, 60).files();
    assert!(files.is_sorted_by_key(|file| file.at));
    assert!(files.iter().all(|file| file.at.date() <= TODAY));
    assert!(files.iter().any(|file| file.at.date() == TODAY), "something happens on the last day");
    assert!(files.iter().all(|file| FacilityId::new(file.facility.clone()).is_ok()));
    assert!(files.iter().all(|file| SourceName::new(file.source).is_ok()));
    let noon = TODAY.yesterday().unwrap().at(12, 0, 0, 0);
    let after: Vec<RegionFile> = region(7, 60).events_after(noon).collect();
    assert!(!after.is_empty() && after.iter().all(|file| file.at > noon));
}

fn digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|b| b.is_ascii_digit())
}

/// SS-MIX2 標準化ストレージ: `AAA/BBB/id/day/type/id_day_type_order_time_department_flag`.
fn check_storage_path(path: &str) {
    let parts: Vec<&str> = path.split('/').collect();
    let [first, second, id, day, kind, name] = parts[..] else { panic!("{path}") };
    assert_eq!((first, second), (&id[..3], &id[3..6]), "{path}");
    assert!(day == "-" || digits(day, 8), "{path}");
    let fields: Vec<&str> = name.split('_').collect();
    let [own_id, own_day, own_kind, order, time, department, flag] = fields[..] else { panic!("{path}") };
    assert_eq!((own_id, own_day, own_kind), (id, day, kind), "{path}");
    assert!(digits(order, 15) && digits(time, 17), "{path}");
    assert!(department == "-" || digits(department, 2), "{path}");
    assert!(["0", "1", "2"].contains(&flag), "{path}");
}

#[test]
fn ss_mix2_files_are_named_framed_and_encoded_by_the_book() {
    let mut kinds = BTreeSet::new();
    let files = region(7, 120).files();
    for file in files.iter().filter(|file| file.format == Format::SsMix2) {
        check_storage_path(&file.path);
        kinds.insert(file.path.split('/').nth(4).unwrap().to_owned());
        assert!(file.bytes.starts_with(b"MSH|^~\\&|") && file.bytes.ends_with(b"\r\x1c"));
        assert!(!file.bytes.contains(&b'\n'));
        // Every segment returns to ASCII before its CR.
        for line in file.bytes.split(|b| *b == b'\r') {
            let last = line.windows(3).rev().find(|window| window[0] == 0x1b);
            assert!(last.is_none_or(|escape| escape == b"\x1b(B"), "{}", file.path);
        }
        let (text, _, lost) = encoding_rs::ISO_2022_JP.decode(&file.bytes);
        assert!(!lost && !text.contains('\u{fffd}'), "{}", file.path);
    }
    let expected = "ADT-00 ADT-12 ADT-22 ADT-42 ADT-52 ADT-61 OMD OMG-01 OMG-03 OMG-11 OMG-13 OML-01 OML-11 \
                    OMP-01 OMP-02 OMP-11 OMP-12 PPR-01";
    assert_eq!(kinds.into_iter().collect::<Vec<_>>().join(" "), expected);
}

#[test]
fn no_two_files_share_a_path_unless_one_is_renamed_away() {
    let mut living: BTreeMap<(String, String), Vec<u8>> = BTreeMap::new();
    let (mut superseded, mut deleted) = (0, 0);
    for file in region(7, 250).files() {
        if let Some(was) = &file.was {
            let before = living.remove(&(file.root(), was.clone()));
            assert_eq!(before.as_deref(), Some(file.bytes.as_slice()), "{}", file.path);
            match file.path.chars().last() {
                Some('2') => superseded += 1,
                Some('0') => deleted += 1,
                other => panic!("renamed to flag {other:?}"),
            }
        }
        let twice = living.insert((file.root(), file.path.clone()), file.bytes);
        assert!(twice.is_none(), "{} {}", file.facility, file.path);
    }
    assert!(superseded > 3 && deleted > 0, "{superseded} superseded, {deleted} deleted");
}

#[test]
fn notebooks_are_cp932_with_crlf_and_only_known_records() {
    let files = region(7, 120).files();
    let notebooks: Vec<&RegionFile> = files.iter().filter(|file| file.format == Format::Okusuri).collect();
    assert!(notebooks.len() > 100);
    for file in notebooks {
        let (text, _, lost) = encoding_rs::SHIFT_JIS.decode(&file.bytes);
        assert!(!lost && text.ends_with("\r\n"));
        assert_eq!(encoding_rs::SHIFT_JIS.encode(&text).0.as_ref(), file.bytes.as_slice());
        let kinds: Vec<&str> = text.lines().map(|line| line.split(',').next().unwrap()).collect();
        assert!(kinds[0].starts_with("JAHISTC0"));
        let known = ["1", "5", "11", "15", "51", "55", "201", "301", "411"];
        assert!(kinds[1..].iter().all(|kind| known.contains(kind)), "{kinds:?}");
    }
}

#[test]
fn bundles_are_json_whose_records_refer_to_the_patient() {
    for file in region(7, 80).files().iter().filter(|file| file.format == Format::Fhir) {
        let bundle: serde_json::Value = serde_json::from_slice(&file.bytes).unwrap();
        let entries = bundle["entry"].as_array().unwrap();
        let urls: BTreeSet<&str> = entries.iter().map(|entry| entry["fullUrl"].as_str().unwrap()).collect();
        assert_eq!(urls.len(), entries.len(), "{}", file.path);
        for entry in entries {
            for name in ["subject", "patient"] {
                if let Some(reference) = entry["resource"][name]["reference"].as_str() {
                    assert!(urls.contains(reference), "{} {reference}", file.path);
                }
            }
        }
        let first = entries[0]["resource"]["resourceType"].as_str().unwrap();
        let document = bundle["type"] == "document";
        assert_eq!(first, if document { "Composition" } else { "Patient" }, "{}", file.path);
    }
}

fn tree(root: &Path) -> std::io::Result<BTreeMap<String, Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
                found.insert(name, std::fs::read(&path)?);
            }
        }
    }
    Ok(found)
}

#[test]
fn writing_at_once_and_releasing_one_by_one_give_the_same_folder() {
    let region = region(3, 50);
    let (whole, live) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut told = Vec::new();
    let summary = region.write(whole.path(), |done, of| told.push((done, of))).unwrap();
    assert_eq!((summary.residents, told.len(), told.last()), (50, 50, Some(&(50, 50))));
    let files = region.files();
    for file in &files {
        file.apply(live.path()).unwrap();
    }
    region.write_tables(live.path(), &files).unwrap();
    let (whole, live) = (tree(whole.path()).unwrap(), tree(live.path()).unwrap());
    assert_eq!(whole.keys().collect::<Vec<_>>(), live.keys().collect::<Vec<_>>());
    assert!(whole == live);
    assert_eq!(summary.files as usize, whole.len() - 4);
    assert_eq!(std::str::from_utf8(&whole["facilities.csv"]).unwrap().lines().count(), 418);
}
