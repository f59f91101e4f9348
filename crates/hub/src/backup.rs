//! Safe keeping: the store as one file, made while the hub runs, and a new place made from it.
//!
//! The file holds everything about everybody: it is made for this account alone, and nothing in it is encrypted.

use crate::Hub;
use access::Job;
use anyhow::Context;
use model::clock::SharedClock;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use store::{Contents, Header, Store, StoreConfig};

/// The file before it gets its name; gone if it never does.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        // Already renamed: nothing to remove.
        let _ = fs::remove_file(&self.0);
    }
}

impl Hub {
    /// Writes a backup under a name that must be free; whole and durable, or not at all.
    pub async fn backup(
        &self,
        out: &Path,
        by: &str,
        progress: &(dyn Fn(u64) + Sync),
    ) -> anyhow::Result<Contents> {
        anyhow::ensure!(
            out.symlink_metadata().is_err(),
            "{} はもうあります。新しい名前を指定してください",
            out.display()
        );
        let name = out.file_name().context("出力先の名前がありません")?.to_string_lossy().into_owned();
        let folder = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let part = Part(folder.join(format!(".{name}.part-{}", std::process::id())));
        let file = create(&part.0).with_context(|| format!("{} に書けません", folder.display()))?;
        let permit = access::job(Job::Backup, by);
        let (buffer, contents) =
            self.store.backup(&permit, BufWriter::with_capacity(1 << 20, file), progress).await?;
        let mut file = buffer.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.flush()?;
        file.sync_all()?;
        // A link fails where a rename would replace what came there in the meantime.
        fs::hard_link(&part.0, out).or_else(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => Err(error),
            // No links on this file system (a share): a rename then.
            _ => fs::rename(&part.0, out),
        })?;
        File::open(folder)?.sync_all()?;
        Ok(contents)
    }
}

fn create(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes a store in an empty place from a backup.
pub async fn restore(
    file: &Path,
    place: &StoreConfig,
    clock: SharedClock,
    progress: &(dyn Fn(u64) + Sync),
) -> anyhow::Result<(Store, Header, Contents)> {
    let input = File::open(file).with_context(|| format!("{} を読めません", file.display()))?;
    let input = BufReader::with_capacity(1 << 20, input);
    Store::restore(place, clock, input, progress)
        .await
        .with_context(|| format!("{} から戻せません", file.display()))
}
