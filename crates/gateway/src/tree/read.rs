//! Reads a file that holds still: into memory if small, into a file of the spool if large.

use super::{Candidate, Stamp};
use crate::completeness::{Look, TAIL, look};
use crate::spool::blob::{BlobFolder, BlobName};
use model::reading::Format;
use protocol::hex;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};

/// Files up to this size are kept in the spool's database: 1 MiB.
pub(crate) const SMALL: u64 = 1024 * 1024;

/// The bytes of a file.
pub(crate) enum Body {
    /// In memory.
    Row(Vec<u8>),
    /// In the spool's folder, synced.
    Blob(BlobName),
}

/// A file as it was read.
pub(crate) struct Taken {
    pub candidate: Candidate,
    pub sha256: String,
    pub body: Body,
}

/// What reading came to.
pub(crate) enum Outcome {
    /// Read whole; it did not change meanwhile.
    Taken(Taken),
    /// It has another size or time than when it was last looked at.
    Changed(Candidate),
    /// It does not look finished, and has not yet waited long enough for its look.
    Early(Candidate, Look),
    /// No longer there.
    Gone(Candidate),
    /// Cannot be read now; tried again at the next scan.
    Unreadable(Candidate),
    /// The spool has no room for it; tried again at the next scan.
    Spool(std::io::Error),
}

/// Reads a file if it still has its stamp. `waited_for` is the slowest look it has waited long enough for.
pub(crate) fn read(candidate: Candidate, format: Format, waited_for: Look, blobs: &BlobFolder) -> Outcome {
    let place = candidate.place.reveal();
    // Never open what is not a regular file: a named pipe would wait for ever.
    let mut file = match std::fs::metadata(place).and_then(|metadata| {
        if metadata.is_file() { File::open(place) } else { Err(ErrorKind::InvalidInput.into()) }
    }) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Outcome::Gone(candidate),
        Err(_) => return Outcome::Unreadable(candidate),
    };
    match stamp_of(&file) {
        Some(stamp) if stamp == candidate.stamp => {}
        Some(stamp) => return Outcome::Changed(Candidate { stamp, ..candidate }),
        None => return Outcome::Unreadable(candidate),
    }
    let Ok(tail) = tail(&mut file, candidate.stamp.size) else { return Outcome::Unreadable(candidate) };
    let look = look(format, &tail);
    if rank(look) > rank(waited_for) {
        return Outcome::Early(candidate, look);
    }
    let (sha256, length, body) = match copy(&mut file, candidate.stamp.size, blobs) {
        Ok(copied) => copied,
        Err(Failed::Source) => return Outcome::Unreadable(candidate),
        Err(Failed::Spool(error)) => return Outcome::Spool(error),
    };
    // Renamed, replaced or removed meanwhile: the bytes of the open file are whole and belonged to this path.
    if length == candidate.stamp.size && stamp_of(&file) == Some(candidate.stamp) {
        return Outcome::Taken(Taken { candidate, sha256, body });
    }
    if let Body::Blob(name) = body {
        blobs.remove(&name);
    }
    let stamp = stamp_of(&file).unwrap_or(Stamp { size: length, mtime: 0 });
    Outcome::Changed(Candidate { stamp, ..candidate })
}

/// Finished files wait least, reserved ones longest.
pub(crate) fn rank(look: Look) -> u8 {
    match look {
        Look::Finished => 0,
        Look::Unfinished => 1,
        Look::Reserved => 2,
    }
}

enum Failed {
    Source,
    Spool(std::io::Error),
}

fn stamp_of(file: &File) -> Option<Stamp> {
    file.metadata().ok().map(|metadata| Stamp::of(&metadata))
}

fn tail(file: &mut File, size: u64) -> std::io::Result<Vec<u8>> {
    let mut tail = Vec::with_capacity(TAIL);
    file.seek(SeekFrom::Start(size.saturating_sub(TAIL as u64)))?;
    file.take(TAIL as u64).read_to_end(&mut tail)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(tail)
}

fn copy(file: &mut File, size: u64, blobs: &BlobFolder) -> Result<(String, u64, Body), Failed> {
    let mut hash = Sha256::new();
    if size <= SMALL {
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        file.take(SMALL + 1).read_to_end(&mut bytes).map_err(|_| Failed::Source)?;
        hash.update(&bytes);
        let length = bytes.len() as u64;
        return Ok((hex(&hash.finalize()), length, Body::Row(bytes)));
    }
    let mut blob = blobs.create().map_err(Failed::Spool)?;
    let mut piece = vec![0; 256 * 1024];
    let mut length = 0;
    loop {
        let count = match file.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => return Err(Failed::Source),
        };
        let read = piece.get(..count).unwrap_or_default();
        hash.update(read);
        length += count as u64;
        if length > size {
            return Err(Failed::Source);
        }
        blob.write(read).map_err(Failed::Spool)?;
    }
    let name = blob.finish().map_err(Failed::Spool)?;
    Ok((hex(&hash.finalize()), length, Body::Blob(name)))
}
