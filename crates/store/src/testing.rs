//! PostgreSQL clusters of one's own, for tests, crash runs and measurements (feature `testing`).
//!
//! A cluster lives in a directory below the system's temporary one, listens on a socket inside it only, and
//! ends with the process that started it, whatever happens to that. As root it runs under the account
//! `postgres`, because the server refuses root.

use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::Duration;

/// A running cluster; stopped and removed when dropped.
pub struct Cluster {
    binaries: PathBuf,
    directory: PathBuf,
    settings: Vec<String>,
    server: Option<Child>,
}

static STARTED: AtomicU32 = AtomicU32::new(0);

/// The newest installed PostgreSQL's programs: from `PATH`, else Debian's place.
pub fn binaries() -> Option<PathBuf> {
    let in_path =
        std::env::var_os("PATH").and_then(|path| std::env::split_paths(&path).find(|place| complete(place)));
    let mut installed: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .filter(|place| complete(place))
        .collect();
    installed.sort();
    in_path.or_else(|| installed.pop())
}

fn complete(place: &Path) -> bool {
    ["initdb", "postgres", "psql"].iter().all(|program| place.join(program).exists())
}

impl Cluster {
    /// Makes and starts a cluster; `settings` as `name=value`. `None` if PostgreSQL is not installed.
    pub fn start(settings: &[&str]) -> Result<Option<Self>> {
        let Some(binaries) = binaries() else { return Ok(None) };
        sweep();
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("hakucho-pg-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&directory)?;
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&directory))?;
        }
        let settings = settings.iter().map(|each| (*each).to_owned()).collect();
        let mut cluster = Self { binaries, directory, settings, server: None };
        let data = cluster.data();
        run(cluster
            .command("initdb")
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"])
            .arg("--pgdata")
            .arg(data))?;
        cluster.resume()?;
        Ok(Some(cluster))
    }

    /// Starts the server again after a stop.
    pub fn resume(&mut self) -> Result<()> {
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).arg("-k").arg(&self.directory);
        for setting in ["listen_addresses=", "unix_socket_permissions=0777", "max_connections=200"] {
            command.arg("-c").arg(setting);
        }
        for setting in &self.settings {
            command.arg("-c").arg(setting);
        }
        let log = std::fs::File::create(self.directory.join(format!("log-{}", std::process::id())))?;
        command.stdout(Stdio::null()).stderr(log);
        // The server ends with the thread that started it: one that lives as long as this process.
        let (sender, started) = mpsc::channel();
        std::thread::spawn(move || {
            if sender.send(command.spawn()).is_ok() {
                loop {
                    std::thread::park();
                }
            }
        });
        self.server = Some(started.recv().map_err(|_| Error::other("the server's thread is gone"))??);
        for _ in 0..600 {
            let state = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
            if state.lines().nth(7).is_some_and(|line| line.trim() == "ready") {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(Error::other("the server did not become ready"))
    }

    /// Stops the server as a power cut would: nothing is written any more.
    pub fn stop_immediately(&mut self) -> Result<()> {
        self.stop("QUIT")
    }

    /// Stops the server in order, cutting its connections.
    pub fn stop_fast(&mut self) -> Result<()> {
        self.stop("INT")
    }

    fn stop(&mut self, signal: &str) -> Result<()> {
        if let Some(mut server) = self.server.take() {
            run(Command::new("kill").arg(format!("-{signal}")).arg(server.id().to_string()))?;
            server.wait()?;
        }
        Ok(())
    }

    /// Makes a database, as a copy of another one if given, and gives its address.
    pub fn database(&self, name: &str, template: Option<&str>) -> Result<String> {
        let template = template.unwrap_or("template0");
        self.psql("postgres", &format!("CREATE DATABASE {name} TEMPLATE {template}"))?;
        Ok(self.address(name))
    }

    /// The address of a database.
    pub fn address(&self, name: &str) -> String {
        format!("postgres://postgres@localhost/{name}?host={}", self.directory.display())
    }

    /// Runs SQL as the superuser and gives what it prints.
    pub fn psql(&self, database: &str, text: &str) -> Result<String> {
        let mut command = Command::new(self.binaries.join("psql"));
        command.arg("-h").arg(&self.directory).args(["-U", "postgres", "-d", database, "-qAtX"]);
        run(command.args(["-v", "ON_ERROR_STOP=1", "-c", text]))
    }

    /// Memory of all the server's processes in bytes; pages they share are counted once (Linux: Pss).
    pub fn memory(&self) -> Result<u64> {
        let Some(server) = self.server.as_ref().map(Child::id) else { return Ok(0) };
        let mut sum = 0;
        for entry in std::fs::read_dir("/proc")?.flatten() {
            let process = entry.path();
            let text = |file: &str| std::fs::read_to_string(process.join(file)).unwrap_or_default();
            let parent = text("status")
                .lines()
                .find_map(|line| line.strip_prefix("PPid:")?.trim().parse().ok())
                .unwrap_or(0);
            if parent == server || process.ends_with(server.to_string()) {
                let rollup = text("smaps_rollup");
                let line = rollup.lines().find(|line| line.starts_with("Pss:")).unwrap_or_default();
                let figure = line.split_whitespace().nth(1).and_then(|text| text.parse::<u64>().ok());
                sum += figure.unwrap_or(0) * 1024;
            }
        }
        Ok(sum)
    }

    /// Size of everything the cluster keeps, in bytes.
    pub fn size(&self) -> Result<u64> {
        let text = run(Command::new("du").arg("-sb").arg(self.data()))?;
        Ok(text.split_whitespace().next().and_then(|size| size.parse().ok()).unwrap_or_default())
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// A program of the server, under an account it accepts, that ends with the thread that starts it.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("setpriv");
        if is_root() {
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
        }
        command.args(["--pdeathsig", "QUIT", "--"]).arg(self.binaries.join(program));
        command.current_dir("/");
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.stop("QUIT");
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Removes what processes left that were killed.
fn sweep() {
    for entry in std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix("hakucho-pg-")?.split('-').next());
        if owner.is_some_and(|owner| !Path::new("/proc").join(owner).exists()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn run(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Error::other(format!("{:?} failed: {words}", command.get_program())))
}
