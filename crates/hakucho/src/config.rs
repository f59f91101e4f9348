//! Configuration: `DIR/hakucho.toml` or `--config FILE`, overridden by `HAKUCHO_<KEY>` (`__` nests).
//!
//! Everything is checked before any port is bound; an unknown key is an error that names it.

use anyhow::{Context, bail};
use model::FacilityId;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

/// Environment variables with our prefix that are not settings.
const NOT_SETTINGS: &[&str] = &["HAKUCHO_SAMPLES"];

/// Every setting, with its default.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// `sqlite` (a file in the data directory), `sqlite://PATH` or `postgres://user:password@host/name`.
    pub database: String,
    /// Address the hub listens on, e.g. `127.0.0.1:8480`.
    pub listen: String,
    /// The hub's own TLS port, for gateways.
    pub tls: Tls,
    /// Name of the region on every page.
    pub region_name: String,
    /// What is written to standard error: `error`, `warn`, `info`, `debug`, or a tracing filter.
    pub log: String,
    /// Sessions of people.
    pub session: Session,
    /// When a source counts as silent.
    pub sources: Sources,
    /// The gateway of a facility.
    pub gateway: Gateway,
}

/// Sessions of people at the portal.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Session {
    /// Minutes without a request after which a session ends (1–480).
    pub idle_minutes: u32,
    /// Hours after login at which a session ends in any case (1–24).
    pub hours: u32,
    /// Cookies only over https. Turn off only for a hub on the loopback address.
    pub secure_cookies: bool,
}

/// The hub's own TLS port, where gateways join and send with certificates.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// Address it listens on, e.g. `0.0.0.0:8443`; empty: there is none.
    pub listen: String,
    /// Names and addresses under which gateways reach it: they stand in its certificate.
    pub names: Vec<String>,
}

/// When a source counts as late or silent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sources {
    /// Seconds without a sign of life from a gateway after which its sources are silent (5–86400).
    pub silent_seconds: u32,
    /// Hours without a delivery, while the gateway is alive, after which a source is late (1–8760).
    pub late_hours: u32,
}

/// The gateway of a facility.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gateway {
    /// Address of the hub, e.g. `https://hub.example.jp`.
    pub hub: String,
    /// Token printed by `hakucho hub token`.
    pub token: String,
    /// Facility id.
    pub facility: String,
    /// `FORMAT=PATH` for every folder that is watched.
    pub watch: Vec<String>,
    /// `hl7=ADDRESS:PORT` or `hl7:SOURCE=ADDRESS:PORT` for every port on which messages are received.
    pub listen: Vec<String>,
    /// `ADDRESS:PORT` of the page on which people hand over documents; empty: no page.
    pub upload: String,
    /// What must be known to hand something over (8 to 128 characters); empty: made at each start and printed.
    pub upload_pin: String,
    /// The receipt computer from which to pull.
    pub orca: Orca,
    /// Seconds between full scans (1–3600).
    pub scan_seconds: u32,
    /// Allow http:// to an address that is not the loopback address.
    pub allow_plain_http: bool,
}

/// A receipt computer (ORCA) from which to pull.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Orca {
    /// Its address, e.g. `http://192.0.2.20:8000` or `https://weborca.example.jp/api`; empty: nothing is pulled.
    pub url: String,
    /// User of its API.
    pub user: String,
    /// File with the password, and nothing else.
    pub password_file: String,
    /// File with a client certificate and its key (PEM), where the ORCA asks for one.
    pub certificate_file: String,
    /// First day (YYYY-MM-DD) of which to pull in the first round; empty: the last days.
    pub since: String,
    /// Minutes between two rounds (5–1440).
    pub interval_minutes: u32,
}

impl Default for Orca {
    fn default() -> Self {
        Self {
            url: String::new(),
            user: String::new(),
            password_file: String::new(),
            certificate_file: String::new(),
            since: String::new(),
            interval_minutes: 60,
        }
    }
}

