//! Folders as they are found: links, unreadable files, strange names, empty and enormous files.

use crate::files::{bundle, laboratory, notebook, register};
use crate::import::sound;
use crate::process::Place;
use crate::snapshot::Snapshot;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

#[test]
fn links_are_not_followed() {
    let place = Place::new();
    place.write("outside/b.json", bundle("0000123", 72));
    place.write("in/r.csv", register("0001", "伊達市架空町1", "20260401"));
    symlink(place.path("outside"), place.path("in/folder")).unwrap();
    symlink(place.path("outside/b.json"), place.path("in/file.json")).unwrap();
    symlink(place.path("in"), place.path("in/loop")).unwrap();
    symlink(place.path("nowhere"), place.path("in/dangling")).unwrap();
    let imported = place.import("F01", "all", "auto", &[&place.path("in")]).ends(0);
    sound(&imported);
    assert_eq!((imported.total("files"), imported.total("kept")), (1, 1));
}

#[test]
fn an_unreadable_file_is_named_and_hinders_only_itself() {
    let place = Place::new();
    let good = place.write("in/r.csv", register("0001", "伊達市架空町1", "20260401"));
    // A regular file that not even root can read from its start.
    let memory = Path::new("/proc/self/mem");
    assert!(std::fs::read(memory).is_err());
    let imported = place.import("F01", "all", "auto", &[memory, &good]).ends(1);
    sound(&imported);
    assert_eq!((imported.total("kept"), imported.total("refused")), (1, 1));
    assert!(imported.file("mem")["reason"].as_str().unwrap().starts_with("unreadable: "));
}

#[test]
fn a_file_too_large_to_take_is_named_and_hinders_only_itself() {
    let place = Place::new();
    place.write("in/r.csv", register("0001", "伊達市架空町1", "20260401"));
    let large = std::fs::File::create(place.path("in/large.json")).unwrap();
    large.set_len((256 << 20) + 1).unwrap();
    let imported = place.import("F01", "all", "auto", &[&place.path("in")]).ends(1);
    sound(&imported);
    assert_eq!((imported.total("kept"), imported.total("refused")), (1, 1));
    assert!(imported.file("large.json")["reason"].as_str().unwrap().starts_with("too-large: "));
}

#[test]
fn empty_files_are_refused_in_every_format() {
    let place = Place::new();
    let (path, _) = laboratory("0000123", 1, "20260310123000014", "4.1", '1');
    place.write(&format!("in/{path}"), "");
    place.write("in/zero", "");
    place.write("in/bom", "\u{feff}");
    place.write("in/lines", "\r\n\r\n");
    for format in ["ss-mix2", "okusuri", "resident", "fhir", "consent", "auto"] {
        let imported = place.import("F01", "all", format, &[&place.path("in")]).ends(0);
        sound(&imported);
        assert_eq!((imported.total("files"), imported.total("refused")), (4, 4), "{format}");
    }
    assert!(Snapshot::of(&place).deliveries.is_empty());
}

#[test]
fn an_empty_folder_is_no_error() {
    let place = Place::new();
    std::fs::create_dir(place.path("in")).unwrap();
    let imported = place.import("F01", "all", "auto", &[&place.path("in")]).ends(0);
    sound(&imported);
    assert_eq!(imported.total("files"), 0);
}

#[test]
fn strange_names_are_listed_each_as_itself() {
    let place = Place::new();
    let long = format!("{}.json", "長".repeat(80));
    let names: &[&[u8]] = &[
        "佐倉 花子さんの記録.json".as_bytes(),
        "か\u{3099}.json".as_bytes(),
        "が.json".as_bytes(),
        long.as_bytes(),
        b" ",
        b"-rf",
        b"a\nb.json",
        b"a\\b.json",
        b"%2e%2e.json",
        b"\"quoted\".json",
        b"\x83\x65\x83\x58\x83\x67.json",
    ];
    for (value, name) in (60u32..).zip(names) {
        let path = place.path("in").join(OsStr::from_bytes(name));
        std::fs::create_dir_all(place.path("in")).unwrap();
        std::fs::write(path, bundle(&format!("{value:07}"), value)).unwrap();
    }
    let imported = place.import("F01", "all", "auto", &[&place.path("in")]).ends(0);
    sound(&imported);
    assert_eq!(imported.total("kept"), names.len() as u64);
    let listed: std::collections::BTreeSet<_> =
        imported.report["files"].as_array().unwrap().iter().map(|file| file["path"].to_string()).collect();
    assert_eq!(listed.len(), names.len(), "two files under one name: {listed:?}");
    assert_eq!(Snapshot::of(&place).all("Patient").count(), names.len());
}

