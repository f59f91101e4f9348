//! `hakucho write`: what was entered once comes out in the form it came in.

use crate::process::{Place, finish};

const LIFE: &str = "SERVICE_USER_INFO,,,\n\
    care_facility_id,service_code,external_system_management_number,insurer_no,insured_no,last_name,first_name,last_name_kana,first_name_kana,gender,birthday,care_period_start,care_period_end,care_level,death_date,remarks\n\
    9970000001,51,u-7,990001,0000000123,佐倉,花子,ｻｸﾗ,ﾊﾅｺ,2,19400505,20251001,20280930,23,,\n";

fn write(place: &Place, format: &str, out: &str) -> Vec<(String, Vec<u8>)> {
    let folder = place.path(out);
    let mut command = place.command();
    command.args(["write", "--facility", "F01", "--format", format, "--text", "utf8", "--data"]);
    finish(command.arg(place.data()).arg("--out").arg(&folder)).ends(0);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn a_notebook_comes_out_as_it_came_in_and_of_its_own_facility_only() {
    let place = Place::new();
    let notebook = crate::files::notebook("アムロジピン錠5mg");
    let file = place.write("お薬手帳.csv", &notebook);
    place.import("F01", "notes", "okusuri", &[&file]).ends(0);
    place.import("F02", "notes", "okusuri", &[&file]).ends(0);
    let files = write(&place, "okusuri", "out");
    assert_eq!(files.len(), 1);
    // Read again elsewhere: the same records.
    let other = Place::new();
    let written = other.write("written.csv", &files[0].1);
    let first = place.import("F03", "notes", "okusuri", &[&file]).ends(0);
    let again = other.import("F03", "notes", "okusuri", &[&written]).ends(0);
    assert_eq!(again.report["records"], first.report["records"]);
    assert!(!place.run("audit verify").out.is_empty());
}

#[test]
fn a_life_form_comes_out_as_it_came_in() {
    let place = Place::new();
    let file = place.write("life.csv", LIFE);
    let first = place.import("F01", "life", "life", &[&file]).ends(0);
    assert!(first.total("records") > 0, "{}", first.report);
    let files = write(&place, "life", "out");
    assert_eq!(files.len(), 1, "{:?}", first.report);
    assert_eq!(files[0].0, "SERVICE_USER_INFO.csv");
    let text = String::from_utf8(files[0].1.clone()).unwrap();
    for value in ["9970000001", "u-7", "990001", "0000000123", "佐倉", "花子", "19400505", "20280930", "23"]
    {
        assert!(text.contains(value), "{value}: {text}");
    }
    // Read again it changes nothing.
    let written = place.write("again/life.csv", &files[0].1);
    let again = place.import("F01", "life", "life", &[&written]).ends(0);
    assert_eq!(again.report["records"], first.report["records"]);
    let before = crate::snapshot::Snapshot::of(&place);
    assert!(before.past.is_empty(), "reading it again made new versions");
    // A facility nobody knows has no records, and that is no success.
    let mut command = place.command();
    command.args(["write", "--facility", "NOBODY", "--format", "life", "--data"]).arg(place.data());
    assert!(finish(command.arg("--out").arg(place.path("none"))).ends(2).err.contains("NOBODY"));
    assert!(!place.path("none").exists());
    // A place that is taken is left alone.
    let mut command = place.command();
    command.args(["write", "--facility", "F01", "--format", "life", "--data"]).arg(place.data());
    finish(command.arg("--out").arg(place.path("out"))).ends(2);
}