impl Orca {
    /// What it says, without the secrets in the files; `None` if nothing is to be pulled.
    pub fn told(&self, credentials: gateway::Credentials) -> anyhow::Result<Option<gateway::Orca>> {
        if self.url.is_empty() {
            return Ok(None);
        }
        if self.user.is_empty() || self.password_file.is_empty() {
            bail!("gateway.orca.url には gateway.orca.user と gateway.orca.password_file も要ります");
        }
        let mut orca = gateway::Orca::new(&self.url, &self.since, credentials).context("gateway.orca")?;
        orca.interval = Duration::from_secs(u64::from(self.interval_minutes) * 60);
        Ok(Some(orca))
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            database: "sqlite".into(),
            listen: "127.0.0.1:8480".into(),
            tls: Tls::default(),
            region_name: "地域医療介護連携".into(),
            log: "info".into(),
            session: Session::default(),
            sources: Sources::default(),
            gateway: Gateway::default(),
        }
    }
}

impl Default for Session {
    fn default() -> Self {
        Self { idle_minutes: 15, hours: 12, secure_cookies: true }
    }
}

impl Default for Sources {
    fn default() -> Self {
        Self { silent_seconds: 180, late_hours: 72 }
    }
}

impl Default for Gateway {
    fn default() -> Self {
        Self {
            hub: String::new(),
            token: String::new(),
            facility: String::new(),
            watch: Vec::new(),
            listen: Vec::new(),
            upload: String::new(),
            upload_pin: String::new(),
            orca: Orca::default(),
            scan_seconds: 30,
            allow_plain_http: false,
        }
    }
}

impl Config {
    /// Loads and checks the configuration of a data directory.
    pub fn load(data: Option<&Path>, file: Option<&Path>) -> anyhow::Result<Self> {
        Self::load_with(data, file, std::env::vars())
    }

    fn load_with(
        data: Option<&Path>,
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> anyhow::Result<Self> {
        let chosen = match (file, data) {
            (Some(file), _) => Some(file.to_owned()),
            (None, Some(data)) => Some(data.join("hakucho.toml")).filter(|path| path.exists()),
            (None, None) => None,
        };
        let mut table = match &chosen {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("設定ファイル {} を読めません", path.display()))?;
                text.parse::<toml::Table>()
                    .with_context(|| format!("設定ファイル {} の書き方が正しくありません", path.display()))?
            }
            None => toml::Table::new(),
        };
        let variables: BTreeMap<String, String> = environment
            .filter(|(name, _)| name.starts_with("HAKUCHO_") && !NOT_SETTINGS.contains(&name.as_str()))
            .collect();
        for (name, value) in &variables {
            set(&mut table, name, value)?;
        }
        let config: Self = toml::Value::Table(table).try_into().with_context(|| match &chosen {
            Some(path) => {
                format!("設定 (ファイル {} と環境変数 HAKUCHO_*) が正しくありません", path.display())
            }
            None => "設定 (環境変数 HAKUCHO_*) が正しくありません".to_owned(),
        })?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> anyhow::Result<()> {
        let scheme = self.database.split_once("://").map_or(self.database.as_str(), |(scheme, _)| scheme);
        if !matches!(scheme, "sqlite" | "postgres" | "postgresql") {
            bail!(
                "database は sqlite、sqlite://PATH、postgres://… のどれかです (今の値は {scheme} で始まっています)"
            );
        }
        self.listen_address()?;
        self.tls_address()?;
        in_range("session.idle_minutes", self.session.idle_minutes, 1, 480)?;
        in_range("session.hours", self.session.hours, 1, 24)?;
        in_range("sources.silent_seconds", self.sources.silent_seconds, 5, 86_400)?;
        in_range("sources.late_hours", self.sources.late_hours, 1, 8760)?;
        in_range("gateway.orca.interval_minutes", self.gateway.orca.interval_minutes, 5, 1440)?;
        self.gateway.orca.told(gateway::Credentials::default())?;
        in_range("gateway.scan_seconds", self.gateway.scan_seconds, 1, 3600)?;
        if !self.gateway.facility.is_empty() {
            FacilityId::new(self.gateway.facility.clone()).context("gateway.facility")?;
        }
        for watch in &self.gateway.watch {
            gateway::Watch::parse(watch).with_context(|| format!("gateway.watch の {watch}"))?;
        }
        for listen in &self.gateway.listen {
            gateway::Listen::parse(listen).with_context(|| format!("gateway.listen の {listen}"))?;
        }
        let mut pin = gateway::Pin::from_random([0; 10]);
        if !self.gateway.upload_pin.is_empty() {
            pin = gateway::Pin::new(&self.gateway.upload_pin).context("gateway.upload_pin")?;
        }
        if !self.gateway.upload.is_empty() {
            gateway::Upload::parse(&self.gateway.upload, pin)
                .with_context(|| format!("gateway.upload の {}", self.gateway.upload))?;
        }
        tracing_subscriber::EnvFilter::try_new(&self.log)
            .with_context(|| format!("log = \"{}\"", self.log))?;
        Ok(())
    }

