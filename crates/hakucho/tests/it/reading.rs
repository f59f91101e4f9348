//! `hakucho read`: what a file says, without any store.

use crate::files::{bundle, consents, laboratory, notebook, register};
use crate::process::{Place, command, finish};
use serde_json::Value;

fn objects(text: &str) -> Vec<Value> {
    serde_json::Deserializer::from_str(text).into_iter().collect::<Result<_, _>>().unwrap()
}

#[test]
fn each_format_is_recognised_and_told() {
    let place = Place::new();
    let (path, bytes) = laboratory("0000123", 1, "20260310123000014", "4.1", '1');
    let files = [
        (place.write(&format!("storage/{path}"), bytes), "ss-mix2"),
        (place.write("n.csv", notebook("アムロジピン錠5mg")), "okusuri"),
        (place.write("r.csv", register("0001", "伊達市架空町1", "20260401")), "resident"),
        (place.write("b.json", bundle("0000123", 72)), "fhir"),
        (place.write("c.csv", consents("0000123")), "consent"),
    ];
    let ran = finish(command().arg("read").args(files.iter().map(|(path, _)| path))).ends(0);
    let told = objects(&ran.out);
    assert_eq!(told.len(), files.len());
    for (told, (path, format)) in told.iter().zip(&files) {
        assert_eq!(told["format"], *format, "{}", path.display());
        let records = told["statements"].as_array().unwrap().iter();
        let records: usize = records.map(|each| each["records"].as_array().unwrap().len()).sum();
        assert!(records > 0 || told["consents"].as_u64() > Some(0), "{told}");
        let asked = finish(command().args(["read", "--format", format]).arg(path)).ends(0);
        assert_eq!(objects(&asked.out)[0]["statements"], told["statements"], "{format}");
    }
}

#[test]
fn what_is_no_file_of_ours_is_refused_and_the_others_are_told() {
    let place = Place::new();
    let junk = place.write("junk", [0u8, 159, 146, 150]);
    let empty = place.write("empty", "");
    let good = place.write("b.json", bundle("0000123", 72));
    let ran = finish(command().arg("read").args([&junk, &empty, &good])).ends(1);
    let told = objects(&ran.out);
    assert!(told[0]["refused"]["code"].is_string() && told[1]["refused"]["code"].is_string(), "{}", ran.out);
    assert_eq!(told[2]["format"], "fhir");
    for format in ["ss-mix2", "okusuri", "resident", "fhir", "consent"] {
        finish(command().args(["read", "--format", format]).arg(&empty)).ends(1);
    }
}
