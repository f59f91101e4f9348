//! `hakucho hub invite`, `gateways`, `revoke`, and the hub's TLS port: how gateways are let in by certificate.

use crate::config::Config;
use crate::exit::Exit;
use crate::out;
use anyhow::Context;
use hub::Hub;
use hub::authority::Authority;
use jiff::Timestamp;
use model::FacilityId;
use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpListener;

const DAY_MS: i64 = 86_400_000;

/// What the TLS port needs: the authority, and the port itself.
pub type Secure = (Arc<Authority>, TcpListener);

fn authority(hub: &Hub, data: &Path) -> anyhow::Result<Authority> {
    Authority::open(data, hub.clock.now(), hub.randomness.as_ref())
        .context("ハブの認証局 (DIR/tls) を使えません")
}

/// Prints a code for a facility that is registered.
pub async fn invite(hub: &Hub, data: &Path, facility: &FacilityId, config: &Config) -> anyhow::Result<Exit> {
    let authority = authority(hub, data)?;
    out::line(hub.invite_gateway(&authority, facility).await?.reveal())?;
    let (url, hint) = match (config.tls_address()?, config.tls.names.first()) {
        (Some(address), Some(name)) => (url(name, address.port()), ""),
        _ => (
            "URL".to_owned(),
            "\nこのハブの TLS ポートはまだ開いていません: 設定の [tls] に listen と names を書き、hub run を始め直してください。",
        ),
    };
    eprintln!(
        "このコードは 24 時間、1 回だけ使えます。施設で: hakucho gateway join {url} コード --data DIR{hint}"
    );
    hub.store.close().await;
    Ok(Exit::Done)
}

fn url(name: &str, port: u16) -> String {
    if name.contains(':') { format!("https://[{name}]:{port}") } else { format!("https://{name}:{port}") }
}

/// Lists facilities, one a line: id, name, certificate, last sign of life.
pub async fn list(hub: &Hub) -> anyhow::Result<Exit> {
    let now = hub.clock.now().as_millisecond();
    let mut contacts: BTreeMap<FacilityId, String> = BTreeMap::new();
    for source in hub.store.source_signs().await? {
        let contact = contacts.entry(source.facility).or_default();
        if *contact < source.contact_at {
            *contact = source.contact_at;
        }
    }
    let certificates = hub.store.gateway_certificates().await?;
    for facility in hub.store.facilities().await? {
        let given = certificates.iter().find(|each| each.facility == facility.id);
        let state = match given {
            None => "証明書なし".to_owned(),
            Some(given) if !given.revoked_at.is_empty() => {
                format!("{} 失効 ({})", given.serial, given.revoked_at)
            }
            Some(given) => {
                let ends = Timestamp::from_millisecond(given.ends_at)?;
                match given.ends_at - now {
                    ..=0 => format!("{} 期限切れ ({ends})", given.serial),
                    left => format!("{} {ends} まで (あと {} 日)", given.serial, left / DAY_MS),
                }
            }
        };
        let contact = contacts.get(&facility.id).map_or("", String::as_str);
        let contact = if contact.is_empty() { "なし" } else { contact };
        let name = out::printable(&facility.name);
        out::line(format!("{}\t{name}\t{state}\t最後の連絡 {contact}", facility.id))?;
    }
    hub.store.close().await;
    Ok(Exit::Done)
}

/// Ends everything that lets a facility's gateway in.
pub async fn revoke(hub: &Hub, facility: &FacilityId) -> anyhow::Result<Exit> {
    let ended = hub.store.revoke_gateway(facility).await?;
    hub.store.close().await;
    if ended == 0 {
        out::line(format!("{facility} には、有効な証明書もトークンも招待もありません"))?;
        return Ok(Exit::FoundWrong);
    }
    out::line(format!("{facility} の証明書、トークン、招待を失効させました"))?;
    Ok(Exit::Done)
}

/// Opens the TLS port, if one is configured.
pub async fn listen(hub: &Hub, data: &Path, config: &Config) -> anyhow::Result<Option<Secure>> {
    let Some(address) = config.tls_address()? else { return Ok(None) };
    let authority = Arc::new(authority(hub, data)?);
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("{address} で待ち受けできません"))?;
    Ok(Some((authority, listener)))
}

/// Serves gateways until `shutdown` is done; without a TLS port only waits for it.
pub async fn serve(
    hub: Hub,
    secure: Option<Secure>,
    names: Vec<String>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    match secure {
        Some((authority, listener)) => {
            portal::serve_gateways(hub, authority, names, listener, shutdown).await
        }
        None => {
            shutdown.await;
            Ok(())
        }
    }
}
