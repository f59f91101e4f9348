//! `hakucho gateway`: watches folders of a facility and sends what is new.

use super::shutdown;
use crate::cli::Gateway as Command;
use crate::config::Config;
use crate::exit::Exit;
use crate::system;
use anyhow::Context;
use gateway::{GatewayConfig, Watch};
use model::FacilityId;
use protocol::Token;
use std::time::Duration;

/// Runs the gateway until it is asked to end.
pub async fn run(command: &Command, config: &Config) -> anyhow::Result<Exit> {
    let Command::Run { data, hub, token, facility, watch } = command;
    let given = |argument: &Option<String>, configured: &String, name: &str| {
        let chosen = argument.clone().or_else(|| Some(configured.clone()).filter(|text| !text.is_empty()));
        chosen.with_context(|| format!("--{name} か、設定の gateway.{name} が要ります"))
    };
    let hub = given(hub, &config.gateway.hub, "hub")?;
    let token = Token::new(&given(token, &config.gateway.token, "token")?)?;
    let facility = match facility {
        Some(facility) => facility.clone(),
        None => FacilityId::new(given(&None, &config.gateway.facility, "facility")?)?,
    };
    let mut watches = watch.clone();
    if watches.is_empty() {
        for text in &config.gateway.watch {
            watches.push(Watch::parse(text)?);
        }
    }
    super::open::folder(&data.data)?;
    let mut settings = GatewayConfig::new(data.data.clone(), &hub, token, facility, watches);
    settings.allow_plain_http = config.gateway.allow_plain_http;
    settings.pace.scan = Duration::from_secs(config.gateway.scan_seconds.into());
    settings.check()?;
    system::install_tls();
    let gateway = gateway::Gateway::open(settings, system::clock(), system::seed()).await?;
    let mut status = gateway.status();
    tokio::spawn(async move {
        while status.changed().await.is_ok() {
            tracing::info!(status = status.borrow_and_update().to_string(), "gateway");
        }
    });
    gateway.run(shutdown::asked()).await?;
    Ok(Exit::Done)
}
