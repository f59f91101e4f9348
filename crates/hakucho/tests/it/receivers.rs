//! What a gateway receives: the addresses it prints, messages, documents whose format the hub tells.

use crate::files::bundle;
use crate::process::{Place, Running};
use crate::snapshot::Snapshot;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::time::Duration;

fn free() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

fn gateway(place: &Place, hub: &str, token: &str) -> Command {
    let mut command = place.command();
    command.args([
        "gateway",
        "run",
        "--hub",
        &format!("http://{hub}"),
        "--facility",
        "H01",
        "--token",
        token,
    ]);
    command.arg("--data").arg(place.path("gateway"));
    command
}

/// Sends a message over MLLP; gives the answer with its frame.
fn send(address: &str, message: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    write!(stream, "\u{b}{message}\u{1c}\r").unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\x1c\r") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        answer.extend(byte);
    }
    String::from_utf8(answer).unwrap()
}

const MESSAGE: &str = "MSH|^~\\&|HIS|H01|GW|HUB|20260401093000||ADT^A08^ADT_A01|M1|P|2.5||||||UNICODE UTF-8\r\
    EVN||20260401093000\rPID|1||0000123^^^^PI||佐倉^花子^^^^^L^I~サクラ^ハナコ^^^^^L^P||19400505|F\rPV1|1|O\r";

/// Waits until this many deliveries are kept.
fn arrived(place: &Place, count: usize) -> bool {
    (0..240).any(|_| {
        let arrived = Snapshot::of(place).deliveries.len() == count;
        if !arrived {
            std::thread::sleep(Duration::from_millis(250));
        }
        arrived
    })
}

#[test]
fn a_message_is_acknowledged_while_no_hub_answers_and_arrives_later() {
    let place = Place::new();
    let address = free();
    let token = place.run("hub token --facility H01").ends(0).out.trim().to_owned();
    let mut command = gateway(&place, &address, &token);
    command.args(["--listen", "hl7:his=127.0.0.1:0"]);
    let running = Running::start(command);
    let answer = send(running.first.strip_prefix("HL7 の受信 (his): ").unwrap(), MESSAGE);
    assert!(answer.starts_with("\u{b}MSH|^~\\&|GW|HUB|HIS|H01|"), "{answer:?}");
    assert!(answer.ends_with("\rMSA|AA|M1\r\u{1c}\r"), "{answer:?}");
    let mut hub = place.command();
    hub.args(["hub", "run", "--listen", &address]).arg("--data").arg(place.data());
    let hub = Running::start(hub);
    assert!(arrived(&place, 1), "the message came to nothing");
    assert_eq!(Snapshot::of(&place).all("Patient").count(), 1);
    assert_eq!(running.end(), Some(0));
    assert_eq!(hub.end(), Some(0));
}

#[test]
fn a_document_is_handed_over_and_read_as_what_it_is() {
    let place = Place::new();
    let (address, page) = (free(), free());
    let token = place.run("hub token --facility H01").ends(0).out.trim().to_owned();
    let mut hub = place.command();
    hub.args(["hub", "run", "--listen", &address]).arg("--data").arg(place.data());
    let hub = Running::start(hub);
    place.write("gateway/hakucho.toml", "[gateway]\nupload_pin = \"SAKURA-2026\"\n");
    let mut command = gateway(&place, &address, &token);
    command.args(["--upload", &page]);
    let running = Running::start(command);
    assert_eq!(running.first, format!("書類を送るページ: http://{page}/"));
    let put = |pin: &str| {
        let body = bundle("0000123", 72);
        let mut stream = TcpStream::connect(&page).unwrap();
        let length = body.len();
        let head = format!("Host: {page}\r\nAuthorization: Bearer {pin}\r\nContent-Length: {length}\r\n");
        write!(stream, "PUT /files/pulse.json HTTP/1.1\r\n{head}Connection: close\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(put("sakura-2026").starts_with("HTTP/1.1 401"));
    assert!(put("SAKURA-2026").starts_with("HTTP/1.1 201"));
    assert!(arrived(&place, 1), "the document came to nothing");
    assert_eq!(Snapshot::of(&place).all("Patient").count(), 1);
    assert_eq!(running.end(), Some(0));
    assert_eq!(hub.end(), Some(0));
}

#[test]
fn a_made_pin_is_printed() {
    let place = Place::new();
    let mut command = gateway(&place, &free(), &"x".repeat(43));
    command.args(["--upload", "127.0.0.1:0"]).stdout(std::process::Stdio::piped());
    let mut child = command.stderr(std::process::Stdio::null()).spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let (first, second) = (lines.next().unwrap().unwrap(), lines.next().unwrap().unwrap());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(first.starts_with("書類を送るページ: http://127.0.0.1:"), "{first}");
    let pin = second.strip_prefix("書類を送るページの PIN: ").unwrap();
    assert_eq!(pin.len(), 10, "{pin}");
}
