//! `cargo xtask browser` and `cargo xtask screenshots`: the portal in a real browser, against real processes.
//!
//! Starts the demonstration on a free port, lets Node run the tests (or take the pictures) with its address and
//! logins in the environment, and ends what it started. Tests that need a hub and gateways of their own start
//! them from the same program. What is tested is in `tests/browser`.

use crate::hub::{free_address, program};
use crate::run::{cargo, root, step};
use crate::setup;
use anyhow::{Context, bail};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Residents of the demonstration.
const RESIDENTS: &str = "60";
/// How long the demonstration may take to answer.
const PATIENCE: Duration = Duration::from_secs(180);

/// A group of processes with its leader; ended as a group (SIGTERM, then SIGKILL) when dropped.
struct Group(Child);

impl Group {
    fn spawn(command: &mut Command) -> anyhow::Result<Self> {
        let child = command.process_group(0).spawn();
        Ok(Self(child.with_context(|| format!("cannot start {:?}", command.get_program()))?))
    }

    fn signal(&self, name: &str) {
        let group = format!("-{}", self.0.id());
        let quiet = Command::new("kill").args([name, "--", &group]).stderr(Stdio::null()).status();
        if let Err(error) = quiet {
            println!("cannot run kill: {error}");
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal("-TERM");
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(10) {
            if !matches!(self.0.try_wait(), Ok(None)) {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        // Whatever the leader has left behind.
        self.signal("-KILL");
        let _ = self.0.wait();
    }
}

/// A demonstration that runs.
pub struct Demo {
    _running: Group,
    folder: tempfile::TempDir,
    /// The program it was started from.
    program: PathBuf,
    /// Where it answers.
    address: SocketAddr,
}

impl Demo {
    /// Builds the program, starts the demonstration and waits until it answers.
    pub fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let program = program(folder.path())?;
        let address = free_address()?;
        let mut command = Command::new(&program);
        command
            .args(["demo", "--residents", RESIDENTS, "--port", &address.port().to_string()])
            .arg("--data")
            .arg(folder.path().join("data"))
            .arg("--logins")
            .arg(folder.path().join("logins.json"))
            .env("HAKUCHO_LOG", "warn")
            .stdout(Stdio::null());
        let mut running = Group::spawn(&mut command)?;
        let begun = Instant::now();
        while !healthy(address) {
            if let Some(status) = running.0.try_wait()? {
                bail!("the demonstration ended at once with {status}");
            }
            if begun.elapsed() > PATIENCE {
                bail!("the demonstration did not answer within {} s", PATIENCE.as_secs());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        println!("the demonstration answers after {:.1} s", begun.elapsed().as_secs_f32());
        Ok(Self { _running: running, folder, program, address })
    }

    /// A Node process that is told where the demonstration is.
    fn node(&self) -> anyhow::Result<Command> {
        let sessions = self.folder.path().join("sessions");
        std::fs::create_dir_all(&sessions)?;
        let mut command = Command::new("node");
        command
            .current_dir(folder())
            .env("BROWSER_TEST_URL", format!("http://{}", self.address))
            .env("BROWSER_TEST_LOGINS", self.folder.path().join("logins.json"))
            .env("BROWSER_TEST_PROGRAM", &self.program)
            .env("BROWSER_TEST_SESSIONS", sessions)
            .env("BROWSER_TEST_GALLERY", self.folder.path().join("gallery"));
        Ok(command)
    }
}

fn folder() -> PathBuf {
    root().join("tests/browser")
}

/// True once `/health` answers 200.
fn healthy(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_millis(200))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream.write_all(b"GET /health HTTP/1.0\r\nHost: demo\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.split_whitespace().nth(1) == Some("200"))
    };
    ask().unwrap_or(false)
}

/// The sample pages, written to a folder.
fn gallery(to: &Path) -> anyhow::Result<()> {
    let mut command = cargo(&["run", "--quiet", "--package", "portal", "--example", "gallery", "--"]);
    step("sample pages", command.arg(to))
}

/// Runs the browser tests whose file name holds `only` (all without it).
pub fn test(only: Option<&str>) -> anyhow::Result<()> {
    setup::npm()?;
    let mut files: Vec<String> = std::fs::read_dir(folder())?
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .filter(|name| name.ends_with(".test.mjs") && only.is_none_or(|only| name.contains(only)))
        .collect();
    files.sort();
    if files.is_empty() {
        bail!("no browser test has {only:?} in its name");
    }
    let demo = Demo::start()?;
    gallery(&demo.folder.path().join("gallery"))?;
    println!("\n── browser tests: {}", files.join(" "));
    let mut command = demo.node()?;
    command.args(["--test", "--test-reporter=spec", "--test-concurrency=1"]).args(&files);
    let mut tests = Group::spawn(&mut command)?;
    let status = tests.0.wait()?;
    if !status.success() {
        bail!("browser tests failed ({status})");
    }
    Ok(())
}

/// Takes pictures of the main pages of every role into `out`; with `samples` of every sample page instead.
pub fn screenshots(out: &Path, samples: bool) -> anyhow::Result<()> {
    setup::npm()?;
    let out = std::path::absolute(out)?;
    let demo = Demo::start()?;
    let mut command = demo.node()?;
    command.arg("screenshots.mjs").arg(&out);
    if samples {
        gallery(&demo.folder.path().join("gallery"))?;
        command.arg("--samples");
    }
    let mut camera = Group::spawn(&mut command)?;
    let status = camera.0.wait()?;
    if !status.success() {
        bail!("taking the pictures failed ({status})");
    }
    println!("pictures are in {}", out.display());
    Ok(())
}
