//! `hakucho export`: everything out again.

use super::open;
use crate::cli::Export;
use crate::config::Config;
use crate::exit::Exit;
use crate::out;
use crate::progress;

/// Writes the export.
pub async fn run(export: &Export, config: &Config) -> anyhow::Result<Exit> {
    // Not a place for a directory: said before everything is read.
    anyhow::ensure!(
        export.out.is_dir() || export.out.symlink_metadata().is_err(),
        "{} はフォルダではありません。新しい場所を指定してください",
        export.out.display()
    );
    // Opening would make it, and nothing of nothing would be written with success.
    anyhow::ensure!(export.data.data.is_dir(), "データの場所 {} がありません", export.data.data.display());
    let hub = open::hub(&export.data.data, config).await?;
    let bar = progress::spinner("書き出し (登録)");
    let written = hub.export(&export.out, "command line", &|done| bar.set_position(done as u64)).await?;
    bar.finish_and_clear();
    for (kind, count) in &written.current {
        out::line(format!("  {kind:<26} {count:>8}"))?;
    }
    out::line(format!(
        "履歴 {}、受信した原本 {} を {} に書きました。",
        written.history,
        written.deliveries,
        export.out.display()
    ))?;
    hub.store.close().await;
    Ok(Exit::Done)
}
