//! `hakucho check`: says what is wrong and how to mend it, and changes nothing.

use crate::process::{Place, Running, finish};

const MEND: &str = "直し方";

#[test]
fn in_order() {
    let place = Place::new();
    let listen = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().to_string()
    };
    place.write("data/hakucho.toml", format!("listen = \"{listen}\"\n"));
    place.run("hub init").ends(0);
    let ran = place.run("check").ends(0);
    assert!(!ran.out.contains('✗') && !ran.out.contains(MEND), "{}", ran.out);
    // Beside the running hub all is in order too: the port is taken by the right one.
    let mut command = place.command();
    command.args(["hub", "run"]).arg("--data").arg(place.data());
    let hub = Running::start(command);
    let ran = place.run("check").ends(0);
    assert!(ran.out.contains("hub が動いています"), "{}", ran.out);
    assert_eq!(hub.end(), Some(0));
}

#[test]
fn no_data_directory_and_no_database_are_told_and_not_made() {
    let place = Place::new();
    let ran = place.run("check").ends(1);
    assert!(ran.out.contains(MEND) && ran.out.contains("hub init"), "{}", ran.out);
    assert!(!place.data().exists());
    std::fs::create_dir(place.data()).unwrap();
    let ran = place.run("check").ends(1);
    assert!(ran.out.contains(MEND) && ran.out.contains("hub init"), "{}", ran.out);
    assert_eq!(std::fs::read_dir(place.data()).unwrap().count(), 0, "check made something");
}

#[test]
fn a_wrong_file_is_explained() {
    let place = Place::new();
    for (text, named) in
        [("listen = \"8480\"", "listen"), ("a = b = c", "hakucho.toml"), ("[seson]", "seson")]
    {
        place.write("data/hakucho.toml", text);
        let ran = place.run("check").ends(2);
        assert!(ran.out.contains(named) && ran.out.contains(MEND), "{text}: {}", ran.told());
    }
}

#[test]
fn every_fault_is_named_at_once() {
    let place = Place::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    place.write("data/hakucho.sqlite", "this is not a database, it only has its name".repeat(100));
    place.write(
        "data/hakucho.toml",
        format!(
            "listen = \"{}\"\n[gateway]\nwatch = [\"fhir=/no/such/folder\"]\n",
            taken.local_addr().unwrap()
        ),
    );
    let ran = place.run("check").ends(1);
    for named in ["hakucho.sqlite", &taken.local_addr().unwrap().to_string(), "/no/such/folder"] {
        assert!(ran.out.contains(named), "{named}: {}", ran.out);
    }
    assert_eq!(ran.out.matches(MEND).count(), 3, "{}", ran.out);
    // The same fault stops the hub, with a code.
    let ran = place.run("hub run --listen 127.0.0.1:0").ends(2);
    assert!(ran.err.contains("hakucho.sqlite"), "{}", ran.err);
}

#[test]
fn a_database_that_is_away_is_told_without_its_password() {
    let place = Place::new();
    std::fs::create_dir(place.data()).unwrap();
    let mut command = place.command();
    command.env("HAKUCHO_DATABASE", "postgres://hakucho:geheim@127.0.0.1:1/hakucho").arg("check");
    let ran = finish(command.arg("--data").arg(place.data())).ends(1);
    assert!(ran.out.contains("127.0.0.1:1") && ran.out.contains(MEND), "{}", ran.out);
    assert!(!ran.told().contains("geheim"), "{}", ran.told());
}
