//! Bytes too large for a row, under their SHA-256.
//!
//! A blob is durable (file and directories synced) before the transaction that names it commits. A blob that
//! no row names, left by a failed commit, is harmless.

use crate::error::{ErrorKind, StoreError};
use bytes::Bytes;
use object_store::ObjectStoreExt as _;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use std::sync::Arc;

/// The blobs of a store.
#[derive(Clone)]
pub(crate) struct Blobs {
    files: Arc<LocalFileSystem>,
}

impl Blobs {
    pub(crate) fn open(directory: &std::path::Path) -> Result<Self, StoreError> {
        const OPERATION: &str = "open the blobs";
        std::fs::create_dir_all(directory).map_err(|error| {
            StoreError::new(ErrorKind::Configuration, OPERATION, format_args!("{}", error.kind()))
        })?;
        let files = LocalFileSystem::new_with_prefix(directory)
            .map_err(|error| failed(OPERATION, &error))?
            .with_fsync(true);
        Ok(Self { files: Arc::new(files) })
    }

    pub(crate) async fn put(&self, sha256: &str, bytes: Bytes) -> Result<(), StoreError> {
        const OPERATION: &str = "write a blob";
        self.files
            .put(&place(sha256), bytes.into())
            .await
            .map(|_| ())
            .map_err(|error| failed(OPERATION, &error))
    }

    pub(crate) async fn get(&self, sha256: &str) -> Result<Bytes, StoreError> {
        const OPERATION: &str = "read a blob";
        let answer = self.files.get(&place(sha256)).await.map_err(|error| failed(OPERATION, &error))?;
        answer.bytes().await.map_err(|error| failed(OPERATION, &error))
    }
}

fn place(sha256: &str) -> Path {
    Path::from(format!("{}/{}", sha256.get(..2).unwrap_or("00"), sha256))
}

/// The path in the error is only a hash, but the library's words may change: kinds only.
fn failed(operation: &'static str, error: &object_store::Error) -> StoreError {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = source {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            let kind = match io.kind() {
                std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => ErrorKind::DiskFull,
                std::io::ErrorKind::NotFound => ErrorKind::Corrupt,
                _ => ErrorKind::Unavailable,
            };
            return StoreError::new(kind, operation, io.kind());
        }
        source = inner.source();
    }
    let kind = match error {
        object_store::Error::NotFound { .. } => ErrorKind::Corrupt,
        _ => ErrorKind::Unavailable,
    };
    StoreError::new(kind, operation, "the blob directory failed")
}