    /// The address to listen on.
    pub fn listen_address(&self) -> anyhow::Result<SocketAddr> {
        self.listen.parse().with_context(|| {
            format!("listen = \"{}\" は アドレス:ポート の形ではありません (例 127.0.0.1:8480)", self.listen)
        })
    }

    /// The address of the TLS port; `None`: there is none.
    pub fn tls_address(&self) -> anyhow::Result<Option<SocketAddr>> {
        let Tls { listen, names } = &self.tls;
        if listen.is_empty() {
            return Ok(None);
        }
        if names.is_empty() {
            bail!(
                "tls.listen には tls.names も要ります (例 [\"hub.example.jp\"]): ゲートウェイが使う名前かアドレスです"
            );
        }
        if let Some(name) = names.iter().find(|name| !is_name(name)) {
            bail!("tls.names の \"{name}\" はホスト名でも IP アドレスでもありません");
        }
        let address = listen.parse().with_context(|| {
            format!("tls.listen = \"{listen}\" は アドレス:ポート の形ではありません (例 0.0.0.0:8443)")
        })?;
        Ok(Some(address))
    }

    /// The database of this data directory as an URL.
    pub fn database_url(&self, data: &Path) -> String {
        match self.database.as_str() {
            "sqlite" => format!("sqlite://{}", data.join("hakucho.sqlite").display()),
            url => url.to_owned(),
        }
    }

    /// The database without its password, for people.
    pub fn database_for_people(&self, data: &Path) -> String {
        let url = self.database_url(data);
        match (url.split_once("://"), url.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, host))) if scheme.starts_with("postgres") => {
                format!("{scheme}://…@{host}")
            }
            _ => url,
        }
    }
}

/// True for what can stand in a certificate: a host's name or an IP address.
fn is_name(text: &str) -> bool {
    rustls::pki_types::ServerName::try_from(text).is_ok()
}

fn in_range(key: &str, value: u32, low: u32, high: u32) -> anyhow::Result<()> {
    if !(low..=high).contains(&value) {
        bail!("{key} = {value} は範囲の外です ({low}〜{high})");
    }
    Ok(())
}

