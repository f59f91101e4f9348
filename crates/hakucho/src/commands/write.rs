//! `hakucho write`: what a facility has entered here, as the files others ask of it.

use super::open;
use crate::cli::{Text, Write, WriteForm};
use crate::config::Config;
use crate::exit::Exit;
use crate::out;
use anyhow::Context;
use formats::life::TextCharset;
use hub::own_records::Form;
use std::io::Write as _;

/// Writes the files into a new folder.
pub async fn run(write: &Write, config: &Config) -> anyhow::Result<Exit> {
    let data = &write.data.data;
    anyhow::ensure!(data.is_dir(), "データの場所 {} がありません", data.display());
    let taken = write.out.is_dir() && std::fs::read_dir(&write.out)?.next().is_some();
    anyhow::ensure!(!taken, "{} は空ではありません。新しい場所を指定してください", write.out.display());
    let form = match (write.format, write.text) {
        (WriteForm::Okusuri, _) => Form::Okusuri,
        (WriteForm::Life, Text::Utf8) => Form::Life(TextCharset::Utf8),
        (WriteForm::Life, Text::Utf8Mark) => Form::Life(TextCharset::Utf8WithMark),
        (WriteForm::Life, Text::Ms932) => Form::Life(TextCharset::Ms932),
    };
    let hub = open::hub(data, config).await?;
    let known = hub.store.facility(&write.facility).await?.is_some();
    anyhow::ensure!(known, "施設 {} は登録されていません", write.facility);
    let files = hub.own_records(&write.facility, form, "command line").await?;
    hub.store.close().await;
    open::folder(&write.out)?;
    for file in &files {
        let path = write.out.join(&file.name);
        let mut made =
            std::fs::File::create_new(&path).with_context(|| format!("{} に書けません", path.display()))?;
        made.write_all(&file.bytes)?;
        made.sync_all()?;
        out::line(format!("  {:<44} {:>9} バイト", file.name, file.bytes.len()))?;
        for problem in &file.problems {
            out::line(format!("    {} {}: {}", problem.code, problem.at, problem.text))?;
        }
    }
    out::line(format!(
        "{} のファイル {} 個を {} に書きました。",
        write.facility,
        files.len(),
        write.out.display()
    ))?;
    Ok(Exit::Done)
}
