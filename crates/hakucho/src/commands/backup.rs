//! `hakucho backup` and `hakucho restore`: safe keeping.

use super::open;
use crate::cli::{Backup, Restore};
use crate::config::Config;
use crate::exit::Exit;
use crate::{out, progress, system};
use store::StoreConfig;

/// Writes the backup, beside a hub that may be running.
pub async fn backup(backup: &Backup, config: &Config) -> anyhow::Result<Exit> {
    let data = &backup.data.data;
    // Opening would make it, and nothing would be kept safe with success.
    anyhow::ensure!(data.is_dir(), "データの場所 {} がありません", data.display());
    let hub = open::hub(data, config).await?;
    let bar = progress::spinner("控えの作成 (行)");
    let contents = hub.backup(&backup.out, "command line", &|done| bar.set_position(done)).await?;
    bar.finish_and_clear();
    hub.store.close().await;
    let bytes = backup.out.metadata()?.len();
    out::line(format!(
        "表 {} つの {} 行とファイル {} 個 ({} バイト) を {} に書きました ({bytes} バイト)。",
        contents.tables.len(),
        contents.rows(),
        contents.blobs,
        contents.blob_bytes,
        backup.out.display()
    ))?;
    Ok(Exit::Done)
}

/// Makes a new data directory from a backup.
pub async fn restore(restore: &Restore, config: &Config) -> anyhow::Result<Exit> {
    let data = &restore.data.data;
    open::folder(data)?;
    let place = StoreConfig { database: config.database_url(data), blobs: data.join("blobs") };
    let bar = progress::spinner("控えから戻す (行)");
    let clock = system::clock();
    let (store, header, contents) =
        hub::backup::restore(&restore.file, &place, clock, &|done| bar.set_position(done)).await?;
    bar.finish_and_clear();
    out::line(format!(
        "{} の控え ({}) から {} 行とファイル {} 個を {} に戻しました。件数と要約値は控えと一致しています。",
        header.made_at,
        header.engine,
        contents.rows(),
        contents.blobs,
        config.database_for_people(data)
    ))?;
    let mut wrong = Vec::new();
    if restore.verify {
        let bar = progress::bar(contents.blobs, "確かめる (ファイル)");
        wrong = store.verify(&contents, &|done| bar.set_position(done)).await?;
        bar.finish_and_clear();
        let audit = store.audit_verify().await?;
        for (table, sum) in &contents.tables {
            out::line(format!("  {table:<26} {:>10} 行", sum.rows))?;
        }
        wrong.extend(
            audit
                .breaks
                .iter()
                .map(|each| format!("監査の鎖: bucket {} の {} 番: {}", each.bucket, each.seq, each.what)),
        );
        out::line(match wrong.len() {
            0 => format!(
                "確かめました: すべての行、ファイル {} 個、監査記録 {} 件 (鎖 {} 本) が控えのとおりです。",
                contents.blobs, audit.events, audit.chains
            ),
            count => format!("控えと違うところが {count} か所あります。この場所を使わないでください。"),
        })?;
        for each in &wrong {
            out::line(format!("  {each}"))?;
        }
    }
    store.close().await;
    Ok(if wrong.is_empty() { Exit::Done } else { Exit::FoundWrong })
}
