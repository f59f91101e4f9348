//! Large bodies as files of the spool: synced before the row that names them is committed.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// The folder.
pub(crate) struct BlobFolder {
    folder: PathBuf,
    next: AtomicU64,
}

/// A file in it: digits only.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct BlobName(pub String);

/// A file being written. Dropped before [`Writing::finish`], it is removed.
pub(crate) struct Writing<'a> {
    folder: &'a BlobFolder,
    file: File,
    name: Option<BlobName>,
}

impl BlobFolder {
    /// Opens the folder, making it if missing. Names go on after the highest there.
    pub(crate) fn open(folder: PathBuf) -> std::io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let highest = std::fs::read_dir(&folder)?
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u64>().ok())
            .max();
        Ok(Self { folder, next: AtomicU64::new(highest.map_or(1, |highest| highest + 1)) })
    }

    /// Where a body lies.
    pub(crate) fn place(&self, name: &BlobName) -> PathBuf {
        self.folder.join(&name.0)
    }

    /// Starts a new file.
    pub(crate) fn create(&self) -> std::io::Result<Writing<'_>> {
        loop {
            let name = BlobName(self.next.fetch_add(1, Ordering::Relaxed).to_string());
            match OpenOptions::new().write(true).create_new(true).open(self.place(&name)) {
                Ok(file) => return Ok(Writing { folder: self, file, name: Some(name) }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Removes a body; one that stays behind is removed at the next start.
    pub(crate) fn remove(&self, name: &BlobName) {
        let _swept_later = std::fs::remove_file(self.place(name));
    }

    /// Removes every file that no row names: left by a crash between file and commit.
    pub(crate) fn sweep(&self, named: &std::collections::HashSet<String>) -> std::io::Result<()> {
        for entry in std::fs::read_dir(&self.folder)? {
            let entry = entry?;
            let ours = entry.file_name().to_str().is_some_and(|name| named.contains(name));
            if !ours && entry.file_type()?.is_file() {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

impl Writing<'_> {
    /// Appends.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.file.write_all(bytes)
    }

    /// Syncs the file and its folder entry.
    pub(crate) fn finish(mut self) -> std::io::Result<BlobName> {
        self.file.sync_all()?;
        if cfg!(unix) {
            File::open(&self.folder.folder)?.sync_all()?;
        }
        self.name.take().ok_or_else(|| ErrorKind::Other.into())
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        if let Some(name) = self.name.take() {
            self.folder.remove(&name);
        }
    }
}