/// Sets `HAKUCHO_SESSION__HOURS=8` as `session.hours = 8`. A value is read as TOML where its key holds a
/// number, a truth value or a list, as text otherwise.
fn set(table: &mut toml::Table, name: &str, value: &str) -> anyhow::Result<()> {
    let path = name.trim_start_matches("HAKUCHO_").to_lowercase();
    let mut parts: Vec<&str> = path.split("__").collect();
    let last = parts.pop().unwrap_or_default();
    let mut table = table;
    for part in parts {
        let entry = table.entry(part.to_owned()).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        table =
            entry.as_table_mut().with_context(|| format!("環境変数 {name}: {part} は表ではありません"))?;
    }
    let typed = matches!(
        last,
        "idle_minutes"
            | "hours"
            | "secure_cookies"
            | "silent_seconds"
            | "late_hours"
            | "watch"
            | "names"
            | "scan_seconds"
            | "interval_minutes"
            | "allow_plain_http"
    ) || path == "gateway__listen";
    let value = if typed {
        let document = format!("value = {value}").parse::<toml::Table>();
        document.ok().and_then(|mut table| table.remove("value")).with_context(|| {
            format!("環境変数 {name} の値を読めません (数、true/false、または [\"…\"] の形で書いてください)")
        })?
    } else {
        toml::Value::String(value.to_owned())
    };
    table.insert(last.to_owned(), value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: &str, environment: &[(&str, &str)]) -> anyhow::Result<Config> {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("hakucho.toml"), file)?;
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::load_with(Some(folder.path()), None, environment)
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let config = load(
            "region_name = \"a\"\n[session]\nhours = 3",
            &[
                ("HAKUCHO_REGION_NAME", "西いぶり"),
                ("HAKUCHO_SESSION__HOURS", "8"),
                ("HAKUCHO_DATABASE", "postgres://u:p@h/d"),
            ],
        )
        .unwrap();
        assert_eq!((config.region_name.as_str(), config.session.hours), ("西いぶり", 8));
        assert_eq!(config.database_for_people(Path::new("x")), "postgres://…@h/d");
    }

    #[test]
    fn what_is_unknown_or_wrong_is_refused_by_name() {
        for (file, environment, named) in [
            ("regoin_name = \"a\"", vec![], "regoin_name"),
            ("", vec![("HAKUCHO_LISTNE", "1")], "listne"),
            ("listen = \"8480\"", vec![], "listen"),
            ("database = \"mysql://x\"", vec![], "database"),
            ("[session]\nhours = 99", vec![], "session.hours"),
            ("[gateway]\nwatch = [\"hl8=/x\"]", vec![], "hl8"),
            ("[tls]\nlisten = \"0.0.0.0:8443\"", vec![], "tls.names"),
            ("[tls]\nlisten = \"8443\"\nnames = [\"hub\"]", vec![], "tls.listen"),
            ("[tls]\nlisten = \"[::]:1\"\nnames = [\"a b\"]", vec![], "a b"),
            ("[gateway]\nlisten = [\"hl7=2575\"]", vec![], "gateway.listen"),
            ("[gateway]\nupload = \"8780\"", vec![], "gateway.upload"),
            ("[gateway]\nupload_pin = \"1234\"", vec![], "gateway.upload_pin"),
            (
                "[gateway.orca]\nurl = \"orca:8000\"\nuser = \"u\"\npassword_file = \"p\"",
                vec![],
                "gateway.orca",
            ),
            ("[gateway.orca]\nurl = \"http://o:8000\"", vec![], "password_file"),
            (
                "[gateway.orca]\nurl = \"http://o\"\nuser = \"u\"\npassword_file = \"p\"\nsince = \"2026\"",
                vec![],
                "2026",
            ),
            ("[gateway.orca]\ninterval_minutes = 1", vec![], "gateway.orca.interval_minutes"),
            ("[gateway.orca]\npassword = \"x\"", vec![], "password"),
            ("[gateway]\nuplaod = \"127.0.0.1:8780\"", vec![], "uplaod"),
            ("", vec![("HAKUCHO_SESSION__HOURS", "many")], "HAKUCHO_SESSION__HOURS"),
        ] {
            let error = load(file, &environment).unwrap_err();
            let told = format!("{error:#}");
            assert!(told.contains(named), "{named}: {told}");
        }
    }
}
