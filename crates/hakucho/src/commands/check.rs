//! `hakucho check`: what is wrong with a configuration or a data directory, and how to mend it.

use super::{gateway_join, open};
use crate::config::Config;
use crate::exit::Exit;
use crate::out;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Checks configuration, database, port and watched folders, and says what it finds. Changes nothing that is there.
pub async fn run(data: &Path, file: Option<&Path>) -> anyhow::Result<Exit> {
    let config = match Config::load(Some(data), file) {
        Ok(config) => config,
        Err(error) => {
            out::line(format!("✗ 設定: {error:#}"))?;
            out::line(
                "  直し方: 設定ファイル (DIR/hakucho.toml か --config) と環境変数 HAKUCHO_* を見直してください。項目は docs/operating.md にあります。",
            )?;
            return Ok(Exit::Broken);
        }
    };
    out::line("✓ 設定を読めました")?;
    let joined = data.join("gateway-identity").exists();
    let at_facility = joined || !config.gateway.hub.is_empty() || !config.gateway.watch.is_empty();
    let sqlite = config
        .database_url(data)
        .strip_prefix("sqlite://")
        .map(|place| PathBuf::from(place.split('?').next().unwrap_or(place)));
    let nothing_yet = !data.exists() || sqlite.as_ref().is_some_and(|file| !file.exists());
    // A gateway needs no database, and makes its folder itself.
    let exit = match (at_facility, nothing_yet, sqlite) {
        (true, true, _) => Exit::Done,
        (_, true, _) if !data.exists() => missing(&format!("データの場所 {}", data.display()), data)?,
        (_, true, Some(file)) => missing(&format!("データベース {}", file.display()), data)?,
        _ => {
            let exit = database(data, &config).await?;
            authority(data, &config, secure_port(&config, port(&config, exit)?)?)?
        }
    };
    gateway_join::check(data, folders(&config, exit)?)
}

fn missing(what: &str, data: &Path) -> anyhow::Result<Exit> {
    out::line(format!("✗ {what} がまだありません"))?;
    out::line(format!("  直し方: hakucho hub init --data {} で作ります。", data.display()))?;
    Ok(Exit::FoundWrong)
}

async fn database(data: &Path, config: &Config) -> anyhow::Result<Exit> {
    match open::hub(data, config).await {
        Ok(hub) => {
            let facilities = hub.store.facilities().await?.len();
            let sources = hub.store.sources().await?.len();
            out::line(format!(
                "✓ データベース {}: 施設 {facilities}、データ源 {sources}",
                config.database_for_people(data)
            ))?;
            hub.store.close().await;
            Ok(Exit::Done)
        }
        Err(error) => {
            out::line(format!("✗ データベース: {error:#}"))?;
            out::line(
                "  直し方: database の値、権限、空き容量を確かめてください。PostgreSQL なら、そこへ psql でつながるかも確かめてください。",
            )?;
            Ok(Exit::FoundWrong)
        }
    }
}

fn folders(config: &Config, mut exit: Exit) -> anyhow::Result<Exit> {
    for text in &config.gateway.watch {
        let Ok(watch) = gateway::Watch::parse(text) else { continue };
        if std::fs::read_dir(&watch.root).is_ok() {
            out::line(format!("✓ 監視する場所 {}", watch.root.display()))?;
        } else {
            out::line(format!("✗ 監視する場所 {} を開けません", watch.root.display()))?;
            out::line("  直し方: 共有がつながっているか、読む権限があるかを確かめてください。")?;
            exit = Exit::FoundWrong;
        }
    }
    Ok(exit)
}

/// Says whether the hub can listen, or already does.
fn port(config: &Config, exit: Exit) -> anyhow::Result<Exit> {
    let address = config.listen_address()?;
    match TcpListener::bind(address) {
        Ok(_) => out::line(format!("✓ {} で待ち受けできます", config.listen))?,
        Err(_) if is_hub(address).unwrap_or(false) => {
            out::line(format!("✓ {} で hub が動いています", config.listen))?;
        }
        Err(error) => {
            out::line(format!("✗ {} で待ち受けできません: {error}", config.listen))?;
            out::line(if error.kind() == std::io::ErrorKind::AddrInUse {
                "  直し方: そこで別のプログラムが動いています。それを止めるか、listen を別のポートにしてください。"
            } else {
                "  直し方: listen をこの機械のアドレス (127.0.0.1 など) と、使ってよいポートにしてください。"
            })?;
            return Ok(Exit::FoundWrong);
        }
    }
    Ok(exit)
}

/// The same of the TLS port for gateways, if there is one.
fn secure_port(config: &Config, exit: Exit) -> anyhow::Result<Exit> {
    let Some(address) = config.tls_address()? else { return Ok(exit) };
    let shown = &config.tls.listen;
    match TcpListener::bind(address) {
        Ok(_) => out::line(format!("✓ {shown} でゲートウェイを待ち受けできます"))?,
        Err(error)
            if error.kind() == std::io::ErrorKind::AddrInUse
                && is_hub(config.listen_address()?).unwrap_or(false) =>
        {
            out::line(format!("✓ {shown} はふさがっています (hub が動いています)"))?;
        }
        Err(error) => {
            out::line(format!("✗ {shown} でゲートウェイを待ち受けできません: {error}"))?;
            out::line("  直し方: tls.listen をこの機械のアドレスと、空いているポートにしてください。")?;
            return Ok(Exit::FoundWrong);
        }
    }
    Ok(exit)
}

/// Says whether the key of the authority is there, where there has been one.
fn authority(data: &Path, config: &Config, exit: Exit) -> anyhow::Result<Exit> {
    let folder = data.join("tls");
    if config.tls_address()?.is_none() || !folder.join("ca.pem").exists() || folder.join("ca.key").exists() {
        return Ok(exit);
    }
    out::line(format!("✗ ハブの認証局の鍵 {} がありません", folder.join("ca.key").display()))?;
    out::line(
        "  直し方: 控えから戻してください。控えがなければ tls を別の場所に移し、施設をすべて招待し直してください。",
    )?;
    Ok(Exit::FoundWrong)
}

/// True if what listens there answers as a hub does.
fn is_hub(address: SocketAddr) -> std::io::Result<bool> {
    let patience = Duration::from_secs(2);
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    write!(stream, "GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(4096).read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\r\n\r\nok\n"))
}
