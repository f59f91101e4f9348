//! `hakucho import`: files of a facility into the store, with a report of every one of them.

use super::open;
use crate::cli::Import;
use crate::config::Config;
use crate::exit::Exit;
use crate::out;
use crate::progress;
use anyhow::Context;
use hub::import::{Job, Report};
use model::facility::FacilityKind;
use model::reading::Format;
use std::path::Path;
use store::Facility;

/// Runs the import.
pub async fn run(import: &Import, config: &Config) -> anyhow::Result<Exit> {
    let format = match import.format.as_str() {
        "auto" => None,
        word => Some(Format::parse(word).with_context(|| {
            let words: Vec<_> = Format::ALL.iter().map(|each| each.word()).collect();
            format!("--format {word}: {}、auto のどれかです", words.join("、"))
        })?),
    };
    for path in &import.paths {
        let data = path.metadata().with_context(|| format!("{} がありません", path.display()))?;
        let told = "ファイルでもフォルダでもありません";
        anyhow::ensure!(data.is_file() || data.is_dir(), "{} は{told}", path.display());
    }
    if let Some(file) = &import.report {
        writable(file).with_context(|| format!("報告 {} を書けません", file.display()))?;
    }
    let hub = open::hub(&import.data.data, config).await?;
    let known = hub.store.facility(&import.facility).await?;
    if known.is_none() && import.kind.is_none() {
        eprintln!(
            "施設 {} は初めてなので病院として登録します。ほかの種類なら --kind を付けてもう一度実行してください。",
            import.facility
        );
    }
    let facility = Facility {
        id: import.facility.clone(),
        kind: import.kind.or(known.as_ref().map(|known| known.kind)).unwrap_or(FacilityKind::Hospital),
        name: import
            .name
            .clone()
            .or(known.map(|known| known.name))
            .unwrap_or_else(|| import.facility.to_string()),
        number: String::new(),
    };
    hub.store.upsert_facility(&facility).await?;
    let job = Job { facility: facility.id, source: import.source.clone(), format };
    let bar = progress::bar(0, "取り込み");
    let report = hub
        .import(&job, &import.paths, &|done, all| {
            bar.set_length(all as u64);
            bar.set_position(done as u64);
        })
        .await?;
    bar.finish_and_clear();
    if let Some(file) = &import.report {
        let text = serde_json::to_string_pretty(&report)?;
        std::fs::write(file, text).with_context(|| format!("報告 {} を書けません", file.display()))?;
    }
    hub.store.close().await;
    summary(&report, format.is_none())?;
    Ok(if report.totals.failed == 0 { Exit::Done } else { Exit::FoundWrong })
}

/// Fails if the file cannot be written; leaves everything as it is.
fn writable(file: &Path) -> std::io::Result<()> {
    let there = file.symlink_metadata().is_ok();
    std::fs::OpenOptions::new().append(true).create(true).open(file)?;
    if there { Ok(()) } else { std::fs::remove_file(file) }
}

fn summary(report: &Report, auto: bool) -> anyhow::Result<()> {
    let totals = &report.totals;
    out::line(format!(
        "ファイル {}: 保存 {}、既知 {}、不受理 {}。記録 {}、読み取りの問題 {}。",
        totals.files, totals.kept, totals.known, totals.refused, totals.records, totals.problems
    ))?;
    if auto {
        let mut formats = std::collections::BTreeMap::<&str, usize>::new();
        for file in &report.files {
            *formats.entry(file.format.map_or("不明", Format::word)).or_default() += 1;
        }
        let told: Vec<_> = formats.iter().map(|(format, count)| format!("{format} {count}")).collect();
        out::line(format!("内容から判断した形式: {}", told.join("、")))?;
    }
    for (kind, count) in &report.records {
        out::line(format!("  {kind:<26} {count:>8}"))?;
    }
    for file in report.files.iter().filter(|file| file.outcome == "refused") {
        let told = format!("不受理 {}: {}", file.path, file.reason.as_deref().unwrap_or_default());
        out::line(out::printable(&told))?;
    }
    let mut codes = std::collections::BTreeMap::<&str, usize>::new();
    for problem in report.files.iter().flat_map(|file| &file.problems) {
        *codes.entry(problem.code.as_str()).or_default() += 1;
    }
    for (code, count) in codes {
        out::line(format!("読み取りの問題 {code}: {count}"))?;
    }
    Ok(())
}
