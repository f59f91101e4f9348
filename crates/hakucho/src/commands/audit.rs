//! `hakucho audit`: the audit log.

use super::open;
use crate::cli::Audit;
use crate::config::Config;
use crate::exit::Exit;
use crate::out;

/// Checks the hash chain of every bucket.
pub async fn run(command: &Audit, config: &Config) -> anyhow::Result<Exit> {
    let Audit::Verify(data) = command;
    let hub = open::hub(&data.data, config).await?;
    let report = hub.store.audit_verify().await?;
    hub.store.close().await;
    for broken in &report.breaks {
        out::line(format!("鎖が合いません: bucket {} の {} 番: {}", broken.bucket, broken.seq, broken.what))?;
    }
    out::line(format!("監査記録 {} 件、鎖 {} 本を確かめました。", report.events, report.chains))?;
    Ok(if report.breaks.is_empty() { Exit::Done } else { Exit::FoundWrong })
}