#[test]
fn names_that_are_no_utf8_are_never_one() {
    let place = Place::new();
    let bytes = bundle("0000123", 72);
    std::fs::create_dir_all(place.path("in")).unwrap();
    for name in [&b"\xff.json"[..], b"\xfe.json", "\u{fffd}.json".as_bytes(), "\u{fffd}FF.json".as_bytes()] {
        std::fs::write(place.path("in").join(OsStr::from_bytes(name)), &bytes).unwrap();
    }
    let imported = place.import("F01", "all", "auto", &[&place.path("in")]).ends(0);
    sound(&imported);
    assert_eq!((imported.total("kept"), imported.total("known")), (4, 0), "four deliveries");
    let files = imported.report["files"].as_array().unwrap();
    let listed: std::collections::BTreeSet<&str> =
        files.iter().map(|file| file["path"].as_str().unwrap()).collect();
    let expected = [
        "\u{fffd}FF.json",
        "\u{fffd}FE.json",
        "\u{fffd}EF\u{fffd}BF\u{fffd}BD.json",
        "\u{fffd}EF\u{fffd}BF\u{fffd}BDFF.json",
    ];
    assert_eq!(listed, expected.into_iter().collect());
}

#[test]
fn what_is_neither_file_nor_folder_is_an_error() {
    let place = Place::new();
    let file = place.write("in/r.csv", register("0001", "伊達市架空町1", "20260401"));
    symlink(place.path("nowhere"), place.path("dangling")).unwrap();
    for odd in [Path::new("/dev/null").to_owned(), place.path("dangling"), place.path("nowhere")] {
        let words =
            format!("import --facility F01 --source all --format auto {} {}", file.display(), odd.display());
        let ran = place.run(&words).ends(2);
        assert!(ran.err.contains(&odd.display().to_string()), "{}", ran.err);
    }
    let imported = place.import("F01", "all", "auto", &[&file]).ends(0);
    assert_eq!(imported.total("kept"), 1, "nothing had been imported");
}

#[test]
fn a_name_cannot_act_on_the_terminal() {
    let place = Place::new();
    place.write("in/a\u{1b}[2J\n\u{202e}txt", "買い物");
    let imported = place.import("F01", "all", "auto", &[&place.path("in")]).ends(0);
    let shown = &imported.ran.out;
    assert!(shown.contains("a\\u{1b}[2J\\n\\u{202e}txt"), "{shown}");
    assert_eq!(imported.report["files"][0]["path"], "a\u{1b}[2J\n\u{202e}txt", "the report has it as it is");
}

#[test]
fn a_file_with_a_million_lines_is_accounted_for() {
    let place = Place::new();
    let mut many = notebook("アムロジピン錠5mg");
    many.push_str(&"\r\n".repeat(1_000_000));
    many.push_str("4,最後の行,20260310,1\r\n");
    place.write("in/many.csv", many);
    place.write("in/junk.txt", "あ\n".repeat(1_000_000));
    let imported = place.import("P01", "notebook", "auto", &[&place.path("in")]).ends(0);
    sound(&imported);
    assert_eq!(imported.file("many.csv")["outcome"], "kept");
    assert_eq!(imported.file("junk.txt")["outcome"], "refused");
    let last = Snapshot::of(&place).all("Communication").any(|memo| memo.to_string().contains("最後の行"));
    assert!(last, "the last line was read");
}

#[test]
fn several_paths_and_the_same_one_twice() {
    let place = Place::new();
    let one = place.write("one/b.json", bundle("0000123", 72));
    let two = place.write("two/b.json", bundle("0000124", 72));
    let imported = place.import("F01", "all", "fhir", &[&one, &two, &one]).ends(0);
    sound(&imported);
    assert_eq!((imported.total("files"), imported.total("kept"), imported.total("known")), (3, 2, 1));
}
