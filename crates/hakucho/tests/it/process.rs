//! Running the program: arguments in, code and words out.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What a finished process left.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// The code is as expected; both streams are told where it is not.
    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "out: {}\nerr: {}", self.out, self.err);
        self
    }

    /// Everything that was printed.
    pub fn told(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

/// The program with a clean environment.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hakucho"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HAKUCHO_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// Runs to the end. A panic fails the test whatever the code.
#[track_caller]
pub fn finish(command: &mut Command) -> Ran {
    let output = command.output().expect("the program starts");
    let ran = Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
    ran
}

/// Runs `hakucho` with arguments.
#[track_caller]
pub fn hakucho<S: AsRef<OsStr>>(arguments: &[S]) -> Ran {
    finish(command().args(arguments))
}

/// A data directory of one test, and room for its files.
pub struct Place {
    room: tempfile::TempDir,
    database: Option<String>,
}

impl Place {
    pub fn new() -> Self {
        Self { room: tempfile::tempdir().unwrap(), database: None }
    }

    /// The same over another database.
    pub fn on(database: String) -> Self {
        Self { room: tempfile::tempdir().unwrap(), database: Some(database) }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.room.path().join(name)
    }

    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Writes a file below the room, with its folders.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// The program over this place's database.
    pub fn command(&self) -> Command {
        let mut command = command();
        if let Some(database) = &self.database {
            command.env("HAKUCHO_DATABASE", database);
        }
        command
    }

    /// `hakucho <words> --data DIR`, words split at spaces.
    #[track_caller]
    pub fn run(&self, words: &str) -> Ran {
        finish(self.command().args(words.split(' ')).arg("--data").arg(self.data()))
    }

    /// `hakucho import` with a report.
    #[track_caller]
    pub fn import(&self, facility: &str, source: &str, format: &str, paths: &[&Path]) -> Imported {
        let report = self.path("report.json");
        let mut command = self.command();
        command.args(["import", "--facility", facility, "--source", source, "--format", format]);
        let ran = finish(command.arg("--data").arg(self.data()).arg("--report").arg(&report).args(paths));
        let report = std::fs::read(&report).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Imported { ran, report: report.unwrap_or_default() }
    }
}

/// An import that ended, with its report (null if there is none).
pub struct Imported {
    pub ran: Ran,
    pub report: serde_json::Value,
}

impl Imported {
    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        Self { ran: self.ran.ends(code), report: self.report }
    }

    /// The report's entry of a path.
    #[track_caller]
    pub fn file(&self, path: &str) -> &serde_json::Value {
        let files = self.report["files"].as_array().unwrap();
        files.iter().find(|file| file["path"] == path).unwrap_or_else(|| panic!("{path}: {}", self.report))
    }

    /// A figure of the report's totals.
    #[track_caller]
    pub fn total(&self, name: &str) -> u64 {
        self.report["totals"][name].as_u64().unwrap()
    }
}

/// A process that goes on; asked to end when dropped.
pub struct Running {
    child: Child,
    /// First line it printed.
    pub first: String,
}

impl Running {
    /// Starts it and waits for its first line.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        Self { child, first: first.trim().to_owned() }
    }

    /// Starts one that prints nothing.
    pub fn silent(mut command: Command) -> Self {
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        Self { child, first: String::new() }
    }

    /// Asks it to end and gives its code.
    pub fn end(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
