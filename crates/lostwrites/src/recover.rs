//! After the kill: undo what was not synced.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// What was undone.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Recovered {
    /// Writes taken back.
    pub writes: usize,
    /// Directory entries taken back.
    pub entries: usize,
}

struct Record {
    number: u64,
    name: PathBuf,
    head: Vec<u8>,
    body: Vec<u8>,
}

/// Undoes everything in the journal, newest first, and empties it. The program must be dead.
pub fn recover(journal: &Path) -> io::Result<Recovered> {
    let (mut writes, mut entries) = (Vec::new(), Vec::new());
    for file in fs::read_dir(journal)? {
        let path = file?.path();
        match path.file_name().map(|name| name.as_bytes()) {
            Some([b'f', ..]) => writes.extend(records(&path)?),
            Some([b'd', ..]) => entries.extend(records(&path)?),
            _ => {}
        }
    }
    writes.sort_by_key(|record| std::cmp::Reverse(record.number));
    entries.sort_by_key(|record| std::cmp::Reverse(record.number));
    let recovered = Recovered { writes: writes.len(), entries: entries.len() };
    for record in writes {
        let (offset, size) = (word(&record.head, 0), word(&record.head, 8));
        // A file that was renamed or removed since is found by its directory's entries below.
        if let Ok(file) = OpenOptions::new().write(true).open(&record.name) {
            file.write_all_at(&record.body, offset)?;
            file.set_len(size)?;
        }
    }
    for record in entries {
        let mut names =
            record.body.splitn(2, |byte| *byte == 0).map(|name| Path::new(OsStr::from_bytes(name)));
        let (first, second) = (names.next().unwrap_or(Path::new("")), names.next().unwrap_or(Path::new("")));
        match record.name.as_os_str().as_bytes() {
            b"C" if first.is_dir() => drop(fs::remove_dir_all(first)),
            b"C" => drop(fs::remove_file(first)),
            b"U" => drop(fs::rename(second, first)),
            _ => drop(fs::rename(second, first)),
        }
    }
    for file in fs::read_dir(journal)? {
        fs::remove_file(file?.path())?;
    }
    Ok(recovered)
}

fn word(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(bytes.get(at..at + 8).unwrap_or(&[0; 8]));
    u64::from_le_bytes(word)
}

/// Every whole record; a torn one at the end was written down for a change that did not happen yet.
fn records(path: &Path) -> io::Result<Vec<Record>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.read_to_end(&mut bytes)?;
    let (mut found, mut rest) = (Vec::new(), bytes.as_slice());
    while let Some((record, after)) = record(rest) {
        found.push(record);
        rest = after;
    }
    Ok(found)
}

fn record(bytes: &[u8]) -> Option<(Record, &[u8])> {
    fn part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
        let length = usize::try_from(word(bytes.get(..8)?, 0)).ok()?;
        bytes[8..].split_at_checked(length)
    }
    let number = word(bytes.get(..8)?, 0);
    let (name, rest) = part(&bytes[8..])?;
    let (head, rest) = part(rest)?;
    let (body, rest) = part(rest)?;
    let name = PathBuf::from(OsStr::from_bytes(name));
    Some((Record { number, name, head: head.to_vec(), body: body.to_vec() }, rest))
}
