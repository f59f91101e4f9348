//! Opening a data directory.

use crate::config::Config;
use crate::system;
use anyhow::Context;
use hub::{Hub, Settings};
use std::path::Path;
use store::{Store, StoreConfig};

/// The hub over the data directory; the directory is made if it is not there.
pub async fn hub(data: &Path, config: &Config) -> anyhow::Result<Hub> {
    folder(data)?;
    let clock = system::clock();
    let place = StoreConfig { database: config.database_url(data), blobs: data.join("blobs") };
    let store = Store::open(&place, clock.clone())
        .await
        .with_context(|| format!("データベース {} を開けません", config.database_for_people(data)))?;
    Ok(Hub::new(store, clock, system::randomness(), settings(config)))
}

/// Makes the data directory if it is not there: for this account alone, it holds everything about everybody.
pub fn folder(data: &Path) -> anyhow::Result<()> {
    let mut make = std::fs::DirBuilder::new();
    make.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut make, 0o700);
    make.create(data).with_context(|| format!("データの場所 {} を作れません", data.display()))
}

fn settings(config: &Config) -> Settings {
    Settings {
        region_name: config.region_name.clone(),
        fictitious: false,
        session_hours: config.session.hours,
        session_idle_minutes: config.session.idle_minutes,
        secure_cookies: config.session.secure_cookies,
        silent_seconds: config.sources.silent_seconds,
        late_hours: config.sources.late_hours,
    }
}
