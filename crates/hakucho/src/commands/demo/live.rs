//! The day goes on: files are written into folders that real gateways watch.

use super::collect::arrival;
use crate::system;
use gateway::{Gateway, GatewayConfig, Watch};
use hub::Hub;
use model::facility::FacilityKind;
use model::{FacilityId, SourceName};
use protocol::Token;
use region::RegionFile;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Gateways that run.
pub struct Gateways {
    /// Facility and source of every folder that is watched.
    pub fed: Arc<BTreeSet<(String, &'static str)>>,
    running: JoinSet<()>,
}

impl Gateways {
    /// Waits for their end.
    pub async fn stopped(mut self) {
        let all = async { while self.running.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(Duration::from_secs(3), all).await;
    }
}

/// Starts a gateway for each of the places that will have something to say.
pub async fn gateways(
    hub: &Hub,
    url: &str,
    sites: &Path,
    places: &[(FacilityId, FacilityKind)],
    files: &[RegionFile],
    ended: &watch::Receiver<bool>,
) -> anyhow::Result<Gateways> {
    system::install_tls();
    let mut watches: BTreeMap<&FacilityId, BTreeMap<&'static str, model::reading::Format>> = BTreeMap::new();
    for (facility, _) in places {
        for file in files.iter().filter(|file| file.facility == facility.as_str()) {
            watches.entry(facility).or_default().insert(file.source, file.format);
        }
    }
    let (mut fed, mut running) = (BTreeSet::new(), JoinSet::new());
    for (facility, sources) in watches {
        let mut roots = Vec::new();
        for (source, format) in sources {
            let root = sites.join(facility.as_str()).join(source);
            std::fs::create_dir_all(&root)?;
            hub.store.upsert_source(facility, &SourceName::new(source)?, format).await?;
            roots.push(Watch { format, source: Some(SourceName::new(source)?), root });
            fed.insert((facility.to_string(), source));
        }
        let token = Token::new(hub.gateway_token(facility).await?.reveal())?;
        let data = sites.join(".gateways").join(facility.as_str());
        std::fs::create_dir_all(&data)?;
        let config = GatewayConfig::new(data, url, token, facility.clone(), roots);
        let gateway = Gateway::open(config, system::clock(), system::seed()).await?;
        let mut ended = ended.clone();
        running.spawn(async move {
            let end = async move { drop(ended.wait_for(|end| *end).await) };
            if let Err(error) = gateway.run(end).await {
                tracing::warn!(%error, "a gateway of the demonstration ended");
            }
        });
    }
    Ok(Gateways { fed: Arc::new(fed), running })
}

/// The longest wait between two files.
const SLOWEST: Duration = Duration::from_secs(30);

/// Writes one file after the other where a gateway watches; the others are received directly. The watched ones are
/// spread over the day so that something happens soon.
pub async fn go_on(
    hub: Hub,
    sites: PathBuf,
    files: Vec<RegionFile>,
    fed: Arc<BTreeSet<(String, &'static str)>>,
    pace: Duration,
) -> anyhow::Result<()> {
    let (watched, others): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|file| fed.contains(&(file.facility.clone(), file.source)));
    let (mut watched, mut others) = (watched.into_iter(), others.into_iter());
    // Soon at first, then ever more slowly, so that the day lasts while somebody looks around.
    let mut pace = pace;
    loop {
        let (one, other) = (watched.next(), others.next());
        if one.is_none() && other.is_none() {
            return Ok(());
        }
        if let Some(file) = one {
            tokio::time::sleep(pace).await;
            file.apply(&sites)?;
            pace = (pace * 5 / 4).min(SLOWEST);
        }
        if let Some(file) = other {
            tokio::time::sleep(pace).await;
            hub.receive(vec![(arrival(&file)?, Some(file.format))]).await?;
        }
    }
}
