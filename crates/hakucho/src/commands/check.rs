//! `hakucho check`: what is wrong with a configuration or a data directory, and how to mend it.

use super::open;
use crate::config::Config;
use crate::exit::Exit;
use std::net::TcpListener;
use std::path::Path;

/// Checks configuration, database, port and watched folders, and says what it finds. Changes nothing that is there.
pub async fn run(data: &Path, file: Option<&Path>) -> anyhow::Result<Exit> {
    let config = match Config::load(Some(data), file) {
        Ok(config) => config,
        Err(error) => {
            println!("✗ 設定: {error:#}");
            println!(
                "  直し方: 設定ファイル (DIR/hakucho.toml か --config) と環境変数 HAKUCHO_* を見直してください。項目は docs/operating.md にあります。"
            );
            return Ok(Exit::Broken);
        }
    };
    println!("✓ 設定を読めました");
    let mut exit = Exit::Done;
    if !data.exists() {
        println!("✗ データの場所 {} がありません", data.display());
        println!("  直し方: hakucho hub init --data {} で作ります。", data.display());
        return Ok(Exit::FoundWrong);
    }
    match open::hub(data, &config).await {
        Ok(hub) => {
            let facilities = hub.store.facilities().await?.len();
            let sources = hub.store.sources().await?.len();
            println!(
                "✓ データベース {}: 施設 {facilities}、データ源 {sources}",
                config.database_for_people(data)
            );
            hub.store.close().await;
        }
        Err(error) => {
            println!("✗ データベース: {error:#}");
            println!(
                "  直し方: database の値、権限、空き容量を確かめてください。PostgreSQL なら、そこへ psql でつながるかも確かめてください。"
            );
            exit = Exit::FoundWrong;
        }
    }
    match TcpListener::bind(config.listen_address()?) {
        Ok(_) => println!("✓ {} で待ち受けできます", config.listen),
        Err(error) => {
            println!("✗ {} で待ち受けできません: {error}", config.listen);
            println!(
                "  直し方: hub がすでに動いていれば、そのままで構いません。そうでなければ listen を別のポートにしてください。"
            );
            exit = Exit::FoundWrong;
        }
    }
    for text in &config.gateway.watch {
        let Ok(watch) = gateway::Watch::parse(text) else { continue };
        if std::fs::read_dir(&watch.root).is_ok() {
            println!("✓ 監視する場所 {}", watch.root.display());
        } else {
            println!("✗ 監視する場所 {} を開けません", watch.root.display());
            println!("  直し方: 共有がつながっているか、読む権限があるかを確かめてください。");
            exit = Exit::FoundWrong;
        }
    }
    Ok(exit)
}
