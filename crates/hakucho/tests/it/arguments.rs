//! Exit code 2 for what cannot be meant, 0 for questions.

use crate::process::{Place, finish, hakucho};

#[test]
fn questions_end_well() {
    for words in ["--help", "--version", "help import", "import --help", "hub --help", "hub run --help"] {
        let ran = hakucho(&words.split(' ').collect::<Vec<_>>()).ends(0);
        assert!(!ran.out.is_empty(), "{words}");
    }
}

#[test]
fn every_command_is_in_the_help() {
    let help = hakucho(&["--help"]).ends(0).out;
    for command in
        ["demo", "hub", "gateway", "import", "export", "read", "replay", "region", "check", "audit"]
    {
        assert!(help.contains(&format!("  {command} ")), "{command}: {help}");
    }
}

#[test]
fn what_cannot_be_meant_is_refused_before_anything_is_made() {
    let place = Place::new();
    let data = place.data().display().to_string();
    let file = place.write("file", "x").display().to_string();
    let long = "x".repeat(65);
    for words in [
        "",
        "no-such-command",
        "import",
        "import --data D",
        "import --data D --facility H01 --source his --format ss-mix2",
        "import --data D --facility H01 --source his --format hl8 F",
        "import --data D --facility H01 --source his --format AUTO F",
        "import --data D --facility H/01 --source his --format auto F",
        "import --data D --facility .. --source his --format auto F",
        "import --data D --facility 病院 --source his --format auto F",
        "import --data D --facility LONG --source his --format auto F",
        "import --data D --facility H01 --source h:s --format auto F",
        "import --data D --facility H01 --kind castle --source his --format auto F",
        "import --data D --facility H01 --source his --format auto D/no-such-path",
        "import --data D --facility H01 --source his --format auto F --no-such-option",
        "export --data D",
        "export --out D",
        "read",
        "read --format hl8 F",
        "read D/no-such-file",
        "replay",
        "replay --data D --facility H/01",
        "region --residents few --seed 1 --out D",
        "region --residents 1 --seed 1 --out D --today 2026-13-01",
        "region --residents 1 --seed 1 --out D --today tomorrow",
        "check",
        "audit",
        "audit verify",
        "hub",
        "hub init",
        "hub run",
        "hub run --data D --listen 8480",
        "hub run --data D --listen nowhere:99999",
        "hub token --data D",
        "hub token --data D --facility H/01",
        "hub token --data D --facility H01 --kind castle",
        "gateway",
        "gateway run --data D",
        "gateway run --data D --hub http://127.0.0.1:1 --token T --facility H01",
        "gateway run --data D --hub http://127.0.0.1:1 --token T --facility H01 --watch hl8=/tmp",
        "gateway run --data D --hub http://127.0.0.1:1 --token T --facility H01 --listen hl7=2575",
        "gateway run --data D --hub http://127.0.0.1:1 --token T --facility H01 --listen fhir=127.0.0.1:0",
        "gateway run --data D --hub http://127.0.0.1:1 --token T --facility H01 --upload 8780",
        "gateway run --data D --hub http://127.0.0.1:1 --token T --facility H01 --watch /tmp",
        "gateway run --data D --hub ftp://127.0.0.1:1 --token T --facility H01 --watch fhir=/tmp",
        "gateway run --data D --hub http://hub.example.jp --token T --facility H01 --watch fhir=/tmp",
        "demo --port 99999",
        "demo --residents many",
    ] {
        let arguments: Vec<String> = words
            .split(' ')
            .filter(|word| !word.is_empty())
            .map(|word| match word {
                "D" => data.clone(),
                "F" => file.clone(),
                "LONG" => long.clone(),
                word => word.replace("D/", &format!("{data}/")),
            })
            .collect();
        let ran = hakucho(&arguments);
        assert_eq!(ran.code, 2, "{words}: {}", ran.told());
        assert!(!ran.err.trim().is_empty(), "{words}: no word of why");
        assert!(!place.data().join("hakucho.sqlite").exists(), "{words}: made a store");
    }
}

#[test]
fn a_data_directory_that_cannot_be_is_told() {
    let place = Place::new();
    let file = place.write("file", "x");
    for words in ["hub init", "audit verify", "replay", "export --out /nowhere/at/all"] {
        let ran =
            finish(place.command().args(words.split(' ')).arg("--data").arg(file.join("below"))).ends(2);
        assert!(ran.err.contains("below"), "{words}: {}", ran.err);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error_and_a_full_disk_is_one() {
    let place = Place::new();
    let file = place.write("b.json", crate::files::bundle("0000123", 72));
    let read = |out: std::process::Stdio| {
        let mut command = place.command();
        command
            .arg("read")
            .args(std::iter::repeat_n(&file, 200))
            .stdout(out)
            .stderr(std::process::Stdio::piped());
        command.spawn().unwrap()
    };
    let mut away = read(std::process::Stdio::piped());
    drop(away.stdout.take());
    assert_eq!(away.wait_with_output().unwrap().status.code(), Some(0));
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = read(full.into()).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(!output.stderr.is_empty());
}
