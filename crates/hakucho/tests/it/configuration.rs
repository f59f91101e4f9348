//! Settings: the file, the environment, what is refused, and that nothing starts before all of it is checked.

use crate::files::register;
use crate::process::{Place, command, finish};

const COMMANDS: &[&str] = &[
    "hub init",
    "hub run",
    "hub token --facility H01",
    "gateway run --hub http://127.0.0.1:1 --token T --facility H01 --watch fhir=/tmp",
    "import --facility H01 --source his --format auto .",
    "export --out no-such-place",
    "replay",
    "audit verify",
    "check",
];

#[test]
fn every_command_refuses_an_unknown_key_by_name() {
    let place = Place::new();
    place.write("data/hakucho.toml", "regoin_name = \"西いぶり\"\n");
    for words in COMMANDS {
        let ran = place.run(words).ends(2);
        assert!(ran.told().contains("regoin_name"), "{words}: {}", ran.told());
        assert!(!place.data().join("hakucho.sqlite").exists(), "{words}: opened the store");
    }
}

#[test]
fn every_command_refuses_an_unknown_variable_by_name() {
    let place = Place::new();
    for words in COMMANDS {
        let mut command = place.command();
        command.env("HAKUCHO_SESION__HOURS", "8").args(words.split(' '));
        let ran = finish(command.arg("--data").arg(place.data())).ends(2);
        assert!(ran.told().to_lowercase().contains("sesion"), "{words}: {}", ran.told());
        assert!(!place.data().exists(), "{words}: made the data directory");
    }
    for words in ["read /dev/null", "region --residents 1 --seed 1 --out no-such-place"] {
        let ran = finish(command().env("HAKUCHO_SESION__HOURS", "8").args(words.split(' '))).ends(2);
        assert!(ran.err.to_lowercase().contains("sesion"), "{words}: {}", ran.err);
    }
}

#[test]
fn values_out_of_range_are_named_before_a_port_is_bound() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    for (name, value, told) in [
        ("HAKUCHO_LISTEN", "8480", "listen"),
        ("HAKUCHO_DATABASE", "mysql://u:secret@h/d", "database"),
        ("HAKUCHO_SESSION__HOURS", "99", "session.hours"),
        ("HAKUCHO_SESSION__IDLE_MINUTES", "0", "session.idle_minutes"),
        ("HAKUCHO_SESSION__HOURS", "eight", "HAKUCHO_SESSION__HOURS"),
        ("HAKUCHO_SOURCES__SILENT_SECONDS", "1", "sources.silent_seconds"),
        ("HAKUCHO_GATEWAY__WATCH", "[\"hl8=/x\"]", "hl8"),
        ("HAKUCHO_GATEWAY__LISTEN", "[\"hl7=localhost:2575\"]", "gateway.listen"),
        ("HAKUCHO_GATEWAY__UPLOAD", "8780", "gateway.upload"),
        ("HAKUCHO_GATEWAY__UPLOAD_PIN", "1234", "gateway.upload_pin"),
        ("HAKUCHO_GATEWAY__FACILITY", "H/01", "gateway.facility"),
        ("HAKUCHO_LOG", "=[", "log"),
    ] {
        let place = Place::new();
        let mut command = place.command();
        // If the port were tried first, its being taken would be the complaint.
        command.args(["hub", "run", "--listen", &listen]).env(name, value);
        let ran = finish(command.arg("--data").arg(place.data())).ends(2);
        assert!(ran.err.contains(told), "{name}={value}: {}", ran.err);
        assert!(!ran.err.contains("secret"), "a password in the words: {}", ran.err);
        assert!(!place.data().exists(), "{name}={value}: made the data directory");
    }
    let place = Place::new();
    let ran = place.run(&format!("hub run --listen {listen}")).ends(2);
    assert!(ran.err.contains(&listen), "{}", ran.err);
}

#[test]
fn a_file_of_ones_own_and_the_environment_above_it() {
    let place = Place::new();
    place.write("data/hakucho.toml", "this is = not a setting");
    let one = place.path("one.sqlite");
    let two = place.path("two.sqlite");
    let file = place.write("my.toml", format!("database = \"sqlite://{}\"\n", one.display()));
    let residents = place.write("r.csv", register("0001", "伊達市架空町1", "20260401"));
    let import = |variable: Option<String>| {
        let mut command = place.command();
        command.args(["import", "--facility", "T01", "--source", "register", "--format", "auto"]);
        command.arg("--config").arg(&file).arg("--data").arg(place.data()).arg(&residents);
        variable.map(|variable| command.env("HAKUCHO_DATABASE", variable));
        finish(&mut command).ends(0)
    };
    import(None);
    assert!(one.exists() && !two.exists());
    import(Some(format!("sqlite://{}", two.display())));
    assert!(two.exists() && !place.data().join("hakucho.sqlite").exists());
    let missing = place.path("missing.toml").display().to_string();
    let ran = place.run(&format!("audit verify --config {missing}")).ends(2);
    assert!(ran.err.contains("missing.toml"), "{}", ran.err);
}

#[test]
fn a_log_in_a_file_has_no_colours() {
    let place = Place::new();
    let mut command = place.command();
    command.args([
        "gateway",
        "run",
        "--hub",
        "http://127.0.0.1:1",
        "--facility",
        "H01",
        "--token",
        "x".repeat(43).as_str(),
    ]);
    command.arg("--watch").arg(format!("fhir={}", place.path("watched").display()));
    command.arg("--data").arg(place.path("gateway"));
    let text = first_log_line(command);
    assert!(text.contains("WARN") || text.contains("INFO"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text:?}");
}

/// The first line of the log of a process that goes on; it is ended then.
fn first_log_line(mut command: std::process::Command) -> String {
    use std::io::BufRead;
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut text = String::new();
    std::io::BufReader::new(child.stderr.take().unwrap()).read_line(&mut text).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    text
}
