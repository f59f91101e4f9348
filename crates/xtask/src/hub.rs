//! A real hub process over a data directory, for tests that kill it.

use crate::run::root;
use anyhow::{Context, bail};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Where and how a hub runs.
#[derive(Clone)]
pub struct Place {
    /// The program.
    pub program: PathBuf,
    /// Data directory.
    pub data: PathBuf,
    /// Database address, or none for SQLite in the data directory.
    pub database: Option<String>,
    /// More environment (the preload layer).
    pub environment: Vec<(String, String)>,
    /// Largest size of a file in bytes, where there is no small disk to fill.
    pub file_limit: Option<u64>,
}

/// The development build of the program, freshly built, as a copy in the folder: building goes on beside a long run.
pub fn program(folder: &Path) -> anyhow::Result<PathBuf> {
    crate::run::step(
        "build the program",
        &mut crate::run::cargo(&["build", "--quiet", "--package", "hakucho"]),
    )?;
    let own = folder.join("hakucho");
    std::fs::copy(root().join("target/debug/hakucho"), &own).context("copy the program")?;
    Ok(own)
}

/// A port nobody uses at the moment.
pub fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

impl Place {
    /// A place in a folder.
    pub fn new(program: &Path, data: PathBuf, database: Option<String>) -> Self {
        Self { program: program.to_owned(), data, database, environment: Vec::new(), file_limit: None }
    }

    /// The same place without the additional environment.
    pub fn plain(&self) -> Self {
        Self { environment: Vec::new(), ..self.clone() }
    }

    /// A command of the program in this place.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).arg("--data").arg(&self.data).env("HAKUCHO_LOG", "off");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        if let Some(database) = &self.database {
            command.env("HAKUCHO_DATABASE", database);
        }
        command
    }

    /// Runs a command to its end and gives what it printed.
    pub fn output(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.command(arguments).output().context("cannot run the program")?;
        if !output.status.success() {
            bail!(
                "hakucho {} ended with {}: {}",
                arguments.join(" "),
                output.status,
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Starts the hub and waits until it takes connections.
    pub fn start(&self) -> anyhow::Result<Running> {
        let mut running = self.spawn()?;
        let begun = Instant::now();
        while TcpStream::connect_timeout(&running.address, Duration::from_millis(200)).is_err() {
            if let Some(status) = running.child.try_wait()? {
                bail!("the hub ended at once with {status}");
            }
            if begun.elapsed() > Duration::from_secs(60) {
                bail!("the hub did not answer within a minute");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(running)
    }

    /// Starts the hub and does not wait.
    pub fn spawn(&self) -> anyhow::Result<Running> {
        let address = free_address()?;
        let mut command = self.command(&["hub", "run", "--listen", &address.to_string()]);
        if let Some(limit) = self.file_limit {
            // With the signal ignored, a write past the limit fails as on a full disk.
            let mut limited = Command::new("prlimit");
            limited.arg(format!("--fsize={limit}:unlimited")).args(["env", "--ignore-signal=XFSZ"]);
            limited.arg(command.get_program()).args(command.get_args());
            limited.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
            command = limited;
        }
        Running::of(command, address)
    }
}

/// A process of the program; killed when dropped.
pub struct Running {
    child: Child,
    /// Where the hub listens.
    pub address: SocketAddr,
}

impl Running {
    /// Starts a command.
    pub fn of(mut command: Command, address: SocketAddr) -> anyhow::Result<Self> {
        let child = command.stdout(Stdio::null()).spawn().context("cannot start the program")?;
        Ok(Self { child, address })
    }

    /// Kills it as a power cut would (SIGKILL) and waits for its end.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// True while it has not ended.
    pub fn runs(&mut self) -> anyhow::Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// Memory of a process in MiB, from /proc.
pub struct Memory {
    /// Most that was resident, mapped files included.
    pub peak: u64,
    /// Resident now, mapped files included.
    pub resident: u64,
    /// Resident now without mapped files.
    pub own: u64,
}

/// Memory of a process.
pub fn memory(process: u32) -> Memory {
    let status = std::fs::read_to_string(Path::new("/proc").join(process.to_string()).join("status"))
        .unwrap_or_default();
    let figure = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_whitespace().nth(1).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0) / 1024
    };
    Memory { peak: figure("VmHWM:"), resident: figure("VmRSS:"), own: figure("RssAnon:") }
}
