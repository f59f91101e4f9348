//! The hub as a process: its first operator, tokens, an import beside it, a gateway that sends to it.

use crate::files::{bundle, laboratory, register};
use crate::process::{Place, Running, finish};
use crate::snapshot::Snapshot;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

fn free() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn run(place: &Place, address: &str) -> Running {
    let mut command = place.command();
    command.args(["hub", "run", "--listen", address]).arg("--data").arg(place.data());
    let running = Running::start(command);
    assert_eq!(running.first, format!("http://{address}/"));
    running
}

#[test]
fn the_first_operator_is_made_once_and_invited_by_a_link_that_opens() {
    let place = Place::new();
    let address = free();
    place.write("data/hakucho.toml", format!("listen = \"{address}\"\n"));
    let link = place.run("hub init").ends(0).out.trim().to_owned();
    assert!(link.starts_with(&format!("http://{address}/invitation/")), "{link}");
    // Nobody has used the link yet: another one is given, the first no longer works.
    let second = place.run("hub init").ends(0).out.trim().to_owned();
    assert_ne!(link, second);
    let hub = run(&place, &address);
    let page = |link: &str| get(&address, link.trim_start_matches(&format!("http://{address}")));
    assert!(page(&second).starts_with("HTTP/1.1 200"), "{}", page(&second));
    assert!(!page(&link).starts_with("HTTP/1.1 200"), "the older link still opens");
    assert_eq!(hub.end(), Some(0), "SIGTERM ends it in order");
}

#[test]
fn a_token_replaces_the_one_before() {
    let place = Place::new();
    let one = place.run("hub token --facility H01 --kind clinic --name みずうみ内科").ends(0).out;
    let two = place.run("hub token --facility H01").ends(0).out;
    assert_eq!(one.lines().count(), 1);
    assert!(one.trim().len() >= 32 && one != two, "{one} {two}");
}

#[test]
fn a_second_hub_on_the_port_ends_with_a_word() {
    let place = Place::new();
    let address = free();
    let hub = run(&place, &address);
    let ran = place.run(&format!("hub run --listen {address}")).ends(2);
    assert!(ran.err.contains(&address), "{}", ran.err);
    assert!(get(&address, "/health").starts_with("HTTP/1.1 200"));
    assert_eq!(hub.end(), Some(0));
}

#[test]
fn an_open_request_does_not_keep_the_hub_from_ending() {
    let place = Place::new();
    let address = free();
    let hub = run(&place, &address);
    // A request that never ends, as the stream of an open page.
    let mut stream = TcpStream::connect(&address).unwrap();
    let head = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nlogin=";
    write!(stream, "POST /login HTTP/1.1\r\nHost: {address}\r\n{head}").unwrap();
    assert!(get(&address, "/health").starts_with("HTTP/1.1 200"));
    assert_eq!(hub.end(), Some(0));
}

#[test]
fn import_export_and_replay_work_beside_a_running_hub() {
    let place = Place::new();
    let address = free();
    let hub = run(&place, &address);
    let file = place.write("r.csv", register("0001", "伊達市架空町1", "20260401"));
    let imported = place.import("T01", "register", "resident", &[&file]).ends(0);
    assert_eq!(imported.total("kept"), 1);
    place.run("replay").ends(0);
    assert_eq!(Snapshot::of(&place).all("Patient").count(), 1);
    assert!(get(&address, "/login").starts_with("HTTP/1.1 200"));
    assert_eq!(hub.end(), Some(0));
}

