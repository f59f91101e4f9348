//! A facility joins with a code that works once: invited, joined, sending, revoked; and who is not let in.

use crate::files::bundle;
use crate::process::{Place, Ran, Running, finish};
use crate::snapshot::Snapshot;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;
use store::testing::Cluster;

const TLS: &str = "[tls]\nlisten = \"127.0.0.1:0\"\nnames = [\"127.0.0.1\"]\n";

/// A hub with a TLS port.
struct Hub {
    place: Place,
    child: Child,
    plain: String,
    secure: String,
    _out: BufReader<std::process::ChildStdout>,
}

impl Hub {
    fn start() -> Self {
        let place = Place::new();
        place.write("data/hakucho.toml", TLS);
        Self::over(place)
    }

    fn over(place: Place) -> Self {
        let plain = free();
        let mut command = place.command();
        command.args(["hub", "run", "--listen", &plain]).arg("--data").arg(place.data());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = || {
            let mut line = String::new();
            out.read_line(&mut line).unwrap();
            line.split_whitespace().next().unwrap_or_default().to_owned()
        };
        assert_eq!(line(), format!("http://{plain}/"));
        let secure = line();
        assert!(secure.starts_with("https://127.0.0.1:"), "{secure}");
        Self { place, child, plain, secure, _out: out }
    }

    fn invite(&self) -> String {
        self.place.run("hub invite --facility H01 --name 架空病院").ends(0).out.trim().to_owned()
    }

    fn join(&self, code: &str, data: &str) -> Ran {
        join(&self.place, &self.secure, code, data)
    }

