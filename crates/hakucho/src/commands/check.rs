//! `hakucho check`: what is wrong with a configuration or a data directory, and how to mend it.

use super::open;
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
    let mut exit = Exit::Done;
    if !data.exists() {
        out::line(format!("✗ データの場所 {} がありません", data.display()))?;
        out::line(format!("  直し方: hakucho hub init --data {} で作ります。", data.display()))?;
        return Ok(Exit::FoundWrong);
    }
    let sqlite = config
        .database_url(data)
        .strip_prefix("sqlite://")
        .map(|place| PathBuf::from(place.split('?').next().unwrap_or(place)));
    if let Some(file) = sqlite.filter(|file| !file.exists()) {
        out::line(format!("✗ データベース {} がまだありません", file.display()))?;
        out::line(format!("  直し方: hakucho hub init --data {} で作ります。", data.display()))?;
        return Ok(Exit::FoundWrong);
    }
    match open::hub(data, &config).await {
        Ok(hub) => {
            let facilities = hub.store.facilities().await?.len();
            let sources = hub.store.sources().await?.len();
            out::line(format!(
                "✓ データベース {}: 施設 {facilities}、データ源 {sources}",
                config.database_for_people(data)
            ))?;
            hub.store.close().await;
        }
        Err(error) => {
            out::line(format!("✗ データベース: {error:#}"))?;
            out::line(
                "  直し方: database の値、権限、空き容量を確かめてください。PostgreSQL なら、そこへ psql でつながるかも確かめてください。",
            )?;
            exit = Exit::FoundWrong;
        }
    }
    exit = port(&config, exit)?;
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
            out::line(
                "  直し方: そこで別のプログラムが動いています。それを止めるか、listen を別のポートにしてください。",
            )?;
            return Ok(Exit::FoundWrong);
        }
    }
    Ok(exit)
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