#[test]
fn two_imports_at_once_lose_nothing() {
    let place = Place::new();
    for nth in 0..40u32 {
        place.write(&format!("one/{nth}.json"), bundle(&format!("{nth:07}"), 60 + nth));
        place.write(&format!("two/{nth}.json"), bundle(&format!("{nth:07}"), 160 + nth));
    }
    std::thread::scope(|scope| {
        for (facility, folder) in [("F01", "one"), ("F02", "two"), ("F01", "one")] {
            let place = &place;
            scope.spawn(move || {
                let mut command = place.command();
                command.args(["import", "--facility", facility, "--source", "care", "--format", "fhir"]);
                finish(command.arg("--data").arg(place.data()).arg(place.path(folder))).ends(0);
            });
        }
    });
    let snapshot = Snapshot::of(&place);
    assert_eq!(snapshot.deliveries.len(), 80);
    assert_eq!(snapshot.all("Patient").count(), 80);
    assert_eq!(snapshot.dangling(), std::collections::BTreeSet::new());
    place.run("audit verify").ends(0);
}

/// The gateway of H01 over one folder.
fn watching(place: &Place, address: &str, token: &str, watch: &str) -> Running {
    let mut command = place.command();
    command.args(["gateway", "run", "--hub", &format!("http://{address}"), "--facility", "H01"]);
    command.args(["--token", token, "--watch", watch]);
    Running::silent({
        command.arg("--data").arg(place.path("gateway"));
        command
    })
}

/// Waits until this many deliveries are kept.
fn arrived(place: &Place, count: usize) -> bool {
    let there = || Snapshot::of(place).deliveries.len() == count;
    (0..240).any(|_| {
        let there = there();
        if !there {
            std::thread::sleep(Duration::from_millis(250));
        }
        there
    })
}

#[test]
fn a_file_that_is_written_back_is_what_holds_again() {
    let place = Place::new();
    let address = free();
    let token = place.run("hub token --facility H01").ends(0).out.trim().to_owned();
    let hub = run(&place, &address);
    let drop = place.path("drop");
    std::fs::create_dir_all(&drop).unwrap();
    let gateway = watching(&place, &address, &token, &format!("fhir:care={}", drop.display()));
    for (count, value) in [(1, 60), (2, 72), (3, 60)] {
        place.write("drop/pulse.json", bundle("0000123", value));
        assert!(arrived(&place, count), "{count}");
        let snapshot = Snapshot::of(&place);
        let values: Vec<_> =
            snapshot.all("Observation").map(|each| each["valueQuantity"]["value"].clone()).collect();
        assert_eq!(values, [serde_json::json!(value)], "delivery {count}");
    }
    assert_eq!(gateway.end(), Some(0));
    assert_eq!(hub.end(), Some(0));
    let before = Snapshot::of(&place);
    place.run("replay").ends(0);
    // By hand the same bytes under the same path are known: nothing says that they were written later.
    let imported = place.import("H01", "care", "fhir", &[&drop]).ends(0);
    assert_eq!((imported.total("known"), imported.total("kept")), (1, 0));
    assert_eq!(Snapshot::of(&place), before);
}

#[test]
fn a_gateway_delivers_what_is_written_into_its_folder() {
    let place = Place::new();
    let address = free();
    let token = place.run("hub token --facility H01").ends(0).out.trim().to_owned();
    let hub = run(&place, &address);
    let (path, bytes) = laboratory("0000123", 1, "20260310123000014", "4.1", '1');
    place.write(&format!("storage/{path}"), &bytes);
    let gateway =
        watching(&place, &address, &token, &format!("ss-mix2:his={}", place.path("storage").display()));
    let arrived = |count: usize| arrived(&place, count);
    assert!(arrived(1), "the file that was there");
    let (path, bytes) = laboratory("0000123", 2, "20260310150000000", "3.1", '1');
    place.write(&format!("storage/{path}"), &bytes);
    assert!(arrived(2), "the file that came");
    assert_eq!(gateway.end(), Some(0));
    assert_eq!(hub.end(), Some(0));
    // By hand from the same storage: the same deliveries.
    let imported = place.import("H01", "his", "ss-mix2", &[&place.path("storage")]).ends(0);
    assert_eq!((imported.total("known"), imported.total("kept")), (2, 0));
}
