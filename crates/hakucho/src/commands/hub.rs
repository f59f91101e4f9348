//! `hakucho hub`: the regional hub.

use super::{hub_gateways, open, shutdown};
use crate::cli::Hub as Command;
use crate::config::Config;
use crate::exit::Exit;
use crate::out;
use anyhow::Context;
use hub::Hub;
use hub::accounts::NewStaff;
use model::FacilityId;
use model::facility::{FacilityKind, Profession};
use std::path::Path;
use std::time::Duration;
use store::Facility;
use tokio::net::TcpListener;

/// Login of the first operator.
const FIRST: &str = "operator";
/// How long requests under way may take to finish when the hub is asked to end.
const LAST_REQUESTS: Duration = Duration::from_secs(5);
/// Facility of the operators.
const OFFICE: &str = "region-office";

/// Runs the command.
pub async fn run(command: &Command, config: &Config) -> anyhow::Result<Exit> {
    match command {
        Command::Init(data) => init(&data.data, config).await,
        Command::Run { data, listen } => serve(&data.data, listen.as_deref(), config).await,
        Command::Token { data, facility, kind, name } => {
            token(&data.data, facility, *kind, name.as_deref(), config).await
        }
        Command::Invite { data, facility, kind, name } => {
            let hub = open::hub(&data.data, config).await?;
            register(&hub, facility, *kind, name.as_deref()).await?;
            hub_gateways::invite(&hub, &data.data, facility, config).await
        }
        Command::Gateways(data) => hub_gateways::list(&open::hub(&data.data, config).await?).await,
        Command::Revoke { data, facility } => {
            hub_gateways::revoke(&open::hub(&data.data, config).await?, facility).await
        }
    }
}

/// The facility of the region's operators, made if it is not there.
pub async fn office(hub: &Hub, region_name: &str) -> anyhow::Result<FacilityId> {
    let id = FacilityId::new(OFFICE)?;
    if hub.store.facility(&id).await?.is_none() {
        let name = format!("{region_name} 事務局");
        let office = Facility { id: id.clone(), kind: FacilityKind::TownHall, name, number: String::new() };
        hub.store.upsert_facility(&office).await?;
    }
    Ok(id)
}

async fn init(data: &Path, config: &Config) -> anyhow::Result<Exit> {
    let hub = open::hub(data, config).await?;
    let facility = office(&hub, &config.region_name).await?;
    let known = hub.store.staff_by_login(FIRST).await?;
    if known.as_ref().is_some_and(|staff| !staff.password_hash.reveal().is_empty()) {
        out::line(format!(
            "最初の運営担当者 {FIRST} はすでにいます。ほかの担当者はポータルの「職員」から招待します。"
        ))?;
        hub.store.close().await;
        return Ok(Exit::FoundWrong);
    }
    let handed = match known {
        Some(staff) => hub.reset_staff(staff.id).await?,
        None => {
            let new = NewStaff {
                login: FIRST.into(),
                name: "運営担当者".into(),
                profession: Profession::Operator,
                facility,
            };
            hub.invite_staff(&new).await?.context("最初の運営担当者を作れませんでした")?
        }
    };
    out::line(format!("http://{}/invitation/{}", config.listen, handed.secret.reveal()))?;
    eprintln!("このリンクは 72 時間、1 回だけ使えます。パスワードと二つ目の要素を登録してください。");
    hub.store.close().await;
    Ok(Exit::Done)
}

async fn token(
    data: &Path,
    id: &FacilityId,
    kind: Option<FacilityKind>,
    name: Option<&str>,
    config: &Config,
) -> anyhow::Result<Exit> {
    let hub = open::hub(data, config).await?;
    register(&hub, id, kind, name).await?;
    out::line(hub.gateway_token(id).await?.reveal())?;
    hub.store.close().await;
    Ok(Exit::Done)
}

/// Registers a facility that is unknown, or corrects what is said of it.
async fn register(
    hub: &Hub,
    id: &FacilityId,
    kind: Option<FacilityKind>,
    name: Option<&str>,
) -> anyhow::Result<()> {
    let known = hub.store.facility(id).await?;
    if known.is_none() || kind.is_some() || name.is_some() {
        let facility = Facility {
            id: id.clone(),
            kind: kind.or(known.as_ref().map(|known| known.kind)).unwrap_or(FacilityKind::Hospital),
            name: name.map(str::to_owned).or(known.map(|known| known.name)).unwrap_or_else(|| id.to_string()),
            number: String::new(),
        };
        hub.store.upsert_facility(&facility).await?;
    }
    Ok(())
}

async fn serve(data: &Path, listen: Option<&str>, config: &Config) -> anyhow::Result<Exit> {
    let mut config = config.clone();
    if let Some(listen) = listen {
        config.listen = listen.to_owned();
    }
    let address = config.listen_address()?;
    let hub = open::hub(data, &config).await?;
    let finished = hub.finish_interrupted().await.context("途中で終わった受信を片付けられません")?;
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("{address} で待ち受けできません"))?;
    tracing::info!(%address, finished, database = config.database_for_people(data), "hub is running");
    let secure = hub_gateways::listen(&hub, data, &config).await?;
    out::line(format!("http://{address}/"))?;
    if let Some((_, listener)) = &secure {
        out::line(format!("https://{}/ (ゲートウェイ用)", listener.local_addr()?))?;
    }
    let store = hub.store.clone();
    let (end, _) = tokio::sync::watch::channel(false);
    let told = || {
        let mut told = end.subscribe();
        async move { drop(told.wait_for(|end| *end).await) }
    };
    let gateways = hub_gateways::serve(hub.clone(), secure, config.tls.names.clone(), told());
    let pages = portal::serve(hub, listener, told());
    let serving = async { tokio::try_join!(async { Ok(pages.await?) }, gateways).map(|_| ()) };
    let cut_off = async move {
        shutdown::asked().await;
        let _ = end.send(true);
        tokio::time::sleep(LAST_REQUESTS).await;
    };
    tokio::select! {
        served = serving => served?,
        // Streams of open pages never end by themselves.
        () = cut_off => tracing::info!("open pages were cut off"),
    }
    store.close().await;
    Ok(Exit::Done)
}
