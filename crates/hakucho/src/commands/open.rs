//! Opening a data directory.

use crate::config::Config;
use crate::system;
use anyhow::Context;
use hub::{Hub, Settings};
use std::path::Path;
use store::{Store, StoreConfig};

/// The hub over the data directory; the directory is made if it is not there.
pub async fn hub(data: &Path, config: &Config) -> anyhow::Result<Hub> {
    std::fs::create_dir_all(data).with_context(|| format!("データの場所 {} を作れません", data.display()))?;
    let clock = system::clock();
    let place = StoreConfig { database: config.database_url(data), blobs: data.join("blobs") };
    let store = Store::open(&place, clock.clone())
        .await
        .with_context(|| format!("データベース {} を開けません", config.database_for_people(data)))?;
    Ok(Hub::new(store, clock, system::randomness(), settings(config)))
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
