//! `hakucho demo`: a synthetic region collected through the normal path, and new deliveries while you watch.
//!
//! What lies before this morning is received at once; then the facilities of one course get real gateways that watch
//! real folders, and the day's files are written into them one after the other.

mod collect;
mod live;
mod staff;

use super::{hub as hub_command, open, shutdown};
use crate::cli::Demo;
use crate::config::Config;
use crate::exit::Exit;
use crate::{out, progress, system};
use anyhow::Context;
use jiff::civil::time;
use model::clock::jst;
use std::path::PathBuf;
use std::time::Duration;
use store::Facility;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Seconds between two deliveries of the day.
const PACE: Duration = Duration::from_secs(4);

/// Runs the demonstration until it is asked to end.
pub async fn run(demo: &Demo, mut config: Config) -> anyhow::Result<Exit> {
    config.region_name = "西いぶり地域医療介護連携".into();
    config.session.secure_cookies = false;
    config.sources.silent_seconds = config.sources.silent_seconds.min(40);
    let temporary = demo.data.is_none();
    let data = match &demo.data {
        Some(data) => data.clone(),
        None => std::env::temp_dir().join(format!("hakucho-demo-{}", std::process::id())),
    };
    let address = format!("127.0.0.1:{}", demo.port);
    let listener = TcpListener::bind(&address)
        .await
        .with_context(|| format!("{address} で待ち受けできません (--port で変えられます)"))?;
    let mut hub = open::hub(&data, &config).await?;
    hub.settings.fictitious = true;
    let result = show(demo, &hub, listener, &data).await;
    hub.store.close().await;
    if temporary {
        let _ = std::fs::remove_dir_all(&data);
    }
    result.map(|()| Exit::Done)
}

async fn show(
    demo: &Demo,
    hub: &hub::Hub,
    listener: TcpListener,
    data: &std::path::Path,
) -> anyhow::Result<()> {
    let now = system::clock().now().to_zoned_datetime(jst());
    // Before nine in the morning the day that goes on is yesterday's.
    let day = now.checked_sub(jiff::Span::new().hours(9))?.date();
    let morning = day.to_datetime(time(7, 0, 0, 0));
    let residents = u32::try_from(demo.residents).context("--residents が大きすぎます")?;
    let region = region::Plan::new(demo.seed, residents, day).region();
    for facility in region.facilities() {
        hub.store
            .upsert_facility(&Facility {
                id: model::FacilityId::new(facility.id.clone())?,
                kind: facility.kind,
                name: facility.name.clone(),
                number: facility.number.clone(),
            })
            .await?;
    }
    let office = hub_command::office(hub, &hub.settings.region_name).await?;
    let (before, after): (Vec<_>, Vec<_>) = region.files().into_iter().partition(|file| file.at <= morning);
    let bar = progress::bar(before.len() as u64, "これまでの記録を受信");
    collect::receive(hub, before, &|done| bar.set_position(done as u64)).await?;
    bar.finish_and_clear();
    let places = staff::places(hub).await?;
    let logins = staff::make(hub, &office, &places).await?;
    if let Some(file) = &demo.logins {
        std::fs::write(file, serde_json::to_string_pretty(&logins)?)
            .with_context(|| format!("ログイン情報 {} を書けません", file.display()))?;
    }
    let (end, ended) = watch::channel(false);
    let server = {
        let mut ended = ended.clone();
        let hub = hub.clone();
        tokio::spawn(async move {
            portal::serve(hub, listener, async move { drop(ended.wait_for(|end| *end).await) }).await
        })
    };
    let url = format!("http://127.0.0.1:{}", demo.port);
    print(&url, &logins)?;
    let sites: PathBuf = data.join("sites");
    let gateways = live::gateways(hub, &url, &sites, &places, &after, &ended).await?;
    let day_goes_on = live::go_on(hub.clone(), sites, after, gateways.fed.clone(), PACE);
    tokio::select! {
        () = shutdown::asked() => {}
        result = day_goes_on => {
            result?;
            out::line("今日の分はすべて届きました。Ctrl-C で終わります。")?;
            shutdown::asked().await;
        }
    }
    let _ = end.send(true);
    gateways.stopped().await;
    // Streams of open pages never end by themselves.
    if tokio::time::timeout(Duration::from_secs(2), server).await.is_err() {
        tracing::debug!("open pages were cut off");
    }
    Ok(())
}

fn print(url: &str, logins: &[staff::Login]) -> anyhow::Result<()> {
    out::line(format!("\n{url}/    (架空の人だけです)\n"))?;
    out::line(format!(
        "{:<14} {:<22} {:<14} {:<18} 二つ目の要素 (TOTP)",
        "役割", "施設", "ログイン", "パスワード"
    ))?;
    for login in logins {
        out::line(format!(
            "{:<14} {:<22} {:<14} {:<18} {}",
            login.role, login.facility, login.login, login.password, login.totp_secret
        ))?;
    }
    out::line(
        "\nきょうの残りの記録が届いていきます。「佐倉 花子」を探してみてください。Ctrl-C で終わります。",
    )
}
