//! `hakucho replay`: kept deliveries are read again with today's rules.

use super::open;
use crate::cli::Replay;
use crate::config::Config;
use crate::exit::Exit;
use crate::out;
use crate::progress;
use store::DeliveryFilter;

/// Reads again what matches, or only counts it.
pub async fn run(replay: &Replay, config: &Config) -> anyhow::Result<Exit> {
    let hub = open::hub(&replay.data.data, config).await?;
    let filter = DeliveryFilter { facility: replay.facility.clone(), ..DeliveryFilter::default() };
    let count = hub.replay_count(&filter).await?;
    if replay.dry_run {
        out::line(format!("読み直す対象は {count} 件です。"))?;
    } else {
        let bar = progress::bar(count as u64, "読み直し");
        let done = hub.replay(&filter, "command line", &|done, _| bar.set_position(done as u64)).await?;
        bar.finish_and_clear();
        out::line(format!(
            "{} 件を読み直しました (今の規則では受け取らないもの {})。",
            done.deliveries, done.refused
        ))?;
    }
    hub.store.close().await;
    Ok(Exit::Done)
}
