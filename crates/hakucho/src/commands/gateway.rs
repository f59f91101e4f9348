//! `hakucho gateway`: watches folders of a facility and sends what is new.

use super::shutdown;
use crate::cli::Gateway as Command;
use crate::config::Config;
use crate::exit::Exit;
use crate::system;
use anyhow::Context;
use gateway::{GatewayConfig, Identity, Watch};
use model::FacilityId;
use protocol::Token;
use std::time::Duration;

/// What to do where nothing says who this is.
const JOIN: &str = "先に hakucho gateway join でハブに入るか、トークンを指定してください";

/// Runs the gateway until it is asked to end.
pub async fn run(command: &Command, config: &Config) -> anyhow::Result<Exit> {
    let (data, hub, token, facility, watch) = match command {
        Command::Run { data, hub, token, facility, watch } => (data, hub, token, facility, watch),
        Command::Join { url, code, data } => return super::gateway_join::run(&data.data, url, code).await,
    };
    let no_token = token.is_none() && config.gateway.token.is_empty();
    let identity = if no_token { Identity::load(&data.data)? } else { None };
    let given = |argument: &Option<String>, configured: &String, name: &str| {
        let chosen = argument.clone().or_else(|| Some(configured.clone()).filter(|text| !text.is_empty()));
        chosen.with_context(|| format!("--{name} か、設定の gateway.{name} が要ります"))
    };
    // A gateway that has joined knows hub and facility by itself.
    let joined = identity.as_ref();
    let hub =
        given(hub, &config.gateway.hub, "hub").or_else(|e| joined.map(|own| own.hub.clone()).ok_or(e))?;
    let token = match joined {
        None => Some(Token::new(&given(token, &config.gateway.token, "token").context(JOIN)?)?),
        Some(_) => None,
    };
    let facility = match facility {
        Some(facility) => facility.clone(),
        None => match (given(&None, &config.gateway.facility, "facility"), joined) {
            (Ok(configured), _) => FacilityId::new(configured)?,
            (Err(_), Some(own)) => own.facility.clone(),
            (Err(error), None) => return Err(error),
        },
    };
    let mut watches = watch.clone();
    if watches.is_empty() {
        for text in &config.gateway.watch {
            watches.push(Watch::parse(text)?);
        }
    }
    super::open::folder(&data.data)?;
    let mut settings = GatewayConfig::new(data.data.clone(), &hub, token, facility, watches);
    settings.identity = identity;
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
