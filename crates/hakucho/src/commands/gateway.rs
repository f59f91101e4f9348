//! `hakucho gateway`: watches folders of a facility, receives messages and documents, and sends what is new.

use super::shutdown;
use crate::cli::Gateway as Command;
use crate::config::{Config, Orca};
use crate::exit::Exit;
use crate::out;
use crate::system;
use anyhow::Context;
use gateway::{Credentials, GatewayConfig, Identity, Listen, Pin, Upload, Watch};
use model::FacilityId;
use protocol::Token;
use std::time::Duration;

/// What to do where nothing says who this is.
const JOIN: &str = "先に hakucho gateway join でハブに入るか、トークンを指定してください";

/// Runs the gateway until it is asked to end.
pub async fn run(command: &Command, config: &Config) -> anyhow::Result<Exit> {
    if let Command::Join { url, code, data } = command {
        return super::gateway_join::run(&data.data, url, code, config).await;
    }
    let Command::Run { data, hub, token, facility, watch, listen, upload } = command else {
        return super::spool::run(command).await;
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
    let mut listens = listen.clone();
    if listens.is_empty() {
        for text in &config.gateway.listen {
            listens.push(Listen::parse(text)?);
        }
    }
    let upload =
        upload.clone().or_else(|| Some(config.gateway.upload.clone()).filter(|text| !text.is_empty()));
    let made_pin = upload.is_some() && config.gateway.upload_pin.is_empty();
    let pin = if made_pin { new_pin() } else { Pin::new(&config.gateway.upload_pin) };
    let upload = upload.map(|text| Upload::parse(&text, pin?)).transpose()?;
    let mut settings = GatewayConfig::new(data.data.clone(), &hub, token, facility, watches);
    settings.identity = identity;
    settings.listens = listens;
    settings.upload = upload.clone();
    settings.orca = config.gateway.orca.told(credentials(&config.gateway.orca)?)?;
    settings.allow_plain_http = config.gateway.allow_plain_http;
    settings.pace.scan = Duration::from_secs(config.gateway.scan_seconds.into());
    settings.check()?;
    super::open::folder(&data.data)?;
    system::install_tls();
    let gateway = gateway::Gateway::open(settings, system::clock(), system::seed()).await?;
    for (source, address) in gateway.listening() {
        out::line(match &upload {
            Some(upload) if upload.source == source => format!("書類を送るページ: http://{address}/"),
            _ => format!("HL7 の受信 ({source}): {address}"),
        })?;
    }
    if let Some(upload) = upload.filter(|_| made_pin) {
        out::line(format!("書類を送るページの PIN: {}", upload.pin.reveal()))?;
    }
    let mut status = gateway.status();
    tokio::spawn(async move {
        while status.changed().await.is_ok() {
            tracing::info!(status = status.borrow_and_update().to_string(), "gateway");
        }
    });
    gateway.run(shutdown::asked()).await?;
    Ok(Exit::Done)
}

/// A PIN that holds until the gateway ends.
fn new_pin() -> Result<Pin, gateway::ConfigError> {
    let mut bytes = [0; 10];
    system::randomness().fill(&mut bytes);
    Ok(Pin::from_random(bytes))
}

/// User, password and certificate of the receipt computer; empty if none is configured.
fn credentials(orca: &Orca) -> anyhow::Result<Credentials> {
    if orca.url.is_empty() {
        return Ok(Credentials::default());
    }
    let unreadable = |file: &String| format!("gateway.orca のファイル {file} を読めません");
    let password =
        std::fs::read_to_string(&orca.password_file).with_context(|| unreadable(&orca.password_file))?;
    let mut credentials = Credentials {
        user: orca.user.clone(),
        password: password.trim_end_matches(['\r', '\n']).to_owned(),
        certificate: None,
    };
    if !orca.certificate_file.is_empty() {
        let read = std::fs::read(&orca.certificate_file);
        credentials.certificate = Some(read.with_context(|| unreadable(&orca.certificate_file))?);
    }
    Ok(credentials)
}
