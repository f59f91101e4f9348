//! Files of others, where `HAKUCHO_SAMPLES` names their folder: every one of them is accounted for.

use crate::import::sound;
use crate::process::{Place, command, finish};
use crate::snapshot::Snapshot;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

const FOLDERS: &[&str] = &[
    "ssmix2",
    "synthetic-ssmix2",
    "okusuri-techo",
    "fhir-clins",
    "fhir-echeckup",
    "fhir-eprescription",
    "fhir-ereferral",
    "fhir-jpcore",
];

fn samples() -> Option<PathBuf> {
    let samples = std::env::var_os("HAKUCHO_SAMPLES").map(PathBuf::from);
    if samples.is_none() {
        println!("skipped without HAKUCHO_SAMPLES: 1");
    }
    samples
}

fn files(folder: &std::path::Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.symlink_metadata().unwrap() {
            data if data.is_dir() => found.extend(files(&path)),
            data if data.is_file() => found.push(path),
            _ => {}
        }
    }
    found
}

#[test]
fn every_file_is_accounted_for_and_importing_again_changes_nothing() {
    let Some(samples) = samples() else { return };
    let place = Place::new();
    let mut kept = 0;
    for folder in FOLDERS {
        let root = samples.join(folder);
        let imported = place.import(folder, "outside", "auto", &[&root]).ends(0);
        sound(&imported);
        let listed: BTreeSet<PathBuf> = imported.report["files"]
            .as_array()
            .unwrap()
            .iter()
            .map(|file| root.join(file["path"].as_str().unwrap()))
            .collect();
        assert_eq!(listed, files(&root).into_iter().collect(), "{folder}");
        kept += imported.total("kept");
    }
    let before = Snapshot::of(&place);
    assert_eq!(before.deliveries.len() as u64, kept);
    for folder in FOLDERS {
        let imported = place.import(folder, "outside", "auto", &[&samples.join(folder)]).ends(0);
        assert_eq!((imported.total("kept"), imported.total("records")), (0, 0), "{folder}");
    }
    assert_eq!(Snapshot::of(&place), before);
}

#[test]
fn the_testing_tools_tree_gives_every_data_type_and_its_junk_is_refused_by_name() {
    let Some(samples) = samples() else { return };
    let root = samples.join("ssmix2/nho-testingtool");
    let place = Place::new();
    let imported = place.import("H01", "his", "ss-mix2", &[&root]).ends(0);
    sound(&imported);
    let mut types = BTreeSet::new();
    let mut junk = Vec::new();
    for file in imported.report["files"].as_array().unwrap() {
        let path = file["path"].as_str().unwrap();
        let folder = path.split('/').rev().nth(1).unwrap();
        match file["outcome"].as_str().unwrap() {
            "kept" => {
                // Beside the registration and the envelope there is what the data type is about.
                assert!(file["records"].as_u64() > Some(1), "{file}");
                types.insert(folder);
            }
            _ => junk.push(file),
        }
    }
    assert_eq!(types.len(), 19, "{types:?}");
    assert_eq!(junk.len(), 1, "{junk:?}");
    assert!(imported.ran.out.contains(junk[0]["path"].as_str().unwrap()), "refused by name");
    assert!(junk[0]["reason"].as_str().unwrap().starts_with("not-ss-mix2: "), "{}", junk[0]);
    assert_eq!(Snapshot::of(&place).dangling(), BTreeSet::new());
}

#[test]
fn read_tells_each_file_or_refuses_it() {
    let Some(samples) = samples() else { return };
    let all = files(&samples);
    let mut told = 0;
    for some in all.chunks(200) {
        let ran = finish(command().arg("read").args(some));
        assert!([0, 1].contains(&ran.code), "{}", ran.err);
        let values = serde_json::Deserializer::from_str(&ran.out).into_iter::<Value>();
        let values: Vec<Value> = values.collect::<Result<_, _>>().unwrap();
        assert_eq!(values.len(), some.len());
        for value in values {
            let read = value["statements"].as_array().is_some_and(|statements| !statements.is_empty());
            let why = value["problems"].as_array().is_some_and(|problems| !problems.is_empty());
            assert!(read || why || value["refused"].is_object(), "{}", value["file"]);
            told += 1;
        }
    }
    assert_eq!(told, all.len());
    println!("files read: {told}");
}