    fn end(mut self) -> Place {
        let _ = self.child.kill();
        let _ = self.child.wait();
        std::mem::replace(&mut self.place, Place::new())
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

fn join(place: &Place, url: &str, code: &str, data: &str) -> Ran {
    let mut command = place.command();
    finish(command.args(["gateway", "join", url, code]).arg("--data").arg(place.path(data)))
}

/// The gateway that has joined, over one folder.
fn sending(place: &Place, data: &str) -> Running {
    std::fs::create_dir_all(place.path("drop")).unwrap();
    let mut command = place.command();
    command.args(["gateway", "run", "--watch", &format!("fhir:care={}", place.path("drop").display())]);
    command.arg("--data").arg(place.path(data));
    Running::silent(command)
}

fn until(mut there: impl FnMut() -> bool) -> bool {
    (0..240).any(|_| {
        let there = there();
        if !there {
            std::thread::sleep(Duration::from_millis(250));
        }
        there
    })
}

#[test]
fn a_facility_joins_sends_and_is_revoked() {
    let hub = Hub::start();
    // Somebody who shakes no hand keeps nobody waiting.
    let _idle = TcpStream::connect(hub.secure.trim_start_matches("https://").trim_end_matches('/')).unwrap();
    let code = hub.invite();
    assert_eq!((code.lines().count(), code.split('-').count()), (1, 11), "{code}");
    let ran = hub.join(&code.to_lowercase(), "gateway").ends(0);
    assert!(ran.out.contains("架空病院") && ran.out.contains("hakucho gateway run"), "{}", ran.out);
    let kept = std::fs::read_to_string(hub.place.path("gateway/gateway-identity/identity.json")).unwrap();
    assert!(kept.contains("PRIVATE KEY") && !kept.contains(&code));
    // A certificate alone makes a facility: no token, no address, no id is given.
    let gateway = sending(&hub.place, "gateway");
    hub.place.write("drop/one.json", bundle("0000123", 60));
    assert!(until(|| Snapshot::of(&hub.place).deliveries.len() == 1), "the file arrives");
    // Its first sign of life may come after its first file.
    let listed = || hub.place.run("hub gateways").ends(0).out;
    let is_there = |line: &str| {
        line.starts_with("H01\t") && line.contains("あと 89 日") && !line.contains("最後の連絡 なし")
    };
    assert!(until(|| listed().lines().any(is_there)), "{}", listed());
    assert!(hub.place.run("hub revoke --facility H01").ends(0).out.contains("H01"));
    hub.place.write("drop/two.json", bundle("0000124", 61));
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(Snapshot::of(&hub.place).deliveries.len(), 1, "refused on the open connection");
    assert_eq!(gateway.end(), Some(0));
    assert!(hub.place.run("hub gateways").ends(0).out.contains("失効"));
    hub.place.run("hub revoke --facility H01").ends(1);
    hub.place.run("audit verify").ends(0);
    // The status says so.
    let mut command = hub.place.command();
    command.args(["gateway", "run", "--watch", &format!("fhir:care={}", hub.place.path("drop").display())]);
    command.arg("--data").arg(hub.place.path("gateway"));
    let mut again = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(again.stderr.take().unwrap()).lines();
    let said = lines.map_while(Result::ok).take(200).any(|line| line.contains("unauthorised"));
    again.kill().unwrap();
    again.wait().unwrap();
    assert!(said);
    // Invited again it goes on where it was.
    hub.join(&hub.invite(), "gateway").ends(0);
    let gateway = sending(&hub.place, "gateway");
    assert!(until(|| Snapshot::of(&hub.place).deliveries.len() == 2), "nothing was lost");
    assert_eq!(gateway.end(), Some(0));
}

#[test]
fn a_code_works_once_and_only_as_it_is() {
    let hub = Hub::start();
    let code = hub.invite();
    // Mistyped: told here, nothing is sent.
    let mut wrong = code.clone();
    wrong.replace_range(0..1, if code.starts_with('0') { "1" } else { "0" });
    let told = hub.join(&wrong, "one").ends(2).err;
    assert!(told.contains("mistyped"), "{told}");
    hub.join(&code, "one").ends(0);
    // The answer may be lost: the same key is served again.
    let identity = hub.place.path("one/gateway-identity/identity.json");
    let first = std::fs::read_to_string(&identity).unwrap();
    let key = serde_json::from_str::<serde_json::Value>(&first).unwrap()["key"].clone();
    let invitation: String = code.replace('-', "").chars().take(7).collect();
    std::fs::remove_file(&identity).unwrap();
    let joining = serde_json::json!({"invitation": invitation, "key": key}).to_string();
    hub.place.write("one/gateway-identity/joining.json", joining);
    hub.join(&code, "one").ends(0);
    let certificate =
        |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap()["certificate"].clone();
    assert_eq!(certificate(&std::fs::read_to_string(&identity).unwrap()), certificate(&first));
    // Another key is not.
    let told = hub.join(&code, "two").ends(2).err;
    assert!(told.contains("not-invited") && told.contains("使われました"), "{told}");
    assert!(!hub.place.path("two/gateway-identity/identity.json").exists());
    // A newer invitation ends the older one.
    let (older, newer) = (hub.invite(), hub.invite());
    assert!(hub.join(&older, "two").ends(2).err.contains("not-invited"));
    // What is configured for the way by token is named: it would go on deciding.
    hub.place.write("two/hakucho.toml", format!("[gateway]\ntoken = \"{}\"\n", "t".repeat(40)));
    assert!(hub.join(&newer, "two").ends(0).out.contains("gateway.token を消して"));
}

#[test]
fn the_code_is_not_sent_to_another_hub() {
    let (hub, other) = (Hub::start(), Hub::start());
    let code = hub.invite();
    let told = join(&hub.place, &other.secure, &code, "gateway").ends(2).err;
    assert!(told.contains("another hub") && told.contains("not sent"), "{told}");
    // A name that is not in the certificate is refused too.
    let by_name = hub.secure.replace("127.0.0.1", "localhost");
    let told = join(&hub.place, &by_name, &code, "gateway").ends(2).err;
    assert!(told.contains("not sent"), "{told}");
    // Plain HTTP is no way to join.
    join(&hub.place, &format!("http://{}", hub.plain), &code, "gateway").ends(2);
    // The code still works.
    hub.join(&code, "gateway").ends(0);
}

#[test]
fn the_plain_port_has_no_way_to_join_and_a_token_still_works_there() {
    let hub = Hub::start();
    let post = |path: &str, head: &str| {
        let mut stream = TcpStream::connect(&hub.plain).unwrap();
        let head = format!("{head}Content-Length: 2\r\nConnection: close\r\n\r\n{{}}");
        write!(stream, "POST {path} HTTP/1.1\r\nHost: hub\r\n{head}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    for path in ["/gateway/v1/join", "/gateway/v1/renew"] {
        assert!(post(path, "").starts_with("HTTP/1.1 404"), "{path}");
    }
    let token = hub.place.run("hub token --facility H01").ends(0).out.trim().to_owned();
    let heartbeat =
        |token: &str| post("/gateway/v1/heartbeat", &format!("Authorization: Bearer {token}\r\n"));
    assert!(heartbeat(&token).starts_with("HTTP/1.1 422"), "let in, and the message is none");
    hub.place.run("hub revoke --facility H01").ends(0);
    assert!(heartbeat(&token).starts_with("HTTP/1.1 401"));
}

#[test]
fn the_authority_stays_over_a_start_and_its_certificates_with_it() {
    let hub = Hub::start();
    hub.join(&hub.invite(), "gateway").ends(0);
    let code = hub.invite();
    let place = hub.end();
    let hub = Hub::over(place);
    hub.join(&code, "other").ends(0);
    // The hub is at another port now: said on the command line, the certificate is the same.
    let mut command = hub.place.command();
    command.args(["gateway", "run", "--hub", &hub.secure]);
    command.args(["--watch", &format!("fhir:care={}", hub.place.path("drop").display())]);
    hub.place.write("drop/one.json", bundle("0000123", 60));
    command.arg("--data").arg(hub.place.path("gateway"));
    let gateway = Running::silent(command);
    assert!(until(|| Snapshot::of(&hub.place).deliveries.len() == 1));
    assert_eq!(gateway.end(), Some(0));
}

#[test]
fn check_says_how_the_certificate_stands() {
    let hub = Hub::start();
    hub.join(&hub.invite(), "gateway").ends(0);
    let check = || finish(hub.place.command().arg("check").arg("--data").arg(hub.place.path("gateway")));
    let ran = check();
    assert!(ran.out.contains("✓ 施設 H01 の証明書"), "{}", ran.told());
    let file = hub.place.path("gateway/gateway-identity/identity.json");
    let text = std::fs::read_to_string(&file).unwrap();
    let mut identity: serde_json::Value = serde_json::from_str(&text).unwrap();
    identity["issued_at"] = "2001-01-01T00:00:00Z".into();
    for (ends, named) in [("2001-04-01T00:00:00Z", "切れました"), ("2999-01-01T00:00:00Z", "✓")] {
        identity["ends_at"] = ends.into();
        std::fs::write(&file, identity.to_string()).unwrap();
        let ran = check().ends(i32::from(named != "✓"));
        assert!(ran.out.contains(named), "{}", ran.told());
    }
    std::fs::write(&file, "{").unwrap();
    assert!(check().ends(1).out.contains("hakucho hub invite"));
}

#[test]
fn check_at_the_hub_knows_the_tls_port_and_misses_the_authority_s_key() {
    let hub = Hub::start();
    let told = hub.place.run("check").out;
    assert!(told.contains("✓ 127.0.0.1:0 でゲートウェイを"), "{told}");
    std::fs::remove_file(hub.place.data().join("tls/ca.key")).unwrap();
    let told = hub.place.run("check").ends(1).out;
    assert!(told.contains("✗ ハブの認証局の鍵") && told.contains("直し方"), "{told}");
    // No other authority is made in its place.
    assert!(hub.place.run("hub invite --facility H01").ends(2).err.contains("ca.key"));
}

#[test]
fn joining_on_postgresql() {
    let Some(cluster) = Cluster::start(&["fsync=off"]).unwrap() else {
        println!("skipped without PostgreSQL: 1");
        return;
    };
    let place = Place::on(cluster.database("hakucho", None).unwrap());
    place.write("data/hakucho.toml", TLS);
    let hub = Hub::over(place);
    let code = hub.invite();
    hub.join(&code, "gateway").ends(0);
    assert!(hub.join(&code, "other").ends(2).err.contains("not-invited"));
    let gateway = sending(&hub.place, "gateway");
    hub.place.write("drop/one.json", bundle("0000123", 60));
    assert!(until(|| Snapshot::of(&hub.place).deliveries.len() == 1));
    assert_eq!(gateway.end(), Some(0));
    hub.place.run("hub revoke --facility H01").ends(0);
    assert!(hub.place.run("hub gateways").ends(0).out.contains("失効"));
    hub.place.run("audit verify").ends(0);
}

#[test]
fn a_gateway_without_token_and_certificate_is_told_how_to_join() {
    let place = Place::new();
    let mut command = place.command();
    command.args(["gateway", "run", "--watch", "fhir=/tmp/x", "--hub", "https://h", "--facility", "H01"]);
    let told = finish(command.arg("--data").arg(place.path("gateway"))).ends(2).err;
    assert!(told.contains("gateway join"), "{told}");
}
